/* SPDX-License-Identifier: Apache-2.0 */
/* Order, putting back, and the limit of dead letters judged at each record. */
#include "engine/flow/flow_fixture.h"

#include <stdlib.h>

enum { PIECES = 60, ROUNDS = 200 };

static struct sequence *sequence_at(struct part *part, uint32_t next) {
    struct position position = position_of(next);
    return sequence_new(part, 1, &position, &(struct dead_window){0});
}

static uint64_t seed;

/* A linear congruential generator (Knuth's MMIX constants); its upper bits are good enough to shuffle with. */
static uint32_t draw(void) {
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33);
}

static void shuffle(uint32_t *items, uint32_t count) {
    for (uint32_t i = count; i > 1; i--) {
        uint32_t j = draw() % i, kept = items[i - 1];
        items[i - 1] = items[j];
        items[j] = kept;
    }
}

static void any_order_of_completion_leaves_in_order(void **state) {
    (void)state;
    seed = 1;
    for (int round = 0; round < ROUNDS; round++) {
        struct part *part = test_part("p");
        struct sequence *sequence = sequence_at(part, 0);
        uint32_t order[PIECES], expected = 0;
        for (uint32_t i = 0; i < PIECES; i++) {
            order[i] = i;
        }
        shuffle(order, PIECES);
        for (uint32_t i = 0; i < PIECES; i++) {
            sequence_push(sequence, test_encoded(part, order[i] * 10, order[i] * 10 + 10, 0));
            while (sequence_peek(sequence)) {
                struct encoded *encoded = sequence_pop(sequence);
                assert_int_equal(position_number(&encoded->payload.segment->from), expected);
                expected += 10;
                encoded_free(encoded);
            }
        }
        assert_int_equal(expected, PIECES * 10);
        sequence_free(sequence);
        part_unref(part);
    }
}

/* Units of random size are popped, some are put back, the younger one before or after the older one. */
static void what_is_put_back_comes_again_in_order(void **state) {
    (void)state;
    seed = 2;
    for (int round = 0; round < ROUNDS; round++) {
        struct part *part = test_part("p");
        struct sequence *sequence = sequence_at(part, 0);
        for (uint32_t i = 0; i < PIECES; i++) {
            sequence_push(sequence, test_encoded(part, i, i + 1, 0));
        }
        struct encoded *unit[PIECES];
        uint32_t committed = 0;
        while (committed < PIECES) {
            uint32_t count = 0, most = 1 + draw() % 8;
            while (count < most && sequence_peek(sequence)) {
                unit[count++] = sequence_pop(sequence);
            }
            uint32_t kept = draw() % (count + 1);
            uint32_t middle = kept + (count > kept ? draw() % (count - kept) : 0);
            for (uint32_t i = 0; i < kept; i++) {
                assert_int_equal(position_number(&unit[i]->payload.segment->from), committed++);
                encoded_free(unit[i]);
            }
            sequence->committed = position_of(committed);
            bool younger_first = draw() & 1;
            for (uint32_t turn = 0; turn < 2; turn++) {
                bool younger = (turn == 0) == younger_first;
                for (uint32_t i = younger ? count : middle; i-- > (younger ? middle : kept);) {
                    sequence_push_back(sequence, unit[i]);
                }
            }
            assert_int_equal(position_number(&sequence->frontier), committed);
        }
        sequence_free(sequence);
        part_unref(part);
    }
}

static void what_lies_before_the_frontier_is_freed(void **state) {
    (void)state;
    struct part *part = test_part("p");
    struct sequence *sequence = sequence_at(part, 10);
    sequence_push(sequence, test_encoded(part, 5, 10, 0));
    assert_null(sequence->waiting);
    sequence_push(sequence, test_encoded(part, 12, 14, 0));
    assert_null(sequence_peek(sequence));
    sequence_push(sequence, test_encoded(part, 10, 12, 0));
    assert_non_null(sequence_peek(sequence));
    sequence->stopping = true;
    sequence->stop_at = position_of(14);
    sequence_push(sequence, test_encoded(part, 14, 16, 0));
    assert_null(sequence->waiting->next->next);
    sequence_free(sequence);
    part_unref(part);
}

/* What the limit says after each record, by the plainest means: the last full buckets and the one that fills. */
static uint32_t breach_of(const bool *letters, uint32_t count, double limit) {
    for (uint32_t n = 1; n <= count; n++) {
        uint32_t buckets = (n - 1) / DEAD_WINDOW_BUCKET_RECORDS + 1;
        uint32_t first = buckets > DEAD_WINDOW_BUCKETS
                             ? (buckets - DEAD_WINDOW_BUCKETS) * DEAD_WINDOW_BUCKET_RECORDS
                             : 0;
        uint32_t dead = 0;
        for (uint32_t i = first; i < n; i++) {
            dead += letters[i];
        }
        if (letters[n - 1] && n - first >= 100 && dead > limit * (n - first)) {
            return n - 1;
        }
    }
    return count;
}

/* Cuts the records anywhere, puts back now and then: the breaching record is always the same. */
static void the_limit_is_judged_at_each_record_however_they_are_cut(void **state) {
    (void)state;
    enum { RECORDS = 14000 };
    static bool letters[RECORDS];
    seed = 3;
    for (int round = 0; round < 12; round++) {
        for (uint32_t i = 0; i < RECORDS; i++) {
            letters[i] = draw() % 1000 < (i < 11500 ? 70 : 300);
        }
        uint32_t expected = breach_of(letters, RECORDS, 0.10), found = RECORDS;
        struct part *part = test_part("p");
        struct sequence *sequence = sequence_at(part, 0);
        for (uint32_t from = 0; from < RECORDS && found == RECORDS;) {
            uint32_t to = from + 1 + draw() % 700;
            to = to > RECORDS ? RECORDS : to;
            struct encoded *encoded = test_encoded(part, from, to, to - from);
            uint32_t count = 0;
            for (uint32_t i = from; i < to; i++) {
                if (letters[i]) {
                    encoded->payload.letters[count].record = i - from;
                    encoded->payload.letters[count++].position = position_of(i);
                }
            }
            encoded->payload.letters_count = count;
            sequence_push(sequence, encoded);
            const struct dead_letter *letter = sequence_judge(sequence, encoded, 0.10);
            if (letter) {
                found = position_number(&letter->position);
                break;
            }
            encoded = sequence_pop(sequence);
            if (draw() % 4 == 0) {
                sequence_push_back(sequence, encoded);
                assert_null(sequence_judge(sequence, encoded, 0.10));
                encoded = sequence_pop(sequence);
            }
            encoded_free(encoded);
            sequence->committed = position_of(to);
            from = to;
        }
        assert_int_equal(found, expected);
        sequence_free(sequence);
        part_unref(part);
    }
}

static void less_than_a_hundred_records_breach_no_limit(void **state) {
    (void)state;
    struct part *part = test_part("p");
    struct sequence *sequence = sequence_at(part, 0);
    struct encoded *encoded = test_encoded(part, 0, 200, 150);
    sequence_push(sequence, encoded);
    const struct dead_letter *letter = sequence_judge(sequence, encoded, 0);
    assert_int_equal(letter->record, 99);
    assert_int_equal(sequence->window.records[DEAD_WINDOW_BUCKETS - 1], 0);
    assert_null(sequence_judge(sequence, encoded, -1));
    assert_int_equal(sequence->window.records[DEAD_WINDOW_BUCKETS - 1], 200);
    assert_int_equal(sequence->window.letters[DEAD_WINDOW_BUCKETS - 1], 150);
    sequence_free(sequence);
    part_unref(part);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_order_of_completion_leaves_in_order),
        cmocka_unit_test(what_is_put_back_comes_again_in_order),
        cmocka_unit_test(what_lies_before_the_frontier_is_freed),
        cmocka_unit_test(the_limit_is_judged_at_each_record_however_they_are_cut),
        cmocka_unit_test(less_than_a_hundred_records_breach_no_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
