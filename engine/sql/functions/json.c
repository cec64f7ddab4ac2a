/* SPDX-License-Identifier: Apache-2.0 */
/* Reading from json and jsonb: -> ->> #> #>> and their functions, types and lengths. Both types lie
 * as text, so that one walk serves both; what differs is that jsonb text is normalised when it
 * becomes visible, and that to jsonb a bare scalar is an array of itself. */
#include "engine/record/json.h"

#include "engine/sql/functions/array_builder.h"
#include "engine/sql/functions/json_path.h"
#include "engine/sql/functions/kernel.h"
#include "engine/sql/functions/tables.h"

static void result_json(struct call *call, struct column *ret, uint32_t row,
                        struct json_value value) {
    if (value.kind == JSON_NONE) {
        call_null(call, ret, row);
    } else {
        result_slice(ret, row, value.text);
    }
}

static void json_get(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        struct slice document = *argument_slice(call, 0, row);
        result_json(call, ret, row, json_member(document, *argument_slice(call, 1, row)));
    }
}

static void json_get_text(struct call *call, struct column *ret) {
    bool normal = call->arguments[0].type.id == TYPE_JSONB;
    EACH_ROW(call, row) {
        struct slice document = *argument_slice(call, 0, row);
        struct json_value value = json_member(document, *argument_slice(call, 1, row));
        json_result_text(call, ret, row, value, normal);
    }
}

static struct json_value element(struct call *call, uint32_t row) {
    struct slice document = *argument_slice(call, 0, row);
    int32_t index = ARGUMENT(call, 1, int32_t, row);
    if (call->arguments[0].type.id == TYPE_JSONB && (index == 0 || index == -1)) {
        struct json_value root = json_root(document);
        if (!json_is_container(root)) {
            return root;
        }
    }
    return json_element(document, index);
}

static void json_get_element(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        result_json(call, ret, row, element(call, row));
    }
}

static void json_get_element_text(struct call *call, struct column *ret) {
    bool normal = call->arguments[0].type.id == TYPE_JSONB;
    EACH_ROW(call, row) {
        json_result_text(call, ret, row, element(call, row), normal);
    }
}

static void json_get_path(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        struct json_value root = json_root(*argument_slice(call, 0, row));
        result_json(call, ret, row, json_walk(root, ARGUMENT(call, 1, const struct array *, row)));
    }
}

static void json_get_path_text(struct call *call, struct column *ret) {
    bool normal = call->arguments[0].type.id == TYPE_JSONB;
    EACH_ROW(call, row) {
        struct json_value root = json_root(*argument_slice(call, 0, row));
        struct json_value value = json_walk(root, ARGUMENT(call, 1, const struct array *, row));
        json_result_text(call, ret, row, value, normal);
    }
}

/* The arguments after the first as a path: *_extract_path(json, variadic text). */
static struct json_value extract(struct call *call, uint32_t row) {
    struct array_builder builder;
    array_builder_init(&builder, TYPE_TEXT, call->arguments_count, call->arena);
    for (uint32_t i = 1; i < call->arguments_count; i++) {
        array_builder_add(&builder, argument_slice(call, i, row));
    }
    return json_walk(json_root(*argument_slice(call, 0, row)), array_builder_finish(&builder));
}

static void json_extract_path(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        result_json(call, ret, row, extract(call, row));
    }
}

static void json_extract_path_text(struct call *call, struct column *ret) {
    bool normal = call->arguments[0].type.id == TYPE_JSONB;
    EACH_ROW(call, row) {
        json_result_text(call, ret, row, extract(call, row), normal);
    }
}

static void json_typeof(struct call *call, struct column *ret) {
    static const char *const names[] = {[JSON_NULL] = "null",     [JSON_FALSE] = "boolean",
                                        [JSON_TRUE] = "boolean",  [JSON_NUMBER] = "number",
                                        [JSON_STRING] = "string", [JSON_ARRAY] = "array",
                                        [JSON_OBJECT] = "object"};
    EACH_ROW(call, row) {
        enum json_kind kind = json_root(*argument_slice(call, 0, row)).kind;
        assert(kind != JSON_NONE);
        result_slice(ret, row, slice_of(names[kind]));
    }
}

static void json_length(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        struct json_value root = json_root(*argument_slice(call, 0, row));
        if (root.kind == JSON_ARRAY) {
            RESULT(ret, int32_t, row) = (int32_t)json_array_length(root.text);
        } else {
            call_fail(call, row, "22023", "cannot get array length of a %s",
                      root.kind == JSON_OBJECT ? "non-array" : "scalar");
        }
    }
}

#define PATH .array_arguments = 2

#define ENTRIES(type, name) \
    ENTRY2("->", type, TEXT, type, json_get), \
        ENTRY2("->", type, INT4, type, json_get_element), \
        ENTRY2("->>", type, TEXT, TEXT, json_get_text), \
        ENTRY2("->>", type, INT4, TEXT, json_get_element_text), \
        ENTRY2("#>", type, TEXT, type, json_get_path, PATH), \
        ENTRY2("#>>", type, TEXT, TEXT, json_get_path_text, PATH), \
        ENTRY2(name "_object_field", type, TEXT, type, json_get), \
        ENTRY2(name "_object_field_text", type, TEXT, TEXT, json_get_text), \
        ENTRY2(name "_array_element", type, INT4, type, json_get_element), \
        ENTRY2(name "_array_element_text", type, INT4, TEXT, json_get_element_text), \
        ENTRY2(name "_extract_path", type, TEXT, type, json_extract_path, \
               .flags = FUNCTION_VARIADIC), \
        ENTRY2(name "_extract_path_text", type, TEXT, TEXT, json_extract_path_text, \
               .flags = FUNCTION_VARIADIC), \
        ENTRY1(name "_typeof", type, TEXT, json_typeof), \
        ENTRY1(name "_array_length", type, INT4, json_length)

const struct function functions_json[] = {
    ENTRIES(JSON, "json"),
    ENTRIES(JSONB, "jsonb"),
    {0},
};
