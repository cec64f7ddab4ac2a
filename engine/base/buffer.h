/* SPDX-License-Identifier: Apache-2.0 */
/* A byte buffer that grows inside an arena: the writer side of every encoder. Keep it the arena's last
 * allocation while writing, so that growing does not copy. */
#ifndef LEAT_BASE_BUFFER_H
#define LEAT_BASE_BUFFER_H

#include "engine/base/arena.h"

struct buffer {
    struct arena *arena;
    char *data;
    size_t len, capacity;
};

void buffer_init(struct buffer *buffer, struct arena *arena, size_t capacity);
void buffer_reserve_slow(struct buffer *buffer, size_t more);

/* Makes room for `more` bytes and returns where they go; the caller then adds to len. */
static inline char *buffer_reserve(struct buffer *buffer, size_t more) {
    if (buffer->capacity - buffer->len < more) {
        buffer_reserve_slow(buffer, more);
    }
    return buffer->data + buffer->len;
}

static inline void buffer_append(struct buffer *buffer, const void *data, size_t len) {
    memcpy(buffer_reserve(buffer, len), data, len);
    buffer->len += len;
}

static inline void buffer_append_slice(struct buffer *buffer, struct slice bytes) {
    if (bytes.len) {
        buffer_append(buffer, bytes.data, bytes.len);
    }
}

static inline void buffer_append_byte(struct buffer *buffer, char byte) {
    *buffer_reserve(buffer, 1) = byte;
    buffer->len++;
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static inline struct slice buffer_slice(const struct buffer *buffer) {
    return slice_make(buffer->data, buffer->len);
}

#endif
