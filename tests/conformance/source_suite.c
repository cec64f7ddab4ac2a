/* SPDX-License-Identifier: Apache-2.0 */
/* What every bounded source must do: list the same parts again, give each record once and in order, and go on from any
 * position it ever reported. The subject is a folder of files; the texts of two parts are known. */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/flow/graph.h"

enum { RECORDS = 100000, BLOCKS_MAX = 4096, ROOM = 8 << 10 };

struct world {
    char folder[64];
    struct arena *arena;
    struct budget *budget;
    struct pipeline *pipeline;
    struct graph *graph;
    struct source *source;
    const struct source_ops *ops;
    char *text; /* of the first part */
};

static int64_t soon_us(void) {
    return io_now_us() + 20 * 1000000;
}

static void ok(enum status status, const struct error *error) {
    if (status != STATUS_OK) {
        fail_msg("%s (%s)", error->message, error->code);
    }
}

static void write_file(const struct world *world, const char *name, const char *text) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", world->folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static const struct connector_options *registry(struct arena *arena) {
    struct connector_options *options = arena_zalloc(arena, 64 * sizeof *options);
    for (uint32_t i = 0; connectors[i]; i++) {
        options[i] = (struct connector_options){.kind = connectors[i]->kind,
                                                .sentence = connectors[i]->sentence,
                                                .source = connectors[i]->source ? connectors[i]->source_options : NULL,
                                                .sink = connectors[i]->sink ? connectors[i]->sink_options : NULL,
                                                .ledger = connectors[i]->ledger_options};
    }
    return options;
}

static void load(struct world *world) {
    char text[1024];
    snprintf(text, sizeof text,
             "pipeline: conformance\n"
             "source:\n"
             "  file: {path: \"%s/*.json\"}\n"
             "  format: json\n"
             "  columns: n bigint\n"
             "transforms:\n"
             "  - sql: select n from input\n"
             "sinks:\n"
             "  - drop: {}\n",
             world->folder);
    struct pipeline_input input = {.path = "conformance.yaml",
                                   .text = slice_of(arena_text(world->arena, slice_of(text))),
                                   .registry = registry(world->arena)};
    struct config_errors errors;
    config_errors_init(&errors, world->arena);
    if (pipeline_load(&input, world->arena, &world->pipeline, &errors) != STATUS_OK ||
        graph_new(world->pipeline, &world->graph, &errors) != STATUS_OK) {
        fail_msg("%s", errors.items[0].message);
    }
    world->source = world->graph->source;
    world->ops = world->graph->source_connector->source;
}

static int start(void **state) {
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    snprintf(world->folder, sizeof world->folder, "/tmp/leat-conformance-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    world->text = malloc(RECORDS * 24 + 1);
    assert_non_null(world->text);
    size_t used = 0;
    for (int i = 0; i < RECORDS; i++) {
        used += (size_t)snprintf(world->text + used, 24, "{\"n\":%d}\n", i);
    }
    write_file(world, "a.json", world->text);
    write_file(world, "b.json", "");
    world->arena = arena_new(NULL, POOL_SINK);
    world->budget = budget_new(4 << 20, 1 << 20);
    load(world);
    *state = world;
    return 0;
}

static int remove_entry(const char *path, const struct stat *state, int flag, struct FTW *place) {
    (void)state, (void)flag, (void)place;
    return remove(path);
}

static int stop(void **state) {
    struct world *world = *state;
    graph_free(world->graph);
    pipeline_free(world->pipeline);
    budget_free(world->budget);
    arena_free(world->arena);
    nftw(world->folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    free(world->text);
    free(world);
    return 0;
}

/* --- listing and reading ----------------------------------------------------------------------------------------- */

static bool none_known(void *context, const char *entry) {
    (void)context, (void)entry;
    return false;
}

static bool all_known(void *context, const char *entry) {
    (void)context, (void)entry;
    return true;
}

static struct part_list list(struct world *world, bool (*known)(void *, const char *)) {
    struct part_list parts = {0};
    struct error error = {0};
    ok(world->ops->list(world->source, known, NULL, world->arena, &parts, &error), &error);
    return parts;
}

static const struct part_info *part_named(struct part_list parts, const char *name) {
    for (uint32_t i = 0; i < parts.count; i++) {
        if (strstr(parts.items[i].name, name)) {
            return &parts.items[i];
        }
    }
    fail_msg("no part %s among %u", name, parts.count);
    return NULL;
}

struct read_all {
    struct buffer text;
    struct position positions[BLOCKS_MAX];
    size_t lengths[BLOCKS_MAX]; /* of the text up to each position */
    uint32_t count;
};

static struct reader *open_at(struct world *world, const struct part_info *part, const struct position *from) {
    struct reader *reader = NULL;
    struct part_format format = {0};
    struct error error = {0};
    ok(world->ops->open(world->source, part, from, "", &reader, &format, &error), &error);
    assert_int_equal(format.framing, FRAMING_LINES);
    return reader;
}

/* One block that is not AGAIN; false once the part is at its end. */
static bool read_block(struct world *world, struct reader *reader, struct read_all *ret) {
    struct block block = {0};
    struct error error = {0};
    enum status status;
    int64_t deadline_us = soon_us();
    do {
        block = (struct block){0};
        status = world->ops->read(reader, world->budget, ROOM, deadline_us, &block, &error);
    } while (status == STATUS_AGAIN && io_now_us() < deadline_us);
    ok(status, &error);
    assert_null(block.gap);
    if (block.raw.records) {
        for (uint32_t i = 0; i < block.raw.records_count; i++) {
            buffer_append(&ret->text, block.raw.records[i].data, block.raw.records[i].len);
        }
    } else if (block.raw.len) {
        buffer_append(&ret->text, block.raw.data, block.raw.len);
    }
    arena_free(block.arena);
    assert_true(ret->count < BLOCKS_MAX);
    ret->positions[ret->count] = block.to;
    ret->lengths[ret->count++] = ret->text.len;
    return !position_is_end(&block.to);
}

static struct read_all *read_from(struct world *world, const struct part_info *part, const struct position *from) {
    struct read_all *all = arena_zalloc(world->arena, sizeof *all);
    struct reader *reader = open_at(world, part, from);
    buffer_init(&all->text, world->arena, 4096);
    while (read_block(world, reader, all)) {
    }
    world->ops->close(reader);
    return all;
}

static void assert_text(const struct buffer *text, const char *wanted) {
    assert_int_equal(text->len, strlen(wanted));
    assert_memory_equal(text->data, wanted, text->len);
}

static void parts_are_listed_the_same_again(void **state) {
    struct world *world = *state;
    struct part_list one = list(world, none_known), two = list(world, none_known);
    assert_int_equal(one.count, 2);
    assert_int_equal(two.count, 2);
    for (uint32_t i = 0; i < one.count; i++) {
        const struct part_info *again = part_named(two, one.items[i].name);
        assert_string_equal(one.items[i].ident, again->ident);
        assert_string_equal(one.items[i].detail, again->detail);
        assert_string_equal(one.items[i].first, "start");
    }
    assert_string_not_equal(one.items[0].name, one.items[1].name);
    assert_int_equal(list(world, all_known).count, 0);
}

static void each_record_comes_once_and_in_order(void **state) {
    struct world *world = *state;
    struct read_all *all = read_from(world, part_named(list(world, none_known), "a.json"), &POSITION_START);
    assert_text(&all->text, world->text);
    assert_true(all->count > 3);
    assert_int_equal(budget_used_total(world->budget), 0);
}

static void an_empty_part_ends_at_once(void **state) {
    struct world *world = *state;
    struct read_all *all = read_from(world, part_named(list(world, none_known), "b.json"), &POSITION_START);
    assert_int_equal(all->text.len, 0);
    assert_true(position_is_end(&all->positions[all->count - 1]));
}

static void positions_rise_and_survive_printing(void **state) {
    struct world *world = *state;
    struct read_all *all = read_from(world, part_named(list(world, none_known), "a.json"), &POSITION_START);
    for (uint32_t i = 0; i < all->count; i++) {
        char text[POSITION_TEXT_MAX];
        struct position parsed;
        world->ops->print(&all->positions[i], text);
        assert_true(world->ops->parse(text, &parsed));
        assert_int_equal(position_compare(&parsed, &all->positions[i]), 0);
        assert_true(i == 0 || position_compare(&all->positions[i - 1], &all->positions[i]) < 0);
    }
    struct position start;
    assert_true(world->ops->parse("start", &start) && start.len == 0);
    assert_false(world->ops->parse("no position", &start));
}

static void reading_goes_on_from_every_position(void **state) {
    struct world *world = *state;
    const struct part_info *part = part_named(list(world, none_known), "a.json");
    struct read_all *all = read_from(world, part, &POSITION_START);
    for (uint32_t i = 0; i + 1 < all->count; i++) {
        struct read_all *rest = read_from(world, part, &all->positions[i]);
        assert_text(&rest->text, world->text + all->lengths[i]);
    }
}

static void reading_goes_on_from_a_record_within_a_block(void **state) {
    struct world *world = *state;
    const struct part_info *part = part_named(list(world, none_known), "a.json");
    const char *third = strchr(strchr(world->text, '\n') + 1, '\n') + 1;
    struct position at;
    world->ops->position_at(&POSITION_START, (uint64_t)(third - world->text), &at);
    struct read_all *rest = read_from(world, part, &at);
    assert_text(&rest->text, third);
    assert_int_equal(world->ops->offset_of(&POSITION_START, &at), third - world->text);
}

static void a_reader_may_be_closed_in_the_middle_and_opened_twice(void **state) {
    struct world *world = *state;
    const struct part_info *part = part_named(list(world, none_known), "a.json");
    struct reader *one = open_at(world, part, &POSITION_START), *two = open_at(world, part, &POSITION_START);
    struct read_all *all = arena_zalloc(world->arena, sizeof *all);
    buffer_init(&all->text, world->arena, 4096);
    assert_true(read_block(world, one, all));
    world->ops->wake(one);
    world->ops->close(one);
    world->ops->close(two);
    world->ops->close(NULL);
    assert_text(&read_from(world, part, &POSITION_START)->text, world->text);
}

static void a_changed_part_is_refused_for_good(void **state) {
    struct world *world = *state;
    const struct part_info *part = part_named(list(world, none_known), "a.json");
    world->text[5] ^= 1;
    write_file(world, "a.json", world->text);
    struct reader *reader = NULL;
    struct part_format format = {0};
    struct error error = {0};
    enum status status = world->ops->open(world->source, part, &POSITION_START, "", &reader, &format, &error);
    assert_int_equal(status, STATUS_FAILED);
    assert_int_equal(error.class, ERROR_PERMANENT);
}

static void without_memory_it_says_again_and_loses_nothing(void **state) {
    struct world *world = *state;
    const struct part_info *part = part_named(list(world, none_known), "a.json");
    struct reader *reader = open_at(world, part, &POSITION_START);
    uint64_t all_of_it = budget_limit(world->budget);
    assert_true(budget_take(world->budget, POOL_SINK, all_of_it, false));
    struct block block = {0};
    struct error error = {0};
    enum status status = world->ops->read(reader, world->budget, ROOM, io_now_us() + 50000, &block, &error);
    assert_int_equal(status, STATUS_AGAIN);
    assert_false(block.idle);
    budget_give(world->budget, POOL_SINK, all_of_it);
    struct read_all *all = arena_zalloc(world->arena, sizeof *all);
    buffer_init(&all->text, world->arena, 4096);
    while (read_block(world, reader, all)) {
    }
    world->ops->close(reader);
    assert_text(&all->text, world->text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(parts_are_listed_the_same_again),
        TEST(each_record_comes_once_and_in_order),
        TEST(an_empty_part_ends_at_once),
        TEST(positions_rise_and_survive_printing),
        TEST(reading_goes_on_from_every_position),
        TEST(reading_goes_on_from_a_record_within_a_block),
        TEST(a_reader_may_be_closed_in_the_middle_and_opened_twice),
        TEST(a_changed_part_is_refused_for_good),
        TEST(without_memory_it_says_again_and_loses_nothing),
    };
    return cmocka_run_group_tests_name("file source", tests, NULL, NULL);
}
