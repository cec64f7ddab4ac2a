/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/self/stat, /proc/self/fd, and /proc/stat for the boot time. Read at each look: a few system calls. Main
 * thread. */
#include "engine/monitor/process.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

struct process {
    uint64_t user_ticks, system_ticks, threads, start_ticks, virtual_bytes, resident_pages;
};

static bool stat_read(struct process *ret) {
    char text[1024];
    FILE *file = fopen("/proc/self/stat", "re");
    size_t len = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file) {
        fclose(file);
    }
    text[len] = '\0';
    const char *at = strrchr(text, ')'); /* the name may hold anything */
    return at && sscanf(at + 1,
                        " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64 " %*d %*d %*d %*d %" SCNu64
                        " %*d %" SCNu64 " %" SCNu64 " %" SCNu64,
                        &ret->user_ticks, &ret->system_ticks, &ret->threads, &ret->start_ticks, &ret->virtual_bytes,
                        &ret->resident_pages) == 6;
}

/* Unix epoch; 0 = not known. */
static uint64_t boot_seconds(void) {
    char line[256];
    uint64_t seconds = 0;
    FILE *file = fopen("/proc/stat", "re");
    while (file && !seconds && fgets(line, sizeof line, file)) {
        if (sscanf(line, "btime %" SCNu64, &seconds) != 1) {
            seconds = 0;
        }
    }
    if (file) {
        fclose(file);
    }
    return seconds;
}

static uint64_t descriptors_count(void) {
    DIR *folder = opendir("/proc/self/fd");
    uint64_t count = 0;
    while (folder && readdir(folder)) {
        count++;
    }
    if (folder) {
        closedir(folder);
    }
    return count > 3 ? count - 3 : 0; /* `.`, `..` and the folder itself */
}

static void metric(struct buffer *out, const char *name, const char *type, const char *help) {
    buffer_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s ", name, help, name, type, name);
}

void process_print(struct buffer *out) {
    struct process process;
    if (!stat_read(&process)) {
        return;
    }
    double tick = 1.0 / (double)sysconf(_SC_CLK_TCK);
    metric(out, "process_cpu_seconds_total", "counter", "User and system time.");
    buffer_printf(out, "%.2f\n", (double)(process.user_ticks + process.system_ticks) * tick);
    metric(out, "process_resident_memory_bytes", "gauge", "Resident memory.");
    buffer_printf(out, "%" PRIu64 "\n", process.resident_pages * (uint64_t)sysconf(_SC_PAGESIZE));
    metric(out, "process_virtual_memory_bytes", "gauge", "Virtual memory.");
    buffer_printf(out, "%" PRIu64 "\n", process.virtual_bytes);
    metric(out, "process_threads", "gauge", "Threads.");
    buffer_printf(out, "%" PRIu64 "\n", process.threads);
    metric(out, "process_open_fds", "gauge", "Open file descriptors.");
    buffer_printf(out, "%" PRIu64 "\n", descriptors_count());
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        metric(out, "process_max_fds", "gauge", "Most file descriptors that may be open.");
        buffer_printf(out, "%" PRIu64 "\n", (uint64_t)limit.rlim_cur);
    }
    uint64_t boot = boot_seconds();
    if (boot) {
        metric(out, "process_start_time_seconds", "gauge", "When the process started, since the Unix epoch.");
        buffer_printf(out, "%.2f\n", (double)boot + (double)process.start_ticks * tick);
    }
}
