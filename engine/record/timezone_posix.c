/* SPDX-License-Identifier: Apache-2.0 */
/* POSIX TZ texts, as the last line of TZif files has them and as Postgres accepts for a zone.
 * Their rules are spelled out as transitions for 400 years, after which the calendar repeats, so
 * that look-ups know only one form. */
#include "engine/record/calendar.h"
#include "engine/record/timezone_data.h"

enum { HOURS_MAX = 24 * 7, YEARS_SPELLED = 401, UNIX_EPOCH_DAYS = 10957, FIRST_YEAR = 1900 };

enum rule_kind { RULE_JULIAN_NO_LEAP, RULE_DAY_OF_YEAR, RULE_MONTH_WEEK_DAY };

struct rule {
    enum rule_kind kind;
    int day, week, month;
    int32_t time; /* seconds after midnight, local */
};

struct reader {
    const char *at, *end;
};

static bool byte_take(struct reader *reader, char byte) {
    bool there = reader->at < reader->end && *reader->at == byte;
    reader->at += there;
    return there;
}

static bool number_take(struct reader *reader, int min, int max, int *ret) {
    int value = 0;
    const char *from = reader->at;
    while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9') {
        value = value * 10 + (*reader->at++ - '0');
        if (value > max) {
            return false;
        }
    }
    *ret = value;
    return reader->at > from && value >= min;
}

/* [+-]hh[:mm[:ss]] */
static bool seconds_take(struct reader *reader, int32_t *ret) {
    bool negative = byte_take(reader, '-');
    int hours, minutes = 0, seconds = 0;
    if (!negative) {
        byte_take(reader, '+');
    }
    if (!number_take(reader, 0, HOURS_MAX - 1, &hours)) {
        return false;
    }
    if (byte_take(reader, ':')) {
        if (!number_take(reader, 0, 59, &minutes) ||
            (byte_take(reader, ':') && !number_take(reader, 0, 60, &seconds))) {
            return false;
        }
    }
    int32_t value = (hours * 60 + minutes) * 60 + seconds;
    *ret = negative ? -value : value;
    return true;
}

static bool name_take(struct reader *reader, struct slice *ret) {
    bool quoted = byte_take(reader, '<');
    const char *from = reader->at;
    while (reader->at < reader->end) {
        char c = *reader->at;
        if (quoted ? c == '>' : (c >= '0' && c <= '9') || c == ',' || c == '-' || c == '+') {
            break;
        }
        reader->at++;
    }
    *ret = slice_make(from, (size_t)(reader->at - from));
    return !quoted || byte_take(reader, '>');
}

static bool rule_take(struct reader *reader, struct rule *rule) {
    *rule = (struct rule){.time = 7200};
    if (byte_take(reader, 'J')) {
        rule->kind = RULE_JULIAN_NO_LEAP;
        if (!number_take(reader, 1, 365, &rule->day)) {
            return false;
        }
    } else if (byte_take(reader, 'M')) {
        rule->kind = RULE_MONTH_WEEK_DAY;
        if (!number_take(reader, 1, 12, &rule->month) || !byte_take(reader, '.') ||
            !number_take(reader, 1, 5, &rule->week) || !byte_take(reader, '.') ||
            !number_take(reader, 0, 6, &rule->day)) {
            return false;
        }
    } else {
        rule->kind = RULE_DAY_OF_YEAR;
        if (!number_take(reader, 0, 365, &rule->day)) {
            return false;
        }
    }
    return !byte_take(reader, '/') || seconds_take(reader, &rule->time);
}

/* Unix seconds of local midnight plus time, in that year, not yet shifted to UTC. */
static int64_t rule_local(const struct rule *rule, int64_t year) {
    int64_t first = date_from_civil(year, 1, 1), days = first;
    switch (rule->kind) {
    case RULE_JULIAN_NO_LEAP:
        days = first + rule->day - 1 + (year_is_leap(year) && rule->day >= 60);
        break;
    case RULE_DAY_OF_YEAR:
        days = first + rule->day;
        break;
    case RULE_MONTH_WEEK_DAY: {
        int64_t month_start = date_from_civil(year, rule->month, 1);
        days = month_start + (rule->day - weekday_of(month_start) + 7) % 7 + (rule->week - 1) * 7;
        if (days >= month_start + month_days(year, rule->month)) {
            days -= 7;
        }
        break;
    }
    }
    return (days + UNIX_EPOCH_DAYS) * SECONDS_PER_DAY + rule->time;
}

static bool transitions_add(struct timezone *zone, const struct rule rules[2], const int types[2]) {
    int64_t year = FIRST_YEAR;
    int64_t last = zone->count ? zone->times[zone->count - 1] : INT64_MIN;
    int month, day;
    if (zone->count) {
        date_to_civil(floor_divide(last, SECONDS_PER_DAY) - UNIX_EPOCH_DAYS, &year, &month, &day);
    }
    for (int64_t end = year + YEARS_SPELLED; year <= end; year++) {
        int64_t start_dst = rule_local(&rules[0], year) - zone->types[types[0]].offset;
        int64_t end_dst = rule_local(&rules[1], year) - zone->types[types[1]].offset;
        bool dst_first = start_dst < end_dst;
        int64_t pair[2] = {dst_first ? start_dst : end_dst, dst_first ? end_dst : start_dst};
        int begins[2] = {types[dst_first ? 1 : 0], types[dst_first ? 0 : 1]};
        for (int i = 0; i < 2; i++) {
            if (pair[i] > last && !timezone_add(zone, pair[i], (uint8_t)begins[i])) {
                return false;
            }
        }
    }
    zone->repeats = true;
    return true;
}

bool timezone_posix_extend(struct timezone *zone, struct slice text) {
    struct reader reader = {.at = text.data, .end = text.data + text.len};
    struct slice standard, daylight;
    int32_t west, west_dst;
    if (!name_take(&reader, &standard) || !seconds_take(&reader, &west)) {
        return false;
    }
    int types[2] = {timezone_type_make(zone, -west, false, standard), -1};
    if (types[0] < 0 || reader.at == reader.end) {
        return types[0] >= 0;
    }
    if (!name_take(&reader, &daylight) || !daylight.len) {
        return false;
    }
    west_dst = west - 3600;
    if (reader.at < reader.end && *reader.at != ',' && !seconds_take(&reader, &west_dst)) {
        return false;
    }
    struct rule rules[2];
    struct reader usual = {.at = ",M3.2.0,M11.1.0"};
    usual.end = usual.at + strlen(usual.at);
    struct reader *from = reader.at < reader.end ? &reader : &usual;
    for (int i = 0; i < 2; i++) {
        if (!byte_take(from, ',') || !rule_take(from, &rules[i])) {
            return false;
        }
    }
    types[1] = timezone_type_make(zone, -west_dst, true, daylight);
    return from->at == from->end && types[1] >= 0 && transitions_add(zone, rules, types);
}
