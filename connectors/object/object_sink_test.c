/* SPDX-License-Identifier: Apache-2.0 */
/* The object sink as the engine drives it: bind, encode, units. What a reader of the directory finds is compared with
 * what was put in. */
#include "connectors/object/testing.h"

#include <time.h>

#include "connectors/object/object_sink.h"
#include "engine/flow/part_state.h"
#include "engine/record/datetime.h"

enum { ROWS_MAX = 5000 };

static const struct field fields[] = {
    {.name = "id", .type = {.id = TYPE_INT8, .modifier = -1}},
    {.name = "country", .type = {.id = TYPE_TEXT, .modifier = -1}},
    {.name = "ts", .type = {.id = TYPE_TIMESTAMPTZ, .modifier = -1}},
};
static const struct schema schema = {.fields = fields, .count = 3};

struct fixture {
    struct file_sink_options options;
    struct commit_policy commit;
    struct arena *arena;
    struct budget *budget;
    struct sink *sink;
    struct sink_lane *lane;
    struct encoder *encoder;
    struct part *part;
    uint64_t epoch;
    char next[32];
    struct payload payloads[64];
    struct payload *list[64];
    uint32_t payloads_count;
    struct segment segment;
    struct error error;
};

static enum status fixture_bind(struct fixture *fixture) {
    fixture->arena = arena_new(NULL, POOL_SINK);
    fixture->budget = budget_new(64 << 20, 0);
    fixture->options.path = testing_path("out");
    fixture->options.compression_level = 1;
    struct sink_bind bind = {.options = &fixture->options,
                             .pipeline = "p",
                             .source = "files",
                             .name = "lake",
                             .schema = &schema,
                             .zone = timezone_utc(),
                             .budget = fixture->budget,
                             .scratch_bytes = 1 << 30,
                             .commit = fixture->commit,
                             .arena = fixture->arena};
    return object_sink_ops.bind(&bind, &fixture->sink, &fixture->error);
}

static void fixture_open(struct fixture *fixture) {
    assert_int_equal(fixture_bind(fixture), STATUS_OK);
    uint64_t binding;
    assert_int_equal(object_sink_ops.check(fixture->sink, INT64_MAX, &binding, &fixture->error), STATUS_OK);
    struct ledger *ledger = object_sink_ops.ledger(fixture->sink);
    struct ledger_identity identity = {
        .pipeline = "p", .source = "files", .sink = "lake", .owner = "owner-one", .lease_us = 30000000};
    assert_int_equal(ledger->ops->open(ledger, &identity, INT64_MAX, &fixture->error), STATUS_OK);
    struct object_ledger *log = (struct object_ledger *)ledger;
    static const char *const part[] = {"a"};
    testing_plan(log, part, 1);
    fixture->epoch = testing_claim(log, "a");
    snprintf(fixture->next, sizeof fixture->next, "start");
    struct part_info info = {.name = "a", .entry = "a", .ident = "", .detail = "", .first = "start"};
    fixture->part = part_new(&info, "p", "files");
    fixture->segment.part = fixture->part;
    fixture->encoder = object_sink_ops.encoder_new(fixture->sink);
    assert_int_equal(object_sink_ops.lane_open(fixture->sink, &fixture->lane, INT64_MAX, &fixture->error),
                     STATUS_OK);
}

static void fixture_close(struct fixture *fixture) {
    object_sink_ops.encoder_free(fixture->encoder);
    object_sink_ops.lane_close(fixture->lane);
    struct ledger *ledger = object_sink_ops.ledger(fixture->sink);
    ledger->ops->close(ledger);
    object_sink_ops.free(fixture->sink);
    for (uint32_t i = 0; i < fixture->payloads_count; i++) {
        arena_free(fixture->payloads[i].arena);
    }
    part_unref(fixture->part);
    arena_free(fixture->arena);
    budget_free(fixture->budget);
}

/* n rows; country_of NULL = all null. */
static struct payload *encode_rows(struct fixture *fixture, int64_t first, uint32_t rows,
                                   const char *(*country_of)(int64_t id)) {
    struct arena *arena = arena_new(NULL, POOL_COLUMNS);
    struct column columns[3];
    struct record records[ROWS_MAX];
    for (int i = 0; i < 3; i++) {
        column_init(&columns[i], fields[i].type, rows, arena);
    }
    for (uint32_t i = 0; i < rows; i++) {
        const char *country = country_of ? country_of(first + i) : NULL;
        COLUMN_VALUE(&columns[0], int64_t, i) = first + i;
        COLUMN_VALUE(&columns[2], int64_t, i) = INT64_C(86400000000) * 366; /* 2001-01-01 */
        records[i] = (struct record){.data = "{}", .len = 2, .offset = i * 2};
        if (country) {
            COLUMN_VALUE(&columns[1], struct slice, i) = slice_of(country);
        } else {
            column_null_set(&columns[1], i, arena);
        }
    }
    struct batch batch = {.arena = arena,
                          .schema = &schema,
                          .columns = columns,
                          .rows = rows,
                          .selected = rows,
                          .records = records,
                          .records_count = rows};
    struct payload *payload = &fixture->payloads[fixture->payloads_count];
    fixture->list[fixture->payloads_count++] = payload;
    *payload = (struct payload){.segment = &fixture->segment, .arena = arena_new(NULL, POOL_PAYLOAD)};
    assert_int_equal(object_sink_ops.encode(fixture->encoder, &batch, payload, &fixture->error), STATUS_OK);
    payload->counts.dead_letter = batch.withdrawals_count;
    arena_free(arena);
    return payload;
}

static struct outcome outcome_new(struct fixture *fixture) {
    return (struct outcome){.arena = fixture->arena};
}

static void unit_add(struct fixture *fixture, struct unit *unit, struct payload *payload) {
    struct outcome outcome = outcome_new(fixture);
    unit->payloads = fixture->list;
    unit->payloads_count = fixture->payloads_count;
    assert_int_equal(object_sink_ops.unit_add(fixture->lane, unit, payload, INT64_MAX, &outcome), VERDICT_DONE);
}

static void unit_open(struct fixture *fixture, struct unit *unit) {
    struct outcome outcome = outcome_new(fixture);
    *unit = (struct unit){.number = 1, .owner = "owner-one"};
    assert_int_equal(object_sink_ops.unit_open(fixture->lane, unit, INT64_MAX, &outcome), VERDICT_DONE);
}

static enum verdict unit_commit(struct fixture *fixture, struct unit *unit, const char *to) {
    struct outcome outcome = outcome_new(fixture);
    struct move move = {.part = fixture->part,
                        .part_name = "a",
                        .epoch = fixture->epoch,
                        .from = fixture->next,
                        .to = to,
                        .counts = {.in = 1, .delivered = 1}};
    unit->moves = &move;
    unit->moves_count = 1;
    assert_int_equal(object_sink_ops.unit_seal(fixture->lane, unit, INT64_MAX, &outcome), VERDICT_DONE);
    enum verdict verdict = object_sink_ops.unit_commit(fixture->lane, unit, INT64_MAX, &outcome);
    if (verdict == VERDICT_UNKNOWN) {
        outcome = outcome_new(fixture);
        verdict = object_sink_ops.unit_resolve(fixture->lane, unit, INT64_MAX, &outcome);
    }
    if (verdict == VERDICT_DONE) {
        snprintf(fixture->next, sizeof fixture->next, "%s", to);
    } else {
        object_sink_ops.unit_abandon(fixture->lane, unit);
    }
    return verdict;
}

/* The text of a file, decompressed by its ending. */
static char *file_text(const char *path, size_t *ret_len) {
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    static char raw[8 << 20];
    size_t len = fread(raw, 1, sizeof raw, file), used = 0;
    fclose(file);
    char *text = malloc(32 << 20);
    enum compression compression = compression_of_name(slice_of(path));
    if (compression == COMPRESSION_NONE) {
        memcpy(text, raw, len);
        used = len;
    } else {
        struct decompressor *decompressor = decompressor_new(compression);
        struct slice input = slice_make(raw, len);
        struct error error;
        for (enum status status = STATUS_OK; status == STATUS_OK;) {
            size_t got = 0;
            status = decompressor_run(decompressor, &input, true, text + used, (32 << 20) - used, &got, &error);
            used += got;
            assert_true(status != STATUS_FAILED);
        }
        decompressor_free(decompressor);
    }
    text[used] = '\0';
    *ret_len = used;
    return text;
}

/* Lines in all visible files; each id exactly once when ids is given. */
static uint32_t lines_count(uint8_t *ids) {
    struct testing_files files = testing_list("out", false);
    uint32_t lines = 0;
    for (uint32_t i = 0; i < files.count; i++) {
        size_t len;
        char *text = file_text(files.names[i], &len);
        for (char *at = text; *at; at = strchr(at, '\n') + 1) {
            lines++;
            if (ids) {
                ids[strtoul(strstr(at, "\"id\":") + 5, NULL, 10)]++;
            }
        }
        free(text);
    }
    testing_files_free(&files);
    return lines;
}

static const char *one_country(int64_t id) {
    (void)id;
    return "AT";
}

static const char *many_countries(int64_t id) {
    static char texts[1000][8];
    snprintf(texts[id % 1000], sizeof texts[0], "c%03d", (int)(id % 1000));
    return texts[id % 1000];
}

static void rows_appear_with_the_commit_and_not_before(void **state) {
    (void)state;
    struct fixture fixture = {.options = {.keep_path_columns = true}};
    fixture_open(&fixture);
    struct unit unit;
    unit_open(&fixture, &unit);
    unit_add(&fixture, &unit, encode_rows(&fixture, 0, 3, one_country));
    assert_int_equal(lines_count(NULL), 0);
    assert_int_equal(unit_commit(&fixture, &unit, "10"), VERDICT_DONE);
    struct testing_files files = testing_list("out", false);
    assert_int_equal(files.count, 1);
    assert_non_null(strstr(files.names[0], "/out/p-lake-files-e1-000000-"));
    assert_non_null(strstr(files.names[0], ".json.zst"));
    size_t len;
    char *text = file_text(files.names[0], &len);
    assert_string_equal(text, "{\"id\":0,\"country\":\"AT\",\"ts\":\"2001-01-01T00:00:00+00:00\"}\n"
                              "{\"id\":1,\"country\":\"AT\",\"ts\":\"2001-01-01T00:00:00+00:00\"}\n"
                              "{\"id\":2,\"country\":\"AT\",\"ts\":\"2001-01-01T00:00:00+00:00\"}\n");
    free(text);
    testing_files_free(&files);
    assert_int_equal(object_sink_ops.finish(fixture.sink, INT64_MAX, &fixture.error), STATUS_OK);
    fixture_close(&fixture);
}

static void an_empty_unit_moves_the_position_alone(void **state) {
    (void)state;
    struct fixture fixture = {0};
    fixture_open(&fixture);
    struct unit unit;
    unit_open(&fixture, &unit);
    unit_add(&fixture, &unit, encode_rows(&fixture, 0, 0, one_country));
    assert_int_equal(unit_commit(&fixture, &unit, "end"), VERDICT_DONE);
    struct testing_files files = testing_list("out", false);
    assert_int_equal(files.count, 0);
    testing_files_free(&files);
    fixture_close(&fixture);
}

static void a_thousand_paths_share_bounded_memory_and_descriptors(void **state) {
    (void)state;
    struct fixture fixture = {.options = {.path_template = "dt={ts:%Y-%m-%d}/country={country}/",
                                          .keep_path_columns = false}};
    fixture_open(&fixture);
    struct unit unit;
    unit_open(&fixture, &unit);
    for (int i = 0; i < 5; i++) {
        unit_add(&fixture, &unit, encode_rows(&fixture, i * 4000, 4000, many_countries));
        assert_true(budget_used(fixture.budget, POOL_SINK) <= 8 << 20);
    }
    assert_int_equal(unit_commit(&fixture, &unit, "10"), VERDICT_DONE);
    struct testing_files files = testing_list("out", false);
    assert_int_equal(files.count, 1000);
    size_t len;
    char *text = file_text(files.names[0], &len);
    assert_non_null(strstr(files.names[0], "/dt=2001-01-01/country=c"));
    assert_null(strstr(text, "country")); /* it is in the path */
    free(text);
    testing_files_free(&files);
    static uint8_t ids[20000];
    memset(ids, 0, sizeof ids);
    assert_int_equal(lines_count(ids), 20000);
    for (int i = 0; i < 20000; i++) {
        assert_int_equal(ids[i], 1);
    }
    fixture_close(&fixture);
}

static void csv_objects_begin_with_their_header_also_after_a_roll(void **state) {
    (void)state;
    struct fixture fixture = {.options = {.format = 1, .compression = 1, .header = true, .roll = {.bytes = 1000}}};
    fixture_open(&fixture);
    struct unit unit;
    unit_open(&fixture, &unit);
    for (int i = 0; i < 3; i++) {
        unit_add(&fixture, &unit, encode_rows(&fixture, i * 4000, 4000, one_country));
    }
    assert_int_equal(unit_commit(&fixture, &unit, "10"), VERDICT_DONE);
    struct testing_files files = testing_list("out", false);
    assert_int_equal(files.count, 3);
    for (uint32_t i = 0; i < files.count; i++) {
        size_t len;
        char *text = file_text(files.names[i], &len);
        assert_memory_equal(text, "id,country,ts\n", 14);
        assert_null(strstr(text + 1, "id,country"));
        free(text);
    }
    testing_files_free(&files);
    assert_int_equal(lines_count(NULL), 12003);
    fixture_close(&fixture);
}

static const char *const hostile[] = {NULL,  "",      "..",   ".",    "../../etc", "/abs",
                                      "_leat", "a/b", "a\\b", "x%2F", "a\nb",      "\xc3\xa4"};

static const char *hostile_country(int64_t id) {
    return hostile[id];
}

static void null_empty_and_hostile_fields_stay_in_their_segment(void **state) {
    (void)state;
    const char *const expected[] = {"%5F_HIVE_DEFAULT_PARTITION__", "%2E.", "%2E", "%2E.%2F..%2Fetc", "%2Fabs",
                                    "%5Fleat", "a%2Fb", "a%5Cb", "x%252F", "a%0Ab", "\xc3\xa4"};
    struct fixture fixture = {.options = {.path_template = "{country}/", .keep_path_columns = true}};
    fixture_open(&fixture);
    struct unit unit;
    unit_open(&fixture, &unit);
    unit_add(&fixture, &unit, encode_rows(&fixture, 0, sizeof hostile / sizeof *hostile, hostile_country));
    assert_int_equal(unit_commit(&fixture, &unit, "10"), VERDICT_DONE);
    struct testing_files files = testing_list("out", false);
    assert_int_equal(files.count, sizeof expected / sizeof *expected);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        char wanted[128];
        uint32_t found = 0;
        snprintf(wanted, sizeof wanted, "%s/out/%s/p-lake-files-", testing_dir, expected[i]);
        for (uint32_t j = 0; j < files.count; j++) {
            found += strncmp(files.names[j], wanted, strlen(wanted)) == 0;
        }
        assert_int_equal(found, 1);
    }
    testing_files_free(&files);
    fixture_close(&fixture);
}

static const char *long_country(int64_t id) {
    static char text[400];
    memset(text, 'x', sizeof text - 1);
    return id == 1 ? text : "AT";
}

static void a_row_whose_path_is_too_long_is_withdrawn_alone(void **state) {
    (void)state;
    struct fixture fixture = {.options = {.path_template = "c={country}", .keep_path_columns = true}};
    fixture_open(&fixture);
    struct payload *payload = encode_rows(&fixture, 0, 3, long_country);
    assert_int_equal(payload->rows, 2);
    assert_int_equal(payload->counts.dead_letter, 1);
    assert_int_equal(payload->row_records[0], 0);
    assert_int_equal(payload->row_records[1], 2);
    fixture_close(&fixture);
}

static void dead_letters_ride_in_the_same_commit(void **state) {
    (void)state;
    struct fixture fixture = {0};
    fixture_open(&fixture);
    struct unit unit;
    unit_open(&fixture, &unit);
    struct payload *payload = encode_rows(&fixture, 0, 1, one_country);
    struct dead_letter letters[] = {
        {.record = 0, .position = {.len = 8, .bytes = {[7] = 42}}, .position_text = "42",
         .stage = "decode", .code = "22P02", .message = SLICE_LITERAL("invalid"),
         .payload = SLICE_LITERAL("{\"a\":"), .payload_bytes = 5, .time_us = 1000000},
        {.record = 1, .position = {.len = 0}, .position_text = "start", .stage = "decode",
         .code = "22021", .message = SLICE_LITERAL("not UTF-8"),
         .payload = SLICE_LITERAL("\xff\x00\x01"), .payload_bytes = 3},
    };
    payload->letters = letters;
    payload->letters_count = 2;
    unit_add(&fixture, &unit, payload);
    assert_int_equal(unit_commit(&fixture, &unit, "10"), VERDICT_DONE);
    struct testing_files files = testing_list("out/_dead_letter", false);
    assert_int_equal(files.count, 1);
    size_t len;
    char *text = file_text(files.names[0], &len);
    json_t *first = json_loadb(text, (size_t)(strchr(text, '\n') - text), 0, NULL);
    json_t *second = json_loads(strchr(text, '\n') + 1, JSON_DISABLE_EOF_CHECK, NULL);
    assert_string_equal(json_string_value(json_object_get(first, "payload")), "{\"a\":");
    assert_string_equal(json_string_value(json_object_get(first, "position")), "42");
    assert_string_equal(json_string_value(json_object_get(first, "time")), "1970-01-01T00:00:01+00:00");
    assert_string_equal(json_string_value(json_object_get(second, "payload")), "/wAB");
    assert_string_equal(json_string_value(json_object_get(second, "payload_encoding")), "base64");
    assert_int_equal(json_object_size(first), 15);
    json_decref(first);
    json_decref(second);
    free(text);
    testing_files_free(&files);
    fixture_close(&fixture);
}

static void an_abandoned_unit_leaves_nothing(void **state) {
    (void)state;
    struct fixture fixture = {.options = {.path_template = "c={country}/"}};
    fixture_open(&fixture);
    struct unit unit;
    unit_open(&fixture, &unit);
    unit_add(&fixture, &unit, encode_rows(&fixture, 0, 4000, one_country));
    unit_add(&fixture, &unit, encode_rows(&fixture, 0, 4000, many_countries));
    object_sink_ops.unit_abandon(fixture.lane, &unit);
    object_sink_ops.unit_abandon(fixture.lane, &unit); /* twice is once */
    struct testing_files files = testing_list("out/_leat/p/files/lake/open", true);
    assert_int_equal(files.count, 0);
    testing_files_free(&files);
    assert_int_equal(budget_used_total(fixture.budget), 0);
    fixture_close(&fixture);
}

static void a_full_disk_is_a_retry_that_reads_again(void **state) {
    (void)state;
    struct fixture fixture = {0};
    fixture_open(&fixture);
    struct unit unit;
    unit_open(&fixture, &unit);
    testing_failpoint = "file.object.write.before";
    struct outcome outcome = outcome_new(&fixture);
    struct payload *payload = encode_rows(&fixture, 0, 4000, one_country);
    assert_int_equal(object_sink_ops.unit_add(fixture.lane, &unit, payload, INT64_MAX, &outcome), VERDICT_RETRY);
    assert_int_equal(outcome.redo, REDO_READ);
    object_sink_ops.unit_abandon(fixture.lane, &unit);
    testing_failpoint = NULL;
    unit_open(&fixture, &unit);
    unit_add(&fixture, &unit, encode_rows(&fixture, 0, 4000, one_country));
    assert_int_equal(unit_commit(&fixture, &unit, "10"), VERDICT_DONE);
    assert_int_equal(lines_count(NULL), 4000);
    fixture_close(&fixture);
}

static void an_unknown_commit_is_resolved_and_shown_once(void **state) {
    (void)state;
    const char *const failpoints[] = {"file.log.link.after", "file.log.dirsync.before", "file.log.dirsync.after"};
    struct fixture fixture = {0};
    fixture_open(&fixture);
    for (int i = 0; i < 3; i++) {
        struct unit unit;
        char to[8];
        unit_open(&fixture, &unit);
        unit_add(&fixture, &unit, encode_rows(&fixture, i * 10, 10, one_country));
        testing_failpoint = failpoints[i];
        testing_failpoint_hits = 0;
        snprintf(to, sizeof to, "%d", i + 1);
        assert_int_equal(unit_commit(&fixture, &unit, to), VERDICT_DONE);
        testing_failpoint = NULL;
        assert_int_equal(lines_count(NULL), (i + 1) * 10);
    }
    fixture_close(&fixture);
}

static void a_forced_end_keeps_what_a_commit_in_doubt_may_name(void **state) {
    (void)state;
    struct fixture fixture = {.options = {.keep_path_columns = true}};
    fixture_open(&fixture);
    struct unit unit;
    unit_open(&fixture, &unit);
    unit_add(&fixture, &unit, encode_rows(&fixture, 0, 10, one_country));
    struct outcome outcome = outcome_new(&fixture);
    struct move move = {.part = fixture.part,
                        .part_name = "a",
                        .epoch = fixture.epoch,
                        .from = fixture.next,
                        .to = "1",
                        .counts = {.in = 10, .delivered = 10}};
    unit.moves = &move;
    unit.moves_count = 1;
    assert_int_equal(object_sink_ops.unit_seal(fixture.lane, &unit, INT64_MAX, &outcome), VERDICT_DONE);
    testing_failpoint = "file.log.link.after"; /* the record stands, nobody says so */
    assert_int_equal(object_sink_ops.unit_commit(fixture.lane, &unit, INT64_MAX, &outcome), VERDICT_UNKNOWN);
    testing_failpoint = NULL;
    object_sink_ops.unit_abandon(fixture.lane, &unit);
    assert_int_equal(object_sink_ops.finish(fixture.sink, INT64_MAX, &fixture.error), STATUS_OK);
    assert_int_equal(lines_count(NULL), 10);
    fixture_close(&fixture);
}

static void templates_that_cannot_be_are_refused_by_bind(void **state) {
    (void)state;
    const char *const bad[] = {"/abs/{id}",     "a//b",     "../{id}",      "{nothing}/", "{id",    "_x/{id}",
                               "{id:%Y}/",      "{ts:%Q}/", "{ts:%Y/%m}/", "a\\b/",      "a}b/{id}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct fixture fixture = {.options = {.path_template = bad[i], .keep_path_columns = true}};
        assert_int_equal(fixture_bind(&fixture), STATUS_FAILED);
        assert_string_equal(fixture.error.code, "path-template");
        arena_free(fixture.arena);
        budget_free(fixture.budget);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, testing_setup, testing_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(rows_appear_with_the_commit_and_not_before),
        TEST(an_empty_unit_moves_the_position_alone),
        TEST(a_thousand_paths_share_bounded_memory_and_descriptors),
        TEST(csv_objects_begin_with_their_header_also_after_a_roll),
        TEST(null_empty_and_hostile_fields_stay_in_their_segment),
        TEST(a_row_whose_path_is_too_long_is_withdrawn_alone),
        TEST(dead_letters_ride_in_the_same_commit),
        TEST(an_abandoned_unit_leaves_nothing),
        TEST(a_full_disk_is_a_retry_that_reads_again),
        TEST(an_unknown_commit_is_resolved_and_shown_once),
        TEST(a_forced_end_keeps_what_a_commit_in_doubt_may_name),
        TEST(templates_that_cannot_be_are_refused_by_bind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
