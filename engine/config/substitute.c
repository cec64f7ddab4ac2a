/* SPDX-License-Identifier: Apache-2.0 */
/* ${NAME}, ${NAME:-default} and ${file:PATH} inside a scalar, after YAML: a value can never become
 * structure. `$${` is a plain `${`. A default is taken as it is, without substitution. What comes
 * from a file is a secret. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/config/parser.h"

enum { SECRET_FILE_BYTES_MAX = 64 << 10, SUBSTITUTED_BYTES_MAX = 4 << 20 };

struct substitution {
    struct parser *parser;
    const struct node *node;
    struct buffer out;
    size_t at;   /* of the `${` */
    bool secret; /* a file was read */
};

static bool refuse(struct substitution *substitution, const char *code, const char *text) {
    const struct node *node = substitution->node;
    struct placed_text placed = node_text(node);
    struct place place = placed_text_at(&placed, substitution->at);
    if (!placed.block && !placed.verbatim) {
        place = node->place;
    }
    config_errors_add(substitution->parser->errors, place, code, "%s", text);
    return false;
}

static bool append(struct substitution *substitution, struct slice text) {
    struct parser *parser = substitution->parser;
    parser->substituted_bytes += text.len;
    if (parser->substituted_bytes > SUBSTITUTED_BYTES_MAX) {
        return refuse(substitution, "config-too-large",
                      "more than 4 MiB come from variables and files");
    }
    buffer_append_slice(&substitution->out, text);
    return true;
}

/* Reads a whole small regular file; false sets *ret_reason. The descriptor is closed before
 * anything else. */
static bool file_read(const char *path, struct buffer *out, const char **ret_reason) {
    struct stat stat;
    size_t len = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        *ret_reason = strerror(errno);
        return false;
    }
    *ret_reason = NULL;
    if (fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode)) {
        *ret_reason = "it is no regular file";
    } else if (stat.st_size > SECRET_FILE_BYTES_MAX) {
        *ret_reason = "it is larger than 64 KiB";
    }
    char *data = buffer_reserve(out, SECRET_FILE_BYTES_MAX + 1);
    while (!*ret_reason && len <= SECRET_FILE_BYTES_MAX) {
        ssize_t got = read(fd, data + len, SECRET_FILE_BYTES_MAX + 1 - len);
        if (got < 0 && errno != EINTR) {
            *ret_reason = strerror(errno);
        }
        if (got == 0) {
            break;
        }
        len += got > 0 ? (size_t)got : 0;
    }
    close(fd);
    if (len > SECRET_FILE_BYTES_MAX) {
        *ret_reason = "it is larger than 64 KiB";
    } else if (!*ret_reason && memchr(data, '\0', len)) {
        *ret_reason = "it holds a NUL byte";
    }
    out->len += *ret_reason ? 0 : len;
    return !*ret_reason;
}

/* The file without the line end that editors put behind it. */
static bool file_append(struct substitution *substitution, struct slice path) {
    struct arena *arena = substitution->parser->arena;
    const char *reason, *name = arena_text(arena, path);
    struct buffer content;
    buffer_init(&content, arena, SECRET_FILE_BYTES_MAX + 1);
    if (!file_read(name, &content, &reason)) {
        return refuse(substitution, "config-secret-file",
                      arena_printf(arena, "cannot read %s: %s", shown(path, arena), reason));
    }
    struct slice text = buffer_slice(&content);
    text.len -= text.len && text.data[text.len - 1] == '\n';
    text.len -= text.len && text.data[text.len - 1] == '\r';
    pipeline_secrets_add(substitution->parser->secrets, arena, text);
    substitution->secret = true;
    return append(substitution, text);
}

static bool is_variable(struct slice name) {
    for (size_t i = 0; i < name.len; i++) {
        char byte = name.data[i];
        bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
        if (!letter && (i == 0 || byte < '0' || byte > '9')) {
            return false;
        }
    }
    return name.len > 0;
}

/* As in a shell, `:-` also replaces an empty value. */
static bool variable_append(struct substitution *substitution, struct slice inner) {
    struct arena *arena = substitution->parser->arena;
    const char *sign = memmem(inner.data, inner.len, ":-", 2);
    struct slice name = slice_make(inner.data, sign ? (size_t)(sign - inner.data) : inner.len);
    if (!is_variable(name)) {
        return refuse(substitution, "config-bad-substitution",
                      arena_printf(arena,
                                   "%s is no substitution: write ${NAME}, ${NAME:-default}, "
                                   "${file:/path}, or $${ for the characters themselves",
                                   shown(inner, arena)));
    }
    const char *value = getenv(arena_text(arena, name));
    if (sign && (!value || !*value)) {
        size_t skip = name.len + 2;
        return append(substitution, slice_make(inner.data + skip, inner.len - skip));
    }
    if (!value) {
        return refuse(substitution, "config-unset-variable",
                      arena_printf(arena,
                                   "environment variable %.*s is not set: set it, or write "
                                   "${%.*s:-default}",
                                   (int)(name.len < 200 ? name.len : 200), name.data,
                                   (int)(name.len < 200 ? name.len : 200), name.data));
    }
    size_t bad;
    if (!text_is_utf8(slice_of(value), &bad)) {
        return refuse(substitution, "config-bad-value",
                      arena_printf(arena, "environment variable %s is not UTF-8",
                                   shown(name, arena)));
    }
    return append(substitution, slice_of(value));
}

/* Appends what `${...}` at text stands for; returns its length, 0 after an error. */
static size_t substitute_one(struct substitution *substitution, struct slice text) {
    static const struct slice file = SLICE_LITERAL("file:");
    const char *end = memchr(text.data, '}', text.len);
    if (!end) {
        refuse(substitution, "config-bad-substitution",
               "`${` without `}`: close it, or write $${ for the characters themselves");
        return 0;
    }
    struct slice inner = slice_make(text.data + 2, (size_t)(end - text.data) - 2);
    bool done = slice_starts_with(inner, file)
                    ? file_append(substitution,
                                  slice_make(inner.data + file.len, inner.len - file.len))
                    : variable_append(substitution, inner);
    return done ? inner.len + 3 : 0;
}

bool scalar_read(struct parser *parser, const struct node *node, struct scalar *ret) {
    struct slice text = node->text;
    *ret = (struct scalar){.text = text};
    if (!text.len || !memmem(text.data, text.len, "${", 2)) {
        return true;
    }
    struct substitution substitution = {.parser = parser, .node = node};
    buffer_init(&substitution.out, parser->arena, text.len + 64);
    while (substitution.at < text.len) {
        struct slice rest = slice_make(text.data + substitution.at, text.len - substitution.at);
        if (slice_starts_with(rest, SLICE_LITERAL("$${"))) {
            buffer_append(&substitution.out, "${", 2);
            substitution.at += 3;
        } else if (slice_starts_with(rest, SLICE_LITERAL("${"))) {
            size_t len = substitute_one(&substitution, rest);
            if (!len) {
                return false;
            }
            substitution.at += len;
        } else {
            buffer_append_byte(&substitution.out, rest.data[0]);
            substitution.at++;
        }
    }
    buffer_append_byte(&substitution.out, '\0');
    ret->text = slice_make(substitution.out.data, substitution.out.len - 1);
    ret->substituted = true;
    if (substitution.secret) {
        pipeline_secrets_add(parser->secrets, parser->arena, ret->text);
    }
    return true;
}
