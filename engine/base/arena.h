/* SPDX-License-Identifier: Apache-2.0 */
/* Memory tied to a unit of work: allocate in order, free all at once. A batch has one arena, and so has
 * a payload. An arena belongs to one thread at a time and moves with its batch.
 *
 * An arena that draws on a budget may be refused. It then does not return NULL: it jumps to the escape
 * that its holder set (`arena_escape_set`), as Postgres does, so that no expression and no encoder has
 * to carry an error path for memory. The rule that makes this safe: between setting the escape and
 * clearing it, code holds nothing but arena memory (no malloc, no lock, no foreign handle that is not
 * kept in a scratch struct). An arena without a budget never refuses. */
#ifndef LEAT_BASE_ARENA_H
#define LEAT_BASE_ARENA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/budget.h"
#include "engine/base/slice.h"

struct arena;

/* budget NULL: unlimited. */
struct arena *arena_new(struct budget *budget, enum pool pool);
void arena_free(struct arena *arena);  /* takes NULL */
void arena_reset(struct arena *arena); /* everything allocated is gone; keeps at most one chunk */

/* Where to go when the budget says no. Cleared by setting NULL: an arena without an escape is not refused, it overdraws
 * the budget (small, bounded things: the letters of rejected rows). */
void arena_escape_set(struct arena *arena, jmp_buf *escape);
/* The head segment may use the reserve. */
void arena_reserve_allow(struct arena *arena, bool allowed);

void *arena_alloc(struct arena *arena, size_t bytes);  /* 16-byte aligned, not initialised */
void *arena_zalloc(struct arena *arena, size_t bytes); /* the same, zeroed */
/* Grows the last allocation in place when it can, else copies; old_bytes is what it holds now. */
void *arena_grow(struct arena *arena, void *old, size_t old_bytes, size_t new_bytes);
/* Gives the unused tail of the last allocation back. */
void arena_trim(struct arena *arena, void *last, size_t old_bytes, size_t new_bytes);

struct slice arena_copy(struct arena *arena, struct slice bytes);
char *arena_text(struct arena *arena, struct slice bytes); /* copy with a terminating NUL */
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

uint64_t arena_bytes(const struct arena *arena);   /* chunks held, in bytes */
/* What the budget refused before the escape was taken; 0 = nothing. */
uint64_t arena_refused(const struct arena *arena);

#endif
