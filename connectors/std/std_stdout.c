/* SPDX-License-Identifier: Apache-2.0 */
/* Sinks `stdout` and `drop`: they keep no position. Rows become text in the workers; stdout's lane writes them, so that
 * a reader that is slow slows the pipeline and nothing else. A unit's rows are written as they are added: what was
 * written cannot be taken back, hence at-most-once after a crash and no promise. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "connectors/std/std.h"
#include "engine/base/buffer.h"

struct stdout_options {
    int format;
    bool header;
};

enum { STDOUT_JSON, STDOUT_CSV, STDOUT_TEXT };

struct text_sink {
    struct sink base;
    struct encode_options encode;
    struct schema schema;
    bool silent; /* drop */
    bool header; /* still to be written */
};

struct sink_lane {
    struct text_sink *sink;
};

static const char *const format_choices[] = {"json", "csv", "text", NULL};

static const struct option stdout_rows[] = {
    {.name = "format", .fallback = "json", .sentence = "how rows are written: JSON lines, CSV, or one column as text",
     .type = OPTION_CHOICE, .offset = offsetof(struct stdout_options, format), .choices = format_choices},
    {.name = "header", .fallback = "true", .sentence = "write a line of column names first (csv)", .type = OPTION_BOOL,
     .offset = offsetof(struct stdout_options, header)},
    {0},
};
static const struct option_table stdout_options = {.rows = stdout_rows, .size = sizeof(struct stdout_options)};
static const struct option drop_rows[] = {{0}};
static const struct option_table drop_options = {.rows = drop_rows, .size = 1};

static struct text_sink *sink_new(const struct sink_bind *bind) {
    struct text_sink *sink = arena_zalloc(bind->arena, sizeof *sink);
    sink->encode = (struct encode_options){
        .kind = FORMAT_JSON, .delimiter = ',', .quote = '"', .null = SLICE_LITERAL(""), .zone = bind->zone};
    sink->schema = *bind->schema;
    return sink;
}

static enum status stdout_bind(const struct sink_bind *bind, struct sink **ret, struct error *error) {
    (void)error;
    static const enum format_kind kinds[] = {FORMAT_JSON, FORMAT_CSV, FORMAT_TEXT};
    const struct stdout_options *options = bind->options;
    struct text_sink *sink = sink_new(bind);
    sink->encode.kind = kinds[options->format];
    sink->header = options->format == STDOUT_CSV && options->header;
    *ret = &sink->base;
    return STATUS_OK;
}

static enum status drop_bind(const struct sink_bind *bind, struct sink **ret, struct error *error) {
    (void)error;
    struct text_sink *sink = sink_new(bind);
    sink->silent = true;
    *ret = &sink->base;
    return STATUS_OK;
}

static void sink_free(struct sink *sink) {
    (void)sink; /* lives in the graph's arena */
}

static struct sink_caps sink_caps(const struct sink *sink) {
    (void)sink;
    return (struct sink_caps){
        .lanes = 1, .positionless = true, .commit = {.rows = 50000, .bytes = 16 << 20}};
}

static struct encoder *encoder_new(struct sink *sink) {
    struct encoder *encoder = calloc(1, sizeof *encoder);
    if (!encoder) {
        abort();
    }
    encoder->sink = sink;
    return encoder;
}

static void encoder_free(struct encoder *encoder) {
    free(encoder);
}

static uint32_t *row_records_make(const struct batch *batch, struct arena *arena) {
    uint32_t *records = arena_alloc(arena, (batch->selected + 1) * sizeof *records);
    for (uint32_t i = 0; i < batch->selected; i++) {
        records[i] = batch_record(batch, batch_row(batch, i));
    }
    return records;
}

static enum status encode(struct encoder *encoder, struct batch *batch, struct payload *payload, struct error *error) {
    (void)error;
    const struct text_sink *sink = (const struct text_sink *)encoder->sink;
    payload->rows = batch->selected;
    payload->row_records = row_records_make(batch, payload->arena);
    struct buffer *out = arena_alloc(payload->arena, sizeof *out);
    buffer_init(out, payload->arena, 0);
    for (uint32_t i = 0; i < batch->selected && !sink->silent; i++) {
        encode_row(&sink->encode, batch, batch_row(batch, i), out);
    }
    payload->body = out;
    payload->bytes = out->len;
    return STATUS_OK;
}

static enum status lane_open(struct sink *sink, struct sink_lane **ret, int64_t deadline_us, struct error *error) {
    (void)deadline_us;
    (void)error;
    struct sink_lane *lane = calloc(1, sizeof *lane);
    if (!lane) {
        abort();
    }
    lane->sink = (struct text_sink *)sink;
    *ret = lane;
    return STATUS_OK;
}

static void lane_close(struct sink_lane *lane) {
    free(lane);
}

static enum verdict unit_open(struct sink_lane *lane, struct unit *unit, int64_t deadline_us, struct outcome *outcome) {
    (void)lane;
    (void)unit;
    (void)deadline_us;
    return outcome->verdict = VERDICT_DONE;
}

/* A closed pipe ends the run; a full one is waited for. */
static enum verdict write_all(struct slice text, struct outcome *outcome) {
    while (text.len) {
        ssize_t wrote = write(STDOUT_FILENO, text.data, text.len);
        if (wrote < 0 && errno == EAGAIN) {
            struct pollfd ready = {.fd = STDOUT_FILENO, .events = POLLOUT};
            (void)poll(&ready, 1, 1000);
            continue;
        }
        if (wrote < 0 && errno != EINTR) {
            return outcome_fatal(outcome, "stdout-closed", "cannot write to standard output: %s", strerror(errno));
        }
        if (wrote > 0) {
            text.data += wrote;
            text.len -= (size_t)wrote;
        }
    }
    return outcome->verdict = VERDICT_DONE;
}

static enum verdict header_write(struct text_sink *sink, struct outcome *outcome) {
    struct buffer header;
    buffer_init(&header, outcome->arena, 256);
    encode_header(&sink->encode, &sink->schema, &header);
    sink->header = false;
    return write_all(buffer_slice(&header), outcome);
}

static enum verdict unit_add(struct sink_lane *lane, struct unit *unit, struct payload *payload, int64_t deadline_us,
                             struct outcome *outcome) {
    (void)unit;
    (void)deadline_us;
    if (lane->sink->header && header_write(lane->sink, outcome) != VERDICT_DONE) {
        return outcome->verdict;
    }
    return payload->body ? write_all(buffer_slice(payload->body), outcome) : (outcome->verdict = VERDICT_DONE);
}

static void unit_abandon(struct sink_lane *lane, struct unit *unit) {
    (void)lane;
    (void)unit;
}

static const struct sink_ops stdout_ops = {
    .bind = stdout_bind,
    .free = sink_free,
    .caps = sink_caps,
    .encoder_new = encoder_new,
    .encoder_free = encoder_free,
    .encode = encode,
    .lane_open = lane_open,
    .lane_close = lane_close,
    .unit_open = unit_open,
    .unit_add = unit_add,
    .unit_seal = unit_open,
    .unit_commit = unit_open,
    .unit_resolve = unit_open,
    .unit_abandon = unit_abandon,
};

static const struct sink_ops drop_ops = {
    .bind = drop_bind,
    .free = sink_free,
    .caps = sink_caps,
    .encoder_new = encoder_new,
    .encoder_free = encoder_free,
    .encode = encode,
    .lane_open = lane_open,
    .lane_close = lane_close,
    .unit_open = unit_open,
    .unit_add = unit_add,
    .unit_seal = unit_open,
    .unit_commit = unit_open,
    .unit_resolve = unit_open,
    .unit_abandon = unit_abandon,
};

const struct connector std_stdout_connector = {
    .kind = "stdout",
    .sentence = "Standard output: JSON lines, CSV or text",
    .sink = &stdout_ops,
    .sink_options = &stdout_options,
};

const struct connector std_drop_connector = {
    .kind = "drop",
    .sentence = "Throws rows away; for trying out and measuring",
    .sink = &drop_ops,
    .sink_options = &drop_options,
};
