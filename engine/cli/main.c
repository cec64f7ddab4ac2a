/* SPDX-License-Identifier: Apache-2.0 */
/* The program: finds the command, takes the flags out, calls it. Commands are rows of one table, in
 * the order of the help; a command owns its flags, its help and its exit code (enum exit_code), and
 * this file knows nothing else of it. Main thread. */
#include <stdio.h>
#include <string.h>

#include "engine/cli/cli.h"

extern const struct command command_run, command_validate, command_test, command_preview, command_sql,
    command_columns, command_explain, command_ledger, command_options, command_schema, command_version;

const struct command *const commands[] = {
    &command_run,     &command_validate, &command_test,    &command_preview, &command_sql,     &command_columns,
    &command_explain, &command_ledger,   &command_options, &command_schema,  &command_version, NULL,
};

const struct command *command_find(const char *name) {
    for (uint32_t i = 0; commands[i]; i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            return commands[i];
        }
    }
    return NULL;
}

int main(int argc, char **argv) {
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        help_print(argc > 2 ? command_find(argv[2]) : NULL);
        return argc < 2 ? EXIT_USAGE : EXIT_DONE;
    }
    const char *name = strcmp(argv[1], "--version") == 0 ? "version" : argv[1];
    const struct command *command = command_find(name);
    if (!command) {
        return cli_usage_error(NULL, "there is no command %s", argv[1]);
    }
    bool help;
    int kept = flags_parse(command, argc - 1, argv + 1, &help);
    if (kept < 0) {
        return EXIT_USAGE;
    }
    if (help) {
        help_print(command);
        return EXIT_DONE;
    }
    return command->run(kept, argv + 1);
}
