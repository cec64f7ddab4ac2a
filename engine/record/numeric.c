/* SPDX-License-Identifier: Apache-2.0 */
/* Decimal arithmetic on canonical text. Each operation tries 128-bit integers first and falls
 * back to limbs; NaN and the infinities are settled before either. Result scales are Postgres's. */
#include "engine/record/numeric.h"
#include "engine/record/numeric_big.h"
#include "engine/record/numeric_small.h"

#include <assert.h>

static const struct slice not_a_number = SLICE_LITERAL("NaN"), infinity = SLICE_LITERAL("Infinity"),
                          minus_infinity = SLICE_LITERAL("-Infinity");

enum { SIGNIFICANT_MIN = 16 };

static struct slice infinity_of(int sign) {
    return sign < 0 ? minus_infinity : infinity;
}

static bool both_finite(struct slice a, struct slice b) {
    return numeric_kind(a) == NUMERIC_FINITE && numeric_kind(b) == NUMERIC_FINITE;
}

static bool is_nan(struct slice a) {
    return numeric_kind(a) == NUMERIC_NAN;
}

int numeric_scale(struct slice a) {
    const char *point = numeric_kind(a) == NUMERIC_FINITE ? memchr(a.data, '.', a.len) : NULL;
    return point ? (int)(a.data + a.len - point - 1) : 0;
}

int numeric_sign(struct slice a) {
    if (a.data[0] == '-') {
        return -1;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (a.data[i] != '0' && a.data[i] != '.') {
            return 1;
        }
    }
    return 0;
}

void numeric_negate(struct slice a, struct arena *arena, struct slice *ret) {
    if (a.data[0] == '-') {
        *ret = slice_make(a.data + 1, a.len - 1);
    } else if (is_nan(a) || !numeric_sign(a)) {
        *ret = a;
    } else {
        char *text = arena_alloc(arena, a.len + 1);
        text[0] = '-';
        memcpy(text + 1, a.data, a.len);
        *ret = slice_make(text, a.len + 1);
    }
}

void numeric_absolute(struct slice a, struct arena *arena, struct slice *ret) {
    if (a.data[0] == '-') {
        numeric_negate(a, arena, ret);
    } else {
        *ret = a;
    }
}

/* --- comparing -------------------------------------------------------------------------------- */

/* Both finite and not negative. */
static int compare_positive(struct slice a, struct slice b) {
    const char *point_a = memchr(a.data, '.', a.len), *point_b = memchr(b.data, '.', b.len);
    size_t whole_a = point_a ? (size_t)(point_a - a.data) : a.len;
    size_t whole_b = point_b ? (size_t)(point_b - b.data) : b.len;
    if (whole_a != whole_b) {
        return whole_a < whole_b ? -1 : 1;
    }
    int order = memcmp(a.data, b.data, whole_a);
    for (size_t i = whole_a + 1; !order && (i < a.len || i < b.len); i++) {
        order = (i < a.len ? a.data[i] : '0') - (i < b.len ? b.data[i] : '0');
    }
    return (order > 0) - (order < 0);
}

static int rank(enum numeric_kind kind) {
    return kind == NUMERIC_NAN ? 3 : kind == NUMERIC_INFINITY ? 2 : kind == NUMERIC_FINITE ? 1 : 0;
}

int numeric_compare(struct slice a, struct slice b) {
    int rank_a = rank(numeric_kind(a)), rank_b = rank(numeric_kind(b));
    if (rank_a != 1 || rank_b != 1) {
        return (rank_a > rank_b) - (rank_a < rank_b);
    }
    bool negative_a = a.data[0] == '-', negative_b = b.data[0] == '-';
    if (negative_a != negative_b) {
        return negative_a ? -1 : 1;
    }
    if (negative_a) {
        return compare_positive(slice_make(b.data + 1, b.len - 1),
                                slice_make(a.data + 1, a.len - 1));
    }
    return compare_positive(a, b);
}

/* --- sums ------------------------------------------------------------------------------------- */

static bool small_add(struct small a, struct small b, struct small *ret) {
    int32_t scale = a.scale > b.scale ? a.scale : b.scale;
    if (!small_rescale(&a, scale) || !small_rescale(&b, scale)) {
        return false;
    }
    *ret = a;
    if (a.negative == b.negative) {
        return !__builtin_add_overflow(a.magnitude, b.magnitude, &ret->magnitude);
    }
    bool larger = a.magnitude >= b.magnitude;
    ret->magnitude = larger ? a.magnitude - b.magnitude : b.magnitude - a.magnitude;
    ret->negative = larger ? a.negative : b.negative;
    return true;
}

static const char *add_special(struct slice a, struct slice b, struct slice *ret) {
    enum numeric_kind kind_a = numeric_kind(a), kind_b = numeric_kind(b);
    bool opposite = kind_a != NUMERIC_FINITE && kind_b != NUMERIC_FINITE && kind_a != kind_b;
    *ret = is_nan(a) || is_nan(b) || opposite ? not_a_number : kind_a != NUMERIC_FINITE ? a : b;
    return NULL;
}

const char *numeric_add(struct slice a, struct slice b, struct arena *arena, struct slice *ret) {
    struct small left, right, sum;
    if (small_read(a, &left) && small_read(b, &right) && small_add(left, right, &sum)) {
        *ret = small_write(sum, arena);
        return NULL;
    }
    if (!both_finite(a, b)) {
        return add_special(a, b, ret);
    }
    struct big big_a = big_read(a, arena), big_b = big_read(b, arena);
    struct big total = big_add(&big_a, &big_b, arena);
    return big_write(&total, arena, ret);
}

const char *numeric_subtract(struct slice a, struct slice b, struct arena *arena,
                             struct slice *ret) {
    struct small left, right, sum;
    if (small_read(a, &left) && small_read(b, &right)) {
        right.negative = !right.negative;
        if (small_add(left, right, &sum)) {
            *ret = small_write(sum, arena);
            return NULL;
        }
    }
    numeric_negate(b, arena, &b);
    return numeric_add(a, b, arena, ret);
}

/* --- products --------------------------------------------------------------------------------- */

const char *numeric_multiply(struct slice a, struct slice b, struct arena *arena,
                             struct slice *ret) {
    struct small left, right;
    if (small_read(a, &left) && small_read(b, &right) &&
        !__builtin_mul_overflow(left.magnitude, right.magnitude, &left.magnitude)) {
        left.negative = left.negative != right.negative;
        left.scale += right.scale;
        *ret = small_write(left, arena);
        return NULL;
    }
    if (!both_finite(a, b)) {
        int sign = numeric_sign(a) * numeric_sign(b);
        *ret = is_nan(a) || is_nan(b) || !sign ? not_a_number : infinity_of(sign);
        return NULL;
    }
    struct big big_a = big_read(a, arena), big_b = big_read(b, arena);
    struct big product = big_multiply(&big_a, &big_b, arena);
    if (product.scale > NUMERIC_SCALE_MAX) {
        product = big_round(&product, NUMERIC_SCALE_MAX, false, arena);
    }
    return big_write(&product, arena, ret);
}

/* Postgres keeps digits in groups of four and derives the quotient's scale from the first group
 * of each operand: its weight and its value. */
static void first_group(struct slice a, int *ret_weight, int *ret_value) {
    const char *at = a.data + (a.data[0] == '-'), *end = a.data + a.len;
    const char *point = memchr(at, '.', (size_t)(end - at));
    const char *units = (point ? point : end) - 1; /* the digit of 10^0 */
    *ret_weight = 0;
    *ret_value = 0;
    while (at < end && (*at == '0' || *at == '.')) {
        at++;
    }
    if (at == end) {
        return;
    }
    int exponent = (int)(units - at) + (at > units);
    int weight = exponent >= 0 ? exponent / 4 : -((3 - exponent) / 4);
    int value = 0;
    for (int digits = exponent - weight * 4 + 1; digits > 0; digits--) {
        at += at < end && *at == '.';
        value = value * 10 + (at < end ? *at++ - '0' : 0);
    }
    *ret_weight = weight;
    *ret_value = value;
}

static int32_t clamp_scale(int32_t scale, int32_t least) {
    scale = scale > least ? scale : least;
    scale = scale > 0 ? scale : 0;
    return scale < NUMERIC_DISPLAY_MAX ? scale : NUMERIC_DISPLAY_MAX;
}

static int32_t quotient_scale(struct slice a, struct slice b) {
    int weight_a, weight_b, value_a, value_b;
    first_group(a, &weight_a, &value_a);
    first_group(b, &weight_b, &value_b);
    int weight = weight_a - weight_b - (value_a <= value_b);
    int scale_a = numeric_scale(a), scale_b = numeric_scale(b);
    return clamp_scale(SIGNIFICANT_MIN - weight * 4, scale_a > scale_b ? scale_a : scale_b);
}

static const char *divide_special(struct slice a, struct slice b, struct slice *ret) {
    if (is_nan(a) || is_nan(b)) {
        *ret = not_a_number;
    } else if (numeric_kind(a) != NUMERIC_FINITE) {
        if (numeric_kind(b) != NUMERIC_FINITE) {
            *ret = not_a_number;
            return NULL;
        }
        int sign = numeric_sign(b);
        if (!sign) {
            return "22012";
        }
        *ret = infinity_of(numeric_sign(a) * sign);
    } else {
        *ret = SLICE_LITERAL("0");
    }
    return NULL;
}

const char *numeric_divide(struct slice a, struct slice b, struct arena *arena, struct slice *ret) {
    if (!both_finite(a, b)) {
        return divide_special(a, b, ret);
    }
    if (!numeric_sign(b)) {
        return "22012";
    }
    int32_t scale = quotient_scale(a, b);
    struct small left, right;
    if (small_read(a, &left) && small_read(b, &right) &&
        small_rescale(&left, scale + right.scale)) {
        uint128 rest = left.magnitude % right.magnitude;
        left.magnitude /= right.magnitude;
        left.magnitude += rest >= right.magnitude - rest;
        left.negative = left.negative != right.negative;
        left.scale = scale;
        *ret = small_write(left, arena);
        return NULL;
    }
    struct big big_a = big_read(a, arena), big_b = big_read(b, arena);
    struct big quotient = big_divide(&big_a, &big_b, scale, false, arena);
    return big_write(&quotient, arena, ret);
}

static const char *modulo_special(struct slice a, struct slice b, struct slice *ret) {
    if (is_nan(a) || is_nan(b)) {
        *ret = not_a_number;
    } else if (numeric_kind(a) != NUMERIC_FINITE) {
        *ret = not_a_number;
        return numeric_sign(b) ? NULL : "22012";
    } else {
        *ret = a;
    }
    return NULL;
}

const char *numeric_modulo(struct slice a, struct slice b, struct arena *arena, struct slice *ret) {
    if (!both_finite(a, b)) {
        return modulo_special(a, b, ret);
    }
    if (!numeric_sign(b)) {
        return "22012";
    }
    struct small left, right;
    if (small_read(a, &left) && small_read(b, &right)) {
        int32_t scale = left.scale > right.scale ? left.scale : right.scale;
        if (small_rescale(&left, scale) && small_rescale(&right, scale)) {
            left.magnitude %= right.magnitude;
            *ret = small_write(left, arena);
            return NULL;
        }
    }
    struct big big_a = big_read(a, arena), big_b = big_read(b, arena);
    struct big whole = big_divide(&big_a, &big_b, 0, true, arena);
    struct big product = big_multiply(&whole, &big_b, arena);
    struct big rest = big_subtract(&big_a, &product, arena);
    return big_write(&rest, arena, ret);
}

/* --- rounding --------------------------------------------------------------------------------- */

static const char *round_to(struct slice a, int scale, bool truncate, struct arena *arena,
                            struct slice *ret) {
    struct small value;
    int shown = scale > 0 ? scale : 0;
    if (numeric_kind(a) != NUMERIC_FINITE || (scale >= 0 && numeric_scale(a) == scale)) {
        *ret = a;
        return NULL;
    }
    if (small_read(a, &value) && small_round(&value, scale, truncate) &&
        small_rescale(&value, shown)) {
        *ret = small_write(value, arena);
        return NULL;
    }
    struct big big = big_read(a, arena);
    big = big_round(&big, scale, truncate, arena);
    big = big_rescale(&big, shown, arena);
    return big_write(&big, arena, ret);
}

static int limit_scale(int scale) {
    return scale > 2000 ? 2000 : scale < -2000 ? -2000 : scale;
}

const char *numeric_round(struct slice a, int scale, struct arena *arena, struct slice *ret) {
    return round_to(a, limit_scale(scale), false, arena, ret);
}

const char *numeric_truncate(struct slice a, int scale, struct arena *arena, struct slice *ret) {
    return round_to(a, limit_scale(scale), true, arena, ret);
}

/* Truncates, then steps away from zero when something was cut and the sign asks for it. */
static const char *step_to_whole(struct slice a, int sign, struct arena *arena, struct slice *ret) {
    struct slice whole;
    const char *code = round_to(a, 0, true, arena, &whole);
    if (!code && numeric_sign(a) == sign && numeric_kind(a) == NUMERIC_FINITE &&
        numeric_compare(a, whole) != 0) {
        return numeric_add(whole, sign > 0 ? SLICE_LITERAL("1") : SLICE_LITERAL("-1"), arena, ret);
    }
    *ret = whole;
    return code;
}

const char *numeric_floor(struct slice a, struct arena *arena, struct slice *ret) {
    return step_to_whole(a, -1, arena, ret);
}

const char *numeric_ceil(struct slice a, struct arena *arena, struct slice *ret) {
    return step_to_whole(a, 1, arena, ret);
}

/* Digits in front of the point that are no leading zeros; for 0.0012 it is -2. */
static int64_t whole_digits(struct slice a) {
    const char *at = a.data + (a.data[0] == '-'), *end = a.data + a.len;
    const char *point = memchr(at, '.', (size_t)(end - at));
    int64_t whole = (point ? point : end) - at;
    if (*at != '0') {
        return whole;
    }
    int64_t zeros = 0;
    for (at = point ? point + 1 : end; at < end && *at == '0'; at++) {
        zeros++;
    }
    return at == end ? INT32_MIN : -zeros;
}

const char *numeric_fit(struct slice a, int precision, int scale, struct arena *arena,
                        struct slice *ret) {
    enum numeric_kind kind = numeric_kind(a);
    if (kind != NUMERIC_FINITE) {
        *ret = a;
        return kind == NUMERIC_NAN ? NULL : "22003";
    }
    struct slice rounded;
    const char *code = round_to(a, scale, false, arena, &rounded);
    if (code) {
        return code;
    }
    if (whole_digits(rounded) > precision - scale) {
        return "22003";
    }
    *ret = rounded;
    return NULL;
}
