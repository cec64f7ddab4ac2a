/* SPDX-License-Identifier: Apache-2.0 */
/* Open addressing with linear probing, at most half full, hashed by FNV-1a: names are the plan's, nobody hostile picks
 * them. Out of memory ends the process. */
#include "connectors/object/name_map.h"

#include <stdlib.h>
#include <string.h>

enum { CAPACITY_FIRST = 64 };

static uint64_t name_hash(const char *name) {
    uint64_t hash = UINT64_C(14695981039346656037);
    for (const unsigned char *at = (const unsigned char *)name; *at; at++) {
        hash = (hash ^ *at) * UINT64_C(1099511628211);
    }
    return hash ^ hash >> 32;
}

static struct name_slot *slot_find(const struct name_map *map, const char *name) {
    uint32_t mask = map->capacity - 1;
    uint32_t at = (uint32_t)name_hash(name) & mask;
    while (map->slots[at].name && strcmp(map->slots[at].name, name) != 0) {
        at = (at + 1) & mask;
    }
    return &map->slots[at];
}

static void map_grow(struct name_map *map) {
    struct name_map wider = {.capacity = map->capacity ? map->capacity * 2 : CAPACITY_FIRST,
                             .count = map->count};
    wider.slots = calloc(wider.capacity, sizeof *wider.slots);
    if (!wider.slots) {
        abort();
    }
    for (uint32_t i = 0; i < map->capacity; i++) {
        if (map->slots[i].name) {
            *slot_find(&wider, map->slots[i].name) = map->slots[i];
        }
    }
    free(map->slots);
    *map = wider;
}

bool name_map_put(struct name_map *map, const char *name, uint32_t value) {
    if (map->count * 2 >= map->capacity) {
        map_grow(map);
    }
    struct name_slot *slot = slot_find(map, name);
    if (slot->name) {
        return false;
    }
    *slot = (struct name_slot){.name = name, .value = value};
    map->count++;
    return true;
}

bool name_map_get(const struct name_map *map, const char *name, uint32_t *ret_value) {
    if (map->count == 0) {
        return false;
    }
    const struct name_slot *slot = slot_find(map, name);
    if (!slot->name) {
        return false;
    }
    *ret_value = slot->value;
    return true;
}

const char *name_map_key(const struct name_map *map, const char *name) {
    return map->count ? slot_find(map, name)->name : NULL;
}

void name_map_free(struct name_map *map) {
    free(map->slots);
    *map = (struct name_map){0};
}
