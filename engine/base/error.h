/* SPDX-License-Identifier: Apache-2.0 */
/* What can go wrong and how it is told. A function that can fail returns enum status and fills the
 * struct error given as its last argument; the error is logged once, where it is handled, and gains
 * context on the way up. Errors of single records are not struct errors: they are codes in the batch. */
#ifndef LEAT_BASE_ERROR_H
#define LEAT_BASE_ERROR_H

#include <stdbool.h>

/* AGAIN: nothing now, call again; END: nothing any more. */
enum status { STATUS_OK = 0, STATUS_FAILED, STATUS_AGAIN, STATUS_END };

#define MUST_CHECK __attribute__((warn_unused_result))

/* transient: may pass by itself, the engine retries with back-off; permanent: needs a person, a named
 * stop; data: belongs to one record, a dead letter; bug: an invariant broke. */
enum error_class { ERROR_TRANSIENT, ERROR_PERMANENT, ERROR_DATA, ERROR_BUG };

enum { ERROR_CODE_MAX = 48, ERROR_MESSAGE_MAX = 1024, ERROR_WHERE_MAX = 512 };

struct error {
    enum error_class class;
    char code[ERROR_CODE_MAX];       /* stable id (`config-unknown-key`) or SQLSTATE */
    char message[ERROR_MESSAGE_MAX]; /* what happened and what to do; lower case, no full stop */
    char where[ERROR_WHERE_MAX];     /* file:line:column, or part and position; may be empty */
};

/* Fills error (NULL is allowed) and returns STATUS_FAILED, so that `return error_set(...)` reads well. */
enum status error_set(struct error *error, enum error_class class, const char *code,
                           const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Puts "context: " before the message that is already there; cuts at the end when it grows too long. */
void error_context(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Sets where the error lies. */
void error_where(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
