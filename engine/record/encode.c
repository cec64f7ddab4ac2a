/* SPDX-License-Identifier: Apache-2.0 */
/* Rows into bytes: chooses the format. Runs in a worker; everything it appends lies in the buffer's
 * arena. */
#include "engine/record/encode.h"

#include <assert.h>

/* One column, a line each; a null is an empty line. jsonb and json must not break the line. */
static void encode_text_row(const struct encode_options *options, const struct batch *batch,
                            uint32_t row, struct buffer *out) {
    assert(batch->schema->count == 1);
    const struct column *column = &batch->columns[0];
    const void *value = encode_value(column, type_width(column->type), row);
    if (value && !column->type.array &&
        (column->type.id == TYPE_TEXT || column->type.id == TYPE_JSON)) {
        buffer_append_slice(out, *(const struct slice *)value);
    } else if (value) {
        value_print(column->type, value, options->zone, out);
    }
    buffer_append_byte(out, '\n');
}

void encode_row(const struct encode_options *options, const struct batch *batch, uint32_t row,
                struct buffer *out) {
    switch (options->kind) {
    case FORMAT_JSON:
        encode_json_row(options, batch, row, out);
        break;
    case FORMAT_CSV:
        encode_csv_row(options, batch, row, out);
        break;
    case FORMAT_TEXT:
    case FORMAT_BYTES:
        encode_text_row(options, batch, row, out);
        break;
    }
}
