/* SPDX-License-Identifier: Apache-2.0 */
/* The text of `columns:`. */
#include "engine/record/value_check.h"

static struct arena *arena;

static int arena_make(void **state) {
    (void)state;
    arena = arena_new(NULL, POOL_COLUMNS);
    return 0;
}

static int arena_drop(void **state) {
    (void)state;
    arena_free(arena);
    return 0;
}

static void columns_read_as_in_create_table(void **state) {
    (void)state;
    struct schema schema;
    struct error error;
    const char *text = "Id bigint NOT NULL, -- the key\n  \"Weird \"\"Name\" numeric(12,2) null,\n"
                       "tags text[],\ncreated timestamp with time zone not null";
    assert_int_equal(schema_parse(slice_of(text), arena, &schema, &error), STATUS_OK);
    assert_int_equal(schema.count, 4);
    assert_string_equal(schema.fields[0].name, "id");
    assert_true(schema.fields[0].not_null);
    assert_string_equal(schema.fields[1].name, "Weird \"Name");
    assert_int_equal(schema.fields[1].type.modifier, 12 << 16 | 2);
    assert_false(schema.fields[1].not_null);
    assert_true(schema.fields[2].type.array);
    assert_int_equal(schema.fields[3].type.id, TYPE_TIMESTAMPTZ);
    assert_int_equal(schema_find(&schema, slice_of("created")), 3);
    assert_int_equal(schema_find(&schema, slice_of("Id")), -1);
}

static void assert_refused(const char *text, const char *where, const char *message_part) {
    struct schema schema = {.count = 77};
    struct error error = {0};
    assert_int_equal(schema_parse(slice_of(text), arena, &schema, &error), STATUS_FAILED);
    assert_string_equal(error.where, where);
    if (!strstr(error.message, message_part)) {
        fail_msg("%s: message is %s", text, error.message);
    }
    assert_int_equal(schema.count, 77);
}

static void errors_say_line_and_column(void **state) {
    (void)state;
    assert_refused("", "1:1", "expected the name of a column");
    assert_refused("a int,", "1:7", "expected the name of a column");
    assert_refused("a int,\nb foo", "2:3", "\"foo\" does not exist");
    assert_refused("a int\n b int", "2:2", "expected a comma");
    assert_refused("a int, A text", "1:8", "already there");
    assert_refused("a int not nul", "1:11", "expected NULL after NOT");
    assert_refused("\"a int", "1:1", "not closed");
    assert_refused("\"\" int", "1:1", "empty");
    assert_refused("3a int", "1:1", "expected the name of a column");
    assert_refused("a int primary key", "1:7", "expected a comma");
    assert_refused("x123456789x123456789x123456789x123456789x123456789x123456789x123 int", "1:1",
                   "longer than 63 bytes");
}

static void a_table_has_at_most_1600_columns(void **state) {
    (void)state;
    struct buffer text;
    struct schema schema;
    struct error error;
    buffer_init(&text, arena, 1024);
    for (int i = 0; i < 1600; i++) {
        buffer_printf(&text, "%sc%d int", i ? "," : "", i);
    }
    assert_int_equal(schema_parse(buffer_slice(&text), arena, &schema, &error), STATUS_OK);
    assert_int_equal(schema.count, 1600);
    buffer_printf(&text, ", last int");
    assert_int_equal(schema_parse(buffer_slice(&text), arena, &schema, &error), STATUS_FAILED);
    assert_non_null(strstr(error.message, "1600"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(columns_read_as_in_create_table, arena_make, arena_drop),
        cmocka_unit_test_setup_teardown(errors_say_line_and_column, arena_make, arena_drop),
        cmocka_unit_test_setup_teardown(a_table_has_at_most_1600_columns, arena_make, arena_drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
