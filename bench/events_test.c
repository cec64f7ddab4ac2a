/* SPDX-License-Identifier: Apache-2.0 */
/* The promises of events.h: constant length, unique ids, the share that the filter keeps. */
#include "bench/events.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MANY = 100000 };

static void each_line_has_257_bytes_and_ends_once(void **state) {
    (void)state;
    for (uint64_t number = 0; number < MANY; number++) {
        struct event event;
        char line[EVENT_BYTES];
        event_make(7, number, &event);
        event_print_json(&event, line);
        assert_ptr_equal(memchr(line, '\n', EVENT_BYTES), line + EVENT_BYTES - 1);
        assert_int_equal(line[0], '{');
    }
}

static void an_event_depends_on_seed_and_number_alone(void **state) {
    (void)state;
    struct event one, two, other;
    event_make(1, 41, &one);
    event_make(1, 41, &two);
    event_make(2, 41, &other);
    char a[EVENT_BYTES], b[EVENT_BYTES], c[EVENT_BYTES];
    event_print_json(&one, a);
    event_print_json(&two, b);
    event_print_json(&other, c);
    assert_memory_equal(a, b, EVENT_BYTES);
    assert_memory_not_equal(a, c, EVENT_BYTES);
}

static int compare_ids(const void *one, const void *two) {
    return memcmp(one, two, 16);
}

static void ids_are_unique(void **state) {
    (void)state;
    uint8_t(*ids)[16] = malloc(MANY * 16);
    assert_non_null(ids);
    for (uint64_t number = 0; number < MANY; number++) {
        struct event event;
        event_make(3, number, &event);
        memcpy(ids[number], event.id, 16);
    }
    qsort(ids, MANY, 16, compare_ids);
    for (size_t i = 1; i < MANY; i++) {
        assert_true(memcmp(ids[i - 1], ids[i], 16) < 0);
    }
    free(ids);
}

static void eighteen_percent_are_purchases_above_100(void **state) {
    (void)state;
    unsigned kept = 0;
    for (uint64_t number = 0; number < MANY; number++) {
        struct event event;
        event_make(1, number, &event);
        kept += strcmp(event.type, "purchase") == 0 && event.amount_cents > 10000;
    }
    assert_in_range(kept, MANY * 17 / 100, MANY * 19 / 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_line_has_257_bytes_and_ends_once),
        cmocka_unit_test(an_event_depends_on_seed_and_number_alone),
        cmocka_unit_test(ids_are_unique),
        cmocka_unit_test(eighteen_percent_are_purchases_above_100),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
