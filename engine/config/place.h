/* SPDX-License-Identifier: Apache-2.0 */
/* Where something stands in a pipeline file, and everything that is wrong with the file: all errors
 * are collected and told at once, in the order of the file. Main thread; lives in the arena it was
 * given. */
#ifndef LEAT_CONFIG_PLACE_H
#define LEAT_CONFIG_PLACE_H

#include "engine/base/arena.h"
#include "engine/base/buffer.h"
#include "engine/base/error.h"

struct place {
    const char *file;      /* as the user named it; `--set PATH` for an override */
    uint32_t line, column; /* from 1, columns in characters; line 0 = the file as a whole */
};

/* A text option whose content has errors of its own (SQL, columns): enough to name file:line:column
 * for a byte of it. */
struct placed_text {
    const char *text;   /* NUL-terminated; NULL when absent */
    struct place place; /* of the first byte of the text */
    uint32_t indent;    /* block: columns before each line */
    bool block;         /* each line of the text is a line of the file */
    bool verbatim;      /* the text stands in the file as it is, on one line */
};

/* Where the byte at offset stands: exact when block or verbatim, else the place where the text
 * begins. */
struct place placed_text_at(const struct placed_text *text, size_t offset);

struct config_error {
    struct place place;
    const char *code;    /* stable id: `config-unknown-key` */
    const char *message; /* what is wrong and what to do; lower case, no full stop */
};

enum { CONFIG_ERRORS_MAX = 100 };

struct config_errors {
    struct arena *arena; /* set by config_errors_init */
    struct config_error *items;
    uint32_t count;
    uint32_t dropped; /* beyond CONFIG_ERRORS_MAX */
};

void config_errors_init(struct config_errors *errors, struct arena *arena);
/* Known secrets are struck out of the message. */
void config_errors_add(struct config_errors *errors, struct place place, const char *code,
                       const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Puts those from index `from` on in the order of the file. */
void config_errors_sort(struct config_errors *errors, uint32_t from);
/* One line each: `file:line:column: message (code)`. */
void config_errors_text(const struct config_errors *errors, struct buffer *out);
/* The first one as struct error, "and N more" when there are; STATUS_OK when there is none. */
MUST_CHECK enum status config_errors_first(const struct config_errors *errors, struct error *error);

#endif
