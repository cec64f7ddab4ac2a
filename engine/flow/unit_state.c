/* SPDX-License-Identifier: Apache-2.0 */
/* A unit's list of payloads has a fixed size, because the sink reads it on its lane while the
 * committer adds; moves grow by doubling, the committer alone sees them before the seal. */
#include "engine/flow/unit_state.h"

#include <assert.h>
#include <stdlib.h>

struct unit_state *unit_state_new(uint64_t number, const char *owner, bool keeps) {
    struct unit_state *unit = calloc(1, sizeof *unit);
    if (!unit) {
        abort();
    }
    unit->unit = (struct unit){.number = number, .owner = owner};
    unit->opened_us = unit->added_us = io_now_us();
    unit->arena = arena_new(NULL, POOL_SINK);
    if (keeps) {
        unit->payloads = arena_alloc(unit->arena, UNIT_PAYLOADS_MAX * sizeof *unit->payloads);
        unit->views = arena_alloc(unit->arena, UNIT_PAYLOADS_MAX * sizeof *unit->views);
        unit->unit.payloads = unit->views;
    }
    return unit;
}

void unit_state_free(struct unit_state *unit) {
    if (!unit) {
        return;
    }
    for (uint32_t i = 0; i < unit->payloads_count; i++) {
        encoded_free(unit->payloads[i]);
    }
    free(unit->moves);
    arena_free(unit->arena);
    free(unit);
}

static void *grow(void *items, uint32_t *capacity, size_t size) {
    *capacity = *capacity ? *capacity * 2 : 16;
    items = realloc(items, *capacity * size);
    if (!items) {
        abort();
    }
    return items;
}

static struct unit_move *move_of(struct unit_state *unit, struct sequence *sequence) {
    if (sequence->unit_number == unit->unit.number) {
        return &unit->moves[sequence->unit_move];
    }
    if (unit->moves_count == unit->moves_capacity) {
        unit->moves = grow(unit->moves, &unit->moves_capacity, sizeof *unit->moves);
    }
    sequence->unit_number = unit->unit.number;
    sequence->unit_move = unit->moves_count;
    sequence->in_units++;
    unit->moves[unit->moves_count] = (struct unit_move){.sequence = sequence};
    return &unit->moves[unit->moves_count++];
}

void unit_state_add(struct unit_state *unit, struct sequence *sequence, struct encoded *encoded) {
    const struct segment *segment = encoded->payload.segment;
    uint32_t moves_before = unit->moves_count;
    struct unit_move *move = move_of(unit, sequence);
    if (unit->moves_count != moves_before) {
        move->from = segment->from;
    } else {
        assert(position_compare(&move->to, &segment->from) == 0);
    }
    move->to = segment->to;
    move->mark = segment->mark ? arena_text(unit->arena, slice_of(segment->mark)) : move->mark;
    move->window = encoded->window_after;
    counts_add(&move->counts, &encoded->payload.counts);
    if (unit->payloads) {
        assert(unit->payloads_count < UNIT_PAYLOADS_MAX);
        unit->payloads[unit->payloads_count] = encoded;
        unit->views[unit->payloads_count++] = &encoded->payload;
    }
    unit->rows += encoded->payload.rows + encoded->payload.letters_count;
    unit->bytes += encoded->payload.bytes;
    unit->added_us = io_now_us();
}

static int move_order(const void *a, const void *b) {
    const struct move *left = a, *right = b;
    return strcmp(left->part_name, right->part_name);
}

static const char *printed(struct arena *arena, const struct source_ops *source, const struct position *position) {
    char text[POSITION_TEXT_MAX];
    source->print(position, text);
    return arena_text(arena, slice_of(text));
}

void unit_state_seal(struct unit_state *unit, const struct source_ops *source) {
    unit->sealed_moves = arena_zalloc(unit->arena, (unit->moves_count + 1) * sizeof *unit->sealed_moves);
    for (uint32_t i = 0; i < unit->moves_count; i++) {
        const struct unit_move *move = &unit->moves[i];
        unit->sealed_moves[i] = (struct move){
            .part = move->sequence->part,
            .part_name = move->sequence->part->info.name,
            .epoch = move->sequence->epoch,
            .from = printed(unit->arena, source, &move->from),
            .to = printed(unit->arena, source, &move->to),
            .mark = move->mark,
            .counts = move->counts,
            .window = move->window,
        };
    }
    qsort(unit->sealed_moves, unit->moves_count, sizeof *unit->sealed_moves, move_order);
    unit->unit.moves = unit->sealed_moves;
    unit->unit.moves_count = unit->moves_count;
}

const struct unit_move *unit_state_move(const struct unit_state *unit, const struct part *part) {
    for (uint32_t i = 0; i < unit->moves_count; i++) {
        if (unit->moves[i].sequence->part == part) {
            return &unit->moves[i];
        }
    }
    return NULL;
}
