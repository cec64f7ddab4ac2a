/* SPDX-License-Identifier: Apache-2.0 */
/* Frames go out and come back through every size of input and room; damage, bombs and windows are
 * named. */
#include "engine/record/compress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <zstd.h>

static const enum compression kinds[] = {COMPRESSION_NONE, COMPRESSION_GZIP, COMPRESSION_ZSTD};

/* Feeds `step` bytes at a time into rooms of `room`; returns the last status. */
static enum status decompress(enum compression kind, struct slice input, size_t step, size_t room,
                              struct buffer *out, struct error *error) {
    struct decompressor *decompressor = decompressor_new(kind);
    char *space = malloc(room);
    assert_non_null(space);
    size_t given = 0;
    enum status status = STATUS_AGAIN;
    struct slice piece = {.data = input.data, .len = 0};
    while (status == STATUS_OK || status == STATUS_AGAIN) {
        if (status == STATUS_AGAIN) {
            assert_int_equal(piece.len, 0);
            size_t more = given + step < input.len ? step : input.len - given;
            piece = slice_make(input.data + given, more);
            given += more;
        }
        size_t written = 0;
        bool ended = given == input.len;
        status = decompressor_run(decompressor, &piece, ended, space, room, &written, error);
        assert_false(status == STATUS_AGAIN && ended);
        assert_true(status != STATUS_OK || written > 0);
        if (status == STATUS_OK) {
            buffer_append(out, space, written);
        }
    }
    free(space);
    decompressor_free(decompressor);
    return status;
}

static struct slice sample(struct arena *arena, size_t len) {
    char *text = arena_alloc(arena, len + 64);
    size_t at = 0;
    for (uint32_t i = 0; at < len; i++) {
        at += (size_t)snprintf(text + at, 64, "{\"n\":%u,\"hash\":%u}\n", i, i * 2654435761u);
    }
    return slice_make(text, len);
}

static struct slice compress(enum compression kind, struct slice text, struct arena *arena) {
    struct buffer out;
    buffer_init(&out, arena, 16);
    struct compressor *compressor = compressor_new(kind, 1);
    size_t half = text.len / 2;
    compressor_frame(compressor, slice_make(text.data, half), &out);
    compressor_frame(compressor, slice_make(text.data, 0), &out);
    compressor_frame(compressor, slice_make(text.data + half, text.len - half), &out);
    compressor_free(compressor);
    return buffer_slice(&out);
}

static void frames_come_back_at_every_step(void **state) {
    (void)state;
    static const size_t steps[] = {1, 7, 100, 1 << 20}, rooms[] = {1, 13, 4096, 1 << 20};
    struct arena *arena = arena_new(NULL, 0);
    struct slice text = sample(arena, 20000);
    for (uint32_t kind = 0; kind < 3; kind++) {
        struct slice packed = compress(kinds[kind], text, arena);
        assert_true(kind == 0 || packed.len < text.len);
        for (uint32_t i = 0; i < 16; i++) {
            struct buffer out;
            struct error error;
            buffer_init(&out, arena, text.len);
            assert_int_equal(
                decompress(kinds[kind], packed, steps[i / 4], rooms[i % 4], &out, &error),
                STATUS_END);
            assert_true(slice_equal(buffer_slice(&out), text));
        }
    }
    arena_free(arena);
}

static void check_failure(enum compression kind, struct slice packed, const char *code) {
    static const size_t steps[] = {1, 1 << 20};
    struct arena *arena = arena_new(NULL, 0);
    for (uint32_t i = 0; i < 2; i++) {
        struct buffer out;
        struct error error = {.code = ""};
        buffer_init(&out, arena, 1024);
        assert_int_equal(decompress(kind, packed, steps[i], 65536, &out, &error), STATUS_FAILED);
        assert_string_equal(error.code, code);
        assert_int_equal(error.class, ERROR_PERMANENT);
        assert_non_null(strstr(error.message, ", at byte "));
    }
    arena_free(arena);
}

static void an_input_cut_anywhere_is_truncated(void **state) {
    (void)state;
    struct arena *arena = arena_new(NULL, 0);
    for (uint32_t kind = 1; kind < 3; kind++) {
        struct buffer one;
        buffer_init(&one, arena, 16);
        struct compressor *compressor = compressor_new(kinds[kind], 1);
        compressor_frame(compressor, sample(arena, 300), &one);
        compressor_free(compressor);
        for (size_t len = 1; len < one.len; len++) {
            check_failure(kinds[kind], slice_make(one.data, len), "truncated-input");
        }
    }
    arena_free(arena);
}

static void damage_and_trailing_garbage_are_corrupt(void **state) {
    (void)state;
    struct arena *arena = arena_new(NULL, 0);
    struct slice text = sample(arena, 3000);
    for (uint32_t kind = 1; kind < 3; kind++) {
        struct slice packed = compress(kinds[kind], text, arena);
        char *copy = arena_alloc(arena, packed.len + 16);
        memcpy(copy, packed.data, packed.len);
        memcpy(copy + packed.len, "garbage garbage", 16);
        check_failure(kinds[kind], slice_make(copy, packed.len + 15), "corrupt-input");
        copy[packed.len - 2] = (char)(copy[packed.len - 2] ^ 0x55); /* in the checksum */
        check_failure(kinds[kind], slice_make(copy, packed.len), "corrupt-input");
        check_failure(kinds[kind], SLICE_LITERAL("plain text, never compressed"), "corrupt-input");
    }
    arena_free(arena);
}

static void zero_padding_behind_gzip_is_skipped(void **state) {
    (void)state;
    struct arena *arena = arena_new(NULL, 0);
    struct slice text = sample(arena, 500);
    struct slice packed = compress(COMPRESSION_GZIP, text, arena);
    char *copy = arena_zalloc(arena, packed.len + 513);
    memcpy(copy, packed.data, packed.len);
    struct buffer out;
    struct error error;
    buffer_init(&out, arena, text.len);
    assert_int_equal(
        decompress(COMPRESSION_GZIP, slice_make(copy, packed.len + 512), 100, 4096, &out, &error),
        STATUS_END);
    assert_true(slice_equal(buffer_slice(&out), text));
    copy[packed.len + 512] = '\x1f';
    check_failure(COMPRESSION_GZIP, slice_make(copy, packed.len + 513), "corrupt-input");
    arena_free(arena);
}

static void a_bomb_is_refused(void **state) {
    (void)state;
    struct arena *arena = arena_new(NULL, 0);
    size_t len = 24 << 20;
    struct slice zeros = slice_make(arena_zalloc(arena, len), len);
    struct buffer packed;
    buffer_init(&packed, arena, 4096);
    struct compressor *compressor = compressor_new(COMPRESSION_ZSTD, 1);
    compressor_frame(compressor, zeros, &packed);
    compressor_free(compressor);
    assert_true(packed.len * 1000 < len - (1 << 20));
    struct buffer out;
    struct error error;
    buffer_init(&out, arena, 4096);
    assert_int_equal(
        decompress(COMPRESSION_ZSTD, buffer_slice(&packed), 65536, 65536, &out, &error),
        STATUS_FAILED);
    assert_string_equal(error.code, "decompression-limit");
    arena_free(arena);
}

static void a_zstd_window_above_the_limit_is_refused(void **state) {
    (void)state;
    /* magic, descriptor: no single segment, no content size; window descriptor: exponent 18 = 2^28
     */
    static const char frame[] = "\x28\xB5\x2F\xFD\x00\x90\x01\x00\x00";
    check_failure(COMPRESSION_ZSTD, slice_make(frame, 9), "decompression-limit");
    /* 2^27 passes */
    static const char allowed[] = "\x28\xB5\x2F\xFD\x00\x88\x01\x00\x00";
    struct arena *arena = arena_new(NULL, 0);
    struct buffer out;
    struct error error;
    buffer_init(&out, arena, 16);
    assert_int_equal(decompress(COMPRESSION_ZSTD, slice_make(allowed, 9), 1, 16, &out, &error),
                     STATUS_END);
    assert_int_equal(out.len, 0);
    arena_free(arena);
}

static void an_empty_input_is_empty(void **state) {
    (void)state;
    for (uint32_t kind = 0; kind < 3; kind++) {
        struct arena *arena = arena_new(NULL, 0);
        struct buffer out;
        struct error error;
        buffer_init(&out, arena, 16);
        assert_int_equal(decompress(kinds[kind], SLICE_LITERAL(""), 1, 1, &out, &error),
                         STATUS_END);
        arena_free(arena);
    }
}

static void the_name_says_the_compression(void **state) {
    (void)state;
    assert_int_equal(compression_of_name(SLICE_LITERAL("a.csv.gz")), COMPRESSION_GZIP);
    assert_int_equal(compression_of_name(SLICE_LITERAL("a.json.zst")), COMPRESSION_ZSTD);
    assert_int_equal(compression_of_name(SLICE_LITERAL("a.gz.json")), COMPRESSION_NONE);
    assert_int_equal(compression_of_name(SLICE_LITERAL("gz")), COMPRESSION_NONE);
    decompressor_free(NULL);
    compressor_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_come_back_at_every_step),
        cmocka_unit_test(an_input_cut_anywhere_is_truncated),
        cmocka_unit_test(damage_and_trailing_garbage_are_corrupt),
        cmocka_unit_test(zero_padding_behind_gzip_is_skipped),
        cmocka_unit_test(a_bomb_is_refused),
        cmocka_unit_test(a_zstd_window_above_the_limit_is_refused),
        cmocka_unit_test(an_empty_input_is_empty),
        cmocka_unit_test(the_name_says_the_compression),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
