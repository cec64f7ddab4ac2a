/* SPDX-License-Identifier: Apache-2.0 */
/* What people pipe into `leat sql`: compressed under any name, a first record of many MiB, arrays cut short. */
#include "engine/cli/input.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static const struct format json = {
    .kind = FORMAT_JSON, .framing = FRAMING_NONE, .json_depth_max = 128, .record_bytes_max = 1 << 30};

static struct table_input *opened(struct slice bytes, struct error *error) {
    char path[] = "/tmp/leat-input-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.data, bytes.len), bytes.len);
    close(fd);
    struct table_input *input = table_input_open(path, &json, true, error);
    unlink(path);
    return input;
}

/* All blocks, one after the other. */
static enum status read_all(struct table_input *input, struct buffer *out, struct error *error) {
    struct slice block;
    enum status status;
    while ((status = table_input_read(input, &block, error)) == STATUS_OK) {
        buffer_append_slice(out, block);
    }
    return status;
}

static void check(struct slice bytes, enum status expected, struct slice text) {
    struct error error;
    struct arena *arena = arena_new(NULL, 0);
    struct buffer out;
    buffer_init(&out, arena, 64);
    struct table_input *input = opened(bytes, &error);
    assert_non_null(input);
    assert_int_equal(read_all(input, &out, &error), expected);
    assert_true(slice_equal(buffer_slice(&out), text));
    table_input_close(input);
    arena_free(arena);
}

static void compressed_input_is_told_by_its_first_bytes(void **state) {
    (void)state;
    static const enum compression kinds[] = {COMPRESSION_GZIP, COMPRESSION_ZSTD};
    for (int i = 0; i < 2; i++) {
        struct arena *arena = arena_new(NULL, 0);
        struct buffer frame;
        buffer_init(&frame, arena, 64);
        struct compressor *compressor = compressor_new(kinds[i], 1);
        compressor_frame(compressor, SLICE_LITERAL("{\"a\":1}\n{\"a\":2}\n"), &frame);
        compressor_free(compressor);
        check(buffer_slice(&frame), STATUS_END, SLICE_LITERAL("{\"a\":1}\n{\"a\":2}\n"));
        arena_free(arena);
    }
    check(SLICE_LITERAL("\x1F"), STATUS_END, SLICE_LITERAL("\x1F"));
    check(SLICE_LITERAL(""), STATUS_END, SLICE_LITERAL(""));
}

static void an_array_without_its_end_is_an_error_behind_its_records(void **state) {
    (void)state;
    check(SLICE_LITERAL("[{\"a\":1},{\"a\":2}"), STATUS_FAILED, SLICE_LITERAL("[{\"a\":1},{\"a\":2}"));
    check(SLICE_LITERAL("[{\"a\":1},{\"a\":2}]"), STATUS_END, SLICE_LITERAL("[{\"a\":1},{\"a\":2}]"));
}

static void the_peek_reads_on_until_a_record_is_whole(void **state) {
    (void)state;
    const size_t len = 5 << 20;
    char *text = malloc(len);
    assert_non_null(text);
    memset(text, ' ', len);
    memcpy(text, "{\"a\":", 5);
    memcpy(text + len - 3, "1}\n", 3);
    struct error error;
    struct table_input *input = opened(slice_make(text, len), &error);
    assert_non_null(input);
    assert_int_equal(table_input_peek(input).len, len);
    table_input_close(input);
    free(text);
}

static void a_delimiter_is_one_character(void **state) {
    (void)state;
    assert_int_equal(input_delimiter(";"), ';');
    assert_int_equal(input_delimiter("\t"), '\t');
    assert_int_equal(input_delimiter("\\t"), '\t');
    static const char *const wrong[] = {"", "ab", "\"", "\n", "\xC3\xA4"};
    for (uint32_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(input_delimiter(wrong[i]), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compressed_input_is_told_by_its_first_bytes),
        cmocka_unit_test(an_array_without_its_end_is_an_error_behind_its_records),
        cmocka_unit_test(the_peek_reads_on_until_a_record_is_whole),
        cmocka_unit_test(a_delimiter_is_one_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
