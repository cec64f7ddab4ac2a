/* SPDX-License-Identifier: Apache-2.0 */
/* Order of two values, as Postgres's btree operator classes define it: NaN above all numbers and
 * equal to itself, -0 equal to 0, char(n) without its trailing blanks, arrays element by element
 * with null last. */
#include "engine/record/datetime.h"
#include "engine/record/json.h"
#include "engine/record/numeric.h"
#include "engine/record/value.h"

#include <assert.h>
#include <math.h>

#define COMPARE(c_type) compare_int(*(const c_type *)a, *(const c_type *)b)

static int compare_int(int64_t a, int64_t b) {
    return (a > b) - (a < b);
}

static int compare_float(double a, double b) {
    if (isnan(a) || isnan(b)) {
        return !!isnan(a) - !!isnan(b);
    }
    return (a > b) - (a < b);
}

static struct slice blanks_strip(struct slice text) {
    while (text.len && text.data[text.len - 1] == ' ') {
        text.len--;
    }
    return text;
}

static int compare_text(struct type type, struct slice a, struct slice b) {
    return type.blank_padded ? slice_compare(blanks_strip(a), blanks_strip(b))
                             : slice_compare(a, b);
}

static bool is_null(const struct array *array, uint32_t i) {
    return array->nulls && (array->nulls[i >> 6] >> (i & 63) & 1);
}

static int compare_array(struct type type, const struct array *a, const struct array *b,
                         struct arena *scratch) {
    struct type element = type;
    element.array = false;
    size_t width = type_width(element);
    for (uint32_t i = 0; i < a->count && i < b->count; i++) {
        int order;
        if (is_null(a, i) || is_null(b, i)) {
            order = (int)is_null(a, i) - (int)is_null(b, i);
        } else {
            order = value_compare(element, (const char *)a->values + i * width,
                                  (const char *)b->values + i * width, scratch);
        }
        if (order) {
            return order;
        }
    }
    return compare_int(a->count, b->count);
}

int value_compare(struct type type, const void *a, const void *b, struct arena *scratch) {
    const struct slice *left = a, *right = b;
    if (type.array) {
        return compare_array(type, *(const struct array *const *)a, *(const struct array *const *)b,
                             scratch);
    }
    switch (type.id) {
    case TYPE_BOOL:
        return COMPARE(uint8_t);
    case TYPE_INT2:
        return COMPARE(int16_t);
    case TYPE_INT4:
    case TYPE_DATE:
        return COMPARE(int32_t);
    case TYPE_INT8:
    case TYPE_TIME:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMPTZ:
        return COMPARE(int64_t);
    case TYPE_FLOAT4:
        return compare_float((double)*(const float *)a, (double)*(const float *)b);
    case TYPE_FLOAT8:
        return compare_float(*(const double *)a, *(const double *)b);
    case TYPE_NUMERIC:
        return numeric_compare(*left, *right);
    case TYPE_UNKNOWN:
    case TYPE_TEXT:
        return compare_text(type, *left, *right);
    case TYPE_BYTEA:
    case TYPE_JSON:
        return slice_compare(*left, *right);
    case TYPE_UUID:
        return memcmp(a, b, sizeof(struct uuid));
    case TYPE_INTERVAL:
        return interval_compare(*(const struct interval *)a, *(const struct interval *)b);
    case TYPE_JSONB:
        return jsonb_compare(*left, *right, scratch);
    case TYPE_ID_COUNT:
        break;
    }
    assert(!"a type id that does not exist");
    return 0;
}
