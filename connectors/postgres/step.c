/* SPDX-License-Identifier: Apache-2.0 */
/* The names of the steps, one row each, so that a test can walk all crash points and a missing name is an assert.
 * Immutable. */
#include "connectors/postgres/step.h"

#include <assert.h>

static const struct step_names {
    const char *before, *after;
} names[STEP_COUNT] = {
    [STEP_CONNECT] = {"pg.connect.before", "pg.connect.after"},
    [STEP_BEGIN] = {"pg.begin.before", "pg.begin.after"},
    [STEP_COPY] = {"pg.copy.before", "pg.copy.after"},
    [STEP_COPY_DATA] = {"pg.copy_data.before", "pg.copy_data.after"},
    [STEP_COPY_END] = {"pg.copy_end.before", "pg.copy_end.after"},
    [STEP_LETTERS] = {"pg.letters.before", "pg.letters.after"},
    [STEP_LETTERS_END] = {"pg.letters_end.before", "pg.letters_end.after"},
    [STEP_STAGE] = {"pg.stage.before", "pg.stage.after"},
    [STEP_APPLY] = {"pg.apply.before", "pg.apply.after"},
    [STEP_CONSTRAINTS] = {"pg.constraints.before", "pg.constraints.after"},
    [STEP_MOVE] = {"pg.move.before", "pg.move.after"},
    [STEP_COMMIT] = {"pg.commit.before", "pg.commit.after"},
    [STEP_ROLLBACK] = {"pg.rollback.before", "pg.rollback.after"},
    [STEP_RESOLVE] = {"pg.resolve.before", "pg.resolve.after"},
    [STEP_SAVEPOINT] = {"pg.savepoint.before", "pg.savepoint.after"},
    [STEP_CATALOG] = {"pg.catalog.before", "pg.catalog.after"},
    [STEP_CREATE] = {"pg.create.before", "pg.create.after"},
    [STEP_PLAN] = {"pg.plan.before", "pg.plan.after"},
    [STEP_QUERY] = {"pg.query.before", "pg.query.after"},
    [STEP_CLAIM] = {"pg.claim.before", "pg.claim.after"},
    [STEP_END_BACKENDS] = {"pg.end_backends.before", "pg.end_backends.after"},
    [STEP_RELEASE] = {"pg.release.before", "pg.release.after"},
    [STEP_RENEW] = {"pg.renew.before", "pg.renew.after"},
    [STEP_NOTE] = {"pg.note.before", "pg.note.after"},
};

const char *step_before(enum step step) {
    assert(step < STEP_COUNT && names[step].before);
    return names[step].before;
}

const char *step_after(enum step step) {
    assert(step < STEP_COUNT && names[step].after);
    return names[step].after;
}
