/* SPDX-License-Identifier: Apache-2.0 */
/* Builds the table of member names. Several columns may ask for the same name (`a` twice): only the
 * first is in the table, the scanner's caller copies. The table has at least twice as many slots as
 * names, so a search always ends. */
#include "engine/record/json_keys.h"

#include "engine/record/json_text.h"

#include <assert.h>

enum { SEEDS = 256 };

static uint32_t slots_fill(struct json_keys *keys) {
    uint32_t collisions = 0;
    for (uint32_t slot = 0; slot <= keys->mask; slot++) {
        keys->slots[slot].index = UINT32_MAX;
    }
    for (uint32_t i = 0; i < keys->count; i++) {
        struct slice name = keys->names[i];
        uint32_t slot = json_keys_slot(keys, name.data, name.len);
        while (keys->slots[slot].index != UINT32_MAX &&
               !slice_equal(keys->slots[slot].name, name)) {
            slot = (slot + 1) & keys->mask;
            collisions++;
        }
        struct json_key *key = &keys->slots[slot];
        if (key->index == UINT32_MAX) {
            *key = (struct json_key){.name = name, .index = i};
            memcpy(key->head, name.data, name.len < JSON_BLOCK ? name.len : JSON_BLOCK);
        }
    }
    return collisions;
}

/* Names are copied between quotes, because the hash of an empty name reads the byte before it. */
static struct slice *names_copy(const struct slice *names, uint32_t count, struct arena *arena) {
    struct slice *copies = arena_alloc(arena, (count + 1) * sizeof *copies);
    for (uint32_t i = 0; i < count; i++) {
        char *text = arena_alloc(arena, names[i].len + 2);
        text[0] = '"';
        if (names[i].len) {
            memcpy(text + 1, names[i].data, names[i].len);
        }
        text[names[i].len + 1] = '"';
        copies[i] = slice_make(text + 1, names[i].len);
    }
    return copies;
}

struct json_keys *json_keys_new(const struct slice *names, uint32_t count, struct arena *arena) {
    struct json_keys *keys = arena_zalloc(arena, sizeof *keys);
    uint32_t slots = 8;
    while (slots < count * 2) {
        slots *= 2;
    }
    slots *= 2;
    assert(slots <= 1u << 16);
    keys->names = names_copy(names, count, arena);
    keys->count = count;
    keys->mask = slots - 1;
    keys->slots = arena_alloc(arena, slots * sizeof *keys->slots);
    uint32_t best = 1, fewest = UINT32_MAX;
    for (uint32_t seed = 0; seed < SEEDS && fewest > 0; seed++) {
        keys->multiplier = 0x9E3779B1u + seed * 0x61C88646u;
        uint32_t collisions = slots_fill(keys);
        if (collisions < fewest) {
            fewest = collisions;
            best = keys->multiplier;
        }
    }
    keys->multiplier = best;
    slots_fill(keys);
    return keys;
}

static bool escaped_equal(struct slice raw, struct slice name) {
    size_t at = 0, matched = 0;
    while (at < raw.len) {
        char bytes[4];
        unsigned len = json_text_next(raw, &at, bytes);
        if (len == 0 || name.len - matched < len || memcmp(name.data + matched, bytes, len) != 0) {
            return false;
        }
        matched += len;
    }
    return matched == name.len;
}

const struct json_key *json_keys_find_escaped(const struct json_keys *keys, struct slice raw) {
    for (uint32_t slot = 0; slot <= keys->mask; slot++) {
        const struct json_key *key = &keys->slots[slot];
        if (key->index != UINT32_MAX && escaped_equal(raw, key->name)) {
            return key;
        }
    }
    return NULL;
}
