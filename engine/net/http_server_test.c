/* SPDX-License-Identifier: Apache-2.0 */
/* A real socket on loopback; the client and the loop take turns in one thread until what is waited for has come. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/io.h"
#include "engine/net/http_server.h"

enum { DEADLINE_US = 5000000 };

struct world {
    uv_loop_t loop;
    struct http_server *server;
    struct http_exchange *held; /* by the path /later */
    uint32_t gone;
    char got[64 << 10];
    size_t got_len;
};

static struct world world;

static void handle(void *context, struct http_exchange *exchange, const struct http_request *request) {
    (void)context;
    if (slice_is(request->path, "/later")) {
        world.held = exchange;
        return;
    }
    char body[200];
    int len = snprintf(body, sizeof body, "%.*s %.*s [%.*s]\n", (int)request->method.len, request->method.data,
                       (int)request->path.len, request->path.data, (int)request->body.len, request->body.data);
    http_respond(exchange, &(struct http_response){.code = 200, .body = slice_make(body, (size_t)len)});
}

static void gone(void *context, struct http_exchange *exchange) {
    (void)context;
    assert_ptr_equal(world.held, exchange);
    world.held = NULL;
    world.gone++;
}

static void start(struct http_server_setup setup) {
    memset(&world, 0, sizeof world);
    uv_loop_init(&world.loop);
    setup.loop = &world.loop;
    setup.handle = handle;
    setup.gone = gone;
    setup.body_bytes_max = 1000;
    struct error error;
    assert_int_equal(http_server_new(&setup, "0", &world.server, &error), STATUS_OK);
}

static void stop(void) {
    http_server_close(world.server);
    uv_run(&world.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&world.loop), 0);
}

static int client(void) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    address.sin_port = htons((uint16_t)strtol(strrchr(http_server_address(world.server), ':') + 1, NULL, 10));
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void say(int fd, const char *text) {
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Lets the loop run until the condition holds for what has come in. */
static bool await(int fd, bool (*condition)(void)) {
    int64_t deadline = io_now_us() + DEADLINE_US;
    while (!condition()) {
        if (io_now_us() > deadline) {
            return false;
        }
        uv_run(&world.loop, UV_RUN_NOWAIT);
        ssize_t got = recv(fd, world.got + world.got_len, sizeof world.got - 1 - world.got_len, MSG_DONTWAIT);
        world.got_len += got > 0 ? (size_t)got : 0;
        world.got[world.got_len] = '\0';
        if (got == 0) {
            return condition();
        }
    }
    return true;
}

static const char *awaited;
static bool has_awaited(void) {
    return strstr(world.got, awaited) != NULL;
}
static bool has_held(void) {
    return world.held != NULL;
}
static bool has_gone(void) {
    return world.gone > 0;
}
static bool never(void) {
    return false;
}

static void expect(int fd, const char *text) {
    awaited = text;
    if (!await(fd, has_awaited)) {
        fail_msg("no `%s` in: %s", text, world.got);
    }
}

/* The server closes, after what it has sent; nothing more is expected. */
static void expect_end(int fd) {
    int64_t before = io_now_us();
    assert_false(await(fd, never));
    assert_true(io_now_us() - before < DEADLINE_US);
    close(fd);
}

static void requests_on_one_connection_are_answered_in_order(void **state) {
    (void)state;
    start((struct http_server_setup){0});
    int fd = client();
    say(fd, "GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n"
            "POST /b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody"
            "GET /c HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    expect(fd, "GET /c []\n");
    assert_true(strstr(world.got, "GET /a []\n") < strstr(world.got, "POST /b [body]\n"));
    assert_non_null(strstr(world.got, "Content-Length: 15\r\n"));
    assert_non_null(strstr(world.got, "Connection: close\r\n"));
    expect_end(fd);
    stop();
}

static void a_request_may_come_byte_by_byte(void **state) {
    (void)state;
    start((struct http_server_setup){0});
    int fd = client();
    const char *text = "POST /b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody";
    for (size_t i = 0; text[i]; i++) {
        say(fd, (char[]){text[i], '\0'});
        uv_run(&world.loop, UV_RUN_NOWAIT);
    }
    expect(fd, "POST /b [body]\n");
    close(fd);
    stop();
}

static void a_client_that_waits_for_continue_gets_it_once(void **state) {
    (void)state;
    start((struct http_server_setup){0});
    int fd = client();
    say(fd, "POST /b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    expect(fd, "HTTP/1.1 100 Continue\r\n\r\n");
    say(fd, "bo");
    uv_run(&world.loop, UV_RUN_NOWAIT);
    say(fd, "dy");
    expect(fd, "POST /b [body]\n");
    assert_null(strstr(strstr(world.got, "100 Continue") + 1, "100 Continue"));
    close(fd);
    stop();
}

static void the_answer_to_head_has_no_body(void **state) {
    (void)state;
    start((struct http_server_setup){0});
    int fd = client();
    say(fd, "HEAD /a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    expect_end(fd);
    assert_non_null(strstr(world.got, "Content-Length: 11\r\n"));
    assert_string_equal(strstr(world.got, "\r\n\r\n"), "\r\n\r\n");
    stop();
}

static void refused(const char *request, const char *answer) {
    int fd = client();
    say(fd, request);
    world.got_len = 0;
    world.got[0] = '\0';
    expect(fd, answer);
    expect_end(fd);
}

static void what_is_refused_is_told_and_closed(void **state) {
    (void)state;
    start((struct http_server_setup){0});
    refused("nonsense\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n");
    refused("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", "HTTP/1.1 421 Misdirected Request\r\n");
    refused("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1001\r\n\r\n", "HTTP/1.1 413 Content Too Large\r\n");
    refused("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 501 ");
    stop();
}

static void an_answer_may_come_later(void **state) {
    (void)state;
    start((struct http_server_setup){.request_timeout_ms = 1});
    int fd = client();
    say(fd, "GET /later HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_true(await(fd, has_held));
    http_respond(world.held, &(struct http_response){.code = 200, .body = SLICE_LITERAL("at last")});
    expect(fd, "at last");
    close(fd);
    stop();
}

static void who_leaves_before_the_answer_is_told(void **state) {
    (void)state;
    start((struct http_server_setup){0});
    int fd = client();
    say(fd, "GET /later HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_true(await(fd, has_held));
    shutdown(fd, SHUT_RDWR);
    int64_t deadline = io_now_us() + DEADLINE_US;
    while (!has_gone() && io_now_us() < deadline) {
        uv_run(&world.loop, UV_RUN_NOWAIT);
    }
    assert_true(has_gone());
    close(fd);

    fd = client(); /* and when the server closes first */
    say(fd, "GET /later HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_true(await(fd, has_held));
    stop();
    assert_int_equal(world.gone, 2);
    close(fd);
}

static void who_is_slow_or_idle_is_closed(void **state) {
    (void)state;
    start((struct http_server_setup){.request_timeout_ms = 20, .idle_timeout_ms = 20});
    int fd = client();
    say(fd, "GET /a HTT");
    expect_end(fd);
    fd = client();
    expect_end(fd);
    stop();
}

static void an_idle_connection_makes_room_and_a_busy_one_does_not(void **state) {
    (void)state;
    start((struct http_server_setup){.connections_max = 2});
    int idle = client(), busy = client();
    say(busy, "GET /later HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_true(await(busy, has_held));
    int next = client();
    say(next, "GET /later HTTP/1.1\r\nHost: localhost\r\n\r\n");
    struct http_exchange *first = world.held;
    world.held = NULL;
    assert_true(await(next, has_held));
    expect_end(idle);
    int refused_one = client();
    expect_end(refused_one);
    http_respond(first, &(struct http_response){.code = 200, .body = SLICE_LITERAL("first")});
    expect(busy, "first");
    close(busy);
    close(next);
    stop();
}

static void an_address_that_is_taken_is_an_error(void **state) {
    (void)state;
    start((struct http_server_setup){0});
    struct http_server_setup setup = {.loop = &world.loop, .handle = handle};
    struct http_server *second;
    struct error error;
    assert_int_equal(http_server_new(&setup, http_server_address(world.server), &second, &error), STATUS_FAILED);
    assert_non_null(strstr(error.message, "address already in use"));
    assert_int_equal(http_server_new(&setup, "nowhere", &second, &error), STATUS_FAILED);
    assert_non_null(strstr(error.message, "host:port"));
    stop();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_on_one_connection_are_answered_in_order),
        cmocka_unit_test(a_request_may_come_byte_by_byte),
        cmocka_unit_test(a_client_that_waits_for_continue_gets_it_once),
        cmocka_unit_test(the_answer_to_head_has_no_body),
        cmocka_unit_test(what_is_refused_is_told_and_closed),
        cmocka_unit_test(an_answer_may_come_later),
        cmocka_unit_test(who_leaves_before_the_answer_is_told),
        cmocka_unit_test(who_is_slow_or_idle_is_closed),
        cmocka_unit_test(an_idle_connection_makes_room_and_a_busy_one_does_not),
        cmocka_unit_test(an_address_that_is_taken_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
