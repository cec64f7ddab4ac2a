/* SPDX-License-Identifier: Apache-2.0 */
/* Positions of streams that count: bytes (stdin) or events (generate). Eight bytes, most significant
 * first, so that comparing positions byte by byte compares the numbers; printed in decimal, 20 digits
 * at most. Pure functions, any thread. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/std/std.h"

void offset_position(uint64_t offset, struct position *ret) {
    *ret = (struct position){.len = 8};
    for (int i = 0; i < 8; i++) {
        ret->bytes[i] = (uint8_t)(offset >> (56 - 8 * i));
    }
}

uint64_t offset_value(const struct position *position) {
    uint64_t offset = 0;
    for (int i = 0; i < 8 && position->len == 8; i++) {
        offset = offset << 8 | position->bytes[i];
    }
    return offset;
}

void offset_print(const struct position *position, char *ret_text) {
    if (position->len == 0) {
        memcpy(ret_text, "start", sizeof "start");
    } else if (position_is_end(position)) {
        memcpy(ret_text, "end", sizeof "end");
    } else {
        snprintf(ret_text, POSITION_TEXT_MAX, "%" PRIu64, offset_value(position));
    }
}

bool offset_parse(const char *text, struct position *ret) {
    if (strcmp(text, "start") == 0) {
        *ret = POSITION_START;
        return true;
    }
    if (strcmp(text, "end") == 0) {
        *ret = POSITION_END;
        return true;
    }
    char *end;
    uint64_t offset = strtoull(text, &end, 10);
    if (end == text || *end) {
        return false;
    }
    offset_position(offset, ret);
    return true;
}

void offset_at(const struct position *base, uint64_t offset, struct position *ret) {
    if (offset == 0) {
        *ret = *base; /* the start stays the start: positions compare by their bytes */
        return;
    }
    offset_position(offset_value(base) + offset, ret);
}

uint64_t offset_between(const struct position *base, const struct position *position) {
    uint64_t distance = offset_value(position) - offset_value(base);
    return distance > UINT32_MAX ? SIZE_MAX : distance;
}
