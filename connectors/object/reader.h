/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a reader of files: reader.c opens parts and waits, block.c fills blocks. One thread's, but for the
 * descriptor that wakes it. */
#ifndef LEAT_CONNECTORS_OBJECT_READER_H
#define LEAT_CONNECTORS_OBJECT_READER_H

#include "connectors/object/object_source.h"

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

/* The file as it is now against what was planned: `file-changed`. */
enum status reader_changed(const struct object_reader *reader, const char *found, struct error *error);
enum status reader_ident_check(const struct object_reader *reader, struct error *error);

/* A block; AGAIN with *ret_dry: nothing whole yet; AGAIN without: no memory now. On anything but OK the block is
 * empty. */
enum status block_read(struct object_reader *reader, size_t room, struct block *ret, bool *ret_dry,
                       struct error *error);
void carry_free(struct object_reader *reader);

#endif
