/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger of sinks that keep nothing (stdout, drop): rows in this process's memory, so that the coordinator knows
 * only one way of working. Claims are always won; everything is forgotten at exit. */
#ifndef LEAT_FLOW_LEDGER_MEMORY_H
#define LEAT_FLOW_LEDGER_MEMORY_H

#include "engine/flow/sink.h"

struct ledger *ledger_memory_new(void);
void ledger_memory_free(struct ledger *ledger);
enum verdict ledger_memory_commit(struct ledger *ledger, const struct unit *unit, int64_t deadline_us,
                                  struct outcome *outcome);

#endif
