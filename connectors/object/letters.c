/* SPDX-License-Identifier: Apache-2.0 */
/* One JSON object a line, all members always there, so that any reader of JSON lines can load them as a table. What is
 * not UTF-8 stands in base64 with `_encoding` beside it. A lane's thread. */
#include "connectors/object/letters.h"

#include <openssl/evp.h>

#include "engine/record/datetime.h"
#include "engine/record/value.h"

static void member(struct buffer *out, const char *name, struct slice text) {
    buffer_printf(out, ",\"%s\":", name);
    if (text.data) {
        json_quote(text, out);
    } else {
        buffer_append(out, "null", 4);
    }
}

/* Control bytes are escaped by json_quote, but NUL has no place in readers' text types: base64 as well. */
static void bytes_member(struct buffer *out, const char *name, struct slice bytes) {
    size_t bad_at;
    if (!bytes.data || utf8_is_valid(bytes, &bad_at)) {
        member(out, name, bytes);
        return;
    }
    buffer_printf(out, ",\"%s\":\"", name);
    char *room = buffer_reserve(out, bytes.len / 3 * 4 + 8);
    int len = EVP_EncodeBlock((unsigned char *)room, (const unsigned char *)bytes.data, (int)bytes.len);
    out->len += (size_t)len;
    buffer_printf(out, "\",\"%s_encoding\":\"base64\"", name);
}

static void time_member(struct buffer *out, int64_t unix_us) {
    int64_t us = unix_us - DATETIME_UNIX_EPOCH_US;
    buffer_printf(out, ",\"time\":");
    value_print_json(TYPE(TIMESTAMPTZ), &us, timezone_utc(), out);
}

void letter_print(const struct dead_letter *letter, const struct letter_place *place, struct buffer *out) {
    buffer_printf(out, "{\"pipeline\":");
    json_quote(slice_of(place->pipeline), out);
    member(out, "source", slice_of(place->source));
    member(out, "sink", slice_of(place->sink));
    bytes_member(out, "part", slice_of(place->part));
    member(out, "position", slice_of(letter->position_text));
    buffer_printf(out, ",\"row\":null");
    member(out, "stage", slice_of(letter->stage));
    member(out, "code", slice_of(letter->code));
    bytes_member(out, "message", letter->message);
    bytes_member(out, "key", letter->key);
    bytes_member(out, "headers", letter->headers);
    bytes_member(out, "payload", letter->payload);
    buffer_printf(out, ",\"payload_bytes\":%llu,\"sha256\":\"", (unsigned long long)letter->payload_bytes);
    for (int i = 0; i < 32; i++) {
        buffer_printf(out, "%02x", letter->sha256[i]);
    }
    buffer_append_byte(out, '"');
    time_member(out, letter->time_us);
    buffer_append(out, "}\n", 2);
}
