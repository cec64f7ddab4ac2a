/* SPDX-License-Identifier: Apache-2.0 */
/* The object sink's calls. A unit is a set of open objects; its commit is one record of the log (object_commit.c),
 * after which anybody may publish. Payloads are consumed as they come, so whatever goes wrong before the record means
 * reading again from the ledger: REDO_READ. One lane: there is one head. */
#include "connectors/object/object_sink.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/io.h"

enum { COMPRESSION_OUT_GZIP = 1, GZIP_LEVEL_MOST = 9 };

struct sink_lane {
    struct object_sink *sink;
};

static struct object_sink *self(struct sink *sink) {
    return (struct object_sink *)sink;
}

static const struct object_sink *self_const(const struct sink *sink) {
    return (const struct object_sink *)sink;
}

/* --- bind ---------------------------------------------------------------------------------------------------- */

/* The columns that are written: all, or all that are not in the path. */
static enum status written_columns(struct object_sink *sink, struct arena *arena, struct error *error) {
    const struct schema *schema = sink->schema;
    struct field *fields = arena_alloc(arena, (schema->count + 1) * sizeof *fields);
    sink->written_columns = arena_alloc(arena, (schema->count + 1) * sizeof *sink->written_columns);
    uint32_t count = 0;
    for (uint32_t i = 0; i < schema->count; i++) {
        if (sink->options->keep_path_columns || !path_template_uses(&sink->path, i)) {
            sink->written_columns[count] = i;
            fields[count++] = schema->fields[i];
        }
    }
    sink->written = (struct schema){.fields = fields, .count = count};
    if (count == 0) {
        return error_set(error, ERROR_PERMANENT, "path-template",
                         "keep_path_columns: false leaves no column to write, every one is in the path");
    }
    return STATUS_OK;
}

static void encode_bind(struct object_sink *sink, const struct sink_bind *bind) {
    static const enum compression compressions[] = {COMPRESSION_ZSTD, COMPRESSION_GZIP, COMPRESSION_NONE};
    static const char *const endings[2][3] = {{".json.zst", ".json.gz", ".json"}, {".csv.zst", ".csv.gz", ".csv"}};
    const struct file_sink_options *options = bind->options;
    sink->encode = (struct encode_options){.kind = options->format == 0 ? FORMAT_JSON : FORMAT_CSV,
                                           .delimiter = ',',
                                           .quote = '"',
                                           .null = slice_make("", 0),
                                           .zone = bind->zone};
    sink->compression = compressions[options->compression];
    sink->ending = endings[options->format][options->compression];
    if (sink->encode.kind == FORMAT_CSV && options->header) {
        struct buffer header;
        buffer_init(&header, bind->arena, 1024);
        encode_header(&sink->encode, &sink->written, &header);
        sink->header = buffer_slice(&header);
    }
}

static void commit_bind(struct object_sink *sink, const struct sink_bind *bind) {
    const struct roll_options *roll = &sink->options->roll;
    sink->commit = (struct commit_policy){
        .hold = true,
        .rows = bind->commit.rows,
        .bytes = bind->commit.bytes ? bind->commit.bytes : bind->scratch_bytes,
        .every_us = bind->commit.every_us ? bind->commit.every_us : roll->every_us,
        .idle_us = roll->idle_us,
    };
}

static enum status sink_bind(const struct sink_bind *bind, struct sink **ret, struct error *error) {
    if (!bind->schema) {
        return error_set(error, ERROR_PERMANENT, "sink-schema",
                         "a file sink takes whatever columns there are: it needs to know them when it is bound");
    }
    const struct file_sink_options *options = bind->options;
    if (options->compression == COMPRESSION_OUT_GZIP && options->compression_level > GZIP_LEVEL_MOST) {
        return error_set(error, ERROR_PERMANENT, "option-range", "gzip knows compression_level 1 to %d, not %lld",
                         GZIP_LEVEL_MOST, (long long)options->compression_level);
    }
    struct object_sink *sink = arena_zalloc(bind->arena, sizeof *sink);
    sink->base.ops = &object_sink_ops;
    sink->options = options;
    sink->schema = bind->schema;
    sink->budget = bind->budget;
    if (path_template_parse(sink->options->path_template, bind->schema, bind->zone, &sink->path, error) !=
            STATUS_OK ||
        written_columns(sink, bind->arena, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    encode_bind(sink, bind);
    commit_bind(sink, bind);
    object_ledger_init(&sink->ledger, sink->options->path);
    *ret = &sink->base;
    return STATUS_OK;
}

static void sink_free(struct sink *base) {
    if (base) {
        object_ledger_fini(&self(base)->ledger);
    }
}

static struct sink_caps sink_caps(const struct sink *base) {
    return (struct sink_caps){
        .lanes = 1,
        .takes_payload = true,
        .guarantee = "commit log",
        .commit = self_const(base)->commit,
    };
}

/* Can the directory be made and written? Its owner is nobody: the probe leaves nothing behind. */
static enum status sink_check(struct sink *base, int64_t deadline_us, uint64_t *ret_binding, struct error *error) {
    (void)deadline_us;
    struct object_sink *sink = self(base);
    char owner[OWNER_MAX];
    owner_new(owner);
    struct store_place place = {.root = sink->options->path, .prefix = "_leat", .owner = owner};
    struct store *store;
    if (sink->ledger.store_open(&place, &store, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    struct store_object *probe;
    enum status status = store->ops->object_open(store, "probe", &probe, error);
    if (status == STATUS_OK) {
        status = store->ops->object_write(probe, SLICE_LITERAL("."), error);
        store->ops->object_free(probe, true);
    }
    store->ops->close(store);
    *ret_binding = 1;
    return status;
}

static struct ledger *sink_ledger(struct sink *base) {
    return &self(base)->ledger.base;
}

/* --- units --------------------------------------------------------------------------------------------------- */

static enum status lane_open(struct sink *base, struct sink_lane **ret, int64_t deadline_us, struct error *error) {
    (void)deadline_us;
    (void)error;
    struct sink_lane *lane = calloc(1, sizeof *lane);
    assert(lane);
    lane->sink = self(base);
    *ret = lane;
    return STATUS_OK;
}

static void lane_close(struct sink_lane *lane) {
    free(lane);
}

static enum verdict failed(struct outcome *outcome, const struct error *error) {
    if (error->class == ERROR_PERMANENT) {
        return outcome_fatal(outcome, error->code, "%s", error->message);
    }
    return outcome_retry(outcome, REDO_READ, error->code, "%s", error->message);
}

static enum verdict unit_open(struct sink_lane *lane, struct unit *unit, int64_t deadline_us,
                              struct outcome *outcome) {
    (void)deadline_us;
    unit->impl = open_unit_new(lane->sink);
    return outcome->verdict = VERDICT_DONE;
}

static enum verdict unit_add(struct sink_lane *lane, struct unit *unit, struct payload *payload,
                             int64_t deadline_us, struct outcome *outcome) {
    (void)lane;
    (void)deadline_us;
    struct error error;
    if (open_unit_add(unit->impl, payload, &error) != STATUS_OK) {
        return failed(outcome, &error);
    }
    return outcome->verdict = VERDICT_DONE;
}

static enum verdict unit_seal(struct sink_lane *lane, struct unit *unit, int64_t deadline_us,
                              struct outcome *outcome) {
    (void)lane;
    (void)deadline_us;
    struct error error;
    if (open_unit_seal(unit->impl, &error) != STATUS_OK) {
        return failed(outcome, &error);
    }
    return outcome->verdict = VERDICT_DONE;
}

static void unit_end(struct unit *unit, bool drop) {
    open_unit_free(unit->impl, drop);
    unit->impl = NULL;
}

/* Done: the record has the objects now. Proven not done: abandon drops them. In doubt: nothing is touched, also not by
 * an abandon when the run is forced to end; the janitor of whoever comes next knows what the log names. */
static enum verdict unit_settled(struct unit *unit, struct outcome *outcome) {
    open_unit_doubt(unit->impl, outcome->verdict == VERDICT_UNKNOWN);
    if (outcome->verdict == VERDICT_DONE) {
        unit_end(unit, false);
    }
    return outcome->verdict;
}

static enum verdict unit_commit(struct sink_lane *lane, struct unit *unit, int64_t deadline_us,
                                struct outcome *outcome) {
    struct object_commit commit = {.unit = unit};
    open_unit_commit(unit->impl, &commit);
    outcome->verdict = VERDICT_DONE;
    object_commit_run(&lane->sink->ledger, &commit, deadline_us, outcome);
    return unit_settled(unit, outcome);
}

static enum verdict unit_resolve(struct sink_lane *lane, struct unit *unit, int64_t deadline_us,
                                 struct outcome *outcome) {
    (void)deadline_us;
    struct object_commit commit = {.unit = unit};
    open_unit_commit(unit->impl, &commit);
    object_commit_resolve(&lane->sink->ledger, &commit, outcome);
    return unit_settled(unit, outcome);
}

static void unit_abandon(struct sink_lane *lane, struct unit *unit) {
    (void)lane;
    unit_end(unit, true);
}

static uint64_t unit_bytes(const struct unit *unit) {
    return unit->impl ? open_unit_bytes(unit->impl) : 0;
}

static enum status sink_finish(struct sink *base, int64_t deadline_us, struct error *error) {
    struct log *log = self(base)->ledger.log;
    if (!log) {
        return STATUS_OK;
    }
    log_lock(log);
    enum status status = log_publish_all(log, deadline_us, error);
    struct error aside;
    if (status == STATUS_OK && log_clean(log, &aside) != STATUS_OK) {
        log_report("object-leftovers", &aside); /* the next start's */
    }
    log_unlock(log);
    return status;
}

const struct sink_ops object_sink_ops = {
    .bind = sink_bind,
    .free = sink_free,
    .caps = sink_caps,
    .check = sink_check,
    .ledger = sink_ledger,
    .encoder_new = object_encoder_new,
    .encoder_free = object_encoder_free,
    .encode = object_encode,
    .lane_open = lane_open,
    .lane_close = lane_close,
    .unit_open = unit_open,
    .unit_add = unit_add,
    .unit_seal = unit_seal,
    .unit_commit = unit_commit,
    .unit_resolve = unit_resolve,
    .unit_abandon = unit_abandon,
    .unit_bytes = unit_bytes,
    .finish = sink_finish,
};
