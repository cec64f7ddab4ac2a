/* SPDX-License-Identifier: Apache-2.0 */
/* The one door from text to values: picks the parser of the type, then applies the modifier as
 * an assignment does. A type without its own parser (numeric, json) is translated to messages
 * here. */
#include "engine/record/json.h"
#include "engine/record/numeric.h"
#include "engine/record/scalar.h"

#include <assert.h>

/* Deeper documents are refused; Postgres stops at its stack (54001), some thousand levels later. */
enum { JSON_DEPTH_MAX = 1000 };

static bool numeric_value_parse(const struct parse_context *context, struct slice *ret) {
    const char *code = NULL;
    if (numeric_parse(context->text, context->arena, ret, &code)) {
        return true;
    }
    if (code && strcmp(code, "22003") == 0) {
        return value_fail(context->error, context->arena, code, "value overflows numeric format");
    }
    return value_fail_syntax(context->error, context->arena, "numeric", context->text);
}

static bool json_parse(const struct parse_context *context, bool binary, struct slice *ret) {
    struct json_value root;
    struct json_error json_error;
    if (!text_parse(context, ret)) {
        return false;
    }
    if (!json_scan(context->text, NULL, JSON_DEPTH_MAX, NULL, &root, &json_error)) {
        return value_fail(context->error, context->arena, "22P02",
                          "invalid input syntax for type json");
    }
    if (binary && root.unacceptable) {
        return value_fail(context->error, context->arena, "22P05",
                          "unsupported Unicode escape sequence");
    }
    return true;
}

static bool small_int_parse(const struct parse_context *context, enum type_id id, void *ret_value) {
    int64_t value;
    if (!int_parse(context, id, &value)) {
        return false;
    }
    if (id == TYPE_INT2) {
        *(int16_t *)ret_value = (int16_t)value;
    } else {
        *(int32_t *)ret_value = (int32_t)value;
    }
    return true;
}

static bool scalar_parse(const struct parse_context *context, enum type_id id, void *ret_value) {
    switch (id) {
    case TYPE_BOOL:
        return bool_parse(context, ret_value);
    case TYPE_INT2:
    case TYPE_INT4:
        return small_int_parse(context, id, ret_value);
    case TYPE_INT8:
        return int_parse(context, id, ret_value);
    case TYPE_FLOAT4:
        return float4_parse(context, ret_value);
    case TYPE_FLOAT8:
        return float8_parse(context, ret_value);
    case TYPE_NUMERIC:
        return numeric_value_parse(context, ret_value);
    case TYPE_UNKNOWN:
    case TYPE_TEXT:
        return text_parse(context, ret_value);
    case TYPE_BYTEA:
        return bytea_parse(context, ret_value);
    case TYPE_UUID:
        return uuid_parse(context, ret_value);
    case TYPE_DATE:
        return date_parse(context, ret_value);
    case TYPE_TIME:
        return time_parse(context, ret_value);
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMPTZ:
        return timestamp_parse(context, id == TYPE_TIMESTAMPTZ, ret_value);
    case TYPE_INTERVAL:
        return interval_parse(context, ret_value);
    case TYPE_JSON:
    case TYPE_JSONB:
        return json_parse(context, id == TYPE_JSONB, ret_value);
    case TYPE_ID_COUNT:
        break;
    }
    assert(!"a type id that does not exist");
    return false;
}

bool value_parse(struct type type, struct slice text, const struct timezone *zone,
                 struct arena *arena, void *ret_value, struct value_error *error) {
    struct parse_context context = {.text = text, .zone = zone, .arena = arena, .error = error};
    error->code = NULL;
    if (type.array) {
        return array_parse(&context, type, ret_value);
    }
    return scalar_parse(&context, type.id, ret_value) &&
           (type.modifier < 0 || value_modify(type, ret_value, false, arena, error));
}
