#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""leat-verify: judges what a sink holds against what its source held.

    leat-verify --input GLOB... (--directory DIR | --postgres URL --table TABLE) [--id FIELD] [--kept FILE]
                [--partitioned] [--dead-letters N]

Input: files of JSON lines (plain, .gz, .zst), each one part in line order; FIELD (default `id`) is unique over all.
Every id must be in the sink exactly once, delivered or as a dead letter:
    lost        in the input, not in the sink            doubled    more than once in the sink
    foreign     in the sink, not in the input            misordered a part's records out of order in one object or
    torn        an object that cannot be read whole, or             transaction, or (Postgres with
                an object or transaction that holds a               track_commit_timestamp) over all transactions
                part's records with a gap between them
Postgres tells the order within a transaction only by a column `arrival bigserial` (rows may lie anywhere in a heap);
without one it is not judged. --partitioned: one unit is spread over several objects (path templates), so gaps are no
tear. --kept FILE: ids, one a line, that the pipeline's filter keeps; the others must not arrive. Exit code 1 when any
count is not 0.
"""
import argparse
import base64
import binascii
import csv
import glob
import gzip
import io
import json
import os
import subprocess
import sys
from collections import defaultdict

EXAMPLES = 5


class Torn(Exception):
    """An object that cannot be read to its end."""


def read_bytes(path):
    if path.endswith(".zst"):
        run = subprocess.run(["zstd", "-dcq", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if run.returncode != 0:
            raise Torn(run.stderr.decode(errors="replace").strip())
        return run.stdout
    try:
        with (gzip.open if path.endswith(".gz") else open)(path, "rb") as source:
            return source.read()
    except (EOFError, OSError) as error:
        raise Torn(str(error)) from error


def is_csv(path):
    return ".csv" in os.path.basename(path)


def read_objects(path):
    """The records of one object, or Torn."""
    data = read_bytes(path)
    if data and not data.endswith(b"\n"):
        raise Torn("its last line has no end")
    try:
        if is_csv(path):
            return list(csv.DictReader(io.StringIO(data.decode(), newline="")))
        return [json.loads(line) for line in data.splitlines() if line]
    except (ValueError, UnicodeDecodeError) as error:
        raise Torn(str(error)) from error


def read_input(patterns, field):
    """id -> (part, ordinal) of every record of the source."""
    known = {}
    paths = sorted({path for pattern in patterns for path in glob.glob(pattern)})
    if not paths:
        raise SystemExit("leat-verify: no input file matches")
    for part, path in enumerate(paths):
        for ordinal, line in enumerate(read_bytes(path).splitlines()):
            record = id_of(line, field)
            if record in known:
                raise SystemExit(f"leat-verify: {path} line {ordinal + 1}: id {record} is not unique in the input")
            known[record] = (part, ordinal)
    return known


def id_of(line, field):
    """The id of a record's bytes; bytes that are no such JSON are their own id."""
    try:
        return str(json.loads(line)[field])
    except (ValueError, KeyError, TypeError):
        return line.rstrip(b"\r\n").decode(errors="backslashreplace")


def payload_bytes(payload):
    if isinstance(payload, (dict, list)):
        return json.dumps(payload).encode()
    if payload.startswith("\\x"):
        return bytes.fromhex(payload[2:])
    if not payload.lstrip().startswith("{"):
        try:
            return base64.b64decode(payload, validate=True)
        except binascii.Error:
            pass
    return payload.encode()


class Sink:
    """What a sink holds: sets (an object or a transaction) of ids in their order, dead letters, unreadable objects."""

    def __init__(self):
        self.sets = []          # [(name, [id])]
        self.ordered = False    # the sets stand in the order of their commits
        self.arrival = True     # the ids of a set stand in the order of their arrival
        self.dead = []          # [id]
        self.unreadable = []    # [words]


def read_directory(folder, field):
    sink = Sink()
    for path in sorted(glob.glob(os.path.join(glob.escape(folder), "**"), recursive=True, include_hidden=True)):
        inside = os.path.relpath(path, folder).split(os.sep)
        if not os.path.isfile(path):
            continue
        dead = inside[0] == "_dead_letter"
        if not dead and any(name.startswith(("_", ".")) for name in inside):
            continue
        try:
            records = read_objects(path)
            if dead:
                sink.dead += [id_of(payload_bytes(record["payload"]), field) for record in records]
            else:
                sink.sets.append(("/".join(inside), [str(record[field]) for record in records]))
        except (Torn, KeyError) as error:
            sink.unreadable.append(f"{'/'.join(inside)}: {error}")
    return sink


def query(url, text):
    run = subprocess.run(["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-F", "\t", url, "-c", text],
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if run.returncode != 0:
        raise SystemExit(f"leat-verify: {run.stderr.decode(errors='replace').strip()}")
    return [line.split("\t") for line in run.stdout.decode().splitlines()]


def read_postgres(url, table, field):
    sink = Sink()
    sink.ordered = query(url, "show track_commit_timestamp") == [["on"]]
    sink.arrival = query(url, "select count(*) from pg_attribute where attname = 'arrival' and "
                              f"attrelid = '{table}'::regclass") == [["1"]]
    order = ("pg_xact_commit_timestamp(xmin), " if sink.ordered else "") + "xmin::text" + \
        (", arrival" if sink.arrival else "")
    transactions = defaultdict(list)
    for transaction, record in query(url, f'select xmin, "{field}" from {table} order by {order}'):
        transactions[transaction].append(record)
    sink.sets = [(f"transaction {name}", ids) for name, ids in transactions.items()]
    if query(url, "select to_regclass('leat_dead_letter') is not null") == [["t"]]:
        rows = query(url, "select encode(payload, 'hex') from leat_dead_letter where payload is not null")
        sink.dead = [id_of(bytes.fromhex(row[0]), field) for row in rows]
    return sink


def judge(known, sink, kept=None, partitioned=False):
    """Counts by kind of fault, with examples in words: {kind: [words]}."""
    faults = {kind: [] for kind in ("lost", "doubled", "foreign", "misordered", "torn")}
    faults["torn"] += sink.unreadable
    seen = set()
    for record in [record for _, ids in sink.sets for record in ids] + sink.dead:
        if record in seen:
            faults["doubled"].append(record)
        elif record not in known or kept is not None and record not in kept:
            faults["foreign"].append(record)
        seen.add(record)
    faults["lost"] += [record for record in known if record not in seen and (kept is None or record in kept)]
    # What need not lie in a set: dead letters and what the filter drops.
    elsewhere = {known[record] for record in sink.dead if record in known}
    if kept is not None:
        elsewhere |= {place for record, place in known.items() if record not in kept}
    highest = {}
    for name, ids in sink.sets:
        places = defaultdict(list)
        for record in ids:
            if record in known:
                places[known[record][0]].append(known[record][1])
        for part, ordinals in places.items():
            if not sink.arrival:
                ordinals.sort()
            judge_set(name, part, ordinals, elsewhere, faults, partitioned)
            if sink.ordered:
                if ordinals[0] < highest.get(part, -1):
                    faults["misordered"].append(f"{name}: part {part} from {ordinals[0]} after {highest[part]}")
                highest[part] = max(ordinals[-1], highest.get(part, -1))
    return faults


def judge_set(name, part, ordinals, elsewhere, faults, partitioned):
    for before, after in zip(ordinals, ordinals[1:]):
        if after < before:
            faults["misordered"].append(f"{name}: part {part}: {after} after {before}")
    if partitioned:
        return
    present = set(ordinals)
    missing = [ordinal for ordinal in range(min(ordinals), max(ordinals))
               if ordinal not in present and (part, ordinal) not in elsewhere]
    if missing:
        faults["torn"].append(f"{name}: part {part} lacks {len(missing)} from {missing[0]} on")


def report(known, sink, faults):
    counts = " ".join(f"{kind}={len(words)}" for kind, words in faults.items())
    delivered = sum(len(ids) for _, ids in sink.sets)
    lines = [f"{counts} input={len(known)} delivered={delivered} dead_letters={len(sink.dead)} sets={len(sink.sets)}"]
    for kind, words in faults.items():
        lines += [f"  {kind}: {word}" for word in words[:EXAMPLES]]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(prog="leat-verify", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--input", nargs="+", required=True, metavar="GLOB")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--directory")
    where.add_argument("--postgres", metavar="URL")
    parser.add_argument("--table", default="events")
    parser.add_argument("--id", default="id", metavar="FIELD")
    parser.add_argument("--kept", metavar="FILE")
    parser.add_argument("--partitioned", action="store_true")
    parser.add_argument("--dead-letters", type=int, metavar="N")
    given = parser.parse_args()
    known = read_input(given.input, given.id)
    kept = set(open(given.kept, encoding="utf-8").read().split()) if given.kept else None
    sink = read_directory(given.directory, given.id) if given.directory else \
        read_postgres(given.postgres, given.table, given.id)
    faults = judge(known, sink, kept, given.partitioned)
    print(report(known, sink, faults))
    wrong_dead = given.dead_letters is not None and given.dead_letters != len(sink.dead)
    if wrong_dead:
        print(f"  dead letters: expected {given.dead_letters}")
    return 1 if wrong_dead or any(faults.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
