/* SPDX-License-Identifier: Apache-2.0 */
/* What the configuration knows of connectors: their kinds and option rows. The list itself belongs
 * to a higher layer (connectors/registry.c) and is handed in, so that this library names no
 * connector. */
#ifndef LEAT_CONFIG_REGISTRY_H
#define LEAT_CONFIG_REGISTRY_H

#include "engine/base/error.h"
#include "engine/config/options.h"

struct connector_options {
    const char *kind;                   /* `kafka`, the key in the file; NULL ends the list */
    const char *sentence;               /* ends without a full stop */
    const struct option_table *source;  /* NULL: the kind is no source */
    const struct option_table *sink;    /* NULL: no sink */
    const struct option_table *ledger;  /* NULL: cannot be named under `ledger:` */
};

/* NULL when no connector has that kind. */
const struct connector_options *registry_find(const struct connector_options *registry,
                                              struct slice kind);

/* Are all rows sound (options_check), and does no kind or row take a name that the engine uses
 * beside it? The test of whoever holds the list calls it. */
MUST_CHECK enum status registry_check(const struct connector_options *registry,
                                      struct error *error);

#endif
