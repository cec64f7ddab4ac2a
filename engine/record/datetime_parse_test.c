/* SPDX-License-Identifier: Apache-2.0 */
/* Dates, times and intervals in every spelling. */
#include "engine/record/value_check.h"

static const struct value_case dates[] = {
    {"date", "2013-01-05", "2013-01-05"},
    {"date", "20130105", "2013-01-05"},
    {"date", "2013-1-5", "2013-01-05"},
    {"date", "42949692960101", "2000-01-01"}, /* more digits than an int holds wrap around */
    {"date", "99999999990101", "22008 date out of range: \"99999999990101\"", true},
    {"date", "1/5/2013", "2013-01-05"},
    {"date", "13/5/2013", "22008 date/time field value out of range: \"13/5/2013\"", true},
    {"date", "5-Jan-2013", "2013-01-05"},
    {"date", "Jan 5 2013", "2013-01-05"},
    {"date", "January 5, 2013", "2013-01-05"},
    {"date", "2013.005", "2013-01-05"},
    {"date", "2013-005", "2013-01-05"},
    {"date", "J2451187", "1999-01-08"},
    {"date", "99-1-1", "22008 date/time field value out of range: \"99-1-1\"", true},
    {"date", "69-12-31", "22008 date/time field value out of range: \"69-12-31\"", true},
    {"date", "70-1-1", "22008 date/time field value out of range: \"70-1-1\"", true},
    {"date", "0044-03-15 BC", "0044-03-15 BC"},
    {"date", "2013-02-29", "22008 date/time field value out of range: \"2013-02-29\"", true},
    {"date", "2012-02-29", "2012-02-29"},
    {"date", "2013-13-01", "22008 date/time field value out of range: \"2013-13-01\"", true},
    {"date", "2013-01-00", "22008 date/time field value out of range: \"2013-01-00\"", true},
    {"date", "0000-01-01", "22008 date/time field value out of range: \"0000-01-01\"", true},
    {"date", "infinity", "infinity"},
    {"date", "-infinity", "-infinity"},
    {"date", "epoch", "1970-01-01"},
    {"date", "5874897-12-31", "5874897-12-31"},
    {"date", "5874898-01-01", "22008 date out of range: \"5874898-01-01\"", true},
    {"date", "4714-11-24 BC", "4714-11-24 BC"},
    {"date", "4714-11-23 BC", "22008 date out of range: \"4714-11-23 BC\"", true},
    {"date", "abc", "22007 invalid input syntax for type date: \"abc\"", true},
    {"date", "", "22007 invalid input syntax for type date: \"\"", true},
    {"date", "2013", "22007 invalid input syntax for type date: \"2013\"", true},
    {"date", "Monday January 5, 2013", "2013-01-05"},
    {"date", "2013-01-05 10:11:12", "2013-01-05"},
    {"date", "2013--01-05", "2013-01-05"},
    {"date", "y2013m1d5", "2013-01-05"},
    {"date", "13-01-05", "22008 date/time field value out of range: \"13-01-05\"", true},
    {"date", "8 Jan", "22007 invalid input syntax for type date: \"8 Jan\"", true},
    {"date", "2013-jan-jan", "22007 invalid input syntax for type date: \"2013-jan-jan\"", true},
    {"date", "1e5", "22007 invalid input syntax for type date: \"1e5\"", true},
};

static void dates_read_as_in_postgres(void **state) {
    (void)state;
    CHECK_VALUES(dates, "America/New_York");
}

static const struct value_case times[] = {
    {"time", "10:11:12.345", "10:11:12.345"},
    {"time", "24:00:00", "24:00:00"},
    {"time", "24:00:00.1", "22008 date/time field value out of range: \"24:00:00.1\"", true},
    {"time", "23:59:60", "24:00:00"},
    {"time", "25:00", "22008 date/time field value out of range: \"25:00\"", true},
    {"time", "10:11 PM", "22:11:00"},
    {"time", "101112", "10:11:12"},
    {"time", "1011", "10:11:00"},
    {"time", "allballs", "00:00:00"},
    {"time", "10:00 PST", "10:00:00"},
    {"time", "2013-01-05 10:00", "10:00:00"},
    {"time", "10", "22007 invalid input syntax for type time: \"10\"", true},
    {"time", "10:60", "22008 date/time field value out of range: \"10:60\"", true},
    {"time", "23:59:59.9999999", "24:00:00"},
    {"time", "10:11:12+02", "10:11:12"},
};

static void times_read_as_in_postgres(void **state) {
    (void)state;
    CHECK_VALUES(times, "America/New_York");
}

static const struct value_case timestamps[] = {
    {"timestamp", "2013-01-01 5:15", "2013-01-01 05:15:00"},
    {"timestamp", "20130101", "2013-01-01 00:00:00"},
    {"timestamp", "2013-01-01T10:00:00Z", "2013-01-01 10:00:00"},
    {"timestamp", "2013-01-01 10:00:00.123456+02", "2013-01-01 10:00:00.123456"},
    {"timestamp", "2013-01-01 24:00:00", "2013-01-02 00:00:00"},
    {"timestamp", "2013-01-01 24:00:01",
     "22008 date/time field value out of range: \"2013-01-01 24:00:01\"", true},
    {"timestamp", "2013-01-01 10:00:60", "2013-01-01 10:01:00"},
    {"timestamp", "2013-01-01 10:00:61",
     "22008 date/time field value out of range: \"2013-01-01 10:00:61\"", true},
    {"timestamp", "2013-01-01 10:00:00.9999999", "2013-01-01 10:00:01"},
    {"timestamp", "2013-01-01 10:00:00.1234565", "2013-01-01 10:00:00.123456"},
    {"timestamp", "2013-01-01 12:00 AM", "2013-01-01 00:00:00"},
    {"timestamp", "2013-01-01 13:00 AM",
     "22008 date/time field value out of range: \"2013-01-01 13:00 AM\"", true},
    {"timestamp", "20130101T101112", "2013-01-01 10:11:12"},
    {"timestamp", "20130101 101112", "2013-01-01 10:11:12"},
    {"timestamp", "2013-01-01 10:11:12 EST", "2013-01-01 10:11:12"},
    {"timestamp", "2013-01-01 10:11:12 America/Chicago", "2013-01-01 10:11:12"},
    {"timestamp", "2013-07-01 10:11:12 Mars/Moon", "22023 time zone \"mars/moon\" not recognized",
     true},
    {"timestamp", "2013-07-01 10:11:12 foo",
     "22007 invalid input syntax for type timestamp: \"2013-07-01 10:11:12 foo\"", true},
    {"timestamp", "2013-07-01 10:11:12+16",
     "22009 time zone displacement out of range: \"2013-07-01 10:11:12+16\"", true},
    {"timestamp", "2013-07-01 10:11:12+0530", "2013-07-01 10:11:12"},
    {"timestamp", "2011-07-01 10:11:12 MSK", "2011-07-01 10:11:12"},
    {"timestamp", "2013-07-01 10:00 MET DST", "2013-07-01 10:00:00"},
    {"timestamp", "Thu, 10 Sep 2013 10:11:12 +0200", "2013-09-10 10:11:12"},
    {"timestamp", "Sat Sep 29 2013 10:11:12 GMT+0200",
     "22023 time zone \"gmt+0200\" not recognized", true},
    {"timestamp", "2013-03-10 02:30", "2013-03-10 02:30:00"},
    {"timestamp", "2013-11-03 01:30", "2013-11-03 01:30:00"},
    {"timestamp", "2013-03-10 02:30:00", "2013-03-10 02:30:00"},
    {"timestamp", "2500-07-01 12:00 Europe/Berlin", "2500-07-01 12:00:00"},
    {"timestamp", "1800-01-01 12:00 Europe/Berlin", "1800-01-01 12:00:00"},
    {"timestamp", "294276-12-31 23:59:59.999999", "294276-12-31 23:59:59.999999"},
    {"timestamp", "294277-01-01", "22008 timestamp out of range: \"294277-01-01\"", true},
    {"timestamp", "2013-01-05 10:11:12 <+02>-2",
     "22007 invalid input syntax for type timestamp: \"2013-01-05 10:11:12 <+02>-2\"", true},
    {"timestamp", "2013-01-05 infinity", "infinity"},
    {"timestamp", "2013-01-05 10:", "2013-01-05 10:00:00"},
    {"timestamp", "infinity", "infinity"},
    {"timestamp", "-infinity", "-infinity"},
    {"timestamp", "0001-01-01 00:00:00", "0001-01-01 00:00:00"},
    {"timestamp", "2013-01-01 10:11:12.1234567", "2013-01-01 10:11:12.123457"},
    {"timestamp", "2013-01-01 10:11:12.", "2013-01-01 10:11:12"},
    {"timestamp", "2013-02-29 10:00:00",
     "22008 date/time field value out of range: \"2013-02-29 10:00:00\"", true},
    {"timestamp", "2013-01-01 10:11:12+2", "2013-01-01 10:11:12"},
    {"timestamp", "2013-01-01T10:11:12.5+05:30", "2013-01-01 10:11:12.5"},
    {"timestamp", "2013-01-01 10:11:12-00:30", "2013-01-01 10:11:12"},
};

static void timestamps_drop_the_offset(void **state) {
    (void)state;
    CHECK_VALUES(timestamps, "America/New_York");
}

static const struct value_case timestamptzs[] = {
    {"timestamptz", "2013-01-01 5:15", "2013-01-01 05:15:00-05"},
    {"timestamptz", "20130101", "2013-01-01 00:00:00-05"},
    {"timestamptz", "2013-01-01T10:00:00Z", "2013-01-01 05:00:00-05"},
    {"timestamptz", "2013-01-01 10:00:00.123456+02", "2013-01-01 03:00:00.123456-05"},
    {"timestamptz", "2013-01-01 24:00:00", "2013-01-02 00:00:00-05"},
    {"timestamptz", "2013-01-01 24:00:01",
     "22008 date/time field value out of range: \"2013-01-01 24:00:01\"", true},
    {"timestamptz", "2013-01-01 10:00:60", "2013-01-01 10:01:00-05"},
    {"timestamptz", "2013-01-01 10:00:61",
     "22008 date/time field value out of range: \"2013-01-01 10:00:61\"", true},
    {"timestamptz", "2013-01-01 10:00:00.9999999", "2013-01-01 10:00:01-05"},
    {"timestamptz", "2013-01-01 10:00:00.1234565", "2013-01-01 10:00:00.123456-05"},
    {"timestamptz", "2013-01-01 12:00 AM", "2013-01-01 00:00:00-05"},
    {"timestamptz", "2013-01-01 13:00 AM",
     "22008 date/time field value out of range: \"2013-01-01 13:00 AM\"", true},
    {"timestamptz", "20130101T101112", "2013-01-01 10:11:12-05"},
    {"timestamptz", "20130101 101112", "2013-01-01 10:11:12-05"},
    {"timestamptz", "2013-01-01 10:11:12 EST", "2013-01-01 10:11:12-05"},
    {"timestamptz", "2013-01-01 10:11:12 America/Chicago", "2013-01-01 11:11:12-05"},
    {"timestamptz", "2013-07-01 10:11:12 Mars/Moon",
     "22023 time zone \"mars/moon\" not"
     " recognized",
     true},
    {"timestamptz", "2013-07-01 10:11:12 foo",
     "22007 invalid input syntax for type timestamp with time zone: \"2013-07-01 10:11:12 foo\"",
     true},
    {"timestamptz", "2013-07-01 10:11:12+16",
     "22009 time zone displacement out of range: \"2013-07-01 10:11:12+16\"", true},
    {"timestamptz", "2013-07-01 10:11:12+0530", "2013-07-01 00:41:12-04"},
    {"timestamptz", "2011-07-01 10:11:12 MSK", "2011-07-01 02:11:12-04"},
    {"timestamptz", "2013-07-01 10:00 MET DST", "2013-07-01 04:00:00-04"},
    {"timestamptz", "Thu, 10 Sep 2013 10:11:12 +0200", "2013-09-10 04:11:12-04"},
    {"timestamptz", "Sat Sep 29 2013 10:11:12 GMT+0200",
     "22023 time zone \"gmt+0200\" not recognized", true},
    {"timestamptz", "2013-03-10 02:30", "2013-03-10 03:30:00-04"},
    {"timestamptz", "2013-11-03 01:30", "2013-11-03 01:30:00-05"},
    {"timestamptz", "2013-03-10 02:30:00", "2013-03-10 03:30:00-04"},
    {"timestamptz", "2500-07-01 12:00 Europe/Berlin", "2500-07-01 06:00:00-04"},
    {"timestamptz", "1800-01-01 12:00 Europe/Berlin", "1800-01-01 06:10:30-04:56:02"},
    {"timestamptz", "294276-12-31 23:59:59.999999",
     "22008 timestamp out of range: \"294276-12-31 23:59:59.999999\"", true},
    {"timestamptz", "294277-01-01", "22008 timestamp out of range: \"294277-01-01\"", true},
    {"timestamptz", "2013-01-05 10:11:12 <+02>-2",
     "22007 invalid input syntax for type timestamp with time zone: \"2013-01-05 10:11:12"
     " <+02>-2\"",
     true},
    {"timestamptz", "2013-01-05 infinity", "infinity"},
    {"timestamptz", "2013-01-05 10:", "2013-01-05 10:00:00-05"},
    {"timestamptz", "infinity", "infinity"},
    {"timestamptz", "-infinity", "-infinity"},
    {"timestamptz", "0001-01-01 00:00:00", "0001-01-01 00:00:00-04:56:02"},
    {"timestamptz", "2013-01-01 10:11:12.1234567", "2013-01-01 10:11:12.123457-05"},
    {"timestamptz", "2013-01-01 10:11:12.", "2013-01-01 10:11:12-05"},
    {"timestamptz", "2013-02-29 10:00:00",
     "22008 date/time field value out of range: \"2013-02-29 10:00:00\"", true},
    {"timestamptz", "2013-01-01 10:11:12+2", "2013-01-01 03:11:12-05"},
    {"timestamptz", "2013-01-01T10:11:12.5+05:30", "2012-12-31 23:41:12.5-05"},
    {"timestamptz", "2013-01-01 10:11:12-00:30", "2013-01-01 05:41:12-05"},
};

static void timestamptz_uses_the_offset_the_named_zone_or_the_session_zone(void **state) {
    (void)state;
    CHECK_VALUES(timestamptzs, "America/New_York");
}

static const struct value_case modifiers[] = {
    {"timestamp(3)", "2013-01-01 10:00:00.1235", "2013-01-01 10:00:00.124"},
    {"timestamp(0)", "2013-01-01 10:00:00.5", "2013-01-01 10:00:01"},
    {"timestamp(0)", "1999-12-31 23:59:59.5", "1999-12-31 23:59:59"},
    {"time(1)", "10:00:00.25", "10:00:00.3"},
    {"timestamptz(2)", "2013-01-01 10:00:00.125Z", "2013-01-01 05:00:00.13-05"},
    {"timestamp(2)", "infinity", "infinity"},
};

static void modifiers_round_fractions(void **state) {
    (void)state;
    CHECK_VALUES(modifiers, "America/New_York");
}

static const struct value_case intervals[] = {
    {"interval", "1 day 02:03:04", "1 day 02:03:04"},
    {"interval", "P1DT2H", "1 day 02:00:00"},
    {"interval", "1 year 2 mons", "1 year 2 mons"},
    {"interval", "@ 1 minute ago", "-00:01:00"},
    {"interval", "-1 day", "-1 days"},
    {"interval", "1.5 days", "1 day 12:00:00"},
    {"interval", "1.5 months", "1 mon 15 days"},
    {"interval", "1.5 years", "1 year 6 mons"},
    {"interval", "0.7 weeks", "4 days 21:36:00"},
    {"interval", "1-2", "1 year 2 mons"},
    {"interval", "-1-2", "-1 years -2 mons"},
    {"interval", "1-12", "22015 interval field value out of range: \"1-12\"", true},
    {"interval", "1-2 3 4:05:06", "1 year 2 mons 3 days 04:05:06"},
    {"interval", "1 -2:03", "1 day -02:03:00"},
    {"interval", "-00:00:01", "-00:00:01"},
    {"interval", "100:00:00", "100:00:00"},
    {"interval", "1.5 us", "00:00:00.000001"},
    {"interval", "1 century", "100 years"},
    {"interval", "1 quarter", "22007 invalid input syntax for type interval: \"1 quarter\"", true},
    {"interval", "1w2d3h4m5s", "22007 invalid input syntax for type interval: \"1w2d3h4m5s\"",
     true},
    {"interval", "3 4", "22007 invalid input syntax for type interval: \"3 4\"", true},
    {"interval", "5.5", "00:00:05.5"},
    {"interval", "1 hour 30", "01:00:30"},
    {"interval", "1 day 1 day", "22007 invalid input syntax for type interval: \"1 day 1 day\"",
     true},
    {"interval", "infinity", "22007 invalid input syntax for type interval: \"infinity\"", true},
    {"interval", "P", "22007 invalid input syntax for type interval: \"P\"", true},
    {"interval", "PT", "00:00:00"},
    {"interval", "P1Y2M3DT4H5M6S", "1 year 2 mons 3 days 04:05:06"},
    {"interval", "P1.5Y", "1 year 6 mons"},
    {"interval", "PT1.5S", "00:00:01.5"},
    {"interval", "P-1D", "-1 days"},
    {"interval", "-P1D", "22007 invalid input syntax for type interval: \"-P1D\"", true},
    {"interval", "P0001-02-03T04:05:06", "1 year 2 mons 3 days 04:05:06"},
    {"interval", "P00010203T040506", "1 year 2 mons 3 days 04:05:06"},
    {"interval", "p1d", "22007 invalid input syntax for type interval: \"p1d\"", true},
    {"interval", "1:60", "22015 interval field value out of range: \"1:60\"", true},
    {"interval", "2147483647 days", "2147483647 days"},
    {"interval", "2147483648 days", "22015 interval field value out of range: \"2147483648 days\"",
     true},
    {"interval", "178956970 years", "178956970 years"},
    {"interval", "178956971 years", "22008 interval out of range", true},
    {"interval", "9223372036854775808 us",
     "22015 interval field value out of range: \"9223372036854775808 us\"", true},
    {"interval", "", "22007 invalid input syntax for type interval: \"\"", true},
    {"interval", " ", "22007 invalid input syntax for type interval: \" \"", true},
    {"interval", "1 foo", "22007 invalid input syntax for type interval: \"1 foo\"", true},
    {"interval", "1day2hours", "22007 invalid input syntax for type interval: \"1day2hours\"",
     true},
    {"interval", "-1.5 months", "-1 mons -15 days"},
    {"interval", "1 mon -1 day 00:00:01", "1 mon -1 days +00:00:01"},
    {"interval", "-1 year 1 day", "-1 years +1 day"},
    {"interval", "1 mon 1 day -1:00", "1 mon 1 day -01:00:00"},
    {"interval", "12 months", "1 year"},
    {"interval", "2562047789:00:00",
     "22015 interval field value out of range: \"2562047789:00:00\"", true},
    {"interval", "0.6 us", "00:00:00.000001"},
    {"interval", "P1Y-2M", "10 mons"},
    {"interval", "1 microsecondfoo", "00:00:00.000001"},
};

static void intervals_read_and_print_as_in_postgres(void **state) {
    (void)state;
    CHECK_VALUES(intervals, "America/New_York");
}

static void words_of_the_clock_are_refused(void **state) {
    (void)state;
    static const struct value_case rows[] = {
        {"timestamp", "now",
         "0A000 a word that depends on the clock is not supported here: \"now\"", true},
        {"date", "today", "0A000 a word that depends on the clock is not supported here: \"today\"",
         true},
        {"time", "now", "0A000 a word that depends on the clock is not supported here: \"now\"",
         true},
    };
    CHECK_VALUES(rows, "UTC");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_read_as_in_postgres),
        cmocka_unit_test(times_read_as_in_postgres),
        cmocka_unit_test(timestamps_drop_the_offset),
        cmocka_unit_test(timestamptz_uses_the_offset_the_named_zone_or_the_session_zone),
        cmocka_unit_test(modifiers_round_fractions),
        cmocka_unit_test(intervals_read_and_print_as_in_postgres),
        cmocka_unit_test(words_of_the_clock_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
