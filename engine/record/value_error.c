/* SPDX-License-Identifier: Apache-2.0 */
/* Failures of conversions and the small text helpers that all parsers use. Messages are
 * Postgres's, word for word, because they end in dead letters that people compare with what the
 * server would have said. */
#include "engine/record/scalar.h"

#include <stdarg.h>
#include <stdio.h>

enum { MESSAGE_MAX = 1024 };

bool value_fail(struct value_error *error, struct arena *arena, const char *code,
                const char *format, ...) {
    char message[MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(message, sizeof message, format, args);
    va_end(args);
    size_t used = len < MESSAGE_MAX ? (size_t)(len < 0 ? 0 : len) : MESSAGE_MAX - 1, bad_at;
    /* what was quoted may be cut within a character, or be no text at all */
    while (!utf8_is_valid(slice_make(message, used), &bad_at)) {
        message[bad_at] = '?';
    }
    *error =
        (struct value_error){.code = code, .message = arena_copy(arena, slice_make(message, used))};
    return false;
}

bool value_fail_syntax(struct value_error *error, struct arena *arena, const char *type,
                       struct slice text) {
    return value_fail(error, arena, "22P02", "invalid input syntax for type %s: \"%.*s\"", type,
                      (int)(text.len < MESSAGE_MAX ? text.len : MESSAGE_MAX),
                      text.len ? text.data : "");
}

struct slice slice_trim(struct slice text) {
    while (text.len && ascii_is_space(*text.data)) {
        text.data++;
        text.len--;
    }
    while (text.len && ascii_is_space(text.data[text.len - 1])) {
        text.len--;
    }
    return text;
}

bool slice_is_word(struct slice text, const char *word) {
    size_t i = 0;
    while (i < text.len && word[i] && ascii_lower(text.data[i]) == word[i]) {
        i++;
    }
    return i == text.len && !word[i];
}

int hex_digit(char c) {
    if (ascii_is_digit(c)) {
        return c - '0';
    }
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
