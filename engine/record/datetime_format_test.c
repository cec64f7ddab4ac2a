/* SPDX-License-Identifier: Apache-2.0 */
/* to_char of timestamps, against the results of a real PostgreSQL 15 in the
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

static struct slice format_run(const struct datetime_case *row, struct arena *arena) {
    int64_t us;
    struct buffer out;
    buffer_init(&out, arena, 64);
    read_as(TYPE(TIMESTAMP), row->a, arena, &us);
    timestamp_format(us, NULL, slice_of(row->b), &out);
    return buffer_slice(&out);
}

static struct slice zoned_format_run(const struct datetime_case *row, struct arena *arena) {
    int64_t us;
    struct buffer out;
    buffer_init(&out, arena, 64);
    read_as(TYPE(TIMESTAMPTZ), row->a, arena, &us);
    timestamp_format(us, check_zone("America/New_York"), slice_of(row->b), &out);
    return buffer_slice(&out);
}

static const struct datetime_case formats[] = {
    {"2013-07-18 13:14:15.678901", "YYYY-MM-DD HH24:MI:SS.US", "2013-07-18 13:14:15.678901"},
    {"0044-03-05 00:04:05 BC", "YYYY-MM-DD HH24:MI:SS.US", "0044-03-05 00:04:05.000000"},
    {"2013-07-18 13:14:15.678901", "YYYY-MM-DD\"T\"HH24:MI:SS.MSOF", "2013-07-18T13:14:15.678+00"},
    {"0044-03-05 00:04:05 BC", "YYYY-MM-DD\"T\"HH24:MI:SS.MSOF", "0044-03-05T00:04:05.000+00"},
    {"2013-07-18 13:14:15.678901", "FMDay, FMDDth FMMonth YYYY", "Thursday, 18th July 2013"},
    {"0044-03-05 00:04:05 BC", "FMDay, FMDDth FMMonth YYYY", "Tuesday, 5th March 0044"},
    {"2013-07-18 13:14:15.678901", "Day Month DD", "Thursday  July      18"},
    {"0044-03-05 00:04:05 BC", "Day Month DD", "Tuesday   March     05"},
    {"2013-07-18 13:14:15.678901", "DAY MONTH MON DY", "THURSDAY  JULY      JUL THU"},
    {"0044-03-05 00:04:05 BC", "DAY MONTH MON DY", "TUESDAY   MARCH     MAR TUE"},
    {"2013-07-18 13:14:15.678901", "day month mon dy", "thursday  july      jul thu"},
    {"0044-03-05 00:04:05 BC", "day month mon dy", "tuesday   march     mar tue"},
    {"2013-07-18 13:14:15.678901", "Dy Mon", "Thu Jul"},
    {"0044-03-05 00:04:05 BC", "Dy Mon", "Tue Mar"},
    {"2013-07-18 13:14:15.678901", "HH12:MI AM", "01:14 PM"},
    {"0044-03-05 00:04:05 BC", "HH12:MI AM", "12:04 AM"},
    {"2013-07-18 13:14:15.678901", "HH:MI pm", "01:14 pm"},
    {"0044-03-05 00:04:05 BC", "HH:MI pm", "12:04 am"},
    {"2013-07-18 13:14:15.678901", "hh:mi a.m.", "01:14 p.m."},
    {"0044-03-05 00:04:05 BC", "hh:mi a.m.", "12:04 a.m."},
    {"2013-07-18 13:14:15.678901", "hh:mi P.M.", "01:14 P.M."},
    {"0044-03-05 00:04:05 BC", "hh:mi P.M.", "12:04 A.M."},
    {"2013-07-18 13:14:15.678901", "YYYY YYY YY Y Y,YYY", "2013 013 13 3 2,013"},
    {"0044-03-05 00:04:05 BC", "YYYY YYY YY Y Y,YYY", "0044 044 44 4 0,044"},
    {"2013-07-18 13:14:15.678901", "IYYY-IW-ID IYY IY I IDDD", "2013-29-4 013 13 3 200"},
    {"0044-03-05 00:04:05 BC", "IYYY-IW-ID IYY IY I IDDD", "0044-10-2 044 44 4 065"},
    {"2013-07-18 13:14:15.678901", "FMYYYY FMYY FMY", "2013 13 3"},
    {"0044-03-05 00:04:05 BC", "FMYYYY FMYY FMY", "44 44 4"},
    {"2013-07-18 13:14:15.678901", "Q CC WW W J D DDD", "3 21 29 3 2456492 5 199"},
    {"0044-03-05 00:04:05 BC", "Q CC WW W J D DDD", "1 -01 10 1 1705418 3 064"},
    {"2013-07-18 13:14:15.678901", "FMDDD FMDD FMMM FMHH24 FMMI FMSS FMMS FMUS",
     "199 18 7 13 14 15 678 678901"},
    {"0044-03-05 00:04:05 BC", "FMDDD FMDD FMMM FMHH24 FMMI FMSS FMMS FMUS",
     "64 5 3 0 4 5 000 000000"},
    {"2013-07-18 13:14:15.678901", "FF1 FF2 FF3 FF4 FF5 FF6 MS US",
     "6 67 678 6789 67890 678901 678 678901"},
    {"0044-03-05 00:04:05 BC", "FF1 FF2 FF3 FF4 FF5 FF6 MS US",
     "0 00 000 0000 00000 000000 000 000000"},
    {"2013-07-18 13:14:15.678901", "SSSS SSSSS", "47655 47655"},
    {"0044-03-05 00:04:05 BC", "SSSS SSSSS", "245 245"},
    {"2013-07-18 13:14:15.678901", "RM rm FMRM", "VII  vii  VII"},
    {"0044-03-05 00:04:05 BC", "RM rm FMRM", "III  iii  III"},
    {"2013-07-18 13:14:15.678901", "AD BC a.d. b.c. A.D.", "AD AD a.d. a.d. A.D."},
    {"0044-03-05 00:04:05 BC", "AD BC a.d. b.c. A.D.", "BC BC b.c. b.c. B.C."},
    {"2013-07-18 13:14:15.678901", "DDth DDTH MMth HH24th Yth YYYYth",
     "18th 18TH 07th 13th 3rd 2013th"},
    {"0044-03-05 00:04:05 BC", "DDth DDTH MMth HH24th Yth YYYYth",
     "05th 05TH 03rd 00th 4th 0044th"},
    {"2013-07-18 13:14:15.678901", "TZ tz TZH TZM OF", "  +00 00 +00"},
    {"0044-03-05 00:04:05 BC", "TZ tz TZH TZM OF", "  +00 00 +00"},
    {"2013-07-18 13:14:15.678901", "FMOF FMTZH", "+0 +00"},
    {"0044-03-05 00:04:05 BC", "FMOF FMTZH", "+0 +00"},
    {"2013-07-18 13:14:15.678901", "TMMonth TMDay TMmon", "July Thursday jul"},
    {"0044-03-05 00:04:05 BC", "TMMonth TMDay TMmon", "March Tuesday mar"},
    {"2013-07-18 13:14:15.678901", "\"quoted YYYY\" YYYY \"a\\\"b\"", "quoted YYYY 2013 a\"b"},
    {"0044-03-05 00:04:05 BC", "\"quoted YYYY\" YYYY \"a\\\"b\"", "quoted YYYY 0044 a\"b"},
    {"2013-07-18 13:14:15.678901", "\\\"YYYY\\\"", "\"2013\""},
    {"0044-03-05 00:04:05 BC", "\\\"YYYY\\\"", "\"0044\""},
    {"2013-07-18 13:14:15.678901", "YYYY\\MM", "2013\\07"},
    {"0044-03-05 00:04:05 BC", "YYYY\\MM", "0044\\03"},
    {"2013-07-18 13:14:15.678901", "FXYYYY", "2013"},
    {"0044-03-05 00:04:05 BC", "FXYYYY", "0044"},
    {"2013-07-18 13:14:15.678901", "Hh24 Yyyy mM", "Hh24 3013 mM"},
    {"0044-03-05 00:04:05 BC", "Hh24 Yyyy mM", "Hh24 4044 mM"},
    {"2013-07-18 13:14:15.678901", "abc xyz", "aad x3z"},
    {"0044-03-05 00:04:05 BC", "abc xyz", "abc x4z"},
    {"2013-07-18 13:14:15.678901", "YYYYMMDDHH24MISS", "20130718131415"},
    {"0044-03-05 00:04:05 BC", "YYYYMMDDHH24MISS", "00440305000405"},
    {"2013-07-18 13:14:15.678901", "FM", ""},
    {"0044-03-05 00:04:05 BC", "FM", ""},
    {"2013-07-18 13:14:15.678901", "\303\251YYYY", "\303\2512013"},
    {"0044-03-05 00:04:05 BC", "\303\251YYYY", "\303\2510044"},
    {"2013-07-18 13:14:15.678901", "DDSP DDthSP", "18 18thSP"},
    {"0044-03-05 00:04:05 BC", "DDSP DDthSP", "05 05thSP"},
    {"2013-07-18 13:14:15.678901", "Y,YYYth", "2,013th"},
    {"0044-03-05 00:04:05 BC", "Y,YYYth", "0,044th"},
    {"2013-07-18 13:14:15.678901", "CCth", "21st"},
    {"0044-03-05 00:04:05 BC", "CCth", "-01st"},
    {"2013-07-18 13:14:15.678901", "FMCC FMQ FMWW", "21 3 29"},
    {"0044-03-05 00:04:05 BC", "FMCC FMQ FMWW", "-1 1 10"},
    {"2013-07-18 13:14:15.678901", "yyyy-mm-dd hh24:mi:ss", "2013-07-18 13:14:15"},
    {"0044-03-05 00:04:05 BC", "yyyy-mm-dd hh24:mi:ss", "0044-03-05 00:04:05"},
    {"2013-07-18 13:14:15.678901", "SSSSSS", "47655S"},
    {"0044-03-05 00:04:05 BC", "SSSSSS", "245S"},
    {"2013-07-18 13:14:15.678901", "HH24MI", "1314"},
    {"0044-03-05 00:04:05 BC", "HH24MI", "0004"},
    {"2013-07-18 13:14:15.678901", "W WW WWW", "3 29 293"},
    {"0044-03-05 00:04:05 BC", "W WW WWW", "1 10 101"},
    {"2013-07-18 13:14:15.678901", "DDDD", "1995"},
    {"0044-03-05 00:04:05 BC", "DDDD", "0643"},
    {"2013-07-18 13:14:15.678901", "YYYYY", "20133"},
    {"0044-03-05 00:04:05 BC", "YYYYY", "00444"},
    {"2013-07-18 13:14:15.678901", "MONMonmon", "JULJuljul"},
    {"0044-03-05 00:04:05 BC", "MONMonmon", "MARMarmar"},
    {"2013-07-18 13:14:15.678901", "\"", ""},
    {"0044-03-05 00:04:05 BC", "\"", ""},
    {"2013-07-18 13:14:15.678901", "\"abc", "abc"},
    {"0044-03-05 00:04:05 BC", "\"abc", "abc"},
};

static void to_char_follows_the_template(void **state) {
    (void)state;
    CHECK(formats, format_run);
}

static const struct datetime_case zoned_formats[] = {
    {"2013-01-01 10:00", "TZ tz TZH TZM OF", "EST est -05 00 -05"},
    {"2013-07-01 10:00:00.5", "TZ tz TZH TZM OF", "EDT edt -04 00 -04"},
    {"1850-01-01 01:02:03", "TZ tz TZH TZM OF", "LMT lmt -04 56 -04:56"},
    {"2013-01-01 10:00", "FMOF FMTZH", "-5 -05"},
    {"2013-07-01 10:00:00.5", "FMOF FMTZH", "-4 -04"},
    {"1850-01-01 01:02:03", "FMOF FMTZH", "-4:56 -04"},
    {"2013-01-01 10:00", "YYYY-MM-DD\"T\"HH24:MI:SS.MSOF", "2013-01-01T10:00:00.000-05"},
    {"2013-07-01 10:00:00.5", "YYYY-MM-DD\"T\"HH24:MI:SS.MSOF", "2013-07-01T10:00:00.500-04"},
    {"1850-01-01 01:02:03", "YYYY-MM-DD\"T\"HH24:MI:SS.MSOF", "1850-01-01T01:02:03.000-04:56"},
};

static void to_char_knows_the_zone(void **state) {
    (void)state;
    CHECK(zoned_formats, zoned_format_run);
}

static void an_infinite_timestamp_appends_nothing(void **state) {
    (void)state;
    const struct datetime_case row = {"infinity", "YYYY", ""};
    check(&row, 1, format_run);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(to_char_follows_the_template),
        cmocka_unit_test(to_char_knows_the_zone),
        cmocka_unit_test(an_infinite_timestamp_appends_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
