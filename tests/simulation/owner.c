/* SPDX-License-Identifier: Apache-2.0 */
/* engine/flow/owner.h for processes that are groups of the scheduler, linked instead of owner.c: every second one lives
 * on the same host, where a death is certain; between hosts the lease alone decides. */
#include "engine/flow/owner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/simulation/process.h"

enum { HOSTS = 2 };

void owner_new(char ret_owner[OWNER_MAX]) {
    uint64_t nonce = draw();
    snprintf(ret_owner, OWNER_MAX, "sim-%u-1-%016llx", group_current()->number, (unsigned long long)nonce);
}

bool owner_is_dead_here(const char *owner) {
    uint32_t number = (uint32_t)strtoul(owner + strlen("sim-"), NULL, 10);
    bool same_host = number % HOSTS == group_current()->number % HOSTS;
    return same_host && process_is_gone(number);
}

const char *owner_nonce(const char *owner) {
    const char *dash = strrchr(owner, '-');
    return dash ? dash + 1 : owner;
}
