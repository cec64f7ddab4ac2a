/* SPDX-License-Identifier: Apache-2.0 */
/* A pipeline file as plain structs. Parsed and checked as a whole, then never changed; everything
 * lies in the arena given to pipeline_load, secrets lie outside and go with pipeline_free. Main
 * thread while loading, immutable after. */
#ifndef LEAT_CONFIG_PIPELINE_H
#define LEAT_CONFIG_PIPELINE_H

#include "engine/config/options.h"
#include "engine/config/place.h"
#include "engine/config/registry.h"
#include "engine/record/format.h"

enum {
    PIPELINE_FILE_BYTES_MAX = 1 << 20, /* looked at before reading */
    PIPELINE_LINES_MAX = 20000,
    PIPELINE_NODES_MAX = 10000,        /* with aliases followed */
    PIPELINE_DEPTH_MAX = 64,
    PIPELINE_NAME_BYTES_MAX = 63,
    PIPELINE_SINKS_MAX = 64
};

enum transform_scope { TRANSFORM_RECORD, TRANSFORM_BATCH };

struct transform_config {
    struct placed_text sql;
    int scope; /* enum transform_scope */
};

struct transform_list {
    const struct transform_config *items;
    uint32_t count;
};

/* `json:` and `csv:` of a source; the rows' own form of struct format. */
enum framing_choice {
    FRAMING_CHOICE_AUTO,
    FRAMING_CHOICE_LINES,
    FRAMING_CHOICE_DOCUMENTS,
    FRAMING_CHOICE_ARRAY
};

struct json_config {
    int framing; /* enum framing_choice */
    int64_t depth_max;
};

struct csv_config {
    bool header, quoted_newlines;
    char delimiter, quote;
    struct text_list nulls;
};

struct source_config {
    const char *name; /* default: the kind */
    const struct connector_options *connector;
    void *options; /* the struct of connector->source */
    struct place place;
    int format_kind; /* enum format_kind */
    bool format_given;
    struct json_config json;
    struct csv_config csv;
    struct format format;           /* made of the above and limits.record_bytes_max */
    bool framing_auto; /* json: framing is FRAMING_NONE, the source detects it for each part */
    struct placed_text columns; /* text NULL: none declared */
    /* May stand in the kind's mapping too; text NULL: the connector's default, no end. */
    struct placed_text starting_position, until;
};

struct commit_config {
    int64_t rows;
    uint64_t bytes;
    int64_t every_us; /* 0: as soon as a lane is free */
};

struct sink_config {
    const char *name; /* default: the kind; unique */
    const struct connector_options *connector;
    void *options; /* the struct of connector->sink */
    struct place place;
    struct transform_list transforms; /* after the common ones */
    struct placed_text starting_position;
    double dead_letter_limit; /* 0.10 = 10%; negative = none */
    struct commit_config commit;
};

struct ledger_config {
    const struct connector_options *connector; /* NULL: no `ledger:` in the file */
    void *options;                             /* the struct of connector->ledger */
    struct place place;
};

struct limits_config {
    uint64_t memory_bytes, scratch_bytes, record_bytes_max;
    int64_t workers; /* never 0 after loading: the cores this process may use */
};

struct http_config {
    const char *listen; /* host:port; NULL: none */
};

enum test_match { TEST_EXACT, TEST_SUBSET };

/* What one sink should get. */
struct test_expect {
    uint32_t sink; /* index into pipeline.sinks */
    struct place place;
    struct text_list rows; /* JSON objects as text, numbers as written */
};

struct test_config {
    const char *name;
    struct place place;
    struct text_list input; /* records: a mapping or list as JSON text, a scalar as it is */
    const struct test_expect *expects;
    uint32_t expects_count;
    int match; /* enum test_match: subset looks only at the members that are named */
    int64_t dead_letters_count;    /* input records that end as dead letters in any sink */
    struct text_list dead_letters; /* JSON objects as text; empty when only the count is given */
};

struct pipeline_secrets;

struct pipeline {
    const char *name, *file;
    struct source_config source;
    struct transform_list transforms;
    struct sink_config *sinks;
    uint32_t sinks_count;
    struct ledger_config ledger;
    struct limits_config limits;
    struct http_config http;
    const char *timezone;
    int64_t shutdown_timeout_us, stall_timeout_us, lease_us;
    bool lease_given; /* else a ledger may have a longer default (30 s in an object store) */
    const struct test_config *tests;
    uint32_t tests_count;
    struct pipeline_secrets *secrets;
};

struct pipeline_input {
    const char *path;  /* `-` is standard input; names the file in messages */
    struct slice text; /* data NULL: read path */
    /* --set: dotted path (`sinks.0.postgres.table`) to value; may be NULL */
    const struct text_map *sets;
    const struct connector_options *registry;
};

/* Reads, checks and fills. On failure errors holds everything that is wrong and *ret is not
 * written. errors must be initialised; it may hold errors of other files already. */
MUST_CHECK enum status pipeline_load(const struct pipeline_input *input, struct arena *arena,
                                     struct pipeline **ret, struct config_errors *errors);
/* Wipes and frees the secrets; call it before the arena is freed, which stays the caller's. Takes
 * NULL. */
void pipeline_free(struct pipeline *pipeline);

/* The values that say where data is and what a position means (OPTION_IDENTITY), `path=value`
 * lines. */
void pipeline_identity(const struct pipeline *pipeline, struct buffer *out);
/* May the running pipeline be replaced by the next one? Failure names what differs, with both
 * values. Sinks are compared by name; added and removed ones are compatible. */
MUST_CHECK enum status pipeline_identity_compare(const struct pipeline *running,
                                                 const struct pipeline *next, struct error *error);

#endif
