/* SPDX-License-Identifier: Apache-2.0 */
/* Finds casts and runs those that go through text, arrays and modifiers. The pairs with code of
 * their own are in cast_number.c and cast_time.c. */
#include "engine/sql/cast_tables.h"

#include <assert.h>

#include "engine/base/buffer.h"
#include "engine/record/value.h"

const char *cast_type_name(enum type_id id) {
    static const char *const names[TYPE_ID_COUNT] = {
        [TYPE_UNKNOWN] = "unknown",
        [TYPE_BOOL] = "boolean",
        [TYPE_INT2] = "smallint",
        [TYPE_INT4] = "integer",
        [TYPE_INT8] = "bigint",
        [TYPE_FLOAT4] = "real",
        [TYPE_FLOAT8] = "double precision",
        [TYPE_NUMERIC] = "numeric",
        [TYPE_TEXT] = "text",
        [TYPE_BYTEA] = "bytea",
        [TYPE_UUID] = "uuid",
        [TYPE_DATE] = "date",
        [TYPE_TIME] = "time without time zone",
        [TYPE_TIMESTAMP] = "timestamp without time zone",
        [TYPE_TIMESTAMPTZ] = "timestamp with time zone",
        [TYPE_INTERVAL] = "interval",
        [TYPE_JSON] = "json",
        [TYPE_JSONB] = "jsonb",
    };
    return names[id];
}

static const struct cast *table_find(enum type_id from, enum type_id to) {
    static const struct cast *const tables[] = {casts_number, casts_time, casts_json};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        for (const struct cast *cast = tables[i]; cast->run; cast++) {
            if (cast->from == from && cast->to == to) {
                return cast;
            }
        }
    }
    return NULL;
}

enum cast_context cast_find(struct type from, struct type to, enum cast_kind *ret_kind,
                            const struct cast **ret_cast) {
    *ret_cast = NULL;
    *ret_kind = CAST_SAME;
    if (from.id == to.id && from.array == to.array) {
        return CAST_IMPLICIT;
    }
    if (from.id == TYPE_UNKNOWN && !from.array) {
        *ret_kind = CAST_READ;
        return CAST_IMPLICIT;
    }
    if (!to.array && to.id == TYPE_TEXT &&
        (from.array || !(*ret_cast = table_find(from.id, to.id)))) {
        *ret_kind = CAST_PRINT;
        return CAST_ASSIGNMENT;
    }
    if (!from.array && from.id == TYPE_TEXT &&
        (to.array || !(*ret_cast = table_find(from.id, to.id)))) {
        *ret_kind = CAST_READ;
        return CAST_EXPLICIT;
    }
    if (from.array != to.array) {
        return CAST_NONE;
    }
    if (from.array) {
        enum cast_context context =
            cast_find((struct type){.id = from.id, .modifier = -1},
                      (struct type){.id = to.id, .modifier = -1}, ret_kind, ret_cast);
        *ret_kind = CAST_ELEMENTS;
        return context;
    }
    *ret_cast = table_find(from.id, to.id);
    *ret_kind = CAST_FUNCTION;
    return *ret_cast ? (*ret_cast)->context : CAST_NONE;
}

static const void *value_at(const struct column *column, uint32_t row) {
    return (const char *)column->values +
           (size_t)column_index(column, row) * type_width(column->type);
}

static void run_print(struct call *call, struct column *ret) {
    const struct column *from = &call->arguments[0];
    struct type type = from->type.id == TYPE_UNKNOWN ? TYPE(TEXT) : from->type;
    struct buffer out;
    buffer_init(&out, call->arena, (size_t)call->rows_count * 16 + 64);
    size_t start = 0;
    for (uint32_t i = 0; i < call->rows_count; i++) {
        uint32_t row = call->rows[i];
        if (out.len > (4u << 20)) { /* growing would copy: begin anew */
            buffer_init(&out, call->arena, 64 << 10);
            start = 0;
        }
        value_print(type, value_at(from, row), call->zone, &out);
        /* A buffer that moved leaves its old bytes in the arena, so earlier slices stay good. */
        COLUMN_VALUE(ret, struct slice, row) = slice_make(out.data + start, out.len - start);
        start = out.len;
    }
}

static void run_read(struct call *call, struct column *ret) {
    const struct column *from = &call->arguments[0];
    size_t width = type_width(ret->type);
    for (uint32_t i = 0; i < call->rows_count; i++) {
        uint32_t row = call->rows[i];
        struct slice text = COLUMN_VALUE(from, struct slice, row);
        struct value_error error = {0};
        if (!value_parse(ret->type, text, call->zone, call->arena,
                         (char *)ret->values + row * width, &error)) {
            call_fail_slice(call, row, error.code, error.message);
        }
    }
}

static void run_copy(struct call *call, struct column *ret) {
    const struct column *from = &call->arguments[0];
    size_t width = type_width(ret->type);
    for (uint32_t i = 0; i < call->rows_count; i++) {
        uint32_t row = call->rows[i];
        memcpy((char *)ret->values + row * width, value_at(from, row), width);
    }
    if (from->type.id == TYPE_TEXT && from->type.blank_padded && !ret->type.blank_padded &&
        !from->type.array) {
        for (uint32_t i = 0; i < call->rows_count;
             i++) { /* char(n) to text: trailing blanks mean nothing */
            struct slice *text = &COLUMN_VALUE(ret, struct slice, call->rows[i]);
            while (text->len > 0 && text->data[text->len - 1] == ' ') {
                text->len--;
            }
        }
    }
}

/* Values of another row numbering: the elements of one array are the rows of a small call. A
 * failing element fails the row. */
static void run_elements_row(struct call *call, uint32_t row, struct column *ret) {
    const struct array *from = COLUMN_VALUE(&call->arguments[0], struct array *, row);
    struct type element = {.id = from->element, .modifier = -1};
    struct type target = {
        .id = ret->type.id, .modifier = ret->type.modifier, .blank_padded = ret->type.blank_padded};
    enum cast_kind kind;
    const struct cast *found;
    (void)cast_find(element, target, &kind, &found);
    struct column values = {.type = element,
                            .rows = from->count,
                            .values = (void *)(uintptr_t)from->values,
                            .nulls = (uint64_t *)(uintptr_t)from->nulls};
    struct column result;
    column_init(&result, target, from->count, call->arena);
    uint32_t *rows = arena_alloc(call->arena, ((size_t)from->count + 1) * sizeof *rows);
    uint32_t count = 0;
    for (uint32_t i = 0; i < from->count; i++) {
        if (column_is_null(&values, i)) {
            column_null_set(&result, i, call->arena);
        } else {
            rows[count++] = i;
        }
    }
    struct call_failure failure = {0};
    struct call inner = {.batch = call->batch,
                         .arena = call->arena,
                         .zone = call->zone,
                         .rows = rows,
                         .rows_count = count,
                         .arguments = &values,
                         .arguments_count = 1,
                         .result = &result,
                         .failure = &failure,
                         .detached = true};
    cast_run(&inner, kind, found, true, &result);
    if (failure.code) {
        call_fail_slice(call, row, failure.code, failure.message);
        return;
    }
    struct array *array = arena_alloc(call->arena, sizeof *array);
    *array = (struct array){
        .element = target.id, .count = from->count, .nulls = result.nulls, .values = result.values};
    COLUMN_VALUE(ret, struct array *, row) = array;
}

static void run_modify(struct call *call, bool explicit_cast, struct column *ret) {
    size_t width = type_width(ret->type);
    for (uint32_t i = 0; i < call->rows_count; i++) {
        uint32_t row = call->rows[i];
        struct value_error error = {0};
        if (!column_is_null(ret, row) && !value_modify(ret->type, (char *)ret->values + row * width,
                                                       explicit_cast, call->arena, &error)) {
            call_fail_slice(call, row, error.code, error.message);
        }
    }
}

void cast_run(struct call *call, enum cast_kind kind, const struct cast *cast, bool explicit_cast,
              struct column *ret) {
    switch (kind) {
    case CAST_SAME:
        run_copy(call, ret);
        break;
    case CAST_FUNCTION:
        cast->run(call, ret);
        break;
    case CAST_PRINT:
        run_print(call, ret);
        break;
    case CAST_READ: {
        struct type type = ret->type;
        if (explicit_cast && type.id == TYPE_TEXT) {
            ret->type.modifier = -1; /* cut below instead of failing */
        }
        run_read(call, ret);
        ret->type = type;
        break;
    }
    case CAST_ELEMENTS:
        for (uint32_t i = 0; i < call->rows_count; i++) {
            run_elements_row(call, call->rows[i], ret);
        }
        break;
    }
    if (ret->type.modifier >= 0 && !ret->type.array &&
        (kind != CAST_READ || ret->type.id == TYPE_TEXT)) {
        run_modify(call, explicit_cast, ret);
    }
}
