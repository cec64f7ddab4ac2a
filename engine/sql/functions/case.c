/* SPDX-License-Identifier: Apache-2.0 */
/* Letter by letter, as towlower and towupper do it under a UTF-8 locale: one character gives one
 * character, so that the sharp s stays what it is. ASCII, nearly all of what passes, takes a loop
 * over bytes. */
#include "engine/sql/functions/case.h"

#include <utf8proc.h>

#include "engine/sql/functions/utf8.h"

static bool is_ascii(struct slice text) {
    unsigned char all = 0;
    for (size_t i = 0; i < text.len; i++) {
        all |= (unsigned char)text.data[i];
    }
    return all < 0x80;
}

/* Flips the case of the ASCII letters first .. first + 25. */
static struct slice ascii_flip(struct slice text, unsigned char first, struct arena *arena) {
    unsigned char any = 0;
    for (size_t i = 0; i < text.len; i++) {
        any |= (unsigned char)((unsigned char)text.data[i] - first) < 26;
    }
    if (!any) {
        return text;
    }
    char *room = arena_alloc(arena, text.len);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        room[i] = (char)(byte ^ ((unsigned char)(byte - first) < 26) << 5);
    }
    return slice_make(room, text.len);
}

static int32_t lower_code(int32_t code) {
    return utf8proc_tolower(code);
}

static int32_t upper_code(int32_t code) {
    return code == 0xDF ? code : utf8proc_toupper(code);
}

static struct slice map(struct slice text, int32_t (*code_map)(int32_t), struct arena *arena) {
    size_t capacity = text.len * 2 + 4, len = 0;
    char *room = arena_alloc(arena, capacity);
    for (size_t at = 0; at < text.len;) {
        len += utf8_put(code_map(utf8_next(text, &at)), room + len);
    }
    arena_trim(arena, room, capacity, len + 1);
    return slice_make(room, len);
}

struct slice case_lower(struct slice text, struct arena *arena) {
    return is_ascii(text) ? ascii_flip(text, 'A', arena) : map(text, lower_code, arena);
}

struct slice case_upper(struct slice text, struct arena *arena) {
    return is_ascii(text) ? ascii_flip(text, 'a', arena) : map(text, upper_code, arena);
}

static bool is_word(int32_t code) {
    switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
        return true;
    default:
        return false;
    }
}

struct slice case_initial(struct slice text, struct arena *arena) {
    size_t capacity = text.len * 2 + 4, len = 0;
    char *room = arena_alloc(arena, capacity);
    bool inside = false;
    for (size_t at = 0; at < text.len;) {
        int32_t code = utf8_next(text, &at);
        len += utf8_put(inside ? lower_code(code) : upper_code(code), room + len);
        inside = is_word(code);
    }
    arena_trim(arena, room, capacity, len + 1);
    return slice_make(room, len);
}
