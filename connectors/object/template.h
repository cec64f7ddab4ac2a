/* SPDX-License-Identifier: Apache-2.0 */
/* Path templates: `dt={ts:%Y-%m-%d}/country={country}/`. A field's value can never leave its segment nor make a
 * hidden name: separators, control bytes and what shells and Hive treat specially are percent-escaped, and a segment
 * that begins with `_` or `.` gets that byte escaped. Null and empty give __HIVE_DEFAULT_PARTITION__. Immutable after
 * parsing, expanded by many workers at once. */
#ifndef LEAT_CONNECTORS_OBJECT_TEMPLATE_H
#define LEAT_CONNECTORS_OBJECT_TEMPLATE_H

#include "engine/base/buffer.h"
#include "engine/base/error.h"
#include "engine/record/batch.h"
#include "engine/record/value.h"

enum {
    PATH_BYTES_MAX = 1024,       /* of a whole object name */
    PATH_NAME_BYTES_MAX = 255,   /* of one segment */
    PATH_TEMPLATE_PIECES_MAX = 64
};

struct path_piece {
    struct slice literal; /* column < 0 */
    int column;
    struct slice format;  /* strftime's, empty = as printed */
};

struct path_template {
    struct path_piece pieces[PATH_TEMPLATE_PIECES_MAX];
    uint32_t count;
    const struct schema *schema;
    const struct timezone *zone;
};

/* text NULL or "" = everything in the root. Names every column that does not exist. */
enum status path_template_parse(const char *text, const struct schema *schema, const struct timezone *zone,
                                struct path_template *ret, struct error *error) MUST_CHECK;
bool path_template_uses(const struct path_template *path, uint32_t column);
/* Appends the path of a row, "" or ending in '/'. NULL, or the code of what is wrong with this row. */
const char *path_template_expand(const struct path_template *path, const struct batch *batch, uint32_t row,
                                 struct buffer *out);

/* A name as one segment of a path. */
const char *path_escape(const char *name, struct arena *arena);

#endif
