/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic of timestamps and intervals. Months, days and microseconds never mix: a month steps
 * in the calendar, a day on the clock of the zone. */
#include "engine/record/calendar.h"

enum { DAYS_PER_MONTH = 30 };

static bool months_add(int64_t us, int32_t months, int64_t *ret) {
    struct datetime_parts parts;
    timestamp_split(us, &parts);
    int64_t total = parts.year * 12 + parts.month - 1 + months;
    parts.year = floor_divide(total, 12);
    parts.month = (int)(total - parts.year * 12) + 1;
    int last = month_days(parts.year, parts.month);
    parts.day = parts.day > last ? last : parts.day;
    return timestamp_join_checked(&parts, ret);
}

static bool days_add(int64_t us, int32_t days, int64_t *ret) {
    return !__builtin_add_overflow(us, days * US_PER_DAY, ret);
}

bool timestamp_add(int64_t us, struct interval interval, int64_t *ret) {
    if (timestamp_is_infinite(us)) {
        *ret = us;
        return true;
    }
    if ((interval.months && !months_add(us, interval.months, &us)) ||
        (interval.days && !days_add(us, interval.days, &us)) ||
        __builtin_add_overflow(us, interval.us, &us) || !timestamp_is_valid(us)) {
        return false;
    }
    *ret = us;
    return true;
}

bool timestamptz_add(int64_t us, struct interval interval, const struct timezone *zone,
                     int64_t *ret) {
    if (timestamp_is_infinite(us)) {
        *ret = us;
        return true;
    }
    if (interval.months) {
        int64_t local = timestamptz_to_local(us, zone);
        if (!months_add(local, interval.months, &local)) {
            return false;
        }
        us = timezone_to_utc(zone, local);
    }
    if (interval.days) {
        int64_t local = timestamptz_to_local(us, zone);
        if (!days_add(local, interval.days, &local)) {
            return false;
        }
        us = timezone_to_utc(zone, local);
    }
    if (__builtin_add_overflow(us, interval.us, &us) || !timestamp_is_valid(us)) {
        return false;
    }
    *ret = us;
    return true;
}

struct interval interval_justify_hours(struct interval a) {
    int64_t days = a.us / US_PER_DAY;
    a.us -= days * US_PER_DAY;
    a.days += (int32_t)days;
    if (a.days > 0 && a.us < 0) {
        a.us += US_PER_DAY;
        a.days--;
    } else if (a.days < 0 && a.us > 0) {
        a.us -= US_PER_DAY;
        a.days++;
    }
    return a;
}

struct interval timestamp_subtract(int64_t a, int64_t b) {
    struct interval difference = {0};
    if (__builtin_sub_overflow(a, b, &difference.us)) {
        difference.us = a < b ? INT64_MIN : INT64_MAX;
    }
    return interval_justify_hours(difference);
}

/* Field by field, then borrows; a month's length is that of the earlier date's month. */
struct interval timestamp_age(int64_t a, int64_t b) {
    bool negative = a < b;
    int64_t later = negative ? b : a, earlier = negative ? a : b;
    struct datetime_parts from, to;
    timestamp_split(later, &to);
    timestamp_split(earlier, &from);
    int64_t us = (later - floor_divide(later, US_PER_DAY) * US_PER_DAY) -
                 (earlier - floor_divide(earlier, US_PER_DAY) * US_PER_DAY);
    int64_t days = to.day - from.day, months = to.month - from.month, years = to.year - from.year;
    if (us < 0) {
        us += US_PER_DAY;
        days--;
    }
    while (days < 0) {
        days += month_days(from.year, from.month);
        months--;
    }
    while (months < 0) {
        months += 12;
        years--;
    }
    int32_t all_months = (int32_t)(years * 12 + months);
    struct interval age = {.us = us, .days = (int32_t)days, .months = all_months};
    if (negative) {
        age = (struct interval){.us = -us, .days = (int32_t)-days, .months = -all_months};
    }
    return age;
}

static __int128 span(struct interval a) {
    return ((__int128)a.months * DAYS_PER_MONTH + a.days) * US_PER_DAY + a.us;
}

int interval_compare(struct interval a, struct interval b) {
    __int128 left = span(a), right = span(b);
    return (left > right) - (left < right);
}
