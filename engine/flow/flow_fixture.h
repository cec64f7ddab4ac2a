/* SPDX-License-Identifier: Apache-2.0 */
/* Positions, parts and payloads for the unit tests of flow: a position is a number, a payload is so many records.
 * Each test program has its own copy; nothing here is shared. */
#ifndef LEAT_FLOW_FLOW_FIXTURE_H
#define LEAT_FLOW_FLOW_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "engine/flow/sequence.h"

static inline struct position position_of(uint32_t n) {
    struct position position = {.len = 8};
    for (int i = 0; i < 8; i++) {
        position.bytes[i] = (uint8_t)((uint64_t)n >> (56 - 8 * i));
    }
    return position;
}

static inline uint32_t position_number(const struct position *position) {
    uint32_t n = 0;
    for (int i = 0; i < 8; i++) {
        n = n << 8 | position->bytes[i];
    }
    return n;
}

static inline struct part *test_part(const char *name) {
    struct part_info info = {.name = name, .first = "start"};
    struct part *part = part_new(&info, "test", "source");
    part->assignment = 1;
    return part;
}

/* A payload of the records [from, to), of which `letters` first ones are dead letters. */
static inline struct encoded *test_encoded(struct part *part, uint32_t from, uint32_t to, uint32_t letters) {
    struct segment filled = {.assignment = 1, .from = position_of(from), .to = position_of(to)};
    struct encoded *encoded = encoded_new(segment_new(part, &filled), NULL);
    struct payload *payload = &encoded->payload;
    payload->counts = (struct counts){.in = to - from, .delivered = to - from - letters, .dead_letter = letters};
    payload->letters = arena_zalloc(payload->arena, (letters + 1) * sizeof *payload->letters);
    payload->letters_count = letters;
    for (uint32_t i = 0; i < letters; i++) {
        payload->letters[i].record = i;
        payload->letters[i].position = position_of(from + i);
    }
    return encoded;
}

#endif
