/* SPDX-License-Identifier: Apache-2.0 */
/* A YAML document as a tree of our own: aliases followed, merges done, duplicate keys reported, all
 * within a node budget, so that no later step can meet a cycle or a bomb. libfyaml is only asked
 * for events; its own resolver, which expands a bomb without limit, is never used. Lives in the
 * arena. */
#ifndef LEAT_CONFIG_NODE_H
#define LEAT_CONFIG_NODE_H

#include "engine/config/options.h"
#include "engine/config/place.h"

enum node_kind { NODE_SCALAR, NODE_SEQUENCE, NODE_MAPPING };

struct node_entry {
    struct slice key;   /* mapping only; with a NUL behind it */
    struct place place; /* of the key, or of the item */
    struct node *value;
};

struct node {
    enum node_kind kind;
    struct place place;
    /* scalar */
    struct slice text;       /* with a NUL behind it */
    struct place text_place; /* of the first byte of text: behind a quote, below a `|` */
    uint32_t indent;
    bool plain, block, verbatim; /* plain: without quotes, so null, true and numbers are meant */
    /* sequence and mapping */
    struct node_entry *entries;
    uint32_t count, capacity;
};

struct node_input {
    struct slice text;
    const char *file;
    uint32_t nodes_max, depth_max, lines_max;
};

/* NULL when the text is no YAML document; duplicate keys are errors too, but the tree is returned
 * without them, so that the other errors can be found. */
struct node *node_parse(const struct node_input *input, struct arena *arena,
                        struct config_errors *errors);
/* The value of a key, NULL when absent or not a mapping. */
struct node *node_member(const struct node *node, const char *key);
/* The text of a scalar with where it stands. */
struct placed_text node_text(const struct node *node);
bool node_is_null(const struct node *node);
struct node_entry *node_append(struct node *node, struct arena *arena);

/* Applies `--set path=value`: makes or replaces what the path names. */
void node_override(struct node *root, const struct text_map *sets, struct arena *arena,
                   struct config_errors *errors);

/* JSON text of a tree: plain scalars that are JSON numbers, true, false or null are those, the rest
 * strings; numbers keep their digits. */
void node_json(const struct node *node, struct buffer *out);

/* False sets *ret_bad to the offset of the first byte that is not UTF-8 (RFC 3629). */
bool text_is_utf8(struct slice text, size_t *ret_bad);
/* "`text`" for messages: cut when long, unprintable bytes as `?`. */
const char *shown(struct slice text, struct arena *arena);

#endif
