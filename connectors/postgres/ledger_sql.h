/* SPDX-License-Identifier: Apache-2.0 */
/* All SQL over the leat_* tables, in one place. `@` stands for the schema and its dot. Parameters $1, $2, $3 are
 * pipeline, source and sink everywhere but in the statements that say otherwise. */
#ifndef LEAT_POSTGRES_LEDGER_SQL_H
#define LEAT_POSTGRES_LEDGER_SQL_H

#include "engine/base/arena.h"

enum { LEDGER_VERSION = 1 };

enum ledger_sql {
    SQL_VERSION_EXISTS, /* $1 qualified name of leat_meta */
    SQL_VERSION,
    SQL_TABLES_CREATE,
    SQL_PLAN_LOCK,
    SQL_PLAN_START,
    SQL_PLAN_PUT,
    SQL_PLAN_KNOWN,
    SQL_PLAN_IDENT,
    SQL_TOTALS,
    SQL_QUERY_FREE,
    SQL_QUERY_ALL,
    SQL_ROWS,
    SQL_CLAIM,
    SQL_RELEASE,
    SQL_RENEW,
    SQL_PROCESS_FORGET,
    SQL_END_BACKENDS,
    SQL_END_STALE,
    SQL_NOTE_STOP,
    SQL_NOTE_RESUME,
    SQL_NOTE_MOVE,
    SQL_NOTE_RESET,
    SQL_NOTE_RESET_ALL,
    SQL_NOTE_SEEN,
    SQL_MOVE,     /* many parts, as arrays */
    SQL_MOVE_ONE, /* the same for one part: no order to keep, planned in a fifth of the time */
    SQL_STANDING,
    SQL_STANDING_LOCKED,
    SQL_LETTERS_COPY,
    SQL_COUNT
};

/* The statement for this schema (quoted), in the arena. */
const char *ledger_sql(enum ledger_sql which, const char *schema, struct arena *arena);

#endif
