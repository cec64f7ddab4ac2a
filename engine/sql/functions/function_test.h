/* SPDX-License-Identifier: Apache-2.0 */
/* Runs table-driven cases of SQL functions. A case names a function, its arguments as "type:text"
 * (without a colon: null) and what it gives: text, NULL, or "!SQLSTATE message". The constants were
 * printed by PostgreSQL 15 with TimeZone America/New_York. Each case is run three ways, which must
 * agree: one row, all arguments constant and prepared, and a few scattered rows of a larger batch
 * whose other rows must stay untouched. */
#ifndef LEAT_SQL_FUNCTIONS_FUNCTION_TEST_H
#define LEAT_SQL_FUNCTIONS_FUNCTION_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "engine/sql/functions/kernel.h"

struct function_case {
    const char *name;
    const char *arguments[FUNCTION_ARGUMENTS_MAX];
    const char *expect;
};

enum { SCATTERED_ROWS = 200, FILLER_BYTE = 0x5A };
static const uint32_t scattered[] = {0, 3, 63, 64, 130, 199};

/* Splits "type:text". False = null. */
static bool argument_read(const char *argument, struct type *ret_type, struct slice *ret_text) {
    struct slice text = slice_of(argument);
    struct error error;
    assert_int_equal(type_parse(&text, ret_type, &error), STATUS_OK);
    bool has_value = text.len > 0 && text.data[0] == ':';
    *ret_text = has_value ? slice_make(text.data + 1, text.len - 1) : text;
    return has_value;
}

static bool function_takes(const struct function *function, const struct type *types,
                           uint32_t count, bool may_be_any) {
    uint32_t least = function->arguments_min ? function->arguments_min : function->arguments_count;
    bool variadic = function->flags & FUNCTION_VARIADIC;
    if (variadic) {
        least = function->arguments_count - 1u;
    }
    if (count < least || (count > function->arguments_count && !variadic)) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t declared = i < function->arguments_count ? i : function->arguments_count - 1u;
        bool any = may_be_any && function->arguments[declared] == TYPE_UNKNOWN;
        bool array = function->array_arguments >> declared & 1;
        if (!any && (function->arguments[declared] != types[i].id || array != types[i].array)) {
            return false;
        }
    }
    return true;
}

static const struct function *function_search(const char *name, const struct type *types,
                                              uint32_t count, bool may_be_any) {
    for (const struct function *const *table = function_tables; *table; table++) {
        for (const struct function *function = *table; function->name; function++) {
            if (strcmp(function->name, name) == 0 &&
                function_takes(function, types, count, may_be_any)) {
                return function;
            }
        }
    }
    return NULL;
}

/* The function for exactly these types, else one that takes any. */
static const struct function *function_of(const char *name, const struct type *types,
                                          uint32_t count) {
    const struct function *function = function_search(name, types, count, false);
    function = function ? function : function_search(name, types, count, true);
    if (!function) {
        fail_msg("there is no function %s of these %u arguments", name, count);
    }
    return function;
}

/* How a case is run. */
struct layout {
    uint32_t rows;
    const uint32_t *list;
    uint32_t count;
    bool constant;
};

static void column_fill(struct column *column, const char *argument, const struct layout *layout,
                        const struct timezone *zone, struct arena *arena) {
    struct type type;
    struct slice text;
    bool has_value = argument_read(argument, &type, &text);
    column_init(column, type, layout->constant ? 1 : layout->rows, arena);
    column->constant = layout->constant;
    size_t width = type_width(type);
    memset(column->values, FILLER_BYTE, width * column->rows);
    char value[64];
    struct value_error error;
    if (has_value && !value_parse(type, text, zone, arena, value, &error)) {
        fail_msg("%s: %.*s", argument, (int)error.message.len, error.message.data);
    }
    for (uint32_t i = 0; i < layout->count; i++) {
        uint32_t row = layout->constant ? 0 : layout->list[i];
        if (has_value) {
            memcpy((char *)column->values + row * width, value, width);
        } else {
            column_null_set(column, row, arena);
        }
    }
}

static const char *row_print(const struct batch *batch, const struct column *ret, uint32_t row,
                             const struct timezone *zone) {
    for (uint32_t i = 0; i < batch->withdrawals_count; i++) {
        const struct withdrawal *withdrawal = &batch->withdrawals[i];
        if (withdrawal->record == row) {
            return arena_printf(batch->arena, "!%s %.*s", withdrawal->code,
                                (int)withdrawal->message.len, withdrawal->message.data);
        }
    }
    if (column_is_null(ret, row)) {
        return NULL;
    }
    struct buffer text;
    buffer_init(&text, batch->arena, 64);
    value_print(ret->type, (const char *)ret->values + (size_t)row * type_width(ret->type), zone,
                &text);
    buffer_append_byte(&text, 0);
    return text.data;
}

/* The rows that were not asked for must be as they were. */
static void untouched_check(const struct column *ret, const struct layout *layout,
                            const char *name) {
    size_t width = type_width(ret->type);
    for (uint32_t row = 0, next = 0; row < layout->rows; row++) {
        if (next < layout->count && layout->list[next] == row) {
            next++;
            continue;
        }
        for (size_t i = 0; i < width; i++) {
            if (((const unsigned char *)ret->values)[row * width + i] != FILLER_BYTE) {
                fail_msg("%s wrote to row %u, which it was not asked for", name, row);
            }
        }
    }
}

static unsigned failures;                 /* counted, so that one run shows all of them */
static const struct function_case *shown; /* the last case that was reported */

static void result_check(const struct function_case *test, const char *got, const char *layout) {
    if (test->expect && got ? strcmp(test->expect, got) != 0 : test->expect != got) {
        failures++;
        if (shown == test) {
            return;
        }
        shown = test;
        print_error("%s(%s, %s, %s) in %s: %s, not %s\n", test->name, test->arguments[0],
                    test->arguments[1], test->arguments[2], layout, got ? got : "null",
                    test->expect ? test->expect : "null");
    }
}

static const char *function_run(const struct function_case *test, const struct layout *layout,
                                struct arena *arena, const char *layout_name) {
    struct column columns[FUNCTION_ARGUMENTS_MAX], ret;
    const struct column *constants[FUNCTION_ARGUMENTS_MAX] = {0};
    struct type types[FUNCTION_ARGUMENTS_MAX];
    const struct timezone *zone = timezone_find(SLICE_LITERAL("America/New_York"));
    struct batch batch = {.arena = arena, .rows = layout->rows, .records_count = layout->rows};
    uint32_t count = 0;
    for (; count < FUNCTION_ARGUMENTS_MAX && test->arguments[count]; count++) {
        column_fill(&columns[count], test->arguments[count], layout, zone, arena);
        types[count] = columns[count].type;
        constants[count] = layout->constant ? &columns[count] : NULL;
    }
    const struct function *function = function_of(test->name, types, count);
    struct call call = {.batch = &batch,
                        .arena = arena,
                        .zone = zone,
                        .rows = layout->list,
                        .rows_count = layout->count,
                        .arguments = columns,
                        .arguments_count = count,
                        .result = &ret};
    struct error error;
    if (function->prepare &&
        function->prepare(constants, arena, zone, &call.prepared, &error) != STATUS_OK) {
        return arena_printf(arena, "!%s %s", error.code, error.message);
    }
    column_init(&ret,
                (struct type){
                    .id = function->result, .array = function->result_array, .modifier = -1},
                layout->rows, arena);
    memset(ret.values, FILLER_BYTE, (size_t)type_width(ret.type) * layout->rows);
    function->run(&call, &ret);
    untouched_check(&ret, layout, test->name);
    for (uint32_t i = 1; i < layout->count; i++) {
        result_check(test, row_print(&batch, &ret, layout->list[i], zone), layout_name);
    }
    return row_print(&batch, &ret, layout->list[0], zone);
}

/* Runs all cases; each is one line of the report when it fails. */
static void cases_run(const struct function_case *cases, size_t count) {
    static const uint32_t first[] = {0};
    const struct layout one = {.rows = 1, .list = first, .count = 1};
    const struct layout constant = {.rows = 1, .list = first, .count = 1, .constant = true};
    const struct layout scatter = {.rows = SCATTERED_ROWS,
                                   .list = scattered,
                                   .count = sizeof(scattered) / sizeof(scattered[0])};
    failures = 0;
    for (size_t i = 0; i < count; i++) {
        struct arena *arena = arena_new(NULL, POOL_COLUMNS);
        result_check(&cases[i], function_run(&cases[i], &one, arena, "one row"), "one row");
        result_check(&cases[i], function_run(&cases[i], &constant, arena, "constants"),
                     "constants");
        result_check(&cases[i], function_run(&cases[i], &scatter, arena, "scattered rows"),
                     "scattered rows");
        arena_free(arena);
    }
    assert_int_equal(failures, 0);
}

#define CASES_RUN(cases) cases_run(cases, sizeof(cases) / sizeof((cases)[0]))

#endif
