/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers with units. All arithmetic is whole: a fraction is taken only where it gives a whole
 * number of bytes or microseconds, so that what is written is exactly what is meant. */
#include <ctype.h>
#include <stdlib.h>

#include "engine/config/parse.h"

struct unit {
    const char *name;
    uint64_t factor;
};

static const struct unit byte_units[] = {
    {"GiB", 1ULL << 30}, {"GB", 1000000000}, {"MiB", 1ULL << 20}, {"MB", 1000000},
    {"KiB", 1ULL << 10}, {"kB", 1000},       {"B", 1},            {NULL, 0}};

static const struct unit duration_units[] = {
    {"d", 86400000000}, {"h", 3600000000}, {"m", 60000000}, {"s", 1000000},
    {"ms", 1000},       {"us", 1},         {NULL, 0}};

/* A decimal number as digits and how many of them are a fraction. */
struct decimal {
    uint64_t digits, scale; /* value = digits / scale */
};

/* Reads digits[.digits] at *at; false when there are none or too many. */
static bool decimal_read(struct slice text, size_t *at, struct decimal *ret) {
    struct decimal value = {.scale = 1};
    size_t start = *at, point = 0;
    for (; *at < text.len; (*at)++) {
        char byte = text.data[*at];
        if (byte == '.' && !point && *at > start) {
            point = *at;
            continue;
        }
        if (byte < '0' || byte > '9') {
            break;
        }
        if (__builtin_mul_overflow(value.digits, 10, &value.digits) ||
            __builtin_add_overflow(value.digits, (uint64_t)(byte - '0'), &value.digits) ||
            (point && __builtin_mul_overflow(value.scale, 10, &value.scale))) {
            return false;
        }
    }
    if (*at == start || (point && point + 1 == *at)) {
        return false;
    }
    *ret = value;
    return true;
}

/* Reads letters at *at and finds the unit; NULL when it is none. */
static const struct unit *unit_read(struct slice text, size_t *at, const struct unit *units) {
    size_t start = *at;
    while (*at < text.len && isalpha((unsigned char)text.data[*at])) {
        (*at)++;
    }
    struct slice name = slice_make(text.data + start, *at - start);
    for (; units->name; units++) {
        if (slice_is(name, units->name)) {
            return units;
        }
    }
    return NULL;
}

static bool decimal_scale(struct decimal value, uint64_t factor, uint64_t *ret) {
    unsigned __int128 product = (unsigned __int128)value.digits * factor;
    if (product % value.scale || product / value.scale > INT64_MAX) {
        return false;
    }
    *ret = (uint64_t)(product / value.scale);
    return true;
}

bool bytes_parse(struct slice text, uint64_t *ret) {
    struct decimal value;
    size_t at = 0;
    if (!decimal_read(text, &at, &value)) {
        return false;
    }
    if (at == text.len) {
        return decimal_scale(value, 1, ret);
    }
    if (text.data[at] == ' ') {
        at++;
    }
    const struct unit *unit = unit_read(text, &at, byte_units);
    return unit && at == text.len && decimal_scale(value, unit->factor, ret);
}

bool duration_parse(struct slice text, int64_t *ret_us) {
    uint64_t sum = 0, last = UINT64_MAX;
    size_t at = 0;
    if (slice_is(text, "0")) {
        *ret_us = 0;
        return true;
    }
    do {
        struct decimal value;
        uint64_t us;
        if (!decimal_read(text, &at, &value)) {
            return false;
        }
        const struct unit *unit = unit_read(text, &at, duration_units);
        if (!unit || unit->factor >= last || !decimal_scale(value, unit->factor, &us) ||
            __builtin_add_overflow(sum, us, &sum) || sum > INT64_MAX) {
            return false;
        }
        last = unit->factor;
    } while (at < text.len);
    *ret_us = (int64_t)sum;
    return true;
}

bool percent_parse(struct slice text, double *ret) {
    struct decimal value;
    size_t at = 0;
    if (!decimal_read(text, &at, &value) || at + 1 != text.len || text.data[at] != '%' ||
        value.digits / value.scale > 100 ||
        (value.digits / value.scale == 100 && value.digits % value.scale)) {
        return false;
    }
    *ret = (double)value.digits / (double)value.scale / 100;
    return true;
}

bool whole_parse(struct slice text, int64_t *ret) {
    bool negative = text.len && text.data[0] == '-';
    int64_t value = 0;
    size_t at = negative || (text.len && text.data[0] == '+');
    if (at == text.len) {
        return false;
    }
    for (; at < text.len; at++) {
        int digit = text.data[at] - '0';
        if (digit < 0 || digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, negative ? -digit : digit, &value)) {
            return false;
        }
    }
    *ret = value;
    return true;
}

void bytes_print(uint64_t bytes, struct buffer *out) {
    const struct unit *unit = byte_units;
    while (unit->factor > 1 && (!bytes || bytes % unit->factor)) {
        unit++;
    }
    buffer_printf(out, "%llu%s", (unsigned long long)(bytes / unit->factor),
                  unit->factor == 1 ? "" : unit->name);
}

void duration_print(int64_t us, struct buffer *out) {
    const struct unit *unit = duration_units;
    if (us == 0) {
        buffer_append_byte(out, '0');
        return;
    }
    while (unit->factor > 1 && us % (int64_t)unit->factor) {
        unit++;
    }
    buffer_printf(out, "%lld%s", (long long)(us / (int64_t)unit->factor), unit->name);
}
