/* SPDX-License-Identifier: Apache-2.0 */
/* Dates, times and intervals to text: DateStyle ISO and IntervalStyle postgres. Hand-written, no
 * stdio. */
#include "engine/record/calendar.h"
#include "engine/record/scalar.h"

static char *text_put(char *out, const char *text) {
    size_t len = strlen(text);
    memcpy(out, text, len);
    return out + len;
}

static char *two_put(char *out, int value) {
    out[0] = (char)('0' + value / 10);
    out[1] = (char)('0' + value % 10);
    return out + 2;
}

static char *day_put(char *out, int64_t year, int month, int day) {
    out = digits_print(out, (uint64_t)(year > 0 ? year : 1 - year), 4);
    *out++ = '-';
    out = two_put(out, month);
    *out++ = '-';
    return two_put(out, day);
}

static char *bc_put(char *out, int64_t year) {
    return year > 0 ? out : text_put(out, " BC");
}

/* .ffffff without trailing zeros */
static char *fraction_put(char *out, int us) {
    if (!us) {
        return out;
    }
    *out++ = '.';
    out = digits_print(out, (uint64_t)us, 6);
    while (out[-1] == '0') {
        out--;
    }
    return out;
}

static char *clock_put(char *out, int hour, int minute, int second, int us) {
    out = two_put(out, hour);
    *out++ = ':';
    out = two_put(out, minute);
    *out++ = ':';
    out = two_put(out, second);
    return fraction_put(out, us);
}

static char *offset_put(char *out, int32_t offset, bool full) {
    int seconds = offset < 0 ? -offset : offset;
    *out++ = offset < 0 ? '-' : '+';
    out = two_put(out, seconds / 3600);
    if (full || seconds % 3600) {
        *out++ = ':';
        out = two_put(out, seconds / 60 % 60);
    }
    if (seconds % 60) {
        *out++ = ':';
        out = two_put(out, seconds % 60);
    }
    return out;
}

char *date_print(char *out, int32_t days) {
    if (days == INT32_MIN || days == INT32_MAX) {
        return text_put(out, days < 0 ? "-infinity" : "infinity");
    }
    int64_t year;
    int month, day;
    date_to_civil(days, &year, &month, &day);
    return bc_put(day_put(out, year, month, day), year);
}

char *time_print(char *out, int64_t us) {
    return clock_put(out, (int)(us / US_PER_HOUR), (int)(us / US_PER_MINUTE % 60),
                     (int)(us / US_PER_SECOND % 60), (int)(us % US_PER_SECOND));
}

char *timestamp_print(char *out, int64_t us, const struct timezone *zone, char separator) {
    if (timestamp_is_infinite(us)) {
        return text_put(out, us < 0 ? "-infinity" : "infinity");
    }
    int32_t offset = zone ? timezone_offset(zone, us, NULL) : 0;
    struct datetime_parts parts;
    timestamp_split(us + offset * US_PER_SECOND, &parts);
    out = day_put(out, parts.year, parts.month, parts.day);
    *out++ = separator;
    out = clock_put(out, parts.hour, parts.minute, parts.second, parts.us);
    if (zone) {
        out = offset_put(out, offset, separator == 'T');
    }
    return bc_put(out, parts.year);
}

/* --- intervals -------------------------------------------------------------------------------- */

struct interval_writer {
    char *out;
    bool first, after_negative;
};

static void unit_put(struct interval_writer *writer, int64_t value, const char *unit) {
    if (!value) {
        return;
    }
    if (!writer->first) {
        *writer->out++ = ' ';
    }
    if (writer->after_negative && value > 0) {
        *writer->out++ = '+';
    }
    writer->out = int_print(writer->out, value);
    *writer->out++ = ' ';
    writer->out = text_put(writer->out, unit);
    if (value != 1) {
        *writer->out++ = 's';
    }
    writer->after_negative = value < 0;
    writer->first = false;
}

char *interval_print(char *out, struct interval value) {
    struct interval_writer writer = {.out = out, .first = true};
    unit_put(&writer, value.months / 12, "year");
    unit_put(&writer, value.months % 12, "mon");
    unit_put(&writer, value.days, "day");
    if (!writer.first && value.us == 0) {
        return writer.out;
    }
    out = writer.out;
    if (!writer.first) {
        *out++ = ' ';
    }
    uint64_t us = value.us < 0 ? 0 - (uint64_t)value.us : (uint64_t)value.us;
    if (value.us < 0) {
        *out++ = '-';
    } else if (writer.after_negative) {
        *out++ = '+';
    }
    out = digits_print(out, us / US_PER_HOUR, 2);
    *out++ = ':';
    out = two_put(out, (int)(us / US_PER_MINUTE % 60));
    *out++ = ':';
    out = two_put(out, (int)(us / US_PER_SECOND % 60));
    return fraction_put(out, (int)(us % US_PER_SECOND));
}
