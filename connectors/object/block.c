/* SPDX-License-Identifier: Apache-2.0 */
/* Filling a block: whole records in budgeted memory. The tail behind the last border is read again with the next
 * block (plain files) or carried over (compressed ones), so a block always begins at a record border and the framer
 * begins anew. A record longer than the block makes the block grow; one beyond the limit is passed through and becomes
 * a block of one record, as long as the limit: longer than record_bytes_max, hence a dead letter. */
#include "connectors/object/reader.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

enum { BLOCK_LEAST = 64 << 10, BLOCK_MOST = 1 << 20, SPARE_BYTES = 512, ARENA_OVERHEAD = 64, SCAN_BYTES = 16 << 10 };

/* A block in the making. */
struct filling {
    struct arena *arena;
    char *data;
    size_t len, capacity, framed, border;
    bool ended, dry;
    struct framer framer;
};

void carry_free(struct object_reader *reader) {
    if (reader->carry_charged) {
        budget_give(reader->budget, POOL_READ, reader->carry_charged);
    }
    free(reader->carry);
    reader->carry = NULL;
    reader->carry_len = reader->carry_charged = 0;
}

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
        return reader_changed(reader, "a shorter one", error);
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

/* Reads on behind the limit until the record ends; *ret_passed = bytes of it that were not kept. */
static enum status record_pass(struct object_reader *reader, struct filling *filling, uint64_t *ret_passed,
                               struct error *error) {
    char bytes[SCAN_BYTES];
    uint64_t passed = 0;
    size_t got, border;
    while (!reader->input.ended) {
        if (input_read(&reader->input, bytes, sizeof bytes, &got, error) != STATUS_OK) {
            return STATUS_FAILED;
        }
        if (got == 0 && !reader->input.ended) {
            return reader->follow ? STATUS_AGAIN : reader_changed(reader, "a shorter one", error);
        }
        if (framer_first_border(&filling->framer, bytes, got, &border)) {
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
    return reader->ident[0] ? reader_ident_check(reader, error) : STATUS_OK;
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
    return reader->done ? end_check(reader, filling, error) : STATUS_OK;
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

enum status block_read(struct object_reader *reader, size_t room, struct block *ret, bool *ret_dry,
                       struct error *error) {
    struct filling filling = {.framer = {.format = &reader->format}};
    enum status status = block_fill(reader, &filling, room, ret, error);
    *ret_dry = filling.dry;
    if (status == STATUS_OK) {
        ret->arena = filling.arena;
        status = block_finish(reader, &filling, ret, error);
        trim(&filling, ret);
    }
    if (status != STATUS_OK) {
        arena_free(filling.arena);
        *ret = (struct block){0};
    }
    return status;
}
