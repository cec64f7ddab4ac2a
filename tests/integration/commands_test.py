#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The commands as a person meets them: exit codes, errors that name their place, `leat sql` as a filter, tests of
pipeline files, previews that write nothing, secrets that are never shown.
"""
import glob
import json
import os
import sys
import unittest
import xml.etree.ElementTree as tree

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import ROOT, URL, Case, lines, main, pipeline  # noqa: E402

COMMANDS = ["run", "validate", "test", "sql", "columns", "explain", "options", "schema", "ledger", "preview", "version"]


class Commands(Case):
    def test_each_command_has_help_with_an_example(self):
        for command in COMMANDS:
            text = self.leat(command, "--help")
            self.assertIn(f"leat {command}", text)
            self.assertRegex(text, r"(?i)example")

    def test_an_unknown_command_or_option_is_usage(self):
        self.leat("rum", code=2)
        self.assertIn("rum", self.errors)
        self.leat("run", "--no-such-option", code=2)

    def test_version(self):
        self.assertRegex(self.leat("version"), r"leat \d+\.\d+\.\d+")

    def test_all_errors_of_a_file_are_told_at_once_with_their_place(self):
        self.put("p.yaml", pipeline(sink="file: {pth: ./out/, format: jsn}", more="limts: {workers: 2}\n"))
        self.leat("validate", "p.yaml", code=2)
        self.assertRegex(self.errors, r"p\.yaml:9:12: .*`pth`.*path")
        self.assertRegex(self.errors, r"p\.yaml:9:\d+: .*jsn.*json")
        self.assertRegex(self.errors, r"p\.yaml:10:1: .*limits")
        self.leat("run", "p.yaml", code=2)
        self.assertFalse(os.path.exists(self.path("out")))

    def test_an_error_in_the_sql_of_a_file_has_its_place(self):
        self.put("p.yaml", pipeline(sql="select nothing from input"))
        self.leat("validate", "p.yaml", code=2)
        self.assertRegex(self.errors, r"p\.yaml:7:\d+: .*nothing")

    def test_a_missing_file_is_usage(self):
        self.leat("run", "nowhere.yaml", code=2)
        self.assertIn("nowhere.yaml", self.errors)

    def test_a_server_that_cannot_be_reached_is_exit_3(self):
        self.put("in/1.json", lines(0, 1))
        self.put("p.yaml", pipeline(sink='postgres: {url: "postgres://x@127.0.0.1:1/x", table: t}'))
        self.leat("run", "p.yaml", code=3)

    def test_set_overrides_the_file(self):
        self.put("in/1.json", lines(0, 3))
        self.put("p.yaml", pipeline())
        self.leat("run", "p.yaml", "--set", "sinks.0.file.path=./other/")
        self.assertEqual(len(self.records("other")), 3)

    def test_the_pipelines_of_the_project_are_valid_and_pass_their_tests(self):
        for path in glob.glob(os.path.join(ROOT, "pipelines", "*", "*.yaml")):
            self.leat("validate", path, DATABASE_URL=URL or "postgres://x@127.0.0.1:1/x")
            if path.endswith("pipeline.yaml"):
                self.leat("test", path, DATABASE_URL=URL or "postgres://x@127.0.0.1:1/x")

    def test_a_test_that_fails_fails(self):
        tests = 'tests:\n  - name: it is two\n    input: [{id: x, n: 1}]\n    expect: {file: [{id: x, n: 2}]}\n'
        self.put("p.yaml", pipeline(more=tests))
        text = self.leat("test", "p.yaml", "--junit", "junit.xml", code=1)
        self.assertIn("it is two", text + self.errors)
        self.assertEqual(len(list(tree.parse(self.path("junit.xml")).getroot().iter("failure"))), 1)
        self.put("p.yaml", pipeline(more=tests.replace("n: 2", "n: 1")))
        self.leat("test", "p.yaml")

    def test_preview_writes_nothing(self):
        self.put("in/1.json", lines(0, 100))
        self.put("p.yaml", pipeline())
        text = self.leat("preview", "p.yaml", "--limit", "3")
        self.assertIn("a2", text)
        self.assertNotIn("a50", text)
        self.assertFalse(os.path.exists(self.path("out")))

    def test_explain_names_the_guarantee(self):
        self.put("p.yaml", pipeline())
        self.assertRegex(self.leat("explain", "p.yaml"), r"(?i)exactly-once")

    def test_columns_are_inferred_and_can_be_used(self):
        self.put("in/1.json", '{"id": "a", "n": 1, "at": "2026-11-01T10:00:00Z", "x": {"y": [1]}}\n')
        text = self.leat("columns", "in/1.json")
        self.assertRegex(text, r"n (bigint|int8)")
        self.assertRegex(text, r"at timestamptz")
        self.assertEqual(self.leat("sql", "select n + 1 as m from input", "--columns", text.strip(), "in/1.json",
                                   "--to", "json"), '{"m":2}\n')

    def test_schema_is_json_schema(self):
        self.assertIn("2020-12", json.loads(self.leat("schema"))["$schema"])

    def test_secrets_are_never_shown(self):
        self.put("in/1.json", lines(0, 1))
        self.put("p.yaml", pipeline(sink='postgres: {url: "${SECRET_URL}", table: t}'))
        secret = {"SECRET_URL": "postgres://x:tops3cret@127.0.0.1:1/x"}
        for command, code in [("validate", None), ("explain", None), ("run", 3)]:
            text = self.leat(command, "p.yaml", code=code, **secret)
            self.assertNotIn("tops3cret", text + self.errors, command)
        self.leat("run", "p.yaml", "--log-level", "debug", "--log-format", "json", code=3, **secret)
        self.assertNotIn("tops3cret", self.errors)

    def test_ledger_shows_where_a_part_is(self):
        self.put("in/1.json", lines(0, 10))
        self.put("p.yaml", pipeline())
        self.leat("run", "p.yaml")
        text = self.leat("ledger", "show", "p.yaml")
        self.assertIn("1.json", text)
        self.assertIn("end", text)


class Sql(Case):
    ROWS = '{"id": "a", "n": 1, "k": "x"}\n{"id": "b", "n": 2, "k": "y"}\n{"id": "c", "n": 3, "k": "x"}\n'

    def sql(self, text, *arguments, stdin=ROWS, code=0):
        return self.leat("sql", text, *arguments, stdin=stdin.encode(), code=code)

    def test_a_filter_without_any_declaration(self):
        self.assertEqual(self.sql("select id, n from input where n > 1", "--from", "json", "--to", "json"),
                         '{"id":"b","n":2}\n{"id":"c","n":3}\n')

    def test_value_reaches_what_is_not_declared(self):
        self.assertEqual(self.sql("select _value->>'k' as k from input", "--columns", "id text", "--from", "json",
                                  "--to", "json"), '{"k":"x"}\n{"k":"y"}\n{"k":"x"}\n')

    def test_the_whole_input_is_one_batch(self):
        text = self.sql("select k, count(*) as c, sum(n) as s from input group by k", "--from", "json", "--to", "json")
        self.assertEqual(sorted(map(json.loads, text.splitlines()), key=str),
                         [{"k": "x", "c": 2, "s": 4}, {"k": "y", "c": 1, "s": 2}])

    def test_csv_in_and_a_table_out(self):
        text = self.sql("select * from input", "--from", "csv", "--to", "table", stdin="id,n\nlong name,1\nb,22\n")
        self.assertEqual(len({line.find("22") for line in text.splitlines() if "22" in line}), 1)
        self.assertIn("long name", text)

    def test_csv_out(self):
        text = self.sql("select id, n from input where n = 2", "--from", "json", "--to", "csv")
        self.assertEqual(text, "id,n\nb,2\n")

    def test_files_are_read_in_order(self):
        self.put("1.json", '{"id": "p"}\n')
        self.put("2.json", '{"id": "q"}\n')
        text = self.sql("select id from input", "1.json", "2.json", "--to", "json")
        self.assertEqual(text, '{"id":"p"}\n{"id":"q"}\n')

    def test_an_error_in_the_sql_has_its_position(self):
        self.sql("select id from input wher n", code=2)
        self.assertRegex(self.errors, r"1:\d+")

    def test_a_row_that_fails_is_told_and_the_others_go_on(self):
        text = self.sql("select id, 6 / (n - 2) as q from input", "--columns", "id text, n int", "--from", "json",
                        "--to", "json", code=4)
        self.assertEqual(text, '{"id":"a","q":-6}\n{"id":"c","q":6}\n')
        self.assertIn("22012", self.errors)


if __name__ == "__main__":
    main()
