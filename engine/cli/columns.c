/* SPDX-License-Identifier: Apache-2.0 */
/* `leat columns`: a `columns:` text from a look at the data, to be pasted into a pipeline file. It
 * offers the narrowest type that every value seen fits, because a person reads it before it is used;
 * of CSV, "NA", "NULL" and \N also pass for null, so that one of them does not make a column text.
 * Only the first records are looked at. Main thread. */
#include <stdio.h>
#include <string.h>

#include "engine/cli/cli.h"
#include "engine/cli/infer.h"
#include "engine/cli/input.h"

static const char *from_text, *delimiter_text;

static const struct flag columns_flags[] = {
    {.name = "from", .value = "FORMAT", .sentence = "json or csv; else by the file's name", .text = &from_text},
    {.name = "delimiter", .value = "CHAR", .sentence = "of CSV", .text = &delimiter_text},
    {0},
};

static int columns_command(int argc, char **argv) {
    struct slice nulls[] = {SLICE_LITERAL(""), SLICE_LITERAL("NA"), SLICE_LITERAL("NULL"),
                            SLICE_LITERAL("\\N")};
    struct format format = {
        .kind = FORMAT_JSON,
        .framing = FRAMING_NONE,
        .json_depth_max = 128,
        .record_bytes_max = UINT64_C(1) << 30,
        .header = true,
        .quoted_newlines = true,
        .quote = '"',
        .delimiter = delimiter_text ? input_delimiter(delimiter_text) : ',',
        .nulls = nulls,
        .nulls_count = sizeof nulls / sizeof *nulls,
    };
    if (delimiter_text && !input_delimiter(delimiter_text)) {
        return cli_usage_error(command_find("columns"),
                               "--delimiter is one ASCII character, or \\t for a tab, got '%s'",
                               delimiter_text);
    }
    if (from_text && strcmp(from_text, "csv") != 0 && strcmp(from_text, "json") != 0) {
        return cli_usage_error(command_find("columns"), "--from is json or csv, got %s", from_text);
    }
    if (argc != 2) {
        return cli_usage_error(command_find("columns"), "which file?");
    }
    if (from_text && strcmp(from_text, "csv") == 0) {
        format.kind = FORMAT_CSV;
        format.framing = FRAMING_CSV;
    }
    struct error error;
    struct table_input *input = table_input_open(argv[1], &format, from_text != NULL, &error);
    if (!input) {
        cli_error(&error);
        return EXIT_FAILED;
    }
    struct arena *arena = arena_new(NULL, POOL_READ);
    struct schema schema = infer_columns(table_input_format(input), table_input_head(input),
                                         table_input_peek(input), false, arena);
    struct buffer out;
    buffer_init(&out, arena, 1024);
    if (common.json) {
        schema_json(&schema, &out);
    } else {
        schema_text(&schema, &out);
    }
    fwrite(out.data, 1, out.len, stdout);
    if (schema.count == 0) {
        fprintf(stderr, "leat: no columns were found in %s: %s\n", argv[1],
                table_input_peek(input).len ? "its first records are no JSON objects, or broken" : "it is empty");
    }
    table_input_close(input);
    arena_free(arena);
    return schema.count ? EXIT_DONE : EXIT_FAILED;
}

const struct command command_columns = {
    .name = "columns",
    .summary = "Infer the `columns:` of a file from its first records",
    .usage = "columns FILE",
    .example = "leat columns events.json",
    .flags = columns_flags,
    .run = columns_command,
};
