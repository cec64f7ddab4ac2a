/* SPDX-License-Identifier: Apache-2.0 */
/* Taking times apart and cutting them: extract, date_part, date_trunc, date_bin, and moving them
 * between zones (AT TIME ZONE is timezone(zone, value)). A timestamptz is cut and read in local
 * time. */
#include <strings.h>

#include "engine/record/datetime.h"
#include "engine/record/numeric.h"
#include "engine/sql/functions/case.h"
#include "engine/sql/functions/datetime_limits.h"
#include "engine/sql/functions/kernel.h"
#include "engine/sql/functions/tables.h"

static bool is_one_of(struct slice word, const char *const *words) {
    for (; *words; words++) {
        if (word.len == strlen(*words) && strncasecmp(word.data, *words, word.len) == 0) {
            return true;
        }
    }
    return false;
}

static void refuse_unit(struct call *call, uint32_t row, const char *code, struct slice unit,
                        const char *type) {
    struct slice shown = case_lower(unit, call->arena);
    call_fail(call, row, code, "unit \"%.*s\" not %s for type %s", (int)shown.len, shown.data,
              strcmp(code, "0A000") == 0 ? "supported" : "recognized", type);
}

/* A field of a value: as numeric (extract) or as float8 (date_part). */
static void result_field(struct column *ret, uint32_t row, struct slice value) {
    if (ret->type.id == TYPE_FLOAT8) {
        RESULT(ret, double, row) = numeric_to_float8(value);
    } else {
        result_slice(ret, row, value);
    }
}

/* Infinite times have infinite years and a null for what goes round. */
static void extract_infinite(struct call *call, struct column *ret, uint32_t row, bool positive) {
    static const char *const growing[] = {
        "year", "years", "y", "yr", "yrs", "decade", "decades", "dec", "decs", "century",
        "centuries", "c", "cent", "millennium", "millennia", "mil", "mils", "julian", "isoyear",
        "epoch", NULL};
    if (!is_one_of(*argument_slice(call, 0, row), growing)) {
        call_null(call, ret, row);
    } else if (positive) {
        result_field(ret, row, SLICE_LITERAL("Infinity"));
    } else {
        result_field(ret, row, SLICE_LITERAL("-Infinity"));
    }
}

/* Reads the field of a finite local time; false after the row was failed. */
static bool extract_local(struct call *call, uint32_t row, int64_t us, const char *type,
                          struct slice *ret) {
    struct slice field = *argument_slice(call, 0, row);
    const char *code = "22023";
    if (!timestamp_extract(field, us, call->arena, ret, &code)) {
        refuse_unit(call, row, code, field, type);
        return false;
    }
    return true;
}

/* Whether the field is one that infinite values lack instead of refusing it. */
static bool is_zone_field(struct slice field) {
    static const char *const fields[] = {"timezone",   "timezone_hour", "timezone_minute",
                                         "timezone_h", "timezone_m",    NULL};
    return is_one_of(field, fields);
}

static void timestamp_extract_of(struct call *call, struct column *ret) {
    static const char type[] = "timestamp without time zone";
    EACH_ROW(call, row) {
        int64_t us = ARGUMENT(call, 1, int64_t, row);
        bool finite = timestamp_is_finite(us);
        struct slice value;
        if (!finite && is_zone_field(*argument_slice(call, 0, row))) {
            call_null(call, ret, row);
        } else if (extract_local(call, row, finite ? us : 0, type, &value)) {
            if (finite) {
                result_field(ret, row, value);
            } else {
                extract_infinite(call, ret, row, us > 0);
            }
        }
    }
}

/* timezone, timezone_hour, timezone_minute: only a timestamptz has them. */
static bool extract_zone(struct call *call, uint32_t row, int64_t us, struct slice *ret) {
    static const char *const whole[] = {"timezone", NULL};
    static const char *const hours[] = {"timezone_hour", "timezone_h", NULL};
    static const char *const minutes[] = {"timezone_minute", "timezone_m", NULL};
    struct slice field = *argument_slice(call, 0, row);
    bool is_hour = is_one_of(field, hours), is_minute = is_one_of(field, minutes);
    if (!is_hour && !is_minute && !is_one_of(field, whole)) {
        return false;
    }
    int32_t offset = timezone_offset(call->zone, us, NULL);
    numeric_from_int8(is_hour     ? offset / 3600
                      : is_minute ? offset % 3600 / 60
                                  : offset,
                      call->arena, ret);
    return true;
}

static void timestamptz_extract_of(struct call *call, struct column *ret) {
    static const char type[] = "timestamp with time zone";
    static const char *const epoch[] = {"epoch", NULL};
    EACH_ROW(call, row) {
        int64_t us = ARGUMENT(call, 1, int64_t, row);
        bool finite = timestamp_is_finite(us);
        struct slice value;
        if (!extract_zone(call, row, finite ? us : 0, &value)) {
            bool instant = !finite || is_one_of(*argument_slice(call, 0, row), epoch);
            int64_t local = !finite ? 0 : instant ? us : timestamptz_to_local(us, call->zone);
            if (!extract_local(call, row, local, type, &value)) {
                continue;
            }
        }
        if (finite) {
            result_field(ret, row, value);
        } else {
            extract_infinite(call, ret, row, us > 0);
        }
    }
}

static const char *const time_fields[] = {
    "hour", "hours", "h", "hr", "hrs", "minute", "minutes", "m", "min", "mins", "second",
    "seconds", "s", "sec", "secs", "millisecond", "milliseconds", "ms", "msec", "msecs",
    "millisec", "millisecs", "microsecond", "microseconds", "us", "usec", "usecs", "microsec",
    "microsecs", "msecond", "mseconds", "usecond", "useconds", "microsecon", "millisecon", NULL};

/* A date has no hours; its numbers are whole. date_part (casts) counts it as midnight instead. */
static void date_extract(struct call *call, struct column *ret) {
    bool whole = ret->type.id == TYPE_NUMERIC;
    EACH_ROW(call, row) {
        int32_t date = ARGUMENT(call, 1, int32_t, row);
        struct slice field = *argument_slice(call, 0, row), value;
        if (whole && is_one_of(field, time_fields)) {
            refuse_unit(call, row, "0A000", field, "date");
            continue;
        }
        int64_t us = date_is_finite(date) && date < DATE_TIMESTAMP_END ? date * DAY_US : 0;
        if (!whole && !date_is_finite(date) && is_zone_field(field)) {
            call_null(call, ret, row);
        } else if (date_is_finite(date) && date >= DATE_TIMESTAMP_END) {
            call_fail(call, row, "22008", "date out of range for timestamp");
        } else if (extract_local(call, row, us, whole ? "date" : "timestamp without time zone",
                                 &value)) {
            if (!date_is_finite(date)) {
                extract_infinite(call, ret, row, date > 0);
            } else if (whole && !numeric_truncate(value, 0, call->arena, &value)) {
                result_field(ret, row, value);
            } else {
                result_field(ret, row, value);
            }
        }
    }
}

static void interval_field(struct call *call, struct column *ret, uint32_t row,
                           struct interval value, const char *type) {
    struct slice field = *argument_slice(call, 0, row), number;
    const char *code = "22023";
    if (interval_extract(field, value, call->arena, &number, &code)) {
        result_field(ret, row, number);
    } else {
        refuse_unit(call, row, code, field, type);
    }
}

static void interval_extract_of(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        interval_field(call, ret, row, ARGUMENT(call, 1, struct interval, row), "interval");
    }
}

static void time_extract(struct call *call, struct column *ret) {
    static const char type[] = "time without time zone";
    static const char *const epoch[] = {"epoch", NULL};
    EACH_ROW(call, row) {
        struct interval value = {.us = ARGUMENT(call, 1, int64_t, row)};
        struct slice field = *argument_slice(call, 0, row), ignored;
        const char *code = "22023";
        if (is_one_of(field, time_fields) || is_one_of(field, epoch)) {
            interval_field(call, ret, row, value, type);
            continue;
        }
        bool known = timestamp_extract(field, 0, call->arena, &ignored, &code);
        refuse_unit(call, row, known ? "0A000" : code, field, type);
    }
}

/* A unit that cannot be cut to, which extract may know all the same, or one that leads below the
 * first timestamp. */
static void refuse_trunc(struct call *call, uint32_t row, const char *type) {
    struct slice unit = *argument_slice(call, 0, row), ignored;
    const char *code = "22023";
    int64_t cut;
    if (call->arguments[1].type.id != TYPE_INTERVAL && timestamp_truncate(unit, 0, &cut)) {
        call_fail(call, row, "22008", "timestamp out of range");
        return;
    }
    bool known = timestamp_extract(unit, 0, call->arena, &ignored, &code);
    refuse_unit(call, row, known ? "0A000" : code, unit, type);
}

static void timestamp_trunc(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        struct slice unit = *argument_slice(call, 0, row);
        int64_t us = ARGUMENT(call, 1, int64_t, row);
        RESULT(ret, int64_t, row) = us;
        if (timestamp_is_finite(us) && !timestamp_truncate(unit, us, &RESULT(ret, int64_t, row))) {
            refuse_trunc(call, row, "timestamp without time zone");
        }
    }
}

static void interval_trunc(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        struct slice unit = *argument_slice(call, 0, row);
        if (!interval_truncate(unit, ARGUMENT(call, 1, struct interval, row),
                               &RESULT(ret, struct interval, row))) {
            refuse_trunc(call, row, "interval");
        }
    }
}

/* A zone by name, remembered while the name stays the same. */
struct zone_cache {
    struct slice name;
    const struct timezone *zone;
};

static const struct timezone *zone_named(struct call *call, uint32_t row, struct slice name,
                                         struct zone_cache *cache) {
    if (!cache->zone || !slice_equal(cache->name, name)) {
        *cache = (struct zone_cache){.name = name, .zone = timezone_find(name)};
    }
    if (!cache->zone) {
        call_fail(call, row, "22023", "time zone \"%.*s\" not recognized", (int)name.len,
                  name.data);
    }
    return cache->zone;
}

/* date_trunc in a zone. Below a day the offset stays that of the value, from a day on it is that of
 * the result. */
static void timestamptz_trunc(struct call *call, struct column *ret) {
    struct zone_cache cache = {0};
    EACH_ROW(call, row) {
        struct slice unit = *argument_slice(call, 0, row);
        int64_t us = ARGUMENT(call, 1, int64_t, row), local, cut;
        const struct timezone *zone = call->zone;
        if (call->arguments_count > 2 && timestamp_is_finite(us)) {
            zone = zone_named(call, row, *argument_slice(call, 2, row), &cache);
        }
        if (!zone) {
            continue;
        }
        RESULT(ret, int64_t, row) = us;
        if (!timestamp_is_finite(us)) {
            continue;
        }
        local = timestamptz_to_local(us, zone);
        if (!timestamp_truncate(unit, local, &cut)) {
            refuse_trunc(call, row, "timestamp with time zone");
            continue;
        }
        RESULT(ret, int64_t, row) =
            is_one_of(unit, time_fields) ? us - (local - cut) : timezone_to_utc(zone, cut);
    }
}

/* Whether the stride is one; else the row was failed. */
static bool stride_is_good(struct call *call, uint32_t row, struct interval stride,
                           int64_t *ret_us) {
    if (stride.months != 0) {
        call_fail(call, row, "0A000",
                  "timestamps cannot be binned into intervals containing months or years");
        return false;
    }
    if (__builtin_add_overflow(stride.days * DAY_US, stride.us, ret_us)) {
        call_fail(call, row, "22008", "interval out of range");
        return false;
    }
    if (*ret_us <= 0) {
        call_fail(call, row, "22008", "stride must be greater than zero");
        return false;
    }
    return true;
}

static void timestamp_bin(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        int64_t us = ARGUMENT(call, 1, int64_t, row), origin = ARGUMENT(call, 2, int64_t, row);
        int64_t stride, distance;
        if (!timestamp_is_finite(us)) {
            RESULT(ret, int64_t, row) = us;
            continue;
        }
        if (!timestamp_is_finite(origin)) {
            call_fail(call, row, "22008", "origin out of range");
            continue;
        }
        if (!stride_is_good(call, row, ARGUMENT(call, 0, struct interval, row), &stride)) {
            continue;
        }
        if (__builtin_sub_overflow(us, origin, &distance)) {
            call_fail(call, row, "22008", "interval out of range");
            continue;
        }
        int64_t rest = distance % stride, bin = us - rest;
        if (rest < 0 && (__builtin_sub_overflow(bin, stride, &bin) || !timestamp_is_valid(bin))) {
            call_fail(call, row, "22008", "timestamp out of range");
            continue;
        }
        RESULT(ret, int64_t, row) = bin;
    }
}

static void at_zone(struct call *call, struct column *ret, bool to_utc) {
    struct zone_cache cache = {0};
    EACH_ROW(call, row) {
        int64_t us = ARGUMENT(call, 1, int64_t, row);
        RESULT(ret, int64_t, row) = us;
        if (!timestamp_is_finite(us)) {
            continue;
        }
        const struct timezone *zone = zone_named(call, row, *argument_slice(call, 0, row), &cache);
        if (!zone) {
            continue;
        }
        us = to_utc ? timezone_to_utc(zone, us) : timestamptz_to_local(us, zone);
        if (!timestamp_is_valid(us)) {
            call_fail(call, row, "22008", "timestamp out of range");
            continue;
        }
        RESULT(ret, int64_t, row) = us;
    }
}

static void timestamp_at_zone(struct call *call, struct column *ret) {
    at_zone(call, ret, true);
}

static void timestamptz_at_zone(struct call *call, struct column *ret) {
    at_zone(call, ret, false);
}

/* The same with an interval as the zone's offset, in whole seconds. */
static void at_offset(struct call *call, struct column *ret, int sign) {
    EACH_ROW(call, row) {
        struct interval offset = ARGUMENT(call, 0, struct interval, row);
        int64_t us = ARGUMENT(call, 1, int64_t, row);
        RESULT(ret, int64_t, row) = us;
        if (!timestamp_is_finite(us)) {
            continue;
        }
        if (offset.months || offset.days) {
            struct buffer text;
            buffer_init(&text, call->arena, 64);
            value_print(TYPE(INTERVAL), &offset, call->zone, &text);
            call_fail(call, row, "22023",
                      "interval time zone \"%.*s\" must not include months or days", (int)text.len,
                      text.data);
            continue;
        }
        int64_t moved = sign * (offset.us / SECOND_US * SECOND_US);
        if (__builtin_add_overflow(us, moved, &us) || !timestamp_is_valid(us)) {
            call_fail(call, row, "22008", "timestamp out of range");
            continue;
        }
        RESULT(ret, int64_t, row) = us;
    }
}

static void timestamp_at_offset(struct call *call, struct column *ret) {
    at_offset(call, ret, -1);
}

static void timestamptz_at_offset(struct call *call, struct column *ret) {
    at_offset(call, ret, 1);
}

#define FIELD_ENTRIES(type, run, ...) \
    ENTRY2("extract", TEXT, type, NUMERIC, run, __VA_ARGS__), \
        ENTRY2("date_part", TEXT, type, FLOAT8, run, __VA_ARGS__)

const struct function functions_datetime_field[] = {
    FIELD_ENTRIES(TIMESTAMP, timestamp_extract_of),
    FIELD_ENTRIES(TIMESTAMPTZ, timestamptz_extract_of, STABLE),
    FIELD_ENTRIES(DATE, date_extract),
    FIELD_ENTRIES(TIME, time_extract),
    FIELD_ENTRIES(INTERVAL, interval_extract_of),
    ENTRY2("date_trunc", TEXT, TIMESTAMP, TIMESTAMP, timestamp_trunc),
    ENTRY2("date_trunc", TEXT, TIMESTAMPTZ, TIMESTAMPTZ, timestamptz_trunc, STABLE),
    ENTRY3("date_trunc", TEXT, TIMESTAMPTZ, TEXT, TIMESTAMPTZ, timestamptz_trunc, STABLE),
    ENTRY2("date_trunc", TEXT, INTERVAL, INTERVAL, interval_trunc),
    ENTRY3("date_bin", INTERVAL, TIMESTAMP, TIMESTAMP, TIMESTAMP, timestamp_bin),
    ENTRY3("date_bin", INTERVAL, TIMESTAMPTZ, TIMESTAMPTZ, TIMESTAMPTZ, timestamp_bin),
    ENTRY2("timezone", TEXT, TIMESTAMP, TIMESTAMPTZ, timestamp_at_zone),
    ENTRY2("timezone", TEXT, TIMESTAMPTZ, TIMESTAMP, timestamptz_at_zone),
    ENTRY2("timezone", INTERVAL, TIMESTAMP, TIMESTAMPTZ, timestamp_at_offset),
    ENTRY2("timezone", INTERVAL, TIMESTAMPTZ, TIMESTAMP, timestamptz_at_offset),
    {0},
};
