/* SPDX-License-Identifier: Apache-2.0 */
/* A file source over the test's directory, for the tests of reading and following: bound with the fixture's options and
 * format, with a plan that knows what the test says. */
#ifndef LEAT_CONNECTORS_OBJECT_TESTING_SOURCE_H
#define LEAT_CONNECTORS_OBJECT_TESTING_SOURCE_H

#include "connectors/object/testing.h"

#include "connectors/object/object_source.h"

struct fixture {
    struct file_source_options options;
    struct format format;
    struct arena *arena;
    struct budget *budget;
    struct source *source;
    const char *paths[1];
};

static const char *const *known_entries;
static uint32_t known_count;

static inline bool is_known(void *context, const char *entry) {
    (void)context;
    for (uint32_t i = 0; i < known_count; i++) {
        if (strcmp(known_entries[i], entry) == 0) {
            return true;
        }
    }
    return false;
}

static inline void fixture_open(struct fixture *fixture, const char *glob) {
    known_count = 0;
    fixture->arena = arena_new(NULL, POOL_READ);
    fixture->budget = budget_new(256 << 20, 0);
    fixture->paths[0] = testing_path(glob);
    fixture->options.path = (struct text_list){.items = fixture->paths, .count = 1};
    if (!fixture->format.record_bytes_max) {
        fixture->format.record_bytes_max = 8 << 20;
    }
    if (fixture->format.kind == FORMAT_JSON) {
        fixture->format.framing = FRAMING_NONE; /* detected */
    }
    fixture->format.quote = '"';
    fixture->format.delimiter = fixture->format.delimiter ? fixture->format.delimiter : ',';
    fixture->format.json_depth_max = 128;
    struct source_bind bind = {.options = &fixture->options,
                               .format = &fixture->format,
                               .pipeline = "p",
                               .name = "files",
                               .workers = 2,
                               .arena = fixture->arena};
    struct error error;
    assert_int_equal(object_source_ops.bind(&bind, &fixture->source, &error), STATUS_OK);
}

static inline void fixture_close(struct fixture *fixture) {
    object_source_ops.free(fixture->source);
    arena_free(fixture->arena);
    budget_free(fixture->budget);
}

static inline struct part_list list(struct fixture *fixture) {
    struct part_list parts;
    struct error error = {0};
    enum status status =
        object_source_ops.list(fixture->source, is_known, NULL, fixture->arena, &parts, &error);
    if (status != STATUS_OK) {
        print_error("%s\n", error.message);
    }
    assert_int_equal(status, STATUS_OK);
    return parts;
}

static inline struct reader *reader_open(struct fixture *fixture, const struct part_info *part, const char *from,
                                  const char *mark, struct part_format *format) {
    struct position position;
    struct reader *reader;
    struct error error = {0};
    assert_true(object_source_ops.parse(from, &position));
    enum status status = object_source_ops.open(fixture->source, part, &position, mark, &reader, format, &error);
    if (status != STATUS_OK) {
        print_error("%s\n", error.message);
    }
    assert_int_equal(status, STATUS_OK);
    return reader;
}

#endif
