/* SPDX-License-Identifier: Apache-2.0 */
/* The conversation with the ledgers: open, plan, claim, release, stop. Straight-line code that may block until its
 * deadlines; the coordinator's executor alone calls it. What several sinks have in common is settled here: the first
 * ledger that keeps anything holds the plan and decides who may try; a part is won in every sink or in none. */
#ifndef LEAT_FLOW_CLAIMS_H
#define LEAT_FLOW_CLAIMS_H

#include "engine/flow/graph.h"
#include "engine/flow/owner.h"
#include "engine/flow/part_state.h"

enum { LEDGER_DEADLINE_US = 15 * 1000000 };

struct claims {
    const struct graph *graph;
    char owner[OWNER_MAX];
    const char *const *dead_owners; /* set by the coordinator as liveness tells */
    uint32_t dead_owners_count;
    bool orphans; /* a claim or release failed: parts may carry our name that we do not hold; they are free to us */
    uint32_t planner; /* the sink whose ledger holds the plan: the first that has one, else the first that keeps any */
};

enum status claims_open(struct claims *claims, struct error *error) MUST_CHECK;
void claims_close(struct claims *claims);

struct planned {
    uint64_t parts;   /* that are new */
    uint64_t changed; /* entries whose data is no longer what was planned: each was told by name */
};
/* Lists the source and puts what is new into the plan. */
enum status claims_plan(struct claims *claims, struct planned *ret, struct error *error) MUST_CHECK;

/* The weights of all open parts; false when that is not known cheaply. */
struct weight {
    uint64_t bytes;
    bool exact; /* no part is compressed: weights are what is read */
};
bool claims_weigh(struct claims *claims, struct weight *ret);

/* Free parts, at most max or until 64 MiB of small ones are together; skip tells which not to try. Each won part is
 * given to `won`, with a reference for the taker; its shares, books, windows and mark are filled. */
struct claim_request {
    uint32_t max;
    bool (*skip)(void *context, const char *part);
    void (*won)(void *context, struct part *part);
    void *context;
};
enum status claims_win(struct claims *claims, const struct claim_request *request, struct error *error) MUST_CHECK;

/* Gives the part back in every sink where it is still ours. */
void claims_release(struct claims *claims, struct part *part);
/* Writes the named stop into every sink's row. */
void claims_stop(struct claims *claims, struct part *part, const char *reason);
/* Over all ledgers that keep something: the sum of open and stopped parts. */
enum status claims_totals(struct claims *claims, struct ledger_totals *ret, struct error *error) MUST_CHECK;

#endif
