/* SPDX-License-Identifier: Apache-2.0 */
/* Every exchange with the server that the protocols consist of, by name: the crash points before and after each,
 * and what a simulated server recognises. The table in step.c is the one list of them. */
#ifndef LEAT_POSTGRES_STEP_H
#define LEAT_POSTGRES_STEP_H

enum step {
    STEP_CONNECT,
    STEP_BEGIN,
    STEP_COPY,
    STEP_COPY_DATA,
    STEP_COPY_END,
    STEP_LETTERS,
    STEP_LETTERS_END,
    STEP_STAGE,
    STEP_APPLY,
    STEP_CONSTRAINTS,
    STEP_MOVE,
    STEP_COMMIT,
    STEP_ROLLBACK,
    STEP_RESOLVE,
    STEP_SAVEPOINT,
    STEP_CATALOG,
    STEP_CREATE,
    STEP_PLAN,
    STEP_QUERY,
    STEP_CLAIM,
    STEP_END_BACKENDS,
    STEP_RELEASE,
    STEP_RENEW,
    STEP_NOTE,
    STEP_COUNT
};

/* "pg.copy.before", "pg.copy.after": static. */
const char *step_before(enum step step);
const char *step_after(enum step step);

#endif
