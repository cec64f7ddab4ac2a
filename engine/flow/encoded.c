/* SPDX-License-Identifier: Apache-2.0 */
/* Payload memory, and dead letters: what a record looked like, where it stood and why it was refused. Hashing is done
 * only for letters. */
#include "engine/flow/encoded.h"

#include <assert.h>
#include <openssl/sha.h>
#include <stdlib.h>

#include "engine/flow/part_state.h"

enum { LETTER_PREFIX_BYTES = 64 << 10 };

struct encoded *encoded_new(struct segment *segment, struct budget *budget) {
    struct encoded *encoded = calloc(1, sizeof *encoded);
    if (!encoded) {
        abort();
    }
    encoded->payload.segment = segment;
    encoded->payload.arena = arena_new(budget, POOL_PAYLOAD);
    return encoded;
}

void encoded_release_memory(struct encoded *encoded) {
    arena_free(encoded->payload.arena);
    encoded->payload.arena = NULL;
    encoded->payload.body = NULL;
    encoded->payload.letters = NULL;
    encoded->payload.row_records = NULL;
    encoded->payload.rejected = NULL;
}

void encoded_free(struct encoded *encoded) {
    if (encoded) {
        arena_free(encoded->payload.arena);
        segment_unref(encoded->payload.segment);
        free(encoded->failure);
        free(encoded);
    }
}

static void letter_fill(const struct source_ops *source, const struct segment *segment, const struct record *record,
                        uint64_t record_bytes_max, struct dead_letter *letter, struct arena *arena) {
    struct slice payload = slice_make(record->data, record->len);
    SHA256((const unsigned char *)payload.data, payload.len, letter->sha256);
    letter->payload_bytes = payload.len;
    if (payload.len > record_bytes_max && payload.len > LETTER_PREFIX_BYTES) {
        payload.len = LETTER_PREFIX_BYTES;
    }
    letter->payload = arena_copy(arena, payload);
    letter->time_us = segment->read_at_us;
    letter->position = segment->from; /* the first record stands where the segment begins, also at a part's start */
    if (letter->record > 0) {
        source->position_at(&segment->base, record->offset, &letter->position);
    }
    char text[POSITION_TEXT_MAX];
    source->print(&letter->position, text);
    letter->position_text = arena_text(arena, slice_of(text));
}

static int withdrawal_order(const void *a, const void *b) {
    const struct withdrawal *left = a, *right = b;
    return (left->record > right->record) - (left->record < right->record);
}

void letters_make(const struct source_ops *source, const struct batch *batch, uint64_t record_bytes_max,
                  struct payload *payload) {
    uint32_t count = batch->withdrawals_count;
    if (!count) {
        return;
    }
    struct arena *arena = payload->arena;
    struct withdrawal *sorted = arena_alloc(batch->arena, count * sizeof *sorted);
    memcpy(sorted, batch->withdrawals, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, withdrawal_order);
    payload->letters = arena_zalloc(arena, count * sizeof *payload->letters);
    for (uint32_t i = 0; i < count; i++) {
        struct dead_letter *letter = &payload->letters[i];
        const struct record *record = &batch->records[sorted[i].record];
        letter->record = sorted[i].record;
        letter_fill(source, payload->segment, record, record_bytes_max, letter, arena);
        letter->stage = sorted[i].stage;
        letter->code = arena_text(arena, slice_of(sorted[i].code));
        letter->message = arena_copy(arena, sorted[i].message);
        if (batch->extras) {
            const struct record_extra *extra = &batch->extras[sorted[i].record];
            letter->key = arena_copy(arena, extra->key);
            letter->headers = arena_copy(arena, extra->headers);
            letter->time_us = extra->time_us;
        }
    }
    payload->letters_count = count;
}

/* The records of a segment, found by framing it once more. */
static void records_find(const struct segment *segment, struct batch *ret) {
    struct decode_origin origin = {0};
    decoder_run(segment->part->bare_decoder, &segment->raw, &origin, ret);
}

bool letter_add_rejected(const struct source_ops *source, uint64_t record_bytes_max, struct payload *payload,
                         uint32_t ordinal, const struct row_outcome *why) {
    uint32_t at = 0;
    while (at < payload->letters_count && payload->letters[at].record < ordinal) {
        at++;
    }
    if (at < payload->letters_count && payload->letters[at].record == ordinal) {
        return false;
    }
    struct arena *arena = payload->arena, *scratch = arena_new(NULL, POOL_COLUMNS);
    struct batch batch = {.arena = scratch};
    records_find(payload->segment, &batch);
    assert(ordinal < batch.records_count);
    size_t size = sizeof *payload->letters;
    struct dead_letter *letters = arena_alloc(arena, (payload->letters_count + 1) * size);
    if (payload->letters_count) {
        memcpy(letters, payload->letters, at * size);
        memcpy(letters + at + 1, payload->letters + at, (payload->letters_count - at) * size);
    }
    letters[at] = (struct dead_letter){.record = ordinal, .stage = "sink"};
    letter_fill(source, payload->segment, &batch.records[ordinal], record_bytes_max, &letters[at], arena);
    letters[at].code = arena_text(arena, slice_of(why->code));
    letters[at].message = arena_copy(arena, why->message);
    payload->letters = letters;
    payload->letters_count++;
    arena_free(scratch);
    return true;
}
