/* SPDX-License-Identifier: Apache-2.0 */
/* format() and the quoting it shares with quote_ident and quote_literal. What they write is SQL
 * that a server reads back as the same value. */
#ifndef LEAT_SQL_FUNCTIONS_FORMAT_H
#define LEAT_SQL_FUNCTIONS_FORMAT_H

#include "engine/base/buffer.h"
#include "engine/sql/function.h"

/* As a name: in double quotes unless it is plain and no keyword. */
void quote_identifier(struct slice name, struct buffer *out);
/* As a string constant: E'..' when it holds a backslash. */
void quote_literal(struct slice text, struct buffer *out);

/* format(argument 0, the others). False after the row was failed. */
bool format_values(struct call *call, uint32_t row, struct buffer *out);

#endif
