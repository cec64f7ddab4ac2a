/* SPDX-License-Identifier: Apache-2.0 */
/* Temporary files of processes that are gone. The order is the safety: first the files are listed, then the log is read
 * to its head; a file listed before belongs to an open unit whose parts were claimed before. If its owner holds no
 * part at the head, those claims are over and the unit can never commit, so its file may go, unless a record names
 * it. Age alone is no reason. */
#include <string.h>

#include "connectors/object/log.h"

static bool is_gone(const struct log *log, const struct store_entries *processes, const char *owner) {
    return owner_is_dead_here(owner) || log_owner_age(processes, owner) > log->lease_us;
}

static bool is_named(const struct log *log, const char *token) {
    for (uint32_t i = 0; i < log->state.pending_count; i++) {
        const struct log_pending *pending = &log->state.pending[i];
        for (uint32_t j = 0; j < pending->objects_count; j++) {
            if (strcmp(pending->objects[j].token, token) == 0) {
                return true;
            }
        }
    }
    return false;
}

static enum status processes_clean(struct log *log, const struct store_entries *processes, struct error *error) {
    for (uint32_t i = 0; i < processes->count; i++) {
        const struct store_entry *entry = &processes->items[i];
        bool late = entry->age_us / 10 > log->lease_us;
        if (strcmp(entry->name, log->owner) != 0 && late && !log_state_holds(&log->state, entry->name) &&
            log->store->ops->remove(log->store, STORE_PROCESS, entry->name, error) != STATUS_OK) {
            return STATUS_FAILED;
        }
    }
    return STATUS_OK;
}

enum status log_clean(struct log *log, struct error *error) {
    struct store_leftovers leftovers;
    struct store_entries processes;
    if (log->store->ops->leftovers(log->store, log->scratch, &leftovers, error) != STATUS_OK ||
        log->store->ops->list(log->store, STORE_PROCESS, log->scratch, &processes, error) != STATUS_OK ||
        log_refresh(log, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    for (uint32_t i = 0; i < leftovers.count; i++) {
        const struct store_leftover *leftover = &leftovers.items[i];
        if (strcmp(leftover->owner, log->owner) == 0 || !is_gone(log, &processes, leftover->owner) ||
            log_state_holds(&log->state, leftover->owner) || is_named(log, leftover->token)) {
            continue;
        }
        if (log->store->ops->leftover_remove(log->store, leftover, error) != STATUS_OK) {
            return STATUS_FAILED;
        }
    }
    return processes_clean(log, &processes, error);
}
