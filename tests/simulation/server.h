/* SPDX-License-Identifier: Apache-2.0 */
/* A model of a database: the leat_* tables and a target table for each sink, transactions that hold row locks until
 * they end, and backends that receive a request some time after it was sent, work on it or wait for a lock, and answer
 * some time later, whatever became of their client meanwhile. READ COMMITTED: a statement that waited runs anew on
 * what it then finds, which is what Postgres's re-check comes to for statements that lock rows in order.
 * Every commit goes through server_commit, where the invariants are tested; a fail-over takes the last ones back. */
#ifndef LEAT_TESTS_SIMULATION_SERVER_H
#define LEAT_TESTS_SIMULATION_SERVER_H

#include "connectors/postgres/ledger_sql.h"
#include "engine/flow/ledger.h"
#include "tests/simulation/feed.h"
#include "tests/simulation/scheduler.h"

enum {
    SERVERS_MAX = 2,
    TABLES_MAX = 2,
    ROWS_MAX = TABLES_MAX * PARTS_MAX,
    TEXT_MAX = 24,
    OWNER_TEXT_MAX = 64,
    WINDOW_MAX = 160,
    BACKENDS_MAX = 512,
    PROCESSES_MAX = 256,
    VALUES_MAX = 16,
    OWNERS_MAX = 256
};

/* Known-bad protocols, to show that the checks would see them. */
enum variant {
    VARIANT_NONE,
    VARIANT_POSITION_FIRST,    /* the position is committed before the rows */
    VARIANT_ROWS_FIRST,        /* the rows are, before the position */
    VARIANT_BLIND_MOVE,        /* no compare in the compare-and-set */
    VARIANT_NO_EPOCH,          /* neither epoch nor owner in it */
    VARIANT_NO_NONCE,          /* the epoch alone: two owners may have the same after a fail-over */
    VARIANT_NO_BUMP,           /* a claim takes the epoch that is there */
    VARIANT_ACK_BEFORE_COMMIT, /* done as soon as COMMIT is sent */
    VARIANT_RESOLVE_GUESSES,   /* a commit in doubt is taken for done */
    VARIANT_HIGHEST_SEEN,      /* the watermark is the highest payload that came */
    VARIANT_FILTERED_UNCOUNTED,
    VARIANT_PUBLISH_FIRST,     /* files: visible before the commit record stands */
    VARIANT_JANITOR_BY_AGE,    /* files: what is open and not named is removed, whoever may still commit it */
    VARIANT_PUT_OVERWRITES,    /* files: a record is put where one stands */
    VARIANT_COUNT
};
extern enum variant variant;
extern const char *const variant_names[VARIANT_COUNT];

struct row_data {
    bool exists;
    char part[TEXT_MAX], entry[TEXT_MAX], ident[TEXT_MAX], detail[TEXT_MAX];
    char first[TEXT_MAX], next[TEXT_MAX], mark[TEXT_MAX];
    char state[12], owner[OWNER_TEXT_MAX], window[WINDOW_MAX];
    uint64_t weight, epoch;
    struct counts books;
};

struct row {
    struct row_data committed, pending;
    bool is_pending;
    struct backend *locker;
};

struct stored {
    uint8_t part;
    uint16_t n;
};

struct stored_list {
    struct stored *items;
    uint32_t count, capacity;
};

/* Of one sink: its ledger, target and letters. */
struct sink_tables {
    char name[TEXT_MAX];
    bool started;
    struct backend *planner; /* holds the advisory lock */
    struct row rows[PARTS_MAX]; /* part p's is the p-th, there or not */
    uint32_t rows_count;
    struct stored_list table, letters;
    uint64_t committed[OWNERS_MAX]; /* records that each process ever moved a position over, fail-overs or not */
};

struct process_row {
    char owner[OWNER_TEXT_MAX];
    int64_t alive_us;
};

/* What a commit changed, to take it back. */
struct undo {
    struct undo *before;
    bool plans; /* is never taken back: a ledger without its rows is a new sink */
    struct row *rows[ROWS_MAX];
    struct row_data were[ROWS_MAX];
    uint32_t rows_count, table[TABLES_MAX], letters[TABLES_MAX], processes;
};

struct server {
    uint32_t number;
    struct sink_tables sinks[TABLES_MAX];
    uint32_t sinks_count;
    struct process_row processes[PROCESSES_MAX];
    uint32_t processes_count;
    struct undo *last; /* the log of commits */
    int64_t down_until_us;
    struct backend *backends[BACKENDS_MAX];
    uint32_t backends_count;
    uint64_t unlocks; /* how often a lock was given back */
};

struct answer {
    uint32_t rows, columns;
    const char **cells; /* NULL = null */
    char sqlstate[6], tag[12];
    uint64_t affected;
    char *memory;
    size_t memory_used;
};

enum statement {
    S_BEGIN = SQL_COUNT, S_COMMIT, S_ROLLBACK, S_SCHEMA, S_TABLE, S_COLUMNS, S_KEYS, S_FINGERPRINT, S_COPY_TABLE,
    S_COPY_END, S_NOTHING
};

struct request {
    int statement;              /* an enum ledger_sql or an enum statement */
    uint32_t table;             /* of a COPY or a guard */
    const char *values[VALUES_MAX];
    char *memory;
    const char *data;           /* of a COPY */
    size_t data_len;
};

enum backend_state { BACKEND_IDLE, BACKEND_DELIVERING, BACKEND_BLOCKED, BACKEND_REPLYING, BACKEND_ANSWERED };

struct backend {
    struct actor actor;
    struct server *server;
    struct group *group;
    char name[OWNER_TEXT_MAX]; /* application_name */
    enum backend_state state;
    bool dead;      /* the client will find out */
    bool in_transaction, aborted, letters_open;
    struct request request;
    struct answer answer;
    int64_t deliver_at_us, reply_us, reply_at_us, blocked_at_us, idle_since_us;
    int64_t ends_at_us; /* when it learns that its client is gone */
    uint64_t unlocks_seen;
    struct stored_list table[TABLES_MAX], letters[TABLES_MAX]; /* uncommitted */
    struct sink_tables *starts;
    bool plans;
};

extern struct server servers[SERVERS_MAX];

void servers_reset(uint32_t count);
struct sink_tables *server_sink(struct server *server, const char *name); /* made when it is not there */

struct backend *backend_new(struct server *server, const char *name);
/* The client sends: the request reaches the server later. Takes over its memory. */
void backend_send(struct backend *backend, const struct request *request, int64_t deliver_us, int64_t reply_us);
/* The client is gone; the backend learns it then, but not before it has done what was sent. */
void backend_leave(struct backend *backend, int64_t learns_at_us);
void backend_kill(struct backend *backend);
void server_process_died(const struct group *group);

/* Of statements.c: false = it waits for a lock. */
bool statement_run(struct backend *backend);
bool row_lock(struct backend *backend, struct row *row);
struct row_data *row_write(struct backend *backend, struct row *row);
const struct row_data *row_seen(const struct backend *backend, const struct row *row); /* NULL = not there */
void stored_add(struct stored_list *list, uint32_t part, uint32_t n);
void server_alive(struct server *server, const char *owner);
const struct process_row *server_process(const struct server *server, const char *owner);
void server_commit(struct backend *backend);
void server_abort(struct backend *backend);

/* Loses at most so many of the last commits, and every connection. */
void server_failover(struct server *server, uint32_t commits);
void server_restart(struct server *server);

/* Exactly what is below `next` is in the table or a letter, once, and the books say so. */
void servers_check(void);
bool servers_are_complete(void);
uint64_t servers_commits(void);
bool servers_failed_over(void);
/* Records of a sink, by number, that were committed for a process. */
uint64_t servers_committed(uint32_t sink, uint32_t process);

#endif
