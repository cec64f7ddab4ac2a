/* SPDX-License-Identifier: Apache-2.0 */
/* Files and standard input for the commands that work without a pipeline (sql, columns): decompressed by name, framed,
 * handed out in blocks of whole records. One thread. */
#ifndef LEAT_CLI_INPUT_H
#define LEAT_CLI_INPUT_H

#include "engine/record/compress.h"
#include "engine/record/format.h"

struct input;

/* path "-" = standard input. kind_given false: by the name's ending (.csv, .tsv, .txt, else JSON). format: what
 * was asked for (header, delimiter); framing is detected. NULL on failure. */
struct input *input_open(const char *path, const struct format *format, bool kind_given, struct error *error);
void input_close(struct input *input); /* takes NULL */

/* What the head told. */
const struct format *input_format(const struct input *input);
const struct format_head *input_head(const struct input *input);
/* The bytes at hand without consuming them: whole records, for inference. */
struct slice input_peek(struct input *input);

/* The next block of whole records, in a buffer that the next call reuses; END at the end. */
enum status input_read(struct input *input, struct slice *ret, struct error *error) MUST_CHECK;

#endif
