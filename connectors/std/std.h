/* SPDX-License-Identifier: Apache-2.0 */
/* What the standard connectors (stdin, stdout, drop, generate) share: positions that are byte offsets
 * or ordinals. An empty position is the start and counts as 0; it stays empty until something was
 * read, because the engine compares positions by their bytes. */
#ifndef LEAT_CONNECTORS_STD_STD_H
#define LEAT_CONNECTORS_STD_STD_H

#include "engine/flow/connector.h"

void offset_position(uint64_t offset, struct position *ret);
uint64_t offset_value(const struct position *position);
void offset_print(const struct position *position, char *ret_text);
bool offset_parse(const char *text, struct position *ret);
void offset_at(const struct position *base, uint64_t offset, struct position *ret);
uint64_t offset_between(const struct position *base, const struct position *position);

extern const struct connector std_stdin_connector, std_stdout_connector, std_drop_connector, std_generate_connector;

#endif
