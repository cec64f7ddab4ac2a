/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger as tables (ledger_sql.c). The same object serves a postgres sink, whose units move its rows in their own
 * transactions, and `ledger: {postgres: ...}`, where a unit is one transaction of the ledger alone. */
#ifndef LEAT_POSTGRES_LEDGER_H
#define LEAT_POSTGRES_LEDGER_H

#include "connectors/postgres/ledger_sql.h"
#include "connectors/postgres/session.h"
#include "engine/flow/sink.h"

/* `session` is the ledger lane's, `renewer` the renew lane's. Everything else is written by open and then only read,
 * also by the sink's lanes. */
struct postgres_ledger {
    struct ledger ledger;
    struct session *session, *renewer;
    struct arena *arena, *scratch;
    const char *schema_option; /* NULL = current_schema() */
    const char *sql[SQL_COUNT];
    const char *pipeline, *source, *sink, *owner;
    int64_t lease_us;
    uint64_t epoch_floor;
    char application_name[APPLICATION_NAME_MAX];
};

struct postgres_ledger *postgres_ledger_new(const char *url, const char *schema);
void postgres_ledger_free(struct postgres_ledger *ledger); /* takes NULL */

/* Ends backends that hold transactions of processes which no longer show themselves: after 55P03. Own session. */
void postgres_ledger_end_stale(const struct postgres_ledger *ledger, struct session *session,
                               int64_t deadline_us);

enum verdict postgres_ledger_commit(struct ledger *ledger, const struct unit *unit, int64_t deadline_us,
                                    struct outcome *outcome);

/* Reads ROW_COLUMNS of result row `row`; texts in the arena. */
void ledger_row_read(const struct session *session, uint32_t row, struct arena *arena,
                     struct ledger_row *ret);

#endif
