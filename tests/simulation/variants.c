/* SPDX-License-Identifier: Apache-2.0 */
/* The known-bad variant that lives in the sequencer: two of its calls are wrapped by the linker, and pass through
 * unless the variant is on. */
#include "engine/flow/sequence.h"
#include "tests/simulation/server.h"

struct encoded *__real_sequence_peek(const struct sequence *sequence);
struct encoded *__wrap_sequence_peek(const struct sequence *sequence);
struct encoded *__real_sequence_pop(struct sequence *sequence);
struct encoded *__wrap_sequence_pop(struct sequence *sequence);

struct encoded *__wrap_sequence_peek(const struct sequence *sequence) {
    return variant == VARIANT_HIGHEST_SEEN ? sequence->waiting : __real_sequence_peek(sequence);
}

/* What came first is taken for what comes next. */
struct encoded *__wrap_sequence_pop(struct sequence *sequence) {
    if (variant != VARIANT_HIGHEST_SEEN) {
        return __real_sequence_pop(sequence);
    }
    struct encoded *first = sequence->waiting;
    sequence->waiting = first->next;
    first->next = NULL;
    first->payload.segment->from = sequence->frontier;
    sequence->frontier = first->payload.segment->to;
    return first;
}
