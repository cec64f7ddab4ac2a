/* SPDX-License-Identifier: Apache-2.0 */
/* JSON values and text into columns, with the semantics of jsonb_to_record: a string, number or
 * boolean goes through its text into the declared type, an object or array through its jsonb text,
 * a JSON array into an array column element by element, null and absent are null. Common spellings
 * take decode_fast, the rest value_parse, so that both give the same value; errors come from
 * value_parse alone. */
#include "engine/record/decoder.h"

#include "engine/base/buffer.h"
#include "engine/record/json_text.h"
#include "engine/record/numeric.h"

enum { MESSAGE_MAX = 1000 };

static bool refuse(struct value_error *error, const char *code, const char *message) {
    *error = (struct value_error){.code = code, .message = slice_of(message)};
    return false;
}

static bool refuse_unicode(struct value_error *error, struct slice json) {
    *error = decode_unicode_error(json);
    return false;
}

struct value_error decode_unicode_error(struct slice json) {
    const char *code = json_text_refusal(json);
    const char *message =
        strcmp(code, "22P05") == 0
            ? "unsupported Unicode escape sequence: \\u0000 cannot be converted to text"
            : "invalid input syntax for type json: half of a Unicode surrogate pair";
    return (struct value_error){.code = code, .message = slice_of(message)};
}

/* The number as jsonb prints it: exponents are written out, -0 is 0. */
static bool number_text(struct slice number, struct arena *arena, struct slice *ret,
                        struct value_error *error) {
    const char *code = NULL;
    if (numeric_parse(number, arena, ret, &code)) {
        return true;
    }
    return refuse(error, code ? code : "22003", "value overflows numeric format");
}

/* What ->> gives. */
static bool value_text(const struct json_value *value, struct arena *arena, struct slice *ret,
                       struct value_error *error) {
    const char *code;
    struct buffer out;
    switch (value->kind) {
    case JSON_STRING:
        return json_unescape(*value, arena, ret, &code) || refuse_unicode(error, value->text);
    case JSON_NUMBER:
        return number_text(value->text, arena, ret, error);
    case JSON_ARRAY:
    case JSON_OBJECT:
        if (value->unacceptable) {
            return refuse_unicode(error, value->text);
        }
        buffer_init(&out, arena, value->text.len * 2);
        jsonb_normalise(value->text, arena, &out);
        *ret = buffer_slice(&out);
        return true;
    default:
        *ret = value->text; /* true, false */
        return true;
    }
}

static bool is_null(const struct json_value *value) {
    return value->kind == JSON_NONE || value->kind == JSON_NULL;
}

static bool convert(const struct decode_run *run, struct type type, const struct json_value *value,
                    void *ret_value, struct value_error *error);

static bool convert_array(const struct decode_run *run, struct type type,
                          const struct json_value *value, struct array **ret,
                          struct value_error *error) {
    struct type element = type;
    element.array = false;
    uint32_t count = json_array_length(value->text), width = type_width(element);
    char *values = arena_zalloc(run->arena, (size_t)width * (count ? count : 1));
    uint64_t *nulls = NULL;
    struct json_value item;
    uint32_t i = 0;
    for (size_t at = 0; json_next(value->text, &at, NULL, &item); i++) {
        if (is_null(&item)) {
            if (!nulls) {
                nulls = arena_zalloc(run->arena, ((size_t)count + 63) / 64 * sizeof *nulls);
            }
            nulls[i >> 6] |= UINT64_C(1) << (i & 63);
        } else if (item.kind == JSON_ARRAY && element.id != TYPE_JSON && element.id != TYPE_JSONB) {
            return refuse(error, "0A000", "arrays of more than one dimension are not supported");
        } else if (!convert(run, element, &item, values + (size_t)i * width, error)) {
            return false;
        }
    }
    *ret = arena_alloc(run->arena, sizeof **ret);
    **ret = (struct array){.element = element.id, .count = count, .nulls = nulls, .values = values};
    return true;
}

static bool convert_json(struct type type, const struct json_value *value, struct slice *ret,
                         struct value_error *error) {
    if (type.id == TYPE_JSONB && value->unacceptable) {
        return refuse_unicode(error, value->text);
    }
    *ret = value->text;
    return true;
}

static bool convert_slow(const struct decode_run *run, struct type type,
                         const struct json_value *value, void *ret_value,
                         struct value_error *error) {
    struct slice text;
    if (type.array && value->kind == JSON_ARRAY) {
        return convert_array(run, type, value, ret_value, error);
    }
    if (type.array && value->kind != JSON_STRING) {
        return refuse(error, "22P02", "expected JSON array");
    }
    if (!type.array && (type.id == TYPE_JSON || type.id == TYPE_JSONB)) {
        return convert_json(type, value, ret_value, error);
    }
    if (!value_text(value, run->arena, &text, error)) {
        return false;
    }
    if (!type.array && type.id == TYPE_TEXT && type.modifier < 0 && !type.blank_padded) {
        *(struct slice *)ret_value = text;
        return true;
    }
    return value_parse(type, text, run->decoder->zone, run->arena, ret_value, error);
}

static inline bool convert(const struct decode_run *run, struct type type,
                           const struct json_value *value, void *ret_value,
                           struct value_error *error) {
    if (!type.array && !value->escaped) {
        switch (value->kind) {
        case JSON_STRING:
            if (type.id != TYPE_JSON && type.id != TYPE_JSONB &&
                decode_fast(type, slice_make(value->text.data + 1, value->text.len - 2), run->arena,
                            ret_value)) {
                return true;
            }
            break;
        case JSON_NUMBER:
            if (type.id != TYPE_TEXT && type.id != TYPE_JSON && type.id != TYPE_JSONB &&
                decode_fast(type, value->text, run->arena, ret_value)) {
                return true;
            }
            break;
        case JSON_TRUE:
        case JSON_FALSE:
            if (type.id == TYPE_BOOL) {
                *(uint8_t *)ret_value = value->kind == JSON_TRUE;
                return true;
            }
            break;
        default:
            break;
        }
    }
    return convert_slow(run, type, value, ret_value, error);
}

/* Errors quote the value; nobody needs 8 MiB of it. Cut between characters. */
static struct slice message_cut(struct slice message) {
    size_t len = message.len;
    if (len <= MESSAGE_MAX) {
        return message;
    }
    for (len = MESSAGE_MAX; len > 0 && ((unsigned char)message.data[len] & 0xC0) == 0x80;) {
        len--;
    }
    return slice_make(message.data, len);
}

static bool withdraw(struct decode_run *run, const struct decode_column *column, uint32_t row,
                     const struct value_error *error) {
    struct buffer message;
    struct slice why = message_cut(error->message);
    buffer_init(&message, run->arena, why.len + strlen(column->name) + 16);
    buffer_printf(&message, "column \"%s\": ", column->name);
    buffer_append_slice(&message, why);
    batch_withdraw(run->batch, row, error->code, "decode", buffer_slice(&message));
    return false;
}

static inline void *place(const struct decode_run *run, const struct decode_column *column,
                          uint32_t row) {
    return (char *)run->batch->columns[column->column].values + (size_t)row * column->width;
}

bool decode_json_put(struct decode_run *run, const struct decode_column *column, uint32_t row,
                     const struct json_value *value) {
    struct value_error error;
    if (is_null(value)) {
        return decode_null_put(run, column, row);
    }
    return convert(run, column->type, value, place(run, column, row), &error) ||
           withdraw(run, column, row, &error);
}

bool decode_text_put(struct decode_run *run, const struct decode_column *column, uint32_t row,
                     struct slice text) {
    struct value_error error;
    void *value = place(run, column, row);
    return (!column->type.array && decode_fast(column->type, text, run->arena, value)) ||
           value_parse(column->type, text, run->decoder->zone, run->arena, value, &error) ||
           withdraw(run, column, row, &error);
}
