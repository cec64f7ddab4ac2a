/* SPDX-License-Identifier: Apache-2.0 */
/* One buffer that grows to the largest record; what was handed out is moved away at the next call, so
 * that a block is always whole records in one piece. Compression and framing are found from the first
 * bytes, before the first record. The buffer is plain memory outside the budget (out of memory ends
 * the process); reads block. One thread. */
#include "engine/cli/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { BLOCK = 1 << 20, COMPRESSED_BLOCK = 256 << 10, PEEK_MOST = 64 << 20, MAGIC_LEN = 4 };

struct table_input {
    int fd;
    struct decompressor *decompressor;
    char *compressed; /* COMPRESSED_BLOCK, with a decompressor */
    struct slice pending;
    bool source_ended, ended;
    struct format format;
    struct format_head head;
    struct framer framer;
    struct arena *arena;
    char *data;
    size_t len, capacity;
    size_t framed, border, given; /* seen by the framer; whole records; handed out by the last call */
};

const struct format *table_input_format(const struct table_input *input) {
    return &input->format;
}

const struct format_head *table_input_head(const struct table_input *input) {
    return &input->head;
}

static enum status read_some(struct table_input *input, char *into, size_t room, size_t *ret_len, struct error *error) {
    ssize_t got;
    do {
        got = read(input->fd, into, room);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return error_set(error, ERROR_PERMANENT, "input-failed", "cannot read: %s", strerror(errno));
    }
    *ret_len = (size_t)got;
    return STATUS_OK;
}

static enum status inflate_some(struct table_input *input, size_t room, size_t *ret_len, struct error *error) {
    for (;;) {
        enum status status = decompressor_run(input->decompressor, &input->pending, input->source_ended,
                                              input->data + input->len, room, ret_len, error);
        if (status != STATUS_AGAIN || *ret_len > 0) {
            input->ended = status == STATUS_END;
            return status == STATUS_FAILED ? STATUS_FAILED : STATUS_OK;
        }
        size_t got = 0;
        if (read_some(input, input->compressed, COMPRESSED_BLOCK, &got, error) != STATUS_OK) {
            return STATUS_FAILED;
        }
        input->source_ended = got == 0;
        input->pending = slice_make(input->compressed, got);
    }
}

/* Reads more behind what is there. */
static enum status fill(struct table_input *input, struct error *error) {
    if (input->capacity - input->len < BLOCK / 2) {
        input->capacity = input->capacity ? input->capacity * 2 : BLOCK * 2;
        input->data = realloc(input->data, input->capacity);
        if (!input->data) {
            abort();
        }
    }
    size_t room = input->capacity - input->len, got = 0;
    room = room > BLOCK ? BLOCK : room;
    enum status status = input->decompressor ? inflate_some(input, room, &got, error)
                                             : read_some(input, input->data + input->len, room, &got, error);
    if (status != STATUS_OK) {
        return status;
    }
    input->ended |= !input->decompressor && got == 0;
    input->len += got;
    return STATUS_OK;
}

static void drop(struct table_input *input, size_t len) {
    memmove(input->data, input->data + len, input->len - len);
    input->len -= len;
    input->framed -= input->framed < len ? input->framed : len;
    input->border -= input->border < len ? input->border : len;
}

/* Standard input has no ending and files have wrong ones: no text begins as gzip and zstd do. */
static enum status compression_detect(struct table_input *input, struct error *error) {
    while (!input->ended && input->len < MAGIC_LEN) {
        if (fill(input, error) != STATUS_OK) {
            return STATUS_FAILED;
        }
    }
    bool gzip = input->len >= 2 && memcmp(input->data, "\x1F\x8B", 2) == 0;
    bool zstd = input->len >= MAGIC_LEN && memcmp(input->data, "\x28\xB5\x2F\xFD", MAGIC_LEN) == 0;
    if (!gzip && !zstd) {
        return STATUS_OK;
    }
    input->decompressor = decompressor_new(gzip ? COMPRESSION_GZIP : COMPRESSION_ZSTD);
    input->compressed = malloc(input->capacity > COMPRESSED_BLOCK ? input->capacity : COMPRESSED_BLOCK);
    if (!input->compressed) {
        abort();
    }
    memcpy(input->compressed, input->data, input->len);
    input->pending = slice_make(input->compressed, input->len);
    input->source_ended = input->ended;
    input->ended = false;
    input->len = 0;
    return STATUS_OK;
}

static enum status head_read(struct table_input *input, struct error *error) {
    enum status status = STATUS_AGAIN;
    while (status == STATUS_AGAIN) {
        if (!input->ended && fill(input, error) != STATUS_OK) {
            return STATUS_FAILED;
        }
        status = format_head_read(&input->format, slice_make(input->data, input->len), input->ended, input->arena,
                                  &input->head, error);
    }
    if (status != STATUS_OK) {
        return status;
    }
    drop(input, input->head.len);
    if (input->format.kind == FORMAT_JSON && input->format.framing == FRAMING_NONE) {
        input->format.framing = framing_detect(&input->format, slice_make(input->data, input->len));
    }
    input->framer = (struct framer){.format = &input->format};
    return STATUS_OK;
}

static bool ends_with(struct slice name, const char *end) {
    size_t len = strlen(end);
    return name.len >= len && memcmp(name.data + name.len - len, end, len) == 0;
}

static void kind_guess(struct format *format, struct slice name) {
    format->kind = FORMAT_JSON;
    format->framing = FRAMING_NONE;
    if (ends_with(name, ".csv") || ends_with(name, ".tsv")) {
        format->kind = FORMAT_CSV;
        format->framing = FRAMING_CSV;
        format->delimiter = ends_with(name, ".tsv") ? '\t' : format->delimiter;
    } else if (ends_with(name, ".txt") || ends_with(name, ".log")) {
        format->kind = FORMAT_TEXT;
        format->framing = FRAMING_LINES;
    }
}

char input_delimiter(const char *text) {
    if (strcmp(text, "\\t") == 0) {
        return '\t';
    }
    bool one = *text > 0 && *text != '"' && *text != '\n' && *text != '\r' && text[1] == '\0';
    return one ? *text : '\0';
}

struct table_input *table_input_open(const char *path, const struct format *format, bool kind_given,
                                     struct error *error) {
    struct table_input *input = calloc(1, sizeof *input);
    if (!input) {
        abort();
    }
    bool standard = strcmp(path, "-") == 0;
    input->fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    input->format = *format;
    input->arena = arena_new(NULL, POOL_READ);
    enum compression compression = compression_of_name(slice_of(path));
    if (input->fd < 0) {
        enum status status = error_set(error, ERROR_PERMANENT, "input-failed", "cannot open: %s", strerror(errno));
        (void)status;
        error_where(error, "%s", path);
        table_input_close(input);
        return NULL;
    }
    if (compression != COMPRESSION_NONE) {
        input->decompressor = decompressor_new(compression);
        input->compressed = malloc(COMPRESSED_BLOCK);
    }
    struct slice name = slice_of(path);
    name.len -= compression == COMPRESSION_GZIP ? 3 : compression == COMPRESSION_ZSTD ? 4 : 0;
    if (!kind_given) {
        kind_guess(&input->format, name);
    }
    if ((!input->decompressor && compression_detect(input, error) != STATUS_OK) ||
        head_read(input, error) != STATUS_OK) {
        error_where(error, "%s", path);
        table_input_close(input);
        return NULL;
    }
    return input;
}

void table_input_close(struct table_input *input) {
    if (!input) {
        return;
    }
    if (input->fd > STDIN_FILENO) {
        close(input->fd);
    }
    decompressor_free(input->decompressor);
    arena_free(input->arena);
    free(input->compressed);
    free(input->data);
    free(input);
}

static void frame(struct table_input *input) {
    size_t border = framer_border(&input->framer, input->data, input->framed, input->len, input->ended);
    input->border = border ? border : input->border;
    input->framed = input->len;
}

struct slice table_input_peek(struct table_input *input) {
    struct error ignored; /* the next read meets it again */
    if (input->framed < input->len || input->ended) {
        frame(input);
    }
    while (input->border == 0 && !input->ended && input->len < PEEK_MOST && fill(input, &ignored) == STATUS_OK) {
        frame(input);
    }
    return slice_make(input->data, input->border);
}

enum status table_input_read(struct table_input *input, struct slice *ret, struct error *error) {
    drop(input, input->given);
    input->given = 0;
    while (input->border == 0) {
        if (input->ended && input->len == 0) {
            return framer_is_complete(&input->framer)
                       ? STATUS_END
                       : error_set(error, ERROR_PERMANENT, "input-incomplete",
                                   "ends inside of its JSON array: it was cut short");
        }
        if (!input->ended && fill(input, error) != STATUS_OK) {
            return STATUS_FAILED;
        }
        frame(input);
    }
    input->given = input->border;
    *ret = slice_make(input->data, input->border);
    return STATUS_OK;
}
