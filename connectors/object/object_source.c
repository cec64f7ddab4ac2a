/* SPDX-License-Identifier: Apache-2.0 */
/* The file source's calls. Every part has a reader of its own; the source itself never changes after bind, but for the
 * table of followed files, which has a lock. */
#include "connectors/object/object_source.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { RELIST_US = 1000000, FOLLOWED_PARTS_MAX = 1024 };

static struct object_source *self(struct source *source) {
    return (struct object_source *)source;
}

static enum status source_bind(const struct source_bind *bind, struct source **ret, struct error *error) {
    const struct file_source_options *options = bind->options;
    if (options->path.count == 0) {
        return error_set(error, ERROR_PERMANENT, "file-path", "path names no file");
    }
    struct object_source *source = arena_zalloc(bind->arena, sizeof *source);
    source->base.ops = &object_source_ops;
    source->options = options;
    source->format = bind->format;
    source->follow = options->follow ? follow_table_new() : NULL;
    *ret = &source->base;
    return STATUS_OK;
}

static void source_free(struct source *base) {
    if (base) {
        follow_table_free(self(base)->follow);
    }
}

static struct source_caps source_caps(const struct source *base) {
    bool follow = ((const struct object_source *)base)->follow != NULL;
    return (struct source_caps){
        .bounded = !follow,
        .replayable = true,
        .relist_us = follow ? RELIST_US : 0,
        .parts_max = follow ? FOLLOWED_PARTS_MAX : 0,
    };
}

static void source_print(const struct position *position, char *ret_text) {
    if (position->len == 0) {
        snprintf(ret_text, POSITION_TEXT_MAX, "start");
    } else if (position_is_end(position)) {
        snprintf(ret_text, POSITION_TEXT_MAX, "end");
    } else {
        snprintf(ret_text, POSITION_TEXT_MAX, "%" PRIu64, position_number(position));
    }
}

static bool source_parse(const char *text, struct position *ret) {
    if (strcmp(text, "start") == 0) {
        *ret = POSITION_START;
        return true;
    }
    if (strcmp(text, "end") == 0) {
        *ret = POSITION_END;
        return true;
    }
    size_t len = strlen(text);
    if (len == 0 || len > 18 || strspn(text, "0123456789") != len || (text[0] == '0' && len > 1)) {
        return false;
    }
    *ret = position_of(strtoull(text, NULL, 10));
    return true;
}

static void source_position_at(const struct position *base, uint64_t offset, struct position *ret) {
    assert(!position_is_end(base));
    *ret = position_of(position_number(base) + offset);
}

static uint64_t source_offset_of(const struct position *base, const struct position *position) {
    if (position_is_end(position)) {
        return SIZE_MAX;
    }
    uint64_t from = position_number(base), at = position_number(position);
    uint64_t offset = at > from ? at - from : 0;
    return offset > UINT32_MAX ? SIZE_MAX : offset;
}

static enum status source_list(struct source *base, bool (*known)(void *context, const char *entry), void *context,
                               struct arena *arena, struct part_list *ret, struct error *error) {
    struct object_source *source = self(base);
    return source->follow ? follow_list(source, known, context, arena, ret, error)
                          : plan_list(source, known, context, arena, ret, error);
}

static enum status source_open(struct source *base, const struct part_info *part, const struct position *from,
                               const char *mark, struct reader **ret, struct part_format *ret_format,
                               struct error *error) {
    return object_reader_open(self(base), part, from, mark, ret, ret_format, error);
}

const struct source_ops object_source_ops = {
    .bind = source_bind,
    .free = source_free,
    .caps = source_caps,
    .print = source_print,
    .parse = source_parse,
    .position_at = source_position_at,
    .offset_of = source_offset_of,
    .list = source_list,
    .changed = plan_changed,
    .open = source_open,
    .read = object_reader_read,
    .wake = object_reader_wake,
    .close = object_reader_close,
};
