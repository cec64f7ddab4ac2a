/* SPDX-License-Identifier: Apache-2.0 */
/* A handful of atomic counters and, behind one mutex, free lists of chunks by size. The mutex is held for
 * a pointer swap only. Kept chunks count as free memory of the budget: they are given out again before
 * anything new is allocated, and the lists are trimmed to a sixteenth of the budget. */
#include "engine/base/budget.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { CHUNK_MIN_LOG2 = 16, CHUNK_MAX_LOG2 = 20, CHUNK_SIZES = CHUNK_MAX_LOG2 - CHUNK_MIN_LOG2 + 1 };

struct chunk {
    struct chunk *next;
};

struct budget {
    uint64_t bytes_max, reserve_bytes;
    _Atomic uint64_t used_total;
    _Atomic uint64_t used[POOL_COUNT];
    pthread_mutex_t lock; /* the free lists */
    struct chunk *free_chunks[CHUNK_SIZES];
    uint64_t kept_bytes;
};

struct budget *budget_new(uint64_t bytes_max, uint64_t reserve_bytes) {
    struct budget *budget = calloc(1, sizeof *budget);
    if (!budget) {
        abort();
    }
    budget->bytes_max = bytes_max;
    budget->reserve_bytes = reserve_bytes;
    pthread_mutex_init(&budget->lock, NULL);
    return budget;
}

void budget_free(struct budget *budget) {
    if (!budget) {
        return;
    }
    assert(atomic_load(&budget->used_total) == 0);
    for (int i = 0; i < CHUNK_SIZES; i++) {
        while (budget->free_chunks[i]) {
            struct chunk *chunk = budget->free_chunks[i];
            budget->free_chunks[i] = chunk->next;
            free(chunk);
        }
    }
    pthread_mutex_destroy(&budget->lock);
    free(budget);
}

/* Readers get half, so that workers and sinks always have room for what was read. */
static bool read_pool_is_full(const struct budget *budget, uint64_t bytes) {
    uint64_t used = atomic_load(&budget->used[POOL_READ]);
    return used + bytes > budget->bytes_max / 2;
}

bool budget_take(struct budget *budget, enum pool pool, uint64_t bytes, bool from_reserve) {
    if (pool == POOL_READ && read_pool_is_full(budget, bytes)) {
        return false;
    }
    uint64_t limit = budget->bytes_max + (from_reserve ? budget->reserve_bytes : 0);
    uint64_t used = atomic_load(&budget->used_total);
    do {
        if (bytes > limit || used > limit || used > limit - bytes) {
            return false;
        }
    } while (!atomic_compare_exchange_weak(&budget->used_total, &used, used + bytes));
    atomic_fetch_add(&budget->used[pool], bytes);
    return true;
}

void budget_overdraw(struct budget *budget, enum pool pool, uint64_t bytes) {
    atomic_fetch_add(&budget->used_total, bytes);
    atomic_fetch_add(&budget->used[pool], bytes);
}

void budget_give(struct budget *budget, enum pool pool, uint64_t bytes) {
    uint64_t before = atomic_fetch_sub(&budget->used[pool], bytes);
    assert(before >= bytes);
    before = atomic_fetch_sub(&budget->used_total, bytes);
    assert(before >= bytes);
}

uint64_t budget_used(const struct budget *budget, enum pool pool) {
    return atomic_load(&budget->used[pool]);
}

uint64_t budget_used_total(const struct budget *budget) {
    return atomic_load(&budget->used_total);
}

uint64_t budget_limit(const struct budget *budget) {
    return budget->bytes_max;
}

uint64_t budget_reserve(const struct budget *budget) {
    return budget->reserve_bytes;
}

const char *pool_name(enum pool pool) {
    static const char *const names[POOL_COUNT] = {
        [POOL_READ] = "read", [POOL_COLUMNS] = "columns", [POOL_PAYLOAD] = "payload",
        [POOL_SINK] = "sink", [POOL_FOLD] = "fold",
    };
    return names[pool];
}

/* -1: not a cached size. */
static int chunk_index(size_t bytes) {
    if (bytes < ((size_t)1 << CHUNK_MIN_LOG2) || bytes > ((size_t)1 << CHUNK_MAX_LOG2) ||
        (bytes & (bytes - 1)) != 0) {
        return -1;
    }
    return __builtin_ctzl(bytes) - CHUNK_MIN_LOG2;
}

void *budget_chunk_new(struct budget *budget, size_t bytes) {
    int index = chunk_index(bytes);
    if (budget && index >= 0) {
        pthread_mutex_lock(&budget->lock);
        struct chunk *chunk = budget->free_chunks[index];
        if (chunk) {
            budget->free_chunks[index] = chunk->next;
            budget->kept_bytes -= bytes;
        }
        pthread_mutex_unlock(&budget->lock);
        if (chunk) {
            return chunk;
        }
    }
    void *fresh = malloc(bytes);
    if (!fresh) {
        abort();
    }
    return fresh;
}

void budget_chunk_free(struct budget *budget, void *memory, size_t bytes) {
    int index = chunk_index(bytes);
    if (budget && index >= 0) {
        struct chunk *chunk = memory;
        pthread_mutex_lock(&budget->lock);
        if (budget->kept_bytes + bytes <= budget->bytes_max / 16) {
            chunk->next = budget->free_chunks[index];
            budget->free_chunks[index] = chunk;
            budget->kept_bytes += bytes;
            memory = NULL;
        }
        pthread_mutex_unlock(&budget->lock);
    }
    free(memory);
}
