/* SPDX-License-Identifier: Apache-2.0 */
/* Options of the kinds in this folder, as their rows in object.c fill them, and the operations behind the
 * descriptors. */
#ifndef LEAT_CONNECTORS_OBJECT_H
#define LEAT_CONNECTORS_OBJECT_H

#include "engine/base/error.h"
#include "engine/config/options.h"
#include "engine/flow/sink.h"
#include "engine/flow/source.h"

enum truncate_choice { TRUNCATE_STOP, TRUNCATE_RESTART };
enum compression_choice { COMPRESSION_CHOICE_AUTO, COMPRESSION_CHOICE_NONE, COMPRESSION_CHOICE_GZIP,
                          COMPRESSION_CHOICE_ZSTD };

struct file_source_options {
    struct text_list path;
    uint64_t split_bytes;
    int compression; /* enum compression_choice */
    bool follow;
    int on_truncate; /* enum truncate_choice */
};

struct roll_options {
    uint64_t bytes;
    int64_t every_us, idle_us;
};

struct file_sink_options {
    const char *path, *path_template;
    int format;      /* 0 json, 1 csv */
    int compression; /* 0 zstd, 1 gzip, 2 none */
    int64_t compression_level;
    bool header;
    bool keep_path_columns;
    struct roll_options roll;
};

struct file_ledger_options {
    const char *path;
};

extern const struct source_ops object_source_ops;
extern const struct sink_ops object_sink_ops;

#endif
