/* SPDX-License-Identifier: Apache-2.0 */
/* Are option rows sound? Whoever writes rows calls this in a test, so that a mistake in a table is
 * found there and not by a user. */
#include <ctype.h>
#include <stdlib.h>

#include "engine/config/parse.h"

static size_t field_size(const struct option *row) {
    switch (row->type) {
    case OPTION_TEXT:
    case OPTION_SECRET:
        return sizeof(char *);
    case OPTION_TEXTS:
        return sizeof(struct text_list);
    case OPTION_TEXT_MAP:
        return sizeof(struct text_map);
    case OPTION_BOOL:
    case OPTION_CHARACTER:
        return 1;
    case OPTION_CHOICE:
        return sizeof(int);
    case OPTION_GROUP:
        return row->group ? row->group->size : 0;
    case OPTION_INT:
    case OPTION_BYTES:
    case OPTION_DURATION:
    case OPTION_PERCENT:
        break;
    }
    return sizeof(int64_t);
}

static bool name_is_plain(const char *name) {
    for (const char *at = name; *at; at++) {
        if (!islower((unsigned char)*at) && !isdigit((unsigned char)*at) && *at != '_') {
            return false;
        }
    }
    return *name != '\0';
}

static bool fallback_is_sound(const struct option *row) {
    union {
        int64_t whole;
        double number;
        const char *text;
    } field;
    if (!row->fallback || row->type == OPTION_TEXTS) {
        return true;
    }
    if (row->type == OPTION_SECRET || row->type == OPTION_TEXT_MAP || row->type == OPTION_GROUP) {
        return false;
    }
    struct arena *arena = arena_new(NULL, POOL_READ);
    bool sound = option_scalar_parse(row, slice_of(row->fallback), arena, &field);
    arena_free(arena);
    return sound;
}

static const char *row_fault(const struct option_table *table, const struct option *row) {
    size_t sentence_len = row->sentence ? strlen(row->sentence) : 0;
    if (!name_is_plain(row->name)) {
        return "the name is not of a-z, 0-9 and _";
    }
    if (!sentence_len || row->sentence[sentence_len - 1] == '.') {
        return "the sentence is missing or ends with a full stop";
    }
    if (row->type == OPTION_GROUP && !row->group) {
        return "a group without rows";
    }
    if (row->type == OPTION_CHOICE && (!row->choices || !row->choices[0])) {
        return "a choice without choices";
    }
    if (row->offset + field_size(row) > table->size) {
        return "the field lies outside the struct";
    }
    if ((row->flags & OPTION_REQUIRED) && row->fallback) {
        return "required, yet with a fallback";
    }
    if (row->type == OPTION_SECRET && (row->flags & OPTION_IDENTITY)) {
        return "a secret cannot be part of the identity";
    }
    return fallback_is_sound(row) ? NULL : "the fallback is not a value of the option";
}

enum status options_check(const struct option_table *table, struct error *error) {
    for (const struct option *row = table->rows; row->name; row++) {
        const char *fault = row_fault(table, row);
        for (const struct option *other = table->rows; !fault && other < row; other++) {
            if (strcmp(other->name, row->name) == 0) {
                fault = "the name is used twice";
            } else if (row->offset < other->offset + field_size(other) &&
                       other->offset < row->offset + field_size(row)) {
                fault = "the field overlaps the one of another row";
            }
        }
        if (fault) {
            return error_set(error, ERROR_BUG, "option-row", "%s: %s", row->name, fault);
        }
        if (row->type == OPTION_GROUP && options_check(row->group, error) != STATUS_OK) {
            error_context(error, "%s", row->name);
            return STATUS_FAILED;
        }
    }
    return STATUS_OK;
}
