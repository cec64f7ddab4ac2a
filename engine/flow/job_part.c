/* SPDX-License-Identifier: Apache-2.0 */
/* One part in the coordinator: given to committers and a reader, let go by all of them, released or stopped by name.
 *
 *   CLAIMED -> READING -> READ -> (at its end in every sink) gone
 *      `----------`---------`--> DROPPING -> released (and claimed anew from the lowest next), or stopped by name */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/log.h"
#include "engine/flow/job_state.h"

struct reader_lane *reader_free(struct job *job) {
    for (uint32_t i = 0; i < job->readers_count; i++) {
        if (!job->readers[i].part) {
            return &job->readers[i];
        }
    }
    return NULL;
}

static struct position lowest_next(const struct job *job, const struct part *part) {
    struct position lowest = POSITION_END;
    for (uint32_t i = 0; i < job->graph->sinks_count; i++) {
        const struct part_share *share = &part->shares[i];
        if (share->won && !share->ended && position_compare(&share->next, &lowest) < 0) {
            lowest = share->next;
        }
    }
    return lowest;
}

/* Gives the part to its committers and to a reader. */
void part_assign(struct job *job, struct part *part, struct reader_lane *lane) {
    assert(part->phase == PART_CLAIMED);
    atomic_store(&part->assignment, ++job->assignments);
    part->drop = DROP_NONE;
    for (uint32_t i = 0; i < job->graph->sinks_count; i++) {
        if (part->shares[i].won && !part->shares[i].ended) {
            part->sequenced |= UINT64_C(1) << i;
            committer_part_add(job->committers[i], part, part->shares[i].epoch,
                               &part->shares[i].next, &part->windows[i]);
        }
    }
    struct reading_setup setup = {
        .graph = job->graph,
        .workers = job->workers,
        .executor = lane->executor,
        .cuts = &job->cuts,
        .counters = &job->reading,
        .part = part,
        .from = lowest_next(job, part),
        .mark = part->mark,
        .over = job_reading_over,
        .context = job,
    };
    lane->part = part;
    part->phase = PART_READING;
    part->waiting_reader = true;
    part->reading = reading_start(&setup);
}

static void part_unlink(struct job *job, struct part *part) {
    struct part **link = &job->parts;
    while (*link != part) {
        link = &(*link)->next_in_list;
    }
    *link = part->next_in_list;
    part_unref(part);
}

static void skip_add(struct job *job, const struct part *part) {
    struct skip *skip = &job->skips[job->skips_next++ % SKIPS_MAX];
    snprintf(skip->part, sizeof skip->part, "%s", part->info.name);
    skip->until_us = io_now_us() + job->graph->pipeline->lease_us;
}

/* Asks everybody to let go. upto NULL: at once, also when it was to be finished first; else after
 * everything before it is committed. */
void part_let_go(struct job *job, struct part *part, enum drop_reason reason, const struct position *upto) {
    part->drop = reason > part->drop ? reason : part->drop;
    if (!upto) {
        atomic_store(&part->assignment, 0);
    }
    if (part->reading) {
        reading_stop(part->reading);
    }
    bool again = part->phase == PART_DROPPING;
    if (again && (upto || !part->finishing)) {
        return;
    }
    part->phase = PART_DROPPING;
    part->finishing = upto != NULL;
    for (uint32_t i = 0; i < job->graph->sinks_count; i++) {
        if (!(part->sequenced >> i & 1)) {
            continue;
        }
        part->waiting_sinks += !again;
        if (upto) {
            committer_part_finish(job->committers[i], part, upto);
        } else {
            committer_part_drop(job->committers[i], part);
        }
    }
}

/* upto: the last good position; what was read before it is committed first. NULL: at once. */
static void part_stop(struct job *job, struct part *part, const struct error *error, const struct position *upto) {
    char way_out[PART_NAME_MAX + 300];
    snprintf(way_out, sizeof way_out, "leat ledger resume %s '%s'", job->graph->pipeline->file, part->info.name);
    snprintf(part->stop_code, sizeof part->stop_code, "%s", error->code);
    bool told = strstr(error->message, "leat ledger");
    snprintf(part->stop_reason, sizeof part->stop_reason, "%s: %s%s%s", error->code, error->message,
             told ? "" : "; when mended: ", told ? "" : way_out);
    log_write(LOG_ERROR, "part-stopped", error->message, "part", part->info.name, "code", error->code, "position",
              error->where, "when_mended", way_out, NULL);
    job->failed = true;
    pthread_mutex_lock(&job->lock);
    job->status.parts_stopped++;
    if (job->stopped_count < STOPPED_SHOWN_MAX) {
        struct stopped_part *stopped = &job->stopped[job->stopped_count++];
        snprintf(stopped->part, sizeof stopped->part, "%s", part->info.name);
        snprintf(stopped->reason, sizeof stopped->reason, "%s", part->stop_reason);
    }
    pthread_mutex_unlock(&job->lock);
    part_let_go(job, part, DROP_STOPPED, upto);
}

/* Is it at its end in every ledger that keeps anything, and open in a sink whose ledger lives in
 * this process alone? Then nobody could claim it: no ledger offers it. */
static bool part_is_left_to_us(const struct job *job, const struct part *part) {
    bool open = false;
    for (uint32_t i = 0; i < job->graph->sinks_count; i++) {
        const struct part_share *share = &part->shares[i];
        if (!share->ended && (!job->graph->sinks[i].ledger->keeps_nothing || !share->won)) {
            return false;
        }
        open |= !share->ended;
    }
    return open;
}

/* Nobody deals with the part any more: what was it let go for? */
void part_look(struct job *job, struct part *part) {
    if (part->phase != PART_DROPPING || part->waiting_sinks || part->waiting_reader) {
        return;
    }
    if (part->drop == DROP_REREAD && !job->stopping && part_is_left_to_us(job, part)) {
        part->phase = PART_CLAIMED;
        part->drop = DROP_NONE;
        part->mark = "";
        return;
    }
    if (part->drop == DROP_STOPPED) {
        claims_stop(&job->claims, part, part->stop_reason);
    } else {
        claims_release(&job->claims, part);
    }
    if (part->drop == DROP_FENCED) {
        skip_add(job, part);
    }
    job->claim_at_us = job->end_at_us = 0;
    part_unlink(job, part);
}

/* At its end in every sink: the sequences, empty by now, go with the part. */
static void part_end_look(struct job *job, struct part *part) {
    for (uint32_t i = 0; i < job->graph->sinks_count; i++) {
        if (!part->shares[i].ended) {
            return;
        }
    }
    if (part->phase == PART_READ) {
        part_let_go(job, part, DROP_RELEASED, NULL);
    }
}

void part_read_over(struct job *job, struct part *part, const struct position *upto, const struct error *error) {
    for (uint32_t i = 0; i < job->readers_count; i++) {
        if (job->readers[i].part == part) {
            job->readers[i].part = NULL;
        }
    }
    reading_free(part->reading);
    part->reading = NULL;
    part->waiting_reader = false;
    if (position_is_end(upto)) {
        pthread_mutex_lock(&job->lock);
        job->status.bytes_over += part->info.weight_bytes;
        pthread_mutex_unlock(&job->lock);
    }
    if (part->phase == PART_READING) {
        part->phase = PART_READ;
        if (error) {
            part_stop(job, part, error, upto);
        } else if (!position_is_end(upto)) {
            part_let_go(job, part, DROP_RELEASED, upto);
        }
    }
    part_end_look(job, part);
}

void part_event(struct job *job, struct part *part, const struct committer_event *event, const struct error *error) {
    struct part_share *share = &part->shares[event->sink];
    switch (event->kind) {
    case EVENT_PART_ENDED:
        share->ended = true;
        part_end_look(job, part);
        break;
    case EVENT_PART_FENCED:
        part_let_go(job, part, DROP_FENCED, NULL);
        share->won = false;
        break;
    case EVENT_PART_MOVED:
    case EVENT_PART_REREAD:
        part_let_go(job, part, DROP_REREAD, NULL);
        break;
    case EVENT_PART_STOP:
        if (part->drop != DROP_STOPPED) {
            part_stop(job, part, error, NULL);
        } else {
            part_let_go(job, part, DROP_STOPPED, NULL);
        }
        break;
    case EVENT_PART_DROPPED:
        assert(part->waiting_sinks > 0);
        part->waiting_sinks--;
        part->sequenced &= ~(UINT64_C(1) << event->sink);
        share->next = event->next;
        part->windows[event->sink] = event->window;
        break;
    case EVENT_SINK_FATAL:
    case EVENT_SINK_STATE:
        break;
    }
}
