/* SPDX-License-Identifier: Apache-2.0 */
/* What Postgres makes of each spelling, type by type. */
#include "engine/record/value_check.h"

static const struct value_case integers[] = {
    {"int4", "0", "0"},
    {"int4", "-0", "0"},
    {"int4", "+5", "5"},
    {"int4", " 7 ", "7"},
    {"int4", "00012", "12"},
    {"int4", "000000000000000000000000000012", "12"},
    {"int4", "1.0", "22P02 invalid input syntax for type integer: \"1.0\"", true},
    {"int4", "1e3", "22P02 invalid input syntax for type integer: \"1e3\"", true},
    {"int4", "", "22P02 invalid input syntax for type integer: \"\"", true},
    {"int4", "  ", "22P02 invalid input syntax for type integer: \"  \"", true},
    {"int4", "-", "22P02 invalid input syntax for type integer: \"-\"", true},
    {"int4", "+", "22P02 invalid input syntax for type integer: \"+\"", true},
    {"int4", "0x10", "22P02 invalid input syntax for type integer: \"0x10\"", true},
    {"int4", "1 2", "22P02 invalid input syntax for type integer: \"1 2\"", true},
};

static void integers_take_signs_zeros_and_white_space_but_nothing_else(void **state) {
    (void)state;
    CHECK_VALUES(integers, "UTC");
}

static const struct value_case integer_ranges[] = {
    {"int2", "32767", "32767"},
    {"int2", "32768", "22003 value \"32768\" is out of range for type smallint", true},
    {"int2", "-32768", "-32768"},
    {"int2", "-32769", "22003 value \"-32769\" is out of range for type smallint", true},
    {"int4", "2147483647", "2147483647"},
    {"int4", "2147483648", "22003 value \"2147483648\" is out of range for type integer", true},
    {"int4", "-2147483648", "-2147483648"},
    {"int4", "-2147483649", "22003 value \"-2147483649\" is out of range for type integer", true},
    {"int8", "9223372036854775807", "9223372036854775807"},
    {"int8", "9223372036854775808",
     "22003 value \"9223372036854775808\" is out of range for type bigint", true},
    {"int8", "-9223372036854775808", "-9223372036854775808"},
    {"int8", "-9223372036854775809",
     "22003 value \"-9223372036854775809\" is out of range for type bigint", true},
    {"int4", "99999999999", "22003 value \"99999999999\" is out of range for type integer", true},
    {"int4", "99999999999x", "22003 value \"99999999999x\" is out of range for type integer", true},
    {"int4", "2147483648x", "22P02 invalid input syntax for type integer: \"2147483648x\"", true},
    {"int8", "1x", "22P02 invalid input syntax for type bigint: \"1x\"", true},
};

static void integers_outside_their_range_are_22003(void **state) {
    (void)state;
    CHECK_VALUES(integer_ranges, "UTC");
}

static const struct value_case booleans[] = {
    {"bool", "t", "t"},
    {"bool", "TRUE", "t"},
    {"bool", "tr", "t"},
    {"bool", "f", "f"},
    {"bool", "fals", "f"},
    {"bool", "y", "t"},
    {"bool", "ye", "t"},
    {"bool", "n", "f"},
    {"bool", "no", "f"},
    {"bool", "on", "t"},
    {"bool", "off", "f"},
    {"bool", "of", "f"},
    {"bool", "o", "22P02 invalid input syntax for type boolean: \"o\"", true},
    {"bool", "1", "t"},
    {"bool", "0", "f"},
    {"bool", "11", "22P02 invalid input syntax for type boolean: \"11\"", true},
    {"bool", " true ", "t"},
    {"bool", "", "22P02 invalid input syntax for type boolean: \"\"", true},
};

static void booleans_take_every_prefix_that_is_not_ambiguous(void **state) {
    (void)state;
    CHECK_VALUES(booleans, "UTC");
}

static const struct value_case floats[] = {
    {"float8", "0", "0"},
    {"float8", "-0", "-0"},
    {"float8", "0.1", "0.1"},
    {"float8", "1e20", "1e+20"},
    {"float8", "1e15", "1e+15"},
    {"float8", "123456789012345", "123456789012345"},
    {"float8", "1234567890123456", "1.234567890123456e+15"},
    {"float8", "1e-5", "1e-05"},
    {"float8", "0.0001", "0.0001"},
    {"float8", "0.00001", "1e-05"},
    {"float8", "5e-324", "5e-324"},
    {"float8", "2.2250738585072014e-308", "2.2250738585072014e-308"},
    {"float8", "1.7976931348623157e308", "1.7976931348623157e+308"},
    {"float8", "9007199254740993", "9.007199254740992e+15"},
    {"float8", "18014398509481990", "1.8014398509481992e+16"},
    {"float8", "2e23", "1.9999999999999998e+23"},
    {"float8", "1e22", "1e+22"},
    {"float8", "1e23", "9.999999999999999e+22"},
    {"float8", "0.3", "0.3"},
    {"float8", "1e14", "100000000000000"},
    {"float8", "100000000000000000000", "1e+20"},
    {"float8", "123.456", "123.456"},
    {"float8", "8.41e21", "8.409999999999999e+21"},
    {"float4", "0.1", "0.1"},
    {"float4", "1e5", "100000"},
    {"float4", "1e6", "1e+06"},
    {"float4", "123456", "123456"},
    {"float4", "1234567", "1.234567e+06"},
    {"float4", "16777217", "1.6777216e+07"},
    {"float4", "3.4028235e38", "3.4028235e+38"},
    {"float4", "1e-45", "1e-45"},
    {"float4", "1237940039285380274899124223", "1.2379401e+27"},
    {"float4", "33554432", "3.3554432e+07"},
};

static void floats_print_the_shortest_text_that_reads_back(void **state) {
    (void)state;
    CHECK_VALUES(floats, "UTC");
}

static const struct value_case float_failures[] = {
    {"float8", "1e400", "22003 \"1e400\" is out of range for type double precision", true},
    {"float8", "-1e400", "22003 \"-1e400\" is out of range for type double precision", true},
    {"float8", "1e-400", "22003 \"1e-400\" is out of range for type double precision", true},
    {"float8", "", "22P02 invalid input syntax for type double precision: \"\"", true},
    {"float8", "abc", "22P02 invalid input syntax for type double precision: \"abc\"", true},
    {"float8", "1e", "22P02 invalid input syntax for type double precision: \"1e\"", true},
    {"float8", "1.5 x", "22P02 invalid input syntax for type double precision: \"1.5 x\"", true},
    {"float8", "1,5", "22P02 invalid input syntax for type double precision: \"1,5\"", true},
    {"float8", ".", "22P02 invalid input syntax for type double precision: \".\"", true},
    {"float4", "3.5e38", "22003 \"3.5e38\" is out of range for type real", true},
    {"float4", "1e-46", "22003 \"1e-46\" is out of range for type real", true},
    {"float4", "x", "22P02 invalid input syntax for type real: \"x\"", true},
};

static void floats_refuse_what_does_not_fit_or_is_no_number(void **state) {
    (void)state;
    CHECK_VALUES(float_failures, "UTC");
}

static const struct value_case float_specials[] = {
    {"float8", "NaN", "NaN"},
    {"float8", "nan", "NaN"},
    {"float8", "inf", "Infinity"},
    {"float8", "-inf", "-Infinity"},
    {"float8", "Infinity", "Infinity"},
    {"float8", "+Infinity", "Infinity"},
    {"float8", "-Infinity", "-Infinity"},
    {"float8", "infinit", "22P02 invalid input syntax for type double precision: \"infinit\"",
     true},
    {"float8", "0x1A", "26"},
    {"float8", " 1.5 ", "1.5"},
    {"float8", ".5", "0.5"},
    {"float8", "5.", "5"},
};

static void floats_know_nan_and_the_infinities(void **state) {
    (void)state;
    CHECK_VALUES(float_specials, "UTC");
}

static const struct value_case numerics[] = {
    {"numeric", "0", "0"},
    {"numeric", "-0", "0"},
    {"numeric", "-0.00", "0.00"},
    {"numeric", "1.50", "1.50"},
    {"numeric", "007.10", "7.10"},
    {"numeric", "1e3", "1000"},
    {"numeric", " +.5 ", "0.5"},
    {"numeric", "-.5e-3", "-0.0005"},
    {"numeric", "nan", "NaN"},
    {"numeric", "inf", "Infinity"},
    {"numeric", "-inf", "-Infinity"},
    {"numeric", "1e", "22P02 invalid input syntax for type numeric: \"1e\"", true},
    {"numeric", "1e 5", "100000"},
    {"numeric", "", "22P02 invalid input syntax for type numeric: \"\"", true},
    {"numeric", ".", "22P02 invalid input syntax for type numeric: \".\"", true},
    {"numeric", "1.", "1"},
    {"numeric", "1..2", "22P02 invalid input syntax for type numeric: \"1..2\"", true},
    {"numeric", "1e-16384", "22003 value overflows numeric format", true},
    {"numeric", "1e131072", "22003 value overflows numeric format", true},
    {"numeric", "0e-20000", "22003 value overflows numeric format", true},
    {"numeric", "1e2000000000", "22003 value overflows numeric format", true},
    {"numeric", "12a", "22P02 invalid input syntax for type numeric: \"12a\"", true},
    {"numeric", "0.0", "0.0"},
    {"numeric", "00", "0"},
    {"numeric", "1e-3", "0.001"},
    {"numeric", "123.456e1", "1234.56"},
    {"numeric", "123456e3", "123456000"},
};

static void numeric_becomes_canonical(void **state) {
    (void)state;
    CHECK_VALUES(numerics, "UTC");
}

static const struct value_case numeric_modifiers[] = {
    {"numeric(5,2)", "999.994", "999.99"},
    {"numeric(5,2)", "999.995", "22003 numeric field overflow", true},
    {"numeric(5,2)", "-999.995", "22003 numeric field overflow", true},
    {"numeric(5,2)", "1000", "22003 numeric field overflow", true},
    {"numeric(5,2)", "0.005", "0.01"},
    {"numeric(5,2)", "0.0049", "0.00"},
    {"numeric(5,2)", "NaN", "NaN"},
    {"numeric(5,2)", "Infinity", "22003 numeric field overflow", true},
    {"numeric(3,-2)", "12345", "12300"},
    {"numeric(3,-2)", "150", "200"},
    {"numeric(3,-2)", "149", "100"},
    {"numeric(3,-2)", "99950", "22003 numeric field overflow", true},
    {"numeric(3,-2)", "99949", "99900"},
    {"numeric(3,5)", "0.00999", "0.00999"},
    {"numeric(3,5)", "0.01", "22003 numeric field overflow", true},
    {"numeric(3,5)", "0.009995", "22003 numeric field overflow", true},
};

static void numeric_modifiers_round_and_refuse(void **state) {
    (void)state;
    CHECK_VALUES(numeric_modifiers, "UTC");
}

static const struct value_case byteas[] = {
    {"bytea", "\\x", "\\x"},
    {"bytea", "\\x00ff", "\\x00ff"},
    {"bytea", "\\xABcd", "\\xabcd"},
    {"bytea", "\\x0", "22023 invalid hexadecimal data: odd number of digits", true},
    {"bytea", "\\xzz", "22023 invalid hexadecimal digit: \"z\"", true},
    {"bytea", "\\x 12 34", "\\x1234"},
    {"bytea", "\\x1 2", "22023 invalid hexadecimal digit: \" \"", true},
    {"bytea", "abc", "\\x616263"},
    {"bytea", "a\\\\b", "\\x615c62"},
    {"bytea", "\\001\\377", "\\x01ff"},
    {"bytea", "\\400", "22P02 invalid input syntax for type bytea", true},
    {"bytea", "\\", "22P02 invalid input syntax for type bytea", true},
    {"bytea", "\\9", "22P02 invalid input syntax for type bytea", true},
};

static void bytea_reads_both_spellings_and_prints_hex(void **state) {
    (void)state;
    CHECK_VALUES(byteas, "UTC");
}

static const struct value_case uuids[] = {
    {"uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
    {"uuid", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
    {"uuid", "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
    {"uuid", "a0eebc999c0b4ef8bb6d6bb9bd380a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
    {"uuid", "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
    {"uuid", "", "22P02 invalid input syntax for type uuid: \"\"", true},
    {"uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1",
     "22P02 invalid input syntax for type uuid: \"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1\"", true},
    {"uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a111",
     "22P02 invalid input syntax for type uuid: \"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a111\"", true},
    {"uuid", " a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
     "22P02 invalid input syntax for type uuid: \" a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\"", true},
    {"uuid", "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
     "22P02 invalid input syntax for type uuid: \"{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\"", true},
    {"uuid", "a0eebc99--9c0b-4ef8-bb6d-6bb9bd380a11",
     "22P02 invalid input syntax for type uuid: \"a0eebc99--9c0b-4ef8-bb6d-6bb9bd380a11\"", true},
};

static void uuid_takes_braces_and_hyphens_after_groups_of_four(void **state) {
    (void)state;
    CHECK_VALUES(uuids, "UTC");
}

static const struct value_case arrays[] = {
    {"int4[]", "{}", "{}"},
    {"int4[]", "{ 1 , 2 }", "{1,2}"},
    {"int4[]", "{1,NULL,null}", "{1,NULL,NULL}"},
    {"int4[]", "{1,2", "22P02 malformed array literal: \"{1,2\"", true},
    {"int4[]", "1,2", "22P02 malformed array literal: \"1,2\"", true},
    {"int4[]", "{1,,2}", "22P02 malformed array literal: \"{1,,2}\"", true},
    {"int4[]", "{1,2}x", "22P02 malformed array literal: \"{1,2}x\"", true},
    {"int4[]", "{x}", "22P02 invalid input syntax for type integer: \"x\"", true},
    {"int4[]", "{1,}", "22P02 malformed array literal: \"{1,}\"", true},
    {"int4[]", "", "22P02 malformed array literal: \"\"", true},
    {"text[]", "{a,b}", "{a,b}"},
    {"text[]", "{ a b , c }", "{\"a b\",c}"},
    {"text[]", "{\"a\\\"b\",\"\",null,\"null\"}", "{\"a\\\"b\",\"\",NULL,\"null\"}"},
    {"text[]", "{a\\,b}", "{\"a,b\"}"},
    {"text[]", "{\\null}", "{\"null\"}"},
    {"text[]", "{a\"b}", "22P02 malformed array literal: \"{a\"b}\"", true},
    {"text[]", "{a\\", "22P02 malformed array literal: \"{a\\\"", true},
    {"text[]", "{a\\ }", "{\"a \"}"},
    {"text[]", "{nUll}", "{NULL}"},
    {"numeric(5,2)[]", "{1.555,2}", "{1.56,2.00}"},
    {"timestamp[]", "{2020-01-01 10:00:00}", "{\"2020-01-01 10:00:00\"}"},
};

static void arrays_quote_what_needs_it(void **state) {
    (void)state;
    CHECK_VALUES(arrays, "UTC");
}

static void json_is_checked_and_jsonb_normalised(void **state) {
    (void)state;
    static const struct value_case jsons[] = {
        {"json", " {\"a\" :1} ", " {\"a\" :1} "},
        {"json", "{", "22P02 invalid input syntax for type json", true},
        {"json", "", "22P02 invalid input syntax for type json", true},
        {"json", "\"\\u0000\"", "\"\\u0000\""},
        {"jsonb", "{\"bb\":1.0,\"a\":[ 1,2]}", "{\"a\": [1, 2], \"bb\": 1.0}"},
        {"jsonb", "\"\\u0000\"", "22P05 unsupported Unicode escape sequence", true},
        {"jsonb", "nul", "22P02 invalid input syntax for type json", true},
    };
    CHECK_VALUES(jsons, "UTC");
}

static void json_that_is_too_deep_is_refused(void **state) {
    (void)state;
    struct arena *arena = arena_new(NULL, POOL_COLUMNS);
    struct value_error error;
    struct slice value;
    char deep_json[4000];
    memset(deep_json, '[', sizeof deep_json / 2);
    memset(deep_json + sizeof deep_json / 2, ']', sizeof deep_json / 2);
    struct slice text = slice_make(deep_json, sizeof deep_json);
    assert_false(value_parse(TYPE(JSONB), text, NULL, arena, &value, &error));
    assert_string_equal(error.code, "22P02");
    text = slice_make(deep_json + 1900, 200);
    assert_true(value_parse(TYPE(JSONB), text, NULL, arena, &value, &error));
    arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_take_signs_zeros_and_white_space_but_nothing_else),
        cmocka_unit_test(integers_outside_their_range_are_22003),
        cmocka_unit_test(booleans_take_every_prefix_that_is_not_ambiguous),
        cmocka_unit_test(floats_print_the_shortest_text_that_reads_back),
        cmocka_unit_test(floats_refuse_what_does_not_fit_or_is_no_number),
        cmocka_unit_test(floats_know_nan_and_the_infinities),
        cmocka_unit_test(numeric_becomes_canonical),
        cmocka_unit_test(numeric_modifiers_round_and_refuse),
        cmocka_unit_test(bytea_reads_both_spellings_and_prints_hex),
        cmocka_unit_test(uuid_takes_braces_and_hyphens_after_groups_of_four),
        cmocka_unit_test(arrays_quote_what_needs_it),
        cmocka_unit_test(json_is_checked_and_jsonb_normalised),
        cmocka_unit_test(json_that_is_too_deep_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
