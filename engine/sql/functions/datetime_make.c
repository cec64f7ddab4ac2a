/* SPDX-License-Identifier: Apache-2.0 */
/* Making times: from fields (make_*), from text (to_timestamp, to_date), from the clock (now and
 * its kin: the time the batch was read, so that a retry of a segment gives the same rows), and
 * to_char. */
#include <math.h>
#include <stdio.h>

#include "engine/record/datetime.h"
#include "engine/sql/functions/datetime_limits.h"
#include "engine/sql/functions/kernel.h"
#include "engine/sql/functions/tables.h"

static int32_t int4_at(const struct call *call, uint32_t argument, uint32_t row) {
    return ARGUMENT(call, argument, int32_t, row);
}

static int month_days(int64_t year, int month) {
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

/* The date of arguments 0 to 2; a negative year is BC. False after the row was failed.
 * *ret_in_range: the calendar reaches that far. */
static bool make_day(struct call *call, uint32_t row, int64_t *ret, bool *ret_in_range) {
    int32_t year = int4_at(call, 0, row), month = int4_at(call, 1, row);
    int32_t day = int4_at(call, 2, row);
    int64_t astronomical = year < 0 ? (int64_t)year + 1 : year;
    if (year == 0 || year == INT32_MIN || month < 1 || month > 12 || day < 1 ||
        day > month_days(astronomical, month)) {
        call_fail(call, row, "22008", "date field value out of range: %d-%02d-%02d", year, month,
                  day);
        return false;
    }
    *ret_in_range = astronomical >= -4713 && astronomical <= 5874897;
    if (*ret_in_range) {
        *ret = date_from_civil(astronomical, month, day);
        *ret_in_range = *ret >= DATE_FIRST && *ret < DATE_END;
    }
    return true;
}

/* The time of day of three arguments from `first` on. */
static bool make_clock(struct call *call, uint32_t row, uint32_t first, int64_t *ret) {
    int32_t hour = int4_at(call, first, row), minute = int4_at(call, first + 1, row);
    double second = ARGUMENT(call, first + 2, double, row);
    bool good = hour >= 0 && minute >= 0 && minute <= 59 && second >= 0 && second <= 60 &&
                hour <= 24 && !(hour == 24 && (minute > 0 || second > 0));
    if (!good) {
        char shown[32] = "NaN";
        if (!isnan(second)) {
            snprintf(shown, sizeof(shown), "%02g", second);
        }
        call_fail(call, row, "22008", "time field value out of range: %d:%02d:%s", hour, minute,
                  shown);
        return false;
    }
    *ret = (hour * INT64_C(60) + minute) * 60 * SECOND_US + (int64_t)rint(second * 1e6);
    return true;
}

/* Years are shown as the calendar counts them: 0 is 1 BC. */
static void fail_date(struct call *call, uint32_t row) {
    int32_t year = int4_at(call, 0, row);
    call_fail(call, row, "22008", "date out of range: %d-%02d-%02d", year + (year < 0),
              int4_at(call, 1, row), int4_at(call, 2, row));
}

static void make_date(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        int64_t date;
        bool in_range;
        if (!make_day(call, row, &date, &in_range)) {
            continue;
        }
        if (in_range) {
            RESULT(ret, int32_t, row) = (int32_t)date;
        } else {
            fail_date(call, row);
        }
    }
}

static void make_time(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        make_clock(call, row, 0, &RESULT(ret, int64_t, row));
    }
}

static bool make_local(struct call *call, uint32_t row, int64_t *ret) {
    int64_t date, time;
    bool in_range;
    if (!make_day(call, row, &date, &in_range) || !make_clock(call, row, 3, &time)) {
        return false;
    }
    if (!in_range && int4_at(call, 0, row) > 5874898) {
        fail_date(call, row);
        return false;
    }
    if (!in_range || __builtin_mul_overflow(date, DAY_US, ret) || __builtin_add_overflow(*ret, time, ret) ||
        !timestamp_is_valid(*ret)) {
        call_fail(call, row, "22008", "timestamp out of range: %d-%02d-%02d %d:%02d:%02g",
                  int4_at(call, 0, row), int4_at(call, 1, row), int4_at(call, 2, row),
                  int4_at(call, 3, row), int4_at(call, 4, row), ARGUMENT(call, 5, double, row));
        return false;
    }
    return true;
}

static void make_timestamp(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        make_local(call, row, &RESULT(ret, int64_t, row));
    }
}

/* A zone by name; of a bare offset the sign is ISO's here (+02 is east), not POSIX's. NULL after
 * the row was failed. */
static const struct timezone *zone_argument(struct call *call, uint32_t row) {
    struct slice name = *argument_slice(call, 6, row);
    char first = name.len ? name.data[0] : 0;
    if (first >= '0' && first <= '9') {
        call_fail(call, row, "22023", "invalid input syntax for type numeric time zone: \"%.*s\"",
                  (int)name.len, name.data);
        return NULL;
    }
    struct slice sought = name;
    if (first == '+' || first == '-') {
        sought = slice_of(arena_printf(call->arena, "%c%.*s", first == '+' ? '-' : '+',
                                       (int)name.len - 1, name.data + 1));
    }
    const struct timezone *zone = timezone_find(sought);
    if (!zone) {
        call_fail(call, row, "22023", "time zone \"%.*s\" not recognized", (int)name.len,
                  name.data);
    }
    return zone;
}

static void make_timestamptz(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        const struct timezone *zone =
            call->arguments_count > 6 ? zone_argument(call, row) : call->zone;
        if (!zone) {
            continue;
        }
        int64_t local;
        if (make_local(call, row, &local)) {
            RESULT(ret, int64_t, row) = timezone_to_utc(zone, local);
        }
    }
}

/* years, months, weeks, days, hours, minutes, seconds; trailing ones may be left out. */
static bool interval_of(const struct call *call, uint32_t row, struct interval *ret) {
    int64_t fields[6] = {0};
    double seconds = call->arguments_count > 6 ? ARGUMENT(call, 6, double, row) : 0;
    for (uint32_t i = 0; i < 6 && i < call->arguments_count; i++) {
        fields[i] = int4_at(call, i, row);
    }
    int64_t months = fields[0] * 12 + fields[1], days = fields[2] * 7 + fields[3];
    int64_t us = (fields[4] * 60 + fields[5]) * 60 * SECOND_US, fraction;
    double rounded = rint(seconds * 1e6);
    if (!(rounded >= -0x1p63 && rounded < 0x1p63) || months != (int32_t)months ||
        days != (int32_t)days) {
        return false;
    }
    fraction = (int64_t)rounded;
    *ret = (struct interval){.days = (int32_t)days, .months = (int32_t)months};
    return !__builtin_add_overflow(us, fraction, &ret->us);
}

static void make_interval(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        if (!interval_of(call, row, &RESULT(ret, struct interval, row))) {
            call_fail(call, row, "22008", "interval out of range");
        }
    }
}

static void timestamp_from_epoch(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        double seconds = ARGUMENT(call, 0, double, row);
        if (isnan(seconds)) {
            call_fail(call, row, "22008", "timestamp cannot be NaN");
            continue;
        }
        if (isinf(seconds)) {
            RESULT(ret, int64_t, row) = seconds > 0 ? INT64_MAX : INT64_MIN;
            continue;
        }
        double us = rint((seconds - (double)(DATETIME_UNIX_EPOCH_US / SECOND_US)) * 1e6);
        if (us < (double)TIMESTAMP_FIRST || us >= (double)TIMESTAMP_END) {
            call_fail(call, row, "22008", "timestamp out of range: \"%g\"", seconds);
            continue;
        }
        RESULT(ret, int64_t, row) = (int64_t)us;
    }
}

/* Reads text by a template; false after the row was failed. */
static bool parse_format(struct call *call, uint32_t row, const struct timezone *zone,
                         int64_t *ret) {
    struct slice message;
    const char *code =
        timestamp_parse_format(*argument_slice(call, 0, row), *argument_slice(call, 1, row), zone,
                               call->arena, ret, &message);
    if (code) {
        call_fail_slice(call, row, code, message);
    }
    return !code;
}

static void timestamp_from_text(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        parse_format(call, row, call->zone, &RESULT(ret, int64_t, row));
    }
}

static void date_from_text(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        int64_t us;
        if (parse_format(call, row, NULL, &us)) {
            int64_t date = us / DAY_US - (us % DAY_US < 0);
            RESULT(ret, int32_t, row) = (int32_t)date;
        }
    }
}

/* Null for an infinite time and for an empty format. */
static void format_time(struct call *call, struct column *ret, const struct timezone *zone) {
    EACH_ROW(call, row) {
        int64_t us = ARGUMENT(call, 0, int64_t, row);
        struct slice format = *argument_slice(call, 1, row);
        if (!timestamp_is_finite(us) || format.len == 0) {
            call_null(call, ret, row);
            continue;
        }
        struct buffer out;
        buffer_init(&out, call->arena, format.len * 2 + 16);
        timestamp_format(us, zone, format, &out);
        result_slice(ret, row, buffer_slice(&out));
    }
}

static void timestamp_to_char(struct call *call, struct column *ret) {
    format_time(call, ret, NULL);
}

static void timestamptz_to_char(struct call *call, struct column *ret) {
    format_time(call, ret, call->zone);
}

static int64_t read_at(const struct call *call) {
    return call->batch->read_at_us - DATETIME_UNIX_EPOCH_US;
}

static void now(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        RESULT(ret, int64_t, row) = read_at(call);
    }
}

static void now_local(struct call *call, struct column *ret) {
    int64_t local = timestamptz_to_local(read_at(call), call->zone);
    EACH_ROW(call, row) {
        RESULT(ret, int64_t, row) = local;
    }
}

static void today(struct call *call, struct column *ret) {
    int64_t local = timestamptz_to_local(read_at(call), call->zone);
    EACH_ROW(call, row) {
        RESULT(ret, int32_t, row) = (int32_t)(local / DAY_US - (local % DAY_US < 0));
    }
}

static void time_of_day(struct call *call, struct column *ret) {
    int64_t local = timestamptz_to_local(read_at(call), call->zone);
    EACH_ROW(call, row) {
        RESULT(ret, int64_t, row) = (local % DAY_US + DAY_US) % DAY_US;
    }
}

#define FIELDS3 TYPE_INT4, TYPE_INT4, TYPE_INT4
#define CLOCK TYPE_INT4, TYPE_INT4, TYPE_FLOAT8

const struct function functions_datetime_make[] = {
    ENTRY3("make_date", INT4, INT4, INT4, DATE, make_date),
    ENTRY3("make_time", INT4, INT4, FLOAT8, TIME, make_time),
    {.name = "make_timestamp",
     .arguments_count = 6,
     .arguments = {FIELDS3, CLOCK},
     .result = TYPE_TIMESTAMP,
     .run = make_timestamp},
    {.name = "make_timestamptz",
     .arguments_count = 7,
     .arguments_min = 6,
     .arguments = {FIELDS3, CLOCK, TYPE_TEXT},
     .result = TYPE_TIMESTAMPTZ,
     .volatility = VOLATILITY_STABLE,
     .run = make_timestamptz},
    {.name = "make_interval",
     .arguments_count = 7,
     .arguments_min = 1,
     .arguments = {FIELDS3, TYPE_INT4, CLOCK},
     .result = TYPE_INTERVAL,
     .run = make_interval},
    ENTRY1("to_timestamp", FLOAT8, TIMESTAMPTZ, timestamp_from_epoch),
    ENTRY2("to_timestamp", TEXT, TEXT, TIMESTAMPTZ, timestamp_from_text, STABLE),
    ENTRY2("to_date", TEXT, TEXT, DATE, date_from_text, STABLE),
    ENTRY2("to_char", TIMESTAMP, TEXT, TEXT, timestamp_to_char, STABLE),
    ENTRY2("to_char", TIMESTAMPTZ, TEXT, TEXT, timestamptz_to_char, STABLE),
    ENTRY0("now", TIMESTAMPTZ, now, STABLE),
    ENTRY0("current_timestamp", TIMESTAMPTZ, now, STABLE),
    ENTRY0("transaction_timestamp", TIMESTAMPTZ, now, STABLE),
    ENTRY0("statement_timestamp", TIMESTAMPTZ, now, STABLE),
    ENTRY0("clock_timestamp", TIMESTAMPTZ, now, STABLE),
    ENTRY0("localtimestamp", TIMESTAMP, now_local, STABLE),
    ENTRY0("current_date", DATE, today, STABLE),
    ENTRY0("localtime", TIME, time_of_day, STABLE),
    {0},
};
