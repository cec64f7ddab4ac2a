/* SPDX-License-Identifier: Apache-2.0 */
/* JSON into columns. Lines are scanned and framed in the same pass; documents, array elements and
 * messages are delimited first. A record that is no object has no members: it is refused as
 * jsonb_to_record refuses it (22023) if a declared column is needed, and passes if only `_value`
 * and the like are. */
#include "engine/record/decoder.h"

#include "engine/record/framing.h"

static bool is_space(char byte) {
    return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r';
}

/* text: the record; root: its document. */
static void put_document(struct decode_run *run, uint32_t row, struct slice text,
                         const struct json_value *root) {
    const struct decoder *decoder = run->decoder;
    if (decoder->columns_count && root->kind != JSON_OBJECT) {
        decode_withdraw(run, row, "22023", "cannot call jsonb_to_record on %s",
                        root->kind == JSON_ARRAY ? "an array" : "a scalar");
        return;
    }
    for (uint32_t i = 0; i < decoder->columns_count; i++) {
        if (!decode_json_put(run, &decoder->columns[i], row, &run->scanner.values[i])) {
            return;
        }
    }
    if (decoder->needs[VIRTUAL_VALUE]) {
        if (root->unacceptable) {
            struct value_error error = decode_unicode_error(root->text);
            batch_withdraw(run->batch, row, error.code, "decode", error.message);
            return;
        }
        decode_virtual_put(run, VIRTUAL_VALUE, row, root->text);
    }
    if (decoder->needs[VIRTUAL_RAW]) {
        decode_virtual_put(run, VIRTUAL_RAW, row, text);
    }
}

static void refuse(struct decode_run *run, uint32_t row, const struct json_error *error) {
    decode_withdraw(run, row, "22P02", "invalid JSON at byte %zu: %s", error->offset,
                    error->message);
}

static void decode_lines(struct decode_run *run) {
    const char *p = run->raw->data, *end = p + run->raw->len;
    for (;;) {
        while (p < end && is_space(*p)) {
            p++;
        }
        if (p == end) {
            return;
        }
        struct json_value root;
        struct json_error error;
        size_t len;
        bool valid =
            json_scan_with(&run->scanner, slice_make(p, (size_t)(end - p)), &root, &len, &error);
        size_t record_len = len;
        while (record_len && is_space(p[record_len - 1])) {
            record_len--;
        }
        uint32_t row = decode_record_add(run, p, record_len);
        if (decode_size_check(run, row, record_len)) {
            if (valid) {
                put_document(run, row, slice_make(p, record_len), &root);
            } else {
                refuse(run, row, &error);
            }
        }
        p += len;
    }
}

static void decode_document(struct decode_run *run, uint32_t row, struct slice text) {
    struct json_value root;
    struct json_error error;
    if (!decode_size_check(run, row, text.len)) {
        return;
    }
    if (json_scan_with(&run->scanner, text, &root, NULL, &error)) {
        put_document(run, row, text, &root);
    } else {
        refuse(run, row, &error);
    }
}

static void decode_message(struct decode_run *run, const struct record *record) {
    uint32_t row = decode_record_add(run, record->data, record->len);
    if (record->data) {
        decode_document(run, row, slice_make(record->data, record->len));
    } else {
        decode_absent(run, row);
    }
}

/* The pieces of documents or of an array, in a list that grows. */
struct pieces {
    struct framing_piece *list;
    uint32_t count, capacity;
};

static void pieces_add(struct pieces *pieces, struct framing_piece piece, struct arena *arena) {
    if (pieces->count == pieces->capacity) {
        uint32_t capacity = pieces->capacity ? pieces->capacity * 2 : 64;
        pieces->list = arena_grow(arena, pieces->list, pieces->capacity * sizeof *pieces->list,
                                  capacity * sizeof *pieces->list);
        pieces->capacity = capacity;
    }
    pieces->list[pieces->count++] = piece;
}

static void decode_pieces(struct decode_run *run) {
    struct framer framer = {.format = &run->decoder->format};
    struct pieces pieces = {.list = NULL};
    struct framing_piece piece = {.start = NULL};
    const char *p = run->raw->data, *end = p + run->raw->len;
    while (framing_next(&framer, &p, end, &piece)) {
        pieces_add(&pieces, piece, run->arena);
    }
    if (framer.place == PLACE_PIECE ||
        framer.place == PLACE_WORD) { /* the last one ends with the input */
        piece.end = end;
        while (piece.end > piece.start && is_space(piece.end[-1])) {
            piece.end--;
        }
        pieces_add(&pieces, piece, run->arena);
    }
    decode_columns_make(run, pieces.count);
    for (uint32_t i = 0; i < pieces.count; i++) {
        struct slice text =
            slice_make(pieces.list[i].start, (size_t)(pieces.list[i].end - pieces.list[i].start));
        decode_document(run, decode_record_add(run, text.data, text.len), text);
    }
}

void decode_json(struct decode_run *run) {
    const struct raw *raw = run->raw;
    const struct decoder *decoder = run->decoder;
    run->scanner =
        (struct json_scanner){.keys = decoder->keys,
                              .values = arena_alloc(run->arena, (decoder->columns_count + 1) *
                                                                    sizeof *run->scanner.values),
                              .shape = arena_zalloc(run->arena, sizeof *run->scanner.shape),
                              .depth_max = decoder->format.json_depth_max};
    if (raw->records) {
        decode_columns_make(run, raw->records_count);
        for (uint32_t i = 0; i < raw->records_count; i++) {
            decode_message(run, &raw->records[i]);
        }
    } else if (decoder->format.framing == FRAMING_LINES) {
        decode_columns_make(run, decode_lines_max(slice_make(raw->data, raw->len)));
        decode_lines(run);
    } else if (decoder->format.framing == FRAMING_NONE) {
        decode_columns_make(run, 1);
        decode_document(run, decode_record_add(run, raw->data, raw->len),
                        slice_make(raw->data, raw->len));
    } else {
        decode_pieces(run);
    }
}
