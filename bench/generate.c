/* SPDX-License-Identifier: Apache-2.0 */
/* leat-bench-events: writes events of events.h to standard output.
 *   leat-bench-events COUNT [FIRST [SEED [json|copy]]]
 * json: one line of 257 bytes each; copy: rows of nine columns in COPY's text format. One thread, constant memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/events.h"

static uint64_t number_of(const char *text) {
    char *end;
    uint64_t number = strtoull(text, &end, 10);
    if (*text == '\0' || *end != '\0') {
        fprintf(stderr, "leat-bench-events: %s is not a number\n", text);
        exit(2);
    }
    return number;
}

int main(int argc, char **argv) {
    if (argc < 2 || argc > 5) {
        fputs("usage: leat-bench-events COUNT [FIRST [SEED [json|copy]]]\n", stderr);
        return 2;
    }
    uint64_t count = number_of(argv[1]);
    uint64_t first = argc > 2 ? number_of(argv[2]) : 0;
    uint64_t seed = argc > 3 ? number_of(argv[3]) : 1;
    int copy = argc > 4 && strcmp(argv[4], "copy") == 0;
    struct event event;
    char text[EVENT_ROW_BYTES_MAX];
    for (uint64_t number = first; number < first + count; number++) {
        event_make(seed, number, &event);
        size_t length = EVENT_BYTES;
        if (copy) {
            length = event_print_copy_text(&event, text);
        } else {
            event_print_json(&event, text);
        }
        if (fwrite(text, 1, length, stdout) != length) {
            break;
        }
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("leat-bench-events");
        return 1;
    }
    return 0;
}
