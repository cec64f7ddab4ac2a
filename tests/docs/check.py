#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that what the documents say is so: LEAT=PROGRAM python3 tests/docs/check.py

links       every relative link of every Markdown file leads to a file, and its anchor to a heading
commands    README.md's blocks marked `sh` run, in order, in one folder that looks like the checkout; a block whose
            first line is a comment with a file name (`# first.yaml`) is written to that file before
programs    files that any block marked `sh` names as a program exist; what takes minutes (LONG) is looked at, not run
reference   docs/reference.md is what `leat options --markdown` prints
"""
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LEAT = os.environ.get("LEAT", os.path.join(ROOT, "build", "dev", "leat"))
BLOCK_SECONDS_MAX = 30

# Builds, installs, needs a foreign service, or runs for minutes; only their files are checked.
LONG = re.compile(r"^\s*((\w+=\S+ )*(sh |bash )?(deploy|tests|bench|\.ci)/|(DATABASE_URL=.*)|git clone|cmake |ctest |"
                  r"apt|sudo |docker |helm |kubectl |systemctl |psql |curl |cd leat|kill )")
GENERATED = {"docs/reference.md": ["options", "--markdown"]}


def tracked(extension):
    listing = subprocess.run(["git", "-C", ROOT, "ls-files", "-coz", "--exclude-standard"], check=True,
                             stdout=subprocess.PIPE).stdout.decode()
    return sorted(path for path in listing.split("\0") if path.endswith(extension) and
                  os.path.exists(os.path.join(ROOT, path)))


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as source:
        return source.read()


def blocks(text):
    """(language, content, line) of each fenced block."""
    for match in re.finditer(r"^```(\w*)[^\n]*\n(.*?)^```\s*$", text, re.S | re.M):
        yield match.group(1), match.group(2), text.count("\n", 0, match.start()) + 1


def prose(text):
    """The text without its code, so that what looks like a link there is none."""
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```\s*$", "", text, flags=re.S | re.M))


def anchors(text):
    """Anchors of the headings, as GitHub and others make them."""
    found = set()
    for heading in re.findall(r"^#+\s+(.*?)\s*$", re.sub(r"^```.*?^```\s*$", "", text, flags=re.S | re.M), re.M):
        words = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower())
        found.add(words.replace(" ", "-"))
    return found


def check_links(path, text):
    for target in re.findall(r"\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)", prose(text)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        goal = os.path.normpath(os.path.join(os.path.dirname(path), name)) if name else path
        if not os.path.exists(os.path.join(ROOT, goal)):
            yield f"{path}: no file for the link {target}"
        elif anchor and goal.endswith(".md") and anchor not in anchors(read(goal)):
            yield f"{path}: no heading for the link {target}"


def check_programs(path, text):
    for language, content, line in blocks(text):
        if language not in ("sh", "bash", "console"):
            continue
        for name in re.findall(r"(?:^|\s)((?:deploy|tests|bench|\.ci)/[\w./-]*\w)", content):
            if not os.path.exists(os.path.join(ROOT, name)):
                yield f"{path}:{line}: no file {name}"


def look_like_checkout(folder):
    for name in os.listdir(ROOT):
        if name not in ("build", "out", ".git"):
            os.symlink(os.path.join(ROOT, name), os.path.join(folder, name))
    os.makedirs(os.path.join(folder, "build", "release"))
    os.symlink(os.path.abspath(LEAT), os.path.join(folder, "build", "release", "leat"))


def check_commands(path, text):
    """Runs the sh blocks of one document in order; files named by other blocks are there before the first."""
    with tempfile.TemporaryDirectory() as folder:
        look_like_checkout(folder)
        for language, content, _ in blocks(text):
            named = re.match(r"(?:#|//|--)\s*([\w./-]+\.\w+)\s*$", content.split("\n")[0])
            if named and language != "sh" and not os.path.exists(os.path.join(folder, named.group(1))):
                with open(os.path.join(folder, named.group(1)), "w", encoding="utf-8") as out:
                    out.write(content)
        environment = {**os.environ, "PATH": os.path.join(folder, "build", "release") + ":" + os.environ["PATH"]}
        environment.pop("DATABASE_URL", None)
        for language, content, line in blocks(text):
            kept = "".join(row + "\n" for row in content.split("\n") if not LONG.match(row))
            if language != "sh" or not kept.strip():
                continue
            try:
                run = subprocess.run(["sh", "-eu", "-c", kept], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=BLOCK_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                yield f"{path}:{line}: the commands did not end in {BLOCK_SECONDS_MAX} s"
                continue
            if run.returncode != 0:
                yield f"{path}:{line}: the commands ended with {run.returncode}:\n" + \
                    run.stdout.decode(errors="replace")[-2000:]


def check_generated(path, command):
    if not os.path.exists(os.path.join(ROOT, path)):
        return [f"{path} is missing; make it: leat {' '.join(command)} >{path}"]
    run = subprocess.run([LEAT, *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if run.returncode != 0 or run.stdout.decode(errors="replace") != read(path):
        return [f"{path} is not what `leat {' '.join(command)}` prints now (exit code {run.returncode})"]
    return []


def main():
    documents = tracked(".md")
    checks = [(f"links of {path}", list(check_links(path, read(path)))) for path in documents]
    checks += [(f"programs of {path}", list(check_programs(path, read(path)))) for path in documents]
    checks += [(path, check_generated(path, command)) for path, command in GENERATED.items()]
    if "README.md" in documents:
        checks.append(("commands of README.md", list(check_commands("README.md", read("README.md")))))
    else:
        checks.append(("commands of README.md", ["there is no README.md"]))
    for what, faults in checks:
        for words in faults:
            print(f"{what}: {words}")
    failed = sum(bool(faults) for _, faults in checks)
    print(f"{len(checks) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
