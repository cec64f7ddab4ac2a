#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Files to a directory, whole: formats and compressions in and out, runs that go on where the last one ended, dead
letters, several sinks, named stops, exit codes.
"""
import gzip
import json
import os
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Case, lines, main, pipeline  # noqa: E402


class Files(Case):
    def ids(self, folder="out"):
        return sorted(record["id"] for record in self.records(folder))

    def test_records_arrive_and_a_second_run_adds_nothing(self):
        self.put("in/1.json", lines(0, 1000))
        self.put("p.yaml", pipeline())
        self.leat("run", "p.yaml")
        before = self.objects()
        self.assertEqual(self.ids(), sorted(f"a{n}" for n in range(1000)))
        self.leat("run", "p.yaml")
        self.assertEqual(self.objects(), before)

    def test_a_later_run_adds_only_new_files(self):
        self.put("in/1.json", lines(0, 10))
        self.put("p.yaml", pipeline())
        self.leat("run", "p.yaml")
        self.put("in/2.json", lines(0, 5, "b"))
        self.leat("run", "p.yaml")
        self.assertEqual(len(self.ids()), 15)
        self.assertEqual(len(set(self.ids())), 15)

    def test_compressed_input_is_read(self):
        self.put("in/1.json.gz", gzip.compress(lines(0, 10).encode()) + gzip.compress(lines(10, 20).encode()))
        self.put("in/2.json", lines(0, 10, "b"))
        subprocess.run(["zstd", "-q", "--rm", self.path("in/2.json")], check=True)
        self.put("p.yaml", pipeline(source='file: {path: "./in/*"}'))
        self.leat("run", "p.yaml")
        self.assertEqual(len(set(self.ids())), 30)

    def test_an_array_and_documents_over_lines_are_read(self):
        rows = [{"id": f"a{n}", "n": n} for n in range(20)]
        self.put("in/1.json", json.dumps(rows[:10], indent=2))
        self.put("in/2.json", "\n".join(json.dumps(row, indent=2) for row in rows[10:]))
        self.put("p.yaml", pipeline())
        self.leat("run", "p.yaml")
        self.assertEqual(len(set(self.ids())), 20)

    def test_csv_with_quotes_and_line_breaks(self):
        self.put("in/1.csv", 'n,id\n1,"a ""b"",\nc"\n2,plain\n,\n')
        self.put("p.yaml", pipeline(source='file: {path: "./in/*.csv"}', form="csv\n  csv: {header: true}"))
        self.leat("run", "p.yaml")
        self.assertEqual([(record["id"], record["n"]) for record in self.records()],
                         [('a "b",\nc', 1), ("plain", 2), (None, None)])

    def test_csv_out(self):
        self.put("in/1.json", json.dumps({"id": 'x,"y"', "n": 1}) + "\n" + lines(2, 3))
        self.put("p.yaml", pipeline(sink="file: {path: ./out/, format: csv, compression: none}"))
        self.leat("run", "p.yaml")
        self.assertEqual(self.records(), [{"id": 'x,"y"', "n": "1"}, {"id": "a2", "n": "2"}])

    def test_bad_records_are_dead_letters_and_exit_4(self):
        self.put("in/1.json", lines(0, 50) + "no json\n" + '{"id": "x", "n": "many"}\n' + lines(50, 100))
        self.put("p.yaml", pipeline())
        self.leat("run", "p.yaml", code=4)
        self.assertEqual(len(self.ids()), 100)
        letters = self.dead_letters()
        self.assertEqual(len(letters), 2)
        self.assertEqual(letters[1]["code"], "22P02")
        self.assertIn("many", letters[1]["payload"])

    def test_each_sink_has_its_own_transform_and_ledger(self):
        self.put("in/1.json", lines(0, 100))
        self.put("p.yaml", pipeline(sink="name: all\n    file: {path: ./out/, format: json}\n  - name: few\n"
                                         "    file: {path: ./few/, format: json}\n    transforms:\n"
                                         "      - sql: select id from input where n < 7"))
        self.leat("run", "p.yaml")
        self.assertEqual((len(self.ids()), len(self.ids("few"))), (100, 7))

    def test_a_sink_added_later_starts_with_what_comes_next_and_the_others_repeat_nothing(self):
        self.put("in/1.json", lines(0, 10))
        self.put("p.yaml", pipeline())
        self.leat("run", "p.yaml")
        self.put("p.yaml", pipeline(sink="file: {path: ./out/, format: json}\n  - name: later\n"
                                         "    file: {path: ./later/, format: json}"))
        self.put("in/2.json", lines(0, 10, "b"))
        self.leat("run", "p.yaml")
        self.assertEqual(len(self.ids()), 20)
        self.assertTrue(set(f"b{n}" for n in range(10)) <= set(self.ids("later")))

    def test_a_changed_file_stops_by_name_with_the_way_out(self):
        self.put("in/1.json", lines(0, 200000))
        self.put("p.yaml", pipeline(more="limits: {workers: 1}\n"))
        process = self.start("run", "p.yaml")
        self.wait_for(lambda: self.objects() or process.poll() is not None)
        if process.poll() is None:
            process.kill()
        process.wait()
        if process.returncode == 0:
            self.skipTest("it was done before it could be killed")
        self.put("in/1.json", lines(0, 200000, "b"))
        self.leat("run", "p.yaml", code=1)
        # still open: the part stops by name; done before the kill: the change is told at the next run
        self.assertRegex(self.errors, r"file-changed.*leat ledger \w+|source-changed.*file of its own")

    def test_sigterm_ends_a_follower_well(self):
        self.put("in/1.json", lines(0, 10))
        self.put("p.yaml", pipeline(source='file: {path: "./in/*.json", follow: true}',
                                    sink="file: {path: ./out/, format: json, roll: {idle: 100ms}}"))
        process = self.start("run", "p.yaml")
        self.wait_for(lambda: len(self.ids()) == 10)
        with open(self.path("in/1.json"), "a", encoding="utf-8") as out:
            out.write(lines(10, 20))
        self.wait_for(lambda: len(self.ids()) == 20)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(30), 0)
        self.assertEqual(len(set(self.ids())), 20)

    def test_partitions_by_template_escape_what_would_leave_the_folder(self):
        self.put("in/1.json", "".join(json.dumps({"id": f"a{n}", "n": n, "k": key}) + "\n"
                                      for n, key in enumerate(["x", "../../up", "a/b", None, ""])))
        self.put("p.yaml", pipeline(columns="id text, n bigint, k text", sql="select id, n, k from input",
                                    sink='file: {path: ./out/, path_template: "k={k}/", format: json}'))
        self.leat("run", "p.yaml")
        self.assertEqual(len(self.ids()), 5)
        self.assertEqual(sorted(os.listdir(self.folder)), ["in", "out", "p.yaml"])
        self.assertIn("k=__HIVE_DEFAULT_PARTITION__", os.listdir(self.path("out")))

    def test_a_thousand_open_partitions_stay_in_memory(self):
        self.put("in/1.json", "".join(json.dumps({"id": f"a{n}", "n": n % 1000}) + "\n" for n in range(200000)))
        self.put("p.yaml", pipeline(sink='file: {path: ./out/, path_template: "n={n}/", format: json}',
                                    more="limits: {memory: 64MiB, workers: 2}\n"))
        process = self.start("run", "p.yaml")
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0)
        self.assertEqual(len(os.listdir(self.path("out"))) >= 1000, True)
        self.assertEqual(len(set(self.ids())), 200000)
        self.assertLessEqual(usage.ru_maxrss / 1024, 64 + 32)


if __name__ == "__main__":
    main()
