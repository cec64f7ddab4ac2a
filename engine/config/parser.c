/* SPDX-License-Identifier: Apache-2.0 */
/* From mappings to structs through option rows. What cannot be read leaves its field zero and an
 * error in the list. */
#include "engine/config/parser.h"

#include <strings.h>

#include "engine/config/nearest.h"
#include "engine/config/secret.h"

/* Where a row's value goes and how messages call it. */
struct target {
    const struct option *row;
    void *field;
    const char *path;
};

const struct option_table *connector_table(const struct connector_options *connector,
                                           enum connector_role role) {
    return role == ROLE_SOURCE ? connector->source
           : role == ROLE_SINK ? connector->sink
                               : connector->ledger;
}

static const char *path_join(struct parser *parser, const char *path, const char *name) {
    return *path ? arena_printf(parser->arena, "%s.%s", path, name) : name;
}

static const char *kind_name(const struct node *node) {
    return node->kind == NODE_MAPPING    ? "a mapping"
           : node->kind == NODE_SEQUENCE ? "a list"
                                         : "a text";
}

static const char *expectation(struct parser *parser, const struct option *row) {
    struct buffer out;
    buffer_init(&out, parser->arena, 128);
    option_expects(row, &out);
    buffer_append_byte(&out, '\0');
    return out.data;
}

static void wrong_kind(struct parser *parser, const struct target *target,
                       const struct node *node) {
    config_errors_add(parser->errors, node->place, "config-wrong-type", "%s takes %s, not %s",
                      target->path, expectation(parser, target->row),
                      node_is_null(node) ? "an empty value" : kind_name(node));
}

/* A scalar with a value; false after an error. */
static bool target_scalar(struct parser *parser, const struct target *target,
                          const struct node *node, struct scalar *ret) {
    if (node->kind != NODE_SCALAR) {
        wrong_kind(parser, target, node);
        return false;
    }
    if (node_is_null(node)) {
        config_errors_add(parser->errors, node->place, "config-wrong-type",
                          "%s has no value: write %s, or leave the line out", target->path,
                          expectation(parser, target->row));
        return false;
    }
    return scalar_read(parser, node, ret);
}

static bool is_any_of(struct slice text, const char *const *words) {
    for (; *words; words++) {
        if (text.len == strlen(*words) && strncasecmp(text.data, *words, text.len) == 0) {
            return true;
        }
    }
    return false;
}

static const char *bool_suggestion(struct slice text) {
    static const char *const yes[] = {"yes", "y", "on", "true", "1", NULL};
    static const char *const no[] = {"no", "n", "off", "false", "0", NULL};
    return is_any_of(text, yes) ? "true" : is_any_of(text, no) ? "false" : NULL;
}

/* `10` where a unit is wanted, `64mb` and `1K` for sizes; NULL when nothing near is a value. */
static const char *unit_suggestion(struct parser *parser, const struct option *row,
                                   struct slice text) {
    static const char *const spellings[][3] = {{"k", "kb", "kB"}, {"m", "mb", "MB"},
                                               {"g", "gb", "GB"}, {"ki", "kib", "KiB"},
                                               {"mi", "mib", "MiB"}, {"gi", "gib", "GiB"}};
    size_t number = text.len ? strspn(text.data, "0123456789.") : 0;
    if (!number || number > 20) {
        return NULL;
    }
    if (row->type == OPTION_DURATION && number == text.len) {
        return arena_printf(parser->arena, "%ss", text.data);
    }
    for (size_t i = 0; row->type == OPTION_BYTES && i < sizeof spellings / sizeof *spellings; i++) {
        if (strcasecmp(text.data + number, spellings[i][0]) == 0 ||
            strcasecmp(text.data + number, spellings[i][1]) == 0) {
            return arena_printf(parser->arena, "%.*s%s", (int)number, text.data, spellings[i][2]);
        }
    }
    return NULL;
}

/* A value of the option near to the text, NULL when there is none. */
static const char *suggestion(struct parser *parser, const struct option *row, struct slice text) {
    struct nearest nearest = nearest_of(text);
    for (uint32_t i = 0; row->choices && row->choices[i]; i++) {
        nearest_offer(&nearest, row->choices[i]);
    }
    const char *found = row->type == OPTION_BOOL ? bool_suggestion(text)
                        : nearest.found          ? nearest.found
                                                 : unit_suggestion(parser, row, text);
    int64_t room[2];
    return found && option_scalar_parse(row, slice_of(found), parser->arena, room) ? found : NULL;
}

static void wrong_value(struct parser *parser, const struct target *target,
                        const struct node *node, const struct scalar *scalar) {
    const char *near =
        scalar->substituted ? NULL : suggestion(parser, target->row, scalar->text);
    config_errors_add(parser->errors, node->place, "config-bad-value",
                      "%s takes %s, not %s%s%s%s%s", target->path,
                      expectation(parser, target->row), scalar->substituted ? "the value of " : "",
                      shown(node->text, parser->arena), near ? ", did you mean `" : "",
                      near ? near : "", near ? "`?" : "");
}

static void scalar_option_read(struct parser *parser, const struct target *target,
                               const struct node *node) {
    struct scalar scalar;
    if (!target_scalar(parser, target, node, &scalar)) {
        return;
    }
    if ((target->row->flags & OPTION_REQUIRED) && !scalar.text.len) {
        config_errors_add(parser->errors, node->place, "config-bad-value", "%s is empty: %s",
                          target->path, target->row->sentence);
    } else if (target->row->type == OPTION_SECRET) {
        *(struct secret **)target->field =
            pipeline_secrets_add(parser->secrets, parser->arena, scalar.text);
    } else if (target->row->type == OPTION_TEXT) {
        *(const char **)target->field = scalar.text.data;
    } else if (!option_scalar_parse(target->row, scalar.text, parser->arena, target->field)) {
        wrong_value(parser, target, node, &scalar);
    }
}

/* One text of a list or of a map, with a path of its own for messages. */
static const char *text_item(struct parser *parser, const char *path, const struct node *node) {
    static const struct option row = {.type = OPTION_TEXT};
    struct scalar scalar = {.text = slice_of("")};
    (void)target_scalar(parser, &(struct target){.row = &row, .path = path}, node, &scalar);
    return scalar.text.data;
}

static void texts_read(struct parser *parser, const struct target *target,
                       const struct node *node) {
    bool sequence = node->kind == NODE_SEQUENCE;
    uint32_t count = sequence ? node->count : 1;
    const char **items = arena_alloc(parser->arena, (count + 1) * sizeof *items);
    if (node->kind == NODE_MAPPING || node_is_null(node)) {
        wrong_kind(parser, target, node);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        const char *path =
            sequence ? arena_printf(parser->arena, "%s[%u]", target->path, i) : target->path;
        items[i] = text_item(parser, path, sequence ? node->entries[i].value : node);
    }
    *(struct text_list *)target->field = (struct text_list){.items = items, .count = count};
}

static void text_map_read(struct parser *parser, const struct target *target,
                          const struct node *node) {
    if (node->kind != NODE_MAPPING) {
        wrong_kind(parser, target, node);
        return;
    }
    const char **names = arena_alloc(parser->arena, (node->count + 1) * sizeof *names);
    const char **values = arena_alloc(parser->arena, (node->count + 1) * sizeof *values);
    for (uint32_t i = 0; i < node->count; i++) {
        const struct node_entry *entry = &node->entries[i];
        names[i] = entry->key.data;
        values[i] = text_item(
            parser, arena_printf(parser->arena, "%s.%.100s", target->path, entry->key.data),
            entry->value);
    }
    *(struct text_map *)target->field =
        (struct text_map){.names = names, .values = values, .count = node->count};
}

static void option_read(struct parser *parser, const struct target *target,
                        const struct node *node) {
    if (target->row->type == OPTION_GROUP) {
        const struct section sections[] = {{target->row->group, target->field}, {NULL, NULL}};
        mapping_read(parser, node, &(struct shape){.path = target->path, .sections = sections});
    } else if (target->row->type == OPTION_TEXTS) {
        texts_read(parser, target, node);
    } else if (target->row->type == OPTION_TEXT_MAP) {
        text_map_read(parser, target, node);
    } else {
        scalar_option_read(parser, target, node);
    }
}

/* Offers the keys of a shape that the mapping does not have already. */
static void offer_absent(struct nearest *nearest, const struct node *mapping, const char *key) {
    if (!node_member(mapping, key)) {
        nearest_offer(nearest, key);
    }
}

static struct nearest nearest_key(struct parser *parser, const struct node *mapping,
                                  const struct shape *shape, struct slice key) {
    struct nearest nearest = nearest_of(key);
    const struct connector_options *registry = shape->role ? parser->registry : NULL;
    for (const struct section *section = shape->sections; section->table; section++) {
        for (const struct option *row = section->table->rows; row->name; row++) {
            offer_absent(&nearest, mapping, row->name);
        }
    }
    for (uint32_t i = 0; shape->others && shape->others[i]; i++) {
        offer_absent(&nearest, mapping, shape->others[i]);
    }
    for (; registry && registry->kind; registry++) {
        if (connector_table(registry, shape->role)) {
            offer_absent(&nearest, mapping, registry->kind);
        }
    }
    return nearest;
}

static void kinds_print(struct parser *parser, enum connector_role role, struct buffer *out) {
    const char *comma = "";
    for (const struct connector_options *at = parser->registry; at && at->kind; at++) {
        if (connector_table(at, role)) {
            buffer_printf(out, "%s%s", comma, at->kind);
            comma = ", ";
        }
    }
    buffer_append_byte(out, '\0');
}

static const char *kinds(struct parser *parser, enum connector_role role) {
    struct buffer out;
    buffer_init(&out, parser->arena, 128);
    kinds_print(parser, role, &out);
    return out.data;
}

static const char *role_name(enum connector_role role) {
    return role == ROLE_SOURCE ? "source" : role == ROLE_SINK ? "sink" : "ledger";
}

static void unknown_key(struct parser *parser, const struct node *mapping,
                        const struct node_entry *entry, const struct shape *shape) {
    if (shape->role && registry_find(parser->registry, entry->key)) {
        config_errors_add(parser->errors, entry->place, "config-unknown-key",
                          "%.100s is no %s: use one of %s", entry->key.data,
                          role_name(shape->role), kinds(parser, shape->role));
        return;
    }
    struct nearest nearest = {0};
    if (parser->errors->count < CONFIG_ERRORS_MAX) { /* what is not told need not be looked for */
        nearest = nearest_key(parser, mapping, shape, entry->key);
    }
    const char *where = *shape->path ? shape->path : "the pipeline";
    const char *key = shown(entry->key, parser->arena);
    if (nearest.found) {
        config_errors_add(parser->errors, entry->place, "config-unknown-key",
                          "unknown key %s in %s, did you mean `%s`?", key, where, nearest.found);
    } else {
        config_errors_add(parser->errors, entry->place, "config-unknown-key",
                          "unknown key %s in %s: remove it", key, where);
    }
}

/* The row of a key and the struct it fills; NULL when no section has it. */
static const struct option *row_find(const struct shape *shape, struct slice key,
                                     const struct section **ret_section) {
    for (const struct section *section = shape->sections; section->table; section++) {
        for (const struct option *row = section->table->rows; row->name; row++) {
            if (slice_is(key, row->name)) {
                *ret_section = section;
                return row;
            }
        }
    }
    return NULL;
}

static bool is_other(struct parser *parser, const struct shape *shape, struct slice key) {
    for (uint32_t i = 0; shape->others && shape->others[i]; i++) {
        if (slice_is(key, shape->others[i])) {
            return true;
        }
    }
    const struct connector_options *connector =
        shape->role ? registry_find(parser->registry, key) : NULL;
    return connector && connector_table(connector, shape->role);
}

/* Fallbacks before reading, so that a row whose value is wrong keeps a sound one. */
static void section_prepare(struct parser *parser, const struct node *node,
                            const struct section *section, const struct shape *shape) {
    for (const struct option *row = section->table->rows; row->name; row++) {
        option_fallback(row, parser->arena, (char *)section->target + row->offset);
        if ((row->flags & OPTION_REQUIRED) && !node_member(node, row->name)) {
            config_errors_add(parser->errors, node->place, "config-missing-key",
                              "%s is missing: %s", path_join(parser, shape->path, row->name),
                              row->sentence);
        }
    }
}

void mapping_read(struct parser *parser, const struct node *node, const struct shape *shape) {
    struct node empty = {.kind = NODE_MAPPING, .place = node->place};
    if (node_is_null(node)) {
        node = &empty;
    }
    if (node->kind != NODE_MAPPING) {
        config_errors_add(parser->errors, node->place, "config-wrong-type",
                          "%s takes a mapping, not %s",
                          *shape->path ? shape->path : "the pipeline file", kind_name(node));
        node = &empty;
        empty.kind = NODE_SCALAR; /* nothing of it is missing as well */
    }
    for (const struct section *section = shape->sections; section->table; section++) {
        if (node->kind == NODE_MAPPING) {
            section_prepare(parser, node, section, shape);
        }
    }
    for (uint32_t i = 0; i < node->count; i++) {
        const struct node_entry *entry = &node->entries[i];
        const struct section *section = NULL;
        const struct option *row = row_find(shape, entry->key, &section);
        if (row) {
            struct target target = {.row = row,
                                    .field = (char *)section->target + row->offset,
                                    .path = path_join(parser, shape->path, row->name)};
            option_read(parser, &target, entry->value);
        } else if (!is_other(parser, shape, entry->key)) {
            unknown_key(parser, node, entry, shape);
        }
    }
}

/* --- connectors ------------------------------------------------------------------------------ */

static bool has_unknown_key(struct parser *parser, const struct node *node,
                            const struct shape *shape) {
    for (uint32_t i = 0; i < node->count; i++) {
        const struct section *section;
        if (!row_find(shape, node->entries[i].key, &section) &&
            !is_other(parser, shape, node->entries[i].key)) {
            return true;
        }
    }
    return false;
}

/* The entry whose key is a kind, the first of several; NULL when there is none, which is told. */
static const struct node_entry *kind_entry(struct parser *parser, const struct node *node,
                                           const struct shape *shape) {
    const struct node_entry *found = NULL;
    for (uint32_t i = 0; i < node->count; i++) {
        const struct node_entry *entry = &node->entries[i];
        const struct connector_options *connector = registry_find(parser->registry, entry->key);
        if (!connector || !connector_table(connector, shape->role)) {
            continue;
        }
        if (found) {
            config_errors_add(parser->errors, entry->place, "config-two-connectors",
                              "%s is %s already: `%s` needs an entry of its own", shape->path,
                              found->key.data, entry->key.data);
            break;
        }
        found = entry;
    }
    if (!found && !has_unknown_key(parser, node, shape)) {
        config_errors_add(parser->errors, node->place, "config-missing-key",
                          "%s names no connector: add one of %s", shape->path,
                          kinds(parser, shape->role));
    }
    return found;
}

struct connector_choice connector_read(struct parser *parser, const struct node *node,
                                       const struct shape *shape, const struct section *more) {
    struct connector_choice choice = {.place = node->place};
    mapping_read(parser, node, shape);
    const struct node_entry *entry =
        node->kind == NODE_MAPPING || node_is_null(node) ? kind_entry(parser, node, shape) : NULL;
    if (!entry) {
        return choice;
    }
    choice.connector = registry_find(parser->registry, entry->key);
    const struct option_table *table = connector_table(choice.connector, shape->role);
    choice.options = arena_zalloc(parser->arena, table->size);
    choice.place = entry->place;
    choice.node = entry->value;
    struct section sections[3] = {{table, choice.options}};
    if (more) {
        sections[1] = *more;
    }
    mapping_read(parser, entry->value,
                 &(struct shape){.path = path_join(parser, shape->path, choice.connector->kind),
                                 .sections = sections});
    return choice;
}

struct placed_text placed_text_of(const struct node *mapping, const char *key, const char *text) {
    const struct node *node = node_member(mapping, key);
    if (!node || node->kind != NODE_SCALAR || !text) {
        return (struct placed_text){.text = text};
    }
    struct placed_text placed = node_text(node);
    placed.verbatim = placed.verbatim && text == placed.text;
    placed.text = text;
    return placed;
}
