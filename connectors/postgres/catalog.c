/* SPDX-License-Identifier: Apache-2.0 */
/* Three questions to pg_catalog. For a partitioned table indexes, triggers and keys of all partitions count, because
 * that is where rows meet. Domains are followed to their base, whose binary form they have. Lane thread. */
#include "connectors/postgres/catalog.h"

#include <assert.h>
#include <stdlib.h>

static const char table_sql[] =
    "with t as (select c.*, n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
    "  where c.oid = to_regclass($1)),"
    " tree as (select relid as oid from t, pg_partition_tree(t.oid) union select oid from t)"
    " select t.relname, quote_ident(t.nspname) || '.' || quote_ident(t.relname),"
    " t.relkind, t.relpersistence, row_security_active(t.oid),"
    " has_table_privilege(t.oid, 'insert'), has_any_column_privilege(t.oid, 'update'),"
    " has_table_privilege(t.oid, 'delete'), has_any_column_privilege(t.oid, 'select'),"
    " exists (select from pg_index i join tree on i.indrelid = tree.oid"
    "  where i.indisunique or i.indisexclusion),"
    " exists (select from pg_trigger g join tree on g.tgrelid = tree.oid where not g.tgisinternal),"
    " exists (select from pg_constraint k join tree on k.conrelid = tree.oid"
    "  where k.contype = 'f' and k.confrelid in (select oid from tree)),"
    " exists (select from pg_constraint k join tree on k.conrelid = tree.oid where k.condeferrable)"
    " or exists (select from pg_trigger g join tree on g.tgrelid = tree.oid where g.tgdeferrable),"
    " exists (select from pg_trigger g join tree on g.tgrelid = tree.oid"
    "  where not g.tgisinternal and g.tgtype & 2 = 2 and g.tgtype & 1 = 1),"
    " t.oid from t";

static const char columns_sql[] =
    "select a.attname, quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),"
    " format_type(b.oid, b.mod), bt.typname, bt.typtype, b.mod,"
    " bt.typnamespace = 'pg_catalog'::regnamespace, bt.typcategory = 'A' and bt.typlen = -1,"
    " coalesce(e.typname, ''), coalesce(e.typtype, ' '), coalesce(e.oid, 0),"
    " a.attnotnull, a.atthasdef or a.attidentity <> '', a.attgenerated <> '', a.attidentity = 'a',"
    " a.attidentity <> '' or coalesce(pg_get_expr(d.adbin, d.adrelid) like 'nextval(%', false),"
    " coalesce(e.typnamespace = 'pg_catalog'::regnamespace, false)"
    " from pg_attribute a"
    " left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum"
    " cross join lateral (with recursive base(oid, mod) as ("
    "   select a.atttypid, a.atttypmod union all"
    "   select t.typbasetype, t.typtypmod from base s join pg_type t on t.oid = s.oid"
    "   where t.typtype = 'd')"
    "  select s.oid, s.mod from base s join pg_type t on t.oid = s.oid where t.typtype <> 'd') b"
    " join pg_type bt on bt.oid = b.oid left join pg_type e on e.oid = bt.typelem"
    " where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped order by a.attnum";

/* One row for each column of each key. The column indnullsnotdistinct exists from version 15 on. */
static const char keys_sql[] =
    "select i.indexrelid, coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::bool, false), a.attname"
    " from pg_index i cross join lateral unnest(i.indkey::int2[]) with ordinality as k(attnum, n)"
    " join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum"
    " where i.indrelid = to_regclass($1) and i.indisunique and i.indisvalid and i.indimmediate"
    " and i.indpred is null and i.indexprs is null and k.n <= i.indnkeyatts"
    " order by i.indexrelid, k.n";

/* What a column is called and made of; a column dropped and added again has another number. */
#define FINGERPRINT                                                                                \
    "select coalesce(sum(hashtext(a.attname || ' ' || a.atttypid || ' ' || a.atttypmod)::bigint"   \
    " * a.attnum), 0)::bigint from pg_attribute a"                                                 \
    " where a.attnum > 0 and not a.attisdropped and a.attrelid = "

static const char fingerprint_sql[] = FINGERPRINT "to_regclass($1)";

static const struct type_row {
    const char *name;
    enum type_id id;
    bool blank_padded, enumeration;
} type_rows[] = {
    {"bool", TYPE_BOOL},
    {"int2", TYPE_INT2},
    {"int4", TYPE_INT4},
    {"int8", TYPE_INT8},
    {"float4", TYPE_FLOAT4},
    {"float8", TYPE_FLOAT8},
    {"numeric", TYPE_NUMERIC},
    {"text", TYPE_TEXT},
    {"varchar", TYPE_TEXT},
    {"bpchar", TYPE_TEXT, true},
    {"name", TYPE_TEXT, false, true},
    {"xml", TYPE_TEXT, false, true},
    {"bytea", TYPE_BYTEA},
    {"uuid", TYPE_UUID},
    {"date", TYPE_DATE},
    {"time", TYPE_TIME},
    {"timestamp", TYPE_TIMESTAMP},
    {"timestamptz", TYPE_TIMESTAMPTZ},
    {"interval", TYPE_INTERVAL},
    {"json", TYPE_JSON},
    {"jsonb", TYPE_JSONB},
};

/* The server's type modifier as struct type has it. */
static int32_t modifier_read(enum type_id id, int64_t mod) {
    enum { HEADER = 4, SCALE_BITS = 0x7ff, SCALE_SIGN = 1024 };
    if (mod < 0 || id == TYPE_INTERVAL) {
        return -1;
    }
    if (id == TYPE_NUMERIC) {
        int32_t packed = (int32_t)mod - HEADER;
        int32_t scale = ((packed & SCALE_BITS) ^ SCALE_SIGN) - SCALE_SIGN;
        return (packed >> 16 & 0xffff) << 16 | (uint16_t)scale;
    }
    return id == TYPE_TEXT ? (int32_t)mod - HEADER : (int32_t)mod;
}

struct type_name {
    const char *name;
    char kind;       /* pg_type.typtype */
    bool is_catalog; /* lives in pg_catalog */
    int64_t mod;
};

static void type_read(const struct type_name *name, struct table_column *ret) {
    ret->type = TYPE(UNKNOWN);
    if (name->kind == 'e' || strcmp(name->name, "citext") == 0) {
        ret->type = TYPE(TEXT);
        ret->enumeration = true;
        return;
    }
    for (size_t i = 0; name->is_catalog && i < sizeof type_rows / sizeof type_rows[0]; i++) {
        if (strcmp(type_rows[i].name, name->name) == 0) {
            ret->type.id = type_rows[i].id;
            ret->type.blank_padded = type_rows[i].blank_padded;
            ret->type.modifier = modifier_read(ret->type.id, name->mod);
            ret->enumeration = type_rows[i].enumeration;
            if (strcmp(name->name, "name") == 0) {
                ret->type.modifier = NAME_MAX_BYTES - 1;
            }
            return;
        }
    }
}

static void column_read(const struct catalog_call *call, uint32_t row, struct table_column *ret) {
    const struct session *session = call->session;
#define TEXT(column) arena_text(call->arena, session_slice(session, row, (column)))
#define FLAG(column) session_bool(session, row, (column))
    *ret = (struct table_column){.name = TEXT(0),
                                 .quoted = TEXT(1),
                                 .type_text = TEXT(2),
                                 .base_text = TEXT(3),
                                 .not_null = FLAG(12),
                                 .has_default = FLAG(13),
                                 .generated = FLAG(14),
                                 .identity_always = FLAG(15),
                                 .sequence = FLAG(16)};
    int64_t mod = session_int(session, row, 6);
    if (FLAG(8)) {
        const struct type_name element = {TEXT(9), session_text(session, row, 10)[0], FLAG(17), mod};
        type_read(&element, ret);
        ret->type.array = true;
        ret->element_oid = (uint32_t)session_int(session, row, 11);
        return;
    }
    const struct type_name whole = {TEXT(4), session_text(session, row, 5)[0], FLAG(7), mod};
    type_read(&whole, ret);
#undef TEXT
#undef FLAG
}

static void table_read(const struct catalog_call *call, struct table *ret) {
    const struct session *session = call->session;
    bool triggers = session_bool(session, 0, 10);
    *ret = (struct table){
        .relation = arena_text(call->arena, session_slice(session, 0, 0)),
        .qualified = arena_text(call->arena, session_slice(session, 0, 1)),
        .kind = session_text(session, 0, 2)[0],
        .persistence = session_text(session, 0, 3)[0],
        .row_security = session_bool(session, 0, 4),
        .may_insert = session_bool(session, 0, 5),
        .may_update = session_bool(session, 0, 6),
        .may_delete = session_bool(session, 0, 7),
        .may_select = session_bool(session, 0, 8),
        .shares_rows = session_bool(session, 0, 9) || triggers || session_bool(session, 0, 11),
        .deferrable = session_bool(session, 0, 12),
        .triggers = session_bool(session, 0, 13),
    };
}

static void keys_read(const struct catalog_call *call, struct table *ret) {
    const struct session *session = call->session;
    uint32_t rows = session_rows(session);
    ret->keys = arena_zalloc(call->arena, (rows ? rows : 1) * sizeof *ret->keys);
    const char **names = arena_alloc(call->arena, (rows ? rows : 1) * sizeof *names);
    int64_t index = -1;
    for (uint32_t i = 0; i < rows; i++) {
        names[i] = arena_text(call->arena, session_slice(session, i, 2));
        if (session_int(session, i, 0) != index) {
            index = session_int(session, i, 0);
            ret->keys[ret->keys_count++] =
                (struct table_key){.columns = &names[i], .nulls_not_distinct = session_bool(session, i, 1)};
        }
        ret->keys[ret->keys_count - 1].count++;
    }
}

/* FNV-1a over every value of the answer. */
static uint64_t hash_rows(const struct session *session, int columns, uint64_t hash) {
    for (uint32_t row = 0; row < session_rows(session); row++) {
        for (int column = 0; column < columns; column++) {
            struct slice text = session_slice(session, row, column);
            for (size_t i = 0; i <= text.len; i++) {
                hash = (hash ^ (unsigned char)(i < text.len ? text.data[i] : 0)) * UINT64_C(1099511628211);
            }
        }
    }
    return hash;
}

static enum status ask(const struct catalog_call *call, const char *sql, const char *name,
                       struct error *error) {
    const struct question question = {STEP_CATALOG, sql, &name, 1};
    if (session_open(call->session, call->deadline_us) != REPLY_OK ||
        session_ask(call->session, &question, call->deadline_us) != REPLY_OK) {
        return session_fail(call->session, error, "reading the catalog");
    }
    return STATUS_OK;
}

enum status catalog_read(const struct catalog_call *call, const char *name, struct table *ret,
                         bool *ret_found, struct error *error) {
    enum { TABLE_COLUMNS = 15, COLUMN_COLUMNS = 18, KEY_COLUMNS = 3 };
    /* First: when the table changes after this, the first unit sees another fingerprint and asks again. */
    if (ask(call, fingerprint_sql, name, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    int64_t fingerprint = session_int(call->session, 0, 0);
    if (ask(call, table_sql, name, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    *ret_found = session_rows(call->session) == 1;
    if (!*ret_found) {
        return STATUS_OK;
    }
    table_read(call, ret);
    ret->fingerprint = fingerprint;
    uint64_t seed = UINT64_C(14695981039346656037) ^ (uint64_t)fingerprint;
    uint64_t hash = hash_rows(call->session, TABLE_COLUMNS, seed);
    if (ask(call, columns_sql, name, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    ret->count = session_rows(call->session);
    ret->columns = arena_zalloc(call->arena, (ret->count ? ret->count : 1) * sizeof *ret->columns);
    for (uint32_t i = 0; i < ret->count; i++) {
        column_read(call, i, &ret->columns[i]);
    }
    hash = hash_rows(call->session, COLUMN_COLUMNS, hash);
    if (ask(call, keys_sql, name, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    keys_read(call, ret);
    ret->hash = hash_rows(call->session, KEY_COLUMNS, hash);
    return STATUS_OK;
}

const char *catalog_guard_sql(const struct table *table, struct arena *arena) {
    size_t size = 2 * strlen(table->qualified) + 3;
    char *literal = arena_alloc(arena, size);
    bool fits = sql_quote(table->qualified, '\'', literal, size);
    assert(fits);
    return arena_printf(arena, "lock table %s in row exclusive mode;" FINGERPRINT "%s::regclass",
                        table->qualified, literal);
}

const struct table_column *table_column_find(const struct table *table, const char *name) {
    for (uint32_t i = 0; i < table->count; i++) {
        if (strcmp(table->columns[i].name, name) == 0) {
            return &table->columns[i];
        }
    }
    return NULL;
}

static bool key_has(const struct table_key *key, const char *name) {
    for (uint32_t i = 0; i < key->count; i++) {
        if (strcmp(key->columns[i], name) == 0) {
            return true;
        }
    }
    return false;
}

const struct table_key *table_key_find(const struct table *table, const char *const *columns,
                                       uint32_t count) {
    for (uint32_t i = 0; i < table->keys_count; i++) {
        uint32_t found = 0;
        for (uint32_t j = 0; j < count; j++) {
            found += key_has(&table->keys[i], columns[j]);
        }
        if (found == count && table->keys[i].count == count) {
            return &table->keys[i];
        }
    }
    return NULL;
}
