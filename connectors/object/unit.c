/* SPDX-License-Identifier: Apache-2.0 */
/* An open unit: one open object for each path, and a stage of bounded memory where small groups wait until a frame is
 * worth making. The stage is one buffer (at most 16 MiB and an eighth of the budget): with a thousand paths each has
 * about 16 KiB of it, and the memory is the same as with one. When the budget refuses, what is there is written.
 * Bytes of one path keep their order. The lane's. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/object/object_sink.h"
#include "engine/base/io.h"

enum {
    STAGE_FIRST = 256 << 10,
    STAGE_MOST = 16 << 20,
    STAGE_BUDGET_SHARE = 8,
    KEY_STAGED_MOST = 256 << 10, /* then a frame is large enough */
    SEAL_LATE_OBJECTS = 16,      /* more are made durable all at once */
    NO_PIECE = UINT32_MAX
};

static const char letters_path[] = "_dead_letter/";

/* A run of bytes in the stage. */
struct piece {
    uint32_t offset, len, next;
};

/* Bytes on their way, and the rows in them. */
struct chunk {
    struct slice bytes;
    uint64_t rows;
};

struct key {
    char *path;
    bool letters;      /* plain JSON lines whatever the format */
    uint32_t object;   /* in objects, while has_object */
    bool has_object;
    uint32_t first, last, staged; /* pieces, bytes of them */
    uint32_t rows;     /* of the staged bytes */
};

struct open_unit {
    struct object_sink *sink;
    char id[LOG_ID_MAX];
    bool in_doubt;
    uint64_t epoch;    /* the highest that this process holds, for names */
    uint64_t bytes;
    struct name_map paths;
    struct key *keys;
    uint32_t keys_count, keys_capacity;
    struct store_object **objects;
    struct log_object *infos;
    bool *sealed;
    uint32_t objects_count, objects_capacity;
    char *stage;
    uint32_t stage_len, stage_capacity;
    struct piece *pieces;
    uint32_t pieces_count, pieces_capacity;
    struct compressor *compressor;
    struct arena *work; /* one frame or one dead letter at a time */
};

static void *grow(void *items, uint32_t *capacity, size_t size) {
    *capacity = *capacity ? *capacity * 2 : 16;
    items = realloc(items, *capacity * size);
    assert(items);
    return items;
}

struct open_unit *open_unit_new(struct object_sink *sink) {
    struct open_unit *unit = calloc(1, sizeof *unit);
    assert(unit && sink->ledger.log);
    unit->sink = sink;
    unit->work = arena_new(NULL, POOL_SINK);
    struct log *log = sink->ledger.log;
    log_lock(log);
    log_id_new(log, unit->id);
    for (uint32_t i = 0; i < log->state.rows_count; i++) {
        const struct log_row *row = &log->state.rows[i];
        if (strcmp(row->owner, log->owner) == 0 && row->epoch > unit->epoch) {
            unit->epoch = row->epoch;
        }
    }
    log_unlock(log);
    return unit;
}

void open_unit_doubt(struct open_unit *unit, bool in_doubt) {
    unit->in_doubt = in_doubt;
}

void open_unit_free(struct open_unit *unit, bool drop) {
    if (!unit) {
        return;
    }
    const struct store_ops *ops = unit->sink->ledger.log->store->ops;
    for (uint32_t i = 0; i < unit->objects_count; i++) {
        ops->object_free(unit->objects[i], drop && !unit->in_doubt);
        free(unit->infos[i].name);
    }
    for (uint32_t i = 0; i < unit->keys_count; i++) {
        free(unit->keys[i].path);
    }
    if (unit->stage_capacity) {
        budget_give(unit->sink->budget, POOL_SINK, unit->stage_capacity);
    }
    name_map_free(&unit->paths);
    compressor_free(unit->compressor);
    arena_free(unit->work);
    free(unit->keys);
    free(unit->objects);
    free(unit->infos);
    free(unit->sealed);
    free(unit->stage);
    free(unit->pieces);
    free(unit);
}

/* --- objects ------------------------------------------------------------------------------------------------- */

static struct store *store_of(const struct open_unit *unit) {
    return unit->sink->ledger.log->store;
}

/* <path><pipeline>-<sink>-<source>-e<epoch>-<number>-<unit's id>.json.zst: unique, and says where it came from. */
static char *object_name(const struct open_unit *unit, const struct key *key) {
    char name[PATH_BYTES_MAX + 1];
    const char *id = strrchr(unit->id, '-');
    snprintf(name, sizeof name, "%s%s-e%llu-%06u-%s%s", key->path, unit->sink->ledger.name,
             (unsigned long long)unit->epoch, unit->objects_count, id + 1,
             key->letters ? ".json" : unit->sink->ending);
    char *copy = strdup(name);
    assert(copy);
    return copy;
}

static enum status object_need(struct open_unit *unit, struct key *key, struct error *error) {
    if (key->has_object) {
        return STATUS_OK;
    }
    if (unit->objects_count == unit->objects_capacity) {
        uint32_t capacity = unit->objects_capacity, same = capacity, third = capacity;
        unit->objects = grow(unit->objects, &capacity, sizeof *unit->objects);
        unit->infos = grow(unit->infos, &same, sizeof *unit->infos);
        unit->sealed = grow(unit->sealed, &third, sizeof *unit->sealed);
        unit->objects_capacity = capacity;
    }
    char *name = object_name(unit, key);
    struct store *store = store_of(unit);
    struct store_object *object;
    if (store->ops->object_open(store, name, &object, error) != STATUS_OK) {
        free(name);
        return STATUS_FAILED;
    }
    key->object = unit->objects_count++;
    key->has_object = true;
    unit->objects[key->object] = object;
    unit->infos[key->object] = (struct log_object){.name = name};
    unit->sealed[key->object] = false;
    return STATUS_OK;
}

static enum status object_seal(struct open_unit *unit, uint32_t number, bool late, struct error *error) {
    if (unit->sealed[number]) {
        return STATUS_OK;
    }
    enum status status = store_of(unit)->ops->object_seal(unit->objects[number], late, error);
    unit->sealed[number] = status == STATUS_OK;
    return status;
}

/* Bytes as they shall lie in the object; rolls it when it is large enough. */
static enum status key_write(struct open_unit *unit, struct key *key, const struct chunk *chunk,
                             struct error *error) {
    if (object_need(unit, key, error) != STATUS_OK ||
        store_of(unit)->ops->object_write(unit->objects[key->object], chunk->bytes, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    struct log_object *info = &unit->infos[key->object];
    info->bytes += chunk->bytes.len;
    info->rows += chunk->rows;
    unit->bytes += chunk->bytes.len;
    uint64_t roll = unit->sink->options->roll.bytes;
    if (roll && info->bytes >= roll) {
        key->has_object = false;
        return object_seal(unit, key->object, false, error);
    }
    return STATUS_OK;
}

/* Text of one path: a frame of its own, or as it is. */
static enum status key_write_text(struct open_unit *unit, struct key *key, const struct chunk *text,
                                  struct error *error) {
    if (key->letters || unit->sink->compression == COMPRESSION_NONE) {
        return key_write(unit, key, text, error);
    }
    if (!unit->compressor) {
        unit->compressor = compressor_new(unit->sink->compression, (int)unit->sink->options->compression_level);
    }
    struct buffer frame;
    buffer_init(&frame, unit->work, text->bytes.len / 4 + 64);
    compressor_frame(unit->compressor, text->bytes, &frame);
    struct chunk chunk = {.bytes = buffer_slice(&frame), .rows = text->rows};
    return key_write(unit, key, &chunk, error);
}

/* --- the stage ----------------------------------------------------------------------------------------------- */

static enum status key_flush(struct open_unit *unit, struct key *key, struct error *error) {
    if (key->staged == 0) {
        return STATUS_OK;
    }
    arena_reset(unit->work);
    char *text = arena_alloc(unit->work, key->staged), *at = text;
    for (uint32_t i = key->first; i != NO_PIECE; i = unit->pieces[i].next) {
        memcpy(at, unit->stage + unit->pieces[i].offset, unit->pieces[i].len);
        at += unit->pieces[i].len;
    }
    struct chunk chunk = {.bytes = slice_make(text, key->staged), .rows = key->rows};
    key->staged = key->rows = 0;
    key->first = key->last = NO_PIECE;
    return key_write_text(unit, key, &chunk, error);
}

static enum status stage_flush(struct open_unit *unit, struct error *error) {
    for (uint32_t i = 0; i < unit->keys_count; i++) {
        if (key_flush(unit, &unit->keys[i], error) != STATUS_OK) {
            return STATUS_FAILED;
        }
    }
    unit->stage_len = unit->pieces_count = 0;
    return STATUS_OK;
}

/* Room for more, within the budget; false = not to be had now. */
static bool stage_grow(struct open_unit *unit, uint64_t more) {
    uint64_t most = budget_limit(unit->sink->budget) / STAGE_BUDGET_SHARE;
    most = most && most < STAGE_MOST ? most : STAGE_MOST;
    uint64_t capacity = unit->stage_capacity ? unit->stage_capacity : STAGE_FIRST;
    while (capacity < unit->stage_len + more) {
        capacity *= 2;
    }
    if (capacity > most || !budget_take(unit->sink->budget, POOL_SINK, capacity - unit->stage_capacity, false)) {
        return capacity == unit->stage_capacity;
    }
    unit->stage = realloc(unit->stage, capacity);
    assert(unit->stage);
    unit->stage_capacity = (uint32_t)capacity;
    return true;
}

static bool stage_has_room(struct open_unit *unit, size_t len) {
    return unit->stage_len + len <= unit->stage_capacity || stage_grow(unit, len);
}

static void stage_append(struct open_unit *unit, struct key *key, const struct chunk *chunk) {
    struct slice bytes = chunk->bytes;
    if (unit->pieces_count == unit->pieces_capacity) {
        unit->pieces = grow(unit->pieces, &unit->pieces_capacity, sizeof *unit->pieces);
    }
    uint32_t number = unit->pieces_count++;
    unit->pieces[number] =
        (struct piece){.offset = unit->stage_len, .len = (uint32_t)bytes.len, .next = NO_PIECE};
    *(key->last == NO_PIECE ? &key->first : &unit->pieces[key->last].next) = number;
    key->last = number;
    memcpy(unit->stage + unit->stage_len, bytes.data, bytes.len);
    unit->stage_len += (uint32_t)bytes.len;
    key->staged += (uint32_t)bytes.len;
    key->rows += chunk->rows;
}

static enum status stage_add(struct open_unit *unit, struct key *key, const struct chunk *chunk,
                             struct error *error) {
    size_t len = chunk->bytes.len;
    if (len == 0) {
        return STATUS_OK;
    }
    if (key->staged + len > KEY_STAGED_MOST && key_flush(unit, key, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    if (!stage_has_room(unit, len)) {
        if (stage_flush(unit, error) != STATUS_OK) {
            return STATUS_FAILED;
        }
        if (unit->stage_capacity < len) {
            arena_reset(unit->work);
            return key_write_text(unit, key, chunk, error);
        }
    }
    stage_append(unit, key, chunk);
    return STATUS_OK;
}

/* --- payloads ------------------------------------------------------------------------------------------------ */

static uint32_t key_find(struct open_unit *unit, const char *path) {
    uint32_t number;
    if (name_map_get(&unit->paths, path, &number)) {
        return number;
    }
    if (unit->keys_count == unit->keys_capacity) {
        unit->keys = grow(unit->keys, &unit->keys_capacity, sizeof *unit->keys);
    }
    number = unit->keys_count++;
    struct key *key = &unit->keys[number];
    *key = (struct key){.path = strdup(path), .first = NO_PIECE, .last = NO_PIECE};
    assert(key->path);
    key->letters = strcmp(path, letters_path) == 0;
    name_map_put(&unit->paths, key->path, number);
    return number;
}

/* A CSV object begins with its header, also the next one after a roll. */
static enum status header_add(struct open_unit *unit, struct key *key, struct error *error) {
    if (key->has_object || key->staged || key->letters || !unit->sink->header.data) {
        return STATUS_OK;
    }
    struct chunk chunk = {.bytes = unit->sink->header};
    return stage_add(unit, key, &chunk, error);
}

static enum status group_add(struct open_unit *unit, const struct path_group *group, struct error *error) {
    char path[PATH_BYTES_MAX + 1];
    assert(group->path.len < sizeof path);
    memcpy(path, group->path.data, group->path.len);
    path[group->path.len] = '\0';
    uint32_t number = key_find(unit, path); /* may move the keys */
    struct key *key = &unit->keys[number];
    if (header_add(unit, key, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    struct chunk chunk = {.bytes = group->bytes, .rows = group->rows};
    if (!group->framed && chunk.bytes.len < FRAME_BYTES_MIN) {
        return stage_add(unit, key, &chunk, error);
    }
    if (key_flush(unit, key, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    return key_write(unit, key, &chunk, error);
}

static enum status letters_add(struct open_unit *unit, const struct payload *payload, struct error *error) {
    if (payload->letters_count == 0) {
        return STATUS_OK;
    }
    struct letter_place place = object_ledger_place(&unit->sink->ledger, part_name(payload->segment->part));
    struct arena *arena = arena_new(NULL, POOL_SINK);
    uint32_t number = key_find(unit, letters_path); /* may move the keys */
    struct key *key = &unit->keys[number];
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < payload->letters_count && status == STATUS_OK; i++) {
        struct buffer line;
        arena_reset(arena);
        buffer_init(&line, arena, 1024);
        letter_print(&payload->letters[i], &place, &line);
        struct chunk chunk = {.bytes = buffer_slice(&line), .rows = 1};
        status = stage_add(unit, key, &chunk, error);
    }
    arena_free(arena);
    return status;
}

enum status open_unit_add(struct open_unit *unit, const struct payload *payload, struct error *error) {
    const struct object_body *body = payload->body;
    for (uint32_t i = 0; body && i < body->count; i++) {
        if (group_add(unit, &body->groups[i], error) != STATUS_OK) {
            return STATUS_FAILED;
        }
    }
    return letters_add(unit, payload, error);
}

enum status open_unit_seal(struct open_unit *unit, struct error *error) {
    if (stage_flush(unit, error) != STATUS_OK) {
        return STATUS_FAILED;
    }
    bool late = unit->objects_count > SEAL_LATE_OBJECTS;
    for (uint32_t i = 0; i < unit->objects_count; i++) {
        if (object_seal(unit, i, late, error) != STATUS_OK) {
            return STATUS_FAILED;
        }
    }
    struct store *store = store_of(unit);
    return unit->objects_count ? store->ops->objects_settle(store, late, error) : STATUS_OK;
}

uint64_t open_unit_bytes(const struct open_unit *unit) {
    return unit->bytes + unit->stage_len;
}

void open_unit_commit(struct open_unit *unit, struct object_commit *ret) {
    ret->id = unit->id;
    ret->objects = unit->objects;
    ret->infos = unit->infos;
    ret->objects_count = unit->objects_count;
}
