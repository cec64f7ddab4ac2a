/* SPDX-License-Identifier: Apache-2.0 */
/* The reference as text and as Markdown. Both walk the same chapters: the engine's sections in the
 * order in which a file has them, then the connectors in the order of the registry. */
#include "engine/config/reference.h"

#include "engine/config/nearest.h"
#include "engine/config/parser.h"

struct chapter {
    const char *title;    /* `source kafka`, `limits` */
    const char *path;     /* before the option names; "" at the top of the file */
    const char *sentence; /* may be NULL */
    const struct option_table *table;
};

/* The parts of the file that are the engine's; groups are shown with the table that holds them. */
static const struct chapter engine_chapters[] = {
    {"pipeline", "", "The top of a pipeline file", &pipeline_table},
    {"source", "", "Under `source:`, beside the connector", &source_table},
    {"source position", "", "Under `source:`, beside the connector or inside of it",
     &position_table},
    {"transforms", "", "Each item of `transforms:`, of the pipeline or of a sink",
     &transform_table},
    {"sinks", "", "Each item of `sinks:`, beside the connector", &sink_table},
    {"tests", "",
     "Each item of `tests:`, beside `input:` (records), `expect:` (rows of each sink) and "
     "`dead_letters:` (how many, or a list)",
     &test_table},
    {.title = NULL}};

typedef void chapter_print(const struct chapter *chapter, struct buffer *out);

static void takes_print(const struct option *row, struct buffer *out) {
    option_expects(row, out);
    if (row->type == OPTION_SECRET) {
        buffer_append_slice(out, slice_of(", kept secret"));
    }
}

/* --- text ------------------------------------------------------------------------------------ */

static void text_rows(const struct option_table *table, const char *path, struct buffer *out) {
    for (const struct option *row = table->rows; row->name; row++) {
        const char *name = arena_printf(out->arena, "%s%s", path, row->name);
        buffer_printf(out, "  %s: ", name);
        takes_print(row, out);
        if (row->flags & OPTION_REQUIRED) {
            buffer_append_slice(out, slice_of("; required"));
        } else if (row->fallback) {
            buffer_printf(out, "; default %s", *row->fallback ? row->fallback : "\"\"");
        }
        buffer_printf(out, "\n      %s\n", row->sentence);
        if (row->type == OPTION_GROUP) {
            text_rows(row->group, arena_printf(out->arena, "%s.", name), out);
        }
    }
}

static void text_chapter(const struct chapter *chapter, struct buffer *out) {
    buffer_printf(out, "%s%s", out->len ? "\n" : "", chapter->title);
    if (chapter->sentence) {
        buffer_printf(out, ": %s", chapter->sentence);
    }
    buffer_append_byte(out, '\n');
    if (!chapter->table->rows->name) {
        buffer_append_slice(out, slice_of("  (no options)\n"));
    }
    text_rows(chapter->table, chapter->path, out);
}

/* --- Markdown -------------------------------------------------------------------------------- */

/* Text inside a table cell. */
static void cell(const char *text, struct buffer *out) {
    for (; *text; text++) {
        if (*text == '|') {
            buffer_append_byte(out, '\\');
        }
        buffer_append_byte(out, *text == '\n' ? ' ' : *text);
    }
}

static void markdown_fallback(const struct option *row, struct buffer *out) {
    if (row->flags & OPTION_REQUIRED) {
        buffer_append_slice(out, slice_of("required"));
    } else if (row->fallback) {
        buffer_append_byte(out, '`');
        cell(*row->fallback ? row->fallback : "\"\"", out);
        buffer_append_byte(out, '`');
    }
}

static void markdown_rows(const struct option_table *table, const char *path, struct buffer *out) {
    for (const struct option *row = table->rows; row->name; row++) {
        const char *name = arena_printf(out->arena, "%s%s", path, row->name);
        struct buffer takes;
        buffer_init(&takes, out->arena, 128);
        takes_print(row, &takes);
        buffer_append_byte(&takes, '\0');
        buffer_printf(out, "| `%s` | ", name);
        cell(takes.data, out);
        buffer_append_slice(out, slice_of(" | "));
        markdown_fallback(row, out);
        buffer_append_slice(out, slice_of(" | "));
        cell(row->sentence, out);
        buffer_append_slice(out, slice_of(row->flags & OPTION_IDENTITY
                                              ? " (a reload refuses a change) |\n"
                                              : " |\n"));
        if (row->type == OPTION_GROUP) {
            markdown_rows(row->group, arena_printf(out->arena, "%s.", name), out);
        }
    }
}

static void markdown_chapter(const struct chapter *chapter, struct buffer *out) {
    buffer_printf(out, "\n## %s\n\n", chapter->title);
    if (chapter->sentence) {
        buffer_printf(out, "%s.\n\n", chapter->sentence);
    }
    if (!chapter->table->rows->name) {
        buffer_append_slice(out, slice_of("No options.\n"));
        return;
    }
    buffer_append_slice(out,
                        slice_of("| option | takes | default | meaning |\n|---|---|---|---|\n"));
    markdown_rows(chapter->table, chapter->path, out);
}

/* --- the walk -------------------------------------------------------------------------------- */

static void connector_print(const struct connector_options *connector, chapter_print *print,
                            struct buffer *out) {
    static const struct {
        enum connector_role role;
        const char *name;
    } roles[] = {{ROLE_SOURCE, "source"}, {ROLE_SINK, "sink"}, {ROLE_LEDGER, "ledger"}};
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        const struct option_table *table = connector_table(connector, roles[i].role);
        if (table) {
            struct chapter chapter = {
                .title = arena_printf(out->arena, "%s %s", roles[i].name, connector->kind),
                .path = "",
                .sentence = connector->sentence,
                .table = table};
            print(&chapter, out);
        }
    }
}

static void engine_print(chapter_print *print, struct buffer *out) {
    for (const struct chapter *chapter = engine_chapters; chapter->title; chapter++) {
        print(chapter, out);
    }
}

static enum status kind_unknown(const struct connector_options *registry, const char *kind,
                                struct error *error) {
    struct nearest nearest = nearest_of(slice_of(kind));
    nearest_offer(&nearest, "pipeline");
    for (const struct connector_options *at = registry; at->kind; at++) {
        nearest_offer(&nearest, at->kind);
    }
    if (nearest.found) {
        return error_set(error, ERROR_PERMANENT, "config-unknown-kind",
                         "no connector is named `%s`, did you mean `%s`?", kind, nearest.found);
    }
    return error_set(error, ERROR_PERMANENT, "config-unknown-kind",
                     "no connector is named `%s`: `leat options` lists all", kind);
}

enum status options_print(const struct connector_options *registry, const char *kind,
                          struct buffer *out, struct error *error) {
    if (!kind || strcmp(kind, "pipeline") == 0) {
        engine_print(text_chapter, out);
    }
    if (kind && strcmp(kind, "pipeline") == 0) {
        return STATUS_OK;
    }
    const struct connector_options *only = kind ? registry_find(registry, slice_of(kind)) : NULL;
    if (kind && !only) {
        return kind_unknown(registry, kind, error);
    }
    for (const struct connector_options *at = registry; at->kind; at++) {
        if (!only || at == only) {
            connector_print(at, text_chapter, out);
        }
    }
    return STATUS_OK;
}

void options_markdown(const struct connector_options *registry, struct buffer *out) {
    buffer_append_slice(out,
                        slice_of("# Options of a pipeline file\n\n"
                                 "Generated from the option rows by `leat options --markdown`; "
                                 "change the rows, not this page.\n"));
    engine_print(markdown_chapter, out);
    for (const struct connector_options *at = registry; at->kind; at++) {
        connector_print(at, markdown_chapter, out);
    }
}
