/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of numeric. The digits are computed by engine/record/numeric; here lie only what is
 * built on it (log, gcd, width_bucket) and the words of its errors. */
#include "engine/record/numeric.h"

#include <math.h>
#include <stdlib.h>

#include "engine/sql/functions/kernel.h"
#include "engine/sql/functions/tables.h"

enum { SIGNIFICANT_DIGITS = 16, SCALE_MAX = 1000, LOG_SPARE_DIGITS = 8 };

static const char *message_of(const char *code) {
    if (strcmp(code, "22012") == 0) {
        return "division by zero";
    }
    if (strcmp(code, "2201G") == 0) {
        return "invalid argument for width_bucket function";
    }
    return "value overflows numeric format";
}

static void fail(struct call *call, uint32_t row, const char *code) {
    call_fail(call, row, code, "%s", message_of(code));
}

#define ARITHMETIC_FUNCTION(name, compute) \
    static void name(struct call *call, struct column *ret) { \
        EACH_ROW(call, row) { \
            const char *code = \
                compute(*argument_slice(call, 0, row), *argument_slice(call, 1, row), \
                        call->arena, &RESULT(ret, struct slice, row)); \
            if (code) { \
                fail(call, row, code); \
            } \
        } \
    }

#define UNARY_FUNCTION(name, compute) \
    static void name(struct call *call, struct column *ret) { \
        EACH_ROW(call, row) { \
            compute(*argument_slice(call, 0, row), call->arena, &RESULT(ret, struct slice, row)); \
        } \
    }

#define CHECKED_UNARY_FUNCTION(name, compute) \
    static void name(struct call *call, struct column *ret) { \
        EACH_ROW(call, row) { \
            const char *code = compute(*argument_slice(call, 0, row), call->arena, \
                                       &RESULT(ret, struct slice, row)); \
            if (code) { \
                fail(call, row, code); \
            } \
        } \
    }

static bool is_special(struct slice a) {
    return a.data[a.len - 1] > '9'; /* NaN, Infinity, -Infinity */
}

static bool is_nan(struct slice a) {
    return a.data[0] == 'N';
}

/* The quotient's integer part: exact, because the rest is taken off before. */
static const char *divide_whole(struct slice a, struct slice b, struct arena *arena,
                                struct slice *ret) {
    struct slice rest, multiple, quotient;
    if (is_special(a) || is_special(b)) {
        const char *code = numeric_divide(a, b, arena, &quotient);
        return code ? code : numeric_truncate(quotient, 0, arena, ret);
    }
    const char *code = numeric_modulo(a, b, arena, &rest);
    if (!code) {
        code = numeric_subtract(a, rest, arena, &multiple);
    }
    if (!code) {
        code = numeric_divide(multiple, b, arena, &quotient);
    }
    return code ? code : numeric_truncate(quotient, 0, arena, ret);
}

static int scale_max(struct slice a, struct slice b) {
    int left = numeric_scale(a), right = numeric_scale(b);
    return left > right ? left : right;
}

static const char *greatest_divisor(struct slice a, struct slice b, struct arena *arena,
                                    struct slice *ret) {
    if (is_special(a) || is_special(b)) {
        *ret = SLICE_LITERAL("NaN");
        return NULL;
    }
    int scale = scale_max(a, b);
    while (numeric_sign(b) != 0) {
        struct slice rest;
        const char *code = numeric_modulo(a, b, arena, &rest);
        if (code) {
            return code;
        }
        a = b;
        b = rest;
    }
    numeric_absolute(a, arena, &a);
    return numeric_round(a, scale, arena, ret);
}

static const char *least_multiple(struct slice a, struct slice b, struct arena *arena,
                                  struct slice *ret) {
    struct slice divisor, quotient, product;
    int scale = scale_max(a, b);
    const char *code = greatest_divisor(a, b, arena, &divisor);
    if (code || is_nan(divisor)) {
        *ret = divisor;
        return code;
    }
    if (numeric_sign(a) == 0 || numeric_sign(b) == 0) {
        return numeric_round(SLICE_LITERAL("0"), scale, arena, ret);
    }
    code = divide_whole(a, divisor, arena, &quotient);
    if (!code) {
        code = numeric_multiply(quotient, b, arena, &product);
    }
    if (code) {
        return code;
    }
    numeric_absolute(product, arena, &product);
    return numeric_round(product, scale, arena, ret);
}

ARITHMETIC_FUNCTION(decimal_add, numeric_add)
ARITHMETIC_FUNCTION(decimal_subtract, numeric_subtract)
ARITHMETIC_FUNCTION(decimal_multiply, numeric_multiply)
ARITHMETIC_FUNCTION(decimal_divide, numeric_divide)
ARITHMETIC_FUNCTION(decimal_modulo, numeric_modulo)
ARITHMETIC_FUNCTION(decimal_divide_whole, divide_whole)
ARITHMETIC_FUNCTION(decimal_gcd, greatest_divisor)
ARITHMETIC_FUNCTION(decimal_lcm, least_multiple)
UNARY_FUNCTION(decimal_negate, numeric_negate)
UNARY_FUNCTION(decimal_absolute, numeric_absolute)
CHECKED_UNARY_FUNCTION(decimal_floor, numeric_floor)
CHECKED_UNARY_FUNCTION(decimal_ceil, numeric_ceil)
CHECKED_UNARY_FUNCTION(decimal_exp, numeric_exp)

static void decimal_plus(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        result_slice(ret, row, *argument_slice(call, 0, row));
    }
}

static void decimal_sign(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        struct slice value = *argument_slice(call, 0, row);
        int sign = numeric_sign(value);
        result_slice(ret, row,
                     is_nan(value) ? value
                     : sign < 0    ? SLICE_LITERAL("-1")
                     : sign > 0    ? SLICE_LITERAL("1")
                                   : SLICE_LITERAL("0"));
    }
}

/* round(n), round(n, scale); the scale is cut to what numeric can show. */
static void scaled(struct call *call, struct column *ret,
                   const char *(*compute)(struct slice, int, struct arena *, struct slice *)) {
    EACH_ROW(call, row) {
        int32_t scale = call->arguments_count > 1 ? ARGUMENT(call, 1, int32_t, row) : 0;
        scale = scale > 2 * SCALE_MAX ? 2 * SCALE_MAX : scale;
        scale = scale < -2 * SCALE_MAX ? -2 * SCALE_MAX : scale;
        const char *code = compute(*argument_slice(call, 0, row), scale, call->arena,
                                   &RESULT(ret, struct slice, row));
        if (code) {
            fail(call, row, code);
        }
    }
}

static void decimal_round(struct call *call, struct column *ret) {
    scaled(call, ret, numeric_round);
}

static void decimal_trunc(struct call *call, struct column *ret) {
    scaled(call, ret, numeric_truncate);
}

static void decimal_sqrt(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        struct slice value = *argument_slice(call, 0, row);
        if (numeric_sign(value) < 0) {
            call_fail(call, row, "2201F", "cannot take square root of a negative number");
            continue;
        }
        const char *code = numeric_sqrt(value, call->arena, &RESULT(ret, struct slice, row));
        if (code) {
            fail(call, row, code);
        }
    }
}

static bool logarithm_exists(struct call *call, uint32_t row, struct slice value) {
    int sign = numeric_sign(value);
    if (sign <= 0) {
        call_fail(call, row, "2201E",
                  sign ? "cannot take logarithm of a negative number"
                       : "cannot take logarithm of zero");
    }
    return sign > 0;
}

static void decimal_ln(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        struct slice value = *argument_slice(call, 0, row);
        if (logarithm_exists(call, row, value)) {
            const char *code = numeric_ln(value, call->arena, &RESULT(ret, struct slice, row));
            if (code) {
                fail(call, row, code);
            }
        }
    }
}

/* The decimal weight of ln(a): -1 for 0.0xx.., 0 for 1..9, as Postgres estimates it for the scale.
 * */
static int logarithm_weight(struct slice a, struct arena *arena) {
    double value = numeric_to_float8(a);
    if (value >= 0.9 && value <= 1.1) {
        struct slice distance;
        const char *code = numeric_subtract(a, SLICE_LITERAL("1"), arena, &distance);
        double far = code ? 0 : fabs(numeric_to_float8(distance));
        return far > 0 ? (int)floor(log10(far)) : 0;
    }
    return (int)log10(fabs(log(value)));
}

/* ln(a) with at least so many digits after the point: zeros appended to `a` make ln precise. */
static const char *precise_ln(struct slice a, int scale, struct arena *arena, struct slice *ret) {
    struct slice wide;
    const char *code = numeric_round(a, scale > numeric_scale(a) ? scale : numeric_scale(a), arena,
                                     &wide);
    return code ? code : numeric_ln(wide, arena, ret);
}

static const char *logarithm(struct slice base, struct slice value, struct arena *arena,
                             struct slice *ret) {
    struct slice ln_base, ln_value, quotient;
    if (is_special(base) || is_special(value)) {
        const char *code = numeric_ln(base, arena, &ln_base);
        code = code ? code : numeric_ln(value, arena, &ln_value);
        return code ? code : numeric_divide(ln_value, ln_base, arena, ret);
    }
    int weight = logarithm_weight(value, arena) - logarithm_weight(base, arena);
    int scale = SIGNIFICANT_DIGITS - weight;
    int shown = scale_max(base, value);
    scale = scale > shown ? scale : shown;
    scale = scale < 0 ? 0 : scale > SCALE_MAX ? SCALE_MAX : scale;
    int spare = scale + LOG_SPARE_DIGITS + abs(weight) + abs(logarithm_weight(base, arena));
    const char *code = precise_ln(base, spare, arena, &ln_base);
    code = code ? code : precise_ln(value, spare, arena, &ln_value);
    code = code ? code : numeric_divide(ln_value, ln_base, arena, &quotient);
    return code ? code : numeric_round(quotient, scale, arena, ret);
}

/* log(n) to base 10, log(base, n). */
static void decimal_log(struct call *call, struct column *ret) {
    bool has_base = call->arguments_count > 1;
    EACH_ROW(call, row) {
        struct slice base = has_base ? *argument_slice(call, 0, row) : SLICE_LITERAL("10");
        struct slice value = *argument_slice(call, has_base ? 1 : 0, row);
        if (slice_is(base, "NaN") || slice_is(value, "NaN")) {
            RESULT(ret, struct slice, row) = SLICE_LITERAL("NaN");
        } else if (logarithm_exists(call, row, base) && logarithm_exists(call, row, value)) {
            const char *code =
                logarithm(base, value, call->arena, &RESULT(ret, struct slice, row));
            if (code) {
                fail(call, row, code);
            }
        }
    }
}

static void decimal_power(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        struct slice base = *argument_slice(call, 0, row);
        const char *code = numeric_power(base, *argument_slice(call, 1, row), call->arena,
                                         &RESULT(ret, struct slice, row));
        if (code && strcmp(code, "2201F") == 0) {
            call_fail(call, row, code,
                      numeric_sign(base) == 0 ? "zero raised to a negative power is undefined"
                                              : "a negative number raised to a non-integer power "
                                                "yields a complex result");
        } else if (code) {
            fail(call, row, code);
        }
    }
}

/* Digits after the point without trailing zeros. */
static int needed_scale(struct slice value) {
    int scale = is_special(value) ? 0 : numeric_scale(value);
    while (scale > 0 && value.data[value.len - 1] == '0') {
        value.len--;
        scale--;
    }
    return scale;
}

/* scale and min_scale of a value that is not finite are null. */
static void decimal_scale(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        struct slice value = *argument_slice(call, 0, row);
        if (is_special(value)) {
            call_null(call, ret, row);
        } else {
            RESULT(ret, int32_t, row) = numeric_scale(value);
        }
    }
}

static void decimal_min_scale(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        struct slice value = *argument_slice(call, 0, row);
        if (is_special(value)) {
            call_null(call, ret, row);
        } else {
            RESULT(ret, int32_t, row) = needed_scale(value);
        }
    }
}

static void decimal_trim_scale(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        struct slice value = *argument_slice(call, 0, row);
        int scale = needed_scale(value), shown = is_special(value) ? 0 : numeric_scale(value);
        if (shown > 0) {
            value.len -= (size_t)(shown - scale) + (scale == 0);
        }
        result_slice(ret, row, value);
    }
}

/* NULL, or why width_bucket refuses its arguments (2201G). */
static const char *bucket_refusal(struct slice operand, struct slice low, struct slice high,
                                  int32_t count) {
    if (count <= 0) {
        return "count must be greater than zero";
    }
    if (is_nan(operand) || is_nan(low) || is_nan(high)) {
        return "operand, lower bound, and upper bound cannot be NaN";
    }
    if (is_special(low) || is_special(high)) {
        return "lower and upper bounds must be finite";
    }
    return numeric_compare(low, high) == 0 ? "lower bound cannot equal upper bound" : NULL;
}

/* floor((operand - low) * count / (high - low)) + 1, for an operand inside. */
static const char *bucket_of(struct slice operand, struct slice low, struct slice high,
                             struct arena *arena, int64_t *count_to_bucket) {
    struct slice above, range, count, product, quotient;
    numeric_from_int8(*count_to_bucket, arena, &count);
    const char *code = numeric_subtract(operand, low, arena, &above);
    code = code ? code : numeric_subtract(high, low, arena, &range);
    code = code ? code : numeric_multiply(above, count, arena, &product);
    code = code ? code : divide_whole(product, range, arena, &quotient);
    code = code ? code : numeric_to_int8(quotient, count_to_bucket);
    *count_to_bucket += 1;
    return code;
}

static void decimal_width_bucket(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        struct slice operand = *argument_slice(call, 0, row);
        struct slice low = *argument_slice(call, 1, row), high = *argument_slice(call, 2, row);
        int32_t count = ARGUMENT(call, 3, int32_t, row);
        const char *refusal = bucket_refusal(operand, low, high, count);
        if (refusal) {
            call_fail(call, row, "2201G", "%s", refusal);
            continue;
        }
        int direction = numeric_compare(low, high) < 0 ? 1 : -1;
        int64_t bucket = count;
        const char *code = NULL;
        if (numeric_compare(operand, low) * direction < 0) {
            bucket = 0;
        } else if (numeric_compare(operand, high) * direction >= 0) {
            bucket = (int64_t)count + 1;
        } else {
            code = bucket_of(operand, low, high, call->arena, &bucket);
        }
        if (code || bucket > INT32_MAX) {
            call_fail(call, row, "22003", "integer out of range");
            continue;
        }
        RESULT(ret, int32_t, row) = (int32_t)bucket;
    }
}

const struct function functions_numeric[] = {
    ENTRY2("+", NUMERIC, NUMERIC, NUMERIC, decimal_add),
    ENTRY2("-", NUMERIC, NUMERIC, NUMERIC, decimal_subtract),
    ENTRY2("*", NUMERIC, NUMERIC, NUMERIC, decimal_multiply),
    ENTRY2("/", NUMERIC, NUMERIC, NUMERIC, decimal_divide),
    ENTRY2("%", NUMERIC, NUMERIC, NUMERIC, decimal_modulo),
    ENTRY2("mod", NUMERIC, NUMERIC, NUMERIC, decimal_modulo),
    ENTRY2("div", NUMERIC, NUMERIC, NUMERIC, decimal_divide_whole),
    ENTRY1("+", NUMERIC, NUMERIC, decimal_plus),
    ENTRY1("-", NUMERIC, NUMERIC, decimal_negate),
    ENTRY1("@", NUMERIC, NUMERIC, decimal_absolute),
    ENTRY1("abs", NUMERIC, NUMERIC, decimal_absolute),
    ENTRY1("sign", NUMERIC, NUMERIC, decimal_sign),
    ENTRY1("ceil", NUMERIC, NUMERIC, decimal_ceil),
    ENTRY1("ceiling", NUMERIC, NUMERIC, decimal_ceil),
    ENTRY1("floor", NUMERIC, NUMERIC, decimal_floor),
    ENTRY1("round", NUMERIC, NUMERIC, decimal_round),
    ENTRY2("round", NUMERIC, INT4, NUMERIC, decimal_round),
    ENTRY1("trunc", NUMERIC, NUMERIC, decimal_trunc),
    ENTRY2("trunc", NUMERIC, INT4, NUMERIC, decimal_trunc),
    ENTRY1("sqrt", NUMERIC, NUMERIC, decimal_sqrt),
    ENTRY1("exp", NUMERIC, NUMERIC, decimal_exp),
    ENTRY1("ln", NUMERIC, NUMERIC, decimal_ln),
    ENTRY1("log", NUMERIC, NUMERIC, decimal_log),
    ENTRY1("log10", NUMERIC, NUMERIC, decimal_log),
    ENTRY2("log", NUMERIC, NUMERIC, NUMERIC, decimal_log),
    ENTRY2("power", NUMERIC, NUMERIC, NUMERIC, decimal_power),
    ENTRY2("pow", NUMERIC, NUMERIC, NUMERIC, decimal_power),
    ENTRY2("^", NUMERIC, NUMERIC, NUMERIC, decimal_power),
    ENTRY2("gcd", NUMERIC, NUMERIC, NUMERIC, decimal_gcd),
    ENTRY2("lcm", NUMERIC, NUMERIC, NUMERIC, decimal_lcm),
    ENTRY1("scale", NUMERIC, INT4, decimal_scale),
    ENTRY1("min_scale", NUMERIC, INT4, decimal_min_scale),
    ENTRY1("trim_scale", NUMERIC, NUMERIC, decimal_trim_scale),
    ENTRY4("width_bucket", NUMERIC, NUMERIC, NUMERIC, INT4, INT4, decimal_width_bucket),
    {0},
};
