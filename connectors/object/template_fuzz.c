/* SPDX-License-Identifier: Apache-2.0 */
/* A template and field values from arbitrary bytes: whatever comes out stays inside, is short enough and not hidden.
 * Anything else aborts. */
#include <stdlib.h>

#include "connectors/object/template.h"
#include "engine/record/datetime.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good) {
    if (!good) {
        abort();
    }
}

static void path_check(struct slice path) {
    check(path.len <= PATH_BYTES_MAX);
    for (size_t at = 0; at < path.len;) {
        const char *slash = memchr(path.data + at, '/', path.len - at);
        check(slash != NULL); /* a path ends with one */
        size_t len = (size_t)(slash - path.data) - at;
        check(len > 0 && len <= PATH_NAME_BYTES_MAX);
        check(path.data[at] != '.' && path.data[at] != '_');
        check(!memchr(path.data + at, '\\', len) && !memchr(path.data + at, '\0', len));
        at += len + 1;
    }
}

/* Columns hold what Postgres holds: 4714 BC to 294276 AD, dates to 5874897 AD, and the infinities. */
static bool is_stored(int64_t time, int32_t date) {
    bool infinite = time == INT64_MIN || time == INT64_MAX;
    bool dates = date == INT32_MIN || date == INT32_MAX || (date >= -2451545 && date < 2145031949);
    return dates && (infinite || (time >= INT64_C(-211813488000000000) && time < INT64_C(9223371331200000000)));
}

/* First the template up to a NUL, then eight bytes of time, then the text of the field. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct field fields[] = {{.name = "t", .type = {.id = TYPE_TEXT, .modifier = -1}},
                                          {.name = "ts", .type = {.id = TYPE_TIMESTAMPTZ, .modifier = -1}},
                                          {.name = "d", .type = {.id = TYPE_DATE, .modifier = -1}}};
    static const struct schema schema = {.fields = fields, .count = 3};
    const uint8_t *nul = memchr(data, 0, size);
    if (!nul || size - (size_t)(nul - data) < 9) {
        return 0;
    }
    int64_t time;
    memcpy(&time, nul + 1, sizeof time);
    int32_t date = (int32_t)time;
    if (!is_stored(time, date)) {
        return 0;
    }
    struct arena *arena = arena_new(NULL, POOL_COLUMNS);
    struct slice text = slice_make(nul + 9, size - (size_t)(nul - data) - 9);
    struct column columns[] = {{.type = fields[0].type, .rows = 1, .values = &text},
                               {.type = fields[1].type, .rows = 1, .values = &time},
                               {.type = fields[2].type, .rows = 1, .values = &date}};
    struct batch batch = {.arena = arena, .schema = &schema, .columns = columns, .rows = 1, .selected = 1};
    struct path_template path;
    struct error error;
    if (path_template_parse((const char *)data, &schema, timezone_utc(), &path, &error) == STATUS_OK) {
        struct buffer out;
        buffer_init(&out, arena, 64);
        if (!path_template_expand(&path, &batch, 0, &out)) {
            path_check(buffer_slice(&out));
        }
    }
    arena_free(arena);
    return 0;
}
