/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of one-dimensional arrays, as Postgres's array_userfuncs.c and arrayfuncs.c. The tables
 * have an entry for each element type, because the result's type follows it; the code is the same
 * for all. Comparisons of whole arrays are in compare.c. */
#include "engine/sql/functions/array_builder.h"
#include "engine/sql/functions/kernel.h"
#include "engine/sql/functions/tables.h"
#include "engine/sql/functions/utf8.h"

static const struct array *array_at(const struct call *call, uint32_t argument, uint32_t row) {
    bool is_null = argument_is_null(call, argument, row);
    return is_null ? NULL : ARGUMENT(call, argument, const struct array *, row);
}

/* An argument that is an element; NULL = null. */
static const void *element_at(const struct call *call, uint32_t argument, uint32_t row) {
    return argument_is_null(call, argument, row) ? NULL : argument_value(call, argument, row);
}

static struct type element_type(const struct array *array) {
    return (struct type){.id = array->element, .modifier = -1};
}

static uint32_t element_width(const struct array *array) {
    return type_width(element_type(array));
}

static bool elements_equal(const struct array *array, const void *a, const void *b,
                           struct arena *arena) {
    return a && b && value_compare(element_type(array), a, b, arena) == 0;
}

/* The same, null being equal to null. */
static bool elements_same(const struct array *array, const void *a, const void *b,
                          struct arena *arena) {
    return a && b ? elements_equal(array, a, b, arena) : !a && !b;
}

static void array_cardinality(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        RESULT(ret, int32_t, row) = (int32_t)array_at(call, 0, row)->count;
    }
}

/* array_length and array_upper: null for an empty array and for any dimension but the first. */
static void array_length(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        uint32_t count = array_at(call, 0, row)->count;
        if (count == 0 || ARGUMENT(call, 1, int32_t, row) != 1) {
            call_null(call, ret, row);
        } else {
            RESULT(ret, int32_t, row) = (int32_t)count;
        }
    }
}

static void array_lower(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        if (array_at(call, 0, row)->count == 0 || ARGUMENT(call, 1, int32_t, row) != 1) {
            call_null(call, ret, row);
        } else {
            RESULT(ret, int32_t, row) = 1;
        }
    }
}

static void array_ndims(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        if (array_at(call, 0, row)->count == 0) {
            call_null(call, ret, row);
        } else {
            RESULT(ret, int32_t, row) = 1;
        }
    }
}

/* a[n], counted from 1; null outside. */
static void array_subscript(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        const struct array *array = array_at(call, 0, row);
        int32_t n = ARGUMENT(call, 1, int32_t, row);
        uint32_t width = element_width(array);
        const void *value = n >= 1 && (uint32_t)n <= array->count
                                ? array_value(array, (uint32_t)n - 1, width)
                                : NULL;
        if (value) {
            memcpy((char *)ret->values + (size_t)row * width, value, width);
        } else {
            call_null(call, ret, row);
        }
    }
}

static void add_all(struct array_builder *builder, const struct array *array) {
    for (uint32_t i = 0; array && i < array->count; i++) {
        array_builder_add(builder, array_value(array, i, builder->width));
    }
}

/* Array and element in either order; a null array is an empty one. */
static void extend(struct call *call, struct column *ret, uint32_t array_argument) {
    EACH_ROW(call, row) {
        const struct array *array = array_at(call, array_argument, row);
        const void *element = element_at(call, 1 - array_argument, row);
        struct array_builder builder;
        array_builder_init(&builder, ret->type.id, (array ? array->count : 0) + 1, call->arena);
        if (array_argument == 1) {
            array_builder_add(&builder, element);
        }
        add_all(&builder, array);
        if (array_argument == 0) {
            array_builder_add(&builder, element);
        }
        RESULT(ret, const struct array *, row) = array_builder_finish(&builder);
    }
}

static void array_append(struct call *call, struct column *ret) {
    extend(call, ret, 0);
}

static void array_prepend(struct call *call, struct column *ret) {
    extend(call, ret, 1);
}

static void array_cat(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        const struct array *left = array_at(call, 0, row), *right = array_at(call, 1, row);
        if (!left && !right) {
            call_null(call, ret, row);
            continue;
        }
        struct array_builder builder;
        uint32_t count = (left ? left->count : 0) + (right ? right->count : 0);
        array_builder_init(&builder, ret->type.id, count, call->arena);
        add_all(&builder, left);
        add_all(&builder, right);
        RESULT(ret, const struct array *, row) = array_builder_finish(&builder);
    }
}

/* array_remove(array, element), array_replace(array, from, to). */
static void array_change(struct call *call, struct column *ret) {
    bool removes = call->arguments_count == 2;
    EACH_ROW(call, row) {
        const struct array *array = array_at(call, 0, row);
        if (!array) {
            call_null(call, ret, row);
            continue;
        }
        const void *from = element_at(call, 1, row);
        struct array_builder builder;
        array_builder_init(&builder, ret->type.id, array->count, call->arena);
        for (uint32_t i = 0; i < array->count; i++) {
            const void *value = array_value(array, i, builder.width);
            bool found = elements_same(array, value, from, call->arena);
            if (!found) {
                array_builder_add(&builder, value);
            } else if (!removes) {
                array_builder_add(&builder, element_at(call, 2, row));
            }
        }
        RESULT(ret, const struct array *, row) = array_builder_finish(&builder);
    }
}

static void array_position(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        const struct array *array = array_at(call, 0, row);
        const void *wanted = element_at(call, 1, row);
        int64_t at = 0;
        if (!array || array->count == 0) {
            call_null(call, ret, row);
            continue;
        }
        if (call->arguments_count > 2) {
            if (argument_is_null(call, 2, row)) {
                call_fail(call, row, "22004", "initial position must not be null");
                continue;
            }
            int64_t start = ARGUMENT(call, 2, int32_t, row);
            at = start > 1 ? start - 1 : 0;
        }
        while (at < array->count &&
               !elements_same(array, array_value(array, (uint32_t)at, element_width(array)), wanted,
                              call->arena)) {
            at++;
        }
        if (at < array->count) {
            RESULT(ret, int32_t, row) = (int32_t)at + 1;
        } else {
            call_null(call, ret, row);
        }
    }
}

static void array_positions(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        const struct array *array = array_at(call, 0, row);
        const void *wanted = element_at(call, 1, row);
        if (!array) {
            call_null(call, ret, row);
            continue;
        }
        struct array_builder builder;
        array_builder_init(&builder, TYPE_INT4, 8, call->arena);
        for (uint32_t i = 0; i < array->count; i++) {
            int32_t position = (int32_t)i + 1;
            if (elements_same(array, array_value(array, i, element_width(array)), wanted,
                              call->arena)) {
                array_builder_add(&builder, &position);
            }
        }
        RESULT(ret, const struct array *, row) = array_builder_finish(&builder);
    }
}

/* Whether the array has an element equal to this one; null is equal to nothing. */
static bool has(const struct array *array, const void *wanted, struct arena *arena) {
    uint32_t width = element_width(array);
    for (uint32_t i = 0; i < array->count; i++) {
        if (elements_equal(array, array_value(array, i, width), wanted, arena)) {
            return true;
        }
    }
    return false;
}

/* Counts the elements of `part` that `whole` has, up to the first whose answer is `stop_at`. */
static bool each_is_in(const struct array *whole, const struct array *part, bool stop_at,
                       struct arena *arena) {
    uint32_t width = element_width(part);
    for (uint32_t i = 0; i < part->count; i++) {
        if (has(whole, array_value(part, i, width), arena) == stop_at) {
            return stop_at;
        }
    }
    return !stop_at;
}

static void array_contains(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        RESULT(ret, uint8_t, row) = each_is_in(array_at(call, 0, row), array_at(call, 1, row),
                                               false, call->arena);
    }
}

static void array_contained(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        RESULT(ret, uint8_t, row) = each_is_in(array_at(call, 1, row), array_at(call, 0, row),
                                               false, call->arena);
    }
}

static void array_overlaps(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        RESULT(ret, uint8_t, row) =
            each_is_in(array_at(call, 0, row), array_at(call, 1, row), true, call->arena);
    }
}

/* trim_array(array, n): without the last n. */
static void array_trim(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        const struct array *array = array_at(call, 0, row);
        int32_t n = ARGUMENT(call, 1, int32_t, row);
        if (n < 0 || (uint32_t)n > array->count) {
            call_fail(call, row, "2202E", "number of elements to trim must be between 0 and %u",
                      array->count);
            continue;
        }
        struct array *shorter = arena_alloc(call->arena, sizeof(*shorter));
        *shorter = *array;
        shorter->count -= (uint32_t)n;
        RESULT(ret, const struct array *, row) = shorter;
    }
}

/* array_to_string(array, separator[, what nulls are]) */
static void array_to_text(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        const struct array *array = array_at(call, 0, row);
        if (!array || argument_is_null(call, 1, row)) {
            call_null(call, ret, row);
            continue;
        }
        const struct slice *null_text =
            call->arguments_count > 2 ? element_at(call, 2, row) : NULL;
        struct buffer out;
        bool some = false;
        buffer_init(&out, call->arena, 64);
        for (uint32_t i = 0; i < array->count && out.len < RESULT_BYTES_MAX; i++) {
            const void *value = array_value(array, i, element_width(array));
            if (!value && !null_text) {
                continue;
            }
            if (some) {
                buffer_append_slice(&out, *argument_slice(call, 1, row));
            }
            some = true;
            if (value) {
                value_print(element_type(array), value, call->zone, &out);
            } else {
                buffer_append_slice(&out, *null_text);
            }
        }
        if (out.len >= RESULT_BYTES_MAX) {
            call_fail_too_long(call, row);
            continue;
        }
        result_slice(ret, row, buffer_slice(&out));
    }
}

static void add_part(struct array_builder *builder, struct slice part,
                     const struct slice *null_text) {
    array_builder_add(builder, null_text && slice_equal(part, *null_text) ? NULL : &part);
}

/* separator NULL: every character is a part; empty: the whole text is one. */
static void split(struct slice text, const struct slice *separator, const struct slice *null_text,
                  struct array_builder *builder) {
    size_t from = 0, at = 0;
    while (at < text.len) {
        if (!separator) {
            from = at;
            at += utf8_width(text.data[at]);
            add_part(builder, slice_make(text.data + from, at - from), null_text);
            continue;
        }
        const char *found = separator->len
                                ? memmem(text.data + at, text.len - at, separator->data,
                                         separator->len)
                                : NULL;
        if (!found) {
            break;
        }
        size_t end = (size_t)(found - text.data);
        add_part(builder, slice_make(text.data + from, end - from), null_text);
        from = at = end + separator->len;
    }
    if (separator && text.len > 0) {
        add_part(builder, slice_make(text.data + from, text.len - from), null_text);
    }
}

static void text_to_array(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        if (argument_is_null(call, 0, row)) {
            call_null(call, ret, row);
            continue;
        }
        struct array_builder builder;
        array_builder_init(&builder, TYPE_TEXT, 8, call->arena);
        split(*argument_slice(call, 0, row), element_at(call, 1, row),
              call->arguments_count > 2 ? element_at(call, 2, row) : NULL, &builder);
        RESULT(ret, const struct array *, row) = array_builder_finish(&builder);
    }
}

#define ARRAY .array_arguments = 1
#define ARRAYS .array_arguments = 3
#define GIVES_ARRAY .result_array = true
#define NULLS .flags = FUNCTION_NULLS

#define ENTRIES(type) \
    ENTRY1("cardinality", type, INT4, array_cardinality, ARRAY), \
        ENTRY2("array_length", type, INT4, INT4, array_length, ARRAY), \
        ENTRY2("array_upper", type, INT4, INT4, array_length, ARRAY), \
        ENTRY2("array_lower", type, INT4, INT4, array_lower, ARRAY), \
        ENTRY1("array_ndims", type, INT4, array_ndims, ARRAY), \
        ENTRY2("[]", type, INT4, type, array_subscript, ARRAY), \
        ENTRY2("||", type, type, type, array_append, ARRAY, GIVES_ARRAY, NULLS), \
        ENTRY2("||", type, type, type, array_prepend, .array_arguments = 2, GIVES_ARRAY, NULLS), \
        ENTRY2("||", type, type, type, array_cat, ARRAYS, GIVES_ARRAY, NULLS), \
        ENTRY2("array_append", type, type, type, array_append, ARRAY, GIVES_ARRAY, NULLS), \
        ENTRY2("array_prepend", type, type, type, array_prepend, .array_arguments = 2, \
               GIVES_ARRAY, NULLS), \
        ENTRY2("array_cat", type, type, type, array_cat, ARRAYS, GIVES_ARRAY, NULLS), \
        ENTRY2("array_to_string", type, TEXT, TEXT, array_to_text, ARRAY, STABLE), \
        ENTRY3("array_to_string", type, TEXT, TEXT, TEXT, array_to_text, ARRAY, STABLE, NULLS), \
        ENTRY2("trim_array", type, INT4, type, array_trim, ARRAY, GIVES_ARRAY)

/* What needs an order or equality, which json does not have. */
#define EQUAL_ENTRIES(type) \
    ENTRY2("array_remove", type, type, type, array_change, ARRAY, GIVES_ARRAY, NULLS), \
        ENTRY3("array_replace", type, type, type, type, array_change, ARRAY, GIVES_ARRAY, NULLS), \
        ENTRY2("array_position", type, type, INT4, array_position, ARRAY, NULLS), \
        ENTRY3("array_position", type, type, INT4, INT4, array_position, ARRAY, NULLS), \
        ENTRY2("array_positions", type, type, INT4, array_positions, ARRAY, GIVES_ARRAY, NULLS), \
        ENTRY2("@>", type, type, BOOL, array_contains, ARRAYS), \
        ENTRY2("<@", type, type, BOOL, array_contained, ARRAYS), \
        ENTRY2("&&", type, type, BOOL, array_overlaps, ARRAYS)

#define ALL_ENTRIES(type) ENTRIES(type), EQUAL_ENTRIES(type)

const struct function functions_array[] = {
    ALL_ENTRIES(TEXT),
    ALL_ENTRIES(BOOL),
    ALL_ENTRIES(INT2),
    ALL_ENTRIES(INT4),
    ALL_ENTRIES(INT8),
    ALL_ENTRIES(FLOAT4),
    ALL_ENTRIES(FLOAT8),
    ALL_ENTRIES(NUMERIC),
    ALL_ENTRIES(BYTEA),
    ALL_ENTRIES(UUID),
    ALL_ENTRIES(DATE),
    ALL_ENTRIES(TIME),
    ALL_ENTRIES(TIMESTAMP),
    ALL_ENTRIES(TIMESTAMPTZ),
    ALL_ENTRIES(INTERVAL),
    ALL_ENTRIES(JSONB),
    ENTRIES(JSON),
    ENTRY2("string_to_array", TEXT, TEXT, TEXT, text_to_array, GIVES_ARRAY, NULLS),
    ENTRY3("string_to_array", TEXT, TEXT, TEXT, TEXT, text_to_array, GIVES_ARRAY, NULLS),
    {0},
};
