/* SPDX-License-Identifier: Apache-2.0 */
/* Cells are kept as text in one arena until the widths are known: after 10,000 rows, or at the end.
 * Later rows use those widths and a cell that is wider pushes its line out. Text is made safe when it
 * is kept: control bytes are shown escaped, because a cell may neither break its line nor steer the
 * terminal. The arena has no budget and lasts as long as the table; one thread. */
#include "engine/cli/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <utf8proc.h>

#include "engine/base/buffer.h"
#include "engine/record/value.h"

enum { ROWS_KEPT = 10000 };

struct table {
    const struct timezone *zone;
    struct arena *arena;
    struct schema schema; /* copied: batches go */
    uint32_t *widths;
    struct slice *cells; /* row by row; data NULL = null */
    uint64_t rows, printed;
    bool fixed;
};

struct table *table_new(const struct timezone *zone) {
    struct table *table = calloc(1, sizeof *table);
    if (!table) {
        abort();
    }
    table->zone = zone;
    table->arena = arena_new(NULL, POOL_SINK);
    return table;
}

void table_free(struct table *table) {
    if (table) {
        arena_free(table->arena);
        free(table);
    }
}

/* Columns on a terminal: wide characters count two. */
static uint32_t text_width(struct slice text) {
    uint32_t width = 0;
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)text.data;
    utf8proc_ssize_t left = (utf8proc_ssize_t)text.len;
    while (left > 0) {
        utf8proc_int32_t codepoint;
        utf8proc_ssize_t used = utf8proc_iterate(at, left, &codepoint);
        if (used <= 0) {
            used = 1;
            width++;
        } else {
            width += (uint32_t)utf8proc_charwidth(codepoint);
        }
        at += used;
        left -= used;
    }
    return width;
}

static bool is_control(char byte) {
    return (unsigned char)byte < 0x20 || byte == 0x7F;
}

/* Nothing in a cell may break its line or steer the terminal. */
static struct slice shown(struct slice text, struct arena *arena) {
    size_t i = 0;
    while (i < text.len && !is_control(text.data[i])) {
        i++;
    }
    if (i == text.len) {
        return text;
    }
    struct buffer out;
    buffer_init(&out, arena, text.len + 16);
    for (i = 0; i < text.len; i++) {
        char byte = text.data[i];
        if (byte == '\n' || byte == '\t' || byte == '\r') {
            buffer_printf(&out, "\\%c", byte == '\n' ? 'n' : byte == '\t' ? 't' : 'r');
        } else if (is_control(byte)) {
            buffer_printf(&out, "\\x%02X", (unsigned char)byte);
        } else {
            buffer_append_byte(&out, byte);
        }
    }
    return buffer_slice(&out);
}

static void schema_keep(struct table *table, const struct schema *schema) {
    struct field *fields = arena_zalloc(table->arena, (schema->count + 1) * sizeof *fields);
    table->widths = arena_zalloc(table->arena, (schema->count + 1) * sizeof *table->widths);
    for (uint32_t i = 0; i < schema->count; i++) {
        fields[i] = schema->fields[i];
        fields[i].name = arena_text(table->arena, shown(slice_of(schema->fields[i].name), table->arena));
        table->widths[i] = text_width(slice_of(fields[i].name));
    }
    table->schema = (struct schema){.fields = fields, .count = schema->count};
    table->cells = arena_alloc(table->arena, (size_t)ROWS_KEPT * (schema->count + 1) * sizeof *table->cells);
}

static bool is_number(struct type type) {
    return !type.array && type.id >= TYPE_INT2 && type.id <= TYPE_NUMERIC;
}

static void cell_print(const struct table *table, uint32_t column, struct slice text) {
    uint32_t width = text_width(text), room = table->widths[column];
    int padding = width < room ? (int)(room - width) : 0;
    bool right = is_number(table->schema.fields[column].type);
    printf("%s%*s%.*s%*s", column ? " | " : " ", right ? padding : 0, "", (int)text.len, text.len ? text.data : "",
           right || column + 1 == table->schema.count ? 0 : padding, "");
}

static void header_print(struct table *table) {
    for (uint32_t i = 0; i < table->schema.count; i++) {
        cell_print(table, i, slice_of(table->schema.fields[i].name));
    }
    printf("\n");
    for (uint32_t i = 0; i < table->schema.count; i++) {
        printf("%s", i ? "-+-" : "-");
        for (uint32_t j = 0; j < table->widths[i]; j++) {
            printf("-");
        }
    }
    printf("-\n");
}

static void rows_print(struct table *table) {
    if (!table->fixed) {
        header_print(table);
        table->fixed = true;
    }
    for (uint64_t row = 0; row < table->rows; row++) {
        for (uint32_t i = 0; i < table->schema.count; i++) {
            cell_print(table, i, table->cells[row * table->schema.count + i]);
        }
        printf("\n");
    }
    table->printed += table->rows;
    table->rows = 0;
}

static struct slice cell_make(struct table *table, const struct batch *batch, uint32_t column, uint32_t row) {
    const struct column *values = &batch->columns[column];
    if (column_is_null(values, row)) {
        return (struct slice){0};
    }
    struct buffer text;
    buffer_init(&text, table->arena, 32);
    const char *value = (const char *)values->values + (size_t)column_index(values, row) * type_width(values->type);
    value_print(values->type, value, table->zone, &text);
    return shown(buffer_slice(&text), table->arena);
}

void table_add(struct table *table, const struct batch *batch) {
    if (!table->widths) {
        schema_keep(table, batch->schema);
    }
    for (uint32_t i = 0; i < batch->selected; i++) {
        for (uint32_t j = 0; j < table->schema.count; j++) {
            struct slice cell = cell_make(table, batch, j, batch_row(batch, i));
            uint32_t width = text_width(cell);
            table->widths[j] = !table->fixed && width > table->widths[j] ? width : table->widths[j];
            table->cells[table->rows * table->schema.count + j] = cell;
        }
        if (++table->rows == ROWS_KEPT) {
            rows_print(table);
        }
    }
}

void table_print(struct table *table) {
    if (!table->widths) {
        return;
    }
    rows_print(table);
    printf("(%llu row%s)\n", (unsigned long long)table->printed, table->printed == 1 ? "" : "s");
}
