/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEAT_POSTGRES_SINK_H
#define LEAT_POSTGRES_SINK_H

#include "engine/flow/sink.h"

extern const struct sink_ops postgres_sink_ops;

#endif
