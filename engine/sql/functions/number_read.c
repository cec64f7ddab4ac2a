/* SPDX-License-Identifier: Apache-2.0 */
/* to_number: reads text by a number picture, as lenient as Postgres's NUM_processor: what does not
 * fit the picture is stepped over, and the digits that were found are the number. */
#include "engine/record/numeric.h"
#include "engine/sql/functions/kernel.h"
#include "engine/sql/functions/number_picture.h"
#include "engine/sql/functions/tables.h"
#include "engine/sql/functions/utf8.h"

struct reader {
    const struct picture *picture;
    struct slice text;
    size_t at;
    struct buffer digits; /* begins with the sign: '-', '+' or ' ' */
    int32_t before, after;
    bool point;
};

static char current(const struct reader *reader) {
    return reader->at < reader->text.len ? reader->text.data[reader->at] : 0;
}

static bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

static bool has_sign(const struct reader *reader) {
    return reader->digits.data[0] != ' ';
}

static void set_sign(struct reader *reader, char sign) {
    reader->digits.data[0] = sign;
}

/* A sign ahead of the first digit. */
static void read_sign_before(struct reader *reader) {
    const struct picture *picture = reader->picture;
    char byte = current(reader);
    if (picture->sign == PICTURE_SIGN_AFTER) {
        return;
    }
    bool bracket = picture->sign == PICTURE_SIGN_NONE && picture->bracket && byte == '<';
    if (byte == '-' || byte == '+' || bracket) {
        set_sign(reader, byte == '+' ? '+' : '-');
        reader->at++;
    }
}

/* A sign behind the last digit. */
static void read_sign_after(struct reader *reader, bool was_read) {
    const struct picture *picture = reader->picture;
    bool anchored = picture->sign != PICTURE_SIGN_NONE;
    if (anchored && was_read && reader->at + 1 < reader->text.len) {
        char next = reader->text.data[reader->at + 1];
        if (next == '-' || next == '+') {
            set_sign(reader, next);
            reader->at++;
        }
    } else if (!anchored && !was_read && !picture->plus && !picture->minus &&
               (current(reader) == '-' || current(reader) == '+')) {
        set_sign(reader, current(reader));
    }
}

/* One place of the picture; the caller steps over the character. */
static void read_place(struct reader *reader, bool is_point) {
    bool was_read = false;
    reader->at += current(reader) == ' ';
    if (!has_sign(reader) && !is_point && reader->before + reader->after == 0) {
        read_sign_before(reader);
    }
    char byte = current(reader);
    if (is_digit(byte)) {
        if (reader->point && reader->after == reader->picture->after) {
            return;
        }
        buffer_append_byte(&reader->digits, byte);
        *(reader->point ? &reader->after : &reader->before) += 1;
        was_read = true;
    } else if (reader->picture->point && !reader->point && byte == '.') {
        buffer_append_byte(&reader->digits, byte);
        reader->point = true;
        was_read = true;
    }
    if (reader->at < reader->text.len && !has_sign(reader) && reader->before + reader->after > 0) {
        read_sign_after(reader, was_read);
    }
}

/* Steps over a character unless it may be part of a number. */
static void skip_other(struct reader *reader) {
    char byte = current(reader);
    if (byte && !strchr("0123456789.,+-", byte)) {
        reader->at += utf8_width(byte);
    }
}

/* A sign that stands at this item, one of those given. */
static void read_sign_here(struct reader *reader, const char *signs) {
    char byte = current(reader);
    if (byte && strchr(signs, byte)) {
        set_sign(reader, byte);
        reader->at++;
    } else {
        skip_other(reader);
    }
}

static void read_item(struct reader *reader, const struct picture_item *item) {
    switch (item->kind) {
    case PICTURE_NINE:
    case PICTURE_ZERO:
    case PICTURE_POINT:
        read_place(reader, item->kind == PICTURE_POINT);
        reader->at++;
        break;
    case PICTURE_COMMA:
        reader->at += !reader->picture->fill && current(reader) == ',';
        break;
    case PICTURE_MINUS:
        read_sign_here(reader, "-");
        break;
    case PICTURE_PLUS:
        read_sign_here(reader, "+");
        break;
    case PICTURE_SIGN:
        read_sign_here(reader, "+-");
        break;
    case PICTURE_ORDINAL:
        reader->at += 2;
        break;
    case PICTURE_MARK:
        break;
    default:
        skip_other(reader);
        break;
    }
}

/* The number that was read, fitted into the picture's digits. NULL or the SQLSTATE. */
static const char *finish(struct reader *reader, struct arena *arena, struct slice *ret) {
    const struct picture *picture = reader->picture;
    struct slice text = buffer_slice(&reader->digits), number, ten, power;
    const char *code = "22P02";
    text.len -= text.data[text.len - 1] == '.';
    if (!numeric_parse(text, arena, &number, &code)) {
        return code ? code : "22P02";
    }
    int precision = picture->before + picture->shift + reader->after;
    code = numeric_fit(number, precision, reader->after, arena, &number);
    if (!code && picture->shift > 0) {
        numeric_from_int8(picture->shift, arena, &power);
        code = numeric_power(SLICE_LITERAL("10"), power, arena, &ten);
        code = code ? code : numeric_divide(number, ten, arena, &number);
    }
    *ret = number;
    return code;
}

static void read_row(struct call *call, struct column *ret, uint32_t row,
                     const struct picture *picture) {
    struct reader reader = {.picture = picture, .text = *argument_slice(call, 0, row)};
    buffer_init(&reader.digits, call->arena, reader.text.len + 2);
    buffer_append_byte(&reader.digits, ' ');
    for (uint32_t i = 0; i < picture->count && reader.at < reader.text.len; i++) {
        read_item(&reader, &picture->items[i]);
    }
    const char *code = finish(&reader, call->arena, &RESULT(ret, struct slice, row));
    if (code && strcmp(code, "22P02") == 0) {
        call_fail(call, row, code, "invalid input syntax for type numeric: \"%.*s\"",
                  (int)reader.digits.len, reader.digits.data);
    } else if (code) {
        call_fail(call, row, code, "numeric field overflow");
    }
}

static void text_to_number(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        struct slice format = *argument_slice(call, 1, row);
        struct picture picture;
        const char *code, *message;
        if (format.len == 0) {
            call_null(call, ret, row);
        } else if (!picture_read(format, call->arena, &picture, &code, &message)) {
            call_fail(call, row, code, "%s", message);
        } else if (picture.exponent || picture.roman) {
            call_fail(call, row, "0A000", "\"%s\" not supported for input",
                      picture.exponent ? "EEEE" : "RN");
        } else {
            read_row(call, ret, row, &picture);
        }
    }
}

const struct function functions_number_read[] = {
    ENTRY2("to_number", TEXT, TEXT, NUMERIC, text_to_number, STABLE),
    {0},
};
