/* SPDX-License-Identifier: Apache-2.0 */
/* What each statement of the protocol does to the model, and what it answers. A statement that has to wait for a lock
 * says so before it has changed anything, and is run again as a whole. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/postgres/wire.h"
#include "tests/simulation/server.h"

enum { ITEMS_MAX = 256, CELLS_MAX = 1024, MEMORY_BYTES = 32 << 10, NUMBER_MAX = 24, COLUMNS_MAX = 32 };

/* --- answers ----------------------------------------------------------------------------------------------------- */

static void row_begin(struct answer *answer, uint32_t columns) {
    if (!answer->cells) {
        answer->cells = malloc(CELLS_MAX * sizeof *answer->cells);
        answer->memory = malloc(MEMORY_BYTES);
        assert(answer->cells && answer->memory);
    }
    assert(columns <= COLUMNS_MAX && (answer->rows + 1) * columns <= CELLS_MAX);
    answer->columns = columns;
    memset(&answer->cells[answer->rows++ * columns], 0, columns * sizeof *answer->cells);
}

static void cell_text(struct answer *answer, uint32_t column, const char *text) {
    size_t len = strlen(text) + 1;
    assert(answer->memory_used + len <= MEMORY_BYTES && column < answer->columns);
    char *copy = answer->memory + answer->memory_used;
    memcpy(copy, text, len);
    answer->memory_used += len;
    answer->cells[(answer->rows - 1) * answer->columns + column] = copy;
}

static void cell_number(struct answer *answer, uint32_t column, int64_t number) {
    char text[NUMBER_MAX];
    snprintf(text, sizeof text, "%lld", (long long)number);
    cell_text(answer, column, text);
}

static void cell_bool(struct answer *answer, uint32_t column, bool value) {
    cell_text(answer, column, value ? "t" : "f");
}

static void answer_one(struct answer *answer, const char *text) {
    row_begin(answer, 1);
    cell_text(answer, 0, text);
}

/* --- parameters -------------------------------------------------------------------------------------------------- */

struct items {
    char memory[ITEMS_MAX * WINDOW_MAX];
    const char *items[ITEMS_MAX];
    uint32_t count;
};

/* {"a","b",NULL,3} */
static const struct items *items_parse(struct items *items, const char *text) {
    char *out = items->memory;
    items->count = 0;
    assert(text[0] == '{' && strlen(text) < sizeof items->memory);
    for (const char *at = text + 1; *at && *at != '}'; at += *at == ',') {
        assert(items->count < ITEMS_MAX);
        bool quoted = *at == '"';
        char *start = out;
        for (at += quoted; quoted ? *at != '"' : *at != ',' && *at != '}'; at++) {
            at += *at == '\\';
            *out++ = *at;
        }
        at += quoted;
        *out++ = '\0';
        items->items[items->count++] = !quoted && strcmp(start, "NULL") == 0 ? NULL : start;
    }
    return items;
}

static uint64_t number(const char *text) {
    return strtoull(text, NULL, 10);
}

static void text_set(char *to, size_t size, const char *text) {
    assert(strlen(text) < size);
    snprintf(to, size, "%s", text);
}
#define SET(field, text) text_set((field), sizeof(field), (text))

static struct sink_tables *sink_of(const struct backend *backend) {
    return server_sink(backend->server, backend->request.values[2]);
}

static struct row *row_of(struct sink_tables *sink, const char *part) {
    uint32_t at = (uint32_t)strtoul(part + 5, NULL, 10);
    assert(strncmp(part, "part-", 5) == 0 && at < sink->rows_count);
    return &sink->rows[at];
}

static bool is_alive(const struct server *server, const char *owner, int64_t lease_us) {
    const struct process_row *process = server_process(server, owner);
    return process && process->alive_us >= sim_now_us() - lease_us;
}

/* --- rows of the ledger ------------------------------------------------------------------------------------------ */

static void ledger_row_answer(const struct backend *backend, struct answer *answer, const struct row_data *row,
                              uint32_t columns) {
    const struct process_row *process = server_process(backend->server, row->owner);
    row_begin(answer, columns);
    const char *const texts[] = {row->part, row->entry, row->ident, row->detail, row->first};
    for (uint32_t i = 0; i < 5; i++) {
        cell_text(answer, i, texts[i]);
    }
    cell_number(answer, 5, (int64_t)row->weight);
    cell_text(answer, 6, row->next);
    cell_text(answer, 7, row->mark);
    cell_text(answer, 8, row->owner);
    if (process) {
        cell_number(answer, 9, sim_now_us() - process->alive_us);
    }
    cell_number(answer, 10, (int64_t)row->epoch);
    cell_text(answer, 11, row->state);
    cell_text(answer, 12, "");
    const uint64_t books[] = {row->books.in, row->books.delivered, row->books.filtered, row->books.dead_letter};
    for (uint32_t i = 0; i < 4; i++) {
        cell_number(answer, 13 + i, (int64_t)books[i]);
    }
    cell_text(answer, 17, row->window);
}

static void rows_answer(struct backend *backend) {
    struct items names;
    struct sink_tables *sink = sink_of(backend);
    items_parse(&names, backend->request.values[3]);
    for (uint32_t i = 0; i < names.count; i++) {
        const struct row_data *row = row_seen(backend, row_of(sink, names.items[i]));
        if (row) {
            ledger_row_answer(backend, &backend->answer, row, 19);
            cell_number(&backend->answer, 18, i + 1);
        }
    }
}

static bool owner_is_free(const struct backend *backend, const char *owner, const struct items *dead) {
    const char *const *values = backend->request.values;
    for (uint32_t i = 0; i < dead->count; i++) {
        if (strcmp(dead->items[i], owner) == 0) {
            return true;
        }
    }
    return !owner[0] || strcmp(owner, values[3]) == 0 ||
           !is_alive(backend->server, owner, (int64_t)number(values[4]));
}

/* Those of the asker come last. */
static void query_free(struct backend *backend) {
    struct items dead;
    struct sink_tables *sink = sink_of(backend);
    uint32_t chosen[PARTS_MAX], count = 0;
    uint64_t limit = number(backend->request.values[6]);
    items_parse(&dead, backend->request.values[5]);
    for (int mine = 0; mine < 2; mine++) {
        for (uint32_t i = 0; i < sink->rows_count && count < limit; i++) {
            const struct row_data *row = row_seen(backend, &sink->rows[i]);
            if (row && strcmp(row->state, "open") == 0 && owner_is_free(backend, row->owner, &dead) &&
                (strcmp(row->owner, backend->request.values[3]) == 0) == mine) {
                chosen[count++] = i;
            }
        }
    }
    for (uint32_t i = 0; i < sink->rows_count; i++) {
        for (uint32_t j = 0; j < count; j++) {
            if (chosen[j] == i) {
                ledger_row_answer(backend, &backend->answer, row_seen(backend, &sink->rows[i]), 18);
            }
        }
    }
}

static void query_all(struct backend *backend) {
    struct sink_tables *sink = sink_of(backend);
    for (uint32_t i = 0; i < sink->rows_count; i++) {
        const struct row_data *row = row_seen(backend, &sink->rows[i]);
        if (row) {
            ledger_row_answer(backend, &backend->answer, row, 18);
        }
    }
}

static void totals(struct backend *backend) {
    struct sink_tables *sink = sink_of(backend);
    const char *const *values = backend->request.values;
    uint64_t parts = 0, open = 0, stopped = 0, ended = 0, elsewhere = 0;
    struct counts books = {0};
    for (uint32_t i = 0; i < sink->rows_count; i++) {
        const struct row_data *row = row_seen(backend, &sink->rows[i]);
        if (!row) {
            continue;
        }
        bool is_open = strcmp(row->state, "open") == 0;
        parts++;
        open += is_open;
        stopped += strcmp(row->state, "stopped") == 0;
        ended += strcmp(row->state, "ended") == 0;
        elsewhere += is_open && strcmp(row->owner, values[3]) != 0 &&
                     is_alive(backend->server, row->owner, (int64_t)number(values[4]));
        counts_add(&books, &row->books);
    }
    const uint64_t numbers[] = {parts,    open,     stopped,         ended,         elsewhere,
                                books.in, books.delivered, books.filtered, books.dead_letter};
    row_begin(&backend->answer, 10);
    for (uint32_t i = 0; i < 9; i++) {
        cell_number(&backend->answer, i, (int64_t)numbers[i]);
    }
    cell_bool(&backend->answer, 9, sink->started);
}

/* --- plan -------------------------------------------------------------------------------------------------------- */

static bool plan_lock(struct backend *backend) {
    struct sink_tables *sink = sink_of(backend);
    if (sink->planner && sink->planner != backend) {
        return false;
    }
    sink->planner = backend;
    return true;
}

static void plan_start(struct backend *backend) {
    struct sink_tables *sink = sink_of(backend);
    bool mine = !sink->started;
    backend->starts = sink;
    row_begin(&backend->answer, 1);
    cell_bool(&backend->answer, 0, mine);
}

static bool plan_put(struct backend *backend) {
    static struct items columns[6];
    struct sink_tables *sink = sink_of(backend);
    const char *const *values = backend->request.values;
    for (int i = 0; i < 6; i++) {
        items_parse(&columns[i], values[4 + i]);
    }
    for (uint32_t i = 0; i < columns[0].count; i++) {
        struct row *row = row_of(sink, columns[0].items[i]);
        if (row_seen(backend, row)) {
            continue;
        }
        if (!row_lock(backend, row)) {
            return false;
        }
        struct row_data *data = row_write(backend, row);
        *data = (struct row_data){.exists = true, .epoch = number(values[10]), .weight = number(columns[5].items[i])};
        SET(data->part, columns[0].items[i]);
        SET(data->entry, columns[1].items[i]);
        SET(data->first, values[3][0] == 't' ? columns[4].items[i] : "start");
        SET(data->next, data->first);
        SET(data->state, strcmp(data->first, "end") == 0 ? "ended" : "open");
        backend->plans = true;
    }
    return true;
}

static void plan_known(struct backend *backend) {
    struct items entries;
    struct sink_tables *sink = sink_of(backend);
    items_parse(&entries, backend->request.values[3]);
    for (uint32_t i = 0; i < entries.count; i++) {
        if (row_seen(backend, row_of(sink, entries.items[i]))) {
            row_begin(&backend->answer, 1);
            cell_number(&backend->answer, 0, i + 1);
        }
    }
}

/* --- claims ------------------------------------------------------------------------------------------------------ */

static bool claim(struct backend *backend) {
    struct items parts, epochs;
    struct sink_tables *sink = sink_of(backend);
    const char *const *values = backend->request.values;
    items_parse(&parts, values[3]);
    items_parse(&epochs, values[4]);
    bool chosen[ITEMS_MAX] = {false};
    for (uint32_t i = 0; i < parts.count; i++) {
        struct row *row = row_of(sink, parts.items[i]);
        const struct row_data *seen = row_seen(backend, row);
        chosen[i] = seen && seen->epoch == number(epochs.items[i]) && strcmp(seen->state, "open") == 0;
        if (chosen[i] && !row_lock(backend, row)) {
            return false;
        }
    }
    if (!server_process(backend->server, values[5])) {
        server_alive(backend->server, values[5]);
    }
    for (uint32_t i = 0; i < parts.count; i++) {
        if (!chosen[i]) {
            continue;
        }
        struct row_data *data = row_write(backend, row_of(sink, parts.items[i]));
        row_begin(&backend->answer, 2);
        cell_text(&backend->answer, 0, data->owner);
        cell_bool(&backend->answer, 1, is_alive(backend->server, data->owner, (int64_t)number(values[7])));
        data->epoch += variant != VARIANT_NO_BUMP;
        SET(data->owner, values[5]);
    }
    return true;
}

static bool release(struct backend *backend) {
    struct items parts, epochs;
    struct sink_tables *sink = sink_of(backend);
    items_parse(&parts, backend->request.values[3]);
    items_parse(&epochs, backend->request.values[4]);
    for (uint32_t i = 0; i < parts.count; i++) {
        if (!row_lock(backend, row_of(sink, parts.items[i]))) {
            return false;
        }
    }
    for (uint32_t i = 0; i < parts.count; i++) {
        struct row *row = row_of(sink, parts.items[i]);
        const struct row_data *seen = row_seen(backend, row);
        if (seen && seen->epoch == number(epochs.items[i]) && strcmp(seen->owner, backend->request.values[5]) == 0 &&
            strcmp(seen->state, "open") == 0) {
            row_write(backend, row)->owner[0] = '\0';
        }
    }
    return true;
}

static void renew(struct backend *backend) {
    struct server *server = backend->server;
    const char *owner = backend->request.values[0];
    server_alive(server, owner);
    for (uint32_t i = 0; i < server->processes_count; i++) {
        row_begin(&backend->answer, 2);
        cell_text(&backend->answer, 0, server->processes[i].owner);
        cell_number(&backend->answer, 1, sim_now_us() - server->processes[i].alive_us);
    }
}

/* "leat/NONCE/pipeline" */
static bool name_has_nonce(const char *name, const char *nonce) {
    size_t len = strlen(nonce);
    return strncmp(name, "leat/", 5) == 0 && strncmp(name + 5, nonce, len) == 0 && name[5 + len] == '/';
}

static void end_backends(struct backend *backend) {
    struct items nonces;
    struct server *server = backend->server;
    items_parse(&nonces, backend->request.values[0]);
    for (uint32_t i = server->backends_count; i-- > 0;) {
        for (uint32_t j = 0; j < nonces.count; j++) {
            struct backend *other = server->backends[i];
            if (other != backend && name_has_nonce(other->name, nonces.items[j])) {
                trace("server %u: backend %s is ended", server->number, other->name);
                backend_kill(other);
                break;
            }
        }
    }
    answer_one(&backend->answer, "1");
}

static bool is_stale(const struct server *server, const struct backend *backend, int64_t lease_us) {
    for (uint32_t i = 0; i < server->processes_count; i++) {
        const char *dash = strrchr(server->processes[i].owner, '-');
        if (dash && name_has_nonce(backend->name, dash + 1)) {
            return server->processes[i].alive_us < sim_now_us() - lease_us;
        }
    }
    return false;
}

static void end_stale(struct backend *backend) {
    struct server *server = backend->server;
    for (uint32_t i = server->backends_count; i-- > 0;) {
        struct backend *other = server->backends[i];
        if (other != backend && other->in_transaction && !name_has_nonce(other->name, backend->request.values[0]) &&
            is_stale(server, other, (int64_t)number(backend->request.values[1]))) {
            trace("server %u: stale backend %s is ended", server->number, other->name);
            backend_kill(other);
        }
    }
    answer_one(&backend->answer, "1");
}

/* --- moves ------------------------------------------------------------------------------------------------------- */

struct move_values {
    const char *part, *epoch, *from, *to, *mark, *window, *counts[4];
};

static bool move_fits(const struct row_data *row, const struct move_values *move, const char *owner) {
    bool epoch = row->epoch == number(move->epoch) || variant == VARIANT_NO_EPOCH;
    bool nonce = strcmp(row->owner, owner) == 0 || variant == VARIANT_NO_EPOCH || variant == VARIANT_NO_NONCE;
    return variant == VARIANT_BLIND_MOVE ||
           (epoch && nonce && strcmp(row->next, move->from) == 0 && strcmp(row->state, "open") == 0);
}

static void move_apply(struct row_data *row, const struct move_values *move, const char *owner) {
    if (strcmp(row->owner, owner) != 0 || row->epoch != number(move->epoch)) {
        violation("%s: %s moves it in epoch %s, but it is %s's in epoch %llu", row->part, owner, move->epoch,
                  row->owner, (unsigned long long)row->epoch);
    }
    SET(row->next, move->to);
    SET(row->window, move->window);
    if (move->mark) {
        SET(row->mark, move->mark);
    }
    if (strcmp(move->to, "end") == 0) {
        SET(row->state, "ended");
    }
    struct counts more = {number(move->counts[0]), number(move->counts[1]), number(move->counts[2]),
                          number(move->counts[3])};
    more.filtered = variant == VARIANT_FILTERED_UNCOUNTED ? 0 : more.filtered;
    counts_add(&row->books, &more);
}

static bool moves_run(struct backend *backend, const struct move_values *moves, uint32_t count) {
    struct sink_tables *sink = sink_of(backend);
    const char *owner = backend->request.values[3];
    for (uint32_t i = 0; i < count; i++) {
        if (!row_lock(backend, row_of(sink, moves[i].part))) {
            return false;
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        struct row *row = row_of(sink, moves[i].part);
        const struct row_data *seen = row_seen(backend, row);
        if (seen && move_fits(seen, &moves[i], owner)) {
            struct row_data *data = row_write(backend, row);
            move_apply(data, &moves[i], owner);
            backend->answer.affected++;
            if (variant == VARIANT_POSITION_FIRST) {
                row->committed = *data;
            }
        }
    }
    return true;
}

static bool move_many(struct backend *backend) {
    static struct items columns[10];
    struct move_values moves[ITEMS_MAX];
    for (int i = 0; i < 10; i++) {
        items_parse(&columns[i], backend->request.values[4 + i]);
    }
    for (uint32_t i = 0; i < columns[0].count; i++) {
        moves[i] = (struct move_values){columns[0].items[i], columns[1].items[i], columns[2].items[i],
                                        columns[3].items[i], columns[4].items[i], columns[5].items[i], {NULL}};
        for (int j = 0; j < 4; j++) {
            moves[i].counts[j] = columns[6 + j].items[i];
        }
    }
    return moves_run(backend, moves, columns[0].count);
}

static bool move_one(struct backend *backend) {
    const char *const *v = backend->request.values + 4;
    const struct move_values move = {v[0], v[1], v[2], v[3], v[4], v[5], {v[6], v[7], v[8], v[9]}};
    return moves_run(backend, &move, 1);
}

/* For the variant that does not look at the owner. */
static const char *asker(const struct backend *backend) {
    for (uint32_t i = 0; i < backend->server->processes_count; i++) {
        const char *dash = strrchr(backend->server->processes[i].owner, '-');
        if (dash && name_has_nonce(backend->name, dash + 1)) {
            return backend->server->processes[i].owner;
        }
    }
    return "";
}

static bool standing(struct backend *backend, bool locked) {
    struct items parts;
    struct sink_tables *sink = sink_of(backend);
    items_parse(&parts, backend->request.values[3]);
    bool asked[PARTS_MAX] = {false};
    for (uint32_t i = 0; i < parts.count; i++) { /* a name may come more than once */
        struct row *row = row_of(sink, parts.items[i]);
        asked[row - sink->rows] = true;
        if (locked && !row_lock(backend, row)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < sink->rows_count; i++) {
        const struct row_data *row = row_seen(backend, &sink->rows[i]);
        if (row && asked[i]) {
            row_begin(&backend->answer, 5);
            cell_text(&backend->answer, 0, row->part);
            cell_number(&backend->answer, 1, (int64_t)row->epoch);
            cell_text(&backend->answer, 2, variant == VARIANT_NO_NONCE ? asker(backend) : row->owner);
            cell_text(&backend->answer, 3, row->next);
            cell_text(&backend->answer, 4, row->state);
        }
    }
    return true;
}

/* --- COPY -------------------------------------------------------------------------------------------------------- */

static uint32_t wire_length(const char **at) {
    uint32_t value;
    memcpy(&value, *at, 4);
    *at += 4;
    return __builtin_bswap32(value);
}

/* One row: fills where each field begins. False at the tail. */
static bool copy_row(const char **at, const char **fields, uint32_t *lengths, uint32_t columns) {
    uint16_t count;
    memcpy(&count, *at, 2);
    *at += 2;
    if (count == UINT16_MAX) {
        return false;
    }
    assert(__builtin_bswap16(count) == columns);
    for (uint32_t i = 0; i < columns; i++) {
        lengths[i] = wire_length(at);
        fields[i] = *at;
        *at += lengths[i] == UINT32_MAX ? 0 : lengths[i];
    }
    return true;
}

/* Sink sN of this server fills table tN. */
static uint32_t sink_number(const struct server *server, const char *name, size_t len) {
    for (uint32_t i = 0; i < server->sinks_count; i++) {
        if (strlen(server->sinks[i].name) == len && memcmp(name, server->sinks[i].name, len) == 0) {
            return i;
        }
    }
    violation("rows for a sink that does not exist: %.*s", (int)len, name);
}

static void copy_end(struct backend *backend) {
    enum { HEAD = 19, LETTER_COLUMNS = 15, LETTER_PAYLOAD = 11, LETTER_KEY_AT = 6 };
    const struct request *request = &backend->request;
    const char *at = request->data + HEAD, *fields[LETTER_COLUMNS];
    uint32_t lengths[LETTER_COLUMNS], part, n;
    bool letters = backend->letters_open;
    struct sink_tables *sinks = backend->server->sinks;
    while (copy_row(&at, fields, lengths, letters ? LETTER_COLUMNS : 1)) {
        const char *key = letters ? fields[LETTER_PAYLOAD] + LETTER_KEY_AT : fields[0];
        if (!record_key_parse(key, &part, &n)) {
            violation("a row that no record stands for: %.8s", key);
        }
        const char own[] = {'s', (char)('0' + request->table)};
        uint32_t sink = letters ? sink_number(backend->server, fields[2], lengths[2])
                                : sink_number(backend->server, own, sizeof own);
        struct stored_list *lists = letters ? backend->letters : backend->table;
        struct stored_list *now = letters ? &sinks[sink].letters : &sinks[sink].table;
        stored_add(variant == VARIANT_ROWS_FIRST ? now : &lists[sink], part, n);
    }
    assert(at == request->data + request->data_len);
}

/* --- the catalog: a table (k text) -------------------------------------------------------------------------------- */

static void catalog_table(struct answer *answer, const char *name) {
    char qualified[TEXT_MAX];
    snprintf(qualified, sizeof qualified, "public.%s", name);
    const char *const texts[] = {name, qualified, "r", "p", "f", "t", "t", "t", "t", "f", "f", "f", "f", "f", "4711"};
    row_begin(answer, 15);
    for (uint32_t i = 0; i < 15; i++) {
        cell_text(answer, i, texts[i]);
    }
}

static void catalog_columns(struct answer *answer) {
    static const char *const texts[] = {"k", "k", "text", "text", "text", "b", "-1", "t", "f", "",
                                        " ", "0", "f",    "f",    "f",    "f", "f",  "f"};
    row_begin(answer, 18);
    for (uint32_t i = 0; i < 18; i++) {
        cell_text(answer, i, texts[i]);
    }
}

/* --- all --------------------------------------------------------------------------------------------------------- */

static void begin(struct backend *backend) {
    backend->in_transaction = true;
    answer_one(&backend->answer, "1"); /* a fingerprint, when it was asked for */
}

static void commit(struct backend *backend) {
    snprintf(backend->answer.tag, sizeof backend->answer.tag, "%s", backend->aborted ? "ROLLBACK" : "COMMIT");
    if (backend->aborted) {
        server_abort(backend);
    } else {
        server_commit(backend);
    }
}

static bool ledger_run(struct backend *backend) {
    switch ((enum ledger_sql)backend->request.statement) {
    case SQL_VERSION_EXISTS:
        answer_one(&backend->answer, "t");
        return true;
    case SQL_VERSION:
        row_begin(&backend->answer, 2);
        cell_text(&backend->answer, 0, "1");
        cell_text(&backend->answer, 1, "1");
        return true;
    case SQL_PLAN_LOCK:
        return plan_lock(backend);
    case SQL_PLAN_START:
        plan_start(backend);
        return true;
    case SQL_PLAN_PUT:
        return plan_put(backend);
    case SQL_PLAN_KNOWN:
        plan_known(backend);
        return true;
    case SQL_TOTALS:
        totals(backend);
        return true;
    case SQL_QUERY_FREE:
        query_free(backend);
        return true;
    case SQL_QUERY_ALL:
        query_all(backend);
        return true;
    case SQL_ROWS:
        rows_answer(backend);
        return true;
    case SQL_CLAIM:
        return claim(backend);
    case SQL_RELEASE:
        return release(backend);
    case SQL_RENEW:
        renew(backend);
        return true;
    case SQL_PROCESS_FORGET:
        return true;
    case SQL_END_BACKENDS:
        end_backends(backend);
        return true;
    case SQL_END_STALE:
        end_stale(backend);
        return true;
    case SQL_MOVE:
        return move_many(backend);
    case SQL_MOVE_ONE:
        return move_one(backend);
    case SQL_STANDING:
        return standing(backend, false);
    case SQL_STANDING_LOCKED:
        return standing(backend, true);
    case SQL_LETTERS_COPY:
        backend->letters_open = true;
        return true;
    default:
        violation("a statement that has no model: %d", backend->request.statement);
    }
}

bool statement_run(struct backend *backend) {
    int statement = backend->request.statement;
    if (backend->aborted && statement != S_COMMIT && statement != S_ROLLBACK) {
        memcpy(backend->answer.sqlstate, "25P02", 6);
        return true;
    }
    if (statement < SQL_COUNT) {
        return ledger_run(backend);
    }
    switch (statement) {
    case S_BEGIN:
        begin(backend);
        break;
    case S_COMMIT:
        commit(backend);
        break;
    case S_ROLLBACK:
        server_abort(backend);
        break;
    case S_SCHEMA:
        answer_one(&backend->answer, "public");
        break;
    case S_TABLE:
        catalog_table(&backend->answer, backend->request.values[0]);
        break;
    case S_COLUMNS:
        catalog_columns(&backend->answer);
        break;
    case S_FINGERPRINT:
        answer_one(&backend->answer, "1");
        break;
    case S_COPY_TABLE:
        backend->letters_open = false;
        break;
    case S_COPY_END:
        copy_end(backend);
        break;
    default:
        break;
    }
    return true;
}
