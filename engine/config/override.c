/* SPDX-License-Identifier: Apache-2.0 */
/* `--set path=value` on the tree. The path is names and list indices with dots between them; a name
 * that holds dots itself stands in double quotes, or is taken as it is when the file has such a key
 * already. The value is YAML when it begins like a list, a mapping or a quoted text, else it is
 * taken to the letter, so that `*.csv` and `a: b` need no second layer of quotes. */
#include <ctype.h>
#include <stdlib.h>

#include "engine/config/node.h"

enum { SET_NODES_MAX = 1000, SET_DEPTH_MAX = 32 };

struct setting {
    struct slice path; /* what is left of it */
    struct place place;
    struct arena *arena;
    struct config_errors *errors;
};

/* Errors in a value point to the option, not to lines of a file. */
static void relocate(struct node *node, struct place place) {
    node->place = node->text_place = place;
    node->block = node->verbatim = false;
    for (uint32_t i = 0; i < node->count; i++) {
        node->entries[i].place = place;
        relocate(node->entries[i].value, place);
    }
}

static struct node *value_node(const struct setting *setting, struct slice value) {
    if (value.len && strchr("[{\"'", value.data[0])) {
        struct node_input input = {.text = value, .file = setting->place.file,
                                   .nodes_max = SET_NODES_MAX, .depth_max = SET_DEPTH_MAX,
                                   .lines_max = SET_NODES_MAX};
        uint32_t before = setting->errors->count;
        struct node *node = node_parse(&input, setting->arena, setting->errors);
        if (node) {
            relocate(node, setting->place);
        }
        for (uint32_t i = before; i < setting->errors->count; i++) {
            setting->errors->items[i].place = setting->place;
        }
        return node;
    }
    struct node *node = arena_zalloc(setting->arena, sizeof *node);
    *node = (struct node){.kind = NODE_SCALAR, .place = setting->place,
                          .text_place = setting->place, .plain = true,
                          .text = {arena_text(setting->arena, value), value.len}};
    return node;
}

/* Takes the first name off the path. */
static struct slice path_next(struct slice *path) {
    struct slice name = *path;
    size_t end;
    if (path->len && path->data[0] == '"') {
        const char *quote = memchr(path->data + 1, '"', path->len - 1);
        if (quote) {
            name = slice_make(path->data + 1, (size_t)(quote - path->data) - 1);
            end = (size_t)(quote - path->data) + 1;
            *path = slice_make(path->data + end, path->len - end);
            if (path->len && path->data[0] == '.') {
                *path = slice_make(path->data + 1, path->len - 1);
            }
            return name;
        }
    }
    const char *dot = memchr(path->data, '.', path->len);
    if (dot) {
        name.len = (size_t)(dot - path->data);
    }
    end = name.len + (dot != NULL);
    *path = slice_make(path->data + end, path->len - end);
    return name;
}

static struct node_entry *entry_find(struct node *node, struct slice key) {
    for (uint32_t i = 0; i < node->count; i++) {
        if (slice_equal(node->entries[i].key, key)) {
            return &node->entries[i];
        }
    }
    return NULL;
}

/* The entry of a list that an index names; one past the last makes a new one. */
static struct node_entry *item_find(struct setting *setting, struct node *node, struct slice name) {
    uint64_t index = 0;
    for (size_t i = 0; i < name.len; i++) {
        index = isdigit((unsigned char)name.data[i]) && index <= node->count
                    ? index * 10 + (uint64_t)(name.data[i] - '0')
                    : UINT32_MAX;
    }
    if (!name.len || index > node->count) {
        config_errors_add(setting->errors, setting->place, "config-bad-override",
                          "%s is no index of a list of %u: write 0 to %u",
                          shown(name, setting->arena), node->count, node->count);
        return NULL;
    }
    return index < node->count ? &node->entries[index] : node_append(node, setting->arena);
}

static struct node_entry *member_find(struct setting *setting, struct node *node) {
    struct node_entry *whole = entry_find(node, setting->path);
    if (whole) {
        setting->path.len = 0;
        return whole;
    }
    struct slice name = path_next(&setting->path);
    struct node_entry *entry = entry_find(node, name);
    if (!entry) {
        entry = node_append(node, setting->arena);
        entry->key = slice_make(arena_text(setting->arena, name), name.len);
        entry->place = setting->place;
    }
    return entry;
}

static void set_one(struct setting *setting, struct node *node, struct slice value) {
    struct node_entry *entry = NULL;
    for (uint32_t depth = 0; setting->path.len; depth++) {
        if (depth == SET_DEPTH_MAX) {
            config_errors_add(setting->errors, setting->place, "config-bad-override",
                              "the path is too long");
            return;
        }
        if (node->kind == NODE_SCALAR) {
            /* What is absent, and a text, becomes what the path needs. */
            bool first = slice_is(setting->path, "0") ||
                         slice_starts_with(setting->path, SLICE_LITERAL("0."));
            *node = (struct node){.kind = first ? NODE_SEQUENCE : NODE_MAPPING,
                                  .place = setting->place};
        }
        if (node->kind == NODE_SEQUENCE) {
            entry = item_find(setting, node, path_next(&setting->path));
        } else {
            entry = member_find(setting, node);
        }
        if (!entry) {
            return;
        }
        if (!entry->value) {
            entry->value = arena_zalloc(setting->arena, sizeof *entry->value);
            *entry->value = (struct node){.kind = NODE_SCALAR,
                                          .plain = true,
                                          .place = setting->place,
                                          .text_place = setting->place,
                                          .text = slice_of("")};
        }
        node = entry->value;
    }
    struct node *replacement = value_node(setting, value);
    if (replacement && entry) {
        entry->value = replacement;
        entry->place = setting->place;
    }
}

void node_override(struct node *root, const struct text_map *sets, struct arena *arena,
                   struct config_errors *errors) {
    for (uint32_t i = 0; sets && i < sets->count; i++) {
        const char *where = arena_printf(arena, "--set %s", shown(slice_of(sets->names[i]), arena));
        struct setting setting = {.path = slice_of(sets->names[i]), .place = {where, 0, 0},
                                  .arena = arena, .errors = errors};
        if (!setting.path.len) {
            config_errors_add(errors, setting.place, "config-bad-override",
                              "write --set name=value, such as --set limits.workers=2");
            continue;
        }
        set_one(&setting, root, slice_of(sets->values[i]));
    }
}
