/* SPDX-License-Identifier: Apache-2.0 */
/* Decimal numbers of any size: magnitude in limbs of base 10^9, least first, and a decimal
 * scale. Private to the numeric files. Functions return new numbers in the arena and leave their
 * operands alone. */
#ifndef LEAT_RECORD_NUMERIC_BIG_H
#define LEAT_RECORD_NUMERIC_BIG_H

#include "engine/base/arena.h"
#include "engine/base/slice.h"

enum {
    LIMB_DIGITS = 9,
    NUMERIC_SCALE_MAX = 16383,
    NUMERIC_WHOLE_MAX = 131072,
    NUMERIC_DISPLAY_MAX = 1000
};
#define LIMB_BASE 1000000000u

/* value = (-1)^negative * limbs * 10^-scale; no leading zero limbs; zero has count 0. scale may
 * be negative. */
struct big {
    bool negative;
    uint32_t count;
    int32_t scale;
    uint32_t *limbs;
};

enum numeric_kind { NUMERIC_FINITE, NUMERIC_NAN, NUMERIC_INFINITY, NUMERIC_MINUS_INFINITY };

static inline enum numeric_kind numeric_kind(struct slice a) {
    char last = a.data[a.len - 1];
    if (last >= '0' && last <= '9') {
        return NUMERIC_FINITE;
    }
    return last == 'N' ? NUMERIC_NAN : a.data[0] == '-' ? NUMERIC_MINUS_INFINITY : NUMERIC_INFINITY;
}

struct big big_read(struct slice canonical, struct arena *arena);
/* Canonical text; scale must not be negative. "22003" when the number is too long for numeric. */
const char *big_write(const struct big *a, struct arena *arena, struct slice *ret);
struct big big_from_int(int64_t value, struct arena *arena);

int big_compare_magnitude(const struct big *a, const struct big *b); /* scales ignored */
/* The same value with a larger scale. */
struct big big_rescale(const struct big *a, int32_t scale, struct arena *arena);
/* Rounds half away from zero (or truncates) to the scale; extends with zeros when it is larger. */
struct big big_round(const struct big *a, int32_t scale, bool truncate, struct arena *arena);
struct big big_add(const struct big *a, const struct big *b, struct arena *arena);
struct big big_subtract(const struct big *a, const struct big *b, struct arena *arena);
struct big big_multiply(const struct big *a, const struct big *b, struct arena *arena);
/* a / b at the scale, truncated or rounded half away from zero. b is not zero. */
struct big big_divide(const struct big *a, const struct big *b, int32_t scale, bool truncate,
                      struct arena *arena);
struct big big_divide_small(const struct big *a, uint32_t divisor,
                            struct arena *arena); /* truncates */
struct big big_square_root(const struct big *a, int32_t scale, struct arena *arena);
/* Number of decimal digits of the magnitude; 0 for zero. */
int64_t big_digits(const struct big *a);

#endif
