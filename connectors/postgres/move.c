/* SPDX-License-Identifier: Apache-2.0 */
/* The compare-and-set is one ordered statement, sent last before COMMIT, so that ledger rows are locked for one
 * round trip only. What the rows say: mine at `to` = done; mine at `from` = not done; mine elsewhere = moved (a
 * fail-over lost commits); another owner = fenced; no row, or my nonce with another epoch = somebody edited the
 * ledger. A unit is atomic, so one part that is proven proves all. Lane thread. */
#include "connectors/postgres/move.h"

#include <assert.h>
#include <inttypes.h>

#include "connectors/postgres/sql_array.h"
#include "connectors/postgres/transaction.h"

enum { WINDOW_TEXT_MAX = 512, MOVE_VALUES = 14 };

#define KEY_VALUES(ledger) (ledger)->pipeline, (ledger)->source, (ledger)->sink

static const char *refusal_code(const struct session *session) {
    const struct refusal *refusal = session_refusal(session);
    return refusal->sqlstate[0] ? refusal->sqlstate
           : refusal->timed_out ? "postgres-timeout"
                                : "postgres-connection";
}

enum verdict move_retry(const struct session *session, struct outcome *outcome) {
    return outcome_retry(outcome, REDO_SEND, refusal_code(session), "%s",
                         session_refusal(session)->message);
}

/* --- the compare-and-set ------------------------------------------------------------------------------------- */

static void texts_put(const struct move_call *call, const char **values) {
    const struct unit *unit = call->unit;
    struct sql_array array;
#define COLUMN(at, type, expression)                                                               \
    sql_array_begin(&array, call->scratch);                                                        \
    for (uint32_t i = 0; i < unit->moves_count; i++) {                                             \
        const struct move *move = &unit->moves[i];                                                 \
        sql_array_##type(&array, expression);                                                      \
    }                                                                                              \
    values[at] = sql_array_end(&array)
    COLUMN(4, text, move->part_name);
    COLUMN(5, number, move->epoch);
    COLUMN(6, text, move->from);
    COLUMN(7, text, move->to);
    COLUMN(8, text, move->mark);
    COLUMN(10, number, move->counts.in);
    COLUMN(11, number, move->counts.delivered);
    COLUMN(12, number, move->counts.filtered);
    COLUMN(13, number, move->counts.dead_letter);
#undef COLUMN
    sql_array_begin(&array, call->scratch);
    for (uint32_t i = 0; i < unit->moves_count; i++) {
        char window[WINDOW_TEXT_MAX];
        dead_window_print(&unit->moves[i].window, window, sizeof window);
        sql_array_text(&array, window);
    }
    values[9] = sql_array_end(&array);
}

static void one_put(const struct move_call *call, const char **values) {
    const struct move *move = call->unit->moves;
    char *window = arena_alloc(call->scratch, WINDOW_TEXT_MAX);
    dead_window_print(&move->window, window, WINDOW_TEXT_MAX);
    values[4] = move->part_name;
    values[6] = move->from;
    values[7] = move->to;
    values[8] = move->mark;
    values[9] = window;
    const uint64_t numbers[] = {move->epoch, move->counts.in, move->counts.delivered, move->counts.filtered,
                                move->counts.dead_letter};
    static const int places[] = {5, 10, 11, 12, 13};
    for (int i = 0; i < 5; i++) {
        values[places[i]] = arena_printf(call->scratch, "%" PRIu64, numbers[i]);
    }
}

static enum reply parts_move(const struct move_call *call) {
    const struct postgres_ledger *ledger = call->ledger;
    const char *values[MOVE_VALUES] = {KEY_VALUES(ledger), ledger->owner};
    bool one = call->unit->moves_count == 1;
    if (one) {
        one_put(call, values);
    } else {
        texts_put(call, values);
    }
    const char *sql = ledger->sql[one ? SQL_MOVE_ONE : SQL_MOVE];
    const struct question question = {STEP_MOVE, sql, values, MOVE_VALUES};
    return session_ask(call->session, &question, call->deadline_us);
}

/* --- what the rows say --------------------------------------------------------------------------------------- */

enum standing { STANDING_DONE, STANDING_NOT, STANDING_MOVED, STANDING_FENCED, STANDING_EDITED };

static int64_t standing_row(const struct session *session, const char *part) {
    for (uint32_t i = 0; i < session_rows(session); i++) {
        if (strcmp(session_text(session, i, 0), part) == 0) {
            return i;
        }
    }
    return -1;
}

static enum standing standing(const struct move_call *call, const struct move *move, int64_t row) {
    const struct session *session = call->session;
    if (row < 0) {
        return STANDING_EDITED;
    }
    uint32_t at = (uint32_t)row;
    bool epoch_is_mine = (uint64_t)session_int(session, at, 1) == move->epoch;
    bool owner_is_me = strcmp(session_text(session, at, 2), call->ledger->owner) == 0;
    const char *next = session_text(session, at, 3);
    if (!owner_is_me) {
        return STANDING_FENCED;
    }
    if (!epoch_is_mine) {
        return STANDING_EDITED;
    }
    return strcmp(next, move->to) == 0     ? STANDING_DONE
           : strcmp(next, move->from) == 0 ? STANDING_NOT
                                           : STANDING_MOVED;
}

struct tally {
    uint32_t done, not_done, moved, fenced;
    const char *edited; /* part */
};

/* Counts the parts and lists those that are lost or moved. */
static struct tally tally(const struct move_call *call, struct outcome *outcome) {
    struct tally sum = {.done = 0};
    for (uint32_t i = 0; i < call->unit->moves_count; i++) {
        const struct move *move = &call->unit->moves[i];
        int64_t row = standing_row(call->session, move->part_name);
        switch (standing(call, move, row)) {
        case STANDING_DONE:
            sum.done++;
            break;
        case STANDING_NOT:
            sum.not_done++;
            break;
        case STANDING_MOVED:
            sum.moved++;
            outcome_part(outcome, move->part, true, session_text(call->session, (uint32_t)row, 3));
            break;
        case STANDING_FENCED:
            sum.fenced++;
            outcome_part(outcome, move->part, false, NULL);
            break;
        case STANDING_EDITED:
            sum.edited = move->part_name;
            break;
        }
    }
    return sum;
}

static enum verdict judge(const struct tally *sum, struct outcome *outcome) {
    if (sum->edited) {
        return outcome_fatal(outcome, "ledger-edited",
                             "the ledger row of part %s was changed by hand while it was in use; look at it "
                             "with leat ledger show, then start again",
                             sum->edited);
    }
    if (sum->done) {
        return outcome->verdict = VERDICT_DONE;
    }
    if (sum->not_done) {
        return outcome_retry(outcome, REDO_SEND, "postgres-not-committed",
                             "the ledger shows that the unit was not committed");
    }
    assert(sum->moved || sum->fenced);
    return outcome->verdict = sum->fenced ? VERDICT_FENCED : VERDICT_MOVED;
}

static const char *part_names(const struct move_call *call) {
    struct sql_array names;
    sql_array_begin(&names, call->scratch);
    for (uint32_t i = 0; i < call->unit->moves_count; i++) {
        sql_array_text(&names, call->unit->moves[i].part_name);
    }
    return sql_array_end(&names);
}

static enum reply rows_ask(const struct move_call *call, enum ledger_sql sql) {
    const struct postgres_ledger *ledger = call->ledger;
    const char *const values[] = {KEY_VALUES(ledger), part_names(call)};
    const struct question question = {STEP_RESOLVE, ledger->sql[sql], values, 4};
    return session_ask(call->session, &question, call->deadline_us);
}

/* The statement moved fewer rows than it should: nothing was committed yet, so some part is lost or moved. */
static enum verdict mismatch(const struct move_call *call, struct outcome *outcome) {
    if (rows_ask(call, SQL_STANDING) != REPLY_OK) {
        return move_retry(call->session, outcome);
    }
    struct tally sum = tally(call, outcome);
    transaction_rollback(call->session, call->deadline_us);
    if (!sum.edited && (sum.moved || sum.fenced)) {
        return outcome->verdict = sum.fenced ? VERDICT_FENCED : VERDICT_MOVED;
    }
    return judge(&sum, outcome);
}

static enum verdict move_refused(const struct move_call *call, struct outcome *outcome) {
    enum verdict verdict = move_retry(call->session, outcome);
    if (strcmp(session_refusal(call->session)->sqlstate, "55P03") == 0) {
        postgres_ledger_end_stale(call->ledger, call->session, call->deadline_us);
    }
    return verdict;
}

enum verdict move_commit(const struct move_call *call, struct outcome *outcome) {
    if (call->unit->moves_count) {
        enum reply moved = parts_move(call);
        if (moved != REPLY_OK) {
            return moved == REPLY_REFUSED ? move_refused(call, outcome)
                                          : move_retry(call->session, outcome);
        }
        if (session_affected(call->session) != call->unit->moves_count) {
            return mismatch(call, outcome);
        }
    }
    switch (transaction_commit(call->session, call->deadline_us)) {
    case REPLY_OK:
        return outcome->verdict = VERDICT_DONE;
    case REPLY_REFUSED: /* an error, or the answer ROLLBACK */
        return outcome_retry(outcome, REDO_SEND, "postgres-rolled-back", "the server rolled back: %s",
                             session_refusal(call->session)->message);
    case REPLY_LOST:
        break;
    }
    return outcome_unknown(outcome, refusal_code(call->session), "%s",
                           session_refusal(call->session)->message);
}

enum verdict move_resolve(const struct move_call *call, struct outcome *outcome) {
    if (!call->unit->moves_count) {
        return outcome->verdict = VERDICT_DONE;
    }
    if (transaction_begin(call->session, NULL, statement_ms(call->deadline_us), call->deadline_us) !=
            REPLY_OK ||
        rows_ask(call, SQL_STANDING_LOCKED) != REPLY_OK) {
        return outcome_unknown(outcome, refusal_code(call->session), "%s",
                               session_refusal(call->session)->message);
    }
    struct tally sum = tally(call, outcome);
    enum verdict verdict = judge(&sum, outcome);
    transaction_rollback(call->session, call->deadline_us);
    return verdict;
}
