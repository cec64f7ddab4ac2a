/* SPDX-License-Identifier: Apache-2.0 */
/* A connection is in one phase at a time; `connection_go` moves it on. Each phase has its own time limit on the one
 * timer. A connection that is refused in the middle of a request is drained for a moment before it is closed: a reset
 * would take the answer away from the client that is still sending. */
#include "engine/net/http_server.h"

#include <assert.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "engine/base/io.h"

enum { READ_BYTES = 4096, LINGER_MS = 1000, CONNECTIONS_DEFAULT = 64, REQUEST_MS = 10000, IDLE_MS = 60000,
       BACKLOG = 64, ADDRESS_MAX = 300, HEAD_ROOM = 512 };

enum phase {
    PHASE_IDLE,    /* waits for the first byte of a request */
    PHASE_REQUEST, /* in the middle of one */
    PHASE_HANDLED, /* the handler owes an answer */
    PHASE_ANSWER,  /* it is being sent */
    PHASE_LINGER,  /* nothing more is understood of what comes */
    PHASE_CLOSED
};

struct http_exchange { /* the connection: it has one exchange at a time */
    struct http_server *server;
    struct http_exchange *next;
    uv_tcp_t socket;
    uv_timer_t timer;
    uint32_t handles; /* still to be closed */
    enum phase phase;
    bool ended, closes, head_only, continued;
    struct http_request request;
    size_t request_len; /* head and body */
    char *bytes;
    size_t len, capacity;
    uv_write_t writing;
    char *answer;
};

struct http_server {
    struct http_server_setup setup;
    struct http_address bound;
    char address[ADDRESS_MAX];
    uv_tcp_t listener;
    struct http_exchange *connections;
    uint32_t connections_count;
    bool closing;
};

static void connection_go(struct http_exchange *connection);

/* --- the end ------------------------------------------------------------------------------------------------------ */

static void server_look(struct http_server *server) {
    if (server->closing && server->connections_count == 0 && server->listener.data == NULL) {
        free(server);
    }
}

static void connection_closed(uv_handle_t *handle) {
    struct http_exchange *connection = handle->data;
    struct http_server *server = connection->server;
    if (--connection->handles > 0) {
        return;
    }
    struct http_exchange **link = &server->connections;
    while (*link != connection) {
        link = &(*link)->next;
    }
    *link = connection->next;
    server->connections_count--;
    free(connection->answer);
    free(connection->bytes);
    free(connection);
    server_look(server);
}

static void connection_close(struct http_exchange *connection) {
    if (connection->phase == PHASE_CLOSED) {
        return;
    }
    bool owed = connection->phase == PHASE_HANDLED;
    connection->phase = PHASE_CLOSED;
    uv_close((uv_handle_t *)&connection->socket, connection_closed);
    uv_close((uv_handle_t *)&connection->timer, connection_closed);
    if (owed && connection->server->setup.gone) {
        connection->server->setup.gone(connection->server->setup.context, connection);
    }
}

static void time_over(uv_timer_t *timer) {
    connection_close(timer->data);
}

static void phase_set(struct http_exchange *connection, enum phase phase) {
    const struct http_server_setup *setup = &connection->server->setup;
    int64_t limit = phase == PHASE_IDLE     ? setup->idle_timeout_ms
                    : phase == PHASE_LINGER ? LINGER_MS
                                            : setup->request_timeout_ms;
    bool same = connection->phase == phase;
    connection->phase = phase;
    if (phase == PHASE_HANDLED) {
        uv_timer_stop(&connection->timer);
    } else if (!same || phase == PHASE_IDLE) {
        uv_timer_start(&connection->timer, time_over, (uint64_t)limit, 0);
    }
}

/* --- answers ------------------------------------------------------------------------------------------------------ */

static const char *reason_of(int code) {
    static const struct {
        int code;
        const char *reason;
    } reasons[] = {
        {200, "OK"},           {202, "Accepted"},        {400, "Bad Request"},
        {404, "Not Found"},    {405, "Method Not Allowed"},
        {413, "Content Too Large"}, {414, "URI Too Long"}, {421, "Misdirected Request"},
        {431, "Request Header Fields Too Large"}, {500, "Internal Server Error"}, {501, "Not Implemented"},
        {503, "Service Unavailable"}, {505, "HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        if (reasons[i].code == code) {
            return reasons[i].reason;
        }
    }
    return "Status";
}

static void linger(struct http_exchange *connection) {
    phase_set(connection, PHASE_LINGER);
    connection->len = 0;
    int fd;
    if (uv_fileno((uv_handle_t *)&connection->socket, &fd) == 0) {
        shutdown(fd, SHUT_WR);
    }
    if (connection->ended) {
        connection_close(connection);
    }
}

static void answered(uv_write_t *write, int status) {
    struct http_exchange *connection = write->data;
    free(connection->answer);
    connection->answer = NULL;
    if (connection->phase == PHASE_CLOSED) {
        return;
    }
    if (status != 0) {
        connection_close(connection);
    } else if (connection->closes) {
        linger(connection);
    } else {
        connection->len -= connection->request_len;
        memmove(connection->bytes, connection->bytes + connection->request_len, connection->len);
        phase_set(connection, PHASE_IDLE);
        connection_go(connection);
    }
}

static size_t head_print(const struct http_exchange *connection, const struct http_response *response, char *ret) {
    time_t now = (time_t)(io_wall_us() / 1000000);
    struct tm parts;
    char date[64];
    gmtime_r(&now, &parts);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    int len = snprintf(ret, HEAD_ROOM,
                       "HTTP/1.1 %d %s\r\nDate: %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
                       "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n%s%s%s%s\r\n",
                       response->code, reason_of(response->code), date,
                       response->type ? response->type : "text/plain; charset=utf-8", response->body.len,
                       response->allow ? "Allow: " : "", response->allow ? response->allow : "",
                       response->allow ? "\r\n" : "", connection->closes ? "Connection: close\r\n" : "");
    assert(len > 0 && len < HEAD_ROOM);
    return (size_t)len;
}

static void answer_send(struct http_exchange *connection, const struct http_response *response) {
    connection->answer = malloc(HEAD_ROOM + response->body.len);
    if (!connection->answer) {
        abort();
    }
    size_t len = head_print(connection, response, connection->answer);
    if (!connection->head_only && response->body.len) {
        memcpy(connection->answer + len, response->body.data, response->body.len);
        len += response->body.len;
    }
    uv_buf_t piece = uv_buf_init(connection->answer, (unsigned)len);
    connection->writing.data = connection;
    phase_set(connection, PHASE_ANSWER);
    if (uv_write(&connection->writing, (uv_stream_t *)&connection->socket, &piece, 1, answered) != 0) {
        connection_close(connection);
    }
}

void http_respond(struct http_exchange *exchange, const struct http_response *response) {
    assert(exchange->phase == PHASE_HANDLED);
    answer_send(exchange, response);
}

/* The rest of what the client sends has no meaning any more. */
static void refuse(struct http_exchange *connection, int code) {
    char body[80];
    snprintf(body, sizeof body, "%d %s\n", code, reason_of(code));
    connection->closes = true;
    answer_send(connection, &(struct http_response){.code = code, .body = slice_of(body)});
}

/* --- requests ----------------------------------------------------------------------------------------------------- */

static void continue_send(struct http_exchange *connection) {
    static char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
    uv_buf_t piece = uv_buf_init(text, sizeof text - 1);
    if (!connection->continued && uv_try_write((uv_stream_t *)&connection->socket, &piece, 1) != (int)sizeof text - 1) {
        connection_close(connection);
    }
    connection->continued = true;
}

/* 0 = go on. */
static int request_check(const struct http_exchange *connection) {
    const struct http_request *request = &connection->request;
    if (!http_host_allowed(request->host, connection->server->bound.host)) {
        return 421;
    }
    return request->content_length > connection->server->setup.body_bytes_max ? 413 : 0;
}

/* Looks at what has come in; AGAIN = more is needed. */
static enum status request_look(struct http_exchange *connection, int *ret_code) {
    struct http_request *request = &connection->request;
    size_t head;
    enum status status =
        http_head_parse(slice_make(connection->bytes, connection->len), request, &head, ret_code);
    if (status != STATUS_OK) {
        return status;
    }
    *ret_code = request_check(connection);
    if (*ret_code) {
        return STATUS_FAILED;
    }
    connection->request_len = head + (size_t)request->content_length;
    if (connection->len < connection->request_len) {
        if (request->expects_continue) {
            continue_send(connection);
        }
        return STATUS_AGAIN;
    }
    request->body = slice_make(connection->bytes + head, (size_t)request->content_length);
    return STATUS_OK;
}

static void request_handle(struct http_exchange *connection) {
    struct http_request *request = &connection->request;
    connection->closes = !request->keep_alive || connection->ended;
    connection->head_only = slice_is(request->method, "HEAD");
    connection->continued = false;
    phase_set(connection, PHASE_HANDLED);
    connection->server->setup.handle(connection->server->setup.context, connection, request);
}

static void connection_go(struct http_exchange *connection) {
    if (connection->phase != PHASE_IDLE && connection->phase != PHASE_REQUEST) {
        return;
    }
    if (connection->len) {
        int code;
        phase_set(connection, PHASE_REQUEST);
        enum status status = request_look(connection, &code);
        if (status == STATUS_OK) {
            request_handle(connection);
            return;
        }
        if (status == STATUS_FAILED) {
            connection->head_only = false;
            refuse(connection, code);
            return;
        }
    }
    if (connection->ended) {
        connection_close(connection);
    }
}

static size_t bytes_max(const struct http_exchange *connection) {
    return HTTP_HEAD_BYTES_MAX * 2 + connection->server->setup.body_bytes_max;
}

static void room_make(uv_handle_t *handle, size_t suggested, uv_buf_t *ret) {
    (void)suggested;
    struct http_exchange *connection = handle->data;
    if (connection->capacity - connection->len < READ_BYTES) {
        connection->capacity = connection->capacity * 2 + READ_BYTES;
        char *wider = realloc(connection->bytes, connection->capacity);
        if (!wider) {
            abort();
        }
        connection->bytes = wider; /* a request points here only while it is being handled */
    }
    *ret = uv_buf_init(connection->bytes + connection->len, (unsigned)(connection->capacity - connection->len));
}

static void bytes_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer) {
    (void)buffer;
    struct http_exchange *connection = stream->data;
    if (count < 0) {
        uv_read_stop(stream);
        connection->ended = true;
        if (count != UV_EOF || connection->phase == PHASE_HANDLED || connection->phase == PHASE_LINGER) {
            connection_close(connection);
        } else {
            connection_go(connection);
        }
        return;
    }
    if (connection->phase == PHASE_LINGER) {
        return;
    }
    connection->len += (size_t)count;
    connection_go(connection);
    if (connection->phase != PHASE_CLOSED && connection->len > bytes_max(connection)) {
        connection_close(connection); /* floods while it is owed an answer */
    }
}

/* --- connections -------------------------------------------------------------------------------------------------- */

static bool idle_close(struct http_server *server) {
    struct http_exchange *oldest = NULL; /* the list has the newest first */
    for (struct http_exchange *each = server->connections; each; each = each->next) {
        oldest = each->phase == PHASE_IDLE ? each : oldest;
    }
    if (oldest) {
        connection_close(oldest);
    }
    return oldest;
}

static void connection_new(uv_stream_t *listener, int status) {
    struct http_server *server = listener->data;
    struct http_exchange *connection = status == 0 ? calloc(1, sizeof *connection) : NULL;
    if (!connection) {
        return;
    }
    bool full = server->connections_count >= server->setup.connections_max && !idle_close(server);
    connection->server = server;
    connection->next = server->connections;
    server->connections = connection;
    server->connections_count++;
    connection->handles = 2;
    uv_tcp_init(server->setup.loop, &connection->socket);
    uv_timer_init(server->setup.loop, &connection->timer);
    connection->socket.data = connection->timer.data = connection;
    phase_set(connection, PHASE_IDLE);
    if (uv_accept(listener, (uv_stream_t *)&connection->socket) != 0 || full ||
        uv_read_start((uv_stream_t *)&connection->socket, room_make, bytes_read) != 0) {
        connection_close(connection);
        return;
    }
    uv_tcp_nodelay(&connection->socket, 1);
}

/* --- the server --------------------------------------------------------------------------------------------------- */

static enum status failed(struct error *error, const char *listen, const char *why) {
    return error_set(error, ERROR_PERMANENT, "http-listen", "cannot listen on %s: %s", listen, why);
}

static enum status bind_and_listen(struct http_server *server, const char *listen, struct error *error) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *found = NULL;
    if (!http_address_parse(listen, &server->bound)) {
        return failed(error, listen, "it is no host:port, as in 127.0.0.1:8686");
    }
    int code = getaddrinfo(server->bound.host, server->bound.port, &hints, &found);
    if (code != 0) {
        return failed(error, listen, gai_strerror(code));
    }
    code = uv_tcp_bind(&server->listener, found->ai_addr, 0);
    freeaddrinfo(found);
    if (code == 0) {
        code = uv_listen((uv_stream_t *)&server->listener, BACKLOG, connection_new);
    }
    return code == 0 ? STATUS_OK : failed(error, listen, uv_strerror(code));
}

static void address_print(struct http_server *server) {
    struct sockaddr_storage name;
    int len = sizeof name;
    char port[8] = "?";
    if (uv_tcp_getsockname(&server->listener, (struct sockaddr *)&name, &len) == 0) {
        getnameinfo((struct sockaddr *)&name, (socklen_t)len, NULL, 0, port, sizeof port, NI_NUMERICSERV);
    }
    bool v6 = strchr(server->bound.host, ':');
    snprintf(server->address, sizeof server->address, "%s%s%s:%s", v6 ? "[" : "",
             server->bound.host, v6 ? "]" : "", port);
}

static void listener_closed(uv_handle_t *handle) {
    struct http_server *server = handle->data;
    handle->data = NULL;
    server_look(server);
}

enum status http_server_new(const struct http_server_setup *setup, const char *listen, struct http_server **ret,
                            struct error *error) {
    struct http_server *server = calloc(1, sizeof *server);
    if (!server) {
        abort();
    }
    server->setup = *setup;
    server->setup.connections_max = setup->connections_max ? setup->connections_max : CONNECTIONS_DEFAULT;
    server->setup.request_timeout_ms = setup->request_timeout_ms ? setup->request_timeout_ms : REQUEST_MS;
    server->setup.idle_timeout_ms = setup->idle_timeout_ms ? setup->idle_timeout_ms : IDLE_MS;
    uv_tcp_init(setup->loop, &server->listener);
    server->listener.data = server;
    if (bind_and_listen(server, listen, error) != STATUS_OK) {
        http_server_close(server);
        return STATUS_FAILED;
    }
    address_print(server);
    *ret = server;
    return STATUS_OK;
}

const char *http_server_address(const struct http_server *server) {
    return server->address;
}

void http_server_close(struct http_server *server) {
    if (!server) {
        return;
    }
    server->closing = true;
    for (struct http_exchange *each = server->connections; each; each = each->next) {
        connection_close(each);
    }
    uv_close((uv_handle_t *)&server->listener, listener_closed);
}
