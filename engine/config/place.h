/* SPDX-License-Identifier: Apache-2.0 */
/* Where something stands in a pipeline file, and everything that is wrong with the file: all errors are collected and
 * told at once, in the order of the file. Main thread; lives in the arena it was given. */
#ifndef LEAT_CONFIG_PLACE_H
#define LEAT_CONFIG_PLACE_H

#include <stdio.h>

#include "engine/base/arena.h"
#include "engine/base/buffer.h"
#include "engine/base/error.h"

struct place {
    const char *file;      /* as the user named it; `--set` for an override */
    uint32_t line, column; /* from 1, columns in characters; line 0 = the file as a whole */
};

/* A text option whose content has errors of its own (SQL, columns): enough to name file:line:column for a byte of it. */
struct placed_text {
    const char *text; /* NUL-terminated; NULL when absent */
    struct place place;
    uint32_t indent; /* columns before each line of a block scalar */
    bool block;      /* each line of the text is a line of the file */
};

/* Where the byte at offset stands. Exact in block scalars and in one-line scalars without escapes; else the line
 * where the text begins. */
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
    uint32_t count, capacity;
    uint32_t dropped; /* beyond CONFIG_ERRORS_MAX */
};

void config_errors_init(struct config_errors *errors, struct arena *arena);
/* Known secrets are struck out of the message. */
void config_errors_add(struct config_errors *errors, struct place place, const char *code,
                       const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Puts them in the order of the file. */
void config_errors_sort(struct config_errors *errors);
/* One line each: `file:line:column: message (code)`. */
void config_errors_text(const struct config_errors *errors, struct buffer *out);
/* The first one as struct error, "and N more" when there are more; returns STATUS_FAILED, or STATUS_OK when none. */
MUST_CHECK enum status config_errors_first(const struct config_errors *errors, struct error *error);

#endif
