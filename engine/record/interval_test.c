/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic of timestamps and intervals, against the results of a real PostgreSQL 15 in the
 * zone America/New_York. */
#include "engine/record/value_check.h"

struct datetime_case {
    const char *a, *b, *expected; /* or the SQLSTATE */
};

static void read_as(struct type type, const char *text, struct arena *arena, void *ret_value) {
    struct value_error error;
    assert_true(value_parse(type, slice_of(text), check_zone("America/New_York"), arena, ret_value,
                            &error));
}

static struct slice printed(struct type type, const void *value, struct arena *arena) {
    struct buffer out;
    buffer_init(&out, arena, 64);
    value_print(type, value, check_zone("America/New_York"), &out);
    return buffer_slice(&out);
}

typedef struct slice (*function)(const struct datetime_case *row, struct arena *arena);

static void check(const struct datetime_case *rows, size_t count, function run) {
    struct arena *arena = arena_new(NULL, POOL_COLUMNS);
    for (size_t i = 0; i < count; i++) {
        struct slice got = run(&rows[i], arena);
        if (!slice_is(got, rows[i].expected)) {
            fail_msg("%s, %s: expected %s, got %.*s", rows[i].a, rows[i].b, rows[i].expected,
                     (int)got.len, got.data);
        }
        arena_reset(arena);
    }
    arena_free(arena);
}

#define CHECK(rows, run) check((rows), sizeof(rows) / sizeof(rows)[0], (run))

static struct slice add_run(const struct datetime_case *row, struct arena *arena) {
    int64_t us;
    struct interval interval;
    read_as(TYPE(TIMESTAMP), row->a, arena, &us);
    read_as(TYPE(INTERVAL), row->b, arena, &interval);
    return timestamp_add(us, interval, &us) ? printed(TYPE(TIMESTAMP), &us, arena)
                                            : SLICE_LITERAL("22008");
}

static struct slice zoned_add_run(const struct datetime_case *row, struct arena *arena) {
    int64_t us;
    struct interval interval;
    read_as(TYPE(TIMESTAMPTZ), row->a, arena, &us);
    read_as(TYPE(INTERVAL), row->b, arena, &interval);
    bool good = timestamptz_add(us, interval, check_zone("America/New_York"), &us);
    return good ? printed(TYPE(TIMESTAMPTZ), &us, arena) : SLICE_LITERAL("22008");
}

static struct slice subtract_run(const struct datetime_case *row, struct arena *arena) {
    int64_t a, b;
    read_as(TYPE(TIMESTAMP), row->a, arena, &a);
    read_as(TYPE(TIMESTAMP), row->b, arena, &b);
    struct interval difference = timestamp_subtract(a, b);
    return printed(TYPE(INTERVAL), &difference, arena);
}

static struct slice age_run(const struct datetime_case *row, struct arena *arena) {
    int64_t a, b;
    read_as(TYPE(TIMESTAMP), row->a, arena, &a);
    read_as(TYPE(TIMESTAMP), row->b, arena, &b);
    struct interval age = timestamp_age(a, b);
    return printed(TYPE(INTERVAL), &age, arena);
}

static const struct datetime_case additions[] = {
    {"2013-01-31 10:00", "1 mon", "2013-02-28 10:00:00"},
    {"2012-02-29", "1 year", "2013-02-28 00:00:00"},
    {"2012-03-31", "-1 mon", "2012-02-29 00:00:00"},
    {"2013-01-31", "1 mon 1 day", "2013-03-01 00:00:00"},
    {"2013-01-01", "1 day -1:00", "2013-01-01 23:00:00"},
    {"infinity", "1 day", "infinity"},
    {"294276-12-31 10:00", "1 day", "22008"},
    {"4713-01-05 BC", "-2 years", "22008"},
    {"2013-01-01", "178000000 years", "22008"},
    {"0001-01-01", "-1 day", "0001-12-31 00:00:00 BC"},
    {"2013-03-09 02:30", "1 day", "2013-03-10 02:30:00"},
    {"2013-03-09 02:30", "24:00", "2013-03-10 02:30:00"},
    {"2013-11-02 01:30", "1 day", "2013-11-03 01:30:00"},
    {"2013-11-02 01:30", "24:00", "2013-11-03 01:30:00"},
    {"2013-02-10 02:30", "1 mon", "2013-03-10 02:30:00"},
};

static void months_step_first_and_are_clipped_to_the_month(void **state) {
    (void)state;
    CHECK(additions, add_run);
}

static const struct datetime_case zoned_additions[] = {
    {"2013-01-31 10:00", "1 mon", "2013-02-28 10:00:00-05"},
    {"2012-02-29", "1 year", "2013-02-28 00:00:00-05"},
    {"2012-03-31", "-1 mon", "2012-02-29 00:00:00-05"},
    {"2013-01-31", "1 mon 1 day", "2013-03-01 00:00:00-05"},
    {"2013-01-01", "1 day -1:00", "2013-01-01 23:00:00-05"},
    {"infinity", "1 day", "infinity"},
    {"294276-12-31 10:00", "1 day", "22008"},
    {"4713-01-05 BC", "-2 years", "22008"},
    {"2013-01-01", "178000000 years", "22008"},
    {"0001-01-01", "-1 day", "0001-12-31 00:00:00-04:56:02 BC"},
    {"2013-03-09 02:30", "1 day", "2013-03-10 03:30:00-04"},
    {"2013-03-09 02:30", "24:00", "2013-03-10 03:30:00-04"},
    {"2013-11-02 01:30", "1 day", "2013-11-03 01:30:00-05"},
    {"2013-11-02 01:30", "24:00", "2013-11-03 01:30:00-04"},
    {"2013-02-10 02:30", "1 mon", "2013-03-10 03:30:00-04"},
};

static void timestamptz_steps_days_on_the_local_clock(void **state) {
    (void)state;
    CHECK(zoned_additions, zoned_add_run);
}

static const struct datetime_case differences[] = {
    {"2013-03-31", "2012-02-29", "396 days"},
    {"2012-02-29", "2013-03-31", "-396 days"},
    {"2013-03-31", "2013-02-28", "31 days"},
    {"2013-01-01 10:00", "2013-01-02 09:00", "-23:00:00"},
    {"2013-03-01", "2013-01-31 23:00", "28 days 01:00:00"},
    {"2000-01-01", "0044-03-15 BC", "746117 days"},
    {"2013-01-01", "2013-01-01", "00:00:00"},
    {"2013-05-01 00:00:00.000001", "2013-04-30 23:59:59.999999", "00:00:00.000002"},
    {"2013-01-31 23:00", "2013-03-01", "-28 days -01:00:00"},
};

static void differences_are_days_and_time(void **state) {
    (void)state;
    CHECK(differences, subtract_run);
}

static const struct datetime_case ages[] = {
    {"2013-03-31", "2012-02-29", "1 year 1 mon 2 days"},
    {"2012-02-29", "2013-03-31", "-1 years -1 mons -2 days"},
    {"2013-03-31", "2013-02-28", "1 mon 3 days"},
    {"2013-01-01 10:00", "2013-01-02 09:00", "-23:00:00"},
    {"2013-03-01", "2013-01-31 23:00", "1 mon 01:00:00"},
    {"2000-01-01", "0044-03-15 BC", "2042 years 9 mons 17 days"},
    {"2013-01-01", "2013-01-01", "00:00:00"},
    {"2013-05-01 00:00:00.000001", "2013-04-30 23:59:59.999999", "00:00:00.000002"},
    {"2013-01-31 23:00", "2013-03-01", "-1 mons -01:00:00"},
};

static void ages_are_counted_in_the_calendar(void **state) {
    (void)state;
    CHECK(ages, age_run);
}

static void intervals_compare_with_months_of_thirty_days(void **state) {
    (void)state;
    const struct interval month = {.months = 1}, days = {.days = 30}, more = {.days = 30, .us = 1};
    assert_int_equal(interval_compare(month, days), 0);
    assert_int_equal(interval_compare(more, month), 1);
    assert_int_equal(interval_compare(month, more), -1);
    const struct interval least = {.months = INT32_MIN, .days = INT32_MIN, .us = INT64_MIN};
    assert_int_equal(interval_compare(least, month), -1);
}

static void justify_hours_gives_both_parts_one_sign(void **state) {
    (void)state;
    struct interval a =
        interval_justify_hours((struct interval){.days = 1, .us = INT64_C(-3600000000)});
    assert_int_equal(a.days, 0);
    assert_int_equal(a.us, INT64_C(82800000000));
    a = interval_justify_hours((struct interval){.us = INT64_C(90000000000)});
    assert_int_equal(a.days, 1);
    assert_int_equal(a.us, INT64_C(3600000000));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(months_step_first_and_are_clipped_to_the_month),
        cmocka_unit_test(timestamptz_steps_days_on_the_local_clock),
        cmocka_unit_test(differences_are_days_and_time),
        cmocka_unit_test(ages_are_counted_in_the_calendar),
        cmocka_unit_test(intervals_compare_with_months_of_thirty_days),
        cmocka_unit_test(justify_hours_gives_both_parts_one_sign),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
