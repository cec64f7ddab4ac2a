/* SPDX-License-Identifier: Apache-2.0 */
/* Statements and short transactions of the ledger. Every failure closes the connection, so that no call ever finds
 * an open transaction of an older one. Ledger lane. */
#include "connectors/postgres/ledger_call.h"

#include <assert.h>
#include <inttypes.h>

#include "connectors/postgres/transaction.h"

const char *call_number(struct postgres_ledger *ledger, int64_t number) {
    return arena_printf(ledger->scratch, "%" PRId64, number);
}

enum status call_failed(struct postgres_ledger *ledger, const char *what, struct error *error) {
    enum status status = session_fail(ledger->session, error, what);
    session_drop(ledger->session);
    return status;
}

enum status call_ask(struct postgres_ledger *ledger, const struct call *call, int64_t deadline_us,
                       struct error *error) {
    const struct question question = {
        .step = call->step, .sql = ledger->sql[call->sql], .values = call->values, .count = call->count};
    if (session_open(ledger->session, deadline_us) != REPLY_OK ||
        session_ask(ledger->session, &question, deadline_us) != REPLY_OK) {
        return call_failed(ledger, call->what, error);
    }
    return STATUS_OK;
}

enum status call_begin(struct postgres_ledger *ledger, const char *what, int64_t deadline_us,
                         struct error *error) {
    arena_reset(ledger->scratch);
    if (transaction_begin(ledger->session, NULL, statement_ms(deadline_us), deadline_us) != REPLY_OK) {
        return call_failed(ledger, what, error);
    }
    return STATUS_OK;
}

enum status call_commit(struct postgres_ledger *ledger, const char *what, int64_t deadline_us,
                          struct error *error) {
    if (transaction_commit(ledger->session, deadline_us) != REPLY_OK) {
        return call_failed(ledger, what, error);
    }
    return STATUS_OK;
}

enum status call_rows(struct postgres_ledger *ledger, const char *names, struct arena *arena,
                             struct ledger_rows *rows, int64_t deadline_us, struct error *error) {
    enum { COLUMN_ORDINAL = 18 };
    const char *const values[] = {KEY_VALUES(ledger), names};
    const struct call call = {STEP_QUERY, SQL_ROWS, values, 4, "reading parts"};
    if (call_ask(ledger, &call, deadline_us, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    for (uint32_t i = 0; i < session_rows(ledger->session); i++) {
        int64_t n = session_int(ledger->session, i, COLUMN_ORDINAL);
        assert(n >= 1 && n <= rows->count);
        ledger_row_read(ledger->session, i, arena, &rows->items[n - 1]);
    }
    return STATUS_OK;
}
