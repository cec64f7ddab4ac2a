/* SPDX-License-Identifier: Apache-2.0 */
/* `leat explain`: what a pipeline will do and promise, from the file alone; no server is asked. Each statement is made
 * once, as text in a list of facts, and printed as an outline or as JSON. */
#include <inttypes.h>
#include <stdio.h>

#include "engine/cli/cli.h"
#include "engine/monitor/json_string.h"

enum { FACTS_MAX = 24, RSS_BEYOND_MIB = 32 };

struct fact {
    const char *name, *text;
};

struct facts {
    struct arena *arena;
    struct fact items[FACTS_MAX];
    uint32_t count;
};

static void fact(struct facts *facts, const char *name, const char *text) {
    if (facts->count < FACTS_MAX) {
        facts->items[facts->count++] = (struct fact){.name = name, .text = text};
    }
}

/* 16 MiB, 512 KiB, 1000 bytes: exact, in the largest unit that divides it. */
static const char *bytes_text(struct arena *arena, uint64_t bytes) {
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB"};
    uint32_t unit = 0;
    while (unit < 3 && bytes && bytes % 1024 == 0) {
        bytes /= 1024;
        unit++;
    }
    return arena_printf(arena, "%" PRIu64 " %s", bytes, units[unit]);
}

static const char *seconds_text(struct arena *arena, int64_t us) {
    return arena_printf(arena, "%.6g s", (double)us / 1e6);
}

static const char *sql_text(struct arena *arena, const char *sql) {
    char *text = arena_text(arena, slice_of(sql)), *out = text;
    bool blank = true;
    for (const char *at = text; *at; at++) {
        bool space = *at == ' ' || *at == '\n' || *at == '\t' || *at == '\r';
        if (!space || !blank) {
            *out++ = space ? ' ' : *at;
        }
        blank = space;
    }
    while (out > text && out[-1] == ' ') {
        out--;
    }
    *out = '\0';
    return text;
}

/* --- the graph ---------------------------------------------------------------------------------------------------- */

static const char *schema_text(struct arena *arena, const struct schema *schema) {
    struct buffer out;
    buffer_init(&out, arena, 256);
    for (uint32_t i = 0; i < schema->count; i++) {
        buffer_printf(&out, "%s%s", i ? ", " : "", schema->fields[i].name);
    }
    buffer_append_byte(&out, '\0');
    return out.data;
}

static void transforms_tell(struct facts *facts, const struct transform_list *list) {
    for (uint32_t i = 0; i < list->count; i++) {
        fact(facts, list->items[i].scope == TRANSFORM_BATCH ? "sql (scope: batch)" : "sql",
             sql_text(facts->arena, list->items[i].sql.text));
    }
}

static void source_tell(struct facts *facts, const struct graph *graph) {
    const struct source_caps *caps = &graph->source_caps;
    fact(facts, "kind", graph->pipeline->source.connector->kind);
    fact(facts, "end", caps->bounded ? "ends by itself, when every part is at its end in every sink"
                                     : "has no end; runs until a signal comes");
    fact(facts, "replay", caps->replayable ? "can be read again from any position"
                                           : "cannot be read again: what is in memory at a crash is lost");
    uint64_t readers = caps->parts_max ? caps->parts_max : (uint64_t)graph->pipeline->limits.workers;
    fact(facts, "parallel", arena_printf(facts->arena, "up to %" PRIu64 " parts are read at once, %" PRId64 " workers",
                                         readers, graph->pipeline->limits.workers));
    transforms_tell(facts, &graph->pipeline->transforms);
}

/* --- promises ----------------------------------------------------------------------------------------------------- */

static const char *guarantee_of(const struct graph *graph, const struct graph_sink *sink) {
    if (!graph->source_caps.replayable) {
        return "at-most-once";
    }
    if (sink->caps.guarantee) {
        return "exactly-once";
    }
    return graph->pipeline->ledger.connector ? "at-least-once" : "none";
}

static const char *reason_of(struct arena *arena, const struct graph *graph, const struct graph_sink *sink) {
    if (!graph->source_caps.replayable) {
        return "the source cannot be read again";
    }
    if (sink->caps.guarantee) {
        return arena_printf(arena, "the sink keeps the position itself, in the same atomic step as the output (%s)",
                            sink->caps.guarantee);
    }
    if (graph->pipeline->ledger.connector) {
        return arena_printf(arena,
                            "the sink keeps no position; the ledger (%s) is written after the output, so a crash "
                            "between the two delivers one unit again",
                            graph->pipeline->ledger.connector->kind);
    }
    return "nothing keeps the position: the next run begins at the beginning; name a `ledger:` to keep it";
}

static void batch_tell(struct facts *facts, const struct graph_sink *sink) {
    if (sink->aggregates && sink->caps.merges) {
        fact(facts, "batch", "aggregates see one batch; the sink merges them, so that totals do not depend on how "
                             "records fall into batches");
    } else if (sink->aggregates) {
        fact(facts, "batch", "aggregates see one batch: their values depend on how records fall into batches");
    } else {
        fact(facts, "batch", "nothing depends on how records fall into batches");
    }
    if (sink->nondeterministic) {
        fact(facts, "volatile", "a volatile function (random(), gen_random_uuid() or the like) is called: a record "
                                "that is worked on again after a crash gets another value");
    }
}

static void commit_tell(struct facts *facts, const struct graph *graph, const struct graph_sink *sink) {
    const struct commit_policy *policy = &sink->caps.commit;
    struct buffer out;
    buffer_init(&out, facts->arena, 200);
    buffer_printf(&out, policy->hold || policy->every_us ? "when due" : "whatever is ready, as soon as a lane is free");
    if (policy->rows) {
        buffer_printf(&out, "; at %" PRIu64 " rows", policy->rows);
    }
    if (policy->bytes) {
        buffer_printf(&out, "; at %s", bytes_text(facts->arena, policy->bytes));
    }
    if (policy->every_us) {
        buffer_printf(&out, "; every %s", seconds_text(facts->arena, policy->every_us));
    }
    if (policy->idle_us) {
        buffer_printf(&out, "; when idle for %s", seconds_text(facts->arena, policy->idle_us));
    }
    buffer_append_byte(&out, '\0');
    fact(facts, "commit", out.data);
    const char *restart = graph->source_caps.replayable
                              ? arena_printf(facts->arena,
                                             "after a crash each part is read again from its last commit: what was in "
                                             "memory (at most %s of it) and in the open unit; a compressed file is "
                                             "unpacked from its beginning",
                                             bytes_text(facts->arena, graph->pipeline->limits.memory_bytes))
                              : "after a crash nothing can be read again";
    fact(facts, "restart", restart);
}

static void sink_tell(struct facts *facts, const struct graph *graph, const struct graph_sink *sink) {
    const struct sink_config *config = sink->config;
    fact(facts, "kind", config->connector->kind);
    transforms_tell(facts, &config->transforms);
    fact(facts, "columns", sink->by_name ? "those of the table, by name" : schema_text(facts->arena, &sink->schema));
    fact(facts, "guarantee", guarantee_of(graph, sink));
    fact(facts, "because", reason_of(facts->arena, graph, sink));
    batch_tell(facts, sink);
    commit_tell(facts, graph, sink);
    fact(facts, "dead_letters", config->dead_letter_limit < 0
                                    ? "no limit"
                                    : arena_printf(facts->arena,
                                                   "a part stops by name when more than %.4g%% of its last 10,000 "
                                                   "records (100 at least) are dead letters",
                                                   config->dead_letter_limit * 100));
}

static void limits_tell(struct facts *facts, const struct graph *graph) {
    const struct limits_config *limits = &graph->pipeline->limits;
    fact(facts, "memory", bytes_text(facts->arena, limits->memory_bytes));
    uint64_t resident = limits->memory_bytes + ((uint64_t)RSS_BEYOND_MIB << 20);
    fact(facts, "worst_case", arena_printf(facts->arena, "%s resident: memory and %d MiB for the program",
                                           bytes_text(facts->arena, resident), RSS_BEYOND_MIB));
    fact(facts, "scratch", bytes_text(facts->arena, limits->scratch_bytes));
    fact(facts, "record", arena_printf(facts->arena, "%s at most; a larger one becomes a dead letter",
                                       bytes_text(facts->arena, limits->record_bytes_max)));
    fact(facts, "shutdown", arena_printf(facts->arena, "%s to commit what was read",
                                         seconds_text(facts->arena, graph->pipeline->shutdown_timeout_us)));
    fact(facts, "lease", arena_printf(facts->arena, "%s until a process that froze loses its parts; a dead one on the "
                                                    "same host loses them at once",
                                      seconds_text(facts->arena, graph->pipeline->lease_us)));
}

/* --- printing ----------------------------------------------------------------------------------------------------- */

struct section {
    const char *kind, *name;
    struct facts facts;
};

static void section_text(const struct section *section) {
    printf("%s%s%s\n", section->kind, section->name ? " " : "", section->name ? section->name : "");
    for (uint32_t i = 0; i < section->facts.count; i++) {
        printf("  %-13s %s\n", section->facts.items[i].name, section->facts.items[i].text);
    }
    printf("\n");
}

/* Members of one object; facts of one name become a list. */
static void facts_json(const struct facts *facts, struct buffer *out) {
    for (uint32_t i = 0; i < facts->count; i++) {
        const char *name = facts->items[i].name;
        bool seen = false, again = false;
        for (uint32_t j = 0; j < facts->count; j++) {
            seen |= j < i && strcmp(facts->items[j].name, name) == 0;
            again |= j > i && strcmp(facts->items[j].name, name) == 0;
        }
        if (seen) {
            continue;
        }
        buffer_append_byte(out, ',');
        json_string_append(out, name);
        buffer_printf(out, again ? ":[" : ":");
        for (uint32_t j = i, n = 0; j < facts->count; j++) {
            if (j == i || (again && strcmp(facts->items[j].name, name) == 0)) {
                buffer_printf(out, n++ ? "," : "");
                json_string_append(out, facts->items[j].text);
            }
        }
        buffer_printf(out, again ? "]" : "");
    }
}

static void section_json(const struct section *section, struct buffer *out) {
    buffer_printf(out, "{\"name\":");
    json_string_append(out, section->name ? section->name : section->kind);
    facts_json(&section->facts, out);
    buffer_append_byte(out, '}');
}

static void json_print(const struct graph *graph, const struct section *sections, uint32_t count) {
    struct buffer out;
    buffer_init(&out, sections->facts.arena, 4096);
    buffer_printf(&out, "{\"pipeline\":");
    json_string_append(&out, graph->pipeline->name);
    buffer_printf(&out, ",\"source\":");
    section_json(&sections[0], &out);
    buffer_printf(&out, ",\"sinks\":[");
    for (uint32_t i = 1; i + 1 < count; i++) {
        buffer_printf(&out, i > 1 ? "," : "");
        section_json(&sections[i], &out);
    }
    buffer_printf(&out, "],\"limits\":");
    section_json(&sections[count - 1], &out);
    printf("%.*s}\n", (int)out.len, out.data);
}

static void text_print(const struct graph *graph, const struct section *sections, uint32_t count) {
    printf("pipeline %s: %s -> ", graph->pipeline->name, graph->pipeline->source.name);
    uint32_t transforms = graph->pipeline->transforms.count;
    if (transforms) {
        printf("%" PRIu32 " transform%s -> ", transforms, transforms == 1 ? "" : "s");
    }
    for (uint32_t i = 0; i < graph->sinks_count; i++) {
        printf("%s%s", i ? ", " : "", graph->sinks[i].config->name);
    }
    printf("\n\n");
    for (uint32_t i = 0; i < count; i++) {
        section_text(&sections[i]);
    }
}

static void graph_explain(const struct graph *graph, struct arena *arena) {
    uint32_t count = graph->sinks_count + 2;
    struct section *sections = arena_zalloc(arena, count * sizeof *sections);
    for (uint32_t i = 0; i < count; i++) {
        sections[i].facts.arena = arena;
    }
    sections[0].kind = "source";
    sections[0].name = graph->pipeline->source.name;
    source_tell(&sections[0].facts, graph);
    for (uint32_t i = 0; i < graph->sinks_count; i++) {
        struct section *section = &sections[i + 1];
        section->kind = "sink";
        section->name = graph->sinks[i].config->name;
        sink_tell(&section->facts, graph, &graph->sinks[i]);
    }
    sections[count - 1].kind = "limits";
    limits_tell(&sections[count - 1].facts, graph);
    if (common.json) {
        json_print(graph, sections, count);
    } else {
        text_print(graph, sections, count);
    }
}

static int explain_command(int argc, char **argv) {
    if (argc < 2) {
        return cli_usage_error(command_find("explain"), "which pipeline file?");
    }
    int code = EXIT_DONE;
    for (int i = 1; i < argc; i++) {
        struct arena *arena = arena_new(NULL, POOL_READ);
        struct pipeline *pipeline = cli_pipeline(argv[i], arena);
        struct graph *graph = pipeline ? cli_graph(pipeline, arena) : NULL;
        if (graph) {
            graph_explain(graph, arena);
        } else {
            code = EXIT_USAGE;
        }
        graph_free(graph);
        pipeline_free(pipeline);
        arena_free(arena);
    }
    return code;
}

const struct command command_explain = {
    .name = "explain",
    .summary = "Tell what a pipeline does and promises, and what a restart costs",
    .usage = "explain FILE...",
    .example = "leat explain pipelines/flights/pipeline.yaml",
    .run = explain_command,
};
