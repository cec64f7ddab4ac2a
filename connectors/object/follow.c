/* SPDX-License-Identifier: Apache-2.0 */
/* Followed files. A part is a file, not a path: its identity is inode and birth time, its name shows the path it was
 * found under. What was read of it is told by the mark: a hash of its first bytes (at most 1 KiB, fewer while it is
 * short) and of the 256 bytes before the position. A file whose mark does not match was truncated or rewritten; with
 * on_truncate: restart it goes on as its next generation, which the lister plans before the old one ends, so that a
 * crash in between loses nothing. The table is shared by lister and readers. */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "connectors/object/object_source.h"

enum { MARK_HEAD = 1024, MARK_TAIL = 256, IDENTITY_MAX = 96, PATH_DETAIL_MAX = 800 };

/* A file that the lister has seen. */
struct followed {
    char identity[IDENTITY_MAX];
    uint32_t planned;   /* its highest generation in the plan */
    uint32_t truncated; /* generations below it are over */
};

struct follow_table {
    pthread_mutex_t mutex;
    struct followed *items;
    uint32_t count, capacity;
};

struct follow_table *follow_table_new(void) {
    struct follow_table *table = calloc(1, sizeof *table);
    assert(table);
    pthread_mutex_init(&table->mutex, NULL);
    return table;
}

void follow_table_free(struct follow_table *table) {
    if (table) {
        pthread_mutex_destroy(&table->mutex);
        free(table->items);
        free(table);
    }
}

/* Locked. */
static struct followed *table_find(struct follow_table *table, const char *identity) {
    for (uint32_t i = 0; i < table->count; i++) {
        if (strcmp(table->items[i].identity, identity) == 0) {
            return &table->items[i];
        }
    }
    if (table->count == table->capacity) {
        table->capacity = table->capacity ? table->capacity * 2 : 16;
        table->items = realloc(table->items, table->capacity * sizeof *table->items);
        assert(table->items);
    }
    struct followed *item = &table->items[table->count++];
    *item = (struct followed){0};
    snprintf(item->identity, sizeof item->identity, "%s", identity);
    return item;
}

static enum status identity_make(int dir, const char *path, int flags, char ret_text[IDENTITY_MAX],
                                 struct error *error) {
    struct statx stat;
    if (statx(dir, path, flags | AT_STATX_SYNC_AS_STAT, STATX_INO | STATX_BTIME | STATX_TYPE, &stat) != 0) {
        return file_failed("stat", path, error);
    }
    if (!(stat.stx_mask & STATX_BTIME)) {
        return error_set(error, ERROR_PERMANENT, "follow-no-birth-time",
                         "the file system of %s keeps no birth times: a followed file could not be told from a later "
                         "one with its inode",
                         path);
    }
    snprintf(ret_text, IDENTITY_MAX, "inode=%" PRIu64 " born=%" PRId64 ".%09u", (uint64_t)stat.stx_ino,
             (int64_t)stat.stx_btime.tv_sec, stat.stx_btime.tv_nsec);
    return STATUS_OK;
}

static const char *entry_make(const char *identity, uint32_t generation, struct arena *arena) {
    return arena_printf(arena, "%s generation=%u", identity, generation);
}

static bool entry_split(const char *entry, char ret_identity[IDENTITY_MAX], uint32_t *ret_generation) {
    const char *at = strstr(entry, " generation=");
    if (!at || at - entry >= IDENTITY_MAX) {
        return false;
    }
    snprintf(ret_identity, IDENTITY_MAX, "%.*s", (int)(at - entry), entry);
    *ret_generation = (uint32_t)strtoul(at + strlen(" generation="), NULL, 10);
    return true;
}

/* --- listing ------------------------------------------------------------------------------------------------- */

struct followed_head {
    enum framing framing;
    uint64_t first; /* behind byte order mark and header */
    bool incomplete; /* the header line is still being written */
};

static struct followed_head head_read(const struct object_source *source, const char *path) {
    struct arena *arena = arena_new(NULL, POOL_READ);
    char *head = arena_alloc(arena, HEAD_BYTES);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t got = fd >= 0 ? pread(fd, head, HEAD_BYTES, 0) : 0;
    struct slice bytes = slice_make(head, got > 0 ? (size_t)got : 0);
    struct format format = *source->format;
    struct format_head found = {0};
    format.framing = source->format->kind == FORMAT_JSON ? FRAMING_LINES : source_framing(source, bytes);
    enum status status = format_head_read(&format, bytes, false, arena, &found, NULL);
    if (fd >= 0) {
        close(fd);
    }
    struct followed_head result = {
        .framing = format.framing,
        .first = status == STATUS_OK ? found.len : 0,
        .incomplete = status == STATUS_AGAIN && format.kind == FORMAT_CSV && format.header,
    };
    arena_free(arena);
    return result;
}

/* Once its header line is there; before, it is looked at again with the next listing. */
static void generation_plan(const struct object_source *source, const char *path, const char *identity,
                            uint32_t generation, struct parts_builder *parts) {
    struct arena *arena = parts->arena;
    struct followed_head head = head_read(source, path);
    if (head.incomplete) {
        return;
    }
    const char *shown = entry_of_path(path, arena);
    const char *framing = head.framing == FRAMING_CSV ? "csv" : head.framing == FRAMING_LINES ? "lines" : "none";
    json_t *detail =
        json_pack("{s:s,s:s,s:s}", "path", shown, "framing", framing, "compression", "none");
    char *text = json_dumps(detail, JSON_COMPACT);
    const char *suffix = generation ? arena_printf(arena, "@%s.%u", identity, generation)
                                    : arena_printf(arena, "@%s", identity);
    parts_add(parts, (struct part_info){
                         .name = part_name_of(shown, suffix, arena),
                         .entry = entry_make(identity, generation, arena),
                         .ident = "",
                         .detail = arena_text(arena, slice_of(text)),
                         .first = head.first ? arena_printf(arena, "%" PRIu64, head.first) : "start",
                     });
    free(text);
    json_decref(detail);
}

static enum status path_follow(struct object_source *source, const char *path,
                               bool (*known)(void *context, const char *entry), void *context,
                               struct parts_builder *parts, struct error *error) {
    char identity[IDENTITY_MAX];
    if (strlen(path) > PATH_DETAIL_MAX) {
        return error_set(error, ERROR_PERMANENT, "file-path", "the path of %.100s... is longer than %d bytes", path,
                         PATH_DETAIL_MAX);
    }
    if (identity_make(AT_FDCWD, path, 0, identity, error) != STATUS_OK) {
        return access(path, F_OK) == 0 ? STATUS_FAILED : STATUS_OK; /* renamed meanwhile */
    }
    uint32_t generation = 0;
    while (known(context, entry_make(identity, generation, parts->arena))) {
        generation++;
    }
    struct follow_table *table = source->follow;
    pthread_mutex_lock(&table->mutex);
    struct followed *item = table_find(table, identity);
    item->planned = generation ? generation - 1 : 0;
    bool wanted = generation == 0 || item->truncated >= generation;
    pthread_mutex_unlock(&table->mutex);
    if (wanted) {
        generation_plan(source, path, identity, generation, parts);
    }
    return STATUS_OK;
}

enum status follow_list(struct object_source *source, bool (*known)(void *context, const char *entry),
                        void *context, struct arena *arena, struct part_list *ret, struct error *error) {
    struct path_list paths = {0};
    for (uint32_t i = 0; i < source->options->path.count; i++) {
        if (glob_list(source->options->path.items[i], arena, &paths, error) != STATUS_OK) {
            return STATUS_FAILED;
        }
    }
    path_list_sort(&paths);
    struct parts_builder parts = {.arena = arena};
    for (uint32_t i = 0; i < paths.count; i++) {
        if (source_compression(source, paths.items[i]) == COMPRESSION_NONE &&
            path_follow(source, paths.items[i], known, context, &parts, error) != STATUS_OK) {
            return STATUS_FAILED;
        }
    }
    *ret = parts.list;
    return STATUS_OK;
}

/* --- opening ------------------------------------------------------------------------------------------------- */

/* -1 with errno ENOENT when the path is another file by now. */
static int open_if_same(const char *path, const char *identity) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char found[IDENTITY_MAX];
    if (fd < 0) {
        return -1;
    }
    if (identity_make(fd, "", AT_EMPTY_PATH, found, NULL) != STATUS_OK || strcmp(found, identity) != 0) {
        close(fd);
        errno = ENOENT;
        return -1;
    }
    return fd;
}

/* Renamed inside its directory, as log rotation does. */
static int open_renamed(const char *path, const char *identity, struct arena *arena, const char **ret_path) {
    const char *slash = strrchr(path, '/');
    const char *parent = slash ? arena_text(arena, slice_make(path, (size_t)(slash - path) + 1)) : "";
    unsigned long long inode = 0;
    sscanf(identity, "inode=%llu", &inode);
    DIR *dir = opendir(parent[0] ? parent : ".");
    int fd = -1;
    for (struct dirent *entry; dir && fd < 0 && (entry = readdir(dir));) {
        if (entry->d_ino == inode) {
            *ret_path = arena_printf(arena, "%s%s", parent, entry->d_name);
            fd = open_if_same(*ret_path, identity);
        }
    }
    if (dir) {
        closedir(dir);
    }
    errno = ENOENT;
    return fd;
}

static const char *detail_path(const char *detail, struct arena *arena) {
    json_t *json = json_loads(detail, 0, NULL);
    const char *text = json_string_value(json_object_get(json, "path"));
    const char *path = text ? path_of_entry(text, arena) : NULL;
    json_decref(json);
    return path;
}

enum status follow_open(const struct part_info *part, struct arena *arena, int *ret_fd, const char **ret_path,
                        struct error *error) {
    char identity[IDENTITY_MAX];
    uint32_t generation;
    *ret_path = detail_path(part->detail, arena);
    if (!*ret_path || !entry_split(part->entry, identity, &generation)) {
        *ret_path = part->name;
        return error_set(error, ERROR_PERMANENT, "part-unreadable",
                         "the plan of part %s is not of a followed file: was follow changed?", part->name);
    }
    const char *planned = *ret_path;
    int fd = open_if_same(planned, identity);
    if (fd < 0 && errno == ENOENT) {
        fd = open_renamed(planned, identity, arena, ret_path);
    }
    if (fd < 0 && errno == ENOENT) {
        return error_set(error, ERROR_PERMANENT, "file-missing",
                         "the file that was %s is gone from its directory before it was read to its end: put it back, "
                         "or end the part with `leat ledger skip`",
                         planned);
    }
    if (fd < 0) {
        return file_failed("open", *ret_path, error);
    }
    *ret_fd = fd;
    return STATUS_OK;
}

/* --- marks --------------------------------------------------------------------------------------------------- */

static bool mark_hash(int fd, uint64_t at, uint64_t head_len, char ret_head[HASH_TEXT], char ret_tail[HASH_TEXT]) {
    uint64_t tail = at < MARK_TAIL ? at : MARK_TAIL;
    return range_hash(fd, 0, (size_t)head_len, ret_head) && range_hash(fd, at - tail, (size_t)tail, ret_tail);
}

enum status follow_mark(int fd, const char *path, uint64_t at, char ret_text[MARK_MAX], struct error *error) {
    char head[HASH_TEXT], tail[HASH_TEXT];
    uint64_t len = at < MARK_HEAD ? at : MARK_HEAD;
    if (!mark_hash(fd, at, len, head, tail)) {
        return file_failed("read", path, error);
    }
    snprintf(ret_text, MARK_MAX, "at=%" PRIu64 " n=%" PRIu64 " head=%s tail=%s", at, len, head, tail);
    return STATUS_OK;
}

/* True also when there is nothing to compare with: no mark, or one of another position (set by hand). */
static bool mark_matches(int fd, uint64_t at, const char *mark) {
    uint64_t marked, len;
    char head[HASH_TEXT], tail[HASH_TEXT], text[MARK_MAX];
    if (sscanf(mark, "at=%" SCNu64 " n=%" SCNu64, &marked, &len) != 2 || marked != at || len > MARK_HEAD ||
        len > at) {
        return true;
    }
    if (!mark_hash(fd, at, len, head, tail)) {
        return false; /* shorter than that */
    }
    snprintf(text, sizeof text, "at=%" PRIu64 " n=%" PRIu64 " head=%s tail=%s", at, len, head, tail);
    return strcmp(text, mark) == 0;
}

enum status follow_check(struct object_source *source, const char *entry, int fd, const char *path, uint64_t at,
                         const char *mark, struct error *error) {
    struct stat stat;
    char identity[IDENTITY_MAX];
    uint32_t generation;
    if (fstat(fd, &stat) != 0) {
        return file_failed("stat", path, error);
    }
    bool same = (uint64_t)stat.st_size >= at && mark_matches(fd, at, mark);
    if (!entry_split(entry, identity, &generation)) {
        return STATUS_OK;
    }
    struct follow_table *table = source->follow;
    pthread_mutex_lock(&table->mutex);
    struct followed *item = table_find(table, identity);
    bool over = item->truncated > generation;
    if (!same && source->options->on_truncate == TRUNCATE_RESTART && !over) {
        item->truncated = generation + 1;
        over = true;
    }
    bool planned = item->planned > generation;
    pthread_mutex_unlock(&table->mutex);
    if (planned) {
        return STATUS_END; /* a later generation stands: this one was given up */
    }
    if (over) {
        return STATUS_AGAIN;
    }
    if (!same) {
        return error_set(error, ERROR_PERMANENT, "file-truncated",
                         "%s was truncated or rewritten below position %" PRIu64
                         ", what was not read of it is lost: go on with on_truncate: restart, or `leat ledger set`",
                         path, at);
    }
    return STATUS_OK;
}
