/* SPDX-License-Identifier: Apache-2.0 */
/* to_timestamp, against the results of a real PostgreSQL 15 in the
 * zone America/New_York. */
#include "engine/record/value_check.h"

struct datetime_case {
    const char *a, *b, *expected; /* or the SQLSTATE */
};

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

static struct slice template_run(const struct datetime_case *row, struct arena *arena) {
    int64_t us;
    struct slice message;
    const char *code = timestamp_parse_format(slice_of(row->a), slice_of(row->b),
                                              check_zone("America/New_York"), arena, &us, &message);
    if (code) {
        return slice_of(arena_printf(arena, "%s %.*s", code, (int)message.len, message.data));
    }
    return printed(TYPE(TIMESTAMPTZ), &us, arena);
}

static const struct datetime_case templates[] = {
    {"2013-01-05 10:11:12", "YYYY-MM-DD HH24:MI:SS", "2013-01-05 10:11:12-05"},
    {"20130105101112", "YYYYMMDDHH24MISS", "2013-01-05 10:11:12-05"},
    {"05 Dec 2000", "DD Mon YYYY", "2000-12-05 00:00:00-05"},
    {"05 Dec", "DD Mon", "0001-12-05 00:00:00-04:56:02 BC"},
    {"5 december 1999", "DD Month YYYY", "1999-12-05 00:00:00-05"},
    {"2000    JUN", "YYYY MON", "2000-06-01 00:00:00-04"},
    {"2000/JUN", "YYYY MON", "2000-06-01 00:00:00-04"},
    {"2000----JUN", "YYYY MON", "22007 invalid value \"---JUN\" for \"MON\""},
    {"2000JUN", "YYYY///MON", "2000-06-01 00:00:00-04"},
    {"2000 + JUN", "YYYY MON", "2000-06-01 00:00:00-04"},
    {"2000+  JUN", "YYYY//MON", "2000-06-01 00:00:00-04"},
    {"2000   JUN", "FXYYYY MON", "22007 invalid value \"\" for \"MON\""},
    {"12:34 PM", "HH12:MI AM", "0001-01-01 12:34:00-04:56:02 BC"},
    {"13:34 PM", "HH12:MI AM", "22007 hour \"13\" is invalid for the 12-hour clock"},
    {"12:34 AM", "HH:MI PM", "0001-01-01 00:34:00-04:56:02 BC"},
    {"0:10", "HH12:MI", "22007 hour \"0\" is invalid for the 12-hour clock"},
    {"2013 366", "YYYY DDD", "22008 date/time field value out of range: \"2013 366\""},
    {"2012 366", "YYYY DDD", "2012-12-31 00:00:00-05"},
    {"2013 367", "YYYY DDD", "22008 date/time field value out of range: \"2013 367\""},
    {"2013-02-30", "YYYY-MM-DD", "22008 date/time field value out of range: \"2013-02-30\""},
    {"2013-13-01", "YYYY-MM-DD", "22008 date/time field value out of range: \"2013-13-01\""},
    {"2013-00-01", "YYYY-MM-DD", "2013-01-01 00:00:00-05"},
    {"95-01-01", "YY-MM-DD", "1995-01-01 00:00:00-05"},
    {"20-01-01", "YY-MM-DD", "2020-01-01 00:00:00-05"},
    {"70-01-01", "YY-MM-DD", "1970-01-01 00:00:00-05"},
    {"5", "Y", "2005-01-01 00:00:00-05"},
    {"995", "YYY", "1995-01-01 00:00:00-05"},
    {"519", "YYY", "2519-01-01 00:00:00-05"},
    {"520", "YYY", "1520-01-01 00:00:00-04:56:02"},
    {"21 13", "CC YY", "2013-01-01 00:00:00-05"},
    {"20 00", "CC YY", "2000-01-01 00:00:00-05"},
    {"21", "CC", "2001-01-01 00:00:00-05"},
    {"5 BC", "CC BC", "0500-01-01 00:00:00-04:56:02 BC"},
    {"44 BC", "YYYY BC", "0044-01-01 00:00:00-04:56:02 BC"},
    {"2013-W05-3", "IYYY-\"W\"IW-ID", "2013-01-30 00:00:00-05"},
    {"2013 05", "IYYY IW", "2013-01-28 00:00:00-05"},
    {"2013 200", "IYYY IDDD", "2013-07-18 00:00:00-04"},
    {"2013 05", "YYYY IW", "22007 invalid combination of date conventions"},
    {"2013 05", "YYYY WW", "2013-01-29 00:00:00-05"},
    {"2013 02 3", "YYYY MM W", "2013-02-15 00:00:00-05"},
    {"2451187", "J", "1999-01-08 00:00:00-05"},
    {"1,999", "Y,YYY", "1999-01-01 00:00:00-05"},
    {"x", "Y,YYY", "22007 invalid input string for \"Y,YYY\""},
    {"VIII", "RM", "0001-08-01 00:00:00-04:56:02 BC"},
    {"xi", "rm", "0001-11-01 00:00:00-04:56:02 BC"},
    {"12.5", "SS.MS", "0001-01-01 00:00:12.5-04:56:02 BC"},
    {"12.025", "SS.MS", "0001-01-01 00:00:12.025-04:56:02 BC"},
    {"12.25", "SS.US", "0001-01-01 00:00:12.25-04:56:02 BC"},
    {"12.123456", "SS.US", "0001-01-01 00:00:12.123456-04:56:02 BC"},
    {"12.12", "SS.FF3", "0001-01-01 00:00:12.12-04:56:02 BC"},
    {"12.1234567", "SS.US", "22008 date/time field value out of range: \"12.1234567\""},
    {"3661", "SSSS", "0001-01-01 01:01:01-04:56:02 BC"},
    {"2013-01-05 10:11 +02", "YYYY-MM-DD HH24:MI TZH", "2013-01-05 03:11:00-05"},
    {"2013-01-05 10:11 -02:30", "YYYY-MM-DD HH24:MI TZH:TZM", "2013-01-05 07:41:00-05"},
    {"2013-01-05 10:11-02", "YYYY-MM-DD HH24:MITZH", "2013-01-05 07:11:00-05"},
    {"2013-01-05 10:11 +20", "YYYY-MM-DD HH24:MI TZH",
     "22009 time zone displacement out of range: \"2013-01-05 10:11 +20\""},
    {"2013-01-05 EST", "YYYY-MM-DD TZ",
     "0A000 formatting field \"TZ\" is only supported in to_char"},
    {"2013-01-05 +02", "YYYY-MM-DD OF",
     "0A000 formatting field \"OF\" is only supported in to_char"},
    {"abc", "YYYY", "22007 invalid value \"abc\" for \"YYYY\""},
    {"2013-ab-01", "YYYY-MM-DD", "22007 invalid value \"ab\" for \"MM\""},
    {"2013", "YYYYMMDD", "2013-01-01 00:00:00-05"},
    {"201301", "YYYYMMDD", "2013-01-01 00:00:00-05"},
    {"2013011", "YYYYMMDD", "2013-01-01 00:00:00-05"},
    {"99999999999", "YYYY", "22008 value for \"YYYY\" in source string is out of range"},
    {"2013-01-05 2014", "YYYY-MM-DD YYYY",
     "22007 conflicting values for \"YYYY\" field in formatting string"},
    {"2013-01-05 2013", "YYYY-MM-DD YYYY", "2013-01-05 00:00:00-05"},
    {"Monday 2013-01-05", "Day YYYY-MM-DD", "2013-01-05 00:00:00-05"},
    {"Mon 2013-01-05", "Dy YYYY-MM-DD", "2013-01-05 00:00:00-05"},
    {"foo 2013", "Day YYYY", "22007 invalid value \"foo\" for \"Day\""},
    {"2013-01-05T10:11:12", "YYYY-MM-DD\"T\"HH24:MI:SS", "2013-01-05 10:11:12-05"},
    {"2013-01-05 10:11:12", "YYYY-MM-DD\"T\"HH24:MI:SS", "2013-01-05 10:11:12-05"},
    {"2013-01-0510:11:12", "YYYY-MM-DD\"T\"HH24:MI:SS",
     "22008 date/time field value out of range: \"2013-01-0510:11:12\""},
    {"5th jan 2013", "DDth Mon YYYY", "2013-01-05 00:00:00-05"},
    {"24:00:00", "HH24:MI:SS", "22008 date/time field value out of range: \"24:00:00\""},
    {"10:60", "HH24:MI", "22008 date/time field value out of range: \"10:60\""},
    {"10:11:60", "HH24:MI:SS", "22008 date/time field value out of range: \"10:11:60\""},
    {"", "YYYY", "0001-01-01 00:00:00-04:56:02 BC"},
    {"2013", "", "0001-01-01 00:00:00-04:56:02 BC"},
    {"  2013", "YYYY", "2013-01-01 00:00:00-05"},
    {" 2013", "FXYYYY", "2013-01-01 00:00:00-05"},
    {"2013-1-5", "YYYY-MM-DD", "2013-01-05 00:00:00-05"},
    {"2013-1-5", "FMYYYY-MM-DD", "2013-01-05 00:00:00-05"},
    {"2013 1", "YYYYMM", "2013-01-01 00:00:00-05"},
    {"12013-01-01", "YYYY-MM-DD", "12013-01-01 00:00:00-05"},
    {"-44-02-01", "YYYY-MM-DD", "0044-02-01 00:00:00-04:56:02 BC"},
    {"-44-02-01 BC", "YYYY-MM-DD BC", "0044-02-01 00:00:00-04:56:02"},
    {"0-1-1", "YYYY-MM-DD", "0001-01-01 00:00:00-04:56:02 BC"},
    {"2013-01-05 trailing", "YYYY-MM-DD", "2013-01-05 00:00:00-05"},
    {"a.m. 10", "a.m. HH", "0001-01-01 10:00:00-04:56:02 BC"},
    {"AM 10", "a.m. HH", "22007 invalid value \"AM\" for \"a.m.\""},
    {"2013 4", "YYYY Q", "2013-01-01 00:00:00-05"},
    {"97/Feb/16", "YY:Mon:DD", "1997-02-16 00:00:00-05"},
    {"97/Feb/16", "FXYY:Mon:DD", "1997-02-16 00:00:00-05"},
    {"19971116", "YYYYMMDD", "1997-11-16 00:00:00-05"},
    {"20000-1116", "YYYY-MMDD", "20000-11-16 00:00:00-05"},
    {"1997 AD 11 16", "YYYY BC MM DD", "1997-11-16 00:00:00-05"},
    {"9-1116", "Y-MMDD", "2009-11-16 00:00:00-05"},
    {"95-1116", "YY-MMDD", "1995-11-16 00:00:00-05"},
    {"995-1116", "YYY-MMDD", "1995-11-16 00:00:00-05"},
    {"2005426", "YYYYWWD", "2005-10-15 00:00:00-04"},
    {"2005300", "YYYYDDD", "2005-10-27 00:00:00-04"},
    {"2005527", "IYYYIWID", "2006-01-01 00:00:00-05"},
    {"005527", "IYYIWID", "2006-01-01 00:00:00-05"},
    {"05527", "IYIWID", "2006-01-01 00:00:00-05"},
    {"5527", "IIWID", "2006-01-01 00:00:00-05"},
    {"2005364", "IYYYIDDD", "2006-01-01 00:00:00-05"},
    {"20050302", "YYYYMMDD", "2005-03-02 00:00:00-05"},
    {"2005 03 02", "YYYYMMDD", "2005-03-02 00:00:00-05"},
    {" 2005 03 02", "YYYYMMDD", "2005-03-02 00:00:00-05"},
    {"  20050302", "YYYYMMDD", "2005-03-02 00:00:00-05"},
    {"2011-12-18 23:38 PM", "YYYY-MM-DD HH12:MI PM",
     "22007 hour \"23\" is invalid for the 12-hour clock"},
    {"2011-12-18 11:38 PM", "YYYY-MM-DD HH12:MI PM", "2011-12-18 23:38:00-05"},
    {"2011-12-18 11:38 -05", "YYYY-MM-DD HH12:MI TZH", "2011-12-18 11:38:00-05"},
    {"2018-11-02 12:34:56.025", "YYYY-MM-DD HH24:MI:SS.MS", "2018-11-02 12:34:56.025-04"},
    {"2018-11-02 12:34:56.123456", "YYYY-MM-DD HH24:MI:SS.FF6", "2018-11-02 12:34:56.123456-04"},
    {"15 \"text between quote marks\" 98 54 45",
     "HH24 \"\\\\\"text between quote marks\\\\\"\" YY MI SS",
     "22007 invalid value \"w\" for \"w\""},
    {"05121445482000", "MMDDHH24MISSYYYY", "2000-05-12 14:45:48-04"},
    {"2000January09Sunday", "YYYYFMMonthDDFMDay", "2000-01-09 00:00:00-05"},
    {"1985 January 12", "YYYY FMMonth DD", "1985-01-12 00:00:00-05"},
    {"1985 FMMonth 12", "YYYY \"FMMonth\" DD", "1985-01-12 00:00:00-05"},
    {"1985 \\ 12", "YYYY \\\\ DD", "1985-01-12 00:00:00-05"},
    {"My birthday-> Year: 1976, Month: May, Day: 16",
     "\"My birthday-> Year:\" YYYY, \"Month:\" FMMonth, \"Day:\" DD", "1976-05-16 00:00:00-04"},
    {"1,582nd VIII 21", "Y,YYYth FMRM DD", "1582-08-21 00:00:00-04:56:02"},
    {"0097/Feb/16 --> 08:14:30", "YYYY/Mon/DD --> HH:MI:SS", "0097-02-16 08:14:30-04:56:02"},
    {"2011$03!18 23_38_15", "YYYY-MM-DD HH24:MI:SS", "2011-03-18 23:38:15-04"},
    {"2000+JUN", "YYYY/MON", "2000-06-01 00:00:00-04"},
    {"  2000 +JUN", "YYYY/MON", "2000-06-01 00:00:00-04"},
    {" 2000 +JUN", "YYYY//MON", "2000-06-01 00:00:00-04"},
    {"2000  +JUN", "YYYY//MON", "2000-06-01 00:00:00-04"},
    {"2000 + JUN", "YYYY MON", "2000-06-01 00:00:00-04"},
    {"2000 -10", "YYYY TZH", "2000-01-01 05:00:00-05"},
    {"2000 -10", "YYYY  TZH", "1999-12-31 09:00:00-05"},
    {"2000 ++ JUN", "YYYY  MON", "2000-06-01 00:00:00-04"},
    {"2000 + + JUN", "YYYY  MON", "22007 invalid value \"+\" for \"MON\""},
    {"20000", "YYYY", "20000-01-01 00:00:00-05"},
    {"2005 1", "YYYY D", "2005-01-01 00:00:00-05"},
    {"2005-01-01", "YYYY-MM-DDD", "2005-01-01 00:00:00-05"},
};

static void to_timestamp_follows_the_template(void **state) {
    (void)state;
    CHECK(templates, template_run);
}

static void absurd_numbers_are_out_of_range(void **state) {
    (void)state;
    static const char *const formats[] = {"YYYY FMWW",  "YYYY MM FMW", "IYYY FMIW FMID",
                                          "YYYY FMDDD", "FMJ",         "FMHH24 FMMI",
                                          "FMSSSS",     "FMCC FMYY"};
    struct arena *arena = arena_new(NULL, POOL_COLUMNS);
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        int64_t us;
        struct slice message;
        const char *code =
            timestamp_parse_format(slice_of("999992012 999992012 999992012"), slice_of(formats[i]),
                                   timezone_utc(), arena, &us, &message);
        assert_non_null(code);
        assert_string_equal(code, "22008");
    }
    arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(to_timestamp_follows_the_template),
        cmocka_unit_test(absurd_numbers_are_out_of_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
