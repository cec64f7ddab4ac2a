/* SPDX-License-Identifier: Apache-2.0 */
/* For tests only: reads a text as a type and compares what is printed, or the SQLSTATE and
 * message, with what PostgreSQL 15 gave for the same. The expectations in the tests that include
 * this were taken from a real server. */
#ifndef LEAT_RECORD_VALUE_CHECK_H
#define LEAT_RECORD_VALUE_CHECK_H

#include "engine/record/datetime.h"
#include "engine/record/scalar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct value_case {
    const char *type, *text;
    const char *expected; /* the printed value, or "SQLSTATE message" when `fails` */
    bool fails;
};

static inline struct type check_type(const char *name) {
    struct slice rest = slice_of(name);
    struct type type;
    struct error error;
    assert_int_equal(type_parse(&rest, &type, &error), STATUS_OK);
    assert_int_equal(rest.len, 0);
    return type;
}

static inline const struct timezone *check_zone(const char *name) {
    const struct timezone *zone = timezone_find(slice_of(name));
    assert_non_null(zone);
    return zone;
}

static inline void check_value(struct arena *arena, const struct value_case *row,
                               const char *zone_name) {
    struct type type = check_type(row->type);
    const struct timezone *zone = check_zone(zone_name);
    struct value_error error;
    struct buffer out;
    char value[16] __attribute__((aligned(16)));
    buffer_init(&out, arena, 64);
    bool good = value_parse(type, slice_of(row->text), zone, arena, value, &error);
    if (good) {
        assert_null(error.code);
        value_print(type, value, zone, &out);
    } else {
        buffer_printf(&out, "%s %.*s", error.code, (int)error.message.len, error.message.data);
    }
    buffer_append_byte(&out, '\0');
    if (strcmp(out.data, row->expected) != 0 || good == row->fails) {
        fail_msg("%s '%s': expected %s, got %s", row->type, row->text, row->expected, out.data);
    }
}

static inline void check_values(const struct value_case *rows, size_t count,
                                const char *zone_name) {
    struct arena *arena = arena_new(NULL, POOL_COLUMNS);
    for (size_t i = 0; i < count; i++) {
        check_value(arena, &rows[i], zone_name);
    }
    arena_free(arena);
}

#define CHECK_VALUES(rows, zone) check_values((rows), sizeof(rows) / sizeof(rows)[0], (zone))

#endif
