/* SPDX-License-Identifier: Apache-2.0 */
/* Dead letters of a unit, as rows of leat_dead_letter in the unit's own transaction, so that a record is delivered or
 * a letter, never both and never neither. Lane thread of the session. */
#ifndef LEAT_POSTGRES_LETTERS_H
#define LEAT_POSTGRES_LETTERS_H

#include "connectors/postgres/move.h"

/* COPYs the letters of all payloads; nothing when there are none. */
enum reply letters_copy(const struct move_call *call, int64_t deadline_us);

#endif
