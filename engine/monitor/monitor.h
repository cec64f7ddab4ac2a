/* SPDX-License-Identifier: Apache-2.0 */
/* What people and Prometheus see of the pipelines of this process. It reads counters and changes nothing. A watched
 * pipeline outlives its jobs: what a job counted is kept when the next one takes over (reload), so that no counter of
 * the process ever goes back. Main thread; it asks committers and waits for their answer, which takes microseconds. */
#ifndef LEAT_MONITOR_MONITOR_H
#define LEAT_MONITOR_MONITOR_H

#include "engine/base/buffer.h"
#include "engine/flow/job.h"
#include "engine/net/http_server.h"

enum { NAME_ROOM = 64 };

/* Counters of one sink; each a row of a table in metrics.c. */
enum sink_figure {
    SINK_DELIVERED,
    SINK_FILTERED,
    SINK_DEAD_LETTER,
    SINK_ROWS,
    SINK_BYTES,
    SINK_COMMITS,
    SINK_COMMIT_US,
    SINK_CLOSED_ROWS,
    SINK_CLOSED_BYTES,
    SINK_CLOSED_READY,
    SINK_CLOSED_AGE,
    SINK_CLOSED_IDLE,
    SINK_CLOSED_DRAIN,
    SINK_CLOSED_MEMORY,
    SINK_UNKNOWN_COMMITTED,
    SINK_UNKNOWN_NOT,
    SINK_FENCED,
    SINK_MOVED,
    SINK_REJECTED_ROWS,
    SINK_FIGURES
};

enum pipeline_figure {
    PIPELINE_SOURCE_BYTES,
    PIPELINE_SEGMENTS,
    PIPELINE_GAPS,
    PIPELINE_SOURCE_ERRORS,
    PIPELINE_PAUSED_US,
    PIPELINE_RECORDS,
    PIPELINE_DECODED_BYTES,
    PIPELINE_DECODE_NS,
    PIPELINE_COMMON_NS,
    PIPELINE_SINK_NS,
    PIPELINE_ENCODE_NS,
    PIPELINE_FIGURES
};

struct retry_sample {
    char code[ERROR_CODE_MAX];
    uint64_t count;
};

struct sink_sample {
    char name[NAME_ROOM];
    uint64_t figures[SINK_FIGURES];
    uint64_t in;              /* = delivered + filtered + dead_letter + in_flight, always; never goes back */
    uint64_t in_flight;
    int64_t last_commit_us;   /* monotonic; 0 = none yet */
    bool connected;
    struct retry_sample retries[RETRY_CODES_MAX];
    uint32_t retries_count;
};

struct watched; /* one pipeline */
struct monitor;

struct monitor *monitor_new(void);
void monitor_free(struct monitor *monitor); /* takes NULL */
struct watched *monitor_watch(struct monitor *monitor, const char *pipeline);
const char *watched_name(const struct watched *watched);

/* A job begins; both are borrowed until watched_end. */
void watched_begin(struct watched *watched, const struct graph *graph, struct job *job);
/* It has ended and will be freed: its figures are kept. result: how the pipeline ended; RUNNING = another job
 * follows. */
void watched_end(struct watched *watched, enum job_result result);
/* SIGHUP: taken, or refused with a reason. */
void watched_reloaded(struct watched *watched, bool taken);

/* The sinks of the present or last job, whole process; count of what was written. */
uint32_t watched_sinks(struct watched *watched, struct sink_sample ret[SINKS_MAX]);
void watched_figures(struct watched *watched, uint64_t ret[PIPELINE_FIGURES]);

/* Prometheus text format 0.0.4. */
void metrics_print(struct monitor *monitor, struct buffer *out);
/* {"ready":..., "pipelines":[...]}; returns whether all are ready. */
bool readiness_print(struct monitor *monitor, struct buffer *out);
/* Answers /metrics, /healthz, /readyz and /version: the `handle` of an http_server whose context is the monitor. */
void admin_handle(void *context, struct http_exchange *exchange, const struct http_request *request);

#endif
