/* SPDX-License-Identifier: Apache-2.0 */
/* One pass, byte by byte outside of multi-byte sequences: what these commands and pages write is a few kilobytes, so
 * it is not made faster. */
#include "engine/monitor/json_string.h"

#include "engine/record/json_text.h"

void json_string_append(struct buffer *out, const char *text) {
    static const char hex[] = "0123456789abcdef";
    const char *end = text + strlen(text);
    buffer_append_byte(out, '"');
    while (text < end) {
        unsigned char byte = (unsigned char)*text;
        unsigned len = json_text_utf8(text, end);
        if (byte == '"' || byte == '\\') {
            buffer_append_byte(out, '\\');
        }
        if (len == 0) {
            buffer_append(out, "\xef\xbf\xbd", 3);
        } else if (byte < 0x20) {
            buffer_append(out, "\\u00", 4);
            buffer_append_byte(out, hex[byte >> 4]);
            buffer_append_byte(out, hex[byte & 15]);
        } else {
            buffer_append(out, text, len);
        }
        text += len ? len : 1;
    }
    buffer_append_byte(out, '"');
}
