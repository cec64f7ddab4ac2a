/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions of Postgres's parse tree to nodes. Whatever is not in the table at the bottom is
 * refused by name, with a sentence that says what to write instead. */
#include "engine/sql/parse_tree.h"

enum status parse_list(struct parser *parser, json_t *list, struct node *parent) {
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item) {
        struct node *node;
        if (parse_expression(parser, item, &node)) {
            return STATUS_FAILED;
        }
        node_add(parser, parent, node);
    }
    return STATUS_OK;
}

static enum status add_member(struct parser *parser, json_t *body, const char *member,
                              struct node *parent) {
    struct node *node;
    if (parse_expression(parser, json_object_get(body, member), &node)) {
        return STATUS_FAILED;
    }
    node_add(parser, parent, node);
    return STATUS_OK;
}

static enum status parse_column(struct parser *parser, json_t *body, struct node *node) {
    json_t *fields = json_object_get(body, "fields");
    size_t count = json_array_size(fields);
    json_t *last = json_array_get(fields, count - 1);
    if (count > 2) {
        return parse_refuse(parser, node->at, "a column is written name or input.name");
    }
    if (count == 2) {
        node->qualifier = tree_slice(parser, tree_string(json_array_get(fields, 0)));
    }
    node->kind = tree_is(last, "A_Star") ? NODE_STAR : NODE_COLUMN;
    node->text = tree_slice(parser, tree_string(last));
    return STATUS_OK;
}

static enum status parse_const(struct parser *parser, json_t *body, struct node *node) {
    return parse_constant(parser, body, node);
}

static enum status parse_cast(struct parser *parser, json_t *body, struct node *node) {
    node->kind = NODE_CAST;
    json_t *type = json_object_get(body, "typeName");
    json_t *wrapped = json_object_get(type, "TypeName");
    type = wrapped ? wrapped : type;
    if (add_member(parser, body, "arg", node)) {
        return STATUS_FAILED;
    }
    if (!json_object_get(body, "location") || tree_integer(body, "location") < 0) {
        node->at = tree_at(type); /* type 'literal' */
    }
    return parse_type_name(parser, type, node);
}

static struct node *binary(struct parser *parser, const char *name, struct node *a,
                           struct node *b) {
    struct node *node = node_new(parser, NODE_OPERATOR, a->at);
    node->text = slice_of(name);
    node_add(parser, node, a);
    node_add(parser, node, b);
    return node;
}

static struct node *both(struct parser *parser, enum node_kind kind, struct node *a,
                         struct node *b) {
    struct node *node = node_new(parser, kind, a->at);
    node_add(parser, node, a);
    node_add(parser, node, b);
    return node;
}

/* x between a and b is x >= a and x <= b; symmetric tries both orders. */
static enum status parse_between(struct parser *parser, json_t *body, struct node *node) {
    const char *kind = tree_text(body, "kind");
    struct node *list = node_new(parser, NODE_IN, node->at), *x;
    json_t *bounds = json_object_get(body, "rexpr");
    json_t *wrapped = json_object_get(bounds, "List");
    if (parse_expression(parser, json_object_get(body, "lexpr"), &x) ||
        parse_list(parser, wrapped ? json_object_get(wrapped, "items") : bounds, list) ||
        list->count != 2) {
        return STATUS_FAILED;
    }
    struct node *a = list->items[0], *b = list->items[1];
    bool negated = strncmp(kind, "AEXPR_NOT_", 10) == 0, symmetric = strstr(kind, "SYM") != NULL;
    const char *lower = negated ? "<" : ">=", *upper = negated ? ">" : "<=";
    enum node_kind inner = negated ? NODE_OR : NODE_AND, outer = negated ? NODE_AND : NODE_OR;
    struct node *result =
        both(parser, inner, binary(parser, lower, x, a), binary(parser, upper, x, b));
    if (symmetric) {
        struct node *swapped =
            both(parser, inner, binary(parser, lower, x, b), binary(parser, upper, x, a));
        result = both(parser, outer, result, swapped);
    }
    *node = *result;
    return STATUS_OK;
}

static enum status parse_in(struct parser *parser, json_t *body, struct node *node) {
    json_t *list = json_object_get(body, "rexpr"), *wrapped = json_object_get(list, "List");
    node->kind = NODE_IN;
    const char *name = tree_last_name(json_object_get(body, "name"));
    node->negated = name && strcmp(name, "<>") == 0;
    if (add_member(parser, body, "lexpr", node)) {
        return STATUS_FAILED;
    }
    return parse_list(parser, wrapped ? json_object_get(wrapped, "items") : list, node);
}

static enum node_kind operator_kind(const char *kind) {
    static const struct {
        const char *name;
        enum node_kind kind;
    } kinds[] = {{"AEXPR_OP_ANY", NODE_ANY},
                 {"AEXPR_OP_ALL", NODE_ALL},
                 {"AEXPR_DISTINCT", NODE_DISTINCT},
                 {"AEXPR_NOT_DISTINCT", NODE_DISTINCT},
                 {"AEXPR_NULLIF", NODE_NULLIF}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].name, kind) == 0) {
            return kinds[i].kind;
        }
    }
    return NODE_OPERATOR;
}

static enum status parse_operator(struct parser *parser, json_t *body, struct node *node) {
    const char *kind = tree_text(body, "kind");
    kind = kind ? kind : "AEXPR_OP";
    if (strstr(kind, "BETWEEN")) {
        return parse_between(parser, body, node);
    }
    if (strcmp(kind, "AEXPR_IN") == 0) {
        return parse_in(parser, body, node);
    }
    if (strcmp(kind, "AEXPR_SIMILAR") == 0) {
        return parse_refuse(parser, node->at,
                            "similar to is not supported; use ~ with a regular expression");
    }
    node->kind = operator_kind(kind);
    node->negated = strcmp(kind, "AEXPR_NOT_DISTINCT") == 0;
    node->text = tree_slice(parser, tree_last_name(json_object_get(body, "name")));
    if (json_object_get(body, "lexpr") && add_member(parser, body, "lexpr", node)) {
        return STATUS_FAILED;
    }
    return add_member(parser, body, "rexpr", node);
}

static enum status parse_logic(struct parser *parser, json_t *body, struct node *node) {
    const char *kind = tree_text(body, "boolop");
    node->kind = kind && strcmp(kind, "OR_EXPR") == 0    ? NODE_OR
                 : kind && strcmp(kind, "NOT_EXPR") == 0 ? NODE_NOT
                                                         : NODE_AND;
    return parse_list(parser, json_object_get(body, "args"), node);
}

static enum status parse_null_test(struct parser *parser, json_t *body, struct node *node) {
    const char *kind = tree_text(body, "nulltesttype");
    node->kind = NODE_IS;
    node->test = kind && strcmp(kind, "IS_NOT_NULL") == 0 ? IS_NOT_NULL : IS_NULL;
    return add_member(parser, body, "arg", node);
}

static enum status parse_bool_test(struct parser *parser, json_t *body, struct node *node) {
    static const char *const names[] = {
        [IS_TRUE] = "IS_TRUE",       [IS_NOT_TRUE] = "IS_NOT_TRUE",
        [IS_FALSE] = "IS_FALSE",     [IS_NOT_FALSE] = "IS_NOT_FALSE",
        [IS_UNKNOWN] = "IS_UNKNOWN", [IS_NOT_UNKNOWN] = "IS_NOT_UNKNOWN"};
    const char *kind = tree_text(body, "booltesttype");
    node->kind = NODE_IS;
    node->test = IS_TRUE;
    for (int i = IS_TRUE; i <= IS_NOT_UNKNOWN; i++) {
        if (kind && strcmp(kind, names[i]) == 0) {
            node->test = (enum is_test)i;
        }
    }
    return add_member(parser, body, "arg", node);
}

static enum status parse_case(struct parser *parser, json_t *body, struct node *node) {
    size_t i;
    json_t *item;
    node->kind = NODE_CASE;
    node->flag = json_object_get(body, "arg") != NULL;
    if (node->flag && add_member(parser, body, "arg", node)) {
        return STATUS_FAILED;
    }
    json_array_foreach(json_object_get(body, "args"), i, item) {
        json_t *when = json_object_get(item, "CaseWhen");
        if (add_member(parser, when, "expr", node) || add_member(parser, when, "result", node)) {
            return STATUS_FAILED;
        }
    }
    if (!json_object_get(body, "defresult")) {
        node_add(parser, node, node_new(parser, NODE_NULL, node->at));
        return STATUS_OK;
    }
    return add_member(parser, body, "defresult", node);
}

static enum status parse_coalesce(struct parser *parser, json_t *body, struct node *node) {
    node->kind = NODE_COALESCE;
    return parse_list(parser, json_object_get(body, "args"), node);
}

static enum status parse_extreme(struct parser *parser, json_t *body, struct node *node) {
    const char *op = tree_text(body, "op");
    node->kind = op && strcmp(op, "IS_LEAST") == 0 ? NODE_LEAST : NODE_GREATEST;
    return parse_list(parser, json_object_get(body, "args"), node);
}

static enum status parse_array(struct parser *parser, json_t *body, struct node *node) {
    node->kind = NODE_ARRAY;
    return parse_list(parser, json_object_get(body, "elements"), node);
}

static enum status parse_element(struct parser *parser, json_t *body, struct node *node) {
    json_t *indirection = json_object_get(body, "indirection");
    json_t *indices = json_object_get(json_array_get(indirection, 0), "A_Indices");
    node->kind = NODE_ELEMENT;
    if (add_member(parser, body, "arg", node)) {
        return STATUS_FAILED;
    }
    node->at = node->items[0]->at;
    if (json_array_size(indirection) != 1 || !indices || tree_flag(indices, "is_slice")) {
        return parse_refuse(
            parser, node->at,
            "only one subscript is supported, as in a[1]; no slices, no fields of rows");
    }
    return add_member(parser, indices, "uidx", node);
}

static enum status parse_function(struct parser *parser, json_t *body, struct node *node) {
    node->kind = NODE_FUNCTION;
    node->text = tree_slice(parser, tree_last_name(json_object_get(body, "funcname")));
    node->star = tree_flag(body, "agg_star");
    node->distinct = tree_flag(body, "agg_distinct");
    node->variadic = tree_flag(body, "func_variadic");
    if (json_object_get(body, "over")) {
        return parse_refuse(parser, node->at, "window functions are not supported; use group by");
    }
    if (json_object_get(body, "agg_order") || tree_flag(body, "agg_within_group")) {
        return parse_refuse(parser, node->at, "order by inside an aggregate is not supported");
    }
    if (parse_list(parser, json_object_get(body, "args"), node)) {
        return STATUS_FAILED;
    }
    json_t *filter = json_object_get(body, "agg_filter");
    return filter ? parse_expression(parser, filter, &node->filter) : STATUS_OK;
}

/* current_date and its kin are functions without arguments under their own name. */
static enum status parse_value_function(struct parser *parser, json_t *body, struct node *node) {
    static const struct {
        const char *op, *name;
    } ops[] = {{"SVFOP_CURRENT_DATE", "current_date"},
               {"SVFOP_CURRENT_TIMESTAMP", "current_timestamp"},
               {"SVFOP_LOCALTIMESTAMP", "localtimestamp"},
               {"SVFOP_LOCALTIME", "localtime"}};
    const char *op = tree_text(body, "op");
    node->kind = NODE_FUNCTION;
    for (size_t i = 0; op && i < sizeof ops / sizeof *ops; i++) {
        if (strcmp(ops[i].op, op) == 0) {
            node->text = slice_of(ops[i].name);
            return STATUS_OK;
        }
    }
    return parse_refuse(parser, node->at,
                        "this value is not supported; there are current_date, current_timestamp, "
                        "localtimestamp and "
                        "localtime");
}

static enum status parse_collate(struct parser *parser, json_t *body, struct node *node) {
    const char *name = tree_last_name(json_object_get(body, "collname"));
    if (!name || (strcmp(name, "C") != 0 && strcmp(name, "POSIX") != 0)) {
        return parse_refuse(parser, node->at,
                            "text is always compared by bytes; only collate \"C\" is accepted");
    }
    struct node *inner;
    if (parse_expression(parser, json_object_get(body, "arg"), &inner)) {
        return STATUS_FAILED;
    }
    *node = *inner;
    return STATUS_OK;
}

static const struct {
    const char *tag;
    enum status (*parse)(struct parser *parser, json_t *body, struct node *node);
} parsers[] = {
    {"ColumnRef", parse_column},      {"A_Const", parse_const},
    {"TypeCast", parse_cast},         {"A_Expr", parse_operator},
    {"BoolExpr", parse_logic},        {"NullTest", parse_null_test},
    {"BooleanTest", parse_bool_test}, {"CaseExpr", parse_case},
    {"CoalesceExpr", parse_coalesce}, {"MinMaxExpr", parse_extreme},
    {"A_ArrayExpr", parse_array},     {"A_Indirection", parse_element},
    {"FuncCall", parse_function},     {"SQLValueFunction", parse_value_function},
    {"CollateClause", parse_collate},
};

static const struct {
    const char *tag, *sentence;
} refusals[] = {
    {"SubLink", "subqueries are not supported; a transform reads only the relation input"},
    {"RowExpr", "row values are not supported; compare the columns one by one"},
    {"ParamRef", "there are no parameters; write the value"},
    {"GroupingFunc", "grouping sets are not supported"},
    {"XmlExpr", "xml is not supported"},
    {"XmlSerialize", "xml is not supported"},
    {"NamedArgExpr", "arguments by name are not supported; give them in order"},
    {"SetToDefault", "default is not supported; write the value"},
    {"CurrentOfExpr", "there are no cursors"},
};

enum status parse_expression(struct parser *parser, json_t *tree, struct node **ret) {
    json_t *body;
    const char *tag = tree_tag(tree, &body);
    uint32_t at = tree_at(body);
    if (!tag) {
        return parse_refuse(parser, at, "an expression is missing");
    }
    if (parser->depth == PARSE_DEPTH_MAX) {
        (void)error_set(parser->error, ERROR_PERMANENT, "54001",
                        "the statement is nested too deeply; at most %d levels", PARSE_DEPTH_MAX);
        return statement_refuse(parser->statement, at, parser->error);
    }
    for (size_t i = 0; i < sizeof parsers / sizeof *parsers; i++) {
        if (strcmp(parsers[i].tag, tag) == 0) {
            struct node *node = node_new(parser, NODE_NULL, at);
            parser->depth++;
            enum status status = parsers[i].parse(parser, body, node);
            parser->depth--;
            *ret = node;
            return status;
        }
    }
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        if (strcmp(refusals[i].tag, tag) == 0) {
            return parse_refuse(parser, at, "%s", refusals[i].sentence);
        }
    }
    return parse_refuse(parser, at, "%s is not supported", tag);
}
