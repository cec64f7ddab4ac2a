/* SPDX-License-Identifier: Apache-2.0 */
/* Calendar arithmetic: every day of the range there and back, and known dates. */
#include "engine/record/calendar.h"
#include "engine/record/value_check.h"

static void days_and_civil_dates_are_inverse(void **state) {
    (void)state;
    int64_t year, before = INT64_MIN;
    int month, day;
    for (int64_t days = DATE_MIN_DAYS; days < DATE_END_DAYS; days += days < 1000000 ? 1 : 9973) {
        date_to_civil(days, &year, &month, &day);
        if (date_from_civil(year, month, day) != days || day > month_days(year, month) ||
            year < before) {
            fail_msg("day %ld", (long)days);
        }
        before = year;
    }
}

static void known_dates_have_their_numbers(void **state) {
    (void)state;
    assert_int_equal(date_from_civil(2000, 1, 1), 0);
    assert_int_equal(date_from_civil(1970, 1, 1), -10957);
    assert_int_equal(date_from_civil(-4713, 11, 24), -2451545);
    assert_int_equal(date_from_civil(5874897, 12, 31), DATE_END_DAYS - 1);
    assert_int_equal(weekday_of(0), 6);
    assert_int_equal(weekday_of(-10957), 4);
}

static void iso_weeks_begin_on_monday(void **state) {
    (void)state;
    int64_t year;
    int week;
    iso_week_of(date_from_civil(2021, 1, 3), &year, &week);
    assert_int_equal(year, 2020);
    assert_int_equal(week, 53);
    iso_week_of(date_from_civil(2018, 12, 31), &year, &week);
    assert_int_equal(year, 2019);
    assert_int_equal(week, 1);
    assert_int_equal(iso_week_start(2013, 1), date_from_civil(2012, 12, 31));
    for (int64_t days = -800000; days < 800000; days += 7) {
        iso_week_of(days, &year, &week);
        int64_t start = iso_week_start(year, week);
        assert_true(start <= days && days < start + 7 && weekday_of(start) == 1);
    }
}

static void timestamps_split_and_join(void **state) {
    (void)state;
    static const int64_t moments[] = {
        0, -1, 1, -86400000000, TIMESTAMP_MIN_US, TIMESTAMP_END_US - 1};
    for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++) {
        struct datetime_parts parts;
        int64_t checked;
        timestamp_split(moments[i], &parts);
        assert_int_equal(timestamp_join(&parts), moments[i]);
        assert_true(timestamp_join_checked(&parts, &checked));
        assert_int_equal(checked, moments[i]);
    }
    struct datetime_parts parts = {.year = 294277, .month = 1, .day = 10};
    int64_t us;
    assert_false(timestamp_join_checked(&parts, &us));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_and_civil_dates_are_inverse),
        cmocka_unit_test(known_dates_have_their_numbers),
        cmocka_unit_test(iso_weeks_begin_on_monday),
        cmocka_unit_test(timestamps_split_and_join),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
