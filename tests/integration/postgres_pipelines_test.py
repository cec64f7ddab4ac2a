#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The Postgres sink under whole pipelines: every mode, every type, every class of bad row, tables of all kinds, rights,
rivals, and faults of the server and of the process. The judge is the server's own SQL over the same input wherever one
can be had. DATABASE_URL is the server (a database of our own is made in it); LEAT_POSTGRES is its folder.
"""
import hashlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import LEAT, ROOT, URL, Case, main, verify  # noqa: E402

SERVER = os.environ.get("LEAT_POSTGRES", "")
NAME = "leat_pipelines"
DATABASE = URL.rsplit("/", 1)[0] + "/" + NAME if URL else ""
EMPTY = """do $$ declare s text; begin
    for s in select nspname from pg_namespace where nspname !~ '^(pg_|information_schema)' loop
        execute format('drop schema %I cascade', s);
    end loop;
    create schema public;
end $$"""
SEED = int(os.environ.get("LEAT_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)


def query(text):
    return verify.query(DATABASE, "set client_min_messages = error; " + text)


def value(text):
    return query(text)[0][0]


def literal(text):
    return "'" + text.replace("'", "''") + "'"


def jsonl(rows):
    return b"".join((row if isinstance(row, bytes) else json.dumps(row).encode()) + b"\n" for row in rows)


@unittest.skipUnless(URL, "DATABASE_URL is not set")
class Base(Case):
    @classmethod
    def setUpClass(cls):
        verify.query(URL, f"drop database if exists {NAME} with (force)")
        verify.query(URL, f"create database {NAME}")

    @classmethod
    def tearDownClass(cls):
        verify.query(URL, f"drop database if exists {NAME} with (force)")

    def setUp(self):
        super().setUp()
        query(EMPTY)

    def service(self, name, *arguments):
        return subprocess.run(["sh", os.path.join(ROOT, "tests", "services", name), *arguments], check=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE).stdout.decode().strip()

    def write(self, file="p.yaml", columns=None, sql=None, name="p", source=None, sink=None, more=None, **options):
        """A pipeline file (JSON is YAML) from in/*.json into one table."""
        postgres = {"url": DATABASE, "table": "t", **options}
        document = {"pipeline": name, "source": {**(source or {"file": {"path": f"{self.folder}/in/*.json"}})},
                    "sinks": [{"postgres": {k: v for k, v in postgres.items() if v is not None}, **(sink or {})}],
                    **(more or {})}
        if columns:
            document["source"]["columns"] = columns
        if sql:
            document["transforms"] = [{"sql": one, **({"scope": "batch"} if scope else {})} for one, scope in
                                      ([(sql, False)] if isinstance(sql, str) else sql)]
        self.put(file, json.dumps(document))
        return file

    def run_it(self, *, code=0, env=None, **written):
        file = self.write(**written)
        out = self.leat("run", file, code=code, **(env or {}))
        return out + self.errors

    def letters(self):
        """[(code, payload)] in the order of the records."""
        return [(code, bytes.fromhex(payload)) for code, payload in
                query("select code, encode(payload, 'hex') from leat_dead_letter order by part, position, row")]

    def books(self):
        return [int(n) for n in query("select sum(records_in), sum(delivered), sum(filtered), sum(dead_letter) "
                                      "from leat_ledger")[0]]


class Modes(Base):
    COLUMNS = "k text, v bigint, n int"

    def events(self, count=3000, keys=20, files=4):
        rng = random.Random(SEED)
        for file in range(files):
            self.put(f"in/{file}.json", jsonl({"k": f"k{rng.randrange(keys)}", "v": rng.randrange(count * 2), "n": n,
                                               "f": file} for n in range(file * count, (file + 1) * count)))

    def test_ignored_conflicts_keep_the_first_and_a_second_pipeline_adds_nothing(self):
        query("create table t (k text, v bigint, n int primary key)")
        self.events()
        for name in ("one", "two"):
            self.run_it(name=name, columns=self.COLUMNS, sql="select k, v, n from input", on_conflict="ignore")
        self.assertEqual(query("select count(*), count(distinct n) from t"), [["12000", "12000"]])
        self.assertEqual(query("select sink, sum(delivered), sum(dead_letter) from leat_ledger group by pipeline, sink"),
                         [["postgres", "12000", "0"]] * 2)

    def test_without_ignore_the_replay_is_dead_letters(self):
        query("create table t (n int primary key)")
        self.put("in/a.json", jsonl({"n": n} for n in range(50)))
        self.run_it(name="one", columns="n int", sql="select n from input")
        self.run_it(name="two", columns="n int", sql="select n from input", code=4)
        self.assertEqual(query("select count(*) from t"), [["50"]])
        self.assertEqual(query("select code, count(*) from leat_dead_letter group by 1"), [["23505", "50"]])

    def test_upsert_by_version_has_the_greatest_version_however_units_are_cut(self):
        self.events()
        for rows in (50, 100000):
            query("drop table if exists t; create table t (k text primary key, v bigint, n int)")
            self.run_it(name=f"c{rows}", columns=self.COLUMNS, sql="select k, v, n from input", mode="upsert",
                        key=["k"], version="v", sink={"commit": {"rows": rows}})
            self.assertEqual(query("select count(*), sum(v) from t"),
                             [self.expected_versions()])

    def expected_versions(self):
        best = {}
        for file in range(4):
            with open(self.path(f"in/{file}.json"), "rb") as lines:
                for line in lines:
                    row = json.loads(line)
                    best[row["k"]] = max(best.get(row["k"], -1), row["v"])
        return [str(len(best)), str(sum(best.values()))]

    def test_equal_versions_do_not_depend_on_the_cut(self):
        rows = [{"k": "a", "v": 1, "n": n} for n in range(4)] + [{"k": "b", "v": None, "n": n} for n in range(4)]
        found = []
        for cut in (1, 8):
            query("drop table if exists t; create table t (k text primary key, v bigint, n int)")
            for part in range(0, 8, cut):       # one run, one unit for each piece
                self.put("in/a.json", jsonl(rows[part:part + cut]))
                self.run_it(name=f"cut{cut}-{part}", columns=self.COLUMNS, sql="select k, v, n from input",
                            mode="upsert", key=["k"], version="v")
            found.append(query("select * from t order by k"))
        self.assertEqual(found[0], found[1])

    def test_upsert_without_version_keeps_the_last_in_order_of_the_part(self):
        query("create table t (k text primary key, v bigint, n int)")
        self.events(files=1, count=20000)
        self.run_it(columns=self.COLUMNS, sql="select k, v, n from input", mode="upsert", key=["k"],
                    sink={"commit": {"rows": 100}})
        last = {}
        with open(self.path("in/0.json"), "rb") as lines:
            for line in lines:
                row = json.loads(line)
                last[row["k"]] = str(row["n"])
        self.assertEqual(dict(query("select k, n from t")), last)

    def test_tombstones_delete_and_bring_nothing_back(self):
        query("create table t (k text primary key, n int)")
        self.put("in/a.json", jsonl([{"k": "a", "n": 1, "op": "c"}, {"k": "b", "n": 1, "op": "c"},
                                     {"k": "a", "op": "d"}, {"k": "c", "op": "d"}, {"k": "c", "n": 3, "op": "c"},
                                     {"k": "b", "op": "d"}, {"k": "b", "n": 9, "op": "c"}]))
        self.run_it(columns="k text, n int, op text", sql="select k, n, op from input", mode="upsert", key=["k"],
                    delete_when="op = 'd'")
        self.put("in/b.json", jsonl([{"k": "b", "op": "d"}, {"k": "zz", "op": "d"}]))
        self.run_it(columns="k text, n int, op text", sql="select k, n, op from input", mode="upsert", key=["k"],
                    delete_when="op = 'd'")
        self.assertEqual(query("select * from t order by k"), [["c", "3"]])

    def test_a_marked_row_keeps_its_version_against_late_older_records(self):
        query("create table t (k text primary key, v bigint, n int, gone bool not null)")
        options = dict(columns="k text, v bigint, n int, op text", sql="select k, v, n, op from input", mode="upsert",
                       key=["k"], version="v", delete_when="op = 'd'", deleted="gone")
        self.put("in/a.json", jsonl([{"k": "a", "v": 5, "n": 5, "op": "c"}, {"k": "a", "v": 9, "op": "d"},
                                     {"k": "b", "v": 7, "op": "d"}]))
        self.run_it(**options)
        self.put("in/b.json", jsonl([{"k": "a", "v": 6, "n": 6, "op": "c"}, {"k": "b", "v": 8, "n": 8, "op": "c"}]))
        self.run_it(**options)
        self.assertEqual(query("select k, v, gone, n from t order by k"), [["a", "9", "t", ""], ["b", "8", "f", "8"]])

    MERGE = {"c": "add", "s": "add", "lo": "min", "hi": "max", "every": "and", "any": "or", "tlo": "min",
             "fv": "first by fts", "lv": "last by lts", "d": "max", "i": "add"}
    TABLE = ("create table t (k text not null, g int not null, c bigint, s numeric, lo int, hi float8, \"every\" bool,"
             " \"any\" bool, tlo text, fv text, fts timestamptz, lv numeric, lts bigint, d date, i interval,"
             " unique (k, g))")
    RAW = ("k text, g int, s numeric, lo int, hi float8, b bool, x text, ts timestamptz, u bigint, d date, i interval,"
           " n bigint")

    def merge_events(self, count, files=3):
        rng = random.Random(SEED)

        def maybe(made):
            return None if rng.random() < 0.2 else made
        for file in range(files):
            self.put(f"in/{file}.json", jsonl(
                {"k": rng.choice(["", "ä", "Z", "a", "€uro", "x" * 50]), "g": rng.randrange(5),
                 "s": maybe(rng.randrange(-10**9, 10**9) / 1000), "lo": maybe(rng.randrange(-2**31, 2**31)),
                 "hi": maybe(rng.choice([1.5, -2.25, rng.random(), 1e300])), "b": maybe(rng.random() < 0.9),
                 "x": maybe(rng.choice(["b", "B", "ä", "", "zz"])),
                 "ts": maybe(f"2026-01-{rng.randrange(1, 29):02}T00:00:0{rng.randrange(9)}Z"),
                 "u": maybe(rng.randrange(-5, 500)), "d": maybe(f"20{rng.randrange(10, 99)}-02-03"),
                 "i": maybe(f"{rng.randrange(100)} minutes"), "n": file * count + n} for n in range(count)))

    def merge_run(self, **more):
        return dict(columns=self.RAW, mode="merge", key=["k", "g"], merge=self.MERGE, table="t",
                    sql="select k, g, 1::bigint as c, s, lo, hi, b as every, b as any, x as tlo, x as fv, ts as fts,"
                        " n::numeric as lv, u as lts, d, i from input", **more)

    EXPECTED = """select k, g, count(*), sum(s), min(lo), max(hi), bool_and(b), bool_or(b), min(x collate "C"),
        (array_agg(x order by ts, x collate "C" desc) filter (where x is not null and ts is not null))[1],
        min(ts) filter (where x is not null and ts is not null),
        (array_agg(n order by u desc, n desc) filter (where u is not null))[1],
        max(u), max(d), sum(i) from raw group by k, g order by k, g"""

    def merge_judge(self):
        """The server's own aggregates over the same records."""
        query(f"drop table if exists raw; create table raw ({self.RAW})")
        self.run_it(file="raw.yaml", name="raw", table="raw", columns=self.RAW,
                    sql="select k, g, s, lo, hi, b, x, ts, u, d, i, n from input")
        self.assertEqual(query("select * from t order by k, g"), query(self.EXPECTED))

    def test_merge_by_every_rule_equals_the_servers_aggregates(self):
        query(self.TABLE)
        self.merge_events(3000)
        self.run_it(**self.merge_run(sink={"commit": {"rows": 200}}))
        self.merge_judge()

    def test_merged_sums_are_exact_after_kills_at_random_times(self):
        query(self.TABLE)
        self.merge_events(12000, files=4)
        rng = random.Random(SEED)
        file = self.write(**self.merge_run(sink={"commit": {"rows": 500}}, more={"lease": "1s"}))
        kills = 0
        while kills < 12:
            process = self.start("run", file)
            try:
                process.wait(timeout=rng.uniform(0.03, 0.3))
                break
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                kills += 1
        self.leat("run", file)
        self.assertGreater(kills, 2)
        self.merge_judge()

    def test_aggregates_of_each_batch_merge_into_running_totals(self):
        query("create table t (k text primary key, c bigint, s numeric, lo bigint, hi bigint)")
        self.events(count=20000, files=3)
        self.run_it(columns=self.COLUMNS, mode="merge", key=["k"],
                    merge={"c": "add", "s": "add", "lo": "min", "hi": "max"}, sink={"commit": {"rows": 10}},
                    sql="select k, count(*) as c, sum(v) as s, min(v) as lo, max(v) as hi from input group by k")
        sums = {}
        for file in range(3):
            with open(self.path(f"in/{file}.json"), "rb") as lines:
                for line in lines:
                    row = json.loads(line)
                    sums.setdefault(row["k"], []).append(row["v"])
        self.assertEqual({k: rest for k, *rest in query("select * from t")},
                         {k: [str(f(v)) for f in (len, sum, min, max)] for k, v in sums.items()})
        self.assertEqual(self.books(), [60000, 60000, 0, 0])


class Types(Base):
    """Values in = values out: the server reads the same texts by its own input functions."""

    VALUES = {
        "bool": ["true", "false"],
        "int2": ["-32768", "32767", "0"],
        "int4": ["-2147483648", "2147483647"],
        "int8": ["-9223372036854775808", "9223372036854775807"],
        "float4": ["0", "-0", "3.4028235e+38", "1e-45", "1.17549435e-38", "0.1", "NaN", "Infinity", "-Infinity"],
        "float8": ["-0", "1.7976931348623157e308", "5e-324", "2.2250738585072014e-308", "0.1", "NaN", "Infinity",
                   "-Infinity", "123456789012345678"],
        "numeric": ["0", "-0.000", "1e-16383", "0.1e-1000", "9" * 400 + ".5", "1e131071", "NaN", "Infinity",
                    "-Infinity", "0.0001", "10000", "9999.9999", "-99990000.00010000", "1.10"],
        "numeric(12,4)": ["99999999.9999", "-0.0001", "0.00005", "NaN", "1"],
        "numeric(3,-2)": ["12345", "-49", "50", "99949"],
        "numeric(3,5)": ["0.00999", "-0.000004"],
        "text": ["", "a", "\u00e4\u20ac\U0001f600", "\t\n\r\b\\\"'", "x" * 100000, "\u0001\u007f", "\ufeff", "\\N"],
        "varchar(5)": ["", "abcde", "\u20ac\u20ac\u20ac\u20ac\u20ac", "abcde  "],
        "char(4)": ["", "ab", "abcd", "ab  "],
        "bytea": ["\\x", "\\x00ff80", "\\xDEADbeef", "abc\\000\\377", "\\\\"],
        "uuid": ["00000000-0000-0000-0000-000000000000", "FFFFFFFF-ffff-ffff-ffff-ffffffffffff",
                 "{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}", "a0eebc999c0b4ef8bb6d6bb9bd380a11"],
        "date": ["infinity", "-infinity", "4713-11-24 BC", "0001-01-01", "0044-03-15 BC", "5874897-12-31",
                 "2000-02-29", "1999-12-31"],
        "time": ["00:00:00", "24:00:00", "23:59:59.999999", "12:34:56.7", "00:00:00.0000005"],
        "time(0)": ["23:59:59.5", "01:02:03.49"],
        "timestamp": ["infinity", "-infinity", "4713-11-24 00:00:00 BC", "294276-12-31 23:59:59.999999",
                      "1999-12-31 23:59:59.9999995", "2000-01-01 00:00:00"],
        "timestamp(3)": ["2026-01-01 00:00:00.0005", "2026-01-01 00:00:00.0004999"],
        "timestamptz": ["infinity", "-infinity", "4713-11-24 00:00:00+00 BC", "294276-12-31 23:59:59.999999+00",
                        "2026-03-29 02:30:00+02", "1900-01-01 00:00:00+00", "2026-11-01T10:00:00Z",
                        "2026-11-01 10:00:00-15:59:59"],
        "interval": ["0", "178000000 years", "-178000000 years", "1 mon -3 days 04:05:06.789", "-00:00:00.000001",
                     "P1Y2M3DT4H5M6S", "2562047788:00:54.775807", "1.5 days", "@ 1 day ago"],
        "json": ["{\"b\": 1, \"a\" :  [1,2.50, null], \"a\":\"\\u00e4\"}", "null", "1E400", "\"\"", "[]", " {} "],
        "jsonb": ["{\"b\": 1, \"a\" :  [1,2.50, null], \"a\":\"\\u00e4\"}", "null", "-0", "1e20", "1.10", "\"\\\"\"",
                  "[[], {}, [[]]]", "true", "{\"\": \"\"}", "12345678901234567890.123456789"],
        "int4[]": ["{}", "{1,NULL,-3}", "{" + ",".join(map(str, range(1000))) + "}"],
        "text[]": ["{}", "{\"\",NULL,\"NULL\",\"a,b\",\"\\\\\",\"{\"}", "{\u00e4}"],
        "numeric[]": ["{1.10,NaN,NULL,-Infinity,1e-20}"],
        "timestamptz[]": ["{\"2026-01-01 00:00:00+00\",infinity,NULL}"],
        "bool[]": ["{t,f,NULL}"],
        "uuid[]": ["{00000000-0000-0000-0000-000000000001}"],
        "jsonb[]": ["{\"{\\\"a\\\": 1}\",\"null\",NULL}"],
        "bytea[]": ["{\"\\\\x00\",NULL}"],
        "interval[]": ["{\"1 day\",00:00:01}"],
        "date[]": ["{2026-01-01,-infinity}"],
        "float8[]": ["{1.5,NaN,-0}"],
    }

    def test_every_type_arrives_as_the_server_would_have_read_it(self):
        """One table of all types, made by create: true; text -> cast -> COPY against the server's text -> cast."""
        types = list(self.VALUES)
        columns = ", ".join(f"c{i} text" for i in range(len(types)))
        casts = ", ".join(f"c{i}::{name} as c{i}" for i, name in enumerate(types))
        rows = [{"n": n, f"c{i}": text} for i, values in enumerate(self.VALUES.values()) for n, text in enumerate(values)]
        self.put("in/a.json", jsonl(rows))
        self.run_it(columns=f"n int, {columns}", sql=f"select n, {casts} from input", create=True, code=None)
        self.assertEqual(query("select code, message, convert_from(payload, 'utf8') from leat_dead_letter"), [])
        self.assertEqual(query("select count(*) from t"), [[str(len(rows))]])
        query("create table o as select " + ", ".join(f"null::{name} as c{i}" for i, name in enumerate(types)))
        made, wanted = (query("select string_agg(format_type(atttypid, atttypmod), '; ' order by attnum) from pg_attribute"
                              f" where attrelid = '{table}'::regclass and attname ~ '^c'") for table in "to")
        self.assertEqual(made, wanted)
        wrong = []
        for i, (name, values) in enumerate(self.VALUES.items()):
            wanted = query("set timezone = utc; select md5(v::text), left(v::text, 60) from (values " + ", ".join(
                f"({n}, {literal(v)}::{name})" for n, v in enumerate(values)) + ") x(n, v) order by n")
            found = query(f"set timezone = utc; select md5(c{i}::text), left(c{i}::text, 60) "
                          f"from t where c{i} is not null order by n")
            wrong += [f"{name} {v[:40]!r}: {f[1]} instead of {w[1]}" for v, f, w in zip(values, found, wanted) if f != w]
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    main()
