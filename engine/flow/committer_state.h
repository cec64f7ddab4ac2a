/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the committer, shared by its four files: committer.c takes messages, unit_fill.c adds
 * to units and seals them, unit_end.c decides what follows a verdict, lane.c runs the steps. All
 * but lane.c run on the committer's executor alone, so nothing here is locked. */
#ifndef LEAT_FLOW_COMMITTER_STATE_H
#define LEAT_FLOW_COMMITTER_STATE_H

#include "engine/flow/unit_state.h"

enum { LANES_MAX = 2 };

struct committer {
    struct committer_setup setup;
    const struct graph_sink *sink;
    struct executor *executor;
    struct commit_policy policy;
    bool hold;
    struct lane lanes[LANES_MAX];
    uint32_t lanes_count;
    struct sequence *sequences;
    struct unit_state *oldest, *youngest; /* units alive, by age */
    uint64_t unit_number;
    bool draining, fatal, closing;
    struct encoded *stale; /* to be encoded again once the catalog was read */
    uint32_t stale_rounds;
    bool checking;
    uint32_t failures; /* in a row */
    int64_t retry_at_us;
    struct timer timer;
    struct committer_counters counters;
};

static inline void counter_add(_Atomic uint64_t *counter, uint64_t n) {
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

/* committer.c */
void committer_report(struct committer *committer, struct committer_event event);
/* Nothing is tried before a growing while. */
void committer_backoff(struct committer *committer, const struct error *error);
void committer_succeeded(struct committer *committer);
void committer_fatal(struct committer *committer, const struct error *error);

/* unit_fill.c: moves on whatever may move now, and sets the timer for the rest. */
void committer_pump(struct committer *committer);
/* The oldest unit, when it is sealed. */
void commit_next(struct committer *committer);

/* unit_end.c: tells of parts that stopped, answers drops that nothing holds up any more. */
void sequences_look(struct committer *committer);
void dropping_look(struct committer *committer, struct sequence *sequence);
void stopping_look(struct committer *committer, struct sequence *sequence);
/* To be encoded again, after the catalog was read. */
void stale_add(struct committer *committer, struct encoded *encoded);

#endif
