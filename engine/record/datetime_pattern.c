/* SPDX-License-Identifier: Apache-2.0 */
/* The words of template patterns. A word is upper or lower case as a whole, names also
 * capitalised; the longest that fits wins. Everything else stands for itself. */
#include "engine/record/datetime_pattern.h"
#include "engine/record/scalar.h"

const char *const pattern_months[12] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
const char *const pattern_days[7] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                     "Thursday", "Friday", "Saturday"};
const char *const pattern_romans[12] = {"I",   "II",   "III", "IV", "V",  "VI",
                                        "VII", "VIII", "IX",  "X",  "XI", "XII"};

#define GREGORIAN CALENDAR_GREGORIAN
#define ISO CALENDAR_ISO

/* Longer words stand before their beginnings. */
static const struct pattern_word words[] = {
    {"A.D.", PATTERN_AD_DOTS},
    {"B.C.", PATTERN_AD_DOTS},
    {"A.M.", PATTERN_AM_DOTS},
    {"P.M.", PATTERN_AM_DOTS},
    {"AD", PATTERN_AD},
    {"BC", PATTERN_AD},
    {"AM", PATTERN_AM},
    {"PM", PATTERN_AM},
    {"CC", PATTERN_CC, true},
    {"DAY", PATTERN_DAY},
    {"DDD", PATTERN_DDD, true, GREGORIAN},
    {"DD", PATTERN_DD, true, GREGORIAN},
    {"DY", PATTERN_DY},
    {"D", PATTERN_D, true, GREGORIAN},
    {"FF1", PATTERN_FF, false, CALENDAR_ANY, 1},
    {"FF2", PATTERN_FF, false, CALENDAR_ANY, 2},
    {"FF3", PATTERN_FF, false, CALENDAR_ANY, 3},
    {"FF4", PATTERN_FF, false, CALENDAR_ANY, 4},
    {"FF5", PATTERN_FF, false, CALENDAR_ANY, 5},
    {"FF6", PATTERN_FF, false, CALENDAR_ANY, 6},
    {"FX", PATTERN_FX},
    {"HH24", PATTERN_HH24, true},
    {"HH12", PATTERN_HH12, true},
    {"HH", PATTERN_HH12, true},
    {"IDDD", PATTERN_IDDD, true, ISO},
    {"ID", PATTERN_ID, true, ISO},
    {"IW", PATTERN_IW, true, ISO},
    {"IYYY", PATTERN_I_YEAR, true, ISO, 4},
    {"IYY", PATTERN_I_YEAR, true, ISO, 3},
    {"IY", PATTERN_I_YEAR, true, ISO, 2},
    {"I", PATTERN_I_YEAR, true, ISO, 1},
    {"J", PATTERN_J, true},
    {"MI", PATTERN_MI, true},
    {"MM", PATTERN_MM, true, GREGORIAN},
    {"MONTH", PATTERN_MONTH, false, GREGORIAN},
    {"MON", PATTERN_MON, false, GREGORIAN},
    {"MS", PATTERN_MS, true},
    {"OF", PATTERN_OF},
    {"Q", PATTERN_Q, true},
    {"RM", PATTERN_RM, false, GREGORIAN},
    {"SSSSS", PATTERN_SSSS, true},
    {"SSSS", PATTERN_SSSS, true},
    {"SS", PATTERN_SS, true},
    {"TZH", PATTERN_TZH},
    {"TZM", PATTERN_TZM, true},
    {"TZ", PATTERN_TZ},
    {"US", PATTERN_US, true},
    {"WW", PATTERN_WW, true, GREGORIAN},
    {"W", PATTERN_W, true, GREGORIAN},
    {"Y,YYY", PATTERN_Y_YYY, true, GREGORIAN, 4},
    {"YYYY", PATTERN_YEAR, true, GREGORIAN, 4},
    {"YYY", PATTERN_YEAR, true, GREGORIAN, 3},
    {"YY", PATTERN_YEAR, true, GREGORIAN, 2},
    {"Y", PATTERN_YEAR, true, GREGORIAN, 1},
};

static bool has_name(enum pattern_key key) {
    return key == PATTERN_DAY || key == PATTERN_DY || key == PATTERN_MONTH || key == PATTERN_MON;
}

static bool word_fits(const struct pattern_word *word, struct slice text,
                      enum letter_case letters) {
    size_t len = strlen(word->text);
    if (text.len < len) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        bool lower = letters == CASE_LOWER || (letters == CASE_CAPITAL && i > 0);
        if (text.data[i] != (lower ? ascii_lower(word->text[i]) : word->text[i])) {
            return false;
        }
    }
    return true;
}

static const struct pattern_word *word_find(struct slice text, enum letter_case *ret_letters) {
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        int cases = has_name(words[i].key) ? 3 : 2;
        for (int letters = 0; letters < cases; letters++) {
            if (word_fits(&words[i], text, (enum letter_case)letters)) {
                *ret_letters = (enum letter_case)letters;
                return &words[i];
            }
        }
    }
    return NULL;
}

static void advance(struct pattern *pattern, size_t bytes) {
    pattern->rest.data += bytes;
    pattern->rest.len -= bytes;
}

static bool prefix_is(struct slice text, const char *upper) {
    return text.len >= 2 &&
           ((text.data[0] == upper[0] && text.data[1] == upper[1]) ||
            (text.data[0] == ascii_lower(upper[0]) && text.data[1] == ascii_lower(upper[1])));
}

static size_t character_len(struct slice text) {
    size_t len = 1;
    while (len < text.len && (text.data[len] & 0xc0) == 0x80) {
        len++;
    }
    return len;
}

static struct pattern_node character_take(struct pattern *pattern, bool quoted) {
    size_t len = character_len(pattern->rest);
    struct pattern_node node = {.kind = NODE_CHARACTER,
                                .text = slice_make(pattern->rest.data, len)};
    char c = *pattern->rest.data;
    bool letter = ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
    if (!quoted && c > 0x20 && c < 0x7f && !letter && !ascii_is_digit(c)) {
        node.kind = NODE_SEPARATOR;
    } else if (!quoted && ascii_is_space(c)) {
        node.kind = NODE_SPACE;
    }
    advance(pattern, len);
    return node;
}

static bool quoted_take(struct pattern *pattern, struct pattern_node *ret) {
    if (*pattern->rest.data == '"') {
        pattern->quoted = false;
        advance(pattern, 1);
        return false;
    }
    if (*pattern->rest.data == '\\' && pattern->rest.len > 1) {
        advance(pattern, 1);
    }
    *ret = character_take(pattern, true);
    return true;
}

static bool field_take(struct pattern *pattern, struct pattern_node *ret) {
    *ret = (struct pattern_node){.kind = NODE_FIELD};
    ret->fill = prefix_is(pattern->rest, "FM");
    ret->local = !ret->fill && prefix_is(pattern->rest, "TM");
    if (ret->fill || ret->local) {
        advance(pattern, 2);
    }
    ret->word = word_find(pattern->rest, &ret->letters);
    if (!ret->word) {
        return false;
    }
    size_t len = strlen(ret->word->text);
    ret->text = slice_make(pattern->rest.data, len);
    advance(pattern, len);
    if (slice_starts_with(pattern->rest, SLICE_LITERAL("TH"))) {
        ret->ordinal = 'T';
    } else if (slice_starts_with(pattern->rest, SLICE_LITERAL("th"))) {
        ret->ordinal = 't';
    }
    bool spelled = slice_starts_with(pattern->rest, SLICE_LITERAL("SP"));
    advance(pattern, ret->ordinal || spelled ? 2 : 0);
    return true;
}

struct pattern_node pattern_next(struct pattern *pattern) {
    struct pattern_node node;
    while (pattern->rest.len) {
        if (pattern->quoted) {
            if (quoted_take(pattern, &node)) {
                return node;
            }
            continue;
        }
        if (field_take(pattern, &node)) {
            return node;
        }
        if (!pattern->rest.len) {
            break;
        }
        if (*pattern->rest.data == '"') {
            pattern->quoted = true;
            advance(pattern, 1);
            continue;
        }
        bool escaped_quote = slice_starts_with(pattern->rest, SLICE_LITERAL("\\\""));
        advance(pattern, escaped_quote ? 1 : 0);
        return character_take(pattern, false);
    }
    return (struct pattern_node){.kind = NODE_END};
}
