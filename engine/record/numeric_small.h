/* SPDX-License-Identifier: Apache-2.0 */
/* Decimals whose digits fit in 128 bits: what data nearly always holds. Reading refuses what is
 * larger, and then the caller takes the big way. */
#ifndef LEAT_RECORD_NUMERIC_SMALL_H
#define LEAT_RECORD_NUMERIC_SMALL_H

#include "engine/base/arena.h"
#include "engine/base/slice.h"

typedef unsigned __int128 uint128;

enum { SMALL_DIGITS_MAX = 38, SMALL_TEXT_MAX = 48 };

struct small {
    uint128 magnitude;
    int32_t scale;
    bool negative;
};

/* False: too long, or no finite number. */
bool small_read(struct slice canonical, struct small *ret);
/* scale from 0 to NUMERIC_SCALE_MAX. */
struct slice small_write(struct small a, struct arena *arena);
/* 10^power for 0 <= power <= 38 */
uint128 small_power(int32_t power);
/* Raises the scale; false when the digits would not fit. */
bool small_rescale(struct small *a, int32_t scale);
/* Lowers the scale, rounding half away from zero, or raises it. */
bool small_round(struct small *a, int32_t scale, bool truncate);

#endif
