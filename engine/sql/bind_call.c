/* SPDX-License-Identifier: Apache-2.0 */
/* Functions and operators: finds the candidate, converts the arguments to what it declares,
 * prepares it with the arguments that are constant, and folds the call when all are. */
#include "engine/sql/bind.h"

#include <stdio.h>

#include "engine/sql/function_find.h"

enum { SIGNATURE_BYTES = 512 };

static void append(char *text, const char *part) {
    size_t used = strlen(text);
    snprintf(text + used, SIGNATURE_BYTES - used, "%s", part);
}

static const char *type_text(struct type type) {
    static const char *const arrays[TYPE_ID_COUNT] = {
        [TYPE_UNKNOWN] = "unknown[]",
        [TYPE_BOOL] = "boolean[]",
        [TYPE_INT2] = "smallint[]",
        [TYPE_INT4] = "integer[]",
        [TYPE_INT8] = "bigint[]",
        [TYPE_FLOAT4] = "real[]",
        [TYPE_FLOAT8] = "double precision[]",
        [TYPE_NUMERIC] = "numeric[]",
        [TYPE_TEXT] = "text[]",
        [TYPE_BYTEA] = "bytea[]",
        [TYPE_UUID] = "uuid[]",
        [TYPE_DATE] = "date[]",
        [TYPE_TIME] = "time without time zone[]",
        [TYPE_TIMESTAMP] = "timestamp without time zone[]",
        [TYPE_TIMESTAMPTZ] = "timestamp with time zone[]",
        [TYPE_INTERVAL] = "interval[]",
        [TYPE_JSON] = "json[]",
        [TYPE_JSONB] = "jsonb[]",
    };
    return type.array ? arrays[type.id] : cast_type_name(type.id);
}

/* `integer = text`, `- text`, `lower(integer)`. */
static void signature(struct slice name, bool operator, const struct type * types, uint32_t count,
                      char *ret) {
    ret[0] = '\0';
    char text[80];
    snprintf(text, sizeof text, "%.*s", (int)(name.len > 70 ? 70 : name.len), name.data);
    if (operator) {
        if (count == 2) {
            append(ret, type_text(types[0]));
            append(ret, " ");
        }
        append(ret, text);
        append(ret, " ");
        append(ret, type_text(types[count - 1]));
        return;
    }
    append(ret, text);
    append(ret, "(");
    for (uint32_t i = 0; i < count; i++) {
        append(ret, i ? ", " : "");
        append(ret, type_text(types[i]));
    }
    append(ret, ")");
}

static enum status refuse_call(struct binder *binder, enum function_match match, struct slice name,
                               uint32_t at, const char *text, bool operator) {
    const char *cast_may_help =
        match == FUNCTION_NO_CANDIDATE ? "; no candidate takes these types, a cast may help" : "";
    bool ambiguous = match == FUNCTION_AMBIGUOUS;
    if (operator) {
        return bind_refuse(binder, at, ambiguous ? "42725" : "42883", "operator %s: %s%s",
                           ambiguous ? "is not unique" : "does not exist", text,
                           ambiguous ? "; cast the operands to the types you mean" : cast_may_help);
    }
    if (ambiguous) {
        return bind_refuse(binder, at, "42725",
                           "function %s is not unique; cast the arguments to the types you mean",
                           text);
    }
    const char *nearest = match != FUNCTION_NO_NAME ? NULL : function_nearest(name);
    if (nearest) {
        return bind_refuse(binder, at, "42883", "function %s does not exist; did you mean %s?",
                           text, nearest);
    }
    return bind_refuse(binder, at, "42883", "function %s does not exist%s", text, cast_may_help);
}

/* Optional compilation of constant arguments. */
static enum status prepare(struct binder *binder, struct expr *call) {
    const struct column *constants[FUNCTION_ARGUMENTS_MAX];
    if (!call->function->prepare || call->count > FUNCTION_ARGUMENTS_MAX) {
        return STATUS_OK;
    }
    for (uint32_t i = 0; i < call->count; i++) {
        constants[i] =
            call->arguments[i]->kind == EXPR_CONSTANT ? &call->arguments[i]->constant : NULL;
    }
    for (uint32_t i = call->count; i < FUNCTION_ARGUMENTS_MAX; i++) {
        constants[i] = NULL;
    }
    if (call->function->prepare(constants, binder->arena, binder->zone, &call->prepared,
                                binder->error)) {
        return statement_refuse(binder->statement, call->at, binder->error);
    }
    return STATUS_OK;
}

/* As in Postgres, a null constant makes a strict call null whatever the other arguments are. */
static bool is_strict_over_null(const struct expr *call) {
    for (uint32_t i = 0; i < call->count && !(call->function->flags & FUNCTION_NULLS); i++) {
        const struct expr *argument = call->arguments[i];
        if (argument->kind == EXPR_CONSTANT && column_is_null(&argument->constant, 0)) {
            return true;
        }
    }
    return false;
}

/* Postgres has these for char(n) itself: its trailing blanks count. Others take it as text. */
static bool keeps_blanks(const struct function *function) {
    static const char *const names[] = {"~~", "!~~", "~~*", "!~~*",        "~",
                                        "!~", "~*",  "!~*", "octet_length"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(function->name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Converts the arguments, prepares, folds. */
static enum status finish_call(struct binder *binder, struct expr **expr) {
    struct expr *call = *expr;
    struct type types[64];
    for (uint32_t i = 0; i < call->count; i++) {
        struct type declared = function_argument(call->function, i);
        bool any = declared.id == TYPE_UNKNOWN;
        if (any && expr_is_unknown(call->arguments[i])) {
            declared = TYPE(TEXT);
            any = false;
        }
        bool as_it_is = any || (i == 0 && call->arguments[i]->type.blank_padded &&
                                keeps_blanks(call->function));
        if (!as_it_is && expr_coerce(binder, &call->arguments[i], declared, CAST_IMPLICIT)) {
            return STATUS_FAILED;
        }
        if (i < 64) {
            types[i] = call->arguments[i]->type;
        }
        call->stable = call->stable && call->arguments[i]->stable;
    }
    call->type = function_result(call->function, types, call->count < 64 ? call->count : 64);
    call->stable = call->stable && call->function->volatility == VOLATILITY_IMMUTABLE;
    binder->plan->traits.volatile_calls |= call->function->volatility == VOLATILITY_VOLATILE;
    if (is_strict_over_null(call)) {
        *expr = expr_null(binder, call->type, call->at);
        return STATUS_OK;
    }
    return prepare(binder, call) ? STATUS_FAILED : expr_fold(binder, expr);
}

enum status bind_operator_find(struct binder *binder, struct slice name, uint32_t at,
                               const struct type *types, uint32_t count,
                               const struct function **ret) {
    char text[SIGNATURE_BYTES];
    enum function_match match = function_find(name, types, count, ret);
    if (match == FUNCTION_FOUND) {
        return STATUS_OK;
    }
    signature(name, true, types, count, text);
    return refuse_call(binder, match, name, at, text, true);
}

enum status bind_operands(struct binder *binder, struct slice name, uint32_t at,
                          struct expr *call) {
    struct type types[2] = {call->arguments[0]->type};
    if (call->count == 2) {
        types[1] = call->arguments[1]->type;
    }
    return bind_operator_find(binder, name, at, types, call->count, &call->function);
}

static enum status bind_arguments(struct binder *binder, const struct node *node,
                                  struct expr *call) {
    expr_arguments(binder, call, node->count);
    for (uint32_t i = 0; i < node->count; i++) {
        if (bind_expr(binder, node->items[i], &call->arguments[i])) {
            return STATUS_FAILED;
        }
    }
    return STATUS_OK;
}

enum status bind_operator(struct binder *binder, const struct node *node, struct expr **ret) {
    *ret = expr_new(binder, EXPR_CALL, TYPE(UNKNOWN), node->at);
    struct slice name = node->text;
    name = slice_is(name, "!=") ? SLICE_LITERAL("<>") : name;
    if (bind_arguments(binder, node, *ret) || bind_operands(binder, name, node->at, *ret)) {
        return STATUS_FAILED;
    }
    return finish_call(binder, ret);
}

/* int4(x), date(x): a cast written as a call, when there is no such function. */
static enum status bind_cast_call(struct binder *binder, struct slice name, struct expr *call,
                                  bool *ret_done, struct expr **ret) {
    enum type_id id = type_named(name);
    *ret_done = call->count == 1 && id != TYPE_UNKNOWN;
    if (!*ret_done) {
        return STATUS_OK;
    }
    *ret = call->arguments[0];
    return expr_coerce(binder, ret, (struct type){.id = id, .modifier = -1}, CAST_EXPLICIT);
}

/* Functions that give rows, which a select list does not have here. */
static bool gives_rows(struct slice name) {
    static const char *const names[] = {"unnest",
                                        "generate_series",
                                        "generate_subscripts",
                                        "regexp_matches",
                                        "regexp_split_to_table",
                                        "string_to_table",
                                        "json_array_elements",
                                        "json_array_elements_text",
                                        "json_each",
                                        "json_each_text",
                                        "json_object_keys",
                                        "jsonb_array_elements",
                                        "jsonb_array_elements_text",
                                        "jsonb_each",
                                        "jsonb_each_text",
                                        "jsonb_object_keys",
                                        "jsonb_path_query"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (slice_is(name, names[i])) {
            return true;
        }
    }
    return false;
}

static enum status refuse_modifiers(struct binder *binder, const struct node *node) {
    const char *what = node->star       ? "(*)"
                       : node->distinct ? "distinct"
                       : node->filter   ? "filter"
                                        : NULL;
    if (node->variadic) {
        return bind_refuse(binder, node->at, "0A000",
                           "variadic is not supported; give the arguments one by one");
    }
    if (what) {
        return bind_refuse(binder, node->at, "42809", "%s is for aggregates, but %.*s is not one",
                           what, (int)node->text.len, node->text.data);
    }
    return STATUS_OK;
}

enum status bind_function(struct binder *binder, const struct node *node, struct expr **ret) {
    char text[SIGNATURE_BYTES];
    bool done;
    if (aggregate_is(node->text)) {
        return bind_aggregate(binder, node, ret);
    }
    struct expr *call = expr_new(binder, EXPR_CALL, TYPE(UNKNOWN), node->at);
    if (refuse_modifiers(binder, node) || bind_arguments(binder, node, call)) {
        return STATUS_FAILED;
    }
    struct type *types = arena_alloc(binder->arena, (node->count + 1) * sizeof *types);
    for (uint32_t i = 0; i < node->count; i++) {
        types[i] = call->arguments[i]->type;
    }
    enum function_match match = function_find(node->text, types, node->count, &call->function);
    *ret = call;
    if (match == FUNCTION_FOUND) {
        return finish_call(binder, ret);
    }
    if (bind_cast_call(binder, node->text, call, &done, ret)) {
        return STATUS_FAILED;
    }
    if (done) {
        return STATUS_OK;
    }
    if (match == FUNCTION_NO_NAME && gives_rows(node->text)) {
        return bind_refuse(binder, node->at, "0A000",
                           "%.*s returns rows, which is not supported; one record in, at "
                           "most one row out",
                           (int)node->text.len, node->text.data);
    }
    signature(node->text, false, types, node->count, text);
    return refuse_call(binder, match, node->text, node->at, text, false);
}
