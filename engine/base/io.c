/* SPDX-License-Identifier: Apache-2.0 */
/* The real io: system clocks, getrandom, an executor that is a thread with a task queue and a timer list, and
 * failpoints armed by the environment. Posting takes a mutex for a pointer swap; a wake-up is only sent when the thread
 * sleeps. Timer lists are short (a handful for each executor), so they stay unsorted. */
#include "engine/base/io.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

struct executor {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct task *first, **last; /* under lock */
    bool stopping;              /* under lock */
    struct timer *timers;       /* the executor's thread alone */
};

static int64_t real_now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

static int64_t real_wall_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

static void real_random(void *ret_bytes, size_t len) {
    uint8_t *bytes = ret_bytes;
    while (len > 0) {
        ssize_t got = getrandom(bytes, len, 0);
        if (got < 0) {
            assert(errno == EINTR);
            continue;
        }
        bytes += got;
        len -= (size_t)got;
    }
}

/* The earliest timer that is set, INT64_MAX if none. */
static int64_t timers_next(const struct executor *executor) {
    int64_t next = INT64_MAX;
    for (struct timer *timer = executor->timers; timer; timer = timer->next) {
        next = timer->at_us < next ? timer->at_us : next;
    }
    return next;
}

static void timers_run(struct executor *executor) {
    int64_t now = real_now_us();
    struct timer **link = &executor->timers;
    while (*link) {
        struct timer *timer = *link;
        if (timer->at_us > now) {
            link = &timer->next;
            continue;
        }
        *link = timer->next;
        timer->at_us = INT64_MAX;
        timer->run(timer);
        link = &executor->timers; /* run may have changed the list */
    }
}

static void wait_until(struct executor *executor, int64_t at_us) {
    if (at_us == INT64_MAX) {
        pthread_cond_wait(&executor->wake, &executor->lock);
        return;
    }
    struct timespec at = {.tv_sec = at_us / 1000000, .tv_nsec = at_us % 1000000 * 1000};
    pthread_cond_timedwait(&executor->wake, &executor->lock, &at);
}

static void *executor_main(void *argument) {
    struct executor *executor = argument;
    for (;;) {
        pthread_mutex_lock(&executor->lock);
        while (!executor->first && !executor->stopping) {
            int64_t next = timers_next(executor);
            if (next <= real_now_us()) {
                break;
            }
            wait_until(executor, next);
        }
        struct task *task = executor->first;
        bool done = !task && executor->stopping;
        executor->first = NULL;
        executor->last = &executor->first;
        pthread_mutex_unlock(&executor->lock);
        if (done) {
            return NULL;
        }
        while (task) {
            struct task *next = task->next;
            task->run(task);
            task = next;
        }
        timers_run(executor);
    }
}

static struct executor *real_executor_new(const char *name) {
    struct executor *executor = calloc(1, sizeof *executor);
    if (!executor) {
        abort();
    }
    executor->last = &executor->first;
    pthread_mutex_init(&executor->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&executor->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the main thread's */
    if (pthread_create(&executor->thread, NULL, executor_main, executor) != 0) {
        abort();
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_setname_np(executor->thread, name);
    return executor;
}

static void real_executor_free(struct executor *executor) {
    if (!executor) {
        return;
    }
    pthread_mutex_lock(&executor->lock);
    executor->stopping = true;
    pthread_cond_signal(&executor->wake);
    pthread_mutex_unlock(&executor->lock);
    pthread_join(executor->thread, NULL);
    assert(!executor->first);
    pthread_mutex_destroy(&executor->lock);
    pthread_cond_destroy(&executor->wake);
    free(executor);
}

static void real_post(struct executor *executor, struct task *task) {
    task->next = NULL;
    pthread_mutex_lock(&executor->lock);
    bool was_empty = !executor->first;
    *executor->last = task;
    executor->last = &task->next;
    if (was_empty) {
        pthread_cond_signal(&executor->wake);
    }
    pthread_mutex_unlock(&executor->lock);
}

static void real_timer_set(struct executor *executor, struct timer *timer, int64_t at_us) {
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

/* LEAT_FAILPOINT=name=N*off->action */
static struct {
    pthread_once_t once;
    char name[128];
    atomic_long passes;
    enum { ACTION_NONE, ACTION_KILL, ACTION_STOP, ACTION_FAIL } action;
} armed = {.once = PTHREAD_ONCE_INIT};

static void failpoint_arm(void) {
    const char *text = getenv("LEAT_FAILPOINT");
    const char *equals = text ? strchr(text, '=') : NULL;
    const char *arrow = equals ? strstr(equals, "->") : NULL;
    if (!arrow || (size_t)(equals - text) >= sizeof armed.name) {
        return;
    }
    memcpy(armed.name, text, (size_t)(equals - text));
    long passes = strtol(equals + 1, NULL, 10);
    armed.passes = strchr(equals, '*') ? passes : 0;
    const char *action = arrow + 2;
    armed.action = strcmp(action, "kill") == 0   ? ACTION_KILL
                   : strcmp(action, "stop") == 0 ? ACTION_STOP
                   : strcmp(action, "fail") == 0 ? ACTION_FAIL
                                                 : ACTION_NONE;
}

static bool real_failpoint(const char *name) {
    pthread_once(&armed.once, failpoint_arm);
    if (armed.action == ACTION_NONE || strcmp(armed.name, name) != 0) {
        return false;
    }
    if (atomic_fetch_sub(&armed.passes, 1) != 0) {
        return false;
    }
    if (armed.action == ACTION_FAIL) {
        return true;
    }
    kill(getpid(), armed.action == ACTION_KILL ? SIGKILL : SIGSTOP);
    return false;
}

const struct io_ops io_real = {
    .now_us = real_now_us,
    .wall_us = real_wall_us,
    .random = real_random,
    .executor_new = real_executor_new,
    .executor_free = real_executor_free,
    .post = real_post,
    .timer_set = real_timer_set,
    .failpoint = real_failpoint,
};

const struct io_ops *io = &io_real;
