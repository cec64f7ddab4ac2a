/* SPDX-License-Identifier: Apache-2.0 */
/* What the server says about a table: its columns, keys, and what stands in the way of writing it. Read anew at
 * every check, on the checking lane; plain data in the caller's arena, never changed afterwards. */
#ifndef LEAT_POSTGRES_CATALOG_H
#define LEAT_POSTGRES_CATALOG_H

#include "connectors/postgres/session.h"
#include "engine/record/type.h"

struct table_column {
    const char *name, *quoted;
    const char *type_text;    /* as declared: "amount_t", "character varying(20)" */
    const char *base_text;    /* domains resolved */
    struct type type;         /* id TYPE_UNKNOWN: no binary form is known here */
    bool enumeration;         /* an enum or another type that reads plain text */
    uint32_t element_oid;
    bool not_null, has_default, generated, identity_always, sequence;
};

struct table_key {
    const char *const *columns;
    uint32_t count;
    bool nulls_not_distinct;
};

struct table {
    const char *qualified;  /* quoted, with its schema */
    const char *relation;   /* bare name, as errors show it */
    struct table_column *columns;
    uint32_t count;
    struct table_key *keys; /* unique, valid, immediate, whole */
    uint32_t keys_count;
    bool shares_rows;       /* unique or exclusion index, user trigger, foreign key to itself: one lane only */
    bool triggers;          /* of users, before each row */
    bool deferrable;        /* constraints that would fail at COMMIT only */
    char kind, persistence;
    bool row_security, may_insert, may_update, may_delete, may_select;
    int64_t fingerprint;    /* of its columns, as catalog_guard_sql says it */
    uint64_t hash;          /* of all this */
};

/* Reads the table named as in SQL; *ret_found false when there is none. Everything lives in the arena. */
struct catalog_call {
    struct session *session;
    struct arena *arena;
    int64_t deadline_us;
};
enum status catalog_read(const struct catalog_call *call, const char *name, struct table *ret,
                         bool *ret_found, struct error *error);

/* Locks the table against changes of its columns for the rest of the transaction, and says their fingerprint. */
const char *catalog_guard_sql(const struct table *table, struct arena *arena);

/* NULL = there is none of that name. */
const struct table_column *table_column_find(const struct table *table, const char *name);
/* The key of exactly these columns, in any order. */
const struct table_key *table_key_find(const struct table *table, const char *const *columns,
                                       uint32_t count);

#endif
