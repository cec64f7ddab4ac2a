/* SPDX-License-Identifier: Apache-2.0 */
/* A tree as JSON text, without white space. Numbers are copied digit by digit, never through a
 * double, and only what JSON itself calls a number stays bare; whatever else YAML leaves unquoted is
 * a string. Recursion is as deep as the tree, which the reader has limited. Appends to the buffer. */
#include <ctype.h>

#include "engine/config/node.h"

static size_t digits(struct slice text, size_t at) {
    size_t start = at;
    while (at < text.len && isdigit((unsigned char)text.data[at])) {
        at++;
    }
    return at - start;
}

/* The grammar of RFC 8259 section 6. */
static bool is_json_number(struct slice text) {
    size_t at = text.len && text.data[0] == '-', whole = digits(text, at);
    if (!whole || (whole > 1 && text.data[at] == '0')) {
        return false;
    }
    at += whole;
    if (at < text.len && text.data[at] == '.') {
        size_t fraction = digits(text, at + 1);
        if (!fraction) {
            return false;
        }
        at += 1 + fraction;
    }
    if (at < text.len && (text.data[at] == 'e' || text.data[at] == 'E')) {
        at++;
        at += at < text.len && (text.data[at] == '+' || text.data[at] == '-');
        size_t exponent = digits(text, at);
        if (!exponent) {
            return false;
        }
        at += exponent;
    }
    return at == text.len;
}

static void json_string(struct slice text, struct buffer *out) {
    buffer_append_byte(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte == '"' || byte == '\\') {
            buffer_append_byte(out, '\\');
            buffer_append_byte(out, (char)byte);
        } else if (byte == '\n') {
            buffer_append_slice(out, slice_of("\\n"));
        } else if (byte < 0x20) {
            buffer_printf(out, "\\u%04x", byte);
        } else {
            buffer_append_byte(out, (char)byte);
        }
    }
    buffer_append_byte(out, '"');
}

static void json_scalar(const struct node *node, struct buffer *out) {
    if (node_is_null(node)) {
        buffer_append_slice(out, slice_of("null"));
    } else if (node->plain && (slice_is(node->text, "true") || slice_is(node->text, "false") ||
                               is_json_number(node->text))) {
        buffer_append_slice(out, node->text);
    } else {
        json_string(node->text, out);
    }
}

void node_json(const struct node *node, struct buffer *out) {
    if (node->kind == NODE_SCALAR) {
        json_scalar(node, out);
        return;
    }
    bool mapping = node->kind == NODE_MAPPING;
    buffer_append_byte(out, mapping ? '{' : '[');
    for (uint32_t i = 0; i < node->count; i++) {
        if (i) {
            buffer_append_byte(out, ',');
        }
        if (mapping) {
            json_string(node->entries[i].key, out);
            buffer_append_byte(out, ':');
        }
        node_json(node->entries[i].value, out);
    }
    buffer_append_byte(out, mapping ? '}' : ']');
}
