/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands share: their table, flags as people know them, loading pipeline files and telling what is wrong
 * with them. Main thread. */
#ifndef LEAT_CLI_CLI_H
#define LEAT_CLI_CLI_H

#include "engine/base/log.h"
#include "engine/config/pipeline.h"
#include "engine/flow/graph.h"

/* How every command ends. */
enum exit_code {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,       /* bad configuration or usage */
    EXIT_UNREACHABLE = 3, /* a dependency cannot be reached */
    EXIT_DEAD_LETTERS = 4 /* finished, with dead letters or failed tests */
};

/* A flag: `--name VALUE` (or --name=VALUE) when text is set, else a switch. */
struct flag {
    const char *name;     /* without the dashes */
    const char *value;    /* what it takes, for the help: "FILE"; NULL = a switch */
    const char *sentence; /* for the help; no full stop */
    const char **text;
    bool *on;
    char letter;          /* `-v`; 0 = none */
};

struct command {
    const char *name, *summary;
    const char *usage;        /* after `leat `: "run FILE..." */
    const char *details;      /* a paragraph for --help; may be NULL */
    const char *example;      /* whole lines, as one would type them */
    const struct flag *flags; /* ended by one without name; NULL = only the common ones */
    int (*run)(int argc, char **argv); /* argv[0] is the command; flags are taken out, files and words remain */
};

extern const struct command *const commands[]; /* NULL-terminated */
const struct command *command_find(const char *name);

/* Flags every command knows. */
struct common_flags {
    struct text_map sets; /* --set a.b=c, in the order given */
    const char *http, *memory;
    bool verbose, json, no_color;
};
extern struct common_flags common;

/* Takes the flags out of argv; returns what remains, or -1 after telling what is wrong. *ret_help: --help was asked. */
int flags_parse(const struct command *command, int argc, char **argv, bool *ret_help);
void help_print(const struct command *command); /* NULL: all commands */
int cli_usage_error(const struct command *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Connectors as the configuration sees them. */
const struct connector_options *cli_registry(void);
/* Loads a file and binds it; prints every error to standard error as file:line:column. NULL = exit with EXIT_USAGE. */
struct pipeline *cli_pipeline(const char *path, struct arena *arena);
struct graph *cli_graph(const struct pipeline *pipeline, struct arena *arena);
/* Prints `leat: ...` with the error's place and code. */
void cli_error(const struct error *error);
/* Colours only on a terminal, without NO_COLOR and --no-color. */
bool cli_colours(int fd);

#endif
