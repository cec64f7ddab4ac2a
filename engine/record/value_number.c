/* SPDX-License-Identifier: Apache-2.0 */
/* Booleans, integers and floats from text. Canonical integers and plain decimals are read by
 * hand; everything that the quick way cannot read exactly goes the slow way, which decides about
 * errors. */
#include "engine/record/scalar.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* Postgres takes any prefix that is not ambiguous: `o` alone is. */
static bool is_prefix_of(struct slice text, const char *word, size_t least) {
    if (text.len < least || text.len > strlen(word)) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (ascii_lower(text.data[i]) != word[i]) {
            return false;
        }
    }
    return true;
}

bool bool_parse(const struct parse_context *context, uint8_t *ret) {
    struct slice text = slice_trim(context->text);
    if (is_prefix_of(text, "true", 1) || is_prefix_of(text, "yes", 1) ||
        is_prefix_of(text, "on", 2) || slice_is(text, "1")) {
        *ret = 1;
        return true;
    }
    if (is_prefix_of(text, "false", 1) || is_prefix_of(text, "no", 1) ||
        is_prefix_of(text, "off", 2) || slice_is(text, "0")) {
        *ret = 0;
        return true;
    }
    return value_fail_syntax(context->error, context->arena, "boolean", context->text);
}

/* --- integers --------------------------------------------------------------------------------- */

static const char *int_name(enum type_id id) {
    return id == TYPE_INT2 ? "smallint" : id == TYPE_INT4 ? "integer" : "bigint";
}

static void int_limits(enum type_id id, int64_t *ret_min, int64_t *ret_max) {
    *ret_max = id == TYPE_INT2 ? INT16_MAX : id == TYPE_INT4 ? INT32_MAX : INT64_MAX;
    *ret_min = -*ret_max - 1;
}

static bool int_range_fail(const struct parse_context *context, enum type_id id) {
    int len = context->text.len < 512 ? (int)context->text.len : 512;
    return value_fail(context->error, context->arena, "22003",
                      "value \"%.*s\" is out of range for type %s", len, context->text.data,
                      int_name(id));
}

/* Signs, white space, overflow. Counts downwards, because the smallest has no positive twin. */
static bool int_parse_slow(const struct parse_context *context, enum type_id id, int64_t *ret) {
    struct slice text = context->text;
    size_t at = 0;
    int64_t min, max, value = 0;
    int_limits(id, &min, &max);
    while (at < text.len && ascii_is_space(text.data[at])) {
        at++;
    }
    bool negative = at < text.len && text.data[at] == '-';
    at += negative || (at < text.len && text.data[at] == '+');
    size_t digits = at;
    for (; at < text.len && ascii_is_digit(text.data[at]); at++) {
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, text.data[at] - '0', &value) || value < min) {
            return int_range_fail(context, id);
        }
    }
    bool any = at > digits;
    while (at < text.len && ascii_is_space(text.data[at])) {
        at++;
    }
    if (!any || at < text.len) {
        return value_fail_syntax(context->error, context->arena, int_name(id), text);
    }
    if (!negative && value == min) {
        return int_range_fail(context, id);
    }
    *ret = negative ? value : -value;
    return true;
}

bool int_parse(const struct parse_context *context, enum type_id id, int64_t *ret) {
    const char *at = context->text.data, *end = at + context->text.len;
    bool negative = at < end && *at == '-';
    at += negative;
    if (at < end && end - at <= 18) {
        int64_t value = 0;
        while (at < end && ascii_is_digit(*at)) {
            value = value * 10 + (*at++ - '0');
        }
        int64_t min, max;
        int_limits(id, &min, &max);
        value = negative ? -value : value;
        if (at == end && value >= min && value <= max) {
            *ret = value;
            return true;
        }
    }
    return int_parse_slow(context, id, ret);
}

/* --- floats ----------------------------------------------------------------------------------- */

enum { POWERS_COUNT = 23, EXACT_DIGITS = 15, EXPONENT_MAX = 9999 };

static const double powers[POWERS_COUNT] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                            1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                            1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* -?digits[.digits][e[+-]digits], at most 15 significant digits and a power of ten that is exact:
 * then one multiplication or division rounds correctly (Clinger). */
static bool float_parse_exact(struct slice text, double *ret) {
    const char *at = text.data, *end = at + text.len;
    bool negative = at < end && *at == '-';
    at += negative;
    uint64_t mantissa = 0;
    int digits = 0, scale = 0, exponent = 0;
    bool any = false;
    for (; at < end && ascii_is_digit(*at); at++, any = true) {
        mantissa = mantissa * 10 + (uint64_t)(*at - '0');
        if (mantissa && ++digits > EXACT_DIGITS) {
            return false;
        }
    }
    if (at < end && *at == '.') {
        for (at++; at < end && ascii_is_digit(*at); at++, scale++, any = true) {
            mantissa = mantissa * 10 + (uint64_t)(*at - '0');
            if ((mantissa && ++digits > EXACT_DIGITS) || scale > EXPONENT_MAX) {
                return false;
            }
        }
    }
    if (any && at < end && (*at == 'e' || *at == 'E')) {
        at++;
        bool down = at < end && *at == '-';
        at += down || (at < end && *at == '+');
        any = at < end;
        for (; at < end && ascii_is_digit(*at) && exponent < EXPONENT_MAX; at++) {
            exponent = exponent * 10 + (*at - '0');
        }
        exponent = down ? -exponent : exponent;
    }
    exponent -= scale;
    if (!any || at < end || exponent >= POWERS_COUNT || exponent <= -POWERS_COUNT) {
        return false;
    }
    double value = (double)mantissa;
    value = exponent < 0 ? value / powers[-exponent] : value * powers[exponent];
    *ret = negative ? -value : value;
    return true;
}

static bool float_special(struct slice text, double *ret) {
    bool negative = text.len && *text.data == '-';
    struct slice word = text;
    if (text.len && (*text.data == '-' || *text.data == '+')) {
        word = slice_make(text.data + 1, text.len - 1);
    }
    if (slice_is_word(text, "nan")) {
        *ret = NAN;
        return true;
    }
    if (slice_is_word(word, "inf") || slice_is_word(word, "infinity")) {
        *ret = negative ? -INFINITY : INFINITY;
        return true;
    }
    return false;
}

/* A NUL-terminated copy of trimmed text for strtod. NULL: nothing in it. */
static char *float_text(const struct parse_context *context) {
    struct slice text = slice_trim(context->text);
    if (!text.len || memchr(text.data, '\0', text.len)) {
        return NULL;
    }
    return arena_text(context->arena, text);
}

static bool float_range_fail(const struct parse_context *context, const char *text,
                             const char *type) {
    return value_fail(context->error, context->arena, "22003",
                      "\"%.512s\" is out of range for type %s", text, type);
}

bool float8_parse(const struct parse_context *context, double *ret) {
    if (float_parse_exact(context->text, ret) || float_special(slice_trim(context->text), ret)) {
        return true;
    }
    char *end, *text = float_text(context);
    errno = 0;
    double value = text ? strtod(text, &end) : 0;
    if (!text || end == text || *end) {
        return value_fail_syntax(context->error, context->arena, "double precision", context->text);
    }
    if (errno == ERANGE && (value == 0 || isinf(value))) {
        return float_range_fail(context, text, "double precision");
    }
    *ret = value;
    return true;
}

bool float4_parse(const struct parse_context *context, float *ret) {
    double special;
    if (float_special(slice_trim(context->text), &special)) {
        *ret = (float)special;
        return true;
    }
    char *end, *text = float_text(context);
    errno = 0;
    float value = text ? strtof(text, &end) : 0;
    if (!text || end == text || *end) {
        return value_fail_syntax(context->error, context->arena, "real", context->text);
    }
    if (errno == ERANGE && (value == 0 || isinf(value))) {
        return float_range_fail(context, text, "real");
    }
    *ret = value;
    return true;
}
