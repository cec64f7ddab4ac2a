/* SPDX-License-Identifier: Apache-2.0 */
/* The decoder: frames a segment's bytes and fills the columns that the field plan asks for. Rows
 * are records, also the withdrawn ones, so that a row's number is its record's number. One worker
 * runs it on one batch; the decoder itself is shared and never changes. */
#include "engine/record/decoder.h"

#include "engine/base/buffer.h"
#include "engine/record/datetime.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

static const char *const virtual_names[VIRTUAL_COUNT] = {
    [VIRTUAL_VALUE] = "_value",       [VIRTUAL_RAW] = "_raw",
    [VIRTUAL_KEY] = "_key",           [VIRTUAL_PART] = "_part",
    [VIRTUAL_POSITION] = "_position", [VIRTUAL_TIME] = "_time",
    [VIRTUAL_HEADERS] = "_headers",   [VIRTUAL_ID] = "_id",
};

static struct type virtual_type(enum virtual_column which) {
    switch (which) {
    case VIRTUAL_VALUE:
    case VIRTUAL_HEADERS:
        return TYPE(JSONB);
    case VIRTUAL_TIME:
        return TYPE(TIMESTAMPTZ);
    default:
        return TYPE(TEXT);
    }
}

struct schema input_schema(const struct schema *declared, struct arena *arena) {
    uint32_t count = declared->count + VIRTUAL_COUNT;
    struct field *fields = arena_alloc(arena, count * sizeof *fields);
    if (declared->count) {
        memcpy(fields, declared->fields, declared->count * sizeof *fields);
    }
    for (int i = 0; i < VIRTUAL_COUNT; i++) {
        fields[declared->count + (uint32_t)i] =
            (struct field){.name = virtual_names[i], .type = virtual_type(i), .not_null = false};
    }
    return (struct schema){.fields = fields, .count = count};
}

/* --- the decoder ----------------------------------------------------------------------------- */

static void names_make(struct decoder *decoder, const struct field_plan *plan,
                       struct arena *arena) {
    uint32_t count = plan->header ? plan->header_count : plan->declared_count;
    decoder->names = arena_alloc(arena, (count + 1) * sizeof *decoder->names);
    decoder->names_count = count;
    for (uint32_t i = 0; i < count; i++) {
        decoder->names[i] = plan->header ? arena_copy(arena, plan->header[i])
                                         : slice_of(plan->input->fields[i].name);
    }
}

static uint32_t name_find(const struct decoder *decoder, struct slice name) {
    for (uint32_t i = 0; i < decoder->names_count; i++) {
        if (slice_equal(decoder->names[i], name)) {
            return i;
        }
    }
    return UINT32_MAX;
}

static void columns_make(struct decoder *decoder, const struct field_plan *plan,
                         struct arena *arena) {
    decoder->columns = arena_alloc(arena, (plan->declared_count + 1) * sizeof *decoder->columns);
    for (uint32_t i = 0; i < plan->declared_count; i++) {
        const struct field *field = &plan->input->fields[i];
        if (plan->needed[i]) {
            decoder->columns[decoder->columns_count++] =
                (struct decode_column){.column = i,
                                       .source = name_find(decoder, slice_of(field->name)),
                                       .type = field->type,
                                       .width = type_width(field->type),
                                       .name = field->name,
                                       .not_null = field->not_null};
        }
    }
}

static void keys_make(struct decoder *decoder, struct arena *arena) {
    uint32_t count = decoder->columns_count;
    if (decoder->format.kind != FORMAT_JSON) {
        return;
    }
    struct slice *names = arena_alloc(arena, (count + 1) * sizeof *names);
    for (uint32_t i = 0; i < count; i++) {
        names[i] = slice_of(decoder->columns[i].name);
    }
    decoder->keys = json_keys_new(names, count, arena);
}

struct decoder *decoder_new(const struct format *format, const struct field_plan *plan,
                            struct arena *arena) {
    assert(plan->input->count == plan->declared_count + VIRTUAL_COUNT);
    struct decoder *decoder = arena_zalloc(arena, sizeof *decoder);
    decoder->format = *format;
    decoder->schema = plan->input;
    decoder->zone = plan->zone;
    decoder->declared_count = plan->declared_count;
    names_make(decoder, plan, arena);
    columns_make(decoder, plan, arena);
    keys_make(decoder, arena);
    for (uint32_t i = 0; i < VIRTUAL_COUNT; i++) {
        decoder->needs[i] = plan->needed[plan->declared_count + i];
    }
    return decoder;
}

/* --- records --------------------------------------------------------------------------------- */

bool decode_withdraw(struct decode_run *run, uint32_t row, const char *code, const char *format,
                     ...) {
    struct buffer message;
    va_list arguments;
    char text[512];
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    buffer_init(&message, run->arena, strlen(text) + 1);
    buffer_append(&message, text, strlen(text));
    batch_withdraw(run->batch, row, code, "decode", buffer_slice(&message));
    return false;
}

uint32_t decode_record_add(struct decode_run *run, const char *data, size_t len) {
    assert(run->count < run->capacity);
    uint32_t row = run->count++;
    if (run->records) {
        run->records[row] = (struct record){
            .data = data, .len = (uint32_t)len, .offset = (uint32_t)(data - run->raw->data)};
    }
    return row;
}

bool decode_size_check(struct decode_run *run, uint32_t row, size_t len) {
    uint64_t max = run->decoder->format.record_bytes_max;
    if (max == 0 || len <= max) {
        return true;
    }
    return decode_withdraw(run, row, "record-too-large",
                           "a record of %zu bytes is larger than record_bytes_max (%llu)", len,
                           (unsigned long long)max);
}

bool decode_text_check(struct decode_run *run, uint32_t row, struct slice text) {
    size_t bad = 0;
    if (run->valid_text || utf8_is_valid(text, &bad)) {
        return true;
    }
    char bytes[32];
    size_t len = 0;
    for (size_t i = bad; i < text.len && i < bad + 3; i++) {
        len += (size_t)snprintf(bytes + len, sizeof bytes - len, "%s0x%02x", i > bad ? " " : "",
                                (unsigned char)text.data[i]);
        if ((unsigned char)text.data[bad] < 0xC2) {
            break;
        }
    }
    return decode_withdraw(run, row, "22021",
                           "invalid byte sequence for encoding \"UTF8\": %s, at byte %zu", bytes,
                           bad);
}

uint32_t decode_lines_max(struct slice text) {
    const char *p = text.data, *end = p + text.len;
    uint32_t count = 1;
    while (p < end && (p = memchr(p, '\n', (size_t)(end - p)))) {
        while (p < end && (*p == '\n' || (*p == '\r' && p + 1 < end && p[1] == '\n'))) {
            p++;
        }
        count++;
    }
    return count;
}

void decode_columns_make(struct decode_run *run, uint32_t capacity) {
    const struct decoder *decoder = run->decoder;
    struct batch *batch = run->batch;
    run->capacity = capacity;
    batch->records_count = capacity;
    for (uint32_t i = 0; i < decoder->columns_count; i++) {
        const struct decode_column *column = &decoder->columns[i];
        column_init(&batch->columns[column->column], column->type, capacity, run->arena);
    }
    static const enum virtual_column each[] = {VIRTUAL_VALUE, VIRTUAL_RAW};
    for (uint32_t i = 0; i < sizeof each / sizeof *each; i++) {
        if (decoder->needs[each[i]]) {
            column_init(&batch->columns[decoder->declared_count + each[i]], virtual_type(each[i]),
                        capacity, run->arena);
        }
    }
    if (!run->raw->records) {
        run->records = arena_alloc(run->arena, (size_t)capacity * sizeof *run->records);
    }
}

bool decode_null_put(struct decode_run *run, const struct decode_column *column, uint32_t row) {
    column_null_set(&run->batch->columns[column->column], row, run->arena);
    if (column->not_null) {
        return decode_withdraw(run, row, "23502",
                               "null value in column \"%s\" violates not-null constraint",
                               column->name);
    }
    return true;
}

void decode_virtual_put(struct decode_run *run, enum virtual_column which, uint32_t row,
                        struct slice text) {
    struct column *column = &run->batch->columns[run->decoder->declared_count + which];
    ((struct slice *)column->values)[row] = text;
}

void decode_absent(struct decode_run *run, uint32_t row) {
    const struct decoder *decoder = run->decoder;
    for (uint32_t i = 0; i < decoder->columns_count; i++) {
        if (!decode_null_put(run, &decoder->columns[i], row)) {
            return;
        }
    }
    static const enum virtual_column texts[] = {VIRTUAL_VALUE, VIRTUAL_RAW};
    for (uint32_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (decoder->needs[texts[i]]) {
            column_null_set(&run->batch->columns[decoder->declared_count + texts[i]], row,
                            run->arena);
        }
    }
}

/* --- columns that no format makes ------------------------------------------------------------ */

static struct column *virtual_make(struct decode_run *run, enum virtual_column which) {
    struct column *column = &run->batch->columns[run->decoder->declared_count + which];
    column_init(column, virtual_type(which), run->count, run->arena);
    return column;
}

static void null_make(struct decode_run *run, enum virtual_column which) {
    struct column *column = &run->batch->columns[run->decoder->declared_count + which];
    column_init(column, virtual_type(which), 1, run->arena);
    column->constant = true;
    column->rows = run->count;
    column_null_set(column, 0, run->arena);
}

static void part_make(struct decode_run *run) {
    struct column *column = &run->batch->columns[run->decoder->declared_count + VIRTUAL_PART];
    column_init(column, TYPE(TEXT), 1, run->arena);
    column->constant = true;
    column->rows = run->count;
    *(struct slice *)column->values = run->origin->part;
}

static void positions_make(struct decode_run *run) {
    const struct decode_origin *origin = run->origin;
    bool ids = run->decoder->needs[VIRTUAL_ID], positions = run->decoder->needs[VIRTUAL_POSITION];
    struct column *position_column = positions ? virtual_make(run, VIRTUAL_POSITION) : NULL;
    struct column *id_column = ids ? virtual_make(run, VIRTUAL_ID) : NULL;
    for (uint32_t row = 0; row < run->count; row++) {
        uint32_t offset = run->batch->records[row].offset;
        struct slice position = origin->position(origin->context, offset, run->arena);
        if (positions) {
            ((struct slice *)position_column->values)[row] = position;
        }
        if (ids) {
            struct buffer id;
            buffer_init(&id, run->arena, origin->id_prefix.len + position.len);
            buffer_append_slice(&id, origin->id_prefix);
            buffer_append_slice(&id, position);
            ((struct slice *)id_column->values)[row] = buffer_slice(&id);
        }
    }
}

static void times_make(struct decode_run *run) {
    struct column *column = virtual_make(run, VIRTUAL_TIME);
    for (uint32_t row = 0; row < run->count; row++) {
        ((int64_t *)column->values)[row] = run->raw->extras[row].time_us - DATETIME_UNIX_EPOCH_US;
    }
}

/* Keys are any bytes at the source, but text here. */
static void keys_fill(struct decode_run *run) {
    struct column *column = virtual_make(run, VIRTUAL_KEY);
    for (uint32_t row = 0; row < run->count; row++) {
        struct slice key = run->raw->extras[row].key;
        size_t bad;
        if (!key.data) {
            column_null_set(column, row, run->arena);
        } else if (!utf8_is_valid(key, &bad)) {
            decode_withdraw(
                run, row, "22021",
                "column \"_key\": invalid byte sequence for encoding \"UTF8\" at byte %zu", bad);
        }
        ((struct slice *)column->values)[row] = key;
    }
}

static void headers_fill(struct decode_run *run) {
    struct column *column = virtual_make(run, VIRTUAL_HEADERS);
    for (uint32_t row = 0; row < run->count; row++) {
        struct slice headers = run->raw->extras[row].headers;
        if (!headers.data) {
            column_null_set(column, row, run->arena);
        }
        ((struct slice *)column->values)[row] = headers;
    }
}

static void virtuals_make(struct decode_run *run) {
    const bool *needs = run->decoder->needs;
    static const struct {
        enum virtual_column which;
        void (*make)(struct decode_run *run);
    } extras[] = {
        {VIRTUAL_KEY, keys_fill}, {VIRTUAL_TIME, times_make}, {VIRTUAL_HEADERS, headers_fill}};
    if (needs[VIRTUAL_PART]) {
        part_make(run);
    }
    if (needs[VIRTUAL_POSITION] || needs[VIRTUAL_ID]) {
        positions_make(run);
    }
    for (uint32_t i = 0; i < sizeof extras / sizeof *extras; i++) {
        if (needs[extras[i].which]) {
            if (run->raw->extras) {
                extras[i].make(run);
            } else {
                null_make(run, extras[i].which);
            }
        }
    }
}

/* --- the run --------------------------------------------------------------------------------- */

static void batch_begin(struct decode_run *run) {
    struct batch *batch = run->batch;
    const struct schema *schema = run->decoder->schema;
    *batch = (struct batch){.arena = run->arena, .schema = schema, .read_at_us = batch->read_at_us};
    batch->columns = arena_zalloc(run->arena, schema->count * sizeof *batch->columns);
    for (uint32_t i = 0; i < schema->count; i++) {
        batch->columns[i].type = schema->fields[i].type;
    }
}

static void batch_finish(struct decode_run *run) {
    struct batch *batch = run->batch;
    batch->records = run->records ? run->records : run->raw->records;
    batch->extras = run->raw->extras;
    batch->records_count = batch->rows = batch->selected = run->count;
    for (uint32_t i = 0; i < batch->schema->count; i++) {
        batch->columns[i].rows = run->count;
    }
    virtuals_make(run);
    batch_selection_clean(batch);
}

void decoder_run(const struct decoder *decoder, const struct raw *raw,
                 const struct decode_origin *origin, struct batch *batch) {
    struct raw bytes = *raw;
    bytes.data = raw->data ? raw->data : ""; /* an empty segment may have none */
    struct decode_run run = {
        .decoder = decoder, .raw = &bytes, .origin = origin, .batch = batch, .arena = batch->arena};
    assert(raw->len <= UINT32_MAX);
    batch_begin(&run);
    switch (decoder->format.kind) {
    case FORMAT_JSON:
        decode_json(&run);
        break;
    case FORMAT_CSV:
        decode_csv(&run);
        break;
    case FORMAT_TEXT:
    case FORMAT_BYTES:
        decode_text(&run);
        break;
    }
    batch_finish(&run);
}
