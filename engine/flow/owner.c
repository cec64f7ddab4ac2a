/* SPDX-License-Identifier: Apache-2.0 */
/* Everything is read from /proc, once; the parts that name the host and the process never change while it lives. A
 * start time beside the pid tells a process from a later one that got its number. */
#include "engine/flow/owner.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/io.h"

enum { BOOT_LEN = 12 };

/* The first 12 hex digits of the kernel's boot id; "unknown" where there is none. */
static void boot_read(char ret_boot[BOOT_LEN + 1]) {
    char text[64] = "";
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
    if (file) {
        if (!fgets(text, sizeof text, file)) {
            text[0] = '\0';
        }
        fclose(file);
    }
    size_t len = 0;
    for (const char *at = text; *at && len < BOOT_LEN; at++) {
        if (*at != '-' && *at != '\n') {
            ret_boot[len++] = *at;
        }
    }
    ret_boot[len] = '\0';
    if (len == 0) {
        memcpy(ret_boot, "unknown", sizeof "unknown");
    }
}

static uint64_t pid_namespace(void) {
    char link[64];
    ssize_t len = readlink("/proc/self/ns/pid", link, sizeof link - 1);
    link[len > 0 ? len : 0] = '\0';
    const char *digits = strchr(link, '[');
    return digits ? strtoull(digits + 1, NULL, 10) : 0;
}

/* Start time of a process in clock ticks since boot (proc(5), stat field 22); 0 = there is no such process; a zombie
 * counts as gone. */
static uint64_t start_time(long pid) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    FILE *file = fopen(path, "re");
    if (!file) {
        return 0;
    }
    size_t len = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[len] = '\0';
    const char *at = strrchr(text, ')'); /* the command name may hold anything */
    if (!at || at[1] != ' ' || at[2] == 'Z' || at[2] == 'X') {
        return 0;
    }
    at += 2;
    for (int field = 3; field < 22 && at; field++) {
        at = strchr(at, ' ');
        at = at ? at + 1 : NULL;
    }
    return at ? strtoull(at, NULL, 10) : 0;
}

void owner_new(char ret_owner[OWNER_MAX]) {
    char boot[BOOT_LEN + 1];
    boot_read(boot);
    uint64_t nonce;
    io_random(&nonce, sizeof nonce);
    snprintf(ret_owner, OWNER_MAX, "%s-%" PRIu64 "-%ld-%" PRIu64 "-%016" PRIx64, boot, pid_namespace(),
             (long)getpid(), start_time(getpid()), nonce);
}

bool owner_is_dead_here(const char *owner) {
    char boot[BOOT_LEN + 1], its_boot[BOOT_LEN + 1];
    uint64_t namespace, start;
    long pid;
    if (sscanf(owner, "%12[^-]-%" SCNu64 "-%ld-%" SCNu64 "-", its_boot, &namespace, &pid, &start) != 4) {
        return false;
    }
    boot_read(boot);
    if (strcmp(boot, its_boot) != 0 || strcmp(boot, "unknown") == 0 || namespace != pid_namespace()) {
        return false; /* another host, another container, or another boot: the lease decides */
    }
    if (kill((pid_t)pid, 0) != 0 && errno == ESRCH) {
        return true;
    }
    uint64_t now = start_time(pid);
    return now == 0 || now != start;
}

const char *owner_nonce(const char *owner) {
    const char *dash = strrchr(owner, '-');
    return dash ? dash + 1 : owner;
}
