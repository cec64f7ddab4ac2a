/* SPDX-License-Identifier: Apache-2.0 */
/* = <> < <= > >= of every type that has an order. There is one loop for each operator and machine
 * type; what lies alike in a column shares it (date and int4, time, timestamps and int8). NaN is
 * equal to itself and above all other floats.
 *
 * Text is compared by bytes, as under COLLATE "C", whatever locale a database would have: results
 * then do not depend on the machine, and for UTF-8 the order is that of code points. */
#include "engine/record/json.h"
#include "engine/record/numeric.h"
#include "engine/sql/functions/kernel.h"

/* One function: `test` is an expression over left and right. */
#define COMPARE_FUNCTION(name, c_type, test) COMPARE_MIXED(name, c_type, c_type, c_type, test)

/* The same over two machine types, both of which c_type holds. */
#define COMPARE_MIXED(name, left_type, right_type, c_type, test) \
    static void name(struct call *call, struct column *ret) { \
        const left_type *lefts = call->arguments[0].values; \
        const right_type *rights = call->arguments[1].values; \
        uint32_t left_mask = column_mask(&call->arguments[0]); \
        uint32_t right_mask = column_mask(&call->arguments[1]); \
        uint8_t *out = ret->values; \
        EACH_ROW(call, row) { \
            c_type left = lefts[row & left_mask]; \
            c_type right = rights[row & right_mask]; \
            out[row] = (test); \
        } \
    }

/* The six of a type whose order C knows. */
#define COMPARE_SCALARS(name, c_type) \
    COMPARE_FUNCTION(name##_equal, c_type, left == right) \
    COMPARE_FUNCTION(name##_unequal, c_type, left != right) \
    COMPARE_FUNCTION(name##_less, c_type, left < right) \
    COMPARE_FUNCTION(name##_less_equal, c_type, left <= right) \
    COMPARE_FUNCTION(name##_greater, c_type, left > right) \
    COMPARE_FUNCTION(name##_greater_equal, c_type, left >= right)

/* The six of a type with a comparing function. */
#define COMPARE_BY(name, c_type, equal, compare) \
    COMPARE_FUNCTION(name##_equal, c_type, equal) \
    COMPARE_FUNCTION(name##_unequal, c_type, !(equal)) \
    COMPARE_FUNCTION(name##_less, c_type, (compare) < 0) \
    COMPARE_FUNCTION(name##_less_equal, c_type, (compare) <= 0) \
    COMPARE_FUNCTION(name##_greater, c_type, (compare) > 0) \
    COMPARE_FUNCTION(name##_greater_equal, c_type, (compare) >= 0)

/* NaN makes every C comparison false, so that adding the cases of NaN is enough. */
#define COMPARE_FLOATS(name, left_type, right_type, c_type) \
    COMPARE_MIXED(name##_equal, left_type, right_type, c_type, left == right || (left != left && right != right)) \
    COMPARE_MIXED(name##_unequal, left_type, right_type, c_type, !(left == right || (left != left && right != right))) \
    COMPARE_MIXED(name##_less, left_type, right_type, c_type, left < right || (left == left && right != right)) \
    COMPARE_MIXED(name##_less_equal, left_type, right_type, c_type, left <= right || right != right) \
    COMPARE_MIXED(name##_greater, left_type, right_type, c_type, left > right || (left != left && right == right)) \
    COMPARE_MIXED(name##_greater_equal, left_type, right_type, c_type, left >= right || left != left)

COMPARE_SCALARS(bool, uint8_t)
COMPARE_SCALARS(int2, int16_t)
COMPARE_SCALARS(int4, int32_t)
COMPARE_SCALARS(int8, int64_t)
COMPARE_FLOATS(float4, float, float, float)
COMPARE_FLOATS(float8, double, double, double)
COMPARE_FLOATS(float48, float, double, double)
COMPARE_FLOATS(float84, double, float, double)
COMPARE_BY(bytes, struct slice, slice_equal(left, right), slice_compare(left, right))
COMPARE_BY(numeric, struct slice, slice_equal(left, right) || numeric_compare(left, right) == 0,
           numeric_compare(left, right))
COMPARE_BY(uuid, struct uuid, memcmp(&left, &right, sizeof(left)) == 0,
           memcmp(&left, &right, sizeof(left)))
COMPARE_BY(interval, struct interval, interval_compare(left, right) == 0,
           interval_compare(left, right))
COMPARE_BY(jsonb, struct slice,
           slice_equal(left, right) || jsonb_compare(left, right, call->arena) == 0,
           jsonb_compare(left, right, call->arena))
/* How an array lies in a column. */
struct array_place {
    const struct array *array;
};
COMPARE_BY(array, struct array_place,
           value_compare(call->arguments[0].type, &left, &right, call->arena) == 0,
           value_compare(call->arguments[0].type, &left, &right, call->arena))

/* starts_with(text, text) and its operator. */
COMPARE_FUNCTION(starts_with, struct slice, slice_starts_with(left, right))

#define ENTRIES(type, name, ...) \
    ENTRY2("=", type, type, BOOL, name##_equal, __VA_ARGS__), \
        ENTRY2("<>", type, type, BOOL, name##_unequal, __VA_ARGS__), \
        ENTRY2("<", type, type, BOOL, name##_less, __VA_ARGS__), \
        ENTRY2("<=", type, type, BOOL, name##_less_equal, __VA_ARGS__), \
        ENTRY2(">", type, type, BOOL, name##_greater, __VA_ARGS__), \
        ENTRY2(">=", type, type, BOOL, name##_greater_equal, __VA_ARGS__)

#define MIXED_ENTRIES(left, right, name) \
    ENTRY2("=", left, right, BOOL, name##_equal), \
        ENTRY2("<>", left, right, BOOL, name##_unequal), \
        ENTRY2("<", left, right, BOOL, name##_less), \
        ENTRY2("<=", left, right, BOOL, name##_less_equal), \
        ENTRY2(">", left, right, BOOL, name##_greater), \
        ENTRY2(">=", left, right, BOOL, name##_greater_equal)

#define ARRAY_ENTRIES(type) ENTRIES(type, array, .array_arguments = 3)

const struct function functions_compare[] = {
    ENTRIES(BOOL, bool),
    ENTRIES(INT2, int2),
    ENTRIES(INT4, int4),
    ENTRIES(INT8, int8),
    ENTRIES(FLOAT4, float4),
    ENTRIES(FLOAT8, float8),
    MIXED_ENTRIES(FLOAT4, FLOAT8, float48),
    MIXED_ENTRIES(FLOAT8, FLOAT4, float84),
    ENTRIES(NUMERIC, numeric),
    ENTRIES(TEXT, bytes),
    ENTRIES(BYTEA, bytes),
    ENTRIES(UUID, uuid),
    ENTRIES(DATE, int4),
    ENTRIES(TIME, int8),
    ENTRIES(TIMESTAMP, int8),
    ENTRIES(TIMESTAMPTZ, int8),
    ENTRIES(INTERVAL, interval),
    ENTRIES(JSONB, jsonb),
    ARRAY_ENTRIES(BOOL),
    ARRAY_ENTRIES(INT2),
    ARRAY_ENTRIES(INT4),
    ARRAY_ENTRIES(INT8),
    ARRAY_ENTRIES(FLOAT4),
    ARRAY_ENTRIES(FLOAT8),
    ARRAY_ENTRIES(NUMERIC),
    ARRAY_ENTRIES(TEXT),
    ARRAY_ENTRIES(BYTEA),
    ARRAY_ENTRIES(UUID),
    ARRAY_ENTRIES(DATE),
    ARRAY_ENTRIES(TIME),
    ARRAY_ENTRIES(TIMESTAMP),
    ARRAY_ENTRIES(TIMESTAMPTZ),
    ARRAY_ENTRIES(INTERVAL),
    ARRAY_ENTRIES(JSONB),
    ENTRY2("starts_with", TEXT, TEXT, BOOL, starts_with),
    ENTRY2("^@", TEXT, TEXT, BOOL, starts_with),
    {0},
};
