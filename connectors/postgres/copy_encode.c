/* SPDX-License-Identifier: Apache-2.0 */
/* The walk over the rows of a batch: the hot path of the sink. All rows of a payload lie in one buffer, the last
 * allocation of the payload's arena while it grows, and go to the server from there. A failed row takes back the rows
 * of its record, which are adjacent. Worker thread of the batch. */
#include "connectors/postgres/copy_encode.h"

#include <assert.h>

#include "connectors/postgres/wire.h"

enum { FIELD_GUESS_BYTES = 12, ROW_GUESS_BYTES = 16 };

struct walk {
    const struct copy_plan *plan;
    struct batch *batch;
    struct copy_writer writer;
    uint32_t *ends, *records;
    uint32_t rows;
    uint32_t record, record_rows; /* the record being written, and where it began */
    size_t record_bytes;
    bool skipping;                /* it was taken back: its other rows are not written */
};

static struct slice fail_message(struct walk *walk, const struct column_plan *column) {
    struct copy_writer *writer = &walk->writer;
    char *text = arena_printf(walk->batch->arena, "column \"%s\": %.*s", column->name,
                              (int)writer->message.len, writer->message.data);
    return slice_of(text);
}

static bool null_write(struct walk *walk, const struct column_plan *column) {
    if (column->refuse_null) {
        walk->writer.code = "23502";
        walk->writer.message = SLICE_LITERAL("null value violates not-null constraint");
        return false;
    }
    wire_null(&walk->writer.out);
    return true;
}

/* NULL = written, else the column that failed. */
static const struct column_plan *row_write(struct walk *walk, uint32_t row) {
    const struct copy_plan *plan = walk->plan;
    wire_row(&walk->writer.out, (uint16_t)plan->count);
    for (uint32_t i = 0; i < plan->count; i++) {
        const struct column_plan *column = &plan->columns[i];
        const struct column *values = &walk->batch->columns[column->field];
        const char *value = (const char *)values->values + (size_t)column_index(values, row) * column->width;
        bool written = column_is_null(values, row) ? null_write(walk, column)
                                                   : column->write(column, &walk->writer, value);
        if (!written) {
            return column;
        }
    }
    return NULL;
}

static enum status row_fail(struct walk *walk, const struct column_plan *column, uint32_t row,
                            struct error *error) {
    struct slice message = fail_message(walk, column);
    if (walk->record == ORIGIN_RANGE) {
        return error_set(error, ERROR_DATA, walk->writer.code, "an aggregate row cannot be stored: %.*s",
                         (int)message.len, message.data);
    }
    batch_withdraw_row(walk->batch, row, walk->writer.code, "encode", message);
    walk->writer.out.len = walk->record_bytes;
    walk->rows = walk->record_rows;
    walk->skipping = true;
    return STATUS_OK;
}

static void record_begin(struct walk *walk, uint32_t record) {
    walk->record = record;
    walk->record_rows = walk->rows;
    walk->record_bytes = walk->writer.out.len;
    walk->skipping = false;
}

static enum status rows_walk(struct walk *walk, struct error *error) {
    const struct batch *batch = walk->batch;
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint32_t row = batch_row(batch, i), record = batch_record(batch, row);
        if (i == 0 || record != walk->record || record == ORIGIN_RANGE) {
            record_begin(walk, record);
        } else if (walk->skipping) {
            continue;
        }
        const struct column_plan *failed = row_write(walk, row);
        if (failed) {
            if (row_fail(walk, failed, row, error) != STATUS_OK) {
                return STATUS_FAILED;
            }
            continue;
        }
        assert(walk->writer.out.len <= UINT32_MAX);
        walk->ends[walk->rows] = (uint32_t)walk->writer.out.len;
        walk->records[walk->rows++] = record;
    }
    return STATUS_OK;
}

enum status copy_encode(const struct copy_plan *plan, struct batch *batch, struct payload *payload,
                        struct error *error) {
    struct arena *arena = payload->arena;
    size_t selected = batch->selected ? batch->selected : 1;
    struct copy_rows *body = arena_zalloc(arena, sizeof *body);
    struct walk walk = {.plan = plan, .batch = batch};
    walk.ends = arena_alloc(arena, selected * sizeof *walk.ends);
    walk.records = arena_alloc(arena, selected * sizeof *walk.records);
    walk.writer.scratch = batch->arena;
    size_t guess = selected * (ROW_GUESS_BYTES + (size_t)plan->count * FIELD_GUESS_BYTES);
    buffer_init(&walk.writer.out, arena, guess);
    if (rows_walk(&walk, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    struct buffer *out = &walk.writer.out;
    arena_trim(arena, out->data, out->capacity, out->len);
    *body = (struct copy_rows){.data = out->data, .ends = walk.ends};
    payload->body = body;
    payload->bytes = out->len;
    payload->rows = walk.rows;
    payload->row_records = walk.records;
    return STATUS_OK;
}
