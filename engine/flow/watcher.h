/* SPDX-License-Identifier: Apache-2.0 */
/* A worker that is in one segment for longer than `stall_timeout` will not come back: the process
 * aborts, which is safe because sinks own the positions, and a supervisor starts it again. The
 * watcher counts its own ticks instead of looking at a clock, so that a freeze of the whole process
 * (SIGSTOP, suspend) is no stall. */
#ifndef LEAT_FLOW_WATCHER_H
#define LEAT_FLOW_WATCHER_H

#include "engine/flow/workers.h"

struct watcher;

/* stall_timeout_us 0 = never. */
struct watcher *watcher_start(struct workers *workers, int64_t stall_timeout_us);
void watcher_stop(struct watcher *watcher); /* takes NULL; before the workers are freed */

#endif
