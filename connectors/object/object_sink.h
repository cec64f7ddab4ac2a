/* SPDX-License-Identifier: Apache-2.0 */
/* The object sink: what its two halves share, encode.c on workers and unit.c on the lane. A payload's body is the
 * only thing that passes between them. */
#ifndef LEAT_CONNECTORS_OBJECT_SINK_H
#define LEAT_CONNECTORS_OBJECT_SINK_H

#include "connectors/object/object.h"
#include "connectors/object/object_ledger.h"
#include "connectors/object/template.h"
#include "engine/record/compress.h"
#include "engine/record/format.h"

enum { FRAME_BYTES_MIN = 16 << 10 }; /* fewer bytes of one path are not compressed by a worker but collected */

struct object_sink {
    struct sink base;
    const struct file_sink_options *options;
    struct object_ledger ledger;
    struct path_template path;
    struct encode_options encode;
    const struct schema *schema; /* of the rows that come */
    struct schema written;       /* of the rows in the files */
    uint32_t *written_columns;   /* their numbers in schema */
    struct slice header;         /* csv: the first line of each object; data NULL = none */
    enum compression compression;
    const char *ending;          /* ".json.zst" */
    struct commit_policy commit;
    struct budget *budget;
};

/* A payload's body: rows by path. */
struct path_group {
    struct slice path; /* "" or ending in '/' */
    struct slice bytes;
    uint32_t rows;
    bool framed; /* compressed already */
};
struct object_body {
    struct path_group *groups;
    uint32_t count;
};

/* encode.c */
struct encoder *object_encoder_new(struct sink *sink);
void object_encoder_free(struct encoder *encoder);
enum status object_encode(struct encoder *encoder, struct batch *batch, struct payload *payload,
                          struct error *error);

/* unit.c: what is being written, from unit_open to its end. */
struct open_unit;
struct open_unit *open_unit_new(struct object_sink *sink);
enum status open_unit_add(struct open_unit *unit, const struct payload *payload, struct error *error);
enum status open_unit_seal(struct open_unit *unit, struct error *error);
uint64_t open_unit_bytes(const struct open_unit *unit);
/* Borrowed; id and objects are the unit's. */
void open_unit_commit(struct open_unit *unit, struct object_commit *ret);
/* A record may name its objects: until that is settled they are not dropped. */
void open_unit_doubt(struct open_unit *unit, bool in_doubt);
void open_unit_free(struct open_unit *unit, bool drop); /* takes NULL */

#endif
