/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the formats: what the decoders of the formats share. A decoder is immutable; one call
 * of decoder_run has its state in a struct decode_run on the stack. Everything made lives in the
 * batch's arena. */
#ifndef LEAT_RECORD_DECODER_H
#define LEAT_RECORD_DECODER_H

#include "engine/record/csv.h"
#include "engine/record/format.h"
#include "engine/record/json_shape.h"

/* A declared column that the pipeline needs. */
struct decode_column {
    uint32_t column; /* in the schema */
    uint32_t source; /* CSV: the field's number in a row; UINT32_MAX = not in the file */
    struct type type;
    uint32_t width;
    const char *name;
    bool not_null;
};

struct decoder {
    struct format format;
    const struct schema *schema;
    const struct timezone *zone;
    uint32_t declared_count;
    struct decode_column *columns;
    uint32_t columns_count;
    const struct json_keys *keys; /* JSON: of columns, in their order */
    struct slice *names;          /* CSV: of the fields of a row, in the file's order */
    uint32_t names_count;
    bool needs[VIRTUAL_COUNT];
};

struct decode_run {
    const struct decoder *decoder;
    const struct raw *raw;
    const struct decode_origin *origin;
    struct batch *batch;
    struct arena *arena;
    struct record *records; /* those found so far; NULL = the source delimited them */
    uint32_t count, capacity;
    struct json_scanner scanner; /* JSON; one value for each of the decoder's columns */
    struct csv_field *fields;    /* one for each of its names */
    bool valid_text;                  /* the raw bytes are valid text as a whole */
};

/* Counts another record; returns its number, which is also its row. */
uint32_t decode_record_add(struct decode_run *run, const char *data, size_t len);
/* No more lines than this hold anything; empty ones cost no room. */
uint32_t decode_lines_max(struct slice text);
/* Makes room for `capacity` records in the columns that are needed. */
void decode_columns_make(struct decode_run *run, uint32_t capacity);
/* False when it is longer than allowed: then it is withdrawn. */
bool decode_size_check(struct decode_run *run, uint32_t row, size_t len);
bool decode_withdraw(struct decode_run *run, uint32_t row, const char *code, const char *format,
                     ...) __attribute__((format(printf, 4, 5)));
/* False and withdrawn when the record's text is not UTF-8 without NUL. */
bool decode_text_check(struct decode_run *run, uint32_t row, struct slice text);

/* Why JSON text that holds \u0000 or half of a surrogate pair is refused. */
struct value_error decode_unicode_error(struct slice json);
/* Puts a value into its column; on failure withdraws the record and returns false. */
bool decode_json_put(struct decode_run *run, const struct decode_column *column, uint32_t row,
                     const struct json_value *value);
bool decode_text_put(struct decode_run *run, const struct decode_column *column, uint32_t row,
                     struct slice text);
bool decode_null_put(struct decode_run *run, const struct decode_column *column, uint32_t row);
/* A message without a payload (a tombstone): every column that its payload would fill is null. */
void decode_absent(struct decode_run *run, uint32_t row);
void decode_virtual_put(struct decode_run *run, enum virtual_column which, uint32_t row,
                        struct slice text);

/* Recognises the common spellings of a type and converts them without value_parse; false = not one
 * of them. */
bool decode_fast(struct type type, struct slice text, struct arena *arena, void *ret_value);

void decode_json(struct decode_run *run);
void decode_csv(struct decode_run *run);
void decode_text(struct decode_run *run);

#endif
