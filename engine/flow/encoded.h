/* SPDX-License-Identifier: Apache-2.0 */
/* A payload on its way from a worker to its sink's sequencer and units. Its holder changes with the pointer: worker,
 * committer's queue, sequencer, unit. Freeing it gives the payload's memory and the segment's reference back. */
#ifndef LEAT_FLOW_ENCODED_H
#define LEAT_FLOW_ENCODED_H

#include "engine/flow/sink.h"

struct committer;

struct encoded {
    struct task task;
    struct encoded *next; /* in the sequencer or a unit */
    struct committer *committer;
    struct payload payload;
    bool judged;  /* its dead letters are in the window */
    struct dead_window window_before, window_after;
    bool stale;   /* no payload: encode failed, the catalog must be read again */
    struct error *failure; /* no payload: the part stops by this name (an aggregate failed); owned */
};

/* Takes over one reference of the segment. */
struct encoded *encoded_new(struct segment *segment, struct budget *budget);
void encoded_free(struct encoded *encoded); /* takes NULL */
/* Frees what the sink has taken; the positions and counts stay. */
void encoded_release_memory(struct encoded *encoded);

/* Turns the batch's withdrawals into letters, sorted by record, in the payload's arena. */
struct source_ops;
void letters_make(const struct source_ops *source, const struct batch *batch, uint64_t record_bytes_max,
                  struct payload *payload);
/* One more letter, for a row that the sink rejected: its record is found again in the raw bytes. Returns false when
 * that record has a letter already. */
bool letter_add_rejected(const struct source_ops *source, uint64_t record_bytes_max, struct payload *payload,
                         uint32_t record, const struct row_outcome *why);

#endif
