/* SPDX-License-Identifier: Apache-2.0 */
/* Columns, calls and casts; how failures of rows are kept. The lazy forms are in run_logic.c.
 * Arguments are computed for all rows asked for; a strict function then sees only those without a
 * null. */
#include "engine/sql/run.h"

#include <assert.h>
#include <stdio.h>

static void fail(struct call *call, uint32_t row, const char *code, struct slice message) {
    if (call->result) {
        column_null_set(call->result, row, call->arena);
    }
    if (!call->detached && batch_record(call->batch, row) != ORIGIN_RANGE) {
        batch_withdraw_row(call->batch, row, code, "sql", message);
    } else {
        assert(call->failure);
        if (!call->failure->code) {
            *call->failure = (struct call_failure){.code = code, .message = message};
        }
    }
}

void call_fail_slice(struct call *call, uint32_t row, const char *code, struct slice message) {
    fail(call, row, code, message);
}

void call_fail(struct call *call, uint32_t row, const char *code, const char *format, ...) {
    char message[ERROR_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(message, sizeof message, format, args);
    va_end(args);
    assert(len >= 0);
    size_t used = (size_t)len < sizeof message ? (size_t)len : sizeof message - 1;
    while (used > 0 && (size_t)len > used && ((unsigned char)message[used] & 0xc0) == 0x80) {
        used--; /* a cut message stays whole characters */
    }
    fail(call, row, code, arena_copy(call->arena, slice_make(message, used)));
}

void call_null(struct call *call, struct column *ret, uint32_t row) {
    column_null_set(ret, row, call->arena);
}

struct rows run_init(struct run *run, struct batch *batch, const struct sql_plan *plan) {
    *run = (struct run){.batch = batch, .arena = batch->arena, .zone = plan->zone};
    run->slots = arena_zalloc(run->arena, (plan->slots + 1) * sizeof *run->slots);
    run->shared = arena_zalloc(run->arena, (plan->shared_count + 1) * sizeof *run->shared);
    if (batch->selection) {
        return (struct rows){.list = batch->selection, .count = batch->selected};
    }
    uint32_t *list = rows_new(run, batch->rows);
    for (uint32_t i = 0; i < batch->rows; i++) {
        list[i] = i;
    }
    return (struct rows){.list = list, .count = batch->rows};
}

struct rows run_clean(struct run *run, struct rows rows) {
    const struct batch *batch = run->batch;
    if (!batch->withdrawn) {
        return rows;
    }
    uint32_t *list = rows_new(run, rows.count), count = 0;
    for (uint32_t i = 0; i < rows.count; i++) {
        uint32_t record = batch_record(batch, rows.list[i]);
        list[count] = rows.list[i];
        count += record == ORIGIN_RANGE || !batch_is_withdrawn(batch, record);
    }
    return (struct rows){.list = list, .count = count};
}

static struct call call_make(struct run *run, const struct column *arguments, uint32_t count,
                             struct rows rows) {
    return (struct call){.batch = run->batch,
                         .arena = run->arena,
                         .zone = run->zone,
                         .rows = rows.list,
                         .rows_count = rows.count,
                         .arguments = arguments,
                         .arguments_count = count,
                         .failure = &run->failure,
                         .detached = run->detached};
}

/* Sets ret to null where any argument is, and returns the other rows. */
static struct rows without_nulls(struct run *run, const struct column *arguments, uint32_t count,
                                 struct rows rows, struct column *ret) {
    for (uint32_t a = 0; a < count; a++) {
        const struct column *argument = &arguments[a];
        if (!argument->nulls) {
            continue;
        }
        uint32_t *list = rows_new(run, rows.count), kept = 0;
        for (uint32_t i = 0; i < rows.count; i++) {
            uint32_t row = rows.list[i];
            if (column_is_null(argument, row)) {
                column_null_set(ret, row, run->arena);
            } else {
                list[kept++] = row;
            }
        }
        rows = (struct rows){.list = list, .count = kept};
    }
    return rows;
}

static const struct column *arguments_run(struct run *run, const struct expr *expr,
                                          struct rows rows) {
    struct column *arguments = arena_alloc(run->arena, (expr->count + 1) * sizeof *arguments);
    for (uint32_t i = 0; i < expr->count; i++) {
        arguments[i] = *run_expr(run, expr->arguments[i], rows);
    }
    return arguments;
}

static void run_call(struct run *run, const struct expr *expr, struct rows rows,
                     struct column *ret) {
    const struct column *arguments = arguments_run(run, expr, rows);
    if (!(expr->function->flags & FUNCTION_NULLS)) {
        rows = without_nulls(run, arguments, expr->count, rows, ret);
    }
    struct call call = call_make(run, arguments, expr->count, rows);
    call.prepared = expr->prepared;
    call.result = ret;
    if (rows.count > 0) {
        expr->function->run(&call, ret);
    }
}

void run_binary(struct run *run, const struct expr *expr, const struct column *pair,
                struct rows rows, struct column *ret) {
    struct call call = call_make(run, pair, 2, rows);
    call.prepared = expr->prepared;
    call.result = ret;
    if (rows.count > 0) {
        expr->function->run(&call, ret);
    }
}

static void run_cast(struct run *run, const struct expr *expr, struct rows rows,
                     struct column *ret) {
    const struct column *from = run_expr(run, expr->arguments[0], rows);
    rows = without_nulls(run, from, 1, rows, ret);
    struct call call = call_make(run, from, 1, rows);
    call.result = ret;
    if (rows.count > 0) {
        struct type type = ret->type;
        ret->type = expr->type; /* a branch of case may be of another modifier than the whole */
        cast_run(&call, expr->cast_kind, expr->cast, expr->cast_explicit, ret);
        ret->type = type;
    }
}

static void copy_rows(struct run *run, const struct column *from, struct rows rows,
                      struct column *ret) {
    uint32_t width = type_width(ret->type);
    for (uint32_t i = 0; i < rows.count; i++) {
        uint32_t row = rows.list[i];
        if (column_is_null(from, row)) {
            column_null_set(ret, row, run->arena);
        } else {
            memcpy((char *)ret->values + (size_t)row * width, column_at(from, row, width), width);
        }
    }
}

void run_expr_into(struct run *run, const struct expr *expr, struct rows rows, struct column *ret) {
    static void (*const kinds[])(struct run *, const struct expr *, struct rows,
                                 struct column *) = {
        [EXPR_CALL] = run_call,        [EXPR_CAST] = run_cast,     [EXPR_AND] = run_logic,
        [EXPR_OR] = run_logic,         [EXPR_NOT] = run_logic,     [EXPR_IS] = run_is,
        [EXPR_DISTINCT] = run_pair,    [EXPR_NULLIF] = run_pair,   [EXPR_ANY] = run_quantified,
        [EXPR_ALL] = run_quantified,   [EXPR_CASE] = run_case,     [EXPR_COALESCE] = run_coalesce,
        [EXPR_GREATEST] = run_extreme, [EXPR_LEAST] = run_extreme, [EXPR_ARRAY] = run_array,
        [EXPR_ELEMENT] = run_element,
    };
    if (rows.count == 0) {
        return;
    }
    if (expr->kind == EXPR_CONSTANT || expr->kind == EXPR_COLUMN || expr->kind == EXPR_SLOT) {
        copy_rows(run, run_expr(run, expr, rows), rows, ret);
        return;
    }
    kinds[expr->kind](run, expr, rows, ret);
}

const struct column *run_expr(struct run *run, const struct expr *expr, struct rows rows) {
    switch (expr->kind) {
    case EXPR_CONSTANT:
        return &expr->constant;
    case EXPR_COLUMN:
        return &run->batch->columns[expr->number];
    case EXPR_SLOT:
        return run->slots[expr->number];
    default:
        break;
    }
    const struct column *kept = expr->shared ? shared_find(run, expr, rows) : NULL;
    if (kept) {
        return kept;
    }
    struct column *ret = arena_alloc(run->arena, sizeof *ret);
    column_init(ret, expr->type, run->batch->rows, run->arena);
    run_expr_into(run, expr, rows, ret);
    if (expr->shared) {
        shared_keep(run, expr, rows, ret);
    }
    return ret;
}

bool run_constant(const struct expr *expr, const struct timezone *zone, struct arena *arena,
                  struct column *ret, struct call_failure *failure) {
    static const uint32_t only[] = {0};
    struct batch batch = {.arena = arena, .rows = 1};
    struct run run = {.batch = &batch, .arena = arena, .zone = zone, .detached = true};
    *ret = *run_expr(&run, expr, (struct rows){.list = only, .count = 1});
    ret->constant = true;
    *failure = run.failure;
    return failure->code == NULL;
}
