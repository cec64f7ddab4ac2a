/* SPDX-License-Identifier: Apache-2.0 */
/* What people read when a pipeline file is wrong: every message to the letter, all of them at once,
 * and never a secret. */
#include "engine/config/fixture.h"

#include <stdio.h>

#include "engine/config/nearest.h"

#define HEAD "pipeline: p\nsource: {well: {}}\n"
#define SINKS "sinks: [drop: {}]\n"

static void all_errors_are_told_in_the_order_of_the_file(void **state) {
    fixture_expect_errors(
        *state,
        "pipeline: p\n"
        "sorce: {}\n"
        "source:\n"
        "  sea: {urls: x, batch: 5000, mode: upsrt, follow: yes}\n"
        "sinks:\n"
        "  - sea: {url: b}\n"
        "  - sea: {url: b, timeout: 10}\n"
        "limits: {memory: 64mb}\n"
        "limits: {}\n",
        "p.yaml:2:1: unknown key `sorce` in the pipeline: remove it (config-unknown-key)\n"
        "p.yaml:4:8: source.sea.url is missing: where the sea is (config-missing-key)\n"
        "p.yaml:4:9: unknown key `urls` in source.sea, did you mean `url`? (config-unknown-key)\n"
        "p.yaml:4:25: source.sea.batch takes a whole number from 1 to 1000, not `5000` "
        "(config-bad-value)\n"
        "p.yaml:4:37: source.sea.mode takes append, upsert or merge, not `upsrt`, did you mean "
        "`upsert`? "
        "(config-bad-value)\n"
        "p.yaml:4:52: source.sea.follow takes true or false, not `yes`, did you mean `true`? "
        "(config-bad-value)\n"
        "p.yaml:7:5: sinks[0] and sinks[1] are both `sea`: give this one a `name:`, its positions "
        "are "
        "kept under it (config-same-name)\n"
        "p.yaml:7:28: sinks[1].sea.timeout takes a duration from 1ms to 1h, such as 250ms, 10s or "
        "1h30m, "
        "not `10`, did you mean `10s`? (config-bad-value)\n"
        "p.yaml:8:18: limits.memory takes a size of at least 8MiB, such as 64MiB or 10kB, not "
        "`64mb`, did "
        "you mean `64MB`? (config-bad-value)\n"
        "p.yaml:9:1: key `limits` stands here a second time, first in line 8: remove one "
        "(config-duplicate-key)\n");
}

static void an_empty_pipeline_is_told_what_it_lacks(void **state) {
    fixture_expect_errors(
        *state, "{}",
        "p.yaml:1:1: pipeline is missing: name of the pipeline; its positions are kept "
        "under it (config-missing-key)\n"
        "p.yaml:1:1: source is missing: where records come from (config-missing-key)\n"
        "p.yaml:1:1: sinks is missing: a list of where records go, each as `- kind: "
        "{...}` (config-missing-key)\n");
    fixture_expect_errors(*state, "hello",
                          "p.yaml:1:1: the pipeline file takes a mapping, not a text "
                          "(config-wrong-type)\n");
}

static void a_source_names_one_connector(void **state) {
    fixture_expect_errors(*state, "pipeline: p\nsource: {format: json}\n" SINKS,
                          "p.yaml:2:9: source names no connector: add one of sea, well "
                          "(config-missing-key)\n");
    fixture_expect_errors(*state, "pipeline: p\nsource: {well: , sea: {}}\n" SINKS,
                          "p.yaml:2:18: source is well already: `sea` needs an entry of its own "
                          "(config-two-connectors)\n");
    fixture_expect_errors(
        *state, "pipeline: p\nsource: {drop: {}}\n" SINKS,
        "p.yaml:2:10: drop is no source: use one of sea, well (config-unknown-key)\n");
    fixture_expect_errors(*state, "pipeline: p\nsource: {wel: {}}\n" SINKS,
                          "p.yaml:2:10: unknown key `wel` in source, did you mean `well`? "
                          "(config-unknown-key)\n");
    fixture_expect_errors(*state, "pipeline: p\nsource: [well]\n" SINKS,
                          "p.yaml:2:9: source takes a mapping, not a list (config-wrong-type)\n");
    fixture_expect_errors(
        *state, "pipeline: p\nsource: {well: [1]}\n" SINKS,
        "p.yaml:2:16: source.well takes a mapping, not a list (config-wrong-type)\n");
    fixture_expect_errors(*state, HEAD SINKS "ledger: {well: {}}\n",
                          "p.yaml:4:10: well is no ledger: use one of sea (config-unknown-key)\n");
}

static void sinks_are_a_list_with_names(void **state) {
    fixture_expect_errors(*state, HEAD "sinks: {drop: {}}\n",
                          "p.yaml:3:8: sinks takes a list of at most 64, each as `- kind: {...}` "
                          "(config-wrong-type)\n");
    fixture_expect_errors(
        *state, HEAD "sinks: []\n",
        "p.yaml:3:8: sinks is missing: a list of where records go, each as `- kind: "
        "{...}` (config-missing-key)\n");
    fixture_expect_errors(
        *state, HEAD "sinks: [{name: a, drop: }, {name: a, drop: }]\n",
        "p.yaml:3:38: sinks[0] and sinks[1] are both named `a`: choose another name "
        "for this one (config-same-name)\n");
    fixture_expect_errors(
        *state, HEAD "sinks: [{name: drop, sea: {url: x}}, {drop: }]\n",
        "p.yaml:3:39: sinks[0] and sinks[1] are both `drop`: give this one a `name:`, "
        "its positions are kept under it (config-same-name)\n");
    fixture_expect_errors(
        *state, HEAD "sinks: [{drop: , name: _x}]\n",
        "p.yaml:3:24: a name is 1 to 63 characters of a-z, A-Z, 0-9, `-`, `_` and `.`, "
        "and begins with a letter or digit, not `_x` (config-bad-name)\n");
}

static void values_of_the_wrong_kind_are_told(void **state) {
    fixture_expect_errors(
        *state,
        "pipeline: p\nsource:\n  sea:\n    url: [a]\n    password: {a: b}\n    topics: {a: b}\n"
        "    properties: [x]\n    roll: 5\n    batch: ~\n    share:\n    follow: 'null'\n" SINKS,
        "p.yaml:4:10: source.sea.url takes a text, not a list (config-wrong-type)\n"
        "p.yaml:5:15: source.sea.password takes a text, not a mapping (config-wrong-type)\n"
        "p.yaml:6:13: source.sea.topics takes a list of texts, or one text, not a mapping "
        "(config-wrong-type)\n"
        "p.yaml:7:17: source.sea.properties takes a mapping of names to texts, not a list "
        "(config-wrong-type)\n"
        "p.yaml:8:11: source.sea.roll takes a mapping, not a text (config-wrong-type)\n"
        "p.yaml:9:12: source.sea.batch has no value: write a whole number from 1 to 1000, or leave "
        "the "
        "line out (config-wrong-type)\n"
        "p.yaml:10:5: source.sea.share has no value: write a percentage from 0% to 100%, such as "
        "10%, or "
        "leave the line out (config-wrong-type)\n"
        "p.yaml:11:13: source.sea.follow takes true or false, not `null` (config-bad-value)\n");
    fixture_expect_errors(
        *state,
        "pipeline: p\nsource:\n  sea:\n    url: x\n    topics: [a, [b], ~]\n    properties: {a: "
        "{b: c}}\n"
        "    delimiter: '\xc3\xa4'\n" SINKS,
        "p.yaml:5:17: source.sea.topics[1] takes a text, not a list (config-wrong-type)\n"
        "p.yaml:5:22: source.sea.topics[2] has no value: write a text, or leave the line out "
        "(config-wrong-type)\n"
        "p.yaml:6:21: source.sea.properties.a takes a text, not a mapping (config-wrong-type)\n"
        "p.yaml:7:16: source.sea.delimiter takes one ASCII character, not `\xc3\xa4` "
        "(config-bad-value)\n");
}

static void sections_of_the_engine_are_checked(void **state) {
    fixture_expect_errors(
        *state,
        "pipeline: p\n"
        "source: {well: {starting_position: a}, starting_position: b, csv: {quote: \",\"}}\n"
        "transforms: [select 1, {scope: batch}, {sql: a, scope: rows}]\n"
        "sinks: [{drop: , dead_letter_limit: nune, transforms: x}]\n"
        "limits: {record_bytes_max: 512MiB}\n"
        "tests:\n"
        "  - {name: x}\n"
        "  - {input: [], expect: {drp: [], drop: [1]}, dead_letters: -1, match: some}\n"
        "  - {name: y, input: {a: 1}, expect: []}\n",
        "p.yaml:2:9: source.csv.delimiter and source.csv.quote must differ (config-bad-value)\n"
        "p.yaml:2:36: starting_position stands beside `well` as well: remove one "
        "(config-duplicate-key)\n"
        "p.yaml:2:67: source.csv has no meaning in another format: write `format: csv` "
        "(config-bad-value)\n"
        "p.yaml:3:14: transforms[0] takes a mapping: write `- sql: select ... from input` "
        "(config-wrong-type)\n"
        "p.yaml:3:24: transforms[1].sql is missing: a select from input, the output of the step "
        "before "
        "(config-missing-key)\n"
        "p.yaml:3:56: transforms[2].scope takes record or batch, not `rows` (config-bad-value)\n"
        "p.yaml:4:37: sinks[0].dead_letter_limit takes a percentage from 0% to 100%, such as 10%, "
        "or "
        "none, not `nune`, did you mean `none`? (config-bad-value)\n"
        "p.yaml:4:55: sinks[0].transforms takes a list of at most 64 steps: write `- sql: ...` "
        "(config-wrong-type)\n"
        "p.yaml:5:9: limits.record_bytes_max must not be larger than limits.memory "
        "(config-bad-value)\n"
        "p.yaml:7:5: tests[0].input is missing: the records of the test (config-missing-key)\n"
        "p.yaml:8:5: tests[1].name is missing: what the test shows, as a sentence "
        "(config-missing-key)\n"
        "p.yaml:8:26: tests[1].expect names `drp`, which is no sink of this pipeline, did you mean "
        "`drop`? (config-unknown-key)\n"
        "p.yaml:8:42: tests[1].expect.drop[0] takes a mapping of columns to values "
        "(config-wrong-type)\n"
        "p.yaml:8:61: tests[1].dead_letters takes the number of dead letters, or a list of what "
        "they "
        "hold (config-bad-value)\n"
        "p.yaml:8:72: tests[1].match takes exact or subset, not `some` (config-bad-value)\n"
        "p.yaml:9:22: tests[2].input takes a list of records (config-wrong-type)\n"
        "p.yaml:9:38: tests[2].expect takes a mapping of sinks to lists of rows "
        "(config-wrong-type)\n");
}

static void a_wrong_substitution_is_told_where_it_stands(void **state) {
    unsetenv("LEAT_TEST_NONE");
    fixture_expect_errors(
        *state,
        HEAD SINKS "timezone: \"x ${LEAT_TEST_NONE}\"\n"
                   "http: {listen: \"${1}${\"}\n"
                   "transforms:\n  - sql: |\n      select\n        ${exec:ls}\n",
        "p.yaml:4:14: environment variable LEAT_TEST_NONE is not set: set it, or write "
        "${LEAT_TEST_NONE:-default} (config-unset-variable)\n"
        "p.yaml:5:17: `1` is no substitution: write ${NAME}, ${NAME:-default}, ${file:/path}, or "
        "$${ for "
        "the characters themselves (config-bad-substitution)\n"
        "p.yaml:9:9: `exec:ls` is no substitution: write ${NAME}, ${NAME:-default}, ${file:/path}, "
        "or $${ "
        "for the characters themselves (config-bad-substitution)\n");
    fixture_expect_errors(
        *state, HEAD SINKS "timezone: ${A\n",
        "p.yaml:4:11: `${` without `}`: close it, or write $${ for the characters "
        "themselves (config-bad-substitution)\n");
}

static void a_required_text_is_not_empty(void **state) {
    setenv("LEAT_TEST_EMPTY", "", 1);
    fixture_expect_errors(
        *state,
        "pipeline: ''\nsource: {sea: {url: \"${LEAT_TEST_EMPTY}\"}}\n"
        "transforms: [sql: '']\n" SINKS,
        "p.yaml:1:11: pipeline is empty: name of the pipeline; its positions are "
        "kept under it (config-bad-value)\n"
        "p.yaml:2:21: source.sea.url is empty: where the sea is "
        "(config-bad-value)\n"
        "p.yaml:3:19: transforms[0].sql is empty: a select from input, the output "
        "of the step before (config-bad-value)\n");
}

static void the_value_of_a_variable_is_not_shown(void **state) {
    setenv("LEAT_TEST_CANARY", "canary-4711", 1);
    fixture_expect_errors(
        *state, HEAD SINKS "limits: {workers: \"${LEAT_TEST_CANARY}\"}\n",
        "p.yaml:4:19: limits.workers takes a whole number from 1 to 256, not the value "
        "of `${LEAT_TEST_CANARY}` (config-bad-value)\n");
    unsetenv("LEAT_TEST_CANARY");
}

/* The canary in every field of every section, right and wrong ones; no message may hold it. */
static void a_canary_secret_is_in_no_message(void **state) {
    struct fixture *fixture = *state;
    char path[] = "/tmp/leat-config-canary-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");
    fputs("canary-0815\n", file);
    fclose(file);
    const char *value = arena_printf(fixture->arena, "'${file:%s}'", path);
    static const char *const places[] = {
        "pipeline: %s\nsource: {well: {}}\n" SINKS,
        HEAD SINKS "timezone: %s\nlimits: {workers: x}\n",
        HEAD SINKS "shutdown_timeout: %s\n",
        HEAD SINKS "limits: {workers: %s}\n",
        HEAD SINKS "limits: {memory: %s}\n",
        HEAD SINKS "http: %s\n",
        HEAD SINKS "nothing: %s\n",
        HEAD "sinks: [{drop: , dead_letter_limit: %s}]\n",
        HEAD "sinks: [{sea: {url: u, mode: %s}}]\n",
        HEAD "sinks: [{sea: {url: u, follow: %s}}]\n",
        HEAD "sinks: [{sea: {url: u, share: %s, delimiter: xx}}]\n",
        HEAD "sinks: [{sea: {password: %s}}]\n",
        HEAD "sinks: [{sea: {password: [%s]}}]\n",
        HEAD "sinks: [{sea: {password: %s, url: }}]\n",
        HEAD "sinks: [{sea: {password: canary-0815, batch: canary-0815}}]\n",
        HEAD "sinks: [{sea: {password: canary-0815, canary-0815: 1}}]\n",
    };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char text[512];
        const char *hole = strstr(places[i], "%s");
        size_t before = hole ? (size_t)(hole - places[i]) : strlen(places[i]);
        snprintf(text, sizeof text, "%.*s%s%s", (int)before, places[i], hole ? value : "",
                 hole ? hole + 2 : "");
        assert_int_equal(fixture_load_sets(fixture, text, NULL),
                         i == 0 ? STATUS_OK : STATUS_FAILED);
        assert_null(strstr(fixture_errors(fixture), "canary-0815"));
        pipeline_free(fixture->pipeline);
        fixture->pipeline = NULL;
        config_errors_init(&fixture->errors, fixture->arena);
    }
    remove(path);
}

static void a_thousand_errors_are_cut_with_a_count(void **state) {
    struct fixture *fixture = *state;
    struct buffer text;
    buffer_init(&text, fixture->arena, 4096);
    buffer_printf(&text, "%s", HEAD SINKS);
    for (int i = 0; i < 1000; i++) {
        buffer_printf(&text, "key%d: 1\n", i);
    }
    buffer_append_byte(&text, '\0');
    assert_int_equal(fixture_load_sets(fixture, text.data, NULL), STATUS_FAILED);
    assert_int_equal(fixture->errors.count, CONFIG_ERRORS_MAX);
    assert_int_equal(fixture->errors.dropped, 1000 - CONFIG_ERRORS_MAX);
    assert_non_null(strstr(fixture_errors(fixture), "\nand 900 more\n"));
    struct error error;
    assert_int_equal(config_errors_first(&fixture->errors, &error), STATUS_FAILED);
    assert_non_null(strstr(error.message, ", and 999 more"));
    assert_string_equal(error.where, "p.yaml:4:1");
    assert_string_equal(error.code, "config-unknown-key");
}

static void errors_of_two_files_stand_together(void **state) {
    struct fixture *fixture = *state;
    struct pipeline_input input = {.registry = fixture_registry};
    input.path = "a.yaml";
    input.text = slice_of(HEAD SINKS "x: 1\n");
    assert_int_equal(pipeline_load(&input, fixture->arena, &fixture->pipeline, &fixture->errors),
                     STATUS_FAILED);
    input.path = "b.yaml";
    input.text = slice_of("y: 1\n" HEAD SINKS);
    assert_int_equal(pipeline_load(&input, fixture->arena, &fixture->pipeline, &fixture->errors),
                     STATUS_FAILED);
    assert_string_equal(
        fixture_errors(fixture),
        "a.yaml:4:1: unknown key `x` in the pipeline: remove it (config-unknown-key)\n"
        "b.yaml:1:1: unknown key `y` in the pipeline: remove it (config-unknown-key)\n");
    struct error error;
    config_errors_init(&fixture->errors, fixture->arena);
    assert_int_equal(config_errors_first(&fixture->errors, &error), STATUS_OK);
}

static void strange_keys_are_shown_short_and_printable(void **state) {
    fixture_expect_errors(
        *state,
        HEAD SINKS
        "\"a\\u001b[31m\\n\": 1\n"
        "? xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n"
        ": 1\n\"\": 2\n",
        "p.yaml:4:1: unknown key `a?[31m?` in the pipeline: remove it (config-unknown-key)\n"
        "p.yaml:5:3: unknown key `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...` "
        "in the "
        "pipeline: remove it (config-unknown-key)\n"
        "p.yaml:7:1: unknown key `` in the pipeline: remove it (config-unknown-key)\n");
}

static void an_unknown_time_zone_is_told(void **state) {
    fixture_expect_errors(
        *state, HEAD SINKS "timezone: Europe/Atlantis\n",
        "p.yaml:4:11: timezone takes a name such as UTC or Europe/Berlin, and there "
        "is no `Europe/Atlantis` (config-bad-value)\n");
}

static void a_long_message_is_cut_between_characters(void **state) {
    struct fixture *fixture = *state;
    char text[2 * 700 + 1] = "";
    for (int i = 0; i < 700; i++) {
        memcpy(text + 2 * i, "\xc3\xa4", 2);
    }
    for (int shift = 0; shift < 2; shift++) {
        config_errors_add(&fixture->errors, (struct place){"f", 1, 1}, "x", "%s%s",
                          shift ? "a\x1b" : "", text);
        const char *message = fixture->errors.items[shift].message;
        size_t len = strlen(message);
        assert_true(len >= 1020 && len <= 1023);
        assert_int_equal((unsigned char)message[len - 1], 0xa4);
        assert_null(strchr(message, 0x1b));
    }
}

static const char *nearest(const char *wanted) {
    static const char *const candidates[] = {"table", "topics", "mode", "dead_letter_limit", "s3"};
    struct nearest found = nearest_of(slice_of(wanted));
    for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++) {
        nearest_offer(&found, candidates[i]);
    }
    return found.found;
}

static void the_nearest_key_is_near(void **state) {
    (void)state;
    assert_string_equal(nearest("tabel"), "table");
    assert_string_equal(nearest("Table"), "table");
    assert_string_equal(nearest("topic"), "topics");
    assert_string_equal(nearest("dead-letter-limit"), "dead_letter_limit");
    assert_string_equal(nearest("deadletterlimit"), "dead_letter_limit");
    assert_string_equal(nearest("s4"), "s3");
    assert_null(nearest("password"));
    assert_null(nearest("xy"));
    assert_null(nearest(""));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(all_errors_are_told_in_the_order_of_the_file),
        FIXTURE_TEST(an_empty_pipeline_is_told_what_it_lacks),
        FIXTURE_TEST(a_source_names_one_connector),
        FIXTURE_TEST(sinks_are_a_list_with_names),
        FIXTURE_TEST(values_of_the_wrong_kind_are_told),
        FIXTURE_TEST(sections_of_the_engine_are_checked),
        FIXTURE_TEST(a_wrong_substitution_is_told_where_it_stands),
        FIXTURE_TEST(a_required_text_is_not_empty),
        FIXTURE_TEST(the_value_of_a_variable_is_not_shown),
        FIXTURE_TEST(a_canary_secret_is_in_no_message),
        FIXTURE_TEST(a_thousand_errors_are_cut_with_a_count),
        FIXTURE_TEST(errors_of_two_files_stand_together),
        FIXTURE_TEST(strange_keys_are_shown_short_and_printable),
        FIXTURE_TEST(an_unknown_time_zone_is_told),
        FIXTURE_TEST(a_long_message_is_cut_between_characters),
        cmocka_unit_test(the_nearest_key_is_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
