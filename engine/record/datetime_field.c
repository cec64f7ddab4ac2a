/* SPDX-License-Identifier: Apache-2.0 */
/* Single fields of dates and times: numbers whose meaning depends on what is known already,
 * run-together forms, offsets, fractions. The order of month and day is MDY, Postgres's default. */
#include "engine/record/datetime_field.h"
#include "engine/record/scalar.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>

bool integer_read(const char *text, const char **ret_end, int *ret) {
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    *ret_end = end;
    *ret = (int)value;
    return errno != ERANGE && value >= INT_MIN && value <= INT_MAX;
}

enum datetime_fault fraction_read(const char *text, double *ret) {
    *ret = 0;
    if (!text[1]) {
        return DATETIME_FINE;
    }
    char *end;
    errno = 0;
    *ret = strtod(text, &end);
    return *end || errno ? DATETIME_BAD_FORMAT : DATETIME_FINE;
}

enum datetime_fault seconds_fraction_read(const char *text, int *ret_us) {
    double fraction;
    enum datetime_fault fault = fraction_read(text, &fraction);
    *ret_us = (int)rint(fraction * 1e6);
    return fault;
}

static bool is_between(int value, int min, int max) {
    return value >= min && value <= max;
}

enum datetime_fault offset_read(const char *text, int32_t *ret_east) {
    const char *at;
    int hours, minutes = 0, seconds = 0;
    if (!integer_read(text + 1, &at, &hours)) {
        return DATETIME_ZONE_RANGE;
    }
    if (*at == ':') {
        if (!integer_read(at + 1, &at, &minutes) ||
            (*at == ':' && !integer_read(at + 1, &at, &seconds))) {
            return DATETIME_ZONE_RANGE;
        }
    } else if (!*at && strlen(text) > 3) {
        minutes = hours % 100;
        hours /= 100;
    }
    if (!is_between(hours, 0, 15) || !is_between(minutes, 0, 59) || !is_between(seconds, 0, 59)) {
        return DATETIME_ZONE_RANGE;
    }
    int32_t offset = (hours * 60 + minutes) * 60 + seconds;
    *ret_east = *text == '-' ? -offset : offset;
    return *at ? DATETIME_BAD_FORMAT : DATETIME_FINE;
}

/* --- time ------------------------------------------------------------------------------------- */

bool time_overflows(const struct datetime_parts *parts) {
    int64_t total = ((int64_t)parts->hour * 60 + parts->minute) * 60 + parts->second;
    return !is_between(parts->hour, 0, 24) || !is_between(parts->minute, 0, 59) ||
           !is_between(parts->second, 0, 60) || !is_between(parts->us, 0, 1000000) ||
           total * US_PER_SECOND + parts->us > US_PER_DAY;
}

enum datetime_fault time_text_read(const char *text, struct datetime_parts *parts) {
    const char *at;
    int first, second, third = 0;
    parts->us = 0;
    if (!integer_read(text, &at, &first)) {
        return DATETIME_OUT_OF_RANGE;
    }
    if (*at != ':') {
        return DATETIME_BAD_FORMAT;
    }
    if (!integer_read(at + 1, &at, &second)) {
        return DATETIME_OUT_OF_RANGE;
    }
    bool minutes_first = *at == '.'; /* mm:ss.fff */
    if (*at == ':' && !integer_read(at + 1, &at, &third)) {
        return DATETIME_OUT_OF_RANGE;
    }
    if (*at == '.' && seconds_fraction_read(at, &parts->us) != DATETIME_FINE) {
        return DATETIME_BAD_FORMAT;
    }
    if (*at && *at != '.') {
        return DATETIME_BAD_FORMAT;
    }
    parts->hour = minutes_first ? 0 : first;
    parts->minute = minutes_first ? first : second;
    parts->second = minutes_first ? second : third;
    bool sane = parts->hour >= 0 && is_between(parts->minute, 0, 59) &&
                is_between(parts->second, 0, 60) && is_between(parts->us, 0, 1000000);
    return sane ? DATETIME_FINE : DATETIME_OUT_OF_RANGE;
}

/* --- numbers ---------------------------------------------------------------------------------- */

/* The digits that text begins with. As in Postgres (DecodeNumberField), what comes after them is let
 * pass and what has more of them than an int holds wraps around; the range is checked afterwards. */
static int digits_leading(const char *text) {
    return (int)strtol(text, NULL, 10);
}

/* Reads the last `digits` of text and cuts them off. */
static int tail_cut(char *text, size_t digits) {
    size_t len = strlen(text);
    char *tail = text + (len > digits ? len - digits : 0);
    int value = digits_leading(tail);
    *tail = '\0';
    return value;
}

enum datetime_fault decoder_run_together(struct decoder *decoder, char *text, unsigned known,
                                         unsigned *found) {
    struct datetime_parts *parts = &decoder->parts;
    char *point = strchr(text, '.');
    if (point) {
        parts->us = point[1] ? (int)rint(strtod(point, NULL) * 1e6) : 0;
        *point = '\0';
    }
    size_t len = strlen(text);
    if (!point && (known & KNOWN_DATE) != KNOWN_DATE && len >= 6) {
        *found = KNOWN_DATE;
        parts->day = tail_cut(text, 2);
        parts->month = tail_cut(text, 2);
        parts->year = digits_leading(text);
        decoder->year_has_two_digits |= len - 4 == 2;
        return DATETIME_FINE;
    }
    if ((known & KNOWN_TIME) == KNOWN_TIME || (len != 6 && len != 4)) {
        return DATETIME_BAD_FORMAT;
    }
    *found = KNOWN_TIME;
    parts->second = len == 6 ? tail_cut(text, 2) : 0;
    parts->minute = tail_cut(text, 2);
    parts->hour = digits_leading(text);
    return DATETIME_FINE;
}

static void year_set(struct decoder *decoder, int year, size_t len, unsigned *found) {
    *found = KNOWN_YEAR;
    decoder->parts.year = year;
    decoder->year_has_two_digits = len <= 2;
}

static void month_set(struct decoder *decoder, int month, unsigned *found) {
    *found = KNOWN_MONTH;
    decoder->parts.month = month;
}

static void day_set(struct decoder *decoder, int day, unsigned *found) {
    *found = KNOWN_DAY;
    decoder->parts.day = day;
}

static enum datetime_fault number_place(struct decoder *decoder, int value, size_t len,
                                        unsigned known, unsigned *found) {
    switch (known & KNOWN_DATE) {
    case 0:
        if (len >= 3) {
            year_set(decoder, value, len, found);
        } else {
            month_set(decoder, value, found);
        }
        return DATETIME_FINE;
    case KNOWN_YEAR:
    case KNOWN_DAY:
        month_set(decoder, value, found);
        return DATETIME_FINE;
    case KNOWN_MONTH:
        if (decoder->month_is_text && len >= 3) {
            year_set(decoder, value, len, found);
        } else {
            day_set(decoder, value, found);
        }
        return DATETIME_FINE;
    case KNOWN_YEAR | KNOWN_MONTH:
        if (decoder->month_is_text && len >= 3 && decoder->year_has_two_digits) {
            day_set(decoder, (int)decoder->parts.year,
                    found); /* what looked like a year was the day */
            decoder->parts.year = value;
            decoder->year_has_two_digits = false;
        } else {
            day_set(decoder, value, found);
        }
        return DATETIME_FINE;
    case KNOWN_MONTH | KNOWN_DAY:
        year_set(decoder, value, len, found);
        return DATETIME_FINE;
    default:
        return DATETIME_BAD_FORMAT;
    }
}

enum datetime_fault decoder_number(struct decoder *decoder, char *text, unsigned known,
                                   unsigned *found) {
    const char *end;
    int value;
    size_t len = strlen(text);
    if (!integer_read(text, &end, &value)) {
        return DATETIME_OUT_OF_RANGE;
    }
    if (end == text || (*end && *end != '.')) {
        return DATETIME_BAD_FORMAT;
    }
    if (*end == '.' && end - text > 2) {
        return decoder_run_together(decoder, text, known | KNOWN_DATE, found);
    }
    if (*end == '.' && seconds_fraction_read(end, &decoder->parts.us) != DATETIME_FINE) {
        return DATETIME_BAD_FORMAT;
    }
    if (len == 3 && (known & KNOWN_DATE) == KNOWN_YEAR && is_between(value, 1, 366)) {
        *found = KNOWN_DAY_OF_YEAR | KNOWN_MONTH | KNOWN_DAY;
        decoder->day_of_year = value;
        return DATETIME_FINE;
    }
    if ((known & KNOWN_DATE) == KNOWN_DATE) {
        return decoder_run_together(decoder, text, known, found);
    }
    return number_place(decoder, value, len, known, found);
}

static void field_set(int *field, int value, unsigned bit, unsigned *found) {
    *field = value;
    *found = bit;
}

enum datetime_fault decoder_unit_number(struct decoder *decoder, char unit, const char *text,
                                        unsigned *found) {
    struct datetime_parts *parts = &decoder->parts;
    const char *end;
    int value;
    if (!integer_read(text, &end, &value)) {
        return DATETIME_OUT_OF_RANGE;
    }
    bool minutes = (decoder->known & KNOWN_MONTH) && (decoder->known & KNOWN_HOUR);
    unit = unit == 'm' && minutes ? 'M' : unit;
    switch (unit) {
    case 'y':
        parts->year = value;
        *found = KNOWN_YEAR;
        return DATETIME_FINE;
    case 'm':
        field_set(&parts->month, value, KNOWN_MONTH, found);
        return DATETIME_FINE;
    case 'd':
        field_set(&parts->day, value, KNOWN_DAY, found);
        return DATETIME_FINE;
    case 'h':
        field_set(&parts->hour, value, KNOWN_HOUR, found);
        return DATETIME_FINE;
    case 'M':
        field_set(&parts->minute, value, KNOWN_MINUTE, found);
        return DATETIME_FINE;
    case 's':
        field_set(&parts->second, value, *end ? KNOWN_SECONDS : KNOWN_SECOND, found);
        return *end ? seconds_fraction_read(end, &parts->us) : DATETIME_FINE;
    default:
        return DATETIME_BAD_FORMAT;
    }
}

/* --- dates ------------------------------------------------------------------------------------ */

static bool is_letter(char c) {
    return c >= 'a' && c <= 'z';
}

/* Cuts `text` at everything that is no letter or digit, and between letters and digits. -1 =
 * nothing after a separator. */
static int date_split(char *text, char *pieces[FIELDS_MAX]) {
    static char nothing[1];
    int count = 0;
    while (*text && count < FIELDS_MAX) {
        while (*text && !is_letter(*text) && !ascii_is_digit(*text)) {
            text++;
        }
        if (!*text) {
            return -1;
        }
        pieces[count++] = text;
        bool digits = ascii_is_digit(*text);
        while (digits ? ascii_is_digit(*text) : is_letter(*text)) {
            text++;
        }
        if (*text) {
            *text++ = '\0';
        }
    }
    for (int i = count; i < FIELDS_MAX; i++) {
        pieces[i] = nothing;
    }
    return count;
}

static bool months_take(struct decoder *decoder, char *pieces[], int count, unsigned *found) {
    for (int i = 0; i < count; i++) {
        if (!is_letter(*pieces[i])) {
            continue;
        }
        const struct word *word = datetime_word_find(pieces[i]);
        if (word && word->kind == WORD_IGNORE) {
            continue;
        }
        if (!word || word->kind != WORD_MONTH || ((decoder->known | *found) & KNOWN_MONTH)) {
            return false;
        }
        decoder->parts.month = word->value;
        decoder->month_is_text = true;
        *found |= KNOWN_MONTH;
        pieces[i] = NULL;
    }
    return true;
}

enum datetime_fault decoder_date_text(struct decoder *decoder, char *text, unsigned *found) {
    char *pieces[FIELDS_MAX];
    int count = date_split(text, pieces);
    *found = 0;
    if (count < 0 || !months_take(decoder, pieces, count, found)) {
        return DATETIME_BAD_FORMAT;
    }
    for (int i = 0; i < count; i++) {
        unsigned known = decoder->known | *found, piece = 0;
        if (!pieces[i]) {
            continue;
        }
        enum datetime_fault fault = decoder_number(decoder, pieces[i], known, &piece);
        if (fault != DATETIME_FINE) {
            return fault;
        }
        if (known & piece) {
            return DATETIME_BAD_FORMAT;
        }
        *found |= piece;
    }
    unsigned known = (decoder->known | *found) & ~(unsigned)(KNOWN_DAY_OF_YEAR | KNOWN_ZONE);
    return known == KNOWN_DATE ? DATETIME_FINE : DATETIME_BAD_FORMAT;
}

void decoder_julian_set(struct decoder *decoder, int day) {
    date_to_civil((int64_t)day - JULIAN_2000, &decoder->parts.year, &decoder->parts.month,
                  &decoder->parts.day);
    decoder->julian = true;
}

static enum datetime_fault year_check(struct decoder *decoder) {
    int64_t year = decoder->parts.year;
    if (decoder->julian) {
        return DATETIME_FINE;
    }
    if (decoder->before_christ) {
        decoder->parts.year = 1 - year;
        return year > 0 ? DATETIME_FINE : DATETIME_OUT_OF_RANGE;
    }
    if (decoder->year_has_two_digits) {
        decoder->parts.year += year < 70 ? 2000 : year < 100 ? 1900 : 0;
        return year >= 0 ? DATETIME_FINE : DATETIME_OUT_OF_RANGE;
    }
    return year > 0 ? DATETIME_FINE : DATETIME_OUT_OF_RANGE;
}

enum datetime_fault decoder_date_check(struct decoder *decoder) {
    struct datetime_parts *parts = &decoder->parts;
    unsigned known = decoder->known;
    enum datetime_fault fault = known & KNOWN_YEAR ? year_check(decoder) : DATETIME_FINE;
    if (fault != DATETIME_FINE) {
        return fault;
    }
    if (known & KNOWN_DAY_OF_YEAR) {
        date_to_civil(date_from_civil(parts->year, 1, 1) + decoder->day_of_year - 1, &parts->year,
                      &parts->month, &parts->day);
    }
    if (((known & KNOWN_MONTH) && !is_between(parts->month, 1, 12)) ||
        ((known & KNOWN_DAY) && !is_between(parts->day, 1, 31))) {
        return DATETIME_OUT_OF_RANGE;
    }
    if ((known & KNOWN_DATE) == KNOWN_DATE && parts->day > month_days(parts->year, parts->month)) {
        return DATETIME_OUT_OF_RANGE;
    }
    return DATETIME_FINE;
}
