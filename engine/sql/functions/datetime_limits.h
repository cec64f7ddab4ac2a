/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges and infinities of dates and timestamps, for the functions that compute with them. The
 * figures are those of Postgres's timestamp.h. */
#ifndef LEAT_SQL_FUNCTIONS_DATETIME_LIMITS_H
#define LEAT_SQL_FUNCTIONS_DATETIME_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#define SECOND_US INT64_C(1000000)
#define HOUR_US INT64_C(3600000000)
#define DAY_US INT64_C(86400000000)

/* 4713-01-01 BC up to 5874898-01-01, up to 294277-01-01 for timestamps; the ends are exclusive. */
enum { DATE_FIRST = -2451545, DATE_END = 2145031949, DATE_TIMESTAMP_END = 106751983 };
#define TIMESTAMP_FIRST INT64_C(-211813488000000000)
#define TIMESTAMP_END INT64_C(9223371331200000000)

static inline bool date_is_finite(int32_t date) {
    return date != INT32_MIN && date != INT32_MAX;
}

static inline bool timestamp_is_finite(int64_t us) {
    return us != INT64_MIN && us != INT64_MAX;
}

static inline bool timestamp_is_valid(int64_t us) {
    return us >= TIMESTAMP_FIRST && us < TIMESTAMP_END;
}

/* False = out of range. Infinities stay infinite. */
static inline bool date_to_timestamp(int32_t date, int64_t *ret) {
    if (!date_is_finite(date)) {
        *ret = date == INT32_MAX ? INT64_MAX : INT64_MIN;
        return true;
    }
    if (date >= DATE_TIMESTAMP_END) {
        return false;
    }
    *ret = date * DAY_US;
    return true;
}

#endif
