/* SPDX-License-Identifier: Apache-2.0 */
/* From a pipeline file to struct pipeline. The steps: size, YAML, overrides, sections, then what
 * only the whole shows (names, formats). A step that fails does not keep the later ones from
 * finding their errors, but for YAML itself. */
#include "engine/config/pipeline.h"

#include <ctype.h>
#include <sched.h>
#include <unistd.h>

#include "engine/config/file.h"
#include "engine/config/parser.h"
#include "engine/record/datetime.h"

enum { TRANSFORMS_MAX = 64 };

/* Names become keys of ledgers, parts of object names and transactional ids. */
static bool name_is_sound(const char *name) {
    size_t len = strlen(name);
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)name[i];
        if (!isalnum(byte) && byte != '-' && (i == 0 || (byte != '_' && byte != '.'))) {
            return false;
        }
    }
    return len > 0 && len <= PIPELINE_NAME_BYTES_MAX;
}

static void name_check(struct parser *parser, const struct node *mapping, const char *key,
                       const char *name) {
    const struct node *node = node_member(mapping, key);
    if (node && name && !name_is_sound(name)) {
        config_errors_add(
            parser->errors, node->place, "config-bad-name",
            "a name is 1 to %d characters of a-z, A-Z, 0-9, `-`, `_` and `.`, and begins "
            "with a letter or digit, not %s",
            PIPELINE_NAME_BYTES_MAX, shown(node->text, parser->arena));
    }
}

/* --- transforms ------------------------------------------------------------------------------ */

static void transform_read(struct parser *parser, const struct node *node, const char *path,
                           struct transform_config *ret) {
    const struct section sections[] = {{&transform_table, ret}, {NULL, NULL}};
    if (node->kind == NODE_SCALAR) {
        config_errors_add(parser->errors, node->place, "config-wrong-type",
                          "%s takes a mapping: write `- sql: select ... from input`", path);
        return;
    }
    mapping_read(parser, node, &(struct shape){.path = path, .sections = sections});
    ret->sql = placed_text_of(node, "sql", ret->sql.text);
}

static struct transform_list transforms_read(struct parser *parser, const struct node *parent,
                                             const char *path) {
    const struct node *node = node_member(parent, "transforms");
    struct transform_list list = {0};
    if (!node || node_is_null(node)) {
        return list;
    }
    if (node->kind != NODE_SEQUENCE || node->count > TRANSFORMS_MAX) {
        config_errors_add(parser->errors, node->place, "config-wrong-type",
                          "%s takes a list of at most %d steps: write `- sql: ...`", path,
                          TRANSFORMS_MAX);
        return list;
    }
    struct transform_config *items = arena_zalloc(parser->arena, (node->count + 1) * sizeof *items);
    for (uint32_t i = 0; i < node->count; i++) {
        transform_read(parser, node->entries[i].value,
                       arena_printf(parser->arena, "%s[%u]", path, i), &items[i]);
    }
    return (struct transform_list){.items = items, .count = node->count};
}

/* --- source ---------------------------------------------------------------------------------- */

static void format_fill(struct source_config *source, uint64_t record_bytes_max,
                        struct arena *arena) {
    static const enum framing json_framings[] = {
        [FRAMING_CHOICE_AUTO] = FRAMING_NONE,
        [FRAMING_CHOICE_LINES] = FRAMING_LINES,
        [FRAMING_CHOICE_DOCUMENTS] = FRAMING_DOCUMENTS,
        [FRAMING_CHOICE_ARRAY] = FRAMING_ARRAY,
    };
    const struct csv_config *csv = &source->csv;
    struct slice *nulls = arena_alloc(arena, (csv->nulls.count + 1) * sizeof *nulls);
    for (uint32_t i = 0; i < csv->nulls.count; i++) {
        nulls[i] = slice_of(csv->nulls.items[i]);
    }
    enum format_kind kind = (enum format_kind)source->format_kind;
    source->framing_auto = kind == FORMAT_JSON && source->json.framing == FRAMING_CHOICE_AUTO;
    source->format = (struct format){
        .kind = kind,
        .framing = kind == FORMAT_JSON   ? json_framings[source->json.framing]
                   : kind == FORMAT_CSV  ? FRAMING_CSV
                   : kind == FORMAT_TEXT ? FRAMING_LINES
                                         : FRAMING_NONE,
        .json_depth_max = (uint32_t)source->json.depth_max,
        .record_bytes_max = record_bytes_max,
        .header = csv->header,
        .quoted_newlines = csv->quoted_newlines,
        .delimiter = csv->delimiter,
        .quote = csv->quote,
        .nulls = nulls,
        .nulls_count = csv->nulls.count,
    };
}

/* `csv:` beside another format would be read and mean nothing. */
static void format_check(struct parser *parser, const struct node *node,
                         const struct source_config *source) {
    static const char *const kinds[] = {"json", "csv"};
    for (int kind = FORMAT_JSON; kind <= FORMAT_CSV; kind++) {
        const struct node *options = node_member(node, kinds[kind]);
        if (options && source->format_kind != kind) {
            config_errors_add(parser->errors, options->place, "config-bad-value",
                              "source.%s has no meaning in another format: write `format: %s`",
                              kinds[kind], kinds[kind]);
        }
    }
    const struct csv_config *csv = &source->csv;
    if (node->kind == NODE_MAPPING && csv->delimiter == csv->quote) {
        config_errors_add(parser->errors, node->place, "config-bad-value",
                          "source.csv.delimiter and source.csv.quote must differ");
    }
}

/* starting_position and until may stand beside the connector or inside of it, not both: where this
 * one does. */
static const struct node *position_mapping(struct parser *parser,
                                           const struct connector_choice *choice,
                                           const struct node *node, const char *key) {
    const struct node *inside = choice->node ? node_member(choice->node, key) : NULL;
    if (inside && node_member(node, key)) {
        config_errors_add(parser->errors, inside->place, "config-duplicate-key",
                          "%s stands beside `%s` as well: remove one", key,
                          choice->connector->kind);
    }
    return inside ? choice->node : node;
}

static void source_read(struct parser *parser, const struct node *root, struct pipeline *pipeline) {
    struct source_config *source = &pipeline->source;
    const struct node *node = node_member(root, "source");
    if (!node) {
        config_errors_add(parser->errors, root->place, "config-missing-key",
                          "source is missing: where records come from");
        return;
    }
    const struct section sections[] = {
        {&source_table, source}, {&position_table, source}, {NULL, NULL}};
    const struct shape shape = {.path = "source", .sections = sections, .role = ROLE_SOURCE};
    struct connector_choice choice = connector_read(parser, node, &shape, &sections[1]);
    source->connector = choice.connector;
    source->options = choice.options;
    source->place = choice.place;
    source->format_given = node_member(node, "format") != NULL;
    source->columns = placed_text_of(node, "columns", source->columns.text);
    source->starting_position =
        placed_text_of(position_mapping(parser, &choice, node, "starting_position"),
                       "starting_position", source->starting_position.text);
    source->until = placed_text_of(position_mapping(parser, &choice, node, "until"), "until",
                                   source->until.text);
    name_check(parser, node, "name", source->name);
    if (!source->name && source->connector) {
        source->name = source->connector->kind;
    }
    format_check(parser, node, source);
    format_fill(source, pipeline->limits.record_bytes_max, parser->arena);
}

/* --- sinks and ledger ------------------------------------------------------------------------ */

static void sink_read(struct parser *parser, const struct node *node, const char *path,
                      struct sink_config *sink) {
    static const char *const others[] = {"transforms", NULL};
    const struct section sections[] = {{&sink_table, sink}, {NULL, NULL}};
    struct connector_choice choice = connector_read(
        parser, node,
        &(struct shape){.path = path, .sections = sections, .others = others, .role = ROLE_SINK},
        NULL);
    sink->connector = choice.connector;
    sink->options = choice.options;
    sink->place = choice.place;
    sink->starting_position =
        placed_text_of(node, "starting_position", sink->starting_position.text);
    sink->transforms =
        transforms_read(parser, node, arena_printf(parser->arena, "%s.transforms", path));
    name_check(parser, node, "name", sink->name);
}

/* Names of sinks are the ledger's keys: unique, and given where the kind alone would not be. */
static void sink_names(struct parser *parser, struct pipeline *pipeline) {
    for (uint32_t i = 0; i < pipeline->sinks_count; i++) {
        struct sink_config *sink = &pipeline->sinks[i];
        bool unnamed = !sink->name;
        if (unnamed && sink->connector) {
            sink->name = sink->connector->kind;
        }
        for (uint32_t j = 0; sink->name && j < i; j++) {
            const char *other = pipeline->sinks[j].name;
            if (!other || strcmp(other, sink->name) != 0) {
                continue;
            }
            config_errors_add(parser->errors, sink->place, "config-same-name",
                              unnamed
                                  ? "sinks[%u] and sinks[%u] are both `%s`: give this one a "
                                    "`name:`, its positions are kept under it"
                                  : "sinks[%u] and sinks[%u] are both named `%s`: choose another "
                                    "name for this one",
                              j, i, sink->name);
            break;
        }
    }
}

static void sinks_read(struct parser *parser, const struct node *root, struct pipeline *pipeline) {
    const struct node *node = node_member(root, "sinks");
    if (!node || (node->kind == NODE_SEQUENCE && node->count == 0) || node_is_null(node)) {
        config_errors_add(parser->errors, node ? node->place : root->place, "config-missing-key",
                          "sinks is missing: a list of where records go, each as `- kind: {...}`");
        return;
    }
    if (node->kind != NODE_SEQUENCE || node->count > PIPELINE_SINKS_MAX) {
        config_errors_add(parser->errors, node->place, "config-wrong-type",
                          "sinks takes a list of at most %d, each as `- kind: {...}`",
                          PIPELINE_SINKS_MAX);
        return;
    }
    pipeline->sinks = arena_zalloc(parser->arena, node->count * sizeof *pipeline->sinks);
    pipeline->sinks_count = node->count;
    for (uint32_t i = 0; i < node->count; i++) {
        sink_read(parser, node->entries[i].value, arena_printf(parser->arena, "sinks[%u]", i),
                  &pipeline->sinks[i]);
    }
    sink_names(parser, pipeline);
}

static void ledger_read(struct parser *parser, const struct node *root, struct pipeline *pipeline) {
    const struct node *node = node_member(root, "ledger");
    if (!node) {
        return;
    }
    const struct section none = {NULL, NULL};
    struct connector_choice choice = connector_read(
        parser, node, &(struct shape){.path = "ledger", .sections = &none, .role = ROLE_LEDGER},
        NULL);
    pipeline->ledger = (struct ledger_config){
        .connector = choice.connector, .options = choice.options, .place = choice.place};
}

/* --- the whole ------------------------------------------------------------------------------- */

static int64_t cores(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) {
        return CPU_COUNT(&set);
    }
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? online : 1;
}

static void timezone_check(struct parser *parser, const struct node *root, const char *name) {
    const struct node *node = node_member(root, "timezone");
    if (node && name && !timezone_find(slice_of(name))) {
        config_errors_add(parser->errors, node->place, "config-bad-value",
                          "timezone takes a name such as UTC or Europe/Berlin, and there is no %s",
                          shown(node->text, parser->arena));
    }
}

static void limits_check(struct parser *parser, const struct node *root,
                         const struct limits_config *limits) {
    const struct node *node = node_member(root, "limits");
    if (node && limits->record_bytes_max > limits->memory_bytes) {
        config_errors_add(parser->errors, node->place, "config-bad-value",
                          "limits.record_bytes_max must not be larger than limits.memory");
    }
}

static void pipeline_read(struct parser *parser, const struct node *root,
                          struct pipeline *pipeline) {
    static const char *const others[] = {"source", "transforms", "sinks", "ledger", "tests", NULL};
    const struct section sections[] = {{&pipeline_table, pipeline}, {NULL, NULL}};
    mapping_read(parser, root,
                 &(struct shape){.path = "", .sections = sections, .others = others});
    if (root->kind != NODE_MAPPING) {
        return;
    }
    name_check(parser, root, "pipeline", pipeline->name);
    timezone_check(parser, root, pipeline->timezone);
    pipeline->lease_given = node_member(root, "lease") != NULL;
    if (!pipeline->limits.workers) {
        pipeline->limits.workers = cores();
    }
    limits_check(parser, root, &pipeline->limits);
    source_read(parser, root, pipeline);
    pipeline->transforms = transforms_read(parser, root, "transforms");
    sinks_read(parser, root, pipeline);
    ledger_read(parser, root, pipeline);
    tests_read(parser, root, pipeline);
}

static struct node *input_node(const struct pipeline_input *input, struct arena *arena,
                               struct config_errors *errors) {
    struct node_input node_input = {.text = input->text,
                                    .file = arena_text(arena, slice_of(input->path)),
                                    .nodes_max = PIPELINE_NODES_MAX,
                                    .depth_max = PIPELINE_DEPTH_MAX,
                                    .lines_max = PIPELINE_LINES_MAX};
    struct config_file file = {0};
    if (!input->text.data && !config_file_read(input->path, PIPELINE_FILE_BYTES_MAX, &file)) {
        config_errors_add(errors, (struct place){node_input.file, 0, 0}, file.code, "%s",
                          file.reason);
        return NULL;
    }
    if (!input->text.data) {
        node_input.text = slice_make(file.data, file.len);
    }
    struct node *root = NULL;
    if (node_input.text.len > PIPELINE_FILE_BYTES_MAX) {
        config_errors_add(errors, (struct place){node_input.file, 0, 0}, "config-too-large",
                          CONFIG_FILE_TOO_LARGE);
    } else {
        root = node_parse(&node_input, arena, errors);
    }
    config_file_free(&file);
    return root;
}

enum status pipeline_load(const struct pipeline_input *input, struct arena *arena,
                          struct pipeline **ret, struct config_errors *errors) {
    uint32_t before = errors->count, dropped = errors->dropped;
    struct parser parser = {.arena = arena, .errors = errors, .registry = input->registry,
                            .secrets = pipeline_secrets_new(arena)};
    struct pipeline *pipeline = arena_zalloc(arena, sizeof *pipeline);
    struct node *root = input_node(input, arena, errors);
    if (root) {
        node_override(root, input->sets, arena, errors);
        pipeline->file = root->place.file;
        pipeline->secrets = parser.secrets;
        pipeline_read(&parser, root, pipeline);
    }
    if (errors->count > before || errors->dropped > dropped) {
        config_errors_sort(errors, before);
        pipeline_secrets_free(parser.secrets);
        return STATUS_FAILED;
    }
    *ret = pipeline;
    return STATUS_OK;
}

void pipeline_free(struct pipeline *pipeline) {
    if (pipeline) {
        pipeline_secrets_free(pipeline->secrets);
    }
}
