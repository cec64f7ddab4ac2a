/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: the input is a statement; what compiles runs over a small batch, whole and as a
 * fold. Nothing is checked but that it ends without a crash and that both ways give as many rows.
 */
#include <assert.h>
#include <setjmp.h>

#include "engine/record/format.h"
#include "engine/sql/sql.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct field fields[] = {
    {.name = "i", .type = {.id = TYPE_INT4, .modifier = -1}},
    {.name = "f", .type = {.id = TYPE_FLOAT8, .modifier = -1}},
    {.name = "n", .type = {.id = TYPE_NUMERIC, .modifier = -1}},
    {.name = "t", .type = {.id = TYPE_TEXT, .modifier = -1}},
    {.name = "b", .type = {.id = TYPE_BOOL, .modifier = -1}},
    {.name = "ts", .type = {.id = TYPE_TIMESTAMPTZ, .modifier = -1}},
};
enum { FIELDS = sizeof fields / sizeof *fields, ROWS = 4 };

static struct batch batch_make(const struct schema *schema, struct arena *arena) {
    struct batch batch = {
        .arena = arena, .schema = schema, .rows = ROWS, .selected = ROWS, .records_count = ROWS};
    struct column *columns = batch.columns = arena_zalloc(arena, FIELDS * sizeof *columns);
    for (uint32_t c = 0; c < FIELDS; c++) {
        column_init(&columns[c], schema->fields[c].type, ROWS, arena);
        column_null_set(&columns[c], ROWS - 1, arena);
    }
    for (uint32_t row = 0; row < ROWS; row++) {
        ((int32_t *)columns[0].values)[row] = (int32_t)row - 1;
        ((double *)columns[1].values)[row] = row * 0.5;
        ((struct slice *)columns[2].values)[row] =
            row ? SLICE_LITERAL("12.50") : SLICE_LITERAL("0");
        ((struct slice *)columns[3].values)[row] =
            row ? SLICE_LITERAL("caf\xc3\xa9 1") : SLICE_LITERAL("");
        ((uint8_t *)columns[4].values)[row] = row & 1;
        ((int64_t *)columns[5].values)[row] = (int64_t)row * INT64_C(86400000000);
    }
    return batch;
}

static void run_both(const struct sql_plan *plan, const struct schema *schema,
                     struct arena *arena) {
    struct batch whole = batch_make(schema, arena), part = batch_make(schema, arena), result;
    struct error error;
    struct sql_fold *fold = sql_fold_new(plan, arena);
    enum status status = sql_run(plan, &whole, &error);
    if (sql_fold_add(fold, &part, &error) == STATUS_OK &&
        sql_fold_finish(fold, &result, &error) == STATUS_OK) {
        assert(status || sql_plan_traits(plan).volatile_calls || whole.selected == result.selected);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct schema schema = {.fields = fields, .count = FIELDS};
    struct budget *budget = budget_new(64 << 20, 0);
    struct arena *plans = arena_new(NULL, POOL_COLUMNS), *rows = arena_new(budget, POOL_COLUMNS);
    struct sql_plan *plan;
    struct error error;
    jmp_buf escape;
    if (sql_compile(slice_make(data, size), &schema, timezone_utc(), plans, &plan, &error) ==
            STATUS_OK &&
        setjmp(escape) == 0) {
        arena_escape_set(rows, &escape);
        run_both(plan, &schema, rows);
    }
    arena_free(rows);
    arena_free(plans);
    budget_free(budget);
    return 0;
}
