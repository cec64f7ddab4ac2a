/* SPDX-License-Identifier: Apache-2.0 */
/* `leat test`: the `tests:` of a pipeline file through the real stages. Expected rows are read with the types of the
 * sink's rows, so that 12.5 equals 12.50 and a timestamp equals itself in another spelling. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/cli/cli.h"
#include "engine/cli/sample.h"
#include "engine/record/json.h"

static const char *junit_path;

static const struct flag test_flags[] = {
    {.name = "junit", .value = "FILE", .sentence = "also write the results as JUnit XML", .text = &junit_path},
    {0},
};

struct results {
    struct arena *arena;
    FILE *junit;
    uint32_t passed, failed;
};

static struct raw raw_of(const struct text_list *texts, struct arena *arena) {
    struct record *records = arena_alloc(arena, (texts->count + 1) * sizeof *records);
    for (uint32_t i = 0; i < texts->count; i++) {
        struct slice text = arena_copy(arena, slice_of(texts->items[i]));
        records[i] = (struct record){.data = text.data, .len = (uint32_t)text.len, .offset = i};
    }
    return (struct raw){.data = "", .records = records, .records_count = texts->count};
}

/* The expected rows as columns of the sink's schema. */
static void expected_decode(const struct graph *graph, const struct schema *schema, const struct text_list *rows,
                            struct arena *arena, struct batch *ret) {
    struct format format = {.kind = FORMAT_JSON, .framing = FRAMING_LINES, .json_depth_max = 128};
    struct schema *input = arena_alloc(arena, sizeof *input);
    *input = input_schema(schema, arena);
    bool *needed = arena_zalloc(arena, input->count);
    memset(needed, true, schema->count);
    struct field_plan plan = {
        .input = input, .declared_count = schema->count, .needed = needed, .zone = graph->zone};
    struct raw raw = raw_of(rows, arena);
    struct decode_origin origin = {0};
    *ret = (struct batch){.arena = arena};
    decoder_run(decoder_new(&format, &plan, arena), &raw, &origin, ret);
}

static const void *value_at(const struct column *column, uint32_t row) {
    return (const char *)column->values + (size_t)column_index(column, row) * type_width(column->type);
}

static bool values_equal(const struct column *a, uint32_t row_a, const struct column *b, uint32_t row_b,
                         struct arena *arena) {
    bool null_a = column_is_null(a, row_a), null_b = column_is_null(b, row_b);
    if (null_a || null_b) {
        return null_a == null_b;
    }
    return value_compare(a->type, value_at(a, row_a), value_at(b, row_b), arena) == 0;
}

static bool names_member(struct slice document, const char *name) {
    return json_member(document, slice_of(name)).kind != JSON_NONE;
}

static bool row_matches(const struct batch *actual, uint32_t row, const struct batch *expected, uint32_t index,
                        struct slice document, bool subset) {
    for (uint32_t i = 0; i < actual->schema->count; i++) {
        if (subset && !names_member(document, actual->schema->fields[i].name)) {
            continue;
        }
        if (!values_equal(&actual->columns[i], row, &expected->columns[i], index, actual->arena)) {
            return false;
        }
    }
    return true;
}

/* A member that the sink's rows do not have can never match: most likely a slip. */
static const char *unknown_member(const struct schema *schema, struct slice document, struct arena *arena) {
    struct json_value key, value;
    size_t at = 0;
    while (json_next(json_root(document).text, &at, &key, &value)) {
        struct slice name;
        const char *code;
        if (json_unescape(key, arena, &name, &code) && schema_find(schema, name) < 0) {
            return arena_text(arena, name);
        }
    }
    return NULL;
}

static void rows_tell(const struct graph *graph, const struct batch *batch, struct buffer *out) {
    for (uint32_t i = 0; i < batch->selected; i++) {
        buffer_printf(out, "    got       ");
        sample_row(graph, batch, batch_row(batch, i), out);
    }
}

static void sink_check(const struct graph *graph, const struct test_config *test, const struct test_expect *expect,
                       const struct batch *actual, struct buffer *problems) {
    const char *sink = graph->sinks[expect->sink].config->name;
    struct batch expected;
    expected_decode(graph, actual->schema, &expect->rows, actual->arena, &expected);
    for (uint32_t i = 0; i < expected.withdrawals_count; i++) {
        struct slice message = expected.withdrawals[i].message;
        buffer_printf(problems, "    sink %s: expected row %u cannot be read: %.*s\n", sink,
                      expected.withdrawals[i].record + 1, (int)message.len, message.data);
    }
    bool subset = test->match == TEST_SUBSET;
    bool same = actual->selected == expect->rows.count && expected.withdrawals_count == 0;
    for (uint32_t i = 0; i < expect->rows.count; i++) {
        struct slice document = slice_of(expect->rows.items[i]);
        const char *unknown = unknown_member(actual->schema, document, actual->arena);
        if (unknown) {
            buffer_printf(problems, "    sink %s: its rows have no column %s\n", sink, unknown);
        }
        same = same && row_matches(actual, batch_row(actual, i), &expected, i, document, subset);
    }
    if (!same) {
        buffer_printf(problems, "    sink %s: expected %u rows, got %u\n", sink, expect->rows.count, actual->selected);
        for (uint32_t i = 0; i < expect->rows.count; i++) {
            buffer_printf(problems, "    expected  %s\n", expect->rows.items[i]);
        }
        rows_tell(graph, actual, problems);
    }
}

/* Records that ended as a dead letter in any sink. */
static uint32_t letters_count(const struct graph *graph, const struct sample *sample) {
    uint32_t count = 0;
    for (uint32_t record = 0; record < sample->common.records_count; record++) {
        bool dead = false;
        for (uint32_t i = 0; i < graph->sinks_count; i++) {
            dead |= batch_is_withdrawn(&sample->sinks[i], record);
        }
        count += dead;
    }
    return count;
}

static void letters_check(const struct graph *graph, const struct test_config *test, const struct sample *sample,
                          struct buffer *problems) {
    uint32_t count = letters_count(graph, sample);
    if ((int64_t)count == test->dead_letters_count) {
        return;
    }
    buffer_printf(problems, "    expected %lld dead letters, got %u\n", (long long)test->dead_letters_count, count);
    for (uint32_t i = 0; i < graph->sinks_count; i++) {
        for (uint32_t j = 0; j < sample->sinks[i].withdrawals_count; j++) {
            const struct withdrawal *withdrawal = &sample->sinks[i].withdrawals[j];
            buffer_printf(problems, "    sink %s, record %u, %s: %.*s (%s)\n", graph->sinks[i].config->name,
                          withdrawal->record + 1, withdrawal->stage, (int)withdrawal->message.len,
                          withdrawal->message.data, withdrawal->code);
        }
    }
}

static void xml_print(FILE *file, struct slice text) {
    for (size_t i = 0; i < text.len; i++) {
        switch (text.data[i]) {
        case '<':
            fputs("&lt;", file);
            break;
        case '&':
            fputs("&amp;", file);
            break;
        case '"':
            fputs("&quot;", file);
            break;
        default:
            fputc(text.data[i], file);
        }
    }
}

static void result_json(const struct graph *graph, const struct test_config *test, struct slice problems) {
    struct arena *arena = arena_new(NULL, POOL_SINK);
    struct buffer out;
    buffer_init(&out, arena, 256);
    buffer_printf(&out, "{\"pipeline\":");
    json_quote(slice_of(graph->pipeline->name), &out);
    buffer_printf(&out, ",\"test\":");
    json_quote(slice_of(test->name), &out);
    buffer_printf(&out, ",\"line\":%u,\"passed\":%s,\"problems\":", test->place.line, problems.len ? "false" : "true");
    json_quote(problems, &out);
    printf("%.*s}\n", (int)out.len, out.data);
    arena_free(arena);
}

static void result_tell(struct results *results, const struct graph *graph, const struct test_config *test,
                        struct slice problems) {
    bool passed = problems.len == 0;
    results->passed += passed;
    results->failed += !passed;
    if (common.json) {
        result_json(graph, test, problems);
    } else {
        printf("%s  %s: %s\n", passed ? "ok  " : "FAIL", graph->pipeline->name, test->name);
    }
    if (!passed && !common.json) {
        printf("    %s:%u:%u\n%.*s", test->place.file, test->place.line, test->place.column, (int)problems.len,
               problems.data);
    }
    if (results->junit) {
        fputs("  <testcase classname=\"", results->junit);
        xml_print(results->junit, slice_of(graph->pipeline->name));
        fputs("\" name=\"", results->junit);
        xml_print(results->junit, slice_of(test->name));
        fputs(passed ? "\"/>\n" : "\"><failure>", results->junit);
        if (!passed) {
            xml_print(results->junit, problems);
            fputs("</failure></testcase>\n", results->junit);
        }
    }
}

static void test_run(struct results *results, const struct graph *graph, const struct test_config *test) {
    struct arena *arena = arena_new(NULL, POOL_COLUMNS);
    struct buffer problems;
    buffer_init(&problems, arena, 256);
    struct part_format format = {.framing = FRAMING_LINES};
    if (graph->pipeline->source.format.kind == FORMAT_CSV) {
        format.framing = FRAMING_CSV;
    }
    struct raw raw = raw_of(&test->input, arena);
    struct sample sample;
    struct error error;
    if (sample_run(graph, &format, &raw, arena, &sample, &error) != STATUS_OK) {
        buffer_printf(&problems, "    %s (%s)\n", error.message, error.code);
    } else {
        for (uint32_t i = 0; i < test->expects_count; i++) {
            sink_check(graph, test, &test->expects[i], &sample.sinks[test->expects[i].sink], &problems);
        }
        letters_check(graph, test, &sample, &problems);
    }
    result_tell(results, graph, test, buffer_slice(&problems));
    arena_free(arena);
}

static bool file_run(struct results *results, const char *path) {
    struct pipeline *pipeline = cli_pipeline(path, results->arena);
    struct graph *graph = pipeline ? cli_graph(pipeline, results->arena) : NULL;
    for (uint32_t i = 0; graph && i < pipeline->tests_count; i++) {
        test_run(results, graph, &pipeline->tests[i]);
    }
    if (graph && !pipeline->tests_count) {
        printf("none  %s: the file has no tests\n", path);
    }
    bool loaded = graph != NULL;
    graph_free(graph);
    pipeline_free(pipeline);
    return loaded;
}

static int test_command(int argc, char **argv) {
    if (argc < 2) {
        return cli_usage_error(command_find("test"), "which pipeline file?");
    }
    struct results results = {.arena = arena_new(NULL, POOL_READ)};
    if (junit_path && !(results.junit = fopen(junit_path, "w"))) {
        fprintf(stderr, "leat: cannot write %s\n", junit_path);
        return EXIT_FAILED;
    }
    if (results.junit) {
        fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"leat\">\n", results.junit);
    }
    bool loaded = true;
    for (int i = 1; i < argc; i++) {
        loaded &= file_run(&results, argv[i]);
    }
    if (results.junit) {
        fputs("</testsuite>\n", results.junit);
        fclose(results.junit);
    }
    if (!common.json) {
        printf("%u passed, %u failed\n", results.passed, results.failed);
    }
    arena_free(results.arena);
    return !loaded ? EXIT_USAGE : results.failed ? EXIT_FAILED : EXIT_DONE;
}

const struct command command_test = {
    .name = "test",
    .summary = "Run the tests of pipeline files through their real stages",
    .usage = "test FILE...",
    .details = "A test gives input records and, for each sink, the rows it should get:\n"
               "  tests:\n"
               "    - name: small purchases are filtered\n"
               "      input: [{id: 1, amount: 5}]\n"
               "      expect: {postgres: []}",
    .example = "leat test pipelines/flights/pipeline.yaml --junit results.xml",
    .flags = test_flags,
    .run = test_command,
};
