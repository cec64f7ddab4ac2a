/* SPDX-License-Identifier: Apache-2.0 */
/* States of aggregates. Sums of integers are kept in 128 bits and sums of numeric exactly, so that
 * the result does not depend on how the rows were split; sums of floats add in order, as Postgres
 * does. */
#include "engine/sql/fold.h"

#include <math.h>

#include "engine/record/value.h"
#include "engine/sql/cast.h"

static int64_t integer_value(const struct column *column, uint32_t row) {
    switch (column->type.id) {
    case TYPE_INT2:
        return COLUMN_VALUE(column, int16_t, row);
    case TYPE_INT4:
        return COLUMN_VALUE(column, int32_t, row);
    default:
        return COLUMN_VALUE(column, int64_t, row);
    }
}

static void interval_sum(struct state *state, struct interval add) {
    struct interval *sum = &state->interval;
    state->overflow |= __builtin_add_overflow(sum->us, add.us, &sum->us);
    state->overflow |= __builtin_add_overflow(sum->days, add.days, &sum->days);
    state->overflow |= __builtin_add_overflow(sum->months, add.months, &sum->months);
}

static void real_sum(struct state *state, double add, enum type_id result) {
    state->infinite |= !isfinite(add);
    state->real += add;
    if (result == TYPE_FLOAT4) {
        state->real = (float)state->real;
    }
}

static void sum_add(const struct state_context *context, struct state *state,
                    const struct column *column, uint32_t row) {
    switch (column->type.id) {
    case TYPE_FLOAT4:
        real_sum(state, COLUMN_VALUE(column, float, row), context->aggregate->type.id);
        break;
    case TYPE_FLOAT8:
        real_sum(state, COLUMN_VALUE(column, double, row), TYPE_FLOAT8);
        break;
    case TYPE_NUMERIC:
        state->numeric = state->numeric ? state->numeric : numeric_sum_new(context->arena);
        numeric_sum_add(state->numeric, COLUMN_VALUE(column, struct slice, row));
        break;
    case TYPE_INTERVAL:
        interval_sum(state, COLUMN_VALUE(column, struct interval, row));
        break;
    default:
        state->integer += integer_value(column, row);
        break;
    }
}

/* Copies over the bytes of the best so far when they have room, so that a rising maximum does not
 * fill the arena. */
static void best_keep(const struct state_context *context, struct state *state,
                      struct slice value) {
    struct slice *best = (struct slice *)state->best;
    char *room = (char *)(uintptr_t)best->data;
    if (state->count == 0 || value.len > state->best[2]) {
        state->best[2] = value.len * 2 + 16;
        room = arena_alloc(context->arena, state->best[2]);
    }
    if (value.len) {
        memcpy(room, value.data, value.len);
    }
    *best = slice_make(room, value.len);
}

static void best_add(const struct state_context *context, struct state *state, struct type type,
                     const void *value) {
    if (state->count > 0) {
        int order = value_compare(type, value, state->best, context->scratch);
        if (context->aggregate->kind == SQL_MIN ? order >= 0 : order <= 0) {
            return;
        }
    }
    if (context->borrow) {
        memcpy(state->best, value, type_width(type));
    } else if (type.id == TYPE_TEXT || type.id == TYPE_NUMERIC) {
        best_keep(context, state, *(const struct slice *)value);
    } else {
        value_copy(type, value, context->arena, state->best);
    }
}

static void accumulate(const struct state_context *context, struct state *state,
                       const struct column *column, uint32_t row) {
    switch (context->aggregate->kind) {
    case SQL_SUM:
    case SQL_AVG:
        sum_add(context, state, column, row);
        break;
    case SQL_MIN:
    case SQL_MAX:
        best_add(context, state, column->type, column_at(column, row, type_width(column->type)));
        break;
    case SQL_BOOL_AND:
        state->best[0] =
            (state->count == 0 || state->best[0]) && COLUMN_VALUE(column, uint8_t, row);
        break;
    case SQL_BOOL_OR:
        state->best[0] = state->best[0] || COLUMN_VALUE(column, uint8_t, row);
        break;
    case SQL_COUNT:
    case SQL_NOT_AGGREGATE:
        break;
    }
    state->count++;
}

/* Adds a value that was not seen before; the table keeps its key and the state its value, for
 * merging. */
static void distinct_add(const struct state_context *context, struct state *state,
                         const struct column *column, uint32_t row, struct slice key) {
    uint32_t width = type_width(column->type);
    bool fresh;
    if (!state->distinct) {
        state->distinct = arena_alloc(context->arena, sizeof *state->distinct);
        key_table_init(state->distinct, context->arena);
    }
    uint32_t number = key_table_add(state->distinct, key, &fresh);
    if (!fresh) {
        return;
    }
    if (context->aggregate->kind != SQL_COUNT) {
        if (number == state->distinct_capacity) {
            uint32_t capacity = number ? number * 2 : 8;
            state->distinct_values = arena_grow(context->arena, state->distinct_values,
                                                (size_t)number * width, (size_t)capacity * width);
            state->distinct_capacity = capacity;
        }
        value_copy(column->type, column_at(column, row, width), context->arena,
                   (char *)state->distinct_values + (size_t)number * width);
    }
    accumulate(context, state, column, row);
}

void state_add(const struct state_context *context, struct state *state,
               const struct column *column, uint32_t row) {
    if (!context->aggregate->distinct) {
        accumulate(context, state, column, row);
        return;
    }
    struct buffer key;
    buffer_init(&key, context->scratch, 64);
    key_encode(column, row, context->scratch, &key);
    distinct_add(context, state, column, row, buffer_slice(&key));
}

static void distinct_merge(const struct state_context *context, struct state *state,
                           const struct state *next) {
    struct column column = {.type = context->aggregate->argument->type,
                            .values = next->distinct_values};
    for (uint32_t i = 0; next->distinct && i < next->distinct->count; i++) {
        distinct_add(context, state, &column, i, next->distinct->keys[i]);
    }
}

static void sum_merge(const struct state_context *context, struct state *state,
                      const struct state *next) {
    switch (context->aggregate->argument->type.id) {
    case TYPE_FLOAT4:
    case TYPE_FLOAT8:
        real_sum(state, next->real, context->aggregate->type.id);
        state->infinite |= next->infinite;
        break;
    case TYPE_NUMERIC:
        state->numeric = state->numeric ? state->numeric : numeric_sum_new(context->arena);
        numeric_sum_merge(state->numeric, next->numeric);
        break;
    case TYPE_INTERVAL:
        interval_sum(state, next->interval);
        state->overflow |= next->overflow;
        break;
    default:
        state->integer += next->integer;
        break;
    }
}

void state_merge(const struct state_context *context, struct state *state,
                 const struct state *next) {
    enum sql_aggregate kind = context->aggregate->kind;
    if (context->aggregate->distinct) {
        distinct_merge(context, state, next);
        return;
    }
    if (next->count == 0) {
        return;
    }
    if (kind == SQL_SUM || kind == SQL_AVG) {
        sum_merge(context, state, next);
    } else if (kind == SQL_MIN || kind == SQL_MAX) {
        best_add(context, state, context->aggregate->argument->type, next->best);
    } else if (kind == SQL_BOOL_AND) {
        state->best[0] = (state->count == 0 || state->best[0]) && next->best[0];
    } else if (kind == SQL_BOOL_OR) {
        state->best[0] = state->best[0] || next->best[0];
    }
    state->count += next->count;
}

static struct slice integer_text(__int128 value, struct arena *arena) {
    char text[48], *at = text + sizeof text;
    unsigned __int128 rest = value < 0 ? -(unsigned __int128)value : (unsigned __int128)value;
    do {
        *--at = (char)('0' + (int)(rest % 10));
        rest /= 10;
    } while (rest);
    if (value < 0) {
        *--at = '-';
    }
    return arena_copy(arena, slice_make(at, (size_t)(text + sizeof text - at)));
}

static bool out_of_range(struct call_failure *ret, const char *code, const char *message) {
    *ret = (struct call_failure){.code = code, .message = slice_of(message)};
    return false;
}

static bool finish_real(const struct state_context *context, const struct state *state,
                        struct column *ret, uint32_t row, struct call_failure *failure) {
    double sum = state->real;
    if (isinf(sum) && !state->infinite) {
        return out_of_range(failure, "22003", "value out of range: overflow");
    }
    sum = context->aggregate->kind == SQL_AVG ? sum / (double)state->count : sum;
    if (ret->type.id == TYPE_FLOAT4) {
        ((float *)ret->values)[row] = (float)sum;
    } else {
        ((double *)ret->values)[row] = sum;
    }
    return true;
}

static bool finish_exact(const struct state_context *context, const struct state *state,
                         struct column *ret, uint32_t row, struct call_failure *failure) {
    struct slice sum;
    if (context->aggregate->argument->type.id == TYPE_NUMERIC) {
        numeric_sum_get(state->numeric, context->arena, &sum);
    } else if (ret->type.id == TYPE_INT8) {
        ((int64_t *)ret->values)[row] = (int64_t)state->integer;
        return (int64_t)state->integer == state->integer
                   ? true
                   : out_of_range(failure, "22003", "bigint out of range");
    } else {
        sum = integer_text(state->integer, context->arena);
    }
    const char *code = NULL;
    if (context->aggregate->kind == SQL_AVG) {
        struct slice count;
        numeric_from_int8(state->count, context->arena, &count);
        code = numeric_divide(sum, count, context->arena, &sum);
    }
    ((struct slice *)ret->values)[row] = sum;
    return code ? out_of_range(failure, code, "value overflows numeric format") : true;
}

static bool finish_sum(const struct state_context *context, const struct state *state,
                       struct column *ret, uint32_t row, struct call_failure *failure) {
    switch (context->aggregate->argument->type.id) {
    case TYPE_FLOAT4:
    case TYPE_FLOAT8:
        return finish_real(context, state, ret, row, failure);
    case TYPE_INTERVAL:
        ((struct interval *)ret->values)[row] = state->interval;
        return state->overflow ? out_of_range(failure, "22008", "interval out of range") : true;
    default:
        return finish_exact(context, state, ret, row, failure);
    }
}

bool state_finish(const struct state_context *context, const struct state *state,
                  struct column *ret, uint32_t row, struct call_failure *failure) {
    if (context->aggregate->kind == SQL_COUNT) {
        ((int64_t *)ret->values)[row] = state->count;
        return true;
    }
    if (state->count == 0) {
        column_null_set(ret, row, context->arena);
        return true;
    }
    switch (context->aggregate->kind) {
    case SQL_SUM:
    case SQL_AVG:
        return finish_sum(context, state, ret, row, failure);
    case SQL_MIN:
    case SQL_MAX:
        memcpy((char *)ret->values + (size_t)row * type_width(ret->type), state->best,
               type_width(ret->type));
        return true;
    default:
        ((uint8_t *)ret->values)[row] = state->best[0] != 0;
        return true;
    }
}
