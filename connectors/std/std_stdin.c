/* SPDX-License-Identifier: Apache-2.0 */
/* Source `stdin`: one part, read once, never taken over: its name carries a nonce. A pipe that has nothing to say is
 * idle after the deadline, so that a filter answers at once. The lane of its reader blocks in poll(2), not in read. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "connectors/std/std.h"

enum { WAKE_MS = 50, HEAD_MAX = 64 << 10 };

struct stdin_source {
    struct source base;
    const struct format *format;
    char part[40];
};

struct stdin_reader {
    struct reader base;
    struct framer framer;
    struct arena *arena; /* header names */
    char *kept;          /* what was read but is no whole record yet */
    size_t kept_len, kept_capacity;
    size_t framed, border; /* of kept: seen by the framer; whole records */
    uint64_t offset;
    bool ended;
    atomic_bool woken;
};

static const struct option stdin_rows[] = {{0}};
static const struct option_table stdin_options = {.rows = stdin_rows, .size = 1};

static enum status stdin_bind(const struct source_bind *bind, struct source **ret, struct error *error) {
    (void)error;
    struct stdin_source *source = arena_zalloc(bind->arena, sizeof *source);
    uint64_t nonce;
    io_random(&nonce, sizeof nonce);
    source->format = bind->format;
    snprintf(source->part, sizeof source->part, "stdin-%016" PRIx64, nonce);
    *ret = &source->base;
    return STATUS_OK;
}

static void stdin_free(struct source *source) {
    (void)source; /* lives in the graph's arena */
}

static struct source_caps stdin_caps(const struct source *source) {
    (void)source;
    return (struct source_caps){.bounded = true, .volatile_parts = true, .parts_max = 1};
}

static enum status stdin_list(struct source *source, bool (*known)(void *context, const char *entry), void *context,
                              struct arena *arena, struct part_list *ret, struct error *error) {
    (void)known;
    (void)context;
    (void)error;
    struct stdin_source *own = (struct stdin_source *)source;
    ret->items = arena_zalloc(arena, sizeof *ret->items);
    ret->items[0] = (struct part_info){
        .name = own->part, .entry = own->part, .ident = "", .detail = "", .first = "start"};
    ret->count = 1;
    return STATUS_OK;
}

static void kept_grow(struct stdin_reader *reader, size_t room) {
    while (reader->kept_capacity - reader->kept_len < room) {
        reader->kept_capacity = reader->kept_capacity ? reader->kept_capacity * 2 : room;
    }
    reader->kept = realloc(reader->kept, reader->kept_capacity);
    if (!reader->kept) {
        abort();
    }
}

/* Reads what is there into kept; AGAIN when nothing came in time. */
static enum status fill(struct stdin_reader *reader, size_t room, int64_t deadline_us, struct error *error) {
    struct pollfd poll_fd = {.fd = STDIN_FILENO, .events = POLLIN};
    while (poll(&poll_fd, 1, WAKE_MS) <= 0) {
        if (io_now_us() >= deadline_us || atomic_exchange(&reader->woken, false)) {
            return STATUS_AGAIN;
        }
    }
    kept_grow(reader, room);
    ssize_t got = read(STDIN_FILENO, reader->kept + reader->kept_len, room);
    if (got < 0) {
        return errno == EINTR || errno == EAGAIN
                   ? STATUS_AGAIN
                   : error_set(error, ERROR_PERMANENT, "stdin-failed",
                               "cannot read standard input: %s", strerror(errno));
    }
    reader->ended = got == 0;
    reader->kept_len += (size_t)got;
    return STATUS_OK;
}

static void kept_drop(struct stdin_reader *reader, size_t len) {
    memmove(reader->kept, reader->kept + len, reader->kept_len - len);
    reader->kept_len -= len;
    reader->framed -= reader->framed < len ? reader->framed : len;
    reader->border = 0;
    reader->offset += len;
}

/* The head decides the framing and holds the header line. */
static enum status head_read(struct stdin_reader *reader, const struct format *format, struct part_format *ret,
                             struct error *error) {
    struct format_head head;
    enum status status = STATUS_AGAIN;
    while (status == STATUS_AGAIN) {
        while (!reader->ended && reader->kept_len == 0) {
            status = fill(reader, HEAD_MAX, INT64_MAX, error);
            if (status == STATUS_FAILED) {
                return status;
            }
        }
        status = format_head_read(format, slice_make(reader->kept, reader->kept_len), reader->ended, reader->arena,
                                  &head, error);
        if (status == STATUS_AGAIN && fill(reader, HEAD_MAX, INT64_MAX, error) == STATUS_FAILED) {
            return STATUS_FAILED;
        }
    }
    if (status != STATUS_OK) {
        return status;
    }
    kept_drop(reader, head.len);
    reader->offset = 0;
    ret->header = head.header;
    ret->header_count = head.header_count;
    ret->framing = format->framing != FRAMING_NONE
                       ? format->framing
                       : framing_detect(format, slice_make(reader->kept, reader->kept_len));
    return STATUS_OK;
}

static void stdin_close(struct reader *base) {
    struct stdin_reader *reader = (struct stdin_reader *)base;
    if (reader) {
        arena_free(reader->arena);
        free(reader->kept);
        free(reader);
    }
}

static enum status stdin_open(struct source *source, const struct part_info *part, const struct position *from,
                              const char *mark, struct reader **ret, struct part_format *ret_format,
                              struct error *error) {
    (void)part;
    (void)mark;
    const struct stdin_source *own = (const struct stdin_source *)source;
    if (from->len != 0) {
        return error_set(error, ERROR_PERMANENT, "stdin-not-replayable",
                         "standard input cannot be read a second time; write it to a file and use the file source");
    }
    struct stdin_reader *reader = calloc(1, sizeof *reader);
    if (!reader) {
        abort();
    }
    reader->base.source = source;
    reader->arena = arena_new(NULL, POOL_READ);
    if (head_read(reader, own->format, ret_format, error) != STATUS_OK) {
        stdin_close(&reader->base);
        return STATUS_FAILED;
    }
    struct format *format = arena_alloc(reader->arena, sizeof *format);
    *format = *own->format;
    format->framing = ret_format->framing;
    reader->framer = (struct framer){.format = format};
    *ret = &reader->base;
    return STATUS_OK;
}

/* Hands out whole records in a budgeted arena. */
static enum status block_make(struct stdin_reader *reader, struct budget *budget, size_t len, struct block *ret) {
    struct arena *arena = arena_new(budget, POOL_READ);
    jmp_buf escape;
    if (setjmp(escape)) {
        arena_free(arena);
        return STATUS_AGAIN;
    }
    arena_escape_set(arena, &escape);
    struct slice bytes = arena_copy(arena, slice_make(reader->kept, len));
    arena_escape_set(arena, NULL);
    *ret = (struct block){.arena = arena, .raw = {.data = bytes.data, .len = bytes.len}};
    kept_drop(reader, len);
    if (reader->ended && reader->kept_len == 0) {
        ret->to = POSITION_END;
    } else {
        offset_position(reader->offset, &ret->to);
    }
    return STATUS_OK;
}

static enum status stdin_read(struct reader *base, struct budget *budget, size_t room, int64_t deadline_us,
                              struct block *ret, struct error *error) {
    struct stdin_reader *reader = (struct stdin_reader *)base;
    while (!reader->border && !(reader->ended && reader->framed == reader->kept_len)) {
        if (reader->framed == reader->kept_len) {
            enum status status = fill(reader, room, deadline_us, error);
            if (status != STATUS_OK) {
                ret->idle = status == STATUS_AGAIN;
                return status;
            }
        }
        reader->border =
            framer_border(&reader->framer, reader->kept, reader->framed, reader->kept_len, reader->ended);
        reader->framed = reader->kept_len;
    }
    return block_make(reader, budget, reader->ended ? reader->kept_len : reader->border, ret);
}

static void stdin_wake(struct reader *base) {
    atomic_store(&((struct stdin_reader *)base)->woken, true);
}

static const struct source_ops stdin_source_ops = {
    .bind = stdin_bind,
    .free = stdin_free,
    .caps = stdin_caps,
    .print = offset_print,
    .parse = offset_parse,
    .position_at = offset_at,
    .offset_of = offset_between,
    .list = stdin_list,
    .open = stdin_open,
    .read = stdin_read,
    .wake = stdin_wake,
    .close = stdin_close,
};

const struct connector std_stdin_connector = {
    .kind = "stdin",
    .sentence = "Standard input, read once",
    .source = &stdin_source_ops,
    .source_options = &stdin_options,
};
