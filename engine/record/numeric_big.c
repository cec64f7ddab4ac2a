/* SPDX-License-Identifier: Apache-2.0 */
/* Reading, writing, adding, multiplying and rescaling of big decimals. Schoolbook algorithms:
 * operands beyond some hundred digits are rare, and numeric ends at 147455 digits. */
#include "engine/record/numeric_big.h"

#include <assert.h>

static const uint32_t powers[LIMB_DIGITS + 1] = {1,      10,      100,      1000,      10000,
                                                 100000, 1000000, 10000000, 100000000, 1000000000};

static struct big big_new(uint32_t limbs, struct arena *arena) {
    return (struct big){.count = limbs,
                        .limbs = arena_zalloc(arena, (limbs + 1) * sizeof(uint32_t))};
}

static void big_trim(struct big *a) {
    while (a->count && !a->limbs[a->count - 1]) {
        a->count--;
    }
    a->negative = a->negative && a->count;
}

struct big big_read(struct slice canonical, struct arena *arena) {
    const char *at = canonical.data, *end = at + canonical.len;
    bool negative = *at == '-';
    at += negative;
    const char *point = memchr(at, '.', (size_t)(end - at));
    struct big a = big_new((uint32_t)(end - at) / LIMB_DIGITS + 1, arena);
    uint32_t limb = 0, filled = 0;
    for (const char *c = end; c-- > at;) {
        if (*c == '.') {
            continue;
        }
        a.limbs[limb] += (uint32_t)(*c - '0') * powers[filled++];
        if (filled == LIMB_DIGITS) {
            filled = 0;
            limb++;
        }
    }
    a.negative = negative;
    a.scale = point ? (int32_t)(end - point - 1) : 0;
    big_trim(&a);
    return a;
}

struct big big_from_int(int64_t value, struct arena *arena) {
    struct big a = big_new(3, arena);
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    for (int i = 0; i < 3; i++, magnitude /= LIMB_BASE) {
        a.limbs[i] = (uint32_t)(magnitude % LIMB_BASE);
    }
    a.negative = value < 0;
    big_trim(&a);
    return a;
}

int64_t big_digits(const struct big *a) {
    if (!a->count) {
        return 0;
    }
    int digits = 1;
    while (digits < LIMB_DIGITS && a->limbs[a->count - 1] >= powers[digits]) {
        digits++;
    }
    return (int64_t)(a->count - 1) * LIMB_DIGITS + digits;
}

const char *big_write(const struct big *a, struct arena *arena, struct slice *ret) {
    assert(a->scale >= 0);
    int64_t digits = big_digits(a), total = digits > a->scale ? digits : (int64_t)a->scale + 1;
    if (total - a->scale > NUMERIC_WHOLE_MAX || a->scale > NUMERIC_SCALE_MAX) {
        return "22003";
    }
    char *text = arena_alloc(arena, (size_t)total + 2);
    char *end = text + total + (a->scale > 0) + a->negative, *at = end;
    uint32_t limb = 0, rest = a->count ? a->limbs[0] : 0, used = 0;
    for (int64_t i = 0; i < total; i++) {
        if (i == a->scale && i) {
            *--at = '.';
        }
        *--at = (char)('0' + rest % 10);
        rest /= 10;
        if (++used == LIMB_DIGITS) {
            used = 0;
            rest = ++limb < a->count ? a->limbs[limb] : 0;
        }
    }
    if (a->negative) {
        *--at = '-';
    }
    assert(at == text);
    *ret = slice_make(text, (size_t)(end - text));
    return NULL;
}

int big_compare_magnitude(const struct big *a, const struct big *b) {
    if (a->count != b->count) {
        return a->count < b->count ? -1 : 1;
    }
    for (uint32_t i = a->count; i-- > 0;) {
        if (a->limbs[i] != b->limbs[i]) {
            return a->limbs[i] < b->limbs[i] ? -1 : 1;
        }
    }
    return 0;
}

struct big big_rescale(const struct big *a, int32_t scale, struct arena *arena) {
    assert(scale >= a->scale);
    uint32_t more = (uint32_t)(scale - a->scale), shift = more / LIMB_DIGITS;
    if (!more || !a->count) {
        struct big same = *a;
        same.scale = scale;
        return same;
    }
    struct big r = big_new(a->count + shift + 1, arena);
    uint64_t factor = powers[more % LIMB_DIGITS], carry = 0;
    for (uint32_t i = 0; i < a->count; i++) {
        carry += a->limbs[i] * factor;
        r.limbs[shift + i] = (uint32_t)(carry % LIMB_BASE);
        carry /= LIMB_BASE;
    }
    r.limbs[shift + a->count] = (uint32_t)carry;
    r.negative = a->negative;
    r.scale = scale;
    big_trim(&r);
    return r;
}

struct big big_divide_small(const struct big *a, uint32_t divisor, struct arena *arena) {
    struct big r = big_new(a->count, arena);
    uint64_t rest = 0;
    for (uint32_t i = a->count; i-- > 0;) {
        rest = rest * LIMB_BASE + a->limbs[i];
        r.limbs[i] = (uint32_t)(rest / divisor);
        rest %= divisor;
    }
    r.negative = a->negative;
    r.scale = a->scale;
    big_trim(&r);
    return r;
}

static void increment(struct big *a) {
    uint32_t i = 0;
    while (a->limbs[i] == LIMB_BASE - 1) {
        a->limbs[i++] = 0;
    }
    a->limbs[i]++;
    a->count = i >= a->count ? i + 1 : a->count;
}

/* The digit in front of position `drop`, counted from the least. */
static uint32_t digit_at(const struct big *a, uint32_t position) {
    uint32_t limb = position / LIMB_DIGITS;
    return limb < a->count ? a->limbs[limb] / powers[position % LIMB_DIGITS] % 10 : 0;
}

struct big big_round(const struct big *a, int32_t scale, bool truncate, struct arena *arena) {
    if (scale >= a->scale) {
        return big_rescale(a, scale, arena);
    }
    uint32_t drop = (uint32_t)(a->scale - scale), shift = drop / LIMB_DIGITS;
    bool up = !truncate && digit_at(a, drop - 1) >= 5;
    struct big whole = {.scale = scale, .negative = a->negative};
    if (shift < a->count) {
        whole.count = a->count - shift;
        whole.limbs = a->limbs + shift;
    }
    struct big r = big_divide_small(&whole, powers[drop % LIMB_DIGITS], arena);
    if (up) {
        r.negative = a->negative;
        increment(&r);
    }
    return r;
}

static struct big add_magnitudes(const struct big *a, const struct big *b, struct arena *arena) {
    uint32_t count = a->count > b->count ? a->count : b->count, carry = 0;
    struct big r = big_new(count + 1, arena);
    for (uint32_t i = 0; i <= count; i++) {
        uint32_t sum = carry + (i < a->count ? a->limbs[i] : 0) + (i < b->count ? b->limbs[i] : 0);
        carry = sum >= LIMB_BASE;
        r.limbs[i] = carry ? sum - LIMB_BASE : sum;
    }
    return r;
}

/* a is at least b */
static struct big subtract_magnitudes(const struct big *a, const struct big *b,
                                      struct arena *arena) {
    struct big r = big_new(a->count, arena);
    uint32_t borrow = 0;
    for (uint32_t i = 0; i < a->count; i++) {
        uint32_t less = borrow + (i < b->count ? b->limbs[i] : 0);
        borrow = a->limbs[i] < less;
        r.limbs[i] = a->limbs[i] + (borrow ? LIMB_BASE : 0) - less;
    }
    return r;
}

struct big big_add(const struct big *a, const struct big *b, struct arena *arena) {
    int32_t scale = a->scale > b->scale ? a->scale : b->scale;
    struct big left = big_rescale(a, scale, arena), right = big_rescale(b, scale, arena), r;
    bool negative = left.negative;
    if (left.negative == right.negative) {
        r = add_magnitudes(&left, &right, arena);
    } else if (big_compare_magnitude(&left, &right) >= 0) {
        r = subtract_magnitudes(&left, &right, arena);
    } else {
        r = subtract_magnitudes(&right, &left, arena);
        negative = right.negative;
    }
    r.negative = negative;
    r.scale = scale;
    big_trim(&r);
    return r;
}

struct big big_subtract(const struct big *a, const struct big *b, struct arena *arena) {
    struct big negated = *b;
    negated.negative = b->count && !b->negative;
    return big_add(a, &negated, arena);
}

struct big big_multiply(const struct big *a, const struct big *b, struct arena *arena) {
    struct big r = big_new(a->count + b->count, arena);
    for (uint32_t i = 0; i < a->count; i++) {
        uint64_t carry = 0, factor = a->limbs[i];
        for (uint32_t j = 0; j < b->count; j++) {
            carry += r.limbs[i + j] + factor * b->limbs[j];
            r.limbs[i + j] = (uint32_t)(carry % LIMB_BASE);
            carry /= LIMB_BASE;
        }
        r.limbs[i + b->count] = (uint32_t)carry;
    }
    r.negative = a->negative != b->negative;
    r.scale = a->scale + b->scale;
    big_trim(&r);
    return r;
}
