/* SPDX-License-Identifier: Apache-2.0 */
/* The reading of dates and times in two steps, as Postgres does it: the text is cut into fields
 * by the look of their first characters, then the fields are given a meaning one after the
 * other. Private to the datetime files. */
#ifndef LEAT_RECORD_DATETIME_DECODE_H
#define LEAT_RECORD_DATETIME_DECODE_H

#include "engine/record/calendar.h"

enum { FIELDS_MAX = 25, FIELD_TEXT_MAX = 160 };

enum field_kind { FIELD_NUMBER, FIELD_STRING, FIELD_DATE, FIELD_TIME, FIELD_ZONE, FIELD_SPECIAL };

/* Fields are NUL-terminated, in lower case. */
struct datetime_fields {
    int count;
    enum field_kind kinds[FIELDS_MAX];
    char *texts[FIELDS_MAX];
    char room[FIELD_TEXT_MAX + FIELDS_MAX];
};

enum datetime_fault {
    DATETIME_FINE,
    DATETIME_BAD_FORMAT,     /* 22007 */
    DATETIME_OUT_OF_RANGE,   /* 22008 date/time field value out of range */
    DATETIME_ZONE_RANGE,     /* 22009 time zone displacement out of range */
    DATETIME_INTERVAL_RANGE, /* 22015 interval field value out of range */
    DATETIME_ZONE_UNKNOWN,   /* 22023 time zone not recognized */
    DATETIME_CLOCK           /* 0A000 now, today, ... */
};

enum datetime_fault datetime_scan(struct slice text, struct datetime_fields *ret);

/* What a word means. value: month number, week day, offset, hour of noon, letter of the unit (M
 * = minute, 0 = none that a number may have). */
enum word_kind {
    WORD_UNKNOWN,
    WORD_IGNORE,
    WORD_MONTH,
    WORD_WEEKDAY,
    WORD_AMPM,
    WORD_ADBC,
    WORD_CLOCK,
    WORD_EPOCH,
    WORD_ALLBALLS,
    WORD_INFINITY,
    WORD_MINUS_INFINITY,
    WORD_DST,
    WORD_ISO_TIME,
    WORD_JULIAN,
    WORD_UNIT
};

struct word {
    const char *text;
    enum word_kind kind;
    int value;
};

const struct word *datetime_word_find(const char *text);

enum datetime_special { SPECIAL_NONE, SPECIAL_EPOCH, SPECIAL_INFINITY, SPECIAL_MINUS_INFINITY };

struct datetime_decoded {
    struct datetime_parts parts;
    enum datetime_special special;
    int32_t offset;        /* seconds east */
    const char *zone_text; /* the zone that was not recognised */
};

/* time_only: for type time, where a date may be there but need not. Fields are changed while
 * they are read. */
enum datetime_fault datetime_decode(struct datetime_fields *fields, const struct timezone *session,
                                    bool time_only, struct datetime_decoded *ret);

/* Pieces that intervals need as well. */
enum datetime_fault fraction_read(const char *text, double *ret); /* starts at the point */
enum datetime_fault seconds_fraction_read(const char *text, int *ret_us);
/* Like strtol for an int: false when the number does not fit. */
bool integer_read(const char *text, const char **ret_end, int *ret);
enum datetime_fault offset_read(const char *text, int32_t *ret_east);

struct parse_context;
/* Puts the fault into words; always false. */
bool datetime_fail(const struct parse_context *context, enum datetime_fault fault,
                   const char *type);

#endif
