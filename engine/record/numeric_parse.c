/* SPDX-License-Identifier: Apache-2.0 */
/* Text to canonical decimal text. Text that is canonical already, which is what data brings, is
 * only looked at. */
#include "engine/record/numeric.h"
#include "engine/record/numeric_big.h"
#include "engine/record/scalar.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

enum { QUICK_MAX = 1024, EXPONENT_TEXT_MAX = 32 };

/* [-]digits[.digits] without superfluous zeros in front and not a negative zero */
static bool is_canonical(struct slice text) {
    const char *at = text.data, *end = at + text.len;
    bool negative = at < end && *at == '-';
    at += negative;
    if (at >= end || text.len > QUICK_MAX || !ascii_is_digit(*at)) {
        return false;
    }
    if (*at == '0' && at + 1 < end && at[1] != '.') {
        return false;
    }
    char seen = 0;
    for (; at < end && ascii_is_digit(*at); at++) {
        seen |= (char)(*at - '0');
    }
    if (at < end) {
        if (*at != '.' || at + 1 == end) {
            return false;
        }
        for (at++; at < end && ascii_is_digit(*at); at++) {
            seen |= (char)(*at - '0');
        }
    }
    return at == end && (seen || !negative);
}

static bool special_read(struct slice text, struct slice *ret) {
    bool minus = text.len && *text.data == '-';
    struct slice word = text;
    if (minus || (text.len && *text.data == '+')) {
        word = slice_make(text.data + 1, text.len - 1);
    }
    if (slice_is_word(text, "nan")) {
        *ret = SLICE_LITERAL("NaN");
        return true;
    }
    if (slice_is_word(word, "infinity") || slice_is_word(word, "inf")) {
        *ret = minus ? SLICE_LITERAL("-Infinity") : SLICE_LITERAL("Infinity");
        return true;
    }
    return false;
}

struct scan {
    bool negative;
    const char *digits, *end; /* mantissa, with a point perhaps */
    int64_t digits_count, fraction_count;
    int64_t exponent;
};

static bool exponent_read(struct slice text, int64_t *ret) {
    char copy[EXPONENT_TEXT_MAX + 1], *end;
    size_t len = text.len < EXPONENT_TEXT_MAX ? text.len : EXPONENT_TEXT_MAX;
    memcpy(copy, text.data, len);
    copy[len] = '\0';
    errno = 0;
    *ret = strtol(copy, &end, 10);
    for (size_t i = len; i < text.len; i++) { /* a long tail of digits only makes it larger */
        if (!ascii_is_digit(text.data[i])) {
            return false;
        }
    }
    return end > copy && !*end;
}

static bool mantissa_read(struct slice text, struct scan *scan) {
    const char *at = text.data, *end = at + text.len;
    scan->negative = at < end && *at == '-';
    at += scan->negative || (at < end && *at == '+');
    scan->digits = at;
    bool point = false;
    for (; at < end && (ascii_is_digit(*at) || (*at == '.' && !point)); at++) {
        point |= *at == '.';
        scan->digits_count += *at != '.';
        scan->fraction_count += point && *at != '.';
    }
    scan->end = at;
    if (!scan->digits_count) {
        return false;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        return exponent_read(slice_make(at + 1, (size_t)(end - at - 1)), &scan->exponent);
    }
    return at == end;
}

/* Writes the digits of the mantissa, significant ones only; returns how many. */
static int64_t digits_copy(const struct scan *scan, char *out) {
    int64_t count = 0;
    for (const char *at = scan->digits; at < scan->end; at++) {
        if (*at != '.' && (count || *at != '0')) {
            out[count++] = *at;
        }
    }
    return count;
}

/* value = digits * 10^-scale with scale >= 0 */
static struct slice canonical_write(const char *digits, int64_t count, int64_t scale, bool negative,
                                    struct arena *arena) {
    int64_t whole = count > scale ? count - scale : 1;
    char *text = arena_alloc(arena, (size_t)(whole + scale + 2)), *out = text;
    if (negative && count) {
        *out++ = '-';
    }
    if (count > scale) {
        memcpy(out, digits, (size_t)whole);
        digits += whole;
        count -= whole;
    } else {
        *out = '0';
    }
    out += whole;
    if (scale) {
        *out++ = '.';
        memset(out, '0', (size_t)(scale - count));
        memcpy(out + scale - count, digits, (size_t)count);
        out += scale;
    }
    return slice_make(text, (size_t)(out - text));
}

bool numeric_parse(struct slice text, struct arena *arena, struct slice *ret,
                   const char **ret_code) {
    *ret_code = NULL;
    if (is_canonical(text)) {
        *ret = text;
        return true;
    }
    struct slice trimmed = slice_trim(text);
    struct scan scan = {0};
    if (special_read(trimmed, ret)) {
        return true;
    }
    if (!mantissa_read(trimmed, &scan)) {
        *ret_code = "22P02";
        return false;
    }
    *ret_code = "22003";
    if (scan.exponent >= INT_MAX / 2 || scan.exponent <= -(INT_MAX / 2) ||
        scan.digits_count > NUMERIC_WHOLE_MAX + NUMERIC_SCALE_MAX + QUICK_MAX) {
        return false;
    }
    char *digits = arena_alloc(arena, (size_t)scan.digits_count);
    int64_t count = digits_copy(&scan, digits);
    int64_t scale = scan.fraction_count - scan.exponent;
    int64_t zeros = scale < 0 ? -scale : 0;
    scale = scale < 0 ? 0 : scale;
    if (scale > NUMERIC_SCALE_MAX || (count && count + zeros - scale > NUMERIC_WHOLE_MAX)) {
        return false;
    }
    if (zeros && count) {
        digits = arena_grow(arena, digits, (size_t)count, (size_t)(count + zeros));
        memset(digits + count, '0', (size_t)zeros);
        count += zeros;
    }
    *ret = canonical_write(digits, count, scale, scan.negative, arena);
    *ret_code = NULL;
    return true;
}
