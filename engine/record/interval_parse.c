/* SPDX-License-Identifier: Apache-2.0 */
/* Intervals from text: `1 year 2 mons -3 days 04:05:06.7`, `1-2`, `@ 5 minutes ago`, ISO 8601.
 * The fields are read from the last to the first, so that a unit is known before its number. */
#include "engine/record/datetime_field.h"
#include "engine/record/interval_build.h"
#include "engine/record/scalar.h"

#include <errno.h>
#include <stdlib.h>

enum { MONTHS_PER_YEAR = 12 };

struct reader {
    struct interval_build build;
    enum interval_unit unit; /* of the number to the left */
    unsigned known;          /* bit by unit */
    bool ago;
};

#define UNIT_BIT(unit) (1u << (unit))
#define SECONDS_BITS                                                                               \
    (UNIT_BIT(UNIT_SECOND) | UNIT_BIT(UNIT_MILLISECOND) | UNIT_BIT(UNIT_MICROSECOND))
#define TIME_BITS (SECONDS_BITS | UNIT_BIT(UNIT_MINUTE) | UNIT_BIT(UNIT_HOUR))

static enum datetime_fault int8_read(const char *text, const char **ret_end, int64_t *ret) {
    char *end;
    errno = 0;
    *ret = strtoll(text, &end, 10);
    *ret_end = end;
    return errno == ERANGE ? DATETIME_OUT_OF_RANGE : DATETIME_FINE;
}

/* The clock of an interval: hours have no limit of a day. */
static enum datetime_fault clock_add(struct reader *reader, const char *text, bool negative) {
    const char *colon;
    int64_t hours, us;
    if (int8_read(text, &colon, &hours) != DATETIME_FINE) {
        return DATETIME_OUT_OF_RANGE;
    }
    struct datetime_parts parts;
    char small[FIELD_TEXT_MAX + 2] = "0";
    bool large = hours > 99 && *colon == ':';
    if (large) { /* read the minutes and seconds as of hour 0 */
        strncat(small, colon, FIELD_TEXT_MAX);
    }
    enum datetime_fault fault = time_text_read(large ? small : text, &parts);
    if (fault != DATETIME_FINE) {
        return fault;
    }
    if (!large) {
        hours = parts.hour;
    } else if (!strchr(colon + 1, ':') && strchr(colon + 1, '.')) {
        return DATETIME_OUT_OF_RANGE; /* mm:ss.f with more than 99 minutes */
    }
    int64_t rest = ((int64_t)parts.minute * 60 + parts.second) * US_PER_SECOND + parts.us;
    if (__builtin_mul_overflow(hours, US_PER_HOUR, &us) || __builtin_add_overflow(us, rest, &us)) {
        return DATETIME_OUT_OF_RANGE;
    }
    reader->build.us = negative ? -us : us;
    return DATETIME_FINE;
}

static enum datetime_fault years_months_read(const char *text, const char *dash, int64_t *value) {
    const char *end;
    int months;
    if (!integer_read(dash + 1, &end, &months) || months < 0 || months >= MONTHS_PER_YEAR) {
        return DATETIME_OUT_OF_RANGE;
    }
    if (*end) {
        return DATETIME_BAD_FORMAT;
    }
    months = *text == '-' ? -months : months;
    return __builtin_mul_overflow(*value, MONTHS_PER_YEAR, value) ||
                   __builtin_add_overflow(*value, months, value)
               ? DATETIME_OUT_OF_RANGE
               : DATETIME_FINE;
}

static enum datetime_fault number_add(struct reader *reader, const char *text, unsigned *found) {
    const char *end;
    int64_t value;
    double fraction = 0;
    enum datetime_fault fault = int8_read(text, &end, &value);
    reader->unit = reader->unit == UNIT_NONE ? UNIT_SECOND : reader->unit;
    if (fault != DATETIME_FINE) {
        return fault;
    }
    if (*end == '-') {
        fault = years_months_read(text, end, &value);
        reader->unit = UNIT_MONTH;
    } else if (*end == '.') {
        fault = fraction_read(end, &fraction);
        fraction = *text == '-' ? -fraction : fraction;
    } else if (*end) {
        fault = DATETIME_BAD_FORMAT;
    }
    if (fault != DATETIME_FINE) {
        return fault;
    }
    if (reader->unit >= UNIT_FIELD) {
        return DATETIME_BAD_FORMAT;
    }
    if (!interval_build_add(&reader->build, reader->unit, value, fraction)) {
        return DATETIME_OUT_OF_RANGE;
    }
    *found = reader->unit == UNIT_SECOND && fraction != 0 ? SECONDS_BITS : UNIT_BIT(reader->unit);
    if (reader->unit == UNIT_HOUR) {
        reader->unit = UNIT_DAY;
    }
    return DATETIME_FINE;
}

static enum datetime_fault field_add(struct reader *reader, enum field_kind kind, const char *text,
                                     unsigned *found) {
    if (kind == FIELD_STRING || kind == FIELD_SPECIAL) {
        enum interval_unit unit = interval_unit_find(text);
        reader->ago |= unit == UNIT_AGO;
        reader->unit = unit;
        return unit == UNIT_NONE ? DATETIME_BAD_FORMAT : DATETIME_FINE;
    }
    if (kind == FIELD_TIME || (kind == FIELD_ZONE && strchr(text + 1, ':'))) {
        bool is_signed = kind == FIELD_ZONE;
        enum datetime_fault fault = clock_add(reader, text + is_signed, is_signed && *text == '-');
        if (fault == DATETIME_FINE || !is_signed) {
            *found = TIME_BITS;
            reader->unit = UNIT_DAY;
            return fault;
        }
    }
    return number_add(reader, text, found);
}

static bool negate(struct interval_build *build) {
    if (build->us == INT64_MIN || build->days == INT32_MIN || build->months == INT32_MIN ||
        build->years == INT32_MIN) {
        return false;
    }
    *build = (struct interval_build){
        .us = -build->us, .days = -build->days, .months = -build->months, .years = -build->years};
    return true;
}

static enum datetime_fault fields_read(struct datetime_fields *fields, struct reader *reader) {
    for (int i = fields->count - 1; i >= 0; i--) {
        unsigned found = 0;
        enum datetime_fault fault = field_add(reader, fields->kinds[i], fields->texts[i], &found);
        if (fault != DATETIME_FINE) {
            return fault;
        }
        if (found & reader->known) {
            return DATETIME_BAD_FORMAT;
        }
        reader->known |= found;
    }
    if (!reader->known) {
        return DATETIME_BAD_FORMAT;
    }
    return reader->ago && !negate(&reader->build) ? DATETIME_OUT_OF_RANGE : DATETIME_FINE;
}

bool interval_parse(const struct parse_context *context, struct interval *ret) {
    struct datetime_fields fields;
    struct reader reader = {0};
    enum datetime_fault fault = datetime_scan(context->text, &fields);
    if (fault == DATETIME_FINE) {
        fault = fields_read(&fields, &reader);
    }
    if (fault == DATETIME_BAD_FORMAT && context->text.len && *context->text.data == 'P' &&
        !memchr(context->text.data, '\0', context->text.len)) {
        reader.build = (struct interval_build){0};
        fault = interval_iso_read(arena_text(context->arena, context->text), &reader.build);
    }
    if (fault != DATETIME_FINE) {
        fault = fault == DATETIME_OUT_OF_RANGE ? DATETIME_INTERVAL_RANGE : fault;
        return datetime_fail(context, fault, "interval");
    }
    int64_t months = (int64_t)reader.build.years * MONTHS_PER_YEAR + reader.build.months;
    if (months > INT32_MAX || months < INT32_MIN) {
        return value_fail(context->error, context->arena, "22008", "interval out of range");
    }
    *ret = (struct interval){
        .us = reader.build.us, .days = reader.build.days, .months = (int32_t)months};
    return true;
}
