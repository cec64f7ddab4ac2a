/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines to standard error: a stable id, a lower-case sentence without a full stop, key=value pairs. error = someone
 * must act, warn = handled but unexpected, info = life cycle, debug = decisions; nothing for each record above debug.
 * Any thread; one write(2) a line. What a line says passes the redaction hook, so that no secret is ever shown. */
#ifndef LEAT_BASE_LOG_H
#define LEAT_BASE_LOG_H

#include <stdbool.h>

enum log_level { LOG_OFF, LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Before threads start. redact may be NULL; it changes the text in place and never makes it longer. */
void log_setup(enum log_level level, bool json, void (*redact)(char *text));
bool log_level_parse(const char *text, enum log_level *ret);
bool log_enabled(enum log_level level);
bool log_is_json(void);
/* What is written before each line, e.g. to clear a progress bar; lasts as long as it is set. Any thread. */
void log_prefix_set(const char *prefix);

/* pairs: key, value, key, value ... as texts, ended by NULL; keys are snake_case. */
void log_write(enum log_level level, const char *id, const char *sentence, ...)
    __attribute__((sentinel));

/* A number as text for a pair; eight buffers for each thread, in turn. */
const char *log_number(long long value);

#endif
