/* SPDX-License-Identifier: Apache-2.0 */
/* Four rounds fit into a lease, so that one slow answer does not cost it. A round asks every ledger in turn; one that
 * fails does not keep the others from being renewed. */
#include "engine/flow/liveness.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/log.h"
#include "engine/flow/owner.h"

enum { ROUNDS_IN_A_LEASE = 4, DEAD_MAX = 256 };

struct liveness {
    struct task task;
    struct timer timer;
    struct executor *executor;
    const struct graph *graph;
    const char *owner;
    void (*dead)(void *context, const char *const *owners, uint32_t count);
    void *context;
    struct arena *arena;
    const char *owners[DEAD_MAX];
    uint32_t count;
    bool failing;
};

static bool seen(const struct liveness *liveness, const char *owner) {
    for (uint32_t i = 0; i < liveness->count; i++) {
        if (strcmp(liveness->owners[i], owner) == 0) {
            return true;
        }
    }
    return false;
}

static void collect(struct liveness *liveness, const struct owner_list *list) {
    for (uint32_t i = 0; i < list->count && liveness->count < DEAD_MAX; i++) {
        const char *owner = list->items[i].owner;
        if (strcmp(owner, liveness->owner) != 0 && owner_is_dead_here(owner) && !seen(liveness, owner)) {
            liveness->owners[liveness->count++] = owner;
        }
    }
}

static void failure_tell(struct liveness *liveness, bool failed, const struct error *error) {
    if (failed && !liveness->failing) {
        log_write(LOG_WARN, "lease-not-renewed", error->message, "code", error->code, NULL);
    } else if (!failed && liveness->failing) {
        log_write(LOG_INFO, "lease-renewed", "the ledger answers again", NULL);
    }
    liveness->failing = failed;
}

static void round_run(struct liveness *liveness) {
    int64_t interval = liveness->graph->pipeline->lease_us / ROUNDS_IN_A_LEASE;
    int64_t before = io_now_us();
    liveness->count = 0;
    arena_reset(liveness->arena);
    bool failed = false;
    struct error error = {0};
    for (uint32_t i = 0; i < liveness->graph->sinks_count; i++) {
        struct ledger *ledger = liveness->graph->sinks[i].ledger;
        struct owner_list list = {0};
        if (ledger->keeps_nothing) {
            continue;
        }
        if (ledger->ops->renew(ledger, liveness->arena, &list, before + liveness->graph->pipeline->lease_us, &error) !=
            STATUS_OK) {
            failed = true;
            continue;
        }
        collect(liveness, &list);
    }
    failure_tell(liveness, failed, &error);
    liveness->dead(liveness->context, liveness->owners, liveness->count);
    io->timer_set(liveness->executor, &liveness->timer, before + interval);
}

static void round_task(struct task *task) {
    round_run((struct liveness *)task);
}

static void round_timer(struct timer *timer) {
    round_run((struct liveness *)(void *)((char *)timer - offsetof(struct liveness, timer)));
}

struct liveness *liveness_start(const struct graph *graph, const char *owner,
                                void (*dead)(void *context, const char *const *owners, uint32_t count), void *context) {
    struct liveness *liveness = calloc(1, sizeof *liveness);
    if (!liveness) {
        abort();
    }
    liveness->graph = graph;
    liveness->owner = owner;
    liveness->dead = dead;
    liveness->context = context;
    liveness->arena = arena_new(NULL, POOL_SINK);
    liveness->task.run = round_task;
    liveness->timer = (struct timer){.at_us = INT64_MAX, .run = round_timer};
    liveness->executor = io->executor_new("liveness");
    io->post(liveness->executor, &liveness->task);
    return liveness;
}

void liveness_stop(struct liveness *liveness) {
    if (liveness) {
        io->executor_free(liveness->executor);
        arena_free(liveness->arena);
        free(liveness);
    }
}
