/* SPDX-License-Identifier: Apache-2.0 */
/* The sink: a table that rows go into, and the ledger beside it. check reads the catalog and publishes a binding;
 * workers encode for the newest binding, lanes refuse payloads of another one. bind and free on main, check and lanes
 * on their lane threads, encoders on workers. */
#include "connectors/postgres/postgres_sink.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "connectors/postgres/transaction.h"
#include "connectors/postgres/unit.h"

enum { ROWS_DEFAULT = 50000, BYTES_DEFAULT = 16 * 1024 * 1024 };

static struct postgres_sink *self(const struct sink *sink) {
    return (struct postgres_sink *)sink;
}

static const char *url_of(const struct postgres_options *options) {
    return options->url ? secret_reveal(options->url) : NULL;
}

/* --- bind, free ---------------------------------------------------------------------------------------------- */

/* The rule that makes a running total of what one batch gives; NULL = there is none. */
static const char *rule_of(enum column_aggregate aggregate) {
    static const char *const rules[] = {
        [COLUMN_COUNT] = "add", [COLUMN_SUM] = "add",      [COLUMN_MIN] = "min",
        [COLUMN_MAX] = "max",   [COLUMN_BOOL_AND] = "and", [COLUMN_BOOL_OR] = "or",
        [COLUMN_AVG] = NULL,
    };
    return rules[aggregate];
}

static const char *merge_rule(const struct postgres_options *options, const char *column) {
    for (uint32_t i = 0; i < options->merge.count; i++) {
        if (strcmp(options->merge.names[i], column) == 0) {
            return options->merge.values[i];
        }
    }
    return NULL;
}

/* Aggregates of batches become totals only by their own rule. */
static enum status rules_check(const struct postgres_options *options, const struct sink_bind *bind,
                               struct error *error) {
    for (uint32_t i = 0; bind->aggregates && i < bind->schema->count; i++) {
        const char *column = bind->schema->fields[i].name, *rule = merge_rule(options, column);
        enum column_aggregate aggregate = bind->column_aggregates[i];
        if (aggregate == COLUMN_AVG) {
            return error_set(error, ERROR_PERMANENT, "merge-rule",
                             "merge: \"%s\" is an average, and averages cannot be merged: store sum "
                             "and count, with the rule add, and divide when reading",
                             column);
        }
        if (aggregate != COLUMN_PLAIN && (!rule || strcmp(rule, rule_of(aggregate)) != 0)) {
            return error_set(error, ERROR_PERMANENT, "merge-rule",
                             "merge: \"%s\" needs the rule %s for its aggregate, got %s", column, rule_of(aggregate),
                             rule ? rule : "none");
        }
        if (aggregate == COLUMN_PLAIN && rule && strcmp(rule, "add") == 0) {
            return error_set(error, ERROR_PERMANENT, "merge-rule",
                             "merge: \"%s\" is no count and no sum, so adding it up batch by batch is "
                             "no total: give the plain aggregates columns of their own",
                             column);
        }
    }
    return STATUS_OK;
}

static enum status options_check(const struct postgres_options *options, const struct sink_bind *bind,
                                 struct error *error) {
#define REFUSE(...) return error_set(error, ERROR_PERMANENT, "postgres-options", __VA_ARGS__)
    bool keyed = options->mode != MODE_APPEND;
    if (!options->table || !*options->table) {
        REFUSE("table is missing");
    }
    if (keyed && !options->key.count) {
        REFUSE("mode upsert and mode merge need key: the columns of a unique index");
    }
    if (keyed && options->on_conflict != CONFLICT_ERROR) {
        REFUSE("on_conflict belongs to mode append");
    }
    if (options->mode != MODE_UPSERT && (options->version || options->delete_when || options->deleted)) {
        REFUSE("version, delete_when and deleted belong to mode upsert");
    }
    if (options->version && options->delete_when && !options->deleted) {
        REFUSE("delete_when with version needs deleted: a boolean column that marks the row, because a "
               "deleted row would be brought back by a late older record");
    }
    if (options->deleted && (!options->version || !options->delete_when)) {
        REFUSE("deleted needs version and delete_when");
    }
    if ((options->mode == MODE_MERGE) != (options->merge.count > 0)) {
        REFUSE("mode merge needs merge: a rule for each column beside the key, and merge needs mode merge");
    }
    if (bind->aggregates && options->mode != MODE_MERGE) {
        REFUSE("aggregates of a batch can only be stored with mode merge");
    }
    if (options->create && !bind->schema) {
        REFUSE("create needs a transform: without one the table says which columns there are");
    }
#undef REFUSE
    return rules_check(options, bind, error);
}

static enum status sink_bind(const struct sink_bind *bind, struct sink **ret, struct error *error) {
    const struct postgres_options *options = bind->options;
    if (options_check(options, bind, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    struct postgres_sink *sink = calloc(1, sizeof *sink);
    if (!sink) {
        abort();
    }
    sink->sink.ops = &postgres_sink_ops;
    sink->bind = *bind;
    sink->options = options;
    sink->ledger = postgres_ledger_new(url_of(options), options->ledger_schema);
    sink->checker = session_new(url_of(options));
    char name[APPLICATION_NAME_MAX];
    snprintf(name, sizeof name, "leat/-/%s", bind->pipeline);
    session_name_set(sink->checker, name);
    sink->scratch = arena_new(NULL, POOL_SINK);
    atomic_init(&sink->binding, NULL);
    *ret = &sink->sink;
    return STATUS_OK;
}

static void sink_free(struct sink *base) {
    struct postgres_sink *sink = self(base);
    if (!sink) {
        return;
    }
    struct binding *binding = atomic_load(&sink->binding);
    while (binding) {
        struct binding *older = binding->older;
        arena_free(binding->arena);
        binding = older;
    }
    postgres_ledger_free(sink->ledger);
    session_free(sink->checker);
    arena_free(sink->scratch);
    free(sink);
}

static struct sink_caps sink_caps(const struct sink *base) {
    const struct postgres_sink *sink = self(base);
    const struct binding *binding = atomic_load(&sink->binding);
    struct sink_caps caps = {.lanes = binding ? binding->lanes : 1,
                             .may_reject = true,
                             .merges = sink->options->mode == MODE_MERGE,
                             .guarantee = "transaction",
                             .commit = sink->bind.commit};
    caps.commit.hold = false;
    caps.commit.rows = caps.commit.rows ? caps.commit.rows : ROWS_DEFAULT;
    caps.commit.bytes = caps.commit.bytes ? caps.commit.bytes : BYTES_DEFAULT;
    return caps;
}

/* --- check --------------------------------------------------------------------------------------------------- */

static struct binding_request request_of(const struct postgres_sink *sink) {
    return (struct binding_request){
        .options = sink->options, .schema = sink->bind.schema, .zone = sink->bind.zone};
}

/* The name with each of its parts quoted, as the server reads it. */
static enum status table_name_quote(struct postgres_sink *sink, int64_t deadline_us, const char **ret,
                                    struct error *error) {
    const struct question question = {
        STEP_CATALOG, "select string_agg(quote_ident(p), '.') from unnest(parse_ident($1)) p",
        &sink->options->table, 1};
    if (session_open(sink->checker, deadline_us) != REPLY_OK ||
        session_ask(sink->checker, &question, deadline_us) != REPLY_OK) {
        return session_fail(sink->checker, error, "reading the name of the table");
    }
    *ret = arena_text(sink->scratch, session_slice(sink->checker, 0, 0));
    return STATUS_OK;
}

static enum status table_create(struct postgres_sink *sink, int64_t deadline_us, struct error *error) {
    struct binding_request request = request_of(sink);
    const char *name = NULL;
    if (table_name_quote(sink, deadline_us, &name, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    const char *sql = binding_create_sql(&request, name, sink->scratch);
    if (transaction_begin(sink->checker, NULL, statement_ms(deadline_us), deadline_us) != REPLY_OK ||
        session_run(sink->checker, STEP_CREATE,
                    "select pg_advisory_xact_lock(4993018217471837)", deadline_us) != REPLY_OK ||
        session_run(sink->checker, STEP_CREATE, sql, deadline_us) != REPLY_OK ||
        transaction_commit(sink->checker, deadline_us) != REPLY_OK) {
        return session_fail(sink->checker, error, "creating the table");
    }
    return STATUS_OK;
}

static enum status table_read(struct postgres_sink *sink, struct binding *binding, int64_t deadline_us,
                              struct error *error) {
    const struct catalog_call call = {sink->checker, binding->arena, deadline_us};
    const char *name = sink->options->table;
    bool found;
    if (catalog_read(&call, name, &binding->table, &found, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    if (!found && sink->options->create) {
        if (table_create(sink, deadline_us, error) != STATUS_OK ||
            catalog_read(&call, name, &binding->table, &found, error) != STATUS_OK) {
            return STATUS_FAILED;
        }
    }
    if (!found) {
        return error_set(error, ERROR_PERMANENT, "postgres-no-table",
                         "there is no table %s; create it, or say create: true", name);
    }
    return STATUS_OK;
}

static enum status binding_make(struct postgres_sink *sink, struct binding *binding, int64_t deadline_us,
                                struct error *error) {
    struct binding_request request = request_of(sink);
    arena_reset(sink->scratch);
    if (table_read(sink, binding, deadline_us, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    return binding_match(binding, &request, error);
}

static enum status sink_check(struct sink *base, int64_t deadline_us, uint64_t *ret_binding,
                              struct error *error) {
    struct postgres_sink *sink = self(base);
    struct binding *current = atomic_load(&sink->binding);
    struct arena *arena = arena_new(NULL, POOL_SINK);
    struct binding *binding = arena_zalloc(arena, sizeof *binding);
    binding->arena = arena;
    enum status made = binding_make(sink, binding, deadline_us, error);
    session_drop(sink->checker);
    if (made != STATUS_OK) {
        arena_free(arena);
        return STATUS_FAILED;
    }
    if (current && current->table.hash == binding->table.hash) {
        arena_free(arena);
        *ret_binding = current->version;
        return STATUS_OK;
    }
    binding->older = current;
    binding->version = current ? current->version + 1 : 1;
    atomic_store(&sink->binding, binding);
    *ret_binding = binding->version;
    return STATUS_OK;
}

static const struct schema *sink_wanted(const struct sink *base) {
    const struct binding *binding = atomic_load(&self(base)->binding);
    assert(binding);
    return binding->schema;
}

static struct ledger *sink_ledger(struct sink *base) {
    return &self(base)->ledger->ledger;
}

/* --- encoding ------------------------------------------------------------------------------------------------ */

/* The binding's plan, with its fields found in the schema that this worker's batches have: rows without a schema of
 * their own may carry more columns than the table wanted, in another order. Made again when either changes. */
struct row_encoder {
    struct encoder encoder;
    struct arena *arena;
    const struct binding *binding;
    struct schema schema;
    struct column_plan *columns;
};

static struct encoder *encoder_new(struct sink *base) {
    struct row_encoder *encoder = calloc(1, sizeof *encoder);
    if (!encoder) {
        abort();
    }
    encoder->encoder.sink = base;
    encoder->arena = arena_new(NULL, POOL_SINK);
    return &encoder->encoder;
}

static void encoder_free(struct encoder *base) {
    struct row_encoder *encoder = (struct row_encoder *)base;
    if (encoder) {
        arena_free(encoder->arena);
        free(encoder);
    }
}

static bool column_find(struct row_encoder *encoder, struct column_plan *column) {
    const struct schema *schema = &encoder->schema;
    uint32_t at = column->field;
    if (at >= schema->count || strcmp(schema->fields[at].name, column->name) != 0) {
        int found = schema_find(schema, slice_of(column->name));
        if (found < 0) {
            return false;
        }
        at = (uint32_t)found;
    }
    column->field = at;
    if (type_equal(schema->fields[at].type, column->from)) {
        return true;
    }
    column->from = schema->fields[at].type;
    return column_plan_make(column, encoder->arena);
}

static enum status encoder_adapt(struct row_encoder *encoder, const struct binding *binding,
                                 const struct schema *schema, struct error *error) {
    bool fits = encoder->binding == binding && encoder->schema.fields == schema->fields &&
                encoder->schema.count == schema->count;
    if (fits) {
        return STATUS_OK;
    }
    encoder->binding = NULL;
    encoder->schema = *schema;
    arena_reset(encoder->arena);
    encoder->columns =
        arena_alloc(encoder->arena, (binding->plan.count + 1) * sizeof *encoder->columns);
    for (uint32_t i = 0; i < binding->plan.count; i++) {
        encoder->columns[i] = binding->plan.columns[i];
        if (!column_find(encoder, &encoder->columns[i])) {
            return error_set(error, ERROR_PERMANENT, "postgres-table-changed",
                             "the rows have no column \"%s\" of the type that the table wants now",
                             encoder->columns[i].name);
        }
    }
    encoder->binding = binding;
    return STATUS_OK;
}

static enum status encode(struct encoder *base, struct batch *batch, struct payload *payload,
                          struct error *error) {
    struct row_encoder *encoder = (struct row_encoder *)base;
    const struct binding *binding = atomic_load(&self(base->sink)->binding);
    assert(binding);
    if (encoder_adapt(encoder, binding, batch->schema, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    const struct copy_plan plan = {.columns = encoder->columns, .count = binding->plan.count};
    payload->binding = binding->version;
    return copy_encode(&plan, batch, payload, error);
}

/* --- lanes --------------------------------------------------------------------------------------------------- */

static void lane_close(struct sink_lane *lane) {
    if (!lane) {
        return;
    }
    session_free(lane->session);
    arena_free(lane->scratch);
    free(lane);
}

static enum status lane_open(struct sink *base, struct sink_lane **ret, int64_t deadline_us,
                             struct error *error) {
    struct postgres_sink *sink = self(base);
    struct sink_lane *lane = calloc(1, sizeof *lane);
    if (!lane) {
        abort();
    }
    lane->sink = sink;
    lane->session = session_new(url_of(sink->options));
    lane->scratch = arena_new(NULL, POOL_SINK);
    if (sink->ledger->owner) {
        session_name_set(lane->session, sink->ledger->application_name);
    }
    if (session_open(lane->session, deadline_us) != REPLY_OK) {
        enum status status = session_fail(lane->session, error, "connecting");
        lane_close(lane);
        return status;
    }
    *ret = lane;
    return STATUS_OK;
}

const struct sink_ops postgres_sink_ops = {
    .bind = sink_bind,
    .free = sink_free,
    .caps = sink_caps,
    .check = sink_check,
    .wanted = sink_wanted,
    .ledger = sink_ledger,
    .encoder_new = encoder_new,
    .encoder_free = encoder_free,
    .encode = encode,
    .lane_open = lane_open,
    .lane_close = lane_close,
    .unit_open = unit_open,
    .unit_add = unit_add,
    .unit_seal = unit_seal,
    .unit_commit = unit_commit,
    .unit_resolve = unit_resolve,
    .unit_abandon = unit_abandon,
};
