/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the JSON code: characters of string text, that is UTF-8 sequences and escapes. Pure
 * functions, which read no further than the end that they are given. */
#ifndef LEAT_RECORD_JSON_TEXT_H
#define LEAT_RECORD_JSON_TEXT_H

#include "engine/base/slice.h"

/* Length of the well-formed UTF-8 sequence at data (2 to 4; 1 for ASCII), 0 if it is none:
 * overlong, a surrogate, beyond U+10FFFF, cut short. */
unsigned json_text_utf8(const char *data, const char *end);

/* Reads the escape at data (which is a backslash): returns its length (2, 6, or 12 for a surrogate
 * pair) and the code point; 0 if it is no escape. A lone surrogate comes back as itself. */
unsigned json_text_escape(const char *data, const char *end, uint32_t *ret_code);

/* Decodes the next character of valid raw string text into ret (UTF-8) and moves *at behind it.
 * Returns its length; 0 for \u0000 and lone surrogates, which UTF-8 text cannot hold. */
unsigned json_text_next(struct slice raw, size_t *at, char ret[4]);

/* The SQLSTATE of the first escape in valid JSON text that Postgres refuses: "22P05" for \u0000,
 * "22P02" for half of a surrogate pair. Backslashes stand only in strings, so the text may be any
 * value. */
const char *json_text_refusal(struct slice text);

/* Writes a code point as UTF-8; returns the length. */
unsigned json_text_encode(uint32_t code, char ret[4]);

static inline bool json_text_is_surrogate(uint32_t code) {
    return code >= 0xD800 && code <= 0xDFFF;
}

#endif
