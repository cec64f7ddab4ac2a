/* SPDX-License-Identifier: Apache-2.0 */
/* Heads as text, whole, cut short, and broken in every way that smuggles or floods. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/net/http_parse.h"

static struct http_request request;

/* 0 = OK, 1 = more is needed, else the status to answer. */
static int parse_bytes(const char *data, size_t len) {
    size_t head = 0;
    int code = 0;
    switch (http_head_parse(slice_make(data, len), &request, &head, &code)) {
    case STATUS_OK:
        return 0;
    case STATUS_AGAIN:
        return 1;
    default:
        return code;
    }
}

static int parse(const char *text) {
    return parse_bytes(text, strlen(text));
}

static void a_request_is_taken_apart(void **state) {
    (void)state;
    const char *text = "GET /metrics?a=b?c HTTP/1.1\r\nHost: localhost:8686\r\nX-A:\t one two \r\nx-b:\r\n\r\nrest";
    size_t len;
    int code;
    assert_int_equal(http_head_parse(slice_of(text), &request, &len, &code), STATUS_OK);
    assert_int_equal(len, strlen(text) - 4);
    assert_true(slice_is(request.method, "GET"));
    assert_true(slice_is(request.path, "/metrics"));
    assert_true(slice_is(request.query, "a=b?c"));
    assert_true(slice_is(request.host, "localhost:8686"));
    assert_true(request.keep_alive);
    assert_int_equal(request.content_length, 0);
    assert_int_equal(request.headers_count, 3);
    assert_true(slice_is(*http_header_find(&request, "x-a"), "one two"));
    assert_true(slice_is(*http_header_find(&request, "X-B"), ""));
    assert_null(http_header_find(&request, "x-c"));
}

static void every_beginning_of_a_request_asks_for_more(void **state) {
    (void)state;
    const char *text = "\r\nPOST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nConnection: x, Close\r\n\r\n";
    for (size_t len = 0; len < strlen(text); len++) {
        assert_int_equal(parse_bytes(text, len), 1);
    }
    assert_int_equal(parse(text), 0);
    assert_int_equal(request.content_length, 3);
    assert_false(request.keep_alive);
}

static void an_old_client_needs_no_host_and_is_not_kept(void **state) {
    (void)state;
    assert_int_equal(parse("GET / HTTP/1.0\r\n\r\n"), 0);
    assert_false(request.keep_alive);
    assert_int_equal(request.host.len, 0);
    assert_int_equal(parse("GET / HTTP/1.1\r\n\r\n"), 400);
}

static void what_has_two_readings_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999999999999999\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n",
        "GET / HTTP/1.1\nHost: a\n\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\n: empty\r\nHost: a\r\n\r\n",
        "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
        "GET /\r\nHost: a\r\n\r\n",
        "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n",
        "G(T / HTTP/1.1\r\nHost: a\r\n\r\n",
        " / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\x16\x03\x01 tls\r\n\r\n",
        "\r\n\r\n\r\n\r\n\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (parse(bad[i]) != 400) {
            fail_msg("not refused with 400: %s", bad[i]);
        }
    }
    assert_int_equal(parse_bytes("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", 29), 400);
    assert_int_equal(parse_bytes("GET / HTTP/1.1\r\nHost: \0\r\n\r\n", 28), 400);
    assert_int_equal(parse("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"), 501);
    assert_int_equal(parse("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), 505);
}

static void everything_has_a_limit(void **state) {
    (void)state;
    static char text[HTTP_HEAD_BYTES_MAX + 100];
    int at = snprintf(text, sizeof text, "GET /");
    memset(text + at, 'a', HTTP_TARGET_BYTES_MAX);
    snprintf(text + at + HTTP_TARGET_BYTES_MAX - 1, 100, " HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(parse(text), 0);
    snprintf(text + at + HTTP_TARGET_BYTES_MAX - 1, 100, "a HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(parse(text), 414);

    at = snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: a\r\n");
    for (int i = 1; i < HTTP_HEADERS_MAX; i++) {
        at += snprintf(text + at, sizeof text - (size_t)at, "x: y\r\n");
    }
    snprintf(text + at, sizeof text - (size_t)at, "\r\n");
    assert_int_equal(parse(text), 0);
    snprintf(text + at, sizeof text - (size_t)at, "x: y\r\n\r\n");
    assert_int_equal(parse(text), 431);

    memset(text, 'a', sizeof text - 1);
    assert_int_equal(parse_bytes(text, HTTP_HEAD_BYTES_MAX - 1), 1);
    assert_int_equal(parse_bytes(text, HTTP_HEAD_BYTES_MAX), 431);
}

static void addresses_are_taken_apart(void **state) {
    (void)state;
    struct http_address address;
    static const struct {
        const char *text, *host, *port;
    } good[] = {{"8686", "127.0.0.1", "8686"},      {":0", "127.0.0.1", "0"},
                {"0.0.0.0:80", "0.0.0.0", "80"},    {"[::1]:65535", "::1", "65535"},
                {"example.org:1", "example.org", "1"}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(http_address_parse(good[i].text, &address));
        assert_string_equal(address.host, good[i].host);
        assert_string_equal(address.port, good[i].port);
    }
    static const char *const bad[] = {"", ":", "a", "a:", "a:b", "a:65536", "[::1]", "[::1]80", "::1:80", "1:2:3",
                                      "-1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (http_address_parse(bad[i], &address)) {
            fail_msg("taken for an address: %s", bad[i]);
        }
    }
}

static void a_name_that_was_made_to_point_here_is_not_served(void **state) {
    (void)state;
    static const char *const good[] = {"localhost", "LOCALHOST:1", "127.0.0.1:8686", "127.1.2.3", "[::1]:8686",
                                       "[::1]", ""};
    static const char *const bad[] = {"evil.example", "evil.example:8686", "127.evil.example", "localhost.evil",
                                      "10.0.0.1", "[::2]", "::1", "[::1", "localhost:1:2"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(http_host_allowed(slice_of(good[i]), "127.0.0.1"));
        assert_true(http_host_allowed(slice_of(good[i]), "::1"));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (http_host_allowed(slice_of(bad[i]), "127.0.0.1")) {
            fail_msg("served: %s", bad[i]);
        }
        assert_true(http_host_allowed(slice_of(bad[i]), "0.0.0.0"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_taken_apart),
        cmocka_unit_test(every_beginning_of_a_request_asks_for_more),
        cmocka_unit_test(an_old_client_needs_no_host_and_is_not_kept),
        cmocka_unit_test(what_has_two_readings_is_refused),
        cmocka_unit_test(everything_has_a_limit),
        cmocka_unit_test(addresses_are_taken_apart),
        cmocka_unit_test(a_name_that_was_made_to_point_here_is_not_served),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
