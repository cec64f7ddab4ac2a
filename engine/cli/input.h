/* SPDX-License-Identifier: Apache-2.0 */
/* Files and standard input for the commands that work without a pipeline (sql, columns):
 * decompressed by name or by their first bytes, framed, handed out in blocks of whole records. One
 * thread. */
#ifndef LEAT_CLI_INPUT_H
#define LEAT_CLI_INPUT_H

#include "engine/record/compress.h"
#include "engine/record/format.h"

struct table_input;

/* path "-" = standard input. kind_given false: by the name's ending (.csv, .tsv, .txt, else JSON). format: what
 * was asked for (header, delimiter); framing is detected. NULL on failure. */
struct table_input *table_input_open(const char *path, const struct format *format, bool kind_given,
                                     struct error *error);
void table_input_close(struct table_input *input); /* takes NULL */

/* What the head told. */
const struct format *table_input_format(const struct table_input *input);
const struct format_head *table_input_head(const struct table_input *input);
/* The first whole records without consuming them, for inference; reads on until there is one (at most 64 MiB). */
struct slice table_input_peek(struct table_input *input);

/* The one ASCII character that a --delimiter names, `\t` for a tab; 0 = it names none. */
char input_delimiter(const char *text);

/* The next block of whole records, in a buffer that the next call reuses; END at the end, an error
 * when it was cut short. */
enum status table_input_read(struct table_input *input, struct slice *ret,
                             struct error *error) MUST_CHECK;

#endif
