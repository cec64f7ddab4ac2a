/* SPDX-License-Identifier: Apache-2.0 */
/* Text (a line is a record) and bytes (the whole input is one). The first declared column gets the
 * record, other declared columns are null; `_value` is the record as a JSON string. Empty lines are
 * records: in text they say something. A record that is not valid text is withdrawn (22021) unless
 * only a bytea column asks for it. */
#include "engine/record/decoder.h"

#include "engine/base/buffer.h"

static bool wants_text(const struct decode_run *run) {
    const struct decoder *decoder = run->decoder;
    bool bytes = decoder->format.kind == FORMAT_BYTES && decoder->columns_count &&
                 decoder->columns[0].column == 0 && decoder->columns[0].type.id == TYPE_BYTEA &&
                 !decoder->columns[0].type.array;
    return !bytes || decoder->needs[VIRTUAL_VALUE] || decoder->needs[VIRTUAL_RAW];
}

static bool put_columns(struct decode_run *run, uint32_t row, struct slice text) {
    const struct decoder *decoder = run->decoder;
    for (uint32_t i = 0; i < decoder->columns_count; i++) {
        const struct decode_column *column = &decoder->columns[i];
        bool put = true;
        if (column->column != 0) {
            put = decode_null_put(run, column, row);
        } else if (decoder->format.kind == FORMAT_BYTES && column->type.id == TYPE_BYTEA &&
                   !column->type.array) {
            ((struct slice *)run->batch->columns[0].values)[row] = text;
        } else {
            put = decode_text_put(run, column, row, text);
        }
        if (!put) {
            return false;
        }
    }
    return true;
}

static void put_record(struct decode_run *run, const char *data, size_t len) {
    const struct decoder *decoder = run->decoder;
    struct slice text = slice_make(data, len);
    uint32_t row = decode_record_add(run, data, len);
    if (!data) {
        decode_absent(run, row);
        return;
    }
    if (!decode_size_check(run, row, len) ||
        (wants_text(run) && !decode_text_check(run, row, text)) || !put_columns(run, row, text)) {
        return;
    }
    if (decoder->needs[VIRTUAL_VALUE]) {
        struct buffer out;
        buffer_init(&out, run->arena, len + 16);
        json_quote(text, &out);
        decode_virtual_put(run, VIRTUAL_VALUE, row, buffer_slice(&out));
    }
    if (decoder->needs[VIRTUAL_RAW]) {
        decode_virtual_put(run, VIRTUAL_RAW, row, text);
    }
}

static uint32_t count_lines(struct slice text) {
    uint32_t count = 1;
    const char *p = text.data, *end = p + text.len;
    while (p < end && (p = memchr(p, '\n', (size_t)(end - p)))) {
        count++;
        p++;
    }
    return count;
}

static void decode_text_lines(struct decode_run *run) {
    const char *p = run->raw->data, *end = p + run->raw->len;
    size_t bad;
    decode_columns_make(run, count_lines(slice_make(p, run->raw->len)));
    run->valid_text = utf8_is_valid(slice_make(p, run->raw->len), &bad);
    while (p < end) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        const char *stop = newline ? newline : end;
        size_t len = (size_t)(stop - p);
        put_record(run, p, len && p[len - 1] == '\r' ? len - 1 : len);
        p = newline ? newline + 1 : end;
    }
}

void decode_text(struct decode_run *run) {
    const struct raw *raw = run->raw;
    if (raw->records) {
        decode_columns_make(run, raw->records_count);
        for (uint32_t i = 0; i < raw->records_count; i++) {
            put_record(run, raw->records[i].data, raw->records[i].len);
        }
    } else if (run->decoder->format.kind == FORMAT_BYTES) {
        decode_columns_make(run, 1);
        put_record(run, raw->data, raw->len);
    } else {
        decode_text_lines(run);
    }
}
