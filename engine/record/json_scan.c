/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON scanner. One pass of recursive descent without recursion: the top-level object is walked
 * member by member, each name is looked up, and whatever lies deeper is validated by a loop with
 * one bit a level. The hot path is a string: sixteen bytes at a time, leaving the block only for
 * the closing quote; escapes and non-ASCII text take the slow road. Nothing reads beyond the end:
 * the last 15 bytes go byte by byte.
 *
 * Every failure notes its place no later than the first newline that the scanner must not cross, so
 * that a refused line still ends where it ends. */
#include "engine/record/json_shape.h"
#include "engine/record/json_text.h"

#include <assert.h>

enum { DEPTH_LIMIT = 1024 };

struct scan {
    const char *data, *end;
    const struct json_keys *keys;
    struct json_value *values;
    struct json_shape *shape;
    const char *failed_at, *message; /* message NULL = well so far */
    uint32_t depth_max;
    bool lines; /* a raw newline ends the document */
    bool escaped;
    bool unacceptable, any_unacceptable; /* in this value; in the document */
};

static const char *fail(struct scan *scan, const char *at, const char *message) {
    scan->failed_at = at;
    scan->message = message;
    return NULL;
}

/* What stands at p; NUL, which no rule accepts, at the end. */
static inline char peek(const struct scan *scan, const char *p) {
    return p < scan->end ? *p : '\0';
}

static const char *fail_expected(struct scan *scan, const char *p, const char *message) {
    if (p >= scan->end) {
        return fail(scan, p, "the document ends too early");
    }
    return fail(scan, p, scan->lines && *p == '\n' ? "the document ends too early" : message);
}

static __attribute__((noinline)) const char *skip_space_slow(const struct scan *scan,
                                                             const char *p) {
    while (p < scan->end) {
        if (*p == ' ') {
            p += scan->end - p >= JSON_BLOCK ? json_block_spaces(p) : 1;
        } else if (*p == '\t' || *p == '\r' || (*p == '\n' && !scan->lines)) {
            p++;
        } else {
            break;
        }
    }
    return p;
}

/* No space, or one as many writers put it, goes without a call. */
static inline const char *skip_space(const struct scan *scan, const char *p) {
    if (p < scan->end && (unsigned char)*p > ' ') {
        return p;
    }
    if (scan->end - p >= 2 && *p == ' ' && (unsigned char)p[1] > ' ') {
        return p + 1;
    }
    return skip_space_slow(scan, p);
}

/* --- strings --------------------------------------------------------------------------------- */

static const char *scan_escape(struct scan *scan, const char *p) {
    uint32_t code = 0;
    unsigned len = json_text_escape(p, scan->end, &code);
    if (len == 0) {
        return fail(scan, p, "invalid escape in a string");
    }
    scan->escaped = true;
    if (code == 0 || json_text_is_surrogate(code)) {
        scan->unacceptable = scan->any_unacceptable = true;
    }
    return p + len;
}

/* p stands on a byte that is neither plain ASCII text nor the closing quote: takes all such. */
static __attribute__((noinline)) const char *scan_odd(struct scan *scan, const char *p) {
    while (p < scan->end) {
        if (*p == '\\') {
            p = scan_escape(scan, p);
            if (!p) {
                return NULL;
            }
        } else if ((unsigned char)*p >= 0x80) {
            unsigned len = json_text_utf8(p, scan->end);
            if (len == 0) {
                return fail(scan, p, "invalid UTF-8 in a string");
            }
            p += len;
        } else if ((unsigned char)*p < 0x20) {
            return fail_expected(scan, p, "control character in a string");
        } else {
            return p;
        }
    }
    return p;
}

static __attribute__((noinline)) const char *scan_string_tail(struct scan *scan, const char *p) {
    while (p < scan->end) {
        if (*p == '"') {
            return p + 1;
        }
        if (*p == '\\' || (signed char)*p < 0x20) {
            p = scan_odd(scan, p);
            if (!p) {
                return NULL;
            }
        } else {
            p++;
        }
    }
    return fail(scan, p, "the document ends inside a string");
}

/* p is behind the opening quote; returns behind the closing one. */
static inline const char *scan_string(struct scan *scan, const char *p) {
    while (scan->end - p >= JSON_BLOCK) {
        unsigned stop = json_block_string_stop(p);
        p += stop;
        if (stop == JSON_BLOCK) {
            continue;
        }
        if (*p == '"') {
            return p + 1;
        }
        p = scan_odd(scan, p);
        if (!p) {
            return NULL;
        }
    }
    return scan_string_tail(scan, p);
}

/* --- numbers and literals -------------------------------------------------------------------- */

static inline const char *skip_digits(const struct scan *scan, const char *p) {
    while (scan->end - p >= JSON_BLOCK) {
        unsigned digits = json_block_digits(p);
        p += digits;
        if (digits < JSON_BLOCK) {
            return p;
        }
    }
    while (p < scan->end && *p >= '0' && *p <= '9') {
        p++;
    }
    return p;
}

static const char *scan_exponent(struct scan *scan, const char *p) {
    char sign = peek(scan, p);
    const char *first = sign == '+' || sign == '-' ? p + 1 : p;
    p = skip_digits(scan, first);
    return p > first ? p : fail_expected(scan, p, "digit expected in the exponent");
}

static inline const char *scan_number(struct scan *scan, const char *p) {
    const char *first = p + (*p == '-');
    p = skip_digits(scan, first);
    if (p == first) {
        return fail_expected(scan, p, "digit expected");
    }
    if (*first == '0' && p - first > 1) {
        return fail(scan, first, "a number must not begin with 0");
    }
    if (peek(scan, p) == '.') {
        first = p + 1;
        p = skip_digits(scan, first);
        if (p == first) {
            return fail_expected(scan, p, "digit expected after the point");
        }
    }
    return (peek(scan, p) | 0x20) == 'e' ? scan_exponent(scan, p + 1) : p;
}

static const char *scan_literal(struct scan *scan, const char *p, const char *word, size_t len) {
    if ((size_t)(scan->end - p) >= len && memcmp(p, word, len) == 0) {
        return p + len;
    }
    return fail(scan, p, "value expected");
}

static inline const char *scan_scalar(struct scan *scan, const char *p, enum json_kind *ret_kind) {
    switch (peek(scan, p)) {
    case '"':
        *ret_kind = JSON_STRING;
        return scan_string(scan, p + 1);
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
        *ret_kind = JSON_NUMBER;
        return scan_number(scan, p);
    case 't':
        *ret_kind = JSON_TRUE;
        return scan_literal(scan, p, "true", 4);
    case 'f':
        *ret_kind = JSON_FALSE;
        return scan_literal(scan, p, "false", 5);
    case 'n':
        *ret_kind = JSON_NULL;
        return scan_literal(scan, p, "null", 4);
    default:
        return fail_expected(scan, p, "value expected");
    }
}

/* --- containers ------------------------------------------------------------------------------ */

/* The containers that are open: bit set = object. */
struct nesting {
    uint32_t depth;
    uint64_t objects[DEPTH_LIMIT / 64];
};

static inline bool nesting_in_object(const struct nesting *nesting) {
    return nesting->objects[nesting->depth >> 6] >> (nesting->depth & 63) & 1;
}

static inline void nesting_push(struct nesting *nesting, bool object) {
    uint32_t depth = ++nesting->depth;
    uint64_t bit = UINT64_C(1) << (depth & 63);
    uint64_t *word = &nesting->objects[depth >> 6];
    uint64_t outer = depth & 63 ? *word : 0;
    *word = object ? outer | bit : outer & ~bit;
}

/* A member's name and its colon; p is at the name, returns the value's first byte. */
static inline const char *scan_name(struct scan *scan, const char *p) {
    if (peek(scan, p) != '"') {
        return fail_expected(scan, p, "member name expected");
    }
    p = scan_string(scan, p + 1);
    if (!p) {
        return NULL;
    }
    p = skip_space(scan, p);
    if (peek(scan, p) != ':') {
        return fail_expected(scan, p, "colon expected");
    }
    return skip_space(scan, p + 1);
}

/* p is at a bracket: enters, and stops at the first value or, when there is none, behind the
 * closing one. */
static inline const char *container_open(struct scan *scan, struct nesting *nesting, const char *p,
                                         bool *ret_empty) {
    bool object = *p == '{';
    if (nesting->depth >= scan->depth_max) {
        return fail(scan, p, "nested too deeply");
    }
    p = skip_space(scan, p + 1);
    *ret_empty = peek(scan, p) == (object ? '}' : ']');
    if (*ret_empty) {
        return p + 1;
    }
    nesting_push(nesting, object);
    return object ? scan_name(scan, p) : p;
}

/* p is behind a value: closes what closes, until the next value or until depth floor is reached. */
static inline const char *value_end(struct scan *scan, struct nesting *nesting, uint32_t floor,
                                    const char *p) {
    while (nesting->depth > floor) {
        bool object = nesting_in_object(nesting);
        p = skip_space(scan, p);
        char byte = peek(scan, p);
        if (byte == ',') {
            p = skip_space(scan, p + 1);
            return object ? scan_name(scan, p) : p;
        }
        if (byte != (object ? '}' : ']')) {
            return fail_expected(scan, p, object ? "comma or } expected" : "comma or ] expected");
        }
        nesting->depth--;
        p++;
    }
    return p;
}

/* Validates the container at p, which lies `outer` containers deep. */
static const char *scan_container(struct scan *scan, const char *p, uint32_t outer) {
    struct nesting nesting; /* a word is written before it is read */
    nesting.depth = outer;
    nesting.objects[0] = 0;
    do {
        char byte = peek(scan, p);
        bool empty = true;
        if (byte == '{' || byte == '[') {
            p = container_open(scan, &nesting, p, &empty);
        } else {
            enum json_kind kind;
            p = scan_scalar(scan, p, &kind);
        }
        if (p && empty) {
            p = value_end(scan, &nesting, outer, p);
        }
        if (!p) {
            return NULL;
        }
    } while (nesting.depth > outer);
    return p;
}

static inline const char *scan_value(struct scan *scan, const char *p, uint32_t outer,
                                     struct json_value *ret) {
    const char *start = p;
    char byte = peek(scan, p);
    scan->escaped = scan->unacceptable = false;
    if (byte == '{' || byte == '[') {
        ret->kind = byte == '{' ? JSON_OBJECT : JSON_ARRAY;
        p = scan_container(scan, p, outer);
        scan->escaped = false;
    } else {
        p = scan_scalar(scan, p, &ret->kind);
    }
    if (p) {
        ret->text = slice_make(start, (size_t)(p - start));
        ret->escaped = scan->escaped;
        ret->unacceptable = scan->unacceptable;
    }
    return p;
}

/* --- the top-level object -------------------------------------------------------------------- */

/* p is at a member's name: finds who asked for it, and stops at the value. */
static inline const char *scan_key(struct scan *scan, const char *p,
                                   const struct json_key **ret_key) {
    const char *name = p + 1;
    scan->escaped = false;
    if (peek(scan, p) != '"') {
        return fail_expected(scan, p, "member name expected");
    }
    p = scan_string(scan, name);
    if (!p) {
        return NULL;
    }
    size_t len = (size_t)(p - name) - 1;
    *ret_key = scan->escaped ? json_keys_find_escaped(scan->keys, slice_make(name, len))
                             : json_keys_find(scan->keys, name, len, (size_t)(scan->end - name));
    p = skip_space(scan, p);
    if (peek(scan, p) != ':') {
        return fail_expected(scan, p, "colon expected");
    }
    return skip_space(scan, p + 1);
}

/* The same by guess: the name that stood here in the last document, or the one after it. */
static inline const char *scan_guessed_key(struct scan *scan, const char *p, uint32_t *cursor,
                                           const struct json_key **ret_key) {
    if (*cursor + 1 >= JSON_SHAPE_MEMBERS) {
        return scan_key(scan, p, ret_key);
    }
    struct json_shape_member *member = &scan->shape->members[*cursor];
    if (!json_shape_matches(member, p, scan->end)) {
        if (!json_shape_matches(member + 1, p, scan->end)) {
            const char *value = scan_key(scan, p, ret_key);
            if (value && !scan->escaped) {
                json_shape_learn(member, p, value, *ret_key);
            }
            ++*cursor;
            return value;
        }
        member++;
        ++*cursor;
    }
    ++*cursor;
    *ret_key = member->key;
    return skip_space(scan, p + member->len);
}

/* p is at the opening brace. */
static const char *scan_members(struct scan *scan, const char *p) {
    struct json_value ignored;
    if (scan->depth_max == 0) {
        return fail(scan, p, "nested too deeply");
    }
    p = skip_space(scan, p + 1);
    if (peek(scan, p) == '}') {
        return p + 1;
    }
    for (uint32_t cursor = 0;;) {
        const struct json_key *key = NULL;
        p = scan->shape ? scan_guessed_key(scan, p, &cursor, &key) : scan_key(scan, p, &key);
        if (p) {
            p = scan_value(scan, p, 1, key ? &scan->values[key->index] : &ignored);
        }
        if (!p) {
            return NULL;
        }
        p = skip_space(scan, p);
        char byte = peek(scan, p);
        if (byte == '}') {
            return p + 1;
        }
        if (byte != ',') {
            return fail_expected(scan, p, "comma or } expected");
        }
        p = skip_space(scan, p + 1);
    }
}

static const char *scan_root(struct scan *scan, const char *p, struct json_value *ret_root) {
    if (!scan->keys || peek(scan, p) != '{') {
        return scan_value(scan, p, 0, ret_root);
    }
    const char *start = p;
    p = scan_members(scan, p);
    if (p) {
        *ret_root = (struct json_value){.text = slice_make(start, (size_t)(p - start)),
                                        .kind = JSON_OBJECT,
                                        .unacceptable = scan->any_unacceptable};
    }
    return p;
}

/* Scans the document and the space around it; NULL when it is refused, else where it ends. */
static const char *scan_document(struct scan *scan, struct json_value *ret_root) {
    assert(scan->depth_max < DEPTH_LIMIT);
    if (scan->keys) {
        memset(scan->values, 0, scan->keys->count * sizeof *scan->values);
    }
    const char *p = scan_root(scan, skip_space(scan, scan->data), ret_root);
    if (!p) {
        return NULL;
    }
    p = skip_space(scan, p);
    if (p < scan->end && !(scan->lines && *p == '\n')) {
        return fail(scan, p, "text after the end of the document");
    }
    return p;
}

static bool refused(const struct scan *scan, struct json_error *error) {
    if (scan->keys) { /* what was found before the failure is not to be used */
        memset(scan->values, 0, scan->keys->count * sizeof *scan->values);
    }
    error->offset = (size_t)(scan->failed_at - scan->data);
    error->message = scan->message;
    return false;
}

bool json_scan_with(const struct json_scanner *scanner, struct slice text,
                    struct json_value *ret_root, size_t *ret_line_len, struct json_error *error) {
    if (!text.data) {
        text = slice_make("", 0);
    }
    struct scan scan = {.data = text.data,
                        .end = text.data + text.len,
                        .keys = scanner->keys,
                        .values = scanner->values,
                        .shape = scanner->shape,
                        .depth_max = scanner->depth_max,
                        .lines = ret_line_len != NULL};
    const char *p = scan_document(&scan, ret_root);
    if (p) {
        if (ret_line_len) {
            *ret_line_len = (size_t)(p - text.data);
        }
        return true;
    }
    if (ret_line_len) {
        size_t rest = (size_t)(scan.end - scan.failed_at);
        const char *newline = rest ? memchr(scan.failed_at, '\n', rest) : NULL;
        *ret_line_len = newline ? (size_t)(newline - text.data) : text.len;
    }
    return refused(&scan, error);
}

bool json_scan(struct slice document, const struct json_keys *keys, uint32_t depth_max,
               struct json_value *ret_values, struct json_value *ret_root,
               struct json_error *error) {
    struct json_scanner scanner = {.keys = keys, .values = ret_values, .depth_max = depth_max};
    return json_scan_with(&scanner, document, ret_root, NULL, error);
}

bool json_scan_line(const char *data, size_t len, const struct json_keys *keys, uint32_t depth_max,
                    struct json_value *ret_values, struct json_value *ret_root,
                    size_t *ret_line_len, struct json_error *error) {
    struct json_scanner scanner = {.keys = keys, .values = ret_values, .depth_max = depth_max};
    return json_scan_with(&scanner, slice_make(data, len), ret_root, ret_line_len, error);
}
