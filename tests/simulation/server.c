/* SPDX-License-Identifier: Apache-2.0 */
/* Backends are actors: each state names the moment at which it goes on. Whatever a backend does is done in one step,
 * and what a commit changes is kept beside it, so that a fail-over can take it back. */
#include "tests/simulation/server.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOCK_TIMEOUT_US = 2000000, IDLE_TIMEOUT_US = 30000000 };

struct server servers[SERVERS_MAX];
enum variant variant;
static uint32_t servers_count;
static uint64_t commits, failovers;

void servers_reset(uint32_t count) {
    servers_count = count;
    for (uint32_t i = 0; i < SERVERS_MAX; i++) {
        servers[i] = (struct server){.number = i};
    }
}

struct sink_tables *server_sink(struct server *server, const char *name) {
    for (uint32_t i = 0; i < server->sinks_count; i++) {
        if (strcmp(server->sinks[i].name, name) == 0) {
            return &server->sinks[i];
        }
    }
    assert(server->sinks_count < TABLES_MAX);
    struct sink_tables *sink = &server->sinks[server->sinks_count++];
    snprintf(sink->name, sizeof sink->name, "%s", name);
    sink->rows_count = feed.parts;
    return sink;
}

void stored_add(struct stored_list *list, uint32_t part, uint32_t n) {
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 16;
        list->items = realloc(list->items, list->capacity * sizeof *list->items);
        assert(list->items);
    }
    list->items[list->count++] = (struct stored){.part = (uint8_t)part, .n = (uint16_t)n};
}

static void stored_move(struct stored_list *to, struct stored_list *from) {
    for (uint32_t i = 0; i < from->count; i++) {
        stored_add(to, from->items[i].part, from->items[i].n);
    }
    from->count = 0;
}

const struct process_row *server_process(const struct server *server, const char *owner) {
    for (uint32_t i = 0; i < server->processes_count; i++) {
        if (strcmp(server->processes[i].owner, owner) == 0) {
            return &server->processes[i];
        }
    }
    return NULL;
}

/* Its own statement, committed at once; a fail-over may take a new row back, never a newer time: that only makes the
 * owner look older than it is. */
void server_alive(struct server *server, const char *owner) {
    struct process_row *row = (struct process_row *)server_process(server, owner);
    if (!row) {
        assert(server->processes_count < PROCESSES_MAX);
        row = &server->processes[server->processes_count++];
        snprintf(row->owner, sizeof row->owner, "%s", owner);
    }
    row->alive_us = sim_now_us();
}

/* --- rows -------------------------------------------------------------------------------------------------------- */

bool row_lock(struct backend *backend, struct row *row) {
    assert(backend->in_transaction);
    if (row->locker && row->locker != backend) {
        return false;
    }
    row->locker = backend;
    return true;
}

struct row_data *row_write(struct backend *backend, struct row *row) {
    assert(row->locker == backend);
    if (!row->is_pending) {
        row->pending = row->committed;
        row->is_pending = true;
    }
    return &row->pending;
}

const struct row_data *row_seen(const struct backend *backend, const struct row *row) {
    const struct row_data *data = row->locker == backend && row->is_pending ? &row->pending : &row->committed;
    return data->exists ? data : NULL;
}

/* One owner for each epoch; nobody but the owner moves a part; epochs only grow. */
static void row_check(const struct sink_tables *sink, const struct row_data *was, const struct row_data *is) {
    if (!was->exists) {
        return;
    }
    if (is->epoch < was->epoch) {
        violation("%s %s: the epoch fell from %llu to %llu", sink->name, is->part, (unsigned long long)was->epoch,
                  (unsigned long long)is->epoch);
    }
    if (is->epoch == was->epoch && is->owner[0] && strcmp(is->owner, was->owner) != 0) {
        violation("%s %s: two owners in epoch %llu, %s after %s", sink->name, is->part, (unsigned long long)is->epoch,
                  is->owner, was->owner);
    }
    uint32_t before = records_before(was->next), after = records_before(is->next);
    if (after == UINT32_MAX || after < before) {
        violation("%s %s: the position goes from %s to %s", sink->name, is->part, was->next, is->next);
    }
}

static void row_free(struct server *server, struct row *row) {
    row->locker = NULL;
    row->is_pending = false;
    server->unlocks++;
}

static void locks_free(struct backend *backend) {
    struct server *server = backend->server;
    for (uint32_t i = 0; i < server->sinks_count; i++) {
        struct sink_tables *sink = &server->sinks[i];
        for (uint32_t j = 0; j < sink->rows_count; j++) {
            if (sink->rows[j].locker == backend) {
                row_free(server, &sink->rows[j]);
            }
        }
        if (sink->planner == backend) {
            sink->planner = NULL;
            server->unlocks++;
        }
    }
    backend->in_transaction = backend->aborted = backend->plans = false;
    backend->starts = NULL;
}

void server_abort(struct backend *backend) {
    for (uint32_t i = 0; i < TABLES_MAX; i++) {
        backend->table[i].count = backend->letters[i].count = 0;
    }
    locks_free(backend);
}

static void committed_count(struct sink_tables *sink, const struct row_data *was, const struct row_data *is) {
    if (is->owner[0]) {
        uint32_t process = (uint32_t)strtoul(is->owner + strlen("sim-"), NULL, 10);
        assert(process < OWNERS_MAX);
        sink->committed[process] += is->books.in - was->books.in;
    }
}

static void rows_commit(struct backend *backend, struct sink_tables *sink, struct undo *undo) {
    for (uint32_t i = 0; i < sink->rows_count; i++) {
        struct row *row = &sink->rows[i];
        if (row->locker == backend && row->is_pending) {
            undo->rows[undo->rows_count] = row;
            undo->were[undo->rows_count++] = row->committed;
            row_check(sink, &row->committed, &row->pending);
            committed_count(sink, &row->committed, &row->pending);
            row->committed = row->pending;
        }
    }
}

void server_commit(struct backend *backend) {
    struct server *server = backend->server;
    struct undo *undo = calloc(1, sizeof *undo);
    assert(undo);
    undo->before = server->last;
    undo->plans = backend->plans;
    server->last = undo;
    commits++;
    for (uint32_t i = 0; i < server->sinks_count; i++) {
        struct sink_tables *sink = &server->sinks[i];
        undo->table[i] = sink->table.count;
        undo->letters[i] = sink->letters.count;
        rows_commit(backend, sink, undo);
        stored_move(&sink->table, &backend->table[i]);
        stored_move(&sink->letters, &backend->letters[i]);
        sink->started |= backend->starts == sink;
    }
    locks_free(backend);
}

/* --- backends ---------------------------------------------------------------------------------------------------- */

static void backend_remove(struct backend *backend) {
    struct server *server = backend->server;
    server_abort(backend);
    backend->dead = true;
    for (uint32_t i = 0; i < server->backends_count; i++) {
        if (server->backends[i] == backend) {
            server->backends[i] = server->backends[--server->backends_count];
            break;
        }
    }
    actor_remove(&backend->actor);
    free(backend->request.memory);
    backend->request.memory = NULL;
}

void backend_kill(struct backend *backend) {
    if (!backend->dead) {
        backend_remove(backend);
    }
}

static int64_t blocked_due(const struct backend *backend) {
    if (backend->unlocks_seen != backend->server->unlocks) {
        return 0;
    }
    return backend->blocked_at_us + LOCK_TIMEOUT_US;
}

static int64_t backend_due(struct actor *actor) {
    const struct backend *backend = (const struct backend *)actor;
    int64_t due = INT64_MAX;
    switch (backend->state) {
    case BACKEND_DELIVERING:
        return backend->deliver_at_us;
    case BACKEND_BLOCKED:
        return blocked_due(backend);
    case BACKEND_REPLYING:
        due = backend->reply_at_us;
        break;
    case BACKEND_IDLE:
    case BACKEND_ANSWERED:
        due = backend->in_transaction ? backend->idle_since_us + IDLE_TIMEOUT_US : due;
        break;
    }
    return due < backend->ends_at_us ? due : backend->ends_at_us;
}

static void answer_clear(struct answer *answer) {
    free(answer->memory);
    free(answer->cells);
    *answer = (struct answer){.rows = 0};
}

static void executed(struct backend *backend) {
    backend->state = BACKEND_REPLYING;
    backend->reply_at_us = sim_now_us() + backend->reply_us;
    backend->idle_since_us = sim_now_us();
    if (backend->answer.sqlstate[0]) {
        backend->aborted = backend->in_transaction;
    }
    free(backend->request.memory);
    backend->request.memory = NULL;
}

static void backend_try(struct backend *backend) {
    answer_clear(&backend->answer);
    if (statement_run(backend)) {
        executed(backend);
        return;
    }
    if (backend->state != BACKEND_BLOCKED) {
        backend->state = BACKEND_BLOCKED;
        backend->blocked_at_us = sim_now_us();
    } else if (sim_now_us() >= backend->blocked_at_us + LOCK_TIMEOUT_US) {
        memcpy(backend->answer.sqlstate, "55P03", 6);
        executed(backend);
    }
    backend->unlocks_seen = backend->server->unlocks;
}

static void backend_run(struct actor *actor) {
    struct backend *backend = (struct backend *)actor;
    int64_t now = sim_now_us();
    switch (backend->state) {
    case BACKEND_DELIVERING:
    case BACKEND_BLOCKED:
        backend_try(backend);
        return;
    case BACKEND_REPLYING:
        if (now >= backend->reply_at_us) {
            backend->state = BACKEND_ANSWERED;
            return;
        }
        break;
    case BACKEND_IDLE:
    case BACKEND_ANSWERED:
        break;
    }
    trace("server %u: backend %s ends", backend->server->number, backend->name);
    backend_remove(backend);
}

struct backend *backend_new(struct server *server, const char *name) {
    if (server->backends_count == BACKENDS_MAX) {
        return NULL;
    }
    struct backend *backend = calloc(1, sizeof *backend);
    assert(backend);
    backend->actor = (struct actor){.due = backend_due, .run = backend_run};
    backend->server = server;
    backend->group = group_current();
    backend->ends_at_us = INT64_MAX;
    snprintf(backend->name, sizeof backend->name, "%s", name);
    server->backends[server->backends_count++] = backend;
    actor_add(&backend->actor);
    return backend;
}

void backend_send(struct backend *backend, const struct request *request, int64_t deliver_us, int64_t reply_us) {
    assert(backend->state == BACKEND_IDLE || backend->state == BACKEND_ANSWERED);
    backend->request = *request;
    backend->deliver_at_us = sim_now_us() + deliver_us;
    backend->reply_us = reply_us;
    backend->state = BACKEND_DELIVERING;
}

void backend_leave(struct backend *backend, int64_t learns_at_us) {
    backend->ends_at_us = learns_at_us;
}

void server_process_died(const struct group *group) {
    for (uint32_t i = 0; i < servers_count; i++) {
        for (uint32_t j = 0; j < servers[i].backends_count; j++) {
            struct backend *backend = servers[i].backends[j];
            if (backend->group == group && backend->ends_at_us == INT64_MAX) {
                backend_leave(backend, sim_now_us() + draw_us(5000000));
            }
        }
    }
}

/* --- the server as a whole ---------------------------------------------------------------------------------------- */

void server_restart(struct server *server) {
    while (server->backends_count) {
        backend_kill(server->backends[0]);
    }
    server->down_until_us = sim_now_us() + draw_us(4000000);
}

static void undo_apply(struct server *server) {
    struct undo *undo = server->last;
    server->last = undo->before;
    for (uint32_t i = undo->rows_count; i-- > 0;) {
        undo->rows[i]->committed = undo->were[i];
    }
    for (uint32_t i = 0; i < server->sinks_count; i++) {
        server->sinks[i].table.count = undo->table[i];
        server->sinks[i].letters.count = undo->letters[i];
    }
    free(undo);
}

void server_failover(struct server *server, uint32_t lose) {
    server_restart(server);
    uint32_t lost = 0;
    while (lost < lose && server->last && !server->last->plans) {
        undo_apply(server);
        lost++;
    }
    failovers++;
    trace("server %u: fail-over, %u commits lost", server->number, lost);
}

/* --- checks ------------------------------------------------------------------------------------------------------ */

static void seen_add(const struct sink_tables *sink, const struct stored_list *list, const char *where, uint8_t *seen,
                     enum record_kind kind) {
    for (uint32_t i = 0; i < list->count; i++) {
        const struct stored *stored = &list->items[i];
        uint8_t *one = &seen[stored->part * RECORDS_MAX + stored->n];
        if (*one) {
            violation("%s: record %u of part %u is there twice (%s)", sink->name, stored->n, stored->part, where);
        }
        if (record_kind(stored->part, stored->n) != kind) {
            violation("%s: record %u of part %u does not belong into %s", sink->name, stored->n, stored->part, where);
        }
        *one = 1;
    }
}

static void part_check(const struct sink_tables *sink, const struct row_data *row, const uint8_t *seen) {
    uint32_t part = (uint32_t)strtoul(row->part + 5, NULL, 10), below = records_before(row->next);
    struct counts books = {0};
    for (uint32_t n = 0; n < feed.records; n++) {
        enum record_kind kind = record_kind(part, n);
        bool there = seen[part * RECORDS_MAX + n];
        if (there != (n < below && kind != RECORD_FILTERED)) {
            violation("%s: record %u of part %u is %s, next is %s", sink->name, n, part, there ? "there" : "lost",
                      row->next);
        }
        if (n < below) {
            books.in++;
            books.delivered += kind == RECORD_GOOD;
            books.filtered += kind == RECORD_FILTERED;
            books.dead_letter += kind == RECORD_BAD;
        }
    }
    if (memcmp(&books, &row->books, sizeof books) != 0) {
        violation("%s: the books of part %u say %llu = %llu + %llu + %llu, next is %s", sink->name, part,
                  (unsigned long long)row->books.in, (unsigned long long)row->books.delivered,
                  (unsigned long long)row->books.filtered, (unsigned long long)row->books.dead_letter, row->next);
    }
    if (strcmp(row->first, "start") != 0 || (strcmp(row->next, "end") == 0) != (strcmp(row->state, "ended") == 0)) {
        violation("%s: part %u begins at %s, stands at %s, is %s", sink->name, part, row->first, row->next, row->state);
    }
}

static void sink_check(const struct sink_tables *sink) {
    static uint8_t seen[PARTS_MAX * RECORDS_MAX];
    memset(seen, 0, sizeof seen);
    seen_add(sink, &sink->table, "the table", seen, RECORD_GOOD);
    seen_add(sink, &sink->letters, "the letters", seen, RECORD_BAD);
    for (uint32_t i = 0; i < sink->rows_count; i++) {
        if (sink->rows[i].committed.exists) {
            part_check(sink, &sink->rows[i].committed, seen);
        }
    }
}

void servers_check(void) {
    for (uint32_t i = 0; i < servers_count; i++) {
        for (uint32_t j = 0; j < servers[i].sinks_count; j++) {
            sink_check(&servers[i].sinks[j]);
        }
    }
}

bool servers_are_complete(void) {
    uint32_t ended = 0, all = 0;
    for (uint32_t i = 0; i < servers_count; i++) {
        for (uint32_t j = 0; j < servers[i].sinks_count; j++) {
            const struct sink_tables *sink = &servers[i].sinks[j];
            all += feed.parts;
            for (uint32_t k = 0; k < sink->rows_count; k++) {
                ended += strcmp(sink->rows[k].committed.state, "ended") == 0;
            }
        }
    }
    return ended == all;
}

uint64_t servers_commits(void) {
    return commits;
}

uint64_t servers_committed(uint32_t sink, uint32_t process) {
    for (uint32_t i = 0; i < servers_count; i++) {
        for (uint32_t j = 0; j < servers[i].sinks_count; j++) {
            if ((uint32_t)(servers[i].sinks[j].name[1] - '0') == sink) {
                return servers[i].sinks[j].committed[process];
            }
        }
    }
    return 0;
}

bool servers_failed_over(void) {
    return failovers > 0;
}
