/* SPDX-License-Identifier: Apache-2.0 */
/* Who owns a part: claim, release, renew. A claim is one ordered statement for many parts, then the rows are read back
 * in the same transaction; after the commit the transactions of dead owners are ended, because a zombie frozen in
 * mid-COPY holds unique keys that the new owner would wait for. A repeated claim finds its own nonce. Ledger lane;
 * renew on its own lane. */
#include "connectors/postgres/ledger_call.h"

#include <string.h>

#include "connectors/postgres/sql_array.h"
#include "engine/flow/owner.h"

struct claim_arrays {
    const char *parts, *epochs;
};

static struct claim_arrays claim_arrays(const struct claim *claims, uint32_t count, struct arena *arena) {
    struct claim_arrays arrays;
    struct sql_array array;
    sql_array_begin(&array, arena);
    for (uint32_t i = 0; i < count; i++) {
        sql_array_text(&array, claims[i].part);
    }
    arrays.parts = sql_array_end(&array);
    sql_array_begin(&array, arena);
    for (uint32_t i = 0; i < count; i++) {
        sql_array_number(&array, claims[i].expected_epoch);
    }
    arrays.epochs = sql_array_end(&array);
    return arrays;
}

/* Nonces of the dead whose parts were just taken, as an array; NULL = none. */
static const char *dead_nonces(struct postgres_ledger *ledger) {
    const struct session *session = ledger->session;
    struct sql_array nonces;
    uint32_t count = 0;
    sql_array_begin(&nonces, ledger->scratch);
    for (uint32_t i = 0; i < session_rows(session); i++) {
        const char *previous = session_text(session, i, 0);
        bool alive = session_bool(session, i, 1);
        if (*previous && strcmp(previous, ledger->owner) != 0 &&
            (!alive || owner_is_dead_here(previous))) {
            sql_array_text(&nonces, owner_nonce(previous));
            count++;
        }
    }
    const char *text = sql_array_end(&nonces);
    return count ? text : NULL;
}

static enum claim_result claim_result(const struct postgres_ledger *ledger, const struct claim *claim) {
    const struct ledger_row *row = &claim->row;
    uint64_t won = claim->expected_epoch + 1;
    won = won > ledger->epoch_floor ? won : ledger->epoch_floor;
    if (!row->info.name) {
        return CLAIM_ABSENT;
    }
    if (row->state != ROW_OPEN) {
        return row->state == ROW_ENDED ? CLAIM_ENDED : CLAIM_STOPPED;
    }
    bool mine = strcmp(row->owner, ledger->owner) == 0 && row->epoch == won;
    return mine ? CLAIM_WON : CLAIM_HELD;
}

static enum status claim_write(struct postgres_ledger *ledger, const struct claim_arrays *arrays,
                               const char **ret_dead, int64_t deadline_us, struct error *error) {
    const char *const values[] = {KEY_VALUES(ledger),
                                  arrays->parts,
                                  arrays->epochs,
                                  ledger->owner,
                                  call_number(ledger, (int64_t)ledger->epoch_floor),
                                  call_number(ledger, ledger->lease_us)};
    const struct call call = {STEP_CLAIM, SQL_CLAIM, values, 8, "claiming parts"};
    if (call_ask(ledger, &call, deadline_us, error) != STATUS_OK) {
        if (strcmp(session_refusal(ledger->session)->sqlstate, "55P03") == 0) {
            postgres_ledger_end_stale(ledger, ledger->session, deadline_us);
        }
        return STATUS_FAILED;
    }
    *ret_dead = dead_nonces(ledger);
    return STATUS_OK;
}

enum status ledger_claim(struct ledger *base, struct claim *claims, uint32_t count,
                                struct arena *arena, int64_t deadline_us, struct error *error) {
    struct postgres_ledger *ledger = ledger_self(base);
    if (call_begin(ledger, "claiming parts", deadline_us, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    struct claim_arrays arrays = claim_arrays(claims, count, ledger->scratch);
    struct ledger_rows rows = {.count = count};
    rows.items = arena_zalloc(arena, (count ? count : 1) * sizeof *rows.items);
    const char *dead = NULL;
    if (claim_write(ledger, &arrays, &dead, deadline_us, error) != STATUS_OK ||
        call_rows(ledger, arrays.parts, arena, &rows, deadline_us, error) != STATUS_OK ||
        call_commit(ledger, "claiming parts", deadline_us, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    for (uint32_t i = 0; i < count; i++) {
        claims[i].row = rows.items[i];
        claims[i].result = claim_result(ledger, &claims[i]);
    }
    if (dead) {
        /* A courtesy to ourselves: the claim stands whether or not the dead let go at once. */
        const struct call end = {STEP_END_BACKENDS, SQL_END_BACKENDS, &dead, 1, "ending backends"};
        enum status ended = call_ask(ledger, &end, deadline_us, NULL);
        (void)ended;
    }
    return STATUS_OK;
}

enum status ledger_release(struct ledger *base, const struct claim *parts, uint32_t count,
                                  int64_t deadline_us, struct error *error) {
    struct postgres_ledger *ledger = ledger_self(base);
    if (call_begin(ledger, "releasing parts", deadline_us, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    struct claim_arrays arrays = claim_arrays(parts, count, ledger->scratch);
    const char *const values[] = {KEY_VALUES(ledger), arrays.parts, arrays.epochs, ledger->owner};
    const struct call call = {STEP_RELEASE, SQL_RELEASE, values, 6, "releasing parts"};
    if (call_ask(ledger, &call, deadline_us, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    return call_commit(ledger, "releasing parts", deadline_us, error);
}

enum status ledger_renew(struct ledger *base, struct arena *arena, struct owner_list *ret,
                                int64_t deadline_us, struct error *error) {
    struct postgres_ledger *ledger = ledger_self(base);
    struct session *session = ledger->renewer;
    const struct question question = {STEP_RENEW, ledger->sql[SQL_RENEW], &ledger->owner, 1};
    if (session_open(session, deadline_us) != REPLY_OK ||
        session_ask(session, &question, deadline_us) != REPLY_OK) {
        enum status status = session_fail(session, error, "renewing the lease");
        session_drop(session);
        return status;
    }
    struct owner_list list = {.count = session_rows(session)};
    list.items = arena_alloc(arena, list.count * sizeof *list.items);
    for (uint32_t i = 0; i < list.count; i++) {
        list.items[i] = (struct owner_age){.owner = arena_text(arena, session_slice(session, i, 0)),
                                           .age_us = session_int(session, i, 1)};
    }
    *ret = list;
    return STATUS_OK;
}
