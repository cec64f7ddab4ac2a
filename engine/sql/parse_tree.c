/* SPDX-License-Identifier: Apache-2.0 */
/* The accessor layer over jansson, constants and type names. What differs between the majors of
 * Postgres's parser is evened out here. */
#include "engine/sql/parse_tree.h"

#include <stdarg.h>
#include <stdio.h>

#include "engine/record/value.h"

const char *tree_tag(json_t *node, json_t **ret_body) {
    void *member = json_is_object(node) ? json_object_iter(node) : NULL;
    *ret_body = member ? json_object_iter_value(member) : NULL;
    return member ? json_object_iter_key(member) : NULL;
}

bool tree_is(json_t *node, const char *tag) {
    json_t *body;
    const char *found = tree_tag(node, &body);
    return found && strcmp(found, tag) == 0;
}

const char *tree_text(json_t *body, const char *member) {
    return json_string_value(json_object_get(body, member));
}

bool tree_flag(json_t *body, const char *member) {
    return json_is_true(json_object_get(body, member));
}

int64_t tree_integer(json_t *body, const char *member) {
    return json_integer_value(json_object_get(body, member));
}

uint32_t tree_at(json_t *body) {
    int64_t at = tree_integer(body, "location");
    return at > 0 ? (uint32_t)at : 0;
}

const char *tree_string(json_t *node) {
    json_t *body;
    const char *tag = tree_tag(node, &body);
    if (!tag || strcmp(tag, "String") != 0) {
        return NULL;
    }
    const char *text = tree_text(body, "sval");
    text = text ? text : tree_text(body, "str");
    return text ? text : "";
}

const char *tree_last_name(json_t *names) {
    size_t count = json_array_size(names);
    return count ? tree_string(json_array_get(names, count - 1)) : NULL;
}

struct slice tree_slice(struct parser *parser, const char *text) {
    struct slice bytes = slice_of(text ? text : "");
    return slice_make(arena_text(parser->arena, bytes), bytes.len);
}

struct node *node_new(struct parser *parser, enum node_kind kind, uint32_t at) {
    struct node *node = arena_zalloc(parser->arena, sizeof *node);
    node->kind = kind;
    node->at = at;
    return node;
}

void node_add(struct parser *parser, struct node *parent, struct node *item) {
    if ((parent->count & (parent->count - 1)) == 0) { /* full at each power of two */
        size_t old = parent->count, room = old ? old * 2 : 1;
        parent->items = arena_grow(parser->arena, parent->items, old * sizeof *parent->items,
                                   room * sizeof *parent->items);
    }
    parent->items[parent->count++] = item;
}

enum status parse_refuse(struct parser *parser, uint32_t at, const char *format, ...) {
    char message[ERROR_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    (void)error_set(parser->error, ERROR_PERMANENT, "0A000", "%s", message);
    return statement_refuse(parser->statement, at, parser->error);
}

/* Skips white space and comments. */
static const char *skip_blank(const char *text) {
    for (;;) {
        if (strchr(" \t\n\r\f\v", *text) && *text) {
            text++;
        } else if (text[0] == '-' && text[1] == '-') {
            text += strcspn(text, "\n");
        } else if (text[0] == '/' && text[1] == '*') {
            int depth = 0;
            do {
                bool opens = text[0] == '/' && text[1] == '*',
                     closes = text[0] == '*' && text[1] == '/';
                depth += opens - closes;
                text += opens || closes ? 2 : 1;
            } while (depth > 0 && *text);
        } else {
            return text;
        }
    }
}

/* Digits in any radix that Postgres 16 takes, underscores dropped. */
static int64_t digits_value(const char *text) {
    char digits[80];
    size_t len = 0;
    for (; len < sizeof digits - 1 && (*text == '_' || (*text >= '0' && *text <= '9') ||
                                       ((*text | 32) >= 'a' && (*text | 32) <= 'x'));
         text++) {
        if (*text != '_') {
            digits[len++] = *text;
        }
    }
    digits[len] = '\0';
    int radix = 10;
    if (digits[0] == '0' && len > 2) {
        radix = (digits[1] | 32) == 'x'   ? 16
                : (digits[1] | 32) == 'o' ? 8
                : (digits[1] | 32) == 'b' ? 2
                                          : 10;
    }
    return strtoll(radix == 10 ? digits : digits + 2, NULL, radix);
}

/* What the text says at a constant that was printed without a value: 0 or something negative. */
static int64_t integer_from_text(const struct statement *statement, uint32_t at) {
    bool negative = false;
    const char *text = at < statement->text.len ? statement->text.data + at : "0";
    for (text = skip_blank(text); *text == '-' || *text == '('; text = skip_blank(text + 1)) {
        negative ^= *text == '-';
    }
    int64_t value = digits_value(text);
    return negative ? -value : value;
}

/* The member of a constant, be it flat (15) or wrapped in "val": {"Integer": ...} (13, 14). */
static json_t *constant_part(json_t *body, const char *flat, const char *wrapped) {
    json_t *part = json_object_get(body, flat);
    return part ? part : json_object_get(json_object_get(body, "val"), wrapped);
}

static bool constant_integer(struct parser *parser, json_t *body, int64_t *ret) {
    json_t *part = constant_part(body, "ival", "Integer");
    if (!part) {
        return false;
    }
    json_t *value = json_object_get(part, "ival");
    *ret = value && json_integer_value(value) != 0
               ? json_integer_value(value)
               : integer_from_text(parser->statement, tree_at(body));
    return true;
}

bool parse_integer(struct parser *parser, json_t *node, int64_t *ret) {
    json_t *body;
    const char *tag = tree_tag(node, &body);
    return tag && strcmp(tag, "A_Const") == 0 && constant_integer(parser, body, ret);
}

enum status parse_constant(struct parser *parser, json_t *body, struct node *node) {
    int64_t integer;
    json_t *part;
    if (constant_integer(parser, body, &integer)) {
        node->kind = NODE_NUMBER;
        node->text = slice_of(arena_printf(parser->arena, "%lld", (long long)integer));
    } else if ((part = constant_part(body, "fval", "Float"))) {
        node->kind = NODE_NUMBER;
        const char *text = tree_text(part, "fval");
        node->text = tree_slice(parser, text ? text : tree_text(part, "str"));
    } else if ((part = constant_part(body, "sval", "String"))) {
        node->kind = NODE_STRING;
        const char *text = tree_text(part, "sval");
        node->text = tree_slice(parser, text ? text : tree_text(part, "str"));
    } else if ((part = json_object_get(body, "boolval"))) {
        node->kind = NODE_BOOL;
        node->flag = tree_flag(part, "boolval");
    } else if (constant_part(body, "bsval", "BitString")) {
        return parse_refuse(parser, node->at,
                            "bit strings are not supported; use an integer or bytea");
    } else {
        node->kind = NODE_NULL;
    }
    return STATUS_OK;
}

static const struct {
    const char *name;
    enum type_id id;
} type_names[] = {
    {"bool", TYPE_BOOL},
    {"int2", TYPE_INT2},
    {"int4", TYPE_INT4},
    {"int8", TYPE_INT8},
    {"float4", TYPE_FLOAT4},
    {"float8", TYPE_FLOAT8},
    {"text", TYPE_TEXT},
    {"numeric", TYPE_NUMERIC},
    {"varchar", TYPE_TEXT},
    {"bpchar", TYPE_TEXT},
    {"bytea", TYPE_BYTEA},
    {"uuid", TYPE_UUID},
    {"date", TYPE_DATE},
    {"time", TYPE_TIME},
    {"timestamp", TYPE_TIMESTAMP},
    {"json", TYPE_JSON},
    {"timestamptz", TYPE_TIMESTAMPTZ},
    {"interval", TYPE_INTERVAL},
    {"jsonb", TYPE_JSONB},
};

enum type_id type_named(struct slice name) {
    for (size_t i = 0; i < sizeof type_names / sizeof *type_names; i++) {
        if (slice_is(name, type_names[i].name)) {
            return type_names[i].id;
        }
    }
    return TYPE_UNKNOWN;
}

/* The n in varchar(n), numeric(p,s), timestamp(p): into the form that type.h describes. */
static enum status parse_modifiers(struct parser *parser, json_t *modifiers, struct node *cast) {
    size_t count = json_array_size(modifiers);
    int64_t first = 0, second = 0;
    if (count == 0) {
        return STATUS_OK;
    }
    bool integers = parse_integer(parser, json_array_get(modifiers, 0), &first) &&
                    (count < 2 || parse_integer(parser, json_array_get(modifiers, 1), &second));
    const char *name = cast->type_name.data;
    bool numeric = cast->type.id == TYPE_NUMERIC, text = cast->type.id == TYPE_TEXT;
    if (!integers || count > (numeric ? 2 : 1)) {
        return parse_refuse(parser, cast->at, "invalid type modifier of %s", name);
    }
    bool fits = numeric ? first >= 1 && first <= 1000 && second >= -1000 && second <= 1000
                : text  ? first >= 1 && first <= 10485760
                        : first >= 0 && first <= 6;
    if (!fits) {
        (void)error_set(parser->error, ERROR_PERMANENT, "22023",
                        "the modifier of type %s is out of range", name);
        return statement_refuse(parser->statement, cast->at, parser->error);
    }
    cast->type.modifier =
        numeric ? (int32_t)((uint32_t)first << 16 | ((uint32_t)second & 0xffff)) : (int32_t)first;
    return STATUS_OK;
}

/* interval '5' day: the field is a bit of a mask (timestamp.h of Postgres: 1 << field); a bare
 * number takes it as its unit. */
static enum status interval_field(struct parser *parser, json_t *modifiers, struct node *cast) {
    static const struct {
        int bit;
        const char *unit;
    } units[] = {{2, "year"},  {1, "month"},   {3, "day"},
                 {10, "hour"}, {11, "minute"}, {12, "second"}};
    int64_t mask = 0;
    const struct node *literal = cast->items[0];
    struct slice text = literal->text;
    bool integer = json_array_size(modifiers) == 1 &&
                   parse_integer(parser, json_array_get(modifiers, 0), &mask) &&
                   literal->kind == NODE_STRING && text.len > 0 &&
                   strspn(text.data, "+-0123456789.") == text.len;
    for (size_t i = 0; integer && i < sizeof units / sizeof *units; i++) {
        if (mask == INT64_C(1) << units[i].bit) {
            bool whole = strchr(text.data, '.') == NULL || strcmp(units[i].unit, "second") == 0;
            if (whole) {
                cast->items[0]->text =
                    slice_of(arena_printf(parser->arena, "%s %s", text.data, units[i].unit));
                return STATUS_OK;
            }
        }
    }
    return parse_refuse(
        parser, cast->at,
        "this form of interval is not supported; write the unit in the text: interval '5 days'");
}

enum status parse_type_name(struct parser *parser, json_t *body, struct node *cast) {
    const char *name = tree_last_name(json_object_get(body, "names"));
    json_t *modifiers = json_object_get(body, "typmods");
    uint32_t at = tree_at(body);
    size_t bounds = json_array_size(json_object_get(body, "arrayBounds"));
    cast->type_name = tree_slice(parser, name);
    cast->type = (struct type){.id = type_named(cast->type_name), .modifier = -1};
    if (cast->type.id == TYPE_UNKNOWN || tree_flag(body, "setof") || tree_flag(body, "pct_type")) {
        (void)error_set(parser->error, ERROR_PERMANENT, "42704",
                        "type \"%s\" does not exist here; there are bool, int2, int4, int8, "
                        "float4, float8, numeric, "
                        "text, bytea, uuid, date, time, timestamp, timestamptz, interval, json, "
                        "jsonb and their arrays",
                        cast->type_name.data);
        return statement_refuse(parser->statement, at, parser->error);
    }
    if (bounds > 1) {
        return parse_refuse(parser, at, "arrays have one dimension");
    }
    cast->type.array = bounds == 1;
    cast->type.blank_padded = strcmp(name, "bpchar") == 0 && json_array_size(modifiers) > 0;
    if (cast->type.id == TYPE_INTERVAL && json_array_size(modifiers) > 0) {
        return interval_field(parser, modifiers, cast);
    }
    return parse_modifiers(parser, modifiers, cast);
}
