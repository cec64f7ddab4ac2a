/* SPDX-License-Identifier: Apache-2.0 */
/* The observer's connection is libpq's own, so that what a test sees does not pass through the code it tests.
 * Failpoints are the engine's own, through an io table that fails by name. */
#include "tests/integration_postgres/world.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/base/io.h"
#include "engine/record/datetime.h"

static PGconn *observer;
static PGresult *seen;

int64_t soon(void) {
    return io_now_us() + 10 * INT64_C(1000000);
}

/* --- failpoints ---------------------------------------------------------------------------------------------- */

static const char *fail_name;
static int fail_passes;
static bool failed_once;
static struct io_ops failing;

static bool failpoint(const char *name) {
    if (!fail_name || strcmp(name, fail_name) != 0 || failed_once || --fail_passes > 0) {
        return false;
    }
    failed_once = true;
    return true;
}

void fail_at(const char *name, int pass) {
    failing = io_real;
    failing.failpoint = failpoint;
    io = &failing;
    fail_name = name;
    fail_passes = pass;
    failed_once = false;
}

bool fail_happened(void) {
    return failed_once;
}

/* --- observing ----------------------------------------------------------------------------------------------- */

static void run(const char *sql) {
    PQclear(seen);
    seen = PQexec(observer, sql);
    ExecStatusType status = PQresultStatus(seen);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY) {
        fail_msg("%s: %s", sql, PQerrorMessage(observer));
    }
}

const char *world_sql(const struct world *world, const char *format, ...) {
    char sql[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(sql, sizeof sql, format, args);
    va_end(args);
    char path[128];
    snprintf(path, sizeof path, "set search_path = %s", world->schema);
    run(path);
    run(sql);
    return PQntuples(seen) ? PQgetvalue(seen, 0, 0) : "";
}

/* --- life ---------------------------------------------------------------------------------------------------- */

static struct world *world_alloc(void) {
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    world->arena = arena_new(NULL, POOL_SINK);
    world->options.table = "t";
    world->options.key = (struct text_list){.count = 0};
    owner_new(world->owner);
    return world;
}

/* A pooler does not pass the search path on: everything is named in full there. */
static void url_make(struct world *world, const char *conninfo) {
    const char *pooler = getenv("LEAT_TEST_POSTGRES_POOLER");
    if (pooler) {
        snprintf(world->url, sizeof world->url, "%s", pooler);
        world->options.table = arena_printf(world->arena, "%s.t", world->schema);
        world->options.ledger_schema = world->schema;
    } else {
        snprintf(world->url, sizeof world->url, "%s options='-c search_path=%s'", conninfo, world->schema);
    }
}

struct world *world_new(const char *ddl) {
    const char *conninfo = getenv("LEAT_TEST_POSTGRES");
    if (!conninfo) {
        fail_msg("LEAT_TEST_POSTGRES is not set: these tests need a server");
    }
    fail_at(NULL, 0);
    struct world *world = world_alloc();
    static int number;
    snprintf(world->schema, sizeof world->schema, "leat_test_%d_%d", (int)getpid(), number++);
    url_make(world, conninfo);
    world->secret = secret_new(slice_of(world->url));
    world->options.url = world->secret;
    if (!observer) {
        observer = PQconnectdb(conninfo);
        assert_int_equal(PQstatus(observer), CONNECTION_OK);
        run("set client_min_messages = error");
    }
    char sql[256];
    snprintf(sql, sizeof sql, "drop schema if exists %s cascade; create schema %s", world->schema,
             world->schema);
    run(sql);
    world_sql(world, "%s", ddl);
    return world;
}

void world_rows(struct world *world, const char *columns) {
    struct error error;
    if (schema_parse(slice_of(columns), world->arena, &world->rows, &error) != STATUS_OK) {
        fail_msg("%s", error.message);
    }
}

static void parts_claim(struct world *world) {
    struct part_info infos[WORLD_PARTS];
    struct claim claims[WORLD_PARTS];
    static const char *const names[WORLD_PARTS] = {"p0", "p1", "p2", "p3"};
    for (int i = 0; i < WORLD_PARTS; i++) {
        infos[i] = (struct part_info){
            .name = names[i], .entry = names[i], .ident = "", .detail = "", .first = "start"};
        world->parts[i].info = infos[i];
    }
    const struct part_list list = {.items = infos, .count = WORLD_PARTS};
    struct error error;
    if (world->ledger->ops->plan_put(world->ledger, &list, true, soon(), &error) != STATUS_OK) {
        fail_msg("plan: %s", error.message);
    }
    struct ledger_rows rows;
    assert_int_equal(world->ledger->ops->rows(world->ledger, names, WORLD_PARTS, world->arena, &rows,
                                              soon(), &error),
                     STATUS_OK);
    for (int i = 0; i < WORLD_PARTS; i++) {
        claims[i] = (struct claim){.part = names[i], .expected_epoch = rows.items[i].epoch};
    }
    if (world->ledger->ops->claim(world->ledger, claims, WORLD_PARTS, world->arena, soon(), &error) !=
        STATUS_OK) {
        fail_msg("claim: %s", error.message);
    }
    for (int i = 0; i < WORLD_PARTS; i++) {
        assert_int_equal(claims[i].result, CLAIM_WON);
        world->epochs[i] = claims[i].row.epoch;
    }
}

static void sink_start(struct world *world) {
    const struct sink_bind bind = {.options = &world->options,
                                   .pipeline = "pipe",
                                   .source = "source",
                                   .name = "sink",
                                   .schema = world->rows.count ? &world->rows : NULL,
                                   .zone = timezone_utc(),
                                   .commit = {.every_us = world->every_us},
                                   .arena = world->arena};
    struct error error;
    if (postgres_sink_ops.bind(&bind, &world->sink, &error) != STATUS_OK ||
        postgres_sink_ops.check(world->sink, soon(), &world->binding, &error) != STATUS_OK) {
        fail_msg("%s: %s", error.code, error.message);
    }
    world->ledger = postgres_sink_ops.ledger(world->sink);
    const struct ledger_identity identity = {.pipeline = "pipe",
                                             .source = "source",
                                             .sink = "sink",
                                             .owner = world->owner,
                                             .lease_us = 10000000};
    if (world->ledger->ops->open(world->ledger, &identity, soon(), &error) != STATUS_OK) {
        fail_msg("%s: %s", error.code, error.message);
    }
}

void world_start(struct world *world) {
    sink_start(world);
    parts_claim(world);
    struct error error;
    assert_int_equal(postgres_sink_ops.lane_open(world->sink, &world->lane, soon(), &error), STATUS_OK);
    world->encoder = postgres_sink_ops.encoder_new(world->sink);
    outcome_clear(world);
}

struct world *world_other(const struct world *world) {
    struct world *other = world_alloc();
    snprintf(other->schema, sizeof other->schema, "%s", world->schema);
    snprintf(other->url, sizeof other->url, "%s", world->url);
    other->secret = secret_new(slice_of(other->url));
    other->options = world->options;
    other->options.url = other->secret;
    other->rows = world->rows;
    return other;
}

void world_free(struct world *world) {
    fail_at(NULL, 0);
    if (world->encoder) {
        postgres_sink_ops.encoder_free(world->encoder);
    }
    postgres_sink_ops.lane_close(world->lane);
    postgres_sink_ops.free(world->sink);
    secret_free(world->secret);
    arena_free(world->outcome.arena);
    arena_free(world->arena);
    free(world);
}

/* --- rows ---------------------------------------------------------------------------------------------------- */

struct batch *world_batch(struct world *world, const char *const *cells, uint32_t rows) {
    const struct schema *schema =
        world->rows.count ? &world->rows : postgres_sink_ops.wanted(world->sink);
    struct batch *batch = arena_zalloc(world->arena, sizeof *batch);
    *batch = (struct batch){
        .arena = world->arena, .schema = schema, .rows = rows, .selected = rows, .records_count = rows};
    batch->columns = arena_zalloc(world->arena, schema->count * sizeof *batch->columns);
    for (uint32_t c = 0; c < schema->count; c++) {
        struct column *column = &batch->columns[c];
        column_init(column, schema->fields[c].type, rows, world->arena);
        for (uint32_t r = 0; r < rows; r++) {
            const char *cell = cells[r * schema->count + c];
            char *value = (char *)column->values + (size_t)r * type_width(column->type);
            struct value_error error;
            if (!cell) {
                column_null_set(column, r, world->arena);
            } else if (!value_parse(column->type, slice_of(cell), timezone_utc(), world->arena, value,
                                    &error)) {
                fail_msg("%s: %.*s", cell, (int)error.message.len, error.message.data);
            }
        }
    }
    return batch;
}

struct payload *world_payload(struct world *world, int part, struct batch *batch) {
    struct segment *segment = arena_zalloc(world->arena, sizeof *segment);
    segment->part = &world->parts[part];
    struct payload *payload = arena_zalloc(world->arena, sizeof *payload);
    payload->segment = segment;
    payload->arena = world->arena;
    struct error error;
    if (postgres_sink_ops.encode(world->encoder, batch, payload, &error) != STATUS_OK) {
        fail_msg("%s: %s", error.code, error.message);
    }
    payload->counts = (struct counts){.in = batch->rows, .delivered = payload->rows};
    return payload;
}

struct payload *world_encode(struct world *world, int part, const char *const *cells, uint32_t rows) {
    return world_payload(world, part, world_batch(world, cells, rows));
}

/* --- units --------------------------------------------------------------------------------------------------- */

void outcome_clear(struct world *world) {
    arena_free(world->outcome.arena);
    world->outcome = (struct outcome){.arena = arena_new(NULL, POOL_SINK)};
}

void unit_begin(struct world *world, struct world_unit *unit) {
    *unit = (struct world_unit){.unit = {.number = 1, .owner = world->owner}};
    unit->unit.payloads = unit->payloads;
    unit->unit.moves = unit->moves;
    outcome_clear(world);
    assert_int_equal(postgres_sink_ops.unit_open(world->lane, &unit->unit, soon(), &world->outcome),
                     VERDICT_DONE);
}

enum verdict unit_put(struct world *world, struct world_unit *unit, struct payload *payload) {
    unit->payloads[unit->unit.payloads_count++] = payload;
    return postgres_sink_ops.unit_add(world->lane, &unit->unit, payload, soon(), &world->outcome);
}

void unit_move(struct world *world, struct world_unit *unit, int part, const char *from, const char *to) {
    struct move *move = &unit->moves[unit->unit.moves_count++];
    *move = (struct move){.part = &world->parts[part],
                          .part_name = world->parts[part].info.name,
                          .epoch = world->epochs[part],
                          .from = from,
                          .to = to};
    for (uint32_t i = 0; i < unit->unit.payloads_count; i++) {
        if (unit->payloads[i]->segment->part == move->part) {
            counts_add(&move->counts, &unit->payloads[i]->counts);
        }
    }
}

enum verdict unit_seal_now(struct world *world, struct world_unit *unit) {
    return postgres_sink_ops.unit_seal(world->lane, &unit->unit, soon(), &world->outcome);
}

enum verdict unit_commit_now(struct world *world, struct world_unit *unit) {
    return postgres_sink_ops.unit_commit(world->lane, &unit->unit, soon(), &world->outcome);
}

enum verdict world_unit(struct world *world, struct payload *payload, const char *from, const char *to) {
    struct world_unit unit;
    unit_begin(world, &unit);
    enum verdict verdict = unit_put(world, &unit, payload);
    if (verdict != VERDICT_DONE) {
        return verdict;
    }
    int part = (int)(payload->segment->part - world->parts);
    unit_move(world, &unit, part, from, to);
    verdict = unit_seal_now(world, &unit);
    return verdict == VERDICT_DONE ? unit_commit_now(world, &unit) : verdict;
}
