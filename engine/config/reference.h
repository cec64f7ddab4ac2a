/* SPDX-License-Identifier: Apache-2.0 */
/* What the option rows say, for people and editors. The output depends on the rows alone: equal
 * rows, equal bytes. */
#ifndef LEAT_CONFIG_REFERENCE_H
#define LEAT_CONFIG_REFERENCE_H

#include "engine/base/buffer.h"
#include "engine/base/error.h"
#include "engine/config/registry.h"

/* `leat options [kind]`: kind is a connector's, or `pipeline`; NULL prints all. */
MUST_CHECK enum status options_print(const struct connector_options *registry, const char *kind,
                                     struct buffer *out, struct error *error);
/* docs/reference.md. */
void options_markdown(const struct connector_options *registry, struct buffer *out);
/* JSON Schema 2020-12 of the pipeline file. */
void options_json_schema(const struct connector_options *registry, struct buffer *out);

#endif
