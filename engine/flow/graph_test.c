/* SPDX-License-Identifier: Apache-2.0 */
/* What a pipeline file becomes before anything runs: schemas of sinks, tables that name their
 * columns, refusals and where they stand in the file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "engine/flow/fake_sink.h"
#include "engine/flow/graph.h"

/* A table that says what it takes: id int8, name text. */
static const struct schema *table_wanted(const struct sink *sink) {
    (void)sink;
    static struct field fields[] = {{.name = "id", .type = {.id = TYPE_INT8}, .not_null = true},
                                    {.name = "name", .type = {.id = TYPE_TEXT}}};
    static const struct schema schema = {.fields = fields, .count = 2};
    return &schema;
}

static struct sink_ops table_ops;
static const struct connector fake_connector = {
    .kind = "fake", .sentence = "for tests", .source = &fake_source_ops, .sink = &fake_sink_ops,
    .sink_options = &fake_sink_options,
};
static const struct connector table_connector = {
    .kind = "table", .sentence = "for tests", .sink = &table_ops, .sink_options = &fake_sink_options,
};
const struct connector *const connectors[] = {&fake_connector, &table_connector, NULL};

static const struct option no_rows[] = {{0}};
static const struct option_table no_options = {.rows = no_rows, .size = 1};
static const struct connector_options registry[] = {
    {.kind = "fake", .sentence = "for tests", .source = &no_options, .sink = &fake_sink_options},
    {.kind = "table", .sentence = "for tests", .sink = &fake_sink_options},
    {0},
};

struct fixture {
    struct arena *arena;
    struct pipeline *pipeline;
    struct graph *graph;
    struct config_errors errors;
};

/* rest: what follows `pipeline:` and the source's kind. */
static bool load(struct fixture *fixture, const char *rest) {
    *fixture = (struct fixture){.arena = arena_new(NULL, POOL_READ)};
    config_errors_init(&fixture->errors, fixture->arena);
    const char *text = arena_printf(fixture->arena, "pipeline: test\nsource:\n  fake: {}\n%s", rest);
    struct pipeline_input input = {.path = "t.yaml", .text = slice_of(text), .registry = registry};
    return pipeline_load(&input, fixture->arena, &fixture->pipeline, &fixture->errors) == STATUS_OK &&
           graph_new(fixture->pipeline, &fixture->graph, &fixture->errors) == STATUS_OK;
}

static void unload(struct fixture *fixture) {
    graph_free(fixture->graph);
    pipeline_free(fixture->pipeline);
    arena_free(fixture->arena);
}

static void loaded(struct fixture *fixture, const char *rest) {
    if (!load(fixture, rest)) {
        fail_msg("%s", fixture->errors.items[0].message);
    }
}

/* The one error, at line:column. */
static void refused(const char *rest, const char *code, uint32_t line, uint32_t column) {
    struct fixture fixture;
    assert_false(load(&fixture, rest));
    const struct config_error *error = &fixture.errors.items[0];
    assert_int_equal(fixture.errors.count, 1);
    if (strcmp(error->code, code) != 0 || error->place.line != line || error->place.column != column) {
        fail_msg("%s at %u:%u: %s", error->code, error->place.line, error->place.column, error->message);
    }
    unload(&fixture);
}

static void without_columns_and_transforms_a_sink_gets_the_record(void **state) {
    (void)state;
    struct fixture fixture;
    loaded(&fixture, "  format: json\nsinks: [fake: {}]\n");
    assert_int_equal(fixture.graph->sinks[0].schema.count, 1);
    assert_string_equal(fixture.graph->sinks[0].schema.fields[0].name, "_value");
    assert_true(fixture.graph->needed[VIRTUAL_VALUE]);
    unload(&fixture);
}

static void declared_columns_are_what_a_sink_gets(void **state) {
    (void)state;
    struct fixture fixture;
    loaded(&fixture, "  format: csv\n  columns: a int, b text\nsinks: [fake: {}, table: {}]\n");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(fixture.graph->sinks[i].schema.count, 2);
        assert_string_equal(fixture.graph->sinks[i].schema.fields[1].name, "b");
        assert_false(fixture.graph->sinks[i].by_name);
    }
    assert_false(fixture.graph->needed[2 + VIRTUAL_VALUE]);
    unload(&fixture);
}

static void a_table_names_its_columns_and_other_sinks_keep_theirs(void **state) {
    (void)state;
    fake_world_new();
    struct fixture fixture;
    loaded(&fixture, "  format: json\nsinks:\n  - table: {}\n  - fake: {}\n  - name: third\n    fake: {}\n"
                     "    transforms: [sql: \"select _value->>'x' as x from input\"]\n");
    struct error error;
    for (int again = 0; again < 2; again++) { /* a connection may be tried again */
        assert_int_equal(graph_connect(fixture.graph, INT64_MAX, &error), STATUS_OK);
        const struct graph *graph = fixture.graph;
        assert_int_equal(graph->declared.count, 2);
        assert_int_equal(graph->sinks[0].schema.count, 2);
        assert_int_equal(graph->sinks[0].first_column, 0);
        assert_string_equal(graph->sinks[1].schema.fields[0].name, "_value");
        assert_int_equal(graph->sinks[1].first_column, 2 + VIRTUAL_VALUE);
        assert_true(graph->needed[0] && graph->needed[1] && graph->needed[2 + VIRTUAL_VALUE]);
        assert_string_equal(graph->sinks[2].schema.fields[0].name, "x");
    }
    unload(&fixture);
    fake_world_clear();
}

static void a_table_alone_has_nothing_else_decoded(void **state) {
    (void)state;
    fake_world_new();
    struct fixture fixture;
    loaded(&fixture, "  format: csv\nsinks: [table: {}]\n");
    struct error error;
    assert_int_equal(graph_connect(fixture.graph, INT64_MAX, &error), STATUS_OK);
    assert_true(fixture.graph->needed[0] && fixture.graph->needed[1]);
    assert_false(fixture.graph->needed[2 + VIRTUAL_VALUE]);
    unload(&fixture);
    fake_world_clear();
}

static void what_depends_on_the_batch_is_refused(void **state) {
    (void)state;
    refused("  format: json\ntransforms:\n  - sql: select count(*) from input\nsinks: [fake: {}]\n",
            "sql-depends-on-batch", 6, 10);
    refused("  format: json\ntransforms:\n  - sql: select _raw from input limit 3\nsinks: [fake: {}]\n",
            "sql-depends-on-batch", 6, 10);
    refused("  format: json\nsinks:\n  - fake: {}\n    transforms:\n      - sql: select distinct _raw from input\n",
            "sql-depends-on-batch", 8, 14);
    struct fixture fixture;
    loaded(&fixture, "  format: json\ntransforms:\n  - sql: select _raw from input order by 1\n    scope: batch\n"
                     "sinks: [fake: {}]\n");
    unload(&fixture);
}

static void an_error_inside_of_a_block_of_sql_has_its_line_and_column(void **state) {
    (void)state;
    refused("  format: json\n  columns: a int\ntransforms:\n  - sql: |\n      select a,\n        "
            "nix\n      from input\n"
            "sinks: [fake: {}]\n",
            "42703", 9, 9);
    refused("  format: json\n  columns: |\n    a int,\n    b nothing\nsinks: [fake: {}]\n", "type-unknown", 7, 7);
    refused("  format: json\n  columns: a int\nsinks:\n  - fake: {}\n    transforms:\n      - sql: "
            "select a, nix from input\n",
            "42703", 9, 24);
    refused("  format: json\ntransforms: [sql: select * from input]\nsinks: [table: {}]\n", "42601", 5, 26);
}

int main(void) {
    table_ops = fake_sink_ops;
    table_ops.wanted = table_wanted;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_columns_and_transforms_a_sink_gets_the_record),
        cmocka_unit_test(declared_columns_are_what_a_sink_gets),
        cmocka_unit_test(a_table_names_its_columns_and_other_sinks_keep_theirs),
        cmocka_unit_test(a_table_alone_has_nothing_else_decoded),
        cmocka_unit_test(what_depends_on_the_batch_is_refused),
        cmocka_unit_test(an_error_inside_of_a_block_of_sql_has_its_line_and_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
