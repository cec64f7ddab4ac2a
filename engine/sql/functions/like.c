/* SPDX-License-Identifier: Apache-2.0 */
/* LIKE and ILIKE. A constant pattern is read once: most are one literal with `%` at its ends and
 * become a comparison or a search of bytes. The rest is matched by remembering the last `%`, so
 * that no pattern takes more than text times pattern steps and nothing recurses. ILIKE folds both
 * sides to lower case first. */
#include "engine/sql/functions/case.h"
#include "engine/sql/functions/kernel.h"
#include "engine/sql/functions/tables.h"
#include "engine/sql/functions/utf8.h"

enum like_kind { LIKE_GENERAL, LIKE_EXACT, LIKE_PREFIX, LIKE_SUFFIX, LIKE_CONTAINS };

struct like {
    enum like_kind kind;
    struct slice text; /* GENERAL: the pattern, else the literal */
};

enum like_match { LIKE_NO, LIKE_YES, LIKE_BAD_ESCAPE };

/* Recognises patterns that are one literal between optional percent signs. */
static struct like read_pattern(struct slice pattern, struct arena *arena) {
    struct like general = {.kind = LIKE_GENERAL, .text = pattern};
    bool open_left = false, open_right = false;
    char *literal = arena_alloc(arena, pattern.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < pattern.len; i++) {
        char byte = pattern.data[i];
        if (byte == '%') {
            open_left = open_left || len == 0;
            open_right = open_right || len > 0;
            continue;
        }
        if (byte == '_' || open_right || (byte == '\\' && i + 1 == pattern.len)) {
            return general;
        }
        literal[len++] = byte == '\\' ? pattern.data[++i] : byte;
    }
    open_right = open_right || (open_left && len == 0);
    return (struct like){
        .kind = open_left    ? (open_right ? LIKE_CONTAINS : LIKE_SUFFIX)
                : open_right ? LIKE_PREFIX
                             : LIKE_EXACT,
        .text = slice_make(literal, len),
    };
}

/* Matches one element of the pattern at *pattern_at (not `%`) and moves both past it. */
static enum like_match match_one(struct slice text, size_t *text_at, struct slice pattern,
                                 size_t *pattern_at) {
    char want = pattern.data[*pattern_at];
    if (want == '_') {
        *text_at += utf8_width(text.data[*text_at]);
        *pattern_at += 1;
        return LIKE_YES;
    }
    if (want == '\\') {
        if (*pattern_at + 1 >= pattern.len) {
            return LIKE_BAD_ESCAPE;
        }
        *pattern_at += 1;
        want = pattern.data[*pattern_at];
    }
    if (text.data[*text_at] != want) {
        return LIKE_NO;
    }
    *text_at += 1;
    *pattern_at += 1;
    return LIKE_YES;
}

static enum like_match match_general(struct slice text, struct slice pattern) {
    size_t text_at = 0, pattern_at = 0;
    size_t retry_text = 0, retry_pattern = SIZE_MAX; /* after the last % */
    while (text_at < text.len) {
        enum like_match match = LIKE_NO;
        if (pattern_at < pattern.len && pattern.data[pattern_at] == '%') {
            retry_pattern = ++pattern_at;
            retry_text = text_at;
            continue;
        }
        if (pattern_at < pattern.len) {
            match = match_one(text, &text_at, pattern, &pattern_at);
        }
        if (match == LIKE_BAD_ESCAPE) {
            return match;
        }
        if (match == LIKE_NO) {
            if (retry_pattern == SIZE_MAX) {
                return LIKE_NO;
            }
            retry_text += utf8_width(text.data[retry_text]);
            text_at = retry_text;
            pattern_at = retry_pattern;
        }
    }
    while (pattern_at < pattern.len && pattern.data[pattern_at] == '%') {
        pattern_at++;
    }
    return pattern_at == pattern.len ? LIKE_YES : LIKE_NO;
}

static enum like_match match(const struct like *like, struct slice text) {
    struct slice want = like->text;
    switch (like->kind) {
    case LIKE_EXACT:
        return slice_equal(text, want) ? LIKE_YES : LIKE_NO;
    case LIKE_PREFIX:
        return slice_starts_with(text, want) ? LIKE_YES : LIKE_NO;
    case LIKE_SUFFIX:
        return text.len >= want.len &&
                       slice_equal(slice_make(text.data + text.len - want.len, want.len), want)
                   ? LIKE_YES
                   : LIKE_NO;
    case LIKE_CONTAINS:
        return want.len == 0 || (text.len >= want.len &&
                                 memmem(text.data, text.len, want.data, want.len))
                   ? LIKE_YES
                   : LIKE_NO;
    case LIKE_GENERAL:
        break;
    }
    return match_general(text, want);
}

static void like(struct call *call, struct column *ret, bool fold, bool wanted) {
    const struct like *prepared = call->prepared;
    EACH_ROW(call, row) {
        struct slice text = *argument_slice(call, 0, row), pattern = *argument_slice(call, 1, row);
        struct like own = {.kind = LIKE_GENERAL, .text = pattern};
        if (!prepared && fold) {
            own.text = case_lower(pattern, call->arena);
        }
        text = fold ? case_lower(text, call->arena) : text;
        enum like_match result = match(prepared ? prepared : &own, text);
        if (result == LIKE_BAD_ESCAPE) {
            call_fail(call, row, "22025", "LIKE pattern must not end with escape character");
            continue;
        }
        RESULT(ret, uint8_t, row) = (result == LIKE_YES) == wanted;
    }
}

static void text_like(struct call *call, struct column *ret) {
    like(call, ret, false, true);
}

static void text_not_like(struct call *call, struct column *ret) {
    like(call, ret, false, false);
}

static void text_ilike(struct call *call, struct column *ret) {
    like(call, ret, true, true);
}

static void text_not_ilike(struct call *call, struct column *ret) {
    like(call, ret, true, false);
}

static enum status prepare(const struct column *pattern, bool fold, struct arena *arena,
                           void **ret) {
    if (pattern && !column_is_null(pattern, 0)) {
        struct slice text = COLUMN_VALUE(pattern, struct slice, 0);
        struct like *prepared = arena_alloc(arena, sizeof(*prepared));
        *prepared = read_pattern(fold ? case_lower(text, arena) : text, arena);
        *ret = prepared;
    }
    return STATUS_OK;
}

static enum status prepare_like(const struct column *const *constants, struct arena *arena,
                                const struct timezone *zone, void **ret, struct error *error) {
    (void)zone;
    (void)error;
    return prepare(constants[1], false, arena, ret);
}

static enum status prepare_ilike(const struct column *const *constants, struct arena *arena,
                                 const struct timezone *zone, void **ret, struct error *error) {
    (void)zone;
    (void)error;
    return prepare(constants[1], true, arena, ret);
}

/* like_escape(pattern, escape): the pattern rewritten to the escape character `\`. */
static struct slice rewrite_escape(struct slice pattern, struct slice escape, struct arena *arena) {
    char *room = arena_alloc(arena, pattern.len * 2 + 1);
    size_t len = 0;
    bool escaped = false;
    for (size_t at = 0, width; at < pattern.len; at += width) {
        struct slice rest = slice_make(pattern.data + at, pattern.len - at);
        width = utf8_width(rest.data[0]);
        if (escape.len > 0 && !escaped && slice_starts_with(rest, escape)) {
            room[len++] = '\\';
            escaped = true;
            continue;
        }
        if (rest.data[0] == '\\' && !escaped) {
            room[len++] = '\\';
        }
        memcpy(room + len, rest.data, width);
        len += width;
        escaped = false;
    }
    return slice_make(room, len);
}

static void text_like_escape(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        struct slice pattern = *argument_slice(call, 0, row);
        struct slice escape = *argument_slice(call, 1, row);
        if (escape.len > 0 && utf8_width(escape.data[0]) != escape.len) {
            call_fail(call, row, "22025", "invalid escape string");
        } else if (slice_is(escape, "\\")) {
            result_slice(ret, row, pattern);
        } else {
            result_slice(ret, row, rewrite_escape(pattern, escape, call->arena));
        }
    }
}

const struct function functions_like[] = {
    ENTRY2("~~", TEXT, TEXT, BOOL, text_like, .prepare = prepare_like),
    ENTRY2("like", TEXT, TEXT, BOOL, text_like, .prepare = prepare_like),
    ENTRY2("!~~", TEXT, TEXT, BOOL, text_not_like, .prepare = prepare_like),
    ENTRY2("notlike", TEXT, TEXT, BOOL, text_not_like, .prepare = prepare_like),
    ENTRY2("~~*", TEXT, TEXT, BOOL, text_ilike, .prepare = prepare_ilike),
    ENTRY2("!~~*", TEXT, TEXT, BOOL, text_not_ilike, .prepare = prepare_ilike),
    ENTRY2("like_escape", TEXT, TEXT, TEXT, text_like_escape),
    {0},
};
