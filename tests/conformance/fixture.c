/* SPDX-License-Identifier: Apache-2.0 */
/* Everything allocated for a process lies in its arena; payloads and parts are counted as in the engine, so that the
 * sanitizers see a sink that keeps what it was only lent. */
#include "tests/conformance/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

const struct subject *subject;

int64_t soon_us(void) {
    return io_now_us() + 20 * 1000000;
}

static void assert_done(enum status status, const struct error *error) {
    if (status != STATUS_OK) {
        fail_msg("%s: %s (%s)", subject->name, error->message, error->code);
    }
}

static const struct connector_options *registry(struct arena *arena) {
    uint32_t count = 0;
    while (connectors[count]) {
        count++;
    }
    struct connector_options *options = arena_zalloc(arena, (count + 1) * sizeof *options);
    for (uint32_t i = 0; i < count; i++) {
        options[i] = (struct connector_options){.kind = connectors[i]->kind,
                                                .sentence = connectors[i]->sentence,
                                                .source = connectors[i]->source ? connectors[i]->source_options : NULL,
                                                .sink = connectors[i]->sink ? connectors[i]->sink_options : NULL,
                                                .ledger = connectors[i]->ledger_options};
    }
    return options;
}

static void load(struct process *process) {
    char sink[SUBJECT_TEXT_MAX], text[SUBJECT_TEXT_MAX * 2];
    subject->sink_yaml(sink, sizeof sink);
    snprintf(text, sizeof text,
             "pipeline: conformance\n"
             "source:\n"
             "  file: {path: \"/nowhere/*.json\"}\n"
             "  format: json\n"
             "  columns: id text, n bigint\n"
             "transforms:\n"
             "  - sql: select id, n from input\n"
             "sinks:\n"
             "  - %s\n",
             sink);
    struct pipeline_input input = {.path = "conformance.yaml",
                                   .text = slice_of(arena_text(process->arena, slice_of(text))),
                                   .registry = registry(process->arena)};
    struct config_errors errors;
    config_errors_init(&errors, process->arena);
    enum status status = pipeline_load(&input, process->arena, &process->pipeline, &errors);
    if (status == STATUS_OK) {
        status = graph_new(process->pipeline, &process->graph, &errors);
    }
    if (status != STATUS_OK) {
        fail_msg("%s: %s", subject->name, errors.items[0].message);
    }
}

struct process *process_start(void) {
    struct arena *arena = arena_new(NULL, POOL_SINK);
    struct process *process = arena_zalloc(arena, sizeof *process);
    struct error error = {0};
    process->arena = arena;
    load(process);
    assert_done(graph_connect(process->graph, soon_us(), &error), &error);
    process->sink = &process->graph->sinks[0];
    process->ops = process->sink->connector->sink;
    process->ledger = process->sink->ledger;
    assert_non_null(process->ledger);
    assert_done(process->ops->check(process->sink->sink, soon_us(), &process->binding, &error), &error);
    owner_new(process->owner);
    struct ledger_identity identity = {.pipeline = "conformance",
                                       .source = process->pipeline->source.name,
                                       .sink = process->sink->config->name,
                                       .owner = process->owner,
                                       .lease_us = 1000000};
    assert_done(process->ledger->ops->open(process->ledger, &identity, soon_us(), &error), &error);
    process->encoder = process->ops->encoder_new(process->sink->sink);
    process->outcome.arena = arena_new(NULL, POOL_SINK);
    assert_done(process->ops->lane_open(process->sink->sink, &process->lane, soon_us(), &error), &error);
    return process;
}

void process_stop(struct process *process) {
    if (!process) {
        return;
    }
    process->ops->lane_close(process->lane);
    process->ops->encoder_free(process->encoder);
    process->ledger->ops->close(process->ledger);
    graph_free(process->graph);
    pipeline_free(process->pipeline);
    arena_free(process->outcome.arena);
    arena_free(process->arena);
}

static const char *failing;

static bool failpoint(const char *name) {
    bool fails = failing && strcmp(name, failing) == 0;
    failing = fails ? NULL : failing;
    return fails;
}

void fail_next(const char *name) {
    static struct io_ops with_failpoint;
    with_failpoint = io_real;
    with_failpoint.failpoint = failpoint;
    io = &with_failpoint;
    failing = name;
}

void lane_cut(struct process *process) {
    struct error error = {0};
    process->ops->lane_close(process->lane);
    assert_done(process->ops->lane_open(process->sink->sink, &process->lane, soon_us(), &error), &error);
}

/* --- parts --------------------------------------------------------------------------------------------------- */

static struct part_info infos[] = {
    {.name = "a", .entry = "a", .ident = "ident a", .detail = "detail a", .first = "start", .weight_bytes = 100},
    {.name = "b", .entry = "b", .ident = "ident b", .detail = "detail b", .first = "start", .weight_bytes = 100},
};

void plan_parts(struct process *process) {
    struct error error = {0};
    struct part_list parts = {.items = infos, .count = 2};
    assert_done(process->ledger->ops->plan_put(process->ledger, &parts, true, soon_us(), &error), &error);
}

struct ledger_row part_row(struct process *process, const char *name) {
    struct error error = {0};
    struct ledger_rows rows = {0};
    assert_done(process->ledger->ops->rows(process->ledger, &name, 1, process->arena, &rows, soon_us(), &error),
                &error);
    assert_int_equal(rows.count, 1);
    return rows.items[0];
}

struct part *claim_part(struct process *process, const char *name) {
    struct error error = {0};
    struct claim claim = {.part = name, .expected_epoch = part_row(process, name).epoch};
    assert_done(process->ledger->ops->claim(process->ledger, &claim, 1, process->arena, soon_us(), &error), &error);
    assert_int_equal(claim.result, CLAIM_WON);
    assert_string_equal(claim.row.owner, process->owner);
    struct part *part = part_new(&infos[name[0] - 'a'], "conformance", process->pipeline->source.name);
    part->shares[0].epoch = claim.row.epoch;
    return part;
}

/* --- payloads ------------------------------------------------------------------------------------------------ */

static uint32_t count_words(const char *ids) {
    uint32_t count = *ids != '\0';
    for (const char *at = ids; *at; at++) {
        count += *at == ' ';
    }
    return count;
}

static struct segment *segment_of(struct part *part, const char *ids, uint32_t letters) {
    struct arena *arena = arena_new(NULL, POOL_READ);
    struct buffer raw;
    buffer_init(&raw, arena, 256);
    for (const char *at = ids; *at;) {
        size_t length = strcspn(at, " ");
        buffer_printf(&raw, "{\"id\":\"%.*s\",\"n\":%.*s}\n", (int)length, at, (int)length - 1, at + 1);
        at += length + (at[length] == ' ');
    }
    for (uint32_t i = 0; i < letters; i++) {
        buffer_printf(&raw, "no json\n");
    }
    struct segment filled = {.part = part, .raw = {.data = raw.data, .len = raw.len}, .arena = arena, .read_at_us = 1};
    return segment_new(part, &filled);
}

static void batch_fill(struct process *process, const char *ids, struct batch *batch) {
    batch->schema = &process->sink->schema;
    batch->columns = arena_zalloc(batch->arena, 2 * sizeof *batch->columns);
    batch->rows = count_words(ids);
    batch->selected = batch->rows;
    batch->records_count = batch->rows;
    batch->records = arena_zalloc(batch->arena, (batch->rows + 1) * sizeof *batch->records);
    column_init(&batch->columns[0], TYPE(TEXT), batch->rows, batch->arena);
    column_init(&batch->columns[1], TYPE(INT8), batch->rows, batch->arena);
    uint32_t row = 0;
    for (const char *at = ids; *at; row++) {
        size_t length = strcspn(at, " ");
        COLUMN_VALUE(&batch->columns[0], struct slice, row) = slice_make(at, length);
        COLUMN_VALUE(&batch->columns[1], int64_t, row) = strtoll(at + 1, NULL, 10);
        at += length + (at[length] == ' ');
    }
}

static void letters_fill(struct payload *payload, uint32_t rows, uint32_t letters) {
    payload->letters = arena_zalloc(payload->arena, (letters + 1) * sizeof *payload->letters);
    payload->letters_count = letters;
    for (uint32_t i = 0; i < letters; i++) {
        payload->letters[i] = (struct dead_letter){.record = rows + i,
                                                   .position = {.len = 1, .bytes = {(uint8_t)(rows + i)}},
                                                   .position_text = "start", .stage = "decode",
                                                   .code = "22P02",
                                                   .message = SLICE_LITERAL("invalid \"json\""),
                                                   .payload = SLICE_LITERAL("no json"),
                                                   .payload_bytes = 7};
    }
}

struct payload *payload_make(struct process *process, struct part *part, const char *ids, uint32_t letters) {
    struct payload *payload = calloc(1, sizeof *payload);
    assert_non_null(payload);
    payload->segment = segment_of(part, ids, letters);
    payload->arena = arena_new(NULL, POOL_PAYLOAD);
    payload->binding = process->binding;
    struct batch batch = {.arena = arena_new(NULL, POOL_COLUMNS), .read_at_us = 1};
    struct error error = {0};
    batch_fill(process, ids, &batch);
    assert_done(process->ops->encode(process->encoder, &batch, payload, &error), &error);
    assert_int_equal(batch.withdrawals_count, 0);
    letters_fill(payload, batch.rows, letters);
    payload->counts = (struct counts){.in = batch.rows + letters, .delivered = batch.rows, .dead_letter = letters};
    arena_free(batch.arena);
    return payload;
}

void payload_free(struct payload *payload) {
    arena_free(payload->arena);
    segment_unref(payload->segment);
    free(payload);
}

/* --- units --------------------------------------------------------------------------------------------------- */

static struct outcome *fresh_outcome(struct process *process) {
    arena_reset(process->outcome.arena);
    process->outcome = (struct outcome){.arena = process->outcome.arena};
    return &process->outcome;
}

void work_open(struct process *process, struct work *work) {
    *work = (struct work){.unit = {.number = ++process->units, .owner = process->owner}};
    work->unit.payloads = work->payloads;
    work->unit.moves = work->moves;
    struct outcome *outcome = fresh_outcome(process);
    if (process->ops->unit_open(process->lane, &work->unit, soon_us(), outcome) != VERDICT_DONE) {
        fail_msg("%s: unit_open: %s", subject->name, outcome->error.message);
    }
}

enum verdict work_add(struct process *process, struct work *work, struct payload *payload) {
    assert_true(work->unit.payloads_count < PAYLOADS_MAX);
    work->payloads[work->unit.payloads_count++] = payload;
    return process->ops->unit_add(process->lane, &work->unit, payload, soon_us(), fresh_outcome(process));
}

void work_move(struct work *work, struct part *part, const char *from, const char *to) {
    assert_true(work->unit.moves_count < MOVES_MAX);
    struct move *move = &work->moves[work->unit.moves_count++];
    *move = (struct move){.part = part,
                          .part_name = part->info.name,
                          .epoch = part->shares[0].epoch,
                          .from = from,
                          .to = to};
    for (uint32_t i = 0; i < work->unit.payloads_count; i++) {
        if (work->payloads[i]->segment->part == part) {
            counts_add(&move->counts, &work->payloads[i]->counts);
        }
    }
}

enum verdict work_seal(struct process *process, struct work *work) {
    return process->ops->unit_seal(process->lane, &work->unit, soon_us(), fresh_outcome(process));
}

enum verdict work_commit(struct process *process, struct work *work) {
    return process->ops->unit_commit(process->lane, &work->unit, soon_us(), fresh_outcome(process));
}

enum verdict work_resolve(struct process *process, struct work *work) {
    return process->ops->unit_resolve(process->lane, &work->unit, soon_us(), fresh_outcome(process));
}

void work_abandon(struct process *process, struct work *work) {
    process->ops->unit_abandon(process->lane, &work->unit);
}

void work_free(struct work *work) {
    for (uint32_t i = 0; i < work->unit.payloads_count; i++) {
        payload_free(work->payloads[i]);
    }
}

void deliver(struct process *process, struct part *part, const char *ids, const char *from, const char *to) {
    struct work work;
    work_open(process, &work);
    assert_int_equal(work_add(process, &work, payload_make(process, part, ids, 0)), VERDICT_DONE);
    work_move(&work, part, from, to);
    assert_int_equal(work_seal(process, &work), VERDICT_DONE);
    assert_int_equal(work_commit(process, &work), VERDICT_DONE);
    work_free(&work);
}

void assert_visible(struct process *process, const char *ids) {
    char text[SUBJECT_TEXT_MAX], wanted[SUBJECT_TEXT_MAX];
    struct error error = {0};
    if (process->ops->finish) {
        assert_done(process->ops->finish(process->sink->sink, soon_us(), &error), &error);
    }
    subject->visible(text, sizeof text);
    snprintf(wanted, sizeof wanted, "%s%s", ids, *ids ? " " : "");
    assert_string_equal(text, wanted);
}
