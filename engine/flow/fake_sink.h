/* SPDX-License-Identifier: Apache-2.0 */
/* A sink for tests of whole jobs: a table in memory and a ledger beside it, moved together by compare-and-set, that
 * outlive the job. Each step follows a script, one letter a call, nothing special once it is used up:
 *   . as usual   R retry   E retry, encode again   D retry, read again   U unknown, it happened   u unknown, it did not
 *   F fenced, the first part   M moved back by one unit   X fatal
 * Compiled into the test alone. The lanes of one sink share its lock. */
#ifndef LEAT_FLOW_FAKE_SINK_H
#define LEAT_FLOW_FAKE_SINK_H

#include <pthread.h>
#include <time.h>

#include "engine/flow/fake_source.h"
#include "engine/flow/ledger_memory.h"

enum { FAKE_SINKS = 2, FAKE_UNITS_PARTS_MAX = 4096 };
enum fake_step { FAKE_OPEN, FAKE_ADD, FAKE_SEAL, FAKE_COMMIT, FAKE_STEPS };

struct fake_row {
    uint32_t part, n;
};

struct fake_undo {
    char part[32], from[POSITION_TEXT_MAX], to[POSITION_TEXT_MAX];
    uint64_t epoch;
    struct counts counts;
};

struct fake_table {
    /* set by the test */
    uint32_t lanes, rows_max;
    bool takes_payload, memory_ledger;
    int64_t every_us;
    int delay_us;            /* of each commit */
    uint32_t reject_every;   /* rows the table refuses; one report names one row */
    const char *script[FAKE_STEPS];

    /* the table */
    pthread_mutex_t lock;
    pthread_cond_t never;
    struct ledger *ledger;
    struct fake_row *rows, *letters;
    uint32_t rows_count, letters_count;
    struct fake_unit *units; /* open ones */
    struct fake_undo undo[FAKE_UNITS_PARTS_MAX];
    uint32_t undo_count, undo_rows, undo_letters;
    atomic_uint calls[FAKE_STEPS], commits, version;
};
static struct fake_table tables[FAKE_SINKS];

struct fake_options {
    int64_t table;
};

struct fake_sink {
    struct sink base;
    struct fake_table *table;
    atomic_uint binding;
};

struct sink_lane {
    struct fake_sink *sink;
};

/* A unit's output on its way. */
struct fake_unit {
    struct fake_row *rows, *letters;
    uint32_t rows_count, letters_count;
    bool happened;
    struct fake_unit *next;
};

static const struct option fake_rows[] = {
    {.name = "table", .fallback = "0", .sentence = "which table", .type = OPTION_INT,
     .offset = offsetof(struct fake_options, table), .min = 0, .max = FAKE_SINKS - 1},
    {0},
};
static const struct option_table fake_sink_options = {.rows = fake_rows, .size = sizeof(struct fake_options)};

static struct fake_table *table_of(const struct sink_lane *lane) {
    return lane->sink->table;
}

static enum status fake_bind(const struct sink_bind *bind, struct sink **ret, struct error *error) {
    (void)error;
    struct fake_sink *sink = arena_zalloc(bind->arena, sizeof *sink);
    sink->table = &tables[((const struct fake_options *)bind->options)->table];
    *ret = &sink->base;
    return STATUS_OK;
}

static void fake_free(struct sink *sink) {
    (void)sink;
}

static struct sink_caps fake_caps(const struct sink *sink) {
    const struct fake_table *table = ((const struct fake_sink *)sink)->table;
    return (struct sink_caps){
        .lanes = table->lanes,
        .takes_payload = table->takes_payload,
        .may_reject = !table->takes_payload,
        .positionless = table->memory_ledger,
        .commit = {.hold = table->every_us > 0,
                   .every_us = table->every_us,
                   .rows = table->rows_max,
                   .bytes = 16 << 20},
    };
}

static enum status fake_check(struct sink *base, int64_t deadline_us, uint64_t *ret_binding, struct error *error) {
    (void)deadline_us;
    (void)error;
    struct fake_sink *sink = (struct fake_sink *)base;
    sink->binding = sink->table->version;
    *ret_binding = sink->binding;
    return STATUS_OK;
}

static struct ledger *fake_ledger(struct sink *sink) {
    struct fake_table *table = ((struct fake_sink *)sink)->table;
    return table->memory_ledger ? NULL : table->ledger;
}

static struct encoder *fake_encoder_new(struct sink *sink) {
    struct encoder *encoder = calloc(1, sizeof *encoder);
    encoder->sink = sink;
    return encoder;
}

static void fake_encoder_free(struct encoder *encoder) {
    free(encoder);
}

static struct fake_row fake_row_of(const char *text) {
    struct fake_row row = {0};
    sscanf(text, "{\"p\":%u,\"n\":%u", &row.part, &row.n);
    return row;
}

/* The body holds the rows, and as many bytes as the records had: payloads of large records are large. */
static enum status fake_encode(struct encoder *encoder, struct batch *batch, struct payload *payload,
                               struct error *error) {
    (void)error;
    struct fake_sink *sink = (struct fake_sink *)encoder->sink;
    payload->binding = sink->binding;
    payload->rows = batch->selected;
    struct fake_row *rows = arena_alloc(payload->arena, (batch->selected + 1) * sizeof *rows);
    uint32_t *records = arena_alloc(payload->arena, (batch->selected + 1) * sizeof *records);
    for (uint32_t i = 0; i < batch->selected; i++) {
        records[i] = batch_record(batch, batch_row(batch, i));
        const struct record *record = &batch->records[records[i]];
        rows[i] = fake_row_of(record->data);
        arena_copy(payload->arena, slice_make(record->data, record->len));
        payload->bytes += record->len;
    }
    payload->body = rows;
    payload->row_records = records;
    return STATUS_OK;
}

static enum status fake_lane_open(struct sink *sink, struct sink_lane **ret, int64_t deadline_us, struct error *error) {
    (void)deadline_us;
    (void)error;
    struct sink_lane *lane = calloc(1, sizeof *lane);
    lane->sink = (struct fake_sink *)sink;
    *ret = lane;
    return STATUS_OK;
}

static void fake_lane_close(struct sink_lane *lane) {
    free(lane);
}

static char script_next(struct fake_table *table, enum fake_step step) {
    uint32_t call = atomic_fetch_add(&table->calls[step], 1);
    const char *script = table->script[step];
    return script && call < strlen(script) ? script[call] : '.';
}

static void fake_fence(struct fake_table *table, const char *part, struct outcome *outcome, struct part *whose) {
    struct error error;
    struct arena *arena = arena_new(NULL, POOL_SINK);
    struct claim claim = {.part = part};
    enum status status = table->ledger->ops->claim(table->ledger, &claim, 1, arena, INT64_MAX, &error);
    claim.expected_epoch = claim.row.epoch;
    status = status == STATUS_OK ? table->ledger->ops->release(table->ledger, &claim, 1, INT64_MAX, &error) : status;
    arena_free(arena);
    outcome_part(outcome, whose, false, NULL);
}

static enum verdict script_play(struct fake_table *table, char letter, struct outcome *outcome) {
    switch (letter) {
    case 'R':
        return outcome_retry(outcome, REDO_SEND, "fake-retry", "scripted");
    case 'D':
        return outcome_retry(outcome, REDO_READ, "fake-read", "scripted");
    case 'E':
        table->version++;
        return outcome_retry(outcome, REDO_ENCODE, "fake-encode", "scripted");
    case 'X':
        return outcome_fatal(outcome, "fake-fatal", "scripted");
    default:
        return outcome->verdict;
    }
}

static enum verdict fake_unit_open(struct sink_lane *lane, struct unit *unit, int64_t deadline_us,
                                   struct outcome *outcome) {
    (void)deadline_us;
    unit->impl = NULL;
    if (script_play(table_of(lane), script_next(table_of(lane), FAKE_OPEN), outcome) != VERDICT_DONE) {
        return outcome->verdict;
    }
    struct fake_unit *mine = unit->impl = calloc(1, sizeof(struct fake_unit));
    pthread_mutex_lock(&table_of(lane)->lock);
    mine->next = table_of(lane)->units;
    table_of(lane)->units = mine;
    pthread_mutex_unlock(&table_of(lane)->lock);
    return outcome->verdict;
}

/* Under the table's lock. */
static void fake_unit_free(struct fake_table *table, struct fake_unit *unit) {
    struct fake_unit **link = &table->units;
    while (*link != unit) {
        link = &(*link)->next;
    }
    *link = unit->next;
    free(unit->rows);
    free(unit->letters);
    free(unit);
}

static void fake_unit_end(struct sink_lane *lane, struct unit *unit) {
    if (unit->impl) {
        fake_unit_free(table_of(lane), unit->impl);
        unit->impl = NULL;
    }
}

static void fake_append(struct fake_row **rows, uint32_t *count, struct fake_row row) {
    if ((*count & (*count - 1)) == 0) {
        *rows = realloc(*rows, (*count ? *count * 2 : 1) * sizeof **rows);
    }
    (*rows)[(*count)++] = row;
}

static void fake_collect(struct fake_unit *mine, const struct payload *payload) {
    const struct fake_row *rows = payload->body;
    for (uint32_t i = 0; i < payload->rows; i++) {
        if (!payload_row_is_rejected(payload, i)) {
            fake_append(&mine->rows, &mine->rows_count, rows[i]);
        }
    }
    for (uint32_t i = 0; i < payload->letters_count; i++) {
        fake_append(&mine->letters, &mine->letters_count, fake_row_of(payload->letters[i].payload.data));
    }
}

static enum verdict fake_unit_add(struct sink_lane *lane, struct unit *unit, struct payload *payload,
                                  int64_t deadline_us, struct outcome *outcome) {
    (void)deadline_us;
    struct fake_table *table = table_of(lane);
    if (script_play(table, script_next(table, FAKE_ADD), outcome) != VERDICT_DONE) {
        return outcome->verdict;
    }
    if (payload->body && payload->binding != table->version) {
        return outcome_retry(outcome, REDO_ENCODE, "fake-stale", "encoded for another table");
    }
    if (table->takes_payload) {
        fake_collect(unit->impl, payload);
    }
    return outcome->verdict;
}

/* One row at a time, as a COPY reports it. */
static enum verdict fake_reject(struct fake_table *table, struct unit *unit, struct outcome *outcome) {
    for (uint32_t i = 0; i < unit->payloads_count; i++) {
        const struct payload *payload = unit->payloads[i];
        const struct fake_row *rows = payload->body;
        for (uint32_t j = 0; j < payload->rows; j++) {
            if (rows[j].n % table->reject_every == 1 && !payload_row_is_rejected(payload, j)) {
                outcome_row(outcome, payload, j, "22000", SLICE_LITERAL("scripted"));
                return outcome->verdict;
            }
        }
    }
    return outcome->verdict;
}

static enum verdict fake_unit_seal(struct sink_lane *lane, struct unit *unit, int64_t deadline_us,
                                   struct outcome *outcome) {
    (void)deadline_us;
    struct fake_table *table = table_of(lane);
    char letter = script_next(table, FAKE_SEAL);
    if (letter == 'F') {
        fake_fence(table, unit->moves[0].part_name, outcome, unit->moves[0].part);
        return outcome->verdict;
    }
    if (script_play(table, letter, outcome) == VERDICT_DONE && table->reject_every) {
        fake_reject(table, unit, outcome);
    }
    return outcome->verdict;
}

/* May the last unit be lost? Not when a part was claimed since. */
static bool fake_may_undo(const struct fake_table *table) {
    struct error error;
    struct arena *arena = arena_new(NULL, POOL_SINK);
    bool may = true;
    for (uint32_t i = 0; i < table->undo_count; i++) {
        const char *part = table->undo[i].part;
        struct ledger_rows rows = {0};
        may &= table->ledger->ops->rows(table->ledger, &part, 1, arena, &rows, INT64_MAX, &error) == STATUS_OK &&
               rows.items[0].epoch == table->undo[i].epoch;
    }
    arena_free(arena);
    return may;
}

/* A fail-over that lost the last unit. */
static void fake_undo(struct fake_table *table) {
    if (!fake_may_undo(table)) {
        return;
    }
    for (uint32_t i = 0; i < table->undo_count; i++) {
        const struct fake_undo *undo = &table->undo[i];
        struct move move = {.part_name = undo->part, .epoch = undo->epoch, .from = undo->to, .to = undo->from};
        move.counts = (struct counts){.in = 0 - undo->counts.in,
                                      .delivered = 0 - undo->counts.delivered,
                                      .filtered = 0 - undo->counts.filtered,
                                      .dead_letter = 0 - undo->counts.dead_letter};
        struct unit unit = {.moves = &move, .moves_count = 1};
        struct outcome outcome = {0};
        ledger_memory_commit(table->ledger, &unit, INT64_MAX, &outcome);
    }
    table->rows_count -= table->undo_count ? table->undo_rows : 0;
    table->letters_count -= table->undo_count ? table->undo_letters : 0;
    table->undo_count = 0;
}

/* Compare: what the rows say about a move. */
static void fake_compare(struct fake_table *table, const struct unit *unit, struct outcome *outcome) {
    struct error error;
    for (uint32_t i = 0; i < unit->moves_count; i++) {
        const struct move *move = &unit->moves[i];
        struct ledger_rows rows = {0};
        enum status status =
            table->ledger->ops->rows(table->ledger, &move->part_name, 1, outcome->arena, &rows, INT64_MAX, &error);
        if (status != STATUS_OK || rows.items[0].epoch != move->epoch) {
            outcome_part(outcome, move->part, false, NULL);
        } else if (strcmp(rows.items[0].next, move->from) != 0) {
            outcome_part(outcome, move->part, true, rows.items[0].next);
        }
    }
}

/* And set: the unit's rows, letters and moves in one step. */
static void fake_set(struct fake_table *table, struct unit *unit, struct outcome *outcome) {
    struct fake_unit *mine = unit->impl;
    for (uint32_t i = 0; i < unit->payloads_count; i++) {
        fake_collect(mine, unit->payloads[i]);
    }
    for (uint32_t i = 0; i < mine->rows_count; i++) {
        fake_append(&table->rows, &table->rows_count, mine->rows[i]);
    }
    for (uint32_t i = 0; i < mine->letters_count; i++) {
        fake_append(&table->letters, &table->letters_count, mine->letters[i]);
    }
    table->undo_rows = mine->rows_count;
    table->undo_letters = mine->letters_count;
    table->undo_count = unit->moves_count;
    for (uint32_t i = 0; i < unit->moves_count; i++) {
        const struct move *move = &unit->moves[i];
        struct fake_undo *undo = &table->undo[i];
        *undo = (struct fake_undo){.epoch = move->epoch, .counts = move->counts};
        snprintf(undo->part, sizeof undo->part, "%s", move->part_name);
        snprintf(undo->from, sizeof undo->from, "%s", move->from);
        snprintf(undo->to, sizeof undo->to, "%s", move->to);
    }
    if (!table->memory_ledger) {
        ledger_memory_commit(table->ledger, unit, INT64_MAX, outcome);
    }
    mine->happened = true;
    table->commits++;
}

/* A slow server: nobody signals, so the wait ends at its deadline. */
static void fake_wait(struct fake_table *table) {
    if (table->delay_us) {
        int64_t at = io_wall_us() + table->delay_us;
        struct timespec until = {.tv_sec = at / 1000000, .tv_nsec = at % 1000000 * 1000};
        while (pthread_cond_timedwait(&table->never, &table->lock, &until) == 0) {
        }
    }
}

static enum verdict fake_unit_commit(struct sink_lane *lane, struct unit *unit, int64_t deadline_us,
                                     struct outcome *outcome) {
    (void)deadline_us;
    struct fake_table *table = table_of(lane);
    char letter = script_next(table, FAKE_COMMIT);
    pthread_mutex_lock(&table->lock);
    fake_wait(table);
    if (letter == 'F') {
        fake_fence(table, unit->moves[0].part_name, outcome, unit->moves[0].part);
    } else if (letter == 'M') {
        fake_undo(table);
    }
    if (letter != 'F' && script_play(table, letter, outcome) == VERDICT_DONE) {
        if (!table->memory_ledger) {
            fake_compare(table, unit, outcome);
        }
        if (outcome->verdict == VERDICT_DONE && letter != 'u') {
            fake_set(table, unit, outcome);
        }
    }
    if (outcome->verdict == VERDICT_DONE && (letter == 'U' || letter == 'u')) {
        outcome_unknown(outcome, "fake-unknown", "scripted");
    } else if (outcome->verdict == VERDICT_DONE) {
        fake_unit_end(lane, unit);
    }
    pthread_mutex_unlock(&table->lock);
    return outcome->verdict;
}

static void fake_unit_abandon(struct sink_lane *lane, struct unit *unit) {
    pthread_mutex_lock(&table_of(lane)->lock);
    fake_unit_end(lane, unit);
    pthread_mutex_unlock(&table_of(lane)->lock);
}

static enum verdict fake_unit_resolve(struct sink_lane *lane, struct unit *unit, int64_t deadline_us,
                                      struct outcome *outcome) {
    (void)deadline_us;
    struct fake_unit *mine = unit->impl;
    if (!mine->happened) {
        return outcome_retry(outcome, REDO_SEND, "fake-not", "it did not happen");
    }
    fake_unit_abandon(lane, unit);
    return outcome->verdict = VERDICT_DONE;
}

/* --- the world ---------------------------------------------------------------------------------------------------- */

static enum status (*memory_query)(struct ledger *ledger, const struct ledger_query *query, struct arena *arena,
                                   struct ledger_rows *ret, int64_t deadline_us, struct error *error);

/* All owners are this process, or one that died: every open row is free. */
static enum status fake_query(struct ledger *ledger, const struct ledger_query *query, struct arena *arena,
                              struct ledger_rows *ret, int64_t deadline_us, struct error *error) {
    struct ledger_query all = {.rows_max = UINT32_MAX, .all = true};
    enum status status = memory_query(ledger, &all, arena, ret, deadline_us, error);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < ret->count && kept < query->rows_max; i++) {
        if (query->all || ret->items[i].state == ROW_OPEN) {
            ret->items[kept++] = ret->items[i];
        }
    }
    ret->count = kept;
    return status;
}

static void fake_world_clear(void) {
    for (int i = 0; i < FAKE_SINKS; i++) {
        struct fake_table *table = &tables[i];
        while (table->units) {
            fake_unit_free(table, table->units);
        }
        free(table->rows);
        free(table->letters);
        ledger_memory_free(table->ledger);
        if (table->ledger) {
            pthread_mutex_destroy(&table->lock);
            pthread_cond_destroy(&table->never);
        }
    }
    memset(tables, 0, sizeof tables);
}

static void fake_world_new(void) {
    static struct ledger_ops ops;
    fake_world_clear();
    memset(&feed, 0, sizeof feed);
    feed.parts = 3;
    feed.records = 1000;
    feed.block_records = 37;
    for (int i = 0; i < FAKE_SINKS; i++) {
        tables[i].ledger = ledger_memory_new();
        memory_query = tables[i].ledger->ops->query;
        ops = *tables[i].ledger->ops;
        ops.query = fake_query;
        tables[i].ledger->ops = &ops;
        tables[i].ledger->keeps_nothing = false;
        tables[i].lanes = 1;
        tables[i].rows_max = 200;
        pthread_mutex_init(&tables[i].lock, NULL);
        pthread_cond_init(&tables[i].never, NULL);
    }
}

static const struct sink_ops fake_sink_ops = {
    .bind = fake_bind,
    .free = fake_free,
    .caps = fake_caps,
    .check = fake_check,
    .ledger = fake_ledger,
    .encoder_new = fake_encoder_new,
    .encoder_free = fake_encoder_free,
    .encode = fake_encode,
    .lane_open = fake_lane_open,
    .lane_close = fake_lane_close,
    .unit_open = fake_unit_open,
    .unit_add = fake_unit_add,
    .unit_seal = fake_unit_seal,
    .unit_commit = fake_unit_commit,
    .unit_resolve = fake_unit_resolve,
    .unit_abandon = fake_unit_abandon,
};

#endif
