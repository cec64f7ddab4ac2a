/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the formats: where JSON documents that are not one a line begin and end. The reader's
 * framer and the worker's walk run the same automaton, so they cannot disagree. It knows strings,
 * escapes and brackets and never judges: whatever is no separator belongs to a piece, and the
 * scanner refuses the piece.
 *
 * FRAMING_DOCUMENTS: a piece ends with the bracket or quote that closes it; a bare word ends before
 * space, a bracket or a quote. FRAMING_ARRAY: a piece is everything between two separators; between
 * two commas with nothing but space it is empty (and refused); what stands outside of the array is
 * a piece a line. Every border that the framer returns lies before a comma or bracket, so the
 * automaton can begin there without knowing what came before. */
#ifndef LEAT_RECORD_FRAMING_H
#define LEAT_RECORD_FRAMING_H

#include "engine/record/format.h"

enum framing_place {
    PLACE_START,   /* nothing seen yet, or at a record border */
    PLACE_OUTSIDE, /* between documents; behind an array */
    PLACE_OPENED,  /* array: behind [ */
    PLACE_NEXT,    /* array: behind a comma */
    PLACE_PIECE,   /* inside a piece */
    PLACE_WORD,    /* inside a bare word, or in text outside of the array */
};

/* A piece that has ended: [start, end) without the space around it. */
struct framing_piece {
    const char *start, *end;
};

/* Moves on from *p to the end of the next piece; false when the bytes end before that. *start is
 * where the piece began (kept by the caller between calls; the framer does not care). */
bool framing_next(struct framer *framer, const char **p, const char *end,
                  struct framing_piece *ret);

#endif
