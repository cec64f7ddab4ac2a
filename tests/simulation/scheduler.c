/* SPDX-License-Identifier: Apache-2.0 */
/* Fibers are ucontexts with pooled stacks. An executor takes one for each task and keeps it while the task waits; those
 * of a killed process are taken back without ever running on. Mutexes of the engine are real ones: all fibers share one
 * OS thread, so one that is held across a wait would deadlock; the wrappers at the end prove that none is. */
#include "tests/simulation/scheduler.h"

#include <assert.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define STACK_CLEAN(fiber) __asan_unpoison_memory_region((fiber)->stack, STACK_BYTES)
#define SWITCH_START(save, fiber) __sanitizer_start_switch_fiber(save, (fiber)->stack, STACK_BYTES)
#define SWITCH_BACK_START(save) __sanitizer_start_switch_fiber(save, host_bottom, host_size)
#define SWITCH_END(fake) __sanitizer_finish_switch_fiber(fake, NULL, NULL)
#define SWITCH_FIRST() __sanitizer_finish_switch_fiber(NULL, &host_bottom, &host_size)
static const void *host_bottom;
static size_t host_size;
#else
#define SWITCH_START(save, fiber) ((void)(save))
#define SWITCH_BACK_START(save) ((void)(save))
#define SWITCH_END(fake) ((void)(fake))
#define SWITCH_FIRST() ((void)0)
#define STACK_CLEAN(fiber) ((void)0)
#endif

enum { STACK_BYTES = 1 << 20, ACTORS_MAX = 4096, EXECUTORS_MAX = 1024, SLOWNESS_MAX = 6, TICK_US = 60 };

struct fiber {
    struct fiber *next;
    ucontext_t context;
    void *stack;
    struct executor *executor;
};

struct executor {
    struct group *group;
    char name[16];
    struct task *first, **last;
    struct timer *timers;
    struct fiber *fiber; /* NULL: between tasks */
    bool (*ready)(void *context);
    void *context;
    int64_t until_us;
    uint32_t slowness; /* how often it is passed over */
    uint32_t locks;    /* mutexes that its fiber holds */
};

bool scheduler_verbose;

static struct {
    uint64_t state[2], seed, steps, hash;
    int64_t now_us;
    struct executor *executors[EXECUTORS_MAX];
    uint32_t executors_count;
    struct actor *actors[ACTORS_MAX];
    uint32_t actors_count;
    struct executor *running;
    ucontext_t host;
    struct fiber *pool;
} sim;

/* --- chance and time --------------------------------------------------------------------------------------------- */

/* xorshift128+ */
uint64_t draw(void) {
    uint64_t a = sim.state[0], b = sim.state[1];
    sim.state[0] = b;
    a ^= a << 23;
    sim.state[1] = a ^ b ^ (a >> 17) ^ (b >> 26);
    return sim.state[1] + b;
}

uint32_t draw_below(uint32_t n) {
    return n ? (uint32_t)((draw() >> 32) * n >> 32) : 0;
}

bool draw_chance(uint32_t per_million) {
    return draw_below(1000000) < per_million;
}

int64_t draw_us(int64_t most_us) {
    uint32_t shift = draw_below(12); /* each power of two as often as the others */
    int64_t most = most_us >> shift;
    return most ? (int64_t)(draw() % (uint64_t)most) : 0;
}

int64_t sim_now_us(void) {
    return sim.now_us;
}

static int64_t wall_us(void) {
    return INT64_C(1700000000000000) + sim.now_us;
}

static void random_fill(void *ret_bytes, size_t len) {
    uint8_t *bytes = ret_bytes;
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)(draw() >> 24);
    }
}

void trace(const char *format, ...) {
    if (scheduler_verbose) {
        va_list args;
        va_start(args, format);
        printf("%10.6f %8llu ", (double)sim.now_us / 1e6, (unsigned long long)sim.steps);
        vprintf(format, args);
        putchar('\n');
        va_end(args);
    }
}

_Noreturn void violation(const char *format, ...) {
    va_list args;
    va_start(args, format);
    printf("seed %llu, step %llu, %.6f s: ", (unsigned long long)sim.seed, (unsigned long long)sim.steps,
           (double)sim.now_us / 1e6);
    vprintf(format, args);
    putchar('\n');
    va_end(args);
    fflush(stdout);
    _Exit(1);
}

/* --- fibers ------------------------------------------------------------------------------------------------------ */

static void timers_run(struct executor *executor) {
    struct timer **link = &executor->timers;
    while (*link) {
        struct timer *timer = *link;
        if (timer->at_us > sim.now_us) {
            link = &timer->next;
            continue;
        }
        *link = timer->next;
        timer->at_us = INT64_MAX;
        timer->run(timer);
        return; /* one at a step */
    }
}

/* One task, or one timer that is due. */
static void work(struct executor *executor) {
    struct task *task = executor->first;
    if (!task) {
        timers_run(executor);
        return;
    }
    executor->first = task->next;
    if (!executor->first) {
        executor->last = &executor->first;
    }
    task->run(task);
}

static void to_host(struct fiber *fiber, bool ends) {
    void *fake = NULL;
    SWITCH_BACK_START(ends ? NULL : &fake);
    swapcontext(&fiber->context, &sim.host);
    SWITCH_END(fake);
}

static void fiber_main(void) {
    SWITCH_FIRST();
    struct fiber *fiber = sim.running->fiber;
    work(fiber->executor);
    assert(fiber->executor->locks == 0);
    fiber->executor->fiber = NULL;
    fiber->executor = NULL;
    to_host(fiber, true);
    abort();
}

static struct fiber *fiber_take(void) {
    struct fiber *fiber = sim.pool;
    if (fiber) {
        sim.pool = fiber->next;
        return fiber;
    }
    fiber = calloc(1, sizeof *fiber);
    assert(fiber);
    fiber->stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    assert(fiber->stack != MAP_FAILED);
    return fiber;
}

/* By itself: getcontext may return twice, and no local may change around it. */
static void fiber_prepare(struct fiber *fiber) {
    getcontext(&fiber->context);
    fiber->context.uc_stack.ss_sp = fiber->stack;
    fiber->context.uc_stack.ss_size = STACK_BYTES;
    fiber->context.uc_link = NULL;
    makecontext(&fiber->context, fiber_main, 0);
}

static struct fiber *fiber_new(struct executor *executor) {
    struct fiber *fiber = fiber_take();
    fiber->executor = executor;
    STACK_CLEAN(fiber); /* of a fiber that was killed in the middle */
    fiber_prepare(fiber);
    return fiber;
}

static void fiber_back(struct fiber *fiber) {
    fiber->next = sim.pool;
    sim.pool = fiber;
}

static void executor_run(struct executor *executor) {
    if (!executor->fiber) {
        executor->fiber = fiber_new(executor);
    }
    executor->ready = NULL;
    struct fiber *fiber = executor->fiber;
    void *fake = NULL;
    sim.running = executor;
    SWITCH_START(&fake, fiber);
    swapcontext(&sim.host, &fiber->context);
    SWITCH_END(fake);
    sim.running = NULL;
    if (!fiber->executor) {
        fiber_back(fiber);
    }
}

bool fiber_wait(bool (*ready)(void *context), void *context, int64_t until_us) {
    if (sim.running->locks) {
        violation("%s waits while it holds a mutex", sim.running->name);
    }
    return fiber_wait_locked(ready, context, until_us);
}

bool fiber_wait_locked(bool (*ready)(void *context), void *context, int64_t until_us) {
    struct executor *executor = sim.running;
    executor->ready = ready;
    executor->context = context;
    executor->until_us = until_us;
    to_host(executor->fiber, false);
    return ready(context);
}

/* --- executors --------------------------------------------------------------------------------------------------- */

static struct executor *executor_add(struct group *group, const char *name) {
    struct executor *executor = calloc(1, sizeof *executor);
    assert(executor && sim.executors_count < EXECUTORS_MAX);
    executor->group = group;
    snprintf(executor->name, sizeof executor->name, "%s", name);
    executor->last = &executor->first;
    executor->slowness = draw_below(3) ? 0 : draw_below(SLOWNESS_MAX);
    sim.executors[sim.executors_count++] = executor;
    return executor;
}

static void executor_remove(struct executor *executor) {
    uint32_t at = 0;
    while (sim.executors[at] != executor) {
        at++;
    }
    sim.executors[at] = sim.executors[--sim.executors_count];
}

static struct executor *executor_new(const char *name) {
    return executor_add(sim.running->group, name);
}

static bool executor_is_idle(void *context) {
    const struct executor *executor = context;
    return !executor->first && !executor->fiber;
}

static void executor_free(struct executor *executor) {
    if (executor) {
        if (!executor_is_idle(executor)) {
            fiber_wait(executor_is_idle, executor, INT64_MAX);
        }
        executor_remove(executor);
        free(executor);
    }
}

static void post(struct executor *executor, struct task *task) {
    task->next = NULL;
    *executor->last = task;
    executor->last = &task->next;
}

static void timer_set(struct executor *executor, struct timer *timer, int64_t at_us) {
    struct timer **link = &executor->timers;
    while (*link && *link != timer) {
        link = &(*link)->next;
    }
    if (*link) {
        *link = timer->next;
    }
    timer->at_us = at_us;
    if (at_us != INT64_MAX) {
        timer->next = executor->timers;
        executor->timers = timer;
    }
}

static bool failpoint(const char *name) {
    (void)name;
    return false;
}

static const struct io_ops io_simulated = {
    .now_us = sim_now_us,
    .wall_us = wall_us,
    .random = random_fill,
    .executor_new = executor_new,
    .executor_free = executor_free,
    .post = post,
    .timer_set = timer_set,
    .failpoint = failpoint,
};

/* When it could go on: a time that is not after now = at once. */
static int64_t executor_due(const struct executor *executor) {
    const struct group *group = executor->group;
    int64_t due = INT64_MAX;
    if (group->killed) {
        return due;
    }
    if (executor->fiber) {
        due = executor->ready(executor->context) ? 0 : executor->until_us;
    } else if (executor->first) {
        due = 0;
    } else {
        for (const struct timer *timer = executor->timers; timer; timer = timer->next) {
            due = timer->at_us < due ? timer->at_us : due;
        }
    }
    return due != INT64_MAX && due < group->frozen_until_us ? group->frozen_until_us : due;
}

/* --- groups ------------------------------------------------------------------------------------------------------ */

struct starting {
    struct task task;
    void (*main)(void *context);
    void *context;
};

static void starting_run(struct task *task) {
    struct starting starting = *(struct starting *)task;
    free(task);
    starting.main(starting.context);
}

void group_start(struct group *group, void (*main)(void *context), void *context) {
    struct starting *starting = calloc(1, sizeof *starting);
    assert(starting);
    *starting = (struct starting){.task.run = starting_run, .main = main, .context = context};
    post(executor_add(group, "main"), &starting->task);
}

void group_kill(struct group *group) {
    assert(!sim.running);
    group->killed = true;
    for (uint32_t i = sim.executors_count; i-- > 0;) {
        struct executor *executor = sim.executors[i];
        if (executor->group == group) {
            if (executor->fiber) {
                fiber_back(executor->fiber);
            }
            executor_remove(executor);
        }
    }
}

struct group *group_current(void) {
    return sim.running ? sim.running->group : NULL;
}

bool executor_is_named(const char *start) {
    return sim.running && strncmp(sim.running->name, start, strlen(start)) == 0;
}

/* --- the loop ---------------------------------------------------------------------------------------------------- */

void actor_add(struct actor *actor) {
    assert(sim.actors_count < ACTORS_MAX);
    actor->place = sim.actors_count;
    sim.actors[sim.actors_count++] = actor;
}

void actor_remove(struct actor *actor) {
    struct actor *last = sim.actors[--sim.actors_count];
    sim.actors[actor->place] = last;
    last->place = actor->place;
}

/* Fills who may run now (executors first, then actors from EXECUTORS_MAX on); else the next moment. */
static uint32_t runnable(uint32_t *ret_places, int64_t *ret_next_us) {
    uint32_t count = 0;
    int64_t next = INT64_MAX;
    for (uint32_t i = 0; i < sim.executors_count; i++) {
        int64_t due = executor_due(sim.executors[i]);
        next = due < next ? due : next;
        if (due <= sim.now_us) {
            ret_places[count++] = i;
        }
    }
    for (uint32_t i = 0; i < sim.actors_count; i++) {
        int64_t due = sim.actors[i]->due(sim.actors[i]);
        next = due < next ? due : next;
        if (due <= sim.now_us) {
            ret_places[count++] = EXECUTORS_MAX + i;
        }
    }
    *ret_next_us = next;
    return count;
}

static uint32_t choose(const uint32_t *places, uint32_t count) {
    uint32_t place = places[draw_below(count)];
    for (int tries = 0; tries < 3 && place < EXECUTORS_MAX && draw_below(sim.executors[place]->slowness); tries++) {
        place = places[draw_below(count)];
    }
    return place;
}

bool scheduler_step(void) {
    static uint32_t places[EXECUTORS_MAX + ACTORS_MAX];
    int64_t next;
    uint32_t count = runnable(places, &next);
    if (!count) {
        if (next == INT64_MAX) {
            return false;
        }
        sim.now_us = next;
        count = runnable(places, &next);
    }
    assert(count);
    uint32_t place = choose(places, count);
    sim.steps++;
    sim.hash = (sim.hash ^ place ^ (uint64_t)sim.now_us << 12) * UINT64_C(1099511628211);
    if (place >= EXECUTORS_MAX) {
        sim.actors[place - EXECUTORS_MAX]->run(sim.actors[place - EXECUTORS_MAX]);
    } else {
        executor_run(sim.executors[place]);
    }
    sim.now_us += draw_below(TICK_US);
    return true;
}

uint64_t scheduler_steps(void) {
    return sim.steps;
}

uint64_t scheduler_hash(void) {
    return sim.hash;
}

void scheduler_start(uint64_t seed) {
    io = &io_simulated;
    sim.seed = seed;
    sim.state[0] = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    sim.state[1] = (seed ^ UINT64_C(0xda942042e4dd58b5)) * UINT64_C(0xbf58476d1ce4e5b9) + 1;
    sim.now_us = INT64_C(1000000);
    for (int i = 0; i < 16; i++) {
        draw();
    }
}

/* --- what blocks a thread blocks a fiber -------------------------------------------------------------------------- */

int __real_sem_wait(sem_t *semaphore);
int __wrap_sem_wait(sem_t *semaphore);
int __real_pthread_mutex_trylock(pthread_mutex_t *mutex);
int __wrap_pthread_mutex_trylock(pthread_mutex_t *mutex);
int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex);
int __real_pthread_mutex_unlock(pthread_mutex_t *mutex);
int __wrap_pthread_mutex_unlock(pthread_mutex_t *mutex);

static bool sem_is_up(void *context) {
    int value = 0;
    sem_getvalue(context, &value);
    return value > 0;
}

int __wrap_sem_wait(sem_t *semaphore) {
    if (sim.running && !sem_is_up(semaphore)) {
        fiber_wait(sem_is_up, semaphore, INT64_MAX);
    }
    return __real_sem_wait(semaphore);
}

int __wrap_pthread_mutex_trylock(pthread_mutex_t *mutex) {
    int failed = __real_pthread_mutex_trylock(mutex);
    if (sim.running && !failed) {
        sim.running->locks++;
    }
    return failed;
}

static bool mutex_is_free(void *context) {
    bool is_free = __real_pthread_mutex_trylock(context) == 0;
    if (is_free) {
        __real_pthread_mutex_unlock(context);
    }
    return is_free;
}

int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex) {
    while (__wrap_pthread_mutex_trylock(mutex) != 0) {
        assert(sim.running);
        fiber_wait_locked(mutex_is_free, mutex, INT64_MAX);
    }
    return 0;
}

int __wrap_pthread_mutex_unlock(pthread_mutex_t *mutex) {
    if (sim.running) {
        sim.running->locks--;
    }
    return __real_pthread_mutex_unlock(mutex);
}
