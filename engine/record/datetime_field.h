/* SPDX-License-Identifier: Apache-2.0 */
/* The state of reading one date, and the reading of single fields. Private to datetime_decode.c and
 * datetime_field.c. */
#ifndef LEAT_RECORD_DATETIME_FIELD_H
#define LEAT_RECORD_DATETIME_FIELD_H

#include "engine/record/datetime_decode.h"

enum known {
    KNOWN_YEAR = 1 << 0,
    KNOWN_MONTH = 1 << 1,
    KNOWN_DAY = 1 << 2,
    KNOWN_DATE = KNOWN_YEAR | KNOWN_MONTH | KNOWN_DAY,
    KNOWN_HOUR = 1 << 3,
    KNOWN_MINUTE = 1 << 10,
    KNOWN_SECOND = 1 << 11,
    KNOWN_FRACTION = 1 << 12,
    KNOWN_SECONDS = KNOWN_SECOND | KNOWN_FRACTION,
    KNOWN_TIME = KNOWN_HOUR | KNOWN_MINUTE | KNOWN_SECONDS,
    KNOWN_ZONE = 1 << 4,
    KNOWN_DST = 1 << 5,
    KNOWN_AMPM = 1 << 6,
    KNOWN_ADBC = 1 << 7,
    KNOWN_WEEKDAY = 1 << 8,
    KNOWN_DAY_OF_YEAR = 1 << 9,
    KNOWN_SPECIAL = 1 << 13
};

enum half_day { HALF_NONE, HALF_AM, HALF_PM };

struct decoder {
    struct datetime_fields *fields;
    bool time_only;
    unsigned known;
    struct datetime_parts parts;
    int day_of_year;
    bool month_is_text, year_has_two_digits, julian, before_christ;
    const struct word *label; /* a word that says what the next number is */
    enum half_day half_day;
    enum datetime_special special;
    int32_t offset;
    const struct timezone *zone, *abbreviation_zone;
    struct slice abbreviation;
    const char *zone_text;
};

/* A field that is a whole date (`2013-01-05`, `5-jan-2013`, `2013.005`); changes the text. */
enum datetime_fault decoder_date_text(struct decoder *decoder, char *text, unsigned *found);
/* One number whose meaning follows from what is known. */
enum datetime_fault decoder_number(struct decoder *decoder, char *text, unsigned known,
                                   unsigned *found);
/* yyyymmdd, hhmmss, hhmm, with a fraction perhaps. */
enum datetime_fault decoder_run_together(struct decoder *decoder, char *text, unsigned known,
                                         unsigned *found);
void decoder_julian_set(struct decoder *decoder, int day);
/* Two-digit years, BC, day of the year, ranges. */
enum datetime_fault decoder_date_check(struct decoder *decoder);
/* A number behind a word that names its unit (`y2013`). */
enum datetime_fault decoder_unit_number(struct decoder *decoder, char unit, const char *text,
                                        unsigned *found);
/* hh:mm[:ss[.f]] */
enum datetime_fault time_text_read(const char *text, struct datetime_parts *parts);
bool time_overflows(const struct datetime_parts *parts);

#endif
