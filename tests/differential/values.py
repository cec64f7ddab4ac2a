# SPDX-License-Identifier: Apache-2.0
"""The table `input` of the suite: for each type a column of edge values, and a second one turned by a few rows, so that
an operator meets many pairs. Row `id` 1 is all null."""
import json

ROWS = 28
TURN = 5  # row n of x2 is row n - 5 of x: no multiple of it is near ROWS before all are passed

TEXTS = [
    "", "a", "A", "abc", "ABC", " padded ", "a%b_c\\d", "100", "-7.50", "1e3", "NaN", "infinity", "true", "2024-02-29",
    "naïve café", "e\u0301te\u0301", "𝔘𝔫𝔦😀", "日本語テキスト", "ÀÉÎõü ß ŒŁ", "line\nbreak\ttab", "O'Reilly \"q\"",
         "{\"a\": 1}",
    "{1,2,NULL}", "a,b,,c", "x" * 300, "ǅ İı Σσς", "~!@#$^&*()"]

# column: (type, values); values are written as JSON strings, as a source would, None is null
COLUMNS = {
    "b": ("bool", ["t", "f", None]),
    "s": ("int2", [0, 1, -1, 7, -8, 32767, -32768, 100, 255, 2]),
    "i": ("int4", [0, 1, -1, 2, 10, 2147483647, -2147483648, 65536, -12345, 3, 1000000, 31]),
    "l": ("int8", [0, 1, -1, 5, 9223372036854775807, -9223372036854775808, 2147483648, 1700000000, -4294967296,
                   1000000007, 123456789012345678, 63]),
    "e": ("float4", ["0", "-0", "1", "-1.5", "0.1", "3.4028235e38", "1.1754944e-38", "NaN", "Infinity", "-Infinity",
                     "16777217", "2.5", "1e-45"]),
    "f": ("float8", ["0", "-0", "1", "-1", "0.5", "-2.5", "0.1", "1e308", "-1e308", "5e-324", "NaN", "Infinity",
                     "-Infinity", "3.5", "123456789.987654321", "1e15", "1e16", "2", "100", "0.30000000000000004"]),
    "n": ("numeric", ["0", "1", "-1", "0.5", "-2.5", "2.50", "0.000000000000000000000000000001", "NaN", "Infinity",
                      "-Infinity", "12345678901234567890123456789.123456789", "1e30", "-99999999999999999999", "1.10",
                      "100", "3", "0.10", "9223372036854775808", "1" + "0" * 120, "7.77777"]),
    "m": ("numeric(10,3)", ["0", "1.2345", "-9999999.999", "9999999.999", "0.0005", "-0.0004", "42"]),
    "t": ("text", TEXTS),
    "v": ("varchar(12)", [text[:12] for text in TEXTS]),
    "c": ("char(5)", ["", "a", "ab  ", "abcde", "日本", "x y"]),
    "y": ("bytea", ["\\x", "\\x00", "\\xff00ff", "\\xdeadbeef", "\\x616263", "abc", "\\x" + "5a" * 70]),
    "u": ("uuid", ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
                   "6f1c2b1e-0d3f-4a5b-9c7d-1e2f3a4b5c6d", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"]),
    "d": ("date", ["2000-01-01", "2024-02-29", "1970-01-01", "0001-01-01", "0044-03-15 BC", "9999-12-31", "infinity",
                   "-infinity", "2023-12-31", "2020-12-28", "1900-02-28", "4713-01-01 BC", "5874897-12-31",
                   "2024-03-31", "2024-11-03"]),
    "tm": ("time", ["00:00", "23:59:59.999999", "24:00:00", "12:34:56.789", "02:30", "00:00:00.000001"]),
    "ts": ("timestamp", ["2000-01-01 00:00", "2024-02-29 23:59:59.999999", "1969-12-31 23:59:59.5", "infinity",
                         "-infinity", "2024-03-31 02:30", "2024-10-27 02:30", "2024-03-10 02:30", "2024-11-03 01:30",
                         "0044-03-15 12:00 BC", "4713-01-01 00:00 BC", "294276-12-31 23:59:59.999999", "2023-01-01",
                         "2020-12-31 12:34:56.789012", "1883-11-18 12:03:58", "2100-02-28 00:00"]),
    "tz": ("timestamptz", ["2000-01-01 00:00+00", "2024-02-29 23:59:59.999999+00", "infinity", "-infinity",
                           "2024-03-31 00:59:59+00", "2024-03-31 01:00:00+00", "2024-10-27 00:30+00",
                           "2024-10-27 01:30+00", "2024-03-10 06:59:59+00", "2024-03-10 07:00+00",
                           "2024-11-03 05:30+00", "2024-11-03 06:30+00", "1893-03-31 23:06:32+00",
                           "0001-01-01 00:00:00+00", "4713-01-01 00:00:00+00 BC", "294276-12-31 23:59:59.999999+00",
                           "2038-01-19 03:14:08+00", "1945-05-24 00:00+02"]),
    "iv": ("interval", ["0", "1 day", "-1 day", "1 month", "1 year 2 mons 3 days 04:05:06.789", "24 hours", "-00:00:01",
                        "1 mon -1 day 00:00:00.000001", "30 days", "36525 days", "12 hours 30 minutes", "100 years",
                        "-178000000 years", "178000000 years", "2562047788:00:54.775807"]),
    "j": ("json", ['{"a": 1, "b":[1,2,{"c":null}], "a": 2}', "[1, 2.50, \"x\", null, true]", "null", "\"text\"", "1.50",
                   "{}", "[]", '{"k\\u00e9y": "\\ud83d\\ude00"}', '{"z":{"y":{"x":[[["deep"]]]}}}', "true",
                   "\"100\"", " { \"sp\" :  1 } "]),
    "k": ("jsonb", ['{"b": 1, "a": {"x": [1, 2, {"y": "z"}]}, "aa": null}', "[1, 2.50, \"x\", null, true, [3]]", "null",
                    "\"text\"", "1.50", "{}", "[]", "-0.0", "1e5", '{"a": 1, "a": 2}', "[" * 60 + "1" + "]" * 60,
                    '{"e": "\\u00e9\\n\\"", "😀": "e\\u0301"}', "true", "false", "\"\"", "12345678901234567890.123",
                    '{"a": {"x": 1}, "b": [], "n": null}', '["a", "b", "aa"]', "\"100\"", "1E-7"]),
    "ai": ("int4[]", ["{}", "{1}", "{1,2,3}", "{NULL}", "{3,NULL,1}", "{2147483647,-2147483648}", "{1,1,2}"]),
    "an": ("numeric[]", ["{}", "{1.50,NaN}", "{1.5,NULL}", "{-1e20}"]),
    "at": ("text[]", ["{}", "{a}", "{a,b,c}", '{"",NULL,"NULL"}', '{"x y","q\\"q","b\\\\s"}', "{日本,😀}", "{a,a,b}"]),
    "az": ("timestamptz[]", ["{}", '{"2024-03-31 01:00:00+00",infinity}', "{NULL}"]),
}


def schema():
    return ", ".join(["id int4"] + [f"{name} {kind}, {name}2 {kind}" for name, (kind, _) in COLUMNS.items()])


def rows():
    lines = [json.dumps({"id": 1})]
    for row in range(ROWS):
        record = {"id": row + 2}
        for name, (_, values) in COLUMNS.items():
            for column, place in ((name, row), (name + "2", row + TURN * (1 + row // len(values)))):
                record[column] = values[place % len(values)]
        for name in ("j", "j2", "k", "k2"):
            record[name] = RawJson(record[name])
        lines.append(encode(record))
    return "\n".join(lines) + "\n"


class RawJson(str):
    """A value that is JSON already."""


def encode(record):
    members = (f"{json.dumps(key)}: {value if isinstance(value, RawJson) else json.dumps(value)}"
               for key, value in record.items())
    return "{" + ", ".join(members) + "}"
