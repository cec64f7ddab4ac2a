/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the text of `columns:`, which is the inside of a CREATE TABLE without constraints but
 * NOT NULL. Comments (`--`) are allowed because people paste from SQL files. Runs once at start;
 * everything lives in the arena. Limits: 1600 columns and names of 63 bytes, as in Postgres,
 * which would cut longer names in silence. */
#include "engine/record/type.h"

#include <strings.h>

enum { COLUMNS_MAX = 1600, NAME_BYTES_MAX = 63 };

struct reader {
    struct slice whole, rest;
    struct arena *arena;
    struct error *error;
};

int schema_find(const struct schema *schema, struct slice name) {
    for (uint32_t i = 0; i < schema->count; i++) {
        if (slice_is(name, schema->fields[i].name)) {
            return (int)i;
        }
    }
    return -1;
}

static void advance(struct reader *reader, size_t bytes) {
    reader->rest.data += bytes;
    reader->rest.len -= bytes;
}

static void blank_skip(struct reader *reader) {
    while (reader->rest.len) {
        struct slice rest = reader->rest;
        if (*rest.data == ' ' || (*rest.data >= '\t' && *rest.data <= '\r')) {
            advance(reader, 1);
        } else if (slice_starts_with(rest, SLICE_LITERAL("--"))) {
            const char *end = memchr(rest.data, '\n', rest.len);
            advance(reader, end ? (size_t)(end - rest.data) : rest.len);
        } else {
            return;
        }
    }
}

static void where_set(const struct reader *reader) {
    int line = 1, column = 1;
    for (const char *at = reader->whole.data; at < reader->rest.data; at++) {
        bool newline = *at == '\n';
        line += newline;
        column = newline ? 1 : column + ((*at & 0xc0) != 0x80);
    }
    error_where(reader->error, "%d:%d", line, column);
}

static enum status fail(const struct reader *reader, const char *message) {
    struct slice rest = reader->rest;
    size_t len = 0;
    while (len < rest.len && len < 20 && rest.data[len] != '\n') {
        len++;
    }
    error_set(reader->error, ERROR_PERMANENT, "schema-syntax", "%s, found %s%.*s%s", message,
              rest.len ? "\"" : "the end", (int)len, len ? rest.data : "", rest.len ? "\"" : "");
    where_set(reader);
    return STATUS_FAILED;
}

static bool is_name_start(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80);
}

static bool is_name_byte(char c) {
    return is_name_start(c) || (c >= '0' && c <= '9') || c == '$';
}

static enum status name_quoted_take(struct reader *reader, char **ret) {
    char *name = arena_alloc(reader->arena, reader->rest.len + 1);
    size_t len = 0;
    for (size_t i = 1; i < reader->rest.len; i++) {
        char c = reader->rest.data[i];
        if (c == '"') {
            if (i + 1 == reader->rest.len || reader->rest.data[i + 1] != '"') {
                name[len] = '\0';
                if (!len || strlen(name) != len) {
                    return fail(reader, "a quoted name is empty or holds a NUL");
                }
                advance(reader, i + 1);
                *ret = name;
                return STATUS_OK;
            }
            i++;
        }
        name[len++] = c;
    }
    return fail(reader, "the quote of a name is not closed");
}

static enum status name_take(struct reader *reader, char **ret) {
    struct slice rest = reader->rest;
    if (rest.len && *rest.data == '"') {
        return name_quoted_take(reader, ret);
    }
    if (!rest.len || !is_name_start(*rest.data)) {
        return fail(reader, "expected the name of a column");
    }
    size_t len = 0;
    while (len < rest.len && is_name_byte(rest.data[len])) {
        len++;
    }
    char *name = arena_text(reader->arena, slice_make(rest.data, len));
    for (char *c = name; *c; c++) {
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
    }
    advance(reader, len);
    *ret = name;
    return STATUS_OK;
}

static bool keyword_take(struct reader *reader, const char *keyword) {
    blank_skip(reader);
    size_t len = strlen(keyword);
    struct slice rest = reader->rest;
    if (rest.len < len || strncasecmp(rest.data, keyword, len) != 0 ||
        (rest.len > len && is_name_byte(rest.data[len]))) {
        return false;
    }
    advance(reader, len);
    return true;
}

static enum status constraint_take(struct reader *reader, struct field *field) {
    if (keyword_take(reader, "not")) {
        if (!keyword_take(reader, "null")) {
            return fail(reader, "expected NULL after NOT");
        }
        field->not_null = true;
    } else {
        keyword_take(reader, "null");
    }
    return STATUS_OK;
}

static enum status field_take(struct reader *reader, struct schema *schema, struct field *field) {
    char *name = NULL;
    blank_skip(reader);
    const struct reader start = *reader;
    if (name_take(reader, &name) != STATUS_OK) {
        return STATUS_FAILED;
    }
    if (strlen(name) > NAME_BYTES_MAX) {
        return fail(&start, "the name of a column is longer than 63 bytes");
    }
    if (schema_find(schema, slice_of(name)) >= 0) {
        return fail(&start, "a column of this name is already there");
    }
    blank_skip(reader);
    *field = (struct field){.name = name};
    if (type_parse(&reader->rest, &field->type, reader->error) != STATUS_OK) {
        where_set(reader);
        return STATUS_FAILED;
    }
    return constraint_take(reader, field);
}

enum status schema_parse(struct slice text, struct arena *arena, struct schema *ret,
                         struct error *error) {
    struct reader reader = {.whole = text, .rest = text, .arena = arena, .error = error};
    uint32_t capacity = 1;
    for (size_t i = 0; i < text.len; i++) {
        capacity += text.data[i] == ',';
    }
    capacity = capacity < COLUMNS_MAX ? capacity : COLUMNS_MAX;
    struct field *fields = arena_zalloc(arena, capacity * sizeof *fields);
    struct schema schema = {.fields = fields};
    for (;;) {
        if (schema.count == capacity) {
            return fail(&reader, "there are more than 1600 columns");
        }
        if (field_take(&reader, &schema, &fields[schema.count]) != STATUS_OK) {
            return STATUS_FAILED;
        }
        schema.count++;
        blank_skip(&reader);
        if (!reader.rest.len) {
            *ret = schema;
            return STATUS_OK;
        }
        if (*reader.rest.data != ',') {
            return fail(&reader, "expected a comma, NOT NULL or the end after a column");
        }
        advance(&reader, 1);
    }
}
