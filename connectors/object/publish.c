/* SPDX-License-Identifier: Apache-2.0 */
/* Making committed objects visible. The commit record is the promise; anybody who reads it may keep it, and a record
 * is called published only after its names are durable. */
#include "connectors/object/log.h"

#include "engine/base/io.h"

static bool names_a_row(const struct log_pending *pending, const uint32_t *rows, uint32_t rows_count) {
    for (uint32_t i = 0; i < pending->rows_count; i++) {
        for (uint32_t j = 0; j < rows_count; j++) {
            if (pending->rows[i] == rows[j]) {
                return true;
            }
        }
    }
    return false;
}

static enum status pending_publish(struct log *log, struct log_pending *pending, struct error *error) {
    struct store_publication *items = arena_alloc(log->scratch, pending->objects_count * sizeof *items);
    for (uint32_t i = 0; i < pending->objects_count; i++) {
        items[i] = (struct store_publication){.token = pending->objects[i].token, .name = pending->objects[i].name};
    }
    enum status status = log->store->ops->publish(log->store, items, pending->objects_count, error);
    pending->published = status == STATUS_OK;
    return status;
}

enum status log_publish(struct log *log, const uint32_t *rows, uint32_t rows_count, int64_t age_us,
                        struct error *error) {
    int64_t now = io_now_us();
    bool settled = false;
    for (uint32_t i = 0; i < log->state.pending_count; i++) {
        struct log_pending *pending = &log->state.pending[i];
        bool due = now - pending->seen_us >= age_us || names_a_row(pending, rows, rows_count);
        if (pending->published || !due) {
            continue;
        }
        /* A foreign record may not be durable yet: its objects must not outlive it. */
        if (!settled && log->store->ops->settle(log->store, error) != STATUS_OK) {
            return STATUS_FAILED;
        }
        settled = true;
        if (pending_publish(log, pending, error) != STATUS_OK) {
            return STATUS_FAILED;
        }
    }
    return STATUS_OK;
}

/* A record of marks alone, at the end of a run. */
static json_t *marks_build(void *context, struct log *log) {
    return log->state.pending_count ? log_record_new("barrier", context, log->owner) : NULL;
}

enum status log_publish_all(struct log *log, int64_t deadline_us, struct error *error) {
    if (log_refresh(log, error) != STATUS_OK || log_publish(log, NULL, 0, 0, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    char id[LOG_ID_MAX];
    log_id_new(log, id);
    struct log_append append = {.id = id, .build = marks_build, .context = id, .deadline_us = deadline_us};
    return log_append_settled(log, &append, error);
}
