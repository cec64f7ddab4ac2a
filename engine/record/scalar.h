/* SPDX-License-Identifier: Apache-2.0 */
/* What the files behind value.h share: one parser and one printer for each type, without
 * modifiers and without dispatch. Only value_*.c, array.c and the tests of these files include
 * it. Parsers return false after value_fail; printers append to the buffer. Thread-safe. */
#ifndef LEAT_RECORD_SCALAR_H
#define LEAT_RECORD_SCALAR_H

#include "engine/base/buffer.h"
#include "engine/record/value.h"

/* Fills *error, the message from the arena, and returns false so that `return value_fail(...)`
 * reads well. */
bool value_fail(struct value_error *error, struct arena *arena, const char *code,
                const char *format, ...) __attribute__((format(printf, 4, 5)));
/* 22P02 invalid input syntax for type <type>: "<text>" */
bool value_fail_syntax(struct value_error *error, struct arena *arena, const char *type,
                       struct slice text);

static inline bool ascii_is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool ascii_is_digit(char c) {
    return c >= '0' && c <= '9';
}

static inline char ascii_lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* Without white space around it. */
struct slice slice_trim(struct slice text);
/* Equal without regard to ASCII case; `word` is lower case. */
bool slice_is_word(struct slice text, const char *word);
/* -1 when the byte is no hexadecimal digit. */
int hex_digit(char c);

struct parse_context {
    struct slice text;
    const struct timezone *zone;
    struct arena *arena;
    struct value_error *error;
};

bool bool_parse(const struct parse_context *context, uint8_t *ret);
bool int_parse(const struct parse_context *context, enum type_id id, int64_t *ret);
bool float8_parse(const struct parse_context *context, double *ret);
bool float4_parse(const struct parse_context *context, float *ret);
bool text_parse(const struct parse_context *context, struct slice *ret);
bool bytea_parse(const struct parse_context *context, struct slice *ret);
bool uuid_parse(const struct parse_context *context, struct uuid *ret);
bool date_parse(const struct parse_context *context, int32_t *ret);
bool time_parse(const struct parse_context *context, int64_t *ret);
bool timestamp_parse(const struct parse_context *context, bool with_zone, int64_t *ret);
bool interval_parse(const struct parse_context *context, struct interval *ret);
bool array_parse(const struct parse_context *context, struct type type, const struct array **ret);

enum { INT_TEXT_MAX = 20, FLOAT_TEXT_MAX = 32, DATETIME_TEXT_MAX = 64, INTERVAL_TEXT_MAX = 128 };

/* Write at `out`, which has the room of the constants above; return the end. */
char *int_print(char *out, int64_t value);
char *digits_print(char *out, uint64_t value, int width); /* zero padded to at least width */
char *float8_print(char *out, double value);
char *float4_print(char *out, float value);
char *date_print(char *out, int32_t days);
char *time_print(char *out, int64_t us);
/* separator ' ' or 'T'; zone NULL = without an offset; `T` also writes the offset in full, as
 * JSON wants it. */
char *timestamp_print(char *out, int64_t us, const struct timezone *zone, char separator);
char *interval_print(char *out, struct interval value);
char *uuid_print(char *out, const struct uuid *value);
void bytea_print(struct slice bytes, struct buffer *out);
void array_print(struct type type, const struct array *array, const struct timezone *zone,
                 struct buffer *out);

#endif
