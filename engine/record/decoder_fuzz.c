/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes framing and decoding. The first byte chooses the format; the rest is a file, read once
 * whole and once in blocks as a reader would cut it: both must give the same records in the same
 * order, withdrawn or not. */
#include "engine/record/datetime.h"
#include "engine/record/format.h"

#include <assert.h>

static const struct field fields[] = {
    {.name = "a", .type = {.id = TYPE_INT4, .modifier = -1}},
    {.name = "b", .type = {.id = TYPE_TEXT, .modifier = -1}},
    {.name = "c", .type = {.id = TYPE_NUMERIC, .modifier = 5 << 16 | 2}},
    {.name = "d", .type = {.id = TYPE_TEXT, .array = true, .modifier = -1}},
};
enum { FIELDS = sizeof fields / sizeof *fields };

static struct slice position(void *context, uint32_t offset, struct arena *arena) {
    (void)context;
    (void)offset;
    (void)arena;
    return SLICE_LITERAL("p");
}

/* Records and withdrawals of the piece are added to the hash. */
static uint64_t decode(const struct decoder *decoder, struct slice text, struct arena *arena,
                       uint64_t hash) {
    struct batch batch = {.arena = arena};
    struct raw raw = {.data = text.data, .len = text.len};
    struct decode_origin origin = {.position = position};
    decoder_run(decoder, &raw, &origin, &batch);
    for (uint32_t i = 0; i < batch.records_count; i++) {
        const struct record *record = &batch.records[i];
        assert(record->data >= text.data && record->data + record->len <= text.data + text.len);
        hash = (hash ^ (uint64_t)(uintptr_t)record->data) * 0x9E3779B97F4A7C15;
        hash = (hash ^ record->len) * 0x9E3779B97F4A7C15 + batch_is_withdrawn(&batch, i);
    }
    return hash;
}

static uint64_t decode_in_blocks(const struct decoder *decoder, const struct format *format,
                                 struct slice text, size_t step, struct arena *arena) {
    struct framer framer = {.format = format};
    uint64_t hash = 0;
    size_t start = 0, seen = 0;
    while (seen < text.len) {
        size_t next = seen + step < text.len ? seen + step : text.len;
        size_t border =
            framer_border(&framer, text.data + start, seen - start, next - start, next == text.len);
        hash = border ? decode(decoder, slice_make(text.data + start, border), arena, hash) : hash;
        start += border;
        seen = next;
    }
    return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct format formats[] = {{.kind = FORMAT_JSON, .framing = FRAMING_LINES},
                                            {.kind = FORMAT_JSON, .framing = FRAMING_DOCUMENTS},
                                            {.kind = FORMAT_JSON, .framing = FRAMING_ARRAY},
                                            {.kind = FORMAT_CSV, .framing = FRAMING_CSV},
                                            {.kind = FORMAT_TEXT, .framing = FRAMING_LINES}};
    if (size < 2) {
        return 0;
    }
    struct format format = formats[data[0] % 5];
    format.json_depth_max = 32;
    format.record_bytes_max = 200;
    format.quoted_newlines = data[0] & 0x80;
    format.delimiter = ',';
    format.quote = '"';
    struct arena *arena = arena_new(NULL, 0);
    struct schema declared = {.fields = fields, .count = FIELDS},
                  input = input_schema(&declared, arena);
    bool needed[FIELDS + VIRTUAL_COUNT];
    memset(needed, 1, sizeof needed);
    struct field_plan plan = {
        .input = &input, .declared_count = FIELDS, .needed = needed, .zone = timezone_utc()};
    struct decoder *decoder = decoder_new(&format, &plan, arena);
    struct slice text = slice_make(data + 2, size - 2);
    if (text.len) {
        uint64_t whole = decode(decoder, text, arena, 0);
        uint64_t cut = decode_in_blocks(decoder, &format, text, 1u + data[1] % 64u, arena);
        assert(whole == cut);
    }
    arena_free(arena);
    return 0;
}
