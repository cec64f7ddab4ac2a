/* SPDX-License-Identifier: Apache-2.0 */
/* Text as a JSON string, whatever its bytes: what is no UTF-8 becomes U+FFFD. For answers and tables; records have
 * encoders of their own. */
#ifndef LEAT_MONITOR_JSON_STRING_H
#define LEAT_MONITOR_JSON_STRING_H

#include "engine/base/buffer.h"

void json_string_append(struct buffer *out, const char *text);

#endif
