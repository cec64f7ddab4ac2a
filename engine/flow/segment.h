/* SPDX-License-Identifier: Apache-2.0 */
/* The unit of work inside the engine: a half-open range [from, to) of a part with its raw bytes, and what workers
 * make of it for each sink. A segment is cut by a reader, frozen, worked on by one worker at a time, and lives until
 * every sink that wants it has committed or dropped it (reference count, raw bytes included). A payload belongs to
 * its sink's sequencer and is lent to units. */
#ifndef LEAT_FLOW_SEGMENT_H
#define LEAT_FLOW_SEGMENT_H

#include <stdatomic.h>

#include "engine/base/io.h"
#include "engine/flow/part.h"
#include "engine/record/batch.h"

enum { SINKS_MAX = 64 };

struct part;  /* part_state.h: the engine's; connectors see only its name */
const char *part_name(const struct part *part);

struct segment {
    uint64_t cut;        /* age: workers take the lowest first */
    uint64_t assignment; /* of the part when it was cut; a dead one is dropped wherever it is met */
    struct part *part;
    struct position from, to;
    struct position base; /* what record offsets count from: `from`, or the parent's for delimited records */
    const char *mark;    /* in the arena; NULL = unchanged */
    int64_t read_at_us;  /* Unix epoch: now() */
    uint64_t wants;      /* bit for each sink, fixed at the cut */
    struct raw raw;
    struct arena *arena; /* of the raw bytes; NULL when a parent holds them */
    struct segment *parent; /* counted: this is a piece of it */
    atomic_uint references;
};

/* Takes the block's arena and a reference on the part; the mark must lie in that arena. One reference. */
struct segment *segment_new(struct part *part, const struct segment *filled);
struct segment *segment_ref(struct segment *segment);
void segment_unref(struct segment *segment); /* takes NULL; any thread */
/* True when the part was reassigned since. */
bool segment_is_dead(const struct segment *segment);
/* Cuts at a record border `offset` bytes (or records) from its start, which is position `at`: both
 * pieces hold the parent, each has one reference. The mark goes with the last piece. A piece may
 * hold no record: positions have gaps, and a part's end lies beyond its last byte. */
void segment_split(struct segment *segment, size_t offset, const struct position *at, struct segment **ret_head,
                   struct segment **ret_tail);

/* A record that was not delivered, as each sink stores it. All in the payload's arena. */
struct dead_letter {
    uint32_t record;         /* ordinal in the segment, ascending inside a payload */
    struct position position;
    const char *position_text; /* as the source prints it */
    const char *stage, *code;
    struct slice message, key, headers;
    struct slice payload;    /* the first 64 KiB above record_bytes_max */
    uint64_t payload_bytes;
    uint8_t sha256[32];      /* of the whole record */
    int64_t time_us;
};

/* What a worker encoded from one segment for one sink. Rows of one record are adjacent, in record order. */
struct payload {
    struct segment *segment;      /* counted reference: raw stays for letters of rejected rows */
    struct arena *arena;          /* POOL_PAYLOAD */
    void *body;                   /* the sink's own layout, in the arena */
    uint64_t bytes;               /* of output, for commit policies */
    uint32_t rows;
    const uint32_t *row_records;  /* record of each row; NULL = row i is record i; ORIGIN_RANGE = aggregate */
    uint64_t *rejected;           /* bit by row: skip it; NULL = none; set by the engine after a REJECT */
    struct dead_letter *letters; /* ascending by record */
    uint32_t letters_count;
    struct counts counts;
    uint64_t binding;             /* version of the catalog it was encoded for */
};

static inline bool payload_row_is_rejected(const struct payload *payload, uint32_t row) {
    return payload->rejected && (payload->rejected[row >> 6] >> (row & 63) & 1);
}

#endif
