/* SPDX-License-Identifier: Apache-2.0 */
/* `leat run`: one job for each file, signals, exit codes. The main thread runs a libuv loop; jobs end by a message. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include "engine/base/log.h"
#include "engine/cli/cli.h"
#include "engine/flow/job.h"

enum { PIPELINES_MAX = 64, CONNECT_TIMEOUT_US = 10 * 1000000 };

struct running {
    struct pipeline *pipeline;
    struct graph *graph;
    struct job *job;
    enum job_result result;
    uv_async_t ended;
};

static struct {
    uv_loop_t loop;
    struct running items[PIPELINES_MAX];
    uint32_t count, alive;
    bool stopping;
    uv_signal_t terminate, interrupt;
} run;

static void job_ended(void *context, enum job_result result) {
    struct running *running = context;
    running->result = result;
    uv_async_send(&running->ended);
}

static void ended_seen(uv_async_t *async) {
    uv_close((uv_handle_t *)async, NULL);
    if (--run.alive == 0) {
        uv_close((uv_handle_t *)&run.terminate, NULL);
        uv_close((uv_handle_t *)&run.interrupt, NULL);
    }
}

/* The first signal drains; the second leaves at once: nothing uncommitted was promised. */
static void signal_seen(uv_signal_t *handle, int number) {
    (void)handle;
    if (run.stopping) {
        _exit(128 + number);
    }
    run.stopping = true;
    log_write(LOG_INFO, "stopping", "a signal asked to stop: committing what was read", NULL);
    for (uint32_t i = 0; i < run.count; i++) {
        job_stop(run.items[i].job, io_now_us() + run.items[i].pipeline->shutdown_timeout_us);
    }
}

static bool load(int argc, char **argv, struct arena *arena) {
    bool good = true;
    for (int i = 1; i < argc && run.count < PIPELINES_MAX; i++) {
        struct running *running = &run.items[run.count];
        running->pipeline = cli_pipeline(argv[i], arena);
        running->graph = running->pipeline ? cli_graph(running->pipeline, arena) : NULL;
        good &= running->graph != NULL;
        run.count++;
    }
    return good;
}

static void summary(const struct running *running, const struct job_status *status) {
    for (uint32_t i = 0; i < running->graph->sinks_count; i++) {
        const struct committer_counters *sink = status->sinks[i];
        if (sink) {
            log_write(LOG_INFO, "summary", "books of this run", "pipeline", running->pipeline->name, "sink",
                      running->graph->sinks[i].config->name, "in", log_number((long long)sink->in), "delivered",
                      log_number((long long)sink->delivered), "filtered", log_number((long long)sink->filtered),
                      "dead_letters", log_number((long long)sink->dead_letter), "commits",
                      log_number((long long)sink->commits), NULL);
        }
    }
}

static int exit_code(struct running *running) {
    struct job_status status;
    job_status(running->job, &status);
    summary(running, &status);
    if (running->result == JOB_FAILED) {
        return EXIT_FAILED;
    }
    if (running->result == JOB_UNREACHABLE) {
        return EXIT_UNREACHABLE;
    }
    for (uint32_t i = 0; i < running->graph->sinks_count; i++) {
        if (status.sinks[i] && status.sinks[i]->dead_letter > 0) {
            return EXIT_DEAD_LETTERS;
        }
    }
    return EXIT_DONE;
}

static int run_command(int argc, char **argv) {
    if (argc < 2) {
        return cli_usage_error(command_find("run"), "which pipeline file?");
    }
    struct arena *arena = arena_new(NULL, POOL_READ);
    if (!load(argc, argv, arena)) {
        return EXIT_USAGE;
    }
    signal(SIGPIPE, SIG_IGN);
    uv_loop_init(&run.loop);
    uv_signal_init(&run.loop, &run.terminate);
    uv_signal_init(&run.loop, &run.interrupt);
    uv_signal_start(&run.terminate, signal_seen, SIGTERM);
    uv_signal_start(&run.interrupt, signal_seen, SIGINT);
    for (uint32_t i = 0; i < run.count; i++) {
        struct running *running = &run.items[i];
        uv_async_init(&run.loop, &running->ended, ended_seen);
        running->ended.data = running;
        run.alive++;
        struct job_setup setup = {.graph = running->graph,
                                  .connect_timeout_us = CONNECT_TIMEOUT_US,
                                  .ended = job_ended,
                                  .context = running};
        running->job = job_start(&setup);
    }
    uv_run(&run.loop, UV_RUN_DEFAULT);
    int code = EXIT_DONE;
    for (uint32_t i = 0; i < run.count; i++) {
        struct running *running = &run.items[i];
        int one = exit_code(running);
        code = code == EXIT_DONE || one == EXIT_FAILED ? one : code;
        job_free(running->job);
        graph_free(running->graph);
        pipeline_free(running->pipeline);
    }
    uv_loop_close(&run.loop);
    arena_free(arena);
    return code;
}

const struct command command_run = {
    .name = "run",
    .summary = "Run pipelines until their sources end or a signal comes",
    .usage = "run FILE...",
    .example = "leat run pipelines/flights/pipeline.yaml",
    .run = run_command,
};
