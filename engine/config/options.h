/* SPDX-License-Identifier: Apache-2.0 */
/* Options as rows: every setting of a connector or of the engine is one row next to the struct it
 * fills. Parsing, `leat options`, docs/reference.md and the JSON Schema come from the rows and
 * nothing else. */
#ifndef LEAT_CONFIG_OPTIONS_H
#define LEAT_CONFIG_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/slice.h"

/* Field type in the options struct:
 *   TEXT      const char *         (NULL when absent and without fallback)
 *   SECRET    struct secret *      (secret.h: has no printer; NULL when absent; never an identity)
 *   TEXTS     struct text_list     (a sequence, or one scalar; a fallback is one item)
 *   BOOL      bool
 *   INT       int64_t              (min .. max)
 *   BYTES     uint64_t             ("64MiB", "10kB", plain number)
 *   DURATION  int64_t microseconds ("10s", "250ms", "5m", "1h30m")
 *   PERCENT   double               ("10%" = 0.10; a word of choices = -1)
 *   CHOICE    int                  (index into choices)
 *   CHARACTER char                 (one ASCII character; "\t" allowed)
 *   TEXT_MAP  struct text_map      (name: scalar, any names; no fallback)
 *   GROUP     embedded struct      (rows of its own; absent = their fallbacks; none of its own) */
enum option_type {
    OPTION_TEXT,
    OPTION_SECRET,
    OPTION_TEXTS,
    OPTION_BOOL,
    OPTION_INT,
    OPTION_BYTES,
    OPTION_DURATION,
    OPTION_PERCENT,
    OPTION_CHOICE,
    OPTION_CHARACTER,
    OPTION_TEXT_MAP,
    OPTION_GROUP
};

enum option_flag {
    OPTION_REQUIRED = 1,
    OPTION_IDENTITY = 2, /* where the data is or what a position means: reload refuses a change */
};

struct text_list {
    const char *const *items;
    uint32_t count;
};

struct text_map {
    const char *const *names;
    const char *const *values;
    uint32_t count;
};

struct option_table;

struct option {
    const char *name;
    const char *fallback; /* as it would be written in the file; NULL = none (zero) */
    const char *sentence; /* ends without a full stop */
    enum option_type type;
    size_t offset;
    /* INT, BYTES, DURATION (microseconds); both 0 = any, max below min = no upper bound */
    int64_t min, max;
    const char *const *choices; /* CHOICE: NULL-terminated; PERCENT: words allowed besides */
    const struct option_table *group;
    unsigned flags;
};

struct option_table {
    const struct option *rows; /* ended by a row without name */
    size_t size;               /* of the struct they fill */
};

#define OPTION_FIELD(type, field) offsetof(type, field)

#endif
