/* SPDX-License-Identifier: Apache-2.0 */
/* One process of a pipeline, as far as a sink and its ledger can see it: a bound sink with its ledger, an owner's
 * name, a lane, claimed parts, and payloads made of rows (id text, n bigint). Two of them are two rivals on one store.
 * It calls the connector as the engine does, but step by step, so that a test may stop between any two. One thread. */
#ifndef LEAT_TESTS_CONFORMANCE_FIXTURE_H
#define LEAT_TESTS_CONFORMANCE_FIXTURE_H

#include "engine/flow/graph.h"
#include "engine/flow/owner.h"
#include "engine/flow/part_state.h"
#include "tests/conformance/subject.h"

enum { PAYLOADS_MAX = 8, MOVES_MAX = 4 };

struct process {
    struct arena *arena;
    struct pipeline *pipeline;
    struct graph *graph;
    struct graph_sink *sink;
    const struct sink_ops *ops;
    struct ledger *ledger;
    struct encoder *encoder;
    struct sink_lane *lane;
    char owner[OWNER_MAX];
    uint64_t binding, units;
    struct outcome outcome; /* of the last call on the lane */
};

/* A unit under way. */
struct work {
    struct unit unit;
    struct payload *payloads[PAYLOADS_MAX];
    struct move moves[MOVES_MAX];
};

extern const struct subject *subject; /* of the tests that run now */

/* bind, check, ledger open, lane open. */
struct process *process_start(void);
void process_stop(struct process *process); /* the lane first; takes NULL */
void lane_cut(struct process *process);     /* closes the lane and opens a fresh one */
/* The next passage of that failpoint fails, as an I/O or a lost answer would; NULL: none. */
void fail_next(const char *failpoint);

/* Puts parts "a" and "b" into the plan (again: nothing changes) and marks the start. */
void plan_parts(struct process *process);
/* Claims with the row's current epoch; a counted part with the epoch in shares[0]. Fails the test when not won. */
struct part *claim_part(struct process *process, const char *name);
struct ledger_row part_row(struct process *process, const char *name);

/* ids: "a1 a2 a-3": n is the number behind the letter. letters: so many more records, dead before the sink. */
struct payload *payload_make(struct process *process, struct part *part, const char *ids, uint32_t letters);
void payload_free(struct payload *payload);

void work_open(struct process *process, struct work *work);
enum verdict work_add(struct process *process, struct work *work, struct payload *payload);
/* The share of a part: its counts are those of the payloads added so far. */
void work_move(struct work *work, struct part *part, const char *from, const char *to);
enum verdict work_seal(struct process *process, struct work *work);
enum verdict work_commit(struct process *process, struct work *work);
enum verdict work_resolve(struct process *process, struct work *work);
void work_abandon(struct process *process, struct work *work);
void work_free(struct work *work); /* its payloads */
/* A whole unit of one payload; fails the test unless it is DONE. */
void deliver(struct process *process, struct part *part, const char *ids, const char *from, const char *to);

/* What a reader of the store sees now, published as at the end of a run. */
void assert_visible(struct process *process, const char *ids);
int64_t soon_us(void); /* a deadline for calls that must do */

#endif
