/* SPDX-License-Identifier: Apache-2.0 */
/* Errors of a pipeline file, collected in its arena up to a limit: a file that is no pipeline at
 * all should not scroll the reason away. */
#include "engine/config/place.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/config/secret.h"

enum { MESSAGE_BYTES_MAX = 1024 };

static uint32_t characters(const char *text, size_t len) {
    uint32_t count = 0;
    for (size_t i = 0; i < len; i++) {
        count += ((unsigned char)text[i] & 0xC0) != 0x80;
    }
    return count;
}

struct place placed_text_at(const struct placed_text *text, size_t offset) {
    struct place place = text->place;
    size_t len = text->text ? strlen(text->text) : 0;
    offset = offset < len ? offset : len;
    if (place.line == 0 || (!text->block && !text->verbatim)) {
        return place;
    }
    size_t line_start = 0;
    for (size_t i = 0; text->block && i < offset; i++) {
        if (text->text[i] == '\n') {
            place.line++;
            line_start = i + 1;
        }
    }
    uint32_t before = text->block ? text->indent + 1 : place.column;
    place.column = before + characters(text->text + line_start, offset - line_start);
    return place;
}

void config_errors_init(struct config_errors *errors, struct arena *arena) {
    *errors = (struct config_errors){.arena = arena};
}

/* Names and values of the file stand in messages: nothing of them may steer a terminal, and a cut
 * must not leave half a character. */
static void message_clean(char *message) {
    size_t len = strlen(message);
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)message[i] < 0x20 || message[i] == 0x7F) {
            message[i] = '?';
        }
    }
    if (len == MESSAGE_BYTES_MAX - 1) {
        while (len && ((unsigned char)message[len - 1] & 0xC0) == 0x80) {
            len--;
        }
        len -= len && (message[len - 1] & 0x80);
        message[len] = '\0';
    }
}

void config_errors_add(struct config_errors *errors, struct place place, const char *code,
                       const char *format, ...) {
    if (errors->count == CONFIG_ERRORS_MAX) {
        errors->dropped++;
        return;
    }
    if (!errors->items) {
        errors->items = arena_zalloc(errors->arena, CONFIG_ERRORS_MAX * sizeof *errors->items);
    }
    char message[MESSAGE_BYTES_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    secret_redact(message);
    message_clean(message);
    errors->items[errors->count++] =
        (struct config_error){.place = place,
                              .code = arena_text(errors->arena, slice_of(code)),
                              .message = arena_text(errors->arena, slice_of(message))};
}

static int order(const struct config_error *a, const struct config_error *b) {
    if (a->place.line != b->place.line) {
        return a->place.line < b->place.line ? -1 : 1;
    }
    return (a->place.column > b->place.column) - (a->place.column < b->place.column);
}

/* Insertion: few, nearly sorted, and those of one place stay in the order they were found. */
void config_errors_sort(struct config_errors *errors, uint32_t from) {
    for (uint32_t i = from + 1; i < errors->count; i++) {
        struct config_error moved = errors->items[i];
        uint32_t at = i;
        for (; at > from && order(&errors->items[at - 1], &moved) > 0; at--) {
            errors->items[at] = errors->items[at - 1];
        }
        errors->items[at] = moved;
    }
}

void config_errors_text(const struct config_errors *errors, struct buffer *out) {
    for (uint32_t i = 0; i < errors->count; i++) {
        const struct config_error *error = &errors->items[i];
        buffer_append_slice(out, slice_of(error->place.file));
        if (error->place.line) {
            buffer_printf(out, ":%u:%u", error->place.line, error->place.column);
        }
        buffer_printf(out, ": %s (%s)\n", error->message, error->code);
    }
    if (errors->dropped) {
        buffer_printf(out, "and %u more\n", errors->dropped);
    }
}

enum status config_errors_first(const struct config_errors *errors, struct error *error) {
    if (!errors->count) {
        return STATUS_OK;
    }
    const struct config_error *first = &errors->items[0];
    uint32_t more = errors->count - 1 + errors->dropped;
    if (more) {
        (void)error_set(error, ERROR_PERMANENT, first->code, "%s, and %u more", first->message,
                        more);
    } else {
        (void)error_set(error, ERROR_PERMANENT, first->code, "%s", first->message);
    }
    if (first->place.line) {
        error_where(error, "%s:%u:%u", first->place.file, first->place.line, first->place.column);
    } else {
        error_where(error, "%s", first->place.file);
    }
    return STATUS_FAILED;
}
