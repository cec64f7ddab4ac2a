/* SPDX-License-Identifier: Apache-2.0 */
/* Streams out of gzip and zstd. Frames and members may follow one another; zero bytes behind the
 * last gzip member are padding, anything else behind a frame must be another frame. A bomb is
 * refused by its ratio, counted over the whole input, and by the window that a zstd frame asks for.
 * One reader owns a decompressor. */
#include "engine/record/compress.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

enum { GZIP_WINDOW = 15 + 16, ZSTD_WINDOW_LOG = 27, RATIO_MAX = 1000, FREE_OUTPUT = 1 << 20 };

/* BETWEEN: at the start or behind a whole frame; PADDING: zero bytes seen behind a gzip member. */
enum place { BETWEEN, INSIDE, PADDING };

struct decompressor {
    enum compression compression;
    enum place place;
    bool filled; /* inside a frame: the last call filled its room, output may be waiting */
    uint64_t read, written;
    z_stream gzip;
    ZSTD_DCtx *zstd;
};

struct decompressor *decompressor_new(enum compression compression) {
    struct decompressor *decompressor = calloc(1, sizeof *decompressor);
    assert(decompressor);
    decompressor->compression = compression;
    if (compression == COMPRESSION_GZIP) {
        int made = inflateInit2(&decompressor->gzip, GZIP_WINDOW);
        assert(made == Z_OK);
    } else if (compression == COMPRESSION_ZSTD) {
        decompressor->zstd = ZSTD_createDCtx();
        assert(decompressor->zstd);
        ZSTD_DCtx_setParameter(decompressor->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG);
    }
    return decompressor;
}

void decompressor_free(struct decompressor *decompressor) {
    if (!decompressor) {
        return;
    }
    if (decompressor->compression == COMPRESSION_GZIP) {
        inflateEnd(&decompressor->gzip);
    }
    ZSTD_freeDCtx(decompressor->zstd);
    free(decompressor);
}

static enum status fail(const struct decompressor *decompressor, struct error *error,
                        const char *code, const char *what) {
    error_set(error, ERROR_PERMANENT, code, "%s, at byte %" PRIu64 " of the compressed input", what,
              decompressor->read);
    return STATUS_FAILED;
}

/* Moves the input on and counts. */
static void consume(struct decompressor *decompressor, struct slice *input, size_t bytes) {
    *input = slice_make(input->data + bytes, input->len - bytes);
    decompressor->read += bytes;
}

static enum status gzip_run(struct decompressor *decompressor, struct slice *input, char *out,
                            size_t room, size_t *ret_written, struct error *error) {
    z_stream *stream = &decompressor->gzip;
    size_t take = input->len < UINT32_MAX ? input->len : UINT32_MAX;
    size_t give = room < UINT32_MAX ? room : UINT32_MAX;
    if (decompressor->place == BETWEEN) {
        int reset = inflateReset(stream);
        assert(reset == Z_OK);
        decompressor->place = INSIDE;
    }
    stream->next_in = (Bytef *)(uintptr_t)input->data;
    stream->avail_in = (uInt)take;
    stream->next_out = (Bytef *)out;
    stream->avail_out = (uInt)give;
    int result = inflate(stream, Z_NO_FLUSH);
    consume(decompressor, input, take - stream->avail_in);
    *ret_written = give - stream->avail_out;
    switch (result) {
    case Z_STREAM_END:
        decompressor->place = BETWEEN;
        return STATUS_OK;
    case Z_OK:
    case Z_BUF_ERROR: /* no progress: more input or more room is needed */
        return STATUS_OK;
    case Z_MEM_ERROR:
        return error_set(error, ERROR_TRANSIENT, "out-of-memory", "no memory to decompress");
    default:
        return fail(decompressor, error, "corrupt-input",
                    stream->msg ? stream->msg : "not a gzip member");
    }
}

static enum status zstd_fail(const struct decompressor *decompressor, size_t result,
                             struct error *error) {
    switch (ZSTD_getErrorCode(result)) {
    case ZSTD_error_memory_allocation:
        return error_set(error, ERROR_TRANSIENT, "out-of-memory", "no memory to decompress");
    case ZSTD_error_frameParameter_windowTooLarge:
        return fail(decompressor, error, "decompression-limit",
                    "a zstd frame asks for a window above 128 MiB");
    default:
        return fail(decompressor, error, "corrupt-input", ZSTD_getErrorName(result));
    }
}

static enum status zstd_run(struct decompressor *decompressor, struct slice *input, char *out,
                            size_t room, size_t *ret_written, struct error *error) {
    ZSTD_inBuffer from = {.src = input->data, .size = input->len};
    ZSTD_outBuffer to = {.dst = out, .size = room};
    size_t result = ZSTD_decompressStream(decompressor->zstd, &to, &from);
    if (ZSTD_isError(result)) {
        return zstd_fail(decompressor, result, error);
    }
    consume(decompressor, input, from.pos);
    *ret_written = to.pos;
    if (from.pos || to.pos || decompressor->place == INSIDE) {
        decompressor->place = result == 0 ? BETWEEN : INSIDE;
    }
    return STATUS_OK;
}

static enum status plain_run(struct decompressor *decompressor, struct slice *input, char *out,
                             size_t room, size_t *ret_written) {
    size_t bytes = input->len < room ? input->len : room;
    memcpy(out, input->data, bytes);
    consume(decompressor, input, bytes);
    *ret_written = bytes;
    return STATUS_OK;
}

/* Zero bytes may follow the last gzip member (tapes, block devices); nothing may follow them. */
static enum status skip_padding(struct decompressor *decompressor, struct slice *input,
                                struct error *error) {
    if (decompressor->compression != COMPRESSION_GZIP || decompressor->place == INSIDE ||
        decompressor->read == 0) {
        return STATUS_OK;
    }
    while (input->len && *input->data == '\0') {
        decompressor->place = PADDING;
        consume(decompressor, input, 1);
    }
    if (decompressor->place == PADDING && input->len) {
        return fail(decompressor, error, "corrupt-input", "text behind the padding of a gzip file");
    }
    return STATUS_OK;
}

static enum status check_ratio(const struct decompressor *decompressor, struct error *error) {
    if (decompressor->compression == COMPRESSION_NONE || decompressor->written <= FREE_OUTPUT ||
        (decompressor->written - FREE_OUTPUT) / RATIO_MAX <= decompressor->read) {
        return STATUS_OK;
    }
    return fail(decompressor, error, "decompression-limit",
                "the input expands more than 1000 times, which looks like a bomb");
}

/* Nothing to write and nothing to read. */
static enum status needs_input(const struct decompressor *decompressor, bool input_ended,
                               struct error *error) {
    if (!input_ended) {
        return STATUS_AGAIN;
    }
    return decompressor->place == INSIDE
               ? fail(decompressor, error, "truncated-input", "the last frame is cut short")
               : STATUS_END;
}

/* One call of the library; OK also when it only consumed. */
static enum status step(struct decompressor *decompressor, struct slice *input, char *out,
                        size_t room, size_t *ret_written, struct error *error) {
    enum status status = STATUS_OK;
    switch (decompressor->compression) {
    case COMPRESSION_NONE:
        status = plain_run(decompressor, input, out, room, ret_written);
        break;
    case COMPRESSION_GZIP:
        status = gzip_run(decompressor, input, out, room, ret_written, error);
        break;
    case COMPRESSION_ZSTD:
        status = zstd_run(decompressor, input, out, room, ret_written, error);
        break;
    }
    decompressor->written += *ret_written;
    decompressor->filled = *ret_written == room;
    return status == STATUS_OK ? check_ratio(decompressor, error) : status;
}

enum status decompressor_run(struct decompressor *decompressor, struct slice *input,
                             bool input_ended, char *out, size_t room, size_t *ret_written,
                             struct error *error) {
    enum status status = STATUS_OK;
    *ret_written = 0;
    assert(room > 0);
    while (status == STATUS_OK && *ret_written == 0) {
        status = skip_padding(decompressor, input, error);
        if (status == STATUS_OK && input->len == 0 &&
            (decompressor->place != INSIDE || !decompressor->filled)) {
            return needs_input(decompressor, input_ended, error);
        }
        if (status == STATUS_OK) {
            status = step(decompressor, input, out, room, ret_written, error);
        }
    }
    return status;
}
