/* SPDX-License-Identifier: Apache-2.0 */
/* A segment is a small allocation of its own beside the budgeted arena of its block; a piece of a split has no arena
 * and keeps its parent. */
#include "engine/flow/segment.h"

#include <assert.h>
#include <stdlib.h>

#include "engine/flow/part_state.h"

struct segment *segment_new(struct part *part, const struct segment *filled) {
    struct segment *segment = malloc(sizeof *segment);
    if (!segment) {
        abort();
    }
    *segment = *filled;
    segment->part = part_ref(part);
    atomic_init(&segment->references, 1);
    return segment;
}

struct segment *segment_ref(struct segment *segment) {
    atomic_fetch_add(&segment->references, 1);
    return segment;
}

void segment_unref(struct segment *segment) {
    while (segment && atomic_fetch_sub(&segment->references, 1) == 1) {
        struct segment *parent = segment->parent;
        part_unref(segment->part);
        arena_free(segment->arena);
        free(segment);
        segment = parent;
    }
}

bool segment_is_dead(const struct segment *segment) {
    return atomic_load(&segment->part->assignment) != segment->assignment;
}

/* Field by field: others count references of the parent at the same time. */
static struct segment *piece_new(struct segment *parent) {
    struct segment filled = {
        .cut = parent->cut,
        .assignment = parent->assignment,
        .from = parent->from,
        .to = parent->to,
        .base = parent->base,
        .mark = parent->mark,
        .read_at_us = parent->read_at_us,
        .wants = parent->wants,
        .raw = parent->raw,
        .parent = segment_ref(parent),
    };
    return segment_new(parent->part, &filled);
}

void segment_split(struct segment *segment, size_t offset, const struct position *at, struct segment **ret_head,
                   struct segment **ret_tail) {
    struct segment *head = piece_new(segment), *tail = piece_new(segment);
    const struct raw *raw = &segment->raw;
    if (raw->records) {
        assert(offset <= raw->records_count);
        head->raw.records_count = (uint32_t)offset;
        tail->raw.records += offset;
        tail->raw.records_count -= (uint32_t)offset;
        tail->raw.extras = raw->extras ? raw->extras + offset : NULL;
    } else {
        assert(offset <= raw->len);
        head->raw.len = offset;
        tail->raw.data += offset;
        tail->raw.len -= offset;
    }
    head->to = *at;
    head->mark = NULL;
    tail->from = *at;
    tail->base = raw->records ? segment->base : *at;
    *ret_head = head;
    *ret_tail = tail;
}
