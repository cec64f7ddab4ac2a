/* SPDX-License-Identifier: Apache-2.0 */
/* Planning: each file once, as one part or as parts of byte ranges that begin and end at record borders. Everything
 * reading depends on (size and hashes, range, framing, compression) is written into the plan, so that every process,
 * now and after a crash, reads the same. A file whose head cannot be read is planned all the same: opening its part
 * says why, and stops that part alone. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "connectors/object/object_source.h"
#include "engine/base/log.h"
#include "engine/record/value.h"

enum { PART_NAME_LONG = 400, SEARCH_BYTES = 64 << 10 };

static const char *const framing_names[] = {
    [FRAMING_LINES] = "lines",   [FRAMING_DOCUMENTS] = "documents", [FRAMING_ARRAY] = "array",
    [FRAMING_CSV] = "csv",       [FRAMING_NONE] = "none",
};
static const char *const compression_names[] = {
    [COMPRESSION_NONE] = "none", [COMPRESSION_GZIP] = "gzip", [COMPRESSION_ZSTD] = "zstd"};

const char *detail_print(const struct part_detail *detail, struct arena *arena) {
    if (detail->begin == 0 && detail->end == UINT64_MAX) {
        return arena_printf(arena, "{\"framing\":\"%s\",\"compression\":\"%s\"}", framing_names[detail->framing],
                            compression_names[detail->compression]);
    }
    return arena_printf(arena, "{\"range\":[%" PRIu64 ",%" PRIu64 "],\"framing\":\"%s\",\"compression\":\"%s\"}",
                        detail->begin, detail->end, framing_names[detail->framing],
                        compression_names[detail->compression]);
}

static bool name_find(const char *const *names, size_t count, const char *name, int *ret) {
    for (size_t i = 0; name && i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            *ret = (int)i;
            return true;
        }
    }
    return false;
}

bool detail_parse(const char *text, struct part_detail *ret) {
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    const json_t *range = json_object_get(json, "range");
    int framing = 0, compression = 0;
    bool good = name_find(framing_names, sizeof framing_names / sizeof *framing_names,
                          json_string_value(json_object_get(json, "framing")), &framing) &&
                name_find(compression_names, sizeof compression_names / sizeof *compression_names,
                          json_string_value(json_object_get(json, "compression")), &compression);
    struct part_detail detail = {.end = UINT64_MAX};
    if (good && range) {
        json_int_t begin = json_integer_value(json_array_get(range, 0));
        json_int_t end = json_integer_value(json_array_get(range, 1));
        good = json_array_size(range) == 2 && begin >= 0 && end > begin;
        detail.begin = (uint64_t)begin;
        detail.end = (uint64_t)end;
    }
    json_decref(json);
    detail.framing = (enum framing)framing;
    detail.compression = (enum compression)compression;
    if (good) {
        *ret = detail;
    }
    return good;
}

/* --- names --------------------------------------------------------------------------------------------------- */

const char *entry_of_path(const char *path, struct arena *arena) {
    size_t bad_at;
    bool text = utf8_is_valid(slice_of(path), &bad_at);
    struct buffer out;
    buffer_init(&out, arena, strlen(path) * 3 + 1);
    for (const char *at = path; *at; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte < 0x20 || byte == 0x7f || byte == '%' || (byte >= 0x80 && !text)) {
            buffer_printf(&out, "%%%02X", byte);
        } else {
            buffer_append_byte(&out, *at);
        }
    }
    buffer_append_byte(&out, '\0');
    return out.data;
}

static int hex_value(char digit) {
    return digit >= '0' && digit <= '9' ? digit - '0' : digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

char *path_of_entry(const char *entry, struct arena *arena) {
    char *path = arena_alloc(arena, strlen(entry) + 1), *out = path;
    for (const char *at = entry; *at; at++) {
        int high = at[0] == '%' ? hex_value(at[1]) : -1;
        int low = high >= 0 ? hex_value(at[2]) : -1;
        if (low >= 0) {
            *out++ = (char)(high << 4 | low);
            at += 2;
        } else {
            *out++ = *at;
        }
    }
    *out = '\0';
    return path;
}

static void hash_text(const uint8_t hash[SHA256_DIGEST_LENGTH], char ret_text[HASH_TEXT]) {
    for (int i = 0; i < 16; i++) {
        snprintf(ret_text + i * 2, 3, "%02x", hash[i]);
    }
}

/* The entry itself, or its begin and its hash where it is too long for a part's name. */
const char *part_name_of(const char *entry, const char *suffix, struct arena *arena) {
    if (strlen(entry) <= PART_NAME_LONG) {
        return arena_printf(arena, "%s%s", entry, suffix);
    }
    uint8_t hash[SHA256_DIGEST_LENGTH];
    char text[HASH_TEXT];
    SHA256((const unsigned char *)entry, strlen(entry), hash);
    hash_text(hash, text);
    size_t kept = PART_NAME_LONG - 64;
    while (kept && ((unsigned char)entry[kept] & 0xc0) == 0x80) {
        kept--;
    }
    return arena_printf(arena, "%.*s~%s%s", (int)kept, entry, text, suffix);
}

void parts_add(struct parts_builder *parts, struct part_info info) {
    if (parts->list.count == parts->capacity) {
        uint32_t wider = parts->capacity ? parts->capacity * 2 : 64;
        parts->list.items = arena_grow(parts->arena, parts->list.items, parts->capacity * sizeof info,
                                       wider * sizeof info);
        parts->capacity = wider;
    }
    parts->list.items[parts->list.count++] = info;
}

/* --- files --------------------------------------------------------------------------------------------------- */

enum status file_failed(const char *doing, const char *path, struct error *error) {
    int number = errno;
    bool gone = number == ENOENT || number == ENOTDIR;
    bool forbidden = number == EACCES || number == EPERM || number == ELOOP || number == EISDIR;
    return error_set(error, gone || forbidden ? ERROR_PERMANENT : ERROR_TRANSIENT, gone ? "file-missing" : "file-io",
                     "cannot %s %s: %s", doing, path, strerror(number));
}

bool range_hash(int fd, uint64_t at, size_t len, char ret_text[HASH_TEXT]) {
    char bytes[HASH_SPAN];
    assert(len <= sizeof bytes);
    for (size_t have = 0; have < len;) {
        ssize_t got = pread(fd, bytes + have, len - have, (off_t)(at + have));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            errno = got < 0 ? errno : EIO;
            return false;
        }
        have += (size_t)got;
    }
    uint8_t hash[SHA256_DIGEST_LENGTH];
    SHA256((const unsigned char *)bytes, len, hash);
    hash_text(hash, ret_text);
    return true;
}

enum status ident_make(int fd, const char *path, char *ret_text, size_t size, struct error *error) {
    struct stat stat;
    char head[HASH_TEXT], tail[HASH_TEXT];
    if (fstat(fd, &stat) != 0) {
        return file_failed("stat", path, error);
    }
    size_t span = stat.st_size < HASH_SPAN ? (size_t)stat.st_size : HASH_SPAN;
    if (!range_hash(fd, 0, span, head) || !range_hash(fd, (uint64_t)stat.st_size - span, span, tail)) {
        return file_failed("read", path, error);
    }
    snprintf(ret_text, size, "size=%" PRIu64 " head=%s tail=%s", (uint64_t)stat.st_size, head, tail);
    return STATUS_OK;
}

enum compression source_compression(const struct object_source *source, const char *path) {
    switch ((enum compression_choice)source->options->compression) {
    case COMPRESSION_CHOICE_NONE:
        return COMPRESSION_NONE;
    case COMPRESSION_CHOICE_GZIP:
        return COMPRESSION_GZIP;
    case COMPRESSION_CHOICE_ZSTD:
        return COMPRESSION_ZSTD;
    case COMPRESSION_CHOICE_AUTO:
        break;
    }
    return compression_of_name(slice_of(path));
}

enum framing source_framing(const struct object_source *source, struct slice head) {
    const struct format *format = source->format;
    if (format->framing != FRAMING_NONE) {
        return format->framing;
    }
    switch (format->kind) {
    case FORMAT_JSON:
        return framing_detect(format, head);
    case FORMAT_CSV:
        return FRAMING_CSV;
    case FORMAT_TEXT:
        return FRAMING_LINES;
    case FORMAT_BYTES:
        break;
    }
    return FRAMING_NONE;
}

/* --- one file ------------------------------------------------------------------------------------------------ */

struct planned_file {
    const char *path, *entry;
    int fd;
    uint64_t size;
    char ident[256];
    struct part_detail detail;
    uint64_t first; /* behind byte order mark and header */
};

/* The file's first bytes, uncompressed: framing, and where its records begin. What is wrong with it is said when its
 * part is opened. */
static void head_plan(const struct object_source *source, struct planned_file *file, struct arena *arena) {
    struct input input;
    input_open(&input, dup(file->fd), file->path, file->detail.compression);
    char *head = arena_alloc(arena, HEAD_BYTES_MOST);
    size_t len = 0, want = HEAD_BYTES, got = 0;
    enum status status = STATUS_AGAIN;
    struct error ignored;
    struct format format = *source->format;
    struct format_head found = {0};
    while (status == STATUS_AGAIN && want <= HEAD_BYTES_MOST) {
        while (len < want && !input.ended && input_read(&input, head + len, want - len, &got, &ignored) == STATUS_OK &&
               (got > 0 || input.ended)) {
            len += got;
        }
        file->detail.framing = source_framing(source, slice_make(head, len < HEAD_BYTES ? len : HEAD_BYTES));
        format.framing = file->detail.framing;
        bool whole = input.ended || got == 0;
        status = format_head_read(&format, slice_make(head, len), whole, arena, &found, &ignored);
        want *= 4;
    }
    file->first = status == STATUS_OK ? found.len : 0;
    input_close(&input);
}

/* The offset just past the first newline at or after `at`; the size when there is none. */
static enum status border_find(const struct planned_file *file, uint64_t at, uint64_t *ret, struct error *error) {
    char bytes[SEARCH_BYTES];
    while (at < file->size) {
        ssize_t got = pread(file->fd, bytes, sizeof bytes, (off_t)at);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            errno = got < 0 ? errno : EIO;
            return file_failed("read", file->path, error);
        }
        const char *newline = memchr(bytes, '\n', (size_t)got);
        if (newline) {
            *ret = at + (uint64_t)(newline - bytes) + 1;
            return STATUS_OK;
        }
        at += (uint64_t)got;
    }
    *ret = file->size;
    return STATUS_OK;
}

static bool may_split(const struct object_source *source, const struct planned_file *file) {
    uint64_t split = source->options->split_bytes;
    bool lines = file->detail.framing == FRAMING_LINES ||
                 (file->detail.framing == FRAMING_CSV && !source->format->quoted_newlines);
    return lines && file->detail.compression == COMPRESSION_NONE && split && file->size > split + split / 2;
}

static void part_plan(const struct planned_file *file, uint64_t begin, uint64_t end, struct parts_builder *parts) {
    struct arena *arena = parts->arena;
    struct part_detail detail = file->detail;
    bool whole = end == UINT64_MAX;
    if (!whole) {
        detail.begin = begin;
        detail.end = end;
    }
    uint64_t first = begin > file->first ? begin : file->first;
    parts_add(parts, (struct part_info){
                         .name = part_name_of(
                             file->entry, whole ? "" : arena_printf(arena, "#%" PRIu64, begin), arena),
                         .entry = file->entry,
                         .ident = arena_text(arena, slice_of(file->ident)),
                         .detail = detail_print(&detail, arena),
                         .first = first ? arena_printf(arena, "%" PRIu64, first) : "start",
                         .weight_bytes = (whole ? file->size : end) - (whole ? 0 : begin),
                     });
}

static enum status splits_plan(const struct object_source *source, const struct planned_file *file,
                               struct parts_builder *parts, struct error *error) {
    uint64_t split = source->options->split_bytes, begin = 0;
    while (begin < file->size) {
        uint64_t end = file->size;
        if (file->size - begin > split + split / 2 &&
            border_find(file, begin + split > file->first ? begin + split : file->first, &end, error) != STATUS_OK) {
            return STATUS_FAILED;
        }
        part_plan(file, begin, end, parts);
        begin = end;
    }
    return STATUS_OK;
}

static enum status file_plan(const struct object_source *source, struct planned_file *file,
                             struct parts_builder *parts, struct error *error) {
    struct stat stat;
    if (fstat(file->fd, &stat) != 0) {
        return file_failed("stat", file->path, error);
    }
    file->size = (uint64_t)stat.st_size;
    file->detail = (struct part_detail){.end = UINT64_MAX, .compression = source_compression(source, file->path)};
    if (ident_make(file->fd, file->path, file->ident, sizeof file->ident, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    struct arena *scratch = arena_new(NULL, POOL_READ);
    head_plan(source, file, scratch);
    arena_free(scratch);
    if (may_split(source, file)) {
        return splits_plan(source, file, parts, error);
    }
    part_plan(file, 0, UINT64_MAX, parts);
    return STATUS_OK;
}

/* A file that is gone between listing and opening is no part. */
static enum status path_plan(const struct object_source *source, const char *path, const char *entry,
                             struct parts_builder *parts, struct error *error) {
    struct planned_file file = {.path = path, .entry = entry};
    file.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file.fd < 0) {
        return errno == ENOENT ? STATUS_OK : file_failed("open", path, error);
    }
    enum status status = file_plan(source, &file, parts, error);
    close(file.fd);
    return status;
}

bool plan_changed(struct source *source, const char *entry, const char *ident, char *ret_what, size_t size) {
    (void)source;
    if (strncmp(ident, "size=", strlen("size=")) != 0) {
        return false; /* a followed file: its identity is another one, and it may grow */
    }
    struct arena *arena = arena_new(NULL, POOL_READ);
    const char *path = path_of_entry(entry, arena);
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    char now[256];
    struct error error;
    bool changed = fd >= 0 && ident_make(fd, path, now, sizeof now, &error) == STATUS_OK && strcmp(ident, now) != 0;
    if (changed) {
        snprintf(ret_what, size,
                 "a file is not what was planned and done: it was %.24s..., now it is %.24s...; what changed is not "
                 "read: give new data a file of its own, or read growing files with follow: true",
                 ident, now);
    }
    if (fd >= 0) {
        close(fd);
    }
    arena_free(arena);
    return changed;
}

enum status plan_list(struct object_source *source, bool (*known)(void *context, const char *entry), void *context,
                      struct arena *arena, struct part_list *ret, struct error *error) {
    struct path_list paths = {0};
    for (uint32_t i = 0; i < source->options->path.count; i++) {
        uint32_t before = paths.count;
        if (glob_list(source->options->path.items[i], arena, &paths, error) != STATUS_OK) {
            return STATUS_FAILED;
        }
        if (paths.count == before) {
            log_write(LOG_WARN, "file-none", "no file matches", "path", source->options->path.items[i], NULL);
        }
    }
    path_list_sort(&paths);
    struct parts_builder parts = {.arena = arena};
    for (uint32_t i = 0; i < paths.count; i++) {
        const char *entry = entry_of_path(paths.items[i], arena);
        if (!known(context, entry) &&
            path_plan(source, paths.items[i], entry, &parts, error) != STATUS_OK) {
            return STATUS_FAILED;
        }
    }
    *ret = parts.list;
    return STATUS_OK;
}
