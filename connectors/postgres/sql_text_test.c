/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that go into statements: array literals, quoted names, the schema's place in the ledger's SQL, the words of a
 * condition, the names of the crash points. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "connectors/postgres/ledger_sql.h"
#include "connectors/postgres/sql_array.h"
#include "connectors/postgres/staging.h"

static void an_array_quotes_every_text(void **state) {
    (void)state;
    struct arena *arena = arena_new(NULL, POOL_SINK);
    struct sql_array array;
    sql_array_begin(&array, arena);
    assert_string_equal(sql_array_end(&array), "{}");
    sql_array_begin(&array, arena);
    sql_array_text(&array, "a,\"b\"\\");
    sql_array_text(&array, NULL);
    sql_array_text(&array, "NULL");
    sql_array_text(&array, "");
    sql_array_number(&array, UINT64_MAX);
    assert_string_equal(sql_array_end(&array), "{\"a,\\\"b\\\"\\\\\",NULL,\"NULL\",\"\",18446744073709551615}");
    arena_free(arena);
}

static void a_name_is_quoted_or_does_not_fit(void **state) {
    (void)state;
    char text[8];
    assert_true(sql_quote("a\"b", '"', text, sizeof text));
    assert_string_equal(text, "\"a\"\"b\"");
    assert_true(sql_quote("", '"', text, sizeof text));
    assert_string_equal(text, "\"\"");
    assert_false(sql_quote("abcdef", '"', text, sizeof text));
    assert_false(sql_quote("\"\"\"", '"', text, sizeof text));
    assert_false(sql_quote("", '"', text, 2));
}

static void every_statement_names_the_schema(void **state) {
    (void)state;
    struct arena *arena = arena_new(NULL, POOL_SINK);
    assert_string_equal(ledger_sql(SQL_VERSION, "\"S\"", arena),
                        "select count(*), max(version) from \"S\".leat_meta");
    for (int i = 0; i < SQL_COUNT; i++) {
        const char *sql = ledger_sql((enum ledger_sql)i, "s", arena);
        assert_null(strchr(sql, '@'));
        for (const char *at = sql; (at = strstr(at, " leat_")); at++) {
            /* only index names, which live where their table lives */
            assert_memory_equal(at - strlen("not exists"), "not exists", strlen("not exists"));
        }
    }
    arena_free(arena);
}

static void a_condition_keeps_the_columns_it_names(void **state) {
    (void)state;
    struct postgres_options options = {.mode = MODE_UPSERT, .delete_when = "op = 'd' and t_op2 is null"};
    assert_true(staging_keeps(&options, "op"));
    assert_true(staging_keeps(&options, "t_op2"));
    assert_false(staging_keeps(&options, "op2"));
    assert_false(staging_keeps(&options, "t"));
    options.mode = MODE_APPEND;
    assert_false(staging_keeps(&options, "op"));
    options = (struct postgres_options){.mode = MODE_UPSERT};
    assert_false(staging_keeps(&options, "op"));
}

static void every_step_has_two_names_of_its_own(void **state) {
    (void)state;
    for (int i = 0; i < STEP_COUNT; i++) {
        assert_memory_equal(step_before((enum step)i), "pg.", 3);
        assert_string_not_equal(step_before((enum step)i), step_after((enum step)i));
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(step_before((enum step)i), step_before((enum step)j));
            assert_string_not_equal(step_after((enum step)i), step_after((enum step)j));
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_array_quotes_every_text),
        cmocka_unit_test(a_name_is_quoted_or_does_not_fit),
        cmocka_unit_test(every_statement_names_the_schema),
        cmocka_unit_test(a_condition_keeps_the_columns_it_names),
        cmocka_unit_test(every_step_has_two_names_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
