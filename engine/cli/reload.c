/* SPDX-License-Identifier: Apache-2.0 */
/* SIGHUP. The files are read and bound while the old jobs go on; only what is valid and compatible stops its
 * predecessor, which commits what it has read and lets its parts go. The next job claims them: should the old one not
 * have finished in time, it is fenced by the claim. A file that changes again meanwhile replaces what waits. */
#include "engine/base/io.h"
#include "engine/cli/run.h"

static void refused(const struct running *running, const char *code, const char *why) {
    watched_reloaded(running->watched, false);
    log_write(LOG_ERROR, "reload-refused", why, "pipeline", running->now->pipeline->name, "file", running->path, "code",
              code, NULL);
}

/* Where nothing keeps the position, or the source cannot be read again, a new job would not go on but begin anew. */
static const char *begins_anew(const struct graph *graph) {
    if (!graph->source_caps.replayable) {
        return "the source cannot be read again; restart the process instead";
    }
    for (uint32_t i = 0; i < graph->sinks_count; i++) {
        if (graph->sinks[i].caps.positionless && !graph->pipeline->ledger.connector) {
            return "a sink keeps no position, so the source would be read from its beginning again; add `ledger:` or "
                   "restart the process instead";
        }
    }
    return NULL;
}

static void running_reload(struct run *run, struct running *running) {
    const struct pipeline *old = running->now->pipeline;
    struct generation *next = generation_load(running->path);
    struct error error;
    if (!next) {
        refused(running, "reload-invalid", "the file is not valid, the pipeline goes on as it was");
        return;
    }
    const char *why = begins_anew(running->now->graph);
    if (why) {
        refused(running, "reload-not-replayable", why);
    } else if (pipeline_identity_compare(old, next->pipeline, &error) != STATUS_OK) {
        refused(running, error.code, error.message);
        why = error.message;
    }
    if (why) {
        generation_retire(run, next);
        return;
    }
    bool waits = running->next != NULL;
    generation_retire(run, running->next);
    running->next = next;
    running->connect_timeout_us = INT64_MAX / 4; /* it ran before: an outage is waited for */
    watched_reloaded(running->watched, true);
    if (!waits) {
        log_write(LOG_INFO, "reloading", "committing what was read, then going on as the file says now", "pipeline",
                  old->name, NULL);
        job_stop(running->now->job, io_now_us() + old->shutdown_timeout_us);
    }
}

void run_reload(struct run *run) {
    for (uint32_t i = 0; i < run->count; i++) {
        if (!run->items[i].over && run->items[i].now) {
            running_reload(run, &run->items[i]);
        }
    }
}
