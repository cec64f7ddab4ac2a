/* SPDX-License-Identifier: Apache-2.0 */
/* Long division (Knuth, volume 2, algorithm D) and the square root (Newton, from above) of big
 * decimals. Unless told to truncate, both find one digit more than wanted and round by it, so that a
 * half is seen exactly. Divisors are never zero here: the caller has answered that. Limbs live in the
 * arena. */
#include "engine/record/numeric_big.h"

#include <assert.h>
#include <math.h>

/* limbs * factor into out, which has one limb more */
static void scale_up(const struct big *a, uint32_t factor, uint32_t *out) {
    uint64_t carry = 0;
    for (uint32_t i = 0; i < a->count; i++) {
        carry += (uint64_t)a->limbs[i] * factor;
        out[i] = (uint32_t)(carry % LIMB_BASE);
        carry /= LIMB_BASE;
    }
    out[a->count] = (uint32_t)carry;
}

/* Estimates one digit of the quotient; at most one too large. */
static uint64_t estimate(const uint32_t *u, const uint32_t *v, uint32_t n) {
    uint64_t top = (uint64_t)u[n] * LIMB_BASE + u[n - 1];
    uint64_t q = top / v[n - 1], rest = top % v[n - 1];
    while (q >= LIMB_BASE || q * v[n - 2] > rest * LIMB_BASE + u[n - 2]) {
        q--;
        rest += v[n - 1];
        if (rest >= LIMB_BASE) {
            break;
        }
    }
    return q;
}

/* u -= q * v; true when the result went below zero. */
static bool multiply_subtract(uint32_t *u, const uint32_t *v, uint32_t n, uint64_t q) {
    uint64_t carry = 0;
    uint32_t borrow = 0;
    for (uint32_t i = 0; i < n; i++) {
        carry += q * v[i];
        uint32_t less = (uint32_t)(carry % LIMB_BASE) + borrow;
        carry /= LIMB_BASE;
        borrow = u[i] < less;
        u[i] = u[i] + (borrow ? LIMB_BASE : 0) - less;
    }
    uint64_t less = carry + borrow;
    bool below = u[n] < less;
    u[n] = (uint32_t)(u[n] + (below ? LIMB_BASE : 0) - less);
    return below;
}

static void add_back(uint32_t *u, const uint32_t *v, uint32_t n) {
    uint32_t carry = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t sum = u[i] + v[i] + carry;
        carry = sum >= LIMB_BASE;
        u[i] = carry ? sum - LIMB_BASE : sum;
    }
    u[n] = (u[n] + carry) % LIMB_BASE;
}

/* Magnitudes as integers: quotient, truncated. */
static struct big quotient(const struct big *a, const struct big *b, struct arena *arena) {
    assert(b->count);
    if (b->count == 1) {
        return big_divide_small(a, b->limbs[0], arena);
    }
    struct big q = {0};
    if (a->count < b->count) {
        return q;
    }
    uint32_t n = b->count, m = a->count - n;
    uint32_t factor = LIMB_BASE / (b->limbs[n - 1] + 1);
    uint32_t *u = arena_alloc(arena, (a->count + 1) * sizeof *u);
    uint32_t *v = arena_alloc(arena, (n + 1) * sizeof *v);
    scale_up(a, factor, u);
    scale_up(b, factor, v);
    q.limbs = arena_zalloc(arena, (m + 2) * sizeof(uint32_t));
    for (uint32_t j = m + 1; j-- > 0;) {
        uint64_t digit = estimate(u + j, v, n);
        if (multiply_subtract(u + j, v, n, digit)) {
            add_back(u + j, v, n);
            digit--;
        }
        q.limbs[j] = (uint32_t)digit;
    }
    q.count = m + 1;
    while (q.count && !q.limbs[q.count - 1]) {
        q.count--;
    }
    return q;
}

/* One digit more than wanted decides how to round: truncation keeps every half exact. */
struct big big_divide(const struct big *a, const struct big *b, int32_t scale, bool truncate,
                      struct arena *arena) {
    int32_t wanted = scale + !truncate;
    int32_t raise = wanted + b->scale - a->scale;
    struct big top = *a, bottom = *b;
    if (raise >= 0) {
        top = big_rescale(a, a->scale + raise, arena);
    } else {
        bottom = big_rescale(b, b->scale - raise, arena);
    }
    struct big q = top.count ? quotient(&top, &bottom, arena) : (struct big){0};
    q.negative = q.count && a->negative != b->negative;
    q.scale = wanted;
    return truncate ? q : big_round(&q, scale, false, arena);
}

/* A start above the root: 10^ceil(digits / 2), sharpened by the first limbs. */
static struct big root_start(const struct big *n, struct arena *arena) {
    uint32_t take = n->count < 2 ? n->count : 2;
    double top = 0;
    for (uint32_t i = 0; i < take; i++) {
        top = top * LIMB_BASE + n->limbs[n->count - 1 - i];
    }
    int64_t below = (int64_t)(n->count - take) * LIMB_DIGITS;
    if (below % 2) {
        top *= 10;
        below--;
    }
    struct big start = big_from_int((int64_t)ceil(sqrt(top) * (1 + 1e-9)) + 1, arena);
    start = big_rescale(&start, (int32_t)(below / 2), arena);
    start.scale = 0;
    return start;
}

struct big big_square_root(const struct big *a, int32_t scale, struct arena *arena) {
    int32_t wanted = scale + 1;
    struct big n = big_rescale(a, a->scale > 2 * wanted ? a->scale : 2 * wanted, arena);
    n = big_round(&n, 2 * wanted, true, arena);
    n.scale = 0;
    if (!n.count) {
        return (struct big){.scale = scale};
    }
    struct big root = root_start(&n, arena);
    for (;;) { /* Newton from above falls until it has reached the floor of the root */
        struct big q = quotient(&n, &root, arena);
        struct big next = big_add(&root, &q, arena);
        next = big_divide_small(&next, 2, arena);
        if (big_compare_magnitude(&next, &root) >= 0) {
            break;
        }
        root = next;
    }
    root.scale = wanted;
    return big_round(&root, scale, false, arena);
}
