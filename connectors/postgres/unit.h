/* SPDX-License-Identifier: Apache-2.0 */
/* A lane and the unit that is open on it. Private to the sink: postgres_sink.c makes lanes, unit.c runs units on them,
 * isolate.c finds the rows that a unit failed for. Everything here belongs to the lane's thread. */
#ifndef LEAT_POSTGRES_UNIT_H
#define LEAT_POSTGRES_UNIT_H

#include <stdatomic.h>

#include "connectors/postgres/binding.h"
#include "connectors/postgres/move.h"

struct postgres_sink {
    struct sink sink;
    struct sink_bind bind;
    const struct postgres_options *options;
    struct postgres_ledger *ledger;
    struct session *checker;
    struct arena *scratch;              /* of check */
    _Atomic(struct binding *) binding;  /* the newest; written by check only */
};

struct sink_lane {
    struct postgres_sink *sink;
    struct session *session;
    struct arena *scratch;         /* emptied at unit_open */
    const struct binding *binding; /* of the open unit */
    bool begun, copying, sealed;
};

/* --- unit.c: the calls of struct sink_ops --- */
enum verdict unit_open(struct sink_lane *lane, struct unit *unit, int64_t deadline_us,
                       struct outcome *outcome);
enum verdict unit_add(struct sink_lane *lane, struct unit *unit, struct payload *payload,
                      int64_t deadline_us, struct outcome *outcome);
enum verdict unit_seal(struct sink_lane *lane, struct unit *unit, int64_t deadline_us,
                       struct outcome *outcome);
enum verdict unit_commit(struct sink_lane *lane, struct unit *unit, int64_t deadline_us,
                         struct outcome *outcome);
enum verdict unit_resolve(struct sink_lane *lane, struct unit *unit, int64_t deadline_us,
                          struct outcome *outcome);
void unit_abandon(struct sink_lane *lane, struct unit *unit);

/* --- steps of a unit's transaction, used by isolate.c too --- */
enum reply rows_begin(struct sink_lane *lane, int64_t deadline_us);
enum reply rows_copy_start(struct sink_lane *lane, int64_t deadline_us);
/* Rows [first, end) without the rejected ones. */
enum reply rows_put(struct sink_lane *lane, const struct payload *payload, uint32_t first, uint32_t end,
                    int64_t deadline_us);
enum reply rows_copy_end(struct sink_lane *lane, int64_t deadline_us);
/* From the temporary table to the table, and the constraints that would wait for COMMIT. */
enum reply rows_apply(struct sink_lane *lane, int64_t deadline_us);

/* True for errors that belong to rows, so that the others can be stored. */
bool refusal_is_of_rows(const struct sink_lane *lane);

/* --- isolate.c: after a refusal that is of rows; REJECT with every bad row found until the deadline, or RETRY --- */
enum verdict rows_isolate(struct sink_lane *lane, const struct unit *unit, int64_t deadline_us,
                          struct outcome *outcome);

#endif
