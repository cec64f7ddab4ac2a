/* SPDX-License-Identifier: Apache-2.0 */
/* The statement as a whole: select list, where, grouping, order, limit, and the schemas that
 * follow. The order of the steps is Postgres's: where and the select list first, then group by and
 * order by, which may name what the select list made. Sort keys that are no output become hidden
 * columns. */
#include "engine/sql/bind.h"

#include "engine/record/format.h"
#include "engine/sql/run.h"

/* The last columns of a decoded input, which * does not mean. */
static const char *const virtual_names[VIRTUAL_COUNT] = {"_value",    "_raw",  "_key",     "_part",
                                                         "_position", "_time", "_headers", "_id"};

static uint32_t declared_count(const struct schema *input) {
    if (input->count < VIRTUAL_COUNT) {
        return input->count;
    }
    uint32_t declared = input->count - VIRTUAL_COUNT;
    for (uint32_t i = 0; i < VIRTUAL_COUNT; i++) {
        if (strcmp(input->fields[declared + i].name, virtual_names[i]) != 0) {
            return input->count;
        }
    }
    return declared;
}

/* Outputs while they are collected; fields and expressions grow together. */
struct outputs {
    struct field *fields;
    struct expr **exprs;
    uint32_t count, capacity;
};

static void outputs_add(struct binder *binder, struct outputs *outputs, struct slice name,
                        struct expr *expr) {
    if (outputs->count == outputs->capacity) {
        uint32_t capacity = outputs->capacity ? outputs->capacity * 2 : 16;
        outputs->fields =
            arena_grow(binder->arena, outputs->fields, outputs->count * sizeof *outputs->fields,
                       capacity * sizeof *outputs->fields);
        outputs->exprs =
            arena_grow(binder->arena, outputs->exprs, outputs->count * sizeof *outputs->exprs,
                       capacity * sizeof *outputs->exprs);
        outputs->capacity = capacity;
    }
    bool not_null = expr->kind == EXPR_COLUMN && binder->input->fields[expr->number].not_null;
    outputs->fields[outputs->count] = (struct field){
        .name = arena_text(binder->arena, name), .type = expr->type, .not_null = not_null};
    outputs->exprs[outputs->count++] = expr;
}

static struct expr *column_expr(struct binder *binder, uint32_t column, uint32_t at) {
    struct expr *expr = expr_new(binder, EXPR_COLUMN, binder->input->fields[column].type, at);
    expr->number = column;
    binder->plan->needed[column] = true;
    return expr;
}

static enum status add_star(struct binder *binder, const struct node *node,
                            struct outputs *outputs) {
    struct slice alias = binder->statement->alias,
                 relation = alias.data ? alias : SLICE_LITERAL("input");
    uint32_t count = declared_count(binder->input);
    if (node->qualifier.data && !slice_equal(node->qualifier, relation)) {
        return bind_refuse(binder, node->at, "42P01",
                           "missing FROM-clause entry for table \"%.*s\"; the relation is %.*s",
                           (int)node->qualifier.len, node->qualifier.data, (int)relation.len,
                           relation.data);
    }
    if (count == 0) {
        return bind_refuse(binder, node->at, "42601",
                           "* means the declared columns, and there are none; declare `columns:` "
                           "or select _value");
    }
    for (uint32_t i = 0; i < count; i++) {
        outputs_add(binder, outputs, slice_of(binder->input->fields[i].name),
                    column_expr(binder, i, node->at));
    }
    return STATUS_OK;
}

/* Rows are records with named members from here on: a name twice would lose one. */
static enum status check_names(struct binder *binder, const struct outputs *outputs,
                               struct slice name, uint32_t at) {
    for (uint32_t i = 0; i < outputs->count; i++) {
        if (slice_is(name, outputs->fields[i].name)) {
            return bind_refuse(binder, at, "42701",
                               "column \"%.*s\" appears twice in the output; give one of them "
                               "another name with as",
                               (int)name.len, name.data);
        }
    }
    return STATUS_OK;
}

static enum status add_target(struct binder *binder, const struct target *target,
                              struct outputs *outputs) {
    uint32_t before = outputs->count;
    if (target->node->kind == NODE_STAR) {
        if (add_star(binder, target->node, outputs)) {
            return STATUS_FAILED;
        }
    } else {
        struct expr *expr;
        if (bind_expr(binder, target->node, &expr) ||
            (expr_is_unknown(expr) && expr_coerce(binder, &expr, TYPE(TEXT), CAST_IMPLICIT))) {
            return STATUS_FAILED;
        }
        outputs_add(binder, outputs,
                    target->name.data ? target->name : node_output_name(target->node), expr);
    }
    struct outputs earlier = {.fields = outputs->fields, .count = before};
    for (uint32_t i = before; i < outputs->count; i++) {
        if (check_names(binder, &earlier, slice_of(outputs->fields[i].name), target->at)) {
            return STATUS_FAILED;
        }
    }
    return STATUS_OK;
}

static void outputs_keep(struct binder *binder, const struct outputs *outputs) {
    binder->plan->outputs = outputs->exprs;
    binder->plan->projected = (struct schema){.fields = outputs->fields, .count = outputs->count};
    binder->plan->projected_count = outputs->count;
}

static enum status bind_targets(struct binder *binder, struct outputs *outputs) {
    for (uint32_t i = 0; i < binder->statement->targets_count; i++) {
        if (add_target(binder, &binder->statement->targets[i], outputs)) {
            return STATUS_FAILED;
        }
    }
    outputs_keep(binder, outputs);
    binder->plan->outputs_count = outputs->count;
    return STATUS_OK;
}

static enum status check_sortable(struct binder *binder, const struct expr *expr, uint32_t at) {
    if (expr->type.id == TYPE_JSON && !expr->type.array) {
        return bind_refuse(binder, at, "42883",
                           "could not identify an ordering operator for type json; cast it to "
                           "jsonb or text");
    }
    return STATUS_OK;
}

/* A sort key that is no output becomes a hidden one. */
static enum status add_order(struct binder *binder, const struct order *order,
                             struct outputs *outputs) {
    struct sql_plan *plan = binder->plan;
    struct sort_key *key = &plan->sort[plan->sort_count];
    int output;
    if (bind_sort_target(binder, order->node, "ORDER BY", true, &output)) {
        return STATUS_FAILED;
    }
    if (output < 0) {
        struct expr *expr;
        if (bind_expr(binder, order->node, &expr) ||
            (expr_is_unknown(expr) && expr_coerce(binder, &expr, TYPE(TEXT), CAST_IMPLICIT))) {
            return STATUS_FAILED;
        }
        for (uint32_t i = 0; i < outputs->count && output < 0; i++) {
            output = expr_equal(outputs->exprs[i], expr) ? (int)i : -1;
        }
        if (output < 0 && plan->distinct) {
            return bind_refuse(
                binder, order->node->at, "42P10",
                "for SELECT DISTINCT, ORDER BY expressions must appear in select list");
        }
        if (output < 0) {
            output = (int)outputs->count;
            outputs_add(binder, outputs, SLICE_LITERAL(""), expr);
        }
    }
    *key = (struct sort_key){.column = (uint32_t)output,
                             .descending = order->descending,
                             .nulls_first = order->nulls_first};
    plan->sort_count++;
    return check_sortable(binder, outputs->exprs[output], order->node->at);
}

static enum status bind_orders(struct binder *binder, struct outputs *outputs) {
    const struct statement *statement = binder->statement;
    binder->plan->sort =
        arena_zalloc(binder->arena, (statement->orders_count + 1) * sizeof *binder->plan->sort);
    for (uint32_t i = 0; i < statement->orders_count; i++) {
        if (add_order(binder, &statement->orders[i], outputs)) {
            return STATUS_FAILED;
        }
    }
    outputs_keep(binder, outputs);
    return STATUS_OK;
}

static enum status bind_limit(struct binder *binder, const struct node *node, bool limit,
                              uint64_t *ret) {
    struct expr *expr;
    const char *clause = limit ? "LIMIT" : "OFFSET";
    if (!node) {
        return STATUS_OK;
    }
    binder->no_aggregates = clause;
    if (bind_expr(binder, node, &expr) || expr_coerce(binder, &expr, TYPE(INT8), CAST_ASSIGNMENT)) {
        return STATUS_FAILED;
    }
    binder->no_aggregates = NULL;
    if (expr->kind != EXPR_CONSTANT) {
        return bind_refuse(binder, node->at, "42P10", "argument of %s must not contain variables",
                           clause);
    }
    if (column_is_null(&expr->constant, 0)) {
        return STATUS_OK;
    }
    int64_t value = *(const int64_t *)expr->constant.values;
    if (value < 0) {
        return bind_refuse(binder, node->at, limit ? "2201W" : "2201X", "%s must not be negative",
                           clause);
    }
    *ret = (uint64_t)value;
    return STATUS_OK;
}

static void group_schema(struct binder *binder) {
    struct sql_plan *plan = binder->plan;
    uint32_t count = plan->keys_count + plan->aggregates_count;
    struct field *fields = arena_zalloc(binder->arena, (count + 1) * sizeof *fields);
    for (uint32_t i = 0; i < count; i++) {
        fields[i].name = "";
        fields[i].type = i < plan->keys_count ? plan->keys[i]->type
                                              : plan->aggregates[i - plan->keys_count].type;
    }
    plan->groups = (struct schema){.fields = fields, .count = count};
}

static enum status bind_grouping(struct binder *binder) {
    struct sql_plan *plan = binder->plan;
    plan->grouped = plan->keys_count > 0 || plan->aggregates_count > 0 || plan->having;
    if (!plan->grouped) {
        return STATUS_OK;
    }
    group_schema(binder);
    for (uint32_t i = 0; i < plan->projected_count; i++) {
        if (bind_to_groups(binder, &plan->outputs[i])) {
            return STATUS_FAILED;
        }
    }
    return plan->having ? bind_to_groups(binder, &plan->having) : STATUS_OK;
}

static enum status check_distinct(struct binder *binder) {
    const struct sql_plan *plan = binder->plan;
    for (uint32_t i = 0; plan->distinct && i < plan->outputs_count; i++) {
        if (plan->outputs[i]->type.id == TYPE_JSON) {
            return bind_refuse(
                binder, plan->outputs[i]->at, "42883",
                "could not identify an equality operator for type json; cast it to jsonb");
        }
    }
    return STATUS_OK;
}

static enum status bind_where(struct binder *binder) {
    binder->no_aggregates = "WHERE";
    enum status status = binder->statement->where ? bind_condition(binder, binder->statement->where,
                                                                   "WHERE", &binder->plan->where)
                                                  : STATUS_OK;
    binder->no_aggregates = NULL;
    return status;
}

static enum status bind_statement(struct binder *binder) {
    const struct statement *statement = binder->statement;
    struct sql_plan *plan = binder->plan;
    struct outputs outputs = {.count = 0};
    plan->distinct = statement->distinct;
    plan->limit = UINT64_MAX;
    if (bind_where(binder) || bind_targets(binder, &outputs) || bind_groups(binder) ||
        (statement->having && bind_condition(binder, statement->having, "HAVING", &plan->having)) ||
        bind_orders(binder, &outputs) || bind_limit(binder, statement->limit, true, &plan->limit) ||
        bind_limit(binder, statement->offset, false, &plan->offset) || bind_grouping(binder) ||
        check_distinct(binder)) {
        return STATUS_FAILED;
    }
    plan->output = (struct schema){.fields = plan->projected.fields, .count = plan->outputs_count};
    plan->traits.aggregates = plan->grouped;
    plan->traits.order_or_limit =
        plan->sort_count > 0 || plan->distinct || plan->limit != UINT64_MAX || plan->offset > 0;
    return STATUS_OK;
}

enum status sql_compile(struct slice text, const struct schema *input, const struct timezone *zone,
                        struct arena *arena, struct sql_plan **ret, struct error *error) {
    struct statement *statement = arena_zalloc(arena, sizeof *statement);
    if (statement_parse(text, arena, statement, error)) {
        return STATUS_FAILED;
    }
    struct sql_plan *plan = arena_zalloc(arena, sizeof *plan);
    plan->zone = zone;
    plan->input = input;
    plan->needed = arena_zalloc(arena, input->count + 1);
    struct binder binder = {.statement = statement,
                            .input = input,
                            .zone = zone,
                            .arena = arena,
                            .error = error,
                            .plan = plan};
    if (bind_statement(&binder)) {
        return STATUS_FAILED;
    }
    plan_share(plan, arena);
    *ret = plan;
    return STATUS_OK;
}
