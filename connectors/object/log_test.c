/* SPDX-License-Identifier: Apache-2.0 */
/* The commit log and its ledger on real files: claims fence, commits move exactly once, lost replies are settled,
 * every failpoint leaves a state from which another process goes on. */
#include "connectors/object/testing.h"

#include "engine/flow/part_state.h"

static const char *const parts[] = {"a", "b", "c"};

struct commit_try {
    const char *part, *from, *to;
    uint64_t epoch;
    const char *content; /* of its object */
};

static void unit_fill(const struct commit_try *try, struct part *part, struct move *move, struct unit *unit) {
    *move = (struct move){.part = part,
                          .part_name = try->part,
                          .epoch = try->epoch,
                          .from = try->from,
                          .to = try->to,
                          .counts = {.in = 2, .delivered = 1, .filtered = 1}};
    *unit = (struct unit){.number = 1, .moves = move, .moves_count = 1};
}

/* What the sink does, without rows: one object with the content, one move. */
static enum verdict commit(struct object_ledger *ledger, const struct commit_try *try, bool resolve) {
    struct part_info info = {.name = try->part, .entry = try->part, .ident = "", .detail = "", .first = "start"};
    struct part *part = part_new(&info, "p", "files");
    struct move move;
    struct unit unit;
    unit_fill(try, part, &move, &unit);
    struct store *store = ledger->log->store;
    struct outcome outcome = {.arena = arena_new(NULL, POOL_SINK)};
    struct store_object *object;
    struct error error;
    char id[LOG_ID_MAX], name[128];
    log_id_new(ledger->log, id);
    snprintf(name, sizeof name, "day=1/%s-%s-%s.json", try->part, try->from, id);
    struct log_object object_info = {.name = name, .bytes = strlen(try->content), .rows = 1};
    enum verdict verdict = VERDICT_RETRY;
    if (store->ops->object_open(store, name, &object, &error) == STATUS_OK) {
        if (store->ops->object_write(object, slice_of(try->content), &error) == STATUS_OK &&
            store->ops->object_seal(object, false, &error) == STATUS_OK &&
            store->ops->objects_settle(store, false, &error) == STATUS_OK) {
            struct object_commit call = {
                .unit = &unit, .id = id, .objects = &object, .infos = &object_info, .objects_count = 1};
            verdict = object_commit_run(ledger, &call, INT64_MAX, &outcome);
            if (verdict == VERDICT_UNKNOWN && resolve) {
                outcome.verdict = VERDICT_DONE;
                verdict = object_commit_resolve(ledger, &call, &outcome);
            }
        }
        store->ops->object_free(object, verdict != VERDICT_DONE && verdict != VERDICT_UNKNOWN);
    }
    arena_free(outcome.arena);
    part_unref(part);
    return verdict;
}

static void a_claim_bumps_the_epoch_and_a_second_with_the_old_one_is_held(void **state) {
    (void)state;
    struct object_ledger *one = testing_ledger("owner-one"), *two = testing_ledger("owner-two");
    testing_plan(one, parts, 3);
    assert_int_equal(testing_claim(one, "a"), 1);
    struct arena *arena = arena_new(NULL, POOL_SINK);
    struct claim stale = {.part = "a", .expected_epoch = 0};
    struct error error;
    assert_int_equal(two->base.ops->claim(&two->base, &stale, 1, arena, INT64_MAX, &error), STATUS_OK);
    assert_int_equal(stale.result, CLAIM_HELD);
    assert_string_equal(stale.row.owner, "owner-one");
    struct claim absent = {.part = "nowhere"};
    assert_int_equal(two->base.ops->claim(&two->base, &absent, 1, arena, INT64_MAX, &error), STATUS_OK);
    assert_int_equal(absent.result, CLAIM_ABSENT);
    assert_int_equal(testing_claim(two, "a"), 2);
    arena_free(arena);
    testing_close(one);
    testing_close(two);
}

static void a_commit_moves_the_part_and_shows_its_object(void **state) {
    (void)state;
    struct object_ledger *ledger = testing_ledger("owner-one");
    testing_plan(ledger, parts, 1);
    uint64_t epoch = testing_claim(ledger, "a");
    struct commit_try first = {.part = "a", .from = "start", .to = "10", .epoch = epoch, .content = "{}\n"};
    assert_int_equal(commit(ledger, &first, false), VERDICT_DONE);
    struct testing_files files = testing_list("out", false);
    assert_int_equal(files.count, 1);
    testing_files_free(&files);
    assert_int_equal(commit(ledger, &first, false), VERDICT_MOVED); /* the same again does nothing */
    struct arena *arena = arena_new(NULL, POOL_SINK);
    struct ledger_row row = testing_row(ledger, "a", arena);
    assert_string_equal(row.next, "10");
    assert_int_equal(row.books.in, 2);
    struct commit_try last = {.part = "a", .from = "10", .to = "end", .epoch = epoch, .content = "{}\n"};
    assert_int_equal(commit(ledger, &last, false), VERDICT_DONE);
    assert_int_equal(testing_row(ledger, "a", arena).state, ROW_ENDED);
    struct ledger_totals totals = testing_totals(ledger);
    assert_true(totals.started && totals.all_visible);
    assert_int_equal(totals.ended, 1);
    assert_int_equal(totals.books.in, 4);
    arena_free(arena);
    testing_close(ledger);
}

static void an_older_owner_is_fenced_whatever_it_believes(void **state) {
    (void)state;
    struct object_ledger *zombie = testing_ledger("owner-one"), *next = testing_ledger("owner-two");
    testing_plan(zombie, parts, 1);
    uint64_t old = testing_claim(zombie, "a");
    assert_int_equal(testing_claim(next, "a"), old + 1);
    struct commit_try late = {.part = "a", .from = "start", .to = "10", .epoch = old, .content = "zombie\n"};
    assert_int_equal(commit(zombie, &late, false), VERDICT_FENCED);
    late.epoch = old + 1; /* another owner's epoch is no epoch of mine */
    assert_int_equal(commit(zombie, &late, false), VERDICT_FENCED);
    struct testing_files files = testing_list("out", false);
    assert_int_equal(files.count, 0);
    testing_files_free(&files);
    testing_close(zombie);
    testing_close(next);
}

static void a_foreign_record_of_other_parts_does_not_hinder_a_commit(void **state) {
    (void)state;
    struct object_ledger *one = testing_ledger("owner-one"), *two = testing_ledger("owner-two");
    testing_plan(one, parts, 2);
    uint64_t a = testing_claim(one, "a"), b = testing_claim(two, "b");
    struct commit_try first = {.part = "b", .from = "start", .to = "5", .epoch = b, .content = "b\n"};
    struct commit_try second = {.part = "a", .from = "start", .to = "5", .epoch = a, .content = "a\n"};
    assert_int_equal(commit(two, &first, false), VERDICT_DONE);
    assert_int_equal(commit(one, &second, false), VERDICT_DONE);
    testing_close(one);
    testing_close(two);
}

static void a_lost_reply_is_settled_by_reading(void **state) {
    (void)state;
    struct object_ledger *ledger = testing_ledger("owner-one");
    testing_plan(ledger, parts, 1);
    uint64_t epoch = testing_claim(ledger, "a");
    struct commit_try first = {.part = "a", .from = "start", .to = "10", .epoch = epoch, .content = "x\n"};
    testing_failpoint = "file.log.link.after"; /* it stands, nobody says so */
    assert_int_equal(commit(ledger, &first, true), VERDICT_DONE);
    testing_failpoint_hits = 0;
    testing_failpoint = "file.log.link.before";
    first.from = "10", first.to = "20";
    assert_int_equal(commit(ledger, &first, true), VERDICT_RETRY);
    testing_failpoint = NULL;
    struct arena *arena = arena_new(NULL, POOL_SINK);
    assert_string_equal(testing_row(ledger, "a", arena).next, "10");
    assert_int_equal(commit(ledger, &first, true), VERDICT_DONE);
    arena_free(arena);
    testing_close(ledger);
}

static void a_claim_publishes_what_the_dead_owner_committed(void **state) {
    (void)state;
    struct object_ledger *dead = testing_ledger("owner-one");
    testing_plan(dead, parts, 1);
    uint64_t epoch = testing_claim(dead, "a");
    struct commit_try first = {.part = "a", .from = "start", .to = "10", .epoch = epoch, .content = "x\n"};
    testing_failpoint = "file.publish.rename.before";
    assert_int_equal(commit(dead, &first, false), VERDICT_DONE); /* the record is the commit */
    struct testing_files files = testing_list("out", false);
    assert_int_equal(files.count, 0);
    testing_files_free(&files);
    testing_kill(dead);
    struct object_ledger *next = testing_ledger("owner-two");
    assert_int_equal(testing_claim(next, "a"), epoch + 1);
    files = testing_list("out", false);
    assert_int_equal(files.count, 1);
    testing_files_free(&files);
    assert_true(testing_totals(next).all_visible);
    testing_close(next);
}

static void what_stands_in_the_plan_is_never_changed(void **state) {
    (void)state;
    struct object_ledger *ledger = testing_ledger("owner-one");
    testing_plan(ledger, parts, 2);
    uint64_t head = ledger->log->state.head;
    testing_plan(ledger, parts, 2); /* nothing new: no record */
    assert_int_equal(ledger->log->state.head, head);
    struct part_info other[] = {
        {.name = "a", .entry = "a", .ident = "size=2", .detail = "{}", .first = "7"},
        {.name = "c#0", .entry = "c", .ident = "size=3", .detail = "{}", .first = "start"},
        {.name = "c#9", .entry = "c", .ident = "size=3", .detail = "{}", .first = "9"}};
    struct part_list list = {.items = other, .count = 3};
    struct error error;
    assert_int_equal(ledger->base.ops->plan_put(&ledger->base, &list, false, INT64_MAX, &error), STATUS_OK);
    struct arena *arena = arena_new(NULL, POOL_SINK);
    assert_string_equal(testing_row(ledger, "a", arena).info.ident, "size=1");
    assert_string_equal(testing_row(ledger, "c#9", arena).next, "9");
    const char *const entries[] = {"a", "c", "d"};
    bool known[3];
    assert_int_equal(ledger->base.ops->plan_known(&ledger->base, entries, 3, known, INT64_MAX, &error), STATUS_OK);
    assert_true(known[0] && known[1] && !known[2]);
    assert_int_equal(testing_totals(ledger).parts, 4);
    arena_free(arena);
    testing_close(ledger);
}

static void released_and_dead_parts_are_free_and_others_are_not(void **state) {
    (void)state;
    struct object_ledger *one = testing_ledger("owner-one"), *two = testing_ledger("owner-two");
    testing_plan(one, parts, 3);
    uint64_t a = testing_claim(one, "a");
    testing_claim(one, "b");
    struct claim give = {.part = "a", .expected_epoch = a};
    struct error error;
    assert_int_equal(one->base.ops->release(&one->base, &give, 1, INT64_MAX, &error), STATUS_OK);
    struct arena *arena = arena_new(NULL, POOL_SINK);
    struct ledger_query query = {.rows_max = 10, .lease_us = 30000000};
    struct ledger_rows rows;
    assert_int_equal(two->base.ops->query(&two->base, &query, arena, &rows, INT64_MAX, &error), STATUS_OK);
    assert_int_equal(rows.count, 2);
    assert_string_equal(rows.items[0].info.name, "a");
    assert_string_equal(rows.items[1].info.name, "c");
    const char *const dead[] = {"owner-one"};
    query.dead_owners = dead;
    query.dead_owners_count = 1;
    assert_int_equal(two->base.ops->query(&two->base, &query, arena, &rows, INT64_MAX, &error), STATUS_OK);
    assert_int_equal(rows.count, 3);
    struct owner_list owners;
    assert_int_equal(two->base.ops->renew(&two->base, arena, &owners, INT64_MAX, &error), STATUS_OK);
    assert_int_equal(owners.count, 2);
    arena_free(arena);
    testing_close(one);
    testing_close(two);
}

static void stop_resume_set_and_reset_move_the_row_as_they_say(void **state) {
    (void)state;
    struct object_ledger *ledger = testing_ledger("owner-one");
    testing_plan(ledger, parts, 2);
    uint64_t epoch = testing_claim(ledger, "a");
    struct arena *arena = arena_new(NULL, POOL_SINK);
    struct error error;
    const struct ledger_ops *ops = ledger->base.ops;
    struct note stale = {.kind = NOTE_STOP, .part = "a", .reason = "late", .epoch = epoch - 1};
    assert_int_equal(ops->note(&ledger->base, &stale, INT64_MAX, &error), STATUS_OK);
    assert_int_equal(testing_row(ledger, "a", arena).state, ROW_OPEN);
    struct note stop = {.kind = NOTE_STOP, .part = "a", .reason = "bad \xff byte", .epoch = epoch};
    assert_int_equal(ops->note(&ledger->base, &stop, INT64_MAX, &error), STATUS_OK);
    assert_int_equal(testing_row(ledger, "a", arena).state, ROW_STOPPED);
    assert_string_equal(testing_row(ledger, "a", arena).reason, "bad ? byte");
    assert_int_equal(testing_claim(ledger, "a"), 0);
    struct note set = {.kind = NOTE_SET, .part = "a", .reason = "me", .next = "77"};
    assert_int_equal(ops->note(&ledger->base, &set, INT64_MAX, &error), STATUS_OK);
    assert_string_equal(testing_row(ledger, "a", arena).next, "77");
    assert_int_equal(testing_claim(ledger, "a"), epoch + 2);
    struct note reset = {.kind = NOTE_RESET, .reason = "me"};
    assert_int_equal(ops->note(&ledger->base, &reset, INT64_MAX, &error), STATUS_OK);
    assert_string_equal(testing_row(ledger, "a", arena).next, "start");
    struct note nobody = {.kind = NOTE_RESUME, .part = "nowhere", .reason = "me"};
    assert_int_equal(ops->note(&ledger->base, &nobody, INT64_MAX, &error), STATUS_FAILED);
    assert_string_equal(error.code, "part-absent");
    arena_free(arena);
    testing_close(ledger);
}

static void three_aborts_at_one_position_stop_the_part(void **state) {
    (void)state;
    struct object_ledger *ledger = testing_ledger("owner-one");
    testing_plan(ledger, parts, 1);
    struct note seen = {.kind = NOTE_ABORT_SEEN, .part = "a"};
    struct arena *arena = arena_new(NULL, POOL_SINK);
    struct error error;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(testing_row(ledger, "a", arena).state, ROW_OPEN);
        assert_int_equal(ledger->base.ops->note(&ledger->base, &seen, INT64_MAX, &error), STATUS_OK);
    }
    assert_int_equal(testing_row(ledger, "a", arena).state, ROW_STOPPED);
    arena_free(arena);
    testing_close(ledger);
}

static void a_checkpoint_says_what_all_records_before_it_said(void **state) {
    (void)state;
    struct object_ledger *ledger = testing_ledger("owner-one");
    testing_plan(ledger, parts, 3);
    uint64_t a = testing_claim(ledger, "a"), b = testing_claim(ledger, "b");
    char from[32] = "start", to[32];
    for (int i = 0; i < 120; i++) {
        snprintf(to, sizeof to, "%d", i + 1);
        struct commit_try step = {.part = "a", .from = from, .to = to, .epoch = a, .content = "x\n"};
        assert_int_equal(commit(ledger, &step, false), VERDICT_DONE);
        memcpy(from, to, sizeof from);
    }
    struct commit_try last = {.part = "b", .from = "start", .to = "end", .epoch = b, .content = "y\n"};
    testing_failpoint = "file.publish.rename.before";
    assert_int_equal(commit(ledger, &last, false), VERDICT_DONE);
    testing_failpoint = NULL;
    assert_true(ledger->log->state.checkpoint > 100);
    uint64_t head = ledger->log->state.head;
    struct log_state folded;
    struct error error;
    log_state_init(&folded, "owner-one");
    testing_close(ledger);
    struct object_ledger *next = testing_ledger("owner-two");
    assert_true(next->log->state.head >= head);
    struct arena *arena = arena_new(NULL, POOL_SINK);
    assert_string_equal(testing_row(next, "a", arena).next, "120");
    assert_int_equal(testing_row(next, "a", arena).books.in, 240);
    assert_int_equal(testing_row(next, "b", arena).state, ROW_ENDED);
    assert_int_equal(testing_row(next, "c", arena).epoch, 0);
    struct testing_files files = testing_list("out", false);
    assert_int_equal(files.count, 121);
    testing_files_free(&files);
    (void)error;
    log_state_fini(&folded);
    arena_free(arena);
    testing_close(next);
}

static void an_unreadable_record_stops_by_name(void **state) {
    (void)state;
    struct object_ledger *ledger = testing_ledger("owner-one");
    testing_plan(ledger, parts, 1);
    uint64_t seq = ledger->log->state.head + 1;
    char name[128];
    snprintf(name, sizeof name, "out/_leat/p/files/lake/log/%020llu.json", (unsigned long long)seq);
    testing_write_text(name, "{\"v\":1,\"kind\":\"comm");
    struct ledger_totals totals;
    struct error error;
    assert_int_equal(ledger->base.ops->totals(&ledger->base, &totals, INT64_MAX, &error), STATUS_FAILED);
    assert_string_equal(error.code, "log-unreadable");
    assert_int_equal(error.class, ERROR_PERMANENT);
    testing_write_text(name, "{\"v\":2}");
    testing_kill(ledger);
    struct object_ledger next;
    object_ledger_init(&next, testing_path("out"));
    struct ledger_identity identity = {
        .pipeline = "p", .source = "files", .sink = "lake", .owner = "owner-two", .lease_us = 1};
    assert_int_equal(next.base.ops->open(&next.base, &identity, INT64_MAX, &error), STATUS_FAILED);
    assert_string_equal(error.code, "log-version");
    object_ledger_fini(&next);
}

static void an_edited_record_is_refused(void **state) {
    (void)state;
    struct object_ledger *ledger = testing_ledger("owner-one");
    testing_plan(ledger, parts, 1);
    uint64_t seq = ledger->log->state.head + 1;
    char name[128];
    snprintf(name, sizeof name, "out/_leat/p/files/lake/log/%020llu.json", (unsigned long long)seq);
    testing_write_text(name, "{\"v\":1,\"kind\":\"commit\",\"id\":\"x\",\"owner\":\"z\",\"parts\":[{\"part\":\"a\","
                             "\"epoch\":3,\"from\":\"start\",\"to\":\"9\"}]}");
    struct ledger_totals totals;
    struct error error;
    assert_int_equal(ledger->base.ops->totals(&ledger->base, &totals, INT64_MAX, &error), STATUS_FAILED);
    assert_string_equal(error.code, "log-inconsistent");
    testing_kill(ledger);
}

static void the_janitor_takes_only_what_can_never_be_committed(void **state) {
    (void)state;
    struct object_ledger *dead = testing_ledger("owner-one");
    testing_plan(dead, parts, 1);
    testing_claim(dead, "a");
    struct store_object *object;
    struct error error;
    struct store *store = dead->log->store;
    assert_int_equal(store->ops->object_open(store, "x", &object, &error), STATUS_OK);
    store->ops->object_free(object, false);
    assert_int_equal(store->ops->remove(store, STORE_PROCESS, "owner-one", &error), STATUS_OK);
    testing_kill(dead);
    struct object_ledger *next = testing_ledger("owner-two"); /* cleans at its start; the part is not claimed yet */
    struct testing_files files = testing_list("out/_leat/p/files/lake/open", true);
    assert_int_equal(files.count, 1);
    testing_files_free(&files);
    assert_int_equal(testing_claim(next, "a"), 2);
    assert_int_equal(log_clean(next->log, &error), STATUS_OK);
    files = testing_list("out/_leat/p/files/lake/open", true);
    assert_int_equal(files.count, 0);
    testing_files_free(&files);
    testing_close(next);
}

/* One run of the whole protocol that dies at a failpoint, then another process that finishes the work. */
static void run_until_it_dies(void) {
    struct object_ledger *ledger = calloc(1, sizeof *ledger);
    object_ledger_init(ledger, testing_path("out"));
    struct ledger_identity identity = {
        .pipeline = "p", .source = "files", .sink = "lake", .owner = "owner-one", .lease_us = 30000000};
    struct error error;
    struct part_info info = {.name = "a", .entry = "a", .ident = "", .detail = "", .first = "start"};
    struct part_list list = {.items = &info, .count = 1};
    struct claim claim = {.part = "a"};
    struct arena *arena = arena_new(NULL, POOL_SINK);
    const struct ledger_ops *ops = ledger->base.ops;
    if (ops->open(&ledger->base, &identity, INT64_MAX, &error) == STATUS_OK &&
        ops->plan_put(&ledger->base, &list, true, INT64_MAX, &error) == STATUS_OK &&
        ops->claim(&ledger->base, &claim, 1, arena, INT64_MAX, &error) == STATUS_OK &&
        claim.result == CLAIM_WON) {
        struct commit_try first = {
            .part = "a", .from = "start", .to = "10", .epoch = claim.row.epoch, .content = "one\n"};
        struct commit_try second = {
            .part = "a", .from = "10", .to = "end", .epoch = claim.row.epoch, .content = "two\n"};
        if (commit(ledger, &first, false) == VERDICT_DONE) {
            commit(ledger, &second, false);
        }
    }
    arena_free(arena);
    testing_kill(ledger);
}

static void finish_the_work(void) {
    struct object_ledger *ledger = testing_ledger("owner-two");
    testing_plan(ledger, parts, 1);
    struct arena *arena = arena_new(NULL, POOL_SINK);
    uint64_t epoch = testing_claim(ledger, "a");
    struct ledger_row row = testing_row(ledger, "a", arena);
    if (strcmp(row.next, "start") == 0) {
        struct commit_try first = {.part = "a", .from = "start", .to = "10", .epoch = epoch, .content = "one\n"};
        assert_int_equal(commit(ledger, &first, false), VERDICT_DONE);
        row.next = "10";
    }
    if (strcmp(row.next, "10") == 0) {
        struct commit_try second = {.part = "a", .from = "10", .to = "end", .epoch = epoch, .content = "two\n"};
        assert_int_equal(commit(ledger, &second, false), VERDICT_DONE);
    }
    struct ledger_totals totals = testing_totals(ledger);
    assert_true(totals.ended == 1 && totals.all_visible);
    assert_int_equal(totals.books.in, 4);
    struct error error;
    assert_int_equal(log_publish_all(ledger->log, INT64_MAX, &error), STATUS_OK);
    assert_int_equal(log_clean(ledger->log, &error), STATUS_OK);
    assert_int_equal(ledger->log->state.pending_count, 0);
    arena_free(arena);
    testing_close(ledger);
    struct testing_files files = testing_list("out", false);
    assert_int_equal(files.count, 2); /* one of each range, whoever wrote it */
    testing_files_free(&files);
}

static void a_death_at_any_failpoint_loses_and_doubles_nothing(void **state) {
    const char *const *names = store_local_failpoints();
    for (uint32_t i = 0; names[i]; i++) {
        for (int passes = 0; passes < 6; passes++) {
            testing_teardown(state);
            testing_setup(state);
            testing_failpoint = names[i];
            testing_failpoint_passes = passes;
            testing_failpoint_stays = true;
            run_until_it_dies();
            testing_failpoint = NULL;
            finish_the_work();
        }
    }
}

static void a_single_failure_at_any_failpoint_loses_and_doubles_nothing(void **state) {
    const char *const *names = store_local_failpoints();
    for (uint32_t i = 0; names[i]; i++) {
        testing_teardown(state);
        testing_setup(state);
        testing_failpoint = names[i];
        testing_failpoint_passes = 1;
        run_until_it_dies();
        testing_failpoint = NULL;
        finish_the_work();
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, testing_setup, testing_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_claim_bumps_the_epoch_and_a_second_with_the_old_one_is_held),
        TEST(a_commit_moves_the_part_and_shows_its_object),
        TEST(an_older_owner_is_fenced_whatever_it_believes),
        TEST(a_foreign_record_of_other_parts_does_not_hinder_a_commit),
        TEST(a_lost_reply_is_settled_by_reading),
        TEST(a_claim_publishes_what_the_dead_owner_committed),
        TEST(what_stands_in_the_plan_is_never_changed),
        TEST(released_and_dead_parts_are_free_and_others_are_not),
        TEST(stop_resume_set_and_reset_move_the_row_as_they_say),
        TEST(three_aborts_at_one_position_stop_the_part),
        TEST(a_checkpoint_says_what_all_records_before_it_said),
        TEST(an_unreadable_record_stops_by_name),
        TEST(an_edited_record_is_refused),
        TEST(the_janitor_takes_only_what_can_never_be_committed),
        TEST(a_death_at_any_failpoint_loses_and_doubles_nothing),
        TEST(a_single_failure_at_any_failpoint_loses_and_doubles_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
