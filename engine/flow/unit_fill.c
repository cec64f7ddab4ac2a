/* SPDX-License-Identifier: Apache-2.0 */
/* Filling and sealing: adds what is contiguous to the open unit, seals what is due, opens the next unit on a free lane.
 * Two adds are under way at once, so that a lane never waits for the committer; a lane's commit waits for the older
 * one's. Judges the dead-letter limit when a payload's turn has come. */
#include <assert.h>
#include <stdio.h>

#include "engine/flow/committer_state.h"

enum { ADDS_AHEAD = 2, STALE_MAX = 3, DRAIN_POLL_US = 2000, MEMORY_POLL_US = 20000, STOP_WORDS_MAX = 200 };

void commit_next(struct committer *committer) {
    struct unit_state *unit = committer->oldest;
    if (unit && unit->phase == UNIT_SEALED && !unit->doomed && unit->lane->steps == 0) {
        unit->phase = UNIT_COMMITTING;
        lane_post(unit->lane, step_new(unit->lane, STEP_COMMIT, unit));
    }
}

static void unit_seal(struct committer *committer, struct unit_state *unit, _Atomic uint64_t *reason) {
    counter_add(reason, 1);
    unit_state_seal(unit, committer->setup.graph->source_connector->source);
    bool first = committer->oldest == unit;
    unit->phase = first ? UNIT_COMMITTING : UNIT_SEALING;
    lane_post(unit->lane, step_new(unit->lane, first ? STEP_SEAL_COMMIT : STEP_SEAL, unit));
}

/* The limit is judged once for each payload, when its turn has come. False: the sequence has nothing to give now. */
static bool sequence_may_give(struct committer *committer, struct sequence *sequence) {
    struct encoded *encoded = sequence_peek(sequence);
    if (!encoded || sequence->dropping || segment_is_dead(encoded->payload.segment)) {
        return false;
    }
    if (encoded->judged) {
        return true;
    }
    const struct dead_letter *letter =
        sequence_judge(sequence, encoded, committer->sink->config->dead_letter_limit);
    if (!letter) {
        return true;
    }
    const struct source_ops *source = committer->setup.graph->source_connector->source;
    struct segment *segment = encoded->payload.segment;
    char at[POSITION_TEXT_MAX];
    int words = letter->message.len < STOP_WORDS_MAX ? (int)letter->message.len : STOP_WORDS_MAX;
    source->print(&letter->position, at);
    snprintf(sequence->stop_reason, sizeof sequence->stop_reason,
             "more than %.4g%% of the last records became dead letters, the next at position %s: %s: %.*s",
             committer->sink->config->dead_letter_limit * 100, at, letter->code, words, letter->message.data);
    sequence->stopping = true;
    sequence->stop_at = letter->position;
    if (position_compare(&letter->position, &segment->from) != 0) {
        struct segment *head, *tail;
        uint64_t offset = segment->raw.records ? letter->record
                                               : source->offset_of(&segment->base, &letter->position);
        segment_split(segment, offset, &letter->position, &head, &tail);
        segment_unref(tail);
        workers_post(committer->setup.workers, head, UINT64_C(1) << committer->setup.sink);
    }
    sequence_clear(sequence);
    stopping_look(committer, sequence);
    return false;
}

static struct sequence *sequence_ready(struct committer *committer) {
    for (struct sequence *sequence = committer->sequences; sequence; sequence = sequence->next) {
        if (sequence_may_give(committer, sequence)) {
            return sequence;
        }
    }
    return NULL;
}

static bool unit_is_full(const struct committer *committer, const struct unit_state *unit,
                         _Atomic uint64_t **ret_reason) {
    struct committer_counters *counters = (struct committer_counters *)&committer->counters;
    uint64_t written = atomic_load(&unit->written_bytes);
    uint64_t bytes = committer->sink->connector->sink->unit_bytes ? written : unit->bytes;
    if (committer->policy.rows && unit->rows >= committer->policy.rows) {
        *ret_reason = &counters->closed_rows;
        return true;
    }
    if ((committer->policy.bytes && bytes >= committer->policy.bytes) ||
        unit->payloads_count == UNIT_PAYLOADS_MAX) {
        *ret_reason = &counters->closed_bytes;
        return true;
    }
    return false;
}

static bool unit_has_dropping(const struct unit_state *unit) {
    for (uint32_t i = 0; i < unit->moves_count; i++) {
        const struct sequence *sequence = unit->moves[i].sequence;
        bool finished = sequence->finishing && position_compare(&sequence->frontier, &sequence->finish_at) >= 0;
        if (sequence->dropping || sequence->stopping || finished) {
            return true;
        }
    }
    return false;
}

/* When an open unit with nothing more to add is due; NULL = not yet, *ret_at_us says when to look again. */
static _Atomic uint64_t *unit_due(struct committer *committer, const struct unit_state *unit, int64_t *ret_at_us) {
    struct committer_counters *counters = &committer->counters;
    int64_t now = io_now_us();
    if (!committer->hold) {
        return &counters->closed_ready;
    }
    if (unit_has_dropping(unit)) {
        return &counters->closed_drain;
    }
    if (committer->draining) {
        if (workers_pending(committer->setup.workers) == 0) {
            return &counters->closed_drain;
        }
        *ret_at_us = now + DRAIN_POLL_US;
        return NULL;
    }
    bool quiet = now >= unit->added_us + MEMORY_POLL_US;
    if (unit->payloads && quiet && budget_refusals(committer->setup.graph->budget) != unit->refusals) {
        return &counters->closed_memory; /* what it holds is what the others wait for */
    }
    int64_t every = committer->policy.every_us, idle = committer->policy.idle_us;
    if (every && now >= unit->opened_us + every) {
        return &counters->closed_age;
    }
    if (idle && now >= unit->added_us + idle) {
        return &counters->closed_idle;
    }
    int64_t at = every ? unit->opened_us + every : INT64_MAX;
    if (idle && unit->added_us + idle < at) {
        at = unit->added_us + idle;
    }
    if (unit->payloads && now + MEMORY_POLL_US < at) {
        at = now + MEMORY_POLL_US;
    }
    *ret_at_us = at;
    return NULL;
}

static void unit_add(struct committer *committer, struct unit_state *unit, struct sequence *sequence) {
    struct encoded *encoded = sequence_pop(sequence);
    unit_state_add(unit, sequence, encoded);
    unit->refusals = budget_refusals(committer->setup.graph->budget);
    unit->adds++;
    struct step *step = step_new(unit->lane, STEP_ADD, unit);
    step->encoded = encoded;
    lane_post(unit->lane, step);
}

/* Goes on with the open unit. */
static void unit_pump(struct committer *committer, struct unit_state *unit, int64_t *ret_at_us) {
    _Atomic uint64_t *reason = NULL;
    bool full = unit_is_full(committer, unit, &reason);
    while (!full && unit->adds < ADDS_AHEAD) {
        struct sequence *sequence = sequence_ready(committer);
        if (!sequence) {
            break;
        }
        unit_add(committer, unit, sequence);
        full = unit_is_full(committer, unit, &reason);
    }
    if (unit->adds > 0 || unit->lane->steps > 0) {
        return;
    }
    if (!full && unit->moves_count) {
        reason = unit_due(committer, unit, ret_at_us);
    }
    if (reason) {
        unit_seal(committer, unit, reason);
    }
}

static struct lane *lane_free(struct committer *committer) {
    uint32_t usable = committer->sink->connector->sink->caps(committer->sink->sink).lanes;
    for (uint32_t i = 0; i < committer->lanes_count && i < usable; i++) {
        if (!committer->lanes[i].unit && committer->lanes[i].steps == 0) {
            return &committer->lanes[i];
        }
    }
    return NULL;
}

static struct unit_state *unit_open(struct committer *committer, struct lane *lane) {
    struct unit_state *unit =
        unit_state_new(++committer->unit_number, committer->setup.owner, !committer->sink->caps.takes_payload);
    unit->lane = lane;
    lane->unit = unit;
    if (committer->youngest) {
        committer->youngest->younger = unit;
    } else {
        committer->oldest = unit;
    }
    committer->youngest = unit;
    struct step *step = step_new(lane, STEP_OPEN, unit);
    step->reopen = lane->broken;
    lane->broken = false;
    lane_post(lane, step);
    return unit;
}

static void check_start(struct committer *committer) {
    struct lane *lane = lane_free(committer);
    if (committer->checking || !lane || committer->oldest) {
        return;
    }
    if (++committer->stale_rounds > STALE_MAX) {
        struct error error;
        enum status status = error_set(&error, ERROR_PERMANENT, "table-changed",
                                       "the sink refuses what was encoded for its present catalog, %d times in a row",
                                       STALE_MAX);
        (void)status;
        committer_fatal(committer, &error);
        return;
    }
    committer->checking = true;
    lane_post(lane, step_new(lane, STEP_CHECK, NULL));
}

static void doubt_resolve(struct unit_state *unit) {
    struct step *step = step_new(unit->lane, STEP_RESOLVE, unit);
    step->reopen = true;
    lane_post(unit->lane, step);
}

/* Moves on whatever may move at this moment; returns when to look again. */
static int64_t pump_once(struct committer *committer) {
    int64_t now = io_now_us(), at = INT64_MAX;
    for (struct unit_state *unit = committer->oldest; unit; unit = unit->younger) {
        if (unit->phase == UNIT_DOUBT && unit->lane->steps == 0) {
            if (now >= committer->retry_at_us) {
                doubt_resolve(unit);
            }
            at = committer->retry_at_us;
        }
    }
    if (committer->fatal) {
        return at;
    }
    if (now < committer->retry_at_us) {
        return committer->retry_at_us;
    }
    if (committer->stale) {
        check_start(committer);
        return at;
    }
    struct unit_state *unit = committer->youngest;
    bool open = unit && unit->phase == UNIT_OPEN && !unit->doomed;
    bool failing = unit && unit->doomed;
    if (!open && !failing) {
        struct lane *lane = lane_free(committer);
        if (!lane || !sequence_ready(committer)) {
            return at;
        }
        unit = unit_open(committer, lane);
        open = true;
    }
    if (open) {
        int64_t due = INT64_MAX;
        unit_pump(committer, unit, &due);
        at = due < at ? due : at;
    }
    return at;
}

void committer_pump(struct committer *committer) {
    if (committer->closing) {
        return;
    }
    struct unit_state *before;
    int64_t at;
    do { /* a unit that was just sealed leaves room for the next one on another lane */
        before = committer->youngest;
        at = pump_once(committer);
    } while (committer->youngest && committer->youngest != before);
    io->timer_set(committer->executor, &committer->timer, at);
}
