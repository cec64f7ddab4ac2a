/* SPDX-License-Identifier: Apache-2.0 */
/* A connector is one const descriptor at the bottom of its <svc>.c; connectors/registry.c is the one table. The engine
 * knows kinds only by it: what a connector cannot do is NULL here, and the configuration refuses it by name. */
#ifndef LEAT_FLOW_CONNECTOR_H
#define LEAT_FLOW_CONNECTOR_H

#include "engine/config/options.h"
#include "engine/flow/sink.h"
#include "engine/flow/source.h"

struct ledger_bind {
    const void *options;
    struct arena *arena;
};

struct connector {
    const char *kind;     /* the key in the pipeline file */
    const char *sentence; /* for `leat options` */
    const struct source_ops *source; /* NULL = not a source, and so on */
    const struct sink_ops *sink;
    const struct option_table *source_options, *sink_options, *ledger_options;
    /* A ledger by itself, for sinks that hold no position: `ledger: {kind: {...}}`. Its commit is
     * one atomic step of the ledger alone. */
    enum status (*ledger_bind)(const struct ledger_bind *bind, struct ledger **ret, struct error *error);
    enum verdict (*ledger_commit)(struct ledger *ledger, const struct unit *unit, int64_t deadline_us,
                                  struct outcome *outcome);
    void (*ledger_free)(struct ledger *ledger);
};

/* NULL-terminated; defined in connectors/registry.c. */
extern const struct connector *const connectors[];

const struct connector *connector_find(const char *kind);

#endif
