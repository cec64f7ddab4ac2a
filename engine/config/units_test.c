/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes, durations, percentages and whole numbers: what is taken, what is refused, and the way back
 * to text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/config/parse.h"

static void sizes_have_decimal_and_binary_units(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint64_t bytes;
    } cases[] = {{"0", 0}, {"4711", 4711}, {"1B", 1}, {"10kB", 10000}, {"2MB", 2000000},
                 {"3GB", 3000000000}, {"1KiB", 1024}, {"64MiB", 64 << 20}, {"1GiB", 1 << 30},
                 {"1.5kB", 1500}, {"0.5KiB", 512}, {"64 MiB", 64 << 20}, {"007B", 7},
                 {"9223372036854775807", INT64_MAX}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t bytes = 1;
        assert_true(bytes_parse(slice_of(cases[i].text), &bytes));
        assert_int_equal(bytes, cases[i].bytes);
    }
}

static void what_is_no_size_is_refused(void **state) {
    (void)state;
    static const char *const texts[] = {"",
                                        " ",
                                        "MiB",
                                        "-1",
                                        "+1",
                                        "1K",
                                        "1k",
                                        "64mb",
                                        "64M",
                                        "1mib",
                                        "1 ",
                                        " 1",
                                        "1  MiB",
                                        "1MiBx",
                                        "1.",
                                        ".5MiB",
                                        "1..5kB",
                                        "0.3KiB",
                                        "0.5",
                                        "1e3",
                                        "0x10",
                                        "1_000",
                                        "1,5MiB",
                                        "9223372036854775808",
                                        "99999999999999999999",
                                        "9007199254740992KiB",
                                        "10000000000GiB",
                                        "1MiB1MiB",
                                        "0.00000000000000000000001GB"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        uint64_t bytes = 77;
        if (bytes_parse(slice_of(texts[i]), &bytes)) {
            fail_msg("%s was taken as %llu", texts[i], (unsigned long long)bytes);
        }
        assert_int_equal(bytes, 77);
    }
}

static void durations_are_sums_of_falling_units(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t us;
    } cases[] = {{"0", 0}, {"0s", 0}, {"1us", 1}, {"250ms", 250000}, {"10s", 10000000},
                 {"5m", 300000000}, {"1h30m", 5400000000}, {"2d", 172800000000},
                 {"1d2h3m4s5ms6us", 93784005006}, {"1.5s", 1500000}, {"0.000001s", 1},
                 {"106751991d", 106751991LL * 86400000000}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t us = -1;
        assert_true(duration_parse(slice_of(cases[i].text), &us));
        assert_int_equal(us, cases[i].us);
    }
}

static void what_is_no_duration_is_refused(void **state) {
    (void)state;
    static const char *const texts[] = {"",
                                        "10",
                                        "1",
                                        "00",
                                        "s",
                                        "-1s",
                                        "10 s",
                                        "10S",
                                        "1m1h",
                                        "1s1s",
                                        "1ms1s",
                                        "1h30",
                                        "1w",
                                        "1min",
                                        "0.0000001s",
                                        "1s ",
                                        "106751992d",
                                        "106751991d5h",
                                        "9223372036854775808us"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        int64_t us = 77;
        if (duration_parse(slice_of(texts[i]), &us)) {
            fail_msg("%s was taken as %lld", texts[i], (long long)us);
        }
        assert_int_equal(us, 77);
    }
}

static void percentages_go_from_0_to_100(void **state) {
    (void)state;
    double share;
    assert_true(percent_parse(slice_of("10%"), &share));
    assert_true(share > 0.0999999 && share < 0.1000001);
    assert_true(percent_parse(slice_of("0%"), &share) && share == 0);
    assert_true(percent_parse(slice_of("100%"), &share) && share == 1);
    assert_true(percent_parse(slice_of("100.0%"), &share) && share == 1);
    assert_true(percent_parse(slice_of("0.5%"), &share) && share == 0.005);
    assert_false(percent_parse(slice_of("100.1%"), &share));
    assert_false(percent_parse(slice_of("101%"), &share));
    assert_false(percent_parse(slice_of("10"), &share));
    assert_false(percent_parse(slice_of("%"), &share));
    assert_false(percent_parse(slice_of("-1%"), &share));
    assert_false(percent_parse(slice_of("10%%"), &share));
    assert_false(percent_parse(slice_of("10 %"), &share));
}

static void whole_numbers_fit_or_are_refused(void **state) {
    (void)state;
    int64_t whole = 0;
    assert_true(whole_parse(slice_of("9223372036854775807"), &whole) && whole == INT64_MAX);
    assert_true(whole_parse(slice_of("-9223372036854775808"), &whole) && whole == INT64_MIN);
    assert_true(whole_parse(slice_of("+7"), &whole) && whole == 7);
    assert_true(whole_parse(slice_of("010"), &whole) && whole == 10);
    static const char *const texts[] = {"", "-", "+", "9223372036854775808", "-9223372036854775809",
                                        "1.0", "1e3", "0x1", "1 ", " 1", "--1", "one"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_false(whole_parse(slice_of(texts[i]), &whole));
    }
}

static void expect_printed(struct arena *arena, bool duration, int64_t value,
                           const char *expected) {
    struct buffer out;
    int64_t back;
    uint64_t bytes;
    buffer_init(&out, arena, 16);
    if (duration) {
        duration_print(value, &out);
        assert_true(duration_parse(buffer_slice(&out), &back));
    } else {
        bytes_print((uint64_t)value, &out);
        assert_true(bytes_parse(buffer_slice(&out), &bytes));
        back = (int64_t)bytes;
    }
    assert_int_equal(back, value);
    assert_true(slice_is(buffer_slice(&out), expected));
}

static void what_is_printed_reads_back_as_the_same(void **state) {
    (void)state;
    struct arena *arena = arena_new(NULL, POOL_READ);
    expect_printed(arena, false, 0, "0");
    expect_printed(arena, false, 1 << 20, "1MiB");
    expect_printed(arena, false, 1000000, "1MB");
    expect_printed(arena, false, 1025, "1025");
    expect_printed(arena, false, INT64_MAX, "9223372036854775807");
    expect_printed(arena, true, 0, "0");
    expect_printed(arena, true, 90000000, "90s");
    expect_printed(arena, true, 86400000000, "1d");
    expect_printed(arena, true, 1001, "1001us");
    arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_have_decimal_and_binary_units),
        cmocka_unit_test(what_is_no_size_is_refused),
        cmocka_unit_test(durations_are_sums_of_falling_units),
        cmocka_unit_test(what_is_no_duration_is_refused),
        cmocka_unit_test(percentages_go_from_0_to_100),
        cmocka_unit_test(whole_numbers_fit_or_are_refused),
        cmocka_unit_test(what_is_printed_reads_back_as_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
