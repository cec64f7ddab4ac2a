/* SPDX-License-Identifier: Apache-2.0 */
/* date_trunc and extract, against the results of a real PostgreSQL 15 in the
 * zone America/New_York. */
#include "engine/record/value_check.h"

struct datetime_case {
    const char *a, *b, *expected; /* or the SQLSTATE */
};

static void read_as(struct type type, const char *text, struct arena *arena, void *ret_value) {
    struct value_error error;
    assert_true(value_parse(type, slice_of(text), check_zone("America/New_York"), arena, ret_value,
                            &error));
}

static struct slice printed(struct type type, const void *value, struct arena *arena) {
    struct buffer out;
    buffer_init(&out, arena, 64);
    value_print(type, value, check_zone("America/New_York"), &out);
    return buffer_slice(&out);
}

typedef struct slice (*function)(const struct datetime_case *row, struct arena *arena);

static void check(const struct datetime_case *rows, size_t count, function run) {
    struct arena *arena = arena_new(NULL, POOL_COLUMNS);
    for (size_t i = 0; i < count; i++) {
        struct slice got = run(&rows[i], arena);
        if (!slice_is(got, rows[i].expected)) {
            fail_msg("%s, %s: expected %s, got %.*s", rows[i].a, rows[i].b, rows[i].expected,
                     (int)got.len, got.data);
        }
        arena_reset(arena);
    }
    arena_free(arena);
}

#define CHECK(rows, run) check((rows), sizeof(rows) / sizeof(rows)[0], (run))

static struct slice truncate_run(const struct datetime_case *row, struct arena *arena) {
    int64_t us;
    read_as(TYPE(TIMESTAMP), row->a, arena, &us);
    return timestamp_truncate(slice_of(row->b), us, &us) ? printed(TYPE(TIMESTAMP), &us, arena)
                                                         : SLICE_LITERAL("22023");
}

static struct slice interval_truncate_run(const struct datetime_case *row, struct arena *arena) {
    struct interval value;
    read_as(TYPE(INTERVAL), row->a, arena, &value);
    return interval_truncate(slice_of(row->b), value, &value)
               ? printed(TYPE(INTERVAL), &value, arena)
               : SLICE_LITERAL("22023");
}

static struct slice extract_run(const struct datetime_case *row, struct arena *arena) {
    int64_t us;
    struct slice value;
    const char *code;
    read_as(TYPE(TIMESTAMP), row->a, arena, &us);
    if (!timestamp_extract(slice_of(row->b), us, arena, &value, &code)) {
        return slice_of(code);
    }
    return value.data ? value : SLICE_LITERAL("NULL");
}

static struct slice interval_extract_run(const struct datetime_case *row, struct arena *arena) {
    struct interval value;
    struct slice number;
    const char *code;
    read_as(TYPE(INTERVAL), row->a, arena, &value);
    return interval_extract(slice_of(row->b), value, arena, &number, &code) ? number
                                                                            : slice_of(code);
}

static const struct datetime_case truncations[] = {
    {"2013-07-18 13:14:15.678901", "microseconds", "2013-07-18 13:14:15.678901"},
    {"2013-07-18 13:14:15.678901", "milliseconds", "2013-07-18 13:14:15.678"},
    {"2013-07-18 13:14:15.678901", "second", "2013-07-18 13:14:15"},
    {"2013-07-18 13:14:15.678901", "minute", "2013-07-18 13:14:00"},
    {"2013-07-18 13:14:15.678901", "hour", "2013-07-18 13:00:00"},
    {"2013-07-18 13:14:15.678901", "day", "2013-07-18 00:00:00"},
    {"2013-07-18 13:14:15.678901", "week", "2013-07-15 00:00:00"},
    {"2013-07-18 13:14:15.678901", "month", "2013-07-01 00:00:00"},
    {"2013-07-18 13:14:15.678901", "quarter", "2013-07-01 00:00:00"},
    {"2013-07-18 13:14:15.678901", "year", "2013-01-01 00:00:00"},
    {"2013-07-18 13:14:15.678901", "decade", "2010-01-01 00:00:00"},
    {"2013-07-18 13:14:15.678901", "century", "2001-01-01 00:00:00"},
    {"2013-07-18 13:14:15.678901", "millennium", "2001-01-01 00:00:00"},
    {"2013-07-18 13:14:15.678901", "foo", "22023"},
    {"0001-12-31 BC", "microseconds", "0001-12-31 00:00:00 BC"},
    {"0001-12-31 BC", "milliseconds", "0001-12-31 00:00:00 BC"},
    {"0001-12-31 BC", "second", "0001-12-31 00:00:00 BC"},
    {"0001-12-31 BC", "minute", "0001-12-31 00:00:00 BC"},
    {"0001-12-31 BC", "hour", "0001-12-31 00:00:00 BC"},
    {"0001-12-31 BC", "day", "0001-12-31 00:00:00 BC"},
    {"0001-12-31 BC", "week", "0001-12-25 00:00:00 BC"},
    {"0001-12-31 BC", "month", "0001-12-01 00:00:00 BC"},
    {"0001-12-31 BC", "quarter", "0001-10-01 00:00:00 BC"},
    {"0001-12-31 BC", "year", "0001-01-01 00:00:00 BC"},
    {"0001-12-31 BC", "decade", "0001-01-01 00:00:00 BC"},
    {"0001-12-31 BC", "century", "0100-01-01 00:00:00 BC"},
    {"0001-12-31 BC", "millennium", "1000-01-01 00:00:00 BC"},
    {"0001-12-31 BC", "foo", "22023"},
    {"0101-01-01", "microseconds", "0101-01-01 00:00:00"},
    {"0101-01-01", "milliseconds", "0101-01-01 00:00:00"},
    {"0101-01-01", "second", "0101-01-01 00:00:00"},
    {"0101-01-01", "minute", "0101-01-01 00:00:00"},
    {"0101-01-01", "hour", "0101-01-01 00:00:00"},
    {"0101-01-01", "day", "0101-01-01 00:00:00"},
    {"0101-01-01", "week", "0100-12-27 00:00:00"},
    {"0101-01-01", "month", "0101-01-01 00:00:00"},
    {"0101-01-01", "quarter", "0101-01-01 00:00:00"},
    {"0101-01-01", "year", "0101-01-01 00:00:00"},
    {"0101-01-01", "decade", "0100-01-01 00:00:00"},
    {"0101-01-01", "century", "0101-01-01 00:00:00"},
    {"0101-01-01", "millennium", "0001-01-01 00:00:00"},
    {"0101-01-01", "foo", "22023"},
    {"2021-01-03", "microseconds", "2021-01-03 00:00:00"},
    {"2021-01-03", "milliseconds", "2021-01-03 00:00:00"},
    {"2021-01-03", "second", "2021-01-03 00:00:00"},
    {"2021-01-03", "minute", "2021-01-03 00:00:00"},
    {"2021-01-03", "hour", "2021-01-03 00:00:00"},
    {"2021-01-03", "day", "2021-01-03 00:00:00"},
    {"2021-01-03", "week", "2020-12-28 00:00:00"},
    {"2021-01-03", "month", "2021-01-01 00:00:00"},
    {"2021-01-03", "quarter", "2021-01-01 00:00:00"},
    {"2021-01-03", "year", "2021-01-01 00:00:00"},
    {"2021-01-03", "decade", "2020-01-01 00:00:00"},
    {"2021-01-03", "century", "2001-01-01 00:00:00"},
    {"2021-01-03", "millennium", "2001-01-01 00:00:00"},
    {"2021-01-03", "foo", "22023"},
    {"infinity", "microseconds", "infinity"},
    {"infinity", "milliseconds", "infinity"},
    {"infinity", "second", "infinity"},
    {"infinity", "minute", "infinity"},
    {"infinity", "hour", "infinity"},
    {"infinity", "day", "infinity"},
    {"infinity", "week", "infinity"},
    {"infinity", "month", "infinity"},
    {"infinity", "quarter", "infinity"},
    {"infinity", "year", "infinity"},
    {"infinity", "decade", "infinity"},
    {"infinity", "century", "infinity"},
    {"infinity", "millennium", "infinity"},
};

static void date_trunc_goes_back_to_the_start_of_the_unit(void **state) {
    (void)state;
    CHECK(truncations, truncate_run);
}

static const struct datetime_case interval_truncations[] = {
    {"1234 years 5 mons 3 days 04:05:06.789", "microseconds",
     "1234 years 5 mons 3 days 04:05:06.789"},
    {"1234 years 5 mons 3 days 04:05:06.789", "milliseconds",
     "1234 years 5 mons 3 days 04:05:06.789"},
    {"1234 years 5 mons 3 days 04:05:06.789", "second", "1234 years 5 mons 3 days 04:05:06"},
    {"1234 years 5 mons 3 days 04:05:06.789", "minute", "1234 years 5 mons 3 days 04:05:00"},
    {"1234 years 5 mons 3 days 04:05:06.789", "hour", "1234 years 5 mons 3 days 04:00:00"},
    {"1234 years 5 mons 3 days 04:05:06.789", "day", "1234 years 5 mons 3 days"},
    {"1234 years 5 mons 3 days 04:05:06.789", "month", "1234 years 5 mons"},
    {"1234 years 5 mons 3 days 04:05:06.789", "quarter", "1234 years 3 mons"},
    {"1234 years 5 mons 3 days 04:05:06.789", "year", "1234 years"},
    {"1234 years 5 mons 3 days 04:05:06.789", "decade", "1230 years"},
    {"1234 years 5 mons 3 days 04:05:06.789", "century", "1200 years"},
    {"1234 years 5 mons 3 days 04:05:06.789", "millennium", "1000 years"},
    {"-27 months -3 days -04:05:06.789", "microseconds", "-2 years -3 mons -3 days -04:05:06.789"},
    {"-27 months -3 days -04:05:06.789", "milliseconds", "-2 years -3 mons -3 days -04:05:06.789"},
    {"-27 months -3 days -04:05:06.789", "second", "-2 years -3 mons -3 days -04:05:06"},
    {"-27 months -3 days -04:05:06.789", "minute", "-2 years -3 mons -3 days -04:05:00"},
    {"-27 months -3 days -04:05:06.789", "hour", "-2 years -3 mons -3 days -04:00:00"},
    {"-27 months -3 days -04:05:06.789", "day", "-2 years -3 mons -3 days"},
    {"-27 months -3 days -04:05:06.789", "month", "-2 years -3 mons"},
    {"-27 months -3 days -04:05:06.789", "quarter", "-2 years -3 mons"},
    {"-27 months -3 days -04:05:06.789", "year", "-2 years"},
    {"-27 months -3 days -04:05:06.789", "decade", "00:00:00"},
    {"-27 months -3 days -04:05:06.789", "century", "00:00:00"},
    {"-27 months -3 days -04:05:06.789", "millennium", "00:00:00"},
};

static void interval_trunc_cuts_towards_zero(void **state) {
    (void)state;
    CHECK(interval_truncations, interval_truncate_run);
}

static const struct datetime_case fields[] = {
    {"2013-07-18 13:14:15.678901", "microseconds", "15678901"},
    {"2013-07-18 13:14:15.678901", "milliseconds", "15678.901"},
    {"2013-07-18 13:14:15.678901", "second", "15.678901"},
    {"2013-07-18 13:14:15.678901", "minute", "14"},
    {"2013-07-18 13:14:15.678901", "hour", "13"},
    {"2013-07-18 13:14:15.678901", "day", "18"},
    {"2013-07-18 13:14:15.678901", "week", "29"},
    {"2013-07-18 13:14:15.678901", "month", "7"},
    {"2013-07-18 13:14:15.678901", "quarter", "3"},
    {"2013-07-18 13:14:15.678901", "year", "2013"},
    {"2013-07-18 13:14:15.678901", "decade", "201"},
    {"2013-07-18 13:14:15.678901", "century", "21"},
    {"2013-07-18 13:14:15.678901", "millennium", "3"},
    {"2013-07-18 13:14:15.678901", "epoch", "1374153255.678901"},
    {"2013-07-18 13:14:15.678901", "dow", "4"},
    {"2013-07-18 13:14:15.678901", "isodow", "4"},
    {"2013-07-18 13:14:15.678901", "doy", "199"},
    {"2013-07-18 13:14:15.678901", "isoyear", "2013"},
    {"2013-07-18 13:14:15.678901", "julian", "2456492.55157035765046296296"},
    {"0001-12-31 BC", "microseconds", "0"},
    {"0001-12-31 BC", "milliseconds", "0.000"},
    {"0001-12-31 BC", "second", "0.000000"},
    {"0001-12-31 BC", "minute", "0"},
    {"0001-12-31 BC", "hour", "0"},
    {"0001-12-31 BC", "day", "31"},
    {"0001-12-31 BC", "week", "52"},
    {"0001-12-31 BC", "month", "12"},
    {"0001-12-31 BC", "quarter", "4"},
    {"0001-12-31 BC", "year", "-1"},
    {"0001-12-31 BC", "decade", "0"},
    {"0001-12-31 BC", "century", "-1"},
    {"0001-12-31 BC", "millennium", "-1"},
    {"0001-12-31 BC", "epoch", "-62135683200.000000"},
    {"0001-12-31 BC", "dow", "0"},
    {"0001-12-31 BC", "isodow", "7"},
    {"0001-12-31 BC", "doy", "366"},
    {"0001-12-31 BC", "isoyear", "-1"},
    {"0001-12-31 BC", "julian", "1721425.0000000000000000000000000000"},
    {"0101-01-01", "microseconds", "0"},
    {"0101-01-01", "milliseconds", "0.000"},
    {"0101-01-01", "second", "0.000000"},
    {"0101-01-01", "minute", "0"},
    {"0101-01-01", "hour", "0"},
    {"0101-01-01", "day", "1"},
    {"0101-01-01", "week", "52"},
    {"0101-01-01", "month", "1"},
    {"0101-01-01", "quarter", "1"},
    {"0101-01-01", "year", "101"},
    {"0101-01-01", "decade", "10"},
    {"0101-01-01", "century", "2"},
    {"0101-01-01", "millennium", "1"},
    {"0101-01-01", "epoch", "-58979923200.000000"},
    {"0101-01-01", "dow", "6"},
    {"0101-01-01", "isodow", "6"},
    {"0101-01-01", "doy", "1"},
    {"0101-01-01", "isoyear", "100"},
    {"0101-01-01", "julian", "1757950.0000000000000000000000000000"},
    {"2021-01-03", "microseconds", "0"},
    {"2021-01-03", "milliseconds", "0.000"},
    {"2021-01-03", "second", "0.000000"},
    {"2021-01-03", "minute", "0"},
    {"2021-01-03", "hour", "0"},
    {"2021-01-03", "day", "3"},
    {"2021-01-03", "week", "53"},
    {"2021-01-03", "month", "1"},
    {"2021-01-03", "quarter", "1"},
    {"2021-01-03", "year", "2021"},
    {"2021-01-03", "decade", "202"},
    {"2021-01-03", "century", "21"},
    {"2021-01-03", "millennium", "3"},
    {"2021-01-03", "epoch", "1609632000.000000"},
    {"2021-01-03", "dow", "0"},
    {"2021-01-03", "isodow", "7"},
    {"2021-01-03", "doy", "3"},
    {"2021-01-03", "isoyear", "2020"},
    {"2021-01-03", "julian", "2459218.0000000000000000000000000000"},
    {"infinity", "microseconds", "NULL"},
    {"infinity", "milliseconds", "NULL"},
    {"infinity", "second", "NULL"},
    {"infinity", "minute", "NULL"},
    {"infinity", "hour", "NULL"},
    {"infinity", "day", "NULL"},
    {"infinity", "week", "NULL"},
    {"infinity", "month", "NULL"},
    {"infinity", "quarter", "NULL"},
    {"infinity", "year", "Infinity"},
    {"infinity", "decade", "Infinity"},
    {"infinity", "century", "Infinity"},
    {"infinity", "millennium", "Infinity"},
    {"infinity", "epoch", "Infinity"},
    {"infinity", "dow", "NULL"},
    {"infinity", "isodow", "NULL"},
    {"infinity", "doy", "NULL"},
    {"infinity", "isoyear", "Infinity"},
    {"infinity", "julian", "Infinity"},
    {"2013-07-18 13:14:15.678901", "timezone", "0A000"},
    {"2013-07-18 13:14:15.678901", "foo", "22023"},
    {"2013-07-18 13:14:15.678901", "HOUR", "13"},
    {"2013-07-18 13:14:15.678901", "secs", "15.678901"},
};

static void extract_gives_numerics_with_the_scale_of_the_field(void **state) {
    (void)state;
    CHECK(fields, extract_run);
}

static const struct datetime_case interval_fields[] = {
    {"1234 years 5 mons 3 days 104:05:06.789", "microseconds", "6789000"},
    {"1234 years 5 mons 3 days 104:05:06.789", "milliseconds", "6789.000"},
    {"1234 years 5 mons 3 days 104:05:06.789", "second", "6.789000"},
    {"1234 years 5 mons 3 days 104:05:06.789", "minute", "5"},
    {"1234 years 5 mons 3 days 104:05:06.789", "hour", "104"},
    {"1234 years 5 mons 3 days 104:05:06.789", "day", "3"},
    {"1234 years 5 mons 3 days 104:05:06.789", "week", "0A000"},
    {"1234 years 5 mons 3 days 104:05:06.789", "month", "5"},
    {"1234 years 5 mons 3 days 104:05:06.789", "quarter", "2"},
    {"1234 years 5 mons 3 days 104:05:06.789", "year", "1234"},
    {"1234 years 5 mons 3 days 104:05:06.789", "decade", "123"},
    {"1234 years 5 mons 3 days 104:05:06.789", "century", "12"},
    {"1234 years 5 mons 3 days 104:05:06.789", "millennium", "1"},
    {"1234 years 5 mons 3 days 104:05:06.789", "epoch", "38955672306.789000"},
    {"1234 years 5 mons 3 days 104:05:06.789", "dow", "0A000"},
    {"1234 years 5 mons 3 days 104:05:06.789", "foo", "22023"},
    {"-27 months -3 days -04:05:06.789", "microseconds", "-6789000"},
    {"-27 months -3 days -04:05:06.789", "milliseconds", "-6789.000"},
    {"-27 months -3 days -04:05:06.789", "second", "-6.789000"},
    {"-27 months -3 days -04:05:06.789", "minute", "-5"},
    {"-27 months -3 days -04:05:06.789", "hour", "-4"},
    {"-27 months -3 days -04:05:06.789", "day", "-3"},
    {"-27 months -3 days -04:05:06.789", "week", "0A000"},
    {"-27 months -3 days -04:05:06.789", "month", "-3"},
    {"-27 months -3 days -04:05:06.789", "quarter", "0"},
    {"-27 months -3 days -04:05:06.789", "year", "-2"},
    {"-27 months -3 days -04:05:06.789", "decade", "0"},
    {"-27 months -3 days -04:05:06.789", "century", "0"},
    {"-27 months -3 days -04:05:06.789", "millennium", "0"},
    {"-27 months -3 days -04:05:06.789", "epoch", "-71165106.789000"},
    {"-27 months -3 days -04:05:06.789", "dow", "0A000"},
    {"-27 months -3 days -04:05:06.789", "foo", "22023"},
};

static void interval_extract_counts_years_of_365_and_a_quarter_days(void **state) {
    (void)state;
    CHECK(interval_fields, interval_extract_run);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(date_trunc_goes_back_to_the_start_of_the_unit),
        cmocka_unit_test(interval_trunc_cuts_towards_zero),
        cmocka_unit_test(extract_gives_numerics_with_the_scale_of_the_field),
        cmocka_unit_test(interval_extract_counts_years_of_365_and_a_quarter_days),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
