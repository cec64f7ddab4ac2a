/* SPDX-License-Identifier: Apache-2.0 */
/* The one memory budget of a pipeline (`limits.memory`). Whoever needs memory that grows with the input
 * asks first; the answer is yes or no, at once, and on no the caller pauses, requeues or commits early.
 * A reserve lies beside it for the oldest segment that is not yet encoded, so that the head always gets
 * done. Freed chunks are kept and given out again: steady state has no malloc, and what is kept
 * counts against the limit. Thread-safe. */
#ifndef LEAT_BASE_BUDGET_H
#define LEAT_BASE_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pool {
    POOL_READ,    /* raw bytes of segments */
    POOL_COLUMNS, /* typed columns while a worker runs */
    POOL_PAYLOAD, /* encoded output waiting for its unit */
    POOL_SINK,    /* what a sink buffers (open files, compressors) */
    POOL_FOLD,    /* aggregates over the whole input */
    POOL_COUNT
};

struct budget;

struct budget *budget_new(uint64_t bytes_max, uint64_t reserve_bytes);
void budget_free(struct budget *budget); /* takes NULL; asserts that everything was given back */

/* Takes bytes from the pool; may use the reserve only when asked. Never waits. */
bool budget_take(struct budget *budget, enum pool pool, uint64_t bytes, bool from_reserve);
/* Takes beyond the limit: for what is small, bounded and must not fail. */
void budget_overdraw(struct budget *budget, enum pool pool, uint64_t bytes);
void budget_give(struct budget *budget, enum pool pool, uint64_t bytes);

uint64_t budget_used(const struct budget *budget, enum pool pool);
uint64_t budget_used_total(const struct budget *budget);
/* How often it said no: whoever holds memory for later sees that others need it now. */
uint64_t budget_refusals(const struct budget *budget);
uint64_t budget_limit(const struct budget *budget);
uint64_t budget_reserve(const struct budget *budget);
const char *pool_name(enum pool pool);

/* Chunks for arenas come in classes, four to each power of two, so that a freed one fits the next request; beyond 4 MiB
 * the exact size (in pages). */
size_t budget_chunk_size(size_t bytes);
/* bytes is a chunk size and was taken already. Kept chunks and what is taken stay within the limit
 * together. budget NULL: plain memory. Never returns NULL (out of memory ends the process). */
void *budget_chunk_new(struct budget *budget, size_t bytes);
/* To be called after the bytes were given back. */
void budget_chunk_free(struct budget *budget, void *chunk, size_t bytes);

#endif
