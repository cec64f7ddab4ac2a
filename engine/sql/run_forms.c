/* SPDX-License-Identifier: Apache-2.0 */
/* is distinct from, nullif, greatest, least, array[...], a[i], and the comparisons with any and all
 * of an array. Nothing here is lazy but any and all, which stop at the element that decides. */
#include "engine/sql/run.h"

#include "engine/record/value.h"

static bool is_true(const struct column *column, uint32_t row) {
    return !column_is_null(column, row) && COLUMN_VALUE(column, uint8_t, row) != 0;
}

/* `a is [not] distinct from b` and `nullif(a, b)`: both turn on whether a = b. */
void run_pair(struct run *run, const struct expr *expr, struct rows rows, struct column *ret) {
    bool nullif = expr->kind == EXPR_NULLIF;
    struct column pair[2] = {*run_expr(run, expr->arguments[0], rows),
                             *run_expr(run, expr->arguments[1], rows)};
    uint32_t *list = rows_new(run, rows.count), count = 0, width = type_width(ret->type);
    struct column equal;
    column_init(&equal, TYPE(BOOL), run->batch->rows, run->arena);
    for (uint32_t i = 0; i < rows.count; i++) {
        uint32_t row = rows.list[i];
        bool a_null = column_is_null(&pair[0], row), b_null = column_is_null(&pair[1], row);
        ((uint8_t *)equal.values)[row] = !nullif && a_null && b_null;
        list[count] = row;
        count += !a_null && !b_null;
    }
    run_binary(run, expr, pair, (struct rows){.list = list, .count = count}, &equal);
    for (uint32_t i = 0; i < rows.count; i++) {
        uint32_t row = rows.list[i];
        bool same = is_true(&equal, row);
        if (!nullif) {
            ((uint8_t *)ret->values)[row] = same == expr->negated;
        } else if (same || column_is_null(&pair[0], row)) {
            column_null_set(ret, row, run->arena);
        } else {
            memcpy((char *)ret->values + (size_t)row * width, column_at(&pair[0], row, width),
                   width);
        }
    }
}

void run_extreme(struct run *run, const struct expr *expr, struct rows rows, struct column *ret) {
    uint32_t width = type_width(ret->type);
    const struct column **values = arena_alloc(run->arena, expr->count * sizeof *values);
    for (uint32_t a = 0; a < expr->count; a++) {
        values[a] = run_expr(run, expr->arguments[a], rows);
    }
    for (uint32_t i = 0; i < rows.count; i++) {
        uint32_t row = rows.list[i];
        const void *best = NULL;
        for (uint32_t a = 0; a < expr->count; a++) {
            if (column_is_null(values[a], row)) {
                continue;
            }
            const void *value = column_at(values[a], row, width);
            int order = best ? value_compare(ret->type, value, best, run->arena) : 0;
            best = !best || (expr->kind == EXPR_GREATEST ? order > 0 : order < 0) ? value : best;
        }
        if (best) {
            memcpy((char *)ret->values + (size_t)row * width, best, width);
        } else {
            column_null_set(ret, row, run->arena);
        }
    }
}

void run_array(struct run *run, const struct expr *expr, struct rows rows, struct column *ret) {
    struct type element = {.id = expr->type.id, .modifier = -1};
    uint32_t width = type_width(element), count = expr->count;
    const struct column **values = arena_alloc(run->arena, (count + 1) * sizeof *values);
    for (uint32_t a = 0; a < count; a++) {
        values[a] = run_expr(run, expr->arguments[a], rows);
    }
    for (uint32_t i = 0; i < rows.count; i++) {
        uint32_t row = rows.list[i];
        struct column elements;
        column_init(&elements, element, count, run->arena);
        for (uint32_t a = 0; a < count; a++) {
            if (column_is_null(values[a], row)) {
                column_null_set(&elements, a, run->arena);
            } else {
                memcpy((char *)elements.values + (size_t)a * width,
                       column_at(values[a], row, width), width);
            }
        }
        struct array *array = arena_alloc(run->arena, sizeof *array);
        *array = (struct array){.element = element.id,
                                .count = count,
                                .nulls = elements.nulls,
                                .values = elements.values};
        COLUMN_VALUE(ret, struct array *, row) = array;
    }
}

/* Subscripts begin at 1; outside is null. */
void run_element(struct run *run, const struct expr *expr, struct rows rows, struct column *ret) {
    const struct column *arrays = run_expr(run, expr->arguments[0], rows);
    const struct column *indices = run_expr(run, expr->arguments[1], rows);
    uint32_t width = type_width(ret->type);
    for (uint32_t i = 0; i < rows.count; i++) {
        uint32_t row = rows.list[i];
        bool null = column_is_null(arrays, row) || column_is_null(indices, row);
        const struct array *array = null ? NULL : COLUMN_VALUE(arrays, struct array *, row);
        int32_t index = null ? 0 : COLUMN_VALUE(indices, int32_t, row);
        if (null || index < 1 || (uint32_t)index > array->count ||
            array_is_null(array, (uint32_t)index - 1)) {
            column_null_set(ret, row, run->arena);
            continue;
        }
        const char *from = (const char *)array->values + ((size_t)index - 1) * width;
        memcpy((char *)ret->values + (size_t)row * width, from, width);
    }
}
