/* SPDX-License-Identifier: Apache-2.0 */
/* The `tests:` of a pipeline file: input records and what each sink should get, as JSON text.
 * Nothing is substituted here: a test means the same on every machine. */
#include "engine/config/nearest.h"
#include "engine/config/parser.h"

static struct slice json_of(struct parser *parser, const struct node *node) {
    struct buffer out;
    buffer_init(&out, parser->arena, 256);
    node_json(node, &out);
    buffer_append_byte(&out, '\0');
    return slice_make(out.data, out.len - 1);
}

/* A list of rows as JSON texts. Scalars are taken as they are (raw records) when raw is set,
 * refused otherwise. */
static struct text_list rows_read(struct parser *parser, const struct node *node, const char *path,
                                  bool raw) {
    struct text_list list = {0};
    if (node->kind != NODE_SEQUENCE) {
        config_errors_add(parser->errors, node->place, "config-wrong-type", "%s takes a list of %s",
                          path, raw ? "records" : "rows, such as [{id: 1}]");
        return list;
    }
    const char **items = arena_alloc(parser->arena, (node->count + 1) * sizeof *items);
    for (uint32_t i = 0; i < node->count; i++) {
        const struct node *item = node->entries[i].value;
        if (!raw && item->kind != NODE_MAPPING) {
            config_errors_add(parser->errors, item->place, "config-wrong-type",
                              "%s[%u] takes a mapping of columns to values", path, i);
        }
        items[i] = item->kind == NODE_SCALAR ? item->text.data : json_of(parser, item).data;
    }
    return (struct text_list){.items = items, .count = node->count};
}

static bool sink_find(const struct pipeline *pipeline, struct slice name, uint32_t *ret) {
    for (uint32_t i = 0; i < pipeline->sinks_count; i++) {
        if (pipeline->sinks[i].name && slice_is(name, pipeline->sinks[i].name)) {
            *ret = i;
            return true;
        }
    }
    return false;
}

static void sink_unknown(struct parser *parser, const struct node_entry *entry, const char *path,
                         const struct pipeline *pipeline) {
    struct nearest nearest = nearest_of(entry->key);
    for (uint32_t i = 0; i < pipeline->sinks_count; i++) {
        if (pipeline->sinks[i].name) {
            nearest_offer(&nearest, pipeline->sinks[i].name);
        }
    }
    config_errors_add(parser->errors, entry->place, "config-unknown-key",
                      "%s names %s, which is no sink of this pipeline%s%s%s", path,
                      shown(entry->key, parser->arena), nearest.found ? ", did you mean `" : "",
                      nearest.found ? nearest.found : "", nearest.found ? "`?" : "");
}

static void expects_read(struct parser *parser, const struct node *node, const char *path,
                         const struct pipeline *pipeline, struct test_config *test) {
    if (node->kind != NODE_MAPPING) {
        config_errors_add(parser->errors, node->place, "config-wrong-type",
                          "%s takes a mapping of sinks to lists of rows", path);
        return;
    }
    struct test_expect *expects = arena_zalloc(parser->arena, (node->count + 1) * sizeof *expects);
    for (uint32_t i = 0; i < node->count; i++) {
        const struct node_entry *entry = &node->entries[i];
        struct test_expect *expect = &expects[test->expects_count];
        if (!sink_find(pipeline, entry->key, &expect->sink)) {
            sink_unknown(parser, entry, path, pipeline);
            continue;
        }
        expect->place = entry->place;
        expect->rows =
            rows_read(parser, entry->value,
                      arena_printf(parser->arena, "%s.%s", path, entry->key.data), false);
        test->expects_count++;
    }
    test->expects = expects;
}

static void dead_letters_read(struct parser *parser, const struct node *node, const char *path,
                              struct test_config *test) {
    if (node->kind == NODE_SEQUENCE) {
        test->dead_letters = rows_read(parser, node, path, false);
        test->dead_letters_count = test->dead_letters.count;
    } else if (node->kind != NODE_SCALAR || !whole_parse(node->text, &test->dead_letters_count) ||
               test->dead_letters_count < 0) {
        config_errors_add(parser->errors, node->place, "config-bad-value",
                          "%s takes the number of dead letters, or a list of what they hold", path);
    }
}

static void test_read(struct parser *parser, const struct node *node, const char *path,
                      const struct pipeline *pipeline, struct test_config *test) {
    static const char *const others[] = {"input", "expect", "dead_letters", NULL};
    const struct section sections[] = {{&test_table, test}, {NULL, NULL}};
    mapping_read(parser, node,
                 &(struct shape){.path = path, .sections = sections, .others = others});
    test->place = node->place;
    const struct node *input = node_member(node, "input"), *expect = node_member(node, "expect");
    const struct node *dead_letters = node_member(node, "dead_letters");
    if (node->kind == NODE_MAPPING && (!input || (!expect && !dead_letters))) {
        config_errors_add(parser->errors, node->place, "config-missing-key",
                          input ? "%s expects nothing: add `expect:` with the rows of each sink"
                                : "%s.input is missing: the records of the test",
                          path);
    }
    if (input) {
        test->input =
            rows_read(parser, input, arena_printf(parser->arena, "%s.input", path), true);
    }
    if (expect) {
        expects_read(parser, expect, arena_printf(parser->arena, "%s.expect", path), pipeline,
                     test);
    }
    if (dead_letters) {
        dead_letters_read(parser, dead_letters,
                          arena_printf(parser->arena, "%s.dead_letters", path), test);
    }
}

void tests_read(struct parser *parser, const struct node *root, struct pipeline *pipeline) {
    const struct node *node = node_member(root, "tests");
    if (!node || node_is_null(node)) {
        return;
    }
    if (node->kind != NODE_SEQUENCE) {
        config_errors_add(parser->errors, node->place, "config-wrong-type",
                          "tests takes a list, each as `- name: ...`");
        return;
    }
    struct test_config *tests = arena_zalloc(parser->arena, (node->count + 1) * sizeof *tests);
    for (uint32_t i = 0; i < node->count; i++) {
        test_read(parser, node->entries[i].value, arena_printf(parser->arena, "tests[%u]", i),
                  pipeline, &tests[i]);
    }
    pipeline->tests = tests;
    pipeline->tests_count = node->count;
}
