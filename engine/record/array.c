/* SPDX-License-Identifier: Apache-2.0 */
/* Array literals of one dimension: {1,2,NULL,"a \"b\""}, read and printed as Postgres does.
 * Deeper nesting and explicit bounds ([2:3]={...}) are refused with 0A000, because a value of
 * this engine cannot hold them. */
#include "engine/record/scalar.h"

struct reader {
    const struct parse_context *context;
    const char *at, *end;
    char *scratch; /* room for the largest element */
};

static bool malformed(const struct reader *reader) {
    struct slice text = reader->context->text;
    return value_fail(reader->context->error, reader->context->arena, "22P02",
                      "malformed array literal: \"%.*s\"", (int)(text.len < 900 ? text.len : 900),
                      text.len ? text.data : "");
}

static bool unsupported(const struct reader *reader, const char *what) {
    return value_fail(reader->context->error, reader->context->arena, "0A000",
                      "%s are not supported", what);
}

static void spaces_skip(struct reader *reader) {
    while (reader->at < reader->end && ascii_is_space(*reader->at)) {
        reader->at++;
    }
}

static bool quoted_take(struct reader *reader, struct slice *ret) {
    size_t len = 0;
    for (reader->at++; reader->at < reader->end; reader->at++) {
        if (*reader->at == '"') {
            reader->at++;
            *ret = slice_make(reader->scratch, len);
            return true;
        }
        reader->at += *reader->at == '\\';
        if (reader->at < reader->end) {
            reader->scratch[len++] = *reader->at;
        }
    }
    return malformed(reader);
}

/* Without quotes: up to the next delimiter; white space at the end is dropped unless escaped. */
static bool bare_take(struct reader *reader, struct slice *ret, bool *ret_null) {
    size_t len = 0, kept = 0;
    bool escaped = false;
    for (; reader->at < reader->end && *reader->at != ',' && *reader->at != '}'; reader->at++) {
        if (*reader->at == '"' || *reader->at == '{') {
            return malformed(reader);
        }
        bool escape = *reader->at == '\\';
        escaped |= escape;
        reader->at += escape;
        if (reader->at == reader->end) {
            return malformed(reader);
        }
        reader->scratch[len++] = *reader->at;
        kept = escape || !ascii_is_space(*reader->at) ? len : kept;
    }
    *ret = slice_make(reader->scratch, kept);
    *ret_null = !escaped && slice_is_word(*ret, "null");
    return kept || malformed(reader);
}

static bool element_take(struct reader *reader, struct slice *ret, bool *ret_null) {
    *ret_null = false;
    spaces_skip(reader);
    if (reader->at < reader->end && *reader->at == '{') {
        return unsupported(reader, "arrays of more than one dimension");
    }
    if (reader->at < reader->end && *reader->at == '"') {
        if (!quoted_take(reader, ret)) {
            return false;
        }
    } else if (!bare_take(reader, ret, ret_null)) {
        return false;
    }
    spaces_skip(reader);
    return reader->at < reader->end && (*reader->at == ',' || *reader->at == '}')
               ? true
               : malformed(reader);
}

struct builder {
    struct type element;
    size_t width;
    char *values;
    uint64_t *nulls;
    uint32_t count, capacity;
};

static bool element_add(struct reader *reader, struct builder *builder) {
    struct slice text;
    bool null;
    const struct parse_context *context = reader->context;
    if (!element_take(reader, &text, &null)) {
        return false;
    }
    uint32_t i = builder->count++;
    if (null) {
        if (!builder->nulls) {
            size_t words = ((size_t)builder->capacity + 63) / 64;
            builder->nulls = arena_zalloc(context->arena, words * sizeof(uint64_t));
        }
        builder->nulls[i >> 6] |= UINT64_C(1) << (i & 63);
        return true;
    }
    text = arena_copy(context->arena, text);
    return value_parse(builder->element, text, context->zone, context->arena,
                       builder->values + i * builder->width, context->error);
}

static bool elements_read(struct reader *reader, struct builder *builder) {
    spaces_skip(reader);
    if (reader->at < reader->end && *reader->at == '}') {
        reader->at++;
        return true;
    }
    for (;;) {
        if (!element_add(reader, builder)) {
            return false;
        }
        if (*reader->at++ == '}') {
            return true;
        }
    }
}

bool array_parse(const struct parse_context *context, struct type type, const struct array **ret) {
    struct slice text = context->text;
    struct reader reader = {.context = context, .at = text.data, .end = text.data + text.len};
    struct builder builder = {.element = type, .capacity = 1};
    spaces_skip(&reader);
    if (reader.at < reader.end && *reader.at == '[') {
        return unsupported(&reader, "array bounds");
    }
    if (reader.at == reader.end || *reader.at != '{') {
        return malformed(&reader);
    }
    reader.at++;
    for (const char *c = reader.at; c < reader.end; c++) {
        builder.capacity += *c == ',';
    }
    builder.element.array = false;
    builder.width = type_width(builder.element);
    builder.values = arena_alloc(context->arena, builder.width * builder.capacity);
    reader.scratch = arena_alloc(context->arena, text.len);
    if (!elements_read(&reader, &builder)) {
        return false;
    }
    spaces_skip(&reader);
    if (reader.at < reader.end) {
        return malformed(&reader);
    }
    struct array *array = arena_alloc(context->arena, sizeof *array);
    *array = (struct array){.element = type.id,
                            .count = builder.count,
                            .nulls = builder.nulls,
                            .values = builder.values};
    *ret = array;
    return true;
}

/* --- printing --------------------------------------------------------------------------------- */

static bool needs_quotes(struct slice text) {
    if (!text.len || slice_is_word(text, "null")) {
        return true;
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c == '"' || c == '\\' || c == '{' || c == '}' || c == ',' || ascii_is_space(c)) {
            return true;
        }
    }
    return false;
}

static void quoted_append(struct slice text, struct buffer *out) {
    buffer_append_byte(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '"' || text.data[i] == '\\') {
            buffer_append_byte(out, '\\');
        }
        buffer_append_byte(out, text.data[i]);
    }
    buffer_append_byte(out, '"');
}

void array_print(struct type type, const struct array *array, const struct timezone *zone,
                 struct buffer *out) {
    struct type element = type;
    element.array = false;
    size_t width = type_width(element);
    struct buffer text;
    buffer_init(&text, out->arena, 0);
    buffer_append_byte(out, '{');
    for (uint32_t i = 0; i < array->count; i++) {
        if (i) {
            buffer_append_byte(out, ',');
        }
        if (array->nulls && (array->nulls[i >> 6] >> (i & 63) & 1)) {
            buffer_append(out, "NULL", 4);
            continue;
        }
        text.len = 0;
        value_print(element, (const char *)array->values + i * width, zone, &text);
        if (needs_quotes(buffer_slice(&text))) {
            quoted_append(buffer_slice(&text), out);
        } else {
            buffer_append_slice(out, buffer_slice(&text));
        }
    }
    buffer_append_byte(out, '}');
}
