/* SPDX-License-Identifier: Apache-2.0 */
/* Errors are plain structs on the caller's stack: nothing here allocates, so that running out of
 * memory can be told too. Text that does not fit is cut at its end; context goes in front, and what
 * is lost is the end of the original message. A NULL error means that the caller asks only whether. */
#include "engine/base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum status error_set(struct error *error, enum error_class class, const char *code,
                      const char *format, ...) {
    if (!error) {
        return STATUS_FAILED;
    }
    error->class = class;
    error->where[0] = '\0';
    snprintf(error->code, sizeof error->code, "%s", code);
    va_list args;
    va_start(args, format);
    vsnprintf(error->message, sizeof error->message, format, args);
    va_end(args);
    return STATUS_FAILED;
}

void error_context(struct error *error, const char *format, ...) {
    if (!error) {
        return;
    }
    char context[ERROR_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(context, sizeof context, format, args);
    va_end(args);
    size_t used = strlen(context);
    snprintf(context + used, sizeof context - used, ": %s", error->message);
    memcpy(error->message, context, sizeof error->message);
}

void error_where(struct error *error, const char *format, ...) {
    if (!error) {
        return;
    }
    va_list args;
    va_start(args, format);
    vsnprintf(error->where, sizeof error->where, format, args);
    va_end(args);
}
