/* SPDX-License-Identifier: Apache-2.0 */
/* A sorted list for each part: workers take the oldest segment first, so a payload nearly always goes to its end. The
 * dead-letter window moves with the frontier and back with it, so it never counts a record twice. */
#include "engine/flow/sequence.h"

#include <assert.h>
#include <stdlib.h>

enum { LIMIT_RECORDS_MIN = 100 };

struct sequence *sequence_new(struct part *part, uint64_t epoch, const struct position *next,
                              const struct dead_window *window) {
    struct sequence *sequence = calloc(1, sizeof *sequence);
    if (!sequence) {
        abort();
    }
    sequence->part = part_ref(part);
    sequence->epoch = epoch;
    sequence->assignment = atomic_load(&part->assignment);
    sequence->committed = sequence->frontier = *next;
    sequence->window = sequence->committed_window = *window;
    return sequence;
}

void sequence_clear(struct sequence *sequence) {
    while (sequence->waiting) {
        struct encoded *next = sequence->waiting->next;
        encoded_free(sequence->waiting);
        sequence->waiting = next;
    }
}

void sequence_free(struct sequence *sequence) {
    if (sequence) {
        sequence_clear(sequence);
        part_unref(sequence->part);
        free(sequence);
    }
}

static void insert(struct sequence *sequence, struct encoded *encoded) {
    struct encoded **link = &sequence->waiting;
    while (*link && position_compare(&(*link)->payload.segment->from, &encoded->payload.segment->from) < 0) {
        link = &(*link)->next;
    }
    encoded->next = *link;
    *link = encoded;
}

void sequence_push(struct sequence *sequence, struct encoded *encoded) {
    const struct position *from = &encoded->payload.segment->from;
    if (position_compare(from, &sequence->frontier) < 0 ||
        (sequence->stopping && position_compare(from, &sequence->stop_at) >= 0)) {
        encoded_free(encoded);
        return;
    }
    insert(sequence, encoded);
}

struct encoded *sequence_peek(const struct sequence *sequence) {
    struct encoded *first = sequence->waiting;
    if (!first || position_compare(&first->payload.segment->from, &sequence->frontier) != 0) {
        return NULL;
    }
    return first;
}

struct encoded *sequence_pop(struct sequence *sequence) {
    struct encoded *first = sequence_peek(sequence);
    assert(first);
    sequence->waiting = first->next;
    first->next = NULL;
    sequence->frontier = first->payload.segment->to;
    return first;
}

void sequence_push_back(struct sequence *sequence, struct encoded *encoded) {
    const struct position *from = &encoded->payload.segment->from;
    assert(position_compare(from, &sequence->committed) >= 0);
    if (position_compare(from, &sequence->frontier) < 0) {
        sequence->frontier = *from;
        if (encoded->judged) {
            sequence->window = encoded->window_before;
        }
    }
    encoded->judged = false;
    insert(sequence, encoded);
}

static void window_shift(struct dead_window *window) {
    for (int i = 0; i + 1 < DEAD_WINDOW_BUCKETS; i++) {
        window->records[i] = window->records[i + 1];
        window->letters[i] = window->letters[i + 1];
    }
    window->records[DEAD_WINDOW_BUCKETS - 1] = 0;
    window->letters[DEAD_WINDOW_BUCKETS - 1] = 0;
}

/* Counts n records without a letter. */
static void window_add(struct dead_window *window, uint64_t n) {
    enum { LAST = DEAD_WINDOW_BUCKETS - 1 };
    while (n > 0) {
        if (window->records[LAST] == DEAD_WINDOW_BUCKET_RECORDS) {
            window_shift(window);
        }
        uint64_t room = DEAD_WINDOW_BUCKET_RECORDS - window->records[LAST];
        uint64_t now = n < room ? n : room;
        window->records[LAST] += (uint32_t)now;
        n -= now;
    }
}

static bool window_breaches(const struct dead_window *window, double limit) {
    uint64_t records = 0, letters = 0;
    for (int i = 0; i < DEAD_WINDOW_BUCKETS; i++) {
        records += window->records[i];
        letters += window->letters[i];
    }
    return records >= LIMIT_RECORDS_MIN && (double)letters > limit * (double)records;
}

const struct dead_letter *sequence_judge(struct sequence *sequence, struct encoded *encoded, double limit) {
    const struct payload *payload = &encoded->payload;
    struct dead_window window = sequence->window;
    uint64_t seen = 0;
    for (uint32_t i = 0; i < payload->letters_count; i++) {
        const struct dead_letter *letter = &payload->letters[i];
        window_add(&window, letter->record - seen + 1);
        seen = (uint64_t)letter->record + 1;
        window.letters[DEAD_WINDOW_BUCKETS - 1]++;
        if (limit >= 0 && window_breaches(&window, limit)) {
            return letter;
        }
    }
    window_add(&window, payload->counts.in - seen);
    encoded->window_before = sequence->window;
    encoded->window_after = window;
    encoded->judged = true;
    sequence->window = window;
    return NULL;
}
