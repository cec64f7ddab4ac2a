/* SPDX-License-Identifier: Apache-2.0 */
/* An interval while it is read: years and months apart, every addition checked. Private to the
 * interval files. */
#ifndef LEAT_RECORD_INTERVAL_BUILD_H
#define LEAT_RECORD_INTERVAL_BUILD_H

#include "engine/record/datetime_decode.h"

struct interval_build {
    int64_t us;
    int32_t days, months, years;
};

enum interval_unit {
    UNIT_NONE,
    UNIT_MICROSECOND,
    UNIT_MILLISECOND,
    UNIT_SECOND,
    UNIT_MINUTE,
    UNIT_HOUR,
    UNIT_DAY,
    UNIT_WEEK,
    UNIT_MONTH,
    UNIT_YEAR,
    UNIT_DECADE,
    UNIT_CENTURY,
    UNIT_MILLENNIUM,
    UNIT_FIELD, /* from here on: no number may have it */
    UNIT_QUARTER = UNIT_FIELD,
    UNIT_ZONE,
    UNIT_AGO
};

/* NUL-terminated, lower case; also what date_trunc and extract know. UNIT_NONE = none. */
enum interval_unit interval_unit_find(const char *text);

/* Adds value and fraction of a unit; a fraction spills into the smaller fields as in Postgres.
 * False = overflow. */
bool interval_build_add(struct interval_build *build, enum interval_unit unit, int64_t value,
                        double fraction);
/* ISO 8601: P1Y2M3DT4H5M6S, P0001-02-03T04:05:06, P00010203T040506. text is NUL-terminated. */
enum datetime_fault interval_iso_read(const char *text, struct interval_build *build);

#endif
