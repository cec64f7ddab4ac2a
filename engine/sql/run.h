/* SPDX-License-Identifier: Apache-2.0 */
/* Evaluation of expressions over columns. A result is wanted for a list of rows, ascending; only
 * those rows are computed, and lazy forms (and, or, case, coalesce) narrow the list for each
 * branch, so that a branch is never computed for a row that does not take it. A row that fails
 * becomes null and goes on as such; its record has been withdrawn, so that the value is never seen.
 */
#ifndef LEAT_SQL_RUN_H
#define LEAT_SQL_RUN_H

#include "engine/sql/plan.h"

struct rows {
    const uint32_t *list;
    uint32_t count;
};

/* What was computed of a common subexpression, and for which rows. */
struct shared {
    const struct column *column;
    struct rows rows;
};

struct run {
    struct batch *batch;
    struct arena *arena;
    const struct timezone *zone;
    const struct column **slots;
    struct shared *shared;       /* by number; NULL = nothing is kept */
    struct call_failure failure; /* of rows that belong to no record */
    bool detached;               /* no row belongs to a record: folding at bind */
};

/* The rows are the batch's selection. */
struct rows run_init(struct run *run, struct batch *batch, const struct sql_plan *plan);
/* The value for these rows, by row number; a column of the batch is returned as it is. */
const struct column *run_expr(struct run *run, const struct expr *expr, struct rows rows);
/* The same, into a column of the right type that exists; rows not asked for are left alone. */
void run_expr_into(struct run *run, const struct expr *expr, struct rows rows, struct column *ret);
/* The rows where a condition is true. */
struct rows run_filter(struct run *run, const struct expr *expr, struct rows rows);
/* Rows of `rows` whose records were not withdrawn. */
struct rows run_clean(struct run *run, struct rows rows);

/* Evaluates an expression without columns once; false = it failed. */
bool run_constant(const struct expr *expr, const struct timezone *zone, struct arena *arena,
                  struct column *ret, struct call_failure *failure);

/* --- share.c --- */
/* Numbers the common subexpressions of a finished plan. */
void plan_share(struct sql_plan *plan, struct arena *arena);
/* What was kept of it, if it covers the rows; else NULL. */
const struct column *shared_find(const struct run *run, const struct expr *expr, struct rows rows);
void shared_keep(struct run *run, const struct expr *expr, struct rows rows,
                 const struct column *column);

/* Parts of run_expr_into, by kind. */
void run_logic(struct run *run, const struct expr *expr, struct rows rows, struct column *ret);
void run_case(struct run *run, const struct expr *expr, struct rows rows, struct column *ret);
void run_coalesce(struct run *run, const struct expr *expr, struct rows rows, struct column *ret);
void run_is(struct run *run, const struct expr *expr, struct rows rows, struct column *ret);
void run_pair(struct run *run, const struct expr *expr, struct rows rows, struct column *ret);
void run_extreme(struct run *run, const struct expr *expr, struct rows rows, struct column *ret);
void run_array(struct run *run, const struct expr *expr, struct rows rows, struct column *ret);
void run_element(struct run *run, const struct expr *expr, struct rows rows, struct column *ret);
void run_quantified(struct run *run, const struct expr *expr, struct rows rows, struct column *ret);

/* A table for an any or all that is membership in a constant array, for expr->prepared; else NULL.
 */
void *members_new(const struct expr *expr, struct arena *arena);

/* Calls a strict function over two columns; both must be free of nulls among rows. */
void run_binary(struct run *run, const struct expr *expr, const struct column *pair,
                struct rows rows, struct column *ret);

/* The comparison of a column with a constant that needs no column of truth values; false = not of
 * that form. */
bool run_fast_filter(struct run *run, const struct expr *expr, struct rows rows, struct rows *ret);

static inline uint32_t *rows_new(struct run *run, uint32_t count) {
    return arena_alloc(run->arena, ((size_t)count + 1) * sizeof(uint32_t));
}

static inline bool array_is_null(const struct array *array, uint32_t i) {
    return array->nulls && (array->nulls[i >> 6] >> (i & 63) & 1);
}

static inline const void *column_at(const struct column *column, uint32_t row, uint32_t width) {
    return (const char *)column->values + (size_t)column_index(column, row) * width;
}

#endif
