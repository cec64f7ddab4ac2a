/* SPDX-License-Identifier: Apache-2.0 */
/* The SSE2 twin; included by json_block.h only. SSE2 is part of x86-64, so there is no run-time
 * choice. A signed comparison `byte < 0x20` finds control characters and every byte of non-ASCII
 * text at once. */
#ifndef LEAT_RECORD_JSON_BLOCK_SSE2_H
#define LEAT_RECORD_JSON_BLOCK_SSE2_H

#include <emmintrin.h>

static inline __m128i json_block_load(const char *data) {
    return _mm_loadu_si128((const __m128i *)(const void *)data);
}

static inline unsigned json_block_first(__m128i matches) {
    return (unsigned)__builtin_ctz((unsigned)_mm_movemask_epi8(matches) | 1u << JSON_BLOCK);
}

/* The first byte that is not plain ASCII string text: quote, backslash, control, non-ASCII; 16 if
 * none is. */
static inline unsigned json_block_string_stop(const char *data) {
    __m128i bytes = json_block_load(data);
    __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    __m128i other = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
    return json_block_first(_mm_or_si128(_mm_or_si128(quote, backslash), other));
}

/* The first byte that a JSON writer must escape: quote, backslash, control; 16 if none is. */
static inline unsigned json_block_escape_stop(const char *data) {
    __m128i bytes = json_block_load(data);
    __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
    return json_block_first(_mm_or_si128(_mm_or_si128(quote, backslash), control));
}

/* How many decimal digits lead, 0 to 16. */
static inline unsigned json_block_digits(const char *data) {
    __m128i shifted = _mm_add_epi8(json_block_load(data), _mm_set1_epi8((char)(0x80 - '0')));
    return json_block_first(_mm_cmpgt_epi8(shifted, _mm_set1_epi8((char)(0x80 + 9))));
}

/* How many spaces lead, 0 to 16. */
static inline unsigned json_block_spaces(const char *data) {
    __m128i spaces = _mm_cmpeq_epi8(json_block_load(data), _mm_set1_epi8(' '));
    unsigned others = ~(unsigned)_mm_movemask_epi8(spaces);
    return (unsigned)__builtin_ctz(others);
}

/* Whether the first len (at most 16) bytes are equal. */
static inline bool json_block_equal(const char *a, const char *b, unsigned len) {
    __m128i equal = _mm_cmpeq_epi8(json_block_load(a), json_block_load(b));
    unsigned different = ~(unsigned)_mm_movemask_epi8(equal);
    return (different & ((1u << len) - 1)) == 0;
}

/* The first byte that opens or closes a JSON container or is a quote; 16 if none is. */
static inline unsigned json_block_bracket_stop(const char *data) {
    __m128i bytes = json_block_load(data);
    __m128i folded =
        _mm_or_si128(bytes, _mm_set1_epi8(0x20)); /* [ and { are 0x20 apart, so are ] and } */
    __m128i open = _mm_cmpeq_epi8(folded, _mm_set1_epi8('{'));
    __m128i close = _mm_cmpeq_epi8(folded, _mm_set1_epi8('}'));
    __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    return json_block_first(_mm_or_si128(_mm_or_si128(open, close), quote));
}

/* The first of three bytes; 16 if none is there. */
static inline unsigned json_block_any_of(const char *data, char a, char b, char c) {
    __m128i bytes = json_block_load(data);
    __m128i ab = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(a)),
                              _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b)));
    return json_block_first(_mm_or_si128(ab, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c))));
}

/* Where the byte stands: bit i for data[i]. */
static inline uint32_t json_block_where(const char *data, char byte) {
    __m128i equal = _mm_cmpeq_epi8(json_block_load(data), _mm_set1_epi8(byte));
    return (uint32_t)_mm_movemask_epi8(equal);
}

#endif
