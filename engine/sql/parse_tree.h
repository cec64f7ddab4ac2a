/* SPDX-License-Identifier: Apache-2.0 */
/* Reading Postgres's parse tree as libpg_query prints it, leniently: absent means zero, false or
 * empty, and the shapes of the majors 13 to 17 are taken alike. Two traps are dealt with here and
 * nowhere else: a negative or zero integer is printed as `{}`, so that its value is read from the
 * statement's text; and strings have had several member names. */
#ifndef LEAT_SQL_PARSE_TREE_H
#define LEAT_SQL_PARSE_TREE_H

#include <jansson.h>

#include "engine/sql/ast.h"

struct parser {
    struct statement *statement;
    struct arena *arena;
    struct error *error;
    uint32_t depth;
};

enum { PARSE_DEPTH_MAX = 500 };

/* The body of {"Tag": {...}} and the tag; NULL when it is no such thing. */
const char *tree_tag(json_t *node, json_t **ret_body);
bool tree_is(json_t *node, const char *tag);
const char *tree_text(json_t *body, const char *member);
bool tree_flag(json_t *body, const char *member);
int64_t tree_integer(json_t *body, const char *member);
uint32_t tree_at(json_t *body);
/* {"String": {"sval": "x"}} or {"String": {"str": "x"}}; NULL when it is another node. */
const char *tree_string(json_t *node);
/* The last string of a list of names: `pg_catalog.int4` is "int4". */
const char *tree_last_name(json_t *names);
struct slice tree_slice(struct parser *parser, const char *text);

/* A constant: number, string, bool or null. */
enum status parse_constant(struct parser *parser, json_t *body, struct node *node);
/* An integer constant as used in type modifiers; false = not one. */
bool parse_integer(struct parser *parser, json_t *node, int64_t *ret);
enum status parse_type_name(struct parser *parser, json_t *body, struct node *cast);
enum status parse_expression(struct parser *parser, json_t *tree, struct node **ret);
enum status parse_list(struct parser *parser, json_t *list, struct node *parent);

struct node *node_new(struct parser *parser, enum node_kind kind, uint32_t at);
void node_add(struct parser *parser, struct node *parent, struct node *item);
/* Refuses with 0A000 at this place. */
enum status parse_refuse(struct parser *parser, uint32_t at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
