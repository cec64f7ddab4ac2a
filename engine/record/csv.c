/* SPDX-License-Identifier: Apache-2.0 */
/* Splits rows of CSV, sixteen bytes at a time. The fast roads are a field without any quote and one
 * that is quoted as a whole; everything else is only delimited here and unfolded when it is asked
 * for. */
#include "engine/record/csv.h"

#include "engine/record/json_block.h"

#include <assert.h>

struct splitter {
    const char *end;
    char delimiter, quote;
    bool quoting;  /* there is a quote character */
    bool newlines; /* quotes may hold newlines */
    bool unterminated;
};

/* The first delimiter, quote or newline from p on. */
static inline const char *find_special(const struct splitter *splitter, const char *p) {
    char delimiter = splitter->delimiter, quote = splitter->quote;
    while (splitter->end - p >= JSON_BLOCK) {
        unsigned stop = json_block_any_of(p, delimiter, quote, '\n');
        p += stop;
        if (stop < JSON_BLOCK) {
            return p;
        }
    }
    while (p < splitter->end && *p != delimiter && *p != quote && *p != '\n') {
        p++;
    }
    return p;
}

/* p is inside quotes: the quote that ends the stretch, or where it is cut off. */
static const char *find_quote(struct splitter *splitter, const char *p) {
    size_t rest = (size_t)(splitter->end - p);
    const char *limit = splitter->end;
    if (!splitter->newlines && rest) {
        const char *newline = memchr(p, '\n', rest);
        limit = newline ? newline : limit;
    }
    const char *quote = limit > p ? memchr(p, splitter->quote, (size_t)(limit - p)) : NULL;
    if (!quote) {
        splitter->unterminated = true;
        return limit;
    }
    return quote;
}

static bool ends_field(const struct splitter *splitter, const char *p) {
    if (p == splitter->end || *p == splitter->delimiter || *p == '\n') {
        return true;
    }
    return *p == '\r' && (p + 1 == splitter->end || p[1] == '\n');
}

/* A line ends with LF or CRLF; the CR belongs to it. */
static const char *without_return(const struct splitter *splitter, const char *start,
                                  const char *p) {
    bool line_end = p == splitter->end || *p == '\n';
    return line_end && p > start && p[-1] == '\r' ? p - 1 : p;
}

/* A field with a quote that is not its first byte, or with more than one quoted stretch: delimits
 * it. p is at a quote that opens a stretch. */
static const char *field_folded(struct splitter *splitter, const char *start, const char *p,
                                struct csv_field *ret) {
    while (p < splitter->end && *p == splitter->quote) {
        p = find_quote(splitter, p + 1);
        if (splitter->unterminated) {
            break;
        }
        p = find_special(splitter, p + 1);
    }
    const char *stop = splitter->unterminated ? p : without_return(splitter, start, p);
    *ret = (struct csv_field){
        .text = slice_make(start, (size_t)(stop - start)), .quoted = true, .folded = true};
    return p;
}

/* The field at p; returns the delimiter or newline behind it. */
static inline const char *field_split(struct splitter *splitter, const char *p,
                                      struct csv_field *ret) {
    const char *start = p;
    if (p < splitter->end && *p == splitter->quote && splitter->quoting) {
        const char *closing = find_quote(splitter, p + 1);
        if (splitter->unterminated) {
            *ret = (struct csv_field){.text = slice_make(p, (size_t)(closing - p)), .quoted = true};
            return closing;
        }
        if (ends_field(splitter, closing + 1)) {
            *ret = (struct csv_field){.text = slice_make(p + 1, (size_t)(closing - p) - 1),
                                      .quoted = true};
            p = closing + 1;
            return p < splitter->end && *p == '\r' && *p != splitter->delimiter ? p + 1 : p;
        }
        return field_folded(splitter, start, p, ret);
    }
    p = find_special(splitter, p);
    if (splitter->quoting && p < splitter->end && *p == splitter->quote) {
        return field_folded(splitter, start, p, ret);
    }
    const char *stop = without_return(splitter, start, p);
    *ret = (struct csv_field){.text = slice_make(start, (size_t)(stop - start))};
    return p;
}

void csv_row_split(const struct format *format, const char *p, const char *end,
                   struct csv_row *row) {
    struct splitter splitter = {.end = end,
                                .delimiter = format->delimiter,
                                .quote = format->quote ? format->quote : format->delimiter,
                                .quoting = format->quote != '\0',
                                .newlines = format->quoted_newlines};
    struct csv_field spare;
    const char *start = p;
    assert(p < end);
    row->count = 0;
    for (;; p++) {
        struct csv_field *field = row->count < row->capacity ? &row->fields[row->count] : &spare;
        p = field_split(&splitter, p, field);
        row->count++;
        if (splitter.unterminated || p >= end || *p == '\n') {
            break;
        }
    }
    row->end = without_return(&splitter, start, p);
    row->next = p < end ? p + 1 : end;
    row->unterminated = splitter.unterminated;
}

struct slice csv_unfold(struct slice raw, char quote, struct arena *arena) {
    char *out = arena_alloc(arena, raw.len);
    size_t len = 0;
    bool inside = false;
    for (size_t i = 0; i < raw.len; i++) {
        if (raw.data[i] != quote) {
            out[len++] = raw.data[i];
        } else if (inside && i + 1 < raw.len && raw.data[i + 1] == quote) {
            out[len++] = quote;
            i++;
        } else {
            inside = !inside;
        }
    }
    arena_trim(arena, out, raw.len, len);
    return slice_make(out, len);
}
