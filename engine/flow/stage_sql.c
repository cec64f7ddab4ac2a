/* SPDX-License-Identifier: Apache-2.0 */
/* The SQL library as a stage: sql/ knows nothing of flow, this file is all that lies between. The plan lives in the
 * graph's arena and is shared by the workers. */
#include "engine/flow/stage.h"
#include "engine/sql/sql.h"

struct sql_stage {
    struct stage base;
    struct sql_plan *plan;
};

static const struct sql_plan *plan_of(const struct stage *stage) {
    return ((const struct sql_stage *)stage)->plan;
}

static void sql_needs(const struct stage *stage, bool *needed) {
    sql_plan_needs(plan_of(stage), needed);
}

static enum status sql_stage_run(const struct stage *stage, struct batch *batch, struct error *error) {
    return sql_run(plan_of(stage), batch, error);
}

static const struct stage_ops sql_ops = {
    .needs = sql_needs,
    .run = sql_stage_run,
};

static const enum column_aggregate *aggregates_of(const struct sql_plan *plan, struct arena *arena) {
    static const enum column_aggregate kinds[] = {
        [SQL_NOT_AGGREGATE] = COLUMN_PLAIN, [SQL_COUNT] = COLUMN_COUNT,       [SQL_SUM] = COLUMN_SUM,
        [SQL_MIN] = COLUMN_MIN,             [SQL_MAX] = COLUMN_MAX,           [SQL_BOOL_AND] = COLUMN_BOOL_AND,
        [SQL_BOOL_OR] = COLUMN_BOOL_OR,     [SQL_AVG] = COLUMN_AVG,
    };
    uint32_t count = sql_plan_output(plan)->count;
    enum column_aggregate *aggregates = arena_alloc(arena, (count + 1) * sizeof *aggregates);
    for (uint32_t i = 0; i < count; i++) {
        aggregates[i] = kinds[sql_plan_aggregate(plan, i)];
    }
    return aggregates;
}

enum status stage_sql_bind(const struct stage_bind *bind, struct stage **ret, struct error *error) {
    struct sql_stage *stage = arena_zalloc(bind->arena, sizeof *stage);
    if (sql_compile(bind->text, bind->input, bind->zone, bind->arena, &stage->plan, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    struct sql_traits traits = sql_plan_traits(stage->plan);
    stage->base = (struct stage){
        .ops = &sql_ops,
        .output = sql_plan_output(stage->plan),
        .column_aggregates = aggregates_of(stage->plan, bind->arena),
        .caps = {.aggregates = traits.aggregates,
                 .whole_input = traits.order_or_limit,
                 .nondeterministic = traits.volatile_calls},
    };
    *ret = &stage->base;
    return STATUS_OK;
}
