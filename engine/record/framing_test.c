/* SPDX-License-Identifier: Apache-2.0 */
/* The reader's framer: the border it finds does not depend on where blocks are cut, a fresh framer
 * at a border goes on as the old one would, and the worker's pieces are the same for the whole
 * input and for any cut of it. */
#include "engine/record/framing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { PIECES_MAX = 256 };

struct pieces {
    struct slice list[PIECES_MAX];
    uint32_t count;
};

static struct format format_of(enum framing framing) {
    return (struct format){.kind = framing == FRAMING_CSV ? FORMAT_CSV : FORMAT_JSON,
                           .framing = framing,
                           .quoted_newlines = true,
                           .delimiter = ',',
                           .quote = '"'};
}

static void add(struct pieces *pieces, const char *start, const char *end) {
    assert_true(pieces->count < PIECES_MAX);
    pieces->list[pieces->count++] = slice_make(start, (size_t)(end - start));
}

static bool is_space(char byte) {
    return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

/* What a worker makes of one segment. */
static void walk(const struct format *format, const char *data, size_t len, struct pieces *pieces) {
    struct framer framer = {.format = format};
    struct framing_piece piece = {.start = NULL};
    const char *p = data, *end = data + len;
    while (framing_next(&framer, &p, end, &piece)) {
        add(pieces, piece.start, piece.end);
    }
    if (framer.place == PLACE_PIECE || framer.place == PLACE_WORD) {
        piece.end = end;
        while (piece.end > piece.start && is_space(piece.end[-1])) {
            piece.end--;
        }
        add(pieces, piece.start, piece.end);
    }
}

static void check_equal(const struct pieces *a, const struct pieces *b) {
    assert_int_equal(a->count, b->count);
    for (uint32_t i = 0; i < a->count; i++) {
        assert_ptr_equal(a->list[i].data, b->list[i].data);
        assert_int_equal(a->list[i].len, b->list[i].len);
    }
}

/* Reads text as a reader does, with blocks that grow by `step` bytes, cutting wherever a border is
 * known. */
static void read_in_steps(const struct format *format, struct slice text, size_t step,
                          struct pieces *ret) {
    struct framer framer = {.format = format};
    size_t start = 0, seen = 0;
    while (seen < text.len) {
        size_t next = seen + step < text.len ? seen + step : text.len;
        bool last = next == text.len;
        size_t border = framer_border(&framer, text.data + start, seen - start, next - start, last);
        assert_true(border <= next - start);
        if (border) {
            walk(format, text.data + start, border, ret);
            start += border;
        }
        seen = next;
    }
    assert_int_equal(start, text.len);
}

/* The same, but a new framer begins at every border, as after a restart. */
static void read_restarting(const struct format *format, struct slice text, size_t step,
                            struct pieces *ret) {
    size_t start = 0;
    while (start < text.len) {
        struct framer framer = {.format = format};
        size_t border = 0, seen = start;
        while (border == 0) {
            size_t next = seen + step < text.len ? seen + step : text.len;
            border = framer_border(&framer, text.data + start, seen - start, next - start,
                                   next == text.len);
            seen = next;
        }
        walk(format, text.data + start, border, ret);
        start += border;
    }
}

static void check_every_cut(enum framing framing, const char *text, uint32_t expected) {
    struct format format = format_of(framing);
    struct pieces whole = {.count = 0};
    walk(&format, text, strlen(text), &whole);
    if (whole.count != expected) {
        fail_msg("%s: %u pieces instead of %u", text, whole.count, expected);
    }
    for (size_t step = 1; step <= strlen(text) + 1; step++) {
        struct pieces cut = {.count = 0}, restarted = {.count = 0};
        read_in_steps(&format, slice_of(text), step, &cut);
        check_equal(&cut, &whole);
        read_restarting(&format, slice_of(text), step, &restarted);
        check_equal(&restarted, &whole);
    }
}

static void documents_are_found_at_every_cut(void **state) {
    (void)state;
    check_every_cut(FRAMING_DOCUMENTS, "{\n \"a\": 1\n}\n{\n \"b\": [1, {\"c\": \"}]\\\"{\"}]\n}\n",
                    2);
    check_every_cut(FRAMING_DOCUMENTS, "{}{}[][1]\"x\"\"y\\\\\"{}", 7);
    check_every_cut(FRAMING_DOCUMENTS,
                    " 1 2\ntrue\tnull{\"a\":\"a rather long string, longer than a block\"}5", 6);
    check_every_cut(FRAMING_DOCUMENTS, "", 0);
    check_every_cut(FRAMING_DOCUMENTS, " \n\t ", 0);
    check_every_cut(FRAMING_DOCUMENTS, "{\"cut\": [1, 2", 1);
}

static void garbage_between_documents_is_a_piece_and_never_lost(void **state) {
    (void)state;
    check_every_cut(FRAMING_DOCUMENTS, "{\"a\":1} garbage {\"b\":2}", 3);
    check_every_cut(FRAMING_DOCUMENTS, "}{}", 1 + 1);
    check_every_cut(FRAMING_DOCUMENTS, "{}],,:{}", 3);
    check_every_cut(FRAMING_DOCUMENTS, "{\"a\": \"unclosed,\n\"b\": 1}\n{\"c\":2}", 2);
    check_every_cut(FRAMING_DOCUMENTS, "\xEF\xBB\xBF{}", 2);
}

static void array_elements_are_found_at_every_cut(void **state) {
    (void)state;
    check_every_cut(FRAMING_ARRAY, "[]", 0);
    check_every_cut(FRAMING_ARRAY, " [ ] \n", 0);
    check_every_cut(FRAMING_ARRAY, "[1]", 1);
    check_every_cut(
        FRAMING_ARRAY,
        "[\n  {\"a\": [1, 2]},\n  {\"b\": \",]}\\\"\"},\n [3, [4]], \"x,y\" , null\n]\n", 5);
    check_every_cut(FRAMING_ARRAY, "[{},{},{}]", 3);
    check_every_cut(FRAMING_ARRAY, "", 0);
}

static void malformed_arrays_lose_nothing(void **state) {
    (void)state;
    check_every_cut(FRAMING_ARRAY, "[1,,2]", 3); /* an empty piece, to be refused */
    check_every_cut(FRAMING_ARRAY, "[,1]", 2);
    check_every_cut(FRAMING_ARRAY, "[1,]", 2);
    check_every_cut(FRAMING_ARRAY, "[1 2]", 1); /* "1 2" is no document */
    check_every_cut(FRAMING_ARRAY, "[{\"a\":1} [2]]", 1);
    check_every_cut(FRAMING_ARRAY, "[1}, 2]", 2);
    check_every_cut(FRAMING_ARRAY, "[1] tail\n", 2);
    check_every_cut(FRAMING_ARRAY, "[1]]\n[2,3]",
                    4); /* the stray bracket's line, then another array */
    check_every_cut(FRAMING_ARRAY, "[1]\n[2,3]\n", 3);
    check_every_cut(FRAMING_ARRAY, "x\n[1]", 2);
    check_every_cut(FRAMING_ARRAY, "[{\"a\": \"unclosed}, 2]", 1);
    check_every_cut(FRAMING_ARRAY, "[1, 2", 2);
}

static bool is_complete(const char *text) {
    struct format format = format_of(FRAMING_ARRAY);
    struct framer framer = {.format = &format};
    assert_int_equal(framer_border(&framer, text, 0, strlen(text), true), strlen(text));
    return framer_is_complete(&framer);
}

static void an_array_that_is_cut_short_is_noticed(void **state) {
    (void)state;
    assert_true(is_complete("[1,2]"));
    assert_true(is_complete("[1,2]\n "));
    assert_true(is_complete("[]"));
    assert_false(is_complete("[1,2"));
    assert_false(is_complete("[{\"a\":1}"));
    assert_false(is_complete("[{\"a\":1},"));
    assert_false(is_complete("["));
    assert_false(is_complete("[{\"a\":"));
}

/* The border is the one that a framer which saw the whole record would name. */
static void check_first(enum framing framing, const char *text, size_t border) {
    struct format format = format_of(framing);
    for (size_t before = 0; before <= border; before++) {
        for (size_t step = 1; step <= strlen(text); step++) {
            struct framer framer = {.format = &format};
            size_t at = before, found = SIZE_MAX;
            bool there = false;
            if (framer_border(&framer, text, 0, before, false)) {
                assert_int_equal(before, border); /* seen already */
                continue;
            }
            while (!there && at < strlen(text)) {
                size_t len = at + step < strlen(text) ? step : strlen(text) - at;
                there = framer_first_border(&framer, text + at, len, &found);
                at += there ? found : len;
            }
            assert_true(there);
            assert_int_equal(at, border);
        }
    }
}

static void the_first_border_behind_a_long_record_is_found(void **state) {
    (void)state;
    check_first(FRAMING_ARRAY, "[{\"a\":[1,2]} ,{\"b\":2}]", 13);
    check_first(FRAMING_ARRAY, ",[1,[2]],3]", 8);
    check_first(FRAMING_DOCUMENTS, "{\"a\":\"}\"}{\"b\":1} ", 9);
    check_first(FRAMING_DOCUMENTS, "12345 6 ", 5);
}

static void the_first_border_of_lines_is_behind_a_newline(void **state) {
    (void)state;
    struct format format = format_of(FRAMING_CSV);
    struct framer framer = {.format = &format, .in_quotes = true};
    size_t border = 0;
    assert_false(framer_first_border(&framer, "a\nb", 3, &border));
    assert_true(framer_first_border(&framer, "\"\"\"\nx\n", 6, &border));
    assert_int_equal(border, 4);
    format = format_of(FRAMING_LINES);
    framer = (struct framer){.format = &format};
    assert_false(framer_first_border(&framer, "\"ab", 3, &border));
    assert_true(framer_first_border(&framer, "\n\n", 2, &border));
    assert_int_equal(border, 1);
}

static void lines_end_at_the_last_newline(void **state) {
    (void)state;
    struct format format = format_of(FRAMING_LINES);
    struct framer framer = {.format = &format};
    assert_int_equal(framer_border(&framer, "a\nb\nc", 0, 5, false), 4);
    assert_int_equal(framer_border(&framer, "a\nb\nc", 4, 5, false), 0);
    assert_int_equal(framer_border(&framer, "a\nb\nc", 4, 5, true), 5);
    assert_int_equal(framer_border(&framer, "", 0, 0, true), 0);
}

/* --- CSV ------------------------------------------------------------------------------------- */

static uint64_t random_state = 0x9E3779B97F4A7C15;

static uint32_t random_below(uint32_t limit) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 16) % limit;
}

/* Byte by byte, from the definition. */
static size_t plain_border(struct slice text, bool *in_quotes) {
    size_t border = 0;
    for (size_t i = 0; i < text.len; i++) {
        *in_quotes ^= text.data[i] == '"';
        border = text.data[i] == '\n' && !*in_quotes ? i + 1 : border;
    }
    return border;
}

static void csv_borders_lie_outside_of_quotes(void **state) {
    (void)state;
    static const char alphabet[] = "a,\"\"\n\nbcdefghijklmnopqrstuvw";
    struct format format = format_of(FRAMING_CSV);
    char text[400];
    for (uint32_t round = 0; round < 3000; round++) {
        size_t len = random_below(sizeof text), cut = random_below((uint32_t)len + 1);
        uint32_t letters = 5 + random_below(sizeof alphabet - 5);
        for (size_t i = 0; i < len; i++) {
            text[i] = alphabet[random_below(letters)];
        }
        struct framer framer = {.format = &format};
        bool in_quotes = false;
        size_t expected = plain_border(slice_make(text, cut), &in_quotes);
        assert_int_equal(framer_border(&framer, text, 0, cut, false), expected);
        size_t second = plain_border(slice_make(text + cut, len - cut), &in_quotes);
        assert_int_equal(framer_border(&framer, text, cut, len, false), second ? cut + second : 0);
        assert_int_equal(framer.in_quotes, in_quotes);
    }
}

static void without_quoted_newlines_every_newline_is_a_border(void **state) {
    (void)state;
    struct format format = format_of(FRAMING_CSV);
    format.quoted_newlines = false;
    struct framer framer = {.format = &format};
    assert_int_equal(framer_border(&framer, "\"a\nb", 0, 4, false), 3);
    format.quoted_newlines = true;
    format.quote = '\0';
    assert_int_equal(framer_border(&framer, "\"a\nb", 0, 4, false), 3);
}

/* --- detection ------------------------------------------------------------------------------- */

static enum framing detect(const char *head) {
    struct format format = {.kind = FORMAT_JSON};
    return framing_detect(&format, slice_of(head));
}

static void the_framing_of_json_is_told_from_its_head(void **state) {
    (void)state;
    assert_int_equal(detect(""), FRAMING_LINES);
    assert_int_equal(detect("{\"a\":1}\n{\"a\":2}\n"), FRAMING_LINES);
    assert_int_equal(detect("\n\n{\"a\":1}\r\n{\"a\":2}\r\n"), FRAMING_LINES);
    assert_int_equal(detect("{\"a\":1}"), FRAMING_LINES);
    assert_int_equal(detect("{\"a\":\"a line that is longer than the he"), FRAMING_LINES);
    assert_int_equal(detect("1\n2\n"), FRAMING_LINES);
    assert_int_equal(detect("[1,2]\n[3,4]\n"), FRAMING_LINES);
    assert_int_equal(detect("{\"a\":1\n{\"a\":2}\n"), FRAMING_LINES); /* the first line is broken */
    assert_int_equal(detect("{\"a\":1}x\n{\"a\":2}\n"), FRAMING_LINES);
    assert_int_equal(detect("{\n  \"a\": 1\n}\n"), FRAMING_DOCUMENTS);
    assert_int_equal(detect("{ \"a\":\n{}\n}\n"), FRAMING_DOCUMENTS);
    assert_int_equal(detect("{\"a\":1}{\"a\":2}\n"), FRAMING_DOCUMENTS);
    assert_int_equal(detect("{\"a\":1} {\"a\":2}"), FRAMING_DOCUMENTS);
    assert_int_equal(detect("[\n{\"a\":1},\n{\"a\":2}\n]"), FRAMING_ARRAY);
    assert_int_equal(detect("[{\"a\":1},\n {\"a\":2}]"), FRAMING_ARRAY);
    assert_int_equal(detect("[{\"a\":1},{\"a\":2}]\n"), FRAMING_ARRAY);
    assert_int_equal(detect(" [{\"a\":1},{\"a\":"), FRAMING_ARRAY);
    assert_int_equal(detect("\xEF\xBB\xBF[{\"a\":1},{\"a\":2}]\n"), FRAMING_ARRAY);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_are_found_at_every_cut),
        cmocka_unit_test(garbage_between_documents_is_a_piece_and_never_lost),
        cmocka_unit_test(array_elements_are_found_at_every_cut),
        cmocka_unit_test(malformed_arrays_lose_nothing),
        cmocka_unit_test(an_array_that_is_cut_short_is_noticed),
        cmocka_unit_test(the_first_border_behind_a_long_record_is_found),
        cmocka_unit_test(the_first_border_of_lines_is_behind_a_newline),
        cmocka_unit_test(lines_end_at_the_last_newline),
        cmocka_unit_test(csv_borders_lie_outside_of_quotes),
        cmocka_unit_test(without_quoted_newlines_every_newline_is_a_border),
        cmocka_unit_test(the_framing_of_json_is_told_from_its_head),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
