/* SPDX-License-Identifier: Apache-2.0 */
/* Square root, exponential, logarithm and power of decimals. Result scales are chosen as
 * Postgres does (at least 16 significant digits); the value is computed with guard digits and
 * rounded once. Series run on fixed-point numbers, after the argument is made small by halving
 * (exp) or by taking roots (ln). */
#include "engine/record/numeric.h"
#include "engine/record/numeric_big.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>

enum {
    SIGNIFICANT_MIN = 16,
    RESULT_SCALE_MAX = 2000,
    GUARD_DIGITS = 12,
    HALVINGS = 8,
    EXPONENT_LIMIT = 6000
};

#define LOG10_E 0.434294481903252
#define LN_10 2.302585092994046

static int32_t clamp_scale(int32_t scale, int32_t least) {
    scale = scale > least ? scale : least;
    scale = scale > 0 ? scale : 0;
    return scale < NUMERIC_DISPLAY_MAX ? scale : NUMERIC_DISPLAY_MAX;
}

static struct big multiply_at(const struct big *a, const struct big *b, int32_t scale,
                              struct arena *arena) {
    struct big product = big_multiply(a, b, arena);
    return big_round(&product, scale, false, arena);
}

/* digits * 10^exponent, roughly */
static double leading(const struct big *a, int64_t *ret_exponent) {
    double value = 0;
    uint32_t take = a->count < 3 ? a->count : 3;
    for (uint32_t i = 0; i < take; i++) {
        value = value * LIMB_BASE + a->limbs[a->count - 1 - i];
    }
    *ret_exponent = (int64_t)(a->count - take) * LIMB_DIGITS - a->scale;
    return a->negative ? -value : value;
}

static double approximate(const struct big *a) {
    int64_t exponent;
    double value = leading(a, &exponent);
    return exponent < -400 ? 0 : value * pow(10, (double)exponent);
}

/* --- square root ------------------------------------------------------------------------------ */

/* floor(weight) of the first group of four digits */
static int32_t group_weight(const struct big *a) {
    int64_t exponent = big_digits(a) - a->scale - 1;
    return a->count ? (int32_t)(exponent >= 0 ? exponent / 4 : -((3 - exponent) / 4)) : 0;
}

const char *numeric_sqrt(struct slice a, struct arena *arena, struct slice *ret) {
    if (numeric_kind(a) != NUMERIC_FINITE) {
        *ret = a;
        return numeric_kind(a) == NUMERIC_MINUS_INFINITY ? "2201F" : NULL;
    }
    if (numeric_sign(a) < 0) {
        return "2201F";
    }
    struct big value = big_read(a, arena);
    int32_t whole = group_weight(&value) * 4 / 2 + 1;
    struct big root =
        big_square_root(&value, clamp_scale(SIGNIFICANT_MIN - whole, value.scale), arena);
    return big_write(&root, arena, ret);
}

/* --- exp -------------------------------------------------------------------------------------- */

/* e^x for |x| < 6000 at the scale, by Taylor's series of x / 2^k. */
static struct big exp_compute(const struct big *x, int32_t scale, struct arena *arena) {
    double size = fabs(approximate(x));
    int halvings = HALVINGS;
    while (size > 1) {
        size /= 2;
        halvings++;
    }
    double whole = approximate(x) * LOG10_E;
    int32_t work = scale + GUARD_DIGITS + halvings / 3 + (int32_t)fabs(whole) + 1;
    struct big small = big_round(x, work, false, arena);
    for (int i = 0; i < halvings; i++) {
        small = big_divide_small(&small, 2, arena);
    }
    struct big one = big_from_int(1, arena);
    struct big sum = big_rescale(&one, work, arena), term = sum;
    for (uint32_t n = 1; term.count; n++) {
        term = multiply_at(&term, &small, work, arena);
        term = big_divide_small(&term, n, arena);
        sum = big_add(&sum, &term, arena);
    }
    for (int i = 0; i < halvings; i++) {
        sum = multiply_at(&sum, &sum, work, arena);
    }
    return big_round(&sum, scale, false, arena);
}

/* Scale of a result of about 10^digits. */
static int32_t scale_for(double digits, int32_t least) {
    digits = fmin(fmax(digits, -RESULT_SCALE_MAX), RESULT_SCALE_MAX);
    return clamp_scale(SIGNIFICANT_MIN - (int32_t)digits, least);
}

const char *numeric_exp(struct slice a, struct arena *arena, struct slice *ret) {
    if (numeric_kind(a) != NUMERIC_FINITE) {
        *ret = numeric_kind(a) == NUMERIC_MINUS_INFINITY ? SLICE_LITERAL("0") : a;
        return NULL;
    }
    struct big x = big_read(a, arena);
    double value = approximate(&x);
    int32_t scale = scale_for(value * LOG10_E, x.scale);
    if (value >= EXPONENT_LIMIT) {
        return "22003";
    }
    struct big result = {.scale = scale};
    if (value > -EXPONENT_LIMIT) {
        result = exp_compute(&x, scale, arena);
    }
    return big_write(&result, arena, ret);
}

/* --- ln --------------------------------------------------------------------------------------- */

/* 2 * artanh((m - 1) / (m + 1)) after k roots of m in [1, 10). */
static struct big ln_series(const struct big *m, int32_t work, struct arena *arena) {
    struct big one = big_from_int(1, arena), root = *m;
    int roots = HALVINGS;
    for (int i = 0; i < roots; i++) {
        root = big_square_root(&root, work, arena);
    }
    struct big above = big_subtract(&root, &one, arena), below = big_add(&root, &one, arena);
    struct big z = big_divide(&above, &below, work, false, arena);
    struct big square = multiply_at(&z, &z, work, arena), power = z, sum = z;
    for (uint32_t n = 3; power.count; n += 2) {
        power = multiply_at(&power, &square, work, arena);
        struct big term = big_divide_small(&power, n, arena);
        sum = big_add(&sum, &term, arena);
    }
    struct big factor = big_from_int(INT64_C(2) << roots, arena);
    return big_multiply(&sum, &factor, arena);
}

/* ln x at the scale, x > 0: x = m * 10^e, so ln x = ln m + e * ln 10. Near 1 there is nothing to
 * take out. */
static struct big ln_compute(const struct big *x, int32_t scale, struct arena *arena) {
    int32_t work = scale + GUARD_DIGITS + HALVINGS;
    int64_t exponent = big_digits(x) - x->scale - 1;
    double near = approximate(x);
    if (near > 0.5 && near < 2) {
        exponent = 0;
    }
    struct big m = *x;
    m.scale += (int32_t)exponent;
    struct big result = ln_series(&m, work, arena);
    if (exponent) {
        struct big ten = big_from_int(10, arena), count = big_from_int(exponent, arena);
        struct big ln_ten = ln_series(&ten, work, arena);
        ln_ten = big_multiply(&ln_ten, &count, arena);
        result = big_add(&result, &ln_ten, arena);
    }
    return big_round(&result, scale, false, arena);
}

/* The decimal weight of ln x as Postgres estimates it. */
static int32_t ln_weight(const struct big *x, struct arena *arena) {
    struct big nine = big_from_int(9, arena), eleven = big_from_int(11, arena);
    nine.scale = eleven.scale = 1;
    struct big low = big_subtract(x, &nine, arena), high = big_subtract(&eleven, x, arena);
    if (!low.negative && !high.negative) {
        struct big one = big_from_int(1, arena), rest = big_subtract(x, &one, arena);
        return rest.count ? (int32_t)(big_digits(&rest) - rest.scale - 1) : 0;
    }
    int64_t exponent;
    double digits = leading(x, &exponent);
    double ln = log(digits) + (double)exponent * LN_10;
    return (int32_t)log10(fabs(ln));
}

const char *numeric_ln(struct slice a, struct arena *arena, struct slice *ret) {
    if (numeric_kind(a) == NUMERIC_NAN || numeric_kind(a) == NUMERIC_INFINITY) {
        *ret = a;
        return NULL;
    }
    if (numeric_sign(a) <= 0) {
        return "2201E";
    }
    struct big x = big_read(a, arena);
    struct big result =
        ln_compute(&x, clamp_scale(SIGNIFICANT_MIN - ln_weight(&x, arena), x.scale), arena);
    return big_write(&result, arena, ret);
}

/* --- power ------------------------------------------------------------------------------------ */

/* Rounds to so many significant digits, but at least to `scale` digits behind the point when
 * they are fewer. */
static struct big significant(const struct big *a, int64_t digits, struct arena *arena) {
    int64_t scale = a->scale - (big_digits(a) - digits);
    return scale >= a->scale ? *a : big_round(a, (int32_t)scale, false, arena);
}

/* base^exponent by squaring with enough significant digits; the base is not zero. */
static const char *power_whole(const struct big *base, int32_t exponent, int32_t scale,
                               struct arena *arena, struct big *ret) {
    int64_t weight;
    double digits = log10(fabs(leading(base, &weight)));
    double size = ((double)weight + digits) * exponent;
    if (size > NUMERIC_WHOLE_MAX + 4) {
        return "22003";
    }
    *ret = (struct big){.scale = scale};
    if (size + 1 < -scale) {
        return NULL;
    }
    int64_t keep =
        1 + scale + (int64_t)size + (int64_t)log10(fabs((double)exponent) + 1) + GUARD_DIGITS;
    struct big square = *base, result = big_from_int(1, arena);
    for (uint32_t left = (uint32_t)llabs((long long)exponent); left; left >>= 1) {
        if (left & 1) {
            result = big_multiply(&result, &square, arena);
            result = significant(&result, keep, arena);
        }
        if (left > 1) {
            square = big_multiply(&square, &square, arena);
            square = significant(&square, keep, arena);
        }
    }
    if (exponent < 0) {
        struct big one = big_from_int(1, arena);
        *ret = big_divide(&one, &result, scale, false, arena);
    } else {
        *ret = big_round(&result, scale, false, arena);
    }
    return NULL;
}

static const char *power_fraction(const struct big *base, const struct big *exponent,
                                  struct arena *arena, struct big *ret) {
    int32_t least = base->scale > exponent->scale ? base->scale : exponent->scale;
    int32_t weight = ln_weight(base, arena);
    struct big ln = ln_compute(base, SIGNIFICANT_MIN - weight + GUARD_DIGITS, arena);
    struct big product = big_multiply(&ln, exponent, arena);
    double value = approximate(&product);
    if (fabs(value) > RESULT_SCALE_MAX * 3.01) {
        *ret = (struct big){.scale = NUMERIC_DISPLAY_MAX};
        return value > 0 ? "22003" : NULL;
    }
    double size = value * LOG10_E;
    int32_t scale = clamp_scale(SIGNIFICANT_MIN - (int32_t)size, least);
    int32_t work = scale + (int32_t)size + GUARD_DIGITS + 8;
    int64_t exponent_digits = big_digits(exponent) - exponent->scale;
    work += exponent_digits > 0 ? (int32_t)exponent_digits : 0;
    ln = ln_compute(base, work > GUARD_DIGITS ? work : GUARD_DIGITS, arena);
    product = big_multiply(&ln, exponent, arena);
    if (fabs(value) >= EXPONENT_LIMIT) {
        *ret = (struct big){.scale = scale};
        return value > 0 ? "22003" : NULL;
    }
    *ret = exp_compute(&product, scale, arena);
    return NULL;
}

static bool is_whole(const struct big *a, struct arena *arena, struct big *ret) {
    *ret = big_round(a, 0, true, arena);
    struct big rest = big_subtract(a, ret, arena);
    return !rest.count;
}

static const char *power_finite(struct slice a, struct slice b, struct arena *arena,
                                struct slice *ret) {
    struct big base = big_read(a, arena), exponent = big_read(b, arena), whole, result;
    bool is_integer = is_whole(&exponent, arena, &whole);
    const char *code;
    if (!base.count && exponent.negative) {
        return "2201F";
    }
    if (base.negative && !is_integer) {
        return "2201F";
    }
    int64_t count = INT64_MAX;
    struct slice text;
    if (is_integer && !big_write(&whole, arena, &text) && numeric_to_int8(text, &count)) {
        count = INT64_MAX;
    }
    int32_t scale = clamp_scale(SIGNIFICANT_MIN, base.scale);
    if (!base.count && count) {
        result = (struct big){.scale = is_integer && count <= INT_MAX ? scale : SIGNIFICANT_MIN};
        code = NULL;
    } else if (count >= INT_MIN && count <= INT_MAX) {
        code = count ? power_whole(&base, (int32_t)count, scale, arena, &result) : NULL;
        if (!count) {
            struct big one = big_from_int(1, arena);
            result = big_rescale(&one, scale, arena);
        }
    } else {
        bool odd = is_integer && whole.count && whole.limbs[0] % 2;
        bool negative = base.negative && odd;
        base.negative = false;
        code = power_fraction(&base, &exponent, arena, &result);
        result.negative = negative && result.count;
    }
    return code ? code : big_write(&result, arena, ret);
}

/* The rules of POSIX pow(), as Postgres follows them. */
static const char *power_special(struct slice a, struct slice b, struct arena *arena,
                                 struct slice *ret) {
    const struct slice one = SLICE_LITERAL("1"), zero = SLICE_LITERAL("0");
    enum numeric_kind kind_a = numeric_kind(a), kind_b = numeric_kind(b);
    int sign_b = numeric_sign(b);
    if (numeric_compare(a, one) == 0 || (!sign_b && kind_b == NUMERIC_FINITE)) {
        *ret = one;
        return NULL;
    }
    if (kind_a == NUMERIC_NAN || kind_b == NUMERIC_NAN) {
        *ret = SLICE_LITERAL("NaN");
        return NULL;
    }
    if (kind_b != NUMERIC_FINITE) {
        struct slice size;
        numeric_absolute(a, arena, &size);
        int order = numeric_compare(size, one);
        if (!numeric_sign(a) && sign_b < 0) {
            return "2201F";
        }
        *ret = !order ? one : (order > 0) == (sign_b > 0) ? SLICE_LITERAL("Infinity") : zero;
        return NULL;
    }
    struct big exponent = big_read(b, arena), whole;
    bool is_integer = is_whole(&exponent, arena, &whole);
    if (kind_a == NUMERIC_MINUS_INFINITY && !is_integer) {
        return "2201F";
    }
    bool odd = whole.count && whole.limbs[0] % 2;
    bool negative = kind_a == NUMERIC_MINUS_INFINITY && odd;
    *ret = sign_b < 0 ? zero : negative ? SLICE_LITERAL("-Infinity") : SLICE_LITERAL("Infinity");
    return NULL;
}

const char *numeric_power(struct slice a, struct slice b, struct arena *arena, struct slice *ret) {
    bool finite = numeric_kind(a) == NUMERIC_FINITE && numeric_kind(b) == NUMERIC_FINITE;
    return finite ? power_finite(a, b, arena, ret) : power_special(a, b, arena, ret);
}
