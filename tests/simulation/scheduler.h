/* SPDX-License-Identifier: Apache-2.0 */
/* One thread, one seed: the executors of every simulated process, each on a fiber while its task is under way, and the
 * actors of the world outside (backends of a server, faults). A step is one decision: which of those that could run at
 * this moment of virtual time does. Nothing else is random, so a seed is a run. Time moves by itself only when nobody
 * can run, and a little at every step. */
#ifndef LEAT_TESTS_SIMULATION_SCHEDULER_H
#define LEAT_TESTS_SIMULATION_SCHEDULER_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/io.h"

/* A process: its executors run, are frozen, or never run again. */
struct group {
    uint32_t number;
    bool killed, over;
    int64_t frozen_until_us;
};

/* Somebody outside of the processes. due: when it wants to run, INT64_MAX = not. */
struct actor {
    int64_t (*due)(struct actor *actor);
    void (*run)(struct actor *actor);
    uint32_t place; /* in the scheduler's list */
};

extern bool scheduler_verbose;

void scheduler_start(uint64_t seed);
/* False: nobody will ever run again. */
bool scheduler_step(void);
uint64_t scheduler_steps(void);
uint64_t scheduler_hash(void); /* of all decisions so far */
int64_t sim_now_us(void);

void actor_add(struct actor *actor);
void actor_remove(struct actor *actor);

/* The one source of chance. */
uint64_t draw(void);
uint32_t draw_below(uint32_t n);          /* 0 when n is 0 */
bool draw_chance(uint32_t per_million);
int64_t draw_us(int64_t most_us);         /* mostly short, sometimes all of it */

/* Starts a process whose main runs on an executor of the group. */
void group_start(struct group *group, void (*main)(void *context), void *context);
void group_kill(struct group *group);
/* The group of the fiber that runs; NULL outside. */
struct group *group_current(void);

bool executor_is_named(const char *start);

/* Parks the fiber until ready says so, or until the time has come; true = ready. */
bool fiber_wait(bool (*ready)(void *context), void *context, int64_t until_us);
/* The same for those who may hold a mutex: the object log's own, which its callers wait for like this. */
bool fiber_wait_locked(bool (*ready)(void *context), void *context, int64_t until_us);
/* A broken invariant: prints and ends this run. */
_Noreturn void violation(const char *format, ...) __attribute__((format(printf, 1, 2)));
void trace(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
