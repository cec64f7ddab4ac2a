/* SPDX-License-Identifier: Apache-2.0 */
/* A schema of its own in a real server, a sink bound to a table in it, and what a test needs to play the engine:
 * parts, segments, batches, units. One thread. LEAT_TEST_POSTGRES names the server; without it every test fails.
 * LEAT_TEST_POSTGRES_POOLER, when given, is a pooler in transaction mode that the sink goes through (unit, isolate). */
#ifndef LEAT_TESTS_POSTGRES_WORLD_H
#define LEAT_TESTS_POSTGRES_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "connectors/postgres/postgres_options.h"
#include "connectors/postgres/postgres_sink.h"
#include "engine/flow/owner.h"
#include "engine/flow/part_state.h"

enum { WORLD_PARTS = 4, WORLD_PAYLOADS = 8 };

struct world {
    char schema[64], url[1024];
    char owner[OWNER_MAX];
    struct arena *arena;
    struct secret *secret;
    struct postgres_options options;
    struct schema rows;
    struct sink *sink;
    struct sink_lane *lane;
    struct encoder *encoder;
    struct ledger *ledger;
    struct part parts[WORLD_PARTS];
    uint64_t epochs[WORLD_PARTS];
    struct outcome outcome;
    uint64_t binding;
    int64_t every_us; /* of the commit policy */
};

int64_t soon(void); /* a deadline in 10 s */

/* Makes the schema and runs ddl in it; options and rows are filled by the test before world_start. */
struct world *world_new(const char *ddl);
/* `columns:` text as the rows' schema. */
void world_rows(struct world *world, const char *columns);
/* bind, check, ledger open, plan and claim of parts p0 .. p3, one lane. */
void world_start(struct world *world);
/* Another process over the same table: own owner, nothing claimed. Shares schema and rows. */
struct world *world_other(const struct world *world);
void world_free(struct world *world);

/* Runs SQL as an observer; the first value, "" for null or no row. Lives until the next call. */
const char *world_sql(const struct world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
#define assert_sql(world, expected, ...) assert_string_equal(world_sql((world), __VA_ARGS__), (expected))

/* A batch of rows; each cell is text, parsed as its column's type; NULL = null. `cells` is row after row. */
struct batch *world_batch(struct world *world, const char *const *cells, uint32_t rows);
/* Encodes a batch for the part; the payload lives in the world. */
struct payload *world_payload(struct world *world, int part, struct batch *batch);
struct payload *world_encode(struct world *world, int part, const char *const *cells, uint32_t rows);

/* One payload of one part from `from` to `to`: open, add, seal, commit; the verdict where it ended. */
enum verdict world_unit(struct world *world, struct payload *payload, const char *from, const char *to);
/* The same in steps, any number of payloads. */
struct world_unit {
    struct unit unit;
    struct payload *payloads[WORLD_PAYLOADS];
    struct move moves[WORLD_PARTS];
};
void unit_begin(struct world *world, struct world_unit *unit);
enum verdict unit_put(struct world *world, struct world_unit *unit, struct payload *payload);
void unit_move(struct world *world, struct world_unit *unit, int part, const char *from, const char *to);
enum verdict unit_seal_now(struct world *world, struct world_unit *unit);
enum verdict unit_commit_now(struct world *world, struct world_unit *unit);

void outcome_clear(struct world *world);

/* Fails the n-th pass of the named crash point (as a lost connection), once. NULL = never. */
void fail_at(const char *name, int pass);
bool fail_happened(void);

#endif
