/* SPDX-License-Identifier: Apache-2.0 */
/* Rows out: JSON lines and CSV, and that what is written comes back. */
#include "engine/record/encode.h"

#include "engine/record/decoder_fixture.h"

static struct encode_options options_of(enum format_kind kind) {
    return (struct encode_options){.kind = kind,
                                   .delimiter = ',',
                                   .quote = '"',
                                   .null = SLICE_LITERAL(""),
                                   .zone = timezone_utc()};
}

/* Decodes one JSON line into the columns, and writes those as `kind`. */
static const char *encode(struct decoding *decoding, enum format_kind kind, const char *columns,
                          const char *json) {
    struct encode_options options = options_of(kind);
    struct buffer out;
    decoding_init(decoding, FORMAT_JSON, FRAMING_DOCUMENTS, columns);
    decoding_run(decoding, slice_of(json));
    assert_int_equal(decoding->batch.withdrawals_count, 0);
    decoding->batch.schema = &decoding->declared;
    buffer_init(&out, decoding->arena, 0);
    encode_row(&options, &decoding->batch, 0, &out);
    return arena_text(decoding->arena, buffer_slice(&out));
}

static void check_json(const char *columns, const char *json, const char *expected) {
    struct decoding decoding;
    assert_string_equal(encode(&decoding, FORMAT_JSON, columns, json), expected);
    decoding_free(&decoding);
}

static void check_csv(const char *columns, const char *json, const char *expected) {
    struct decoding decoding;
    assert_string_equal(encode(&decoding, FORMAT_CSV, columns, json), expected);
    decoding_free(&decoding);
}

static void json_members_stand_in_schema_order(void **state) {
    (void)state;
    check_json("b int, a text, \"C\"\"d\" bool, n numeric, x float8",
               "{\"a\":\"x\",\"b\":-5,\"C\\\"d\":true,\"n\":1.50,\"x\":0.1}",
               "{\"b\":-5,\"a\":\"x\",\"C\\\"d\":true,\"n\":1.50,\"x\":0.1}\n");
    check_json("a int, b text", "{}", "{\"a\":null,\"b\":null}\n");
    check_json("a smallint, b bigint, c int", "{\"a\":-32768,\"b\":-9223372036854775808,\"c\":0}",
               "{\"a\":-32768,\"b\":-9223372036854775808,\"c\":0}\n");
    check_json("a int[], t timestamptz, u uuid",
               "{\"a\":[1,null],\"t\":\"2026-11-01T10:00:00Z\",\"u\":\"6f1c2b1e-0d3f-4a5b-9c7d-"
               "1e2f3a4b5c6d\"}",
               "{\"a\":[1,null],\"t\":\"2026-11-01T10:00:00+00:00\",\"u\":\"6f1c2b1e-0d3f-4a5b-"
               "9c7d-1e2f3a4b5c6d\"}\n");
}

static void json_keeps_its_bytes_but_never_breaks_the_line(void **state) {
    (void)state;
    check_json("j jsonb", "{\"j\":{\"b\" : 1e2,  \"a\":\"\\u0041\"}}",
               "{\"j\":{\"b\" : 1e2,  \"a\":\"\\u0041\"}}\n");
    check_json("j jsonb, k json, l jsonb[]",
               "{\"j\":{\n\"a\":\r\n[1,\n2]},\"k\":[\n],\"l\":[{\n}]}",
               "{\"j\":{ \"a\":\r [1, 2]},\"k\":[ ],\"l\":[{ }]}\n");
}

static void json_strings_are_escaped_as_postgres_does(void **state) {
    (void)state;
    struct arena *arena = arena_new(NULL, 0);
    static const char alphabet[] = "abc\"\\\n\r\t\b\f\x01\x1f\x7f/\xC3\xA9";
    for (size_t len = 0; len < 70; len++) {
        for (size_t special = 0; special < sizeof alphabet - 2; special++) {
            char text[80];
            memset(text, 'x', sizeof text);
            if (len) {
                text[len / 2] = alphabet[special];
                text[len - 1] = alphabet[(special * 7 + len) % (sizeof alphabet - 3)];
            }
            char *copy = malloc(len + 1); /* the byte behind is the sanitizer's */
            assert_non_null(copy);
            memcpy(copy, text, len);
            struct buffer fast, plain;
            buffer_init(&fast, arena, 0);
            buffer_init(&plain, arena, 0);
            encode_json_string(slice_make(copy, len), &fast);
            json_quote(slice_make(copy, len), &plain);
            assert_true(slice_equal(buffer_slice(&fast), buffer_slice(&plain)));
            free(copy);
        }
        arena_reset(arena);
    }
    struct buffer out;
    buffer_init(&out, arena, 0);
    encode_json_string(SLICE_LITERAL("\"\\/\b\f\n\r\t\x01\x7f"), &out);
    buffer_append_byte(&out, '\0');
    assert_string_equal(out.data, "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\x7f\"");
    arena_free(arena);
}

static void csv_quotes_only_what_it_must(void **state) {
    (void)state;
    check_csv("a text, b text, c text",
              "{\"a\":\"plain\",\"b\":\"with, comma\",\"c\":\"with \\\"quotes\\\"\"}",
              "plain,\"with, comma\",\"with \"\"quotes\"\"\"\n");
    check_csv("a text, b text, c text", "{\"a\":\"\",\"b\":null,\"c\":\" x \"}", "\"\",, x \n");
    check_csv("a text, b text", "{\"a\":\"line\\nbreak\",\"b\":\"return\\r\"}",
              "\"line\nbreak\",\"return\r\"\n");
    check_csv("a text", "{\"a\":\"sixteen bytes and a return \\r here\"}",
              "\"sixteen bytes and a return \r here\"\n");
    check_csv("a text", "{\"a\":\"\\\\.\"}", "\"\\.\"\n");
    check_csv("a int, b bool, c text[], d jsonb",
              "{\"a\":1,\"b\":true,\"c\":[\"x\",\"y z\"],\"d\":{\"b\":1,\"a\":2}}",
              "1,t,\"{x,\"\"y z\"\"}\",\"{\"\"a\"\": 2, \"\"b\"\": 1}\"\n");
}

static void csv_header_and_null_spelling(void **state) {
    (void)state;
    struct decoding decoding;
    struct encode_options options = options_of(FORMAT_CSV);
    struct buffer out;
    options.null = SLICE_LITERAL("NA");
    options.delimiter = ';';
    decoding_init(&decoding, FORMAT_JSON, FRAMING_LINES, "a text, \"b;\" text");
    decoding_run(&decoding, SLICE_LITERAL("{\"a\":\"NA\"}\n{\"a\":\",\",\"b;\":\"\"}\n"));
    decoding.batch.schema = &decoding.declared;
    buffer_init(&out, decoding.arena, 0);
    encode_header(&options, &decoding.declared, &out);
    encode_row(&options, &decoding.batch, 0, &out);
    encode_row(&options, &decoding.batch, 1, &out);
    buffer_append_byte(&out, '\0');
    assert_string_equal(out.data, "a;\"b;\"\n\"NA\";NA\n,;\"\"\n");
    decoding_free(&decoding);
}

static void integers_are_quoted_when_the_delimiter_is_one_of_theirs(void **state) {
    (void)state;
    struct decoding decoding;
    struct encode_options options = options_of(FORMAT_CSV);
    struct buffer out;
    options.delimiter = '-';
    decoding_init(&decoding, FORMAT_JSON, FRAMING_LINES, "a int, b int");
    decoding_run(&decoding, SLICE_LITERAL("{\"a\":-7,\"b\":8}\n"));
    decoding.batch.schema = &decoding.declared;
    buffer_init(&out, decoding.arena, 0);
    encode_row(&options, &decoding.batch, 0, &out);
    buffer_append_byte(&out, '\0');
    assert_string_equal(out.data, "\"-7\"-8\n");
    decoding_free(&decoding);
}

static void text_is_one_column_a_line(void **state) {
    (void)state;
    struct decoding decoding;
    assert_string_equal(encode(&decoding, FORMAT_TEXT, "a text", "{\"a\":\"x\\ty\"}"), "x\ty\n");
    decoding_free(&decoding);
    assert_string_equal(encode(&decoding, FORMAT_TEXT, "a int", "{\"a\":7}"), "7\n");
    decoding_free(&decoding);
    assert_string_equal(encode(&decoding, FORMAT_TEXT, "a int", "{}"), "\n");
    decoding_free(&decoding);
}

/* Appends text and its NUL; returns the new end. */
static char *append(char *at, const char *text) {
    size_t len = strlen(text);
    memcpy(at, text, len + 1);
    return at + len;
}

/* Random text survives JSON and CSV. */
static void what_is_written_comes_back(void **state) {
    (void)state;
    static const char *const pieces[] = {"\\\"", "\\n", ",",        "a",   "\\\\",
                                         " ",    "\\r", "\xC3\xA9", "\\t", "longer piece of text"};
    uint64_t random = 0x9E3779B97F4A7C15;
    for (uint32_t round = 0; round < 300; round++) {
        char json[512], *at = append(json, "{\"a\":\"");
        for (uint32_t i = 0; i < round % 12; i++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            at = append(at, pieces[(random >> 33) % (sizeof pieces / sizeof *pieces)]);
        }
        append(at, "\",\"b\":\"end\"}");
        for (int kind = FORMAT_JSON; kind <= FORMAT_CSV; kind++) {
            struct decoding first, second;
            const char *text = encode(&first, kind, "a text, b text", json);
            decoding_init(&second, kind, kind == FORMAT_JSON ? FRAMING_LINES : FRAMING_CSV,
                          "a text, b text");
            decoding_run(&second, slice_of(text));
            assert_int_equal(second.batch.rows, 1);
            assert_string_equal(decoding_text(&second, "a", 0), decoding_text(&first, "a", 0));
            assert_string_equal(decoding_text(&second, "b", 0), "end");
            decoding_free(&first);
            decoding_free(&second);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_members_stand_in_schema_order),
        cmocka_unit_test(json_keeps_its_bytes_but_never_breaks_the_line),
        cmocka_unit_test(json_strings_are_escaped_as_postgres_does),
        cmocka_unit_test(csv_quotes_only_what_it_must),
        cmocka_unit_test(csv_header_and_null_spelling),
        cmocka_unit_test(integers_are_quoted_when_the_delimiter_is_one_of_theirs),
        cmocka_unit_test(text_is_one_column_a_line),
        cmocka_unit_test(what_is_written_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
