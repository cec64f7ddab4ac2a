/* SPDX-License-Identifier: Apache-2.0 */
/* Array literals for statement parameters: `{"a","b",NULL}` as the server's array_in reads it. One thread; everything
 * lives in the arena, which must not be used otherwise between begin and end. */
#ifndef LEAT_POSTGRES_SQL_ARRAY_H
#define LEAT_POSTGRES_SQL_ARRAY_H

#include "engine/base/buffer.h"

struct sql_array {
    struct buffer text;
};

void sql_array_begin(struct sql_array *array, struct arena *arena);
void sql_array_text(struct sql_array *array, const char *text); /* NULL = null */
void sql_array_number(struct sql_array *array, uint64_t number);
const char *sql_array_end(struct sql_array *array);

#endif
