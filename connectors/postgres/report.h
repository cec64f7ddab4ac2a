/* SPDX-License-Identifier: Apache-2.0 */
/* Collects everything that is wrong with a table before any of it is told: people fix a list in one go. Text in the
 * report's own arena; one thread. */
#ifndef LEAT_POSTGRES_REPORT_H
#define LEAT_POSTGRES_REPORT_H

#include "engine/base/buffer.h"

struct report {
    struct buffer text;
    uint32_t count;
};

/* Begins another finding. */
#define report_add(report, ...)                                                                    \
    do {                                                                                           \
        buffer_printf(&(report)->text, (report)->count++ ? "; " : "");                             \
        buffer_printf(&(report)->text, __VA_ARGS__);                                               \
    } while (0)

#endif
