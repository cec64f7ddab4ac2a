/* SPDX-License-Identifier: Apache-2.0 */
/* Adds units to an interval with overflow checks. How a fraction spills is Postgres's: of a year into
 * months, rounded; of a month or a week into days and then microseconds, a month being 30 days; and
 * microseconds round away from zero beyond a half. Pure functions, any thread. */
#include "engine/record/interval_build.h"

#include <math.h>

enum { DAYS_PER_WEEK = 7, DAYS_PER_MONTH = 30, MONTHS_PER_YEAR = 12 };

static bool us_fraction_add(struct interval_build *build, double fraction, int64_t unit) {
    if (fraction == 0) {
        return true;
    }
    fraction *= (double)unit;
    int64_t us = (int64_t)fraction;
    fraction -= (double)us;
    us += (fraction > 0.5) - (fraction < -0.5);
    return !__builtin_add_overflow(build->us, us, &build->us);
}

static bool us_add(struct interval_build *build, int64_t value, double fraction, int64_t unit) {
    int64_t us;
    return !__builtin_mul_overflow(value, unit, &us) &&
           !__builtin_add_overflow(build->us, us, &build->us) &&
           us_fraction_add(build, fraction, unit);
}

/* *field += value * factor, all in 32 bits */
static bool int_add(int32_t *field, int64_t value, int32_t factor) {
    int32_t more;
    return value >= INT32_MIN && value <= INT32_MAX &&
           !__builtin_mul_overflow((int32_t)value, factor, &more) &&
           !__builtin_add_overflow(*field, more, field);
}

static bool days_fraction_add(struct interval_build *build, double fraction, int32_t days) {
    fraction *= days;
    int32_t whole = (int32_t)fraction;
    return !__builtin_add_overflow(build->days, whole, &build->days) &&
           us_fraction_add(build, fraction - whole, US_PER_DAY);
}

static bool years_add(struct interval_build *build, int64_t value, double fraction, int32_t years) {
    int32_t months = (int32_t)rint(fraction * years * MONTHS_PER_YEAR);
    return int_add(&build->years, value, years) &&
           !__builtin_add_overflow(build->months, months, &build->months);
}

bool interval_build_add(struct interval_build *build, enum interval_unit unit, int64_t value,
                        double fraction) {
    switch (unit) {
    case UNIT_MICROSECOND:
        return us_add(build, value, fraction, 1);
    case UNIT_MILLISECOND:
        return us_add(build, value, fraction, 1000);
    case UNIT_SECOND:
        return us_add(build, value, fraction, US_PER_SECOND);
    case UNIT_MINUTE:
        return us_add(build, value, fraction, US_PER_MINUTE);
    case UNIT_HOUR:
        return us_add(build, value, fraction, US_PER_HOUR);
    case UNIT_DAY:
        return int_add(&build->days, value, 1) && us_fraction_add(build, fraction, US_PER_DAY);
    case UNIT_WEEK:
        return int_add(&build->days, value, DAYS_PER_WEEK) &&
               days_fraction_add(build, fraction, DAYS_PER_WEEK);
    case UNIT_MONTH:
        return int_add(&build->months, value, 1) &&
               days_fraction_add(build, fraction, DAYS_PER_MONTH);
    case UNIT_YEAR:
        return years_add(build, value, fraction, 1);
    case UNIT_DECADE:
        return years_add(build, value, fraction, 10);
    case UNIT_CENTURY:
        return years_add(build, value, fraction, 100);
    case UNIT_MILLENNIUM:
        return years_add(build, value, fraction, 1000);
    default:
        return false;
    }
}
