/* SPDX-License-Identifier: Apache-2.0 */
/* CSV into columns. A row with too few or too many fields is withdrawn (22P04), as is one that ends
 * inside quotes; empty lines are no records. An unquoted field that spells a null is null, a quoted
 * one never is. `_value` is an object of the names in the file's order, each a string or null. */
#include "engine/record/decoder.h"

#include "engine/record/encode.h"

static bool spells_null(const struct decode_run *run, const struct csv_field *field) {
    const struct format *format = &run->decoder->format;
    if (field->quoted) {
        return false;
    }
    if (!format->nulls) {
        return field->text.len == 0;
    }
    for (uint32_t i = 0; i < format->nulls_count; i++) {
        if (slice_equal(field->text, format->nulls[i])) {
            return true;
        }
    }
    return false;
}

static void put_value(struct decode_run *run, uint32_t row) {
    const struct decoder *decoder = run->decoder;
    struct buffer out;
    buffer_init(&out, run->arena, 64 + decoder->names_count * 32);
    for (uint32_t i = 0; i < decoder->names_count; i++) {
        buffer_append(&out, i ? ", " : "{", i ? 2 : 1);
        encode_json_string(decoder->names[i], &out);
        buffer_append(&out, ": ", 2);
        if (spells_null(run, &run->fields[i])) {
            buffer_append(&out, "null", 4);
        } else {
            encode_json_string(run->fields[i].text, &out);
        }
    }
    buffer_append(&out, decoder->names_count ? "}" : "{}", decoder->names_count ? 1 : 2);
    decode_virtual_put(run, VIRTUAL_VALUE, row, buffer_slice(&out));
}

static bool check_row(struct decode_run *run, uint32_t row, const struct csv_row *fields,
                      struct slice text) {
    uint32_t expected = run->decoder->names_count;
    if (!decode_size_check(run, row, text.len) || !decode_text_check(run, row, text)) {
        return false;
    }
    if (fields->unterminated) {
        return decode_withdraw(run, row, "22P04", "unterminated CSV quoted field");
    }
    if (fields->count != expected) {
        return decode_withdraw(run, row, "22P04", "%s fields in a row of CSV: %u instead of %u",
                               fields->count < expected ? "too few" : "too many", fields->count,
                               expected);
    }
    return true;
}

static void put_row(struct decode_run *run, uint32_t row, struct slice text) {
    const struct decoder *decoder = run->decoder;
    for (uint32_t i = 0; i < decoder->names_count; i++) {
        struct csv_field *field = &run->fields[i];
        if (field->folded) {
            field->text = csv_unfold(field->text, decoder->format.quote, run->arena);
        }
    }
    for (uint32_t i = 0; i < decoder->columns_count; i++) {
        const struct decode_column *column = &decoder->columns[i];
        const struct csv_field *field =
            column->source == UINT32_MAX ? NULL : &run->fields[column->source];
        bool put = !field || spells_null(run, field)
                       ? decode_null_put(run, column, row)
                       : decode_text_put(run, column, row, field->text);
        if (!put) {
            return;
        }
    }
    if (decoder->needs[VIRTUAL_VALUE]) {
        put_value(run, row);
    }
    if (decoder->needs[VIRTUAL_RAW]) {
        decode_virtual_put(run, VIRTUAL_RAW, row, text);
    }
}

/* Takes the row at p; returns the next one. */
static const char *decode_row(struct decode_run *run, const char *p, const char *end) {
    struct csv_row fields = {.fields = run->fields, .capacity = run->decoder->names_count};
    csv_row_split(&run->decoder->format, p, end, &fields);
    struct slice text = slice_make(p, (size_t)(fields.end - p));
    uint32_t row = decode_record_add(run, text.data, text.len);
    if (check_row(run, row, &fields, text)) {
        put_row(run, row, text);
    }
    return fields.next;
}

static void decode_block(struct decode_run *run) {
    const char *p = run->raw->data, *end = p + run->raw->len;
    size_t bad;
    run->valid_text = utf8_is_valid(slice_make(p, run->raw->len), &bad);
    while (p < end) {
        if (*p == '\n') {
            p++;
        } else if (*p == '\r' && (p + 1 == end || p[1] == '\n')) {
            p += p + 1 == end ? 1 : 2;
        } else {
            p = decode_row(run, p, end);
        }
    }
}

/* A message holds one row; what follows its first line end is one field too many. */
static void decode_message(struct decode_run *run, const struct record *record) {
    struct csv_row fields = {.fields = run->fields, .capacity = run->decoder->names_count};
    uint32_t row = decode_record_add(run, record->data, record->len);
    if (!record->data) {
        decode_absent(run, row);
        return;
    }
    const char *end = record->data + record->len;
    if (record->len == 0) {
        decode_withdraw(run, row, "22P04", "an empty message is no row of CSV");
        return;
    }
    csv_row_split(&run->decoder->format, record->data, end, &fields);
    struct slice text = slice_make(record->data, record->len);
    if (!check_row(run, row, &fields, text)) {
        return;
    }
    if (fields.next != end) {
        decode_withdraw(run, row, "22P04", "a message holds more than one row of CSV");
        return;
    }
    put_row(run, row, text);
}

void decode_csv(struct decode_run *run) {
    const struct raw *raw = run->raw;
    run->fields = arena_alloc(run->arena, (run->decoder->names_count + 1) * sizeof *run->fields);
    if (raw->records) {
        decode_columns_make(run, raw->records_count);
        for (uint32_t i = 0; i < raw->records_count; i++) {
            decode_message(run, &raw->records[i]);
        }
        return;
    }
    decode_columns_make(run, decode_lines_max(slice_make(raw->data, raw->len)));
    decode_block(run);
}
