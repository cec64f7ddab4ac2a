/* SPDX-License-Identifier: Apache-2.0 */
/* The event that every benchmark and fault test uses: 257 bytes of JSON with its line feed, nine fields, made from a
 * seed and a number alone, so that any range of events can be made again anywhere. Pure functions, any thread.
 *
 * About 18 % are purchases of more than 100; ids are unique in a seed; times rise with the number. */
#ifndef LEAT_BENCH_EVENTS_H
#define LEAT_BENCH_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EVENT_BYTES = 257, EVENT_NAME_MAX = 64, EVENT_ROW_BYTES_MAX = 512 };

struct event {
    uint8_t id[16];
    int64_t time_us; /* Unix epoch */
    uint32_t user_id;
    const char *type;
    uint32_t amount_cents;
    int32_t latitude_millionths;
    bool is_bot;
    char name[EVENT_NAME_MAX]; /* of the length that makes the line 257 bytes */
    const char *country;
    const char *tags[2];
};

void event_make(uint64_t seed, uint64_t number, struct event *ret);

/* Writes exactly EVENT_BYTES. */
void event_print_json(const struct event *event, char *ret_line);
/* A row of nine columns as COPY's text format has it: id, ts, user_id, type, amount, lat, is_bot, country, name. */
size_t event_print_copy_text(const struct event *event, char *ret_row);
/* The same row in COPY's binary format: uuid, timestamptz, bigint, text, numeric(12,2), float8, bool, text, text. */
size_t event_print_copy_binary(const struct event *event, uint8_t *ret_row);

#endif
