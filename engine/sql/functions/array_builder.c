/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays grow by doubling, so that adding is cheap on average. A null bitmap is kept for every
 * array while it is built and left out of the result when no element was null. */
#include "engine/sql/functions/array_builder.h"

void array_builder_init(struct array_builder *builder, enum type_id element, uint32_t capacity,
                        struct arena *arena) {
    uint32_t width = type_width((struct type){.id = element, .modifier = -1});
    capacity = capacity < 8 ? 8 : capacity;
    *builder = (struct array_builder){
        .arena = arena,
        .element = element,
        .width = width,
        .capacity = capacity,
        .values = arena_alloc(arena, (size_t)capacity * width),
        .nulls = arena_zalloc(arena, ((size_t)capacity + 63) / 64 * sizeof(uint64_t)),
    };
}

static void grow(struct array_builder *builder) {
    uint32_t capacity = builder->capacity * 2;
    size_t words = ((size_t)builder->capacity + 63) / 64, more = ((size_t)capacity + 63) / 64;
    char *values = arena_alloc(builder->arena, (size_t)capacity * builder->width);
    uint64_t *nulls = arena_zalloc(builder->arena, more * sizeof(uint64_t));
    memcpy(values, builder->values, (size_t)builder->count * builder->width);
    memcpy(nulls, builder->nulls, words * sizeof(uint64_t));
    builder->values = values;
    builder->nulls = nulls;
    builder->capacity = capacity;
}

void array_builder_add(struct array_builder *builder, const void *value) {
    if (builder->count == builder->capacity) {
        grow(builder);
    }
    uint32_t at = builder->count++;
    if (value) {
        memcpy(builder->values + (size_t)at * builder->width, value, builder->width);
    } else {
        memset(builder->values + (size_t)at * builder->width, 0, builder->width);
        builder->nulls[at >> 6] |= UINT64_C(1) << (at & 63);
        builder->has_null = true;
    }
}

void array_builder_add_text(struct array_builder *builder, struct slice text) {
    array_builder_add(builder, &text);
}

const struct array *array_builder_finish(const struct array_builder *builder) {
    struct array *array = arena_alloc(builder->arena, sizeof(*array));
    *array = (struct array){
        .element = builder->element,
        .count = builder->count,
        .nulls = builder->has_null ? builder->nulls : NULL,
        .values = builder->values,
    };
    return array;
}
