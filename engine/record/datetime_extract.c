/* SPDX-License-Identifier: Apache-2.0 */
/* date_trunc and extract. Fields are found as Postgres finds them: first among the units of
 * intervals, then among the words of dates (epoch, dow, doy, isodow, isoyear, julian). */
#include "engine/record/interval_build.h"
#include "engine/record/numeric.h"
#include "engine/record/numeric_small.h"
#include "engine/record/scalar.h"

enum { FIELD_NAME_MAX = 63 };

/* Lower case, NUL-terminated; false = longer than any field. */
static bool name_read(struct slice name, char text[FIELD_NAME_MAX + 1]) {
    if (name.len > FIELD_NAME_MAX) {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        text[i] = ascii_lower(name.data[i]);
    }
    text[name.len] = '\0';
    return true;
}

static enum interval_unit unit_read(struct slice name) {
    char text[FIELD_NAME_MAX + 1];
    return name_read(name, text) ? interval_unit_find(text) : UNIT_NONE;
}

/* --- date_trunc ------------------------------------------------------------------------------- */

/* First year of the century, counted from year 1; size is 100 or 1000. */
static int64_t century_start(int64_t year, int64_t size) {
    return year > 0 ? (year + size - 1) / size * size - (size - 1)
                    : -((size - 1 - (year - 1)) / size) * size + 1;
}

static void year_truncate(enum interval_unit unit, int64_t *year) {
    if (unit == UNIT_MILLENNIUM || unit == UNIT_CENTURY) {
        *year = century_start(*year, unit == UNIT_CENTURY ? 100 : 1000);
    } else if (unit == UNIT_DECADE) {
        *year = *year > 0 ? *year / 10 * 10 : -((8 - (*year - 1)) / 10) * 10;
    }
}

static int64_t unit_us(enum interval_unit unit) {
    switch (unit) {
    case UNIT_MICROSECOND:
        return 1;
    case UNIT_MILLISECOND:
        return 1000;
    case UNIT_SECOND:
        return US_PER_SECOND;
    case UNIT_MINUTE:
        return US_PER_MINUTE;
    case UNIT_HOUR:
        return US_PER_HOUR;
    case UNIT_DAY:
        return US_PER_DAY;
    default:
        return 0;
    }
}

bool timestamp_truncate(struct slice unit_name, int64_t us, int64_t *ret) {
    enum interval_unit unit = unit_read(unit_name);
    if (unit == UNIT_NONE || unit == UNIT_ZONE || unit == UNIT_AGO) {
        return false;
    }
    int64_t fixed = unit_us(unit);
    if (timestamp_is_infinite(us)) {
        *ret = us;
        return true;
    }
    if (fixed) {
        *ret = floor_divide(us, fixed) * fixed;
        return true;
    }
    if (unit == UNIT_WEEK) {
        int64_t days = floor_divide(us, US_PER_DAY);
        *ret = (days - (weekday_of(days) + 6) % 7) * US_PER_DAY;
        return *ret >= TIMESTAMP_MIN_US; /* cutting only goes down */
    }
    struct datetime_parts parts;
    timestamp_split(us, &parts);
    year_truncate(unit, &parts.year);
    int month = unit == UNIT_MONTH     ? parts.month
                : unit == UNIT_QUARTER ? (parts.month - 1) / 3 * 3 + 1
                                       : 1;
    parts = (struct datetime_parts){.year = parts.year, .month = month, .day = 1};
    *ret = timestamp_join(&parts);
    return *ret >= TIMESTAMP_MIN_US; /* cutting only goes down */
}

bool interval_truncate(struct slice unit_name, struct interval value, struct interval *ret) {
    enum interval_unit unit = unit_read(unit_name);
    int64_t fixed = unit_us(unit);
    int32_t years = value.months / 12, months = value.months % 12;
    *ret = value;
    if (fixed) {
        ret->us = unit == UNIT_DAY ? 0 : value.us / fixed * fixed;
        return true;
    }
    ret->us = 0;
    ret->days = 0;
    switch (unit) {
    case UNIT_MONTH:
        return true;
    case UNIT_QUARTER:
        ret->months = years * 12 + months / 3 * 3;
        return true;
    case UNIT_YEAR:
        ret->months = years * 12;
        return true;
    case UNIT_DECADE:
        ret->months = years / 10 * 120;
        return true;
    case UNIT_CENTURY:
        ret->months = years / 100 * 1200;
        return true;
    case UNIT_MILLENNIUM:
        ret->months = years / 1000 * 12000;
        return true;
    default:
        return false;
    }
}

/* --- extract ---------------------------------------------------------------------------------- */

enum extracted {
    EXTRACT_UNKNOWN,
    EXTRACT_UNSUPPORTED,
    EXTRACT_UNIT,
    EXTRACT_EPOCH,
    EXTRACT_DOW,
    EXTRACT_ISODOW,
    EXTRACT_DOY,
    EXTRACT_ISOYEAR,
    EXTRACT_JULIAN
};

static enum extracted field_read(struct slice name, enum interval_unit *ret_unit) {
    static const struct {
        const char *name;
        enum extracted field;
    } rows[] = {{"epoch", EXTRACT_EPOCH}, {"dow", EXTRACT_DOW},         {"isodow", EXTRACT_ISODOW},
                {"doy", EXTRACT_DOY},     {"isoyear", EXTRACT_ISOYEAR}, {"julian", EXTRACT_JULIAN},
                {"jd", EXTRACT_JULIAN},   {"j", EXTRACT_JULIAN}};
    char text[FIELD_NAME_MAX + 1];
    *ret_unit = UNIT_NONE;
    if (!name_read(name, text)) {
        return EXTRACT_UNKNOWN;
    }
    *ret_unit = interval_unit_find(text);
    if (*ret_unit == UNIT_ZONE) {
        return EXTRACT_UNSUPPORTED;
    }
    if (*ret_unit != UNIT_NONE) {
        return *ret_unit == UNIT_AGO ? EXTRACT_UNKNOWN : EXTRACT_UNIT;
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(text, rows[i].name) == 0) {
            return rows[i].field;
        }
    }
    const struct word *word = datetime_word_find(text);
    return word && word->kind == WORD_UNIT ? EXTRACT_UNSUPPORTED : EXTRACT_UNKNOWN;
}

static struct slice scaled(__int128 value, int32_t scale, struct arena *arena) {
    bool negative = value < 0;
    uint128 magnitude = negative ? 0 - (uint128)value : (uint128)value;
    return small_write((struct small){.magnitude = magnitude, .scale = scale, .negative = negative},
                       arena);
}

/* Of centuries and millennia, which have no number 0. */
static int64_t century_number(int64_t year, int64_t size) {
    return year > 0 ? (year + size - 1) / size : -((size - 1 - (year - 1)) / size);
}

static bool unit_extract(enum interval_unit unit, const struct datetime_parts *parts, int64_t days,
                         int64_t *ret, int32_t *ret_scale) {
    int64_t us = parts->second * US_PER_SECOND + parts->us, year = parts->year, iso_year;
    int week;
    *ret_scale = unit == UNIT_SECOND ? 6 : unit == UNIT_MILLISECOND ? 3 : 0;
    switch (unit) {
    case UNIT_MICROSECOND:
    case UNIT_MILLISECOND:
    case UNIT_SECOND:
        *ret = us;
        return true;
    case UNIT_MINUTE:
        *ret = parts->minute;
        return true;
    case UNIT_HOUR:
        *ret = parts->hour;
        return true;
    case UNIT_DAY:
        *ret = parts->day;
        return true;
    case UNIT_MONTH:
        *ret = parts->month;
        return true;
    case UNIT_QUARTER:
        *ret = (parts->month - 1) / 3 + 1;
        return true;
    case UNIT_WEEK:
        iso_week_of(days, &iso_year, &week);
        *ret = week;
        return true;
    case UNIT_YEAR:
        *ret = year > 0 ? year : year - 1;
        return true;
    case UNIT_DECADE:
        *ret = year >= 0 ? year / 10 : -((8 - (year - 1)) / 10);
        return true;
    case UNIT_CENTURY:
        *ret = century_number(year, 100);
        return true;
    case UNIT_MILLENNIUM:
        *ret = century_number(year, 1000);
        return true;
    default:
        return false;
    }
}

static struct slice julian_extract(int64_t us, int64_t days, struct arena *arena) {
    struct slice day, part, whole, sum;
    numeric_from_int8(us - days * US_PER_DAY, arena, &part);
    numeric_from_int8(US_PER_DAY, arena, &whole);
    numeric_from_int8(days + JULIAN_2000, arena, &day);
    if (numeric_divide(part, whole, arena, &part) || numeric_add(day, part, arena, &sum)) {
        return day;
    }
    return sum;
}

/* Fields that grow without end are infinite with the timestamp; the others are null. */
static void infinite_extract(enum extracted field, enum interval_unit unit, bool negative,
                             struct slice *ret) {
    bool grows = field == EXTRACT_EPOCH || field == EXTRACT_ISOYEAR || field == EXTRACT_JULIAN ||
                 unit == UNIT_YEAR || unit == UNIT_DECADE || unit == UNIT_CENTURY ||
                 unit == UNIT_MILLENNIUM;
    *ret = !grows     ? (struct slice){0}
           : negative ? SLICE_LITERAL("-Infinity")
                      : SLICE_LITERAL("Infinity");
}

static struct slice date_field_extract(enum extracted field, int64_t days, int64_t year,
                                       struct arena *arena) {
    int64_t value = weekday_of(days), iso_year;
    int week;
    if (field == EXTRACT_ISODOW) {
        value = value ? value : 7;
    } else if (field == EXTRACT_DOY) {
        value = days - date_from_civil(year, 1, 1) + 1;
    } else if (field == EXTRACT_ISOYEAR) {
        iso_week_of(days, &iso_year, &week);
        value = iso_year > 0 ? iso_year : iso_year - 1;
    }
    return scaled(value, 0, arena);
}

bool timestamp_extract(struct slice name, int64_t us, struct arena *arena, struct slice *ret,
                       const char **ret_code) {
    enum interval_unit unit;
    enum extracted field = field_read(name, &unit);
    *ret_code = field == EXTRACT_UNKNOWN ? "22023" : field == EXTRACT_UNSUPPORTED ? "0A000" : NULL;
    if (*ret_code) {
        return false;
    }
    if (timestamp_is_infinite(us)) {
        infinite_extract(field, unit, us < 0, ret);
        return true;
    }
    struct datetime_parts parts;
    int64_t days = floor_divide(us, US_PER_DAY), value;
    int32_t scale;
    timestamp_split(us, &parts);
    if (field == EXTRACT_EPOCH) {
        *ret = scaled((__int128)us + DATETIME_UNIX_EPOCH_US, 6, arena);
    } else if (field == EXTRACT_JULIAN) {
        *ret = julian_extract(us, days, arena);
    } else if (field != EXTRACT_UNIT) {
        *ret = date_field_extract(field, days, parts.year, arena);
    } else if (unit_extract(unit, &parts, days, &value, &scale)) {
        *ret = scaled(value, scale, arena);
    }
    return true;
}

/* A year is 365.25 days here. */
static __int128 interval_epoch(struct interval value) {
    int64_t quarter_days = INT64_C(1461) * (value.months / 12) +
                           INT64_C(120) * (value.months % 12) + INT64_C(4) * value.days;
    return (__int128)quarter_days * (US_PER_DAY / 4) + value.us;
}

bool interval_extract(struct slice name, struct interval value, struct arena *arena,
                      struct slice *ret, const char **ret_code) {
    enum interval_unit unit;
    enum extracted field = field_read(name, &unit);
    *ret_code = NULL;
    if (field == EXTRACT_EPOCH) {
        *ret = scaled(interval_epoch(value), 6, arena);
        return true;
    }
    if (field != EXTRACT_UNIT || unit == UNIT_WEEK) {
        *ret_code = field == EXTRACT_UNKNOWN ? "22023" : "0A000";
        return false;
    }
    int32_t years = value.months / 12, months = value.months % 12;
    int32_t scale = unit == UNIT_SECOND ? 6 : unit == UNIT_MILLISECOND ? 3 : 0;
    int64_t number = unit == UNIT_HOUR         ? value.us / US_PER_HOUR
                     : unit == UNIT_MINUTE     ? value.us / US_PER_MINUTE % 60
                     : unit == UNIT_DAY        ? value.days
                     : unit == UNIT_MONTH      ? months
                     : unit == UNIT_QUARTER    ? months / 3 + 1
                     : unit == UNIT_YEAR       ? years
                     : unit == UNIT_DECADE     ? years / 10
                     : unit == UNIT_CENTURY    ? years / 100
                     : unit == UNIT_MILLENNIUM ? years / 1000
                                               : value.us % US_PER_MINUTE;
    *ret = scaled(number, scale, arena);
    return true;
}
