/* SPDX-License-Identifier: Apache-2.0 */
/* From the fields that a template has read to a moment: what is missing is 1 January of the year
 * 1 BC, as in Postgres. */
#include "engine/record/datetime_template.h"

static const char *out_of_range(struct template_reader *reader) {
    int len = reader->text.len < 512 ? (int)reader->text.len : 512;
    reader->message = slice_of(arena_printf(
        reader->arena, "date/time field value out of range: \"%.*s\"", len, reader->text.data));
    return "22008";
}

static const char *time_settle(struct template_reader *reader, struct datetime_parts *parts) {
    int of_day = reader->seconds_of_day;
    parts->hour = reader->hour ? reader->hour : of_day / 3600;
    parts->minute = reader->minute ? reader->minute : of_day / 60 % 60;
    parts->second = reader->second ? reader->second : of_day % 60;
    if (reader->twelve_hours) {
        if (parts->hour < 1 || parts->hour > 12) {
            reader->message = slice_of(arena_printf(
                reader->arena, "hour \"%d\" is invalid for the 12-hour clock", parts->hour));
            return "22007";
        }
        if (reader->pm && parts->hour < 12) {
            parts->hour += 12;
        } else if (!reader->pm && parts->hour == 12) {
            parts->hour = 0;
        }
    }
    int64_t us = (int64_t)reader->ms * 1000 + reader->us;
    parts->us = us >= 0 && us < US_PER_SECOND ? (int)us : -1;
    return NULL;
}

/* The year 0 is 1 BC. */
static bool year_settle(struct template_reader *reader, struct datetime_parts *parts) {
    int64_t century = reader->bc ? -(int64_t)reader->century : reader->century;
    if (reader->year && reader->century && reader->year_digits <= 2) {
        int64_t digits = reader->year % 100;
        if (digits) {
            parts->year =
                century >= 0 ? digits + (century - 1) * 100 : (century + 1) * 100 - digits + 1;
        } else {
            parts->year = century * 100 + (century >= 0 ? 0 : 1);
        }
    } else if (reader->year) {
        parts->year = reader->bc ? -(int64_t)reader->year : reader->year;
        parts->year += parts->year < 0;
    } else if (reader->century) {
        parts->year = century >= 0 ? (century - 1) * 100 + 1 : century * 100 + 1;
    }
    return reader->year || reader->century;
}

static void days_put(int64_t days, struct datetime_parts *parts) {
    date_to_civil(days, &parts->year, &parts->month, &parts->day);
}

/* Day on which the n-th stretch of seven days begins; any day out of range when n is absurd. */
static int first_of_week(int n) {
    return n > -1000 && n < 1000 ? (n - 1) * 7 + 1 : n;
}

static void week_settle(struct template_reader *reader, struct datetime_parts *parts) {
    if (!reader->week) {
        return;
    }
    if (reader->calendar != CALENDAR_ISO) {
        reader->day_of_year = first_of_week(reader->week);
        return;
    }
    int64_t days = iso_week_start(parts->year, 1) + ((int64_t)reader->week - 1) * 7;
    if (reader->weekday > 1) {
        days += (int64_t)reader->weekday - 2;
    } else if (reader->weekday == 1) {
        days += 6;
    }
    days_put(days, parts);
}

static const char *day_of_year_settle(struct template_reader *reader, struct datetime_parts *parts,
                                      bool *month_known, bool *day_known) {
    if (!reader->day_of_year || (parts->month > 1 && parts->day > 1)) {
        return NULL;
    }
    if (!parts->year && !reader->bc) {
        reader->message = SLICE_LITERAL("cannot calculate day of year without year information");
        return "22007";
    }
    *month_known = *day_known = true;
    if (reader->calendar == CALENDAR_ISO) {
        days_put(iso_week_start(parts->year, 1) + reader->day_of_year - 1, parts);
        return NULL;
    }
    int month = 1, left = reader->day_of_year;
    while (month <= 12 && left > month_days(parts->year, month)) {
        left -= month_days(parts->year, month++);
    }
    parts->month = parts->month <= 1 ? month : parts->month;
    parts->day = parts->day <= 1 ? left : parts->day;
    return NULL;
}

static const char *date_settle(struct template_reader *reader, struct datetime_parts *parts) {
    bool year_known = year_settle(reader, parts), month_known = false, day_known = false;
    if (reader->julian) {
        days_put((int64_t)reader->julian - JULIAN_2000, parts);
    }
    week_settle(reader, parts);
    reader->day = reader->week_of_month ? first_of_week(reader->week_of_month) : reader->day;
    if (reader->day) {
        parts->day = reader->day;
        day_known = true;
    }
    if (reader->month) {
        parts->month = reader->month;
        month_known = true;
    }
    const char *code = day_of_year_settle(reader, parts, &month_known, &day_known);
    if (code) {
        return code;
    }
    bool bad = (month_known && (parts->month < 1 || parts->month > 12)) ||
               (day_known && (parts->day < 1 || parts->day > 31));
    bool all = year_known && month_known && day_known;
    if (bad || (all && parts->day > month_days(parts->year, parts->month))) {
        return out_of_range(reader);
    }
    return NULL;
}

const char *template_settle(struct template_reader *reader, const struct timezone *zone,
                            int64_t *ret_us) {
    struct datetime_parts parts = {.month = 1, .day = 1};
    const char *code = time_settle(reader, &parts);
    code = code ? code : date_settle(reader, &parts);
    if (code) {
        return code;
    }
    bool sane = parts.hour >= 0 && parts.hour < 24 && parts.minute >= 0 && parts.minute < 60 &&
                parts.second >= 0 && parts.second < 60 && parts.us >= 0;
    if (!sane) {
        return out_of_range(reader);
    }
    if (reader->zone_sign && (reader->zone_hours < 0 || reader->zone_hours > 15 ||
                              reader->zone_minutes < 0 || reader->zone_minutes > 59)) {
        int len = reader->text.len < 512 ? (int)reader->text.len : 512;
        reader->message =
            slice_of(arena_printf(reader->arena, "time zone displacement out of range: \"%.*s\"",
                                  len, reader->text.data));
        return "22009";
    }
    int64_t us;
    if (!timestamp_join_checked(&parts, &us)) {
        reader->message = SLICE_LITERAL("timestamp out of range");
        return "22008";
    }
    if (zone && reader->zone_sign) {
        us -= reader->zone_sign * ((int64_t)reader->zone_hours * 60 + reader->zone_minutes) *
              US_PER_MINUTE;
    } else if (zone) {
        us = timezone_to_utc(zone, us);
    }
    if (!timestamp_is_valid(us)) {
        reader->message = SLICE_LITERAL("timestamp out of range");
        return "22008";
    }
    *ret_us = us;
    return NULL;
}
