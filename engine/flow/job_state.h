/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the coordinator, shared by its two files: job.c looks at the whole, job_part.c moves one part from state to
 * state. All of it is the coordinator's executor's alone, but the status, which anybody may look at under its lock. */
#ifndef LEAT_FLOW_JOB_STATE_H
#define LEAT_FLOW_JOB_STATE_H

#include <pthread.h>

#include "engine/flow/claims.h"
#include "engine/flow/job.h"
#include "engine/flow/liveness.h"
#include "engine/flow/watcher.h"

enum { READERS_MAX = 64, SKIPS_MAX = 64, DEAD_MAX = 256 };

struct reader_lane {
    struct executor *executor;
    struct part *part; /* NULL = free */
};

struct skip {
    char part[PART_NAME_MAX + 1];
    int64_t until_us;
};

struct job {
    struct job_setup setup;
    const struct graph *graph;
    struct claims claims;
    struct executor *executor;
    struct timer timer;
    struct workers *workers;
    struct committer *committers[SINKS_MAX];
    struct liveness *liveness;
    struct watcher *watcher;
    struct reader_lane readers[READERS_MAX];
    uint32_t readers_count;
    struct part *parts; /* every part this process holds */
    struct skip skips[SKIPS_MAX]; /* fenced: not to be tried before the lease is over */
    uint32_t skips_next;
    uint64_t assignments;
    _Atomic uint64_t cuts;
    bool connected, planned, draining, stopping, failed, unreachable, over;
    int64_t connect_deadline_us, stop_deadline_us;
    int64_t plan_at_us, claim_at_us, end_at_us; /* when to ask the ledgers again */
    int64_t poll_us;
    char dead[DEAD_MAX][OWNER_MAX];
    const char *dead_names[DEAD_MAX];
    struct reading_counters reading;

    pthread_mutex_t lock; /* the status */
    struct job_status status;
    struct stopped_part stopped[STOPPED_SHOWN_MAX];
    uint32_t stopped_count;
};

/* job.c: on the reader's lane. */
void job_reading_over(void *context, struct part *part, const struct position *upto, const struct error *error);

/* job_part.c */
struct reader_lane *reader_free(struct job *job);
/* Gives a claimed part to its committers and to a reader. */
void part_assign(struct job *job, struct part *part, struct reader_lane *lane);
/* Asks everybody to let go. upto NULL: at once, also when it was to be finished first; else after
 * everything before it is committed. */
void part_let_go(struct job *job, struct part *part, enum drop_reason reason, const struct position *upto);
/* Nobody deals with the part any more? Then it goes for the reason it was let go for. */
void part_look(struct job *job, struct part *part);
/* error NULL = it came to upto, or was stopped there. */
void part_read_over(struct job *job, struct part *part, const struct position *upto, const struct error *error);
void part_event(struct job *job, struct part *part, const struct committer_event *event, const struct error *error);

#endif
