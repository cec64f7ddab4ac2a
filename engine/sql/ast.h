/* SPDX-License-Identifier: Apache-2.0 */
/* The statement as it was written, reduced to what Leat supports: nodes without types. parse.c
 * makes it from Postgres's own parse tree, bind*.c gives it names and types. `at` is a byte offset
 * into the text. Everything lies in the plan's arena. */
#ifndef LEAT_SQL_AST_H
#define LEAT_SQL_AST_H

#include "engine/base/error.h"
#include "engine/record/type.h"

enum node_kind {
    NODE_COLUMN, /* text, qualifier */
    NODE_STAR,   /* qualifier */
    NODE_NUMBER, /* text: digits as written, the sign folded in */
    NODE_STRING, /* text */
    NODE_BOOL,   /* flag */
    NODE_NULL,
    NODE_CAST,     /* items[0] as type */
    NODE_OPERATOR, /* text; one or two items */
    NODE_FUNCTION, /* text; items; star, distinct, filter */
    NODE_AND,
    NODE_OR,
    NODE_NOT,
    NODE_IS,       /* test */
    NODE_DISTINCT, /* items[0] is distinct from items[1]; negated: is not */
    NODE_IN,       /* items[0] in items[1..]; negated */
    NODE_ANY,      /* items[0] text any (items[1]) */
    NODE_ALL,
    NODE_CASE, /* flag: items[0] is the compared value; then pairs; the last item is else or NULL */
    NODE_COALESCE,
    NODE_NULLIF,
    NODE_GREATEST,
    NODE_LEAST,
    NODE_ARRAY,
    NODE_ELEMENT, /* items[0] [items[1]] */
};

enum is_test {
    IS_NULL,
    IS_NOT_NULL,
    IS_TRUE,
    IS_NOT_TRUE,
    IS_FALSE,
    IS_NOT_FALSE,
    IS_UNKNOWN,
    IS_NOT_UNKNOWN
};

struct node {
    enum node_kind kind;
    uint32_t at;
    struct slice text, qualifier;
    struct node **items;
    uint32_t count;
    struct node *filter; /* function: filter (where ...) */
    enum is_test test;
    struct type type;       /* cast */
    struct slice type_name; /* cast: Postgres's name of the type, for the output's name */
    bool flag, negated, star, distinct, variadic;
};

struct target {
    struct node *node;
    struct slice name; /* as given with `as`; data NULL = none */
    uint32_t at;
};

struct order {
    struct node *node;
    bool descending, nulls_first;
};

struct statement {
    struct slice text;  /* with a terminating NUL behind it */
    struct slice alias; /* of input; data NULL = none */
    struct target *targets;
    uint32_t targets_count;
    struct node *where, *having, *limit, *offset;
    struct node **groups;
    uint32_t groups_count;
    struct order *orders;
    uint32_t orders_count;
    bool distinct;
};

enum status statement_parse(struct slice text, struct arena *arena, struct statement *ret,
                            struct error *error) MUST_CHECK;

/* error_set plus the place: where becomes "line:column" of the offset, columns counted in
 * characters. */
enum status statement_refuse(const struct statement *statement, uint32_t at, struct error *error);

/* The type that Postgres's catalog calls so (int4, bpchar, timestamptz); TYPE_UNKNOWN = none of
 * ours. */
enum type_id type_named(struct slice name);

/* What an output column is called when it has no `as` (FigureColname of Postgres). */
struct slice node_output_name(const struct node *node);

#endif
