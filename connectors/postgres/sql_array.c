/* SPDX-License-Identifier: Apache-2.0 */
/* Every text is quoted, so that only quotes and backslashes need an escape, and NULL as a word cannot be taken for
 * null. */
#include "connectors/postgres/sql_array.h"

#include <inttypes.h>

enum { FIRST_BYTES = 256 };

void sql_array_begin(struct sql_array *array, struct arena *arena) {
    buffer_init(&array->text, arena, FIRST_BYTES);
    buffer_append_byte(&array->text, '{');
}

static void comma(struct sql_array *array) {
    if (array->text.len > 1) {
        buffer_append_byte(&array->text, ',');
    }
}

void sql_array_text(struct sql_array *array, const char *text) {
    comma(array);
    if (!text) {
        buffer_append_slice(&array->text, SLICE_LITERAL("NULL"));
        return;
    }
    buffer_append_byte(&array->text, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') {
            buffer_append_byte(&array->text, '\\');
        }
        buffer_append_byte(&array->text, *text);
    }
    buffer_append_byte(&array->text, '"');
}

void sql_array_number(struct sql_array *array, uint64_t number) {
    comma(array);
    buffer_printf(&array->text, "%" PRIu64, number);
}

const char *sql_array_end(struct sql_array *array) {
    buffer_append(&array->text, "}", 2);
    return array->text.data;
}
