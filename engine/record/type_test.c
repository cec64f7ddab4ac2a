/* SPDX-License-Identifier: Apache-2.0 */
/* Type names as people write them, and as they are printed. */
#include "engine/record/value_check.h"

static void assert_reads_as(const char *written, const char *printed) {
    struct slice rest = slice_of(written);
    struct type type;
    struct error error;
    char text[64];
    if (type_parse(&rest, &type, &error) != STATUS_OK || rest.len) {
        fail_msg("%s: not read whole", written);
    }
    type_print(type, text, sizeof text);
    assert_string_equal(text, printed);
    struct slice again = slice_of(text);
    struct type same;
    assert_int_equal(type_parse(&again, &same, &error), STATUS_OK);
    assert_true(type_equal(type, same));
}

static void every_alias_reads_as_its_type(void **state) {
    (void)state;
    static const char *const pairs[][2] = {
        {"bool", "boolean"},
        {"BOOLEAN", "boolean"},
        {"int2", "smallint"},
        {"int", "integer"},
        {"INTEGER", "integer"},
        {"int4", "integer"},
        {"bigint", "bigint"},
        {"int8", "bigint"},
        {"real", "real"},
        {"float4", "real"},
        {"float(24)", "real"},
        {"float(25)", "double precision"},
        {"float", "double precision"},
        {"double  precision", "double precision"},
        {"decimal(12, 2)", "numeric(12,2)"},
        {"numeric(5)", "numeric(5,0)"},
        {"numeric(3,-2)", "numeric(3,-2)"},
        {"dec", "numeric"},
        {"text", "text"},
        {"varchar", "text"},
        {"varchar(20)", "varchar(20)"},
        {"character varying(7)", "varchar(7)"},
        {"char", "char(1)"},
        {"character(4)", "char(4)"},
        {"bpchar", "bpchar"},
        {"timestamp", "timestamp"},
        {"timestamp(3) without time zone", "timestamp(3)"},
        {"timestamp with time zone", "timestamptz"},
        {"timestamp(3) WITH TIME ZONE", "timestamptz(3)"},
        {"timestamptz(0)", "timestamptz(0)"},
        {"time without time zone", "time"},
        {"text[]", "text[]"},
        {"numeric(5,2)[3]", "numeric(5,2)[]"},
        {"int array", "integer[]"},
        {"jsonb", "jsonb"},
        {"interval", "interval"},
        {"uuid", "uuid"},
        {"bytea", "bytea"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        assert_reads_as(pairs[i][0], pairs[i][1]);
    }
}

static void what_is_no_type_is_refused_by_name(void **state) {
    (void)state;
    static const char *const texts[] = {"foo",
                                        "",
                                        "numeric(0)",
                                        "numeric(1001)",
                                        "varchar(0)",
                                        "text(3)",
                                        "int(4)",
                                        "timestamp(7)",
                                        "numeric(5,2",
                                        "int[][]",
                                        "int[3",
                                        "time with time zone",
                                        "numeric(a)",
                                        "(3)",
                                        "varchar(1,2)",
                                        "float(54)",
                                        "varchar(10485761)"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct slice rest = slice_of(texts[i]);
        struct type type;
        struct error error = {0};
        if (type_parse(&rest, &type, &error) == STATUS_OK) {
            fail_msg("%s was read as a type", texts[i]);
        }
        assert_true(error.message[0]);
        assert_true(slice_is(rest, texts[i]));
    }
    struct slice rest = slice_of("foo bar");
    struct type type;
    struct error error;
    assert_int_equal(type_parse(&rest, &type, &error), STATUS_FAILED);
    assert_non_null(strstr(error.message, "\"foo\""));
    assert_non_null(strstr(error.message, "timestamptz"));
}

static void the_text_behind_a_type_is_left(void **state) {
    (void)state;
    struct slice rest = slice_of("timestamp not null");
    struct type type;
    struct error error;
    assert_int_equal(type_parse(&rest, &type, &error), STATUS_OK);
    assert_int_equal(type.id, TYPE_TIMESTAMP);
    assert_true(slice_is(rest, " not null"));
}

static void printing_is_cut_to_the_room(void **state) {
    (void)state;
    char text[5];
    type_print(TYPE(TIMESTAMPTZ), text, sizeof text);
    assert_string_equal(text, "time");
}

static void widths_are_those_of_the_c_types(void **state) {
    (void)state;
    assert_int_equal(type_width(TYPE(BOOL)), 1);
    assert_int_equal(type_width(TYPE(INT2)), 2);
    assert_int_equal(type_width(TYPE(DATE)), 4);
    assert_int_equal(type_width(TYPE(TIMESTAMPTZ)), 8);
    assert_int_equal(type_width(TYPE(INTERVAL)), 16);
    assert_int_equal(type_width(TYPE(UUID)), 16);
    assert_int_equal(type_width(TYPE(TEXT)), sizeof(struct slice));
    struct type array = TYPE(BOOL);
    array.array = true;
    assert_int_equal(type_width(array), sizeof(void *));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_alias_reads_as_its_type),
        cmocka_unit_test(what_is_no_type_is_refused_by_name),
        cmocka_unit_test(the_text_behind_a_type_is_left),
        cmocka_unit_test(printing_is_cut_to_the_room),
        cmocka_unit_test(widths_are_those_of_the_c_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
