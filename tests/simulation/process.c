/* SPDX-License-Identifier: Apache-2.0 */
/* The main of a simulated process, on a fiber of its own. The options of the pipeline are those of the world that the
 * seed drew; its statements, encoders, ledger and job are the engine's. */
#include "tests/simulation/process.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/config/pipeline.h"
#include "tests/simulation/server.h"
#include "tests/simulation/store.h"

extern const struct connector postgres_connector, object_connector;
static const struct connector feed_connector = {.kind = "feed", .sentence = "for tests", .source = &feed_source};
const struct connector *const connectors[] = {&feed_connector, &postgres_connector, &object_connector, NULL};

struct process_shape process_shape;
static struct process *processes[ALL_PROCESSES_MAX];
static uint32_t count;

static const char *pipeline_text(struct arena *arena) {
    const char *sinks = "", *commit = "";
    const struct process_shape *shape = &process_shape;
    if (shape->commit_rows || shape->every_us) {
        commit = arena_printf(arena, "    commit: {rows: %u%s}\n", shape->commit_rows ? shape->commit_rows : 1000,
                              shape->every_us ? ", every: 300ms" : "");
    }
    for (uint32_t i = 0; i < shape->sinks; i++) {
        if (shape->files >> i & 1) {
            sinks = arena_printf(arena,
                                 "%s  - name: s%u\n    file: {path: /sim/%u, compression: none, "
                                 "roll: {every: 2s, idle: 300ms}}\n    dead_letter_limit: none\n%s",
                                 sinks, i, i, commit);
            continue;
        }
        sinks = arena_printf(arena,
                             "%s  - name: s%u\n    postgres: {url: \"sim:%u\", table: t%u, ledger_schema: public}\n"
                             "    dead_letter_limit: none\n%s",
                             sinks, i, shape->servers > 1 ? i : 0, i, commit);
    }
    return arena_printf(arena,
                        "pipeline: test\nsource:\n  feed: {}\n  format: json\n  columns: k text, f int\n"
                        "transforms:\n  - sql: select k from input where f = 0\nsinks:\n%slimits: {workers: 2}\n",
                        sinks);
}

static struct pipeline *load(struct arena *arena) {
    static const struct option no_rows[] = {{0}};
    static const struct option_table no_options = {.rows = no_rows, .size = 1};
    static struct connector_options registry[] = { /* the pipeline points into it */
        {.kind = "feed", .sentence = "for tests", .source = &no_options},
        {.kind = "postgres", .sentence = "real"},
        {.kind = "file", .sentence = "real"},
        {0},
    };
    registry[1].sink = postgres_connector.sink_options;
    registry[2].sink = object_connector.sink_options;
    struct config_errors errors;
    config_errors_init(&errors, arena);
    struct pipeline_input input = {
        .path = "test.yaml", .text = slice_of(pipeline_text(arena)), .registry = registry};
    struct pipeline *pipeline;
    if (pipeline_load(&input, arena, &pipeline, &errors) != STATUS_OK) {
        violation("%s", errors.items[0].message);
    }
    pipeline->lease_us = process_shape.lease_us;
    pipeline->stall_timeout_us = 0;
    if (process_shape.memory_bytes) {
        pipeline->limits.memory_bytes = process_shape.memory_bytes;
    }
    return pipeline;
}

static void job_ended(void *context, enum job_result result) {
    struct process *process = context;
    process->ended = true;
    process->result = result;
    bool is_complete = servers_are_complete() && stores_are_complete();
    if (result == JOB_DONE && !process->stopping && !servers_failed_over() && !is_complete) {
        violation("process %u says that all is done, and it is not", process->group.number);
    }
}

static bool is_ended(void *context) {
    return ((struct process *)context)->ended;
}

static void process_check(const struct process *process, struct job *job) {
    struct job_status status;
    job_status(job, &status);
    for (uint32_t i = 0; i < process_shape.sinks && status.sinks[i]; i++) {
        if (process_shape.files >> i & 1) {
            continue;
        }
        uint64_t believed = status.sinks[i]->in, true_count = servers_committed(i, process->group.number);
        if (believed > true_count) {
            violation("s%u: process %u believes in %llu committed records, but there were %llu", i,
                      process->group.number, (unsigned long long)believed, (unsigned long long)true_count);
        }
    }
}

/* A fail-over that loses a process's second claim of a part shows it its own name with the older epoch: it takes that
 * for a hand in the ledger and stops by name, which is safe; whoever starts it again finds the part free. */
static bool is_taken_for_edited(struct job *job) {
    struct job_status status;
    job_status(job, &status);
    return servers_failed_over() && strstr(status.problem, "was changed by hand");
}

static void process_main(void *context) {
    enum { CONNECT_US = 60000000 };
    struct process *process = context;
    struct arena *arena = arena_new(NULL, POOL_READ);
    struct pipeline *pipeline = load(arena);
    struct config_errors errors;
    config_errors_init(&errors, arena);
    struct graph *graph;
    if (graph_new(pipeline, &graph, &errors) != STATUS_OK) {
        violation("%s", errors.items[0].message);
    }
    struct job_setup setup = {
        .graph = graph, .connect_timeout_us = CONNECT_US, .ended = job_ended, .context = process};
    process->job = job_start(&setup);
    fiber_wait(is_ended, process, INT64_MAX);
    struct job *job = process->job;
    process->job = NULL;
    process_check(process, job);
    bool excused = process->stopping || is_taken_for_edited(job);
    job_free(job);
    graph_free(graph); /* asserts that the whole budget was given back */
    pipeline_free(pipeline);
    arena_free(arena);
    process->group.over = true;
    trace("process %u ends with %d", process->group.number, process->result);
    if (process->result == JOB_FAILED && !excused) {
        violation("process %u failed", process->group.number);
    }
}

void processes_check(void) {
    for (uint32_t i = 0; i < count; i++) {
        if (processes[i]->job && !processes[i]->group.killed) {
            process_check(processes[i], processes[i]->job);
        }
    }
}

void processes_trace(void) {
    for (uint32_t i = 0; i < count; i++) {
        if (processes[i]->job && !processes[i]->group.killed) {
            struct job_status status;
            job_status(processes[i]->job, &status);
            trace("process %u: %u parts held, %u reading, %s%s", i, status.parts_held, status.parts_reading,
                  status.stopping ? "stopping, " : "", status.problem);
            for (uint32_t j = 0; j < process_shape.sinks && status.sinks[j]; j++) {
                const struct committer_counters *counters = status.sinks[j];
                trace("  s%u: %llu in, %llu commits, %llu retries, %llu unknown, %llu fenced, %llu moved", j,
                      (unsigned long long)counters->in, (unsigned long long)counters->commits,
                      (unsigned long long)counters->retries, (unsigned long long)counters->unknown,
                      (unsigned long long)counters->fenced, (unsigned long long)counters->moved);
            }
        }
    }
}

void processes_reset(void) {
    count = 0;
}

void process_start(void) {
    assert(count < ALL_PROCESSES_MAX);
    struct process *process = calloc(1, sizeof *process);
    assert(process);
    process->group.number = count;
    processes[count++] = process;
    trace("process %u starts", process->group.number);
    group_start(&process->group, process_main, process);
}

uint32_t processes_started(void) {
    return count;
}

static bool is_alive(const struct process *process) {
    return !process->group.killed && !process->group.over;
}

uint32_t processes_alive(void) {
    uint32_t alive = 0;
    for (uint32_t i = 0; i < count; i++) {
        alive += is_alive(processes[i]);
    }
    return alive;
}

bool process_is_gone(uint32_t number) {
    return number < count && !is_alive(processes[number]);
}

struct process *process_any(void) {
    uint32_t alive = processes_alive(), chosen = draw_below(alive);
    for (uint32_t i = 0; i < count && alive; i++) {
        if (is_alive(processes[i]) && chosen-- == 0) {
            return processes[i];
        }
    }
    return NULL;
}

void process_stop(struct process *process, int64_t deadline_us) {
    if (process->job) {
        process->stopping = true;
        job_stop(process->job, deadline_us);
    }
}

void process_kill(struct process *process) {
    group_kill(&process->group);
    server_process_died(&process->group);
}
