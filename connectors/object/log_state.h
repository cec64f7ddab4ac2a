/* SPDX-License-Identifier: Apache-2.0 */
/* What a commit log says, folded: the plan, a row for each part, and what is committed but not yet published. Built by
 * log_fold from one record after the other; nothing else changes it. Part names, entries and owners are kept for
 * the life of the log; what moves is malloc'ed. Under the log's mutex. */
#ifndef LEAT_CONNECTORS_OBJECT_LOG_STATE_H
#define LEAT_CONNECTORS_OBJECT_LOG_STATE_H

#include "connectors/object/name_map.h"
#include "engine/base/arena.h"
#include "engine/flow/ledger.h"

enum {
    LOG_VERSION = 1,
    LOG_ABORTS_MAX = 3,       /* a range that aborted the process so often stops its part */
    LOG_IDS_KEPT = 64,        /* of my own records: what a resolve looks for */
    LOG_FULL_ROWS_MAX = 4096, /* more rows than that: a checkpoint tells the ended ones by a bitmap */
    LOG_ID_MAX = 64
};

struct log_row {
    struct part_info info;
    char *next, *mark, *reason; /* malloc'ed; mark and reason NULL = "" */
    const char *owner;          /* interned; "" = nobody */
    uint64_t epoch;
    bool stopped;
    uint32_t aborts; /* seen at this next */
    uint32_t chunk;
    struct counts books;
    struct dead_window window;
};

/* A piece of the plan: an object of its own, put once. */
struct log_chunk {
    char *name;
    uint32_t first, count;  /* its rows: those whose entries did not stand already */
    uint64_t epoch_max;     /* of ended rows that a checkpoint told by the bitmap */
    struct counts ended;    /* their books */
};

struct log_object {
    char *token, *name;
    uint64_t bytes, rows;
};

/* A record whose objects nobody has called published yet. */
struct log_pending {
    uint64_t seq;
    const char *owner;
    uint32_t *rows;
    uint32_t rows_count;
    struct log_object *objects;
    uint32_t objects_count;
    int64_t seen_us; /* monotonic, when this process read it */
    bool published;  /* by this process; told in its next record */
};

struct log_state {
    struct arena *arena; /* names */
    uint64_t head;       /* the last record folded; 0 = the log is empty */
    uint64_t checkpoint; /* the last checkpoint folded */
    bool started;
    struct log_row *rows;
    uint32_t rows_count, rows_capacity;
    struct log_chunk *chunks;
    uint32_t chunks_count, chunks_capacity;
    struct log_pending *pending;
    uint32_t pending_count, pending_capacity;
    struct name_map names, entries, owners;
    const char *me; /* whose record ids are kept */
    char ids[LOG_IDS_KEPT][LOG_ID_MAX];
    uint32_t ids_count;
};

void log_state_init(struct log_state *state, const char *me);
void log_state_fini(struct log_state *state);

/* NULL = absent. */
struct log_row *log_state_row(const struct log_state *state, const char *part);
bool log_state_knows_entry(const struct log_state *state, const char *entry);
/* A row of the entry; NULL = none. */
const struct log_row *log_state_entry_row(const struct log_state *state, const char *entry);
const char *log_state_owner(struct log_state *state, const char *owner); /* interned */
bool log_state_has_id(const struct log_state *state, const char *id);
void log_state_id_add(struct log_state *state, const char *id);
/* Does the owner hold a part that is not at its end? */
bool log_state_holds(const struct log_state *state, const char *owner);

enum row_state log_row_state(const struct log_row *row);
void log_row_text_set(char **field, const char *text);

/* Adds the rows of a chunk whose entries are new. */
struct log_chunk *log_state_chunk_add(struct log_state *state, const char *name, const struct part_list *parts);
const struct log_chunk *log_state_chunk_find(const struct log_state *state, const char *name);

/* The arrays are copied. */
void log_state_pending_add(struct log_state *state, const struct log_pending *pending);
void log_state_pending_remove(struct log_state *state, uint64_t seq);

#endif
