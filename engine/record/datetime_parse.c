/* SPDX-License-Identifier: Apache-2.0 */
/* Dates and times from text. The fixed layout of RFC 3339 and of ISO 8601 with a blank is read by
 * hand in some tens of nanoseconds; everything else goes through scan and decode, which also decide
 * about errors.
 *
 * `now`, `today` and the like are refused: a value must not depend on when a record was read. */
#include "engine/record/datetime_decode.h"
#include "engine/record/scalar.h"

bool datetime_fail(const struct parse_context *context, enum datetime_fault fault,
                   const char *type) {
    struct slice text = context->text;
    int len = text.len < 512 ? (int)text.len : 512;
    const char *data = len ? text.data : "";
    switch (fault) {
    case DATETIME_OUT_OF_RANGE:
        return value_fail(context->error, context->arena, "22008",
                          "date/time field value out of range: \"%.*s\"", len, data);
    case DATETIME_ZONE_RANGE:
        return value_fail(context->error, context->arena, "22009",
                          "time zone displacement out of range: \"%.*s\"", len, data);
    case DATETIME_INTERVAL_RANGE:
        return value_fail(context->error, context->arena, "22015",
                          "interval field value out of range: \"%.*s\"", len, data);
    case DATETIME_CLOCK:
        return value_fail(context->error, context->arena, "0A000",
                          "a word that depends on the clock is not supported here: \"%.*s\"", len,
                          data);
    default:
        return value_fail(context->error, context->arena, "22007",
                          "invalid input syntax for type %s: \"%.*s\"", type, len, data);
    }
}

static bool decoded_fail(const struct parse_context *context, enum datetime_fault fault,
                         const char *type, const struct datetime_decoded *decoded) {
    if (fault == DATETIME_ZONE_UNKNOWN) {
        return value_fail(context->error, context->arena, "22023",
                          "time zone \"%s\" not recognized", decoded->zone_text);
    }
    return datetime_fail(context, fault, type);
}

/* --- the quick way ---------------------------------------------------------------------------- */

/* Reads `count` digits, -1 when one is none. */
static int digits_read(const char *at, int count) {
    int value = 0;
    for (int i = 0; i < count; i++) {
        unsigned digit = (unsigned)(at[i] - '0');
        if (digit > 9) {
            return -1;
        }
        value = value * 10 + (int)digit;
    }
    return value;
}

/* yyyy-mm-dd with a year from 1 */
static bool date_quick(const char *at, int64_t *ret_days) {
    int year = digits_read(at, 4), month = digits_read(at + 5, 2), day = digits_read(at + 8, 2);
    if (at[4] != '-' || at[7] != '-' || year < 1 || month < 1 || month > 12 || day < 1 ||
        day > month_days(year, month)) {
        return false;
    }
    *ret_days = date_from_civil(year, month, day);
    return true;
}

/* hh:mm:ss[.f{1,6}]; moves *at */
static bool time_quick(const char **at, const char *end, int64_t *ret_us) {
    const char *text = *at;
    if (end - text < 8 || text[2] != ':' || text[5] != ':') {
        return false;
    }
    int hour = digits_read(text, 2), minute = digits_read(text + 3, 2),
        second = digits_read(text + 6, 2);
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) {
        return false;
    }
    int us = 0, unit = 1000000;
    text += 8;
    if (text < end && *text == '.') {
        for (text++; text < end && ascii_is_digit(*text) && unit > 1; text++) {
            unit /= 10;
            us += (*text - '0') * unit;
        }
    }
    *at = text;
    *ret_us = ((int64_t)(hour * 60 + minute) * 60 + second) * US_PER_SECOND + us;
    return true;
}

/* Z, +hh, +hh:mm, +hhmm up to the end */
static bool offset_quick(const char *at, const char *end, int64_t *ret_seconds) {
    if (end - at == 1 && (*at == 'Z' || *at == 'z')) {
        *ret_seconds = 0;
        return true;
    }
    ptrdiff_t len = end - at;
    if ((*at != '+' && *at != '-') || (len != 3 && len != 5 && len != 6) ||
        (len == 6 && at[3] != ':')) {
        return false;
    }
    int hours = digits_read(at + 1, 2), minutes = len > 3 ? digits_read(end - 2, 2) : 0;
    if (hours < 0 || hours > 15 || minutes < 0 || minutes > 59) {
        return false;
    }
    int64_t seconds = (hours * 60 + minutes) * 60;
    *ret_seconds = *at == '-' ? -seconds : seconds;
    return true;
}

static bool timestamp_quick(const struct parse_context *context, bool with_zone, int64_t *ret) {
    const char *at = context->text.data, *end = at + context->text.len;
    int64_t days, us, offset = 0;
    if (context->text.len < 19 || (at[10] != ' ' && at[10] != 'T') || !date_quick(at, &days)) {
        return false;
    }
    at += 11;
    if (!time_quick(&at, end, &us)) {
        return false;
    }
    bool has_offset = at < end;
    if (has_offset && !offset_quick(at, end, &offset)) {
        return false;
    }
    int64_t local = days * US_PER_DAY + us;
    if (with_zone) {
        *ret = has_offset ? local - offset * US_PER_SECOND
                          : timezone_to_utc(context->zone ? context->zone : timezone_utc(), local);
    } else {
        *ret = local;
    }
    return true;
}

/* --- the whole way ---------------------------------------------------------------------------- */

/* The result may point into the fields. */
static enum datetime_fault text_decode(const struct parse_context *context, bool time_only,
                                       struct datetime_fields *fields,
                                       struct datetime_decoded *ret) {
    enum datetime_fault fault = datetime_scan(context->text, fields);
    *ret = (struct datetime_decoded){0};
    if (fault == DATETIME_FINE) {
        fault = datetime_decode(fields, context->zone, time_only, ret);
    }
    return fault;
}

static bool range_fail(const struct parse_context *context, const char *what) {
    int len = context->text.len < 512 ? (int)context->text.len : 512;
    return value_fail(context->error, context->arena, "22008", "%s out of range: \"%.*s\"", what,
                      len, context->text.data);
}

bool date_parse(const struct parse_context *context, int32_t *ret) {
    int64_t days;
    if (context->text.len == 10 && date_quick(context->text.data, &days)) {
        *ret = (int32_t)days;
        return true;
    }
    struct datetime_fields fields;
    struct datetime_decoded decoded;
    enum datetime_fault fault = text_decode(context, false, &fields, &decoded);
    if (fault != DATETIME_FINE) {
        return decoded_fail(context, fault, "date", &decoded);
    }
    switch (decoded.special) {
    case SPECIAL_EPOCH:
        *ret = (int32_t)(-DATETIME_UNIX_EPOCH_US / US_PER_DAY);
        return true;
    case SPECIAL_INFINITY:
        *ret = INT32_MAX;
        return true;
    case SPECIAL_MINUS_INFINITY:
        *ret = INT32_MIN;
        return true;
    case SPECIAL_NONE:
        break;
    }
    days = date_from_civil(decoded.parts.year, decoded.parts.month, decoded.parts.day);
    if (days < DATE_MIN_DAYS || days >= DATE_END_DAYS) {
        return range_fail(context, "date");
    }
    *ret = (int32_t)days;
    return true;
}

bool time_parse(const struct parse_context *context, int64_t *ret) {
    const char *at = context->text.data, *end = at + context->text.len;
    if (time_quick(&at, end, ret) && at == end) {
        return true;
    }
    struct datetime_fields fields;
    struct datetime_decoded decoded;
    enum datetime_fault fault = text_decode(context, true, &fields, &decoded);
    if (fault != DATETIME_FINE) {
        return decoded_fail(context, fault, "time", &decoded);
    }
    const struct datetime_parts *parts = &decoded.parts;
    *ret = (((int64_t)parts->hour * 60 + parts->minute) * 60 + parts->second) * US_PER_SECOND +
           parts->us;
    return true;
}

bool timestamp_parse(const struct parse_context *context, bool with_zone, int64_t *ret) {
    if (timestamp_quick(context, with_zone, ret)) {
        return true;
    }
    struct datetime_fields fields;
    struct datetime_decoded decoded;
    enum datetime_fault fault = text_decode(context, false, &fields, &decoded);
    if (fault != DATETIME_FINE) {
        return decoded_fail(context, fault, with_zone ? "timestamp with time zone" : "timestamp",
                            &decoded);
    }
    switch (decoded.special) {
    case SPECIAL_EPOCH:
        *ret = -DATETIME_UNIX_EPOCH_US;
        return true;
    case SPECIAL_INFINITY:
        *ret = TIMESTAMP_INFINITY;
        return true;
    case SPECIAL_MINUS_INFINITY:
        *ret = TIMESTAMP_MINUS_INFINITY;
        return true;
    case SPECIAL_NONE:
        break;
    }
    int64_t us, shift = with_zone ? -(int64_t)decoded.offset * US_PER_SECOND : 0;
    if (!timestamp_join_checked(&decoded.parts, &us) || __builtin_add_overflow(us, shift, &us) ||
        !timestamp_is_valid(us)) {
        return range_fail(context, "timestamp");
    }
    *ret = us;
    return true;
}
