/* SPDX-License-Identifier: Apache-2.0 */
/* An array of rows behind a mutex: commits come from the sink's lane, everything else from the coordinator. A lookup
 * walks the array from where the last one ended: parts come and go in the order of the plan. */
#include "engine/flow/ledger_memory.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { MARK_MAX = 257 };

struct memory {
    struct ledger base;
    pthread_mutex_t lock;
    struct arena *arena; /* texts of rows */
    struct ledger_row *rows;
    uint32_t count, capacity, last;
    const char *owner;
    bool started;
};

static struct memory *memory_of(struct ledger *ledger) {
    return (struct memory *)ledger;
}

static const char *keep(struct memory *memory, const char *text) {
    return arena_text(memory->arena, slice_of(text ? text : ""));
}

static struct ledger_row *row_find(struct memory *memory, const char *part) {
    for (uint32_t i = 0; i < memory->count; i++) {
        uint32_t at = (memory->last + i) % memory->count;
        if (strcmp(memory->rows[at].info.name, part) == 0) {
            memory->last = at;
            return &memory->rows[at];
        }
    }
    return NULL;
}

static enum status memory_open(struct ledger *ledger, const struct ledger_identity *identity, int64_t deadline_us,
                               struct error *error) {
    (void)deadline_us;
    (void)error;
    struct memory *memory = memory_of(ledger);
    memory->owner = keep(memory, identity->owner);
    return STATUS_OK;
}

static void memory_close(struct ledger *ledger) {
    (void)ledger;
}

static enum status memory_plan_known(struct ledger *ledger, const char *const *entries, uint32_t count,
                                     bool *ret_known, int64_t deadline_us, struct error *error) {
    (void)deadline_us;
    (void)error;
    struct memory *memory = memory_of(ledger);
    pthread_mutex_lock(&memory->lock);
    for (uint32_t i = 0; i < count; i++) {
        ret_known[i] = false;
        for (uint32_t j = 0; j < memory->count && !ret_known[i]; j++) {
            ret_known[i] = strcmp(memory->rows[j].info.entry, entries[i]) == 0;
        }
    }
    pthread_mutex_unlock(&memory->lock);
    return STATUS_OK;
}

/* next and mark are rewritten in place by commits: a row that leaves has copies. */
static struct ledger_row row_copy(const struct ledger_row *row, struct arena *arena) {
    struct ledger_row copy = *row;
    copy.next = arena_text(arena, slice_of(row->next));
    copy.mark = arena_text(arena, slice_of(row->mark));
    return copy;
}

static const char *text_buffer(struct memory *memory, const char *text, size_t size) {
    char *buffer = arena_zalloc(memory->arena, size);
    snprintf(buffer, size, "%s", text);
    return buffer;
}

static void row_add(struct memory *memory, const struct part_info *info) {
    if (memory->count == memory->capacity) {
        memory->capacity = memory->capacity ? memory->capacity * 2 : 16;
        memory->rows = realloc(memory->rows, memory->capacity * sizeof *memory->rows);
        if (!memory->rows) {
            abort();
        }
    }
    memory->rows[memory->count++] = (struct ledger_row){
        .info = {.name = keep(memory, info->name),
                 .entry = keep(memory, info->entry),
                 .ident = keep(memory, info->ident),
                 .detail = keep(memory, info->detail),
                 .first = keep(memory, info->first),
                 .weight_bytes = info->weight_bytes},
        .next = text_buffer(memory, info->first, POSITION_TEXT_MAX),
        .mark = text_buffer(memory, "", MARK_MAX),
        .owner = "",
        .reason = "",
        .state = strcmp(info->first, "end") == 0 ? ROW_ENDED : ROW_OPEN,
    };
}

static enum status memory_plan_put(struct ledger *ledger, const struct part_list *parts, bool started,
                                   int64_t deadline_us, struct error *error) {
    (void)deadline_us;
    (void)error;
    struct memory *memory = memory_of(ledger);
    pthread_mutex_lock(&memory->lock);
    for (uint32_t i = 0; i < parts->count; i++) {
        if (!row_find(memory, parts->items[i].name)) {
            row_add(memory, &parts->items[i]);
        }
    }
    memory->started |= started;
    pthread_mutex_unlock(&memory->lock);
    return STATUS_OK;
}

static enum status memory_totals(struct ledger *ledger, struct ledger_totals *ret, int64_t deadline_us,
                                 struct error *error) {
    (void)deadline_us;
    (void)error;
    struct memory *memory = memory_of(ledger);
    *ret = (struct ledger_totals){.started = memory->started, .all_visible = true};
    pthread_mutex_lock(&memory->lock);
    for (uint32_t i = 0; i < memory->count; i++) {
        const struct ledger_row *row = &memory->rows[i];
        ret->parts++;
        ret->open += row->state == ROW_OPEN;
        ret->stopped += row->state == ROW_STOPPED;
        ret->ended += row->state == ROW_ENDED;
        counts_add(&ret->books, &row->books);
    }
    pthread_mutex_unlock(&memory->lock);
    return STATUS_OK;
}

static enum status memory_query(struct ledger *ledger, const struct ledger_query *query, struct arena *arena,
                                struct ledger_rows *ret, int64_t deadline_us, struct error *error) {
    (void)deadline_us;
    (void)error;
    struct memory *memory = memory_of(ledger);
    pthread_mutex_lock(&memory->lock);
    ret->items = arena_alloc(arena, (memory->count + 1) * sizeof *ret->items);
    ret->count = 0;
    for (uint32_t i = 0; i < memory->count && ret->count < query->rows_max; i++) {
        const struct ledger_row *row = &memory->rows[i];
        if (query->all || (row->state == ROW_OPEN && !*row->owner)) {
            ret->items[ret->count++] = row_copy(row, arena);
        }
    }
    pthread_mutex_unlock(&memory->lock);
    return STATUS_OK;
}

static enum status memory_rows(struct ledger *ledger, const char *const *parts, uint32_t count, struct arena *arena,
                               struct ledger_rows *ret, int64_t deadline_us, struct error *error) {
    (void)deadline_us;
    (void)error;
    struct memory *memory = memory_of(ledger);
    pthread_mutex_lock(&memory->lock);
    ret->items = arena_zalloc(arena, (count + 1) * sizeof *ret->items);
    ret->count = count;
    for (uint32_t i = 0; i < count; i++) {
        const struct ledger_row *row = row_find(memory, parts[i]);
        if (row) {
            ret->items[i] = row_copy(row, arena);
        }
    }
    pthread_mutex_unlock(&memory->lock);
    return STATUS_OK;
}

static void row_claim(struct memory *memory, struct claim *claim, struct arena *arena) {
    struct ledger_row *row = row_find(memory, claim->part);
    if (!row) {
        claim->result = CLAIM_ABSENT;
        return;
    }
    claim->result = row->state == ROW_ENDED ? CLAIM_ENDED : row->state == ROW_STOPPED ? CLAIM_STOPPED : CLAIM_WON;
    if (claim->result == CLAIM_WON) {
        row->epoch++;
        row->owner = memory->owner;
    }
    claim->row = row_copy(row, arena);
}

static enum status memory_claim(struct ledger *ledger, struct claim *claims, uint32_t count, struct arena *arena,
                                int64_t deadline_us, struct error *error) {
    (void)deadline_us;
    (void)error;
    struct memory *memory = memory_of(ledger);
    pthread_mutex_lock(&memory->lock);
    for (uint32_t i = 0; i < count; i++) {
        row_claim(memory, &claims[i], arena);
    }
    pthread_mutex_unlock(&memory->lock);
    return STATUS_OK;
}

static enum status memory_release(struct ledger *ledger, const struct claim *parts, uint32_t count,
                                  int64_t deadline_us, struct error *error) {
    (void)deadline_us;
    (void)error;
    struct memory *memory = memory_of(ledger);
    pthread_mutex_lock(&memory->lock);
    for (uint32_t i = 0; i < count; i++) {
        struct ledger_row *row = row_find(memory, parts[i].part);
        if (row && row->epoch == parts[i].expected_epoch) {
            row->owner = "";
        }
    }
    pthread_mutex_unlock(&memory->lock);
    return STATUS_OK;
}

static enum status memory_renew(struct ledger *ledger, struct arena *arena, struct owner_list *ret,
                                int64_t deadline_us, struct error *error) {
    (void)deadline_us;
    (void)error;
    ret->items = arena_alloc(arena, sizeof *ret->items);
    ret->items[0] = (struct owner_age){.owner = memory_of(ledger)->owner};
    ret->count = 1;
    return STATUS_OK;
}

static enum status memory_note(struct ledger *ledger, const struct note *note, int64_t deadline_us,
                               struct error *error) {
    (void)deadline_us;
    (void)error;
    struct memory *memory = memory_of(ledger);
    pthread_mutex_lock(&memory->lock);
    struct ledger_row *row = note->part ? row_find(memory, note->part) : NULL;
    if (row && note->kind == NOTE_STOP && row->epoch == note->epoch) {
        row->state = ROW_STOPPED;
        row->owner = "";
        row->reason = keep(memory, note->reason);
    }
    pthread_mutex_unlock(&memory->lock);
    return STATUS_OK;
}

enum verdict ledger_memory_commit(struct ledger *ledger, const struct unit *unit, int64_t deadline_us,
                                  struct outcome *outcome) {
    (void)deadline_us;
    struct memory *memory = memory_of(ledger);
    pthread_mutex_lock(&memory->lock);
    for (uint32_t i = 0; i < unit->moves_count; i++) {
        const struct move *move = &unit->moves[i];
        struct ledger_row *row = row_find(memory, move->part_name);
        assert(row && row->epoch == move->epoch && strcmp(row->next, move->from) == 0);
        row->state = strcmp(move->to, "end") == 0 ? ROW_ENDED : ROW_OPEN;
        snprintf((char *)(uintptr_t)row->next, POSITION_TEXT_MAX, "%s", move->to);
        if (move->mark) {
            snprintf((char *)(uintptr_t)row->mark, MARK_MAX, "%s", move->mark);
        }
        counts_add(&row->books, &move->counts);
        row->window = move->window;
    }
    pthread_mutex_unlock(&memory->lock);
    return outcome->verdict = VERDICT_DONE;
}

static const struct ledger_ops memory_ops = {
    .open = memory_open,
    .close = memory_close,
    .plan_known = memory_plan_known,
    .plan_put = memory_plan_put,
    .totals = memory_totals,
    .query = memory_query,
    .rows = memory_rows,
    .claim = memory_claim,
    .release = memory_release,
    .renew = memory_renew,
    .note = memory_note,
};

struct ledger *ledger_memory_new(void) {
    struct memory *memory = calloc(1, sizeof *memory);
    if (!memory) {
        abort();
    }
    memory->base = (struct ledger){.ops = &memory_ops, .keeps_nothing = true};
    memory->arena = arena_new(NULL, POOL_SINK);
    memory->owner = "";
    pthread_mutex_init(&memory->lock, NULL);
    return &memory->base;
}

void ledger_memory_free(struct ledger *ledger) {
    struct memory *memory = memory_of(ledger);
    if (memory) {
        pthread_mutex_destroy(&memory->lock);
        arena_free(memory->arena);
        free(memory->rows);
        free(memory);
    }
}
