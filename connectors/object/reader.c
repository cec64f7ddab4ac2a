/* SPDX-License-Identifier: Apache-2.0 */
/* A reader of one part: opens its file and proves that it is the one that was planned, hands out blocks (block.c), and
 * of a followed file knows when to wait, when it was truncated and when it is over. A compressed file is decompressed
 * from its start up to the position. One thread's; wake alone may come from another. */
#include "connectors/object/reader.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/io.h"

enum { POLL_MS = 200, SKIP_BYTES = 16 << 10, GONE_US = 10000000 };

static struct object_reader *self(struct reader *reader) {
    return (struct object_reader *)reader;
}

uint64_t position_number(const struct position *position) {
    uint64_t number = 0;
    for (uint8_t i = 0; i < position->len && position->len == 8; i++) {
        number = number << 8 | position->bytes[i];
    }
    return number;
}

struct position position_of(uint64_t number) {
    struct position position = {.len = 8};
    for (int i = 7; i >= 0; i--, number >>= 8) {
        position.bytes[i] = (uint8_t)number;
    }
    return position;
}

/* --- open ---------------------------------------------------------------------------------------------------- */

enum status reader_changed(const struct object_reader *reader, const char *found, struct error *error) {
    return error_set(error, ERROR_PERMANENT, "file-changed",
                     "%s is not the file that was planned (planned %s, found %s): put the old file back, or end the "
                     "part with `leat ledger skip` and bring the new data under another name",
                     reader->path, reader->ident, found);
}

enum status reader_ident_check(const struct object_reader *reader, struct error *error) {
    char ident[256];
    if (ident_make(reader->input.fd, reader->path, ident, sizeof ident, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    return strcmp(ident, reader->ident) == 0 ? STATUS_OK : reader_changed(reader, ident, error);
}

/* Names of the columns from the file's head, whatever part of the file this is. */
static enum status header_read(struct object_reader *reader, const struct part_detail *detail,
                               struct part_format *ret, struct error *error) {
    if (reader->format.kind != FORMAT_CSV || !reader->format.header) {
        return STATUS_OK;
    }
    struct input input;
    input_open(&input, dup(reader->input.fd), reader->path, detail->compression);
    char *head = arena_alloc(reader->arena, HEAD_BYTES_MOST);
    size_t len = 0, want = HEAD_BYTES, got = 0;
    enum status status = STATUS_AGAIN;
    struct format_head found = {0};
    while (status == STATUS_AGAIN) {
        do {
            status = input.ended ? STATUS_OK : input_read(&input, head + len, want - len, &got, error);
            len += status == STATUS_OK && !input.ended ? got : 0;
        } while (status == STATUS_OK && !input.ended && got > 0 && len < want);
        if (status == STATUS_OK) {
            status = format_head_read(&reader->format, slice_make(head, len), input.ended || got == 0,
                                      reader->arena, &found, error);
        }
        if (status == STATUS_AGAIN && want == HEAD_BYTES_MOST) {
            status = error_set(error, ERROR_PERMANENT, "csv-header", "the header line of %s is longer than 1 MiB",
                               reader->path);
        }
        want = want * 4 < HEAD_BYTES_MOST ? want * 4 : HEAD_BYTES_MOST;
    }
    input_close(&input);
    ret->header = found.header;
    ret->header_count = found.header_count;
    return status;
}

static enum status plain_open(struct object_reader *reader, struct error *error) {
    reader->path = path_of_entry(reader->entry, reader->arena);
    reader->input.fd = open(reader->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (reader->input.fd < 0) {
        return file_failed("open", reader->path, error);
    }
    return reader_ident_check(reader, error);
}

static enum status range_set(struct object_reader *reader, const struct part_detail *detail, struct error *error) {
    struct stat stat;
    if (fstat(reader->input.fd, &stat) != 0) {
        return file_failed("stat", reader->path, error);
    }
    int fd = reader->input.fd;
    input_open(&reader->input, fd, reader->path, detail->compression);
    if (detail->compression != COMPRESSION_NONE) {
        reader->skip_to = reader->at;
        return STATUS_OK;
    }
    reader->at = reader->at > detail->begin ? reader->at : detail->begin;
    reader->input.raw_at = reader->at;
    if (!reader->follow) {
        reader->input.raw_end = detail->end < (uint64_t)stat.st_size ? detail->end : (uint64_t)stat.st_size;
        reader->input.ended = reader->input.raw_at >= reader->input.raw_end;
    }
    return STATUS_OK;
}

/* Only a changed file fails: what it is to become is decided while reading. */
static enum status follow_verify(struct object_reader *reader, struct object_source *source, struct error *error) {
    enum status status = follow_check(source, reader->entry, reader->input.fd, reader->path, reader->at,
                                      reader->mark, error);
    reader->truncated = status == STATUS_AGAIN;
    reader->done = status == STATUS_END;
    return status == STATUS_FAILED ? status : STATUS_OK;
}

static enum status part_open(struct object_reader *reader, struct object_source *source,
                             const struct part_info *part, const char *mark, struct part_format *ret_format,
                             struct error *error) {
    struct part_detail detail;
    if (!detail_parse(part->detail, &detail)) {
        return error_set(error, ERROR_PERMANENT, "part-unreadable", "the plan of part %s is not readable: %s",
                         part->name, part->detail);
    }
    enum status status;
    if (reader->follow) {
        status = follow_open(part, reader->arena, &reader->input.fd, &reader->path, error);
        snprintf(reader->mark, sizeof reader->mark, "%s", mark);
        if (status == STATUS_OK) {
            status = follow_verify(reader, source, error);
        }
    } else {
        status = plain_open(reader, error);
    }
    if (status != STATUS_OK) {
        return status;
    }
    reader->format.framing = detail.framing;
    *ret_format = (struct part_format){.framing = detail.framing};
    status = header_read(reader, &detail, ret_format, error);
    return status == STATUS_OK ? range_set(reader, &detail, error) : status;
}

enum status object_reader_open(struct object_source *source, const struct part_info *part,
                               const struct position *from, const char *mark, struct reader **ret,
                               struct part_format *ret_format, struct error *error) {
    struct object_reader *reader = calloc(1, sizeof *reader);
    assert(reader);
    reader->base.source = &source->base;
    reader->arena = arena_new(NULL, POOL_READ);
    reader->input.fd = -1;
    reader->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    reader->format = *source->format;
    reader->follow = source->follow != NULL;
    reader->entry = arena_text(reader->arena, slice_of(part->entry));
    reader->ident = arena_text(reader->arena, slice_of(part->ident));
    reader->at = position_number(from);
    *ret_format = (struct part_format){.framing = reader->format.framing};
    enum status status = reader->wake_fd < 0 ? file_failed("wait for", part->name, error)
                                             : part_open(reader, source, part, mark, ret_format, error);
    if (status != STATUS_OK) {
        error_where(error, "part %s, position %" PRIu64, part->name, reader->at);
        object_reader_close(&reader->base);
        return STATUS_FAILED;
    }
    *ret = &reader->base;
    return STATUS_OK;
}

void object_reader_close(struct reader *base) {
    struct object_reader *reader = self(base);
    if (!reader) {
        return;
    }
    carry_free(reader);
    input_close(&reader->input);
    if (reader->wake_fd >= 0) {
        close(reader->wake_fd);
    }
    arena_free(reader->arena);
    free(reader);
}

void object_reader_wake(struct reader *base) {
    uint64_t one = 1;
    ssize_t written = write(self(base)->wake_fd, &one, sizeof one);
    (void)written; /* full means that it is awake already */
}

/* --- read ---------------------------------------------------------------------------------------------------- */

/* Decompresses up to the position; AGAIN at the deadline. */
static enum status skip(struct object_reader *reader, int64_t deadline_us, struct error *error) {
    char bytes[SKIP_BYTES];
    while (reader->skip_to > 0) {
        size_t room = reader->skip_to < sizeof bytes ? (size_t)reader->skip_to : sizeof bytes, got;
        if (reader->input.ended) {
            return reader_changed(reader, "a shorter one", error);
        }
        if (input_read(&reader->input, bytes, room, &got, error) != STATUS_OK) {
            return STATUS_FAILED;
        }
        reader->skip_to -= got;
        if (reader->skip_to > 0 && io_now_us() >= deadline_us) {
            return STATUS_AGAIN;
        }
    }
    return STATUS_OK;
}

static enum status end_give(struct object_reader *reader, struct block *ret) {
    reader->done = true;
    ret->arena = arena_new(NULL, POOL_READ); /* holds nothing */
    ret->to = POSITION_END;
    return STATUS_OK;
}

/* Waits until the file has grown, the reader is woken or the deadline is over. */
static void wait(struct object_reader *reader, int64_t deadline_us) {
    int64_t left_ms = (deadline_us - io_now_us()) / 1000;
    if (left_ms <= 0) {
        return;
    }
    struct pollfd woken = {.fd = reader->wake_fd, .events = POLLIN};
    if (poll(&woken, 1, left_ms < POLL_MS ? (int)left_ms : POLL_MS) > 0) {
        uint64_t count;
        ssize_t got = read(reader->wake_fd, &count, sizeof count);
        (void)got;
    }
}

/* Its last name is gone and it has not grown for a while: what is left, a line without its end, is the last record. */
static bool is_over(struct object_reader *reader, const struct stat *stat) {
    if (stat->st_nlink > 0) {
        reader->gone_us = 0;
        return false;
    }
    if (reader->gone_us == 0) {
        reader->gone_us = io_now_us();
    }
    return io_now_us() - reader->gone_us >= GONE_US;
}

/* A followed file that has nothing new: is it still the file? */
static enum status follow_idle(struct object_reader *reader, int64_t deadline_us, struct block *ret,
                               struct error *error) {
    struct object_source *source = (struct object_source *)reader->base.source;
    if (follow_verify(reader, source, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    struct stat stat;
    if (reader->done) {
        return end_give(reader, ret);
    }
    if (!reader->truncated && fstat(reader->input.fd, &stat) == 0 && is_over(reader, &stat)) {
        reader->follow = false;
        reader->input.raw_end = (uint64_t)stat.st_size;
        reader->input.ended = reader->input.raw_at >= reader->input.raw_end;
        return STATUS_AGAIN;
    }
    wait(reader, deadline_us);
    ret->idle = true;
    return STATUS_AGAIN;
}

/* Something new, and the file is the same: only then it may be read. */
static enum status follow_ready(struct object_reader *reader, uint64_t *ret_size, struct error *error) {
    struct stat stat;
    if (fstat(reader->input.fd, &stat) != 0) {
        return file_failed("stat", reader->path, error);
    }
    *ret_size = (uint64_t)stat.st_size;
    if (reader->truncated || *ret_size <= reader->at || *ret_size == reader->dry_size) {
        return STATUS_AGAIN;
    }
    reader->gone_us = 0;
    if (follow_verify(reader, (struct object_source *)reader->base.source, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    return reader->truncated || reader->done ? STATUS_AGAIN : STATUS_OK;
}

enum status object_reader_read(struct reader *base, struct budget *budget, size_t room, int64_t deadline_us,
                               struct block *ret, struct error *error) {
    struct object_reader *reader = self(base);
    *ret = (struct block){0};
    if (reader->done) {
        return end_give(reader, ret);
    }
    if (!reader->budget) {
        reader->budget = budget;
    }
    enum status status = skip(reader, deadline_us, error);
    if (status != STATUS_OK) {
        return status;
    }
    uint64_t size = 0;
    status = reader->follow ? follow_ready(reader, &size, error) : STATUS_OK;
    if (status != STATUS_OK) {
        return status == STATUS_AGAIN ? follow_idle(reader, deadline_us, ret, error) : status;
    }
    bool dry;
    status = block_read(reader, room, ret, &dry, error);
    if (status == STATUS_AGAIN && dry) {
        reader->dry_size = size;
        return follow_idle(reader, deadline_us, ret, error);
    }
    if (status == STATUS_FAILED) {
        error_where(error, "%s, position %" PRIu64, reader->path, reader->at);
    }
    return status;
}
