/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of functions beside those that function.h names: parts of a type's functions that have
 * a file of their own. */
#ifndef LEAT_SQL_FUNCTIONS_TABLES_H
#define LEAT_SQL_FUNCTIONS_TABLES_H

#include "engine/sql/function.h"

extern const struct function functions_float[];         /* float4 and float8 */
extern const struct function functions_numeric[];       /* numeric */
extern const struct function functions_number_format[]; /* to_char and to_number of numbers, to_hex */
extern const struct function functions_number_read[];   /* to_number */
extern const struct function functions_like[];          /* like, ilike */
extern const struct function functions_quote[];         /* concat, format, quote_ident, quote_literal */
extern const struct function functions_datetime_field[]; /* extract, date_trunc, date_bin, timezone */
extern const struct function functions_datetime_make[];  /* make_date, to_char, to_timestamp, now */
extern const struct function functions_json_build[];    /* to_json, jsonb_build_object, ... */
extern const struct function functions_json_edit[];     /* @>, ?, ||, -, strip_nulls, pretty */
extern const struct function functions_json_set[];      /* jsonb_set, jsonb_insert, #- */

#endif
