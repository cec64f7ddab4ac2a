/* SPDX-License-Identifier: Apache-2.0 */
/* Leat's answers for the suite `differential`: evaluate COLUMNS ROWS <CASES. COLUMNS is the text of a `columns:`
 * option, ROWS are JSON lines, a case is a line `number zone kind body` between tabs, escaped as by COPY. Kinds: x = an
 * expression over each row, c = one that needs no row, s = a whole statement, run as two folds that are merged.
 *
 * An answer is a JSON line [number, types, [value...]]: a value is null, "=text" as Postgres prints it, or "!CODE";
 * the types are "!CODE" when the statement was refused. postgres.sql gives the same lines from a server. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/buffer.h"
#include "engine/record/format.h"
#include "engine/sql/sql.h"

struct world {
    struct arena *arena;
    struct schema declared, input;
    struct slice rows;
    size_t middle; /* the first record of the second half */
};

struct question {
    const char *number;
    struct slice statement;
    const struct timezone *zone;
    bool whole; /* a statement: its rows as records */
    struct sql_plan *plan;
};

static struct slice file_read(const char *path, struct arena *arena) {
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        exit(2);
    }
    struct buffer out;
    buffer_init(&out, arena, 64 << 10);
    size_t got;
    while ((got = fread(buffer_reserve(&out, 64 << 10), 1, 64 << 10, file)) > 0) {
        out.len += got;
    }
    fclose(file);
    return buffer_slice(&out);
}

static void world_open(struct world *world, const char *columns, const char *rows) {
    struct error error;
    world->arena = arena_new(NULL, POOL_READ);
    if (schema_parse(file_read(columns, world->arena), world->arena, &world->declared, &error)) {
        fprintf(stderr, "evaluate: %s: %s: %s\n", columns, error.where, error.message);
        exit(2);
    }
    world->input = input_schema(&world->declared, world->arena);
    world->rows = file_read(rows, world->arena);
    const char *newline = memchr(world->rows.data + world->rows.len / 2, '\n', world->rows.len / 2);
    world->middle = newline ? (size_t)(newline - world->rows.data) + 1 : world->rows.len;
}

/* Undoes COPY's escapes in place. */
static void unescape(char *text) {
    char *out = text;
    for (; *text; text++) {
        if (*text == '\\') {
            text++;
            *out++ = *text == 'n' ? '\n' : *text == 't' ? '\t' : *text == 'r' ? '\r' : *text;
        } else {
            *out++ = *text;
        }
    }
    *out = '\0';
}

static struct slice position_print(void *context, uint32_t offset, struct arena *arena) {
    (void)context;
    return slice_of(arena_printf(arena, "%u", offset));
}

static void decode(const struct world *world, const struct question *question, struct slice lines,
                   struct batch *batch) {
    struct format format = {
        .kind = FORMAT_JSON, .framing = FRAMING_LINES, .json_depth_max = 128, .record_bytes_max = 8 << 20};
    bool *needed = arena_zalloc(batch->arena, world->input.count);
    sql_plan_needs(question->plan, needed);
    struct field_plan fields = {.input = &world->input, .declared_count = world->declared.count,
                                .needed = needed, .zone = question->zone};
    struct decode_origin origin = {
        .part = SLICE_LITERAL("part"), .id_prefix = SLICE_LITERAL("id/"), .position = position_print};
    struct raw raw = {.data = lines.data, .len = lines.len};
    decoder_run(decoder_new(&format, &fields, batch->arena), &raw, &origin, batch);
}

static const void *value_at(const struct column *column, uint32_t row) {
    return (const char *)column->values + (size_t)column_index(column, row) * type_width(column->type);
}

static void quoted_append(struct buffer *out, char mark, struct slice text) {
    struct buffer whole;
    buffer_init(&whole, arena_new(NULL, POOL_COLUMNS), text.len + 16);
    buffer_append_byte(&whole, mark);
    buffer_append_slice(&whole, text);
    json_quote(buffer_slice(&whole), out);
    arena_free(whole.arena);
}

static struct slice value_text(const struct question *question, const struct batch *batch, uint32_t column,
                               uint32_t row) {
    struct buffer text;
    buffer_init(&text, batch->arena, 64);
    value_print(batch->columns[column].type, value_at(&batch->columns[column], row), question->zone, &text);
    return buffer_slice(&text);
}

/* A field of a record as record_out writes it. */
static void field_append(struct buffer *out, struct slice text) {
    bool quote = text.len == 0;
    for (size_t i = 0; i < text.len; i++) {
        quote = quote || strchr("\"\\(), \t\n\r\v\f", text.data[i]);
    }
    if (!quote) {
        buffer_append_slice(out, text);
        return;
    }
    buffer_append_byte(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '"' || text.data[i] == '\\') {
            buffer_append_byte(out, text.data[i]);
        }
        buffer_append_byte(out, text.data[i]);
    }
    buffer_append_byte(out, '"');
}

static struct slice record_text(const struct question *question, const struct batch *batch, uint32_t row) {
    struct buffer record;
    buffer_init(&record, arena_new(NULL, POOL_COLUMNS), 256);
    for (uint32_t i = 0; i < batch->schema->count; i++) {
        buffer_append_byte(&record, i ? ',' : '(');
        if (!column_is_null(&batch->columns[i], row)) {
            field_append(&record, value_text(question, batch, i, row));
        }
    }
    buffer_append_byte(&record, ')');
    char *copy = arena_alloc(batch->arena, record.len);
    memcpy(copy, record.data, record.len);
    size_t len = record.len;
    arena_free(record.arena);
    return slice_make(copy, len);
}

static void failure_append(struct buffer *out, const char *code) {
    quoted_append(out, '!', slice_of(code));
}

/* One value for each record; a row that failed says why. */
static void rows_append(const struct question *question, const struct batch *batch, struct buffer *out) {
    const char **failures = arena_zalloc(batch->arena, (batch->records_count + 1) * sizeof *failures);
    for (uint32_t i = 0; i < batch->withdrawals_count; i++) {
        failures[batch->withdrawals[i].record] = batch->withdrawals[i].code;
    }
    uint32_t next = 0;
    for (uint32_t record = 0; record < batch->records_count; record++) {
        bool present = next < batch->selected && batch_record(batch, batch_row(batch, next)) == record;
        if (!present && !failures[record]) {
            continue;
        }
        buffer_printf(out, "%s", out->data[out->len - 1] == '[' ? "" : ",");
        if (failures[record]) {
            failure_append(out, failures[record]);
            continue;
        }
        uint32_t row = batch_row(batch, next++);
        if (column_is_null(&batch->columns[0], row)) {
            buffer_printf(out, "null");
        } else {
            quoted_append(out, '=', value_text(question, batch, 0, row));
        }
    }
}

/* Fails as the server does, as a whole: NULL or the code. */
static const char *fold_half(const struct world *world, const struct question *question, struct slice lines,
                             struct sql_fold *fold) {
    static struct error error;
    struct batch batch = {.arena = arena_new(NULL, POOL_COLUMNS)};
    const char *code = NULL;
    decode(world, question, lines, &batch);
    if (sql_fold_add(fold, &batch, &error) != STATUS_OK) {
        code = error.code;
    } else if (batch.withdrawals_count) {
        code = batch.withdrawals[0].code;
    }
    arena_free(batch.arena);
    return code;
}

static void statement_append(const struct world *world, const struct question *question, struct buffer *out) {
    struct arena *arena = arena_new(NULL, POOL_FOLD);
    struct sql_fold *first = sql_fold_new(question->plan, arena), *second = sql_fold_new(question->plan, arena);
    struct slice head = slice_make(world->rows.data, world->middle);
    struct slice tail = slice_make(world->rows.data + world->middle, world->rows.len - world->middle);
    struct batch batch = {.arena = arena};
    struct error error;
    const char *code = fold_half(world, question, head, first);
    code = code ? code : fold_half(world, question, tail, second);
    if (!code) {
        sql_fold_merge(first, second);
        code = sql_fold_finish(first, &batch, &error) == STATUS_OK ? NULL : error.code;
    }
    if (code) {
        failure_append(out, code);
    }
    for (uint32_t i = 0; !code && i < batch.selected; i++) {
        buffer_printf(out, "%s", i ? "," : "");
        quoted_append(out, '=', record_text(question, &batch, batch_row(&batch, i)));
    }
    arena_free(arena);
}

static void expression_append(const struct world *world, const struct question *question, struct buffer *out) {
    struct batch batch = {.arena = arena_new(NULL, POOL_COLUMNS)};
    struct error error;
    decode(world, question, world->rows, &batch);
    if (sql_run(question->plan, &batch, &error) != STATUS_OK) {
        failure_append(out, error.code);
    } else {
        rows_append(question, &batch, out);
    }
    arena_free(batch.arena);
}

static void types_append(const struct schema *schema, struct buffer *out) {
    struct buffer names;
    buffer_init(&names, arena_new(NULL, POOL_COLUMNS), 256);
    for (uint32_t i = 0; i < schema->count; i++) {
        char name[64];
        type_print(schema->fields[i].type, name, sizeof name);
        buffer_printf(&names, "%s%s", i ? "," : "", name);
    }
    json_quote(buffer_slice(&names), out);
    arena_free(names.arena);
}

static void answer(const struct world *world, struct question *question) {
    struct arena *arena = arena_new(NULL, POOL_READ), *plan_arena = arena_new(NULL, POOL_READ);
    struct buffer out;
    struct error error;
    buffer_init(&out, arena, 4096);
    buffer_printf(&out, "[%s, ", question->number);
    if (sql_compile(question->statement, &world->input, question->zone, plan_arena, &question->plan, &error)) {
        failure_append(&out, error.code);
        buffer_printf(&out, ", [");
    } else {
        types_append(sql_plan_output(question->plan), &out);
        buffer_printf(&out, ", [");
        (question->whole ? statement_append : expression_append)(world, question, &out);
    }
    buffer_printf(&out, "]]\n");
    fwrite(out.data, 1, out.len, stdout);
    arena_free(plan_arena);
    arena_free(arena);
}

/* number, zone, kind, body */
static bool question_read(char *line, struct arena *arena, struct question *ret) {
    char *fields[4];
    for (int i = 0; i < 4; i++) {
        fields[i] = strsep(&line, i < 3 ? "\t" : "\n");
        if (!fields[i]) {
            return false;
        }
    }
    unescape(fields[3]);
    bool whole = fields[2][0] == 's';
    const char *statement = whole ? fields[3] : arena_printf(
        arena, fields[2][0] == 'x' ? "select (%s) as v from input" : "select (%s) as v from input where id = 1",
        fields[3]);
    *ret = (struct question){.number = fields[0], .statement = slice_of(statement), .whole = whole,
                             .zone = timezone_find(slice_of(fields[1]))};
    return ret->zone != NULL;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: evaluate COLUMNS ROWS <CASES\n");
        return 2;
    }
    struct world world;
    world_open(&world, argv[1], argv[2]);
    char *line = NULL;
    size_t capacity = 0;
    struct arena *arena = arena_new(NULL, POOL_READ);
    while (getline(&line, &capacity, stdin) > 0) {
        struct question question;
        if (!question_read(line, arena, &question)) {
            fprintf(stderr, "evaluate: not a case: %s\n", line);
            return 2;
        }
        answer(&world, &question);
        fflush(stdout); /* what was asked last is known after a crash */
        arena_reset(arena);
    }
    free(line);
    arena_free(arena);
    arena_free(world.arena);
    return 0;
}
