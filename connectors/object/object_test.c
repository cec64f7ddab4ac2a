/* SPDX-License-Identifier: Apache-2.0 */
/* The descriptor's ledger by itself: it commits the moves and keeps the dead letters of a sink that holds no
 * position. */
#include "connectors/object/testing.h"

#include "engine/flow/connector.h"
#include "engine/flow/part_state.h"

extern const struct connector object_connector;

static void the_ledger_by_itself_commits_moves_and_letters(void **state) {
    (void)state;
    struct file_ledger_options options = {.path = testing_path("ledger")};
    struct ledger_bind bind = {.options = &options};
    struct ledger *base;
    struct error error;
    assert_int_equal(object_connector.ledger_bind(&bind, &base, &error), STATUS_OK);
    struct object_ledger *ledger = (struct object_ledger *)base;
    struct ledger_identity identity = {
        .pipeline = "p", .source = "files", .sink = "web", .owner = "owner-one", .lease_us = 30000000};
    assert_int_equal(base->ops->open(base, &identity, INT64_MAX, &error), STATUS_OK);
    static const char *const names[] = {"a"};
    testing_plan(ledger, names, 1);
    struct part_info info = {.name = "a", .entry = "a", .ident = "", .detail = "", .first = "start"};
    struct part *part = part_new(&info, "p", "files");
    struct segment segment = {.part = part};
    struct dead_letter letter = {.position_text = "start", .stage = "sql", .code = "22012",
                                 .message = SLICE_LITERAL("division by zero"),
                                 .payload = SLICE_LITERAL("1/0"), .payload_bytes = 3};
    struct payload payload = {.segment = &segment, .letters = &letter, .letters_count = 1};
    struct payload *payloads[] = {&payload};
    struct move move = {.part = part, .part_name = "a", .epoch = testing_claim(ledger, "a"), .from = "start",
                        .to = "end", .counts = {.in = 1, .dead_letter = 1}};
    struct unit unit = {
        .payloads = payloads, .payloads_count = 1, .moves = &move, .moves_count = 1, .owner = "owner-one"};
    struct outcome outcome = {.arena = arena_new(NULL, POOL_SINK)};
    testing_failpoint = "file.log.link.after"; /* a lost reply is settled inside */
    assert_int_equal(object_connector.ledger_commit(base, &unit, INT64_MAX, &outcome), VERDICT_DONE);
    testing_failpoint = NULL;
    struct testing_files files = testing_list("ledger/_dead_letter", false);
    assert_int_equal(files.count, 1);
    testing_files_free(&files);
    assert_int_equal(object_connector.ledger_commit(base, &unit, INT64_MAX, &outcome), VERDICT_MOVED);
    assert_int_equal(testing_totals(ledger).books.dead_letter, 1);
    files = testing_list("ledger/_dead_letter", false);
    assert_int_equal(files.count, 1);
    testing_files_free(&files);
    arena_free(outcome.arena);
    part_unref(part);
    object_connector.ledger_free(base);
    object_connector.ledger_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, testing_setup, testing_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_ledger_by_itself_commits_moves_and_letters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
