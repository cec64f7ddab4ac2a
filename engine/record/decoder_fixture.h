/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests of decoding: a decoder from a `columns:` text, a run over bytes or messages, and
 * the columns as Postgres would print them. */
#ifndef LEAT_RECORD_DECODER_FIXTURE_H
#define LEAT_RECORD_DECODER_FIXTURE_H

#include "engine/base/buffer.h"
#include "engine/record/datetime.h"
#include "engine/record/format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct decoding {
    struct arena *arena;
    struct format format;
    struct schema declared, input;
    const struct slice *header;
    uint32_t header_count;
    bool needed[64];
    char *copy; /* of the bytes */
    struct batch batch;
};

static inline struct slice decoding_position(void *context, uint32_t offset, struct arena *arena) {
    (void)context;
    return slice_of(arena_printf(arena, "%u", offset));
}

/* Every declared column is needed; virtual ones as set afterwards. */
static inline void decoding_init(struct decoding *decoding, enum format_kind kind,
                                 enum framing framing, const char *columns) {
    struct error error;
    *decoding = (struct decoding){.arena = arena_new(NULL, 0)};
    decoding->format = (struct format){.kind = kind,
                                       .framing = framing,
                                       .json_depth_max = 128,
                                       .record_bytes_max = 8 << 20,
                                       .quoted_newlines = true,
                                       .delimiter = ',',
                                       .quote = '"'};
    if (*columns) {
        assert_int_equal(
            schema_parse(slice_of(columns), decoding->arena, &decoding->declared, &error),
            STATUS_OK);
    }
    decoding->input = input_schema(&decoding->declared, decoding->arena);
    for (uint32_t i = 0; i < decoding->declared.count; i++) {
        decoding->needed[i] = true;
    }
}

static inline void decoding_need(struct decoding *decoding, enum virtual_column which) {
    decoding->needed[decoding->declared.count + which] = true;
}

static inline void decoding_run_raw(struct decoding *decoding, const struct raw *raw) {
    struct field_plan plan = {.input = &decoding->input,
                              .declared_count = decoding->declared.count,
                              .needed = decoding->needed,
                              .zone = timezone_utc(),
                              .header = decoding->header,
                              .header_count = decoding->header_count};
    struct decode_origin origin = {.part = SLICE_LITERAL("the/part"),
                                   .id_prefix = SLICE_LITERAL("p/s/"),
                                   .position = decoding_position};
    decoding->batch = (struct batch){.arena = decoding->arena, .read_at_us = 7};
    struct decoder *decoder = decoder_new(&decoding->format, &plan, decoding->arena);
    decoder_run(decoder, raw, &origin, &decoding->batch);
}

/* The bytes are copied to their exact size, so that a sanitizer sees a read beyond them. */
static inline void decoding_run(struct decoding *decoding, struct slice text) {
    decoding->copy = malloc(text.len ? text.len : 1);
    assert_non_null(decoding->copy);
    memcpy(decoding->copy, text.data, text.len);
    struct raw raw = {.data = decoding->copy, .len = text.len};
    decoding_run_raw(decoding, &raw);
}

static inline void decoding_free(struct decoding *decoding) {
    free(decoding->copy);
    arena_free(decoding->arena);
}

/* "NULL", or the value's text. */
static inline const char *decoding_text(struct decoding *decoding, const char *name, uint32_t row) {
    int index = schema_find(&decoding->input, slice_of(name));
    assert_true(index >= 0);
    const struct column *column = &decoding->batch.columns[index];
    assert_true(row < decoding->batch.rows);
    if (column_is_null(column, row)) {
        return "NULL";
    }
    struct buffer out;
    struct slice *text = (struct slice *)column->values + column_index(column, row);
    if (!column->type.array && (column->type.id == TYPE_JSONB || column->type.id == TYPE_JSON)) {
        return arena_text(decoding->arena, *text);
    }
    buffer_init(&out, decoding->arena, 64);
    value_print(column->type,
                (const char *)column->values +
                    (size_t)column_index(column, row) * type_width(column->type),
                timezone_utc(), &out);
    return arena_text(decoding->arena, buffer_slice(&out));
}

static inline const struct withdrawal *decoding_withdrawal(const struct decoding *decoding,
                                                           uint32_t record) {
    for (uint32_t i = 0; i < decoding->batch.withdrawals_count; i++) {
        if (decoding->batch.withdrawals[i].record == record) {
            return &decoding->batch.withdrawals[i];
        }
    }
    return NULL;
}

static inline void decoding_check_withdrawn(struct decoding *decoding, uint32_t record,
                                            const char *code, const char *message) {
    const struct withdrawal *withdrawal = decoding_withdrawal(decoding, record);
    assert_non_null(withdrawal);
    assert_string_equal(arena_text(decoding->arena, withdrawal->message), message);
    assert_string_equal(withdrawal->code, code);
    assert_string_equal(withdrawal->stage, "decode");
}

#endif
