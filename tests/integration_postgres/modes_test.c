/* SPDX-License-Identifier: Apache-2.0 */
/* append, upsert and merge against a real server, and what check refuses. */
#include "tests/integration_postgres/world.h"

#include <stdio.h>
#include <string.h>

static void unit_of(struct world *world, const char *const *cells, uint32_t rows, const char *from,
                    const char *to) {
    enum verdict verdict = world_unit(world, world_encode(world, 0, cells, rows), from, to);
    if (verdict != VERDICT_DONE) {
        fail_msg("verdict %d: %s: %s", verdict, world->outcome.error.code, world->outcome.error.message);
    }
}

/* --- append -------------------------------------------------------------------------------------------------- */

static void on_conflict_ignore_keeps_what_is_there(void **state) {
    (void)state;
    struct world *world = world_new("create table t (id int4 primary key, v text); insert into t values (1, 'old')");
    world_rows(world, "id int4, v text");
    world->options.on_conflict = CONFLICT_IGNORE;
    world_start(world);
    static const char *const cells[] = {"1", "new", "2", "first", "2", "second"};
    unit_of(world, cells, 3, "start", "3");
    unit_of(world, cells, 3, "3", "6");
    assert_sql(world, "1:old,2:first", "select string_agg(id || ':' || v, ',' order by id) from t");
    assert_int_equal(postgres_sink_ops.caps(world->sink).lanes, 1);
    world_free(world);
}

static uint32_t lanes_of(const char *ddl) {
    struct world *world = world_new(ddl);
    world_rows(world, "id int4");
    world_start(world);
    uint32_t lanes = postgres_sink_ops.caps(world->sink).lanes;
    world_free(world);
    return lanes;
}

static void two_lanes_only_where_units_share_no_rows(void **state) {
    (void)state;
    assert_int_equal(lanes_of("create table t (id int4)"), 2);
    assert_int_equal(lanes_of("create table t (id int4); create index on t (id)"), 2);
    assert_int_equal(lanes_of("create table t (id int4 unique)"), 1);
    assert_int_equal(lanes_of("create table t (id int4, exclude using hash (id with =))"), 1);
    assert_int_equal(lanes_of("create table t (id int4, a int4 primary key generated always as identity,"
                              " b int4 references t)"),
                     1);
    assert_int_equal(lanes_of("create table t (id int4); create function f() returns trigger language plpgsql as"
                              " 'begin return new; end'; create trigger g after insert on t for each row"
                              " execute function f()"),
                     1);
    assert_int_equal(lanes_of("create table o (id int4 primary key); create table t (id int4 references o)"), 2);
    assert_int_equal(lanes_of("create table t (id int4) partition by range (id);"
                              " create table t1 partition of t for values from (0) to (9);"
                              " create unique index on t1 (id)"),
                     1);
}

static void rows_without_a_schema_take_the_tables_columns(void **state) {
    (void)state;
    struct world *world = world_new("create table t (id bigint generated always as identity, s serial,"
                                    " a int4, b varchar(3), c int4 generated always as (a + 1) stored, p point)");
    world_start(world);
    const struct schema *wanted = postgres_sink_ops.wanted(world->sink);
    assert_int_equal(wanted->count, 2);
    assert_string_equal(wanted->fields[0].name, "a");
    assert_string_equal(wanted->fields[1].name, "b");
    static const char *const cells[] = {"7", "abc"};
    unit_of(world, cells, 1, "start", "1");
    assert_sql(world, "1|1|7|abc|8", "select concat_ws('|', id, s, a, b, c) from t");
    world_free(world);
}

/* As when two sinks without transforms share the declared columns: more of them, in another order, of other types. */
static void rows_without_a_schema_are_matched_by_name(void **state) {
    (void)state;
    struct world *world = world_new("create table t (a int4, b text)");
    world_start(world);
    world_rows(world, "other int4, b text, a int8");
    static const char *const cells[] = {"1", "x", "7"};
    unit_of(world, cells, 1, "start", "1");
    assert_sql(world, "7|x", "select concat_ws('|', a, b) from t");
    world_rows(world, "a int4, other text");
    static const char *const fewer[] = {"1", "x"};
    struct batch *batch = world_batch(world, fewer, 1);
    struct payload payload = {.arena = world->arena};
    struct error error;
    assert_int_equal(postgres_sink_ops.encode(world->encoder, batch, &payload, &error), STATUS_FAILED);
    assert_non_null(strstr(error.message, "\"b\""));
    world_free(world);
}

static void create_makes_the_table_with_its_key(void **state) {
    (void)state;
    struct world *world = world_new("");
    static const char *const key[] = {"id"};
    world->options.table = "\"New Table\"";
    world->options.create = true;
    world->options.key = (struct text_list){.items = key, .count = 1};
    world->options.mode = MODE_UPSERT;
    world_rows(world, "id int8 not null, amount numeric(12,2), \"Od\"\"d\" text[], at timestamptz");
    world_start(world);
    static const char *const cells[] = {"1", "2.50", "{a}", "2026-11-25 00:00:00+00"};
    unit_of(world, cells, 1, "start", "1");
    assert_sql(world, "1", "select count(*) from \"New Table\"");
    assert_sql(world, "id bigint,amount numeric(12,2),Od\"d text[],at timestamp with time zone",
               "select string_agg(attname || ' ' || format_type(atttypid, atttypmod), ',' order by attnum)"
               " from pg_attribute where attrelid = '\"New Table\"'::regclass and attnum > 0");
    world_free(world);
}

/* --- upsert -------------------------------------------------------------------------------------------------- */

static struct world *upsert_world(const char *ddl, const char *columns) {
    static const char *const key[] = {"id"};
    struct world *world = world_new(ddl);
    world_rows(world, columns);
    world->options.mode = MODE_UPSERT;
    world->options.key = (struct text_list){.items = key, .count = 1};
    return world;
}

static void upsert_keeps_the_last_row_of_a_key(void **state) {
    (void)state;
    struct world *world = upsert_world("create table t (id int4 primary key, v text, kept int4 default 5)",
                                       "id int4, v text");
    world_start(world);
    static const char *const first[] = {"1", "a", "2", "b", "1", "c"};
    unit_of(world, first, 3, "start", "3");
    assert_sql(world, "1:c,2:b", "select string_agg(id || ':' || v, ',' order by id) from t");
    world_sql(world, "update t set kept = 9");
    static const char *const second[] = {"2", "d", "3", NULL, "2", "e"};
    unit_of(world, second, 3, "3", "6");
    assert_sql(world, "1:c:9,2:e:9,3:-:5",
               "select string_agg(id || ':' || coalesce(v, '-') || ':' || kept, ',' order by id) from t");
    world_free(world);
}

static void upsert_deletes_by_a_condition_over_columns_the_table_lacks(void **state) {
    (void)state;
    struct world *world = upsert_world("create table t (id int4 primary key, v text)", "id int4, v text, op text");
    world->options.delete_when = "op = 'd'";
    world_start(world);
    static const char *const first[] = {"1", "a", "c", "2", "b", "c", "3", "x", "c", "3", NULL, "d"};
    unit_of(world, first, 4, "start", "4");
    assert_sql(world, "1:a,2:b", "select string_agg(id || ':' || v, ',' order by id) from t");
    static const char *const second[] = {"1", NULL, "d", "2", NULL, "d", "2", "back", NULL};
    unit_of(world, second, 3, "4", "7");
    assert_sql(world, "2:back", "select string_agg(id || ':' || v, ',' order by id) from t");
    world_free(world);
}

static void upsert_by_version_never_goes_back(void **state) {
    (void)state;
    struct world *world = upsert_world("create table t (id int4 primary key, v text, n int8, gone bool)",
                                       "id int4, v text, n int8, op text");
    world->options.version = "n";
    world->options.delete_when = "op = 'd'";
    world->options.deleted = "gone";
    world_start(world);
    static const char *const first[] = {"1", "new", "5", "c", "1", "old", "3", "c", "2", NULL, "9", "d"};
    unit_of(world, first, 3, "start", "3");
    assert_sql(world, "1:new:5:f,2:-:9:t",
               "select string_agg(concat_ws(':', id, coalesce(v, '-'), n, gone), ',' order by id) from t");
    static const char *const late[] = {"1", "late", "4", "c", "2", "late", "8", "c", "1", "same", "5", "c"};
    unit_of(world, late, 3, "3", "6");
    assert_sql(world, "1:new:5:f,2:-:9:t",
               "select string_agg(concat_ws(':', id, coalesce(v, '-'), n, gone), ',' order by id) from t");
    static const char *const newer[] = {"2", "again", "10", "c"};
    unit_of(world, newer, 1, "6", "7");
    assert_sql(world, "again:10:f", "select concat_ws(':', v, n, gone) from t where id = 2");
    world_free(world);
}

/* --- merge --------------------------------------------------------------------------------------------------- */

static struct world *merge_world(void) {
    static const char *const key[] = {"k"};
    static const char *const names[] = {"n", "lo", "hi", "every", "any_of", "price", "opened"};
    static const char *const rules[] = {"add", "min", "max", "and", "or", "last by at", "first by since"};
    struct world *world =
        world_new("create table t (k text primary key, n numeric, lo text, hi int4, every bool, any_of bool,"
                  " price text, at timestamp, opened int4, since int8)");
    world_rows(world, "k text, n int8, lo text, hi int4, every bool, any_of bool, price text, at timestamp,"
                      " opened int4, since int8");
    world->options.mode = MODE_MERGE;
    world->options.key = (struct text_list){.items = key, .count = 1};
    world->options.merge = (struct text_map){.names = names, .values = rules, .count = 7};
    world_start(world);
    return world;
}

/* Every way to cut the same rows into units gives the same table. */
static void merge_does_not_depend_on_how_units_are_cut(void **state) {
    (void)state;
    static const char *const cells[] = {
        "a", "1", "b", "3", "t", "f", "p1", "2026-01-01", "7", "10",
        "a", NULL, NULL, NULL, NULL, NULL, NULL, "2026-09-01", NULL, "1",
        "a", "5", "B", "9", "f", NULL, "p2", "2026-03-01", "8", "5",
        "b", "2", "z", NULL, "t", NULL, NULL, NULL, NULL, NULL,
        "a", "-2", "a", "4", NULL, "t", "p0", "2026-03-01", "9", "5",
        "a", "1", "c", "1", "t", "f", "p9", "2026-02-01", "3", "30",
    };
    enum { ROWS = 6, COLUMNS = 10 };
    char expected[512] = "";
    for (int cut = 0; cut < ROWS; cut++) {
        struct world *world = merge_world();
        if (cut) {
            unit_of(world, cells, (uint32_t)cut, "start", "1");
            unit_of(world, cells + cut * COLUMNS, (uint32_t)(ROWS - cut), "1", "2");
        } else {
            static const char *const positions[] = {"start", "1", "2", "3", "4", "5", "6"};
            for (int i = 0; i < ROWS; i++) {
                int row = i * 5 % ROWS; /* another order, one by one */
                unit_of(world, cells + row * COLUMNS, 1, positions[i], positions[i + 1]);
            }
        }
        const char *now = world_sql(world, "select string_agg(t::text, ' ' order by k) from t");
        if (!*expected) {
            snprintf(expected, sizeof expected, "%s", now);
        }
        assert_string_equal(now, expected);
        world_free(world);
    }
    assert_string_equal(expected, "(a,5,B,9,f,t,p2,\"2026-03-01 00:00:00\",9,5) (b,2,z,,t,,,,,)");
}

/* --- refused at check ------------------------------------------------------------------------------------------ */

static void refused(struct world *world, const char *expected) {
    const struct sink_bind bind = {.options = &world->options,
                                   .pipeline = "p",
                                   .source = "s",
                                   .name = "n",
                                   .schema = &world->rows,
                                   .arena = world->arena};
    struct error error = {.code = ""};
    uint64_t binding;
    enum status status = postgres_sink_ops.bind(&bind, &world->sink, &error);
    if (status == STATUS_OK) {
        status = postgres_sink_ops.check(world->sink, soon(), &binding, &error);
    }
    assert_int_equal(status, STATUS_FAILED);
    assert_int_equal(error.class, ERROR_PERMANENT);
    if (!strstr(error.message, expected)) {
        fail_msg("expected \"%s\" in \"%s\"", expected, error.message);
    }
}

static void all_mismatches_are_told_at_once(void **state) {
    (void)state;
    struct world *world = world_new("create table t (a int4, b point, c int4 generated always as (a) stored,"
                                    " d int4 not null, f inet)");
    world_rows(world, "a text, b text, c int4, e int4, f text");
    refused(world, "column \"a\" is integer but the rows have text: cast it in the transform; "
                   "column \"b\" is point, which cannot be written here: make it text or jsonb; "
                   "column \"c\" is generated by the table: leave it out; "
                   "the table has no column \"e\"; "
                   "column \"f\" is inet, which cannot be written here: make it text or jsonb; "
                   "column \"d\" is not null, has no default, and the rows do not have it");
    world_free(world);
}

static void refused_table(const char *ddl, const char *expected) {
    struct world *world = world_new(ddl);
    world_rows(world, "id int4");
    refused(world, expected);
    world_free(world);
}

static void tables_that_would_break_the_promise_are_refused(void **state) {
    (void)state;
    refused_table("", "there is no table t; create it, or say create: true");
    refused_table("create view t as select 1 as id", "it is not a table");
    refused_table("create unlogged table t (id int4)", "a crash would empty it");
}

static void merges_that_depend_on_the_batch_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *ddl, *columns, *rule, *expected;
    } cases[] = {
        {"k int4 primary key, v float8", "k int4, v float8", "add", "is a float: use numeric"},
        {"k int4 primary key, v numeric(8,2)", "k int4, v numeric", "add", "would round at each unit"},
        {"k int4 primary key, v int8", "k int4, v numeric", "add", "would round at each unit"},
        {"k int4 primary key, v text", "k int4, v text", "add", "needs a number"},
        {"k int4 primary key, v text", "k int4, v text", "or", "need a boolean"},
        {"k int4 primary key, v text", "k int4, v text", "avg", "is no rule"},
        {"k int4 primary key, v text", "k int4, v text", "last by w", "must be a column of the table"},
        {"k int4 primary key, v text, w text", "k int4, v text, w text", "max", "\"w\" has no rule"},
        {"k int4 unique, v int8", "k int4, v int8", "add", "may be null"},
        {"k int4, v int8", "k int4, v int8", "add", "no unique index"},
    };
    static const char *const key[] = {"k"}, *const names[] = {"v"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char ddl[256];
        snprintf(ddl, sizeof ddl, "create table t (%s)", cases[i].ddl);
        struct world *world = world_new(ddl);
        world_rows(world, cases[i].columns);
        world->options.mode = MODE_MERGE;
        world->options.key = (struct text_list){.items = key, .count = 1};
        world->options.merge = (struct text_map){.names = names, .values = &cases[i].rule, .count = 1};
        refused(world, cases[i].expected);
        world_free(world);
    }
}

static void options_that_contradict_each_other_are_refused(void **state) {
    (void)state;
    struct world *world = upsert_world("create table t (id int4 primary key, n int8)", "id int4, n int8");
    world->options.version = "n";
    world->options.delete_when = "n is null";
    refused(world, "delete_when with version needs deleted");
    world_free(world);
    world = upsert_world("create table t (id int4 primary key, n int8)", "id int4, n int8");
    world->options.key.count = 0;
    refused(world, "need key");
    world_free(world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(on_conflict_ignore_keeps_what_is_there),
        cmocka_unit_test(two_lanes_only_where_units_share_no_rows),
        cmocka_unit_test(rows_without_a_schema_take_the_tables_columns),
        cmocka_unit_test(rows_without_a_schema_are_matched_by_name),
        cmocka_unit_test(create_makes_the_table_with_its_key),
        cmocka_unit_test(upsert_keeps_the_last_row_of_a_key),
        cmocka_unit_test(upsert_deletes_by_a_condition_over_columns_the_table_lacks),
        cmocka_unit_test(upsert_by_version_never_goes_back),
        cmocka_unit_test(merge_does_not_depend_on_how_units_are_cut),
        cmocka_unit_test(all_mismatches_are_told_at_once),
        cmocka_unit_test(tables_that_would_break_the_promise_are_refused),
        cmocka_unit_test(merges_that_depend_on_the_batch_are_refused),
        cmocka_unit_test(options_that_contradict_each_other_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
