/* SPDX-License-Identifier: Apache-2.0 */
/* Units, limits and calendar arithmetic shared by the datetime files. Limits are Postgres's:
 * dates from 4714-11-24 BC to 5874897-12-31, timestamps to 294276-12-31. */
#ifndef LEAT_RECORD_CALENDAR_H
#define LEAT_RECORD_CALENDAR_H

#include "engine/record/datetime.h"

#define US_PER_SECOND INT64_C(1000000)
#define US_PER_MINUTE (60 * US_PER_SECOND)
#define US_PER_HOUR (60 * US_PER_MINUTE)
#define US_PER_DAY (24 * US_PER_HOUR)
#define TIMESTAMP_MIN_US INT64_C(-211813488000000000)
#define TIMESTAMP_END_US INT64_C(9223371331200000000)
#define TIMESTAMP_MINUS_INFINITY INT64_MIN
#define TIMESTAMP_INFINITY INT64_MAX

enum {
    DATE_MIN_DAYS = -2451545,
    DATE_END_DAYS = 2145031949,
    JULIAN_2000 = 2451545, /* the Julian day of 2000-01-01 */
    YEAR_MIN = -4713,
    YEAR_MAX = 5874897,
    SECONDS_PER_DAY = 86400
};

int64_t floor_divide(int64_t a, int64_t b);
bool year_is_leap(int64_t year);
int month_days(int64_t year, int month);
int weekday_of(int64_t days); /* 0 = Sunday */
void iso_week_of(int64_t days, int64_t *ret_year, int *ret_week);
int64_t iso_week_start(int64_t year, int week); /* its Monday */
/* False when the parts are no moment that int64_t microseconds can hold; the caller checks
 * timestamp_is_valid. */
bool timestamp_join_checked(const struct datetime_parts *parts, int64_t *ret);

static inline bool timestamp_is_valid(int64_t us) {
    return us >= TIMESTAMP_MIN_US && us < TIMESTAMP_END_US;
}

static inline bool timestamp_is_infinite(int64_t us) {
    return us == TIMESTAMP_MINUS_INFINITY || us == TIMESTAMP_INFINITY;
}

#endif
