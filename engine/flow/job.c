/* SPDX-License-Identifier: Apache-2.0 */
/* The coordinator. Every event comes here as a task and moves one part from state to state (job_part.c); after each the
 * coordinator looks at the whole: claim more, drain, or end. Ledger calls are made in line: while one blocks, readers,
 * workers and committers go on by themselves. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/log.h"
#include "engine/flow/job_state.h"

enum {
    LOOK_US = 100000,
    POLLS_IN_A_LEASE = 8, /* of the ledgers, when there is nothing to do; once a second at most */
    POLL_MAX_US = 1000000,
    CONNECT_RETRY_US = 250000
};

static void look(struct job *job);

static void problem_set(struct job *job, const char *text) {
    pthread_mutex_lock(&job->lock);
    snprintf(job->status.problem, sizeof job->status.problem, "%s", text);
    pthread_mutex_unlock(&job->lock);
}

static void status_update(struct job *job) {
    uint32_t held = 0, reading = 0;
    for (struct part *part = job->parts; part; part = part->next_in_list) {
        held++;
        reading += part->phase == PART_READING;
    }
    pthread_mutex_lock(&job->lock);
    job->status.parts_held = held;
    job->status.parts_reading = reading;
    job->status.connected = job->connected;
    job->status.stopping = job->stopping;
    pthread_mutex_unlock(&job->lock);
}

/* --- events ------------------------------------------------------------------------------------------------------ */

struct happening {
    struct task task;
    struct job *job;
    enum { HAPPENED_COMMITTER, HAPPENED_READ_OVER, HAPPENED_DEAD_OWNERS, HAPPENED_STOP } kind;
    struct committer_event event;
    struct part *part; /* counted */
    struct position upto;
    bool has_error;
    struct error error;
    char (*owners)[OWNER_MAX];
    uint32_t owners_count;
    int64_t deadline_us;
};

static void happening_run(struct task *task);

static struct happening *happening_new(struct job *job, struct part *part, const struct error *error) {
    struct happening *happening = calloc(1, sizeof *happening);
    if (!happening) {
        abort();
    }
    happening->task.run = happening_run;
    happening->job = job;
    happening->part = part ? part_ref(part) : NULL;
    if (error) {
        happening->has_error = true;
        happening->error = *error;
    }
    return happening;
}

static void committer_happened(void *context, const struct committer_event *event) {
    struct job *job = context;
    struct happening *happening = happening_new(job, event->part, event->error);
    happening->kind = HAPPENED_COMMITTER;
    happening->event = *event;
    io->post(job->executor, &happening->task);
}

void job_reading_over(void *context, struct part *part, const struct position *upto, const struct error *error) {
    struct job *job = context;
    struct happening *happening = happening_new(job, part, error);
    happening->kind = HAPPENED_READ_OVER;
    happening->upto = *upto;
    io->post(job->executor, &happening->task);
}

static void dead_found(void *context, const char *const *owners, uint32_t count) {
    struct job *job = context;
    struct happening *happening = happening_new(job, NULL, NULL);
    happening->kind = HAPPENED_DEAD_OWNERS;
    happening->owners = calloc(count + 1, sizeof *happening->owners);
    happening->owners_count = count;
    for (uint32_t i = 0; i < count; i++) {
        snprintf(happening->owners[i], OWNER_MAX, "%s", owners[i]);
    }
    io->post(job->executor, &happening->task);
}

static void payload_deliver(void *context, uint32_t sink, struct encoded *encoded) {
    struct job *job = context;
    committer_payload(job->committers[sink], encoded);
}

static void committer_event(struct job *job, struct happening *happening) {
    const char *sink = job->graph->sinks[happening->event.sink].config->name;
    if (happening->event.kind == EVENT_SINK_FATAL) {
        log_write(LOG_ERROR, "sink-stopped", happening->error.message, "sink", sink, "code",
                  happening->error.code, NULL);
        job->failed = true;
        job->stopping = true;
        job->stop_deadline_us = 0;
        problem_set(job, happening->error.message);
        return;
    }
    if (happening->event.kind == EVENT_SINK_STATE) {
        problem_set(job, happening->has_error ? happening->error.message : "");
        return;
    }
    part_event(job, happening->part, &happening->event, happening->has_error ? &happening->error : NULL);
}

static void dead_owners_set(struct job *job, const struct happening *happening) {
    uint32_t count = happening->owners_count < DEAD_MAX ? happening->owners_count : DEAD_MAX;
    for (uint32_t i = 0; i < count; i++) {
        memcpy(job->dead[i], happening->owners[i], OWNER_MAX);
        job->dead_names[i] = job->dead[i];
    }
    bool news = count > job->claims.dead_owners_count;
    job->claims.dead_owners = job->dead_names;
    job->claims.dead_owners_count = count;
    if (news) {
        job->claim_at_us = 0;
    }
}

static void happening_take(struct job *job, struct happening *happening) {
    switch (happening->kind) {
    case HAPPENED_COMMITTER:
        committer_event(job, happening);
        break;
    case HAPPENED_READ_OVER:
        part_read_over(job, happening->part, &happening->upto, happening->has_error ? &happening->error : NULL);
        break;
    case HAPPENED_DEAD_OWNERS:
        dead_owners_set(job, happening);
        break;
    case HAPPENED_STOP:
        job->stopping = true;
        job->stop_deadline_us = happening->deadline_us;
        break;
    }
    if (happening->part) {
        part_look(job, happening->part);
    }
}

/* After the end nothing is decided any more: committers may be gone. */
static void happening_run(struct task *task) {
    struct happening *happening = (struct happening *)task;
    struct job *job = happening->job;
    if (!job->over) {
        happening_take(job, happening);
    }
    part_unref(happening->part);
    free(happening->owners);
    free(happening);
    look(job);
}

/* --- the whole --------------------------------------------------------------------------------------------------- */

static void end(struct job *job) {
    job->over = true;
    io->timer_set(job->executor, &job->timer, INT64_MAX);
    enum job_result result = job->unreachable ? JOB_UNREACHABLE : job->failed ? JOB_FAILED : JOB_DONE;
    pthread_mutex_lock(&job->lock);
    job->status.result = result;
    pthread_mutex_unlock(&job->lock);
    job->setup.ended(job->setup.context, result);
}

/* What a sink has committed is made visible before the run ends. False: to be tried again. */
static bool sinks_finish(struct job *job) {
    for (uint32_t i = 0; i < job->graph->sinks_count; i++) {
        const struct graph_sink *sink = &job->graph->sinks[i];
        struct error error;
        if (sink->connector->sink->finish &&
            sink->connector->sink->finish(sink->sink, io_now_us() + LEDGER_DEADLINE_US, &error) != STATUS_OK) {
            bool again = error.class == ERROR_TRANSIENT;
            log_write(again ? LOG_WARN : LOG_ERROR, "sink-not-finished", error.message, "sink", sink->config->name,
                      NULL);
            if (again) {
                return false;
            }
            job->failed = true;
        }
    }
    return true;
}

static void threads_stop(struct job *job) {
    liveness_stop(job->liveness);
    job->liveness = NULL;
}

static void committers_drain(struct job *job, bool draining) {
    if (job->draining != draining) {
        job->draining = draining;
        for (uint32_t i = 0; i < job->graph->sinks_count; i++) {
            committer_drain(job->committers[i], draining);
        }
    }
}

static enum status connect(struct job *job, struct error *error) {
    if (graph_connect(job->setup.graph, io_now_us() + LEDGER_DEADLINE_US, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    return claims_open(&job->claims, error);
}

static void connected(struct job *job) {
    struct workers_setup workers = {
        .graph = job->graph,
        .count = (uint32_t)job->graph->pipeline->limits.workers,
        .deliver = payload_deliver,
        .context = job,
    };
    for (uint32_t i = 0; i < job->graph->sinks_count; i++) {
        struct committer_setup setup = {
            .graph = job->graph, .sink = i, .owner = job->claims.owner, .event = committer_happened, .context = job};
        job->committers[i] = committer_new(&setup);
    }
    job->workers = workers_new(&workers);
    for (uint32_t i = 0; i < job->graph->sinks_count; i++) {
        committer_workers_set(job->committers[i], job->workers);
    }
    job->readers_count = job->graph->source_caps.parts_max ? job->graph->source_caps.parts_max : workers.count;
    job->readers_count = job->readers_count > READERS_MAX ? READERS_MAX : job->readers_count;
    for (uint32_t i = 0; i < job->readers_count; i++) {
        job->readers[i].executor = io->executor_new("reader");
    }
    job->watcher = watcher_start(job->workers, job->graph->pipeline->stall_timeout_us);
    job->liveness = liveness_start(job->graph, job->claims.owner, dead_found, job);
    job->connected = true;
    pthread_mutex_lock(&job->lock);
    job->status.reading = &job->reading;
    job->status.costs = workers_costs(job->workers);
    for (uint32_t i = 0; i < job->graph->sinks_count; i++) {
        job->status.sinks[i] = committer_counters(job->committers[i]);
    }
    pthread_mutex_unlock(&job->lock);
    problem_set(job, "");
}

/* Tries to reach everything; false = not yet. */
static bool connect_look(struct job *job) {
    if (job->stopping) {
        end(job);
        return false;
    }
    struct error error = {0};
    if (connect(job, &error) == STATUS_OK) {
        connected(job);
        return true;
    }
    bool told = strncmp(job->status.problem, error.message, sizeof job->status.problem - 1) == 0;
    problem_set(job, error.message);
    bool late = io_now_us() >= job->connect_deadline_us;
    if (error.class != ERROR_TRANSIENT || late) {
        log_write(LOG_ERROR, "connect-failed", error.message, "code", error.code, "where", error.where, NULL);
        job->unreachable = error.class == ERROR_TRANSIENT;
        job->failed = !job->unreachable;
        end(job);
        return false;
    }
    if (!told) {
        log_write(LOG_WARN, "connect-retry", error.message, "code", error.code, NULL);
    }
    io->timer_set(job->executor, &job->timer, io_now_us() + CONNECT_RETRY_US);
    return false;
}

static void weigh(struct job *job) {
    struct weight weight = {0};
    if (!job->setup.weighs || !job->graph->source_caps.bounded || !claims_weigh(&job->claims, &weight)) {
        return;
    }
    pthread_mutex_lock(&job->lock);
    job->status.bytes_total = weight.bytes;
    job->status.weights_are_exact = weight.exact;
    pthread_mutex_unlock(&job->lock);
}

static void plan_look(struct job *job) {
    int64_t now = io_now_us();
    if (job->planned && (!job->graph->source_caps.relist_us || now < job->plan_at_us)) {
        return;
    }
    struct error error;
    struct planned planned = {0};
    job->plan_at_us = now + job->graph->source_caps.relist_us;
    if (claims_plan(&job->claims, &planned, &error) != STATUS_OK) {
        if (error.class == ERROR_TRANSIENT) {
            log_write(LOG_WARN, "plan-retry", error.message, "code", error.code, NULL);
            return;
        }
        log_write(LOG_ERROR, "plan-failed", error.message, "code", error.code, "where", error.where, NULL);
        job->failed = job->stopping = true;
        return;
    }
    job->claim_at_us = planned.parts ? 0 : job->claim_at_us;
    job->failed |= planned.changed > 0;
    if (!job->planned) {
        weigh(job);
        log_write(LOG_INFO, "planned", "the source was listed", "parts", log_number((long long)planned.parts), NULL);
    }
    job->planned = true;
    pthread_mutex_lock(&job->lock);
    job->status.parts_known = planned.parts;
    pthread_mutex_unlock(&job->lock);
}

static bool part_skip(void *context, const char *name) {
    struct job *job = context;
    for (struct part *part = job->parts; part; part = part->next_in_list) {
        if (strcmp(part->info.name, name) == 0) {
            return true;
        }
    }
    for (uint32_t i = 0; i < SKIPS_MAX; i++) {
        if (job->skips[i].until_us > io_now_us() && strcmp(job->skips[i].part, name) == 0) {
            return true;
        }
    }
    return false;
}

/* It was resumed. */
static void stopped_forget(struct job *job, const char *name) {
    pthread_mutex_lock(&job->lock);
    for (uint32_t i = 0; i < job->stopped_count; i++) {
        if (strcmp(job->stopped[i].part, name) == 0) {
            job->stopped[i] = job->stopped[--job->stopped_count];
            job->status.parts_stopped--;
            break;
        }
    }
    pthread_mutex_unlock(&job->lock);
}

static void part_won(void *context, struct part *part) {
    struct job *job = context;
    stopped_forget(job, part->info.name);
    struct part **link = &job->parts;
    while (*link) {
        link = &(*link)->next_in_list;
    }
    part->phase = PART_CLAIMED;
    *link = part;
}

static void claimed_assign(struct job *job) {
    for (struct part *part = job->parts; part; part = part->next_in_list) {
        struct reader_lane *lane = part->phase == PART_CLAIMED ? reader_free(job) : NULL;
        if (lane) {
            part_assign(job, part, lane);
        }
    }
}

static void claim_look(struct job *job) {
    claimed_assign(job);
    if (!reader_free(job) || io_now_us() < job->claim_at_us) {
        return;
    }
    struct claim_request request = {
        .max = job->readers_count * 2, .skip = part_skip, .won = part_won, .context = job};
    struct error error;
    if (claims_win(&job->claims, &request, &error) != STATUS_OK) {
        log_write(LOG_WARN, "claim-retry", error.message, "code", error.code, NULL);
        job->claim_at_us = io_now_us() + job->poll_us;
        return;
    }
    claimed_assign(job);
    if (reader_free(job)) {
        job->claim_at_us = io_now_us() + job->poll_us; /* there was not enough for all: do not ask at every event */
    }
}

static bool any_reading(const struct job *job) {
    for (uint32_t i = 0; i < job->readers_count; i++) {
        if (job->readers[i].part) {
            return true;
        }
    }
    return false;
}

/* Nothing is held and nothing could be claimed: is the work done, here and elsewhere? */
static void end_look(struct job *job) {
    if (!job->graph->source_caps.bounded || job->parts || !job->planned || io_now_us() < job->end_at_us) {
        return;
    }
    job->end_at_us = io_now_us() + job->poll_us;
    struct ledger_totals totals;
    struct error error;
    if (claims_totals(&job->claims, &totals, &error) != STATUS_OK) {
        log_write(LOG_WARN, "totals-retry", error.message, NULL);
        return;
    }
    if (totals.open > 0) {
        return; /* others are at it: stand by, in case they die */
    }
    if (!sinks_finish(job)) {
        return;
    }
    if (totals.stopped > 0) {
        log_write(LOG_ERROR, "parts-stopped",
                  "parts stopped by name remain: leat ledger show FILE tells why, leat ledger "
                  "resume FILE PART lets one go on",
                  "file", job->graph->pipeline->file, "parts",
                  log_number((long long)totals.stopped), NULL);
        job->failed = true;
    }
    threads_stop(job);
    end(job);
}

static void stop_look(struct job *job) {
    bool late = io_now_us() >= job->stop_deadline_us;
    if (late && job->parts && job->stop_deadline_us > 0) {
        job->failed = true;
        log_write(LOG_WARN, "drain-timed-out",
                  "what was not committed in time is dropped; it is read again at the next run",
                  NULL);
    }
    if (late) {
        threads_stop(job);
        end(job);
        return;
    }
    struct part *next;
    for (struct part *part = job->parts; part; part = next) {
        next = part->next_in_list;
        if (part->phase == PART_CLAIMED) {
            part_let_go(job, part, DROP_RELEASED, NULL);
        } else if (part->phase == PART_READING) {
            reading_stop(part->reading);
        }
        part_look(job, part);
    }
    if (!any_reading(job)) {
        committers_drain(job, true);
    }
    if (!job->parts && sinks_finish(job)) {
        threads_stop(job);
        end(job);
    }
}

static void look(struct job *job) {
    if (job->over) {
        return;
    }
    if (!job->connected && !connect_look(job)) {
        return;
    }
    if (job->stopping) {
        stop_look(job);
    } else {
        plan_look(job);
        if (job->planned) {
            claim_look(job);
        }
        committers_drain(job, job->graph->source_caps.bounded && !any_reading(job));
        end_look(job);
    }
    status_update(job);
    if (!job->over) {
        workers_memory_freed(job->workers); /* readers and sinks give back without telling */
        io->timer_set(job->executor, &job->timer, io_now_us() + LOOK_US);
    }
}

static void look_timer(struct timer *timer) {
    look((struct job *)(void *)((char *)timer - offsetof(struct job, timer)));
}

/* --- life -------------------------------------------------------------------------------------------------------- */

struct starting {
    struct task task;
    struct job *job;
};

static void starting_run(struct task *task) {
    struct starting *starting = (struct starting *)task;
    look(starting->job);
    free(starting);
}

struct job *job_start(const struct job_setup *setup) {
    struct job *job = calloc(1, sizeof *job);
    struct starting *starting = calloc(1, sizeof *starting);
    if (!job || !starting) {
        abort();
    }
    job->setup = *setup;
    job->graph = setup->graph;
    job->poll_us = setup->graph->pipeline->lease_us / POLLS_IN_A_LEASE;
    job->poll_us = job->poll_us < LOOK_US ? LOOK_US : job->poll_us > POLL_MAX_US ? POLL_MAX_US : job->poll_us;
    job->claims.graph = setup->graph;
    owner_new(job->claims.owner);
    job->connect_deadline_us = io_now_us() + setup->connect_timeout_us;
    job->timer = (struct timer){.at_us = INT64_MAX, .run = look_timer};
    pthread_mutex_init(&job->lock, NULL);
    job->status.started_us = io_now_us();
    snprintf(job->status.problem, sizeof job->status.problem, "%s", "connecting");
    job->executor = io->executor_new("coordinator");
    starting->task.run = starting_run;
    starting->job = job;
    io->post(job->executor, &starting->task);
    return job;
}

void job_stop(struct job *job, int64_t deadline_us) {
    struct happening *happening = happening_new(job, NULL, NULL);
    happening->kind = HAPPENED_STOP;
    happening->deadline_us = deadline_us;
    io->post(job->executor, &happening->task);
}

/* Readers first, then workers, then committers: each may still post to the next. Committers, which
 * call the workers, are closed before. */
void job_free(struct job *job) {
    if (!job) {
        return;
    }
    for (struct part *part = job->parts; part; part = part->next_in_list) {
        if (part->reading) {
            reading_stop(part->reading);
        }
    }
    for (uint32_t i = 0; i < job->readers_count; i++) {
        io->executor_free(job->readers[i].executor);
    }
    watcher_stop(job->watcher);
    for (uint32_t i = 0; i < job->graph->sinks_count; i++) {
        committer_close(job->committers[i]);
    }
    workers_free(job->workers);
    for (uint32_t i = 0; i < job->graph->sinks_count; i++) {
        committer_free(job->committers[i]);
    }
    io->executor_free(job->executor);
    if (job->connected) {
        claims_close(&job->claims); /* after the lanes: a unit that was given up uses its ledger to its last step */
    }
    while (job->parts) {
        struct part *next = job->parts->next_in_list;
        reading_free(job->parts->reading);
        job->parts->reading = NULL;
        part_unref(job->parts);
        job->parts = next;
    }
    pthread_mutex_destroy(&job->lock);
    free(job);
}

void job_status(struct job *job, struct job_status *ret) {
    pthread_mutex_lock(&job->lock);
    *ret = job->status;
    pthread_mutex_unlock(&job->lock);
}

uint32_t job_stopped(struct job *job, struct stopped_part ret[STOPPED_SHOWN_MAX]) {
    pthread_mutex_lock(&job->lock);
    uint32_t count = job->stopped_count;
    memcpy(ret, job->stopped, count * sizeof *ret);
    pthread_mutex_unlock(&job->lock);
    return count;
}

bool job_books(struct job *job, uint32_t sink, struct committer_books *ret) {
    pthread_mutex_lock(&job->lock);
    bool known = job->status.sinks[sink] != NULL;
    pthread_mutex_unlock(&job->lock);
    if (known) {
        committer_books(job->committers[sink], ret);
    }
    return known;
}

const char *job_owner(const struct job *job) {
    return job->claims.owner;
}
