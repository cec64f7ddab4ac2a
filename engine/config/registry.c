/* SPDX-License-Identifier: Apache-2.0 */
/* Looking up connectors by kind, and whether what they say of themselves fits the engine's file. A
 * connector's options stand beside the engine's own keys, so a name may mean only one thing: the
 * check refuses what would be read as both. The table is small and is searched from its start. */
#include "engine/config/parser.h"

const struct connector_options *registry_find(const struct connector_options *registry,
                                              struct slice kind) {
    for (; registry && registry->kind; registry++) {
        if (slice_is(kind, registry->kind)) {
            return registry;
        }
    }
    return NULL;
}

static bool table_has(const struct option_table *table, const char *name) {
    for (const struct option *row = table->rows; row->name; row++) {
        if (strcmp(row->name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* A kind stands among these keys, so it cannot be one of them. */
static bool kind_is_taken(const char *kind) {
    return table_has(&source_table, kind) || table_has(&position_table, kind) ||
           table_has(&sink_table, kind) || strcmp(kind, "transforms") == 0;
}

static enum status connector_check(const struct connector_options *connector,
                                   struct error *error) {
    const struct option_table *tables[] = {connector->source, connector->sink, connector->ledger};
    if (kind_is_taken(connector->kind)) {
        return error_set(error, ERROR_BUG, "option-row", "the kind is an option of the engine");
    }
    if (!connector->sentence) {
        return error_set(error, ERROR_BUG, "option-row", "the sentence is missing");
    }
    for (const struct option *row = position_table.rows; connector->source && row->name; row++) {
        if (table_has(connector->source, row->name)) {
            return error_set(error, ERROR_BUG, "option-row",
                             "%s: the engine has this option of a source", row->name);
        }
    }
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        if (tables[i] && options_check(tables[i], error) != STATUS_OK) {
            return STATUS_FAILED;
        }
    }
    return STATUS_OK;
}

enum status registry_check(const struct connector_options *registry, struct error *error) {
    for (const struct connector_options *at = registry; at->kind; at++) {
        enum status status = connector_check(at, error);
        if (status == STATUS_OK && registry_find(registry, slice_of(at->kind)) != at) {
            status = error_set(error, ERROR_BUG, "option-row", "the kind stands here twice");
        }
        if (status != STATUS_OK) {
            error_context(error, "%s", at->kind);
            return status;
        }
    }
    return STATUS_OK;
}
