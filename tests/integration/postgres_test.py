#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Files to Postgres, whole: tables that exist and tables that are made, pgbouncer in between, a server that crashes in
the middle, bad rows. DATABASE_URL is the server; LEAT_POSTGRES is its folder for tests/services/postgres.sh.
"""
import json
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import ROOT, URL, Case, lines, main, pipeline, verify  # noqa: E402

SERVER = os.environ.get("LEAT_POSTGRES", "")
EMPTY = """do $$ declare t record; begin
    for t in select tablename from pg_tables where schemaname = 'public' loop
        execute format('drop table %I cascade', t.tablename);
    end loop;
end $$"""


@unittest.skipUnless(URL, "DATABASE_URL is not set")
class Postgres(Case):
    def setUp(self):
        super().setUp()
        verify.query(URL, EMPTY)

    def service(self, name, *arguments):
        return subprocess.run(["sh", os.path.join(ROOT, "tests", "services", name), *arguments], check=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE).stdout.decode().strip()

    def sink(self, more="", url=URL):
        return f'postgres: {{url: "{url}", table: t{more}}}'

    def rows(self, what="count(*), count(distinct id)", table="t"):
        return verify.query(URL, f"select {what} from {table}")

    def test_a_table_is_made_and_filled_once(self):
        self.put("in/1.json", lines(0, 1000))
        self.put("p.yaml", pipeline(sink=self.sink(", create: true")))
        self.leat("run", "p.yaml")
        self.leat("run", "p.yaml")
        self.assertEqual(self.rows(), [["1000", "1000"]])
        types = verify.query(URL, "select data_type from information_schema.columns where table_name = 't' "
                                  "and table_schema = 'public' order by ordinal_position")
        self.assertEqual(types, [["text"], ["bigint"]])

    def test_a_missing_table_or_column_is_told_with_the_way_out(self):
        self.put("in/1.json", lines(0, 10))
        self.put("p.yaml", pipeline(sink=self.sink()))
        self.leat("run", "p.yaml", code=None)
        self.assertRegex(self.errors, r"(?i)table.*t|create")
        verify.query(URL, "create table t (id text)")
        self.leat("run", "p.yaml", code=None)
        self.assertIn("n", self.errors)
        self.assertEqual(self.rows(), [["0", "0"]])

    def test_bad_rows_are_dead_letters_with_their_sqlstate(self):
        verify.query(URL, "create table t (id text primary key, n bigint check (n <> 7))")
        self.put("in/1.json", lines(0, 100) + '{"id": "a3", "n": 1000}\n')
        self.put("p.yaml", pipeline(sink=self.sink()))
        self.leat("run", "p.yaml", code=4)
        self.assertEqual(self.rows(), [["99", "99"]])
        self.assertEqual(self.rows("code", "leat_dead_letter order by code"), [["23505"], ["23514"]])

    def test_upsert_keeps_the_last_of_a_key(self):
        verify.query(URL, "create table t (id text primary key, n bigint)")
        self.put("in/1.json", "".join(json.dumps({"id": f"k{n % 10}", "n": n}) + "\n" for n in range(1000)))
        self.put("p.yaml", pipeline(sink=self.sink(", mode: upsert, key: [id], version: n")))
        self.leat("run", "p.yaml")
        self.assertEqual(self.rows("count(*), min(n), max(n)"), [["10", "990", "999"]])

    def test_merge_adds_up(self):
        verify.query(URL, "create table t (k text primary key, c bigint, s numeric)")
        self.put("in/1.json", "".join(json.dumps({"id": f"k{n % 3}", "n": n}) + "\n" for n in range(3000)))
        self.put("p.yaml", pipeline(sink=self.sink(", mode: merge, key: [k], merge: {c: add, s: add}"),
                                    sql="select id as k, count(*) as c, sum(n) as s from input group by 1"))
        self.leat("run", "p.yaml")
        self.leat("run", "p.yaml")
        self.assertEqual(self.rows("sum(c), sum(s)"), [["3000", str(sum(range(3000)))]])

    @unittest.skipUnless(SERVER, "LEAT_POSTGRES is not set")
    def test_pgbouncer_in_transaction_mode(self):
        with tempfile.TemporaryDirectory(prefix="leat-") as folder:
            os.chmod(folder, 0o755)
            bouncer = os.path.join(folder, "b")
            url = self.service("pgbouncer.sh", "start", bouncer, SERVER)
            self.addCleanup(lambda: os.path.exists(bouncer) and self.service("pgbouncer.sh", "stop", bouncer))
            verify.query(URL, "create table t (id text primary key, n bigint)")
            self.put("in/1.json", lines(0, 5000))
            self.put("in/2.json", lines(0, 5000, "b"))
            self.put("p.yaml", pipeline(sink=self.sink(", mode: upsert, key: [id], version: n", url)))
            self.leat("run", "p.yaml")
            verify.query(URL, "create table u (id text, n bigint)")
            self.put("q.yaml", pipeline(sink=self.sink(url=url).replace("table: t", "table: u"))
                     .replace("pipeline: test", "pipeline: other"))
            self.leat("run", "q.yaml")
            self.assertEqual(self.rows() + self.rows(table="u"), [["10000", "10000"]] * 2)
            self.service("pgbouncer.sh", "stop", bouncer)

    @unittest.skipUnless(SERVER, "LEAT_POSTGRES is not set")
    def test_a_server_that_crashes_in_the_middle_loses_and_doubles_nothing(self):
        verify.query(URL, "create table t (id text, n bigint)")
        for number in range(20):
            self.put(f"in/{number:02}.json", lines(0, 20000, f"f{number}-"))
        self.put("p.yaml", pipeline(sink=self.sink() + "\n    commit: {rows: 2000}"))
        process = self.start("run", "p.yaml")
        for count in (10000, 150000):
            self.wait_for(lambda: process.poll() is not None or int(self.rows("count(*)")[0][0]) > count)
            if process.poll() is None:
                self.service("postgres.sh", "crash", SERVER)
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, errors.decode()[-3000:])
        self.assertEqual(self.rows(), [["400000", "400000"]])


if __name__ == "__main__":
    main()
