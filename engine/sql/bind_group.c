/* SPDX-License-Identifier: Apache-2.0 */
/* group by: the keys (expressions, ordinals, names of outputs, in Postgres's order of preference),
 * and the rewriting of everything above the grouping into expressions over the groups. */
#include "engine/sql/bind.h"

#include <stdlib.h>

#include "engine/record/value.h"

static bool constants_equal(const struct expr *a, const struct expr *b) {
    bool a_null = column_is_null(&a->constant, 0), b_null = column_is_null(&b->constant, 0);
    if (a_null || b_null) {
        return a_null == b_null;
    }
    if (a->type.array || a->type.id == TYPE_JSON || a->type.id == TYPE_JSONB ||
        a->type.id == TYPE_NUMERIC || a->type.id == TYPE_TEXT || a->type.id == TYPE_BYTEA ||
        a->type.id == TYPE_UNKNOWN) {
        return !a->type.array && slice_equal(*(struct slice *)a->constant.values,
                                             *(struct slice *)b->constant.values);
    }
    return memcmp(a->constant.values, b->constant.values, type_width(a->type)) == 0;
}

bool expr_equal(const struct expr *a, const struct expr *b) {
    if (a->kind != b->kind || !type_equal(a->type, b->type) || a->count != b->count ||
        a->negated != b->negated || a->function != b->function || a->cast != b->cast ||
        a->cast_kind != b->cast_kind || a->test != b->test ||
        (a->slot == NO_SLOT) != (b->slot == NO_SLOT)) {
        return false;
    }
    if (a->function && a->function->volatility == VOLATILITY_VOLATILE) {
        return a == b;
    }
    if (a->kind == EXPR_CONSTANT) {
        return constants_equal(a, b);
    }
    /* Slots are numbered through the statement: within equal cases they stand for equal values. */
    if (a->kind != EXPR_SLOT && a->number != b->number) {
        return false;
    }
    for (uint32_t i = 0; i < a->count; i++) {
        if (!expr_equal(a->arguments[i], b->arguments[i])) {
            return false;
        }
    }
    return true;
}

static bool has_aggregate(const struct expr *expr) {
    if (expr->kind == EXPR_AGGREGATE) {
        return true;
    }
    for (uint32_t i = 0; i < expr->count; i++) {
        if (has_aggregate(expr->arguments[i])) {
            return true;
        }
    }
    return false;
}

static bool is_ordinal(const struct node *node, uint32_t *ret) {
    if (node->kind != NODE_NUMBER || strcspn(node->text.data, ".eE") != node->text.len ||
        node->text.len > 9) {
        return false;
    }
    int64_t value = strtoll(node->text.data, NULL, 10);
    *ret = value > 0 ? (uint32_t)value : 0;
    return true;
}

/* The output that a bare name means: -1 none, -2 several that differ. */
static int output_named(struct binder *binder, struct slice name) {
    int found = -1;
    for (uint32_t i = 0; i < binder->plan->outputs_count; i++) {
        if (slice_is(name, binder->plan->projected.fields[i].name)) {
            if (found >= 0 && !expr_equal(binder->plan->outputs[found], binder->plan->outputs[i])) {
                return -2;
            }
            found = found < 0 ? (int)i : found;
        }
    }
    return found;
}

static enum status bind_ordinal(struct binder *binder, const struct node *node, const char *clause,
                                int *ret_output) {
    uint32_t ordinal = 0;
    *ret_output = -1;
    if (is_ordinal(node, &ordinal)) {
        if (ordinal < 1 || ordinal > binder->plan->outputs_count) {
            return bind_refuse(binder, node->at, "42P10", "%s position %.*s is not in select list",
                               clause, (int)node->text.len, node->text.data);
        }
        *ret_output = (int)ordinal - 1;
        return STATUS_OK;
    }
    if (node->kind == NODE_NUMBER || node->kind == NODE_STRING) {
        return bind_refuse(binder, node->at, "42601", "non-integer constant in %s", clause);
    }
    return STATUS_OK;
}

enum status bind_sort_target(struct binder *binder, const struct node *node, const char *clause,
                             bool output_first, int *ret_output) {
    if (bind_ordinal(binder, node, clause, ret_output) || *ret_output >= 0) {
        return *ret_output >= 0 ? STATUS_OK : STATUS_FAILED;
    }
    bool bare = node->kind == NODE_COLUMN && !node->qualifier.data;
    if (!bare || (!output_first && schema_find(binder->input, node->text) >= 0)) {
        return STATUS_OK;
    }
    *ret_output = output_named(binder, node->text);
    if (*ret_output == -2) {
        return bind_refuse(binder, node->at, "42702", "%s \"%.*s\" is ambiguous", clause,
                           (int)node->text.len, node->text.data);
    }
    return STATUS_OK;
}

static enum status bind_key(struct binder *binder, const struct node *node, struct expr **ret) {
    int output;
    binder->no_aggregates = "GROUP BY";
    if (bind_sort_target(binder, node, "GROUP BY", false, &output)) {
        return STATUS_FAILED;
    }
    if (output < 0) {
        enum status status = bind_expr(binder, node, ret);
        return status                  ? status
               : expr_is_unknown(*ret) ? expr_coerce(binder, ret, TYPE(TEXT), CAST_IMPLICIT)
                                       : STATUS_OK;
    }
    *ret = binder->plan->outputs[output];
    if (has_aggregate(*ret)) {
        return bind_refuse(binder, node->at, "42803",
                           "aggregate functions are not allowed in GROUP BY");
    }
    return STATUS_OK;
}

enum status bind_groups(struct binder *binder) {
    const struct statement *statement = binder->statement;
    struct sql_plan *plan = binder->plan;
    plan->keys = arena_zalloc(binder->arena, (statement->groups_count + 1) * sizeof(struct expr *));
    for (uint32_t i = 0; i < statement->groups_count; i++) {
        struct expr *key;
        if (bind_key(binder, statement->groups[i], &key)) {
            return STATUS_FAILED;
        }
        if (key->type.id == TYPE_JSON) {
            return bind_refuse(
                binder, statement->groups[i]->at, "42883",
                "could not identify an equality operator for type json; cast it to jsonb");
        }
        plan->keys[plan->keys_count++] = key;
    }
    binder->no_aggregates = NULL;
    return STATUS_OK;
}

static struct expr *group_column(struct binder *binder, const struct expr *from, uint32_t number) {
    struct expr *column = expr_new(binder, EXPR_COLUMN, from->type, from->at);
    column->number = number;
    return column;
}

enum status bind_to_groups(struct binder *binder, struct expr **expr) {
    struct sql_plan *plan = binder->plan;
    struct expr *from = *expr;
    for (uint32_t i = 0; i < plan->keys_count; i++) {
        if (from->kind != EXPR_CONSTANT && expr_equal(plan->keys[i], from)) {
            *expr = group_column(binder, from, i);
            return STATUS_OK;
        }
    }
    if (from->kind == EXPR_AGGREGATE) {
        *expr = group_column(binder, from, plan->keys_count + from->number);
        return STATUS_OK;
    }
    if (from->kind == EXPR_COLUMN) {
        return bind_refuse(
            binder, from->at, "42803",
            "column \"%s\" must appear in the GROUP BY clause or be used in an aggregate function",
            binder->input->fields[from->number].name);
    }
    if (from->count == 0) {
        return STATUS_OK;
    }
    struct expr *copy = expr_new(binder, from->kind, from->type, from->at);
    *copy = *from;
    expr_arguments(binder, copy, from->count);
    for (uint32_t i = 0; i < from->count; i++) {
        copy->arguments[i] = from->arguments[i];
        if (bind_to_groups(binder, &copy->arguments[i])) {
            return STATUS_FAILED;
        }
    }
    *expr = copy;
    return STATUS_OK;
}
