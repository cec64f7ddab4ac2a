/* SPDX-License-Identifier: Apache-2.0 */
/* Simulated places for the object log: keys and objects in memory behind connectors/object/store.h, linked instead of
 * store_local.c. Every call takes a while on both sides of its effect, may fail, may have happened although it says
 * that it failed, and a put may arrive long after its caller gave up. */
#ifndef LEAT_TESTS_SIMULATION_STORE_H
#define LEAT_TESTS_SIMULATION_STORE_H

#include <stdbool.h>
#include <stdint.h>

struct store_faults {
    uint32_t fail_ppm;    /* of calls */
    uint32_t unknown_ppm; /* of puts into the log, beside */
    int64_t latency_us;
};
extern struct store_faults store_faults;

struct store_counts {
    uint64_t calls, failures, unknown, late, records;
};
extern struct store_counts store_counts;

void stores_reset(uint32_t sinks_mask); /* which sinks are files */
/* No record is published twice, none that should not be. */
void stores_check(void);
/* Each is published. */
bool stores_are_complete(void);

#endif
