/* SPDX-License-Identifier: Apache-2.0 */
/* The lowest layer: arenas and their budget, buffers, errors, executors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/buffer.h"
#include "engine/base/error.h"
#include "engine/base/io.h"

static void an_arena_aligns_and_keeps_what_it_holds(void **state) {
    (void)state;
    struct arena *arena = arena_new(NULL, POOL_READ);
    char *texts[2000];
    for (int i = 0; i < 2000; i++) {
        texts[i] = arena_printf(arena, "%d%*s", i, i % 300, "");
        assert_int_equal((uintptr_t)texts[i] % 16, 0);
    }
    for (int i = 0; i < 2000; i++) {
        char *end;
        assert_int_equal(strtol(texts[i], &end, 10), i);
        assert_int_equal(strspn(end, " "), i % 300);
    }
    void *large = arena_alloc(arena, 5 << 20);
    memset(large, 1, 5 << 20);
    assert_true(arena_bytes(arena) >= (5 << 20));
    arena_reset(arena);
    assert_true(arena_bytes(arena) < (6 << 20));
    arena_free(arena);
}

static void a_refused_arena_jumps_to_its_escape(void **state) {
    (void)state;
    struct budget *budget = budget_new(1 << 20, 1 << 20);
    struct arena *arena = arena_new(budget, POOL_COLUMNS);
    jmp_buf escape;
    volatile int jumps = 0;
    if (setjmp(escape)) {
        jumps++;
    } else {
        arena_escape_set(arena, &escape);
        for (;;) {
            arena_alloc(arena, 1000);
        }
    }
    assert_int_equal(jumps, 1);
    assert_true(budget_used_total(budget) <= 1 << 20);
    arena_reserve_allow(arena, true);
    arena_alloc(arena, 512 << 10);
    assert_true(budget_used(budget, POOL_COLUMNS) > 1 << 20);
    arena_free(arena);
    assert_int_equal(budget_used_total(budget), 0);
    budget_free(budget);
}

static void readers_may_take_half_of_the_budget(void **state) {
    (void)state;
    struct budget *budget = budget_new(1000, 100);
    assert_true(budget_take(budget, POOL_READ, 500, false));
    assert_false(budget_take(budget, POOL_READ, 1, false));
    assert_true(budget_take(budget, POOL_PAYLOAD, 500, false));
    assert_false(budget_take(budget, POOL_PAYLOAD, 1, false));
    assert_true(budget_take(budget, POOL_PAYLOAD, 100, true));
    budget_give(budget, POOL_PAYLOAD, 600);
    budget_give(budget, POOL_READ, 500);
    budget_free(budget);
}

static void a_buffer_grows_without_losing_bytes(void **state) {
    (void)state;
    struct arena *arena = arena_new(NULL, POOL_READ);
    struct buffer buffer;
    buffer_init(&buffer, arena, 0);
    for (int i = 0; i < 100000; i++) {
        buffer_append_byte(&buffer, (char)('a' + i % 26));
        if (i == 500) {
            arena_alloc(arena, 1); /* no longer the last allocation */
        }
    }
    buffer_printf(&buffer, "%s", "end");
    assert_int_equal(buffer.len, 100003);
    for (int i = 0; i < 100000; i++) {
        assert_int_equal(buffer.data[i], 'a' + i % 26);
    }
    arena_free(arena);
}

static void context_stands_before_the_message(void **state) {
    (void)state;
    struct error error;
    assert_int_equal(error_set(&error, ERROR_DATA, "x", "value %d", 7), STATUS_FAILED);
    error_context(&error, "column %s", "a");
    assert_string_equal(error.message, "column a: value 7");
    assert_string_equal(error.where, "");
}

struct counting {
    struct task task;
    struct timer timer;
    struct executor *executor;
    atomic_int ran, fired;
};

static void count_fire(struct timer *timer) {
    struct counting *counting = (void *)((char *)timer - offsetof(struct counting, timer));
    counting->fired++;
}

static void count_run(struct task *task) {
    struct counting *counting = (struct counting *)task;
    if (++counting->ran < 1000) {
        io->post(counting->executor, task);
        return;
    }
    io->timer_set(counting->executor, &counting->timer, io_now_us() + 1000);
}

static void an_executor_runs_tasks_and_timers(void **state) {
    (void)state;
    struct counting counting = {.task.run = count_run, .timer.run = count_fire};
    counting.executor = io->executor_new("test");
    io->post(counting.executor, &counting.task);
    int64_t deadline = io_now_us() + 5000000;
    while (!counting.fired && io_now_us() < deadline) {
    }
    io->executor_free(counting.executor);
    assert_int_equal(counting.ran, 1000);
    assert_int_equal(counting.fired, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_arena_aligns_and_keeps_what_it_holds),
        cmocka_unit_test(a_refused_arena_jumps_to_its_escape),
        cmocka_unit_test(readers_may_take_half_of_the_budget),
        cmocka_unit_test(a_buffer_grows_without_losing_bytes),
        cmocka_unit_test(context_stands_before_the_message),
        cmocka_unit_test(an_executor_runs_tasks_and_timers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
