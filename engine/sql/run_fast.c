/* SPDX-License-Identifier: Apache-2.0 */
/* `column <op> constant` as a filter: the hot path. One loop for each C type and operator, no
 * column of truth values in between, and no branch on the outcome (the row is always written, the
 * count moves on when it holds). */
#include "engine/sql/run.h"

#include "engine/record/numeric.h"

enum comparison { EQUAL, UNEQUAL, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL, NO_COMPARISON };

static enum comparison comparison_of(const char *name) {
    static const char *const names[] = {"=", "<>", "<", "<=", ">", ">="};
    for (int i = 0; i < NO_COMPARISON; i++) {
        if (strcmp(names[i], name) == 0) {
            return (enum comparison)i;
        }
    }
    return NO_COMPARISON;
}

static enum comparison mirrored(enum comparison comparison) {
    static const enum comparison mirror[] = {EQUAL, UNEQUAL,    GREATER,      GREATER_EQUAL,
                                             LESS,  LESS_EQUAL, NO_COMPARISON};
    return mirror[comparison];
}

struct scan {
    const struct column *column;
    enum comparison comparison;
    struct rows rows;
    uint32_t *list;
};

#define SCAN_LOOP(test_)                                                                           \
    for (uint32_t i = 0; i < scan->rows.count; i++) {                                              \
        uint32_t row = scan->rows.list[i];                                                         \
        scan->list[count] = row;                                                                   \
        count += (test_);                                                                          \
    }                                                                                              \
    break;

#define SCAN(name_, type_)                                                                         \
    static uint32_t name_(const struct scan *scan, type_ constant) {                               \
        const type_ *values = scan->column->values;                                                \
        uint32_t count = 0;                                                                        \
        switch (scan->comparison) {                                                                \
        case EQUAL:                                                                                \
            SCAN_LOOP(values[row] == constant)                                                     \
        case UNEQUAL:                                                                              \
            SCAN_LOOP(values[row] != constant)                                                     \
        case LESS:                                                                                 \
            SCAN_LOOP(values[row] < constant)                                                      \
        case LESS_EQUAL:                                                                           \
            SCAN_LOOP(values[row] <= constant)                                                     \
        case GREATER:                                                                              \
            SCAN_LOOP(values[row] > constant)                                                      \
        case GREATER_EQUAL:                                                                        \
            SCAN_LOOP(values[row] >= constant)                                                     \
        case NO_COMPARISON:                                                                        \
            break;                                                                                 \
        }                                                                                          \
        return count;                                                                              \
    }
SCAN(scan_int2, int16_t)
SCAN(scan_int4, int32_t)
SCAN(scan_int8, int64_t)

static bool holds(enum comparison comparison, int order) {
    switch (comparison) {
    case EQUAL:
        return order == 0;
    case UNEQUAL:
        return order != 0;
    case LESS:
        return order < 0;
    case LESS_EQUAL:
        return order <= 0;
    case GREATER:
        return order > 0;
    case GREATER_EQUAL:
        return order >= 0;
    case NO_COMPARISON:
        break;
    }
    return false;
}

/* NaN is the greatest float and equal to itself. */
static int double_order(double a, double b) {
    if (a != a || b != b) {
        return (a != a) - (b != b);
    }
    return (a > b) - (a < b);
}

static uint32_t scan_float8(const struct scan *scan, double constant) {
    const double *values = scan->column->values;
    uint32_t count = 0;
    for (uint32_t i = 0; i < scan->rows.count; i++) {
        uint32_t row = scan->rows.list[i];
        scan->list[count] = row;
        count += holds(scan->comparison, double_order(values[row], constant));
    }
    return count;
}

static uint32_t scan_text(const struct scan *scan, struct slice constant) {
    const struct slice *values = scan->column->values;
    uint32_t count = 0;
    bool equality = scan->comparison == EQUAL || scan->comparison == UNEQUAL,
         equal = scan->comparison == EQUAL;
    for (uint32_t i = 0; i < scan->rows.count; i++) {
        uint32_t row = scan->rows.list[i];
        scan->list[count] = row;
        count += equality ? slice_equal(values[row], constant) == equal
                          : holds(scan->comparison, slice_compare(values[row], constant));
    }
    return count;
}

/* The digits before and after the point of canonical numeric text; false for NaN and the
 * infinities. */
static bool numeric_parts(struct slice value, struct slice *ret_whole, struct slice *ret_fraction) {
    char last = value.data[value.len - 1];
    if (last == 'N' || last == 'y') {
        return false;
    }
    const char *point = memchr(value.data, '.', value.len);
    size_t whole = point ? (size_t)(point - value.data) : value.len;
    *ret_whole = slice_make(value.data, whole);
    *ret_fraction = point ? slice_make(point + 1, value.len - whole - 1) : (struct slice){0};
    return true;
}

static bool is_plain(struct slice value) {
    return value.len > 0 && value.data[0] >= '0' && value.data[0] <= '9';
}

/* Two values without a sign and of finite size, told apart by their text alone. */
static int plain_order(struct slice whole, struct slice fraction, struct slice a) {
    struct slice a_whole, a_fraction;
    numeric_parts(a, &a_whole, &a_fraction);
    if (a_whole.len != whole.len) {
        return a_whole.len < whole.len ? -1 : 1; /* no leading zeros */
    }
    int order = memcmp(a_whole.data, whole.data, whole.len);
    size_t common = a_fraction.len < fraction.len ? a_fraction.len : fraction.len;
    if (order == 0 && common > 0) {
        order = memcmp(a_fraction.data, fraction.data, common);
    }
    if (order != 0) {
        return order;
    }
    struct slice longer = a_fraction.len > fraction.len ? a_fraction : fraction;
    for (size_t i = common; i < longer.len; i++) {
        if (longer.data[i] != '0') {
            return a_fraction.len > fraction.len ? 1 : -1;
        }
    }
    return 0;
}

static uint32_t scan_numeric(const struct scan *scan, struct slice constant) {
    const struct slice *values = scan->column->values;
    struct slice whole, fraction;
    bool plain = is_plain(constant) && numeric_parts(constant, &whole, &fraction);
    uint32_t count = 0;
    for (uint32_t i = 0; i < scan->rows.count; i++) {
        uint32_t row = scan->rows.list[i];
        struct slice value = values[row];
        int order = plain && is_plain(value) ? plain_order(whole, fraction, value)
                                             : numeric_compare(value, constant);
        scan->list[count] = row;
        count += holds(scan->comparison, order);
    }
    return count;
}

static bool scan_run(const struct scan *scan, const struct column *constant, uint32_t *ret_count) {
    switch (scan->column->type.id) {
    case TYPE_INT2:
        *ret_count = scan_int2(scan, *(const int16_t *)constant->values);
        return true;
    case TYPE_INT4:
    case TYPE_DATE:
        *ret_count = scan_int4(scan, *(const int32_t *)constant->values);
        return true;
    case TYPE_INT8:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMPTZ:
    case TYPE_TIME:
        *ret_count = scan_int8(scan, *(const int64_t *)constant->values);
        return true;
    case TYPE_FLOAT8:
        *ret_count = scan_float8(scan, *(const double *)constant->values);
        return true;
    case TYPE_TEXT:
        *ret_count = scan_text(scan, *(const struct slice *)constant->values);
        return true;
    case TYPE_NUMERIC:
        *ret_count = scan_numeric(scan, *(const struct slice *)constant->values);
        return true;
    default:
        return false;
    }
}

static struct rows without_nulls(struct run *run, const struct column *column, struct rows rows) {
    if (!column->nulls) {
        return rows;
    }
    uint32_t *list = rows_new(run, rows.count), count = 0;
    for (uint32_t i = 0; i < rows.count; i++) {
        list[count] = rows.list[i];
        count += !column_is_null(column, rows.list[i]);
    }
    return (struct rows){.list = list, .count = count};
}

bool run_fast_filter(struct run *run, const struct expr *expr, struct rows rows, struct rows *ret) {
    if (expr->kind != EXPR_CALL || expr->count != 2) {
        return false;
    }
    enum comparison comparison = comparison_of(expr->function->name);
    const struct expr *left = expr->arguments[0], *right = expr->arguments[1];
    if (left->kind == EXPR_CONSTANT) {
        const struct expr *swap = left;
        left = right;
        right = swap;
        comparison = mirrored(comparison);
    }
    if (comparison == NO_COMPARISON || right->kind != EXPR_CONSTANT ||
        left->type.id != right->type.id || left->type.array || right->type.array ||
        left->type.blank_padded) {
        return false;
    }
    if (column_is_null(&right->constant, 0)) {
        *ret = (struct rows){.list = rows.list, .count = 0};
        return true;
    }
    const struct column *column = run_expr(run, left, rows);
    if (column->constant) {
        return false;
    }
    struct scan scan = {
        .column = column, .comparison = comparison, .rows = without_nulls(run, column, rows)};
    scan.list = rows_new(run, scan.rows.count);
    ret->list = scan.list;
    return scan_run(&scan, &right->constant, &ret->count);
}
