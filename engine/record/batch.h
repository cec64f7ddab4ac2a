/* SPDX-License-Identifier: Apache-2.0 */
/* The records of a segment: raw bytes plus typed columns, living in one arena. A batch has one writer.
 * Stages narrow the selection and make new columns; nothing is copied for a filter. A record whose
 * conversion or expression fails is withdrawn: its rows leave the selection and it becomes a dead letter,
 * the others go on. */
#ifndef LEAT_RECORD_BATCH_H
#define LEAT_RECORD_BATCH_H

#include "engine/record/column.h"

/* A record as it lies in the raw bytes. */
struct record {
    const char *data;
    uint32_t len;
    uint32_t offset; /* from the start of the raw bytes: the source's position_at turns it into a position */
};

/* What only message sources have, one for each record. */
struct record_extra {
    struct slice key, headers; /* data NULL = none */
    int64_t time_us;           /* Unix epoch */
};

/* The raw bytes of a segment, frozen at the cut. Either blocks to be framed by the decoder (records NULL) or
 * records that the source delimited. */
struct raw {
    const char *data;
    size_t len;
    const struct record *records;
    uint32_t records_count;
    const struct record_extra *extras; /* NULL for files */
};

/* Why a record was withdrawn. code is a static string: an SQLSTATE or a stable name. */
struct withdrawal {
    uint32_t record;
    const char *code;
    const char *stage;    /* static: "decode", "sql", "encode", or the sink's word */
    struct slice message; /* in the batch's arena */
};

enum { ORIGIN_RANGE = UINT32_MAX }; /* the row is an aggregate over the segment's whole range */

struct batch {
    struct arena *arena;
    const struct schema *schema;
    struct column *columns; /* schema->count; a column that nobody needs has values NULL */
    uint32_t rows;
    const uint32_t *selection; /* ascending row numbers; NULL = all rows */
    uint32_t selected;
    const uint32_t *origins; /* record of each row; NULL = row i is of record i; ORIGIN_RANGE = aggregate */
    const struct record *records; /* borrowed from decode, for _raw, dead letters, positions */
    const struct record_extra *extras;
    uint32_t records_count;
    int64_t read_at_us; /* Unix epoch: what now() answers */
    struct withdrawal *withdrawals; /* grows in the arena, in any order */
    uint32_t withdrawals_count, withdrawals_capacity;
    uint64_t *withdrawn; /* bit by record; NULL = none yet */
};

/* Withdraws the record: it will be one dead letter. A second call for the same record keeps the first
 * reason. Does not touch the selection: batch_selection_clean does, once, after a stage. */
void batch_withdraw(struct batch *batch, uint32_t record, const char *code, const char *stage,
                    struct slice message);
/* The same for a row, by its origin. Asserts that the origin is not ORIGIN_RANGE. */
void batch_withdraw_row(struct batch *batch, uint32_t row, const char *code, const char *stage,
                        struct slice message);
bool batch_is_withdrawn(const struct batch *batch, uint32_t record);
/* Drops the rows of withdrawn records from the selection. */
void batch_selection_clean(struct batch *batch);

static inline uint32_t batch_record(const struct batch *batch, uint32_t row) {
    return batch->origins ? batch->origins[row] : row;
}

static inline uint32_t batch_row(const struct batch *batch, uint32_t i) {
    return batch->selection ? batch->selection[i] : i;
}

#endif
