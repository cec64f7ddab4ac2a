/* SPDX-License-Identifier: Apache-2.0 */
/* Rows are COPYed into a temporary table typed as the target, with a number that keeps their order, and go from there
 * in one or two statements. The table's name carries a hash of its columns, and it is emptied by every commit, so that
 * it may be found again on any connection of a pooler. */
#include "connectors/postgres/staging.h"

#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

#define ROW_NUMBER "_leat_row"

static bool is_word(char c) {
    return isalnum((unsigned char)c) || c == '_' || (c & 0x80);
}

bool staging_keeps(const struct postgres_options *options, const char *field) {
    size_t len = strlen(field);
    const char *at = options->mode == MODE_UPSERT ? options->delete_when : NULL;
    for (; at && (at = strstr(at, field)); at += len) {
        bool starts = at == options->delete_when || !is_word(at[-1]);
        if (starts && !is_word(at[len])) {
            return true;
        }
    }
    return false;
}

bool is_key(const struct binding_request *request, const char *column) {
    const struct text_list *key = &request->options->key;
    for (uint32_t i = 0; i < key->count; i++) {
        if (strcmp(key->items[i], column) == 0) {
            return true;
        }
    }
    return false;
}

/* --- names --------------------------------------------------------------------------------------------------- */

static const char *quoted_name(struct binding *binding, const struct column_plan *plan) {
    const struct table_column *column = table_column_find(&binding->table, plan->name);
    if (column) {
        return column->quoted;
    }
    char *name = arena_alloc(binding->arena, 2 * NAME_MAX_BYTES + 3);
    bool fits = sql_quote(plan->name, '"', name, 2 * NAME_MAX_BYTES + 3);
    assert(fits);
    return name;
}

/* Columns of the rows; with their types, or only those that the table has. */
static void names_put(struct binding *binding, bool types, bool of_table, struct buffer *out) {
    bool first = true;
    for (uint32_t i = 0; i < binding->plan.count; i++) {
        const struct column_plan *plan = &binding->plan.columns[i];
        const struct table_column *column = table_column_find(&binding->table, plan->name);
        if (of_table && !column) {
            continue;
        }
        char own_type[NAME_MAX_BYTES];
        type_print(plan->from, own_type, sizeof own_type);
        buffer_printf(out, "%s%s", first ? "" : ", ", quoted_name(binding, plan));
        if (types) {
            buffer_printf(out, " %s", column ? column->type_text : own_type);
        }
        first = false;
    }
}

void key_names_put(const struct binding *binding, const struct binding_request *request,
                   struct buffer *out) {
    const struct text_list *key = &request->options->key;
    for (uint32_t i = 0; i < key->count; i++) {
        buffer_printf(out, "%s%s", i ? ", " : "",
                      table_column_find(&binding->table, key->items[i])->quoted);
    }
}

static const char *text_end(struct buffer *sql) {
    buffer_append_byte(sql, '\0');
    return sql->data;
}

static struct buffer sql_begin(struct binding *binding) {
    struct buffer sql;
    buffer_init(&sql, binding->arena, 512);
    return sql;
}

/* --- the temporary table --------------------------------------------------------------------------------------- */

static void table_make(struct binding *binding) {
    struct buffer columns = sql_begin(binding);
    names_put(binding, true, false, &columns);
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < columns.len; i++) {
        hash = (hash ^ (unsigned char)columns.data[i]) * UINT64_C(1099511628211);
    }
    binding->copy_relation = arena_printf(binding->arena, "leat_stage_%016" PRIx64, hash);
    binding->stage = arena_printf(binding->arena,
                                  "create temp table if not exists %s (%.*s, " ROW_NUMBER
                                  " bigint generated always as identity) on commit delete rows",
                                  binding->copy_relation, (int)columns.len, columns.data);
    struct buffer copy = sql_begin(binding);
    buffer_printf(&copy, "copy pg_temp.%s (", binding->copy_relation);
    names_put(binding, false, false, &copy);
    buffer_printf(&copy, ") from stdin with (format binary)");
    binding->copy = text_end(&copy);
}

static const char *overriding(const struct binding *binding) {
    for (uint32_t i = 0; i < binding->plan.count; i++) {
        const struct table_column *column =
            table_column_find(&binding->table, binding->plan.columns[i].name);
        if (column && column->identity_always) {
            return " overriding system value";
        }
    }
    return "";
}

static void apply_add(struct binding *binding, const char *sql) {
    enum { STATEMENTS_MAX = 2 };
    if (!binding->apply) {
        binding->apply = arena_zalloc(binding->arena, STATEMENTS_MAX * sizeof *binding->apply);
    }
    assert(binding->apply_count < STATEMENTS_MAX);
    ((const char **)binding->apply)[binding->apply_count++] = sql;
}

/* --- append, on_conflict: ignore --------------------------------------------------------------------------------- */

static const char *ignore_sql(struct binding *binding) {
    struct buffer sql = sql_begin(binding);
    buffer_printf(&sql, "insert into %s (", binding->table.qualified);
    names_put(binding, false, true, &sql);
    buffer_printf(&sql, ")%s select ", overriding(binding));
    names_put(binding, false, true, &sql);
    buffer_printf(&sql, " from pg_temp.%s order by " ROW_NUMBER " on conflict do nothing",
                  binding->copy_relation);
    return text_end(&sql);
}

/* --- upsert -------------------------------------------------------------------------------------------------- */

/* The last row of each key: by version, else by order of arrival. Of equal versions the first stays, as it does when
 * they meet in the table, so that it makes no difference how records were cut into units; nulls are replaced. */
static void last_put(struct binding *binding, const struct binding_request *request,
                     struct buffer *sql) {
    const char *version = request->options->version;
    buffer_printf(sql, "(select distinct on (");
    key_names_put(binding, request, sql);
    buffer_printf(sql, ") * from pg_temp.%s order by ", binding->copy_relation);
    key_names_put(binding, request, sql);
    if (version) {
        const char *name = table_column_find(&binding->table, version)->quoted;
        buffer_printf(sql,
                      ", %s desc nulls last, case when %s is null then -" ROW_NUMBER " else " ROW_NUMBER
                      " end) s",
                      name, name);
    } else {
        buffer_printf(sql, ", " ROW_NUMBER " desc) s");
    }
}

static const char *delete_sql(struct binding *binding, const struct binding_request *request) {
    struct buffer sql = sql_begin(binding);
    buffer_printf(&sql, "delete from %s t using (select * from ", binding->table.qualified);
    last_put(binding, request, &sql);
    buffer_printf(&sql, " where (%s) is true) d where ", request->options->delete_when);
    for (uint32_t i = 0; i < request->options->key.count; i++) {
        const char *name = table_column_find(&binding->table, request->options->key.items[i])->quoted;
        buffer_printf(&sql, "%st.%s = d.%s", i ? " and " : "", name, name);
    }
    return text_end(&sql);
}

static void updates_put(struct binding *binding, const struct binding_request *request,
                        struct buffer *sql) {
    const struct postgres_options *options = request->options;
    bool first = true;
    for (uint32_t i = 0; i < binding->table.count; i++) {
        const struct table_column *column = &binding->table.columns[i];
        bool in_rows = schema_find(binding->schema, slice_of(column->name)) >= 0;
        bool marks = options->deleted && strcmp(options->deleted, column->name) == 0;
        if ((!in_rows && !marks) || is_key(request, column->name)) {
            continue;
        }
        buffer_printf(sql, "%s%s = excluded.%s", first ? " do update set " : ", ", column->quoted,
                      column->quoted);
        first = false;
    }
    if (first) {
        buffer_printf(sql, " do nothing");
    } else if (options->version) {
        const char *version = table_column_find(&binding->table, options->version)->quoted;
        buffer_printf(sql, " where t.%s is null or t.%s < excluded.%s", version, version, version);
    }
}

static const char *upsert_sql(struct binding *binding, const struct binding_request *request) {
    const struct postgres_options *options = request->options;
    struct buffer sql = sql_begin(binding);
    buffer_printf(&sql, "insert into %s as t (", binding->table.qualified);
    names_put(binding, false, true, &sql);
    if (options->deleted) {
        buffer_printf(&sql, ", %s", table_column_find(&binding->table, options->deleted)->quoted);
    }
    buffer_printf(&sql, ")%s select ", overriding(binding));
    names_put(binding, false, true, &sql);
    if (options->deleted) {
        buffer_printf(&sql, ", (%s) is true", options->delete_when);
    }
    buffer_printf(&sql, " from ");
    last_put(binding, request, &sql);
    if (options->delete_when && !options->deleted) {
        buffer_printf(&sql, " where (%s) is not true", options->delete_when);
    }
    /* In the order of the key, so that processes never wait for each other in a circle. */
    buffer_printf(&sql, " order by ");
    key_names_put(binding, request, &sql);
    buffer_printf(&sql, " on conflict (");
    key_names_put(binding, request, &sql);
    buffer_printf(&sql, ")");
    updates_put(binding, request, &sql);
    return text_end(&sql);
}

/* --- what a mode needs of the table ---------------------------------------------------------------------------- */

static void key_report(const struct binding *binding, const struct binding_request *request,
                       struct report *report) {
    const struct text_list *key = &request->options->key;
    for (uint32_t i = 0; i < key->count; i++) {
        const struct table_column *column = table_column_find(&binding->table, key->items[i]);
        if (!column) {
            report_add(report, "key names \"%s\", which is no column of the table", key->items[i]);
        } else if (schema_find(binding->schema, slice_of(key->items[i])) < 0) {
            report_add(report, "the rows do not have the key column \"%s\"", key->items[i]);
        }
    }
    const struct table_key *unique = table_key_find(&binding->table, key->items, key->count);
    if (!unique) {
        report_add(report, "no unique index (valid, not deferrable, without a condition) has exactly the "
                           "columns of key");
        return;
    }
    for (uint32_t i = 0; i < key->count && !unique->nulls_not_distinct; i++) {
        const struct table_column *column = table_column_find(&binding->table, key->items[i]);
        if (column && !column->not_null) {
            report_add(report, "the key column \"%s\" may be null, and nulls never meet: make it not null, "
                               "or the index nulls not distinct",
                       column->name);
        }
    }
}

static void option_column_report(const struct binding *binding, const char *option, const char *name,
                                 bool in_rows, struct report *report) {
    if (!name) {
        return;
    }
    if (!table_column_find(&binding->table, name)) {
        report_add(report, "%s names \"%s\", which is no column of the table", option, name);
    } else if ((schema_find(binding->schema, slice_of(name)) >= 0) != in_rows) {
        report_add(report, in_rows ? "%s: the rows do not have \"%s\""
                                   : "%s: \"%s\" is set by this sink, the rows must not have it",
                   option, name);
    }
}

static void upsert_report(const struct binding *binding, const struct binding_request *request,
                          struct report *report) {
    const struct postgres_options *options = request->options;
    option_column_report(binding, "version", options->version, true, report);
    option_column_report(binding, "deleted", options->deleted, false, report);
    if (!binding->table.may_update || !binding->table.may_select) {
        report_add(report, "this user may not update and select it: grant select, update on %s",
                   binding->table.qualified);
    }
    if (options->delete_when && !options->deleted && !binding->table.may_delete) {
        report_add(report, "this user may not delete from it: grant delete on %s",
                   binding->table.qualified);
    }
}

void staging_make(struct binding *binding, const struct binding_request *request, struct report *report) {
    const struct postgres_options *options = request->options;
    if (options->mode != MODE_APPEND) {
        key_report(binding, request, report);
        upsert_report(binding, request, report);
    }
    if (report->count) {
        return;
    }
    table_make(binding);
    if (options->mode == MODE_APPEND) {
        apply_add(binding, ignore_sql(binding));
        return;
    }
    if (options->mode == MODE_MERGE) {
        const char *sql = merge_sql(binding, request, report);
        if (sql) {
            apply_add(binding, sql);
        }
        return;
    }
    if (options->delete_when && !options->deleted) {
        apply_add(binding, delete_sql(binding, request));
    }
    apply_add(binding, upsert_sql(binding, request));
}
