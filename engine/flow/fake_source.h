/* SPDX-License-Identifier: Apache-2.0 */
/* A source for tests of whole jobs: part p holds the records {"p":p,"n":0}, {"p":p,"n":1} and so
 * on, padded to any size, as lines of bytes or as delimited records whose positions have gaps. Its
 * errors are scripted. Compiled into the test alone; one job at a time. */
#ifndef LEAT_FLOW_FAKE_SOURCE_H
#define LEAT_FLOW_FAKE_SOURCE_H

#include <setjmp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/flow/connector.h"

enum { FAKE_GAP = 10 };

/* What the source does; set before the job starts. */
struct fake_feed {
    uint32_t parts, records; /* of each part */
    uint32_t bytes;          /* of a record at least */
    uint32_t block_records;  /* at most in a block */
    bool delimited;          /* record n stands at 10 n + 3, the block ends at 10 n + 4 */
    bool endless;            /* idle at the end instead of POSITION_END */
    uint32_t bad_every;      /* every so many a record that is no JSON; 0 = none */
    uint32_t bad_from;       /* from this record on */
    atomic_int open_errors, read_errors; /* transient ones still to come */
    uint32_t broken_at;      /* a permanent error before this record; 0 = none */
};
static struct fake_feed feed;

struct fake_reader {
    struct reader base;
    uint32_t part, next;
    uint64_t at; /* where the next one begins */
};

static bool fake_is_bad(uint32_t n) {
    return feed.bad_every && n >= feed.bad_from && n % feed.bad_every == feed.bad_every - 1;
}

#define FAKE_GOOD "{\"p\":%u,\"n\":%u,\"x\":\""
#define FAKE_BAD "{\"p\":%u,\"n\":%u,oops"

enum { FAKE_TEXT_MAX = 64 };

static size_t fake_record_print(uint32_t part, uint32_t n, char *text) {
    size_t len = (size_t)snprintf(text, FAKE_TEXT_MAX, fake_is_bad(n) ? FAKE_BAD : FAKE_GOOD, part, n);
    size_t pad = len + 2 < feed.bytes ? feed.bytes - len - 2 : 0;
    memset(text + len, 'x', pad);
    memcpy(text + len + pad, "\"}\n", 4);
    return len + pad + 3;
}

static size_t fake_record_bytes(void) {
    return feed.bytes > 64 ? feed.bytes + 64 : 128;
}

static uint64_t fake_value(const struct position *position) {
    uint64_t value = 0;
    for (int i = 0; i < 8 && position->len == 8; i++) {
        value = value << 8 | position->bytes[i];
    }
    return value;
}

static void fake_position(uint64_t value, struct position *ret) {
    *ret = (struct position){.len = 8};
    for (int i = 0; i < 8; i++) {
        ret->bytes[i] = (uint8_t)(value >> (56 - 8 * i));
    }
}

static void fake_print(const struct position *position, char *ret_text) {
    if (position->len == 0) {
        memcpy(ret_text, "start", 6);
    } else if (position_is_end(position)) {
        memcpy(ret_text, "end", 4);
    } else {
        snprintf(ret_text, POSITION_TEXT_MAX, "%llu", (unsigned long long)fake_value(position));
    }
}

static bool fake_parse(const char *text, struct position *ret) {
    if (strcmp(text, "start") == 0) {
        *ret = POSITION_START;
    } else if (strcmp(text, "end") == 0) {
        *ret = POSITION_END;
    } else {
        fake_position(strtoull(text, NULL, 10), ret);
    }
    return true;
}

static void fake_position_at(const struct position *base, uint64_t offset, struct position *ret) {
    if (offset == 0) {
        *ret = *base;
        return;
    }
    fake_position(fake_value(base) + offset, ret);
}

static uint64_t fake_offset_of(const struct position *base, const struct position *position) {
    return position_is_end(position) ? SIZE_MAX : fake_value(position) - fake_value(base);
}

static enum status fake_source_bind(const struct source_bind *bind, struct source **ret, struct error *error) {
    (void)error;
    *ret = arena_zalloc(bind->arena, sizeof **ret);
    return STATUS_OK;
}

static void fake_source_free(struct source *source) {
    (void)source;
}

static struct source_caps fake_source_caps(const struct source *source) {
    (void)source;
    return (struct source_caps){.bounded = !feed.endless, .replayable = true};
}

static enum status fake_list(struct source *source, bool (*known)(void *context, const char *entry), void *context,
                             struct arena *arena, struct part_list *ret, struct error *error) {
    (void)source;
    (void)error;
    ret->items = arena_zalloc(arena, feed.parts * sizeof *ret->items);
    for (uint32_t i = 0; i < feed.parts; i++) {
        const char *name = arena_printf(arena, "part-%05u", i);
        if (!known(context, name)) {
            ret->items[ret->count++] =
                (struct part_info){.name = name, .entry = name, .ident = "", .detail = "", .first = "start"};
        }
    }
    return STATUS_OK;
}

static uint64_t fake_record_len(uint32_t part, uint32_t n) {
    size_t len = (size_t)snprintf(NULL, 0, fake_is_bad(n) ? FAKE_BAD : FAKE_GOOD, part, n);
    return len + (len + 2 < feed.bytes ? feed.bytes - len - 2 : 0) + 3;
}

/* Records that lie before a position. */
static uint32_t fake_records_before(uint32_t part, uint64_t value) {
    uint32_t n = 0;
    if (feed.delimited) {
        n = (uint32_t)((value + FAKE_GAP - 4) / FAKE_GAP);
        return n < feed.records ? n : feed.records;
    }
    for (uint64_t at = 0; n < feed.records && at < value; n++) {
        at += fake_record_len(part, n);
    }
    return n;
}

static bool fake_take(atomic_int *errors) {
    return atomic_load(errors) > 0 && atomic_fetch_sub(errors, 1) > 0;
}

static enum status fake_open(struct source *source, const struct part_info *part,
                             const struct position *from, const char *mark, struct reader **ret,
                             struct part_format *ret_format, struct error *error) {
    (void)mark;
    if (fake_take(&feed.open_errors)) {
        return error_set(error, ERROR_TRANSIENT, "fake-open", "scripted");
    }
    struct fake_reader *reader = calloc(1, sizeof *reader);
    reader->base.source = source;
    reader->part = (uint32_t)strtoul(part->name + 5, NULL, 10);
    reader->at = fake_value(from);
    reader->next = fake_records_before(reader->part, reader->at);
    *ret_format = (struct part_format){.framing = FRAMING_LINES};
    *ret = &reader->base;
    return STATUS_OK;
}

static void fake_block_fill(struct fake_reader *reader, uint32_t count, char *text, struct record *records,
                            struct block *ret) {
    size_t len = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t n = reader->next + i;
        size_t one = fake_record_print(reader->part, n, text + len);
        records[i] = (struct record){.data = text + len, .len = (uint32_t)one - 1};
        records[i].offset = (uint32_t)((uint64_t)n * FAKE_GAP + 3 - reader->at);
        len += one;
    }
    ret->raw = (struct raw){.data = text, .len = len};
    if (feed.delimited) {
        ret->raw.records = records;
        ret->raw.records_count = count;
    }
    reader->next += count;
    reader->at = !feed.delimited ? reader->at + len : count ? (uint64_t)(reader->next - 1) * FAKE_GAP + 4 : reader->at;
    fake_position(reader->at, &ret->to);
    if (reader->next == feed.records && !feed.endless) {
        ret->to = POSITION_END;
    }
}

static enum status fake_read(struct reader *base, struct budget *budget, size_t room, int64_t deadline_us,
                             struct block *ret, struct error *error) {
    (void)deadline_us;
    struct fake_reader *reader = (struct fake_reader *)base;
    if (fake_take(&feed.read_errors)) {
        return error_set(error, ERROR_TRANSIENT, "fake-read", "scripted");
    }
    if (feed.broken_at && reader->next >= feed.broken_at) {
        return error_set(error, ERROR_PERMANENT, "fake-broken", "scripted");
    }
    if (feed.endless && reader->next >= feed.records) {
        ret->idle = true;
        return STATUS_AGAIN;
    }
    uint32_t left = (feed.broken_at ? feed.broken_at : feed.records) - reader->next;
    uint32_t count = (uint32_t)(room / fake_record_bytes()) + 1;
    count = count > feed.block_records ? feed.block_records : count;
    count = count > left ? left : count;
    struct arena *arena = arena_new(budget, POOL_READ);
    jmp_buf escape;
    if (setjmp(escape)) {
        arena_free(arena);
        return STATUS_AGAIN;
    }
    arena_escape_set(arena, &escape);
    char *text = arena_alloc(arena, count * fake_record_bytes() + 1);
    struct record *records = arena_alloc(arena, (count + 1) * sizeof *records);
    arena_escape_set(arena, NULL);
    fake_block_fill(reader, count, text, records, ret);
    ret->arena = arena;
    return STATUS_OK;
}

static void fake_wake(struct reader *reader) {
    (void)reader;
}

static void fake_close(struct reader *reader) {
    free(reader);
}

static const struct source_ops fake_source_ops = {
    .bind = fake_source_bind,
    .free = fake_source_free,
    .caps = fake_source_caps,
    .print = fake_print,
    .parse = fake_parse,
    .position_at = fake_position_at,
    .offset_of = fake_offset_of,
    .list = fake_list,
    .open = fake_open,
    .read = fake_read,
    .wake = fake_wake,
    .close = fake_close,
};

#endif
