/* SPDX-License-Identifier: Apache-2.0 */
/* What every sink that holds its position must do, whatever it is: rows and position move together or not at all, an
 * older owner is stopped by the sink itself, and a commit whose answer was lost can be settled. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/conformance/fixture.h"

static int empty_store(void **state) {
    subject = *state;
    if (subject->available()) {
        subject->reset();
    }
    return 0;
}

#define NEEDS_SUBJECT() \
    if (!subject->available()) { \
        skip(); \
    }

static void assert_next(struct process *process, const char *part, const char *next) {
    assert_string_equal(part_row(process, part).next, next);
}

static void it_opens_and_closes_twice(void **state) {
    (void)state;
    NEEDS_SUBJECT();
    for (int i = 0; i < 2; i++) {
        struct process *process = process_start();
        plan_parts(process);
        process_stop(process);
    }
    struct process *process = process_start();
    lane_cut(process);
    assert_visible(process, "");
    process_stop(process);
}

static void rows_arrive_in_order_with_their_position(void **state) {
    (void)state;
    NEEDS_SUBJECT();
    struct process *process = process_start();
    plan_parts(process);
    struct part *part = claim_part(process, "a");
    struct work work;
    work_open(process, &work);
    assert_int_equal(work_add(process, &work, payload_make(process, part, "a1 a2", 0)), VERDICT_DONE);
    assert_int_equal(work_add(process, &work, payload_make(process, part, "a3", 0)), VERDICT_DONE);
    work_move(&work, part, "start", "3");
    assert_int_equal(work_seal(process, &work), VERDICT_DONE);
    assert_int_equal(work_commit(process, &work), VERDICT_DONE);
    work_free(&work);
    assert_next(process, "a", "3");
    assert_visible(process, "a1 a2 a3");
    part_unref(part);
    process_stop(process);
}

static void many_units_follow_each_other(void **state) {
    (void)state;
    NEEDS_SUBJECT();
    struct process *process = process_start();
    plan_parts(process);
    struct part *part = claim_part(process, "a");
    char from[16] = "start", all[SUBJECT_TEXT_MAX] = "";
    for (int i = 1; i <= 20; i++) {
        char id[16], to[16];
        snprintf(id, sizeof id, "a%d", i);
        snprintf(to, sizeof to, "%d", i);
        deliver(process, part, id, from, to);
        snprintf(from, sizeof from, "%d", i);
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", i > 1 ? " " : "", id);
    }
    assert_visible(process, all);
    assert_int_equal(part_row(process, "a").books.delivered, 20);
    part_unref(part);
    process_stop(process);
}

static void a_range_without_rows_moves_the_position(void **state) {
    (void)state;
    NEEDS_SUBJECT();
    struct process *process = process_start();
    plan_parts(process);
    struct part *part = claim_part(process, "a");
    deliver(process, part, "", "start", "9");
    assert_next(process, "a", "9");
    assert_visible(process, "");
    part_unref(part);
    process_stop(process);
}

static void nothing_is_seen_before_the_commit(void **state) {
    (void)state;
    NEEDS_SUBJECT();
    struct process *process = process_start();
    plan_parts(process);
    struct part *part = claim_part(process, "a");
    struct work work;
    work_open(process, &work);
    assert_int_equal(work_add(process, &work, payload_make(process, part, "a1", 0)), VERDICT_DONE);
    assert_visible(process, "");
    work_move(&work, part, "start", "1");
    assert_int_equal(work_seal(process, &work), VERDICT_DONE);
    assert_visible(process, "");
    assert_next(process, "a", "start");
    assert_int_equal(work_commit(process, &work), VERDICT_DONE);
    assert_visible(process, "a1");
    work_free(&work);
    part_unref(part);
    process_stop(process);
}

static void an_abandoned_unit_leaves_nothing_and_may_come_again(void **state) {
    (void)state;
    NEEDS_SUBJECT();
    struct process *process = process_start();
    plan_parts(process);
    struct part *part = claim_part(process, "a");
    for (int sealed = 0; sealed < 2; sealed++) {
        struct work work;
        work_open(process, &work);
        assert_int_equal(work_add(process, &work, payload_make(process, part, "a1", 0)), VERDICT_DONE);
        work_move(&work, part, "start", "1");
        if (sealed) {
            assert_int_equal(work_seal(process, &work), VERDICT_DONE);
        }
        work_abandon(process, &work);
        work_free(&work);
        assert_visible(process, "");
        assert_next(process, "a", "start");
    }
    deliver(process, part, "a1", "start", "1");
    assert_visible(process, "a1");
    part_unref(part);
    process_stop(process);
}

static void two_parts_share_a_unit(void **state) {
    (void)state;
    NEEDS_SUBJECT();
    struct process *process = process_start();
    plan_parts(process);
    struct part *a = claim_part(process, "a"), *b = claim_part(process, "b");
    struct work work;
    work_open(process, &work);
    assert_int_equal(work_add(process, &work, payload_make(process, a, "a1", 0)), VERDICT_DONE);
    assert_int_equal(work_add(process, &work, payload_make(process, b, "b1 b2", 0)), VERDICT_DONE);
    work_move(&work, a, "start", "1");
    work_move(&work, b, "start", "end");
    assert_int_equal(work_seal(process, &work), VERDICT_DONE);
    assert_int_equal(work_commit(process, &work), VERDICT_DONE);
    work_free(&work);
    assert_visible(process, "a1 b1 b2");
    assert_int_equal(part_row(process, "a").books.delivered, 1);
    assert_int_equal(part_row(process, "b").books.delivered, 2);
    assert_int_equal(part_row(process, "b").state, ROW_ENDED);
    part_unref(a);
    part_unref(b);
    process_stop(process);
}

static void an_older_owner_is_fenced(void **state) {
    (void)state;
    NEEDS_SUBJECT();
    struct process *old = process_start(), *rival = process_start();
    plan_parts(old);
    struct part *part = claim_part(old, "a");
    struct work work;
    work_open(old, &work);
    assert_int_equal(work_add(old, &work, payload_make(old, part, "a1", 0)), VERDICT_DONE);
    work_move(&work, part, "start", "1");
    struct part *taken = claim_part(rival, "a");
    enum verdict verdict = work_seal(old, &work);
    if (verdict == VERDICT_DONE) {
        verdict = work_commit(old, &work);
    }
    assert_int_equal(verdict, VERDICT_FENCED);
    assert_int_equal(old->outcome.parts_count, 1);
    assert_ptr_equal(old->outcome.parts[0].part, part);
    assert_false(old->outcome.parts[0].moved);
    work_abandon(old, &work);
    work_free(&work);
    assert_visible(rival, "");
    deliver(rival, taken, "a1", "start", "1");
    assert_visible(rival, "a1");
    part_unref(part);
    part_unref(taken);
    process_stop(rival);
    process_stop(old);
}

static void one_lost_part_stops_the_whole_unit_and_is_named(void **state) {
    (void)state;
    NEEDS_SUBJECT();
    struct process *old = process_start(), *rival = process_start();
    plan_parts(old);
    struct part *a = claim_part(old, "a"), *b = claim_part(old, "b");
    struct part *taken = claim_part(rival, "b");
    struct work work;
    work_open(old, &work);
    enum verdict verdict = work_add(old, &work, payload_make(old, a, "a1", 0));
    verdict = verdict == VERDICT_DONE ? work_add(old, &work, payload_make(old, b, "b1", 0)) : verdict;
    work_move(&work, a, "start", "1");
    work_move(&work, b, "start", "1");
    verdict = verdict == VERDICT_DONE ? work_seal(old, &work) : verdict;
    verdict = verdict == VERDICT_DONE ? work_commit(old, &work) : verdict;
    assert_int_equal(verdict, VERDICT_FENCED);
    assert_int_equal(old->outcome.parts_count, 1);
    assert_ptr_equal(old->outcome.parts[0].part, b);
    work_abandon(old, &work);
    work_free(&work);
    assert_visible(old, "");
    assert_next(old, "a", "start");
    deliver(old, a, "a1", "start", "1");
    assert_visible(old, "a1");
    part_unref(a);
    part_unref(b);
    part_unref(taken);
    process_stop(rival);
    process_stop(old);
}

/* Commits with a failure on one side of the deciding step and settles it: the unit's end as the ledger knows it. */
static enum verdict commit_in_doubt(struct process *process, struct work *work, const char *failpoint) {
    fail_next(failpoint);
    enum verdict verdict = work_commit(process, work);
    fail_next(NULL);
    if (verdict == VERDICT_UNKNOWN) {
        lane_cut(process);
        verdict = work_resolve(process, work);
    }
    return verdict;
}

static void a_commit_whose_answer_was_lost_is_found_done(void **state) {
    (void)state;
    NEEDS_SUBJECT();
    struct process *process = process_start();
    plan_parts(process);
    struct part *part = claim_part(process, "a");
    struct work work;
    work_open(process, &work);
    assert_int_equal(work_add(process, &work, payload_make(process, part, "a1 a2", 0)), VERDICT_DONE);
    work_move(&work, part, "start", "2");
    assert_int_equal(work_seal(process, &work), VERDICT_DONE);
    assert_int_equal(commit_in_doubt(process, &work, subject->commit_after), VERDICT_DONE);
    work_free(&work);
    assert_visible(process, "a1 a2");
    deliver(process, part, "a3", "2", "3");
    assert_visible(process, "a1 a2 a3");
    part_unref(part);
    process_stop(process);
}

static void a_commit_that_never_arrived_is_found_undone(void **state) {
    (void)state;
    NEEDS_SUBJECT();
    struct process *process = process_start();
    plan_parts(process);
    struct part *part = claim_part(process, "a");
    struct work work;
    work_open(process, &work);
    assert_int_equal(work_add(process, &work, payload_make(process, part, "a1", 0)), VERDICT_DONE);
    work_move(&work, part, "start", "1");
    assert_int_equal(work_seal(process, &work), VERDICT_DONE);
    assert_int_equal(commit_in_doubt(process, &work, subject->commit_before), VERDICT_RETRY);
    work_abandon(process, &work);
    work_free(&work);
    assert_visible(process, "");
    lane_cut(process);
    deliver(process, part, "a1", "start", "1");
    assert_visible(process, "a1");
    part_unref(part);
    process_stop(process);
}

static void an_answer_lost_before_a_rival_took_over_is_settled_by_the_ledger(void **state) {
    (void)state;
    NEEDS_SUBJECT();
    struct process *old = process_start(), *rival = process_start();
    plan_parts(old);
    struct part *part = claim_part(old, "a");
    struct work work;
    work_open(old, &work);
    assert_int_equal(work_add(old, &work, payload_make(old, part, "a1", 0)), VERDICT_DONE);
    work_move(&work, part, "start", "1");
    assert_int_equal(work_seal(old, &work), VERDICT_DONE);
    fail_next(subject->commit_after);
    enum verdict verdict = work_commit(old, &work);
    fail_next(NULL);
    struct part *taken = claim_part(rival, "a");
    assert_next(rival, "a", "1");
    deliver(rival, taken, "a2", "1", "2");
    if (verdict == VERDICT_UNKNOWN) {
        lane_cut(old);
        verdict = work_resolve(old, &work);
    }
    /* It happened, and the part is lost: either word makes the engine drop it and read from the ledger. */
    assert_true(verdict == VERDICT_DONE || verdict == VERDICT_FENCED);
    if (verdict != VERDICT_DONE) {
        work_abandon(old, &work);
    }
    work_free(&work);
    assert_visible(rival, "a1 a2");
    part_unref(part);
    part_unref(taken);
    process_stop(rival);
    process_stop(old);
}

static void a_lane_cut_in_the_middle_loses_only_the_unit(void **state) {
    (void)state;
    NEEDS_SUBJECT();
    struct process *process = process_start();
    plan_parts(process);
    struct part *part = claim_part(process, "a");
    deliver(process, part, "a1", "start", "1");
    struct work work;
    work_open(process, &work);
    assert_int_equal(work_add(process, &work, payload_make(process, part, "a2", 0)), VERDICT_DONE);
    lane_cut(process);
    work_abandon(process, &work);
    work_free(&work);
    deliver(process, part, "a2", "1", "2");
    assert_visible(process, "a1 a2");
    part_unref(part);
    process_stop(process);
}

static void another_process_goes_on_where_one_stopped_under_load(void **state) {
    (void)state;
    NEEDS_SUBJECT();
    struct process *first = process_start();
    plan_parts(first);
    struct part *part = claim_part(first, "a");
    deliver(first, part, "a1", "start", "1");
    struct work work;
    work_open(first, &work);
    assert_int_equal(work_add(first, &work, payload_make(first, part, "a2 a3", 0)), VERDICT_DONE);
    work_abandon(first, &work);
    work_free(&work);
    part_unref(part);
    process_stop(first);
    struct process *second = process_start();
    struct part *taken = claim_part(second, "a");
    assert_next(second, "a", "1");
    deliver(second, taken, "a2 a3", "1", "end");
    assert_visible(second, "a1 a2 a3");
    part_unref(taken);
    process_stop(second);
}

static void rejected_rows_are_left_out(void **state) {
    (void)state;
    NEEDS_SUBJECT();
    struct process *process = process_start();
    if (!process->sink->caps.may_reject) {
        process_stop(process);
        skip();
    }
    plan_parts(process);
    struct part *part = claim_part(process, "a");
    struct payload *payload = payload_make(process, part, "a1 a2 a3", 0);
    uint64_t rejected = 1u << 1;
    payload->rejected = &rejected;
    struct work work;
    work_open(process, &work);
    assert_int_equal(work_add(process, &work, payload), VERDICT_DONE);
    work_move(&work, part, "start", "3");
    assert_int_equal(work_seal(process, &work), VERDICT_DONE);
    assert_int_equal(work_commit(process, &work), VERDICT_DONE);
    work_free(&work);
    assert_visible(process, "a1 a3");
    part_unref(part);
    process_stop(process);
}

static void a_row_that_cannot_be_stored_is_named_and_the_rest_arrives(void **state) {
    (void)state;
    NEEDS_SUBJECT();
    if (!subject->rejects_negative) {
        skip();
    }
    struct process *process = process_start();
    plan_parts(process);
    struct part *part = claim_part(process, "a");
    struct payload *payload = payload_make(process, part, "a1 a-2 a3", 0);
    uint64_t rejected = 0;
    payload->rejected = &rejected;
    for (int round = 0; round < 2; round++) {
        struct work work;
        work_open(process, &work);
        enum verdict verdict = work_add(process, &work, payload);
        work_move(&work, part, "start", "3");
        verdict = verdict == VERDICT_DONE ? work_seal(process, &work) : verdict;
        if (round == 0) {
            assert_int_equal(verdict, VERDICT_REJECT);
            assert_int_equal(process->outcome.rows_count, 1);
            assert_ptr_equal(process->outcome.rows[0].payload, payload);
            assert_int_equal(process->outcome.rows[0].row, 1);
            assert_string_equal(process->outcome.rows[0].code, "23514");
            rejected |= 1u << process->outcome.rows[0].row;
            work_abandon(process, &work);
            assert_visible(process, "");
        } else {
            assert_int_equal(verdict, VERDICT_DONE);
            assert_int_equal(work_commit(process, &work), VERDICT_DONE);
        }
    }
    payload_free(payload);
    assert_visible(process, "a1 a3");
    part_unref(part);
    process_stop(process);
}

static void dead_letters_come_with_the_unit_and_are_in_the_books(void **state) {
    (void)state;
    NEEDS_SUBJECT();
    struct process *process = process_start();
    plan_parts(process);
    struct part *part = claim_part(process, "a");
    char letters[SUBJECT_TEXT_MAX];
    for (int round = 0; round < 2; round++) {
        struct work work;
        work_open(process, &work);
        assert_int_equal(work_add(process, &work, payload_make(process, part, "a1", 2)), VERDICT_DONE);
        work_move(&work, part, "start", "3");
        assert_int_equal(work_seal(process, &work), VERDICT_DONE);
        subject->stored_letters(letters, sizeof letters);
        assert_string_equal(letters, "");
        if (round == 0) {
            work_abandon(process, &work);
        } else {
            assert_int_equal(work_commit(process, &work), VERDICT_DONE);
        }
        work_free(&work);
    }
    assert_visible(process, "a1");
    subject->stored_letters(letters, sizeof letters);
    assert_string_equal(letters, "22P02 22P02 ");
    struct counts books = part_row(process, "a").books;
    assert_int_equal(books.in, 3);
    assert_int_equal(books.delivered, 1);
    assert_int_equal(books.dead_letter, 2);
    part_unref(part);
    process_stop(process);
}

#define FOR(test, index) {#test, test, empty_store, NULL, (void *)&subjects[index]}
#define SUITE(index) \
    { \
        FOR(it_opens_and_closes_twice, index), FOR(rows_arrive_in_order_with_their_position, index), \
            FOR(many_units_follow_each_other, index), FOR(a_range_without_rows_moves_the_position, index), \
            FOR(nothing_is_seen_before_the_commit, index), \
            FOR(an_abandoned_unit_leaves_nothing_and_may_come_again, index), FOR(two_parts_share_a_unit, index), \
            FOR(an_older_owner_is_fenced, index), FOR(one_lost_part_stops_the_whole_unit_and_is_named, index), \
            FOR(a_commit_whose_answer_was_lost_is_found_done, index), \
            FOR(a_commit_that_never_arrived_is_found_undone, index), \
            FOR(an_answer_lost_before_a_rival_took_over_is_settled_by_the_ledger, index), \
            FOR(a_lane_cut_in_the_middle_loses_only_the_unit, index), \
            FOR(another_process_goes_on_where_one_stopped_under_load, index), FOR(rejected_rows_are_left_out, index), \
            FOR(a_row_that_cannot_be_stored_is_named_and_the_rest_arrives, index), \
            FOR(dead_letters_come_with_the_unit_and_are_in_the_books, index), \
    }

int main(void) {
    int failed = 0;
    for (size_t i = 0; i < subjects_count; i++) {
        const struct CMUnitTest tests[] = SUITE(i);
        failed += _cmocka_run_group_tests(subjects[i].name, tests, sizeof tests / sizeof *tests, NULL, NULL);
    }
    return failed;
}
