/* SPDX-License-Identifier: Apache-2.0 */
/* Casts of json and jsonb: into one another, and scalars out of jsonb. A jsonb that is no number is
 * refused in Postgres's words, which name its kind. */
#include "engine/sql/cast_tables.h"

#include <math.h>

#include "engine/base/buffer.h"
#include "engine/record/json.h"
#include "engine/record/numeric.h"
#include "engine/record/value.h"

#define EACH(call, row)                                                                            \
    for (uint32_t each_ = 0, row; each_ < (call)->rows_count && (row = (call)->rows[each_], true); \
         each_++)
#define FROM(type_, row) COLUMN_VALUE(&call->arguments[0], type_, row)
#define TO(type_, row) (((type_ *)ret->values)[row])

/* jsonb refuses what json keeps: \u0000 and lone surrogates. */
static void json_jsonb(struct call *call, struct column *ret) {
    EACH(call, row) {
        struct value_error error = {0};
        if (!value_parse(TYPE(JSONB), FROM(struct slice, row), call->zone, call->arena,
                         &TO(struct slice, row), &error)) {
            call_fail_slice(call, row, error.code, error.message);
        }
    }
}

static void jsonb_json(struct call *call, struct column *ret) {
    EACH(call, row) {
        struct buffer out;
        buffer_init(&out, call->arena, FROM(struct slice, row).len + 16);
        jsonb_normalise(FROM(struct slice, row), call->arena, &out);
        TO(struct slice, row) = buffer_slice(&out);
    }
}

static void fail_kind(struct call *call, uint32_t row, enum json_kind kind, enum type_id to) {
    static const char *const names[] = {
        [JSON_NONE] = "value",   [JSON_NULL] = "null",      [JSON_FALSE] = "boolean",
        [JSON_TRUE] = "boolean", [JSON_NUMBER] = "numeric", [JSON_STRING] = "string",
        [JSON_ARRAY] = "array",  [JSON_OBJECT] = "object"};
    bool container = kind == JSON_ARRAY || kind == JSON_OBJECT;
    call_fail(call, row, "22023", "cannot cast jsonb %s to type %s",
              container && to == TYPE_UNKNOWN ? "array or object" : names[kind],
              cast_type_name(to));
}

static void jsonb_bool(struct call *call, struct column *ret) {
    EACH(call, row) {
        struct json_value value = json_root(FROM(struct slice, row));
        TO(uint8_t, row) = value.kind == JSON_TRUE;
        if (value.kind != JSON_TRUE && value.kind != JSON_FALSE) {
            fail_kind(call, row, value.kind, TYPE_BOOL);
        }
    }
}

static void jsonb_numeric(struct call *call, struct column *ret) {
    EACH(call, row) {
        struct json_value value = json_root(FROM(struct slice, row));
        const char *code = "22003";
        if (value.kind != JSON_NUMBER) {
            fail_kind(call, row, value.kind, TYPE_NUMERIC);
        } else if (!numeric_parse(value.text, call->arena, &TO(struct slice, row), &code)) {
            call_fail(call, row, code, "value overflows numeric format");
        }
    }
}

/* By way of numeric, as Postgres does. */
static void jsonb_number(struct call *call, struct column *ret) {
    struct column numeric;
    column_init(&numeric, TYPE(NUMERIC), ret->rows, call->arena);
    uint32_t *rows = arena_alloc(call->arena, ((size_t)call->rows_count + 1) * sizeof *rows);
    uint32_t count = 0;
    EACH(call, row) {
        struct json_value value = json_root(FROM(struct slice, row));
        const char *code = "22003";
        if (value.kind != JSON_NUMBER) {
            fail_kind(call, row, value.kind, ret->type.id);
        } else if (!numeric_parse(value.text, call->arena, &((struct slice *)numeric.values)[row],
                                  &code)) {
            call_fail(call, row, code, "value overflows numeric format");
        } else {
            rows[count++] = row;
        }
    }
    for (const struct cast *cast = casts_number; cast->run; cast++) {
        if (cast->from == TYPE_NUMERIC && cast->to == ret->type.id) {
            struct call inner = *call;
            inner.arguments = &numeric;
            inner.rows = rows;
            inner.rows_count = count;
            cast->run(&inner, ret);
        }
    }
}

const struct cast casts_json[] = {
    {TYPE_JSON, TYPE_JSONB, CAST_ASSIGNMENT, json_jsonb},
    {TYPE_JSONB, TYPE_JSON, CAST_ASSIGNMENT, jsonb_json},
    {TYPE_JSONB, TYPE_BOOL, CAST_EXPLICIT, jsonb_bool},
    {TYPE_JSONB, TYPE_NUMERIC, CAST_EXPLICIT, jsonb_numeric},
    {TYPE_JSONB, TYPE_INT2, CAST_EXPLICIT, jsonb_number},
    {TYPE_JSONB, TYPE_INT4, CAST_EXPLICIT, jsonb_number},
    {TYPE_JSONB, TYPE_INT8, CAST_EXPLICIT, jsonb_number},
    {TYPE_JSONB, TYPE_FLOAT4, CAST_EXPLICIT, jsonb_number},
    {TYPE_JSONB, TYPE_FLOAT8, CAST_EXPLICIT, jsonb_number},
    {0},
};
