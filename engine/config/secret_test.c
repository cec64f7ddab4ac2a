/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets are revealed by name only, and what is known is struck out of messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>

#include "engine/config/secret.h"

static void a_secret_is_revealed_with_a_nul_behind_it(void **state) {
    (void)state;
    struct secret *secret = secret_new(slice_make("passwordXXX", 8));
    assert_string_equal(secret_reveal(secret), "password");
    secret_free(secret);
    secret = secret_new(slice_of(""));
    assert_string_equal(secret_reveal(secret), "");
    secret_free(secret);
    secret_free(NULL);
}

static void expect_redacted(const char *text, const char *expected) {
    char copy[256];
    snprintf(copy, sizeof copy, "%s", text);
    secret_redact(copy);
    assert_string_equal(copy, expected);
}

static void every_occurrence_is_struck_out(void **state) {
    (void)state;
    struct secret *secret = secret_new(slice_of("canary"));
    expect_redacted("canary", "***");
    expect_redacted("a canary, canary!", "a ***, ***!");
    expect_redacted("canarycanary", "***");
    expect_redacted("cana", "cana");
    expect_redacted("xcanar", "xcanar");
    expect_redacted("", "");
    secret_free(secret);
    expect_redacted("a canary", "a canary");
}

static void overlapping_secrets_leave_nothing(void **state) {
    (void)state;
    struct secret *one = secret_new(slice_of("abcd"));
    struct secret *longer = secret_new(slice_of("abcdefgh"));
    struct secret *crossing = secret_new(slice_of("ghij"));
    expect_redacted("<abcdefgh>", "<***>");
    expect_redacted("<abcdefghij>", "<***>");
    expect_redacted("<abcd><ghij>", "<***><***>");
    expect_redacted("<abcdghij>", "<***>");
    secret_free(longer);
    expect_redacted("<abcdefghij>", "<***ef***>");
    secret_free(one);
    secret_free(crossing);
}

static void short_secrets_do_not_strike_out_innocent_text(void **state) {
    (void)state;
    struct secret *empty = secret_new(slice_of("")), *letter = secret_new(slice_of("abc"));
    expect_redacted("abc and a", "abc and a");
    secret_free(letter);
    secret_free(empty);
}

static void one_text_known_twice_is_struck_out_until_both_are_gone(void **state) {
    (void)state;
    struct secret *one = secret_new(slice_of("twice")), *two = secret_new(slice_of("twice"));
    secret_free(one);
    expect_redacted("twice", "***");
    secret_free(two);
    expect_redacted("twice", "twice");
}

static void *churn(void *argument) {
    (void)argument;
    for (int i = 0; i < 500; i++) {
        struct secret *secret = secret_new(slice_of("thread-secret"));
        char text[] = "the thread-secret is out";
        secret_redact(text);
        if (strstr(text, "thread-secret")) {
            return text[0] ? (void *)1 : NULL;
        }
        secret_free(secret);
    }
    return NULL;
}

static void threads_may_come_and_go(void **state) {
    (void)state;
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, churn, NULL), 0);
    }
    for (int i = 0; i < 4; i++) {
        void *leaked;
        pthread_join(threads[i], &leaked);
        assert_null(leaked);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_secret_is_revealed_with_a_nul_behind_it),
        cmocka_unit_test(every_occurrence_is_struck_out),
        cmocka_unit_test(overlapping_secrets_leave_nothing),
        cmocka_unit_test(short_secrets_do_not_strike_out_innocent_text),
        cmocka_unit_test(one_text_known_twice_is_struck_out_until_both_are_gone),
        cmocka_unit_test(threads_may_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
