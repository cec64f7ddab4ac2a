/* SPDX-License-Identifier: Apache-2.0 */
/* `x op any (array)` and `x op all (array)`, also `x in (constants)`. In general the operator runs
 * element by element over the rows that are not yet decided, in memory that all elements share.
 * Equality with a constant array of some length is a look-up in a table made when the statement was
 * bound. */
#include "engine/sql/fold.h"

enum { MEMBERS_MIN = 5 };

/* State of one any or all over a list of rows: those undecided go on to the next element. */
struct quantified {
    struct run *run;
    const struct expr *expr;
    struct column *ret;
    const struct column *left;
    bool decides;        /* any: true ends it; all: false */
    uint64_t *null_seen; /* by row: an element or a comparison was null */
    struct column equal; /* what the operator says of the element at hand */
    uint32_t *compared;  /* rows whose element is not null */
    uint32_t *open[2];   /* undecided rows, the list at hand and the next */
};

static uint64_t *bitmap_new(struct run *run) {
    return arena_zalloc(run->arena, ((size_t)run->batch->rows / 64 + 1) * sizeof(uint64_t));
}

static bool bit_is_set(const uint64_t *bitmap, uint32_t row) {
    return bitmap[row >> 6] >> (row & 63) & 1;
}

static void quantified_init(struct quantified *state, struct run *run, uint32_t rows_count) {
    state->null_seen = bitmap_new(run);
    state->compared = rows_new(run, rows_count);
    state->open[0] = rows_new(run, rows_count);
    state->open[1] = rows_new(run, rows_count);
    column_init(&state->equal, TYPE(BOOL), run->batch->rows, run->arena);
    column_nulls_make(&state->equal, run->arena);
}

/* Compares the rows with one element each (a column); returns those still undecided. */
static struct rows quantified_step(struct quantified *state, const struct column *element,
                                   struct rows rows) {
    struct run *run = state->run;
    struct column pair[2] = {*state->left, *element}, *equal = &state->equal;
    uint32_t *open = rows.list == state->open[0] ? state->open[1] : state->open[0];
    uint32_t count = 0, left = 0;
    for (uint32_t i = 0; i < rows.count; i++) {
        uint32_t row = rows.list[i];
        equal->nulls[row >> 6] &= ~(UINT64_C(1) << (row & 63));
        if (column_is_null(element, row)) {
            column_null_set(equal, row, run->arena);
        } else {
            state->compared[count++] = row;
        }
    }
    run_binary(run, state->expr, pair, (struct rows){.list = state->compared, .count = count},
               equal);
    for (uint32_t i = 0; i < rows.count; i++) {
        uint32_t row = rows.list[i];
        bool null = column_is_null(equal, row);
        if (!null && (COLUMN_VALUE(equal, uint8_t, row) != 0) == state->decides) {
            ((uint8_t *)state->ret->values)[row] = state->decides;
            continue;
        }
        if (null) {
            state->null_seen[row >> 6] |= UINT64_C(1) << (row & 63);
        }
        open[left++] = row;
    }
    return (struct rows){.list = open, .count = left};
}

/* Rows that ran out of elements: not decided, null if a null was seen. */
static void quantified_end(struct quantified *state, struct rows rows) {
    for (uint32_t i = 0; i < rows.count; i++) {
        uint32_t row = rows.list[i];
        ((uint8_t *)state->ret->values)[row] = !state->decides;
        if (bit_is_set(state->null_seen, row)) {
            column_null_set(state->ret, row, state->run->arena);
        }
    }
}

/* One array for all rows: its elements are constants. */
static void quantified_constant(struct quantified *state, const struct array *array,
                                struct rows rows) {
    static uint64_t one_null[] = {1};
    struct type element = {.id = array->element, .modifier = -1};
    uint32_t width = type_width(element);
    for (uint32_t i = 0; i < array->count && rows.count > 0; i++) {
        struct column column = {.type = element,
                                .rows = 1,
                                .constant = true,
                                .values = (char *)(uintptr_t)array->values + (size_t)i * width,
                                .nulls = array_is_null(array, i) ? one_null : NULL};
        rows = quantified_step(state, &column, rows);
    }
    quantified_end(state, rows);
}

/* Puts the i-th element of each row's array into the column; rows whose array has ended are settled
 * and left out of what is returned. */
static struct rows elements_at(struct quantified *state, const struct column *arrays, uint32_t i,
                               struct rows rows, struct column *elements) {
    uint32_t width = type_width(elements->type), count = 0;
    uint32_t *list = (uint32_t *)(uintptr_t)rows.list; /* one of ours: narrowed in place */
    for (uint32_t k = 0; k < rows.count; k++) {
        uint32_t row = rows.list[k];
        const struct array *array = COLUMN_VALUE(arrays, struct array *, row);
        if (i >= array->count) {
            quantified_end(state, (struct rows){.list = &rows.list[k], .count = 1});
            continue;
        }
        list[count++] = row;
        elements->nulls[row >> 6] &= ~(UINT64_C(1) << (row & 63));
        if (array_is_null(array, i)) {
            column_null_set(elements, row, state->run->arena);
        } else {
            memcpy((char *)elements->values + (size_t)row * width,
                   (const char *)array->values + (size_t)i * width, width);
        }
    }
    return (struct rows){.list = list, .count = count};
}

static void quantified_arrays(struct quantified *state, const struct column *arrays,
                              struct rows rows) {
    struct run *run = state->run;
    struct column elements;
    column_init(&elements, (struct type){.id = arrays->type.id, .modifier = -1}, run->batch->rows,
                run->arena);
    column_nulls_make(&elements, run->arena);
    for (uint32_t i = 0; rows.count > 0; i++) {
        rows = elements_at(state, arrays, i, rows, &elements);
        rows = quantified_step(state, &elements, rows);
    }
}

/* The table of a constant array's elements, kept in expr->prepared. */
struct members {
    struct key_table table;
    bool has_null;
};

void *members_new(const struct expr *expr, struct arena *arena) {
    const struct expr *left = expr->arguments[0], *right = expr->arguments[1];
    bool equality = strcmp(expr->function->name, expr->kind == EXPR_ANY ? "=" : "<>") == 0;
    if (!equality || right->kind != EXPR_CONSTANT || column_is_null(&right->constant, 0) ||
        left->type.id != right->type.id || left->type.array || left->type.blank_padded) {
        return NULL;
    }
    const struct array *array = *(struct array *const *)right->constant.values;
    if (array->count < MEMBERS_MIN) {
        return NULL;
    }
    struct members *members = arena_zalloc(arena, sizeof *members);
    struct column column = {.type = {.id = array->element, .modifier = -1},
                            .rows = array->count,
                            .values = (void *)(uintptr_t)array->values};
    struct buffer key;
    key_table_init(&members->table, arena);
    buffer_init(&key, arena, 64);
    for (uint32_t i = 0; i < array->count; i++) {
        bool fresh;
        key.len = 0;
        members->has_null |= array_is_null(array, i);
        if (!array_is_null(array, i)) {
            key_encode(&column, i, arena, &key);
            key_table_add(&members->table, buffer_slice(&key), &fresh);
        }
    }
    return members;
}

static void members_run(struct quantified *state, struct rows rows) {
    const struct members *members = state->expr->prepared;
    struct buffer key;
    buffer_init(&key, state->run->arena, 256);
    for (uint32_t i = 0; i < rows.count; i++) {
        uint32_t row = rows.list[i];
        key.len = 0;
        key_encode(state->left, row, state->run->arena, &key);
        bool found = key_table_has(&members->table, buffer_slice(&key));
        ((uint8_t *)state->ret->values)[row] = found == state->decides;
        if (!found && members->has_null) {
            column_null_set(state->ret, row, state->run->arena);
        }
    }
}

/* Sets what needs no comparison: no array or no left side is null, an empty array decides nothing.
 * Returns the rows that are left. */
static struct rows settle_simple(struct quantified *state, const struct column *arrays,
                                 struct rows rows) {
    uint32_t *list = rows_new(state->run, rows.count), count = 0;
    for (uint32_t i = 0; i < rows.count; i++) {
        uint32_t row = rows.list[i];
        bool no_array = column_is_null(arrays, row);
        bool empty = !no_array && COLUMN_VALUE(arrays, struct array *, row)->count == 0;
        ((uint8_t *)state->ret->values)[row] = !state->decides;
        if (no_array || (column_is_null(state->left, row) && !empty)) {
            column_null_set(state->ret, row, state->run->arena);
        } else if (!empty) {
            list[count++] = row;
        }
    }
    return (struct rows){.list = list, .count = count};
}

void run_quantified(struct run *run, const struct expr *expr, struct rows rows,
                    struct column *ret) {
    const struct column *left = run_expr(run, expr->arguments[0], rows);
    const struct column *arrays = run_expr(run, expr->arguments[1], rows);
    struct quantified state = {
        .run = run, .expr = expr, .ret = ret, .left = left, .decides = expr->kind == EXPR_ANY};
    rows = settle_simple(&state, arrays, rows);
    if (rows.count == 0) {
        return;
    }
    if (expr->prepared) {
        members_run(&state, rows);
        return;
    }
    quantified_init(&state, run, rows.count);
    if (arrays->constant) {
        quantified_constant(&state, COLUMN_VALUE(arrays, struct array *, 0), rows);
    } else {
        quantified_arrays(&state, arrays, rows);
    }
}
