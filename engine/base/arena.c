/* SPDX-License-Identifier: Apache-2.0 */
/* A list of chunks, filled in order. Chunks double from 64 KiB to 1 MiB so that a small batch stays small;
 * a larger request gets a chunk of its own. */
#include "engine/base/arena.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { ALIGN = 16, CHUNK_FIRST = 64 << 10, CHUNK_LARGEST = 1 << 20 };

struct chunk {
    struct chunk *next;
    size_t bytes;
    char data[] __attribute__((aligned(ALIGN)));
};

struct arena {
    struct budget *budget;
    enum pool pool;
    bool reserve_allowed;
    jmp_buf *escape;
    struct chunk *chunks; /* newest first */
    char *at, *end;       /* room in the newest */
    uint64_t bytes, refused;
};

struct arena *arena_new(struct budget *budget, enum pool pool) {
    struct arena *arena = calloc(1, sizeof *arena);
    if (!arena) {
        abort();
    }
    arena->budget = budget;
    arena->pool = pool;
    return arena;
}

static void chunk_free(struct arena *arena, struct chunk *chunk) {
    arena->bytes -= chunk->bytes;
    if (arena->budget) {
        budget_give(arena->budget, arena->pool, chunk->bytes);
    }
    budget_chunk_free(arena->budget, chunk, chunk->bytes);
}

void arena_free(struct arena *arena) {
    if (!arena) {
        return;
    }
    while (arena->chunks) {
        struct chunk *next = arena->chunks->next;
        chunk_free(arena, arena->chunks);
        arena->chunks = next;
    }
    free(arena);
}

void arena_reset(struct arena *arena) {
    while (arena->chunks && arena->chunks->next) {
        struct chunk *next = arena->chunks->next;
        chunk_free(arena, arena->chunks);
        arena->chunks = next;
    }
    if (arena->chunks) {
        arena->at = arena->chunks->data;
        arena->end = (char *)arena->chunks + arena->chunks->bytes;
    }
}

void arena_escape_set(struct arena *arena, jmp_buf *escape) {
    arena->escape = escape;
}

void arena_reserve_allow(struct arena *arena, bool allowed) {
    arena->reserve_allowed = allowed;
}

static size_t chunk_size(const struct arena *arena, size_t bytes) {
    size_t size = arena->chunks ? arena->chunks->bytes * 2 : CHUNK_FIRST;
    size = size > CHUNK_LARGEST ? CHUNK_LARGEST : size;
    size_t needed = bytes + sizeof(struct chunk);
    return budget_chunk_size(size > needed ? size : needed);
}

static void chunk_add(struct arena *arena, size_t bytes) {
    size_t size = chunk_size(arena, bytes);
    if (arena->budget && !budget_take(arena->budget, arena->pool, size, arena->reserve_allowed)) {
        if (arena->escape) {
            arena->refused = size;
            longjmp(*arena->escape, 1);
        }
        budget_overdraw(arena->budget, arena->pool, size);
    }
    struct chunk *chunk = budget_chunk_new(arena->budget, size);
    chunk->bytes = size;
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    arena->at = chunk->data;
    arena->end = (char *)chunk + size;
    arena->bytes += size;
}

void *arena_alloc(struct arena *arena, size_t bytes) {
    assert(bytes < SIZE_MAX / 2);
    size_t rounded = (bytes + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if (rounded > (size_t)(arena->end - arena->at)) {
        chunk_add(arena, rounded);
    }
    void *memory = arena->at;
    arena->at += rounded;
    return memory;
}

void *arena_zalloc(struct arena *arena, size_t bytes) {
    return memset(arena_alloc(arena, bytes), 0, bytes);
}

static size_t rounded_size(size_t bytes) {
    return (bytes + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

void *arena_grow(struct arena *arena, void *old, size_t old_bytes, size_t new_bytes) {
    assert(new_bytes >= old_bytes);
    if (old && (char *)old + rounded_size(old_bytes) == arena->at &&
        rounded_size(new_bytes) <= (size_t)(arena->end - (char *)old)) {
        arena->at = (char *)old + rounded_size(new_bytes);
        return old;
    }
    void *fresh = arena_alloc(arena, new_bytes);
    if (old_bytes) {
        memcpy(fresh, old, old_bytes);
    }
    return fresh;
}

void arena_trim(struct arena *arena, void *last, size_t old_bytes, size_t new_bytes) {
    assert(new_bytes <= old_bytes);
    if (last && (char *)last + rounded_size(old_bytes) == arena->at) {
        arena->at = (char *)last + rounded_size(new_bytes);
    }
}

struct slice arena_copy(struct arena *arena, struct slice bytes) {
    char *copy = arena_alloc(arena, bytes.len);
    if (bytes.len) {
        memcpy(copy, bytes.data, bytes.len);
    }
    return slice_make(copy, bytes.len);
}

char *arena_text(struct arena *arena, struct slice bytes) {
    char *copy = arena_alloc(arena, bytes.len + 1);
    if (bytes.len) {
        memcpy(copy, bytes.data, bytes.len);
    }
    copy[bytes.len] = '\0';
    return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(len >= 0);
    char *text = arena_alloc(arena, (size_t)len + 1);
    vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return text;
}

uint64_t arena_bytes(const struct arena *arena) {
    return arena->bytes;
}

uint64_t arena_refused(const struct arena *arena) {
    return arena->refused;
}
