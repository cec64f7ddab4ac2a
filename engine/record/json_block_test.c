/* SPDX-License-Identifier: Apache-2.0 */
/* The vector twin and the plain twin of every block question give the same answer: for each byte
 * value at each place, and for random blocks. On a machine without vectors both are the plain one
 * and the test is idle. */
#define json_block_string_stop plain_string_stop
#define json_block_escape_stop plain_escape_stop
#define json_block_digits plain_digits
#define json_block_spaces plain_spaces
#define json_block_equal plain_equal
#define json_block_bracket_stop plain_bracket_stop
#define json_block_any_of plain_any_of
#define json_block_where plain_where
#define JSON_BLOCK 16
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "engine/record/json_block_scalar.h"
#undef json_block_string_stop
#undef json_block_escape_stop
#undef json_block_digits
#undef json_block_spaces
#undef json_block_equal
#undef json_block_bracket_stop
#undef json_block_any_of
#undef json_block_where
#undef JSON_BLOCK
#undef LEAT_RECORD_JSON_BLOCK_SCALAR_H

#include "engine/record/json_block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static uint64_t random_state = 88172645463325252;

static uint64_t random_next(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static void check_block(const char *block, const char *other) {
    assert_int_equal(json_block_string_stop(block), plain_string_stop(block));
    assert_int_equal(json_block_escape_stop(block), plain_escape_stop(block));
    assert_int_equal(json_block_digits(block), plain_digits(block));
    assert_int_equal(json_block_spaces(block), plain_spaces(block));
    assert_int_equal(json_block_bracket_stop(block), plain_bracket_stop(block));
    assert_int_equal(json_block_any_of(block, ',', '"', '\n'), plain_any_of(block, ',', '"', '\n'));
    assert_int_equal(json_block_any_of(block, '\t', '\xff', 0),
                     plain_any_of(block, '\t', '\xff', 0));
    assert_int_equal(json_block_where(block, '\n'), plain_where(block, '\n'));
    assert_int_equal(json_block_where(block, '\x80'), plain_where(block, '\x80'));
    for (unsigned len = 0; len <= JSON_BLOCK; len++) {
        assert_int_equal(json_block_equal(block, other, len), plain_equal(block, other, len));
    }
}

static void each_byte_at_each_place_is_judged_alike(void **state) {
    (void)state;
    static const char fillers[] = {'a', ' ', '7'};
    for (unsigned filler = 0; filler < sizeof fillers; filler++) {
        for (unsigned place = 0; place < JSON_BLOCK; place++) {
            for (unsigned byte = 0; byte < 256; byte++) {
                char block[JSON_BLOCK], other[JSON_BLOCK];
                memset(block, fillers[filler], sizeof block);
                memcpy(other, block, sizeof other);
                block[place] = (char)byte;
                check_block(block, other);
            }
        }
    }
}

static void random_blocks_are_judged_alike(void **state) {
    (void)state;
    static const char alphabet[] = "\"\\{}[],:09 \n\r\t\x1f\x7f\x80\xff/aZ";
    for (unsigned round = 0; round < 20000; round++) {
        char block[JSON_BLOCK], other[JSON_BLOCK];
        for (unsigned i = 0; i < JSON_BLOCK; i++) {
            uint64_t dice = random_next();
            block[i] = dice & 1 ? alphabet[(dice >> 8) % (sizeof alphabet - 1)] : (char)(dice >> 8);
            other[i] = dice >> 32 & 3 ? block[i] : (char)(dice >> 40);
        }
        check_block(block, other);
    }
}

static void the_answers_are_the_ones_the_names_promise(void **state) {
    (void)state;
    assert_int_equal(json_block_string_stop("plain ascii text"), 16);
    assert_int_equal(json_block_string_stop("caf\xc3\xa9 au lait..."), 3);
    assert_int_equal(json_block_string_stop("0123456789abcde\""), 15);
    assert_int_equal(json_block_escape_stop("caf\xc3\xa9 au lait\x1f.."), 13);
    assert_int_equal(json_block_digits("1234567890123456"), 16);
    assert_int_equal(json_block_digits("12345678.0123456"), 8);
    assert_int_equal(json_block_digits("12345678:0123456"), 8);
    assert_int_equal(json_block_digits("/234567890123456"), 0);
    assert_int_equal(json_block_spaces("   x            "), 3);
    assert_int_equal(json_block_bracket_stop("1, 2, true, null"), 16);
    assert_int_equal(json_block_bracket_stop("1, 2, true, [ull"), 12);
    assert_int_equal(json_block_where("a\nb\n............", '\n'), 0x0a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_byte_at_each_place_is_judged_alike),
        cmocka_unit_test(random_blocks_are_judged_alike),
        cmocka_unit_test(the_answers_are_the_ones_the_names_promise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
