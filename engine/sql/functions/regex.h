/* SPDX-License-Identifier: Apache-2.0 */
/* Postgres's regular expressions (ARE, with the flags of the regexp_* functions), run by PCRE2: the
 * pattern is translated (regex_syntax.c), refused where Postgres refuses it, and matched with
 * limits, so that no pattern can stop a worker.
 *
 * Postgres takes the longest match, PCRE2 the first that works. Where the two can differ
 * (alternatives, greedy `?`) the extent of the match is found by PCRE2's breadth-first matcher,
 * which knows the longest, and the groups are then matched inside it (as Perl would: which group
 * takes what may differ). What still differs: a pattern whose first quantifier is non-greedy is
 * non-greedy as a whole in Postgres, only there in PCRE2. */
#ifndef LEAT_SQL_FUNCTIONS_REGEX_H
#define LEAT_SQL_FUNCTIONS_REGEX_H

#include "engine/base/arena.h"
#include "engine/base/buffer.h"

/* What flags and embedded options say. */
struct regex_options {
    bool ignore_case, literal, expanded;
    bool dot_not_newline; /* nor do [^...] match it */
    bool anchors_at_lines;
    bool global; /* `g`, for the functions that take it */
};

struct regex;

enum { REGEX_GROUPS_MAX = 100 };

/* Byte offsets; SIZE_MAX = the group took no part. Group 0 is the whole match. */
struct regex_match {
    size_t from[REGEX_GROUPS_MAX], to[REGEX_GROUPS_MAX];
};

enum regex_result { REGEX_NO, REGEX_YES, REGEX_LIMIT };

/* Reads flags like "gi". False: *ret_bad is the letter that is none. */
bool regex_flags(struct slice flags, struct regex_options *options, struct slice *ret_bad);

/* NULL: *ret_message says what is wrong (2201B). Lives in the arena. Thread-safe once made. */
const struct regex *regex_new(struct slice pattern, struct regex_options options,
                              struct arena *arena, const char **ret_message);
/* Compiles to machine code, where the system allows it: a few pages for the life of the process,
 * therefore only for the constant patterns of a statement. */
void regex_quicken(const struct regex *regex);
uint32_t regex_groups(const struct regex *regex); /* without group 0 */

/* What one thread needs to match; lives in the arena. */
struct regex_scratch;
struct regex_scratch *regex_scratch_new(struct arena *arena);

/* Searches from the offset on. ret_match NULL: only whether. */
enum regex_result regex_search(const struct regex *regex, struct slice text, size_t from,
                               struct regex_scratch *scratch, struct regex_match *ret_match);

/* The pattern in PCRE2's syntax, for regex_new. False: *ret_message says what is wrong. */
struct regex_translation {
    struct slice pattern;
    struct regex_options options; /* with the embedded ones */
    bool longest;                 /* the first match may not be the longest */
};
bool regex_translate(struct slice pattern, struct regex_options options, struct arena *arena,
                     struct regex_translation *ret, const char **ret_message);

#endif
