/* SPDX-License-Identifier: Apache-2.0 */
/* Positions, books and the dead-letter window as plain values: compared, added, printed and read back. No allocation,
 * any thread. */
#include "engine/flow/part.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int position_compare(const struct position *a, const struct position *b) {
    return slice_compare(slice_make(a->bytes, a->len), slice_make(b->bytes, b->len));
}

bool position_is_end(const struct position *position) {
    return position->len == 1 && position->bytes[0] == 0xff;
}

void counts_add(struct counts *sum, const struct counts *more) {
    sum->in += more->in;
    sum->delivered += more->delivered;
    sum->filtered += more->filtered;
    sum->dead_letter += more->dead_letter;
}

void dead_window_print(const struct dead_window *window, char *ret_text, size_t size) {
    size_t len = 0;
    ret_text[0] = '\0';
    for (int i = 0; i < DEAD_WINDOW_BUCKETS && len < size; i++) {
        len += (size_t)snprintf(ret_text + len, size - len, "%s%" PRIu32 ":%" PRIu32, i ? " " : "",
                                window->records[i], window->letters[i]);
    }
}

void dead_window_parse(const char *text, struct dead_window *ret) {
    *ret = (struct dead_window){0};
    struct dead_window read = {0};
    for (int i = 0; i < DEAD_WINDOW_BUCKETS; i++) {
        int used = 0;
        if (sscanf(text, "%" SCNu32 ":%" SCNu32 "%n", &read.records[i], &read.letters[i], &used) != 2) {
            return;
        }
        text += used;
        text += *text == ' ';
    }
    *ret = read;
}
