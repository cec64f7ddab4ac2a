/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the committer: units, lanes and the steps that run on them. A unit is moved through its states by
 * committer.c alone; unit_state.c keeps its lists; lane.c runs the sink's calls on the lane's executor.
 *
 *   OPEN -> SEALING -> SEALED -> COMMITTING -> closed (DONE)
 *     |        |         |           |-> DOUBT -> closed or abandoned
 *     `--------`---------`-----------`-> ABANDONING -> closed, payloads put back */
#ifndef LEAT_FLOW_UNIT_STATE_H
#define LEAT_FLOW_UNIT_STATE_H

#include "engine/flow/committer.h"

enum { UNIT_PAYLOADS_MAX = 4096 };

enum unit_phase { UNIT_OPEN, UNIT_SEALING, UNIT_SEALED, UNIT_COMMITTING, UNIT_DOUBT, UNIT_ABANDONING };

struct unit_move {
    struct sequence *sequence;
    struct position from, to;
    const char *mark;
    struct counts counts;
    struct dead_window window;
};

struct unit_state {
    struct unit unit; /* what the sink sees */
    enum unit_phase phase;
    bool doomed;      /* an older unit failed: abandon as soon as its step is over */
    struct lane *lane;
    struct encoded **payloads; /* UNIT_PAYLOADS_MAX; NULL when the sink takes them */
    struct payload **views;    /* what the sink sees of them; its count is the lane's while a step runs */
    uint32_t payloads_count;
    struct unit_move *moves;
    uint32_t moves_count, moves_capacity;
    struct move *sealed_moves;
    struct arena *arena;    /* printed positions */
    uint64_t rows, bytes;
    uint32_t adds;          /* steps under way */
    int64_t opened_us, added_us;
    uint64_t refusals;      /* of the budget, when something was added last */
    _Atomic uint64_t written_bytes; /* as the sink says after each add */
    struct unit_state *younger;
};

/* keeps: payloads stay the engine's until the unit ends. */
struct unit_state *unit_state_new(uint64_t number, const char *owner, bool keeps);
void unit_state_free(struct unit_state *unit); /* payloads that are still in it too */
void unit_state_add(struct unit_state *unit, struct sequence *sequence, struct encoded *encoded);
/* Prints and orders the moves for the sink. */
void unit_state_seal(struct unit_state *unit, const struct source_ops *source);
const struct unit_move *unit_state_move(const struct unit_state *unit, const struct part *part);

/* --- lanes ----------------------------------------------------------------------------------------------------- */

enum step_kind {
    STEP_OPEN,
    STEP_ADD,
    STEP_SEAL,
    STEP_SEAL_COMMIT,
    STEP_COMMIT,
    STEP_RESOLVE,
    STEP_ABANDON,
    STEP_CHECK,
    STEP_CONNECT
};

struct step {
    struct task task; /* on the lane, then back on the committer */
    struct lane *lane;
    enum step_kind kind;
    struct unit_state *unit;
    struct encoded *encoded;
    uint32_t payloads_count; /* of the unit, this one included */
    bool reopen;      /* a new connection first */
    bool skipped;     /* an earlier step of the unit failed */
    bool commit_sent; /* of SEAL_COMMIT: the verdict is the commit's */
    int64_t us;
    struct outcome outcome;
};

struct lane {
    struct committer *committer;
    struct executor *executor;
    struct unit_state *unit; /* committer's */
    uint32_t steps;          /* under way; committer's */
    bool broken;             /* committer's: reopen before the next unit */
    struct sink_lane *connection; /* the lane's executor alone, as the rest */
    bool failed;
};

/* Posts a step to its lane; `lane_step_done` is called on the committer's executor with it. */
void lane_post(struct lane *lane, struct step *step);
void lane_step_done(struct step *step);
struct step *step_new(struct lane *lane, enum step_kind kind, struct unit_state *unit);
void step_free(struct step *step);
struct executor *committer_executor(struct committer *committer);
const struct graph_sink *committer_sink(const struct committer *committer);

#endif
