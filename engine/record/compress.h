/* SPDX-License-Identifier: Apache-2.0 */
/* gzip and zstd, in and out. Inputs may hold several frames or members, one after the other. Limits against bombs:
 * a zstd window of at most 2^27 (`--long`), a ratio of at most 1,000:1 beyond the first 1 MiB of output. */
#ifndef LEAT_RECORD_COMPRESS_H
#define LEAT_RECORD_COMPRESS_H

#include "engine/base/buffer.h"
#include "engine/base/error.h"

enum compression { COMPRESSION_NONE, COMPRESSION_GZIP, COMPRESSION_ZSTD };

/* By the name's ending: .gz, .zst, else none. */
enum compression compression_of_name(struct slice name);

struct decompressor;
struct decompressor *decompressor_new(enum compression compression);
void decompressor_free(struct decompressor *decompressor); /* takes NULL */
/* Consumes from *input (moved forward), writes at most room bytes to out. AGAIN: needs more input; OK: wrote
 * something, call again; END: input_ended and every frame was whole. FAILED: corrupt (`corrupt-input`), cut short
 * (`truncated-input`), or a bomb (`decompression-limit`), with the offset in the compressed input. */
enum status decompressor_run(struct decompressor *decompressor, struct slice *input, bool input_ended, char *out,
                             size_t room, size_t *ret_written, struct error *error) MUST_CHECK;

/* Worker scratch: compresses whole buffers into independent frames, which may be concatenated. */
struct compressor;
struct compressor *compressor_new(enum compression compression, int level);
void compressor_free(struct compressor *compressor);
/* Appends one complete frame (gzip member) of `input` to out. */
void compressor_frame(struct compressor *compressor, struct slice input, struct buffer *out);

#endif
