/* SPDX-License-Identifier: Apache-2.0 */
/* The fast road gives what value_parse gives, or leaves it to value_parse: over the spellings at
 * its edges and over random ones. */
#include "engine/record/decoder.h"
#include "engine/record/decoder_fixture.h"

static const char *const types[] = {
    "bool",         "int2",           "int4", "int8",       "float8",  "numeric", "numeric(5,2)",
    "numeric(4,4)", "numeric(3,0)",   "text", "varchar(3)", "uuid",    "date",    "timestamp",
    "timestamptz",  "timestamptz(0)", "time", "bytea",      "interval"};
enum { TYPES = sizeof types / sizeof *types };

static struct type type_of(const char *name) {
    struct type type;
    struct error error;
    struct slice text = slice_of(name);
    assert_int_equal(type_parse(&text, &type, &error), STATUS_OK);
    return type;
}

/* True when the fast road took it. */
static bool check(struct type type, struct slice text, struct arena *arena) {
    uint64_t fast[4] = {0}, slow[4] = {0};
    struct value_error error = {.code = NULL};
    char *copy = malloc(text.len + 1);
    assert_non_null(copy);
    memcpy(copy, text.data, text.len);
    bool taken = decode_fast(type, slice_make(copy, text.len), arena, fast);
    if (taken) {
        struct buffer a, b;
        if (!value_parse(type, text, timezone_utc(), arena, slow, &error)) {
            fail_msg("took %.*s, which is refused: %.*s", (int)text.len, text.data,
                     (int)error.message.len, error.message.data);
        }
        buffer_init(&a, arena, 64);
        value_print(type, fast, timezone_utc(), &a);
        buffer_init(&b, arena, 64);
        value_print(type, slow, timezone_utc(), &b);
        if (!slice_equal(buffer_slice(&a), buffer_slice(&b))) {
            fail_msg("%.*s: %.*s instead of %.*s", (int)text.len, text.data, (int)a.len, a.data,
                     (int)b.len, b.data);
        }
    }
    free(copy);
    return taken;
}

static void edges_are_what_value_parse_gives(void **state) {
    (void)state;
    /* clang-format off */
    static const char *const texts[] = {
        "", "-", "0", "-0", "00", "007", "-007", "1", "-1", "127", "32767", "32768", "-32768",
        "-32769", "2147483647", "2147483648", "-2147483648", "-2147483649", "999999999999999999",
        "1000000000000000000", "9223372036854775807", "9223372036854775808", "0.0", "-0.0", "-0.00",
        "1.", ".5", "1.5", "1.50", "0.5", "0.1", "999.99", "999.995", "1000.00", "100.1", "0.1234",
        "0.12345", "0.0001", "1e5", "1E5", "+1", " 1", "1 ", "1_0", "9007199254740992",
        "9007199254740993", "0.1234567890123456", "123456789012345.678", "4.35", "1.005", "2.675",
        "0.000000000000000001", "123456789012345678", "1234567890123456789", "true", "false", "t",
        "True", "yes", "TRUE", "nan", "NaN", "Infinity", "infinity", "2024-02-29", "2023-02-29",
        "2000-02-29", "1900-02-29", "0001-01-01", "0000-01-01", "9999-12-31", "2024-13-01",
        "2024-00-01", "2024-01-32", "2024-04-31", "2024-1-1", "20240101", "2024-02-29T23:59:59Z",
        "2024-02-29T23:59:60Z", "2024-02-29T24:00:00Z", "2024-02-29 00:00:00",
        "1999-12-31T23:59:59.999999Z", "2024-02-29T12:00:00.1Z", "2024-02-29T12:00:00.1234567Z",
        "2024-02-29T12:00:00.Z", "2024-02-29T12:00:00+02", "2024-02-29T12:00:00-03:30",
        "2024-02-29T12:00:00+15:59", "2024-02-29T12:00:00+16:00", "2024-02-29T12:00:00+0230",
        "2024-02-29T12:00:00z", "2024-02-29t12:00:00Z", "2024-02-29T12:00",
        "2024-02-29T12:00:00+02:60", "2024-02-29T12:60:00", "0001-01-01T00:00:00+15:00",
        "6f1c2b1e-0d3f-4a5b-9c7d-1e2f3a4b5c6d", "6F1C2B1E-0D3F-4A5B-9C7D-1E2F3A4B5C6D",
        "6f1c2b1e0d3f4a5b9c7d1e2f3a4b5c6d", "6f1c2b1e-0d3f-4a5b-9c7d-1e2f3a4b5c6g",
        "6f1c2b1e-0d3f-4a5b-9c7d-1e2f3a4b5c6", "{6f1c2b1e-0d3f-4a5b-9c7d-1e2f3a4b5c6d}", "abc",
        "abcd", "12:34:56", "1 day", "\\x00", "12345678901234567890123456789012345678",
        "123456789012345678901234567890123456789012345", "0.10000000000000000000000000000000000001",
    };
    /* clang-format on */
    struct arena *arena = arena_new(NULL, 0);
    for (uint32_t type = 0; type < TYPES; type++) {
        struct type as = type_of(types[type]);
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
            check(as, slice_of(texts[i]), arena);
        }
    }
    arena_free(arena);
}

static void common_spellings_take_the_fast_road(void **state) {
    (void)state;
    static const char *const common[][2] = {{"int4", "12345"},
                                            {"int8", "-1234567890123"},
                                            {"int2", "7"},
                                            {"float8", "12.5"},
                                            {"numeric", "12.50"},
                                            {"numeric(12,2)", "12.5"},
                                            {"numeric(12,2)", "0.05"},
                                            {"text", "x"},
                                            {"bool", "true"},
                                            {"date", "2026-11-01"},
                                            {"uuid", "6f1c2b1e-0d3f-4a5b-9c7d-1e2f3a4b5c6d"},
                                            {"timestamptz", "2026-11-01T10:00:00Z"},
                                            {"timestamptz", "2026-11-01T10:00:00.123456+01:00"},
                                            {"timestamptz", "2026-11-01 10:00:00+00"},
                                            {"timestamp", "2026-11-01 10:00:00.5"}};
    struct arena *arena = arena_new(NULL, 0);
    for (size_t i = 0; i < sizeof common / sizeof *common; i++) {
        if (!check(type_of(common[i][0]), slice_of(common[i][1]), arena)) {
            fail_msg("%s left %s to value_parse", common[i][0], common[i][1]);
        }
    }
    arena_free(arena);
}

static uint64_t random_state = 0xA0761D6478BD642F;

static uint32_t random_below(uint32_t limit) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 16) % limit;
}

static void random_spellings_are_what_value_parse_gives(void **state) {
    (void)state;
    static const char *const seeds[] = {"2026-11-01T10:00:00.123456Z",
                                        "6f1c2b1e-0d3f-4a5b-9c7d-1e2f3a4b5c6d",
                                        "12345.678",
                                        "-0.0001",
                                        "true",
                                        "1969-12-31 23:59:59+05:30",
                                        "2000-02-29"};
    static const char alphabet[] = "0123456789-+.:TZ eaf";
    struct arena *arena = arena_new(NULL, 0);
    for (uint32_t round = 0; round < 30000; round++) {
        char text[64];
        const char *seed = seeds[round % 7];
        size_t len = strlen(seed);
        memcpy(text, seed, len);
        for (uint32_t times = 1 + random_below(3); times > 0; times--) {
            text[random_below((uint32_t)len)] =
                alphabet[random_below(random_below(2) ? 10 : sizeof alphabet - 1)];
        }
        len -= random_below(8) == 0 ? random_below((uint32_t)len) : 0;
        check(type_of(types[random_below(TYPES)]), slice_make(text, len), arena);
        if (round % 1000 == 0) {
            arena_reset(arena);
        }
    }
    arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges_are_what_value_parse_gives),
        cmocka_unit_test(common_spellings_take_the_fast_road),
        cmocka_unit_test(random_spellings_are_what_value_parse_gives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
