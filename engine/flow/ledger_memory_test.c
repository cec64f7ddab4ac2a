/* SPDX-License-Identifier: Apache-2.0 */
/* The memory ledger as the engine uses it: plan, claim, commit, release, stop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "engine/flow/ledger_memory.h"

struct fixture {
    struct ledger *ledger;
    struct arena *arena;
    struct error error;
};

static int setup(void **state) {
    struct fixture *fixture = test_calloc(1, sizeof *fixture);
    fixture->ledger = ledger_memory_new();
    fixture->arena = arena_new(NULL, POOL_SINK);
    struct ledger_identity identity = {.pipeline = "p", .source = "s", .sink = "k", .owner = "me"};
    enum status status = fixture->ledger->ops->open(fixture->ledger, &identity, 0, &fixture->error);
    *state = fixture;
    return status == STATUS_OK ? 0 : -1;
}

static int teardown(void **state) {
    struct fixture *fixture = *state;
    fixture->ledger->ops->close(fixture->ledger);
    ledger_memory_free(fixture->ledger);
    arena_free(fixture->arena);
    test_free(fixture);
    return 0;
}

static void plan(struct fixture *fixture, const char *const *names, uint32_t count) {
    struct part_list list = {.items = arena_zalloc(fixture->arena, count * sizeof *list.items), .count = count};
    for (uint32_t i = 0; i < count; i++) {
        list.items[i] = (struct part_info){
            .name = names[i], .entry = names[i], .ident = "", .detail = "", .first = "start", .weight_bytes = 7};
    }
    assert_int_equal(fixture->ledger->ops->plan_put(fixture->ledger, &list, true, 0, &fixture->error), STATUS_OK);
}

static struct ledger_row row(struct fixture *fixture, const char *part) {
    struct ledger_rows rows;
    assert_int_equal(
        fixture->ledger->ops->rows(fixture->ledger, &part, 1, fixture->arena, &rows, 0, &fixture->error), STATUS_OK);
    return rows.items[0];
}

static struct claim claim(struct fixture *fixture, const char *part) {
    struct claim claim = {.part = part};
    assert_int_equal(
        fixture->ledger->ops->claim(fixture->ledger, &claim, 1, fixture->arena, 0, &fixture->error), STATUS_OK);
    return claim;
}

static uint32_t free_parts(struct fixture *fixture, bool all) {
    struct ledger_query query = {.rows_max = 100, .all = all};
    struct ledger_rows rows;
    assert_int_equal(
        fixture->ledger->ops->query(fixture->ledger, &query, fixture->arena, &rows, 0, &fixture->error), STATUS_OK);
    return rows.count;
}

static void commit(struct fixture *fixture, struct move move) {
    struct unit unit = {.moves = &move, .moves_count = 1};
    struct outcome outcome = {0};
    assert_int_equal(ledger_memory_commit(fixture->ledger, &unit, 0, &outcome), VERDICT_DONE);
}

static void what_stands_in_the_plan_never_changes(void **state) {
    struct fixture *fixture = *state;
    plan(fixture, (const char *[]){"a", "b"}, 2);
    struct claim won = claim(fixture, "a");
    commit(fixture, (struct move){.part_name = "a", .epoch = won.row.epoch, .from = "start", .to = "10"});
    plan(fixture, (const char *[]){"a", "b", "c"}, 3);
    assert_string_equal(row(fixture, "a").next, "10");
    assert_string_equal(row(fixture, "c").next, "start");
    assert_int_equal(row(fixture, "c").info.weight_bytes, 7);
    assert_null(row(fixture, "d").info.name);
    bool known[2];
    const char *entries[] = {"c", "d"};
    assert_int_equal(
        fixture->ledger->ops->plan_known(fixture->ledger, entries, 2, known, 0, &fixture->error), STATUS_OK);
    assert_true(known[0]);
    assert_false(known[1]);
    struct ledger_totals totals;
    assert_int_equal(fixture->ledger->ops->totals(fixture->ledger, &totals, 0, &fixture->error), STATUS_OK);
    assert_true(totals.started);
    assert_int_equal(totals.parts, 3);
    assert_int_equal(totals.open, 3);
}

static void a_claim_bumps_the_epoch_and_a_release_frees_only_the_present_one(void **state) {
    struct fixture *fixture = *state;
    plan(fixture, (const char *[]){"a", "b"}, 2);
    struct claim first = claim(fixture, "a"), second = claim(fixture, "a");
    assert_int_equal(first.result, CLAIM_WON);
    assert_int_equal(second.row.epoch, first.row.epoch + 1);
    assert_string_equal(second.row.owner, "me");
    assert_int_equal(free_parts(fixture, false), 1);
    assert_int_equal(free_parts(fixture, true), 2);
    struct claim release = {.part = "a", .expected_epoch = first.row.epoch};
    assert_int_equal(fixture->ledger->ops->release(fixture->ledger, &release, 1, 0, &fixture->error), STATUS_OK);
    assert_int_equal(free_parts(fixture, false), 1);
    release.expected_epoch = second.row.epoch;
    assert_int_equal(fixture->ledger->ops->release(fixture->ledger, &release, 1, 0, &fixture->error), STATUS_OK);
    assert_int_equal(free_parts(fixture, false), 2);
    assert_int_equal(claim(fixture, "nobody").result, CLAIM_ABSENT);
}

static void a_commit_moves_next_mark_window_and_books_to_the_end(void **state) {
    struct fixture *fixture = *state;
    plan(fixture, (const char *[]){"a"}, 1);
    uint64_t epoch = claim(fixture, "a").row.epoch;
    struct move move = {.part_name = "a", .epoch = epoch, .from = "start", .to = "10", .mark = "m1",
                        .counts = {.in = 10, .delivered = 7, .filtered = 2, .dead_letter = 1}};
    move.window.letters[9] = 1;
    commit(fixture, move);
    struct ledger_row before = row(fixture, "a");
    commit(fixture, (struct move){.part_name = "a", .epoch = epoch, .from = "10", .to = "end",
                                  .counts = {.in = 1, .delivered = 1}});
    assert_string_equal(before.next, "10"); /* a copy: it does not move under its reader */
    assert_int_equal(before.window.letters[9], 1);
    struct ledger_row after = row(fixture, "a");
    assert_string_equal(after.next, "end");
    assert_string_equal(after.mark, "m1");
    assert_int_equal(after.state, ROW_ENDED);
    assert_int_equal(after.books.in, 11);
    assert_int_equal(after.books.delivered, 8);
    assert_int_equal(claim(fixture, "a").result, CLAIM_ENDED);
}

static void a_stop_is_written_by_its_owner_alone(void **state) {
    struct fixture *fixture = *state;
    plan(fixture, (const char *[]){"a"}, 1);
    uint64_t epoch = claim(fixture, "a").row.epoch;
    struct note note = {.kind = NOTE_STOP, .part = "a", .reason = "broken: it is", .epoch = epoch - 1};
    assert_int_equal(fixture->ledger->ops->note(fixture->ledger, &note, 0, &fixture->error), STATUS_OK);
    assert_int_equal(row(fixture, "a").state, ROW_OPEN);
    note.epoch = epoch;
    assert_int_equal(fixture->ledger->ops->note(fixture->ledger, &note, 0, &fixture->error), STATUS_OK);
    assert_int_equal(row(fixture, "a").state, ROW_STOPPED);
    assert_string_equal(row(fixture, "a").reason, "broken: it is");
    assert_int_equal(claim(fixture, "a").result, CLAIM_STOPPED);
    assert_int_equal(free_parts(fixture, false), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_stands_in_the_plan_never_changes, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_claim_bumps_the_epoch_and_a_release_frees_only_the_present_one, setup, teardown),
        cmocka_unit_test_setup_teardown(a_commit_moves_next_mark_window_and_books_to_the_end, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_stop_is_written_by_its_owner_alone, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
