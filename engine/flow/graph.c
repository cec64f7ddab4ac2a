/* SPDX-License-Identifier: Apache-2.0 */
/* Binding follows the data: columns, common transforms, then each sink. Every step that fails adds
 * its error and lets the others be looked at, so that `validate` tells everything at once. */
#include "engine/flow/graph.h"

#include <stdio.h>
#include <string.h>

#include "engine/flow/ledger_memory.h"

enum { RESERVE_MIN = 4 << 20, RESERVE_MAX = 24 << 20 };

const struct connector *connector_find(const char *kind) {
    for (uint32_t i = 0; connectors[i]; i++) {
        if (strcmp(connectors[i]->kind, kind) == 0) {
            return connectors[i];
        }
    }
    return NULL;
}

/* The byte that "line:column" of a text means. */
static size_t text_offset(const char *text, const char *where) {
    unsigned line = 1, column = 1;
    if (sscanf(where, "%u:%u", &line, &column) != 2) {
        return 0;
    }
    const char *at = text;
    for (unsigned i = 1; i < line && strchr(at, '\n'); i++) {
        at = strchr(at, '\n') + 1;
    }
    for (unsigned i = 1; i < column && *at; i++) {
        at++;
        while (((unsigned char)*at & 0xc0) == 0x80) {
            at++;
        }
    }
    return (size_t)(at - text);
}

static void placed_error(struct config_errors *errors, const struct placed_text *text, const struct error *error) {
    struct place place = placed_text_at(text, text_offset(text->text, error->where));
    config_errors_add(errors, place, error->code, "%s", error->message);
}

static bool stages_bind(struct graph *graph, const struct transform_list *list, const struct schema *input,
                          struct stage_list *ret, struct config_errors *errors) {
    ret->items = arena_zalloc(graph->arena, (list->count + 1) * sizeof(struct stage *));
    ret->count = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        struct error error;
        const struct placed_text *sql = &list->items[i].sql;
        struct stage_bind bind = {
            .text = slice_of(sql->text), .input = input, .zone = graph->zone, .arena = graph->arena};
        if (stage_sql_bind(&bind, &ret->items[i], &error) != STATUS_OK) {
            placed_error(errors, sql, &error);
            return false;
        }
        ret->count++;
        input = ret->items[i]->output;
    }
    return true;
}

static const struct schema *stages_output(const struct stage_list *stages, const struct schema *input) {
    return stages->count ? stages->items[stages->count - 1]->output : input;
}

/* Without a transform a sink gets the declared columns, or the whole record when there are none. */
static struct schema untransformed(const struct graph *graph) {
    if (graph->declared.count) {
        return graph->declared;
    }
    return (struct schema){.fields = &graph->input.fields[VIRTUAL_VALUE], .count = 1};
}

static bool has_transforms(const struct graph *graph, const struct graph_sink *sink) {
    return graph->pipeline->transforms.count || sink->config->transforms.count;
}

static void needs_add_untransformed(struct graph *graph) {
    if (!graph->declared.count) {
        graph->needed[VIRTUAL_VALUE] = true;
    }
    for (uint32_t i = 0; i < graph->declared.count; i++) {
        graph->needed[i] = true;
    }
}

static void stage_needs(const struct stage *stage, bool *needed) {
    stage->ops->needs(stage, needed);
}

static void needs_find(struct graph *graph) {
    graph->needed = arena_zalloc(graph->arena, graph->input.count);
    if (graph->stages.count) {
        stage_needs(graph->stages.items[0], graph->needed);
        return;
    }
    for (uint32_t i = 0; i < graph->sinks_count; i++) {
        if (graph->sinks[i].stages.count) {
            stage_needs(graph->sinks[i].stages.items[0], graph->needed);
        } else {
            needs_add_untransformed(graph);
        }
    }
}

static void declared_parse(struct graph *graph, struct config_errors *errors) {
    const struct placed_text *columns = &graph->pipeline->source.columns;
    struct error error;
    if (columns->text && schema_parse(slice_of(columns->text), graph->arena, &graph->declared, &error) != STATUS_OK) {
        placed_error(errors, columns, &error);
    }
    graph->input = input_schema(&graph->declared, graph->arena);
}

/* Sources whose parts have a present (brokers) will know more; files begin at their beginning. */
static void starting_check(const struct placed_text *text, const char *option, struct config_errors *errors) {
    if (text->text && strcmp(text->text, "earliest") != 0) {
        config_errors_add(errors, text->place, "config-starting-position",
                          "%s: expected earliest, got %s; the parts of this source begin at their beginning", option,
                          text->text);
    }
}

static void source_bind(struct graph *graph, struct config_errors *errors) {
    const struct source_config *config = &graph->pipeline->source;
    graph->source_connector = connector_find(config->connector->kind);
    struct format *format = arena_alloc(graph->arena, sizeof *format);
    *format = config->format;
    if (config->framing_auto) {
        format->framing = FRAMING_NONE;
    }
    struct source_bind bind = {
        .options = config->options,
        .format = format,
        .pipeline = graph->pipeline->name,
        .name = config->name,
        .workers = (uint32_t)graph->pipeline->limits.workers,
        .arena = graph->arena,
    };
    struct error error;
    if (graph->source_connector->source->bind(&bind, &graph->source, &error) != STATUS_OK) {
        config_errors_add(errors, config->place, error.code, "%s", error.message);
        return;
    }
    graph->source_caps = graph->source_connector->source->caps(graph->source);
    starting_check(&config->starting_position, "starting_position", errors);
    if (config->until.text) {
        config_errors_add(errors, config->until.place, "config-until",
                          "until: a %s source ends by itself or never; remove it", config->connector->kind);
    }
}

/* Design 8: what depends on the batch is refused unless the sink merges or the file says `scope: batch`. */
static void batch_scope_check(const struct stage_list *stages, const struct transform_list *list, bool merges,
                              struct config_errors *errors) {
    for (uint32_t i = 0; i < stages->count; i++) {
        struct stage_caps caps = stages->items[i]->caps;
        bool depends = caps.aggregates || caps.whole_input;
        bool merged = caps.aggregates && !caps.whole_input && merges && i + 1 == stages->count;
        if (depends && !merged && list->items[i].scope != TRANSFORM_BATCH) {
            config_errors_add(errors, list->items[i].sql.place, "sql-depends-on-batch",
                              "%s sees one batch of records, and how records fall into batches is "
                              "not fixed: feed a sink in "
                              "`mode: merge` whose rules match, or write `scope: batch` beside "
                              "`sql:` if one result for each "
                              "batch is what you want",
                              caps.aggregates ? "an aggregate" : "order by, limit or distinct");
        }
    }
}

static void stages_caps(const struct stage_list *stages, bool *aggregates, bool *nondeterministic) {
    for (uint32_t i = 0; i < stages->count; i++) {
        *aggregates |= stages->items[i]->caps.aggregates;
        *nondeterministic |= stages->items[i]->caps.nondeterministic;
    }
}

/* Aggregates that nobody asked for by `scope: batch`. */
static bool must_merge(const struct stage_list *stages, const struct transform_list *list) {
    bool must = false;
    for (uint32_t i = 0; i < stages->count; i++) {
        must |= stages->items[i]->caps.aggregates && list->items[i].scope != TRANSFORM_BATCH;
    }
    return must;
}

static const enum column_aggregate *last_aggregates(const struct graph *graph, const struct graph_sink *sink) {
    const struct stage_list *stages = sink->stages.count ? &sink->stages : &graph->stages;
    return stages->count ? stages->items[stages->count - 1]->column_aggregates : NULL;
}

static void sink_schema_set(struct graph *graph, struct graph_sink *sink) {
    if (has_transforms(graph, sink)) {
        const struct schema *common = stages_output(&graph->stages, &graph->input);
        sink->schema = *stages_output(&sink->stages, common);
    } else if (!sink->by_name) {
        sink->schema = untransformed(graph);
    }
    sink->first_column = graph->declared.count ? 0 : VIRTUAL_VALUE;
}

static void sink_bind(struct graph *graph, struct graph_sink *sink, struct config_errors *errors) {
    const struct sink_config *config = sink->config;
    const struct sink_ops *ops = sink->connector->sink;
    sink->by_name = !has_transforms(graph, sink) && !graph->declared.count && ops->wanted;
    sink_schema_set(graph, sink);
    struct sink_bind bind = {
        .options = config->options,
        .pipeline = graph->pipeline->name,
        .source = graph->pipeline->source.name,
        .name = config->name,
        .schema = sink->by_name ? NULL : &sink->schema,
        .aggregates = must_merge(&graph->stages, &graph->pipeline->transforms) ||
                      must_merge(&sink->stages, &config->transforms),
        .column_aggregates = last_aggregates(graph, sink),
        .zone = graph->zone,
        .budget = graph->budget,
        .scratch_bytes = graph->pipeline->limits.scratch_bytes,
        .commit = {.rows = (uint64_t)config->commit.rows,
                   .bytes = config->commit.bytes,
                   .every_us = config->commit.every_us},
        .arena = graph->arena,
    };
    struct error error;
    if (ops->bind(&bind, &sink->sink, &error) != STATUS_OK) {
        config_errors_add(errors, config->place, error.code, "%s", error.message);
        return;
    }
    sink->caps = ops->caps(sink->sink);
}

static void sink_new(struct graph *graph, struct graph_sink *sink, struct config_errors *errors) {
    sink->connector = connector_find(sink->config->connector->kind);
    starting_check(&sink->config->starting_position, "starting_position", errors);
    const struct schema *common = stages_output(&graph->stages, &graph->input);
    if (!stages_bind(graph, &sink->config->transforms, common, &sink->stages, errors)) {
        return;
    }
    sink->nondeterministic = graph->nondeterministic;
    stages_caps(&graph->stages, &sink->aggregates, &sink->nondeterministic);
    stages_caps(&sink->stages, &sink->aggregates, &sink->nondeterministic);
    sink_bind(graph, sink, errors);
    if (!sink->sink) {
        return;
    }
    batch_scope_check(&sink->stages, &sink->config->transforms, sink->caps.merges, errors);
    bool merges_common = sink->caps.merges && !sink->stages.count;
    batch_scope_check(&graph->stages, &graph->pipeline->transforms, merges_common, errors);
}

static struct budget *limits_budget(const struct limits_config *limits) {
    uint64_t reserve = limits->memory_bytes / 4;
    reserve = reserve < RESERVE_MIN ? RESERVE_MIN : reserve > RESERVE_MAX ? RESERVE_MAX : reserve;
    return budget_new(limits->memory_bytes - reserve, reserve);
}

enum status graph_new(const struct pipeline *pipeline, struct graph **ret, struct config_errors *errors) {
    struct arena *arena = arena_new(NULL, POOL_READ);
    struct graph *graph = arena_zalloc(arena, sizeof *graph);
    graph->arena = arena;
    graph->pipeline = pipeline;
    graph->budget = limits_budget(&pipeline->limits);
    graph->zone = timezone_find(slice_of(pipeline->timezone));
    uint32_t errors_before = errors->count;
    if (!graph->zone) {
        config_errors_add(errors, (struct place){.file = pipeline->file}, "config-timezone",
                          "timezone: there is no time zone named %s; use an IANA name such as Europe/Berlin, or UTC",
                          pipeline->timezone);
        graph->zone = timezone_utc();
    }
    declared_parse(graph, errors);
    source_bind(graph, errors);
    bool compiled = errors->count == errors_before &&
                    stages_bind(graph, &pipeline->transforms, &graph->input, &graph->stages, errors);
    bool aggregates = false;
    stages_caps(&graph->stages, &aggregates, &graph->nondeterministic);
    graph->sinks = arena_zalloc(arena, pipeline->sinks_count * sizeof *graph->sinks);
    graph->sinks_count = pipeline->sinks_count;
    for (uint32_t i = 0; i < graph->sinks_count; i++) {
        graph->sinks[i].config = &pipeline->sinks[i];
        if (compiled) {
            sink_new(graph, &graph->sinks[i], errors);
        }
    }
    if (errors->count != errors_before) {
        config_errors_sort(errors, errors_before);
        graph_free(graph);
        return STATUS_FAILED;
    }
    needs_find(graph);
    *ret = graph;
    return STATUS_OK;
}

void graph_free(struct graph *graph) {
    if (!graph) {
        return;
    }
    for (uint32_t i = 0; i < graph->sinks_count; i++) {
        struct graph_sink *sink = &graph->sinks[i];
        if (sink->ledger_free && sink->commit_ledger && sink->commit_ledger != sink->ledger) {
            sink->ledger_free(sink->commit_ledger);
        }
        if (sink->ledger_free && sink->ledger) {
            sink->ledger_free(sink->ledger);
        }
        if (sink->sink) {
            sink->connector->sink->free(sink->sink);
        }
    }
    if (graph->source) {
        graph->source_connector->source->free(graph->source);
    }
    budget_free(graph->budget);
    arena_free(graph->arena);
}

/* Which ledger keeps this sink's position: its own, the one the file names, or none that outlives the process. */
static enum status ledger_choose(struct graph *graph, struct graph_sink *sink, struct error *error) {
    const struct ledger_config *named = &graph->pipeline->ledger;
    sink->ledger = sink->connector->sink->ledger ? sink->connector->sink->ledger(sink->sink) : NULL;
    if (sink->ledger) {
        return STATUS_OK;
    }
    if (!named->connector) {
        sink->ledger = sink->commit_ledger = ledger_memory_new();
        sink->ledger_commit = ledger_memory_commit;
        sink->ledger_free = ledger_memory_free;
        return STATUS_OK;
    }
    const struct connector *connector = connector_find(named->connector->kind);
    struct ledger_bind bind = {.options = named->options, .arena = graph->arena};
    sink->ledger_is_named = true;
    sink->ledger_commit = connector->ledger_commit;
    sink->ledger_free = connector->ledger_free;
    enum status status = connector->ledger_bind(&bind, &sink->ledger, error);
    return status == STATUS_OK ? connector->ledger_bind(&bind, &sink->commit_ledger, error) : status;
}

/* The columns that tables ask for become the declared ones. */
static enum status declared_from_sinks(struct graph *graph, struct error *error) {
    struct field *fields = NULL;
    uint32_t count = 0;
    for (uint32_t i = 0; i < graph->sinks_count; i++) {
        struct graph_sink *sink = &graph->sinks[i];
        const struct schema *wanted = sink->by_name ? sink->connector->sink->wanted(sink->sink) : NULL;
        for (uint32_t j = 0; wanted && j < wanted->count; j++) {
            struct schema have = {.fields = fields, .count = count};
            int found = schema_find(&have, slice_of(wanted->fields[j].name));
            if (found < 0) {
                fields = arena_grow(graph->arena, fields, count * sizeof *fields, (count + 1) * sizeof *fields);
                fields[count] = wanted->fields[j];
                fields[count++].not_null = false;
            } else if (!type_equal(fields[found].type, wanted->fields[j].type)) {
                return error_set(error, ERROR_PERMANENT, "sink-columns-differ",
                                 "two tables want column %s with different types; declare it under `columns:`",
                                 wanted->fields[j].name);
            }
        }
    }
    if (count) {
        graph->declared = (struct schema){.fields = fields, .count = count};
        graph->input = input_schema(&graph->declared, graph->arena);
    }
    return STATUS_OK;
}

/* The input schema has changed: what was compiled against it is compiled again. */
static enum status sinks_rebind(struct graph *graph, struct error *error) {
    struct config_errors errors;
    config_errors_init(&errors, graph->arena);
    bool whole_records = false;
    for (uint32_t i = 0; i < graph->sinks_count; i++) {
        struct graph_sink *sink = &graph->sinks[i];
        if (!stages_bind(graph, &sink->config->transforms, &graph->input, &sink->stages, &errors)) {
            return config_errors_first(&errors, error);
        }
        if (sink->by_name) {
            sink->schema = graph->declared;
            sink->first_column = 0;
        } else if (!has_transforms(graph, sink)) {
            sink->first_column = graph->declared.count + VIRTUAL_VALUE;
            whole_records = true;
        }
    }
    needs_find(graph);
    graph->needed[graph->declared.count + VIRTUAL_VALUE] |= whole_records;
    return STATUS_OK;
}

enum status graph_connect(struct graph *graph, int64_t deadline_us, struct error *error) {
    bool by_name = false;
    for (uint32_t i = 0; i < graph->sinks_count; i++) {
        struct graph_sink *sink = &graph->sinks[i];
        const struct sink_ops *ops = sink->connector->sink;
        uint64_t binding = 0;
        if (ops->check && ops->check(sink->sink, deadline_us, &binding, error) != STATUS_OK) {
            error_context(error, "sink %s", sink->config->name);
            return STATUS_FAILED;
        }
        sink->caps = ops->caps(sink->sink);
        by_name |= sink->by_name;
        if (!sink->ledger && ledger_choose(graph, sink, error) != STATUS_OK) {
            return STATUS_FAILED;
        }
    }
    if (!by_name) {
        return STATUS_OK;
    }
    if (declared_from_sinks(graph, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    return sinks_rebind(graph, error);
}

const struct decoder *graph_decoder(const struct graph *graph, const struct part_format *format, bool bare,
                                    struct arena *arena) {
    struct format *own = arena_alloc(arena, sizeof *own);
    *own = graph->pipeline->source.format;
    own->framing = format->framing;
    struct field_plan *plan = arena_alloc(arena, sizeof *plan);
    *plan = (struct field_plan){
        .input = &graph->input,
        .declared_count = graph->declared.count,
        .needed = bare ? arena_zalloc(arena, graph->input.count) : graph->needed,
        .zone = graph->zone,
        .header = format->header,
        .header_count = format->header_count,
    };
    return decoder_new(own, plan, arena);
}

static enum status stages_run(const struct stage_list *stages, struct batch *batch, struct error *error) {
    for (uint32_t i = 0; i < stages->count; i++) {
        if (stages->items[i]->ops->run(stages->items[i], batch, error) != STATUS_OK) {
            return STATUS_FAILED;
        }
    }
    return STATUS_OK;
}

enum status graph_run_common(const struct graph *graph, struct batch *batch, struct error *error) {
    return stages_run(&graph->stages, batch, error);
}

enum status graph_run_sink(const struct graph *graph, uint32_t index, const struct batch *common, struct batch *ret,
                           struct error *error) {
    const struct graph_sink *sink = &graph->sinks[index];
    *ret = *common;
    ret->withdrawals_capacity = ret->withdrawals_count; /* growing copies: the list of the common part stays */
    if (ret->withdrawn) {
        struct slice bits = slice_make(ret->withdrawn, ((size_t)ret->records_count + 63) / 64 * sizeof(uint64_t));
        ret->withdrawn = (uint64_t *)(uintptr_t)arena_copy(ret->arena, bits).data;
    }
    if (!has_transforms(graph, sink)) {
        ret->schema = &sink->schema;
        ret->columns = common->columns + sink->first_column;
        return STATUS_OK;
    }
    return stages_run(&sink->stages, ret, error);
}
