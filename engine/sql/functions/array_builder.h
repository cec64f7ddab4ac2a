/* SPDX-License-Identifier: Apache-2.0 */
/* Builds a one-dimensional array in an arena, element by element. What was finished is immutable;
 * the builder may go on and finish again. */
#ifndef LEAT_SQL_FUNCTIONS_ARRAY_BUILDER_H
#define LEAT_SQL_FUNCTIONS_ARRAY_BUILDER_H

#include "engine/record/type.h"

struct array_builder {
    struct arena *arena;
    enum type_id element;
    uint32_t width, count, capacity;
    char *values;
    uint64_t *nulls;
    bool has_null;
};

void array_builder_init(struct array_builder *builder, enum type_id element, uint32_t capacity,
                        struct arena *arena);
/* value NULL adds a null. */
void array_builder_add(struct array_builder *builder, const void *value);
void array_builder_add_text(struct array_builder *builder, struct slice text);
const struct array *array_builder_finish(const struct array_builder *builder);

static inline bool array_is_null(const struct array *array, uint32_t i) {
    return array->nulls && (array->nulls[i >> 6] >> (i & 63) & 1);
}

/* The address of an element, NULL for a null. */
static inline const void *array_value(const struct array *array, uint32_t i, uint32_t width) {
    return array_is_null(array, i) ? NULL : (const char *)array->values + (size_t)i * width;
}

#endif
