/* SPDX-License-Identifier: Apache-2.0 */
/* Columns and the withdrawal of records. */
#include "engine/record/batch.h"
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

static struct batch batch_of(uint32_t records) {
    return (struct batch){
        .arena = arena, .records_count = records, .rows = records, .selected = records};
}

static void a_column_has_no_nulls_until_one_is_set(void **state) {
    (void)state;
    struct column column;
    column_init(&column, TYPE(INT4), 130, arena);
    assert_null(column.nulls);
    assert_false(column_is_null(&column, 129));
    column_null_set(&column, 129, arena);
    assert_true(column_is_null(&column, 129));
    assert_false(column_is_null(&column, 128));
    assert_false(column_is_null(&column, 65));
}

static void a_constant_column_answers_for_every_row(void **state) {
    (void)state;
    struct column column;
    column_init(&column, TYPE(INT4), 1000, arena);
    column.constant = true;
    ((int32_t *)column.values)[0] = 7;
    assert_int_equal(COLUMN_VALUE(&column, int32_t, 999), 7);
    column_nulls_make(&column, arena);
    assert_false(column_is_null(&column, 999));
    column.nulls[0] = 1;
    assert_true(column_is_null(&column, 999));
}

static void a_record_is_withdrawn_once_with_its_first_reason(void **state) {
    (void)state;
    struct batch batch = batch_of(100);
    for (uint32_t record = 0; record < 100; record += 2) {
        batch_withdraw(&batch, record, "22P02", "decode", slice_of("first"));
        batch_withdraw(&batch, record, "22003", "sql", slice_of("second"));
    }
    assert_int_equal(batch.withdrawals_count, 50);
    for (uint32_t i = 0; i < 50; i++) {
        assert_int_equal(batch.withdrawals[i].record, i * 2);
        assert_string_equal(batch.withdrawals[i].code, "22P02");
        assert_true(slice_is(batch.withdrawals[i].message, "first"));
    }
    assert_true(batch_is_withdrawn(&batch, 98));
    assert_false(batch_is_withdrawn(&batch, 99));
}

static void cleaning_drops_the_rows_of_withdrawn_records(void **state) {
    (void)state;
    struct batch batch = batch_of(5);
    batch_selection_clean(&batch);
    assert_null(batch.selection);
    batch_withdraw_row(&batch, 1, "x", "sql", slice_of(""));
    batch_withdraw_row(&batch, 4, "x", "sql", slice_of(""));
    batch_selection_clean(&batch);
    assert_int_equal(batch.selected, 3);
    const uint32_t kept[] = {0, 2, 3};
    assert_memory_equal(batch.selection, kept, sizeof kept);
    const uint32_t *before = batch.selection;
    batch_selection_clean(&batch);
    assert_ptr_equal(batch.selection, before);
}

static void all_rows_of_a_record_go_but_aggregates_stay(void **state) {
    (void)state;
    static const uint32_t origins[] = {0, 0, 1, ORIGIN_RANGE, 2};
    static const uint32_t selection[] = {0, 1, 3, 4};
    struct batch batch = batch_of(3);
    batch.rows = 5;
    batch.origins = origins;
    batch.selection = selection;
    batch.selected = 4;
    batch_withdraw_row(&batch, 1, "x", "sql", slice_of(""));
    batch_selection_clean(&batch);
    const uint32_t kept[] = {3, 4};
    assert_int_equal(batch.selected, 2);
    assert_memory_equal(batch.selection, kept, sizeof kept);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_column_has_no_nulls_until_one_is_set, arena_make,
                                        arena_drop),
        cmocka_unit_test_setup_teardown(a_constant_column_answers_for_every_row, arena_make,
                                        arena_drop),
        cmocka_unit_test_setup_teardown(a_record_is_withdrawn_once_with_its_first_reason,
                                        arena_make, arena_drop),
        cmocka_unit_test_setup_teardown(cleaning_drops_the_rows_of_withdrawn_records, arena_make,
                                        arena_drop),
        cmocka_unit_test_setup_teardown(all_rows_of_a_record_go_but_aggregates_stay, arena_make,
                                        arena_drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
