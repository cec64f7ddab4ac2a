/* SPDX-License-Identifier: Apache-2.0 */
/* `leat ledger`: looks at the positions of a pipeline and changes them by hand, which is the way out of every named
 * stop. A change goes through the ledger's own note: one atomic step that bumps the epoch (whoever owned the part is
 * fenced) and leaves an audit row. Parts of a process that lives are left alone unless --force says otherwise. */
#include "engine/cli/ledger.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/base/io.h"

enum { CALL_US = 15 * 1000000, ROWS_MAX = 1000000 };

static const char *position_flag, *sink_flag;
static bool yes_flag, force_flag;

static const struct flag ledger_flags[] = {
    {.name = "position", .value = "P", .sentence = "the new position, as `show` prints it under next",
     .text = &position_flag},
    {.name = "sink", .value = "NAME", .sentence = "this sink alone; default: all of the pipeline", .text = &sink_flag},
    {.name = "yes", .sentence = "do not ask", .on = &yes_flag, .letter = 'y'},
    {.name = "force", .sentence = "also parts that a living process owns: it loses them", .on = &force_flag},
    {0},
};

struct action {
    const char *name;
    enum note_kind kind;
    bool shows, needs_part, needs_position, takes_position, stopped_only;
    const char *consequence;
};

static const struct action actions[] = {
    {.name = "show", .shows = true},
    {.name = "set", .kind = NOTE_SET, .needs_part = true, .needs_position = true, .takes_position = true,
     .consequence = "what lies before the new position is not read (again), what lies after it is read (again)"},
    {.name = "skip", .kind = NOTE_SKIP, .needs_part = true, .takes_position = true,
     .consequence = "what lies before the new position is never delivered"},
    {.name = "resume", .kind = NOTE_RESUME, .stopped_only = true,
     .consequence = "reading goes on where the part was stopped; its dead-letter window is emptied"},
    {.name = "reset", .kind = NOTE_RESET,
     .consequence = "the part is read from its beginning; what was delivered is delivered again"},
    {0},
};

/* --- open and read ------------------------------------------------------------------------------------------------ */

static bool is_meant(const struct ledgers *ledgers, const struct graph_sink *sink) {
    return !ledgers->only || strcmp(ledgers->only, sink->config->name) == 0;
}

static enum status ledgers_open(struct ledgers *ledgers, struct error *error) {
    owner_new(ledgers->owner);
    if (graph_connect(ledgers->graph, io_now_us() + CALL_US, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    for (uint32_t i = 0; i < ledgers->graph->sinks_count; i++) {
        const struct graph_sink *sink = &ledgers->graph->sinks[i];
        struct ledger_identity identity = {
            .pipeline = ledgers->pipeline->name,
            .source = ledgers->pipeline->source.name,
            .sink = sink->config->name,
            .owner = ledgers->owner,
            .lease_us = ledgers->pipeline->lease_us,
        };
        if (!is_meant(ledgers, sink) || sink->ledger->keeps_nothing) {
            continue;
        }
        if (sink->ledger->ops->open(sink->ledger, &identity, io_now_us() + CALL_US, error) != STATUS_OK) {
            error_context(error, "ledger of sink %s", sink->config->name);
            return STATUS_FAILED;
        }
        ledgers->opened[i] = true;
    }
    return STATUS_OK;
}

static void ledgers_close(struct ledgers *ledgers) {
    for (uint32_t i = 0; ledgers->graph && i < ledgers->graph->sinks_count; i++) {
        struct ledger *ledger = ledgers->graph->sinks[i].ledger;
        if (ledgers->opened[i]) {
            ledger->ops->close(ledger);
        }
    }
    graph_free(ledgers->graph);
    pipeline_free(ledgers->pipeline);
    arena_free(ledgers->arena);
}

enum status ledgers_read(struct ledgers *ledgers, const char *part, struct ledger_view *views, uint32_t *ret_count,
                         struct error *error) {
    struct ledger_query query = {.rows_max = ROWS_MAX, .all = true};
    uint32_t count = 0;
    for (uint32_t i = 0; i < ledgers->graph->sinks_count; i++) {
        struct ledger *ledger = ledgers->graph->sinks[i].ledger;
        struct ledger_view *view = &views[count];
        if (!ledgers->opened[i]) {
            continue;
        }
        *view = (struct ledger_view){.sink = &ledgers->graph->sinks[i]};
        int64_t deadline = io_now_us() + CALL_US;
        enum status status = part ? ledger->ops->rows(ledger, &part, 1, ledgers->arena, &view->rows, deadline, error)
                                  : ledger->ops->query(ledger, &query, ledgers->arena, &view->rows, deadline, error);
        if (status != STATUS_OK) {
            return STATUS_FAILED;
        }
        count++;
    }
    *ret_count = count;
    return STATUS_OK;
}

static int failed(const struct error *error) {
    cli_error(error);
    return error->class == ERROR_TRANSIENT ? EXIT_UNREACHABLE : EXIT_FAILED;
}

/* --- changes ------------------------------------------------------------------------------------------------------ */

struct change {
    const struct action *action;
    const char *part; /* NULL = all */
    const char *next; /* SET, SKIP */
    char who[200];
};

static void who_asks(struct change *change) {
    const struct passwd *user = getpwuid(getuid());
    char host[100] = "?";
    gethostname(host, sizeof host - 1);
    snprintf(change->who, sizeof change->who, "leat ledger %s by %s@%s", change->action->name,
             user ? user->pw_name : "?", host);
}

static bool is_changed(const struct change *change, const struct ledger_row *row) {
    return row->info.name && (!change->action->stopped_only || row->state == ROW_STOPPED);
}

/* What will be changed; negative = a living process owns one of them. */
static int64_t changed_count(const struct ledgers *ledgers, const struct change *change,
                             const struct ledger_view *views, uint32_t count) {
    int64_t changed = 0;
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j < views[i].rows.count; j++) {
            const struct ledger_row *row = &views[i].rows.items[j];
            if (!is_changed(change, row)) {
                continue;
            }
            if (!force_flag && strcmp(owner_state(ledgers, row), "alive") == 0) {
                fprintf(stderr,
                        "leat: part %s is owned by a process that lives (%s); stop it first, or take the part away "
                        "from it with --force\n",
                        row->info.name, row->owner);
                return -1;
            }
            changed++;
        }
    }
    return changed;
}

static bool agreed(const struct change *change, int64_t rows) {
    if (yes_flag) {
        return true;
    }
    fprintf(stderr, "%s %s in %lld ledger row%s: %s.\nGo on? [y/N] ", change->action->name,
            change->part ? change->part : "all parts", (long long)rows, rows == 1 ? "" : "s",
            change->action->consequence);
    char answer[16];
    return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static enum status row_change(const struct change *change, const struct graph_sink *sink, const char *part,
                              struct error *error) {
    struct note note = {.kind = change->action->kind, .part = part, .reason = change->who, .next = change->next};
    return sink->ledger->ops->note(sink->ledger, &note, io_now_us() + CALL_US, error);
}

static enum status change_all(const struct change *change, const struct ledger_view *views, uint32_t count,
                              struct error *error) {
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j < views[i].rows.count; j++) {
            const struct ledger_row *row = &views[i].rows.items[j];
            if (is_changed(change, row) && row_change(change, views[i].sink, row->info.name, error) != STATUS_OK) {
                error_context(error, "sink %s, part %s", views[i].sink->config->name, row->info.name);
                return STATUS_FAILED;
            }
        }
    }
    return STATUS_OK;
}

static int nothing_to_change(const struct change *change) {
    if (change->part) {
        fprintf(stderr, "leat: there is no %spart %s; leat ledger show lists them\n",
                change->action->stopped_only ? "stopped " : "", change->part);
        return EXIT_FAILED;
    }
    printf("nothing to %s\n", change->action->name);
    return EXIT_DONE;
}

static int change_run(struct ledgers *ledgers, const struct change *change, struct ledger_view *views,
                      uint32_t count) {
    int64_t rows = changed_count(ledgers, change, views, count);
    if (rows <= 0) {
        return rows < 0 ? EXIT_FAILED : nothing_to_change(change);
    }
    if (!agreed(change, rows)) {
        fprintf(stderr, "nothing was changed\n");
        return EXIT_FAILED;
    }
    struct error error;
    if (change_all(change, views, count, &error) != STATUS_OK ||
        ledgers_read(ledgers, change->part, views, &count, &error) != STATUS_OK) {
        return failed(&error);
    }
    ledger_show(ledgers, views, count);
    return EXIT_DONE;
}

/* --- the command -------------------------------------------------------------------------------------------------- */

static const struct action *action_find(const char *name) {
    for (const struct action *action = actions; action->name; action++) {
        if (strcmp(action->name, name) == 0) {
            return action;
        }
    }
    return NULL;
}

static int usage_check(const struct action *action, int argc) {
    const struct command *command = command_find("ledger");
    if (argc < 3 || argc > 4) {
        return cli_usage_error(command, argc < 3 ? "which pipeline file?" : "too many words");
    }
    if (action->needs_part && argc < 4) {
        return cli_usage_error(command, "which part? leat ledger show lists them");
    }
    if (action->needs_position && !position_flag) {
        return cli_usage_error(command, "leat ledger %s needs --position", action->name);
    }
    if (position_flag && !action->takes_position) {
        return cli_usage_error(command, "leat ledger %s takes no --position", action->name);
    }
    if (!action->shows && !yes_flag && !isatty(STDIN_FILENO)) {
        return cli_usage_error(command, "leat ledger %s asks before it changes anything; without a terminal it needs "
                               "--yes", action->name);
    }
    return EXIT_DONE;
}

static int opened_run(struct ledgers *ledgers, const struct action *action, const char *part) {
    struct ledger_view views[SINKS_MAX];
    uint32_t count;
    struct error error;
    struct change change = {.action = action, .part = part, .next = position_flag ? position_flag : "end"};
    struct position parsed;
    if (!ledgers->graph->source_connector->source->parse(change.next, &parsed)) {
        return cli_usage_error(command_find("ledger"), "%s is no position of this source", change.next);
    }
    if (ledgers_open(ledgers, &error) != STATUS_OK || ledgers_read(ledgers, part, views, &count, &error) != STATUS_OK) {
        return failed(&error);
    }
    if (count == 0) {
        fprintf(stderr, "leat: %s\n", ledgers->only ? "there is no such sink, or it keeps no position"
                                                    : "no sink of this pipeline keeps a position; see `ledger:`");
        return EXIT_USAGE;
    }
    if (action->shows) {
        ledger_show(ledgers, views, count);
        return EXIT_DONE;
    }
    who_asks(&change);
    return change_run(ledgers, &change, views, count);
}

static int ledger_command(int argc, char **argv) {
    const struct command *command = command_find("ledger");
    if (argc < 2) {
        return cli_usage_error(command, "show, set, skip, resume or reset?");
    }
    const struct action *action = action_find(argv[1]);
    if (!action) {
        return cli_usage_error(command, "there is no `leat ledger %s`", argv[1]);
    }
    int code = usage_check(action, argc);
    if (code != EXIT_DONE) {
        return code;
    }
    struct ledgers ledgers = {.arena = arena_new(NULL, POOL_READ), .only = sink_flag};
    ledgers.pipeline = cli_pipeline(argv[2], ledgers.arena);
    ledgers.graph = ledgers.pipeline ? cli_graph(ledgers.pipeline, ledgers.arena) : NULL;
    code = ledgers.graph ? opened_run(&ledgers, action, argc > 3 ? argv[3] : NULL) : EXIT_USAGE;
    ledgers_close(&ledgers);
    return code;
}

const struct command command_ledger = {
    .name = "ledger",
    .summary = "Show how far each part is in each sink, or change it by hand",
    .usage = "ledger show|set|skip|resume|reset FILE [PART]",
    .details = "show    the parts: position, owner, books, why one is stopped\n"
               "resume  stopped parts go on where they are (all of them without PART)\n"
               "skip    a part goes on at --position, or is at its end without it\n"
               "set     a part goes on at --position, before or after where it is\n"
               "reset   a part, or all, begin anew: what was delivered is delivered again\n\n"
               "Each change asks first and leaves an audit row in the ledger.",
    .example = "leat ledger show pipeline.yaml\n  leat ledger resume pipeline.yaml in/events.json --yes",
    .flags = ledger_flags,
    .run = ledger_command,
};
