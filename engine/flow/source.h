/* SPDX-License-Identifier: Apache-2.0 */
/* What a source is to the engine. A source knows parts, positions and bytes; it knows nothing of sinks, claims or
 * retries. Calls tagged R run on a reader lane and may block until their deadline; the others never block.
 * After an error of class transient the engine closes the reader, waits and opens it again from the last position it
 * took; permanent is a named stop of the part. */
#ifndef LEAT_FLOW_SOURCE_H
#define LEAT_FLOW_SOURCE_H

#include "engine/base/error.h"
#include "engine/flow/part.h"
#include "engine/record/format.h"

struct source;
struct reader;

struct source_bind {
    const void *options;         /* filled by the connector's source_options */
    const struct format *format; /* framing may be FRAMING_NONE: then the source detects it for each part */
    const char *pipeline, *name;
    uint32_t workers;
    struct arena *arena;         /* lives as long as the source; unbudgeted */
};

struct source_caps {
    bool bounded;      /* ends by itself */
    bool replayable;   /* false: stdin; parts carry the owner's nonce and are never taken over */
    bool volatile_parts; /* parts of this process alone: no plan is kept (stdin, generate without a seed) */
    int64_t relist_us; /* list again after so long, to find new parts; 0 = once */
    uint32_t parts_max; /* parts one process reads at once; 0 = limits.workers */
};

/* What reading needs to know of a part's bytes; fixed when it is assigned. */
struct part_format {
    enum framing framing;
    const struct slice *header; /* CSV: names in the header line; NULL = declared order */
    uint32_t header_count;
};

/* A piece of a part: whole records, never empty unless end, idle or gap is set. */
struct block {
    struct raw raw;        /* in memory that `arena` owns */
    struct arena *arena;   /* budgeted (POOL_READ); passes to the engine */
    struct position to;    /* just past the last record; POSITION_END with the last block of a bounded part */
    const char *mark;      /* moves with the position (hashes of a followed file); NULL = unchanged; in the arena */
    const char *gap;       /* a range was lost at the source: its name and bounds; NULL = none; in the arena */
    bool idle;             /* nothing more is ready now */
};

struct source_ops {
    enum status (*bind)(const struct source_bind *bind, struct source **ret, struct error *error);
    void (*free)(struct source *source); /* takes NULL; after the last reader is closed */
    struct source_caps (*caps)(const struct source *source);

    /* Pure, any thread. print writes "start", "end" or the source's words; parse reads them back.
     * position_at: the position `offset` (record.offset) after base; offset_of is its inverse,
     * SIZE_MAX if position lies beyond 4 GiB. */
    void (*print)(const struct position *position, char *ret_text);
    bool (*parse)(const char *text, struct position *ret);
    void (*position_at)(const struct position *base, uint64_t offset, struct position *ret);
    uint64_t (*offset_of)(const struct position *base, const struct position *position);

    /* R: all parts that exist now, in the arena; the engine puts new entries into the plan. `known` asks whether the
     * plan has an entry already, so that its file need not be opened and hashed again. starting_position applies when
     * first_start is set, later parts begin at their start. */
    enum status (*list)(struct source *source, bool (*known)(void *context, const char *entry), void *context,
                        struct arena *arena, struct part_list *ret, struct error *error);

    /* R: has planned data changed, as far as a cheap look tells (a file's size, head and tail)? Then true, with
     * words for people. May be NULL. Data that is gone has not changed. */
    bool (*changed)(struct source *source, const char *entry, const char *ident, char *ret_what, size_t size);

    /* R: opens a part at a position. Compares ident; a changed one is permanent (`file-changed`). mark is what was
     * last committed with the position, "" at first. The reader may look at `from` only at a record border. */
    enum status (*open)(struct source *source, const struct part_info *part, const struct position *from,
                        const char *mark, struct reader **ret, struct part_format *ret_format, struct error *error);
    /* R: the next block of about room bytes, within deadline_us (monotonic). AGAIN: no memory or no data in time; with
     * idle set when there is no data. END is not used: the last block carries POSITION_END. The arena comes
     * from arena_new(budget, POOL_READ), charged for what the block holds, before reading. */
    enum status (*read)(struct reader *reader, struct budget *budget, size_t room,
                        int64_t deadline_us, struct block *ret, struct error *error);
    void (*wake)(struct reader *reader); /* any thread: a blocked read returns within 50 ms */
    void (*close)(struct reader *reader); /* R; takes NULL */
};

/* Bases, embedded first. */
struct source {
    const struct source_ops *ops;
};
struct reader {
    struct source *source;
};

#endif
