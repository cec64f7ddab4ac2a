/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of `leat run`: the pipelines of the process and what they run as: a file is read as a generation, and a reload
 * replaces one generation by the next. Main thread alone, on its loop. */
#ifndef LEAT_CLI_RUN_H
#define LEAT_CLI_RUN_H

#include <uv.h>

#include "engine/cli/cli.h"
#include "engine/monitor/monitor.h"

enum { PIPELINES_MAX = 64, LISTENERS_MAX = 8 };

/* A file as it was read at one time, and the job that runs it. */
struct generation {
    struct arena *arena;
    struct pipeline *pipeline;
    struct graph *graph;
    struct job *job; /* NULL = not started */
    uv_work_t freeing;
};

struct running {
    const char *path;
    struct generation *now;
    struct generation *next; /* read, valid, waits until `now` has let go; NULL = none */
    struct watched *watched;
    enum job_result result;
    bool over;
    int64_t connect_timeout_us;
    uv_async_t ended;
};

struct run {
    uv_loop_t loop;
    struct running items[PIPELINES_MAX];
    uint32_t count, alive;
    struct monitor *monitor;
    struct http_server *servers[LISTENERS_MAX];
    uint32_t servers_count;
    struct progress *progress;
    bool stopping, bounded;
    int64_t started_us, stop_deadline_us;
    uv_signal_t terminate, interrupt, hang_up;
    uv_timer_t patience; /* with a drain */
};

/* Reads and binds a file; prints what is wrong. NULL = it is not valid. */
struct generation *generation_load(const char *path);
/* Frees it with its job, off the loop: a connection that hangs may keep it for a while. Takes NULL. */
void generation_retire(struct run *run, struct generation *generation);
/* Starts running->now. */
void running_start(struct run *run, struct running *running);
/* SIGHUP: reads all files again and replaces what may be replaced. */
void run_reload(struct run *run);

/* The line that moves on a terminal while all pipelines have an end. */
struct progress *progress_new(struct run *run);
void progress_close(struct progress *progress); /* takes NULL; its timer is closed on the loop, then it is freed */
/* One line for each sink: what became of the records. */
void summary_print(const struct run *run, const struct running *running);

#endif
