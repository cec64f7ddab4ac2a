/* SPDX-License-Identifier: Apache-2.0 */
/* Withdrawing records from a batch: a bit for each record plus one reason. The list grows in the
 * arena in any order; the selection is cleaned once after a stage, not at each withdrawal. One
 * thread: the batch's holder. */
#include "engine/record/batch.h"

#include <assert.h>

static void withdrawals_grow(struct batch *batch) {
    uint32_t capacity = batch->withdrawals_capacity ? batch->withdrawals_capacity * 2 : 16;
    batch->withdrawals = arena_grow(batch->arena, batch->withdrawals,
                                    batch->withdrawals_capacity * sizeof(struct withdrawal),
                                    capacity * sizeof(struct withdrawal));
    batch->withdrawals_capacity = capacity;
}

void batch_withdraw(struct batch *batch, uint32_t record, const char *code, const char *stage,
                    struct slice message) {
    assert(record < batch->records_count);
    assert(code && stage);
    if (batch_is_withdrawn(batch, record)) {
        return;
    }
    if (!batch->withdrawn) {
        size_t words = ((size_t)batch->records_count + 63) / 64;
        batch->withdrawn = arena_zalloc(batch->arena, words * sizeof(uint64_t));
    }
    if (batch->withdrawals_count == batch->withdrawals_capacity) {
        withdrawals_grow(batch);
    }
    batch->withdrawn[record >> 6] |= UINT64_C(1) << (record & 63);
    batch->withdrawals[batch->withdrawals_count++] =
        (struct withdrawal){.record = record, .code = code, .stage = stage, .message = message};
}

void batch_withdraw_row(struct batch *batch, uint32_t row, const char *code, const char *stage,
                        struct slice message) {
    uint32_t record = batch_record(batch, row);
    assert(record != ORIGIN_RANGE);
    batch_withdraw(batch, record, code, stage, message);
}

bool batch_is_withdrawn(const struct batch *batch, uint32_t record) {
    return batch->withdrawn && (batch->withdrawn[record >> 6] >> (record & 63) & 1);
}

static bool row_stays(const struct batch *batch, uint32_t row) {
    uint32_t record = batch_record(batch, row);
    return record == ORIGIN_RANGE || !batch_is_withdrawn(batch, record);
}

void batch_selection_clean(struct batch *batch) {
    if (!batch->withdrawn) {
        return;
    }
    uint32_t first = 0;
    while (first < batch->selected && row_stays(batch, batch_row(batch, first))) {
        first++;
    }
    if (first == batch->selected) {
        return;
    }
    uint32_t *kept = arena_alloc(batch->arena, (size_t)batch->selected * sizeof *kept);
    uint32_t count = 0;
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint32_t row = batch_row(batch, i);
        if (i < first || row_stays(batch, row)) {
            kept[count++] = row;
        }
    }
    batch->selection = kept;
    batch->selected = count;
}
