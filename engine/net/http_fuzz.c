/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the beginning of a request, whole and cut short: what is found lies inside them, and what is complete
 * once stays what it is when more bytes follow. */
#include <assert.h>
#include <stdlib.h>

#include "engine/net/http_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(struct slice part, const char *data, size_t size) {
    assert(part.len == 0 || (part.data >= data && part.data + part.len <= data + size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *copy = malloc(size ? size : 1); /* exact, so that a look beyond the end is seen */
    if (!copy) {
        return 0;
    }
    memcpy(copy, data, size);
    static struct http_request request, again;
    size_t len = 0, len_again = 0;
    int code = 0;
    enum status status = http_head_parse(slice_make(copy, size), &request, &len, &code);
    if (status == STATUS_OK) {
        assert(len <= size && len > 0 && code == 0);
        inside(request.method, copy, len);
        inside(request.path, copy, len);
        inside(request.query, copy, len);
        inside(request.host, copy, len);
        for (uint32_t i = 0; i < request.headers_count; i++) {
            inside(request.headers[i].name, copy, len);
            inside(request.headers[i].value, copy, len);
        }
        assert(http_head_parse(slice_make(copy, len), &again, &len_again, &code) == STATUS_OK && len_again == len);
        assert(http_head_parse(slice_make(copy, len - 1), &again, &len_again, &code) == STATUS_AGAIN);
        (void)http_host_allowed(request.host, "127.0.0.1");
    } else {
        assert(status == STATUS_AGAIN || (code >= 400 && code < 600));
    }
    free(copy);
    return 0;
}
