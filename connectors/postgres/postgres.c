/* SPDX-License-Identifier: Apache-2.0 */
/* Postgres: rows by binary COPY, and the ledger beside them in the same transaction. Here: the options, and at the
 * bottom the descriptor. The sink is in postgres_sink.c, the ledger in postgres_ledger.c. */
#include "connectors/postgres/postgres_ledger.h"
#include "connectors/postgres/postgres_options.h"
#include "connectors/postgres/postgres_sink.h"
#include "engine/flow/connector.h"

/* --- options ------------------------------------------------------------------------------------------------- */

static const char *const modes[] = {"append", "upsert", "merge", NULL};
static const char *const conflicts[] = {"error", "ignore", NULL};
static const char *const nuls[] = {"reject", "strip", "escape", NULL};
static const char *const trigger_errors[] = {"stop", "reject", NULL};

#define FIELD(name) OPTION_FIELD(struct postgres_options, name)

static const struct option sink_rows[] = {
    {.name = "url",
     .sentence = "Where the server is, as libpq reads it (postgresql://..., or key=value); without it PG* in the "
                 "environment",
     .type = OPTION_SECRET,
     .offset = FIELD(url)},
    {.name = "table",
     .sentence = "The table to write, as in SQL: orders, sales.orders, \"Orders\"",
     .type = OPTION_TEXT,
     .offset = FIELD(table),
     .flags = OPTION_REQUIRED | OPTION_IDENTITY},
    {.name = "mode",
     .fallback = "append",
     .sentence = "How rows meet those that are there: append inserts, upsert replaces by key, merge folds by rules",
     .type = OPTION_CHOICE,
     .offset = FIELD(mode),
     .choices = modes},
    {.name = "key",
     .sentence = "Columns of the unique index that upsert and merge go by",
     .type = OPTION_TEXTS,
     .offset = FIELD(key)},
    {.name = "on_conflict",
     .fallback = "error",
     .sentence = "Mode append: what happens to a row whose unique key is there already: error makes a dead letter, "
                 "ignore drops it",
     .type = OPTION_CHOICE,
     .offset = FIELD(on_conflict),
     .choices = conflicts},
    {.name = "version",
     .sentence = "Mode upsert: a column that grows with every change of a key; a row with a lower one is not stored",
     .type = OPTION_TEXT,
     .offset = FIELD(version)},
    {.name = "delete_when",
     .sentence = "Mode upsert: a condition in SQL over the row; where it is true, the key is deleted",
     .type = OPTION_TEXT,
     .offset = FIELD(delete_when)},
    {.name = "deleted",
     .sentence = "Mode upsert with version and delete_when: a boolean column that marks the deleted row",
     .type = OPTION_TEXT,
     .offset = FIELD(deleted)},
    {.name = "merge",
     .sentence = "Mode merge: a rule for each column beside the key: add, min, max, and, or, first by COLUMN, last by "
                 "COLUMN",
     .type = OPTION_TEXT_MAP,
     .offset = FIELD(merge)},
    {.name = "create",
     .fallback = "false",
     .sentence = "Create the table from the types of the rows when it does not exist (key becomes its primary key)",
     .type = OPTION_BOOL,
     .offset = FIELD(create)},
    {.name = "nul",
     .fallback = "reject",
     .sentence = "A NUL character in a text, which Postgres cannot store: reject makes a dead letter, strip drops it, "
                 "escape writes \\u0000",
     .type = OPTION_CHOICE,
     .offset = FIELD(nul),
     .choices = nuls},
    {.name = "trigger_errors",
     .fallback = "stop",
     .sentence = "An exception raised by a trigger (P0001): stop retries and keeps the position, reject makes dead "
                 "letters",
     .type = OPTION_CHOICE,
     .offset = FIELD(trigger_errors),
     .choices = trigger_errors},
    {.name = "ledger_schema",
     .sentence = "The schema of the leat_* tables; without it the first of the search_path",
     .type = OPTION_TEXT,
     .offset = FIELD(ledger_schema),
     .flags = OPTION_IDENTITY},
    {.name = NULL},
};
#undef FIELD

static const struct option_table sink_options = {.rows = sink_rows, .size = sizeof(struct postgres_options)};

#define FIELD(name) OPTION_FIELD(struct postgres_ledger_options, name)

static const struct option ledger_rows[] = {
    {.name = "url",
     .sentence = "Where the server is, as libpq reads it; without it PG* in the environment",
     .type = OPTION_SECRET,
     .offset = FIELD(url)},
    {.name = "ledger_schema",
     .sentence = "The schema of the leat_* tables; without it the first of the search_path",
     .type = OPTION_TEXT,
     .offset = FIELD(ledger_schema),
     .flags = OPTION_IDENTITY},
    {.name = NULL},
};
#undef FIELD

static const struct option_table ledger_options = {.rows = ledger_rows,
                                                   .size = sizeof(struct postgres_ledger_options)};

/* --- a ledger by itself -------------------------------------------------------------------------------------- */

static enum status ledger_bind(const struct ledger_bind *bind, struct ledger **ret, struct error *error) {
    (void)error;
    const struct postgres_ledger_options *options = bind->options;
    const char *url = options->url ? secret_reveal(options->url) : NULL;
    *ret = &postgres_ledger_new(url, options->ledger_schema)->ledger;
    return STATUS_OK;
}

static void ledger_free(struct ledger *ledger) {
    postgres_ledger_free((struct postgres_ledger *)ledger);
}

extern const struct connector postgres_connector;
const struct connector postgres_connector = {
    .kind = "postgres",
    .sentence = "PostgreSQL tables: exactly-once by transaction; append, upsert, merge",
    .sink = &postgres_sink_ops,
    .sink_options = &sink_options,
    .ledger_options = &ledger_options,
    .ledger_bind = ledger_bind,
    .ledger_commit = postgres_ledger_commit,
    .ledger_free = ledger_free,
};
