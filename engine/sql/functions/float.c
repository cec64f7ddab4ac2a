/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic and mathematics of float4 and float8, as Postgres's float.c: an infinity that no
 * operand had is an overflow, a zero that no operand explains an underflow, both 22003. Mathematics
 * is done in double; the results in the last digit are those of the C library. */
#include <errno.h>
#include <math.h>

#include "engine/base/io.h"
#include "engine/sql/functions/kernel.h"
#include "engine/sql/functions/tables.h"

#define DEGREE 0.0174532925199432957692

/* What a function of floats says besides its value: NULL, or a message with its SQLSTATE. */
struct complaint {
    const char *code, *message;
};

static const struct complaint overflow = {"22003", "value out of range: overflow"};
static const struct complaint underflow = {"22003", "value out of range: underflow"};
static const struct complaint zero_divisor = {"22012", "division by zero"};
static const struct complaint out_of_range = {"22003", "input is out of range"};
static const struct complaint root_of_negative = {
    "2201F", "cannot take square root of a negative number"};
static const struct complaint log_of_zero = {"2201E", "cannot take logarithm of zero"};
static const struct complaint log_of_negative = {
    "2201E", "cannot take logarithm of a negative number"};
static const struct complaint zero_to_negative = {
    "2201F", "zero raised to a negative power is undefined"};
static const struct complaint negative_to_fraction = {
    "2201F", "a negative number raised to a non-integer power yields a complex result"};

static void complain(struct call *call, uint32_t row, const struct complaint *complaint) {
    call_fail(call, row, complaint->code, "%s", complaint->message);
}

/* left_type and right_type are what lies in the columns, c_type what is computed in. */
#define BINARY_FUNCTION(name, left_type, right_type, c_type, expression, is_overflow, \
                        is_underflow, is_zero_divisor) \
    static void name(struct call *call, struct column *ret) { \
        const left_type *lefts = call->arguments[0].values; \
        const right_type *rights = call->arguments[1].values; \
        uint32_t left_mask = column_mask(&call->arguments[0]); \
        uint32_t right_mask = column_mask(&call->arguments[1]); \
        c_type *out = ret->values; \
        EACH_ROW(call, row) { \
            c_type left = lefts[row & left_mask]; \
            c_type right = rights[row & right_mask]; \
            if (is_zero_divisor) { \
                complain(call, row, &zero_divisor); \
                continue; \
            } \
            c_type result = (expression); \
            if (is_overflow) { \
                complain(call, row, &overflow); \
            } else if (is_underflow) { \
                complain(call, row, &underflow); \
            } \
            out[row] = result; \
        } \
    }

#define ARITHMETIC_FUNCTIONS(name, left_type, right_type, c_type) \
    BINARY_FUNCTION(name##_add, left_type, right_type, c_type, left + right, \
                    isinf(result) && !isinf(left) && !isinf(right), false, false) \
    BINARY_FUNCTION(name##_subtract, left_type, right_type, c_type, left - right, \
                    isinf(result) && !isinf(left) && !isinf(right), false, false) \
    BINARY_FUNCTION(name##_multiply, left_type, right_type, c_type, left *right, \
                    isinf(result) && !isinf(left) && !isinf(right), \
                    result == 0 && left != 0 && right != 0, false) \
    BINARY_FUNCTION(name##_divide, left_type, right_type, c_type, left / right, \
                    isinf(result) && !isinf(left), result == 0 && left != 0 && !isinf(right), \
                    right == 0 && !isnan(left))

#define UNARY_FUNCTION(name, c_type, expression) \
    static void name(struct call *call, struct column *ret) { \
        const c_type *values = call->arguments[0].values; \
        uint32_t mask = column_mask(&call->arguments[0]); \
        c_type *out = ret->values; \
        EACH_ROW(call, row) { \
            c_type value = values[row & mask]; \
            out[row] = (expression); \
        } \
    }

/* A function that may complain: `double compute(double value, const struct complaint **ret)`. */
#define CHECKED_FUNCTION(name, compute) \
    static void name(struct call *call, struct column *ret) { \
        EACH_ROW(call, row) { \
            const struct complaint *complaint = NULL; \
            RESULT(ret, double, row) = compute(ARGUMENT(call, 0, double, row), &complaint); \
            if (complaint) { \
                complain(call, row, complaint); \
            } \
        } \
    }

#define CHECKED_FUNCTION2(name, compute) \
    static void name(struct call *call, struct column *ret) { \
        EACH_ROW(call, row) { \
            const struct complaint *complaint = NULL; \
            RESULT(ret, double, row) = compute(ARGUMENT(call, 0, double, row), \
                                               ARGUMENT(call, 1, double, row), &complaint); \
            if (complaint) { \
                complain(call, row, complaint); \
            } \
        } \
    }

ARITHMETIC_FUNCTIONS(float4, float, float, float)
ARITHMETIC_FUNCTIONS(float8, double, double, double)
ARITHMETIC_FUNCTIONS(float48, float, double, double)
ARITHMETIC_FUNCTIONS(float84, double, float, double)
UNARY_FUNCTION(float4_plus, float, value)
UNARY_FUNCTION(float4_negate, float, -value)
UNARY_FUNCTION(float4_absolute, float, fabsf(value))
UNARY_FUNCTION(float8_plus, double, value)
UNARY_FUNCTION(float8_negate, double, -value)
UNARY_FUNCTION(float8_absolute, double, fabs(value))
UNARY_FUNCTION(float8_ceil, double, ceil(value))
UNARY_FUNCTION(float8_floor, double, floor(value))
UNARY_FUNCTION(float8_round, double, rint(value))
UNARY_FUNCTION(float8_trunc, double, trunc(value))
UNARY_FUNCTION(float8_sign, double, value > 0 ? 1.0 : value < 0 ? -1.0 : 0.0)
UNARY_FUNCTION(float8_atan, double, atan(value))
UNARY_FUNCTION(float8_sinh, double, sinh(value))
UNARY_FUNCTION(float8_cosh, double, cosh(value))
UNARY_FUNCTION(float8_tanh, double, tanh(value))
UNARY_FUNCTION(float8_asinh, double, asinh(value))
UNARY_FUNCTION(float8_cbrt, double, cbrt(value))

/* The value, or a complaint when it became infinite or zero although nothing in the input was. */
static double in_range(double value, bool may_be_infinite, bool may_be_zero,
                       const struct complaint **ret) {
    if (isinf(value) && !may_be_infinite) {
        *ret = &overflow;
    } else if (value == 0 && !may_be_zero) {
        *ret = &underflow;
    }
    return value;
}

static double compute_sqrt(double value, const struct complaint **ret) {
    if (value < 0) {
        *ret = &root_of_negative;
    }
    return sqrt(value);
}

static double compute_exp(double value, const struct complaint **ret) {
    return in_range(exp(value), isinf(value), isinf(value), ret);
}

static double logarithm(double value, double (*function)(double), const struct complaint **ret) {
    if (value == 0) {
        *ret = &log_of_zero;
    } else if (value < 0) {
        *ret = &log_of_negative;
    }
    return *ret ? 0 : function(value);
}

static double compute_ln(double value, const struct complaint **ret) {
    return logarithm(value, log, ret);
}

static double compute_log10(double value, const struct complaint **ret) {
    return logarithm(value, log10, ret);
}

static double trigonometric(double value, double (*function)(double),
                            const struct complaint **ret) {
    if (isinf(value)) {
        *ret = &out_of_range;
    }
    return function(value);
}

static double compute_sin(double value, const struct complaint **ret) {
    return trigonometric(value, sin, ret);
}

static double compute_cos(double value, const struct complaint **ret) {
    return trigonometric(value, cos, ret);
}

static double compute_tan(double value, const struct complaint **ret) {
    return trigonometric(value, tan, ret);
}

static double compute_cot(double value, const struct complaint **ret) {
    return 1.0 / trigonometric(value, tan, ret);
}

static double within_one(double value, double (*function)(double), const struct complaint **ret) {
    if (value < -1 || value > 1) {
        *ret = &out_of_range;
        return 0;
    }
    return function(value);
}

static double compute_asin(double value, const struct complaint **ret) {
    return within_one(value, asin, ret);
}

static double compute_acos(double value, const struct complaint **ret) {
    return within_one(value, acos, ret);
}

static double compute_atanh(double value, const struct complaint **ret) {
    return within_one(value, atanh, ret);
}

static double compute_acosh(double value, const struct complaint **ret) {
    if (value < 1) {
        *ret = &out_of_range;
        return 0;
    }
    return acosh(value);
}

static double compute_degrees(double value, const struct complaint **ret) {
    return in_range(value / DEGREE, isinf(value), value == 0, ret);
}

static double compute_radians(double value, const struct complaint **ret) {
    return in_range(value * DEGREE, isinf(value), value == 0, ret);
}

/* IEEE's power already has the cases of NaN and the infinities that Postgres spells out. */
static double compute_power(double base, double exponent, const struct complaint **ret) {
    if (isnan(base) || isnan(exponent)) {
        return pow(base, exponent);
    }
    if (base == 0 && exponent < 0) {
        *ret = &zero_to_negative;
        return 0;
    }
    if (base < 0 && floor(exponent) != exponent) {
        *ret = &negative_to_fraction;
        return 0;
    }
    bool infinite = isinf(base) || isinf(exponent);
    return in_range(pow(base, exponent), infinite, infinite || base == 0, ret);
}

static double compute_atan2(double y, double x, const struct complaint **ret) {
    (void)ret;
    return atan2(y, x);
}

CHECKED_FUNCTION(float8_sqrt, compute_sqrt)
CHECKED_FUNCTION(float8_exp, compute_exp)
CHECKED_FUNCTION(float8_ln, compute_ln)
CHECKED_FUNCTION(float8_log10, compute_log10)
CHECKED_FUNCTION(float8_sin, compute_sin)
CHECKED_FUNCTION(float8_cos, compute_cos)
CHECKED_FUNCTION(float8_tan, compute_tan)
CHECKED_FUNCTION(float8_cot, compute_cot)
CHECKED_FUNCTION(float8_asin, compute_asin)
CHECKED_FUNCTION(float8_acos, compute_acos)
CHECKED_FUNCTION(float8_acosh, compute_acosh)
CHECKED_FUNCTION(float8_atanh, compute_atanh)
CHECKED_FUNCTION(float8_degrees, compute_degrees)
CHECKED_FUNCTION(float8_radians, compute_radians)
CHECKED_FUNCTION2(float8_power, compute_power)
CHECKED_FUNCTION2(float8_atan2, compute_atan2)

static void float8_pi(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        RESULT(ret, double, row) = M_PI;
    }
}

/* random(): 53 bits from the kernel, fetched for 64 rows at a time. */
static void float8_random(struct call *call, struct column *ret) {
    uint64_t bits[64];
    size_t used = sizeof(bits) / sizeof(bits[0]);
    EACH_ROW(call, row) {
        if (used == sizeof(bits) / sizeof(bits[0])) {
            io_random(bits, sizeof(bits));
            used = 0;
        }
        RESULT(ret, double, row) = (double)(bits[used++] >> 11) * 0x1p-53;
    }
}

/* NULL, or why width_bucket refuses its arguments (2201G). */
static const char *bucket_refusal(double operand, double low, double high, int32_t count) {
    if (count <= 0) {
        return "count must be greater than zero";
    }
    if (isnan(operand) || isnan(low) || isnan(high)) {
        return "operand, lower bound, and upper bound cannot be NaN";
    }
    if (isinf(low) || isinf(high)) {
        return "lower and upper bounds must be finite";
    }
    return low == high ? "lower bound cannot equal upper bound" : NULL;
}

/* The share of the range that lies below the operand, without overflow of the range. */
static int64_t bucket_of(double operand, double low, double high, int32_t count) {
    double range = high - low;
    double share = isinf(range) ? (operand / 2 - low / 2) / (high / 2 - low / 2)
                                : (operand - low) / range;
    int64_t bucket = (int64_t)(count * share);
    return (bucket >= count ? count - 1 : bucket) + 1;
}

static void float8_width_bucket(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        double operand = ARGUMENT(call, 0, double, row);
        double low = ARGUMENT(call, 1, double, row), high = ARGUMENT(call, 2, double, row);
        int32_t count = ARGUMENT(call, 3, int32_t, row);
        const char *refusal = bucket_refusal(operand, low, high, count);
        if (refusal) {
            call_fail(call, row, "2201G", "%s", refusal);
            continue;
        }
        bool below = low < high ? operand < low : operand > low;
        bool above = low < high ? operand >= high : operand <= high;
        int64_t bucket = below   ? 0
                         : above ? (int64_t)count + 1
                                 : bucket_of(operand, low, high, count);
        if (bucket > INT32_MAX) {
            call_fail(call, row, "22003", "integer out of range");
            continue;
        }
        RESULT(ret, int32_t, row) = (int32_t)bucket;
    }
}

#define BINARY_ENTRIES(left, right, type, name) \
    ENTRY2("+", left, right, type, name##_add), \
        ENTRY2("-", left, right, type, name##_subtract), \
        ENTRY2("*", left, right, type, name##_multiply), \
        ENTRY2("/", left, right, type, name##_divide)

#define ARITHMETIC_ENTRIES(type, name) \
    BINARY_ENTRIES(type, type, type, name), \
        ENTRY1("+", type, type, name##_plus), \
        ENTRY1("-", type, type, name##_negate), \
        ENTRY1("@", type, type, name##_absolute), \
        ENTRY1("abs", type, type, name##_absolute)

const struct function functions_float[] = {
    ARITHMETIC_ENTRIES(FLOAT4, float4),
    ARITHMETIC_ENTRIES(FLOAT8, float8),
    BINARY_ENTRIES(FLOAT4, FLOAT8, FLOAT8, float48),
    BINARY_ENTRIES(FLOAT8, FLOAT4, FLOAT8, float84),
    ENTRY1("ceil", FLOAT8, FLOAT8, float8_ceil),
    ENTRY1("ceiling", FLOAT8, FLOAT8, float8_ceil),
    ENTRY1("floor", FLOAT8, FLOAT8, float8_floor),
    ENTRY1("round", FLOAT8, FLOAT8, float8_round),
    ENTRY1("trunc", FLOAT8, FLOAT8, float8_trunc),
    ENTRY1("sign", FLOAT8, FLOAT8, float8_sign),
    ENTRY1("sqrt", FLOAT8, FLOAT8, float8_sqrt),
    ENTRY1("|/", FLOAT8, FLOAT8, float8_sqrt),
    ENTRY1("cbrt", FLOAT8, FLOAT8, float8_cbrt),
    ENTRY1("||/", FLOAT8, FLOAT8, float8_cbrt),
    ENTRY1("exp", FLOAT8, FLOAT8, float8_exp),
    ENTRY1("ln", FLOAT8, FLOAT8, float8_ln),
    ENTRY1("log", FLOAT8, FLOAT8, float8_log10),
    ENTRY1("log10", FLOAT8, FLOAT8, float8_log10),
    ENTRY2("power", FLOAT8, FLOAT8, FLOAT8, float8_power),
    ENTRY2("pow", FLOAT8, FLOAT8, FLOAT8, float8_power),
    ENTRY2("^", FLOAT8, FLOAT8, FLOAT8, float8_power),
    ENTRY1("sin", FLOAT8, FLOAT8, float8_sin),
    ENTRY1("cos", FLOAT8, FLOAT8, float8_cos),
    ENTRY1("tan", FLOAT8, FLOAT8, float8_tan),
    ENTRY1("cot", FLOAT8, FLOAT8, float8_cot),
    ENTRY1("asin", FLOAT8, FLOAT8, float8_asin),
    ENTRY1("acos", FLOAT8, FLOAT8, float8_acos),
    ENTRY1("atan", FLOAT8, FLOAT8, float8_atan),
    ENTRY2("atan2", FLOAT8, FLOAT8, FLOAT8, float8_atan2),
    ENTRY1("sinh", FLOAT8, FLOAT8, float8_sinh),
    ENTRY1("cosh", FLOAT8, FLOAT8, float8_cosh),
    ENTRY1("tanh", FLOAT8, FLOAT8, float8_tanh),
    ENTRY1("asinh", FLOAT8, FLOAT8, float8_asinh),
    ENTRY1("acosh", FLOAT8, FLOAT8, float8_acosh),
    ENTRY1("atanh", FLOAT8, FLOAT8, float8_atanh),
    ENTRY1("degrees", FLOAT8, FLOAT8, float8_degrees),
    ENTRY1("radians", FLOAT8, FLOAT8, float8_radians),
    ENTRY0("pi", FLOAT8, float8_pi),
    ENTRY0("random", FLOAT8, float8_random, VOLATILE),
    ENTRY4("width_bucket", FLOAT8, FLOAT8, FLOAT8, INT4, INT4, float8_width_bucket),
    {0},
};
