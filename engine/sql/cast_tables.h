/* SPDX-License-Identifier: Apache-2.0 */
/* The casts with code of their own, ended by an entry without code. Each table lies in the file of
 * its types; cast.c searches them all. */
#ifndef LEAT_SQL_CAST_TABLES_H
#define LEAT_SQL_CAST_TABLES_H

#include "engine/sql/cast.h"

extern const struct cast casts_number[]; /* among bool, integers, floats, numeric; bool to text */
extern const struct cast casts_time[];   /* among date, time, timestamp, timestamptz, interval */
extern const struct cast casts_json[];   /* json, jsonb and scalars out of jsonb */

#endif
