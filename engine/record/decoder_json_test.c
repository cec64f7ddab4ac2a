/* SPDX-License-Identifier: Apache-2.0 */
/* JSON into columns as jsonb_to_record would do it, what is withdrawn and with which words, and
 * that framing in the reader and in the worker give the same records. */
#include "engine/record/decoder_fixture.h"

static void decode_lines(struct decoding *decoding, const char *columns, const char *text) {
    decoding_init(decoding, FORMAT_JSON, FRAMING_LINES, columns);
    decoding_run(decoding, slice_of(text));
}

/* One record, one column. */
static void check_value(const char *type, const char *json, const char *expected) {
    struct decoding decoding;
    char columns[128], text[512];
    snprintf(columns, sizeof columns, "v %s", type);
    snprintf(text, sizeof text, "{\"v\":%s}\n", json);
    decode_lines(&decoding, columns, text);
    if (decoding.batch.withdrawals_count) {
        fail_msg("%s %s: %.*s", type, json, (int)decoding.batch.withdrawals[0].message.len,
                 decoding.batch.withdrawals[0].message.data);
    }
    assert_string_equal(decoding_text(&decoding, "v", 0), expected);
    decoding_free(&decoding);
}

static void check_failure(const char *type, const char *json, const char *code,
                          const char *message) {
    struct decoding decoding;
    char columns[128], text[512];
    snprintf(columns, sizeof columns, "v %s", type);
    snprintf(text, sizeof text, "{\"v\":%s}\n{\"v\":null}\n", json);
    decode_lines(&decoding, columns, text);
    decoding_check_withdrawn(&decoding, 0, code, message);
    assert_int_equal(decoding.batch.selected, 1);
    assert_int_equal(decoding.batch.selection[0], 1);
    decoding_free(&decoding);
}

static void scalars_go_through_their_text(void **state) {
    (void)state;
    check_value("int", "42", "42");
    check_value("int", "\"42\"", "42");
    check_value("int", "\" 42 \"", "42");
    check_value("int", "1e2", "100");
    check_value("int", "-0", "0");
    check_value("smallint", "-32768", "-32768");
    check_value("bigint", "-9223372036854775808", "-9223372036854775808");
    check_value("numeric", "12.50", "12.50");
    check_value("numeric", "1e-3", "0.001");
    check_value("numeric", "-0.00", "0.00");
    check_value("numeric", "123456789012345678901234567890.5", "123456789012345678901234567890.5");
    check_value("numeric(12,2)", "12.5", "12.50");
    check_value("numeric(12,2)", "12", "12.00");
    check_value("numeric(12,2)", "12.345", "12.35");
    check_value("numeric(3,2)", "0.5", "0.50");
    check_value("float8", "0.1", "0.1");
    check_value("float8", "1e300", "1e+300");
    check_value("float8", "123456789012345678901234567890", "1.2345678901234568e+29");
    check_value("real", "0.1", "0.1");
    check_value("bool", "true", "t");
    check_value("bool", "\"no\"", "f");
    check_value("text", "\"a\\u00e9\\n\"", "a\xC3\xA9\n");
    check_value("text", "12.50", "12.50");
    check_value("text", "1e3", "1000");
    check_value("text", "-0", "0");
    check_value("text", "true", "true");
    check_value("text", "\"\"", "");
    check_value("text", "{\"bb\":1,\"a\":[1.0,2e1,\"x\\/\"],\"a\":null}",
                "{\"a\": null, \"bb\": 1}");
    check_value("varchar(3)", "\"abc\"", "abc");
    check_value("uuid", "\"6F1C2B1E-0d3f-4a5b-9c7d-1e2f3a4b5c6d\"",
                "6f1c2b1e-0d3f-4a5b-9c7d-1e2f3a4b5c6d");
    check_value("date", "\"2024-02-29\"", "2024-02-29");
    check_value("timestamp", "\"2026-11-01T10:00:00.5\"", "2026-11-01 10:00:00.5");
    check_value("timestamptz", "\"2026-11-01T10:00:00.123456Z\"", "2026-11-01 10:00:00.123456+00");
    check_value("timestamptz", "\"2026-11-01 10:00:00+05:30\"", "2026-11-01 04:30:00+00");
    check_value("timestamptz", "\"2026-11-01\"", "2026-11-01 00:00:00+00");
    check_value("bytea", "\"\\\\x00ff\"", "\\x00ff");
}

static void json_columns_keep_their_bytes(void **state) {
    (void)state;
    check_value("jsonb", "{\"b\" : 1e2 ,\"a\":\"\\u0041\"}", "{\"b\" : 1e2 ,\"a\":\"\\u0041\"}");
    check_value("json", "\"x\"", "\"x\"");
    check_value("json", "\"\\u0000\"", "\"\\u0000\"");
    check_value("jsonb", "12.50", "12.50");
    check_value("jsonb", "null", "NULL");
}

static void arrays_come_from_json_arrays_and_array_text(void **state) {
    (void)state;
    check_value("text[]", "[\"a\",null,1.50,true,{\"k\":[1]}]",
                "{a,NULL,1.50,true,\"{\\\"k\\\": [1]}\"}");
    check_value("int[]", "[1,\"2\",3e0]", "{1,2,3}");
    check_value("int[]", "[]", "{}");
    check_value("int[]", "\"{4,5}\"", "{4,5}");
    check_failure("int[]", "7", "22P02", "column \"v\": expected JSON array");
    check_failure("int[]", "[[1]]", "0A000",
                  "column \"v\": arrays of more than one dimension are not supported");
    check_failure("int[]", "[1,\"x\"]", "22P02",
                  "column \"v\": invalid input syntax for type integer: \"x\"");
}

static void null_and_absent_are_null(void **state) {
    (void)state;
    struct decoding decoding;
    decode_lines(&decoding, "a int, b text, \"C d\" jsonb",
                 "{\"a\":null,\"C d\":null}\n{\"b\":\"x\"}\n{}\n");
    assert_int_equal(decoding.batch.rows, 3);
    assert_null(decoding.batch.selection);
    assert_string_equal(decoding_text(&decoding, "a", 0), "NULL");
    assert_string_equal(decoding_text(&decoding, "C d", 0), "NULL");
    assert_string_equal(decoding_text(&decoding, "b", 1), "x");
    assert_string_equal(decoding_text(&decoding, "b", 2), "NULL");
    decoding_free(&decoding);
}

static void a_null_where_none_may_be_withdraws(void **state) {
    (void)state;
    struct decoding decoding;
    decode_lines(&decoding, "a int not null", "{\"b\":1}\n{\"a\":1}\n");
    decoding_check_withdrawn(&decoding, 0, "23502",
                             "null value in column \"a\" violates not-null constraint");
    assert_int_equal(decoding.batch.selected, 1);
    decoding_free(&decoding);
}

static void a_failing_conversion_withdraws_its_record_alone(void **state) {
    (void)state;
    check_failure("int", "\"x\"", "22P02",
                  "column \"v\": invalid input syntax for type integer: \"x\"");
    check_failure("int", "1.5", "22P02",
                  "column \"v\": invalid input syntax for type integer: \"1.5\"");
    check_failure("int", "true", "22P02",
                  "column \"v\": invalid input syntax for type integer: \"true\"");
    check_failure("int", "{\"a\":1}", "22P02",
                  "column \"v\": invalid input syntax for type integer: \"{\"a\": 1}\"");
    check_failure("smallint", "32768", "22003",
                  "column \"v\": value \"32768\" is out of range for type smallint");
    check_failure("varchar(3)", "\"abcd\"", "22001",
                  "column \"v\": value too long for type character varying(3)");
    check_failure(
        "text", "\"\\u0000\"", "22P05",
        "column \"v\": unsupported Unicode escape sequence: \\u0000 cannot be converted to text");
    check_failure(
        "text", "\"\\ud800\"", "22P02",
        "column \"v\": invalid input syntax for type json: half of a Unicode surrogate pair");
    check_failure(
        "jsonb", "{\"a\":[\"\\u0000\"]}", "22P05",
        "column \"v\": unsupported Unicode escape sequence: \\u0000 cannot be converted to text");
    check_failure(
        "jsonb", "[{\"\\udc00\":1}]", "22P02",
        "column \"v\": invalid input syntax for type json: half of a Unicode surrogate pair");
}

static void malformed_json_is_withdrawn_even_where_nobody_looks(void **state) {
    (void)state;
    struct decoding decoding;
    decode_lines(&decoding, "a int",
                 "{\"a\":1,\"x\":tru}\n{\"a\":2}\n\n  \r\n{\"a\":3\n{\"a\":4}\r\n{\"a\":5}");
    assert_int_equal(decoding.batch.rows, 5);
    assert_int_equal(decoding.batch.records_count, 5);
    assert_int_equal(decoding.batch.selected, 3);
    decoding_check_withdrawn(&decoding, 0, "22P02", "invalid JSON at byte 11: value expected");
    decoding_check_withdrawn(&decoding, 2, "22P02",
                             "invalid JSON at byte 6: the document ends too early");
    assert_string_equal(decoding_text(&decoding, "a", 3), "4");
    assert_string_equal(decoding_text(&decoding, "a", 4), "5");
    static const uint32_t offsets[] = {0, 16, 29, 36, 45}, lens[] = {15, 7, 6, 7, 7};
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(decoding.batch.records[i].offset, offsets[i]);
        assert_int_equal(decoding.batch.records[i].len, lens[i]);
    }
    decoding_free(&decoding);
}

/* Appends text and its NUL; returns the new end. */
static char *append(char *at, const char *text) {
    size_t len = strlen(text);
    memcpy(at, text, len + 1);
    return at + len;
}

static void a_message_about_a_long_value_is_cut(void **state) {
    (void)state;
    struct decoding decoding;
    char text[4096], *at = append(text, "{\"a\":\"");
    for (int i = 0; i < 1000; i++) {
        at = append(at, "\xC3\xA9");
    }
    append(at, "\"}");
    decode_lines(&decoding, "a int", text);
    struct slice message = decoding_withdrawal(&decoding, 0)->message;
    size_t bad;
    assert_in_range(message.len, 900, 1100);
    assert_true(utf8_is_valid(message, &bad));
    decoding_free(&decoding);
}

static void empty_lines_cost_no_room(void **state) {
    (void)state;
    struct decoding decoding;
    static char text[1 << 20];
    memset(text, '\n', sizeof text);
    decoding_init(&decoding, FORMAT_JSON, FRAMING_LINES, "a text, b text");
    uint64_t before = arena_bytes(decoding.arena);
    decoding_run(&decoding, slice_make(text, sizeof text));
    assert_int_equal(decoding.batch.rows, 0);
    assert_true(arena_bytes(decoding.arena) - before < 1 << 20);
    decoding_free(&decoding);
}

static void a_record_that_is_no_object_has_only_its_value(void **state) {
    (void)state;
    struct decoding decoding;
    decode_lines(&decoding, "a int", "[1]\n5\n");
    decoding_check_withdrawn(&decoding, 0, "22023", "cannot call jsonb_to_record on an array");
    decoding_check_withdrawn(&decoding, 1, "22023", "cannot call jsonb_to_record on a scalar");
    decoding_free(&decoding);
    decoding_init(&decoding, FORMAT_JSON, FRAMING_LINES, "a int");
    decoding.needed[0] = false;
    decoding_need(&decoding, VIRTUAL_VALUE);
    decoding_run(&decoding, SLICE_LITERAL("[1]\n5\n"));
    assert_int_equal(decoding.batch.selected, 2);
    assert_null(decoding.batch.columns[0].values);
    assert_string_equal(decoding_text(&decoding, "_value", 0), "[1]");
    assert_string_equal(decoding_text(&decoding, "_value", 1), "5");
    decoding_free(&decoding);
}

static void a_record_beyond_the_limit_is_withdrawn(void **state) {
    (void)state;
    struct decoding decoding;
    decoding_init(&decoding, FORMAT_JSON, FRAMING_LINES, "a text");
    decoding.format.record_bytes_max = 20;
    decoding_run(&decoding, SLICE_LITERAL("{\"a\":\"0123456789ab\"}\n{\"a\":\"0123456789abc\"}\n"));
    assert_int_equal(decoding.batch.selected, 1);
    decoding_check_withdrawn(&decoding, 1, "record-too-large",
                             "a record of 21 bytes is larger than record_bytes_max (20)");
    decoding_free(&decoding);
}

static void virtual_columns_of_a_file(void **state) {
    (void)state;
    struct decoding decoding;
    decoding_init(&decoding, FORMAT_JSON, FRAMING_LINES, "");
    for (int i = 0; i < VIRTUAL_COUNT; i++) {
        decoding_need(&decoding, (enum virtual_column)i);
    }
    decoding_run(&decoding, SLICE_LITERAL("{\"a\": 1}\n{\"b\":2} \n"));
    assert_string_equal(decoding_text(&decoding, "_value", 0), "{\"a\": 1}");
    assert_string_equal(decoding_text(&decoding, "_raw", 1), "{\"b\":2}");
    assert_string_equal(decoding_text(&decoding, "_part", 1), "the/part");
    assert_string_equal(decoding_text(&decoding, "_position", 1), "9");
    assert_string_equal(decoding_text(&decoding, "_id", 1), "p/s/9");
    assert_string_equal(decoding_text(&decoding, "_key", 0), "NULL");
    assert_string_equal(decoding_text(&decoding, "_time", 1), "NULL");
    assert_string_equal(decoding_text(&decoding, "_headers", 1), "NULL");
    assert_int_equal(decoding.batch.read_at_us, 7);
    decoding_free(&decoding);
}

static void virtual_columns_of_messages(void **state) {
    (void)state;
    struct decoding decoding;
    decoding_init(&decoding, FORMAT_JSON, FRAMING_NONE, "a int");
    for (int i = 0; i < VIRTUAL_COUNT; i++) {
        decoding_need(&decoding, (enum virtual_column)i);
    }
    struct record records[] = {{.data = " {\"a\":\n1} ", .len = 10, .offset = 3},
                               {.data = NULL, .len = 0, .offset = 4},
                               {.data = "", .len = 0, .offset = 5},
                               {.data = "{}", .len = 2, .offset = 6}};
    struct record_extra extras[] = {{.key = SLICE_LITERAL("k"),
                                     .headers = SLICE_LITERAL("{\"h\": 1}"),
                                     .time_us = 1767225600000000},
                                    {.key = SLICE_LITERAL("gone"), .time_us = 0},
                                    {.time_us = 0},
                                    {.key = SLICE_LITERAL("\xff"), .time_us = 0}};
    struct raw raw = {.records = records, .records_count = 4, .extras = extras};
    decoding_run_raw(&decoding, &raw);
    assert_int_equal(decoding.batch.rows, 4);
    assert_string_equal(decoding_text(&decoding, "a", 0), "1");
    assert_string_equal(decoding_text(&decoding, "_raw", 0), " {\"a\":\n1} ");
    assert_string_equal(decoding_text(&decoding, "_value", 0), "{\"a\":\n1}");
    assert_string_equal(decoding_text(&decoding, "_key", 0), "k");
    assert_string_equal(decoding_text(&decoding, "_headers", 0), "{\"h\": 1}");
    assert_string_equal(decoding_text(&decoding, "_time", 0), "2026-01-01 00:00:00+00");
    assert_string_equal(decoding_text(&decoding, "_position", 0), "3");
    assert_string_equal(decoding_text(&decoding, "a", 1), "NULL");
    assert_string_equal(decoding_text(&decoding, "_value", 1), "NULL");
    assert_string_equal(decoding_text(&decoding, "_key", 1), "gone");
    assert_string_equal(decoding_text(&decoding, "_headers", 1), "NULL");
    decoding_check_withdrawn(&decoding, 2, "22P02",
                             "invalid JSON at byte 0: the document ends too early");
    assert_string_equal(decoding_withdrawal(&decoding, 3)->code, "22021");
    assert_int_equal(decoding.batch.selected, 2);
    decoding_free(&decoding);
}

static void documents_and_arrays_give_records(void **state) {
    (void)state;
    static const struct {
        enum framing framing;
        const char *text;
    } cases[] = {{FRAMING_DOCUMENTS, "{\n\"a\": 1\n}\noops\n{\"a\":\n2}{\"a\":3"},
                 {FRAMING_ARRAY, "[{\n\"a\": 1\n},\noops\n,{\"a\":\n2},{\"a\":3"}};
    for (uint32_t i = 0; i < 2; i++) {
        struct decoding decoding;
        decoding_init(&decoding, FORMAT_JSON, cases[i].framing, "a int");
        decoding_run(&decoding, slice_of(cases[i].text));
        assert_int_equal(decoding.batch.rows, 4);
        assert_string_equal(decoding_text(&decoding, "a", 0), "1");
        decoding_check_withdrawn(&decoding, 1, "22P02", "invalid JSON at byte 0: value expected");
        assert_string_equal(decoding_text(&decoding, "a", 2), "2");
        decoding_check_withdrawn(&decoding, 3, "22P02",
                                 "invalid JSON at byte 6: the document ends too early");
        decoding_free(&decoding);
    }
}

static void an_empty_element_is_refused(void **state) {
    (void)state;
    struct decoding decoding;
    decoding_init(&decoding, FORMAT_JSON, FRAMING_ARRAY, "a int");
    struct raw raw = {.data = "[{},,{}]", .len = 8};
    decoding_run_raw(&decoding, &raw);
    assert_int_equal(decoding.batch.rows, 3);
    decoding_check_withdrawn(&decoding, 1, "22P02",
                             "invalid JSON at byte 0: the document ends too early");
    decoding_free(&decoding);
}

static void no_bytes_give_no_records(void **state) {
    (void)state;
    static const enum framing framings[] = {FRAMING_LINES, FRAMING_DOCUMENTS, FRAMING_ARRAY};
    for (uint32_t i = 0; i < 3; i++) {
        struct decoding decoding;
        decoding_init(&decoding, FORMAT_JSON, framings[i], "a int");
        decoding_need(&decoding, VIRTUAL_ID);
        struct raw raw = {.data = i ? "\n \n" : NULL, .len = i ? 3 : 0};
        decoding_run_raw(&decoding, &raw);
        assert_int_equal(decoding.batch.rows, 0);
        assert_int_equal(decoding.batch.selected, 0);
        decoding_free(&decoding);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars_go_through_their_text),
        cmocka_unit_test(json_columns_keep_their_bytes),
        cmocka_unit_test(arrays_come_from_json_arrays_and_array_text),
        cmocka_unit_test(null_and_absent_are_null),
        cmocka_unit_test(a_null_where_none_may_be_withdraws),
        cmocka_unit_test(a_failing_conversion_withdraws_its_record_alone),
        cmocka_unit_test(malformed_json_is_withdrawn_even_where_nobody_looks),
        cmocka_unit_test(a_message_about_a_long_value_is_cut),
        cmocka_unit_test(empty_lines_cost_no_room),
        cmocka_unit_test(a_record_that_is_no_object_has_only_its_value),
        cmocka_unit_test(a_record_beyond_the_limit_is_withdrawn),
        cmocka_unit_test(virtual_columns_of_a_file),
        cmocka_unit_test(virtual_columns_of_messages),
        cmocka_unit_test(documents_and_arrays_give_records),
        cmocka_unit_test(an_empty_element_is_refused),
        cmocka_unit_test(no_bytes_give_no_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
