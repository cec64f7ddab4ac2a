/* SPDX-License-Identifier: Apache-2.0 */
/* One part being read: a source reader on a lane of its own. It reads blocks, cuts them where
 * sinks' positions lie, so that a segment is wanted whole or not at all, and posts the segments to
 * the workers. It pauses when the budget says no and never waits for a sink. A transient error
 * backs off and opens the reader again from the last position taken. */
#ifndef LEAT_FLOW_READING_H
#define LEAT_FLOW_READING_H

#include "engine/flow/graph.h"
#include "engine/flow/part_state.h"
#include "engine/flow/workers.h"

struct reading;

struct reading_counters {
    _Atomic uint64_t bytes, segments, gaps, errors;
    _Atomic uint64_t paused_us; /* the budget said no */
};

struct reading_setup {
    const struct graph *graph;
    struct workers *workers;
    struct executor *executor; /* the lane: one reading at a time */
    _Atomic uint64_t *cuts;    /* the pipeline's age counter */
    struct reading_counters *counters;
    struct part *part;
    struct position from;      /* the lowest next of the sinks */
    const char *mark;
    /* On the lane, once: it is over. upto: everything before it was cut. error: permanent, NULL = end or stopped. */
    void (*over)(void *context, struct part *part, const struct position *upto, const struct error *error);
    void *context;
};

/* The part's shares say where each sink stands; its assignment is set. */
struct reading *reading_start(const struct reading_setup *setup);
/* Any thread: over follows soon. */
void reading_stop(struct reading *reading);
/* After over was called, or when the lane has ended. Takes NULL. */
void reading_free(struct reading *reading);

#endif
