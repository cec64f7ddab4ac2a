/* SPDX-License-Identifier: Apache-2.0 */
/* CSV and text into columns: quotes, nulls, line ends, wrong numbers of fields, the head of a file,
 * and that the reader's framer and the splitter agree on where rows end. */
#include "engine/record/csv.h"
#include "engine/record/decoder_fixture.h"

static void decode_csv_text(struct decoding *decoding, const char *columns, const char *text) {
    decoding_init(decoding, FORMAT_CSV, FRAMING_CSV, columns);
    decoding_run(decoding, slice_of(text));
}

/* Appends text and its NUL; returns the new end. */
static char *append(char *at, const char *text) {
    size_t len = strlen(text);
    memcpy(at, text, len + 1);
    return at + len;
}

/* The columns a, b, c of each row, joined: "a|b|c;a|b|c". */
static void check_rows(const char *text, const char *expected) {
    struct decoding decoding;
    char joined[1024], *at = append(joined, "");
    decode_csv_text(&decoding, "a text, b text, c text", text);
    for (uint32_t row = 0; row < decoding.batch.rows; row++) {
        if (row) {
            at = append(at, ";");
        }
        if (decoding_withdrawal(&decoding, row)) {
            at = append(at, "withdrawn");
            continue;
        }
        for (uint32_t i = 0; i < 3; i++) {
            static const char *const names[] = {"a", "b", "c"};
            at = append(at, i ? "|" : "");
            at = append(at, decoding_text(&decoding, names[i], row));
        }
    }
    assert_string_equal(joined, expected);
    decoding_free(&decoding);
}

static void plain_fields(void **state) {
    (void)state;
    check_rows("1,2,3\n4,5,6\n", "1|2|3;4|5|6");
    check_rows("1,2,3\r\n4,5,6", "1|2|3;4|5|6");
    check_rows(" 1, 2 ,3 \n", " 1| 2 |3 ");
    check_rows("a field of more than sixteen bytes,another field of that length,x\n",
               "a field of more than sixteen bytes|another field of that length|x");
    check_rows("a\rb,c\r,\r\r\n", "a\rb|c\r|\r");
    check_rows("1,2,3\r", "1|2|3");
}

static void quoted_fields(void **state) {
    (void)state;
    check_rows("\"a\",\"b,c\",\"d\ne\"\n", "a|b,c|d\ne");
    check_rows("\"a\"\"b\",\"\"\"\",\"\"\n", "a\"b|\"|");
    check_rows("\"\r\n\",x,\"y\"\r\n1,2,\"3\"\r\n", "\r\n|x|y;1|2|3");
    check_rows("\"\"\"quoted\"\"\",2,\"3\"\"\"", "\"quoted\"|2|3\"");
    check_rows("\"a quoted field, longer than sixteen bytes\",\"\n\n\n\",3\n",
               "a quoted field, longer than sixteen bytes|\n\n\n|3");
}

static void quotes_inside_of_fields_are_read_as_postgres_does(void **state) {
    (void)state;
    check_rows("a\"b,c\"d,2,3\n", "ab,cd|2|3");
    check_rows("\"a\"b,\"c\" ,d\"\"\n", "ab|c |d");
    check_rows("\"a\"\"b\"c\"d\"\"e\",2,3\n", "a\"bcd\"e|2|3");
    check_rows("x\"\n\"y,2,3\r\n4,5,6\r\n", "x\ny|2|3;4|5|6");
}

static void nulls_are_unquoted(void **state) {
    (void)state;
    check_rows(",\"\",x\n", "NULL||x");
    check_rows(",,\n", "NULL|NULL|NULL");
    struct decoding decoding;
    static const struct slice nulls[] = {SLICE_LITERAL("NA"), SLICE_LITERAL("\\N")};
    decoding_init(&decoding, FORMAT_CSV, FRAMING_CSV, "a text, b text, c text, d text");
    decoding.format.nulls = nulls;
    decoding.format.nulls_count = 2;
    decoding_run(&decoding, SLICE_LITERAL("NA,\"NA\",\\N,\n"));
    assert_string_equal(decoding_text(&decoding, "a", 0), "NULL");
    assert_string_equal(decoding_text(&decoding, "b", 0), "NA");
    assert_string_equal(decoding_text(&decoding, "c", 0), "NULL");
    assert_string_equal(decoding_text(&decoding, "d", 0), "");
    decoding_free(&decoding);
}

static void empty_lines_are_no_records(void **state) {
    (void)state;
    check_rows("\n\r\n1,2,3\n\n\n4,5,6\n\r", "1|2|3;4|5|6");
    check_rows("", "");
    check_rows("1,2,3\n\r\r\n4,5,6\n", "1|2|3;withdrawn;4|5|6"); /* a lone CR is a field */
    check_rows("\n\r\r\n", "withdrawn");
}

static void rows_with_the_wrong_number_of_fields_are_withdrawn(void **state) {
    (void)state;
    struct decoding decoding;
    decode_csv_text(&decoding, "a int, b text", "1,x\n2\n3,x,y\n4,\"x\n5,y\n");
    assert_int_equal(decoding.batch.rows, 4);
    decoding_check_withdrawn(&decoding, 1, "22P04",
                             "too few fields in a row of CSV: 1 instead of 2");
    decoding_check_withdrawn(&decoding, 2, "22P04",
                             "too many fields in a row of CSV: 3 instead of 2");
    decoding_check_withdrawn(&decoding, 3, "22P04", "unterminated CSV quoted field");
    assert_int_equal(decoding.batch.selected, 1);
    assert_int_equal(decoding.batch.records[3].offset, 12);
    assert_int_equal(decoding.batch.records[3].len, 9);
    decoding_free(&decoding);
}

static void without_quoted_newlines_a_row_is_a_line(void **state) {
    (void)state;
    struct decoding decoding;
    decoding_init(&decoding, FORMAT_CSV, FRAMING_CSV, "a text, b text");
    decoding.format.quoted_newlines = false;
    decoding_run(&decoding, SLICE_LITERAL("1,\"x\n2,\"y\"\n"));
    assert_int_equal(decoding.batch.rows, 2);
    decoding_check_withdrawn(&decoding, 0, "22P04", "unterminated CSV quoted field");
    assert_string_equal(decoding_text(&decoding, "b", 1), "y");
    decoding_free(&decoding);
}

static void delimiter_and_quote_can_be_chosen(void **state) {
    (void)state;
    struct decoding decoding;
    decoding_init(&decoding, FORMAT_CSV, FRAMING_CSV, "a text, b text");
    decoding.format.delimiter = '\t';
    decoding.format.quote = '\'';
    decoding_run(&decoding, SLICE_LITERAL("a,b\t'it''s\t'\n"));
    assert_string_equal(decoding_text(&decoding, "a", 0), "a,b");
    assert_string_equal(decoding_text(&decoding, "b", 0), "it's\t");
    decoding_free(&decoding);
    decoding_init(&decoding, FORMAT_CSV, FRAMING_CSV, "a text, b text");
    decoding.format.quote = '\0';
    decoding_run(&decoding, SLICE_LITERAL("\"a,\"b\"\n"));
    assert_string_equal(decoding_text(&decoding, "a", 0), "\"a");
    assert_string_equal(decoding_text(&decoding, "b", 0), "\"b\"");
    decoding_free(&decoding);
}

static void the_header_names_the_columns(void **state) {
    (void)state;
    static const struct slice header[] = {SLICE_LITERAL("n"), SLICE_LITERAL("say \"x\""),
                                          SLICE_LITERAL("v")};
    struct decoding decoding;
    decoding_init(&decoding, FORMAT_CSV, FRAMING_CSV, "v numeric(5,2), missing text, n int");
    decoding.header = header;
    decoding.header_count = 3;
    decoding_need(&decoding, VIRTUAL_VALUE);
    decoding_need(&decoding, VIRTUAL_RAW);
    decoding_run(&decoding, SLICE_LITERAL("7,\"q\"\"\t\",1.5\r\n8,,x\n"));
    assert_string_equal(decoding_text(&decoding, "v", 0), "1.50");
    assert_string_equal(decoding_text(&decoding, "n", 0), "7");
    assert_string_equal(decoding_text(&decoding, "missing", 0), "NULL");
    assert_string_equal(decoding_text(&decoding, "_value", 0),
                        "{\"n\": \"7\", \"say \\\"x\\\"\": \"q\\\"\\t\", \"v\": \"1.5\"}");
    assert_string_equal(decoding_text(&decoding, "_raw", 0), "7,\"q\"\"\t\",1.5");
    decoding_check_withdrawn(&decoding, 1, "22P02",
                             "column \"v\": invalid input syntax for type numeric: \"x\"");
    decoding_free(&decoding);
}

static void text_that_is_not_utf8_is_withdrawn(void **state) {
    (void)state;
    struct decoding decoding;
    decoding_init(&decoding, FORMAT_CSV, FRAMING_CSV, "a text");
    decoding_run(&decoding, SLICE_LITERAL("caf\xC3\xA9\ncaf\xE9\nx\0y\nok\n"));
    assert_int_equal(decoding.batch.rows, 4);
    assert_int_equal(decoding.batch.selected, 2);
    assert_string_equal(decoding_withdrawal(&decoding, 1)->code, "22021");
    decoding_check_withdrawn(&decoding, 2, "22021",
                             "invalid byte sequence for encoding \"UTF8\": 0x00, at byte 1");
    decoding_free(&decoding);
}

static void a_message_is_one_row(void **state) {
    (void)state;
    struct decoding decoding;
    decoding_init(&decoding, FORMAT_CSV, FRAMING_NONE, "a text, b text");
    struct record records[] = {{.data = "1,2\n", .len = 4},
                               {.data = "1,2\n3,4", .len = 7},
                               {.data = "", .len = 0},
                               {.data = NULL, .len = 0},
                               {.data = "\"x\ny\",", .len = 6}};
    struct raw raw = {.records = records, .records_count = 5};
    decoding_run_raw(&decoding, &raw);
    assert_int_equal(decoding.batch.selected, 3);
    assert_string_equal(decoding_text(&decoding, "b", 0), "2");
    decoding_check_withdrawn(&decoding, 1, "22P04", "a message holds more than one row of CSV");
    decoding_check_withdrawn(&decoding, 2, "22P04", "an empty message is no row of CSV");
    assert_string_equal(decoding_text(&decoding, "a", 3), "NULL");
    assert_string_equal(decoding_text(&decoding, "a", 4), "x\ny");
    decoding_free(&decoding);
}

/* --- the framer ------------------------------------------------------------------------------ */

static uint64_t random_state = 0xD1342543DE82EF95;

static uint32_t random_below(uint32_t limit) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 16) % limit;
}

static void rows_end_where_the_framer_says(void **state) {
    (void)state;
    static const char alphabet[] = "\"\n,\r\"a\n,bcdefghijklmn";
    struct format format = {
        .kind = FORMAT_CSV, .framing = FRAMING_CSV, .delimiter = ',', .quote = '"'};
    for (uint32_t round = 0; round < 20000; round++) {
        char text[96];
        size_t len = 1 + random_below(sizeof text - 1);
        uint32_t letters = 3 + random_below(sizeof alphabet - 3);
        format.quoted_newlines = round & 1;
        for (size_t i = 0; i < len; i++) {
            text[i] = alphabet[random_below(letters)];
        }
        char *copy = malloc(len);
        assert_non_null(copy);
        memcpy(copy, text, len);
        const char *p = copy, *end = copy + len;
        while (p < end) {
            struct csv_field fields[2];
            struct csv_row row = {.fields = fields, .capacity = 2};
            struct framer framer = {.format = &format};
            csv_row_split(&format, p, end, &row);
            assert_true(row.next > p && row.next <= end && row.end >= p && row.end <= row.next);
            size_t border = 0; /* the first one from p on */
            for (size_t seen = 0; border == 0 && p + seen < end; seen++) {
                border = framer_border(&framer, p, seen, seen + 1, p + seen + 1 == end);
            }
            assert_int_equal(row.next - p, border);
            p = row.next;
        }
        free(copy);
    }
}

/* --- the head of a file ---------------------------------------------------------------------- */

static void check_head(const char *text, bool whole, size_t len, const char *names) {
    struct arena *arena = arena_new(NULL, 0);
    struct format format = {.kind = FORMAT_CSV,
                            .header = true,
                            .quoted_newlines = true,
                            .delimiter = ',',
                            .quote = '"'};
    struct format_head head;
    struct error error;
    assert_int_equal(format_head_read(&format, slice_of(text), whole, arena, &head, &error),
                     STATUS_OK);
    assert_int_equal(head.len, len);
    char joined[256], *at = append(joined, "");
    for (uint32_t i = 0; i < head.header_count; i++) {
        at = append(at, i ? "|" : "");
        at = append(at, arena_text(arena, head.header[i]));
    }
    assert_string_equal(joined, names);
    arena_free(arena);
}

static void the_head_is_read_once(void **state) {
    (void)state;
    check_head("a,b\n1,2\n", false, 4, "a|b");
    check_head("\xEF\xBB\xBF"
               "a,\"b\n\"\"c\"\r\n1",
               false, 14, "a|b\n\"c");
    check_head("\n\na,b", true, 5, "a|b");
    check_head("", true, 0, "");
    check_head("\xEF\xBB\xBF", true, 3, "");
}

static void json_and_text_may_begin_with_a_byte_order_mark_and_bytes_keep_it(void **state) {
    (void)state;
    struct slice head = SLICE_LITERAL("\xEF\xBB\xBF{}\n");
    static const size_t lens[] = {[FORMAT_JSON] = 3, [FORMAT_CSV] = 3, [FORMAT_TEXT] = 3, [FORMAT_BYTES] = 0};
    for (int kind = FORMAT_JSON; kind <= FORMAT_BYTES; kind++) {
        struct format format = {.kind = (enum format_kind)kind, .delimiter = ',', .quote = '"'};
        struct format_head found;
        struct error error;
        assert_int_equal(format_head_read(&format, head, false, NULL, &found, &error), STATUS_OK);
        assert_int_equal(found.len, lens[kind]);
    }
}

static void a_head_that_is_not_whole_or_not_sound(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool whole;
        enum status status;
    } cases[] = {{"a,b", false, STATUS_AGAIN},      {"", false, STATUS_AGAIN},
                 {"\xEF\xBB", false, STATUS_AGAIN}, {"a,\"b\n", false, STATUS_AGAIN},
                 {"a,\"b\n", true, STATUS_FAILED},  {"a,b,a\n", false, STATUS_FAILED},
                 {"a,\xFF\n", true, STATUS_FAILED}, {",,\n", true, STATUS_OK},
                 {"\n\n", false, STATUS_AGAIN}};
    for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena *arena = arena_new(NULL, 0);
        struct format format = {.kind = FORMAT_CSV,
                                .header = true,
                                .quoted_newlines = true,
                                .delimiter = ',',
                                .quote = '"'};
        struct format_head head;
        struct error error;
        assert_int_equal(format_head_read(&format, slice_of(cases[i].text), cases[i].whole, arena,
                                          &head, &error),
                         cases[i].status);
        arena_free(arena);
    }
}

/* --- text ------------------------------------------------------------------------------------ */

static void a_line_of_text_is_a_record(void **state) {
    (void)state;
    struct decoding decoding;
    decoding_init(&decoding, FORMAT_TEXT, FRAMING_LINES, "line text");
    decoding_need(&decoding, VIRTUAL_VALUE);
    decoding_need(&decoding, VIRTUAL_RAW);
    decoding_run(&decoding, SLICE_LITERAL("one \"x\"\r\n\n\xff\nlast"));
    assert_int_equal(decoding.batch.rows, 4);
    assert_string_equal(decoding_text(&decoding, "line", 0), "one \"x\"");
    assert_string_equal(decoding_text(&decoding, "_value", 0), "\"one \\\"x\\\"\"");
    assert_string_equal(decoding_text(&decoding, "line", 1), "");
    assert_string_equal(decoding_withdrawal(&decoding, 2)->code, "22021");
    assert_string_equal(decoding_text(&decoding, "_raw", 3), "last");
    decoding_free(&decoding);
}

static void bytes_are_one_record(void **state) {
    (void)state;
    struct decoding decoding;
    decoding_init(&decoding, FORMAT_BYTES, FRAMING_NONE, "data bytea");
    decoding_run(&decoding, SLICE_LITERAL("a\n\0\xff"));
    assert_int_equal(decoding.batch.rows, 1);
    assert_int_equal(decoding.batch.withdrawals_count, 0);
    assert_string_equal(decoding_text(&decoding, "data", 0), "\\x610a00ff");
    decoding_free(&decoding);
    decoding_init(&decoding, FORMAT_BYTES, FRAMING_NONE, "");
    decoding_need(&decoding, VIRTUAL_RAW);
    decoding_run(&decoding, SLICE_LITERAL("a\n\0"));
    assert_string_equal(decoding_withdrawal(&decoding, 0)->code, "22021");
    decoding_free(&decoding);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_fields),
        cmocka_unit_test(quoted_fields),
        cmocka_unit_test(quotes_inside_of_fields_are_read_as_postgres_does),
        cmocka_unit_test(nulls_are_unquoted),
        cmocka_unit_test(empty_lines_are_no_records),
        cmocka_unit_test(rows_with_the_wrong_number_of_fields_are_withdrawn),
        cmocka_unit_test(without_quoted_newlines_a_row_is_a_line),
        cmocka_unit_test(delimiter_and_quote_can_be_chosen),
        cmocka_unit_test(the_header_names_the_columns),
        cmocka_unit_test(text_that_is_not_utf8_is_withdrawn),
        cmocka_unit_test(a_message_is_one_row),
        cmocka_unit_test(rows_end_where_the_framer_says),
        cmocka_unit_test(the_head_is_read_once),
        cmocka_unit_test(json_and_text_may_begin_with_a_byte_order_mark_and_bytes_keep_it),
        cmocka_unit_test(a_head_that_is_not_whole_or_not_sound),
        cmocka_unit_test(a_line_of_text_is_a_record),
        cmocka_unit_test(bytes_are_one_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
