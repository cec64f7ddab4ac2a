/* SPDX-License-Identifier: Apache-2.0 */
/* Which function or operator a call means, by Postgres's rules (func_select_candidate), and
 * suggestions when none does. */
#ifndef LEAT_SQL_FUNCTION_FIND_H
#define LEAT_SQL_FUNCTION_FIND_H

#include "engine/sql/function.h"

enum function_match { FUNCTION_FOUND, FUNCTION_NO_NAME, FUNCTION_NO_CANDIDATE, FUNCTION_AMBIGUOUS };

/* types[i].id TYPE_UNKNOWN is a bare literal. Operators are found by their symbol. */
enum function_match function_find(struct slice name, const struct type *types, uint32_t count,
                                  const struct function **ret);

/* What the function declares for argument i: id TYPE_UNKNOWN = anything (an array, when .array). */
struct type function_argument(const struct function *function, uint32_t i);
struct type function_result(const struct function *function, const struct type *types,
                            uint32_t count);

/* A preferred type wins among those of its category. */
char type_category(struct type type);
bool type_is_preferred(struct type type);

/* The nearest of the functions' names, NULL if none is near. */
const char *function_nearest(struct slice name);
/* Edit distance, for suggestions. */
uint32_t name_distance(struct slice a, struct slice b);

#endif
