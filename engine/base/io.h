/* SPDX-License-Identifier: Apache-2.0 */
/* Time, chance, threads and crash points of the core stand behind this one interface, so that the whole flow can
 * run single-threaded under a seeded scheduler. Nothing in engine/flow or in a connector's protocol code asks the
 * system for them by another way (tests/tidy proves it).
 *
 * An executor runs posted tasks one after the other: a thread in production, a queue of the scheduler in a
 * simulation. Two kinds: loops (coordinator, committers) whose tasks never block, and lanes (a sink's connection, a
 * ledger's connection, a reader) whose tasks may block until their deadline. */
#ifndef LEAT_BASE_IO_H
#define LEAT_BASE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct executor;

/* Borrowed by the executor from post until run is called; run may free or repost it. */
struct task {
    struct task *next;
    void (*run)(struct task *task);
};

/* Owned by its user, one executor's; at_us INT64_MAX = off. run is called once, on the executor. */
struct timer {
    struct timer *next;
    int64_t at_us;
    void (*run)(struct timer *timer);
};

struct io_ops {
    int64_t (*now_us)(void);                            /* monotonic: deadlines, leases */
    int64_t (*wall_us)(void);                           /* Unix epoch: people, now() */
    void (*random)(void *ret_bytes, size_t len);        /* nonces, jitter */
    struct executor *(*executor_new)(const char *name); /* starts it; name <= 15 bytes */
    void (*executor_free)(struct executor *executor);   /* runs what is queued, then joins; timers are off */
    void (*post)(struct executor *executor, struct task *task);
    void (*timer_set)(struct executor *executor, struct timer *timer, int64_t at_us);
    bool (*failpoint)(const char *name);                /* true = fail this I/O; may not return */
};

/* The implementation in use; the real one until a simulation sets its own before anything else runs. */
extern const struct io_ops *io;
extern const struct io_ops io_real;

static inline int64_t io_now_us(void) {
    return io->now_us();
}
static inline int64_t io_wall_us(void) {
    return io->wall_us();
}
static inline void io_random(void *ret_bytes, size_t len) {
    io->random(ret_bytes, len);
}

/* Names an I/O of a protocol: called before (`pg.copy.before`) and after (`pg.copy.after`) it. True: behave as if the
 * I/O had failed. LEAT_FAILPOINT=name=N*off->kill|stop|fail in the environment arms one: passes N times, then kills or
 * stops the process, or fails once. */
static inline bool io_failpoint(const char *name) {
    return io->failpoint(name);
}


#endif
