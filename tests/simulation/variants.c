/* SPDX-License-Identifier: Apache-2.0 */
/* Calls inside of the engine that the linker wraps. Decoding takes a while on a worker, so that payloads come in any
 * order; the two of the sequencer pass through unless its known-bad variant is on. */
#include "engine/flow/sequence.h"
#include "engine/record/format.h"
#include "tests/simulation/server.h"

enum { DECODE_US = 40000, SLOW_PPM = 400000 };

void __real_decoder_run(const struct decoder *decoder, const struct raw *raw, const struct decode_origin *origin,
                        struct batch *batch);
void __wrap_decoder_run(const struct decoder *decoder, const struct raw *raw, const struct decode_origin *origin,
                        struct batch *batch);

static bool never(void *context) {
    (void)context;
    return false;
}

void __wrap_decoder_run(const struct decoder *decoder, const struct raw *raw, const struct decode_origin *origin,
                        struct batch *batch) {
    if (executor_is_named("worker") && draw_chance(SLOW_PPM)) {
        fiber_wait(never, NULL, sim_now_us() + draw_us(DECODE_US));
    }
    __real_decoder_run(decoder, raw, origin, batch);
}

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
