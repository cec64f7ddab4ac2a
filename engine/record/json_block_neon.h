/* SPDX-License-Identifier: Apache-2.0 */
/* The NEON twin; included by json_block.h only. NEON has no movemask: narrowing shifts leave four
 * bits for each byte in one 64-bit word. */
#ifndef LEAT_RECORD_JSON_BLOCK_NEON_H
#define LEAT_RECORD_JSON_BLOCK_NEON_H

#include <arm_neon.h>

static inline uint8x16_t json_block_load(const char *data) {
    return vld1q_u8((const uint8_t *)data);
}

/* Four bits for each byte. */
static inline uint64_t json_block_mask(uint8x16_t matches) {
    uint8x8_t narrow = vshrn_n_u16(vreinterpretq_u16_u8(matches), 4);
    return vget_lane_u64(vreinterpret_u64_u8(narrow), 0);
}

static inline unsigned json_block_first(uint8x16_t matches) {
    uint64_t mask = json_block_mask(matches);
    return mask ? (unsigned)__builtin_ctzll(mask) >> 2 : JSON_BLOCK;
}

/* The first byte that is not plain ASCII string text: quote, backslash, control, non-ASCII; 16 if
 * none is. */
static inline unsigned json_block_string_stop(const char *data) {
    uint8x16_t bytes = json_block_load(data);
    uint8x16_t marks =
        vorrq_u8(vceqq_u8(bytes, vdupq_n_u8('"')), vceqq_u8(bytes, vdupq_n_u8('\\')));
    uint8x16_t other = vcltq_s8(vreinterpretq_s8_u8(bytes), vdupq_n_s8(0x20));
    return json_block_first(vorrq_u8(marks, other));
}

/* The first byte that a JSON writer must escape: quote, backslash, control; 16 if none is. */
static inline unsigned json_block_escape_stop(const char *data) {
    uint8x16_t bytes = json_block_load(data);
    uint8x16_t marks =
        vorrq_u8(vceqq_u8(bytes, vdupq_n_u8('"')), vceqq_u8(bytes, vdupq_n_u8('\\')));
    return json_block_first(vorrq_u8(marks, vcltq_u8(bytes, vdupq_n_u8(0x20))));
}

/* How many decimal digits lead, 0 to 16. */
static inline unsigned json_block_digits(const char *data) {
    uint8x16_t shifted = vsubq_u8(json_block_load(data), vdupq_n_u8('0'));
    return json_block_first(vcgtq_u8(shifted, vdupq_n_u8(9)));
}

/* How many spaces lead, 0 to 16. */
static inline unsigned json_block_spaces(const char *data) {
    return json_block_first(vmvnq_u8(vceqq_u8(json_block_load(data), vdupq_n_u8(' '))));
}

/* Whether the first len (at most 16) bytes are equal. */
static inline bool json_block_equal(const char *a, const char *b, unsigned len) {
    uint8x16_t different = vmvnq_u8(vceqq_u8(json_block_load(a), json_block_load(b)));
    return json_block_first(different) >= len;
}

/* The first byte that opens or closes a JSON container or is a quote; 16 if none is. */
static inline unsigned json_block_bracket_stop(const char *data) {
    uint8x16_t bytes = json_block_load(data);
    uint8x16_t folded =
        vorrq_u8(bytes, vdupq_n_u8(0x20)); /* [ and { are 0x20 apart, so are ] and } */
    uint8x16_t brackets =
        vorrq_u8(vceqq_u8(folded, vdupq_n_u8('{')), vceqq_u8(folded, vdupq_n_u8('}')));
    return json_block_first(vorrq_u8(brackets, vceqq_u8(bytes, vdupq_n_u8('"'))));
}

/* The first of three bytes; 16 if none is there. */
static inline unsigned json_block_any_of(const char *data, char a, char b, char c) {
    uint8x16_t bytes = json_block_load(data);
    uint8x16_t ab =
        vorrq_u8(vceqq_u8(bytes, vdupq_n_u8((uint8_t)a)), vceqq_u8(bytes, vdupq_n_u8((uint8_t)b)));
    return json_block_first(vorrq_u8(ab, vceqq_u8(bytes, vdupq_n_u8((uint8_t)c))));
}

/* Where the byte stands: bit i for data[i]. */
static inline uint32_t json_block_where(const char *data, char byte) {
    static const uint8_t weights[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    uint8x16_t equal = vceqq_u8(json_block_load(data), vdupq_n_u8((uint8_t)byte));
    uint8x16_t bits = vandq_u8(equal, vld1q_u8(weights));
    return (uint32_t)vaddv_u8(vget_low_u8(bits)) | (uint32_t)vaddv_u8(vget_high_u8(bits)) << 8;
}

#endif
