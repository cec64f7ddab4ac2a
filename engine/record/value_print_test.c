/* SPDX-License-Identifier: Apache-2.0 */
/* Values as text and as JSON; modifiers; order. */
#include "engine/record/value_check.h"

static struct arena *arena;

static int arena_make(void **state) {
    (void)state;
    arena = arena_new(NULL, POOL_COLUMNS);
    return 0;
}

static int arena_drop(void **state) {
    (void)state;
    arena_free(arena);
    return 0;
}

static void read_as(const char *type_text, const char *text, void *ret_value) {
    struct value_error error;
    const struct timezone *zone = check_zone("Asia/Kolkata");
    if (!value_parse(check_type(type_text), slice_of(text), zone, arena, ret_value, &error)) {
        fail_msg("%s '%s': %s", type_text, text, error.code);
    }
}

/* Expectations are row_to_json's. */
static void json_is_written_as_by_row_to_json(void **state) {
    (void)state;
    static const struct value_case rows[] = {
        {"bool", "t", "true"},
        {"bool", "f", "false"},
        {"int2", "-7", "-7"},
        {"int8", "9223372036854775807", "9223372036854775807"},
        {"float8", "1e20", "1e+20"},
        {"float8", "-0", "-0"},
        {"float8", "NaN", "\"NaN\""},
        {"float4", "-inf", "\"-Infinity\""},
        {"numeric", "1.50", "1.50"},
        {"numeric", "NaN", "\"NaN\""},
        {"numeric", "Infinity", "\"Infinity\""},
        {"text", "a\"b\\c\n\t\x01/\xc3\xa9\x7f", "\"a\\\"b\\\\c\\n\\t\\u0001/\xc3\xa9\x7f\""},
        {"text", "\b\f\r", "\"\\b\\f\\r\""},
        {"text", "", "\"\""},
        {"bytea", "\\x00ff", "\"\\\\x00ff\""},
        {"date", "2013-01-05", "\"2013-01-05\""},
        {"date", "0044-03-15 BC", "\"0044-03-15 BC\""},
        {"time", "10:11:12.5", "\"10:11:12.5\""},
        {"timestamp", "2013-01-05 10:11:12.5", "\"2013-01-05T10:11:12.5\""},
        {"timestamp", "infinity", "\"infinity\""},
        {"timestamptz", "2013-01-05 10:11:12Z", "\"2013-01-05T15:41:12+05:30\""},
        {"interval", "1 day 02:00", "\"1 day 02:00:00\""},
        {"uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
         "\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\""},
        {"int4[]", "{1,NULL,3}", "[1,null,3]"},
        {"text[]", "{}", "[]"},
        {"text[]", "{a,\"b\\\"\"}", "[\"a\",\"b\\\"\"]"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char value[16] __attribute__((aligned(16)));
        struct buffer out;
        buffer_init(&out, arena, 8);
        read_as(rows[i].type, rows[i].text, value);
        value_print_json(check_type(rows[i].type), value, check_zone("Asia/Kolkata"), &out);
        buffer_append_byte(&out, '\0');
        assert_string_equal(out.data, rows[i].expected);
    }
}

static void a_zone_offset_with_seconds_is_printed_whole(void **state) {
    (void)state;
    static const struct value_case rows[] = {
        {"timestamptz", "1800-01-01 00:00:00+00", "1800-01-01 00:53:28+00:53:28"},
        {"timestamptz", "2013-07-01 00:00:00+00", "2013-07-01 02:00:00+02"},
    };
    CHECK_VALUES(rows, "Europe/Berlin");
}

static void a_cast_cuts_where_an_assignment_refuses(void **state) {
    (void)state;
    struct value_error error;
    struct slice text = slice_of("h\xc3\xa9llo");
    assert_false(value_modify(check_type("varchar(3)"), &text, false, arena, &error));
    assert_string_equal(error.code, "22001");
    assert_true(slice_is(error.message, "value too long for type character varying(3)"));
    assert_true(value_modify(check_type("varchar(3)"), &text, true, arena, &error));
    assert_true(slice_is(text, "h\xc3\xa9l"));
    assert_true(value_modify(check_type("char(5)"), &text, false, arena, &error));
    assert_true(slice_is(text, "h\xc3\xa9l  "));
    assert_true(value_modify(check_type("char(3)"), &text, false, arena, &error));
    assert_true(slice_is(text, "h\xc3\xa9l"));
    assert_false(value_modify(check_type("char(2)"), &text, false, arena, &error));
    assert_true(slice_is(error.message, "value too long for type character(2)"));
}

static void modifiers_reach_the_elements_of_arrays(void **state) {
    (void)state;
    struct value_error error;
    const struct array *array;
    read_as("text[]", "{abc,NULL,de}", &array);
    const struct array *kept = array;
    assert_false(value_modify(check_type("varchar(2)[]"), &array, false, arena, &error));
    assert_ptr_equal(array, kept);
    assert_true(value_modify(check_type("varchar(2)[]"), &array, true, arena, &error));
    struct buffer out;
    buffer_init(&out, arena, 8);
    value_print(check_type("text[]"), &array, NULL, &out);
    assert_true(slice_is(buffer_slice(&out), "{ab,NULL,de}"));
}

static int order_of(const char *type, const char *a, const char *b) {
    char left[16] __attribute__((aligned(16))), right[16] __attribute__((aligned(16)));
    read_as(type, a, left);
    read_as(type, b, right);
    int order = value_compare(check_type(type), left, right, arena);
    int opposite = value_compare(check_type(type), right, left, arena);
    assert_int_equal((order > 0) - (order < 0), (opposite < 0) - (opposite > 0));
    return (order > 0) - (order < 0);
}

static void order_is_that_of_the_btree_classes(void **state) {
    (void)state;
    assert_int_equal(order_of("bool", "f", "t"), -1);
    assert_int_equal(order_of("int8", "-9223372036854775808", "9223372036854775807"), -1);
    assert_int_equal(order_of("float8", "NaN", "inf"), 1);
    assert_int_equal(order_of("float8", "NaN", "NaN"), 0);
    assert_int_equal(order_of("float8", "-0", "0"), 0);
    assert_int_equal(order_of("numeric", "1.0", "1.00"), 0);
    assert_int_equal(order_of("numeric", "-10", "-9"), -1);
    assert_int_equal(order_of("text", "a", "B"), 1);
    assert_int_equal(order_of("text", "a", "ab"), -1);
    assert_int_equal(order_of("text", "z", "\xc3\xa9"), -1);
    assert_int_equal(order_of("text", "a ", "a"), 1);
    assert_int_equal(order_of("char(4)", "a ", "a"), 0);
    assert_int_equal(order_of("bpchar", "a  ", "a"), 0);
    assert_int_equal(order_of("bytea", "\\xff", "\\x00ff"), 1);
    assert_int_equal(order_of("date", "-infinity", "4714-11-24 BC"), -1);
    assert_int_equal(order_of("timestamp", "infinity", "294276-12-31"), 1);
    assert_int_equal(order_of("interval", "1 mon", "30 days"), 0);
    assert_int_equal(order_of("interval", "1 mon", "29 days 23:59"), 1);
    assert_int_equal(order_of("int4[]", "{1,2}", "{1,2,3}"), -1);
    assert_int_equal(order_of("int4[]", "{1,NULL}", "{1,2,3}"), 1);
    assert_int_equal(order_of("int4[]", "{NULL}", "{NULL}"), 0);
    assert_int_equal(order_of("uuid", "00000000-0000-0000-0000-0000000000ff",
                              "ff000000-0000-0000-0000-000000000000"),
                     -1);
}

static void long_messages_are_cut_between_characters(void **state) {
    (void)state;
    char text[3000];
    struct value_error error;
    int32_t value;
    for (size_t i = 0; i < sizeof text; i += 2) {
        memcpy(text + i, "\xc3\xa9", 2);
    }
    struct slice bad = slice_make(text, sizeof text);
    size_t bad_at;
    assert_false(value_parse(TYPE(INT4), bad, NULL, arena, &value, &error));
    assert_string_equal(error.code, "22P02");
    assert_true(error.message.len <= 1024);
    assert_true(utf8_is_valid(error.message, &bad_at));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, arena_make, arena_drop)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(json_is_written_as_by_row_to_json),
        TEST(a_zone_offset_with_seconds_is_printed_whole),
        TEST(a_cast_cuts_where_an_assignment_refuses),
        TEST(modifiers_reach_the_elements_of_arrays),
        TEST(order_is_that_of_the_btree_classes),
        TEST(long_messages_are_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
