/* SPDX-License-Identifier: Apache-2.0 */
/* to_number (number_read.c, number_picture.c). What each case gives was printed by PostgreSQL 15;
 * see function_test.h for how cases are written and run. */
#include "engine/sql/functions/function_test.h"

static const struct function_case numbers_are_read_by_pictures_cases[] = {
    {"to_number", {"text:12,454.8-", "text:99G999D9S"}, "-12454.8"},
    {"to_number", {"text:-34,338,492", "text:99G999G999"}, "-34338492"},
    {"to_number", {"text:-34,338,492.654", "text:99G999G999D999"}, "-34338492.654"},
    {"to_number", {"text:<564646.654>", "text:999999D999PR"}, "-564646.654"},
    {"to_number", {"text:0.00001-", "text:9D999999S"}, "-0.00001"},
    {"to_number", {"text:5.01-", "text:FM9.999999S"}, "-5.01"},
    {"to_number", {"text:5 4 4 4 4 8 . 7 8", "text:9 9 9 9 9 9 . 9 9"}, "544448.78"},
    {"to_number", {"text:.01", "text:FM9.99"}, "0.01"},
    {"to_number", {"text:.0", "text:99999999.99999999"}, "0.0"},
    {"to_number", {"text:0", "text:99.99"}, "0"},
    {"to_number", {"text:.-01", "text:S99.99"}, "-0.01"},
    {"to_number", {"text:.01-", "text:99.99S"}, "-0.01"},
    {"to_number", {"text: . 0 1-", "text: 9 9 . 9 9 S"}, "-0.01"},
    {"to_number", {"text:34,50", "text:999,99"}, "3450"},
    {"to_number", {"text:123,000", "text:999G"}, "123"},
    {"to_number", {"text:123456", "text:999G999"}, "123456"},
    {"to_number", {"text:$1234.56", "text:L9,999.99"}, "1234.56"},
    {"to_number", {"text:$1234.56", "text:L99,999.99"}, "1234.56"},
    {"to_number", {"text:1234.56", "text:L99,999.99"}, "1234.56"},
    {"to_number", {"text:1,234.56", "text:L99,999.99"}, "1234.56"},
    {"to_number", {"text:42nd", "text:99th"}, "42"},
    {"to_number", {"text:12345", "text:99V9"}, "12.3000000000000000"},
    {"to_number", {"text:1234", "text:999"}, "123"},
    {"to_number", {"text:abc", "text:999"}, "!22P02 invalid input syntax for type numeric: \" \""},
    {"to_number", {"text:", "text:999"}, "!22P02 invalid input syntax for type numeric: \" \""},
    {"to_number", {"text:5", "text:"}, NULL},
    {"to_number", {"text:12.345", "text:99.99"}, "12.34"},
    {"to_number", {"text:+5", "text:S9"}, "5"},
    {"to_number", {"text:5", "text:9EEEE"}, "!0A000 \"EEEE\" not supported for input"},
    {"to_number", {"text:99.99", "text:9.9"}, "!22003 numeric field overflow"},
    {"to_number", {"text:-12", "text:999"}, "-12"},
    {"to_number", {"text:é12", "text:\"x\"99"}, "12"},
    {"to_number", {"text:12-", "text:99MI"}, "-12"},
    {"to_number", {"text:+12", "text:SG99"}, "12"},
    {"to_number", {"text:12+", "text:99PL"}, "12"},
    {"to_number", {"text:NaN", "text:999"}, "!22P02 invalid input syntax for type numeric: \" \""},
};

static void numbers_are_read_by_pictures(void **state) {
    (void)state;
    CASES_RUN(numbers_are_read_by_pictures_cases);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_read_by_pictures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
