/* SPDX-License-Identifier: Apache-2.0 */
/* distinct, order by, offset and limit over finished rows. The sort is a merge sort in the arena:
 * stable, so that rows that tie keep their order, and without memory of its own. */
#include "engine/sql/fold.h"

#include "engine/record/value.h"

struct sorter {
    const struct sql_plan *plan;
    const struct column *columns;
    struct arena *arena;
};

static int compare_rows(const struct sorter *sorter, uint32_t a, uint32_t b) {
    for (uint32_t i = 0; i < sorter->plan->sort_count; i++) {
        const struct sort_key *key = &sorter->plan->sort[i];
        const struct column *column = &sorter->columns[key->column];
        bool a_null = column_is_null(column, a), b_null = column_is_null(column, b);
        if (a_null || b_null) {
            if (a_null != b_null) {
                return a_null == key->nulls_first ? -1 : 1;
            }
            continue;
        }
        uint32_t width = type_width(column->type);
        int order = value_compare(column->type, column_at(column, a, width),
                                  column_at(column, b, width), sorter->arena);
        if (order != 0) {
            return key->descending ? -order : order;
        }
    }
    return 0;
}

/* Merges runs of `run` rows from one list into the other. */
static void merge_pass(const struct sorter *sorter, const uint32_t *from, uint32_t *to,
                       uint32_t count, uint32_t run) {
    for (uint64_t start = 0; start < count; start += 2 * (uint64_t)run) {
        uint64_t middle = start + run < count ? start + run : count;
        uint64_t end = start + 2 * (uint64_t)run < count ? start + 2 * (uint64_t)run : count;
        uint64_t i = start, j = middle;
        for (uint64_t at = start; at < end; at++) {
            bool left = j == end || (i < middle && compare_rows(sorter, from[i], from[j]) <= 0);
            to[at] = left ? from[i++] : from[j++];
        }
    }
}

static struct rows sort_rows(const struct sorter *sorter, struct rows rows) {
    uint32_t *a = arena_alloc(sorter->arena, ((size_t)rows.count + 1) * sizeof *a);
    uint32_t *b = arena_alloc(sorter->arena, ((size_t)rows.count + 1) * sizeof *b);
    memcpy(a, rows.list, (size_t)rows.count * sizeof *a);
    for (uint64_t run = 1; run < rows.count; run *= 2) {
        merge_pass(sorter, a, b, rows.count, (uint32_t)run);
        uint32_t *swap = a;
        a = b;
        b = swap;
    }
    return (struct rows){.list = a, .count = rows.count};
}

static struct rows distinct_rows(const struct sql_plan *plan, const struct column *columns,
                                 struct rows rows, struct arena *arena) {
    struct key_table seen;
    struct buffer key;
    uint32_t *list = arena_alloc(arena, ((size_t)rows.count + 1) * sizeof *list), count = 0;
    key_table_init(&seen, arena);
    buffer_init(&key, arena, 256);
    for (uint32_t i = 0; i < rows.count; i++) {
        bool fresh;
        key.len = 0;
        for (uint32_t c = 0; c < plan->outputs_count; c++) {
            key_encode(&columns[c], rows.list[i], arena, &key);
        }
        key_table_add(&seen, buffer_slice(&key), &fresh);
        list[count] = rows.list[i];
        count += fresh;
    }
    return (struct rows){.list = list, .count = count};
}

struct rows arrange(const struct sql_plan *plan, const struct column *columns, struct rows rows,
                    struct arena *arena) {
    struct sorter sorter = {.plan = plan, .columns = columns, .arena = arena};
    if (plan->distinct) {
        rows = distinct_rows(plan, columns, rows, arena);
    }
    if (plan->sort_count > 0) {
        rows = sort_rows(&sorter, rows);
    }
    uint32_t skip = plan->offset < rows.count ? (uint32_t)plan->offset : rows.count;
    rows = (struct rows){.list = rows.list + skip, .count = rows.count - skip};
    rows.count = plan->limit < rows.count ? (uint32_t)plan->limit : rows.count;
    return rows;
}

struct column *gather(const struct column *columns, uint32_t count, struct rows rows,
                      struct arena *arena) {
    struct column *result = arena_zalloc(arena, (count + 1) * sizeof *result);
    for (uint32_t c = 0; c < count; c++) {
        if (columns[c].constant || !columns[c].values) {
            result[c] = columns[c];
            continue;
        }
        uint32_t width = type_width(columns[c].type);
        column_init(&result[c], columns[c].type, rows.count, arena);
        for (uint32_t i = 0; i < rows.count; i++) {
            if (column_is_null(&columns[c], rows.list[i])) {
                column_null_set(&result[c], i, arena);
            } else {
                memcpy((char *)result[c].values + (size_t)i * width,
                       column_at(&columns[c], rows.list[i], width), width);
            }
        }
    }
    return result;
}
