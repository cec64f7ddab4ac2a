/* SPDX-License-Identifier: Apache-2.0 */
/* A pipeline at work. One coordinator (an executor that may block in ledger calls) owns the states of all parts and the
 * order of things: connect, plan, claim, read, let go, end. Main talks to it by these calls from any thread. */
#ifndef LEAT_FLOW_JOB_H
#define LEAT_FLOW_JOB_H

#include "engine/flow/committer.h"
#include "engine/flow/reading.h"

struct job;

enum job_result {
    JOB_RUNNING,
    JOB_DONE,          /* bounded source at its end in every sink, or a clean drain */
    JOB_FAILED,        /* a part or a sink stopped by name, or the drain timed out */
    JOB_UNREACHABLE    /* a dependency could not be reached at the start */
};

struct job_setup {
    struct graph *graph;   /* borrowed; outlives the job */
    int64_t connect_timeout_us;
    bool weighs;           /* somebody looks at the progress: find bytes_total */
    /* On the coordinator's executor, once, as the last thing it does. */
    void (*ended)(void *context, enum job_result result);
    void *context;
};

struct job *job_start(const struct job_setup *setup);
/* Stop reading, commit what was read, let go; ended follows. At the deadline everything uncommitted is dropped. */
void job_stop(struct job *job, int64_t deadline_us);
/* After ended. */
void job_free(struct job *job);

/* A look from any thread. */
struct job_status {
    enum job_result result;
    bool connected, stopping;
    uint32_t parts_reading, parts_held, parts_stopped;
    uint64_t parts_known;
    uint64_t bytes_total, bytes_over; /* weights of all parts that were open at the start, and of those read since */
    bool weights_are_exact;           /* else they are not the bytes that are read (compressed files) */
    char problem[256]; /* why it is not ready; "" = ready */
    const struct reading_counters *reading;
    const struct stage_costs *costs; /* NULL before it is connected */
    const struct committer_counters *sinks[SINKS_MAX];
    int64_t started_us;              /* monotonic */
};
void job_status(struct job *job, struct job_status *ret);
/* Parts that this process stopped by name and that have not been won again since. */
enum { STOPPED_SHOWN_MAX = 16 };
struct stopped_part {
    char part[PART_NAME_MAX + 1], reason[600];
};
uint32_t job_stopped(struct job *job, struct stopped_part ret[STOPPED_SHOWN_MAX]);
/* One sink's books, consistent; false before it is connected. Not from an executor of the job. */
bool job_books(struct job *job, uint32_t sink, struct committer_books *ret);
const char *job_owner(const struct job *job);

#endif
