/* SPDX-License-Identifier: Apache-2.0 */
/* Modifiers: numeric(p,s), varchar(n), char(n), time(p), timestamp(p). An assignment refuses
 * text that is too long unless only blanks are cut; an explicit cast cuts in silence, as the SQL
 * standard wants. */
#include "engine/record/datetime.h"
#include "engine/record/numeric.h"
#include "engine/record/scalar.h"

#include <assert.h>

/* Byte offset after n characters, text.len if there are fewer; *ret_count = characters before
 * it. */
static size_t characters_end(struct slice text, int32_t n, int32_t *ret_count) {
    size_t at = 0;
    int32_t count = 0;
    while (at < text.len && count < n) {
        at++;
        while (at < text.len && (text.data[at] & 0xc0) == 0x80) {
            at++;
        }
        count++;
    }
    *ret_count = count;
    return at;
}

static bool text_modify(struct type type, struct slice *text, bool explicit_cast,
                        const struct parse_context *context) {
    int32_t count;
    size_t end = characters_end(*text, type.modifier, &count);
    for (size_t i = end; i < text->len && !explicit_cast; i++) {
        if (text->data[i] != ' ') {
            return value_fail(context->error, context->arena, "22001",
                              "value too long for type character%s(%d)",
                              type.blank_padded ? "" : " varying", type.modifier);
        }
    }
    text->len = end;
    if (type.blank_padded && count < type.modifier) {
        size_t blanks = (size_t)(type.modifier - count);
        char *padded = arena_alloc(context->arena, end + blanks);
        if (end) {
            memcpy(padded, text->data, end);
        }
        memset(padded + end, ' ', blanks);
        *text = slice_make(padded, end + blanks);
    }
    return true;
}

static bool numeric_modify(struct type type, struct slice *value,
                           const struct parse_context *context) {
    int scale = (int16_t)(type.modifier & 0xffff);
    const char *code = numeric_fit(*value, type.modifier >> 16, scale, context->arena, value);
    return !code || value_fail(context->error, context->arena, code, "numeric field overflow");
}

static void fraction_round(int32_t digits, int64_t *us) {
    static const int64_t units[] = {1000000, 100000, 10000, 1000, 100, 10, 1};
    if (digits >= 6 || *us == INT64_MIN || *us == INT64_MAX) {
        return;
    }
    int64_t unit = units[digits];
    *us = *us >= 0 ? (*us + unit / 2) / unit * unit : -((-*us + unit / 2) / unit * unit);
}

static bool array_modify(struct type type, const struct array **array, bool explicit_cast,
                         const struct parse_context *context) {
    struct type element = type;
    element.array = false;
    size_t width = type_width(element);
    struct array *copy = arena_alloc(context->arena, sizeof *copy);
    char *values = arena_alloc(context->arena, width * (*array)->count);
    *copy = **array;
    if (copy->count) {
        memcpy(values, copy->values, width * copy->count);
    }
    copy->values = values;
    for (uint32_t i = 0; i < copy->count; i++) {
        bool null = copy->nulls && (copy->nulls[i >> 6] >> (i & 63) & 1);
        if (!null && !value_modify(element, values + i * width, explicit_cast, context->arena,
                                   context->error)) {
            return false;
        }
    }
    *array = copy;
    return true;
}

bool value_modify(struct type type, void *value, bool explicit_cast, struct arena *arena,
                  struct value_error *error) {
    struct parse_context context = {.arena = arena, .error = error};
    error->code = NULL;
    if (type.modifier < 0) {
        return true;
    }
    if (type.array) {
        return array_modify(type, value, explicit_cast, &context);
    }
    switch (type.id) {
    case TYPE_TEXT:
        return text_modify(type, value, explicit_cast, &context);
    case TYPE_NUMERIC:
        return numeric_modify(type, value, &context);
    case TYPE_TIME:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMPTZ:
        fraction_round(type.modifier, value);
        return true;
    default:
        return true;
    }
}
