/* SPDX-License-Identifier: Apache-2.0 */
/* The deciding steps of a unit: the compare-and-set of its parts, COMMIT, and reading back what is in doubt. The
 * session stands in the unit's transaction. Lane thread of the session. */
#ifndef LEAT_POSTGRES_MOVE_H
#define LEAT_POSTGRES_MOVE_H

#include "connectors/postgres/postgres_ledger.h"

struct move_call {
    const struct postgres_ledger *ledger;
    struct session *session;
    struct arena *scratch;
    const struct unit *unit;
    int64_t deadline_us;
};

/* Moves all parts and commits. After any answer but DONE the session is not to be used for another unit. */
enum verdict move_commit(const struct move_call *call, struct outcome *outcome);
/* On a fresh connection: waits for whoever holds the rows, then says DONE, RETRY, FENCED, MOVED or UNKNOWN again. */
enum verdict move_resolve(const struct move_call *call, struct outcome *outcome);

/* RETRY with what the server or the connection said. */
enum verdict move_retry(const struct session *session, struct outcome *outcome);

#endif
