/* SPDX-License-Identifier: Apache-2.0 */
/* `leat preview`: what each sink would get from the first records of the source. Reads, transforms, writes nothing and
 * opens no ledger. */
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/io.h"
#include "engine/cli/cli.h"
#include "engine/cli/sample.h"

enum { ROOM = 256 << 10, CONNECT_US = 15 * 1000000, READ_US = 2 * 1000000, TRIES_MAX = 30 };

static const char *limit_text;
static bool connect_flag;

static const struct flag preview_flags[] = {
    {.name = "limit",
     .value = "N",
     .sentence = "rows for each sink, 10 unless said otherwise",
     .text = &limit_text},
    {.name = "connect",
     .sentence = "ask the sinks for their columns (tables that take columns by name)",
     .on = &connect_flag},
    {0},
};

static bool none_known(void *context, const char *entry) {
    (void)context;
    (void)entry;
    return false;
}

static void letters_print(const struct graph_sink *sink, const struct batch *batch, uint32_t limit) {
    for (uint32_t i = 0; i < batch->withdrawals_count && i < limit; i++) {
        const struct withdrawal *withdrawal = &batch->withdrawals[i];
        printf("# %s: dead letter at byte %u, %s: %.*s (%s)\n", sink->config->name,
               batch->records[withdrawal->record].offset, withdrawal->stage, (int)withdrawal->message.len,
               withdrawal->message.data, withdrawal->code);
    }
}

/* One line a row; with --json it names its sink. */
static void row_print(const struct graph *graph, uint32_t sink, const struct batch *batch, uint32_t row,
                      struct buffer *out) {
    if (!common.json) {
        sample_row(graph, batch, row, out);
        return;
    }
    buffer_printf(out, "{\"sink\":");
    json_quote(slice_of(graph->sinks[sink].config->name), out);
    buffer_printf(out, ",\"row\":");
    sample_row(graph, batch, row, out);
    out->data[out->len - 1] = '}'; /* in place of the row's line end */
    buffer_append_byte(out, '\n');
}

static void sinks_print(const struct graph *graph, const struct sample *sample, uint32_t limit, struct arena *arena) {
    for (uint32_t i = 0; i < graph->sinks_count; i++) {
        const struct batch *batch = &sample->sinks[i];
        uint32_t shown = batch->selected < limit ? batch->selected : limit;
        struct buffer out;
        buffer_init(&out, arena, 4096);
        for (uint32_t j = 0; j < shown; j++) {
            row_print(graph, i, batch, batch_row(batch, j), &out);
        }
        if (!common.json) {
            printf("# %s: %u rows from %u records, the first %u of them\n", graph->sinks[i].config->name,
                   batch->selected, batch->records_count, shown);
        }
        fwrite(out.data, 1, out.len, stdout);
        if (!common.json) {
            letters_print(&graph->sinks[i], batch, limit);
        }
    }
}

static enum status block_read(const struct graph *graph, struct reader *reader, struct block *ret,
                              struct error *error) {
    enum status status = STATUS_AGAIN;
    for (int i = 0; i < TRIES_MAX && status == STATUS_AGAIN; i++) {
        status = graph->source_connector->source->read(reader, graph->budget, ROOM, io_now_us() + READ_US, ret, error);
    }
    return status == STATUS_AGAIN ? error_set(error, ERROR_TRANSIENT, "source-idle",
                                              "the source has nothing to show now")
                                  : status;
}

static enum status part_preview(const struct graph *graph, const struct part_info *part, uint32_t limit,
                                struct error *error) {
    const struct source_ops *source = graph->source_connector->source;
    struct reader *reader = NULL;
    struct part_format format = {0};
    struct position start = POSITION_START;
    if (part->first && !source->parse(part->first, &start)) {
        return error_set(error, ERROR_BUG, "part-unreadable", "part %s begins at %s", part->name, part->first);
    }
    if (source->open(graph->source, part, &start, "", &reader, &format, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    struct block block = {0};
    struct arena *arena = arena_new(NULL, POOL_COLUMNS);
    struct sample sample;
    enum status status = block_read(graph, reader, &block, error);
    if (status == STATUS_OK) {
        if (!common.json) {
            printf("# part %s\n", part->name);
        }
        status = sample_run(graph, &format, &block.raw, arena, &sample, error);
    }
    if (status == STATUS_OK) {
        sinks_print(graph, &sample, limit, arena);
    }
    arena_free(arena);
    arena_free(block.arena);
    source->close(reader);
    return status;
}

static enum status preview(struct graph *graph, uint32_t limit, struct arena *arena, struct error *error) {
    struct part_list parts = {0};
    if (connect_flag && graph_connect(graph, io_now_us() + CONNECT_US, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    if (graph->source_connector->source->list(graph->source, none_known, NULL, arena, &parts, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    if (parts.count == 0) {
        return error_set(error, ERROR_PERMANENT, "source-empty", "the source has no parts: nothing matches its path");
    }
    return part_preview(graph, &parts.items[0], limit, error);
}

static int preview_command(int argc, char **argv) {
    long limit = limit_text ? strtol(limit_text, NULL, 10) : 10;
    if (argc != 2 || limit < 1) {
        return cli_usage_error(command_find("preview"), argc != 2 ? "which pipeline file?" : "--limit is 1 or more");
    }
    struct arena *arena = arena_new(NULL, POOL_READ);
    struct pipeline *pipeline = cli_pipeline(argv[1], arena);
    struct graph *graph = pipeline ? cli_graph(pipeline, arena) : NULL;
    int code = graph ? EXIT_DONE : EXIT_USAGE;
    struct error error;
    if (graph && preview(graph, (uint32_t)limit, arena, &error) != STATUS_OK) {
        cli_error(&error);
        code = error.class == ERROR_TRANSIENT ? EXIT_UNREACHABLE : EXIT_FAILED;
    }
    graph_free(graph);
    pipeline_free(pipeline);
    arena_free(arena);
    return code;
}

const struct command command_preview = {
    .name = "preview",
    .summary = "Show what each sink would get from the first records; writes nothing",
    .usage = "preview FILE",
    .example = "leat preview pipelines/flights/pipeline.yaml --limit 5",
    .flags = preview_flags,
    .run = preview_command,
};
