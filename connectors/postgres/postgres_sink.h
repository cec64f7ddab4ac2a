/* SPDX-License-Identifier: Apache-2.0 */
/* The sink half of the connector, for the descriptor in postgres.c and for tests that play the engine. Threads and
 * blocking are those of struct sink_ops. */
#ifndef LEAT_POSTGRES_SINK_H
#define LEAT_POSTGRES_SINK_H

#include "engine/flow/sink.h"

extern const struct sink_ops postgres_sink_ops;

#endif
