/* SPDX-License-Identifier: Apache-2.0 */
/* Figures are set by hand where a running job would have counted them; whole jobs are watched by tests/integration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/monitor/json_string.h"
#include "engine/monitor/watched.h"

const struct connector *const connectors[] = {NULL}; /* this program has none */

struct world {
    struct monitor *monitor;
    struct arena *arena;
    struct buffer out;
};

static int setup(void **state) {
    struct world *world = calloc(1, sizeof *world);
    world->monitor = monitor_new();
    world->arena = arena_new(NULL, POOL_READ);
    buffer_init(&world->out, world->arena, 1024);
    *state = world;
    return 0;
}

static int teardown(void **state) {
    struct world *world = *state;
    monitor_free(world->monitor);
    arena_free(world->arena);
    free(world);
    return 0;
}

static const char *text_of(struct world *world) {
    buffer_append_byte(&world->out, '\0');
    return world->out.data;
}

static void a_process_without_pipelines_still_tells_of_itself(void **state) {
    struct world *world = *state;
    metrics_print(world->monitor, &world->out);
    const char *text = text_of(world);
    assert_non_null(strstr(text, "leat_build_info{version=\"" LEAT_VERSION "\"} 1\n"));
    assert_non_null(strstr(text, "\nprocess_cpu_seconds_total "));
    assert_non_null(strstr(text, "\nprocess_open_fds "));
    assert_int_equal(text[strlen(text) - 1], '\n');
}

static void names_cannot_break_out_of_a_label(void **state) {
    struct world *world = *state;
    monitor_watch(world->monitor, "a\"} 1\nevil{b=\"\\");
    metrics_print(world->monitor, &world->out);
    const char *text = text_of(world);
    assert_non_null(strstr(text, "{pipeline=\"a\\\"} 1\\nevil{b=\\\"\\\\\"} 0\n"));
    assert_null(strstr(text, "\nevil"));
}

static void what_an_earlier_job_counted_is_kept(void **state) {
    struct world *world = *state;
    struct watched *watched = monitor_watch(world->monitor, "p");
    watched->sinks[0] = (struct sink_sample){.name = "lake", .in = 12, .in_flight = 2};
    watched->sinks[0].figures[SINK_DELIVERED] = 7;
    watched->sinks[0].figures[SINK_FILTERED] = 2;
    watched->sinks[0].figures[SINK_DEAD_LETTER] = 1;
    watched->sinks_count = 1;
    watched->figures[PIPELINE_SOURCE_BYTES] = 99;
    watched_end(watched, JOB_RUNNING);
    metrics_print(world->monitor, &world->out);
    const char *text = text_of(world);
    assert_non_null(strstr(text, "component=\"lake\",stage=\"sink\",outcome=\"in\"} 12\n"));
    assert_non_null(strstr(text, "component=\"lake\",stage=\"sink\",outcome=\"delivered\"} 7\n"));
    assert_non_null(strstr(text, "leat_records_in_flight{pipeline=\"p\",component=\"lake\"} 2\n"));
    assert_non_null(strstr(text, "leat_source_bytes_total{pipeline=\"p\"} 99\n"));
}

static void each_metric_has_one_head(void **state) {
    struct world *world = *state;
    monitor_watch(world->monitor, "one");
    monitor_watch(world->monitor, "two");
    metrics_print(world->monitor, &world->out);
    const char *text = text_of(world);
    for (const char *at = strstr(text, "# TYPE "); at; at = strstr(at + 1, "# TYPE ")) {
        char name[100];
        snprintf(name, sizeof name, "%.*s", (int)(strchr(at + 7, ' ') - at + 1), at);
        assert_null(strstr(at + 1, name));
    }
    assert_non_null(strstr(text, "leat_parts{pipeline=\"two\",state=\"reading\"} 0\n"));
}

static void readiness_names_what_is_not_ready(void **state) {
    struct world *world = *state;
    assert_true(readiness_print(world->monitor, &world->out));
    struct watched *done = monitor_watch(world->monitor, "done"), *failed = monitor_watch(world->monitor, "failed");
    done->result = JOB_DONE;
    failed->result = JOB_FAILED;
    world->out.len = 0;
    assert_false(readiness_print(world->monitor, &world->out));
    assert_string_equal(text_of(world),
                        "{\"ready\":false,\"pipelines\":[{\"pipeline\":\"done\",\"ready\":true,\"state\":\"done\","
                        "\"reasons\":[]},{\"pipeline\":\"failed\",\"ready\":false,\"state\":\"failed\",\"reasons\":["
                        "{\"reason\":\"it has ended\"}]}]}\n");
}

static void any_bytes_become_a_json_string(void **state) {
    struct world *world = *state;
    json_string_append(&world->out, "a\"\\\n\x01\xff\xc3\xa4");
    assert_string_equal(text_of(world), "\"a\\\"\\\\\\u000a\\u0001\xef\xbf\xbd\xc3\xa4\"");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_process_without_pipelines_still_tells_of_itself),
        TEST(names_cannot_break_out_of_a_label),
        TEST(what_an_earlier_job_counted_is_kept),
        TEST(each_metric_has_one_head),
        TEST(readiness_names_what_is_not_ready),
        TEST(any_bytes_become_a_json_string),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
