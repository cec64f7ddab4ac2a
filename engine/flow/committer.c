/* SPDX-License-Identifier: Apache-2.0 */
/* Messages in, events out, back-off, and the life of a committer. Everything here runs on the committer's executor;
 * after every message `committer_pump` looks at what can go on. What is asked from other threads (books) is posted and
 * waited for, never read across. */
#include "engine/flow/committer_state.h"

#include <assert.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/log.h"

enum { BACKOFF_MIN_US = 50000, BACKOFF_MAX_US = 10000000 };

struct executor *committer_executor(struct committer *committer) {
    return committer->executor;
}

const struct graph_sink *committer_sink(const struct committer *committer) {
    return committer->sink;
}

const struct committer_counters *committer_counters(const struct committer *committer) {
    return &committer->counters;
}

void committer_report(struct committer *committer, struct committer_event event) {
    event.sink = committer->setup.sink;
    committer->setup.event(committer->setup.context, &event);
}

/* --- back-off ---------------------------------------------------------------------------------------------------- */

static void retry_count(struct committer_counters *counters, const char *code) {
    uint32_t count = atomic_load(&counters->retry_codes_count), at = 0;
    while (at < count && strcmp(counters->retry_codes[at].code, code) != 0) {
        at++;
    }
    if (at == RETRY_CODES_MAX) {
        at = RETRY_CODES_MAX - 1;
    } else if (at == count) {
        snprintf(counters->retry_codes[at].code, sizeof counters->retry_codes[at].code, "%s",
                 at + 1 < RETRY_CODES_MAX ? code : "other");
        atomic_store(&counters->retry_codes_count, count + 1);
    }
    counter_add(&counters->retry_codes[at].count, 1);
}

void committer_backoff(struct committer *committer, const struct error *error) {
    int64_t wait = BACKOFF_MIN_US;
    for (uint32_t i = 0; i < committer->failures && wait < BACKOFF_MAX_US; i++) {
        wait *= 2;
    }
    uint32_t jitter;
    io_random(&jitter, sizeof jitter);
    wait += (int64_t)(jitter % (uint32_t)wait);
    committer->retry_at_us = io_now_us() + wait;
    committer->failures++;
    counter_add(&committer->counters.retries, 1);
    retry_count(&committer->counters, error->code);
    if (atomic_exchange(&committer->counters.ready, false) || committer->failures % 10 == 0) {
        committer_report(committer, (struct committer_event){.kind = EVENT_SINK_STATE, .error = error});
    }
    log_write(LOG_WARN, "sink-retry", error->message, "sink", committer->sink->config->name, "code", error->code,
              "attempt", log_number(committer->failures), "wait_ms", log_number(wait / 1000), NULL);
}

void committer_succeeded(struct committer *committer) {
    committer->failures = 0;
    committer->retry_at_us = 0;
    committer->stale_rounds = 0;
    if (!atomic_exchange(&committer->counters.ready, true)) {
        committer_report(committer, (struct committer_event){.kind = EVENT_SINK_STATE});
    }
}

void committer_fatal(struct committer *committer, const struct error *error) {
    if (!committer->fatal) {
        committer->fatal = true;
        committer_report(committer, (struct committer_event){.kind = EVENT_SINK_FATAL, .error = error});
    }
}

static void timer_run(struct timer *timer) {
    committer_pump((struct committer *)(void *)((char *)timer - offsetof(struct committer, timer)));
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
    committer_pump(committer);
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
        committer_report(committer, (struct committer_event){
                              .kind = EVENT_PART_STOP, .part = sequence->part, .error = encoded->failure});
        encoded_free(encoded);
    } else if (encoded->stale) {
        stale_add(committer, encoded);
    } else {
        sequence_push(sequence, encoded);
    }
    committer_pump(committer);
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
    lane_post(&committer->lanes[0], step_new(&committer->lanes[0], STEP_CONNECT, NULL)); /* while parts are claimed */
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
