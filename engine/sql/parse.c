/* SPDX-License-Identifier: Apache-2.0 */
/* A statement: text to Postgres's parse tree (libpg_query, as JSON) to struct statement.
 * libpg_query reports errors at a character, its nodes lie at a byte; both become line:column here.
 * What jansson allocated is freed before anything else is done with the statement. */
#include <limits.h>
#include <pg_query.h>

#include "engine/record/value.h"
#include "engine/sql/parse_tree.h"

/* The lowest level of the tree that this build of libpg_query prints is known for 13 to 17. */
_Static_assert(PG_VERSION_NUM >= 130000, "libpg_query 13 or newer");

enum { STATEMENT_BYTES_MAX = 1 << 20 };

enum status statement_refuse(const struct statement *statement, uint32_t at, struct error *error) {
    uint32_t line = 1, column = 1;
    for (size_t i = 0; i < at && i < statement->text.len; i++) {
        unsigned char byte = (unsigned char)statement->text.data[i];
        if (byte == '\n') {
            line++;
            column = 1;
        } else if ((byte & 0xc0) != 0x80) {
            column++;
        }
    }
    error_where(error, "%u:%u", line, column);
    return STATUS_FAILED;
}

static uint32_t byte_of_character(struct slice text, int character) {
    uint32_t at = 0;
    for (int seen = 1; at < text.len; at++) {
        if (((unsigned char)text.data[at] & 0xc0) != 0x80 && seen++ == character) {
            break;
        }
    }
    return at;
}

static enum status parse_targets(struct parser *parser, json_t *list) {
    struct statement *statement = parser->statement;
    statement->targets =
        arena_zalloc(parser->arena, json_array_size(list) * sizeof *statement->targets);
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item) {
        json_t *body = json_object_get(item, "ResTarget");
        struct target *target = &statement->targets[statement->targets_count++];
        const char *name = tree_text(body, "name");
        target->name = name ? tree_slice(parser, name) : (struct slice){0};
        target->at = tree_at(body);
        if (parse_expression(parser, json_object_get(body, "val"), &target->node)) {
            return STATUS_FAILED;
        }
    }
    if (statement->targets_count == 0) {
        return parse_refuse(parser, 0, "the select list is empty");
    }
    return STATUS_OK;
}

static enum status parse_from(struct parser *parser, json_t *list) {
    json_t *table = json_object_get(json_array_get(list, 0), "RangeVar");
    const char *name = tree_text(table, "relname");
    json_t *alias = json_object_get(table, "alias");
    json_t *wrapped = json_object_get(alias, "Alias");
    alias = wrapped ? wrapped : alias;
    if (json_array_size(list) == 0) {
        return parse_refuse(parser, 0, "a transform reads the relation input: add `from input`");
    }
    if (json_array_size(list) > 1 || !table) {
        return parse_refuse(parser, tree_at(table),
                            "from names exactly one relation, input; there are no joins, "
                            "subqueries or functions");
    }
    if (tree_text(table, "schemaname") || !name || strcmp(name, "input") != 0) {
        (void)error_set(parser->error, ERROR_PERMANENT, "42P01",
                        "relation \"%s\" does not exist; the records are in the relation input",
                        name ? name : "");
        return statement_refuse(parser->statement, tree_at(table), parser->error);
    }
    if (json_object_get(alias, "colnames")) {
        return parse_refuse(parser, tree_at(table),
                            "column names behind the alias are not supported");
    }
    const char *alias_name = tree_text(alias, "aliasname");
    parser->statement->alias = alias_name ? tree_slice(parser, alias_name) : (struct slice){0};
    return STATUS_OK;
}

static enum status parse_groups(struct parser *parser, json_t *list) {
    struct node *groups = node_new(parser, NODE_COALESCE, 0);
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item) {
        if (tree_is(item, "GroupingSet")) {
            return parse_refuse(parser, tree_at(json_object_get(item, "GroupingSet")),
                                "grouping sets, cube and rollup are not supported");
        }
    }
    if (parse_list(parser, list, groups)) {
        return STATUS_FAILED;
    }
    parser->statement->groups = groups->items;
    parser->statement->groups_count = groups->count;
    return STATUS_OK;
}

static enum status parse_orders(struct parser *parser, json_t *list) {
    struct statement *statement = parser->statement;
    statement->orders =
        arena_zalloc(parser->arena, (json_array_size(list) + 1) * sizeof *statement->orders);
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item) {
        json_t *body = json_object_get(item, "SortBy");
        struct order *order = &statement->orders[statement->orders_count++];
        const char *direction = tree_text(body, "sortby_dir"),
                   *nulls = tree_text(body, "sortby_nulls");
        if (parse_expression(parser, json_object_get(body, "node"), &order->node)) {
            return STATUS_FAILED;
        }
        if (direction && strcmp(direction, "SORTBY_USING") == 0) {
            return parse_refuse(parser, order->node->at,
                                "order by ... using is not supported; write asc or desc");
        }
        order->descending = direction && strcmp(direction, "SORTBY_DESC") == 0;
        order->nulls_first = nulls && strcmp(nulls, "SORTBY_NULLS_FIRST") == 0  ? true
                             : nulls && strcmp(nulls, "SORTBY_NULLS_LAST") == 0 ? false
                                                                                : order->descending;
    }
    return STATUS_OK;
}

static enum status optional(struct parser *parser, json_t *select, const char *member,
                            struct node **ret) {
    json_t *tree = json_object_get(select, member);
    return tree ? parse_expression(parser, tree, ret) : STATUS_OK;
}

/* Clauses of select that Leat does not have. */
static enum status refuse_clauses(struct parser *parser, json_t *select) {
    static const struct {
        const char *member, *sentence;
    } clauses[] = {
        {"withClause", "with is not supported; chain several sql transforms instead"},
        {"valuesLists", "values is not supported; a transform selects from input"},
        {"windowClause", "window functions are not supported"},
        {"lockingClause", "for update is not supported; there is nothing to lock"},
        {"intoClause", "select into is not supported; a sink says where rows go"},
    };
    for (size_t i = 0; i < sizeof clauses / sizeof *clauses; i++) {
        if (json_object_get(select, clauses[i].member)) {
            return parse_refuse(parser, 0, "%s", clauses[i].sentence);
        }
    }
    const char *op = tree_text(select, "op"), *limit = tree_text(select, "limitOption");
    if (op && strcmp(op, "SETOP_NONE") != 0) {
        return parse_refuse(parser, 0, "union, intersect and except are not supported");
    }
    if (limit && strcmp(limit, "LIMIT_OPTION_WITH_TIES") == 0) {
        return parse_refuse(parser, 0, "fetch first ... with ties is not supported");
    }
    return STATUS_OK;
}

static enum status parse_select(struct parser *parser, json_t *select) {
    struct statement *statement = parser->statement;
    json_t *distinct = json_object_get(select, "distinctClause");
    json_t *first = json_array_get(distinct, 0);
    statement->distinct = distinct != NULL;
    if (refuse_clauses(parser, select)) {
        return STATUS_FAILED;
    }
    if (first && json_object_size(first) > 0) {
        return parse_refuse(parser, 0,
                            "distinct on is not supported; use group by with min or max");
    }
    if (parse_from(parser, json_object_get(select, "fromClause")) ||
        parse_targets(parser, json_object_get(select, "targetList")) ||
        optional(parser, select, "whereClause", &statement->where) ||
        parse_groups(parser, json_object_get(select, "groupClause")) ||
        optional(parser, select, "havingClause", &statement->having) ||
        parse_orders(parser, json_object_get(select, "sortClause")) ||
        optional(parser, select, "limitCount", &statement->limit)) {
        return STATUS_FAILED;
    }
    return optional(parser, select, "limitOffset", &statement->offset);
}

static enum status parse_tree(struct parser *parser, json_t *root) {
    json_t *statements = json_object_get(root, "stmts"), *body;
    if (json_array_size(statements) != 1) {
        return parse_refuse(parser, 0, "a transform is exactly one select; found %zu statements",
                            json_array_size(statements));
    }
    json_t *item = json_array_get(statements, 0), *wrapped = json_object_get(item, "RawStmt");
    const char *tag = tree_tag(json_object_get(wrapped ? wrapped : item, "stmt"), &body);
    if (!tag || strcmp(tag, "SelectStmt") != 0) {
        return parse_refuse(parser, 0, "a transform is a select; %s is not supported",
                            tag ? tag : "this");
    }
    return parse_select(parser, body);
}

/* Everything libpg_query and jansson hold is freed here. */
static enum status parse_text(struct parser *parser) {
    PgQueryParseResult result = pg_query_parse(parser->statement->text.data);
    enum status status = STATUS_OK;
    if (result.error) {
        (void)error_set(parser->error, ERROR_PERMANENT, "42601", "%s", result.error->message);
        status = statement_refuse(
            parser->statement, byte_of_character(parser->statement->text, result.error->cursorpos),
            parser->error);
    } else {
        json_error_t json_error;
        json_t *root = json_loads(result.parse_tree, JSON_ALLOW_NUL, &json_error);
        if (root) {
            status = parse_tree(parser, root);
        } else {
            (void)error_set(parser->error, ERROR_PERMANENT, "54001",
                            "the statement is too complex to be read");
            status = statement_refuse(parser->statement, 0, parser->error);
        }
        json_decref(root);
    }
    pg_query_free_parse_result(result);
    return status;
}

enum status statement_parse(struct slice text, struct arena *arena, struct statement *ret,
                            struct error *error) {
    size_t bad_at = 0;
    *ret = (struct statement){.text = slice_make(arena_text(arena, text), text.len)};
    if (text.len > STATEMENT_BYTES_MAX) {
        return error_set(error, ERROR_PERMANENT, "54000", "the statement is longer than %d bytes",
                         STATEMENT_BYTES_MAX);
    }
    if (!utf8_is_valid(text, &bad_at)) {
        (void)error_set(error, ERROR_PERMANENT, "22021", "the statement is not valid UTF-8");
        return statement_refuse(ret, (uint32_t)bad_at, error);
    }
    struct parser parser = {.statement = ret, .arena = arena, .error = error};
    return parse_text(&parser);
}

/* 0: no name, 1: a weak one (of a type, of case), 2: a name that stands. */
static int name_strength(const struct node *node, struct slice *ret) {
    int strength = 0;
    switch (node->kind) {
    case NODE_COLUMN:
    case NODE_FUNCTION:
        *ret = node->text;
        return 2;
    case NODE_CAST:
        strength = name_strength(node->items[0], ret);
        *ret = strength > 1 ? *ret : node->type_name;
        return strength > 1 ? strength : 1;
    case NODE_CASE:
        strength = name_strength(node->items[node->count - 1], ret);
        *ret = strength > 1 ? *ret : SLICE_LITERAL("case");
        return strength > 1 ? strength : 1;
    case NODE_COALESCE:
        *ret = SLICE_LITERAL("coalesce");
        return 2;
    case NODE_NULLIF:
        *ret = SLICE_LITERAL("nullif");
        return 2;
    case NODE_GREATEST:
    case NODE_LEAST:
        *ret = node->kind == NODE_LEAST ? SLICE_LITERAL("least") : SLICE_LITERAL("greatest");
        return 2;
    case NODE_ARRAY:
        *ret = SLICE_LITERAL("array");
        return 2;
    case NODE_ELEMENT:
        return name_strength(node->items[0], ret);
    default:
        return 0;
    }
}

struct slice node_output_name(const struct node *node) {
    struct slice name;
    return name_strength(node, &name) ? name : SLICE_LITERAL("?column?");
}
