/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoints: the folded state as one record, so that a start reads a hundred records at most. Rows that nobody ever
 * touched are in their chunk already; ended ones of a large plan are a bit each. */
#include <stdlib.h>
#include <string.h>

#include "connectors/object/log_record.h"

static const char hex_digits[] = "0123456789abcdef";

static bool is_told_by_bit(const struct log_state *state, const struct log_row *row) {
    return state->rows_count > LOG_FULL_ROWS_MAX && log_row_state(row) == ROW_ENDED;
}

static bool is_untouched(const struct log_row *row) {
    return row->epoch == 0 && !row->stopped && row->aborts == 0 && strcmp(row->next, row->info.first) == 0;
}

static json_t *row_build(const struct log_row *row) {
    char window[512];
    dead_window_print(&row->window, window, sizeof window);
    json_t *json = json_object();
    json_object_set_new(json, "part", log_json_text(row->info.name));
    json_object_set_new(json, "next", log_json_text(row->next));
    json_object_set_new(json, "epoch", json_integer((json_int_t)row->epoch));
    json_object_set_new(json, "owner", log_json_text(row->owner));
    json_object_set_new(json, "counts", log_json_counts(&row->books));
    json_object_set_new(json, "window", log_json_text(window));
    if (row->mark) {
        json_object_set_new(json, "mark", log_json_text(row->mark));
    }
    if (row->stopped) {
        json_object_set_new(json, "stopped", log_json_text(row->reason));
    }
    if (row->aborts) {
        json_object_set_new(json, "aborts", json_integer(row->aborts));
    }
    return json;
}

/* Four rows a hex digit, the first row the lowest bit. */
static json_t *chunk_build(const struct log_state *state, const struct log_chunk *chunk) {
    char *bits = calloc(chunk->count / 4 + 2, 1);
    struct counts ended = chunk->ended;
    uint64_t epoch_max = chunk->epoch_max;
    for (uint32_t i = 0; i < chunk->count; i += 4) {
        unsigned digit = 0;
        for (uint32_t bit = 0; bit < 4 && i + bit < chunk->count; bit++) {
            const struct log_row *row = &state->rows[chunk->first + i + bit];
            if (is_told_by_bit(state, row)) {
                digit |= 1U << bit;
                counts_add(&ended, &row->books);
                epoch_max = row->epoch > epoch_max ? row->epoch : epoch_max;
            }
        }
        bits[i / 4] = hex_digits[digit];
    }
    json_t *json = json_pack("{s:s,s:s,s:I,s:o}", "chunk", chunk->name, "ended", bits, "epoch_max",
                             (json_int_t)epoch_max, "counts", log_json_counts(&ended));
    free(bits);
    return json;
}

static json_t *pending_build(const struct log_state *state, const struct log_pending *pending) {
    json_t *parts = json_array(), *objects = json_array();
    for (uint32_t i = 0; i < pending->rows_count; i++) {
        json_array_append_new(parts, log_json_text(state->rows[pending->rows[i]].info.name));
    }
    for (uint32_t i = 0; i < pending->objects_count; i++) {
        const struct log_object *object = &pending->objects[i];
        json_array_append_new(objects, json_pack("{s:s,s:s,s:I,s:I}", "open", object->token, "name", object->name,
                                                 "bytes", (json_int_t)object->bytes, "rows",
                                                 (json_int_t)object->rows));
    }
    return json_pack("{s:I,s:s,s:o,s:o}", "seq", (json_int_t)pending->seq, "owner", pending->owner, "parts", parts,
                     "objects", objects);
}

json_t *log_checkpoint_build(const struct log_state *state, const char *id) {
    json_t *chunks = json_array(), *rows = json_array(), *pending = json_array();
    for (uint32_t i = 0; i < state->chunks_count; i++) {
        json_array_append_new(chunks, chunk_build(state, &state->chunks[i]));
    }
    for (uint32_t i = 0; i < state->rows_count; i++) {
        if (!is_untouched(&state->rows[i]) && !is_told_by_bit(state, &state->rows[i])) {
            json_array_append_new(rows, row_build(&state->rows[i]));
        }
    }
    for (uint32_t i = 0; i < state->pending_count; i++) {
        json_array_append_new(pending, pending_build(state, &state->pending[i]));
    }
    json_t *record = log_record_new("checkpoint", id, state->me);
    json_object_set_new(record, "started", json_boolean(state->started));
    json_object_set_new(record, "chunks", chunks);
    json_object_set_new(record, "rows", rows);
    json_object_set_new(record, "pending", pending);
    return record;
}

static enum status row_read(struct log_state *state, uint64_t seq, const json_t *json, struct error *error) {
    const char *part, *next, *owner, *text;
    struct log_row *row = NULL;
    if (log_json_read_text(json, "part", &part)) {
        row = log_state_row(state, part);
    }
    if (!row || !log_json_read_text(json, "next", &next) || !next[0] ||
        !log_json_read_text(json, "owner", &owner) || !log_json_read_u64(json, "epoch", &row->epoch)) {
        return log_record_bad(error, seq, "a row without its members or its chunk");
    }
    log_row_text_set(&row->next, next);
    row->owner = log_state_owner(state, owner);
    log_json_read_counts(json, "counts", &row->books);
    if (log_json_read_text(json, "window", &text)) {
        dead_window_parse(text, &row->window);
    }
    if (log_json_read_text(json, "mark", &text)) {
        log_row_text_set(&row->mark, text);
    }
    if (log_json_read_text(json, "stopped", &text)) {
        row->stopped = true;
        log_row_text_set(&row->reason, text);
    }
    uint64_t aborts = 0;
    log_json_read_u64(json, "aborts", &aborts);
    row->aborts = (uint32_t)aborts;
    return STATUS_OK;
}

static enum status bits_read(struct log_state *state, uint64_t seq, const struct log_chunk *chunk,
                             const char *bits, struct error *error) {
    if (strlen(bits) != (chunk->count + 3) / 4) {
        return log_record_bad(error, seq, "a bitmap of another length than its chunk");
    }
    for (uint32_t i = 0; i < chunk->count; i++) {
        const char *digit = strchr(hex_digits, bits[i / 4]);
        if (!digit) {
            return log_record_bad(error, seq, "a bitmap that is not hex");
        }
        if ((unsigned)(digit - hex_digits) >> (i & 3) & 1) {
            struct log_row *row = &state->rows[chunk->first + i];
            log_row_text_set(&row->next, "end");
            row->epoch = chunk->epoch_max;
        }
    }
    return STATUS_OK;
}

static enum status chunk_read(struct log_state *state, uint64_t seq, uint32_t number, const json_t *json,
                              struct error *error) {
    const char *name, *bits;
    if (number >= state->chunks_count || !log_json_read_text(json, "chunk", &name) ||
        strcmp(name, state->chunks[number].name) != 0 || !log_json_read_text(json, "ended", &bits)) {
        return log_record_bad(error, seq, "a chunk that is not in the plan");
    }
    struct log_chunk *chunk = &state->chunks[number];
    log_json_read_u64(json, "epoch_max", &chunk->epoch_max);
    log_json_read_counts(json, "counts", &chunk->ended);
    return bits_read(state, seq, chunk, bits, error);
}

enum status log_checkpoint_read(struct log_state *state, uint64_t seq, const json_t *record, struct error *error) {
    const json_t *chunks = json_object_get(record, "chunks"), *rows = json_object_get(record, "rows");
    const json_t *pending = json_object_get(record, "pending");
    const char *id, *owner;
    if (!json_is_array(chunks) || !json_is_array(rows) || !json_is_array(pending) ||
        !log_json_read_text(record, "id", &id) || !log_json_read_text(record, "owner", &owner)) {
        return log_record_bad(error, seq, "a checkpoint without its members");
    }
    for (size_t i = 0; i < json_array_size(chunks); i++) {
        if (chunk_read(state, seq, (uint32_t)i, json_array_get(chunks, i), error) != STATUS_OK) {
            return STATUS_FAILED;
        }
    }
    for (size_t i = 0; i < json_array_size(rows); i++) {
        if (row_read(state, seq, json_array_get(rows, i), error) != STATUS_OK) {
            return STATUS_FAILED;
        }
    }
    for (size_t i = 0; i < json_array_size(pending); i++) {
        const json_t *item = json_array_get(pending, i);
        uint64_t old = 0;
        if (!log_json_read_u64(item, "seq", &old) || log_pending_read(state, old, item, error) != STATUS_OK) {
            return log_record_bad(error, seq, "an unpublished record without its members");
        }
    }
    state->started = json_is_true(json_object_get(record, "started"));
    state->head = state->checkpoint = seq;
    return STATUS_OK;
}
