/* SPDX-License-Identifier: Apache-2.0 */
/* Which rows did the server refuse? All rows are tried again under a savepoint without those already known to be bad:
 * COPY's error names the line, so k bad rows cost k + 1 passes. Where no line is told (a foreign key, an insert from
 * the temporary table, a deferred constraint) or too many are bad, ranges are halved; what passed stays in the
 * transaction, so that rows which only clash with each other are seen. Records are tried whole, because they are
 * withdrawn whole. Everything is rolled back at the end: the engine adds the good rows again. A search ends after a
 * second with what it has found, from the first row on: more will be found when the rest is refused again, and where
 * most rows are bad the engine's limit of dead letters ends it soon. */
#include "connectors/postgres/unit.h"

#include <assert.h>
#include <stdio.h>

#include "connectors/postgres/transaction.h"
#include "engine/base/io.h"

enum { PASSES_MAX = 8, SEARCH_US = 1000000, MESSAGE_MAX = REFUSAL_MESSAGE_MAX + NAME_MAX_BYTES + 16 };

/* The rows of one record in one payload. */
struct group {
    const struct payload *payload;
    uint32_t first, count;
    bool bad;
};

struct isolation {
    struct sink_lane *lane;
    struct group *groups;
    uint32_t count;
    int64_t deadline_us;
    int64_t enough_us; /* when no more is looked for, if anything was found */
    struct outcome *outcome;
};

/* --- groups -------------------------------------------------------------------------------------------------- */

static uint32_t record_of(const struct payload *payload, uint32_t row) {
    return payload->row_records ? payload->row_records[row] : row;
}

static uint32_t group_end(const struct payload *payload, uint32_t first) {
    uint32_t record = record_of(payload, first), end = first + 1;
    while (record != ORIGIN_RANGE && end < payload->rows && record_of(payload, end) == record &&
           !payload_row_is_rejected(payload, end)) {
        end++;
    }
    return end;
}

static void groups_make(struct isolation *isolation, const struct unit *unit) {
    size_t rows = 1;
    for (uint32_t i = 0; i < unit->payloads_count; i++) {
        rows += unit->payloads[i]->rows;
    }
    isolation->groups = arena_alloc(isolation->lane->scratch, rows * sizeof *isolation->groups);
    for (uint32_t i = 0; i < unit->payloads_count; i++) {
        const struct payload *payload = unit->payloads[i];
        for (uint32_t row = 0; row < payload->rows;) {
            if (payload_row_is_rejected(payload, row)) {
                row++;
                continue;
            }
            uint32_t end = group_end(payload, row);
            isolation->groups[isolation->count++] =
                (struct group){.payload = payload, .first = row, .count = end - row};
            row = end;
        }
    }
}

/* --- trying -------------------------------------------------------------------------------------------------- */

/* Neighbours go out in one piece. */
static enum reply range_put(struct isolation *isolation, uint32_t first, uint32_t end) {
    const struct group *groups = isolation->groups;
    while (first < end) {
        if (groups[first].bad) {
            first++;
            continue;
        }
        uint32_t stop = first + 1, row_end = groups[first].first + groups[first].count;
        while (stop < end && !groups[stop].bad && groups[stop].payload == groups[first].payload &&
               groups[stop].first == row_end) {
            row_end += groups[stop++].count;
        }
        if (rows_put(isolation->lane, groups[first].payload, groups[first].first, row_end,
                     isolation->deadline_us) != REPLY_OK) {
            return REPLY_LOST;
        }
        first = stop;
    }
    return REPLY_OK;
}

static enum reply range_write(struct isolation *isolation, uint32_t first, uint32_t end) {
    struct sink_lane *lane = isolation->lane;
    enum reply reply = rows_copy_start(lane, isolation->deadline_us);
    if (reply == REPLY_OK) {
        reply = range_put(isolation, first, end);
    }
    if (reply == REPLY_OK) {
        reply = rows_copy_end(lane, isolation->deadline_us);
    }
    return reply == REPLY_OK ? rows_apply(lane, isolation->deadline_us) : reply;
}

static enum reply savepoint(struct isolation *isolation, const char *sql) {
    return session_run(isolation->lane->session, STEP_SAVEPOINT, sql, isolation->deadline_us);
}

/* Kept when it passes, undone when it does not. REPLY_LOST: no use to go on. *ret_refusal is set on REFUSED. */
static enum reply range_try(struct isolation *isolation, uint32_t first, uint32_t end,
                            struct refusal *ret_refusal) {
    struct sink_lane *lane = isolation->lane;
    if (savepoint(isolation, "savepoint leat") != REPLY_OK) {
        return REPLY_LOST;
    }
    enum reply reply = range_write(isolation, first, end);
    if (reply == REPLY_REFUSED) {
        *ret_refusal = *session_refusal(lane->session);
        bool of_rows = refusal_is_of_rows(lane);
        bool undone = savepoint(isolation, "rollback to savepoint leat; release savepoint leat") == REPLY_OK;
        return of_rows && undone ? REPLY_REFUSED : REPLY_LOST;
    }
    if (reply == REPLY_OK && lane->binding->stage) {
        char sql[NAME_MAX_BYTES + 32];
        snprintf(sql, sizeof sql, "delete from %s", lane->binding->copy_relation);
        reply = savepoint(isolation, sql);
    }
    return reply == REPLY_OK ? savepoint(isolation, "release savepoint leat") : reply;
}

/* --- marking ------------------------------------------------------------------------------------------------- */

static void bad_mark(struct isolation *isolation, struct group *group, uint32_t row,
                     const struct refusal *refusal) {
    char message[MESSAGE_MAX];
    const char *column = refusal->column;
    int len = *column ? snprintf(message, sizeof message, "column \"%s\": %s", column, refusal->message)
                      : snprintf(message, sizeof message, "%s", refusal->message);
    group->bad = true;
    outcome_row(isolation->outcome, group->payload, row, refusal->sqlstate,
                slice_make(message, (size_t)len));
}

/* Line n of a COPY of all good groups. */
static bool line_mark(struct isolation *isolation, const struct refusal *refusal) {
    uint64_t line = refusal->copy_line;
    for (uint32_t i = 0; line && i < isolation->count; i++) {
        struct group *group = &isolation->groups[i];
        if (group->bad) {
            continue;
        }
        if (line <= group->count) {
            bad_mark(isolation, group, group->first + (uint32_t)line - 1, refusal);
            return true;
        }
        line -= group->count;
    }
    return false;
}

static bool is_over(const struct isolation *isolation) {
    int64_t now_us = io_now_us();
    return now_us >= isolation->deadline_us ||
           (isolation->outcome->rows_count && now_us >= isolation->enough_us);
}

/* True when it came to its end. */
static bool halve(struct isolation *isolation, uint32_t first, uint32_t end) {
    struct refusal refusal;
    if (is_over(isolation)) {
        return false;
    }
    enum reply reply = range_try(isolation, first, end, &refusal);
    if (reply != REPLY_REFUSED) {
        return reply == REPLY_OK;
    }
    if (end - first == 1) {
        struct group *group = &isolation->groups[first];
        bad_mark(isolation, group, group->first, &refusal);
        return true;
    }
    uint32_t middle = first + (end - first) / 2;
    return halve(isolation, first, middle) && halve(isolation, middle, end);
}

static void search(struct isolation *isolation) {
    for (int pass = 0; pass < PASSES_MAX && !is_over(isolation); pass++) {
        struct refusal refusal;
        enum reply reply = range_try(isolation, 0, isolation->count, &refusal);
        if (reply != REPLY_REFUSED) {
            return;
        }
        if (!line_mark(isolation, &refusal)) {
            break;
        }
    }
    bool whole = halve(isolation, 0, isolation->count);
    (void)whole; /* what was found is proven, whether or not there is more */
}

enum verdict rows_isolate(struct sink_lane *lane, const struct unit *unit, int64_t deadline_us,
                          struct outcome *outcome) {
    struct isolation isolation = {.lane = lane,
                                  .deadline_us = deadline_us,
                                  .enough_us = io_now_us() + SEARCH_US,
                                  .outcome = outcome};
    struct refusal first = *session_refusal(lane->session);
    transaction_rollback(lane->session, deadline_us);
    groups_make(&isolation, unit);
    if (isolation.count && rows_begin(lane, deadline_us) == REPLY_OK) {
        search(&isolation);
    }
    if (outcome->rows_count) {
        return outcome->verdict = VERDICT_REJECT;
    }
    return outcome_retry(outcome, REDO_SEND, first.sqlstate, "%s (no single row was refused)",
                         first.message);
}
