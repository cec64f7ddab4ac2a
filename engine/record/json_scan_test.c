/* SPDX-License-Identifier: Apache-2.0 */
/* What the scanner takes and refuses, by the classes of RFC 8259 (structure, numbers, strings,
 * escapes, UTF-8, depth, and the choices that the RFC leaves open), and what it finds. Every text
 * is scanned at its own malloc'd size, so that the sanitizer sees a read beyond the end, and in
 * three guises: as it is, with long space before and behind (the block path), and as a line. */
#include "engine/record/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { DEPTH = 128 };

static bool scan_exact(struct slice text, struct json_value *root, struct json_error *error) {
    char *copy = malloc(text.len ? text.len : 1);
    assert_non_null(copy);
    memcpy(copy, text.data, text.len);
    bool accepted = json_scan(slice_make(copy, text.len), NULL, DEPTH, NULL, root, error);
    if (accepted) { /* the copy goes: point into the original */
        root->text.data = text.data + (root->text.data - copy);
    } else {
        assert_true(error->offset <= text.len);
        assert_non_null(error->message);
    }
    free(copy);
    return accepted;
}

static bool scan_padded(struct slice text) {
    char padded[4096];
    struct json_value root;
    struct json_error error;
    assert_true(text.len + 80 < sizeof padded);
    memset(padded, ' ', sizeof padded);
    memcpy(padded + 40, text.data, text.len);
    return json_scan(slice_make(padded, text.len + 80), NULL, DEPTH, NULL, &root, &error);
}

static bool accepts_text(struct slice text) {
    struct json_value root;
    struct json_error error;
    bool accepted = scan_exact(text, &root, &error);
    assert_int_equal(scan_padded(text), accepted);
    if (!memchr(text.data, '\n', text.len)) {
        size_t len = 0;
        char line[4096];
        assert_true(text.len + 3 < sizeof line);
        memcpy(line, text.data, text.len);
        memcpy(line + text.len, "\n1\n", 3);
        assert_int_equal(json_scan_line(line, text.len + 3, NULL, DEPTH, NULL, &root, &len, &error),
                         accepted);
        assert_int_equal(len, text.len);
    }
    return accepted;
}

static bool accepts(const char *text) {
    return accepts_text(slice_of(text));
}

#define ACCEPTS(text) assert_true(accepts(text))
#define REFUSES(text) assert_false(accepts(text))

static void check_refusal(const char *text, size_t offset, const char *message) {
    struct json_value root;
    struct json_error error;
    assert_false(scan_exact(slice_of(text), &root, &error));
    assert_string_equal(error.message, message);
    assert_int_equal(error.offset, offset);
}

static void documents_of_every_kind_are_accepted(void **state) {
    (void)state;
    ACCEPTS("{}");
    ACCEPTS("[]");
    ACCEPTS("[[]   ]");
    ACCEPTS("null");
    ACCEPTS("true");
    ACCEPTS("false");
    ACCEPTS("42");
    ACCEPTS("-0.1");
    ACCEPTS("\"asd\"");
    ACCEPTS("\"\"");
    ACCEPTS(" \t\r\n{ \"a\" \t:\r\n[ 1 , 2 ] }\n ");
    ACCEPTS("[null, 1, \"1\", {}]");
    ACCEPTS("{\"a\":[1,{\"b\":[[],{}]}],\"c\":{\"d\":{}}}");
    ACCEPTS("{\"\":0}");
    ACCEPTS("{\"a\":1,\"a\":2}");
    ACCEPTS("[1,null,null,null,2]");
}

static void broken_structure_is_refused(void **state) {
    (void)state;
    /* clang-format off */
    static const char *const texts[] = {
        "", " ", "\r\n", "[", "]", "{", "}", "[1", "[1,", "[1,]", "[,1]", "[,]", "[1,,2]", "[1 2]", "[1:2]",
        "[\"a\",\n4\n,1,", "[\"\"", "[\"\",", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}",
        "{,\"a\":1}", "{\"a\" \"b\"}", "{\"a\"::1}", "{\"a\",1}", "{\"a\":1 \"b\":2}", "{a:1}", "{1:1}",
        "{'a':1}", "{\"a\":1,,\"b\":2}", "{null:1}", "{[]:1}", "{\"a\":1]", "[1}", "[[1]", "{\"a\":{}",
        "{}}", "[]]", "[][]", "{}{}", "1 2", "null null", "[1]x", "{\"a\":true} \"x\"", "{\"a\":/*x*/1}",
        "//x\n1", "1//x", "[1]#", "*", ":", ",", "\xEF\xBB\xBF{}", "\xEF\xBB", "{}\xEF\xBB\xBF", "[\x0b]",
        "[\f]", "[\xC2\xA0]", "[\xE2\x81\xA0]", "[1\xC2\x85]", "<null>", "undefined", "[\"a\":1]", "[{}}",
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (accepts(texts[i])) {
            fail_msg("accepted: %s", texts[i]);
        }
    }
    assert_false(accepts_text(SLICE_LITERAL("[\0]")));
    assert_false(accepts_text(SLICE_LITERAL("\0")));
    assert_false(accepts_text(SLICE_LITERAL("{}\0")));
}

static void literals_are_exact(void **state) {
    (void)state;
    static const char *const texts[] = {
        "nul", "nulll", "tru", "truee", "fals",     "falsee",    "True",  "NULL",  "FALSE", "nan",
        "NaN", "n",     "t",   "f",     "Infinity", "-Infinity", "[tru]", "[fals", "nule",  "trux"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        REFUSES(texts[i]);
    }
}

static void numbers_follow_the_grammar(void **state) {
    (void)state;
    /* clang-format off */
    static const char *const good[] = {
        "0", "-0", "0.0", "-0.0", "1", "10", "123456789", "1.5", "1e5", "1E5", "1e+5", "1e-5",
        "0e0", "0E+1", "1.23e45", "123e65", "-123123e100000", "1e400", "20e1", "0.4e006",
        "123456789012345678901234567890123456789012345678901234567890",
        "-0.000000000000000000000000000000000000000000000000000000000000000000000000000001",
        "1234567890123456", "12345678901234567",
        "1234567890123456.1234567890123456e1234567890123456",
    };
    /* clang-format on */
    /* clang-format off */
    static const char *const bad[] = {
        "-", "+1", "01", "-01", "00", "1.", ".5", "-.5", "1.e5", "1e", "1e+", "1e-", "1E", "1.5e",
        "0x10", "1_000", "--1", "1-", "1+1", "1.2.3", "1e5.5", "1ee5", "1eE5", "0.e1", "-2.",
        "2.e+3", "1 000", "[-]", "-a", "-foo", "1a", "1.5f", "0b1", "Inf", "-NaN",
        "012345678901234567890", "1.a", "1e1a", "\xEF\xBC\x91", "-\n1",
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char text[256];
        ACCEPTS(good[i]);
        snprintf(text, sizeof text, "[%s,{\"a\":%s}]", good[i], good[i]);
        ACCEPTS(text);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[256];
        REFUSES(bad[i]);
        snprintf(text, sizeof text, "{\"a\":%s}", bad[i]);
        REFUSES(text);
    }
}

static void strings_follow_the_grammar(void **state) {
    (void)state;
    /* clang-format off */
    static const char *const good[] = {
        "\"a\"", "\"\x7f\"", "\"/\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u0041\\u00e9\\u20AC\"",
        "\"\\uD834\\uDd1e\"", "\"fifteen bytes.\"", "\"sixteen bytes...\"", "\"seventeen bytes..\"",
        "\"thirty-two bytes of plain text..\"", "\"\\\\\"", "\"a\\\\\"", "\"\\u0000\"",
        "\"\\uD800\"", "\"\\uDC00\"", "\"\\uDC00\\uD800\"", "\"\\uD800\\uD800\\n\"",
        "\"\\uDADA\\n\"", "\"\\u005C\"", "\"\\u0022\"", "\"\\uFFFF\"",
    };
    /* clang-format on */
    /* clang-format off */
    static const char *const bad[] = {
        "\"", "\"a", "'a'", "\"\\\"", "\"\\", "\"\\a\"", "\"\\x00\"", "\"\\U0041\"", "\"\\0\"",
        "\"\\ \"", "\"\\'\"", "\"\\u\"", "\"\\u1\"", "\"\\u12\"", "\"\\u123\"", "\"\\u00g0\"",
        "\"\\u-123\"", "\"\\u 123\"", "\"\\uD800\\u\"", "\"\\uD800\\u1\"", "\"\\uD800\\x\"",
        "\"\\uD800\\", "\"\\uD800\\u1x", "\"\\u00", "\"\\u", "\"\t\"", "\"\x1f\"", "\"\x01\"",
        "\"a\nb\"", "\"\r\"", "\"sixteen bytes...", "\"fifteen bytes.\x02\"",
        "\"seventeen bytes..\x02\"", "\"\\\t\"", "\"\\\n\"", "\"\\\xC3\xA9\"", "a\"", "\"a\"b\"",
        "[\"x\"\"]",
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char text[256];
        ACCEPTS(good[i]);
        snprintf(text, sizeof text, "{%s:[%s,{%s:%s}]}", good[i], good[i], good[i], good[i]);
        ACCEPTS(text);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[256];
        REFUSES(bad[i]);
        snprintf(text, sizeof text, "{%s:1}", bad[i]);
        REFUSES(text);
        snprintf(text, sizeof text, "[{\"a\":%s}]", bad[i]);
        REFUSES(text);
    }
    assert_false(accepts_text(SLICE_LITERAL("\"a\0b\"")));
}

/* Every sequence is tried at every place of a string, so that it falls on each block border. */
static bool utf8_accepted(const char *sequence) {
    bool first = false;
    for (size_t before = 0; before < 40; before++) {
        char text[128];
        int len = snprintf(text, sizeof text, "\"%.*s%s%s\"", (int)before,
                           "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz", sequence,
                           before & 1 ? "zz" : "");
        bool accepted = accepts_text(slice_make(text, (size_t)len));
        if (before == 0) {
            first = accepted;
        }
        assert_int_equal(accepted, first);
    }
    return first;
}

static void utf8_in_strings_is_checked(void **state) {
    (void)state;
    /* clang-format off */
    static const char *const good[] = {
        "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xE2\x82\xAC", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xEF\xBF\xBF", "\xEF\xBF\xBE", "\xF0\x90\x80\x80", "\xF0\x9F\x98\x80", "\xF4\x8F\xBF\xBF",
        "\xEF\xBB\xBF", "\xD0\xBF\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82",
        "\xE4\xBD\xA0\xE5\xA5\xBD",
    };
    /* clang-format on */
    /* clang-format off */
    static const char *const bad[] = {
        "\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x41", "\xC2\xC2\x80", "\xE0\x80\x80",
        "\xE0\x9F\xBF", "\xE2\x82", "\xE2\x41\xAC", "\xE2\x82\x41", "\xED\xA0\x80", "\xED\xBF\xBF",
        "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
        "\xF8\x88\x80\x80\x80", "\xFE", "\xFF", "\xF0\x9F\x98", "\xF0\x9F", "\xF0\x41\x98\x80",
        "\xF0\x9F\x41\x80", "\xF0\x9F\x98\x41", "\xE9", "\xFC\x80\x80\x80\x80\x80",
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(utf8_accepted(good[i]));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(utf8_accepted(bad[i]));
    }
}

/* Appends text and its NUL; returns the new end. */
static char *append(char *at, const char *text) {
    size_t len = strlen(text);
    memcpy(at, text, len + 1);
    return at + len;
}

static void build_nested(char *text, const char *open, const char *inner, const char *close,
                         uint32_t depth) {
    for (uint32_t i = 0; i < depth; i++) {
        text = append(text, open);
    }
    text = append(text, inner);
    for (uint32_t i = 0; i < depth; i++) {
        text = append(text, close);
    }
}

static void depth_is_limited(void **state) {
    (void)state;
    static const char *const shapes[][2] = {{"[", "]"}, {"{\"a\":", "}"}, {"[{\"a\":", "}]"}};
    char text[16384];
    struct json_value root, value;
    struct json_error error;
    struct arena *arena = arena_new(NULL, 0);
    struct slice name = SLICE_LITERAL("a");
    struct json_keys *keys = json_keys_new(&name, 1, arena);
    static const uint32_t limits[] = {2, 64, 128, 1000};
    for (uint32_t shape = 0; shape < 3; shape++) {
        for (uint32_t i = 0; i < 4; i++) {
            uint32_t levels = shape == 2 ? limits[i] / 2 : limits[i];
            build_nested(text, shapes[shape][0], "1", shapes[shape][1], levels);
            assert_true(json_scan(slice_of(text), NULL, limits[i], NULL, &root, &error));
            assert_true(json_scan(slice_of(text), keys, limits[i], &value, &root, &error));
            build_nested(text, shapes[shape][0], "1", shapes[shape][1], levels + 1);
            assert_false(json_scan(slice_of(text), NULL, limits[i], NULL, &root, &error));
            assert_string_equal(error.message, "nested too deeply");
            assert_false(json_scan(slice_of(text), keys, limits[i], &value, &root, &error));
        }
    }
    build_nested(text, "[", "", "]", 129);
    check_refusal(text, 128, "nested too deeply");
    build_nested(text, "[[],{},", "0", "]", 128);
    assert_true(json_scan(slice_of(text), NULL, 129, NULL, &root, &error));
    arena_free(arena);
}

static void brackets_must_match_on_every_level(void **state) {
    (void)state;
    char text[1024];
    struct json_value root;
    struct json_error error;
    for (uint32_t wrong = 0; wrong < 100; wrong++) {
        build_nested(text, "[", "", "]", 100);
        text[100 + wrong] = '}';
        assert_false(json_scan(slice_of(text), NULL, 128, NULL, &root, &error));
        assert_int_equal(error.offset, 100 + wrong);
    }
}

static void a_refusal_says_where_and_why(void **state) {
    (void)state;
    check_refusal("", 0, "the document ends too early");
    check_refusal("{\"a\":tru}", 5, "value expected");
    check_refusal("{\"a\":01}", 5, "a number must not begin with 0");
    check_refusal("[1,2", 4, "the document ends too early");
    check_refusal("{\"a\" 1}", 5, "colon expected");
    check_refusal("{a:1}", 1, "member name expected");
    check_refusal("[1 2]", 3, "comma or ] expected");
    check_refusal("{\"a\":1 2}", 7, "comma or } expected");
    check_refusal("\"ab\x01\"", 3, "control character in a string");
    check_refusal("\"ab\\q\"", 3, "invalid escape in a string");
    check_refusal("\"ab\xff\"", 3, "invalid UTF-8 in a string");
    check_refusal("\"abc", 4, "the document ends inside a string");
    check_refusal("{} x", 3, "text after the end of the document");
    check_refusal("-", 1, "the document ends too early");
    check_refusal("[1.]", 3, "digit expected after the point");
    check_refusal("[1e]", 3, "digit expected in the exponent");
    check_refusal("[-x]", 2, "digit expected");
}

/* --- members --------------------------------------------------------------------------------- */

struct fixture {
    struct arena *arena;
    struct json_keys *keys;
    struct json_value values[16], root;
    struct json_error error;
};

static void fixture_names(struct fixture *fixture, const char *const *names, uint32_t count) {
    struct slice slices[16];
    for (uint32_t i = 0; i < count; i++) {
        slices[i] = slice_of(names[i]);
    }
    fixture->arena = arena_new(NULL, 0);
    fixture->keys = json_keys_new(slices, count, fixture->arena);
}

static bool fixture_scan(struct fixture *fixture, const char *text) {
    return json_scan(slice_of(text), fixture->keys, DEPTH, fixture->values, &fixture->root,
                     &fixture->error);
}

static void check_value(const struct json_value *value, enum json_kind kind, const char *text) {
    assert_int_equal(value->kind, kind);
    if (text) {
        assert_int_equal(value->text.len, strlen(text));
        assert_memory_equal(value->text.data, text, value->text.len);
    }
}

static void members_are_found_in_any_order_and_kind(void **state) {
    (void)state;
    static const char *const names[] = {"id",   "a",    "",     "a name longer than sixteen bytes",
                                        "tags", "user", "none", "ok"};
    struct fixture fixture;
    fixture_names(&fixture, names, 8);
    assert_true(fixture_scan(&fixture,
                             "{\"tags\": [1, \"]\"] ,\"x\":{\"id\":9},\"\":null,\"a\":-1.50,"
                             "\"user\":{\"id\":{\"a\":[{}]}},\"id\":\"q\\\"\","
                             "\"a name longer than sixteen bytes\":false,\"ok\":true}"));
    check_value(&fixture.values[0], JSON_STRING, "\"q\\\"\"");
    assert_true(fixture.values[0].escaped);
    check_value(&fixture.values[1], JSON_NUMBER, "-1.50");
    assert_false(fixture.values[1].escaped);
    check_value(&fixture.values[2], JSON_NULL, "null");
    check_value(&fixture.values[3], JSON_FALSE, "false");
    check_value(&fixture.values[4], JSON_ARRAY, "[1, \"]\"]");
    check_value(&fixture.values[5], JSON_OBJECT, "{\"id\":{\"a\":[{}]}}");
    check_value(&fixture.values[6], JSON_NONE, NULL);
    check_value(&fixture.values[7], JSON_TRUE, "true");
    assert_int_equal(fixture.root.kind, JSON_OBJECT);
    arena_free(fixture.arena);
}

static void names_that_differ_little_are_told_apart(void **state) {
    (void)state;
    static const char *const names[] = {"col_01",
                                        "col_11",
                                        "col_02",
                                        "col_12",
                                        "cxl_01",
                                        "a sixteen byte k",
                                        "a sixteen byte K",
                                        "a seventeen byteX",
                                        "a seventeen byteY",
                                        "ab",
                                        "aab"};
    struct fixture fixture;
    fixture_names(&fixture, names, 11);
    for (uint32_t i = 0; i < 11; i++) {
        char text[128];
        snprintf(text, sizeof text,
                 "{\"%s\":%u,\"col_21\":0,\"a sixteen byte_k\":0,\"a\":0,\"aaab\":1}", names[i], i);
        assert_true(fixture_scan(&fixture, text));
        for (uint32_t j = 0; j < 11; j++) {
            assert_int_equal(fixture.values[j].kind, i == j ? JSON_NUMBER : JSON_NONE);
        }
        snprintf(text, sizeof text, "{\"%s\":%u}", names[i], i); /* near the end of the text */
        assert_true(fixture_scan(&fixture, text));
        assert_int_equal(fixture.values[i].kind, JSON_NUMBER);
    }
    arena_free(fixture.arena);
}

static void hundreds_of_names_are_found(void **state) {
    (void)state;
    enum { COUNT = 600 };
    struct arena *arena = arena_new(NULL, 0);
    struct slice names[COUNT];
    struct json_value values[COUNT], root;
    struct json_error error;
    char text[COUNT * 24], *at = append(text, "{");
    for (uint32_t i = 0; i < COUNT; i++) {
        names[i] = slice_of(arena_printf(arena, "column_%u", i * 7));
        at = append(at, arena_printf(arena, "%s\"column_%u\":%u", i ? "," : "", i * 7, i));
    }
    append(at, "}");
    struct json_keys *keys = json_keys_new(names, COUNT, arena);
    assert_true(json_scan(slice_of(text), keys, DEPTH, values, &root, &error));
    for (uint32_t i = 0; i < COUNT; i++) {
        assert_int_equal(values[i].kind, JSON_NUMBER);
        assert_int_equal(strtoul(values[i].text.data, NULL, 10), i);
    }
    arena_free(arena);
}

static void the_last_of_duplicate_members_wins(void **state) {
    (void)state;
    static const char *const names[] = {"a", "b"};
    struct fixture fixture;
    fixture_names(&fixture, names, 2);
    assert_true(fixture_scan(&fixture, "{\"a\":\"x\\n\",\"b\":1,\"a\":[2],\"\\u0061\":3}"));
    check_value(&fixture.values[0], JSON_NUMBER, "3");
    assert_false(fixture.values[0].escaped);
    arena_free(fixture.arena);
}

static void escaped_names_are_found(void **state) {
    (void)state;
    static const char *const names[] = {"caf\xC3\xA9", "a\"b", "\xF0\x9F\x98\x80", "plain"};
    struct fixture fixture;
    fixture_names(&fixture, names, 4);
    assert_true(fixture_scan(
        &fixture, "{\"caf\\u00e9\":1,\"a\\\"b\":2,\"\\ud83d\\ude00\":3,\"pl\\u0061in\":4,"
                  "\"plain\\u0000\":5,\"\\ud83d\":6}"));
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(fixture.values[i].kind, JSON_NUMBER);
        assert_int_equal(fixture.values[i].text.data[0], '1' + (int)i);
    }
    assert_true(fixture.root.unacceptable);
    arena_free(fixture.arena);
}

static void what_postgres_cannot_hold_is_marked(void **state) {
    (void)state;
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    struct fixture fixture;
    fixture_names(&fixture, names, 5);
    assert_true(fixture_scan(
        &fixture, "{\"a\":\"x\\u0000\",\"b\":\"\\ud83d\\ude00\",\"c\":{\"k\":[\"\\udead\"]},"
                  "\"d\":\"\\u0001\",\"e\":{\"\\ud800x\":1}}"));
    assert_true(fixture.values[0].unacceptable);
    assert_false(fixture.values[1].unacceptable);
    assert_true(fixture.values[2].unacceptable);
    assert_false(fixture.values[3].unacceptable);
    assert_true(fixture.values[4].unacceptable);
    assert_true(fixture.root.unacceptable);
    assert_true(fixture_scan(&fixture, "{\"a\":\"\\\\u0000\"}"));
    assert_false(fixture.values[0].unacceptable);
    assert_false(fixture.root.unacceptable);
    arena_free(fixture.arena);
}

static void a_root_that_is_no_object_has_no_members(void **state) {
    (void)state;
    static const char *const names[] = {"a"};
    struct fixture fixture;
    fixture_names(&fixture, names, 1);
    assert_true(fixture_scan(&fixture, "{\"a\":1}"));
    assert_true(fixture_scan(&fixture, " [{\"a\":1}] "));
    check_value(&fixture.values[0], JSON_NONE, NULL);
    check_value(&fixture.root, JSON_ARRAY, "[{\"a\":1}]");
    assert_true(fixture_scan(&fixture, "\"\\u0000\""));
    assert_true(fixture.root.unacceptable);
    arena_free(fixture.arena);
}

static void a_refused_document_leaves_no_members(void **state) {
    (void)state;
    static const char *const names[] = {"a"};
    struct fixture fixture;
    fixture_names(&fixture, names, 1);
    assert_false(fixture_scan(&fixture, "{\"a\":1,\"b\":tru}"));
    check_value(&fixture.values[0], JSON_NONE, NULL);
    arena_free(fixture.arena);
}

/* --- lines ----------------------------------------------------------------------------------- */

static void a_line_ends_at_its_newline(void **state) {
    (void)state;
    struct json_value root;
    struct json_error error;
    size_t len = 0;
    static const char text[] = "{\"a\":[1,2]} \t\r\n{\"b\":1}\n";
    assert_true(json_scan_line(text, sizeof text - 1, NULL, DEPTH, NULL, &root, &len, &error));
    assert_int_equal(len, 14);
    assert_int_equal(root.text.len, 11);
    assert_true(
        json_scan_line(text + 15, sizeof text - 16, NULL, DEPTH, NULL, &root, &len, &error));
    assert_int_equal(len, 7);
    assert_true(json_scan_line(text + 15, 7, NULL, DEPTH, NULL, &root, &len, &error));
    assert_int_equal(len, 7);
}

static void a_refused_line_still_ends_at_its_newline(void **state) {
    (void)state;
    static const char *const lines[] = {"{\"a\":",
                                        "{\"a\":\"unclosed",
                                        "[1,",
                                        "nul",
                                        "-",
                                        "1.",
                                        "1e",
                                        "\"\\",
                                        "\"\\u12",
                                        "\"\xE2\x82",
                                        "{\"a\"",
                                        "{",
                                        "{}x \"\\\" [",
                                        "{\"a\":1} {\"b\":2}",
                                        "",
                                        "  ",
                                        "\"sixteen bytes long and more",
                                        "tru",
                                        "[",
                                        "\"\\ud800\\u"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char text[128];
        struct json_value root;
        struct json_error error;
        size_t len = 0, expected = strlen(lines[i]);
        int total =
            snprintf(text, sizeof text, "%s\n{\"b\":\"a second line of some length\"}\n", lines[i]);
        assert_false(json_scan_line(text, (size_t)total, NULL, DEPTH, NULL, &root, &len, &error));
        assert_int_equal(len, expected);
        assert_true(error.offset <= expected);
        assert_false(json_scan_line(text, expected, NULL, DEPTH, NULL, &root, &len, &error));
        assert_int_equal(len, expected);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_of_every_kind_are_accepted),
        cmocka_unit_test(broken_structure_is_refused),
        cmocka_unit_test(literals_are_exact),
        cmocka_unit_test(numbers_follow_the_grammar),
        cmocka_unit_test(strings_follow_the_grammar),
        cmocka_unit_test(utf8_in_strings_is_checked),
        cmocka_unit_test(depth_is_limited),
        cmocka_unit_test(brackets_must_match_on_every_level),
        cmocka_unit_test(a_refusal_says_where_and_why),
        cmocka_unit_test(members_are_found_in_any_order_and_kind),
        cmocka_unit_test(names_that_differ_little_are_told_apart),
        cmocka_unit_test(hundreds_of_names_are_found),
        cmocka_unit_test(the_last_of_duplicate_members_wins),
        cmocka_unit_test(escaped_names_are_found),
        cmocka_unit_test(what_postgres_cannot_hold_is_marked),
        cmocka_unit_test(a_root_that_is_no_object_has_no_members),
        cmocka_unit_test(a_refused_document_leaves_no_members),
        cmocka_unit_test(a_line_ends_at_its_newline),
        cmocka_unit_test(a_refused_line_still_ends_at_its_newline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
