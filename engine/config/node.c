/* SPDX-License-Identifier: Apache-2.0 */
/* From libfyaml's events to the tree. An anchor is known once its node is complete, so a cycle
 * cannot be written; each alias is a copy that counts against the node budget, so a bomb ends
 * there. Main thread. */
#include "engine/config/node.h"

#include <libfyaml.h>
#include <stdlib.h>

struct anchor {
    struct anchor *next;
    struct slice name;
    const struct node *node;
};

struct builder {
    const struct node_input *input;
    struct arena *arena;
    struct config_errors *errors;
    struct fy_parser *parser;
    struct fy_diag *diag;
    struct anchor *anchors; /* newest first: a name may be given again */
    struct place last;      /* for nodes without a mark: empty values */
    uint32_t nodes;
};

static struct node *node_build(struct builder *builder, struct fy_event *event, uint32_t depth);

const char *shown(struct slice text, struct arena *arena) {
    enum { SHOWN_MAX = 60 };
    size_t len = text.len > SHOWN_MAX ? SHOWN_MAX : text.len;
    while (len < text.len && len && ((unsigned char)text.data[len] & 0xC0) == 0x80) {
        len--;
    }
    char *copy = arena_printf(arena, "`%.*s%s`", (int)len, text.data ? text.data : "",
                              len < text.len ? "..." : "");
    for (char *at = copy; *at; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7F) {
            *at = '?';
        }
    }
    return copy;
}

struct placed_text node_text(const struct node *node) {
    return (struct placed_text){.text = node->text.data,
                                .place = node->text_place,
                                .indent = node->indent,
                                .block = node->block,
                                .verbatim = node->verbatim};
}

bool node_is_null(const struct node *node) {
    return node->kind == NODE_SCALAR && node->plain &&
           (!node->text.len || slice_is(node->text, "null") || slice_is(node->text, "~"));
}

struct node *node_member(const struct node *node, const char *key) {
    for (uint32_t i = 0; node->kind == NODE_MAPPING && i < node->count; i++) {
        if (slice_is(node->entries[i].key, key)) {
            return node->entries[i].value;
        }
    }
    return NULL;
}

struct node_entry *node_append(struct node *node, struct arena *arena) {
    if (node->count == node->capacity) {
        uint32_t capacity = node->capacity ? node->capacity * 2 : 4;
        node->entries = arena_grow(arena, node->entries, node->capacity * sizeof *node->entries,
                                   capacity * sizeof *node->entries);
        node->capacity = capacity;
    }
    struct node_entry *entry = &node->entries[node->count++];
    *entry = (struct node_entry){0};
    return entry;
}

static void *fail(struct builder *builder, struct place place, const char *code, const char *text) {
    config_errors_add(builder->errors, place, code, "%s", text);
    return NULL;
}

static struct place mark_place(struct builder *builder, const struct fy_mark *mark) {
    if (mark) {
        builder->last = (struct place){builder->input->file, (uint32_t)mark->line + 1,
                                       (uint32_t)mark->column + 1};
    }
    return builder->last;
}

static struct node *node_new(struct builder *builder, enum node_kind kind, struct place place) {
    if (++builder->nodes > builder->input->nodes_max) {
        config_errors_add(builder->errors, place, "config-too-many-nodes",
                          "more than %u values, with aliases followed", builder->input->nodes_max);
        return NULL;
    }
    struct node *node = arena_zalloc(builder->arena, sizeof *node);
    node->kind = kind;
    node->place = place;
    node->text_place = place;
    return node;
}

static struct slice token_text(struct builder *builder, struct fy_token *token) {
    size_t len = 0;
    const char *text = token ? fy_token_get_text(token, &len) : NULL;
    return slice_make(arena_text(builder->arena, slice_make(text, len)), len);
}

/* Copies an alias's node; the copies count. */
static struct node *node_copy(struct builder *builder, const struct node *node, uint32_t depth) {
    if (depth > builder->input->depth_max) {
        return fail(builder, node->place, "config-too-deep", "nested too deeply");
    }
    struct node *copy = node_new(builder, node->kind, node->place);
    if (!copy) {
        return NULL;
    }
    *copy = *node;
    copy->entries = NULL;
    copy->count = copy->capacity = 0;
    for (uint32_t i = 0; i < node->count; i++) {
        struct node *value = node_copy(builder, node->entries[i].value, depth + 1);
        if (!value) {
            return NULL;
        }
        struct node_entry *entry = node_append(copy, builder->arena);
        *entry = node->entries[i];
        entry->value = value;
    }
    return copy;
}

static struct node *alias_build(struct builder *builder, struct fy_event *event, uint32_t depth) {
    struct place place = mark_place(builder, fy_event_start_mark(event)); /* behind the `*` */
    place.column -= place.column > 1;
    struct slice name = token_text(builder, event->alias.anchor);
    for (const struct anchor *anchor = builder->anchors; anchor; anchor = anchor->next) {
        if (slice_equal(anchor->name, name)) {
            return node_copy(builder, anchor->node, depth);
        }
    }
    config_errors_add(builder->errors, place, "config-bad-alias",
                      "alias %s names no anchor above it", shown(name, builder->arena));
    return NULL;
}

/* Columns before each line of a block scalar: what stands before the first line with content, less
 * what of it belongs to the text. */
static uint32_t block_indent(struct slice file, size_t at, struct slice text) {
    size_t line = 0;
    while (line < text.len && text.data[line] == '\n') {
        line++;
    }
    size_t own = line;
    while (own < text.len && text.data[own] == ' ') {
        own++;
    }
    while (at < file.len && (file.data[at] == '\n' || file.data[at] == '\r')) {
        at++;
    }
    size_t start = at;
    while (at < file.len && file.data[at] == ' ') {
        at++;
    }
    return at < file.len && file.data[at] == '\n' ? 0 : (uint32_t)(at - start - (own - line));
}

static struct node *scalar_build(struct builder *builder, struct fy_event *event) {
    struct fy_token *token = event->scalar.value;
    const struct fy_mark *mark = fy_event_start_mark(event);
    struct node *node = node_new(builder, NODE_SCALAR, mark_place(builder, mark));
    size_t bad;
    if (!node) {
        return NULL;
    }
    enum fy_scalar_style style = token ? fy_scalar_token_get_style(token) : FYSS_PLAIN;
    struct slice file = builder->input->text;
    node->text = token_text(builder, token);
    node->plain = style == FYSS_PLAIN || style == FYSS_ANY;
    node->block = style == FYSS_LITERAL;
    if (mark && (style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED)) {
        node->place.column -= node->place.column > 1;
    }
    if (mark && node->block) {
        node->indent = block_indent(file, mark->input_pos, node->text);
    }
    node->verbatim = mark && style != FYSS_FOLDED && mark->input_pos + node->text.len <= file.len &&
                     !memchr(node->text.data, '\n', node->text.len) &&
                     !memcmp(file.data + mark->input_pos, node->text.data, node->text.len);
    if (node->text.len && memchr(node->text.data, '\0', node->text.len)) {
        return fail(builder, node->place, "config-bad-yaml", "a NUL character cannot stand here");
    }
    if (!text_is_utf8(node->text, &bad)) {
        return fail(builder, node->place, "config-bad-yaml", "an escape that is no character");
    }
    return node;
}

static int entry_order(const void *left, const void *right) {
    const struct node_entry *const *a = left, *const *b = right;
    int order = slice_compare((*a)->key, (*b)->key);
    return order ? order : (*a > *b) - (*a < *b);
}

/* Reports the second and later entries of a key and takes them out. */
static void duplicates_drop(struct builder *builder, struct node *node) {
    if (node->count < 2) {
        return;
    }
    struct node_entry **sorted = arena_alloc(builder->arena, node->count * sizeof *sorted);
    for (uint32_t i = 0; i < node->count; i++) {
        sorted[i] = &node->entries[i];
    }
    qsort(sorted, node->count, sizeof *sorted, entry_order);
    const struct node_entry *first = sorted[0];
    for (uint32_t i = 1; i < node->count; i++) {
        if (!slice_equal(sorted[i]->key, first->key)) {
            first = sorted[i];
            continue;
        }
        config_errors_add(builder->errors, sorted[i]->place, "config-duplicate-key",
                          "key %s stands here a second time, first in line %u: remove one",
                          shown(first->key, builder->arena), first->place.line);
        sorted[i]->value = NULL;
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < node->count; i++) {
        if (node->entries[i].value) {
            node->entries[kept++] = node->entries[i];
        }
    }
    node->count = kept;
}

static bool has_key(const struct node *node, struct slice key) {
    for (uint32_t i = 0; i < node->count; i++) {
        if (slice_equal(node->entries[i].key, key)) {
            return true;
        }
    }
    return false;
}

/* Adds the members of a merged mapping that the mapping has not itself. They were counted when the
 * alias was followed. */
static bool merge_one(struct builder *builder, struct node *node, const struct node *merged) {
    if (merged->kind != NODE_MAPPING) {
        fail(builder, merged->place, "config-bad-alias",
             "`<<` merges mappings: write an alias of one, or a list of them");
        return false;
    }
    for (uint32_t i = 0; i < merged->count; i++) {
        if (!has_key(node, merged->entries[i].key)) {
            *node_append(node, builder->arena) = merged->entries[i];
        }
    }
    return true;
}

static bool merge_apply(struct builder *builder, struct node *node, const struct node *merged) {
    if (merged->kind != NODE_SEQUENCE) {
        return merge_one(builder, node, merged);
    }
    for (uint32_t i = 0; i < merged->count; i++) {
        if (!merge_one(builder, node, merged->entries[i].value)) {
            return false;
        }
    }
    return true;
}

/* One key and its value. *ret_merge takes the value of `<<`. */
static bool entry_build(struct builder *builder, struct node *node, struct fy_event *key_event,
                        uint32_t depth, const struct node **ret_merge) {
    struct node *key = node_build(builder, key_event, depth);
    if (!key) {
        return false;
    }
    if (key->kind != NODE_SCALAR) {
        fail(builder, key->place, "config-bad-yaml", "a key must be a plain text");
        return false;
    }
    builder->last = key->place;
    struct fy_event *event = fy_parser_parse(builder->parser);
    struct node *value = event ? node_build(builder, event, depth) : NULL;
    if (!value) {
        return false;
    }
    if (key->plain && slice_is(key->text, "<<") && !*ret_merge) {
        *ret_merge = value;
        return true;
    }
    struct node_entry *entry = node_append(node, builder->arena);
    *entry = (struct node_entry){.key = key->text, .place = key->place, .value = value};
    return true;
}

static bool mapping_fill(struct builder *builder, struct node *node, uint32_t depth) {
    const struct node *merge = NULL;
    struct fy_event *event;
    while ((event = fy_parser_parse(builder->parser))) {
        if (event->type == FYET_MAPPING_END) {
            fy_parser_event_free(builder->parser, event);
            duplicates_drop(builder, node);
            return !merge || merge_apply(builder, node, merge);
        }
        if (!entry_build(builder, node, event, depth + 1, &merge)) {
            return false;
        }
    }
    return false;
}

static bool sequence_fill(struct builder *builder, struct node *node, uint32_t depth) {
    struct fy_event *event;
    while ((event = fy_parser_parse(builder->parser))) {
        if (event->type == FYET_SEQUENCE_END) {
            fy_parser_event_free(builder->parser, event);
            return true;
        }
        struct node *value = node_build(builder, event, depth + 1);
        if (!value) {
            return false;
        }
        struct node_entry *entry = node_append(node, builder->arena);
        entry->value = value;
        entry->place = value->place;
    }
    return false;
}

/* `!!str` means a text whatever it looks like; other tags have no meaning here. */
static bool tag_apply(struct builder *builder, struct node *node, struct fy_token *tag) {
    if (!tag) {
        return true;
    }
    struct slice text = token_text(builder, tag);
    if (node->kind == NODE_SCALAR && slice_is(text, "tag:yaml.org,2002:str")) {
        node->plain = false;
        return true;
    }
    config_errors_add(builder->errors, node->place, "config-bad-yaml",
                      "tag %s has no meaning here: leave it out", shown(text, builder->arena));
    return false;
}

static void anchor_add(struct builder *builder, struct slice name, const struct node *node) {
    struct anchor *anchor = arena_alloc(builder->arena, sizeof *anchor);
    *anchor = (struct anchor){.next = builder->anchors, .name = name, .node = node};
    builder->anchors = anchor;
}

/* Builds the node that begins with event and frees the event. NULL after an error, which has been
 * told unless it is libfyaml's. */
static struct node *node_build(struct builder *builder, struct fy_event *event, uint32_t depth) {
    struct fy_token *tag = NULL, *anchor = NULL;
    struct node *node = NULL;
    bool built = true;
    struct place place = mark_place(builder, fy_event_start_mark(event));
    if (depth > builder->input->depth_max) {
        fail(builder, place, "config-too-deep", "nested too deeply");
    } else if (event->type == FYET_ALIAS) {
        node = alias_build(builder, event, depth);
    } else if (event->type == FYET_SCALAR) {
        tag = event->scalar.tag;
        anchor = event->scalar.anchor;
        node = scalar_build(builder, event);
    } else if (event->type == FYET_MAPPING_START) {
        tag = event->mapping_start.tag;
        anchor = event->mapping_start.anchor;
        node = node_new(builder, NODE_MAPPING, place);
        built = node && mapping_fill(builder, node, depth);
    } else if (event->type == FYET_SEQUENCE_START) {
        tag = event->sequence_start.tag;
        anchor = event->sequence_start.anchor;
        node = node_new(builder, NODE_SEQUENCE, place);
        built = node && sequence_fill(builder, node, depth);
    }
    built = built && node && tag_apply(builder, node, tag);
    if (built && anchor) {
        anchor_add(builder, token_text(builder, anchor), node);
    }
    fy_parser_event_free(builder->parser, event);
    return built ? node : NULL;
}

/* Passes stream and document starts; NULL at the end of the stream. */
static struct fy_event *content_event(struct builder *builder, struct place *ret_document) {
    struct fy_event *event;
    while ((event = fy_parser_parse(builder->parser))) {
        if (event->type == FYET_DOCUMENT_START) {
            *ret_document = mark_place(builder, fy_event_start_mark(event));
        } else if (event->type == FYET_STREAM_END) {
            fy_parser_event_free(builder->parser, event);
            return NULL;
        } else if (event->type != FYET_STREAM_START && event->type != FYET_DOCUMENT_END) {
            return event;
        }
        fy_parser_event_free(builder->parser, event);
    }
    return NULL;
}

/* An unquoted ${...} is no text inside {...} and [...]: the commonest slip of all. */
static const char *syntax_hint(struct slice text, uint32_t line) {
    for (; line > 1 && text.len; line--) {
        const char *end = memchr(text.data, '\n', text.len);
        size_t used = end ? (size_t)(end - text.data) + 1 : text.len;
        text = slice_make(text.data + used, text.len - used);
    }
    const char *end = text.len ? memchr(text.data, '\n', text.len) : NULL;
    size_t len = end ? (size_t)(end - text.data) : text.len;
    return len && memmem(text.data, len, "${", 2)
               ? ": inside {...} and [...] a text with ${...} needs quotes"
               : "";
}

/* What libfyaml found wrong; it stops at the first. */
static void syntax_errors(struct builder *builder) {
    void *iterator = NULL;
    struct fy_diag_error *error = fy_diag_errors_iterate(builder->diag, &iterator);
    if (error) {
        struct place place = {builder->input->file, error->line > 0 ? (uint32_t)error->line : 0,
                              error->column > 0 ? (uint32_t)error->column : 1};
        config_errors_add(builder->errors, place, "config-bad-yaml", "not YAML: %s%s",
                          error->msg, syntax_hint(builder->input->text, place.line));
    } else {
        config_errors_add(builder->errors, builder->last, "config-bad-yaml",
                          "not YAML from here on");
    }
}

static struct node *document_build(struct builder *builder) {
    uint32_t before = builder->errors->count + builder->errors->dropped;
    struct place start = {builder->input->file, 1, 1};
    struct fy_event *event = content_event(builder, &start);
    struct node *root = event ? node_build(builder, event, 1) : NULL;
    struct fy_event *more = root ? content_event(builder, &start) : NULL;
    if (more) {
        fy_parser_event_free(builder->parser, more);
        return fail(builder, start, "config-bad-yaml",
                    "a second document begins here: one file holds one pipeline");
    }
    if (fy_parser_get_stream_error(builder->parser) ||
        (event && !root && builder->errors->count + builder->errors->dropped == before)) {
        if (root || builder->errors->count + builder->errors->dropped == before) {
            syntax_errors(builder);
        }
        return NULL;
    }
    if (!event) {
        return fail(builder, (struct place){builder->input->file, 0, 0}, "config-empty",
                    "the file is empty");
    }
    return root;
}

/* YAML allows no control characters but tab and line ends; libfyaml lets them pass. */
static bool characters_are_allowed(const struct node_input *input, struct config_errors *errors) {
    struct slice text = input->text;
    size_t bad = text.len;
    bool valid = text_is_utf8(text, &bad);
    for (size_t i = 0; i < bad; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if ((byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t') || byte == 0x7F) {
            bad = i;
        }
    }
    if (bad == text.len) {
        return true;
    }
    struct placed_text whole = {.place = {input->file, 1, 1}, .block = true};
    for (size_t i = 0; i < bad; i++) {
        bool start = ((unsigned char)text.data[i] & 0xC0) != 0x80;
        whole.place.column = text.data[i] == '\n' ? 1 : whole.place.column + start;
        whole.place.line += text.data[i] == '\n';
    }
    config_errors_add(errors, whole.place, "config-bad-yaml",
                      valid || (unsigned char)text.data[bad] < 0x80
                          ? "control character 0x%02x: a pipeline file is plain text"
                          : "byte 0x%02x is not UTF-8: save the file as UTF-8",
                      (unsigned char)text.data[bad]);
    return false;
}

/* libfyaml's time grows with the square of the blank lines in a row. */
static bool lines_are_few(const struct node_input *input, struct config_errors *errors) {
    uint32_t lines = 0;
    for (size_t i = 0; i < input->text.len; i++) {
        lines += input->text.data[i] == '\n' || input->text.data[i] == '\r';
    }
    if (lines > input->lines_max) {
        config_errors_add(errors, (struct place){input->file, 0, 0}, "config-too-large",
                          "more than %u lines: this is no pipeline file", input->lines_max);
    }
    return lines <= input->lines_max;
}

/* libfyaml prints some errors besides collecting them. */
static void silent(struct fy_diag *diag, void *user, const char *text, size_t len) {
    (void)diag;
    (void)user;
    (void)text;
    (void)len;
}

struct node *node_parse(const struct node_input *input, struct arena *arena,
                        struct config_errors *errors) {
    if (!lines_are_few(input, errors) || !characters_are_allowed(input, errors)) {
        return NULL;
    }
    struct node *root = NULL;
    struct fy_diag_cfg diag_config;
    fy_diag_cfg_default(&diag_config);
    diag_config.fp = NULL;
    diag_config.output_fn = silent;
    struct builder builder = {.input = input, .arena = arena, .errors = errors,
                              .last = {input->file, 1, 1}};
    builder.diag = fy_diag_create(&diag_config);
    if (!builder.diag) {
        abort();
    }
    fy_diag_set_collect_errors(builder.diag, true);
    struct fy_parse_cfg config = {
        .flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_JSON_NONE | FYPCF_DEFAULT_VERSION_1_2,
        .diag = builder.diag,
    };
    builder.parser = fy_parser_create(&config);
    if (!builder.parser ||
        fy_parser_set_string(builder.parser, input->text.data, input->text.len)) {
        abort();
    }
    root = document_build(&builder);
    fy_parser_destroy(builder.parser);
    fy_diag_destroy(builder.diag);
    return root;
}
