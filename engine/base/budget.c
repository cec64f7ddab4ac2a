/* SPDX-License-Identifier: Apache-2.0 */
/* A handful of atomic counters and, behind one mutex, free lists of chunks by size class. The mutex
 * is held for a pointer swap, or for freeing kept chunks when something else needs their memory. */
#include "engine/base/budget.h"

#include <assert.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

/* 64 KiB, 80, 96, 112, 128, 160 ... 4 MiB. */
enum {
    CLASS_FIRST_LOG2 = 16,
    CLASS_LAST_LOG2 = 22,
    CLASSES = (CLASS_LAST_LOG2 - CLASS_FIRST_LOG2) * 4 + 1,
    PAGE = 4096
};

struct chunk {
    struct chunk *next;
};

struct budget {
    uint64_t bytes_max, reserve_bytes;
    _Atomic uint64_t used_total;
    _Atomic uint64_t used[POOL_COUNT];
    _Atomic uint64_t refusals;
    pthread_mutex_t lock; /* the free lists */
    struct chunk *free_chunks[CLASSES];
    uint64_t kept_bytes;
};

struct budget *budget_new(uint64_t bytes_max, uint64_t reserve_bytes) {
    struct budget *budget = calloc(1, sizeof *budget);
    if (!budget) {
        abort();
    }
    /* Whatever is as large as a chunk comes from the system and goes back to it: glibc would
     * otherwise raise its threshold as it goes and keep freed chunks in its heaps, beyond the limit. */
    mallopt(M_MMAP_THRESHOLD, 1 << CLASS_FIRST_LOG2);
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
    for (int i = 0; i < CLASSES; i++) {
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
        atomic_fetch_add(&budget->refusals, 1);
        return false;
    }
    uint64_t limit = budget->bytes_max + (from_reserve ? budget->reserve_bytes : 0);
    uint64_t used = atomic_load(&budget->used_total);
    do {
        if (bytes > limit || used > limit || used > limit - bytes) {
            atomic_fetch_add(&budget->refusals, 1);
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

uint64_t budget_refusals(const struct budget *budget) {
    return atomic_load(&budget->refusals);
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

static size_t class_size(int class) {
    return ((size_t)4 + (size_t)(class % 4)) << (CLASS_FIRST_LOG2 - 2 + class / 4);
}

/* The smallest class that holds so much; CLASSES = none does. */
static int class_of(size_t bytes) {
    if (bytes <= class_size(0)) {
        return 0;
    }
    int log2 = 63 - __builtin_clzl(bytes - 1); /* bytes lies in (2^log2, 2^(log2 + 1)] */
    int class = (log2 - CLASS_FIRST_LOG2) * 4 + (int)((bytes - 1) >> (log2 - 2) & 3) + 1;
    return class < CLASSES ? class : CLASSES;
}

size_t budget_chunk_size(size_t bytes) {
    int class = class_of(bytes);
    return class < CLASSES ? class_size(class) : (bytes + PAGE - 1) & ~(size_t)(PAGE - 1);
}

/* Under the lock: gives kept chunks back to the system until taken and kept fit together. */
static void kept_shrink(struct budget *budget) {
    uint64_t limit = budget->bytes_max + budget->reserve_bytes;
    for (int i = CLASSES - 1; i >= 0; i--) {
        while (budget->free_chunks[i] && atomic_load(&budget->used_total) + budget->kept_bytes > limit) {
            struct chunk *chunk = budget->free_chunks[i];
            budget->free_chunks[i] = chunk->next;
            budget->kept_bytes -= class_size(i);
            free(chunk);
        }
    }
}

void *budget_chunk_new(struct budget *budget, size_t bytes) {
    int class = class_of(bytes);
    if (budget) {
        pthread_mutex_lock(&budget->lock);
        struct chunk *chunk = class < CLASSES ? budget->free_chunks[class] : NULL;
        if (chunk) {
            budget->free_chunks[class] = chunk->next;
            budget->kept_bytes -= bytes;
        } else {
            kept_shrink(budget);
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
    int class = class_of(bytes);
    if (budget && class < CLASSES) {
        struct chunk *chunk = memory;
        pthread_mutex_lock(&budget->lock);
        if (atomic_load(&budget->used_total) + budget->kept_bytes + bytes <=
            budget->bytes_max + budget->reserve_bytes) {
            chunk->next = budget->free_chunks[class];
            budget->free_chunks[class] = chunk;
            budget->kept_bytes += bytes;
            memory = NULL;
        }
        pthread_mutex_unlock(&budget->lock);
    }
    free(memory);
}
