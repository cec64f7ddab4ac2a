/* SPDX-License-Identifier: Apache-2.0 */
/* Growth doubles, so that appending costs a constant for each byte on average. As the arena's last
 * allocation a buffer grows in place within its chunk; elsewhere it is copied and the old bytes stay
 * behind until the arena is reset. Never fails by itself: the arena escapes when a budget refuses. */
#include "engine/base/buffer.h"

#include <assert.h>
#include <stdio.h>

void buffer_init(struct buffer *buffer, struct arena *arena, size_t capacity) {
    *buffer = (struct buffer){.arena = arena, .capacity = capacity};
    buffer->data = capacity ? arena_alloc(arena, capacity) : NULL;
}

void buffer_reserve_slow(struct buffer *buffer, size_t more) {
    assert(more < SIZE_MAX / 4);
    size_t capacity = buffer->capacity ? buffer->capacity * 2 : 256;
    while (capacity - buffer->len < more) {
        capacity *= 2;
    }
    buffer->data = arena_grow(buffer->arena, buffer->data, buffer->capacity, capacity);
    buffer->capacity = capacity;
}

void buffer_printf(struct buffer *buffer, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(len >= 0);
    vsnprintf(buffer_reserve(buffer, (size_t)len + 1), (size_t)len + 1, format, again);
    va_end(again);
    buffer->len += (size_t)len;
}
