/* SPDX-License-Identifier: Apache-2.0 */
/* Rows kept beyond their batch: columns that double, values copied deeply unless borrowed.
 * Everything lives in the store's arena; nothing is given back before the arena is. */
#include "engine/sql/fold.h"

static bool is_slice(struct type type) {
    return !type.array &&
           (type.id == TYPE_NUMERIC || type.id == TYPE_TEXT || type.id == TYPE_BYTEA ||
            type.id == TYPE_JSON || type.id == TYPE_JSONB || type.id == TYPE_UNKNOWN);
}

static struct array *array_copy(const struct array *from, struct arena *arena) {
    struct type element = {.id = from->element, .modifier = -1};
    uint32_t width = type_width(element);
    struct array *copy = arena_alloc(arena, sizeof *copy);
    char *values = arena_alloc(arena, (size_t)from->count * width + 1);
    uint64_t *nulls = NULL;
    if (from->nulls) {
        size_t bytes = ((size_t)from->count + 63) / 64 * sizeof *nulls;
        nulls = arena_alloc(arena, bytes);
        memcpy(nulls, from->nulls, bytes);
    }
    for (uint32_t i = 0; i < from->count; i++) {
        if (!nulls || !(nulls[i >> 6] >> (i & 63) & 1)) {
            value_copy(element, (const char *)from->values + (size_t)i * width, arena,
                       values + (size_t)i * width);
        }
    }
    *copy = (struct array){
        .element = from->element, .count = from->count, .nulls = nulls, .values = values};
    return copy;
}

void value_copy(struct type type, const void *from, struct arena *arena, void *ret) {
    if (type.array) {
        *(struct array **)ret = array_copy(*(struct array *const *)from, arena);
    } else if (is_slice(type)) {
        *(struct slice *)ret = arena_copy(arena, *(const struct slice *)from);
    } else {
        memcpy(ret, from, type_width(type));
    }
}

void store_init(struct store *store, const struct schema *schema, struct arena *arena,
                bool borrow) {
    *store = (struct store){.arena = arena, .schema = schema, .borrow = borrow};
    store->columns = arena_zalloc(arena, (schema->count + 1) * sizeof *store->columns);
    for (uint32_t i = 0; i < schema->count; i++) {
        store->columns[i].type = schema->fields[i].type;
    }
}

static void store_grow(struct store *store) {
    uint32_t capacity = store->capacity ? store->capacity * 2 : 64;
    for (uint32_t i = 0; i < store->schema->count; i++) {
        struct column *column = &store->columns[i];
        size_t width = type_width(column->type);
        size_t old_words = store->capacity / 64, words = capacity / 64;
        column->values =
            arena_grow(store->arena, column->values, store->capacity * width, capacity * width);
        if (column->nulls) {
            column->nulls = arena_grow(store->arena, column->nulls, old_words * 8, words * 8);
            memset(column->nulls + old_words, 0, (words - old_words) * 8);
        }
        column->rows = capacity;
    }
    store->capacity = capacity;
}

void store_add(struct store *store, const struct column *columns, uint32_t row) {
    if (store->rows == store->capacity) {
        store_grow(store);
    }
    uint32_t at = store->rows++;
    for (uint32_t i = 0; i < store->schema->count; i++) {
        struct column *column = &store->columns[i];
        uint32_t width = type_width(column->type);
        char *to = (char *)column->values + (size_t)at * width;
        if (column_is_null(&columns[i], row)) {
            if (!column->nulls) {
                column->nulls = arena_zalloc(store->arena, store->capacity / 64 * 8);
            }
            column->nulls[at >> 6] |= UINT64_C(1) << (at & 63);
        } else if (store->borrow) {
            memcpy(to, column_at(&columns[i], row, width), width);
        } else {
            value_copy(column->type, column_at(&columns[i], row, width), store->arena, to);
        }
    }
}
