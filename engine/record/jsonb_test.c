/* SPDX-License-Identifier: Apache-2.0 */
/* Navigation, string contents, and Postgres's jsonb: its text and its order. Expected texts and
 * orders were taken from PostgreSQL 15. */
#include "engine/base/buffer.h"
#include "engine/record/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void check_text(const char *json, const char *expected) {
    struct arena *arena = arena_new(NULL, 0);
    struct buffer out;
    buffer_init(&out, arena, 0);
    jsonb_normalise(slice_of(json), arena, &out);
    buffer_append_byte(&out, '\0');
    assert_string_equal(out.data, expected);
    arena_free(arena);
}

static void jsonb_text_is_the_one_of_postgres(void **state) {
    (void)state;
    check_text("{\"b\":1,\"a\":2,\"aa\":3}", "{\"a\": 2, \"b\": 1, \"aa\": 3}");
    check_text("{\"a\":1,\"b\":2,\"a\":[ ]}", "{\"a\": [], \"b\": 2}");
    check_text(" [ 1.50 , -0 , 1e3, 1E-7, 0.000, -0.00, 12345678901234567890123 ] ",
               "[1.50, 0, 1000, 0.0000001, 0.000, 0.00, 12345678901234567890123]");
    check_text("{ }", "{}");
    check_text("[{},[],\"\"]", "[{}, [], \"\"]");
    check_text("\"\\u0041\\u00e9\\/\\b\\f\\n\\r\\t\\u0001\\\"\\\\\\ud83d\\ude00\\u007f\"",
               "\"A\xC3\xA9/\\b\\f\\n\\r\\t\\u0001\\\"\\\\\xF0\x9F\x98\x80\x7f\"");
    check_text("{\"\\u0062\":1,\"a\":2,\"b\":3}", "{\"a\": 2, \"b\": 3}");
    check_text("{\"\":1,\"\xC3\xA9\":2,\"zz\":3,\"z\":4}",
               "{\"\": 1, \"z\": 4, \"zz\": 3, \"\xC3\xA9\": 2}");
    check_text("true", "true");
    check_text("null", "null");
    check_text("{\"k\":{\"y\":{\"b\":null,\"a\":false}}}",
               "{\"k\": {\"y\": {\"a\": false, \"b\": null}}}");
}

static void jsonb_order_is_the_one_of_postgres(void **state) {
    (void)state;
    /* ascending */
    /* clang-format off */
    static const char *const values[] = {
        "[]", "null", "\"\"", "\"a\"", "\"b\"", "-1.5", "2", "10", "false", "true", "[null]", "[1]",
        "[[]]", "[{}]", "[1,1]", "[1,2]", "[[],null]", "{}", "{\"a\":1}", "{\"a\":2}", "{\"b\":0}",
        "{\"a\":1, \"b\":1}", "{\"a\":1, \"b\":[]}", "{\"aa\":0, \"b\":1}",
    };
    /* clang-format on */
    struct arena *arena = arena_new(NULL, 0);
    size_t count = sizeof values / sizeof *values;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            int order = jsonb_compare(slice_of(values[i]), slice_of(values[j]), arena);
            int expected = (i > j) - (i < j);
            if ((order > 0) - (order < 0) != expected) {
                fail_msg("%s against %s: %d", values[i], values[j], order);
            }
        }
    }
    arena_free(arena);
}

static void spelling_does_not_matter_to_equality(void **state) {
    (void)state;
    struct arena *arena = arena_new(NULL, 0);
    static const char *const pairs[][2] = {{"{\"a\":1,\"b\":2}", " { \"b\":2 , \"a\":1.0 } "},
                                           {"1e2", "100.00"},
                                           {"\"\\u0041\"", "\"A\""},
                                           {"{\"a\":1,\"a\":2}", "{\"a\":2}"},
                                           {"[1, 2]", "[1,2]"},
                                           {"-0", "0"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        assert_int_equal(jsonb_compare(slice_of(pairs[i][0]), slice_of(pairs[i][1]), arena), 0);
    }
    arena_free(arena);
}

static void check_value(struct json_value value, const char *expected) {
    if (!expected) {
        assert_int_equal(value.kind, JSON_NONE);
        return;
    }
    assert_true(value.kind != JSON_NONE);
    assert_true(slice_is(value.text, expected));
}

static void members_and_elements_are_found(void **state) {
    (void)state;
    struct slice object = SLICE_LITERAL(
        " { \"a\" : {\"b\":[1,\"]}\"]} , \"c\\n\":null,\"a\":\"last\", \"d\":-1.5e3 } ");
    check_value(json_member(object, SLICE_LITERAL("a")), "\"last\"");
    check_value(json_member(object, SLICE_LITERAL("c\n")), "null");
    check_value(json_member(object, SLICE_LITERAL("d")), "-1.5e3");
    check_value(json_member(object, SLICE_LITERAL("b")), NULL);
    check_value(json_member(SLICE_LITERAL("[\"a\"]"), SLICE_LITERAL("a")), NULL);
    check_value(json_member(SLICE_LITERAL("{}"), SLICE_LITERAL("")), NULL);
    struct slice array = SLICE_LITERAL("[ 1 , [2,3] , {\"x\":[]} , \"s\" ]");
    assert_int_equal(json_array_length(array), 4);
    check_value(json_element(array, 0), "1");
    check_value(json_element(array, 1), "[2,3]");
    check_value(json_element(array, -1), "\"s\"");
    check_value(json_element(array, -4), "1");
    check_value(json_element(array, 4), NULL);
    check_value(json_element(array, -5), NULL);
    check_value(json_element(array, INT64_MIN), NULL);
    check_value(json_element(SLICE_LITERAL("[]"), 0), NULL);
    check_value(json_element(SLICE_LITERAL("{\"a\":1}"), 0), NULL);
    assert_int_equal(json_array_length(SLICE_LITERAL("[]")), 0);
    assert_int_equal(json_array_length(SLICE_LITERAL("{\"a\":1}")), 0);
}

static void string_contents_are_unescaped(void **state) {
    (void)state;
    struct arena *arena = arena_new(NULL, 0);
    struct slice text;
    const char *code = NULL;
    assert_true(json_unescape(json_root(SLICE_LITERAL("\"plain\"")), arena, &text, &code));
    assert_true(slice_is(text, "plain"));
    assert_true(json_unescape(json_root(SLICE_LITERAL("\"a\\u00e9\\ud83d\\ude00\\n\\/\\\\z\"")),
                              arena, &text, &code));
    assert_true(slice_is(text, "a\xC3\xA9\xF0\x9F\x98\x80\n/\\z"));
    assert_false(json_unescape(json_root(SLICE_LITERAL("\"a\\u0000\"")), arena, &text, &code));
    assert_string_equal(code, "22P05");
    assert_false(
        json_unescape(json_root(SLICE_LITERAL("\"\\ude00\\u0000\"")), arena, &text, &code));
    assert_string_equal(code, "22P02");
    arena_free(arena);
}

static void exponents_are_written_out_until_the_room_for_them_is_used_up(void **state) {
    (void)state;
    struct arena *arena = arena_new(NULL, 0);
    struct buffer document, once, twice;
    buffer_init(&document, arena, 1024);
    buffer_append_byte(&document, '[');
    for (int i = 0; i < 1000; i++) {
        buffer_printf(&document, "%s1.5e131071", i ? ", " : "");
    }
    buffer_printf(&document, ", -2.50e3, 0e5, 0.0012e3, 5e-7, 0.0e-2, -0]");
    buffer_init(&once, arena, 1024);
    buffer_init(&twice, arena, 1024);
    jsonb_normalise(buffer_slice(&document), arena, &once);
    assert_true(once.len > 4000000 && once.len < 5000000); /* 131 MB without a limit */
    const char *tail = ", 1.5e131071, -2500, 0, 1.2, 0.0000005, 0.000, 0]";
    assert_memory_equal(once.data + once.len - strlen(tail), tail, strlen(tail));
    jsonb_normalise(buffer_slice(&once), arena, &twice);
    assert_true(slice_equal(buffer_slice(&once), buffer_slice(&twice)));
    arena_free(arena);
}

/* Text that was never scanned must not lead outside of it or loop for ever. */
static void navigation_stays_inside_of_broken_text(void **state) {
    (void)state;
    static const char whole[] = "{\"a\":[1,{\"b\\\"\":\"\\u0041}]\"},null],\"c\":tru";
    for (size_t len = 0; len < sizeof whole; len++) {
        char *copy = malloc(len + 1);
        assert_non_null(copy);
        memcpy(copy, whole, len);
        copy[len] = len % 2 ? '}' : ',';
        struct slice text = slice_make(copy, len + 1);
        struct json_value key, value;
        uint32_t steps = 0;
        for (size_t at = 0; json_next(text, &at, &key, &value);) {
            assert_true(++steps < 100);
            assert_true(value.text.data >= copy &&
                        value.text.data + value.text.len <= copy + len + 1);
        }
        (void)json_member(text, SLICE_LITERAL("a"));
        (void)json_element(text, 1);
        free(copy);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jsonb_text_is_the_one_of_postgres),
        cmocka_unit_test(jsonb_order_is_the_one_of_postgres),
        cmocka_unit_test(exponents_are_written_out_until_the_room_for_them_is_used_up),
        cmocka_unit_test(spelling_does_not_matter_to_equality),
        cmocka_unit_test(members_and_elements_are_found),
        cmocka_unit_test(string_contents_are_unescaped),
        cmocka_unit_test(navigation_stays_inside_of_broken_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
