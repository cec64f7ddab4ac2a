/* SPDX-License-Identifier: Apache-2.0 */
/* Running sums are exact, whatever their operands' sizes and order. */
#include "engine/record/numeric.h"
#include "engine/record/value_check.h"

static struct arena *arena;

static int arena_make(void **state) {
    (void)state;
    arena = arena_new(NULL, POOL_FOLD);
    return 0;
}

static int arena_drop(void **state) {
    (void)state;
    arena_free(arena);
    return 0;
}

static void assert_sum(const struct numeric_sum *sum, const char *expected) {
    struct slice text;
    numeric_sum_get(sum, arena, &text);
    if (!slice_is(text, expected)) {
        fail_msg("expected %s, got %.*s", expected, (int)text.len, text.data);
    }
}

static void an_empty_sum_is_zero(void **state) {
    (void)state;
    assert_sum(numeric_sum_new(arena), "0");
}

static void the_scale_is_the_largest_seen(void **state) {
    (void)state;
    struct numeric_sum *sum = numeric_sum_new(arena);
    numeric_sum_add(sum, slice_of("1.5"));
    numeric_sum_add(sum, slice_of("2.250"));
    numeric_sum_add(sum, slice_of("-3"));
    assert_sum(sum, "0.750");
    numeric_sum_add(sum, slice_of("-0.75"));
    assert_sum(sum, "0.000");
}

static void large_and_small_operands_meet_exactly(void **state) {
    (void)state;
    struct numeric_sum *sum = numeric_sum_new(arena);
    const char *huge = "123456789012345678901234567890123456789012345678901234567890.5";
    const char *minus_huge = "-123456789012345678901234567890123456789012345678901234567890.5";
    numeric_sum_add(sum, slice_of("0.00000000000000000000000000000000000000001"));
    numeric_sum_add(sum, slice_of(huge));
    numeric_sum_add(sum, slice_of("99999999999999999999999999999999999999"));
    numeric_sum_add(sum, slice_of("99999999999999999999999999999999999999"));
    numeric_sum_add(sum, slice_of(minus_huge));
    assert_sum(sum,
               "199999999999999999999999999999999999998.00000000000000000000000000000000000000001");
    numeric_sum_add(sum, slice_of("-199999999999999999999999999999999999999"));
    assert_sum(sum, "-0.99999999999999999999999999999999999999999");
}

static void negative_limbs_carry_through(void **state) {
    (void)state;
    struct numeric_sum *sum = numeric_sum_new(arena);
    numeric_sum_add(sum,
                    slice_of("-1000000000000000000000000000000000000000000000000000000000000"));
    numeric_sum_add(sum, slice_of("1"));
    assert_sum(sum, "-999999999999999999999999999999999999999999999999999999999999");
}

static void many_additions_equal_one_multiplication(void **state) {
    (void)state;
    struct numeric_sum *sum = numeric_sum_new(arena);
    for (int i = 0; i < 100000; i++) {
        numeric_sum_add(sum, slice_of(i % 2 ? "9999999999999999999999999999999999999.9" : "0.07"));
    }
    assert_sum(sum, "499999999999999999999999999999999999998500.00");
}

static void special_values_win_as_in_postgres(void **state) {
    (void)state;
    struct numeric_sum *sum = numeric_sum_new(arena);
    numeric_sum_add(sum, slice_of("1"));
    numeric_sum_add(sum, slice_of("Infinity"));
    assert_sum(sum, "Infinity");
    numeric_sum_add(sum, slice_of("-Infinity"));
    assert_sum(sum, "NaN");
    sum = numeric_sum_new(arena);
    numeric_sum_add(sum, slice_of("-Infinity"));
    assert_sum(sum, "-Infinity");
    numeric_sum_add(sum, slice_of("NaN"));
    assert_sum(sum, "NaN");
}

static void merging_equals_adding(void **state) {
    (void)state;
    struct numeric_sum *a = numeric_sum_new(arena), *b = numeric_sum_new(arena);
    numeric_sum_add(a, slice_of("1.25"));
    numeric_sum_add(b, slice_of("2.500"));
    numeric_sum_add(b, slice_of("777777777777777777777777777777777777777777777777"));
    numeric_sum_merge(a, b);
    assert_sum(a, "777777777777777777777777777777777777777777777780.750");
    assert_sum(b, "777777777777777777777777777777777777777777777779.500");
    struct numeric_sum *c = numeric_sum_new(arena);
    numeric_sum_add(c, slice_of("NaN"));
    numeric_sum_merge(a, c);
    assert_sum(a, "NaN");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_empty_sum_is_zero, arena_make, arena_drop),
        cmocka_unit_test_setup_teardown(the_scale_is_the_largest_seen, arena_make, arena_drop),
        cmocka_unit_test_setup_teardown(large_and_small_operands_meet_exactly, arena_make,
                                        arena_drop),
        cmocka_unit_test_setup_teardown(negative_limbs_carry_through, arena_make, arena_drop),
        cmocka_unit_test_setup_teardown(many_additions_equal_one_multiplication, arena_make,
                                        arena_drop),
        cmocka_unit_test_setup_teardown(special_values_win_as_in_postgres, arena_make, arena_drop),
        cmocka_unit_test_setup_teardown(merging_equals_adding, arena_make, arena_drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
