/* SPDX-License-Identifier: Apache-2.0 */
/* The head of an HTTP/1.1 request (RFC 9112), read strictly: what two readers could understand in two ways is refused
 * (folded lines, bare line feeds, a blank before the colon, two lengths, chunked bodies), because that is how requests
 * are smuggled. Pure; everything found points into the caller's bytes. */
#ifndef LEAT_NET_HTTP_PARSE_H
#define LEAT_NET_HTTP_PARSE_H

#include "engine/base/error.h"
#include "engine/base/slice.h"

enum { HTTP_HEAD_BYTES_MAX = 16 << 10, HTTP_TARGET_BYTES_MAX = 2048, HTTP_HEADERS_MAX = 64 };

struct http_header {
    struct slice name, value;
};

struct http_request {
    struct slice method;
    struct slice path, query; /* as sent, still percent-encoded; query without the question mark */
    struct slice host;        /* len 0 = none was sent */
    uint64_t content_length;
    bool keep_alive, expects_continue;
    struct slice body;        /* filled by the server */
    struct http_header headers[HTTP_HEADERS_MAX];
    uint32_t headers_count;
};

/* Reads one head at the beginning of bytes. AGAIN: it is not complete yet. FAILED: *ret_code is the status to answer
 * with before the connection is closed. OK: *ret_len bytes were the head. */
MUST_CHECK enum status http_head_parse(struct slice bytes, struct http_request *ret, size_t *ret_len, int *ret_code);

/* NULL = there is no such header; names are compared without case. */
const struct slice *http_header_find(const struct http_request *request, const char *name);

/* Splits host:port, [v6]:port, port or :port; a host that is left out is 127.0.0.1. False: it is none of these. */
struct http_address {
    char host[256], port[6];
};
bool http_address_parse(const char *text, struct http_address *ret);

/* May a browser's request that names this Host be answered by a server bound to `bound`? A name that an attacker made
 * point here (DNS rebinding) may not: behind a loopback address only loopback names and addresses are. */
bool http_host_allowed(struct slice host, const char *bound);

#endif
