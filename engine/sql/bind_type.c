/* SPDX-License-Identifier: Apache-2.0 */
/* Constants, conversions and the folding of constant expressions. A constant that fails refuses the
 * statement, but not inside a branch that may never be taken: there it waits for run time. */
#include "engine/sql/bind.h"

#include <stdarg.h>
#include <stdio.h>

#include "engine/record/numeric.h"
#include "engine/record/value.h"
#include "engine/sql/function_find.h"
#include "engine/sql/run.h"

enum status bind_refuse(struct binder *binder, uint32_t at, const char *code, const char *format,
                        ...) {
    char message[ERROR_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    (void)error_set(binder->error, ERROR_PERMANENT, code, "%s", message);
    return statement_refuse(binder->statement, at, binder->error);
}

struct expr *expr_new(struct binder *binder, enum expr_kind kind, struct type type, uint32_t at) {
    struct expr *expr = arena_zalloc(binder->arena, sizeof *expr);
    expr->kind = kind;
    expr->type = type;
    expr->at = at;
    expr->slot = NO_SLOT;
    expr->stable = true;
    return expr;
}

void expr_arguments(struct binder *binder, struct expr *expr, uint32_t count) {
    expr->arguments = arena_zalloc(binder->arena, (count + 1) * sizeof(struct expr *));
    expr->count = count;
}

/* A constant with room for any value, null until set. */
static struct expr *constant_new(struct binder *binder, struct type type, uint32_t at) {
    struct expr *expr = expr_new(binder, EXPR_CONSTANT, type, at);
    expr->constant =
        (struct column){.type = type,
                        .rows = 1,
                        .constant = true,
                        .values = arena_zalloc(binder->arena, sizeof(struct interval) * 2)};
    return expr;
}

struct expr *expr_null(struct binder *binder, struct type type, uint32_t at) {
    struct expr *expr = constant_new(binder, type, at);
    column_null_set(&expr->constant, 0, binder->arena);
    return expr;
}

bool expr_is_unknown(const struct expr *expr) {
    return expr->type.id == TYPE_UNKNOWN && !expr->type.array;
}

enum status bind_string(struct binder *binder, const struct node *node, struct expr **ret) {
    *ret = constant_new(binder, TYPE(UNKNOWN), node->at);
    *(struct slice *)(*ret)->constant.values = node->text;
    return STATUS_OK;
}

/* int4 if it fits, else int8, else numeric. */
enum status bind_number(struct binder *binder, const struct node *node, struct expr **ret) {
    static const enum type_id ids[] = {TYPE_INT4, TYPE_INT8, TYPE_NUMERIC};
    bool integer = strcspn(node->text.data, ".eEnN") == node->text.len;
    for (size_t i = integer ? 0 : 2; i < sizeof ids / sizeof *ids; i++) {
        struct type type = {.id = ids[i], .modifier = -1};
        struct value_error error = {0};
        *ret = constant_new(binder, type, node->at);
        if (value_parse(type, node->text, binder->zone, binder->arena, (*ret)->constant.values,
                        &error)) {
            return STATUS_OK;
        }
        if (ids[i] == TYPE_NUMERIC) {
            return bind_refuse(binder, node->at, error.code, "%.*s", (int)error.message.len,
                               error.message.data);
        }
    }
    return STATUS_OK;
}

enum status expr_fold(struct binder *binder, struct expr **expr) {
    struct expr *from = *expr;
    if (!from->stable || (from->kind == EXPR_CASE && from->slot != NO_SLOT) ||
        from->kind == EXPR_CONSTANT || from->kind == EXPR_COLUMN || from->kind == EXPR_SLOT ||
        from->kind == EXPR_AGGREGATE) {
        return STATUS_OK;
    }
    for (uint32_t i = 0; i < from->count; i++) {
        if (from->arguments[i]->kind != EXPR_CONSTANT) {
            return STATUS_OK;
        }
    }
    struct call_failure failure;
    struct expr *folded = expr_new(binder, EXPR_CONSTANT, from->type, from->at);
    if (run_constant(from, binder->zone, binder->arena, &folded->constant, &failure)) {
        folded->constant.rows = 1;
        *expr = folded;
        return STATUS_OK;
    }
    if (binder->conditional > 0) {
        return STATUS_OK;
    }
    return bind_refuse(binder, from->at, failure.code, "%.*s", (int)failure.message.len,
                       failure.message.data);
}

/* 'text' to a value of the type, at bind. */
static enum status read_literal(struct binder *binder, struct expr **expr, struct type type) {
    struct expr *from = *expr, *to = constant_new(binder, type, from->at);
    struct value_error error = {0};
    if (column_is_null(&from->constant, 0)) {
        *expr = expr_null(binder, type, from->at);
        return STATUS_OK;
    }
    struct slice text = *(const struct slice *)from->constant.values;
    if (!value_parse(type, text, binder->zone, binder->arena, to->constant.values, &error)) {
        return bind_refuse(binder, from->at, error.code, "%.*s", (int)error.message.len,
                           error.message.data);
    }
    *expr = to;
    return STATUS_OK;
}

static void print_type(struct type type, char *ret, size_t size) {
    snprintf(ret, size, "%s%s", cast_type_name(type.id), type.array ? "[]" : "");
}

static bool needs_modifier(struct type from, struct type to) {
    return (to.modifier >= 0 && to.modifier != from.modifier) ||
           to.blank_padded != from.blank_padded;
}

static bool changes_with_modifier(const struct expr *from, struct type type) {
    return needs_modifier(from->type, type);
}

enum status expr_coerce(struct binder *binder, struct expr **expr, struct type type,
                        enum cast_context context) {
    struct expr *from = *expr;
    enum cast_kind kind;
    const struct cast *cast;
    enum cast_context weakest = cast_find(from->type, type, &kind, &cast);
    if (weakest > context || weakest == CAST_NONE) {
        char from_name[64], to_name[64];
        print_type(from->type, from_name, sizeof from_name);
        print_type(type, to_name, sizeof to_name);
        return bind_refuse(binder, from->at, "42846", "cannot cast type %s to %s", from_name,
                           to_name);
    }
    if (kind == CAST_SAME && !changes_with_modifier(from, type)) {
        return STATUS_OK;
    }
    struct type plain = type;
    bool cuts = context == CAST_EXPLICIT && type.id == TYPE_TEXT && !type.array;
    plain.modifier = cuts ? -1 : type.modifier;
    plain.blank_padded = cuts ? false : type.blank_padded;
    if (expr_is_unknown(from) && from->kind == EXPR_CONSTANT) {
        if (read_literal(binder, expr, plain)) {
            return STATUS_FAILED;
        }
        return cuts && changes_with_modifier(*expr, type) ? expr_coerce(binder, expr, type, context)
                                                          : STATUS_OK;
    }
    struct expr *result = expr_new(binder, EXPR_CAST, type, from->at);
    expr_arguments(binder, result, 1);
    result->arguments[0] = from;
    result->cast = cast;
    result->cast_kind = kind;
    result->cast_explicit = context == CAST_EXPLICIT;
    *expr = result;
    return expr_fold(binder, expr);
}

enum status bind_cast(struct binder *binder, const struct node *node, struct expr **ret) {
    const struct node *from = node->items[0];
    if (bind_expr(binder, from, ret)) {
        return STATUS_FAILED;
    }
    uint32_t at = node->at;
    enum cast_kind kind;
    const struct cast *cast;
    if (cast_find((*ret)->type, node->type, &kind, &cast) == CAST_NONE) {
        char from_name[64], to_name[64];
        print_type((*ret)->type, from_name, sizeof from_name);
        print_type(node->type, to_name, sizeof to_name);
        return bind_refuse(binder, at, "42846", "cannot cast type %s to %s", from_name, to_name);
    }
    if (expr_coerce(binder, ret, node->type, CAST_EXPLICIT)) {
        return STATUS_FAILED;
    }
    if ((*ret)->type.modifier != node->type.modifier) { /* numeric(10,2)::numeric: the same, unbound */
        struct expr *plain = arena_alloc(binder->arena, sizeof *plain);
        *plain = **ret;
        plain->type.modifier = node->type.modifier;
        *ret = plain;
    }
    return STATUS_OK;
}

static bool can_become(struct type from, struct type to) {
    enum cast_kind kind;
    const struct cast *cast;
    return cast_find(from, to, &kind, &cast) == CAST_IMPLICIT;
}

enum status expr_common_type(struct binder *binder, struct expr *const *exprs, uint32_t count,
                             const char *what, struct type *ret) {
    struct type type = TYPE(UNKNOWN);
    bool same_modifier = true;
    for (uint32_t i = 0; i < count; i++) {
        struct type next = exprs[i]->type;
        if (expr_is_unknown(exprs[i])) {
            same_modifier = false; /* a literal has none, so the whole has none */
            continue;
        }
        if (type.id == TYPE_UNKNOWN) {
            type = next;
            continue;
        }
        same_modifier = same_modifier && type_equal(type, next);
        if (type.id == next.id && type.array == next.array) {
            continue;
        }
        if (type_category(type) != type_category(next)) {
            char a[64], b[64];
            print_type(type, a, sizeof a);
            print_type(next, b, sizeof b);
            return bind_refuse(binder, exprs[i]->at, "42804",
                               "%s types %s and %s cannot be matched", what, a, b);
        }
        if (!type_is_preferred(type) && can_become(type, next) && !can_become(next, type)) {
            type = next;
        }
    }
    type.modifier = same_modifier ? type.modifier : -1;
    *ret = type.id == TYPE_UNKNOWN ? TYPE(TEXT) : type;
    return STATUS_OK;
}
