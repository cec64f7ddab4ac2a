/* SPDX-License-Identifier: Apache-2.0 */
/* What a sink's sequencer knows of one part: payloads come from the workers in any order and leave in the order of
 * their positions, the longest contiguous prefix first. No thread, no I/O: the committer of the sink owns it. */
#ifndef LEAT_FLOW_SEQUENCE_H
#define LEAT_FLOW_SEQUENCE_H

#include "engine/flow/encoded.h"
#include "engine/flow/part_state.h"

struct sequence {
    struct part *part; /* counted */
    uint64_t epoch, assignment;
    struct position committed; /* the ledger's next */
    struct position frontier;  /* everything before it is committed or in a unit */
    struct encoded *waiting;   /* ascending, from the frontier on */
    struct dead_window window; /* as of the frontier */
    struct dead_window committed_window;
    uint32_t in_units;         /* units that hold something of it */
    uint64_t unit_number;      /* the youngest of them, and its move there */
    uint32_t unit_move;
    bool stopping;             /* dead_letter_limit: nothing beyond stop_at */
    struct position stop_at;
    char stop_reason[400];
    bool finishing;            /* drop it once finish_at is committed */
    struct position finish_at;
    bool moved;                /* the ledger stands elsewhere: committed is its word, to be dropped */
    bool dropping;             /* the coordinator waits until no unit holds it */
    struct sequence *next;
};

struct sequence *sequence_new(struct part *part, uint64_t epoch, const struct position *next,
                              const struct dead_window *window);
void sequence_free(struct sequence *sequence); /* waiting payloads too */

/* Takes a payload; one that lies before the frontier or beyond a stop is freed. */
void sequence_push(struct sequence *sequence, struct encoded *encoded);
/* The next payload in order, NULL if it is not there yet. */
struct encoded *sequence_peek(const struct sequence *sequence);
/* Takes it: the frontier moves. */
struct encoded *sequence_pop(struct sequence *sequence);
/* Puts one back that was popped (an abandoned unit): the frontier and the window go back to before it, if they are
 * beyond. */
void sequence_push_back(struct sequence *sequence, struct encoded *encoded);
/* Frees what waits. */
void sequence_clear(struct sequence *sequence);

/* Judges the letters of the next payload record by record (limit as a fraction; negative = none). Returns NULL if the
 * payload may go; else the letter that breaches the limit: nothing from its record on may be committed. The window
 * moves only in the first case. */
const struct dead_letter *sequence_judge(struct sequence *sequence, struct encoded *encoded, double limit);

#endif
