/* SPDX-License-Identifier: Apache-2.0 */
/* The borders of what UTF-8 Postgres accepts. */
#include "engine/record/value_check.h"

struct utf8_case {
    const char *text;
    size_t len;
    int bad_at; /* -1 = valid */
};

#define BYTES(text) (text), sizeof(text) - 1

static void borders_are_those_of_postgres(void **state) {
    (void)state;
    static const struct utf8_case rows[] = {
        {BYTES(""), -1},
        {BYTES("plain ascii text, longer than eight"), -1},
        {BYTES("\x7f"), -1},
        {BYTES("\xc2\x80"), -1},
        {BYTES("\xdf\xbf"), -1},
        {BYTES("\xe0\xa0\x80"), -1},
        {BYTES("\xed\x9f\xbf"), -1},
        {BYTES("\xee\x80\x80"), -1},
        {BYTES("\xef\xbf\xbf"), -1},
        {BYTES("\xf0\x90\x80\x80"), -1},
        {BYTES("\xf4\x8f\xbf\xbf"), -1},
        {BYTES("\0"), 0},
        {BYTES("12345678\0"), 8},
        {BYTES("1234567\0"), 7},
        {BYTES("\x80"), 0},
        {BYTES("a\xbf"), 1},
        {BYTES("\xc0\x80"), 0},
        {BYTES("\xc1\xbf"), 0},
        {BYTES("\xc2"), 0},
        {BYTES("\xc2\x20"), 0},
        {BYTES("\xe0\x9f\xbf"), 0},
        {BYTES("\xed\xa0\x80"), 0},
        {BYTES("\xed\xbf\xbf"), 0},
        {BYTES("\xe2\x82"), 0},
        {BYTES("\xf0\x8f\xbf\xbf"), 0},
        {BYTES("\xf4\x90\x80\x80"), 0},
        {BYTES("\xf5\x80\x80\x80"), 0},
        {BYTES("\xf0\x90\x80"), 0},
        {BYTES("\xff"), 0},
        {BYTES("aaaaaaaaaaaaaaaa\xff"), 16},
        {BYTES("\xe2\x82\xac\xe2\x82"), 3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t bad_at = 99;
        bool valid = utf8_is_valid(slice_make(rows[i].text, rows[i].len), &bad_at);
        assert_int_equal(valid, rows[i].bad_at < 0);
        if (!valid) {
            assert_int_equal(bad_at, rows[i].bad_at);
        }
    }
}

/* Every offset within the block of eight, against the character-wise path. */
static void a_bad_byte_is_found_at_every_offset(void **state) {
    (void)state;
    for (size_t at = 0; at < 40; at++) {
        char text[40];
        size_t bad_at;
        memset(text, 'x', sizeof text);
        text[at] = (char)0x80;
        assert_false(utf8_is_valid(slice_make(text, sizeof text), &bad_at));
        assert_int_equal(bad_at, at);
        text[at] = '\x01';
        assert_true(utf8_is_valid(slice_make(text, sizeof text), &bad_at));
    }
}

static void the_message_shows_the_bytes(void **state) {
    (void)state;
    static const struct value_case rows[] = {
        {"text", "a\xff", "22021 invalid byte sequence for encoding \"UTF8\": 0xff", true},
        {"text", "\xed\xa0\x80",
         "22021 invalid byte sequence for encoding \"UTF8\": 0xed 0xa0 0x80", true},
        {"text", "\xe2\x82", "22021 invalid byte sequence for encoding \"UTF8\": 0xe2 0x82", true},
        {"text", "\xc3\x28", "22021 invalid byte sequence for encoding \"UTF8\": 0xc3 0x28", true},
    };
    CHECK_VALUES(rows, "UTC");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(borders_are_those_of_postgres),
        cmocka_unit_test(a_bad_byte_is_found_at_every_offset),
        cmocka_unit_test(the_message_shows_the_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
