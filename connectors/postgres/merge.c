/* SPDX-License-Identifier: Apache-2.0 */
/* Mode merge: running aggregates. The unit's rows are folded for each key in the server, then the result is folded into
 * the table by the same rules, so that it makes no difference how records were cut into units. Null counts as absent.
 * first and last compare the stored `by` column, because parts have no common order; it belongs to one value and moves
 * with it; ties go to the greater value. Text compares as bytes, not by a collation that an upgrade may change. */
#include "connectors/postgres/staging.h"

#include <assert.h>

enum rule_kind { RULE_ADD, RULE_MIN, RULE_MAX, RULE_AND, RULE_OR, RULE_FIRST, RULE_LAST, RULE_COUNT };

static const char *const rule_names[RULE_COUNT] = {"add", "min",   "max", "and",
                                                   "or",  "first by ", "last by "};

struct rule {
    enum rule_kind kind;
    const char *by;
};

struct merge {
    struct binding *binding;
    const struct binding_request *request;
    struct report *report;
    struct buffer fold, update; /* of the insert's select and of its conflict clause */
    bool first_update;
};

static bool rule_parse(const char *text, struct rule *ret) {
    for (int kind = 0; kind < RULE_COUNT; kind++) {
        size_t len = strlen(rule_names[kind]);
        bool with_by = kind >= RULE_FIRST;
        if (with_by ? strncmp(text, rule_names[kind], len) == 0 && text[len]
                    : strcmp(text, rule_names[kind]) == 0) {
            *ret = (struct rule){.kind = (enum rule_kind)kind, .by = with_by ? text + len : NULL};
            return true;
        }
    }
    return false;
}

/* --- what cannot be merged ----------------------------------------------------------------------------------- */

static bool is_number(enum type_id id) {
    return id == TYPE_INT2 || id == TYPE_INT4 || id == TYPE_INT8 || id == TYPE_NUMERIC ||
           id == TYPE_INTERVAL;
}

static const struct field *field_of(const struct merge *merge, const char *name) {
    int at = schema_find(merge->binding->schema, slice_of(name));
    return at < 0 ? NULL : &merge->binding->schema->fields[at];
}

static bool scale_is_lost(const struct field *from, const struct table_column *to) {
    if (to->type.id != TYPE_NUMERIC || to->type.modifier < 0) {
        return is_number(from->type.id) && from->type.id == TYPE_NUMERIC && to->type.id != TYPE_NUMERIC;
    }
    int scale = (int16_t)(to->type.modifier & 0xffff);
    if (from->type.id != TYPE_NUMERIC) {
        return scale < 0;
    }
    return from->type.modifier < 0 || (int16_t)(from->type.modifier & 0xffff) > scale;
}

static void add_report(struct merge *merge, const struct field *from, const struct table_column *to) {
    bool is_float = from->type.id == TYPE_FLOAT4 || from->type.id == TYPE_FLOAT8 ||
                    to->type.id == TYPE_FLOAT4 || to->type.id == TYPE_FLOAT8;
    if (is_float) {
        report_add(merge->report, "merge: add on \"%s\" would depend on the order of the rows, because it is "
                                  "a float: use numeric",
                   to->name);
    } else if (!is_number(to->type.id) || to->type.array) {
        report_add(merge->report, "merge: add needs a number, \"%s\" is %s", to->name, to->type_text);
    } else if (scale_is_lost(from, to)) {
        report_add(merge->report, "merge: add on \"%s\" would round at each unit: the column is %s, make it "
                                  "numeric without a scale, or cast in the transform",
                   to->name, to->type_text);
    }
}

static bool has_order(struct type type) {
    return type.id != TYPE_JSON && type.id != TYPE_UNKNOWN;
}

static void by_report(struct merge *merge, const struct rule *rule, const char *column) {
    const struct text_map *rules = &merge->request->options->merge;
    const struct table_column *by = table_column_find(&merge->binding->table, rule->by);
    uint32_t users = 0;
    for (uint32_t i = 0; i < rules->count; i++) {
        struct rule other;
        users += rule_parse(rules->values[i], &other) && other.by && strcmp(other.by, rule->by) == 0;
        if (strcmp(rules->names[i], rule->by) == 0) {
            report_add(merge->report, "merge: \"%s\" moves with \"%s\" and has no rule of its own", rule->by,
                       column);
        }
    }
    if (!by || !field_of(merge, rule->by)) {
        report_add(merge->report, "merge: \"%s\" compares by \"%s\", which must be a column of the table and "
                                  "of the rows",
                   column, rule->by);
    } else if (!has_order(by->type) || is_key(merge->request, rule->by)) {
        report_add(merge->report, "merge: nothing can be compared by \"%s\"", rule->by);
    }
    if (users > 1) {
        report_add(merge->report, "merge: \"%s\" is the `by` of two columns; each needs its own", rule->by);
    }
}

static bool rule_report(struct merge *merge, const char *column, const struct rule *rule) {
    const struct table_column *to = table_column_find(&merge->binding->table, column);
    const struct field *from = field_of(merge, column);
    uint32_t before = merge->report->count;
    if (!to || !from) {
        report_add(merge->report, "merge names \"%s\", which the table and the rows must have", column);
        return false;
    }
    if (is_key(merge->request, column)) {
        report_add(merge->report, "merge: \"%s\" is part of the key", column);
    }
    if (rule->kind == RULE_ADD) {
        add_report(merge, from, to);
    } else if (rule->kind == RULE_AND || rule->kind == RULE_OR) {
        if (to->type.id != TYPE_BOOL || to->type.array) {
            report_add(merge->report, "merge: and, or need a boolean, \"%s\" is %s", column, to->type_text);
        }
    } else if (!has_order(to->type) ||
               (rule->kind <= RULE_MAX && (to->type.id == TYPE_BOOL || to->type.id == TYPE_UUID ||
                                           to->type.id == TYPE_JSONB || to->type.id == TYPE_BYTEA))) {
        report_add(merge->report, "merge: \"%s\" is %s, which has no least and greatest value here", column,
                   to->type_text);
    }
    if (rule->by) {
        by_report(merge, rule, column);
    }
    return merge->report->count == before;
}

static bool is_by_of_another(const struct merge *merge, const char *column) {
    const struct text_map *rules = &merge->request->options->merge;
    for (uint32_t i = 0; i < rules->count; i++) {
        struct rule rule;
        if (rule_parse(rules->values[i], &rule) && rule.by && strcmp(rule.by, column) == 0) {
            return true;
        }
    }
    return false;
}

static void unruled_report(struct merge *merge) {
    const struct text_map *rules = &merge->request->options->merge;
    for (uint32_t i = 0; i < merge->binding->schema->count; i++) {
        const char *name = merge->binding->schema->fields[i].name;
        bool ruled = is_key(merge->request, name) || is_by_of_another(merge, name);
        for (uint32_t j = 0; j < rules->count; j++) {
            ruled |= strcmp(rules->names[j], name) == 0;
        }
        if (!ruled) {
            report_add(merge->report, "merge: the column \"%s\" has no rule and is not in key", name);
        }
    }
}

/* --- SQL ----------------------------------------------------------------------------------------------------- */

static const char *collation(const struct table_column *column) {
    return column->type.id == TYPE_TEXT && !column->type.array && !column->enumeration
               ? " collate \"C\""
               : "";
}

static void update_begin(struct merge *merge, const char *quoted) {
    buffer_printf(&merge->update, "%s%s = ", merge->first_update ? "" : ", ", quoted);
    merge->first_update = false;
}

static void simple_put(struct merge *merge, const struct table_column *column, enum rule_kind kind) {
    static const char *const folds[] = {"sum", "min", "max", "bool_and", "bool_or"};
    const char *c = column->quoted, *collate = collation(column);
    buffer_printf(&merge->fold, ", %s(%s%s)::%s as %s", folds[kind], c, collate, column->type_text, c);
    update_begin(merge, c);
    if (kind == RULE_MIN || kind == RULE_MAX) {
        buffer_printf(&merge->update, "%s(t.%s%s, excluded.%s)", kind == RULE_MIN ? "least" : "greatest", c,
                      collate, c);
        return;
    }
    const char *joint = kind == RULE_ADD ? "+" : kind == RULE_AND ? "and" : "or";
    buffer_printf(&merge->update, "coalesce(t.%s %s excluded.%s, t.%s, excluded.%s)", c, joint, c, c, c);
}

static void picked_put(struct merge *merge, const struct table_column *column,
                       const struct table_column *by, enum rule_kind kind) {
    const char *v = column->quoted, *b = by->quoted;
    const char *v_collate = collation(column), *b_collate = collation(by);
    const char *order = kind == RULE_FIRST ? "" : " desc", *sign = kind == RULE_FIRST ? "<" : ">";
    const char *sides[] = {v, b};
    for (int i = 0; i < 2; i++) {
        buffer_printf(&merge->fold,
                      ", (array_agg(%s order by %s%s%s, %s%s desc)"
                      " filter (where %s is not null and %s is not null))[1] as %s",
                      sides[i], b, b_collate, order, v, v_collate, v, b, sides[i]);
        update_begin(merge, sides[i]);
        buffer_printf(&merge->update,
                      "case when excluded.%s is not null and (t.%s is null or t.%s is null"
                      " or excluded.%s%s %s t.%s"
                      " or (excluded.%s = t.%s and excluded.%s%s > t.%s))"
                      " then excluded.%s else t.%s end",
                      v, v, b, b, b_collate, sign, b, b, b, v, v_collate, v, sides[i], sides[i]);
    }
}

static void columns_put(struct merge *merge, struct buffer *columns) {
    const struct text_map *rules = &merge->request->options->merge;
    const struct table *table = &merge->binding->table;
    for (uint32_t i = 0; i < rules->count; i++) {
        struct rule rule;
        if (!rule_parse(rules->values[i], &rule)) {
            report_add(merge->report,
                       "merge: \"%s: %s\" is no rule; rules are add, min, max, and, or, first by COLUMN, "
                       "last by COLUMN",
                       rules->names[i], rules->values[i]);
            continue;
        }
        if (!rule_report(merge, rules->names[i], &rule)) {
            continue;
        }
        const struct table_column *column = table_column_find(table, rules->names[i]);
        buffer_printf(columns, ", %s", column->quoted);
        if (rule.by) {
            const struct table_column *by = table_column_find(table, rule.by);
            buffer_printf(columns, ", %s", by->quoted);
            picked_put(merge, column, by, rule.kind);
        } else {
            simple_put(merge, column, rule.kind);
        }
    }
}

const char *merge_sql(struct binding *binding, const struct binding_request *request,
                      struct report *report) {
    struct arena *scratch = arena_new(NULL, POOL_SINK);
    struct merge merge = {
        .binding = binding, .request = request, .report = report, .first_update = true};
    struct buffer columns, keys;
    buffer_init(&merge.fold, arena_new(NULL, POOL_SINK), 1024);
    buffer_init(&merge.update, arena_new(NULL, POOL_SINK), 1024);
    buffer_init(&columns, scratch, 512);
    buffer_init(&keys, binding->arena, 512);
    columns_put(&merge, &columns);
    unruled_report(&merge);
    const char *sql = NULL;
    if (!report->count) {
        key_names_put(binding, request, &keys);
        buffer_append_byte(&keys, '\0');
        sql = arena_printf(binding->arena,
                           "insert into %s as t (%s%.*s) select %s%.*s from pg_temp.%s group by %s "
                           "order by %s on conflict (%s) do update set %.*s",
                           binding->table.qualified, keys.data, (int)columns.len, columns.data, keys.data,
                           (int)merge.fold.len, merge.fold.data, binding->copy_relation, keys.data,
                           keys.data, keys.data, (int)merge.update.len, merge.update.data);
    }
    arena_free(merge.fold.arena);
    arena_free(merge.update.arena);
    arena_free(scratch);
    return sql;
}
