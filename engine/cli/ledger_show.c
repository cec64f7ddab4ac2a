/* SPDX-License-Identifier: Apache-2.0 */
/* Ledger rows as an aligned table for people, or as one JSON array. Rows lie in the arena of the ledgers until the
 * widths of all columns are known; numbers stand to the right. */
#include <inttypes.h>
#include <stdio.h>

#include "engine/cli/ledger.h"
#include "engine/monitor/json_string.h"

enum { COLUMNS = 12, DEFAULT_LEASE_US = 30 * 1000000, REASON_MAX = 200 };

static const char *const headers[COLUMNS] = {"sink", "part", "state", "next", "owner", "age", "epoch",
                                             "in", "delivered", "filtered", "dead_letter", "reason"};
static const bool is_number[COLUMNS] = {[5] = true, [6] = true, [7] = true, [8] = true, [9] = true, [10] = true};

const char *owner_state(const struct ledgers *ledgers, const struct ledger_row *row) {
    if (!*row->owner || row->state != ROW_OPEN) {
        return ""; /* a part that is at its end keeps its last owner's name */
    }
    if (owner_is_dead_here(row->owner)) {
        return "dead";
    }
    int64_t lease = ledgers->pipeline->lease_us;
    if (!ledgers->pipeline->lease_given && lease < DEFAULT_LEASE_US) {
        lease = DEFAULT_LEASE_US; /* the longest that a ledger takes when the file says nothing */
    }
    return row->owner_age_us > lease ? "lost" : "alive";
}

static const char *state_name(enum row_state state) {
    static const char *const names[] = {[ROW_OPEN] = "open", [ROW_STOPPED] = "stopped", [ROW_ENDED] = "ended"};
    return names[state];
}

/* --- table -------------------------------------------------------------------------------------------------------- */

static size_t width_of(const char *text) {
    size_t width = 0;
    for (; *text; text++) {
        width += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return width;
}

static const char *age_text(const struct ledgers *ledgers, const struct ledger_row *row) {
    if (!*owner_state(ledgers, row) || row->owner_age_us == INT64_MAX) {
        return "";
    }
    return arena_printf(ledgers->arena, "%.1f s", (double)row->owner_age_us / 1e6);
}

/* Never more than a screen holds, never a line break. */
static const char *reason_text(const struct ledgers *ledgers, const char *reason) {
    char *text = arena_text(ledgers->arena, slice_of(reason ? reason : ""));
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        text[i] = (unsigned char)text[i] < 0x20 ? ' ' : text[i];
    }
    size_t cut = REASON_MAX;
    while (len > REASON_MAX && ((unsigned char)text[cut] & 0xc0) == 0x80) {
        cut--;
    }
    return len > REASON_MAX ? arena_printf(ledgers->arena, "%.*s...", (int)cut, text) : text;
}

static void cells_fill(const struct ledgers *ledgers, const struct ledger_view *view, const struct ledger_row *row,
                       const char *ret[COLUMNS]) {
    const char *state = owner_state(ledgers, row);
    ret[0] = view->sink->config->name;
    ret[1] = row->info.name;
    ret[2] = state_name(row->state);
    ret[3] = row->next;
    ret[4] = *state ? arena_printf(ledgers->arena, "%s %s", state, owner_nonce(row->owner)) : "";
    ret[5] = age_text(ledgers, row);
    ret[6] = arena_printf(ledgers->arena, "%" PRIu64, row->epoch);
    ret[7] = arena_printf(ledgers->arena, "%" PRIu64, row->books.in);
    ret[8] = arena_printf(ledgers->arena, "%" PRIu64, row->books.delivered);
    ret[9] = arena_printf(ledgers->arena, "%" PRIu64, row->books.filtered);
    ret[10] = arena_printf(ledgers->arena, "%" PRIu64, row->books.dead_letter);
    ret[11] = reason_text(ledgers, row->reason);
}

static void line_print(const char *const cells[COLUMNS], const size_t widths[COLUMNS]) {
    for (int i = 0; i < COLUMNS; i++) {
        int padding = (int)(widths[i] - width_of(cells[i]));
        bool last = i + 1 == COLUMNS;
        printf("%s%*s%s%*s", i ? "  " : "", is_number[i] ? padding : 0, "", cells[i],
               is_number[i] || last ? 0 : padding, "");
    }
    printf("\n");
}

static void table_show(const struct ledgers *ledgers, const struct ledger_view *views, uint32_t count) {
    size_t widths[COLUMNS], total = 0;
    for (int i = 0; i < COLUMNS; i++) {
        widths[i] = strlen(headers[i]);
    }
    for (uint32_t i = 0; i < count; i++) {
        total += views[i].rows.count;
    }
    const char *(*cells)[COLUMNS] = arena_alloc(ledgers->arena, (total + 1) * sizeof *cells);
    size_t rows = 0;
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j < views[i].rows.count; j++) {
            const struct ledger_row *row = &views[i].rows.items[j];
            if (!row->info.name) {
                continue;
            }
            cells_fill(ledgers, &views[i], row, cells[rows]);
            for (int k = 0; k < COLUMNS; k++) {
                size_t width = width_of(cells[rows][k]);
                widths[k] = width > widths[k] ? width : widths[k];
            }
            rows++;
        }
    }
    line_print(headers, widths);
    for (size_t i = 0; i < rows; i++) {
        line_print(cells[i], widths);
    }
}

/* --- JSON --------------------------------------------------------------------------------------------------------- */

static void member(struct buffer *out, const char *name, const char *text) {
    buffer_printf(out, "\"%s\":", name);
    json_string_append(out, text ? text : "");
    buffer_append_byte(out, ',');
}

static void row_json(const struct ledgers *ledgers, const struct ledger_view *view, const struct ledger_row *row,
                     struct buffer *out) {
    buffer_append_byte(out, '{');
    member(out, "sink", view->sink->config->name);
    member(out, "part", row->info.name);
    member(out, "state", state_name(row->state));
    member(out, "next", row->next);
    member(out, "owner", row->owner);
    member(out, "owner_state", owner_state(ledgers, row));
    if (*row->owner && row->owner_age_us != INT64_MAX) {
        buffer_printf(out, "\"owner_age_seconds\":%.6f,", (double)row->owner_age_us / 1e6);
    }
    member(out, "reason", row->reason);
    buffer_printf(out,
                  "\"epoch\":%" PRIu64 ",\"in\":%" PRIu64 ",\"delivered\":%" PRIu64 ",\"filtered\":%" PRIu64
                  ",\"dead_letter\":%" PRIu64 ",\"bytes\":%" PRIu64 "}",
                  row->epoch, row->books.in, row->books.delivered, row->books.filtered, row->books.dead_letter,
                  row->info.weight_bytes);
}

static void json_show(const struct ledgers *ledgers, const struct ledger_view *views, uint32_t count) {
    bool first = true;
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j < views[i].rows.count; j++) {
            struct buffer out;
            if (!views[i].rows.items[j].info.name) {
                continue;
            }
            buffer_init(&out, ledgers->arena, 512);
            row_json(ledgers, &views[i], &views[i].rows.items[j], &out);
            printf("%s%.*s", first ? "[" : ",\n ", (int)out.len, out.data);
            first = false;
        }
    }
    printf("%s]\n", first ? "[" : "");
}

void ledger_show(const struct ledgers *ledgers, const struct ledger_view *views, uint32_t count) {
    if (common.json) {
        json_show(ledgers, views, count);
    } else {
        table_show(ledgers, views, count);
    }
}
