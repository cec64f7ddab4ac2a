/* SPDX-License-Identifier: Apache-2.0 */
/* From Postgres's regular expressions to PCRE2's. Both descend from Perl and Tcl, so that most is
 * the same; this pass rewrites the escapes that mean something else, and refuses what Postgres
 * refuses but PCRE2 would take (possessive quantifiers, verbs, named groups, \Q, \K ...), with
 * Postgres's words. Never recurses. */
#include "engine/sql/functions/regex.h"

#include "engine/sql/functions/utf8.h"

enum { REPEAT_MAX = 255 };

struct translator {
    struct slice pattern;
    size_t at;
    struct buffer out;
    struct regex_translation *translation;
    const char *message;
    bool operand;       /* the last thing may be repeated */
    bool backreference; /* the longest match is then out of reach */
    bool lazy;
    uint32_t groups, depth;
    bool *assertions; /* by depth: the open group is a lookaround, which cannot be repeated */
};

static const char bad_operand[] = "quantifier operand invalid";
static const char bad_escape[] = "invalid escape \\ sequence";
static const char bad_reference[] = "invalid backreference number";
static const char bad_parentheses[] = "parentheses () not balanced";
static const char bad_brackets[] = "brackets [] not balanced";
static const char bad_braces[] = "braces {} not balanced";
static const char bad_repetition[] = "invalid repetition count(s)";
static const char bad_class[] = "invalid character class";
static const char bad_range[] = "invalid character range";
static const char bad_collating[] = "invalid collating element";
static const char bad_option[] = "invalid embedded option";

static bool refuse(struct translator *translator, const char *message) {
    if (!translator->message) {
        translator->message = message;
    }
    return false;
}

static bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

static int hex_value(char byte) {
    return is_digit(byte)                 ? byte - '0'
           : byte >= 'a' && byte <= 'f' ? byte - 'a' + 10
           : byte >= 'A' && byte <= 'F' ? byte - 'A' + 10
                                        : -1;
}

/* The byte at the place plus ahead, 0 behind the end. */
static char peek(const struct translator *translator, size_t ahead) {
    size_t at = translator->at + ahead;
    return at < translator->pattern.len ? translator->pattern.data[at] : 0;
}

static void emit(struct translator *translator, const char *text) {
    buffer_append(&translator->out, text, strlen(text));
}

/* A code point, as an escape that means the same inside and outside brackets. */
static bool emit_code(struct translator *translator, uint64_t code) {
    if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) {
        return refuse(translator, bad_escape);
    }
    buffer_printf(&translator->out, "\\x{%x}", (unsigned)code);
    return true;
}

/* \x.., \u...., \U........: least and most digits. */
static bool hex_escape(struct translator *translator, size_t least, size_t most) {
    uint64_t code = 0;
    size_t digits = 0;
    for (int value; digits < most && (value = hex_value(peek(translator, 0))) >= 0; digits++) {
        code = code > 0x10FFFF ? code : code * 16 + (uint64_t)value;
        translator->at++;
    }
    return digits < least ? refuse(translator, bad_escape) : emit_code(translator, code);
}

/* The escapes for one character, the same inside and outside brackets. *ret_known: it was one. */
static bool character_escape(struct translator *translator, char letter, bool *ret_known) {
    static const char letters[] = "abBefnrtv";
    static const uint8_t codes[] = {7, 8, '\\', 27, 12, 10, 13, 9, 11};
    const char *found = letter ? strchr(letters, letter) : NULL;
    *ret_known = true;
    if (found) {
        return emit_code(translator, codes[found - letters]);
    }
    switch (letter) {
    case 'c':
        if (translator->at >= translator->pattern.len) {
            return refuse(translator, bad_escape);
        }
        return emit_code(translator, translator->pattern.data[translator->at++] & 31);
    case 'x':
        return hex_escape(translator, 1, SIZE_MAX);
    case 'u':
        return hex_escape(translator, 4, 4);
    case 'U':
        return hex_escape(translator, 8, 8);
    default:
        *ret_known = false;
        return true;
    }
}

/* \0, \12 (octal) and \1 (back reference): one digit, or a number of groups there are, is a
 * reference. */
static bool digit_escape(struct translator *translator, bool bracket) {
    struct slice pattern = translator->pattern;
    size_t start = translator->at - 1, end = start;
    uint32_t number = 0;
    for (; end < pattern.len && is_digit(pattern.data[end]); end++) {
        number = number > 1000 ? number : number * 10 + (uint32_t)(pattern.data[end] - '0');
    }
    bool zero = pattern.data[start] == '0';
    if (!bracket && !zero && (end - start == 1 || number <= translator->groups)) {
        translator->at = end;
        translator->backreference = true;
        buffer_printf(&translator->out, "\\g{%u}", number);
        return number <= translator->groups ? true : refuse(translator, bad_reference);
    }
    uint64_t code = 0;
    translator->at = start;
    for (char digit; translator->at < start + 3; translator->at++) {
        digit = peek(translator, 0);
        if (digit < '0' || digit > '7') {
            break;
        }
        code = code * 8 + (uint64_t)(digit - '0');
    }
    return translator->at == start ? refuse(translator, bad_escape) : emit_code(translator, code);
}

static bool is_alphanumeric(char byte) {
    return is_digit(byte) || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

/* A backslash outside brackets. */
static bool escape(struct translator *translator) {
    static const char letters[] = "dDsSwWyYmMAZ";
    static const char *const meanings[] = {"[0-9]", "[^0-9]", "\\s", "\\S", "\\w", "\\W", "\\b",
                                           "\\B", "\\b(?=\\w)", "\\b(?<=\\w)", "\\A", "\\z"};
    char letter = peek(translator, 1);
    translator->at += 2;
    translator->operand = true;
    if (translator->at > translator->pattern.len) {
        return refuse(translator, bad_escape);
    }
    const char *found = letter ? strchr(letters, letter) : NULL;
    if (found) {
        emit(translator, meanings[found - letters]);
        translator->operand = found - letters < 6;
        return true;
    }
    if (is_digit(letter)) {
        return digit_escape(translator, false);
    }
    bool known;
    if (!character_escape(translator, letter, &known) || known) {
        return known && !translator->message;
    }
    if (is_alphanumeric(letter)) {
        return refuse(translator, bad_escape);
    }
    if ((unsigned char)letter < 0x80) {
        buffer_append_byte(&translator->out, '\\');
    }
    buffer_append_byte(&translator->out, letter);
    return true;
}

/* [:alpha:], [.x.], [=x=] inside brackets; *ret_set: it cannot be the end of a range. */
static bool named_class(struct translator *translator, bool *ret_set) {
    static const char *const names[] = {"alpha", "upper", "lower", "digit", "xdigit",
                                        "alnum", "space", "blank", "punct", "print",
                                        "graph", "cntrl", "word"};
    char kind = peek(translator, 1);
    struct slice rest = {translator->pattern.data + translator->at + 2,
                         translator->pattern.len - translator->at - 2};
    const char closing[] = {kind, ']'};
    const char *end = rest.len ? memmem(rest.data, rest.len, closing, 2) : NULL;
    if (!end) {
        return refuse(translator, bad_brackets);
    }
    struct slice name = slice_make(rest.data, (size_t)(end - rest.data));
    translator->at += name.len + 4;
    *ret_set = kind == ':';
    if (kind != ':') {
        size_t at = 0;
        bool one = name.len > 0 && utf8_width(name.data[0]) == name.len;
        return one ? emit_code(translator, (uint64_t)utf8_next(name, &at))
                   : refuse(translator, bad_collating);
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (slice_is(name, names[i])) {
            bool any_case = translator->translation->options.ignore_case && (i == 1 || i == 2);
            if (i == 3) {
                emit(translator, "0-9");
            } else {
                buffer_printf(&translator->out, "[:%s:]", names[any_case ? 0 : i]);
            }
            return true;
        }
    }
    return refuse(translator, bad_class);
}

static bool bracket_escape(struct translator *translator, bool *ret_set) {
    char letter = peek(translator, 1);
    bool known;
    translator->at += 2;
    if (translator->at > translator->pattern.len) {
        return refuse(translator, bad_escape);
    }
    const char *found = letter ? strchr("dDsSwW", letter) : NULL;
    *ret_set = found != NULL;
    if (found) {
        emit(translator, letter == 'd' ? "0-9" : letter == 'D' ? "\\P{Nd}" : "\\");
        if (letter != 'd' && letter != 'D') {
            buffer_append_byte(&translator->out, letter);
        }
        return true;
    }
    if (is_digit(letter)) {
        return digit_escape(translator, true);
    }
    if (!character_escape(translator, letter, &known) || known) {
        return !translator->message;
    }
    return is_alphanumeric(letter) ? refuse(translator, bad_escape)
                                   : emit_code(translator, (unsigned char)letter);
}

/* One element of a bracket expression. */
static bool bracket_element(struct translator *translator, bool *ret_set) {
    char byte = peek(translator, 0), next = peek(translator, 1);
    *ret_set = false;
    if (byte == '\\') {
        return bracket_escape(translator, ret_set);
    }
    if (byte == '[' && (next == ':' || next == '.' || next == '=')) {
        return named_class(translator, ret_set);
    }
    return emit_code(translator, (uint64_t)utf8_next(translator->pattern, &translator->at));
}

/* [[:<:]] and [[:>:]], the old spelling of word boundaries. */
static bool word_boundary(struct translator *translator) {
    struct slice rest = {translator->pattern.data + translator->at,
                         translator->pattern.len - translator->at};
    bool start = slice_starts_with(rest, SLICE_LITERAL("[[:<:]]"));
    if (!start && !slice_starts_with(rest, SLICE_LITERAL("[[:>:]]"))) {
        return false;
    }
    emit(translator, start ? "\\b(?=\\w)" : "\\b(?<=\\w)");
    translator->at += 7;
    translator->operand = false;
    return true;
}

static bool bracket(struct translator *translator) {
    if (word_boundary(translator)) {
        return true;
    }
    translator->at++;
    buffer_append_byte(&translator->out, '[');
    if (peek(translator, 0) == '^') {
        translator->at++;
        emit(translator, translator->translation->options.dot_not_newline ? "^\\n" : "^");
    }
    bool first = true, set;
    while (translator->at < translator->pattern.len && (first || peek(translator, 0) != ']')) {
        first = false;
        if (!bracket_element(translator, &set)) {
            return false;
        }
        if (peek(translator, 0) != '-' || peek(translator, 1) == ']' || peek(translator, 1) == 0) {
            continue;
        }
        translator->at++;
        buffer_append_byte(&translator->out, '-');
        if (set || !bracket_element(translator, &set) || set) {
            return refuse(translator, bad_range);
        }
    }
    if (translator->at >= translator->pattern.len) {
        return refuse(translator, bad_brackets);
    }
    translator->at++;
    buffer_append_byte(&translator->out, ']');
    translator->operand = true;
    return true;
}

/* A number of repetitions; false if there is none. */
static bool repetition(struct translator *translator, uint32_t *ret) {
    if (!is_digit(peek(translator, 0))) {
        return false;
    }
    *ret = 0;
    for (; is_digit(peek(translator, 0)); translator->at++) {
        *ret = *ret > REPEAT_MAX ? *ret : *ret * 10 + (uint32_t)(peek(translator, 0) - '0');
    }
    return true;
}

/* {m}, {m,}, {m,n} */
static bool bound(struct translator *translator) {
    size_t start = translator->at++;
    uint32_t least = 0, most;
    bool closed = repetition(translator, &least);
    most = least;
    if (peek(translator, 0) == ',') {
        translator->at++;
        most = REPEAT_MAX;
        repetition(translator, &most);
    }
    if (!closed || translator->at >= translator->pattern.len) {
        return refuse(translator, bad_braces);
    }
    if (peek(translator, 0) != '}' || least > REPEAT_MAX || most > REPEAT_MAX || least > most) {
        return refuse(translator, bad_repetition);
    }
    translator->at++;
    buffer_append(&translator->out, translator->pattern.data + start, translator->at - start);
    return true;
}

static bool quantifier(struct translator *translator) {
    char byte = peek(translator, 0);
    if (!translator->operand) {
        return refuse(translator, bad_operand);
    }
    if (byte == '{') {
        if (!bound(translator)) {
            return false;
        }
    } else {
        translator->at++;
        buffer_append_byte(&translator->out, byte);
    }
    if (peek(translator, 0) == '?') {
        translator->at++;
        translator->lazy = true;
        buffer_append_byte(&translator->out, '?');
    } else if (byte == '?' || byte == '*' || byte == '{') {
        translator->translation->longest = true;
    }
    translator->operand = false;
    return true;
}

static bool open_group(struct translator *translator) {
    static const char *const kinds[] = {"(?:", "(?=", "(?!", "(?<=", "(?<!"};
    struct slice rest = {translator->pattern.data + translator->at,
                         translator->pattern.len - translator->at};
    translator->operand = false;
    if (slice_starts_with(rest, SLICE_LITERAL("(?#"))) {
        const char *end = memchr(rest.data, ')', rest.len);
        translator->at += end ? (size_t)(end - rest.data) + 1 : rest.len;
        return end ? true : refuse(translator, bad_parentheses);
    }
    translator->depth++;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (slice_starts_with(rest, slice_of(kinds[i]))) {
            translator->assertions[translator->depth] = i > 0;
            emit(translator, kinds[i]);
            translator->at += strlen(kinds[i]);
            return true;
        }
    }
    if (peek(translator, 1) == '?' || peek(translator, 1) == '*') {
        return refuse(translator, bad_operand);
    }
    translator->groups++;
    translator->assertions[translator->depth] = false;
    translator->at++;
    buffer_append_byte(&translator->out, '(');
    return true;
}

static bool close_group(struct translator *translator) {
    if (translator->depth == 0) {
        return refuse(translator, bad_parentheses);
    }
    translator->operand = !translator->assertions[translator->depth--];
    translator->at++;
    buffer_append_byte(&translator->out, ')');
    return true;
}

/* White space and comments of the expanded syntax. */
static bool skip_blank(struct translator *translator) {
    if (!translator->translation->options.expanded) {
        return false;
    }
    char byte = peek(translator, 0);
    if (byte == '#') {
        while (translator->at < translator->pattern.len && peek(translator, 0) != '\n') {
            translator->at++;
        }
        return true;
    }
    if (byte != ' ' && (byte < '\t' || byte > '\r')) {
        return false;
    }
    translator->at++;
    return true;
}

static bool plain(struct translator *translator, char byte) {
    translator->at++;
    translator->operand = byte != '^' && byte != '$' && byte != '|';
    if (byte == '|') {
        translator->translation->longest = true;
    }
    if (byte == ']' || byte == '}' || byte == '{' || byte == '#' || byte == ' ') {
        return emit_code(translator, (unsigned char)byte);
    }
    buffer_append_byte(&translator->out, byte);
    return true;
}

static bool translate_next(struct translator *translator) {
    char byte = peek(translator, 0);
    if (skip_blank(translator)) {
        return true;
    }
    switch (byte) {
    case '\\':
        return escape(translator);
    case '[':
        return bracket(translator);
    case '(':
        return open_group(translator);
    case ')':
        return close_group(translator);
    case '*':
    case '+':
    case '?':
        return quantifier(translator);
    case '{':
        return is_digit(peek(translator, 1)) ? quantifier(translator) : plain(translator, byte);
    default:
        return plain(translator, byte);
    }
}

static bool read_option(char letter, struct regex_options *options) {
    switch (letter) {
    case 'i':
        options->ignore_case = true;
        return true;
    case 'c':
        options->ignore_case = false;
        return true;
    case 'n':
    case 'm':
        options->dot_not_newline = options->anchors_at_lines = true;
        return true;
    case 'p':
        options->dot_not_newline = true;
        options->anchors_at_lines = false;
        return true;
    case 'w':
        options->dot_not_newline = false;
        options->anchors_at_lines = true;
        return true;
    case 's':
        options->dot_not_newline = options->anchors_at_lines = false;
        return true;
    case 'q':
        options->literal = true;
        return true;
    case 'x':
        options->expanded = true;
        return true;
    case 't':
        options->expanded = false;
        return true;
    case 'b':
    case 'e':
        return true;
    default:
        return false;
    }
}

bool regex_flags(struct slice flags, struct regex_options *options, struct slice *ret_bad) {
    for (size_t at = 0; at < flags.len; at += utf8_width(flags.data[at])) {
        if (flags.data[at] == 'g') {
            options->global = true;
        } else if (!read_option(flags.data[at], options)) {
            *ret_bad = slice_make(flags.data + at, utf8_width(flags.data[at]));
            return false;
        }
    }
    return true;
}

/* `***=`, `***:` and `(?i)` at the start. */
static bool read_prefix(struct translator *translator) {
    struct slice pattern = translator->pattern;
    struct regex_options *options = &translator->translation->options;
    if (slice_starts_with(pattern, SLICE_LITERAL("***"))) {
        options->literal = peek(translator, 3) == '=';
        if (!options->literal && peek(translator, 3) != ':') {
            return refuse(translator, bad_operand);
        }
        translator->at = 4;
    }
    if (options->literal || peek(translator, 0) != '(' || peek(translator, 1) != '?' ||
        !is_alphanumeric(peek(translator, 2))) {
        return true;
    }
    for (translator->at += 2; peek(translator, 0) != ')'; translator->at++) {
        if (!read_option(peek(translator, 0), options)) {
            return refuse(translator, bad_option);
        }
    }
    translator->at++;
    return true;
}

bool regex_translate(struct slice pattern, struct regex_options options, struct arena *arena,
                     struct regex_translation *ret, const char **ret_message) {
    struct translator translator = {.pattern = pattern, .translation = ret};
    *ret = (struct regex_translation){.options = options};
    translator.assertions = arena_alloc(arena, pattern.len + 1);
    buffer_init(&translator.out, arena, pattern.len * 2 + 16);
    bool good = read_prefix(&translator);
    if (good && ret->options.literal) {
        ret->pattern = slice_make(pattern.data + translator.at, pattern.len - translator.at);
        return true;
    }
    while (good && translator.at < pattern.len) {
        good = translate_next(&translator);
    }
    if (good && translator.depth > 0) {
        good = refuse(&translator, bad_parentheses);
    }
    if (good && translator.groups >= REGEX_GROUPS_MAX) {
        good = refuse(&translator, "regular expression is too complex");
    }
    ret->pattern = buffer_slice(&translator.out);
    ret->longest = ret->longest && !translator.backreference && !translator.lazy;
    *ret_message = translator.message;
    return good;
}
