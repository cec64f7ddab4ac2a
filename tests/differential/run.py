#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Leat's SQL against a real PostgreSQL: each case of cases.py is asked of both, over the same rows; text of the values,
types and SQLSTATEs are compared.

    python3 tests/differential/run.py EVALUATE [--only WORD]

EVALUATE is the program of evaluate.c, DATABASE_URL a server.

A case that Leat refuses when it is bound (0A000, 42883) and the server does not is `unsupported`: listed, not equal.
Every other difference fails, but those that known.txt explains. Ends in `N passed, N failed`.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import cases
import values

HERE = os.path.dirname(os.path.abspath(__file__))
LANES = 2
TOGETHER = 200
REFUSALS = ("!0A000", "!42883")
SHOWN_MAX = 60

NAMES = [("character varying", "varchar"), ("character", "char"),
         (r"timestamp(\(\d\))? with time zone", r"timestamptz\1"), (r"timestamp(\(\d\))? without time zone",
                                                                    r"timestamp\1"),
         (r"time(\(\d\))? without time zone", r"time\1")]


def short(types):
    """The server's names of types as Leat prints them."""
    for name, replacement in NAMES:
        types = re.sub(rf"\b{name}(?![a-z])", replacement, types)
    return re.sub(r"\bvarchar(?!\()", "text", types)  # without a length they are one


def copied(text):
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")


def lines_of(lane):
    return "".join(f"{number}\t{zone}\t{kind}\t{copied(body)}\n" for number, (zone, kind, body) in lane)


def ask_leat(program, folder, lane):
    run = subprocess.run([program, os.path.join(folder, "columns"), os.path.join(folder, "rows")],
                         input=lines_of(lane).encode(),
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    answers = read_answers(run.stdout)
    if run.returncode != 0 or len(answers) != len(lane):
        print(f"evaluate ended with {run.returncode} after {len(answers)} of {len(lane)} cases, "
              f"at {lane[len(answers)] if len(answers) < len(lane) else 'the end'}\n"
              f"{run.stderr.decode(errors='replace')[-3000:]}")
    return answers


def read_answers(output):
    answers = map(json.loads, output.decode().splitlines())
    return {answer[0]: answer[1:] for answer in answers if isinstance(answer, list)}


def psql(url, script):
    run = subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", url], input=script.encode(),
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if run.returncode != 0:
        sys.exit(f"psql: {run.stderr.decode(errors='replace')[-3000:]}\n0 passed, 1 failed")
    return run.stdout


def prepare_server(url):
    """A database of its own, compared by bytes and with Unicode's letters, as Leat does; its URL."""
    psql(url, "create database differential template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C.UTF-8';")
    url = re.sub(r"/[^/]*$", "/differential", url)
    with open(os.path.join(HERE, "postgres.sql"), encoding="utf-8") as source:
        functions = source.read()
    psql(url, f"create table input ({values.schema()});\ncreate table raw (line json);\ncopy raw from stdin;\n" +
         "".join(copied(line) + "\n" for line in values.rows().splitlines()) + "\\.\n" +
         "insert into input select (json_populate_record(null::input, line)).* from raw;\n" + functions)
    return url


def ask_server(url, lane):
    script = ("set jit = off; set max_parallel_workers_per_gather = 0; set client_min_messages = error;\n"
              "create temp table question (number int, zone text, kind text, body text);\ncopy question from stdin;\n" +
              lines_of(lane) + "\\.\n")
    for first in range(0, len(lane), TOGETHER):  # a transaction holds the locks of its views
        numbers = [str(number) for number, _ in lane[first:first + TOGETHER]]
        script += ("select answer(number, zone, kind, body) from question "
                   f"where number between {numbers[0]} and {numbers[-1]};\n")
    return read_answers(psql(url, script))


def known_cases():
    """[(code, pattern)]: a line of known.txt matches whole bodies; in front of it stands a comment with the reason.
    With a code, all rows that differ must be that failure in Leat."""
    known, reason = [], ""
    with open(os.path.join(HERE, "known.txt"), encoding="utf-8") as source:
        for line in source.read().splitlines():
            if line.startswith("#"):
                reason = line[1:].strip()
            elif line and not reason:
                sys.exit(f"known.txt: no reason for {line}\n0 passed, 1 failed")
            elif line:
                code, _, pattern = line.partition(" ") if line.startswith("!") else ("", "", line)
                known.append((code, pattern))
            else:
                reason = ""
    return known


def rows_wanted(answer, count):
    """A statement that is refused as a whole fails for each row."""
    types, rows = answer
    return rows * count if len(rows) == 1 and str(rows[0]).startswith("!") else rows


def compare(kind, leat, server):
    """None if they are equal, else what differs, in words."""
    if leat[0].startswith("!") or server[0].startswith("!"):
        if leat[0] == server[0]:
            return None
        if leat[0].startswith("!") and not server[0].startswith("!"):
            failed = rows_wanted(server, 1)
            if leat[0] in failed and set(failed) <= {leat[0], None}:
                return None  # refused before the rows are, as each of them would be
        return f"leat: {leat[0]} {leat[1][:3]}\n    postgres: {server[0]} {server[1][:3]}"
    if leat[0] != short(server[0]):
        return f"leat: type {leat[0]}\n    postgres: type {short(server[0])}"
    ours, theirs = leat[1], server[1]
    count = max(len(ours), len(theirs))
    if kind != "s":
        ours, theirs = rows_wanted(leat, count), rows_wanted(server, count)
    different = [row for row in range(count) if ours[row:row + 1] != theirs[row:row + 1]]
    if not different:
        return None
    row = different[0]
    others = f" and {len(different) - 1} more" if different[1:] else ""
    return (f"row {row + 1}{others}\n    leat: {ours[row:row + 1]}\n"
            f"    postgres: {theirs[row:row + 1]}")


def failures(kind, leat, server):
    """What Leat answers in the rows that differ."""
    count = max(len(leat[1]), len(server[1]))
    ours, theirs = ((rows_wanted(leat, count), rows_wanted(server, count)) if kind != "s" else (leat[1], server[1]))
    return {str(ours[row]) for row in range(min(len(ours), len(theirs))) if ours[row] != theirs[row]}


def judge(asked, leat, server):
    known, counts, differences, unsupported, met = known_cases(), Counter(), [], [], set()
    for number, (zone, kind, body) in asked:
        ours, theirs = leat.get(number), server.get(number)
        words = "one of them gave no answer" if not ours or not theirs else compare(kind, ours, theirs)
        if words is None:
            counts["refused by both" if theirs[0].startswith("!") else "equal"] += 1
        elif ours and theirs and ours[0] in REFUSALS:
            counts["unsupported"] += 1
            unsupported.append(f"{ours[0]} {body}")
        elif ours and theirs and (excused := [(code, pattern) for code, pattern in known
                         if re.fullmatch(pattern, body) and (not code or failures(kind, ours, theirs) == {code})]):
            counts["known"] += 1
            met.update(excused)
        else:
            differences.append(f"{body}    ({zone}, {kind})\n    {words}")
    return counts, differences, unsupported, set(known) - met


def main():
    arguments = sys.argv[1:]
    only = arguments[arguments.index("--only") + 1] if "--only" in arguments else ""
    asked = [case for case in enumerate(cases.all_cases(), 1) if only in case[1][2]]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2 * LANES) as pool:
        for name, text in (("columns", values.schema()), ("rows", values.rows())):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
                out.write(text)
        url = prepare_server(os.environ["DATABASE_URL"])
        lanes = [asked[lane::LANES] for lane in range(LANES)]
        ours = [pool.submit(ask_leat, arguments[0], folder, lane) for lane in lanes]
        theirs = [pool.submit(ask_server, url, lane) for lane in lanes]
        leat = {number: answer for lane in ours for number, answer in lane.result().items()}
        server = {number: answer for lane in theirs for number, answer in lane.result().items()}
    counts, differences, unsupported, stale = judge(asked, leat, server)
    for line in unsupported:
        print("unsupported:", line)
    for line in differences:
        print("DIFFERENT:", line)
    stale = [] if only else sorted(stale)
    for code, pattern in stale:
        print("known.txt: no difference any more:", code, pattern)
    summary = ", ".join(f"{n} {word}" for word, n in counts.items())
    print(f"note: {len(asked)} cases of {values.ROWS + 1} rows: {summary}")
    failed = len(differences) + len(stale)
    print(f"{counts['equal'] + counts['refused by both']} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
