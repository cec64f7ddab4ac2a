/* SPDX-License-Identifier: Apache-2.0 */
/* The same decoder and stages that workers run, so that what `test` and `preview` show is what a run
 * delivers; record ids and positions are offsets in what was given, because no part is read. Batches
 * stay in the caller's arena. */
#include "engine/cli/sample.h"

#include <stdio.h>

#include "engine/base/io.h"

static struct slice position_print(void *context, uint32_t offset, struct arena *arena) {
    (void)context;
    return slice_of(arena_printf(arena, "%u", offset));
}

enum status sample_run(const struct graph *graph, const struct part_format *format, const struct raw *raw,
                       struct arena *arena, struct sample *ret, struct error *error) {
    const struct decoder *decoder = graph_decoder(graph, format, false, arena);
    const struct pipeline *pipeline = graph->pipeline;
    struct decode_origin origin = {
        .part = SLICE_LITERAL("sample"),
        .id_prefix =
            slice_of(arena_printf(arena, "%s/%s/sample/", pipeline->name, pipeline->source.name)),
        .position = position_print,
    };
    ret->common = (struct batch){.arena = arena, .read_at_us = io_wall_us()};
    decoder_run(decoder, raw, &origin, &ret->common);
    if (graph_run_common(graph, &ret->common, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    ret->sinks = arena_zalloc(arena, graph->sinks_count * sizeof *ret->sinks);
    for (uint32_t i = 0; i < graph->sinks_count; i++) {
        if (graph_run_sink(graph, i, &ret->common, &ret->sinks[i], error) != STATUS_OK) {
            return STATUS_FAILED;
        }
    }
    return STATUS_OK;
}

void sample_row(const struct graph *graph, const struct batch *batch, uint32_t row, struct buffer *out) {
    struct encode_options options = {.kind = FORMAT_JSON, .zone = graph->zone};
    encode_row(&options, batch, row, out);
}
