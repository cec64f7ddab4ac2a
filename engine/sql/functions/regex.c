/* SPDX-License-Identifier: Apache-2.0 */
/* PCRE2 under Postgres's rules. Everything PCRE2 allocates comes from the arena it is given, so
 * that nothing has to be freed; only machine code (regex_quicken) lies elsewhere. Limits: steps of
 * a match, depth, and memory for a match. */
#include "engine/sql/functions/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum {
    STEPS_MAX = 10000000,
    DEPTH_MAX = 100000,
    HEAP_KIBIBYTES_MAX = 16384,
    WORKSPACE_INTS = 4000,
    PAIRS_MAX = REGEX_GROUPS_MAX
};

struct regex {
    pcre2_code *code;
    uint32_t groups;
    bool longest;
};

struct regex_scratch {
    pcre2_match_context *context;
    pcre2_match_data *data;
    int *workspace;
};

static void *allocate(size_t bytes, void *arena) {
    return arena_alloc(arena, bytes);
}

static void forget(void *memory, void *arena) {
    (void)memory;
    (void)arena;
}

/* What the translation lets pass is refused here in Postgres's words for the nearest case. */
static const char *message_of(int code) {
    switch (code) {
    case PCRE2_ERROR_CLASS_RANGE_ORDER:
    case PCRE2_ERROR_CLASS_INVALID_RANGE:
        return "invalid character range";
    case PCRE2_ERROR_QUANTIFIER_INVALID:
        return "quantifier operand invalid";
    case PCRE2_ERROR_LOOKBEHIND_NOT_FIXED_LENGTH:
        return "lookbehind of variable length is not supported";
    default:
        return "regular expression is too complex";
    }
}

static uint32_t compile_flags(const struct regex_options *options) {
    uint32_t flags = PCRE2_UTF | PCRE2_NO_UTF_CHECK;
    flags |= options->ignore_case ? PCRE2_CASELESS : 0;
    if (options->literal) {
        return flags | PCRE2_LITERAL;
    }
    flags |= PCRE2_UCP | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C;
    flags |= options->dot_not_newline ? 0 : PCRE2_DOTALL;
    flags |= options->anchors_at_lines ? PCRE2_MULTILINE : 0;
    return flags;
}

const struct regex *regex_new(struct slice pattern, struct regex_options options,
                              struct arena *arena, const char **ret_message) {
    struct regex_translation translation;
    if (!regex_translate(pattern, options, arena, &translation, ret_message)) {
        return NULL;
    }
    pcre2_general_context *general = pcre2_general_context_create(allocate, forget, arena);
    pcre2_compile_context *context = pcre2_compile_context_create(general);
    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    int code;
    size_t offset;
    struct regex *regex = arena_zalloc(arena, sizeof(*regex));
    PCRE2_SPTR text = (PCRE2_SPTR)(translation.pattern.len ? translation.pattern.data : "");
    regex->code = pcre2_compile(text, translation.pattern.len,
                                compile_flags(&translation.options), &code, &offset, context);
    if (!regex->code) {
        *ret_message = message_of(code);
        return NULL;
    }
    pcre2_pattern_info(regex->code, PCRE2_INFO_CAPTURECOUNT, &regex->groups);
    regex->longest = translation.longest;
    return regex;
}

void regex_quicken(const struct regex *regex) {
    pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE);
}

uint32_t regex_groups(const struct regex *regex) {
    return regex->groups;
}

struct regex_scratch *regex_scratch_new(struct arena *arena) {
    pcre2_general_context *general = pcre2_general_context_create(allocate, forget, arena);
    struct regex_scratch *scratch = arena_alloc(arena, sizeof(*scratch));
    scratch->context = pcre2_match_context_create(general);
    scratch->data = pcre2_match_data_create(PAIRS_MAX, general);
    scratch->workspace = arena_alloc(arena, WORKSPACE_INTS * sizeof(int));
    pcre2_set_match_limit(scratch->context, STEPS_MAX);
    pcre2_set_depth_limit(scratch->context, DEPTH_MAX);
    pcre2_set_heap_limit(scratch->context, HEAP_KIBIBYTES_MAX);
    return scratch;
}

static enum regex_result result_of(int code) {
    return code == PCRE2_ERROR_NOMATCH ? REGEX_NO : code < 0 ? REGEX_LIMIT : REGEX_YES;
}

/* Fills the groups from what PCRE2 found. */
static void read_groups(const struct regex *regex, struct regex_scratch *scratch, int found,
                        struct regex_match *ret) {
    const PCRE2_SIZE *offsets = pcre2_get_ovector_pointer(scratch->data);
    for (uint32_t i = 0; i <= regex->groups; i++) {
        bool set = (int)i < found && offsets[2 * i] != PCRE2_UNSET;
        ret->from[i] = set ? offsets[2 * i] : SIZE_MAX;
        ret->to[i] = set ? offsets[2 * i + 1] : SIZE_MAX;
    }
}

/* Widens a match to the longest that starts where the first one did. */
static void read_longest(const struct regex *regex, struct slice text,
                         struct regex_scratch *scratch, struct regex_match *ret) {
    size_t from = ret->from[0];
    PCRE2_SPTR subject = (PCRE2_SPTR)text.data;
    int found = pcre2_dfa_match(regex->code, subject, text.len, from,
                                PCRE2_NO_UTF_CHECK | PCRE2_ANCHORED, scratch->data,
                                scratch->context, scratch->workspace, WORKSPACE_INTS);
    size_t to = found >= 0 ? pcre2_get_ovector_pointer(scratch->data)[1] : ret->to[0];
    if (to <= ret->to[0]) {
        return;
    }
    ret->to[0] = to;
    if (regex->groups == 0) {
        return;
    }
    found = pcre2_match(regex->code, subject, to, from,
                        PCRE2_NO_UTF_CHECK | PCRE2_ANCHORED | PCRE2_ENDANCHORED, scratch->data,
                        scratch->context);
    if (found > 0) {
        read_groups(regex, scratch, found, ret);
    }
}

enum regex_result regex_search(const struct regex *regex, struct slice text, size_t from,
                               struct regex_scratch *scratch, struct regex_match *ret_match) {
    text.data = text.len ? text.data : "";
    int found = pcre2_match(regex->code, (PCRE2_SPTR)text.data, text.len, from,
                            PCRE2_NO_UTF_CHECK, scratch->data, scratch->context);
    if (found == PCRE2_ERROR_JIT_STACKLIMIT) {
        found = pcre2_match(regex->code, (PCRE2_SPTR)text.data, text.len, from,
                            PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, scratch->data, scratch->context);
    }
    if (found > 0 && ret_match) {
        read_groups(regex, scratch, found, ret_match);
        if (regex->longest) {
            read_longest(regex, text, scratch, ret_match);
        }
    }
    return result_of(found);
}
