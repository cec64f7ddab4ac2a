/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sql/functions/tables.h"

const struct function functions_quote[] = {{0}};
