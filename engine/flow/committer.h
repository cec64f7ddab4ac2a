/* SPDX-License-Identifier: Apache-2.0 */
/* One for each sink: sequences payloads, fills units, runs their protocol on the sink's lanes and decides what follows
 * a verdict. Commits happen only here. It runs on an executor of its own that never blocks; the blocking steps run on
 * one executor for each lane. Everything else talks to it by the calls below (any thread), and it talks to the
 * coordinator by events. */
#ifndef LEAT_FLOW_COMMITTER_H
#define LEAT_FLOW_COMMITTER_H

#include "engine/flow/sequence.h"
#include "engine/flow/workers.h"

struct committer;

enum event_kind {
    EVENT_PART_ENDED,   /* this sink has committed the part's end */
    EVENT_PART_FENCED,  /* somebody else owns it now */
    EVENT_PART_MOVED,   /* the ledger stands elsewhere */
    EVENT_PART_REREAD,  /* its unit was lost with the payloads: read again */
    EVENT_PART_STOP,    /* by name: dead_letter_limit, a failed aggregate */
    EVENT_PART_DROPPED, /* answer to committer_part_drop; next = what is committed */
    EVENT_SINK_FATAL,
    EVENT_SINK_STATE    /* connected or not: for readiness */
};

struct committer_event {
    enum event_kind kind;
    uint32_t sink;
    struct part *part;     /* borrowed for the call */
    struct position next;  /* DROPPED, MOVED */
    struct dead_window window; /* DROPPED: as of next */
    const struct error *error; /* STOP, FATAL, STATE (NULL = ready) */
};

/* Retries by what went wrong: an SQLSTATE or a stable name. The committer adds codes at the end, others read up to the
 * count; beyond the last place everything is "other". */
enum { RETRY_CODES_MAX = 16 };
struct retry_counter {
    char code[ERROR_CODE_MAX];
    _Atomic uint64_t count;
};

/* Counted by the committer, read by monitors. Microseconds. */
struct committer_counters {
    _Atomic uint64_t in, delivered, filtered, dead_letter; /* committed by this process */
    _Atomic uint64_t rows, bytes;
    _Atomic uint64_t commits, commit_us, retries, unknown, unknown_committed, unknown_not, fenced, moved, rejected_rows;
    _Atomic uint64_t closed_rows, closed_bytes, closed_ready, closed_age, closed_idle, closed_drain,
        closed_memory;                               /* units by reason */
    _Atomic int64_t first_commit_us, last_commit_us; /* monotonic; 0 = none yet */
    _Atomic bool ready;
    struct retry_counter retry_codes[RETRY_CODES_MAX];
    _Atomic uint32_t retry_codes_count;
};

/* The books as one moment saw them: what was committed, and the records whose payloads are here and are not. */
struct committer_books {
    struct counts settled;
    uint64_t held;
};

struct committer_setup {
    const struct graph *graph;
    uint32_t sink;
    const char *owner;
    struct workers *workers; /* may be set later by committer_workers_set, before the first payload */
    /* On the committer's executor; must not block. */
    void (*event)(void *context, const struct committer_event *event);
    void *context;
};

struct committer *committer_new(const struct committer_setup *setup);
/* From here on nothing is decided and no worker is called: what comes is dropped. Before the workers are freed, which
 * may still hand payloads over. Takes NULL. */
void committer_close(struct committer *committer);
/* After committer_close. Ends lanes at once; what is not committed is dropped. Takes NULL. */
void committer_free(struct committer *committer);
void committer_workers_set(struct committer *committer, struct workers *workers);

/* Takes the payload. */
void committer_payload(struct committer *committer, struct encoded *encoded);
/* The part was won in this sink: sequence it from next on, for its present assignment. Also after a rewind. */
void committer_part_add(struct committer *committer, struct part *part, uint64_t epoch, const struct position *next,
                        const struct dead_window *window);
/* Let go of the part: EVENT_PART_DROPPED comes when no unit holds it any more. */
void committer_part_drop(struct committer *committer, struct part *part);
/* The same, but first commit everything up to a position that has been cut. */
void committer_part_finish(struct committer *committer, struct part *part, const struct position *upto);
/* Nothing more is being read: commit what there is without waiting to be due; false takes it back. */
void committer_drain(struct committer *committer, bool draining);
const struct committer_counters *committer_counters(const struct committer *committer);
/* Asks the committer and waits for its answer, which is soon: it never blocks. Not from an executor of the job. */
void committer_books(struct committer *committer, struct committer_books *ret);

#endif
