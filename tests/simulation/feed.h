/* SPDX-License-Identifier: Apache-2.0 */
/* The source of the simulation, and what is true of its records: part p holds n = 0, 1, ... as lines of one length, of
 * which some are no JSON (dead letters) and some are filtered by the transform. Its reads are seeded: blocks of few
 * records, pauses, transient errors. */
#ifndef LEAT_TESTS_SIMULATION_FEED_H
#define LEAT_TESTS_SIMULATION_FEED_H

#include "engine/flow/connector.h"

enum { PARTS_MAX = 8, RECORDS_MAX = 400, RECORD_BYTES = 23, KEY_BYTES = 8 };

enum record_kind { RECORD_GOOD, RECORD_FILTERED, RECORD_BAD };

struct feed {
    uint32_t parts, records; /* of each part */
    uint32_t block_records, readers;
    uint32_t error_ppm, pause_ppm;
};
extern struct feed feed;
extern const struct source_ops feed_source;

enum record_kind record_kind(uint32_t part, uint32_t n);
/* "p3n00017" */
bool record_key_parse(const char *key, uint32_t *ret_part, uint32_t *ret_n);
/* Records before a printed position; UINT32_MAX = it is none. */
uint32_t records_before(const char *position);

#endif
