/* SPDX-License-Identifier: Apache-2.0 */
/* Option rows at work without a file: defaults, single values from flags, and a check of the rows themselves. */
#ifndef LEAT_CONFIG_PARSE_H
#define LEAT_CONFIG_PARSE_H

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/config/options.h"

/* A struct with every fallback applied; required options stay zero. For tests and built-in pipelines. */
void *options_defaults(const struct option_table *table, struct arena *arena);
/* Are the rows sound: names, sentences, fallbacks in range, fields inside the struct? Each connector's test calls it. */
MUST_CHECK enum status options_check(const struct option_table *table, struct error *error);

/* Units as in the file; on failure the message says what is expected and what was got. */
MUST_CHECK enum status bytes_parse(struct slice text, uint64_t *ret, struct error *error);
MUST_CHECK enum status duration_parse(struct slice text, int64_t *ret_us, struct error *error);

#endif
