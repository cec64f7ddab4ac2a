/* SPDX-License-Identifier: Apache-2.0 */
/* Running sums. Values of up to 38 digits are added in one 128-bit integer at a common scale;
 * what does not fit goes into signed limbs of base 10^9 that lie relative to the decimal point
 * and carry only now and then, so that adding allocates nothing but when the range of positions
 * grows. */
#include "engine/record/numeric.h"
#include "engine/record/numeric_big.h"
#include "engine/record/numeric_small.h"

#include <assert.h>

enum { ADDITIONS_MAX = 1 << 30, ROOM_LIMBS = 4 };

struct numeric_sum {
    struct arena *arena;
    __int128 quick; /* at quick_scale */
    int32_t quick_scale;
    int32_t scale; /* the largest scale seen */
    uint32_t nan, positive, negative;
    /* limb i stands for 10^(9 * (i - below)) */
    int64_t *limbs;
    uint32_t count, below, additions;
};

struct numeric_sum *numeric_sum_new(struct arena *arena) {
    struct numeric_sum *sum = arena_zalloc(arena, sizeof *sum);
    sum->arena = arena;
    return sum;
}

static void limbs_grow(struct numeric_sum *sum, uint32_t above, uint32_t below) {
    uint32_t had_above = sum->count - sum->below;
    if (above <= had_above && below <= sum->below) {
        return;
    }
    above = above > had_above ? above + ROOM_LIMBS : had_above;
    below = below > sum->below ? below + ROOM_LIMBS : sum->below;
    int64_t *limbs = arena_zalloc(sum->arena, (size_t)(above + below) * sizeof *limbs);
    if (sum->count) {
        memcpy(limbs + (below - sum->below), sum->limbs, sum->count * sizeof *limbs);
    }
    sum->limbs = limbs;
    sum->count = above + below;
    sum->below = below;
}

/* Brings every limb but the highest into 0 .. base - 1. */
static void limbs_carry(struct numeric_sum *sum) {
    int64_t carry = 0;
    limbs_grow(sum, sum->count - sum->below + 1, sum->below);
    for (uint32_t i = 0; i + 1 < sum->count; i++) {
        int64_t value = sum->limbs[i] + carry;
        carry = value / (int64_t)LIMB_BASE;
        int64_t rest = value % (int64_t)LIMB_BASE;
        if (rest < 0) {
            rest += LIMB_BASE;
            carry--;
        }
        sum->limbs[i] = rest;
    }
    sum->limbs[sum->count - 1] += carry;
    sum->additions = 0;
}

/* Adds a finite canonical text into the limbs. */
static void limbs_add(struct numeric_sum *sum, struct slice a) {
    const char *at = a.data, *end = at + a.len;
    int64_t sign = *at == '-' ? -1 : 1;
    at += *at == '-';
    const char *point = memchr(at, '.', (size_t)(end - at));
    size_t whole = (size_t)((point ? point : end) - at);
    size_t fraction = point ? (size_t)(end - point - 1) : 0;
    limbs_grow(sum, (uint32_t)(whole / LIMB_DIGITS + 1), (uint32_t)(fraction / LIMB_DIGITS + 1));
    if (++sum->additions == ADDITIONS_MAX) {
        limbs_carry(sum);
    }
    int64_t *limb = sum->limbs + sum->below;
    for (size_t left = whole; left; limb++) {
        size_t take = left < LIMB_DIGITS ? left : LIMB_DIGITS;
        int64_t value = 0;
        for (size_t i = left - take; i < left; i++) {
            value = value * 10 + (at[i] - '0');
        }
        *limb += sign * value;
        left -= take;
    }
    limb = sum->limbs + sum->below;
    for (size_t i = 0; i < fraction; limb--) {
        int64_t value = 0;
        for (int digit = 0; digit < LIMB_DIGITS; digit++, i++) {
            value = value * 10 + (i < fraction ? point[1 + i] - '0' : 0);
        }
        limb[-1] += sign * value;
    }
}

static struct slice quick_text(const struct numeric_sum *sum, struct arena *arena) {
    bool negative = sum->quick < 0;
    uint128 magnitude = negative ? 0 - (uint128)sum->quick : (uint128)sum->quick;
    struct small value = {.magnitude = magnitude, .negative = negative, .scale = sum->quick_scale};
    return small_write(value, arena);
}

static bool quick_add(struct numeric_sum *sum, struct slice a) {
    struct small value;
    if (!small_read(a, &value)) {
        return false;
    }
    __int128 total = sum->quick, more, power;
    if (value.scale > sum->quick_scale) {
        power = (__int128)small_power(value.scale - sum->quick_scale);
        if (__builtin_mul_overflow(total, power, &total)) {
            return false;
        }
    }
    more = value.negative ? -(__int128)value.magnitude : (__int128)value.magnitude;
    if (value.scale < sum->quick_scale) {
        int32_t raise = sum->quick_scale - value.scale;
        power = raise <= SMALL_DIGITS_MAX ? (__int128)small_power(raise) : 0;
        if (!power || __builtin_mul_overflow(more, power, &more)) {
            return false;
        }
    }
    if (__builtin_add_overflow(total, more, &total)) {
        return false;
    }
    sum->quick = total;
    sum->quick_scale = value.scale > sum->quick_scale ? value.scale : sum->quick_scale;
    return true;
}

void numeric_sum_add(struct numeric_sum *sum, struct slice a) {
    enum numeric_kind kind = numeric_kind(a);
    sum->nan += kind == NUMERIC_NAN && sum->nan < UINT32_MAX;
    sum->positive += kind == NUMERIC_INFINITY && sum->positive < UINT32_MAX;
    sum->negative += kind == NUMERIC_MINUS_INFINITY && sum->negative < UINT32_MAX;
    if (kind != NUMERIC_FINITE) {
        return;
    }
    if (!quick_add(sum, a)) {
        limbs_add(sum, a);
    }
    int32_t scale = numeric_scale(a);
    sum->scale = scale > sum->scale ? scale : sum->scale;
}

/* The limbs as a number; scale is a whole number of limbs. */
static struct big limbs_value(struct numeric_sum *sum, struct arena *arena) {
    struct big value = {.scale = (int32_t)sum->below * LIMB_DIGITS};
    limbs_carry(sum);
    value.negative = sum->limbs[sum->count - 1] < 0;
    value.limbs = arena_zalloc(arena, (sum->count + 1) * sizeof(uint32_t));
    int64_t borrow = 0;
    for (uint32_t i = 0; i < sum->count; i++) {
        int64_t limb = value.negative ? -sum->limbs[i] - borrow : sum->limbs[i];
        borrow = limb < 0;
        value.limbs[i] = (uint32_t)(limb + (borrow ? (int64_t)LIMB_BASE : 0));
    }
    value.count = sum->count;
    while (value.count && !value.limbs[value.count - 1]) {
        value.count--;
    }
    return value;
}

void numeric_sum_get(const struct numeric_sum *sum, struct arena *arena, struct slice *ret) {
    if (sum->nan || (sum->positive && sum->negative)) {
        *ret = SLICE_LITERAL("NaN");
        return;
    }
    if (sum->positive || sum->negative) {
        *ret = sum->positive ? SLICE_LITERAL("Infinity") : SLICE_LITERAL("-Infinity");
        return;
    }
    struct slice quick = quick_text(sum, arena);
    if (!sum->count) {
        *ret = quick;
        return;
    }
    struct numeric_sum copy = *sum;
    copy.arena = arena;
    copy.limbs = arena_alloc(arena, sum->count * sizeof *copy.limbs);
    memcpy(copy.limbs, sum->limbs, sum->count * sizeof *copy.limbs);
    struct big value = limbs_value(&copy, arena), rest = big_read(quick, arena);
    value = big_add(&value, &rest, arena);
    value = big_round(&value, sum->scale, true, arena);
    if (big_write(&value, arena, ret)) {
        *ret = value.negative ? SLICE_LITERAL("-Infinity") : SLICE_LITERAL("Infinity");
    }
}

void numeric_sum_merge(struct numeric_sum *sum, const struct numeric_sum *other) {
    struct slice text;
    sum->nan |= other->nan;
    sum->positive |= other->positive;
    sum->negative |= other->negative;
    struct numeric_sum finite = *other;
    finite.nan = finite.positive = finite.negative = 0;
    numeric_sum_get(&finite, sum->arena, &text);
    numeric_sum_add(sum, text);
    sum->scale = other->scale > sum->scale ? other->scale : sum->scale;
}
