/* SPDX-License-Identifier: Apache-2.0 */
/* A unit's moves: one for each part, from its first segment to its last, sorted for the sink. */
#include "engine/flow/flow_fixture.h"

#include <stdio.h>

#include "engine/flow/unit_state.h"

static void number_print(const struct position *position, char *ret_text) {
    snprintf(ret_text, POSITION_TEXT_MAX, "%u", position_number(position));
}

static const struct source_ops numbers = {.print = number_print};

enum { PARTS = 40, PIECES = 5 };

struct parts {
    struct part *parts[PARTS];
    struct sequence *sequences[PARTS];
};

static void parts_make(struct parts *made) {
    for (uint32_t i = 0; i < PARTS; i++) {
        char name[16];
        snprintf(name, sizeof name, "p%02u", PARTS - i); /* against the order of the list */
        made->parts[i] = test_part(name);
        struct position next = position_of(i);
        made->sequences[i] = sequence_new(made->parts[i], 100 + i, &next, &(struct dead_window){0});
    }
}

static void parts_free(struct parts *made) {
    for (uint32_t i = 0; i < PARTS; i++) {
        sequence_free(made->sequences[i]);
        part_unref(made->parts[i]);
    }
}

/* Adds the pieces of all parts by turns. */
static void fill(struct unit_state *unit, struct parts *made, bool keeps) {
    for (uint32_t piece = 0; piece < PIECES; piece++) {
        for (uint32_t i = 0; i < PARTS; i++) {
            uint32_t from = i + piece * 10;
            struct encoded *encoded = test_encoded(made->parts[i], from, from + 10, piece == 1);
            encoded->payload.segment->mark = piece == 2 ? "second" : NULL;
            encoded->payload.rows = 9;
            encoded->payload.bytes = 100;
            encoded->window_after.records[0] = piece;
            unit_state_add(unit, made->sequences[i], encoded);
            if (!keeps) {
                encoded_free(encoded);
            }
        }
    }
}

static void moves_check(const struct unit *unit) {
    assert_int_equal(unit->moves_count, PARTS);
    for (uint32_t i = 0; i < PARTS; i++) {
        const struct move *move = &unit->moves[i];
        assert_true(i == 0 || strcmp(unit->moves[i - 1].part_name, move->part_name) < 0);
        uint32_t first = (uint32_t)(move->epoch - 100);
        char from[16], to[16];
        snprintf(from, sizeof from, "%u", first);
        snprintf(to, sizeof to, "%u", first + PIECES * 10);
        assert_string_equal(move->from, from);
        assert_string_equal(move->to, to);
        assert_string_equal(move->mark, "second");
        assert_int_equal(move->counts.in, PIECES * 10);
        assert_int_equal(move->counts.dead_letter, 1);
        assert_int_equal(move->counts.delivered, PIECES * 10 - 1);
        assert_int_equal(move->window.records[0], PIECES - 1);
    }
}

static void a_unit_has_one_move_for_each_part(void **state) {
    (void)state;
    for (int keeps = 0; keeps < 2; keeps++) {
        struct parts made;
        parts_make(&made);
        struct unit_state *unit = unit_state_new(7, "me", keeps);
        fill(unit, &made, keeps);
        assert_int_equal(unit->payloads_count, keeps ? PARTS * PIECES : 0);
        assert_int_equal(unit->rows, PARTS * (PIECES * 9 + 1));
        assert_int_equal(unit->bytes, PARTS * PIECES * 100);
        unit_state_seal(unit, &numbers);
        moves_check(&unit->unit);
        assert_ptr_equal(unit_state_move(unit, made.parts[3])->sequence, made.sequences[3]);
        assert_int_equal(made.sequences[3]->in_units, 1);
        unit_state_free(unit);
        parts_free(&made);
    }
}

static void a_part_in_two_units_is_counted_in_both(void **state) {
    (void)state;
    struct parts made;
    parts_make(&made);
    struct unit_state *older = unit_state_new(1, "me", true), *younger = unit_state_new(2, "me", true);
    unit_state_add(older, made.sequences[0], test_encoded(made.parts[0], 0, 10, 0));
    unit_state_add(younger, made.sequences[0], test_encoded(made.parts[0], 10, 20, 0));
    unit_state_add(younger, made.sequences[1], test_encoded(made.parts[1], 1, 20, 0));
    unit_state_add(younger, made.sequences[0], test_encoded(made.parts[0], 20, 30, 0));
    assert_int_equal(made.sequences[0]->in_units, 2);
    assert_int_equal(younger->moves_count, 2);
    assert_null(unit_state_move(older, made.parts[1]));
    assert_int_equal(position_number(&unit_state_move(younger, made.parts[0])->from), 10);
    assert_int_equal(position_number(&unit_state_move(younger, made.parts[0])->to), 30);
    unit_state_free(older);
    unit_state_free(younger);
    unit_state_free(NULL);
    parts_free(&made);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_unit_has_one_move_for_each_part),
        cmocka_unit_test(a_part_in_two_units_is_counted_in_both),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
