/* SPDX-License-Identifier: Apache-2.0 */
/* Text to value and back, for every type, exactly as Postgres's input and output functions do it: same
 * accepted spellings, same results, same SQLSTATE and message. Used by decode (JSON and CSV scalars),
 * casts, encoders, path templates. Thread-safe, allocates only in the given arena. */
#ifndef LEAT_RECORD_VALUE_H
#define LEAT_RECORD_VALUE_H

#include "engine/record/type.h"

struct timezone; /* timezone.h */

/* How a conversion failed: code is a static SQLSTATE ("22P02"), NULL = it did not; message in the arena. */
struct value_error {
    const char *code;
    struct slice message;
};

/* Parses text as a value of the type (modifiers applied: numeric(p,s) rounds and checks, varchar(n) checks with
 * 22001, timestamp(3) rounds) into *ret_value, which has type_width bytes. Slices in the result may point into
 * `text` where no change was needed, otherwise into the arena. False = failed, *error says how. `zone` is used by
 * timestamptz without an offset. */
bool value_parse(struct type type, struct slice text, const struct timezone *zone, struct arena *arena,
                 void *ret_value, struct value_error *error);

/* Applies the type's modifier to a value already of that type id (an explicit cast truncates varchar silently,
 * assignment errors with 22001: explicit_cast says which). */
bool value_modify(struct type type, void *value, bool explicit_cast, struct arena *arena, struct value_error *error);

/* Appends the text that Postgres prints (ISO dates, bool as t/f, float8 shortest round-trip, bytea as \x hex,
 * intervals in `postgres` style, arrays as {a,b}); jsonb is normalised. */
struct buffer;
void value_print(struct type type, const void *value, const struct timezone *zone, struct buffer *out);

/* Appends the value as JSON, as to_jsonb / row_to_json would: numbers bare (NaN and Infinity quoted), bool as
 * true/false, json and jsonb as they are, timestamps as ISO 8601 with `T`, arrays as arrays, the rest quoted and
 * escaped. */
void value_print_json(struct type type, const void *value, const struct timezone *zone, struct buffer *out);

/* Appends a JSON string with its quotes: escapes as Postgres does. */
void json_quote(struct slice text, struct buffer *out);

/* Postgres's order of two non-null values of one type (numeric by value, NaN highest, text by bytes as COLLATE "C",
 * jsonb by Postgres's jsonb order): <0, 0, >0. */
int value_compare(struct type type, const void *a, const void *b, struct arena *scratch);

/* Valid UTF-8 without NUL, the Postgres way: no surrogates, no overlong forms, at most U+10FFFF. On false
 * *ret_bad_at is the offset of the first bad byte. */
bool utf8_is_valid(struct slice text, size_t *ret_bad_at);

#endif
