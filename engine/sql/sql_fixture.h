/* SPDX-License-Identifier: Apache-2.0 */
/* For tests: records as JSON lines in, the result of a statement as text out. A result row is a
 * JSON line; a withdrawn record is a line `!CODE record message`; a refusal is `E CODE
 * line:column`; a failed run `F CODE`. */
#ifndef LEAT_SQL_SQL_FIXTURE_H
#define LEAT_SQL_SQL_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/base/buffer.h"
#include "engine/record/format.h"
#include "engine/sql/sql.h"

struct fixture {
    struct arena *arena;
    struct schema declared, input;
    struct sql_plan *plan;
    struct error error;
};

static inline struct slice fixture_position(void *context, uint32_t offset, struct arena *arena) {
    (void)context;
    return slice_of(arena_printf(arena, "%u", offset));
}

static inline void fixture_init(struct fixture *fixture, const char *columns) {
    *fixture = (struct fixture){.arena = arena_new(NULL, POOL_COLUMNS)};
    enum status status =
        schema_parse(slice_of(columns), fixture->arena, &fixture->declared, &fixture->error);
    assert_int_equal(status, STATUS_OK);
    fixture->input = input_schema(&fixture->declared, fixture->arena);
}

static inline void fixture_fini(struct fixture *fixture) {
    arena_free(fixture->arena);
}

static inline bool fixture_compile(struct fixture *fixture, const char *statement) {
    return sql_compile(slice_of(statement), &fixture->input, timezone_utc(), fixture->arena,
                       &fixture->plan, &fixture->error) == STATUS_OK;
}

/* Decodes what the plan needs. */
static inline struct batch fixture_batch(struct fixture *fixture, struct slice lines) {
    struct format format = {.kind = FORMAT_JSON,
                            .framing = FRAMING_LINES,
                            .json_depth_max = 128,
                            .record_bytes_max = 8 << 20};
    bool *needed = arena_zalloc(fixture->arena, fixture->input.count + 1);
    sql_plan_needs(fixture->plan, needed);
    struct field_plan *fields = arena_zalloc(fixture->arena, sizeof *fields);
    *fields = (struct field_plan){.input = &fixture->input,
                                  .declared_count = fixture->declared.count,
                                  .needed = needed,
                                  .zone = timezone_utc()};
    struct decode_origin origin = {.part = SLICE_LITERAL("part"),
                                   .id_prefix = SLICE_LITERAL("id/"),
                                   .position = fixture_position};
    struct raw raw = {.data = lines.data, .len = lines.len};
    struct batch batch = {.arena = fixture->arena};
    decoder_run(decoder_new(&format, fields, fixture->arena), &raw, &origin, &batch);
    batch.read_at_us = INT64_C(1700000000000000);
    return batch;
}

static inline void fixture_print(const struct batch *batch, struct buffer *out) {
    struct encode_options options = {.kind = FORMAT_JSON, .zone = timezone_utc()};
    for (uint32_t i = 0; i < batch->selected; i++) {
        encode_row(&options, batch, batch_row(batch, i), out);
    }
    for (uint32_t i = 0; i < batch->withdrawals_count; i++) {
        const struct withdrawal *withdrawal = &batch->withdrawals[i];
        buffer_printf(out, "!%s %u %.*s\n", withdrawal->code, withdrawal->record,
                      (int)withdrawal->message.len, withdrawal->message.data);
    }
}

/* The whole way. */
static inline const char *fixture_run(struct fixture *fixture, const char *statement,
                                      const char *lines) {
    struct buffer out;
    buffer_init(&out, fixture->arena, 1024);
    if (!fixture_compile(fixture, statement)) {
        buffer_printf(&out, "E %s %s", fixture->error.code, fixture->error.where);
    } else {
        struct batch batch = fixture_batch(fixture, slice_of(lines));
        if (sql_run(fixture->plan, &batch, &fixture->error)) {
            buffer_printf(&out, "F %s", fixture->error.code);
        } else {
            fixture_print(&batch, &out);
        }
    }
    buffer_append_byte(&out, '\0');
    return out.data;
}

#endif
