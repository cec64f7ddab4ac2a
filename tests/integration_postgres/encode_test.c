/* SPDX-License-Identifier: Apache-2.0 */
/* What the encoders write, the server must print as it prints the same literal. */
#include "tests/integration_postgres/world.h"

#include <stdio.h>

#include "connectors/postgres/copy_encode.h"

/* Each cell goes through Leat into a column, and as a literal into the server; both are compared by the server. */
static void same_as_the_server(const char *rows_type, const char *table_type, const char *const *cells,
                               uint32_t count) {
    char ddl[256];
    snprintf(ddl, sizeof ddl, "create table t (n int4, v %s)", table_type);
    struct world *world = world_new(ddl);
    char columns[128];
    snprintf(columns, sizeof columns, "n int4, v %s", rows_type);
    world_rows(world, columns);
    world_start(world);
    const char *rows[128];
    char numbers[64][8];
    for (uint32_t i = 0; i < count; i++) {
        snprintf(numbers[i], sizeof numbers[i], "%u", i);
        rows[2 * i] = numbers[i];
        rows[2 * i + 1] = cells[i];
    }
    assert_int_equal(world_unit(world, world_encode(world, 0, rows, count), "start", "9"), VERDICT_DONE);
    for (uint32_t i = 0; i < count; i++) {
        char expected[4096];
        if (!cells[i]) {
            assert_sql(world, "t", "select v is null from t where n = %u", i);
            continue;
        }
        snprintf(expected, sizeof expected, "%s",
                 world_sql(world, "select ($leat$%s$leat$::%s)::%s::text", cells[i], rows_type, table_type));
        assert_sql(world, expected, "select v::text from t where n = %u", i);
    }
    world_free(world);
}

#define SAME(rows_type, table_type, ...)                                                           \
    do {                                                                                           \
        static const char *const cells[] = {__VA_ARGS__};                                          \
        same_as_the_server(rows_type, table_type, cells, sizeof cells / sizeof cells[0]);          \
    } while (0)

static void numbers_arrive_as_they_are(void **state) {
    (void)state;
    SAME("int2", "int2", "0", "-32768", "32767", NULL);
    SAME("int4", "int4", "0", "-2147483648", "2147483647", NULL);
    SAME("int8", "int8", "0", "-9223372036854775808", "9223372036854775807");
    SAME("float4", "float4", "0", "-0", "1.5", "3.4028235e38", "NaN", "Infinity", "-Infinity", "1e-45");
    SAME("float8", "float8", "0", "-0", "0.1", "1.7976931348623157e308", "NaN", "-Infinity", "5e-324");
    SAME("bool", "bool", "t", "f", NULL);
}

static void numerics_arrive_digit_for_digit(void **state) {
    (void)state;
    SAME("numeric", "numeric", "0", "0.00", "1", "-1", "10000", "9999", "99999999", "100000000", "1.50",
         "0.0001", "0.00001", "0.000100", "-0.12345678901234567890", "12345678901234567890123456789.987654321",
         "NaN", "Infinity", "-Infinity", "1e100", "1e-100", "10000.0001", "123456.7", "1000000000000.000000001",
         "0.1", "12", "123", "1234", "12345", "100", "1e4", "1e8", "30000000000", NULL);
    SAME("numeric(12,2)", "numeric(12,2)", "9999999999.99", "-0.01", "0.5");
    SAME("numeric", "numeric(6,2)", "1234.567", "9999.994", "-1234.565", "0.001", "NaN");
    SAME("numeric", "numeric(5,-2)", "123456", "1249", "1250");
}

static void texts_and_bytes_arrive_as_they_are(void **state) {
    (void)state;
    SAME("text", "text", "", "a", "ünïcödé \xf0\x9f\x98\x80", "tab\tnew\nline \\N \\. \"q\" 'x'", NULL);
    SAME("text", "varchar(3)", "abc", "äöü", "ab", "abc   ");
    SAME("text", "char(4)", "ab", "", "abcd  ");
    SAME("bytea", "bytea", "\\x", "\\x00ff10");
    SAME("uuid", "uuid", "6f1c2b1e-0d3f-4a5b-9c7d-1e2f3a4b5c6d");
    SAME("json", "json", "{\"b\":1,  \"a\":[1,2]}", "1", "null", "\"\\u0000\"");
    SAME("jsonb", "jsonb", "{\"b\":1,  \"a\":[1,2.50], \"b\":2}", "\"\\u00e4\"", "null");
    SAME("text", "name", "abc");
}

static void times_arrive_with_their_infinities(void **state) {
    (void)state;
    SAME("date", "date", "2000-01-01", "1999-12-31", "infinity", "-infinity", "4713-01-01 BC", "5874897-12-31");
    SAME("time", "time", "00:00:00", "24:00:00", "12:34:56.789012");
    SAME("timestamp", "timestamp", "2026-11-25 01:02:03.000004", "infinity", "-infinity", "4713-01-01 00:00:00 BC");
    SAME("timestamptz", "timestamptz", "2026-11-25 01:02:03.000004+02", "infinity", "-infinity");
    SAME("timestamp", "timestamp(0)", "2026-11-25 01:02:03.5");
    SAME("interval", "interval", "1 year 2 mons -3 days 04:05:06.789", "-1 days", "00:00:00.000001");
}

static void arrays_arrive_with_their_nulls(void **state) {
    (void)state;
    SAME("int4[]", "int4[]", "{}", "{1,2,3}", "{NULL,1}", NULL);
    SAME("text[]", "text[]", "{\"a,b\",NULL,\"\"}", "{}");
    SAME("numeric[]", "numeric[]", "{1.50,-2,NaN}");
    SAME("int4[]", "int8[]", "{1,2,NULL}");
    SAME("jsonb[]", "jsonb[]", "{\"{\\\"a\\\":1}\"}");
}

static void values_are_assigned_as_in_an_insert(void **state) {
    (void)state;
    SAME("int8", "int2", "1", "-32768");
    SAME("int2", "int8", "1", "-32768");
    SAME("int8", "numeric", "9223372036854775807", "0", "-10000");
    SAME("int4", "float8", "7");
    SAME("float8", "numeric", "0.1", "1e20", "123456.789", "NaN", "Infinity");
    SAME("float4", "numeric", "0.1", "16777216");
    SAME("float8", "float4", "0.1", "NaN", "Infinity");
    SAME("numeric", "float8", "0.1", "1e300");
    SAME("numeric", "int4", "1.5", "2.5", "-1.5", "0.49");
    SAME("float8", "int4", "1.5", "2.5", "-1.5");
    SAME("json", "jsonb", "{\"b\":1,  \"a\":[1,2]}");
    SAME("jsonb", "json", "{\"b\": 1}");
    SAME("date", "timestamp", "2026-11-25", "infinity", "-infinity");
    SAME("date", "timestamptz", "2026-11-25");
    SAME("timestamp", "date", "2026-11-25 23:59:59", "1999-12-31 23:00", "infinity");
    SAME("timestamp", "timestamptz", "2026-11-25 23:59:59");
    SAME("timestamptz", "timestamp", "2026-11-25 23:59:59+01");
    SAME("int4", "text", "42");
    SAME("timestamptz", "text", "2026-11-25 23:59:59+00");
    SAME("float8", "text", "0.1");
    SAME("int4[]", "text", "{1,2}");
}

static void user_types_are_written_by_their_base(void **state) {
    (void)state;
    struct world *world = world_new("create type mood as enum ('ok', 'sad');"
                                    "create domain price as numeric(8,2) check (value >= 0);"
                                    "create domain code as varchar(3); create table t (m mood, p"
                                    " price, c code, a mood[])");
    world_rows(world, "m text, p numeric(8,2), c text, a text[]");
    world_start(world);
    static const char *const cells[] = {"sad", "12.50", "abc", "{ok,sad}"};
    assert_int_equal(world_unit(world, world_encode(world, 0, cells, 1), "start", "9"), VERDICT_DONE);
    assert_sql(world, "(sad,12.50,abc,\"{ok,sad}\")", "select t::text from t");
    world_free(world);
}

/* Rows that cannot be stored are withdrawn one by one, with the SQLSTATE of the server and the column's name. */
static void unstorable(const char *rows_type, const char *table_type, const char *cell, const char *code) {
    char text[256];
    snprintf(text, sizeof text, "create table t (v %s)", table_type);
    struct world *world = world_new(text);
    snprintf(text, sizeof text, "v %s", rows_type);
    world_rows(world, text);
    world_start(world);
    const char *const cells[] = {"1", cell, "2"};
    struct batch *batch = world_batch(world, cells, 3);
    struct payload *payload = world_payload(world, 0, batch);
    assert_int_equal(payload->rows, 2);
    assert_int_equal(batch->withdrawals_count, 1);
    assert_int_equal(batch->withdrawals[0].record, 1);
    assert_string_equal(batch->withdrawals[0].code, code);
    assert_memory_equal(batch->withdrawals[0].message.data, "column \"v\": ", 12);
    assert_int_equal(world_unit(world, payload, "start", "9"), VERDICT_DONE);
    assert_sql(world, "2", "select count(*) from t");
    world_free(world);
}

static void a_value_out_of_range_is_withdrawn(void **state) {
    (void)state;
    unstorable("int4", "int2", "32768", "22003");
    unstorable("int8", "int4", "-2147483649", "22003");
    unstorable("numeric", "numeric(4,2)", "100", "22003");
    unstorable("numeric", "numeric(4,2)", "Infinity", "22003");
    unstorable("numeric", "int8", "9223372036854775808", "22003");
    unstorable("numeric", "int8", "NaN", "22003");
    unstorable("float8", "float4", "1e39", "22003");
    unstorable("float8", "int4", "NaN", "22003");
    unstorable("text", "varchar(2)", "abc", "22001");
    unstorable("text", "char(2)", "äöü", "22001");
    unstorable("int4", "int4 not null", NULL, "23502");
    unstorable("json", "jsonb", "\"\\u0000\"", "22P05");
}

static void a_record_is_withdrawn_with_all_its_rows(void **state) {
    (void)state;
    struct world *world = world_new("create table t (v int2)");
    world_rows(world, "v int4");
    world_start(world);
    static const char *const cells[] = {"1", "2", "3", "99999", "4", "5"};
    static const uint32_t origins[] = {0, 1, 1, 1, 1, 2};
    struct batch *batch = world_batch(world, cells, 6);
    batch->origins = origins;
    struct payload *payload = world_payload(world, 0, batch);
    assert_int_equal(payload->rows, 2);
    assert_int_equal(payload->row_records[0], 0);
    assert_int_equal(payload->row_records[1], 2);
    assert_int_equal(batch->withdrawals_count, 1);
    assert_int_equal(world_unit(world, payload, "start", "9"), VERDICT_DONE);
    assert_sql(world, "1,5", "select string_agg(v::text, ',' order by v) from t");
    world_free(world);
}

static void nul_is_rejected_stripped_or_escaped(void **state) {
    (void)state;
    static const struct {
        int policy;
        const char *expected;
    } cases[] = {{NUL_REJECT, ""}, {NUL_STRIP, "ab"}, {NUL_ESCAPE, "a\\u0000b"}};
    for (int i = 0; i < 3; i++) {
        struct world *world = world_new("create table t (v text)");
        world_rows(world, "v text");
        world->options.nul = cases[i].policy;
        world_start(world);
        static const char *const cells[] = {"x"};
        struct batch *batch = world_batch(world, cells, 1);
        COLUMN_VALUE(&batch->columns[0], struct slice, 0) = SLICE_LITERAL("a\0b");
        struct payload *payload = world_payload(world, 0, batch);
        assert_int_equal(payload->rows, i > 0);
        assert_int_equal(batch->withdrawals_count, i == 0);
        assert_int_equal(world_unit(world, payload, "start", "9"), VERDICT_DONE);
        assert_sql(world, cases[i].expected, "select v from t");
        world_free(world);
    }
}

static void bad_utf8_is_withdrawn(void **state) {
    (void)state;
    static const char *const bad[] = {"\xff", "a\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe4\xb8", "\x80"};
    struct world *world = world_new("create table t (v text)");
    world_rows(world, "v text");
    world_start(world);
    static const char *const cells[] = {"x", "x", "x", "x", "x", "x"};
    struct batch *batch = world_batch(world, cells, 6);
    for (int i = 0; i < 6; i++) {
        COLUMN_VALUE(&batch->columns[0], struct slice, i) = slice_of(bad[i]);
    }
    struct payload *payload = world_payload(world, 0, batch);
    assert_int_equal(payload->rows, 0);
    assert_int_equal(batch->withdrawals_count, 6);
    assert_string_equal(batch->withdrawals[5].code, "22021");
    world_free(world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_arrive_as_they_are),
        cmocka_unit_test(numerics_arrive_digit_for_digit),
        cmocka_unit_test(texts_and_bytes_arrive_as_they_are),
        cmocka_unit_test(times_arrive_with_their_infinities),
        cmocka_unit_test(arrays_arrive_with_their_nulls),
        cmocka_unit_test(values_are_assigned_as_in_an_insert),
        cmocka_unit_test(user_types_are_written_by_their_base),
        cmocka_unit_test(a_value_out_of_range_is_withdrawn),
        cmocka_unit_test(a_record_is_withdrawn_with_all_its_rows),
        cmocka_unit_test(nul_is_rejected_stripped_or_escaped),
        cmocka_unit_test(bad_utf8_is_withdrawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
