/* SPDX-License-Identifier: Apache-2.0 */
/* The lazy forms: each branch is evaluated for the rows that reach it and for no others. Lists of
 * rows stay ascending throughout. */
#include "engine/sql/run.h"

static void set_bool(struct rows rows, bool value, struct column *ret) {
    for (uint32_t i = 0; i < rows.count; i++) {
        ((uint8_t *)ret->values)[rows.list[i]] = value;
    }
}

static void run_not(struct run *run, const struct expr *expr, struct rows rows,
                    struct column *ret) {
    const struct column *value = run_expr(run, expr->arguments[0], rows);
    for (uint32_t i = 0; i < rows.count; i++) {
        uint32_t row = rows.list[i];
        ((uint8_t *)ret->values)[row] = !COLUMN_VALUE(value, uint8_t, row);
        if (column_is_null(value, row)) {
            column_null_set(ret, row, run->arena);
        }
    }
}

/* and: false decides; or: true decides. A row is undecided while every argument so far was the
 * other value or null; it ends null if one of them was. */
void run_logic(struct run *run, const struct expr *expr, struct rows rows, struct column *ret) {
    if (expr->kind == EXPR_NOT) {
        run_not(run, expr, rows, ret);
        return;
    }
    bool decides = expr->kind == EXPR_OR;
    uint8_t *values = ret->values;
    struct rows open = rows;
    uint64_t *nulls = arena_zalloc(run->arena, ((size_t)run->batch->rows / 64 + 1) * sizeof *nulls);
    bool any_null = false;
    set_bool(rows, !decides, ret);
    for (uint32_t a = 0; a < expr->count && open.count > 0; a++) {
        const struct column *value = run_expr(run, expr->arguments[a], open);
        uint32_t *list = rows_new(run, open.count), count = 0;
        for (uint32_t i = 0; i < open.count; i++) {
            uint32_t row = open.list[i];
            if (column_is_null(value, row)) {
                nulls[row >> 6] |= UINT64_C(1) << (row & 63);
                any_null = true;
            } else if ((COLUMN_VALUE(value, uint8_t, row) != 0) == decides) {
                values[row] = decides;
                continue;
            }
            list[count++] = row;
        }
        open = (struct rows){.list = list, .count = count};
    }
    for (uint32_t i = 0; any_null && i < open.count; i++) {
        uint32_t row = open.list[i];
        if (nulls[row >> 6] >> (row & 63) & 1) {
            column_null_set(ret, row, run->arena);
        }
    }
}

/* Splits rows by a condition: true ones are returned, the others (false and null) replace *rest. */
static struct rows split(struct run *run, const struct expr *condition, struct rows *rest) {
    const struct column *value = run_expr(run, condition, *rest);
    uint32_t *taken = rows_new(run, rest->count), *left = rows_new(run, rest->count);
    uint32_t taken_count = 0, left_count = 0;
    for (uint32_t i = 0; i < rest->count; i++) {
        uint32_t row = rest->list[i];
        if (!column_is_null(value, row) && COLUMN_VALUE(value, uint8_t, row)) {
            taken[taken_count++] = row;
        } else {
            left[left_count++] = row;
        }
    }
    *rest = (struct rows){.list = left, .count = left_count};
    return (struct rows){.list = taken, .count = taken_count};
}

void run_case(struct run *run, const struct expr *expr, struct rows rows, struct column *ret) {
    uint32_t at = 0;
    if (expr->slot != NO_SLOT) {
        run->slots[expr->slot] = run_expr(run, expr->arguments[at++], rows);
    }
    for (; at + 1 < expr->count && rows.count > 0; at += 2) {
        struct rows taken = split(run, expr->arguments[at], &rows);
        run_expr_into(run, expr->arguments[at + 1], taken, ret);
    }
    run_expr_into(run, expr->arguments[expr->count - 1], rows, ret);
}

void run_coalesce(struct run *run, const struct expr *expr, struct rows rows, struct column *ret) {
    uint32_t width = type_width(ret->type);
    for (uint32_t a = 0; a < expr->count && rows.count > 0; a++) {
        const struct column *value = run_expr(run, expr->arguments[a], rows);
        uint32_t *left = rows_new(run, rows.count), count = 0;
        for (uint32_t i = 0; i < rows.count; i++) {
            uint32_t row = rows.list[i];
            if (column_is_null(value, row)) {
                left[count++] = row;
            } else {
                memcpy((char *)ret->values + (size_t)row * width, column_at(value, row, width),
                       width);
            }
        }
        rows = (struct rows){.list = left, .count = count};
    }
    for (uint32_t i = 0; i < rows.count; i++) {
        column_null_set(ret, rows.list[i], run->arena);
    }
}

void run_is(struct run *run, const struct expr *expr, struct rows rows, struct column *ret) {
    const struct column *value = run_expr(run, expr->arguments[0], rows);
    uint8_t *values = ret->values;
    bool null_test = expr->test == IS_NULL || expr->test == IS_NOT_NULL ||
                     expr->test == IS_UNKNOWN || expr->test == IS_NOT_UNKNOWN;
    bool negated = expr->test == IS_NOT_NULL || expr->test == IS_NOT_UNKNOWN ||
                   expr->test == IS_NOT_TRUE || expr->test == IS_NOT_FALSE;
    bool wanted = expr->test == IS_TRUE || expr->test == IS_NOT_TRUE;
    for (uint32_t i = 0; i < rows.count; i++) {
        uint32_t row = rows.list[i];
        bool null = column_is_null(value, row);
        bool holds = null_test ? null : !null && (COLUMN_VALUE(value, uint8_t, row) != 0) == wanted;
        values[row] = holds != negated;
    }
}

/* The rows of two ascending lists without common members, ascending. */
static struct rows rows_merge(struct run *run, struct rows a, struct rows b) {
    uint32_t *list = rows_new(run, a.count + b.count), i = 0, j = 0, count = 0;
    while (i < a.count || j < b.count) {
        bool first = j == b.count || (i < a.count && a.list[i] < b.list[j]);
        list[count++] = first ? a.list[i++] : b.list[j++];
    }
    return (struct rows){.list = list, .count = count};
}

static struct rows filter_or(struct run *run, const struct expr *expr, struct rows rows) {
    struct rows found = {.list = rows.list, .count = 0};
    for (uint32_t a = 0; a < expr->count && rows.count > 0; a++) {
        struct rows taken = split(run, expr->arguments[a], &rows);
        found = rows_merge(run, found, taken);
    }
    return found;
}

struct rows run_filter(struct run *run, const struct expr *expr, struct rows rows) {
    struct rows found;
    if (rows.count == 0) {
        return rows;
    }
    if (expr->kind == EXPR_AND) {
        for (uint32_t a = 0; a < expr->count; a++) {
            rows = run_filter(run, expr->arguments[a], rows);
        }
        return rows;
    }
    if (expr->kind == EXPR_OR) {
        return filter_or(run, expr, rows);
    }
    if (run_fast_filter(run, expr, rows, &found)) {
        return found;
    }
    struct rows rest = rows;
    return split(run, expr, &rest);
}
