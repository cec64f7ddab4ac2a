/* SPDX-License-Identifier: Apache-2.0 */
/* Arbitrary bytes as log records and plan chunks, one a line: folded or refused by name, never more. What was folded
 * can be told by a checkpoint and read back the same. */
#include <stdlib.h>

#include "connectors/object/log_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good) {
    if (!good) {
        abort();
    }
}

static void chunk_fold(struct log_state *state, const json_t *json, struct arena *arena) {
    struct part_list parts;
    struct error error;
    char name[32];
    if (plan_chunk_read(json, arena, &parts, &error) == STATUS_OK && state->chunks_count < 100) {
        snprintf(name, sizeof name, "chunk-%u", state->chunks_count);
        log_state_chunk_add(state, name, &parts);
    }
}

/* False: the log is broken from here on. */
static bool line_fold(struct log_state *state, struct slice line, struct arena *arena) {
    struct error error;
    json_t *json = log_json_parse(line, "line", &error);
    bool good = true;
    if (json && json_object_get(json, "parts") && !json_object_get(json, "kind")) {
        chunk_fold(state, json, arena);
    } else if (json && strcmp(json_string_value(json_object_get(json, "kind"))
                                  ? json_string_value(json_object_get(json, "kind"))
                                  : "",
                              "checkpoint") != 0) {
        good = log_record_fold(state, state->head + 1, json, &error) == STATUS_OK;
    }
    json_decref(json);
    return good;
}

static void checkpoint_check(const struct log_state *state, struct arena *arena) {
    json_t *record = log_checkpoint_build(state, "id");
    struct log_state copy;
    struct error error;
    log_state_init(&copy, "me");
    for (uint32_t i = 0; i < state->chunks_count; i++) {
        const struct log_chunk *chunk = &state->chunks[i];
        struct part_list parts = {.items = arena_alloc(arena, (chunk->count + 1) * sizeof *parts.items),
                                  .count = chunk->count};
        for (uint32_t j = 0; j < chunk->count; j++) {
            parts.items[j] = state->rows[chunk->first + j].info;
        }
        log_state_chunk_add(&copy, chunk->name, &parts);
    }
    check(log_checkpoint_read(&copy, state->head + 1, record, &error) == STATUS_OK);
    check(copy.rows_count == state->rows_count && copy.pending_count == state->pending_count);
    for (uint32_t i = 0; i < copy.rows_count; i++) {
        check(strcmp(copy.rows[i].next, state->rows[i].next) == 0);
        check(copy.rows[i].epoch == state->rows[i].epoch && copy.rows[i].stopped == state->rows[i].stopped);
    }
    json_decref(record);
    log_state_fini(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct log_state state;
    struct arena *arena = arena_new(NULL, POOL_SINK);
    log_state_init(&state, "me");
    bool good = true;
    for (size_t at = 0; good && at < size;) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        size_t len = end ? (size_t)(end - data) - at : size - at;
        good = line_fold(&state, slice_make(data + at, len), arena);
        at += len + 1;
    }
    if (good) {
        checkpoint_check(&state, arena);
    }
    log_state_fini(&state);
    arena_free(arena);
    return 0;
}
