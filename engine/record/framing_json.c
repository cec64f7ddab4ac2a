/* SPDX-License-Identifier: Apache-2.0 */
/* The automaton of documents and arrays (framing.h). A raw newline ends a string, because no valid
 * string holds one: a document with an unclosed string then spoils itself and not the rest of the
 * file. */
#include "engine/record/framing.h"

#include "engine/record/json_block.h"

#include <assert.h>

static bool is_space(char byte) {
    return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r';
}

static const char *skip_space(const char *p, const char *end) {
    while (p < end && is_space(*p)) {
        p++;
    }
    return p;
}

/* Inside a string: moves behind its end; at the end of the bytes the state says what is open. */
static const char *string_skip(struct framer *framer, const char *p, const char *end) {
    if (framer->escaped && p < end) {
        framer->escaped = false;
        p += *p != '\n';
    }
    while (p < end) {
        if (end - p >= JSON_BLOCK) {
            unsigned stop = json_block_escape_stop(p);
            p += stop;
            if (stop == JSON_BLOCK) {
                continue;
            }
        }
        if (*p == '"' || *p == '\n') {
            framer->in_string = false;
            return p + 1;
        }
        if (*p == '\\') {
            framer->escaped = p + 1 == end;
            p += !framer->escaped && p[1] != '\n' ? 2 : 1;
        } else {
            p++;
        }
    }
    return end;
}

/* Moves over strings and brackets until depth 0 outside of a string; end if the bytes end first. */
static const char *brackets_skip(struct framer *framer, const char *p, const char *end) {
    while (p < end && (framer->in_string || framer->depth > 0)) {
        if (framer->in_string) {
            p = string_skip(framer, p, end);
            continue;
        }
        if (end - p >= JSON_BLOCK) {
            unsigned stop = json_block_bracket_stop(p);
            p += stop;
            if (stop == JSON_BLOCK) {
                continue;
            }
        }
        char byte = *p++;
        if (byte == '"') {
            framer->in_string = true;
        } else if (byte == '{' || byte == '[') {
            framer->depth++;
        } else if (byte == '}' || byte == ']') {
            framer->depth--;
        }
    }
    return p;
}

/* Enters the string or container that begins at p and returns behind its first byte; else p. */
static const char *piece_enter(struct framer *framer, const char *p) {
    if (*p == '"') {
        framer->in_string = true;
        return p + 1;
    }
    if (*p == '{' || *p == '[') {
        framer->depth = 1;
        return p + 1;
    }
    return p;
}

static bool document_next(struct framer *framer, const char **p, const char *end,
                          struct framing_piece *ret) {
    const char *at = *p;
    if (framer->place == PLACE_START || framer->place == PLACE_OUTSIDE) {
        at = skip_space(at, end);
        ret->start = at;
        if (at == end) {
            *p = end;
            return false;
        }
        const char *inside = piece_enter(framer, at);
        framer->place = inside > at ? PLACE_PIECE : PLACE_WORD;
        at = inside;
    }
    bool whole;
    if (framer->place == PLACE_PIECE) {
        at = brackets_skip(framer, at, end);
        whole = !framer->in_string && framer->depth == 0;
    } else {
        while (at < end && !is_space(*at) && *at != '{' && *at != '[' && *at != '"') {
            at++;
        }
        whole = at < end;
    }
    *p = at;
    if (whole) {
        framer->place = PLACE_START;
        ret->end = at;
    }
    return whole;
}

/* The text outside of an array: up to the end of its line. */
static bool outside_next(struct framer *framer, const char **p, const char *end,
                         struct framing_piece *ret) {
    const char *newline = memchr(*p, '\n', (size_t)(end - *p));
    *p = newline ? newline + 1 : end;
    if (newline) {
        framer->place = PLACE_OUTSIDE;
        ret->end = newline;
    }
    return newline != NULL;
}

/* Takes one separator or begins a piece; p is at no space. */
static const char *array_step(struct framer *framer, const char *p, struct framing_piece *ret) {
    bool outside = framer->place == PLACE_START || framer->place == PLACE_OUTSIDE;
    ret->start = p;
    if (outside && *p == '[') {
        framer->place = PLACE_OPENED;
        return p + 1;
    }
    if (framer->place == PLACE_START && (*p == ',' || *p == ']')) {
        framer->place = *p == ',' ? PLACE_NEXT : PLACE_OUTSIDE;
        return p + 1;
    }
    if (framer->place == PLACE_OPENED && *p == ']') {
        framer->place = PLACE_OUTSIDE;
        return p + 1;
    }
    framer->place = outside ? PLACE_WORD : PLACE_PIECE;
    return p;
}

/* Inside a piece: moves to the separator behind it. */
static const char *piece_skip(struct framer *framer, const char *p, const char *end) {
    for (;;) {
        p = brackets_skip(framer, p, end);
        if (p == end || *p == ',' || *p == ']') {
            return p;
        }
        const char *inside = piece_enter(framer, p);
        p = inside > p ? inside : p + 1;
    }
}

static bool element_next(struct framer *framer, const char **p, const char *end,
                         struct framing_piece *ret) {
    while (*p < end) {
        if (framer->place == PLACE_WORD) {
            return outside_next(framer, p, end, ret);
        }
        if (framer->place == PLACE_PIECE) {
            *p = piece_skip(framer, *p, end);
            if (*p == end) {
                return false;
            }
            framer->place = PLACE_START;
            ret->end = *p;
            return true;
        }
        *p = skip_space(*p, end);
        if (*p < end) {
            *p = array_step(framer, *p, ret);
        }
    }
    return false;
}

bool framing_next(struct framer *framer, const char **p, const char *end,
                  struct framing_piece *ret) {
    bool whole;
    if (framer->format->framing == FRAMING_DOCUMENTS) {
        whole = document_next(framer, p, end, ret);
    } else {
        assert(framer->format->framing == FRAMING_ARRAY);
        whole = element_next(framer, p, end, ret);
    }
    while (whole && ret->start && ret->end > ret->start && is_space(ret->end[-1])) {
        ret->end--;
    }
    return whole;
}

/* The first line of text that is no space, without its newline; data NULL when there is none. *rest
 * moves behind it. */
static struct slice first_line(struct slice *rest, bool *ret_ended) {
    const char *end = rest->data + rest->len, *start = skip_space(rest->data, end);
    const char *newline = start < end ? memchr(start, '\n', (size_t)(end - start)) : NULL;
    const char *stop = newline ? newline : end;
    *ret_ended = newline != NULL;
    *rest = slice_make(stop, (size_t)(end - stop));
    while (stop > start && is_space(stop[-1])) {
        stop--;
    }
    return slice_make(start, (size_t)(stop - start));
}

/* How far into the line its first container reaches; 0 when that does not end in it. */
static size_t container_length(struct slice line) {
    struct format probe = {.framing = FRAMING_DOCUMENTS};
    struct framer framer = {.format = &probe};
    struct framing_piece piece = {.start = NULL};
    const char *p = line.data;
    if (line.len == 0 || (*p != '{' && *p != '[') ||
        !framing_next(&framer, &p, line.data + line.len, &piece)) {
        return 0;
    }
    return (size_t)(p - line.data);
}

/* The first line's document is open at its end. Either it spans lines, or a line is broken: then
 * the next one, a whole object where no object may begin, gives it away. */
static enum framing detect_open(struct slice line, struct slice next) {
    char last = line.data[line.len - 1];
    bool may_follow = last == ':' || last == ',' || last == '[';
    bool whole = next.len && *next.data == '{' && container_length(next) == next.len;
    if (whole && !may_follow) {
        return FRAMING_LINES;
    }
    return *line.data == '[' ? FRAMING_ARRAY : FRAMING_DOCUMENTS;
}

static enum framing detect_json(struct slice head) {
    bool ended, next_ended;
    struct slice rest = head;
    if (rest.len >= 3 && memcmp(rest.data, "\xEF\xBB\xBF", 3) == 0) { /* format_head_read leaves it out */
        rest = slice_make(rest.data + 3, rest.len - 3);
    }
    struct slice line = first_line(&rest, &ended);
    struct slice next = first_line(&rest, &next_ended);
    if (line.len == 0 || (*line.data != '{' && *line.data != '[')) {
        return FRAMING_LINES;
    }
    size_t whole = container_length(line);
    if (whole == 0) {
        if (!ended) { /* a line longer than the head */
            return *line.data == '[' ? FRAMING_ARRAY : FRAMING_LINES;
        }
        return detect_open(line, next);
    }
    if (whole ==
        line.len) { /* an array alone is a list of records; several are one record a line */
        return *line.data == '[' && next.len == 0 ? FRAMING_ARRAY : FRAMING_LINES;
    }
    const char *behind = skip_space(line.data + whole, line.data + line.len);
    return *behind == '{' || *behind == '[' ? FRAMING_DOCUMENTS : FRAMING_LINES;
}

enum framing framing_detect(const struct format *format, struct slice head) {
    switch (format->kind) {
    case FORMAT_JSON:
        return detect_json(head);
    case FORMAT_CSV:
        return FRAMING_CSV;
    case FORMAT_TEXT:
        return FRAMING_LINES;
    case FORMAT_BYTES:
        break;
    }
    return FRAMING_NONE;
}
