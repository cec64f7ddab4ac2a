/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of a unit on its lane. This file alone calls the blocking half of a sink. A step of a unit whose earlier
 * step failed is skipped: its add was already under way when the verdict came. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "engine/flow/unit_state.h"

enum { STEP_DEADLINE_US = 60 * 1000000, OPEN_DEADLINE_US = 10 * 1000000 };

static enum verdict connect(struct lane *lane, struct outcome *outcome) {
    const struct graph_sink *sink = committer_sink(lane->committer);
    struct error error;
    if (sink->connector->sink->lane_open(sink->sink, &lane->connection, io_now_us() + OPEN_DEADLINE_US, &error) ==
        STATUS_OK) {
        return VERDICT_DONE;
    }
    lane->connection = NULL;
    outcome->error = error;
    outcome->redo = REDO_SEND;
    return outcome->verdict = error.class == ERROR_TRANSIENT ? VERDICT_RETRY : VERDICT_FATAL;
}

static enum verdict reconnect(struct step *step) {
    struct lane *lane = step->lane;
    if (step->reopen && lane->connection) {
        committer_sink(lane->committer)->connector->sink->lane_close(lane->connection);
        lane->connection = NULL;
    }
    return lane->connection ? VERDICT_DONE : connect(lane, &step->outcome);
}

static void commit(struct step *step, int64_t deadline_us) {
    const struct graph_sink *sink = committer_sink(step->lane->committer);
    struct unit *unit = &step->unit->unit;
    step->commit_sent = true;
    sink->connector->sink->unit_commit(step->lane->connection, unit, deadline_us, &step->outcome);
    if (step->outcome.verdict == VERDICT_DONE && sink->ledger_commit) {
        sink->ledger_commit(sink->commit_ledger, unit, deadline_us, &step->outcome);
    }
}

/* What a ledger's rows say of a move: delivery of its unit is proven by one that stands at `to`. */
static void row_judge(const struct move *move, const struct ledger_row *row, const char *owner, bool *done,
                      struct outcome *outcome) {
    bool mine = row->info.name && row->epoch == move->epoch && strcmp(row->owner, owner) == 0;
    bool ended = row->info.name && row->epoch == move->epoch && row->state == ROW_ENDED;
    if ((mine || ended) && strcmp(row->next, move->to) == 0) {
        *done = true;
    } else if (!mine) {
        outcome_part(outcome, move->part, false, NULL);
    } else if (strcmp(row->next, move->from) != 0) {
        outcome_part(outcome, move->part, true, row->next);
    }
}

/* A sink without a position of its own: the named ledger knows whether the unit counts. */
static void ledger_resolve(struct step *step, int64_t deadline_us) {
    const struct graph_sink *sink = committer_sink(step->lane->committer);
    const struct unit *unit = &step->unit->unit;
    struct outcome *outcome = &step->outcome;
    const char **names = arena_alloc(outcome->arena, (unit->moves_count + 1) * sizeof *names);
    for (uint32_t i = 0; i < unit->moves_count; i++) {
        names[i] = unit->moves[i].part_name;
    }
    struct ledger_rows rows = {0};
    if (sink->commit_ledger->ops->rows(sink->commit_ledger, names, unit->moves_count, outcome->arena, &rows,
                                       deadline_us, &outcome->error) != STATUS_OK) {
        outcome->verdict = VERDICT_UNKNOWN;
        return;
    }
    bool done = false;
    for (uint32_t i = 0; i < unit->moves_count; i++) {
        row_judge(&unit->moves[i], &rows.items[i], unit->owner, &done, outcome);
    }
    if (done) {
        outcome->verdict = VERDICT_DONE;
    } else if (outcome->verdict == VERDICT_DONE) {
        outcome_retry(outcome, REDO_SEND, "not-committed", "the ledger did not take the unit");
    }
}

static void resolve(struct step *step, int64_t deadline_us) {
    const struct graph_sink *sink = committer_sink(step->lane->committer);
    if (reconnect(step) != VERDICT_DONE) {
        step->outcome.verdict = step->outcome.verdict == VERDICT_FATAL ? VERDICT_FATAL : VERDICT_UNKNOWN;
        return;
    }
    step->lane->failed = false;
    if (sink->ledger_is_named) {
        ledger_resolve(step, deadline_us);
        return;
    }
    sink->connector->sink->unit_resolve(step->lane->connection, &step->unit->unit, deadline_us, &step->outcome);
}

static void run(struct step *step, int64_t deadline_us) {
    struct lane *lane = step->lane;
    const struct sink_ops *ops = committer_sink(lane->committer)->connector->sink;
    struct unit *unit = step->unit ? &step->unit->unit : NULL;
    if (unit && step->unit->views) {
        unit->payloads_count = step->payloads_count;
    }
    switch (step->kind) {
    case STEP_OPEN:
        lane->failed = false;
        if (reconnect(step) == VERDICT_DONE) {
            ops->unit_open(lane->connection, unit, deadline_us, &step->outcome);
        }
        break;
    case STEP_ADD:
        ops->unit_add(lane->connection, unit, &step->encoded->payload, deadline_us, &step->outcome);
        if (ops->unit_bytes) {
            atomic_store(&step->unit->written_bytes, ops->unit_bytes(unit));
        }
        break;
    case STEP_SEAL:
        ops->unit_seal(lane->connection, unit, deadline_us, &step->outcome);
        break;
    case STEP_SEAL_COMMIT:
        if (ops->unit_seal(lane->connection, unit, deadline_us, &step->outcome) == VERDICT_DONE) {
            commit(step, deadline_us);
        }
        break;
    case STEP_COMMIT:
        commit(step, deadline_us);
        break;
    case STEP_RESOLVE:
        resolve(step, deadline_us);
        break;
    case STEP_ABANDON:
        if (lane->connection) {
            ops->unit_abandon(lane->connection, unit);
        }
        break;
    case STEP_CONNECT:
        reconnect(step); /* ahead of the first unit, which tries again if it failed */
        step->outcome.verdict = VERDICT_DONE;
        break;
    case STEP_CHECK: {
        const struct graph_sink *sink = committer_sink(lane->committer);
        uint64_t binding;
        if (ops->check && ops->check(sink->sink, deadline_us, &binding, &step->outcome.error) != STATUS_OK) {
            step->outcome.verdict = step->outcome.error.class == ERROR_TRANSIENT ? VERDICT_RETRY : VERDICT_FATAL;
        }
        break;
    }
    }
}

static void done_run(struct task *task) {
    lane_step_done((struct step *)task);
}

static void step_run(struct task *task) {
    struct step *step = (struct step *)task;
    struct lane *lane = step->lane;
    bool follows = step->kind == STEP_ADD || step->kind == STEP_SEAL || step->kind == STEP_SEAL_COMMIT ||
                   step->kind == STEP_COMMIT;
    if (follows && lane->failed) {
        step->skipped = true;
    } else {
        int64_t before = io_now_us();
        run(step, before + STEP_DEADLINE_US);
        step->us = io_now_us() - before;
        lane->failed = step->outcome.verdict != VERDICT_DONE;
    }
    step->task.run = done_run;
    io->post(committer_executor(lane->committer), &step->task);
}

struct step *step_new(struct lane *lane, enum step_kind kind, struct unit_state *unit) {
    struct step *step = calloc(1, sizeof *step);
    if (!step) {
        abort();
    }
    step->task.run = step_run;
    step->lane = lane;
    step->kind = kind;
    step->unit = unit;
    step->payloads_count = unit ? unit->payloads_count : 0;
    step->outcome.arena = arena_new(NULL, POOL_SINK);
    return step;
}

void step_free(struct step *step) {
    arena_free(step->outcome.arena);
    free(step);
}

void lane_post(struct lane *lane, struct step *step) {
    lane->steps++;
    io->post(lane->executor, &step->task);
}
