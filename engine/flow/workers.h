/* SPDX-License-Identifier: Apache-2.0 */
/* The worker pool: takes segments, the oldest cut first, and makes a payload for each sink that wants them: decode,
 * common transforms, then for each sink its own transforms and its encoder. A worker never waits for memory: refused by
 * the budget it drops its columns and puts the segment back; only the oldest segment not yet encoded may use the
 * reserve, and when even that is not enough it is cut in half, down to one record, which becomes a dead letter.
 *
 * Any thread may post. Each worker is an executor whose task runs segments until there is none it may take. */
#ifndef LEAT_FLOW_WORKERS_H
#define LEAT_FLOW_WORKERS_H

#include "engine/flow/encoded.h"
#include "engine/flow/graph.h"

struct workers;

struct workers_setup {
    const struct graph *graph;
    uint32_t count;
    /* Called on a worker with each payload; takes it. */
    void (*deliver)(void *context, uint32_t sink, struct encoded *encoded);
    void *context;
};

struct workers *workers_new(const struct workers_setup *setup);
void workers_free(struct workers *workers); /* takes NULL; work that is still queued is dropped */

/* Takes one reference of the segment. sinks: for whom. */
void workers_post(struct workers *workers, struct segment *segment, uint64_t sinks);
/* Memory was given back: those that starve may try again. Cheap. */
void workers_memory_freed(struct workers *workers);
/* Ages what each worker is on by one tick; true when one is on the same segment for more than
 * `ticks`: its part's name. */
bool workers_tick(struct workers *workers, uint32_t ticks, char *ret_part, size_t size);
/* Segments queued or being worked on. */
uint32_t workers_pending(struct workers *workers);
/* CPU nanoseconds and records by stage, since the start. */
struct stage_costs {
    _Atomic uint64_t records, decoded_bytes, decode_ns, common_ns, sink_ns, encode_ns;
};
const struct stage_costs *workers_costs(const struct workers *workers);

#endif
