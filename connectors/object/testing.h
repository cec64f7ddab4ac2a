/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of this folder share: a temporary directory, a clock and a chance of its own behind io, a ledger
 * opened as some owner, and what a reader of the directory would see. */
#ifndef LEAT_CONNECTORS_OBJECT_TESTING_H
#define LEAT_CONNECTORS_OBJECT_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "connectors/object/object_ledger.h"
#include "connectors/object/object.h"
#include "engine/base/io.h"

static char testing_dir[64];
static int64_t testing_now_us = 1000000;
static const char *testing_failpoint; /* this one fails */
static int testing_failpoint_passes;  /* after so many times */
static int testing_failpoint_hits;
static bool testing_failpoint_stays;  /* everything after it fails too: the process is gone */

static inline int64_t testing_now(void) {
    return testing_now_us++;
}

static inline bool testing_fail(const char *name) {
    if (testing_failpoint && testing_failpoint_stays && testing_failpoint_hits > testing_failpoint_passes) {
        return true;
    }
    if (!testing_failpoint || strcmp(name, testing_failpoint) != 0) {
        return false;
    }
    return testing_failpoint_hits++ == testing_failpoint_passes;
}

static inline int testing_setup(void **state) {
    (void)state;
    static struct io_ops ops;
    ops = io_real;
    ops.now_us = testing_now;
    ops.failpoint = testing_fail;
    io = &ops;
    testing_failpoint = NULL;
    testing_failpoint_hits = testing_failpoint_passes = 0;
    testing_failpoint_stays = false;
    /* In memory where there is such a place: hundreds of fsyncs stay cheap. */
    snprintf(testing_dir, sizeof testing_dir, "/dev/shm/leat-object-XXXXXX");
    if (mkdtemp(testing_dir)) {
        return 0;
    }
    snprintf(testing_dir, sizeof testing_dir, "/tmp/leat-object-XXXXXX");
    return mkdtemp(testing_dir) ? 0 : -1;
}

static inline int testing_remove(const char *path, const struct stat *stat, int kind, struct FTW *ftw) {
    (void)stat, (void)kind, (void)ftw;
    return remove(path);
}

static inline int testing_teardown(void **state) {
    (void)state;
    testing_failpoint = NULL;
    return nftw(testing_dir, testing_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static inline const char *testing_path(const char *name) {
    static char paths[8][256];
    static unsigned turn;
    char *path = paths[turn++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", testing_dir, name);
    return path;
}

static inline void testing_write(const char *name, const void *bytes, size_t len) {
    FILE *file = fopen(testing_path(name), "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static inline void testing_write_text(const char *name, const char *text) {
    testing_write(name, text, strlen(text));
}

static inline struct object_ledger *testing_ledger(const char *owner) {
    struct object_ledger *ledger = calloc(1, sizeof *ledger);
    object_ledger_init(ledger, testing_path("out"));
    struct ledger_identity identity = {
        .pipeline = "p", .source = "files", .sink = "lake", .owner = owner, .lease_us = 30000000};
    struct error error = {0};
    enum status status = ledger->base.ops->open(&ledger->base, &identity, INT64_MAX, &error);
    if (status != STATUS_OK) {
        print_error("%s: %s\n", error.code, error.message);
    }
    assert_int_equal(status, STATUS_OK);
    return ledger;
}

/* As when its process is killed: nothing is given back but memory. */
static inline void testing_kill(struct object_ledger *ledger) {
    testing_failpoint = NULL;
    if (ledger->log) {
        log_close(ledger->log);
        ledger->log = NULL;
    }
    object_ledger_fini(ledger);
    free(ledger);
}

static inline void testing_close(struct object_ledger *ledger) {
    object_ledger_fini(ledger);
    free(ledger);
}

static inline void testing_plan(struct object_ledger *ledger, const char *const *names, uint32_t count) {
    struct part_info infos[16];
    for (uint32_t i = 0; i < count; i++) {
        infos[i] = (struct part_info){
            .name = names[i], .entry = names[i], .ident = "size=1", .detail = "{}", .first = "start"};
    }
    struct part_list list = {.items = infos, .count = count};
    struct error error;
    assert_int_equal(ledger->base.ops->plan_put(&ledger->base, &list, true, INT64_MAX, &error), STATUS_OK);
}

/* The epoch of the claim, 0 = not won. */
static inline uint64_t testing_claim(struct object_ledger *ledger, const char *part) {
    struct arena *arena = arena_new(NULL, POOL_SINK);
    struct ledger_rows rows;
    struct error error;
    assert_int_equal(ledger->base.ops->rows(&ledger->base, &part, 1, arena, &rows, INT64_MAX, &error), STATUS_OK);
    struct claim claim = {.part = part, .expected_epoch = rows.items[0].epoch};
    assert_int_equal(ledger->base.ops->claim(&ledger->base, &claim, 1, arena, INT64_MAX, &error), STATUS_OK);
    uint64_t epoch = claim.result == CLAIM_WON ? claim.row.epoch : 0;
    arena_free(arena);
    return epoch;
}

/* A row, its texts in the arena. */
static inline struct ledger_row testing_row(struct object_ledger *ledger, const char *part, struct arena *arena) {
    struct ledger_rows rows;
    struct error error;
    assert_int_equal(ledger->base.ops->rows(&ledger->base, &part, 1, arena, &rows, INT64_MAX, &error), STATUS_OK);
    return rows.items[0];
}

static inline struct ledger_totals testing_totals(struct object_ledger *ledger) {
    struct ledger_totals totals;
    struct error error;
    assert_int_equal(ledger->base.ops->totals(&ledger->base, &totals, INT64_MAX, &error), STATUS_OK);
    return totals;
}

struct testing_files {
    char **names;
    uint32_t count;
};
static struct testing_files testing_found;

static inline int testing_collect(const char *path, const struct stat *stat, int kind, struct FTW *ftw) {
    (void)stat, (void)ftw;
    if (kind == FTW_F) {
        testing_found.names =
            realloc(testing_found.names, (testing_found.count + 1) * sizeof *testing_found.names);
        testing_found.names[testing_found.count++] = strdup(path);
    }
    return 0;
}

static inline void testing_files_free(struct testing_files *files) {
    for (uint32_t i = 0; i < files->count; i++) {
        free(files->names[i]);
    }
    free(files->names);
    *files = (struct testing_files){0};
}

/* All files below a directory of the test; hidden: also those under names that start with _ or a dot. */
static inline struct testing_files testing_list(const char *dir, bool hidden) {
    testing_found = (struct testing_files){0};
    nftw(testing_path(dir), testing_collect, 16, FTW_PHYS);
    struct testing_files kept = {.names = calloc(testing_found.count + 1, sizeof *kept.names)};
    size_t skip = strlen(testing_path(dir));
    for (uint32_t i = 0; i < testing_found.count; i++) {
        const char *below = testing_found.names[i] + skip;
        if (hidden || (!strstr(below, "/_") && !strstr(below, "/."))) {
            kept.names[kept.count++] = strdup(testing_found.names[i]);
        }
    }
    testing_files_free(&testing_found);
    return kept;
}

#endif
