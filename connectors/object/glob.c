/* SPDX-License-Identifier: Apache-2.0 */
/* Walks only the directories that the pattern can reach; literal segments are not listed. `**` does not follow links,
 * which may lead in circles. */
#include "connectors/object/glob.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { DEPTH_MAX = 64 };

struct walk {
    struct arena *arena;
    struct path_list *list;
    struct error *error;
    int depth;
};

static enum status walk_step(struct walk *walk, const char *dir, const char *pattern);

static void list_add(struct walk *walk, const char *path) {
    struct path_list *list = walk->list;
    if (list->count == list->capacity) {
        uint32_t wider = list->capacity ? list->capacity * 2 : 64;
        list->items = arena_grow(walk->arena, list->items, list->capacity * sizeof *list->items,
                                 wider * sizeof *list->items);
        list->capacity = wider;
    }
    list->items[list->count++] = path;
}

static bool is_hidden(const char *name) {
    return name[0] == '_' || name[0] == '.';
}

static bool is_wild(struct slice segment) {
    for (size_t i = 0; i < segment.len; i++) {
        if (strchr("*?[", segment.data[i])) {
            return true;
        }
    }
    return false;
}

static bool is_directory(const char *path, bool through_link) {
    struct stat stat_;
    int result = through_link ? stat(path, &stat_) : lstat(path, &stat_);
    return result == 0 && S_ISDIR(stat_.st_mode);
}

static bool is_file(const char *path) {
    struct stat stat_;
    return stat(path, &stat_) == 0 && S_ISREG(stat_.st_mode);
}

/* One entry of a directory against a segment; `rest` is what follows it, "" = the file itself. */
static enum status entry_match(struct walk *walk, const char *path, const char *rest) {
    if (!rest[0]) {
        if (is_file(path)) {
            list_add(walk, path);
        }
        return STATUS_OK;
    }
    if (!is_directory(path, true)) {
        return STATUS_OK;
    }
    return walk_step(walk, arena_printf(walk->arena, "%s/", path), rest);
}

static enum status directory_match(struct walk *walk, const char *dir, const char *segment, const char *rest) {
    DIR *handle = opendir(dir[0] ? dir : ".");
    if (!handle) {
        if (errno == ENOENT || errno == ENOTDIR) {
            return STATUS_OK;
        }
        enum error_class class = errno == EACCES || errno == EPERM ? ERROR_PERMANENT : ERROR_TRANSIENT;
        return error_set(walk->error, class, "file-io", "cannot list directory %s: %s", dir[0] ? dir : ".",
                         strerror(errno));
    }
    bool deep = strcmp(segment, "**") == 0;
    enum status status = STATUS_OK;
    for (struct dirent *entry; status == STATUS_OK && (entry = readdir(handle));) {
        if (is_hidden(entry->d_name) || (!deep && fnmatch(segment, entry->d_name, 0) != 0)) {
            continue;
        }
        const char *path = arena_printf(walk->arena, "%s%s", dir, entry->d_name);
        if (!deep) {
            status = entry_match(walk, path, rest);
        } else if (is_directory(path, false)) {
            status = walk_step(walk, arena_printf(walk->arena, "%s/", path),
                               arena_printf(walk->arena, "**/%s", rest));
        }
    }
    closedir(handle);
    return status;
}

static enum status walk_step(struct walk *walk, const char *dir, const char *pattern) {
    size_t len = strcspn(pattern, "/");
    const char *rest = pattern + len;
    rest += strspn(rest, "/");
    const char *segment = arena_text(walk->arena, slice_make(pattern, len));
    if (walk->depth == DEPTH_MAX) {
        return error_set(walk->error, ERROR_PERMANENT, "file-path", "directories lie deeper than %d below %s",
                         DEPTH_MAX, dir);
    }
    walk->depth++;
    enum status status = STATUS_OK;
    if (strcmp(segment, "**") == 0) {
        rest = rest[0] ? rest : "*";
        status = walk_step(walk, dir, rest);
        if (status == STATUS_OK) {
            status = directory_match(walk, dir, segment, rest);
        }
    } else if (is_wild(slice_of(segment))) {
        status = directory_match(walk, dir, segment, rest);
    } else if (len) {
        status = entry_match(walk, arena_printf(walk->arena, "%s%s", dir, segment), rest);
    }
    walk->depth--;
    return status;
}

enum status glob_list(const char *pattern, struct arena *arena, struct path_list *list, struct error *error) {
    struct walk walk = {.arena = arena, .list = list, .error = error};
    const char *dir = "";
    if (pattern[0] == '/') {
        dir = "/";
    }
    while (pattern[0] == '/' || (pattern[0] == '.' && pattern[1] == '/')) {
        pattern += pattern[0] == '/' ? 1 : 2; /* "./in" and "in" are one path, and one part */
    }
    return walk_step(&walk, dir, pattern);
}

static int path_compare(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void path_list_sort(struct path_list *list) {
    qsort(list->items, list->count, sizeof *list->items, path_compare);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        if (kept == 0 || strcmp(list->items[kept - 1], list->items[i]) != 0) {
            list->items[kept++] = list->items[i];
        }
    }
    list->count = kept;
}
