/* SPDX-License-Identifier: Apache-2.0 */
/* Reads TZif files (RFC 8536), the 64-bit part of version 2 and later; a version 1 file gives
 * its only part. Every count and index of the file is checked, because the system's database is
 * input like any other. Leap seconds are not applied, as in Postgres. */
#include "engine/record/timezone_data.h"

enum { HEADER_BYTES = 44, TYPE_BYTES = 6, TRANSITIONS_MAX = 4096 };

struct counts {
    uint32_t utc, standard, leap, times, types, chars;
};

struct reader {
    struct slice rest;
};

static uint64_t big_endian(const char *at, int bytes) {
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++) {
        value = value << 8 | (unsigned char)at[i];
    }
    return value;
}

static void advance(struct reader *reader, size_t bytes) {
    reader->rest.data += bytes;
    reader->rest.len -= bytes;
}

static bool header_take(struct reader *reader, struct counts *ret, char *ret_version) {
    const char *at = reader->rest.data;
    if (reader->rest.len < HEADER_BYTES || memcmp(at, "TZif", 4) != 0) {
        return false;
    }
    uint32_t *fields[] = {&ret->utc,   &ret->standard, &ret->leap,
                          &ret->times, &ret->types,    &ret->chars};
    for (int i = 0; i < 6; i++) {
        *fields[i] = (uint32_t)big_endian(at + 20 + 4 * i, 4);
    }
    *ret_version = at[4];
    advance(reader, HEADER_BYTES);
    return ret->times <= TRANSITIONS_MAX && ret->types >= 1 && ret->types <= TIMEZONE_TYPES_MAX &&
           ret->chars <= TIMEZONE_CHARS_MAX && ret->leap <= TRANSITIONS_MAX &&
           ret->utc <= TIMEZONE_TYPES_MAX && ret->standard <= TIMEZONE_TYPES_MAX;
}

static size_t body_bytes(const struct counts *counts, size_t time_bytes) {
    return counts->times * (time_bytes + 1) + counts->types * TYPE_BYTES + counts->chars +
           counts->leap * (time_bytes + 4) + counts->standard + counts->utc;
}

static bool types_read(struct timezone *zone, const char *at, const struct counts *counts) {
    const char *chars = at + counts->types * TYPE_BYTES;
    memcpy(zone->chars, chars, counts->chars);
    zone->chars_len = counts->chars;
    if (!counts->chars || zone->chars[counts->chars - 1]) {
        return false;
    }
    zone->types_count = counts->types;
    for (uint32_t i = 0; i < counts->types; i++, at += TYPE_BYTES) {
        zone->types[i] = (struct timezone_type){.offset = (int32_t)big_endian(at, 4),
                                                .dst = at[4] != 0,
                                                .abbreviation = (uint8_t)at[5]};
        bool sane = zone->types[i].offset > -200000 && zone->types[i].offset < 200000;
        if (!sane || (uint8_t)at[5] >= counts->chars) {
            return false;
        }
    }
    return true;
}

static bool body_read(struct timezone *zone, struct reader *reader, const struct counts *counts,
                      int time_bytes) {
    size_t bytes = body_bytes(counts, (size_t)time_bytes);
    if (reader->rest.len < bytes) {
        return false;
    }
    const char *times = reader->rest.data;
    const char *indexes = times + (size_t)counts->times * (size_t)time_bytes;
    if (!types_read(zone, indexes + counts->times, counts)) {
        return false;
    }
    for (uint32_t i = 0; i < counts->times; i++) {
        uint64_t bits = big_endian(times + (size_t)i * (size_t)time_bytes, time_bytes);
        int64_t time = time_bytes == 4 ? (int32_t)(uint32_t)bits : (int64_t)bits;
        uint8_t index = (uint8_t)indexes[i];
        bool sorted = !zone->count || zone->times[zone->count - 1] < time;
        if (index >= counts->types || !sorted || !timezone_add(zone, time, index)) {
            return false;
        }
    }
    advance(reader, bytes);
    return true;
}

bool timezone_tzif_read(struct timezone *zone, struct slice file) {
    struct reader reader = {.rest = file};
    struct counts counts;
    char version;
    if (!header_take(&reader, &counts, &version)) {
        return false;
    }
    if (version < '2') {
        return body_read(zone, &reader, &counts, 4);
    }
    size_t skip = body_bytes(&counts, 4);
    if (reader.rest.len < skip) {
        return false;
    }
    advance(&reader, skip);
    if (!header_take(&reader, &counts, &version) || !body_read(zone, &reader, &counts, 8)) {
        return false;
    }
    struct slice footer = reader.rest;
    if (footer.len < 2 || footer.data[0] != '\n' || footer.data[footer.len - 1] != '\n') {
        return false;
    }
    footer = slice_make(footer.data + 1, footer.len - 2);
    return !footer.len || !zone->count || timezone_posix_extend(zone, footer);
}
