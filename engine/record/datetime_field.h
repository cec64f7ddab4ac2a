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
    KNOWN_TIME = 1 << 3,
    KNOWN_ZONE = 1 << 4,
    KNOWN_DST = 1 << 5,
    KNOWN_AMPM = 1 << 6,
    KNOWN_ADBC = 1 << 7,
    KNOWN_WEEKDAY = 1 << 8,
    KNOWN_DAY_OF_YEAR = 1 << 9
};

enum half_day { HALF_NONE, HALF_AM, HALF_PM };

struct decoder {
    struct datetime_fields *fields;
    bool time_only;
    unsigned known;
    struct datetime_parts parts;
    int day_of_year;
    bool month_is_text, year_has_two_digits, julian, before_christ;
    enum word_kind label; /* a word that says what the next field is; WORD_UNKNOWN = none */
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
enum datetime_fault decoder_number(struct decoder *decoder, char *text, unsigned known, unsigned *found);
/* yyyymmdd, hhmmss, hhmm, with a fraction perhaps. */
enum datetime_fault decoder_run_together(struct decoder *decoder, char *text, unsigned known,
                                         unsigned *found);
void decoder_julian_set(struct decoder *decoder, int day);
/* Two-digit years, BC, day of the year, ranges. */
enum datetime_fault decoder_date_check(struct decoder *decoder);
/* hh:mm[:ss[.f]] */
enum datetime_fault time_text_read(const char *text, struct datetime_parts *parts);
bool time_overflows(const struct datetime_parts *parts);

#endif
