/* SPDX-License-Identifier: Apache-2.0 */
/* A unit is one transaction: BEGIN, a plain read of the owner (a zombie fails before it copies), one COPY for all
 * payloads, what follows from a temporary table, the dead letters; then, at commit, the compare-and-set and COMMIT
 * (move.c). Payloads stay the engine's and are sent from where they lie. After a failure the transaction is gone and
 * the unit begins anew on the next call of unit_open. */
#include "connectors/postgres/unit.h"

#include <assert.h>

#include "connectors/postgres/letters.h"
#include "connectors/postgres/sql_array.h"
#include "connectors/postgres/transaction.h"
#include "connectors/postgres/wire.h"
#include "engine/base/io.h"

enum { UNIT_STATEMENT_MS_MIN = 300000, ABANDON_US = 500000 };

static struct move_call call_of(const struct sink_lane *lane, const struct unit *unit,
                                int64_t deadline_us) {
    return (struct move_call){.ledger = lane->sink->ledger,
                              .session = lane->session,
                              .scratch = lane->scratch,
                              .unit = unit,
                              .deadline_us = deadline_us};
}

/* --- what a refusal means ------------------------------------------------------------------------------------ */

bool refusal_is_of_rows(const struct sink_lane *lane) {
    const char *state = session_refusal(lane->session)->sqlstate;
    if (strcmp(state, "22P03") == 0 || strcmp(state, "22P04") == 0) {
        return false;
    }
    bool raised = strcmp(state, "P0001") == 0;
    return strncmp(state, "22", 2) == 0 || strncmp(state, "23", 2) == 0 ||
           strcmp(state, "54000") == 0 || strcmp(state, "54001") == 0 || strcmp(state, "21000") == 0 ||
           (raised && lane->sink->options->trigger_errors == TRIGGER_ERRORS_REJECT);
}

/* 08P01 is what a value too short for its column gives ("insufficient data left in message"). */
static bool refusal_is_of_table(const char *state) {
    return strcmp(state, "22P03") == 0 || strcmp(state, "22P04") == 0 || strcmp(state, "08P01") == 0 ||
           strncmp(state, "42", 2) == 0;
}

static void transaction_forget(struct sink_lane *lane, int64_t deadline_us) {
    if (lane->copying) {
        session_drop(lane->session);
    }
    transaction_rollback(lane->session, deadline_us);
    lane->begun = lane->copying = lane->sealed = false;
}

/* After anything but REPLY_OK in a step before the deciding ones. */
static enum verdict failed(struct sink_lane *lane, const struct unit *unit, int64_t deadline_us,
                           struct outcome *outcome) {
    struct refusal refusal = *session_refusal(lane->session);
    lane->copying = false;
    if (session_is_open(lane->session) && refusal.sqlstate[0]) {
        if (refusal_is_of_rows(lane)) {
            enum verdict verdict = rows_isolate(lane, unit, deadline_us, outcome);
            transaction_forget(lane, deadline_us);
            return verdict;
        }
        if (refusal_is_of_table(refusal.sqlstate)) {
            transaction_forget(lane, deadline_us);
            return outcome_retry(outcome, REDO_ENCODE, refusal.sqlstate, "the table changed: %s",
                                 refusal.message);
        }
    }
    enum verdict verdict = move_retry(lane->session, outcome);
    if (strcmp(refusal.sqlstate, "55P03") == 0) {
        postgres_ledger_end_stale(lane->sink->ledger, lane->session, deadline_us);
    }
    transaction_forget(lane, deadline_us);
    return verdict;
}

/* --- steps --------------------------------------------------------------------------------------------------- */

enum reply rows_begin(struct sink_lane *lane, int64_t deadline_us) {
    int64_t limit_ms = statement_ms(deadline_us);
    limit_ms = limit_ms > UNIT_STATEMENT_MS_MIN ? limit_ms : UNIT_STATEMENT_MS_MIN;
    const struct binding *binding = lane->binding;
    const char *more = binding->stage ? binding->stage : binding->guard;
    return transaction_begin(lane->session, more, limit_ms, deadline_us);
}

enum reply rows_copy_start(struct sink_lane *lane, int64_t deadline_us) {
    enum reply reply = session_copy_start(lane->session, STEP_COPY, lane->binding->copy, deadline_us);
    return reply == REPLY_OK ? session_copy_put(lane->session, COPY_HEAD, deadline_us) : reply;
}

static struct slice rows_slice(const struct payload *payload, uint32_t first, uint32_t end) {
    const struct copy_rows *rows = payload->body;
    uint32_t from = first ? rows->ends[first - 1] : 0, to = end ? rows->ends[end - 1] : 0;
    return slice_make(rows->data + from, to - from);
}

enum reply rows_put(struct sink_lane *lane, const struct payload *payload, uint32_t first, uint32_t end,
                    int64_t deadline_us) {
    while (first < end) {
        uint32_t stop = first;
        while (payload->rejected && stop < end && !payload_row_is_rejected(payload, stop)) {
            stop++;
        }
        stop = payload->rejected ? stop : end;
        if (stop > first && session_copy_put(lane->session, rows_slice(payload, first, stop),
                                             deadline_us) != REPLY_OK) {
            return REPLY_LOST;
        }
        first = stop + (stop < end);
    }
    return REPLY_OK;
}

enum reply rows_copy_end(struct sink_lane *lane, int64_t deadline_us) {
    if (session_copy_put(lane->session, COPY_TAIL, deadline_us) != REPLY_OK) {
        return REPLY_LOST;
    }
    return session_copy_end(lane->session, STEP_COPY_END, lane->binding->copy_relation, deadline_us);
}

enum reply rows_apply(struct sink_lane *lane, int64_t deadline_us) {
    const struct binding *binding = lane->binding;
    for (uint32_t i = 0; i < binding->apply_count; i++) {
        enum reply reply = session_run(lane->session, STEP_APPLY, binding->apply[i], deadline_us);
        if (reply != REPLY_OK) {
            return reply;
        }
    }
    return binding->table.deferrable ? session_run(lane->session, STEP_CONSTRAINTS,
                                                   "set constraints all immediate", deadline_us)
                                     : REPLY_OK;
}

/* --- begin, with the plain read of the owner ------------------------------------------------------------------- */

static const char *part_names(struct sink_lane *lane, const struct unit *unit) {
    struct sql_array names;
    const struct part *last = NULL;
    sql_array_begin(&names, lane->scratch);
    for (uint32_t i = 0; i < unit->payloads_count; i++) {
        const struct part *part = unit->payloads[i]->segment->part;
        if (part != last) {
            sql_array_text(&names, part_name(part));
        }
        last = part;
    }
    return sql_array_end(&names);
}

static struct part *part_named(const struct unit *unit, const char *name) {
    for (uint32_t i = 0; i < unit->payloads_count; i++) {
        struct part *part = unit->payloads[i]->segment->part;
        if (strcmp(part_name(part), name) == 0) {
            return part;
        }
    }
    assert(!"a row of a part that was not asked for");
    return NULL;
}

static enum verdict owners_read(struct sink_lane *lane, const struct unit *unit, int64_t deadline_us,
                                struct outcome *outcome) {
    const struct postgres_ledger *ledger = lane->sink->ledger;
    const char *const values[] = {ledger->pipeline, ledger->source, ledger->sink, part_names(lane, unit)};
    const struct question question = {STEP_RESOLVE, ledger->sql[SQL_STANDING], values, 4};
    if (session_ask(lane->session, &question, deadline_us) != REPLY_OK) {
        return failed(lane, unit, deadline_us, outcome);
    }
    uint32_t fenced = 0;
    for (uint32_t i = 0; i < session_rows(lane->session); i++) {
        if (strcmp(session_text(lane->session, i, 2), ledger->owner) != 0) {
            outcome_part(outcome, part_named(unit, session_text(lane->session, i, 0)), false, NULL);
            fenced++;
        }
    }
    if (fenced) {
        transaction_forget(lane, deadline_us);
        return outcome->verdict = VERDICT_FENCED;
    }
    return VERDICT_DONE;
}

/* Bits of one type would pass as another of the same width, so the columns must be those the rows were encoded for;
 * the lock that the guard took keeps them so until the end of the transaction. */
static enum verdict begin(struct sink_lane *lane, const struct unit *unit, int64_t deadline_us,
                          struct outcome *outcome) {
    const struct binding *binding = lane->binding;
    if (rows_begin(lane, deadline_us) != REPLY_OK) {
        return failed(lane, unit, deadline_us, outcome);
    }
    lane->begun = true;
    if (binding->guard && session_int(lane->session, 0, 0) != binding->table.fingerprint) {
        transaction_forget(lane, deadline_us);
        return outcome_retry(outcome, REDO_ENCODE, "postgres-table-changed",
                             "the columns of the table changed");
    }
    return unit->payloads_count ? owners_read(lane, unit, deadline_us, outcome) : VERDICT_DONE;
}

/* --- the calls ----------------------------------------------------------------------------------------------- */

enum verdict unit_open(struct sink_lane *lane, struct unit *unit, int64_t deadline_us,
                       struct outcome *outcome) {
    (void)outcome;
    if (lane->begun) {
        transaction_forget(lane, deadline_us);
    }
    arena_reset(lane->scratch);
    lane->binding = atomic_load(&lane->sink->binding);
    assert(lane->binding);
    unit->impl = lane;
    return VERDICT_DONE;
}

static enum verdict rows_add(struct sink_lane *lane, const struct unit *unit,
                             const struct payload *payload, int64_t deadline_us,
                             struct outcome *outcome) {
    if (!lane->copying) {
        if (rows_copy_start(lane, deadline_us) != REPLY_OK) {
            return failed(lane, unit, deadline_us, outcome);
        }
        lane->copying = true;
    }
    if (rows_put(lane, payload, 0, payload->rows, deadline_us) != REPLY_OK) {
        return failed(lane, unit, deadline_us, outcome);
    }
    return VERDICT_DONE;
}

/* With `every`, a unit may be open for minutes; a transaction must not be, because it would hold back vacuum and locks.
 * The payloads wait where they are and go out at seal. */
static bool is_held(const struct sink_lane *lane) {
    return lane->sink->bind.commit.every_us > 0;
}

enum verdict unit_add(struct sink_lane *lane, struct unit *unit, struct payload *payload,
                      int64_t deadline_us, struct outcome *outcome) {
    assert(!lane->sealed);
    if (payload->rows && payload->binding != lane->binding->version) {
        transaction_forget(lane, deadline_us);
        return outcome_retry(outcome, REDO_ENCODE, "postgres-table-changed",
                             "the rows were encoded for another state of the table");
    }
    if (!payload->rows || is_held(lane)) {
        return VERDICT_DONE;
    }
    if (!lane->begun) {
        enum verdict verdict = begin(lane, unit, deadline_us, outcome);
        if (verdict != VERDICT_DONE) {
            return verdict;
        }
    }
    return rows_add(lane, unit, payload, deadline_us, outcome);
}

static enum verdict held_send(struct sink_lane *lane, const struct unit *unit, int64_t deadline_us,
                              struct outcome *outcome) {
    for (uint32_t i = 0; is_held(lane) && i < unit->payloads_count; i++) {
        const struct payload *payload = unit->payloads[i];
        enum verdict verdict = payload->rows ? rows_add(lane, unit, payload, deadline_us, outcome)
                                             : VERDICT_DONE;
        if (verdict != VERDICT_DONE) {
            return verdict;
        }
    }
    return VERDICT_DONE;
}

enum verdict unit_seal(struct sink_lane *lane, struct unit *unit, int64_t deadline_us,
                       struct outcome *outcome) {
    assert(!lane->sealed);
    if (!lane->begun) {
        enum verdict verdict = begin(lane, unit, deadline_us, outcome);
        if (verdict != VERDICT_DONE) {
            return verdict;
        }
    }
    enum verdict sent = held_send(lane, unit, deadline_us, outcome);
    if (sent != VERDICT_DONE) {
        return sent;
    }
    if (lane->copying) {
        if (rows_copy_end(lane, deadline_us) != REPLY_OK || rows_apply(lane, deadline_us) != REPLY_OK) {
            return failed(lane, unit, deadline_us, outcome);
        }
        lane->copying = false;
    }
    struct move_call call = call_of(lane, unit, deadline_us);
    if (letters_copy(&call, deadline_us) != REPLY_OK) {
        enum verdict verdict = move_retry(lane->session, outcome);
        session_drop(lane->session);
        transaction_forget(lane, deadline_us);
        return verdict;
    }
    lane->sealed = true;
    return VERDICT_DONE;
}

enum verdict unit_commit(struct sink_lane *lane, struct unit *unit, int64_t deadline_us,
                         struct outcome *outcome) {
    assert(lane->sealed);
    struct move_call call = call_of(lane, unit, deadline_us);
    enum verdict verdict = move_commit(&call, outcome);
    lane->begun = lane->sealed = false;
    if (verdict != VERDICT_DONE) {
        session_drop(lane->session);
    }
    unit->impl = NULL;
    return verdict;
}

enum verdict unit_resolve(struct sink_lane *lane, struct unit *unit, int64_t deadline_us,
                          struct outcome *outcome) {
    session_drop(lane->session);
    arena_reset(lane->scratch);
    lane->begun = lane->copying = lane->sealed = false;
    struct move_call call = call_of(lane, unit, deadline_us);
    enum verdict verdict = move_resolve(&call, outcome);
    if (verdict == VERDICT_UNKNOWN) {
        session_drop(lane->session);
    }
    return verdict;
}

void unit_abandon(struct sink_lane *lane, struct unit *unit) {
    transaction_forget(lane, io_now_us() + ABANDON_US);
    unit->impl = NULL;
}
