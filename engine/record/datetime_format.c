/* SPDX-License-Identifier: Apache-2.0 */
/* to_char(timestamp, format). Names are English (lc_time C). An infinite timestamp appends
 * nothing: its to_char is null, and the caller says so. */
#include "engine/base/buffer.h"
#include "engine/record/datetime_pattern.h"
#include "engine/record/scalar.h"

#include <stdlib.h>

struct formatter {
    struct datetime_parts parts;
    int64_t days;
    int32_t offset;
    const char *zone; /* NULL = plain timestamp */
    struct buffer *out;
};

/* width is the number of digits, kept when the sign comes in front; FM drops the zeros. */
static void number_put(const struct formatter *formatter, const struct pattern_node *node,
                       int64_t value, int width) {
    char text[INT_TEXT_MAX + 4], *end = text;
    if (value < 0) {
        *end++ = '-';
    }
    end = digits_print(end, (uint64_t)(value < 0 ? -value : value), node->fill ? 1 : width);
    if (node->ordinal) {
        bool teens = end - text > 1 && end[-2] == '1';
        char last = teens ? '0' : end[-1];
        const char *suffix = last == '1' ? "st" : last == '2' ? "nd" : last == '3' ? "rd" : "th";
        for (int i = 0; i < 2; i++) {
            *end++ = node->ordinal == 'T' ? (char)(suffix[i] - 32) : suffix[i];
        }
    }
    buffer_append(formatter->out, text, (size_t)(end - text));
}

static void name_put(const struct formatter *formatter, const struct pattern_node *node,
                     struct slice name, size_t width) {
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];
        bool upper = node->letters == CASE_UPPER || (node->letters == CASE_CAPITAL && i == 0);
        c = ascii_lower(c);
        buffer_append_byte(formatter->out, upper && c >= 'a' && c <= 'z' ? (char)(c - 32) : c);
    }
    for (size_t i = name.len; i < width && !node->fill && !node->local; i++) {
        buffer_append_byte(formatter->out, ' ');
    }
}

static void year_put(const struct formatter *formatter, const struct pattern_node *node,
                     int64_t year) {
    static const int64_t moduli[] = {0, 10, 100, 1000, 0};
    int width = node->word->width;
    year = year > 0 ? year : 1 - year;
    number_put(formatter, node, moduli[width] ? year % moduli[width] : year, width);
}

static void comma_year_put(const struct formatter *formatter, const struct pattern_node *node) {
    int64_t year = formatter->parts.year > 0 ? formatter->parts.year : 1 - formatter->parts.year;
    struct pattern_node plain = {.kind = NODE_FIELD},
                        last = {.kind = NODE_FIELD, .ordinal = node->ordinal};
    number_put(formatter, &plain, year / 1000, 1);
    buffer_append_byte(formatter->out, ',');
    number_put(formatter, &last, year % 1000, 3);
}

static void century_put(const struct formatter *formatter, const struct pattern_node *node) {
    int64_t year = formatter->parts.year;
    int64_t century = year > 0 ? (year - 1) / 100 + 1 : year / 100 - 1;
    number_put(formatter, node, century, century <= 99 && century >= -99 ? 2 : 1);
}

/* +02, -03:30 */
static void offset_put(const struct formatter *formatter, const struct pattern_node *node) {
    int seconds = abs(formatter->offset);
    struct pattern_node minutes = {.kind = NODE_FIELD};
    buffer_append_byte(formatter->out, formatter->offset < 0 ? '-' : '+');
    number_put(formatter, node, seconds / 3600, 2);
    if (seconds / 60 % 60) {
        buffer_append_byte(formatter->out, ':');
        number_put(formatter, &minutes, seconds / 60 % 60, 2);
    }
}

static void zone_put(const struct formatter *formatter, const struct pattern_node *node) {
    struct pattern_node plain = {.kind = NODE_FIELD};
    int seconds = abs(formatter->offset);
    switch (node->word->key) {
    case PATTERN_TZ:
        if (formatter->zone) {
            name_put(formatter, node, slice_of(formatter->zone), 0);
        }
        return;
    case PATTERN_TZH:
        buffer_append_byte(formatter->out, formatter->offset < 0 ? '-' : '+');
        number_put(formatter, &plain, seconds / 3600, 2);
        return;
    case PATTERN_TZM:
        number_put(formatter, &plain, seconds / 60 % 60, 2);
        return;
    default:
        node = node->ordinal ? &plain : node;
        offset_put(formatter, node);
    }
}

static void time_put(const struct formatter *formatter, const struct pattern_node *node) {
    static const int units[] = {1000000, 100000, 10000, 1000, 100, 10, 1};
    const struct datetime_parts *parts = &formatter->parts;
    struct pattern_node full = *node;
    full.fill = false;
    switch (node->word->key) {
    case PATTERN_HH24:
        number_put(formatter, node, parts->hour, 2);
        return;
    case PATTERN_HH12:
        number_put(formatter, node, parts->hour % 12 ? parts->hour % 12 : 12, 2);
        return;
    case PATTERN_MI:
        number_put(formatter, node, parts->minute, 2);
        return;
    case PATTERN_SS:
        number_put(formatter, node, parts->second, 2);
        return;
    case PATTERN_MS:
        number_put(formatter, &full, parts->us / 1000, 3);
        return;
    case PATTERN_US:
        number_put(formatter, &full, parts->us, 6);
        return;
    case PATTERN_FF:
        number_put(formatter, &full, parts->us / units[node->word->width], node->word->width);
        return;
    case PATTERN_SSSS:
        number_put(formatter, node, (parts->hour * 60 + parts->minute) * 60 + parts->second, 1);
        return;
    case PATTERN_AM:
        name_put(formatter, node, slice_of(parts->hour % 24 >= 12 ? "PM" : "AM"), 0);
        return;
    case PATTERN_AM_DOTS:
        name_put(formatter, node, slice_of(parts->hour % 24 >= 12 ? "P.M." : "A.M."), 0);
        return;
    default:
        zone_put(formatter, node);
    }
}

static void date_name_put(const struct formatter *formatter, const struct pattern_node *node) {
    struct slice day = slice_of(pattern_days[weekday_of(formatter->days)]);
    struct slice month = slice_of(pattern_months[formatter->parts.month - 1]);
    switch (node->word->key) {
    case PATTERN_DAY:
        name_put(formatter, node, day, 9);
        return;
    case PATTERN_DY:
        name_put(formatter, node, slice_make(day.data, 3), 0);
        return;
    case PATTERN_MONTH:
        name_put(formatter, node, month, 9);
        return;
    case PATTERN_MON:
        name_put(formatter, node, slice_make(month.data, 3), 0);
        return;
    case PATTERN_RM:
        name_put(formatter, node, slice_of(pattern_romans[formatter->parts.month - 1]), 4);
        return;
    case PATTERN_AD:
        name_put(formatter, node, slice_of(formatter->parts.year > 0 ? "AD" : "BC"), 0);
        return;
    case PATTERN_AD_DOTS:
        name_put(formatter, node, slice_of(formatter->parts.year > 0 ? "A.D." : "B.C."), 0);
        return;
    default:
        time_put(formatter, node);
    }
}

static void field_put(const struct formatter *formatter, const struct pattern_node *node) {
    const struct datetime_parts *parts = &formatter->parts;
    int weekday = weekday_of(formatter->days), week;
    int64_t of_year = formatter->days - date_from_civil(parts->year, 1, 1) + 1, iso_year;
    iso_week_of(formatter->days, &iso_year, &week);
    switch (node->word->key) {
    case PATTERN_FX:
        return;
    case PATTERN_CC:
        century_put(formatter, node);
        return;
    case PATTERN_DDD:
        number_put(formatter, node, of_year, 3);
        return;
    case PATTERN_IDDD:
        number_put(formatter, node, formatter->days - iso_week_start(iso_year, 1) + 1, 3);
        return;
    case PATTERN_DD:
        number_put(formatter, node, parts->day, 2);
        return;
    case PATTERN_D:
        number_put(formatter, node, weekday + 1, 1);
        return;
    case PATTERN_ID:
        number_put(formatter, node, weekday ? weekday : 7, 1);
        return;
    case PATTERN_WW:
        number_put(formatter, node, (of_year - 1) / 7 + 1, 2);
        return;
    case PATTERN_IW:
        number_put(formatter, node, week, 2);
        return;
    case PATTERN_W:
        number_put(formatter, node, (parts->day - 1) / 7 + 1, 1);
        return;
    case PATTERN_Q:
        number_put(formatter, node, (parts->month - 1) / 3 + 1, 1);
        return;
    case PATTERN_J:
        number_put(formatter, node, formatter->days + JULIAN_2000, 1);
        return;
    case PATTERN_MM:
        number_put(formatter, node, parts->month, 2);
        return;
    case PATTERN_Y_YYY:
        comma_year_put(formatter, node);
        return;
    case PATTERN_YEAR:
        year_put(formatter, node, parts->year);
        return;
    case PATTERN_I_YEAR:
        year_put(formatter, node, iso_year);
        return;
    default:
        date_name_put(formatter, node);
    }
}

void timestamp_format(int64_t us, const struct timezone *zone, struct slice format,
                      struct buffer *out) {
    struct formatter formatter = {.out = out};
    if (timestamp_is_infinite(us)) {
        return;
    }
    if (zone) {
        formatter.offset = timezone_offset(zone, us, &formatter.zone);
        us += formatter.offset * US_PER_SECOND;
    }
    timestamp_split(us, &formatter.parts);
    formatter.days = floor_divide(us, US_PER_DAY);
    struct pattern pattern = {.rest = format};
    for (;;) {
        struct pattern_node node = pattern_next(&pattern);
        if (node.kind == NODE_END) {
            return;
        }
        if (node.kind == NODE_FIELD) {
            field_put(&formatter, &node);
        } else {
            buffer_append_slice(out, node.text);
        }
    }
}
