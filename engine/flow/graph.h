/* SPDX-License-Identifier: Apache-2.0 */
/* A pipeline bound to code: its source, the compiled transforms, its sinks and the schema each gets. Built by the main
 * thread without any I/O but what `wanted` asks of connected sinks, immutable after that, shared by all threads. */
#ifndef LEAT_FLOW_GRAPH_H
#define LEAT_FLOW_GRAPH_H

#include "engine/config/pipeline.h"
#include "engine/flow/connector.h"
#include "engine/flow/stage.h"

struct stage_list {
    struct stage **items;
    uint32_t count;
};

struct graph_sink {
    const struct sink_config *config;
    const struct connector *connector;
    struct sink *sink;
    struct sink_caps caps;
    struct stage_list stages;     /* after the common ones */
    struct schema schema;         /* of the rows it gets */
    uint32_t first_column;        /* without any transform: where its columns start in the input schema */
    bool by_name;                 /* bound without a schema: the table says */
    bool aggregates, nondeterministic;
    struct ledger *ledger;        /* own, named or memory; after graph_connect */
    struct ledger *commit_ledger; /* named: the lane's own, with a connection of its own; else the same as ledger */
    bool ledger_is_named;
    enum verdict (*ledger_commit)(struct ledger *ledger, const struct unit *unit, int64_t deadline_us,
                                  struct outcome *outcome); /* NULL: the sink's unit is the ledger's */
    void (*ledger_free)(struct ledger *ledger);
};

struct graph {
    const struct pipeline *pipeline;
    struct arena *arena;
    struct budget *budget;
    const struct timezone *zone;
    const struct connector *source_connector;
    struct source *source;
    struct source_caps source_caps;
    struct schema declared, input;
    bool *needed; /* of the input schema */
    struct stage_list stages;
    bool nondeterministic;
    struct graph_sink *sinks;
    uint32_t sinks_count;
};

/* Binds everything that can be bound without a network: all errors of the file at once. connect: also connects sinks
 * that take their columns by name. */
enum status graph_new(const struct pipeline *pipeline, struct graph **ret, struct config_errors *errors) MUST_CHECK;
void graph_free(struct graph *graph); /* takes NULL */

/* Lane b: checks every sink against its server, opens no ledger. Sets caps, schemas and ledgers. */
enum status graph_connect(struct graph *graph, int64_t deadline_us, struct error *error) MUST_CHECK;

/* A decoder for one part, in the arena. bare: converts nothing, finds the records alone. */
const struct decoder *graph_decoder(const struct graph *graph, const struct part_format *format, bool bare,
                                    struct arena *arena);

/* Runs the common transforms over a decoded batch. Fails when an aggregate cannot be computed (sql.h): a failing record
 * is withdrawn, an aggregate stands for many. */
enum status graph_run_common(const struct graph *graph, struct batch *batch, struct error *error) MUST_CHECK;
/* Makes the batch of one sink from the common one: shares columns, has selection and withdrawals of its own; runs the
 * sink's transforms; its schema is the sink's. */
enum status graph_run_sink(const struct graph *graph, uint32_t sink, const struct batch *common, struct batch *ret,
                           struct error *error) MUST_CHECK;

#endif
