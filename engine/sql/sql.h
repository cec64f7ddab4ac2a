/* SPDX-License-Identifier: Apache-2.0 */
/* SQL as a library that knows nothing of flow: one Postgres-dialect SELECT over one relation `input`, parsed by
 * Postgres's own parser, bound to a typed plan, run over columns. Everything that is not supported is refused when
 * the statement is bound, with the position in its text; at run time only a row can fail, and it is withdrawn. */
#ifndef LEAT_SQL_SQL_H
#define LEAT_SQL_SQL_H

#include "engine/base/error.h"
#include "engine/record/batch.h"
#include "engine/record/datetime.h"

struct sql_plan;

/* What explain and validate want to know. */
struct sql_traits {
    bool aggregates;       /* group by or an aggregate: depends on the batch (design 8) */
    bool volatile_calls;   /* random(), gen_random_uuid() */
    bool order_or_limit;   /* order by, limit, distinct: need the whole input */
};

/* What each output column of an aggregate is, for merge rules. */
enum sql_aggregate { SQL_NOT_AGGREGATE, SQL_COUNT, SQL_SUM, SQL_MIN, SQL_MAX, SQL_BOOL_AND, SQL_BOOL_OR, SQL_AVG };

/* Parses and binds. Everything lives in the arena (unbudgeted). where of the error is "line:column" in the text;
 * unknown columns and functions name the nearest that exists. */
enum status sql_compile(struct slice text, const struct schema *input, const struct timezone *zone, struct arena *arena,
                        struct sql_plan **ret, struct error *error) MUST_CHECK;

const struct schema *sql_plan_output(const struct sql_plan *plan);
/* needed[i] is set for each input column the plan reads; others are left alone. */
void sql_plan_needs(const struct sql_plan *plan, bool *needed);
struct sql_traits sql_plan_traits(const struct sql_plan *plan);
enum sql_aggregate sql_plan_aggregate(const struct sql_plan *plan, uint32_t column);
/* A plan without `where`, expressions or aggregates only renames: the columns are passed on. */

/* Runs over one batch in place: the batch gets the output schema and columns, a narrowed selection, withdrawals
 * (stage "sql", the SQLSTATE and message of Postgres). With aggregates: the output rows have origin ORIGIN_RANGE
 * and follow the keys' first appearance. Uses only the batch's arena; plan is shared by workers.
 *
 * A row that belongs to no record (an aggregate's, ORIGIN_RANGE) cannot be withdrawn: when one fails, the whole run
 * does, with class ERROR_DATA, the SQLSTATE as code and Postgres's message; the batch is then of no use. */
enum status sql_run(const struct sql_plan *plan, struct batch *batch, struct error *error) MUST_CHECK;

/* Aggregation over many batches (leat sql; design 8), also order by, limit and distinct over them: fold_add each
 * batch's rows, in any thread, one thread at a time for each fold; merge in input order; finish gives the rows. The
 * fold lives in its arena and keeps nothing of a batch. Records whose rows fail are withdrawn from their batch by
 * fold_add; errors are those of rows without a record, as in sql_run. */
struct sql_fold;
struct sql_fold *sql_fold_new(const struct sql_plan *plan, struct arena *arena);
enum status sql_fold_add(struct sql_fold *fold, struct batch *batch, struct error *error) MUST_CHECK;
void sql_fold_merge(struct sql_fold *fold, const struct sql_fold *next);
/* More rows would change nothing: a limit without an order has what it wants. */
bool sql_fold_is_full(const struct sql_fold *fold);
/* Fills all of the batch, in the fold's arena; the fold is spent. Applies order by, limit and distinct too. */
enum status sql_fold_finish(struct sql_fold *fold, struct batch *ret_batch, struct error *error) MUST_CHECK;

#endif
