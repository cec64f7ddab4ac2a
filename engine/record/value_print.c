/* SPDX-License-Identifier: Apache-2.0 */
/* The one door from values to text and to JSON. Fixed-width types are printed straight into the
 * buffer's room; nothing is allocated but the buffer. */
#include "engine/record/json.h"
#include "engine/record/scalar.h"

#include <assert.h>
#include <math.h>

enum { ROOM = INTERVAL_TEXT_MAX };

/* Types whose text is short: prints at `at`, returns the end, NULL = not such a type. */
static char *short_print(enum type_id id, const void *value, const struct timezone *zone,
                         char *at) {
    switch (id) {
    case TYPE_INT2:
        return int_print(at, *(const int16_t *)value);
    case TYPE_INT4:
        return int_print(at, *(const int32_t *)value);
    case TYPE_INT8:
        return int_print(at, *(const int64_t *)value);
    case TYPE_FLOAT4:
        return float4_print(at, *(const float *)value);
    case TYPE_FLOAT8:
        return float8_print(at, *(const double *)value);
    case TYPE_UUID:
        return uuid_print(at, value);
    case TYPE_DATE:
        return date_print(at, *(const int32_t *)value);
    case TYPE_TIME:
        return time_print(at, *(const int64_t *)value);
    case TYPE_TIMESTAMP:
        return timestamp_print(at, *(const int64_t *)value, NULL, ' ');
    case TYPE_TIMESTAMPTZ:
        return timestamp_print(at, *(const int64_t *)value, zone, ' ');
    case TYPE_INTERVAL:
        return interval_print(at, *(const struct interval *)value);
    default:
        return NULL;
    }
}

void value_print(struct type type, const void *value, const struct timezone *zone,
                 struct buffer *out) {
    if (type.array) {
        array_print(type, *(const struct array *const *)value, zone, out);
        return;
    }
    switch (type.id) {
    case TYPE_BOOL:
        buffer_append_byte(out, *(const uint8_t *)value ? 't' : 'f');
        return;
    case TYPE_UNKNOWN:
    case TYPE_NUMERIC:
    case TYPE_TEXT:
    case TYPE_JSON:
        buffer_append_slice(out, *(const struct slice *)value);
        return;
    case TYPE_BYTEA:
        bytea_print(*(const struct slice *)value, out);
        return;
    case TYPE_JSONB:
        jsonb_normalise(*(const struct slice *)value, out->arena, out);
        return;
    default: {
        char *at = buffer_reserve(out, ROOM);
        char *end = short_print(type.id, value, zone, at);
        assert(end && end - at <= ROOM);
        out->len += (size_t)(end - at);
    }
    }
}

/* --- JSON ------------------------------------------------------------------------------------- */

static bool needs_escape(unsigned char c) {
    return c < 0x20 || c == '"' || c == '\\';
}

static void escape_append(unsigned char c, struct buffer *out) {
    static const char named[] = {
        ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    char *at = buffer_reserve(out, 6);
    at[0] = '\\';
    if (c == '"' || c == '\\' || (c < sizeof named && named[c])) {
        at[1] = c < sizeof named && named[c] ? named[c] : (char)c;
        out->len += 2;
        return;
    }
    memcpy(at + 1, "u00", 3);
    at[4] = "0123456789abcdef"[c >> 4];
    at[5] = "0123456789abcdef"[c & 15];
    out->len += 6;
}

void json_quote(struct slice text, struct buffer *out) {
    buffer_append_byte(out, '"');
    size_t from = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (needs_escape((unsigned char)text.data[i])) {
            buffer_append_slice(out, slice_make(text.data + from, i - from));
            escape_append((unsigned char)text.data[i], out);
            from = i + 1;
        }
    }
    buffer_append_slice(out, slice_make(text.data + from, text.len - from));
    buffer_append_byte(out, '"');
}

static void array_print_json(struct type type, const struct array *array,
                             const struct timezone *zone, struct buffer *out) {
    struct type element = type;
    element.array = false;
    size_t width = type_width(element);
    buffer_append_byte(out, '[');
    for (uint32_t i = 0; i < array->count; i++) {
        if (i) {
            buffer_append_byte(out, ',');
        }
        if (array->nulls && (array->nulls[i >> 6] >> (i & 63) & 1)) {
            buffer_append(out, "null", 4);
        } else {
            value_print_json(element, (const char *)array->values + i * width, zone, out);
        }
    }
    buffer_append_byte(out, ']');
}

static void short_print_json(struct type type, const void *value, const struct timezone *zone,
                             struct buffer *out) {
    char *at = buffer_reserve(out, ROOM + 2), *end;
    if (type.id == TYPE_TIMESTAMP || type.id == TYPE_TIMESTAMPTZ) {
        zone = type.id == TYPE_TIMESTAMP ? NULL : zone;
        end = timestamp_print(at + 1, *(const int64_t *)value, zone, 'T');
    } else {
        end = short_print(type.id, value, zone, at + 1);
    }
    assert(end && end - at <= ROOM + 1);
    *at = '"';
    *end++ = '"';
    out->len += (size_t)(end - at);
}

static bool is_bare(struct type type, const void *value) {
    switch (type.id) {
    case TYPE_INT2:
    case TYPE_INT4:
    case TYPE_INT8:
    case TYPE_JSON:
        return true;
    case TYPE_FLOAT4:
        return isfinite(*(const float *)value);
    case TYPE_FLOAT8:
        return isfinite(*(const double *)value);
    case TYPE_NUMERIC: {
        struct slice text = *(const struct slice *)value;
        return text.data[text.len - 1] >= '0' && text.data[text.len - 1] <= '9';
    }
    default:
        return false;
    }
}

void value_print_json(struct type type, const void *value, const struct timezone *zone,
                      struct buffer *out) {
    if (type.array) {
        array_print_json(type, *(const struct array *const *)value, zone, out);
    } else if (type.id == TYPE_BOOL) {
        bool yes = *(const uint8_t *)value;
        buffer_append(out, yes ? "true" : "false", yes ? 4 : 5);
    } else if (type.id == TYPE_JSONB) {
        buffer_append_slice(out, *(const struct slice *)value);
    } else if (is_bare(type, value)) {
        value_print(type, value, zone, out);
    } else if (type.id == TYPE_TEXT || type.id == TYPE_UNKNOWN || type.id == TYPE_NUMERIC) {
        json_quote(*(const struct slice *)value, out);
    } else if (type.id == TYPE_BYTEA) {
        buffer_append(out, "\"\\", 2); /* the backslash of \x is escaped */
        bytea_print(*(const struct slice *)value, out);
        buffer_append_byte(out, '"');
    } else {
        short_print_json(type, value, zone, out);
    }
}
