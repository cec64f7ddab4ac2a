/* SPDX-License-Identifier: Apache-2.0 */
/* YAML to options: any bytes give a pipeline or errors, never a crash, a leak or a long wait. What
 * stands behind the first NUL is `path=value`, an override. */
#include <stdlib.h>

#include "engine/config/fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7.12 loses some memory after syntax errors; a pipeline file is read once. */
const char *__lsan_default_suppressions(void) {
    return "leak:libfyaml";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *arena = arena_new(NULL, POOL_READ);
    struct config_errors errors;
    struct pipeline *pipeline = NULL;
    config_errors_init(&errors, arena);
    const uint8_t *end = size ? memchr(data, 0, size) : NULL;
    size_t yaml = end ? (size_t)(end - data) : size;
    char *name =
        arena_text(arena, slice_make(data + yaml + (end != NULL), size - yaml - (end != NULL)));
    char *equals = strchr(name, '=');
    if (equals) {
        *equals = '\0';
    }
    const char *names[] = {name}, *values[] = {equals ? equals + 1 : ""};
    struct text_map sets = {.names = names, .values = values, .count = end != NULL};
    struct pipeline_input input = {.path = "fuzz",
                                   .text = slice_make(data ? data : (const uint8_t *)"", yaml),
                                   .sets = &sets,
                                   .registry = fixture_registry};
    struct buffer out;
    buffer_init(&out, arena, 1024);
    if (pipeline_load(&input, arena, &pipeline, &errors) == STATUS_OK) {
        pipeline_identity(pipeline, &out);
    } else {
        config_errors_text(&errors, &out);
        if (!errors.count) {
            abort();
        }
    }
    pipeline_free(pipeline);
    arena_free(arena);
    return 0;
}
