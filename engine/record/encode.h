/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the formats: what the encoders share. Rows go to the end of a buffer; nothing is
 * allocated beside it. One worker at a time. */
#ifndef LEAT_RECORD_ENCODE_H
#define LEAT_RECORD_ENCODE_H

#include "engine/base/buffer.h"
#include "engine/record/format.h"

/* Where the row's value lies; NULL = it is null. */
static inline const void *encode_value(const struct column *column, uint32_t width, uint32_t row) {
    if (column_is_null(column, row)) {
        return NULL;
    }
    return (const char *)column->values + (size_t)column_index(column, row) * width;
}

/* Appends a JSON string with its quotes; the fast twin of json_quote, byte for byte the same. */
void encode_json_string(struct slice text, struct buffer *out);
/* Appends JSON text on one line: raw newlines between tokens become spaces. */
void encode_json_text(struct slice text, struct buffer *out);

/* Appends an integer of any width; false when the type is none. */
bool encode_integer(struct type type, const void *value, struct buffer *out);

void encode_json_row(const struct encode_options *options, const struct batch *batch, uint32_t row,
                     struct buffer *out);
void encode_csv_row(const struct encode_options *options, const struct batch *batch, uint32_t row,
                    struct buffer *out);

#endif
