/* SPDX-License-Identifier: Apache-2.0 */
/* `leat sql`: the engine's SQL as a filter, from files or standard input to standard output. The whole input is one
 * relation: plain selects stream block by block, aggregates and `order by` fold until the end. */
#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/cli/cli.h"
#include "engine/sql/sql.h"
#include "engine/cli/infer.h"
#include "engine/cli/input.h"
#include "engine/cli/table.h"
#include "engine/base/io.h"
#include "engine/config/parse.h"

enum { MEMORY = 1 << 30, MESSAGES_MAX = 10 };

static const char *columns_text, *from_text, *to_text, *delimiter_text, *null_text, *timezone_text;
static bool no_header;

static const struct flag sql_flags[] = {
    {.name = "columns",
     .value = "COLUMNS",
     .sentence = "\"id int8, ts timestamptz\": instead of inferring them",
     .text = &columns_text},
    {.name = "from",
     .value = "FORMAT",
     .sentence = "json, csv or text; else by the file's name, else json",
     .text = &from_text},
    {.name = "to",
     .value = "FORMAT",
     .sentence = "json (default), csv or table",
     .text = &to_text},
    {.name = "delimiter",
     .value = "CHAR",
     .sentence = "of CSV that is read",
     .text = &delimiter_text},
    {.name = "null",
     .value = "TEXT",
     .sentence = "what CSV that is read calls null, besides the empty field",
     .text = &null_text},
    {.name = "no-header", .sentence = "CSV that is read has no line of names", .on = &no_header},
    {.name = "timezone",
     .value = "ZONE",
     .sentence = "of timestamps without an offset; default UTC",
     .text = &timezone_text},
    {0},
};

struct filter {
    struct arena *arena; /* the plan */
    struct format format;
    bool kind_given;
    struct schema declared, input;
    struct sql_plan *plan;
    bool *needed;
    const struct timezone *zone;
    struct encode_options encode;
    struct table *table; /* --to table */
    bool header_written, folds;
    struct budget *budget;
    struct arena *fold_arena;
    struct sql_fold *fold;
    uint64_t failures;
};

static bool formats_choose(struct filter *filter) {
    static struct slice nulls[2];
    uint32_t nulls_count = 1;
    if (null_text) {
        nulls[nulls_count++] = slice_of(null_text);
    }
    filter->format = (struct format){
        .kind = FORMAT_JSON,
        .framing = FRAMING_NONE,
        .json_depth_max = 128,
        .record_bytes_max = UINT64_C(1) << 30,
        .header = !no_header,
        .quoted_newlines = true,
        .delimiter = delimiter_text ? input_delimiter(delimiter_text) : ',',
        .quote = '"',
        .nulls = nulls,
        .nulls_count = nulls_count,
    };
    nulls[0] = SLICE_LITERAL("");
    filter->kind_given = from_text != NULL;
    if (from_text && strcmp(from_text, "csv") == 0) {
        filter->format.kind = FORMAT_CSV;
        filter->format.framing = FRAMING_CSV;
    } else if (from_text && strcmp(from_text, "text") == 0) {
        filter->format.kind = FORMAT_TEXT;
        filter->format.framing = FRAMING_LINES;
    } else if (from_text && strcmp(from_text, "json") != 0) {
        return false;
    }
    filter->encode = (struct encode_options){
        .kind = FORMAT_JSON, .delimiter = ',', .quote = '"', .null = SLICE_LITERAL(""), .zone = filter->zone};
    if (to_text && strcmp(to_text, "csv") == 0) {
        filter->encode.kind = FORMAT_CSV;
    } else if (to_text && strcmp(to_text, "table") == 0) {
        filter->table = table_new(filter->zone);
    } else if (to_text && strcmp(to_text, "json") != 0) {
        return false;
    }
    return true;
}

/* Why a query finds no columns: the query is seldom what is wrong. */
static void no_columns_tell(const struct filter *filter, struct table_input *input, const char *path,
                            const struct error *error) {
    bool star = strncmp(error->message, "* ", 2) == 0;
    if (columns_text || filter->declared.count || (!star && strcmp(error->code, "42703") != 0)) {
        return;
    }
    const struct format *format = table_input_format(input);
    const char *reason = "its first records are no JSON objects; `select _raw from input` shows them";
    if (table_input_peek(input).len == 0) {
        reason = "it is empty; --columns declares them";
    } else if (format->kind == FORMAT_TEXT) {
        reason = "a line of text is _raw";
    } else if (format->kind == FORMAT_CSV) {
        reason = "without a line of names --columns declares them";
    }
    fprintf(stderr, "leat: no columns were found in %s: %s\n", path, reason);
}

static int plan_make(struct filter *filter, struct table_input *input, const char *path, const char *query) {
    struct error error;
    if (columns_text && schema_parse(slice_of(columns_text), filter->arena, &filter->declared, &error) != STATUS_OK) {
        error_context(&error, "--columns");
        cli_error(&error);
        return EXIT_USAGE;
    }
    if (!columns_text) {
        filter->declared =
            infer_columns(table_input_format(input), table_input_head(input),
                          table_input_peek(input), true, filter->arena);
    }
    filter->input = input_schema(&filter->declared, filter->arena);
    if (sql_compile(slice_of(query), &filter->input, filter->zone, filter->arena, &filter->plan, &error) != STATUS_OK) {
        cli_error(&error);
        no_columns_tell(filter, input, path, &error);
        return EXIT_USAGE;
    }
    filter->needed = arena_zalloc(filter->arena, filter->input.count);
    sql_plan_needs(filter->plan, filter->needed);
    struct sql_traits traits = sql_plan_traits(filter->plan);
    filter->folds = traits.aggregates || traits.order_or_limit;
    uint64_t memory = MEMORY;
    if (common.memory && !bytes_parse(slice_of(common.memory), &memory)) {
        return cli_usage_error(command_find("sql"), "--memory is a size such as 1GiB, got %s", common.memory);
    }
    filter->budget = budget_new(memory, 0);
    if (filter->folds) {
        filter->fold_arena = arena_new(filter->budget, POOL_FOLD);
        filter->fold = sql_fold_new(filter->plan, filter->fold_arena);
    }
    return EXIT_DONE;
}

static const struct decoder *decoder_make(struct filter *filter, struct table_input *input) {
    struct field_plan *plan = arena_alloc(filter->arena, sizeof *plan);
    *plan = (struct field_plan){
        .input = &filter->input,
        .declared_count = filter->declared.count,
        .needed = filter->needed,
        .zone = filter->zone,
        .header = table_input_head(input)->header,
        .header_count = table_input_head(input)->header_count,
    };
    return decoder_new(table_input_format(input), plan, filter->arena);
}

static bool write_all(struct slice text) {
    while (text.len) {
        ssize_t wrote = write(STDOUT_FILENO, text.data, text.len);
        if (wrote < 0 && errno != EINTR) {
            return false;
        }
        if (wrote > 0) {
            text.data += wrote;
            text.len -= (size_t)wrote;
        }
    }
    return true;
}

static bool rows_write(struct filter *filter, const struct batch *batch) {
    if (filter->table) {
        table_add(filter->table, batch);
        return true;
    }
    struct buffer out;
    buffer_init(&out, batch->arena, 64 << 10);
    if (filter->encode.kind == FORMAT_CSV && !filter->header_written) {
        encode_header(&filter->encode, batch->schema, &out);
        filter->header_written = true;
    }
    for (uint32_t i = 0; i < batch->selected; i++) {
        encode_row(&filter->encode, batch, batch_row(batch, i), &out);
    }
    return write_all(buffer_slice(&out));
}

/* Rows that fail are told, the first few in words; the others go on. */
static void failures_tell(struct filter *filter, const struct batch *batch, const char *path, uint64_t offset) {
    for (uint32_t i = 0; i < batch->withdrawals_count; i++) {
        const struct withdrawal *withdrawal = &batch->withdrawals[i];
        if (filter->failures++ < MESSAGES_MAX) {
            fprintf(stderr, "leat: %s: byte %llu: %.*s (%s)\n", path,
                    (unsigned long long)(offset + batch->records[withdrawal->record].offset),
                    (int)withdrawal->message.len, withdrawal->message.data, withdrawal->code);
        }
    }
}

struct position_context {
    uint64_t base;
};

static struct slice position_print(void *context, uint32_t offset, struct arena *arena) {
    const struct position_context *position = context;
    return slice_of(arena_printf(arena, "%llu", (unsigned long long)(position->base + offset)));
}

/* Folds draw on a budget: beyond it there is no partial answer. */
static enum status fold_add(struct filter *filter, struct batch *batch, struct error *error) {
    jmp_buf escape;
    if (setjmp(escape)) {
        return error_set(error, ERROR_PERMANENT, "aggregate-too-large",
                         "groups or sorted rows need more than the memory given; raise it: --memory 4GiB");
    }
    arena_escape_set(filter->fold_arena, &escape);
    enum status status = sql_fold_add(filter->fold, batch, error);
    arena_escape_set(filter->fold_arena, NULL);
    return status;
}

static bool block_run(struct filter *filter, const struct decoder *decoder, struct slice block, const char *path,
                      struct position_context *position, struct arena *arena) {
    struct raw raw = {.data = block.data, .len = block.len};
    struct slice prefix = slice_of(arena_printf(arena, "sql/%s/", path));
    struct decode_origin origin = {
        .context = position, .part = slice_of(path), .id_prefix = prefix, .position = position_print};
    struct batch batch = {.arena = arena, .read_at_us = io_wall_us()};
    struct error error;
    decoder_run(decoder, &raw, &origin, &batch);
    enum status status = filter->folds ? fold_add(filter, &batch, &error) : sql_run(filter->plan, &batch, &error);
    failures_tell(filter, &batch, path, position->base);
    if (status != STATUS_OK) {
        cli_error(&error);
        return false;
    }
    return filter->folds || rows_write(filter, &batch);
}

/* Values that blow up (a number with a huge exponent, lpad) end in words, not in the machine's memory. */
static bool block_run_bounded(struct filter *filter, const struct decoder *decoder, struct slice block,
                              const char *path, struct position_context *position, struct arena *arena) {
    jmp_buf escape;
    if (setjmp(escape)) {
        fprintf(stderr,
                "leat: %s: byte %llu: the next %zu bytes need more memory than given; raise it: "
                "--memory 4GiB\n",
                path, (unsigned long long)position->base, block.len);
        return false;
    }
    arena_escape_set(arena, &escape);
    bool good = block_run(filter, decoder, block, path, position, arena);
    arena_escape_set(arena, NULL);
    return good;
}

/* A limit without an order: what is left need not be read. */
static bool is_served(const struct filter *filter) {
    return filter->folds && sql_fold_is_full(filter->fold);
}

static int input_run(struct filter *filter, struct table_input *input, const char *path) {
    const struct decoder *decoder = decoder_make(filter, input);
    struct arena *arena = arena_new(filter->budget, POOL_COLUMNS);
    struct position_context position = {.base = table_input_head(input)->len};
    struct slice block;
    struct error error;
    enum status status = STATUS_END;
    int code = EXIT_DONE;
    while (code == EXIT_DONE && !is_served(filter) && (status = table_input_read(input, &block, &error)) == STATUS_OK) {
        code = block_run_bounded(filter, decoder, block, path, &position, arena) ? EXIT_DONE : EXIT_FAILED;
        position.base += block.len;
        arena_reset(arena);
    }
    if (code == EXIT_DONE && status == STATUS_FAILED) {
        error_where(&error, "%s", path);
        cli_error(&error);
        code = EXIT_FAILED;
    }
    arena_free(arena);
    return code;
}

static int fold_finish(struct filter *filter) {
    struct batch batch = {.arena = filter->fold_arena, .read_at_us = io_wall_us()};
    struct error error;
    if (sql_fold_finish(filter->fold, &batch, &error) != STATUS_OK) {
        cli_error(&error);
        return EXIT_FAILED;
    }
    return rows_write(filter, &batch) ? EXIT_DONE : EXIT_FAILED;
}

static int inputs_run(struct filter *filter, const char *query, int count, char **paths) {
    int code = EXIT_DONE;
    for (int i = 0; code == EXIT_DONE && i < count; i++) {
        struct error error;
        struct table_input *input = table_input_open(paths[i], &filter->format, filter->kind_given, &error);
        if (!input) {
            cli_error(&error);
            return EXIT_FAILED;
        }
        code = filter->plan ? EXIT_DONE : plan_make(filter, input, paths[i], query);
        if (code == EXIT_DONE) {
            code = input_run(filter, input, paths[i]);
        }
        table_input_close(input);
    }
    if (code == EXIT_DONE && filter->folds) {
        code = fold_finish(filter);
    }
    if (filter->table) {
        table_print(filter->table);
    }
    return code;
}

static int sql_command(int argc, char **argv) {
    static char dash[] = "-";
    char *standard_input[] = {dash, NULL};
    if (argc < 2) {
        return cli_usage_error(command_find("sql"), "which query?");
    }
    struct filter filter = {0};
    filter.zone = timezone_text ? timezone_find(slice_of(timezone_text)) : timezone_utc();
    if (!filter.zone) {
        return cli_usage_error(command_find("sql"), "there is no time zone named %s", timezone_text);
    }
    if (delimiter_text && !input_delimiter(delimiter_text)) {
        return cli_usage_error(command_find("sql"), "--delimiter is one ASCII character, or \\t for a tab, got '%s'",
                               delimiter_text);
    }
    if (!formats_choose(&filter)) {
        return cli_usage_error(command_find("sql"), "--from is json, csv or text; --to is json, csv or table");
    }
    filter.arena = arena_new(NULL, POOL_READ);
    int code = inputs_run(&filter, argv[1], argc > 2 ? argc - 2 : 1, argc > 2 ? argv + 2 : standard_input);
    if (filter.failures) {
        fprintf(stderr, "leat: %llu records failed and were left out\n", (unsigned long long)filter.failures);
        code = code == EXIT_DONE ? EXIT_DEAD_LETTERS : code;
    }
    table_free(filter.table);
    arena_free(filter.fold_arena);
    budget_free(filter.budget);
    arena_free(filter.arena);
    return code;
}

const struct command command_sql = {
    .name = "sql",
    .summary = "Run one SQL query over files or standard input",
    .usage = "sql QUERY [FILE...]",
    .details = "The relation is called input. Its columns are inferred from the first records unless "
               "--columns declares them;\n"
               "`_value` is the whole record as jsonb. .gz and .zst files are read as they are.",
    .example = "leat sql \"select type, count(*) from input group by 1 order by 2 desc\" events.json --to table",
    .flags = sql_flags,
    .run = sql_command,
};
