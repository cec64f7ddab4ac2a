/* SPDX-License-Identifier: Apache-2.0 */
/* Rows the server refuses: all of them are named at once, and the others can be stored afterwards. */
#include "tests/integration_postgres/world.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/base/io.h"

enum { ROWS_MAX = 3000 };

static const char *const *numbers(uint32_t rows) {
    static char texts[ROWS_MAX][8];
    static const char *cells[ROWS_MAX];
    for (uint32_t i = 0; i < rows; i++) {
        snprintf(texts[i], sizeof texts[i], "%u", i);
        cells[i] = texts[i];
    }
    return cells;
}

static int compare(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* The rejected rows as "3,17", of one payload. */
static const char *rejected(const struct world *world) {
    static char text[4096];
    uint32_t rows[ROWS_MAX];
    for (uint32_t i = 0; i < world->outcome.rows_count; i++) {
        rows[i] = world->outcome.rows[i].row;
    }
    qsort(rows, world->outcome.rows_count, sizeof rows[0], compare);
    int len = 0;
    text[0] = '\0';
    for (uint32_t i = 0; i < world->outcome.rows_count; i++) {
        len += snprintf(text + len, sizeof text - (size_t)len, "%s%u", i ? "," : "", rows[i]);
    }
    return text;
}

static void reject_mark(struct world *world, struct payload *payload) {
    payload->rejected = arena_zalloc(world->arena, (payload->rows + 63) / 64 * sizeof(uint64_t));
    for (uint32_t i = 0; i < world->outcome.rows_count; i++) {
        uint32_t row = world->outcome.rows[i].row;
        payload->rejected[row >> 6] |= UINT64_C(1) << (row & 63);
    }
}

/* A unit of `rows` numbers is refused for these rows with this code, and passes without them. */
static void rejects(struct world *world, uint32_t rows, const char *expected, const char *code) {
    struct payload *payload = world_encode(world, 0, numbers(rows), rows);
    assert_int_equal(world_unit(world, payload, "start", "9"), VERDICT_REJECT);
    assert_string_equal(rejected(world), expected);
    for (uint32_t i = 0; i < world->outcome.rows_count; i++) {
        assert_string_equal(world->outcome.rows[i].code, code);
        assert_true(world->outcome.rows[i].message.len > 0);
    }
    uint32_t bad = world->outcome.rows_count;
    assert_sql(world, "start", "select next from leat_ledger where part = 'p0'");
    reject_mark(world, payload);
    assert_int_equal(world_unit(world, payload, "start", "9"), VERDICT_DONE);
    char left[16];
    snprintf(left, sizeof left, "%u", rows - bad);
    assert_sql(world, left, "select count(*) from t");
}

static struct world *number_world(const char *ddl) {
    struct world *world = world_new(ddl);
    world_rows(world, "id int4");
    world_start(world);
    return world;
}

static void a_few_bad_rows_are_found_by_their_lines(void **state) {
    (void)state;
    struct world *world = number_world("create table t (id int4 check (id not in (0, 17, 1500, 2999)))");
    rejects(world, 3000, "0,17,1500,2999", "23514");
    world_free(world);
}

static void a_row_that_is_there_already_is_found(void **state) {
    (void)state;
    struct world *world = number_world("create table t (id int4 primary key); ");
    world_sql(world, "insert into t values (5)");
    struct payload *payload = world_encode(world, 0, numbers(10), 10);
    assert_int_equal(world_unit(world, payload, "start", "9"), VERDICT_REJECT);
    assert_string_equal(rejected(world), "5");
    assert_string_equal(world->outcome.rows[0].code, "23505");
    world_free(world);
}

static void rows_that_clash_with_each_other_leave_the_first(void **state) {
    (void)state;
    struct world *world = number_world("create table t (id int4 primary key)");
    static const char *const cells[] = {"1", "2", "1", "3", "2"};
    struct payload *payload = world_encode(world, 0, cells, 5);
    assert_int_equal(world_unit(world, payload, "start", "9"), VERDICT_REJECT);
    assert_string_equal(rejected(world), "2,4");
    world_free(world);
}

static void many_bad_rows_are_found_by_halving(void **state) {
    (void)state;
    struct world *world = number_world("create table t (id int4 check (id % 10 <> 3))");
    rejects(world, 200, "3,13,23,33,43,53,63,73,83,93,103,113,123,133,143,153,163,173,183,193", "23514");
    world_free(world);
}

static void foreign_keys_tell_no_line_and_are_found(void **state) {
    (void)state;
    struct world *world = number_world(
        "create table o (id int4 primary key); insert into o select generate_series(0, 99);"
                                       " delete from o where id in (7, 64); create table t (id int4 references o)");
    rejects(world, 100, "7,64", "23503");
    world_free(world);
}

static void deferred_constraints_are_found_before_commit(void **state) {
    (void)state;
    struct world *world = number_world(
        "create table o (id int4 primary key); insert into o select generate_series(0, 49);"
                                       " delete from o where id = 31;"
                                       " create table t (id int4 references o deferrable initially deferred)");
    rejects(world, 50, "31", "23503");
    world_free(world);
}

static void rows_refused_behind_a_temporary_table_are_found(void **state) {
    (void)state;
    static const char *const key[] = {"id"};
    struct world *world = world_new("create table t (id int4 primary key check (id not in (4, 9)))");
    world_rows(world, "id int4");
    world->options.mode = MODE_UPSERT;
    world->options.key = (struct text_list){.items = key, .count = 1};
    world_start(world);
    rejects(world, 20, "4,9", "23514");
    world_free(world);
}

static void triggers_reject_only_by_choice(void **state) {
    (void)state;
    static const char ddl[] = "create table t (id int4); create function f() returns trigger language plpgsql as"
                              " $$begin if new.id = 3 then raise exception 'no threes'; end if; return new; end$$;"
                              " create trigger g before insert on t for each row execute function f()";
    struct world *world = number_world(ddl);
    assert_int_equal(world_unit(world, world_encode(world, 0, numbers(5), 5), "start", "9"), VERDICT_RETRY);
    assert_string_equal(world->outcome.error.code, "P0001");
    world_free(world);
    world = world_new(ddl);
    world_rows(world, "id int4");
    world->options.trigger_errors = TRIGGER_ERRORS_REJECT;
    world_start(world);
    rejects(world, 5, "3", "P0001");
    world_free(world);
}

static void the_record_of_a_bad_row_is_tried_without_all_its_rows(void **state) {
    (void)state;
    struct world *world = number_world("create table t (id int4 primary key check (id <> 9))");
    static const char *const cells[] = {"1", "9", "1", "2"};
    static const uint32_t origins[] = {0, 0, 1, 2};
    struct batch *batch = world_batch(world, cells, 4);
    batch->origins = origins;
    struct payload *payload = world_payload(world, 0, batch);
    /* Record 0 goes because of its second row; then record 1 clashes with nobody. */
    assert_int_equal(world_unit(world, payload, "start", "9"), VERDICT_REJECT);
    assert_string_equal(rejected(world), "1");
    world_free(world);
}

static void bad_rows_of_several_payloads_are_named_together(void **state) {
    (void)state;
    struct world *world = number_world("create table t (id int4 check (id <> 3))");
    struct world_unit unit;
    unit_begin(world, &unit);
    struct payload *a = world_encode(world, 0, numbers(5), 5), *b = world_encode(world, 1, numbers(6), 6);
    assert_int_equal(unit_put(world, &unit, a), VERDICT_DONE);
    assert_int_equal(unit_put(world, &unit, b), VERDICT_DONE);
    unit_move(world, &unit, 0, "start", "9");
    unit_move(world, &unit, 1, "start", "9");
    assert_int_equal(unit_seal_now(world, &unit), VERDICT_REJECT);
    assert_int_equal(world->outcome.rows_count, 2);
    assert_ptr_equal(world->outcome.rows[0].payload, a);
    assert_ptr_equal(world->outcome.rows[1].payload, b);
    assert_int_equal(world->outcome.rows[0].row, 3);
    assert_int_equal(world->outcome.rows[1].row, 3);
    world_free(world);
}

static void errors_that_are_not_of_rows_keep_the_position(void **state) {
    (void)state;
    struct world *world = number_world(
        "create table t (id int4); create function f() returns trigger language plpgsql as"
                                       " $$begin raise exception 'busy' using errcode = '53200'; end$$;"
                                       " create trigger g before insert on t for each row execute function f()");
    assert_int_equal(world_unit(world, world_encode(world, 0, numbers(5), 5), "start", "9"), VERDICT_RETRY);
    assert_string_equal(world->outcome.error.code, "53200");
    assert_int_equal(world->outcome.redo, REDO_SEND);
    assert_int_equal(world->outcome.rows_count, 0);
    world_free(world);
}

static void the_search_ends_at_its_deadline_with_what_it_found(void **state) {
    (void)state;
    struct world *world = number_world(
        "create table t (id int4); create function f() returns trigger language plpgsql as"
                                       " $$begin perform pg_sleep(0.02); if new.id % 2 = 1 then"
                                       " raise check_violation; end if;"
                                       " return new; end$$;"
                                       " create trigger g before insert on t for each row execute function f()");
    struct payload *payload = world_encode(world, 0, numbers(500), 500);
    struct world_unit unit;
    unit_begin(world, &unit);
    assert_int_equal(unit_put(world, &unit, payload), VERDICT_DONE);
    unit_move(world, &unit, 0, "start", "9");
    int64_t deadline = io_now_us() + 1000000;
    enum verdict verdict = postgres_sink_ops.unit_seal(world->lane, &unit.unit, deadline, &world->outcome);
    assert_true(io_now_us() < deadline + 1000000);
    assert_int_equal(verdict, VERDICT_REJECT);
    assert_true(world->outcome.rows_count > 0 && world->outcome.rows_count < 250);
    world_free(world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_few_bad_rows_are_found_by_their_lines),
        cmocka_unit_test(a_row_that_is_there_already_is_found),
        cmocka_unit_test(rows_that_clash_with_each_other_leave_the_first),
        cmocka_unit_test(many_bad_rows_are_found_by_halving),
        cmocka_unit_test(foreign_keys_tell_no_line_and_are_found),
        cmocka_unit_test(deferred_constraints_are_found_before_commit),
        cmocka_unit_test(rows_refused_behind_a_temporary_table_are_found),
        cmocka_unit_test(triggers_reject_only_by_choice),
        cmocka_unit_test(the_record_of_a_bad_row_is_tried_without_all_its_rows),
        cmocka_unit_test(bad_rows_of_several_payloads_are_named_together),
        cmocka_unit_test(errors_that_are_not_of_rows_keep_the_position),
        cmocka_unit_test(the_search_ends_at_its_deadline_with_what_it_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
