/* SPDX-License-Identifier: Apache-2.0 */
/* What stands before the first record of a file: a byte order mark (RFC 8259 lets a reader of JSON
 * leave it out, too) and the header line of CSV. Read once by the source when it opens a part; the
 * names live in the caller's arena. */
#include "engine/record/csv.h"

enum { HEAD_MAX = 1 << 20 };

static const char byte_order_mark[3] = {'\xEF', '\xBB', '\xBF'};

static enum status need_more(struct slice head, struct error *error) {
    if (head.len < HEAD_MAX) {
        return STATUS_AGAIN;
    }
    return error_set(error, ERROR_PERMANENT, "csv-header", "the header line is longer than 1 MiB");
}

static enum status check_names(const struct slice *names, uint32_t count, struct error *error) {
    for (uint32_t i = 0; i < count; i++) {
        size_t bad;
        if (!utf8_is_valid(names[i], &bad)) {
            return error_set(error, ERROR_PERMANENT, "csv-header",
                             "the name of column %u in the header line is not UTF-8", i + 1);
        }
        for (uint32_t j = 0; j < i; j++) {
            if (names[i].len && slice_equal(names[i], names[j])) {
                return error_set(error, ERROR_PERMANENT, "csv-header",
                                 "columns %u and %u of the header line are both named \"%.*s\"",
                                 j + 1, i + 1, (int)(names[i].len < 64 ? names[i].len : 64),
                                 names[i].data);
            }
        }
    }
    return STATUS_OK;
}

static enum status read_names(const struct format *format, struct slice line, struct arena *arena,
                              struct format_head *ret, struct error *error) {
    struct csv_row row = {.capacity = 0};
    csv_row_split(format, line.data, line.data + line.len, &row);
    row.capacity = row.count;
    row.fields = arena_alloc(arena, row.count * sizeof *row.fields);
    csv_row_split(format, line.data, line.data + line.len, &row);
    struct slice *names = arena_alloc(arena, row.count * sizeof *names);
    for (uint32_t i = 0; i < row.count; i++) {
        const struct csv_field *field = &row.fields[i];
        names[i] = field->folded ? csv_unfold(field->text, format->quote, arena)
                                 : arena_copy(arena, field->text);
    }
    ret->header = names;
    ret->header_count = row.count;
    return check_names(names, row.count, error);
}

static enum status read_header(const struct format *format, struct slice head, bool whole,
                               struct arena *arena, struct format_head *ret, struct error *error) {
    const char *p = head.data + ret->len, *end = head.data + head.len;
    while (p < end && (*p == '\n' || *p == '\r')) {
        p++;
    }
    if (p == end) {
        ret->len = head.len;
        return whole ? STATUS_OK : need_more(head, error);
    }
    struct csv_row row = {.capacity = 0};
    csv_row_split(format, p, end, &row);
    bool ended = !row.unterminated && end[-1] == '\n';
    if (row.next == end && !ended && !whole) {
        return need_more(head, error);
    }
    if (row.unterminated) {
        return error_set(error, ERROR_PERMANENT, "csv-header",
                         "a quote in the header line is not closed");
    }
    ret->len = (size_t)(row.next - head.data);
    return read_names(format, slice_make(p, (size_t)(row.next - p)), arena, ret, error);
}

enum status format_head_read(const struct format *format, struct slice head, bool whole,
                             struct arena *arena, struct format_head *ret, struct error *error) {
    *ret = (struct format_head){.len = 0};
    if (format->kind == FORMAT_BYTES) {
        return STATUS_OK;
    }
    size_t seen = head.len < sizeof byte_order_mark ? head.len : sizeof byte_order_mark;
    bool marked = memcmp(head.data, byte_order_mark, seen) == 0;
    if (marked && seen < sizeof byte_order_mark && !whole) {
        return STATUS_AGAIN;
    }
    ret->len = marked && seen == sizeof byte_order_mark ? seen : 0;
    return format->kind == FORMAT_CSV && format->header
               ? read_header(format, head, whole, arena, ret, error)
               : STATUS_OK;
}
