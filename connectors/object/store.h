/* SPDX-License-Identifier: Apache-2.0 */
/* What the commit log asks of a place where objects live: the seam between the protocol (log.c, publish.c, janitor.c)
 * and a file system, an object store or a simulation.
 *
 * Two sorts of things. *Keys* are small texts of one log: records, plan chunks, the hint, a file for each process.
 * *Objects* are data: written open (nobody sees them), sealed (durable, still invisible), published under their name.
 * A store serves one log and one owner; calls block; records and objects may be used by two threads at once, an open
 * object by one. Names are relative to the store's root, '/' between segments, checked by template.c. */
#ifndef LEAT_CONNECTORS_OBJECT_STORE_H
#define LEAT_CONNECTORS_OBJECT_STORE_H

#include "engine/base/arena.h"
#include "engine/base/error.h"

enum store_class { STORE_LOG, STORE_PLAN, STORE_HINT, STORE_PROCESS, STORE_CLASS_COUNT };

/* FAILED: proven that nothing was put; UNKNOWN: neither. */
enum put_result { PUT_DONE, PUT_EXISTS, PUT_FAILED, PUT_UNKNOWN };

struct store_entry {
    const char *name;
    int64_t age_us; /* since it was last written, by the store's clock */
};

struct store_entries {
    struct store_entry *items;
    uint32_t count;
};

/* An open object that somebody left or is writing. */
struct store_leftover {
    const char *owner, *token;
};

struct store_leftovers {
    struct store_leftover *items;
    uint32_t count;
};

struct store_publication {
    const char *token, *name;
};

struct store;
struct store_object;

struct store_ops {
    void (*close)(struct store *store); /* open objects must be gone */

    /* Durable and atomic, only where nothing stands under that name. */
    enum put_result (*put_new)(struct store *store, enum store_class class, const char *name, struct slice bytes,
                               struct error *error);
    /* Replaces; whole or not at all; not durable (hint, process). */
    enum status (*put)(struct store *store, enum store_class class, const char *name, struct slice bytes,
                       struct error *error);
    enum status (*get)(struct store *store, enum store_class class, const char *name, struct arena *arena,
                       struct slice *ret, struct error *error); /* END: absent */
    enum status (*list)(struct store *store, enum store_class class, struct arena *arena, struct store_entries *ret,
                        struct error *error);
    enum status (*remove)(struct store *store, enum store_class class, const char *name, struct error *error);
    /* What was read of the log is durable from here on: before anybody acts on a foreign record. */
    enum status (*settle)(struct store *store, struct error *error);

    enum status (*object_open)(struct store *store, const char *name, struct store_object **ret, struct error *error);
    enum status (*object_write)(struct store_object *object, struct slice bytes, struct error *error);
    /* Durable (late: by the objects_settle that follows, for many at once); the token in the log record is all that
     * publish needs. */
    enum status (*object_seal)(struct store_object *object, bool late, struct error *error);
    /* After the last seal of a unit: the objects' own names are durable too. */
    enum status (*objects_settle)(struct store *store, bool late, struct error *error);
    const char *(*object_token)(const struct store_object *object);
    void (*object_free)(struct store_object *object, bool drop); /* drop: its bytes too */

    /* Makes sealed objects visible under their names. Idempotent, from any process. */
    enum status (*publish)(struct store *store, const struct store_publication *items, uint32_t count,
                           struct error *error);
    enum status (*leftovers)(struct store *store, struct arena *arena, struct store_leftovers *ret,
                             struct error *error);
    enum status (*leftover_remove)(struct store *store, const struct store_leftover *leftover, struct error *error);
};

/* Base of every store, embedded first. */
struct store {
    const struct store_ops *ops;
};

struct store_place {
    const char *root;   /* directory */
    const char *prefix; /* of the log's keys, below root */
    const char *owner;
};

enum status store_local_open(const struct store_place *place, struct store **ret, struct error *error);
/* Every failpoint of the local store, NULL-terminated: for the fault matrix. */
const char *const *store_local_failpoints(void);

#endif
