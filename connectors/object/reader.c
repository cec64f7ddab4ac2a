/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a part: blocks of whole records in budgeted memory. The tail behind the last border is read again with the
 * next block (plain files) or carried over (compressed ones), so a block always begins at a record border and the
 * framer begins anew. A record longer than the block makes the block grow; one beyond the limit is passed through and
 * becomes a block of one record, the limit's number of bytes long: longer than record_bytes_max, hence a dead letter.
 * One reader is one thread's; wake alone may come from another. */
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

#include "connectors/object/object_source.h"
#include "engine/base/io.h"

enum { BLOCK_LEAST = 64 << 10, BLOCK_MOST = 1 << 20, SPARE_BYTES = 512, ARENA_OVERHEAD = 64,
       POLL_MS = 200, SCAN_BYTES = 16 << 10, GONE_US = 10000000 };

struct object_reader {
    struct reader base;
    struct arena *arena;     /* names, header */
    struct input input;
    struct format format;    /* with this part's framing */
    const char *path, *entry, *ident;
    uint64_t at;             /* position: the next record begins here */
    uint64_t skip_to;        /* compressed: bytes before it are decompressed and dropped */
    bool follow, done;
    bool truncated;          /* followed: waits for its next generation */
    uint64_t dry_size;       /* followed: the file had this size when no record was whole in it */
    int64_t gone_us;         /* followed: since when its last name is gone; 0 = it has one */
    char mark[MARK_MAX];     /* followed: of `at`; "" = not known */
    char *carry;             /* behind `at`: read, not given out */
    size_t carry_len, carry_charged;
    struct budget *budget;   /* of the last read: the carry is charged to it */
    int wake_fd;
};

/* A block in the making. */
struct filling {
    struct arena *arena;
    char *data;
    size_t len, capacity, framed, border;
    bool ended, dry;
    struct framer framer;
};

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

static enum status changed(const struct object_reader *reader, const char *found, struct error *error) {
    return error_set(error, ERROR_PERMANENT, "file-changed",
                     "%s is not the file that was planned (planned %s, found %s): put the old file back, or end the "
                     "part with `leat ledger skip` and bring the new data under another name",
                     reader->path, reader->ident, found);
}

static enum status ident_check(const struct object_reader *reader, struct error *error) {
    char ident[256];
    if (ident_make(reader->input.fd, reader->path, ident, sizeof ident, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    return strcmp(ident, reader->ident) == 0 ? STATUS_OK : changed(reader, ident, error);
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
    return ident_check(reader, error);
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

static void carry_free(struct object_reader *reader) {
    if (reader->carry_charged) {
        budget_give(reader->budget, POOL_READ, reader->carry_charged);
    }
    free(reader->carry);
    reader->carry = NULL;
    reader->carry_len = reader->carry_charged = 0;
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

/* --- filling a block ----------------------------------------------------------------------------------------- */

/* NULL: the budget says no. */
static void *arena_try(struct arena *arena, size_t bytes) {
    jmp_buf escape;
    if (setjmp(escape)) {
        arena_escape_set(arena, NULL);
        return NULL;
    }
    arena_escape_set(arena, &escape);
    void *memory = arena_alloc(arena, bytes);
    arena_escape_set(arena, NULL);
    return memory;
}

/* Sizes that, with the spare bytes and the arena's own, fill a chunk of the budget's cache. */
static size_t block_capacity(size_t room, size_t least) {
    size_t capacity = BLOCK_LEAST;
    while (capacity < BLOCK_MOST && capacity * 2 <= room) {
        capacity *= 2;
    }
    while (capacity - SPARE_BYTES - ARENA_OVERHEAD < least) {
        capacity *= 2;
    }
    return capacity - SPARE_BYTES - ARENA_OVERHEAD;
}

static bool filling_grow(struct filling *filling, struct budget *budget, size_t capacity) {
    struct arena *arena = arena_new(budget, POOL_READ);
    char *data = arena_try(arena, capacity + SPARE_BYTES); /* for a mark, or the one record */
    if (!data) {
        arena_free(arena);
        return false;
    }
    if (filling->len) {
        memcpy(data, filling->data, filling->len);
    }
    arena_free(filling->arena);
    filling->arena = arena;
    filling->data = data;
    filling->capacity = capacity;
    return true;
}

/* The bytes are kept for the next call: a compressed file cannot be read again. */
static void carry_keep(struct object_reader *reader, const char *data, size_t len) {
    char *copy = len ? malloc(len) : NULL;
    assert(copy || len == 0);
    if (len) {
        memcpy(copy, data, len);
    }
    carry_free(reader);
    reader->carry = copy;
    reader->carry_len = len;
    if (len) { /* it is read already: asking would be too late */
        budget_overdraw(reader->budget, POOL_READ, len);
        reader->carry_charged = len;
    }
}

/* What was read behind `keep` is given back to the input. */
static void input_return(struct object_reader *reader, const struct filling *filling, size_t keep) {
    if (reader->input.decompressor) {
        carry_keep(reader, filling->data + keep, filling->len - keep);
    } else {
        reader->input.raw_at -= filling->len - keep;
        reader->input.ended = reader->input.raw_at >= reader->input.raw_end;
    }
}

static enum status bytes_fill(struct object_reader *reader, struct filling *filling, struct error *error) {
    size_t got;
    while (filling->len < filling->capacity && !reader->input.ended && !filling->dry) {
        if (input_read(&reader->input, filling->data + filling->len, filling->capacity - filling->len, &got,
                       error) != STATUS_OK) {
            return STATUS_FAILED;
        }
        filling->len += got;
        filling->dry = got == 0 && !reader->input.ended;
    }
    if (filling->dry && !reader->follow) {
        return changed(reader, "a shorter one", error);
    }
    filling->ended = reader->input.ended;
    size_t border =
        framer_border(&filling->framer, filling->data, filling->framed, filling->len, filling->ended);
    filling->framed = filling->len;
    filling->border = border > filling->border ? border : filling->border;
    return STATUS_OK;
}

static size_t record_limit(const struct object_reader *reader, const struct budget *budget) {
    uint64_t share = budget_limit(budget) / RECORD_BUDGET_SHARE, least = reader->format.record_bytes_max + 1;
    uint64_t held = share < RECORD_HELD_MOST ? share : RECORD_HELD_MOST;
    return (size_t)(held > least ? held : least);
}

/* The first border in new bytes of a record whose begin is gone; 0 = not yet. */
static size_t first_border(struct framer *framer, const char *data, size_t len) {
    struct framer before = *framer;
    if (framer_border(framer, data, 0, len, false) == 0) {
        return 0;
    }
    for (size_t i = 0; i < len; i++) {
        if (framer_border(&before, data, i, i + 1, false)) {
            return i + 1;
        }
    }
    return len;
}

/* Reads on behind the limit until the record ends; *ret_passed = bytes of it that were not kept. */
static enum status record_pass(struct object_reader *reader, struct filling *filling, uint64_t *ret_passed,
                               struct error *error) {
    char bytes[SCAN_BYTES];
    uint64_t passed = 0;
    size_t got;
    while (!reader->input.ended) {
        if (input_read(&reader->input, bytes, sizeof bytes, &got, error) != STATUS_OK) {
            return STATUS_FAILED;
        }
        if (got == 0 && !reader->input.ended) {
            return reader->follow ? STATUS_AGAIN : changed(reader, "a shorter one", error);
        }
        size_t border = first_border(&filling->framer, bytes, got);
        if (border) {
            struct filling rest = {.data = bytes, .len = got};
            input_return(reader, &rest, border);
            *ret_passed = passed + border;
            return STATUS_OK;
        }
        passed += got;
    }
    *ret_passed = passed;
    return STATUS_OK;
}

/* --- giving a block out -------------------------------------------------------------------------------------- */

static enum status end_check(const struct object_reader *reader, const struct filling *filling,
                             struct error *error) {
    if (!framer_is_complete(&filling->framer)) {
        return error_set(error, ERROR_PERMANENT, "file-incomplete",
                         "%s ends inside of its JSON array: the file was cut short", reader->path);
    }
    return reader->ident[0] ? ident_check(reader, error) : STATUS_OK;
}

/* Aligned room behind the block's bytes. */
static void *filling_spare(const struct filling *filling, size_t used, size_t size) {
    size_t at = (used + 15) & ~(size_t)15;
    assert(size + 16 <= SPARE_BYTES && at + size <= filling->capacity + SPARE_BYTES);
    return filling->data + at;
}

/* Gives back what the block does not need. */
static void trim(const struct filling *filling, const struct block *block) {
    size_t used = ((block->raw.len + 15) & ~(size_t)15) + (block->mark || block->raw.records ? SPARE_BYTES / 2 : 0);
    size_t most = filling->capacity + SPARE_BYTES;
    arena_trim(filling->arena, filling->data, most, used < most ? used : most);
}

/* Follows `at`; the mark lies in the block's arena. */
static enum status block_finish(struct object_reader *reader, const struct filling *filling, struct block *block,
                                struct error *error) {
    block->to = reader->done ? POSITION_END : position_of(reader->at);
    if (!reader->follow || reader->done) {
        return STATUS_OK;
    }
    if (follow_mark(reader->input.fd, reader->path, reader->at, reader->mark, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    size_t size = strlen(reader->mark) + 1;
    block->mark = memcpy(filling_spare(filling, block->raw.len, size), reader->mark, size);
    return STATUS_OK;
}

static enum status oversize_give(struct object_reader *reader, struct filling *filling, struct block *ret,
                                 struct error *error) {
    uint64_t passed;
    enum status status = record_pass(reader, filling, &passed, error);
    if (status != STATUS_OK) {
        reader->input.raw_at = reader->at;
        filling->dry = status == STATUS_AGAIN;
        return status;
    }
    struct record *record = filling_spare(filling, filling->len, sizeof *record);
    *record = (struct record){.data = filling->data, .len = (uint32_t)filling->len};
    ret->raw = (struct raw){.data = filling->data, .len = filling->len, .records = record, .records_count = 1};
    reader->at += filling->len + passed;
    reader->done = reader->input.ended && reader->carry_len == 0;
    return STATUS_OK;
}

/* Whole records up to the border. */
static enum status records_give(struct object_reader *reader, struct filling *filling, struct block *ret,
                                struct error *error) {
    bool last = filling->ended && filling->border == filling->len;
    if (last && end_check(reader, filling, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    input_return(reader, filling, filling->border);
    ret->raw = (struct raw){.data = filling->data, .len = filling->border};
    reader->at += filling->border;
    reader->done = last;
    return STATUS_OK;
}

/* Readers may have half of the budget: what cannot fit there will never fit. */
static enum status growth_refused(const struct object_reader *reader, size_t wanted, struct error *error) {
    if (wanted + 2 * BLOCK_LEAST < budget_limit(reader->budget) / 2) {
        return STATUS_AGAIN;
    }
    return error_set(error, ERROR_PERMANENT, "record-memory",
                     "a record of %s is longer than limits.memory allows to read: raise limits.memory, or lower "
                     "limits.record_bytes_max",
                     reader->path);
}

/* A block; AGAIN: nothing whole yet (filling->dry) or no memory. */
static enum status block_fill(struct object_reader *reader, struct filling *filling, size_t room,
                              struct block *ret, struct error *error) {
    if (!filling_grow(filling, reader->budget, block_capacity(room, reader->carry_len))) {
        return STATUS_AGAIN;
    }
    if (reader->carry_len) {
        memcpy(filling->data, reader->carry, reader->carry_len);
        filling->len = reader->carry_len;
    }
    size_t limit = record_limit(reader, reader->budget);
    for (;;) {
        if (bytes_fill(reader, filling, error) != STATUS_OK) {
            return STATUS_FAILED;
        }
        if (filling->border || filling->ended) {
            return records_give(reader, filling, ret, error);
        }
        if (filling->dry) {
            input_return(reader, filling, 0);
            return STATUS_AGAIN;
        }
        if (filling->capacity >= limit) {
            return oversize_give(reader, filling, ret, error);
        }
        size_t wider = filling->capacity * 2 < limit ? filling->capacity * 2 : limit;
        if (!filling_grow(filling, reader->budget, wider)) {
            input_return(reader, filling, 0);
            return growth_refused(reader, filling->capacity + wider, error);
        }
    }
}

/* --- read ---------------------------------------------------------------------------------------------------- */

/* Decompresses up to the position; AGAIN at the deadline. */
static enum status skip(struct object_reader *reader, int64_t deadline_us, struct error *error) {
    char bytes[SCAN_BYTES];
    while (reader->skip_to > 0) {
        size_t room = reader->skip_to < sizeof bytes ? (size_t)reader->skip_to : sizeof bytes, got;
        if (reader->input.ended) {
            return changed(reader, "a shorter one", error);
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
    struct filling filling = {.framer = {.format = &reader->format}};
    status = block_fill(reader, &filling, room, ret, error);
    ret->arena = filling.arena;
    if (status == STATUS_OK) {
        status = block_finish(reader, &filling, ret, error);
        trim(&filling, ret);
    }
    if (status != STATUS_OK) {
        arena_free(filling.arena);
        *ret = (struct block){0};
    }
    if (status == STATUS_AGAIN && filling.dry) {
        reader->dry_size = size;
        return follow_idle(reader, deadline_us, ret, error);
    }
    if (status == STATUS_FAILED) {
        error_where(error, "%s, position %" PRIu64, reader->path, reader->at);
    }
    return status;
}
