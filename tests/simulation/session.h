/* SPDX-License-Identifier: Apache-2.0 */
/* The client's side of the simulated server: connectors/postgres/session.h, linked instead of postgres_client.c. What
 * may go wrong at each call is drawn here. */
#ifndef LEAT_TESTS_SIMULATION_SESSION_H
#define LEAT_TESTS_SIMULATION_SESSION_H

#include <stdint.h>

struct session_faults {
    uint32_t cut_ppm;     /* of calls whose connection breaks */
    uint32_t commit_ppm;  /* of COMMITs beside */
    uint32_t refuse_ppm;  /* of calls that the server refuses for a passing reason */
    int64_t latency_us;   /* one way, at most */
};
extern struct session_faults session_faults;

struct session_counts {
    uint64_t calls, cuts, unknown_commits, refusals;
};
extern struct session_counts session_counts;

#endif
