/* SPDX-License-Identifier: Apache-2.0 */
/* Processes (threads here, each with its own owner, connections and sink) that steal parts from each other all the
 * time, lose connections at random crash points and freeze between seal and commit. The table has no key, so that only
 * the protocol keeps a row from being stored twice. At the end each row is there once and the books are right. */
#include "tests/integration_postgres/world.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/io.h"
#include "engine/record/datetime.h"

enum { PROCESSES = 4, PART_END = 400, ROWS_MAX = 8, LEASE_US = 40000, FAIL_ONE_IN = 60, TIMEOUT_US = 50000000 };

static _Thread_local unsigned seed;
static struct io_ops chaotic;
static _Atomic uint32_t failures, fenced, unknown;

static unsigned chance(unsigned one_in) {
    return (unsigned)rand_r(&seed) % one_in;
}

static bool failpoint(const char *name) {
    (void)name;
    bool fails = seed && chance(FAIL_ONE_IN) == 0;
    failures += fails;
    return fails;
}

struct process {
    struct world *world; /* what to bind to; shared, read only */
    unsigned seed;
    struct arena *arena;
    struct sink *sink;
    struct sink_lane *lane;
    struct encoder *encoder;
    struct ledger *ledger;
    char owner[OWNER_MAX];
    struct part part;
};

static int64_t later(void) {
    return io_now_us() + 5000000;
}

/* --- a process ------------------------------------------------------------------------------------------------- */

static bool process_start(struct process *process) {
    const struct world *world = process->world;
    const struct sink_bind bind = {.options = &world->options,
                                   .pipeline = "pipe",
                                   .source = "source",
                                   .name = "sink",
                                   .schema = &world->rows,
                                   .zone = timezone_utc()};
    struct error error;
    uint64_t binding;
    owner_new(process->owner);
    const struct ledger_identity identity = {
        .pipeline = "pipe", .source = "source", .sink = "sink", .owner = process->owner, .lease_us = LEASE_US};
    if (postgres_sink_ops.bind(&bind, &process->sink, &error) != STATUS_OK ||
        postgres_sink_ops.check(process->sink, later(), &binding, &error) != STATUS_OK) {
        return false;
    }
    process->ledger = postgres_sink_ops.ledger(process->sink);
    process->encoder = postgres_sink_ops.encoder_new(process->sink);
    return process->ledger->ops->open(process->ledger, &identity, later(), &error) == STATUS_OK &&
           postgres_sink_ops.lane_open(process->sink, &process->lane, later(), &error) == STATUS_OK;
}

static void process_stop(struct process *process) {
    postgres_sink_ops.lane_close(process->lane);
    if (process->encoder) {
        postgres_sink_ops.encoder_free(process->encoder);
    }
    postgres_sink_ops.free(process->sink);
    process->sink = NULL;
    process->lane = NULL;
    process->encoder = NULL;
}

static struct payload *rows_encode(struct process *process, int64_t from, uint32_t rows) {
    struct batch *batch = arena_zalloc(process->arena, sizeof *batch);
    *batch = (struct batch){.arena = process->arena, .schema = &process->world->rows, .rows = rows,
                            .selected = rows, .records_count = rows};
    batch->columns = arena_zalloc(process->arena, 2 * sizeof *batch->columns);
    column_init(&batch->columns[0], TYPE(TEXT), rows, process->arena);
    column_init(&batch->columns[1], TYPE(INT8), rows, process->arena);
    for (uint32_t i = 0; i < rows; i++) {
        COLUMN_VALUE(&batch->columns[0], struct slice, i) = slice_of(process->part.info.name);
        COLUMN_VALUE(&batch->columns[1], int64_t, i) = from + i;
    }
    struct segment *segment = arena_zalloc(process->arena, sizeof *segment);
    struct payload *payload = arena_zalloc(process->arena, sizeof *payload);
    segment->part = &process->part;
    *payload = (struct payload){.segment = segment, .arena = process->arena};
    struct error error;
    if (postgres_sink_ops.encode(process->encoder, batch, payload, &error) != STATUS_OK) {
        abort();
    }
    return payload;
}

static enum verdict unit_try(struct process *process, struct unit *unit, struct payload *payload,
                             struct outcome *outcome) {
    enum verdict verdict = postgres_sink_ops.unit_open(process->lane, unit, later(), outcome);
    unit->payloads_count = 1;
    if (verdict == VERDICT_DONE) {
        verdict = postgres_sink_ops.unit_add(process->lane, unit, payload, later(), outcome);
    }
    if (verdict == VERDICT_DONE) {
        verdict = postgres_sink_ops.unit_seal(process->lane, unit, later(), outcome);
    }
    if (verdict != VERDICT_DONE) {
        return verdict;
    }
    if (chance(4) == 0) {
        poll(NULL, 0, (int)chance(120));
    }
    verdict = postgres_sink_ops.unit_commit(process->lane, unit, later(), outcome);
    while (verdict == VERDICT_UNKNOWN) {
        unknown++;
        outcome->verdict = VERDICT_DONE;
        verdict = postgres_sink_ops.unit_resolve(process->lane, unit, later(), outcome);
    }
    return verdict;
}

/* True when the position moved to `to`, by this process and nobody else. */
static bool unit_run(struct process *process, uint64_t epoch, int64_t from, int64_t to) {
    char from_text[24], to_text[24];
    snprintf(from_text, sizeof from_text, from ? "%ld" : "start", (long)from);
    snprintf(to_text, sizeof to_text, to == PART_END ? "end" : "%ld", (long)to);
    struct payload *payload = rows_encode(process, from, (uint32_t)(to - from));
    struct payload *payloads[] = {payload};
    const struct move move = {.part = &process->part,
                              .part_name = process->part.info.name,
                              .epoch = epoch,
                              .from = from_text,
                              .to = to_text,
                              .counts = {.in = (uint64_t)(to - from), .delivered = (uint64_t)(to - from)}};
    for (;;) {
        struct unit unit = {.payloads = payloads, .moves = &move, .moves_count = 1, .owner = process->owner};
        struct outcome outcome = {.arena = process->arena};
        enum verdict verdict = unit_try(process, &unit, payload, &outcome);
        if (verdict == VERDICT_DONE) {
            return true;
        }
        if (verdict == VERDICT_FENCED) {
            fenced++;
            return false;
        }
        if (verdict != VERDICT_RETRY) {
            fprintf(stderr, "verdict %d: %s %s\n", verdict, outcome.error.code, outcome.error.message);
            abort();
        }
    }
}

static void part_work(struct process *process, const struct ledger_row *row) {
    process->part.info = row->info;
    int64_t next = strcmp(row->next, "start") == 0 ? 0 : strtoll(row->next, NULL, 10);
    for (unsigned units = 1 + chance(8); units && next < PART_END; units--) {
        int64_t to = next + 1 + chance(ROWS_MAX);
        to = to < PART_END ? to : PART_END;
        if (!unit_run(process, row->epoch, next, to)) {
            return;
        }
        next = to;
    }
}

/* True while there is work. */
static bool process_step(struct process *process) {
    struct ledger_query query = {.rows_max = 1 + chance(3), .lease_us = LEASE_US};
    struct ledger_rows rows;
    struct ledger_totals totals;
    struct error error;
    struct ledger *ledger = process->ledger;
    if (ledger->ops->totals(ledger, &totals, later(), &error) == STATUS_OK && !totals.open) {
        return false;
    }
    if (ledger->ops->query(ledger, &query, process->arena, &rows, later(), &error) != STATUS_OK || !rows.count) {
        return true;
    }
    struct claim claim = {.part = rows.items[chance(rows.count)].info.name};
    for (uint32_t i = 0; i < rows.count; i++) {
        claim.expected_epoch = rows.items[i].info.name == claim.part ? rows.items[i].epoch : claim.expected_epoch;
    }
    if (ledger->ops->claim(ledger, &claim, 1, process->arena, later(), &error) == STATUS_OK &&
        claim.result == CLAIM_WON) {
        part_work(process, &claim.row);
    }
    return true;
}

static void *process_run(void *context) {
    struct process *process = context;
    int64_t stop = io_now_us() + TIMEOUT_US;
    seed = process->seed;
    bool work = true;
    while (work && io_now_us() < stop) {
        process->arena = arena_new(NULL, POOL_SINK);
        for (bool alive = process_start(process); alive && work && io_now_us() < stop;) {
            work = process_step(process);
            alive = chance(10) != 0;
        }
        process_stop(process);
        arena_free(process->arena);
    }
    return NULL;
}

/* --- the test -------------------------------------------------------------------------------------------------- */

static void thieves_and_zombies_store_each_row_once(void **state) {
    (void)state;
    struct world *world = world_new("create table t (part text, pos int8)");
    world_rows(world, "part text, pos int8");
    world_start(world);
    chaotic = io_real;
    chaotic.failpoint = failpoint;
    io = &chaotic;
    struct process processes[PROCESSES];
    pthread_t threads[PROCESSES];
    for (unsigned i = 0; i < PROCESSES; i++) {
        processes[i] = (struct process){.world = world, .seed = 4711 + i};
        assert_int_equal(pthread_create(&threads[i], NULL, process_run, &processes[i]), 0);
    }
    for (int i = 0; i < PROCESSES; i++) {
        pthread_join(threads[i], NULL);
    }
    fail_at(NULL, 0);
    char expected[64];
    snprintf(expected, sizeof expected, "%d|%d", WORLD_PARTS * PART_END, WORLD_PARTS * PART_END);
    assert_sql(world, expected, "select count(*) || '|' || count(distinct (part, pos)) from t");
    assert_sql(world, expected, "select sum(records_in) || '|' || sum(delivered) from leat_ledger");
    assert_sql(world, "4", "select count(*) from leat_ledger where state = 'ended'");
    print_message("%u connections cut, %u units fenced, %u outcomes in doubt\n", failures, fenced, unknown);
    assert_true(failures > 20 && fenced > 5 && unknown > 0);
    world_free(world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thieves_and_zombies_store_each_row_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
