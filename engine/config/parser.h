/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the configuration: from the tree to structs, through option rows. Every error is added
 * to the list and reading goes on, so that one run finds them all. */
#ifndef LEAT_CONFIG_PARSER_H
#define LEAT_CONFIG_PARSER_H

#include "engine/config/node.h"
#include "engine/config/parse.h"
#include "engine/config/pipeline.h"

struct parser {
    struct arena *arena;
    struct config_errors *errors;
    const struct connector_options *registry;
    struct pipeline_secrets *secrets;
    uint64_t substituted_bytes; /* in all, against files that are put in a thousand times */
};

/* --- secrets of a pipeline ------------------------------------------------------------------- */

struct pipeline_secrets *pipeline_secrets_new(struct arena *arena);
/* A secret that pipeline_secrets_free frees. text, which lies in the arena, is wiped then too. */
struct secret *pipeline_secrets_add(struct pipeline_secrets *secrets, struct arena *arena,
                                    struct slice text);
void pipeline_secrets_free(struct pipeline_secrets *secrets); /* takes NULL */

/* --- scalars --------------------------------------------------------------------------------- */

struct scalar {
    struct slice text;  /* in the arena, with a NUL behind it */
    bool substituted;   /* then no message may show it */
};

/* Substitutes ${...} in the scalar; false after an error. node is a scalar. */
bool scalar_read(struct parser *parser, const struct node *node, struct scalar *ret);

/* --- mappings -------------------------------------------------------------------------------- */

enum connector_role { ROLE_NONE, ROLE_SOURCE, ROLE_SINK, ROLE_LEDGER };

/* Rows and the struct they fill. */
struct section {
    const struct option_table *table; /* NULL ends a list of sections */
    void *target;
};

/* What may stand in a mapping. */
struct shape {
    const char *path;               /* for messages: `sinks[0].postgres`; "" at the top */
    const struct section *sections; /* ended by one without table */
    const char *const *others;      /* keys the caller reads itself, NULL-terminated; may be NULL */
    enum connector_role role;       /* connectors of that role are keys too */
};

/* Fills the sections from the mapping, fallbacks for what is absent. An empty value counts as an
 * empty mapping. */
void mapping_read(struct parser *parser, const struct node *node, const struct shape *shape);

const struct option_table *connector_table(const struct connector_options *connector,
                                           enum connector_role role);

/* The connector of a section of the file: its one kind, and its options read. */
struct connector_choice {
    const struct connector_options *connector; /* NULL after an error */
    void *options;
    struct place place;
    const struct node *node;
};
/* more: rows that may stand inside the kind's mapping besides its own; may be NULL. */
struct connector_choice connector_read(struct parser *parser, const struct node *node,
                                       const struct shape *shape, const struct section *more);

/* Where the text of a TEXT option that was just read stands; text NULL when the key is absent. */
struct placed_text placed_text_of(const struct node *mapping, const char *key, const char *text);

/* --- sections of the file -------------------------------------------------------------------- */

void tests_read(struct parser *parser, const struct node *root, struct pipeline *pipeline);

extern const struct option_table pipeline_table, source_table, position_table, csv_table,
    json_table, sink_table, commit_table, transform_table, limits_table, http_table, test_table;

#endif
