/* SPDX-License-Identifier: Apache-2.0 */
/* A line is built on the caller's stack and leaves in one write(2): threads need no lock and lines do
 * not mix. Beyond 4 KiB it is cut, and a failed write is dropped: logging never blocks on memory and
 * never fails a caller. Redaction sees the whole line, the last thing before it is written. Values
 * are escaped here, so that data can neither end its quotes nor begin a line of its own. */
#include "engine/base/log.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/io.h"

enum { LINE_MAX_BYTES = 4096 };

static struct {
    enum log_level level;
    bool json;
    void (*redact)(char *text);
    const char *_Atomic prefix;
} settings = {.level = LOG_INFO, .prefix = ""};

static const char *const level_names[] = {"off", "error", "warn", "info", "debug"};

void log_setup(enum log_level level, bool json, void (*redact)(char *text)) {
    settings.level = level;
    settings.json = json;
    settings.redact = redact;
}

bool log_level_parse(const char *text, enum log_level *ret) {
    for (int i = 0; i <= LOG_DEBUG; i++) {
        if (strcmp(text, level_names[i]) == 0) {
            *ret = (enum log_level)i;
            return true;
        }
    }
    return false;
}

bool log_enabled(enum log_level level) {
    return level <= settings.level;
}

bool log_is_json(void) {
    return settings.json;
}

void log_prefix_set(const char *prefix) {
    settings.prefix = prefix;
}

struct line {
    char text[LINE_MAX_BYTES];
    size_t len;
};

static void line_add(struct line *line, const char *text) {
    size_t len = strlen(text);
    size_t room = sizeof line->text - 2 - line->len;
    len = len < room ? len : room;
    memcpy(line->text + line->len, text, len);
    line->len += len;
    line->text[line->len] = '\0';
}

/* Escapes quotes, backslashes and control bytes, so that a value can neither end its quotes nor the line. */
static void line_add_quoted(struct line *line, const char *text) {
    line_add(line, "\"");
    for (; *text; text++) {
        char escaped[8] = {*text};
        if (*text == '"' || *text == '\\') {
            snprintf(escaped, sizeof escaped, "\\%c", *text);
        } else if (*text == '\n') {
            snprintf(escaped, sizeof escaped, "\\n");
        } else if ((unsigned char)*text < 0x20 || *text == 0x7f) {
            snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned char)*text);
        }
        line_add(line, escaped);
    }
    line_add(line, "\"");
}

static bool is_plain(const char *text) {
    return *text && strcspn(text, " \t\r\n\"\\=") == strlen(text);
}

static void line_add_time(struct line *line) {
    int64_t now = io_wall_us();
    time_t seconds = (time_t)(now / 1000000);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    char text[40];
    size_t len = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(text + len, sizeof text - len, ".%03dZ", (int)(now / 1000 % 1000));
    line_add(line, text);
}

static void line_add_pair(struct line *line, const char *key, const char *value) {
    if (settings.json) {
        line_add(line, ",\"");
        line_add(line, key);
        line_add(line, "\":");
        line_add_quoted(line, value);
        return;
    }
    line_add(line, " ");
    line_add(line, key);
    line_add(line, "=");
    if (is_plain(value)) {
        line_add(line, value);
    } else {
        line_add_quoted(line, value);
    }
}

static void line_add_head(struct line *line, enum log_level level, const char *id, const char *sentence) {
    if (settings.json) {
        line_add(line, "{\"time\":\"");
        line_add_time(line);
        line_add(line, "\"");
        line_add_pair(line, "level", level_names[level]);
        line_add_pair(line, "id", id);
        line_add_pair(line, "message", sentence);
        return;
    }
    line_add_time(line);
    line_add(line, " ");
    line_add(line, level_names[level]);
    line_add(line, " ");
    line_add(line, id);
    line_add(line, ", ");
    line_add(line, sentence);
}

void log_write(enum log_level level, const char *id, const char *sentence, ...) {
    if (!log_enabled(level)) {
        return;
    }
    struct line line = {.len = 0};
    line_add(&line, settings.prefix);
    line_add_head(&line, level, id, sentence);
    va_list pairs;
    va_start(pairs, sentence);
    const char *key;
    while ((key = va_arg(pairs, const char *))) {
        const char *value = va_arg(pairs, const char *);
        line_add_pair(&line, key, value ? value : "");
    }
    va_end(pairs);
    if (settings.json) {
        line_add(&line, "}");
    }
    if (settings.redact) {
        settings.redact(line.text);
        line.len = strlen(line.text);
    }
    line.text[line.len++] = '\n';
    ssize_t written = write(STDERR_FILENO, line.text, line.len);
    (void)written; /* nobody is left to tell */
}

const char *log_number(long long value) {
    static _Thread_local char buffers[8][24];
    static _Thread_local unsigned next;
    char *text = buffers[next++ % 8];
    snprintf(text, sizeof buffers[0], "%lld", value);
    return text;
}
