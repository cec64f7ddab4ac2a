/* SPDX-License-Identifier: Apache-2.0 */
/* What the ledger's calls are made of: one statement, or one short transaction, on the ledger's own connection.
 * Private to postgres_ledger.c, ledger_claim.c and ledger_note.c. Ledger lane; a connection that failed is closed
 * and opened again by the next call. */
#ifndef LEAT_POSTGRES_LEDGER_CALL_H
#define LEAT_POSTGRES_LEDGER_CALL_H

#include "connectors/postgres/postgres_ledger.h"

/* $1 to $3 are the ledger's identity in nearly all statements. */
#define KEY_VALUES(ledger) (ledger)->pipeline, (ledger)->source, (ledger)->sink

struct call {
    enum step step;
    enum ledger_sql sql;
    const char *const *values;
    int count;
    const char *what; /* for the error */
};

static inline struct postgres_ledger *ledger_self(struct ledger *ledger) {
    return (struct postgres_ledger *)ledger;
}

const char *call_number(struct postgres_ledger *ledger, int64_t number); /* in scratch */
/* Closes the connection. */
enum status call_failed(struct postgres_ledger *ledger, const char *what, struct error *error);
enum status call_ask(struct postgres_ledger *ledger, const struct call *call, int64_t deadline_us,
                     struct error *error);
/* Empties scratch. */
enum status call_begin(struct postgres_ledger *ledger, const char *what, int64_t deadline_us,
                       struct error *error);
enum status call_commit(struct postgres_ledger *ledger, const char *what, int64_t deadline_us,
                        struct error *error);

/* Fills rows[i] for the i-th name of the array; an absent one keeps its NULL name. */
enum status call_rows(struct postgres_ledger *ledger, const char *names, struct arena *arena,
                      struct ledger_rows *rows, int64_t deadline_us, struct error *error);

/* --- ledger_claim.c, ledger_note.c: calls of struct ledger_ops --- */
enum status ledger_claim(struct ledger *ledger, struct claim *claims, uint32_t count, struct arena *arena,
                         int64_t deadline_us, struct error *error);
enum status ledger_release(struct ledger *ledger, const struct claim *parts, uint32_t count,
                           int64_t deadline_us, struct error *error);
enum status ledger_renew(struct ledger *ledger, struct arena *arena, struct owner_list *ret,
                         int64_t deadline_us, struct error *error);
enum status ledger_note(struct ledger *ledger, const struct note *note, int64_t deadline_us,
                        struct error *error);

#endif
