/* SPDX-License-Identifier: Apache-2.0 */
/* One scalar option: from text to its field, and what it takes in words. Pure; the arena holds
 * copies. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/config/parse.h"

static bool in_range(const struct option *row, int64_t value) {
    if (row->min == 0 && row->max == 0) {
        return true;
    }
    return value >= row->min && (row->max < row->min || value <= row->max);
}

static bool choice_parse(const char *const *choices, struct slice text, int *ret) {
    for (int i = 0; choices && choices[i]; i++) {
        if (slice_is(text, choices[i])) {
            *ret = i;
            return true;
        }
    }
    return false;
}

static bool bool_parse(struct slice text, bool *ret) {
    *ret = slice_is(text, "true");
    return *ret || slice_is(text, "false");
}

static bool character_parse(struct slice text, char *ret) {
    if (slice_is(text, "\\t")) {
        *ret = '\t';
        return true;
    }
    if (text.len != 1 || (unsigned char)text.data[0] > 0x7E ||
        ((unsigned char)text.data[0] < 0x20 && text.data[0] != '\t')) {
        return false;
    }
    *ret = text.data[0];
    return true;
}

static bool percent_or_word(const struct option *row, struct slice text, double *ret) {
    int word;
    if (choice_parse(row->choices, text, &word)) {
        *ret = -1;
        return true;
    }
    return percent_parse(text, ret);
}

bool option_scalar_parse(const struct option *row, struct slice text, struct arena *arena,
                         void *field) {
    int64_t whole;
    uint64_t bytes;
    switch (row->type) {
    case OPTION_TEXT:
        *(const char **)field = arena_text(arena, text);
        return true;
    case OPTION_BOOL:
        return bool_parse(text, field);
    case OPTION_INT:
    case OPTION_DURATION:
        if (!(row->type == OPTION_INT ? whole_parse(text, &whole) : duration_parse(text, &whole)) ||
            !in_range(row, whole)) {
            return false;
        }
        *(int64_t *)field = whole;
        return true;
    case OPTION_BYTES:
        if (!bytes_parse(text, &bytes) || !in_range(row, (int64_t)bytes)) {
            return false;
        }
        *(uint64_t *)field = bytes;
        return true;
    case OPTION_PERCENT:
        return percent_or_word(row, text, field);
    case OPTION_CHOICE:
        return choice_parse(row->choices, text, field);
    case OPTION_CHARACTER:
        return character_parse(text, field);
    case OPTION_SECRET:
    case OPTION_TEXTS:
    case OPTION_TEXT_MAP:
    case OPTION_GROUP:
        break;
    }
    assert(!"no scalar option");
    return false;
}

static void number_print(const struct option *row, int64_t value, struct buffer *out) {
    if (row->type == OPTION_BYTES) {
        bytes_print((uint64_t)value, out);
    } else if (row->type == OPTION_DURATION) {
        duration_print(value, out);
    } else {
        buffer_printf(out, "%lld", (long long)value);
    }
}

static void range_print(const struct option *row, struct buffer *out) {
    if (row->min == 0 && row->max == 0) {
        return;
    }
    buffer_printf(out, row->max < row->min ? " of at least " : " from ");
    number_print(row, row->min, out);
    if (row->max >= row->min) {
        buffer_printf(out, " to ");
        number_print(row, row->max, out);
    }
}

static void choices_print(const char *const *choices, struct buffer *out) {
    for (uint32_t i = 0; choices[i]; i++) {
        buffer_printf(out, "%s%s", i == 0 ? "" : choices[i + 1] ? ", " : " or ", choices[i]);
    }
}

void option_expects(const struct option *row, struct buffer *out) {
    static const char *const phrases[] = {
        [OPTION_TEXT] = "a text",
        [OPTION_SECRET] = "a text",
        [OPTION_TEXTS] = "a list of texts, or one text",
        [OPTION_BOOL] = "true or false",
        [OPTION_INT] = "a whole number",
        [OPTION_BYTES] = "a size",
        [OPTION_DURATION] = "a duration",
        [OPTION_PERCENT] = "a percentage from 0% to 100%, such as 10%",
        [OPTION_CHOICE] = "",
        [OPTION_CHARACTER] = "one ASCII character",
        [OPTION_TEXT_MAP] = "a mapping of names to texts",
        [OPTION_GROUP] = "a mapping",
    };
    buffer_append_slice(out, slice_of(phrases[row->type]));
    range_print(row, out);
    if (row->type == OPTION_BYTES) {
        buffer_printf(out, ", such as 64MiB or 10kB");
    } else if (row->type == OPTION_DURATION) {
        buffer_printf(out, ", such as 250ms, 10s or 1h30m");
    } else if (row->type == OPTION_CHOICE) {
        choices_print(row->choices, out);
    } else if (row->type == OPTION_PERCENT && row->choices) {
        buffer_printf(out, ", or ");
        choices_print(row->choices, out);
    }
}

void option_fallback(const struct option *row, struct arena *arena, void *field) {
    if (row->type == OPTION_GROUP) {
        for (const struct option *inner = row->group->rows; inner->name; inner++) {
            option_fallback(inner, arena, (char *)field + inner->offset);
        }
    } else if (row->fallback && row->type == OPTION_TEXTS) {
        const char **items = arena_alloc(arena, sizeof *items);
        items[0] = row->fallback;
        *(struct text_list *)field = (struct text_list){.items = items, .count = 1};
    } else if (row->fallback) {
        bool parsed = option_scalar_parse(row, slice_of(row->fallback), arena, field);
        assert(parsed);
        (void)parsed;
    }
}

void *options_defaults(const struct option_table *table, struct arena *arena) {
    void *options = arena_zalloc(arena, table->size);
    for (const struct option *row = table->rows; row->name; row++) {
        option_fallback(row, arena, (char *)options + row->offset);
    }
    return options;
}
