/* SPDX-License-Identifier: Apache-2.0 */
/* A directory and a Postgres table. Both are read as any user would: data files by their names, rows by a query. What
 * cannot be read ends the program: a suite without its store proves nothing. */
#include "tests/conformance/subject.h"

#include <assert.h>
#include <dirent.h>
#include <ftw.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void append(char *text, size_t size, const char *word, size_t length) {
    size_t used = strlen(text);
    assert(used + length + 2 <= size);
    memcpy(text + used, word, length);
    strncpy(text + used + length, " ", 2);
}

/* --- a directory --------------------------------------------------------------------------------------------- */

static char folder[64];

static bool always(void) {
    return true;
}

static int remove_entry(const char *path, const struct stat *state, int flag, struct FTW *place) {
    (void)state, (void)flag, (void)place;
    return remove(path);
}

static void directory_remove(void) {
    if (*folder) {
        nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    }
}

static void directory_reset(void) {
    if (!*folder) {
        atexit(directory_remove);
    }
    directory_remove();
    snprintf(folder, sizeof folder, "/tmp/leat-conformance-XXXXXX");
    assert(mkdtemp(folder));
}

static void directory_yaml(char *ret_text, size_t size) {
    snprintf(ret_text, size, "file: {path: \"%s/out/\", format: json, compression: none}", folder);
}

/* Appends the text value of a member of each line of a file. */
static void read_member(const char *path, const char *member, char *text, size_t size) {
    FILE *file = fopen(path, "r");
    char line[8192], key[64];
    assert(file);
    snprintf(key, sizeof key, "\"%s\":", member);
    while (fgets(line, sizeof line, file)) {
        const char *value = strstr(line, key);
        assert(value && strchr(line, '\n'));
        value = strchr(value + strlen(key), '"') + 1;
        append(text, size, value, strcspn(value, "\""));
    }
    fclose(file);
}

struct found {
    char path[512];
    struct timespec written;
};

static int by_time(const void *one, const void *two) {
    const struct timespec *a = &((const struct found *)one)->written, *b = &((const struct found *)two)->written;
    long order = a->tv_sec != b->tv_sec ? a->tv_sec - b->tv_sec : a->tv_nsec - b->tv_nsec;
    return (order > 0) - (order < 0);
}

/* The files of one folder in the order in which they were written; names with _ or . at the front are no data. */
static void read_folder(const char *path, const char *member, char *text, size_t size) {
    static struct found files[64];
    size_t count = 0;
    struct dirent *entry;
    DIR *directory = opendir(path);
    while (directory && (entry = readdir(directory)) != NULL) {
        struct stat state;
        assert(count < sizeof files / sizeof *files);
        snprintf(files[count].path, sizeof files[count].path, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.' && entry->d_name[0] != '_' && stat(files[count].path, &state) == 0) {
            files[count++].written = state.st_mtim;
        }
    }
    if (directory) {
        closedir(directory);
    }
    qsort(files, count, sizeof *files, by_time);
    for (size_t i = 0; i < count; i++) {
        read_member(files[i].path, member, text, size);
    }
}

static void directory_visible(char *ret_text, size_t size) {
    char path[128];
    snprintf(path, sizeof path, "%s/out", folder);
    *ret_text = '\0';
    read_folder(path, "id", ret_text, size);
}

static void directory_letters(char *ret_text, size_t size) {
    char path[128];
    snprintf(path, sizeof path, "%s/out/_dead_letter", folder);
    *ret_text = '\0';
    read_folder(path, "code", ret_text, size);
}

/* --- a table ------------------------------------------------------------------------------------------------- */

static bool database_given(void) {
    const char *url = getenv("DATABASE_URL");
    return url && *url;
}

/* Runs a statement; the first column of each row goes into text, which may be NULL. */
static void ask(const char *statement, char *text, size_t size) {
    PGconn *connection = PQconnectdb(getenv("DATABASE_URL"));
    PGresult *result = PQexec(connection, statement);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        fprintf(stderr, "%s: %s", statement, PQresultErrorMessage(result));
        abort();
    }
    for (int row = 0; text && row < PQntuples(result); row++) {
        append(text, size, PQgetvalue(result, row, 0), (size_t)PQgetlength(result, row, 0));
    }
    PQclear(result);
    PQfinish(connection);
}

static void table_reset(void) {
    ask("set client_min_messages = warning; drop schema if exists conformance cascade; create schema conformance; "
        "create table conformance.t (id text, n bigint check (n >= 0));"
        "do $$ declare t record; begin for t in select tablename from pg_tables where schemaname = 'public' and "
        "tablename like 'leat%' loop execute format('drop table %I cascade', t.tablename); end loop; end $$",
        NULL, 0);
}

static void table_yaml(char *ret_text, size_t size) {
    snprintf(ret_text, size, "postgres: {url: \"%s\", table: conformance.t}", getenv("DATABASE_URL"));
}

static void table_visible(char *ret_text, size_t size) {
    *ret_text = '\0';
    ask("select id from conformance.t order by xmin::text::bigint, ctid", ret_text, size);
}

static void table_letters(char *ret_text, size_t size) {
    *ret_text = '\0';
    ask("select code from leat_dead_letter order by ctid", ret_text, size);
}

const struct subject subjects[] = {
    {
        .name = "file",
        .available = always,
        .reset = directory_reset,
        .sink_yaml = directory_yaml,
        .visible = directory_visible,
        .stored_letters = directory_letters,
        .commit_before = "file.log.link.before",
        .commit_after = "file.log.link.after",
    },
    {
        .name = "postgres",
        .available = database_given,
        .reset = table_reset,
        .sink_yaml = table_yaml,
        .visible = table_visible,
        .stored_letters = table_letters,
        .rejects_negative = true,
        .commit_before = "pg.commit.before",
        .commit_after = "pg.commit.after",
    },
};
const size_t subjects_count = sizeof subjects / sizeof *subjects;
