/* SPDX-License-Identifier: Apache-2.0 */
/* Data files of the local store. An open object is a file below "<prefix>/open/<owner>/", which is its token; publish
 * renames it to its final name. At most DESCRIPTORS_MAX files are open, whatever the number of objects: the longest
 * unused is closed and opened again to append. */
#include "connectors/object/store_local.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DESCRIPTORS_MAX = 64, SYNCFS_OBJECTS = 16 };

struct local_object {
    struct store_local *store;
    int fd; /* -1: closed for now */
    struct local_object *previous, *next; /* in the list of those with a descriptor */
    char token[];
};

static struct local_object *object_of(struct store_object *base) {
    return (struct local_object *)base;
}

static void used_remove(struct local_object *object) {
    struct store_local *store = object->store;
    *(object->previous ? &object->previous->next : &store->used_first) = object->next;
    *(object->next ? &object->next->previous : &store->used_last) = object->previous;
    object->previous = object->next = NULL;
    store->descriptors--;
}

static void used_append(struct local_object *object) {
    struct store_local *store = object->store;
    object->previous = store->used_last;
    object->next = NULL;
    *(store->used_last ? &store->used_last->next : &store->used_first) = object;
    store->used_last = object;
    store->descriptors++;
}

static bool object_close(struct local_object *object) {
    if (object->fd < 0) {
        return true;
    }
    used_remove(object);
    int fd = object->fd;
    object->fd = -1;
    return close(fd) == 0;
}

/* The object's descriptor, the last used from now on; false and errno. */
static bool object_descriptor(struct local_object *object, int more_flags) {
    struct store_local *store = object->store;
    if (object->fd >= 0) {
        used_remove(object);
        used_append(object);
        return true;
    }
    if (store->descriptors >= DESCRIPTORS_MAX && !object_close(store->used_first)) {
        return false;
    }
    const char *leaf;
    int dir = local_parent_open(store, object->token, more_flags != 0, &leaf);
    if (dir < 0) {
        return false;
    }
    object->fd = openat(dir, leaf, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | more_flags, 0666);
    int number = errno;
    close(dir);
    errno = number;
    if (object->fd >= 0) {
        used_append(object);
    }
    return object->fd >= 0;
}

enum status local_object_open(struct store *base, const char *name, struct store_object **ret, struct error *error) {
    (void)name; /* publish is told again; a multipart upload would need it here */
    struct store_local *store = (struct store_local *)base;
    char token[LOCAL_NAME_MAX];
    local_temp_name(store, "data", token, sizeof token);
    struct local_object *object = calloc(1, sizeof *object + strlen(token) + 1);
    assert(object);
    object->store = store;
    object->fd = -1;
    memcpy(object->token, token, strlen(token) + 1);
    pthread_mutex_lock(&store->mutex);
    bool opened = !local_fails(POINT_OBJECT_OPEN, false) && object_descriptor(object, O_CREAT | O_EXCL) &&
                  !local_fails(POINT_OBJECT_OPEN, true);
    enum status status = opened ? STATUS_OK : local_error(store, "open", token, error);
    pthread_mutex_unlock(&store->mutex);
    if (!opened) {
        local_object_free((struct store_object *)object, true);
        return status;
    }
    *ret = (struct store_object *)object;
    return STATUS_OK;
}

enum status local_object_write(struct store_object *base, struct slice bytes, struct error *error) {
    struct local_object *object = object_of(base);
    pthread_mutex_lock(&object->store->mutex);
    bool written = !local_fails(POINT_OBJECT_WRITE, false) && object_descriptor(object, 0) &&
                   local_write_all(object->fd, bytes) && !local_fails(POINT_OBJECT_WRITE, true);
    enum status status = written ? STATUS_OK : local_error(object->store, "write", object->token, error);
    pthread_mutex_unlock(&object->store->mutex);
    return status;
}

/* A janitor that was wrong, or a person, has removed it: better to read again than to publish nothing. */
static bool is_there(const struct local_object *object) {
    struct stat stat;
    if (fstat(object->fd, &stat) != 0) {
        return false;
    }
    errno = ENOENT;
    return stat.st_nlink > 0;
}

static bool dir_sync(const struct store_local *store, const char *name, unsigned point) {
    int dir = local_dir_open(store, name, false);
    if (dir < 0) {
        return false;
    }
    bool synced = !local_fails(point, false) && fsync(dir) == 0 && !local_fails(point, true);
    int number = errno;
    close(dir);
    errno = number;
    return synced;
}

enum status local_object_seal(struct store_object *base, bool late, struct error *error) {
    struct local_object *object = object_of(base);
    struct store_local *store = object->store;
    pthread_mutex_lock(&store->mutex);
    bool sealed = object_descriptor(object, 0) && !local_fails(POINT_OBJECT_SYNC, false) && is_there(object) &&
                  (late || fsync(object->fd) == 0) && !local_fails(POINT_OBJECT_SYNC, true) && object_close(object);
    enum status status = sealed ? STATUS_OK : local_error(store, "sync", object->token, error);
    pthread_mutex_unlock(&store->mutex);
    return status;
}

enum status local_objects_settle(struct store *base, bool late, struct error *error) {
    const struct store_local *store = (const struct store_local *)base;
    if ((late && syncfs(store->root) != 0) || !dir_sync(store, store->open_dir, POINT_OBJECT_DIRSYNC)) {
        return local_error(store, "sync", store->open_dir, error);
    }
    return STATUS_OK;
}

const char *local_object_token(const struct store_object *base) {
    return ((const struct local_object *)base)->token;
}

void local_object_free(struct store_object *base, bool drop) {
    struct local_object *object = object_of(base);
    struct store_local *store = object->store;
    pthread_mutex_lock(&store->mutex);
    object_close(object);
    pthread_mutex_unlock(&store->mutex);
    const char *leaf;
    int dir = drop ? local_parent_open(store, object->token, false, &leaf) : -1;
    if (dir >= 0) {
        if (!local_fails(POINT_OBJECT_REMOVE, false)) {
            unlinkat(dir, leaf, 0); /* what stays is the janitor's */
        }
        close(dir);
    }
    free(object);
}

/* No temporary file left = published before; then the rename is made durable here as well, because whoever did it
 * may have died before its fsync. */
static bool rename_one(const struct store_local *store, const struct store_publication *item,
                       enum local_create create) {
    const char *from_leaf, *to_leaf;
    int from = local_parent_open(store, item->token, false, &from_leaf);
    if (from < 0) {
        return errno == ENOENT;
    }
    bool there = faccessat(from, from_leaf, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    int to = there ? local_parent_open(store, item->name, create, &to_leaf) : -1;
    bool done = !there || (to >= 0 && !local_fails(POINT_PUBLISH_RENAME, false) &&
                           (renameat(from, from_leaf, to, to_leaf) == 0 || errno == ENOENT) &&
                           !local_fails(POINT_PUBLISH_RENAME, true));
    int number = errno;
    if (to >= 0) {
        close(to);
    }
    close(from);
    errno = number;
    return done;
}

static size_t dir_length(const char *name) {
    const char *slash = strrchr(name, '/');
    return slash ? (size_t)(slash - name) : 0;
}

/* One fsync for each run of neighbours in one directory. */
static bool final_dir_sync(const struct store_local *store, const struct store_publication *items, uint32_t i,
                           uint32_t count) {
    size_t len = dir_length(items[i].name);
    if (i + 1 < count && dir_length(items[i + 1].name) == len && memcmp(items[i].name, items[i + 1].name, len) == 0) {
        return true;
    }
    char *name = strndup(items[i].name, len);
    assert(name);
    bool synced = dir_sync(store, name, POINT_PUBLISH_DIRSYNC) || errno == ENOENT;
    free(name);
    return synced;
}

enum status local_publish(struct store *base, const struct store_publication *items, uint32_t count,
                          struct error *error) {
    struct store_local *store = (struct store_local *)base;
    bool many = count > SYNCFS_OBJECTS; /* one journal commit instead of one or two for each directory */
    for (uint32_t i = 0; i < count; i++) {
        if (!rename_one(store, &items[i], many ? LOCAL_CREATE_LATE : LOCAL_CREATE)) {
            return local_error(store, "publish", items[i].name, error);
        }
    }
    if (many) {
        bool synced = !local_fails(POINT_PUBLISH_DIRSYNC, false) && syncfs(store->root) == 0 &&
                      !local_fails(POINT_PUBLISH_DIRSYNC, true);
        return synced ? STATUS_OK : local_error(store, "publish", items[0].name, error);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!final_dir_sync(store, items, i, count)) {
            return local_error(store, "publish", items[i].name, error);
        }
    }
    return STATUS_OK;
}

static void owner_leftovers(const struct store_local *store, const char *owner, struct arena *arena,
                            struct store_leftovers *ret, uint32_t *capacity) {
    char name[LOCAL_NAME_MAX];
    snprintf(name, sizeof name, "%s/open/%s", store->prefix, owner);
    int fd = local_dir_open(store, name, false);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        if (ret->count == *capacity) {
            uint32_t wider = *capacity ? *capacity * 2 : 16;
            ret->items = arena_grow(arena, ret->items, *capacity * sizeof *ret->items, wider * sizeof *ret->items);
            *capacity = wider;
        }
        ret->items[ret->count++] =
            (struct store_leftover){.owner = arena_text(arena, slice_of(owner)),
                                    .token = arena_printf(arena, "%s/%s", name, entry->d_name)};
    }
    if (dir) {
        closedir(dir);
    }
}

enum status local_leftovers(struct store *base, struct arena *arena, struct store_leftovers *ret,
                            struct error *error) {
    struct store_local *store = (struct store_local *)base;
    char name[LOCAL_NAME_MAX];
    snprintf(name, sizeof name, "%s/open", store->prefix);
    *ret = (struct store_leftovers){0};
    int fd = local_dir_open(store, name, false);
    if (fd < 0) {
        return errno == ENOENT ? STATUS_OK : local_error(store, "list", name, error);
    }
    DIR *dir = fdopendir(fd);
    assert(dir);
    uint32_t capacity = 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] != '.' && strcmp(entry->d_name, store->owner) != 0) {
            owner_leftovers(store, entry->d_name, arena, ret, &capacity);
            unlinkat(fd, entry->d_name, AT_REMOVEDIR); /* an empty one; made again when it is needed */
        }
    }
    closedir(dir);
    return STATUS_OK;
}

enum status local_leftover_remove(struct store *base, const struct store_leftover *leftover, struct error *error) {
    struct store_local *store = (struct store_local *)base;
    const char *leaf;
    int dir = local_parent_open(store, leftover->token, false, &leaf);
    bool gone = (dir < 0 && errno == ENOENT) ||
                (dir >= 0 && !local_fails(POINT_OBJECT_REMOVE, false) &&
                 (unlinkat(dir, leaf, 0) == 0 || errno == ENOENT) && !local_fails(POINT_OBJECT_REMOVE, true));
    enum status status = gone ? STATUS_OK : local_error(store, "remove", leftover->token, error);
    if (dir >= 0) {
        close(dir);
    }
    return status;
}
