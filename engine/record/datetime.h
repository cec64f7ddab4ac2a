/* SPDX-License-Identifier: Apache-2.0 */
/* Dates, times, time zones and intervals, Postgres's rules. Epochs and infinities as in type.h; local
 * time is microseconds as if it were UTC. The calendar is the proleptic Gregorian one. Functions that
 * can leave the range say so; nothing depends on the process's locale or TZ. Thread-safe. */
#ifndef LEAT_RECORD_DATETIME_H
#define LEAT_RECORD_DATETIME_H

#include "engine/base/error.h"
#include "engine/record/type.h"

#define DATETIME_UNIX_EPOCH_US INT64_C(946684800000000) /* 2000-01-01 in Unix microseconds */

struct datetime_parts {
    int64_t year; /* astronomical: 0 = 1 BC */
    int month, day, hour, minute, second, us;
};

int64_t date_from_civil(int64_t year, int month, int day); /* days since 2000-01-01 */
void date_to_civil(int64_t days, int64_t *ret_year, int *ret_month, int *ret_day);
void timestamp_split(int64_t us, struct datetime_parts *ret);
int64_t timestamp_join(const struct datetime_parts *parts);

/* Time zones: IANA names from the system's database, abbreviations Postgres knows by default (UTC, EST, ...),
 * fixed offsets (`+02`, `-03:30`; POSIX sign rule as in Postgres). Loaded once, kept for the life of the process,
 * thread-safe. NULL = there is none of that name. */
const struct timezone *timezone_find(struct slice name);
const struct timezone *timezone_utc(void);
/* Seconds east of UTC at this instant; *ret_abbreviation may be NULL. */
int32_t timezone_offset(const struct timezone *zone, int64_t timestamptz_us, const char **ret_abbreviation);
/* Local time to instant: in a gap or an overlap the way Postgres decides (DetermineTimeZoneOffset). */
int64_t timezone_to_utc(const struct timezone *zone, int64_t local_us);
const char *timezone_name(const struct timezone *zone);

int64_t timestamptz_to_local(int64_t us, const struct timezone *zone);

/* timestamp + interval etc.: months first (day clipped to the month's end), then days, then microseconds; for
 * timestamptz the months and days step in local time. False = out of range (22008). */
bool timestamp_add(int64_t us, struct interval interval, int64_t *ret);
bool timestamptz_add(int64_t us, struct interval interval, const struct timezone *zone, int64_t *ret);
struct interval timestamp_subtract(int64_t a, int64_t b); /* days and time, as timestamp - timestamp */
struct interval timestamp_age(int64_t a, int64_t b);      /* age(): years, months, days, time */
int interval_compare(struct interval a, struct interval b);  /* a month is 30 days, a day 24 h */
struct interval interval_justify_hours(struct interval a);

/* date_trunc(unit, local timestamp): false = unknown unit, or the result would lie before 4714 BC.
 * Units: microseconds .. millennium, week, quarter. */
bool timestamp_truncate(struct slice unit, int64_t us, int64_t *ret);
bool interval_truncate(struct slice unit, struct interval value, struct interval *ret);
/* extract(field from ...): the value as numeric text in the arena (Postgres 14+ semantics, scale 6 for seconds and
 * epoch). False = unknown field (22023) or not supported for the type (0A000): *ret_code. Of an infinite timestamp,
 * fields that do not grow without end are SQL null: ret->data is NULL. */
bool timestamp_extract(struct slice field, int64_t us, struct arena *arena, struct slice *ret, const char **ret_code);
bool interval_extract(struct slice field, struct interval value, struct arena *arena, struct slice *ret,
                      const char **ret_code);

/* to_char(timestamp, format) and to_timestamp/to_date(text, format), template patterns of Postgres 15 with FM, TH,
 * quoted literals, and the rules for separators. zone NULL for plain timestamps. Codes: NULL or SQLSTATE. to_char of an
 * infinite timestamp or with an empty format is SQL null: nothing is appended, the caller says so. */
struct buffer;
void timestamp_format(int64_t us, const struct timezone *zone, struct slice format, struct buffer *out);
const char *timestamp_parse_format(struct slice text, struct slice format, const struct timezone *zone,
                                   struct arena *arena, int64_t *ret_us, struct slice *ret_message);

#endif
