/* SPDX-License-Identifier: Apache-2.0 */
/* What a transform step is to the engine: batch in, batch out. A stage is bound to the schema of what comes before it,
 * tells what it needs and what comes out, and is immutable from bind to free: workers share it. `run` is called on a
 * worker with a batch that is lent for the call; it narrows the selection, makes new columns in the batch's arena,
 * withdraws records that fail, and keeps nothing. Between escape and return it holds arena memory only (arena.h). */
#ifndef LEAT_FLOW_STAGE_H
#define LEAT_FLOW_STAGE_H

#include "engine/base/error.h"
#include "engine/record/batch.h"
#include "engine/record/datetime.h"

struct stage;

/* What explain and validate ask; found by bind. */
struct stage_caps {
    bool aggregates;       /* rows stand for many records (origin ORIGIN_RANGE): the result depends on the batch */
    bool whole_input;      /* order by, limit, distinct: depends on the batch too, and cannot be merged */
    bool nondeterministic; /* volatile functions: a segment that is run again gives other values */
};

/* What an output column is, for sinks that merge. An expression over aggregates is none of them. */
enum column_aggregate {
    COLUMN_PLAIN,
    COLUMN_COUNT,
    COLUMN_SUM,
    COLUMN_MIN,
    COLUMN_MAX,
    COLUMN_BOOL_AND,
    COLUMN_BOOL_OR,
    COLUMN_AVG
};

struct stage_bind {
    struct slice text;          /* the transform as written */
    const struct schema *input; /* lives as long as the stage */
    const struct timezone *zone;
    struct arena *arena;        /* lives as long as the stage; unbudgeted */
};

struct stage_ops {
    /* needed[i] is set for each column of the input that the stage reads; others are left alone. */
    void (*needs)(const struct stage *stage, bool *needed);
    /* W. Fails only for rows that stand for many records: the part stops by the error's name. */
    enum status (*run)(const struct stage *stage, struct batch *batch, struct error *error);
};

/* Base of every stage, embedded first. */
struct stage {
    const struct stage_ops *ops;
    const struct schema *output;
    const enum column_aggregate *column_aggregates; /* one for each column of the output */
    struct stage_caps caps;
};

/* SQL: one SELECT over `input`. where of the error is "line:column" in the text. */
enum status stage_sql_bind(const struct stage_bind *bind, struct stage **ret, struct error *error) MUST_CHECK;

#endif
