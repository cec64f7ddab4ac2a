/* SPDX-License-Identifier: Apache-2.0 */
/* A unit as one log record. Before each put the moves are compared with the folded rows: that, and the number being
 * free, is the compare-and-set. What is fenced or moved is found without putting anything. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/object/object.h"
#include "connectors/object/object_ledger.h"
#include "engine/base/io.h"

static json_t *move_build(const struct move *move) {
    char window[512];
    dead_window_print(&move->window, window, sizeof window);
    json_t *json = json_object();
    json_object_set_new(json, "part", log_json_text(move->part_name));
    json_object_set_new(json, "epoch", json_integer((json_int_t)move->epoch));
    json_object_set_new(json, "from", log_json_text(move->from));
    json_object_set_new(json, "to", log_json_text(move->to));
    json_object_set_new(json, "counts", log_json_counts(&move->counts));
    json_object_set_new(json, "window", log_json_text(window));
    if (move->mark) {
        json_object_set_new(json, "mark", log_json_text(move->mark));
    }
    return json;
}

static json_t *objects_build(const struct object_commit *commit, const struct log *log) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < commit->objects_count; i++) {
        const struct log_object *info = &commit->infos[i];
        json_array_append_new(list, json_pack("{s:s,s:s,s:I,s:I}", "open",
                                              log->store->ops->object_token(commit->objects[i]), "name", info->name,
                                              "bytes", (json_int_t)info->bytes, "rows", (json_int_t)info->rows));
    }
    return list;
}

struct commit_context {
    const struct object_commit *commit;
    struct outcome *outcome;
};

static bool moves_check(const struct commit_context *call, const struct log *log) {
    const struct unit *unit = call->commit->unit;
    bool valid = true;
    for (uint32_t i = 0; i < unit->moves_count; i++) {
        const struct move *move = &unit->moves[i];
        const struct log_row *row = log_state_row(&log->state, move->part_name);
        bool mine = row && !row->stopped && row->epoch == move->epoch && strcmp(row->owner, log->owner) == 0;
        if (!mine || strcmp(row->next, move->from) != 0) {
            outcome_part(call->outcome, move->part, mine, mine ? row->next : NULL);
            valid = false;
        }
    }
    return valid;
}

static json_t *commit_build(void *context, struct log *log) {
    const struct commit_context *call = context;
    const struct unit *unit = call->commit->unit;
    if (!moves_check(call, log)) {
        return NULL;
    }
    json_t *record = log_record_new("commit", call->commit->id, log->owner);
    json_t *parts = json_array();
    for (uint32_t i = 0; i < unit->moves_count; i++) {
        json_array_append_new(parts, move_build(&unit->moves[i]));
    }
    json_object_set_new(record, "time_us", json_integer(io_wall_us()));
    json_object_set_new(record, "parts", parts);
    json_object_set_new(record, "objects", objects_build(call->commit, log));
    return record;
}

static enum verdict failed(struct outcome *outcome, const struct error *error) {
    if (error->class == ERROR_PERMANENT) {
        return outcome_fatal(outcome, error->code, "%s", error->message);
    }
    return outcome_retry(outcome, REDO_READ, error->code, "%s", error->message);
}

/* The promise is made; keeping it may fail now and be done by anybody later. */
static void published_try(struct log *log) {
    struct error error;
    if (log_publish(log, NULL, 0, 0, &error) != STATUS_OK) {
        log_report("object-publish", &error);
    }
    log_checkpoint(log);
}

enum verdict object_commit_run(struct object_ledger *ledger, const struct object_commit *commit,
                               int64_t deadline_us, struct outcome *outcome) {
    struct log *log = ledger->log;
    assert(log && outcome->verdict == VERDICT_DONE);
    struct commit_context call = {.commit = commit, .outcome = outcome};
    struct log_append append = {
        .id = commit->id, .build = commit_build, .context = &call, .deadline_us = deadline_us};
    struct error error;
    log_lock(log);
    switch (log_append(log, &append, &error)) {
    case APPEND_DONE:
        published_try(log);
        break;
    case APPEND_NOTHING:
        assert(outcome->verdict == VERDICT_FENCED || outcome->verdict == VERDICT_MOVED);
        break;
    case APPEND_FAILED:
        failed(outcome, &error);
        break;
    case APPEND_UNKNOWN:
        outcome_unknown(outcome, error.code, "%s", error.message);
        break;
    }
    log_unlock(log);
    return outcome->verdict;
}

enum verdict object_commit_resolve(struct object_ledger *ledger, const struct object_commit *commit,
                                   struct outcome *outcome) {
    struct log *log = ledger->log;
    struct commit_context call = {.commit = commit, .outcome = outcome};
    struct error error;
    log_lock(log);
    switch (log_settle(log, commit->id, &error)) {
    case APPEND_DONE:
        published_try(log);
        outcome->verdict = VERDICT_DONE; /* who was fenced since hears it from his next commit */
        break;
    case APPEND_FAILED:
    case APPEND_NOTHING:
        moves_check(&call, log); /* lists the parts that are lost, beside RETRY */
        outcome_retry(outcome, REDO_READ, "log-lost-put", "the commit record was not put");
        break;
    case APPEND_UNKNOWN:
        if (error.class == ERROR_PERMANENT) {
            outcome_fatal(outcome, error.code, "%s", error.message);
        } else {
            outcome_unknown(outcome, error.code, "%s", error.message);
        }
        break;
    }
    log_unlock(log);
    return outcome->verdict;
}

/* --- the ledger by itself ------------------------------------------------------------------------------------- */

enum status object_ledger_bind(const struct ledger_bind *bind, struct ledger **ret, struct error *error) {
    const struct file_ledger_options *options = bind->options;
    (void)error;
    struct object_ledger *ledger = calloc(1, sizeof *ledger);
    assert(ledger);
    object_ledger_init(ledger, options->path);
    *ret = &ledger->base;
    return STATUS_OK;
}

void object_ledger_free(struct ledger *base) {
    if (base) {
        object_ledger_fini((struct object_ledger *)base);
        free(base);
    }
}

/* The dead letters of a unit whose sink keeps none itself, as one sealed object; NULL = there are none. */
static enum status letters_write(struct object_ledger *ledger, const struct unit *unit, struct log_object *info,
                                 struct store_object **ret, struct error *error) {
    struct store *store = ledger->log->store;
    struct arena *arena = arena_new(NULL, POOL_SINK);
    enum status status = STATUS_OK;
    *ret = NULL;
    for (uint32_t i = 0; i < unit->payloads_count && status == STATUS_OK; i++) {
        const struct payload *payload = unit->payloads[i];
        for (uint32_t j = 0; j < payload->letters_count && status == STATUS_OK; j++) {
            struct buffer line;
            arena_reset(arena);
            buffer_init(&line, arena, 1024);
            struct letter_place place = object_ledger_place(ledger, part_name(payload->segment->part));
            letter_print(&payload->letters[j], &place, &line);
            status = *ret ? STATUS_OK : store->ops->object_open(store, info->name, ret, error);
            if (status == STATUS_OK) {
                status = store->ops->object_write(*ret, buffer_slice(&line), error);
            }
            info->bytes += line.len;
            info->rows++;
        }
    }
    arena_free(arena);
    if (status == STATUS_OK && *ret) {
        status = store->ops->object_seal(*ret, false, error);
        status = status == STATUS_OK ? store->ops->objects_settle(store, false, error) : status;
    }
    return status;
}

enum verdict object_ledger_commit(struct ledger *base, const struct unit *unit, int64_t deadline_us,
                                  struct outcome *outcome) {
    struct object_ledger *ledger = (struct object_ledger *)base;
    char id[LOG_ID_MAX], name[512];
    log_id_new(ledger->log, id);
    snprintf(name, sizeof name, "_dead_letter/%s-%s.json", ledger->name, id);
    struct log_object info = {.name = name};
    struct store_object *object;
    struct error error;
    if (letters_write(ledger, unit, &info, &object, &error) != STATUS_OK) {
        failed(outcome, &error);
        outcome->redo = REDO_SEND;
    } else {
        struct object_commit commit = {
            .unit = unit, .id = id, .objects = &object, .infos = &info, .objects_count = object ? 1 : 0};
        object_commit_run(ledger, &commit, deadline_us, outcome);
        /* Settled here: the caller has no id to ask for later. */
        if (outcome->verdict == VERDICT_UNKNOWN) {
            outcome->verdict = VERDICT_DONE;
            object_commit_resolve(ledger, &commit, outcome);
        }
    }
    if (object) {
        bool drop = outcome->verdict != VERDICT_DONE && outcome->verdict != VERDICT_UNKNOWN;
        ledger->log->store->ops->object_free(object, drop);
    }
    return outcome->verdict;
}
