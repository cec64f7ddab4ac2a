/* SPDX-License-Identifier: Apache-2.0 */
/* Reading forward and appending. The head is found from a hint (the last checkpoint) and by reading on until a number
 * is free; a lost or wrong hint costs reading from the first record and nothing else. */
#include "connectors/object/log.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/io.h"
#include "engine/base/log.h"

static const char hint_name[] = "checkpoint.json";

static void key_of(uint64_t seq, char ret_key[LOG_KEY_MAX]) {
    snprintf(ret_key, LOG_KEY_MAX, "%020llu.json", (unsigned long long)seq);
}

void log_lock(struct log *log) {
    pthread_mutex_lock(&log->mutex);
}

void log_unlock(struct log *log) {
    arena_reset(log->scratch);
    pthread_mutex_unlock(&log->mutex);
}

void log_id_new(const struct log *log, char ret_id[LOG_ID_MAX]) {
    uint64_t random;
    io_random(&random, sizeof random);
    snprintf(ret_id, LOG_ID_MAX, "%.40s-%016llx", owner_nonce(log->owner), (unsigned long long)random);
}

/* NULL: *ret_status says END (no such record) or FAILED. */
static json_t *key_read(struct log *log, enum store_class class, const char *name, enum status *ret_status,
                        struct error *error) {
    struct slice text;
    *ret_status = log->store->ops->get(log->store, class, name, log->scratch, &text, error);
    if (*ret_status != STATUS_OK) {
        return NULL;
    }
    json_t *json = log_json_parse(text, name, error);
    *ret_status = json ? STATUS_OK : STATUS_FAILED;
    return json;
}

static enum status chunk_load(struct log *log, struct log_state *state, const char *name, struct error *error) {
    if (log_state_chunk_find(state, name)) {
        return STATUS_OK;
    }
    enum status status;
    json_t *json = key_read(log, STORE_PLAN, name, &status, error);
    if (status == STATUS_END) {
        return error_set(error, ERROR_PERMANENT, "log-inconsistent",
                         "plan chunk %s is named by the commit log and does not exist: restore it from a backup", name);
    }
    struct part_list parts;
    if (json && plan_chunk_read(json, log->scratch, &parts, error) == STATUS_OK) {
        log_state_chunk_add(state, name, &parts);
    } else {
        status = STATUS_FAILED;
    }
    json_decref(json);
    return status;
}

static enum status chunks_load(struct log *log, struct log_state *state, const json_t *record, struct error *error) {
    const json_t *chunks = json_object_get(record, "chunks");
    for (size_t i = 0; i < json_array_size(chunks); i++) {
        const json_t *item = json_array_get(chunks, i);
        const char *name = json_string_value(item);
        if (!name && !log_json_read_text(item, "chunk", &name)) {
            return error_set(error, ERROR_PERMANENT, "log-unreadable", "a plan chunk has no name");
        }
        if (chunk_load(log, state, name, error) != STATUS_OK) {
            return STATUS_FAILED;
        }
    }
    return STATUS_OK;
}

static bool kind_is(const json_t *record, const char *kind) {
    const char *found;
    return log_json_read_text(record, "kind", &found) && strcmp(found, kind) == 0;
}

static enum status fold(struct log *log, uint64_t seq, const json_t *record, struct error *error) {
    if (kind_is(record, "plan") && chunks_load(log, &log->state, record, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    enum status status = log_record_fold(&log->state, seq, record, error);
    if (status == STATUS_OK && kind_is(record, "checkpoint")) {
        log->state.checkpoint = seq;
    }
    return status;
}

/* A record that half changed the state leaves it useless: from here on only the error. */
static enum status break_log(struct log *log, const struct error *error) {
    if (error->class == ERROR_PERMANENT) {
        log->broken = true;
        log->broken_error = *error;
    }
    return STATUS_FAILED;
}

enum status log_refresh(struct log *log, struct error *error) {
    struct error local;
    error = error ? error : &local;
    if (log->broken) {
        *error = log->broken_error;
        return STATUS_FAILED;
    }
    for (;;) {
        char key[LOG_KEY_MAX];
        uint64_t seq = log->state.head + 1;
        key_of(seq, key);
        enum status status;
        json_t *record = key_read(log, STORE_LOG, key, &status, error);
        if (record) {
            status = fold(log, seq, record, error);
            json_decref(record);
        }
        if (status == STATUS_END) {
            return STATUS_OK;
        }
        if (status != STATUS_OK) {
            return break_log(log, error);
        }
    }
}

/* Marks of what this process published since its last record. */
static void published_tell(const struct log *log, json_t *record) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < log->state.pending_count; i++) {
        if (log->state.pending[i].published) {
            json_array_append_new(list, json_integer((json_int_t)log->state.pending[i].seq));
        }
    }
    if (json_array_size(list)) {
        json_object_set(record, "published", list);
    }
    json_decref(list);
}

/* Puts at head + 1 and folds what now stands there. */
static enum put_result record_put(struct log *log, json_t *record, struct error *error) {
    char key[LOG_KEY_MAX];
    uint64_t seq = log->state.head + 1;
    key_of(seq, key);
    published_tell(log, record);
    char *text = log_json_print(record);
    enum put_result result = log->store->ops->put_new(log->store, STORE_LOG, key, slice_of(text), error);
    free(text);
    if (result == PUT_UNKNOWN) {
        log->tried = seq;
    }
    if (result == PUT_DONE && fold(log, seq, record, error) != STATUS_OK) {
        break_log(log, error); /* it stands; the next reader will say what is wrong */
    }
    return result;
}

enum append_result log_append(struct log *log, const struct log_append *append, struct error *error) {
    for (;;) {
        if (log_refresh(log, error) != STATUS_OK) {
            return APPEND_FAILED;
        }
        json_t *record = append->build(append->context, log);
        if (!record) {
            return APPEND_NOTHING;
        }
        enum put_result result = record_put(log, record, error);
        json_decref(record);
        switch (result) {
        case PUT_DONE:
            return APPEND_DONE;
        case PUT_FAILED:
            return APPEND_FAILED;
        case PUT_UNKNOWN:
            return APPEND_UNKNOWN;
        case PUT_EXISTS:
            break; /* somebody was faster: read it, look again */
        }
        if (io_now_us() >= append->deadline_us) {
            error_set(error, ERROR_TRANSIENT, "log-contended", "the commit log's head moved until the deadline");
            return APPEND_FAILED;
        }
    }
}

enum append_result log_settle(struct log *log, const char *id, struct error *error) {
    struct error local;
    error = error ? error : &local;
    for (;;) {
        /* settle: what is read is durable, so that DONE is true after a power cut. */
        if (log_refresh(log, error) != STATUS_OK || log->store->ops->settle(log->store, error) != STATUS_OK) {
            return APPEND_UNKNOWN;
        }
        if (log_state_has_id(&log->state, id)) {
            return APPEND_DONE;
        }
        if (log->state.head >= log->tried) {
            return APPEND_FAILED;
        }
        char barrier[LOG_ID_MAX];
        log_id_new(log, barrier);
        json_t *record = log_record_new("barrier", barrier, log->owner);
        enum put_result result = record_put(log, record, error);
        json_decref(record);
        if (result == PUT_FAILED || result == PUT_UNKNOWN) {
            return APPEND_UNKNOWN;
        }
    }
}

enum status log_append_settled(struct log *log, const struct log_append *append, struct error *error) {
    enum append_result result = log_append(log, append, error);
    if (result == APPEND_UNKNOWN) {
        result = log_settle(log, append->id, error);
        if (result == APPEND_FAILED) {
            return error_set(error, ERROR_TRANSIENT, "log-lost-put", "a record was not put into the commit log");
        }
    }
    return result == APPEND_DONE || result == APPEND_NOTHING ? STATUS_OK : STATUS_FAILED;
}

static json_t *checkpoint_build(void *context, struct log *log) {
    if (log->state.head < log->state.checkpoint + LOG_CHECKPOINT_EVERY) {
        return NULL;
    }
    return log_checkpoint_build(&log->state, context);
}

void log_checkpoint(struct log *log) {
    char id[LOG_ID_MAX], hint[64];
    if (log->broken || log->state.head < log->state.checkpoint + LOG_CHECKPOINT_EVERY) {
        return;
    }
    log_id_new(log, id);
    struct log_append append = {.id = id, .build = checkpoint_build, .context = id, .deadline_us = io_now_us()};
    struct error error;
    if (log_append(log, &append, &error) != APPEND_DONE) {
        return;
    }
    snprintf(hint, sizeof hint, "{\"v\":%d,\"checkpoint\":%llu}", LOG_VERSION,
             (unsigned long long)log->state.checkpoint);
    enum status hinted = log->store->ops->put(log->store, STORE_HINT, hint_name, slice_of(hint), &error);
    (void)hinted; /* the old one stands: the next start reads a little more */
}

/* From the checkpoint that the hint names; a hint without its record is no hint. */
static enum status checkpoint_load(struct log *log, struct error *error) {
    enum status status;
    uint64_t seq = 0;
    json_t *hint = key_read(log, STORE_HINT, hint_name, &status, NULL);
    bool hinted = hint && log_json_read_u64(hint, "checkpoint", &seq) && seq > 0;
    json_decref(hint);
    if (!hinted) {
        return STATUS_OK;
    }
    char key[LOG_KEY_MAX];
    key_of(seq, key);
    json_t *record = key_read(log, STORE_LOG, key, &status, error);
    if (!record) {
        return status == STATUS_END ? STATUS_OK : STATUS_FAILED;
    }
    if (kind_is(record, "checkpoint")) {
        status = chunks_load(log, &log->state, record, error);
        if (status == STATUS_OK) {
            status = log_checkpoint_read(&log->state, seq, record, error);
        }
    }
    json_decref(record);
    return status;
}

enum status log_open(struct store *store, const struct ledger_identity *identity, struct log **ret,
                     struct error *error) {
    struct log *log = calloc(1, sizeof *log);
    assert(log);
    pthread_mutex_init(&log->mutex, NULL);
    log->store = store;
    log->scratch = arena_new(NULL, POOL_SINK);
    log->lease_us = identity->lease_us;
    log->epoch_floor = identity->epoch_floor;
    snprintf(log->owner, sizeof log->owner, "%s", identity->owner);
    log_state_init(&log->state, log->owner);
    if (checkpoint_load(log, error) != STATUS_OK || log_refresh(log, error) != STATUS_OK) {
        log_close(log);
        return STATUS_FAILED;
    }
    arena_reset(log->scratch);
    *ret = log;
    return STATUS_OK;
}

void log_close(struct log *log) {
    if (!log) {
        return;
    }
    log->store->ops->close(log->store);
    log_state_fini(&log->state);
    arena_free(log->scratch);
    pthread_mutex_destroy(&log->mutex);
    free(log);
}

int64_t log_owner_age(const struct store_entries *entries, const char *owner) {
    for (uint32_t i = 0; i < entries->count; i++) {
        if (strcmp(entries->items[i].name, owner) == 0) {
            return entries->items[i].age_us;
        }
    }
    return INT64_MAX;
}

void log_report(const char *id, const struct error *error) {
    log_write(LOG_WARN, id, error->message, "code", error->code, NULL);
}
