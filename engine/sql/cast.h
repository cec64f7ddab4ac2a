/* SPDX-License-Identifier: Apache-2.0 */
/* Conversions between types: which exist, in which contexts Postgres applies them (pg_cast of
 * version 15), and the code that converts a column. Modifiers (varchar(5), numeric(12,2),
 * timestamp(3)) are applied by cast_run too. */
#ifndef LEAT_SQL_CAST_H
#define LEAT_SQL_CAST_H

#include "engine/sql/function.h"

/* A stronger context allows what the weaker ones do. */
enum cast_context { CAST_IMPLICIT, CAST_ASSIGNMENT, CAST_EXPLICIT, CAST_NONE };

/* How a pair of types is converted. */
enum cast_kind {
    CAST_SAME,     /* the values stay; at most the modifier changes */
    CAST_FUNCTION, /* an entry of the table */
    CAST_PRINT,    /* by the output function, to text */
    CAST_READ,     /* by the input function, from text */
    CAST_ELEMENTS, /* array to array, element by element */
};

struct cast {
    enum type_id from, to;
    enum cast_context context;
    void (*run)(struct call *call, struct column *ret);
};

/* The weakest context in which from becomes to; CAST_NONE = never. */
enum cast_context cast_find(struct type from, struct type to, enum cast_kind *ret_kind,
                            const struct cast **ret_cast);

/* Converts call->arguments[0] into ret, whose type is the target. explicit_cast: varchar(n) cuts
 * instead of failing. */
void cast_run(struct call *call, enum cast_kind kind, const struct cast *cast, bool explicit_cast,
              struct column *ret);

/* The type's name as Postgres prints it in messages: "integer", "timestamp with time zone". */
const char *cast_type_name(enum type_id id);

#endif
