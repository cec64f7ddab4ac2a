/* SPDX-License-Identifier: Apache-2.0 */
/* "Did you mean": of the names that are offered, the one with the smallest edit distance, if it is
 * near enough that a typing error explains it (a third of the length, plus one). The candidate is
 * borrowed; names beyond 48 bytes are never near. On the caller's stack, any thread. */
#ifndef LEAT_CONFIG_NEAREST_H
#define LEAT_CONFIG_NEAREST_H

#include "engine/base/slice.h"

struct nearest {
    struct slice wanted;
    const char *found; /* NULL: nothing is near enough */
    unsigned distance; /* of found */
};

struct nearest nearest_of(struct slice wanted);
/* Keeps the candidate when it is nearer than what was offered before. */
void nearest_offer(struct nearest *nearest, const char *candidate);

#endif
