/* SPDX-License-Identifier: Apache-2.0 */
/* The moving line and the last lines. Rates are those of the last seconds, so that they follow what happens; the time
 * left follows the rate of the whole run, so that it does not jump. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "engine/base/io.h"
#include "engine/cli/run.h"

enum { TICK_MS = 200, WINDOW_TICKS = 15, LINE_ROOM = 256, BAR_CELLS = 20 };

struct look {
    int64_t at_us;
    uint64_t records, bytes;
};

struct progress {
    struct run *run;
    uv_timer_t timer;
    struct look looks[WINDOW_TICKS];
    uint32_t ticks;
};

/* 12,345,678 */
static const char *grouped(uint64_t value, char ret[32]) {
    char plain[24];
    int len = snprintf(plain, sizeof plain, "%" PRIu64, value), out = 0;
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0) {
            ret[out++] = ',';
        }
        ret[out++] = plain[i];
    }
    ret[out] = '\0';
    return ret;
}

static double fraction_of(const struct job_status *status, uint64_t bytes) {
    uint64_t done = status->weights_are_exact ? bytes : status->bytes_over;
    return status->bytes_total ? (double)done / (double)status->bytes_total : -1;
}

/* Over all pipelines; negative = not known. */
static double fraction(struct run *run, struct look *look) {
    double sum = 0;
    for (uint32_t i = 0; i < run->count; i++) {
        struct running *running = &run->items[i];
        uint64_t figures[PIPELINE_FIGURES];
        watched_figures(running->watched, figures);
        look->records += figures[PIPELINE_RECORDS];
        look->bytes += figures[PIPELINE_SOURCE_BYTES];
        double one = 1;
        if (running->now) {
            struct job_status status;
            job_status(running->now->job, &status);
            one = fraction_of(&status, figures[PIPELINE_SOURCE_BYTES]);
        }
        sum = one < 0 || sum < 0 ? -1 : sum + (one > 1 ? 1 : one);
    }
    return sum / run->count;
}

static int bar_print(char *out, size_t room, double done) {
    char cells[BAR_CELLS + 1];
    for (int i = 0; i < BAR_CELLS; i++) {
        cells[i] = i < (int)(done * BAR_CELLS) ? '#' : '-';
    }
    cells[BAR_CELLS] = '\0';
    return snprintf(out, room, " [%s] %3d%%", cells, (int)(done * 100));
}

static int left_print(char *out, size_t room, double done, int64_t elapsed_us) {
    if (done < 0.01 || elapsed_us < 1000000) {
        return snprintf(out, room, "  ETA -:--");
    }
    int64_t seconds = (int64_t)((double)elapsed_us / 1e6 * (1 - done) / done + 0.5);
    if (seconds >= 3600) {
        return snprintf(out, room, "  ETA %" PRId64 ":%02d:%02d", seconds / 3600, (int)(seconds / 60 % 60),
                        (int)(seconds % 60));
    }
    return snprintf(out, room, "  ETA %d:%02d", (int)(seconds / 60), (int)(seconds % 60));
}

static size_t columns(void) {
    struct winsize size;
    bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? size.ws_col : 80;
}

static void line_write(const char *line, size_t len) {
    char out[LINE_ROOM + 16];
    size_t room = columns() - 1;
    len = len > room ? room : len;
    int total = snprintf(out, sizeof out, "\r\x1b[K%.*s", (int)len, line);
    ssize_t written = write(STDERR_FILENO, out, (size_t)total);
    (void)written; /* a terminal that is gone needs no bar */
}

static void tick(uv_timer_t *timer) {
    struct progress *progress = timer->data;
    struct run *run = progress->run;
    struct look now = {.at_us = io_now_us()};
    double done = fraction(run, &now);
    const struct look *before =
        progress->ticks < WINDOW_TICKS ? &progress->looks[0] : &progress->looks[progress->ticks % WINDOW_TICKS];
    double seconds = (double)(now.at_us - before->at_us) / 1e6;
    double rate = seconds > 0 ? 1 / seconds : 0;
    char line[LINE_ROOM], rows[32], total[32];
    const struct running *first = &run->items[0];
    int len = run->count == 1 && first->now ? snprintf(line, 80, "%s", first->now->pipeline->name)
                                            : snprintf(line, 80, "%" PRIu32 " pipelines", run->count);
    len = len > 60 ? 60 : len;
    if (done >= 0) {
        len += bar_print(line + len, sizeof line - (size_t)len, done);
    }
    len += snprintf(line + len, sizeof line - (size_t)len, "  %s rows  %s rows/s  %.1f MB/s",
                    grouped(now.records, total),
                    grouped((uint64_t)((double)(now.records - before->records) * rate), rows),
                    (double)(now.bytes - before->bytes) * rate / 1e6);
    if (done >= 0) {
        len += left_print(line + len, sizeof line - (size_t)len, done, now.at_us - run->started_us);
    }
    line_write(line, (size_t)len);
    progress->looks[progress->ticks++ % WINDOW_TICKS] = now;
}

struct progress *progress_new(struct run *run) {
    struct progress *progress = calloc(1, sizeof *progress);
    if (!progress) {
        abort();
    }
    progress->run = run;
    progress->looks[0].at_us = run->started_us;
    progress->ticks = 1;
    uv_timer_init(&run->loop, &progress->timer);
    progress->timer.data = progress;
    uv_timer_start(&progress->timer, tick, TICK_MS, TICK_MS);
    log_prefix_set("\r\x1b[K"); /* a log line takes the bar's place; the next tick draws it again */
    return progress;
}

static void timer_closed(uv_handle_t *handle) {
    free(handle->data);
}

void progress_close(struct progress *progress) {
    if (progress) {
        line_write("", 0);
        log_prefix_set("");
        uv_close((uv_handle_t *)&progress->timer, timer_closed);
    }
}

/* --- the last lines ----------------------------------------------------------------------------------------------- */

static void sink_summary(const char *pipeline, const struct sink_sample *sink, double seconds) {
    uint64_t delivered = sink->figures[SINK_DELIVERED], filtered = sink->figures[SINK_FILTERED];
    uint64_t letters = sink->figures[SINK_DEAD_LETTER], settled = delivered + filtered + letters;
    if (log_is_json()) {
        log_write(LOG_INFO, "summary", "books of this run", "pipeline", pipeline, "sink", sink->name, "in",
                  log_number((long long)settled), "delivered", log_number((long long)delivered), "filtered",
                  log_number((long long)filtered), "dead_letters", log_number((long long)letters), "commits",
                  log_number((long long)sink->figures[SINK_COMMITS]), "milliseconds",
                  log_number((long long)(seconds * 1e3)), NULL);
        return;
    }
    char in[32], out[32], less[32], bad[32], rate[32];
    fprintf(stderr, "%s -> %s: %s records in, %s delivered, %s filtered, %s dead letter%s, in %.1f s (%s records/s)\n",
            pipeline, sink->name, grouped(settled, in), grouped(delivered, out), grouped(filtered, less),
            grouped(letters, bad), letters == 1 ? "" : "s", seconds,
            grouped(seconds > 0 ? (uint64_t)((double)settled / seconds) : 0, rate));
}

void summary_print(const struct run *run, const struct running *running) {
    if (!log_enabled(LOG_INFO)) {
        return;
    }
    struct sink_sample sinks[SINKS_MAX];
    uint32_t count = watched_sinks(running->watched, sinks);
    double seconds = (double)(io_now_us() - run->started_us) / 1e6;
    for (uint32_t i = 0; i < count; i++) {
        sink_summary(watched_name(running->watched), &sinks[i], seconds);
    }
}
