/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 as Postgres accepts it for text: no NUL, no surrogates, no overlong forms, at most
 * U+10FFFF. ASCII goes eight bytes at a time. */
#include "engine/record/value.h"

static bool ascii_block(const char *at) {
    uint64_t word;
    memcpy(&word, at, sizeof word);
    const uint64_t high = UINT64_C(0x8080808080808080), ones = UINT64_C(0x0101010101010101);
    return !((word | (word - ones)) & high);
}

static bool is_tail(unsigned char byte) {
    return (byte & 0xc0) == 0x80;
}

/* Length of the character at `at`, 0 = not valid. */
static size_t character_len(const unsigned char *at, size_t left) {
    unsigned char first = at[0];
    if (first < 0x80) {
        return first != 0;
    }
    if (first < 0xc2 || first > 0xf4) {
        return 0;
    }
    if (first < 0xe0) {
        return left >= 2 && is_tail(at[1]) ? 2 : 0;
    }
    if (left < 3 || !is_tail(at[1]) || !is_tail(at[2])) {
        return 0;
    }
    if (first < 0xf0) {
        bool overlong = first == 0xe0 && at[1] < 0xa0;
        bool surrogate = first == 0xed && at[1] > 0x9f;
        return overlong || surrogate ? 0 : 3;
    }
    bool overlong = first == 0xf0 && at[1] < 0x90;
    bool beyond = first == 0xf4 && at[1] > 0x8f;
    return left < 4 || !is_tail(at[3]) || overlong || beyond ? 0 : 4;
}

bool utf8_is_valid(struct slice text, size_t *ret_bad_at) {
    size_t at = 0;
    while (at < text.len) {
        if (text.len - at >= 8 && ascii_block(text.data + at)) {
            at += 8;
            continue;
        }
        size_t len = character_len((const unsigned char *)text.data + at, text.len - at);
        if (!len) {
            *ret_bad_at = at;
            return false;
        }
        at += len;
    }
    return true;
}
