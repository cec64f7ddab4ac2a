/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger's calls. Each is one statement, or one short transaction on the ledger's own connection; nothing is kept
 * between calls but the connection. A connection that failed is closed and opened again by the next call. What a lost
 * reply hides is found by repeating the call: claim, plan_put, release and notes of an owner are idempotent. */
#include "connectors/postgres/ledger_call.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "connectors/postgres/letters.h"
#include "connectors/postgres/move.h"
#include "connectors/postgres/sql_array.h"
#include "connectors/postgres/transaction.h"
#include "engine/flow/owner.h"

enum { NUMBER_TEXT_MAX = 24, QUALIFIED_MAX = 160 };

/* --- open ---------------------------------------------------------------------------------------------------- */

static enum status schema_find_name(struct postgres_ledger *ledger, int64_t deadline_us,
                                    char ret_quoted[QUALIFIED_MAX], struct error *error) {
    const char *name = ledger->schema_option;
    if (!name) {
        if (session_run(ledger->session, STEP_QUERY, "select current_schema()", deadline_us) !=
            REPLY_OK) {
            return call_failed(ledger, "the ledger's schema", error);
        }
        if (session_null(ledger->session, 0, 0)) {
            return error_set(error, ERROR_PERMANENT, "ledger-schema",
                             "no schema of the search_path exists; give ledger_schema");
        }
        name = session_text(ledger->session, 0, 0);
    }
    if (!sql_quote(name, '"', ret_quoted, QUALIFIED_MAX)) {
        return error_set(error, ERROR_PERMANENT, "ledger-schema", "ledger_schema is too long");
    }
    return STATUS_OK;
}

static enum status version_check(struct postgres_ledger *ledger, int64_t deadline_us,
                                 struct error *error) {
    if (session_run(ledger->session, STEP_QUERY, ledger->sql[SQL_VERSION], deadline_us) != REPLY_OK) {
        return call_failed(ledger, "the ledger's version", error);
    }
    int64_t rows = session_int(ledger->session, 0, 0), version = session_int(ledger->session, 0, 1);
    if (rows != 1 || version != LEDGER_VERSION) {
        return error_set(error, ERROR_PERMANENT, "ledger-version",
                         "leat_meta says version %" PRId64 " (%" PRId64 " rows), this program knows %d; "
                         "use the program that made the tables, or another ledger_schema",
                         version, rows, LEDGER_VERSION);
    }
    return STATUS_OK;
}

static enum status tables_make(struct postgres_ledger *ledger, const char *schema, int64_t deadline_us,
                               struct error *error) {
    const char *meta = arena_printf(ledger->scratch, "%s.leat_meta", schema);
    const struct call exists = {STEP_QUERY, SQL_VERSION_EXISTS, &meta, 1, "looking for the ledger"};
    if (call_ask(ledger, &exists, deadline_us, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    if (session_bool(ledger->session, 0, 0)) {
        return version_check(ledger, deadline_us, error);
    }
    if (call_begin(ledger, "making the ledger's tables", deadline_us, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    if (session_run(ledger->session, STEP_CREATE, ledger->sql[SQL_TABLES_CREATE], deadline_us) !=
        REPLY_OK) {
        return call_failed(ledger, "making the ledger's tables", error);
    }
    if (call_commit(ledger, "making the ledger's tables", deadline_us, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    return version_check(ledger, deadline_us, error);
}

static void identity_take(struct postgres_ledger *ledger, const struct ledger_identity *identity) {
    struct arena *arena = ledger->arena;
    ledger->pipeline = arena_text(arena, slice_of(identity->pipeline));
    ledger->source = arena_text(arena, slice_of(identity->source));
    ledger->sink = arena_text(arena, slice_of(identity->sink));
    ledger->owner = arena_text(arena, slice_of(identity->owner));
    ledger->lease_us = identity->lease_us;
    ledger->epoch_floor = identity->epoch_floor;
    snprintf(ledger->application_name, sizeof ledger->application_name, "leat/%s/%s",
             owner_nonce(ledger->owner), ledger->pipeline);
    session_name_set(ledger->session, ledger->application_name);
    session_name_set(ledger->renewer, ledger->application_name);
}

static enum status ledger_open(struct ledger *base, const struct ledger_identity *identity,
                               int64_t deadline_us, struct error *error) {
    struct postgres_ledger *ledger = ledger_self(base);
    arena_reset(ledger->arena);
    arena_reset(ledger->scratch);
    session_drop(ledger->session);
    identity_take(ledger, identity);
    char schema[QUALIFIED_MAX];
    if (session_open(ledger->session, deadline_us) != REPLY_OK) {
        return call_failed(ledger, "connecting", error);
    }
    if (schema_find_name(ledger, deadline_us, schema, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    for (int i = 0; i < SQL_COUNT; i++) {
        ledger->sql[i] = ledger_sql((enum ledger_sql)i, schema, ledger->arena);
    }
    if (tables_make(ledger, schema, deadline_us, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    const struct call forget = {STEP_RENEW, SQL_PROCESS_FORGET, NULL, 0, "forgetting old processes"};
    const struct call renew = {STEP_RENEW, SQL_RENEW, &ledger->owner, 1, "showing that I live"};
    return call_ask(ledger, &forget, deadline_us, error) == STATUS_OK &&
                   call_ask(ledger, &renew, deadline_us, error) == STATUS_OK
               ? STATUS_OK
               : STATUS_FAILED;
}

static void ledger_close(struct ledger *base) {
    session_drop(ledger_self(base)->session);
    session_drop(ledger_self(base)->renewer);
}

/* --- plan ---------------------------------------------------------------------------------------------------- */

static enum status ledger_plan_known(struct ledger *base, const char *const *entries, uint32_t count,
                                     bool *ret_known, int64_t deadline_us, struct error *error) {
    struct postgres_ledger *ledger = ledger_self(base);
    arena_reset(ledger->scratch);
    struct sql_array names;
    sql_array_begin(&names, ledger->scratch);
    for (uint32_t i = 0; i < count; i++) {
        sql_array_text(&names, entries[i]);
        ret_known[i] = false;
    }
    const char *const values[] = {KEY_VALUES(ledger), sql_array_end(&names)};
    const struct call call = {STEP_QUERY, SQL_PLAN_KNOWN, values, 4, "reading the plan"};
    if (call_ask(ledger, &call, deadline_us, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    for (uint32_t i = 0; i < session_rows(ledger->session); i++) {
        int64_t n = session_int(ledger->session, i, 0);
        assert(n >= 1 && n <= count);
        ret_known[n - 1] = true;
    }
    return STATUS_OK;
}

static enum status ledger_plan_ident(struct ledger *base, const char *entry, struct arena *arena,
                                     const char **ret_ident, int64_t deadline_us, struct error *error) {
    struct postgres_ledger *ledger = ledger_self(base);
    arena_reset(ledger->scratch);
    const char *const values[] = {KEY_VALUES(ledger), entry};
    const struct call call = {STEP_QUERY, SQL_PLAN_IDENT, values, 4, "reading the plan"};
    if (call_ask(ledger, &call, deadline_us, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    struct session *session = ledger->session;
    *ret_ident = session_rows(session) ? arena_text(arena, slice_of(session_text(session, 0, 0))) : NULL;
    return STATUS_OK;
}

/* The entries of a plan as arrays, one for each column. */
struct plan_arrays {
    const char *part, *entry, *ident, *detail, *first, *weight;
};

static struct plan_arrays plan_arrays(const struct part_list *parts, struct arena *arena) {
    struct plan_arrays arrays;
    struct sql_array array;
#define COLUMN(array_of, field)                                                                    \
    sql_array_begin(&array, arena);                                                                \
    for (uint32_t i = 0; i < parts->count; i++) {                                                  \
        sql_array_text(&array, parts->items[i].field ? parts->items[i].field : "");                \
    }                                                                                              \
    arrays.array_of = sql_array_end(&array)
    COLUMN(part, name);
    COLUMN(entry, entry);
    COLUMN(ident, ident);
    COLUMN(detail, detail);
    COLUMN(first, first);
#undef COLUMN
    sql_array_begin(&array, arena);
    for (uint32_t i = 0; i < parts->count; i++) {
        sql_array_number(&array, parts->items[i].weight_bytes);
    }
    arrays.weight = sql_array_end(&array);
    return arrays;
}

/* Planners wait for each other: of two that list one file with different splits, the second must see the first's
 * entry whole. */
static enum status plan_write(struct postgres_ledger *ledger, const struct part_list *parts,
                              bool started, int64_t deadline_us, struct error *error) {
    const char *const key[] = {KEY_VALUES(ledger), ledger->owner};
    const struct call lock = {STEP_PLAN, SQL_PLAN_LOCK, key, 3, "locking the plan"};
    if (call_ask(ledger, &lock, deadline_us, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    bool as_given = true;
    if (started) {
        const struct call start = {STEP_PLAN, SQL_PLAN_START, key, 4, "marking the first start"};
        if (call_ask(ledger, &start, deadline_us, error) != STATUS_OK) {
            return STATUS_FAILED;
        }
        as_given = session_bool(ledger->session, 0, 0);
    }
    struct plan_arrays arrays = plan_arrays(parts, ledger->scratch);
    const char *const values[] = {KEY_VALUES(ledger),
                                  as_given ? "t" : "f",
                                  arrays.part,
                                  arrays.entry,
                                  arrays.ident,
                                  arrays.detail,
                                  arrays.first,
                                  arrays.weight,
                                  call_number(ledger, (int64_t)ledger->epoch_floor)};
    const struct call put = {STEP_PLAN, SQL_PLAN_PUT, values, 11, "writing the plan"};
    return call_ask(ledger, &put, deadline_us, error);
}

static enum status ledger_plan_put(struct ledger *base, const struct part_list *parts, bool started,
                                   int64_t deadline_us, struct error *error) {
    struct postgres_ledger *ledger = ledger_self(base);
    if (call_begin(ledger, "writing the plan", deadline_us, error) != STATUS_OK ||
        plan_write(ledger, parts, started, deadline_us, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    return call_commit(ledger, "writing the plan", deadline_us, error);
}

/* --- reading ------------------------------------------------------------------------------------------------- */

static enum status ledger_totals(struct ledger *base, struct ledger_totals *ret, int64_t deadline_us,
                                 struct error *error) {
    struct postgres_ledger *ledger = ledger_self(base);
    arena_reset(ledger->scratch);
    const char *const values[] = {KEY_VALUES(ledger), ledger->owner,
                                  call_number(ledger, ledger->lease_us)};
    const struct call call = {STEP_QUERY, SQL_TOTALS, values, 5, "summing up the ledger"};
    if (call_ask(ledger, &call, deadline_us, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
#define SUM(column) ((uint64_t)session_int(ledger->session, 0, (column)))
    *ret = (struct ledger_totals){
        .parts = SUM(0),
        .open = SUM(1),
        .stopped = SUM(2),
        .ended = SUM(3),
        .open_elsewhere = SUM(4),
        .books = {.in = SUM(5), .delivered = SUM(6), .filtered = SUM(7), .dead_letter = SUM(8)},
        .started = session_bool(ledger->session, 0, 9),
        .all_visible = true,
    };
#undef SUM
    return STATUS_OK;
}

static void rows_take(const struct session *session, struct arena *arena, struct ledger_rows *ret) {
    uint32_t count = session_rows(session);
    struct ledger_rows rows = {.count = count};
    rows.items = arena_zalloc(arena, (count ? count : 1) * sizeof *rows.items);
    for (uint32_t i = 0; i < count; i++) {
        ledger_row_read(session, i, arena, &rows.items[i]);
    }
    *ret = rows;
}

static enum status ledger_query(struct ledger *base, const struct ledger_query *query,
                                struct arena *arena, struct ledger_rows *ret, int64_t deadline_us,
                                struct error *error) {
    struct postgres_ledger *ledger = ledger_self(base);
    arena_reset(ledger->scratch);
    uint32_t limit = query->rows_max ? query->rows_max : INT32_MAX;
    const char *rows_max = call_number(ledger, limit);
    struct sql_array dead;
    sql_array_begin(&dead, ledger->scratch);
    for (uint32_t i = 0; i < query->dead_owners_count; i++) {
        sql_array_text(&dead, query->dead_owners[i]);
    }
    const char *dead_text = sql_array_end(&dead);
    const char *const free_values[] = {KEY_VALUES(ledger), ledger->owner,
                                       call_number(ledger, query->lease_us), dead_text, rows_max};
    const char *const all_values[] = {KEY_VALUES(ledger), rows_max};
    const struct call free_call = {STEP_QUERY, SQL_QUERY_FREE, free_values, 7, "looking for free parts"};
    const struct call all_call = {STEP_QUERY, SQL_QUERY_ALL, all_values, 4, "reading the ledger"};
    if (call_ask(ledger, query->all ? &all_call : &free_call, deadline_us, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    rows_take(ledger->session, arena, ret);
    return STATUS_OK;
}

static enum status ledger_rows_of(struct ledger *base, const char *const *parts, uint32_t count,
                                  struct arena *arena, struct ledger_rows *ret, int64_t deadline_us,
                                  struct error *error) {
    struct postgres_ledger *ledger = ledger_self(base);
    arena_reset(ledger->scratch);
    struct sql_array names;
    sql_array_begin(&names, ledger->scratch);
    for (uint32_t i = 0; i < count; i++) {
        sql_array_text(&names, parts[i]);
    }
    struct ledger_rows rows = {.count = count};
    rows.items = arena_zalloc(arena, (count ? count : 1) * sizeof *rows.items);
    if (call_rows(ledger, sql_array_end(&names), arena, &rows, deadline_us, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    *ret = rows;
    return STATUS_OK;
}

void postgres_ledger_end_stale(const struct postgres_ledger *ledger, struct session *session,
                               int64_t deadline_us) {
    char lease[NUMBER_TEXT_MAX];
    snprintf(lease, sizeof lease, "%" PRId64, ledger->lease_us);
    const char *const values[] = {owner_nonce(ledger->owner), lease};
    const struct question question = {STEP_END_BACKENDS, ledger->sql[SQL_END_STALE], values, 2};
    transaction_rollback(session, deadline_us);
    if (session_open(session, deadline_us) != REPLY_OK ||
        session_ask(session, &question, deadline_us) != REPLY_OK) {
        session_drop(session);
    }
}

/* --- a ledger by itself -------------------------------------------------------------------------------------- */

static enum verdict commit_in_transaction(struct postgres_ledger *ledger, const struct unit *unit,
                                          int64_t deadline_us, struct outcome *outcome) {
    struct move_call call = {.ledger = ledger,
                             .session = ledger->session,
                             .scratch = ledger->scratch,
                             .unit = unit,
                             .deadline_us = deadline_us};
    if (transaction_begin(ledger->session, NULL, statement_ms(deadline_us), deadline_us) != REPLY_OK ||
        letters_copy(&call, deadline_us) != REPLY_OK) {
        const struct refusal *refusal = session_refusal(ledger->session);
        return outcome_retry(outcome, REDO_SEND, refusal->sqlstate[0] ? refusal->sqlstate : "postgres-connection",
                             "%s", refusal->message);
    }
    return move_commit(&call, outcome);
}

enum verdict postgres_ledger_commit(struct ledger *base, const struct unit *unit, int64_t deadline_us,
                                    struct outcome *outcome) {
    struct postgres_ledger *ledger = ledger_self(base);
    arena_reset(ledger->scratch);
    enum verdict verdict = commit_in_transaction(ledger, unit, deadline_us, outcome);
    if (verdict != VERDICT_DONE) {
        session_drop(ledger->session);
    }
    return verdict;
}

static const struct ledger_ops ops = {
    .open = ledger_open,
    .close = ledger_close,
    .plan_known = ledger_plan_known,
    .plan_ident = ledger_plan_ident,
    .plan_put = ledger_plan_put,
    .totals = ledger_totals,
    .query = ledger_query,
    .rows = ledger_rows_of,
    .claim = ledger_claim,
    .release = ledger_release,
    .renew = ledger_renew,
    .note = ledger_note,
};

struct postgres_ledger *postgres_ledger_new(const char *url, const char *schema) {
    struct postgres_ledger *ledger = calloc(1, sizeof *ledger);
    if (!ledger) {
        abort();
    }
    ledger->ledger.ops = &ops;
    ledger->session = session_new(url);
    ledger->renewer = session_new(url);
    ledger->arena = arena_new(NULL, POOL_SINK);
    ledger->scratch = arena_new(NULL, POOL_SINK);
    ledger->schema_option = schema;
    return ledger;
}

void postgres_ledger_free(struct postgres_ledger *ledger) {
    if (!ledger) {
        return;
    }
    session_free(ledger->session);
    session_free(ledger->renewer);
    arena_free(ledger->arena);
    arena_free(ledger->scratch);
    free(ledger);
}
