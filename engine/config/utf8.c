/* SPDX-License-Identifier: Apache-2.0 */
/* Is a text UTF-8? libfyaml does not say, so the file and what its escapes give are looked at here.
 */
#include "engine/config/node.h"

/* Length of the character at text; 0 when it is none (RFC 3629). */
static size_t utf8_length(const unsigned char *text, size_t len) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t bytes = text[0] < 0x80 ? 1 : text[0] < 0xC2 ? 0 : text[0] < 0xE0 ? 2 : text[0] < 0xF0 ? 3
                   : text[0] < 0xF5 ? 4 : 0;
    if (bytes <= 1) {
        return bytes;
    }
    uint32_t code = text[0] & (0x7F >> bytes);
    for (size_t i = 1; i < bytes; i++) {
        if (i == len || (text[i] & 0xC0) != 0x80) {
            return 0;
        }
        code = code << 6 | (text[i] & 0x3F);
    }
    bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    return code < least[bytes] || code > 0x10FFFF || surrogate ? 0 : bytes;
}

bool text_is_utf8(struct slice text, size_t *ret_bad) {
    for (size_t at = 0; at < text.len;) {
        size_t bytes = utf8_length((const unsigned char *)text.data + at, text.len - at);
        if (!bytes) {
            *ret_bad = at;
            return false;
        }
        at += bytes;
    }
    return true;
}
