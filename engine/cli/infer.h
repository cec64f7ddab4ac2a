/* SPDX-License-Identifier: Apache-2.0 */
/* Columns from a look at the data: the narrowest type that every value of the sample fits, or one
 * that later values will hardly fail. What stands beyond the sample is not known, so the caller says
 * which of the two it wants. The result lives in the caller's arena. One thread. */
#ifndef LEAT_CLI_INFER_H
#define LEAT_CLI_INFER_H

#include "engine/record/format.h"

/* records: whole records. careful: numbers become numeric and other scalars text unless they are plainly timestamps or
 * booleans, so that a later value seldom fails (leat sql); else the narrowest type (leat columns). In the arena. */
struct schema infer_columns(const struct format *format, const struct format_head *head, struct slice records,
                            bool careful, struct arena *arena);
/* As in CREATE TABLE, a column a line, names quoted where they must be. */
void schema_text(const struct schema *schema, struct buffer *out);
/* [{"name": ..., "type": ...}, ...] on one line. */
void schema_json(const struct schema *schema, struct buffer *out);

#endif
