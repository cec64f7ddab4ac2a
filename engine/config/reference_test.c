/* SPDX-License-Identifier: Apache-2.0 */
/* The reference in its three forms: complete, valid, and the same each time. */
#include "engine/config/fixture.h"

#include <jansson.h>
#include <stdio.h>

#include "engine/config/reference.h"

static const char *text_of(struct fixture *fixture, const char *kind) {
    struct buffer out;
    struct error error;
    buffer_init(&out, fixture->arena, 64);
    if (options_print(fixture_registry, kind, &out, &error) != STATUS_OK) {
        return arena_printf(fixture->arena, "%s: %s", error.code, error.message);
    }
    buffer_append_byte(&out, '\0');
    return out.data;
}

static void one_connector_is_printed_to_the_letter(void **state) {
    assert_string_equal(text_of(*state, "drop"), "sink drop: Throws rows away\n  (no options)\n");
    const char *sea = text_of(*state, "sea");
    const char *begin =
        "source sea: A sea of records\n"
        "  url: a text; required\n"
        "      where the sea is\n"
        "  password: a text, kept secret\n"
        "      what opens it\n"
        "  topics: a list of texts, or one text\n"
        "      what to read\n"
        "  follow: true or false; default false\n"
        "      go on at the end\n"
        "  batch: a whole number from 1 to 1000; default 100\n"
        "      records at once\n"
        "  buffer: a size of at least 1KiB, such as 64MiB or 10kB; default 1MiB\n"
        "      bytes at once\n"
        "  timeout: a duration from 1ms to 1h, such as 250ms, 10s or 1h30m; default 10s\n"
        "      how long to wait\n"
        "  share: a percentage from 0% to 100%, such as 10%; default 50%\n"
        "      how much of it\n"
        "  mode: append, upsert or merge; default append\n"
        "      how rows are written\n"
        "  delimiter: one ASCII character; default ,\n"
        "      between a|b\n"
        "  properties: a mapping of names to texts\n"
        "      handed on as they are\n"
        "  roll: a mapping\n"
        "      when to close\n"
        "  roll.bytes: a size, such as 64MiB or 10kB; default 128MiB\n"
        "      size of an object\n"
        "  roll.every: a duration, such as 250ms, 10s or 1h30m; default 5m\n"
        "      age of an object\n"
        "\nsink sea: A sea of records\n";
    assert_true(slice_starts_with(slice_of(sea), slice_of(begin)));
    assert_non_null(strstr(sea, "\nledger sea: A sea of records\n"));
}

static void all_options_name_every_section_and_connector(void **state) {
    const char *all = text_of(*state, NULL);
    static const char *const parts[] = {
        "pipeline: The top", "\nsource: Under",         "\nsinks: Each item", "\ntransforms: Each",
        "\ntests: Each",     "  limits.memory: a size", "  commit.rows: ",    "  csv.delimiter: ",
        "\nsource sea: ",    "\nsink drop: ",           "\nsource well: ",    "  until: a text"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!strstr(all, parts[i])) {
            fail_msg("%s is missing", parts[i]);
        }
    }
    assert_null(strstr(text_of(*state, "pipeline"), "sea"));
}

static void an_unknown_kind_is_answered_with_the_nearest(void **state) {
    assert_string_equal(text_of(*state, "wel"),
                        "config-unknown-kind: no connector is named `wel`, did you mean `well`?");
    assert_string_equal(
        text_of(*state, "elephant"),
        "config-unknown-kind: no connector is named `elephant`: `leat options` lists "
        "all");
}

static void markdown_has_tables_with_escaped_bars(void **state) {
    struct fixture *fixture = *state;
    struct buffer out;
    buffer_init(&out, fixture->arena, 64);
    options_markdown(fixture_registry, &out);
    buffer_append_byte(&out, '\0');
    assert_non_null(strstr(out.data, "\n## source sea\n\nA sea of records.\n\n| option | takes |"));
    assert_non_null(strstr(out.data,
                           "| `url` | a text | required | where the sea is (a reload refuses a "
                           "change) |\n"));
    assert_non_null(
        strstr(out.data, "| `delimiter` | one ASCII character | `,` | between a\\|b |\n"));
    assert_non_null(strstr(out.data, "\n## sink drop\n\nThrows rows away.\n\nNo options.\n"));
    assert_non_null(strstr(out.data, "| `csv.nulls` | a list of texts, or one text | `\"\"` |"));
}

static json_t *schema_of(struct fixture *fixture) {
    struct buffer out;
    json_error_t error;
    buffer_init(&out, fixture->arena, 64);
    options_json_schema(fixture_registry, &out);
    json_t *schema = json_loadb(out.data, out.len, JSON_REJECT_DUPLICATES, &error);
    if (!schema) {
        fail_msg("line %d: %s", error.line, error.text);
    }
    return schema;
}

static json_t *member(json_t *json, const char *path) {
    char copy[200], *rest;
    snprintf(copy, sizeof copy, "%s", path);
    for (char *name = strtok_r(copy, "/", &rest); name && json; name = strtok_r(NULL, "/", &rest)) {
        json = json_object_get(json, name);
    }
    return json;
}

static void the_schema_is_json_with_every_option(void **state) {
    json_t *schema = schema_of(*state);
    assert_string_equal(json_string_value(member(schema, "$schema")),
                        "https://json-schema.org/draft/2020-12/schema");
    static const char *const paths[] = {
        "properties/source/properties/sea/properties/url",
        "properties/source/properties/sea/properties/starting_position",
        "properties/source/properties/well",
        "properties/source/properties/csv/properties/nulls",
        "$defs/sinks/items/properties/drop",
        "$defs/sinks/items/properties/commit/properties/rows",
        "$defs/sinks/items/properties/transforms",
        "$defs/transforms/items/properties/sql",
        "properties/ledger/properties/sea",
        "properties/limits/properties/memory",
        "properties/tests/items/properties/expect"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        if (!member(schema, paths[i])) {
            fail_msg("%s is missing", paths[i]);
        }
    }
    assert_null(member(schema, "properties/source/properties/drop"));
    assert_null(member(schema, "$defs/sinks/items/properties/well"));
    json_decref(schema);
}

static void the_schema_knows_what_is_required_and_what_is_the_default(void **state) {
    json_t *schema = schema_of(*state);
    json_t *sea = member(schema, "properties/source/properties/sea");
    assert_true(json_is_false(member(sea, "additionalProperties")));
    assert_string_equal(json_string_value(json_array_get(member(sea, "required"), 0)), "url");
    assert_int_equal(json_integer_value(member(sea, "properties/batch/default")), 100);
    assert_true(json_is_false(member(sea, "properties/follow/default")));
    assert_string_equal(json_string_value(member(sea, "properties/timeout/default")), "10s");
    json_t *batch = json_array_get(member(sea, "properties/batch/anyOf"), 0);
    assert_int_equal(json_integer_value(member(batch, "maximum")), 1000);
    json_t *mode = json_array_get(member(sea, "properties/mode/anyOf"), 0);
    assert_int_equal(json_array_size(member(mode, "enum")), 3);
    assert_int_equal(json_array_size(member(schema, "properties/source/oneOf")), 2);
    assert_int_equal(json_array_size(member(schema, "required")), 3);
    json_decref(schema);
}

/* Every {"$ref": "#/$defs/x"} points to something, every mapping is closed. */
static void walk(json_t *schema, json_t *json) {
    const char *key;
    json_t *value;
    size_t index;
    json_array_foreach(json, index, value) {
        walk(schema, value);
    }
    const char *target =
        json_is_object(json) ? json_string_value(json_object_get(json, "$ref")) : NULL;
    if (target) {
        assert_true(strncmp(target, "#/$defs/", 8) == 0);
        assert_non_null(member(schema, target + 2));
    }
    if (json_is_object(json) && json_is_object(json_object_get(json, "properties")) &&
        json_object_get(json, "type")) {
        assert_non_null(json_object_get(json, "additionalProperties"));
    }
    json_object_foreach(json, key, value) {
        walk(schema, value);
    }
}

static void the_schema_is_closed_and_its_references_resolve(void **state) {
    json_t *schema = schema_of(*state);
    walk(schema, schema);
    json_decref(schema);
}

static void equal_rows_give_equal_bytes(void **state) {
    struct fixture *fixture = *state;
    struct buffer once, again;
    buffer_init(&once, fixture->arena, 64);
    options_json_schema(fixture_registry, &once);
    buffer_init(&again, fixture->arena, 64);
    options_json_schema(fixture_registry, &again);
    assert_true(slice_equal(buffer_slice(&once), buffer_slice(&again)));
    assert_true(once.len > 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(one_connector_is_printed_to_the_letter),
        FIXTURE_TEST(all_options_name_every_section_and_connector),
        FIXTURE_TEST(an_unknown_kind_is_answered_with_the_nearest),
        FIXTURE_TEST(markdown_has_tables_with_escaped_bars),
        FIXTURE_TEST(the_schema_is_json_with_every_option),
        FIXTURE_TEST(the_schema_knows_what_is_required_and_what_is_the_default),
        FIXTURE_TEST(the_schema_is_closed_and_its_references_resolve),
        FIXTURE_TEST(equal_rows_give_equal_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
