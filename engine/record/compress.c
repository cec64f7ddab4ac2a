/* SPDX-License-Identifier: Apache-2.0 */
/* Whole buffers into gzip members and zstd frames that may be concatenated. The foreign context is
 * malloc'd, belongs to one worker and is kept between frames; room is taken from the arena before
 * the library is called, so that a refusal by the budget leaves nothing half done. */
#include "engine/record/compress.h"

#include <assert.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

enum { GZIP_WINDOW = 15 + 16 }; /* zlib: 32 KiB window, gzip wrapper */

struct compressor {
    enum compression compression;
    int level;
    z_stream gzip;
    ZSTD_CCtx *zstd;
};

enum compression compression_of_name(struct slice name) {
    static const struct {
        const char *ending;
        enum compression compression;
    } endings[] = {{".gz", COMPRESSION_GZIP}, {".zst", COMPRESSION_ZSTD}};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        struct slice ending = slice_of(endings[i].ending);
        if (name.len > ending.len &&
            memcmp(name.data + name.len - ending.len, ending.data, ending.len) == 0) {
            return endings[i].compression;
        }
    }
    return COMPRESSION_NONE;
}

struct compressor *compressor_new(enum compression compression, int level) {
    struct compressor *compressor = calloc(1, sizeof *compressor);
    assert(compressor);
    compressor->compression = compression;
    compressor->level = level;
    if (compression == COMPRESSION_GZIP) {
        int made =
            deflateInit2(&compressor->gzip, level, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY);
        assert(made == Z_OK);
    } else if (compression == COMPRESSION_ZSTD) {
        compressor->zstd = ZSTD_createCCtx();
        assert(compressor->zstd);
        ZSTD_CCtx_setParameter(compressor->zstd, ZSTD_c_compressionLevel, level);
        ZSTD_CCtx_setParameter(compressor->zstd, ZSTD_c_checksumFlag, 1);
    }
    return compressor;
}

void compressor_free(struct compressor *compressor) {
    if (!compressor) {
        return;
    }
    if (compressor->compression == COMPRESSION_GZIP) {
        deflateEnd(&compressor->gzip);
    }
    ZSTD_freeCCtx(compressor->zstd);
    free(compressor);
}

static size_t gzip_frame(z_stream *stream, struct slice input, char *out, size_t room) {
    assert(input.len <= UINT32_MAX && room <= UINT32_MAX);
    stream->next_in = (Bytef *)(uintptr_t)input.data;
    stream->avail_in = (uInt)input.len;
    stream->next_out = (Bytef *)out;
    stream->avail_out = (uInt)room;
    int done = deflate(stream, Z_FINISH);
    assert(done == Z_STREAM_END); /* room is the bound */
    return room - stream->avail_out;
}

static size_t zstd_frame(ZSTD_CCtx *context, struct slice input, char *out, size_t room) {
    size_t written = ZSTD_compress2(context, out, room, input.data, input.len);
    assert(!ZSTD_isError(written));
    return written;
}

void compressor_frame(struct compressor *compressor, struct slice input, struct buffer *out) {
    char *to;
    size_t room;
    switch (compressor->compression) {
    case COMPRESSION_NONE:
        buffer_append_slice(out, input);
        break;
    case COMPRESSION_GZIP:
        (void)deflateReset(&compressor->gzip); /* before the bound, which depends on the state */
        room = deflateBound(&compressor->gzip, input.len);
        to = buffer_reserve(out, room);
        out->len += gzip_frame(&compressor->gzip, input, to, room);
        break;
    case COMPRESSION_ZSTD:
        room = ZSTD_compressBound(input.len);
        to = buffer_reserve(out, room);
        out->len += zstd_frame(compressor->zstd, input, to, room);
        break;
    }
}
