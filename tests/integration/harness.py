# SPDX-License-Identifier: Apache-2.0
"""What the integration tests share: a folder for each test, `leat` run in it as a user would, output read back.

LEAT names the program. A test that needs a server takes DATABASE_URL and is skipped without one.
"""
import glob
import json
import os
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LEAT = os.path.abspath(os.environ.get("LEAT", os.path.join(ROOT, "build", "dev", "leat")))
URL = os.environ.get("DATABASE_URL", "")
SECONDS_MAX = 60

sys.path.insert(0, os.path.join(ROOT, "tests", "verify"))
import verify  # noqa: E402


class Case(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = holder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def put(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "wb") as out:
            out.write(text if isinstance(text, bytes) else text.encode())
        return self.path(name)

    def leat(self, *arguments, code=0, stdin=b"", **environment):
        """Runs leat in the test's folder; its standard output as text. Its standard error stays in self.errors."""
        run = subprocess.run([LEAT, *arguments], cwd=self.folder, input=stdin, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, timeout=SECONDS_MAX, env={**os.environ, **environment})
        self.errors = run.stderr.decode(errors="replace")
        if code is not None and run.returncode != code:
            self.fail(f"leat {' '.join(arguments)} ended with {run.returncode}, not {code}:\n"
                      f"{run.stdout.decode(errors='replace')[-2000:]}{self.errors[-4000:]}")
        return run.stdout.decode()

    def start(self, *arguments):
        """Starts leat and leaves it running; killed at the end of the test if it still runs."""
        process = subprocess.Popen([LEAT, *arguments], cwd=self.folder, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.kill()
        process.communicate()

    def wait_for(self, condition, seconds=20):
        """Until the condition holds; fails after a deadline. A poll of the disk or the server, not a pause."""
        import select
        import time
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                self.fail(f"did not come true in {seconds} s: {condition}")
            select.select([], [], [], 0.02)

    def records(self, folder="out"):
        """All records that a reader sees in a sink's folder, in the order of object names."""
        found = []
        for path in self.objects(folder):
            found += verify.read_objects(path)
        return found

    def objects(self, folder="out"):
        paths = glob.glob(os.path.join(self.path(folder), "**"), recursive=True)
        return [path for path in sorted(paths) if os.path.isfile(path) and
                not any(name.startswith(("_", ".")) for name in os.path.relpath(path, self.path(folder)).split(os.sep))]

    def dead_letters(self, folder="out"):
        paths = sorted(glob.glob(os.path.join(self.path(folder), "_dead_letter", "**"), recursive=True))
        return [record for path in paths if os.path.isfile(path) for record in verify.read_objects(path)]


def pipeline(sink="file: {path: ./out/, format: json}", source="file: {path: \"./in/*.json\"}", form="json",
             columns="id text, n bigint", sql="select id, n from input", more=""):
    """The text of a pipeline file with one source, one transform and one sink."""
    return (f"pipeline: test\nsource:\n  {source}\n  format: {form}\n  columns: {json.dumps(columns)}\n"
            f"transforms:\n  - sql: {json.dumps(sql)}\nsinks:\n  - {sink}\n{more}")


def lines(first, last, part="a"):
    return "".join(json.dumps({"id": f"{part}{n}", "n": n}) + "\n" for n in range(first, last))


def main():
    """For the scripts: runs the tests of the calling module and ends in the line that run.sh counts."""
    result = unittest.main(module="__main__", exit=False, verbosity=1).result
    wrong = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - wrong - len(result.skipped)} passed, {wrong} failed")
    sys.exit(1 if wrong else 0)
