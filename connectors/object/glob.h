/* SPDX-License-Identifier: Apache-2.0 */
/* Which files a pattern names: `*`, `?`, `[a-z]` inside a segment, `**` over any number of directories. What a
 * wildcard finds never begins with `_` or `.`; such a name can be spelled out. */
#ifndef LEAT_CONNECTORS_OBJECT_GLOB_H
#define LEAT_CONNECTORS_OBJECT_GLOB_H

#include "engine/base/arena.h"
#include "engine/base/error.h"

struct path_list {
    const char **items;
    uint32_t count, capacity;
};

/* Appends the regular files, unsorted, perhaps twice. A directory that does not exist holds none. */
enum status glob_list(const char *pattern, struct arena *arena, struct path_list *list,
                      struct error *error) MUST_CHECK;
/* Sorted by bytes, each once. */
void path_list_sort(struct path_list *list);

#endif
