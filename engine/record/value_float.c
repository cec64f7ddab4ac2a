/* SPDX-License-Identifier: Apache-2.0 */
/* Integers and floats to text. Floats print the shortest digits that read back as the same value,
 * the closest of those, and in Postgres's layout: plain for exponents from -4 to 14 (5 for real),
 * otherwise d.ddde+XX.
 *
 * Most floats in data are short decimals; these are found by trying m / 10^k with m below 10^15,
 * which is exact, so that the first k that gives the value back gives the shortest text. The
 * others go through the C library with 16 and 17 digits. A decimal that lies exactly on the
 * border between two floats is not taken although it would read back (round to even): Postgres's
 * printer leaves borders out. */
#include "engine/record/numeric_small.h"
#include "engine/record/scalar.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { DIGITS_EXACT = 15, DIGITS_MAX = 17, POWERS = 20 };

static const double powers_of_ten[POWERS] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,
                                             1e7,  1e8,  1e9,  1e10, 1e11, 1e12, 1e13,
                                             1e14, 1e15, 1e16, 1e17, 1e18, 1e19};

static const char pairs[] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
    "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
    "8081828384858687888990919293949596979899";

char *digits_print(char *out, uint64_t value, int width) {
    char text[INT_TEXT_MAX];
    char *end = text + sizeof text, *at = end;
    while (value >= 100) {
        at -= 2;
        memcpy(at, pairs + value % 100 * 2, 2);
        value /= 100;
    }
    if (value >= 10) {
        at -= 2;
        memcpy(at, pairs + value * 2, 2);
    } else {
        *--at = (char)('0' + value);
    }
    while (end - at < width) {
        *--at = '0';
    }
    size_t len = (size_t)(end - at);
    memcpy(out, at, len);
    return out + len;
}

char *int_print(char *out, int64_t value) {
    uint64_t magnitude = (uint64_t)value;
    if (value < 0) {
        *out++ = '-';
        magnitude = 0 - magnitude;
    }
    return digits_print(out, magnitude, 1);
}

/* --- floats ----------------------------------------------------------------------------------- */

/* value = digits * 10^exponent, digits without trailing zeros */
struct decimal {
    uint64_t digits;
    int exponent;
};

static char *layout_plain(char *out, const char *digits, int count, int point) {
    if (point <= 0) {
        *out++ = '0';
        *out++ = '.';
        memset(out, '0', (size_t)-point);
        memcpy(out - point, digits, (size_t)count);
        return out - point + count;
    }
    int whole = count < point ? count : point;
    memcpy(out, digits, (size_t)whole);
    memset(out + whole, '0', (size_t)(point - whole));
    out += point;
    if (count > point) {
        *out++ = '.';
        memcpy(out, digits + point, (size_t)(count - point));
        out += count - point;
    }
    return out;
}

static char *layout(char *out, struct decimal decimal, int plain_below) {
    char digits[INT_TEXT_MAX];
    int count = (int)(digits_print(digits, decimal.digits, 1) - digits);
    int exponent = decimal.exponent + count - 1;
    if (exponent >= -4 && exponent < plain_below) {
        return layout_plain(out, digits, count, exponent + 1);
    }
    *out++ = digits[0];
    if (count > 1) {
        *out++ = '.';
        memcpy(out, digits + 1, (size_t)(count - 1));
        out += count - 1;
    }
    *out++ = 'e';
    *out++ = exponent < 0 ? '-' : '+';
    return digits_print(out, (uint64_t)(exponent < 0 ? -exponent : exponent), 2);
}

/* What stands behind the `e` of a number that printf wrote. */
static int exponent_read(const char *text) {
    char *end;
    long exponent = strtol(text, &end, 10);
    assert(end != text && *end == '\0');
    return (int)exponent;
}

static struct decimal decimal_read(const char *scientific) {
    struct decimal decimal = {0};
    int fraction = 0;
    bool point = false;
    for (; *scientific != 'e'; scientific++) {
        if (*scientific == '.') {
            point = true;
        } else {
            decimal.digits = decimal.digits * 10 + (uint64_t)(*scientific - '0');
            fraction += point;
        }
    }
    decimal.exponent = exponent_read(scientific + 1) - fraction;
    while (decimal.digits && decimal.digits % 10 == 0) {
        decimal.digits /= 10;
        decimal.exponent++;
    }
    return decimal;
}

/* Whether the decimal is an integer whose odd part has exactly `bits` bits: the middle between
 * two floats. */
static bool is_border(struct decimal decimal, int bits) {
    if (decimal.exponent < 0 || decimal.exponent > 27) {
        return false;
    }
    unsigned __int128 odd = decimal.digits >> __builtin_ctzll(decimal.digits);
    for (int i = 0; i < decimal.exponent; i++) {
        odd *= 5;
        if (odd >> bits) {
            return false;
        }
    }
    return odd >> (bits - 1) == 1;
}

static bool decimal_short(double value, struct decimal *ret) {
    for (int k = 0; k < POWERS; k++) {
        double scaled = value * powers_of_ten[k];
        if (scaled >= 1e15) {
            return false;
        }
        double whole = nearbyint(scaled);
        if (whole / powers_of_ten[k] == value) {
            *ret = (struct decimal){.digits = (uint64_t)whole, .exponent = -k};
            return true;
        }
    }
    return false;
}

/* What differs between the two widths of floats. */
struct width {
    int digits_exact, digits_max, border_bits;
    double tiny; /* below it fewer digits may do */
    bool single;
};

static const struct width width8 = {DIGITS_EXACT, DIGITS_MAX, 54, 1e-300, false};
static const struct width width4 = {6, 9, 25, 1e-30, true};

static bool reads_back(const char *text, double value, const struct width *width) {
    return width->single ? strtof(text, NULL) == (float)value : strtod(text, NULL) == value;
}

/* The decimal nearest to a value of so many digits; above a power of two, where the gap below is
 * half the gap above, the next one up may read back although the nearest does not. */
static bool decimal_try(double value, int digits, const struct width *width, struct decimal *ret) {
    char text[FLOAT_TEXT_MAX];
    int exponent;
    snprintf(text, sizeof text, "%.*e", digits - 1, value);
    *ret = decimal_read(text);
    if (reads_back(text, value, width)) {
        return !is_border(*ret, width->border_bits);
    }
    if (frexp(value, &exponent) != 0.5) {
        return false;
    }
    int scale = exponent_read(strchr(text, 'e') + 1) - digits + 1;
    while (ret->exponent > scale) {
        ret->digits *= 10;
        ret->exponent--;
    }
    ret->digits++;
    snprintf(text, sizeof text, "%llue%d", (unsigned long long)ret->digits, ret->exponent);
    return reads_back(text, value, width) && !is_border(*ret, width->border_bits);
}

static struct decimal decimal_search(double value, const struct width *width) {
    struct decimal decimal;
    char text[FLOAT_TEXT_MAX];
    int digits = value < width->tiny ? 1 : width->digits_exact;
    for (; digits < width->digits_max; digits++) {
        if (decimal_try(value, digits, width, &decimal)) {
            return decimal;
        }
    }
    snprintf(text, sizeof text, "%.*e", width->digits_max - 1, value);
    return decimal_read(text);
}

/* A tie goes to the even digit. */
static bool rounds_up(uint128 rest, uint128 half, uint64_t below) {
    return rest > half || (rest == half && below % 2);
}

/* The 16 or 17 digits of a value from 1e-5 to 1e15 that no 15 digits give back. value = m *
 * 2^-shift; all products stay below 2^128: m has 53 bits, 10^k at most 70, a candidate 57, a shift
 * at most 71. */
static struct decimal decimal_long(double value) {
    int exponent, magnitude = -5;
    uint64_t m = (uint64_t)ldexp(frexp(value, &exponent), 53);
    while (magnitude < 14 && value >= (magnitude < -1 ? 1 / powers_of_ten[-magnitude - 1]
                                                      : powers_of_ten[magnitude + 1])) {
        magnitude++;
    }
    int shift = 53 - exponent, k = 16 - magnitude;
    uint128 power = small_power(k), scaled = power * m;
    bool power_of_two = m == UINT64_C(1) << 52;
    /* four times the borders of the interval, and four times a candidate, compare as integers */
    uint128 low = scaled * 4 - power * (power_of_two ? 1 : 2), high = scaled * 4 + power * 2;
    uint64_t digits = (uint64_t)(scaled >> shift);
    uint64_t shorter = digits / 10 * 10;
    uint128 rest = scaled - ((uint128)shorter << shift);
    shorter += rounds_up(rest, (uint128)5 << shift, shorter / 10) ? 10 : 0;
    for (int step = 0; step <= power_of_two; step++, shorter += 10) {
        uint128 candidate = (uint128)shorter << (shift + 2);
        if (candidate > low && candidate < high) {
            return (struct decimal){.digits = shorter / 10, .exponent = 1 - k};
        }
    }
    rest = scaled - ((uint128)digits << shift);
    digits += rounds_up(rest, (uint128)1 << (shift - 1), digits);
    return (struct decimal){.digits = digits, .exponent = -k};
}

static struct decimal zeros_strip(struct decimal decimal) {
    while (decimal.digits % 10 == 0) {
        decimal.digits /= 10;
        decimal.exponent++;
    }
    return decimal;
}

static struct decimal decimal_shortest(double value) {
    struct decimal decimal;
    if (value < 1e-5 || value >= 1e15) {
        return decimal_search(value, &width8);
    }
    return zeros_strip(decimal_short(value, &decimal) ? decimal : decimal_long(value));
}

/* Below 10^6 a real has at least one digit behind the point to spare, and m / 10^k with k up to 8
 * is so exact in double that rounding it to real is right. */
static struct decimal decimal_shortest4(float value) {
    for (int k = 0; k <= 8 && value > 1e-4f && value < 1e6f; k++) {
        double scaled = (double)value * powers_of_ten[k];
        double whole = nearbyint(scaled);
        if (scaled < 1e9 && (float)(whole / powers_of_ten[k]) == value) {
            return zeros_strip((struct decimal){.digits = (uint64_t)whole, .exponent = -k});
        }
    }
    return decimal_search((double)value, &width4);
}

static char *special_print(char *out, double value) {
    const char *text = isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
    size_t len = strlen(text);
    memcpy(out, text, len);
    return out + len;
}

static char *zero_print(char *out, bool negative) {
    if (negative) {
        *out++ = '-';
    }
    *out++ = '0';
    return out;
}

char *float8_print(char *out, double value) {
    if (!isfinite(value)) {
        return special_print(out, value);
    }
    if (value == 0) {
        return zero_print(out, signbit(value));
    }
    if (value < 0) {
        *out++ = '-';
    }
    return layout(out, decimal_shortest(fabs(value)), 15);
}

char *float4_print(char *out, float value) {
    if (!isfinite(value)) {
        return special_print(out, (double)value);
    }
    if (value == 0) {
        return zero_print(out, signbit(value));
    }
    if (value < 0) {
        *out++ = '-';
    }
    return layout(out, decimal_shortest4(fabsf(value)), 6);
}
