/* SPDX-License-Identifier: Apache-2.0 */
/* Casts among dates, times and intervals; local time is that of the pipeline's zone. Infinities
 * stay infinite, and what leaves the range of a timestamp is 22008. */
#include "engine/sql/cast_tables.h"

#define EACH(call, row)                                                                            \
    for (uint32_t each_ = 0, row; each_ < (call)->rows_count && (row = (call)->rows[each_], true); \
         each_++)
#define FROM(type_, row) COLUMN_VALUE(&call->arguments[0], type_, row)
#define TO(type_, row) (((type_ *)ret->values)[row])

#define DAY_US INT64_C(86400000000)
/* Postgres's limits: 4714-11-24 BC to 294277-01-01. */
#define TIMESTAMP_MIN_US INT64_C(-211813488000000000)
#define TIMESTAMP_END_US INT64_C(9223371331200000000)

static bool timestamp_is_finite(int64_t us) {
    return us != INT64_MIN && us != INT64_MAX;
}

static int64_t floor_day(int64_t us) {
    return us / DAY_US - (us % DAY_US < 0);
}

static bool date_timestamp_value(int32_t date, int64_t *ret) {
    if (date == INT32_MIN || date == INT32_MAX) {
        *ret = date == INT32_MIN ? INT64_MIN : INT64_MAX;
        return true;
    }
    return !__builtin_mul_overflow((int64_t)date, DAY_US, ret) && *ret < TIMESTAMP_END_US;
}

static int64_t local_to_utc(int64_t us, const struct timezone *zone) {
    return timestamp_is_finite(us) ? timezone_to_utc(zone, us) : us;
}

static int64_t utc_to_local(int64_t us, const struct timezone *zone) {
    return timestamp_is_finite(us) ? timestamptz_to_local(us, zone) : us;
}

static void fail_timestamp(struct call *call, uint32_t row) {
    call_fail(call, row, "22008", "timestamp out of range");
}

static void date_timestamp(struct call *call, struct column *ret) {
    EACH(call, row) {
        if (!date_timestamp_value(FROM(int32_t, row), &TO(int64_t, row))) {
            call_fail(call, row, "22008", "date out of range for timestamp");
        }
    }
}

static void date_timestamptz(struct call *call, struct column *ret) {
    EACH(call, row) {
        int64_t us;
        if (!date_timestamp_value(FROM(int32_t, row), &us)) {
            call_fail(call, row, "22008", "date out of range for timestamp");
            continue;
        }
        TO(int64_t, row) = local_to_utc(us, call->zone);
    }
}

static void timestamp_timestamptz(struct call *call, struct column *ret) {
    EACH(call, row) {
        int64_t us = FROM(int64_t, row), utc = local_to_utc(us, call->zone);
        TO(int64_t, row) = utc;
        if (timestamp_is_finite(us) && (utc < TIMESTAMP_MIN_US || utc >= TIMESTAMP_END_US)) {
            fail_timestamp(call, row);
        }
    }
}

static void timestamptz_timestamp(struct call *call, struct column *ret) {
    EACH(call, row) {
        int64_t us = FROM(int64_t, row), local = utc_to_local(us, call->zone);
        TO(int64_t, row) = local;
        if (timestamp_is_finite(us) && (local < TIMESTAMP_MIN_US || local >= TIMESTAMP_END_US)) {
            fail_timestamp(call, row);
        }
    }
}

static int32_t date_of(int64_t us) {
    return us == INT64_MIN ? INT32_MIN : us == INT64_MAX ? INT32_MAX : (int32_t)floor_day(us);
}

static void timestamp_date(struct call *call, struct column *ret) {
    EACH(call, row) {
        TO(int32_t, row) = date_of(FROM(int64_t, row));
    }
}

static void timestamptz_date(struct call *call, struct column *ret) {
    EACH(call, row) {
        TO(int32_t, row) = date_of(utc_to_local(FROM(int64_t, row), call->zone));
    }
}

static void time_of(struct call *call, uint32_t row, int64_t local, struct column *ret) {
    if (!timestamp_is_finite(local)) {
        call_null(call, ret, row); /* an infinite timestamp has no time of day */
        return;
    }
    TO(int64_t, row) = local - floor_day(local) * DAY_US;
}

static void timestamp_time(struct call *call, struct column *ret) {
    EACH(call, row) {
        time_of(call, row, FROM(int64_t, row), ret);
    }
}

static void timestamptz_time(struct call *call, struct column *ret) {
    EACH(call, row) {
        time_of(call, row, utc_to_local(FROM(int64_t, row), call->zone), ret);
    }
}

static void time_interval(struct call *call, struct column *ret) {
    EACH(call, row) {
        TO(struct interval, row) = (struct interval){.us = FROM(int64_t, row)};
    }
}

static void interval_time(struct call *call, struct column *ret) {
    EACH(call, row) {
        int64_t us = FROM(struct interval, row).us % DAY_US;
        TO(int64_t, row) = us < 0 ? us + DAY_US : us;
    }
}

const struct cast casts_time[] = {
    {TYPE_DATE, TYPE_TIMESTAMP, CAST_IMPLICIT, date_timestamp},
    {TYPE_DATE, TYPE_TIMESTAMPTZ, CAST_IMPLICIT, date_timestamptz},
    {TYPE_TIMESTAMP, TYPE_TIMESTAMPTZ, CAST_IMPLICIT, timestamp_timestamptz},
    {TYPE_TIMESTAMP, TYPE_DATE, CAST_ASSIGNMENT, timestamp_date},
    {TYPE_TIMESTAMP, TYPE_TIME, CAST_ASSIGNMENT, timestamp_time},
    {TYPE_TIMESTAMPTZ, TYPE_TIMESTAMP, CAST_ASSIGNMENT, timestamptz_timestamp},
    {TYPE_TIMESTAMPTZ, TYPE_DATE, CAST_ASSIGNMENT, timestamptz_date},
    {TYPE_TIMESTAMPTZ, TYPE_TIME, CAST_ASSIGNMENT, timestamptz_time},
    {TYPE_TIME, TYPE_INTERVAL, CAST_IMPLICIT, time_interval},
    {TYPE_INTERVAL, TYPE_TIME, CAST_ASSIGNMENT, interval_time},
    {0},
};
