#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Proves that leat-verify sees each fault: right output passes, each way of spoiling it is counted as what it is."""
import gzip
import json
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import verify  # noqa: E402


def line(part, ordinal):
    return json.dumps({"id": f"{part}-{ordinal}", "n": ordinal}) + "\n"


def lines(part, first, last):
    return "".join(line(part, ordinal) for ordinal in range(first, last))


class Directory(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.put("in/a.json", lines("a", 0, 100))
        self.put("in/b.json", lines("b", 0, 50))
        self.put("out/1.json", lines("a", 0, 60) + lines("b", 0, 50))
        self.put("out/2.json", lines("a", 60, 100))

    def put(self, path, text):
        path = os.path.join(self.folder.name, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as out:
            out.write(text.encode() if isinstance(text, str) else text)
        return path

    def counts(self, **options):
        known = verify.read_input([self.folder.name + "/in/*"], "id")
        sink = verify.read_directory(self.folder.name + "/out", "id")
        return {kind: len(words) for kind, words in verify.judge(known, sink, **options).items() if words}

    def test_right_output_passes(self):
        self.assertEqual(self.counts(), {})

    def test_compressed_objects_are_read(self):
        plain = self.put("out/2.json", lines("a", 60, 80))
        subprocess.run(["zstd", "-q", "--rm", plain], check=True)
        self.put("out/3.json.gz", gzip.compress(lines("a", 80, 100).encode()))
        self.assertEqual(self.counts(), {})

    def test_csv_objects_are_read(self):
        self.put("out/2.json", "")
        self.put("out/2.csv", "n,id\n" + "".join(f"{n},a-{n}\n" for n in range(60, 100)))
        self.assertEqual(self.counts(), {})

    def test_lost_records_are_counted(self):
        self.put("out/2.json", lines("a", 60, 98))
        self.assertEqual(self.counts(), {"lost": 2})

    def test_doubled_records_are_counted(self):
        self.put("out/2.json", lines("a", 57, 100))
        self.assertEqual(self.counts(), {"doubled": 3})

    def test_a_record_of_another_source_is_foreign(self):
        self.put("out/3.json", lines("c", 0, 1))
        self.assertEqual(self.counts(), {"foreign": 1})

    def test_order_within_an_object_is_judged_by_part(self):
        self.put("out/2.json", lines("a", 80, 100) + lines("a", 60, 80))
        self.assertEqual(self.counts(), {"misordered": 1})

    def test_parts_may_interleave(self):
        self.put("out/1.json", "".join(line("a", n) + (line("b", n) if n < 50 else "") for n in range(60)))
        self.assertEqual(self.counts(), {})

    def test_a_gap_in_an_object_is_a_tear(self):
        self.put("out/1.json", lines("a", 0, 60) + lines("b", 0, 20) + lines("b", 30, 50))
        self.put("out/2.json", lines("a", 60, 100) + lines("b", 20, 30))
        self.assertEqual(self.counts(), {"torn": 1})
        self.assertEqual(self.counts(partitioned=True), {})

    def test_half_a_line_is_a_tear(self):
        self.put("out/2.json", lines("a", 60, 100)[:-5])
        self.assertEqual(self.counts(), {"torn": 1, "lost": 40})

    def test_half_a_frame_is_a_tear(self):
        whole = self.put("out/2.json", lines("a", 60, 100))
        subprocess.run(["zstd", "-q", "--rm", whole], check=True)
        with open(whole + ".zst", "rb") as source:
            half = source.read()[:-9]
        self.put("out/2.json.zst", half)
        self.assertEqual(self.counts(), {"torn": 1, "lost": 40})

    def test_hidden_and_underscored_names_are_no_data(self):
        self.put("out/.2.json.tmp", lines("a", 60, 70))
        self.put("out/_leat/log/1.json", "{}\n")
        self.assertEqual(self.counts(), {})

    def test_a_dead_letter_is_in_the_sink_and_closes_a_gap(self):
        self.put("in/b.json", lines("b", 0, 20) + "no json\n" + lines("b", 21, 50))
        self.put("out/1.json", lines("a", 0, 60) + lines("b", 0, 20) + lines("b", 21, 40) + lines("b", 41, 50))
        self.assertEqual(self.counts(), {"lost": 2, "torn": 1})
        self.put("out/_dead_letter/1.json", json.dumps({"payload": "no json"}) + "\n" +
                 json.dumps({"payload": line("b", 40)}) + "\n")
        self.assertEqual(self.counts(), {})

    def test_a_dead_letter_that_was_also_delivered_is_doubled(self):
        self.put("out/_dead_letter/1.json", json.dumps({"payload": line("b", 40)}) + "\n")
        self.assertEqual(self.counts(), {"doubled": 1})

    def test_what_the_filter_drops_must_not_arrive(self):
        kept = {f"a-{n}" for n in range(0, 100, 2)}
        self.put("out/1.json", "".join(line("a", n) for n in range(0, 60, 2)))
        self.put("out/2.json", "".join(line("a", n) for n in range(60, 100, 2)))
        self.assertEqual(self.counts(kept=kept), {})
        self.put("out/3.json", line("b", 3))
        self.assertEqual(self.counts(kept=kept), {"foreign": 1})

    def test_transactions_in_commit_order_are_judged_over_all(self):
        known = {f"a-{n}": (0, n) for n in range(10)}
        sink = verify.Sink()
        sink.sets = [("2", [f"a-{n}" for n in range(5, 10)]), ("1", [f"a-{n}" for n in range(5)])]
        self.assertEqual(verify.judge(known, sink)["misordered"], [])
        sink.ordered = True
        self.assertEqual(len(verify.judge(known, sink)["misordered"]), 1)

    def test_the_program_fails_with_the_counts(self):
        self.put("out/2.json", lines("a", 60, 98))
        run = subprocess.run(
            [os.path.join(os.path.dirname(os.path.abspath(__file__)), "leat-verify"), "--input",
             self.folder.name + "/in/*", "--directory", self.folder.name + "/out"], stdout=subprocess.PIPE)
        self.assertEqual(run.returncode, 1)
        self.assertTrue(run.stdout.startswith(b"lost=2 doubled=0 foreign=0 misordered=0 torn=0 input=150 "), run.stdout)


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=1).result
    wrong = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - wrong} passed, {wrong} failed")
    sys.exit(1 if wrong else 0)
