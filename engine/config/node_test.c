/* SPDX-License-Identifier: Apache-2.0 */
/* YAML to the tree: aliases, merges, duplicates, budgets and places. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "engine/config/node.h"

struct ground {
    struct arena *arena;
    struct config_errors errors;
};

static int setup(void **state) {
    struct ground *ground = calloc(1, sizeof *ground);
    ground->arena = arena_new(NULL, POOL_READ);
    config_errors_init(&ground->errors, ground->arena);
    *state = ground;
    return 0;
}

static int teardown(void **state) {
    struct ground *ground = *state;
    arena_free(ground->arena);
    free(ground);
    return 0;
}

static struct node *parse(struct ground *ground, struct slice text) {
    struct node_input input = {
        .text = text, .file = "f", .nodes_max = 100, .depth_max = 20, .lines_max = 50};
    config_errors_init(&ground->errors, ground->arena);
    return node_parse(&input, ground->arena, &ground->errors);
}

static const char *json(struct ground *ground, const struct node *node) {
    struct buffer out;
    buffer_init(&out, ground->arena, 64);
    node_json(node, &out);
    buffer_append_byte(&out, '\0');
    return out.data;
}

static void expect_tree(struct ground *ground, const char *text, const char *expected) {
    struct node *node = parse(ground, slice_of(text));
    assert_non_null(node);
    assert_int_equal(ground->errors.count, 0);
    assert_string_equal(json(ground, node), expected);
}

static void expect_refused_bytes(struct ground *ground, struct slice text, const char *expected) {
    assert_null(parse(ground, text));
    struct buffer out;
    buffer_init(&out, ground->arena, 64);
    config_errors_text(&ground->errors, &out);
    buffer_append_byte(&out, '\0');
    assert_string_equal(out.data, expected);
}

static void expect_refused(struct ground *ground, const char *text, const char *expected) {
    expect_refused_bytes(ground, slice_of(text), expected);
}

static void plain_scalars_have_the_types_of_json_and_keep_their_digits(void **state) {
    expect_tree(*state, "[1, -0, 1.50, 1e400, 12345678901234567890.10, true, false, null, ~, '']",
                "[1,-0,1.50,1e400,12345678901234567890.10,true,false,null,null,\"\"]");
    expect_tree(*state, "[010, +1, .5, 1., 0x1F, yes, on, NO, 'true', \"1\", !!str 7, 1:30]",
                "[\"010\",\"+1\",\".5\",\"1.\",\"0x1F\",\"yes\",\"on\",\"NO\",\"true\",\"1\",\"7\","
                "\"1:30\"]");
    expect_tree(*state, "{a: , b: 2026-11-01T10:00:00Z}",
                "{\"a\":null,\"b\":\"2026-11-01T10:00:00Z\"}");
}

static void strings_are_escaped_as_json_wants(void **state) {
    expect_tree(*state, "[\"q\\\" b\\\\ t\\t n\\n e\\x01 \\u00e4\", 'it''s']",
                "[\"q\\\" b\\\\ t\\u0009 n\\n e\\u0001 \xc3\xa4\",\"it's\"]");
}

static void aliases_are_copies_of_what_stands_above(void **state) {
    expect_tree(*state, "a: &x {n: 1}\nb: *x\nc: [*x, *x]\n",
                "{\"a\":{\"n\":1},\"b\":{\"n\":1},\"c\":[{\"n\":1},{\"n\":1}]}");
    expect_tree(*state, "a: &x 1\nb: &x 2\nc: *x\n", "{\"a\":1,\"b\":2,\"c\":2}");
    expect_refused(*state, "a: *b\nb: &b 1\n",
                   "f:1:4: alias `b` names no anchor above it (config-bad-alias)\n");
}

static void an_alias_of_its_own_parent_is_no_cycle(void **state) {
    expect_refused(*state, "a: &a [1, *a]\n",
                   "f:1:11: alias `a` names no anchor above it (config-bad-alias)\n");
    expect_refused(*state, "&a {b: *a}",
                   "f:1:8: alias `a` names no anchor above it (config-bad-alias)\n");
}

static void merges_fill_what_is_absent(void **state) {
    expect_tree(*state, "x: &x {a: 1, b: 2}\ny: {b: 3, <<: *x}\n",
                "{\"x\":{\"a\":1,\"b\":2},\"y\":{\"b\":3,\"a\":1}}");
    expect_tree(*state, "x: &x {a: 1}\ny: &y {a: 2, c: 3}\nz:\n  <<: [*x, *y]\n",
                "{\"x\":{\"a\":1},\"y\":{\"a\":2,\"c\":3},\"z\":{\"a\":1,\"c\":3}}");
    expect_tree(*state, "{\"<<\": 1}", "{\"<<\":1}");
    expect_refused(*state, "<<: 1\na: 2\n",
                   "f:1:5: `<<` merges mappings: write an alias of one, or a list of them "
                   "(config-bad-alias)\n");
}

static void a_bomb_of_aliases_ends_at_the_node_budget(void **state) {
    struct ground *ground = *state;
    struct buffer text;
    buffer_init(&text, ground->arena, 1024);
    buffer_printf(&text, "a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 9; i++) {
        buffer_printf(&text, "a%d: &a%d [", i, i);
        for (int j = 0; j < 9; j++) {
            buffer_printf(&text, "%s*a%d", j ? "," : "", i - 1);
        }
        buffer_printf(&text, "]\n");
    }
    uint64_t before = arena_bytes(ground->arena);
    assert_null(parse(ground, buffer_slice(&text)));
    assert_int_equal(ground->errors.count, 1);
    assert_string_equal(ground->errors.items[0].code, "config-too-many-nodes");
    assert_true(arena_bytes(ground->arena) - before < 1 << 20);
}

static void too_many_values_are_refused(void **state) {
    struct ground *ground = *state;
    char text[1 + 2 * 101 + 1] = "[";
    for (int i = 0; i < 101; i++) {
        memcpy(text + 1 + 2 * i, "1,", 2);
    }
    text[sizeof text - 1] = ']';
    assert_null(parse(ground, slice_make(text, sizeof text)));
    assert_string_equal(ground->errors.items[0].code, "config-too-many-nodes");
}

static void too_many_lines_are_refused(void **state) {
    struct ground *ground = *state;
    char text[128] = "a: |\n";
    memset(text + 5, '\n', 50);
    assert_null(parse(ground, slice_make(text, 55)));
    assert_string_equal(ground->errors.items[0].code, "config-too-large");
    assert_non_null(parse(ground, slice_make(text, 54)));
}

static void too_deep_a_nest_is_refused(void **state) {
    struct ground *ground = *state;
    expect_refused(ground, "[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]",
                   "f:1:21: nested too deeply (config-too-deep)\n");
    expect_refused(ground, "a: &a [[[[[[[[[1]]]]]]]]]\nb: [[[[[[[[[[[*a]]]]]]]]]]]\n",
                   "f:1:15: nested too deeply (config-too-deep)\n");
    char text[8192];
    memset(text, '[', sizeof text);
    assert_null(parse(ground, slice_make(text, sizeof text)));
    assert_true(ground->errors.count > 0);
}

static void each_second_key_is_told_and_the_rest_is_kept(void **state) {
    struct ground *ground = *state;
    struct node *node = parse(ground, slice_of("a: 1\nb: {c: 1, c: 2}\na: 3\na: 4\n"));
    assert_non_null(node);
    assert_string_equal(json(ground, node), "{\"a\":1,\"b\":{\"c\":1}}");
    assert_int_equal(ground->errors.count, 3);
    assert_int_equal(ground->errors.items[0].place.line, 2);
    assert_int_equal(ground->errors.items[0].place.column, 11);
    assert_string_equal(ground->errors.items[1].message,
                        "key `a` stands here a second time, first in line 1: remove one");
    assert_int_equal(ground->errors.items[2].place.line, 4);
}

/* The words are libfyaml's and differ between its versions. */
static void expect_syntax(struct ground *ground, const char *text, uint32_t line) {
    assert_null(parse(ground, slice_of(text)));
    assert_int_equal(ground->errors.count, 1);
    assert_string_equal(ground->errors.items[0].code, "config-bad-yaml");
    assert_int_equal(ground->errors.items[0].place.line, line);
}

static void an_unquoted_substitution_in_a_flow_mapping_is_explained(void **state) {
    struct ground *ground = *state;
    expect_syntax(ground, "b: 1\na: {b: ${X}}\n", 2);
    assert_non_null(strstr(ground->errors.items[0].message, "a text with ${...} needs quotes"));
    expect_syntax(ground, "b: ${X}\na: {b: {}\n", 3);
    assert_null(strstr(ground->errors.items[0].message, "needs quotes"));
}

static void broken_yaml_is_told_with_its_place(void **state) {
    expect_syntax(*state, "a: 1\n b: 2\n", 1);
    expect_syntax(*state, "a: 1\nb: \"x", 2);
    expect_syntax(*state, "a: @x", 1);
    expect_syntax(*state, "\ta: 1", 1);
    expect_refused(*state, "", "f: the file is empty (config-empty)\n");
    expect_refused(*state, "# a comment\n\n", "f: the file is empty (config-empty)\n");
    expect_refused(*state, "a: 1\n---\nb: 2\n",
                   "f:2:1: a second document begins here: one file holds one pipeline "
                   "(config-bad-yaml)\n");
    expect_refused(*state, "? [1]\n: 2\n", "f:1:3: a key must be a plain text (config-bad-yaml)\n");
    expect_refused(*state, "a: !foo 1\n",
                   "f:1:9: tag `!foo` has no meaning here: leave it out (config-bad-yaml)\n");
}

static void bytes_that_are_no_text_are_refused(void **state) {
    expect_refused(*state, "a: b\nc: \xff\n",
                   "f:2:4: byte 0xff is not UTF-8: save the file as UTF-8 (config-bad-yaml)\n");
    expect_refused(*state, "\xc3\xa4: \xed\xa0\x80",
                   "f:1:4: byte 0xed is not UTF-8: save the file as UTF-8 (config-bad-yaml)\n");
    expect_refused(*state, "a: \xc0\x80", "f:1:4: byte 0xc0 is not UTF-8: save the file as UTF-8 "
                                          "(config-bad-yaml)\n");
    expect_refused_bytes(*state, slice_make("a: \0b", 5),
                         "f:1:4: control character 0x00: a pipeline file is plain text "
                         "(config-bad-yaml)\n");
    expect_refused(*state, "a: \x1b[31m", "f:1:4: control character 0x1b: a pipeline file is plain "
                                          "text (config-bad-yaml)\n");
    expect_refused(*state, "a: \"x\\0y\"", "f:1:4: a NUL character cannot stand here "
                                           "(config-bad-yaml)\n");
    expect_tree(*state, "\xef\xbb\xbf" "a: 1\r\nb: 2\r\n", "{\"a\":1,\"b\":2}");
}

static struct place place_of(struct ground *ground, const char *text, const char *word) {
    struct node *node = parse(ground, slice_of(text));
    assert_non_null(node);
    struct placed_text placed = node_text(node_member(node, "a"));
    return placed_text_at(&placed, (size_t)(strstr(placed.text, word) - placed.text));
}

static void expect_place(struct ground *ground, const char *text, uint32_t line, uint32_t column) {
    struct place place = place_of(ground, text, "XX");
    assert_int_equal(place.line, line);
    assert_int_equal(place.column, column);
}

static void a_byte_of_a_text_has_its_place_in_the_file(void **state) {
    expect_place(*state, "a: select XX\n", 1, 11);
    expect_place(*state, "a: 'select XX'\n", 1, 12);
    expect_place(*state, "a: \"s\xc3\xa4lect XX\"\n", 1, 12);
    expect_place(*state, "b: 1\na: |\n  select\n    XX\n", 4, 5);
    expect_place(*state, "a: |\n\n\n  select\n  \xc3\xa4 XX\n", 5, 5);
    expect_place(*state, "a: |2\n    select\n   XX\n", 3, 4);
    expect_place(*state, "a: |-\r\n  select\r\n   XX\r\n", 3, 4);
    expect_place(*state, "b:\n  - c\na: |4\n      select XX\n", 4, 14);
    /* Folded and escaped texts: the line where they begin. */
    expect_place(*state, "b: 1\na: >\n  select\n  XX\n", 3, 1);
    expect_place(*state, "a: \"\\tselect XX\"\n", 1, 5);
}

static void an_end_beyond_the_text_has_a_place(void **state) {
    struct ground *ground = *state;
    struct node *node = parse(ground, slice_of("a: |\n  select\n"));
    struct placed_text placed = node_text(node_member(node, "a"));
    struct place place = placed_text_at(&placed, 1000);
    assert_int_equal(place.line, 3);
    place = placed_text_at(&(struct placed_text){.text = NULL}, 5);
    assert_int_equal(place.line, 0);
}

int main(void) {
#define NODE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        NODE_TEST(plain_scalars_have_the_types_of_json_and_keep_their_digits),
        NODE_TEST(strings_are_escaped_as_json_wants),
        NODE_TEST(aliases_are_copies_of_what_stands_above),
        NODE_TEST(an_alias_of_its_own_parent_is_no_cycle),
        NODE_TEST(merges_fill_what_is_absent),
        NODE_TEST(a_bomb_of_aliases_ends_at_the_node_budget),
        NODE_TEST(too_many_values_are_refused),
        NODE_TEST(too_many_lines_are_refused),
        NODE_TEST(too_deep_a_nest_is_refused),
        NODE_TEST(each_second_key_is_told_and_the_rest_is_kept),
        NODE_TEST(an_unquoted_substitution_in_a_flow_mapping_is_explained),
        NODE_TEST(broken_yaml_is_told_with_its_place),
        NODE_TEST(bytes_that_are_no_text_are_refused),
        NODE_TEST(a_byte_of_a_text_has_its_place_in_the_file),
        NODE_TEST(an_end_beyond_the_text_has_a_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
