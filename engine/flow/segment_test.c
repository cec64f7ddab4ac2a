/* SPDX-License-Identifier: Apache-2.0 */
/* Splits: what each piece holds, and that the bytes live as long as any piece. */
#include "engine/flow/flow_fixture.h"

static struct segment *bytes_segment(struct part *part, struct budget *budget, const char *text) {
    struct arena *arena = arena_new(budget, POOL_READ);
    struct slice raw = arena_copy(arena, slice_of(text));
    struct segment filled = {
        .assignment = 1,
        .from = position_of(100),
        .base = position_of(100),
        .to = position_of(100 + (uint32_t)raw.len),
        .mark = arena_text(arena, slice_of("mark")),
        .raw = {.data = raw.data, .len = raw.len},
        .arena = arena,
    };
    return segment_new(part, &filled);
}

static void pieces_share_the_bytes_and_the_last_has_the_mark(void **state) {
    (void)state;
    static const char text[] = "aa\nbbb\nc\n";
    for (size_t offset = 0; offset <= strlen(text); offset++) {
        struct budget *budget = budget_new(1 << 20, 0);
        struct part *part = test_part("p");
        struct segment *segment = bytes_segment(part, budget, text), *head, *tail;
        struct position at = position_of(100 + (uint32_t)offset);
        segment_split(segment, offset, &at, &head, &tail);
        segment_unref(segment);
        assert_int_equal(head->raw.len, offset);
        assert_int_equal(tail->raw.len, strlen(text) - offset);
        assert_memory_equal(head->raw.data, text, offset);
        assert_memory_equal(tail->raw.data, text + offset, tail->raw.len);
        assert_int_equal(position_number(&head->from), 100);
        assert_int_equal(position_compare(&head->to, &tail->from), 0);
        assert_int_equal(position_compare(&tail->base, &tail->from), 0);
        assert_int_equal(position_number(&tail->to), 109);
        assert_null(head->mark);
        assert_string_equal(tail->mark, "mark");
        segment_unref(offset & 1 ? head : tail);
        assert_true(budget_used(budget, POOL_READ) > 0);
        segment_unref(offset & 1 ? tail : head);
        assert_int_equal(budget_used(budget, POOL_READ), 0);
        part_unref(part);
        budget_free(budget);
    }
}

static void pieces_of_delimited_records_keep_the_base_and_the_offsets(void **state) {
    (void)state;
    struct record records[4] = {{.offset = 3}, {.offset = 13}, {.offset = 23}, {.offset = 33}};
    struct record_extra extras[4] = {{.time_us = 0}, {.time_us = 1}, {.time_us = 2}, {.time_us = 3}};
    for (uint32_t count = 0; count <= 4; count++) {
        struct part *part = test_part("p");
        struct segment filled = {.from = position_of(100), .base = position_of(100), .to = position_of(134)};
        filled.raw = (struct raw){.records = records, .records_count = 4, .extras = extras};
        struct segment *segment = segment_new(part, &filled), *head, *tail;
        struct position at = position_of(100 + count * 10);
        segment_split(segment, count, &at, &head, &tail);
        assert_int_equal(head->raw.records_count, count);
        assert_int_equal(tail->raw.records_count, 4 - count);
        assert_ptr_equal(tail->raw.records, records + count);
        assert_ptr_equal(tail->raw.extras, extras + count);
        assert_int_equal(position_number(&tail->base), 100);
        segment_unref(head);
        segment_unref(segment);
        segment_unref(tail);
        part_unref(part);
    }
}

static void a_piece_of_a_piece_of_a_piece_frees_them_all(void **state) {
    (void)state;
    struct budget *budget = budget_new(1 << 20, 0);
    struct part *part = test_part("p");
    struct segment *segment = bytes_segment(part, budget, "abcdefghij");
    for (uint32_t i = 1; i < 9; i++) {
        struct segment *head, *tail;
        struct position at = position_of(100 + i);
        segment_split(segment, 1, &at, &head, &tail);
        segment_unref(segment);
        segment_unref(head);
        segment = tail;
    }
    assert_memory_equal(segment->raw.data, "ij", 2);
    segment_unref(segment);
    part_unref(part);
    budget_free(budget);
}

static void another_assignment_of_the_part_makes_it_dead(void **state) {
    (void)state;
    struct part *part = test_part("p");
    struct segment *segment = segment_new(part, &(struct segment){.assignment = 1});
    assert_false(segment_is_dead(segment));
    part->assignment = 2;
    assert_true(segment_is_dead(segment));
    segment_unref(segment);
    segment_unref(NULL);
    part_unref(part);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_share_the_bytes_and_the_last_has_the_mark),
        cmocka_unit_test(pieces_of_delimited_records_keep_the_base_and_the_offsets),
        cmocka_unit_test(a_piece_of_a_piece_of_a_piece_frees_them_all),
        cmocka_unit_test(another_assignment_of_the_part_makes_it_dead),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
