/* SPDX-License-Identifier: Apache-2.0 */
/* What the conformance suites run over: a kind of sink with a store of its own, empty at the start of each test. A new
 * connector joins by one more entry in subject.c. Postgres needs DATABASE_URL, without it its tests are skipped.
 * Main thread only. */
#ifndef LEAT_TESTS_CONFORMANCE_SUBJECT_H
#define LEAT_TESTS_CONFORMANCE_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>

enum { SUBJECT_TEXT_MAX = 4096 };

struct subject {
    const char *name;
    bool (*available)(void);
    void (*reset)(void);                                 /* an empty store */
    void (*sink_yaml)(char *ret_text, size_t size);      /* the sink's entry in a pipeline file */
    void (*visible)(char *ret_text, size_t size);        /* ids a reader sees, in order, each with a blank behind */
    void (*stored_letters)(char *ret_text, size_t size); /* codes of the dead letters, the same way */
    bool rejects_negative;                               /* a row with n < 0 cannot be stored */
    const char *commit_before, *commit_after;            /* failpoints around the deciding step */
};

extern const struct subject subjects[];
extern const size_t subjects_count;

#endif
