/* SPDX-License-Identifier: Apache-2.0 */
/* format(): %[position$][-][width]type, type one of s, I, L, %; a width may be `*` or `*n$`, taken
 * from an argument. The words of the errors are those of Postgres's text_format. */
#include "engine/sql/functions/format.h"

#include "engine/sql/functions/kernel.h"
#include "engine/sql/functions/utf8.h"

/* One specifier. position and width_position: 0 = the next argument, UINT32_MAX = none. */
struct specifier {
    uint32_t position, width_position;
    int64_t width;
    bool left;
    char kind;
};

struct formatter {
    struct call *call;
    uint32_t row;
    struct slice format;
    size_t at;
    uint32_t next; /* the argument that is taken next */
    struct buffer *out;
};

static bool fail(struct formatter *formatter, const char *code, const char *message) {
    call_fail(formatter->call, formatter->row, code, "%s", message);
    return false;
}

static bool is_digit(const struct formatter *formatter) {
    return formatter->at < formatter->format.len &&
           formatter->format.data[formatter->at] >= '0' &&
           formatter->format.data[formatter->at] <= '9';
}

static bool step(struct formatter *formatter) {
    if (++formatter->at >= formatter->format.len) {
        return fail(formatter, "22023", "unterminated format() type specifier");
    }
    return true;
}

/* Reads digits. *ret_found says whether there were any. */
static bool read_number(struct formatter *formatter, int64_t *ret, bool *ret_found) {
    *ret_found = is_digit(formatter);
    *ret = 0;
    while (is_digit(formatter)) {
        *ret = *ret * 10 + (formatter->format.data[formatter->at] - '0');
        if (*ret > INT32_MAX) {
            return fail(formatter, "22003", "number is out of range");
        }
        if (!step(formatter)) {
            return false;
        }
    }
    return true;
}

static bool position_is_good(struct formatter *formatter, int64_t position) {
    if (position == 0) {
        return fail(formatter, "22023",
                    "format specifies argument 0, but arguments are numbered from 1");
    }
    return true;
}

static char current(const struct formatter *formatter) {
    return formatter->format.data[formatter->at];
}

/* `*` or `*n$` behind which stands the type. */
static bool read_width_argument(struct formatter *formatter, struct specifier *specifier) {
    int64_t number;
    bool found;
    if (!step(formatter) || !read_number(formatter, &number, &found)) {
        return false;
    }
    specifier->width_position = 0;
    if (!found) {
        return true;
    }
    if (current(formatter) != '$') {
        return fail(formatter, "22023", "width argument position must be ended by \"$\"");
    }
    specifier->width_position = (uint32_t)number;
    return position_is_good(formatter, number) && step(formatter);
}

/* Reads what stands between the percent sign and the type. */
static bool read_specifier(struct formatter *formatter, struct specifier *ret) {
    int64_t number;
    bool found;
    *ret = (struct specifier){.width_position = UINT32_MAX};
    if (!read_number(formatter, &number, &found)) {
        return false;
    }
    if (found && current(formatter) != '$') {
        ret->width = number;
        ret->kind = current(formatter);
        return true;
    }
    if (found) {
        ret->position = (uint32_t)number;
        if (!position_is_good(formatter, number) || !step(formatter)) {
            return false;
        }
    }
    while (current(formatter) == '-') {
        ret->left = true;
        if (!step(formatter)) {
            return false;
        }
    }
    bool good = current(formatter) == '*' ? read_width_argument(formatter, ret)
                                          : read_number(formatter, &ret->width, &found);
    ret->kind = good ? current(formatter) : 0;
    return good;
}

/* The argument of that position, or the next one; 0 after the row was failed. */
static uint32_t take_argument(struct formatter *formatter, uint32_t position) {
    uint32_t argument = position ? position : formatter->next;
    if (argument >= formatter->call->arguments_count) {
        fail(formatter, "22023", "too few arguments for format()");
        return 0;
    }
    formatter->next = argument + 1;
    return argument;
}

static bool read_width(struct formatter *formatter, struct specifier *specifier) {
    if (specifier->width_position == UINT32_MAX) {
        return true;
    }
    uint32_t argument = take_argument(formatter, specifier->width_position);
    if (argument == 0) {
        return false;
    }
    struct call *call = formatter->call;
    const void *value = argument_value(call, argument, formatter->row);
    if (argument_is_null(call, argument, formatter->row)) {
        specifier->width = 0;
    } else if (call->arguments[argument].type.id == TYPE_INT4) {
        specifier->width = *(const int32_t *)value;
    } else if (call->arguments[argument].type.id == TYPE_INT2) {
        specifier->width = *(const int16_t *)value;
    } else {
        struct value_error error;
        struct buffer text;
        int32_t width;
        buffer_init(&text, call->arena, 16);
        value_print(argument_type(call, argument), value, call->zone, &text);
        if (!value_parse(TYPE(INT4), buffer_slice(&text), call->zone, call->arena, &width,
                         &error)) {
            call_fail_slice(call, formatter->row, error.code, error.message);
            return false;
        }
        specifier->width = width;
    }
    if (specifier->width == INT32_MIN) {
        return fail(formatter, "22003", "number is out of range");
    }
    specifier->left = specifier->left || specifier->width < 0;
    specifier->width = specifier->width < 0 ? -specifier->width : specifier->width;
    return true;
}

/* Appends text, filled with spaces to the width in characters. */
static bool append_padded(struct formatter *formatter, const struct specifier *specifier,
                          struct slice text) {
    int64_t missing = specifier->width - (int64_t)utf8_count(text);
    if (missing >= RESULT_BYTES_MAX) {
        call_fail_too_long(formatter->call, formatter->row);
        return false;
    }
    size_t spaces = missing > 0 ? (size_t)missing : 0;
    if (specifier->left) {
        buffer_append_slice(formatter->out, text);
    }
    memset(buffer_reserve(formatter->out, spaces), ' ', spaces);
    formatter->out->len += spaces;
    if (!specifier->left) {
        buffer_append_slice(formatter->out, text);
    }
    return true;
}

static bool append_argument(struct formatter *formatter, const struct specifier *specifier) {
    struct call *call = formatter->call;
    uint32_t argument = take_argument(formatter, specifier->position);
    struct buffer text, quoted;
    if (argument == 0) {
        return false;
    }
    if (argument_is_null(call, argument, formatter->row)) {
        if (specifier->kind == 'I') {
            return fail(formatter, "22004", "null values cannot be formatted as an SQL identifier");
        }
        return append_padded(formatter, specifier, slice_of(specifier->kind == 'L' ? "NULL" : ""));
    }
    buffer_init(&text, call->arena, 64);
    value_print(argument_type(call, argument), argument_value(call, argument, formatter->row),
                call->zone, &text);
    if (specifier->kind == 's') {
        return append_padded(formatter, specifier, buffer_slice(&text));
    }
    buffer_init(&quoted, call->arena, text.len + 8);
    (specifier->kind == 'I' ? quote_identifier : quote_literal)(buffer_slice(&text), &quoted);
    return append_padded(formatter, specifier, buffer_slice(&quoted));
}

/* The specifier at the percent sign. */
static bool append_specifier(struct formatter *formatter) {
    struct specifier specifier;
    if (!step(formatter)) {
        return false;
    }
    if (current(formatter) == '%') {
        buffer_append_byte(formatter->out, '%');
        return true;
    }
    if (!read_specifier(formatter, &specifier)) {
        return false;
    }
    if (specifier.kind != 's' && specifier.kind != 'I' && specifier.kind != 'L') {
        size_t width = utf8_width(specifier.kind);
        call_fail(formatter->call, formatter->row, "22023",
                  "unrecognized format() type specifier \"%.*s\"", (int)width,
                  formatter->format.data + formatter->at);
        return false;
    }
    return read_width(formatter, &specifier) && append_argument(formatter, &specifier);
}

bool format_values(struct call *call, uint32_t row, struct buffer *out) {
    struct formatter formatter = {
        .call = call, .row = row, .format = *argument_slice(call, 0, row), .next = 1, .out = out};
    for (; formatter.at < formatter.format.len; formatter.at++) {
        if (current(&formatter) != '%') {
            buffer_append_byte(out, current(&formatter));
        } else if (!append_specifier(&formatter)) {
            return false;
        }
        if (out->len >= RESULT_BYTES_MAX) {
            call_fail_too_long(call, row);
            return false;
        }
    }
    return true;
}
