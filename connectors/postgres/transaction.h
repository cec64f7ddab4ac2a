/* SPDX-License-Identifier: Apache-2.0 */
/* How every transaction of Leat begins and ends, whatever the server's defaults are. All settings are `set local`, so
 * that they vanish with the transaction and a transaction pooler may stand between. Lane thread of the session. */
#ifndef LEAT_POSTGRES_TRANSACTION_H
#define LEAT_POSTGRES_TRANSACTION_H

#include "connectors/postgres/session.h"

enum { LOCK_TIMEOUT_MS = 2000, IDLE_TIMEOUT_MS = 30000, STATEMENT_GRACE_MS = 1000 };

/* Opens the session when it is not open, then begins. `more` (may be NULL): a statement sent in the same message;
 * its rows can be read. statement_ms: how long the server works on one statement. */
enum reply transaction_begin(struct session *session, const char *more, int64_t statement_ms,
                             int64_t deadline_us);
/* REPLY_OK only when the server said COMMIT: an aborted transaction answers ROLLBACK without an error. */
enum reply transaction_commit(struct session *session, int64_t deadline_us);
/* Drops the connection when it does not answer. */
void transaction_rollback(struct session *session, int64_t deadline_us);
/* Time left for a statement, with grace, in the server's unit. */
int64_t statement_ms(int64_t deadline_us);

#endif
