#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The Postgres sink under whole pipelines: every mode, every type, every class of bad row, tables of all kinds, rights,
rivals, and faults of the server and of the process. The judge is the server's own SQL over the same input wherever one
can be had. DATABASE_URL is the server (a database of our own is made in it); LEAT_POSTGRES is its folder.
"""
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import ROOT, URL, Case, main, verify  # noqa: E402

SERVER = os.environ.get("LEAT_POSTGRES", "")
NAME = f"leat_pipelines_{os.getpid()}"
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
                query("select code, encode(payload, 'hex') from leat_dead_letter order by part, "
                      "nullif(position, 'start')::numeric nulls first, row")]

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
        self.assertEqual(query("select sink, sum(delivered), sum(dead_letter) from leat_ledger"
                               " group by pipeline, sink"), [["postgres", "12000", "0"]] * 2)

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
        self.merge_events(40000, files=4)
        rng = random.Random(SEED)
        file = self.write(**self.merge_run(sink={"commit": {"rows": 500}}, more={"lease": "1s"}))
        kills = 0
        while kills < 12:
            process = self.start("run", file)
            try:
                process.wait(timeout=rng.uniform(0.02, 0.12))
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
        rows = [{"n": n, f"c{i}": text} for i, values in enumerate(self.VALUES.values())
                for n, text in enumerate(values)]
        self.put("in/a.json", jsonl(rows))
        self.run_it(columns=f"n int, {columns}", sql=f"select n, {casts} from input", create=True, code=None)
        self.assertEqual(query("select code, message, convert_from(payload, 'utf8') from leat_dead_letter"), [])
        self.assertEqual(query("select count(*) from t"), [[str(len(rows))]])
        query("create table o as select " + ", ".join(f"null::{name} as c{i}" for i, name in enumerate(types)))
        made, wanted = (query("select string_agg(format_type(atttypid, atttypmod), '; ' order by attnum)"
                              f" from pg_attribute where attrelid = '{table}'::regclass and attname ~ '^c'")
                        for table in "to")
        self.assertEqual(made, wanted)
        wrong = []
        for i, (name, values) in enumerate(self.VALUES.items()):
            wanted = query("set timezone = utc; select md5(v::text), left(v::text, 60) from (values " + ", ".join(
                f"({n}, {literal(v)}::{name})" for n, v in enumerate(values)) + ") x(n, v) order by n")
            found = query(f"set timezone = utc; select md5(c{i}::text), left(c{i}::text, 60) "
                          f"from t where c{i} is not null order by n")
            wrong += [f"{name} {v[:40]!r}: {f[1]} instead of {w[1]}"
                      for v, f, w in zip(values, found, wanted) if f != w]
        self.assertEqual(wrong, [])


class Tables(Base):
    """Tables of all kinds, with and without columns and transforms in the file."""

    def test_without_columns_and_transforms_the_table_says_what_is_read(self):
        query("""create schema "Odd ""Schema"; create table "Odd ""Schema"."My Table" (
                 "User Id" int not null, "select" text,
                 "ünï" jsonb, "a""b" numeric(6,2) default 7, id bigserial, at timestamptz default '2026-01-01 00:00Z',
                 made int generated always as ("User Id" * 2) stored, number int generated always as identity,
                 tags text[])""")
        self.put("in/a.json", jsonl([{"User Id": 1, "select": "x", "ünï": {"a": 1}, "a\"b": 1.5, "tags": ["p", None],
                                      "extra": 5}, {"User Id": 2}]))
        self.run_it(table='"Odd ""Schema"."My Table"')
        self.assertEqual(query("""select "User Id", "select", "ünï", "a""b", id, made, number, tags from
                                  "Odd ""Schema"."My Table" order by 1"""),
                         [["1", "x", '{"a": 1}', "1.50", "1", "2", "1", "{p,NULL}"],
                          ["2", "", "", "", "2", "4", "2", ""]])

    def test_rows_leave_out_what_the_table_fills(self):
        query("create table t (a int not null, b text not null default 'dflt',"
              " c int generated always as (a + 1) stored,"
              " d int generated always as identity, e int generated by default as identity)")
        self.put("in/a.json", jsonl([{"a": 1}, {"a": 2}]))
        self.run_it(columns="a int", sql="select a from input")
        self.assertEqual(query("select * from t order by a"),
                         [["1", "dflt", "2", "1", "1"], ["2", "dflt", "3", "2", "2"]])

    def test_a_csv_with_a_header_fills_a_table_by_name(self):
        query("create table t (id int, name text, price numeric(8,2), ok bool, day date)")
        self.put("in/a.csv", "price,id,name,ok,day,more\n1.5,1,\"a,b\",true,2026-01-02,x\n,2,,,,\n")
        self.run_it(source={"file": {"path": f"{self.folder}/in/*.csv"}, "format": "csv", "csv": {"header": True}})
        self.assertEqual(query("select * from t order by id"), [["1", "a,b", "1.50", "t", "2026-01-02"],
                                                                ["2", "", "", "", ""]])

    def test_generated_events_fill_a_made_table(self):
        self.run_it(source={"generate": {"count": 5000}}, columns="id uuid, amount numeric", create=True,
                    sql="select id, amount from input")
        self.assertEqual(query("select count(*), count(distinct id) from t"), [["5000", "5000"]])

    def test_all_mismatches_stand_in_one_report(self):
        query("create table t (a int, b point, c int generated always as (1) stored, d text not null, e uuid, f bool)")
        self.put("in/a.json", jsonl([{"a": 1}]))
        said = self.run_it(columns="a text, b text, c int, e int, zz int, f bool",
                           sql="select a, b, c, e, zz, f from input", code=1)
        for name in ("a", "b", "c", "d", "e", "zz"):
            self.assertRegex(said, f'column "{name}"')
        self.assertNotIn('column "f"', said)
        said = self.run_it(columns="a int, d text", sql="select a, d from input", mode="upsert", key=["a", "nope"],
                           version="vv", code=1)
        for name in ("nope", "vv"):
            self.assertIn(f'"{name}"', said)

    def test_views_foreign_and_unlogged_tables_are_refused_by_name(self):
        query("create table base (a int); create view v as select * from base; create unlogged table u (a int);"
              "create materialized view m as select 1 as a; create sequence s")
        self.put("in/a.json", jsonl([{"a": 1}]))
        for table, words in (("v", "view"), ("m", "not a table"), ("u", "unlogged"), ("s", "not a table"),
                             ("nope", "there is no table nope"), ("nope.t", "there is no table nope.t")):
            said = self.run_it(columns="a int", sql="select a from input", table=table, code=1)
            self.assertIn(words, said, table)

    def test_a_name_that_is_no_name_is_refused(self):
        for table in ("a.b.c.d", "a b", "", "t; drop table base", '"open'):
            said = self.run_it(columns="a int", sql="select a from input", table=table, code=None)
            self.assertRegex(said, "table|name", table)
            self.assertNotIn("panic", said)

    def test_partitions_are_filled_through_their_root(self):
        query("create table t (d date, n int, primary key (d, n)) partition by range (d);"
              "create table t1 partition of t for values from ('2026-01-01') to ('2026-02-01');"
              "create table t2 partition of t for values from ('2026-02-01') to ('2026-03-01')")
        self.put("in/a.json", jsonl([{"d": f"2026-0{1 + n % 3}-05", "n": n} for n in range(300)]))
        self.run_it(columns="d date, n int", sql="select d, n from input", code=4, sink={"dead_letter_limit": "none"})
        self.assertEqual(query("select tableoid::regclass, count(*) from t group by 1 order by 1"),
                         [["t1", "100"], ["t2", "100"]])
        self.assertEqual(query("select code, count(*) from leat_dead_letter group by 1"), [["23514", "100"]])
        query("truncate leat_dead_letter")
        self.run_it(name="again", columns="d date, n int", sql="select d, n from input where n % 3 < 2", mode="upsert",
                    key=["d", "n"])
        self.assertEqual(query("select count(*) from t"), [["200"]])

    def test_domains_and_enums_are_written_by_their_base(self):
        query("create type mood as enum ('sad', 'ok'); create domain small as int check (value < 10);"
              "create table t (m mood, s small)")
        self.put("in/a.json", jsonl([{"m": "ok", "s": 1}, {"m": "bad", "s": 2}, {"m": "sad", "s": 10}]))
        self.run_it(columns="m text, s int", sql="select m, s from input", code=4)
        self.assertEqual(query("select * from t"), [["ok", "1"]])
        self.assertEqual([code for code, _ in self.letters()], ["22P02", "23514"])

    def test_two_pipelines_share_a_database_and_ledgers_may_have_a_schema(self):
        query("create table t (a int); create table u (a int); create schema books")
        self.put("in/a.json", jsonl({"a": n} for n in range(1000)))
        self.write("p.yaml", name="one", columns="a int", sql="select a from input")
        self.write("q.yaml", name="two", columns="a int", sql="select a from input", table="u", ledger_schema="books")
        self.leat("run", "p.yaml", "q.yaml")
        self.assertEqual(query("select (select count(*) from t), (select count(*) from u)"), [["1000", "1000"]])
        self.assertEqual(query("select pipeline, delivered from leat_ledger union all "
                               "select pipeline, delivered from books.leat_ledger"), [["one", "1000"], ["two", "1000"]])
        said = self.run_it(name="three", columns="a int", sql="select a from input", ledger_schema="nowhere", code=None)
        self.assertIn("nowhere", said)


class Rows(Base):
    """Bad rows: the right record, its SQLSTATE, its bytes, and books that balance."""

    COLUMNS = "id int, x text, n numeric, d text, j jsonb, f text"
    TABLE = ("create table t (id int primary key, v varchar(5), n numeric(6,2), d date, j jsonb, f4 float4, x text,"
             " check (id <> 777), c text not null)")
    SQL = ("select id, x as v, n, d::date as d, j, f::float4 as f4,"
           " case when id % 1000000 = 5 then null else 'c' end as c, x from input")
    # name, what the record becomes, SQLSTATE
    FAULTS = [
        ("escaped NUL", lambda row: {**row, "x": "a\0b"}, "22P05"),
        ("raw NUL", lambda row: json.dumps(row).encode().replace(b'"ok"', b'"\0"'), "22021|22P02"),
        ("NUL in jsonb", lambda row: {**row, "j": {"a": "\0"}}, "22P05"),
        ("lone surrogate", lambda row: json.dumps(row).replace('"ok"', '"\\ud800"').encode(), "22P02|22P05"),
        ("overlong UTF-8", lambda row: json.dumps(row).encode().replace(b'"ok"', b'"\xc0\x80"'), "22021|22P02"),
        ("CESU surrogate", lambda row: json.dumps(row).encode().replace(b'"ok"', b'"\xed\xa0\x80"'), "22021|22P02"),
        ("numeric overflow", lambda row: {**row, "n": 123456}, "22003"),
        ("numeric infinity", lambda row: {**row, "n": "Infinity"}, "22003"),
        ("float underflow", lambda row: {**row, "f": "1e-400"}, "22003"),
        ("NaN in json", lambda row: json.dumps(row).encode().replace(b"{}", b"NaN"), "22P02"),
        ("year 9999999", lambda row: {**row, "d": "9999999-01-01"}, "22008"),
        ("varchar length", lambda row: {**row, "x": "toolong"}, "22001"),
        ("jsonb number", lambda row: json.dumps(row).encode().replace(b"{}", b"1e200000"), "22003"),
        ("no JSON", lambda row: b"garbage " + json.dumps(row).encode(), "22P02"),
        ("check", lambda row: {**row, "id": 777}, "23514"),
        ("not null", lambda row: {**row, "id": row["id"] * 1000000 + 5 if row["id"] < 2000 else 5}, "23502"),
    ]

    def faulty(self, count, one_in):
        """Records, every one_in-th of them bad by the next fault; the bad ones as (code, bytes)."""
        rows, bad = [], []
        for n in range(1000, 1000 + count):
            row = {"id": n, "x": "ok", "n": 12.25, "d": "2026-01-01", "j": {}, "f": "1.5"}
            if n % one_in == 0:
                name, change, code = self.FAULTS[len(bad) % len(self.FAULTS)]
                made = change(row)
                rows.append(made)
                bad.append((name, code, made if isinstance(made, bytes) else json.dumps(made).encode()))
            else:
                rows.append(row)
        return rows, bad

    def judge(self, count, one_in, **more):
        query(self.TABLE)
        rows, bad = self.faulty(count, one_in)
        self.put("in/a.json", jsonl(rows))
        self.run_it(columns=self.COLUMNS, sql=self.SQL, code=4, sink={"dead_letter_limit": "none", **more})
        self.check_letters(bad)
        self.assertEqual(query("select count(*), count(distinct id), count(*) filter (where v = 'ok' and j = '{}')"
                               " from t"), [[str(count - len(bad))] * 3])
        self.assertEqual(self.books(), [count, count - len(bad), 0, len(bad)])
        self.assertEqual(query("select count(*) from leat_dead_letter where encode(sha256(payload), 'hex') <> "
                               "encode(sha256, 'hex') or payload_bytes <> length(payload)"), [["0"]])

    def check_letters(self, bad):
        found = self.letters()
        wrong = [f"{name}: {f[0]}, not {code}" + ("" if f[1] == made else f"; payload {f[1][:80]}, not {made[:80]}")
                 for (name, code, made), f in zip(bad, found)
                 if not re.fullmatch(code, f[0]) or f[1] != made]
        self.assertEqual(wrong[:20], [])
        self.assertEqual(len(found), len(bad))

    def test_one_bad_row_in_ten_of_every_class(self):
        self.judge(3000, 10)

    def test_one_bad_row_in_a_thousand_of_every_class(self):
        self.judge(60000, 1000, commit={"rows": 5000})

    def test_duplicates_within_and_across_units_and_records_that_expand(self):
        query("create table t (a int unique)")
        self.put("in/a.json", jsonl([{"a": n // 2} for n in range(2000)]))
        self.run_it(columns="a int", sql="select a from input", code=4, sink={"dead_letter_limit": "none",
                    "commit": {"rows": 100}})
        self.assertEqual(query("select count(*) from t"), [["1000"]])
        self.assertEqual([(code, json.loads(payload)["a"]) for code, payload in self.letters()],
                         [("23505", n) for n in range(1000)])

    def test_foreign_keys_deferred_constraints_and_exclusions(self):
        query("create table o (a int primary key); insert into o select generate_series(0, 499);"
              "create table t (a int references o, b int references o deferrable initially deferred,"
              " c int, unique (c) deferrable initially deferred,"
              " r int, exclude using gist (int4range(r, r + 2) with &&))")
        rows = [{"a": n % 500, "b": n % 500, "c": n, "r": 10 * n} for n in range(1000)]
        rows[10]["a"], rows[20]["b"], rows[31]["c"], rows[41]["r"] = 500, 501, 30, 401
        self.put("in/a.json", jsonl(rows))
        self.run_it(columns="a int, b int, c int, r int", sql="select a, b, c, r from input", code=4)
        self.assertEqual([(code, json.loads(payload)) for code, payload in self.letters()],
                         list(zip(("23503", "23503", "23505", "23P01"), (rows[10], rows[20], rows[31], rows[41]))))
        self.assertEqual(query("select count(*) from t"), [["996"]])

    TRIGGER = """create table t (a int); create function f() returns trigger language plpgsql as
        $$ begin if new.a % 100 = 7 then raise exception 'no sevens: %', new.a; end if; return new; end $$;
        create trigger f before insert on t for each row execute function f()"""

    def test_rows_that_a_trigger_refuses_are_letters_by_choice(self):
        query(self.TRIGGER)
        self.put("in/a.json", jsonl({"a": n} for n in range(1000)))
        self.run_it(columns="a int", sql="select a from input", trigger_errors="reject", code=4)
        self.assertEqual([(code, json.loads(payload)["a"]) for code, payload in self.letters()],
                         [("P0001", n) for n in range(7, 1000, 100)])
        self.assertEqual(query("select count(*) from t"), [["990"]])

    def test_a_trigger_that_raises_holds_the_position_until_it_no_longer_does(self):
        query(self.TRIGGER)
        self.put("in/a.json", jsonl({"a": n} for n in range(1000)))
        process = self.start("run", self.write(columns="a int", sql="select a from input"))
        self.wait_for(lambda: query("select 1 from pg_stat_activity where application_name like 'leat/%' and datname = "
                                    "current_database()"))
        self.wait_for(lambda: query("select to_regclass('leat_ledger')") != [[""]])
        self.assertIsNone(process.poll())
        self.assertEqual(query("select count(*) from t"), [["0"]])
        query("drop trigger f on t")
        _, errors = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 0, errors.decode())
        self.assertEqual(query("select count(*) from t"), [["1000"]])

    def test_a_broken_limit_stops_the_part_by_name_after_what_was_before(self):
        query("create table t (a int check (a < 5000 or a >= 20000))")
        self.put("in/a.json", jsonl({"a": n} for n in range(20000)))
        self.put("in/b.json", jsonl({"a": n} for n in range(20000, 21000)))
        said = self.run_it(columns="a int", sql="select a from input", sink={"dead_letter_limit": "10%"}, code=1)
        self.assertRegex(said, r"dead.letter")
        self.assertRegex(said, r"leat ledger resume")
        state = query("select state, reason, records_in, delivered, dead_letter from leat_ledger order by part")
        self.assertEqual([row[0] for row in state], ["stopped", "ended"])
        _, reason, records_in, delivered, dead = state[0]
        self.assertIn("dead", reason)
        self.assertEqual([int(delivered), int(records_in)], [5000, 5000 + int(dead)])
        self.assertEqual(query("select count(*) filter (where a < 5000), count(*) filter (where a >= 20000) from t"),
                         [["5000", "1000"]])
        self.assertEqual(query("select count(*) from leat_dead_letter"), [[dead]])


class Faults(Base):
    """Rivals, rights, changed tables, and a server and processes that die or freeze."""

    def events(self, count=40000, files=4):
        for file in range(files):
            self.put(f"in/{file}.json", "".join(f'{{"a": {n}}}\n' for n in range(file * count, (file + 1) * count)))
        self.total = count * files

    def pipeline(self, rows=500, **more):
        return self.write(columns="a int", sql="select a from input", sink={"commit": {"rows": rows}},
                          more={"lease": "1s"}, **more)

    def count(self):
        return int(value("select count(*) from t"))

    def finished(self, *processes, codes=(0,)):
        """All end well, and every record is there once."""
        for process in processes:
            _, errors = process.communicate(timeout=40)
            self.assertIn(process.returncode, codes, errors.decode()[-3000:])
        self.assertEqual(query("select count(*), count(distinct a), min(a), max(a) from t"),
                         [[str(self.total)] * 2 + ["0", str(self.total - 1)]])
        self.assertEqual(self.books(), [self.total, self.total, 0, 0])

    def rival(self, text):
        """A session that does TEXT in a transaction and holds it until the test ends it."""
        session = subprocess.Popen(["psql", "-qAtX", DATABASE], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True)
        self.addCleanup(lambda: session.poll() is None and session.kill())
        session.stdin.write(f"begin; {text}; select 'held';\n")
        session.stdin.flush()
        while session.stdout.readline().strip() != "held":
            self.assertIsNone(session.poll())
        return session

    def release(self, session):
        session.communicate("rollback;\n", timeout=10)

    def test_a_lock_of_another_session_holds_the_position_only(self):
        query("create table t (a int)")
        self.events(1000, 2)
        self.leat("run", self.pipeline())
        self.events(2000, 2)
        for lock in ("lock table t in exclusive mode", "lock table leat_ledger in exclusive mode"):
            query("truncate t; delete from leat_ledger; delete from leat_pipeline")
            session = self.rival(lock)
            process = self.start("run", self.pipeline())
            with self.assertRaises(subprocess.TimeoutExpired, msg=lock):
                process.wait(timeout=2.6)
            self.assertEqual(self.count(), 0)
            self.release(session)
            self.finished(process)
            self.assertEqual(query("select count(*) from leat_dead_letter"), [["0"]])

    def test_serialization_failures_and_deadlocks_are_tried_again(self):
        query("create table t (a int); create sequence tries;"
              " create function f() returns trigger language plpgsql as $$"
              " begin if new.a % 1000 = 0 and nextval('tries') <= 4 then raise exception 'rival' using errcode ="
              " (array['40001', '40P01', '55P03', '53100'])[currval('tries')]; end if;"
              " return new; end $$; create trigger f before insert on t for each row execute function f()")
        self.events(3000, 2)
        self.leat("run", self.pipeline())
        self.assertGreater(int(value("select last_value from tries")), 4)
        self.finished()
        self.assertEqual(query("select count(*) from leat_dead_letter"), [["0"]])

    def test_defaults_of_the_database_do_not_weaken_a_transaction(self):
        for name, setting in (("default_transaction_isolation", "'repeatable read'"), ("synchronous_commit", "off"),
                              ("default_transaction_deferrable", "on"), ("search_path", "public, pg_catalog"),
                              ("datestyle", "'sql, dmy'"), ("extra_float_digits", "-10"), ("timezone", "'Asia/Tokyo'"),
                              ("standard_conforming_strings", "off"), ("bytea_output", "escape"),
                              ("statement_timeout", "'60s'"), ("lc_messages", "'C'"),
                              ("session_replication_role", "origin")):
            verify.query(URL, f"alter database {NAME} set {name} = {setting}")
        self.addCleanup(verify.query, URL, f"alter database {NAME} reset all")
        query("create table t (a int primary key, at timestamptz default now())")
        self.events(5000, 3)
        processes = [self.start("run", self.pipeline()) for _ in range(2)]
        self.finished(*processes)

    @staticmethod
    def records_in():
        if value("select to_regclass('leat_ledger') is not null") == "f":
            return 0
        return int(value("select coalesce(sum(records_in), 0) from leat_ledger"))

    def terminate(self):
        return query("select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'leat/%' and "
                     "datname = current_database()")

    @staticmethod
    def slow_down():
        """Each COPY into t takes a tenth of a second more, so that a run can be struck on any machine."""
        query("create or replace function slow() returns trigger language plpgsql as "
              "$$ begin perform pg_sleep(0.1); return null; end $$;"
              "create trigger slow before insert on t for each statement execute function slow()")

    def test_backends_ended_every_200_ms_lose_and_double_nothing(self):
        query("create table t (a int)")
        self.slow_down()
        self.events(500000, 4)
        process = self.start("run", self.pipeline(rows=1000))
        ended = rounds = 0
        while process.poll() is None and rounds < 25:
            try:
                process.wait(timeout=0.2)
            except subprocess.TimeoutExpired:
                ended += len(self.terminate())
                rounds += 1
        self.assertGreater(ended, 0)
        self.finished(process)

    @unittest.skipUnless(SERVER, "LEAT_POSTGRES is not set")
    def test_a_server_that_crashes_again_and_again_loses_and_doubles_nothing(self):
        query("create table t (a int)")
        self.slow_down()
        self.events(500000, 4)
        process = self.start("run", self.pipeline(rows=1000))
        crashes, target = 0, 1000
        while crashes < 3:
            self.wait_for(lambda: process.poll() is not None or self.count() > target)
            if process.poll() is not None:
                break
            self.service("postgres.sh", "crash", SERVER)
            crashes, target = crashes + 1, self.count() + 20000
        self.assertGreater(crashes, 0)
        self.finished(process)

    def test_a_frozen_owner_is_fenced_with_and_without_a_key(self):
        for key in ("", "primary key"):
            with self.subTest(key=key):
                query(f"{EMPTY}; create table t (a int {key})")
                self.events(300000, 4)
                file = self.pipeline(rows=20000)
                frozen = self.start("run", file)
                copying = ("select 1 from pg_stat_activity where query like 'copy%' and state = 'active' and "
                           "datname = current_database() and pid <> pg_backend_pid()")
                self.wait_for(lambda: self.count() > 0)
                frozen.send_signal(signal.SIGSTOP)
                mid_copy = bool(query(copying))
                before = self.count()
                other = self.start("run", file)
                self.wait_for(lambda: other.poll() is not None, seconds=25)
                self.assertGreater(self.count(), before, f"mid_copy={mid_copy}")
                self.assertIsNone(frozen.poll())
                frozen.send_signal(signal.SIGCONT)
                self.finished(other, frozen)
                epochs = [int(n) for n, in query("select epoch from leat_ledger")]
                self.assertGreater(max(epochs), 1)

    def test_columns_added_dropped_and_retyped_while_it_runs(self):
        query("create table t (a int, b text)")
        self.events(600000, 4)
        process = self.start("run", self.pipeline(rows=2000))
        changes = ["alter table t add c int default 7", "alter table t alter a type bigint",
                   "alter table t drop b", "alter table t rename to u; create table t (like u including all)",
                   "alter table t alter a type numeric(12,2)", "create index on t (a)",
                   "alter table t alter a type int"]
        done, target = 0, 1000
        for change in changes:
            self.wait_for(lambda: process.poll() is not None or self.records_in() > target)
            if process.poll() is not None:
                break
            query(change)
            done, target = done + 1, self.records_in() + 15000
        self.assertGreater(done, 0)
        _, errors = process.communicate(timeout=40)
        self.assertEqual(process.returncode, 0, errors.decode()[-3000:])
        self.assertEqual(query("select count(*), count(distinct a::int) from"
                               " (select a from t union all select a from u) x"
                               if done > 3 else "select count(*), count(distinct a) from t"), [[str(self.total)] * 2])

    def test_a_column_that_is_gone_stops_by_name_and_the_rest_can_follow(self):
        query("create table t (a int)")
        self.slow_down()
        self.events(300000, 4)
        process = self.start("run", self.pipeline(rows=500))
        self.wait_for(lambda: self.count() > 1000)
        query("alter table t rename a to b")
        _, errors = process.communicate(timeout=40)
        self.assertEqual(process.returncode, 1, errors.decode()[-3000:])
        self.assertIn('the table has no column "a"', errors.decode())
        query("alter table t rename b to a")
        self.leat("run", self.pipeline())
        self.finished()

    @unittest.skipUnless(SERVER, "LEAT_POSTGRES is not set")
    def test_behind_pgbouncer_with_processes_killed(self):
        with tempfile.TemporaryDirectory(prefix="leat-") as folder:
            os.chmod(folder, 0o755)
            bouncer = os.path.join(folder, "b")
            url = self.service("pgbouncer.sh", "start", bouncer, SERVER).rsplit("/", 1)[0] + "/" + NAME
            self.addCleanup(lambda: os.path.exists(bouncer) and self.service("pgbouncer.sh", "stop", bouncer))
            query("create table t (a int primary key, n bigint)")
            self.events(30000, 4)
            file = self.write(columns="a int", sql="select a, 1::bigint as n from input", mode="merge", key=["a"],
                              merge={"n": "add"}, url=url, sink={"commit": {"rows": 1000}}, more={"lease": "1s"})
            for pause in (0.2, 0.3, 0.4):
                process = self.start("run", file)
                try:
                    process.wait(timeout=pause)
                except subprocess.TimeoutExpired:
                    process.kill()
            self.leat("run", file)
            self.finished()
            self.assertEqual(query("select min(n), max(n) from t"), [["1", "1"]])
            self.service("pgbouncer.sh", "stop", bouncer)

    def test_a_ledger_edited_by_hand_is_refused_by_name(self):
        for edit in ("delete from leat_ledger", "update leat_ledger set epoch = epoch - 1",
                     "update leat_ledger set epoch = epoch + 5"):
            with self.subTest(edit=edit):
                query(f"{EMPTY}; create table t (a int)")
                self.slow_down()
                self.events(300000, 4)
                process = self.start("run", self.pipeline(rows=200))
                self.wait_for(lambda: self.count() > 1000)
                query(edit)
                _, errors = process.communicate(timeout=30)
                self.assertEqual(process.returncode, 1, errors.decode()[-2000:])
                self.assertIn("ledger-edited", errors.decode())
                self.assertRegex(errors.decode(), "by hand")

    def test_a_position_edited_by_hand_is_a_move(self):
        query("create table t (a int primary key)")
        self.slow_down()
        self.events(200000, 2)
        process = self.start("run", self.pipeline(rows=200, on_conflict="ignore"))
        self.wait_for(lambda: self.count() > 1000)
        query("update leat_ledger set next = 'start'")
        _, errors = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 0, errors.decode()[-2000:])
        self.assertEqual(self.count(), self.total)

    def test_what_cannot_be_reached_is_told_without_the_secret(self):
        query("create table t (a int)")
        self.events(10, 1)
        port = re.search(r":(\d+)/", URL).group(1)
        verify.query(URL, "drop role if exists leat_poor; create role leat_poor login password 'hunter2secret'")
        self.addCleanup(verify.query, URL, "drop role leat_poor")
        self.addCleanup(query, "drop owned by leat_poor")
        cases = (
                (f"postgres://postgres:hunter2secret@127.0.0.1:1/{NAME}", "127.0.0.1|refused", (3,)),
                (f"postgres://postgres:hunter2secret@no-such-host.invalid:{port}/{NAME}", "no-such-host", (3,)),
                (f"postgres://postgres:hunter2secret@127.0.0.1:{port}/no_such_db", "no_such_db", (1, 3)),
                (f"postgres://nobody:hunter2secret@127.0.0.1:{port}/{NAME}", "nobody", (1, 3)),
                (f"postgres://leat_poor:hunter2secret@127.0.0.1:{port}/{NAME}", "may not insert|permission denied",
                 (1,)),
                ("postgres://bad url:hunter2secret@:x/", "url|port|invalid", (1, 2, 3)),
                ("hunter2secret", "url|conninfo|invalid|=", (1, 2, 3)))
        query("grant usage, create on schema public to leat_poor")
        runs = [self.start("run", self.pipeline(file=f"{n}.yaml", url=url)) for n, (url, _, _) in enumerate(cases)]
        for run, (url, words, codes) in zip(runs, cases):
            with self.subTest(url=url):
                try:
                    out, errors = run.communicate(timeout=30)
                except subprocess.TimeoutExpired:
                    run.kill()
                    self.fail(f"did not end: {run.communicate()[1].decode()[-1500:]}")
                said = (out + errors).decode()
                self.assertNotIn("hunter2secret", said)
                self.assertRegex(said, words)
                self.assertIn(run.returncode, codes, said)

    def test_the_environment_says_where_the_server_is(self):
        query("create table t (a int)")
        self.events(1000, 1)
        file = self.pipeline(url=None)
        port = re.search(r":(\d+)/", URL).group(1)
        self.leat("run", file, PGHOST="127.0.0.1", PGPORT=port, PGUSER="postgres", PGDATABASE=NAME)
        self.finished()


if __name__ == "__main__":
    main()
