/* SPDX-License-Identifier: Apache-2.0 */
/* Common subexpressions: calls and casts that stand more than once in a step of a plan get one
 * number, and a run keeps what it computed under that number. A kept column serves when the rows
 * asked for are among those it was computed for, which where and the lazy forms nearly always make
 * true, as they only narrow. */
#include "engine/sql/bind.h"
#include "engine/sql/run.h"

enum { SHARED_NODES_MAX = 512 };

struct collection {
    struct expr *nodes[SHARED_NODES_MAX];
    uint32_t count;
};

/* Depends on its row alone: no volatile call, no slot of a case. */
static bool is_pure(const struct expr *expr) {
    bool is_volatile = expr->function && expr->function->volatility == VOLATILITY_VOLATILE;
    if (expr->kind == EXPR_SLOT || is_volatile) {
        return false;
    }
    for (uint32_t i = 0; i < expr->count; i++) {
        if (!is_pure(expr->arguments[i])) {
            return false;
        }
    }
    return true;
}

static void collect(struct expr *expr, struct collection *collection) {
    bool worth = expr->kind == EXPR_CALL || expr->kind == EXPR_CAST;
    if (worth && collection->count < SHARED_NODES_MAX && is_pure(expr)) {
        collection->nodes[collection->count++] = expr;
    }
    for (uint32_t i = 0; i < expr->count; i++) {
        collect(expr->arguments[i], collection);
    }
}

/* Gives equal nodes one number. */
static void number(struct sql_plan *plan, struct collection *collection) {
    for (uint32_t i = 0; i < collection->count; i++) {
        struct expr *first = collection->nodes[i];
        for (uint32_t k = i + 1; k < collection->count; k++) {
            struct expr *other = collection->nodes[k];
            if (other->shared == 0 && expr_equal(first, other)) {
                first->shared = first->shared ? first->shared : ++plan->shared_count;
                other->shared = first->shared;
            }
        }
    }
}

static void collect_optional(struct expr *expr, struct collection *collection) {
    if (expr) {
        collect(expr, collection);
    }
}

void plan_share(struct sql_plan *plan, struct arena *arena) {
    struct collection *input = arena_zalloc(arena, sizeof *input);
    struct collection *groups = plan->grouped ? arena_zalloc(arena, sizeof *groups) : input;
    collect_optional(plan->where, input);
    for (uint32_t i = 0; i < plan->keys_count; i++) {
        collect(plan->keys[i], input);
    }
    for (uint32_t i = 0; i < plan->aggregates_count; i++) {
        collect_optional(plan->aggregates[i].filter, input);
        collect_optional(plan->aggregates[i].argument, input);
    }
    collect_optional(plan->having, groups);
    for (uint32_t i = 0; i < plan->projected_count; i++) {
        collect(plan->outputs[i], groups);
    }
    number(plan, input);
    if (groups != input) {
        number(plan, groups);
    }
}

static bool is_among(struct rows some, struct rows all) {
    uint32_t at = 0;
    if (some.count > all.count) {
        return false;
    }
    if (some.list == all.list) {
        return true;
    }
    for (uint32_t i = 0; i < some.count; i++) {
        while (at < all.count && all.list[at] < some.list[i]) {
            at++;
        }
        if (at == all.count || all.list[at] != some.list[i]) {
            return false;
        }
    }
    return true;
}

const struct column *shared_find(const struct run *run, const struct expr *expr, struct rows rows) {
    const struct shared *shared = run->shared ? &run->shared[expr->shared] : NULL;
    return shared && shared->column && is_among(rows, shared->rows) ? shared->column : NULL;
}

void shared_keep(struct run *run, const struct expr *expr, struct rows rows,
                 const struct column *column) {
    if (run->shared && rows.count >= run->shared[expr->shared].rows.count) {
        run->shared[expr->shared] = (struct shared){.column = column, .rows = rows};
    }
}
