/* SPDX-License-Identifier: Apache-2.0 */
/* How a plan runs: what is shared, what is computed, how selections and origins are kept. */
#include "engine/sql/sql_fixture.h"

#include <stdio.h>

static const char columns[] = "i int, l bigint, f float8, n numeric, t text, ts timestamp";

static struct batch run(struct fixture *fixture, const char *statement, const char *lines) {
    assert_true(fixture_compile(fixture, statement));
    struct batch batch = fixture_batch(fixture, slice_of(lines));
    assert_int_equal(sql_run(fixture->plan, &batch, &fixture->error), STATUS_OK);
    return batch;
}

static void columns_passed_on_are_shared_and_keep_no_selection(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, columns);
    assert_true(fixture_compile(&fixture, "select t as name, i from input"));
    struct batch batch =
        fixture_batch(&fixture, SLICE_LITERAL("{\"i\":1,\"t\":\"x\"}\n{\"i\":2}\n"));
    const void *texts = batch.columns[4].values, *integers = batch.columns[0].values;
    assert_int_equal(sql_run(fixture.plan, &batch, &fixture.error), STATUS_OK);
    assert_ptr_equal(batch.columns[0].values, texts);
    assert_ptr_equal(batch.columns[1].values, integers);
    assert_null(batch.selection);
    assert_int_equal(batch.selected, 2);
    assert_string_equal(batch.schema->fields[0].name, "name");
    fixture_fini(&fixture);
}

static void only_columns_that_are_read_are_needed(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, columns);
    bool needed[32] = {false};
    assert_true(fixture_compile(&fixture,
                                "select upper(t) as t from input where i > 1 order by _position"));
    sql_plan_needs(fixture.plan, needed);
    for (uint32_t i = 0; i < fixture.input.count; i++) {
        const char *name = fixture.input.fields[i].name;
        bool wanted =
            strcmp(name, "t") == 0 || strcmp(name, "i") == 0 || strcmp(name, "_position") == 0;
        assert_int_equal(needed[i], wanted);
    }
    assert_true(sql_plan_traits(fixture.plan).order_or_limit);
    fixture_fini(&fixture);
}

static void a_selection_is_narrowed_and_never_widened(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, columns);
    assert_true(fixture_compile(&fixture, "select i, 10 / i as q from input where i < 4"));
    struct batch batch = fixture_batch(
        &fixture, SLICE_LITERAL("{\"i\":0}\n{\"i\":1}\n{\"i\":2}\n{\"i\":9}\n{\"i\":3}\n"));
    static const uint32_t selection[] = {1, 3, 4};
    batch.selection = selection;
    batch.selected = 3;
    assert_int_equal(sql_run(fixture.plan, &batch, &fixture.error), STATUS_OK);
    assert_int_equal(batch.selected, 2);
    assert_int_equal(batch.selection[0], 1);
    assert_int_equal(batch.selection[1], 4);
    assert_int_equal(batch.withdrawals_count, 0); /* the row with i = 0 was not selected */
    fixture_fini(&fixture);
}

static void all_rows_of_a_failed_record_leave_the_selection(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, columns);
    assert_true(fixture_compile(&fixture, "select 10 / i as q from input"));
    struct batch batch =
        fixture_batch(&fixture, SLICE_LITERAL("{\"i\":1}\n{\"i\":0}\n{\"i\":5}\n"));
    static const uint32_t origins[] = {0, 0,
                                       1}; /* the first record had been expanded into two rows */
    batch.origins = origins;
    batch.records_count = 2;
    assert_int_equal(sql_run(fixture.plan, &batch, &fixture.error), STATUS_OK);
    assert_int_equal(batch.withdrawals_count, 1);
    assert_int_equal(batch.withdrawals[0].record, 0);
    assert_string_equal(batch.withdrawals[0].stage, "sql");
    assert_int_equal(batch.selected, 1);
    assert_int_equal(batch_row(&batch, 0), 2);
    fixture_fini(&fixture);
}

static void rows_that_move_take_their_origin_along(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, columns);
    struct batch batch = run(&fixture, "select i from input where i <> 2 order by i desc limit 2",
                             "{\"i\":1}\n{\"i\":2}\n{\"i\":9}\n{\"i\":5}\n");
    assert_int_equal(batch.selected, 2);
    assert_int_equal(batch_record(&batch, 0), 2);
    assert_int_equal(batch_record(&batch, 1), 3);
    fixture_fini(&fixture);
}

static void an_aggregate_row_that_fails_later_fails_the_run(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, columns);
    assert_true(fixture_compile(&fixture, "select 10 / i as q from input"));
    struct batch batch = fixture_batch(&fixture, SLICE_LITERAL("{\"i\":0}\n"));
    static const uint32_t origins[] = {ORIGIN_RANGE};
    batch.origins = origins;
    assert_int_equal(sql_run(fixture.plan, &batch, &fixture.error), STATUS_FAILED);
    assert_string_equal(fixture.error.code, "22012");
    assert_string_equal(fixture.error.message, "division by zero");
    fixture_fini(&fixture);
}

static void one_plan_runs_many_batches(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, columns);
    assert_true(fixture_compile(&fixture, "select i + 1 as j from input where t = 'x'"));
    for (int i = 0; i < 3; i++) {
        struct batch batch = fixture_batch(
            &fixture, SLICE_LITERAL("{\"i\":1,\"t\":\"x\"}\n{\"i\":2,\"t\":\"y\"}\n"));
        assert_int_equal(sql_run(fixture.plan, &batch, &fixture.error), STATUS_OK);
        assert_int_equal(batch.selected, 1);
        assert_int_equal(COLUMN_VALUE(&batch.columns[0], int32_t, batch_row(&batch, 0)), 2);
    }
    fixture_fini(&fixture);
}

/* The comparisons that have a loop of their own, each against the general way (an or keeps it from
 * being used). */
static void the_fast_comparisons_agree_with_the_general_ones(void **state) {
    (void)state;
    static const char *const operands[][2] = {
        {"i", "2"},
        {"l", "-1"},
        {"f", "0.5"},
        {"f", "'NaN'"},
        {"n", "1.5"},
        {"n", "0"},
        {"n", "-2.25"},
        {"n", "10"},
        {"n", "'NaN'"},
        {"n", "'-Infinity'"},
        {"t", "'b'"},
        {"t", "''"},
        {"ts", "'2024-01-01'"},
        {"i", "null"},
    };
    static const char *const operators[] = {"=", "<>", "<", "<=", ">", ">="};
    static const char lines[] =
        "{\"i\":1,\"l\":-1,\"f\":0.5,\"n\":1.50,\"t\":\"b\",\"ts\":\"2024-01-01\"}\n"
        "{\"i\":2,\"l\":7,\"f\":\"NaN\",\"n\":-2.250,\"t\":\"\",\"ts\":\"2024-01-02\"}\n"
        "{\"i\":3,\"l\":-9,\"f\":-0.0,\"n\":10.0001,\"t\":\"bb\",\"ts\":\"infinity\"}\n"
        "{\"n\":\"Infinity\",\"f\":\"Infinity\",\"t\":\"a\"}\n{\"n\":9.999}\n{\"n\":\"NaN\"}\n{"
        "\"n\":0.00}\n{}\n";
    char fast[200], mirrored[200], general[200];
    for (size_t i = 0; i < sizeof operands / sizeof *operands; i++) {
        for (size_t k = 0; k < 6; k++) {
            static const char *const mirror[] = {"=", "<>", ">", ">=", "<", "<="};
            const char *a = operands[i][0], *b = operands[i][1];
            snprintf(fast, sizeof fast, "select _position as p from input where %s %s %s", a,
                     operators[k], b);
            snprintf(mirrored, sizeof mirrored, "select _position as p from input where %s %s %s",
                     b, mirror[k], a);
            snprintf(general, sizeof general,
                     "select _position as p from input where (%s %s %s) is true", a, operators[k],
                     b);
            struct fixture fixture;
            fixture_init(&fixture, columns);
            const char *expected = fixture_run(&fixture, general, lines);
            assert_string_equal(fixture_run(&fixture, fast, lines), expected);
            assert_string_equal(fixture_run(&fixture, mirrored, lines), expected);
            fixture_fini(&fixture);
        }
    }
}

/* Membership in a constant array goes through a table from some length on; both ways must agree. */
static void long_and_short_lists_of_constants_agree(void **state) {
    (void)state;
    static const char lines[] = "{\"i\":1,\"n\":2.0,\"t\":\"a\",\"f\":-0.0}\n"
                                "{\"i\":9,\"n\":7,\"t\":\"z\",\"f\":\"NaN\"}\n{}\n";
    static const char *const pairs[][2] = {
        {"i in (1, 2)", "i in (1, 2, 3, 4, 5, 6, 7)"},
        {"i not in (1, 2)", "i not in (1, 2, 3, 4, 5, 6, 7)"},
        {"i in (1, null)", "i in (1, 2, 3, 4, 5, 6, null)"},
        {"i not in (1, null)", "i not in (1, 2, 3, 4, 5, 6, null)"},
        {"n in (2, 3)", "n in (2, 3, 4, 5.5, 6, 8)"},
        {"t in ('a', 'b')", "t in ('a', 'b', 'c', 'd', 'e', 'f')"},
        {"f in (0, 'NaN')", "f in (0, 1, 2, 3, 4, 5, 'NaN')"},
        {"i > any('{1,2}')", "i > any('{1,2,3,4,5,6}')"},
        {"i = any(array[i, 1])", "i = any(array[i, 2, 3, 4, 5, 6, 1])"},
    };
    char statement[200];
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct fixture fixture;
        fixture_init(&fixture, columns);
        snprintf(statement, sizeof statement, "select %s as x from input", pairs[i][0]);
        const char *expected = fixture_run(&fixture, statement, lines);
        snprintf(statement, sizeof statement, "select %s as x from input", pairs[i][1]);
        assert_string_equal(fixture_run(&fixture, statement, lines), expected);
        assert_non_null(strstr(expected, "null"));
        fixture_fini(&fixture);
    }
}

/* What is computed once must come out as if it had been computed each time. */
static void common_subexpressions_change_no_result(void **state) {
    (void)state;
    static const char lines[] =
        "{\"i\":4,\"t\":\"ab\"}\n{\"i\":0,\"t\":\"c\"}\n{\"i\":-2}\n{\"i\":2,\"t\":\"d\"}\n";
    static const char *const cases[][2] = {
        {"select upper(t) as u, upper(t) || upper(t) as v from input where upper(t) <> 'D'",
         "{\"u\":\"AB\",\"v\":\"ABAB\"}\n{\"u\":\"C\",\"v\":\"CC\"}\n"},
        {"select case when i > 0 then 8 / i end as a, case when i <> 0 then 8 / i end as b from "
         "input",
         "{\"a\":2,\"b\":2}\n{\"a\":null,\"b\":null}\n{\"a\":null,\"b\":-4}\n{\"a\":4,\"b\":4}\n"},
        {"select 8 / i as q from input where i > 3 or 8 / i < 0 or (i = 2 and 8 / i = 4)",
         "{\"q\":2}\n{\"q\":-4}\n{\"q\":4}\n!22012 1 division by zero\n"},
        {"select upper(t) as u, count(*) as n, max(upper(t)) as m from input group by upper(t) "
         "having upper(t) || upper(t) <> 'CC'",
         "{\"u\":\"AB\",\"n\":1,\"m\":\"AB\"}\n{\"u\":\"D\",\"n\":1,\"m\":\"D\"}\n"},
        {"select i in (abs(i), 7) as a, abs(i) as b from input where abs(i) = 2",
         "{\"a\":false,\"b\":2}\n{\"a\":true,\"b\":2}\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture fixture;
        fixture_init(&fixture, columns);
        assert_string_equal(fixture_run(&fixture, cases[i][0], lines), cases[i][1]);
        fixture_fini(&fixture);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_passed_on_are_shared_and_keep_no_selection),
        cmocka_unit_test(only_columns_that_are_read_are_needed),
        cmocka_unit_test(a_selection_is_narrowed_and_never_widened),
        cmocka_unit_test(all_rows_of_a_failed_record_leave_the_selection),
        cmocka_unit_test(rows_that_move_take_their_origin_along),
        cmocka_unit_test(an_aggregate_row_that_fails_later_fails_the_run),
        cmocka_unit_test(one_plan_runs_many_batches),
        cmocka_unit_test(the_fast_comparisons_agree_with_the_general_ones),
        cmocka_unit_test(long_and_short_lists_of_constants_agree),
        cmocka_unit_test(common_subexpressions_change_no_result),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
