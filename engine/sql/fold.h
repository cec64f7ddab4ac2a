/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of aggregation: keys as bytes in a hash table, rows that are kept, states of
 * aggregates, and the order of the result. Everything lives in one arena; `borrow` says that values
 * read live as long as it and are not copied. */
#ifndef LEAT_SQL_FOLD_H
#define LEAT_SQL_FOLD_H

#include "engine/base/buffer.h"
#include "engine/record/numeric.h"
#include "engine/sql/run.h"

/* --- fold_key.c: equal values give equal bytes, nulls are equal to one another --- */
void key_encode(const struct column *column, uint32_t row, struct arena *scratch,
                struct buffer *out);

/* Distinct keys, numbered in the order of their first appearance. */
struct key_table {
    struct arena *arena;
    struct slice *keys; /* by number */
    uint64_t *hashes;   /* by number */
    uint32_t *slots;    /* number + 1; 0 = empty */
    uint32_t count, capacity, slots_count;
};

void key_table_init(struct key_table *table, struct arena *arena);
/* The number of the key; *ret_new when it was not there yet (then it is copied). */
uint32_t key_table_add(struct key_table *table, struct slice key, bool *ret_new);
bool key_table_has(const struct key_table *table, struct slice key);

/* --- fold_store.c: rows kept in columns that grow --- */
struct store {
    struct arena *arena;
    const struct schema *schema;
    struct column *columns;
    uint32_t rows, capacity;
    bool borrow;
};

void store_init(struct store *store, const struct schema *schema, struct arena *arena, bool borrow);
void store_add(struct store *store, const struct column *columns, uint32_t row);
/* A deep copy of a value into the arena; width bytes go to ret. */
void value_copy(struct type type, const void *from, struct arena *arena, void *ret);

/* --- fold_state.c: one aggregate of one group --- */
struct state {
    int64_t count; /* values that counted */
    union {
        __int128 integer;
        double real;
        struct numeric_sum *numeric;
        struct interval interval;
        uint64_t best[3]; /* min, max: the value (behind a slice: the bytes its copy has room for);
                             bool_*: 0 or 1 */
    };
    struct key_table *distinct; /* values seen */
    void *distinct_values;      /* the values, by number in the table */
    uint32_t distinct_capacity;
    bool infinite; /* a float that was infinite or NaN came in */
    bool overflow; /* an interval sum left its range */
};

struct state_context {
    const struct aggregate *aggregate;
    struct arena *arena;   /* what is kept */
    struct arena *scratch; /* what is not */
    bool borrow;
};

/* A value that is not null; NULL for count(*). */
void state_add(const struct state_context *context, struct state *state,
               const struct column *column, uint32_t row);
void state_merge(const struct state_context *context, struct state *state,
                 const struct state *next);
/* Writes the result; false = out of range, as *ret_failure says. */
bool state_finish(const struct state_context *context, const struct state *state,
                  struct column *ret, uint32_t row, struct call_failure *ret_failure);

/* --- arrange.c: distinct, order by, limit --- */
/* The rows of the result in their order. columns as in plan->projected. */
struct rows arrange(const struct sql_plan *plan, const struct column *columns, struct rows rows,
                    struct arena *arena);
/* The first `limit` of these rows as columns without gaps. */
struct column *gather(const struct column *columns, uint32_t count, struct rows rows,
                      struct arena *arena);

/* --- fold.c --- */
/* A grouped statement over one batch, in place. */
enum status fold_run(const struct sql_plan *plan, struct batch *batch,
                     struct error *error) MUST_CHECK;

/* --- sql.c --- */
/* The first failure of rows without a record becomes the error. */
enum status run_status(const struct run *run, struct error *error);

#endif
