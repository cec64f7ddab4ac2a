/* SPDX-License-Identifier: Apache-2.0 */
/* What follows a verdict, and nothing else decides it. A failed step abandons its unit and every younger one; when the
 * last of them is abandoned their payloads lie in the sequences again, as if never sent. */
#include <assert.h>
#include <stdlib.h>

#include "engine/base/log.h"
#include "engine/flow/committer_state.h"

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
void dropping_look(struct committer *committer, struct sequence *sequence) {
    if (!sequence->dropping || sequence->in_units > 0) {
        return;
    }
    struct part *part = part_ref(sequence->part);
    struct committer_event event = {
        .kind = EVENT_PART_DROPPED, .part = part, .next = sequence->committed, .window = sequence->committed_window};
    sequence_unlink(committer, sequence);
    committer_report(committer, event);
    part_unref(part);
}

/* All before the breaching record is committed: the part stops. */
void stopping_look(struct committer *committer, struct sequence *sequence) {
    if (!sequence->stopping || sequence->in_units > 0 || sequence->dropping ||
        position_compare(&sequence->committed, &sequence->stop_at) != 0) {
        return;
    }
    struct error error;
    enum status status = error_set(&error, ERROR_PERMANENT, "dead-letter-limit", "%s", sequence->stop_reason);
    (void)status;
    committer_report(
        committer,
        (struct committer_event){.kind = EVENT_PART_STOP, .part = sequence->part, .error = &error});
}

void sequences_look(struct committer *committer) {
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
        counter_add(&counters->in, move->counts.in);
        counter_add(&counters->delivered, move->counts.delivered);
        counter_add(&counters->filtered, move->counts.filtered);
        counter_add(&counters->dead_letter, move->counts.dead_letter);
        if (position_is_end(&move->to)) {
            committer_report(committer, (struct committer_event){.kind = EVENT_PART_ENDED,
                                                                 .part = move->sequence->part});
        }
    }
    counter_add(&counters->rows, unit->rows);
    counter_add(&counters->bytes, unit->bytes);
    counter_add(&counters->commits, 1);
    counters->last_commit_us = io_now_us();
    if (!counters->first_commit_us) {
        counters->first_commit_us = counters->last_commit_us;
    }
    unit_state_free(unit);
    committer_succeeded(committer);
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
            committer_report(committer, (struct committer_event){.kind = EVENT_PART_REREAD, .part = sequence->part});
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
void stale_add(struct committer *committer, struct encoded *encoded) {
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
        enum status status =
            error_set(&error, ERROR_PERMANENT, "aggregate-rejected",
                      "an aggregate row was rejected (%s: %.*s); it stands for many records",
                      row->code, (int)row->message.len, row->message.data);
        (void)status;
        committer_fatal(committer, &error);
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
    counter_add(&committer->counters.rejected_rows, 1);
}

static void parts_report(struct committer *committer, const struct outcome *outcome) {
    for (uint32_t i = 0; i < outcome->parts_count; i++) {
        const struct part_outcome *part = &outcome->parts[i];
        struct committer_event event = {.kind = part->moved ? EVENT_PART_MOVED : EVENT_PART_FENCED, .part = part->part};
        counter_add(part->moved ? &committer->counters.moved : &committer->counters.fenced, 1);
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
        committer_report(committer, event);
    }
}

static void unit_verdict(struct committer *committer, struct unit_state *unit, struct step *step) {
    struct outcome *outcome = &step->outcome;
    switch (outcome->verdict) {
    case VERDICT_DONE:
        return;
    case VERDICT_RETRY:
        committer_backoff(committer, &outcome->error);
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
        counter_add(&committer->counters.unknown, step->kind != STEP_RESOLVE);
        committer_backoff(committer, &outcome->error);
        return;
    case VERDICT_FATAL:
        committer_fatal(committer, &outcome->error);
        break;
    }
    unit_fail(unit);
}

static void commit_verdict(struct committer *committer, struct step *step) {
    struct unit_state *unit = step->unit;
    counter_add(&committer->counters.commit_us, (uint64_t)step->us);
    enum verdict verdict = step->outcome.verdict;
    if (verdict == VERDICT_DONE && step->kind == STEP_RESOLVE) {
        counter_add(&committer->counters.unknown_committed, 1);
    }
    if (step->kind == STEP_RESOLVE && verdict != VERDICT_UNKNOWN) {
        counter_add(&committer->counters.unknown_not, verdict != VERDICT_DONE);
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
        committer_fatal(committer, &step->outcome.error);
        return;
    }
    if (step->outcome.verdict != VERDICT_DONE) {
        committer->stale_rounds--; /* it was not looked at */
        committer_backoff(committer, &step->outcome.error);
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
    if (step->kind == STEP_CONNECT) {
        /* the first unit goes on from here, or tries again */
    } else if (step->kind == STEP_CHECK) {
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
    committer_pump(committer);
}
