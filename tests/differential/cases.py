# SPDX-License-Identifier: Apache-2.0
"""The cases of the suite: (zone, kind, body), the same ones in the same order each time. Kinds as in evaluate.c. Most
come from tables of columns and values times operators and functions; written.txt holds those written by hand."""
import os

import values

HERE = os.path.dirname(os.path.abspath(__file__))
ZONES = ["Europe/Berlin", "America/New_York"]
COLUMNS = list(values.COLUMNS)
SCALARS = [name for name in COLUMNS if not values.COLUMNS[name][0].endswith("[]")]
NUMBERS = ["s", "i", "l", "e", "f", "n", "m"]
STRINGS = ["t", "v", "c"]
TIMES = ["d", "tm", "ts", "tz", "iv"]
ZONED = ("tz", "ts", "d", "az")

TARGETS = ["bool", "int2", "int4", "int8", "float4", "float8", "numeric", "numeric(6,2)", "numeric(5,-2)",
           "numeric(3,5)",
           "text", "varchar(3)", "char(4)", "char", "bytea", "uuid", "date", "time", "time(2)", "timestamp",
           "timestamp(0)",
           "timestamptz", "timestamptz(1)", "interval", "json", "jsonb", "int4[]", "text[]", "numeric[]",
           "timestamptz[]",
           "float8[]"]

# For each type, texts that are cast to it as literals and as values of text.
LITERALS = {
    "bool": ["t", "true", "tr", "YES", "on", "of", "off", "o", "0", "1", "2", " f ", "", "yess", "truE"],
    "int2": ["32767", "32768", "-32768", " 12 ", "+5", "1.0", "1e2", "", "0x10", "--1", "1 2", "٣"],
    "int4": ["2147483647", "2147483648", "-2147483648", "-2147483649", "007", "\\t5\\n", "5a", "-", "+", "1_000"],
    "int8": ["9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "1e3"],
    "float4": ["1e39", "1e-46", "3.4028236e38", "nan", "-inf", "+Infinity", "infinit", "1e", ".5", "5.", ".", "0x1p3",
               "16777217", "1.17549435e-38", "1e-45"],
    "float8": ["1e309", "1e-400", "4.9e-324", "1.7976931348623157e308", "NaN", "INF", "-infinity", "1e+5", "1d", "",
               "123456789012345678", "0.1", "1e15", "1e-5", "100000000000000000000", "2.2250738585072014e-308",
               "1e-324"],
    "numeric": ["1e5", "1e-5", "1e", "1.", ".5", ".", "+1", "-0", "-0.00", "00012.3400", "NaN", "nan", "inf",
                "-Infinity",
                "1e131071", "1e131072", "1e-16383", "1e-16384", "1e2147483647", "0x1", " 1 ", "1 1", "1,0", "+-1"],
    "numeric(6,2)": ["9999.994", "9999.995", "-9999.995", "1e3", "0.005", "0.0049999", "Infinity", "NaN"],
    "numeric(5,-2)": ["12345", "1234567", "12350", "12250", "9999949", "9999950"],
    "numeric(3,5)": ["0.001", "0.01", "0.009999", "0.000005"],
    "varchar(3)": ["abc", "abcd", "ab  ", "日本語x", "abc   ", "😀😀😀😀"],
    "char(4)": ["", "ab", "abcd", "abcde", "abcd  ", "日"],
    "bytea": ["\\x", "\\x0", "\\xzz", "\\xDEad", "\\x de ad", "abc", "\\\\", "\\000\\377", "\\400", "\\1", "é"],
    "uuid": ["6f1c2b1e-0d3f-4a5b-9c7d-1e2f3a4b5c6d", "{6f1c2b1e-0d3f-4a5b-9c7d-1e2f3a4b5c6d}", "", "g",
             "6F1C2B1E0D3F4A5B9C7D1E2F3A4B5C6D", "6f1c-2b1e-0d3f-4a5b-9c7d-1e2f-3a4b-5c6d", "6f1c2b1e-0d3f", " " * 3],
    "date": ["2024-02-29", "2023-02-29", "2024-02-30", "2024-1-5", "20240105", "Jan 5, 2024", "5 January 2024",
             "2024.005",
             "1/8/2024", "13/8/2024", "epoch", "infinity", "-infinity", "2024-13-01", "0000-01-01", "4714-11-24 BC",
             "4714-11-23 BC", "5874897-12-31", "5874898-01-01", "J2451187", "2024-W05-1", "24-01-05", "99-1-8",
             "January",
             "", "2024-02-29 25:00", "2024-001", "2024-02-29T10:00:00Z", "Feb-29-2024", "29-Feb-24", "0001-01-01 BC"],
    "time": ["00:00", "24:00", "24:00:01", "23:59:60", "23:59:60.5", "12:34:56.1234567", "12:34pm", "12am", "0:0",
             "1234",
             "123456", "12:34:56+02", "12:60", "25:00", "noon", "allballs", "12:34:56 PM", "13:00 PM", "040506",
             "T040506",
             "2024-02-29 01:02:03", "23:59:59.9999999"],
    "timestamp": ["2024-02-29 23:59:60", "2024-02-29 24:00", "2024-02-29T10:20:30.1234567Z", "2024-02-29 10:20+05:30",
                  "Thu Feb 29 10:20:30 2024", "2024-02-29 10:20:30 PM", "2024-02-29 10:20 America/New_York", "epoch",
                  "infinity", "294276-12-31 23:59:59.999999", "294277-01-01", "4714-11-24 00:00 BC", "4714-11-23 BC",
                  "20240229T102030", "20240229 102030.5", "2024-02-29 10", "2024-02-29 10:20:30,5", "10:20 2024-02-29",
                  "2024-02-29 foo", "2024-02-29 10:20:30.", "1e3", "2024-060 12:00", "2024-02-29 00:00:00 BC",
                  "2024-02-29 10:20:30 AD", "2000-02-29 23:59:59.9999995", "now now"],
    "timestamptz": ["2024-03-31 02:30", "2024-03-31 03:30", "2024-10-27 02:30", "2024-03-10 02:30", "2024-11-03 01:30",
                    "2024-11-03 01:30 EDT", "2024-11-03 01:30 EST", "2024-07-01 12:00 Europe/Berlin",
                    "2024-07-01 12:00Z",
                    "2024-07-01 12:00 UTC", "2024-07-01 12:00 -03:30", "2024-07-01 12:00+16",
                    "2024-07-01 12:00-15:59:59",
                    "2024-07-01 12:00 PST8PDT", "2024-07-01 12:00 UTC+3", "2024-07-01 12:00 Mars/Base", "1850-01-01",
                    "2024-07-01 12:00 zulu", "2024-07-01 12:00 MEST", "2024-07-01 12:00 IST", "2500-07-01", "infinity",
                    "2024-07-01", "2024-07-01 12:00:00.123456789+0130", "0001-01-01 00:00:00+00 BC", "2037-10-25 02:30",
                    "2024-07-01 12:00 Asia/Kathmandu", "2024-07-01 12:00 LMT"],
    "interval": ["1 day", "1 day ago", "-1 day 2 hours", "1.5 months", "1.5 years", "0.1 month", "P1Y2M3DT4H5M6.7S",
                 "P1W",
                 "PT", "P", "1-2", "1-2 3 4:5:6", "4:5", "-4:05:06.5", "1 week 2 d 3 h 4 m 5 s 6 ms 7 us", "1 century",
                 "1 millennium", "1 decade -1 year", "@ 1 minute", "1 mon 1 month", "30", "-30.5", "", "1 foo",
                 "178956970 years 7 mons", "178956970 years 8 mons", "2147483647 days", "2147483648 days", "infinity",
                 "9223372036854.775807 s", "P-1Y-2M3D", "P1.5D", "+1 day", "1 day 1 day", "0.5 day", "1e2 days",
                 "1:2:3:4",
                 "P0001-02-03T04:05:06", "100:00:00", "1y-2m", "- 1 day", "1 day -00:00:01", "00:00:00.0000005"],
    "json": ["{}", "{\"a\":1,}", "[1,]", "", "nul", "1 2", "01", "1.", "-", "\"\\u00e9\"", "\"\\x\"", "{a:1}",
             " [1 , 2 ] ",
             "{\"a\":1,\"a\":2}", "\"\t\"", "1e400", "[" * 200 + "]" * 200, "'a'", "NaN", "\"\\ud83d\\ude00\""],
    "jsonb": ["{\"b\":1,\"aa\":2,\"a\":3}", "{\"a\":1,\"a\":2}", "1.00", "1e2", "1e-2", "-0", "-0.00", "1E+3", "01",
              "tru",
              " [1,{\"x\":[ ]}] ", "\"\\u00e9\\n\\/\"", "\"\\ud83d\\ude00\"", "", "null", "[1,]", "12e-30",
              "{\"\":{\"\":[]}}", "123456789012345678901234567890.123456789", "\"\\b\\f\\r\\t\\\"\\\\\"",
              "\"\\u001f\\u007f\""],
    "int4[]": ["{}", "{1,2}", "{1,NULL,null}", "{1,,2}", "{1", "1,2", "{a}", "{ 1 , 2 }", "{{1}}", "[0:1]={1,2}",
               "{\"1\"}",
               "{1}x", "{2147483648}", ""],
    "text[]": ["{a,\"b c\",\"d\\\"e\"}", "{a b , c}", "{\"\"}", "{NULL,\"NULL\"}", "{a,}", "{,}", "{\\\\}", "{a\"b\"}",
               "{é,😀}",
               "{\"a\"", " {a} "],
}

COMPARE = ["=", "<>", "<", "<=", ">", ">="]
ARITHMETIC = ["+", "-", "*", "/", "%", "^"]
UNARY = ["-", "+", "@", "|/", "||/", "~", "not "]

# Functions of one argument, tried on every column: most pairs are refused by both.
FUNCTIONS_1 = """abs acos acosh asin asinh atan atanh cbrt ceil ceiling cos cosh cot degrees exp floor ln log log10
min_scale radians round scale sign sin sinh sqrt tan tanh to_hex trim_scale trunc ascii bit_length btrim char_length chr
concat initcap length lower ltrim md5 octet_length quote_ident quote_literal quote_nullable reverse rtrim upper isfinite
justify_days justify_hours justify_interval array_to_json json_array_length json_strip_nulls json_typeof
jsonb_array_length jsonb_pretty jsonb_strip_nulls jsonb_typeof to_json to_jsonb sha224 sha256 sha384 sha512 cardinality
array_ndims to_timestamp num_nulls num_nonnulls json_build_array jsonb_build_array""".split()

EXTRACTED = """century day decade dow doy epoch hour isodow isoyear julian microseconds millennium milliseconds minute
month quarter second timezone timezone_hour timezone_minute week year""".split()
TRUNCATED = """microseconds milliseconds second minute hour day week month quarter year decade century millennium
nonsense timezone""".split()

TEMPLATES = ["YYYY-MM-DD HH24:MI:SS.US TZ", "FMDay, FMDD FMMonth YYYY", "Day|MON|Mon|mon|DAY|day|Dy|dy|DY",
             "IYYY-IW-ID IDDD I IY",
             "J Q CC WW W D DDD", "HH12:MI:SS AM a.m. P.M.", "MS US FF1 FF3 FF6", "YYYth DDth MMTH",
             "Y,YYY YYY YY Y BC b.c.",
             "SSSS SSSSS", "\"quoted YYYY\" \\\"YYYY", "OF TZH:TZM tz", "RM rm FMRM", "FMHH24:FMMI", "", "YYYY\"\"MM",
             "HH24H MI",
             "TMMonth TMDay", "DD/MM/YYYY AD"]
PICTURES = ["9", "999", "999.99", "0000.00", "FM999.999", "FM0.0", "S999", "999S", "MI999", "999MI", "PL999", "SG999",
            "999PR",
            "9,999,999", "FM9G999G990D00", "EEEE", "9.99EEEE", "RN", "FMRN", "99V99", "999TH", "999th", "L999", "B999",
            "0",
            ".99", "FM.99", "\"n=\"999", "9.9.9", "V9", "S9,9S", "99999999999999999999999999999999.9"]
PATTERNS = ["%", "_", "", "a%", "%c", "%b%", "a\\%b%", "\\", "%\\", "_bc", "ABC", "%é%", "日%語%", "a_c", "%%_%", "á",
            "𝔘%"]
REGEXES = ["", "a", "^a", "c$", "^$", "[a-c]+", "[[:alpha:]]+", "\\d+", "(a|ab)(c|bcd)*", "b{1,2}", "(?i)ABC", "a.c",
           "[^a-z]",
           "\\m\\w+\\M", "(", "[", "a**", "\\", "é", "日.語", "(?x) a b", "a*?", "(.)\\1", "^.{3}$", "x{255,}", "\\y",
           "$", "\\s",
           "[[:<:]]a", "\\u00e9"]


def quote(text):
    text = text.replace("\\t", "\t").replace("\\n", "\n") if text.startswith("\\t") else text
    return "'" + text.replace("'", "''") + "'"


def zones(body, columns):
    return ZONES if any(column in ZONED for column in columns) else ZONES[:1]


class Cases(list):
    def row(self, body, *columns):
        for zone in zones(body, columns):
            self.append((zone, "x", body))

    def constant(self, body, every_zone=False):
        for zone in ZONES if every_zone else ZONES[:1]:
            self.append((zone, "c", body))

    def statement(self, body, every_zone=False):
        for zone in ZONES if every_zone else ZONES[:1]:
            self.append((zone, "s", body))


def casts(cases):
    for column in COLUMNS:
        cases.row(column, column)
        for target in TARGETS:
            cases.row(f"{column}::{target}", column)
        cases.row(f"{column}::text::{values.COLUMNS[column][0]}", column)
    for target, texts in LITERALS.items():
        zoned = target.startswith("timestamptz")
        for text in texts:
            cases.constant(f"{quote(text)}::{target}", zoned)
            cases.constant(f"concat({quote(text)})::{target}", zoned)


def operators(cases):
    for left in SCALARS:
        for right in SCALARS:
            for operator in ["=", "<", "+", "-", "||"]:
                cases.row(f"{left} {operator} {right}2", left, right)
    for group in (NUMBERS, STRINGS, ["d", "ts", "tz"]):
        for left in group:
            for right in group:
                for operator in COMPARE:
                    cases.row(f"{left} {operator} {right}2", left, right)
                cases.row(f"{left} is distinct from {right}2", left, right)
                cases.row(f"{left} is not distinct from {right}2", left, right)
    for left in NUMBERS + ["iv"]:
        for right in NUMBERS + ["iv"]:
            for operator in ["*", "/", "%", "^"]:
                cases.row(f"{left} {operator} {right}2", left, right)
    for left in NUMBERS:
        for literal in ["1", "0", "-1", "'2'", "2.5", "1e300", "null", "9223372036854775808", "'NaN'", "2147483648"]:
            for operator in ["+", "*", "/", "=", "<", "%", "-"]:
                cases.row(f"{left} {operator} {literal}", left)
            cases.row(f"{literal} - {left}", left)
    for column in COLUMNS:
        for operator in UNARY:
            cases.row(f"{operator}{column}", column)
        for operator in COMPARE:
            cases.row(f"{column} {operator} {column}2", column)
        for form in ["{0} is null", "{0} is not null", "{0} between {0}2 and {0}",
                     "{0} not between symmetric {0}2 and {0}",
                     "{0} in ({0}2, null)", "{0} not in ({0}2, {0})", "coalesce({0}, {0}2)", "nullif({0}, {0}2)",
                     "greatest({0}, {0}2)", "least({0}, {0}2, null)", "case {0} when {0}2 then 1 when {0} then 2 end",
                     "case when {0} is null then {0}2 else {0} end", "array[{0}, {0}2, null]",
                     "{0} = any(array[{0}2, null])",
                     "{0} <> all(array[{0}2, {0}])", "({0} = {0}2) is true", "({0} < {0}2) is not false",
                     "({0} > {0}2) is unknown",
                     "to_jsonb({0})", "concat({0}, '|', {0}2)", "concat_ws('-', {0}, null, {0}2)",
                     "format('%s|%L', {0}, {0}2)",
                     "jsonb_build_object('k', {0})", "json_build_array({0}, null)",
                     "array_to_string(array[{0}, {0}2], ',', '*')",
                     "array_position(array[{0}2, {0}], {0})", "array_remove(array[{0}2, {0}], {0})", "{0} = null",
                     "{0}::text = {0}2::text"]:
            cases.row(form.format(column), column)
        for other in COLUMNS:
            cases.row(f"coalesce({column}, {other}2)", column, other)
            cases.row(f"case when b then {column} else {other}2 end", column, other)


def logic(cases):
    for left in ("b", "true", "false", "null", "i = i2"):
        for right in ("b2", "true", "false", "null", "n > n2"):
            for operator in ("and", "or", "=", "<", "is distinct from"):
                cases.row(f"({left}) {operator} ({right})")
            cases.row(f"not (({left}) and not ({right}))")


def numbers(cases):
    for function in FUNCTIONS_1:
        for column in COLUMNS:
            cases.row(f"{function}({column})", column)
    for left in NUMBERS:
        for right in NUMBERS:
            for function in ["power", "mod", "div", "atan2", "log", "gcd", "lcm"]:
                cases.row(f"{function}({left}, {right}2)")
        for places in (0, 1, -1, 3, -3, 40):
            cases.row(f"round({left}, {places})")
            cases.row(f"trunc({left}, {places})")
        cases.row(f"width_bucket({left}, -10, 10, 5)")
        for picture in PICTURES:
            cases.row(f"to_char({left}, {quote(picture)})")
    for picture in PICTURES:
        for text in ["12", "-12.5", "12,345.67", " 1 2", "<5>", "1-", "+7", "", "abc", "1.5e3", "XIV", "$12"]:
            cases.constant(f"to_number({quote(text)}, {quote(picture)})")


def strings(cases):
    for column in STRINGS + ["y", "i", "k"]:
        for pattern in PATTERNS:
            for operator in ["like", "not like", "ilike"]:
                cases.row(f"{column} {operator} {quote(pattern)}")
    cases.row("t like 'a!%%' escape '!'")
    for pattern in REGEXES:
        for form in ["t ~ {}", "t !~* {}", "regexp_match(t, {})", "regexp_replace(t, {}, '<\\&\\1>')",
                     "regexp_replace(t, {}, '#', 'g')", "regexp_count(t, {})", "regexp_instr(t, {})",
                     "regexp_like(t, {})",
                     "regexp_substr(t, {})", "regexp_split_to_array(t, {})", "regexp_replace(t, {}, '', 2, 1, 'i')"]:
            cases.row(form.format(quote(pattern)))
    for form in ["left(t, {})", "right(t, {})", "repeat(v, {})", "substr(t, {})", "substring(t from {} for 2)",
                 "lpad(v, {}, 'é*')",
                 "rpad(v, {})", "split_part(t, ',', {})", "split_part(t, '', {})", "substr(y, {})", "get_byte(y, {})",
                 "t::bytea",
                 "substring(y from {})", "overlay(t placing 'XY' from {})", "overlay(t placing '😀' from {} for 0)",
                 "chr({})",
                 "trim_array(ai, {})", "at[{}]", "array_length(ai, {})", "k -> {}", "j ->> {}", "array_append(ai, {})",
                 "lpad(t, {})"]:
        for number in (0, 1, -1, 3, 100, -100, 2147483647, -2147483648, 55296, 1114112, 128512, 160):
            if form.startswith(("repeat", "lpad", "rpad")) and 1000 < number < 2147483647:
                continue
            cases.row(form.format(number))
    for form in ["replace(t, {0}, 'x')", "strpos(t, {0})", "position({0} in t)", "starts_with(t, {0})", "btrim(t, {0})",
                 "ltrim(t, {0})", "rtrim(t, {0})", "trim(both {0} from v)", "translate(t, {0}, 'xé')",
                 "split_part(t, {0}, 2)",
                 "string_to_array(t, {0})", "string_to_array(t, ',', {0})", "t || {0}", "t < {0}", "c = {0}", "v > {0}",
                 "concat_ws({0}, t, v)", "array_to_string(at, {0})", "substring(t from {0})", "md5(t || {0})",
                 "{0} = any(at)",
                 "array_position(at, {0})", "array_replace(at, {0}, 'Z')", "k ? {0}", "k -> {0}", "j ->> {0}",
                 "k - {0}", "upper({0})",
                 "initcap({0})", "ascii({0})", "length({0})", "octet_length({0})", "reverse({0})",
                 "quote_literal({0})", "to_json({0}::text)"]:
        for text in ["", "a", ",", "b", "é", "ABC", " ", "日本", "😀", "\\", "'", "x y-z 9q", "ǆ ﬁ ß İ", "aa"]:
            cases.row(form.format(quote(text)))
    for form in ["%s", "%I", "%L", "%%", "%1$s %1$s", "%2$L", "%5s|", "%-5s|", "%*s", "%", "%q", "%3$s", "%1$*2$s"]:
        cases.row(f"format({quote(form)}, t, v)")
        cases.row(f"format({quote(form)}, i, n)")
    for name in ["base64", "hex", "escape", "nonsense"]:
        cases.row(f"encode(y, '{name}')")
        cases.row(f"decode(t, '{name}')")
    for text in ["YQ==", "YQ=", "YQ", "Y Q = =", "Y", "=", "YWJj\nZA==", "61 62", "6", "zz", "\\\\x", "\\001"]:
        for name in ["base64", "hex", "escape"]:
            cases.constant(f"decode({quote(text)}, '{name}')")
    for name in ["UTF8", "LATIN1", "SQL_ASCII", "WIN1252", "nonsense"]:
        cases.row(f"convert_from(y, '{name}')")
        cases.row(f"convert_to(t, '{name}')")


def times(cases):
    for column in TIMES:
        for field in EXTRACTED:
            cases.row(f"extract({field} from {column})", column)
            cases.row(f"date_part('{field}', {column})", column)
        for field in TRUNCATED:
            cases.row(f"date_trunc('{field}', {column})", column)
        for template in TEMPLATES:
            cases.row(f"to_char({column}, {quote(template)})", column)
        for interval in ["1 month", "-1 month", "1 day", "24 hours", "1 year -1 day", "-00:00:00.000001",
                         "290000 years", "1 mon 1 day 1 hour"]:
            for operator in "+-":
                cases.row(f"{column} {operator} interval '{interval}'", column)
        for factor in ["2", "0.5", "-1.5", "1e10", "'NaN'::float8", "0", "1e-7"]:
            cases.row(f"{column} * {factor}", column)
            cases.row(f"{column} / {factor}", column)
        for other in TIMES:
            cases.row(f"age({column}, {other}2)", column, other)
            cases.row(f"{column} + {other}2", column, other)
        for number in ("1", "-1", "2147483647", "n"):
            cases.row(f"{column} + {number}", column)
            cases.row(f"{column} - {number}", column)
        for zone in ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "+03", "-05:30", "EST", "CEST",
                     "nonsense", "UTC-3", "posix/x",
                     "Australia/Lord_Howe"]:
            cases.row(f"{column} at time zone '{zone}'", column)
            if column == "tz":
                cases.row(f"date_trunc('day', tz, '{zone}')", column)
        cases.row(f"{column} at time zone iv", column)
        cases.row(f"date_bin('15 minutes', {column}, '2001-01-01')", column)
        cases.row(f"date_bin('1 month', {column}, '2001-01-01')", column)
        cases.row(f"date_bin(iv2, {column}, '2001-01-01')", column)
    inputs = ["2024-02-29", "20240229", "29 Feb 2024", "2023-02-29", "2024 060", "05 Dec 2000 10:20:30.123", "99",
              "1,234", "",
              "12:34:56 PM", "2024-07-01 12:00:00 +02:00", "44 BC", "Thursday 29 February 2024", "2024-W09-4",
              "MMXXIV", "  2024-2-9  ",
              "2024/02/29 24:00", "Q1 2024", "infinity", "2024-13-01", "86399"]
    formats = ["YYYY-MM-DD", "YYYYMMDD", "DD Mon YYYY", "YYYY DDD", "DD Mon YYYY HH24:MI:SS.MS", "YY", "Y,YYY",
               "HH12:MI:SS AM",
               "YYYY-MM-DD HH24:MI:SS TZH:TZM", "YY BC", "Day DD Month YYYY", "IYYY-\"W\"IW-ID", "FXYYYY-MM-DD",
               "YYYY/MM/DD HH24:MI",
               "\"Q\"Q YYYY", "SSSSS", "YYYY-IW", "TZ", "J", ""]
    for text in inputs:
        for template in formats:
            cases.constant(f"to_timestamp({quote(text)}, {quote(template)})")
            cases.constant(f"to_date({quote(text)}, {quote(template)})")
    for part in [(2024, 2, 29), (2023, 2, 29), (0, 1, 1), (-44, 3, 15), (5874898, 1, 1), (2024, 13, 1), (294277, 1, 1)]:
        cases.constant("make_date(%d, %d, %d)" % part)
        for second in ("0", "59.9999999", "60", "60.5", "-1", "'NaN'"):
            cases.constant("make_timestamp(%d, %d, %d, 23, 59, %s)" % (*part, second))
            cases.constant("make_timestamptz(%d, %d, %d, 2, 30, %s)" % (*part, second), True)
            cases.constant(f"make_time({abs(part[0]) % 26}, 59, {second})")
    for arguments in ["1", "1, 2, 3, 4, 5, 6, 7.89", "days => 10", "secs => 1e300", "years => 178956970, months => 8",
                      "hours => -1, secs => 0.5"]:
        cases.constant(f"make_interval({arguments})")
    for literal, texts in (("date", LITERALS["date"]), ("timestamp", LITERALS["timestamp"]), ("interval",
                                                                                              LITERALS["interval"])):
        for text in texts:
            cases.constant(f"{literal} {quote(text)} + interval '1 day'")


def documents(cases):
    paths = ["{}", "{a}", "{a,x}", "{a,x,0}", "{a,x,-1}", "{0}", "{-1}", "{b,1}", "{z,y}", "{a,NULL}", "{\"\"}",
             "{5,a}", "{a,x,2,y}"]
    for column in "jk":
        for path in paths:
            cases.row(f"{column} #> '{path}'")
            cases.row(f"{column} #>> '{path}'")
        for key in ["a", "b", "", "aa", "kéy", "😀", "0"]:
            cases.row(f"{column} -> '{key}'")
            cases.row(f"{column} ->> '{key}'")
            cases.row(f"({column} ->> '{key}')::numeric")
        for function in ["{0}_extract_path({1}, 'a', 'x')", "{0}_extract_path_text({1}, 'a')",
                         "{0}_object_field({1}, 'a')",
                         "{0}_array_element({1}, 1)", "{0}_array_element_text({1}, -1)"]:
            cases.row(function.format("json" if column == "j" else "jsonb", column))
    for path in paths:
        cases.row(f"k #- '{path}'")
        for value in ["1", "null", "{\"q\": []}"]:
            cases.row(f"jsonb_set(k, '{path}', '{value}')")
            cases.row(f"jsonb_set(k, '{path}', '{value}', false)")
            cases.row(f"jsonb_insert(k, '{path}', '{value}')")
            cases.row(f"jsonb_insert(k, '{path}', '{value}', true)")
    for value in ["{}", "[]", "1", "1.50", "null", "\"text\"", "{\"a\": {}}", "[1]", "[1, 1]", "{\"b\": 1}", "[\"x\"]",
                  "[[3]]", "100000"]:
        for operator in ["@>", "<@", "||", "=", "<", ">="]:
            cases.row(f"k {operator} '{value}'::jsonb")
    for keys in ["{a}", "{a,b}", "{}", "{NULL}", "{zz,aa}", "{text}"]:
        for operator in ["?|", "?&", "-"]:
            cases.row(f"k {operator} '{keys}'::text[]")
    for number in (0, 1, -1, 5, -9):
        cases.row(f"k - {number}")
        cases.row(f"k -> {number}")
        cases.row(f"k ->> {number}")
    for column in COLUMNS:
        cases.row(f"jsonb_build_object({column}, {column}2)", column)
        cases.row(f"json_build_object('a', {column}, 'b', {column}2)", column)
        cases.row(f"to_json(array[{column}, {column}2])", column)
        cases.row(f"k || to_jsonb({column})", column)


def arrays(cases):
    for column, element in (("ai", "i"), ("at", "t"), ("an", "n"), ("az", "tz")):
        for form in ["{0} || {0}2", "{0} || {1}", "{1} || {0}", "array_cat({0}, {0}2)", "array_append({0}, {1})",
                     "array_prepend({1}, {0})",
                     "array_remove({0}, {1})", "array_replace({0}, {1}, {1}2)", "array_position({0}, {1})",
                     "array_positions({0}, {1})",
                     "{1} = any({0})", "{1} <> all({0})", "{1} < any({0})", "{1} >= all({0})", "{0} @> {0}2",
                     "{0} <@ {0}2", "{0} && {0}2",
                     "array_lower({0}, 1)", "array_upper({0}, 1)", "{0}[1]", "{0}[2:3]", "{0}[:1]", "{0}[i]",
                     "cardinality({0} || {0}2)",
                     "array_to_json({0})", "array_to_json({0}, true)", "array_to_string({0}, '|')",
                     "array_to_string({0}, '|', 'nil')",
                     "trim_array({0}, 1)", "{0} || null", "null || {0}", "{0} || '{{}}'", "array[{1}, {1}2][2]"]:
            cases.row(form.format(column, element), element)


def aggregates(cases):
    for column in COLUMNS:
        for form in ["count({0})", "sum({0})", "avg({0})", "min({0})", "max({0})", "count(distinct {0})",
                     "sum(distinct {0})",
                     "bool_and({0})", "every({0})", "bool_or({0})", "max({0}) filter (where id > 9)",
                     "min({0}) filter (where false)"]:
            cases.statement(f"select {form.format(column)} from input", column in ("tz", "az"))
        cases.statement(f"select distinct {column} from input order by 1", column == "tz")
        cases.statement(f"select {column}, count(*), sum(i), min(t) "
                        f"from input group by {column} order by {column} desc nulls last")
        cases.statement(f"select id, {column} from input order by {column} nulls first, id desc limit 12 offset 3")
        cases.statement(f"select id from input where {column} is not null and {column} <= {column}2 order by id")
        cases.statement(f"select max(id) from input group by {column} having count(*) > 1 order by 1")


def written(cases):
    with open(os.path.join(HERE, "written.txt"), encoding="utf-8") as source:
        for line in source:
            line = line.rstrip("\n")
            if line and not line.startswith("#"):
                (cases.statement if line.startswith("select ") else cases.row)(line)


def all_cases():
    cases = Cases()
    for make in (casts, operators, logic, numbers, strings, times, documents, arrays, aggregates, written):
        make(cases)
    return list(dict.fromkeys(cases))
