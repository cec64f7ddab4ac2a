/* SPDX-License-Identifier: Apache-2.0 */
/* Reads number pictures. Which patterns may stand together is Postgres's choice (42601), and so are
 * the words. Currency and separators are those of the C locale: a space, `,` and `.`. */
#include "engine/sql/functions/number_picture.h"

#include <strings.h>

#include "engine/sql/functions/utf8.h"

struct reader {
    struct slice text;
    size_t at;
    struct picture *picture;
    struct picture_item *items;
    const char *message;
    bool blank, shifts;
};

static bool refuse(struct reader *reader, const char *message) {
    reader->message = message;
    return false;
}

static bool read_digit(struct reader *reader, bool zero) {
    struct picture *picture = reader->picture;
    if (picture->bracket) {
        return refuse(reader, zero ? "\"0\" must be ahead of \"PR\""
                                   : "\"9\" must be ahead of \"PR\"");
    }
    if (!zero && reader->shifts) {
        picture->shift++;
        return true;
    }
    if (zero && !picture->zero && !picture->point) {
        picture->zero = true;
        picture->zero_from = picture->before + 1;
    }
    *(picture->point ? &picture->after : &picture->before) += 1;
    if (zero) {
        picture->zero_to = picture->before + picture->after;
    }
    return true;
}

static bool read_point(struct reader *reader) {
    if (reader->picture->point) {
        return refuse(reader, "multiple decimal points");
    }
    if (reader->shifts) {
        return refuse(reader, "cannot use \"V\" and decimal point together");
    }
    reader->picture->point = true;
    return true;
}

/* S: the sign stands where the digits begin or end. */
static bool read_anchored_sign(struct reader *reader) {
    struct picture *picture = reader->picture;
    if (picture->sign != PICTURE_SIGN_NONE) {
        return refuse(reader, "cannot use \"S\" twice");
    }
    if (picture->plus || picture->minus || picture->bracket) {
        return refuse(reader, "cannot use \"S\" and \"PL\"/\"MI\"/\"SG\"/\"PR\" together");
    }
    picture->sign = picture->point ? PICTURE_SIGN_AFTER : PICTURE_SIGN_BEFORE;
    picture->before_sign = picture->before;
    return true;
}

/* MI, PL, SG: the sign stands here. */
static bool read_placed_sign(struct reader *reader, enum picture_item_kind kind) {
    struct picture *picture = reader->picture;
    if (picture->sign != PICTURE_SIGN_NONE) {
        return refuse(reader, kind == PICTURE_MINUS  ? "cannot use \"S\" and \"MI\" together"
                              : kind == PICTURE_PLUS ? "cannot use \"S\" and \"PL\" together"
                                                     : "cannot use \"S\" and \"SG\" together");
    }
    picture->minus = picture->minus || kind != PICTURE_PLUS;
    picture->plus = picture->plus || kind != PICTURE_MINUS;
    return true;
}

static bool read_bracket(struct reader *reader) {
    struct picture *picture = reader->picture;
    if (picture->sign != PICTURE_SIGN_NONE || picture->plus || picture->minus) {
        return refuse(reader, "cannot use \"PR\" and \"S\"/\"PL\"/\"MI\"/\"SG\" together");
    }
    picture->bracket = true;
    return true;
}

static bool read_shift(struct reader *reader) {
    if (reader->picture->point) {
        return refuse(reader, "cannot use \"V\" and decimal point together");
    }
    reader->shifts = true;
    return true;
}

static bool read_exponent(struct reader *reader) {
    struct picture *picture = reader->picture;
    if (picture->exponent) {
        return refuse(reader, "cannot use \"EEEE\" twice");
    }
    if (reader->blank || picture->fill || picture->sign != PICTURE_SIGN_NONE || picture->bracket ||
        picture->minus || picture->plus || picture->roman || reader->shifts) {
        return refuse(reader, "\"EEEE\" is incompatible with other formats");
    }
    picture->exponent = true;
    return true;
}

/* What the patterns are, the longer before its beginning. */
static const struct pattern {
    const char *name;
    enum picture_item_kind kind;
} patterns[] = {
    {"EEEE", PICTURE_MARK}, {"FM", PICTURE_MARK},     {"MI", PICTURE_MINUS},   {"PL", PICTURE_PLUS},
    {"PR", PICTURE_MARK},   {"RN", PICTURE_ROMAN},    {"SG", PICTURE_SIGN},    {"SP", PICTURE_MARK},
    {"TH", PICTURE_ORDINAL}, {"B", PICTURE_MARK},     {"C", PICTURE_MARK},     {"D", PICTURE_POINT},
    {"G", PICTURE_COMMA},   {"L", PICTURE_CURRENCY},  {"S", PICTURE_MARK},     {"V", PICTURE_MARK},
    {"0", PICTURE_ZERO},    {"9", PICTURE_NINE},      {",", PICTURE_COMMA},    {".", PICTURE_POINT},
};

static bool read_mark(struct reader *reader, const char *name) {
    switch (name[0]) {
    case 'E':
        return read_exponent(reader);
    case 'F':
        reader->picture->fill = true;
        return true;
    case 'P':
        return read_bracket(reader);
    case 'S':
        return name[1] || read_anchored_sign(reader);
    case 'V':
        return read_shift(reader);
    case 'B':
        reader->blank = reader->blank || (reader->picture->before == 0 &&
                                          reader->picture->after == 0 && !reader->picture->zero);
        return true;
    default:
        return true;
    }
}

static bool read_pattern(struct reader *reader, const struct pattern *pattern) {
    struct picture *picture = reader->picture;
    if (picture->exponent && pattern->kind != PICTURE_MARK) {
        return refuse(reader, "\"EEEE\" must be the last pattern used");
    }
    switch (pattern->kind) {
    case PICTURE_NINE:
    case PICTURE_ZERO:
        return read_digit(reader, pattern->kind == PICTURE_ZERO);
    case PICTURE_POINT:
        return read_point(reader);
    case PICTURE_MINUS:
    case PICTURE_PLUS:
    case PICTURE_SIGN:
        return read_placed_sign(reader, pattern->kind);
    case PICTURE_ROMAN:
        picture->roman = true;
        return true;
    case PICTURE_MARK:
        return read_mark(reader, pattern->name);
    default:
        return true;
    }
}

static void add(struct reader *reader, struct picture_item item) {
    reader->items[reader->picture->count++] = item;
}

/* One character that is no pattern, or what stands in quotes. */
static void read_literal(struct reader *reader) {
    bool quoted = reader->text.data[reader->at] == '"';
    reader->at += quoted;
    do {
        if (reader->at >= reader->text.len || (quoted && reader->text.data[reader->at] == '"')) {
            reader->at += quoted;
            return;
        }
        bool escape = reader->text.data[reader->at] == '\\' && reader->at + 1 < reader->text.len &&
                      (quoted || reader->text.data[reader->at + 1] == '"');
        reader->at += escape;
        size_t width = utf8_width(reader->text.data[reader->at]);
        add(reader, (struct picture_item){
                        .literal = slice_make(reader->text.data + reader->at, width)});
        reader->at += width;
    } while (quoted);
}

static bool read_next(struct reader *reader) {
    struct slice rest = {reader->text.data + reader->at, reader->text.len - reader->at};
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        size_t len = strlen(patterns[i].name);
        if (rest.len >= len && strncasecmp(rest.data, patterns[i].name, len) == 0) {
            reader->at += len;
            add(reader, (struct picture_item){.kind = patterns[i].kind,
                                              .lower = rest.data[0] >= 'a'});
            return read_pattern(reader, &patterns[i]);
        }
    }
    read_literal(reader);
    return true;
}

bool picture_read(struct slice text, struct arena *arena, struct picture *ret,
                  const char **ret_code, const char **ret_message) {
    *ret = (struct picture){0};
    struct reader reader = {.text = text, .picture = ret};
    reader.items = arena_alloc(arena, (text.len + 1) * sizeof(struct picture_item));
    ret->items = reader.items;
    while (reader.at < text.len) {
        if (!read_next(&reader)) {
            *ret_code = "42601";
            *ret_message = reader.message;
            return false;
        }
    }
    return true;
}
