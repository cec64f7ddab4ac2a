/* SPDX-License-Identifier: Apache-2.0 */
/* The pictures of to_char and to_number for numbers (`FM999,990.00`, `S9.99EEEE`, `RN`): reading
 * them and writing a number by them. */
#ifndef LEAT_SQL_FUNCTIONS_NUMBER_PICTURE_H
#define LEAT_SQL_FUNCTIONS_NUMBER_PICTURE_H

#include "engine/base/buffer.h"

enum picture_item_kind {
    PICTURE_LITERAL,
    PICTURE_NINE,
    PICTURE_ZERO,
    PICTURE_POINT,
    PICTURE_COMMA,
    PICTURE_CURRENCY,
    PICTURE_MINUS,
    PICTURE_PLUS,
    PICTURE_SIGN,
    PICTURE_ROMAN,
    PICTURE_ORDINAL,
    PICTURE_MARK /* has its effect on the whole: S, PR, FM, V, B, EEEE */
};

struct picture_item {
    enum picture_item_kind kind;
    bool lower;          /* rn, th */
    struct slice literal; /* LITERAL: one character */
};

enum picture_sign { PICTURE_SIGN_NONE, PICTURE_SIGN_BEFORE, PICTURE_SIGN_AFTER };

struct picture {
    const struct picture_item *items;
    uint32_t count;
    int32_t before, after; /* digits before and after the point */
    int32_t shift;         /* digits behind V */
    int32_t zero_from, zero_to;
    int32_t before_sign; /* digits before S */
    enum picture_sign sign;
    bool zero, point, fill, minus, plus, bracket, roman, exponent;
};

/* False: *ret_code and *ret_message say why. Lives in the arena. */
bool picture_read(struct slice text, struct arena *arena, struct picture *ret,
                  const char **ret_code, const char **ret_message);

/* A number as a picture wants it: rounded to picture->after digits. */
struct picture_number {
    bool negative;
    struct slice digits; /* without sign; "NaN", "Infinity" too */
    const char *exponent; /* EEEE: the finished text; NULL otherwise */
    int32_t roman;        /* RN: the value, 0 when out of range */
};

/* picture is copied by value because writing adjusts it. */
void picture_write(struct picture picture, const struct picture_number *number, struct buffer *out);

#endif
