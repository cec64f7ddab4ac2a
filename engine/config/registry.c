/* SPDX-License-Identifier: Apache-2.0 */
/* Looking up connectors by kind; a handful, so a walk will do. */
#include "engine/config/registry.h"

const struct connector_options *registry_find(const struct connector_options *registry,
                                              struct slice kind) {
    for (; registry && registry->kind; registry++) {
        if (slice_is(kind, registry->kind)) {
            return registry;
        }
    }
    return NULL;
}
