/* SPDX-License-Identifier: Apache-2.0 */
/* A part while this process deals with it. Counted: the coordinator holds one reference, every segment one. What is
 * under "coordinator" is the coordinator's alone; the assignment is read by everybody: work that carries another one is
 * dropped wherever it is met. */
#ifndef LEAT_FLOW_PART_STATE_H
#define LEAT_FLOW_PART_STATE_H

#include <stdatomic.h>

#include "engine/flow/segment.h"
#include "engine/flow/source.h"

enum part_phase {
    PART_CLAIMED,  /* won in every sink that is not at its end; waits for a reader */
    PART_READING,  /* a reader is on it */
    PART_READ,     /* nothing more is read of it; sinks still commit */
    PART_DROPPING, /* released, and claimed anew by whoever may, once everybody let go */
};

/* A later one outranks an earlier one. */
enum drop_reason { DROP_NONE, DROP_RELEASED, DROP_REREAD, DROP_FENCED, DROP_STOPPED };

struct part_share {
    uint64_t epoch;
    bool won;          /* this process owns it in that sink */
    bool ended;        /* the sink is at its end */
    struct position next; /* as claimed, or as the committer said when it let go */
};

struct part {
    atomic_uint references;
    _Atomic uint64_t assignment; /* 0 = none */
    struct arena *arena;
    struct part_info info;
    struct slice id_prefix;      /* pipeline/source/part/ */

    /* set by the reader before the first segment of an assignment */
    struct part_format format;
    const struct decoder *decoder, *bare_decoder; /* bare: finds records, converts nothing */

    struct sequence *sequences[SINKS_MAX]; /* each its committer's alone */

    /* coordinator */
    struct part *next_in_list;
    enum part_phase phase;
    enum drop_reason drop;
    char stop_code[48], stop_reason[600];
    struct reading *reading;
    uint64_t sequenced;     /* bit by sink: its committer holds a sequence */
    uint32_t waiting_sinks; /* acknowledgements of a drop still to come */
    bool waiting_reader;
    bool finishing;         /* DROPPING, but what was read is to be committed first */
    const char *mark;
    struct part_share shares[SINKS_MAX];
    struct counts books[SINKS_MAX];
    struct dead_window windows[SINKS_MAX];
};

struct part *part_new(const struct part_info *info, const char *pipeline, const char *source);
struct part *part_ref(struct part *part);
void part_unref(struct part *part); /* takes NULL */

#endif
