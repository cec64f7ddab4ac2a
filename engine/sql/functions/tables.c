/* SPDX-License-Identifier: Apache-2.0 */
/* The list of all tables of SQL functions. The binder searches them in this order; the order does
 * not matter for the choice among candidates. */
#include "engine/sql/functions/tables.h"

const struct function *const function_tables[] = {
    functions_compare,
    functions_number,
    functions_float,
    functions_numeric,
    functions_number_format,
    functions_number_read,
    functions_text,
    functions_quote,
    functions_like,
    functions_pattern,
    functions_datetime,
    functions_datetime_field,
    functions_datetime_make,
    functions_json,
    functions_json_build,
    functions_json_edit,
    functions_json_set,
    functions_hash,
    functions_array,
    NULL,
};
