/* SPDX-License-Identifier: Apache-2.0 */
/* From typed columns to rows of COPY's binary format. What each column becomes is decided once, when a table is bound
 * (column_plan_make); a row is then a walk over the plan. Workers call it at the same time, each with its own batch
 * and payload; plans are immutable. */
#ifndef LEAT_POSTGRES_COPY_ENCODE_H
#define LEAT_POSTGRES_COPY_ENCODE_H

#include "engine/base/buffer.h"
#include "engine/flow/segment.h"
#include "engine/record/value.h"

enum nul_policy { NUL_REJECT, NUL_STRIP, NUL_ESCAPE };

/* Where values go, and how the last one failed. */
struct copy_writer {
    struct buffer out;
    struct arena *scratch;
    const char *code; /* of the failed value */
    struct slice message;
};

struct column_plan;
/* Appends length and bytes of one value that is not null. False: code and message are set. */
typedef bool column_write(const struct column_plan *plan, struct copy_writer *writer, const void *value);

struct column_plan {
    const char *name;    /* of the target column */
    uint32_t field;      /* in the schema of the rows */
    struct type from, to;
    column_write *write;
    uint32_t width;      /* of a value in its column */
    bool refuse_null;    /* not null, and no trigger could fill it */
    enum nul_policy nul;
    uint32_t element_oid; /* arrays */
    const struct column_plan *element;
    const struct timezone *zone;
};

/* Fills write and what it needs; false = no way from `from` to `to`. name, field, refuse_null are the caller's. */
bool column_plan_make(struct column_plan *plan, struct arena *arena);

/* The payload's body: whole rows, one after the other, without head and tail of the file. */
struct copy_rows {
    const char *data;
    const uint32_t *ends; /* of each row in data; the first begins at 0 */
};

/* Encodes the selected rows into the payload (body, bytes, rows, row_records). A row that cannot be stored withdraws
 * its record. Fails only when an aggregate row cannot be stored: it belongs to no record. */
struct copy_plan {
    const struct column_plan *columns;
    uint32_t count;
};
enum status copy_encode(const struct copy_plan *plan, struct batch *batch, struct payload *payload,
                        struct error *error);

/* numeric_send's bytes from canonical text, with their length in front. precision_max and scale: of the column, -1 =
 * any. False = it does not fit (22003). copy_encode_numeric.c */
bool numeric_encode(struct slice text, int32_t modifier, struct buffer *out);

#endif
