/* SPDX-License-Identifier: Apache-2.0 */
/* The text format groups all samples of a metric under one HELP and TYPE, so the figures of all pipelines are sampled
 * first and the rows of the tables below are printed over them. */
#include <inttypes.h>
#include <stdlib.h>

#include "engine/base/io.h"
#include "engine/monitor/process.h"
#include "engine/monitor/watched.h"

struct sampled {
    struct watched *watched;
    uint64_t figures[PIPELINE_FIGURES];
    struct sink_sample sinks[SINKS_MAX];
    uint32_t sinks_count;
};

struct page {
    struct buffer *out;
    struct sampled *pipelines;
    uint32_t count;
};

static void head(const struct page *page, const char *name, const char *type, const char *help) {
    buffer_printf(page->out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* Backslash, quote and line feed, as the format asks. */
static void label(struct buffer *out, const char *key, const char *value, bool first) {
    buffer_printf(out, "%s%s=\"", first ? "{" : ",", key);
    for (; *value; value++) {
        if (*value == '\n') {
            buffer_append(out, "\\n", 2);
            continue;
        }
        if (*value == '"' || *value == '\\') {
            buffer_append_byte(out, '\\');
        }
        buffer_append_byte(out, *value);
    }
    buffer_append_byte(out, '"');
}

static void line_begin(const struct page *page, const char *name, const struct sampled *pipeline,
                       const char *component) {
    buffer_printf(page->out, "%s", name);
    label(page->out, "pipeline", pipeline->watched->name, true);
    if (component) {
        label(page->out, "component", component, false);
    }
}

static void line_end(const struct page *page, uint64_t value, double scale) {
    if (scale == 1) {
        buffer_printf(page->out, "} %" PRIu64 "\n", value);
    } else {
        buffer_printf(page->out, "} %.9g\n", (double)value * scale);
    }
}

/* --- sinks -------------------------------------------------------------------------------------------------------- */

/* help NULL: another sample of the metric above. */
struct sink_row {
    enum sink_figure figure;
    const char *name, *type, *help;
    const char *label, *value;
    double scale;
};

static const struct sink_row sink_rows[] = {
    {SINK_ROWS, "leat_rows_total", "counter", "Rows committed.", NULL, NULL, 1},
    {SINK_BYTES, "leat_sink_bytes_total", "counter", "Encoded bytes committed.", NULL, NULL, 1},
    {SINK_CLOSED_ROWS, "leat_batch_closed_total", "counter", "Units of output closed, by what made them due.", "reason",
     "rows", 1},
    {SINK_CLOSED_BYTES, "leat_batch_closed_total", "", NULL, "reason", "bytes", 1},
    {SINK_CLOSED_READY, "leat_batch_closed_total", "", NULL, "reason", "ready", 1},
    {SINK_CLOSED_AGE, "leat_batch_closed_total", "", NULL, "reason", "age", 1},
    {SINK_CLOSED_IDLE, "leat_batch_closed_total", "", NULL, "reason", "idle", 1},
    {SINK_CLOSED_DRAIN, "leat_batch_closed_total", "", NULL, "reason", "drain", 1},
    {SINK_CLOSED_MEMORY, "leat_batch_closed_total", "", NULL, "reason", "memory", 1},
    {SINK_UNKNOWN_COMMITTED, "leat_unknown_outcomes_total", "counter",
     "Commits whose outcome was unknown at first, by what the ledger said.", "resolved", "committed", 1},
    {SINK_UNKNOWN_NOT, "leat_unknown_outcomes_total", "", NULL, "resolved", "not", 1},
    {SINK_FENCED, "leat_fenced_total", "counter", "Parts lost to another process at a commit.", NULL, NULL, 1},
    {SINK_MOVED, "leat_moved_total", "counter", "Parts whose position was not where it was expected.", NULL, NULL, 1},
    {SINK_REJECTED_ROWS, "leat_rejected_rows_total", "counter", "Records that the sink refused row by row.", NULL, NULL,
     1},
};

static void sink_row_print(const struct page *page, const struct sink_row *row) {
    if (row->help) {
        head(page, row->name, row->type, row->help);
    }
    for (uint32_t i = 0; i < page->count; i++) {
        const struct sampled *pipeline = &page->pipelines[i];
        for (uint32_t j = 0; j < pipeline->sinks_count; j++) {
            line_begin(page, row->name, pipeline, pipeline->sinks[j].name);
            if (row->label) {
                label(page->out, row->label, row->value, false);
            }
            line_end(page, pipeline->sinks[j].figures[row->figure], row->scale);
        }
    }
}

static void outcome_print(const struct page *page, const struct sampled *pipeline, const struct sink_sample *sink,
                          const char *outcome, uint64_t value) {
    line_begin(page, "leat_records_total", pipeline, sink->name);
    label(page->out, "stage", "sink", false);
    label(page->out, "outcome", outcome, false);
    line_end(page, value, 1);
}

static void books_print(const struct page *page) {
    head(page, "leat_records_total", "counter",
         "Records by what became of them: in = delivered + filtered + dead_letter + leat_records_in_flight.");
    for (uint32_t i = 0; i < page->count; i++) {
        const struct sampled *pipeline = &page->pipelines[i];
        for (uint32_t j = 0; j < pipeline->sinks_count; j++) {
            const struct sink_sample *sink = &pipeline->sinks[j];
            outcome_print(page, pipeline, sink, "in", sink->in);
            outcome_print(page, pipeline, sink, "delivered", sink->figures[SINK_DELIVERED]);
            outcome_print(page, pipeline, sink, "filtered", sink->figures[SINK_FILTERED]);
            outcome_print(page, pipeline, sink, "dead_letter", sink->figures[SINK_DEAD_LETTER]);
        }
    }
    head(page, "leat_records_in_flight", "gauge", "Records encoded for a sink and not yet committed.");
    for (uint32_t i = 0; i < page->count; i++) {
        const struct sampled *pipeline = &page->pipelines[i];
        for (uint32_t j = 0; j < pipeline->sinks_count; j++) {
            line_begin(page, "leat_records_in_flight", pipeline, pipeline->sinks[j].name);
            line_end(page, pipeline->sinks[j].in_flight, 1);
        }
    }
}

static void commits_print(const struct page *page) {
    head(page, "leat_commit_seconds", "summary", "Time that commits took.");
    for (uint32_t i = 0; i < page->count; i++) {
        const struct sampled *pipeline = &page->pipelines[i];
        for (uint32_t j = 0; j < pipeline->sinks_count; j++) {
            line_begin(page, "leat_commit_seconds_sum", pipeline, pipeline->sinks[j].name);
            line_end(page, pipeline->sinks[j].figures[SINK_COMMIT_US], 1e-6);
            line_begin(page, "leat_commit_seconds_count", pipeline, pipeline->sinks[j].name);
            line_end(page, pipeline->sinks[j].figures[SINK_COMMITS], 1);
        }
    }
    head(page, "leat_checkpoint_age_seconds", "gauge", "Time since the last commit of this process.");
    for (uint32_t i = 0; i < page->count; i++) {
        const struct sampled *pipeline = &page->pipelines[i];
        for (uint32_t j = 0; j < pipeline->sinks_count; j++) {
            int64_t last = pipeline->sinks[j].last_commit_us, now = io_now_us();
            if (last) {
                line_begin(page, "leat_checkpoint_age_seconds", pipeline, pipeline->sinks[j].name);
                line_end(page, now > last ? (uint64_t)(now - last) : 0, 1e-6);
            }
        }
    }
}

static void retries_print(const struct page *page) {
    head(page, "leat_retries_total", "counter", "Times a unit was tried again, by SQLSTATE or name of the cause.");
    for (uint32_t i = 0; i < page->count; i++) {
        const struct sampled *pipeline = &page->pipelines[i];
        for (uint32_t j = 0; j < pipeline->sinks_count; j++) {
            const struct sink_sample *sink = &pipeline->sinks[j];
            for (uint32_t k = 0; k < sink->retries_count; k++) {
                line_begin(page, "leat_retries_total", pipeline, sink->name);
                label(page->out, "code", sink->retries[k].code, false);
                line_end(page, sink->retries[k].count, 1);
            }
        }
    }
}

static void connected_print(const struct page *page) {
    head(page, "leat_sink_connected", "gauge", "1 while the sink answers.");
    for (uint32_t i = 0; i < page->count; i++) {
        const struct sampled *pipeline = &page->pipelines[i];
        for (uint32_t j = 0; j < pipeline->sinks_count; j++) {
            line_begin(page, "leat_sink_connected", pipeline, pipeline->sinks[j].name);
            line_end(page, pipeline->sinks[j].connected, 1);
        }
    }
}

/* --- pipelines ---------------------------------------------------------------------------------------------------- */

struct pipeline_row {
    enum pipeline_figure figure;
    const char *name, *help;
    const char *label, *value;
    double scale;
};

static const struct pipeline_row pipeline_rows[] = {
    {PIPELINE_SOURCE_BYTES, "leat_source_bytes_total", "Bytes of records read from the source.", NULL, NULL, 1},
    {PIPELINE_SEGMENTS, "leat_source_segments_total", "Segments cut.", NULL, NULL, 1},
    {PIPELINE_SOURCE_ERRORS, "leat_source_errors_total", "Errors of the source, retried or not.", NULL, NULL, 1},
    {PIPELINE_GAPS, "leat_gap_records_total",
     "Missing ranges at the source; a range counts once where its records cannot be counted.", NULL, NULL, 1},
    {PIPELINE_PAUSED_US, "leat_paused_seconds_total", "Time that readers were paused.", "reason", "memory", 1e-6},
    {PIPELINE_RECORDS, "leat_decoded_records_total", "Records decoded, again ones included.", NULL, NULL, 1},
    {PIPELINE_DECODED_BYTES, "leat_decoded_bytes_total", "Bytes decoded, again ones included.", NULL, NULL, 1},
    {PIPELINE_DECODE_NS, "leat_stage_seconds_total", "Time that workers spent, by stage.", "stage", "decode", 1e-9},
    {PIPELINE_COMMON_NS, "leat_stage_seconds_total", NULL, "stage", "transforms", 1e-9},
    {PIPELINE_SINK_NS, "leat_stage_seconds_total", NULL, "stage", "sink_transforms", 1e-9},
    {PIPELINE_ENCODE_NS, "leat_stage_seconds_total", NULL, "stage", "encode", 1e-9},
};

static void pipeline_row_print(const struct page *page, const struct pipeline_row *row) {
    if (row->help) {
        head(page, row->name, "counter", row->help);
    }
    for (uint32_t i = 0; i < page->count; i++) {
        line_begin(page, row->name, &page->pipelines[i], NULL);
        if (row->label) {
            label(page->out, row->label, row->value, false);
        }
        line_end(page, page->pipelines[i].figures[row->figure], row->scale);
    }
}

static void labelled(const struct page *page, const char *name, uint32_t pipeline, const char *key, const char *value,
                     uint64_t figure) {
    line_begin(page, name, &page->pipelines[pipeline], NULL);
    label(page->out, key, value, false);
    line_end(page, figure, 1);
}

static void memory_print(const struct page *page) {
    head(page, "leat_memory_bytes", "gauge", "Memory taken from the budget, by pool.");
    for (uint32_t i = 0; i < page->count; i++) {
        const struct graph *graph = page->pipelines[i].watched->graph;
        for (int pool = 0; graph && pool < POOL_COUNT; pool++) {
            labelled(page, "leat_memory_bytes", i, "pool", pool_name((enum pool)pool),
                     budget_used(graph->budget, (enum pool)pool));
        }
    }
    head(page, "leat_memory_limit_bytes", "gauge", "The budget (limits.memory).");
    for (uint32_t i = 0; i < page->count; i++) {
        const struct graph *graph = page->pipelines[i].watched->graph;
        if (graph) {
            line_begin(page, "leat_memory_limit_bytes", &page->pipelines[i], NULL);
            line_end(page, graph->pipeline->limits.memory_bytes, 1);
        }
    }
}

static void parts_print(const struct page *page) {
    head(page, "leat_parts", "gauge", "Parts of the source as this process sees them, by state.");
    for (uint32_t i = 0; i < page->count; i++) {
        const struct watched *watched = page->pipelines[i].watched;
        const struct job_status *status = &watched->status;
        bool alive = watched->job;
        labelled(page, "leat_parts", i, "state", "known", status->parts_known);
        labelled(page, "leat_parts", i, "state", "held", alive ? status->parts_held : 0);
        labelled(page, "leat_parts", i, "state", "reading", alive ? status->parts_reading : 0);
        labelled(page, "leat_parts", i, "state", "stopped", status->parts_stopped);
    }
    head(page, "leat_reloads_total", "counter", "Reloads asked for by SIGHUP, by what became of them.");
    for (uint32_t i = 0; i < page->count; i++) {
        labelled(page, "leat_reloads_total", i, "result", "taken", page->pipelines[i].watched->reloads_taken);
        labelled(page, "leat_reloads_total", i, "result", "refused", page->pipelines[i].watched->reloads_refused);
    }
}

/* --- the page ----------------------------------------------------------------------------------------------------- */

static struct page sample_all(struct monitor *monitor, struct buffer *out) {
    struct page page = {.out = out};
    for (struct watched *watched = monitor->first; watched; watched = watched->next) {
        page.count++;
    }
    page.pipelines = arena_zalloc(out->arena, (page.count + 1) * sizeof *page.pipelines);
    uint32_t i = 0;
    for (struct watched *watched = monitor->first; watched; watched = watched->next, i++) {
        page.pipelines[i].watched = watched;
        page.pipelines[i].sinks_count = watched_sinks(watched, page.pipelines[i].sinks);
        watched_figures(watched, page.pipelines[i].figures);
    }
    return page;
}

void metrics_print(struct monitor *monitor, struct buffer *out) {
    struct page page = sample_all(monitor, out);
    head(&page, "leat_build_info", "gauge", "Always 1; the version is the label.");
    buffer_printf(out, "leat_build_info{version=\"%s\"} 1\n", LEAT_VERSION);
    books_print(&page);
    commits_print(&page);
    for (size_t i = 0; i < sizeof sink_rows / sizeof *sink_rows; i++) {
        sink_row_print(&page, &sink_rows[i]);
    }
    retries_print(&page);
    connected_print(&page);
    for (size_t i = 0; i < sizeof pipeline_rows / sizeof *pipeline_rows; i++) {
        pipeline_row_print(&page, &pipeline_rows[i]);
    }
    memory_print(&page);
    parts_print(&page);
    process_print(out);
}
