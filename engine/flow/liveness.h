/* SPDX-License-Identifier: Apache-2.0 */
/* "I live": renews this process's row in every ledger on a timer and an executor of its own, so that neither a slow
 * claim nor a hanging sink costs the lease, and learns which other processes are certainly dead on this host. */
#ifndef LEAT_FLOW_LIVENESS_H
#define LEAT_FLOW_LIVENESS_H

#include "engine/flow/graph.h"

struct liveness;

/* dead: on liveness's executor, after each round; the names live until the call returns. */
struct liveness *liveness_start(const struct graph *graph, const char *owner,
                                void (*dead)(void *context, const char *const *owners, uint32_t count), void *context);
/* Waits for a round that is under way. Takes NULL. */
void liveness_stop(struct liveness *liveness);

#endif
