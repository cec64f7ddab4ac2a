/* SPDX-License-Identifier: Apache-2.0 */
/* Rows to bytes, grouped by path, on a worker. Groups of 16 KiB and more leave as compressed frames; smaller ones as
 * plain text, because a frame for a handful of rows is larger than its rows: unit.c collects them. */
#include "connectors/object/object_sink.h"

#include <assert.h>
#include <stdlib.h>

struct object_encoder {
    struct encoder base;
    struct compressor *compressor; /* NULL without compression */
};

/* Which row goes where: group of each row, in the order of the rows. */
struct grouping {
    struct path_group *groups;
    uint32_t count, capacity;
    uint32_t *slots; /* hash table: group + 1; 0 = empty */
    uint32_t slots_count;
    uint32_t last;
};

struct encoder *object_encoder_new(struct sink *base) {
    struct object_sink *sink = (struct object_sink *)base;
    struct object_encoder *encoder = calloc(1, sizeof *encoder);
    assert(encoder);
    encoder->base.sink = base;
    if (sink->compression != COMPRESSION_NONE) {
        encoder->compressor = compressor_new(sink->compression, (int)sink->options->compression_level);
    }
    return &encoder->base;
}

void object_encoder_free(struct encoder *base) {
    struct object_encoder *encoder = (struct object_encoder *)base;
    if (encoder) {
        compressor_free(encoder->compressor);
        free(encoder);
    }
}

static uint32_t path_hash(struct slice path) {
    uint32_t hash = 2166136261U;
    for (size_t i = 0; i < path.len; i++) {
        hash = (hash ^ (unsigned char)path.data[i]) * 16777619U;
    }
    return hash ^ hash >> 15;
}

static uint32_t *slot_find(const struct grouping *grouping, struct slice path) {
    uint32_t mask = grouping->slots_count - 1, at = path_hash(path) & mask;
    while (grouping->slots[at] && !slice_equal(grouping->groups[grouping->slots[at] - 1].path, path)) {
        at = (at + 1) & mask;
    }
    return &grouping->slots[at];
}

static void slots_grow(struct grouping *grouping, struct arena *arena) {
    grouping->slots_count = grouping->slots_count ? grouping->slots_count * 2 : 64;
    grouping->slots = arena_zalloc(arena, grouping->slots_count * sizeof *grouping->slots);
    for (uint32_t i = 0; i < grouping->count; i++) {
        *slot_find(grouping, grouping->groups[i].path) = i + 1;
    }
}

/* The group of a path, new or known; neighbours often share one. */
static uint32_t group_find(struct grouping *grouping, struct slice path, struct arena *arena) {
    if (grouping->count && slice_equal(grouping->groups[grouping->last].path, path)) {
        return grouping->last;
    }
    if (grouping->count * 2 >= grouping->slots_count) {
        slots_grow(grouping, arena);
    }
    uint32_t *slot = slot_find(grouping, path);
    if (*slot == 0) {
        if (grouping->count == grouping->capacity) {
            uint32_t wider = grouping->capacity ? grouping->capacity * 2 : 16;
            grouping->groups = arena_grow(arena, grouping->groups, grouping->capacity * sizeof *grouping->groups,
                                          wider * sizeof *grouping->groups);
            grouping->capacity = wider;
        }
        grouping->groups[grouping->count] = (struct path_group){.path = arena_copy(arena, path)};
        *slot = ++grouping->count;
    }
    return grouping->last = *slot - 1;
}

static uint32_t selected_count(const struct batch *batch) {
    return batch->selection ? batch->selected : batch->rows;
}

/* False: a row's path is no path; its record is withdrawn. */
static bool row_group(const struct object_sink *sink, struct batch *batch, uint32_t row, struct grouping *grouping,
                      struct buffer *path) {
    path->len = 0;
    const char *code = path_template_expand(&sink->path, batch, row, path);
    if (code) {
        batch_withdraw_row(batch, row, code, "encode",
                           slice_of("the path made of this row's fields is longer than an object name may be"));
        return false;
    }
    uint32_t group = group_find(grouping, buffer_slice(path), batch->arena); /* may move the groups */
    grouping->groups[group].rows++;
    return true;
}

/* The group of each selected row. Withdrawn records take their other rows with them: then once more from the start. */
static uint32_t *rows_group(const struct object_sink *sink, struct batch *batch, struct grouping *grouping) {
    uint32_t count = selected_count(batch);
    uint32_t *row_groups = arena_alloc(batch->arena, (count + 1) * sizeof *row_groups);
    struct buffer path;
    buffer_init(&path, batch->arena, PATH_BYTES_MAX * 4);
    bool whole = true;
    for (uint32_t i = 0; i < count; i++) {
        whole &= row_group(sink, batch, batch_row(batch, i), grouping, &path);
        row_groups[i] = grouping->last;
    }
    if (!whole) {
        batch_selection_clean(batch);
        *grouping = (struct grouping){0};
        return rows_group(sink, batch, grouping);
    }
    return row_groups;
}

/* Rows sorted by group, stable. */
static uint32_t *rows_sort(const struct batch *batch, const struct grouping *grouping, const uint32_t *row_groups) {
    uint32_t count = selected_count(batch);
    uint32_t *sorted = arena_alloc(batch->arena, (count + 1) * sizeof *sorted);
    uint32_t *at = arena_alloc(batch->arena, (grouping->count + 1) * sizeof *at);
    for (uint32_t i = 0, sum = 0; i < grouping->count; i++) {
        at[i] = sum;
        sum += grouping->groups[i].rows;
    }
    for (uint32_t i = 0; i < count; i++) {
        sorted[at[row_groups[i]]++] = batch_row(batch, i);
    }
    return sorted;
}

/* The batch with the columns that are written, and no others. */
static struct batch batch_narrow(const struct object_sink *sink, const struct batch *batch) {
    struct batch narrow = *batch;
    narrow.schema = &sink->written;
    narrow.columns = arena_alloc(batch->arena, (sink->written.count + 1) * sizeof *narrow.columns);
    for (uint32_t i = 0; i < sink->written.count; i++) {
        narrow.columns[i] = batch->columns[sink->written_columns[i]];
    }
    return narrow;
}

static void group_encode(const struct object_encoder *encoder, const struct batch *batch, const uint32_t *rows,
                         struct buffer *text, struct payload *payload, struct path_group *group) {
    const struct object_sink *sink = (const struct object_sink *)encoder->base.sink;
    text->len = 0;
    for (uint32_t i = 0; i < group->rows; i++) {
        encode_row(&sink->encode, batch, rows[i], text);
    }
    group->framed = encoder->compressor && text->len >= FRAME_BYTES_MIN;
    if (group->framed) {
        struct buffer frame;
        buffer_init(&frame, payload->arena, text->len / 4);
        compressor_frame(encoder->compressor, buffer_slice(text), &frame);
        group->bytes = buffer_slice(&frame);
    } else {
        group->bytes = arena_copy(payload->arena, buffer_slice(text));
    }
    group->path = arena_copy(payload->arena, group->path);
    payload->bytes += group->bytes.len;
}

static const uint32_t *origins_of(const struct batch *batch, struct arena *arena) {
    uint32_t count = selected_count(batch);
    if (!batch->origins && !batch->selection) {
        return NULL;
    }
    uint32_t *records = arena_alloc(arena, (count + 1) * sizeof *records);
    for (uint32_t i = 0; i < count; i++) {
        records[i] = batch_record(batch, batch_row(batch, i));
    }
    return records;
}

enum status object_encode(struct encoder *base, struct batch *batch, struct payload *payload, struct error *error) {
    (void)error;
    const struct object_encoder *encoder = (const struct object_encoder *)base;
    const struct object_sink *sink = (const struct object_sink *)base->sink;
    struct grouping grouping = {0};
    uint32_t *row_groups = rows_group(sink, batch, &grouping);
    uint32_t *sorted = rows_sort(batch, &grouping, row_groups);
    struct batch narrow = batch_narrow(sink, batch);
    struct object_body *body = arena_alloc(payload->arena, sizeof *body);
    *body = (struct object_body){.count = grouping.count};
    body->groups = arena_alloc(payload->arena, (grouping.count + 1) * sizeof *body->groups);
    struct buffer text;
    buffer_init(&text, batch->arena, 64 << 10);
    payload->bytes = 0;
    for (uint32_t i = 0, first = 0; i < grouping.count; i++) {
        body->groups[i] = grouping.groups[i];
        group_encode(encoder, &narrow, sorted + first, &text, payload, &body->groups[i]);
        first += grouping.groups[i].rows;
    }
    payload->body = body;
    payload->rows = selected_count(batch);
    payload->row_records = origins_of(batch, payload->arena);
    return STATUS_OK;
}
