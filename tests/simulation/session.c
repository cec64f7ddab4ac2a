/* SPDX-License-Identifier: Apache-2.0 */
/* A call sends a request and parks its fiber until the answer, a cut or the deadline. A cut is one of: before it was
 * sent; lost on the way; arrived late, long after the client gave up; done, and the reply lost. The server learns of a
 * broken connection late or never, so that what it holds stays held. */
#include "tests/simulation/session.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/postgres/session.h"
#include "tests/simulation/server.h"

enum { TRIED_MAX = 512 };

struct session {
    struct backend *backend;
    struct server *server;
    char name[APPLICATION_NAME_MAX];
    struct refusal refusal;
    uint32_t table;
    struct buffer_bytes {
        char *data;
        size_t len, capacity;
    } copy;
    char sink[TEXT_MAX]; /* of the last question */
    bool guesses;
};

struct session_faults session_faults;
struct session_counts session_counts;

struct session *session_new(const char *url) {
    struct session *session = calloc(1, sizeof *session);
    assert(session && url);
    session->server = &servers[strtoul(url + strlen("sim:"), NULL, 10)];
    return session;
}

/* When the server learns that the client is gone: soon, late, or never. */
static int64_t learns_at(int64_t not_before_us) {
    return draw_below(8) == 0 ? INT64_MAX : not_before_us + draw_us(8000000);
}

void session_drop(struct session *session) {
    if (session->backend && !session->backend->dead) {
        backend_leave(session->backend, sim_now_us() + draw_us(2000));
    }
    session->backend = NULL;
}

void session_free(struct session *session) {
    if (session) {
        session_drop(session);
        free(session->copy.data);
        free(session);
    }
}

void session_name_set(struct session *session, const char *application_name) {
    snprintf(session->name, sizeof session->name, "%s", application_name);
}

bool session_is_open(const struct session *session) {
    return session->backend != NULL;
}

bool session_in_transaction(const struct session *session) {
    return session->backend && session->backend->in_transaction;
}

static enum reply lost(struct session *session, const char *why, bool timed_out) {
    session->refusal = (struct refusal){.timed_out = timed_out};
    snprintf(session->refusal.message, sizeof session->refusal.message, "%s", why);
    session->backend = NULL;
    return REPLY_LOST;
}

static enum reply refused(struct session *session, const char *sqlstate) {
    session->refusal = (struct refusal){.copy_line = 0};
    snprintf(session->refusal.sqlstate, sizeof session->refusal.sqlstate, "%s", sqlstate);
    snprintf(session->refusal.message, sizeof session->refusal.message, "refused with %s", sqlstate);
    session_counts.refusals++;
    return REPLY_REFUSED;
}

/* --- which statement it is --------------------------------------------------------------------------------------- */

static const char *ledger_texts[SQL_COUNT];

static void ledger_texts_make(void) {
    struct arena *arena = arena_new(NULL, POOL_SINK);
    for (int i = 0; i < SQL_COUNT; i++) {
        ledger_texts[i] = ledger_sql((enum ledger_sql)i, "\"public\"", arena);
    }
}

static int statement_of(const char *sql) {
    static const struct {
        const char *start;
        int statement;
    } starts[] = {
        {"begin isolation", S_BEGIN},        {"commit", S_COMMIT},
        {"rollback", S_ROLLBACK},            {"select current_schema()", S_SCHEMA},
        {"with t as (select c.*", S_TABLE},  {"select a.attname", S_COLUMNS},
        {"select i.indexrelid", S_KEYS},     {"select coalesce(sum(hashtext", S_FINGERPRINT},
        {"copy public.t", S_COPY_TABLE},
    };
    if (!ledger_texts[0]) {
        ledger_texts_make();
    }
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        if (strncmp(sql, starts[i].start, strlen(starts[i].start)) == 0) {
            return starts[i].statement;
        }
    }
    for (int i = 0; i < SQL_COUNT; i++) {
        if (strcmp(sql, ledger_texts[i]) == 0) {
            return i;
        }
    }
    violation("a statement that the model does not know: %s", sql);
}

/* The parameters outlive the client. */
static void request_fill(struct request *request, const char *const *values, int count) {
    size_t size = 1, used = 0;
    assert(count <= VALUES_MAX);
    for (int i = 0; i < count; i++) {
        size += values[i] ? strlen(values[i]) + 1 : 0;
    }
    request->memory = malloc(size);
    assert(request->memory);
    for (int i = 0; i < count; i++) {
        if (values[i]) {
            size_t len = strlen(values[i]) + 1;
            request->values[i] = memcpy(request->memory + used, values[i], len);
            used += len;
        }
    }
}

/* --- one exchange ------------------------------------------------------------------------------------------------ */

static bool is_over(void *context) {
    const struct backend *backend = context;
    return backend->dead || backend->state == BACKEND_ANSWERED;
}

static bool never(void *context) {
    (void)context;
    return false;
}

enum cut { CUT_NONE, CUT_BEFORE, CUT_REQUEST, CUT_LATE, CUT_REPLY, CUT_COUNT };

static int64_t latency(void) {
    return draw_us(session_faults.latency_us);
}

/* Until the client notices, one way or another: at once, or only when its patience ends. */
static void notice(int64_t deadline_us) {
    int64_t now = sim_now_us();
    fiber_wait(never, NULL, draw_below(6) == 0 ? deadline_us : now + draw_us(3000000));
}

static enum reply cut(struct session *session, enum cut how, struct request *request, int64_t deadline_us) {
    struct backend *backend = session->backend;
    bool timed_out = false;
    session_counts.cuts++;
    session_counts.unknown_commits += request->statement == S_COMMIT && how >= CUT_LATE;
    if (how <= CUT_REQUEST) {
        free(request->memory);
        backend_leave(backend, learns_at(sim_now_us()));
        if (how == CUT_REQUEST) {
            notice(deadline_us);
        }
    } else {
        int64_t deliver = how == CUT_LATE ? draw_us(20000000) : latency();
        backend_send(backend, request, deliver, 0);
        backend_leave(backend, learns_at(sim_now_us() + deliver));
        if (how == CUT_REPLY) {
            notice(deadline_us);
        }
    }
    timed_out = sim_now_us() >= deadline_us;
    return lost(session, "the connection was cut", timed_out);
}

static enum reply answer_read(struct session *session) {
    const struct answer *answer = &session->backend->answer;
    return answer->sqlstate[0] ? refused(session, answer->sqlstate) : REPLY_OK;
}

static enum reply exchange(struct session *session, struct request *request, int64_t deadline_us) {
    struct backend *backend = session->backend;
    session_counts.calls++;
    bool commits = request->statement == S_COMMIT;
    if (draw_chance(session_faults.cut_ppm + (commits ? session_faults.commit_ppm : 0))) {
        return cut(session, (enum cut)(1 + draw_below(CUT_COUNT - 1)), request, deadline_us);
    }
    if (draw_chance(session_faults.refuse_ppm) && request->statement != S_ROLLBACK) {
        static const char *const states[] = {"40001", "40P01", "53100", "57014"};
        free(request->memory);
        backend->aborted = backend->in_transaction;
        if (request->statement == S_COMMIT) {
            server_abort(backend);
        }
        return refused(session, states[draw_below(4)]);
    }
    if (variant == VARIANT_ACK_BEFORE_COMMIT && commits && draw_below(4) == 0) {
        backend_leave(backend, sim_now_us());
        session->backend = NULL;
        return REPLY_OK;
    }
    backend_send(backend, request, latency(), latency());
    if (!fiber_wait(is_over, backend, deadline_us)) {
        backend_leave(backend, learns_at(sim_now_us()));
        return lost(session, "no answer in time", true);
    }
    return backend->dead ? lost(session, "the server ended the connection", false) : answer_read(session);
}

/* --- calls ------------------------------------------------------------------------------------------------------- */

enum reply session_open(struct session *session, int64_t deadline_us) {
    if (session->backend) {
        return REPLY_OK;
    }
    bool fails = draw_chance(session_faults.cut_ppm);
    fiber_wait(never, NULL, sim_now_us() + 2 * latency());
    if (fails) {
        notice(deadline_us);
    }
    if (fails || sim_now_us() < session->server->down_until_us || sim_now_us() >= deadline_us) {
        return lost(session, "no connection", sim_now_us() >= deadline_us);
    }
    session->backend = backend_new(session->server, session->name);
    return session->backend ? REPLY_OK : lost(session, "too many connections", false);
}

static bool is_open(struct session *session) {
    session->refusal = (struct refusal){.copy_line = 0};
    if (session->backend && session->backend->dead) {
        session->backend = NULL;
    }
    if (!session->backend) {
        lost(session, "not connected", false);
    }
    return session->backend;
}

enum reply session_run(struct session *session, enum step step, const char *sql, int64_t deadline_us) {
    (void)step;
    if (!is_open(session)) {
        return REPLY_LOST;
    }
    struct request request = {.statement = statement_of(sql)};
    enum reply reply = exchange(session, &request, deadline_us);
    trace("%s: %.12s: %s", session->name, sql, reply == REPLY_OK ? "ok" : session->refusal.message);
    return reply;
}

/* Where each owner last wanted to move a part: what the variant believes that guesses. */
static struct tried {
    char name[APPLICATION_NAME_MAX], sink[TEXT_MAX], part[TEXT_MAX], to[TEXT_MAX];
} tried[TRIED_MAX];

static struct tried *tried_find(const struct session *session, const char *part) {
    for (int i = 0; i < TRIED_MAX; i++) {
        struct tried *one = &tried[i];
        if (!one->name[0] || (strcmp(one->name, session->name) == 0 && strcmp(one->sink, session->sink) == 0 &&
                              strcmp(one->part, part) == 0)) {
            return one;
        }
    }
    return NULL;
}

static void tried_note(struct session *session, int statement, const char *const *values) {
    struct tried *one = statement == SQL_MOVE_ONE ? tried_find(session, values[4]) : NULL;
    if (one) {
        snprintf(one->name, sizeof one->name, "%s", session->name);
        snprintf(one->sink, sizeof one->sink, "%s", session->sink);
        snprintf(one->part, sizeof one->part, "%s", values[4]);
        snprintf(one->to, sizeof one->to, "%s", values[7]);
    }
}

enum reply session_ask(struct session *session, const struct question *question, int64_t deadline_us) {
    if (!is_open(session)) {
        return REPLY_LOST;
    }
    struct request request = {.statement = statement_of(question->sql)};
    request_fill(&request, question->values, question->count);
    int statement = request.statement;
    if (variant == VARIANT_RESOLVE_GUESSES && question->count > 2) {
        snprintf(session->sink, sizeof session->sink, "%s", question->values[2]);
        tried_note(session, statement, question->values);
        session->guesses = statement == SQL_STANDING_LOCKED;
    }
    enum reply reply = exchange(session, &request, deadline_us);
    trace("%s: %s: %s, %llu", session->name, step_before(question->step),
          reply == REPLY_OK ? "ok" : session->refusal.message, (unsigned long long)session_affected(session));
    return reply;
}

/* --- answers ----------------------------------------------------------------------------------------------------- */

uint32_t session_rows(const struct session *session) {
    return session->backend ? session->backend->answer.rows : 0;
}

static const char *cell(const struct session *session, uint32_t row, int column) {
    const struct answer *answer = &session->backend->answer;
    assert(row < answer->rows && (uint32_t)column < answer->columns);
    const char *const *cells = &answer->cells[row * answer->columns];
    if (session->guesses && column == 3) {
        const struct tried *one = tried_find(session, cells[0]);
        return one && one->name[0] ? one->to : cells[3];
    }
    return cells[column];
}

const char *session_text(const struct session *session, uint32_t row, int column) {
    const char *text = cell(session, row, column);
    return text ? text : "";
}

struct slice session_slice(const struct session *session, uint32_t row, int column) {
    return slice_of(session_text(session, row, column));
}

bool session_null(const struct session *session, uint32_t row, int column) {
    return !cell(session, row, column);
}

int64_t session_int(const struct session *session, uint32_t row, int column) {
    return strtoll(session_text(session, row, column), NULL, 10);
}

bool session_bool(const struct session *session, uint32_t row, int column) {
    return session_text(session, row, column)[0] == 't';
}

uint64_t session_affected(const struct session *session) {
    return session->backend ? session->backend->answer.affected : 0;
}

bool session_tag_is(const struct session *session, const char *tag) {
    return !session->backend || strcmp(session->backend->answer.tag, tag) == 0; /* gone: the variant that acks early */
}

/* --- COPY -------------------------------------------------------------------------------------------------------- */

enum reply session_copy_start(struct session *session, enum step step, const char *sql, int64_t deadline_us) {
    (void)step;
    if (!is_open(session)) {
        return REPLY_LOST;
    }
    struct request request = {.statement = statement_of(sql)};
    session->table = request.statement == S_COPY_TABLE ? (uint32_t)(sql[strlen("copy public.t")] - '0') : 0;
    session->copy.len = 0;
    return exchange(session, &request, deadline_us);
}

/* Bytes on their way: nobody waits for them, but the connection may break. */
enum reply session_copy_put(struct session *session, struct slice bytes, int64_t deadline_us) {
    if (!is_open(session)) {
        return REPLY_LOST;
    }
    struct request none = {.statement = S_NOTHING};
    if (draw_chance(session_faults.cut_ppm)) {
        return cut(session, CUT_BEFORE, &none, deadline_us);
    }
    struct buffer_bytes *copy = &session->copy;
    while (copy->len + bytes.len > copy->capacity) {
        copy->capacity = copy->capacity ? copy->capacity * 2 : 1024;
        copy->data = realloc(copy->data, copy->capacity);
        assert(copy->data);
    }
    memcpy(copy->data + copy->len, bytes.data, bytes.len);
    copy->len += bytes.len;
    return REPLY_OK;
}

enum reply session_copy_end(struct session *session, enum step step, const char *relation, int64_t deadline_us) {
    (void)step;
    (void)relation;
    if (!is_open(session)) {
        return REPLY_LOST;
    }
    struct request request = {.statement = S_COPY_END,
                              .table = session->table,
                              .memory = malloc(session->copy.len),
                              .data_len = session->copy.len};
    assert(request.memory);
    memcpy(request.memory, session->copy.data, session->copy.len);
    request.data = request.memory;
    return exchange(session, &request, deadline_us);
}

/* --- errors ------------------------------------------------------------------------------------------------------ */

const struct refusal *session_refusal(const struct session *session) {
    return &session->refusal;
}

enum status session_fail(const struct session *session, struct error *error, const char *what) {
    const char *sqlstate = session->refusal.sqlstate;
    return error_set(error, ERROR_TRANSIENT, sqlstate[0] ? sqlstate : "postgres-connection", "%s: %s", what,
                     session->refusal.message);
}

bool sql_quote(const char *text, char quote, char *ret_text, size_t size) {
    return snprintf(ret_text, size, "%c%s%c", quote, text, quote) < (int)size;
}
