/* SPDX-License-Identifier: Apache-2.0 */
/* The spellings that nearly all data has, recognised and converted in a few nanoseconds: plain
 * decimal numbers, RFC 3339 times, uuids with dashes. Whatever is not exactly of that shape is left
 * to value_parse; so is whatever could fail, because errors have one author. The tests hold both
 * roads against each other. */
#include "engine/record/decoder.h"

#include <limits.h>

enum { NUMBER_MAX = 40 };

static inline bool is_digit(char byte) {
    return (unsigned)(byte - '0') < 10;
}

/* [-]digits, at most 18 of them. */
static inline bool fast_int(struct slice text, int64_t *ret) {
    const char *p = text.data, *end = p + text.len;
    bool negative = p < end && *p == '-';
    p += negative;
    if (p == end || end - p > 18) {
        return false;
    }
    int64_t value = 0;
    for (; p < end; p++) {
        if (!is_digit(*p)) {
            return false;
        }
        value = value * 10 + (*p - '0');
    }
    *ret = negative ? -value : value;
    return true;
}

/* [-]digits[.digits], canonical: no needless zero in front, no minus before a zero. */
struct decimal {
    uint32_t whole; /* digits before the point; a lone 0 counts as none */
    uint32_t fraction;
};

static inline bool read_decimal(struct slice text, struct decimal *ret) {
    const char *p = text.data, *end = p + text.len;
    bool negative = p < end && *p == '-';
    p += negative;
    if (text.len > NUMBER_MAX || p == end || !is_digit(*p)) {
        return false;
    }
    const char *first = p;
    while (p < end && is_digit(*p)) {
        p++;
    }
    bool zero = *first == '0';
    if (zero && (p - first > 1 || negative)) {
        return false;
    }
    ret->whole = zero ? 0 : (uint32_t)(p - first);
    ret->fraction = 0;
    if (p == end) {
        return true;
    }
    first = p + 1;
    if (*p != '.' || first == end) {
        return false;
    }
    for (p = first; p < end; p++) {
        if (!is_digit(*p)) {
            return false;
        }
    }
    ret->fraction = (uint32_t)(p - first);
    return true;
}

static bool fast_numeric(struct type type, struct slice text, struct arena *arena,
                         struct slice *ret) {
    struct decimal decimal;
    if (!read_decimal(text, &decimal)) {
        return false;
    }
    if (type.modifier < 0) {
        *ret = text;
        return true;
    }
    uint32_t precision = (uint32_t)type.modifier >> 16, scale = (uint32_t)type.modifier & 0xffff;
    if (scale > precision || decimal.fraction > scale || decimal.whole > precision - scale) {
        return false;
    }
    if (decimal.fraction == scale) {
        *ret = text;
        return true;
    }
    uint32_t missing = scale - decimal.fraction, point = decimal.fraction == 0;
    char *out = arena_alloc(arena, text.len + point + missing);
    memcpy(out, text.data, text.len);
    if (point) {
        out[text.len] = '.';
    }
    memset(out + text.len + point, '0', missing);
    *ret = slice_make(out, text.len + point + missing);
    return true;
}

/* Exact: a mantissa below 2^53 divided by a power of ten that a double holds rounds once (Clinger
 * 1990). */
static bool fast_float8(struct slice text, double *ret) {
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const char *p = text.data, *end = p + text.len;
    bool negative = p < end && *p == '-', point = false;
    uint64_t mantissa = 0;
    uint32_t digits = 0, fraction = 0;
    for (p += negative; p < end; p++) {
        if (is_digit(*p)) {
            mantissa = mantissa * 10 + (uint64_t)(*p - '0');
            digits++;
            fraction += point;
        } else if (*p == '.' && !point && digits) {
            point = true;
        } else {
            return false;
        }
        if (digits > 18) {
            return false;
        }
    }
    if (digits == 0 || (point && fraction == 0) || mantissa > UINT64_C(1) << 53 ||
        (negative &&
         mantissa == 0)) { /* -0 is 0 in JSON, where numbers are decimal, and -0 in text */
        return false;
    }
    double value = (double)mantissa / powers[fraction];
    *ret = negative ? -value : value;
    return true;
}

static bool fast_bool(struct slice text, uint8_t *ret) {
    if (slice_equal(text, SLICE_LITERAL("true"))) {
        *ret = 1;
        return true;
    }
    if (slice_equal(text, SLICE_LITERAL("false"))) {
        *ret = 0;
        return true;
    }
    return false;
}

/* Value of a hex digit; above 15 = none. */
static const uint8_t hex_values[256] = {
    ['0'] = 0x10, ['1'] = 0x11, ['2'] = 0x12, ['3'] = 0x13, ['4'] = 0x14, ['5'] = 0x15,
    ['6'] = 0x16, ['7'] = 0x17, ['8'] = 0x18, ['9'] = 0x19, ['a'] = 0x1a, ['b'] = 0x1b,
    ['c'] = 0x1c, ['d'] = 0x1d, ['e'] = 0x1e, ['f'] = 0x1f, ['A'] = 0x1a, ['B'] = 0x1b,
    ['C'] = 0x1c, ['D'] = 0x1d, ['E'] = 0x1e, ['F'] = 0x1f,
};

static bool fast_uuid(struct slice text, struct uuid *ret) {
    static const uint8_t at[16] = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};
    const unsigned char *p = (const unsigned char *)text.data;
    if (text.len != 36 || p[8] != '-' || p[13] != '-' || p[18] != '-' || p[23] != '-') {
        return false;
    }
    uint8_t valid = 0x10;
    for (int i = 0; i < 16; i++) {
        uint8_t high = hex_values[p[at[i]]], low = hex_values[p[at[i] + 1]];
        valid &= high & low;
        ret->bytes[i] = (uint8_t)(high << 4 | (low & 0x0f));
    }
    return valid != 0;
}

/* --- dates and times ------------------------------------------------------------------------- */

static inline bool two_digits(const char *p, int *ret) {
    *ret = (p[0] - '0') * 10 + (p[1] - '0');
    return is_digit(p[0]) && is_digit(p[1]);
}

static inline bool is_leap(int year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Days from 2000-01-01, years from 1 to 9999. */
static inline int32_t days_of(int year, int month, int day) {
    static const int16_t before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int past = year - 1;
    int32_t days = past * 365 + past / 4 - past / 100 + past / 400 - 730119;
    return days + before[month - 1] + (month > 2 && is_leap(year)) + day - 1;
}

/* YYYY-MM-DD at p. */
static inline bool read_date(const char *p, int32_t *ret_days) {
    static const uint8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int century, year, month, day;
    if (!two_digits(p, &century) || !two_digits(p + 2, &year) || p[4] != '-' ||
        !two_digits(p + 5, &month) || p[7] != '-' || !two_digits(p + 8, &day)) {
        return false;
    }
    year += century * 100;
    if (year < 1 || month < 1 || month > 12 || day < 1 ||
        day > lengths[month - 1] + (month == 2 && is_leap(year))) {
        return false;
    }
    *ret_days = days_of(year, month, day);
    return true;
}

/* HH:MM:SS at p, without the leap second. */
static inline bool read_time(const char *p, int64_t *ret_seconds) {
    int hour, minute, second;
    if (!two_digits(p, &hour) || p[2] != ':' || !two_digits(p + 3, &minute) || p[5] != ':' ||
        !two_digits(p + 6, &second) || hour > 23 || minute > 59 || second > 59) {
        return false;
    }
    *ret_seconds = hour * 3600 + minute * 60 + second;
    return true;
}

/* .f to .ffffff; moves *p behind it. */
static inline bool read_fraction(const char **p, const char *end, int64_t *ret_us) {
    const char *at = *p + 1;
    int64_t us = 0;
    int digits = 0;
    for (; at < end && is_digit(*at); at++, digits++) {
        us = us * 10 + (*at - '0');
        if (digits == 6) {
            return false;
        }
    }
    static const int32_t scale[] = {0, 100000, 10000, 1000, 100, 10, 1};
    if (digits == 0) {
        return false;
    }
    *ret_us = us * scale[digits];
    *p = at;
    return true;
}

/* Z, +HH:MM, -HH:MM or +HH at p and nothing behind it. */
static inline bool read_offset(const char *p, const char *end, int64_t *ret_seconds) {
    int hour, minute = 0;
    if (end - p == 1 && *p == 'Z') {
        *ret_seconds = 0;
        return true;
    }
    if ((end - p != 6 && end - p != 3) || (*p != '+' && *p != '-') || !two_digits(p + 1, &hour) ||
        hour > 15) {
        return false;
    }
    if (end - p == 6 && (p[3] != ':' || !two_digits(p + 4, &minute) || minute > 59)) {
        return false;
    }
    *ret_seconds = (hour * 3600 + minute * 60) * (*p == '-' ? -1 : 1);
    return true;
}

/* YYYY-MM-DD, T or space, HH:MM:SS[.ffffff]; a timestamptz must have an offset, a timestamp must
 * not. */
static bool fast_timestamp(struct type type, struct slice text, int64_t *ret) {
    const char *p = text.data, *end = p + text.len;
    int32_t days;
    int64_t seconds, us = 0, offset = 0;
    if (text.len < 19 || type.modifier >= 0 || (p[10] != 'T' && p[10] != ' ') ||
        !read_date(p, &days) || !read_time(p + 11, &seconds)) {
        return false;
    }
    p += 19;
    if (p < end && *p == '.' && !read_fraction(&p, end, &us)) {
        return false;
    }
    if (type.id == TYPE_TIMESTAMPTZ ? !read_offset(p, end, &offset) : p != end) {
        return false;
    }
    *ret = (days * INT64_C(86400) + seconds - offset) * 1000000 + us;
    return true;
}

bool decode_fast(struct type type, struct slice text, struct arena *arena, void *ret_value) {
    int64_t integer;
    switch (type.id) {
    case TYPE_BOOL:
        return fast_bool(text, ret_value);
    case TYPE_INT2:
        if (!fast_int(text, &integer) || integer < INT16_MIN || integer > INT16_MAX) {
            return false;
        }
        *(int16_t *)ret_value = (int16_t)integer;
        return true;
    case TYPE_INT4:
        if (!fast_int(text, &integer) || integer < INT32_MIN || integer > INT32_MAX) {
            return false;
        }
        *(int32_t *)ret_value = (int32_t)integer;
        return true;
    case TYPE_INT8:
        return fast_int(text, ret_value);
    case TYPE_FLOAT8:
        return fast_float8(text, ret_value);
    case TYPE_NUMERIC:
        return fast_numeric(type, text, arena, ret_value);
    case TYPE_TEXT:
        if (type.modifier >= 0 || type.blank_padded) {
            return false;
        }
        *(struct slice *)ret_value = text;
        return true;
    case TYPE_UUID:
        return fast_uuid(text, ret_value);
    case TYPE_DATE:
        return text.len == 10 && read_date(text.data, ret_value);
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMPTZ:
        return fast_timestamp(type, text, ret_value);
    default:
        return false;
    }
}
