/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes the JSON scanner and what walks accepted text: lines and documents agree, a value's slice
 * scans again, the normalised text scans, normalises to itself and compares equal. */
#include "engine/base/buffer.h"
#include "engine/record/json.h"

#include <assert.h>

enum { NAMES = 4, DEPTH = 64 };

static const struct slice names[NAMES] = {{.data = "a", .len = 1},
                                          {.data = "id", .len = 2},
                                          {.data = "", .len = 0},
                                          {.data = "user", .len = 4}};

static void check_line(struct slice text, const struct json_keys *keys) {
    struct json_value values[NAMES], root;
    struct json_error error;
    size_t len;
    bool line = json_scan_line(text.data, text.len, keys, DEPTH, values, &root, &len, &error);
    const char *newline = text.len ? memchr(text.data, '\n', text.len) : NULL;
    assert(len == (newline ? (size_t)(newline - text.data) : text.len));
    assert(line == json_scan(slice_make(text.data, len), keys, DEPTH, values, &root, &error));
}

static void check_normal(struct slice text, struct arena *arena) {
    struct buffer once, twice;
    buffer_init(&once, arena, text.len + 1);
    jsonb_normalise(text, arena, &once);
    buffer_init(&twice, arena, once.len + 1);
    jsonb_normalise(buffer_slice(&once), arena, &twice);
    assert(slice_equal(buffer_slice(&once), buffer_slice(&twice)));
    assert(jsonb_compare(text, buffer_slice(&once), arena) == 0);
}

/* Numbers like 1e100000 are valid and would be written out: keep the run short. */
static bool has_exponent(struct slice text) {
    return memchr(text.data, 'e', text.len) || memchr(text.data, 'E', text.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *arena = arena_new(NULL, 0);
    struct json_keys *keys = json_keys_new(names, NAMES, arena);
    struct json_value values[NAMES], root;
    struct json_error error;
    struct slice text = slice_make(data, size);
    check_line(text, keys);
    if (json_scan(text, keys, DEPTH, values, &root, &error)) {
        for (int i = 0; i < NAMES; i++) {
            struct json_value again;
            assert(values[i].kind == JSON_NONE ||
                   json_scan(values[i].text, NULL, DEPTH, NULL, &again, &error));
            assert(values[i].kind == json_member(text, names[i]).kind);
        }
        if (!root.unacceptable && !has_exponent(text)) {
            check_normal(text, arena);
        }
    } else {
        assert(error.offset <= size && error.message);
    }
    arena_free(arena);
    return 0;
}
