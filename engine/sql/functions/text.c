/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of text that cut, join and search, as Postgres's varlena.c and oracle_compat.c.
 * Positions count characters, never bytes; results that are a part of an argument are slices of it,
 * without a copy. */
#include "engine/sql/functions/case.h"
#include "engine/sql/functions/kernel.h"
#include "engine/sql/functions/tables.h"
#include "engine/sql/functions/utf8.h"

static struct slice part(struct slice text, size_t from, size_t to) {
    return slice_make(text.data + from, to - from);
}

/* A function from one text to an int4. */
#define MEASURE_FUNCTION(name, expression) \
    static void name(struct call *call, struct column *ret) { \
        EACH_ROW(call, row) { \
            struct slice value = *argument_slice(call, 0, row); \
            RESULT(ret, int32_t, row) = (int32_t)(expression); \
        } \
    }

static int32_t first_code(struct slice value) {
    size_t at = 0;
    return value.len ? utf8_next(value, &at) : 0;
}

MEASURE_FUNCTION(text_length, utf8_count(value))
MEASURE_FUNCTION(octet_length, value.len)
MEASURE_FUNCTION(bit_length, value.len * 8)
MEASURE_FUNCTION(text_ascii, first_code(value))

static void text_lower(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        result_slice(ret, row, case_lower(*argument_slice(call, 0, row), call->arena));
    }
}

static void text_upper(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        result_slice(ret, row, case_upper(*argument_slice(call, 0, row), call->arena));
    }
}

static void text_initcap(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        result_slice(ret, row, case_initial(*argument_slice(call, 0, row), call->arena));
    }
}

/* Room for a result, or NULL after the row was failed because it is too long. */
static char *result_room(struct call *call, uint32_t row, uint64_t bytes) {
    if (bytes >= RESULT_BYTES_MAX) {
        call_fail_too_long(call, row);
        return NULL;
    }
    return arena_alloc(call->arena, bytes ? bytes : 1);
}

static void bytes_concat(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        struct slice left = *argument_slice(call, 0, row), right = *argument_slice(call, 1, row);
        char *room = result_room(call, row, (uint64_t)left.len + right.len);
        if (room) {
            slice_write(slice_write(room, left), right);
            result_slice(ret, row, slice_make(room, left.len + right.len));
        }
    }
}

/* `||` of text and anything: the other side as its cast to text, which differs from output for
 * bool. */
static void append_cast(struct call *call, uint32_t argument, uint32_t row, struct buffer *out) {
    struct type type = argument_type(call, argument);
    const void *value = argument_value(call, argument, row);
    if (type.id == TYPE_BOOL && !type.array) {
        buffer_append_slice(out, slice_of(*(const uint8_t *)value ? "true" : "false"));
    } else {
        value_print(type, value, call->zone, out);
    }
}

static void text_concat_any(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        struct buffer out;
        buffer_init(&out, call->arena, 64);
        append_cast(call, 0, row, &out);
        append_cast(call, 1, row, &out);
        if (out.len >= RESULT_BYTES_MAX) {
            call_fail_too_long(call, row);
            continue;
        }
        result_slice(ret, row, buffer_slice(&out));
    }
}

/* Postgres's substring of characters [start, start + length), cut to what exists. */
static struct slice characters(struct slice text, int64_t start, int64_t length, bool by_byte) {
    int64_t end = start + length;
    start = start < 1 ? 1 : start;
    if (end <= start) {
        return SLICE_LITERAL("");
    }
    if (by_byte) {
        size_t from = (uint64_t)(start - 1) < text.len ? (size_t)(start - 1) : text.len;
        size_t to = (uint64_t)(end - 1) < text.len ? (size_t)(end - 1) : text.len;
        return part(text, from, to);
    }
    size_t from = utf8_offset(text, (size_t)(start - 1));
    struct slice rest = part(text, from, text.len);
    return part(rest, 0, utf8_offset(rest, (size_t)(end - start)));
}

static void substring(struct call *call, struct column *ret, bool by_byte) {
    bool has_length = call->arguments_count > 2;
    EACH_ROW(call, row) {
        int64_t start = ARGUMENT(call, 1, int32_t, row);
        int64_t length = has_length ? ARGUMENT(call, 2, int32_t, row) : INT64_C(1) << 40;
        if (length < 0) {
            call_fail(call, row, "22011", "negative substring length not allowed");
            continue;
        }
        result_slice(ret, row, characters(*argument_slice(call, 0, row), start, length, by_byte));
    }
}

static void text_substring(struct call *call, struct column *ret) {
    substring(call, ret, false);
}

static void bytea_substring(struct call *call, struct column *ret) {
    substring(call, ret, true);
}

/* left(s, n) and right(s, n): a negative n leaves out that many at the other end. */
static size_t left_offset(struct slice text, int64_t count) {
    if (count < 0) {
        int64_t all = (int64_t)utf8_count(text);
        count = all + count > 0 ? all + count : 0;
    }
    return utf8_offset(text, (size_t)count);
}

static void text_left(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        struct slice text = *argument_slice(call, 0, row);
        result_slice(ret, row, part(text, 0, left_offset(text, ARGUMENT(call, 1, int32_t, row))));
    }
}

static void text_right(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        struct slice text = *argument_slice(call, 0, row);
        int64_t count = ARGUMENT(call, 1, int32_t, row);
        int64_t skip = count < 0 ? -count : (int64_t)utf8_count(text) - count;
        size_t from = utf8_offset(text, (size_t)(skip < 0 ? 0 : skip));
        result_slice(ret, row, part(text, from, text.len));
    }
}

/* Fills `bytes` of out with repetitions of fill, which is not empty. */
static void fill_repeat(char *out, size_t bytes, struct slice fill) {
    for (size_t at = 0; at < bytes; at += fill.len) {
        memcpy(out + at, fill.data, bytes - at < fill.len ? bytes - at : fill.len);
    }
}

static void pad(struct call *call, struct column *ret, bool at_left) {
    bool has_fill = call->arguments_count > 2;
    EACH_ROW(call, row) {
        struct slice text = *argument_slice(call, 0, row);
        struct slice fill = has_fill ? *argument_slice(call, 2, row) : SLICE_LITERAL(" ");
        int32_t wanted = ARGUMENT(call, 1, int32_t, row);
        uint64_t want = wanted < 0 ? 0 : (uint64_t)wanted, has = utf8_count(text);
        if (want <= has || fill.len == 0) {
            result_slice(ret, row, part(text, 0, utf8_offset(text, want)));
            continue;
        }
        uint64_t missing = want - has, fill_count = utf8_count(fill);
        uint64_t bytes = missing / fill_count * fill.len + utf8_offset(fill, missing % fill_count);
        char *room = result_room(call, row, bytes + text.len);
        if (room) {
            fill_repeat(at_left ? room : room + text.len, bytes, fill);
            slice_write(at_left ? room + bytes : room, text);
            result_slice(ret, row, slice_make(room, bytes + text.len));
        }
    }
}

static void text_lpad(struct call *call, struct column *ret) {
    pad(call, ret, true);
}

static void text_rpad(struct call *call, struct column *ret) {
    pad(call, ret, false);
}

static bool has_character(struct slice set, struct slice character) {
    for (size_t at = 0; at < set.len; at += utf8_width(set.data[at])) {
        if (slice_starts_with(part(set, at, set.len), character)) {
            return true;
        }
    }
    return false;
}

static struct slice trim_left(struct slice text, struct slice set) {
    while (text.len > 0) {
        size_t width = utf8_width(text.data[0]);
        if (!has_character(set, part(text, 0, width))) {
            break;
        }
        text = part(text, width, text.len);
    }
    return text;
}

static struct slice trim_right(struct slice text, struct slice set) {
    while (text.len > 0) {
        size_t last = text.len - 1;
        while (utf8_is_continuation(text.data[last])) {
            last--;
        }
        if (!has_character(set, part(text, last, text.len))) {
            break;
        }
        text.len = last;
    }
    return text;
}

static void trim(struct call *call, struct column *ret, bool at_left, bool at_right) {
    bool has_set = call->arguments_count > 1;
    EACH_ROW(call, row) {
        struct slice text = *argument_slice(call, 0, row);
        struct slice set = has_set ? *argument_slice(call, 1, row) : SLICE_LITERAL(" ");
        text = at_left ? trim_left(text, set) : text;
        result_slice(ret, row, at_right ? trim_right(text, set) : text);
    }
}

static void text_btrim(struct call *call, struct column *ret) {
    trim(call, ret, true, true);
}

static void text_ltrim(struct call *call, struct column *ret) {
    trim(call, ret, true, false);
}

static void text_rtrim(struct call *call, struct column *ret) {
    trim(call, ret, false, true);
}

/* The offset of the needle at or after `from`, or SIZE_MAX. */
static size_t find(struct slice text, struct slice needle, size_t from) {
    if (text.len - from < needle.len) {
        return SIZE_MAX;
    }
    const char *found = memmem(text.data + from, text.len - from, needle.data, needle.len);
    return found ? (size_t)(found - text.data) : SIZE_MAX;
}

static void text_strpos(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        struct slice text = *argument_slice(call, 0, row);
        struct slice needle = *argument_slice(call, 1, row);
        size_t at = needle.len ? find(text, needle, 0) : 0;
        RESULT(ret, int32_t, row) =
            at == SIZE_MAX ? 0 : (int32_t)utf8_count(part(text, 0, at)) + 1;
    }
}

/* False after the row was failed because the result is too long. */
static bool replace_all(struct call *call, uint32_t row, struct slice text, struct buffer *out) {
    struct slice from = *argument_slice(call, 1, row), to = *argument_slice(call, 2, row);
    size_t at = 0;
    for (size_t found; (found = find(text, from, at)) != SIZE_MAX; at = found + from.len) {
        buffer_append_slice(out, part(text, at, found));
        buffer_append_slice(out, to);
        if (out->len >= RESULT_BYTES_MAX) {
            call_fail_too_long(call, row);
            return false;
        }
    }
    buffer_append_slice(out, part(text, at, text.len));
    return true;
}

static void text_replace(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        struct slice text = *argument_slice(call, 0, row);
        struct slice from = *argument_slice(call, 1, row);
        if (from.len == 0 || find(text, from, 0) == SIZE_MAX) {
            result_slice(ret, row, text);
            continue;
        }
        struct buffer out;
        buffer_init(&out, call->arena, text.len + 16);
        if (replace_all(call, row, text, &out)) {
            result_slice(ret, row, buffer_slice(&out));
        }
    }
}

static void text_reverse(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        struct slice text = *argument_slice(call, 0, row);
        char *room = arena_alloc(call->arena, text.len + 1);
        for (size_t at = 0, width; at < text.len; at += width) {
            width = utf8_width(text.data[at]);
            memcpy(room + text.len - at - width, text.data + at, width);
        }
        result_slice(ret, row, slice_make(room, text.len));
    }
}

static void text_repeat(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        struct slice text = *argument_slice(call, 0, row);
        int32_t times = ARGUMENT(call, 1, int32_t, row);
        uint64_t bytes = times > 0 ? (uint64_t)times * text.len : 0;
        char *room = result_room(call, row, bytes);
        if (room) {
            fill_repeat(room, bytes, text);
            result_slice(ret, row, slice_make(room, bytes));
        }
    }
}

/* Field n of the text, from the end when n is negative; empty when there is none. */
static struct slice split_field(struct slice text, struct slice separator, int64_t n) {
    if (separator.len == 0) {
        return n == 1 || n == -1 ? text : SLICE_LITERAL("");
    }
    if (n < 0) {
        int64_t fields = 1;
        for (size_t at = 0; (at = find(text, separator, at)) != SIZE_MAX; at += separator.len) {
            fields++;
        }
        n += fields + 1;
    }
    size_t at = 0;
    for (; n > 1; n--) {
        size_t found = find(text, separator, at);
        if (found == SIZE_MAX) {
            return SLICE_LITERAL("");
        }
        at = found + separator.len;
    }
    size_t end = find(text, separator, at);
    return n < 1 ? SLICE_LITERAL("") : part(text, at, end == SIZE_MAX ? text.len : end);
}

static void text_split_part(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        int32_t n = ARGUMENT(call, 2, int32_t, row);
        if (n == 0) {
            call_fail(call, row, "22023", "field position must not be zero");
            continue;
        }
        result_slice(ret, row,
                     split_field(*argument_slice(call, 0, row), *argument_slice(call, 1, row), n));
    }
}

/* Each character that is in `from` becomes the one at the same place in `to`, or nothing. */
static struct slice translate(struct slice text, struct slice from, struct slice to,
                              struct arena *arena) {
    char *room = arena_alloc(arena, text.len * 4 + 1);
    size_t len = 0;
    for (size_t at = 0, width; at < text.len; at += width) {
        width = utf8_width(text.data[at]);
        struct slice character = part(text, at, at + width);
        size_t place = 0, from_at = 0;
        while (from_at < from.len && !slice_starts_with(part(from, from_at, from.len), character)) {
            from_at += utf8_width(from.data[from_at]);
            place++;
        }
        if (from_at < from.len) {
            size_t to_at = utf8_offset(to, place);
            size_t to_end = to_at < to.len ? to_at + utf8_width(to.data[to_at]) : to_at;
            character = part(to, to_at, to_end);
        }
        slice_write(room + len, character);
        len += character.len;
    }
    arena_trim(arena, room, text.len * 4 + 1, len + 1);
    return slice_make(room, len);
}

static void text_translate(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        struct slice text = *argument_slice(call, 0, row);
        if (text.len >= RESULT_BYTES_MAX / 4) {
            call_fail_too_long(call, row);
            continue;
        }
        result_slice(ret, row,
                     translate(text, *argument_slice(call, 1, row), *argument_slice(call, 2, row),
                               call->arena));
    }
}

static void text_chr(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        int32_t code = ARGUMENT(call, 0, int32_t, row);
        if (code < 0) {
            call_fail(call, row, "22023", "character number must be positive");
        } else if (code == 0) {
            call_fail(call, row, "54000", "null character not permitted");
        } else if (code > 0x10FFFF) {
            call_fail(call, row, "54000", "requested character too large for encoding: %d", code);
        } else if (code >= 0xD800 && code <= 0xDFFF) {
            call_fail(call, row, "54000", "requested character not valid for encoding: %d", code);
        } else {
            char *room = arena_alloc(call->arena, 4);
            result_slice(ret, row, slice_make(room, utf8_put(code, room)));
        }
    }
}

static void text_overlay(struct call *call, struct column *ret) {
    bool has_length = call->arguments_count > 3;
    EACH_ROW(call, row) {
        struct slice text = *argument_slice(call, 0, row), put = *argument_slice(call, 1, row);
        int32_t start = ARGUMENT(call, 2, int32_t, row), after;
        int32_t length =
            has_length ? ARGUMENT(call, 3, int32_t, row) : (int32_t)utf8_count(put);
        if (start <= 0) {
            call_fail(call, row, "22011", "negative substring length not allowed");
            continue;
        }
        if (__builtin_add_overflow(start, length, &after)) {
            call_fail(call, row, "22003", "integer out of range");
            continue;
        }
        struct slice before = characters(text, 1, start - 1, false);
        struct slice rest = characters(text, after, INT64_C(1) << 40, false);
        char *room = result_room(call, row, (uint64_t)before.len + put.len + rest.len);
        if (room) {
            slice_write(slice_write(slice_write(room, before), put), rest);
            result_slice(ret, row, slice_make(room, before.len + put.len + rest.len));
        }
    }
}

const struct function functions_text[] = {
    ENTRY1("length", TEXT, INT4, text_length),
    ENTRY1("char_length", TEXT, INT4, text_length),
    ENTRY1("character_length", TEXT, INT4, text_length),
    ENTRY1("length", BYTEA, INT4, octet_length),
    ENTRY1("octet_length", TEXT, INT4, octet_length),
    ENTRY1("octet_length", BYTEA, INT4, octet_length),
    ENTRY1("bit_length", TEXT, INT4, bit_length),
    ENTRY1("bit_length", BYTEA, INT4, bit_length),
    ENTRY1("ascii", TEXT, INT4, text_ascii),
    ENTRY1("chr", INT4, TEXT, text_chr),
    ENTRY1("lower", TEXT, TEXT, text_lower),
    ENTRY1("upper", TEXT, TEXT, text_upper),
    ENTRY1("initcap", TEXT, TEXT, text_initcap),
    ENTRY2("||", TEXT, TEXT, TEXT, bytes_concat),
    ENTRY2("||", BYTEA, BYTEA, BYTEA, bytes_concat),
    ENTRY2("||", TEXT, UNKNOWN, TEXT, text_concat_any, STABLE, .flags = FUNCTION_ANY),
    ENTRY2("||", UNKNOWN, TEXT, TEXT, text_concat_any, STABLE, .flags = FUNCTION_ANY),
    ENTRY2("substr", TEXT, INT4, TEXT, text_substring),
    ENTRY3("substr", TEXT, INT4, INT4, TEXT, text_substring),
    ENTRY2("substring", TEXT, INT4, TEXT, text_substring),
    ENTRY3("substring", TEXT, INT4, INT4, TEXT, text_substring),
    ENTRY2("substr", BYTEA, INT4, BYTEA, bytea_substring),
    ENTRY3("substr", BYTEA, INT4, INT4, BYTEA, bytea_substring),
    ENTRY2("substring", BYTEA, INT4, BYTEA, bytea_substring),
    ENTRY3("substring", BYTEA, INT4, INT4, BYTEA, bytea_substring),
    ENTRY2("left", TEXT, INT4, TEXT, text_left),
    ENTRY2("right", TEXT, INT4, TEXT, text_right),
    ENTRY2("lpad", TEXT, INT4, TEXT, text_lpad),
    ENTRY3("lpad", TEXT, INT4, TEXT, TEXT, text_lpad),
    ENTRY2("rpad", TEXT, INT4, TEXT, text_rpad),
    ENTRY3("rpad", TEXT, INT4, TEXT, TEXT, text_rpad),
    ENTRY1("btrim", TEXT, TEXT, text_btrim),
    ENTRY2("btrim", TEXT, TEXT, TEXT, text_btrim),
    ENTRY1("ltrim", TEXT, TEXT, text_ltrim),
    ENTRY2("ltrim", TEXT, TEXT, TEXT, text_ltrim),
    ENTRY1("rtrim", TEXT, TEXT, text_rtrim),
    ENTRY2("rtrim", TEXT, TEXT, TEXT, text_rtrim),
    ENTRY2("strpos", TEXT, TEXT, INT4, text_strpos),
    ENTRY2("position", TEXT, TEXT, INT4, text_strpos),
    ENTRY3("replace", TEXT, TEXT, TEXT, TEXT, text_replace),
    ENTRY1("reverse", TEXT, TEXT, text_reverse),
    ENTRY2("repeat", TEXT, INT4, TEXT, text_repeat),
    ENTRY3("split_part", TEXT, TEXT, INT4, TEXT, text_split_part),
    ENTRY3("translate", TEXT, TEXT, TEXT, TEXT, text_translate),
    ENTRY3("overlay", TEXT, TEXT, INT4, TEXT, text_overlay),
    ENTRY4("overlay", TEXT, TEXT, INT4, INT4, TEXT, text_overlay),
    {0},
};
