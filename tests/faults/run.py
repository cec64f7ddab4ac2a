#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 and SIGSTOP against `leat run`: four processes over one set of files, judged by leat-verify.

    python3 tests/faults/run.py [--long] [--pair NAME]... [--seconds N] [--kills N] [--seed N] [--keep]

For each pair (files to Postgres with and without a unique key, files to a directory) processes are killed, or frozen
for up to three leases and woken, at random moments of a seeded schedule for 20 s and until there were 20 kills (60 s
and 200 with --long). A killed process is started again at once; whenever all files are done, new ones arrive, so that
every kill meets work; one record in 5,000 is no JSON and must end as a dead letter. Then the rest is let finish, and
the sink must hold every record exactly once and in order. Needs LEAT (the program), DATABASE_URL (a server to fill),
and leat-bench-events beside the program. The harness waits for process ends and its own schedule, never for a time.
"""
import argparse
import glob
import heapq
import os
import random
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "verify"))
import verify  # noqa: E402

LEAT = os.environ.get("LEAT", os.path.join(HERE, "..", "..", "build", "dev", "leat"))
EVENTS = os.path.join(os.path.dirname(LEAT), "leat-bench-events")
URL = os.environ.get("DATABASE_URL", "")

PROCESSES = 4
FILES, FILE_EVENTS = 8, 4000    # a batch of input
BAD_EVERY = 5000
LEASE_S = 1.0
FINISH_S = 90                   # for the rest, once nobody is killed any more
EXITS_WELL = (0, 4)             # done; done with dead letters

PIPELINE = """\
pipeline: faults
source:
  file: {{path: "{folder}/in/*.json"}}
  format: json
  columns: |
    id uuid, ts timestamptz, user_id bigint, type text, amount numeric(12,2), lat float8,
    is_bot boolean, "user" jsonb
transforms:
  - sql: |
      select id, ts, user_id, type, amount, lat, is_bot,
             "user"->>'country' as country, "user"->>'name' as name
      from input
sinks:
  - {sink}
    commit: {{rows: 1000}}
lease: {lease:g}s
limits: {{memory: 64MiB, workers: 2}}
"""
TABLE = """\
do $$ declare t record; begin
    for t in select tablename from pg_tables where schemaname = 'public' and tablename ~ '^(leat_|events$)' loop
        execute format('drop table %I cascade', t.tablename);
    end loop;
end $$;
create table events (id uuid {key}, ts timestamptz, user_id bigint, type text, amount numeric(12,2),
    lat double precision, is_bot boolean, country text, name text, arrival bigserial);
"""


class Pair:
    """A source and a sink: how the sink is written in the pipeline file, made empty and read."""

    def __init__(self, name, sink, key=None):
        self.name, self.sink, self.key = name, sink, key

    def prepare(self):
        if self.key is not None:
            verify.query(URL, TABLE.format(key=self.key))

    def read(self, folder):
        return verify.read_postgres(URL, "events", "id") if self.key is not None else \
            verify.read_directory(os.path.join(folder, "out"), "id")


PAIRS = [
    Pair("files-postgres", "postgres: {{url: \"{url}\", table: events}}", key=""),
    Pair("files-postgres-key", "postgres: {{url: \"{url}\", table: events}}", key="primary key"),
    Pair("files-directory", "file: {{path: \"{folder}/out/\", format: json, compression: zstd}}"),
]


class Slot:
    """One of the processes: started again whenever it ends."""

    def __init__(self, run, number):
        self.run, self.number = run, number
        self.log = open(os.path.join(run.folder, f"leat-{number}.log"), "ab")
        self.process = self.pidfd = None
        self.killed = self.frozen = False
        self.files = 0          # of the run when the process was started

    def start(self):
        self.killed = self.frozen = False
        self.files = self.run.files
        self.process = subprocess.Popen([LEAT, "run", self.run.pipeline], stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=self.log, cwd=self.run.folder)
        self.pidfd = os.pidfd_open(self.process.pid)

    def signal(self, number):
        self.process.send_signal(number)
        self.killed |= number == signal.SIGKILL
        self.frozen = number == signal.SIGSTOP

    def reap(self):
        """The exit code; negative for a signal."""
        code = self.process.wait()
        os.close(self.pidfd)
        self.process = self.pidfd = None
        return code

    def stop(self):
        if self.process:
            self.process.kill()
            self.reap()
        self.log.close()


class Run:
    """One pair under fire."""

    def __init__(self, pair, folder, seed):
        self.pair, self.folder, self.random = pair, folder, random.Random(seed)
        self.pipeline = os.path.join(folder, "pipeline.yaml")
        self.events = self.files = self.kills = self.stops = 0
        self.wrong = []
        self.schedule = []
        os.mkdir(os.path.join(folder, "in"))
        pair.prepare()
        with open(self.pipeline, "w", encoding="utf-8") as out:
            sink = pair.sink.format(url=URL, folder=folder)
            out.write(PIPELINE.format(folder=folder, sink=sink, lease=LEASE_S))
        self.add_files()
        self.slots = [Slot(self, number) for number in range(PROCESSES)]

    def add_files(self):
        for _ in range(FILES):
            lines = subprocess.run([EVENTS, str(FILE_EVENTS), str(self.events)], check=True,
                                   stdout=subprocess.PIPE).stdout.splitlines(keepends=True)
            for index in range(len(lines)):
                if (self.events + index) % BAD_EVERY == BAD_EVERY - 1:
                    lines[index] = b"no json %d\n" % (self.events + index)
            path = os.path.join(self.folder, "in", f"{self.files:06}.json")
            with open(os.path.join(self.folder, "in", ".arriving"), "wb") as out:
                out.writelines(lines)
            os.rename(out.name, path)
            self.files, self.events = self.files + 1, self.events + FILE_EVENTS

    def plan(self, action, slot, after_s):
        heapq.heappush(self.schedule, (time.monotonic() + after_s, id(action), action, slot))

    def strike(self, _):
        """Kills or freezes a process that runs, then plans the next blow."""
        running = [slot for slot in self.slots if slot.process and not slot.frozen]
        if running:
            slot = self.random.choice(running)
            if self.random.random() < 0.75 or len(running) == 1:
                slot.signal(signal.SIGKILL)
                self.kills += 1
            else:
                slot.signal(signal.SIGSTOP)
                self.stops += 1
                self.plan(self.wake, (slot, slot.process), self.random.uniform(0.2, 3) * LEASE_S)
        # Most blows meet work in full swing, some the start of a process.
        self.plan(self.strike, None, self.random.choice([0.02, 0.1, 0.3, 0.6]) * self.random.uniform(0.5, 1.5))

    def wake(self, what):
        slot, process = what
        if slot.process is process and slot.frozen:
            slot.signal(signal.SIGCONT)

    def wait(self, until):
        """Until a process ends or the schedule's next moment; returns the slots whose process has ended."""
        poll = select.poll()
        for slot in self.slots:
            if slot.process:
                poll.register(slot.pidfd, select.POLLIN)
        at = min(until, self.schedule[0][0]) if self.schedule else until
        ready = {descriptor for descriptor, _ in poll.poll(max(0, at - time.monotonic()) * 1000)}
        return [slot for slot in self.slots if slot.process and slot.pidfd in ready]

    def ended(self, slot):
        """True when the process ended by itself and well."""
        killed = slot.killed
        code = slot.reap()
        if killed:
            return False
        if code not in EXITS_WELL:
            self.wrong.append(f"process {slot.number} ended with {code}")
        return code in EXITS_WELL

    def under_fire(self, seconds, kills):
        began = time.monotonic()
        for slot in self.slots:
            slot.start()
        self.plan(self.strike, None, 0.3)
        while not self.wrong and (time.monotonic() < began + seconds or self.kills < kills):
            if time.monotonic() > began + 4 * seconds:
                self.wrong.append(f"only {self.kills} kills in {4 * seconds} s")
            for slot in self.wait(began + seconds):
                if self.ended(slot) and slot.files == self.files:
                    self.add_files()    # it saw all there are, and all are done
                if not self.wrong:
                    slot.start()
            while self.schedule and self.schedule[0][0] <= time.monotonic():
                _, _, action, slot = heapq.heappop(self.schedule)
                action(slot)
        self.seconds = time.monotonic() - began

    def finish(self):
        """Lets the processes end by themselves; one more is started, so that somebody works if all were dead."""
        self.schedule.clear()
        for slot in self.slots:
            if slot.frozen and slot.process:
                slot.signal(signal.SIGCONT)
            if not slot.process and not self.wrong:
                slot.start()
        deadline = time.monotonic() + FINISH_S
        while any(slot.process for slot in self.slots) and not self.wrong:
            for slot in self.wait(deadline):
                self.ended(slot)
            if time.monotonic() >= deadline:
                self.wrong.append(f"not done {FINISH_S} s after the last kill")

    def stop(self):
        for slot in self.slots:
            slot.stop()

    def logged(self, pattern):
        count = 0
        for path in glob.glob(os.path.join(self.folder, "leat-*.log")):
            with open(path, encoding="utf-8", errors="replace") as log:
                count += sum(bool(re.search(pattern, text)) for text in log)
        return count

    def last_words(self):
        for path in sorted(glob.glob(os.path.join(self.folder, "leat-*.log"))):
            with open(path, encoding="utf-8", errors="replace") as log:
                yield f"--- {os.path.basename(path)}\n" + "".join(log.readlines()[-25:])

    def judge(self):
        """True when nothing is wrong; prints one line of figures and, if need be, what is wrong."""
        known = verify.read_input([os.path.join(self.folder, "in", "*.json")], "id")
        sink = self.pair.read(self.folder)
        faults = verify.judge(known, sink)
        dead = self.events // BAD_EVERY
        if len(sink.dead) != dead and not self.wrong:
            self.wrong.append(f"{dead} records are no JSON, {len(sink.dead)} are dead letters")
        print(f"{self.pair.name}: kills={self.kills} stops={self.stops} seconds={self.seconds:.1f} "
              f"fenced={self.logged('fenced')} unknown={self.logged('unknown')}")
        print("  " + verify.report(known, sink, faults))
        for words in self.wrong:
            print(f"  wrong: {words}")
        return not self.wrong and not any(faults.values())


def run_pair(pair, given):
    folder = tempfile.mkdtemp(prefix=f"leat-{pair.name}-", dir=os.environ.get("LEAT_WORK"))
    run = Run(pair, folder, given.seed)
    try:
        run.under_fire(given.seconds, given.kills)
        run.finish()
    finally:
        run.stop()
    good = run.judge()
    if not good:
        print("\n".join(run.last_words()))
    if given.keep:
        print(f"  kept: {folder}")
    else:
        shutil.rmtree(folder)
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--pair", action="append", choices=[pair.name for pair in PAIRS])
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--kills", type=int)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--keep", action="store_true")
    given = parser.parse_args()
    given.seconds = given.seconds or (60 if given.long else 20)
    given.kills = given.kills or (200 if given.long else 20)
    print(f"seed={given.seed} processes={PROCESSES} lease={LEASE_S:g}s")
    results = [run_pair(pair, given) for pair in PAIRS if not given.pair or pair.name in given.pair]
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
