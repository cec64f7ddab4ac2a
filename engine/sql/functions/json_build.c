/* SPDX-License-Identifier: Apache-2.0 */
/* Making json and jsonb from values: to_json, *_build_object, *_build_array, array_to_json. The two
 * types differ in white space and in what they take: a json value that holds \u0000 or a lone
 * surrogate cannot become jsonb. */
#include "engine/record/json.h"
#include "engine/sql/functions/kernel.h"
#include "engine/sql/functions/tables.h"

enum { DEPTH_MAX = 1000 };

static bool fits(struct call *call, uint32_t row, const struct buffer *out) {
    if (out->len >= RESULT_BYTES_MAX) {
        call_fail(call, row, "54000", "json value is too long");
        return false;
    }
    return true;
}

/* Refuses json that jsonb cannot hold. */
static bool json_is_acceptable(struct call *call, uint32_t row, struct slice text) {
    struct json_value root;
    struct json_error error;
    if (!json_scan(text, NULL, DEPTH_MAX, NULL, &root, &error)) {
        call_fail(call, row, "22P02", "invalid input syntax for type json");
        return false;
    }
    if (root.unacceptable) {
        bool null_byte = memmem(text.data, text.len, "\\u0000", 6) != NULL;
        call_fail(call, row, null_byte ? "22P05" : "22P02", "%s",
                  null_byte ? "unsupported Unicode escape sequence"
                            : "invalid input syntax for type json");
        return false;
    }
    return true;
}

/* jsonb inside json shows its normal form. */
static void append_normal(const struct array *array, struct buffer *out) {
    buffer_append_byte(out, '[');
    for (uint32_t i = 0; i < array->count; i++) {
        buffer_append(out, ",", i > 0);
        if (array->nulls && (array->nulls[i >> 6] >> (i & 63) & 1)) {
            buffer_append(out, "null", 4);
        } else {
            jsonb_normalise(((const struct slice *)array->values)[i], out->arena, out);
        }
    }
    buffer_append_byte(out, ']');
}

/* Appends an argument as JSON; false after the row was failed. */
static bool append_value(struct call *call, uint32_t argument, uint32_t row, bool jsonb,
                         struct buffer *out) {
    struct type type = argument_type(call, argument);
    if (argument_is_null(call, argument, row)) {
        buffer_append(out, "null", 4);
        return true;
    }
    const void *value = argument_value(call, argument, row);
    if (jsonb && type.id == TYPE_JSON && !type.array &&
        !json_is_acceptable(call, row, *(const struct slice *)value)) {
        return false;
    }
    if (type.id == TYPE_JSONB && type.array && !jsonb) {
        append_normal(*(const struct array *const *)value, out);
    } else if (type.id == TYPE_JSONB && !jsonb) {
        jsonb_normalise(*(const struct slice *)value, call->arena, out);
    } else {
        value_print_json(type, value, call->zone, out);
    }
    return fits(call, row, out);
}

static void to_json(struct call *call, struct column *ret, bool jsonb) {
    EACH_ROW(call, row) {
        struct buffer out;
        buffer_init(&out, call->arena, 64);
        if (append_value(call, 0, row, jsonb, &out)) {
            result_slice(ret, row, buffer_slice(&out));
        }
    }
}

static void value_to_json(struct call *call, struct column *ret) {
    to_json(call, ret, false);
}

static void value_to_jsonb(struct call *call, struct column *ret) {
    to_json(call, ret, true);
}

/* Appends an argument as the key of a member: its text in quotes. */
static bool append_key(struct call *call, uint32_t argument, uint32_t row, bool jsonb,
                       struct buffer *out) {
    struct type type = argument_type(call, argument);
    if (argument_is_null(call, argument, row)) {
        if (jsonb) {
            call_fail(call, row, "22023", "argument %u: key must not be null", argument + 1);
        } else {
            call_fail(call, row, "22023", "argument %u cannot be null", argument + 1);
        }
        return false;
    }
    if (type.array || type.id == TYPE_JSON || type.id == TYPE_JSONB) {
        call_fail(call, row, "22023", "key value must be scalar, not array, composite, or json");
        return false;
    }
    size_t start = out->len;
    value_print_json(type, argument_value(call, argument, row), call->zone, out);
    if (out->data[start] != '"') {
        buffer_append(out, "\"\"", 2);
        memmove(out->data + start + 1, out->data + start, out->len - start - 2);
        out->data[start] = '"';
    }
    return fits(call, row, out);
}

static bool append_members(struct call *call, uint32_t row, bool jsonb, struct buffer *out) {
    for (uint32_t i = 0; i < call->arguments_count; i += 2) {
        buffer_append(out, ", ", i ? 2 : 0);
        if (!append_key(call, i, row, jsonb, out)) {
            return false;
        }
        buffer_append(out, " : ", 3);
        if (!append_value(call, i + 1, row, jsonb, out)) {
            return false;
        }
    }
    return true;
}

static void build_object(struct call *call, struct column *ret, bool jsonb) {
    EACH_ROW(call, row) {
        struct buffer out;
        if (call->arguments_count % 2) {
            call_fail(call, row, "22023", "argument list must have even number of elements");
            continue;
        }
        buffer_init(&out, call->arena, 128);
        buffer_append_byte(&out, '{');
        if (append_members(call, row, jsonb, &out)) {
            buffer_append_byte(&out, '}');
            result_slice(ret, row, buffer_slice(&out));
        }
    }
}

static void json_build_object(struct call *call, struct column *ret) {
    build_object(call, ret, false);
}

static void jsonb_build_object(struct call *call, struct column *ret) {
    build_object(call, ret, true);
}

static bool append_elements(struct call *call, uint32_t row, bool jsonb, struct buffer *out) {
    for (uint32_t i = 0; i < call->arguments_count; i++) {
        buffer_append(out, ", ", i ? 2 : 0);
        if (!append_value(call, i, row, jsonb, out)) {
            return false;
        }
    }
    return true;
}

static void build_array(struct call *call, struct column *ret, bool jsonb) {
    EACH_ROW(call, row) {
        struct buffer out;
        buffer_init(&out, call->arena, 128);
        buffer_append_byte(&out, '[');
        if (append_elements(call, row, jsonb, &out)) {
            buffer_append_byte(&out, ']');
            result_slice(ret, row, buffer_slice(&out));
        }
    }
}

static void json_build_array(struct call *call, struct column *ret) {
    build_array(call, ret, false);
}

static void jsonb_build_array(struct call *call, struct column *ret) {
    build_array(call, ret, true);
}

/* They are stable, as in Postgres, because timestamptz is shown in the zone. */
#define BUILD STABLE, .flags = FUNCTION_ANY | FUNCTION_NULLS | FUNCTION_VARIADIC

const struct function functions_json_build[] = {
    ENTRY1("to_json", UNKNOWN, JSON, value_to_json, STABLE, .flags = FUNCTION_ANY),
    ENTRY1("to_jsonb", UNKNOWN, JSONB, value_to_jsonb, STABLE, .flags = FUNCTION_ANY),
    ENTRY1("array_to_json", UNKNOWN, JSON, value_to_json, STABLE, .flags = FUNCTION_ANY,
           .array_arguments = 1),
    ENTRY1("json_build_object", UNKNOWN, JSON, json_build_object, BUILD),
    ENTRY1("jsonb_build_object", UNKNOWN, JSONB, jsonb_build_object, BUILD),
    ENTRY1("json_build_array", UNKNOWN, JSON, json_build_array, BUILD),
    ENTRY1("jsonb_build_array", UNKNOWN, JSONB, jsonb_build_array, BUILD),
    {0},
};
