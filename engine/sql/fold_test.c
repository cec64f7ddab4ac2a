/* SPDX-License-Identifier: Apache-2.0 */
/* Aggregates: one batch, and folds over any split of the same records give the same rows. */
#include "engine/sql/sql_fixture.h"

#include <stdio.h>

static const char columns[] =
    "k text, i int, l bigint, n numeric, f float8, b bool, ts timestamp, iv interval, jb jsonb";
static const char rows[] = "{\"k\":\"a\",\"i\":1,\"l\":9223372036854775807,\"n\":1.10,\"f\":0.5,"
                           "\"b\":true,\"ts\":\"2024-01-01\",\"jb\":{\"a\":1,\"b\":2}}\n"
                           "{\"k\":\"b\",\"i\":2,\"l\":1,\"n\":2,\"f\":0.25,\"b\":false,\"ts\":"
                           "\"2023-01-01\",\"jb\":{\"b\":2, \"a\":1}}\n"
                           "{\"k\":\"a\",\"i\":3,\"l\":9223372036854775807,\"n\":2.0,\"f\":1.5,"
                           "\"ts\":\"2025-01-01\",\"jb\":[1]}\n"
                           "{\"k\":null,\"i\":0,\"n\":2.00,\"b\":true}\n"
                           "{\"i\":1,\"f\":-4,\"jb\":[1.0]}\n"
                           "{\"k\":\"b\",\"i\":null,\"l\":-5,\"n\":\"NaN\"}\n"
                           "{\"k\":\"a\",\"i\":1,\"n\":-3.10}\n";
enum { ROWS = 7 };

struct expectation {
    const char *statement, *result;
};

static const struct expectation expectations[] = {
    {"select count(*) as n, count(i) as c, sum(i) as s, sum(l) as sl, avg(i) as a from input",
     "{\"n\":7,\"c\":6,\"s\":8,\"sl\":18446744073709551610,\"a\":1.3333333333333333}\n"},
    {"select k, count(*) as n, sum(i) as s, min(ts) as t from input group by k",
     "{\"k\":\"a\",\"n\":3,\"s\":5,\"t\":\"2024-01-01T00:00:00\"}\n"
     "{\"k\":\"b\",\"n\":2,\"s\":2,\"t\":\"2023-01-01T00:00:00\"}\n{\"k\":null,\"n\":2,\"s\":1,"
     "\"t\":null}\n"},
    {"select k, count(*) from input group by 1 having count(*) > 2", "{\"k\":\"a\",\"count\":3}\n"},
    {"select n, count(*) as c from input where n > 1.9 group by n order by c desc, n",
     "{\"n\":2,\"c\":3}\n{\"n\":\"NaN\",\"c\":1}\n"},
    {"select jb, count(*) as c from input where jb is not null group by jb order by c desc, jb",
     "{\"jb\":[1],\"c\":2}\n{\"jb\":{\"a\":1,\"b\":2},\"c\":2}\n"},
    {"select bool_and(b) as a, bool_or(b) as o, every(b) as e, sum(f) as f, max(f) as m from input",
     "{\"a\":false,\"o\":true,\"e\":false,\"f\":-1.75,\"m\":1.5}\n"},
    {"select count(distinct i) as d, sum(distinct i) as s, avg(distinct i) as a from input",
     "{\"d\":4,\"s\":6,\"a\":1.5000000000000000}\n"},
    {"select count(*) filter (where i > 1) as a, sum(i) filter (where b) as s from input",
     "{\"a\":2,\"s\":1}\n"},
    {"select coalesce(k, '-') || '!' as u, sum(i) + 1 as s from input group by coalesce(k, '-') "
     "order by u",
     "{\"u\":\"-!\",\"s\":2}\n{\"u\":\"a!\",\"s\":6}\n{\"u\":\"b!\",\"s\":3}\n"},
    {"select upper(k) as k2, count(*) as c from input where k is not null group by upper(k)",
     "{\"k2\":\"A\",\"c\":3}\n{\"k2\":\"B\",\"c\":2}\n"},
    {"select count(*) as n, sum(i) as s from input where false", "{\"n\":0,\"s\":null}\n"},
    {"select k, count(*) as n from input where false group by k", ""},
    {"select 1 as one from input having count(*) > 1", "{\"one\":1}\n"},
    {"select i > 0 as p, count(*) as c from input group by i > 0 order by 1",
     "{\"p\":false,\"c\":1}\n{\"p\":true,\"c\":5}\n{\"p\":null,\"c\":1}\n"},
    {"select sum(n) filter (where n < 100) as s from input", "{\"s\":4.00}\n"},
    {"select distinct k from input order by k", "{\"k\":\"a\"}\n{\"k\":\"b\"}\n{\"k\":null}\n"},
    {"select i from input order by i desc nulls last, n limit 3 offset 1",
     "{\"i\":2}\n{\"i\":1}\n{\"i\":1}\n"},
    {"select i from input limit 2", "{\"i\":1}\n{\"i\":2}\n"},
    {"select k from input where i > 0 order by length(k) nulls first, k limit 2",
     "{\"k\":null}\n{\"k\":\"a\"}\n"},
};
enum { EXPECTATIONS = sizeof expectations / sizeof *expectations };

static void aggregates_over_one_batch_answer_as_postgres_does(void **state) {
    (void)state;
    for (size_t i = 0; i < EXPECTATIONS; i++) {
        struct fixture fixture;
        fixture_init(&fixture, columns);
        const char *result = fixture_run(&fixture, expectations[i].statement, rows);
        if (strcmp(result, expectations[i].result) != 0) {
            print_error("%s\n%s\n", expectations[i].statement, fixture.error.message);
        }
        assert_string_equal(result, expectations[i].result);
        fixture_fini(&fixture);
    }
}

/* The byte where record n begins. */
static size_t record_at(int n) {
    const char *at = rows;
    for (int i = 0; i < n; i++) {
        at = strchr(at, '\n') + 1;
    }
    return (size_t)(at - rows);
}

static void fold_add_range(struct fixture *fixture, struct sql_fold *fold, int from, int to) {
    struct slice lines = slice_make(rows + record_at(from), record_at(to) - record_at(from));
    struct batch batch = fixture_batch(fixture, lines);
    batch.arena = arena_new(NULL, POOL_COLUMNS); /* the fold must keep nothing of it */
    assert_int_equal(sql_fold_add(fold, &batch, &fixture->error), STATUS_OK);
    arena_free(batch.arena);
}

/* Records [0,a) and [a,b) into one fold, [b,end) into another, then merged. */
static void check_split(const struct expectation *expectation, int a, int b) {
    struct fixture fixture;
    fixture_init(&fixture, columns);
    assert_true(fixture_compile(&fixture, expectation->statement));
    struct arena *arenas[2] = {arena_new(NULL, POOL_FOLD), arena_new(NULL, POOL_FOLD)};
    struct sql_fold *first = sql_fold_new(fixture.plan, arenas[0]),
                    *second = sql_fold_new(fixture.plan, arenas[1]);
    fold_add_range(&fixture, first, 0, a);
    fold_add_range(&fixture, first, a, b);
    fold_add_range(&fixture, second, b, ROWS);
    sql_fold_merge(first, second);
    arena_free(arenas[1]);
    struct batch result;
    struct buffer out;
    assert_int_equal(sql_fold_finish(first, &result, &fixture.error), STATUS_OK);
    buffer_init(&out, fixture.arena, 1024);
    fixture_print(&result, &out);
    buffer_append_byte(&out, '\0');
    assert_string_equal(out.data, expectation->result);
    arena_free(arenas[0]);
    fixture_fini(&fixture);
}

static void any_split_of_the_records_folds_to_the_same_rows(void **state) {
    (void)state;
    for (size_t i = 0; i < EXPECTATIONS; i++) {
        for (int b = 0; b <= ROWS; b++) {
            check_split(&expectations[i], b / 2, b);
        }
    }
}

static void a_sum_that_leaves_its_type_fails_the_run(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, columns);
    assert_string_equal(fixture_run(&fixture, "select sum(l)::bigint as s from input", rows),
                        "F 22003");
    assert_int_equal(fixture.error.class, ERROR_DATA);
    assert_string_equal(fixture_run(&fixture, "select 1 / (count(*) - 7) as s from input", rows),
                        "F 22012");
    assert_string_equal(
        fixture_run(&fixture,
                    "select case when count(*) > 7 then 1 / (count(*) - 7) end as s from input",
                    rows),
        "{\"s\":null}\n");
    fixture_fini(&fixture);
}

static void a_record_that_fails_anywhere_adds_to_no_group(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, columns);
    assert_string_equal(
        fixture_run(&fixture, "select count(*) as n, sum(10 / i) as s from input", rows),
        "{\"n\":6,\"s\":38}\n!22012 3 division by zero\n");
    assert_string_equal(
        fixture_run(
            &fixture,
            "select k, count(*) as n, sum(10 / i) filter (where i = 0) as s from input group by k",
            rows),
        "{\"k\":\"a\",\"n\":3,\"s\":null}\n{\"k\":\"b\",\"n\":2,\"s\":null}\n{\"k\":null,\"n\":1,"
        "\"s\":null}\n"
        "!22012 3 division by zero\n");
    fixture_fini(&fixture);
}

static void rows_of_aggregates_have_no_record(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, columns);
    assert_true(fixture_compile(&fixture,
                                "select k, sum(i) as s, count(*) + 1 as n from input group by k"));
    struct batch batch = fixture_batch(&fixture, slice_of(rows));
    assert_int_equal(sql_run(fixture.plan, &batch, &fixture.error), STATUS_OK);
    for (uint32_t i = 0; i < batch.rows; i++) {
        assert_int_equal(batch_record(&batch, i), ORIGIN_RANGE);
    }
    assert_true(sql_plan_traits(fixture.plan).aggregates);
    assert_int_equal(sql_plan_aggregate(fixture.plan, 0), SQL_NOT_AGGREGATE);
    assert_int_equal(sql_plan_aggregate(fixture.plan, 1), SQL_SUM);
    assert_int_equal(sql_plan_aggregate(fixture.plan, 2), SQL_NOT_AGGREGATE);
    fixture_fini(&fixture);
}

static void many_groups_are_all_found_again(void **state) {
    (void)state;
    enum { MANY = 5000 };
    struct fixture fixture;
    fixture_init(&fixture, columns);
    struct buffer lines;
    buffer_init(&lines, fixture.arena, 1 << 20);
    for (int i = 0; i < 2 * MANY; i++) {
        buffer_printf(&lines, "{\"k\":\"key %d\",\"i\":%d}\n", i % MANY, i / MANY);
    }
    assert_true(
        fixture_compile(&fixture, "select k, sum(i) as s, count(*) as n from input group by k"));
    struct batch batch = fixture_batch(&fixture, buffer_slice(&lines));
    assert_int_equal(sql_run(fixture.plan, &batch, &fixture.error), STATUS_OK);
    assert_int_equal(batch.selected, MANY);
    for (uint32_t i = 0; i < MANY; i++) {
        assert_int_equal(COLUMN_VALUE(&batch.columns[1], int64_t, i), 1);
        assert_int_equal(COLUMN_VALUE(&batch.columns[2], int64_t, i), 2);
    }
    fixture_fini(&fixture);
}

static void a_limit_without_an_order_is_full_when_it_has_its_rows(void **state) {
    (void)state;
    static const struct {
        const char *statement;
        bool full;
    } cases[] = {{"select k from input limit 2", true},
                 {"select k from input limit 0", true},
                 {"select distinct k from input limit 1", true},
                 {"select k from input limit 2 offset 1000000", false},
                 {"select k from input order by k limit 1", false},
                 {"select k, count(*) as n from input group by k limit 1", false}};
    for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture fixture;
        fixture_init(&fixture, columns);
        assert_true(fixture_compile(&fixture, cases[i].statement));
        struct arena *arena = arena_new(NULL, POOL_FOLD);
        struct sql_fold *fold = sql_fold_new(fixture.plan, arena);
        fold_add_range(&fixture, fold, 0, ROWS);
        assert_int_equal(sql_fold_is_full(fold), cases[i].full);
        arena_free(arena);
        fixture_fini(&fixture);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aggregates_over_one_batch_answer_as_postgres_does),
        cmocka_unit_test(any_split_of_the_records_folds_to_the_same_rows),
        cmocka_unit_test(a_sum_that_leaves_its_type_fails_the_run),
        cmocka_unit_test(a_record_that_fails_anywhere_adds_to_no_group),
        cmocka_unit_test(rows_of_aggregates_have_no_record),
        cmocka_unit_test(many_groups_are_all_found_again),
        cmocka_unit_test(a_limit_without_an_order_is_full_when_it_has_its_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
