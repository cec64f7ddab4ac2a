/* SPDX-License-Identifier: Apache-2.0 */
/* One pass over the lines of a complete head; nothing is decoded or copied. Until the empty line has come nothing is
 * looked at but the length. */
#include "engine/net/http_parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum { BLANK_LINES_MAX = 4 };

enum { BAD_REQUEST = 400, TARGET_TOO_LONG = 414, HEAD_TOO_LARGE = 431, NOT_IMPLEMENTED = 501, VERSION_UNKNOWN = 505 };

/* token of RFC 9110, 5.6.2 */
static bool is_token(unsigned char byte) {
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte && strchr("!#$%&'*+-.^_`|~", byte));
}

static bool all_tokens(struct slice text) {
    for (size_t i = 0; i < text.len; i++) {
        if (!is_token((unsigned char)text.data[i])) {
            return false;
        }
    }
    return text.len > 0;
}

static bool is_name(struct slice text, const char *name) {
    return text.len == strlen(name) && strncasecmp(text.data, name, text.len) == 0;
}

static struct slice trimmed(struct slice text) {
    while (text.len && (text.data[0] == ' ' || text.data[0] == '\t')) {
        text.data++;
        text.len--;
    }
    while (text.len && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t')) {
        text.len--;
    }
    return text;
}

/* Cuts off what stands before the first `byte`; false when there is none. */
static bool take_until(struct slice *rest, char byte, struct slice *ret) {
    const char *at = rest->len ? memchr(rest->data, byte, rest->len) : NULL;
    if (!at) {
        return false;
    }
    *ret = slice_make(rest->data, (size_t)(at - rest->data));
    rest->len -= ret->len + 1;
    rest->data = at + 1;
    return true;
}

/* Origin form alone: `/path?query` in visible bytes. */
static int target_parse(struct slice target, struct http_request *request) {
    if (target.len > HTTP_TARGET_BYTES_MAX) {
        return TARGET_TOO_LONG;
    }
    if (target.len == 0 || target.data[0] != '/') {
        return BAD_REQUEST;
    }
    for (size_t i = 0; i < target.len; i++) {
        if ((unsigned char)target.data[i] <= 0x20 || target.data[i] == 0x7f || target.data[i] == '#') {
            return BAD_REQUEST;
        }
    }
    request->query = target;
    if (!take_until(&request->query, '?', &request->path)) {
        request->path = target;
        request->query = (struct slice){.data = target.data + target.len};
    }
    return 0;
}

static int request_line_parse(struct slice line, struct http_request *request) {
    struct slice target;
    if (!take_until(&line, ' ', &request->method) || !take_until(&line, ' ', &target) ||
        !all_tokens(request->method)) {
        return BAD_REQUEST;
    }
    int code = target_parse(target, request);
    if (code) {
        return code;
    }
    request->keep_alive = slice_is(line, "HTTP/1.1");
    if (!request->keep_alive && !slice_is(line, "HTTP/1.0")) {
        bool version = line.len == strlen("HTTP/1.1") && slice_starts_with(line, SLICE_LITERAL("HTTP/"));
        return version ? VERSION_UNKNOWN : BAD_REQUEST;
    }
    return 0;
}

static int header_parse(struct slice line, struct http_request *request) {
    struct http_header header;
    if (request->headers_count == HTTP_HEADERS_MAX) {
        return HEAD_TOO_LARGE;
    }
    if (!take_until(&line, ':', &header.name) || !all_tokens(header.name)) {
        return BAD_REQUEST;
    }
    header.value = trimmed(line);
    for (size_t i = 0; i < header.value.len; i++) {
        unsigned char byte = (unsigned char)header.value.data[i];
        if ((byte < 0x20 && byte != '\t') || byte == 0x7f) {
            return BAD_REQUEST;
        }
    }
    request->headers[request->headers_count++] = header;
    return 0;
}

static bool length_parse(struct slice text, uint64_t *ret) {
    uint64_t value = 0;
    if (text.len == 0 || text.len > 18) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }
        value = value * 10 + (uint64_t)(text.data[i] - '0');
    }
    *ret = value;
    return true;
}

static void connection_read(struct slice value, struct http_request *request) {
    struct slice item;
    bool more = true;
    while (more) {
        more = take_until(&value, ',', &item);
        item = trimmed(more ? item : value);
        if (is_name(item, "close")) {
            request->keep_alive = false;
        }
    }
}

/* What framing and routing depend on may be said once. */
static int headers_read(struct http_request *request, bool needs_host) {
    uint32_t hosts = 0, lengths = 0;
    for (uint32_t i = 0; i < request->headers_count; i++) {
        const struct http_header *header = &request->headers[i];
        if (is_name(header->name, "host")) {
            request->host = header->value;
            hosts++;
        } else if (is_name(header->name, "content-length")) {
            if (++lengths > 1 || !length_parse(header->value, &request->content_length)) {
                return BAD_REQUEST;
            }
        } else if (is_name(header->name, "transfer-encoding")) {
            return NOT_IMPLEMENTED;
        } else if (is_name(header->name, "connection")) {
            connection_read(header->value, request);
        } else if (is_name(header->name, "expect")) {
            request->expects_continue = is_name(header->value, "100-continue");
        }
    }
    return hosts > 1 || (needs_host && hosts == 0) ? BAD_REQUEST : 0;
}

/* The lines of a complete head, without the empty one. */
static int lines_parse(struct slice head, struct http_request *request) {
    bool first = true;
    while (head.len) {
        struct slice line;
        if (!take_until(&head, '\n', &line) || line.len == 0 || line.data[line.len - 1] != '\r') {
            return BAD_REQUEST;
        }
        line.len--;
        int code = first ? request_line_parse(line, request) : header_parse(line, request);
        if (code) {
            return code;
        }
        first = false;
    }
    return first ? BAD_REQUEST : headers_read(request, request->keep_alive);
}

enum status http_head_parse(struct slice bytes, struct http_request *ret, size_t *ret_len, int *ret_code) {
    size_t skipped = 0; /* empty lines before a request: RFC 9112, 2.2 */
    while (skipped < BLANK_LINES_MAX * 2 && bytes.len - skipped >= 2 && memcmp(bytes.data + skipped, "\r\n", 2) == 0) {
        skipped += 2;
    }
    struct slice rest = {.data = bytes.data + skipped, .len = bytes.len - skipped};
    size_t looked = rest.len < HTTP_HEAD_BYTES_MAX ? rest.len : HTTP_HEAD_BYTES_MAX;
    const char *end = looked ? memmem(rest.data, looked, "\r\n\r\n", 4) : NULL;
    if (!end) {
        *ret_code = HEAD_TOO_LARGE;
        return looked == HTTP_HEAD_BYTES_MAX ? STATUS_FAILED : STATUS_AGAIN;
    }
    size_t len = (size_t)(end - rest.data) + 2;
    ret->headers_count = 0;
    ret->content_length = 0;
    ret->expects_continue = false;
    ret->host = ret->body = (struct slice){0};
    *ret_code = lines_parse(slice_make(rest.data, len), ret);
    if (*ret_code) {
        return STATUS_FAILED;
    }
    *ret_len = skipped + len + 2;
    return STATUS_OK;
}

const struct slice *http_header_find(const struct http_request *request, const char *name) {
    for (uint32_t i = 0; i < request->headers_count; i++) {
        if (is_name(request->headers[i].name, name)) {
            return &request->headers[i].value;
        }
    }
    return NULL;
}

/* --- addresses ------------------------------------------------------------------------------------------------- */

static bool port_parse(struct slice text, char ret_port[6]) {
    uint64_t port;
    if (text.len > 5 || !length_parse(text, &port) || port > 65535) {
        return false;
    }
    memcpy(ret_port, text.data, text.len);
    ret_port[text.len] = '\0';
    return true;
}

/* Cuts `:port` or `]:port` off; the host without its brackets. */
static bool host_split(struct slice text, struct slice *ret_host, struct slice *ret_port) {
    struct slice none = {.data = ""};
    if (text.len && text.data[0] == '[') {
        struct slice rest = {.data = text.data + 1, .len = text.len - 1};
        if (!take_until(&rest, ']', ret_host) || (rest.len && rest.data[0] != ':')) {
            return false;
        }
        *ret_port = rest.len ? slice_make(rest.data + 1, rest.len - 1) : none;
        return true;
    }
    struct slice rest = text;
    if (!take_until(&rest, ':', ret_host)) {
        *ret_host = text;
        *ret_port = none;
        return true;
    }
    *ret_port = rest;
    return memchr(rest.data, ':', rest.len) == NULL;
}

bool http_address_parse(const char *text, struct http_address *ret) {
    struct slice host, port;
    if (port_parse(slice_of(text), ret->port)) {
        host = SLICE_LITERAL("127.0.0.1");
    } else if (!host_split(slice_of(text), &host, &port) || !port_parse(port, ret->port)) {
        return false;
    }
    if (host.len == 0) {
        host = SLICE_LITERAL("127.0.0.1");
    }
    if (host.len >= sizeof ret->host) {
        return false;
    }
    memcpy(ret->host, host.data, host.len);
    ret->host[host.len] = '\0';
    return true;
}

static bool is_loopback(struct slice host) {
    return is_name(host, "localhost") || slice_starts_with(host, SLICE_LITERAL("127.")) || slice_is(host, "::1");
}

/* `127.evil.example` begins like an address and is a name. */
static bool is_dotted(struct slice host) {
    for (size_t i = 0; i < host.len; i++) {
        if (host.data[i] != '.' && (host.data[i] < '0' || host.data[i] > '9')) {
            return false;
        }
    }
    return true;
}

bool http_host_allowed(struct slice host, const char *bound) {
    struct slice name, port;
    if (!is_loopback(slice_of(bound)) || host.len == 0) {
        return true;
    }
    if (!host_split(host, &name, &port)) {
        return false;
    }
    bool address = slice_starts_with(name, SLICE_LITERAL("127."));
    return is_name(name, bound) || (is_loopback(name) && (!address || is_dotted(name)));
}
