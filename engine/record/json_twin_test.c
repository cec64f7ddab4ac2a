/* SPDX-License-Identifier: Apache-2.0 */
/* The scanner on vectors and the scanner on plain C are one: same verdict, same place, same
 * members, over random mutations of documents. The plain twin is this file's own copy of
 * json_scan.c. Lines and documents agree too. */
#define JSON_BLOCK_SCALAR
#define json_scan plain_scan
#define json_scan_with plain_scan_with
#define json_scan_line plain_scan_line
#include "engine/record/json_scan.c"
#undef json_scan
#undef json_scan_with
#undef json_scan_line

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

bool json_scan(struct slice document, const struct json_keys *keys, uint32_t depth_max,
               struct json_value *ret_values, struct json_value *ret_root,
               struct json_error *error);
bool json_scan_line(const char *data, size_t len, const struct json_keys *keys, uint32_t depth_max,
                    struct json_value *ret_values, struct json_value *ret_root,
                    size_t *ret_line_len, struct json_error *error);

bool json_scan_with(const struct json_scanner *scanner, struct slice text,
                    struct json_value *ret_root, size_t *ret_line_len, struct json_error *error);

enum { NAMES = 5, ROUNDS = 40000 };

static const char *const seeds[] = {
    "{\"id\":\"6f1c2b1e-0d3f-4a5b-9c7d-1e2f3a4b5c6d\",\"ts\":\"2026-11-01T10:00:00.123456Z\","
    "\"type\":\"purchase\","
    "\"user\":{\"id\":12345,\"country\":\"DE\",\"plan\":null},\"amount\":12.50,\"tags\":[\"a\","
    "\"b\\n\"],\"ok\":true}",
    "[1,-2.5e+10,[[],{}],{\"a\":\"\\u00e9\\ud83d\\ude00\"},"
    "\"\xD0\xBF\xD1\x80\xD0\xB8\xE4\xBD\xA0\xF0\x9F\x98\x80\",null]",
    "{\"id\":\"\\u0000\",\"id\":{\"id\":[0,1,2,3,4,5,6,7,8,9,10,11,12,13]},\"a\\u0062c\":false, "
    "\"\":\"\"}",
    "  \t{ \"amount\" : 123456789012345678901234567890.0001 , \"type\" : \"a string of more than "
    "sixteen bytes\" }\r",
    "\"\\\\\\\"\\/\\b\\f\\n\\r\\t\"",
};

static uint64_t random_state = 0x2545F4914F6CDD1D;

static uint32_t random_below(uint32_t limit) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 16) % limit;
}

static size_t mutate(char *text, size_t len) {
    static const char alphabet[] = "\"\\{}[],:0159.-+eEtfnu \n\r\t\x01\x80\xC3\xE2\xF0\xFF/a";
    for (uint32_t times = random_below(3); times > 0; times--) {
        uint32_t at = random_below((uint32_t)len);
        switch (random_below(4)) {
        case 0:
            text[at] = alphabet[random_below(sizeof alphabet - 1)];
            break;
        case 1:
            text[at] = (char)random_below(256);
            break;
        case 2:
            memmove(text + at, text + at + 1, len - at - 1);
            len--;
            break;
        default:
            memmove(text + at + 1, text + at, len - at);
            text[at] = alphabet[random_below(sizeof alphabet - 1)];
            len++;
        }
    }
    return len;
}

static void check_value(const struct json_value *a, const struct json_value *b) {
    assert_int_equal(a->kind, b->kind);
    if (a->kind != JSON_NONE) {
        assert_ptr_equal(a->text.data, b->text.data);
        assert_int_equal(a->text.len, b->text.len);
        assert_int_equal(a->escaped, b->escaped);
        assert_int_equal(a->unacceptable, b->unacceptable);
    }
}

static void check_twins(struct slice text, const struct json_keys *keys) {
    struct json_value values[2][NAMES], roots[2];
    struct json_error errors[2];
    bool fast = json_scan(text, keys, 128, values[0], &roots[0], &errors[0]);
    bool plain = plain_scan(text, keys, 128, values[1], &roots[1], &errors[1]);
    assert_int_equal(fast, plain);
    if (fast) {
        check_value(&roots[0], &roots[1]);
        for (uint32_t i = 0; i < NAMES; i++) {
            check_value(&values[0][i], &values[1][i]);
        }
    } else {
        assert_int_equal(errors[0].offset, errors[1].offset);
        assert_string_equal(errors[0].message, errors[1].message);
    }
    bool bare = json_scan(text, NULL, 128, NULL, &roots[0], &errors[0]);
    assert_int_equal(bare, fast);
}

/* A scanner that has seen other documents before finds what a fresh one finds. */
static void check_shape(struct slice text, const struct json_keys *keys, struct json_shape *shape) {
    struct json_value values[2][NAMES], roots[2];
    struct json_error errors[2];
    struct json_scanner scanner = {
        .keys = keys, .values = values[0], .shape = shape, .depth_max = 128};
    bool guessed = json_scan_with(&scanner, text, &roots[0], NULL, &errors[0]);
    bool fresh = json_scan(text, keys, 128, values[1], &roots[1], &errors[1]);
    assert_int_equal(guessed, fresh);
    if (guessed) {
        check_value(&roots[0], &roots[1]);
        for (uint32_t i = 0; i < NAMES; i++) {
            check_value(&values[0][i], &values[1][i]);
        }
    } else {
        assert_int_equal(errors[0].offset, errors[1].offset);
    }
}

static void check_lines(struct slice text, const struct json_keys *keys) {
    struct json_value values[2][NAMES], roots[2];
    struct json_error errors[2];
    size_t len[2];
    bool fast =
        json_scan_line(text.data, text.len, keys, 128, values[0], &roots[0], &len[0], &errors[0]);
    bool plain =
        plain_scan_line(text.data, text.len, keys, 128, values[1], &roots[1], &len[1], &errors[1]);
    const char *newline = memchr(text.data, '\n', text.len);
    size_t expected = newline ? (size_t)(newline - text.data) : text.len;
    assert_int_equal(fast, plain);
    assert_int_equal(len[0], expected);
    assert_int_equal(len[1], expected);
    assert_int_equal(
        json_scan(slice_make(text.data, expected), keys, 128, values[0], &roots[0], &errors[0]),
        fast);
    if (!fast) {
        assert_int_equal(errors[0].offset, errors[1].offset);
    }
}

static void the_twins_agree_on_mutated_documents(void **state) {
    (void)state;
    static const char *const names[NAMES] = {"id", "amount", "abc", "type", ""};
    struct arena *arena = arena_new(NULL, 0);
    struct slice slices[NAMES];
    for (uint32_t i = 0; i < NAMES; i++) {
        slices[i] = slice_of(names[i]);
    }
    struct json_keys *keys = json_keys_new(slices, NAMES, arena);
    struct json_shape *shape = arena_zalloc(arena, sizeof *shape);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        const char *seed = seeds[round % (sizeof seeds / sizeof *seeds)];
        size_t len = strlen(seed);
        char buffer[512];
        memcpy(buffer, seed, len);
        len = mutate(buffer, len);
        char *text = malloc(len); /* exact, for the sanitizer */
        assert_non_null(text);
        memcpy(text, buffer, len);
        check_twins(slice_make(text, len), keys);
        check_lines(slice_make(text, len), keys);
        check_shape(slice_make(text, len), keys, shape);
        free(text);
    }
    arena_free(arena);
}

static void the_twins_agree_on_every_prefix(void **state) {
    (void)state;
    struct arena *arena = arena_new(NULL, 0);
    struct slice names[NAMES] = {SLICE_LITERAL("id"), SLICE_LITERAL("amount"), SLICE_LITERAL("abc"),
                                 SLICE_LITERAL("type"), SLICE_LITERAL("")};
    struct json_keys *keys = json_keys_new(names, NAMES, arena);
    for (uint32_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
        for (size_t len = 0; len <= strlen(seeds[i]); len++) {
            char *text = malloc(len + 1);
            assert_non_null(text);
            memcpy(text, seeds[i], len);
            check_twins(slice_make(text, len), keys);
            check_lines(slice_make(text, len), keys);
            free(text);
        }
    }
    arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_twins_agree_on_mutated_documents),
        cmocka_unit_test(the_twins_agree_on_every_prefix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
