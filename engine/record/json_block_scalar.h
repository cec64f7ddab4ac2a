/* SPDX-License-Identifier: Apache-2.0 */
/* The plain C twin, for machines without SSE2 and NEON and for the tests; included by json_block.h
 * only. */
#ifndef LEAT_RECORD_JSON_BLOCK_SCALAR_H
#define LEAT_RECORD_JSON_BLOCK_SCALAR_H

/* The first byte that is not plain ASCII string text: quote, backslash, control, non-ASCII; 16 if
 * none is. */
static inline unsigned json_block_string_stop(const char *data) {
    unsigned i = 0;
    while (i < JSON_BLOCK && data[i] != '"' && data[i] != '\\' && (signed char)data[i] >= 0x20) {
        i++;
    }
    return i;
}

/* The first byte that a JSON writer must escape: quote, backslash, control; 16 if none is. */
static inline unsigned json_block_escape_stop(const char *data) {
    unsigned i = 0;
    while (i < JSON_BLOCK && data[i] != '"' && data[i] != '\\' && (unsigned char)data[i] >= 0x20) {
        i++;
    }
    return i;
}

/* How many decimal digits lead, 0 to 16. */
static inline unsigned json_block_digits(const char *data) {
    unsigned i = 0;
    while (i < JSON_BLOCK && data[i] >= '0' && data[i] <= '9') {
        i++;
    }
    return i;
}

/* How many spaces lead, 0 to 16. */
static inline unsigned json_block_spaces(const char *data) {
    unsigned i = 0;
    while (i < JSON_BLOCK && data[i] == ' ') {
        i++;
    }
    return i;
}

/* Whether the first len (at most 16) bytes are equal. */
static inline bool json_block_equal(const char *a, const char *b, unsigned len) {
    return memcmp(a, b, len) == 0;
}

/* The first byte that opens or closes a JSON container or is a quote; 16 if none is. */
static inline unsigned json_block_bracket_stop(const char *data) {
    unsigned i = 0;
    while (i < JSON_BLOCK && data[i] != '"' && (data[i] | 0x20) != '{' && (data[i] | 0x20) != '}') {
        i++;
    }
    return i;
}

/* The first of three bytes; 16 if none is there. */
static inline unsigned json_block_any_of(const char *data, char a, char b, char c) {
    unsigned i = 0;
    while (i < JSON_BLOCK && data[i] != a && data[i] != b && data[i] != c) {
        i++;
    }
    return i;
}

/* Where the byte stands: bit i for data[i]. */
static inline uint32_t json_block_where(const char *data, char byte) {
    uint32_t where = 0;
    for (unsigned i = 0; i < JSON_BLOCK; i++) {
        where |= (uint32_t)(data[i] == byte) << i;
    }
    return where;
}

#endif
