/* SPDX-License-Identifier: Apache-2.0 */
/* hex, base64 and escape as Postgres's encode.c: base64 breaks lines after 76 characters and
 * ignores white space when read. */
#include "engine/sql/functions/encoding.h"

#include <strings.h>

#include "engine/sql/functions/utf8.h"

enum { BASE64_LINE = 76 };

static const char hex_digits[] = "0123456789abcdef";
static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static bool refuse(struct value_error *error, const char *code, const char *message) {
    *error = (struct value_error){.code = code, .message = slice_of(message)};
    return false;
}

/* The message with the character at that place in quotes. */
static bool refuse_symbol(struct value_error *error, struct arena *arena, struct slice rest,
                          const char *format) {
    size_t width = utf8_width(rest.data[0]);
    char symbol[5] = {0};
    memcpy(symbol, rest.data, width);
    struct buffer out;
    buffer_init(&out, arena, 64);
    const char *place = strstr(format, "%s");
    buffer_append(&out, format, (size_t)(place - format));
    buffer_append(&out, symbol, width);
    buffer_append(&out, place + 2, strlen(place + 2));
    *error = (struct value_error){.code = "22023", .message = buffer_slice(&out)};
    return false;
}

static bool is_blank(char byte) {
    return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r';
}

static void hex_encode(struct slice bytes, struct buffer *out) {
    char *room = buffer_reserve(out, bytes.len * 2);
    for (size_t i = 0; i < bytes.len; i++) {
        room[2 * i] = hex_digits[(unsigned char)bytes.data[i] >> 4];
        room[2 * i + 1] = hex_digits[(unsigned char)bytes.data[i] & 15];
    }
    out->len += bytes.len * 2;
}

static int hex_value(char byte) {
    return byte >= '0' && byte <= '9'   ? byte - '0'
           : byte >= 'a' && byte <= 'f' ? byte - 'a' + 10
           : byte >= 'A' && byte <= 'F' ? byte - 'A' + 10
                                        : -1;
}

static bool hex_decode(struct slice text, struct buffer *out, struct value_error *error) {
    for (size_t i = 0; i < text.len;) {
        if (is_blank(text.data[i])) {
            i++;
            continue;
        }
        for (size_t half = i; half < i + 2; half++) {
            if (half == text.len) {
                return refuse(error, "22023", "invalid hexadecimal data: odd number of digits");
            }
            if (hex_value(text.data[half]) < 0) {
                return refuse_symbol(error, out->arena,
                                     slice_make(text.data + half, text.len - half),
                                     "invalid hexadecimal digit: \"%s\"");
            }
        }
        buffer_append_byte(out, (char)(hex_value(text.data[i]) << 4 | hex_value(text.data[i + 1])));
        i += 2;
    }
    return true;
}

static void base64_encode(struct slice bytes, struct buffer *out) {
    size_t line = 0;
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        uint32_t bits = (uint32_t)(unsigned char)bytes.data[i] << 16;
        bits |= left > 1 ? (uint32_t)(unsigned char)bytes.data[i + 1] << 8 : 0;
        bits |= left > 2 ? (uint32_t)(unsigned char)bytes.data[i + 2] : 0;
        char group[4] = {base64_digits[bits >> 18], base64_digits[bits >> 12 & 63],
                         left > 1 ? base64_digits[bits >> 6 & 63] : '=',
                         left > 2 ? base64_digits[bits & 63] : '='};
        buffer_append(out, group, sizeof(group));
        line += sizeof(group);
        if (line == BASE64_LINE && left >= 3) {
            buffer_append_byte(out, '\n');
            line = 0;
        }
    }
}

/* One group of base64 while it is read. bytes: what the first padding left of a group, 0 = no
 * padding yet. As in Postgres it also cuts the groups that follow. */
struct base64_group {
    uint32_t bits;
    int count, bytes;
};

/* Takes a digit or `=`; false with the error set. */
static bool base64_take(struct base64_group *group, struct slice rest, struct buffer *out,
                        struct value_error *error) {
    const char *found = rest.data[0] ? strchr(base64_digits, rest.data[0]) : NULL;
    if (rest.data[0] == '=') {
        if (group->bytes == 0 && group->count < 2) {
            return refuse(error, "22023", "unexpected \"=\" while decoding base64 sequence");
        }
        group->bytes = group->bytes == 0 ? group->count - 1 : group->bytes;
        found = base64_digits;
    } else if (!found) {
        return refuse_symbol(error, out->arena, rest,
                             "invalid symbol \"%s\" found while decoding base64 sequence");
    }
    group->bits = group->bits << 6 | (uint32_t)(found - base64_digits);
    if (++group->count == 4) {
        char bytes[3] = {(char)(group->bits >> 16), (char)(group->bits >> 8), (char)group->bits};
        buffer_append(out, bytes, group->bytes == 0 ? sizeof(bytes) : (size_t)group->bytes);
        group->count = 0;
        group->bits = 0;
    }
    return true;
}

static bool base64_decode(struct slice text, struct buffer *out, struct value_error *error) {
    struct base64_group group = {0};
    for (size_t i = 0; i < text.len; i++) {
        if (!is_blank(text.data[i]) &&
            !base64_take(&group, slice_make(text.data + i, text.len - i), out, error)) {
            return false;
        }
    }
    return group.count == 0 ? true : refuse(error, "22023", "invalid base64 end sequence");
}

static void escape_encode(struct slice bytes, struct buffer *out) {
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char byte = (unsigned char)bytes.data[i];
        if (byte == 0 || byte >= 0x80) {
            buffer_printf(out, "\\%03o", byte);
        } else if (byte == '\\') {
            buffer_append(out, "\\\\", 2);
        } else {
            buffer_append_byte(out, (char)byte);
        }
    }
}

static bool is_octal(struct slice text, size_t at) {
    return at + 3 < text.len && text.data[at + 1] >= '0' && text.data[at + 1] <= '3' &&
           text.data[at + 2] >= '0' && text.data[at + 2] <= '7' && text.data[at + 3] >= '0' &&
           text.data[at + 3] <= '7';
}

static bool escape_decode(struct slice text, struct buffer *out, struct value_error *error) {
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] != '\\') {
            buffer_append_byte(out, text.data[i]);
        } else if (is_octal(text, i)) {
            int high = text.data[i + 1] - '0', middle = text.data[i + 2] - '0';
            buffer_append_byte(out, (char)(high << 6 | middle << 3 | (text.data[i + 3] - '0')));
            i += 3;
        } else if (i + 1 < text.len && text.data[i + 1] == '\\') {
            buffer_append_byte(out, '\\');
            i++;
        } else {
            return refuse(error, "22P02", "invalid input syntax for type bytea");
        }
    }
    return true;
}

static const struct encoding encodings[] = {
    {.name = "hex", .encode = hex_encode, .decode = hex_decode},
    {.name = "base64", .encode = base64_encode, .decode = base64_decode},
    {.name = "escape", .encode = escape_encode, .decode = escape_decode},
};

const struct encoding *encoding_find(struct slice name) {
    for (size_t i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++) {
        if (strlen(encodings[i].name) == name.len &&
            strncasecmp(encodings[i].name, name.data, name.len) == 0) {
            return &encodings[i];
        }
    }
    return NULL;
}
