/* SPDX-License-Identifier: Apache-2.0 */
/* Whole jobs as simulated processes: each loads the pipeline, runs the engine's job over the real Postgres sink and
 * ends, is stopped, killed or frozen. */
#ifndef LEAT_TESTS_SIMULATION_PROCESS_H
#define LEAT_TESTS_SIMULATION_PROCESS_H

#include "engine/flow/job.h"
#include "tests/simulation/scheduler.h"

enum { ALL_PROCESSES_MAX = 200 };

struct process_shape {
    uint32_t sinks, servers;
    uint32_t files; /* bit for each sink that is one */
    int64_t lease_us;
    uint64_t memory_bytes; /* 0 = the default */
    uint32_t commit_rows; /* 0 = the default */
    int64_t every_us;     /* 0 = at once */
};
extern struct process_shape process_shape;

struct process {
    struct group group;
    struct job *job;
    bool ended;
    enum job_result result;
    bool stopping;
};

void processes_reset(void);
void process_start(void); /* one more */
uint32_t processes_started(void);
uint32_t processes_alive(void);
bool process_is_gone(uint32_t number);
/* What each is doing, as traces: for a run that does not end. */
void processes_trace(void);
/* Nobody believes that more was committed than was. */
void processes_check(void);
/* One of those that live, NULL = none. */
struct process *process_any(void);
void process_stop(struct process *process, int64_t deadline_us);
void process_kill(struct process *process);

#endif
