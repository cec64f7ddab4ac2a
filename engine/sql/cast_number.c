/* SPDX-License-Identifier: Apache-2.0 */
/* Casts among numbers, with Postgres's rounding (floats to the nearest even, numeric half away from
 * zero) and its messages when a value does not fit. */
#include "engine/sql/cast_tables.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/record/numeric.h"

#define EACH(call, row)                                                                            \
    for (uint32_t each_ = 0, row; each_ < (call)->rows_count && (row = (call)->rows[each_], true); \
         each_++)
#define FROM(type_, row) COLUMN_VALUE(&call->arguments[0], type_, row)
#define TO(type_, row) (((type_ *)ret->values)[row])

/* Between C types where every value fits. */
#define WIDEN(name_, from_, to_)                                                                   \
    static void name_(struct call *call, struct column *ret) {                                     \
        EACH(call, row) {                                                                          \
            TO(to_, row) = (to_)FROM(from_, row);                                                  \
        }                                                                                          \
    }
WIDEN(int2_int4, int16_t, int32_t)
WIDEN(int2_int8, int16_t, int64_t)
WIDEN(int4_int8, int32_t, int64_t)
WIDEN(int2_float4, int16_t, float)
WIDEN(int2_float8, int16_t, double)
WIDEN(int4_float4, int32_t, float)
WIDEN(int4_float8, int32_t, double)
WIDEN(int8_float4, int64_t, float)
WIDEN(int8_float8, int64_t, double)
WIDEN(float4_float8, float, double)
WIDEN(bool_int4, uint8_t, int32_t)

static void int4_bool(struct call *call, struct column *ret) {
    EACH(call, row) {
        TO(uint8_t, row) = FROM(int32_t, row) != 0;
    }
}

static void bool_text(struct call *call, struct column *ret) {
    EACH(call, row) {
        TO(struct slice, row) = FROM(uint8_t, row) ? SLICE_LITERAL("true") : SLICE_LITERAL("false");
    }
}

static void fail_range(struct call *call, uint32_t row, enum type_id id) {
    call_fail(call, row, "22003", "%s out of range", cast_type_name(id));
}

#define NARROW(name_, from_, to_, type_)                                                           \
    static void name_(struct call *call, struct column *ret) {                                     \
        EACH(call, row) {                                                                          \
            TO(to_, row) = (to_)FROM(from_, row);                                                  \
            if (TO(to_, row) != FROM(from_, row)) {                                                \
                fail_range(call, row, type_);                                                      \
            }                                                                                      \
        }                                                                                          \
    }
NARROW(int4_int2, int32_t, int16_t, TYPE_INT2)
NARROW(int8_int2, int64_t, int16_t, TYPE_INT2)
NARROW(int8_int4, int64_t, int32_t, TYPE_INT4)

/* Bounds are exact as doubles: [-2^(n-1), 2^(n-1)). */
#define ROUND(name_, from_, to_, type_, bound_)                                                    \
    static void name_(struct call *call, struct column *ret) {                                     \
        EACH(call, row) {                                                                          \
            double value = rint((double)FROM(from_, row));                                         \
            if (!(value >= -(bound_) && value < (bound_))) {                                       \
                fail_range(call, row, type_);                                                      \
            } else {                                                                               \
                TO(to_, row) = (to_)value;                                                         \
            }                                                                                      \
        }                                                                                          \
    }
ROUND(float4_int2, float, int16_t, TYPE_INT2, 32768.0)
ROUND(float4_int4, float, int32_t, TYPE_INT4, 2147483648.0)
ROUND(float4_int8, float, int64_t, TYPE_INT8, 9223372036854775808.0)
ROUND(float8_int2, double, int16_t, TYPE_INT2, 32768.0)
ROUND(float8_int4, double, int32_t, TYPE_INT4, 2147483648.0)
ROUND(float8_int8, double, int64_t, TYPE_INT8, 9223372036854775808.0)

static void float8_float4(struct call *call, struct column *ret) {
    EACH(call, row) {
        double from = FROM(double, row);
        float value = (float)from;
        TO(float, row) = value;
        if (isinf(value) && !isinf(from)) {
            call_fail(call, row, "22003", "value out of range: overflow");
        } else if (value == 0 && from != 0) {
            call_fail(call, row, "22003", "value out of range: underflow");
        }
    }
}

#define INTEGER_NUMERIC(name_, from_)                                                              \
    static void name_(struct call *call, struct column *ret) {                                     \
        EACH(call, row) {                                                                          \
            numeric_from_int8(FROM(from_, row), call->arena, &TO(struct slice, row));              \
        }                                                                                          \
    }
INTEGER_NUMERIC(int2_numeric, int16_t)
INTEGER_NUMERIC(int4_numeric, int32_t)
INTEGER_NUMERIC(int8_numeric, int64_t)

static void float8_numeric(struct call *call, struct column *ret) {
    EACH(call, row) {
        const char *code =
            numeric_from_float8(FROM(double, row), call->arena, &TO(struct slice, row));
        if (code) {
            call_fail(call, row, code, "value overflows numeric format");
        }
    }
}

/* Six digits, as Postgres keeps of a float4. */
static void float4_numeric(struct call *call, struct column *ret) {
    EACH(call, row) {
        char text[64];
        const char *code = NULL;
        float value = FROM(float, row);
        int len = isnan(value) ? snprintf(text, sizeof text, "NaN")
                               : snprintf(text, sizeof text, "%.*g", FLT_DIG, (double)value);
        struct slice copy = arena_copy(call->arena, slice_make(text, (size_t)len));
        if (!numeric_parse(copy, call->arena, &TO(struct slice, row), &code)) {
            call_fail(call, row, "22003", "value overflows numeric format");
        }
    }
}

/* True = an integer came out; else the row has failed. */
static bool numeric_integer(struct call *call, uint32_t row, enum type_id id, int64_t *ret) {
    struct slice value = FROM(struct slice, row);
    if (value.data[value.len - 1] == 'N' || value.data[value.len - 1] == 'y') {
        call_fail(call, row, "0A000", "cannot convert %s to %s",
                  slice_is(value, "NaN") ? "NaN" : "infinity", cast_type_name(id));
        return false;
    }
    int64_t low = id == TYPE_INT2 ? INT16_MIN : id == TYPE_INT4 ? INT32_MIN : INT64_MIN;
    int64_t high = id == TYPE_INT2 ? INT16_MAX : id == TYPE_INT4 ? INT32_MAX : INT64_MAX;
    if (numeric_to_int8(value, ret) || *ret < low || *ret > high) {
        fail_range(call, row, id);
        return false;
    }
    return true;
}

#define NUMERIC_INTEGER(name_, to_, type_)                                                         \
    static void name_(struct call *call, struct column *ret) {                                     \
        int64_t value;                                                                             \
        EACH(call, row) {                                                                          \
            if (numeric_integer(call, row, type_, &value)) {                                       \
                TO(to_, row) = (to_)value;                                                         \
            }                                                                                      \
        }                                                                                          \
    }
NUMERIC_INTEGER(numeric_int2, int16_t, TYPE_INT2)
NUMERIC_INTEGER(numeric_int4, int32_t, TYPE_INT4)
NUMERIC_INTEGER(numeric_int8, int64_t, TYPE_INT8)

static bool numeric_is_finite(struct slice value) {
    char last = value.data[value.len - 1];
    return last != 'N' && last != 'y';
}

static bool numeric_is_zero(struct slice value) {
    return numeric_sign(value) == 0;
}

static void fail_float(struct call *call, uint32_t row, enum type_id id) {
    struct slice value = FROM(struct slice, row);
    call_fail(call, row, "22003", "\"%.*s\" is out of range for type %s",
              (int)(value.len > 200 ? 200 : value.len), value.data, cast_type_name(id));
}

static void numeric_float8(struct call *call, struct column *ret) {
    EACH(call, row) {
        struct slice from = FROM(struct slice, row);
        double value = numeric_to_float8(from);
        TO(double, row) = value;
        if ((isinf(value) && numeric_is_finite(from)) || (value == 0 && !numeric_is_zero(from))) {
            fail_float(call, row, TYPE_FLOAT8);
        }
    }
}

static void numeric_float4(struct call *call, struct column *ret) {
    EACH(call, row) {
        struct slice from = FROM(struct slice, row);
        char text[512];
        float value;
        if (from.len < sizeof text && numeric_is_finite(from)) {
            memcpy(text, from.data, from.len);
            text[from.len] = '\0';
            value = strtof(text, NULL); /* once, not through double: no double rounding */
        } else {
            value = (float)numeric_to_float8(from);
        }
        TO(float, row) = value;
        if ((isinf(value) && numeric_is_finite(from)) || (value == 0 && !numeric_is_zero(from))) {
            fail_float(call, row, TYPE_FLOAT4);
        }
    }
}

const struct cast casts_number[] = {
    {TYPE_INT2, TYPE_INT4, CAST_IMPLICIT, int2_int4},
    {TYPE_INT2, TYPE_INT8, CAST_IMPLICIT, int2_int8},
    {TYPE_INT2, TYPE_FLOAT4, CAST_IMPLICIT, int2_float4},
    {TYPE_INT2, TYPE_FLOAT8, CAST_IMPLICIT, int2_float8},
    {TYPE_INT2, TYPE_NUMERIC, CAST_IMPLICIT, int2_numeric},
    {TYPE_INT4, TYPE_INT2, CAST_ASSIGNMENT, int4_int2},
    {TYPE_INT4, TYPE_INT8, CAST_IMPLICIT, int4_int8},
    {TYPE_INT4, TYPE_FLOAT4, CAST_IMPLICIT, int4_float4},
    {TYPE_INT4, TYPE_FLOAT8, CAST_IMPLICIT, int4_float8},
    {TYPE_INT4, TYPE_NUMERIC, CAST_IMPLICIT, int4_numeric},
    {TYPE_INT4, TYPE_BOOL, CAST_EXPLICIT, int4_bool},
    {TYPE_INT8, TYPE_INT2, CAST_ASSIGNMENT, int8_int2},
    {TYPE_INT8, TYPE_INT4, CAST_ASSIGNMENT, int8_int4},
    {TYPE_INT8, TYPE_FLOAT4, CAST_IMPLICIT, int8_float4},
    {TYPE_INT8, TYPE_FLOAT8, CAST_IMPLICIT, int8_float8},
    {TYPE_INT8, TYPE_NUMERIC, CAST_IMPLICIT, int8_numeric},
    {TYPE_FLOAT4, TYPE_INT2, CAST_ASSIGNMENT, float4_int2},
    {TYPE_FLOAT4, TYPE_INT4, CAST_ASSIGNMENT, float4_int4},
    {TYPE_FLOAT4, TYPE_INT8, CAST_ASSIGNMENT, float4_int8},
    {TYPE_FLOAT4, TYPE_FLOAT8, CAST_IMPLICIT, float4_float8},
    {TYPE_FLOAT4, TYPE_NUMERIC, CAST_ASSIGNMENT, float4_numeric},
    {TYPE_FLOAT8, TYPE_INT2, CAST_ASSIGNMENT, float8_int2},
    {TYPE_FLOAT8, TYPE_INT4, CAST_ASSIGNMENT, float8_int4},
    {TYPE_FLOAT8, TYPE_INT8, CAST_ASSIGNMENT, float8_int8},
    {TYPE_FLOAT8, TYPE_FLOAT4, CAST_ASSIGNMENT, float8_float4},
    {TYPE_FLOAT8, TYPE_NUMERIC, CAST_ASSIGNMENT, float8_numeric},
    {TYPE_NUMERIC, TYPE_INT2, CAST_ASSIGNMENT, numeric_int2},
    {TYPE_NUMERIC, TYPE_INT4, CAST_ASSIGNMENT, numeric_int4},
    {TYPE_NUMERIC, TYPE_INT8, CAST_ASSIGNMENT, numeric_int8},
    {TYPE_NUMERIC, TYPE_FLOAT4, CAST_IMPLICIT, numeric_float4},
    {TYPE_NUMERIC, TYPE_FLOAT8, CAST_IMPLICIT, numeric_float8},
    {TYPE_BOOL, TYPE_INT4, CAST_EXPLICIT, bool_int4},
    {TYPE_BOOL, TYPE_TEXT, CAST_ASSIGNMENT, bool_text},
    {0},
};
