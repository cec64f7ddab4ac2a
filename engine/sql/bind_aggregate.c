/* SPDX-License-Identifier: Apache-2.0 */
/* Aggregates: which there are, what they return, and their place in the plan. Equal aggregates are
 * computed once. Those that Postgres has and Leat has not are refused by name. */
#include "engine/sql/bind.h"

#include "engine/sql/function_find.h"

static const struct {
    const char *name;
    enum sql_aggregate kind;
} aggregate_names[] = {
    {"count", SQL_COUNT},       {"sum", SQL_SUM},        {"min", SQL_MIN},         {"max", SQL_MAX},
    {"bool_and", SQL_BOOL_AND}, {"every", SQL_BOOL_AND}, {"bool_or", SQL_BOOL_OR}, {"avg", SQL_AVG},
};

/* Known to Postgres, not to Leat: named so that the refusal helps. */
static const char *const aggregates_refused[] = {
    "array_agg",       "string_agg",
    "json_agg",        "jsonb_agg",
    "json_object_agg", "jsonb_object_agg",
    "stddev",          "stddev_pop",
    "stddev_samp",     "variance",
    "var_pop",         "var_samp",
    "bit_and",         "bit_or",
    "bit_xor",         "corr",
    "covar_pop",       "mode",
    "percentile_cont", "percentile_disc",
    "range_agg",       "xmlagg",
    "any_value",
};

static enum sql_aggregate aggregate_kind(struct slice name) {
    for (size_t i = 0; i < sizeof aggregate_names / sizeof *aggregate_names; i++) {
        if (slice_is(name, aggregate_names[i].name)) {
            return aggregate_names[i].kind;
        }
    }
    return SQL_NOT_AGGREGATE;
}

static bool is_refused(struct slice name) {
    for (size_t i = 0; i < sizeof aggregates_refused / sizeof *aggregates_refused; i++) {
        if (slice_is(name, aggregates_refused[i])) {
            return true;
        }
    }
    return false;
}

bool aggregate_is(struct slice name) {
    return aggregate_kind(name) != SQL_NOT_AGGREGATE || is_refused(name);
}

static bool is_ordered(struct type type) {
    return !type.array && type.id != TYPE_BOOL && type.id != TYPE_BYTEA && type.id != TYPE_UUID &&
           type.id != TYPE_JSON && type.id != TYPE_JSONB && type.id != TYPE_UNKNOWN;
}

/* The result's type, or false when the aggregate does not take the argument. */
static bool aggregate_type(enum sql_aggregate kind, struct type argument, struct type *ret) {
    static const enum type_id sums[TYPE_ID_COUNT] = {
        [TYPE_INT2] = TYPE_INT8,        [TYPE_INT4] = TYPE_INT8,     [TYPE_INT8] = TYPE_NUMERIC,
        [TYPE_FLOAT4] = TYPE_FLOAT4,    [TYPE_FLOAT8] = TYPE_FLOAT8, [TYPE_NUMERIC] = TYPE_NUMERIC,
        [TYPE_INTERVAL] = TYPE_INTERVAL};
    static const enum type_id averages[TYPE_ID_COUNT] = {
        [TYPE_INT2] = TYPE_NUMERIC,  [TYPE_INT4] = TYPE_NUMERIC,  [TYPE_INT8] = TYPE_NUMERIC,
        [TYPE_FLOAT4] = TYPE_FLOAT8, [TYPE_FLOAT8] = TYPE_FLOAT8, [TYPE_NUMERIC] = TYPE_NUMERIC};
    *ret = TYPE(UNKNOWN);
    switch (kind) {
    case SQL_COUNT:
        ret->id = TYPE_INT8;
        break;
    case SQL_SUM:
        ret->id = argument.array ? TYPE_UNKNOWN : sums[argument.id];
        break;
    case SQL_AVG:
        ret->id = argument.array ? TYPE_UNKNOWN : averages[argument.id];
        break;
    case SQL_MIN:
    case SQL_MAX:
        ret->id = is_ordered(argument) ? argument.id : TYPE_UNKNOWN;
        ret->blank_padded = argument.blank_padded;
        break;
    case SQL_BOOL_AND:
    case SQL_BOOL_OR:
        ret->id = argument.id == TYPE_BOOL && !argument.array ? TYPE_BOOL : TYPE_UNKNOWN;
        break;
    case SQL_NOT_AGGREGATE:
        break;
    }
    return ret->id != TYPE_UNKNOWN;
}

static enum status check_place(struct binder *binder, const struct node *node) {
    int len = (int)node->text.len;
    if (binder->no_aggregates) {
        return bind_refuse(binder, node->at, "42803", "aggregate functions are not allowed in %s",
                           binder->no_aggregates);
    }
    if (is_refused(node->text)) {
        return bind_refuse(binder, node->at, "0A000",
                           "the aggregate %.*s is not supported; there are count, sum, min, max, "
                           "avg, bool_and, bool_or",
                           len, node->text.data);
    }
    bool count_star = node->star && aggregate_kind(node->text) == SQL_COUNT;
    if (!count_star && node->count != 1) {
        return bind_refuse(binder, node->at, "42883", "%.*s takes one argument%s", len,
                           node->text.data,
                           aggregate_kind(node->text) == SQL_COUNT ? ", or write count(*)" : "");
    }
    return STATUS_OK;
}

static enum status bind_inside(struct binder *binder, const struct node *node,
                               struct aggregate *aggregate) {
    const char *outer = binder->no_aggregates;
    uint32_t conditional = binder->conditional;
    enum status status = STATUS_OK;
    binder->conditional = 0;
    if (!node->star) {
        binder->no_aggregates = "the argument of an aggregate";
        status = bind_expr(binder, node->items[0], &aggregate->argument);
    }
    if (!status && node->filter) {
        binder->no_aggregates = "FILTER";
        status = bind_condition(binder, node->filter, "FILTER", &aggregate->filter);
    }
    binder->no_aggregates = outer;
    binder->conditional = conditional;
    return status;
}

static bool aggregate_equal(const struct aggregate *a, const struct aggregate *b) {
    return a->kind == b->kind && a->distinct == b->distinct && !a->argument == !b->argument &&
           !a->filter == !b->filter && (!a->argument || expr_equal(a->argument, b->argument)) &&
           (!a->filter || expr_equal(a->filter, b->filter));
}

static uint32_t aggregate_add(struct binder *binder, const struct aggregate *aggregate) {
    struct sql_plan *plan = binder->plan;
    for (uint32_t i = 0; i < plan->aggregates_count; i++) {
        if (aggregate_equal(&plan->aggregates[i], aggregate)) {
            return i;
        }
    }
    if (plan->aggregates_count == binder->aggregates_capacity) {
        uint32_t capacity = binder->aggregates_capacity ? binder->aggregates_capacity * 2 : 4;
        plan->aggregates = arena_grow(binder->arena, plan->aggregates,
                                      binder->aggregates_capacity * sizeof *plan->aggregates,
                                      capacity * sizeof *plan->aggregates);
        binder->aggregates_capacity = capacity;
    }
    plan->aggregates[plan->aggregates_count] = *aggregate;
    return plan->aggregates_count++;
}

enum status bind_aggregate(struct binder *binder, const struct node *node, struct expr **ret) {
    struct aggregate aggregate = {.kind = aggregate_kind(node->text), .at = node->at};
    struct type argument = TYPE(UNKNOWN);
    if (check_place(binder, node) || bind_inside(binder, node, &aggregate)) {
        return STATUS_FAILED;
    }
    if (aggregate.argument && expr_is_unknown(aggregate.argument) &&
        expr_coerce(binder, &aggregate.argument,
                    aggregate.kind == SQL_BOOL_AND || aggregate.kind == SQL_BOOL_OR ? TYPE(BOOL)
                                                                                    : TYPE(TEXT),
                    CAST_IMPLICIT)) {
        return STATUS_FAILED;
    }
    argument = aggregate.argument ? aggregate.argument->type : argument;
    if (!aggregate_type(aggregate.kind, argument, &aggregate.type)) {
        return bind_refuse(binder, node->at, "42883", "function %.*s(%s%s) does not exist",
                           (int)node->text.len, node->text.data, cast_type_name(argument.id),
                           argument.array ? "[]" : "");
    }
    /* min and max are the same with distinct. */
    aggregate.distinct = node->distinct && aggregate.kind != SQL_MIN && aggregate.kind != SQL_MAX &&
                         aggregate.kind != SQL_BOOL_AND && aggregate.kind != SQL_BOOL_OR;
    if (node->distinct && argument.id == TYPE_JSON) {
        return bind_refuse(binder, node->at, "42883",
                           "could not identify an equality operator for type json; cast it "
                           "to jsonb");
    }
    *ret = expr_new(binder, EXPR_AGGREGATE, aggregate.type, node->at);
    (*ret)->number = aggregate_add(binder, &aggregate);
    (*ret)->stable = false;
    return STATUS_OK;
}
