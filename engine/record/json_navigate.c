/* SPDX-License-Identifier: Apache-2.0 */
/* Walks JSON text that the scanner has accepted: members, elements, string contents. Because the
 * text is valid, skipping a value needs only strings and brackets; nothing is checked twice, but
 * every step is bounded by the end of the slice, so that text which was never scanned cannot lead
 * outside of it. */
#include "engine/record/json.h"
#include "engine/record/json_block.h"
#include "engine/record/json_text.h"

static const char *skip_space(const char *p, const char *end) {
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')) {
        p++;
    }
    return p;
}

/* What one value holds, found while skipping it. */
struct skipped {
    bool escaped, unacceptable;
};

static const char *skip_escape(const char *p, const char *end, struct skipped *found) {
    uint32_t code = 0;
    unsigned len = json_text_escape(p, end, &code);
    found->escaped = true;
    found->unacceptable |= len == 6 && (code == 0 || json_text_is_surrogate(code));
    return p + (len ? len : 1);
}

/* p is behind the opening quote; returns behind the closing one. */
static const char *skip_string(const char *p, const char *end, struct skipped *found) {
    while (p < end) {
        if (end - p >= JSON_BLOCK) {
            unsigned stop = json_block_escape_stop(p);
            p += stop;
            if (stop == JSON_BLOCK) {
                continue;
            }
        }
        if (*p == '"') {
            return p + 1;
        }
        p = *p == '\\' ? skip_escape(p, end, found) : p + 1;
    }
    return end;
}

static const char *skip_container(const char *p, const char *end, struct skipped *found) {
    uint32_t depth = 0;
    while (p < end) {
        char byte = *p++;
        if (byte == '"') {
            p = skip_string(p, end, found);
        } else if (byte == '{' || byte == '[') {
            depth++;
        } else if ((byte == '}' || byte == ']') && --depth == 0) {
            return p;
        }
    }
    return end;
}

static const char *skip_word(const char *p, const char *end) {
    while (p < end && *p != ',' && *p != '}' && *p != ']' && *p != ':' && (unsigned char)*p > ' ') {
        p++;
    }
    return p;
}

/* The value at p, which is not space; kind JSON_NONE at the end. */
static struct json_value value_at(const char *p, const char *end) {
    struct json_value value = {.kind = JSON_NONE};
    struct skipped found = {0};
    const char *start = p;
    if (p >= end) {
        return value;
    }
    switch (*p) {
    case '"':
        value.kind = JSON_STRING;
        p = skip_string(p + 1, end, &found);
        value.escaped = found.escaped;
        break;
    case '{':
    case '[':
        value.kind = *p == '{' ? JSON_OBJECT : JSON_ARRAY;
        p = skip_container(p, end, &found);
        break;
    default:
        value.kind = *p == 't'   ? JSON_TRUE
                     : *p == 'f' ? JSON_FALSE
                     : *p == 'n' ? JSON_NULL
                                 : JSON_NUMBER;
        p = skip_word(p, end);
    }
    value.text = slice_make(start, (size_t)(p - start));
    value.unacceptable = found.unacceptable;
    return value;
}

struct json_value json_root(struct slice text) {
    const char *end = text.data + text.len;
    return value_at(skip_space(text.data, end), end);
}

bool json_next(struct slice container, size_t *at, struct json_value *ret_key,
               struct json_value *ret_value) {
    const char *end = container.data + container.len;
    const char *p = skip_space(container.data + *at, end);
    if (*at == 0) {
        if (p >= end || (*p != '{' && *p != '[')) {
            return false;
        }
        p = skip_space(p + 1, end);
    } else if (p < end && *p == ',') {
        p = skip_space(p + 1, end);
    }
    if (p >= end || *p == '}' || *p == ']') {
        return false;
    }
    struct json_value key = {.kind = JSON_NONE}, value = value_at(p, end);
    if (value.text.len == 0) { /* no value begins so: the text is broken */
        return false;
    }
    p = skip_space(value.text.data + value.text.len, end);
    if (value.kind == JSON_STRING && p < end && *p == ':') {
        key = value;
        value = value_at(skip_space(p + 1, end), end);
    }
    if (value.kind == JSON_NONE || value.text.len == 0) {
        return false;
    }
    *at = (size_t)(value.text.data + value.text.len - container.data);
    *ret_value = value;
    if (ret_key) {
        *ret_key = key;
    }
    return true;
}

static bool key_equal(struct json_value key, struct slice name) {
    if (key.kind != JSON_STRING || key.text.len < 2) {
        return false;
    }
    struct slice raw = slice_make(key.text.data + 1, key.text.len - 2);
    if (!key.escaped) {
        return slice_equal(raw, name);
    }
    size_t at = 0, matched = 0;
    while (at < raw.len) {
        char bytes[4];
        unsigned len = json_text_next(raw, &at, bytes);
        if (len == 0 || name.len - matched < len || memcmp(name.data + matched, bytes, len) != 0) {
            return false;
        }
        matched += len;
    }
    return matched == name.len;
}

struct json_value json_member(struct slice object, struct slice key) {
    struct json_value found = {.kind = JSON_NONE}, name, value;
    if (json_root(object).kind != JSON_OBJECT) {
        return found;
    }
    for (size_t at = 0; json_next(object, &at, &name, &value);) {
        if (key_equal(name, key)) {
            found = value;
        }
    }
    return found;
}

uint32_t json_array_length(struct slice array) {
    struct json_value value;
    uint32_t count = 0;
    if (json_root(array).kind == JSON_ARRAY) {
        for (size_t at = 0; json_next(array, &at, NULL, &value);) {
            count++;
        }
    }
    return count;
}

struct json_value json_element(struct slice array, int64_t index) {
    struct json_value none = {.kind = JSON_NONE}, value;
    if (index < 0) {
        index += json_array_length(array);
    }
    if (index < 0 || json_root(array).kind != JSON_ARRAY) {
        return none;
    }
    for (size_t at = 0; json_next(array, &at, NULL, &value); index--) {
        if (index == 0) {
            return value;
        }
    }
    return none;
}

bool json_unescape(struct json_value string, struct arena *arena, struct slice *ret,
                   const char **ret_code) {
    struct slice raw = slice_make(string.text.data + 1, string.text.len - 2);
    if (!string.escaped) {
        *ret = raw;
        return true;
    }
    if (string.unacceptable) {
        *ret_code = json_text_refusal(raw);
        return false;
    }
    char *out = arena_alloc(arena, raw.len); /* escapes only shrink */
    size_t len = 0;
    for (size_t at = 0; at < raw.len;) {
        const char *escape = memchr(raw.data + at, '\\', raw.len - at);
        size_t plain = escape ? (size_t)(escape - raw.data) - at : raw.len - at;
        memcpy(out + len, raw.data + at, plain);
        len += plain;
        at += plain;
        char bytes[4];
        unsigned width = escape ? json_text_next(raw, &at, bytes) : 0;
        memcpy(out + len, bytes, width);
        len += width;
    }
    arena_trim(arena, out, raw.len, len);
    *ret = slice_make(out, len);
    return true;
}
