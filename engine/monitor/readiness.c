/* SPDX-License-Identifier: Apache-2.0 */
/* A pipeline is ready while its source and sinks answer and no part of it is stopped by name, or when it is done.
 * Reasons are for people: they pass the redaction of secrets, as log lines do. */
#include <stdio.h>
#include <stdlib.h>

#include "engine/config/secret.h"
#include "engine/monitor/json_string.h"
#include "engine/monitor/watched.h"

/* Returns how many reasons there are now. */
static uint32_t reason(struct buffer *out, uint32_t count, const char *kind, const char *name, const char *text) {
    char shown[1024];
    snprintf(shown, sizeof shown, "%s", text);
    secret_redact(shown);
    buffer_printf(out, "%s{", count ? "," : "");
    if (kind) {
        json_string_append(out, kind);
        buffer_append_byte(out, ':');
        json_string_append(out, name);
        buffer_append_byte(out, ',');
    }
    buffer_printf(out, "\"reason\":");
    json_string_append(out, shown);
    buffer_append_byte(out, '}');
    return count + 1;
}

static uint32_t parts_reasons(struct watched *watched, struct buffer *out, uint32_t count) {
    struct stopped_part *stopped = calloc(STOPPED_SHOWN_MAX, sizeof *stopped);
    if (!stopped) {
        abort();
    }
    uint32_t shown = job_stopped(watched->job, stopped);
    for (uint32_t i = 0; i < shown; i++) {
        count = reason(out, count, "part", stopped[i].part, stopped[i].reason);
    }
    free(stopped);
    return count;
}

static uint32_t job_reasons(struct watched *watched, struct buffer *out) {
    uint32_t count = 0;
    struct sink_sample sinks[SINKS_MAX];
    uint32_t sinks_count = watched_sinks(watched, sinks);
    const struct job_status *status = &watched->status;
    if (!status->connected || *status->problem) {
        count = reason(out, count, NULL, NULL, *status->problem ? status->problem : "connecting");
    }
    if (status->stopping) {
        count = reason(out, count, NULL, NULL, "stopping");
    }
    for (uint32_t i = 0; status->connected && i < sinks_count; i++) {
        if (!sinks[i].connected) {
            count = reason(out, count, "sink", sinks[i].name, "the last attempt failed, it is tried again");
        }
    }
    return parts_reasons(watched, out, count);
}

static const char *state_name(const struct watched *watched) {
    static const char *const names[] = {[JOB_RUNNING] = "running", [JOB_DONE] = "done", [JOB_FAILED] = "failed",
                                        [JOB_UNREACHABLE] = "unreachable"};
    return names[watched->result];
}

bool readiness_print(struct monitor *monitor, struct buffer *out) {
    struct buffer list;
    buffer_init(&list, out->arena, 1024);
    bool all = true;
    for (struct watched *watched = monitor->first; watched; watched = watched->next) {
        struct buffer reasons;
        buffer_init(&reasons, out->arena, 1024);
        uint32_t count = 0;
        if (watched->job) {
            count = job_reasons(watched, &reasons);
        } else if (watched->result != JOB_DONE) {
            count = reason(&reasons, 0, NULL, NULL, watched->result == JOB_RUNNING ? "reloading" : "it has ended");
        }
        buffer_printf(&list, "%s{\"pipeline\":", watched == monitor->first ? "" : ",");
        json_string_append(&list, watched->name);
        buffer_printf(&list, ",\"ready\":%s,\"state\":\"%s\",\"reasons\":[", count ? "false" : "true",
                      state_name(watched));
        buffer_append_slice(&list, buffer_slice(&reasons));
        buffer_printf(&list, "]}");
        all &= count == 0;
    }
    buffer_printf(out, "{\"ready\":%s,\"pipelines\":[", all ? "true" : "false");
    buffer_append_slice(out, buffer_slice(&list));
    buffer_printf(out, "]}\n");
    return all;
}
