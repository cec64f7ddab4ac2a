/* SPDX-License-Identifier: Apache-2.0 */
/* The pages. All are read by GET alone and change nothing; each is printed into an arena of its own that goes with
 * the answer. */
#include "engine/monitor/monitor.h"

enum { PAGE_BYTES = 16 << 10 };

static int health_page(struct monitor *monitor, struct buffer *out) {
    (void)monitor;
    buffer_printf(out, "ok\n");
    return 200;
}

static int metrics_page(struct monitor *monitor, struct buffer *out) {
    metrics_print(monitor, out);
    return 200;
}

static int readiness_page(struct monitor *monitor, struct buffer *out) {
    return readiness_print(monitor, out) ? 200 : 503;
}

static int version_page(struct monitor *monitor, struct buffer *out) {
    (void)monitor;
    buffer_printf(out, "{\"name\":\"leat\",\"version\":\"%s\"}\n", LEAT_VERSION);
    return 200;
}

static const struct page {
    const char *path, *type;
    int (*print)(struct monitor *monitor, struct buffer *out);
} pages[] = {
    {"/metrics", "text/plain; version=0.0.4; charset=utf-8", metrics_page},
    {"/healthz", NULL, health_page},
    {"/readyz", "application/json", readiness_page},
    {"/version", "application/json", version_page},
};

static const struct page *page_find(struct slice path) {
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        if (slice_is(path, pages[i].path)) {
            return &pages[i];
        }
    }
    return NULL;
}

void admin_handle(void *context, struct http_exchange *exchange, const struct http_request *request) {
    const struct page *page = page_find(request->path);
    if (!page) {
        const struct slice words = SLICE_LITERAL("there is /metrics, /healthz, /readyz and /version\n");
        http_respond(exchange, &(struct http_response){.code = 404, .body = words});
        return;
    }
    if (!slice_is(request->method, "GET")) {
        const struct slice words = SLICE_LITERAL("only GET is answered\n");
        http_respond(exchange, &(struct http_response){.code = 405, .allow = "GET", .body = words});
        return;
    }
    struct arena *arena = arena_new(NULL, POOL_READ);
    struct buffer out;
    buffer_init(&out, arena, PAGE_BYTES);
    int code = page->print(context, &out);
    http_respond(exchange, &(struct http_response){.code = code, .type = page->type, .body = buffer_slice(&out)});
    arena_free(arena);
}
