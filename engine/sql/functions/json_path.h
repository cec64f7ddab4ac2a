/* SPDX-License-Identifier: Apache-2.0 */
/* What the functions of json and jsonb share: reading an index from a path, comparing keys, the
 * text of a value. */
#ifndef LEAT_SQL_FUNCTIONS_JSON_PATH_H
#define LEAT_SQL_FUNCTIONS_JSON_PATH_H

#include "engine/record/json.h"
#include "engine/record/type.h"
#include "engine/sql/function.h"

/* An element of a path as an array index: strtol's spelling, nothing behind it, fits int4. */
bool json_path_index(struct slice text, int32_t *ret);

/* Whether a member's key (as json_next gives it) is that text. */
bool json_key_is(struct json_value key, struct slice text, struct arena *arena);

/* The path walked from a value; JSON_NONE where it leads nowhere or holds a null. */
struct json_value json_walk(struct json_value value, const struct array *path);

/* Sets the row to what ->> gives: unquoted, null for JSON null and nothing. normal: jsonb. */
void json_result_text(struct call *call, struct column *ret, uint32_t row, struct json_value value,
                      bool normal);

static inline bool json_is_container(struct json_value value) {
    return value.kind == JSON_ARRAY || value.kind == JSON_OBJECT;
}

#endif
