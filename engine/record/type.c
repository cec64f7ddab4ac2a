/* SPDX-License-Identifier: Apache-2.0 */
/* Names, widths and the reading of types. One table row for each spelling; what follows a name
 * (a second word, modifiers, `with time zone`, `[]`) is read by the few functions below it.
 * Immutable, thread-safe, allocates nothing. Names are matched without regard to ASCII case, as
 * unquoted identifiers are in Postgres. */
#include "engine/record/type.h"

#include <assert.h>
#include <stdio.h>
#include <strings.h>

enum modifier_kind {
    MODIFIER_NONE,
    MODIFIER_NUMERIC,
    MODIFIER_LENGTH,
    MODIFIER_TIME,
    MODIFIER_FLOAT
};

struct spelling {
    const char *name;
    enum type_id id;
    enum modifier_kind modifier;
    bool blank_padded;
};

/* The first spelling of an id is the one that is printed. */
static const struct spelling spellings[] = {
    {"boolean", TYPE_BOOL},
    {"bool", TYPE_BOOL},
    {"smallint", TYPE_INT2},
    {"int2", TYPE_INT2},
    {"integer", TYPE_INT4},
    {"int4", TYPE_INT4},
    {"int", TYPE_INT4},
    {"bigint", TYPE_INT8},
    {"int8", TYPE_INT8},
    {"real", TYPE_FLOAT4},
    {"float4", TYPE_FLOAT4},
    {"double precision", TYPE_FLOAT8},
    {"float8", TYPE_FLOAT8},
    {"float", TYPE_FLOAT8, MODIFIER_FLOAT},
    {"numeric", TYPE_NUMERIC, MODIFIER_NUMERIC},
    {"decimal", TYPE_NUMERIC, MODIFIER_NUMERIC},
    {"dec", TYPE_NUMERIC, MODIFIER_NUMERIC},
    {"text", TYPE_TEXT},
    {"character varying", TYPE_TEXT, MODIFIER_LENGTH},
    {"char varying", TYPE_TEXT, MODIFIER_LENGTH},
    {"varchar", TYPE_TEXT, MODIFIER_LENGTH},
    {"character", TYPE_TEXT, MODIFIER_LENGTH, true},
    {"char", TYPE_TEXT, MODIFIER_LENGTH, true},
    {"bpchar", TYPE_TEXT, MODIFIER_LENGTH, true},
    {"bytea", TYPE_BYTEA},
    {"uuid", TYPE_UUID},
    {"date", TYPE_DATE},
    {"timestamptz", TYPE_TIMESTAMPTZ, MODIFIER_TIME},
    {"timestamp", TYPE_TIMESTAMP, MODIFIER_TIME},
    {"time", TYPE_TIME, MODIFIER_TIME},
    {"interval", TYPE_INTERVAL},
    {"jsonb", TYPE_JSONB},
    {"json", TYPE_JSON},
};

enum {
    SPELLINGS_COUNT = sizeof spellings / sizeof spellings[0],
    NUMERIC_PRECISION_MAX = 1000,
    LENGTH_MAX = 10485760,
    TIME_DIGITS_MAX = 6,
    WORD_MAX = 32
};

static uint32_t id_width(enum type_id id) {
    switch (id) {
    case TYPE_BOOL:
        return sizeof(uint8_t);
    case TYPE_INT2:
        return sizeof(int16_t);
    case TYPE_INT4:
    case TYPE_DATE:
        return sizeof(int32_t);
    case TYPE_FLOAT4:
        return sizeof(float);
    case TYPE_FLOAT8:
        return sizeof(double);
    case TYPE_INT8:
    case TYPE_TIME:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMPTZ:
        return sizeof(int64_t);
    case TYPE_UUID:
        return sizeof(struct uuid);
    case TYPE_INTERVAL:
        return sizeof(struct interval);
    case TYPE_UNKNOWN:
    case TYPE_NUMERIC:
    case TYPE_TEXT:
    case TYPE_BYTEA:
    case TYPE_JSON:
    case TYPE_JSONB:
        return sizeof(struct slice);
    case TYPE_ID_COUNT:
        break;
    }
    assert(!"a type id that does not exist");
    return 0;
}

uint32_t type_width(struct type type) {
    return type.array ? sizeof(struct array *) : id_width(type.id);
}

bool type_equal(struct type a, struct type b) {
    return a.id == b.id && a.array == b.array && a.blank_padded == b.blank_padded &&
           a.modifier == b.modifier;
}

static const char *type_name(struct type type) {
    if (type.id == TYPE_TEXT && type.blank_padded) {
        return type.modifier < 0 ? "bpchar" : "char";
    }
    if (type.id == TYPE_TEXT && type.modifier >= 0) {
        return "varchar";
    }
    for (int i = 0; i < SPELLINGS_COUNT; i++) {
        if (spellings[i].id == type.id) {
            return spellings[i].name;
        }
    }
    return "unknown";
}

void type_print(struct type type, char *ret_text, size_t size) {
    const char *brackets = type.array ? "[]" : "";
    const char *name = type_name(type);
    if (type.id == TYPE_NUMERIC && type.modifier >= 0) {
        snprintf(ret_text, size, "%s(%d,%d)%s", name, type.modifier >> 16,
                 (int16_t)(type.modifier & 0xffff), brackets);
    } else if (type.modifier >= 0) {
        snprintf(ret_text, size, "%s(%d)%s", name, type.modifier, brackets);
    } else {
        snprintf(ret_text, size, "%s%s", name, brackets);
    }
}

/* --- reading ---------------------------------------------------------------------------------- */

static bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static void spaces_skip(struct slice *text) {
    while (text->len && is_space(*text->data)) {
        text->data++;
        text->len--;
    }
}

static bool is_word_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (c & 0x80);
}

static struct slice word_peek(struct slice text) {
    size_t len = 0;
    while (len < text.len && is_word_byte(text.data[len])) {
        len++;
    }
    return slice_make(text.data, len);
}

static bool byte_take(struct slice *text, char byte) {
    spaces_skip(text);
    if (!text->len || *text->data != byte) {
        return false;
    }
    text->data++;
    text->len--;
    return true;
}

/* Takes the words of `phrase` (one or more, lower case, one blank between), or nothing. */
static bool phrase_take(struct slice *text, const char *phrase) {
    struct slice rest = *text;
    while (*phrase) {
        size_t len = strcspn(phrase, " ");
        spaces_skip(&rest);
        struct slice word = word_peek(rest);
        if (word.len != len || strncasecmp(word.data, phrase, len) != 0) {
            return false;
        }
        rest.data += len;
        rest.len -= len;
        phrase += len + (phrase[len] == ' ');
    }
    *text = rest;
    return true;
}

static const struct spelling *spelling_take(struct slice *text) {
    for (int i = 0; i < SPELLINGS_COUNT; i++) {
        if (phrase_take(text, spellings[i].name)) {
            return &spellings[i];
        }
    }
    return NULL;
}

static enum status modifier_fail(struct error *error, const char *what) {
    return error_set(error, ERROR_PERMANENT, "type-modifier", "%s", what);
}

static bool number_take(struct slice *text, int32_t *ret) {
    spaces_skip(text);
    struct slice at = *text;
    bool negative = byte_take(&at, '-');
    spaces_skip(&at);
    int32_t value = 0;
    size_t digits = 0;
    while (digits < at.len && at.data[digits] >= '0' && at.data[digits] <= '9' && digits < 9) {
        value = value * 10 + (at.data[digits++] - '0');
    }
    if (!digits || (digits < at.len && is_word_byte(at.data[digits]))) {
        return false;
    }
    *text = slice_make(at.data + digits, at.len - digits);
    *ret = negative ? -value : value;
    return true;
}

static enum status numeric_apply(const int32_t *numbers, int count, struct type *type,
                                 struct error *error) {
    int32_t precision = numbers[0], scale = count == 2 ? numbers[1] : 0;
    if (precision < 1 || precision > NUMERIC_PRECISION_MAX) {
        return modifier_fail(error, "numeric precision must be between 1 and 1000");
    }
    if (scale < -NUMERIC_PRECISION_MAX || scale > NUMERIC_PRECISION_MAX) {
        return modifier_fail(error, "numeric scale must be between -1000 and 1000");
    }
    type->modifier = precision << 16 | (uint16_t)scale;
    return STATUS_OK;
}

static enum status modifier_apply(enum modifier_kind kind, int32_t number, struct type *type,
                                  struct error *error) {
    switch (kind) {
    case MODIFIER_LENGTH:
        if (number < 1 || number > LENGTH_MAX) {
            return modifier_fail(error, "the length must be between 1 and 10485760");
        }
        type->modifier = number;
        return STATUS_OK;
    case MODIFIER_TIME:
        if (number < 0 || number > TIME_DIGITS_MAX) {
            return modifier_fail(error, "the number of fractional digits must be between 0 and 6");
        }
        type->modifier = number;
        return STATUS_OK;
    case MODIFIER_FLOAT:
        if (number < 1 || number > 53) {
            return modifier_fail(error, "the precision of float must be between 1 and 53 bits");
        }
        type->id = number <= 24 ? TYPE_FLOAT4 : TYPE_FLOAT8;
        return STATUS_OK;
    case MODIFIER_NUMERIC:
    case MODIFIER_NONE:
        break;
    }
    return modifier_fail(error, "this type takes no modifier in parentheses");
}

static enum status modifiers_take(struct slice *text, enum modifier_kind kind, struct type *type,
                                  struct error *error) {
    struct slice rest = *text;
    if (!byte_take(&rest, '(')) {
        return STATUS_OK;
    }
    int32_t numbers[2];
    int count = 0;
    do {
        if (count == 2 || !number_take(&rest, &numbers[count++])) {
            return modifier_fail(error,
                                 "expected one or two numbers in the parentheses after a type");
        }
    } while (byte_take(&rest, ','));
    if (!byte_take(&rest, ')')) {
        return modifier_fail(error, "expected ) after the modifiers of a type");
    }
    if (count == 2 && kind != MODIFIER_NUMERIC) {
        return modifier_fail(error, "only numeric takes two modifiers");
    }
    *text = rest;
    return kind == MODIFIER_NUMERIC ? numeric_apply(numbers, count, type, error)
                                    : modifier_apply(kind, numbers[0], type, error);
}

static enum status zone_take(struct slice *text, const char *name, struct type *type,
                             struct error *error) {
    if (strcmp(name, "time") != 0 && strcmp(name, "timestamp") != 0) {
        return STATUS_OK;
    }
    if (phrase_take(text, "without time zone")) {
        return STATUS_OK;
    }
    if (phrase_take(text, "with time zone")) {
        if (type->id == TYPE_TIME) {
            return error_set(error, ERROR_PERMANENT, "type-unknown",
                             "time with time zone is not a type here; use time or timestamptz");
        }
        type->id = TYPE_TIMESTAMPTZ;
    }
    return STATUS_OK;
}

static enum status brackets_take(struct slice *text, struct type *type, struct error *error) {
    for (;;) {
        struct slice rest = *text;
        int32_t bound;
        if (phrase_take(&rest, "array")) {
            spaces_skip(&rest);
        } else if (byte_take(&rest, '[')) {
            number_take(&rest, &bound);
            if (!byte_take(&rest, ']')) {
                return modifier_fail(error, "expected ] after [ in a type");
            }
        } else {
            return STATUS_OK;
        }
        if (type->array) {
            return modifier_fail(error, "arrays have one dimension here");
        }
        type->array = true;
        *text = rest;
    }
}

static enum status unknown_fail(struct slice text, struct error *error) {
    struct slice word = word_peek(text);
    if (!word.len) {
        word = slice_make(text.data, text.len ? 1 : 0);
    }
    int len = word.len < WORD_MAX ? (int)word.len : WORD_MAX;
    return error_set(
        error, ERROR_PERMANENT, "type-unknown",
        "type \"%.*s\" does not exist; types are boolean, smallint, integer, bigint, real, "
        "double precision, numeric, text, varchar, char, bytea, uuid, date, time, timestamp, "
        "timestamptz, interval, json, jsonb and arrays of them such as text[]",
        len, len ? word.data : "");
}

enum status type_parse(struct slice *text, struct type *ret, struct error *error) {
    struct slice rest = *text;
    spaces_skip(&rest);
    const struct spelling *spelling = spelling_take(&rest);
    if (!spelling) {
        return unknown_fail(rest, error);
    }
    struct type type = {.id = spelling->id, .modifier = -1, .blank_padded = spelling->blank_padded};
    if (modifiers_take(&rest, spelling->modifier, &type, error) != STATUS_OK ||
        zone_take(&rest, spelling->name, &type, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    if (type.blank_padded && type.modifier < 0 && strcmp(spelling->name, "bpchar") != 0) {
        type.modifier = 1;
    }
    if (brackets_take(&rest, &type, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    *text = rest;
    *ret = type;
    return STATUS_OK;
}
