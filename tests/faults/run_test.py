#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Proves that the kill harness can fail: it is run with small programs in the place of leat, one that keeps its
promise (a file's output appears by one rename) and some that break it in the ways of bad engines.
"""
import contextlib
import io
import os
import sys
import tempfile
import types
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import run  # noqa: E402

FAKE = """\
#!/usr/bin/env python3
import json, os, sys
folder = os.path.dirname(sys.argv[2])
out, dead = folder + "/out", folder + "/out/_dead_letter"
os.makedirs(dead, exist_ok=True)
for name in sorted(os.listdir(folder + "/in")):
    target = out + "/" + name
    if name.startswith(".") or os.path.exists(target):
        continue
    good, bad = [], []
    for line in open(folder + "/in/" + name):
        if line.startswith("{"):
            good.append(line)
        else:
            bad.append(json.dumps({"payload": line.rstrip()}) + "\\n")
    BREAK
    with open(dead + "/." + name + str(os.getpid()), "w") as letters:
        letters.writelines(bad)
    os.rename(letters.name, dead + "/" + name)
    with open(out + "/." + name + str(os.getpid()), "w") as data:
        data.writelines(good)
    os.rename(data.name, target)
"""


class Harness(unittest.TestCase):
    def outcome(self, broken):
        """(whether the harness was content, what it printed) with a program that is broken so."""
        with tempfile.TemporaryDirectory() as folder:
            fake = os.path.join(folder, "leat")
            with open(fake, "w", encoding="utf-8") as out:
                out.write(FAKE.replace("BREAK", broken))
            os.chmod(fake, 0o755)
            run.LEAT, run.FINISH_S, run.FILE_EVENTS = fake, 3, 500
            given = types.SimpleNamespace(seconds=1, kills=3, seed=1, keep=False)
            pair = next(pair for pair in run.PAIRS if pair.name == "files-directory")
            with contextlib.redirect_stdout(io.StringIO()) as printed:
                good = run.run_pair(pair, given)
            return good, printed.getvalue()

    def test_output_by_rename_passes(self):
        good, printed = self.outcome("pass")
        self.assertTrue(good, printed)
        self.assertRegex(printed, r"kills=\d+ stops=\d+ ")
        self.assertIn("lost=0 doubled=0 foreign=0 misordered=0 torn=0", printed)

    def test_a_program_that_loses_is_caught(self):
        good, printed = self.outcome("good = good[1:]")
        self.assertFalse(good)
        self.assertRegex(printed, r"lost=[1-9]")

    def test_a_program_that_doubles_is_caught(self):
        good, printed = self.outcome("target += str(os.getpid()) + '.json'")
        self.assertFalse(good)
        self.assertRegex(printed, r"doubled=[1-9]")

    def test_a_program_that_drops_bad_records_is_caught(self):
        good, printed = self.outcome("bad = []")
        self.assertFalse(good)
        self.assertRegex(printed, r"lost=[1-9]")

    def test_a_program_that_ends_badly_is_caught(self):
        good, printed = self.outcome("sys.exit(1)")
        self.assertFalse(good)
        self.assertIn("ended with 1", printed)

    def test_a_program_that_never_ends_is_caught(self):
        good, printed = self.outcome("__import__('signal').pause()")
        self.assertFalse(good)
        self.assertIn("after the last kill", printed)


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=1).result
    wrong = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - wrong} passed, {wrong} failed")
    sys.exit(1 if wrong else 0)
