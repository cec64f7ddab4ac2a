/* SPDX-License-Identifier: Apache-2.0 */
/* Single values of options as text: what the file, overrides and fallbacks have in common, so that a
 * value means the same wherever it stands. Parsers take all of the text or refuse it; what the row
 * expects is put into words here too, beside what is taken. Pure functions, any thread. */
#ifndef LEAT_CONFIG_PARSE_H
#define LEAT_CONFIG_PARSE_H

#include "engine/base/arena.h"
#include "engine/base/buffer.h"
#include "engine/base/error.h"
#include "engine/config/options.h"

/* Units as in the file; false when the text is none or does not fit. */
bool bytes_parse(struct slice text, uint64_t *ret);
bool duration_parse(struct slice text, int64_t *ret_us);
bool percent_parse(struct slice text, double *ret);
bool whole_parse(struct slice text, int64_t *ret);

/* In the largest unit that divides it: 64MiB, 50000 (bytes without unit), 90s. */
void bytes_print(uint64_t bytes, struct buffer *out);
void duration_print(int64_t us, struct buffer *out);

/* What a row takes, as a phrase: "a duration from 1ms to 1h, such as 10s". */
void option_expects(const struct option *row, struct buffer *out);
/* Writes the value of a scalar option into its field (TEXT: a copy in the arena). False when it is
 * not what option_expects says. Not for SECRET, TEXTS, TEXT_MAP and GROUP. */
bool option_scalar_parse(const struct option *row, struct slice text, struct arena *arena,
                         void *field);
/* The fallback of one row, zero when it has none; groups with all of theirs. */
void option_fallback(const struct option *row, struct arena *arena, void *field);

/* A struct with every fallback applied; required options stay zero. For tests and built-in
 * pipelines. */
void *options_defaults(const struct option_table *table, struct arena *arena);
/* Are the rows sound: names, sentences, fallbacks in range, fields inside the struct? Each
 * connector's test calls it. */
MUST_CHECK enum status options_check(const struct option_table *table, struct error *error);

#endif
