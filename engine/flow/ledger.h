/* SPDX-License-Identifier: Apache-2.0 */
/* The sink's own record of every part: next, epoch, owner, plan, books. One ledger belongs to one (pipeline, source,
 * sink). Calls run on the ledger's lane and may block until deadline_us; renew alone runs on a lane of its own, with
 * a connection of its own, so that a slow claim cannot cost the lease. Errors: transient = asked again by the engine,
 * permanent = the sink stops by name. A lost reply to claim, release, plan_put or note is settled by reading back
 * inside the call (own nonce = it happened) or reported transient: all of them may be repeated. */
#ifndef LEAT_FLOW_LEDGER_H
#define LEAT_FLOW_LEDGER_H

#include "engine/base/error.h"
#include "engine/flow/part.h"

struct ledger;

struct ledger_identity {
    const char *pipeline, *source, *sink;
    const char *owner;   /* this process: owner.h */
    int64_t lease_us;
    uint64_t epoch_floor; /* 0 */
};

enum row_state { ROW_OPEN, ROW_STOPPED, ROW_ENDED };

struct ledger_row {
    struct part_info info;
    const char *next;        /* printed position; "end" = nothing left */
    const char *mark;        /* "" = none */
    const char *owner;       /* "" = nobody */
    int64_t owner_age_us;    /* since its last renewal, by the ledger's clock; INT64_MAX = unknown owner */
    uint64_t epoch;
    enum row_state state;
    const char *reason;      /* why it is stopped */
    struct counts books;
    struct dead_window window;
};

struct ledger_rows {
    struct ledger_row *items;
    uint32_t count;
};

enum claim_result { CLAIM_WON, CLAIM_HELD, CLAIM_ENDED, CLAIM_STOPPED, CLAIM_ABSENT };

struct claim {
    const char *part;
    uint64_t expected_epoch;   /* of the row as it was read: the compare-and-set */
    enum claim_result result;
    struct ledger_row row;     /* as it stands after the claim (WON: my owner, epoch + 1) */
};

struct owner_age {
    const char *owner;
    int64_t age_us;
};

struct owner_list {
    struct owner_age *items;
    uint32_t count;
};

/* Which rows a query wants, cheaply for a million parts. */
struct ledger_query {
    uint32_t rows_max;
    const char *const *dead_owners; /* owners known to be dead: their parts are free */
    uint32_t dead_owners_count;
    int64_t lease_us;               /* parts whose owner is older are free */
    bool all;                       /* every row, whatever its state (ledger show, doctor) */
};

struct ledger_totals {
    uint64_t parts, open, stopped, ended;
    uint64_t open_elsewhere; /* open and owned by another live process */
    bool started;            /* the marker `_start` stands */
    bool all_visible;        /* nothing committed is still unpublished */
    struct counts books;
};

enum note_kind { NOTE_STOP, NOTE_RESUME, NOTE_SKIP, NOTE_SET, NOTE_RESET, NOTE_ABORT_SEEN };

struct note {
    enum note_kind kind;
    const char *part;      /* NULL with RESET: all */
    const char *reason;    /* STOP: why; others: who asked, for the audit row */
    const char *next;      /* SKIP, SET: the new position */
    uint64_t epoch;        /* STOP: mine, only while I own it; others bump it */
};

struct ledger_ops {
    /* Makes or checks tables or the log; refuses an unknown version by name. */
    enum status (*open)(struct ledger *ledger, const struct ledger_identity *identity, int64_t deadline_us,
                        struct error *error);
    void (*close)(struct ledger *ledger);
    /* Which of the entries stand in the plan already: sets known[i]. */
    enum status (*plan_known)(struct ledger *ledger, const char *const *entries, uint32_t count, bool *ret_known,
                              int64_t deadline_us, struct error *error);
    /* The ident of a planned entry, in the arena; NULL = it is not in the plan. May be NULL: then nobody asks whether
     * planned data has changed since. */
    enum status (*plan_ident)(struct ledger *ledger, const char *entry, struct arena *arena, const char **ret_ident,
                              int64_t deadline_us, struct error *error);
    /* Puts entries that are absent, each whole; what stands is never changed. started: puts `_start` in the same atomic
     * step. Idempotent, safe from several processes. */
    enum status (*plan_put)(struct ledger *ledger, const struct part_list *parts, bool started, int64_t deadline_us,
                            struct error *error);
    enum status (*totals)(struct ledger *ledger, struct ledger_totals *ret, int64_t deadline_us, struct error *error);
    /* Open rows that are free by the query, or all rows; in the arena, by name. */
    enum status (*query)(struct ledger *ledger, const struct ledger_query *query, struct arena *arena,
                         struct ledger_rows *ret, int64_t deadline_us, struct error *error);
    /* Rows of these parts, in their order; an absent one has name NULL. */
    enum status (*rows)(struct ledger *ledger, const char *const *parts, uint32_t count, struct arena *arena,
                        struct ledger_rows *ret, int64_t deadline_us, struct error *error);
    /* Claims: epoch + 1 and my owner where the epoch is still the expected one. After WON nothing of an older epoch can
     * commit any more. Rows live in the arena. */
    enum status (*claim)(struct ledger *ledger, struct claim *claims, uint32_t count, struct arena *arena,
                         int64_t deadline_us, struct error *error);
    /* Gives parts back (owner empty) where the epoch is still mine. */
    enum status (*release)(struct ledger *ledger, const struct claim *parts, uint32_t count, int64_t deadline_us,
                           struct error *error);
    /* I live; every process's age comes back. Own lane. */
    enum status (*renew)(struct ledger *ledger, struct arena *arena, struct owner_list *ret, int64_t deadline_us,
                         struct error *error);
    enum status (*note)(struct ledger *ledger, const struct note *note, int64_t deadline_us, struct error *error);
};

/* Base of every ledger, embedded first. */
struct ledger {
    const struct ledger_ops *ops;
    bool keeps_nothing; /* the memory ledger of stdout and drop */
};

#endif
