/* SPDX-License-Identifier: Apache-2.0 */
/* Positions in their order, windows as text. */
#include "engine/flow/flow_fixture.h"

static void positions_are_ordered_by_bytes_the_shorter_first(void **state) {
    (void)state;
    struct position ascending[] = {POSITION_START,
                                   {.len = 1, .bytes = {0}},
                                   {.len = 2, .bytes = {0, 0}},
                                   {.len = 2, .bytes = {0, 1}},
                                   {.len = 1, .bytes = {1}},
                                   {.len = 8, .bytes = {1, 0xff, 0xff}},
                                   {.len = 2, .bytes = {0xfe, 0xff}},
                                   POSITION_END};
    size_t count = sizeof ascending / sizeof *ascending;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            int order = position_compare(&ascending[i], &ascending[j]);
            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
        }
        assert_int_equal(position_is_end(&ascending[i]), i == count - 1);
    }
}

static void a_window_survives_its_text(void **state) {
    (void)state;
    struct dead_window window, read;
    for (uint32_t i = 0; i < DEAD_WINDOW_BUCKETS; i++) {
        window.records[i] = UINT32_MAX - i;
        window.letters[i] = UINT32_MAX - 7 * i;
    }
    char text[256];
    dead_window_print(&window, text, sizeof text);
    dead_window_parse(text, &read);
    assert_memory_equal(&window, &read, sizeof read);
    dead_window_print(&(struct dead_window){0}, text, sizeof text);
    assert_string_equal(text, "0:0 0:0 0:0 0:0 0:0 0:0 0:0 0:0 0:0 0:0");
}

static void unreadable_text_is_an_empty_window(void **state) {
    (void)state;
    static const char *const texts[] = {"", "1:2", "x", "1:1 1:1 1:1 1:1 1:1 1:1 1:1 1:1 1:1 1", "::::"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct dead_window window = {.records = {9}}, empty = {0};
        dead_window_parse(texts[i], &window);
        assert_memory_equal(&window, &empty, sizeof empty);
    }
}

static void a_short_buffer_is_not_overrun(void **state) {
    (void)state;
    struct dead_window window = {.records = {12345}};
    char text[20];
    for (size_t size = 1; size < 16; size++) {
        memset(text, '#', sizeof text);
        dead_window_print(&window, text, size);
        assert_int_equal(text[size], '#');
        assert_true(strlen(text) < size);
    }
}

static void counts_add_up(void **state) {
    (void)state;
    struct counts sum = {1, 2, 3, 4};
    counts_add(&sum, &(struct counts){10, 20, 30, 40});
    assert_int_equal(sum.in, 11);
    assert_int_equal(sum.delivered, 22);
    assert_int_equal(sum.filtered, 33);
    assert_int_equal(sum.dead_letter, 44);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(positions_are_ordered_by_bytes_the_shorter_first),
        cmocka_unit_test(a_window_survives_its_text),
        cmocka_unit_test(unreadable_text_is_an_empty_window),
        cmocka_unit_test(a_short_buffer_is_not_overrun),
        cmocka_unit_test(counts_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
