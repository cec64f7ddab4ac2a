/* SPDX-License-Identifier: Apache-2.0 */
/* Letters are few and may be large (8 MiB of payload), so they are encoded one by one and sent from a buffer that is
 * emptied as it fills. Key, headers and payload are bytes; the words of a message may come from a plugin or a function
 * and are made valid here, because a letter that cannot be stored would stop the part. Lane thread. */
#include "connectors/postgres/letters.h"

#include <stdio.h>

#include "connectors/postgres/wire.h"
#include "engine/record/datetime.h"
#include "engine/record/value.h"

enum { LETTER_COLUMNS = 15, LETTERS_BUFFER_BYTES = 256 * 1024 };

static struct slice words(struct slice text, struct arena *arena) {
    size_t bad_at;
    if (utf8_is_valid(text, &bad_at)) {
        return text;
    }
    char *copy = arena_text(arena, text);
    struct slice rest = {.data = copy, .len = text.len};
    while (!utf8_is_valid(rest, &bad_at)) {
        copy[(size_t)(rest.data - copy) + bad_at] = '?';
        rest = slice_make(rest.data + bad_at, rest.len - bad_at);
    }
    return slice_make(copy, text.len);
}

static void bytes_or_null(struct buffer *out, struct slice bytes) {
    if (bytes.data) {
        wire_field(out, bytes);
    } else {
        wire_null(out);
    }
}

static void letter_encode(struct buffer *out, const struct move_call *call, const struct payload *payload,
                          const struct dead_letter *letter) {
    const struct postgres_ledger *ledger = call->ledger;
    wire_row(out, LETTER_COLUMNS);
    wire_field(out, slice_of(ledger->pipeline));
    wire_field(out, slice_of(ledger->source));
    wire_field(out, slice_of(ledger->sink));
    wire_field(out, slice_of(part_name(payload->segment->part)));
    wire_field(out, slice_of(letter->position_text));
    wire_field_u32(out, 0);
    wire_field(out, slice_of(letter->stage));
    wire_field(out, slice_of(letter->code));
    wire_field(out, words(letter->message, call->scratch));
    bytes_or_null(out, letter->key);
    bytes_or_null(out, letter->headers);
    bytes_or_null(out, letter->payload);
    wire_field_u64(out, letter->payload_bytes);
    wire_field(out, slice_make(letter->sha256, sizeof letter->sha256));
    wire_field_u64(out, (uint64_t)(letter->time_us - DATETIME_UNIX_EPOCH_US));
}

static enum reply flush(const struct move_call *call, struct buffer *out, int64_t deadline_us) {
    enum reply reply = session_copy_put(call->session, buffer_slice(out), deadline_us);
    out->len = 0;
    return reply;
}

static enum reply payload_copy(const struct move_call *call, struct buffer *out,
                               const struct payload *payload, int64_t deadline_us) {
    for (uint32_t i = 0; i < payload->letters_count; i++) {
        letter_encode(out, call, payload, &payload->letters[i]);
        if (out->len >= LETTERS_BUFFER_BYTES && flush(call, out, deadline_us) != REPLY_OK) {
            return REPLY_LOST;
        }
    }
    return REPLY_OK;
}

enum reply letters_copy(const struct move_call *call, int64_t deadline_us) {
    const struct unit *unit = call->unit;
    uint64_t letters = 0;
    for (uint32_t i = 0; i < unit->payloads_count; i++) {
        letters += unit->payloads[i]->letters_count;
    }
    if (!letters) {
        return REPLY_OK;
    }
    enum reply reply = session_copy_start(call->session, STEP_LETTERS,
                                          call->ledger->sql[SQL_LETTERS_COPY], deadline_us);
    if (reply != REPLY_OK) {
        return reply;
    }
    struct buffer out;
    buffer_init(&out, call->scratch, LETTERS_BUFFER_BYTES);
    buffer_append_slice(&out, COPY_HEAD);
    for (uint32_t i = 0; i < unit->payloads_count; i++) {
        if (payload_copy(call, &out, unit->payloads[i], deadline_us) != REPLY_OK) {
            return REPLY_LOST;
        }
    }
    buffer_append_slice(&out, COPY_TAIL);
    if (flush(call, &out, deadline_us) != REPLY_OK) {
        return REPLY_LOST;
    }
    return session_copy_end(call->session, STEP_LETTERS_END, "leat_dead_letter", deadline_us);
}
