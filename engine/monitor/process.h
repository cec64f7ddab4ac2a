/* SPDX-License-Identifier: Apache-2.0 */
/* The process as the kernel counts it, under the names that every Prometheus client uses, so that dashboards made for
 * others work. Main thread. */
#ifndef LEAT_MONITOR_PROCESS_H
#define LEAT_MONITOR_PROCESS_H

#include "engine/base/buffer.h"

/* Prints what /proc tells; without it, nothing. */
void process_print(struct buffer *out);

#endif
