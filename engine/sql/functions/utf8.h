/* SPDX-License-Identifier: Apache-2.0 */
/* Walking valid UTF-8 (text is valid, see type.h): count, find, decode and encode characters.
 * Nothing here checks its input. */
#ifndef LEAT_SQL_FUNCTIONS_UTF8_H
#define LEAT_SQL_FUNCTIONS_UTF8_H

#include "engine/base/slice.h"

static inline bool utf8_is_continuation(char byte) {
    return ((unsigned char)byte & 0xC0) == 0x80;
}

static inline size_t utf8_width(char first) {
    unsigned char byte = (unsigned char)first;
    return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

/* Characters in text. */
static inline size_t utf8_count(struct slice text) {
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        count += !utf8_is_continuation(text.data[i]);
    }
    return count;
}

/* The byte offset after `count` characters, or the length when there are fewer. */
static inline size_t utf8_offset(struct slice text, size_t count) {
    size_t at = 0;
    while (count > 0 && at < text.len) {
        at += utf8_width(text.data[at]);
        count--;
    }
    return at;
}

/* The code point at *at, which is moved past it. */
static inline int32_t utf8_next(struct slice text, size_t *at) {
    const unsigned char *bytes = (const unsigned char *)text.data + *at;
    size_t width = utf8_width((char)bytes[0]);
    *at += width;
    switch (width) {
    case 1:
        return bytes[0];
    case 2:
        return (bytes[0] & 0x1F) << 6 | (bytes[1] & 0x3F);
    case 3:
        return (bytes[0] & 0x0F) << 12 | (bytes[1] & 0x3F) << 6 | (bytes[2] & 0x3F);
    default:
        return (bytes[0] & 0x07) << 18 | (bytes[1] & 0x3F) << 12 | (bytes[2] & 0x3F) << 6 |
               (bytes[3] & 0x3F);
    }
}

/* Writes at most 4 bytes and returns how many. */
static inline size_t utf8_put(int32_t code, char *out) {
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

#endif
