/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts the text of a date or time into fields. The rules are Postgres's and are a mixture of
 * grammar and experience: what a field is depends on its first character and on what follows its
 * first digits. */
#include "engine/record/datetime_decode.h"
#include "engine/record/scalar.h"

struct scanner {
    const char *at, *end;
    char *out, *out_end;
    bool full;
};

static char peek(const struct scanner *scanner) {
    return scanner->at < scanner->end ? *scanner->at : '\0';
}

static bool is_alpha(char c) {
    c = ascii_lower(c);
    return c >= 'a' && c <= 'z';
}

static void take(struct scanner *scanner) {
    if (scanner->out == scanner->out_end) {
        scanner->full = true;
    } else {
        *scanner->out++ = ascii_lower(*scanner->at);
    }
    scanner->at++;
}

static void digits_take(struct scanner *scanner, const char *also) {
    while (ascii_is_digit(peek(scanner)) || (peek(scanner) && strchr(also, peek(scanner)))) {
        take(scanner);
    }
}

static enum field_kind numeric_field(struct scanner *scanner) {
    digits_take(scanner, "");
    char delimiter = peek(scanner);
    if (delimiter == ':') {
        digits_take(scanner, ":.");
        return FIELD_TIME;
    }
    if (delimiter != '-' && delimiter != '/' && delimiter != '.') {
        return FIELD_NUMBER;
    }
    take(scanner);
    if (!ascii_is_digit(peek(scanner))) {
        while (is_alpha(peek(scanner)) || ascii_is_digit(peek(scanner)) ||
               (peek(scanner) && peek(scanner) == delimiter)) {
            take(scanner);
        }
        return FIELD_DATE;
    }
    enum field_kind kind = delimiter == '.' ? FIELD_NUMBER : FIELD_DATE;
    digits_take(scanner, "");
    if (peek(scanner) == delimiter) {
        const char also[] = {delimiter, '\0'};
        kind = FIELD_DATE;
        digits_take(scanner, also);
    }
    return kind;
}

static enum field_kind word_field(struct scanner *scanner) {
    char *start = scanner->out;
    while (is_alpha(peek(scanner))) {
        take(scanner);
    }
    char next = peek(scanner);
    bool date = next == '-' || next == '/' || next == '.';
    if ((next == '+' || ascii_is_digit(next)) && !scanner->full) {
        *scanner->out = '\0'; /* room for it is kept behind out_end */
        date = !datetime_word_find(start);
    }
    if (!date) {
        return FIELD_STRING;
    }
    while (is_alpha(peek(scanner)) || ascii_is_digit(peek(scanner)) ||
           (peek(scanner) && strchr("+-/_.:", peek(scanner)))) {
        take(scanner);
    }
    return FIELD_DATE;
}

/* After a sign: an offset or `-infinity`. */
static bool signed_field(struct scanner *scanner, enum field_kind *ret) {
    take(scanner);
    while (ascii_is_space(peek(scanner))) {
        scanner->at++;
    }
    if (ascii_is_digit(peek(scanner))) {
        digits_take(scanner, ":.-");
        *ret = FIELD_ZONE;
        return true;
    }
    *ret = FIELD_SPECIAL;
    if (!is_alpha(peek(scanner))) {
        return false;
    }
    while (is_alpha(peek(scanner))) {
        take(scanner);
    }
    return true;
}

static bool is_punctuation(char c) {
    return c > ' ' && c < 0x7f && !is_alpha(c) && !ascii_is_digit(c);
}

static bool field_take(struct scanner *scanner, enum field_kind *ret) {
    char c = peek(scanner);
    if (ascii_is_digit(c)) {
        *ret = numeric_field(scanner);
    } else if (c == '.') {
        take(scanner);
        digits_take(scanner, "");
        *ret = FIELD_NUMBER;
    } else if (is_alpha(c)) {
        *ret = word_field(scanner);
    } else {
        return signed_field(scanner, ret);
    }
    return true;
}

enum datetime_fault datetime_scan(struct slice text, struct datetime_fields *ret) {
    struct scanner scanner = {.at = text.data, .end = text.data + text.len, .out = ret->room};
    scanner.out_end = ret->room + sizeof ret->room - 1;
    ret->count = 0;
    while (scanner.at < scanner.end) {
        char c = *scanner.at;
        bool skipped = is_punctuation(c) && c != '.' && c != '+' && c != '-';
        if (ascii_is_space(c) || skipped) {
            scanner.at++;
            continue;
        }
        if (ret->count == FIELDS_MAX || (c & 0x80) || c < ' ') {
            return DATETIME_BAD_FORMAT;
        }
        ret->texts[ret->count] = scanner.out;
        if (!field_take(&scanner, &ret->kinds[ret->count]) || scanner.full ||
            scanner.out == scanner.out_end) {
            return DATETIME_BAD_FORMAT;
        }
        *scanner.out++ = '\0';
        ret->count++;
    }
    return DATETIME_FINE;
}
