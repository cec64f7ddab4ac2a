/* SPDX-License-Identifier: Apache-2.0 */
/* Upper and lower case over Unicode. Text that is already in the case asked for is returned as it
 * is, other results lie in the arena. */
#ifndef LEAT_SQL_FUNCTIONS_CASE_H
#define LEAT_SQL_FUNCTIONS_CASE_H

#include "engine/base/arena.h"

struct slice case_lower(struct slice text, struct arena *arena);
struct slice case_upper(struct slice text, struct arena *arena);
/* The first character of each word (letters and digits) upper, the others lower. */
struct slice case_initial(struct slice text, struct arena *arena);

#endif
