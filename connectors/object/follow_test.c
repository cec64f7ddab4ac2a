/* SPDX-License-Identifier: Apache-2.0 */
/* Followed files: growing, rotating, truncated, removed. Waiting is the clock of the test, moved by hand. */
#include "connectors/object/testing_source.h"

static void append(const char *name, const char *text) {
    FILE *file = fopen(testing_path(name), "a");
    fputs(text, file);
    fclose(file);
}

static enum status follow_read(struct fixture *fixture, struct reader *reader, struct block *block,
                               struct error *error) {
    return object_source_ops.read(reader, fixture->budget, 1 << 20, 0, block, error);
}

static void expect_text(struct fixture *fixture, struct reader *reader, const char *text, char *mark) {
    struct block block;
    struct error error = {0};
    enum status status = follow_read(fixture, reader, &block, &error);
    if (!text) {
        assert_int_equal(status, STATUS_AGAIN);
        assert_true(block.idle);
        return;
    }
    assert_int_equal(status, STATUS_OK);
    assert_int_equal(block.raw.len, strlen(text));
    assert_memory_equal(block.raw.data, text, block.raw.len);
    assert_non_null(block.mark);
    snprintf(mark, MARK_MAX, "%s", block.mark);
    arena_free(block.arena);
}

static void a_followed_file_grows_rotates_and_waits_for_its_newline(void **state) {
    (void)state;
    char mark[MARK_MAX];
    testing_write_text("app.log", "one\ntw");
    struct fixture fixture = {.format = {.kind = FORMAT_TEXT, .framing = FRAMING_LINES},
                              .options = {.follow = true}};
    fixture_open(&fixture, "*.log");
    struct part_list parts = list(&fixture);
    assert_int_equal(parts.count, 1);
    struct part_format format;
    struct reader *reader = reader_open(&fixture, &parts.items[0], "start", "", &format);
    expect_text(&fixture, reader, "one\n", mark);
    expect_text(&fixture, reader, NULL, mark);
    append("app.log", "o\n");
    expect_text(&fixture, reader, "two\n", mark);
    rename(testing_path("app.log"), testing_path("app.log.1"));
    testing_write_text("app.log", "other\n");
    append("app.log.1", "three\n");
    expect_text(&fixture, reader, "three\n", mark);
    object_source_ops.close(reader);
    append("app.log.1", "four\n");
    reader = reader_open(&fixture, &parts.items[0], "14", mark, &format); /* found under its new name */
    expect_text(&fixture, reader, "four\n", mark);
    object_source_ops.close(reader);
    const char *const known[] = {parts.items[0].entry};
    known_entries = known;
    known_count = 1;
    parts = list(&fixture);
    assert_int_equal(parts.count, 1);
    reader = reader_open(&fixture, &parts.items[0], "start", "", &format);
    expect_text(&fixture, reader, "other\n", mark);
    object_source_ops.close(reader);
    fixture_close(&fixture);
}

static void truncation_is_a_named_stop(void **state) {
    (void)state;
    char mark[MARK_MAX];
    testing_write_text("app.log", "one\ntwo\n");
    struct fixture fixture = {.format = {.kind = FORMAT_TEXT, .framing = FRAMING_LINES},
                              .options = {.follow = true}};
    fixture_open(&fixture, "*.log");
    struct part_list parts = list(&fixture);
    struct part_format format;
    struct reader *reader = reader_open(&fixture, &parts.items[0], "start", "", &format);
    expect_text(&fixture, reader, "one\ntwo\n", mark);
    testing_write_text("app.log", "something longer than before\n"); /* same inode, rewritten */
    struct block block;
    struct error error;
    assert_int_equal(follow_read(&fixture, reader, &block, &error), STATUS_FAILED);
    assert_string_equal(error.code, "file-truncated");
    object_source_ops.close(reader);
    struct position position;
    assert_true(object_source_ops.parse("8", &position));
    assert_int_equal(
        object_source_ops.open(fixture.source, &parts.items[0], &position, mark, &reader, &format, &error),
        STATUS_FAILED);
    assert_string_equal(error.code, "file-truncated");
    fixture_close(&fixture);
}

static void a_truncated_file_goes_on_as_its_next_generation(void **state) {
    (void)state;
    char mark[MARK_MAX];
    testing_write_text("app.log", "one\ntwo\n");
    struct fixture fixture = {.format = {.kind = FORMAT_TEXT, .framing = FRAMING_LINES},
                              .options = {.follow = true, .on_truncate = TRUNCATE_RESTART}};
    fixture_open(&fixture, "*.log");
    struct part_list parts = list(&fixture);
    struct part_format format;
    struct reader *reader = reader_open(&fixture, &parts.items[0], "start", "", &format);
    expect_text(&fixture, reader, "one\ntwo\n", mark);
    testing_write_text("app.log", "new\n");
    expect_text(&fixture, reader, NULL, mark); /* not over before the next generation stands */
    const char *known[] = {parts.items[0].entry, NULL};
    known_entries = known;
    known_count = 1;
    struct part_list next = list(&fixture);
    assert_int_equal(next.count, 1);
    expect_text(&fixture, reader, NULL, mark);
    known[1] = next.items[0].entry;
    known_count = 2;
    assert_int_equal(list(&fixture).count, 0);
    struct block block;
    struct error error;
    assert_int_equal(follow_read(&fixture, reader, &block, &error), STATUS_OK);
    assert_true(position_is_end(&block.to));
    arena_free(block.arena);
    object_source_ops.close(reader);
    reader = reader_open(&fixture, &next.items[0], "start", "", &format);
    expect_text(&fixture, reader, "new\n", mark);
    object_source_ops.close(reader);
    fixture_close(&fixture);
}

static void a_removed_file_ends_with_its_last_line(void **state) {
    (void)state;
    char mark[MARK_MAX];
    testing_write_text("app.log", "one\nlast");
    struct fixture fixture = {.format = {.kind = FORMAT_TEXT, .framing = FRAMING_LINES},
                              .options = {.follow = true}};
    fixture_open(&fixture, "*.log");
    struct part_list parts = list(&fixture);
    struct part_format format;
    struct reader *reader = reader_open(&fixture, &parts.items[0], "start", "", &format);
    expect_text(&fixture, reader, "one\n", mark);
    unlink(testing_path("app.log"));
    expect_text(&fixture, reader, NULL, mark);
    testing_now_us += 60000000;
    struct block block;
    struct error error;
    enum status status = follow_read(&fixture, reader, &block, &error);
    while (status == STATUS_AGAIN) {
        status = follow_read(&fixture, reader, &block, &error);
    }
    assert_int_equal(status, STATUS_OK);
    assert_int_equal(block.raw.len, 4);
    assert_true(position_is_end(&block.to));
    arena_free(block.arena);
    object_source_ops.close(reader);
    fixture_close(&fixture);
}

static void a_followed_csv_waits_for_its_header(void **state) {
    (void)state;
    char mark[MARK_MAX];
    testing_write_text("app.log", "id,na");
    struct fixture fixture = {.format = {.kind = FORMAT_CSV, .framing = FRAMING_CSV, .header = true},
                              .options = {.follow = true}};
    fixture_open(&fixture, "*.log");
    assert_int_equal(list(&fixture).count, 0);
    append("app.log", "me\n1,x\n2,");
    struct part_list parts = list(&fixture);
    assert_int_equal(parts.count, 1);
    assert_string_equal(parts.items[0].first, "8");
    struct part_format format;
    struct reader *reader = reader_open(&fixture, &parts.items[0], "8", "", &format);
    assert_int_equal(format.header_count, 2);
    expect_text(&fixture, reader, "1,x\n", mark);
    expect_text(&fixture, reader, NULL, mark);
    object_source_ops.close(reader);
    fixture_close(&fixture);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, testing_setup, testing_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_followed_file_grows_rotates_and_waits_for_its_newline),
        TEST(truncation_is_a_named_stop),
        TEST(a_truncated_file_goes_on_as_its_next_generation),
        TEST(a_removed_file_ends_with_its_last_line),
        TEST(a_followed_csv_waits_for_its_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
