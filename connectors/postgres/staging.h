/* SPDX-License-Identifier: Apache-2.0 */
/* Modes that pass through a temporary table: its definition and the statements from there to the table. All SQL is
 * made once, when the table is bound; names come from the catalog, quoted by the server. */
#ifndef LEAT_POSTGRES_STAGING_H
#define LEAT_POSTGRES_STAGING_H

#include "connectors/postgres/binding.h"
#include "connectors/postgres/report.h"

/* A field that the table lacks but a condition of the options (delete_when) reads. */
bool staging_keeps(const struct postgres_options *options, const char *field);

/* Sets copy, copy_relation, stage and apply; what the mode cannot work with goes to the report. */
void staging_make(struct binding *binding, const struct binding_request *request, struct report *report);

/* merge.c: the insert that folds the temporary table into the table. NULL when the report has grown. */
const char *merge_sql(struct binding *binding, const struct binding_request *request,
                      struct report *report);

/* "k1, k2" of the key columns, quoted. */
void key_names_put(const struct binding *binding, const struct binding_request *request,
                   struct buffer *out);
bool is_key(const struct binding_request *request, const char *column);

#endif
