/* SPDX-License-Identifier: Apache-2.0 */
/* What a sink is to the engine. A sink encodes rows, writes units and reports verdicts; it contains no retry loop, no
 * sleep and no counter of its own: the engine alone decides what follows.
 *
 * Threads. bind, free: main. encoder_*, encode: workers. Everything with a lane: that lane's thread, where it may block
 * until the deadline. A sink with two lanes has two units at once, one on each lane; unit_commit of a unit is called
 * only after every older unit of the sink ended DONE. A call that passes its deadline returns within a second: RETRY
 * before the commit was sent, UNKNOWN after. */
#ifndef LEAT_FLOW_SINK_H
#define LEAT_FLOW_SINK_H

#include "engine/base/error.h"
#include "engine/flow/ledger.h"
#include "engine/flow/segment.h"
#include "engine/flow/stage.h"

struct sink;
struct sink_lane;
struct encoder;

enum verdict {
    VERDICT_DONE,    /* proven: it happened */
    VERDICT_RETRY,   /* proven: it did not; `redo` says from where */
    VERDICT_UNKNOWN, /* neither: the engine calls unit_resolve on a fresh lane */
    VERDICT_REJECT,  /* these rows cannot be stored; the rest can */
    VERDICT_FENCED,  /* these parts belong to somebody else now */
    VERDICT_MOVED,   /* these parts' next is not where the engine thinks (fail-over) */
    VERDICT_FATAL    /* named stop of the sink */
};

enum redo { REDO_SEND, REDO_ENCODE, REDO_READ };

struct part_outcome {
    struct part *part;
    bool moved;       /* else fenced */
    const char *next; /* moved: where the ledger stands; in the outcome's arena */
};

struct row_outcome {
    const struct payload *payload;
    uint32_t row;
    const char *code;     /* static or in the arena: SQLSTATE or name */
    struct slice message; /* in the arena */
};

/* Filled by a sink's call. The engine makes it empty (DONE) with an arena that outlives the report. */
struct outcome {
    enum verdict verdict;
    enum redo redo;
    struct error error;
    struct arena *arena;
    struct part_outcome *parts; /* FENCED, MOVED; also beside DONE or RETRY after a resolve */
    uint32_t parts_count;
    struct row_outcome *rows;   /* REJECT: never empty */
    uint32_t rows_count;
};

enum verdict outcome_retry(struct outcome *outcome, enum redo redo, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
enum verdict outcome_unknown(struct outcome *outcome, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
enum verdict outcome_fatal(struct outcome *outcome, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Grow the lists; set the verdict to FENCED, MOVED or REJECT unless it is UNKNOWN, DONE or RETRY on purpose. */
void outcome_part(struct outcome *outcome, struct part *part, bool moved, const char *next);
void outcome_row(struct outcome *outcome, const struct payload *payload, uint32_t row, const char *code,
                 struct slice message);

/* When a unit is sealed. A sink that holds (files) keeps its unit open until something is due; one that does not
 * (tables) commits whatever prefix is ready as soon as a lane is free. */
struct commit_policy {
    bool hold;
    uint64_t rows, bytes;     /* at most; 0 = no limit */
    int64_t every_us;         /* hold: due this long after the first add */
    int64_t idle_us;          /* hold: due when nothing was added for so long; 0 = never */
};

struct sink_bind {
    const void *options;
    const char *pipeline, *source, *name;
    const struct schema *schema; /* of the rows it will get; NULL = by name: `wanted` says which after check */
    bool aggregates;             /* rows stand for many records and only merging makes them mean something */
    const enum column_aggregate *column_aggregates; /* with aggregates: one for each column of the schema */
    const struct timezone *zone;
    struct budget *budget;
    uint64_t scratch_bytes;
    struct commit_policy commit; /* as in the file; rows and bytes 0 = not given */
    struct arena *arena;         /* lives as long as the sink */
};

struct sink_caps {
    uint32_t lanes;         /* 1 or 2; known after check */
    bool takes_payload;     /* unit_add consumes it: its memory is free afterwards, an abandoned unit is read again */
    bool may_reject;
    bool merges;            /* takes aggregate rows */
    bool positionless;      /* holds no position: needs `ledger:`, or keeps nothing (stdout, drop) */
    const char *guarantee;  /* "transaction", "commit log", NULL = none of its own: for explain */
    struct commit_policy commit;
};

/* A part's share of a unit: (epoch = mine, owner = me, next = from) -> to. Texts are NUL-terminated. */
struct move {
    struct part *part;
    const char *part_name;
    uint64_t epoch;
    const char *from, *to, *mark; /* printed; mark NULL = unchanged */
    struct counts counts;         /* to add to the books */
    struct dead_window window;    /* as of `to` */
};

struct unit {
    uint64_t number;              /* ascending in the sink */
    void *impl;                   /* the sink's, from unit_open until it ends */
    struct payload *const *payloads; /* added so far, the one being added included; lent until the unit ends */
    uint32_t payloads_count;
    const struct move *moves;     /* one a part, ordered by part name; set before unit_seal */
    uint32_t moves_count;
    const char *owner;
};

struct sink_ops {
    enum status (*bind)(const struct sink_bind *bind, struct sink **ret, struct error *error);
    void (*free)(struct sink *sink); /* takes NULL */
    struct sink_caps (*caps)(const struct sink *sink);
    /* Lane, before the first unit and after REDO_ENCODE: reads the catalog, probes rights; reports every mismatch at
     * once. A new binding version when something changed. */
    enum status (*check)(struct sink *sink, int64_t deadline_us, uint64_t *ret_binding, struct error *error);
    /* After check, when bound without a schema: the columns it takes, by name (a table's). NULL =
     * it has no opinion and is to be bound with a schema. */
    const struct schema *(*wanted)(const struct sink *sink);
    /* NULL = has none of its own. Not to be called before check. */
    struct ledger *(*ledger)(struct sink *sink);

    /* W: one encoder for each worker; encode fills payload's body, bytes, rows, row_records from the batch's selected
     * rows; a row that cannot be stored is withdrawn (stage "encode") and its record's other rows are taken back.
     * Returns FAILED only when the binding is stale (REDO_ENCODE follows). Foreign handles live in the encoder. */
    struct encoder *(*encoder_new)(struct sink *sink);
    void (*encoder_free)(struct encoder *encoder);
    enum status (*encode)(struct encoder *encoder, struct batch *batch, struct payload *payload, struct error *error);

    enum status (*lane_open)(struct sink *sink, struct sink_lane **ret, int64_t deadline_us, struct error *error);
    void (*lane_close)(struct sink_lane *lane); /* takes NULL; everything uncommitted is gone */

    /* One call for each step; all return outcome->verdict. unit_add streams a payload in; unit_seal does all but the
     * deciding steps; unit_commit: compare-and-set and the commit itself; unit_resolve after UNKNOWN, on a fresh lane:
     * DONE, RETRY or UNKNOWN again; unit_abandon before the commit was sent: everything is as before unit_open. When a
     * run is forced to end it also comes for a unit in doubt: what its commit may have promised must stay. */
    enum verdict (*unit_open)(struct sink_lane *lane, struct unit *unit, int64_t deadline_us, struct outcome *outcome);
    enum verdict (*unit_add)(struct sink_lane *lane, struct unit *unit, struct payload *payload, int64_t deadline_us,
                             struct outcome *outcome);
    enum verdict (*unit_seal)(struct sink_lane *lane, struct unit *unit, int64_t deadline_us, struct outcome *outcome);
    enum verdict (*unit_commit)(struct sink_lane *lane, struct unit *unit, int64_t deadline_us,
                                struct outcome *outcome);
    enum verdict (*unit_resolve)(struct sink_lane *lane, struct unit *unit, int64_t deadline_us,
                                 struct outcome *outcome);
    void (*unit_abandon)(struct sink_lane *lane, struct unit *unit);
    uint64_t (*unit_bytes)(const struct unit *unit); /* written so far, for roll and commit; NULL = payload bytes */

    /* Lane, at the end of a run: all that was committed is visible (publishing done). */
    enum status (*finish)(struct sink *sink, int64_t deadline_us, struct error *error); /* may be NULL */
};

/* Base of every sink, embedded first. */
struct sink {
    const struct sink_ops *ops;
};

struct encoder {
    struct sink *sink;
};

#endif
