/* SPDX-License-Identifier: Apache-2.0 */
/* A round of claims reads candidates from the first ledger that has any, claims them there against
 * the epoch that was read (one process wins), and then takes the same parts in the other sinks
 * whatever their owner: who holds the deciding row has the right to. A part that cannot be had
 * everywhere is released again. */
#include "engine/flow/claims.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/log.h"

enum { CANDIDATES_MAX = 256, SMALL_BYTES = 64 << 20, WEIGHED_MAX = 20000 };

static struct ledger *ledger_of(const struct claims *claims, uint32_t sink) {
    return claims->graph->sinks[sink].ledger;
}

static int64_t deadline(void) {
    return io_now_us() + LEDGER_DEADLINE_US;
}

enum status claims_open(struct claims *claims, struct error *error) {
    const struct graph *graph = claims->graph;
    for (uint32_t i = 0; i < graph->sinks_count; i++) {
        struct ledger_identity identity = {
            .pipeline = graph->pipeline->name,
            .source = graph->pipeline->source.name,
            .sink = graph->sinks[i].config->name,
            .owner = claims->owner,
            .lease_us = graph->pipeline->lease_us,
        };
        struct ledger *commits = graph->sinks[i].ledger_is_named ? graph->sinks[i].commit_ledger : NULL;
        if (ledger_of(claims, i)->ops->open(ledger_of(claims, i), &identity, deadline(), error) != STATUS_OK ||
            (commits && commits->ops->open(commits, &identity, deadline(), error) != STATUS_OK)) {
            error_context(error, "ledger of sink %s", graph->sinks[i].config->name);
            claims_close(claims); /* those before it: all are opened anew at the next try */
            return STATUS_FAILED;
        }
    }
    return STATUS_OK;
}

void claims_close(struct claims *claims) {
    for (uint32_t i = 0; i < claims->graph->sinks_count; i++) {
        if (ledger_of(claims, i)) {
            ledger_of(claims, i)->ops->close(ledger_of(claims, i));
        }
        if (claims->graph->sinks[i].ledger_is_named) {
            claims->graph->sinks[i].commit_ledger->ops->close(claims->graph->sinks[i].commit_ledger);
        }
    }
}

static enum status new_sinks_join(struct claims *claims, struct error *error);

struct plan_look {
    struct claims *claims;
    struct planned *planned;
    struct arena *arena;
};

/* Planned data that changed is told by name, never read and never passed over in silence. */
static void change_look(struct plan_look *look, const char *entry) {
    const struct graph *graph = look->claims->graph;
    struct ledger *ledger = ledger_of(look->claims, look->claims->planner);
    const struct source_ops *source = graph->source_connector->source;
    const char *ident = NULL;
    char what[512];
    struct error error;
    if (!source->changed || !ledger->ops->plan_ident ||
        ledger->ops->plan_ident(ledger, entry, look->arena, &ident, deadline(), &error) != STATUS_OK || !ident ||
        !source->changed(graph->source, entry, ident, what, sizeof what)) {
        return;
    }
    look->planned->changed++;
    log_write(LOG_ERROR, "source-changed", what, "entry", entry, NULL);
}

static bool entry_known(void *context, const char *entry) {
    struct plan_look *look = context;
    struct ledger *ledger = ledger_of(look->claims, look->claims->planner);
    bool known = false;
    struct error error;
    if (ledger->ops->plan_known(ledger, &entry, 1, &known, deadline(), &error) != STATUS_OK || !known) {
        return false;
    }
    change_look(look, entry);
    return true;
}

enum status claims_plan(struct claims *claims, struct planned *ret, struct error *error) {
    if (new_sinks_join(claims, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    struct arena *arena = arena_new(NULL, POOL_READ);
    struct part_list parts = {0};
    const struct graph *graph = claims->graph;
    struct ledger *ledger = ledger_of(claims, claims->planner);
    *ret = (struct planned){0};
    struct plan_look look = {.claims = claims, .planned = ret, .arena = arena};
    enum status status =
        graph->source_connector->source->list(graph->source, entry_known, &look, arena, &parts, error);
    if (status == STATUS_OK) {
        ret->parts = parts.count;
        status = ledger->ops->plan_put(ledger, &parts, true, deadline(), error);
    }
    arena_free(arena);
    return status;
}

static bool is_compressed(const char *name) {
    const char *dot = strrchr(name, '.');
    return dot && (strcmp(dot, ".gz") == 0 || strcmp(dot, ".zst") == 0);
}

bool claims_weigh(struct claims *claims, struct weight *ret) {
    struct ledger *ledger = ledger_of(claims, claims->planner);
    struct arena *arena = arena_new(NULL, POOL_READ);
    struct ledger_query query = {.rows_max = WEIGHED_MAX, .all = true};
    struct ledger_rows rows = {0};
    struct error error;
    bool known = ledger->ops->query(ledger, &query, arena, &rows, deadline(), &error) == STATUS_OK &&
                 rows.count < WEIGHED_MAX;
    *ret = (struct weight){.exact = true};
    for (uint32_t i = 0; known && i < rows.count; i++) {
        if (rows.items[i].state == ROW_OPEN) {
            ret->bytes += rows.items[i].info.weight_bytes;
            ret->exact &= !is_compressed(rows.items[i].info.name);
        }
    }
    arena_free(arena);
    return known;
}

/* --- a sink added later
 * --------------------------------------------------------------------------------------------- */

/* Where a new sink begins in a part: at the lowest position of those that were there before it, or, with
 * `starting_position: earliest`, at the part's own first position. */
static enum status first_lower(struct claims *claims, uint32_t other, const struct ledger_rows *plan,
                               struct position *lowest, struct arena *arena, struct error *error) {
    struct ledger *ledger = ledger_of(claims, other);
    const char **names = arena_alloc(arena, (plan->count + 1) * sizeof *names);
    for (uint32_t i = 0; i < plan->count; i++) {
        names[i] = plan->items[i].info.name;
    }
    struct ledger_rows rows = {0};
    if (ledger->ops->rows(ledger, names, plan->count, arena, &rows, deadline(), error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    for (uint32_t i = 0; i < plan->count; i++) {
        struct position next;
        if (rows.items[i].info.name && claims->graph->source_connector->source->parse(rows.items[i].next, &next) &&
            position_compare(&next, &lowest[i]) < 0) {
            lowest[i] = next;
        }
    }
    return STATUS_OK;
}

static enum status plan_copy(struct claims *claims, uint32_t sink, const bool *started, struct error *error) {
    const struct source_ops *source = claims->graph->source_connector->source;
    const char *wish = claims->graph->sinks[sink].config->starting_position.text;
    bool earliest = wish && strcmp(wish, "earliest") == 0;
    struct arena *arena = arena_new(NULL, POOL_READ);
    struct ledger_query query = {.rows_max = UINT32_MAX, .all = true};
    struct ledger_rows plan = {0};
    struct ledger *holder = ledger_of(claims, claims->planner), *ledger = ledger_of(claims, sink);
    enum status status = holder->ops->query(holder, &query, arena, &plan, deadline(), error);
    struct position *lowest = arena_alloc(arena, (plan.count + 1) * sizeof *lowest);
    for (uint32_t i = 0; i < plan.count; i++) {
        lowest[i] = POSITION_END;
    }
    for (uint32_t i = 0; status == STATUS_OK && !earliest && i < claims->graph->sinks_count; i++) {
        if (started[i] && i != sink) {
            status = first_lower(claims, i, &plan, lowest, arena, error);
        }
    }
    struct part_list parts = {.items = arena_alloc(arena, (plan.count + 1) * sizeof *parts.items), .count = plan.count};
    for (uint32_t i = 0; status == STATUS_OK && i < plan.count; i++) {
        char first[POSITION_TEXT_MAX];
        source->print(&lowest[i], first);
        parts.items[i] = plan.items[i].info;
        parts.items[i].first = earliest ? plan.items[i].info.first : arena_text(arena, slice_of(first));
    }
    if (status == STATUS_OK) {
        status = ledger->ops->plan_put(ledger, &parts, true, deadline(), error);
        log_write(LOG_INFO, "sink-joined",
                  earliest ? "a new sink begins at the beginning"
                           : "a new sink begins where the others stand; starting_position: "
                             "earliest gives it everything",
                  "sink", claims->graph->sinks[sink].config->name, "parts", log_number(plan.count),
                  NULL);
    }
    arena_free(arena);
    return status;
}

static uint32_t planner_choose(const struct claims *claims, const bool *started) {
    uint32_t keeps = UINT32_MAX;
    for (uint32_t i = 0; i < claims->graph->sinks_count; i++) {
        if (started[i]) {
            return i;
        }
        if (keeps == UINT32_MAX && !ledger_of(claims, i)->keeps_nothing) {
            keeps = i;
        }
    }
    return keeps == UINT32_MAX ? 0 : keeps;
}

/* A sink without the marker `_start`, beside others that have it, gets a copy of the plan. */
static enum status new_sinks_join(struct claims *claims, struct error *error) {
    bool started[SINKS_MAX] = {false};
    uint32_t count = claims->graph->sinks_count;
    for (uint32_t i = 0; i < count; i++) {
        struct ledger *ledger = ledger_of(claims, i);
        struct ledger_totals totals = {0};
        if (!ledger->keeps_nothing && ledger->ops->totals(ledger, &totals, deadline(), error) != STATUS_OK) {
            return STATUS_FAILED;
        }
        started[i] = totals.started;
    }
    claims->planner = planner_choose(claims, started);
    for (uint32_t i = 0; i < count; i++) {
        bool joins = !started[i] && !ledger_of(claims, i)->keeps_nothing && started[claims->planner];
        if (joins && plan_copy(claims, i, started, error) != STATUS_OK) {
            return STATUS_FAILED;
        }
    }
    return STATUS_OK;
}

/* --- one round
 * -----------------------------------------------------------------------------------------------------
 */

struct round {
    struct claims *claims;
    struct arena *arena;
    const char **names; /* candidates, then those that are still in it */
    const struct part_info **infos;
    uint64_t *epochs;   /* in the deciding ledger */
    bool *lost;
    uint32_t count, decider;
    struct claim *claimed[SINKS_MAX];
};

static void round_fill(struct round *round, const struct ledger_rows *rows, const struct claim_request *request) {
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < rows->count; i++) {
        const struct ledger_row *row = &rows->items[i];
        bool small = bytes + row->info.weight_bytes <= SMALL_BYTES && row->info.weight_bytes > 0;
        if (round->count >= request->max && !small) {
            break;
        }
        if (request->skip(request->context, row->info.name)) {
            continue;
        }
        bytes += row->info.weight_bytes;
        round->names[round->count] = row->info.name;
        round->infos[round->count] = &row->info;
        round->epochs[round->count++] = row->epoch;
    }
}

/* Candidates come from the first ledger that has any: a part that is at its end there may be open in a later one. */
static enum status round_candidates(struct round *round, const struct claim_request *request, struct error *error) {
    struct claims *claims = round->claims;
    const char **free_owners =
        arena_alloc(round->arena, (claims->dead_owners_count + 1) * sizeof *free_owners);
    for (uint32_t i = 0; i < claims->dead_owners_count; i++) {
        free_owners[i] = claims->dead_owners[i];
    }
    free_owners[claims->dead_owners_count] = claims->owner; /* what is held is skipped by the request */
    struct ledger_query query = {
        .rows_max = CANDIDATES_MAX,
        .dead_owners = free_owners,
        .dead_owners_count = claims->dead_owners_count + claims->orphans,
        .lease_us = claims->graph->pipeline->lease_us,
    };
    uint32_t first = claims->planner;
    bool any_keeps = !ledger_of(claims, first)->keeps_nothing;
    round->names = arena_alloc(round->arena, CANDIDATES_MAX * sizeof *round->names);
    round->infos = arena_alloc(round->arena, CANDIDATES_MAX * sizeof *round->infos);
    round->epochs = arena_alloc(round->arena, CANDIDATES_MAX * sizeof *round->epochs);
    uint32_t sinks = claims->graph->sinks_count;
    for (uint32_t k = 0; k < sinks && round->count == 0; k++) {
        uint32_t i = (first + k) % sinks;
        struct ledger *ledger = ledger_of(claims, i);
        if (any_keeps && ledger->keeps_nothing) {
            continue;
        }
        struct ledger_rows rows = {0};
        if (ledger->ops->query(ledger, &query, round->arena, &rows, deadline(), error) != STATUS_OK) {
            return STATUS_FAILED;
        }
        round->decider = i;
        round_fill(round, &rows, request);
    }
    return STATUS_OK;
}

static enum status sink_claim(struct round *round, uint32_t sink, struct error *error) {
    struct ledger *ledger = ledger_of(round->claims, sink);
    struct claim *claims = arena_zalloc(round->arena, round->count * sizeof *claims);
    round->claimed[sink] = claims;
    for (uint32_t i = 0; i < round->count; i++) {
        claims[i].part = round->names[i];
        claims[i].expected_epoch = round->epochs[i];
        claims[i].result = CLAIM_HELD;
    }
    return ledger->ops->claim(ledger, claims, round->count, round->arena, deadline(), error);
}

/* Rows that another sink's plan has and this one lacks: they begin where the others stand, or at their start. */
static enum status sink_copy_plan(struct round *round, uint32_t sink, struct ledger_rows *rows, struct error *error) {
    struct ledger *ledger = ledger_of(round->claims, sink);
    struct part_list absent = {.items = arena_alloc(round->arena, round->count * sizeof *absent.items)};
    for (uint32_t i = 0; i < round->count; i++) {
        if (!rows->items[i].info.name) {
            absent.items[absent.count] = *round->infos[i];
            absent.items[absent.count++].first = round->claimed[round->decider][i].row.next;
        }
    }
    if (absent.count == 0) {
        return STATUS_OK;
    }
    if (ledger->ops->plan_put(ledger, &absent, true, deadline(), error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    return ledger->ops->rows(ledger, round->names, round->count, round->arena, rows, deadline(), error);
}

static enum status sink_follow(struct round *round, uint32_t sink, struct error *error) {
    struct ledger *ledger = ledger_of(round->claims, sink);
    struct ledger_rows rows = {0};
    if (ledger->ops->rows(ledger, round->names, round->count, round->arena, &rows, deadline(), error) != STATUS_OK ||
        sink_copy_plan(round, sink, &rows, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    for (uint32_t i = 0; i < round->count; i++) {
        round->epochs[i] = rows.items[i].epoch;
    }
    return sink_claim(round, sink, error);
}

/* Keeps only what the decider won. */
static void round_narrow(struct round *round) {
    struct claim *claims = round->claimed[round->decider];
    uint32_t kept = 0;
    for (uint32_t i = 0; i < round->count; i++) {
        if (claims[i].result == CLAIM_WON) {
            claims[kept] = claims[i];
            round->infos[kept] = round->infos[i];
            round->names[kept++] = round->names[i];
        }
    }
    round->count = kept;
}

static bool share_fill(const struct graph *graph, struct part *part, uint32_t sink, const struct claim *claim) {
    struct part_share *share = &part->shares[sink];
    const struct ledger_row *row = &claim->row;
    share->won = claim->result == CLAIM_WON;
    share->ended = claim->result == CLAIM_ENDED;
    share->epoch = row->epoch;
    part->books[sink] = row->books;
    part->windows[sink] = row->window;
    if (!share->won && !share->ended) {
        return false;
    }
    if (share->ended) {
        share->next = POSITION_END;
        return true;
    }
    if (!graph->source_connector->source->parse(row->next, &share->next)) {
        log_write(LOG_ERROR, "ledger-unreadable", "the ledger holds a position that the source cannot read", "part",
                  part->info.name, "next", row->next, NULL);
        return false;
    }
    return true;
}

/* The mark belongs to the position where reading starts. */
static void mark_choose(const struct round *round, struct part *part, uint32_t index) {
    const struct position *lowest = NULL;
    for (uint32_t i = 0; i < round->claims->graph->sinks_count; i++) {
        const struct part_share *share = &part->shares[i];
        if (share->won && (!lowest || position_compare(&share->next, lowest) < 0)) {
            lowest = &share->next;
            part->mark = arena_text(part->arena, slice_of(round->claimed[i][index].row.mark));
        }
    }
}

/* A part that is stopped in one sink stops in all: else the sink that decides would offer it again and again. */
static const char *stopped_reason(const struct round *round, uint32_t index) {
    for (uint32_t i = 0; i < round->claims->graph->sinks_count; i++) {
        const struct claim *claim = &round->claimed[i][index];
        if (claim->result == CLAIM_STOPPED) {
            return claim->row.reason && *claim->row.reason ? claim->row.reason : "stopped in another sink";
        }
    }
    return NULL;
}

static void round_deliver(struct round *round, const struct claim_request *request) {
    const struct graph *graph = round->claims->graph;
    for (uint32_t i = 0; i < round->count; i++) {
        struct part *part = part_new(round->infos[i], graph->pipeline->name, graph->pipeline->source.name);
        bool whole = true;
        for (uint32_t j = 0; j < graph->sinks_count; j++) {
            whole &= share_fill(graph, part, j, &round->claimed[j][i]);
        }
        if (whole) {
            mark_choose(round, part, i);
            request->won(request->context, part);
            continue;
        }
        const char *reason = stopped_reason(round, i);
        if (reason) {
            claims_stop(round->claims, part, reason);
        } else {
            claims_release(round->claims, part);
        }
        part_unref(part);
    }
}

/* A ledger failed in the middle: what was won goes back, or waits for the lease if that fails too. */
static void round_release(struct round *round) {
    for (uint32_t sink = 0; sink < round->claims->graph->sinks_count; sink++) {
        struct claim *claims = round->claimed[sink];
        for (uint32_t i = 0; claims && i < round->count; i++) {
            struct claim won = {.part = claims[i].part, .expected_epoch = claims[i].row.epoch};
            struct ledger *ledger = ledger_of(round->claims, sink);
            struct error error;
            if (claims[i].result == CLAIM_WON &&
                ledger->ops->release(ledger, &won, 1, deadline(), &error) != STATUS_OK) {
                round->claims->orphans = true;
                return;
            }
        }
    }
}

enum status claims_win(struct claims *claims, const struct claim_request *request, struct error *error) {
    struct round round = {.claims = claims, .arena = arena_new(NULL, POOL_READ)};
    enum status status = round_candidates(&round, request, error);
    if (status == STATUS_OK && round.count) {
        status = sink_claim(&round, round.decider, error);
        if (status == STATUS_OK) {
            round_narrow(&round);
        }
        for (uint32_t i = 0; status == STATUS_OK && round.count && i < claims->graph->sinks_count; i++) {
            if (i != round.decider) {
                status = sink_follow(&round, i, error);
            }
        }
        if (status == STATUS_OK) {
            round_deliver(&round, request);
        } else {
            claims->orphans = true; /* the claim that failed may have happened all the same */
            round_release(&round);
        }
    }
    arena_free(round.arena);
    return status;
}

void claims_release(struct claims *claims, struct part *part) {
    for (uint32_t i = claims->graph->sinks_count; i-- > 0;) {
        struct ledger *ledger = ledger_of(claims, i);
        struct claim claim = {.part = part->info.name, .expected_epoch = part->shares[i].epoch};
        struct error error;
        if (part->shares[i].won && !part->shares[i].ended &&
            ledger->ops->release(ledger, &claim, 1, deadline(), &error) != STATUS_OK) {
            claims->orphans = true;
            log_write(LOG_WARN, "release-failed", error.message, "part", part->info.name, NULL);
        }
        part->shares[i].won = false;
    }
}

void claims_stop(struct claims *claims, struct part *part, const char *reason) {
    for (uint32_t i = 0; i < claims->graph->sinks_count; i++) {
        struct ledger *ledger = ledger_of(claims, i);
        struct note note = {
            .kind = NOTE_STOP, .part = part->info.name, .reason = reason, .epoch = part->shares[i].epoch};
        struct error error;
        if (part->shares[i].won && !part->shares[i].ended &&
            ledger->ops->note(ledger, &note, deadline(), &error) != STATUS_OK) {
            claims->orphans = true; /* claimed again, it stops again */
            log_write(LOG_WARN, "stop-not-noted", error.message, "part", part->info.name, NULL);
        }
        part->shares[i].won = false;
    }
}

enum status claims_totals(struct claims *claims, struct ledger_totals *ret, struct error *error) {
    *ret = (struct ledger_totals){.all_visible = true};
    const struct ledger *planner = ledger_of(claims, claims->planner);
    for (uint32_t i = 0; i < claims->graph->sinks_count; i++) {
        struct ledger *ledger = ledger_of(claims, i);
        struct ledger_totals totals;
        if (ledger->keeps_nothing && !planner->keeps_nothing) {
            continue; /* a part that another process took over stays open there */
        }
        if (ledger->ops->totals(ledger, &totals, deadline(), error) != STATUS_OK) {
            return STATUS_FAILED;
        }
        ret->parts = totals.parts > ret->parts ? totals.parts : ret->parts;
        ret->open += totals.open;
        ret->stopped += totals.stopped;
        ret->all_visible &= totals.all_visible;
        counts_add(&ret->books, &totals.books);
    }
    return STATUS_OK;
}
