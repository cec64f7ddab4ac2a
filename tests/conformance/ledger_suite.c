/* SPDX-License-Identifier: Apache-2.0 */
/* What every ledger must do: the plan is written once, a claim is a compare-and-set on the epoch that takes everything
 * from the older owner, and what people note stays noted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/conformance/fixture.h"

struct rivals {
    struct process *one, *two;
};

static int start(void **state) {
    subject = *state;
    struct rivals *rivals = calloc(1, sizeof *rivals);
    if (subject->available()) {
        subject->reset();
        rivals->one = process_start();
        rivals->two = process_start();
        plan_parts(rivals->one);
    }
    *state = rivals;
    return 0;
}

static int stop(void **state) {
    struct rivals *rivals = *state;
    process_stop(rivals->two);
    process_stop(rivals->one);
    free(rivals);
    return 0;
}

#define NEEDS_SUBJECT(rivals) \
    if (!(rivals)->one) { \
        skip(); \
    }

static void ok(enum status status, const struct error *error) {
    if (status != STATUS_OK) {
        fail_msg("%s: %s (%s)", subject->name, error->message, error->code);
    }
}

static enum claim_result claim(struct process *process, const char *part, uint64_t expected_epoch) {
    struct error error = {0};
    struct claim claim = {.part = part, .expected_epoch = expected_epoch};
    ok(process->ledger->ops->claim(process->ledger, &claim, 1, process->arena, soon_us(), &error), &error);
    return claim.result;
}

static struct ledger_totals totals(struct process *process) {
    struct error error = {0};
    struct ledger_totals totals = {0};
    ok(process->ledger->ops->totals(process->ledger, &totals, soon_us(), &error), &error);
    return totals;
}

static struct ledger_rows free_rows(struct process *process, int64_t lease_us, const char *dead_owner) {
    struct error error = {0};
    struct ledger_rows rows = {0};
    struct ledger_query query = {.rows_max = 10,
                                 .lease_us = lease_us,
                                 .dead_owners = &dead_owner,
                                 .dead_owners_count = dead_owner != NULL};
    ok(process->ledger->ops->query(process->ledger, &query, process->arena, &rows, soon_us(), &error), &error);
    return rows;
}

static void note(struct process *process, const struct note *note) {
    struct error error = {0};
    ok(process->ledger->ops->note(process->ledger, note, soon_us(), &error), &error);
}

static void renew(struct process *process, struct owner_list *ret) {
    struct error error = {0};
    ok(process->ledger->ops->renew(process->ledger, process->arena, ret, soon_us(), &error), &error);
}

#define HOUR_US INT64_C(3600000000)

static void the_plan_is_written_once_and_read_by_all(void **state) {
    struct rivals *rivals = *state;
    NEEDS_SUBJECT(rivals);
    struct part_info changed = {
        .name = "a", .entry = "a", .ident = "another", .detail = "another", .first = "77", .weight_bytes = 1};
    struct part_list parts = {.items = &changed, .count = 1};
    struct error error = {0};
    ok(rivals->two->ledger->ops->plan_put(rivals->two->ledger, &parts, false, soon_us(), &error), &error);
    for (int i = 0; i < 2; i++) {
        struct ledger_row row = part_row(i ? rivals->two : rivals->one, "a");
        assert_string_equal(row.info.name, "a");
        assert_string_equal(row.info.ident, "ident a");
        assert_string_equal(row.info.detail, "detail a");
        assert_string_equal(row.next, "start");
        assert_string_equal(row.owner, "");
        assert_int_equal(row.state, ROW_OPEN);
    }
    plan_parts(rivals->two);
    assert_int_equal(totals(rivals->one).parts, 2);
    assert_int_equal(totals(rivals->two).open, 2);
    assert_true(totals(rivals->two).started);
}

static void it_tells_which_entries_it_knows(void **state) {
    struct rivals *rivals = *state;
    NEEDS_SUBJECT(rivals);
    const char *entries[] = {"b", "never seen", "a"};
    bool known[3] = {false, true, false};
    struct error error = {0};
    ok(rivals->two->ledger->ops->plan_known(rivals->two->ledger, entries, 3, known, soon_us(), &error), &error);
    assert_true(known[0]);
    assert_false(known[1]);
    assert_true(known[2]);
}

static void a_row_that_is_absent_has_no_name(void **state) {
    struct rivals *rivals = *state;
    NEEDS_SUBJECT(rivals);
    assert_null(part_row(rivals->one, "never seen").info.name);
    assert_int_equal(claim(rivals->one, "never seen", 0), CLAIM_ABSENT);
}

static void a_claim_is_won_once_for_an_epoch(void **state) {
    struct rivals *rivals = *state;
    NEEDS_SUBJECT(rivals);
    uint64_t epoch = part_row(rivals->one, "a").epoch;
    assert_int_equal(claim(rivals->one, "a", epoch), CLAIM_WON);
    assert_int_equal(claim(rivals->two, "a", epoch), CLAIM_HELD);
    struct ledger_row row = part_row(rivals->two, "a");
    assert_string_equal(row.owner, rivals->one->owner);
    assert_int_equal(row.epoch, epoch + 1);
    assert_int_equal(claim(rivals->two, "a", row.epoch), CLAIM_WON);
    assert_string_equal(part_row(rivals->one, "a").owner, rivals->two->owner);
    assert_int_equal(part_row(rivals->one, "a").epoch, epoch + 2);
}

static void what_is_owned_is_not_free_until_given_back_dead_or_silent(void **state) {
    struct rivals *rivals = *state;
    NEEDS_SUBJECT(rivals);
    struct owner_list owners;
    renew(rivals->one, &owners);
    assert_int_equal(free_rows(rivals->two, HOUR_US, NULL).count, 2);
    struct part *part = claim_part(rivals->one, "a");
    struct ledger_rows rows = free_rows(rivals->two, HOUR_US, NULL);
    assert_int_equal(rows.count, 1);
    assert_string_equal(rows.items[0].info.name, "b");
    assert_int_equal(totals(rivals->two).open_elsewhere, 1);
    assert_int_equal(free_rows(rivals->two, HOUR_US, rivals->one->owner).count, 2);
    assert_int_equal(free_rows(rivals->two, 0, NULL).count, 2);
    struct claim mine = {.part = "a", .expected_epoch = part->shares[0].epoch};
    struct error error = {0};
    ok(rivals->one->ledger->ops->release(rivals->one->ledger, &mine, 1, soon_us(), &error), &error);
    assert_int_equal(free_rows(rivals->two, HOUR_US, NULL).count, 2);
    assert_string_equal(part_row(rivals->two, "a").owner, "");
    part_unref(part);
}

static void what_another_owns_cannot_be_given_back(void **state) {
    struct rivals *rivals = *state;
    NEEDS_SUBJECT(rivals);
    struct part *old = claim_part(rivals->one, "a"), *taken = claim_part(rivals->two, "a");
    struct claim lost = {.part = "a", .expected_epoch = old->shares[0].epoch};
    struct error error = {0};
    ok(rivals->one->ledger->ops->release(rivals->one->ledger, &lost, 1, soon_us(), &error), &error);
    assert_string_equal(part_row(rivals->one, "a").owner, rivals->two->owner);
    part_unref(old);
    part_unref(taken);
}

static void the_living_are_listed_with_their_age(void **state) {
    struct rivals *rivals = *state;
    NEEDS_SUBJECT(rivals);
    struct owner_list owners = {0};
    renew(rivals->one, &owners);
    renew(rivals->two, &owners);
    unsigned found = 0;
    for (uint32_t i = 0; i < owners.count; i++) {
        bool one = strcmp(owners.items[i].owner, rivals->one->owner) == 0;
        bool two = strcmp(owners.items[i].owner, rivals->two->owner) == 0;
        found |= one ? 1u : two ? 2u : 0;
        if (one || two) {
            assert_in_range((uint64_t)owners.items[i].age_us, 0, 20 * 1000000);
        }
    }
    assert_int_equal(found, 3);
}

static void a_part_at_its_end_is_claimed_by_nobody(void **state) {
    struct rivals *rivals = *state;
    NEEDS_SUBJECT(rivals);
    struct part *part = claim_part(rivals->one, "a");
    deliver(rivals->one, part, "a1", "start", "end");
    struct ledger_row row = part_row(rivals->two, "a");
    assert_int_equal(row.state, ROW_ENDED);
    assert_string_equal(row.next, "end");
    assert_int_equal(claim(rivals->two, "a", row.epoch), CLAIM_ENDED);
    assert_int_equal(totals(rivals->two).ended, 1);
    assert_int_equal(free_rows(rivals->two, HOUR_US, NULL).count, 1);
    part_unref(part);
}

static void a_stopped_part_waits_until_it_is_resumed(void **state) {
    struct rivals *rivals = *state;
    NEEDS_SUBJECT(rivals);
    struct part *part = claim_part(rivals->one, "a");
    struct note stop = {.kind = NOTE_STOP, .part = "a", .reason = "it is broken", .epoch = part->shares[0].epoch};
    note(rivals->one, &stop);
    struct ledger_row row = part_row(rivals->two, "a");
    assert_int_equal(row.state, ROW_STOPPED);
    assert_string_equal(row.reason, "it is broken");
    assert_int_equal(claim(rivals->two, "a", row.epoch), CLAIM_STOPPED);
    assert_int_equal(totals(rivals->two).stopped, 1);
    note(rivals->two, &(struct note){.kind = NOTE_RESUME, .part = "a", .reason = "mended"});
    row = part_row(rivals->one, "a");
    assert_int_equal(row.state, ROW_OPEN);
    assert_int_equal(claim(rivals->two, "a", row.epoch), CLAIM_WON);
    part_unref(part);
}

static void a_fenced_owner_cannot_stop_the_part(void **state) {
    struct rivals *rivals = *state;
    NEEDS_SUBJECT(rivals);
    struct part *old = claim_part(rivals->one, "a"), *taken = claim_part(rivals->two, "a");
    struct note stop = {.kind = NOTE_STOP, .part = "a", .reason = "too late", .epoch = old->shares[0].epoch};
    struct error error = {0};
    enum status status = rivals->one->ledger->ops->note(rivals->one->ledger, &stop, soon_us(), &error);
    assert_true(status == STATUS_OK || error.class != ERROR_TRANSIENT);
    assert_int_equal(part_row(rivals->two, "a").state, ROW_OPEN);
    part_unref(old);
    part_unref(taken);
}

static void a_position_that_is_set_fences_the_owner(void **state) {
    struct rivals *rivals = *state;
    NEEDS_SUBJECT(rivals);
    struct part *part = claim_part(rivals->one, "a");
    deliver(rivals->one, part, "a1", "start", "1");
    note(rivals->two, &(struct note){.kind = NOTE_SET, .part = "a", .next = "5", .reason = "somebody"});
    assert_string_equal(part_row(rivals->two, "a").next, "5");
    struct work work;
    work_open(rivals->one, &work);
    enum verdict verdict = work_add(rivals->one, &work, payload_make(rivals->one, part, "a2", 0));
    work_move(&work, part, "1", "2");
    verdict = verdict == VERDICT_DONE ? work_seal(rivals->one, &work) : verdict;
    verdict = verdict == VERDICT_DONE ? work_commit(rivals->one, &work) : verdict;
    assert_true(verdict == VERDICT_FENCED || verdict == VERDICT_MOVED);
    work_abandon(rivals->one, &work);
    work_free(&work);
    assert_string_equal(part_row(rivals->two, "a").next, "5");
    assert_visible(rivals->two, "a1");
    part_unref(part);
}

static void books_survive_a_change_of_owner(void **state) {
    struct rivals *rivals = *state;
    NEEDS_SUBJECT(rivals);
    struct part *part = claim_part(rivals->one, "a");
    deliver(rivals->one, part, "a1 a2", "start", "2");
    part_unref(part);
    part = claim_part(rivals->two, "a");
    deliver(rivals->two, part, "a3", "2", "end");
    struct counts books = totals(rivals->one).books;
    assert_int_equal(books.in, 3);
    assert_int_equal(books.delivered, 3);
    assert_int_equal(books.filtered + books.dead_letter, 0);
    part_unref(part);
}

#define FOR(test, index) {#test, test, start, stop, (void *)&subjects[index]}
#define SUITE(index) \
    { \
        FOR(the_plan_is_written_once_and_read_by_all, index), FOR(it_tells_which_entries_it_knows, index), \
            FOR(a_row_that_is_absent_has_no_name, index), FOR(a_claim_is_won_once_for_an_epoch, index), \
            FOR(what_is_owned_is_not_free_until_given_back_dead_or_silent, index), \
            FOR(what_another_owns_cannot_be_given_back, index), FOR(the_living_are_listed_with_their_age, index), \
            FOR(a_part_at_its_end_is_claimed_by_nobody, index), FOR(a_stopped_part_waits_until_it_is_resumed, index), \
            FOR(a_fenced_owner_cannot_stop_the_part, index), FOR(a_position_that_is_set_fences_the_owner, index), \
            FOR(books_survive_a_change_of_owner, index), \
    }

int main(void) {
    int failed = 0;
    for (size_t i = 0; i < subjects_count; i++) {
        const struct CMUnitTest tests[] = SUITE(i);
        failed += _cmocka_run_group_tests(subjects[i].name, tests, sizeof tests / sizeof *tests, NULL, NULL);
    }
    return failed;
}
