/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the formats: one row of CSV into fields. RFC 4180 with Postgres's reading of what it
 * leaves open: a quote in the middle of a field begins a quoted stretch, so the number of quotes
 * alone says whether a newline ends the row, and the reader's framer and this splitter agree by
 * construction. */
#ifndef LEAT_RECORD_CSV_H
#define LEAT_RECORD_CSV_H

#include "engine/record/format.h"

struct csv_field {
    struct slice text; /* what it holds; when `folded`, its raw bytes, quotes and all */
    bool quoted;       /* had a quote: never a null */
    bool folded;       /* has doubled quotes or quotes inside: csv_unfold makes its text */
};

struct csv_row {
    struct csv_field *fields; /* the first `capacity` of them are filled */
    uint32_t capacity, count; /* count goes on beyond capacity */
    const char *end;          /* of the row, without its line end */
    const char *next;         /* the next row, or the end of the bytes */
    bool unterminated; /* the bytes (or the line, without quoted newlines) ended inside quotes */
};

/* Splits the row at p < end. */
void csv_row_split(const struct format *format, const char *p, const char *end,
                   struct csv_row *row);
struct slice csv_unfold(struct slice raw, char quote, struct arena *arena);

#endif
