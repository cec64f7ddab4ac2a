/* SPDX-License-Identifier: Apache-2.0 */
/* Rows are found by name through a map and kept in the order of the plan, which is the order of their entries' first
 * appearance in the log: every process that reads the log has the same. */
#include "connectors/object/log_state.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *grow(void *items, uint32_t *capacity, size_t size) {
    *capacity = *capacity ? *capacity * 2 : 16;
    items = realloc(items, *capacity * size);
    assert(items);
    return items;
}

void log_state_init(struct log_state *state, const char *me) {
    *state = (struct log_state){.arena = arena_new(NULL, POOL_SINK)};
    state->me = log_state_owner(state, me);
}

static void pending_free(struct log_pending *pending) {
    for (uint32_t i = 0; i < pending->objects_count; i++) {
        free(pending->objects[i].token);
        free(pending->objects[i].name);
    }
    free(pending->objects);
    free(pending->rows);
}

void log_state_fini(struct log_state *state) {
    for (uint32_t i = 0; i < state->rows_count; i++) {
        free(state->rows[i].next);
        free(state->rows[i].mark);
        free(state->rows[i].reason);
    }
    for (uint32_t i = 0; i < state->chunks_count; i++) {
        free(state->chunks[i].name);
    }
    for (uint32_t i = 0; i < state->pending_count; i++) {
        pending_free(&state->pending[i]);
    }
    free(state->rows);
    free(state->chunks);
    free(state->pending);
    name_map_free(&state->names);
    name_map_free(&state->entries);
    name_map_free(&state->owners);
    arena_free(state->arena);
    *state = (struct log_state){0};
}

struct log_row *log_state_row(const struct log_state *state, const char *part) {
    uint32_t at;
    return name_map_get(&state->names, part, &at) ? &state->rows[at] : NULL;
}

bool log_state_knows_entry(const struct log_state *state, const char *entry) {
    uint32_t at;
    return name_map_get(&state->entries, entry, &at);
}

/* The row that bears a file's name, or that of its first split, is found at once; any other is
 * searched for in its chunk. */
const struct log_row *log_state_entry_row(const struct log_state *state, const char *entry) {
    uint32_t at;
    char split[PART_NAME_MAX + 1];
    snprintf(split, sizeof split, "%s#0", entry);
    if ((name_map_get(&state->names, entry, &at) || name_map_get(&state->names, split, &at)) &&
        strcmp(state->rows[at].info.entry, entry) == 0) {
        return &state->rows[at];
    }
    uint32_t number;
    if (!name_map_get(&state->entries, entry, &number)) {
        return NULL;
    }
    const struct log_chunk *chunk = &state->chunks[number];
    for (uint32_t i = chunk->first; i < chunk->first + chunk->count; i++) {
        if (strcmp(state->rows[i].info.entry, entry) == 0) {
            return &state->rows[i];
        }
    }
    return NULL;
}

const char *log_state_owner(struct log_state *state, const char *owner) {
    if (!owner[0]) {
        return "";
    }
    const char *known = name_map_key(&state->owners, owner);
    if (!known) {
        known = arena_text(state->arena, slice_of(owner));
        name_map_put(&state->owners, known, 0);
    }
    return known;
}

bool log_state_has_id(const struct log_state *state, const char *id) {
    uint32_t kept = state->ids_count < LOG_IDS_KEPT ? state->ids_count : LOG_IDS_KEPT;
    for (uint32_t i = 0; i < kept; i++) {
        if (strcmp(state->ids[i], id) == 0) {
            return true;
        }
    }
    return false;
}

void log_state_id_add(struct log_state *state, const char *id) {
    snprintf(state->ids[state->ids_count++ % LOG_IDS_KEPT], LOG_ID_MAX, "%s", id);
}

enum row_state log_row_state(const struct log_row *row) {
    if (row->stopped) {
        return ROW_STOPPED;
    }
    return strcmp(row->next, "end") == 0 ? ROW_ENDED : ROW_OPEN;
}

bool log_state_holds(const struct log_state *state, const char *owner) {
    for (uint32_t i = 0; i < state->rows_count; i++) {
        if (strcmp(state->rows[i].owner, owner) == 0 && log_row_state(&state->rows[i]) == ROW_OPEN) {
            return true;
        }
    }
    return false;
}

void log_row_text_set(char **field, const char *text) {
    char *copy = text && text[0] ? strdup(text) : NULL;
    free(*field);
    *field = copy;
}

static const char *name_copy(struct log_state *state, const char *text) {
    return arena_text(state->arena, slice_of(text ? text : ""));
}

static void row_add(struct log_state *state, const struct part_info *info, const char *entry, uint32_t chunk) {
    if (state->rows_count == state->rows_capacity) {
        state->rows = grow(state->rows, &state->rows_capacity, sizeof *state->rows);
    }
    struct log_row *row = &state->rows[state->rows_count];
    *row = (struct log_row){.owner = "", .chunk = chunk};
    row->info = (struct part_info){.name = name_copy(state, info->name),
                                   .entry = entry,
                                   .ident = name_copy(state, info->ident),
                                   .detail = name_copy(state, info->detail),
                                   .first = name_copy(state, info->first),
                                   .weight_bytes = info->weight_bytes};
    log_row_text_set(&row->next, info->first);
    if (name_map_put(&state->names, row->info.name, state->rows_count)) {
        state->rows_count++;
    } else { /* two entries gave one name: the first stands */
        free(row->next);
    }
}

struct log_chunk *log_state_chunk_add(struct log_state *state, const char *name, const struct part_list *parts) {
    if (state->chunks_count == state->chunks_capacity) {
        state->chunks = grow(state->chunks, &state->chunks_capacity, sizeof *state->chunks);
    }
    uint32_t number = state->chunks_count++;
    struct log_chunk *chunk = &state->chunks[number];
    *chunk = (struct log_chunk){.name = strdup(name), .first = state->rows_count};
    for (uint32_t i = 0; i < parts->count; i++) {
        const struct part_info *info = &parts->items[i];
        uint32_t at;
        bool known = name_map_get(&state->entries, info->entry, &at);
        if (known && at != number) {
            continue; /* stands by an older chunk */
        }
        const char *entry = known ? state->rows[state->rows_count - 1].info.entry : name_copy(state, info->entry);
        if (!known) {
            name_map_put(&state->entries, entry, number);
        } else if (strcmp(entry, info->entry) != 0) {
            entry = name_copy(state, info->entry);
        }
        row_add(state, info, entry, number);
    }
    chunk->count = state->rows_count - chunk->first;
    return chunk;
}

const struct log_chunk *log_state_chunk_find(const struct log_state *state, const char *name) {
    for (uint32_t i = 0; i < state->chunks_count; i++) {
        if (strcmp(state->chunks[i].name, name) == 0) {
            return &state->chunks[i];
        }
    }
    return NULL;
}

void log_state_pending_add(struct log_state *state, const struct log_pending *pending) {
    if (state->pending_count == state->pending_capacity) {
        state->pending = grow(state->pending, &state->pending_capacity, sizeof *state->pending);
    }
    struct log_pending *copy = &state->pending[state->pending_count++];
    *copy = *pending;
    copy->rows = malloc((pending->rows_count + 1) * sizeof *copy->rows);
    copy->objects = calloc(pending->objects_count + 1, sizeof *copy->objects);
    assert(copy->rows && copy->objects);
    if (pending->rows_count) {
        memcpy(copy->rows, pending->rows, pending->rows_count * sizeof *copy->rows);
    }
    for (uint32_t i = 0; i < pending->objects_count; i++) {
        copy->objects[i] = pending->objects[i];
        copy->objects[i].token = strdup(pending->objects[i].token);
        copy->objects[i].name = strdup(pending->objects[i].name);
    }
}

void log_state_pending_remove(struct log_state *state, uint64_t seq) {
    for (uint32_t i = 0; i < state->pending_count; i++) {
        if (state->pending[i].seq == seq) {
            pending_free(&state->pending[i]);
            memmove(&state->pending[i], &state->pending[i + 1],
                    (--state->pending_count - i) * sizeof *state->pending);
            return;
        }
    }
}
