/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the JSON scanner: the table that finds a member's name. A name is hashed by its length
 * and three of its bytes, which costs no loop; the table is built with a multiplier that leaves no
 * collision when there is one. Immutable once made. */
#ifndef LEAT_RECORD_JSON_KEYS_H
#define LEAT_RECORD_JSON_KEYS_H

#include "engine/record/json.h"
#include "engine/record/json_block.h"

struct json_key {
    char head[JSON_BLOCK]; /* the first bytes, zero-filled */
    struct slice name;
    uint32_t index; /* in the caller's list; UINT32_MAX = empty slot */
};

struct json_keys {
    struct json_key *slots;
    const struct slice *names;
    uint32_t count, mask, multiplier;
};

/* name points into a quoted string: the bytes before and after it can be read. */
static inline uint32_t json_keys_slot(const struct json_keys *keys, const char *name, size_t len) {
    const unsigned char *bytes = (const unsigned char *)name;
    uint32_t mix = (uint32_t)len << 24 ^ (uint32_t)bytes[0] << 16 ^ (uint32_t)bytes[len >> 1] << 8 ^
                   bytes[(ptrdiff_t)len - 1];
    return (mix * keys->multiplier) >> 16 & keys->mask;
}

/* The key named by the bytes of a quoted string without escapes; NULL if nobody asked for it.
 * readable: bytes that may be read from name on. */
static inline const struct json_key *json_keys_find(const struct json_keys *keys, const char *name,
                                                    size_t len, size_t readable) {
    uint32_t slot = json_keys_slot(keys, name, len);
    for (;; slot = (slot + 1) & keys->mask) {
        const struct json_key *key = &keys->slots[slot];
        if (key->index == UINT32_MAX) {
            return NULL;
        }
        if (key->name.len != len) {
            continue;
        }
        if (len <= JSON_BLOCK && readable >= JSON_BLOCK) {
            if (json_block_equal(name, key->head, (unsigned)len)) {
                return key;
            }
        } else if (memcmp(name, key->name.data, len) == 0) {
            return key;
        }
    }
}

/* The same for a name that holds escapes (raw, without its quotes). Slow, and rare. */
const struct json_key *json_keys_find_escaped(const struct json_keys *keys, struct slice raw);

#endif
