/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that only tell: validate, options, schema, version. What they say of options comes from
 * the option rows alone, so that help, reference and schema cannot drift from what is read. Nothing
 * is started and no data is touched; only `validate --connect` speaks to servers, at most 15 s for
 * each file. Main thread. */
#include <stdio.h>

#include "engine/base/io.h"
#include "engine/cli/cli.h"
#include "engine/config/reference.h"

static bool connect_flag, markdown_flag;

static const struct flag validate_flags[] = {
    {.name = "connect", .sentence = "also ask the servers: tables, columns, rights", .on = &connect_flag},
    {0},
};

enum { CONNECT_US = 15 * 1000000 };

static int graph_validate(struct graph *graph) {
    struct error error;
    if (!connect_flag || graph_connect(graph, io_now_us() + CONNECT_US, &error) == STATUS_OK) {
        return EXIT_DONE;
    }
    cli_error(&error);
    return error.class == ERROR_TRANSIENT ? EXIT_UNREACHABLE : EXIT_USAGE;
}

static int validate_command(int argc, char **argv) {
    if (argc < 2) {
        return cli_usage_error(command_find("validate"), "which pipeline file?");
    }
    int code = EXIT_DONE;
    for (int i = 1; i < argc; i++) {
        struct arena *arena = arena_new(NULL, POOL_READ);
        struct pipeline *pipeline = cli_pipeline(argv[i], arena);
        struct graph *graph = pipeline ? cli_graph(pipeline, arena) : NULL;
        int one = graph ? graph_validate(graph) : EXIT_USAGE;
        if (one == EXIT_DONE) {
            printf("%s: valid\n", argv[i]);
        }
        code = one == EXIT_DONE ? code : one;
        graph_free(graph);
        pipeline_free(pipeline);
        arena_free(arena);
    }
    return code;
}

const struct command command_validate = {
    .name = "validate",
    .summary = "Check pipeline files and tell everything that is wrong with them",
    .usage = "validate FILE...",
    .example = "leat validate pipelines/*/pipeline.yaml",
    .flags = validate_flags,
    .run = validate_command,
};

static int print_buffer(struct arena *arena, struct buffer *out) {
    fwrite(out->data, 1, out->len, stdout);
    arena_free(arena);
    return EXIT_DONE;
}

static const struct flag options_flags[] = {
    {.name = "markdown", .sentence = "all of them, as docs/reference.md", .on = &markdown_flag},
    {0},
};

static int options_command(int argc, char **argv) {
    struct arena *arena = arena_new(NULL, POOL_READ);
    struct buffer out;
    struct error error;
    buffer_init(&out, arena, 64 << 10);
    if (markdown_flag) {
        options_markdown(cli_registry(), &out);
    } else if (options_print(cli_registry(), argc > 1 ? argv[1] : NULL, &out, &error) != STATUS_OK) {
        cli_error(&error);
        arena_free(arena);
        return EXIT_USAGE;
    }
    return print_buffer(arena, &out);
}

const struct command command_options = {
    .name = "options",
    .summary = "Print the options of the pipeline file, or of one connector",
    .usage = "options [KIND]",
    .example = "leat options postgres",
    .flags = options_flags,
    .run = options_command,
};

static int schema_command(int argc, char **argv) {
    (void)argc;
    (void)argv;
    struct arena *arena = arena_new(NULL, POOL_READ);
    struct buffer out;
    buffer_init(&out, arena, 64 << 10);
    options_json_schema(cli_registry(), &out);
    return print_buffer(arena, &out);
}

const struct command command_schema = {
    .name = "schema",
    .summary = "Print the JSON Schema of the pipeline file, for editors",
    .usage = "schema",
    .example = "leat schema > leat.schema.json",
    .run = schema_command,
};

static int version_command(int argc, char **argv) {
    (void)argc;
    (void)argv;
    printf("leat " LEAT_VERSION "\n");
    return EXIT_DONE;
}

const struct command command_version = {
    .name = "version",
    .summary = "Print the version",
    .usage = "version",
    .example = "leat version",
    .run = version_command,
};
