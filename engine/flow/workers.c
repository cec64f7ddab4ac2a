/* SPDX-License-Identifier: Apache-2.0 */
/* One mutex guards the heap and what each worker is on; it is taken twice for a segment of about a megabyte. All else
 * of a worker is its own thread's, its columns and encoders included. */
#include "engine/flow/workers.h"

#include <assert.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/flow/part_state.h"

struct work {
    struct segment *segment;
    uint64_t sinks; /* still to be served */
    bool oversize;  /* one record that no memory is enough for */
};

struct worker {
    struct task task;
    struct workers *pool;
    struct executor *executor;
    struct arena *columns;
    struct encoder *encoders[SINKS_MAX];
    bool posted;         /* under the pool's lock: its task is queued or runs */
    struct work current; /* under the pool's lock; segment NULL = none */
    uint32_t ticks;      /* under the pool's lock: how long it has been on it */
    struct encoded *encoding; /* being filled: freed when memory is refused */
};

struct workers {
    struct workers_setup setup;
    struct worker *items;
    pthread_mutex_t lock;
    struct work *heap; /* oldest first */
    uint32_t count, capacity;
    bool starving; /* the budget refused: only the head may run until something was freed or the head is done */
    bool closing;  /* nothing is begun any more */
    bool blocked;  /* it refused the head too, for what sinks have not committed yet: wait until something is freed */
    uint64_t freed; /* how often something was */
    struct stage_costs costs;
};

static int work_order(const struct work *a, const struct work *b) {
    if (a->segment->cut != b->segment->cut) {
        return a->segment->cut < b->segment->cut ? -1 : 1;
    }
    return position_compare(&a->segment->from, &b->segment->from);
}

static void heap_push(struct workers *pool, struct work work) {
    if (pool->count == pool->capacity) {
        pool->capacity = pool->capacity ? pool->capacity * 2 : 64;
        pool->heap = realloc(pool->heap, pool->capacity * sizeof *pool->heap);
        if (!pool->heap) {
            abort();
        }
    }
    uint32_t at = pool->count++;
    while (at > 0 && work_order(&work, &pool->heap[(at - 1) / 2]) < 0) {
        pool->heap[at] = pool->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    pool->heap[at] = work;
}

static struct work heap_pop(struct workers *pool) {
    struct work top = pool->heap[0], last = pool->heap[--pool->count];
    uint32_t at = 0;
    for (;;) {
        uint32_t child = at * 2 + 1;
        if (child + 1 < pool->count && work_order(&pool->heap[child + 1], &pool->heap[child]) < 0) {
            child++;
        }
        if (child >= pool->count || work_order(&pool->heap[child], &last) >= 0) {
            break;
        }
        pool->heap[at] = pool->heap[child];
        at = child;
    }
    pool->heap[at] = last;
    return top;
}

/* Under the lock: is this the oldest that is not yet encoded? */
static bool work_is_head(const struct workers *pool, const struct work *work) {
    for (uint32_t i = 0; i < pool->setup.count; i++) {
        const struct work *other = &pool->items[i].current;
        if (other->segment && other->segment != work->segment && work_order(other, work) < 0) {
            return false;
        }
    }
    return pool->count == 0 || work_order(work, &pool->heap[0]) <= 0;
}

/* Under the lock. False: nothing that may run now. */
static bool work_take(struct worker *worker, bool *ret_head) {
    struct workers *pool = worker->pool;
    if (pool->count == 0 || pool->blocked || pool->closing) {
        return false;
    }
    bool head = work_is_head(pool, &pool->heap[0]);
    if (pool->starving && !head) {
        return false;
    }
    worker->current = heap_pop(pool);
    worker->ticks = 0;
    *ret_head = head;
    return true;
}

/* Under the lock: wakes one worker that sleeps. */
static void wake_one(struct workers *pool) {
    for (uint32_t i = 0; i < pool->setup.count && !pool->closing; i++) {
        if (!pool->items[i].posted) {
            pool->items[i].posted = true;
            io->post(pool->items[i].executor, &pool->items[i].task);
            return;
        }
    }
}

void workers_post(struct workers *pool, struct segment *segment, uint64_t sinks) {
    pthread_mutex_lock(&pool->lock);
    heap_push(pool, (struct work){.segment = segment, .sinks = sinks});
    wake_one(pool);
    pthread_mutex_unlock(&pool->lock);
}

void workers_memory_freed(struct workers *pool) {
    pthread_mutex_lock(&pool->lock);
    pool->freed++;
    if (pool->starving) {
        pool->starving = pool->blocked = false;
        wake_one(pool);
    }
    pthread_mutex_unlock(&pool->lock);
}

uint32_t workers_pending(struct workers *pool) {
    pthread_mutex_lock(&pool->lock);
    uint32_t pending = pool->count;
    for (uint32_t i = 0; i < pool->setup.count; i++) {
        pending += pool->items[i].current.segment != NULL;
    }
    pthread_mutex_unlock(&pool->lock);
    return pending;
}

bool workers_tick(struct workers *pool, uint32_t ticks, char *ret_part, size_t size) {
    bool stalled = false;
    pthread_mutex_lock(&pool->lock);
    for (uint32_t i = 0; i < pool->setup.count && !stalled; i++) {
        struct worker *worker = &pool->items[i];
        stalled = worker->current.segment && ++worker->ticks > ticks;
        if (stalled) {
            snprintf(ret_part, size, "%s", worker->current.segment->part->info.name);
        }
    }
    pthread_mutex_unlock(&pool->lock);
    return stalled;
}

const struct stage_costs *workers_costs(const struct workers *pool) {
    return &pool->costs;
}

struct origin_context {
    const struct source_ops *source;
    const struct segment *segment;
};

static struct slice origin_position(void *context, uint32_t offset, struct arena *arena) {
    const struct origin_context *origin = context;
    struct position position;
    char text[POSITION_TEXT_MAX];
    origin->source->position_at(&origin->segment->base, offset, &position);
    origin->source->print(&position, text);
    return arena_copy(arena, slice_of(text));
}

/* Distinct records among the encoded rows; rows of one record are adjacent. */
static uint64_t records_delivered(const struct batch *batch, const struct payload *payload) {
    if (!payload->row_records) {
        return payload->rows;
    }
    uint64_t count = 0;
    for (uint32_t i = 0; i < payload->rows; i++) {
        uint32_t record = payload->row_records[i];
        if (record == ORIGIN_RANGE) {
            return batch->records_count - batch->withdrawals_count; /* folded records count as delivered */
        }
        count += i == 0 || record != payload->row_records[i - 1];
    }
    return count;
}

static void counts_set(const struct batch *batch, struct payload *payload) {
    payload->counts.in = batch->records_count;
    payload->counts.dead_letter = batch->withdrawals_count;
    payload->counts.delivered = records_delivered(batch, payload);
    assert(payload->counts.in >= payload->counts.delivered + payload->counts.dead_letter);
    payload->counts.filtered = payload->counts.in - payload->counts.delivered - payload->counts.dead_letter;
}

static void cost_add(_Atomic uint64_t *cost, int64_t *since_us) {
    int64_t now = io_now_us();
    atomic_fetch_add_explicit(cost, (uint64_t)(now - *since_us) * 1000, memory_order_relaxed);
    *since_us = now;
}

static void deliver(struct worker *worker, uint32_t sink) {
    struct workers *pool = worker->pool;
    struct encoded *encoded = worker->encoding;
    worker->encoding = NULL;
    worker->current.sinks &= ~(UINT64_C(1) << sink);
    if (encoded->payload.arena) {
        arena_escape_set(encoded->payload.arena, NULL);
        arena_reserve_allow(encoded->payload.arena, true); /* letters of rejected rows must find room */
    }
    pool->setup.deliver(pool->setup.context, sink, encoded);
}

/* An aggregate over the segment failed: the part cannot go on in this sink. */
static void failure_deliver(struct worker *worker, uint32_t sink, const struct error *error) {
    worker->encoding = encoded_new(segment_ref(worker->current.segment), NULL);
    worker->encoding->failure = malloc(sizeof *error);
    if (!worker->encoding->failure) {
        abort();
    }
    *worker->encoding->failure = *error;
    deliver(worker, sink);
}

static void sink_run(struct worker *worker, uint32_t index, const struct batch *common, jmp_buf *escape, bool head) {
    struct workers *pool = worker->pool;
    const struct graph *graph = pool->setup.graph;
    const struct graph_sink *sink = &graph->sinks[index];
    int64_t since = io_now_us();
    struct batch batch;
    struct error error;
    if (graph_run_sink(graph, index, common, &batch, &error) != STATUS_OK) {
        failure_deliver(worker, index, &error);
        return;
    }
    cost_add(&pool->costs.sink_ns, &since);

    struct segment *segment = worker->current.segment;
    struct encoded *encoded = worker->encoding = encoded_new(segment_ref(segment), graph->budget);
    arena_escape_set(encoded->payload.arena, escape);
    arena_reserve_allow(encoded->payload.arena, head);
    enum status status =
        sink->connector->sink->encode(worker->encoders[index], &batch, &encoded->payload, &error);
    if (status != STATUS_OK && error.class == ERROR_DATA) { /* a row that stands for many records */
        encoded_free(worker->encoding);
        failure_deliver(worker, index, &error);
        return;
    }
    encoded->stale = status != STATUS_OK;
    if (!encoded->stale) {
        letters_make(graph->source_connector->source, &batch, graph->pipeline->limits.record_bytes_max,
                     &encoded->payload);
        counts_set(&batch, &encoded->payload);
    }
    cost_add(&pool->costs.encode_ns, &since);
    deliver(worker, index);
}

enum ran { RAN, RAN_REFUSED, RAN_TOO_LARGE };

/* Gives all memory back; a reset would keep a chunk. */
static void columns_renew(struct worker *worker) {
    arena_free(worker->columns);
    worker->columns = arena_new(worker->pool->setup.graph->budget, POOL_COLUMNS);
}

/* The budget said no. The head gets the whole reserve once what is older was committed; when it needs more than that,
 * waiting cannot help it. */
static enum ran refused(struct worker *worker, bool head) {
    uint64_t own = arena_bytes(worker->columns) + arena_refused(worker->columns);
    if (worker->encoding) {
        own += arena_bytes(worker->encoding->payload.arena) + arena_refused(worker->encoding->payload.arena);
    }
    encoded_free(worker->encoding);
    worker->encoding = NULL;
    arena_escape_set(worker->columns, NULL);
    columns_renew(worker);
    return head && own > budget_reserve(worker->pool->setup.graph->budget) ? RAN_TOO_LARGE : RAN_REFUSED;
}

/* Everything between escape_set and its clearing holds arena memory only. */
static enum ran segment_run(struct worker *worker, bool head) {
    struct workers *pool = worker->pool;
    const struct graph *graph = pool->setup.graph;
    struct segment *segment = worker->current.segment;
    jmp_buf escape;
    if (setjmp(escape)) {
        return refused(worker, head);
    }
    arena_escape_set(worker->columns, &escape);
    arena_reserve_allow(worker->columns, head);
    struct origin_context context = {.source = graph->source_connector->source, .segment = segment};
    struct decode_origin origin = {
        .context = &context,
        .part = slice_of(segment->part->info.name),
        .id_prefix = segment->part->id_prefix,
        .position = origin_position,
    };
    int64_t since = io_now_us();
    struct batch batch = {.arena = worker->columns, .read_at_us = segment->read_at_us};
    decoder_run(segment->part->decoder, &segment->raw, &origin, &batch);
    cost_add(&pool->costs.decode_ns, &since);
    struct error error;
    bool failed = graph_run_common(graph, &batch, &error) != STATUS_OK;
    cost_add(&pool->costs.common_ns, &since);
    atomic_fetch_add_explicit(&pool->costs.records, batch.records_count, memory_order_relaxed);
    atomic_fetch_add_explicit(&pool->costs.decoded_bytes, segment->raw.len, memory_order_relaxed);
    for (uint32_t i = 0; i < graph->sinks_count; i++) {
        if (!(worker->current.sinks >> i & 1)) {
            continue;
        }
        if (failed) {
            failure_deliver(worker, i, &error);
        } else {
            sink_run(worker, i, &batch, &escape, head);
        }
    }
    arena_escape_set(worker->columns, NULL);
    arena_reset(worker->columns);
    return RAN;
}

/* A record that does not fit into memory even alone: a letter with its beginning and its hash. */
static void oversize_deliver(struct worker *worker, const struct batch *found) {
    const struct graph *graph = worker->pool->setup.graph;
    struct segment *segment = worker->current.segment;
    for (uint32_t i = 0; i < graph->sinks_count; i++) {
        if (!(worker->current.sinks >> i & 1)) {
            continue;
        }
        struct encoded *encoded = worker->encoding = encoded_new(segment_ref(segment), NULL);
        struct batch batch = {.arena = arena_new(NULL, POOL_COLUMNS),
                              .records = found->records,
                              .extras = found->extras,
                              .records_count = 1};
        batch_withdraw(&batch, 0, "record-too-large", "decode",
                       SLICE_LITERAL("the record needs more memory than limits.memory leaves; raise it"));
        letters_make(graph->source_connector->source, &batch, 0, &encoded->payload);
        encoded->payload.counts = (struct counts){.in = 1, .dead_letter = 1};
        arena_free(batch.arena);
        deliver(worker, i);
    }
}

/* No record at all, and yet too much: an aggregate's row over nothing. */
static void rangeless_deliver(struct worker *worker) {
    struct error error;
    enum status status = error_set(&error, ERROR_PERMANENT, "aggregate-too-large",
                                   "an aggregate needs more memory than limits.memory leaves; raise it");
    (void)status;
    for (uint32_t i = 0; i < worker->pool->setup.graph->sinks_count; i++) {
        if (worker->current.sinks >> i & 1) {
            failure_deliver(worker, i, &error);
        }
    }
}

static void segment_halve(struct worker *worker) {
    struct workers *pool = worker->pool;
    struct segment *segment = worker->current.segment;
    struct decode_origin origin = {0};
    struct batch batch = {.arena = arena_new(NULL, POOL_COLUMNS)};
    decoder_run(segment->part->bare_decoder, &segment->raw, &origin, &batch);
    uint32_t half = batch.records_count / 2;
    if (half == 0) {
        if (batch.records_count == 1) {
            oversize_deliver(worker, &batch);
        } else {
            rangeless_deliver(worker);
        }
        arena_free(batch.arena);
        return;
    }
    uint32_t offset = batch.records[half].offset;
    arena_free(batch.arena);
    struct position at;
    const struct source_ops *source = pool->setup.graph->source_connector->source;
    source->position_at(&segment->base, offset, &at);
    struct segment *head, *tail;
    segment_split(segment, segment->raw.records ? half : offset, &at, &head, &tail);
    workers_post(pool, head, worker->current.sinks);
    workers_post(pool, tail, worker->current.sinks);
}

/* Runs what the worker holds; afterwards it holds nothing. */
static void current_run(struct worker *worker, bool head) {
    struct workers *pool = worker->pool;
    struct segment *segment = worker->current.segment;
    pthread_mutex_lock(&pool->lock);
    uint64_t freed_before = pool->freed;
    pthread_mutex_unlock(&pool->lock);
    enum ran ran = segment_is_dead(segment) ? RAN : segment_run(worker, head);
    if (ran == RAN_TOO_LARGE) {
        segment_halve(worker);
    }
    pthread_mutex_lock(&pool->lock);
    if (ran == RAN_REFUSED) {
        pool->starving = true;
        pool->blocked = head && pool->freed == freed_before;
        heap_push(pool, worker->current);
    } else {
        pool->starving = pool->starving && !head;
    }
    worker->current = (struct work){0};
    if (pool->starving) {
        wake_one(pool); /* the head may be free to run now */
    }
    pthread_mutex_unlock(&pool->lock);
    if (ran != RAN_REFUSED) {
        segment_unref(segment);
    }
}

static void worker_step(struct task *task) {
    struct worker *worker = (struct worker *)task;
    struct workers *pool = worker->pool;
    bool head = false;
    pthread_mutex_lock(&pool->lock);
    bool took = work_take(worker, &head);
    worker->posted = took;
    bool more = pool->count > 0 && !pool->starving;
    if (took && more) {
        wake_one(pool);
    }
    pthread_mutex_unlock(&pool->lock);
    if (!took) {
        columns_renew(worker); /* who sleeps holds nothing */
        return;
    }
    current_run(worker, head);
    io->post(worker->executor, &worker->task);
}

struct workers *workers_new(const struct workers_setup *setup) {
    struct workers *pool = calloc(1, sizeof *pool);
    pool->setup = *setup;
    pool->items = calloc(setup->count, sizeof *pool->items);
    pthread_mutex_init(&pool->lock, NULL);
    const struct graph *graph = setup->graph;
    for (uint32_t i = 0; i < setup->count; i++) {
        struct worker *worker = &pool->items[i];
        char name[32];
        snprintf(name, sizeof name, "worker-%u", i % 1000);
        worker->task.run = worker_step;
        worker->pool = pool;
        worker->columns = arena_new(graph->budget, POOL_COLUMNS);
        for (uint32_t j = 0; j < graph->sinks_count; j++) {
            worker->encoders[j] = graph->sinks[j].connector->sink->encoder_new(graph->sinks[j].sink);
        }
        worker->executor = io->executor_new(name);
    }
    return pool;
}

void workers_free(struct workers *pool) {
    if (!pool) {
        return;
    }
    pthread_mutex_lock(&pool->lock);
    pool->closing = true; /* a worker that goes on would wake one that has ended */
    pthread_mutex_unlock(&pool->lock);
    for (uint32_t i = 0; i < pool->setup.count; i++) {
        io->executor_free(pool->items[i].executor);
    }
    for (uint32_t i = 0; i < pool->setup.count; i++) {
        struct worker *worker = &pool->items[i];
        arena_free(worker->columns);
        for (uint32_t j = 0; j < pool->setup.graph->sinks_count; j++) {
            pool->setup.graph->sinks[j].connector->sink->encoder_free(worker->encoders[j]);
        }
    }
    while (pool->count) {
        segment_unref(pool->heap[--pool->count].segment);
    }
    pthread_mutex_destroy(&pool->lock);
    free(pool->items);
    free(pool->heap);
    free(pool);
}
