/* SPDX-License-Identifier: Apache-2.0 */
/* A loaded time zone and how it is made: from a TZif file (RFC 8536) or from a POSIX TZ text.
 * Private to the timezone files. A zone is immutable once it is in the cache. */
#ifndef LEAT_RECORD_TIMEZONE_DATA_H
#define LEAT_RECORD_TIMEZONE_DATA_H

#include "engine/record/datetime.h"

enum {
    TIMEZONE_NAME_MAX = 64,
    TIMEZONE_ABBREVIATION_MAX = 7,
    TIMEZONE_TYPES_MAX = 256,
    TIMEZONE_CHARS_MAX = 512
};

struct timezone_type {
    int32_t offset; /* seconds east of UTC */
    bool dst;
    uint16_t abbreviation; /* index into chars */
};

/* times[i] (Unix seconds) is when types[indexes[i]] begins. When `repeats`, the last 400 years
 * of times are what follows for ever. types[0] holds before the first. */
struct timezone {
    struct timezone *next;
    char name[TIMEZONE_NAME_MAX + 1];
    int64_t *times;
    uint8_t *indexes;
    uint32_t count, capacity;
    bool repeats;
    uint32_t types_count;
    struct timezone_type types[TIMEZONE_TYPES_MAX];
    char chars[TIMEZONE_CHARS_MAX];
    uint32_t chars_len;
};

struct timezone_abbreviation {
    const char *name; /* lower case */
    int32_t offset;
    const char *zone; /* NULL = the offset is fixed */
};

const struct timezone_abbreviation *timezone_abbreviation_find(struct slice name);

/* Adds a transition; false = out of memory. */
bool timezone_add(struct timezone *zone, int64_t time, uint8_t index);
/* Index of a type with these properties, made if needed; -1 = no room. */
int timezone_type_make(struct timezone *zone, int32_t offset, bool dst, struct slice abbreviation);
/* Reads a POSIX TZ text (`EST5EDT,M3.2.0,M11.1.0`, `<+02>-2`, `+02`) and adds its transitions
 * from the year of the last one on, for 400 years. A zone without transitions gets the standard
 * time as type 0. */
bool timezone_posix_extend(struct timezone *zone, struct slice text);
bool timezone_tzif_read(struct timezone *zone, struct slice file);

/* The type at a moment of Unix seconds. *ret_from and *ret_to (may be NULL) bound the stretch;
 * INT64_MIN and INT64_MAX = open. */
const struct timezone_type *timezone_type_at(const struct timezone *zone, int64_t unix_seconds,
                                             int64_t *ret_from, int64_t *ret_to);
/* Seconds east of UTC for a local time, the way Postgres decides in a gap or an overlap. */
int32_t timezone_offset_local(const struct timezone *zone, int64_t local_us);
/* The same for an abbreviation whose meaning changed: its latest meaning at or before that local
 * time, else its first one after, else what the zone has then. `name` in any case. */
int32_t timezone_offset_abbreviation(const struct timezone *zone, struct slice name,
                                     int64_t local_us);

#endif
