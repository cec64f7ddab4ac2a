/* SPDX-License-Identifier: Apache-2.0 */
/* A few records through the real stages, without a sink and without a ledger: for `test` and
 * `preview`. Nothing is written anywhere. The caller's arena, which has no budget, holds everything;
 * one thread. */
#ifndef LEAT_CLI_SAMPLE_H
#define LEAT_CLI_SAMPLE_H

#include "engine/flow/graph.h"

struct sample {
    struct batch common;  /* after decode and the common transforms */
    struct batch *sinks;  /* one for each sink; withdrawals include the common ones */
};

/* raw: framed records or whole bytes. */
enum status sample_run(const struct graph *graph, const struct part_format *format, const struct raw *raw,
                       struct arena *arena, struct sample *ret, struct error *error) MUST_CHECK;
/* Appends a row as a JSON line. */
void sample_row(const struct graph *graph, const struct batch *batch, uint32_t row, struct buffer *out);

#endif
