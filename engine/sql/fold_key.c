/* SPDX-License-Identifier: Apache-2.0 */
/* Keys: each value becomes a presence byte and bytes that are equal exactly when Postgres finds the
 * values equal (1.0 = 1.00, -0 = 0, NaN = NaN, 1 mon = 30 days, jsonb by content). The table is
 * open addressing with linear probing, at most two thirds full. */
#include "engine/sql/fold.h"

#include "engine/record/json.h"

static void put(struct buffer *out, const void *data, size_t len) {
    buffer_append(out, data, len);
}

static void put_slice(struct buffer *out, struct slice value) {
    uint32_t len = (uint32_t)value.len;
    put(out, &len, sizeof len);
    buffer_append_slice(out, value);
}

/* Without trailing zeros of the fraction, so that the scale does not matter. */
static struct slice numeric_key(struct slice value) {
    if (memchr(value.data, '.', value.len)) {
        while (value.data[value.len - 1] == '0') {
            value.len--;
        }
        value.len -= value.data[value.len - 1] == '.';
    }
    return slice_is(value, "-0") ? SLICE_LITERAL("0") : value;
}

static void put_double(struct buffer *out, double value) {
    double canonical = value != value ? __builtin_nan("") : value == 0 ? 0.0 : value;
    put(out, &canonical, sizeof canonical);
}

static void put_interval(struct buffer *out, struct interval value) {
    __int128 span = (__int128)value.us +
                    ((__int128)value.days + (__int128)value.months * 30) * INT64_C(86400000000);
    put(out, &span, sizeof span);
}

/* The end of the string that begins at text[at]. */
static size_t string_end(struct slice text, size_t at) {
    for (at++; at < text.len && text.data[at] != '"'; at++) {
        at += text.data[at] == '\\';
    }
    return at + 1;
}

static size_t number_end(struct slice text, size_t at) {
    while (at < text.len && strchr("-+.0123456789eE", text.data[at])) {
        at++;
    }
    return at;
}

/* The normal text with numbers freed of their scale: 1.0 = 1. */
static void put_jsonb(struct buffer *out, struct slice value, struct arena *scratch) {
    struct buffer normal;
    buffer_init(&normal, scratch, value.len + 16);
    jsonb_normalise(value, scratch, &normal);
    struct slice text = buffer_slice(&normal);
    for (size_t at = 0, end; at < text.len; at = end) {
        char first = text.data[at];
        if (first == '-' || (first >= '0' && first <= '9')) {
            end = number_end(text, at);
            buffer_append_slice(out, numeric_key(slice_make(text.data + at, end - at)));
        } else {
            end = first == '"' ? string_end(text, at) : at + 1;
            put(out, text.data + at, end - at);
        }
    }
    buffer_append_byte(out, '\0'); /* no JSON text contains it: the end is known */
}

static struct slice without_blanks(struct slice text) {
    while (text.len > 0 && text.data[text.len - 1] == ' ') {
        text.len--;
    }
    return text;
}

static void put_value(struct type type, const void *value, struct arena *scratch,
                      struct buffer *out);

static void put_array(const struct array *array, struct arena *scratch, struct buffer *out) {
    struct type element = {.id = array->element, .modifier = -1};
    struct column column = {.type = element,
                            .rows = array->count,
                            .values = (void *)(uintptr_t)array->values,
                            .nulls = (uint64_t *)(uintptr_t)array->nulls};
    put(out, &array->count, sizeof array->count);
    for (uint32_t i = 0; i < array->count; i++) {
        key_encode(&column, i, scratch, out);
    }
}

static void put_value(struct type type, const void *value, struct arena *scratch,
                      struct buffer *out) {
    if (type.array) {
        put_array(*(struct array *const *)value, scratch, out);
        return;
    }
    switch (type.id) {
    case TYPE_FLOAT4:
        put_double(out, *(const float *)value);
        break;
    case TYPE_FLOAT8:
        put_double(out, *(const double *)value);
        break;
    case TYPE_NUMERIC:
        put_slice(out, numeric_key(*(const struct slice *)value));
        break;
    case TYPE_TEXT:
        put_slice(out, type.blank_padded ? without_blanks(*(const struct slice *)value)
                                         : *(const struct slice *)value);
        break;
    case TYPE_BYTEA:
    case TYPE_JSON:
    case TYPE_UNKNOWN:
        put_slice(out, *(const struct slice *)value);
        break;
    case TYPE_JSONB:
        put_jsonb(out, *(const struct slice *)value, scratch);
        break;
    case TYPE_INTERVAL:
        put_interval(out, *(const struct interval *)value);
        break;
    default:
        put(out, value, type_width(type));
        break;
    }
}

void key_encode(const struct column *column, uint32_t row, struct arena *scratch,
                struct buffer *out) {
    bool null = column_is_null(column, row);
    buffer_append_byte(out, !null);
    if (!null) {
        put_value(column->type, column_at(column, row, type_width(column->type)), scratch, out);
    }
}

static uint64_t hash_bytes(struct slice key) {
    uint64_t hash = UINT64_C(0x9e3779b97f4a7c15) ^ key.len;
    size_t i = 0;
    for (; i + 8 <= key.len; i += 8) {
        uint64_t word;
        memcpy(&word, key.data + i, sizeof word);
        hash = (hash ^ word) * UINT64_C(0xff51afd7ed558ccd);
        hash ^= hash >> 32;
    }
    uint64_t tail = 0;
    memcpy(&tail, key.data + i, key.len - i);
    hash = (hash ^ tail) * UINT64_C(0xc4ceb9fe1a85ec53);
    return hash ^ hash >> 29;
}

void key_table_init(struct key_table *table, struct arena *arena) {
    *table = (struct key_table){.arena = arena, .capacity = 8, .slots_count = 16};
    table->keys = arena_alloc(arena, table->capacity * sizeof *table->keys);
    table->hashes = arena_alloc(arena, table->capacity * sizeof *table->hashes);
    table->slots = arena_zalloc(arena, table->slots_count * sizeof *table->slots);
}

static void key_table_grow(struct key_table *table) {
    uint32_t capacity = table->capacity * 2;
    table->keys = arena_grow(table->arena, table->keys, table->capacity * sizeof *table->keys,
                             capacity * sizeof *table->keys);
    table->hashes = arena_grow(table->arena, table->hashes, table->capacity * sizeof *table->hashes,
                               capacity * sizeof *table->hashes);
    table->capacity = capacity;
    table->slots_count = capacity * 2;
    table->slots = arena_zalloc(table->arena, table->slots_count * sizeof *table->slots);
    for (uint32_t i = 0; i < table->count; i++) {
        uint32_t slot = (uint32_t)table->hashes[i] & (table->slots_count - 1);
        while (table->slots[slot]) {
            slot = (slot + 1) & (table->slots_count - 1);
        }
        table->slots[slot] = i + 1;
    }
}

uint32_t key_table_add(struct key_table *table, struct slice key, bool *ret_new) {
    uint64_t hash = hash_bytes(key);
    if (table->count == table->capacity) {
        key_table_grow(table);
    }
    uint32_t slot = (uint32_t)hash & (table->slots_count - 1);
    for (; table->slots[slot]; slot = (slot + 1) & (table->slots_count - 1)) {
        uint32_t number = table->slots[slot] - 1;
        if (table->hashes[number] == hash && slice_equal(table->keys[number], key)) {
            *ret_new = false;
            return number;
        }
    }
    *ret_new = true;
    table->slots[slot] = table->count + 1;
    table->hashes[table->count] = hash;
    table->keys[table->count] = arena_copy(table->arena, key);
    return table->count++;
}

bool key_table_has(const struct key_table *table, struct slice key) {
    uint64_t hash = hash_bytes(key);
    uint32_t slot = (uint32_t)hash & (table->slots_count - 1);
    for (; table->slots[slot]; slot = (slot + 1) & (table->slots_count - 1)) {
        uint32_t number = table->slots[slot] - 1;
        if (table->hashes[number] == hash && slice_equal(table->keys[number], key)) {
            return true;
        }
    }
    return false;
}
