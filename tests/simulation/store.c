/* SPDX-License-Identifier: Apache-2.0 */
/* A place for each file sink, by its path "/sim/N". Nothing a process wrote is lost when it dies: what is left of its
 * open objects is the janitor's. Names and bytes are malloc'ed and stay. */
#include "connectors/object/store.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/simulation/server.h"
#include "tests/simulation/store.h"

enum { PLACES_MAX = 2, OWNER_BYTES = 128, NAME_BYTES = 256, TOKEN_BYTES = 64 };

struct key {
    char name[NAME_BYTES];
    char *bytes;
    size_t len;
    int64_t written_us;
};

struct store_object {
    struct store_object *next; /* open in its place */
    struct sim_store *store;
    char token[TOKEN_BYTES], owner[OWNER_BYTES], name[NAME_BYTES];
    char *bytes;
    size_t len;
    bool sealed;
};

struct place {
    bool used;
    struct key *keys[STORE_CLASS_COUNT];
    uint32_t keys_count[STORE_CLASS_COUNT];
    struct store_object *open;
    struct key *published;
    uint32_t published_count;
    uint64_t tokens;
};

struct sim_store {
    struct store base;
    struct place *place;
    char owner[OWNER_BYTES];
};

struct store_faults store_faults;
struct store_counts store_counts;
static struct place places[PLACES_MAX];

void stores_reset(uint32_t sinks_mask) {
    for (uint32_t i = 0; i < PLACES_MAX; i++) {
        places[i] = (struct place){.used = sinks_mask >> i & 1};
    }
}

/* --- time and failures -------------------------------------------------------------------------------------------- */

static bool never(void *context) {
    (void)context;
    return false;
}

static void pass(void) {
    fiber_wait_locked(never, NULL, sim_now_us() + draw_us(store_faults.latency_us));
}

static enum status fail(struct error *error, const char *doing) {
    store_counts.failures++;
    return error_set(error, ERROR_TRANSIENT, "store-drawn", "%s failed", doing);
}

/* A call: time, perhaps a failure before its effect. */
static bool begin(void) {
    store_counts.calls++;
    pass();
    return !draw_chance(store_faults.fail_ppm);
}

/* Time after the effect, perhaps a failure all the same. */
static bool end(void) {
    pass();
    return !draw_chance(store_faults.fail_ppm / 2);
}

/* --- keys --------------------------------------------------------------------------------------------------------- */

static struct key *key_find(struct key *keys, uint32_t count, const char *name) {
    for (uint32_t i = count; i-- > 0;) {
        if (strcmp(keys[i].name, name) == 0) {
            return &keys[i];
        }
    }
    return NULL;
}

static struct key *key_add(struct key **keys, uint32_t *count, const char *name) {
    if ((*count & (*count - 1)) == 0) {
        *keys = realloc(*keys, (*count ? 2 * (size_t)*count : 1) * sizeof **keys);
        assert(*keys);
    }
    struct key *key = &(*keys)[(*count)++];
    *key = (struct key){.bytes = NULL};
    assert(strlen(name) < NAME_BYTES);
    snprintf(key->name, sizeof key->name, "%s", name);
    return key;
}

static void key_write(struct key *key, struct slice bytes) {
    char *copy = malloc(bytes.len + 1);
    assert(copy);
    memcpy(copy, bytes.data, bytes.len);
    free(key->bytes);
    key->bytes = copy;
    key->len = bytes.len;
    key->written_us = sim_now_us();
}

static bool key_put(struct place *place, enum store_class class, const char *name, struct slice bytes, bool replace) {
    struct key *key = key_find(place->keys[class], place->keys_count[class], name);
    if (key && !replace && variant != VARIANT_PUT_OVERWRITES) {
        return false;
    }
    key = key ? key : key_add(&place->keys[class], &place->keys_count[class], name);
    key_write(key, bytes);
    store_counts.records += class == STORE_LOG;
    return true;
}

/* A put whose caller no longer waits. */
struct late {
    struct actor actor;
    int64_t at_us;
    struct place *place;
    char name[NAME_BYTES];
    struct slice bytes;
};

static int64_t late_due(struct actor *actor) {
    return ((struct late *)actor)->at_us;
}

static void late_run(struct actor *actor) {
    struct late *late = (struct late *)actor;
    bool put = key_put(late->place, STORE_LOG, late->name, late->bytes, false);
    trace("store: a late put of %s %s", late->name, put ? "arrives" : "comes too late");
    actor_remove(actor);
    free(late);
}

static void late_put(struct place *place, const char *name, struct slice bytes) {
    struct late *late = calloc(1, sizeof *late);
    char *copy = malloc(bytes.len + 1);
    assert(late && copy);
    memcpy(copy, bytes.data, bytes.len);
    *late = (struct late){.actor = {.due = late_due, .run = late_run},
                          .at_us = sim_now_us() + draw_us(10000000),
                          .place = place,
                          .bytes = slice_make(copy, bytes.len)};
    snprintf(late->name, sizeof late->name, "%s", name);
    actor_add(&late->actor);
    store_counts.late++;
}

static struct place *place_of(struct store *base) {
    return ((struct sim_store *)base)->place;
}

static enum put_result store_put_new(struct store *base, enum store_class class, const char *name, struct slice bytes,
                                     struct error *error) {
    if (!begin()) {
        fail(error, "put");
        return PUT_FAILED;
    }
    bool unknown = class == STORE_LOG && draw_chance(store_faults.unknown_ppm);
    uint32_t how = unknown ? draw_below(3) : 3;
    bool put = how != 0 && how != 2 && key_put(place_of(base), class, name, bytes, false);
    if (how == 2) {
        late_put(place_of(base), name, bytes);
    }
    bool ended = end();
    trace("store: put of %s: %d %.*s", name, put, scheduler_verbose ? (int)bytes.len : 0, bytes.data);
    if (unknown || (!ended && class == STORE_LOG)) {
        store_counts.unknown++;
        fail(error, "put");
        trace("store: put of %s is unknown (%s)", name, put ? "done" : "not done");
        return PUT_UNKNOWN;
    }
    return put ? PUT_DONE : PUT_EXISTS;
}

static enum status store_put(struct store *base, enum store_class class, const char *name, struct slice bytes,
                             struct error *error) {
    if (!begin()) {
        return fail(error, "put");
    }
    key_put(place_of(base), class, name, bytes, true);
    return end() ? STATUS_OK : fail(error, "put");
}

static enum status store_get(struct store *base, enum store_class class, const char *name, struct arena *arena,
                             struct slice *ret, struct error *error) {
    if (!begin()) {
        return fail(error, "get");
    }
    struct place *place = place_of(base);
    const struct key *key = key_find(place->keys[class], place->keys_count[class], name);
    if (!key) {
        pass();
        return STATUS_END;
    }
    *ret = arena_copy(arena, slice_make(key->bytes, key->len));
    return end() ? STATUS_OK : fail(error, "get");
}

static enum status store_list(struct store *base, enum store_class class, struct arena *arena,
                              struct store_entries *ret, struct error *error) {
    if (!begin()) {
        return fail(error, "list");
    }
    const struct place *place = place_of(base);
    ret->count = 0;
    ret->items = arena_alloc(arena, (place->keys_count[class] + 1) * sizeof *ret->items);
    for (uint32_t i = 0; i < place->keys_count[class]; i++) {
        const struct key *key = &place->keys[class][i];
        ret->items[ret->count++] = (struct store_entry){.name = arena_text(arena, slice_of(key->name)),
                                                        .age_us = sim_now_us() - key->written_us};
    }
    return end() ? STATUS_OK : fail(error, "list");
}

static enum status store_remove(struct store *base, enum store_class class, const char *name, struct error *error) {
    if (!begin()) {
        return fail(error, "remove");
    }
    struct place *place = place_of(base);
    struct key *key = key_find(place->keys[class], place->keys_count[class], name);
    if (key) {
        *key = place->keys[class][--place->keys_count[class]];
    }
    return end() ? STATUS_OK : fail(error, "remove");
}

static enum status store_settle(struct store *base, struct error *error) {
    (void)base;
    return begin() ? STATUS_OK : fail(error, "settle");
}

/* --- objects ------------------------------------------------------------------------------------------------------ */

static struct store_object **open_find(struct place *place, const char *token) {
    struct store_object **link = &place->open;
    while (*link && strcmp((*link)->token, token) != 0) {
        link = &(*link)->next;
    }
    return link;
}

static enum status store_object_open(struct store *base, const char *name, struct store_object **ret,
                                     struct error *error) {
    struct sim_store *store = (struct sim_store *)base;
    if (!begin()) {
        return fail(error, "open");
    }
    struct store_object *object = calloc(1, sizeof *object);
    assert(object && strlen(name) < NAME_BYTES);
    object->store = store;
    snprintf(object->token, sizeof object->token, "open-%llu", (unsigned long long)++store->place->tokens);
    snprintf(object->owner, sizeof object->owner, "%s", store->owner);
    snprintf(object->name, sizeof object->name, "%s", name);
    trace("store: %s is opened by %s for %s", object->token, object->owner, name);
    object->next = store->place->open;
    store->place->open = object;
    *ret = object;
    return STATUS_OK;
}

static enum status store_object_write(struct store_object *object, struct slice bytes, struct error *error) {
    if (!begin()) {
        return fail(error, "write");
    }
    object->bytes = realloc(object->bytes, object->len + bytes.len + 1);
    assert(object->bytes);
    memcpy(object->bytes + object->len, bytes.data, bytes.len);
    object->len += bytes.len;
    return STATUS_OK;
}

static void object_publish(struct place *place, const char *token, const char *name) {
    struct store_object **link = open_find(place, token), *object = *link;
    trace("store: %s is published as %s: %s", token, name, object ? "now" : "it is not there");
    if (object) {
        key_write(key_add(&place->published, &place->published_count, name),
                  slice_make(object->bytes ? object->bytes : "", object->len));
        *link = object->next; /* its holder frees it */
    }
}

static enum status store_object_seal(struct store_object *object, bool late, struct error *error) {
    (void)late;
    if (!begin()) {
        return fail(error, "seal");
    }
    object->sealed = true;
    if (variant == VARIANT_PUBLISH_FIRST) {
        object_publish(object->store->place, object->token, object->name);
    }
    return end() ? STATUS_OK : fail(error, "seal");
}

static enum status store_objects_settle(struct store *base, bool late, struct error *error) {
    (void)late;
    return store_settle(base, error);
}

static const char *store_object_token(const struct store_object *object) {
    return object->token;
}

/* The struct stays: the open object may be somebody else's to publish. */
static void store_object_free(struct store_object *object, bool drop) {
    struct store_object **link = open_find(object->store->place, object->token);
    trace("store: %s is %s", object->token, drop ? "dropped" : "let go");
    if (drop && *link && !draw_chance(store_faults.fail_ppm)) {
        *link = object->next;
    }
}

static enum status store_publish(struct store *base, const struct store_publication *items, uint32_t count,
                                 struct error *error) {
    for (uint32_t i = 0; i < count; i++) {
        if (!begin()) {
            return fail(error, "publish");
        }
        object_publish(place_of(base), items[i].token, items[i].name);
    }
    return end() ? STATUS_OK : fail(error, "publish");
}

static enum status store_leftovers(struct store *base, struct arena *arena, struct store_leftovers *ret,
                                   struct error *error) {
    struct sim_store *store = (struct sim_store *)base;
    uint32_t count = 0;
    if (!begin()) {
        return fail(error, "list");
    }
    for (const struct store_object *object = store->place->open; object; object = object->next) {
        count++;
    }
    *ret = (struct store_leftovers){.items = arena_alloc(arena, (count + 1) * sizeof *ret->items)};
    for (const struct store_object *object = store->place->open; object; object = object->next) {
        const char *owner = variant == VARIANT_JANITOR_BY_AGE ? "sim-999-1-nobody" : object->owner;
        if (strcmp(object->owner, store->owner) != 0) {
            ret->items[ret->count++] = (struct store_leftover){.owner = arena_text(arena, slice_of(owner)),
                                                               .token = arena_text(arena, slice_of(object->token))};
        }
    }
    return STATUS_OK;
}

static enum status store_leftover_remove(struct store *base, const struct store_leftover *leftover,
                                         struct error *error) {
    if (!begin()) {
        return fail(error, "remove");
    }
    struct store_object **link = open_find(place_of(base), leftover->token);
    if (*link) {
        trace("store: %s of %s is cleaned up", leftover->token, (*link)->owner);
        *link = (*link)->next;
    }
    return end() ? STATUS_OK : fail(error, "remove");
}

static void store_close(struct store *base) {
    free(base);
}

static const struct store_ops sim_ops = {
    .close = store_close,
    .put_new = store_put_new,
    .put = store_put,
    .get = store_get,
    .list = store_list,
    .remove = store_remove,
    .settle = store_settle,
    .object_open = store_object_open,
    .object_write = store_object_write,
    .object_seal = store_object_seal,
    .objects_settle = store_objects_settle,
    .object_token = store_object_token,
    .object_free = store_object_free,
    .publish = store_publish,
    .leftovers = store_leftovers,
    .leftover_remove = store_leftover_remove,
};

enum status store_local_open(const struct store_place *place, struct store **ret, struct error *error) {
    if (!begin()) {
        return fail(error, "open");
    }
    struct sim_store *store = calloc(1, sizeof *store);
    assert(store);
    store->base.ops = &sim_ops;
    store->place = &places[strtoul(place->root + strlen("/sim/"), NULL, 10)];
    assert(store->place->used && strlen(place->owner) < OWNER_BYTES);
    snprintf(store->owner, sizeof store->owner, "%s", place->owner);
    *ret = &store->base;
    return STATUS_OK;
}

const char *const *store_local_failpoints(void) {
    static const char *const none[] = {NULL};
    return none;
}

/* --- checks ------------------------------------------------------------------------------------------------------- */

/* The key that a line holds, wherever it stands in it. */
static const char *line_key(const char *line, const char *end) {
    for (; line + KEY_BYTES <= end; line++) {
        if (line[0] == 'p' && isdigit((unsigned char)line[1]) && line[2] == 'n' && isdigit((unsigned char)line[3])) {
            return line;
        }
    }
    return NULL;
}

static uint32_t object_see(uint32_t sink, const struct key *object, uint8_t *seen) {
    bool letters = strncmp(object->name, "_dead_letter", 12) == 0;
    uint32_t lines = 0, part, n;
    const char *end = object->bytes + object->len;
    for (const char *line = object->bytes; line < end; lines++) {
        const char *next = memchr(line, '\n', (size_t)(end - line));
        const char *key = next ? line_key(line, next) : NULL;
        if (!key || !record_key_parse(key, &part, &n) ||
            record_kind(part, n) != (letters ? RECORD_BAD : RECORD_GOOD)) {
            violation("s%u: %s holds a line that does not belong there", sink, object->name);
        }
        uint8_t *one = &seen[part * RECORDS_MAX + n];
        if (*one) {
            violation("s%u: record %u of part %u is published twice, at last in %s", sink, n, part, object->name);
        }
        *one = 1;
        line = next + 1;
    }
    return lines;
}

static uint32_t place_see(uint32_t sink) {
    static uint8_t seen[PARTS_MAX * RECORDS_MAX];
    uint32_t lines = 0;
    memset(seen, 0, sizeof seen);
    for (uint32_t i = 0; i < places[sink].published_count; i++) {
        lines += object_see(sink, &places[sink].published[i], seen);
    }
    return lines;
}

void stores_check(void) {
    for (uint32_t i = 0; i < PLACES_MAX; i++) {
        place_see(i);
    }
}

bool stores_are_complete(void) {
    uint32_t wanted = 0;
    for (uint32_t part = 0; part < feed.parts; part++) {
        for (uint32_t n = 0; n < feed.records; n++) {
            wanted += record_kind(part, n) != RECORD_FILTERED;
        }
    }
    for (uint32_t i = 0; i < PLACES_MAX; i++) {
        if (places[i].used && place_see(i) != wanted) {
            return false;
        }
    }
    return true;
}
