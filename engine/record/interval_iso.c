/* SPDX-License-Identifier: Apache-2.0 */
/* Intervals as ISO 8601 writes them: with designators (4.4.3.2), and the two alternative formats
 * (4.4.3.3). */
#include "engine/record/interval_build.h"
#include "engine/record/scalar.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

struct reader {
    const char *at;
    struct interval_build *build;
    int64_t value;
    double fraction;
    size_t width;   /* of the digits in front of a point */
    bool time, any; /* behind the T; a unit was read in this part */
};

static enum datetime_fault number_take(struct reader *reader) {
    char *end;
    errno = 0;
    double value = strtod(reader->at, &end);
    if (end == reader->at || errno) {
        return DATETIME_BAD_FORMAT;
    }
    if (isnan(value) || value < -1.0e15 || value > 1.0e15) {
        return DATETIME_OUT_OF_RANGE;
    }
    const char *digits = reader->at + (*reader->at == '-');
    reader->width = 0;
    while (ascii_is_digit(digits[reader->width])) {
        reader->width++;
    }
    reader->value = (int64_t)trunc(value);
    reader->fraction = value - (double)reader->value;
    reader->at = end;
    return DATETIME_FINE;
}

static enum datetime_fault add(struct reader *reader, enum interval_unit unit) {
    return interval_build_add(reader->build, unit, reader->value, reader->fraction)
               ? DATETIME_FINE
               : DATETIME_OUT_OF_RANGE;
}

static enum datetime_fault add_basic(struct reader *reader, const enum interval_unit units[3]) {
    int64_t value = reader->value;
    int64_t parts[3] = {value / 10000, value / 100 % 100, value % 100};
    for (int i = 0; i < 3; i++) {
        if (!interval_build_add(reader->build, units[i], parts[i], i == 2 ? reader->fraction : 0)) {
            return DATETIME_OUT_OF_RANGE;
        }
    }
    return DATETIME_FINE;
}

/* first, then up to two more numbers with the separator between; stops at the end or, in dates,
 * at T. */
static enum datetime_fault add_extended(struct reader *reader, char separator,
                                        const enum interval_unit units[3]) {
    if (reader->any) {
        return DATETIME_BAD_FORMAT;
    }
    for (int i = 0;; i++) {
        enum datetime_fault fault = add(reader, units[i]);
        if (fault != DATETIME_FINE) {
            return fault;
        }
        if (!*reader->at || (!reader->time && *reader->at == 'T')) {
            return DATETIME_FINE;
        }
        if (*reader->at != separator || i == 2) {
            return DATETIME_BAD_FORMAT;
        }
        reader->at++;
        fault = number_take(reader);
        if (fault != DATETIME_FINE) {
            return fault;
        }
    }
}

static const enum interval_unit date_units[3] = {UNIT_YEAR, UNIT_MONTH, UNIT_DAY};
static const enum interval_unit time_units[3] = {UNIT_HOUR, UNIT_MINUTE, UNIT_SECOND};

static enum interval_unit designator(char c, bool time) {
    switch (c) {
    case 'Y':
        return time ? UNIT_NONE : UNIT_YEAR;
    case 'M':
        return time ? UNIT_MINUTE : UNIT_MONTH;
    case 'W':
        return time ? UNIT_NONE : UNIT_WEEK;
    case 'D':
        return time ? UNIT_NONE : UNIT_DAY;
    case 'H':
        return time ? UNIT_HOUR : UNIT_NONE;
    case 'S':
        return time ? UNIT_SECOND : UNIT_NONE;
    default:
        return UNIT_NONE;
    }
}

static enum datetime_fault piece_take(struct reader *reader) {
    enum datetime_fault fault = number_take(reader);
    if (fault != DATETIME_FINE) {
        return fault;
    }
    enum interval_unit unit = designator(*reader->at, reader->time);
    if (unit != UNIT_NONE) {
        reader->at++;
        fault = add(reader, unit);
        reader->any = true;
        return fault;
    }
    const enum interval_unit *units = reader->time ? time_units : date_units;
    char separator = reader->time ? ':' : '-';
    bool ends = !*reader->at || (!reader->time && *reader->at == 'T');
    if (ends && reader->width == (reader->time ? 6 : 8) && !reader->any) {
        return add_basic(reader, units);
    }
    return ends || *reader->at == separator ? add_extended(reader, separator, units)
                                            : DATETIME_BAD_FORMAT;
}

enum datetime_fault interval_iso_read(const char *text, struct interval_build *build) {
    struct reader reader = {.at = text + 1, .build = build};
    if (text[0] != 'P' || !text[1]) {
        return DATETIME_BAD_FORMAT;
    }
    while (*reader.at) {
        if (*reader.at == 'T') {
            reader.at++;
            reader.time = true;
            reader.any = false;
            continue;
        }
        enum datetime_fault fault = piece_take(&reader);
        if (fault != DATETIME_FINE) {
            return fault;
        }
    }
    return DATETIME_FINE;
}
