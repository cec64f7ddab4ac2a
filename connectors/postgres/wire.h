/* SPDX-License-Identifier: Apache-2.0 */
/* The pieces of COPY's binary format: big-endian integers, fields with their length in front, and the file's head and
 * tail (PostgreSQL manual, COPY, "Binary Format"). Inline: they are the hot path. */
#ifndef LEAT_POSTGRES_WIRE_H
#define LEAT_POSTGRES_WIRE_H

#include "engine/base/buffer.h"

/* Signature, no flags, no extension. */
#define COPY_HEAD SLICE_LITERAL("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0")
#define COPY_TAIL SLICE_LITERAL("\377\377")

static inline void wire_u16(char *out, uint16_t value) {
    value = __builtin_bswap16(value);
    memcpy(out, &value, sizeof value);
}

static inline void wire_u32(char *out, uint32_t value) {
    value = __builtin_bswap32(value);
    memcpy(out, &value, sizeof value);
}

static inline void wire_u64(char *out, uint64_t value) {
    value = __builtin_bswap64(value);
    memcpy(out, &value, sizeof value);
}

static inline void wire_field(struct buffer *out, struct slice bytes) {
    char *at = buffer_reserve(out, bytes.len + 4);
    wire_u32(at, (uint32_t)bytes.len);
    if (bytes.len) {
        memcpy(at + 4, bytes.data, bytes.len);
    }
    out->len += bytes.len + 4;
}

static inline void wire_null(struct buffer *out) {
    wire_u32(buffer_reserve(out, 4), UINT32_MAX);
    out->len += 4;
}

static inline void wire_field_u64(struct buffer *out, uint64_t value) {
    char *at = buffer_reserve(out, 12);
    wire_u32(at, 8);
    wire_u64(at + 4, value);
    out->len += 12;
}

static inline void wire_field_u32(struct buffer *out, uint32_t value) {
    char *at = buffer_reserve(out, 8);
    wire_u32(at, 4);
    wire_u32(at + 4, value);
    out->len += 8;
}

static inline void wire_row(struct buffer *out, uint16_t columns) {
    wire_u16(buffer_reserve(out, 2), columns);
    out->len += 2;
}

#endif
