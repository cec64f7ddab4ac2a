/* SPDX-License-Identifier: Apache-2.0 */
/* Cut connections at every crash point, silent servers, frozen owners: a unit ends proven, and its rows are in
 * the table exactly once. */
#include "tests/integration_postgres/world.h"

#include <arpa/inet.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connectors/postgres/session.h"
#include "engine/base/io.h"

static struct world *keyed_world(int mode) {
    static const char *const key[] = {"id"};
    struct world *world = world_new("create table t (id int4 primary key, name text)");
    world_rows(world, "id int4, name text");
    world->options.mode = mode;
    if (mode != MODE_APPEND) {
        world->options.key = (struct text_list){.items = key, .count = 1};
    }
    world_start(world);
    return world;
}

static struct payload *payload_with_letter(struct world *world, const char *id) {
    const char *const cells[] = {id, "x"};
    struct payload *payload = world_encode(world, 0, cells, 1);
    payload->letters = arena_zalloc(world->arena, sizeof *payload->letters);
    *payload->letters = (struct dead_letter){
        .position_text = "start", .stage = "sql", .code = "22012", .message = SLICE_LITERAL("m")};
    payload->letters_count = 1;
    return payload;
}

/* What the engine does with verdicts, until the unit is done. */
static void engine_run(struct world *world, struct payload *payload, const char *from, const char *to) {
    for (int i = 0; i < 5; i++) {
        enum verdict verdict = world_unit(world, payload, from, to);
        if (verdict == VERDICT_UNKNOWN) {
            struct world_unit unit;
            struct error error;
            postgres_sink_ops.lane_close(world->lane);
            assert_int_equal(postgres_sink_ops.lane_open(world->sink, &world->lane, soon(), &error), STATUS_OK);
            unit_begin(world, &unit);
            unit_move(world, &unit, 0, from, to);
            verdict = postgres_sink_ops.unit_resolve(world->lane, &unit.unit, soon(), &world->outcome);
        }
        if (verdict == VERDICT_DONE) {
            return;
        }
        assert_int_equal(verdict, VERDICT_RETRY);
        assert_int_equal(world->outcome.redo, REDO_SEND);
    }
    fail_msg("the unit did not end");
}

static void cut_everywhere(int mode) {
    static const enum step steps[] = {STEP_CONNECT, STEP_BEGIN,       STEP_COPY,   STEP_COPY_DATA, STEP_COPY_END,
                                      STEP_LETTERS, STEP_LETTERS_END, STEP_MOVE,   STEP_COMMIT,    STEP_RESOLVE,
                                      STEP_APPLY};
    struct world *world = keyed_world(mode);
    int units = 0, hits = 0;
    char from[8] = "start", to[8], id[8];
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        for (int pass = 1; pass <= 2; pass++) {
            for (int side = 0; side < 2; side++) {
                snprintf(to, sizeof to, "%d", ++units);
                snprintf(id, sizeof id, "%d", units);
                struct payload *payload = payload_with_letter(world, id);
                fail_at(side ? step_after(steps[i]) : step_before(steps[i]), pass);
                engine_run(world, payload, from, to);
                hits += fail_happened();
                fail_at(NULL, 0);
                snprintf(from, sizeof from, "%s", to);
            }
        }
    }
    char expected[64];
    snprintf(expected, sizeof expected, "%d|%d", units, units);
    assert_sql(world, expected, "select (select count(*) from t) || '|' || (select count(*) from leat_dead_letter)");
    assert_true(hits >= 20);
    world_free(world);
}

static void a_connection_cut_anywhere_loses_and_doubles_nothing(void **state) {
    (void)state;
    cut_everywhere(MODE_APPEND);
    cut_everywhere(MODE_UPSERT);
}

static void a_commit_whose_reply_is_lost_is_resolved_as_done(void **state) {
    (void)state;
    struct world *world = keyed_world(MODE_APPEND);
    fail_at(step_after(STEP_COMMIT), 1);
    assert_int_equal(world_unit(world, payload_with_letter(world, "1"), "start", "1"), VERDICT_UNKNOWN);
    assert_sql(world, "1", "select count(*) from t");
    world_free(world);
}

/* --- servers that say nothing -------------------------------------------------------------------------------- */

/* Accepts and never answers. */
static int black_hole(uint16_t *ret_port) {
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 8), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    *ret_port = ntohs(address.sin_port);
    return listener;
}

static void a_silent_server_costs_the_deadline_and_no_more(void **state) {
    (void)state;
    uint16_t port;
    int listener = black_hole(&port);
    char url[256];
    snprintf(url, sizeof url, "host=127.0.0.1 port=%u dbname=x user=u password=hunter22", port);
    struct session *session = session_new(url);
    int64_t start = io_now_us();
    assert_int_equal(session_open(session, start + 300000), REPLY_LOST);
    int64_t took = io_now_us() - start;
    assert_true(took >= 300000 && took < 1300000);
    assert_true(session_refusal(session)->timed_out);
    session_free(session);
    close(listener);
}

static void a_statement_that_does_not_end_costs_the_deadline_and_no_more(void **state) {
    (void)state;
    struct world *world = keyed_world(MODE_APPEND);
    struct session *session = session_new(world->url);
    assert_int_equal(session_open(session, soon()), REPLY_OK);
    int64_t start = io_now_us();
    assert_int_equal(session_run(session, STEP_QUERY, "select pg_sleep(5)", start + 200000), REPLY_LOST);
    assert_true(io_now_us() - start < 1200000);
    assert_false(session_is_open(session));
    session_free(session);
    world_free(world);
}

static void secrets_do_not_appear_in_messages(void **state) {
    (void)state;
    struct secret *secret = secret_new(SLICE_LITERAL("hunter22secret"));
    struct session *session = session_new("host=/nowhere/hunter22secret user=u");
    assert_int_equal(session_open(session, soon()), REPLY_LOST);
    assert_null(strstr(session_refusal(session)->message, "hunter22secret"));
    assert_non_null(strstr(session_refusal(session)->message, "***"));
    session_free(session);
    secret_free(secret);
}

/* --- frozen owners ------------------------------------------------------------------------------------------- */

static void late(const struct world *world, const char *owner) {
    world_sql(world, "update leat_process set alive = now() - interval '1 hour' where owner = '%s'", owner);
}

/* The old owner stands in mid-COPY with a unique key; the new one needs it. */
static void a_claim_from_the_dead_ends_their_transactions(void **state) {
    (void)state;
    struct world *old = keyed_world(MODE_APPEND);
    struct world_unit unit;
    unit_begin(old, &unit);
    struct payload *payload = payload_with_letter(old, "1");
    assert_int_equal(unit_put(old, &unit, payload), VERDICT_DONE);
    unit_move(old, &unit, 0, "start", "1");
    assert_int_equal(unit_seal_now(old, &unit), VERDICT_DONE);
    late(old, old->owner);
    struct world *new = world_other(old);
    world_start(new);
    int64_t start = io_now_us();
    engine_run(new, payload_with_letter(new, "1"), "start", "1");
    assert_true(io_now_us() - start < 1500000);
    enum verdict verdict = unit_commit_now(old, &unit);
    assert_true(verdict == VERDICT_RETRY || verdict == VERDICT_FENCED);
    assert_sql(old, "1", "select count(*) from t");
    world_free(new);
    world_free(old);
}

/* A process that died after the compare-and-set holds the ledger row: waiting for it ends it. */
static void whoever_waits_for_a_dead_transaction_ends_it(void **state) {
    (void)state;
    struct world *world = keyed_world(MODE_APPEND);
    char url[1200];
    snprintf(url, sizeof url, "%s application_name='leat/deadbeef/pipe'", world->url);
    PGconn *dead = PQconnectdb(url);
    world_sql(world, "insert into leat_process values ('b-1-2-3-deadbeef', now() - interval '1 minute')");
    PQclear(PQexec(dead, "begin; update leat_ledger set updated = now() where part = 'p0'"));
    world_sql(world, "select pg_sleep(0.01)");
    assert_int_equal(world_unit(world, payload_with_letter(world, "1"), "start", "1"), VERDICT_RETRY);
    assert_string_equal(world->outcome.error.code, "55P03");
    engine_run(world, payload_with_letter(world, "1"), "start", "1");
    assert_sql(world, "1", "select count(*) from t");
    PQfinish(dead);
    world_free(world);
}

static void a_live_neighbour_is_not_ended(void **state) {
    (void)state;
    struct world *world = keyed_world(MODE_APPEND);
    struct world *other = world_other(world);
    other->options.table = "t";
    struct world_unit unit;
    world_start(other);
    unit_begin(other, &unit);
    assert_int_equal(unit_put(other, &unit, payload_with_letter(other, "1")), VERDICT_DONE);
    unit_move(other, &unit, 0, "start", "1");
    assert_int_equal(unit_seal_now(other, &unit), VERDICT_DONE);
    world_sql(world, "update leat_ledger set owner = '%s', epoch = 2 where part = 'p1'", world->owner);
    world->epochs[1] = 2;
    static const char *const cells[] = {"1", "y"};
    assert_int_equal(world_unit(world, world_encode(world, 1, cells, 1), "start", "1"), VERDICT_RETRY);
    assert_string_equal(world->outcome.error.code, "55P03");
    assert_int_equal(unit_commit_now(other, &unit), VERDICT_DONE);
    world_free(other);
    world_free(world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_cut_anywhere_loses_and_doubles_nothing),
        cmocka_unit_test(a_commit_whose_reply_is_lost_is_resolved_as_done),
        cmocka_unit_test(a_silent_server_costs_the_deadline_and_no_more),
        cmocka_unit_test(a_statement_that_does_not_end_costs_the_deadline_and_no_more),
        cmocka_unit_test(secrets_do_not_appear_in_messages),
        cmocka_unit_test(a_claim_from_the_dead_ends_their_transactions),
        cmocka_unit_test(whoever_waits_for_a_dead_transaction_ends_it),
        cmocka_unit_test(a_live_neighbour_is_not_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
