/* SPDX-License-Identifier: Apache-2.0 */
/* What is refused when a statement is bound: the SQLSTATE and the place in the text. */
#include "engine/sql/sql_fixture.h"

#include <stdio.h>

static const char columns[] = "i int, amount numeric, t text, b bool, j json, ia int[]";

static const struct {
    const char *statement, *refusal;
} refusals[] = {
    {"selec 1", "E 42601 1:1"},
    {"select 'ä' || t from input wher t", "E 42601 1:33"},
    {"", "E 0A000 1:1"},
    {"select 1 from input; select 2 from input", "E 0A000 1:1"},
    {"delete from input", "E 0A000 1:1"},
    {"select 1", "E 0A000 1:1"},
    {"select 1 from outputs", "E 42P01 1:15"},
    {"select 1 from input a, input b", "E 0A000 1:15"},
    {"select colour from input", "E 42703 1:8"},
    {"select i,\n  amout from input", "E 42703 2:3"},
    {"select 'ä', x from input", "E 42703 1:13"},
    {"select input.i from input x", "E 42P01 1:8"},
    {"select lowr(t) from input", "E 42883 1:8"},
    {"select lower(i, t) from input", "E 42883 1:8"},
    {"select i + t from input", "E 42883 1:10"},
    {"select i from input where i", "E 42804 1:27"},
    {"select i and b from input", "E 42804 1:8"},
    {"select case when i then 1 end from input", "E 42804 1:18"},
    {"select coalesce(i, b) from input", "E 42804 1:20"},
    {"select i::uuid from input", "E 42846 1:9"},
    {"select i::money from input", "E 42704 1:11"},
    {"select 'x'::int from input", "E 22P02 1:8"},
    {"select 1 / 0 from input", "E 22012 1:10"},
    {"select 2147483647 + 1 from input", "E 22003 1:19"},
    {"select i, i from input", "E 42701 1:11"},
    {"select i, count(*) from input", "E 42803 1:8"},
    {"select count(*) from input where count(*) > 1", "E 42803 1:34"},
    {"select sum(sum(i)) from input", "E 42803 1:12"},
    {"select sum(t) from input", "E 42883 1:8"},
    {"select max(b) from input", "E 42883 1:8"},
    {"select array_agg(i) from input", "E 0A000 1:8"},
    {"select j from input group by j", "E 42883 1:30"},
    {"select distinct j from input", "E 42883 1:17"},
    {"select i from input order by j", "E 42883 1:30"},
    {"select i from input order by 2", "E 42P10 1:30"},
    {"select i from input group by 'x'", "E 42601 1:30"},
    {"select distinct i from input order by t", "E 42P10 1:39"},
    {"select i from input limit -1", "E 2201W 1:27"},
    {"select i from input limit i", "E 42P10 1:27"},
    {"select rank() over () from input", "E 0A000 1:8"},
    {"select (select 1) from input", "E 0A000 1:8"},
    {"select i from input where t similar to 'x'", "E 0A000 1:29"},
    {"with x as (select 1) select i from input", "E 0A000 1:1"},
    {"select i from input union select i from input", "E 0A000 1:1"},
    {"select $1 from input", "E 0A000 1:8"},
    {"select i from input group by cube (i)", "E 0A000 1:30"},
    {"select array[] from input", "E 42P18 1:8"},
    {"select i[1] from input", "E 42804 1:8"},
    {"select distinct on (i) i from input", "E 0A000 1:1"},
    {"select abs(distinct i) from input", "E 42809 1:8"},
    {"select b'101' from input", "E 0A000 1:8"},
};

static void every_refusal_has_a_code_and_a_place(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        struct fixture fixture;
        fixture_init(&fixture, columns);
        const char *result = fixture_run(&fixture, refusals[i].statement, "{}\n");
        if (strcmp(result, refusals[i].refusal) != 0) {
            print_error("%s\n%s\n", refusals[i].statement, fixture.error.message);
        }
        assert_string_equal(result, refusals[i].refusal);
        assert_true(strlen(fixture.error.message) > 10);
        fixture_fini(&fixture);
    }
}

static void the_nearest_name_is_offered(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, columns);
    assert_false(fixture_compile(&fixture, "select amuont from input"));
    assert_non_null(strstr(fixture.error.message, "did you mean \"amount\"?"));
    assert_false(fixture_compile(&fixture, "select lwoer(t) from input"));
    assert_non_null(strstr(fixture.error.message, "did you mean lower?"));
    fixture_fini(&fixture);
}

static void deep_nesting_is_refused_not_a_crash(void **state) {
    (void)state;
    static char statement[200000];
    struct fixture fixture;
    fixture_init(&fixture, columns);
    memset(statement, '(', 150000);
    memcpy(statement, "select ", 7);
    memcpy(statement + 150000, "i from input", 13);
    assert_false(fixture_compile(&fixture, statement));
    size_t len = (size_t)snprintf(statement, sizeof statement, "select i");
    for (int i = 0; i < 5000; i++) {
        len += (size_t)snprintf(statement + len, sizeof statement - len, " + i");
    }
    snprintf(statement + len, sizeof statement - len, " as s from input");
    assert_false(fixture_compile(&fixture, statement));
    assert_string_equal(fixture.error.code, "54001");
    fixture_fini(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_refusal_has_a_code_and_a_place),
        cmocka_unit_test(the_nearest_name_is_offered),
        cmocka_unit_test(deep_nesting_is_refused_not_a_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
