/* SPDX-License-Identifier: Apache-2.0 */
/* One message begins a transaction and sets its limits. synchronous_commit may be stronger than `on` but never `off`:
 * a commit that a crash can undo would let the position run ahead of what was promised. */
#include "connectors/postgres/transaction.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/io.h"

enum { SETTINGS_MAX = 640 };

static const char begin_format[] =
    "begin isolation level read committed read write;"
    "set local lock_timeout = %d;"
    "set local idle_in_transaction_session_timeout = %d;"
    "set local statement_timeout = %" PRId64 ";"
    "select set_config('synchronous_commit', 'on', true)"
    " where current_setting('synchronous_commit') = 'off';";

enum reply transaction_begin(struct session *session, const char *more, int64_t limit_ms,
                             int64_t deadline_us) {
    if (session_open(session, deadline_us) != REPLY_OK) {
        return REPLY_LOST;
    }
    size_t size = SETTINGS_MAX + (more ? strlen(more) : 0);
    char *text = malloc(size);
    if (!text) {
        abort();
    }
    int len = snprintf(text, size, begin_format, LOCK_TIMEOUT_MS, IDLE_TIMEOUT_MS, limit_ms);
    snprintf(text + len, size - (size_t)len, "%s", more ? more : "");
    enum reply reply = session_run(session, STEP_BEGIN, text, deadline_us);
    free(text);
    return reply;
}

enum reply transaction_commit(struct session *session, int64_t deadline_us) {
    enum reply reply = session_run(session, STEP_COMMIT, "commit", deadline_us);
    if (reply == REPLY_OK && !session_tag_is(session, "COMMIT")) {
        return REPLY_REFUSED;
    }
    return reply;
}

void transaction_rollback(struct session *session, int64_t deadline_us) {
    if (session_in_transaction(session) &&
        session_run(session, STEP_ROLLBACK, "rollback", deadline_us) != REPLY_OK) {
        session_drop(session);
    }
}

int64_t statement_ms(int64_t deadline_us) {
    int64_t left_us = deadline_us - io_now_us();
    return (left_us > 0 ? left_us / 1000 : 0) + STATEMENT_GRACE_MS;
}
