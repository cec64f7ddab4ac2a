/* SPDX-License-Identifier: Apache-2.0 */
/* Rows as an aligned table, as psql prints them: a header, a rule, numbers to the right. Collects up to 10,000 rows;
 * beyond that widths are fixed and rows go out as they come. */
#ifndef LEAT_CLI_TABLE_H
#define LEAT_CLI_TABLE_H

#include "engine/record/batch.h"
#include "engine/record/datetime.h"

struct table;
struct table *table_new(const struct timezone *zone);
void table_free(struct table *table); /* takes NULL */
void table_add(struct table *table, const struct batch *batch);
void table_print(struct table *table); /* what is left, and the count */

#endif
