/* SPDX-License-Identifier: Apache-2.0 */
/* The text forms of bytes that encode() and decode() know: hex, base64, escape. Results go into the
 * caller's buffer, messages into its arena. */
#ifndef LEAT_SQL_FUNCTIONS_ENCODING_H
#define LEAT_SQL_FUNCTIONS_ENCODING_H

#include "engine/base/buffer.h"
#include "engine/record/value.h"

struct encoding {
    const char *name;
    void (*encode)(struct slice bytes, struct buffer *out);
    /* False: *error says why. */
    bool (*decode)(struct slice text, struct buffer *out, struct value_error *error);
};

/* NULL: there is none of that name (case does not count). */
const struct encoding *encoding_find(struct slice name);

#endif
