/* SPDX-License-Identifier: Apache-2.0 */
/* The program: finds the command, takes the flags out, calls it. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/log.h"
#include "engine/cli/cli.h"
#include "engine/config/secret.h"

struct common_flags common;

const struct command *const commands[] = {&command_run, NULL};

const struct command *command_find(const char *name) {
    for (uint32_t i = 0; commands[i]; i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            return commands[i];
        }
    }
    return NULL;
}

int cli_usage_error(const struct command *command, const char *format, ...) {
    va_list args;
    va_start(args, format);
    fputs("leat: ", stderr);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\nusage: leat %s\n", command ? command->usage : "COMMAND");
    return EXIT_USAGE;
}

int main(int argc, char **argv) {
    log_setup(LOG_INFO, false, secret_redact);
    const struct command *command = argc > 1 ? command_find(argv[1]) : NULL;
    if (!command) {
        return cli_usage_error(NULL, "no such command");
    }
    return command->run(argc - 1, argv + 1);
}
