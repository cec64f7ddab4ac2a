/* SPDX-License-Identifier: Apache-2.0 */
/* A file as a stream of uncompressed bytes: pread for plain files, through 64 KiB of input for compressed ones. The
 * offset of what comes next is kept here, so that nothing depends on the descriptor's own. A reader's thread. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "connectors/object/object_source.h"

enum { INPUT_BYTES = 64 << 10 };

void input_open(struct input *input, int fd, const char *path, enum compression compression) {
    *input = (struct input){.fd = fd, .path = path, .raw_end = UINT64_MAX};
    if (compression != COMPRESSION_NONE) {
        input->decompressor = decompressor_new(compression);
        input->buffer = malloc(INPUT_BYTES);
        assert(input->decompressor && input->buffer);
    }
}

void input_close(struct input *input) {
    decompressor_free(input->decompressor);
    free(input->buffer);
    if (input->fd >= 0) {
        close(input->fd);
    }
    *input = (struct input){.fd = -1};
}

/* One pread, 0 at the end of the file. */
static enum status raw_read(struct input *input, char *out, size_t room, size_t *ret_got, struct error *error) {
    uint64_t left = input->raw_end - input->raw_at;
    ssize_t got;
    do {
        got = pread(input->fd, out, left < room ? (size_t)left : room, (off_t)input->raw_at);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return file_failed("read", input->path, error);
    }
    input->raw_at += (size_t)got;
    *ret_got = (size_t)got;
    return STATUS_OK;
}

static enum status compressed_read(struct input *input, char *out, size_t room, size_t *ret_got,
                                   struct error *error) {
    bool raw_ended = false;
    for (;;) {
        if (input->ready.len == 0 && !raw_ended) {
            size_t got;
            if (raw_read(input, input->buffer, INPUT_BYTES, &got, error) != STATUS_OK) {
                return STATUS_FAILED;
            }
            raw_ended = got == 0;
            input->ready = slice_make(input->buffer, got);
        }
        enum status status =
            decompressor_run(input->decompressor, &input->ready, raw_ended, out, room, ret_got, error);
        if (status == STATUS_FAILED) {
            error_context(error, "%s", input->path);
            return status;
        }
        input->ended = status == STATUS_END;
        if (status == STATUS_END || *ret_got > 0) {
            return STATUS_OK;
        }
    }
}

enum status input_read(struct input *input, char *out, size_t room, size_t *ret_got, struct error *error) {
    assert(room > 0 && !input->ended);
    if (input->decompressor) {
        return compressed_read(input, out, room, ret_got, error);
    }
    if (raw_read(input, out, room, ret_got, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    input->ended = input->raw_end != UINT64_MAX && input->raw_at >= input->raw_end;
    return STATUS_OK;
}
