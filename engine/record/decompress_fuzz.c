/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes decompression: any bytes, given in pieces, end in END or in a named failure, and never in
 * a loop. */
#include "engine/record/compress.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) {
        return 0;
    }
    struct decompressor *decompressor =
        decompressor_new(data[0] & 1 ? COMPRESSION_GZIP : COMPRESSION_ZSTD);
    size_t step = 1u + data[1], given = 2;
    struct slice piece = {.data = NULL, .len = 0};
    enum status status = STATUS_AGAIN;
    struct error error;
    char out[512];
    while (status == STATUS_OK || status == STATUS_AGAIN) {
        size_t written = 0;
        if (status == STATUS_AGAIN) {
            size_t more = given + step < size ? step : size - given;
            piece = slice_make(data + given, more);
            given += more;
        }
        status = decompressor_run(decompressor, &piece, given == size, out, sizeof out, &written,
                                  &error);
        assert(written <= sizeof out);
        assert(status != STATUS_OK || written > 0);
        assert(status != STATUS_AGAIN || given < size);
    }
    decompressor_free(decompressor);
    return 0;
}
