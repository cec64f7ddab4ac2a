/* SPDX-License-Identifier: Apache-2.0 */
/* Formats: how raw bytes become records and columns (framing and decoding), and rows become bytes
 * again.
 *
 * Framing is split in two. The reader's side only finds the last record border in a block, so that
 * a segment holds whole records; the worker's side walks the records and converts what the field
 * plan asks for, in parallel. */
#ifndef LEAT_RECORD_FORMAT_H
#define LEAT_RECORD_FORMAT_H

#include "engine/record/batch.h"
#include "engine/record/value.h"

enum format_kind { FORMAT_JSON, FORMAT_CSV, FORMAT_TEXT, FORMAT_BYTES };

/* json: lines = one document a line; documents = documents that span lines, one after the other;
 * array = one top-level array whose elements are the records. Detected from the head of a file,
 * kept in the plan. */
enum framing { FRAMING_LINES, FRAMING_DOCUMENTS, FRAMING_ARRAY, FRAMING_CSV, FRAMING_NONE };

struct format {
    enum format_kind kind;
    enum framing framing;
    uint32_t json_depth_max;   /* 128 */
    uint64_t record_bytes_max; /* 8 MiB: beyond it a record is a dead letter `record-too-large` */
    /* csv */
    bool header;
    bool quoted_newlines;      /* default true; false allows splitting */
    char delimiter, quote;     /* ',' and '"' */
    const struct slice *nulls; /* unquoted spellings of null; default: the empty field */
    uint32_t nulls_count;
};

/* --- reader's side --------------------------------------------------------------------------- */

/* State of a framer over one part; zeroed, but for the format, at its start or at a border. */
struct framer {
    const struct format *format;
    uint32_t depth;
    uint8_t place; /* framing.h: enum framing_place */
    bool in_string, escaped, in_quotes;
};

/* Detects the framing of JSON from the head of a file (at most 64 KiB). */
enum framing framing_detect(const struct format *format, struct slice head);

/* What stands before the first record of a file, not at a later record border: a byte order mark
 * and the header line of CSV. The first position is behind it; no decoder sees it. */
struct format_head {
    size_t len;                 /* bytes to leave out */
    const struct slice *header; /* names in the arena; NULL = no header */
    uint32_t header_count;
};
/* AGAIN: the header line is not whole in head, come back with more (at most 1 MiB). whole: head is
 * the entire file. Error: a header that cannot be read (not UTF-8, a name twice, cut short). */
enum status format_head_read(const struct format *format, struct slice head, bool whole,
                             struct arena *arena, struct format_head *ret,
                             struct error *error) MUST_CHECK;

/* Looks at new bytes [from, len) of a block whose records begin at data; returns the offset just
 * past the last record that is whole now, 0 if none ended in the new bytes. last = the input ends
 * at len: the tail is a record too. With FRAMING_ARRAY a record is whole once the comma or bracket
 * behind it is seen, which it does not hold. */
size_t framer_border(struct framer *framer, const char *data, size_t from, size_t len, bool last);
/* The first border in bytes whose record began before them, for a record that is too long to be
 * kept: false = none yet, give the next bytes. *ret_border may be 0, and the next record begins
 * there with a zeroed framer. */
bool framer_first_border(struct framer *framer, const char *data, size_t len, size_t *ret_border);
/* After the last call: false when the input was cut short in a way that no record shows: an array
 * without its ]. */
bool framer_is_complete(const struct framer *framer);

/* --- worker's side --------------------------------------------------------------------------- */

/* Columns every input has besides the declared ones (design: `input`). The order is fixed; they
 * follow the declared columns in the input schema. */
enum virtual_column {
    VIRTUAL_VALUE,    /* _value jsonb */
    VIRTUAL_RAW,      /* _raw text */
    VIRTUAL_KEY,      /* _key text */
    VIRTUAL_PART,     /* _part text */
    VIRTUAL_POSITION, /* _position text */
    VIRTUAL_TIME,     /* _time timestamptz */
    VIRTUAL_HEADERS,  /* _headers jsonb */
    VIRTUAL_ID,       /* _id text */
    VIRTUAL_COUNT
};

/* The input schema: declared columns, then the virtual ones. In the arena. */
struct schema input_schema(const struct schema *declared, struct arena *arena);

/* What the compiled pipeline asks for: needed[i] for each column of the input schema. */
struct field_plan {
    const struct schema *input; /* declared + virtual */
    uint32_t declared_count;
    const bool *needed;
    const struct timezone *zone;
    /* CSV: names in the header line, in the file's order; NULL = declared order. */
    const struct slice *header;
    uint32_t header_count;
};

/* Position, part and id of a record as text, for the virtual columns; supplied by the flow. */
struct decode_origin {
    void *context;
    struct slice part, id_prefix; /* id = id_prefix + position */
    struct slice (*position)(void *context, uint32_t record_offset, struct arena *arena);
};

struct decoder;
/* Immutable after that; shared by workers. Lives in the arena. */
struct decoder *decoder_new(const struct format *format, const struct field_plan *plan,
                            struct arena *arena);
/* batch->arena and read_at_us are set by the caller, the rest is written. A record with data NULL
 * is a message without payload: its columns are null. Frames raw and makes the needed columns;
 * every record counts in batch->records_count, also the withdrawn ones (stage "decode"). Fills all
 * of batch but read_at_us. raw's bytes must outlive the batch: columns point into them. The input
 * must begin and end at a record border. */
void decoder_run(const struct decoder *decoder, const struct raw *raw,
                 const struct decode_origin *origin, struct batch *batch);

/* --- out ------------------------------------------------------------------------------------- */

struct encode_options {
    enum format_kind kind; /* FORMAT_JSON: a line each; FORMAT_CSV: RFC 4180, LF; FORMAT_TEXT: one
                              column, a line */
    char delimiter, quote;
    struct slice null; /* csv: how null is written, default empty */
    const struct timezone *zone;
};
/* Appends one row (members in schema order, nulls written as null) with its line end. JSON: a row
 * whose only column is
 * `_value` is the record itself, byte for byte. */
void encode_row(const struct encode_options *options, const struct batch *batch, uint32_t row,
                struct buffer *out);
void encode_header(const struct encode_options *options, const struct schema *schema,
                   struct buffer *out);

#endif
