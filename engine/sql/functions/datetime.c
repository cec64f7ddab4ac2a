/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic of dates, times, timestamps and intervals: + - * / and age, justify_*, isfinite. The
 * steps of calendars and zones are engine/record/datetime's; here are the operators, their
 * infinities and their errors (22008). */
#include "engine/record/datetime.h"

#include <math.h>

#include "engine/sql/functions/datetime_limits.h"
#include "engine/sql/functions/kernel.h"
#include "engine/sql/functions/tables.h"

enum { DAYS_PER_MONTH = 30, SECONDS_PER_DAY = 86400 };

static void out_of_range(struct call *call, uint32_t row, const char *what) {
    call_fail(call, row, "22008", "%s out of range", what);
}

/* The argument of that number as int4 (dates, counts) or int8 (times and timestamps). */
static int32_t int4_at(const struct call *call, uint32_t argument, uint32_t row) {
    return ARGUMENT(call, argument, int32_t, row);
}

static int64_t int8_at(const struct call *call, uint32_t argument, uint32_t row) {
    return ARGUMENT(call, argument, int64_t, row);
}

static struct interval interval_at(const struct call *call, uint32_t argument, uint32_t row) {
    return ARGUMENT(call, argument, struct interval, row);
}

static void date_step(struct call *call, struct column *ret, uint32_t date_argument, int sign) {
    EACH_ROW(call, row) {
        int32_t date = int4_at(call, date_argument, row);
        int64_t moved = date + sign * (int64_t)int4_at(call, 1 - date_argument, row);
        if (!date_is_finite(date)) {
            moved = date;
        } else if (moved < DATE_FIRST || moved >= DATE_END) {
            out_of_range(call, row, "date");
            continue;
        }
        RESULT(ret, int32_t, row) = (int32_t)moved;
    }
}

static void date_add_days(struct call *call, struct column *ret) {
    date_step(call, ret, 0, 1);
}

static void days_add_date(struct call *call, struct column *ret) {
    date_step(call, ret, 1, 1);
}

static void date_subtract_days(struct call *call, struct column *ret) {
    date_step(call, ret, 0, -1);
}

static void date_subtract_date(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        int32_t left = int4_at(call, 0, row), right = int4_at(call, 1, row);
        if (!date_is_finite(left) || !date_is_finite(right)) {
            call_fail(call, row, "22008", "cannot subtract infinite dates");
            continue;
        }
        RESULT(ret, int32_t, row) = left - right;
    }
}

static void date_with_time(struct call *call, struct column *ret, uint32_t date_argument) {
    EACH_ROW(call, row) {
        int64_t us;
        if (!date_to_timestamp(int4_at(call, date_argument, row), &us)) {
            call_fail(call, row, "22008", "date out of range for timestamp");
            continue;
        }
        us += timestamp_is_finite(us) ? int8_at(call, 1 - date_argument, row) : 0;
        if (timestamp_is_finite(us) && !timestamp_is_valid(us)) {
            out_of_range(call, row, "timestamp");
            continue;
        }
        RESULT(ret, int64_t, row) = us;
    }
}

static void date_add_time(struct call *call, struct column *ret) {
    date_with_time(call, ret, 0);
}

static void time_add_date(struct call *call, struct column *ret) {
    date_with_time(call, ret, 1);
}

/* False: the interval's lowest values have no counterpart. */
static bool interval_negative(struct interval a, struct interval *ret) {
    *ret = (struct interval){.us = (int64_t)(0 - (uint64_t)a.us),
                             .days = (int32_t)(0 - (uint32_t)a.days),
                             .months = (int32_t)(0 - (uint32_t)a.months)};
    return a.us != INT64_MIN && a.days != INT32_MIN && a.months != INT32_MIN;
}

/* Which operator on a date or timestamp and an interval. */
struct move {
    enum type_id type; /* of the point in time */
    uint32_t point;    /* its argument */
    bool back;
};

static void move(struct call *call, struct column *ret, struct move move) {
    EACH_ROW(call, row) {
        struct interval step = interval_at(call, 1 - move.point, row);
        int64_t us;
        if (move.type != TYPE_DATE) {
            us = int8_at(call, move.point, row);
        } else if (!date_to_timestamp(int4_at(call, move.point, row), &us)) {
            call_fail(call, row, "22008", "date out of range for timestamp");
            continue;
        }
        if (!timestamp_is_finite(us)) {
            RESULT(ret, int64_t, row) = us;
            continue;
        }
        if (move.back && !interval_negative(step, &step)) {
            out_of_range(call, row, "interval");
            continue;
        }
        bool good = move.type == TYPE_TIMESTAMPTZ
                        ? timestamptz_add(us, step, call->zone, &RESULT(ret, int64_t, row))
                        : timestamp_add(us, step, &RESULT(ret, int64_t, row));
        if (!good) {
            out_of_range(call, row, "timestamp");
        }
    }
}

#define MOVE_FUNCTIONS(name, type_) \
    static void name##_add_interval(struct call *call, struct column *ret) { \
        move(call, ret, (struct move){.type = TYPE_##type_}); \
    } \
    static void interval_add_##name(struct call *call, struct column *ret) { \
        move(call, ret, (struct move){.type = TYPE_##type_, .point = 1}); \
    } \
    static void name##_subtract_interval(struct call *call, struct column *ret) { \
        move(call, ret, (struct move){.type = TYPE_##type_, .back = true}); \
    }

MOVE_FUNCTIONS(date, DATE)
MOVE_FUNCTIONS(timestamp, TIMESTAMP)
MOVE_FUNCTIONS(timestamptz, TIMESTAMPTZ)

static void timestamp_minus(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        int64_t left = int8_at(call, 0, row), right = int8_at(call, 1, row), us;
        if (!timestamp_is_finite(left) || !timestamp_is_finite(right)) {
            call_fail(call, row, "22008", "cannot subtract infinite timestamps");
        } else if (__builtin_sub_overflow(left, right, &us)) {
            out_of_range(call, row, "interval");
        } else {
            RESULT(ret, struct interval, row) = timestamp_subtract(left, right);
        }
    }
}

static void age(struct call *call, struct column *ret, bool local) {
    EACH_ROW(call, row) {
        int64_t left = int8_at(call, 0, row), right = int8_at(call, 1, row);
        if (!timestamp_is_finite(left) || !timestamp_is_finite(right)) {
            out_of_range(call, row, "timestamp");
            continue;
        }
        if (local) {
            left = timestamptz_to_local(left, call->zone);
            right = timestamptz_to_local(right, call->zone);
        }
        RESULT(ret, struct interval, row) = timestamp_age(left, right);
    }
}

static void timestamp_age_of(struct call *call, struct column *ret) {
    age(call, ret, false);
}

static void timestamptz_age_of(struct call *call, struct column *ret) {
    age(call, ret, true);
}

/* The time of day after so many microseconds, which may be negative. */
static int64_t time_after(int64_t time, int64_t us) {
    int64_t moved = (time % DAY_US + us % DAY_US) % DAY_US;
    return moved < 0 ? moved + DAY_US : moved;
}

static void time_add_interval(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        RESULT(ret, int64_t, row) =
            time_after(int8_at(call, 0, row), interval_at(call, 1, row).us);
    }
}

static void interval_add_time(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        RESULT(ret, int64_t, row) =
            time_after(int8_at(call, 1, row), interval_at(call, 0, row).us);
    }
}

static void time_subtract_interval(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        RESULT(ret, int64_t, row) =
            time_after(int8_at(call, 0, row), -(interval_at(call, 1, row).us % DAY_US));
    }
}

static void time_subtract_time(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        RESULT(ret, struct interval, row) =
            (struct interval){.us = int8_at(call, 0, row) - int8_at(call, 1, row)};
    }
}

static void interval_add(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        struct interval a = interval_at(call, 0, row), b = interval_at(call, 1, row), sum;
        if (__builtin_add_overflow(a.months, b.months, &sum.months) ||
            __builtin_add_overflow(a.days, b.days, &sum.days) ||
            __builtin_add_overflow(a.us, b.us, &sum.us)) {
            out_of_range(call, row, "interval");
            continue;
        }
        RESULT(ret, struct interval, row) = sum;
    }
}

static void interval_subtract(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        struct interval a = interval_at(call, 0, row), b = interval_at(call, 1, row), rest;
        if (__builtin_sub_overflow(a.months, b.months, &rest.months) ||
            __builtin_sub_overflow(a.days, b.days, &rest.days) ||
            __builtin_sub_overflow(a.us, b.us, &rest.us)) {
            out_of_range(call, row, "interval");
            continue;
        }
        RESULT(ret, struct interval, row) = rest;
    }
}

static void interval_negate(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        struct interval negative;
        if (!interval_negative(interval_at(call, 0, row), &negative)) {
            out_of_range(call, row, "interval");
            continue;
        }
        RESULT(ret, struct interval, row) = negative;
    }
}

static double to_microsecond(double seconds) {
    return rint(seconds * 1e6) / 1e6;
}

static bool fits_int4(double value) {
    return value >= -0x1p31 && value < 0x1p31;
}

/* What scaling made of the fields: whole months and days are kept, their fractions go down to days
 * and to seconds, a month having 30 days. */
static bool interval_from_fields(double months, double days, double us, struct interval *ret) {
    if (!fits_int4(months) || !fits_int4(days)) {
        return false;
    }
    int32_t whole_months = (int32_t)months;
    int64_t whole_days = (int32_t)days;
    double month_days = to_microsecond((months - whole_months) * DAYS_PER_MONTH);
    double seconds = to_microsecond((days - (double)whole_days + month_days - (int)month_days) *
                                    SECONDS_PER_DAY);
    if (fabs(seconds) >= SECONDS_PER_DAY) {
        int more = (int)(seconds / SECONDS_PER_DAY);
        whole_days += more;
        seconds -= (double)more * SECONDS_PER_DAY;
    }
    whole_days += (int)month_days;
    us = rint(us + seconds * 1e6);
    if (!(us >= -0x1p63 && us < 0x1p63) || whole_days > INT32_MAX || whole_days < INT32_MIN) {
        return false;
    }
    *ret = (struct interval){
        .us = (int64_t)us, .days = (int32_t)whole_days, .months = whole_months};
    return true;
}

static void interval_scale(struct call *call, struct column *ret, uint32_t interval_argument) {
    EACH_ROW(call, row) {
        struct interval a = interval_at(call, interval_argument, row);
        double factor = ARGUMENT(call, 1 - interval_argument, double, row);
        if (!interval_from_fields(a.months * factor, a.days * factor, (double)a.us * factor,
                                  &RESULT(ret, struct interval, row))) {
            out_of_range(call, row, "interval");
        }
    }
}

static void interval_multiply(struct call *call, struct column *ret) {
    interval_scale(call, ret, 0);
}

static void multiply_interval(struct call *call, struct column *ret) {
    interval_scale(call, ret, 1);
}

static void interval_divide(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        struct interval a = interval_at(call, 0, row);
        double divisor = ARGUMENT(call, 1, double, row);
        if (divisor == 0) {
            call_fail(call, row, "22012", "division by zero");
        } else if (!interval_from_fields(a.months / divisor, a.days / divisor,
                                         (double)a.us / divisor,
                                         &RESULT(ret, struct interval, row))) {
            out_of_range(call, row, "interval");
        }
    }
}

static bool justify_days(struct interval *a) {
    int32_t whole = a->days / DAYS_PER_MONTH;
    a->days -= whole * DAYS_PER_MONTH;
    if (__builtin_add_overflow(a->months, whole, &a->months)) {
        return false;
    }
    if (a->months > 0 && a->days < 0) {
        a->days += DAYS_PER_MONTH;
        a->months--;
    } else if (a->months < 0 && a->days > 0) {
        a->days -= DAYS_PER_MONTH;
        a->months++;
    }
    return true;
}

/* Hours to days, days to months, and all of one sign. */
static bool justify_all(struct interval *a) {
    int64_t days = a->days + a->us / DAY_US, months = a->months;
    int64_t us = a->us % DAY_US;
    months += days / DAYS_PER_MONTH;
    days %= DAYS_PER_MONTH;
    if (months > 0 && (days < 0 || (days == 0 && us < 0))) {
        days += DAYS_PER_MONTH;
        months--;
    } else if (months < 0 && (days > 0 || (days == 0 && us > 0))) {
        days -= DAYS_PER_MONTH;
        months++;
    }
    if (days > 0 && us < 0) {
        us += DAY_US;
        days--;
    } else if (days < 0 && us > 0) {
        us -= DAY_US;
        days++;
    }
    *a = (struct interval){.us = us, .days = (int32_t)days, .months = (int32_t)months};
    return months >= INT32_MIN && months <= INT32_MAX;
}

static void justify(struct call *call, struct column *ret, bool (*function)(struct interval *)) {
    EACH_ROW(call, row) {
        struct interval value = interval_at(call, 0, row);
        if (!function(&value)) {
            out_of_range(call, row, "interval");
            continue;
        }
        RESULT(ret, struct interval, row) = value;
    }
}

static void interval_justify_days_of(struct call *call, struct column *ret) {
    justify(call, ret, justify_days);
}

static void interval_justify_all_of(struct call *call, struct column *ret) {
    justify(call, ret, justify_all);
}

static void interval_justify_hours_of(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        struct interval value = interval_at(call, 0, row);
        int32_t days;
        if (__builtin_add_overflow(value.days, (int32_t)(value.us / DAY_US), &days)) {
            out_of_range(call, row, "interval");
            continue;
        }
        RESULT(ret, struct interval, row) = interval_justify_hours(value);
    }
}

static void date_isfinite(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        RESULT(ret, uint8_t, row) = date_is_finite(int4_at(call, 0, row));
    }
}

static void timestamp_isfinite(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        RESULT(ret, uint8_t, row) = timestamp_is_finite(int8_at(call, 0, row));
    }
}

static void interval_isfinite(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        RESULT(ret, uint8_t, row) = true;
    }
}

const struct function functions_datetime[] = {
    ENTRY2("+", DATE, INT4, DATE, date_add_days),
    ENTRY2("+", INT4, DATE, DATE, days_add_date),
    ENTRY2("-", DATE, INT4, DATE, date_subtract_days),
    ENTRY2("-", DATE, DATE, INT4, date_subtract_date),
    ENTRY2("+", DATE, TIME, TIMESTAMP, date_add_time),
    ENTRY2("+", TIME, DATE, TIMESTAMP, time_add_date),
    ENTRY2("+", DATE, INTERVAL, TIMESTAMP, date_add_interval),
    ENTRY2("+", INTERVAL, DATE, TIMESTAMP, interval_add_date),
    ENTRY2("-", DATE, INTERVAL, TIMESTAMP, date_subtract_interval),
    ENTRY2("+", TIMESTAMP, INTERVAL, TIMESTAMP, timestamp_add_interval),
    ENTRY2("+", INTERVAL, TIMESTAMP, TIMESTAMP, interval_add_timestamp),
    ENTRY2("-", TIMESTAMP, INTERVAL, TIMESTAMP, timestamp_subtract_interval),
    ENTRY2("+", TIMESTAMPTZ, INTERVAL, TIMESTAMPTZ, timestamptz_add_interval, STABLE),
    ENTRY2("+", INTERVAL, TIMESTAMPTZ, TIMESTAMPTZ, interval_add_timestamptz, STABLE),
    ENTRY2("-", TIMESTAMPTZ, INTERVAL, TIMESTAMPTZ, timestamptz_subtract_interval, STABLE),
    ENTRY2("-", TIMESTAMP, TIMESTAMP, INTERVAL, timestamp_minus),
    ENTRY2("-", TIMESTAMPTZ, TIMESTAMPTZ, INTERVAL, timestamp_minus),
    ENTRY2("age", TIMESTAMP, TIMESTAMP, INTERVAL, timestamp_age_of),
    ENTRY2("age", TIMESTAMPTZ, TIMESTAMPTZ, INTERVAL, timestamptz_age_of, STABLE),
    ENTRY2("+", TIME, INTERVAL, TIME, time_add_interval),
    ENTRY2("+", INTERVAL, TIME, TIME, interval_add_time),
    ENTRY2("-", TIME, INTERVAL, TIME, time_subtract_interval),
    ENTRY2("-", TIME, TIME, INTERVAL, time_subtract_time),
    ENTRY2("+", INTERVAL, INTERVAL, INTERVAL, interval_add),
    ENTRY2("-", INTERVAL, INTERVAL, INTERVAL, interval_subtract),
    ENTRY1("-", INTERVAL, INTERVAL, interval_negate),
    ENTRY2("*", INTERVAL, FLOAT8, INTERVAL, interval_multiply),
    ENTRY2("*", FLOAT8, INTERVAL, INTERVAL, multiply_interval),
    ENTRY2("/", INTERVAL, FLOAT8, INTERVAL, interval_divide),
    ENTRY1("justify_hours", INTERVAL, INTERVAL, interval_justify_hours_of),
    ENTRY1("justify_days", INTERVAL, INTERVAL, interval_justify_days_of),
    ENTRY1("justify_interval", INTERVAL, INTERVAL, interval_justify_all_of),
    ENTRY1("isfinite", DATE, BOOL, date_isfinite),
    ENTRY1("isfinite", TIMESTAMP, BOOL, timestamp_isfinite),
    ENTRY1("isfinite", TIMESTAMPTZ, BOOL, timestamp_isfinite),
    ENTRY1("isfinite", INTERVAL, BOOL, interval_isfinite),
    {0},
};
