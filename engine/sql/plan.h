/* SPDX-License-Identifier: Apache-2.0 */
/* A bound statement: typed expressions over numbered columns, immutable, shared by workers. bind*.c
 * makes it, run*.c evaluates it, fold*.c aggregates.
 *
 * A statement runs in two steps when it groups: the first over the input (where, keys, the
 * aggregates' arguments), the second over the groups, whose columns are the keys and then the
 * aggregates (having, the select list, order by). Without groups only the second exists, over the
 * input. */
#ifndef LEAT_SQL_PLAN_H
#define LEAT_SQL_PLAN_H

#include "engine/sql/ast.h"
#include "engine/sql/cast.h"
#include "engine/sql/function.h"
#include "engine/sql/sql.h"

enum expr_kind {
    EXPR_CONSTANT,
    EXPR_COLUMN, /* number: column of the batch */
    EXPR_SLOT,   /* number: a value that an enclosing case holds */
    EXPR_CALL,   /* function over arguments */
    EXPR_CAST,   /* cast of arguments[0] */
    EXPR_AND,
    EXPR_OR,
    EXPR_NOT,
    EXPR_IS,       /* test */
    EXPR_DISTINCT, /* function is =; negated: is not distinct */
    EXPR_ANY,      /* function over arguments[0] and each element of arguments[1] */
    EXPR_ALL,
    EXPR_CASE, /* pairs of condition and result, then else; slot: arguments[0] is held there first
                */
    EXPR_COALESCE,
    EXPR_NULLIF, /* function is = */
    EXPR_GREATEST,
    EXPR_LEAST,
    EXPR_ARRAY,
    EXPR_ELEMENT,
    EXPR_AGGREGATE, /* only while binding: number is that of the aggregate */
};

enum { NO_SLOT = UINT32_MAX };

struct expr {
    enum expr_kind kind;
    struct type type;
    uint32_t at;
    struct expr **arguments;
    uint32_t count;
    uint32_t number; /* column, slot */
    uint32_t slot;   /* case: where the compared value is held, or NO_SLOT */
    enum is_test test;
    uint32_t shared; /* number of a common subexpression, from 1; 0 = none */
    bool negated;
    bool stable; /* the same for the same row at any time: may be folded when its arguments are
                    constant */
    struct column constant;
    const struct function *function;
    void *prepared;
    const struct cast *cast;
    bool cast_explicit;
    enum cast_kind cast_kind;
};

struct aggregate {
    enum sql_aggregate kind;
    struct type type;      /* of the result */
    struct expr *argument; /* NULL: count(*) */
    struct expr *filter;   /* NULL: every row */
    bool distinct;
    uint32_t at;
};

struct sort_key {
    uint32_t column; /* of the projected columns, hidden ones included */
    bool descending, nulls_first;
};

struct sql_plan {
    const struct timezone *zone;
    const struct schema *input;
    bool *needed; /* by input column */
    uint32_t slots;
    uint32_t shared_count; /* common subexpressions */
    struct expr *where;    /* NULL: every row */
    bool grouped;
    struct expr **keys;
    uint32_t keys_count;
    struct aggregate *aggregates;
    uint32_t aggregates_count;
    struct schema groups; /* the columns of the second step: keys, aggregates */
    struct expr *having;
    struct expr **outputs;    /* the select list, then hidden sort keys */
    uint32_t outputs_count;   /* hidden ones not counted */
    uint32_t projected_count; /* hidden ones counted */
    struct schema projected;  /* all of them */
    struct schema output;     /* the visible ones */
    struct sort_key *sort;
    uint32_t sort_count;
    bool distinct;
    uint64_t limit, offset; /* UINT64_MAX: none */
    struct sql_traits traits;
};

#endif
