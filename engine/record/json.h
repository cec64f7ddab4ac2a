/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON scanner: one pass, strict RFC 8259, SSE2 or NEON with a scalar twin, no allocation.
 * Values stay slices of the source, numbers keep their text. It validates the whole document, also
 * members nobody asked for, because a poison record must not depend on the SELECT list. Decisions:
 * a byte order mark is refused; depth beyond the limit (128) is refused; the last of duplicate keys
 * wins; `\u0000` and lone surrogates are legal JSON and are kept byte for byte in json, but a text
 * or jsonb value that contains one is refused at conversion (22P05, 22P02). */
#ifndef LEAT_RECORD_JSON_H
#define LEAT_RECORD_JSON_H

#include "engine/base/arena.h"
#include "engine/base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum json_kind {
    JSON_NONE,
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

/* text: the value's bytes in the source (strings with their quotes). */
struct json_value {
    struct slice text;
    enum json_kind kind;
    bool escaped; /* string: holds a backslash */
    bool
        unacceptable; /* holds \u0000 or a lone surrogate, itself or below: not for text or jsonb */
};

/* Where and why a document is refused: byte offset from its start, static message. */
struct json_error {
    size_t offset;
    const char *message;
};

/* Member names to look for, hashed once; immutable, shared by threads. No two may be equal. */
struct json_keys;
struct json_keys *json_keys_new(const struct slice *names, uint32_t count, struct arena *arena);

/* Scans one document (surrounding white space allowed). When it is an object, ret_values[i] is the
 * member named names[i], or kind JSON_NONE; ret_root is the document itself. keys NULL: validate
 * only. */
bool json_scan(struct slice document, const struct json_keys *keys, uint32_t depth_max,
               struct json_value *ret_values, struct json_value *ret_root,
               struct json_error *error);

/* Scans one line of NDJSON starting at data, stopping at the newline that ends the document or at
 * the end: the same, without a separate search for the line's end. *ret_line_len excludes the
 * newline; on a refused document it is still the distance to the next newline. Strings cannot
 * contain a raw newline, so a line break inside a document is an error. */
bool json_scan_line(const char *data, size_t len, const struct json_keys *keys, uint32_t depth_max,
                    struct json_value *ret_values, struct json_value *ret_root,
                    size_t *ret_line_len, struct json_error *error);

/* Navigates valid text. Member by key (last duplicate wins; only of an object), element by index
 * (negative from the end), JSON_NONE if absent. */
struct json_value json_member(struct slice object, struct slice key);
struct json_value json_element(struct slice array, int64_t index);
uint32_t json_array_length(struct slice array);
struct json_value json_root(struct slice text);
/* Iterates members or elements: start with *at = 0; false at the end. key is the raw key with
 * quotes. */
bool json_next(struct slice container, size_t *at, struct json_value *ret_key,
               struct json_value *ret_value);

/* String contents without quotes and escapes: a slice of the source when there is no escape, else
 * in the arena. False when it holds \u0000 (code "22P05") or a lone surrogate ("22P02"). */
bool json_unescape(struct json_value string, struct arena *arena, struct slice *ret,
                   const char **ret_code);

/* Postgres's jsonb text: keys sorted by length then bytes, duplicates resolved, `", "` and `": "`
 * separators, numbers in canonical numeric form, strings re-escaped. */
struct buffer;
void jsonb_normalise(struct slice text, struct arena *scratch, struct buffer *out);
/* jsonb equality and order without printing. */
int jsonb_compare(struct slice a, struct slice b, struct arena *scratch);

#endif
