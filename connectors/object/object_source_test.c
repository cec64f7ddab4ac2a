/* SPDX-License-Identifier: Apache-2.0 */
/* The file source over real files: planning, reading from every position, splitting, headers, compression, changed
 * and cut files, oversize records, following. What is read, put together, is always the file. */
#include "connectors/object/testing_source.h"

#include "engine/record/compress.h"

/* Everything from a position to the end, and the positions between the blocks. */
struct read_result {
    char *bytes;
    size_t len;
    uint32_t blocks;
    char last_from[POSITION_TEXT_MAX];
    uint64_t borders[64];
    struct error error;
    enum status status;
    uint32_t oversize;
};

static void block_take(struct read_result *result, const struct block *block) {
    if (block->raw.records) {
        result->oversize++;
        assert_int_equal(block->raw.records_count, 1);
    }
    result->bytes = realloc(result->bytes, result->len + block->raw.len + 1);
    if (block->raw.len) {
        memcpy(result->bytes + result->len, block->raw.data, block->raw.len);
    }
    result->len += block->raw.len;
    if (result->blocks < 64) {
        result->borders[result->blocks] = position_is_end(&block->to) ? UINT64_MAX : position_number(&block->to);
    }
    result->blocks++;
}

static struct read_result read_all(struct fixture *fixture, const struct part_info *part, const char *from,
                                   size_t room) {
    struct read_result result = {0};
    struct part_format format;
    struct reader *reader = reader_open(fixture, part, from, "", &format);
    for (bool ended = false; !ended;) {
        struct block block;
        result.status = object_source_ops.read(reader, fixture->budget, room, INT64_MAX, &block, &result.error);
        if (result.status == STATUS_FAILED) {
            break;
        }
        assert_int_equal(result.status, STATUS_OK);
        block_take(&result, &block);
        ended = position_is_end(&block.to);
        arena_free(block.arena);
    }
    object_source_ops.close(reader);
    return result;
}

/* n lines of varied length, the last without its newline when asked. */
static char *lines_make(uint32_t count, bool newline, size_t *ret_len) {
    char *text = malloc(count * 80 + 1), *at = text;
    for (uint32_t i = 0; i < count; i++) {
        at += snprintf(at, 80, "{\"id\":%u,\"pad\":\"%.*s\"}\n", i, (int)(i * 7 % 40),
                      "0123456789012345678901234567890123456789");
    }
    *ret_len = (size_t)(at - text) - !newline;
    return text;
}

static void what_is_read_is_the_file_from_every_border(void **state) {
    (void)state;
    size_t len;
    char *text = lines_make(20000, false, &len);
    testing_write("a.ndjson", text, len);
    struct fixture fixture = {.format = {.kind = FORMAT_JSON}};
    fixture_open(&fixture, "*.ndjson");
    struct part_list parts = list(&fixture);
    assert_int_equal(parts.count, 1);
    assert_string_equal(parts.items[0].first, "start");
    struct read_result all = read_all(&fixture, &parts.items[0], "start", 64 << 10);
    assert_int_equal(all.len, len);
    assert_memory_equal(all.bytes, text, len);
    assert_true(all.blocks > 5);
    for (uint32_t i = 0; i + 1 < all.blocks; i++) {
        char from[32];
        assert_int_equal(text[all.borders[i] - 1], '\n');
        snprintf(from, sizeof from, "%llu", (unsigned long long)all.borders[i]);
        struct read_result rest = read_all(&fixture, &parts.items[0], from, 1 << 20);
        assert_int_equal(rest.len, len - all.borders[i]);
        assert_memory_equal(rest.bytes, text + all.borders[i], rest.len);
        free(rest.bytes);
    }
    free(all.bytes);
    free(text);
    fixture_close(&fixture);
}

static void compressed(const char *name, enum compression compression) {
    size_t len;
    char *text = lines_make(20000, true, &len);
    struct arena *arena = arena_new(NULL, POOL_READ);
    struct buffer out;
    buffer_init(&out, arena, 1 << 20);
    struct compressor *compressor = compressor_new(compression, 1);
    compressor_frame(compressor, slice_make(text, len / 3), &out); /* several frames, borders anywhere */
    compressor_frame(compressor, slice_make(text + len / 3, len - len / 3), &out);
    compressor_free(compressor);
    testing_write(name, out.data, out.len);
    struct fixture fixture = {.format = {.kind = FORMAT_JSON}, .options = {.split_bytes = 1000}};
    fixture_open(&fixture, name);
    struct part_list parts = list(&fixture);
    assert_int_equal(parts.count, 1);
    struct read_result all = read_all(&fixture, &parts.items[0], "start", 64 << 10);
    assert_int_equal(all.len, len);
    assert_memory_equal(all.bytes, text, len);
    char from[32];
    snprintf(from, sizeof from, "%llu", (unsigned long long)all.borders[2]);
    struct read_result rest = read_all(&fixture, &parts.items[0], from, 64 << 10);
    assert_int_equal(rest.len, len - all.borders[2]);
    assert_memory_equal(rest.bytes, text + all.borders[2], rest.len);
    free(rest.bytes);
    testing_write(name, out.data, out.len - 7); /* cut: planned anew under the same name */
    struct part_list cut = list(&fixture);
    struct read_result broken = read_all(&fixture, &cut.items[0], "start", 64 << 10);
    assert_int_equal(broken.status, STATUS_FAILED);
    assert_string_equal(broken.error.code, "truncated-input");
    free(broken.bytes);
    free(all.bytes);
    free(text);
    arena_free(arena);
    fixture_close(&fixture);
}

static void gzip_is_read_by_uncompressed_offset(void **state) {
    (void)state;
    compressed("a.ndjson.gz", COMPRESSION_GZIP);
}

static void zstd_is_read_by_uncompressed_offset(void **state) {
    (void)state;
    compressed("a.ndjson.zst", COMPRESSION_ZSTD);
}

static void splits_meet_at_line_borders_and_make_the_whole(void **state) {
    (void)state;
    size_t len, at = 0;
    char *text = lines_make(5000, false, &len);
    testing_write("a.ndjson", text, len);
    struct fixture fixture = {.format = {.kind = FORMAT_JSON}, .options = {.split_bytes = 10000}};
    fixture_open(&fixture, "a.ndjson");
    struct part_list parts = list(&fixture);
    assert_true(parts.count > 10);
    for (uint32_t i = 0; i < parts.count; i++) {
        assert_string_equal(parts.items[i].entry, parts.items[0].entry);
        struct read_result part = read_all(&fixture, &parts.items[i], parts.items[i].first, 64 << 10);
        assert_true(part.len > 0);
        assert_memory_equal(part.bytes, text + at, part.len);
        at += part.len;
        free(part.bytes);
    }
    assert_int_equal(at, len);
    free(text);
    fixture_close(&fixture);
}

static void a_csv_part_knows_the_header_and_begins_behind_it(void **state) {
    (void)state;
    char text[4096] = "\xef\xbb\xbfid,\"the \"\"name\"\"\",v\n";
    size_t header = strlen(text);
    for (int i = 0; i < 100; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%d,name-%d,%d\n", i, i, i * i);
    }
    testing_write_text("a.csv", text);
    struct fixture fixture = {.format = {.kind = FORMAT_CSV, .framing = FRAMING_CSV, .header = true},
                              .options = {.split_bytes = 300}};
    fixture_open(&fixture, "*.csv");
    struct part_list parts = list(&fixture);
    assert_true(parts.count > 3);
    size_t at = header;
    for (uint32_t i = 0; i < parts.count; i++) {
        struct part_format format;
        struct reader *reader = reader_open(&fixture, &parts.items[i], parts.items[i].first, "", &format);
        assert_int_equal(format.header_count, 3);
        assert_true(slice_is(format.header[1], "the \"name\""));
        object_source_ops.close(reader);
        struct read_result part = read_all(&fixture, &parts.items[i], parts.items[i].first, 64 << 10);
        assert_memory_equal(part.bytes, text + at, part.len);
        at += part.len;
        free(part.bytes);
    }
    assert_int_equal(at, strlen(text));
    fixture_close(&fixture);
    fixture.format.quoted_newlines = true; /* now a newline proves nothing: one part */
    fixture_open(&fixture, "*.csv");
    assert_int_equal(list(&fixture).count, 1);
    fixture_close(&fixture);
}

static void a_changed_file_is_a_named_stop(void **state) {
    (void)state;
    testing_write_text("a.ndjson", "{\"a\":1}\n{\"a\":2}\n");
    struct fixture fixture = {.format = {.kind = FORMAT_JSON}};
    fixture_open(&fixture, "*.ndjson");
    struct part_list parts = list(&fixture);
    const char *const others[] = {"{\"a\":1}\n{\"a\":3}\n", "{\"a\":1}\n", "{\"a\":1}\n{\"a\":2}\n{}\n"};
    struct position start = POSITION_START;
    struct reader *reader;
    struct part_format format;
    struct error error;
    for (int i = 0; i < 3; i++) {
        testing_write_text("a.ndjson", others[i]);
        assert_int_equal(
            object_source_ops.open(fixture.source, &parts.items[0], &start, "", &reader, &format, &error),
            STATUS_FAILED);
        assert_string_equal(error.code, "file-changed");
        assert_int_equal(error.class, ERROR_PERMANENT);
    }
    unlink(testing_path("a.ndjson"));
    assert_int_equal(object_source_ops.open(fixture.source, &parts.items[0], &start, "", &reader, &format, &error),
                     STATUS_FAILED);
    assert_string_equal(error.code, "file-missing");
    fixture_close(&fixture);
}

static void a_file_that_changes_while_it_is_read_does_not_end(void **state) {
    (void)state;
    testing_write_text("a.ndjson", "{\"a\":1}\n{\"a\":2}\n");
    struct fixture fixture = {.format = {.kind = FORMAT_JSON}};
    fixture_open(&fixture, "*.ndjson");
    struct part_list parts = list(&fixture);
    struct part_format format;
    struct reader *reader = reader_open(&fixture, &parts.items[0], "start", "", &format);
    testing_write_text("a.ndjson", "{\"a\":1}\n");
    struct block block;
    struct error error;
    assert_int_equal(object_source_ops.read(reader, fixture.budget, 1 << 20, INT64_MAX, &block, &error),
                     STATUS_FAILED);
    assert_string_equal(error.code, "file-changed");
    object_source_ops.close(reader);
    fixture_close(&fixture);
}

static void a_record_beyond_the_limit_becomes_one_flagged_record(void **state) {
    (void)state;
    const size_t huge = 3 << 20;
    char *text = malloc(huge + 64);
    size_t at = (size_t)snprintf(text, 32, "{\"a\":1}\n\"");
    memset(text + at, 'x', huge);
    snprintf(text + at + huge, 32, "\"\n{\"a\":2}\n");
    size_t len = strlen(text);
    const char *const names[] = {"a.ndjson", "b.ndjson.gz"};
    struct arena *arena = arena_new(NULL, POOL_READ);
    struct buffer out;
    buffer_init(&out, arena, 1 << 20);
    struct compressor *compressor = compressor_new(COMPRESSION_GZIP, 1);
    compressor_frame(compressor, slice_make(text, len), &out);
    compressor_free(compressor);
    testing_write(names[0], text, len);
    testing_write(names[1], out.data, out.len);
    for (int i = 0; i < 2; i++) {
        struct fixture fixture = {.format = {.kind = FORMAT_JSON, .record_bytes_max = 100000}};
        fixture_open(&fixture, names[i]);
        budget_free(fixture.budget);
        fixture.budget = budget_new(4 << 20, 0); /* a quarter: 1 MiB is held at most */
        struct part_list parts = list(&fixture);
        struct read_result all = read_all(&fixture, &parts.items[0], "start", 64 << 10);
        assert_int_equal(all.oversize, 1);
        assert_true(all.blocks >= 3);
        assert_memory_equal(all.bytes, "{\"a\":1}\n\"xxx", 12);
        assert_memory_equal(all.bytes + all.len - 8, "{\"a\":2}\n", 8);
        assert_int_equal(all.borders[1], huge + 11);
        free(all.bytes);
        fixture_close(&fixture);
    }
    arena_free(arena);
    free(text);
}

/* What follows a record that is not kept is found again, between commas as well as between lines. */
static void an_array_goes_on_behind_a_record_beyond_the_limit(void **state) {
    (void)state;
    static const char *const tails[] = {", {\"a\":3},{\"a\":4}]", "]\n", ""};
    const size_t huge = 3 << 20;
    char *text = malloc(huge + 64);
    for (int i = 0; i < 3; i++) {
        size_t at = (size_t)snprintf(text, 32, "[{\"a\":1},\"");
        memset(text + at, 'x', huge);
        snprintf(text + at + huge, 48, "\"%s", tails[i]);
        testing_write("a.json", text, strlen(text));
        struct fixture fixture = {.format = {.kind = FORMAT_JSON, .record_bytes_max = 100000}};
        fixture_open(&fixture, "a.json");
        budget_free(fixture.budget);
        fixture.budget = budget_new(4 << 20, 0);
        struct part_list parts = list(&fixture);
        struct read_result all = read_all(&fixture, &parts.items[0], "start", 64 << 10);
        assert_int_equal(all.status, i == 2 ? STATUS_FAILED : STATUS_OK);
        assert_true(i < 2 || strcmp(all.error.code, "file-incomplete") == 0);
        assert_int_equal(all.oversize, i == 2 ? 0 : 1);
        size_t len = strlen(tails[i]);
        assert_true(all.len > len);
        assert_memory_equal(all.bytes + all.len - len, tails[i], len);
        free(all.bytes);
        fixture_close(&fixture);
    }
    free(text);
}

static void a_record_longer_than_the_room_makes_the_block_grow(void **state) {
    (void)state;
    const size_t large = 300000;
    char *text = malloc(large * 2 + 64);
    text[0] = '"';
    memset(text + 1, 'x', large);
    snprintf(text + 1 + large, 32, "\"\n");
    size_t one = strlen(text);
    memcpy(text + one, text, one);
    testing_write("a.ndjson", text, one * 2);
    struct fixture fixture = {.format = {.kind = FORMAT_JSON}};
    fixture_open(&fixture, "*.ndjson");
    struct part_list parts = list(&fixture);
    struct read_result all = read_all(&fixture, &parts.items[0], "start", 1);
    assert_int_equal(all.len, one * 2);
    assert_int_equal(all.oversize, 0);
    assert_memory_equal(all.bytes, text, one * 2);
    free(all.bytes);
    free(text);
    fixture_close(&fixture);
}

static void a_full_budget_is_not_now_and_loses_nothing(void **state) {
    (void)state;
    size_t len;
    char *text = lines_make(2000, true, &len);
    testing_write("a.ndjson", text, len);
    struct fixture fixture = {.format = {.kind = FORMAT_JSON}};
    fixture_open(&fixture, "*.ndjson");
    struct part_list parts = list(&fixture);
    struct part_format format;
    struct reader *reader = reader_open(&fixture, &parts.items[0], "start", "", &format);
    assert_true(budget_take(fixture.budget, POOL_SINK, 256 << 20, false));
    struct block block;
    struct error error;
    assert_int_equal(object_source_ops.read(reader, fixture.budget, 1 << 20, INT64_MAX, &block, &error),
                     STATUS_AGAIN);
    assert_false(block.idle);
    budget_give(fixture.budget, POOL_SINK, 256 << 20);
    assert_int_equal(object_source_ops.read(reader, fixture.budget, 1 << 20, INT64_MAX, &block, &error), STATUS_OK);
    assert_int_equal(block.raw.len, len);
    assert_true(position_is_end(&block.to));
    arena_free(block.arena);
    object_source_ops.close(reader);
    free(text);
    fixture_close(&fixture);
}

static void an_empty_file_is_at_its_end(void **state) {
    (void)state;
    testing_write_text("a.ndjson", "");
    struct fixture fixture = {.format = {.kind = FORMAT_JSON}};
    fixture_open(&fixture, "*.ndjson");
    struct part_list parts = list(&fixture);
    assert_int_equal(parts.count, 1);
    struct read_result all = read_all(&fixture, &parts.items[0], "start", 1 << 20);
    assert_int_equal(all.len, 0);
    free(all.bytes);
    fixture_close(&fixture);
}

static void a_json_array_is_one_part_and_a_cut_one_stops(void **state) {
    (void)state;
    testing_write_text("a.json", "[\n {\"a\": 1},\n {\"a\": [2, 3]}\n]\n");
    struct fixture fixture = {.format = {.kind = FORMAT_JSON}, .options = {.split_bytes = 4}};
    fixture_open(&fixture, "*.json");
    struct part_list parts = list(&fixture);
    assert_int_equal(parts.count, 1);
    assert_non_null(strstr(parts.items[0].detail, "\"array\""));
    struct read_result all = read_all(&fixture, &parts.items[0], "start", 1 << 20);
    assert_int_equal(all.status, STATUS_OK);
    free(all.bytes);
    testing_write_text("a.json", "[\n {\"a\": 1},\n {\"a\": [2, 3]}");
    parts = list(&fixture);
    all = read_all(&fixture, &parts.items[0], "start", 1 << 20);
    assert_int_equal(all.status, STATUS_FAILED);
    assert_string_equal(all.error.code, "file-incomplete");
    free(all.bytes);
    fixture_close(&fixture);
}

static void globs_reach_down_and_leave_hidden_names_out(void **state) {
    (void)state;
    mkdir(testing_path("in"), 0777);
    mkdir(testing_path("in/deep"), 0777);
    mkdir(testing_path("in/deep/er"), 0777);
    mkdir(testing_path("in/_leat"), 0777);
    const char *const names[] = {"in/b.csv",          "in/a.csv",      "in/_c.csv", "in/.d.csv",
                                 "in/deep/er/e.csv", "in/_leat/f.csv", "in/g.txt",  "in/deep/per%cent\n.csv"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        testing_write_text(names[i], "1\n");
    }
    struct fixture fixture = {.format = {.kind = FORMAT_CSV, .framing = FRAMING_CSV}};
    fixture_open(&fixture, "in/**/*.csv");
    struct part_list parts = list(&fixture);
    assert_int_equal(parts.count, 4);
    assert_string_equal(parts.items[0].entry, testing_path("in/a.csv"));
    assert_string_equal(parts.items[1].entry, testing_path("in/b.csv"));
    assert_string_equal(parts.items[2].entry, testing_path("in/deep/er/e.csv"));
    assert_string_equal(parts.items[3].entry, testing_path("in/deep/per%25cent%0A.csv"));
    struct read_result odd = read_all(&fixture, &parts.items[3], "start", 1 << 20);
    assert_int_equal(odd.len, 2);
    free(odd.bytes);
    const char *const known[] = {parts.items[0].entry, parts.items[3].entry};
    known_entries = known;
    known_count = 2;
    assert_int_equal(list(&fixture).count, 2);
    fixture_close(&fixture);
    fixture_open(&fixture, "in/_leat/*.csv"); /* spelled out: wanted */
    assert_int_equal(list(&fixture).count, 1);
    fixture_close(&fixture);
}

static void positions_print_parse_and_sort(void **state) {
    (void)state;
    const char *const texts[] = {"start", "0", "1", "255", "256", "4294967296", "999999999999999999", "end"};
    struct position last = {0};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct position position;
        char text[POSITION_TEXT_MAX];
        assert_true(object_source_ops.parse(texts[i], &position));
        object_source_ops.print(&position, text);
        assert_string_equal(text, texts[i]);
        assert_true(i == 0 || position_compare(&last, &position) < 0);
        last = position;
    }
    const char *const bad[] = {"", "-1", "01", " 1", "1 ", "1a", "9999999999999999999", "END"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct position position;
        assert_false(object_source_ops.parse(bad[i], &position));
    }
    struct position base, at;
    assert_true(object_source_ops.parse("1000", &base));
    object_source_ops.position_at(&base, 24, &at);
    assert_int_equal(object_source_ops.offset_of(&base, &at), 24);
    struct position end = POSITION_END;
    assert_int_equal(object_source_ops.offset_of(&base, &end), SIZE_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, testing_setup, testing_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(what_is_read_is_the_file_from_every_border),
        TEST(gzip_is_read_by_uncompressed_offset),
        TEST(zstd_is_read_by_uncompressed_offset),
        TEST(splits_meet_at_line_borders_and_make_the_whole),
        TEST(a_csv_part_knows_the_header_and_begins_behind_it),
        TEST(a_changed_file_is_a_named_stop),
        TEST(a_file_that_changes_while_it_is_read_does_not_end),
        TEST(a_record_beyond_the_limit_becomes_one_flagged_record),
        TEST(an_array_goes_on_behind_a_record_beyond_the_limit),
        TEST(a_record_longer_than_the_room_makes_the_block_grow),
        TEST(a_full_budget_is_not_now_and_loses_nothing),
        TEST(an_empty_file_is_at_its_end),
        TEST(a_json_array_is_one_part_and_a_cut_one_stops),
        TEST(globs_reach_down_and_leave_hidden_names_out),
        TEST(positions_print_parse_and_sort),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
