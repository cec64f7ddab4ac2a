/* SPDX-License-Identifier: Apache-2.0 */
/* What the two halves of the local store share: keys (store_local.c) and objects (store_local_object.c). Nothing
 * above the seam store.h includes this. */
#ifndef LEAT_CONNECTORS_OBJECT_STORE_LOCAL_H
#define LEAT_CONNECTORS_OBJECT_STORE_LOCAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "connectors/object/store.h"

/* Every I/O of the protocol, in the order of the name table. */
enum local_point {
    POINT_KEY_WRITE, /* of STORE_LOG; the others follow, KEY_POINTS each */
    POINT_KEY_SYNC,
    POINT_KEY_LINK,
    POINT_KEY_DIRSYNC,
    POINT_KEY_REPLACE,
    POINT_KEY_READ,
    POINT_KEY_REMOVE,
    KEY_POINTS,
    POINT_OBJECT_OPEN = KEY_POINTS * STORE_CLASS_COUNT,
    POINT_OBJECT_WRITE,
    POINT_OBJECT_SYNC,
    POINT_OBJECT_DIRSYNC,
    POINT_OBJECT_REMOVE,
    POINT_PUBLISH_MKDIR,
    POINT_PUBLISH_RENAME,
    POINT_PUBLISH_DIRSYNC,
    POINT_CLOCK,
    POINT_COUNT
};

struct local_object;

struct store_local {
    struct store base;
    int root;           /* descriptor of the root directory */
    char *root_name;    /* for messages */
    char *prefix, *owner;
    char *open_dir;     /* "<prefix>/open/<owner>": temporary files of this owner */
    atomic_uint_fast64_t counter;
    pthread_mutex_t mutex; /* around the list of open objects' descriptors */
    struct local_object *used_first, *used_last; /* those with a descriptor, the longest unused first */
    uint32_t descriptors;
};

/* True: this I/O is to fail (errno is EIO). */
bool local_fails(unsigned point, bool after);
/* Fills the error from errno. doing: "write", "publish". */
enum status local_error(const struct store_local *store, const char *doing, const char *name, struct error *error);
/* A directory below the root, never through a symbolic link; -1 and errno. create: makes what is missing, durably. */
int local_dir_open(const struct store_local *store, const char *name, bool create);
enum local_create { LOCAL_EXISTING, LOCAL_CREATE, LOCAL_CREATE_LATE }; /* LATE: the caller syncs what was made */
/* The directory that holds `name`; *ret_leaf is its last segment. */
int local_parent_open(const struct store_local *store, const char *name, enum local_create create,
                      const char **ret_leaf);
bool local_write_all(int fd, struct slice bytes);
/* A name for a temporary file of this owner, never given twice: "<open_dir>/<sort>-<number>". */
void local_temp_name(struct store_local *store, const char *sort, char *ret_name, size_t size);
int64_t local_clock_us(struct store_local *store, struct error *error); /* of the file system; -1 = failed */

enum { LOCAL_NAME_MAX = 2048 };

/* store_local_object.c: the rows of the ops table. */
enum status local_object_open(struct store *base, const char *name, struct store_object **ret, struct error *error);
enum status local_object_write(struct store_object *base, struct slice bytes, struct error *error);
enum status local_object_seal(struct store_object *base, bool late, struct error *error);
enum status local_objects_settle(struct store *base, bool late, struct error *error);
const char *local_object_token(const struct store_object *base);
void local_object_free(struct store_object *base, bool drop);
enum status local_publish(struct store *base, const struct store_publication *items, uint32_t count,
                          struct error *error);
enum status local_leftovers(struct store *base, struct arena *arena, struct store_leftovers *ret,
                            struct error *error);
enum status local_leftover_remove(struct store *base, const struct store_leftover *leftover, struct error *error);

#endif
