/* SPDX-License-Identifier: Apache-2.0 */
/* Ten ticks make a time-out; a tick that comes late counts once, whatever the clock says. The ticks are counted by the
 * pool, under its lock. */
#include "engine/flow/watcher.h"

#include <stdlib.h>

#include "engine/base/log.h"

enum { TICKS = 10 };

struct watcher {
    struct task task;
    struct timer timer;
    struct executor *executor;
    struct workers *workers;
    int64_t interval_us;
};

static void tick(struct watcher *watcher) {
    char where[PART_NAME_MAX + 1];
    if (workers_tick(watcher->workers, TICKS, where, sizeof where)) {
        log_write(LOG_ERROR, "worker-stalled",
                  "a worker did not come back from a segment within stall_timeout; aborting",
                  "part", where, NULL);
        abort();
    }
    io->timer_set(watcher->executor, &watcher->timer, io_now_us() + watcher->interval_us);
}

static void tick_task(struct task *task) {
    tick((struct watcher *)task);
}

static void tick_timer(struct timer *timer) {
    tick((struct watcher *)(void *)((char *)timer - offsetof(struct watcher, timer)));
}

struct watcher *watcher_start(struct workers *workers, int64_t stall_timeout_us) {
    if (stall_timeout_us <= 0) {
        return NULL;
    }
    struct watcher *watcher = calloc(1, sizeof *watcher);
    if (!watcher) {
        abort();
    }
    watcher->workers = workers;
    watcher->interval_us = stall_timeout_us / TICKS;
    watcher->task.run = tick_task;
    watcher->timer = (struct timer){.at_us = INT64_MAX, .run = tick_timer};
    watcher->executor = io->executor_new("watcher");
    io->post(watcher->executor, &watcher->task);
    return watcher;
}

void watcher_stop(struct watcher *watcher) {
    if (watcher) {
        io->executor_free(watcher->executor);
        free(watcher);
    }
}
