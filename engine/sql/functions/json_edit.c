/* SPDX-License-Identifier: Apache-2.0 */
/* Asking and changing jsonb: @> <@ ? ?| ?& || - #- jsonb_set, jsonb_insert, *_strip_nulls,
 * jsonb_pretty. jsonb lies as raw text in which a later duplicate of a key wins, therefore joining
 * two objects is joining their texts; what must know the members looks only at the last of each
 * key. Recursion is as deep as the documents are, which the scanner limits. */
#include "engine/record/json.h"

#include "engine/sql/functions/array_builder.h"
#include "engine/sql/functions/json_path.h"
#include "engine/sql/functions/kernel.h"
#include "engine/sql/functions/tables.h"

static bool scalars_equal(struct json_value a, struct json_value b, struct arena *arena) {
    return slice_equal(a.text, b.text) || jsonb_compare(a.text, b.text, arena) == 0;
}

/* The text of a key, without quotes and escapes. */
static struct slice key_text(struct json_value key, struct arena *arena) {
    struct slice text = slice_make(key.text.data + 1, key.text.len - 2);
    const char *code;
    if (key.escaped) {
        bool good = json_unescape(key, arena, &text, &code);
        assert(good); /* jsonb holds no key that text cannot */
    }
    return text;
}

static bool contains(struct json_value whole, struct json_value part, struct arena *arena);

static bool has_element(struct slice array, struct json_value wanted, struct arena *arena) {
    struct json_value key, value;
    for (size_t at = 0; json_next(array, &at, &key, &value);) {
        if (json_is_container(wanted) ? contains(value, wanted, arena)
                                      : !json_is_container(value) &&
                                            scalars_equal(value, wanted, arena)) {
            return true;
        }
    }
    return false;
}

/* Containment below the top: kinds must be the same. */
static bool contains(struct json_value whole, struct json_value part, struct arena *arena) {
    struct json_value key, value;
    if (!json_is_container(part)) {
        return !json_is_container(whole) && scalars_equal(whole, part, arena);
    }
    if (whole.kind != part.kind) {
        return false;
    }
    for (size_t at = 0; json_next(part.text, &at, &key, &value);) {
        if (part.kind == JSON_ARRAY) {
            if (!has_element(whole.text, value, arena)) {
                return false;
            }
            continue;
        }
        struct slice name = key_text(key, arena);
        struct json_value other = json_member(whole.text, name);
        bool last = json_member(part.text, name).text.data == value.text.data;
        if (last && (other.kind == JSON_NONE || !contains(other, value, arena))) {
            return false;
        }
    }
    return true;
}

/* At the top an array also contains a bare scalar that is one of its elements. */
static bool contains_top(struct slice whole, struct slice part, struct arena *arena) {
    struct json_value left = json_root(whole), right = json_root(part);
    if (left.kind == JSON_ARRAY && !json_is_container(right)) {
        return has_element(left.text, right, arena);
    }
    return contains(left, right, arena);
}

static void jsonb_contains(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        RESULT(ret, uint8_t, row) = contains_top(*argument_slice(call, 0, row),
                                                 *argument_slice(call, 1, row), call->arena);
    }
}

static void jsonb_contained(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        RESULT(ret, uint8_t, row) = contains_top(*argument_slice(call, 1, row),
                                                 *argument_slice(call, 0, row), call->arena);
    }
}

/* Whether the text is a key, a string in the array, or the string itself. */
static bool exists(struct json_value root, struct slice text, struct arena *arena) {
    struct json_value key, value;
    if (root.kind == JSON_OBJECT) {
        return json_member(root.text, text).kind != JSON_NONE;
    }
    if (root.kind != JSON_ARRAY) {
        return root.kind == JSON_STRING && json_key_is(root, text, arena);
    }
    for (size_t at = 0; json_next(root.text, &at, &key, &value);) {
        if (value.kind == JSON_STRING && json_key_is(value, text, arena)) {
            return true;
        }
    }
    return false;
}

static void jsonb_exists(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        RESULT(ret, uint8_t, row) = exists(json_root(*argument_slice(call, 0, row)),
                                           *argument_slice(call, 1, row), call->arena);
    }
}

/* ?| stops at the first that exists, ?& at the first that does not; nulls are passed over. */
static void exists_of(struct call *call, struct column *ret, bool stop_at) {
    EACH_ROW(call, row) {
        struct json_value root = json_root(*argument_slice(call, 0, row));
        const struct array *names = ARGUMENT(call, 1, const struct array *, row);
        bool stopped = false;
        for (uint32_t i = 0; i < names->count && !stopped; i++) {
            const struct slice *name = array_value(names, i, sizeof(*name));
            stopped = name && exists(root, *name, call->arena) == stop_at;
        }
        RESULT(ret, uint8_t, row) = stopped == stop_at;
    }
}

static void jsonb_exists_any(struct call *call, struct column *ret) {
    exists_of(call, ret, true);
}

static void jsonb_exists_all(struct call *call, struct column *ret) {
    exists_of(call, ret, false);
}

/* What lies between the brackets. */
static struct slice inside(struct slice container) {
    return slice_make(container.data + 1, container.len - 2);
}

static bool is_empty(struct json_value container) {
    struct json_value key, value;
    size_t at = 0;
    return !json_next(container.text, &at, &key, &value);
}

static void jsonb_concat(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        struct json_value left = json_root(*argument_slice(call, 0, row));
        struct json_value right = json_root(*argument_slice(call, 1, row));
        bool objects = left.kind == JSON_OBJECT && right.kind == JSON_OBJECT;
        bool open_left = objects || left.kind == JSON_ARRAY;
        bool open_right = objects || right.kind == JSON_ARRAY;
        bool comma = !(open_left && is_empty(left)) && !(open_right && is_empty(right));
        struct buffer out;
        if ((uint64_t)left.text.len + right.text.len >= RESULT_BYTES_MAX) {
            call_fail(call, row, "54000", "total size of jsonb array elements exceeds the maximum");
            continue;
        }
        buffer_init(&out, call->arena, left.text.len + right.text.len + 8);
        buffer_append_byte(&out, objects ? '{' : '[');
        buffer_append_slice(&out, open_left ? inside(left.text) : left.text);
        buffer_append(&out, ",", comma);
        buffer_append_slice(&out, open_right ? inside(right.text) : right.text);
        buffer_append_byte(&out, objects ? '}' : ']');
        result_slice(ret, row, buffer_slice(&out));
    }
}

/* Starts the next member or element of a container that is being written. */
static void append_comma(struct buffer *out) {
    char last = out->data[out->len - 1];
    buffer_append(out, ",", last != '[' && last != '{');
}

static void append_member(struct buffer *out, struct json_value key, struct slice value) {
    append_comma(out);
    if (key.text.len > 0) {
        buffer_append_slice(out, key.text);
        buffer_append_byte(out, ':');
    }
    buffer_append_slice(out, value);
}

static bool names_have(const struct array *names, struct json_value string, struct arena *arena) {
    for (uint32_t i = 0; i < names->count; i++) {
        const struct slice *name = array_value(names, i, sizeof(*name));
        if (name && json_key_is(string, *name, arena)) {
            return true;
        }
    }
    return false;
}

/* Without the members of these names, or the strings of an array. */
static void delete_names(struct call *call, struct column *ret, uint32_t row,
                         const struct array *names) {
    struct json_value root = json_root(*argument_slice(call, 0, row)), key, value;
    if (!json_is_container(root)) {
        call_fail(call, row, "22023", "cannot delete from scalar");
        return;
    }
    bool object = root.kind == JSON_OBJECT;
    struct buffer out;
    buffer_init(&out, call->arena, root.text.len + 2);
    buffer_append_byte(&out, object ? '{' : '[');
    for (size_t at = 0; json_next(root.text, &at, &key, &value);) {
        struct json_value name = object ? key : value;
        if (name.kind != JSON_STRING || !names_have(names, name, call->arena)) {
            append_member(&out, object ? key : (struct json_value){0}, value.text);
        }
    }
    buffer_append_byte(&out, object ? '}' : ']');
    result_slice(ret, row, buffer_slice(&out));
}

static void jsonb_delete(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        struct array names = {
            .element = TYPE_TEXT, .count = 1, .values = argument_slice(call, 1, row)};
        delete_names(call, ret, row, &names);
    }
}

static void jsonb_delete_names(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        delete_names(call, ret, row, ARGUMENT(call, 1, const struct array *, row));
    }
}

static void jsonb_delete_element(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        struct json_value root = json_root(*argument_slice(call, 0, row)), key, value;
        if (root.kind != JSON_ARRAY) {
            call_fail(call, row, "22023", "%s",
                      root.kind == JSON_OBJECT ? "cannot delete from object using integer index"
                                               : "cannot delete from scalar");
            continue;
        }
        int64_t index = ARGUMENT(call, 1, int32_t, row), i = 0;
        index += index < 0 ? (int64_t)json_array_length(root.text) : 0;
        struct buffer out;
        buffer_init(&out, call->arena, root.text.len + 2);
        buffer_append_byte(&out, '[');
        for (size_t at = 0; json_next(root.text, &at, &key, &value); i++) {
            if (i != index) {
                append_member(&out, (struct json_value){0}, value.text);
            }
        }
        buffer_append_byte(&out, ']');
        result_slice(ret, row, buffer_slice(&out));
    }
}

/* A scalar or key; a json's string is written anew, with the escapes that Postgres writes. */
static struct slice scalar_text(struct json_value value, bool normal, struct arena *arena) {
    struct slice text;
    struct buffer quoted;
    const char *code;
    if (normal || !value.escaped || !json_unescape(value, arena, &text, &code)) {
        return value.text;
    }
    buffer_init(&quoted, arena, text.len + 16);
    json_quote(text, &quoted);
    return buffer_slice(&quoted);
}

/* Appends a value without the members that are null. */
static void append_without_nulls(struct json_value value, bool normal, struct buffer *out) {
    struct json_value key, member;
    if (!json_is_container(value)) {
        buffer_append_slice(out, scalar_text(value, normal, out->arena));
        return;
    }
    bool object = value.kind == JSON_OBJECT;
    buffer_append_byte(out, object ? '{' : '[');
    for (size_t at = 0; json_next(value.text, &at, &key, &member);) {
        bool overwritten = false;
        if (object && normal) {
            struct slice name = key_text(key, out->arena);
            overwritten = json_member(value.text, name).text.data != member.text.data;
        }
        if (overwritten || (object && member.kind == JSON_NULL)) {
            continue;
        }
        key.text = object ? scalar_text(key, normal, out->arena) : key.text;
        append_member(out, object ? key : (struct json_value){0}, SLICE_LITERAL(""));
        append_without_nulls(member, normal, out);
    }
    buffer_append_byte(out, object ? '}' : ']');
}

static void json_strip_nulls(struct call *call, struct column *ret) {
    bool normal = call->arguments[0].type.id == TYPE_JSONB;
    EACH_ROW(call, row) {
        struct slice document = *argument_slice(call, 0, row);
        struct buffer out;
        buffer_init(&out, call->arena, document.len + 2);
        append_without_nulls(json_root(document), normal, &out);
        result_slice(ret, row, buffer_slice(&out));
    }
}

static void append_line(struct buffer *out, uint32_t level) {
    buffer_append_byte(out, '\n');
    memset(buffer_reserve(out, (size_t)level * 4), ' ', (size_t)level * 4);
    out->len += (size_t)level * 4;
}

/* The value is normal already; only the white space is new. */
static void append_pretty(struct json_value value, uint32_t level, struct buffer *out) {
    struct json_value key, member;
    if (!json_is_container(value)) {
        buffer_append_slice(out, value.text);
        return;
    }
    bool object = value.kind == JSON_OBJECT, first = true;
    buffer_append_byte(out, object ? '{' : '[');
    for (size_t at = 0; json_next(value.text, &at, &key, &member); first = false) {
        buffer_append(out, ",", !first);
        append_line(out, level + 1);
        if (object) {
            buffer_append_slice(out, key.text);
            buffer_append(out, ": ", 2);
        }
        append_pretty(member, level + 1, out);
    }
    append_line(out, level);
    buffer_append_byte(out, object ? '}' : ']');
}

static void jsonb_pretty(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        struct slice document = *argument_slice(call, 0, row);
        struct buffer normal, out;
        buffer_init(&normal, call->arena, document.len + 16);
        jsonb_normalise(document, call->arena, &normal);
        buffer_init(&out, call->arena, normal.len * 2);
        append_pretty(json_root(buffer_slice(&normal)), 0, &out);
        result_slice(ret, row, buffer_slice(&out));
    }
}

#define NAMES .array_arguments = 2

const struct function functions_json_edit[] = {
    ENTRY2("@>", JSONB, JSONB, BOOL, jsonb_contains),
    ENTRY2("<@", JSONB, JSONB, BOOL, jsonb_contained),
    ENTRY2("?", JSONB, TEXT, BOOL, jsonb_exists),
    ENTRY2("?|", JSONB, TEXT, BOOL, jsonb_exists_any, NAMES),
    ENTRY2("?&", JSONB, TEXT, BOOL, jsonb_exists_all, NAMES),
    ENTRY2("||", JSONB, JSONB, JSONB, jsonb_concat),
    ENTRY2("-", JSONB, TEXT, JSONB, jsonb_delete),
    ENTRY2("-", JSONB, TEXT, JSONB, jsonb_delete_names, NAMES),
    ENTRY2("-", JSONB, INT4, JSONB, jsonb_delete_element),
    ENTRY1("json_strip_nulls", JSON, JSON, json_strip_nulls),
    ENTRY1("jsonb_strip_nulls", JSONB, JSONB, json_strip_nulls),
    ENTRY1("jsonb_pretty", JSONB, TEXT, jsonb_pretty),
    {0},
};
