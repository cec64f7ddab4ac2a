/* SPDX-License-Identifier: Apache-2.0 */
/* jsonb_set, jsonb_insert and #-: one walk along the path that copies everything beside it and does
 * its work at the end of it. Recursion is as deep as the path. */
#include "engine/record/json.h"
#include "engine/sql/functions/array_builder.h"
#include "engine/sql/functions/json_path.h"
#include "engine/sql/functions/kernel.h"
#include "engine/sql/functions/tables.h"

enum edit_kind { EDIT_SET, EDIT_CREATE, EDIT_INSERT_BEFORE, EDIT_INSERT_AFTER, EDIT_DELETE };

struct edit {
    struct call *call;
    uint32_t row;
    enum edit_kind kind;
    const struct array *path;
    struct slice value;
    struct buffer out;
    bool failed;
};

static void append_comma(struct buffer *out) {
    char last = out->data[out->len - 1];
    buffer_append(out, ",", last != '[' && last != '{');
}

static void append_value(struct edit *edit, struct slice value) {
    append_comma(&edit->out);
    buffer_append_slice(&edit->out, value);
}

static void append_key(struct edit *edit, struct slice key) {
    append_comma(&edit->out);
    buffer_append_slice(&edit->out, key);
    buffer_append_byte(&edit->out, ':');
}

static const struct slice *step_at(const struct edit *edit, uint32_t level) {
    return array_value(edit->path, level, sizeof(struct slice));
}

static bool is_last(const struct edit *edit, uint32_t level) {
    return level + 1 == edit->path->count;
}

static bool may_create(const struct edit *edit) {
    return edit->kind != EDIT_SET && edit->kind != EDIT_DELETE;
}

static void walk(struct edit *edit, struct json_value value, uint32_t level);

/* The member the path names was found: change it, or go on inside. */
static void change_member(struct edit *edit, struct json_value key, struct json_value value,
                          uint32_t level) {
    if (!is_last(edit, level)) {
        append_key(edit, key.text);
        walk(edit, value, level + 1);
    } else if (edit->kind == EDIT_SET || edit->kind == EDIT_CREATE) {
        append_key(edit, key.text);
        buffer_append_slice(&edit->out, edit->value);
    } else if (edit->kind != EDIT_DELETE) {
        call_fail(edit->call, edit->row, "22023", "cannot replace existing key");
        edit->failed = true;
    }
}

static void walk_object(struct edit *edit, struct json_value object, uint32_t level) {
    struct slice name = *step_at(edit, level);
    struct json_value wanted = json_member(object.text, name), key, value;
    buffer_append_byte(&edit->out, '{');
    for (size_t at = 0; !edit->failed && json_next(object.text, &at, &key, &value);) {
        if (!json_key_is(key, name, edit->call->arena)) {
            append_key(edit, key.text);
            buffer_append_slice(&edit->out, value.text);
        } else if (value.text.data == wanted.text.data) {
            change_member(edit, key, value, level);
        }
    }
    if (wanted.kind == JSON_NONE && is_last(edit, level) && may_create(edit)) {
        append_comma(&edit->out);
        json_quote(name, &edit->out);
        buffer_append_byte(&edit->out, ':');
        buffer_append_slice(&edit->out, edit->value);
    }
    buffer_append_byte(&edit->out, '}');
}

static void change_element(struct edit *edit, struct json_value value, uint32_t level) {
    if (!is_last(edit, level)) {
        append_comma(&edit->out);
        walk(edit, value, level + 1);
        return;
    }
    if (edit->kind == EDIT_INSERT_AFTER) {
        append_value(edit, value.text);
    }
    if (edit->kind != EDIT_DELETE) {
        append_value(edit, edit->value);
    }
    if (edit->kind == EDIT_INSERT_BEFORE) {
        append_value(edit, value.text);
    }
}

static void walk_array(struct edit *edit, struct json_value array, uint32_t level) {
    int64_t count = json_array_length(array.text), i = 0;
    int32_t step;
    if (!json_path_index(*step_at(edit, level), &step)) {
        call_fail(edit->call, edit->row, "22P02",
                  "path element at position %u is not an integer: \"%.*s\"", level + 1,
                  (int)step_at(edit, level)->len, step_at(edit, level)->data);
        edit->failed = true;
        return;
    }
    int64_t index = step < 0 ? count + step : step;
    bool creates = is_last(edit, level) && may_create(edit);
    struct json_value key, value;
    buffer_append_byte(&edit->out, '[');
    if (index < 0 && creates) {
        append_value(edit, edit->value);
    }
    for (size_t at = 0; !edit->failed && json_next(array.text, &at, &key, &value); i++) {
        if (i == index) {
            change_element(edit, value, level);
        } else {
            append_value(edit, value.text);
        }
    }
    if (index >= count && creates) {
        append_value(edit, edit->value);
    }
    buffer_append_byte(&edit->out, ']');
}

static void walk(struct edit *edit, struct json_value value, uint32_t level) {
    if (!step_at(edit, level)) {
        call_fail(edit->call, edit->row, "22004", "path element at position %u is null", level + 1);
        edit->failed = true;
    } else if (value.kind == JSON_OBJECT) {
        walk_object(edit, value, level);
    } else if (value.kind == JSON_ARRAY) {
        walk_array(edit, value, level);
    } else {
        buffer_append_slice(&edit->out, value.text);
    }
}

/* Edits the row's document along the path, which is argument 1. */
static void run(struct edit *edit, struct column *ret) {
    struct call *call = edit->call;
    uint32_t row = edit->row;
    struct json_value root = json_root(*argument_slice(call, 0, row));
    edit->path = ARGUMENT(call, 1, const struct array *, row);
    if (!json_is_container(root)) {
        call_fail(call, row, "22023",
                  edit->kind == EDIT_DELETE ? "cannot delete path in scalar"
                                            : "cannot set path in scalar");
        return;
    }
    struct json_value key, value;
    size_t at = 0;
    bool empty = !json_next(root.text, &at, &key, &value); /* nothing to change, whatever the path */
    if (edit->path->count == 0 || (empty && !may_create(edit))) {
        result_slice(ret, row, root.text);
        return;
    }
    buffer_init(&edit->out, call->arena, root.text.len + edit->value.len + 16);
    walk(edit, root, 0);
    if (!edit->failed) {
        result_slice(ret, row, buffer_slice(&edit->out));
    }
}

static void jsonb_set(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        bool create = call->arguments_count < 4 || ARGUMENT(call, 3, uint8_t, row);
        struct edit edit = {.call = call,
                            .row = row,
                            .kind = create ? EDIT_CREATE : EDIT_SET,
                            .value = json_root(*argument_slice(call, 2, row)).text};
        run(&edit, ret);
    }
}

static void jsonb_insert(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        bool after = call->arguments_count > 3 && ARGUMENT(call, 3, uint8_t, row);
        struct edit edit = {.call = call,
                            .row = row,
                            .kind = after ? EDIT_INSERT_AFTER : EDIT_INSERT_BEFORE,
                            .value = json_root(*argument_slice(call, 2, row)).text};
        run(&edit, ret);
    }
}

static void jsonb_delete_path(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        struct edit edit = {.call = call, .row = row, .kind = EDIT_DELETE};
        run(&edit, ret);
    }
}

#define PATH .array_arguments = 2

const struct function functions_json_set[] = {
    ENTRY3("jsonb_set", JSONB, TEXT, JSONB, JSONB, jsonb_set, PATH),
    ENTRY4("jsonb_set", JSONB, TEXT, JSONB, BOOL, JSONB, jsonb_set, PATH),
    ENTRY3("jsonb_insert", JSONB, TEXT, JSONB, JSONB, jsonb_insert, PATH),
    ENTRY4("jsonb_insert", JSONB, TEXT, JSONB, BOOL, JSONB, jsonb_insert, PATH),
    ENTRY2("#-", JSONB, TEXT, JSONB, jsonb_delete_path, PATH),
    ENTRY2("jsonb_delete_path", JSONB, TEXT, JSONB, jsonb_delete_path, PATH),
    {0},
};
