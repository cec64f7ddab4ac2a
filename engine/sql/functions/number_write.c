/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a number by a picture, digit for digit as Postgres's NUM_processor: where leading blanks
 * end, where a sign may stand and which zeros FM keeps are its rules, not ours. */
#include "engine/sql/functions/number_picture.h"

#include <stdio.h>
#include <strings.h>

enum { ROMAN_WIDTH = 15 };

struct writer {
    struct picture picture;
    const struct picture_number *number;
    struct buffer *out;
    const char *digits, *at, *last; /* last: the last digit FM keeps, NULL = all */
    int32_t blanks;                 /* places before the first digit */
    int32_t places, place;
    char sign;
    bool sign_written, inside;
};

static void put(struct writer *writer, char byte) {
    buffer_append_byte(writer->out, byte);
}

static void put_unless_fill(struct writer *writer, char byte) {
    if (!writer->picture.fill) {
        put(writer, byte);
    }
}

/* "0.5" under 9.9 has no zero before the point. */
static bool hides_zero(const struct writer *writer) {
    return !writer->picture.zero && writer->at == writer->digits && *writer->digits == '0' &&
           writer->picture.after != 0;
}

static bool keeps_point_only(const struct writer *writer) {
    return writer->last && *writer->last == '.';
}

static void write_sign_before(struct writer *writer) {
    struct picture *picture = &writer->picture;
    bool starts = writer->place >= writer->blanks ||
                  (picture->zero && picture->zero_from == writer->place);
    if (writer->sign_written || !starts || (hides_zero(writer) && !keeps_point_only(writer))) {
        return;
    }
    if (picture->sign != PICTURE_SIGN_NONE) {
        if (picture->sign == PICTURE_SIGN_BEFORE) {
            put(writer, writer->sign);
            writer->sign_written = true;
        }
        return;
    }
    writer->sign_written = true;
    if (picture->bracket) {
        put(writer, writer->sign == '+' ? ' ' : '<');
    } else if (writer->sign == '-') {
        put(writer, '-');
    } else {
        put_unless_fill(writer, ' ');
    }
}

static void write_sign_after(struct writer *writer) {
    struct picture *picture = &writer->picture;
    int32_t end = writer->places + (writer->blanks ? 1 : 0) + (picture->point ? 1 : 0);
    if (writer->last && writer->last == writer->at) {
        end = writer->place;
    }
    if (writer->place + 1 != end) {
        return;
    }
    if (writer->sign_written && picture->bracket) {
        put(writer, writer->sign == '+' ? ' ' : '>');
    } else if (picture->sign == PICTURE_SIGN_AFTER) {
        put(writer, writer->sign);
    }
}

/* The digit or point that is due at this place. */
static void write_place(struct writer *writer, bool is_zero) {
    if (*writer->at == '.') {
        if (!keeps_point_only(writer) || writer->picture.fill) {
            put(writer, '.');
        }
    } else if (writer->last && writer->at > writer->last && !is_zero) {
        /* FM leaves it out */
    } else if (hides_zero(writer)) {
        put_unless_fill(writer, ' ');
        if (writer->picture.fill && keeps_point_only(writer)) {
            put(writer, '0');
        }
    } else if (*writer->at) {
        put(writer, *writer->at);
        writer->inside = true;
    }
    writer->at += *writer->at != 0;
}

static void write_digit(struct writer *writer, bool is_zero) {
    const struct picture *picture = &writer->picture;
    writer->inside = false;
    write_sign_before(writer);
    if (writer->place < writer->blanks && (!picture->zero || picture->zero_from > writer->place)) {
        put_unless_fill(writer, ' ');
    } else if (writer->place < writer->blanks) {
        put(writer, '0');
        writer->inside = true;
    } else {
        write_place(writer, is_zero);
    }
    write_sign_after(writer);
    writer->place++;
}

static void write_roman(struct writer *writer, bool lower) {
    static const char *const ones[] = {"", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"};
    static const char *const tens[] = {"", "X", "XX", ("X" "XX"), "XL", "L", "LX", "LXX", "LXXX", "XC"};
    static const char *const hundreds[] = {"",  "C",  "CC",  "CCC",  "CD",
                                           "D", "DC", "DCC", "DCCC", "CM"};
    static const char *const thousands[] = {"", "M", "MM", "MMM"};
    char text[32];
    int32_t value = writer->number->roman;
    snprintf(text, sizeof(text), "%s%s%s%s", thousands[value / 1000], hundreds[value / 100 % 10],
             tens[value / 10 % 10], ones[value % 10]);
    if (value == 0) {
        snprintf(text, sizeof(text), "###############");
    }
    for (char *letter = text; lower && *letter; letter++) {
        *letter = *letter == '#' ? '#' : (char)(*letter | 32);
    }
    buffer_printf(writer->out, "%*s", writer->picture.fill ? 0 : ROMAN_WIDTH, text);
}

static void write_ordinal(struct writer *writer, bool lower) {
    size_t len = strlen(writer->digits);
    if (writer->picture.roman || *writer->digits == '#' || writer->sign == '-' ||
        writer->picture.point || len == 0) {
        return;
    }
    char last = writer->digits[len - 1];
    bool teen = len > 1 && writer->digits[len - 2] == '1';
    const char *ending = teen          ? "TH"
                         : last == '1' ? "ST"
                         : last == '2' ? "ND"
                         : last == '3' ? "RD"
                                       : "TH";
    for (; *ending; ending++) {
        put(writer, lower ? (char)(*ending | 32) : *ending);
    }
}

static void write_item(struct writer *writer, const struct picture_item *item) {
    switch (item->kind) {
    case PICTURE_LITERAL:
        buffer_append_slice(writer->out, item->literal);
        break;
    case PICTURE_NINE:
    case PICTURE_ZERO:
    case PICTURE_POINT:
        if (!writer->picture.roman) {
            write_digit(writer, item->kind == PICTURE_ZERO);
        }
        break;
    case PICTURE_COMMA:
        if (writer->inside) {
            put(writer, ',');
        } else {
            put_unless_fill(writer, ' ');
        }
        break;
    case PICTURE_CURRENCY:
        put(writer, ' ');
        break;
    case PICTURE_MINUS:
    case PICTURE_PLUS:
        if (writer->sign == (item->kind == PICTURE_MINUS ? '-' : '+')) {
            put(writer, writer->sign);
        } else {
            put_unless_fill(writer, ' ');
        }
        break;
    case PICTURE_SIGN:
        put(writer, writer->sign);
        break;
    case PICTURE_ROMAN:
        write_roman(writer, item->lower);
        break;
    case PICTURE_ORDINAL:
        write_ordinal(writer, item->lower);
        break;
    case PICTURE_MARK:
        break;
    }
}

/* The last digit that FM keeps: no zeros behind it but those the picture asks for. */
static const char *last_kept(const struct writer *writer) {
    const char *point = strchr(writer->digits, '.'), *last = point;
    if (!point) {
        return NULL;
    }
    for (const char *digit = point + 1; *digit; digit++) {
        last = *digit != '0' ? digit : last;
    }
    if (writer->picture.zero_to > writer->blanks) {
        int32_t zero = (int32_t)strlen(writer->digits) - 1;
        int32_t wanted = writer->picture.zero_to - writer->blanks;
        const char *last_zero = writer->digits + (wanted < zero ? wanted : zero);
        last = last < last_zero ? last_zero : last;
    }
    return last;
}

/* The digits as a picture shows them: `#` when they do not fit. Sets the blanks before them. */
static const char *shown_digits(struct writer *writer) {
    struct picture *picture = &writer->picture;
    struct slice digits = writer->number->digits;
    const char *point = memchr(digits.data, '.', digits.len);
    int32_t whole = (int32_t)(point ? (size_t)(point - digits.data) : digits.len);
    if (whole <= picture->before) {
        writer->blanks = picture->before - whole;
        return arena_text(writer->out->arena, digits);
    }
    size_t len = (size_t)picture->before + (size_t)picture->after + 1;
    char *room = arena_alloc(writer->out->arena, len + 1);
    memset(room, '#', len);
    room[picture->before] = '.';
    room[len] = 0;
    return room;
}

void picture_write(struct picture picture, const struct picture_number *number,
                   struct buffer *out) {
    struct writer writer = {.picture = picture, .number = number, .out = out};
    if (picture.exponent) {
        buffer_append(out, number->exponent, strlen(number->exponent));
        return;
    }
    writer.digits = picture.roman ? "" : shown_digits(&writer);
    writer.at = writer.digits;
    writer.sign = number->negative ? '-' : '+';
    writer.picture.zero_from -= picture.zero_from > 0;
    if (picture.plus || picture.minus) {
        writer.sign_written = !(picture.plus && !picture.minus);
    } else {
        if (writer.sign == '+' && picture.bracket && picture.fill) {
            writer.picture.bracket = false;
        }
        writer.sign_written =
            writer.sign == '+' && picture.fill && picture.sign == PICTURE_SIGN_NONE;
        if (picture.sign == PICTURE_SIGN_BEFORE && picture.before == picture.before_sign) {
            writer.picture.sign = PICTURE_SIGN_AFTER;
        }
    }
    writer.places = picture.before + picture.after - 1;
    if (picture.fill && picture.point) {
        writer.last = last_kept(&writer);
    }
    writer.places += !writer.sign_written && writer.blanks == 0;
    for (uint32_t i = 0; i < picture.count; i++) {
        write_item(&writer, &picture.items[i]);
    }
}
