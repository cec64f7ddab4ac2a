/* SPDX-License-Identifier: Apache-2.0 */
/* to_char of numbers, and to_hex. Integers and numerics go through decimal text, floats through the
 * C library's printing with as many digits as a double has. A constant picture is read at bind. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/record/numeric.h"
#include "engine/sql/functions/kernel.h"
#include "engine/sql/functions/number_picture.h"
#include "engine/sql/functions/tables.h"

enum { FLOAT_DIGITS = 6, DOUBLE_DIGITS = 15, ROMAN_MAX = 3999, PICTURE_BYTES_MAX = 1 << 20 };

static enum status prepare_picture(const struct column *const *constants, struct arena *arena,
                                   const struct timezone *zone, void **ret, struct error *error) {
    const struct column *format = constants[1];
    const char *code, *message;
    (void)zone;
    if (!format || column_is_null(format, 0) ||
        COLUMN_VALUE(format, struct slice, 0).len > PICTURE_BYTES_MAX) {
        return STATUS_OK;
    }
    struct picture *picture = arena_alloc(arena, sizeof(*picture));
    if (!picture_read(COLUMN_VALUE(format, struct slice, 0), arena, picture, &code, &message)) {
        return error_set(error, ERROR_PERMANENT, code, "%s", message);
    }
    *ret = picture;
    return STATUS_OK;
}

static bool is_finite(struct slice number) {
    return number.data[number.len - 1] <= '9';
}

/* "#.####" as wide as the picture, for EEEE of what has no exponent. */
static const char *hashes(const struct picture *picture, struct arena *arena) {
    size_t len = (size_t)picture->before + (size_t)picture->after + 6;
    char *room = arena_alloc(arena, len + 1);
    memset(room, '#', len);
    room[0] = ' ';
    room[picture->before + 1] = '.';
    room[len] = 0;
    return room;
}

/* The power of ten of the first digit that is not zero. */
static int exponent_of(struct slice number) {
    size_t first = 0, point = 0;
    while (point < number.len && number.data[point] != '.') {
        point++;
    }
    while (first < number.len && (number.data[first] < '1' || number.data[first] > '9')) {
        first++;
    }
    if (first == number.len) {
        return 0;
    }
    return first < point ? (int)(point - first) - 1 : -(int)(first - point);
}

/* d.ddde+xx of a finite number without sign. */
static const char *scientific(const struct picture *picture, struct slice number, bool negative,
                              struct arena *arena) {
    int after = picture->after, exponent = exponent_of(number);
    numeric_round(number, after - exponent, arena, &number);
    exponent = exponent_of(number);
    struct buffer out;
    buffer_init(&out, arena, (size_t)after + 32);
    buffer_append_byte(&out, negative ? '-' : ' ');
    int written = 0;
    for (size_t i = 0; i < number.len && written <= after; i++) {
        char digit = number.data[i];
        bool leading = written == 0 && digit == '0' && numeric_sign(number) != 0;
        if (digit != '.' && digit != '-' && !leading) {
            buffer_append_byte(&out, digit);
            buffer_append(&out, ".", ++written == 1 && after > 0);
        }
    }
    for (; written <= after; written++) {
        buffer_append_byte(&out, '0');
    }
    buffer_printf(&out, "e%c%02d", exponent < 0 ? '-' : '+', abs(exponent));
    buffer_append_byte(&out, 0);
    return out.data;
}

/* Fills number from decimal text; a numeric error is "22003". */
static const char *number_from_decimal(struct picture *picture, struct slice value,
                                       struct arena *arena, struct picture_number *ret) {
    const char *code = NULL;
    *ret = (struct picture_number){0};
    if (picture->roman) {
        int64_t whole = 0;
        bool good = is_finite(value) && !numeric_to_int8(value, &whole);
        ret->roman = good && whole >= 1 && whole <= ROMAN_MAX ? (int32_t)whole : 0;
        return NULL;
    }
    if (!picture->exponent && picture->shift > 0) {
        struct slice ten, power;
        numeric_from_int8(picture->shift, arena, &power);
        code = numeric_power(SLICE_LITERAL("10"), power, arena, &ten);
        code = code ? code : numeric_multiply(value, ten, arena, &value);
        picture->before += picture->shift;
    }
    if (!code && !picture->exponent) {
        code = numeric_round(value, picture->after, arena, &value);
    }
    ret->negative = value.data[0] == '-';
    ret->digits = slice_make(value.data + ret->negative, value.len - ret->negative);
    if (picture->exponent) {
        ret->exponent = is_finite(value)
                            ? scientific(picture, ret->digits, ret->negative, arena)
                            : hashes(picture, arena);
    }
    return code;
}

/* digits: what the type of the value holds; places beyond them are not printed. */
static const char *number_from_double(struct picture *picture, double value, int digits,
                                      struct arena *arena, struct picture_number *ret) {
    *ret = (struct picture_number){0};
    if (picture->roman) {
        double whole = rint(value);
        ret->roman = whole >= 1 && whole <= ROMAN_MAX ? (int32_t)whole : 0;
        return NULL;
    }
    if (picture->exponent) {
        char *text = arena_printf(arena, "%+.*e", picture->after, value);
        text[0] = text[0] == '+' ? ' ' : text[0];
        ret->exponent = isfinite(value) ? text : hashes(picture, arena);
        return NULL;
    }
    if (picture->shift > 0) {
        value *= pow(10, picture->shift);
        picture->before += picture->shift;
    }
    int whole = isinf(value) ? 8 : snprintf(NULL, 0, "%.0f", fabs(value)), after = picture->after;
    if (whole >= digits) {
        after = 0;
    } else if (whole + after > digits) {
        after = digits - whole;
    }
    picture->after = after;
    char *text = isnan(value)   ? arena_printf(arena, "NaN")
                 : isinf(value) ? arena_printf(arena, value > 0 ? "Infinity" : "-Infinity")
                                : arena_printf(arena, "%.*f", after, value);
    ret->negative = text[0] == '-';
    ret->digits = slice_of(text + ret->negative);
    return NULL;
}

/* Integers stay integers: shifting and Roman numerals refuse what their type cannot hold. NULL or
 * the message of 22003. */
static const char *integer_refusal(const struct picture *picture, int64_t value, bool is_int8) {
    int64_t shifted = value;
    if (picture->roman) {
        return value == (int32_t)value ? NULL : "integer out of range";
    }
    for (int32_t i = 0; i < picture->shift && !picture->exponent; i++) {
        if (__builtin_mul_overflow(shifted, 10, &shifted) ||
            (!is_int8 && shifted != (int32_t)shifted)) {
            return is_int8 ? "bigint out of range" : "integer out of range";
        }
    }
    return NULL;
}

static const char *number_from(const struct call *call, uint32_t row, struct picture *picture,
                               struct picture_number *ret) {
    const void *value = argument_value(call, 0, row);
    struct slice text;
    switch (call->arguments[0].type.id) {
    case TYPE_INT4:
        if (picture->exponent) {
            return number_from_double(picture, *(const int32_t *)value, DOUBLE_DIGITS, call->arena,
                                      ret);
        }
        numeric_from_int8(*(const int32_t *)value, call->arena, &text);
        return number_from_decimal(picture, text, call->arena, ret);
    case TYPE_INT8:
        numeric_from_int8(*(const int64_t *)value, call->arena, &text);
        return number_from_decimal(picture, text, call->arena, ret);
    case TYPE_NUMERIC:
        return number_from_decimal(picture, *(const struct slice *)value, call->arena, ret);
    case TYPE_FLOAT4:
        return number_from_double(picture, *(const float *)value, FLOAT_DIGITS, call->arena, ret);
    default:
        return number_from_double(picture, *(const double *)value, DOUBLE_DIGITS, call->arena, ret);
    }
}

static void number_to_char(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        struct slice format = *argument_slice(call, 1, row);
        struct picture picture;
        const char *code = NULL, *message = "value overflows numeric format";
        if (format.len > PICTURE_BYTES_MAX) {
            call_fail_too_long(call, row);
            continue;
        }
        if (call->prepared) {
            picture = *(const struct picture *)call->prepared;
        } else if (!picture_read(format, call->arena, &picture, &code, &message)) {
            call_fail(call, row, code, "%s", message);
            continue;
        }
        struct picture_number number;
        struct buffer out;
        enum type_id type = call->arguments[0].type.id;
        const char *refusal = NULL;
        if (type == TYPE_INT4) {
            refusal = integer_refusal(&picture, ARGUMENT(call, 0, int32_t, row), false);
        } else if (type == TYPE_INT8) {
            refusal = integer_refusal(&picture, ARGUMENT(call, 0, int64_t, row), true);
        }
        if (refusal) {
            call_fail(call, row, "22003", "%s", refusal);
            continue;
        }
        code = number_from(call, row, &picture, &number);
        if (code) {
            call_fail(call, row, code, "%s", message);
            continue;
        }
        buffer_init(&out, call->arena, format.len * 2 + 32);
        picture_write(picture, &number, &out);
        result_slice(ret, row, format.len ? buffer_slice(&out) : SLICE_LITERAL(""));
    }
}

static void result_hex(struct call *call, struct column *ret, uint32_t row, uint64_t value) {
    char *room = arena_alloc(call->arena, 16), *first = room + 16;
    do {
        *--first = "0123456789abcdef"[value & 15];
        value >>= 4;
    } while (value);
    result_slice(ret, row, slice_make(first, (size_t)(room + 16 - first)));
}

static void int4_to_hex(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        result_hex(call, ret, row, (uint32_t)ARGUMENT(call, 0, int32_t, row));
    }
}

static void int8_to_hex(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        result_hex(call, ret, row, (uint64_t)ARGUMENT(call, 0, int64_t, row));
    }
}

#define TO_CHAR(type) \
    ENTRY2("to_char", type, TEXT, TEXT, number_to_char, STABLE, .prepare = prepare_picture)

const struct function functions_number_format[] = {
    TO_CHAR(INT4),
    TO_CHAR(INT8),
    TO_CHAR(NUMERIC),
    TO_CHAR(FLOAT4),
    TO_CHAR(FLOAT8),
    ENTRY1("to_hex", INT4, TEXT, int4_to_hex),
    ENTRY1("to_hex", INT8, TEXT, int8_to_hex),
    {0},
};
