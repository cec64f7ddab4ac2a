/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes somebody else owns: a pointer and a length, no terminator, NUL allowed inside.
 * A slice never frees; whoever hands one out says how long the bytes live. */
#ifndef LEAT_BASE_SLICE_H
#define LEAT_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
    const char *data;
    size_t len;
};

#define SLICE_LITERAL(text) ((struct slice){.data = (text), .len = sizeof(text) - 1})

static inline struct slice slice_of(const char *text) {
    return (struct slice){.data = text, .len = text ? strlen(text) : 0};
}

static inline struct slice slice_make(const void *data, size_t len) {
    return (struct slice){.data = data, .len = len};
}

static inline bool slice_equal(struct slice a, struct slice b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline bool slice_is(struct slice a, const char *text) {
    return slice_equal(a, slice_of(text));
}

/* Orders by bytes, the shorter first when one is a prefix of the other. */
static inline int slice_compare(struct slice a, struct slice b) {
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.data, b.data, len) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static inline bool slice_starts_with(struct slice a, struct slice prefix) {
    return a.len >= prefix.len && (prefix.len == 0 || memcmp(a.data, prefix.data, prefix.len) == 0);
}

#endif
