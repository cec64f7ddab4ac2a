/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoints of a large plan: ended parts are bits, the books of all of them one sum, epochs never go back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/object/log_record.h"

enum { PARTS = 5001, OWNED = 3000, ENDED = 2500 };

static void plan_add(struct log_state *state, struct arena *arena) {
    struct part_list parts = {.items = arena_alloc(arena, PARTS * sizeof *parts.items), .count = PARTS};
    for (uint32_t i = 0; i < PARTS; i++) {
        const char *name = arena_printf(arena, "part-%04u", i);
        parts.items[i] = (struct part_info){
            .name = name, .entry = name, .ident = "", .detail = "", .first = "start", .weight_bytes = i};
    }
    log_state_chunk_add(state, "chunk.json", &parts);
}

static void fold(struct log_state *state, json_t *record) {
    struct error error = {0};
    assert_int_equal(log_record_fold(state, state->head + 1, record, &error), STATUS_OK);
    json_decref(record);
}

static json_t *parts_build(uint32_t count, bool moves) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < count; i++) {
        char name[16];
        snprintf(name, sizeof name, "part-%04u", i);
        json_array_append_new(list, moves ? json_pack("{s:s,s:i,s:s,s:s,s:[i,i,i,i]}", "part", name, "epoch", 1,
                                                      "from", "start", "to", "end", "counts", 3, 2, 1, 0)
                                          : json_pack("{s:s,s:i}", "part", name, "epoch", 1));
    }
    return list;
}

static void a_large_plan_comes_back_from_a_checkpoint(void **state_) {
    (void)state_;
    struct log_state state, copy;
    struct arena *arena = arena_new(NULL, POOL_SINK);
    log_state_init(&state, "me");
    plan_add(&state, arena);
    json_t *claim = log_record_new("claim", "1", "me"), *commit = log_record_new("commit", "2", "me");
    json_object_set_new(claim, "parts", parts_build(OWNED, false));
    json_object_set_new(commit, "parts", parts_build(ENDED, true));
    fold(&state, claim);
    fold(&state, commit);
    json_t *record = log_checkpoint_build(&state, "3");
    char *text = log_json_print(record);
    assert_true(strlen(text) < 120000); /* 500 rows in full, 2,500 as bits */
    log_state_init(&copy, "me");
    plan_add(&copy, arena);
    struct error error = {0};
    assert_int_equal(log_checkpoint_read(&copy, 9, record, &error), STATUS_OK);
    assert_int_equal(copy.head, 9);
    for (uint32_t i = 0; i < PARTS; i++) {
        assert_string_equal(copy.rows[i].next, state.rows[i].next);
        assert_int_equal(copy.rows[i].epoch, state.rows[i].epoch);
        assert_int_equal(log_row_state(&copy.rows[i]), i < ENDED ? ROW_ENDED : ROW_OPEN);
    }
    assert_int_equal(copy.chunks[0].ended.in, ENDED * 3);
    assert_int_equal(copy.chunks[0].epoch_max, 1);
    json_t *again = log_checkpoint_build(&copy, "3"); /* and from there once more */
    assert_true(json_equal(record, again));
    json_decref(record);
    json_decref(again);
    free(text);
    log_state_fini(&state);
    log_state_fini(&copy);
    arena_free(arena);
}

static void a_checkpoint_of_another_plan_is_refused(void **state_) {
    (void)state_;
    struct log_state state, other;
    struct arena *arena = arena_new(NULL, POOL_SINK);
    struct error error;
    log_state_init(&state, "me");
    log_state_init(&other, "me");
    plan_add(&state, arena);
    json_t *record = log_checkpoint_build(&state, "1");
    assert_int_equal(log_checkpoint_read(&other, 1, record, &error), STATUS_FAILED);
    assert_string_equal(error.code, "log-inconsistent");
    json_decref(record);
    log_state_fini(&state);
    log_state_fini(&other);
    arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_large_plan_comes_back_from_a_checkpoint),
        cmocka_unit_test(a_checkpoint_of_another_plan_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
