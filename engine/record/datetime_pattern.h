/* SPDX-License-Identifier: Apache-2.0 */
/* Template patterns of to_char and to_timestamp (`YYYY-MM-DD HH24:MI:SS`), read one node at a
 * time. Private to the datetime files. */
#ifndef LEAT_RECORD_DATETIME_PATTERN_H
#define LEAT_RECORD_DATETIME_PATTERN_H

#include "engine/record/calendar.h"

enum pattern_key {
    PATTERN_NONE,
    PATTERN_AD,
    PATTERN_AD_DOTS,
    PATTERN_AM,
    PATTERN_AM_DOTS,
    PATTERN_CC,
    PATTERN_DAY,
    PATTERN_DDD,
    PATTERN_DD,
    PATTERN_DY,
    PATTERN_D,
    PATTERN_FF,
    PATTERN_FX,
    PATTERN_HH24,
    PATTERN_HH12,
    PATTERN_IDDD,
    PATTERN_ID,
    PATTERN_IW,
    PATTERN_I_YEAR,
    PATTERN_J,
    PATTERN_MI,
    PATTERN_MM,
    PATTERN_MONTH,
    PATTERN_MON,
    PATTERN_MS,
    PATTERN_OF,
    PATTERN_Q,
    PATTERN_RM,
    PATTERN_SSSS,
    PATTERN_SS,
    PATTERN_TZH,
    PATTERN_TZM,
    PATTERN_TZ,
    PATTERN_US,
    PATTERN_WW,
    PATTERN_W,
    PATTERN_Y_YYY,
    PATTERN_YEAR
};

enum letter_case { CASE_UPPER, CASE_LOWER, CASE_CAPITAL };
enum calendar_mode { CALENDAR_ANY, CALENDAR_GREGORIAN, CALENDAR_ISO };

struct pattern_word {
    const char *text; /* upper case */
    enum pattern_key key;
    bool digits; /* what it stands for is digits */
    enum calendar_mode calendar;
    int width; /* digits of years and of FFn */
};

enum node_kind { NODE_END, NODE_FIELD, NODE_SEPARATOR, NODE_SPACE, NODE_CHARACTER };

struct pattern_node {
    enum node_kind kind;
    const struct pattern_word *word;
    struct slice text; /* the word as written, or the character */
    enum letter_case letters;
    bool fill;    /* FM */
    bool local;   /* TM */
    char ordinal; /* 'T' = TH, 't' = th, 0 */
};

struct pattern {
    struct slice rest;
    bool quoted;
};

struct pattern_node pattern_next(struct pattern *pattern);

extern const char *const pattern_months[12], *const pattern_days[7], *const pattern_romans[12];

#endif
