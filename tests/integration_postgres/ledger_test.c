/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger's calls against a real server: plan, claims, notes, several processes at once. */
#include "tests/integration_postgres/world.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "connectors/postgres/postgres_ledger.h"
#include "engine/base/io.h"

static struct ledger *ledger_new(const struct world *world, const char *owner) {
    struct ledger *ledger = &postgres_ledger_new(world->url, NULL)->ledger;
    const struct ledger_identity identity = {.pipeline = "pipe",
                                             .source = "source",
                                             .sink = "sink",
                                             .owner = owner,
                                             .lease_us = 10000000};
    struct error error;
    if (ledger->ops->open(ledger, &identity, soon(), &error) != STATUS_OK) {
        fail_msg("%s: %s", error.code, error.message);
    }
    return ledger;
}

static void ledger_free(struct ledger *ledger) {
    postgres_ledger_free((struct postgres_ledger *)ledger);
}

static void plan(struct ledger *ledger, const struct part_info *parts, uint32_t count, bool started) {
    const struct part_list list = {.items = (struct part_info *)parts, .count = count};
    struct error error;
    if (ledger->ops->plan_put(ledger, &list, started, soon(), &error) != STATUS_OK) {
        fail_msg("%s: %s", error.code, error.message);
    }
}

#define PART(part, of_entry)                                                                       \
    {.name = part, .entry = of_entry, .ident = "i", .detail = "d\"\\x", .first = "start", .weight_bytes = 5}

static enum claim_result claim(struct ledger *ledger, const struct world *world, const char *part,
                               uint64_t epoch) {
    struct claim one = {.part = part, .expected_epoch = epoch};
    struct error error;
    if (ledger->ops->claim(ledger, &one, 1, world->arena, soon(), &error) != STATUS_OK) {
        fail_msg("%s: %s", error.code, error.message);
    }
    return one.result;
}

static void note(struct ledger *ledger, const struct note *note) {
    struct error error;
    if (ledger->ops->note(ledger, note, soon(), &error) != STATUS_OK) {
        fail_msg("%s: %s", error.code, error.message);
    }
}

static void *open_ledger(void *context) {
    struct ledger *ledger = context;
    const struct ledger_identity identity = {.pipeline = "pipe",
                                             .source = "source",
                                             .sink = "sink",
                                             .owner = "b-1-2-3-n",
                                             .lease_us = 10000000};
    struct error error;
    return ledger->ops->open(ledger, &identity, soon(), &error) == STATUS_OK ? ledger : NULL;
}

static void several_processes_may_make_the_tables_at_once(void **state) {
    (void)state;
    enum { PROCESSES = 8 };
    struct world *world = world_new("");
    pthread_t threads[PROCESSES];
    struct ledger *ledgers[PROCESSES];
    for (int i = 0; i < PROCESSES; i++) {
        ledgers[i] = &postgres_ledger_new(world->url, NULL)->ledger;
        assert_int_equal(pthread_create(&threads[i], NULL, open_ledger, ledgers[i]), 0);
    }
    for (int i = 0; i < PROCESSES; i++) {
        void *opened;
        pthread_join(threads[i], &opened);
        assert_non_null(opened);
        ledger_free(ledgers[i]);
    }
    assert_sql(world, "1", "select count(*) from leat_meta");
    world_free(world);
}

static void an_unknown_version_is_refused(void **state) {
    (void)state;
    struct world *world = world_new("");
    ledger_free(ledger_new(world, "b-1-2-3-n"));
    world_sql(world, "update leat_meta set version = 2");
    struct ledger *ledger = &postgres_ledger_new(world->url, NULL)->ledger;
    const struct ledger_identity identity = {.pipeline = "p", .source = "s", .sink = "k", .owner = "b-1-2-3-m"};
    struct error error;
    assert_int_equal(ledger->ops->open(ledger, &identity, soon(), &error), STATUS_FAILED);
    assert_int_equal(error.class, ERROR_PERMANENT);
    assert_string_equal(error.code, "ledger-version");
    ledger_free(ledger);
    world_free(world);
}

static void an_entry_is_put_whole_or_not_at_all(void **state) {
    (void)state;
    struct world *world = world_new("");
    struct ledger *ledger = ledger_new(world, "b-1-2-3-n");
    static const struct part_info first[] = {PART("f#0", "f"), PART("f#1", "f")};
    static const struct part_info other[] = {PART("f#0", "f"), PART("f#1", "f"), PART("f#2", "f"), PART("g#0", "g")};
    plan(ledger, first, 2, false);
    plan(ledger, other, 4, false);
    assert_sql(world, "f#0,f#1,g#0", "select string_agg(part, ',' order by part) from leat_ledger");
    assert_sql(world, "d\"\\x", "select detail from leat_ledger where part = 'g#0'");
    static const char *const entries[] = {"g", "x", "f"};
    bool known[3];
    struct error error;
    assert_int_equal(ledger->ops->plan_known(ledger, entries, 3, known, soon(), &error), STATUS_OK);
    assert_true(known[0] && !known[1] && known[2]);
    ledger_free(ledger);
    world_free(world);
}

static void only_the_first_start_resolves_positions(void **state) {
    (void)state;
    struct world *world = world_new("");
    struct ledger *a = ledger_new(world, "b-1-2-3-a"), *b = ledger_new(world, "b-1-2-3-b");
    static const struct part_info latest[] = {{.name = "k/0", .entry = "k/0", .first = "100"}};
    static const struct part_info more[] = {{.name = "k/0", .entry = "k/0", .first = "200"},
                                            {.name = "k/1", .entry = "k/1", .first = "7"}};
    plan(a, latest, 1, true);
    plan(b, more, 2, true);
    assert_sql(world, "100,start", "select string_agg(next, ',' order by part) from leat_ledger");
    static const struct part_info again[] = {{.name = "k/2", .entry = "k/2", .first = "9"}};
    plan(a, again, 1, true);
    assert_sql(world, "9", "select next from leat_ledger where part = 'k/2'");
    struct ledger_totals totals;
    struct error error;
    assert_int_equal(b->ops->totals(b, &totals, soon(), &error), STATUS_OK);
    assert_true(totals.started && totals.all_visible);
    assert_int_equal(totals.parts, 3);
    assert_int_equal(totals.open, 3);
    ledger_free(a);
    ledger_free(b);
    world_free(world);
}

static void a_claim_is_won_once(void **state) {
    (void)state;
    struct world *world = world_new("");
    struct ledger *a = ledger_new(world, "b-1-2-3-a"), *b = ledger_new(world, "b-1-2-3-b");
    static const struct part_info parts[] = {PART("p", "p"), PART("q", "q")};
    plan(a, parts, 2, true);
    assert_int_equal(claim(a, world, "p", 0), CLAIM_WON);
    assert_int_equal(claim(b, world, "p", 0), CLAIM_HELD);
    assert_int_equal(claim(a, world, "p", 0), CLAIM_WON); /* the reply was lost: asked again */
    assert_int_equal(claim(b, world, "p", 1), CLAIM_WON);
    assert_int_equal(claim(a, world, "p", 0), CLAIM_HELD);
    assert_int_equal(claim(a, world, "nowhere", 0), CLAIM_ABSENT);
    world_sql(world, "update leat_ledger set state = 'ended', next = 'end' where part = 'q'");
    assert_int_equal(claim(a, world, "q", 0), CLAIM_ENDED);
    world_sql(world, "update leat_ledger set state = 'stopped' where part = 'q'");
    assert_int_equal(claim(a, world, "q", 0), CLAIM_STOPPED);
    ledger_free(a);
    ledger_free(b);
    world_free(world);
}

struct claimer {
    struct ledger *ledger;
    struct arena *arena;
    uint32_t won;
};

enum { RACE_PARTS = 100 };

static void *claim_all(void *context) {
    struct claimer *claimer = context;
    struct claim claims[RACE_PARTS];
    struct error error;
    for (int i = 0; i < RACE_PARTS; i++) {
        claims[i] = (struct claim){.part = arena_printf(claimer->arena, "p%02d", i * 37 % RACE_PARTS)};
    }
    if (claimer->ledger->ops->claim(claimer->ledger, claims, RACE_PARTS, claimer->arena, soon(), &error) !=
        STATUS_OK) {
        return NULL;
    }
    for (int i = 0; i < RACE_PARTS; i++) {
        claimer->won += claims[i].result == CLAIM_WON;
    }
    return claimer;
}

static void of_many_claimers_each_part_has_one_winner(void **state) {
    (void)state;
    enum { CLAIMERS = 6 };
    struct world *world = world_new("");
    struct claimer claimers[CLAIMERS] = {{.won = 0}};
    pthread_t threads[CLAIMERS];
    for (int i = 0; i < CLAIMERS; i++) {
        char owner[32];
        snprintf(owner, sizeof owner, "b-1-2-3-n%d", i);
        claimers[i].ledger = ledger_new(world, owner);
        claimers[i].arena = arena_new(NULL, POOL_SINK);
    }
    struct part_info parts[RACE_PARTS];
    for (int i = 0; i < RACE_PARTS; i++) {
        char *name = arena_printf(world->arena, "p%02d", i);
        parts[i] = (struct part_info){.name = name, .entry = name, .first = "start"};
    }
    plan(claimers[0].ledger, parts, RACE_PARTS, true);
    for (int i = 0; i < CLAIMERS; i++) {
        pthread_create(&threads[i], NULL, claim_all, &claimers[i]);
    }
    uint32_t won = 0;
    for (int i = 0; i < CLAIMERS; i++) {
        void *done;
        pthread_join(threads[i], &done);
        assert_non_null(done);
        won += claimers[i].won;
        ledger_free(claimers[i].ledger);
        arena_free(claimers[i].arena);
    }
    assert_int_equal(won, RACE_PARTS);
    assert_sql(world, "100", "select count(*) from leat_ledger where epoch = 1 and owner <> ''");
    world_free(world);
}

static void free_parts_are_the_unowned_the_late_the_dead_and_mine(void **state) {
    (void)state;
    struct world *world = world_new("");
    struct ledger *me = ledger_new(world, "b-1-2-3-me");
    static const struct part_info parts[] = {PART("1mine", "1"), PART("2free", "2"), PART("3alive", "3"),
                                             PART("4late", "4"), PART("5dead", "5"), PART("6gone", "6"),
                                             PART("7ended", "7")};
    plan(me, parts, 7, true);
    world_sql(world, "insert into leat_process values ('alive', now()), ('late', now() - interval '11"
        " s'), ('dead', now())");
    world_sql(world, "update leat_ledger set owner = case entry when '1' then 'b-1-2-3-me' when '2' then ''"
                     " when '3' then 'alive' when '4' then 'late' when '5' then 'dead' when '6' then"
                     " 'gone' else '' end,"
                     " state = case entry when '7' then 'ended' else 'open' end");
    static const char *const dead[] = {"dead"};
    struct ledger_query query = {.rows_max = 10, .dead_owners = dead, .dead_owners_count = 1, .lease_us = 10000000};
    struct ledger_rows rows;
    struct error error;
    assert_int_equal(me->ops->query(me, &query, world->arena, &rows, soon(), &error), STATUS_OK);
    static const char *const expected[] = {"1mine", "2free", "4late", "5dead", "6gone"};
    assert_int_equal(rows.count, 5);
    for (int i = 0; i < 5; i++) {
        assert_string_equal(rows.items[i].info.name, expected[i]);
    }
    assert_true(rows.items[2].owner_age_us >= 11000000);
    assert_true(rows.items[4].owner_age_us == INT64_MAX);
    assert_int_equal(rows.items[1].info.weight_bytes, 5);
    query.rows_max = 4; /* mine give way */
    assert_int_equal(me->ops->query(me, &query, world->arena, &rows, soon(), &error), STATUS_OK);
    assert_int_equal(rows.count, 4);
    assert_string_equal(rows.items[0].info.name, "2free");
    query.all = true;
    query.rows_max = 0;
    assert_int_equal(me->ops->query(me, &query, world->arena, &rows, soon(), &error), STATUS_OK);
    assert_int_equal(rows.count, 7);
    struct ledger_totals totals;
    assert_int_equal(me->ops->totals(me, &totals, soon(), &error), STATUS_OK);
    assert_int_equal(totals.open_elsewhere, 2);
    ledger_free(me);
    world_free(world);
}

static void renewing_shows_who_lives(void **state) {
    (void)state;
    struct world *world = world_new("");
    struct ledger *a = ledger_new(world, "b-1-2-3-a"), *b = ledger_new(world, "b-1-2-3-b");
    world_sql(world, "update leat_process set alive = now() - interval '1 minute'");
    struct owner_list owners;
    struct error error;
    assert_int_equal(a->ops->renew(a, world->arena, &owners, soon(), &error), STATUS_OK);
    assert_int_equal(owners.count, 2);
    for (uint32_t i = 0; i < 2; i++) {
        bool me = strcmp(owners.items[i].owner, "b-1-2-3-a") == 0;
        assert_true(me ? owners.items[i].age_us < 1000000 : owners.items[i].age_us >= 60000000);
    }
    ledger_free(a);
    ledger_free(b);
    world_free(world);
}

static void a_release_needs_the_epoch(void **state) {
    (void)state;
    struct world *world = world_new("");
    struct ledger *a = ledger_new(world, "b-1-2-3-a");
    static const struct part_info parts[] = {PART("p", "p")};
    plan(a, parts, 1, true);
    assert_int_equal(claim(a, world, "p", 0), CLAIM_WON);
    struct claim release = {.part = "p", .expected_epoch = 0};
    struct error error;
    assert_int_equal(a->ops->release(a, &release, 1, soon(), &error), STATUS_OK);
    assert_sql(world, "b-1-2-3-a", "select owner from leat_ledger");
    release.expected_epoch = 1;
    assert_int_equal(a->ops->release(a, &release, 1, soon(), &error), STATUS_OK);
    assert_sql(world, "|1", "select owner || '|' || epoch from leat_ledger");
    ledger_free(a);
    world_free(world);
}

static void notes_change_the_row_and_leave_an_audit_row(void **state) {
    (void)state;
    struct world *world = world_new("");
    struct ledger *a = ledger_new(world, "b-1-2-3-a"), *b = ledger_new(world, "b-1-2-3-b");
    static const struct part_info parts[] = {PART("p", "p"), PART("q", "q")};
    plan(a, parts, 2, true);
    assert_int_equal(claim(a, world, "p", 0), CLAIM_WON);
    struct error error;
    const struct note foreign = {.kind = NOTE_STOP, .part = "p", .reason = "no", .epoch = 1};
    assert_int_equal(b->ops->note(b, &foreign, soon(), &error), STATUS_FAILED);
    assert_string_equal(error.code, "ledger-fenced");
    note(a, &(struct note){.kind = NOTE_STOP, .part = "p", .reason = "too many letters", .epoch = 1});
    assert_sql(world, "stopped|too many letters||1", "select concat_ws('|', state, reason, owner,"
        " epoch) from leat_ledger where part = 'p'");
    note(b, &(struct note){.kind = NOTE_RESUME, .part = "p", .reason = "ann"});
    assert_sql(world, "open|2", "select concat_ws('|', state, epoch) from leat_ledger where part = 'p'");
    note(b, &(struct note){.kind = NOTE_SKIP, .part = "p", .reason = "ann", .next = "17"});
    assert_sql(world, "17|3", "select concat_ws('|', next, epoch) from leat_ledger where part = 'p'");
    note(b, &(struct note){.kind = NOTE_SET, .part = "p", .reason = "ann", .next = "end"});
    assert_sql(world, "ended", "select state from leat_ledger where part = 'p'");
    note(b, &(struct note){.kind = NOTE_RESET, .part = "p", .reason = "ann"});
    assert_sql(world, "open|start|5", "select concat_ws('|', state, next, epoch) from leat_ledger where"
        " part = 'p'");
    note(b, &(struct note){.kind = NOTE_ABORT_SEEN, .part = "p", .reason = "stall"});
    assert_sql(world,
               "stop:start>start,resume:start>start,skip:start>17,set:17>end,reset:end>start,"
               "abort_seen:start>start",
               "select string_agg(action || ':' || next_before || '>' || next_after, ',' order by id)"
               " from leat_audit");
    note(b, &(struct note){.kind = NOTE_RESET, .reason = "ann"});
    assert_sql(world, "0", "select count(*) from leat_ledger");
    assert_sql(world, "0", "select count(*) from leat_pipeline");
    assert_sql(world, "2 parts", "select next_after from leat_audit order by id desc limit 1");
    const struct note absent = {.kind = NOTE_RESUME, .part = "p", .reason = "ann"};
    assert_int_equal(b->ops->note(b, &absent, soon(), &error), STATUS_FAILED);
    assert_string_equal(error.code, "ledger-absent");
    ledger_free(a);
    ledger_free(b);
    world_free(world);
}

static void a_ledger_by_itself_commits_positions_and_letters(void **state) {
    (void)state;
    struct world *world = world_new("");
    struct ledger *a = ledger_new(world, "b-1-2-3-a");
    static const struct part_info parts[] = {PART("p", "p")};
    plan(a, parts, 1, true);
    assert_int_equal(claim(a, world, "p", 0), CLAIM_WON);
    world->parts[0].info = parts[0];
    struct segment segment = {.part = &world->parts[0]};
    struct dead_letter letter = {.position_text = "start", .stage = "sql", .code = "22012",
                                 .message = SLICE_LITERAL("division by zero")};
    struct payload payload = {.segment = &segment, .letters = &letter, .letters_count = 1};
    struct payload *payloads[] = {&payload};
    struct move move = {.part = &world->parts[0], .part_name = "p", .epoch = 1, .from = "start", .to = "3",
                        .mark = "m", .counts = {.in = 3, .delivered = 2, .dead_letter = 1}};
    const struct unit unit = {.payloads = payloads, .payloads_count = 1, .moves = &move, .moves_count = 1};
    outcome_clear(world);
    assert_int_equal(postgres_ledger_commit(a, &unit, soon(), &world->outcome), VERDICT_DONE);
    assert_sql(world, "3|m|3|2|1", "select concat_ws('|', next, mark, records_in, delivered,"
        " dead_letter) from leat_ledger");
    outcome_clear(world); /* the reply was lost: asked again */
    assert_int_equal(postgres_ledger_commit(a, &unit, soon(), &world->outcome), VERDICT_DONE);
    assert_sql(world, "1", "select count(*) from leat_dead_letter");
    assert_sql(world, "3", "select records_in from leat_ledger");
    world_sql(world, "update leat_ledger set owner = 'x'");
    outcome_clear(world);
    assert_int_equal(postgres_ledger_commit(a, &unit, soon(), &world->outcome), VERDICT_FENCED);
    ledger_free(a);
    world_free(world);
}

static void a_million_parts_are_asked_in_milliseconds(void **state) {
    (void)state;
    enum { MANY = 200000 };
    struct world *world = world_new("");
    struct ledger *a = ledger_new(world, "b-1-2-3-a");
    world_sql(world, "insert into leat_ledger (pipeline, source, sink, part, entry, ident, detail,"
        " first, weight, next, state, owner)"
                     " select 'pipe', 'source', 'sink', 'p' || lpad(i::text, 7, '0'), 'e' || i, '', '',"
                     " 'start', 1, 'start',"
                     " case when i %% 1000 = 0 then 'open' else 'ended' end, case when i %% 2000 = 0"
                     " then 'alive' else '' end"
                     " from generate_series(1, %d) i", MANY);
    world_sql(world, "insert into leat_process values ('alive', now()); analyze leat_ledger");
    struct ledger_query query = {.rows_max = 4, .lease_us = 10000000};
    struct ledger_rows rows;
    struct error error;
    assert_int_equal(a->ops->query(a, &query, world->arena, &rows, soon(), &error), STATUS_OK);
    int64_t start = io_now_us();
    assert_int_equal(a->ops->query(a, &query, world->arena, &rows, soon(), &error), STATUS_OK);
    assert_true(io_now_us() - start < 50000);
    assert_int_equal(rows.count, 4);
    assert_string_equal(rows.items[0].info.name, "p0001000");
    ledger_free(a);
    world_free(world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(several_processes_may_make_the_tables_at_once),
        cmocka_unit_test(an_unknown_version_is_refused),
        cmocka_unit_test(an_entry_is_put_whole_or_not_at_all),
        cmocka_unit_test(only_the_first_start_resolves_positions),
        cmocka_unit_test(a_claim_is_won_once),
        cmocka_unit_test(of_many_claimers_each_part_has_one_winner),
        cmocka_unit_test(free_parts_are_the_unowned_the_late_the_dead_and_mine),
        cmocka_unit_test(renewing_shows_who_lives),
        cmocka_unit_test(a_release_needs_the_epoch),
        cmocka_unit_test(notes_change_the_row_and_leave_an_audit_row),
        cmocka_unit_test(a_ledger_by_itself_commits_positions_and_letters),
        cmocka_unit_test(a_million_parts_are_asked_in_milliseconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
