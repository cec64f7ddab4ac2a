/* SPDX-License-Identifier: Apache-2.0 */
/* Parsing checks the literal parts, expanding checks the result: a path is safe by construction, whatever a record
 * holds. */
#include "connectors/object/template.h"

#include <assert.h>
#include <stdio.h>

#include "engine/record/datetime.h"

static const char default_partition[] = "__HIVE_DEFAULT_PARTITION__";
static const char hex_digits[] = "0123456789ABCDEF";
static const char conversions[] = "YmdHMSjyFGV%";

static void escaped_append(struct buffer *out, unsigned char byte) {
    buffer_append_byte(out, '%');
    buffer_append_byte(out, hex_digits[byte >> 4]);
    buffer_append_byte(out, hex_digits[byte & 15]);
}

static bool is_special(unsigned char byte) {
    return byte < 0x20 || byte == 0x7f || strchr("\"#%'*/:=?\\{}[]^<>|", byte) != NULL;
}

static void field_append(struct buffer *out, struct slice text) {
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (is_special(byte)) {
            escaped_append(out, byte);
        } else {
            buffer_append_byte(out, (char)byte);
        }
    }
}

const char *path_escape(const char *name, struct arena *arena) {
    struct buffer out;
    buffer_init(&out, arena, strlen(name) * 3 + 1);
    for (const char *at = name; *at; at++) {
        unsigned char byte = (unsigned char)*at;
        bool hidden = at == name && (byte == '_' || byte == '.');
        if (hidden || byte == ' ' || byte >= 0x80 || is_special(byte)) {
            escaped_append(&out, byte);
        } else {
            buffer_append_byte(&out, *at);
        }
    }
    buffer_append_byte(&out, '\0');
    return out.data;
}

/* --- parsing ------------------------------------------------------------------------------------------------- */

static enum status bad(struct error *error, const char *template, const char *what, struct slice token) {
    return error_set(error, ERROR_PERMANENT, "path-template", "path_template \"%s\": %s: %.*s", template, what,
                     (int)token.len, token.data ? token.data : "");
}

static bool has_date(struct type type) {
    return !type.array && (type.id == TYPE_DATE || type.id == TYPE_TIMESTAMP || type.id == TYPE_TIMESTAMPTZ);
}

static enum status format_check(const char *template, struct slice format, struct type type, struct error *error) {
    if (!has_date(type)) {
        return bad(error, template, "only dates and timestamps take a format, this column is another", format);
    }
    for (size_t i = 0; i < format.len; i++) {
        if (format.data[i] == '%') {
            i++;
            if (i == format.len || !strchr(conversions, format.data[i])) {
                return bad(error, template, "a format knows %Y %m %d %H %M %S %j %y %F %G %V and %%, not", format);
            }
        } else if (format.data[i] == '/') {
            return bad(error, template, "a format stays in its segment, split it at the slash", format);
        }
    }
    return STATUS_OK;
}

static enum status field_parse(const char *template, struct slice token, struct path_template *path,
                               struct path_piece *ret, struct error *error) {
    const char *colon = memchr(token.data, ':', token.len);
    struct slice name = slice_make(token.data, colon ? (size_t)(colon - token.data) : token.len);
    ret->format = colon ? slice_make(colon + 1, token.len - name.len - 1) : slice_make("", 0);
    ret->column = schema_find(path->schema, name);
    if (ret->column < 0) {
        return bad(error, template, "there is no such column in what the sink gets", name);
    }
    if (colon) {
        return format_check(template, ret->format, path->schema->fields[ret->column].type, error);
    }
    return STATUS_OK;
}

static enum status literal_check(const char *template, struct slice text, struct error *error) {
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte < 0x20 || byte == 0x7f || byte == '\\' || byte == '}') {
            return bad(error, template, "a byte that no path should hold", text);
        }
    }
    return STATUS_OK;
}

/* Segments by the template alone: none empty, hidden, `.` or `..`. */
static enum status segments_check(const char *template, struct error *error) {
    for (const char *at = template; *at;) {
        size_t len = strcspn(at, "/");
        struct slice segment = slice_make(at, len);
        if (len == 0) {
            return bad(error, template, "an empty segment (no slash at the start, none twice)", segment);
        }
        if (at[0] == '_' || at[0] == '.') {
            return bad(error, template, "names that start with _ or . are not data", segment);
        }
        at += len + (at[len] == '/');
    }
    return STATUS_OK;
}

static enum status piece_parse(const char *template, const char **at, struct path_template *path,
                               struct path_piece *ret, struct error *error) {
    *ret = (struct path_piece){.column = -1};
    if (**at == '{') {
        const char *end = strchr(*at, '}');
        struct slice token = slice_make(*at + 1, end ? (size_t)(end - *at - 1) : strlen(*at) - 1);
        if (!end) {
            return bad(error, template, "{ without }", token);
        }
        *at = end + 1;
        return field_parse(template, token, path, ret, error);
    }
    size_t len = strcspn(*at, "{");
    ret->literal = slice_make(*at, len);
    *at += len;
    return literal_check(template, ret->literal, error);
}

enum status path_template_parse(const char *text, const struct schema *schema, const struct timezone *zone,
                                struct path_template *ret, struct error *error) {
    *ret = (struct path_template){.schema = schema, .zone = zone};
    const char *at = text ? text : "";
    if (segments_check(at, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    while (*at) {
        if (ret->count == PATH_TEMPLATE_PIECES_MAX - 1) {
            return bad(error, text, "too many pieces", slice_make("", 0));
        }
        if (piece_parse(text, &at, ret, &ret->pieces[ret->count], error) != STATUS_OK) {
            return STATUS_FAILED;
        }
        ret->count++;
    }
    if (ret->count && at[-1] != '/') {
        ret->pieces[ret->count++] = (struct path_piece){.column = -1, .literal = SLICE_LITERAL("/")};
    }
    return STATUS_OK;
}

bool path_template_uses(const struct path_template *path, uint32_t column) {
    for (uint32_t i = 0; i < path->count; i++) {
        if (path->pieces[i].column == (int)column) {
            return true;
        }
    }
    return false;
}

/* --- expanding ----------------------------------------------------------------------------------------------- */

/* Days of the ISO week year's first Monday. */
static int64_t iso_year_start(int64_t year) {
    int64_t fourth = date_from_civil(year, 1, 4);
    int64_t weekday = ((fourth + 5) % 7 + 7) % 7; /* 2000-01-01 was a Saturday; Monday = 0 */
    return fourth - weekday;
}

static void iso_week(int64_t days, int64_t *ret_year, int *ret_week) {
    int64_t year;
    int month, day;
    date_to_civil(days, &year, &month, &day);
    int64_t start = iso_year_start(year);
    if (days < start) {
        start = iso_year_start(--year);
    } else if (days >= iso_year_start(year + 1)) {
        start = iso_year_start(++year);
    }
    *ret_year = year;
    *ret_week = (int)((days - start) / 7) + 1;
}

static void conversion_append(struct buffer *out, char conversion, const struct datetime_parts *parts) {
    int64_t days = date_from_civil(parts->year, parts->month, parts->day), year;
    int week;
    iso_week(days, &year, &week);
    switch (conversion) {
    case 'Y': buffer_printf(out, "%04lld", (long long)parts->year); break;
    case 'y': buffer_printf(out, "%02d", (int)((parts->year % 100 + 100) % 100)); break;
    case 'm': buffer_printf(out, "%02d", parts->month); break;
    case 'd': buffer_printf(out, "%02d", parts->day); break;
    case 'H': buffer_printf(out, "%02d", parts->hour); break;
    case 'M': buffer_printf(out, "%02d", parts->minute); break;
    case 'S': buffer_printf(out, "%02d", parts->second); break;
    case 'j': buffer_printf(out, "%03d", (int)(days - date_from_civil(parts->year, 1, 1)) + 1); break;
    case 'F': buffer_printf(out, "%04lld-%02d-%02d", (long long)parts->year, parts->month, parts->day); break;
    case 'G': buffer_printf(out, "%04lld", (long long)year); break;
    case 'V': buffer_printf(out, "%02d", week); break;
    default: buffer_append_byte(out, '%'); break;
    }
}

static void format_append(struct buffer *out, struct slice format, const struct datetime_parts *parts) {
    for (size_t i = 0; i < format.len; i++) {
        if (format.data[i] == '%') {
            conversion_append(out, format.data[++i], parts);
        } else {
            buffer_append_byte(out, format.data[i]);
        }
    }
}

/* False: infinity, which no calendar has. */
static bool date_split(struct type type, const void *value, const struct timezone *zone,
                       struct datetime_parts *ret) {
    if (type.id == TYPE_DATE) {
        int32_t days = *(const int32_t *)value;
        *ret = (struct datetime_parts){0};
        date_to_civil(days, &ret->year, &ret->month, &ret->day);
        return days != INT32_MIN && days != INT32_MAX;
    }
    int64_t us = *(const int64_t *)value;
    if (us == INT64_MIN || us == INT64_MAX) {
        return false;
    }
    timestamp_split(type.id == TYPE_TIMESTAMPTZ ? timestamptz_to_local(us, zone) : us, ret);
    return true;
}

static void value_append(const struct path_template *path, const struct path_piece *piece,
                         const struct batch *batch, uint32_t row, struct buffer *out) {
    const struct column *column = &batch->columns[piece->column];
    struct type type = path->schema->fields[piece->column].type;
    if (column_is_null(column, row)) {
        buffer_append(out, default_partition, sizeof default_partition - 1);
        return;
    }
    const void *value = (const char *)column->values + (size_t)column_index(column, row) * type_width(type);
    struct datetime_parts parts;
    struct buffer text;
    buffer_init(&text, batch->arena, 64);
    if (piece->format.len && date_split(type, value, path->zone, &parts)) {
        format_append(&text, piece->format, &parts);
    } else {
        value_print(type, value, path->zone, &text);
    }
    if (text.len == 0) {
        buffer_append(out, default_partition, sizeof default_partition - 1);
    } else {
        field_append(out, buffer_slice(&text));
    }
    arena_trim(batch->arena, text.data, text.capacity, 0);
}

/* Hidden names are made visible, lengths are checked. */
static const char *segments_finish(struct buffer *out, size_t start) {
    for (size_t at = start; at < out->len;) {
        const char *slash = memchr(out->data + at, '/', out->len - at);
        size_t end = slash ? (size_t)(slash - out->data) : out->len;
        char first = out->data[at];
        if (end > at && (first == '_' || first == '.')) {
            buffer_reserve(out, 2);
            memmove(out->data + at + 3, out->data + at + 1, out->len - at - 1);
            memcpy(out->data + at, first == '_' ? "%5F" : "%2E", 3);
            out->len += 2;
            end += 2;
        }
        if (end - at > PATH_NAME_BYTES_MAX) {
            return "path-segment-too-long";
        }
        at = end + 1;
    }
    return out->len - start > PATH_BYTES_MAX - PATH_NAME_BYTES_MAX - 1 ? "path-too-long" : NULL;
}

const char *path_template_expand(const struct path_template *path, const struct batch *batch, uint32_t row,
                                 struct buffer *out) {
    size_t start = out->len;
    for (uint32_t i = 0; i < path->count; i++) {
        const struct path_piece *piece = &path->pieces[i];
        if (piece->column < 0) {
            buffer_append_slice(out, piece->literal);
        } else {
            value_append(path, piece, batch, row, out);
        }
    }
    return segments_finish(out, start);
}
