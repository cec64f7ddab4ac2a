/* SPDX-License-Identifier: Apache-2.0 */
/* Flags and help. Flags may stand anywhere, `--` ends them; `--name value` and `--name=value` are the
 * same. --memory and --http are kept as overrides of the file (as --set is), so that the file's rules
 * check them too. Values are borrowed from argv. Main thread, before anything is started. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/cli/cli.h"
#include "engine/config/secret.h"

enum { SETS_MAX = 256 };

struct common_flags common;

static const char *log_level_text, *log_format_text, *set_text;

static const struct flag common_table[] = {
    {.name = "set",
     .value = "KEY=VALUE",
     .sentence = "override an option of the file: sinks.0.postgres.table=t",
     .text = &set_text},
    {.name = "log-level",
     .value = "LEVEL",
     .sentence = "off, error, warn, info (default) or debug",
     .text = &log_level_text},
    {.name = "log-format",
     .value = "FORMAT",
     .sentence = "text (default) or json",
     .text = &log_format_text},
    {.name = "http",
     .value = "HOST:PORT",
     .sentence = "serve /metrics, /healthz and /readyz here",
     .text = &common.http},
    {.name = "memory",
     .value = "SIZE",
     .sentence = "the memory budget: 128MiB",
     .text = &common.memory},
    {.name = "json",
     .sentence = "columns, explain, ledger show, preview, test: print the result as JSON",
     .on = &common.json},
    {.name = "no-color", .sentence = "never colour the output", .on = &common.no_color},
    {.name = "verbose",
     .sentence = "the same as --log-level debug",
     .on = &common.verbose,
     .letter = 'v'},
    {0},
};

static const char *set_names[SETS_MAX], *set_values[SETS_MAX];

static bool set_add(const char *text) {
    const char *equals = strchr(text, '=');
    if (!equals || common.sets.count == SETS_MAX) {
        return false;
    }
    char *name = strndup(text, (size_t)(equals - text));
    set_names[common.sets.count] = name;
    set_values[common.sets.count] = equals + 1;
    common.sets.names = set_names;
    common.sets.values = set_values;
    common.sets.count++;
    return true;
}

static const struct flag *find_in(const struct flag *table, const char *name, size_t len) {
    for (; table && table->name; table++) {
        if (strlen(table->name) == len && memcmp(table->name, name, len) == 0) {
            return table;
        }
        if (table->letter && len == 1 && name[0] == table->letter) {
            return table;
        }
    }
    return NULL;
}

static const struct flag *flag_find(const struct command *command, const char *name, size_t len) {
    const struct flag *flag = find_in(command->flags, name, len);
    return flag ? flag : find_in(common_table, name, len);
}

/* One flag at argv[*at]; moves *at over its value. */
static int flag_take(const struct command *command, int argc, char **argv, int *at) {
    const char *name = argv[*at] + (argv[*at][1] == '-' ? 2 : 1);
    const char *equals = strchr(name, '=');
    const struct flag *flag = flag_find(command, name, equals ? (size_t)(equals - name) : strlen(name));
    if (!flag) {
        return cli_usage_error(command, "there is no flag %s", argv[*at]);
    }
    if (!flag->text) {
        if (equals) {
            return cli_usage_error(command, "--%s takes no value", flag->name);
        }
        *flag->on = true;
        return EXIT_DONE;
    }
    if (!equals && *at + 1 >= argc) {
        return cli_usage_error(command, "--%s needs a value: %s", flag->name, flag->value);
    }
    *flag->text = equals ? equals + 1 : argv[++*at];
    if (flag->text == &set_text && !set_add(set_text)) {
        return cli_usage_error(command, "--set needs KEY=VALUE, got %s", set_text);
    }
    return EXIT_DONE;
}

static int logs_setup(const struct command *command) {
    enum log_level level = common.verbose ? LOG_DEBUG : LOG_INFO;
    if (log_level_text && !log_level_parse(log_level_text, &level)) {
        return cli_usage_error(command, "--log-level is off, error, warn, info or debug, got %s", log_level_text);
    }
    bool json = log_format_text && strcmp(log_format_text, "json") == 0;
    if (log_format_text && !json && strcmp(log_format_text, "text") != 0) {
        return cli_usage_error(command, "--log-format is text or json, got %s", log_format_text);
    }
    log_setup(level, json, secret_redact);
    return EXIT_DONE;
}

int flags_parse(const struct command *command, int argc, char **argv, bool *ret_help) {
    int kept = 1;
    bool only_words = false;
    *ret_help = false;
    for (int at = 1; at < argc; at++) {
        bool flag = argv[at][0] == '-' && argv[at][1] != '\0' && !only_words;
        if (flag && strcmp(argv[at], "--") == 0) {
            only_words = true;
        } else if (flag && (strcmp(argv[at], "--help") == 0 || strcmp(argv[at], "-h") == 0)) {
            *ret_help = true;
        } else if (flag) {
            if (flag_take(command, argc, argv, &at) != EXIT_DONE) {
                return -1;
            }
        } else {
            argv[kept++] = argv[at];
        }
    }
    argv[kept] = NULL;
    if (common.memory) {
        static char memory[64];
        snprintf(memory, sizeof memory, "limits.memory=%s", common.memory);
        set_add(memory);
    }
    if (common.http) {
        static char http[300];
        snprintf(http, sizeof http, "http.listen=%s", common.http);
        set_add(http);
    }
    return logs_setup(command) == EXIT_DONE ? kept : -1;
}

static void flags_print(const struct flag *table) {
    for (; table && table->name; table++) {
        char left[64];
        snprintf(left, sizeof left, "--%s%s%s", table->name, table->value ? " " : "",
                 table->value ? table->value : "");
        printf("  %c%c %-26s %s\n", table->letter ? '-' : ' ', table->letter ? table->letter : ' ',
               left, table->sentence);
    }
}

void help_print(const struct command *command) {
    if (!command) {
        printf("leat " LEAT_VERSION " - streams from files and brokers to tables and directories, exactly once\n\n"
               "usage: leat COMMAND [FLAGS] ...\n\n");
        for (uint32_t i = 0; commands[i]; i++) {
            printf("  %-10s %s\n", commands[i]->name, commands[i]->summary);
        }
        printf("\nleat COMMAND --help tells more, with an example.\n"
               "exit codes: 0 done, 1 failed, 2 configuration or usage, 3 a dependency cannot be reached, "
               "4 finished with dead letters\n");
        return;
    }
    printf("usage: leat %s\n\n%s.\n", command->usage, command->summary);
    if (command->details) {
        printf("\n%s\n", command->details);
    }
    if (command->flags) {
        printf("\nflags:\n");
        flags_print(command->flags);
    }
    printf("\nflags of every command:\n");
    flags_print(common_table);
    printf("\nexample:\n  %s\n", command->example);
}

int cli_usage_error(const struct command *command, const char *format, ...) {
    va_list args;
    va_start(args, format);
    fputs("leat: ", stderr);
    vfprintf(stderr, format, args);
    va_end(args);
    if (command) {
        fprintf(stderr, "\nusage: leat %s\n       leat %s --help tells more\n", command->usage, command->name);
    } else {
        fprintf(stderr, "\nleat --help lists the commands\n");
    }
    return EXIT_USAGE;
}

void cli_error(const struct error *error) {
    char text[ERROR_MESSAGE_MAX + ERROR_WHERE_MAX];
    snprintf(text, sizeof text, "%s%s%s (%s)", error->where, *error->where ? ": " : "", error->message, error->code);
    secret_redact(text);
    fprintf(stderr, "leat: %s\n", text);
}

bool cli_colours(int fd) {
    const char *no_colour = getenv("NO_COLOR");
    return !common.no_color && !(no_colour && *no_colour) && isatty(fd);
}
