/* SPDX-License-Identifier: Apache-2.0 */
/* The pipeline file as JSON Schema 2020-12, for editors. It is as strict as the parser about names
 * and as lenient about values: everything that holds `${` is accepted where a scalar stands. Built
 * with jansson, which keeps the order of members; main thread, control plane. */
#include <jansson.h>
#include <stdlib.h>

#include "engine/config/parser.h"
#include "engine/config/reference.h"

static json_t *table_schema(const struct option_table *const *tables);

/* Out of memory ends the process, as everywhere in the control plane. */
static json_t *must(json_t *json) {
    if (!json) {
        abort();
    }
    return json;
}

static json_t *reference(const char *name) {
    return must(json_pack("{s:o}", "$ref", must(json_sprintf("#/$defs/%s", name))));
}

/* A value of that shape, or any text with a substitution. */
static json_t *or_substitution(json_t *shape) {
    return must(json_pack("{s:[o,o]}", "anyOf", shape, reference("substitution")));
}

static json_t *names_schema(const char *const *names) {
    json_t *list = must(json_array());
    for (uint32_t i = 0; names[i]; i++) {
        json_array_append_new(list, json_string(names[i]));
    }
    return must(json_pack("{s:o}", "enum", list));
}

static json_t *whole_schema(const struct option *row) {
    json_t *schema = must(json_pack("{s:s}", "type", "integer"));
    if (row->min || row->max) {
        json_object_set_new(schema, "minimum", json_integer(row->min));
        if (row->max >= row->min) {
            json_object_set_new(schema, "maximum", json_integer(row->max));
        }
    }
    return or_substitution(schema);
}

static json_t *percent_schema(const struct option *row) {
    json_t *schema = reference("percentage");
    if (row->choices) {
        schema = must(json_pack("{s:[o,o]}", "anyOf", schema, names_schema(row->choices)));
    }
    return or_substitution(schema);
}

static json_t *type_schema(const struct option *row) {
    const struct option_table *group[] = {row->group, NULL};
    switch (row->type) {
    case OPTION_TEXT:
    case OPTION_SECRET:
        return reference("text");
    case OPTION_TEXTS:
        return must(json_pack("{s:[o,{s:s,s:o}]}", "anyOf", reference("text"), "type", "array",
                              "items", reference("text")));
    case OPTION_BOOL:
        return or_substitution(must(json_pack("{s:s}", "type", "boolean")));
    case OPTION_INT:
        return whole_schema(row);
    case OPTION_BYTES:
        return or_substitution(reference("size"));
    case OPTION_DURATION:
        return or_substitution(reference("duration"));
    case OPTION_PERCENT:
        return percent_schema(row);
    case OPTION_CHOICE:
        return or_substitution(names_schema(row->choices));
    case OPTION_CHARACTER:
        return or_substitution(must(json_pack("{s:s,s:s}", "type", "string", "pattern",
                                              "^([\\t\\x20-\\x7e]|\\\\t)$")));
    case OPTION_TEXT_MAP:
        return must(json_pack("{s:s,s:o}", "type", "object", "additionalProperties",
                              reference("text")));
    case OPTION_GROUP:
        break;
    }
    return table_schema(group);
}

static json_t *fallback_schema(const struct option *row) {
    int64_t whole;
    if (row->type == OPTION_BOOL) {
        return json_boolean(strcmp(row->fallback, "true") == 0);
    }
    if (row->type == OPTION_INT && whole_parse(slice_of(row->fallback), &whole)) {
        return json_integer(whole);
    }
    return json_string(row->fallback);
}

static json_t *row_schema(const struct option *row) {
    json_t *schema = type_schema(row);
    json_object_set_new(schema, "description", json_string(row->sentence));
    if (row->fallback) {
        json_object_set_new(schema, "default", must(fallback_schema(row)));
    }
    return schema;
}

/* A mapping with the rows of all the tables and nothing else. */
static json_t *table_schema(const struct option_table *const *tables) {
    json_t *properties = must(json_object()), *required = must(json_array());
    for (; *tables; tables++) {
        for (const struct option *row = (*tables)->rows; row->name; row++) {
            json_object_set_new(properties, row->name, row_schema(row));
            if (row->flags & OPTION_REQUIRED) {
                json_array_append_new(required, json_string(row->name));
            }
        }
    }
    json_t *schema = must(json_pack("{s:[s,s],s:b,s:o}", "type", "object", "null",
                                    "additionalProperties", 0, "properties", properties));
    if (json_array_size(required)) {
        /* An empty value is an empty mapping, which lacks what is required. */
        json_object_set_new(schema, "type", json_string("object"));
        json_object_set(schema, "required", required);
    }
    json_decref(required);
    return schema;
}

/* Adds a key of its own to a mapping's schema. */
static void property(json_t *schema, const char *name, json_t *value) {
    json_object_set_new(json_object_get(schema, "properties"), name, must(value));
}

/* One of the connectors of a role stands in the mapping. more: rows that its own mapping may have
 * besides. */
static void connectors_add(json_t *schema, const struct connector_options *registry,
                           enum connector_role role, const struct option_table *more) {
    json_t *one = must(json_array());
    for (const struct connector_options *at = registry; at->kind; at++) {
        const struct option_table *tables[] = {connector_table(at, role), more, NULL};
        if (!tables[0]) {
            continue;
        }
        json_t *kind = table_schema(tables);
        json_object_set_new(kind, "description", json_string(at->sentence));
        property(schema, at->kind, kind);
        json_array_append_new(one, must(json_pack("{s:[s]}", "required", at->kind)));
    }
    json_object_set_new(schema, "type", json_string("object"));
    if (json_array_size(one)) {
        json_object_set(schema, "oneOf", one);
    }
    json_decref(one);
}

static json_t *list_of(json_t *items) {
    return must(json_pack("{s:s,s:o}", "type", "array", "items", items));
}

static json_t *source_schema(const struct connector_options *registry) {
    const struct option_table *tables[] = {&source_table, &position_table, NULL};
    json_t *schema = table_schema(tables);
    json_object_set_new(schema, "description", json_string("where records come from"));
    connectors_add(schema, registry, ROLE_SOURCE, &position_table);
    return schema;
}

static json_t *sink_schema(const struct connector_options *registry) {
    const struct option_table *tables[] = {&sink_table, NULL};
    json_t *schema = table_schema(tables);
    json_object_set_new(schema, "description", json_string("where records go"));
    connectors_add(schema, registry, ROLE_SINK, NULL);
    property(schema, "transforms", reference("transforms"));
    return schema;
}

static json_t *ledger_schema(const struct connector_options *registry) {
    const struct option_table *tables[] = {NULL};
    json_t *schema = table_schema(tables);
    json_object_set_new(schema, "description",
                        json_string("where positions are kept for sinks that cannot hold them"));
    connectors_add(schema, registry, ROLE_LEDGER, NULL);
    return schema;
}

static json_t *test_schema(void) {
    const struct option_table *tables[] = {&test_table, NULL};
    json_t *schema = table_schema(tables);
    json_t *rows = list_of(must(json_pack("{s:s}", "type", "object")));
    property(schema, "input", json_pack("{s:s,s:s}", "type", "array", "description",
                                        "records: mappings are JSON, texts are taken as they are"));
    property(schema, "dead_letters",
             json_pack("{s:[{s:s,s:i},O],s:s}", "anyOf", "type", "integer", "minimum", 0, rows,
                       "description", "how many dead letters, or what they hold"));
    property(schema, "expect",
             json_pack("{s:s,s:o,s:s}", "type", "object", "additionalProperties", rows,
                       "description", "the rows of each sink, by its name"));
    json_array_append_new(json_object_get(schema, "required"), json_string("input"));
    return schema;
}

static json_t *definitions(const struct connector_options *registry) {
    const struct option_table *transform[] = {&transform_table, NULL};
    json_t *sink_list = list_of(sink_schema(registry));
    json_object_set_new(sink_list, "minItems", json_integer(1));
    json_object_set_new(sink_list, "maxItems", json_integer(PIPELINE_SINKS_MAX));
    return must(json_pack(
        "{s:{s:[s,s,s]}, s:{s:s,s:s}, s:{s:[{s:s,s:s},{s:i}]}, s:{s:[{s:s,s:s},{s:s,s:i}]},"
        " s:{s:s,s:s}, s:o, s:o}",
        "text", "type", "string", "number", "boolean",
        "substitution", "type", "string", "pattern", "\\$\\{",
        "duration", "anyOf", "type", "string", "pattern",
        "^(0|([0-9]+(\\.[0-9]+)?(d|h|ms|m|us|s))+)$", "const", 0,
        "size", "anyOf", "type", "string", "pattern",
        "^[0-9]+(\\.[0-9]+)?( ?(B|kB|MB|GB|KiB|MiB|GiB))?$", "type", "integer", "minimum", 0,
        "percentage", "type", "string", "pattern", "^[0-9]+(\\.[0-9]+)?%$",
        "transforms", list_of(table_schema(transform)), "sinks", sink_list));
}

static json_t *pipeline_schema(const struct connector_options *registry) {
    const struct option_table *tables[] = {&pipeline_table, NULL};
    json_t *schema = must(json_pack("{s:s,s:s}", "$schema",
                                    "https://json-schema.org/draft/2020-12/schema", "title",
                                    "Leat pipeline"));
    json_t *body = table_schema(tables);
    json_object_update(schema, body);
    json_decref(body);
    property(schema, "source", source_schema(registry));
    property(schema, "transforms", reference("transforms"));
    property(schema, "sinks", reference("sinks"));
    property(schema, "ledger", ledger_schema(registry));
    property(schema, "tests", list_of(test_schema()));
    json_array_append_new(json_object_get(schema, "required"), json_string("source"));
    json_array_append_new(json_object_get(schema, "required"), json_string("sinks"));
    json_object_set_new(schema, "$defs", definitions(registry));
    return schema;
}

void options_json_schema(const struct connector_options *registry, struct buffer *out) {
    json_t *schema = pipeline_schema(registry);
    char *text = json_dumps(schema, JSON_INDENT(2));
    if (!text) {
        abort();
    }
    buffer_append_slice(out, slice_of(text));
    buffer_append_byte(out, '\n');
    free(text);
    json_decref(schema);
}
