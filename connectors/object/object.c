/* SPDX-License-Identifier: Apache-2.0 */
/* Kind `file`: files as source, a directory as sink, a commit log as ledger. The options and the descriptor; the work
 * is in object_source.c, object_sink.c and object_ledger.c. */
#include "connectors/object/object.h"

#include "connectors/object/object_ledger.h"
#include "engine/flow/connector.h"

static const char *const compression_in[] = {"auto", "none", "gzip", "zstd", NULL};
static const char *const compression_out[] = {"zstd", "gzip", "none", NULL};
static const char *const formats[] = {"json", "csv", NULL};
static const char *const truncate_choices[] = {"stop", "restart", NULL};

static const struct option source_rows[] = {
    {.name = "path",
     .sentence = "Globs of the files to read (*, ?, [a-z], ** over directories); below the first wildcard, names "
                 "that start with _ or . are not data",
     .type = OPTION_TEXTS,
     .offset = OPTION_FIELD(struct file_source_options, path),
     .flags = OPTION_REQUIRED | OPTION_IDENTITY},
    {.name = "split_bytes",
     .fallback = "64MiB",
     .sentence = "Plain files of lines, text or CSV without quoted newlines are read in parts of about this size; 0 "
                 "never splits",
     .type = OPTION_BYTES,
     .offset = OPTION_FIELD(struct file_source_options, split_bytes)},
    {.name = "compression",
     .fallback = "auto",
     .sentence = "How the files are compressed; auto goes by the endings .gz and .zst",
     .type = OPTION_CHOICE,
     .choices = compression_in,
     .offset = OPTION_FIELD(struct file_source_options, compression)},
    {.name = "follow",
     .fallback = "false",
     .sentence = "Keep reading as the files grow, through rotation and renaming; compressed files are left out then",
     .type = OPTION_BOOL,
     .offset = OPTION_FIELD(struct file_source_options, follow),
     .flags = OPTION_IDENTITY},
    {.name = "on_truncate",
     .fallback = "stop",
     .sentence = "What to do when a followed file has become shorter than what was read of it",
     .type = OPTION_CHOICE,
     .choices = truncate_choices,
     .offset = OPTION_FIELD(struct file_source_options, on_truncate)},
    {0},
};
static const struct option_table source_options = {.rows = source_rows, .size = sizeof(struct file_source_options)};

static const struct option roll_rows[] = {
    {.name = "bytes",
     .fallback = "128MiB",
     .sentence = "An object of this size is closed and the next begun; a commit shows it",
     .type = OPTION_BYTES,
     .offset = OPTION_FIELD(struct roll_options, bytes)},
    {.name = "every",
     .fallback = "5m",
     .sentence = "Open objects are closed and committed this long after their first row (commit.every goes before it)",
     .type = OPTION_DURATION,
     .offset = OPTION_FIELD(struct roll_options, every_us)},
    {.name = "idle",
     .fallback = "30s",
     .sentence = "The same when no row came for so long; 0 never",
     .type = OPTION_DURATION,
     .offset = OPTION_FIELD(struct roll_options, idle_us)},
    {0},
};
static const struct option_table roll_options = {.rows = roll_rows, .size = sizeof(struct roll_options)};

static const struct option sink_rows[] = {
    {.name = "path",
     .sentence = "The directory to write to; made when it is missing. The commit log lies in it, under _leat",
     .type = OPTION_TEXT,
     .offset = OPTION_FIELD(struct file_sink_options, path),
     .flags = OPTION_REQUIRED | OPTION_IDENTITY},
    {.name = "path_template",
     .sentence = "Directories made of the rows' fields, as dt={ts:%Y-%m-%d}/country={country}/",
     .type = OPTION_TEXT,
     .offset = OPTION_FIELD(struct file_sink_options, path_template)},
    {.name = "format",
     .fallback = "json",
     .sentence = "JSON lines or CSV",
     .type = OPTION_CHOICE,
     .choices = formats,
     .offset = OPTION_FIELD(struct file_sink_options, format)},
    {.name = "compression",
     .fallback = "zstd",
     .sentence = "How objects are compressed: frames one after the other, as zcat and zstd -d read them",
     .type = OPTION_CHOICE,
     .choices = compression_out,
     .offset = OPTION_FIELD(struct file_sink_options, compression)},
    {.name = "compression_level",
     .fallback = "1",
     .sentence = "1 is fast; zstd knows up to 19, gzip up to 9",
     .type = OPTION_INT,
     .min = 1,
     .max = 19,
     .offset = OPTION_FIELD(struct file_sink_options, compression_level)},
    {.name = "header",
     .fallback = "true",
     .sentence = "CSV: the first line of each object names the columns",
     .type = OPTION_BOOL,
     .offset = OPTION_FIELD(struct file_sink_options, header)},
    {.name = "keep_path_columns",
     .fallback = "true",
     .sentence = "Columns that are in the path stay in the rows as well",
     .type = OPTION_BOOL,
     .offset = OPTION_FIELD(struct file_sink_options, keep_path_columns)},
    {.name = "roll",
     .sentence = "When objects are closed",
     .type = OPTION_GROUP,
     .group = &roll_options,
     .offset = OPTION_FIELD(struct file_sink_options, roll)},
    {0},
};
static const struct option_table sink_options = {.rows = sink_rows, .size = sizeof(struct file_sink_options)};

static const struct option ledger_rows[] = {
    {.name = "path",
     .sentence = "The directory that holds the commit log, under _leat; made when it is missing",
     .type = OPTION_TEXT,
     .offset = OPTION_FIELD(struct file_ledger_options, path),
     .flags = OPTION_REQUIRED | OPTION_IDENTITY},
    {0},
};
static const struct option_table ledger_options = {.rows = ledger_rows, .size = sizeof(struct file_ledger_options)};

extern const struct connector object_connector;
const struct connector object_connector = {
    .kind = "file",
    .sentence = "Files on this machine: read once or followed, written exactly once through a commit log",
    .source = &object_source_ops,
    .sink = &object_sink_ops,
    .source_options = &source_options,
    .sink_options = &sink_options,
    .ledger_options = &ledger_options,
    .ledger_bind = object_ledger_bind,
    .ledger_commit = object_ledger_commit,
    .ledger_free = object_ledger_free,
};
