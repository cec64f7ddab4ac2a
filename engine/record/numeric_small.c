/* SPDX-License-Identifier: Apache-2.0 */
/* Reading, writing and rescaling of decimals in 128 bits. Digits are gathered in two halves of 19,
 * each in 64 bits, because arithmetic on 128 costs several times as much and most numbers have one
 * half only. Whatever would not fit is refused, never cut; only small_round loses digits. Pure. */
#include "engine/record/numeric_small.h"

enum { HALF_DIGITS = 19 };

#define HALF_POWER UINT64_C(10000000000000000000)

uint128 small_power(int32_t power) {
    static const uint64_t powers[HALF_DIGITS + 1] = {1u,
                                                     10u,
                                                     100u,
                                                     1000u,
                                                     10000u,
                                                     100000u,
                                                     1000000u,
                                                     10000000u,
                                                     100000000u,
                                                     1000000000u,
                                                     10000000000u,
                                                     100000000000u,
                                                     1000000000000u,
                                                     10000000000000u,
                                                     100000000000000u,
                                                     1000000000000000u,
                                                     10000000000000000u,
                                                     100000000000000000u,
                                                     1000000000000000000u,
                                                     10000000000000000000u};
    return power <= HALF_DIGITS ? powers[power] : (uint128)powers[power - HALF_DIGITS] * HALF_POWER;
}

bool small_read(struct slice canonical, struct small *ret) {
    const char *at = canonical.data, *end = at + canonical.len;
    bool negative = *at == '-';
    at += negative;
    if (end - at > SMALL_DIGITS_MAX) {
        return false;
    }
    uint64_t parts[2] = {0, 0};
    int digits = 0, scale = 0;
    bool point = false;
    for (; at < end; at++) {
        unsigned digit = (unsigned)(*at - '0');
        if (digit > 9) {
            if (*at != '.') {
                return false;
            }
            point = true;
            continue;
        }
        uint64_t *part = &parts[digits++ >= HALF_DIGITS];
        *part = *part * 10 + digit;
        scale += point;
    }
    ret->magnitude =
        digits <= HALF_DIGITS
            ? parts[0]
            : (uint128)parts[0] * (uint64_t)small_power(digits - HALF_DIGITS) + parts[1];
    ret->negative = negative && ret->magnitude;
    ret->scale = scale;
    return true;
}

struct slice small_write(struct small a, struct arena *arena) {
    char digits[SMALL_TEXT_MAX];
    char *end = digits + sizeof digits, *at = end;
    uint128 rest = a.magnitude;
    while (rest >> 64) {
        uint64_t low = (uint64_t)(rest % HALF_POWER);
        rest /= HALF_POWER;
        for (int i = 0; i < HALF_DIGITS; i++, low /= 10) {
            *--at = (char)('0' + low % 10);
        }
    }
    for (uint64_t low = (uint64_t)rest; low; low /= 10) {
        *--at = (char)('0' + low % 10);
    }
    size_t count = (size_t)(end - at), scale = (size_t)a.scale;
    size_t whole = count > scale ? count - scale : 1;
    size_t zeros = count > scale ? 0 : scale - count;
    bool minus = a.negative && a.magnitude;
    char *text = arena_alloc(arena, whole + scale + 2), *out = text;
    if (minus) {
        *out++ = '-';
    }
    if (count > scale) {
        memcpy(out, at, whole);
        at += whole;
    } else {
        *out = '0';
    }
    out += whole;
    if (scale) {
        *out++ = '.';
        memset(out, '0', zeros);
        memcpy(out + zeros, at, (size_t)(end - at));
        out += scale;
    }
    return slice_make(text, (size_t)(out - text));
}

bool small_rescale(struct small *a, int32_t scale) {
    int32_t more = scale - a->scale;
    if (more > SMALL_DIGITS_MAX) {
        return false;
    }
    uint128 magnitude;
    if (more && __builtin_mul_overflow(a->magnitude, small_power(more), &magnitude)) {
        return false;
    }
    a->magnitude = more ? magnitude : a->magnitude;
    a->scale = scale;
    return true;
}

bool small_round(struct small *a, int32_t scale, bool truncate) {
    int32_t drop = a->scale - scale;
    if (drop <= 0) {
        return small_rescale(a, scale);
    }
    if (drop > SMALL_DIGITS_MAX) {
        a->magnitude = 0;
    } else {
        uint128 power = small_power(drop), rest = a->magnitude % power;
        a->magnitude /= power;
        a->magnitude += !truncate && rest >= power - rest;
    }
    a->scale = scale;
    a->negative = a->negative && a->magnitude;
    return true;
}
