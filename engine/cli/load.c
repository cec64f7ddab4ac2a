/* SPDX-License-Identifier: Apache-2.0 */
/* Pipeline files for the commands: the registry as the configuration sees it, loading, building the
 * graph. What is wrong with a file is told here, all of it at once, and the caller only learns NULL:
 * it then ends with EXIT_USAGE. Both results lean on the caller's arena; the caller frees the graph
 * before the pipeline, and the arena last. Main thread. */
#include <stdio.h>
#include <unistd.h>

#include "engine/cli/cli.h"

enum { KINDS_MAX = 64 };

const struct connector_options *cli_registry(void) {
    static struct connector_options registry[KINDS_MAX];
    for (uint32_t i = 0; connectors[i] && i + 1 < KINDS_MAX; i++) {
        registry[i] = (struct connector_options){
            .kind = connectors[i]->kind,
            .sentence = connectors[i]->sentence,
            .source = connectors[i]->source ? connectors[i]->source_options : NULL,
            .sink = connectors[i]->sink ? connectors[i]->sink_options : NULL,
            .ledger = connectors[i]->ledger_options,
        };
    }
    return registry;
}

static void errors_print(const struct config_errors *errors, struct arena *arena) {
    struct buffer out;
    buffer_init(&out, arena, 1024);
    config_errors_text(errors, &out);
    fwrite(out.data, 1, out.len, stderr);
}

struct pipeline *cli_pipeline(const char *path, struct arena *arena) {
    struct config_errors errors;
    config_errors_init(&errors, arena);
    struct pipeline_input input = {.path = path, .sets = &common.sets, .registry = cli_registry()};
    struct pipeline *pipeline = NULL;
    if (pipeline_load(&input, arena, &pipeline, &errors) != STATUS_OK) {
        errors_print(&errors, arena);
        return NULL;
    }
    return pipeline;
}

struct graph *cli_graph(const struct pipeline *pipeline, struct arena *arena) {
    struct config_errors errors;
    config_errors_init(&errors, arena);
    struct graph *graph = NULL;
    if (graph_new(pipeline, &graph, &errors) != STATUS_OK) {
        errors_print(&errors, arena);
        return NULL;
    }
    return graph;
}
