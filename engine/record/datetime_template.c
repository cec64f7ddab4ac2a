/* SPDX-License-Identifier: Apache-2.0 */
/* to_timestamp(text, format) and to_date: reads text by a template, with Postgres 15's rules for
 * blanks and separators: outside FX mode one of them in the template stands for one or none in
 * the text, and blanks around fields do not count. What was read is then put together: year from
 * century and digits, date from weeks and days. */
#include "engine/record/datetime_template.h"
#include "engine/record/datetime_decode.h"
#include "engine/record/datetime_pattern.h"
#include "engine/record/scalar.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

enum { NUMBER_TEXT_MAX = 24, ANY_LEN = 12 };

static const char *fail(struct template_reader *reader, const char *code, const char *message) {
    reader->message = slice_of(message);
    return code;
}

static bool blank_at(const struct template_reader *reader) {
    return reader->at < reader->end && ascii_is_space(*reader->at);
}

static void blanks_skip(struct template_reader *reader) {
    while (blank_at(reader)) {
        reader->at++;
        reader->extra++;
    }
}

static bool separator_at(const struct template_reader *reader) {
    char c = reader->at < reader->end ? *reader->at : 'a';
    bool letter = ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
    return c > 0x20 && c < 0x7f && !letter && !ascii_is_digit(c);
}

static void character_skip(struct template_reader *reader) {
    reader->at++;
    while (reader->at < reader->end && (*reader->at & 0xc0) == 0x80) {
        reader->at++;
    }
}

/* Whether what follows the node in the template cannot be a digit of this field. */
static bool separator_follows(const struct pattern_node *node, const struct pattern_node *next) {
    if (node->ordinal || next->kind == NODE_END) {
        return true;
    }
    if (next->kind == NODE_FIELD) {
        return !next->word->digits;
    }
    return !(next->text.len == 1 && ascii_is_digit(next->text.data[0]));
}

static const char *invalid_value(struct template_reader *reader, struct slice value,
                                 const struct pattern_node *node) {
    int len = value.len < 64 ? (int)value.len : 64;
    return fail(reader, "22007",
                arena_printf(reader->arena, "invalid value \"%.*s\" for \"%.*s\"", len,
                             len ? value.data : "", (int)node->text.len, node->text.data));
}

static const char *field_set(struct template_reader *reader, int *field, int value,
                             const struct pattern_node *node) {
    if (*field && *field != value) {
        return fail(reader, "22007",
                    arena_printf(reader->arena,
                                 "conflicting values for \"%.*s\" field in formatting string",
                                 (int)node->text.len, node->text.data));
    }
    *field = value;
    return NULL;
}

/* Reads a number of `len` digits, or of any length when a separator follows. *ret_len (may be
 * NULL) is what it took. */
static const char *number_take(struct template_reader *reader, int *field, size_t len,
                               struct template_step step, int *ret_len) {
    const struct pattern_node *node = step.node;
    const char *start = reader->at;
    while (blank_at(reader)) {
        reader->at++;
    }
    size_t left = (size_t)(reader->end - reader->at);
    bool open = node->fill || separator_follows(node, step.next);
    char copy[NUMBER_TEXT_MAX + 1], *end;
    size_t take = open ? NUMBER_TEXT_MAX : len;
    if (!open && left < len) {
        return fail(reader, "22007",
                    arena_printf(reader->arena,
                                 "source string too short for \"%.*s\" formatting field",
                                 (int)node->text.len, node->text.data));
    }
    take = take < left ? take : left;
    memcpy(copy, reader->at, take);
    copy[take] = '\0';
    errno = 0;
    long value = strtol(copy, &end, 10);
    size_t used = (size_t)(end - copy);
    if ((!open && used > 0 && used < len) || used == 0) {
        return invalid_value(reader, slice_make(reader->at, take < len ? take : len), node);
    }
    reader->at += used;
    if (errno == ERANGE || value < INT_MIN || value > INT_MAX) {
        return fail(reader, "22008",
                    arena_printf(reader->arena,
                                 "value for \"%.*s\" in source string is out of range",
                                 (int)node->text.len, node->text.data));
    }
    if (ret_len) {
        *ret_len = (int)(reader->at - start);
    }
    return field ? field_set(reader, field, (int)value, node) : NULL;
}

/* A name of the list, in any case; its first `name_len` letters when not 0. Index from 0. */
static const char *name_take(struct template_reader *reader, const struct pattern_node *node,
                             struct name_list list, int *ret) {
    for (int i = 0; i < list.count; i++) {
        size_t len = list.name_len ? list.name_len : strlen(list.names[i]);
        size_t same = 0;
        while (same < len && reader->at + same < reader->end &&
               ascii_lower(reader->at[same]) == ascii_lower(list.names[i][same])) {
            same++;
        }
        if (same == len) {
            reader->at += len;
            *ret = i;
            return NULL;
        }
    }
    size_t len = 0;
    while (reader->at + len < reader->end && !ascii_is_space(reader->at[len])) {
        len++;
    }
    return invalid_value(reader, slice_make(reader->at, len), node);
}

static const char *half_take(struct template_reader *reader, const struct pattern_node *node,
                             bool dots) {
    static const char *const plain[] = {"am", "pm"}, *const dotted[] = {"a.m.", "p.m."};
    struct name_list list = {.names = dots ? dotted : plain, .count = 2};
    int half = 0;
    const char *code = name_take(reader, node, list, &half);
    code = code ? code : field_set(reader, &reader->pm, half, node);
    reader->twelve_hours = true;
    return code;
}

static const char *era_take(struct template_reader *reader, const struct pattern_node *node,
                            bool dots) {
    static const char *const plain[] = {"ad", "bc"}, *const dotted[] = {"a.d.", "b.c."};
    struct name_list list = {.names = dots ? dotted : plain, .count = 2};
    int era = 0;
    const char *code = name_take(reader, node, list, &era);
    return code ? code : field_set(reader, &reader->bc, era, node);
}

static const char *month_take(struct template_reader *reader, const struct pattern_node *node) {
    /* longer numerals first, so that VIII is not read as V */
    static const char *const romans[] = {"XII", "XI", "X",  "IX",  "VIII", "VII",
                                         "VI",  "V",  "IV", "III", "II",   "I"};
    bool roman = node->word->key == PATTERN_RM;
    struct name_list list = {.names = roman ? romans : pattern_months,
                             .count = 12,
                             .name_len = node->word->key == PATTERN_MON ? 3 : 0};
    int month = 0;
    const char *code = name_take(reader, node, list, &month);
    return code ? code : field_set(reader, &reader->month, roman ? 12 - month : month + 1, node);
}

static const char *day_name_take(struct template_reader *reader, const struct pattern_node *node) {
    struct name_list list = {
        .names = pattern_days, .count = 7, .name_len = node->word->key == PATTERN_DY ? 3 : 0};
    int day = 0;
    const char *code = name_take(reader, node, list, &day);
    return code ? code : field_set(reader, &reader->weekday, day + 1, node);
}

/* A fraction of `digits` places: fewer digits are the leading ones. */
static const char *fraction_take(struct template_reader *reader, int *field, int digits,
                                 struct template_step step) {
    int len = 0;
    const char *code = number_take(reader, field, (size_t)digits, step, &len);
    for (int places = digits == 3 && field == &reader->ms ? 3 : 6; !code && len < places; len++) {
        *field *= 10;
    }
    return code;
}

/* One, two and three digits mean the year nearest to 2020. */
static int year_complete(int year) {
    return year < 70     ? year + 2000
           : year < 100  ? year + 1900
           : year < 520  ? year + 2000
           : year < 1000 ? year + 1000
                         : year;
}

static const char *year_take(struct template_reader *reader, struct template_step step) {
    int width = step.node->word->width, len = 0;
    const char *code = number_take(reader, &reader->year, (size_t)width, step, &len);
    if (!code && width < 4 && len < 4) {
        reader->year = year_complete(reader->year);
    }
    reader->year_digits = width;
    return code;
}

static const char *comma_year_take(struct template_reader *reader,
                                   const struct pattern_node *node) {
    char copy[NUMBER_TEXT_MAX + 1], *end;
    size_t left = (size_t)(reader->end - reader->at);
    size_t take = left < NUMBER_TEXT_MAX ? left : NUMBER_TEXT_MAX;
    memcpy(copy, reader->at, take);
    copy[take] = '\0';
    long thousands = strtol(copy, &end, 10);
    bool good = end > copy && *end == ',' && thousands > -1000000 && thousands < 1000000;
    char *digits = end + good, *last = digits;
    long rest = 0;
    while (good && last < digits + 3 && ascii_is_digit(*last)) {
        rest = rest * 10 + (*last++ - '0');
    }
    if (!good || last == digits) {
        return fail(reader, "22007", "invalid input string for \"Y,YYY\"");
    }
    reader->at += last - copy;
    reader->year_digits = 4;
    return field_set(reader, &reader->year, (int)(thousands * 1000 + rest), node);
}

static const char *zone_hours_take(struct template_reader *reader, struct template_step step) {
    char c = reader->at < reader->end ? *reader->at : '\0';
    if (c == '+' || c == '-' || c == ' ') {
        reader->zone_sign = c == '-' ? -1 : 1;
        reader->at++;
    } else {
        bool minus = reader->extra > 0 && reader->at[-1] == '-';
        reader->zone_sign = minus ? -1 : 1;
    }
    return number_take(reader, &reader->zone_hours, 2, step, NULL);
}

static const char *iso_day_take(struct template_reader *reader, struct template_step step) {
    const char *code = number_take(reader, &reader->weekday, 1, step, NULL);
    if (!code) {
        reader->weekday = reader->weekday < 7 ? reader->weekday + 1 : 1;
    }
    return code;
}

static const char *plain_number_take(struct template_reader *reader, struct template_step step) {
    const struct pattern_node *node = step.node;
    size_t len = node->text.len;
    switch (node->word->key) {
    case PATTERN_HH12:
        reader->twelve_hours = true;
        return number_take(reader, &reader->hour, 2, step, NULL);
    case PATTERN_HH24:
        return number_take(reader, &reader->hour, 2, step, NULL);
    case PATTERN_MI:
        return number_take(reader, &reader->minute, len, step, NULL);
    case PATTERN_SS:
        return number_take(reader, &reader->second, len, step, NULL);
    case PATTERN_SSSS:
        return number_take(reader, &reader->seconds_of_day, len, step, NULL);
    case PATTERN_MM:
        return number_take(reader, &reader->month, len, step, NULL);
    case PATTERN_DDD:
    case PATTERN_IDDD:
        return number_take(reader, &reader->day_of_year, 3, step, NULL);
    case PATTERN_DD:
        return number_take(reader, &reader->day, len, step, NULL);
    case PATTERN_D:
        return number_take(reader, &reader->weekday, len, step, NULL);
    case PATTERN_WW:
    case PATTERN_IW:
        return number_take(reader, &reader->week, len, step, NULL);
    case PATTERN_Q:
        return number_take(reader, NULL, len, step, NULL);
    case PATTERN_CC:
        return number_take(reader, &reader->century, len, step, NULL);
    case PATTERN_W:
        return number_take(reader, &reader->week_of_month, len, step, NULL);
    case PATTERN_J:
        return number_take(reader, &reader->julian, len, step, NULL);
    case PATTERN_TZM:
        reader->zone_sign = reader->zone_sign ? reader->zone_sign : 1;
        return number_take(reader, &reader->zone_minutes, 2, step, NULL);
    default:
        return fail(reader, "0A000",
                    arena_printf(reader->arena,
                                 "formatting field \"%s\" is only supported in to_char",
                                 node->word->text));
    }
}

static const char *field_take(struct template_reader *reader, struct template_step step) {
    const struct pattern_node *node = step.node;
    switch (node->word->key) {
    case PATTERN_FX:
        reader->fixed = true;
        return NULL;
    case PATTERN_AM:
    case PATTERN_AM_DOTS:
        return half_take(reader, node, node->word->key == PATTERN_AM_DOTS);
    case PATTERN_AD:
    case PATTERN_AD_DOTS:
        return era_take(reader, node, node->word->key == PATTERN_AD_DOTS);
    case PATTERN_MONTH:
    case PATTERN_MON:
    case PATTERN_RM:
        return month_take(reader, node);
    case PATTERN_DAY:
    case PATTERN_DY:
        return day_name_take(reader, node);
    case PATTERN_MS:
        return fraction_take(reader, &reader->ms, 3, step);
    case PATTERN_US:
        return fraction_take(reader, &reader->us, 6, step);
    case PATTERN_FF:
        return fraction_take(reader, &reader->us, node->word->width, step);
    case PATTERN_Y_YYY:
        return comma_year_take(reader, node);
    case PATTERN_YEAR:
    case PATTERN_I_YEAR:
        return year_take(reader, step);
    case PATTERN_TZH:
        return zone_hours_take(reader, step);
    case PATTERN_ID:
        return iso_day_take(reader, step);
    default:
        return plain_number_take(reader, step);
    }
}

static bool takes_ordinal(enum pattern_key key) {
    return key != PATTERN_TZH && key != PATTERN_TZM && key != PATTERN_RM && key != PATTERN_MONTH &&
           key != PATTERN_MON && key != PATTERN_DAY && key != PATTERN_DY && key != PATTERN_AM &&
           key != PATTERN_AM_DOTS && key != PATTERN_AD && key != PATTERN_AD_DOTS &&
           key != PATTERN_FX;
}

static const char *node_take(struct template_reader *reader, struct template_step step) {
    const struct pattern_node *node = step.node;
    enum calendar_mode calendar = node->word->calendar;
    if (calendar != CALENDAR_ANY && reader->calendar != CALENDAR_ANY &&
        calendar != reader->calendar) {
        return fail(reader, "22007", "invalid combination of date conventions");
    }
    reader->calendar = calendar != CALENDAR_ANY ? calendar : reader->calendar;
    const char *code = field_take(reader, step);
    if (!code && node->ordinal && takes_ordinal(node->word->key)) {
        for (int i = 0; i < 2 && reader->at < reader->end; i++) {
            reader->at++;
        }
    }
    if (!code && !reader->fixed) {
        reader->extra = 0;
        blanks_skip(reader);
    }
    return code;
}

/* A separator or blank of the template. */
static void gap_take(struct template_reader *reader) {
    if (reader->fixed) {
        character_skip(reader);
        return;
    }
    reader->extra--;
    if (blank_at(reader) || separator_at(reader)) {
        reader->at++;
        reader->extra++;
    }
}

static void character_take(struct template_reader *reader) {
    if (!reader->fixed && reader->extra > 0) {
        reader->extra--;
    } else {
        character_skip(reader);
    }
}

static const char *text_read(struct template_reader *reader, struct slice format) {
    struct pattern pattern = {.rest = format};
    struct pattern_node node = pattern_next(&pattern);
    bool first = true;
    while (node.kind != NODE_END && reader->at < reader->end) {
        struct pattern_node next = pattern_next(&pattern);
        if (!reader->fixed && (node.kind == NODE_FIELD || first)) {
            blanks_skip(reader);
        }
        first = false;
        if (node.kind == NODE_SEPARATOR || node.kind == NODE_SPACE) {
            gap_take(reader);
        } else if (node.kind == NODE_CHARACTER) {
            character_take(reader);
        } else {
            const char *code =
                node_take(reader, (struct template_step){.node = &node, .next = &next});
            if (code) {
                return code;
            }
        }
        node = next;
    }
    return NULL;
}

const char *timestamp_parse_format(struct slice text, struct slice format,
                                   const struct timezone *zone, struct arena *arena,
                                   int64_t *ret_us, struct slice *ret_message) {
    struct template_reader reader = {
        .at = text.data, .end = text.data + text.len, .text = text, .arena = arena};
    const char *code = text_read(&reader, format);
    if (!code) {
        code = template_settle(&reader, zone, ret_us);
    }
    if (code) {
        *ret_message = reader.message;
    }
    return code;
}
