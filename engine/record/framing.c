/* SPDX-License-Identifier: Apache-2.0 */
/* The reader's side of framing: record borders in a block. Lines are one search from the end; CSV
 * counts quotes by 64-byte words; JSON that is not one document a line runs the automaton of
 * framing_json.c. Called by the one reader of a part; the state is the caller's. */
#include "engine/record/framing.h"

#include "engine/record/json_block.h"

#include <assert.h>

enum { CSV_WORD = 64 };

static size_t lines_border(const char *data, size_t from, size_t len) {
    const char *newline = len > from ? memrchr(data + from, '\n', len - from) : NULL;
    return newline ? (size_t)(newline - data) + 1 : 0;
}

/* Bit i = byte i of 64 equals `byte`. */
static inline uint64_t word_where(const char *data, char byte) {
    return (uint64_t)json_block_where(data, byte) |
           (uint64_t)json_block_where(data + 16, byte) << 16 |
           (uint64_t)json_block_where(data + 32, byte) << 32 |
           (uint64_t)json_block_where(data + 48, byte) << 48;
}

/* Bit i = an odd number of the bits 0..i is set. */
static inline uint64_t prefix_parity(uint64_t bits) {
    bits ^= bits << 1;
    bits ^= bits << 2;
    bits ^= bits << 4;
    bits ^= bits << 8;
    bits ^= bits << 16;
    return bits ^ bits << 32;
}

/* A newline ends a row when the number of quotes before it is even: RFC 4180, Postgres's COPY. */
static size_t csv_border(struct framer *framer, const char *data, size_t from, size_t len) {
    char quote = framer->format->quote;
    uint64_t inside = framer->in_quotes ? ~UINT64_C(0) : 0;
    size_t border = 0, at = from;
    for (; len - at >= CSV_WORD; at += CSV_WORD) {
        uint64_t quotes = word_where(data + at, quote);
        uint64_t quoted = quotes ? prefix_parity(quotes) ^ inside : inside;
        uint64_t ends = word_where(data + at, '\n') & ~quoted;
        if (ends) {
            border = at + CSV_WORD - (size_t)__builtin_clzll(ends);
        }
        inside = (uint64_t)((int64_t)quoted >> 63);
    }
    for (; at < len; at++) {
        if (data[at] == quote) {
            inside = ~inside;
        } else if (data[at] == '\n' && !inside) {
            border = at + 1;
        }
    }
    framer->in_quotes = inside != 0;
    return border;
}

/* Whether the piece that has just ended is followed by a border. Not behind an empty one: a segment
 * must show that something is missing between two commas. */
static bool is_border(const struct framer *framer, const struct framing_piece *piece) {
    return framer->format->framing == FRAMING_DOCUMENTS ||
           (framer->place == PLACE_START && piece->start != piece->end);
}

static size_t json_border(struct framer *framer, const char *data, size_t from, size_t len) {
    const char *p = data + from, *end = data + len;
    struct framing_piece piece = {.start = NULL};
    size_t border = 0;
    while (framing_next(framer, &p, end, &piece)) {
        if (is_border(framer, &piece)) {
            border = (size_t)(p - data);
        }
    }
    return border;
}

size_t framer_border(struct framer *framer, const char *data, size_t from, size_t len, bool last) {
    const struct format *format = framer->format;
    size_t border = 0;
    assert(from <= len);
    switch (format->framing) {
    case FRAMING_LINES:
        border = lines_border(data, from, len);
        break;
    case FRAMING_CSV:
        border = format->quoted_newlines && format->quote ? csv_border(framer, data, from, len)
                                                          : lines_border(data, from, len);
        break;
    case FRAMING_DOCUMENTS:
    case FRAMING_ARRAY:
        border = json_border(framer, data, from, len);
        break;
    case FRAMING_NONE:
        break;
    }
    return last ? len : border;
}

static bool line_first(struct framer *framer, const char *data, size_t len, size_t *ret_border) {
    const struct format *format = framer->format;
    bool quoting = format->framing == FRAMING_CSV && format->quoted_newlines && format->quote;
    for (size_t i = 0; i < len; i++) {
        if (quoting && data[i] == format->quote) {
            framer->in_quotes = !framer->in_quotes;
        } else if (data[i] == '\n' && !framer->in_quotes) {
            *ret_border = i + 1;
            return true;
        }
    }
    return false;
}

bool framer_first_border(struct framer *framer, const char *data, size_t len, size_t *ret_border) {
    const char *p = data;
    struct framing_piece piece = {.start = NULL};
    switch (framer->format->framing) {
    case FRAMING_LINES:
    case FRAMING_CSV:
        return line_first(framer, data, len, ret_border);
    case FRAMING_DOCUMENTS:
    case FRAMING_ARRAY:
        while (framing_next(framer, &p, data + len, &piece)) {
            if (is_border(framer, &piece)) {
                *ret_border = (size_t)(p - data);
                return true;
            }
        }
        return false;
    case FRAMING_NONE:
        break;
    }
    return false;
}

bool framer_is_complete(const struct framer *framer) {
    if (framer->format->framing != FRAMING_ARRAY) {
        return true;
    }
    return framer->place == PLACE_OUTSIDE || framer->place == PLACE_WORD;
}
