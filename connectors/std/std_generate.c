/* SPDX-License-Identifier: Apache-2.0 */
/* Source `generate`: seeded events for demos, tests and benches. Event n of a part depends on the seed, the part and n
 * alone, so a position is an ordinal and every run and every restart gives the same records. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "connectors/std/std.h"
#include "engine/record/datetime.h"

enum { EVENT_BYTES_MAX = 512, PARTS_MAX = 64 };

struct generate_options {
    int64_t count, seed, parts, rate;
};

static const struct option generate_rows[] = {
    {.name = "count", .fallback = "0", .sentence = "events in all parts together; 0 = no end", .type = OPTION_INT,
     .offset = offsetof(struct generate_options, count), .min = 0, .max = INT64_MAX},
    {.name = "rate", .fallback = "0", .sentence = "events a second in all parts together; 0 = as fast as possible",
     .type = OPTION_INT, .offset = offsetof(struct generate_options, rate), .min = 0, .max = 1000000000},
    {.name = "seed", .fallback = "1", .sentence = "another seed gives other events", .type = OPTION_INT,
     .offset = offsetof(struct generate_options, seed), .min = 0, .max = INT64_MAX, .flags = OPTION_IDENTITY},
    {.name = "parts", .fallback = "1", .sentence = "ordered sub-streams", .type = OPTION_INT,
     .offset = offsetof(struct generate_options, parts), .min = 1, .max = PARTS_MAX, .flags = OPTION_IDENTITY},
    {0},
};
static const struct option_table generate_options = {.rows = generate_rows, .size = sizeof(struct generate_options)};

struct generate_source {
    struct source base;
    struct generate_options options;
};

struct generate_reader {
    struct reader base;
    uint64_t part, next, end; /* ordinals; end 0 = none */
    int64_t started_us;
    uint64_t first;
};

static enum status generate_bind(const struct source_bind *bind, struct source **ret, struct error *error) {
    if (bind->format->kind != FORMAT_JSON) {
        return error_set(error, ERROR_PERMANENT, "generate-format", "generate makes JSON events: leave `format:` out");
    }
    struct generate_source *source = arena_zalloc(bind->arena, sizeof *source);
    source->options = *(const struct generate_options *)bind->options;
    *ret = &source->base;
    return STATUS_OK;
}

static void generate_free(struct source *source) {
    (void)source; /* lives in the graph's arena */
}

static const struct generate_options *options_of(const struct source *source) {
    return &((const struct generate_source *)source)->options;
}

static struct source_caps generate_caps(const struct source *source) {
    bool bounded = options_of(source)->count > 0;
    /* parts without an end are all read at once: none would ever make room for another */
    return (struct source_caps){
        .bounded = bounded, .replayable = true, .parts_max = bounded ? 0 : (uint32_t)options_of(source)->parts};
}

static enum status generate_list(struct source *source, bool (*known)(void *context, const char *entry), void *context,
                                 struct arena *arena, struct part_list *ret, struct error *error) {
    (void)error;
    uint32_t count = (uint32_t)options_of(source)->parts;
    ret->items = arena_zalloc(arena, count * sizeof *ret->items);
    for (uint32_t i = 0; i < count; i++) {
        const char *name = arena_printf(arena, "generate-%u", i);
        if (!known(context, name)) {
            const char *ident = arena_printf(arena, "seed %" PRId64, options_of(source)->seed);
            ret->items[ret->count++] =
                (struct part_info){.name = name, .entry = name, .ident = ident, .detail = "", .first = "start"};
        }
    }
    return STATUS_OK;
}

static enum status generate_open(struct source *source, const struct part_info *part, const struct position *from,
                                 const char *mark, struct reader **ret, struct part_format *ret_format,
                                 struct error *error) {
    (void)mark;
    const struct generate_options *options = options_of(source);
    char ident[64];
    snprintf(ident, sizeof ident, "seed %" PRId64, options->seed);
    if (strcmp(ident, part->ident) != 0) {
        return error_set(error, ERROR_PERMANENT, "generate-changed", "the ledger knows this part with %s, now it is %s",
                         part->ident, ident);
    }
    struct generate_reader *reader = calloc(1, sizeof *reader);
    if (!reader) {
        abort();
    }
    reader->base.source = source;
    reader->part = strtoull(part->name + strlen("generate-"), NULL, 10);
    reader->next = reader->first = offset_value(from);
    uint64_t parts = (uint64_t)options->parts, count = (uint64_t)options->count;
    reader->end = count ? count / parts + (reader->part < count % parts) : 0;
    reader->started_us = io_now_us();
    *ret_format = (struct part_format){.framing = FRAMING_LINES};
    *ret = &reader->base;
    return STATUS_OK;
}

/* splitmix64 (Steele, Lea, Flood 2014): good bits from a counter. */
static uint64_t mix(uint64_t x) {
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static size_t event_print(uint64_t seed, uint64_t part, uint64_t n, char *text) {
    static const char *const types[] = {"view", "click", "search", "purchase", "login"};
    static const char *const countries[] = {"DE", "FR", "US", "JP", "BR", "IN"};
    uint64_t a = mix(seed ^ mix(part << 40 ^ n)), b = mix(a), c = mix(b);
    int64_t at = (int64_t)((n * 1000 + a % 1000) + (uint64_t)part) + INT64_C(815875200000000);
    struct datetime_parts time;
    timestamp_split(at, &time);
    return (size_t)snprintf(
        text, EVENT_BYTES_MAX,
        "{\"id\":\"%016" PRIx64 "%016" PRIx64 "\",\"ts\":\"%04d-%02d-%02dT%02d:%02d:%02d.%06dZ\","
        "\"user_id\":%u,\"type\":\"%s\",\"amount\":%u.%02u,\"lat\":%d.%04u,\"is_bot\":%s,"
        "\"user\":{\"name\":\"u%u\",\"country\":\"%s\"},\"tags\":[\"t%u\",\"t%u\"]}\n",
        a, b, (int)time.year, time.month, time.day, time.hour, time.minute, time.second, time.us,
        (unsigned)(b % 1000000), types[c % 5], (unsigned)(c >> 8 & 511), (unsigned)(c >> 20) % 100,
        (int)(b >> 40) % 180 - 90, (unsigned)(b >> 20) % 10000, a & 31 ? "false" : "true", (unsigned)(b % 5000),
        countries[c >> 32 & 3], (unsigned)(a % 50), (unsigned)(a >> 8) % 50);
}

/* How far the rate lets us go now. */
static uint64_t allowed(const struct generate_reader *reader, const struct generate_options *options) {
    if (!options->rate) {
        return UINT64_MAX;
    }
    double seconds = (double)(io_now_us() - reader->started_us) / 1e6;
    return reader->first + (uint64_t)(seconds * (double)options->rate / (double)options->parts) + 1;
}

static enum status generate_read(struct reader *base, struct budget *budget, size_t room, int64_t deadline_us,
                                 struct block *ret, struct error *error) {
    (void)deadline_us;
    (void)error;
    struct generate_reader *reader = (struct generate_reader *)base;
    const struct generate_options *options = options_of(base->source);
    uint64_t upto = allowed(reader, options);
    upto = reader->end && upto > reader->end ? reader->end : upto;
    if (reader->next >= upto && !(reader->end && reader->next >= reader->end)) {
        ret->idle = true;
        return STATUS_AGAIN;
    }
    struct arena *arena = arena_new(budget, POOL_READ);
    jmp_buf escape;
    if (setjmp(escape)) {
        arena_free(arena);
        return STATUS_AGAIN;
    }
    arena_escape_set(arena, &escape);
    char *text = arena_alloc(arena, room + EVENT_BYTES_MAX);
    uint32_t records_max = (uint32_t)(room / 200) + 1;
    struct record *records = arena_alloc(arena, records_max * sizeof *records);
    arena_escape_set(arena, NULL);
    size_t len = 0;
    uint32_t count = 0;
    uint64_t n = reader->next;
    for (; n < upto && len < room && count < records_max; n++) {
        size_t one = event_print((uint64_t)options->seed, reader->part, n, text + len);
        records[count] = (struct record){.data = text + len, .len = (uint32_t)one - 1, .offset = count};
        count++;
        len += one;
    }
    reader->next = n;
    *ret = (struct block){
        .arena = arena,
        .raw = {.data = text, .len = len, .records = records, .records_count = count},
    };
    offset_position(n, &ret->to);
    if (reader->end && n >= reader->end) {
        ret->to = POSITION_END;
    }
    return STATUS_OK;
}

static void generate_wake(struct reader *reader) {
    (void)reader; /* never blocks */
}

static void generate_close(struct reader *reader) {
    free(reader);
}

static const struct source_ops generate_ops = {
    .bind = generate_bind,
    .free = generate_free,
    .caps = generate_caps,
    .print = offset_print,
    .parse = offset_parse,
    .position_at = offset_at,
    .offset_of = offset_between,
    .list = generate_list,
    .open = generate_open,
    .read = generate_read,
    .wake = generate_wake,
    .close = generate_close,
};

const struct connector std_generate_connector = {
    .kind = "generate",
    .sentence = "Seeded events, the same in every run; for demos, tests and benches",
    .source = &generate_ops,
    .source_options = &generate_options,
};
