/* SPDX-License-Identifier: Apache-2.0 */
/* What a template has read so far. Private to datetime_template.c and datetime_settle.c. 0 = not
 * given. */
#ifndef LEAT_RECORD_DATETIME_TEMPLATE_H
#define LEAT_RECORD_DATETIME_TEMPLATE_H

#include "engine/record/datetime_pattern.h"

struct template_reader {
    const char *at, *end;
    struct slice text;
    struct arena *arena;
    struct slice message;
    bool fixed; /* FX */
    int extra;  /* blanks and separators skipped beyond what the template has */
    enum calendar_mode calendar;
    bool twelve_hours;
    int pm, bc;
    int hour, minute, second, seconds_of_day, ms, us;
    int year, year_digits, century, month, day, weekday, day_of_year, week, week_of_month, julian;
    int zone_sign, zone_hours, zone_minutes;
};

struct template_step {
    const struct pattern_node *node, *next;
};

struct name_list {
    const char *const *names;
    int count;
    size_t name_len;
};

/* Puts the fields together. NULL or an SQLSTATE, with the reader's message. */
const char *template_settle(struct template_reader *reader, const struct timezone *zone,
                            int64_t *ret_us);

#endif
