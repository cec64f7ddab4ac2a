/* SPDX-License-Identifier: Apache-2.0 */
/* A part owns one arena with copies of its texts and its decoder, and is freed by whoever drops the last reference, on
 * any thread. */
#include "engine/flow/part_state.h"

#include <assert.h>
#include <stdlib.h>

const char *part_name(const struct part *part) {
    return part->info.name;
}

static const char *copy(struct arena *arena, const char *text) {
    return arena_text(arena, slice_of(text ? text : ""));
}

struct part *part_new(const struct part_info *info, const char *pipeline, const char *source) {
    struct part *part = calloc(1, sizeof *part);
    if (!part) {
        abort();
    }
    part->references = 1;
    part->arena = arena_new(NULL, POOL_READ);
    part->info = (struct part_info){
        .name = copy(part->arena, info->name),
        .entry = copy(part->arena, info->entry),
        .ident = copy(part->arena, info->ident),
        .detail = copy(part->arena, info->detail),
        .first = copy(part->arena, info->first),
        .weight_bytes = info->weight_bytes,
    };
    part->id_prefix = slice_of(arena_printf(part->arena, "%s/%s/%s/", pipeline, source, info->name));
    part->mark = "";
    return part;
}

struct part *part_ref(struct part *part) {
    atomic_fetch_add(&part->references, 1);
    return part;
}

void part_unref(struct part *part) {
    if (part && atomic_fetch_sub(&part->references, 1) == 1) {
        assert(!part->reading);
        arena_free(part->arena);
        free(part);
    }
}
