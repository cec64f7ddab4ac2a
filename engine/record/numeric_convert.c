/* SPDX-License-Identifier: Apache-2.0 */
/* Decimals to and from integers and floats. To a float, the nearest one: directly where digits and
 * power of ten are both exact in a double, else by strtod, whose answer no more than the first 1,200
 * characters can change. From a float, 15 significant digits, as Postgres casts. Results in the arena. */
#include "engine/record/numeric.h"
#include "engine/record/numeric_big.h"
#include "engine/record/numeric_small.h"
#include "engine/record/scalar.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { FLOAT_INPUT_MAX = 1200 };

const char *numeric_to_int8(struct slice a, int64_t *ret) {
    struct small value;
    if (numeric_kind(a) != NUMERIC_FINITE) {
        return "0A000"; /* cannot convert NaN to bigint */
    }
    if (!small_read(a, &value)) {
        /* at most 19 digits are whole in an answer: the fraction beyond what fits decides only
         * by its first digit, because a half is rounded away from zero */
        const char *point = memchr(a.data, '.', a.len);
        size_t whole = point ? (size_t)(point - a.data) : 0;
        if (!point || whole > 20 || !small_read(slice_make(a.data, whole + 2), &value)) {
            return "22003";
        }
        value.negative = a.data[0] == '-';
    }
    if (!small_round(&value, 0, false) || value.magnitude > (uint128)1 << 63 ||
        (!value.negative && value.magnitude == (uint128)1 << 63)) {
        return "22003";
    }
    uint64_t magnitude = (uint64_t)value.magnitude;
    *ret = (int64_t)(value.negative ? 0 - magnitude : magnitude);
    return NULL;
}

double numeric_to_float8(struct slice a) {
    char text[FLOAT_INPUT_MAX + 1];
    switch (numeric_kind(a)) {
    case NUMERIC_NAN:
        return NAN;
    case NUMERIC_INFINITY:
        return INFINITY;
    case NUMERIC_MINUS_INFINITY:
        return -INFINITY;
    case NUMERIC_FINITE:
        break;
    }
    struct small value;
    if (small_read(a, &value) && value.scale <= 22 && value.magnitude <= (uint128)1 << 53) {
        double number = (double)(uint64_t)value.magnitude / (double)small_power(value.scale);
        return value.negative ? -number : number;
    }
    const char *point = memchr(a.data, '.', a.len);
    size_t whole = point ? (size_t)(point - a.data) : a.len;
    if (whole > 400) {
        return a.data[0] == '-' ? -INFINITY : INFINITY;
    }
    size_t len = a.len < FLOAT_INPUT_MAX ? a.len : FLOAT_INPUT_MAX;
    memcpy(text, a.data, len);
    text[len] = '\0';
    return strtod(text, NULL);
}

void numeric_from_int8(int64_t value, struct arena *arena, struct slice *ret) {
    char *text = arena_alloc(arena, INT_TEXT_MAX);
    *ret = slice_make(text, (size_t)(int_print(text, value) - text));
}

const char *numeric_from_float8(double value, struct arena *arena, struct slice *ret) {
    char text[FLOAT_TEXT_MAX];
    const char *code;
    if (isnan(value)) {
        *ret = SLICE_LITERAL("NaN");
        return NULL;
    }
    if (isinf(value)) {
        *ret = value > 0 ? SLICE_LITERAL("Infinity") : SLICE_LITERAL("-Infinity");
        return NULL;
    }
    snprintf(text, sizeof text, "%.*g", DBL_DIG, value);
    struct slice digits = arena_copy(arena, slice_of(text));
    return numeric_parse(digits, arena, ret, &code) ? NULL : code;
}
