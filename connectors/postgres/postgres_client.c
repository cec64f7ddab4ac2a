/* SPDX-License-Identifier: Apache-2.0 */
/* libpq, nonblocking, driven with poll(2): no call waits longer than its deadline, whatever the server or the network
 * does (name resolution excepted: getaddrinfo has no deadline). A connection whose deadline passed is closed, never
 * used again: an answer that comes late must not be taken for the next one's. Lane thread of the session. */
#include <assert.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/postgres/session.h"
#include "engine/base/io.h"
#include "engine/config/secret.h"

enum { COPY_PIECE_BYTES = 128 * 1024, US_PER_MS = 1000, SERVER_MESSAGE_MAX = 4096 };

struct session {
    PGconn *conn;
    PGresult *result;
    const char *url;
    char name[APPLICATION_NAME_MAX];
    struct refusal refusal;
};

struct session *session_new(const char *url) {
    struct session *session = calloc(1, sizeof *session);
    if (!session) {
        abort();
    }
    session->url = url;
    snprintf(session->name, sizeof session->name, "leat");
    return session;
}

void session_free(struct session *session) {
    if (session) {
        session_drop(session);
        free(session);
    }
}

void session_name_set(struct session *session, const char *application_name) {
    snprintf(session->name, sizeof session->name, "%s", application_name);
}

bool session_is_open(const struct session *session) {
    return session->conn != NULL;
}

bool session_in_transaction(const struct session *session) {
    return session->conn && PQtransactionStatus(session->conn) != PQTRANS_IDLE;
}

void session_drop(struct session *session) {
    PQclear(session->result);
    session->result = NULL;
    PQfinish(session->conn);
    session->conn = NULL;
}

/* --- failures ------------------------------------------------------------------------------------------------ */

/* Redacted whole before it is cut: half a secret would not be recognised. */
static void message_set(struct refusal *refusal, const char *message) {
    char text[SERVER_MESSAGE_MAX];
    snprintf(text, sizeof text, "%s", *message ? message : "the connection was lost");
    secret_redact(text);
    size_t len = strlen(text);
    while (len && (text[len - 1] == '\n' || text[len - 1] == ' ')) {
        text[--len] = '\0';
    }
    for (char *c = text; *c; c++) {
        *c = *c == '\n' ? ' ' : *c;
    }
    snprintf(refusal->message, sizeof refusal->message, "%s", text);
}

static enum reply lost(struct session *session, const char *message) {
    session->refusal = (struct refusal){.copy_line = 0};
    message_set(&session->refusal, message);
    session_drop(session);
    return REPLY_LOST;
}

static enum reply lost_connection(struct session *session) {
    return lost(session, session->conn ? PQerrorMessage(session->conn) : "");
}

static enum reply timed_out(struct session *session, const char *what) {
    char message[128];
    snprintf(message, sizeof message, "no answer from the server in time (%s)", what);
    enum reply reply = lost(session, message);
    session->refusal.timed_out = true;
    return reply;
}

static enum reply failpoint_lost(struct session *session, const char *name) {
    char message[128];
    snprintf(message, sizeof message, "failpoint %s", name);
    return lost(session, message);
}

static const char *field(const PGresult *result, int code) {
    const char *text = PQresultErrorField(result, code);
    return text ? text : "";
}

/* "COPY name, line 12, column c", in any language: the first number after the relation's name. */
static uint64_t copy_line(const char *context, const char *relation) {
    char start[NAME_MAX_BYTES + 8];
    snprintf(start, sizeof start, "COPY %s", relation);
    size_t len = strlen(start);
    for (const char *line = context; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, start, len) == 0) {
            const char *digits = line + len + strcspn(line + len, "0123456789\n");
            return strtoull(digits, NULL, 10);
        }
    }
    return 0;
}

static void refusal_read(struct session *session, const PGresult *result, const char *relation) {
    struct refusal *refusal = &session->refusal;
    *refusal = (struct refusal){.copy_line = 0};
    snprintf(refusal->sqlstate, sizeof refusal->sqlstate, "%s", field(result, PG_DIAG_SQLSTATE));
    snprintf(refusal->column, sizeof refusal->column, "%s", field(result, PG_DIAG_COLUMN_NAME));
    snprintf(refusal->constraint, sizeof refusal->constraint, "%s",
             field(result, PG_DIAG_CONSTRAINT_NAME));
    message_set(refusal, field(result, PG_DIAG_MESSAGE_PRIMARY));
    if (relation) {
        refusal->copy_line = copy_line(field(result, PG_DIAG_CONTEXT), relation);
    }
}

/* --- waiting ------------------------------------------------------------------------------------------------- */

/* False when the deadline passed. */
static bool wait_for(PGconn *conn, short events, int64_t deadline_us) {
    for (;;) {
        int64_t left_us = deadline_us - io_now_us();
        if (left_us <= 0) {
            return false;
        }
        int64_t left_ms = (left_us + US_PER_MS - 1) / US_PER_MS;
        struct pollfd poller = {.fd = PQsocket(conn), .events = events};
        if (poll(&poller, 1, left_ms > INT32_MAX ? INT32_MAX : (int)left_ms) > 0) {
            return true;
        }
    }
}

static enum reply flush(struct session *session, int64_t deadline_us) {
    for (;;) {
        int left = PQflush(session->conn);
        if (left == 0) {
            return REPLY_OK;
        }
        if (left < 0) {
            return lost_connection(session);
        }
        if (!wait_for(session->conn, POLLIN | POLLOUT, deadline_us)) {
            return timed_out(session, "sending");
        }
        if (!PQconsumeInput(session->conn)) {
            return lost_connection(session);
        }
    }
}

/* The next result, NULL at the end of the statement. */
static enum reply next_result(struct session *session, int64_t deadline_us, PGresult **ret) {
    while (PQisBusy(session->conn)) {
        if (!wait_for(session->conn, POLLIN, deadline_us)) {
            return timed_out(session, "waiting for an answer");
        }
        if (!PQconsumeInput(session->conn)) {
            return lost_connection(session);
        }
    }
    *ret = PQgetResult(session->conn);
    return REPLY_OK;
}

static bool is_error(const PGresult *result) {
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE ||
           status == PGRES_NONFATAL_ERROR;
}

/* A fatal error of the server ends the connection, and what it was doing is in doubt unless it said an SQLSTATE
 * while it still answers. */
static enum reply refused(struct session *session) {
    if (PQstatus(session->conn) == CONNECTION_BAD) {
        session_drop(session);
        return REPLY_LOST;
    }
    return REPLY_REFUSED;
}

/* Reads all results of what was sent; keeps the last with rows or the last at all. */
static enum reply finish(struct session *session, const char *relation, int64_t deadline_us) {
    bool failed = false;
    for (;;) {
        PGresult *result;
        if (next_result(session, deadline_us, &result) != REPLY_OK) {
            return REPLY_LOST;
        }
        if (!result) {
            break;
        }
        if (is_error(result) && !failed) {
            refusal_read(session, result, relation);
            failed = true;
        }
        bool keep = !session->result || PQresultStatus(result) == PGRES_TUPLES_OK ||
                    PQresultStatus(session->result) != PGRES_TUPLES_OK;
        PQclear(keep ? session->result : result);
        session->result = keep ? result : session->result;
    }
    if (!failed && PQstatus(session->conn) == CONNECTION_BAD) {
        return lost_connection(session);
    }
    return failed ? refused(session) : REPLY_OK;
}

/* --- connecting ---------------------------------------------------------------------------------------------- */

static void notice_drop(void *context, const PGresult *result) {
    (void)context;
    (void)result;
}

/* Keywords before dbname are defaults that the url may override; those after it are ours. */
static PGconn *connect_start(const struct session *session) {
    const char *const keywords[] = {"tcp_user_timeout", "keepalives_idle", "keepalives_interval",
                                    "keepalives_count", "dbname",          "application_name",
                                    "client_encoding",  NULL};
    const char *const values[] = {"15000", "15",  "5", "3", session->url ? session->url : "",
                                  session->name, "UTF8", NULL};
    return PQconnectStartParams(keywords, values, 1);
}

static enum reply connect_wait(struct session *session, int64_t deadline_us) {
    PostgresPollingStatusType next = PGRES_POLLING_WRITING;
    while (next != PGRES_POLLING_OK) {
        if (next == PGRES_POLLING_FAILED || PQstatus(session->conn) == CONNECTION_BAD) {
            return lost_connection(session);
        }
        short events = next == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        if (!wait_for(session->conn, events, deadline_us)) {
            return timed_out(session, "connecting");
        }
        next = PQconnectPoll(session->conn);
    }
    return REPLY_OK;
}

enum reply session_open(struct session *session, int64_t deadline_us) {
    if (session->conn) {
        return REPLY_OK;
    }
    if (io_failpoint(step_before(STEP_CONNECT))) {
        return failpoint_lost(session, step_before(STEP_CONNECT));
    }
    session->conn = connect_start(session);
    if (!session->conn) {
        return lost(session, "out of memory");
    }
    if (connect_wait(session, deadline_us) != REPLY_OK) {
        return REPLY_LOST;
    }
    PQsetNoticeReceiver(session->conn, notice_drop, NULL);
    if (PQsetnonblocking(session->conn, 1) != 0) {
        return lost_connection(session);
    }
    if (io_failpoint(step_after(STEP_CONNECT))) {
        return failpoint_lost(session, step_after(STEP_CONNECT));
    }
    return REPLY_OK;
}

/* --- statements ---------------------------------------------------------------------------------------------- */

static enum reply before(struct session *session, enum step step) {
    if (!session->conn) {
        return lost(session, "not connected");
    }
    PQclear(session->result);
    session->result = NULL;
    session->refusal = (struct refusal){.copy_line = 0};
    return io_failpoint(step_before(step)) ? failpoint_lost(session, step_before(step)) : REPLY_OK;
}

static enum reply after(struct session *session, enum step step, enum reply reply) {
    if (reply != REPLY_LOST && io_failpoint(step_after(step))) {
        return failpoint_lost(session, step_after(step));
    }
    return reply;
}

static enum reply exchange(struct session *session, int sent, int64_t deadline_us) {
    if (!sent) {
        return lost_connection(session);
    }
    if (flush(session, deadline_us) != REPLY_OK) {
        return REPLY_LOST;
    }
    return finish(session, NULL, deadline_us);
}

enum reply session_run(struct session *session, enum step step, const char *sql, int64_t deadline_us) {
    if (before(session, step) != REPLY_OK) {
        return REPLY_LOST;
    }
    return after(session, step, exchange(session, PQsendQuery(session->conn, sql), deadline_us));
}

enum reply session_ask(struct session *session, const struct question *question, int64_t deadline_us) {
    if (before(session, question->step) != REPLY_OK) {
        return REPLY_LOST;
    }
    int sent = PQsendQueryParams(session->conn, question->sql, question->count, NULL, question->values,
                                 NULL, NULL, 0);
    return after(session, question->step, exchange(session, sent, deadline_us));
}

uint32_t session_rows(const struct session *session) {
    return session->result ? (uint32_t)PQntuples(session->result) : 0;
}

const char *session_text(const struct session *session, uint32_t row, int column) {
    return PQgetvalue(session->result, (int)row, column);
}

struct slice session_slice(const struct session *session, uint32_t row, int column) {
    return slice_make(PQgetvalue(session->result, (int)row, column),
                      (size_t)PQgetlength(session->result, (int)row, column));
}

bool session_null(const struct session *session, uint32_t row, int column) {
    return PQgetisnull(session->result, (int)row, column);
}

int64_t session_int(const struct session *session, uint32_t row, int column) {
    return strtoll(session_text(session, row, column), NULL, 10);
}

bool session_bool(const struct session *session, uint32_t row, int column) {
    return session_text(session, row, column)[0] == 't';
}

uint64_t session_affected(const struct session *session) {
    return session->result ? strtoull(PQcmdTuples(session->result), NULL, 10) : 0;
}

bool session_tag_is(const struct session *session, const char *tag) {
    return session->result && PQresultStatus(session->result) == PGRES_COMMAND_OK &&
           strcmp(PQcmdStatus(session->result), tag) == 0;
}

/* --- COPY ---------------------------------------------------------------------------------------------------- */

static enum reply copy_started(struct session *session, const char *sql, int64_t deadline_us) {
    if (!PQsendQuery(session->conn, sql)) {
        return lost_connection(session);
    }
    PGresult *result;
    if (flush(session, deadline_us) != REPLY_OK ||
        next_result(session, deadline_us, &result) != REPLY_OK) {
        return REPLY_LOST;
    }
    if (PQresultStatus(result) == PGRES_COPY_IN) {
        PQclear(result);
        return REPLY_OK;
    }
    if (is_error(result)) {
        refusal_read(session, result, NULL);
        PQclear(result);
        enum reply rest = finish(session, NULL, deadline_us);
        return rest == REPLY_LOST ? rest : refused(session);
    }
    PQclear(result);
    return lost(session, "the server did not begin to COPY");
}

enum reply session_copy_start(struct session *session, enum step step, const char *sql,
                              int64_t deadline_us) {
    if (before(session, step) != REPLY_OK) {
        return REPLY_LOST;
    }
    return after(session, step, copy_started(session, sql, deadline_us));
}

/* Flushed piece by piece, because libpq's own buffer would grow without limit. */
enum reply session_copy_put(struct session *session, struct slice bytes, int64_t deadline_us) {
    if (!session->conn) {
        return lost(session, "not connected");
    }
    if (io_failpoint(step_before(STEP_COPY_DATA))) {
        return failpoint_lost(session, step_before(STEP_COPY_DATA));
    }
    while (bytes.len) {
        size_t len = bytes.len < COPY_PIECE_BYTES ? bytes.len : COPY_PIECE_BYTES;
        if (PQputCopyData(session->conn, bytes.data, (int)len) != 1) {
            return lost_connection(session);
        }
        if (flush(session, deadline_us) != REPLY_OK) {
            return REPLY_LOST;
        }
        bytes = slice_make(bytes.data + len, bytes.len - len);
    }
    return after(session, STEP_COPY_DATA, REPLY_OK);
}

enum reply session_copy_end(struct session *session, enum step step, const char *relation,
                            int64_t deadline_us) {
    if (before(session, step) != REPLY_OK) {
        return REPLY_LOST;
    }
    if (PQputCopyEnd(session->conn, NULL) != 1) {
        return lost_connection(session);
    }
    if (flush(session, deadline_us) != REPLY_OK) {
        return REPLY_LOST;
    }
    return after(session, step, finish(session, relation, deadline_us));
}

/* --- errors -------------------------------------------------------------------------------------------------- */

const struct refusal *session_refusal(const struct session *session) {
    return &session->refusal;
}

static bool is_permanent(const char *sqlstate) {
    return strncmp(sqlstate, "28", 2) == 0 || strncmp(sqlstate, "3D", 2) == 0 ||
           strncmp(sqlstate, "3F", 2) == 0 || strncmp(sqlstate, "42", 2) == 0 ||
           strcmp(sqlstate, "0A000") == 0 || strcmp(sqlstate, "25006") == 0;
}

enum status session_fail(const struct session *session, struct error *error, const char *what) {
    const struct refusal *refusal = &session->refusal;
    enum error_class class = is_permanent(refusal->sqlstate) ? ERROR_PERMANENT : ERROR_TRANSIENT;
    const char *code = refusal->sqlstate[0] ? refusal->sqlstate
                       : refusal->timed_out ? "postgres-timeout"
                                            : "postgres-connection";
    return error_set(error, class, code, "%s: %s", what, refusal->message);
}

bool sql_quote(const char *text, char quote, char *ret_text, size_t size) {
    size_t len = 0;
    if (size < 3) {
        return false;
    }
    ret_text[len++] = quote;
    for (; *text; text++) {
        if (len + 4 > size) {
            return false;
        }
        if (*text == quote) {
            ret_text[len++] = quote;
        }
        ret_text[len++] = *text;
    }
    ret_text[len++] = quote;
    ret_text[len] = '\0';
    return true;
}
