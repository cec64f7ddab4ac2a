/* SPDX-License-Identifier: Apache-2.0 */
/* Roots, exponentials, logarithms and powers against the results of a real PostgreSQL 15. */
#include "engine/record/numeric.h"
#include "engine/record/value_check.h"

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

static const char *sqrt_run(struct slice a, struct slice b, struct arena *arena,
                            struct slice *ret) {
    (void)b;
    return numeric_sqrt(a, arena, ret);
}

static const char *exp_run(struct slice a, struct slice b, struct arena *arena, struct slice *ret) {
    (void)b;
    return numeric_exp(a, arena, ret);
}

static const char *ln_run(struct slice a, struct slice b, struct arena *arena, struct slice *ret) {
    (void)b;
    return numeric_ln(a, arena, ret);
}

static const struct numeric_case roots[] = {
    {"0", "0", "0.000000000000000"},
    {"2", "0", "1.414213562373095"},
    {"4", "0", "2.000000000000000"},
    {"1e100", "0", "100000000000000000000000000000000000000000000000000"},
    {"0.0004", "0", "0.02000000000000000"},
    {"-1", "0", "2201F"},
    {"Infinity", "0", "Infinity"},
    {"-Infinity", "0", "2201F"},
    {"NaN", "0", "NaN"},
    {"12345678901234567890123456789012345678901234567890", "0", "3513641828820144253111222"},
    {"1.00", "0", "1.000000000000000"},
    {"1e-100", "0",
     "0.000000000000000000000000000000000000000000000000010000000000000000000000000000000000000000"
     "0000000000"},
    {"99999999999999999999", "0", "10000000000.0000000"},
};

static void square_roots_have_sixteen_digits(void **state) {
    (void)state;
    CHECK(roots, sqrt_run);
}

static const struct numeric_case exponentials[] = {
    {"0", "0", "1.0000000000000000"},
    {"1", "0", "2.7182818284590452"},
    {"-1", "0", "0.3678794411714423"},
    {"100.5", "0", "44319559098458954160107061979564816895899481.9"},
    {"6000", "0", "22003"},
    {"-6000", "0",
     "0.000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
     "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
     "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
     "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
     "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
     "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
     "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
     "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
     "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
     "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
     "0000000000000000000000000000000000000000000000000000000000000000000000000000000000"},
    {"Infinity", "0", "Infinity"},
    {"-Infinity", "0", "0"},
    {"0.0000000001", "0", "1.0000000001000000"},
    {"-20", "0", "0.000000002061153622438558"},
};

static void exponentials_choose_their_scale(void **state) {
    (void)state;
    CHECK(exponentials, exp_run);
}

static const struct numeric_case logarithms[] = {
    {"1", "0", "0.0000000000000000"},
    {"2", "0", "0.6931471805599453"},
    {"10", "0", "2.3025850929940457"},
    {"0.9999999", "0", "-0.00000010000000500000033"},
    {"1e100", "0", "230.25850929940457"},
    {"1e-100", "0",
     "-230.258509299404568401799145468436420760110148862877297603332790096757260967735248023599720"
     "5089598298342"},
    {"0", "0", "2201E"},
    {"-1", "0", "2201E"},
    {"NaN", "0", "NaN"},
    {"Infinity", "0", "Infinity"},
    {"123456789.123456789", "0", "18.631401767168018"},
    {"1.00000000000001", "0", "0.000000000000009999999999999950"},
};

static void logarithms_near_one_keep_their_digits(void **state) {
    (void)state;
    CHECK(logarithms, ln_run);
}

static const struct numeric_case powers[] = {
    {"2", "3", "8.0000000000000000"},
    {"2", "-1", "0.5000000000000000"},
    {"2", "0.5", "1.4142135623730950"},
    {"0", "0", "1.0000000000000000"},
    {"0", "-1", "2201F"},
    {"0", "0.5", "0.0000000000000000"},
    {"-2", "3", "-8.0000000000000000"},
    {"-2", "0.5", "2201F"},
    {"1.0001", "1000", "1.1051653926032327"},
    {"10", "100",
     "10000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
     "000000000.0000000000000000"},
    {"2", "1000",
     "10715086071862673209484250490600018105614048117055336074437503883703510511249361224931983788"
     "15695858127594672917553146825187145285692314043598457757469857480393456777482423098542107460"
     "50623711418779541821530464749835819412673987675591655439460770629145711964776865421676604298"
     "31652624386837205668069376.0000000000000000"},
    {"NaN", "0", "1"},
    {"1", "NaN", "1"},
    {"-Infinity", "3", "-Infinity"},
    {"2", "Infinity", "Infinity"},
    {"0.5", "Infinity", "0"},
    {"3.14159", "2.71828", "22.459059142513843"},
    {"10", "-30", "0.0000000000000000"},
    {"-1", "3000000001", "-1.0000000000000000"},
    {"0.1", "Infinity", "0"},
    {"2.5", "-3.5", "0.04047715405015526"},
    {"10", "131072", "22003"},
};

static void powers_follow_postgres(void **state) {
    (void)state;
    CHECK(powers, numeric_power);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(square_roots_have_sixteen_digits),
        cmocka_unit_test(exponentials_choose_their_scale),
        cmocka_unit_test(logarithms_near_one_keep_their_digits),
        cmocka_unit_test(powers_follow_postgres),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
