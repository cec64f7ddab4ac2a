/* SPDX-License-Identifier: Apache-2.0 */
/* Characters of JSON string text: RFC 8259 section 7 for escapes, RFC 3629 for UTF-8. This is the
 * slow road of the scanner, taken byte by byte; plain ASCII never comes here. */
#include "engine/record/json_text.h"

static bool is_tail(char byte) {
    return ((unsigned char)byte & 0xC0) == 0x80;
}

unsigned json_text_utf8(const char *data, const char *end) {
    const unsigned char *bytes = (const unsigned char *)data;
    size_t room = (size_t)(end - data);
    if (room == 0) {
        return 0;
    }
    if (bytes[0] < 0x80) {
        return 1;
    }
    if (bytes[0] >= 0xC2 && bytes[0] <= 0xDF) {
        return room >= 2 && is_tail(data[1]) ? 2 : 0;
    }
    if ((bytes[0] & 0xF0) == 0xE0) {
        if (room < 3 || !is_tail(data[1]) || !is_tail(data[2])) {
            return 0;
        }
        bool overlong = bytes[0] == 0xE0 && bytes[1] < 0xA0;
        bool surrogate = bytes[0] == 0xED && bytes[1] >= 0xA0;
        return overlong || surrogate ? 0 : 3;
    }
    if (bytes[0] >= 0xF0 && bytes[0] <= 0xF4) {
        if (room < 4 || !is_tail(data[1]) || !is_tail(data[2]) || !is_tail(data[3])) {
            return 0;
        }
        bool overlong = bytes[0] == 0xF0 && bytes[1] < 0x90;
        bool beyond = bytes[0] == 0xF4 && bytes[1] >= 0x90;
        return overlong || beyond ? 0 : 4;
    }
    return 0;
}

static int hex_value(char digit) {
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    char lower = (char)(digit | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* data is the backslash of \uXXXX; -1 if it is none. */
static int32_t read_unit(const char *data, const char *end) {
    if (end - data < 6 || data[0] != '\\' || data[1] != 'u') {
        return -1;
    }
    int32_t unit = 0;
    for (int i = 2; i < 6; i++) {
        int digit = hex_value(data[i]);
        if (digit < 0) {
            return -1;
        }
        unit = unit << 4 | digit;
    }
    return unit;
}

static unsigned read_unicode(const char *data, const char *end, uint32_t *ret_code) {
    int32_t unit = read_unit(data, end);
    if (unit < 0) {
        return 0;
    }
    *ret_code = (uint32_t)unit;
    if (unit >= 0xD800 && unit <= 0xDBFF) {
        int32_t low = read_unit(data + 6, end);
        if (low >= 0xDC00 && low <= 0xDFFF) {
            *ret_code = 0x10000 + (((uint32_t)unit - 0xD800) << 10) + ((uint32_t)low - 0xDC00);
            return 12;
        }
    }
    return 6;
}

unsigned json_text_escape(const char *data, const char *end, uint32_t *ret_code) {
    if (end - data < 2) {
        return 0;
    }
    switch (data[1]) {
    case '"':
    case '\\':
    case '/':
        *ret_code = (unsigned char)data[1];
        return 2;
    case 'b':
        *ret_code = '\b';
        return 2;
    case 'f':
        *ret_code = '\f';
        return 2;
    case 'n':
        *ret_code = '\n';
        return 2;
    case 'r':
        *ret_code = '\r';
        return 2;
    case 't':
        *ret_code = '\t';
        return 2;
    case 'u':
        return read_unicode(data, end, ret_code);
    default:
        return 0;
    }
}

unsigned json_text_encode(uint32_t code, char ret[4]) {
    if (code < 0x80) {
        ret[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        ret[0] = (char)(0xC0 | code >> 6);
        ret[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        ret[0] = (char)(0xE0 | code >> 12);
        ret[1] = (char)(0x80 | (code >> 6 & 0x3F));
        ret[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    ret[0] = (char)(0xF0 | code >> 18);
    ret[1] = (char)(0x80 | (code >> 12 & 0x3F));
    ret[2] = (char)(0x80 | (code >> 6 & 0x3F));
    ret[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

unsigned json_text_next(struct slice raw, size_t *at, char ret[4]) {
    const char *data = raw.data + *at, *end = raw.data + raw.len;
    if (*data != '\\') {
        unsigned len = json_text_utf8(data, end);
        memcpy(ret, data, len);
        *at += len ? len : 1;
        return len;
    }
    uint32_t code = 0;
    unsigned len = json_text_escape(data, end, &code);
    *at += len ? len : 1;
    if (len == 0 || code == 0 || json_text_is_surrogate(code)) {
        return 0;
    }
    return json_text_encode(code, ret);
}

const char *json_text_refusal(struct slice text) {
    const char *p = text.data, *end = p + text.len;
    while (p < end && (p = memchr(p, '\\', (size_t)(end - p)))) {
        uint32_t code = 1;
        unsigned len = json_text_escape(p, end, &code);
        if (len && (code == 0 || json_text_is_surrogate(code))) {
            return code == 0 ? "22P05" : "22P02";
        }
        p += len ? len : 1;
    }
    return "22P02";
}
