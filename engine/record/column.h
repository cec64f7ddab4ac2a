/* SPDX-License-Identifier: Apache-2.0 */
/* A column of values of one type, in an arena: an array of values and a bitmap of nulls, which is
 * left out while nothing is null. A constant is one value for all rows, and whoever reads rows goes
 * through column_index. Values are plain data: whoever holds the arena owns them, nobody frees them.
 * One writer; afterwards any thread may read. */
#ifndef LEAT_RECORD_COLUMN_H
#define LEAT_RECORD_COLUMN_H

#include "engine/record/type.h"

struct column {
    struct type type;
    uint32_t rows;
    bool constant;   /* values and nulls hold one entry, which stands for every row */
    void *values;    /* type_width(type) for each row; undefined where null or where not selected */
    uint64_t *nulls; /* bit set = null; NULL = no row is null */
};

/* Values not initialised, nulls NULL. */
void column_init(struct column *column, struct type type, uint32_t rows, struct arena *arena);
/* Makes the null bitmap exist, all clear. */
void column_nulls_make(struct column *column, struct arena *arena);

static inline uint32_t column_index(const struct column *column, uint32_t row) {
    return column->constant ? 0 : row;
}

static inline bool column_is_null(const struct column *column, uint32_t row) {
    row = column_index(column, row);
    return column->nulls && (column->nulls[row >> 6] >> (row & 63) & 1);
}

static inline void column_null_set(struct column *column, uint32_t row, struct arena *arena) {
    if (!column->nulls) {
        column_nulls_make(column, arena);
    }
    column->nulls[row >> 6] |= UINT64_C(1) << (row & 63);
}

#define COLUMN_VALUE(column, c_type, row) (((c_type *)(column)->values)[column_index((column), (row))])

#endif
