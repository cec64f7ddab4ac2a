/* SPDX-License-Identifier: Apache-2.0 */
/* Names and the forms of expressions that are not calls. Each form says here which types it takes
 * and gives; how it runs is in run_logic.c and run_forms.c. */
#include "engine/sql/bind.h"

#include "engine/sql/function_find.h"
#include "engine/sql/run.h"

static enum status refuse_column(struct binder *binder, const struct node *node) {
    const struct field *nearest = NULL;
    uint32_t least = node->text.len > 5 ? 3 : 2;
    for (uint32_t i = 0; i < binder->input->count; i++) {
        uint32_t distance = name_distance(node->text, slice_of(binder->input->fields[i].name));
        if (distance <= least && distance < node->text.len) {
            least = distance - (distance > 0);
            nearest = &binder->input->fields[i];
        }
    }
    int len = (int)node->text.len;
    if (nearest) {
        return bind_refuse(binder, node->at, "42703",
                           "column \"%.*s\" does not exist; did you mean \"%s\"?", len,
                           node->text.data, nearest->name);
    }
    return bind_refuse(
        binder, node->at, "42703",
        "column \"%.*s\" does not exist; undeclared members are reached through _value->>'%.*s'",
        len, node->text.data, len, node->text.data);
}

static enum status check_qualifier(struct binder *binder, const struct node *node) {
    struct slice alias = binder->statement->alias;
    struct slice relation = alias.data ? alias : SLICE_LITERAL("input");
    if (node->qualifier.data && !slice_equal(node->qualifier, relation)) {
        return bind_refuse(binder, node->at, "42P01",
                           "missing FROM-clause entry for table \"%.*s\"; the relation is %.*s",
                           (int)node->qualifier.len, node->qualifier.data, (int)relation.len,
                           relation.data);
    }
    return STATUS_OK;
}

static enum status bind_column(struct binder *binder, const struct node *node, struct expr **ret) {
    if (check_qualifier(binder, node)) {
        return STATUS_FAILED;
    }
    int column = schema_find(binder->input, node->text);
    if (column < 0) {
        return refuse_column(binder, node);
    }
    *ret = expr_new(binder, EXPR_COLUMN, binder->input->fields[column].type, node->at);
    (*ret)->number = (uint32_t)column;
    binder->plan->needed[column] = true;
    return STATUS_OK;
}

static enum status bind_star(struct binder *binder, const struct node *node, struct expr **ret) {
    (void)ret;
    return bind_refuse(binder, node->at, "42601",
                       "* stands only as an item of the select list or in count(*)");
}

static enum status bind_bool(struct binder *binder, const struct node *node, struct expr **ret) {
    *ret = expr_null(binder, TYPE(BOOL), node->at);
    (*ret)->constant.nulls = NULL;
    *(uint8_t *)(*ret)->constant.values = node->flag;
    return STATUS_OK;
}

static enum status bind_null(struct binder *binder, const struct node *node, struct expr **ret) {
    *ret = expr_null(binder, TYPE(UNKNOWN), node->at);
    return STATUS_OK;
}

enum status bind_condition(struct binder *binder, const struct node *node, const char *clause,
                           struct expr **ret) {
    if (bind_expr(binder, node, ret)) {
        return STATUS_FAILED;
    }
    if (!expr_is_unknown(*ret) && ((*ret)->type.id != TYPE_BOOL || (*ret)->type.array)) {
        return bind_refuse(binder, node->at, "42804",
                           "argument of %s must be type boolean, not type %s%s", clause,
                           cast_type_name((*ret)->type.id), (*ret)->type.array ? "[]" : "");
    }
    return expr_coerce(binder, ret, TYPE(BOOL), CAST_IMPLICIT);
}

static enum status finish(struct binder *binder, struct expr **expr) {
    for (uint32_t i = 0; i < (*expr)->count; i++) {
        (*expr)->stable = (*expr)->stable && (*expr)->arguments[i]->stable;
    }
    return expr_fold(binder, expr);
}

static enum status bind_logic(struct binder *binder, const struct node *node, struct expr **ret) {
    const char *clause = node->kind == NODE_AND ? "AND" : node->kind == NODE_OR ? "OR" : "NOT";
    enum expr_kind kind = node->kind == NODE_AND  ? EXPR_AND
                          : node->kind == NODE_OR ? EXPR_OR
                                                  : EXPR_NOT;
    struct expr *expr = *ret = expr_new(binder, kind, TYPE(BOOL), node->at);
    expr_arguments(binder, expr, node->count);
    for (uint32_t i = 0; i < node->count; i++) {
        binder->conditional += i > 0;
        enum status status = bind_condition(binder, node->items[i], clause, &expr->arguments[i]);
        binder->conditional -= i > 0;
        if (status) {
            return STATUS_FAILED;
        }
    }
    return finish(binder, ret);
}

static enum status bind_is(struct binder *binder, const struct node *node, struct expr **ret) {
    struct expr *expr = *ret = expr_new(binder, EXPR_IS, TYPE(BOOL), node->at);
    expr_arguments(binder, expr, 1);
    expr->test = node->test;
    bool any = node->test == IS_NULL || node->test == IS_NOT_NULL;
    if (any ? bind_expr(binder, node->items[0], &expr->arguments[0])
            : bind_condition(binder, node->items[0], "IS TRUE", &expr->arguments[0])) {
        return STATUS_FAILED;
    }
    if (expr_is_unknown(expr->arguments[0]) &&
        expr_coerce(binder, &expr->arguments[0], TYPE(TEXT), CAST_IMPLICIT)) {
        return STATUS_FAILED;
    }
    return finish(binder, ret);
}

/* Finds the operator between arguments[first] and the next, and converts both. */
static enum status bind_comparison(struct binder *binder, struct slice name, struct expr *expr,
                                   uint32_t first) {
    struct expr **pair = &expr->arguments[first];
    struct type types[2] = {pair[0]->type, pair[1]->type};
    if (bind_operator_find(binder, name, expr->at, types, 2, &expr->function)) {
        return STATUS_FAILED;
    }
    for (uint32_t i = 0; i < 2; i++) {
        struct type declared = function_argument(expr->function, i);
        declared = declared.id == TYPE_UNKNOWN ? pair[1 - i]->type : declared;
        if (expr_coerce(binder, &pair[i], declared, CAST_IMPLICIT)) {
            return STATUS_FAILED;
        }
    }
    return STATUS_OK;
}

static enum status bind_distinct(struct binder *binder, const struct node *node,
                                 struct expr **ret) {
    struct expr *expr = *ret = expr_new(binder, EXPR_DISTINCT, TYPE(BOOL), node->at);
    expr_arguments(binder, expr, 2);
    expr->negated = node->negated;
    if (bind_expr(binder, node->items[0], &expr->arguments[0]) ||
        bind_expr(binder, node->items[1], &expr->arguments[1]) ||
        bind_comparison(binder, SLICE_LITERAL("="), expr, 0)) {
        return STATUS_FAILED;
    }
    return finish(binder, ret);
}

/* The result is the first value as = takes it, so that nullif(int, numeric) is numeric. */
static enum status bind_nullif(struct binder *binder, const struct node *node, struct expr **ret) {
    struct expr *expr = *ret = expr_new(binder, EXPR_NULLIF, TYPE(UNKNOWN), node->at);
    expr_arguments(binder, expr, 2);
    if (bind_expr(binder, node->items[0], &expr->arguments[0]) ||
        bind_expr(binder, node->items[1], &expr->arguments[1]) ||
        bind_comparison(binder, SLICE_LITERAL("="), expr, 0)) {
        return STATUS_FAILED;
    }
    expr->type = expr->arguments[0]->type;
    return finish(binder, ret);
}

/* op any/all over arguments[0] and the array arguments[1]. */
static enum status bind_array_comparison(struct binder *binder, struct slice name,
                                         struct expr *expr) {
    struct expr **left = &expr->arguments[0], **array = &expr->arguments[1];
    if (expr_is_unknown(*array)) {
        struct type type = {.id = expr_is_unknown(*left) ? TYPE_TEXT : (*left)->type.id,
                            .array = true,
                            .modifier = -1};
        if (expr_coerce(binder, array, type, CAST_IMPLICIT)) {
            return STATUS_FAILED;
        }
    }
    if (!(*array)->type.array) {
        return bind_refuse(binder, (*array)->at, "42809",
                           "op ANY/ALL (array) requires array on right side");
    }
    struct type types[2] = {(*left)->type, {.id = (*array)->type.id, .modifier = -1}};
    if (bind_operator_find(binder, name, expr->at, types, 2, &expr->function)) {
        return STATUS_FAILED;
    }
    if (expr->function->result != TYPE_BOOL || expr->function->result_array) {
        return bind_refuse(binder, expr->at, "42809",
                           "op ANY/ALL (array) requires operator to yield boolean");
    }
    struct type left_type = function_argument(expr->function, 0),
                right_type = function_argument(expr->function, 1);
    left_type = left_type.id == TYPE_UNKNOWN ? types[1] : left_type;
    right_type.id = right_type.id == TYPE_UNKNOWN ? types[1].id : right_type.id;
    right_type.array = true;
    if (expr_coerce(binder, left, left_type, CAST_IMPLICIT) ||
        expr_coerce(binder, array, right_type, CAST_IMPLICIT)) {
        return STATUS_FAILED;
    }
    expr->prepared = members_new(expr, binder->arena);
    return STATUS_OK;
}

static enum status bind_quantified(struct binder *binder, const struct node *node,
                                   struct expr **ret) {
    struct expr *expr = *ret =
        expr_new(binder, node->kind == NODE_ANY ? EXPR_ANY : EXPR_ALL, TYPE(BOOL), node->at);
    struct slice name = slice_is(node->text, "!=") ? SLICE_LITERAL("<>") : node->text;
    expr_arguments(binder, expr, 2);
    if (bind_expr(binder, node->items[0], &expr->arguments[0]) ||
        bind_expr(binder, node->items[1], &expr->arguments[1]) ||
        bind_array_comparison(binder, name, expr)) {
        return STATUS_FAILED;
    }
    return finish(binder, ret);
}

static enum status coerce_all(struct binder *binder, struct expr **exprs, uint32_t count,
                              struct type type) {
    for (uint32_t i = 0; i < count; i++) {
        if (expr_coerce(binder, &exprs[i], type, CAST_IMPLICIT)) {
            return STATUS_FAILED;
        }
    }
    return STATUS_OK;
}

static enum status bind_items(struct binder *binder, const struct node *node, uint32_t first,
                              struct expr *expr) {
    expr_arguments(binder, expr, node->count - first);
    for (uint32_t i = first; i < node->count; i++) {
        if (bind_expr(binder, node->items[i], &expr->arguments[i - first])) {
            return STATUS_FAILED;
        }
    }
    return STATUS_OK;
}

static bool all_constant(const struct expr *expr, uint32_t first) {
    for (uint32_t i = first; i < expr->count; i++) {
        if (expr->arguments[i]->kind != EXPR_CONSTANT) {
            return false;
        }
    }
    return true;
}

/* x in (constants) when one type fits all: x = any (array). */
static enum status in_array(struct binder *binder, const struct node *node, struct expr *items,
                            struct type type, struct expr **ret) {
    struct expr *array = expr_new(binder, EXPR_ARRAY, type, node->at);
    array->type = (struct type){.id = type.id, .array = true, .modifier = -1};
    array->arguments = items->arguments + 1;
    array->count = items->count - 1;
    type.modifier = -1;
    if (coerce_all(binder, array->arguments, array->count, type) || finish(binder, &array)) {
        return STATUS_FAILED;
    }
    struct expr *expr = *ret =
        expr_new(binder, node->negated ? EXPR_ALL : EXPR_ANY, TYPE(BOOL), node->at);
    expr_arguments(binder, expr, 2);
    expr->arguments[0] = items->arguments[0];
    expr->arguments[1] = array;
    if (bind_array_comparison(binder, node->negated ? SLICE_LITERAL("<>") : SLICE_LITERAL("="),
                              expr)) {
        return STATUS_FAILED;
    }
    return finish(binder, ret);
}

/* x in (a, b): x = a or x = b. */
static enum status in_list(struct binder *binder, const struct node *node, struct expr *items,
                           struct expr **ret) {
    struct expr *expr = *ret =
        expr_new(binder, node->negated ? EXPR_AND : EXPR_OR, TYPE(BOOL), node->at);
    expr_arguments(binder, expr, items->count - 1);
    for (uint32_t i = 1; i < items->count; i++) {
        struct expr *call = expr_new(binder, EXPR_CALL, TYPE(BOOL), node->at);
        expr_arguments(binder, call, 2);
        call->arguments[0] = items->arguments[0];
        call->arguments[1] = items->arguments[i];
        if (bind_comparison(binder, node->negated ? SLICE_LITERAL("<>") : SLICE_LITERAL("="), call,
                            0) ||
            finish(binder, &call)) {
            return STATUS_FAILED;
        }
        expr->arguments[i - 1] = call;
    }
    return finish(binder, ret);
}

static enum status bind_in(struct binder *binder, const struct node *node, struct expr **ret) {
    struct expr *items = expr_new(binder, EXPR_COALESCE, TYPE(UNKNOWN), node->at);
    if (bind_items(binder, node, 0, items)) {
        return STATUS_FAILED;
    }
    bool arrays = false;
    for (uint32_t i = 0; i < items->count; i++) {
        arrays = arrays || items->arguments[i]->type.array;
    }
    struct type type;
    struct error *error = binder->error;
    binder->error = NULL; /* without a common type each item is compared by itself, and says what
                             does not fit */
    bool common =
        expr_common_type(binder, items->arguments, items->count, "IN", &type) == STATUS_OK;
    binder->error = error;
    return common && !arrays && all_constant(items, 1) ? in_array(binder, node, items, type, ret)
                                                       : in_list(binder, node, items, ret);
}

/* The compared value of `case x when v`: evaluated once, held in a slot. */
static enum status bind_case_value(struct binder *binder, const struct node *node,
                                   struct expr *expr, struct expr **ret_slot) {
    if (bind_expr(binder, node->items[0], &expr->arguments[0])) {
        return STATUS_FAILED;
    }
    if (expr_is_unknown(expr->arguments[0]) &&
        expr_coerce(binder, &expr->arguments[0], TYPE(TEXT), CAST_IMPLICIT)) {
        return STATUS_FAILED;
    }
    expr->slot = binder->plan->slots++;
    *ret_slot = expr_new(binder, EXPR_SLOT, expr->arguments[0]->type, node->at);
    (*ret_slot)->number = expr->slot;
    return STATUS_OK;
}

static enum status bind_when(struct binder *binder, const struct node *when, struct expr *slot,
                             struct expr **ret) {
    if (!slot) {
        return bind_condition(binder, when, "CASE/WHEN", ret);
    }
    struct expr *call = *ret = expr_new(binder, EXPR_CALL, TYPE(BOOL), when->at);
    expr_arguments(binder, call, 2);
    call->arguments[0] = slot;
    return bind_expr(binder, when, &call->arguments[1]) ||
                   bind_comparison(binder, SLICE_LITERAL("="), call, 0)
               ? STATUS_FAILED
               : finish(binder, ret);
}

/* One type for all results; the else counts first, as in Postgres. */
static enum status unify_results(struct binder *binder, struct expr *expr, uint32_t first) {
    uint32_t count = 0;
    struct expr **results = arena_alloc(binder->arena, (expr->count + 1) * sizeof *results);
    results[count++] = expr->arguments[expr->count - 1];
    for (uint32_t i = first; i + 1 < expr->count; i += 2) {
        results[count++] = expr->arguments[i + 1];
    }
    if (expr_common_type(binder, results, count, "CASE", &expr->type)) {
        return STATUS_FAILED;
    }
    for (uint32_t i = first; i + 1 < expr->count; i += 2) {
        if (expr_coerce(binder, &expr->arguments[i + 1], expr->type, CAST_IMPLICIT)) {
            return STATUS_FAILED;
        }
    }
    return expr_coerce(binder, &expr->arguments[expr->count - 1], expr->type, CAST_IMPLICIT);
}

static enum status bind_case(struct binder *binder, const struct node *node, struct expr **ret) {
    struct expr *expr = *ret = expr_new(binder, EXPR_CASE, TYPE(UNKNOWN), node->at), *slot = NULL;
    uint32_t first = node->flag ? 1 : 0;
    expr_arguments(binder, expr, node->count);
    if (node->flag && bind_case_value(binder, node, expr, &slot)) {
        return STATUS_FAILED;
    }
    binder->conditional++;
    enum status status = STATUS_OK;
    for (uint32_t i = first; i + 1 < node->count && !status; i += 2) {
        status = bind_when(binder, node->items[i], slot, &expr->arguments[i]);
        status = status ? status : bind_expr(binder, node->items[i + 1], &expr->arguments[i + 1]);
    }
    status =
        status ? status
               : bind_expr(binder, node->items[node->count - 1], &expr->arguments[node->count - 1]);
    status = status ? status : unify_results(binder, expr, first);
    binder->conditional--;
    return status ? status : finish(binder, ret);
}

static const char *list_name(enum node_kind kind) {
    return kind == NODE_COALESCE   ? "COALESCE"
           : kind == NODE_GREATEST ? "GREATEST"
           : kind == NODE_LEAST    ? "LEAST"
                                   : "ARRAY";
}

/* coalesce, greatest, least, array: the items get one type. */
static enum status bind_list(struct binder *binder, const struct node *node, struct expr **ret) {
    static const enum expr_kind kinds[] = {[NODE_COALESCE] = EXPR_COALESCE,
                                           [NODE_GREATEST] = EXPR_GREATEST,
                                           [NODE_LEAST] = EXPR_LEAST,
                                           [NODE_ARRAY] = EXPR_ARRAY};
    struct expr *expr = *ret = expr_new(binder, kinds[node->kind], TYPE(UNKNOWN), node->at);
    const struct function *less;
    bool lazy = node->kind == NODE_COALESCE;
    if (node->kind == NODE_ARRAY && node->count == 0) {
        return bind_refuse(binder, node->at, "42P18",
                           "cannot determine type of empty array; write array[]::text[]");
    }
    binder->conditional += lazy;
    enum status status = bind_items(binder, node, 0, expr);
    status = status ? status
                    : expr_common_type(binder, expr->arguments, expr->count, list_name(node->kind),
                                       &expr->type);
    status = status ? status : coerce_all(binder, expr->arguments, expr->count, expr->type);
    binder->conditional -= lazy;
    if (status) {
        return STATUS_FAILED;
    }
    if (node->kind == NODE_ARRAY) {
        if (expr->type.array) {
            return bind_refuse(binder, node->at, "0A000", "arrays have one dimension");
        }
        expr->type = (struct type){.id = expr->type.id, .array = true, .modifier = -1};
    } else if (!lazy && bind_operator_find(binder, SLICE_LITERAL("<"), node->at,
                                           (struct type[]){expr->type, expr->type}, 2, &less)) {
        return STATUS_FAILED;
    }
    return finish(binder, ret);
}

static enum status bind_element(struct binder *binder, const struct node *node, struct expr **ret) {
    struct expr *expr = *ret = expr_new(binder, EXPR_ELEMENT, TYPE(UNKNOWN), node->at);
    if (bind_items(binder, node, 0, expr)) {
        return STATUS_FAILED;
    }
    struct type type = expr->arguments[0]->type;
    if (type.id == TYPE_JSONB && !type.array) {
        return bind_refuse(binder, node->at, "0A000",
                           "subscripts of jsonb are not supported; use -> and ->>");
    }
    if (!type.array) {
        return bind_refuse(binder, node->at, "42804",
                           "cannot subscript type %s because it does not support subscripting",
                           cast_type_name(type.id));
    }
    if (expr_coerce(binder, &expr->arguments[1], TYPE(INT4), CAST_ASSIGNMENT)) {
        return STATUS_FAILED;
    }
    expr->type = (struct type){.id = type.id, .modifier = type.modifier};
    return finish(binder, ret);
}

enum status bind_expr(struct binder *binder, const struct node *node, struct expr **ret) {
    static enum status (*const kinds[])(struct binder *, const struct node *, struct expr **) = {
        [NODE_COLUMN] = bind_column,
        [NODE_STAR] = bind_star,
        [NODE_NUMBER] = bind_number,
        [NODE_STRING] = bind_string,
        [NODE_BOOL] = bind_bool,
        [NODE_NULL] = bind_null,
        [NODE_CAST] = bind_cast,
        [NODE_OPERATOR] = bind_operator,
        [NODE_FUNCTION] = bind_function,
        [NODE_AND] = bind_logic,
        [NODE_OR] = bind_logic,
        [NODE_NOT] = bind_logic,
        [NODE_IS] = bind_is,
        [NODE_DISTINCT] = bind_distinct,
        [NODE_IN] = bind_in,
        [NODE_ANY] = bind_quantified,
        [NODE_ALL] = bind_quantified,
        [NODE_CASE] = bind_case,
        [NODE_COALESCE] = bind_list,
        [NODE_NULLIF] = bind_nullif,
        [NODE_GREATEST] = bind_list,
        [NODE_LEAST] = bind_list,
        [NODE_ARRAY] = bind_list,
        [NODE_ELEMENT] = bind_element,
    };
    return kinds[node->kind](binder, node, ret);
}
