/* SPDX-License-Identifier: Apache-2.0 */
/* What Postgres's jsonb makes of a JSON text: members sorted by the key's length, then bytes, the
 * last of equal keys; canonical numbers and strings. Text and order follow JsonbToCString and
 * compareJsonbContainers of Postgres 15, with strings compared by bytes (COLLATE "C"). Recursion is
 * as deep as the scanner's depth limit allows. */
#include "engine/record/json.h"

#include "engine/base/buffer.h"
#include "engine/record/encode.h"
#include "engine/record/json_keys.h"
#include "engine/record/numeric.h"

#include <stdlib.h>

struct member {
    struct slice key; /* unescaped */
    struct json_value value;
    uint32_t order; /* in the text */
};

struct members {
    struct member *list;
    uint32_t count;
};

static struct slice string_text(struct json_value string, struct arena *arena) {
    struct slice text = {.data = "", .len = 0};
    const char *code;
    (void)json_unescape(string, arena, &text, &code); /* jsonb holds no string that fails */
    return text;
}

static int key_compare(struct slice a, struct slice b) {
    return a.len != b.len ? (a.len > b.len) - (a.len < b.len) : slice_compare(a, b);
}

static int member_compare(const void *a, const void *b) {
    const struct member *left = a, *right = b;
    int order = key_compare(left->key, right->key);
    return order ? order : (left->order > right->order) - (left->order < right->order);
}

static uint32_t members_unique(struct member *list, uint32_t count) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (i + 1 == count || key_compare(list[i].key, list[i + 1].key) != 0) {
            list[kept++] = list[i];
        }
    }
    return kept;
}

static struct members members_sorted(struct slice object, struct arena *arena) {
    struct json_value key, value;
    uint32_t count = 0;
    bool sorted = true;
    for (size_t at = 0; json_next(object, &at, &key, &value);) {
        count++;
    }
    struct member *list = arena_alloc(arena, (count + 1) * sizeof *list);
    uint32_t i = 0;
    for (size_t at = 0; json_next(object, &at, &key, &value); i++) {
        list[i] = (struct member){.key = string_text(key, arena), .value = value, .order = i};
        sorted = sorted && (i == 0 || key_compare(list[i - 1].key, list[i].key) < 0);
    }
    if (!sorted) {
        qsort(list, count, sizeof *list, member_compare);
        count = members_unique(list, count);
    }
    return (struct members){.list = list, .count = count};
}

static struct slice number_text(struct slice text, struct arena *arena) {
    struct slice number = text;
    const char *code;
    (void)numeric_parse(text, arena, &number, &code);
    return number;
}

/* --- text ------------------------------------------------------------------------------------ */

/* Exponents are written out, as Postgres does: eight bytes may become 131,072. Numbers longer than
 * LONG_NUMBER share WRITTEN_OUT_MAX in one document; what has no room left keeps its spelling. */
enum { LONG_NUMBER = 64, WRITTEN_OUT_MAX = 4 << 20, EXPONENT_CLAMP = 1 << 20 };

struct normaliser {
    struct arena *scratch;
    struct buffer *out;
    size_t room;
};

/* Length of a JSON number without its exponent: 1.5e3 -> 1500. */
static size_t written_out_len(struct slice text) {
    const char *p = text.data, *end = p + text.len;
    bool negative = p < end && *p == '-', point = false, zero = true;
    int64_t fraction = 0, lead = -1, exponent = 0; /* lead: power of ten of the first digit not 0 */
    for (p += negative; p < end && *p != 'e' && *p != 'E'; p++) {
        if (*p == '.') {
            point = true;
            continue;
        }
        fraction += point;
        lead = zero ? (point ? -fraction : 0) : lead + !point;
        zero = zero && *p == '0';
    }
    if (p < end) {
        bool below = p + 1 < end && p[1] == '-';
        for (p += 1 + (p + 1 < end && (p[1] == '-' || p[1] == '+')); p < end; p++) {
            exponent = exponent < EXPONENT_CLAMP ? exponent * 10 + (*p - '0') : exponent;
        }
        exponent = below ? -exponent : exponent;
    }
    int64_t whole = zero || lead + exponent < 0 ? 1 : lead + exponent + 1;
    int64_t behind = fraction > exponent ? fraction - exponent : 0;
    return (size_t)((negative && !zero) + whole + (behind ? behind + 1 : 0));
}

static void normalise_number(struct normaliser *normaliser, struct slice text) {
    size_t len = memchr(text.data, 'e', text.len) || memchr(text.data, 'E', text.len)
                     ? written_out_len(text)
                     : text.len;
    if (len > LONG_NUMBER && len > normaliser->room && len > text.len) {
        buffer_append_slice(normaliser->out, text);
        return;
    }
    if (len > LONG_NUMBER) {
        normaliser->room -= len < normaliser->room ? len : normaliser->room;
    }
    buffer_append_slice(normaliser->out, number_text(text, normaliser->scratch));
}

static void normalise(struct normaliser *normaliser, const struct json_value *value);

static void normalise_object(struct normaliser *normaliser, struct slice object) {
    struct members members = members_sorted(object, normaliser->scratch);
    struct buffer *out = normaliser->out;
    buffer_append_byte(out, '{');
    for (uint32_t i = 0; i < members.count; i++) {
        if (i) {
            buffer_append(out, ", ", 2);
        }
        encode_json_string(members.list[i].key, out);
        buffer_append(out, ": ", 2);
        normalise(normaliser, &members.list[i].value);
    }
    buffer_append_byte(out, '}');
}

static void normalise_array(struct normaliser *normaliser, struct slice array) {
    struct buffer *out = normaliser->out;
    struct json_value item;
    bool first = true;
    buffer_append_byte(out, '[');
    for (size_t at = 0; json_next(array, &at, NULL, &item); first = false) {
        if (!first) {
            buffer_append(out, ", ", 2);
        }
        normalise(normaliser, &item);
    }
    buffer_append_byte(out, ']');
}

static void normalise(struct normaliser *normaliser, const struct json_value *value) {
    switch (value->kind) {
    case JSON_OBJECT:
        normalise_object(normaliser, value->text);
        break;
    case JSON_ARRAY:
        normalise_array(normaliser, value->text);
        break;
    case JSON_STRING:
        encode_json_string(string_text(*value, normaliser->scratch), normaliser->out);
        break;
    case JSON_NUMBER:
        normalise_number(normaliser, value->text);
        break;
    default:
        buffer_append_slice(normaliser->out, value->text);
    }
}

void jsonb_normalise(struct slice text, struct arena *scratch, struct buffer *out) {
    struct normaliser normaliser = {.scratch = scratch, .out = out, .room = WRITTEN_OUT_MAX};
    struct json_value root = json_root(text);
    normalise(&normaliser, &root);
}

/* --- order ----------------------------------------------------------------------------------- */

static int compare(const struct json_value *a, const struct json_value *b, struct arena *scratch);

/* Postgres's order of types; both booleans are one type. */
static int kind_rank(enum json_kind kind) {
    switch (kind) {
    case JSON_NONE:
    case JSON_NULL:
        return 0;
    case JSON_STRING:
        return 1;
    case JSON_NUMBER:
        return 2;
    case JSON_FALSE:
    case JSON_TRUE:
        return 3;
    case JSON_ARRAY:
        return 4;
    case JSON_OBJECT:
        break;
    }
    return 5;
}

static int compare_objects(struct slice a, struct slice b, struct arena *scratch) {
    struct members left = members_sorted(a, scratch), right = members_sorted(b, scratch);
    if (left.count != right.count) {
        return left.count > right.count ? 1 : -1;
    }
    for (uint32_t i = 0; i < left.count; i++) {
        int order = slice_compare(left.list[i].key, right.list[i].key);
        if (order == 0) {
            order = compare(&left.list[i].value, &right.list[i].value, scratch);
        }
        if (order) {
            return order;
        }
    }
    return 0;
}

static int compare_arrays(struct slice a, struct slice b, struct arena *scratch) {
    uint32_t left = json_array_length(a), right = json_array_length(b);
    if (left != right) {
        return left > right ? 1 : -1;
    }
    struct json_value x, y;
    for (size_t at = 0, bt = 0; json_next(a, &at, NULL, &x) && json_next(b, &bt, NULL, &y);) {
        int order = compare(&x, &y, scratch);
        if (order) {
            return order;
        }
    }
    return 0;
}

static int compare(const struct json_value *a, const struct json_value *b, struct arena *scratch) {
    int left = kind_rank(a->kind), right = kind_rank(b->kind);
    if (left != right) {
        return left > right ? 1 : -1;
    }
    if (slice_equal(a->text, b->text)) {
        return 0;
    }
    switch (a->kind) {
    case JSON_STRING:
        return slice_compare(string_text(*a, scratch), string_text(*b, scratch));
    case JSON_NUMBER:
        return numeric_compare(number_text(a->text, scratch), number_text(b->text, scratch));
    case JSON_ARRAY:
        return compare_arrays(a->text, b->text, scratch);
    case JSON_OBJECT:
        return compare_objects(a->text, b->text, scratch);
    default:
        return (int)a->kind - (int)b->kind; /* false, true */
    }
}

/* An empty array is less than a scalar, but only at the top: Postgres keeps a lone scalar in an
 * array of one. */
int jsonb_compare(struct slice a, struct slice b, struct arena *scratch) {
    struct json_value left = json_root(a), right = json_root(b);
    bool left_scalar = kind_rank(left.kind) < 4, right_scalar = kind_rank(right.kind) < 4;
    if (left.kind == JSON_ARRAY && right_scalar && json_array_length(left.text) == 0) {
        return -1;
    }
    if (right.kind == JSON_ARRAY && left_scalar && json_array_length(right.text) == 0) {
        return 1;
    }
    return compare(&left, &right, scratch);
}
