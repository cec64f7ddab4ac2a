#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The rules of the house that a program can check: include directions, banned calls, heads, lengths.

    python3 tests/tidy/tidy.py [--quiet]     exit code 1 when a rule is broken, prints a table of sizes

Every rule is one function from a file to findings; tidy_test.py shows for each that it can fail. Fast by intent
(a few seconds for the whole tree): plain regular expressions over text whose comments and strings are blanked.
"""
import os
import re
import subprocess
import sys
from collections import defaultdict

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Lowest first: a layer may include itself and what stands before it.
LAYERS = ["base", "net", "record", "config", "sql", "function", "flow", "monitor", "cli"]
# What a connector may include besides its own folder: the contracts. secret.h because an option may be a secret.
CONNECTOR_MAY = re.compile(r"engine/(flow|record|net|base)/|engine/config/(options|secret)\.h$")
# The table of connectors is above them and below the commands; it may be named by these alone.
REGISTRY = "connectors/registry.h"

LINE_HARD, LINE_AIM = 120, 100
FILE_HARD, FILE_AIM = 900, 600
FUNCTION_AIM = 70
CMAKE_HARD = 20
HEAD_LINES = 2

# (call, where it is allowed, what to use instead)
BANNED_CALLS = [
    ("strcpy", None, "memcpy with a known length"),
    ("strcat", None, "buffer_append"),
    ("sprintf", None, "snprintf"),
    ("vsprintf", None, "vsnprintf"),
    ("gets", None, "fgets"),
    ("strtok", None, "strtok_r"),
    ("atoi", None, "strtol with its end checked"),
    ("system", None, "posix_spawn"),
    ("popen", None, "posix_spawn"),
    ("alloca", None, "an arena"),
    ("rand", None, "io_random"),
    ("srand", None, "io_random"),
    ("time", None, "io_wall_us"),
    ("gettimeofday", "engine/base/", "io_wall_us"),
    ("clock_gettime", "engine/base/", "io_now_us"),
    ("getrandom", "engine/base/", "io_random"),
    ("sleep", None, "a condition with a deadline"),
    ("usleep", None, "a condition with a deadline"),
    ("nanosleep", None, "a condition with a deadline"),
]
# Programs of their own beside the engine measure and seed by themselves.
OUTSIDE_ENGINE = ("bench/", "tests/")
CLOCKS = ("gettimeofday", "clock_gettime", "getrandom")

SAMPLES = "tests/tidy/samples.txt"


class File:
    """One tracked file: its path from the root, its kind and its text."""

    def __init__(self, path, text):
        self.path, self.text = path, text
        self.lines = text.split("\n")
        if self.lines and self.lines[-1] == "":
            self.lines.pop()
        self.kind = kind_of(path, self.lines[0] if self.lines else "")
        self.code = blank_c(text).split("\n") if self.kind == "c" else self.lines


def kind_of(path, first_line):
    name = os.path.basename(path)
    extension = os.path.splitext(name)[1]
    if extension in (".c", ".h"):
        return "c"
    if extension == ".cmake" or name == "CMakeLists.txt":
        return "cmake"
    if extension in (".yaml", ".yml"):
        return "yaml"
    if extension == ".py" or re.match(r"#!.*\bpython", first_line):
        return "python"
    if extension == ".sh" or re.match(r"#!.*\b(sh|bash)\b", first_line):
        return "sh"
    if extension == ".md":
        return "text"
    return "data"


def blank_c(text):
    """C text with comments and string contents blanked, lines and columns kept."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)

    def blank(match):
        found = match.group(0)
        if found[0] in "\"'":
            return found[0] + " " * (len(found) - 2) + found[0]
        return re.sub(r"[^\n]", " ", found)

    return pattern.sub(blank, text)


def check_includes(file):
    if file.kind != "c":
        return
    for number, line in enumerate(file.lines, 1):
        match = re.match(r'\s*#\s*include\s*"([^"]+)"', line)
        if match:
            wrong = wrong_include(file.path, match.group(1))
            if wrong:
                yield "include", number, wrong


def wrong_include(path, header):
    """Why PATH may not include HEADER, or None."""
    parts = path.split("/")
    if not header.startswith(("engine/", "connectors/", "tests/", "bench/")):
        return f'"{header}" is not written from the root'
    if parts[0] == "engine":
        if header.startswith("connectors/"):
            allowed = parts[1] == "cli" and header == REGISTRY
            return None if allowed else f"engine/ never includes connectors/ ({header})"
        if header.startswith("engine/") and rank(header) > rank(path):
            return f"engine/{parts[1]} is below {header}"
    if parts[0] == "connectors" and len(parts) > 2:
        own = "/".join(parts[:2]) + "/"
        if header.startswith("connectors/") and not header.startswith(own):
            return f"a connector never includes another ({header})"
        if header.startswith("engine/") and not CONNECTOR_MAY.match(header):
            return f"a connector includes only the contracts, not {header}"
    if parts[0] in ("engine", "connectors") and header.startswith(("tests/", "bench/")):
        return f"{parts[0]}/ never includes {header}"
    return None


def rank(path):
    layer = path.split("/")[1]
    return LAYERS.index(layer) if layer in LAYERS else len(LAYERS)


def check_calls(file):
    if file.kind == "c":
        for number, line in enumerate(file.code, 1):
            for call, allowed, instead in BANNED_CALLS:
                if not re.search(rf"(?<![\w.>])(?<!struct ){call}\s*\(", line):
                    continue
                if allowed and file.path.startswith(allowed):
                    continue
                if call in CLOCKS and file.path.startswith(OUTSIDE_ENGINE):
                    continue
                yield "call", number, f"{call}() is banned here: use {instead}"
    for number, line in enumerate(file.lines, 1):
        if file.kind == "python" and re.search(r"\b(time|asyncio)\.sleep\(|from time import.*\bsleep\b", line):
            yield "call", number, "no sleep: wait for a condition with a deadline"
        if file.kind == "sh" and re.search(r"(^|[;&|(]|\b(do|then|else)\b)\s*sleep\s", line.split(" #")[0]):
            yield "call", number, "no sleep: wait for a condition with a deadline"


def check_head(file):
    if file.kind in ("data", "text"):
        return
    first = 1 if file.lines and file.lines[0].startswith("#!") else 0
    line = file.lines[first] if len(file.lines) > first else ""
    if "SPDX-License-Identifier: Apache-2.0" not in line:
        yield "spdx", first + 1, "the first line is no SPDX line (SPDX-License-Identifier: Apache-2.0)"
    wanted = HEAD_LINES if file.kind == "c" and not file.path.endswith("_test.c") else 1
    if file.kind in ("c", "python", "sh") and head_lines(file, first + 1) < wanted:
        yield "head", first + 2, f"no head comment of {wanted} or more lines after the SPDX line"


def head_lines(file, at):
    """Lines of the comment (docstring in Python) that begins at line index AT."""
    text = "\n".join(file.lines[at:])
    if file.kind == "c":
        match = re.match(r"\s*/\*.*?\*/|(\s*//[^\n]*\n?)+", text, re.S)
    elif file.kind == "python":
        match = re.match(r'\s*""".*?"""|(\s*#[^\n]*\n?)+', text, re.S)
    else:
        match = re.match(r"(#[^\n]*\n?)+", text)
    return len(match.group(0).strip().split("\n")) if match else 0


def check_text(file):
    if file.kind == "data":
        return
    for number, line in enumerate(file.lines, 1):
        if re.search(r"\b(TODO|FIXME|XXX)\b", line) and file.path not in RULE_FILES:
            yield "todo", number, "open work belongs in an issue"
        if "\t" in line:
            yield "tab", number, "a tab; indent with 4 spaces, write \\t in strings"
        if line.endswith((" ", "\r")):
            yield "space", number, "white space at the end of the line"
        if file.kind not in ("text", "yaml") and len(line) > LINE_HARD:
            yield "line", number, f"{len(line)} columns, at most {LINE_HARD}"
        if re.search(r"(?<![\w.~}-])/(work|root|farm)(?![\w-])", line) and file.path not in RULE_FILES:
            yield "path", number, "an absolute path of one machine"


# These name what they look for.
RULE_FILES = ("tests/tidy/tidy.py", "tests/tidy/tidy_test.py")


def check_length(file):
    if file.kind in ("c", "python", "sh") and len(file.lines) > FILE_HARD:
        yield "file", 1, f"{len(file.lines)} lines, at most {FILE_HARD}: split by noun"
    if os.path.basename(file.path) == "CMakeLists.txt" and len(file.lines) > CMAKE_HARD:
        yield "cmake", 1, f"{len(file.lines)} lines, at most {CMAKE_HARD}"


CHECKS = [check_includes, check_calls, check_head, check_text, check_length]
RULES = {"include", "call", "head", "spdx", "todo", "tab", "space", "line", "path", "file", "cmake"}


def check(file):
    """All findings of one file, as (rule, line number, words)."""
    return [finding for rule in CHECKS for finding in rule(file)]


def functions(file):
    """(name, lines) of each function of a C file, by the house's layout: signature and closing brace in column 1."""
    found, signature, start, name = [], "", 0, None
    for index, line in enumerate(file.code):
        if name:
            if line.startswith("}"):
                found.append((name, index - start + 1))
                signature, name = "", None
            continue
        if not signature and not re.match(r"[A-Za-z_]", line):
            continue
        start = start if signature else index
        signature += " " + line.strip()
        if signature.endswith(("{", ";", "}", ":")):
            match = re.search(r"(\w+)\s*\(.*\)\s*\{$", signature)
            name = match.group(1) if match and "=" not in signature else None
            signature = signature if name else ""
    return found


def warnings(files):
    for file in files:
        if file.kind == "c":
            for name, lines in functions(file):
                if lines > FUNCTION_AIM:
                    yield f"{file.path}: {name} has {lines} lines, aim at {FUNCTION_AIM}"
        if file.kind in ("c", "python", "sh") and len(file.lines) > FILE_AIM:
            yield f"{file.path}: {len(file.lines)} lines, aim at {FILE_AIM}"
    wide = sum(len(line) > LINE_AIM for file in files if file.kind == "c" for line in file.lines)
    if wide:
        yield f"{wide} lines of C are wider than {LINE_AIM} columns"


def sizes(files):
    """A table of C sizes by folder."""
    folders = defaultdict(list)
    for file in files:
        if file.kind == "c":
            parts = file.path.split("/")
            folders["/".join(parts[:2]) if len(parts) > 2 else parts[0]].append(file)
    yield f"{'folder':<24}{'files':>6}{'lines':>8}{'tests':>8}{'functions':>11}{'median':>8}{'longest':>9}"
    for folder in sorted(folders):
        tests = [file for file in folders[folder] if re.search(r"_(test|fuzz)\.c$", file.path)]
        code = [file for file in folders[folder] if file not in tests]
        lengths = sorted(lines for file in code for _, lines in functions(file)) or [0]
        count = sum(len(functions(file)) for file in code)
        yield (f"{folder:<24}{len(code):>6}{sum(len(file.lines) for file in code):>8}"
               f"{sum(len(file.lines) for file in tests):>8}{count:>11}"
               f"{lengths[len(lengths) // 2]:>8}{lengths[-1]:>9}")


def tracked():
    """Paths of the tree that are, or are about to be, in the repository."""
    try:
        listing = subprocess.run(["git", "-C", ROOT, "ls-files", "-coz", "--exclude-standard"], check=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.decode()
        return sorted(path for path in listing.split("\0") if path)
    except (OSError, subprocess.CalledProcessError):
        found = []
        for folder, folders, names in os.walk(ROOT):
            folders[:] = [name for name in folders if name not in (".git", "build", "out")]
            found += [os.path.relpath(os.path.join(folder, name), ROOT) for name in names]
        return sorted(found)


def read(path):
    try:
        with open(os.path.join(ROOT, path), encoding="utf-8") as source:
            return File(path, source.read())
    except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
        return None


def main():
    files = [file for file in map(read, tracked()) if file and file.path != SAMPLES]
    findings = [(file.path, *finding) for file in files for finding in check(file)]
    if "--quiet" not in sys.argv:
        print("\n".join(sizes(files)))
        print("\n".join(f"note: {words}" for words in warnings(files)))
    for path, rule, number, words in findings:
        print(f"{path}:{number}: [{rule}] {words}")
    broken = {rule for _, rule, *_ in findings}
    print(f"{len(RULES) - len(broken)} passed, {len(broken)} failed")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
