#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every step of the protocols, on both sides: kill -9 and a failed I/O at each failpoint that the program has.

    python3 tests/faults/steps.py [--long] [--pair NAME]... [--name PART_OF_NAME]

For each failpoint (their names are read from the program itself) a run over a small set of files is killed before or
after that I/O, at its first and at a later passage, and started again; then the same with an I/O that fails or whose
answer is lost, which the process must settle by itself. After each the sink must hold every record exactly once.
Prints which steps were reached; what belongs to other modes (upsert, merge) is not.
"""
import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import run as harness  # noqa: E402
import verify  # noqa: E402

PAIRS = {"files-postgres": b"pg", "files-directory": b"file"}
FILES, FILE_EVENTS = 2, 600
SECONDS_MAX = 30


def failpoints(prefix):
    with open(harness.LEAT, "rb") as program:
        found = re.findall(rb"\0(" + prefix + rb"(?:\.[a-z_]+)+\.(?:before|after))(?=\0)", program.read())
    return sorted({name.decode() for name in found})


class Trial:
    """One pair over one set of files; its store is made empty before each failpoint."""

    def __init__(self, name):
        self.pair = next(pair for pair in harness.PAIRS if pair.name == name)
        self.folder = tempfile.mkdtemp(prefix=f"leat-steps-{name}-", dir=os.environ.get("LEAT_WORK"))
        self.pipeline = os.path.join(self.folder, "pipeline.yaml")
        os.mkdir(os.path.join(self.folder, "in"))
        sink = self.pair.sink.format(url=harness.URL, folder=self.folder)
        text = harness.PIPELINE.format(folder=self.folder, sink=sink, lease=harness.LEASE_S)
        with open(self.pipeline, "w", encoding="utf-8") as out:
            out.write(text.replace("rows: 1000", "rows: 200"))
        for number in range(FILES):
            lines = subprocess.run([harness.EVENTS, str(FILE_EVENTS), str(number * FILE_EVENTS)], check=True,
                                   stdout=subprocess.PIPE).stdout.splitlines(keepends=True)
            lines[100] = b"no json %d\n" % number
            with open(os.path.join(self.folder, "in", f"{number}.json"), "wb") as out:
                out.writelines(lines)
        self.known = verify.read_input([os.path.join(self.folder, "in", "*.json")], "id")
        self.log = ""

    def reset(self):
        self.pair.prepare()
        shutil.rmtree(os.path.join(self.folder, "out"), ignore_errors=True)

    def leat(self, failpoint=None):
        environment = dict(os.environ)
        if failpoint:
            environment["LEAT_FAILPOINT"] = failpoint
        try:
            done = subprocess.run([harness.LEAT, "run", self.pipeline], stdin=subprocess.DEVNULL, cwd=self.folder,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS_MAX,
                                  env=environment)
        except subprocess.TimeoutExpired as error:
            self.log = (error.stdout or b"").decode(errors="replace")
            return None
        self.log = done.stdout.decode(errors="replace")
        return done.returncode

    def faults(self):
        sink = self.pair.read(self.folder)
        found = {kind: words for kind, words in verify.judge(self.known, sink).items() if words}
        if len(sink.dead) != FILES:
            found["dead letters"] = [str(len(sink.dead))]
        return found

    def once(self, name, passes, action):
        """(whether the step was reached, what is wrong or None)."""
        self.reset()
        code = self.leat(f"{name}={passes}*off->{action}")
        reached = code == -signal.SIGKILL if action == "kill" else True
        if not reached and code not in harness.EXITS_WELL:
            return reached, f"ended with {code}, not by the kill"
        if action == "fail" and code not in harness.EXITS_WELL:
            return reached, "no end in time" if code is None else f"ended with {code} after one failed I/O"
        if reached and action == "kill":
            code = self.leat()
            if code not in harness.EXITS_WELL:
                return reached, "no end in time" if code is None else f"the next run ended with {code}"
        found = self.faults()
        return reached, f"{found}"[:500] if found else None

    def close(self):
        shutil.rmtree(self.folder)


def walk(pair, part_of_name, passes_of_kills):
    """Every failpoint of one pair: (passed, failed)."""
    trial = Trial(pair)
    names = [name for name in failpoints(PAIRS[pair]) if part_of_name in name]
    passed = failed = kills = 0
    unreached = []
    for name in names:
        reached_once = False
        for passes, action in [(passes, "kill") for passes in passes_of_kills] + [(0, "fail")]:
            if action == "fail" and not reached_once:
                break
            reached, wrong = trial.once(name, passes, action)
            kills += reached and action == "kill"
            reached_once |= reached
            passed, failed = passed + (reached and not wrong), failed + bool(wrong)
            if wrong:
                print(f"{pair}: {action} at {name} after {passes}: {wrong}\n{trial.log[-1500:]}", flush=True)
        if not reached_once:
            unreached.append(name)
    trial.close()
    print(f"{pair}: {len(names)} steps, {len(names) - len(unreached)} reached, {kills} kills; "
          f"not reached: {' '.join(unreached) or 'none'}", flush=True)
    if not names and not part_of_name:
        print(f"{pair}: the program has no failpoints")
    return passed, failed + (not names and not part_of_name)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--pair", action="append", choices=list(PAIRS))
    parser.add_argument("--name", default="", metavar="PART_OF_NAME")
    given = parser.parse_args()
    passes = (0, 1, 2, 3, 5) if given.long else (0, 2)
    with ThreadPoolExecutor(len(PAIRS)) as pool:
        results = list(pool.map(lambda pair: walk(pair, given.name, passes), given.pair or PAIRS))
    passed, failed = sum(result[0] for result in results), sum(result[1] for result in results)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
