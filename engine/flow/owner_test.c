/* SPDX-License-Identifier: Apache-2.0 */
/* Who is alive on this host, by the owner's own words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/flow/owner.h"

static void two_owners_of_one_process_differ_in_their_nonce(void **state) {
    (void)state;
    char a[OWNER_MAX], b[OWNER_MAX];
    owner_new(a);
    owner_new(b);
    assert_string_not_equal(a, b);
    assert_string_not_equal(owner_nonce(a), owner_nonce(b));
    assert_int_equal(strlen(owner_nonce(a)), 16);
    assert_memory_equal(a, b, (size_t)(owner_nonce(a) - a));
}

static void a_living_process_is_not_dead(void **state) {
    (void)state;
    char owner[OWNER_MAX];
    owner_new(owner);
    assert_false(owner_is_dead_here(owner));
}

/* The child is dead as soon as it is a zombie, and when it was reaped. */
static void a_process_that_ended_is_dead(void **state) {
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        char owner[OWNER_MAX] = "";
        owner_new(owner);
        ssize_t wrote = write(ends[1], owner, sizeof owner);
        _exit(wrote == sizeof owner ? 0 : 1);
    }
    char owner[OWNER_MAX];
    assert_int_equal(read(ends[0], owner, sizeof owner), sizeof owner);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    assert_true(owner_is_dead_here(owner));
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_true(owner_is_dead_here(owner));
    close(ends[0]);
    close(ends[1]);
}

/* Replaces the n-th word between dashes. */
static void word_set(const char *owner, int n, const char *word, char ret[OWNER_MAX]) {
    char copy[OWNER_MAX], *rest = copy;
    snprintf(copy, sizeof copy, "%s", owner);
    ret[0] = '\0';
    for (int i = 0; rest; i++) {
        const char *each = strsep(&rest, "-");
        size_t len = strlen(ret);
        snprintf(ret + len, OWNER_MAX - len, "%s%s", i ? "-" : "", i == n ? word : each);
    }
}

static void another_start_time_of_the_same_pid_is_dead(void **state) {
    (void)state;
    char owner[OWNER_MAX], other[OWNER_MAX];
    owner_new(owner);
    word_set(owner, 3, "12345", other);
    assert_true(owner_is_dead_here(other));
}

static void of_another_boot_or_namespace_nothing_is_known(void **state) {
    (void)state;
    char owner[OWNER_MAX], other[OWNER_MAX];
    owner_new(owner);
    word_set(owner, 3, "12345", other);
    word_set(other, 0, "0123456789ab", owner);
    assert_false(owner_is_dead_here(owner));
    word_set(other, 1, "1", owner);
    assert_false(owner_is_dead_here(owner));
}

static void foreign_words_are_not_dead(void **state) {
    (void)state;
    static const char *const owners[] = {"", "-", "somebody", "a-b-c-d-e", "0123456789ab-1-2-", "-1-2-3-4"};
    for (size_t i = 0; i < sizeof owners / sizeof *owners; i++) {
        assert_false(owner_is_dead_here(owners[i]));
    }
    assert_string_equal(owner_nonce("somebody"), "somebody");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_owners_of_one_process_differ_in_their_nonce),
        cmocka_unit_test(a_living_process_is_not_dead),
        cmocka_unit_test(a_process_that_ended_is_dead),
        cmocka_unit_test(another_start_time_of_the_same_pid_is_dead),
        cmocka_unit_test(of_another_boot_or_namespace_nothing_is_known),
        cmocka_unit_test(foreign_words_are_not_dead),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
