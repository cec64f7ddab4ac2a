/* SPDX-License-Identifier: Apache-2.0 */
/* Text, bytea and uuid: the types whose values are bytes. Text is checked and returned as it
 * came; bytea is read in both of Postgres's spellings (hex, escape) and printed as hex. */
#include "engine/record/scalar.h"

bool text_parse(const struct parse_context *context, struct slice *ret) {
    struct slice text = context->text;
    size_t bad_at;
    if (utf8_is_valid(text, &bad_at)) {
        *ret = text;
        return true;
    }
    char shown[4 * 5 + 1];
    unsigned char first = (unsigned char)text.data[bad_at];
    size_t len = first >= 0xf0 && first <= 0xf7 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
    len = first >= 0xf8 ? 1 : len;
    len = len < text.len - bad_at ? len : text.len - bad_at;
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)text.data[bad_at + i];
        memcpy(shown + 5 * i, " 0x", 3);
        shown[5 * i + 3] = "0123456789abcdef"[byte >> 4];
        shown[5 * i + 4] = "0123456789abcdef"[byte & 15];
    }
    shown[5 * len] = '\0';
    return value_fail(context->error, context->arena, "22021",
                      "invalid byte sequence for encoding \"UTF8\":%s", shown);
}

/* --- bytea ------------------------------------------------------------------------------------ */

static size_t character_bytes(unsigned char first) {
    return first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
}

static bool hex_digit_fail(const struct parse_context *context, size_t at) {
    struct slice text = context->text;
    size_t len = character_bytes((unsigned char)text.data[at]);
    len = len < text.len - at ? len : text.len - at;
    return value_fail(context->error, context->arena, "22023",
                      "invalid hexadecimal digit: \"%.*s\"", (int)len, text.data + at);
}

static bool bytea_parse_hex(const struct parse_context *context, struct slice *ret) {
    struct slice text = context->text;
    char *bytes = arena_alloc(context->arena, text.len / 2);
    size_t count = 0;
    for (size_t at = 2; at < text.len;) {
        char c = text.data[at];
        if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
            at++;
            continue;
        }
        int high = hex_digit(c);
        if (high < 0) {
            return hex_digit_fail(context, at);
        }
        if (at + 1 >= text.len) {
            return value_fail(context->error, context->arena, "22023",
                              "invalid hexadecimal data: odd number of digits");
        }
        int low = hex_digit(text.data[at + 1]);
        if (low < 0) {
            return hex_digit_fail(context, at + 1);
        }
        bytes[count++] = (char)(high << 4 | low);
        at += 2;
    }
    *ret = slice_make(bytes, count);
    return true;
}

static bool is_octal(char c, char highest) {
    return c >= '0' && c <= highest;
}

bool bytea_parse(const struct parse_context *context, struct slice *ret) {
    struct slice text = context->text;
    if (slice_starts_with(text, SLICE_LITERAL("\\x"))) {
        return bytea_parse_hex(context, ret);
    }
    if (!text.len || !memchr(text.data, '\\', text.len)) {
        *ret = text;
        return true;
    }
    char *bytes = arena_alloc(context->arena, text.len);
    size_t count = 0;
    for (size_t at = 0; at < text.len;) {
        const char *c = text.data + at;
        size_t left = text.len - at;
        if (*c != '\\') {
            bytes[count++] = *c;
            at++;
        } else if (left >= 4 && is_octal(c[1], '3') && is_octal(c[2], '7') && is_octal(c[3], '7')) {
            bytes[count++] = (char)((c[1] - '0') << 6 | (c[2] - '0') << 3 | (c[3] - '0'));
            at += 4;
        } else if (left >= 2 && c[1] == '\\') {
            bytes[count++] = '\\';
            at += 2;
        } else {
            return value_fail(context->error, context->arena, "22P02",
                              "invalid input syntax for type bytea");
        }
    }
    *ret = slice_make(bytes, count);
    return true;
}

void bytea_print(struct slice bytes, struct buffer *out) {
    static const char hex[] = "0123456789abcdef";
    char *at = buffer_reserve(out, 2 + bytes.len * 2);
    *at++ = '\\';
    *at++ = 'x';
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char byte = (unsigned char)bytes.data[i];
        *at++ = hex[byte >> 4];
        *at++ = hex[byte & 15];
    }
    out->len += 2 + bytes.len * 2;
}

/* --- uuid ------------------------------------------------------------------------------------- */

/* Braces around are fine, and a hyphen after any four digits. */
bool uuid_parse(const struct parse_context *context, struct uuid *ret) {
    struct slice text = context->text;
    const char *at = text.data, *end = at + text.len;
    bool braces = text.len >= 2 && *at == '{' && end[-1] == '}';
    at += braces;
    end -= braces;
    for (int i = 0; i < 16; i++) {
        int high = at < end ? hex_digit(at[0]) : -1;
        int low = end - at >= 2 ? hex_digit(at[1]) : -1;
        if (high < 0 || low < 0) {
            return value_fail_syntax(context->error, context->arena, "uuid", text);
        }
        ret->bytes[i] = (uint8_t)(high << 4 | low);
        at += 2;
        at += i % 2 == 1 && i < 15 && at < end && *at == '-';
    }
    return at == end || value_fail_syntax(context->error, context->arena, "uuid", text);
}

char *uuid_print(char *out, const struct uuid *value) {
    static const char hex[] = "0123456789abcdef";
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            *out++ = '-';
        }
        *out++ = hex[value->bytes[i] >> 4];
        *out++ = hex[value->bytes[i] & 15];
    }
    return out;
}
