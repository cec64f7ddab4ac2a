/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by json.c, json_build.c and json_edit.c. A jsonb value that is no container is an array of
 * itself to some operators (`'1'::jsonb -> 0` is 1), which json.c decides, not this file. */
#include "engine/sql/functions/json_path.h"

#include "engine/sql/functions/kernel.h"

bool json_path_index(struct slice text, int32_t *ret) {
    size_t at = 0;
    while (at < text.len && (text.data[at] == ' ' || (text.data[at] >= 9 && text.data[at] <= 13))) {
        at++;
    }
    bool negative = at < text.len && text.data[at] == '-';
    at += at < text.len && (text.data[at] == '-' || text.data[at] == '+');
    int64_t value = 0;
    size_t digits = at;
    for (; at < text.len && text.data[at] >= '0' && text.data[at] <= '9'; at++) {
        value = value > INT32_MAX ? value : value * 10 + (text.data[at] - '0');
    }
    value = negative ? -value : value;
    if (at == digits || at < text.len || value > INT32_MAX || value < INT32_MIN) {
        return false;
    }
    *ret = (int32_t)value;
    return true;
}

bool json_key_is(struct json_value key, struct slice text, struct arena *arena) {
    if (!key.escaped) {
        return slice_equal(slice_make(key.text.data + 1, key.text.len - 2), text);
    }
    struct slice plain;
    const char *code;
    return json_unescape(key, arena, &plain, &code) && slice_equal(plain, text);
}

struct json_value json_walk(struct json_value value, const struct array *path) {
    const struct slice *steps = path->values;
    for (uint32_t i = 0; i < path->count; i++) {
        int32_t index;
        if (path->nulls && (path->nulls[i >> 6] >> (i & 63) & 1)) {
            return (struct json_value){.kind = JSON_NONE};
        }
        if (value.kind == JSON_OBJECT) {
            value = json_member(value.text, steps[i]);
        } else if (value.kind == JSON_ARRAY && json_path_index(steps[i], &index)) {
            value = json_element(value.text, index);
        } else {
            return (struct json_value){.kind = JSON_NONE};
        }
    }
    return value;
}

/* Whether a number is spelled as numeric prints it. */
static bool number_is_plain(struct slice number) {
    return !memchr(number.data, 'e', number.len) && !memchr(number.data, 'E', number.len) &&
           !(number.len > 1 && number.data[0] == '-' && number.data[1] == '0');
}

static void result_string(struct call *call, struct column *ret, uint32_t row,
                          struct json_value value) {
    const char *code;
    if (!value.escaped) {
        result_slice(ret, row, slice_make(value.text.data + 1, value.text.len - 2));
    } else if (!json_unescape(value, call->arena, &RESULT(ret, struct slice, row), &code)) {
        call_fail(call, row, code,
                  strcmp(code, "22P05") == 0 ? "unsupported Unicode escape sequence"
                                             : "invalid input syntax for type json");
    }
}

void json_result_text(struct call *call, struct column *ret, uint32_t row, struct json_value value,
                      bool normal) {
    if (value.kind == JSON_NONE || value.kind == JSON_NULL) {
        call_null(call, ret, row);
    } else if (value.kind == JSON_STRING) {
        result_string(call, ret, row, value);
    } else if (!normal || value.kind == JSON_TRUE || value.kind == JSON_FALSE ||
               (value.kind == JSON_NUMBER && number_is_plain(value.text))) {
        result_slice(ret, row, value.text);
    } else {
        struct buffer out;
        buffer_init(&out, call->arena, value.text.len + 16);
        jsonb_normalise(value.text, call->arena, &out);
        result_slice(ret, row, buffer_slice(&out));
    }
}
