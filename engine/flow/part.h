/* SPDX-License-Identifier: Apache-2.0 */
/* Parts and positions: what a source is made of and how far a sink has come in it. Plain values without a lock; texts
 * belong to whoever made them. */
#ifndef LEAT_FLOW_PART_H
#define LEAT_FLOW_PART_H

#include "engine/base/arena.h"
#include "engine/base/slice.h"

/* A place in a part: opaque bytes in memcmp order, the shorter first. The engine's own: length 0 = the start,
 * {0xff} = the end. Ledgers store the printed text. */
struct position {
    uint8_t len;
    uint8_t bytes[63];
};

#define POSITION_START ((struct position){.len = 0})
#define POSITION_END ((struct position){.len = 1, .bytes = {0xff}})

enum { POSITION_TEXT_MAX = 160, PART_NAME_MAX = 512 };

int position_compare(const struct position *a, const struct position *b);
bool position_is_end(const struct position *position);

/* A plan row: written once, never changed. Texts are NUL-terminated. */
struct part_info {
    const char *name;   /* unique in the source, at most PART_NAME_MAX bytes; a leading '_' is the engine's */
    const char *entry;  /* all splits of one file share it; plan_put puts an entry whole or not at all */
    const char *ident;  /* <= 256: what the data is (size, hashes); compared at every open */
    const char *detail; /* <= 1 KiB: byte range, framing, compression; the source's own words */
    const char *first;  /* printed position where it begins, "start" unless resolved otherwise */
    uint64_t weight_bytes;
};

struct part_list {
    struct part_info *items;
    uint32_t count;
};

/* in = delivered + filtered + dead_letter, in records. */
struct counts {
    uint64_t in, delivered, filtered, dead_letter;
};

void counts_add(struct counts *sum, const struct counts *more);

/* The last records of a part, for dead_letter_limit: buckets of 1,000 records, the newest last. */
enum { DEAD_WINDOW_BUCKETS = 10, DEAD_WINDOW_BUCKET_RECORDS = 1000 };
struct dead_window {
    uint32_t records[DEAD_WINDOW_BUCKETS];
    uint32_t letters[DEAD_WINDOW_BUCKETS];
};
/* "records:letters records:letters ..." and back; unreadable text is an empty window. */
void dead_window_print(const struct dead_window *window, char *ret_text, size_t size);
void dead_window_parse(const char *text, struct dead_window *ret);

#endif
