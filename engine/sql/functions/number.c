/* SPDX-License-Identifier: Apache-2.0 */
/* Integer arithmetic and bits of int2, int4 and int8, as Postgres's int.c and int8.c: every
 * overflow is 22003 and division by zero 22012. Overflow is found by the compiler's checked
 * arithmetic, so that a loop stays a loop. */
#include "engine/sql/functions/kernel.h"
#include "engine/sql/functions/tables.h"

static void out_of_range(struct call *call, uint32_t row, const char *type) {
    call_fail(call, row, "22003", "%s out of range", type);
}

static void division_by_zero(struct call *call, uint32_t row) {
    call_fail(call, row, "22012", "division by zero");
}

#define BINARY_FUNCTION(name, left_type, right_type, body) \
    static void name(struct call *call, struct column *ret) { \
        const left_type *lefts = call->arguments[0].values; \
        const right_type *rights = call->arguments[1].values; \
        uint32_t left_mask = column_mask(&call->arguments[0]); \
        uint32_t right_mask = column_mask(&call->arguments[1]); \
        left_type *out = ret->values; \
        EACH_ROW(call, row) { \
            left_type left = lefts[row & left_mask]; \
            right_type right = rights[row & right_mask]; \
            body \
        } \
    }

#define UNARY_FUNCTION(name, c_type, body) \
    static void name(struct call *call, struct column *ret) { \
        const c_type *values = call->arguments[0].values; \
        uint32_t mask = column_mask(&call->arguments[0]); \
        c_type *out = ret->values; \
        EACH_ROW(call, row) { \
            c_type value = values[row & mask]; \
            body \
        } \
    }

/* The greatest common divisor; the lowest integer has no positive counterpart. */
static bool gcd64(int64_t a, int64_t b, int64_t lowest, int64_t *ret) {
    while (b != 0) {
        int64_t rest = b == -1 ? 0 : a % b;
        a = b;
        b = rest;
    }
    if (a == lowest) {
        return false;
    }
    *ret = a < 0 ? -a : a;
    return true;
}

static bool lcm64(int64_t a, int64_t b, int64_t lowest, int64_t *ret) {
    int64_t gcd;
    if (a == 0 || b == 0) {
        *ret = 0;
        return true;
    }
    if (!gcd64(a, b, lowest, &gcd) || __builtin_mul_overflow(a / gcd, b, ret) || *ret == lowest) {
        return false;
    }
    *ret = *ret < 0 ? -*ret : *ret;
    return *ret <= -(lowest + 1);
}

/* Shifts take the count modulo the width, as the machines Postgres runs on do. int2 is shifted as
 * int. */
#define INTEGER_FUNCTIONS(name, c_type, u_type, words, lowest, shift_bits) \
    BINARY_FUNCTION( \
        name##_add, c_type, c_type, \
        if (__builtin_add_overflow(left, right, &out[row])) { out_of_range(call, row, words); }) \
    BINARY_FUNCTION( \
        name##_subtract, c_type, c_type, \
        if (__builtin_sub_overflow(left, right, &out[row])) { out_of_range(call, row, words); }) \
    BINARY_FUNCTION( \
        name##_multiply, c_type, c_type, \
        if (__builtin_mul_overflow(left, right, &out[row])) { out_of_range(call, row, words); }) \
    BINARY_FUNCTION( \
        name##_divide, c_type, c_type, \
        if (right == 0) { \
            division_by_zero(call, row); \
        } else if (right == -1 && left == (lowest)) { \
            out_of_range(call, row, words); \
        } else { out[row] = (c_type)(left / right); }) \
    BINARY_FUNCTION( \
        name##_modulo, c_type, c_type, \
        if (right == 0) { division_by_zero(call, row); } else { \
            out[row] = right == -1 ? (c_type)0 : (c_type)(left % right); \
        }) \
    BINARY_FUNCTION(name##_and, c_type, c_type, out[row] = (c_type)(left & right);) \
    BINARY_FUNCTION(name##_or, c_type, c_type, out[row] = (c_type)(left | right);) \
    BINARY_FUNCTION(name##_xor, c_type, c_type, out[row] = (c_type)(left ^ right);) \
    BINARY_FUNCTION(name##_shift_left, c_type, int32_t, \
                    out[row] = (c_type)((u_type)left << (right & (shift_bits - 1)));) \
    BINARY_FUNCTION(name##_shift_right, c_type, int32_t, \
                    out[row] = (c_type)(left >> (right & (shift_bits - 1)));) \
    UNARY_FUNCTION(name##_not, c_type, out[row] = (c_type)~value;) \
    UNARY_FUNCTION(name##_plus, c_type, out[row] = value;) \
    UNARY_FUNCTION( \
        name##_negate, c_type, \
        if (value == (lowest)) { out_of_range(call, row, words); } else { \
            out[row] = (c_type) - value; \
        }) \
    UNARY_FUNCTION( \
        name##_absolute, c_type, if (value == (lowest)) { out_of_range(call, row, words); } else { \
            out[row] = value < 0 ? (c_type) - value : value; \
        })

#define DIVISOR_FUNCTIONS(name, c_type, words, lowest) \
    BINARY_FUNCTION( \
        name##_gcd, c_type, c_type, int64_t found = 0; \
        if (gcd64(left, right, lowest, &found)) { out[row] = (c_type)found; } else { \
            out_of_range(call, row, words); \
        }) \
    BINARY_FUNCTION( \
        name##_lcm, c_type, c_type, int64_t found = 0; \
        if (lcm64(left, right, lowest, &found)) { out[row] = (c_type)found; } else { \
            out_of_range(call, row, words); \
        })

INTEGER_FUNCTIONS(int2, int16_t, uint32_t, "smallint", INT16_MIN, 32)
INTEGER_FUNCTIONS(int4, int32_t, uint32_t, "integer", INT32_MIN, 32)
INTEGER_FUNCTIONS(int8, int64_t, uint64_t, "bigint", INT64_MIN, 64)
DIVISOR_FUNCTIONS(int4, int32_t, "integer", INT32_MIN)
DIVISOR_FUNCTIONS(int8, int64_t, "bigint", INT64_MIN)

#define INTEGER_ENTRIES(type, name) \
    ENTRY2("+", type, type, type, name##_add), \
        ENTRY2("-", type, type, type, name##_subtract), \
        ENTRY2("*", type, type, type, name##_multiply), \
        ENTRY2("/", type, type, type, name##_divide), \
        ENTRY2("%", type, type, type, name##_modulo), \
        ENTRY2("mod", type, type, type, name##_modulo), \
        ENTRY2("&", type, type, type, name##_and), \
        ENTRY2("|", type, type, type, name##_or), \
        ENTRY2("#", type, type, type, name##_xor), \
        ENTRY2("<<", type, INT4, type, name##_shift_left), \
        ENTRY2(">>", type, INT4, type, name##_shift_right), \
        ENTRY1("~", type, type, name##_not), \
        ENTRY1("+", type, type, name##_plus), \
        ENTRY1("-", type, type, name##_negate), \
        ENTRY1("@", type, type, name##_absolute), \
        ENTRY1("abs", type, type, name##_absolute)

const struct function functions_number[] = {
    INTEGER_ENTRIES(INT2, int2),
    INTEGER_ENTRIES(INT4, int4),
    INTEGER_ENTRIES(INT8, int8),
    ENTRY2("gcd", INT4, INT4, INT4, int4_gcd),
    ENTRY2("gcd", INT8, INT8, INT8, int8_gcd),
    ENTRY2("lcm", INT4, INT4, INT4, int4_lcm),
    ENTRY2("lcm", INT8, INT8, INT8, int8_lcm),
    {0},
};
