/* SPDX-License-Identifier: Apache-2.0 */
/* See events.h. All values come from splitmix64 of seed and number; the name takes up what the other fields leave,
 * so that the length of a line is constant while its fields vary in length as real ones do. */
#include "bench/events.h"

#include <assert.h>
#include <endian.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { SECOND_US = 1000000, STEP_US = 137, POSTGRES_EPOCH_S = 946684800, BASE_EPOCH_S = 1793491200 };

static const char *const types[] = {"view", "click", "purchase", "search", "signup"};
static const char *const countries[] = {"DE", "US", "GB", "FR", "IN", "BR", "JP", "NG"};
static const char *const tags[] = {"new", "mobile", "sale", "returning", "web", "beta"};

static uint64_t mix(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint32_t below(uint64_t *state, uint32_t bound) {
    return (uint32_t)(((mix(state) >> 32) * bound) >> 32);
}

/* Unique in a seed: the last eight bytes are a bijection of the number. A version 4 UUID by its marks. */
static void make_id(uint64_t seed, uint64_t number, uint64_t *state, uint8_t ret_id[16]) {
    uint64_t high = htobe64((mix(state) & ~UINT64_C(0xf000)) | 0x4000u);
    uint64_t low = htobe64(((number * 0x9e3779b97f4a7c15u ^ seed) & (UINT64_MAX >> 2)) | (UINT64_C(2) << 62));
    memcpy(ret_id, &high, 8);
    memcpy(ret_id + 8, &low, 8);
}

static void print_id(const uint8_t id[16], char ret_text[37]) {
    static const char digits[] = "0123456789abcdef";
    char *at = ret_text;
    for (unsigned i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            *at++ = '-';
        }
        *at++ = digits[id[i] >> 4];
        *at++ = digits[id[i] & 15];
    }
    *at = '\0';
}

static void print_time(int64_t time_us, char separator, char ret_text[32]) {
    time_t seconds = (time_t)(time_us / SECOND_US);
    struct tm at;
    gmtime_r(&seconds, &at);
    snprintf(ret_text, 32, "%04d-%02d-%02d%c%02d:%02d:%02d.%06dZ", (at.tm_year + 1900) % 10000, at.tm_mon + 1,
             at.tm_mday, separator, at.tm_hour, at.tm_min, at.tm_sec, (int)(time_us % SECOND_US));
}

static size_t print_json(const struct event *event, char *ret_line, size_t size) {
    char id[37], time[32];
    print_id(event->id, id);
    print_time(event->time_us, 'T', time);
    int length = snprintf(
        ret_line, size,
        "{\"id\":\"%s\",\"ts\":\"%s\",\"user_id\":%u,\"type\":\"%s\",\"amount\":%u.%02u,\"lat\":%s%u.%06u,"
        "\"is_bot\":%s,\"user\":{\"name\":\"%s\",\"country\":\"%s\"},\"tags\":[\"%s\",\"%s\"]}\n",
        id, time, event->user_id, event->type, event->amount_cents / 100, event->amount_cents % 100,
        event->latitude_millionths < 0 ? "-" : "",
        (unsigned)(event->latitude_millionths < 0 ? -event->latitude_millionths : event->latitude_millionths) / 1000000,
        (unsigned)(event->latitude_millionths < 0 ? -event->latitude_millionths : event->latitude_millionths) % 1000000,
        event->is_bot ? "true" : "false", event->name, event->country, event->tags[0], event->tags[1]);
    return (size_t)length;
}

void event_make(uint64_t seed, uint64_t number, struct event *ret) {
    uint64_t state = seed ^ (number * 0xd1342543de82ef95u);
    make_id(seed, number, &state, ret->id);
    ret->time_us = (int64_t)BASE_EPOCH_S * SECOND_US + (int64_t)number * STEP_US + below(&state, STEP_US);
    ret->user_id = 1 + below(&state, 2000000);
    ret->type = types[below(&state, sizeof types / sizeof *types)];
    ret->amount_cents = 100 + below(&state, 99900); /* a fifth are purchases, nine tenths of them above 100 */
    ret->latitude_millionths = (int32_t)below(&state, 180000000) - 90000000;
    ret->is_bot = below(&state, 10) == 0;
    ret->country = countries[below(&state, sizeof countries / sizeof *countries)];
    ret->tags[0] = tags[below(&state, 6)];
    ret->tags[1] = tags[below(&state, 6)];
    ret->name[0] = '\0';
    char line[EVENT_BYTES + 1];
    size_t bare = print_json(ret, line, sizeof line);
    size_t length = EVENT_BYTES - bare;
    assert(bare < EVENT_BYTES && length < EVENT_NAME_MAX);
    for (size_t i = 0; i < length; i++) {
        ret->name[i] = (char)('a' + below(&state, 26));
    }
    ret->name[0] = (char)(ret->name[0] - 'a' + 'A');
    ret->name[length / 3] = ' ';
    ret->name[length] = '\0';
}

void event_print_json(const struct event *event, char *ret_line) {
    char line[EVENT_BYTES + 1];
    size_t length = print_json(event, line, sizeof line);
    assert(length == EVENT_BYTES);
    memcpy(ret_line, line, EVENT_BYTES);
}

size_t event_print_copy_text(const struct event *event, char *ret_row) {
    char id[37], time[32];
    print_id(event->id, id);
    print_time(event->time_us, ' ', time);
    int length = snprintf(ret_row, EVENT_ROW_BYTES_MAX, "%s\t%s\t%u\t%s\t%u.%02u\t%.6f\t%c\t%s\t%s\n", id, time,
                          event->user_id, event->type, event->amount_cents / 100, event->amount_cents % 100,
                          event->latitude_millionths / 1e6, event->is_bot ? 't' : 'f', event->country, event->name);
    assert(length < EVENT_ROW_BYTES_MAX);
    return (size_t)length;
}

static uint8_t *put16(uint8_t *at, uint16_t value) {
    value = htobe16(value);
    memcpy(at, &value, 2);
    return at + 2;
}

static uint8_t *put32(uint8_t *at, uint32_t value) {
    value = htobe32(value);
    memcpy(at, &value, 4);
    return at + 4;
}

static uint8_t *put64(uint8_t *at, uint64_t value) {
    at = put32(at, 8);
    value = htobe64(value);
    memcpy(at, &value, 8);
    return at + 8;
}

static uint8_t *put_bytes(uint8_t *at, const void *bytes, size_t length) {
    at = put32(at, (uint32_t)length);
    memcpy(at, bytes, length);
    return at + length;
}

/* Postgres's numeric: digits to the base of 10,000, one before the point, one after it unless that is zero. */
static uint8_t *put_numeric(uint8_t *at, uint32_t cents) {
    uint16_t digits[2] = {(uint16_t)(cents / 100), (uint16_t)(cents % 100 * 100)};
    uint16_t first = digits[0] ? 0 : 1, last = digits[1] ? 2 : 1;
    uint16_t count = last > first ? (uint16_t)(last - first) : 0;
    at = put32(at, 8 + 2u * count);
    at = put16(at, count);
    at = put16(at, count && first ? (uint16_t)-1 : 0); /* weight of the first digit */
    at = put16(at, 0);                                 /* sign */
    at = put16(at, 2);                                 /* scale */
    for (uint16_t i = first; i < first + count; i++) {
        at = put16(at, digits[i]);
    }
    return at;
}

size_t event_print_copy_binary(const struct event *event, uint8_t *ret_row) {
    double latitude = event->latitude_millionths / 1e6;
    uint64_t latitude_bits;
    memcpy(&latitude_bits, &latitude, 8);
    uint8_t is_bot = event->is_bot;
    uint8_t *at = put16(ret_row, 9);
    at = put_bytes(at, event->id, 16);
    at = put64(at, (uint64_t)(event->time_us - (int64_t)POSTGRES_EPOCH_S * SECOND_US));
    at = put64(at, event->user_id);
    at = put_bytes(at, event->type, strlen(event->type));
    at = put_numeric(at, event->amount_cents);
    at = put64(at, latitude_bits);
    at = put_bytes(at, &is_bot, 1);
    at = put_bytes(at, event->country, strlen(event->country));
    at = put_bytes(at, event->name, strlen(event->name));
    return (size_t)(at - ret_row);
}
