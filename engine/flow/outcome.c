/* SPDX-License-Identifier: Apache-2.0 */
/* How sinks fill their reports. Lists grow in the outcome's arena, which outlives the report; words are copied, so a
 * connector may hand in what its library frees next. Called on the lane that runs the step. */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "engine/flow/sink.h"

__attribute__((format(printf, 4, 0))) static enum verdict set(struct outcome *outcome, enum verdict verdict,
                                                              const char *code, const char *format, va_list args) {
    char message[ERROR_MESSAGE_MAX];
    vsnprintf(message, sizeof message, format, args);
    enum error_class class = verdict == VERDICT_FATAL ? ERROR_PERMANENT : ERROR_TRANSIENT;
    enum status failed = error_set(&outcome->error, class, code, "%s", message);
    (void)failed;
    return outcome->verdict = verdict;
}

enum verdict outcome_retry(struct outcome *outcome, enum redo redo, const char *code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    set(outcome, VERDICT_RETRY, code, format, args);
    va_end(args);
    outcome->redo = redo;
    return outcome->verdict;
}

enum verdict outcome_unknown(struct outcome *outcome, const char *code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    set(outcome, VERDICT_UNKNOWN, code, format, args);
    va_end(args);
    return outcome->verdict;
}

enum verdict outcome_fatal(struct outcome *outcome, const char *code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    set(outcome, VERDICT_FATAL, code, format, args);
    va_end(args);
    return outcome->verdict;
}

/* Room for one more entry; lists double at powers of two. */
static void *list_grow(struct arena *arena, void *items, uint32_t count, size_t size) {
    if (count & (count - 1)) {
        return items;
    }
    size_t old = (size_t)count * size;
    return arena_grow(arena, items, old, count ? old * 2 : size);
}

void outcome_part(struct outcome *outcome, struct part *part, bool moved, const char *next) {
    outcome->parts = list_grow(outcome->arena, outcome->parts, outcome->parts_count, sizeof *outcome->parts);
    outcome->parts[outcome->parts_count++] = (struct part_outcome){
        .part = part,
        .moved = moved,
        .next = next ? arena_text(outcome->arena, slice_of(next)) : NULL,
    };
    if (outcome->verdict == VERDICT_DONE) {
        outcome->verdict = moved ? VERDICT_MOVED : VERDICT_FENCED;
    }
}

void outcome_row(struct outcome *outcome, const struct payload *payload, uint32_t row, const char *code,
                 struct slice message) {
    assert(row < payload->rows);
    outcome->rows = list_grow(outcome->arena, outcome->rows, outcome->rows_count, sizeof *outcome->rows);
    outcome->rows[outcome->rows_count++] = (struct row_outcome){
        .payload = payload,
        .row = row,
        .code = arena_text(outcome->arena, slice_of(code)),
        .message = arena_copy(outcome->arena, message),
    };
    outcome->verdict = VERDICT_REJECT;
}
