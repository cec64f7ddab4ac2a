/* SPDX-License-Identifier: Apache-2.0 */
/* Binding: nodes to typed expressions. One binder for one statement, at start-up, in an unbudgeted
 * arena. Every refusal says where. */
#ifndef LEAT_SQL_BIND_H
#define LEAT_SQL_BIND_H

#include "engine/sql/plan.h"

struct binder {
    const struct statement *statement;
    const struct schema *input;
    const struct timezone *zone;
    struct arena *arena;
    struct error *error;
    struct sql_plan *plan;
    uint32_t aggregates_capacity;
    const char *no_aggregates; /* the clause where aggregates may not stand, or NULL */
    uint32_t conditional; /* inside a branch that may never be taken: failures of folding wait for
                             run time */
};

/* --- bind_expr.c: forms --- */
enum status bind_expr(struct binder *binder, const struct node *node, struct expr **ret);
/* A condition: bool, else "argument of WHERE must be type boolean". */
enum status bind_condition(struct binder *binder, const struct node *node, const char *clause,
                           struct expr **ret);

/* --- bind_call.c: functions, operators, aggregates --- */
enum status bind_function(struct binder *binder, const struct node *node, struct expr **ret);
enum status bind_operator(struct binder *binder, const struct node *node, struct expr **ret);
/* name over bound operands; converts them; the error lies at `at`. */
enum status bind_operands(struct binder *binder, struct slice name, uint32_t at, struct expr *call);
/* The operator `name` between two types: *call gets function and result type, *ret_declared the
 * operands'. */
enum status bind_operator_find(struct binder *binder, struct slice name, uint32_t at,
                               const struct type *types, uint32_t count,
                               const struct function **ret);

/* --- bind_aggregate.c --- */
bool aggregate_is(struct slice name);
enum status bind_aggregate(struct binder *binder, const struct node *node, struct expr **ret);

/* --- bind_type.c: conversions, constants --- */
struct expr *expr_new(struct binder *binder, enum expr_kind kind, struct type type, uint32_t at);
struct expr *expr_null(struct binder *binder, struct type type, uint32_t at);
void expr_arguments(struct binder *binder, struct expr *expr, uint32_t count);
bool expr_is_unknown(const struct expr *expr);
/* Computes an expression over constants now. */
enum status expr_fold(struct binder *binder, struct expr **expr);
/* Converts as the context allows; unknown literals are read. Refuses with 42846 or 42804 wording of
 * `cannot cast`. */
enum status expr_coerce(struct binder *binder, struct expr **expr, struct type type,
                        enum cast_context context);
/* select_common_type: what case, coalesce, array and their kin have in common. */
enum status expr_common_type(struct binder *binder, struct expr *const *exprs, uint32_t count,
                             const char *what, struct type *ret);
enum status bind_number(struct binder *binder, const struct node *node, struct expr **ret);
enum status bind_string(struct binder *binder, const struct node *node, struct expr **ret);
enum status bind_cast(struct binder *binder, const struct node *node, struct expr **ret);

/* --- bind_group.c: what follows from group by --- */
enum status bind_groups(struct binder *binder);
/* Rewrites an expression over the input into one over the groups. */
enum status bind_to_groups(struct binder *binder, struct expr **expr);
/* What an item of group by or order by names: an output, by ordinal or by name, or -1 for an
 * expression. Names mean outputs first in order by, columns first in group by. */
enum status bind_sort_target(struct binder *binder, const struct node *node, const char *clause,
                             bool output_first, int *ret_output);
bool expr_equal(const struct expr *a, const struct expr *b);

enum status bind_refuse(struct binder *binder, uint32_t at, const char *code, const char *format,
                        ...) __attribute__((format(printf, 4, 5)));

#endif
