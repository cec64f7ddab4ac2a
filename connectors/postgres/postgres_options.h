/* SPDX-License-Identifier: Apache-2.0 */
/* What a pipeline file says under `postgres:`; the rows that fill it stand in postgres.c. Written once, before the
 * sink is bound, and then only read, by every thread. */
#ifndef LEAT_POSTGRES_OPTIONS_H
#define LEAT_POSTGRES_OPTIONS_H

#include "engine/config/options.h"
#include "engine/config/secret.h"

enum postgres_mode { MODE_APPEND, MODE_UPSERT, MODE_MERGE };
enum postgres_conflict { CONFLICT_ERROR, CONFLICT_IGNORE };
enum postgres_trigger_errors { TRIGGER_ERRORS_STOP, TRIGGER_ERRORS_REJECT };

struct postgres_options {
    struct secret *url; /* NULL = PG* environment */
    const char *table;
    int mode, on_conflict, nul, trigger_errors;
    struct text_list key;
    const char *version, *delete_when, *deleted;
    struct text_map merge;
    bool create;
    const char *ledger_schema;
};

struct postgres_ledger_options {
    struct secret *url;
    const char *ledger_schema;
};

#endif
