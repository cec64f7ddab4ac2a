/* SPDX-License-Identifier: Apache-2.0 */
/* The secrets of one pipeline: known for redaction while it lives, wiped with it. A connection text
 * is a secret as a whole, and so is the password inside of it, which a library may quote alone. */
#include <ctype.h>

#include "engine/config/parser.h"
#include "engine/config/secret.h"

struct pipeline_secret {
    struct pipeline_secret *next;
    struct secret *secret;
    struct slice copy; /* the text where it lies in the arena */
};

struct pipeline_secrets {
    struct pipeline_secret *first;
};

struct pipeline_secrets *pipeline_secrets_new(struct arena *arena) {
    return arena_zalloc(arena, sizeof(struct pipeline_secrets));
}

static struct secret *entry_add(struct pipeline_secrets *secrets, struct arena *arena,
                                struct slice text) {
    struct pipeline_secret *entry = arena_alloc(arena, sizeof *entry);
    *entry = (struct pipeline_secret){
        .next = secrets->first, .secret = secret_new(text), .copy = text};
    secrets->first = entry;
    return entry->secret;
}

static struct slice behind(struct slice text, const char *at) {
    return slice_make(at, text.len - (size_t)(at - text.data));
}

/* scheme://user:password@host; empty when there is none. */
static struct slice url_password(struct slice text) {
    const char *start = text.len ? memmem(text.data, text.len, "://", 3) : NULL;
    if (!start) {
        return (struct slice){0};
    }
    struct slice authority = behind(text, start + 3);
    const char *end = memchr(authority.data, '/', authority.len);
    authority.len = end ? (size_t)(end - authority.data) : authority.len;
    const char *at = memrchr(authority.data, '@', authority.len);
    const char *colon = at ? memchr(authority.data, ':', (size_t)(at - authority.data)) : NULL;
    return colon ? slice_make(colon + 1, (size_t)(at - colon) - 1) : (struct slice){0};
}

/* `password=word` of a list of settings, or of a URL's query; quotes are not part of it. */
static struct slice setting_password(struct slice text) {
    static const struct slice key = SLICE_LITERAL("password=");
    const char *start = text.len ? memmem(text.data, text.len, key.data, key.len) : NULL;
    if (!start) {
        return (struct slice){0};
    }
    struct slice value = behind(text, start + key.len);
    bool quoted = value.len && value.data[0] == '\'';
    value = quoted ? behind(value, value.data + 1) : value;
    size_t len = 0;
    while (len < value.len &&
           (quoted ? value.data[len] != '\'' : !strchr(" \t\n&;", value.data[len]))) {
        len++;
    }
    return slice_make(value.data, len);
}

static int hex_digit(char byte) {
    return isdigit((unsigned char)byte)    ? byte - '0'
           : isxdigit((unsigned char)byte) ? tolower((unsigned char)byte) - 'a' + 10
                                           : -1;
}

static struct slice percent_decode(struct slice text, struct arena *arena) {
    char *decoded = arena_alloc(arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        bool escape = text.data[i] == '%' && i + 2 < text.len &&
                      hex_digit(text.data[i + 1]) >= 0 && hex_digit(text.data[i + 2]) >= 0;
        decoded[len++] = escape ? (char)(hex_digit(text.data[i + 1]) << 4 |
                                         hex_digit(text.data[i + 2]))
                                : text.data[i];
        i += escape ? 2 : 0;
    }
    return slice_make(decoded, len);
}

struct secret *pipeline_secrets_add(struct pipeline_secrets *secrets, struct arena *arena,
                                    struct slice text) {
    const struct slice inner[] = {url_password(text), setting_password(text)};
    for (size_t i = 0; i < sizeof inner / sizeof *inner; i++) {
        if (inner[i].len) {
            entry_add(secrets, arena, inner[i]);
            entry_add(secrets, arena, percent_decode(inner[i], arena));
        }
    }
    return entry_add(secrets, arena, text);
}

void pipeline_secrets_free(struct pipeline_secrets *secrets) {
    for (struct pipeline_secret *at = secrets ? secrets->first : NULL; at; at = at->next) {
        secret_free(at->secret);
        at->secret = NULL;
        explicit_bzero((char *)(uintptr_t)at->copy.data, at->copy.len);
    }
    if (secrets) {
        secrets->first = NULL;
    }
}
