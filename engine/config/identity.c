/* SPDX-License-Identifier: Apache-2.0 */
/* What a position means: the options marked OPTION_IDENTITY as canonical text. A reload that
 * changes one would go on at a position of something else. Secrets are never part of it. */
#include <assert.h>
#include <stdlib.h>

#include "engine/config/parser.h"
#include "engine/config/secret.h"

static void field_print(const struct option *row, const void *field, struct buffer *out);

static void texts_print(const struct text_list *list, struct buffer *out) {
    for (uint32_t i = 0; i < list->count; i++) {
        buffer_printf(out, "%s%s", i ? "," : "", list->items[i]);
    }
}

static void map_print(const struct text_map *map, struct buffer *out) {
    for (uint32_t i = 0; i < map->count; i++) {
        buffer_printf(out, "%s%s:%s", i ? "," : "", map->names[i], map->values[i]);
    }
}

static void group_print(const struct option *row, const void *field, struct buffer *out) {
    for (const struct option *inner = row->group->rows; inner->name; inner++) {
        if (inner->type == OPTION_SECRET) {
            continue;
        }
        buffer_printf(out, "%s%s:", inner == row->group->rows ? "" : ",", inner->name);
        field_print(inner, (const char *)field + inner->offset, out);
    }
}

static void field_print(const struct option *row, const void *field, struct buffer *out) {
    switch (row->type) {
    case OPTION_TEXT:
        buffer_append_slice(out, slice_of(*(const char *const *)field));
        return;
    case OPTION_TEXTS:
        texts_print(field, out);
        return;
    case OPTION_TEXT_MAP:
        map_print(field, out);
        return;
    case OPTION_BOOL:
        buffer_append_slice(out, slice_of(*(const bool *)field ? "true" : "false"));
        return;
    case OPTION_INT:
        buffer_printf(out, "%lld", (long long)*(const int64_t *)field);
        return;
    case OPTION_BYTES:
        bytes_print(*(const uint64_t *)field, out);
        return;
    case OPTION_DURATION:
        duration_print(*(const int64_t *)field, out);
        return;
    case OPTION_PERCENT:
        buffer_printf(out, "%.17g", *(const double *)field);
        return;
    case OPTION_CHOICE:
        buffer_append_slice(out, slice_of(row->choices[*(const int *)field]));
        return;
    case OPTION_CHARACTER:
        buffer_append_byte(out, *(const char *)field);
        return;
    case OPTION_GROUP:
        group_print(row, field, out);
        return;
    case OPTION_SECRET:
        break;
    }
    assert(!"a secret is no identity");
}

/* The identity options of a table, those inside groups with their path. */
static void table_print(const struct option_table *table, const void *options, const char *path,
                        struct buffer *out) {
    for (const struct option *row = table->rows; row->name; row++) {
        const void *field = (const char *)options + row->offset;
        if (row->flags & OPTION_IDENTITY) {
            buffer_printf(out, "%s.%s=", path, row->name);
            field_print(row, field, out);
            buffer_append_byte(out, '\n');
        } else if (row->type == OPTION_GROUP) {
            table_print(row->group, field, arena_printf(out->arena, "%s.%s", path, row->name), out);
        }
    }
}

static void source_print(const struct pipeline *pipeline, struct buffer *out) {
    const struct source_config *source = &pipeline->source;
    buffer_printf(out, "pipeline=%s\nsource.name=%s\nsource.kind=%s\n", pipeline->name,
                  source->name, source->connector->kind);
    table_print(source->connector->source, source->options,
                arena_printf(out->arena, "source.%s", source->connector->kind), out);
}

static void sink_print(const struct sink_config *sink, struct buffer *out) {
    buffer_printf(out, "sinks.%s.kind=%s\n", sink->name, sink->connector->kind);
    table_print(sink->connector->sink, sink->options,
                arena_printf(out->arena, "sinks.%s.%s", sink->name, sink->connector->kind), out);
}

static void ledger_print(const struct pipeline *pipeline, struct buffer *out) {
    const struct ledger_config *ledger = &pipeline->ledger;
    if (ledger->connector) {
        buffer_printf(out, "ledger.kind=%s\n", ledger->connector->kind);
        table_print(ledger->connector->ledger, ledger->options,
                    arena_printf(out->arena, "ledger.%s", ledger->connector->kind), out);
    }
}

void pipeline_identity(const struct pipeline *pipeline, struct buffer *out) {
    source_print(pipeline, out);
    ledger_print(pipeline, out);
    for (uint32_t i = 0; i < pipeline->sinks_count; i++) {
        sink_print(&pipeline->sinks[i], out);
    }
}

/* One line of an identity text. */
static struct slice line_next(struct slice *text) {
    const char *end = memchr(text->data, '\n', text->len);
    struct slice line = slice_make(text->data, end ? (size_t)(end - text->data) : text->len);
    size_t used = line.len + (end != NULL);
    *text = slice_make(text->data + used, text->len - used);
    return line;
}

/* Compares line by line; the names of lines follow from the rows, so the first that differs names
 * the change. */
static enum status compare(struct slice running, struct slice next, struct error *error) {
    while (running.len || next.len) {
        struct slice was = line_next(&running), is = line_next(&next);
        if (slice_equal(was, is)) {
            continue;
        }
        (void)error_set(
            error, ERROR_PERMANENT, "config-identity",
            "`%.*s` cannot become `%.*s` while positions are kept: change it back, or give "
            "the pipeline, source or sink another name to begin anew",
            (int)was.len, was.data, (int)is.len, is.data);
        if (error) {
            secret_redact(error->message);
        }
        return STATUS_FAILED;
    }
    return STATUS_OK;
}

typedef void print_function(const void *subject, struct buffer *out);

static enum status pair_compare(print_function *print, const void *running, const void *next,
                                struct error *error) {
    struct arena *arena = arena_new(NULL, POOL_READ);
    struct buffer was, is;
    buffer_init(&was, arena, 256);
    buffer_init(&is, arena, 256);
    print(running, &was);
    print(next, &is);
    enum status status = compare(buffer_slice(&was), buffer_slice(&is), error);
    arena_free(arena);
    return status;
}

static void head_print(const void *pipeline, struct buffer *out) {
    source_print(pipeline, out);
    ledger_print(pipeline, out);
}

static void sink_subject_print(const void *sink, struct buffer *out) {
    sink_print(sink, out);
}

enum status pipeline_identity_compare(const struct pipeline *running, const struct pipeline *next,
                                      struct error *error) {
    enum status status = pair_compare(head_print, running, next, error);
    for (uint32_t i = 0; status == STATUS_OK && i < running->sinks_count; i++) {
        for (uint32_t j = 0; status == STATUS_OK && j < next->sinks_count; j++) {
            if (strcmp(running->sinks[i].name, next->sinks[j].name) == 0) {
                status =
                    pair_compare(sink_subject_print, &running->sinks[i], &next->sinks[j], error);
            }
        }
    }
    return status;
}
