/* SPDX-License-Identifier: Apache-2.0 */
/* The operators ~ ~* !~ !~* and the regexp_* functions, as Postgres's regexp.c. A constant pattern
 * is compiled when the statement is bound, others row by row, the last one being kept. The text is
 * always argument 0 and the pattern argument 1. */
#include "engine/sql/functions/array_builder.h"
#include "engine/sql/functions/kernel.h"
#include "engine/sql/functions/regex.h"
#include "engine/sql/functions/tables.h"
#include "engine/sql/functions/utf8.h"

enum { NO_FLAGS = 0 };

/* What pattern and flags became, or why they are refused. */
struct compiled {
    struct slice pattern, flags;
    const struct regex *regex;
    bool global;
    const char *code, *message;
};

/* What one call keeps between rows. */
struct session {
    struct call *call;
    uint32_t flags; /* the argument with the flags, or NO_FLAGS */
    bool ignore_case;
    const char *no_global; /* the function's name if it refuses `g` */
    struct regex_scratch *scratch;
    struct compiled compiled;
};

static struct compiled compile(struct slice pattern, struct slice flags, bool ignore_case,
                               struct arena *arena) {
    struct compiled compiled = {.pattern = pattern, .flags = flags};
    struct regex_options options = {.ignore_case = ignore_case};
    struct slice bad;
    const char *message = "";
    if (!regex_flags(flags, &options, &bad)) {
        compiled.code = "22023";
        compiled.message = arena_printf(arena, "invalid regular expression option: \"%.*s\"",
                                        (int)bad.len, bad.data);
        return compiled;
    }
    compiled.global = options.global;
    compiled.regex = regex_new(pattern, options, arena, &message);
    if (!compiled.regex) {
        compiled.code = "2201B";
        compiled.message = arena_printf(arena, "invalid regular expression: %s", message);
    }
    return compiled;
}

static enum status prepare(const struct column *const *constants, uint32_t flags, bool ignore_case,
                           struct arena *arena, void **ret, struct error *error) {
    const struct column *pattern = constants[1];
    const struct column *letters = flags ? constants[flags] : NULL;
    if (!pattern || column_is_null(pattern, 0) || (flags && !letters) ||
        (letters && column_is_null(letters, 0))) {
        return STATUS_OK;
    }
    struct compiled *compiled = arena_alloc(arena, sizeof(*compiled));
    *compiled =
        compile(COLUMN_VALUE(pattern, struct slice, 0),
                letters ? COLUMN_VALUE(letters, struct slice, 0) : SLICE_LITERAL(""), ignore_case,
                arena);
    if (compiled->code) {
        return error_set(error, ERROR_PERMANENT, compiled->code, "%s", compiled->message);
    }
    regex_quicken(compiled->regex);
    *ret = compiled;
    return STATUS_OK;
}

#define PREPARE_FUNCTION(name, flags, ignore_case) \
    static enum status name(const struct column *const *constants, struct arena *arena, \
                            const struct timezone *zone, void **ret, struct error *error) { \
        (void)zone; \
        return prepare(constants, flags, ignore_case, arena, ret, error); \
    }

PREPARE_FUNCTION(prepare_plain, NO_FLAGS, false)
PREPARE_FUNCTION(prepare_ignore_case, NO_FLAGS, true)
PREPARE_FUNCTION(prepare_flags_2, 2, false)
PREPARE_FUNCTION(prepare_flags_3, 3, false)
PREPARE_FUNCTION(prepare_flags_4, 4, false)
PREPARE_FUNCTION(prepare_flags_5, 5, false)

/* flags: the argument's number if the call has so many, see struct session. */
static struct session session_start(struct call *call, uint32_t flags, const char *no_global) {
    struct session session = {
        .call = call,
        .flags = flags < call->arguments_count ? flags : NO_FLAGS,
        .no_global = no_global,
        .scratch = regex_scratch_new(call->arena),
    };
    if (call->prepared) {
        session.compiled = *(const struct compiled *)call->prepared;
    }
    return session;
}

/* The row's pattern; false after the row was failed. */
static bool session_compile(struct session *session, uint32_t row) {
    struct call *call = session->call;
    struct compiled *compiled = &session->compiled;
    if (!call->prepared) {
        struct slice pattern = *argument_slice(call, 1, row);
        struct slice flags = session->flags ? *argument_slice(call, session->flags, row)
                                            : SLICE_LITERAL("");
        bool known = (compiled->regex || compiled->code) &&
                     slice_equal(compiled->pattern, pattern) &&
                     slice_equal(compiled->flags, flags);
        if (!known) {
            *compiled = compile(pattern, flags, session->ignore_case, call->arena);
        }
    }
    if (compiled->code) {
        call_fail(call, row, compiled->code, "%s", compiled->message);
        return false;
    }
    if (compiled->global && session->no_global) {
        call_fail(call, row, "22023", "%s() does not support the \"global\" option",
                  session->no_global);
        return false;
    }
    return true;
}

/* Searches; REGEX_LIMIT has failed the row. */
static enum regex_result search(struct session *session, uint32_t row, size_t from,
                                struct regex_match *ret_match) {
    struct slice text = *argument_slice(session->call, 0, row);
    if (from > text.len) {
        return REGEX_NO;
    }
    enum regex_result result =
        regex_search(session->compiled.regex, text, from, session->scratch, ret_match);
    if (result == REGEX_LIMIT) {
        call_fail(session->call, row, "54000", "regular expression takes too many steps");
    }
    return result;
}

/* Where to search after a match: an empty one steps over a character. May lie behind the end. */
static size_t next_search(struct slice text, const struct regex_match *match) {
    size_t at = match->to[0];
    if (match->from[0] != at) {
        return at;
    }
    return at < text.len ? at + utf8_width(text.data[at]) : at + 1;
}

static void matches(struct call *call, struct column *ret, bool ignore_case, bool wanted) {
    struct session session = session_start(call, 2, "regexp_like");
    session.ignore_case = ignore_case;
    EACH_ROW(call, row) {
        if (!session_compile(&session, row)) {
            continue;
        }
        enum regex_result result = search(&session, row, 0, NULL);
        RESULT(ret, uint8_t, row) = (result == REGEX_YES) == wanted;
    }
}

static void text_matches(struct call *call, struct column *ret) {
    matches(call, ret, false, true);
}

static void text_matches_not(struct call *call, struct column *ret) {
    matches(call, ret, false, false);
}

static void text_matches_fold(struct call *call, struct column *ret) {
    matches(call, ret, true, true);
}

static void text_matches_fold_not(struct call *call, struct column *ret) {
    matches(call, ret, true, false);
}

static struct slice group_text(struct slice text, const struct regex_match *match, uint32_t group) {
    return slice_make(text.data + match->from[group], match->to[group] - match->from[group]);
}

/* substring(text from pattern): the first group if there is one. */
static void text_substring_pattern(struct call *call, struct column *ret) {
    struct session session = session_start(call, NO_FLAGS, NULL);
    EACH_ROW(call, row) {
        struct regex_match match;
        if (!session_compile(&session, row)) {
            continue;
        }
        enum regex_result result = search(&session, row, 0, &match);
        uint32_t group = regex_groups(session.compiled.regex) > 0;
        if (result == REGEX_YES && match.from[group] != SIZE_MAX) {
            result_slice(ret, row, group_text(*argument_slice(call, 0, row), &match, group));
        } else {
            call_null(call, ret, row);
        }
    }
}

/* regexp_match: the groups, or the whole match when there are none. */
static void text_regexp_match(struct call *call, struct column *ret) {
    struct session session = session_start(call, 2, "regexp_match");
    EACH_ROW(call, row) {
        struct regex_match match;
        if (!session_compile(&session, row)) {
            continue;
        }
        if (search(&session, row, 0, &match) != REGEX_YES) {
            call_null(call, ret, row);
            continue;
        }
        struct slice text = *argument_slice(call, 0, row);
        uint32_t groups = regex_groups(session.compiled.regex);
        struct array_builder builder;
        array_builder_init(&builder, TYPE_TEXT, groups + 1, call->arena);
        for (uint32_t i = groups > 0; i <= groups; i++) {
            struct slice part = match.from[i] == SIZE_MAX ? SLICE_LITERAL("")
                                                          : group_text(text, &match, i);
            array_builder_add(&builder, match.from[i] == SIZE_MAX ? NULL : &part);
        }
        RESULT(ret, const struct array *, row) = array_builder_finish(&builder);
    }
}

/* Appends the replacement with \1 .. \9, \& and \\ filled in. */
static void append_replacement(struct slice replacement, struct slice text,
                               const struct regex_match *match, uint32_t groups,
                               struct buffer *out) {
    for (size_t i = 0; i < replacement.len; i++) {
        char byte = replacement.data[i];
        if (byte != '\\' || i + 1 == replacement.len) {
            buffer_append_byte(out, byte);
            continue;
        }
        char next = replacement.data[++i];
        if (next == '&' || (next >= '1' && next <= '9')) {
            uint32_t group = next == '&' ? 0 : (uint32_t)(next - '0');
            if (group <= groups && match->from[group] != SIZE_MAX) {
                buffer_append_slice(out, group_text(text, match, group));
            }
        } else if (next == '\\') {
            buffer_append_byte(out, '\\');
        } else {
            buffer_append_byte(out, '\\');
            i--;
        }
    }
}

/* False after the row was failed because a parameter is below its least value. */
static bool parameter_is_good(struct call *call, uint32_t row, const char *name, int32_t value,
                              int32_t least) {
    if (value < least) {
        call_fail(call, row, "22023", "invalid value for parameter \"%s\": %d", name, value);
    }
    return value >= least;
}

/* An int4 argument, or what it is when left out. */
static int32_t optional(const struct call *call, uint32_t argument, uint32_t row, int32_t absent) {
    return argument < call->arguments_count ? ARGUMENT(call, argument, int32_t, row) : absent;
}

/* The byte offset of character `start`, behind the end when the text is shorter than start - 1. */
static size_t start_offset(struct slice text, int32_t start) {
    size_t count = (size_t)start - 1, at = utf8_offset(text, count);
    return at == text.len && utf8_count(text) < count ? SIZE_MAX : at;
}

/* Replaces match `wanted` (0 = all) from the offset on. False = the row was failed. */
static bool replace(struct session *session, uint32_t row, size_t from, int32_t wanted,
                    struct buffer *out) {
    struct call *call = session->call;
    struct slice text = *argument_slice(call, 0, row), put = *argument_slice(call, 2, row);
    uint32_t groups = regex_groups(session->compiled.regex);
    size_t copied = 0;
    enum regex_result result;
    struct regex_match match;
    for (int32_t n = 1; (result = search(session, row, from, &match)) == REGEX_YES; n++) {
        if (wanted == 0 || n == wanted) {
            buffer_append(out, text.data + copied, match.from[0] - copied);
            append_replacement(put, text, &match, groups, out);
            copied = match.to[0];
        }
        if ((wanted && n == wanted) || out->len >= RESULT_BYTES_MAX) {
            break;
        }
        from = next_search(text, &match);
    }
    buffer_append_slice(out, slice_make(text.data + copied, text.len - copied));
    if (out->len >= RESULT_BYTES_MAX) {
        call_fail_too_long(call, row);
        return false;
    }
    return result != REGEX_LIMIT;
}

/* (text, pattern, replacement[, flags]) and (text, pattern, replacement, start[, n[, flags]]). */
static void text_regexp_replace(struct call *call, struct column *ret) {
    bool placed = call->arguments_count > 3 && call->arguments[3].type.id == TYPE_INT4;
    struct session session = session_start(call, placed ? 5 : 3, NULL);
    EACH_ROW(call, row) {
        int32_t start = placed ? ARGUMENT(call, 3, int32_t, row) : 1;
        int32_t wanted = placed ? optional(call, 4, row, 1) : 1;
        if (!parameter_is_good(call, row, "start", start, 1) ||
            !parameter_is_good(call, row, "n", wanted, 0) || !session_compile(&session, row)) {
            continue;
        }
        if (!placed && session.compiled.global) {
            wanted = 0;
        }
        struct slice text = *argument_slice(call, 0, row);
        struct buffer out;
        buffer_init(&out, call->arena, text.len + 16);
        if (replace(&session, row, start_offset(text, start), wanted, &out)) {
            result_slice(ret, row, buffer_slice(&out));
        }
    }
}

static void text_regexp_count(struct call *call, struct column *ret) {
    struct session session = session_start(call, 3, "regexp_count");
    EACH_ROW(call, row) {
        struct slice text = *argument_slice(call, 0, row);
        int32_t start = optional(call, 2, row, 1), count = 0;
        if (!parameter_is_good(call, row, "start", start, 1) || !session_compile(&session, row)) {
            continue;
        }
        struct regex_match match;
        size_t from = start_offset(text, start);
        while (search(&session, row, from, &match) == REGEX_YES) {
            count++;
            from = next_search(text, &match);
        }
        RESULT(ret, int32_t, row) = count;
    }
}

/* Finds match n; REGEX_NO when there are fewer. */
static enum regex_result search_nth(struct session *session, uint32_t row, int32_t n,
                                    struct regex_match *ret_match) {
    struct slice text = *argument_slice(session->call, 0, row);
    size_t from = start_offset(text, optional(session->call, 2, row, 1));
    enum regex_result result;
    while ((result = search(session, row, from, ret_match)) == REGEX_YES && --n > 0) {
        from = next_search(text, ret_match);
    }
    return result;
}

/* To a pattern without groups, group 1 is the whole match. */
static int32_t chosen_group(const struct session *session, int32_t group) {
    return group == 1 && regex_groups(session->compiled.regex) == 0 ? 0 : group;
}

/* regexp_substr(text, pattern[, start[, n[, flags[, group]]]]) */
static void text_regexp_substr(struct call *call, struct column *ret) {
    struct session session = session_start(call, 4, "regexp_substr");
    EACH_ROW(call, row) {
        int32_t n = optional(call, 3, row, 1), group = optional(call, 5, row, 0);
        struct regex_match match;
        if (!parameter_is_good(call, row, "start", optional(call, 2, row, 1), 1) ||
            !parameter_is_good(call, row, "n", n, 1) ||
            !parameter_is_good(call, row, "subexpr", group, 0) ||
            !session_compile(&session, row)) {
            continue;
        }
        group = chosen_group(&session, group);
        bool found = (uint32_t)group <= regex_groups(session.compiled.regex) &&
                     search_nth(&session, row, n, &match) == REGEX_YES;
        if (found && match.from[group] != SIZE_MAX) {
            result_slice(ret, row,
                         group_text(*argument_slice(call, 0, row), &match, (uint32_t)group));
        } else {
            call_null(call, ret, row);
        }
    }
}

/* regexp_instr(text, pattern[, start[, n[, endoption[, flags[, group]]]]]) */
static void text_regexp_instr(struct call *call, struct column *ret) {
    struct session session = session_start(call, 5, "regexp_instr");
    EACH_ROW(call, row) {
        int32_t n = optional(call, 3, row, 1), at_end = optional(call, 4, row, 0);
        int32_t group = optional(call, 6, row, 0);
        struct regex_match match;
        if (!parameter_is_good(call, row, "start", optional(call, 2, row, 1), 1) ||
            !parameter_is_good(call, row, "n", n, 1) ||
            !parameter_is_good(call, row, "endoption", at_end, at_end > 1 ? INT32_MAX : 0) ||
            !parameter_is_good(call, row, "subexpr", group, 0) ||
            !session_compile(&session, row)) {
            continue;
        }
        group = chosen_group(&session, group);
        bool found = (uint32_t)group <= regex_groups(session.compiled.regex) &&
                     search_nth(&session, row, n, &match) == REGEX_YES &&
                     match.from[group] != SIZE_MAX;
        size_t offset = !found ? 0 : at_end ? match.to[group] : match.from[group];
        struct slice before = slice_make(argument_slice(call, 0, row)->data, offset);
        RESULT(ret, int32_t, row) = found ? (int32_t)utf8_count(before) + 1 : 0;
    }
}

/* regexp_split_to_array: matches that are empty at an edge or just behind the last one do not
 * count. */
static void text_regexp_split(struct call *call, struct column *ret) {
    struct session session = session_start(call, 2, "regexp_split_to_array");
    EACH_ROW(call, row) {
        if (!session_compile(&session, row)) {
            continue;
        }
        struct slice text = *argument_slice(call, 0, row);
        struct array_builder builder;
        array_builder_init(&builder, TYPE_TEXT, 8, call->arena);
        struct regex_match match;
        size_t from = 0, split = 0, last = 0;
        while (search(&session, row, from, &match) == REGEX_YES) {
            if (match.from[0] < text.len && match.to[0] > last) {
                array_builder_add_text(&builder,
                                       slice_make(text.data + split, match.from[0] - split));
                split = match.to[0];
            }
            last = match.to[0];
            from = next_search(text, &match);
        }
        array_builder_add_text(&builder, slice_make(text.data + split, text.len - split));
        RESULT(ret, const struct array *, row) = array_builder_finish(&builder);
    }
}

#define ENTRY_MANY(name_, count_, result_, run_, prepare_, ...) \
    {.name = name_, \
     .arguments_count = count_, \
     .arguments = {__VA_ARGS__}, \
     .result = TYPE_##result_, \
     .run = run_, \
     .prepare = prepare_}
#define T TYPE_TEXT
#define N TYPE_INT4

const struct function functions_pattern[] = {
    ENTRY2("~", TEXT, TEXT, BOOL, text_matches, .prepare = prepare_plain),
    ENTRY2("!~", TEXT, TEXT, BOOL, text_matches_not, .prepare = prepare_plain),
    ENTRY2("~*", TEXT, TEXT, BOOL, text_matches_fold, .prepare = prepare_ignore_case),
    ENTRY2("!~*", TEXT, TEXT, BOOL, text_matches_fold_not, .prepare = prepare_ignore_case),
    ENTRY2("substring", TEXT, TEXT, TEXT, text_substring_pattern, .prepare = prepare_plain),
    ENTRY2("regexp_like", TEXT, TEXT, BOOL, text_matches, .prepare = prepare_plain),
    ENTRY3("regexp_like", TEXT, TEXT, TEXT, BOOL, text_matches, .prepare = prepare_flags_2),
    ENTRY2("regexp_match", TEXT, TEXT, TEXT, text_regexp_match, .prepare = prepare_plain,
           .result_array = true),
    ENTRY3("regexp_match", TEXT, TEXT, TEXT, TEXT, text_regexp_match, .prepare = prepare_flags_2,
           .result_array = true),
    ENTRY2("regexp_split_to_array", TEXT, TEXT, TEXT, text_regexp_split, .prepare = prepare_plain,
           .result_array = true),
    ENTRY3("regexp_split_to_array", TEXT, TEXT, TEXT, TEXT, text_regexp_split,
           .prepare = prepare_flags_2, .result_array = true),
    ENTRY_MANY("regexp_replace", 3, TEXT, text_regexp_replace, prepare_plain, T, T, T),
    ENTRY_MANY("regexp_replace", 4, TEXT, text_regexp_replace, prepare_flags_3, T, T, T, T),
    ENTRY_MANY("regexp_replace", 4, TEXT, text_regexp_replace, prepare_plain, T, T, T, N),
    ENTRY_MANY("regexp_replace", 5, TEXT, text_regexp_replace, prepare_plain, T, T, T, N, N),
    ENTRY_MANY("regexp_replace", 6, TEXT, text_regexp_replace, prepare_flags_5, T, T, T, N, N, T),
    ENTRY_MANY("regexp_count", 2, INT4, text_regexp_count, prepare_plain, T, T),
    ENTRY_MANY("regexp_count", 3, INT4, text_regexp_count, prepare_plain, T, T, N),
    ENTRY_MANY("regexp_count", 4, INT4, text_regexp_count, prepare_flags_3, T, T, N, T),
    ENTRY_MANY("regexp_substr", 2, TEXT, text_regexp_substr, prepare_plain, T, T),
    ENTRY_MANY("regexp_substr", 3, TEXT, text_regexp_substr, prepare_plain, T, T, N),
    ENTRY_MANY("regexp_substr", 4, TEXT, text_regexp_substr, prepare_plain, T, T, N, N),
    ENTRY_MANY("regexp_substr", 5, TEXT, text_regexp_substr, prepare_flags_4, T, T, N, N, T),
    ENTRY_MANY("regexp_substr", 6, TEXT, text_regexp_substr, prepare_flags_4, T, T, N, N, T, N),
    ENTRY_MANY("regexp_instr", 2, INT4, text_regexp_instr, prepare_plain, T, T),
    ENTRY_MANY("regexp_instr", 3, INT4, text_regexp_instr, prepare_plain, T, T, N),
    ENTRY_MANY("regexp_instr", 4, INT4, text_regexp_instr, prepare_plain, T, T, N, N),
    ENTRY_MANY("regexp_instr", 5, INT4, text_regexp_instr, prepare_plain, T, T, N, N, N),
    ENTRY_MANY("regexp_instr", 6, INT4, text_regexp_instr, prepare_flags_5, T, T, N, N, N, T),
    ENTRY_MANY("regexp_instr", 7, INT4, text_regexp_instr, prepare_flags_5, T, T, N, N, N, T, N),
    {0},
};
