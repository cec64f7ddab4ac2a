/* SPDX-License-Identifier: Apache-2.0 */
/* `leat run`: one job for each file, one admin server for all, signals, exit codes. The main thread runs a libuv loop;
 * jobs end by a message. The first signal drains within shutdown_timeout; the second leaves at once, which is safe:
 * nothing uncommitted was promised. */
#include "engine/cli/run.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/base/io.h"

enum { CONNECT_TIMEOUT_US = 10 * 1000000, FORCE_GRACE_MS = 500 };

static struct run run;

/* --- generations -------------------------------------------------------------------------------------------------- */

static void generation_empty(struct generation *generation) {
    job_free(generation->job);
    graph_free(generation->graph);
    pipeline_free(generation->pipeline);
    arena_free(generation->arena);
}

static void generation_free(struct generation *generation) {
    generation_empty(generation);
    free(generation);
}

struct generation *generation_load(const char *path) {
    struct generation *generation = calloc(1, sizeof *generation);
    if (!generation) {
        abort();
    }
    generation->arena = arena_new(NULL, POOL_READ);
    generation->pipeline = cli_pipeline(path, generation->arena);
    generation->graph = generation->pipeline ? cli_graph(generation->pipeline, generation->arena) : NULL;
    if (!generation->graph) {
        generation_free(generation);
        return NULL;
    }
    return generation;
}

static void freeing_run(uv_work_t *work) {
    generation_empty(work->data);
}

static void freeing_done(uv_work_t *work, int status) {
    (void)status;
    free(work->data);
}

void generation_retire(struct run *of, struct generation *generation) {
    if (generation) {
        generation->freeing.data = generation;
        uv_queue_work(&of->loop, &generation->freeing, freeing_run, freeing_done);
    }
}

/* --- the end ------------------------------------------------------------------------------------------------------ */

static int exit_code_of(const struct running *running) {
    if (running->result == JOB_FAILED) {
        return EXIT_FAILED;
    }
    if (running->result == JOB_UNREACHABLE) {
        return EXIT_UNREACHABLE;
    }
    struct sink_sample sinks[SINKS_MAX];
    uint32_t count = watched_sinks(running->watched, sinks);
    for (uint32_t i = 0; i < count; i++) {
        if (sinks[i].figures[SINK_DEAD_LETTER] > 0) {
            return EXIT_DEAD_LETTERS;
        }
    }
    return EXIT_DONE;
}

/* The worst of all: failed, unreachable, dead letters, done. */
static int exit_code(void) {
    static const int order[] = {EXIT_FAILED, EXIT_UNREACHABLE, EXIT_DEAD_LETTERS};
    for (size_t rank = 0; rank < sizeof order / sizeof *order; rank++) {
        for (uint32_t i = 0; i < run.count; i++) {
            if (exit_code_of(&run.items[i]) == order[rank]) {
                return order[rank];
            }
        }
    }
    return EXIT_DONE;
}

static void summaries_print(void) {
    for (uint32_t i = 0; i < run.count; i++) {
        summary_print(&run, &run.items[i]);
    }
}

/* What hangs is not waited for: nothing uncommitted was promised. */
static void leave_without_cleaning(int code) {
    summaries_print();
    fflush(NULL);
    _exit(code);
}

static void all_over(void) {
    progress_close(run.progress);
    run.progress = NULL;
    uv_timer_stop(&run.patience);
    if (run.stopping && io_now_us() >= run.stop_deadline_us) {
        leave_without_cleaning(exit_code());
    }
    for (uint32_t i = 0; i < run.servers_count; i++) {
        http_server_close(run.servers[i]);
    }
    uv_unref((uv_handle_t *)&run.terminate); /* caught to the very end: a late one must not change the exit code */
    uv_unref((uv_handle_t *)&run.interrupt);
    uv_unref((uv_handle_t *)&run.hang_up);
}

static void running_over(struct running *running) {
    running->over = true;
    generation_retire(&run, running->next);
    running->next = NULL;
    uv_close((uv_handle_t *)&running->ended, NULL);
    if (--run.alive == 0) {
        all_over();
    }
}

/* On the coordinator's thread. */
static void job_ended(void *context, enum job_result result) {
    struct running *running = context;
    running->result = result;
    uv_async_send(&running->ended);
}

static void ended_seen(uv_async_t *async) {
    struct running *running = async->data;
    struct generation *before = running->now;
    bool goes_on = running->next && !run.stopping;
    watched_end(running->watched, goes_on ? JOB_RUNNING : running->result);
    running->now = NULL;
    if (goes_on) {
        running->now = running->next;
        running->next = NULL;
        running_start(&run, running);
        log_write(LOG_INFO, "reloaded", "the pipeline goes on as the file says now", "pipeline",
                  running->now->pipeline->name, NULL);
    }
    generation_retire(&run, before);
    if (!goes_on) {
        running_over(running);
    }
}

void running_start(struct run *of, struct running *running) {
    struct generation *now = running->now;
    struct job_setup setup = {
        .graph = now->graph,
        .connect_timeout_us = running->connect_timeout_us,
        .weighs = of->progress != NULL,
        .ended = job_ended,
        .context = running,
    };
    running->result = JOB_RUNNING;
    now->job = job_start(&setup);
    watched_begin(running->watched, now->graph, now->job);
}

/* --- signals ------------------------------------------------------------------------------------------------------ */

static void leave(int number) {
    _exit(128 + number);
}

/* Not by the loop, which may be busy waiting for a connection that hangs. */
static void second_signal_leaves(void) {
    struct sigaction action = {.sa_handler = leave};
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
}

/* A job that is blocked in a call to its server cannot end itself in time. */
static void patience_over(uv_timer_t *timer) {
    (void)timer;
    log_write(LOG_WARN, "drain-timed-out",
              "a sink or ledger does not answer; what was not committed is read again at the next run", NULL);
    progress_close(run.progress);
    leave_without_cleaning(EXIT_FAILED);
}

static void signal_seen(uv_signal_t *handle, int number) {
    (void)handle;
    if (run.stopping) {
        _exit(128 + number); /* both came before the first was seen */
    }
    run.stopping = true;
    uv_signal_stop(&run.terminate);
    uv_signal_stop(&run.interrupt);
    second_signal_leaves();
    log_write(LOG_INFO, "stopping", "a signal asked to stop: committing what was read", NULL);
    for (uint32_t i = 0; i < run.count; i++) {
        struct running *running = &run.items[i];
        if (running->now) {
            int64_t deadline = io_now_us() + running->now->pipeline->shutdown_timeout_us;
            run.stop_deadline_us = deadline > run.stop_deadline_us ? deadline : run.stop_deadline_us;
            job_stop(running->now->job, deadline);
        }
    }
    int64_t left_ms = (run.stop_deadline_us - io_now_us()) / 1000;
    uv_timer_start(&run.patience, patience_over, (uint64_t)(left_ms > 0 ? left_ms : 0) + FORCE_GRACE_MS, 0);
}

static void hang_up_seen(uv_signal_t *handle, int number) {
    (void)handle;
    (void)number;
    if (!run.stopping) {
        run_reload(&run);
    }
}

static void signals_watch(void) {
    signal(SIGPIPE, SIG_IGN);
    uv_signal_init(&run.loop, &run.terminate);
    uv_signal_init(&run.loop, &run.interrupt);
    uv_signal_init(&run.loop, &run.hang_up);
    uv_timer_init(&run.loop, &run.patience);
    uv_signal_start(&run.terminate, signal_seen, SIGTERM);
    uv_signal_start(&run.interrupt, signal_seen, SIGINT);
    uv_signal_start(&run.hang_up, hang_up_seen, SIGHUP);
}

/* --- the beginning ------------------------------------------------------------------------------------------------ */

static bool load(int argc, char **argv) {
    bool good = true;
    run.bounded = true;
    for (int i = 1; i < argc; i++) {
        struct running *running = &run.items[run.count];
        running->path = argv[i];
        running->now = generation_load(argv[i]);
        good &= running->now != NULL;
        run.bounded &= running->now && running->now->graph->source_caps.bounded;
        run.count += running->now != NULL;
    }
    return good;
}

static bool names_differ(void) {
    for (uint32_t i = 0; i < run.count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            const struct pipeline *one = run.items[i].now->pipeline, *other = run.items[j].now->pipeline;
            if (strcmp(one->name, other->name) == 0) {
                fprintf(stderr, "leat: %s and %s are both named %s: a name belongs to one pipeline\n",
                        run.items[j].path, run.items[i].path, one->name);
                return false;
            }
        }
    }
    return true;
}

/* One server for each address; every one shows all pipelines. */
static bool listen_at(const char *address) {
    struct http_server_setup setup = {.loop = &run.loop, .handle = admin_handle, .context = run.monitor};
    struct error error;
    if (run.servers_count == LISTENERS_MAX ||
        http_server_new(&setup, address, &run.servers[run.servers_count], &error) != STATUS_OK) {
        cli_error(&error);
        return false;
    }
    log_write(LOG_INFO, "http", "metrics, health and readiness are served", "listen",
              http_server_address(run.servers[run.servers_count++]), NULL);
    return true;
}

static bool listen_all(void) {
    for (uint32_t i = 0; i < run.count; i++) {
        const char *address = run.items[i].now->pipeline->http.listen;
        bool known = !address || (i >= LISTENERS_MAX);
        for (uint32_t j = 0; j < i && !known; j++) {
            const char *other = run.items[j].now->pipeline->http.listen;
            known = other && strcmp(other, address) == 0;
        }
        if (!known && !listen_at(address)) {
            return false;
        }
    }
    return true;
}

static void start_all(void) {
    run.progress = run.bounded && isatty(STDERR_FILENO) && log_enabled(LOG_INFO) && !log_is_json() ? progress_new(&run)
                                                                                                  : NULL;
    for (uint32_t i = 0; i < run.count; i++) {
        struct running *running = &run.items[i];
        running->watched = monitor_watch(run.monitor, running->now->pipeline->name);
        running->connect_timeout_us = CONNECT_TIMEOUT_US;
        uv_async_init(&run.loop, &running->ended, ended_seen);
        running->ended.data = running;
        run.alive++;
        running_start(&run, running);
    }
}

/* Nothing was started: frees in line. */
static int refuse(int code) {
    for (uint32_t i = 0; i < run.count; i++) {
        generation_free(run.items[i].now);
    }
    return code;
}

static int run_command(int argc, char **argv) {
    if (argc < 2 || argc > PIPELINES_MAX + 1) {
        return cli_usage_error(command_find("run"), argc < 2 ? "which pipeline file?" : "at most %d files",
                               PIPELINES_MAX);
    }
    run.started_us = io_now_us();
    uv_loop_init(&run.loop);
    signals_watch();
    if (!load(argc, argv) || !names_differ()) {
        return refuse(EXIT_USAGE);
    }
    run.monitor = monitor_new();
    if (!listen_all()) {
        return refuse(EXIT_FAILED);
    }
    start_all();
    uv_run(&run.loop, UV_RUN_DEFAULT);
    summaries_print();
    int code = exit_code();
    monitor_free(run.monitor);
    return code;
}

const struct command command_run = {
    .name = "run",
    .summary = "Run pipelines until their sources end or a signal comes",
    .usage = "run FILE...",
    .details = "SIGTERM and SIGINT commit what was read and leave; a second one leaves at once, safely.\n"
               "SIGHUP reads the files again and goes on as they say now; what is not valid or would\n"
               "change the meaning of positions is refused and logged, and the old goes on.",
    .example = "leat run pipelines/flights/pipeline.yaml --http 8686",
    .run = run_command,
};
