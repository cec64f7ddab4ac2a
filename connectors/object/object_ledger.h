/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger of kind `file`: ledger.h over a commit log. A sink embeds one and shares its log; `ledger: {file: ...}`
 * is one by itself. The log exists from open to close. */
#ifndef LEAT_CONNECTORS_OBJECT_LEDGER_H
#define LEAT_CONNECTORS_OBJECT_LEDGER_H

#include "connectors/object/letters.h"
#include "connectors/object/log.h"
#include "engine/flow/connector.h"

struct object_ledger {
    struct ledger base;
    enum status (*store_open)(const struct store_place *place, struct store **ret, struct error *error);
    char *root;      /* malloc'ed */
    struct log *log; /* NULL before open */
    char *name;      /* "<pipeline>-<sink>-<source>", escaped: how objects begin */
    char *pipeline, *source, *sink; /* as they are */
    uint32_t renewals;
};

void object_ledger_init(struct object_ledger *ledger, const char *root);
void object_ledger_fini(struct object_ledger *ledger);
struct letter_place object_ledger_place(const struct object_ledger *ledger, const char *part);

/* A commit as one log record: the moves, and objects that are sealed. */
struct object_commit {
    const struct unit *unit;
    const char *id;
    struct store_object *const *objects;
    const struct log_object *infos; /* names, bytes, rows; tokens come from the objects */
    uint32_t objects_count;
};

/* Takes the log's lock. DONE publishes at once what it can; FENCED and MOVED list the parts. */
enum verdict object_commit_run(struct object_ledger *ledger, const struct object_commit *commit,
                               int64_t deadline_us, struct outcome *outcome);
enum verdict object_commit_resolve(struct object_ledger *ledger, const struct object_commit *commit,
                                   struct outcome *outcome);

enum status object_ledger_bind(const struct ledger_bind *bind, struct ledger **ret, struct error *error);
enum verdict object_ledger_commit(struct ledger *base, const struct unit *unit, int64_t deadline_us,
                                  struct outcome *outcome);
void object_ledger_free(struct ledger *base); /* takes NULL */

#endif
