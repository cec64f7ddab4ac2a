/* SPDX-License-Identifier: Apache-2.0 */
/* A hash map from texts to numbers: part names and entries of a plan, open partition paths. It borrows the texts and
 * never removes one. One thread at a time; memory is the plan's size, control plane. */
#ifndef LEAT_CONNECTORS_OBJECT_NAME_MAP_H
#define LEAT_CONNECTORS_OBJECT_NAME_MAP_H

#include <stdbool.h>
#include <stdint.h>

struct name_slot {
    const char *name; /* NULL = empty */
    uint32_t value;
};

/* Zeroed is empty. */
struct name_map {
    struct name_slot *slots;
    uint32_t capacity, count;
};

/* False and the old value stays if the name stands already. */
bool name_map_put(struct name_map *map, const char *name, uint32_t value);
bool name_map_get(const struct name_map *map, const char *name, uint32_t *ret_value);
/* The map's own pointer for that text; NULL = absent. */
const char *name_map_key(const struct name_map *map, const char *name);
void name_map_free(struct name_map *map);

#endif
