/* SPDX-License-Identifier: Apache-2.0 */
/* What people and the engine do to a part from outside: stop, resume, skip, set, reset. Everything but stop bumps the
 * epoch, so that whoever owned the part is fenced. Each leaves a row in leat_audit. Ledger lane. */
#include "connectors/postgres/ledger_call.h"

static const struct note_sql {
    enum ledger_sql sql;
    int values;
    const char *action; /* $9 of SQL_NOTE_MOVE */
} notes[] = {
    [NOTE_STOP] = {SQL_NOTE_STOP, 7, NULL},
    [NOTE_RESUME] = {SQL_NOTE_RESUME, 7, NULL},
    [NOTE_SKIP] = {SQL_NOTE_MOVE, 9, "skip"},
    [NOTE_SET] = {SQL_NOTE_MOVE, 9, "set"},
    [NOTE_RESET] = {SQL_NOTE_RESET, 7, NULL},
    [NOTE_ABORT_SEEN] = {SQL_NOTE_SEEN, 6, NULL},
};

static enum status note_missed(const struct note *note, struct error *error) {
    return error_set(error, ERROR_PERMANENT, note->kind == NOTE_STOP ? "ledger-fenced" : "ledger-absent",
                     note->kind == NOTE_STOP ? "part %s is not mine any more"
                                             : "part %s is not in the ledger",
                     note->part);
}

enum status ledger_note(struct ledger *base, const struct note *note, int64_t deadline_us,
                               struct error *error) {
    struct postgres_ledger *ledger = ledger_self(base);
    if (call_begin(ledger, "writing a note", deadline_us, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    struct note_sql how = notes[note->kind];
    if (note->kind == NOTE_RESET && !note->part) {
        how = (struct note_sql){SQL_NOTE_RESET_ALL, 6, NULL};
    }
    uint64_t number = note->kind == NOTE_STOP ? note->epoch : ledger->epoch_floor;
    const char *const values[] = {KEY_VALUES(ledger),
                                  note->part,
                                  note->reason ? note->reason : "",
                                  ledger->owner,
                                  call_number(ledger, (int64_t)number),
                                  note->next,
                                  how.action};
    const struct call call = {STEP_NOTE, how.sql, values, how.values, "writing a note"};
    if (call_ask(ledger, &call, deadline_us, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    uint32_t written = session_rows(ledger->session);
    if (call_commit(ledger, "writing a note", deadline_us, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    return written ? STATUS_OK : note_missed(note, error);
}
