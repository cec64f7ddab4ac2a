/* SPDX-License-Identifier: Apache-2.0 */
/* Records other than checkpoints. Every writer has read the whole log before it puts the next number, so each record
 * agrees with what stands before it; one that does not was edited by hand: `log-inconsistent`. */
#include "connectors/object/log_record.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/io.h"

json_t *log_json_text(const char *text) {
    json_t *json = json_string(text ? text : "");
    if (json) {
        return json;
    }
    char *copy = strdup(text);
    for (char *at = copy; *at; at++) {
        *at = (unsigned char)*at < 0x80 ? *at : '?';
    }
    json = json_string(copy);
    free(copy);
    return json;
}

json_t *log_record_new(const char *kind, const char *id, const char *owner) {
    return json_pack("{s:i,s:s,s:s,s:s}", "v", LOG_VERSION, "kind", kind, "id", id, "owner", owner);
}

json_t *log_json_counts(const struct counts *counts) {
    return json_pack("[I,I,I,I]", (json_int_t)counts->in, (json_int_t)counts->delivered,
                     (json_int_t)counts->filtered, (json_int_t)counts->dead_letter);
}

json_t *log_json_parse(struct slice text, const char *what, struct error *error) {
    json_error_t where;
    json_t *json = json_loadb(text.data ? text.data : "", text.len, JSON_REJECT_DUPLICATES, &where);
    uint64_t version = 0;
    if (!json || !json_is_object(json)) {
        error_set(error, ERROR_PERMANENT, "log-unreadable", "%s is no JSON object (%s): restore it from a backup",
                  what, json ? "another type" : where.text);
    } else if (!log_json_read_u64(json, "v", &version) || version != LOG_VERSION) {
        error_set(error, ERROR_PERMANENT, "log-version", "%s has format version %llu, this program knows %d", what,
                  (unsigned long long)version, LOG_VERSION);
    } else {
        return json;
    }
    json_decref(json);
    return NULL;
}

char *log_json_print(const json_t *json) {
    char *text = json_dumps(json, JSON_COMPACT);
    if (!text) {
        abort();
    }
    return text;
}

bool log_json_read_text(const json_t *json, const char *key, const char **ret) {
    const json_t *value = json_object_get(json, key);
    if (!json_is_string(value)) {
        return false;
    }
    *ret = json_string_value(value);
    return true;
}

bool log_json_read_u64(const json_t *json, const char *key, uint64_t *ret) {
    const json_t *value = json_object_get(json, key);
    if (!json_is_integer(value) || json_integer_value(value) < 0) {
        return false;
    }
    *ret = (uint64_t)json_integer_value(value);
    return true;
}

void log_json_read_counts(const json_t *json, const char *key, struct counts *ret) {
    const json_t *list = json_object_get(json, key);
    uint64_t *fields[] = {&ret->in, &ret->delivered, &ret->filtered, &ret->dead_letter};
    *ret = (struct counts){0};
    for (size_t i = 0; i < 4 && i < json_array_size(list); i++) {
        json_int_t value = json_integer_value(json_array_get(list, i));
        *fields[i] = value > 0 ? (uint64_t)value : 0;
    }
}

json_t *plan_chunk_build(const struct part_list *parts) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < parts->count; i++) {
        const struct part_info *info = &parts->items[i];
        json_t *item = json_object();
        json_object_set_new(item, "part", log_json_text(info->name));
        json_object_set_new(item, "entry", log_json_text(info->entry));
        json_object_set_new(item, "ident", log_json_text(info->ident));
        json_object_set_new(item, "detail", log_json_text(info->detail));
        json_object_set_new(item, "first", log_json_text(info->first ? info->first : "start"));
        json_object_set_new(item, "bytes", json_integer((json_int_t)info->weight_bytes));
        json_array_append_new(list, item);
    }
    return json_pack("{s:i,s:o}", "v", LOG_VERSION, "parts", list);
}

enum status plan_chunk_read(const json_t *json, struct arena *arena, struct part_list *ret, struct error *error) {
    const json_t *list = json_object_get(json, "parts");
    size_t count = json_array_size(list);
    struct part_info *items = arena_alloc(arena, (count + 1) * sizeof *items);
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(list, i);
        struct part_info *info = &items[i];
        if (!log_json_read_text(item, "part", &info->name) || !log_json_read_text(item, "entry", &info->entry) ||
            !log_json_read_text(item, "ident", &info->ident) || !log_json_read_text(item, "detail", &info->detail) ||
            !log_json_read_text(item, "first", &info->first) ||
            !log_json_read_u64(item, "bytes", &info->weight_bytes) || !info->first[0]) {
            return error_set(error, ERROR_PERMANENT, "log-unreadable", "part %zu of a plan chunk is not readable", i);
        }
    }
    *ret = (struct part_list){.items = items, .count = (uint32_t)count};
    return STATUS_OK;
}

enum status log_record_bad(struct error *error, uint64_t seq, const char *what) {
    return error_set(error, ERROR_PERMANENT, "log-inconsistent",
                     "record %llu of the commit log contradicts what stands before it (%s): it was edited; restore "
                     "it from a backup",
                     (unsigned long long)seq, what);
}

static void window_read(const json_t *item, struct dead_window *ret) {
    const char *text;
    if (log_json_read_text(item, "window", &text)) {
        dead_window_parse(text, ret);
    }
}

static enum status move_fold(struct log_state *state, uint64_t seq, const json_t *item, const char *owner,
                             struct error *error) {
    const char *part, *from, *to, *mark;
    uint64_t epoch;
    if (!log_json_read_text(item, "part", &part) || !log_json_read_text(item, "from", &from) ||
        !log_json_read_text(item, "to", &to) || !log_json_read_u64(item, "epoch", &epoch) || !to[0]) {
        return log_record_bad(error, seq, "a part without its members");
    }
    struct log_row *row = log_state_row(state, part);
    if (!row || row->epoch != epoch || strcmp(row->owner, owner) != 0 || strcmp(row->next, from) != 0) {
        return log_record_bad(error, seq, part);
    }
    struct counts counts;
    log_json_read_counts(item, "counts", &counts);
    counts_add(&row->books, &counts);
    window_read(item, &row->window);
    log_row_text_set(&row->next, to);
    row->aborts = 0;
    if (log_json_read_text(item, "mark", &mark)) {
        log_row_text_set(&row->mark, mark);
    }
    return STATUS_OK;
}

static bool object_read(const json_t *json, struct log_object *ret) {
    const char *token, *name;
    if (!log_json_read_text(json, "open", &token) || !log_json_read_text(json, "name", &name) ||
        !log_json_read_u64(json, "bytes", &ret->bytes) || !log_json_read_u64(json, "rows", &ret->rows)) {
        return false;
    }
    ret->token = (char *)(uintptr_t)token; /* copied by log_state_pending_add */
    ret->name = (char *)(uintptr_t)name;
    return true;
}

/* A part is a text, or an object with a member `part`. */
static const struct log_row *pending_row(const struct log_state *state, const json_t *json) {
    const char *part = json_string_value(json);
    return part || log_json_read_text(json, "part", &part) ? log_state_row(state, part) : NULL;
}

enum status log_pending_read(struct log_state *state, uint64_t seq, const json_t *json, struct error *error) {
    const json_t *parts = json_object_get(json, "parts"), *objects = json_object_get(json, "objects");
    const char *owner;
    if (!log_json_read_text(json, "owner", &owner)) {
        return log_record_bad(error, seq, "an unpublished record without its owner");
    }
    struct log_pending pending = {.seq = seq, .owner = log_state_owner(state, owner), .seen_us = io_now_us()};
    pending.rows = malloc((json_array_size(parts) + 1) * sizeof *pending.rows);
    pending.objects = calloc(json_array_size(objects) + 1, sizeof *pending.objects);
    for (size_t i = 0; i < json_array_size(parts); i++) {
        const struct log_row *row = pending_row(state, json_array_get(parts, i));
        if (row) {
            pending.rows[pending.rows_count++] = (uint32_t)(row - state->rows);
        }
    }
    bool whole = true;
    for (size_t i = 0; whole && i < json_array_size(objects); i++) {
        whole = object_read(json_array_get(objects, i), &pending.objects[pending.objects_count++]);
    }
    if (whole && pending.objects_count) {
        log_state_pending_add(state, &pending);
    }
    free(pending.rows);
    free(pending.objects);
    return whole ? STATUS_OK : log_record_bad(error, seq, "an object without its members");
}

static enum status commit_fold(struct log_state *state, uint64_t seq, const json_t *record, const char *owner,
                               struct error *error) {
    const json_t *parts = json_object_get(record, "parts");
    for (size_t i = 0; i < json_array_size(parts); i++) {
        if (move_fold(state, seq, json_array_get(parts, i), owner, error) != STATUS_OK) {
            return STATUS_FAILED;
        }
    }
    return log_pending_read(state, seq, record, error);
}

/* claim: epoch is the new one; release: the one that is given back. */
static enum status owners_fold(struct log_state *state, uint64_t seq, const json_t *record, const char *owner,
                               struct error *error) {
    const char *kind = json_string_value(json_object_get(record, "kind"));
    bool claim = strcmp(kind, "claim") == 0;
    const json_t *parts = json_object_get(record, "parts");
    for (size_t i = 0; i < json_array_size(parts); i++) {
        const char *part;
        uint64_t epoch;
        const json_t *item = json_array_get(parts, i);
        if (!log_json_read_text(item, "part", &part) || !log_json_read_u64(item, "epoch", &epoch)) {
            return log_record_bad(error, seq, "a part without its members");
        }
        struct log_row *row = log_state_row(state, part);
        if (!row || (claim ? epoch <= row->epoch : epoch != row->epoch || strcmp(row->owner, owner) != 0)) {
            return log_record_bad(error, seq, part);
        }
        row->epoch = epoch;
        row->owner = claim ? log_state_owner(state, owner) : "";
    }
    return STATUS_OK;
}

static void row_take(struct log_row *row, const char *next) {
    row->epoch++;
    row->owner = "";
    row->stopped = false;
    row->aborts = 0;
    row->window = (struct dead_window){0};
    log_row_text_set(&row->reason, NULL);
    if (next) {
        log_row_text_set(&row->next, next);
    }
}

static void row_reset(struct log_row *row) {
    row_take(row, row->info.first);
    row->books = (struct counts){0};
    log_row_text_set(&row->mark, NULL);
}

static void note_apply(struct log_row *row, const char *note, const char *reason, const char *next) {
    if (strcmp(note, "stop") == 0) {
        row->stopped = true;
        row->owner = "";
        log_row_text_set(&row->reason, reason);
    } else if (strcmp(note, "abort") == 0) {
        if (++row->aborts >= LOG_ABORTS_MAX && !row->stopped) {
            row->stopped = true;
            row->owner = "";
            log_row_text_set(&row->reason, "repeated-abort: the process was aborted three times at this position");
        }
    } else if (strcmp(note, "reset") == 0) {
        row_reset(row);
    } else { /* resume, skip, set */
        row_take(row, next);
        if (next) {
            log_row_text_set(&row->mark, NULL); /* hashes of the old position */
        }
    }
}

static enum status note_fold(struct log_state *state, uint64_t seq, const json_t *record, struct error *error) {
    const char *note, *part = NULL, *reason = "", *next = NULL;
    if (!log_json_read_text(record, "note", &note)) {
        return log_record_bad(error, seq, "a note without its kind");
    }
    log_json_read_text(record, "part", &part);
    log_json_read_text(record, "reason", &reason);
    log_json_read_text(record, "next", &next);
    if (next && !next[0]) {
        return log_record_bad(error, seq, "a note with an empty position");
    }
    if (part) {
        struct log_row *row = log_state_row(state, part);
        if (!row) {
            return log_record_bad(error, seq, part);
        }
        note_apply(row, note, reason, next);
        return STATUS_OK;
    }
    for (uint32_t i = 0; i < state->rows_count; i++) {
        note_apply(&state->rows[i], note, reason, next);
    }
    for (uint32_t i = 0; i < state->chunks_count && strcmp(note, "reset") == 0; i++) {
        state->chunks[i].ended = (struct counts){0};
    }
    return STATUS_OK;
}

static void published_fold(struct log_state *state, const json_t *record) {
    const json_t *list = json_object_get(record, "published");
    for (size_t i = 0; i < json_array_size(list); i++) {
        log_state_pending_remove(state, (uint64_t)json_integer_value(json_array_get(list, i)));
    }
}

enum status log_record_fold(struct log_state *state, uint64_t seq, const json_t *record, struct error *error) {
    const char *kind, *owner, *id;
    if (!log_json_read_text(record, "kind", &kind) || !log_json_read_text(record, "owner", &owner) ||
        !log_json_read_text(record, "id", &id)) {
        return log_record_bad(error, seq, "kind, id or owner is missing");
    }
    enum status status = STATUS_OK;
    if (strcmp(kind, "commit") == 0) {
        status = commit_fold(state, seq, record, owner, error);
    } else if (strcmp(kind, "claim") == 0 || strcmp(kind, "release") == 0) {
        status = owners_fold(state, seq, record, owner, error);
    } else if (strcmp(kind, "note") == 0) {
        status = note_fold(state, seq, record, error);
    } else if (strcmp(kind, "plan") == 0) {
        state->started |= json_is_true(json_object_get(record, "started"));
    } else if (strcmp(kind, "barrier") != 0 && strcmp(kind, "checkpoint") != 0) {
        status = log_record_bad(error, seq, "unknown kind");
    }
    if (status != STATUS_OK) {
        return status;
    }
    published_fold(state, record);
    if (strcmp(owner, state->me) == 0) {
        log_state_id_add(state, id);
    }
    state->head = seq;
    return STATUS_OK;
}
