/* SPDX-License-Identifier: Apache-2.0 */
/* The proleptic Gregorian calendar: days since 2000-01-01 to civil dates and back, by eras of
 * 400 years counted from 1 March, so that the leap day comes last. Pure arithmetic, any year an
 * int64_t of days can reach. */
#include "engine/record/calendar.h"

enum { DAYS_PER_ERA = 146097, MARCH_0000_TO_2000 = 730425 };

int64_t floor_divide(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}

bool year_is_leap(int64_t year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int month_days(int64_t year, int month) {
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && year_is_leap(year));
}

int64_t date_from_civil(int64_t year, int month, int day) {
    year -= month <= 2;
    int64_t era = floor_divide(year, 400);
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    return era * DAYS_PER_ERA + day_of_era - MARCH_0000_TO_2000;
}

void date_to_civil(int64_t days, int64_t *ret_year, int *ret_month, int *ret_day) {
    days += MARCH_0000_TO_2000;
    int64_t era = floor_divide(days, DAYS_PER_ERA);
    int64_t of_era = days - era * DAYS_PER_ERA;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;
    *ret_day = (int)(of_year - (153 * month + 2) / 5 + 1);
    *ret_month = (int)(month < 10 ? month + 3 : month - 9);
    *ret_year = year + era * 400 + (*ret_month <= 2);
}

void timestamp_split(int64_t us, struct datetime_parts *ret) {
    int64_t days = floor_divide(us, US_PER_DAY);
    int64_t of_day = us - days * US_PER_DAY;
    date_to_civil(days, &ret->year, &ret->month, &ret->day);
    ret->hour = (int)(of_day / US_PER_HOUR);
    ret->minute = (int)(of_day / US_PER_MINUTE % 60);
    ret->second = (int)(of_day / US_PER_SECOND % 60);
    ret->us = (int)(of_day % US_PER_SECOND);
}

int64_t timestamp_join(const struct datetime_parts *parts) {
    int64_t seconds = ((int64_t)parts->hour * 60 + parts->minute) * 60 + parts->second;
    return date_from_civil(parts->year, parts->month, parts->day) * US_PER_DAY +
           seconds * US_PER_SECOND + parts->us;
}

bool timestamp_join_checked(const struct datetime_parts *parts, int64_t *ret) {
    int64_t days = date_from_civil(parts->year, parts->month, parts->day);
    int64_t seconds = ((int64_t)parts->hour * 60 + parts->minute) * 60 + parts->second;
    int64_t value;
    if (parts->year < YEAR_MIN || parts->year > YEAR_MAX || days < DATE_MIN_DAYS ||
        __builtin_mul_overflow(days, US_PER_DAY, &value) ||
        __builtin_add_overflow(value, seconds * US_PER_SECOND + parts->us, &value)) {
        return false;
    }
    *ret = value;
    return true;
}

/* Monday of the week 1 of the ISO year. */
static int64_t iso_year_start(int64_t year) {
    int64_t january_4th = date_from_civil(year, 1, 4);
    return january_4th - (weekday_of(january_4th) + 6) % 7;
}

int weekday_of(int64_t days) {
    int64_t weekday = (days + 6) % 7; /* 2000-01-01 was a Saturday */
    return (int)(weekday < 0 ? weekday + 7 : weekday);
}

void iso_week_of(int64_t days, int64_t *ret_year, int *ret_week) {
    int64_t year;
    int month, day;
    date_to_civil(days, &year, &month, &day);
    if (days < iso_year_start(year)) {
        year--;
    } else if (days >= iso_year_start(year + 1)) {
        year++;
    }
    *ret_year = year;
    *ret_week = (int)((days - iso_year_start(year)) / 7 + 1);
}

int64_t iso_week_start(int64_t year, int week) {
    return iso_year_start(year) + (int64_t)(week - 1) * 7;
}
