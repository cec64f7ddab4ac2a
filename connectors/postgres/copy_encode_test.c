/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of COPY's binary format, written down by hand from the manual; the server's own opinion is asked in
 * tests/integration_postgres. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "connectors/postgres/copy_encode.h"
#include "connectors/postgres/wire.h"

static void numeric_is(const char *text, const char *bytes, size_t len) {
    struct arena *arena = arena_new(NULL, POOL_SINK);
    struct buffer out;
    buffer_init(&out, arena, 16);
    assert_true(numeric_encode(slice_of(text), -1, &out));
    assert_int_equal(out.len, len);
    assert_memory_equal(out.data, bytes, len);
    arena_free(arena);
}

#define NUMERIC_IS(text, bytes) numeric_is(text, bytes, sizeof(bytes) - 1)

static void numerics_are_base_ten_thousand(void **state) {
    (void)state;
    NUMERIC_IS("0", "\0\0\0\x08\0\0\0\0\0\0\0\0");
    NUMERIC_IS("-0.00", "\0\0\0\x08\0\0\0\0\0\0\0\x02");
    NUMERIC_IS("1.50", "\0\0\0\x0c\0\x02\0\0\0\0\0\x02\0\x01\x13\x88");
    NUMERIC_IS("10000", "\0\0\0\x0a\0\x01\0\x01\0\0\0\0\0\x01");
    NUMERIC_IS("-0.0001", "\0\0\0\x0a\0\x01\xff\xff\x40\0\0\x04\0\x01");
    NUMERIC_IS("0.00001", "\0\0\0\x0a\0\x01\xff\xfe\0\0\0\x05\x03\xe8");
    NUMERIC_IS("12345678.9", "\0\0\0\x0e\0\x03\0\x01\0\0\0\x01\x04\xd2\x16\x2e\x23\x28");
    NUMERIC_IS("NaN", "\0\0\0\x08\0\0\0\0\xc0\0\0\0");
    NUMERIC_IS("Infinity", "\0\0\0\x08\0\0\0\0\xd0\0\0\0");
    NUMERIC_IS("-Infinity", "\0\0\0\x08\0\0\0\0\xf0\0\0\0");
}

static bool fits(const char *text, int precision, int scale) {
    struct arena *arena = arena_new(NULL, POOL_SINK);
    struct buffer out;
    buffer_init(&out, arena, 16);
    bool fitted = numeric_encode(slice_of(text), precision << 16 | (uint16_t)scale, &out);
    assert_true(fitted || out.len == 0);
    arena_free(arena);
    return fitted;
}

static void numerics_too_wide_for_the_column_are_refused(void **state) {
    (void)state;
    assert_true(fits("99.99", 4, 2));
    assert_false(fits("100", 4, 2));
    assert_false(fits("-100.0", 4, 2));
    assert_true(fits("00.5", 4, 2));
    assert_true(fits("0.009", 2, 2));
    assert_false(fits("1", 2, 2));
    assert_true(fits("0.00999", 3, 5));
    assert_true(fits("0.00000", 3, 5));
    assert_false(fits("0.01", 3, 5));
    assert_false(fits("1", 3, 5));
    assert_true(fits("12300", 3, -2));
    assert_false(fits("123000", 3, -2));
    assert_true(fits("NaN", 4, 2));
    assert_false(fits("Infinity", 4, 2));
}

/* --- rows ---------------------------------------------------------------------------------------------------- */

struct fixture {
    struct arena *arena;
    struct column_plan column;
    struct copy_plan plan;
    struct column values;
    struct batch batch;
    struct payload payload;
};

/* int4 values into an int2 column. */
static void fixture_init(struct fixture *fixture, const int32_t *values, uint32_t rows) {
    *fixture = (struct fixture){.arena = arena_new(NULL, POOL_SINK)};
    fixture->column = (struct column_plan){.name = "v", .from = TYPE(INT4), .to = TYPE(INT2)};
    assert_true(column_plan_make(&fixture->column, fixture->arena));
    fixture->plan = (struct copy_plan){.columns = &fixture->column, .count = 1};
    fixture->values = (struct column){.type = TYPE(INT4), .rows = rows, .values = (void *)values};
    fixture->batch = (struct batch){.arena = fixture->arena,
                                    .columns = &fixture->values,
                                    .rows = rows,
                                    .selected = rows,
                                    .records_count = rows};
    fixture->payload = (struct payload){.arena = fixture->arena};
}

static const struct copy_rows *encoded(struct fixture *fixture) {
    struct error error;
    assert_int_equal(copy_encode(&fixture->plan, &fixture->batch, &fixture->payload, &error), STATUS_OK);
    return fixture->payload.body;
}

static void a_row_is_a_count_and_fields_with_their_lengths(void **state) {
    (void)state;
    static const int32_t values[] = {1, -2};
    struct fixture fixture;
    fixture_init(&fixture, values, 2);
    column_null_set(&fixture.values, 1, fixture.arena);
    const struct copy_rows *rows = encoded(&fixture);
    assert_int_equal(fixture.payload.bytes, 14);
    assert_memory_equal(rows->data, "\0\x01\0\0\0\x02\0\x01\0\x01\xff\xff\xff\xff", 14);
    assert_int_equal(rows->ends[0], 8);
    assert_int_equal(rows->ends[1], 14);
    arena_free(fixture.arena);
}

static void a_failed_row_takes_back_the_rows_of_its_record(void **state) {
    (void)state;
    static const int32_t values[] = {1, 2, 3, 70000, 5, 6};
    static const uint32_t origins[] = {0, 1, 1, 1, 1, 2};
    struct fixture fixture;
    fixture_init(&fixture, values, 6);
    fixture.batch.origins = origins;
    const struct copy_rows *rows = encoded(&fixture);
    assert_int_equal(fixture.payload.rows, 2);
    assert_memory_equal(rows->data, "\0\x01\0\0\0\x02\0\x01\0\x01\0\0\0\x02\0\x06", 16);
    assert_int_equal(fixture.batch.withdrawals_count, 1);
    assert_string_equal(fixture.batch.withdrawals[0].code, "22003");
    assert_string_equal(fixture.batch.withdrawals[0].stage, "encode");
    arena_free(fixture.arena);
}

static void only_selected_rows_are_written(void **state) {
    (void)state;
    static const int32_t values[] = {1, 70000, 3};
    static const uint32_t selection[] = {0, 2};
    struct fixture fixture;
    fixture_init(&fixture, values, 3);
    fixture.batch.selection = selection;
    fixture.batch.selected = 2;
    encoded(&fixture);
    assert_int_equal(fixture.payload.rows, 2);
    assert_int_equal(fixture.payload.row_records[1], 2);
    assert_int_equal(fixture.batch.withdrawals_count, 0);
    arena_free(fixture.arena);
}

static void a_constant_column_stands_for_every_row(void **state) {
    (void)state;
    static const int32_t values[] = {7};
    struct fixture fixture;
    fixture_init(&fixture, values, 3);
    fixture.values.constant = true;
    const struct copy_rows *rows = encoded(&fixture);
    assert_int_equal(fixture.payload.rows, 3);
    assert_memory_equal(rows->data + rows->ends[1], "\0\x01\0\0\0\x02\0\x07", 8);
    arena_free(fixture.arena);
}

static void an_aggregate_row_that_does_not_fit_fails_the_batch(void **state) {
    (void)state;
    static const int32_t values[] = {1, 70000};
    static const uint32_t origins[] = {ORIGIN_RANGE, ORIGIN_RANGE};
    struct fixture fixture;
    struct error error;
    fixture_init(&fixture, values, 2);
    fixture.batch.origins = origins;
    assert_int_equal(copy_encode(&fixture.plan, &fixture.batch, &fixture.payload, &error), STATUS_FAILED);
    assert_string_equal(error.code, "22003");
    assert_int_equal(error.class, ERROR_DATA);
    arena_free(fixture.arena);
}

static void no_rows_are_no_bytes(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, NULL, 0);
    encoded(&fixture);
    assert_int_equal(fixture.payload.rows, 0);
    assert_int_equal(fixture.payload.bytes, 0);
    arena_free(fixture.arena);
}

static void types_without_a_way_are_refused(void **state) {
    (void)state;
    struct arena *arena = arena_new(NULL, POOL_SINK);
    struct column_plan plan = {.from = TYPE(TEXT), .to = TYPE(INT4)};
    assert_false(column_plan_make(&plan, arena));
    plan = (struct column_plan){.from = TYPE(BOOL), .to = TYPE(INT4)};
    assert_false(column_plan_make(&plan, arena));
    plan = (struct column_plan){.from = TYPE(TEXT), .to = TYPE(JSONB)};
    assert_false(column_plan_make(&plan, arena));
    plan = (struct column_plan){.from = TYPE(INT4), .to = TYPE(INT4)};
    plan.to.array = true;
    assert_false(column_plan_make(&plan, arena));
    arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numerics_are_base_ten_thousand),
        cmocka_unit_test(numerics_too_wide_for_the_column_are_refused),
        cmocka_unit_test(a_row_is_a_count_and_fields_with_their_lengths),
        cmocka_unit_test(a_failed_row_takes_back_the_rows_of_its_record),
        cmocka_unit_test(only_selected_rows_are_written),
        cmocka_unit_test(a_constant_column_stands_for_every_row),
        cmocka_unit_test(an_aggregate_row_that_does_not_fit_fails_the_batch),
        cmocka_unit_test(no_rows_are_no_bytes),
        cmocka_unit_test(types_without_a_way_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
