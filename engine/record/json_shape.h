/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the JSON scanner: what the last documents looked like. Records of one source have the
 * same members in the same order, so the next name is nearly always the one that stood there
 * before. Comparing with it, instead of looking for the name's end, lets the processor run ahead:
 * the scanner gains a third. A guess that fails costs one comparison and is replaced. Nothing
 * depends on the shape but speed. It belongs to one run of a decoder. */
#ifndef LEAT_RECORD_JSON_SHAPE_H
#define LEAT_RECORD_JSON_SHAPE_H

#include "engine/record/json_keys.h"

enum { JSON_SHAPE_MEMBERS = 64, JSON_SHAPE_PATTERN = 2 * JSON_BLOCK };

struct json_shape_member {
    char pattern[JSON_SHAPE_PATTERN]; /* "name": as it was written, with its space */
    uint32_t len;                     /* 0 = nothing learnt */
    const struct json_key *key;       /* who asked for it; NULL = nobody */
};

/* Zeroed at the start. Lines and documents must not share one: a pattern may hold a newline. */
struct json_shape {
    struct json_shape_member members[JSON_SHAPE_MEMBERS];
};

/* What to look for in many documents. */
struct json_scanner {
    const struct json_keys *keys; /* NULL: validate only */
    struct json_value *values;    /* one for each name */
    struct json_shape *shape;     /* NULL: do not guess */
    uint32_t depth_max;
};

/* Scans text as a whole document, or with ret_line_len as json_scan_line does. */
bool json_scan_with(const struct json_scanner *scanner, struct slice text,
                    struct json_value *ret_root, size_t *ret_line_len, struct json_error *error);

static inline bool json_shape_matches(const struct json_shape_member *member, const char *p,
                                      const char *end) {
    uint32_t len = member->len;
    if (len == 0 || end - p < JSON_SHAPE_PATTERN) {
        return false;
    }
    if (len <= JSON_BLOCK) {
        return json_block_equal(p, member->pattern, len);
    }
    return json_block_equal(p, member->pattern, JSON_BLOCK) &&
           json_block_equal(p + JSON_BLOCK, member->pattern + JSON_BLOCK, len - JSON_BLOCK);
}

/* The name at name, without escapes, with its value at value. */
static inline void json_shape_learn(struct json_shape_member *member, const char *name,
                                    const char *value, const struct json_key *key) {
    size_t len = (size_t)(value - name);
    member->len = 0;
    if (len <= JSON_SHAPE_PATTERN) {
        memcpy(member->pattern, name, len);
        member->len = (uint32_t)len;
        member->key = key;
    }
}

#endif
