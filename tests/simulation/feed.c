/* SPDX-License-Identifier: Apache-2.0 */
/* A position is 4 bytes: how many bytes of the part lie before it, so always a multiple of a record's length. The end
 * is the engine's POSITION_END. */
#include "tests/simulation/feed.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/simulation/scheduler.h"

struct feed feed;

struct feed_reader {
    struct reader base;
    uint32_t part, next;
};

enum record_kind record_kind(uint32_t part, uint32_t n) {
    uint32_t mixed = (part * 7919 + n + 1) * UINT32_C(2654435761);
    uint32_t of_16 = mixed >> 28;
    return of_16 == 0 ? RECORD_BAD : of_16 <= 2 ? RECORD_FILTERED : RECORD_GOOD;
}

static void record_print(uint32_t part, uint32_t n, char *text) {
    char line[RECORD_BYTES + 1];
    enum record_kind kind = record_kind(part, n);
    int len = kind == RECORD_BAD
                  ? snprintf(line, sizeof line, "{\"k\":\"p%un%05u\",oops!}\n", part, n)
                  : snprintf(line, sizeof line, "{\"k\":\"p%un%05u\",\"f\":%d}\n", part, n,
                             kind == RECORD_FILTERED);
    assert(len <= RECORD_BYTES);
    memset(text, ' ', RECORD_BYTES);
    memcpy(text, line, (size_t)len - 1);
    text[RECORD_BYTES - 1] = '\n';
}

bool record_key_parse(const char *key, uint32_t *ret_part, uint32_t *ret_n) {
    char text[KEY_BYTES + 1];
    memcpy(text, key, KEY_BYTES);
    text[KEY_BYTES] = '\0';
    return sscanf(text, "p%1un%5u", ret_part, ret_n) == 2 && *ret_part < feed.parts && *ret_n < feed.records;
}

static uint32_t value_of(const struct position *position) {
    uint32_t value = 0;
    for (int i = 0; i < 4 && position->len == 4; i++) {
        value = value << 8 | position->bytes[i];
    }
    return value;
}

static struct position position_of(uint32_t value) {
    struct position position = {.len = 4};
    for (int i = 0; i < 4; i++) {
        position.bytes[i] = (uint8_t)(value >> (24 - 8 * i));
    }
    return position;
}

uint32_t records_before(const char *position) {
    if (strcmp(position, "start") == 0) {
        return 0;
    }
    if (strcmp(position, "end") == 0) {
        return feed.records;
    }
    char *end;
    unsigned long value = strtoul(position, &end, 10);
    return *end || end == position || value % RECORD_BYTES ? UINT32_MAX : (uint32_t)value / RECORD_BYTES;
}

static void feed_print(const struct position *position, char *ret_text) {
    if (position->len == 0) {
        memcpy(ret_text, "start", 6);
    } else if (position_is_end(position)) {
        memcpy(ret_text, "end", 4);
    } else {
        snprintf(ret_text, POSITION_TEXT_MAX, "%u", value_of(position));
    }
}

static bool feed_parse(const char *text, struct position *ret) {
    if (strcmp(text, "start") == 0) {
        *ret = POSITION_START;
    } else if (strcmp(text, "end") == 0) {
        *ret = POSITION_END;
    } else {
        *ret = position_of((uint32_t)strtoul(text, NULL, 10));
    }
    return true;
}

static void feed_position_at(const struct position *base, uint64_t offset, struct position *ret) {
    *ret = offset ? position_of(value_of(base) + (uint32_t)offset) : *base;
}

static uint64_t feed_offset_of(const struct position *base, const struct position *position) {
    return position_is_end(position) ? SIZE_MAX : value_of(position) - value_of(base);
}

static enum status feed_bind(const struct source_bind *bind, struct source **ret, struct error *error) {
    (void)error;
    *ret = arena_zalloc(bind->arena, sizeof **ret);
    return STATUS_OK;
}

static void feed_free(struct source *source) {
    (void)source;
}

static struct source_caps feed_caps(const struct source *source) {
    (void)source;
    return (struct source_caps){.bounded = true, .replayable = true, .parts_max = feed.readers};
}

static enum status feed_list(struct source *source, bool (*known)(void *context, const char *entry), void *context,
                             struct arena *arena, struct part_list *ret, struct error *error) {
    (void)source;
    if (draw_chance(feed.error_ppm)) {
        return error_set(error, ERROR_TRANSIENT, "feed-list", "drawn");
    }
    ret->items = arena_zalloc(arena, feed.parts * sizeof *ret->items);
    for (uint32_t i = 0; i < feed.parts; i++) {
        const char *name = arena_printf(arena, "part-%u", i);
        if (!known(context, name)) {
            ret->items[ret->count++] = (struct part_info){.name = name,
                                                          .entry = name,
                                                          .ident = "",
                                                          .detail = "",
                                                          .first = "start",
                                                          .weight_bytes = feed.records * RECORD_BYTES};
        }
    }
    return STATUS_OK;
}

static enum status feed_open(struct source *source, const struct part_info *part, const struct position *from,
                             const char *mark, struct reader **ret, struct part_format *ret_format,
                             struct error *error) {
    (void)mark;
    if (draw_chance(feed.error_ppm)) {
        return error_set(error, ERROR_TRANSIENT, "feed-open", "drawn");
    }
    struct feed_reader *reader = calloc(1, sizeof *reader);
    assert(reader);
    reader->base.source = source;
    reader->part = (uint32_t)strtoul(part->name + 5, NULL, 10);
    reader->next = value_of(from) / RECORD_BYTES;
    *ret_format = (struct part_format){.framing = FRAMING_LINES};
    *ret = &reader->base;
    return STATUS_OK;
}

static bool never(void *context) {
    (void)context;
    return false;
}

static enum status feed_read(struct reader *base, struct budget *budget, size_t room, int64_t deadline_us,
                             struct block *ret, struct error *error) {
    (void)room;
    struct feed_reader *reader = (struct feed_reader *)base;
    if (draw_chance(feed.pause_ppm)) {
        fiber_wait(never, NULL, sim_now_us() + draw_us(deadline_us - sim_now_us()));
    }
    if (draw_chance(feed.error_ppm)) {
        return error_set(error, ERROR_TRANSIENT, "feed-read", "drawn");
    }
    uint32_t left = feed.records - reader->next, count = 1 + draw_below(feed.block_records);
    count = count > left ? left : count;
    struct arena *arena = arena_new(budget, POOL_READ);
    jmp_buf escape;
    if (setjmp(escape)) {
        arena_free(arena);
        return STATUS_AGAIN;
    }
    arena_escape_set(arena, &escape);
    char *text = arena_alloc(arena, count * RECORD_BYTES + 1);
    arena_escape_set(arena, NULL);
    for (uint32_t i = 0; i < count; i++) {
        record_print(reader->part, reader->next++, text + (size_t)i * RECORD_BYTES);
    }
    ret->raw = (struct raw){.data = text, .len = (size_t)count * RECORD_BYTES};
    ret->to = reader->next == feed.records ? POSITION_END : position_of(reader->next * RECORD_BYTES);
    ret->arena = arena;
    return STATUS_OK;
}

static void feed_wake(struct reader *reader) {
    (void)reader;
}

static void feed_close(struct reader *reader) {
    free(reader);
}

const struct source_ops feed_source = {
    .bind = feed_bind,
    .free = feed_free,
    .caps = feed_caps,
    .print = feed_print,
    .parse = feed_parse,
    .position_at = feed_position_at,
    .offset_of = feed_offset_of,
    .list = feed_list,
    .open = feed_open,
    .read = feed_read,
    .wake = feed_wake,
    .close = feed_close,
};
