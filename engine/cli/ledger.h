/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of `leat ledger`: one pipeline's ledgers, opened by a process that runs nothing and claims nothing. Main
 * thread; calls block until their deadline. */
#ifndef LEAT_CLI_LEDGER_H
#define LEAT_CLI_LEDGER_H

#include "engine/cli/cli.h"
#include "engine/flow/owner.h"

struct ledgers {
    struct arena *arena;
    struct pipeline *pipeline;
    struct graph *graph;
    char owner[OWNER_MAX];
    const char *only; /* --sink; NULL = all that keep anything */
    bool opened[SINKS_MAX];
};

/* Rows of one sink. */
struct ledger_view {
    const struct graph_sink *sink;
    struct ledger_rows rows;
};

/* All rows, or those of one part (a row without name: absent). views has room for SINKS_MAX; its count comes back, 0 =
 * no ledger keeps anything. */
MUST_CHECK enum status ledgers_read(struct ledgers *ledgers, const char *part, struct ledger_view *views,
                                    uint32_t *ret_count, struct error *error);

/* "alive", "dead", "lost" or "" for nobody. */
const char *owner_state(const struct ledgers *ledgers, const struct ledger_row *row);
void ledger_show(const struct ledgers *ledgers, const struct ledger_view *views, uint32_t count);

#endif
