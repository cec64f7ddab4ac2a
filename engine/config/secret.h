/* SPDX-License-Identifier: Apache-2.0 */
/* A value that no log, metric, error or dump ever shows. The type has no printer; whoever needs the
 * text reveals it by name and passes it straight to the library that asked for it. */
#ifndef LEAT_CONFIG_SECRET_H
#define LEAT_CONFIG_SECRET_H

#include "engine/base/slice.h"

struct secret;

struct secret *secret_new(struct slice text);
void secret_free(struct secret *secret); /* takes NULL; wipes the text */
/* NUL-terminated; borrowed as long as the secret lives. */
const char *secret_reveal(const struct secret *secret);
/* Replaces every occurrence of a known secret (4 bytes or longer) in text by "***", in place: the
 * last line of defence for messages that come from foreign libraries. Thread-safe. */
void secret_redact(char *text);

#endif
