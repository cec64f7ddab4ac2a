/* SPDX-License-Identifier: Apache-2.0 */
/* Decimal arithmetic with Postgres's semantics (result scales, rounding half away from zero, limits: 131072
 * digits before and 16383 after the point, NaN and infinities). Operands and results are canonical text (type.h).
 * Values of up to 38 digits are computed in 128-bit integers, larger ones in base 10^9. Functions return a static
 * SQLSTATE ("22003" out of range, "22012" division by zero, "2201F" ...) or NULL. */
#ifndef LEAT_RECORD_NUMERIC_H
#define LEAT_RECORD_NUMERIC_H

#include "engine/base/arena.h"
#include "engine/base/slice.h"

#include <stdbool.h>
#include <stdint.h>

/* Any input spelling Postgres accepts ("1e3", " +.5 ", "nan", "inf") to canonical text; false = 22P02, or 22003
 * through *ret_code. Canonical input is returned as it is, without a copy. */
bool numeric_parse(struct slice text, struct arena *arena, struct slice *ret, const char **ret_code);
/* numeric(precision,scale): rounds to scale; "22003" when it does not fit. */
const char *numeric_fit(struct slice a, int precision, int scale, struct arena *arena, struct slice *ret);

const char *numeric_add(struct slice a, struct slice b, struct arena *arena, struct slice *ret);
const char *numeric_subtract(struct slice a, struct slice b, struct arena *arena, struct slice *ret);
const char *numeric_multiply(struct slice a, struct slice b, struct arena *arena, struct slice *ret);
const char *numeric_divide(struct slice a, struct slice b, struct arena *arena, struct slice *ret);
const char *numeric_modulo(struct slice a, struct slice b, struct arena *arena, struct slice *ret);
const char *numeric_power(struct slice a, struct slice b, struct arena *arena, struct slice *ret);
const char *numeric_sqrt(struct slice a, struct arena *arena, struct slice *ret);
const char *numeric_exp(struct slice a, struct arena *arena, struct slice *ret);
const char *numeric_ln(struct slice a, struct arena *arena, struct slice *ret);
const char *numeric_round(struct slice a, int scale, struct arena *arena, struct slice *ret);
const char *numeric_truncate(struct slice a, int scale, struct arena *arena, struct slice *ret);
const char *numeric_floor(struct slice a, struct arena *arena, struct slice *ret);
const char *numeric_ceil(struct slice a, struct arena *arena, struct slice *ret);
void numeric_negate(struct slice a, struct arena *arena, struct slice *ret);
void numeric_absolute(struct slice a, struct arena *arena, struct slice *ret);
int numeric_sign(struct slice a); /* -1, 0, 1; NaN = 1 */
int numeric_scale(struct slice a); /* digits after the point */
int numeric_compare(struct slice a, struct slice b);

/* Rounds half away from zero; "22003"; "0A000" for NaN and the infinities. */
const char *numeric_to_int8(struct slice a, int64_t *ret);
double numeric_to_float8(struct slice a);
void numeric_from_int8(int64_t value, struct arena *arena, struct slice *ret);
const char *numeric_from_float8(double value, struct arena *arena, struct slice *ret); /* 15 digits, as Postgres */

/* A running sum for aggregates and folds: exact, grows as needed, lives in the arena. */
struct numeric_sum;
struct numeric_sum *numeric_sum_new(struct arena *arena);
void numeric_sum_add(struct numeric_sum *sum, struct slice a);
void numeric_sum_merge(struct numeric_sum *sum, const struct numeric_sum *other);
void numeric_sum_get(const struct numeric_sum *sum, struct arena *arena, struct slice *ret);

#endif
