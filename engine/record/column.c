/* SPDX-License-Identifier: Apache-2.0 */
/* Columns get their memory here. Values are left as they come, because every writer fills each
 * selected row; the null bitmap exists only once a row is null, so that columns without nulls
 * cost nothing to test. One thread: the holder of the batch. */
#include "engine/record/column.h"

void column_init(struct column *column, struct type type, uint32_t rows, struct arena *arena) {
    *column = (struct column){.type = type, .rows = rows};
    column->values = arena_alloc(arena, (size_t)type_width(type) * (rows ? rows : 1));
}

void column_nulls_make(struct column *column, struct arena *arena) {
    size_t entries = column->constant ? 1 : column->rows;
    size_t words = entries ? (entries + 63) / 64 : 1;
    column->nulls = arena_zalloc(arena, words * sizeof(uint64_t));
}
