/* SPDX-License-Identifier: Apache-2.0 */
/* is distinct from, nullif, greatest, least, array[...], a[i], and the comparisons with any and all
 * of an array. Nothing here is lazy but any and all, which stop at the element that decides. */
#include "engine/sql/run.h"

#include "engine/record/value.h"

static bool is_true(const struct column *column, uint32_t row) {
    return !column_is_null(column, row) && COLUMN_VALUE(column, uint8_t, row) != 0;
}

/* `a is [not] distinct from b`: arguments a, b. `nullif(a, b)`: arguments a, then a and b as =
 * takes them. */
void run_pair(struct run *run, const struct expr *expr, struct rows rows, struct column *ret) {
    bool nullif = expr->kind == EXPR_NULLIF;
    const struct column *first = nullif ? run_expr(run, expr->arguments[0], rows) : NULL;
    struct column pair[2] = {*run_expr(run, expr->arguments[nullif], rows),
                             *run_expr(run, expr->arguments[nullif + 1], rows)};
    uint32_t *list = rows_new(run, rows.count), count = 0;
    struct column equal;
    column_init(&equal, TYPE(BOOL), run->batch->rows, run->arena);
    for (uint32_t i = 0; i < rows.count; i++) {
        uint32_t row = rows.list[i];
        if (!column_is_null(&pair[0], row) && !column_is_null(&pair[1], row)) {
            list[count++] = row;
        } else {
            ((uint8_t *)equal.values)[row] =
                !nullif && column_is_null(&pair[0], row) && column_is_null(&pair[1], row);
        }
    }
    run_binary(run, expr, pair, (struct rows){.list = list, .count = count}, &equal);
    uint32_t width = type_width(ret->type);
    for (uint32_t i = 0; i < rows.count; i++) {
        uint32_t row = rows.list[i];
        bool same = is_true(&equal, row);
        if (!nullif) {
            ((uint8_t *)ret->values)[row] = same == expr->negated;
        } else if (same || column_is_null(first, row)) {
            column_null_set(ret, row, run->arena);
        } else {
            memcpy((char *)ret->values + (size_t)row * width, column_at(first, row, width), width);
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

static bool element_is_null(const struct array *array, uint32_t i) {
    return array->nulls && (array->nulls[i >> 6] >> (i & 63) & 1);
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
            element_is_null(array, (uint32_t)index - 1)) {
            column_null_set(ret, row, run->arena);
            continue;
        }
        const char *from = (const char *)array->values + ((size_t)index - 1) * width;
        memcpy((char *)ret->values + (size_t)row * width, from, width);
    }
}

/* State of one any or all over a list of rows: those undecided go on to the next element. */
struct quantified {
    struct run *run;
    const struct expr *expr;
    struct column *ret;
    const struct column *left;
    bool decides; /* any: true ends it; all: false */
};

/* Compares the rows with one element each (a column); returns those still undecided. */
static struct rows quantified_step(struct quantified *state, const struct column *element,
                                   struct rows rows, uint64_t *null_seen) {
    struct run *run = state->run;
    uint32_t *list = rows_new(run, rows.count), *open = rows_new(run, rows.count), count = 0,
             left = 0;
    struct column pair[2] = {*state->left, *element}, equal;
    column_init(&equal, TYPE(BOOL), run->batch->rows, run->arena);
    for (uint32_t i = 0; i < rows.count; i++) {
        uint32_t row = rows.list[i];
        if (column_is_null(element, row)) {
            column_null_set(&equal, row, run->arena);
        } else {
            list[count++] = row;
        }
    }
    run_binary(run, state->expr, pair, (struct rows){.list = list, .count = count}, &equal);
    for (uint32_t i = 0; i < rows.count; i++) {
        uint32_t row = rows.list[i];
        if (column_is_null(&equal, row)) {
            null_seen[row >> 6] |= UINT64_C(1) << (row & 63);
            open[left++] = row;
        } else if ((COLUMN_VALUE(&equal, uint8_t, row) != 0) == state->decides) {
            ((uint8_t *)state->ret->values)[row] = state->decides;
        } else {
            open[left++] = row;
        }
    }
    return (struct rows){.list = open, .count = left};
}

/* The i-th element of each row's array as a column; rows whose array is shorter are dropped from
 * *rows. */
static struct column elements_at(struct run *run, const struct column *arrays, uint32_t i,
                                 struct type element, struct rows *rows, struct rows *ret_ended) {
    uint32_t width = type_width(element);
    uint32_t *list = rows_new(run, rows->count), *ended = rows_new(run, rows->count), count = 0,
             ended_count = 0;
    struct column column;
    column_init(&column, element, run->batch->rows, run->arena);
    for (uint32_t k = 0; k < rows->count; k++) {
        uint32_t row = rows->list[k];
        const struct array *array = COLUMN_VALUE(arrays, struct array *, row);
        if (i >= array->count) {
            ended[ended_count++] = row;
            continue;
        }
        list[count++] = row;
        if (element_is_null(array, i)) {
            column_null_set(&column, row, run->arena);
        } else {
            memcpy((char *)column.values + (size_t)row * width,
                   (const char *)array->values + (size_t)i * width, width);
        }
    }
    *rows = (struct rows){.list = list, .count = count};
    *ret_ended = (struct rows){.list = ended, .count = ended_count};
    return column;
}

/* Rows that ran out of elements: not decided, null if a null was seen. */
static void quantified_end(struct quantified *state, struct rows rows, const uint64_t *null_seen) {
    for (uint32_t i = 0; i < rows.count; i++) {
        uint32_t row = rows.list[i];
        ((uint8_t *)state->ret->values)[row] = !state->decides;
        if (null_seen[row >> 6] >> (row & 63) & 1) {
            column_null_set(state->ret, row, state->run->arena);
        }
    }
}

/* One array for all rows: its elements are constants. */
static void quantified_constant(struct quantified *state, const struct array *array,
                                struct rows rows, uint64_t *null_seen) {
    struct type element = {.id = array->element, .modifier = -1};
    uint32_t width = type_width(element);
    static uint64_t one_null[] = {1};
    for (uint32_t i = 0; i < array->count && rows.count > 0; i++) {
        struct column column = {.type = element,
                                .rows = 1,
                                .constant = true,
                                .values = (char *)(uintptr_t)array->values + (size_t)i * width,
                                .nulls = element_is_null(array, i) ? one_null : NULL};
        rows = quantified_step(state, &column, rows, null_seen);
    }
    quantified_end(state, rows, null_seen);
}

void run_quantified(struct run *run, const struct expr *expr, struct rows rows,
                    struct column *ret) {
    const struct column *left = run_expr(run, expr->arguments[0], rows);
    const struct column *arrays = run_expr(run, expr->arguments[1], rows);
    struct quantified state = {
        .run = run, .expr = expr, .ret = ret, .left = left, .decides = expr->kind == EXPR_ANY};
    uint64_t *null_seen =
        arena_zalloc(run->arena, ((size_t)run->batch->rows / 64 + 1) * sizeof *null_seen);
    uint32_t *list = rows_new(run, rows.count), count = 0;
    for (uint32_t i = 0; i < rows.count; i++) {
        uint32_t row = rows.list[i];
        bool no_array = column_is_null(arrays, row);
        bool empty = !no_array && COLUMN_VALUE(arrays, struct array *, row)->count == 0;
        ((uint8_t *)ret->values)[row] = !state.decides;
        if (no_array || (column_is_null(left, row) && !empty)) {
            column_null_set(ret, row, run->arena);
        } else if (!empty) {
            list[count++] = row;
        }
    }
    rows = (struct rows){.list = list, .count = count};
    if (arrays->constant && count > 0) {
        quantified_constant(&state, COLUMN_VALUE(arrays, struct array *, 0), rows, null_seen);
        return;
    }
    struct type element = {.id = expr->arguments[1]->type.id, .modifier = -1};
    for (uint32_t i = 0; rows.count > 0; i++) {
        struct rows ended;
        struct column column = elements_at(run, arrays, i, element, &rows, &ended);
        quantified_end(&state, ended, null_seen);
        rows = quantified_step(&state, &column, rows, null_seen);
    }
}
