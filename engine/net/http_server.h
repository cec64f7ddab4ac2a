/* SPDX-License-Identifier: Apache-2.0 */
/* A small HTTP/1.1 server on a libuv loop: GET and POST with Content-Length, keep-alive, pipelining in order, limits on
 * everything (head, body, connections, time). It knows no routes: `handle` answers each request, at once or later.
 * Everything happens on the loop's thread; a connection is its own memory and goes with its socket. No TLS. */
#ifndef LEAT_NET_HTTP_SERVER_H
#define LEAT_NET_HTTP_SERVER_H

#include <uv.h>

#include "engine/net/http_parse.h"

struct http_server;
struct http_exchange; /* one request and its answer */

struct http_server_setup {
    uv_loop_t *loop;
    size_t body_bytes_max;      /* of a request; 0 = no bodies */
    uint32_t connections_max;   /* 0 = 64; an idle one makes room, else the new one is closed */
    int64_t request_timeout_ms; /* from the first byte of a request to its last, and for its answer; 0 = 10 s */
    int64_t idle_timeout_ms;    /* between two requests; 0 = 60 s */
    /* Must be followed by one http_respond, inside or later. The request lives until it returns. */
    void (*handle)(void *context, struct http_exchange *exchange, const struct http_request *request);
    /* The client left before it was answered: the exchange is no more. NULL when handle always answers at once. */
    void (*gone)(void *context, struct http_exchange *exchange);
    void *context;
};

/* Binds and listens; listen as http_address_parse reads it, port 0 = any free one. */
MUST_CHECK enum status http_server_new(const struct http_server_setup *setup, const char *listen,
                                       struct http_server **ret, struct error *error);
/* host:port as bound. */
const char *http_server_address(const struct http_server *server);
/* Closes the listener and every connection; its memory is freed as the loop goes on. Takes NULL. */
void http_server_close(struct http_server *server);

struct http_response {
    int code;
    const char *type; /* Content-Type; NULL = text/plain */
    const char *allow; /* for 405; NULL = none */
    struct slice body; /* copied */
};
void http_respond(struct http_exchange *exchange, const struct http_response *response);

#endif
