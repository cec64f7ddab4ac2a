/* SPDX-License-Identifier: Apache-2.0 */
/* The engine's own options, as rows. Sections that are lists or name a connector (source,
 * transforms, sinks, ledger, tests) are put together in pipeline.c; what stands inside is here. */
#include "engine/config/parser.h"

#define ROW_END {.name = NULL}

static const struct option limits_rows[] = {
    {.name = "memory", .type = OPTION_BYTES, .fallback = "128MiB", .min = 8 << 20, .max = -1,
     .offset = OPTION_FIELD(struct limits_config, memory_bytes),
     .sentence = "memory budget of the pipeline; at the limit the source is paused, nothing is "
                 "dropped"},
    {.name = "workers", .type = OPTION_INT, .min = 1, .max = 256,
     .offset = OPTION_FIELD(struct limits_config, workers),
     .sentence = "threads that decode, transform and encode; by default one for each core"},
    {.name = "scratch", .type = OPTION_BYTES, .fallback = "1GiB",
     .offset = OPTION_FIELD(struct limits_config, scratch_bytes),
     .sentence = "disk space for spilled output, which may be thrown away at any moment"},
    {.name = "record_bytes_max", .type = OPTION_BYTES, .fallback = "8MiB", .min = 1 << 10,
     .max = 1 << 30, .offset = OPTION_FIELD(struct limits_config, record_bytes_max),
     .sentence = "larger records become dead letters that keep the first 64 KiB and the hash"},
    ROW_END};
const struct option_table limits_table = {limits_rows, sizeof(struct limits_config)};

static const struct option http_rows[] = {
    {.name = "listen", .type = OPTION_TEXT, .offset = OPTION_FIELD(struct http_config, listen),
     .sentence = "address and port for health and metrics, such as 127.0.0.1:8686"},
    ROW_END};
const struct option_table http_table = {http_rows, sizeof(struct http_config)};

static const struct option pipeline_rows[] = {
    {.name = "pipeline", .type = OPTION_TEXT, .flags = OPTION_REQUIRED | OPTION_IDENTITY,
     .offset = OPTION_FIELD(struct pipeline, name),
     .sentence = "name of the pipeline; its positions are kept under it"},
    {.name = "timezone", .type = OPTION_TEXT, .fallback = "UTC",
     .offset = OPTION_FIELD(struct pipeline, timezone),
     .sentence = "time zone of SQL and of path templates, such as Europe/Berlin"},
    {.name = "shutdown_timeout", .type = OPTION_DURATION, .fallback = "30s", .min = 0, .max = -1,
     .offset = OPTION_FIELD(struct pipeline, shutdown_timeout_us),
     .sentence = "how long a stop or a reload may take to commit what was read"},
    {.name = "stall_timeout", .type = OPTION_DURATION, .fallback = "60s", .min = 1000000, .max = -1,
     .offset = OPTION_FIELD(struct pipeline, stall_timeout_us),
     .sentence = "a thread that makes no progress for so long ends the process, which is safe"},
    {.name = "lease", .type = OPTION_DURATION, .fallback = "10s", .min = 1000000, .max = 3600000000,
     .offset = OPTION_FIELD(struct pipeline, lease_us),
     .sentence = "a process that was silent for so long may lose its parts to another; an object "
                 "store takes 30s unless this is set"},
    {.name = "limits", .type = OPTION_GROUP, .group = &limits_table,
     .offset = OPTION_FIELD(struct pipeline, limits),
     .sentence = "what the pipeline may use"},
    {.name = "http", .type = OPTION_GROUP, .group = &http_table,
     .offset = OPTION_FIELD(struct pipeline, http),
     .sentence = "health and metrics over HTTP"},
    ROW_END};
const struct option_table pipeline_table = {pipeline_rows, sizeof(struct pipeline)};

static const char *const framing_choices[] = {"auto", "lines", "documents", "array", NULL};

static const struct option json_rows[] = {
    {.name = "framing", .type = OPTION_CHOICE, .fallback = "auto", .choices = framing_choices,
     .offset = OPTION_FIELD(struct json_config, framing),
     .sentence = "one document a line, documents one after the other, or one array of records; "
                 "auto looks at the head of each file"},
    {.name = "depth_max", .type = OPTION_INT, .fallback = "128", .min = 1, .max = 10000,
     .offset = OPTION_FIELD(struct json_config, depth_max),
     .sentence = "records that nest deeper become dead letters"},
    ROW_END};
const struct option_table json_table = {json_rows, sizeof(struct json_config)};

static const struct option csv_rows[] = {
    {.name = "header", .type = OPTION_BOOL, .fallback = "false",
     .offset = OPTION_FIELD(struct csv_config, header),
     .sentence = "the first line of each file holds the names of the columns"},
    {.name = "delimiter", .type = OPTION_CHARACTER, .fallback = ",",
     .offset = OPTION_FIELD(struct csv_config, delimiter),
     .sentence = "character between fields"},
    {.name = "quote", .type = OPTION_CHARACTER, .fallback = "\"",
     .offset = OPTION_FIELD(struct csv_config, quote),
     .sentence = "character around fields that hold delimiters; doubled inside"},
    {.name = "quoted_newlines", .type = OPTION_BOOL, .fallback = "true",
     .offset = OPTION_FIELD(struct csv_config, quoted_newlines),
     .sentence = "fields may hold line ends; false lets large files be split and read in parallel"},
    {.name = "nulls", .type = OPTION_TEXTS, .fallback = "",
     .offset = OPTION_FIELD(struct csv_config, nulls),
     .sentence = "unquoted fields that mean null"},
    ROW_END};
const struct option_table csv_table = {csv_rows, sizeof(struct csv_config)};

static const char *const format_choices[] = {
    [FORMAT_JSON] = "json", [FORMAT_CSV] = "csv", [FORMAT_TEXT] = "text", [FORMAT_BYTES] = "bytes",
    NULL};

static const struct option source_rows[] = {
    {.name = "name", .type = OPTION_TEXT, .flags = OPTION_IDENTITY,
     .offset = OPTION_FIELD(struct source_config, name),
     .sentence = "name of the source in the ledger; by default its kind"},
    {.name = "format", .type = OPTION_CHOICE, .fallback = "json", .choices = format_choices,
     .offset = OPTION_FIELD(struct source_config, format_kind),
     .sentence = "format of the records"},
    {.name = "json", .type = OPTION_GROUP, .group = &json_table,
     .offset = OPTION_FIELD(struct source_config, json),
     .sentence = "how JSON is read"},
    {.name = "csv", .type = OPTION_GROUP, .group = &csv_table,
     .offset = OPTION_FIELD(struct source_config, csv),
     .sentence = "how CSV is read"},
    {.name = "columns", .type = OPTION_TEXT,
     .offset = OPTION_FIELD(struct source_config, columns.text),
     .sentence = "names and types of the columns of input, as in create table"},
    ROW_END};
const struct option_table source_table = {source_rows, sizeof(struct source_config)};

static const struct option position_rows[] = {
    {.name = "starting_position", .type = OPTION_TEXT,
     .offset = OPTION_FIELD(struct source_config, starting_position.text),
     .sentence = "where the first start of the pipeline begins, kept in the ledger from then on: "
                 "earliest, which is all that files and events know"},
    {.name = "until", .type = OPTION_TEXT,
     .offset = OPTION_FIELD(struct source_config, until.text),
     .sentence = "where the pipeline ends by itself, for sources that know more than their own end; "
                 "files and events do not"},
    ROW_END};
const struct option_table position_table = {position_rows, sizeof(struct source_config)};

static const char *const scope_choices[] = {
    [TRANSFORM_RECORD] = "record", [TRANSFORM_BATCH] = "batch", NULL};

static const struct option transform_rows[] = {
    {.name = "sql", .type = OPTION_TEXT, .flags = OPTION_REQUIRED,
     .offset = OPTION_FIELD(struct transform_config, sql.text),
     .sentence = "a select from input, the output of the step before"},
    {.name = "scope", .type = OPTION_CHOICE, .fallback = "record", .choices = scope_choices,
     .offset = OPTION_FIELD(struct transform_config, scope),
     .sentence = "batch allows what depends on how records are cut into batches: group by, "
                 "distinct, limit, order by and window functions"},
    ROW_END};
const struct option_table transform_table = {transform_rows, sizeof(struct transform_config)};

static const struct option commit_rows[] = {
    {.name = "rows", .type = OPTION_INT, .min = 1, .max = -1,
     .offset = OPTION_FIELD(struct commit_config, rows),
     .sentence = "rows in one commit, about; tables take 50000 unless told otherwise, files go by roll"},
    {.name = "bytes", .type = OPTION_BYTES, .min = 1, .max = -1,
     .offset = OPTION_FIELD(struct commit_config, bytes),
     .sentence = "encoded bytes in one commit, about; tables take 16MiB unless told otherwise, files go by roll"},
    {.name = "every", .type = OPTION_DURATION, .fallback = "0",
     .offset = OPTION_FIELD(struct commit_config, every_us),
     .sentence = "least time between commits; 0 commits what is ready as soon as the sink is free"},
    ROW_END};
const struct option_table commit_table = {commit_rows, sizeof(struct commit_config)};

static const char *const limit_words[] = {"none", NULL};

static const struct option sink_rows[] = {
    {.name = "name", .type = OPTION_TEXT, .flags = OPTION_IDENTITY,
     .offset = OPTION_FIELD(struct sink_config, name),
     .sentence = "name of the sink in the ledger; by default its kind; another name is a new sink"},
    {.name = "starting_position", .type = OPTION_TEXT,
     .offset = OPTION_FIELD(struct sink_config, starting_position.text),
     .sentence = "where a sink that is added later begins; by default at the others' lowest "
                 "position"},
    {.name = "dead_letter_limit", .type = OPTION_PERCENT, .fallback = "10%", .choices = limit_words,
     .offset = OPTION_FIELD(struct sink_config, dead_letter_limit),
     .sentence = "share of the last 10,000 records that may be dead letters; beyond it the part "
                 "stops by name"},
    {.name = "commit", .type = OPTION_GROUP, .group = &commit_table,
     .offset = OPTION_FIELD(struct sink_config, commit),
     .sentence = "how much goes into one commit"},
    ROW_END};
const struct option_table sink_table = {sink_rows, sizeof(struct sink_config)};

static const char *const match_choices[] = {
    [TEST_EXACT] = "exact", [TEST_SUBSET] = "subset", NULL};

static const struct option test_rows[] = {
    {.name = "name", .type = OPTION_TEXT, .flags = OPTION_REQUIRED,
     .offset = OPTION_FIELD(struct test_config, name),
     .sentence = "what the test shows, as a sentence"},
    {.name = "match", .type = OPTION_CHOICE, .fallback = "exact", .choices = match_choices,
     .offset = OPTION_FIELD(struct test_config, match),
     .sentence = "subset compares only the members that the expected rows name"},
    ROW_END};
const struct option_table test_table = {test_rows, sizeof(struct test_config)};
