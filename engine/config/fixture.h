/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests of this folder alone: a registry with one option of each type, and loading from a
 * string. */
#ifndef LEAT_CONFIG_FIXTURE_H
#define LEAT_CONFIG_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "engine/config/pipeline.h"
#include "engine/config/secret.h"

struct roll_options {
    uint64_t bytes;
    int64_t every_us;
};

struct sea_options {
    const char *url;
    struct secret *password;
    struct text_list topics;
    bool follow;
    int64_t batch;
    uint64_t buffer_bytes;
    int64_t timeout_us;
    double share;
    int mode;
    char delimiter;
    struct text_map properties;
    struct roll_options roll;
};

static const struct option roll_rows[] = {
    {.name = "bytes", .type = OPTION_BYTES, .fallback = "128MiB", .sentence = "size of an object",
     .offset = OPTION_FIELD(struct roll_options, bytes)},
    {.name = "every", .type = OPTION_DURATION, .fallback = "5m", .sentence = "age of an object",
     .offset = OPTION_FIELD(struct roll_options, every_us)},
    {.name = NULL}};
static const struct option_table roll_table = {roll_rows, sizeof(struct roll_options)};

static const char *const mode_choices[] = {"append", "upsert", "merge", NULL};

static const struct option sea_rows[] = {
    {.name = "url", .type = OPTION_TEXT, .flags = OPTION_REQUIRED | OPTION_IDENTITY,
     .sentence = "where the sea is", .offset = OPTION_FIELD(struct sea_options, url)},
    {.name = "password", .type = OPTION_SECRET, .sentence = "what opens it",
     .offset = OPTION_FIELD(struct sea_options, password)},
    {.name = "topics", .type = OPTION_TEXTS, .flags = OPTION_IDENTITY, .sentence = "what to read",
     .offset = OPTION_FIELD(struct sea_options, topics)},
    {.name = "follow", .type = OPTION_BOOL, .fallback = "false", .sentence = "go on at the end",
     .offset = OPTION_FIELD(struct sea_options, follow)},
    {.name = "batch", .type = OPTION_INT, .fallback = "100", .min = 1, .max = 1000,
     .sentence = "records at once", .offset = OPTION_FIELD(struct sea_options, batch)},
    {.name = "buffer", .type = OPTION_BYTES, .fallback = "1MiB", .min = 1024, .max = -1,
     .sentence = "bytes at once", .offset = OPTION_FIELD(struct sea_options, buffer_bytes)},
    {.name = "timeout", .type = OPTION_DURATION, .fallback = "10s", .min = 1000, .max = 3600000000,
     .sentence = "how long to wait", .offset = OPTION_FIELD(struct sea_options, timeout_us)},
    {.name = "share", .type = OPTION_PERCENT, .fallback = "50%", .sentence = "how much of it",
     .offset = OPTION_FIELD(struct sea_options, share)},
    {.name = "mode", .type = OPTION_CHOICE, .fallback = "append", .choices = mode_choices,
     .sentence = "how rows are written", .offset = OPTION_FIELD(struct sea_options, mode)},
    {.name = "delimiter", .type = OPTION_CHARACTER, .fallback = ",", .sentence = "between a|b",
     .offset = OPTION_FIELD(struct sea_options, delimiter)},
    {.name = "properties", .type = OPTION_TEXT_MAP, .sentence = "handed on as they are",
     .offset = OPTION_FIELD(struct sea_options, properties)},
    {.name = "roll", .type = OPTION_GROUP, .group = &roll_table, .sentence = "when to close",
     .offset = OPTION_FIELD(struct sea_options, roll)},
    {.name = NULL}};
static const struct option_table sea_table = {sea_rows, sizeof(struct sea_options)};

static const struct option no_rows[] = {{.name = NULL}};
static const struct option_table no_table = {no_rows, 1};

static const struct connector_options fixture_registry[] = {
    {.kind = "sea", .sentence = "A sea of records", .source = &sea_table, .sink = &sea_table,
     .ledger = &sea_table},
    {.kind = "well", .sentence = "A source without options", .source = &no_table},
    {.kind = "drop", .sentence = "Throws rows away", .sink = &no_table},
    {.kind = NULL}};

struct fixture {
    struct arena *arena;
    struct config_errors errors;
    struct pipeline *pipeline;
};

static inline int fixture_setup(void **state) {
    struct fixture *fixture = calloc(1, sizeof *fixture);
    fixture->arena = arena_new(NULL, POOL_READ);
    config_errors_init(&fixture->errors, fixture->arena);
    *state = fixture;
    return 0;
}

static inline int fixture_teardown(void **state) {
    struct fixture *fixture = *state;
    pipeline_free(fixture->pipeline);
    arena_free(fixture->arena);
    free(fixture);
    return 0;
}

static inline enum status fixture_load_sets(struct fixture *fixture, const char *text,
                                            const struct text_map *sets) {
    struct pipeline_input input = {.path = "p.yaml", .text = slice_of(text), .sets = sets,
                                   .registry = fixture_registry};
    return pipeline_load(&input, fixture->arena, &fixture->pipeline, &fixture->errors);
}

/* The errors as they are printed, "" when there are none. */
static inline const char *fixture_errors(struct fixture *fixture) {
    struct buffer out;
    buffer_init(&out, fixture->arena, 1024);
    config_errors_text(&fixture->errors, &out);
    buffer_append_byte(&out, '\0');
    return out.data;
}

static inline struct pipeline *fixture_pipeline(struct fixture *fixture, const char *text) {
    if (fixture_load_sets(fixture, text, NULL) != STATUS_OK) {
        fail_msg("%s", fixture_errors(fixture));
    }
    return fixture->pipeline;
}

static inline void fixture_expect_errors(struct fixture *fixture, const char *text,
                                         const char *expected) {
    assert_int_equal(fixture_load_sets(fixture, text, NULL), STATUS_FAILED);
    assert_null(fixture->pipeline);
    assert_string_equal(fixture_errors(fixture), expected);
    config_errors_init(&fixture->errors, fixture->arena);
}

#define FIXTURE_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

#endif
