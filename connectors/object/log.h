/* SPDX-License-Identifier: Apache-2.0 */
/* The commit log of one (pipeline, source, sink): numbered records, each put only where nothing stands, never
 * removed. A record at head + 1 is the one atomic step of everything here: commits, claims, releases, notes, plans.
 * Whoever writes has folded all that stands before, so the number itself is the compare-and-set.
 *
 * One log is used by a sink's lane and a ledger's lane; log_lock around every call below it, I/O included, because
 * both write at the same head. Nothing else is locked meanwhile. */
#ifndef LEAT_CONNECTORS_OBJECT_LOG_H
#define LEAT_CONNECTORS_OBJECT_LOG_H

#include <pthread.h>

#include "connectors/object/log_record.h"
#include "connectors/object/store.h"
#include "engine/flow/owner.h"

enum { LOG_CHECKPOINT_EVERY = 100, LOG_KEY_MAX = 32 };

struct log {
    pthread_mutex_t mutex;
    struct store *store;       /* owned */
    struct arena *scratch;     /* of one call */
    struct log_state state;
    char owner[OWNER_MAX];
    int64_t lease_us;
    uint64_t epoch_floor;
    uint64_t tried;            /* the number of the last put whose answer is not known */
    bool broken;               /* a record could not be folded: nothing is written any more */
    struct error broken_error;
};

enum append_result {
    APPEND_DONE,
    APPEND_NOTHING, /* build had nothing to put */
    APPEND_FAILED,  /* proven: it does not stand */
    APPEND_UNKNOWN
};

struct log_append {
    const char *id; /* fresh for each record */
    /* What to put as the log stands now; called again after each foreign record. NULL = nothing. */
    json_t *(*build)(void *context, struct log *log);
    void *context;
    int64_t deadline_us;
};

/* Takes the store, also on failure. Reads the log to its head. */
enum status log_open(struct store *store, const struct ledger_identity *identity, struct log **ret,
                     struct error *error);
void log_close(struct log *log); /* takes NULL */

void log_lock(struct log *log);
void log_unlock(struct log *log);

/* A fresh record id: the owner's nonce and 64 random bits. */
void log_id_new(const struct log *log, char ret_id[LOG_ID_MAX]);
/* Reads forward to the head. */
enum status log_refresh(struct log *log, struct error *error);
enum append_result log_append(struct log *log, const struct log_append *append, struct error *error);
/* After UNKNOWN: DONE, FAILED, or UNKNOWN again. A barrier record takes the number that was tried, so that a late put
 * cannot land. */
enum append_result log_settle(struct log *log, const char *id, struct error *error);
/* append, and settle at once when the answer is not known; OK also when there was nothing to put. */
enum status log_append_settled(struct log *log, const struct log_append *append, struct error *error);
/* Puts a checkpoint when the last one is LOG_CHECKPOINT_EVERY records old; a failure is the next caller's. */
void log_checkpoint(struct log *log);

/* publish.c: publishes what is committed: of these parts (row numbers), and every record that was read more than
 * `age_us` ago. Failure leaves the rest for the next call. */
enum status log_publish(struct log *log, const uint32_t *rows, uint32_t rows_count, int64_t age_us,
                        struct error *error);
/* Of all records; OK when nothing is unpublished any more, and the log says so. */
enum status log_publish_all(struct log *log, int64_t deadline_us, struct error *error);

/* janitor.c: removes what the dead left open and no record names. */
enum status log_clean(struct log *log, struct error *error);

/* Age of an owner by its process file; INT64_MAX = none. */
int64_t log_owner_age(const struct store_entries *entries, const char *owner);

/* A warning about something that was tried aside and will be tried again. */
void log_report(const char *id, const struct error *error);

#endif
