/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the monitor: the pipelines and what is kept of their earlier jobs. Main thread; a watched pipeline lives as
 * long as its monitor. */
#ifndef LEAT_MONITOR_WATCHED_H
#define LEAT_MONITOR_WATCHED_H

#include "engine/monitor/monitor.h"

enum { WATCHED_SINKS_MAX = SINKS_MAX * 2 }; /* those of earlier jobs count, too */

struct watched {
    struct watched *next;
    char name[NAME_ROOM];
    const struct graph *graph; /* NULL = no job */
    struct job *job;
    enum job_result result;    /* of the last one */
    struct sink_sample sinks[WATCHED_SINKS_MAX]; /* figures of earlier jobs; `in` as it was shown last */
    uint32_t sinks_count;
    uint64_t figures[PIPELINE_FIGURES];          /* of earlier jobs */
    uint64_t reloads_taken, reloads_refused;
    struct job_status status;  /* as of the last look */
};

struct monitor {
    struct watched *first;
};

#endif
