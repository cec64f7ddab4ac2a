/* SPDX-License-Identifier: Apache-2.0 */
/* numeric in base 10000, as numeric_recv reads it: digit count, weight of the first digit, sign, display scale, digits.
 * The server rounds to the column's scale itself; what cannot fit whatever the rounding is found here, before it
 * costs a COPY. Pure. */
#include "connectors/postgres/copy_encode.h"
#include "connectors/postgres/wire.h"

enum {
    SIGN_NEGATIVE = 0x4000,
    SIGN_NAN = 0xc000,
    SIGN_INFINITY = 0xd000,
    SIGN_NEGATIVE_INFINITY = 0xf000,
    BASE_DIGITS = 4,
    HEAD_BYTES = 12
};

static void head_put(char *at, uint16_t digits, int weight, uint16_t sign, uint16_t scale) {
    wire_u32(at, 8 + 2 * (uint32_t)digits);
    wire_u16(at + 4, digits);
    wire_u16(at + 6, (uint16_t)(int16_t)weight);
    wire_u16(at + 8, sign);
    wire_u16(at + 10, scale);
}

static bool special_encode(struct slice text, int32_t modifier, struct buffer *out) {
    uint16_t sign = text.data[0] == 'N' ? SIGN_NAN
                    : text.data[0] == '-' ? SIGN_NEGATIVE_INFINITY
                                          : SIGN_INFINITY;
    if (sign != SIGN_NAN && modifier >= 0) {
        return false;
    }
    head_put(buffer_reserve(out, HEAD_BYTES), 0, 0, sign, 0);
    out->len += HEAD_BYTES;
    return true;
}

/* Decimal digit i counted from the point: -1 is the last before it, 0 the first after it. */
struct digits {
    const char *whole, *fraction;
    int whole_len, fraction_len;
};

static int group(const struct digits *digits, int first) {
    int value = 0;
    for (int i = first; i < first + BASE_DIGITS; i++) {
        int digit = 0;
        if (i < 0 && -i <= digits->whole_len) {
            digit = digits->whole[digits->whole_len + i] - '0';
        } else if (i >= 0 && i < digits->fraction_len) {
            digit = digits->fraction[i] - '0';
        }
        value = value * 10 + digit;
    }
    return value;
}

static struct digits digits_split(struct slice text) {
    const char *point = memchr(text.data, '.', text.len);
    struct digits digits = {.whole = text.data, .whole_len = (int)text.len};
    if (point) {
        digits.whole_len = (int)(point - text.data);
        digits.fraction = point + 1;
        digits.fraction_len = (int)text.len - digits.whole_len - 1;
    }
    while (digits.whole_len && *digits.whole == '0') {
        digits.whole++;
        digits.whole_len--;
    }
    return digits;
}

static bool fits(const struct digits *digits, int32_t modifier) {
    if (modifier < 0) {
        return true;
    }
    int precision = modifier >> 16, scale = (int16_t)(modifier & 0xffff);
    int zeros = 0; /* after the point: a scale above the precision asks for them */
    while (zeros < digits->fraction_len && digits->fraction[zeros] == '0') {
        zeros++;
    }
    bool is_zero = !digits->whole_len && zeros == digits->fraction_len;
    return is_zero || (digits->whole_len ? digits->whole_len : -zeros) <= precision - scale;
}

bool numeric_encode(struct slice text, int32_t modifier, struct buffer *out) {
    bool negative = text.data[0] == '-';
    const char *first = text.data + negative;
    if (*first == 'N' || *first == 'I') {
        return special_encode(text, modifier, out);
    }
    struct digits digits = digits_split(slice_make(first, text.len - negative));
    if (!fits(&digits, modifier)) {
        return false;
    }
    int groups_before = (digits.whole_len + BASE_DIGITS - 1) / BASE_DIGITS;
    int groups_after = (digits.fraction_len + BASE_DIGITS - 1) / BASE_DIGITS;
    char *at = buffer_reserve(out, HEAD_BYTES + 2 * (size_t)(groups_before + groups_after));
    char *digit = at + HEAD_BYTES;
    int weight = groups_before - 1, count = 0, used = 0;
    for (int i = -groups_before; i < groups_after; i++) {
        int value = group(&digits, i * BASE_DIGITS);
        if (!value && !count) {
            weight--;
            continue;
        }
        wire_u16(digit + 2 * (size_t)count++, (uint16_t)value);
        used = value ? count : used;
    }
    head_put(at, (uint16_t)used, used ? weight : 0, negative && used ? SIGN_NEGATIVE : 0,
             (uint16_t)digits.fraction_len);
    out->len += HEAD_BYTES + 2 * (size_t)used;
    return true;
}
