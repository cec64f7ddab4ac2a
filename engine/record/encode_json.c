/* SPDX-License-Identifier: Apache-2.0 */
/* Rows as JSON lines: members in schema order, nulls as null, values as to_jsonb gives them. json
 * and jsonb keep their bytes, but for newlines between tokens, which would break the line. Strings
 * are escaped as Postgres escapes them, sixteen bytes at a time. */
#include "engine/record/encode.h"

#include "engine/record/json_block.h"

/* Writes the escape of a byte; returns its length. */
static unsigned write_escape(unsigned char byte, char *out) {
    static const char hex[] = "0123456789abcdef";
    static const char named[0x20] = {
        ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    out[0] = '\\';
    if (byte >= 0x20 || named[byte]) {
        out[1] = byte >= 0x20 ? (char)byte : named[byte];
        return 2;
    }
    memcpy(out + 1, "u00", 3);
    out[4] = hex[byte >> 4];
    out[5] = hex[byte & 0x0f];
    return 6;
}

static bool must_escape(unsigned char byte) {
    return byte < 0x20 || byte == '"' || byte == '\\';
}

void encode_json_string(struct slice text, struct buffer *out) {
    const char *p = text.data, *end = p + text.len;
    char *at = buffer_reserve(out, text.len + 2 + JSON_BLOCK);
    *at++ = '"';
    while (p < end) {
        if (end - p >= JSON_BLOCK) {
            unsigned stop = json_block_escape_stop(p);
            memcpy(at, p, JSON_BLOCK);
            at += stop;
            p += stop;
            if (stop == JSON_BLOCK) {
                continue;
            }
        }
        if (must_escape((unsigned char)*p)) {
            out->len = (size_t)(at - out->data);
            at = buffer_reserve(out, (size_t)(end - p) + 8 + JSON_BLOCK);
            at += write_escape((unsigned char)*p++, at);
        } else {
            *at++ = *p++;
        }
    }
    *at++ = '"';
    out->len = (size_t)(at - out->data);
}

static void newlines_remove(char *p, char *end) {
    while (p < end && (p = memchr(p, '\n', (size_t)(end - p)))) {
        *p = ' ';
    }
}

void encode_json_text(struct slice text, struct buffer *out) {
    char *at = buffer_reserve(out, text.len);
    memcpy(at, text.data, text.len);
    newlines_remove(at, at + text.len);
    out->len += text.len;
}

static void encode_int(int64_t value, struct buffer *out) {
    char digits[20];
    unsigned count = 0;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[sizeof digits - ++count] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    char *at = buffer_reserve(out, count + 1);
    *at = '-';
    memcpy(at + (value < 0), digits + sizeof digits - count, count);
    out->len += count + (value < 0);
}

bool encode_integer(struct type type, const void *value, struct buffer *out) {
    switch (type.array ? TYPE_UNKNOWN : type.id) {
    case TYPE_INT2:
        encode_int(*(const int16_t *)value, out);
        return true;
    case TYPE_INT4:
        encode_int(*(const int32_t *)value, out);
        return true;
    case TYPE_INT8:
        encode_int(*(const int64_t *)value, out);
        return true;
    default:
        return false;
    }
}

/* Arrays of json are printed by their type; the newlines in them are taken out afterwards. */
static void encode_array(const struct encode_options *options, struct type type, const void *value,
                         struct buffer *out) {
    size_t start = out->len;
    value_print_json(type, value, options->zone, out);
    if (type.id == TYPE_JSON || type.id == TYPE_JSONB) {
        newlines_remove(out->data + start, out->data + out->len);
    }
}

static void encode_member(const struct encode_options *options, struct type type, const void *value,
                          struct buffer *out) {
    if (encode_integer(type, value, out)) {
        return;
    }
    switch (type.array ? TYPE_UNKNOWN : type.id) {
    case TYPE_TEXT:
        encode_json_string(*(const struct slice *)value, out);
        break;
    case TYPE_JSON:
    case TYPE_JSONB:
        encode_json_text(*(const struct slice *)value, out);
        break;
    default:
        encode_array(options, type, value, out);
    }
}

/* A row whose only column is `_value` is the record itself, byte for byte. */
static bool is_whole_record(const struct batch *batch) {
    return batch->schema->count == 1 && batch->columns[0].type.id == TYPE_JSONB &&
           strcmp(batch->schema->fields[0].name, "_value") == 0;
}

void encode_json_row(const struct encode_options *options, const struct batch *batch, uint32_t row,
                     struct buffer *out) {
    if (is_whole_record(batch)) {
        static const struct slice null = {.data = "null", .len = 4};
        const struct slice *value = encode_value(&batch->columns[0], sizeof *value, row);
        encode_json_text(value ? *value : null, out);
        buffer_append_byte(out, '\n');
        return;
    }
    for (uint32_t i = 0; i < batch->schema->count; i++) {
        const struct column *column = &batch->columns[i];
        buffer_append_byte(out, i ? ',' : '{');
        encode_json_string(slice_of(batch->schema->fields[i].name), out);
        buffer_append_byte(out, ':');
        const void *value = encode_value(column, type_width(column->type), row);
        if (value) {
            encode_member(options, column->type, value, out);
        } else {
            buffer_append(out, "null", 4);
        }
    }
    if (batch->schema->count == 0) {
        buffer_append_byte(out, '{');
    }
    buffer_append(out, "}\n", 2);
}
