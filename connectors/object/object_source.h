/* SPDX-License-Identifier: Apache-2.0 */
/* The file source: what planning (plan.c), reading (reader.c, input.c) and following (follow.c) share. Positions are
 * offsets in the uncompressed file, 8 bytes, big-endian, printed in decimal. */
#ifndef LEAT_CONNECTORS_OBJECT_SOURCE_H
#define LEAT_CONNECTORS_OBJECT_SOURCE_H

#include <pthread.h>
#include <stdatomic.h>

#include "connectors/object/glob.h"
#include "connectors/object/object.h"
#include "engine/record/compress.h"

enum {
    HASH_SPAN = 4096,            /* bytes of head and tail that tell a file */
    HASH_TEXT = 33,              /* 16 bytes in hex */
    HEAD_BYTES = 64 << 10,       /* enough to detect the framing */
    HEAD_BYTES_MOST = 1 << 20,   /* of a CSV header */
    RECORD_HELD_MOST = 64 << 20, /* a record up to here is hashed whole for its dead letter, */
    RECORD_BUDGET_SHARE = 8      /* and up to this share of the budget */
};

struct object_source {
    struct source base;
    const struct file_source_options *options;
    const struct format *format;
    struct follow_table *follow; /* NULL unless follow: true */
};

/* What stands in part_info.detail. */
struct part_detail {
    uint64_t begin, end; /* uncompressed range; end UINT64_MAX = to the end of the file */
    enum framing framing;
    enum compression compression;
};

const char *detail_print(const struct part_detail *detail, struct arena *arena);
bool detail_parse(const char *text, struct part_detail *ret);

/* plan.c */
/* Paths as JSON can hold them: bytes that are no UTF-8, control bytes and % are %XX. */
const char *entry_of_path(const char *path, struct arena *arena);
char *path_of_entry(const char *entry, struct arena *arena);
/* sha256 of [at, at + len), its first 16 bytes in hex; false and errno. */
bool range_hash(int fd, uint64_t at, size_t len, char ret_text[HASH_TEXT]);
/* "size=... head=... tail=..." */
enum status ident_make(int fd, const char *path, char *ret_text, size_t size, struct error *error);
enum status file_failed(const char *doing, const char *path, struct error *error); /* by errno */
enum compression source_compression(const struct object_source *source, const char *path);
enum framing source_framing(const struct object_source *source, struct slice head);
/* Has a planned file another size, head or tail now? */
bool plan_changed(struct source *source, const char *entry, const char *ident, char *ret_what, size_t size);
enum status plan_list(struct object_source *source, bool (*known)(void *context, const char *entry), void *context,
                      struct arena *arena, struct part_list *ret, struct error *error);
const char *part_name_of(const char *entry, const char *suffix, struct arena *arena);
struct parts_builder {
    struct arena *arena;
    struct part_list list;
    uint32_t capacity;
};
void parts_add(struct parts_builder *parts, struct part_info info);

/* input.c: bytes of a file, decompressed, one after the other. */
struct input {
    int fd;
    const char *path;
    uint64_t raw_at, raw_end; /* raw_end UINT64_MAX = where the file ends */
    struct decompressor *decompressor; /* NULL = plain */
    char *buffer;
    struct slice ready;       /* compressed bytes read and not used */
    bool ended;
};
void input_open(struct input *input, int fd, const char *path, enum compression compression);
void input_close(struct input *input);
/* At least one byte unless ended; plain files of no fixed end give 0 at the end and do not end. */
enum status input_read(struct input *input, char *out, size_t room, size_t *ret_got, struct error *error);

/* follow.c */
enum { MARK_MAX = 160 };
struct follow_table *follow_table_new(void);
void follow_table_free(struct follow_table *table); /* takes NULL */
enum status follow_list(struct object_source *source, bool (*known)(void *context, const char *entry),
                        void *context, struct arena *arena, struct part_list *ret, struct error *error);
/* Opens the file of a followed part, wherever in its directory it was renamed to. */
enum status follow_open(const struct part_info *part, struct arena *arena, int *ret_fd, const char **ret_path,
                        struct error *error);
/* The mark that belongs to position `at`: hashes of the head and of what stands before it. */
enum status follow_mark(int fd, const char *path, uint64_t at, char ret_text[MARK_MAX], struct error *error);
/* Is what stands before `at` still what the mark says? No: named stop, or with on_truncate: restart AGAIN until the
 * next generation is in the plan, then END. */
enum status follow_check(struct object_source *source, const char *entry, int fd, const char *path, uint64_t at,
                         const char *mark, struct error *error);

/* reader.c */
enum status object_reader_open(struct object_source *source, const struct part_info *part,
                               const struct position *from, const char *mark, struct reader **ret,
                               struct part_format *ret_format, struct error *error);
enum status object_reader_read(struct reader *reader, struct budget *budget, size_t room, int64_t deadline_us,
                               struct block *ret, struct error *error);
void object_reader_wake(struct reader *reader);
void object_reader_close(struct reader *reader);

uint64_t position_number(const struct position *position); /* START = 0 */
struct position position_of(uint64_t number);

#endif
