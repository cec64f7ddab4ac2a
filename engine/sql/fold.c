/* SPDX-License-Identifier: Apache-2.0 */
/* A fold takes the rows of batches and gives the rows of the statement. Grouped: a table from keys
 * to states. Not grouped (order by, limit, distinct over the whole input): the projected rows
 * themselves, without what distinct or limit already rules out. A row that fails anywhere has been
 * withdrawn and adds nothing to any group. */
#include "engine/sql/fold.h"

#include <assert.h>

struct sql_fold {
    const struct sql_plan *plan;
    struct arena *arena;
    struct key_table table; /* of groups; of rows when distinct */
    struct schema keys;     /* of the groups */
    struct store store;     /* keys of the groups, or rows */
    struct state **states;  /* by group, plan->aggregates_count each */
    uint32_t states_capacity;
    int64_t read_at_us;
    bool borrow;
};

static struct sql_fold *fold_new(const struct sql_plan *plan, struct arena *arena, bool borrow) {
    struct sql_fold *fold = arena_zalloc(arena, sizeof *fold);
    fold->plan = plan;
    fold->arena = arena;
    fold->borrow = borrow;
    fold->keys = (struct schema){.fields = plan->groups.fields, .count = plan->keys_count};
    key_table_init(&fold->table, arena);
    store_init(&fold->store, plan->grouped ? &fold->keys : &plan->projected, arena, borrow);
    return fold;
}

struct sql_fold *sql_fold_new(const struct sql_plan *plan, struct arena *arena) {
    return fold_new(plan, arena, false);
}

static struct state *group_states(struct sql_fold *fold, uint32_t group) {
    if (group == fold->states_capacity) {
        uint32_t capacity = group ? group * 2 : 16;
        fold->states = arena_grow(fold->arena, fold->states, group * sizeof *fold->states,
                                  capacity * sizeof *fold->states);
        fold->states_capacity = capacity;
    }
    fold->states[group] =
        arena_zalloc(fold->arena, (fold->plan->aggregates_count + 1) * sizeof(struct state));
    return fold->states[group];
}

/* The group of an encoded key; a new one takes its key values from the row. */
static uint32_t group_find(struct sql_fold *fold, struct slice key, const struct column *keys,
                           uint32_t row) {
    bool fresh;
    uint32_t group = key_table_add(&fold->table, key, &fresh);
    if (fresh) {
        group_states(fold, group);
        store_add(&fold->store, keys, row);
    }
    return group;
}

static uint32_t *groups_of(struct sql_fold *fold, struct run *run, const struct column *keys,
                           struct rows rows) {
    uint32_t *groups = rows_new(run, run->batch->rows);
    struct buffer key;
    buffer_init(&key, run->arena, 256);
    for (uint32_t i = 0; i < rows.count; i++) {
        uint32_t row = rows.list[i];
        key.len = 0;
        for (uint32_t k = 0; k < fold->plan->keys_count; k++) {
            key_encode(&keys[k], row, run->arena, &key);
        }
        groups[row] = group_find(fold, buffer_slice(&key), keys, row);
    }
    return groups;
}

/* What an aggregate reads: the rows its filter lets through and the values of its argument. */
struct feed {
    struct rows rows;
    const struct column *argument;
};

static void feed_run(struct sql_fold *fold, struct run *run, uint32_t aggregate, struct feed *feed,
                     const uint32_t *groups) {
    const struct state_context context = {.aggregate = &fold->plan->aggregates[aggregate],
                                          .arena = fold->arena,
                                          .scratch = run->arena,
                                          .borrow = fold->borrow};
    struct rows rows = run_clean(run, feed->rows);
    for (uint32_t i = 0; i < rows.count; i++) {
        uint32_t row = rows.list[i];
        struct state *state = &fold->states[groups[row]][aggregate];
        if (!feed->argument) {
            state->count++;
        } else if (!column_is_null(feed->argument, row)) {
            state_add(&context, state, feed->argument, row);
        }
    }
}

static void add_groups(struct sql_fold *fold, struct run *run, struct rows rows) {
    const struct sql_plan *plan = fold->plan;
    struct column *keys = arena_alloc(run->arena, (plan->keys_count + 1) * sizeof *keys);
    struct feed *feeds = arena_zalloc(run->arena, (plan->aggregates_count + 1) * sizeof *feeds);
    for (uint32_t k = 0; k < plan->keys_count; k++) {
        keys[k] = *run_expr(run, plan->keys[k], rows);
    }
    for (uint32_t a = 0; a < plan->aggregates_count; a++) {
        const struct aggregate *aggregate = &plan->aggregates[a];
        feeds[a].rows = aggregate->filter ? run_filter(run, aggregate->filter, rows) : rows;
        feeds[a].argument =
            aggregate->argument ? run_expr(run, aggregate->argument, feeds[a].rows) : NULL;
    }
    if (run->failure.code) {
        return;
    }
    uint32_t *groups = groups_of(fold, run, keys, run_clean(run, rows));
    for (uint32_t a = 0; a < plan->aggregates_count; a++) {
        feed_run(fold, run, a, &feeds[a], groups);
    }
}

bool sql_fold_is_full(const struct sql_fold *fold) {
    const struct sql_plan *plan = fold->plan;
    return !plan->grouped && plan->sort_count == 0 && plan->limit != UINT64_MAX &&
           plan->limit <= UINT64_MAX - plan->offset &&
           fold->store.rows >= plan->limit + plan->offset;
}

static void add_row(struct sql_fold *fold, const struct column *columns, uint32_t row,
                    struct buffer *key) {
    bool fresh = true;
    key->len = 0;
    for (uint32_t c = 0; fold->plan->distinct && c < fold->plan->outputs_count; c++) {
        key_encode(&columns[c], row, key->arena, key);
    }
    if (fold->plan->distinct) {
        key_table_add(&fold->table, buffer_slice(key), &fresh);
    }
    if (fresh) {
        store_add(&fold->store, columns, row);
    }
}

static void add_rows(struct sql_fold *fold, struct run *run, struct rows rows) {
    const struct sql_plan *plan = fold->plan;
    struct column *columns = arena_alloc(run->arena, (plan->projected_count + 1) * sizeof *columns);
    for (uint32_t c = 0; c < plan->projected_count; c++) {
        columns[c] = *run_expr(run, plan->outputs[c], rows);
    }
    struct buffer key;
    buffer_init(&key, run->arena, 256);
    rows = run_clean(run, rows);
    for (uint32_t i = 0; i < rows.count && !run->failure.code && !sql_fold_is_full(fold); i++) {
        add_row(fold, columns, rows.list[i], &key);
    }
}

enum status sql_fold_add(struct sql_fold *fold, struct batch *batch, struct error *error) {
    struct run run;
    struct rows rows = run_init(&run, batch, fold->plan);
    rows = run_clean(&run, rows);
    if (fold->plan->where) {
        rows = run_clean(&run, run_filter(&run, fold->plan->where, rows));
    }
    fold->read_at_us = batch->read_at_us;
    if (fold->plan->grouped) {
        add_groups(fold, &run, rows);
    } else if (!sql_fold_is_full(fold)) {
        add_rows(fold, &run, rows);
    }
    return run_status(&run, error);
}

static void merge_groups(struct sql_fold *fold, const struct sql_fold *next) {
    for (uint32_t i = 0; i < next->table.count; i++) {
        uint32_t group = group_find(fold, next->table.keys[i], next->store.columns, i);
        for (uint32_t a = 0; a < fold->plan->aggregates_count; a++) {
            const struct state_context context = {.aggregate = &fold->plan->aggregates[a],
                                                  .arena = fold->arena,
                                                  .scratch = fold->arena};
            state_merge(&context, &fold->states[group][a], &next->states[i][a]);
        }
    }
}

void sql_fold_merge(struct sql_fold *fold, const struct sql_fold *next) {
    assert(fold->plan == next->plan);
    fold->read_at_us = next->read_at_us ? next->read_at_us : fold->read_at_us;
    if (fold->plan->grouped) {
        merge_groups(fold, next);
        return;
    }
    struct buffer key;
    buffer_init(&key, fold->arena, 256);
    for (uint32_t i = 0; i < next->store.rows && !sql_fold_is_full(fold); i++) {
        add_row(fold, next->store.columns, i, &key);
    }
}

/* Keys and aggregates as the columns of the second step. */
static struct column *group_columns(struct sql_fold *fold, struct run *run) {
    const struct sql_plan *plan = fold->plan;
    uint32_t groups = fold->table.count;
    struct column *columns = arena_zalloc(fold->arena, (plan->groups.count + 1) * sizeof *columns);
    for (uint32_t k = 0; k < plan->keys_count; k++) {
        columns[k] = fold->store.columns[k];
    }
    for (uint32_t a = 0; a < plan->aggregates_count; a++) {
        const struct state_context context = {
            .aggregate = &plan->aggregates[a], .arena = fold->arena, .scratch = fold->arena};
        struct column *column = &columns[plan->keys_count + a];
        column_init(column, plan->aggregates[a].type, groups, fold->arena);
        for (uint32_t g = 0; g < groups; g++) {
            if (!state_finish(&context, &fold->states[g][a], column, g, &run->failure)) {
                column_null_set(column, g, fold->arena);
            }
        }
    }
    return columns;
}

static struct rows project_groups(struct sql_fold *fold, struct run *run,
                                  struct column **ret_columns) {
    const struct sql_plan *plan = fold->plan;
    struct rows rows;
    if (plan->keys_count == 0 && fold->table.count == 0) {
        (void)group_find(fold, (struct slice){.data = ""}, NULL, 0);
    }
    struct batch *batch = run->batch;
    batch->rows = fold->table.count;
    uint32_t *origins = arena_alloc(fold->arena, ((size_t)batch->rows + 1) * sizeof *origins);
    for (uint32_t i = 0; i < batch->rows; i++) {
        origins[i] = ORIGIN_RANGE;
    }
    batch->origins = origins;
    rows = run_init(run, batch, plan);
    batch->columns = group_columns(fold, run);
    if (plan->having) {
        rows = run_filter(run, plan->having, rows);
    }
    struct column *columns =
        arena_alloc(fold->arena, (plan->projected_count + 1) * sizeof *columns);
    for (uint32_t c = 0; c < plan->projected_count; c++) {
        columns[c] = *run_expr(run, plan->outputs[c], rows);
    }
    *ret_columns = columns;
    return rows;
}

enum status sql_fold_finish(struct sql_fold *fold, struct batch *ret_batch, struct error *error) {
    const struct sql_plan *plan = fold->plan;
    struct batch groups = {.arena = fold->arena, .read_at_us = fold->read_at_us};
    struct run run = {.batch = &groups, .arena = fold->arena, .zone = plan->zone};
    struct column *columns = fold->store.columns;
    struct rows rows;
    if (plan->grouped) {
        rows = project_groups(fold, &run, &columns);
    } else {
        groups.rows = fold->store.rows;
        rows = run_init(&run, &groups, plan);
    }
    if (run_status(&run, error)) {
        return STATUS_FAILED;
    }
    rows = arrange(plan, columns, rows, fold->arena);
    uint32_t *origins = arena_alloc(fold->arena, ((size_t)rows.count + 1) * sizeof *origins);
    for (uint32_t i = 0; i < rows.count; i++) {
        origins[i] = ORIGIN_RANGE;
    }
    *ret_batch = (struct batch){.arena = fold->arena,
                                .schema = &plan->output,
                                .columns = gather(columns, plan->outputs_count, rows, fold->arena),
                                .rows = rows.count,
                                .selected = rows.count,
                                .origins = origins,
                                .read_at_us = fold->read_at_us};
    return STATUS_OK;
}

enum status fold_run(const struct sql_plan *plan, struct batch *batch, struct error *error) {
    struct sql_fold *fold = fold_new(plan, batch->arena, true);
    struct batch result;
    if (sql_fold_add(fold, batch, error) || sql_fold_finish(fold, &result, error)) {
        return STATUS_FAILED;
    }
    batch->schema = result.schema;
    batch->columns = result.columns;
    batch->rows = result.rows;
    batch->selection = NULL;
    batch->selected = result.rows;
    batch->origins = result.origins;
    return STATUS_OK;
}
