/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets and the list of those that are known. The list exists for secret_redact alone: libraries
 * put what they were given into their messages, and what is known can be struck out there. Any
 * thread; the list is behind one read-write lock that is held for no call out of this file. */
#include "engine/config/secret.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

/* Shorter ones would strike out innocent text, and four bytes are longer than the "***" put in
 * their place. */
enum { REDACT_BYTES_MIN = 4 };

struct secret {
    struct secret *next, *previous;
    size_t len;
    char text[];
};

static pthread_rwlock_t secrets_lock = PTHREAD_RWLOCK_INITIALIZER;
static struct secret *secrets; /* under secrets_lock */

struct secret *secret_new(struct slice text) {
    struct secret *secret = malloc(sizeof *secret + text.len + 1);
    if (!secret) {
        abort();
    }
    secret->len = text.len;
    secret->previous = NULL;
    if (text.len) {
        memcpy(secret->text, text.data, text.len);
    }
    secret->text[text.len] = '\0';
    pthread_rwlock_wrlock(&secrets_lock);
    secret->next = secrets;
    if (secrets) {
        secrets->previous = secret;
    }
    secrets = secret;
    pthread_rwlock_unlock(&secrets_lock);
    return secret;
}

void secret_free(struct secret *secret) {
    if (!secret) {
        return;
    }
    pthread_rwlock_wrlock(&secrets_lock);
    if (secret->previous) {
        secret->previous->next = secret->next;
    } else {
        assert(secrets == secret);
        secrets = secret->next;
    }
    if (secret->next) {
        secret->next->previous = secret->previous;
    }
    pthread_rwlock_unlock(&secrets_lock);
    explicit_bzero(secret->text, secret->len);
    free(secret);
}

const char *secret_reveal(const struct secret *secret) {
    return secret->text;
}

/* Length of the longest known secret that begins here; under secrets_lock. */
static size_t secret_at(const char *text, size_t len) {
    size_t longest = 0;
    for (const struct secret *secret = secrets; secret; secret = secret->next) {
        if (secret->len >= REDACT_BYTES_MIN && secret->len <= len && secret->len > longest &&
            memcmp(text, secret->text, secret->len) == 0) {
            longest = secret->len;
        }
    }
    return longest;
}

void secret_redact(char *text) {
    size_t len = strlen(text), out = 0, covered_to = 0;
    pthread_rwlock_rdlock(&secrets_lock);
    for (size_t at = 0; at < len; at++) {
        /* Overlapping secrets are one run; nothing is written before the run ends, so that what is
         * compared is always the text as it came. */
        size_t found = secret_at(text + at, len - at);
        if (found && at + found > covered_to) {
            covered_to = at + found;
        }
        if (at >= covered_to) {
            text[out++] = text[at];
        } else if (at + 1 == covered_to && secret_at(text + at + 1, len - at - 1) == 0) {
            memcpy(text + out, "***", 3);
            out += 3;
        }
    }
    pthread_rwlock_unlock(&secrets_lock);
    text[out] = '\0';
}
