/* SPDX-License-Identifier: Apache-2.0 */
/* Decimal arithmetic against the results of a real PostgreSQL 15: small operands, operands
 * beyond 128 bits, and the special values. */
#include "engine/record/numeric.h"
#include "engine/record/value_check.h"

#include <stdlib.h>

struct numeric_case {
    const char *a, *b, *expected; /* or the SQLSTATE */
};

typedef const char *(*operation)(struct slice a, struct slice b, struct arena *arena,
                                 struct slice *ret);

static struct slice canonical(const char *text, struct arena *arena) {
    struct slice value;
    const char *code;
    assert_true(numeric_parse(slice_of(text), arena, &value, &code));
    return value;
}

static void check(const struct numeric_case *rows, size_t count, operation run) {
    struct arena *arena = arena_new(NULL, POOL_COLUMNS);
    for (size_t i = 0; i < count; i++) {
        struct slice result;
        const char *code =
            run(canonical(rows[i].a, arena), canonical(rows[i].b, arena), arena, &result);
        result = code ? slice_of(code) : result;
        if (!slice_is(result, rows[i].expected)) {
            fail_msg("%s, %s: expected %s, got %.*s", rows[i].a, rows[i].b, rows[i].expected,
                     (int)result.len, result.data);
        }
        arena_reset(arena);
    }
    arena_free(arena);
}

#define CHECK(rows, run) check((rows), sizeof(rows) / sizeof(rows)[0], (run))

static int int_of(struct slice text) {
    int64_t value;
    assert_null(numeric_to_int8(text, &value));
    return (int)value;
}

static const char *round_run(struct slice a, struct slice b, struct arena *arena,
                             struct slice *ret) {
    return numeric_round(a, int_of(b), arena, ret);
}

static const char *truncate_run(struct slice a, struct slice b, struct arena *arena,
                                struct slice *ret) {
    return numeric_truncate(a, int_of(b), arena, ret);
}

static const char *int8_run(struct slice a, struct slice b, struct arena *arena,
                            struct slice *ret) {
    int64_t value;
    (void)b;
    const char *code = numeric_to_int8(a, &value);
    if (!code) {
        numeric_from_int8(value, arena, ret);
    }
    return code;
}

static const char *float8_run(struct slice a, struct slice b, struct arena *arena,
                              struct slice *ret) {
    (void)b;
    double value = numeric_to_float8(a);
    struct buffer out;
    buffer_init(&out, arena, 32);
    value_print(TYPE(FLOAT8), &value, NULL, &out);
    *ret = buffer_slice(&out);
    return NULL;
}

static const char *floor_run(struct slice a, struct slice b, struct arena *arena,
                             struct slice *ret) {
    (void)b;
    return numeric_floor(a, arena, ret);
}

static const char *ceil_run(struct slice a, struct slice b, struct arena *arena,
                            struct slice *ret) {
    (void)b;
    return numeric_ceil(a, arena, ret);
}

static const struct numeric_case additions[] = {
    {"1", "2", "3"},
    {"1.10", "2.2", "3.30"},
    {"-1", "1.0", "0.0"},
    {"0.1", "0.2", "0.3"},
    {"99999999999999999999999999999999999999", "1", "100000000000000000000000000000000000000"},
    {"12345678901234567890123456789012345678901234567890",
     "-12345678901234567890123456789012345678901234567890", "0"},
    {"12345678901234567890123456789012345678901234567890", "0.00000000000000000000001",
     "12345678901234567890123456789012345678901234567890.00000000000000000000001"},
    {"NaN", "1", "NaN"},
    {"Infinity", "-Infinity", "NaN"},
    {"Infinity", "5", "Infinity"},
    {"-1.5", "0.5", "-1.0"},
};

static void sums_keep_the_larger_scale(void **state) {
    (void)state;
    CHECK(additions, numeric_add);
}

static const struct numeric_case subtractions[] = {
    {"1", "2", "-1"},
    {"1.10", "1.1", "0.00"},
    {"0", "0.00", "0.00"},
    {"12345678901234567890123456789012345678901234567890", "1",
     "12345678901234567890123456789012345678901234567889"},
    {"Infinity", "Infinity", "NaN"},
    {"NaN", "NaN", "NaN"},
    {"1e-40", "1", "-0.9999999999999999999999999999999999999999"},
};

static void differences_cancel_to_zero_without_a_sign(void **state) {
    (void)state;
    CHECK(subtractions, numeric_subtract);
}

static const struct numeric_case multiplications[] = {
    {"2", "3", "6"},
    {"1.10", "2.20", "2.4200"},
    {"-0.5", "0", "0.0"},
    {"9999999999999999999", "9999999999999999999", "99999999999999999980000000000000000001"},
    {"12345678901234567890123456789012345678901234567890",
     "12345678901234567890123456789012345678901234567890",
     "15241578753238836750495351562566681945008382873375704923650053345576253619878750190519987501"
     "9052100"},
    {"Infinity", "0", "NaN"},
    {"Infinity", "-2", "-Infinity"},
    {"1e131071", "10", "22003"},
};

static void products_add_the_scales(void **state) {
    (void)state;
    CHECK(multiplications, numeric_multiply);
}

static const struct numeric_case divisions[] = {
    {"1", "3", "0.33333333333333333333"},
    {"2", "3", "0.66666666666666666667"},
    {"-2", "3", "-0.66666666666666666667"},
    {"10", "4", "2.5000000000000000"},
    {"1", "0", "22012"},
    {"0", "5", "0.00000000000000000000"},
    {"1e20", "3", "33333333333333333333"},
    {"1", "1e20", "0.0000000000000000000100000000000000000000"},
    {"9999", "10000", "0.99990000000000000000"},
    {"10000", "9999", "1.0001000100010001"},
    {"12345.678", "0.0001", "123456780.000000000000"},
    {"12345678901234567890123456789012345678901234567890", "7",
     "1763668414462081127160493827001763668414462081127"},
    {"7", "12345678901234567890123456789012345678901234567890",
     "0.00000000000000000000000000000000000000000000000056700000510300004644"},
    {"12345678901234567890123456789012345678901234567890", "98765432109876543210987654321",
     "124999998860937500014"},
    {"Infinity", "2", "Infinity"},
    {"1", "Infinity", "0"},
    {"Infinity", "Infinity", "NaN"},
    {"Infinity", "0", "22012"},
    {"NaN", "0", "NaN"},
    {"0.0001", "0.00012", "0.83333333333333333333"},
    {"1.0000000000000000000000", "3", "0.3333333333333333333333"},
    {"1e100", "3e-100",
     "33333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333"
     "33333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333"
     "3333333333333333.333333333333333333333333333333333333333333333333333333333333333333333333333"
     "3333333333333333333333333"},
};

static void quotients_have_at_least_sixteen_digits(void **state) {
    (void)state;
    CHECK(divisions, numeric_divide);
}

static const struct numeric_case remainders[] = {
    {"7", "3", "1"},
    {"-7", "3", "-1"},
    {"7", "-3", "1"},
    {"7.5", "0.2", "0.1"},
    {"1", "0", "22012"},
    {"12345678901234567890123456789012345678901234567890", "12345678901234567890", "1234567890"},
    {"5", "Infinity", "5"},
    {"Infinity", "5", "NaN"},
    {"1e40", "7.001", "4.688"},
    {"Infinity", "0", "22012"},
};

static void remainders_take_the_sign_of_the_dividend(void **state) {
    (void)state;
    CHECK(remainders, numeric_modulo);
}

static const struct numeric_case roundings[] = {
    {"1.5", "0", "2"},
    {"-1.5", "0", "-2"},
    {"2.5", "0", "3"},
    {"1.2345", "2", "1.23"},
    {"1.2355", "3", "1.236"},
    {"150", "-2", "200"},
    {"149", "-2", "100"},
    {"5", "3", "5.000"},
    {"99.99", "1", "100.0"},
    {"12345678901234567890123456789012345678901234567890", "-40",
     "12345678900000000000000000000000000000000000000000"},
    {"NaN", "2", "NaN"},
    {"0.5", "0", "1"},
    {"-0.4", "0", "0"},
};

static void rounding_is_half_away_from_zero(void **state) {
    (void)state;
    CHECK(roundings, round_run);
}

static const struct numeric_case truncations[] = {
    {"1.59", "1", "1.5"},
    {"-1.59", "1", "-1.5"},
    {"159", "-1", "150"},
    {"12345678901234567890123456789012345678901234567890.999", "2",
     "12345678901234567890123456789012345678901234567890.99"},
    {"1", "3", "1.000"},
};

static void truncation_cuts_towards_zero(void **state) {
    (void)state;
    CHECK(truncations, truncate_run);
}

static const struct numeric_case floors[] = {
    {"1.5", "0", "1"},
    {"-1.5", "0", "-2"},
    {"-0.5", "0", "-1"},
    {"2", "0", "2"},
    {"NaN", "0", "NaN"},
    {"12345678901234567890123456789012345678901234567890.1", "0",
     "12345678901234567890123456789012345678901234567890"},
};

static void floor_goes_down(void **state) {
    (void)state;
    CHECK(floors, floor_run);
}

static const struct numeric_case ceilings[] = {
    {"1.5", "0", "2"},  {"-1.5", "0", "-1"}, {"0.5", "0", "1"},
    {"-0.5", "0", "0"}, {"2", "0", "2"},     {"Infinity", "0", "Infinity"},
};

static void ceil_goes_up(void **state) {
    (void)state;
    CHECK(ceilings, ceil_run);
}

static const struct numeric_case integers[] = {
    {"1.5", "0", "2"},
    {"-1.5", "0", "-2"},
    {"9223372036854775807.4", "0", "9223372036854775807"},
    {"9223372036854775807.5", "0", "22003"},
    {"-9223372036854775808.4", "0", "-9223372036854775808"},
    {"-9223372036854775808.5", "0", "22003"},
    {"0.4999999999999999999999999999999999999999999999", "0", "0"},
    {"NaN", "0", "0A000"},
    {"1e30", "0", "22003"},
};

static void int8_rounds_and_checks_its_range(void **state) {
    (void)state;
    CHECK(integers, int8_run);
}

static const struct numeric_case floats[] = {
    {"0.1", "0", "0.1"},
    {"NaN", "0", "NaN"},
    {"123456789012345678901234567890", "0", "1.2345678901234568e+29"},
    {"0.1000000000000000055511151231257827", "0", "0.1"},
    {"3.14", "0", "3.14"},
};

static void float8_takes_the_nearest(void **state) {
    (void)state;
    CHECK(floats, float8_run);
}

static void order_puts_nan_last_and_ignores_scales(void **state) {
    (void)state;
    static const char *const ascending[] = {"-Infinity", "-100", "-2.5", "-2",       "0",
                                            "0.001",     "1.5",  "12",   "Infinity", "NaN"};
    for (int i = 0; i < 10; i++) {
        for (int j = 0; j < 10; j++) {
            int order = numeric_compare(slice_of(ascending[i]), slice_of(ascending[j]));
            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
        }
    }
    assert_int_equal(numeric_compare(slice_of("1.0"), slice_of("1.000")), 0);
    assert_int_equal(numeric_compare(slice_of("-1.0"), slice_of("-1")), 0);
}

static void canonical_text_is_returned_as_it_is(void **state) {
    (void)state;
    struct arena *arena = arena_new(NULL, POOL_COLUMNS);
    static const char *const texts[] = {"0", "-1.50", "123456.789", "0.00", "10"};
    for (int i = 0; i < 5; i++) {
        struct slice value;
        const char *code;
        assert_true(numeric_parse(slice_of(texts[i]), arena, &value, &code));
        assert_ptr_equal(value.data, texts[i]);
    }
    assert_int_equal(arena_bytes(arena), 0);
    arena_free(arena);
}

static void signs_and_scales_are_read_from_the_text(void **state) {
    (void)state;
    assert_int_equal(numeric_sign(slice_of("-0.01")), -1);
    assert_int_equal(numeric_sign(slice_of("0.00")), 0);
    assert_int_equal(numeric_sign(slice_of("NaN")), 1);
    assert_int_equal(numeric_scale(slice_of("1.500")), 3);
    assert_int_equal(numeric_scale(slice_of("15")), 0);
}

static void float8_gives_fifteen_digits(void **state) {
    (void)state;
    struct arena *arena = arena_new(NULL, POOL_COLUMNS);
    struct slice value;
    assert_null(numeric_from_float8(0.1, arena, &value));
    assert_true(slice_is(value, "0.1"));
    assert_null(numeric_from_float8(1.0 / 3, arena, &value));
    assert_true(slice_is(value, "0.333333333333333"));
    assert_null(numeric_from_float8(-1e20, arena, &value));
    assert_true(slice_is(value, "-100000000000000000000"));
    arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_keep_the_larger_scale),
        cmocka_unit_test(differences_cancel_to_zero_without_a_sign),
        cmocka_unit_test(products_add_the_scales),
        cmocka_unit_test(quotients_have_at_least_sixteen_digits),
        cmocka_unit_test(remainders_take_the_sign_of_the_dividend),
        cmocka_unit_test(rounding_is_half_away_from_zero),
        cmocka_unit_test(truncation_cuts_towards_zero),
        cmocka_unit_test(floor_goes_down),
        cmocka_unit_test(ceil_goes_up),
        cmocka_unit_test(int8_rounds_and_checks_its_range),
        cmocka_unit_test(float8_takes_the_nearest),
        cmocka_unit_test(order_puts_nan_last_and_ignores_scales),
        cmocka_unit_test(canonical_text_is_returned_as_it_is),
        cmocka_unit_test(signs_and_scales_are_read_from_the_text),
        cmocka_unit_test(float8_gives_fifteen_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
