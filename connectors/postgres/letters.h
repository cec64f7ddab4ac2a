/* SPDX-License-Identifier: Apache-2.0 */
/* Dead letters of a unit, as rows of leat_dead_letter in the unit's own transaction. */
#ifndef LEAT_POSTGRES_LETTERS_H
#define LEAT_POSTGRES_LETTERS_H

#include "connectors/postgres/move.h"

/* COPYs the letters of all payloads; nothing when there are none. */
enum reply letters_copy(const struct move_call *call, int64_t deadline_us);

#endif
