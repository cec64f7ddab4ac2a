/* SPDX-License-Identifier: Apache-2.0 */
/* Sampling. What a sink has in flight is what its committer holds; records that it had to drop (a part that was fenced
 * or read again) stay in flight here until as many have come in again, so that `in` never goes back and the books
 * balance at every look. */
#include "engine/monitor/watched.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

struct monitor *monitor_new(void) {
    struct monitor *monitor = calloc(1, sizeof *monitor);
    if (!monitor) {
        abort();
    }
    return monitor;
}

void monitor_free(struct monitor *monitor) {
    while (monitor && monitor->first) {
        struct watched *next = monitor->first->next;
        free(monitor->first);
        monitor->first = next;
    }
    free(monitor);
}

struct watched *monitor_watch(struct monitor *monitor, const char *pipeline) {
    struct watched *watched = calloc(1, sizeof *watched), **link = &monitor->first;
    if (!watched) {
        abort();
    }
    snprintf(watched->name, sizeof watched->name, "%s", pipeline);
    while (*link) {
        link = &(*link)->next;
    }
    *link = watched;
    return watched;
}

const char *watched_name(const struct watched *watched) {
    return watched->name;
}

/* --- figures ------------------------------------------------------------------------------------------------------ */

static struct sink_sample *sink_kept(struct watched *watched, const char *name) {
    for (uint32_t i = 0; i < watched->sinks_count; i++) {
        if (strcmp(watched->sinks[i].name, name) == 0) {
            return &watched->sinks[i];
        }
    }
    if (watched->sinks_count == WATCHED_SINKS_MAX) { /* renamed again and again: the oldest is forgotten */
        memmove(&watched->sinks[0], &watched->sinks[1], sizeof watched->sinks - sizeof watched->sinks[0]);
        watched->sinks_count--;
    }
    struct sink_sample *kept = &watched->sinks[watched->sinks_count++];
    *kept = (struct sink_sample){0};
    snprintf(kept->name, sizeof kept->name, "%s", name);
    return kept;
}

static void counters_read(const struct committer_counters *counters, uint64_t ret[SINK_FIGURES]) {
    ret[SINK_ROWS] = counters->rows;
    ret[SINK_BYTES] = counters->bytes;
    ret[SINK_COMMITS] = counters->commits;
    ret[SINK_COMMIT_US] = counters->commit_us;
    ret[SINK_CLOSED_ROWS] = counters->closed_rows;
    ret[SINK_CLOSED_BYTES] = counters->closed_bytes;
    ret[SINK_CLOSED_READY] = counters->closed_ready;
    ret[SINK_CLOSED_AGE] = counters->closed_age;
    ret[SINK_CLOSED_IDLE] = counters->closed_idle;
    ret[SINK_CLOSED_DRAIN] = counters->closed_drain;
    ret[SINK_CLOSED_MEMORY] = counters->closed_memory;
    ret[SINK_UNKNOWN_COMMITTED] = counters->unknown_committed;
    ret[SINK_UNKNOWN_NOT] = counters->unknown_not;
    ret[SINK_FENCED] = counters->fenced;
    ret[SINK_MOVED] = counters->moved;
    ret[SINK_REJECTED_ROWS] = counters->rejected_rows;
}

/* Codes beyond the last place were counted as "other" there, and are added to the last place here. */
static void retries_add(struct sink_sample *sample, const struct committer_counters *counters) {
    uint32_t count = atomic_load(&counters->retry_codes_count);
    for (uint32_t i = 0; i < count; i++) {
        const struct retry_counter *from = &counters->retry_codes[i];
        uint32_t at = 0;
        while (at < sample->retries_count && strcmp(sample->retries[at].code, from->code) != 0) {
            at++;
        }
        if (at == RETRY_CODES_MAX) {
            at--;
        } else if (at == sample->retries_count) {
            sample->retries_count++;
            snprintf(sample->retries[at].code, sizeof sample->retries[at].code, "%s", from->code);
        }
        sample->retries[at].count += from->count;
    }
}

/* Adds what the present job counted; held: what its committer has in hand. */
static void job_sample(struct watched *watched, uint32_t sink, struct sink_sample *sample, uint64_t *ret_held) {
    const struct committer_counters *counters = watched->status.sinks[sink];
    struct committer_books books;
    *ret_held = 0;
    if (!counters || !job_books(watched->job, sink, &books)) {
        return;
    }
    uint64_t now[SINK_FIGURES] = {0};
    counters_read(counters, now);
    now[SINK_DELIVERED] = books.settled.delivered;
    now[SINK_FILTERED] = books.settled.filtered;
    now[SINK_DEAD_LETTER] = books.settled.dead_letter;
    for (uint32_t i = 0; i < SINK_FIGURES; i++) {
        sample->figures[i] += now[i];
    }
    retries_add(sample, counters);
    *ret_held = books.held;
    sample->connected = counters->ready;
    sample->last_commit_us = counters->last_commit_us ? counters->last_commit_us : sample->last_commit_us;
}

static void books_balance(struct sink_sample *kept, struct sink_sample *sample, uint64_t held) {
    uint64_t settled =
        sample->figures[SINK_DELIVERED] + sample->figures[SINK_FILTERED] + sample->figures[SINK_DEAD_LETTER];
    uint64_t in = settled + held;
    sample->in = kept->in = in > kept->in ? in : kept->in;
    sample->in_flight = sample->in - settled;
}

static void look(struct watched *watched) {
    if (watched->job) {
        job_status(watched->job, &watched->status);
    }
}

uint32_t watched_sinks(struct watched *watched, struct sink_sample ret[SINKS_MAX]) {
    look(watched);
    if (!watched->graph) {
        uint32_t count = watched->sinks_count < SINKS_MAX ? watched->sinks_count : SINKS_MAX;
        memcpy(ret, watched->sinks, count * sizeof *ret);
        return count;
    }
    for (uint32_t i = 0; i < watched->graph->sinks_count; i++) {
        struct sink_sample *kept = sink_kept(watched, watched->graph->sinks[i].config->name);
        uint64_t held;
        ret[i] = *kept;
        job_sample(watched, i, &ret[i], &held);
        books_balance(kept, &ret[i], held);
    }
    return watched->graph->sinks_count;
}

void watched_figures(struct watched *watched, uint64_t ret[PIPELINE_FIGURES]) {
    look(watched);
    memcpy(ret, watched->figures, sizeof watched->figures);
    const struct reading_counters *reading = watched->job ? watched->status.reading : NULL;
    const struct stage_costs *costs = watched->job ? watched->status.costs : NULL;
    if (reading) {
        ret[PIPELINE_SOURCE_BYTES] += reading->bytes;
        ret[PIPELINE_SEGMENTS] += reading->segments;
        ret[PIPELINE_GAPS] += reading->gaps;
        ret[PIPELINE_SOURCE_ERRORS] += reading->errors;
        ret[PIPELINE_PAUSED_US] += reading->paused_us;
    }
    if (costs) {
        ret[PIPELINE_RECORDS] += costs->records;
        ret[PIPELINE_DECODED_BYTES] += costs->decoded_bytes;
        ret[PIPELINE_DECODE_NS] += costs->decode_ns;
        ret[PIPELINE_COMMON_NS] += costs->common_ns;
        ret[PIPELINE_SINK_NS] += costs->sink_ns;
        ret[PIPELINE_ENCODE_NS] += costs->encode_ns;
    }
}

/* --- jobs --------------------------------------------------------------------------------------------------------- */

void watched_begin(struct watched *watched, const struct graph *graph, struct job *job) {
    assert(!watched->job);
    watched->graph = graph;
    watched->job = job;
    watched->result = JOB_RUNNING;
}

void watched_end(struct watched *watched, enum job_result result) {
    struct sink_sample samples[SINKS_MAX];
    uint32_t count = watched_sinks(watched, samples);
    for (uint32_t i = 0; i < count; i++) {
        *sink_kept(watched, samples[i].name) = samples[i];
    }
    uint64_t figures[PIPELINE_FIGURES];
    watched_figures(watched, figures);
    memcpy(watched->figures, figures, sizeof figures);
    memset(watched->status.sinks, 0, sizeof watched->status.sinks);
    watched->status.reading = NULL;
    watched->status.costs = NULL;
    watched->graph = NULL;
    watched->job = NULL;
    watched->result = result;
}

void watched_reloaded(struct watched *watched, bool taken) {
    watched->reloads_taken += taken;
    watched->reloads_refused += !taken;
}
