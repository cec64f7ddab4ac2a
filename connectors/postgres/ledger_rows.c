/* SPDX-License-Identifier: Apache-2.0 */
/* From a result of ROW_COLUMNS to struct ledger_row: the columns are read by their place, which is counted here once.
 * Ledger lane; texts go to the caller's arena. */
#include <stdlib.h>

#include "connectors/postgres/postgres_ledger.h"

enum row_column {
    COLUMN_PART,
    COLUMN_ENTRY,
    COLUMN_IDENT,
    COLUMN_DETAIL,
    COLUMN_FIRST,
    COLUMN_WEIGHT,
    COLUMN_NEXT,
    COLUMN_MARK,
    COLUMN_OWNER,
    COLUMN_AGE,
    COLUMN_EPOCH,
    COLUMN_STATE,
    COLUMN_REASON,
    COLUMN_IN,
    COLUMN_DELIVERED,
    COLUMN_FILTERED,
    COLUMN_DEAD_LETTER,
    COLUMN_DEAD_WINDOW
};

static enum row_state state_parse(const char *text) {
    return text[0] == 'o' ? ROW_OPEN : text[0] == 's' ? ROW_STOPPED : ROW_ENDED;
}

void ledger_row_read(const struct session *session, uint32_t row, struct arena *arena,
                     struct ledger_row *ret) {
#define TEXT(column) arena_text(arena, session_slice(session, row, (column)))
#define NUMBER(column) ((uint64_t)session_int(session, row, (column)))
    *ret = (struct ledger_row){
        .info = {.name = TEXT(COLUMN_PART),
                 .entry = TEXT(COLUMN_ENTRY),
                 .ident = TEXT(COLUMN_IDENT),
                 .detail = TEXT(COLUMN_DETAIL),
                 .first = TEXT(COLUMN_FIRST),
                 .weight_bytes = NUMBER(COLUMN_WEIGHT)},
        .next = TEXT(COLUMN_NEXT),
        .mark = TEXT(COLUMN_MARK),
        .owner = TEXT(COLUMN_OWNER),
        .owner_age_us = session_null(session, row, COLUMN_AGE) ? INT64_MAX
                                                               : session_int(session, row, COLUMN_AGE),
        .epoch = NUMBER(COLUMN_EPOCH),
        .state = state_parse(session_text(session, row, COLUMN_STATE)),
        .reason = TEXT(COLUMN_REASON),
        .books = {.in = NUMBER(COLUMN_IN),
                  .delivered = NUMBER(COLUMN_DELIVERED),
                  .filtered = NUMBER(COLUMN_FILTERED),
                  .dead_letter = NUMBER(COLUMN_DEAD_LETTER)},
    };
#undef TEXT
#undef NUMBER
    dead_window_parse(session_text(session, row, COLUMN_DEAD_WINDOW), &ret->window);
}
