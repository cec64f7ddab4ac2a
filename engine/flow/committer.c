/* SPDX-License-Identifier: Apache-2.0 */
/* Everything here runs on the committer's executor. After every message `pump` looks at what can go on: add what is
 * contiguous to the open unit, seal what is due, open the next unit on a free lane. A failed step abandons its unit and
 * every younger one; when the last of them is abandoned their payloads lie in the sequences again, as if never sent. */
#include "engine/flow/committer.h"

#include <assert.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/log.h"
#include "engine/flow/unit_state.h"

enum { LANES_MAX = 2, ADDS_AHEAD = 2, STALE_MAX = 3, BACKOFF_MIN_US = 50000, BACKOFF_MAX_US = 10000000, DRAIN_POLL_US = 2000, MEMORY_POLL_US = 20000,
       STOP_WORDS_MAX = 200 };

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

struct executor *committer_executor(struct committer *committer) {
    return committer->executor;
}

const struct graph_sink *committer_sink(const struct committer *committer) {
    return committer->sink;
}

const struct committer_counters *committer_counters(const struct committer *committer) {
    return &committer->counters;
}

static void pump(struct committer *committer);

static void count(_Atomic uint64_t *counter, uint64_t n) {
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static void report(struct committer *committer, struct committer_event event) {
    event.sink = committer->setup.sink;
    committer->setup.event(committer->setup.context, &event);
}

/* --- back-off ---------------------------------------------------------------------------------------------------- */

static void backoff(struct committer *committer, const struct error *error) {
    int64_t wait = BACKOFF_MIN_US;
    for (uint32_t i = 0; i < committer->failures && wait < BACKOFF_MAX_US; i++) {
        wait *= 2;
    }
    uint32_t jitter;
    io_random(&jitter, sizeof jitter);
    wait += (int64_t)(jitter % (uint32_t)wait);
    committer->retry_at_us = io_now_us() + wait;
    committer->failures++;
    count(&committer->counters.retries, 1);
    if (atomic_exchange(&committer->counters.ready, false) || committer->failures % 10 == 0) {
        report(committer, (struct committer_event){.kind = EVENT_SINK_STATE, .error = error});
    }
    log_write(LOG_WARN, "sink-retry", error->message, "sink", committer->sink->config->name, "code", error->code,
              "attempt", log_number(committer->failures), "wait_ms", log_number(wait / 1000), NULL);
}

static void succeeded(struct committer *committer) {
    committer->failures = 0;
    committer->retry_at_us = 0;
    committer->stale_rounds = 0;
    if (!atomic_exchange(&committer->counters.ready, true)) {
        report(committer, (struct committer_event){.kind = EVENT_SINK_STATE});
    }
}

static void fatal(struct committer *committer, const struct error *error) {
    if (!committer->fatal) {
        committer->fatal = true;
        report(committer, (struct committer_event){.kind = EVENT_SINK_FATAL, .error = error});
    }
}

/* --- letting go of parts ----------------------------------------------------------------------------------------- */

static void sequence_unlink(struct committer *committer, struct sequence *sequence) {
    struct sequence **link = &committer->sequences;
    while (*link != sequence) {
        link = &(*link)->next;
    }
    *link = sequence->next;
    sequence->part->sequences[committer->setup.sink] = NULL;
    sequence_free(sequence);
}

/* Answers a drop as soon as no unit holds the part. */
static void dropping_look(struct committer *committer, struct sequence *sequence) {
    if (!sequence->dropping || sequence->in_units > 0) {
        return;
    }
    struct part *part = part_ref(sequence->part);
    struct committer_event event = {
        .kind = EVENT_PART_DROPPED, .part = part, .next = sequence->committed, .window = sequence->committed_window};
    sequence_unlink(committer, sequence);
    report(committer, event);
    part_unref(part);
}

/* All before the breaching record is committed: the part stops. */
static void stopping_look(struct committer *committer, struct sequence *sequence) {
    if (!sequence->stopping || sequence->in_units > 0 || sequence->dropping ||
        position_compare(&sequence->committed, &sequence->stop_at) != 0) {
        return;
    }
    struct error error;
    enum status status = error_set(&error, ERROR_PERMANENT, "dead-letter-limit", "%s", sequence->stop_reason);
    (void)status;
    report(committer, (struct committer_event){.kind = EVENT_PART_STOP, .part = sequence->part, .error = &error});
}

static void sequences_look(struct committer *committer) {
    struct sequence *next;
    for (struct sequence *sequence = committer->sequences; sequence; sequence = next) {
        next = sequence->next;
        sequence->dropping |= sequence->finishing &&
                              position_compare(&sequence->committed, &sequence->finish_at) >= 0;
        stopping_look(committer, sequence);
        dropping_look(committer, sequence);
    }
}

/* --- the end of units -------------------------------------------------------------------------------------------- */

static void unit_unlink(struct committer *committer, struct unit_state *unit) {
    struct unit_state **link = &committer->oldest;
    struct unit_state *before = NULL;
    while (*link != unit) {
        before = *link;
        link = &(*link)->younger;
    }
    *link = unit->younger;
    if (committer->youngest == unit) {
        committer->youngest = before;
    }
    for (uint32_t i = 0; i < unit->moves_count; i++) {
        struct sequence *sequence = unit->moves[i].sequence;
        assert(sequence->in_units > 0);
        sequence->in_units--;
        if (sequence->unit_number == unit->unit.number) {
            sequence->unit_number = 0;
        }
    }
    unit->lane->unit = NULL;
}

static void commit_next(struct committer *committer);

static void unit_done(struct committer *committer, struct unit_state *unit) {
    unit_unlink(committer, unit);
    struct committer_counters *counters = &committer->counters;
    for (uint32_t i = 0; i < unit->moves_count; i++) {
        const struct unit_move *move = &unit->moves[i];
        if (!move->sequence->moved) {
            assert(position_compare(&move->sequence->committed, &move->from) == 0);
            move->sequence->committed = move->to;
        }
        move->sequence->committed_window = move->window;
        count(&counters->in, move->counts.in);
        count(&counters->delivered, move->counts.delivered);
        count(&counters->filtered, move->counts.filtered);
        count(&counters->dead_letter, move->counts.dead_letter);
        if (position_is_end(&move->to)) {
            report(committer, (struct committer_event){.kind = EVENT_PART_ENDED, .part = move->sequence->part});
        }
    }
    count(&counters->rows, unit->rows);
    count(&counters->bytes, unit->bytes);
    count(&counters->commits, 1);
    counters->last_commit_us = io_now_us();
    if (!counters->first_commit_us) {
        counters->first_commit_us = counters->last_commit_us;
    }
    unit_state_free(unit);
    succeeded(committer);
    workers_memory_freed(committer->setup.workers);
    sequences_look(committer);
    commit_next(committer);
}

/* Puts everything back; what is dead or was taken by the sink is not to be had again. */
static void unit_put_back(struct committer *committer, struct unit_state *unit) {
    for (uint32_t i = unit->payloads_count; i-- > 0;) {
        struct encoded *encoded = unit->payloads[i];
        struct sequence *sequence = encoded->payload.segment->part->sequences[committer->setup.sink];
        if (sequence && !segment_is_dead(encoded->payload.segment) && !sequence->dropping) {
            sequence_push_back(sequence, encoded);
        } else {
            encoded_free(encoded);
        }
    }
    unit->payloads_count = 0;
    if (unit->payloads) {
        return;
    }
    for (uint32_t i = 0; i < unit->moves_count; i++) {
        struct sequence *sequence = unit->moves[i].sequence;
        if (!sequence->dropping) {
            atomic_store(&sequence->part->assignment, 0); /* what lies behind the hole is not to be added */
            report(committer, (struct committer_event){.kind = EVENT_PART_REREAD, .part = sequence->part});
        }
    }
}

static void unit_abandon(struct unit_state *unit) {
    assert(unit->phase != UNIT_ABANDONING);
    unit->phase = UNIT_ABANDONING;
    lane_post(unit->lane, step_new(unit->lane, STEP_ABANDON, unit));
}

/* The unit cannot go on; neither can those behind it. */
static void unit_fail(struct unit_state *unit) {
    for (struct unit_state *each = unit; each; each = each->younger) {
        each->doomed = true;
        if (each->phase != UNIT_ABANDONING && each->lane->steps == 0) {
            unit_abandon(each);
        }
    }
}

/* Encodes everything of this sink again, after the catalog was read. */
static void stale_add(struct committer *committer, struct encoded *encoded) {
    encoded->next = committer->stale;
    committer->stale = encoded;
}

static void unit_make_stale(struct unit_state *unit) {
    for (; unit; unit = unit->younger) {
        for (uint32_t i = 0; i < unit->payloads_count; i++) {
            unit->payloads[i]->stale = true;
        }
    }
}

static void sequences_collect_stale(struct committer *committer) {
    for (struct sequence *sequence = committer->sequences; sequence; sequence = sequence->next) {
        while (sequence->waiting) {
            struct encoded *encoded = sequence->waiting;
            sequence->waiting = encoded->next;
            stale_add(committer, encoded);
        }
    }
}

/* --- verdicts ---------------------------------------------------------------------------------------------------- */

static void letters_of_rejected(struct committer *committer, const struct row_outcome *row) {
    const struct graph *graph = committer->setup.graph;
    struct payload *payload = (struct payload *)(uintptr_t)row->payload;
    uint32_t record = payload->row_records ? payload->row_records[row->row] : row->row;
    if (record == ORIGIN_RANGE) {
        struct error error;
        enum status status = error_set(&error, ERROR_PERMANENT, "aggregate-rejected",
                                       "an aggregate row was rejected (%s: %.*s); it stands for many records", row->code,
                                       (int)row->message.len, row->message.data);
        (void)status;
        fatal(committer, &error);
        return;
    }
    if (!payload->rejected) {
        payload->rejected = arena_zalloc(payload->arena, ((size_t)payload->rows + 63) / 64 * sizeof(uint64_t));
    }
    if (!letter_add_rejected(graph->source_connector->source, graph->pipeline->limits.record_bytes_max, payload, record,
                             row)) {
        return; /* another row of the same record was rejected before */
    }
    for (uint32_t i = 0; i < payload->rows; i++) {
        uint32_t of = payload->row_records ? payload->row_records[i] : i;
        if (of == record) {
            payload->rejected[i >> 6] |= UINT64_C(1) << (i & 63);
        }
    }
    payload->counts.delivered--;
    payload->counts.dead_letter++;
    count(&committer->counters.rejected_rows, 1);
}

static void parts_report(struct committer *committer, const struct outcome *outcome) {
    for (uint32_t i = 0; i < outcome->parts_count; i++) {
        const struct part_outcome *part = &outcome->parts[i];
        struct committer_event event = {.kind = part->moved ? EVENT_PART_MOVED : EVENT_PART_FENCED, .part = part->part};
        count(part->moved ? &committer->counters.moved : &committer->counters.fenced, 1);
        if (part->moved && !committer->setup.graph->source_connector->source->parse(part->next, &event.next)) {
            event.kind = EVENT_PART_FENCED; /* unreadable: claimed anew, which reads the row again */
        }
        log_write(LOG_WARN, part->moved ? "part-moved" : "part-fenced",
                  part->moved ? "the ledger stands elsewhere, the part is read again from there"
                              : "another process owns the part now",
                  "sink", committer->sink->config->name, "part", part->part->info.name, "next",
                  part->next ? part->next : "", NULL);
        atomic_store(&part->part->assignment, 0);
        struct sequence *sequence = part->part->sequences[committer->setup.sink];
        if (sequence && event.kind == EVENT_PART_MOVED) {
            sequence->committed = event.next;
            sequence->moved = true;
        }
        report(committer, event);
    }
}

static void unit_verdict(struct committer *committer, struct unit_state *unit, struct step *step) {
    struct outcome *outcome = &step->outcome;
    switch (outcome->verdict) {
    case VERDICT_DONE:
        return;
    case VERDICT_RETRY:
        backoff(committer, &outcome->error);
        unit->lane->broken = true;
        if (outcome->redo == REDO_ENCODE) {
            unit_make_stale(unit);
        }
        break;
    case VERDICT_REJECT:
        for (uint32_t i = 0; i < outcome->rows_count; i++) {
            letters_of_rejected(committer, &outcome->rows[i]);
        }
        break;
    case VERDICT_FENCED:
    case VERDICT_MOVED:
        break;
    case VERDICT_UNKNOWN:
        unit->phase = UNIT_DOUBT;
        count(&committer->counters.unknown, step->kind != STEP_RESOLVE);
        backoff(committer, &outcome->error);
        return;
    case VERDICT_FATAL:
        fatal(committer, &outcome->error);
        break;
    }
    unit_fail(unit);
}

static void commit_verdict(struct committer *committer, struct step *step) {
    struct unit_state *unit = step->unit;
    count(&committer->counters.commit_us, (uint64_t)step->us);
    enum verdict verdict = step->outcome.verdict;
    if (verdict == VERDICT_DONE && step->kind == STEP_RESOLVE) {
        count(&committer->counters.unknown_committed, 1);
    }
    if (step->kind == STEP_RESOLVE && verdict != VERDICT_UNKNOWN) {
        count(&committer->counters.unknown_not, verdict != VERDICT_DONE);
        unit->phase = UNIT_COMMITTING;
    }
    parts_report(committer, &step->outcome);
    if (verdict == VERDICT_DONE) {
        unit_done(committer, unit);
        return;
    }
    unit_verdict(committer, unit, step);
}

static void abandon_done(struct committer *committer, struct unit_state *unit) {
    bool stale = unit->payloads_count && unit->payloads[0]->stale;
    unit_unlink(committer, unit);
    unit_put_back(committer, unit);
    unit_state_free(unit);
    if (stale) {
        sequences_collect_stale(committer);
    }
    workers_memory_freed(committer->setup.workers);
    sequences_look(committer);
}

static void check_done(struct committer *committer, struct step *step) {
    committer->checking = false;
    if (step->outcome.verdict == VERDICT_FATAL) {
        fatal(committer, &step->outcome.error);
        return;
    }
    if (step->outcome.verdict != VERDICT_DONE) {
        committer->stale_rounds--; /* it was not looked at */
        backoff(committer, &step->outcome.error);
        return;
    }
    while (committer->stale) {
        struct encoded *encoded = committer->stale;
        committer->stale = encoded->next;
        struct segment *segment = segment_ref(encoded->payload.segment);
        encoded_free(encoded);
        workers_post(committer->setup.workers, segment, UINT64_C(1) << committer->setup.sink);
    }
}

/* The pipeline is closing: nothing is decided any more. */
static void step_drop(struct step *step) {
    if (step->kind == STEP_ADD && !step->unit->payloads) {
        encoded_free(step->encoded);
    }
    step_free(step);
}

static void add_done(struct step *step) {
    struct unit_state *unit = step->unit;
    unit->adds--;
    if (!unit->payloads) {
        encoded_free(step->encoded); /* the sink took it */
    }
}

void lane_step_done(struct step *step) {
    struct committer *committer = step->lane->committer;
    if (committer->closing) {
        step_drop(step);
        return;
    }
    struct unit_state *unit = step->unit;
    step->lane->steps--;
    if (step->kind == STEP_ADD) {
        add_done(step);
    }
    if (step->kind == STEP_CHECK) {
        check_done(committer, step);
    } else if (step->kind == STEP_ABANDON) {
        abandon_done(committer, unit);
    } else if (step->skipped) {
        if (unit->doomed && step->lane->steps == 0 && unit->phase != UNIT_ABANDONING) {
            unit_abandon(unit);
        }
    } else if (step->kind == STEP_RESOLVE || step->commit_sent) {
        commit_verdict(committer, step);
    } else if (step->outcome.verdict != VERDICT_DONE) {
        parts_report(committer, &step->outcome);
        unit_verdict(committer, unit, step);
    } else if (unit->doomed && step->lane->steps == 0) {
        unit_abandon(unit);
    } else if (step->kind == STEP_SEAL) {
        unit->phase = UNIT_SEALED;
        commit_next(committer);
    }
    step_free(step);
    pump(committer);
}

/* --- filling and sealing ----------------------------------------------------------------------------------------- */

static void commit_next(struct committer *committer) {
    struct unit_state *unit = committer->oldest;
    if (unit && unit->phase == UNIT_SEALED && !unit->doomed && unit->lane->steps == 0) {
        unit->phase = UNIT_COMMITTING;
        lane_post(unit->lane, step_new(unit->lane, STEP_COMMIT, unit));
    }
}

static void unit_seal(struct committer *committer, struct unit_state *unit, _Atomic uint64_t *reason) {
    count(reason, 1);
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

static bool unit_is_full(const struct committer *committer, const struct unit_state *unit, _Atomic uint64_t **ret_reason) {
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
        fatal(committer, &error);
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

static void pump(struct committer *committer) {
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

static void timer_run(struct timer *timer) {
    pump((struct committer *)(void *)((char *)timer - offsetof(struct committer, timer)));
}

/* --- messages ---------------------------------------------------------------------------------------------------- */

struct message {
    struct task task;
    struct committer *committer;
    enum { MESSAGE_ADD, MESSAGE_DROP, MESSAGE_FINISH, MESSAGE_DRAIN } kind;
    struct part *part;
    uint64_t epoch;
    struct position next;
    struct dead_window window;
    bool draining;
};

static void part_add(struct committer *committer, struct message *message) {
    struct part *part = message->part;
    assert(!part->sequences[committer->setup.sink]);
    struct sequence *sequence = sequence_new(part, message->epoch, &message->next, &message->window);
    part->sequences[committer->setup.sink] = sequence;
    struct sequence **link = &committer->sequences;
    while (*link) {
        link = &(*link)->next;
    }
    *link = sequence;
}

static void part_drop(struct committer *committer, struct part *part) {
    struct sequence *sequence = part->sequences[committer->setup.sink];
    if (!sequence) {
        return; /* it was finished just before: the answer is on its way */
    }
    sequence->dropping = true;
    sequence_clear(sequence);
    workers_memory_freed(committer->setup.workers);
    dropping_look(committer, sequence);
}

static void part_finish(struct committer *committer, const struct message *message) {
    struct sequence *sequence = message->part->sequences[committer->setup.sink];
    assert(sequence);
    sequence->finishing = true;
    sequence->finish_at = message->next;
    sequences_look(committer);
}

static void message_take(struct committer *committer, struct message *message) {
    switch (message->kind) {
    case MESSAGE_ADD:
        part_add(committer, message);
        break;
    case MESSAGE_DROP:
        part_drop(committer, message->part);
        break;
    case MESSAGE_FINISH:
        part_finish(committer, message);
        break;
    case MESSAGE_DRAIN:
        committer->draining = message->draining;
        break;
    }
}

static void message_run(struct task *task) {
    struct message *message = (struct message *)task;
    struct committer *committer = message->committer;
    if (!committer->closing) {
        message_take(committer, message);
    }
    part_unref(message->part);
    free(message);
    pump(committer);
}

/* The message holds a reference of its part. */
static void send(struct committer *committer, struct message filled) {
    struct message *message = malloc(sizeof *message);
    if (!message) {
        abort();
    }
    *message = filled;
    message->task.run = message_run;
    message->committer = committer;
    if (message->part) {
        part_ref(message->part);
    }
    io->post(committer->executor, &message->task);
}

void committer_part_add(struct committer *committer, struct part *part, uint64_t epoch, const struct position *next,
                        const struct dead_window *window) {
    send(committer,
         (struct message){.kind = MESSAGE_ADD, .part = part, .epoch = epoch, .next = *next, .window = *window});
}

void committer_part_drop(struct committer *committer, struct part *part) {
    send(committer, (struct message){.kind = MESSAGE_DROP, .part = part});
}

void committer_part_finish(struct committer *committer, struct part *part, const struct position *upto) {
    send(committer, (struct message){.kind = MESSAGE_FINISH, .part = part, .next = *upto});
}

void committer_drain(struct committer *committer, bool draining) {
    send(committer, (struct message){.kind = MESSAGE_DRAIN, .draining = draining});
}

static void payload_run(struct task *task) {
    struct encoded *encoded = (struct encoded *)task;
    struct committer *committer = encoded->committer;
    struct sequence *sequence = encoded->payload.segment->part->sequences[committer->setup.sink];
    if (committer->closing || !sequence || sequence->dropping || segment_is_dead(encoded->payload.segment)) {
        encoded_free(encoded);
        if (!committer->closing) {
            workers_memory_freed(committer->setup.workers);
        }
    } else if (encoded->failure) {
        report(committer, (struct committer_event){
                              .kind = EVENT_PART_STOP, .part = sequence->part, .error = encoded->failure});
        encoded_free(encoded);
    } else if (encoded->stale) {
        stale_add(committer, encoded);
    } else {
        sequence_push(sequence, encoded);
    }
    pump(committer);
}

void committer_payload(struct committer *committer, struct encoded *encoded) {
    encoded->committer = committer;
    encoded->task.run = payload_run;
    io->post(committer->executor, &encoded->task);
}

/* --- books ------------------------------------------------------------------------------------------------------- */

struct asking {
    struct task task;
    struct committer *committer;
    struct committer_books *books;
    sem_t answered;
};

static uint64_t records_held(const struct committer *committer) {
    uint64_t held = 0;
    for (const struct sequence *sequence = committer->sequences; sequence; sequence = sequence->next) {
        for (const struct encoded *encoded = sequence->waiting; encoded; encoded = encoded->next) {
            held += encoded->payload.counts.in;
        }
    }
    for (const struct unit_state *unit = committer->oldest; unit; unit = unit->younger) {
        for (uint32_t i = 0; i < unit->moves_count; i++) {
            held += unit->moves[i].counts.in;
        }
    }
    for (const struct encoded *encoded = committer->stale; encoded; encoded = encoded->next) {
        held += encoded->payload.counts.in;
    }
    return held;
}

static void asking_run(struct task *task) {
    struct asking *asking = (struct asking *)task;
    const struct committer *committer = asking->committer;
    const struct committer_counters *counters = &committer->counters;
    *asking->books = (struct committer_books){
        .settled = {.in = counters->in,
                    .delivered = counters->delivered,
                    .filtered = counters->filtered,
                    .dead_letter = counters->dead_letter},
        .held = records_held(committer),
    };
    sem_post(&asking->answered);
}

void committer_books(struct committer *committer, struct committer_books *ret) {
    struct asking asking = {.task.run = asking_run, .committer = committer, .books = ret};
    sem_init(&asking.answered, 0, 0);
    io->post(committer->executor, &asking.task);
    while (sem_wait(&asking.answered) != 0) {
    }
    sem_destroy(&asking.answered);
}

/* --- life -------------------------------------------------------------------------------------------------------- */

struct committer *committer_new(const struct committer_setup *setup) {
    struct committer *committer = calloc(1, sizeof *committer);
    if (!committer) {
        abort();
    }
    committer->setup = *setup;
    committer->sink = &setup->graph->sinks[setup->sink];
    committer->policy = committer->sink->caps.commit;
    committer->hold = committer->policy.hold || committer->policy.every_us > 0;
    committer->timer = (struct timer){.at_us = INT64_MAX, .run = timer_run};
    committer->executor = io->executor_new("committer");
    committer->lanes_count = LANES_MAX;
    committer->counters.ready = true; /* its check has just passed */
    for (uint32_t i = 0; i < committer->lanes_count; i++) {
        committer->lanes[i].committer = committer;
        committer->lanes[i].executor = io->executor_new("lane");
    }
    return committer;
}

void committer_workers_set(struct committer *committer, struct workers *workers) {
    committer->setup.workers = workers;
}

static void units_free(struct committer *committer) {
    while (committer->oldest) {
        struct unit_state *unit = committer->oldest;
        committer->oldest = unit->younger;
        unit_state_free(unit);
    }
    while (committer->sequences) {
        struct sequence *next = committer->sequences->next;
        sequence_free(committer->sequences);
        committer->sequences = next;
    }
    while (committer->stale) {
        struct encoded *next = committer->stale->next;
        encoded_free(committer->stale);
        committer->stale = next;
    }
}

struct closing {
    struct task task;
    struct committer *committer;
    sem_t seen;
};

static void closing_run(struct task *task) {
    struct closing *closing = (struct closing *)task;
    closing->committer->closing = true;
    sem_post(&closing->seen);
}

void committer_close(struct committer *committer) {
    if (!committer) {
        return;
    }
    struct closing closing = {.task.run = closing_run, .committer = committer};
    sem_init(&closing.seen, 0, 0);
    io->post(committer->executor, &closing.task);
    while (sem_wait(&closing.seen) != 0) {
    }
    sem_destroy(&closing.seen);
}

/* No step is posted any more, so the lanes can end; their last steps still report to the committer. */
void committer_free(struct committer *committer) {
    if (!committer) {
        return;
    }
    assert(committer->closing);
    for (uint32_t i = 0; i < committer->lanes_count; i++) {
        io->executor_free(committer->lanes[i].executor);
    }
    io->executor_free(committer->executor);
    for (uint32_t i = 0; i < committer->lanes_count; i++) {
        if (committer->lanes[i].connection && committer->lanes[i].unit && committer->lanes[i].unit->unit.impl) {
            committer->sink->connector->sink->unit_abandon(committer->lanes[i].connection,
                                                           &committer->lanes[i].unit->unit);
        }
        if (committer->lanes[i].connection) {
            committer->sink->connector->sink->lane_close(committer->lanes[i].connection);
        }
    }
    units_free(committer);
    free(committer);
}
