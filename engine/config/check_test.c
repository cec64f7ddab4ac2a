/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that are wrong are found, the engine's own are right, and defaults fill a struct. */
#include "engine/config/fixture.h"

#include "engine/config/parser.h"

static void the_rows_of_the_engine_are_sound(void **state) {
    (void)state;
    static const struct option_table *const tables[] = {
        &pipeline_table, &source_table, &position_table, &csv_table,  &json_table,  &sink_table,
        &commit_table,   &limits_table, &http_table,     &test_table, &transform_table, &sea_table};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        struct error error = {0};
        if (options_check(tables[i], &error) != STATUS_OK) {
            fail_msg("table %zu: %s", i, error.message);
        }
    }
}

static void expect_fault(struct option first, struct option second, const char *expected) {
    struct option rows[] = {first, second, {.name = NULL}};
    struct option_table table = {rows, 64};
    struct error error;
    assert_int_equal(options_check(&table, &error), STATUS_FAILED);
    assert_string_equal(error.message, expected);
}

static void a_faulty_row_is_named(void **state) {
    (void)state;
    static const char *const none[] = {NULL};
    struct option end = {.name = NULL};
    struct option fine = {.name = "fine", .type = OPTION_INT, .sentence = "fine"};
    struct option row = {.name = "row", .type = OPTION_INT, .sentence = "row", .offset = 8};
    struct option wrong = row;
    wrong.name = "Row";
    expect_fault(wrong, end, "Row: the name is not of a-z, 0-9 and _");
    wrong = row;
    wrong.sentence = "ends.";
    expect_fault(wrong, end, "row: the sentence is missing or ends with a full stop");
    wrong.sentence = NULL;
    expect_fault(wrong, end, "row: the sentence is missing or ends with a full stop");
    wrong = row;
    wrong.offset = 60;
    expect_fault(wrong, end, "row: the field lies outside the struct");
    wrong = row;
    wrong.type = OPTION_CHOICE;
    wrong.choices = none;
    expect_fault(wrong, end, "row: a choice without choices");
    wrong = row;
    wrong.type = OPTION_GROUP;
    expect_fault(wrong, end, "row: a group without rows");
    wrong = row;
    wrong.fallback = "ten";
    expect_fault(wrong, end, "row: the fallback is not a value of the option");
    wrong.fallback = "10";
    wrong.max = 9;
    expect_fault(wrong, end, "row: the fallback is not a value of the option");
    wrong.max = 0;
    wrong.flags = OPTION_REQUIRED;
    expect_fault(wrong, end, "row: required, yet with a fallback");
    wrong = row;
    wrong.type = OPTION_SECRET;
    wrong.flags = OPTION_IDENTITY;
    expect_fault(wrong, end, "row: a secret cannot be part of the identity");
    wrong.flags = 0;
    wrong.fallback = "x";
    expect_fault(wrong, end, "row: the fallback is not a value of the option");
    wrong = row;
    wrong.name = "fine";
    expect_fault(fine, wrong, "fine: the name is used twice");
    wrong = row;
    wrong.offset = 4;
    expect_fault(fine, wrong, "row: the field overlaps the one of another row");
}

static void a_fault_inside_a_group_has_its_path(void **state) {
    (void)state;
    static const struct option inner[] = {
        {.name = "inner", .type = OPTION_BOOL, .fallback = "yes", .sentence = "inner"},
        {.name = NULL}};
    static const struct option_table group = {inner, 1};
    expect_fault((struct option){.name = "outer", .type = OPTION_GROUP, .group = &group,
                                 .sentence = "outer"},
                 (struct option){.name = NULL},
                 "outer: inner: the fallback is not a value of the option");
}

static void expect_registry(const struct connector_options *one, const char *expected) {
    struct connector_options registry[] = {fixture_registry[0], *one, {.kind = NULL}};
    struct error error = {0};
    assert_int_equal(registry_check(registry, &error), *expected ? STATUS_FAILED : STATUS_OK);
    assert_string_equal(error.message, expected);
}

static void a_registry_is_checked_as_a_whole(void **state) {
    (void)state;
    static const struct option taken[] = {
        {.name = "until", .type = OPTION_TEXT, .sentence = "end"}, {.name = NULL}};
    static const struct option faulty[] = {
        {.name = "x", .type = OPTION_TEXT, .sentence = "ends."}, {.name = NULL}};
    static const struct option_table taken_table = {taken, 8}, faulty_table = {faulty, 8};
    expect_registry(&(struct connector_options){.kind = "ok", .sentence = "ok"}, "");
    expect_registry(&(struct connector_options){.kind = "sea", .sentence = "again"},
                    "sea: the kind stands here twice");
    expect_registry(&(struct connector_options){.kind = "format", .sentence = "x"},
                    "format: the kind is an option of the engine");
    expect_registry(&(struct connector_options){.kind = "transforms", .sentence = "x"},
                    "transforms: the kind is an option of the engine");
    expect_registry(&(struct connector_options){.kind = "ok"}, "ok: the sentence is missing");
    expect_registry(
        &(struct connector_options){.kind = "ok", .sentence = "x", .source = &taken_table},
        "ok: until: the engine has this option of a source");
    expect_registry(
        &(struct connector_options){.kind = "ok", .sentence = "x", .sink = &taken_table}, "");
    expect_registry(
        &(struct connector_options){.kind = "ok", .sentence = "x", .ledger = &faulty_table},
        "ok: x: the sentence is missing or ends with a full stop");
}

static void defaults_fill_a_struct_without_a_file(void **state) {
    struct fixture *fixture = *state;
    struct sea_options *sea = options_defaults(&sea_table, fixture->arena);
    assert_null(sea->url);
    assert_null(sea->password);
    assert_int_equal(sea->topics.count, 0);
    assert_false(sea->follow);
    assert_int_equal(sea->batch, 100);
    assert_int_equal(sea->buffer_bytes, 1 << 20);
    assert_int_equal(sea->timeout_us, 10000000);
    assert_true(sea->share == 0.5);
    assert_int_equal(sea->mode, 0);
    assert_int_equal(sea->delimiter, ',');
    assert_int_equal(sea->roll.bytes, 128 << 20);
    assert_int_equal(sea->roll.every_us, 300000000);
}

static void bounds_are_inclusive_and_may_be_open(void **state) {
    struct fixture *fixture = *state;
    int64_t field = 0;
    struct option row = {.type = OPTION_INT, .min = -1, .max = 5};
    assert_true(option_scalar_parse(&row, slice_of("-1"), fixture->arena, &field));
    assert_true(option_scalar_parse(&row, slice_of("5"), fixture->arena, &field));
    assert_false(option_scalar_parse(&row, slice_of("6"), fixture->arena, &field));
    assert_false(option_scalar_parse(&row, slice_of("-2"), fixture->arena, &field));
    assert_int_equal(field, 5);
    row.min = 1;
    row.max = -1;
    assert_true(option_scalar_parse(&row, slice_of("9223372036854775807"), fixture->arena, &field));
    assert_false(option_scalar_parse(&row, slice_of("0"), fixture->arena, &field));
    row.min = row.max = 0;
    assert_true(option_scalar_parse(&row, slice_of("-7"), fixture->arena, &field));
}

static void a_character_is_one_printable_one_or_a_tab(void **state) {
    struct fixture *fixture = *state;
    struct option row = {.type = OPTION_CHARACTER};
    char field = 'x';
    static const char *const wrong[] = {"", "ab", "\n", "\x7f", "\xc3\xa4", "\\n", "\r"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(option_scalar_parse(&row, slice_of(wrong[i]), fixture->arena, &field));
        assert_int_equal(field, 'x');
    }
    assert_true(option_scalar_parse(&row, slice_of("\\t"), fixture->arena, &field) &&
                field == '\t');
    assert_true(option_scalar_parse(&row, slice_of("\t"), fixture->arena, &field) && field == '\t');
    assert_true(option_scalar_parse(&row, slice_of("\\"), fixture->arena, &field) && field == '\\');
    assert_true(option_scalar_parse(&row, slice_of(" "), fixture->arena, &field) && field == ' ');
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rows_of_the_engine_are_sound),
        cmocka_unit_test(a_faulty_row_is_named),
        cmocka_unit_test(a_fault_inside_a_group_has_its_path),
        cmocka_unit_test(a_registry_is_checked_as_a_whole),
        FIXTURE_TEST(defaults_fill_a_struct_without_a_file),
        FIXTURE_TEST(bounds_are_inclusive_and_may_be_open),
        FIXTURE_TEST(a_character_is_one_printable_one_or_a_tab),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
