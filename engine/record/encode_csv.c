/* SPDX-License-Identifier: Apache-2.0 */
/* Rows as CSV, RFC 4180 with LF: a field is quoted when it must be, and when it would otherwise
 * read as null (an empty string, the null's own spelling). */
#include "engine/record/encode.h"

#include "engine/record/json_block.h"

static bool must_quote(const struct encode_options *options, struct slice text) {
    if (text.len == 0 || slice_equal(text, options->null) ||
        slice_equal(text, SLICE_LITERAL("\\."))) { /* Postgres's end of data */
        return true;
    }
    const char *p = text.data, *end = p + text.len;
    for (; end - p >= JSON_BLOCK; p += JSON_BLOCK) {
        if (json_block_any_of(p, options->delimiter, options->quote, '\n') < JSON_BLOCK ||
            json_block_where(p, '\r')) {
            return true;
        }
    }
    for (; p < end; p++) {
        if (*p == options->delimiter || *p == options->quote || *p == '\n' || *p == '\r') {
            return true;
        }
    }
    return false;
}

static void encode_quoted(char quote, struct slice text, struct buffer *out) {
    const char *p = text.data, *end = p + text.len;
    buffer_append_byte(out, quote);
    while (p < end) {
        const char *found = memchr(p, quote, (size_t)(end - p));
        const char *stop = found ? found + 1 : end;
        buffer_append(out, p, (size_t)(stop - p));
        if (found) {
            buffer_append_byte(out, quote);
        }
        p = stop;
    }
    buffer_append_byte(out, quote);
}

static void encode_field(const struct encode_options *options, struct slice text,
                         struct buffer *out) {
    if (options->quote && must_quote(options, text)) {
        encode_quoted(options->quote, text, out);
    } else {
        buffer_append_slice(out, text);
    }
}

/* Prints the value in place; the few that must be quoted are taken back and written again. */
static void encode_printed(const struct encode_options *options, struct type type,
                           const void *value, struct buffer *out) {
    size_t start = out->len;
    value_print(type, value, options->zone, out);
    struct slice text = slice_make(out->data + start, out->len - start);
    if (options->quote && must_quote(options, text)) {
        text = arena_copy(out->arena, text);
        out->len = start;
        encode_quoted(options->quote, text, out);
    }
}

/* Whether no integer can need quotes. */
static bool integers_are_plain(const struct encode_options *options) {
    static const char digits[] = "-0123456789";
    size_t len = sizeof digits - 1;
    return options->null.len == 0 && !memchr(digits, options->delimiter, len) &&
           !memchr(digits, options->quote, len);
}

void encode_csv_row(const struct encode_options *options, const struct batch *batch, uint32_t row,
                    struct buffer *out) {
    bool plain_integers = integers_are_plain(options);
    for (uint32_t i = 0; i < batch->schema->count; i++) {
        const struct column *column = &batch->columns[i];
        const struct type type = column->type;
        const void *value = encode_value(column, type_width(type), row);
        if (i) {
            buffer_append_byte(out, options->delimiter);
        }
        if (!value) {
            buffer_append_slice(out, options->null);
        } else if (!type.array && (type.id == TYPE_TEXT || type.id == TYPE_JSON)) {
            encode_field(options, *(const struct slice *)value, out);
        } else if (!plain_integers || !encode_integer(type, value, out)) {
            encode_printed(options, type, value, out);
        }
    }
    buffer_append_byte(out, '\n');
}

void encode_header(const struct encode_options *options, const struct schema *schema,
                   struct buffer *out) {
    if (options->kind != FORMAT_CSV) {
        return;
    }
    for (uint32_t i = 0; i < schema->count; i++) {
        if (i) {
            buffer_append_byte(out, options->delimiter);
        }
        encode_field(options, slice_of(schema->fields[i].name), out);
    }
    buffer_append_byte(out, '\n');
}
