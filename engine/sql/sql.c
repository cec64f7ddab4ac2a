/* SPDX-License-Identifier: Apache-2.0 */
/* Running a plan over one batch, and what others ask about a plan. Where first, then the select
 * list over the survivors only. Columns that are passed on are shared, not copied. */
#include "engine/sql/sql.h"

#include "engine/sql/fold.h"

const struct schema *sql_plan_output(const struct sql_plan *plan) {
    return &plan->output;
}

void sql_plan_needs(const struct sql_plan *plan, bool *needed) {
    for (uint32_t i = 0; i < plan->input->count; i++) {
        needed[i] = needed[i] || plan->needed[i];
    }
}

struct sql_traits sql_plan_traits(const struct sql_plan *plan) {
    return plan->traits;
}

enum sql_aggregate sql_plan_aggregate(const struct sql_plan *plan, uint32_t column) {
    const struct expr *output = plan->outputs[column];
    if (!plan->grouped || output->kind != EXPR_COLUMN || output->number < plan->keys_count) {
        return SQL_NOT_AGGREGATE;
    }
    return plan->aggregates[output->number - plan->keys_count].kind;
}

enum status run_status(const struct run *run, struct error *error) {
    const struct call_failure *failure = &run->failure;
    if (!failure->code) {
        return STATUS_OK;
    }
    return error_set(error, ERROR_DATA, failure->code, "%.*s", (int)failure->message.len,
                     failure->message.data);
}

static struct column *project(struct run *run, const struct sql_plan *plan, struct rows rows) {
    struct column *columns = arena_alloc(run->arena, (plan->projected_count + 1) * sizeof *columns);
    for (uint32_t i = 0; i < plan->projected_count; i++) {
        columns[i] = *run_expr(run, plan->outputs[i], rows);
    }
    return columns;
}

/* The result in its order: new rows, whose origins go with them. */
static void run_arranged(struct run *run, const struct sql_plan *plan, struct column *columns,
                         struct rows rows) {
    struct batch *batch = run->batch;
    rows = arrange(plan, columns, run_clean(run, rows), run->arena);
    uint32_t *origins = rows_new(run, rows.count);
    for (uint32_t i = 0; i < rows.count; i++) {
        origins[i] = batch_record(batch, rows.list[i]);
    }
    batch->columns = gather(columns, plan->outputs_count, rows, run->arena);
    batch->origins = origins;
    batch->rows = batch->selected = rows.count;
    batch->selection = NULL;
}

enum status sql_run(const struct sql_plan *plan, struct batch *batch, struct error *error) {
    if (plan->grouped) {
        return fold_run(plan, batch, error);
    }
    struct run run;
    struct rows all = run_init(&run, batch, plan), rows = all;
    if (plan->where) {
        rows = run_clean(&run, run_filter(&run, plan->where, rows));
    }
    struct column *columns = project(&run, plan, rows);
    if (run_status(&run, error)) {
        return STATUS_FAILED;
    }
    batch->schema = &plan->output;
    if (plan->traits.order_or_limit) {
        run_arranged(&run, plan, columns, rows);
        return STATUS_OK;
    }
    batch->columns = columns;
    if (plan->where || batch->selection) {
        batch->selection = rows.list;
    }
    batch->selected = rows.count;
    batch_selection_clean(batch);
    return STATUS_OK;
}
