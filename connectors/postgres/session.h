/* SPDX-License-Identifier: Apache-2.0 */
/* One connection to a server: statements and COPY, each with a deadline. This is the seam under the sink and the
 * ledger: postgres_client.c speaks libpq, a simulated server may stand here instead (link another implementation).
 *
 * A session belongs to one lane thread, whose calls block at most until the deadline (monotonic). Nothing is retried.
 * After REPLY_LOST the connection is closed and whether the server did it is unknown; after REPLY_REFUSED the server
 * said no (a transaction is aborted) and the connection stands. Nothing outlives a transaction in the server: the
 * unnamed statement only, so that a transaction pooler may stand between. */
#ifndef LEAT_POSTGRES_SESSION_H
#define LEAT_POSTGRES_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "connectors/postgres/step.h"
#include "engine/base/error.h"
#include "engine/base/slice.h"

struct session;

enum reply { REPLY_OK, REPLY_REFUSED, REPLY_LOST };

enum { REFUSAL_MESSAGE_MAX = 640, NAME_MAX_BYTES = 64, APPLICATION_NAME_MAX = 64 };

/* What the server (or the lost connection) said. Secrets are redacted; no DETAIL, because it shows rows. */
struct refusal {
    char sqlstate[6]; /* "" = the connection was lost or the deadline passed */
    char message[REFUSAL_MESSAGE_MAX];
    char column[NAME_MAX_BYTES], constraint[NAME_MAX_BYTES];
    uint64_t copy_line; /* 1 = first row of the COPY; 0 = not told */
    bool timed_out;
};

/* url: a libpq URI or conninfo, handed over untouched; NULL = the PG* environment alone. Borrowed for the session's
 * life. */
struct session *session_new(const char *url);
void session_free(struct session *session); /* takes NULL */
/* Shown in pg_stat_activity from the next connect on; cut to 63 bytes. */
void session_name_set(struct session *session, const char *application_name);

/* Connects when not connected. */
enum reply session_open(struct session *session, int64_t deadline_us);
bool session_is_open(const struct session *session);
bool session_in_transaction(const struct session *session);
/* Closes at once; an open transaction is rolled back by the server. */
void session_drop(struct session *session);

/* One or more statements without parameters; the last one with rows is kept. */
enum reply session_run(struct session *session, enum step step, const char *sql, int64_t deadline_us);
/* One statement with text parameters (NULL = null). */
struct question {
    enum step step;
    const char *sql;
    const char *const *values;
    int count;
};
enum reply session_ask(struct session *session, const struct question *question, int64_t deadline_us);

/* Of the last statement; borrowed until the next call. */
uint32_t session_rows(const struct session *session);
const char *session_text(const struct session *session, uint32_t row, int column); /* "" for null */
struct slice session_slice(const struct session *session, uint32_t row, int column);
bool session_null(const struct session *session, uint32_t row, int column);
int64_t session_int(const struct session *session, uint32_t row, int column);
bool session_bool(const struct session *session, uint32_t row, int column);
uint64_t session_affected(const struct session *session);
bool session_tag_is(const struct session *session, const char *tag); /* "COMMIT" */

/* COPY ... FROM STDIN: start, put any number of times, end. `relation` is the bare name that an error's context will
 * show, so that the line number can be found in it. */
enum reply session_copy_start(struct session *session, enum step step, const char *sql, int64_t deadline_us);
enum reply session_copy_put(struct session *session, struct slice bytes, int64_t deadline_us);
enum reply session_copy_end(struct session *session, enum step step, const char *relation, int64_t deadline_us);

const struct refusal *session_refusal(const struct session *session);
/* Puts the refusal into an error: permanent for rights, names and login (class 28, 3D, 42), else transient. */
enum status session_fail(const struct session *session, struct error *error, const char *what);

/* An SQL literal or identifier with its quotes; false = no room. Needs no connection. */
bool sql_quote(const char *text, char quote, char *ret_text, size_t size);

#endif
