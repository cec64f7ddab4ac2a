/* SPDX-License-Identifier: Apache-2.0 */
/* Dead letters as JSON lines: objects below `_dead_letter/`, a name that listings leave out, which ride in the record
 * of their unit and are therefore exactly as many as there are. */
#ifndef LEAT_CONNECTORS_OBJECT_LETTERS_H
#define LEAT_CONNECTORS_OBJECT_LETTERS_H

#include "engine/base/buffer.h"
#include "engine/flow/segment.h"

struct letter_place {
    const char *pipeline, *source, *sink, *part;
};

/* Appends one line. Key, headers and payload are text when they are UTF-8, else base64, named so beside them. */
void letter_print(const struct dead_letter *letter, const struct letter_place *place, struct buffer *out);

#endif
