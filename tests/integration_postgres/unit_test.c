/* SPDX-License-Identifier: Apache-2.0 */
/* Units against a real server: what is committed, and what the ledger says when it is not. */
#include "tests/integration_postgres/world.h"

#include <stdio.h>

static const char *const two_rows[] = {"1", "one", "2", NULL};

static struct world *simple_world(void) {
    struct world *world = world_new("create table t (id int4, name text)");
    world_rows(world, "id int4, name text");
    world_start(world);
    return world;
}

static void rows_position_and_books_move_together(void **state) {
    (void)state;
    struct world *world = simple_world();
    assert_int_equal(world_unit(world, world_encode(world, 0, two_rows, 2), "start", "20"), VERDICT_DONE);
    assert_sql(world, "1:one,2:-", "select string_agg(id || ':' || coalesce(name, '-'), ',' order by"
        " id) from t");
    assert_sql(world, "20|open|2|2|1",
               "select concat_ws('|', next, state, records_in, delivered, epoch) from leat_ledger where"
               " part = 'p0'");
    world_free(world);
}

static void the_end_of_a_part_ends_its_row(void **state) {
    (void)state;
    struct world *world = simple_world();
    assert_int_equal(world_unit(world, world_encode(world, 1, two_rows, 2), "start", "end"), VERDICT_DONE);
    assert_sql(world, "ended", "select state from leat_ledger where part = 'p1'");
    world_free(world);
}

static void a_unit_of_several_parts_is_one_transaction(void **state) {
    (void)state;
    struct world *world = simple_world();
    struct world_unit unit;
    unit_begin(world, &unit);
    for (int part = 0; part < 3; part++) {
        assert_int_equal(unit_put(world, &unit, world_encode(world, part, two_rows, 2)), VERDICT_DONE);
        assert_sql(world, "0", "select count(*) from t");
    }
    unit_move(world, &unit, 0, "start", "10");
    unit_move(world, &unit, 1, "start", "11");
    unit_move(world, &unit, 2, "start", "12");
    assert_int_equal(unit_seal_now(world, &unit), VERDICT_DONE);
    assert_int_equal(unit_commit_now(world, &unit), VERDICT_DONE);
    assert_sql(world, "6", "select count(*) from t");
    assert_sql(world, "10,11,12,start", "select string_agg(next, ',' order by part) from leat_ledger");
    world_free(world);
}

static void a_unit_without_rows_moves_the_position(void **state) {
    (void)state;
    struct world *world = simple_world();
    assert_int_equal(world_unit(world, world_encode(world, 0, two_rows, 0), "start", "5"), VERDICT_DONE);
    assert_sql(world, "5", "select next from leat_ledger where part = 'p0'");
    world_free(world);
}

static void an_abandoned_unit_leaves_nothing(void **state) {
    (void)state;
    struct world *world = simple_world();
    struct world_unit unit;
    unit_begin(world, &unit);
    assert_int_equal(unit_put(world, &unit, world_encode(world, 0, two_rows, 2)), VERDICT_DONE);
    postgres_sink_ops.unit_abandon(world->lane, &unit.unit);
    assert_sql(world, "0", "select count(*) from t");
    assert_int_equal(world_unit(world, world_encode(world, 0, two_rows, 2), "start", "1"), VERDICT_DONE);
    assert_sql(world, "2", "select count(*) from t");
    world_free(world);
}

static void a_zombie_is_fenced_before_it_copies(void **state) {
    (void)state;
    struct world *world = simple_world();
    struct world *other = world_other(world);
    world_start(other);
    struct world_unit unit;
    unit_begin(world, &unit);
    assert_int_equal(unit_put(world, &unit, world_encode(world, 0, two_rows, 2)), VERDICT_FENCED);
    assert_int_equal(world->outcome.parts_count, 1);
    assert_ptr_equal(world->outcome.parts[0].part, &world->parts[0]);
    assert_false(world->outcome.parts[0].moved);
    assert_int_equal(world_unit(other, world_encode(other, 0, two_rows, 2), "start", "9"), VERDICT_DONE);
    assert_sql(world, "2", "select count(*) from t");
    world_free(other);
    world_free(world);
}

static void a_claim_between_copy_and_commit_fences_the_unit(void **state) {
    (void)state;
    struct world *world = simple_world();
    struct world_unit unit;
    unit_begin(world, &unit);
    assert_int_equal(unit_put(world, &unit, world_encode(world, 0, two_rows, 2)), VERDICT_DONE);
    assert_int_equal(unit_put(world, &unit, world_encode(world, 1, two_rows, 2)), VERDICT_DONE);
    unit_move(world, &unit, 0, "start", "10");
    unit_move(world, &unit, 1, "start", "10");
    assert_int_equal(unit_seal_now(world, &unit), VERDICT_DONE);
    world_sql(world, "update leat_ledger set epoch = epoch + 1, owner = 'somebody' where part = 'p1'");
    assert_int_equal(unit_commit_now(world, &unit), VERDICT_FENCED);
    assert_int_equal(world->outcome.parts_count, 1);
    assert_ptr_equal(world->outcome.parts[0].part, &world->parts[1]);
    assert_sql(world, "0", "select count(*) from t");
    world_free(world);
}

static void a_position_elsewhere_is_moved(void **state) {
    (void)state;
    struct world *world = simple_world();
    world_sql(world, "update leat_ledger set next = '7' where part = 'p0'");
    assert_int_equal(world_unit(world, world_encode(world, 0, two_rows, 2), "start", "9"), VERDICT_MOVED);
    assert_int_equal(world->outcome.parts_count, 1);
    assert_true(world->outcome.parts[0].moved);
    assert_string_equal(world->outcome.parts[0].next, "7");
    assert_sql(world, "0", "select count(*) from t");
    world_free(world);
}

static void an_edited_row_is_fatal(void **state) {
    (void)state;
    struct world *world = simple_world();
    world_sql(world, "update leat_ledger set epoch = 77 where part = 'p0'");
    assert_int_equal(world_unit(world, world_encode(world, 0, two_rows, 2), "start", "9"), VERDICT_FATAL);
    assert_string_equal(world->outcome.error.code, "ledger-edited");
    world_sql(world, "delete from leat_ledger where part = 'p1'");
    assert_int_equal(world_unit(world, world_encode(world, 1, two_rows, 2), "start", "9"), VERDICT_FATAL);
    assert_sql(world, "0", "select count(*) from t");
    world_free(world);
}

static void resolve_reads_what_the_ledger_says(void **state) {
    (void)state;
    struct world *world = simple_world();
    struct world_unit unit;
    unit_begin(world, &unit);
    unit_move(world, &unit, 0, "start", "9");
    unit_move(world, &unit, 1, "start", "9");
    assert_int_equal(postgres_sink_ops.unit_resolve(world->lane, &unit.unit, soon(), &world->outcome),
                     VERDICT_RETRY);
    outcome_clear(world);
    world_sql(world, "update leat_ledger set next = '9' where part in ('p0', 'p1')");
    assert_int_equal(postgres_sink_ops.unit_resolve(world->lane, &unit.unit, soon(), &world->outcome),
                     VERDICT_DONE);
    outcome_clear(world);
    world_sql(world, "update leat_ledger set owner = 'x', epoch = 9 where part = 'p1'");
    assert_int_equal(postgres_sink_ops.unit_resolve(world->lane, &unit.unit, soon(), &world->outcome),
                     VERDICT_DONE);
    assert_int_equal(world->outcome.parts_count, 1);
    outcome_clear(world);
    world_sql(world, "update leat_ledger set owner = 'x', epoch = 9 where part = 'p0'");
    assert_int_equal(postgres_sink_ops.unit_resolve(world->lane, &unit.unit, soon(), &world->outcome),
                     VERDICT_FENCED);
    world_free(world);
}

static void letters_are_stored_with_the_rows(void **state) {
    (void)state;
    struct world *world = simple_world();
    struct payload *payload = world_encode(world, 0, two_rows, 2);
    struct dead_letter letter = {.record = 3,
                                 .position = {.len = 2, .bytes = {0x01, 0xff}},
                                 .position_text = "01ff", .stage = "decode",
                                 .code = "22P02",
                                 .message = SLICE_LITERAL("bad \xff\0word"),
                                 .key = SLICE_LITERAL("k\0y"),
                                 .payload = SLICE_LITERAL("{\"a\":\0}"),
                                 .payload_bytes = 7,
                                 .time_us = INT64_C(1700000000000000)};
    payload->letters = &letter;
    payload->letters_count = 1;
    assert_int_equal(world_unit(world, payload, "start", "9"), VERDICT_DONE);
    assert_sql(world, "pipe|source|sink|p0|01ff|decode|22P02|bad ??word|6b0079|7|2023-11-14 22:13:20",
               "select concat_ws('|', pipeline, source, sink, part, \"position\", stage, code, message,"
               " encode(key, 'hex'), encode(headers, 'hex'), payload_bytes,"
               " to_char(\"time\" at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS')) from leat_dead_letter");
    world_free(world);
}

static void a_table_changed_under_way_is_encoded_again(void **state) {
    (void)state;
    struct world *world = simple_world();
    struct payload *payload = world_encode(world, 0, two_rows, 2);
    world_sql(world, "alter table t alter column id type int8");
    assert_int_equal(world_unit(world, payload, "start", "9"), VERDICT_RETRY);
    assert_int_equal(world->outcome.redo, REDO_ENCODE);
    struct error error;
    uint64_t binding;
    assert_int_equal(postgres_sink_ops.check(world->sink, soon(), &binding, &error), STATUS_OK);
    assert_true(binding > world->binding);
    assert_int_equal(world_unit(world, payload, "start", "9"), VERDICT_RETRY);
    assert_int_equal(world->outcome.redo, REDO_ENCODE);
    assert_int_equal(world_unit(world, world_encode(world, 0, two_rows, 2), "start", "9"), VERDICT_DONE);
    assert_int_equal(postgres_sink_ops.check(world->sink, soon(), &binding, &error), STATUS_OK);
    assert_int_equal(binding, world->binding + 1);
    world_free(world);
}

static void bits_never_pass_as_another_type_of_the_same_width(void **state) {
    (void)state;
    struct world *world = simple_world();
    struct payload *payload = world_encode(world, 0, two_rows, 2);
    world_sql(world, "alter table t drop column id; alter table t add column id float4");
    assert_int_equal(world_unit(world, payload, "start", "9"), VERDICT_RETRY);
    assert_int_equal(world->outcome.redo, REDO_ENCODE);
    assert_sql(world, "0", "select count(*) from t");
    world_free(world);
}

/* The younger unit copies while the older one is not committed; each commits after the older. */
static void two_lanes_overlap_and_commit_in_order(void **state) {
    (void)state;
    struct world *world = simple_world();
    struct error error;
    struct sink_lane *lanes[2] = {world->lane, NULL};
    assert_int_equal(postgres_sink_ops.lane_open(world->sink, &lanes[1], soon(), &error), STATUS_OK);
    struct world_unit units[2];
    static const char *const positions[] = {"start", "1", "2"};
    for (int i = 0; i < 2; i++) {
        world->lane = lanes[i];
        unit_begin(world, &units[i]);
        assert_int_equal(unit_put(world, &units[i], world_encode(world, 0, two_rows, 2)), VERDICT_DONE);
        unit_move(world, &units[i], 0, positions[i], positions[i + 1]);
        assert_int_equal(unit_seal_now(world, &units[i]), VERDICT_DONE);
    }
    for (int i = 0; i < 2; i++) {
        world->lane = lanes[i];
        assert_int_equal(unit_commit_now(world, &units[i]), VERDICT_DONE);
    }
    assert_sql(world, "2|4", "select next || '|' || (select count(*) from t) from leat_ledger where part = 'p0'");
    postgres_sink_ops.lane_close(lanes[0]);
    world_free(world);
}

static void a_held_unit_opens_no_transaction_until_it_is_due(void **state) {
    (void)state;
    struct world *world = world_new("create table t (id int4, name text)");
    world_rows(world, "id int4, name text");
    world->every_us = 60000000;
    world_start(world);
    struct world_unit unit;
    unit_begin(world, &unit);
    assert_int_equal(unit_put(world, &unit, world_encode(world, 0, two_rows, 2)), VERDICT_DONE);
    assert_int_equal(unit_put(world, &unit, world_encode(world, 0, two_rows, 2)), VERDICT_DONE);
    assert_sql(world, "0",
               "select count(*) from pg_stat_activity where xact_start is not null"
               " and split_part(application_name, '/', 2) = '%s'",
               owner_nonce(world->owner));
    unit_move(world, &unit, 0, "start", "4");
    assert_int_equal(unit_seal_now(world, &unit), VERDICT_DONE);
    assert_int_equal(unit_commit_now(world, &unit), VERDICT_DONE);
    assert_sql(world, "4|4", "select next || '|' || (select count(*) from t) from leat_ledger where part = 'p0'");
    world_free(world);
}

static void synchronous_commit_is_never_off(void **state) {
    (void)state;
    struct world *world = world_new("create table t (id int4, name text default"
        " current_setting('synchronous_commit'))");
    world_sql(world, "alter role current_user set synchronous_commit = off");
    world_rows(world, "id int4");
    world_start(world);
    static const char *const one[] = {"1"};
    assert_int_equal(world_unit(world, world_encode(world, 0, one, 1), "start", "9"), VERDICT_DONE);
    world_sql(world, "alter role current_user reset synchronous_commit");
    assert_sql(world, "on", "select name from t");
    world_free(world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_position_and_books_move_together),
        cmocka_unit_test(the_end_of_a_part_ends_its_row),
        cmocka_unit_test(a_unit_of_several_parts_is_one_transaction),
        cmocka_unit_test(a_unit_without_rows_moves_the_position),
        cmocka_unit_test(an_abandoned_unit_leaves_nothing),
        cmocka_unit_test(a_zombie_is_fenced_before_it_copies),
        cmocka_unit_test(a_claim_between_copy_and_commit_fences_the_unit),
        cmocka_unit_test(a_position_elsewhere_is_moved),
        cmocka_unit_test(an_edited_row_is_fatal),
        cmocka_unit_test(resolve_reads_what_the_ledger_says),
        cmocka_unit_test(letters_are_stored_with_the_rows),
        cmocka_unit_test(a_table_changed_under_way_is_encoded_again),
        cmocka_unit_test(bits_never_pass_as_another_type_of_the_same_width),
        cmocka_unit_test(two_lanes_overlap_and_commit_in_order),
        cmocka_unit_test(a_held_unit_opens_no_transaction_until_it_is_due),
        cmocka_unit_test(synchronous_commit_is_never_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
