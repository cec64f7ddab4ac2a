/* SPDX-License-Identifier: Apache-2.0 */
/* What the code of SQL functions is written with: how to visit the rows of a call, how to read an
 * argument without a branch for constants, how to write a table entry in one line, and the limits
 * every function keeps.
 *
 * A constant column holds one value for all rows. Instead of asking at each row, a loop takes the
 * column's mask (0 for a constant, all ones otherwise) and reads values[row & mask]. */
#ifndef LEAT_SQL_FUNCTIONS_KERNEL_H
#define LEAT_SQL_FUNCTIONS_KERNEL_H

#include <assert.h>

#include "engine/base/buffer.h"
#include "engine/record/value.h"
#include "engine/sql/function.h"

/* Longer results are refused with 54000, as Postgres does at 1 GiB: here a batch has to fit into limits.memory. */
enum { RESULT_BYTES_MAX = 64 << 20 };

/* Runs the statement once for each row of the call. */
#define EACH_ROW(call, row) \
    for (uint32_t each_ = 0, row = 0; \
         each_ < (call)->rows_count && (row = (call)->rows[each_], true); each_++)

#define ARGUMENT(call, i, c_type, row) COLUMN_VALUE(&(call)->arguments[i], c_type, row)
#define RESULT(ret, c_type, row) (((c_type *)(ret)->values)[row])

/* Table entries with one to four arguments; what follows sets further members. */
#define ENTRY0(name_, result_, run_, ...) \
    {.name = name_, .result = TYPE_##result_, .run = run_, __VA_ARGS__}
#define ENTRY1(name_, a_, result_, run_, ...) \
    {.name = name_, \
     .arguments_count = 1, \
     .arguments = {TYPE_##a_}, \
     .result = TYPE_##result_, \
     .run = run_, \
     __VA_ARGS__}
#define ENTRY2(name_, a_, b_, result_, run_, ...) \
    {.name = name_, \
     .arguments_count = 2, \
     .arguments = {TYPE_##a_, TYPE_##b_}, \
     .result = TYPE_##result_, \
     .run = run_, \
     __VA_ARGS__}
#define ENTRY3(name_, a_, b_, c_, result_, run_, ...) \
    {.name = name_, \
     .arguments_count = 3, \
     .arguments = {TYPE_##a_, TYPE_##b_, TYPE_##c_}, \
     .result = TYPE_##result_, \
     .run = run_, \
     __VA_ARGS__}
#define ENTRY4(name_, a_, b_, c_, d_, result_, run_, ...) \
    {.name = name_, \
     .arguments_count = 4, \
     .arguments = {TYPE_##a_, TYPE_##b_, TYPE_##c_, TYPE_##d_}, \
     .result = TYPE_##result_, \
     .run = run_, \
     __VA_ARGS__}
#define STABLE .volatility = VOLATILITY_STABLE
#define VOLATILE .volatility = VOLATILITY_VOLATILE

static inline uint32_t column_mask(const struct column *column) {
    return column->constant ? 0 : UINT32_MAX;
}

static inline const struct slice *argument_slice(const struct call *call, uint32_t argument,
                                                 uint32_t row) {
    return &COLUMN_VALUE(&call->arguments[argument], struct slice, row);
}

static inline bool argument_is_null(const struct call *call, uint32_t argument, uint32_t row) {
    return column_is_null(&call->arguments[argument], row);
}

/* The address of any value of an argument. */
static inline const void *argument_value(const struct call *call, uint32_t argument,
                                         uint32_t row) {
    const struct column *column = &call->arguments[argument];
    return (const char *)column->values + (size_t)column_index(column, row) * type_width(column->type);
}

/* The type to print an argument of any type with: a bare literal is text. */
static inline struct type argument_type(const struct call *call, uint32_t argument) {
    struct type type = call->arguments[argument].type;
    return type.id == TYPE_UNKNOWN ? TYPE(TEXT) : type;
}

static inline void result_slice(struct column *ret, uint32_t row, struct slice value) {
    RESULT(ret, struct slice, row) = value;
}

/* Copies the bytes to `at` and returns what follows them; empty slices may have no address. */
static inline char *slice_write(char *at, struct slice bytes) {
    if (bytes.len > 0) {
        memcpy(at, bytes.data, bytes.len);
    }
    return at + bytes.len;
}

static inline void call_fail_too_long(struct call *call, uint32_t row) {
    call_fail(call, row, "54000", "requested length too large");
}

#endif
