/* SPDX-License-Identifier: Apache-2.0 */
/* Whole jobs over scripted sources and sinks, on the real threads: whatever happens, each record is
 * in each table exactly once, in the order of its part, and the books of the ledger balance. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "engine/base/log.h"
#include "engine/flow/fake_sink.h"
#include "engine/flow/job.h"

static const struct connector fake_connector = {
    .kind = "fake", .sentence = "for tests", .source = &fake_source_ops, .sink = &fake_sink_ops,
    .sink_options = &fake_sink_options,
};
const struct connector *const connectors[] = {&fake_connector, NULL};

static const struct option no_rows[] = {{0}};
static const struct option_table no_options = {.rows = no_rows, .size = 1};
static const struct connector_options registry[] = {
    {.kind = "fake", .sentence = "for tests", .source = &no_options, .sink = &fake_sink_options},
    {0},
};

enum { WAIT_SECONDS = 40, LEASE_US = 50000 };

/* A pipeline and its job. */
struct run {
    struct arena *arena;
    struct pipeline *pipeline;
    struct graph *graph;
    struct job *job;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool over;
    enum job_result result;
};

struct shape {
    uint32_t sinks;
    uint64_t memory;
    const char *limit; /* of dead letters */
    const char *sql;
};

static void ended(void *context, enum job_result result) {
    struct run *run = context;
    pthread_mutex_lock(&run->lock);
    run->over = true;
    run->result = result;
    pthread_cond_signal(&run->changed);
    pthread_mutex_unlock(&run->lock);
}

static const char *pipeline_text(const struct shape *shape, struct arena *arena) {
    const char *sql = shape->sql ? arena_printf(arena, "transforms:\n  - sql: %s\n", shape->sql) : "";
    const char *sinks = "";
    for (uint32_t i = 0; i < (shape->sinks ? shape->sinks : 1); i++) {
        sinks = arena_printf(arena, "%s  - name: s%u\n    fake: {table: %u}\n    dead_letter_limit: %s\n", sinks, i, i,
                             shape->limit ? shape->limit : "none");
    }
    return arena_printf(
        arena,
        "pipeline: test\nsource:\n  fake: {}\n  format: json\n%ssinks:\n%slimits: {workers: 3}\n",
        sql, sinks);
}

static void run_start(struct run *run, const struct shape *shape) {
    *run = (struct run){.arena = arena_new(NULL, POOL_READ)};
    pthread_mutex_init(&run->lock, NULL);
    pthread_cond_init(&run->changed, NULL);
    struct config_errors errors;
    config_errors_init(&errors, run->arena);
    struct pipeline_input input = {
        .path = "test.yaml", .text = slice_of(pipeline_text(shape, run->arena)), .registry = registry};
    if (pipeline_load(&input, run->arena, &run->pipeline, &errors) != STATUS_OK ||
        (run->pipeline->lease_us = LEASE_US, false)) {
        fail_msg("%s", errors.items[0].message);
    }
    if (shape->memory) {
        run->pipeline->limits.memory_bytes = shape->memory;
    }
    if (graph_new(run->pipeline, &run->graph, &errors) != STATUS_OK) {
        fail_msg("%s", errors.items[0].message);
    }
    struct job_setup setup = {.graph = run->graph, .connect_timeout_us = 1000000, .ended = ended, .context = run};
    run->job = job_start(&setup);
}

/* Lets the job work until it ends or until then; true = it has ended. */
static bool run_works_until(struct run *run, int64_t wall_us) {
    struct timespec until = {.tv_sec = wall_us / 1000000, .tv_nsec = wall_us % 1000000 * 1000};
    pthread_mutex_lock(&run->lock);
    while (!run->over && pthread_cond_timedwait(&run->changed, &run->lock, &until) == 0) {
    }
    bool over = run->over;
    pthread_mutex_unlock(&run->lock);
    return over;
}

static enum job_result run_end(struct run *run) {
    if (!run_works_until(run, io_wall_us() + WAIT_SECONDS * INT64_C(1000000))) {
        fail_msg("the job does not end: %u rows, %u letters in the first table", tables[0].rows_count,
                 tables[0].letters_count);
    }
    job_free(run->job);
    graph_free(run->graph); /* asserts that the whole budget was given back */
    pipeline_free(run->pipeline);
    arena_free(run->arena);
    pthread_mutex_destroy(&run->lock);
    pthread_cond_destroy(&run->changed);
    return run->result;
}

static enum job_result run_whole(const struct shape *shape) {
    struct run run;
    run_start(&run, shape);
    return run_end(&run);
}

/* --- what must hold
 * ------------------------------------------------------------------------------------------------
 */

/* Marks rows as seen; each once, ascending in each part. */
static void rows_see(const struct fake_row *rows, uint32_t count, uint8_t *seen) {
    int64_t *last = malloc(feed.parts * sizeof *last);
    for (uint32_t i = 0; i < feed.parts; i++) {
        last[i] = -1;
    }
    for (uint32_t i = 0; i < count; i++) {
        assert_true(rows[i].part < feed.parts && rows[i].n < feed.records);
        assert_true((int64_t)rows[i].n > last[rows[i].part]);
        last[rows[i].part] = rows[i].n;
        uint8_t *one = &seen[(size_t)rows[i].part * feed.records + rows[i].n];
        assert_int_equal(*one, 0);
        *one = 1;
    }
    free(last);
}

static struct counts books_of(const struct fake_table *table) {
    struct ledger_totals totals;
    struct error error;
    assert_int_equal(table->ledger->ops->totals(table->ledger, &totals, INT64_MAX, &error), STATUS_OK);
    return totals.books;
}

/* Where the ledger stands in a part, in records. */
static uint32_t records_below_next(const struct fake_table *table, uint32_t part) {
    struct error error;
    struct arena *arena = arena_new(NULL, POOL_READ);
    char name[32];
    snprintf(name, sizeof name, "part-%05u", part);
    const char *names[] = {name};
    struct ledger_rows rows;
    assert_int_equal(table->ledger->ops->rows(table->ledger, names, 1, arena, &rows, INT64_MAX, &error), STATUS_OK);
    uint32_t n = 0;
    struct position next;
    if (rows.items[0].info.name) {
        fake_parse(rows.items[0].next, &next);
        n = position_is_end(&next) ? feed.records : fake_records_before(part, fake_value(&next));
    }
    arena_free(arena);
    return n;
}

/* Exactly what lies below `next` is in the table, or is a letter, once; and that is what the books
 * say. filtered: records with an odd n. */
static void table_check(const struct fake_table *table, bool filtered) {
    uint8_t *seen = calloc(feed.parts, feed.records);
    rows_see(table->rows, table->rows_count, seen);
    rows_see(table->letters, table->letters_count, seen);
    uint64_t in = 0;
    for (uint32_t part = 0; part < feed.parts; part++) {
        uint32_t below = records_below_next(table, part);
        in += below;
        for (uint32_t n = 0; n < feed.records; n++) {
            bool wanted = n < below && !(filtered && n % 2);
            assert_int_equal(seen[(size_t)part * feed.records + n], wanted);
        }
    }
    free(seen);
    struct counts books = books_of(table);
    assert_int_equal(books.in, in);
    assert_int_equal(books.delivered, table->rows_count);
    assert_int_equal(books.dead_letter, table->letters_count);
    assert_int_equal(books.in, books.delivered + books.filtered + books.dead_letter);
}

static void tables_complete(uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        table_check(&tables[i], false);
        assert_int_equal(tables[i].rows_count + tables[i].letters_count, feed.parts * feed.records);
    }
}

static int world_setup(void **state) {
    (void)state;
    fake_world_new();
    return 0;
}

static int world_teardown(void **state) {
    (void)state;
    fake_world_clear();
    return 0;
}

/* --- the plain way
 * -------------------------------------------------------------------------------------------------
 */

static void every_record_arrives_once_and_in_order(void **state) {
    (void)state;
    assert_int_equal(run_whole(&(struct shape){0}), JOB_DONE);
    tables_complete(1);
}

static void delimited_records_with_gaps_arrive_once(void **state) {
    (void)state;
    feed.delimited = true;
    assert_int_equal(run_whole(&(struct shape){.sinks = 2}), JOB_DONE);
    tables_complete(2);
}

static void what_a_rule_filters_is_in_the_books(void **state) {
    (void)state;
    struct shape shape = {.sql = "select _value from input where (_value->>'n')::int % 2 = 0"};
    assert_int_equal(run_whole(&shape), JOB_DONE);
    table_check(&tables[0], true);
    assert_int_equal(tables[0].rows_count, feed.parts * feed.records / 2);
}

static void many_small_parts_come_to_their_end(void **state) {
    (void)state;
    feed.parts = 700;
    feed.records = 3;
    assert_int_equal(run_whole(&(struct shape){.sinks = 2}), JOB_DONE);
    tables_complete(2);
}

static void empty_parts_come_to_their_end(void **state) {
    (void)state;
    feed.parts = 20;
    feed.records = 0;
    assert_int_equal(run_whole(&(struct shape){0}), JOB_DONE);
    tables_complete(1);
}

static void two_lanes_keep_the_order(void **state) {
    (void)state;
    feed.records = 5000;
    tables[0].lanes = 2;
    tables[0].delay_us = 300;
    assert_int_equal(run_whole(&(struct shape){0}), JOB_DONE);
    tables_complete(1);
}

/* --- verdicts
 * ------------------------------------------------------------------------------------------------------
 */

struct script {
    const char *open, *add, *seal, *commit;
};

static void script_run(const struct script *script, uint32_t lanes, bool takes_payload) {
    fake_world_new();
    feed.records = 2000;
    tables[0].lanes = lanes;
    tables[0].takes_payload = takes_payload;
    const char *steps[FAKE_STEPS] = {script->open, script->add, script->seal, script->commit};
    memcpy(tables[0].script, steps, sizeof steps);
    assert_int_equal(run_whole(&(struct shape){0}), JOB_DONE);
    tables_complete(1);
}

static void scripts_run(const struct script *script) {
    script_run(script, 1, false);
    script_run(script, 2, false);
}

static void a_retry_in_any_step_loses_nothing(void **state) {
    (void)state;
    scripts_run(&(struct script){.open = ".R"});
    scripts_run(&(struct script){.add = "..R...R"});
    scripts_run(&(struct script){.seal = "R..R"});
    scripts_run(&(struct script){.commit = "R..R"});
}

static void a_retry_of_a_sink_that_took_the_payloads_reads_again(void **state) {
    (void)state;
    script_run(&(struct script){.add = "...D"}, 1, true);
    script_run(&(struct script){.seal = "..D"}, 1, true);
    script_run(&(struct script){.commit = ".D.R"}, 1, true);
}

static void unknown_is_resolved_both_ways(void **state) {
    (void)state;
    scripts_run(&(struct script){.commit = ".U..u.U"});
    script_run(&(struct script){.commit = ".U..u"}, 1, true);
}

static void a_changed_table_has_everything_encoded_again(void **state) {
    (void)state;
    scripts_run(&(struct script){.add = "....E"});
    scripts_run(&(struct script){.seal = ".E"});
    scripts_run(&(struct script){.commit = "..E...E"});
}

static void fenced_in_one_part_of_three_is_claimed_again(void **state) {
    (void)state;
    scripts_run(&(struct script){.commit = "..F....F"});
    scripts_run(&(struct script){.seal = "..F"});
    script_run(&(struct script){.commit = ".F"}, 1, true);
}

static void moved_back_is_read_again(void **state) {
    (void)state;
    scripts_run(&(struct script){.commit = "...M"});
    script_run(&(struct script){.commit = "..M"}, 1, true);
}

static void everything_at_once_loses_nothing(void **state) {
    (void)state;
    scripts_run(&(struct script){.open = ".....R",
                                 .add = "....................R",
                                 .seal = "...R.............F",
                                 .commit = ".u...M..U....F.....M.....M"});
}

static void rejected_rows_become_letters_and_the_books_know(void **state) {
    (void)state;
    for (uint32_t lanes = 1; lanes <= 2; lanes++) {
        fake_world_new();
        feed.records = 300;
        tables[0].lanes = lanes;
        tables[0].reject_every = 50;
        assert_int_equal(run_whole(&(struct shape){0}), JOB_DONE);
        tables_complete(1);
        assert_int_equal(tables[0].letters_count, feed.parts * 6);
    }
}

static void a_fatal_verdict_ends_the_job_and_a_new_one_goes_on(void **state) {
    (void)state;
    tables[0].script[FAKE_COMMIT] = "..X";
    assert_int_equal(run_whole(&(struct shape){0}), JOB_FAILED);
    table_check(&tables[0], false);
    assert_int_equal(run_whole(&(struct shape){0}), JOB_DONE);
    tables_complete(1);
}

/* --- two sinks
 * -----------------------------------------------------------------------------------------------------
 */

static void a_slow_sink_gets_everything_too(void **state) {
    (void)state;
    tables[1].delay_us = 3000;
    assert_int_equal(run_whole(&(struct shape){.sinks = 2}), JOB_DONE);
    tables_complete(2);
}

static void one_sink_moves_back_and_the_other_keeps_what_it_has(void **state) {
    (void)state;
    for (int delimited = 0; delimited < 2; delimited++) {
        fake_world_new();
        feed.delimited = delimited;
        tables[0].script[FAKE_COMMIT] = "...M...F";
        tables[1].script[FAKE_COMMIT] = ".R.u.F";
        tables[1].delay_us = 1000;
        assert_int_equal(run_whole(&(struct shape){.sinks = 2}), JOB_DONE);
        tables_complete(2);
    }
}

static void a_holding_sink_beside_a_quick_one(void **state) {
    (void)state;
    tables[1].every_us = 30000;
    tables[1].rows_max = 100000;
    tables[1].takes_payload = true;
    tables[1].script[FAKE_COMMIT] = "D";
    assert_int_equal(run_whole(&(struct shape){.sinks = 2}), JOB_DONE);
    tables_complete(2);
}

/* A sink that keeps no position loses a unit when the other is at its end: no ledger offers the part any more. */
static void a_sink_without_positions_is_not_left_behind(void **state) {
    (void)state;
    tables[1].memory_ledger = true;
    tables[1].takes_payload = true;
    tables[1].every_us = 100000;
    tables[1].rows_max = 1000000;
    tables[1].script[FAKE_COMMIT] = "D";
    assert_int_equal(run_whole(&(struct shape){.sinks = 2}), JOB_DONE);
    tables_complete(1);
    assert_int_equal(tables[1].rows_count, feed.parts * feed.records);
}

/* --- sources that fail
 * --------------------------------------------------------------------------------------------- */

static void transient_errors_of_the_source_are_waited_for(void **state) {
    (void)state;
    feed.open_errors = 2;
    feed.read_errors = 2;
    assert_int_equal(run_whole(&(struct shape){0}), JOB_DONE);
    tables_complete(1);
}

static void what_lies_before_a_permanent_error_is_committed(void **state) {
    (void)state;
    feed.broken_at = 500;
    for (int hold = 0; hold < 2; hold++) {
        tables[1].every_us = hold * 20000;
        assert_int_equal(run_whole(&(struct shape){.sinks = 2}), JOB_FAILED);
        for (int i = 0; i < 2; i++) {
            table_check(&tables[i], false);
            assert_int_equal(tables[i].rows_count, feed.parts * 500);
        }
    }
}

/* --- dead letters
 * --------------------------------------------------------------------------------------------------
 */

static void bad_records_become_letters(void **state) {
    (void)state;
    feed.bad_every = 10;
    assert_int_equal(run_whole(&(struct shape){.sinks = 2}), JOB_DONE);
    tables_complete(2);
    assert_int_equal(tables[0].letters_count, feed.parts * feed.records / 10);
}

/* Every second record is bad from 400 on: 10 % of the last records are letters when the 51st of them comes. */
static void the_limit_cuts_before_the_breaching_record(void **state) {
    (void)state;
    uint32_t rows_before = 0;
    for (int delimited = 0; delimited < 2; delimited++) {
        for (uint32_t block = 1; block < 400; block *= 7) {
            fake_world_new();
            feed.delimited = delimited;
            feed.bad_every = 2;
            feed.bad_from = 400;
            feed.block_records = block;
            assert_int_equal(run_whole(&(struct shape){.limit = "10%"}), JOB_FAILED);
            table_check(&tables[0], false);
            assert_int_equal(tables[0].letters_count, feed.parts * 50);
            assert_true(rows_before == 0 || rows_before == tables[0].rows_count);
            rows_before = tables[0].rows_count;
        }
    }
}

/* --- memory
 * --------------------------------------------------------------------------------------------------------
 */

static void large_records_pass_through_a_tiny_budget(void **state) {
    (void)state;
    feed.records = 12;
    feed.bytes = 900 << 10;
    for (int delimited = 0; delimited < 2; delimited++) {
        fake_world_new();
        feed.records = 12;
        feed.bytes = 900 << 10;
        feed.delimited = delimited;
        tables[0].delay_us = 2000;
        assert_int_equal(run_whole(&(struct shape){.sinks = 2, .memory = 10 << 20}), JOB_DONE);
        tables_complete(2);
        assert_int_equal(tables[0].letters_count, 0);
    }
}

/* Each needs more than the whole reserve, in its payload alone. */
static void a_record_that_fits_nowhere_is_one_letter(void **state) {
    (void)state;
    feed.parts = 1;
    feed.records = 3;
    feed.bytes = 5 << 20;
    struct shape shape = {.memory = 16 << 20, .sql = "select repeat(_value->>'x', 4) as y from input"};
    assert_int_equal(run_whole(&shape), JOB_DONE);
    tables_complete(1);
    assert_int_equal(tables[0].letters_count, 3);
}

static void a_holding_sink_commits_early_when_memory_is_short(void **state) {
    (void)state;
    feed.records = 300;
    feed.bytes = 50 << 10;
    tables[0].every_us = 3600 * INT64_C(1000000);
    tables[0].rows_max = 1000000;
    assert_int_equal(run_whole(&(struct shape){.memory = 10 << 20}), JOB_DONE);
    tables_complete(1);
}

/* --- stops
 * ---------------------------------------------------------------------------------------------------------
 */

static void a_drain_commits_what_was_read_and_lets_go(void **state) {
    (void)state;
    for (int round = 0; round < 6; round++) {
        fake_world_new();
        feed.endless = round & 1;
        feed.records = 4000;
        feed.block_records = 10;
        tables[1].every_us = round & 2 ? 3600 * INT64_C(1000000) : 0;
        tables[1].rows_max = 1000000;
        tables[1].takes_payload = round & 2;
        struct run run;
        run_start(&run, &(struct shape){.sinks = 2});
        run_works_until(&run, io_wall_us() + 1000 * (1 + round * 5));
        job_stop(run.job, io_now_us() + 20000000);
        assert_int_equal(run_end(&run), JOB_DONE);
        table_check(&tables[0], false);
        table_check(&tables[1], false);
        for (uint32_t part = 0; part < feed.parts; part++) {
            assert_int_equal(records_below_next(&tables[0], part), records_below_next(&tables[1], part));
        }
    }
}

static void a_stop_is_not_kept_waiting_by_a_source_that_backs_off(void **state) {
    (void)state;
    feed.read_errors = 1000000;
    struct run run;
    run_start(&run, &(struct shape){0});
    run_works_until(&run, io_wall_us() + 900000);
    int64_t before = io_now_us();
    job_stop(run.job, io_now_us() + 20000000);
    assert_int_equal(run_end(&run), JOB_DONE);
    assert_true(io_now_us() - before < 1000000);
}

static void a_limit_that_breaches_during_a_drain_does_not_hold_it_up(void **state) {
    (void)state;
    for (int round = 0; round < 4; round++) {
        fake_world_new();
        feed.records = 3000;
        feed.bad_every = 2;
        feed.bad_from = 200;
        tables[0].delay_us = 3000;
        struct run run;
        run_start(&run, &(struct shape){.limit = "10%"});
        run_works_until(&run, io_wall_us() + 500 * (1 + round * 4));
        int64_t before = io_now_us();
        job_stop(run.job, io_now_us() + 20000000);
        run_end(&run);
        assert_true(io_now_us() - before < 10000000);
        table_check(&tables[0], false);
    }
}

/* Killed again and again, at other moments and amid other troubles, until a run comes to the end. */
static void killed_at_any_moment_nothing_is_lost_or_doubled(void **state) {
    (void)state;
    feed.records = 3000;
    feed.block_records = 20;
    feed.bad_every = 100;
    tables[0].lanes = 2;
    tables[0].delay_us = 100;
    tables[0].script[FAKE_COMMIT] = "...U....M..u....F....U....";
    tables[1].takes_payload = true;
    tables[1].every_us = 5000;
    tables[1].rows_max = 700;
    tables[1].script[FAKE_COMMIT] = ".U..D..u...F";
    for (int64_t round = 0; round < 25; round++) {
        struct run run;
        run_start(&run, &(struct shape){.sinks = 2});
        run_works_until(&run, io_wall_us() + round * 700);
        job_stop(run.job, 0);
        run_end(&run);
        table_check(&tables[0], false);
        table_check(&tables[1], false);
    }
    assert_int_equal(run_whole(&(struct shape){.sinks = 2}), JOB_DONE);
    tables_complete(2);
}

int main(void) {
    log_setup(getenv("FAKE_LOG") ? LOG_DEBUG : LOG_OFF, false, NULL);
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(every_record_arrives_once_and_in_order),
        TEST(delimited_records_with_gaps_arrive_once),
        TEST(what_a_rule_filters_is_in_the_books),
        TEST(many_small_parts_come_to_their_end),
        TEST(empty_parts_come_to_their_end),
        TEST(two_lanes_keep_the_order),
        TEST(a_retry_in_any_step_loses_nothing),
        TEST(a_retry_of_a_sink_that_took_the_payloads_reads_again),
        TEST(unknown_is_resolved_both_ways),
        TEST(a_changed_table_has_everything_encoded_again),
        TEST(fenced_in_one_part_of_three_is_claimed_again),
        TEST(moved_back_is_read_again),
        TEST(everything_at_once_loses_nothing),
        TEST(rejected_rows_become_letters_and_the_books_know),
        TEST(a_fatal_verdict_ends_the_job_and_a_new_one_goes_on),
        TEST(a_slow_sink_gets_everything_too),
        TEST(one_sink_moves_back_and_the_other_keeps_what_it_has),
        TEST(a_holding_sink_beside_a_quick_one),
        TEST(a_sink_without_positions_is_not_left_behind),
        TEST(transient_errors_of_the_source_are_waited_for),
        TEST(what_lies_before_a_permanent_error_is_committed),
        TEST(bad_records_become_letters),
        TEST(the_limit_cuts_before_the_breaching_record),
        TEST(large_records_pass_through_a_tiny_budget),
        TEST(a_record_that_fits_nowhere_is_one_letter),
        TEST(a_holding_sink_commits_early_when_memory_is_short),
        TEST(a_drain_commits_what_was_read_and_lets_go),
        TEST(a_stop_is_not_kept_waiting_by_a_source_that_backs_off),
        TEST(a_limit_that_breaches_during_a_drain_does_not_hold_it_up),
        TEST(killed_at_any_moment_nothing_is_lost_or_doubled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
