/* SPDX-License-Identifier: Apache-2.0 */
/* The local store: keys and objects are files below one directory.
 *
 * put_new = temporary file, fsync, link(2) to the key (EEXIST is "something stands there"), fsync of the directory: a
 * key is never seen half written and never overwritten, so no lock is needed, also on NFS. Ages are by the file
 * system's clock: the time of a file just written against the time of the other file. Every path is walked from the
 * root's descriptor without following links, so that no record can make a file elsewhere. */
#include "connectors/object/store_local.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/io.h"

enum { KEY_BYTES_MAX = 256 << 20 };

#define POINT(name) name ".before", name ".after"
#define KEY_CLASS(class)                                                                           \
    POINT("file." class ".write"), POINT("file." class ".sync"), POINT("file." class ".link"),     \
        POINT("file." class ".dirsync"), POINT("file." class ".replace"),                          \
        POINT("file." class ".read"), POINT("file." class ".remove")

static const char *const points[] = {
    KEY_CLASS("log"),
    KEY_CLASS("plan"),
    KEY_CLASS("hint"),
    KEY_CLASS("process"),
    POINT("file.object.open"),
    POINT("file.object.write"),
    POINT("file.object.sync"),
    POINT("file.object.dirsync"),
    POINT("file.object.remove"),
    POINT("file.publish.mkdir"),
    POINT("file.publish.rename"),
    POINT("file.publish.dirsync"),
    POINT("file.clock"),
    NULL,
};
_Static_assert(sizeof points / sizeof *points == POINT_COUNT * 2 + 1, "a name for each point");

static const char *const class_dirs[STORE_CLASS_COUNT] = {
    [STORE_LOG] = "log", [STORE_PLAN] = "plan", [STORE_HINT] = "hint", [STORE_PROCESS] = "process"};

const char *const *store_local_failpoints(void) {
    return points;
}

bool local_fails(unsigned point, bool after) {
    if (!io_failpoint(points[point * 2 + after])) {
        return false;
    }
    errno = EIO;
    return true;
}

static unsigned key_point(enum store_class class, unsigned point) {
    return (unsigned)class * KEY_POINTS + point;
}

static enum error_class class_of_errno(int number) {
    switch (number) {
    case EACCES:
    case EPERM:
    case EROFS:
    case ENOTDIR:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
        return ERROR_PERMANENT;
    default:
        return ERROR_TRANSIENT;
    }
}

enum status local_error(const struct store_local *store, const char *doing, const char *name, struct error *error) {
    int number = errno;
    const char *code = number == ENOSPC || number == EDQUOT ? "disk-full" : "file-io";
    return error_set(error, class_of_errno(number), code, "cannot %s %s/%s: %s", doing, store->root_name, name,
                     strerror(number));
}

bool local_write_all(int fd, struct slice bytes) {
    while (bytes.len) {
        ssize_t written = write(fd, bytes.data, bytes.len);
        if (written < 0) {
            if (errno == EINTR) {
                continue;
            }
            return false;
        }
        bytes.data += written;
        bytes.len -= (size_t)written;
    }
    return true;
}

/* The next directory on the way; made, and its parent synced, when it is missing and may be made. */
static int dir_step(int parent, const char *segment, enum local_create create) {
    int fd = openat(parent, segment, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 || errno != ENOENT || create == LOCAL_EXISTING) {
        return fd;
    }
    if (local_fails(POINT_PUBLISH_MKDIR, false)) {
        return -1;
    }
    if (mkdirat(parent, segment, 0777) != 0 && errno != EEXIST) {
        return -1;
    }
    if ((create != LOCAL_CREATE_LATE && fsync(parent) != 0) || local_fails(POINT_PUBLISH_MKDIR, true)) {
        return -1;
    }
    return openat(parent, segment, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int path_open(const struct store_local *store, struct slice path, enum local_create create) {
    int fd = openat(store->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (fd >= 0 && path.len) {
        const char *slash = memchr(path.data, '/', path.len);
        size_t len = slash ? (size_t)(slash - path.data) : path.len;
        char segment[256];
        if (len == 0 || len >= sizeof segment || (len <= 2 && memcmp(path.data, "..", len) == 0)) {
            close(fd);
            errno = ENAMETOOLONG;
            return -1;
        }
        memcpy(segment, path.data, len);
        segment[len] = '\0';
        int next = dir_step(fd, segment, create);
        int number = errno;
        close(fd);
        errno = number;
        fd = next;
        size_t used = slash ? len + 1 : len;
        path = slice_make(path.data + used, path.len - used);
    }
    return fd;
}

int local_dir_open(const struct store_local *store, const char *name, bool create) {
    return path_open(store, slice_of(name), create ? LOCAL_CREATE : LOCAL_EXISTING);
}

int local_parent_open(const struct store_local *store, const char *name, enum local_create create,
                      const char **ret_leaf) {
    const char *slash = strrchr(name, '/');
    *ret_leaf = slash ? slash + 1 : name;
    return path_open(store, slice_make(name, slash ? (size_t)(slash - name) : 0), create);
}

void local_temp_name(struct store_local *store, const char *sort, char *ret_name, size_t size) {
    snprintf(ret_name, size, "%s/%s-%llu", store->open_dir, sort,
             (unsigned long long)atomic_fetch_add(&store->counter, 1));
}

static void key_name(const struct store_local *store, enum store_class class, const char *name, char *ret,
                     size_t size) {
    snprintf(ret, size, "%s/%s/%s", store->prefix, class_dirs[class], name);
}

/* A new file of this owner with the bytes in it. The descriptor's directory stays open for what follows. */
static int temp_write(struct store_local *store, const char *temp, struct slice bytes, unsigned point) {
    const char *leaf;
    int dir = local_parent_open(store, temp, true, &leaf);
    if (dir < 0) {
        return -1;
    }
    int fd = local_fails(point, false) ? -1 : openat(dir, leaf, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    bool whole = fd >= 0 && local_write_all(fd, bytes) && !local_fails(point, true);
    int number = errno;
    if (!whole) {
        if (fd >= 0) {
            close(fd);
            unlinkat(dir, leaf, 0);
            fd = -1;
        }
        close(dir);
        errno = number;
        return -1;
    }
    close(dir);
    return fd;
}

static void temp_remove(struct store_local *store, const char *temp) {
    int number = errno;
    const char *leaf;
    int dir = local_parent_open(store, temp, false, &leaf);
    if (dir >= 0) {
        unlinkat(dir, leaf, 0);
        close(dir);
    }
    errno = number;
}

/* The deciding step: after link(2) the key stands, whatever is answered. */
static enum put_result key_link(struct store_local *store, enum store_class class, const char *temp,
                                const char *key) {
    const char *temp_leaf, *leaf;
    int from = local_parent_open(store, temp, false, &temp_leaf);
    int to = from < 0 ? -1 : local_parent_open(store, key, true, &leaf);
    enum put_result result = PUT_FAILED;
    if (to >= 0 && !local_fails(key_point(class, POINT_KEY_LINK), false)) {
        if (linkat(from, temp_leaf, to, leaf, 0) == 0) {
            result = PUT_UNKNOWN;
            if (!local_fails(key_point(class, POINT_KEY_LINK), true) &&
                !local_fails(key_point(class, POINT_KEY_DIRSYNC), false) && fsync(to) == 0 &&
                !local_fails(key_point(class, POINT_KEY_DIRSYNC), true)) {
                result = PUT_DONE;
            }
        } else if (errno == EEXIST) {
            result = PUT_EXISTS;
        }
    }
    int number = errno;
    if (from >= 0) {
        close(from);
    }
    if (to >= 0) {
        close(to);
    }
    errno = number;
    return result;
}

static enum put_result local_put_new(struct store *base, enum store_class class, const char *name,
                                     struct slice bytes, struct error *error) {
    struct store_local *store = (struct store_local *)base;
    char temp[LOCAL_NAME_MAX], key[LOCAL_NAME_MAX];
    local_temp_name(store, "put", temp, sizeof temp);
    key_name(store, class, name, key, sizeof key);
    int fd = temp_write(store, temp, bytes, key_point(class, POINT_KEY_WRITE));
    if (fd < 0) {
        local_error(store, "write", temp, error);
        return PUT_FAILED;
    }
    unsigned sync = key_point(class, POINT_KEY_SYNC);
    bool synced = !local_fails(sync, false) && fsync(fd) == 0 && !local_fails(sync, true);
    int number = errno;
    synced = close(fd) == 0 && synced;
    errno = number;
    enum put_result result = synced ? key_link(store, class, temp, key) : PUT_FAILED;
    if (result == PUT_FAILED || result == PUT_UNKNOWN) {
        local_error(store, "put", key, error);
    }
    temp_remove(store, temp);
    return result;
}

static enum status local_put(struct store *base, enum store_class class, const char *name, struct slice bytes,
                             struct error *error) {
    struct store_local *store = (struct store_local *)base;
    char temp[LOCAL_NAME_MAX], key[LOCAL_NAME_MAX];
    local_temp_name(store, "put", temp, sizeof temp);
    key_name(store, class, name, key, sizeof key);
    int fd = temp_write(store, temp, bytes, key_point(class, POINT_KEY_WRITE));
    if (fd < 0) {
        return local_error(store, "write", temp, error);
    }
    close(fd);
    const char *temp_leaf, *leaf;
    int from = local_parent_open(store, temp, false, &temp_leaf);
    int to = from < 0 ? -1 : local_parent_open(store, key, true, &leaf);
    unsigned replace = key_point(class, POINT_KEY_REPLACE);
    bool done = to >= 0 && !local_fails(replace, false) && renameat(from, temp_leaf, to, leaf) == 0 &&
                !local_fails(replace, true);
    enum status status = done ? STATUS_OK : local_error(store, "replace", key, error);
    if (from >= 0) {
        close(from);
    }
    if (to >= 0) {
        close(to);
    }
    if (!done) {
        temp_remove(store, temp);
    }
    return status;
}

/* errno and false, or the whole file. */
static bool file_read(int fd, struct arena *arena, struct slice *ret) {
    struct stat stat;
    if (fstat(fd, &stat) != 0) {
        return false;
    }
    if (stat.st_size > KEY_BYTES_MAX) {
        errno = EFBIG;
        return false;
    }
    size_t len = (size_t)stat.st_size, have = 0;
    char *data = arena_alloc(arena, len + 1);
    while (have < len) {
        ssize_t got = pread(fd, data + have, len - have, (off_t)have);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            errno = got < 0 ? errno : EIO;
            return false;
        }
        have += (size_t)got;
    }
    *ret = slice_make(data, len);
    return true;
}

static enum status local_get(struct store *base, enum store_class class, const char *name, struct arena *arena,
                             struct slice *ret, struct error *error) {
    struct store_local *store = (struct store_local *)base;
    char key[LOCAL_NAME_MAX];
    key_name(store, class, name, key, sizeof key);
    const char *leaf;
    int dir = local_parent_open(store, key, false, &leaf);
    unsigned read = key_point(class, POINT_KEY_READ);
    int fd = -1;
    if (dir >= 0 && !local_fails(read, false)) {
        fd = openat(dir, leaf, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    }
    enum status status;
    if (fd < 0) {
        status = errno == ENOENT ? STATUS_END : local_error(store, "read", key, error);
    } else if (!file_read(fd, arena, ret) || local_fails(read, true)) {
        status = local_error(store, "read", key, error);
    } else {
        status = STATUS_OK;
    }
    if (fd >= 0) {
        close(fd);
    }
    if (dir >= 0) {
        close(dir);
    }
    return status;
}

static int64_t stat_us(const struct stat *stat) {
    return (int64_t)stat->st_mtim.tv_sec * 1000000 + stat->st_mtim.tv_nsec / 1000;
}

int64_t local_clock_us(struct store_local *store, struct error *error) {
    char temp[LOCAL_NAME_MAX];
    local_temp_name(store, "clock", temp, sizeof temp);
    int fd = temp_write(store, temp, SLICE_LITERAL("."), POINT_CLOCK);
    struct stat stat;
    int64_t now = -1;
    if (fd < 0 || fstat(fd, &stat) != 0) {
        local_error(store, "write", temp, error);
    } else {
        now = stat_us(&stat);
    }
    if (fd >= 0) {
        close(fd);
        temp_remove(store, temp);
    }
    return now;
}

static void entry_add(struct store_entries *list, uint32_t *capacity, struct store_entry entry,
                      struct arena *arena) {
    if (list->count == *capacity) {
        uint32_t wider = *capacity ? *capacity * 2 : 16;
        list->items = arena_grow(arena, list->items, *capacity * sizeof entry, wider * sizeof entry);
        *capacity = wider;
    }
    list->items[list->count++] = entry;
}

static enum status local_list(struct store *base, enum store_class class, struct arena *arena,
                              struct store_entries *ret, struct error *error) {
    struct store_local *store = (struct store_local *)base;
    char name[LOCAL_NAME_MAX];
    snprintf(name, sizeof name, "%s/%s", store->prefix, class_dirs[class]);
    *ret = (struct store_entries){0};
    int64_t now = local_clock_us(store, error);
    if (now < 0) {
        return STATUS_FAILED;
    }
    int fd = local_dir_open(store, name, false);
    if (fd < 0) {
        return errno == ENOENT ? STATUS_OK : local_error(store, "list", name, error);
    }
    DIR *dir = fdopendir(fd);
    assert(dir);
    uint32_t capacity = 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        struct stat stat;
        if (entry->d_name[0] == '.' || fstatat(fd, entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) != 0) {
            continue;
        }
        int64_t age = now - stat_us(&stat);
        struct store_entry item = {.name = arena_text(arena, slice_of(entry->d_name)),
                                   .age_us = age > 0 ? age : 0};
        entry_add(ret, &capacity, item, arena);
    }
    closedir(dir);
    return STATUS_OK;
}

static enum status local_remove(struct store *base, enum store_class class, const char *name, struct error *error) {
    assert(class == STORE_PROCESS); /* log, plan and hint are never removed */
    struct store_local *store = (struct store_local *)base;
    char key[LOCAL_NAME_MAX];
    key_name(store, class, name, key, sizeof key);
    const char *leaf;
    int dir = local_parent_open(store, key, false, &leaf);
    unsigned remove = key_point(class, POINT_KEY_REMOVE);
    bool done = (dir < 0 && errno == ENOENT) ||
                (dir >= 0 && !local_fails(remove, false) && (unlinkat(dir, leaf, 0) == 0 || errno == ENOENT) &&
                 !local_fails(remove, true));
    enum status status = done ? STATUS_OK : local_error(store, "remove", key, error);
    if (dir >= 0) {
        close(dir);
    }
    return status;
}

static enum status local_settle(struct store *base, struct error *error) {
    struct store_local *store = (struct store_local *)base;
    char name[LOCAL_NAME_MAX];
    snprintf(name, sizeof name, "%s/log", store->prefix);
    int fd = local_dir_open(store, name, false);
    unsigned sync = key_point(STORE_LOG, POINT_KEY_DIRSYNC);
    bool done = fd >= 0 && !local_fails(sync, false) && fsync(fd) == 0 && !local_fails(sync, true);
    enum status status = done ? STATUS_OK : local_error(store, "sync", name, error);
    if (fd >= 0) {
        close(fd);
    }
    return status;
}

static void local_close(struct store *base) {
    struct store_local *store = (struct store_local *)base;
    assert(store->descriptors == 0);
    const char *leaf;
    int dir = local_parent_open(store, store->open_dir, false, &leaf);
    if (dir >= 0) {
        unlinkat(dir, leaf, AT_REMOVEDIR); /* only when empty: what is unpublished stays */
        close(dir);
    }
    close(store->root);
    pthread_mutex_destroy(&store->mutex);
    free(store->root_name);
    free(store->prefix);
    free(store->owner);
    free(store->open_dir);
    free(store);
}

static const struct store_ops local_ops = {
    .close = local_close,
    .put_new = local_put_new,
    .put = local_put,
    .get = local_get,
    .list = local_list,
    .remove = local_remove,
    .settle = local_settle,
    .object_open = local_object_open,
    .object_write = local_object_write,
    .object_seal = local_object_seal,
    .objects_settle = local_objects_settle,
    .object_token = local_object_token,
    .object_free = local_object_free,
    .publish = local_publish,
    .leftovers = local_leftovers,
    .leftover_remove = local_leftover_remove,
};

/* mkdir -p of the root, which the pipeline file names: here links are followed. errno says why it is not there. */
static int root_open(const char *root) {
    char *path = strdup(root);
    int failed = 0;
    assert(path);
    for (char *at = path + 1; path[0] && *at; at++) {
        if (*at == '/') {
            *at = '\0';
            failed = mkdir(path, 0777) != 0 && errno != EEXIST && !failed ? errno : failed;
            *at = '/';
        }
    }
    failed = mkdir(path, 0777) != 0 && errno != EEXIST && !failed ? errno : failed;
    free(path);
    int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && failed) {
        errno = failed;
    }
    return fd;
}

enum status store_local_open(const struct store_place *place, struct store **ret, struct error *error) {
    struct store_local *store = calloc(1, sizeof *store);
    assert(store);
    store->base.ops = &local_ops;
    store->root_name = strdup(place->root);
    store->root = root_open(place->root);
    if (store->root < 0) {
        error_set(error, class_of_errno(errno), "file-io", "cannot open directory %s: %s", place->root,
                  strerror(errno));
        free(store->root_name);
        free(store);
        return STATUS_FAILED;
    }
    store->prefix = strdup(place->prefix);
    store->owner = strdup(place->owner);
    size_t size = strlen(place->prefix) + strlen(place->owner) + 8;
    store->open_dir = malloc(size);
    assert(store->prefix && store->owner && store->open_dir);
    snprintf(store->open_dir, size, "%s/open/%s", place->prefix, place->owner);
    pthread_mutex_init(&store->mutex, NULL);
    *ret = &store->base;
    return STATUS_OK;
}
