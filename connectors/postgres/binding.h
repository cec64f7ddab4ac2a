/* SPDX-License-Identifier: Apache-2.0 */
/* A table and the rows that go into it, matched: which column takes which field and how, and the statements that
 * follow from it. Immutable once made, shared by lanes and workers; a check that finds the catalog changed makes a new
 * one with the next version. Old ones live as long as the sink, because payloads may still name them. */
#ifndef LEAT_POSTGRES_BINDING_H
#define LEAT_POSTGRES_BINDING_H

#include "connectors/postgres/catalog.h"
#include "connectors/postgres/copy_encode.h"
#include "connectors/postgres/postgres_options.h"

struct binding {
    struct binding *older;
    struct arena *arena;
    uint64_t version;
    struct table table;
    const struct schema *schema;  /* of the rows */
    struct copy_plan plan;
    const char *copy;             /* COPY statement */
    const char *copy_relation;    /* as errors name it */
    const char *stage;            /* creates the temporary table; NULL = COPY goes to the table */
    const char *guard;            /* catalog_guard_sql when COPY goes to the table, else NULL */
    const char *const *apply;     /* from the temporary table to the table, in order */
    uint32_t apply_count;
    uint32_t lanes;
};

struct binding_request {
    const struct postgres_options *options;
    const struct schema *schema;  /* NULL = by name */
    const struct timezone *zone;
};

/* Matches; fails with all mismatches in one message. The binding's table and arena are set. */
enum status binding_match(struct binding *binding, const struct binding_request *request,
                          struct error *error);

/* "create table" from the rows' types. */
const char *binding_create_sql(const struct binding_request *request, const char *table,
                               struct arena *arena);

#endif
