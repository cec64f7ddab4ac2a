/* SPDX-License-Identifier: Apache-2.0 */
/* A pipeline file as structs: every field of the design's example, defaults, substitution,
 * overrides, files. */
#include "engine/config/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SINKS "sinks: [drop: {}]\n"
#define HEAD "pipeline: p\nsource: {well: {}}\n"

static const char whole[] =
    "pipeline: purchases\n"
    "source:\n"
    "  name: events\n"
    "  sea:\n"
    "    url: sea://x\n"
    "    password: swordfish\n"
    "    topics: [a, \"b c\"]\n"
    "    follow: true\n"
    "    batch: 7\n"
    "    buffer: 64KiB\n"
    "    timeout: 250ms\n"
    "    share: 12.5%\n"
    "    mode: merge\n"
    "    delimiter: \"\\t\"\n"
    "    properties: {client.id: leat, n: 1}\n"
    "    roll: {every: 30s}\n"
    "    starting_position: latest\n"
    "  until: 2026-11-01T00:00:00Z\n"
    "  format: csv\n"
    "  csv: {header: true, delimiter: \";\", quote: \"'\", nulls: [\"\", NA], quoted_newlines: "
    "false}\n"
    "  columns: |\n"
    "    id uuid,\n"
    "    ts timestamptz\n"
    "transforms:\n"
    "  - sql: select id from input\n"
    "  - sql: |\n"
    "      select 1\n"
    "    scope: batch\n"
    "sinks:\n"
    "  - sea: {url: b}\n"
    "    dead_letter_limit: 1.5%\n"
    "    commit: {rows: 10, bytes: 1kB, every: 2s}\n"
    "    starting_position: earliest\n"
    "  - name: lake\n"
    "    drop:\n"
    "    transforms: [{sql: select 2}]\n"
    "    dead_letter_limit: none\n"
    "ledger: {sea: {url: l}}\n"
    "limits: {memory: 256MiB, workers: 2, scratch: 2GB, record_bytes_max: 1MiB}\n"
    "http: {listen: \"127.0.0.1:8686\"}\n"
    "timezone: Europe/Berlin\n"
    "shutdown_timeout: 1m\n"
    "stall_timeout: 2m\n"
    "lease: 30s\n";

static void the_source_has_all_that_was_written(void **state) {
    struct source_config *source = &fixture_pipeline(*state, whole)->source;
    struct sea_options *sea = source->options;
    assert_string_equal(source->name, "events");
    assert_string_equal(source->connector->kind, "sea");
    assert_string_equal(sea->url, "sea://x");
    assert_string_equal(secret_reveal(sea->password), "swordfish");
    assert_int_equal(sea->topics.count, 2);
    assert_string_equal(sea->topics.items[1], "b c");
    assert_true(sea->follow);
    assert_int_equal(sea->batch, 7);
    assert_int_equal(sea->buffer_bytes, 65536);
    assert_int_equal(sea->timeout_us, 250000);
    assert_true(sea->share == 0.125);
    assert_int_equal(sea->mode, 2);
    assert_int_equal(sea->delimiter, '\t');
    assert_int_equal(sea->properties.count, 2);
    assert_string_equal(sea->properties.names[0], "client.id");
    assert_string_equal(sea->properties.values[1], "1");
    assert_int_equal(sea->roll.bytes, 128 << 20);
    assert_int_equal(sea->roll.every_us, 30000000);
}

static void the_format_is_made_of_its_rows(void **state) {
    struct source_config *source = &fixture_pipeline(*state, whole)->source;
    assert_int_equal(source->format.kind, FORMAT_CSV);
    assert_int_equal(source->format.framing, FRAMING_CSV);
    assert_true(source->format_given && source->format.header);
    assert_false(source->format.quoted_newlines || source->framing_auto);
    assert_int_equal(source->format.delimiter, ';');
    assert_int_equal(source->format.quote, '\'');
    assert_int_equal(source->format.nulls_count, 2);
    assert_true(slice_is(source->format.nulls[0], ""));
    assert_true(slice_is(source->format.nulls[1], "NA"));
    assert_int_equal(source->format.record_bytes_max, 1 << 20);
    assert_string_equal(source->columns.text, "id uuid,\nts timestamptz\n");
    assert_int_equal(source->columns.place.line, 22);
    assert_string_equal(source->starting_position.text, "latest");
    assert_int_equal(source->starting_position.place.line, 17);
    assert_string_equal(source->until.text, "2026-11-01T00:00:00Z");
    assert_int_equal(source->until.place.line, 18);
}

static void transforms_know_where_their_sql_stands(void **state) {
    struct pipeline *pipeline = fixture_pipeline(*state, whole);
    assert_int_equal(pipeline->transforms.count, 2);
    assert_string_equal(pipeline->transforms.items[0].sql.text, "select id from input");
    assert_int_equal(pipeline->transforms.items[0].scope, TRANSFORM_RECORD);
    assert_string_equal(pipeline->transforms.items[1].sql.text, "select 1\n");
    assert_int_equal(pipeline->transforms.items[1].scope, TRANSFORM_BATCH);
    struct place place = placed_text_at(&pipeline->transforms.items[1].sql, 7);
    assert_string_equal(place.file, "p.yaml");
    assert_int_equal(place.line, 27);
    assert_int_equal(place.column, 14);
}

static void sinks_have_names_limits_and_transforms_of_their_own(void **state) {
    struct pipeline *pipeline = fixture_pipeline(*state, whole);
    assert_int_equal(pipeline->sinks_count, 2);
    struct sink_config *sea = &pipeline->sinks[0], *lake = &pipeline->sinks[1];
    assert_string_equal(sea->name, "sea");
    assert_string_equal(((struct sea_options *)sea->options)->url, "b");
    assert_true(sea->dead_letter_limit > 0.01499 && sea->dead_letter_limit < 0.01501);
    assert_int_equal(sea->commit.rows, 10);
    assert_int_equal(sea->commit.bytes, 1000);
    assert_int_equal(sea->commit.every_us, 2000000);
    assert_string_equal(sea->starting_position.text, "earliest");
    assert_int_equal(sea->transforms.count, 0);
    assert_string_equal(lake->name, "lake");
    assert_string_equal(lake->connector->kind, "drop");
    assert_int_equal(lake->transforms.count, 1);
    assert_true(lake->dead_letter_limit < 0);
    assert_null(lake->starting_position.text);
}

static void the_rest_of_the_file_is_read(void **state) {
    struct pipeline *pipeline = fixture_pipeline(*state, whole);
    assert_string_equal(pipeline->name, "purchases");
    assert_string_equal(pipeline->file, "p.yaml");
    assert_string_equal(pipeline->ledger.connector->kind, "sea");
    assert_string_equal(((struct sea_options *)pipeline->ledger.options)->url, "l");
    assert_int_equal(pipeline->limits.memory_bytes, 256 << 20);
    assert_int_equal(pipeline->limits.workers, 2);
    assert_int_equal(pipeline->limits.scratch_bytes, 2000000000);
    assert_string_equal(pipeline->http.listen, "127.0.0.1:8686");
    assert_string_equal(pipeline->timezone, "Europe/Berlin");
    assert_int_equal(pipeline->shutdown_timeout_us, 60000000);
    assert_int_equal(pipeline->stall_timeout_us, 120000000);
    assert_int_equal(pipeline->lease_us, 30000000);
    assert_true(pipeline->lease_given);
}

static void what_is_absent_has_its_default(void **state) {
    struct pipeline *pipeline = fixture_pipeline(*state, HEAD SINKS);
    assert_string_equal(pipeline->source.name, "well");
    assert_int_equal(pipeline->source.format.kind, FORMAT_JSON);
    assert_int_equal(pipeline->source.format.framing, FRAMING_NONE);
    assert_true(pipeline->source.framing_auto);
    assert_false(pipeline->source.format_given || pipeline->lease_given);
    assert_int_equal(pipeline->source.format.json_depth_max, 128);
    assert_int_equal(pipeline->source.format.record_bytes_max, 8 << 20);
    assert_int_equal(pipeline->source.format.nulls_count, 1);
    assert_null(pipeline->source.columns.text);
    assert_null(pipeline->source.until.text);
    assert_null(pipeline->ledger.connector);
    assert_null(pipeline->http.listen);
    assert_string_equal(pipeline->timezone, "UTC");
    assert_int_equal(pipeline->limits.memory_bytes, 128 << 20);
    assert_int_equal(pipeline->limits.scratch_bytes, 1 << 30);
    assert_true(pipeline->limits.workers >= 1);
    assert_int_equal(pipeline->shutdown_timeout_us, 30000000);
    assert_int_equal(pipeline->stall_timeout_us, 60000000);
    assert_int_equal(pipeline->lease_us, 10000000);
    struct sink_config *sink = &pipeline->sinks[0];
    assert_string_equal(sink->name, "drop");
    assert_true(sink->dead_letter_limit == 0.1);
    assert_int_equal(sink->commit.rows, 0); /* the sink decides */
    assert_int_equal(sink->commit.bytes, 0);
    assert_int_equal(sink->commit.every_us, 0);
    assert_int_equal(pipeline->tests_count, 0);
}

static void json_framing_can_be_fixed(void **state) {
    struct pipeline *pipeline = fixture_pipeline(
        *state, "pipeline: p\nsource: {well: {}, json: {framing: array, depth_max: 3}}\n" SINKS);
    assert_int_equal(pipeline->source.format.framing, FRAMING_ARRAY);
    assert_false(pipeline->source.framing_auto);
    assert_int_equal(pipeline->source.format.json_depth_max, 3);
}

static void one_text_is_a_list_of_one(void **state) {
    struct pipeline *pipeline =
        fixture_pipeline(*state, "pipeline: p\nsource: {sea: {url: u, topics: t}}\n" SINKS);
    struct sea_options *sea = pipeline->source.options;
    assert_int_equal(sea->topics.count, 1);
    assert_string_equal(sea->topics.items[0], "t");
}

static void aliases_and_merges_serve_two_sinks(void **state) {
    struct pipeline *pipeline = fixture_pipeline(
        *state, HEAD "sinks:\n  - name: a\n    sea: &sea {url: u, batch: 3}\n"
                     "  - name: b\n    sea: {<<: *sea, url: v}\n");
    struct sea_options *sea = pipeline->sinks[1].options;
    assert_string_equal(sea->url, "v");
    assert_int_equal(sea->batch, 3);
}

static void tests_hold_json_with_the_digits_as_written(void **state) {
    struct pipeline *pipeline = fixture_pipeline(
        *state, HEAD "sinks: [{name: a, drop: {}}, {name: b, drop: {}}]\n"
                     "tests:\n"
                     "  - name: small ones\n"
                     "    input: [{id: 1.50, at: 2026-11-01T10:00:00Z}, 'a,${NO_VARIABLE}', [1]]\n"
                     "    expect: {b: [{id: 1.50}, {n: ~}], a: []}\n"
                     "    match: subset\n"
                     "    dead_letters: 2\n"
                     "  - {name: other, input: [], expect: {}, dead_letters: [{code: x}]}\n");
    assert_int_equal(pipeline->tests_count, 2);
    const struct test_config *test = &pipeline->tests[0];
    assert_string_equal(test->name, "small ones");
    assert_int_equal(test->input.count, 3);
    assert_string_equal(test->input.items[0], "{\"id\":1.50,\"at\":\"2026-11-01T10:00:00Z\"}");
    assert_string_equal(test->input.items[1], "a,${NO_VARIABLE}");
    assert_string_equal(test->input.items[2], "[1]");
    assert_int_equal(test->expects_count, 2);
    assert_int_equal(test->expects[0].sink, 1);
    assert_int_equal(test->expects[0].rows.count, 2);
    assert_string_equal(test->expects[0].rows.items[1], "{\"n\":null}");
    assert_int_equal(test->expects[1].rows.count, 0);
    assert_int_equal(test->match, TEST_SUBSET);
    assert_int_equal(test->dead_letters_count, 2);
    assert_int_equal(pipeline->tests[1].match, TEST_EXACT);
    assert_int_equal(pipeline->tests[1].dead_letters_count, 1);
    assert_string_equal(pipeline->tests[1].dead_letters.items[0], "{\"code\":\"x\"}");
}

/* --- overrides ------------------------------------------------------------------------------- */

static void overrides_replace_and_add(void **state) {
    struct fixture *fixture = *state;
    const char *names[] = {"limits.workers",
                           "source.sea.properties.client.id",
                           "source.sea.properties.\"a.b\"",
                           "sinks.1",
                           "sinks.1.name",
                           "source.sea.url",
                           "source.sea.topics",
                           "transforms.0.sql",
                           "http.listen"};
    const char *values[] = {"9",    "other", "c", "{drop: {}}",  "second",
                            "*: x", "[q, r]", "select 1", "\"[::1]:1\""};
    struct text_map sets = {.names = names, .values = values, .count = 9};
    assert_int_equal(fixture_load_sets(
                         fixture,
                         "pipeline: p\nsource: {sea: {url: u, properties: {client.id: x}}}\n" SINKS,
                         &sets),
                     STATUS_OK);
    struct pipeline *pipeline = fixture->pipeline;
    struct sea_options *sea = pipeline->source.options;
    assert_int_equal(pipeline->limits.workers, 9);
    assert_int_equal(sea->properties.count, 2);
    assert_string_equal(sea->properties.values[0], "other");
    assert_string_equal(sea->properties.names[1], "a.b");
    assert_int_equal(pipeline->sinks_count, 2);
    assert_string_equal(pipeline->sinks[1].name, "second");
    assert_string_equal(sea->url, "*: x");
    assert_string_equal(sea->topics.items[1], "r");
    assert_string_equal(pipeline->transforms.items[0].sql.text, "select 1");
    assert_string_equal(pipeline->http.listen, "[::1]:1");
}

static void a_wrong_override_is_told_by_its_name(void **state) {
    struct fixture *fixture = *state;
    const char *names[] = {"limits.workres", "sinks.7.name", "limits.memory", "http", "",
                           "sinks.x"};
    const char *values[] = {"9", "x", "1K", "[", "1", "2"};
    struct text_map sets = {.names = names, .values = values, .count = 6};
    assert_int_equal(fixture_load_sets(fixture, HEAD SINKS, &sets), STATUS_FAILED);
    const char *errors = fixture_errors(fixture);
    assert_non_null(strstr(errors,
                           "--set `limits.workres`: unknown key `workres` in limits, did you "
                           "mean `workers`? (config-unknown-key)\n"));
    assert_non_null(strstr(errors,
                           "--set `sinks.7.name`: `7` is no index of a list of 1: write 0 to 1 "
                           "(config-bad-override)\n"));
    assert_non_null(
        strstr(errors, "--set `limits.memory`: limits.memory takes a size of at least "));
    assert_non_null(strstr(errors, "--set `http`: not YAML: "));
    assert_non_null(strstr(errors, "--set ``: write --set name=value"));
    assert_non_null(strstr(errors, "--set `sinks.x`: `x` is no index"));
    assert_int_equal(fixture->errors.count, 6);
}

/* --- substitution ---------------------------------------------------------------------------- */

static const char *substituted(struct fixture *fixture, const char *scalar) {
    const char *text =
        arena_printf(fixture->arena, "pipeline: p\nsource:\n  sea:\n    url: %s\n" SINKS, scalar);
    struct sea_options *sea = fixture_pipeline(fixture, text)->source.options;
    return sea->url;
}

static void expect_substituted(struct fixture *fixture, const char *scalar, const char *expected) {
    assert_string_equal(substituted(fixture, scalar), expected);
    pipeline_free(fixture->pipeline);
    fixture->pipeline = NULL;
}

static void variables_are_put_in_after_yaml(void **state) {
    setenv("LEAT_TEST_A", "one", 1);
    setenv("LEAT_TEST_EMPTY", "", 1);
    setenv("LEAT_TEST_YAML", "{a: [b]} # no comment", 1);
    unsetenv("LEAT_TEST_NONE");
    expect_substituted(*state, "${LEAT_TEST_A}", "one");
    expect_substituted(*state, "'x${LEAT_TEST_A}y${LEAT_TEST_A}'", "xoneyone");
    expect_substituted(*state, "${LEAT_TEST_YAML}", "{a: [b]} # no comment");
    expect_substituted(*state, "x${LEAT_TEST_EMPTY}", "x");
    expect_substituted(*state, "${LEAT_TEST_EMPTY:-default}", "default");
    expect_substituted(*state, "${LEAT_TEST_NONE:-a b:-c}", "a b:-c");
    expect_substituted(*state, "x${LEAT_TEST_NONE:-}", "x");
    expect_substituted(*state, "${LEAT_TEST_A:-x}", "one");
    expect_substituted(*state, "$${LEAT_TEST_A} $$ $ {} $LEAT_TEST_A",
                       "${LEAT_TEST_A} $$ $ {} $LEAT_TEST_A");
    expect_substituted(*state, "$$${LEAT_TEST_A}", "$${LEAT_TEST_A}");
    setenv("LEAT_TEST_A", "${LEAT_TEST_EMPTY}", 1);
    expect_substituted(*state, "${LEAT_TEST_A}", "${LEAT_TEST_EMPTY}");
}

static void a_number_may_come_from_a_variable(void **state) {
    setenv("LEAT_TEST_N", "12", 1);
    struct pipeline *pipeline =
        fixture_pipeline(*state, HEAD SINKS "limits: {workers: \"${LEAT_TEST_N}\"}\n");
    assert_int_equal(pipeline->limits.workers, 12);
}

static char *scratch_file(struct fixture *fixture, const char *content, size_t len) {
    char *path = arena_printf(fixture->arena, "/tmp/leat-config-test-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, len), (ssize_t)len);
    close(fd);
    return path;
}

static void a_file_gives_its_text_without_the_line_end_and_is_secret(void **state) {
    struct fixture *fixture = *state;
    char *path = scratch_file(fixture, "pass word\r\n", 11);
    const char *text = substituted(fixture, arena_printf(fixture->arena, "u:${file:%s}@h", path));
    assert_string_equal(text, "u:pass word@h");
    char message[] = "cannot connect with pass word";
    secret_redact(message);
    assert_string_equal(message, "cannot connect with ***");
    pipeline_free(fixture->pipeline);
    fixture->pipeline = NULL;
    assert_int_equal(strlen(text), 0); /* wiped */
    unlink(path);
}

static void expect_hidden(struct fixture *fixture, const char *password, const char *message) {
    char copy[200];
    fixture_pipeline(fixture,
                     arena_printf(fixture->arena,
                                  "pipeline: p\nsource: {sea: {url: u, password: \"%s\"}}\n" SINKS,
                                  password));
    snprintf(copy, sizeof copy, "%s", message);
    secret_redact(copy);
    assert_string_equal(copy, "bad ***");
    pipeline_free(fixture->pipeline);
    fixture->pipeline = NULL;
    snprintf(copy, sizeof copy, "%s", message);
    secret_redact(copy);
    assert_string_equal(copy, message);
}

static void the_password_inside_a_connection_text_is_secret_too(void **state) {
    expect_hidden(*state, "postgres://me:sword:fish@host:5432/db", "bad sword:fish");
    expect_hidden(*state, "postgres://me:sw%20rd%40%zz@host", "bad sw%20rd%40%zz");
    expect_hidden(*state, "postgres://me:sw%20rd%40%4@host", "bad sw rd@%4");
    expect_hidden(*state, "postgres://host/db?user=x&password=swordfish&z=1", "bad swordfish");
    expect_hidden(*state, "host=x password=swordfish user=y", "bad swordfish");
    expect_hidden(*state, "host=x password='sword fish' user=y", "bad sword fish");
    expect_hidden(*state, "host=x password=", "bad host=x password=");
    expect_hidden(*state, "://@", "bad ://@");
}

static void a_file_that_cannot_be_a_secret_is_refused(void **state) {
    struct fixture *fixture = *state;
    char *large = arena_zalloc(fixture->arena, 70000);
    memset(large, 'x', 70000);
    char *nul = scratch_file(fixture, "a\0b", 3), *big = scratch_file(fixture, large, 70000);
    fixture_expect_errors(
        fixture,
        arena_printf(fixture->arena,
                     "pipeline: p\nsource:\n  sea:\n    url: ${file:/nowhere/x}\n"
                     "    topics: ['${file:/tmp}', '${file:%s}', '${file:%s}', '${file:}']\n" SINKS,
                     nul, big),
        arena_printf(
            fixture->arena,
            "p.yaml:4:10: cannot read `/nowhere/x`: No such file or directory "
            "(config-secret-file)\n"
            "p.yaml:5:15: cannot read `/tmp`: it is no regular file (config-secret-file)\n"
            "p.yaml:5:31: cannot read `%s`: it holds a NUL byte (config-secret-file)\n"
            "p.yaml:5:%d: cannot read `%s`: it is larger than 64 KiB (config-secret-file)\n"
            "p.yaml:5:%d: cannot read ``: No such file or directory (config-secret-file)\n",
            nul, 43 + (int)strlen(nul), big, 55 + (int)strlen(nul) + (int)strlen(big)));
    unlink(nul);
    unlink(big);
}

static void substitution_cannot_fill_memory(void **state) {
    struct fixture *fixture = *state;
    char *value = arena_zalloc(fixture->arena, 60001);
    memset(value, 'x', 60000);
    setenv("LEAT_TEST_LONG", value, 1);
    struct buffer text;
    buffer_init(&text, fixture->arena, 8192);
    buffer_printf(&text, HEAD SINKS "timezone: '");
    for (int i = 0; i < 100; i++) {
        buffer_printf(&text, "${LEAT_TEST_LONG}");
    }
    buffer_printf(&text, "'\n%c", 0);
    assert_int_equal(fixture_load_sets(fixture, text.data, NULL), STATUS_FAILED);
    assert_string_equal(fixture->errors.items[0].code, "config-too-large");
    unsetenv("LEAT_TEST_LONG");
}

/* --- files ----------------------------------------------------------------------------------- */

static enum status load_path(struct fixture *fixture, const char *path) {
    struct pipeline_input input = {.path = path, .registry = fixture_registry};
    return pipeline_load(&input, fixture->arena, &fixture->pipeline, &fixture->errors);
}

static void a_file_is_read_from_disk(void **state) {
    struct fixture *fixture = *state;
    char *path = scratch_file(fixture, HEAD SINKS, strlen(HEAD SINKS));
    assert_int_equal(load_path(fixture, path), STATUS_OK);
    assert_string_equal(fixture->pipeline->file, path);
    unlink(path);
}

static void expect_no_file(struct fixture *fixture, const char *path, const char *expected) {
    assert_int_equal(load_path(fixture, path), STATUS_FAILED);
    assert_string_equal(fixture_errors(fixture),
                        arena_printf(fixture->arena, "%s: %s\n", path, expected));
    config_errors_init(&fixture->errors, fixture->arena);
}

static void a_file_that_is_none_is_refused(void **state) {
    struct fixture *fixture = *state;
    expect_no_file(fixture, "/nowhere/p.yaml", "No such file or directory (config-no-file)");
    expect_no_file(fixture, "/tmp", "this is no file (config-no-file)");
    expect_no_file(fixture, "/dev/zero", "this is no file (config-no-file)");
    expect_no_file(fixture, "", "No such file or directory (config-no-file)");
    char *path = scratch_file(fixture, "", 0);
    expect_no_file(fixture, path, "the file is empty (config-empty)");
    unlink(path);
}

static void a_huge_file_is_refused_without_reading_it(void **state) {
    struct fixture *fixture = *state;
    char *path = scratch_file(fixture, "", 0);
    assert_int_equal(truncate(path, 100 << 20), 0);
    uint64_t before = arena_bytes(fixture->arena);
    expect_no_file(fixture, path, "larger than 1 MiB: this is no pipeline file (config-too-large)");
    assert_true(arena_bytes(fixture->arena) - before < 1 << 20);
    unlink(path);
}

static void a_huge_text_and_an_endless_pipe_are_refused(void **state) {
    struct fixture *fixture = *state;
    size_t len = PIPELINE_FILE_BYTES_MAX + 1;
    char *text = malloc(len);
    memset(text, '#', len);
    struct pipeline_input input = {
        .path = "t", .text = slice_make(text, len), .registry = fixture_registry};
    assert_int_equal(pipeline_load(&input, fixture->arena, &fixture->pipeline, &fixture->errors),
                     STATUS_FAILED);
    assert_string_equal(fixture->errors.items[0].code, "config-too-large");
    config_errors_init(&fixture->errors, fixture->arena);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    const char *path = arena_printf(fixture->arena, "/dev/fd/%d", ends[0]);
    const char yaml[] = HEAD SINKS;
    assert_int_equal(write(ends[1], yaml, sizeof yaml - 1), sizeof yaml - 1);
    close(ends[1]);
    assert_int_equal(load_path(fixture, path), STATUS_OK);
    close(ends[0]);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(the_source_has_all_that_was_written),
        FIXTURE_TEST(the_format_is_made_of_its_rows),
        FIXTURE_TEST(transforms_know_where_their_sql_stands),
        FIXTURE_TEST(sinks_have_names_limits_and_transforms_of_their_own),
        FIXTURE_TEST(the_rest_of_the_file_is_read),
        FIXTURE_TEST(what_is_absent_has_its_default),
        FIXTURE_TEST(json_framing_can_be_fixed),
        FIXTURE_TEST(one_text_is_a_list_of_one),
        FIXTURE_TEST(aliases_and_merges_serve_two_sinks),
        FIXTURE_TEST(tests_hold_json_with_the_digits_as_written),
        FIXTURE_TEST(overrides_replace_and_add),
        FIXTURE_TEST(a_wrong_override_is_told_by_its_name),
        FIXTURE_TEST(variables_are_put_in_after_yaml),
        FIXTURE_TEST(a_number_may_come_from_a_variable),
        FIXTURE_TEST(a_file_gives_its_text_without_the_line_end_and_is_secret),
        FIXTURE_TEST(the_password_inside_a_connection_text_is_secret_too),
        FIXTURE_TEST(a_file_that_cannot_be_a_secret_is_refused),
        FIXTURE_TEST(substitution_cannot_fill_memory),
        FIXTURE_TEST(a_file_is_read_from_disk),
        FIXTURE_TEST(a_file_that_is_none_is_refused),
        FIXTURE_TEST(a_huge_file_is_refused_without_reading_it),
        FIXTURE_TEST(a_huge_text_and_an_endless_pipe_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
