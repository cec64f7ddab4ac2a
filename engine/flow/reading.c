/* SPDX-License-Identifier: Apache-2.0 */
/* A step function on the lane that posts itself again, or sets a timer when there is nothing to do: no data, no
 * memory, or a back-off. Everything in it is the lane's, but `stopping`. */
#include "engine/flow/reading.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/base/log.h"

enum {
    ROOM_MAX = (1 << 20) - 4096, /* with its arena's head it is a chunk of 1 MiB */
    ROOM_MIN = 64 << 10,
    READ_WAIT_US = 200000,
    MEMORY_WAIT_US = 2000,
    IDLE_WAIT_US = 20000,
    BACKOFF_MIN_US = 100000,
    BACKOFF_MAX_US = 10000000
};

struct reading {
    struct task task;
    struct timer timer;
    struct reading_setup setup;
    struct reader *reader;
    struct position at;  /* everything before it was cut */
    const char *mark;    /* as of `at`; own copy in the arena */
    struct arena *arena; /* marks */
    uint64_t assignment;
    uint64_t wants;      /* sinks that are not at their end */
    struct position nexts[SINKS_MAX]; /* of those: where each stood when this assignment began */
    uint32_t failures;
    int64_t paused_since_us; /* 0 = not paused */
    int64_t resume_at_us;    /* of a back-off */
    atomic_bool stopping;
};

static const struct source_ops *source_of(const struct reading *reading) {
    return reading->setup.graph->source_connector->source;
}

static void step_again(struct reading *reading) {
    io->post(reading->setup.executor, &reading->task);
}

static void step_later(struct reading *reading, int64_t wait_us) {
    io->timer_set(reading->setup.executor, &reading->timer, io_now_us() + wait_us);
}

static void paused_count(struct reading *reading, bool paused) {
    int64_t now = io_now_us();
    if (reading->paused_since_us) {
        atomic_fetch_add(&reading->setup.counters->paused_us, (uint64_t)(now - reading->paused_since_us));
    }
    reading->paused_since_us = paused ? now : 0;
}

static void over(struct reading *reading, const struct error *error) {
    source_of(reading)->close(reading->reader);
    reading->reader = NULL;
    paused_count(reading, false);
    reading->setup.over(reading->setup.context, reading->setup.part, &reading->at, error);
}

static uint64_t sinks_wanting(const struct reading *reading, const struct position *from) {
    uint64_t sinks = 0;
    for (uint32_t i = 0; i < reading->setup.graph->sinks_count; i++) {
        if ((reading->wants >> i & 1) && position_compare(&reading->nexts[i], from) <= 0) {
            sinks |= UINT64_C(1) << i;
        }
    }
    return sinks;
}

/* The first sink position strictly inside the segment; NULL = none. */
static const struct position *cut_inside(const struct reading *reading, const struct segment *segment) {
    for (uint32_t i = 0; i < reading->setup.graph->sinks_count; i++) {
        const struct position *cut = &reading->nexts[i];
        if ((reading->wants >> i & 1) && position_compare(cut, &segment->from) > 0 &&
            position_compare(cut, &segment->to) < 0) {
            return cut;
        }
    }
    return NULL;
}

/* Records between two positions of delimited records. */
static size_t records_before(const struct segment *segment, uint64_t offset) {
    size_t count = 0;
    while (count < segment->raw.records_count && segment->raw.records[count].offset < offset) {
        count++;
    }
    return count;
}

static void segment_send(struct reading *reading, struct segment *segment) {
    const struct position *cut;
    while ((cut = cut_inside(reading, segment))) {
        uint64_t offset = source_of(reading)->offset_of(&segment->base, cut);
        if (segment->raw.records) {
            offset = records_before(segment, offset);
        }
        size_t size = segment->raw.records ? segment->raw.records_count : segment->raw.len;
        offset = offset < size ? offset : size; /* behind the last record: the end of the part lies beyond its bytes */
        struct segment *head, *tail;
        segment_split(segment, offset, cut, &head, &tail);
        segment_unref(segment);
        head->wants = sinks_wanting(reading, &head->from);
        workers_post(reading->setup.workers, head, head->wants);
        segment = tail;
    }
    segment->wants = sinks_wanting(reading, &segment->from);
    workers_post(reading->setup.workers, segment, segment->wants);
}

static void block_cut(struct reading *reading, struct block *block) {
    struct segment filled = {
        .cut = atomic_fetch_add(reading->setup.cuts, 1),
        .assignment = reading->assignment,
        .from = reading->at,
        .base = reading->at,
        .to = block->to,
        .mark = block->mark,
        .read_at_us = io_wall_us(),
        .raw = block->raw,
        .arena = block->arena,
    };
    if (block->mark) {
        arena_reset(reading->arena);
        reading->mark = arena_text(reading->arena, slice_of(block->mark));
    }
    reading->at = block->to;
    atomic_fetch_add(&reading->setup.counters->bytes, block->raw.len);
    atomic_fetch_add(&reading->setup.counters->segments, 1);
    segment_send(reading, segment_new(reading->setup.part, &filled));
}

static void failed(struct reading *reading, const struct error *error) {
    atomic_fetch_add(&reading->setup.counters->errors, 1);
    if (error->class != ERROR_TRANSIENT) {
        over(reading, error);
        return;
    }
    source_of(reading)->close(reading->reader);
    reading->reader = NULL;
    int64_t wait = BACKOFF_MIN_US;
    for (uint32_t i = 0; i < reading->failures && wait < BACKOFF_MAX_US; i++) {
        wait *= 2;
    }
    reading->failures++;
    log_write(LOG_WARN, "source-retry", error->message, "part", reading->setup.part->info.name, "code", error->code,
              "attempt", log_number(reading->failures), NULL);
    reading->resume_at_us = io_now_us() + wait;
    step_later(reading, IDLE_WAIT_US);
}

/* A declared column that the header line does not name is null in every record: most likely a slip. */
static void header_look(const struct graph *graph, const struct part *part) {
    for (uint32_t i = 0; part->format.header && i < graph->declared.count; i++) {
        bool named = !graph->needed[i];
        for (uint32_t j = 0; j < part->format.header_count && !named; j++) {
            named = slice_is(part->format.header[j], graph->declared.fields[i].name);
        }
        if (!named) {
            log_write(LOG_WARN, "csv-column-missing",
                      "the header line does not name a declared column, which is null in every record; names are "
                      "compared as written",
                      "part", part->info.name, "column", graph->declared.fields[i].name, NULL);
        }
    }
}

static bool opened(struct reading *reading) {
    if (reading->reader) {
        return true;
    }
    struct part *part = reading->setup.part;
    const struct graph *graph = reading->setup.graph;
    struct part_format format = {0};
    struct error error;
    if (source_of(reading)->open(graph->source, &part->info, &reading->at, reading->mark, &reading->reader, &format,
                                 &error) != STATUS_OK) {
        reading->reader = NULL;
        failed(reading, &error);
        return false;
    }
    if (!part->decoder) {
        part->format = format;
        part->bare_decoder = graph_decoder(graph, &format, true, part->arena);
        part->decoder = graph_decoder(graph, &format, false, part->arena);
        header_look(graph, part);
    }
    return true;
}

static size_t room_of(const struct reading *reading) {
    uint64_t room = budget_limit(reading->setup.graph->budget) / 64;
    return room > ROOM_MAX ? ROOM_MAX : room < ROOM_MIN ? ROOM_MIN : (size_t)room;
}

static void read_once(struct reading *reading) {
    struct block block = {0};
    struct error error;
    enum status status = source_of(reading)->read(reading->reader, reading->setup.graph->budget, room_of(reading),
                                                  io_now_us() + READ_WAIT_US, &block, &error);
    if (status == STATUS_AGAIN) {
        paused_count(reading, !block.idle);
        step_later(reading, block.idle ? IDLE_WAIT_US : MEMORY_WAIT_US);
        return;
    }
    if (status != STATUS_OK) {
        failed(reading, &error);
        return;
    }
    paused_count(reading, false);
    reading->failures = 0;
    if (block.gap) {
        atomic_fetch_add(&reading->setup.counters->gaps, 1);
        enum status gap = error_set(
            &error, ERROR_PERMANENT, "source-gap",
            "a range is missing at the source: %s; to go on behind it: leat ledger skip FILE '%s'",
            block.gap, reading->setup.part->info.name);
        (void)gap;
        arena_free(block.arena);
        over(reading, &error);
        return;
    }
    block_cut(reading, &block);
    if (position_is_end(&reading->at)) {
        over(reading, NULL);
        return;
    }
    step_again(reading);
}

static void step(struct reading *reading) {
    if (atomic_load(&reading->stopping)) {
        over(reading, NULL);
        return;
    }
    if (io_now_us() < reading->resume_at_us) {
        step_later(reading, IDLE_WAIT_US); /* in short steps, to see a stop */
        return;
    }
    if (opened(reading)) {
        read_once(reading);
    }
}

static void step_task(struct task *task) {
    step((struct reading *)task);
}

static void step_timer(struct timer *timer) {
    step((struct reading *)(void *)((char *)timer - offsetof(struct reading, timer)));
}

struct reading *reading_start(const struct reading_setup *setup) {
    struct reading *reading = calloc(1, sizeof *reading);
    if (!reading) {
        abort();
    }
    reading->setup = *setup;
    reading->task.run = step_task;
    reading->timer = (struct timer){.at_us = INT64_MAX, .run = step_timer};
    reading->at = setup->from;
    reading->arena = arena_new(NULL, POOL_READ);
    reading->mark = arena_text(reading->arena, slice_of(setup->mark));
    reading->assignment = atomic_load(&setup->part->assignment);
    for (uint32_t i = 0; i < setup->graph->sinks_count; i++) {
        const struct part_share *share = &setup->part->shares[i];
        if (share->won && !share->ended) {
            reading->wants |= UINT64_C(1) << i;
            reading->nexts[i] = share->next;
        }
    }
    step_again(reading);
    return reading;
}

void reading_stop(struct reading *reading) {
    atomic_store(&reading->stopping, true);
}

void reading_free(struct reading *reading) {
    if (reading) {
        source_of(reading)->close(reading->reader);
        arena_free(reading->arena);
        free(reading);
    }
}
