/* SPDX-License-Identifier: Apache-2.0 */
/* Who owns a part: this process, by a name that is never given twice: boot id, pid namespace, pid, start time and a
 * nonce. The name alone tells, on the same host, whether its process still exists. */
#ifndef LEAT_FLOW_OWNER_H
#define LEAT_FLOW_OWNER_H

#include <stdbool.h>

enum { OWNER_MAX = 96 };

/* "<boot>-<pidns>-<pid>-<start>-<nonce>" in hex and decimal; a fresh nonce each call. */
void owner_new(char ret_owner[OWNER_MAX]);
/* True only when it is certain: same boot and pid namespace, and no such process, or another start time. Any thread. */
bool owner_is_dead_here(const char *owner);
/* The nonce alone, for application_name and file names; points into owner. */
const char *owner_nonce(const char *owner);

#endif
