/* SPDX-License-Identifier: Apache-2.0 */
/* Every call reads the log to its head first; what changes a row appends a record whose build looks at the rows again
 * after each foreign one. renew alone never waits for the log: it writes this process's file and lists the others. */
#include "connectors/object/object_ledger.h"

#include <assert.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/object/object.h"
#include "connectors/object/template.h"
#include "engine/base/io.h"

enum { PLAN_CHUNK_PARTS = 5000, CLEAN_EVERY_RENEWALS = 60 };

static struct object_ledger *self(struct ledger *ledger) {
    return (struct object_ledger *)ledger;
}

/* --- life ---------------------------------------------------------------------------------------------------- */

static enum status process_put(struct store *store, const char *owner, struct error *error) {
    return store->ops->put(store, STORE_PROCESS, owner, SLICE_LITERAL("{\"v\":1}"), error);
}

static void names_free(struct object_ledger *ledger) {
    free(ledger->name);
    free(ledger->pipeline);
    free(ledger->source);
    free(ledger->sink);
}

struct letter_place object_ledger_place(const struct object_ledger *ledger, const char *part) {
    return (struct letter_place){
        .pipeline = ledger->pipeline, .source = ledger->source, .sink = ledger->sink, .part = part};
}

static enum status file_open(struct ledger *base, const struct ledger_identity *identity, int64_t deadline_us,
                             struct error *error) {
    struct object_ledger *ledger = self(base);
    assert(!ledger->log);
    (void)deadline_us;
    struct arena *arena = arena_new(NULL, POOL_SINK);
    const char *pipeline = path_escape(identity->pipeline, arena), *source = path_escape(identity->source, arena),
               *sink = path_escape(identity->sink, arena);
    struct store_place place = {.root = ledger->root,
                                .prefix = arena_printf(arena, "_leat/%s/%s/%s", pipeline, source, sink),
                                .owner = identity->owner};
    names_free(ledger);
    ledger->pipeline = strdup(identity->pipeline);
    ledger->source = strdup(identity->source);
    ledger->sink = strdup(identity->sink);
    ledger->name = strdup(arena_printf(arena, "%.60s-%.60s-%.60s", pipeline, sink, source));
    struct store *store;
    enum status status = ledger->store_open(&place, &store, error);
    arena_free(arena);
    if (status != STATUS_OK) {
        return status;
    }
    struct log *log;
    if (process_put(store, identity->owner, error) != STATUS_OK) {
        store->ops->close(store);
        return STATUS_FAILED;
    }
    if (log_open(store, identity, &log, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    /* What others left: tried here, again with every renewal. */
    struct error ignored;
    if (log_publish(log, NULL, 0, 0, &ignored) != STATUS_OK || log_clean(log, &ignored) != STATUS_OK) {
        log_report("object-leftovers", &ignored);
    }
    ledger->log = log;
    return STATUS_OK;
}

static void file_close(struct ledger *base) {
    struct object_ledger *ledger = self(base);
    if (!ledger->log) {
        return;
    }
    struct error ignored;
    struct store *store = ledger->log->store;
    if (store->ops->remove(store, STORE_PROCESS, ledger->log->owner, &ignored) != STATUS_OK) {
        log_report("object-process-file", &ignored); /* it grows old: the same in the end */
    }
    log_close(ledger->log);
    ledger->log = NULL;
}

/* Locked and at the head, or failed and unlocked. */
static enum status enter(struct object_ledger *ledger, struct error *error) {
    assert(ledger->log);
    log_lock(ledger->log);
    if (log_refresh(ledger->log, error) != STATUS_OK) {
        log_unlock(ledger->log);
        return STATUS_FAILED;
    }
    return STATUS_OK;
}

/* --- the plan ------------------------------------------------------------------------------------------------ */

static enum status file_plan_known(struct ledger *base, const char *const *entries, uint32_t count, bool *ret_known,
                                   int64_t deadline_us, struct error *error) {
    (void)deadline_us;
    struct object_ledger *ledger = self(base);
    if (enter(ledger, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    for (uint32_t i = 0; i < count; i++) {
        ret_known[i] = log_state_knows_entry(&ledger->log->state, entries[i]);
    }
    log_unlock(ledger->log);
    return STATUS_OK;
}

static enum status file_plan_ident(struct ledger *base, const char *entry, struct arena *arena,
                                   const char **ret_ident, int64_t deadline_us, struct error *error) {
    (void)deadline_us;
    struct object_ledger *ledger = self(base);
    if (enter(ledger, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    const struct log_row *row = log_state_entry_row(&ledger->log->state, entry);
    *ret_ident = row ? arena_text(arena, slice_of(row->info.ident)) : NULL;
    log_unlock(ledger->log);
    return STATUS_OK;
}

/* Named by what is in it: a chunk that stands already is the same. */
static enum status chunk_put(struct log *log, const struct part_list *parts, json_t *names, struct error *error) {
    json_t *json = plan_chunk_build(parts);
    char *text = log_json_print(json);
    json_decref(json);
    uint8_t hash[SHA256_DIGEST_LENGTH];
    char name[48];
    SHA256((const unsigned char *)text, strlen(text), hash);
    for (int i = 0; i < 16; i++) {
        snprintf(name + i * 2, sizeof name - (size_t)i * 2, "%02x%s", hash[i], i == 15 ? ".json" : "");
    }
    enum put_result result = log->store->ops->put_new(log->store, STORE_PLAN, name, slice_of(text), error);
    free(text);
    json_array_append_new(names, json_string(name));
    return result == PUT_DONE || result == PUT_EXISTS ? STATUS_OK : STATUS_FAILED;
}

static enum status chunks_put(struct log *log, const struct part_list *parts, json_t *names, struct error *error) {
    for (uint32_t first = 0; first < parts->count;) {
        uint32_t end = first, from = first;
        while (end < parts->count &&
               (end - first < PLAN_CHUNK_PARTS || strcmp(parts->items[end].entry, parts->items[end - 1].entry) == 0)) {
            end++;
        }
        struct part_list chunk = {.items = parts->items + from, .count = end - from};
        if (chunk_put(log, &chunk, names, error) != STATUS_OK) {
            return STATUS_FAILED;
        }
        first = end;
    }
    return STATUS_OK;
}

struct plan_context {
    const struct part_list *parts; /* entries that did not stand */
    const char *id;
    json_t *names;
    bool started;
};

static json_t *plan_build(void *context, struct log *log) {
    const struct plan_context *plan = context;
    bool news = plan->started && !log->state.started;
    for (uint32_t i = 0; i < plan->parts->count && !news; i++) {
        news = !log_state_knows_entry(&log->state, plan->parts->items[i].entry);
    }
    if (!news) {
        return NULL;
    }
    json_t *record = log_record_new("plan", plan->id, log->owner);
    json_object_set(record, "chunks", plan->names);
    json_object_set_new(record, "started", json_boolean(plan->started));
    return record;
}

static enum status file_plan_put(struct ledger *base, const struct part_list *parts, bool started,
                                 int64_t deadline_us, struct error *error) {
    struct object_ledger *ledger = self(base);
    if (enter(ledger, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    struct log *log = ledger->log;
    struct part_list fresh = {.items = arena_alloc(log->scratch, (parts->count + 1) * sizeof *fresh.items)};
    for (uint32_t i = 0; i < parts->count; i++) {
        if (!log_state_knows_entry(&log->state, parts->items[i].entry)) {
            fresh.items[fresh.count++] = parts->items[i];
        }
    }
    char id[LOG_ID_MAX];
    log_id_new(log, id);
    struct plan_context plan = {.parts = &fresh, .id = id, .names = json_array(), .started = started};
    struct log_append append = {
        .id = id, .build = plan_build, .context = &plan, .deadline_us = deadline_us};
    enum status status = chunks_put(log, &fresh, plan.names, error);
    if (status == STATUS_OK) {
        status = log_append_settled(log, &append, error);
    }
    json_decref(plan.names);
    log_checkpoint(log);
    log_unlock(log);
    return status;
}

/* --- reading ------------------------------------------------------------------------------------------------- */

static const char *copy(struct arena *arena, const char *text) {
    return arena_text(arena, slice_of(text ? text : ""));
}

static void row_read(const struct log_row *row, const struct store_entries *processes, struct arena *arena,
                     struct ledger_row *ret) {
    *ret = (struct ledger_row){
        .info = {.name = copy(arena, row->info.name),
                 .entry = copy(arena, row->info.entry),
                 .ident = copy(arena, row->info.ident),
                 .detail = copy(arena, row->info.detail),
                 .first = copy(arena, row->info.first),
                 .weight_bytes = row->info.weight_bytes},
        .next = copy(arena, row->next),
        .mark = copy(arena, row->mark),
        .owner = copy(arena, row->owner),
        .owner_age_us = log_owner_age(processes, row->owner),
        .epoch = row->epoch,
        .state = log_row_state(row),
        .reason = copy(arena, row->reason),
        .books = row->books,
        .window = row->window,
    };
}

static enum status processes_list(struct log *log, struct store_entries *ret, struct error *error) {
    return log->store->ops->list(log->store, STORE_PROCESS, log->scratch, ret, error);
}

/* Published by then: everything, when nothing is left to do; else what waits longer than a lease. */
static enum status totals_publish(struct log *log, struct ledger_totals *totals, struct error *error) {
    bool last = totals->open == 0;
    enum status status = log_publish(log, NULL, 0, last ? 0 : log->lease_us, error);
    totals->all_visible = true;
    for (uint32_t i = 0; i < log->state.pending_count; i++) {
        totals->all_visible &= log->state.pending[i].published;
    }
    return last ? status : STATUS_OK;
}

static enum status file_totals(struct ledger *base, struct ledger_totals *ret, int64_t deadline_us,
                               struct error *error) {
    (void)deadline_us;
    struct object_ledger *ledger = self(base);
    if (enter(ledger, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    struct log *log = ledger->log;
    struct ledger_totals totals = {.started = log->state.started};
    struct store_entries processes;
    enum status status = processes_list(log, &processes, error);
    for (uint32_t i = 0; status == STATUS_OK && i < log->state.rows_count; i++) {
        const struct log_row *row = &log->state.rows[i];
        enum row_state state = log_row_state(row);
        totals.parts++;
        totals.open += state == ROW_OPEN;
        totals.stopped += state == ROW_STOPPED;
        totals.ended += state == ROW_ENDED;
        totals.open_elsewhere += state == ROW_OPEN && row->owner[0] && strcmp(row->owner, log->owner) != 0 &&
                                 !owner_is_dead_here(row->owner) &&
                                 log_owner_age(&processes, row->owner) <= log->lease_us;
        counts_add(&totals.books, &row->books);
    }
    for (uint32_t i = 0; i < log->state.chunks_count; i++) {
        counts_add(&totals.books, &log->state.chunks[i].ended);
    }
    if (status == STATUS_OK) {
        status = totals_publish(log, &totals, error);
    }
    log_unlock(log);
    if (status == STATUS_OK) {
        *ret = totals;
    }
    return status;
}

static bool is_free(const struct log_row *row, const struct ledger_query *query,
                    const struct store_entries *processes) {
    if (log_row_state(row) != ROW_OPEN) {
        return false;
    }
    for (uint32_t i = 0; i < query->dead_owners_count; i++) {
        if (strcmp(row->owner, query->dead_owners[i]) == 0) {
            return true;
        }
    }
    return !row->owner[0] || log_owner_age(processes, row->owner) > query->lease_us;
}

static int rows_compare(const void *a, const void *b) {
    return strcmp(((const struct ledger_row *)a)->info.name, ((const struct ledger_row *)b)->info.name);
}

static enum status file_query(struct ledger *base, const struct ledger_query *query, struct arena *arena,
                              struct ledger_rows *ret, int64_t deadline_us, struct error *error) {
    (void)deadline_us;
    struct object_ledger *ledger = self(base);
    if (enter(ledger, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    const struct log_state *state = &ledger->log->state;
    struct store_entries processes;
    enum status status = processes_list(ledger->log, &processes, error);
    uint32_t most = query->rows_max && query->rows_max < state->rows_count ? query->rows_max : state->rows_count;
    struct ledger_rows rows = {.items = arena_alloc(arena, (most + 1) * sizeof *rows.items)};
    for (uint32_t i = 0; status == STATUS_OK && i < state->rows_count && rows.count < most; i++) {
        if (query->all || is_free(&state->rows[i], query, &processes)) {
            row_read(&state->rows[i], &processes, arena, &rows.items[rows.count++]);
        }
    }
    log_unlock(ledger->log);
    if (status == STATUS_OK) {
        qsort(rows.items, rows.count, sizeof *rows.items, rows_compare);
        *ret = rows;
    }
    return status;
}

static enum status file_rows(struct ledger *base, const char *const *parts, uint32_t count, struct arena *arena,
                             struct ledger_rows *ret, int64_t deadline_us, struct error *error) {
    (void)deadline_us;
    struct object_ledger *ledger = self(base);
    if (enter(ledger, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    struct store_entries processes;
    enum status status = processes_list(ledger->log, &processes, error);
    struct ledger_rows rows = {.items = arena_zalloc(arena, (count + 1) * sizeof *rows.items), .count = count};
    for (uint32_t i = 0; status == STATUS_OK && i < count; i++) {
        const struct log_row *row = log_state_row(&ledger->log->state, parts[i]);
        if (row) {
            row_read(row, &processes, arena, &rows.items[i]);
        }
    }
    log_unlock(ledger->log);
    if (status == STATUS_OK) {
        *ret = rows;
    }
    return status;
}

/* --- ownership ----------------------------------------------------------------------------------------------- */

struct claim_context {
    struct claim *claims;
    uint32_t count;
    const char *id;
};

static enum claim_result claim_judge(const struct claim *claim, const struct log_row *row) {
    if (!row) {
        return CLAIM_ABSENT;
    }
    switch (log_row_state(row)) {
    case ROW_STOPPED:
        return CLAIM_STOPPED;
    case ROW_ENDED:
        return CLAIM_ENDED;
    case ROW_OPEN:
        break;
    }
    return row->epoch == claim->expected_epoch ? CLAIM_WON : CLAIM_HELD;
}

static json_t *claim_build(void *context, struct log *log) {
    struct claim_context *call = context;
    json_t *parts = json_array();
    for (uint32_t i = 0; i < call->count; i++) {
        struct claim *claim = &call->claims[i];
        const struct log_row *row = log_state_row(&log->state, claim->part);
        claim->result = claim_judge(claim, row);
        if (claim->result == CLAIM_WON) {
            uint64_t epoch = row->epoch + 1 > log->epoch_floor ? row->epoch + 1 : log->epoch_floor;
            json_array_append_new(parts, json_pack("{s:s,s:I,s:s}", "part", row->info.name, "epoch",
                                                   (json_int_t)epoch, "next", row->next));
        }
    }
    if (json_array_size(parts) == 0) {
        json_decref(parts);
        return NULL;
    }
    json_t *record = log_record_new("claim", call->id, log->owner);
    json_object_set_new(record, "parts", parts);
    return record;
}

/* Rows as they stand, and what older owners committed of them becomes visible. */
static void claims_read(struct log *log, struct claim *claims, uint32_t count, struct arena *arena) {
    struct store_entries none = {0};
    uint32_t *won = arena_alloc(log->scratch, (count + 1) * sizeof *won), won_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct log_row *row = log_state_row(&log->state, claims[i].part);
        if (row) {
            row_read(row, &none, arena, &claims[i].row);
        }
        if (row && claims[i].result == CLAIM_WON) {
            claims[i].row.owner_age_us = 0;
            won[won_count++] = (uint32_t)(row - log->state.rows);
        }
    }
    struct error ignored;
    if (won_count && log_publish(log, won, won_count, INT64_MAX, &ignored) != STATUS_OK) {
        log_report("object-publish", &ignored); /* tried again with every commit and renewal */
    }
}

static enum status file_claim(struct ledger *base, struct claim *claims, uint32_t count, struct arena *arena,
                              int64_t deadline_us, struct error *error) {
    struct object_ledger *ledger = self(base);
    assert(ledger->log);
    log_lock(ledger->log);
    char id[LOG_ID_MAX];
    log_id_new(ledger->log, id);
    struct claim_context call = {.claims = claims, .count = count, .id = id};
    struct log_append append = {.id = id, .build = claim_build, .context = &call, .deadline_us = deadline_us};
    enum status status = log_append_settled(ledger->log, &append, error);
    if (status == STATUS_OK) {
        claims_read(ledger->log, claims, count, arena);
        log_checkpoint(ledger->log);
    }
    log_unlock(ledger->log);
    return status;
}

static json_t *release_build(void *context, struct log *log) {
    const struct claim_context *call = context;
    json_t *parts = json_array();
    for (uint32_t i = 0; i < call->count; i++) {
        const struct log_row *row = log_state_row(&log->state, call->claims[i].part);
        if (row && row->epoch == call->claims[i].expected_epoch && strcmp(row->owner, log->owner) == 0) {
            json_array_append_new(
                parts, json_pack("{s:s,s:I}", "part", row->info.name, "epoch", (json_int_t)row->epoch));
        }
    }
    if (json_array_size(parts) == 0) {
        json_decref(parts);
        return NULL;
    }
    json_t *record = log_record_new("release", call->id, log->owner);
    json_object_set_new(record, "parts", parts);
    return record;
}

static enum status append_call(struct object_ledger *ledger, struct log_append *append, struct error *error) {
    enum status status = log_append_settled(ledger->log, append, error);
    log_checkpoint(ledger->log);
    return status;
}

static enum status file_release(struct ledger *base, const struct claim *parts, uint32_t count, int64_t deadline_us,
                                struct error *error) {
    struct object_ledger *ledger = self(base);
    assert(ledger->log);
    log_lock(ledger->log);
    char id[LOG_ID_MAX];
    log_id_new(ledger->log, id);
    struct claim_context call = {.claims = (struct claim *)(uintptr_t)parts, .count = count, .id = id};
    struct log_append append = {.id = id, .build = release_build, .context = &call, .deadline_us = deadline_us};
    enum status status = append_call(ledger, &append, error);
    log_unlock(ledger->log);
    return status;
}

/* Housekeeping that may wait for the next renewal when the log is busy. */
static void renew_aside(struct object_ledger *ledger) {
    struct log *log = ledger->log;
    if (pthread_mutex_trylock(&log->mutex) != 0) {
        return;
    }
    struct error ignored;
    bool done = log_publish(log, NULL, 0, log->lease_us, &ignored) == STATUS_OK &&
                (++ledger->renewals % CLEAN_EVERY_RENEWALS || log_clean(log, &ignored) == STATUS_OK);
    if (!done) {
        log_report("object-leftovers", &ignored);
    }
    log_unlock(log);
}

static enum status file_renew(struct ledger *base, struct arena *arena, struct owner_list *ret, int64_t deadline_us,
                              struct error *error) {
    (void)deadline_us;
    struct object_ledger *ledger = self(base);
    struct store *store = ledger->log->store;
    struct store_entries processes;
    if (process_put(store, ledger->log->owner, error) != STATUS_OK ||
        store->ops->list(store, STORE_PROCESS, arena, &processes, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    struct owner_list owners = {.items = arena_alloc(arena, (processes.count + 1) * sizeof *owners.items)};
    for (uint32_t i = 0; i < processes.count; i++) {
        owners.items[owners.count++] =
            (struct owner_age){.owner = processes.items[i].name, .age_us = processes.items[i].age_us};
    }
    renew_aside(ledger);
    *ret = owners;
    return STATUS_OK;
}

/* --- notes --------------------------------------------------------------------------------------------------- */

static const char *const note_words[] = {
    [NOTE_STOP] = "stop",   [NOTE_RESUME] = "resume", [NOTE_SKIP] = "skip",
    [NOTE_SET] = "set",     [NOTE_RESET] = "reset",   [NOTE_ABORT_SEEN] = "abort",
};

struct note_context {
    const struct note *note;
    const char *id;
    bool absent;
};

static json_t *note_build(void *context, struct log *log) {
    struct note_context *call = context;
    const struct note *note = call->note;
    const struct log_row *row = note->part ? log_state_row(&log->state, note->part) : NULL;
    call->absent = note->part && !row;
    bool mine = row && row->epoch == note->epoch && strcmp(row->owner, log->owner) == 0;
    if (call->absent || (note->kind == NOTE_STOP && !mine)) {
        return NULL;
    }
    json_t *record = log_record_new("note", call->id, log->owner);
    json_object_set_new(record, "note", json_string(note_words[note->kind]));
    json_object_set_new(record, "time_us", json_integer(io_wall_us()));
    if (note->part) {
        json_object_set_new(record, "part", log_json_text(note->part));
    }
    if (note->reason) {
        json_object_set_new(record, "reason", log_json_text(note->reason));
    }
    if (note->next && (note->kind == NOTE_SKIP || note->kind == NOTE_SET)) {
        json_object_set_new(record, "next", log_json_text(note->next));
    }
    return record;
}

static enum status file_note(struct ledger *base, const struct note *note, int64_t deadline_us, struct error *error) {
    struct object_ledger *ledger = self(base);
    assert(ledger->log && (note->part || note->kind == NOTE_RESET));
    log_lock(ledger->log);
    char id[LOG_ID_MAX];
    log_id_new(ledger->log, id);
    struct note_context call = {.note = note, .id = id};
    struct log_append append = {.id = id, .build = note_build, .context = &call, .deadline_us = deadline_us};
    enum status status = append_call(ledger, &append, error);
    log_unlock(ledger->log);
    if (status == STATUS_OK && call.absent && note->kind != NOTE_ABORT_SEEN) {
        return error_set(error, ERROR_PERMANENT, "part-absent", "there is no part %s in the ledger", note->part);
    }
    return status;
}

static const struct ledger_ops file_ledger_ops = {
    .open = file_open,
    .close = file_close,
    .plan_known = file_plan_known,
    .plan_ident = file_plan_ident,
    .plan_put = file_plan_put,
    .totals = file_totals,
    .query = file_query,
    .rows = file_rows,
    .claim = file_claim,
    .release = file_release,
    .renew = file_renew,
    .note = file_note,
};

void object_ledger_init(struct object_ledger *ledger, const char *root) {
    *ledger = (struct object_ledger){
        .base = {.ops = &file_ledger_ops}, .store_open = store_local_open, .root = strdup(root)};
}

void object_ledger_fini(struct object_ledger *ledger) {
    file_close(&ledger->base);
    free(ledger->root);
    names_free(ledger);
}
