/* SPDX-License-Identifier: Apache-2.0 */
/* leat-bench-raw-copy: the limit of files to Postgres. Sends rows that lie ready in memory by binary COPY over one
 * connection, a transaction for each 50,000, and prints its wall and its CPU seconds from
 * the first BEGIN to the last COMMIT.
 *   leat-bench-raw-copy URL COUNT [SEED]      into the table `events` of nine columns
 * What no engine can beat: no reading, no parsing, no encoding, no position. One thread. */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/events.h"

enum { UNIT_ROWS = 50000, SEND_BYTES = 64 << 10 };

struct rows {
    uint8_t *bytes;
    size_t *unit_ends; /* offset behind the last row of each unit */
    uint64_t units;
};

static void fail(PGconn *connection, const char *what) {
    fprintf(stderr, "leat-bench-raw-copy: %s: %s", what, PQerrorMessage(connection));
    exit(1);
}

static struct rows make_rows(uint64_t count, uint64_t seed) {
    struct rows rows = {.units = (count + UNIT_ROWS - 1) / UNIT_ROWS};
    rows.bytes = malloc(count * 192 + EVENT_ROW_BYTES_MAX);
    rows.unit_ends = calloc(rows.units + 1, sizeof *rows.unit_ends);
    if (!rows.bytes || !rows.unit_ends) {
        abort();
    }
    size_t used = 0;
    struct event event;
    for (uint64_t number = 0; number < count; number++) {
        event_make(seed, number, &event);
        used += event_print_copy_binary(&event, rows.bytes + used);
        rows.unit_ends[number / UNIT_ROWS] = used;
    }
    return rows;
}

static void run(PGconn *connection, const char *statement, ExecStatusType wanted) {
    PGresult *result = PQexec(connection, statement);
    if (PQresultStatus(result) != wanted) {
        fail(connection, statement);
    }
    PQclear(result);
}

static void send_bytes(PGconn *connection, const uint8_t *bytes, size_t length) {
    for (size_t sent = 0; sent < length;) {
        size_t piece = length - sent < SEND_BYTES ? length - sent : SEND_BYTES;
        if (PQputCopyData(connection, (const char *)bytes + sent, (int)piece) != 1) {
            fail(connection, "COPY data");
        }
        sent += piece;
    }
}

static void copy_unit(PGconn *connection, const uint8_t *rows, size_t length) {
    static const uint8_t header[19] = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', 0xff, '\r', '\n'};
    static const uint8_t trailer[2] = {0xff, 0xff};
    run(connection, "begin", PGRES_COMMAND_OK);
    run(connection, "copy events from stdin (format binary)", PGRES_COPY_IN);
    send_bytes(connection, header, sizeof header);
    send_bytes(connection, rows, length);
    send_bytes(connection, trailer, sizeof trailer);
    if (PQputCopyEnd(connection, NULL) != 1) {
        fail(connection, "COPY end");
    }
    for (PGresult *result; (result = PQgetResult(connection)) != NULL;) {
        if (PQresultStatus(result) != PGRES_COMMAND_OK) {
            fail(connection, "COPY");
        }
        PQclear(result);
    }
    run(connection, "commit", PGRES_COMMAND_OK);
}

static double seconds_of(clockid_t clock) {
    struct timespec at;
    clock_gettime(clock, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
    if (argc < 3 || argc > 4) {
        fputs("usage: leat-bench-raw-copy URL COUNT [SEED]\n", stderr);
        return 2;
    }
    struct rows rows = make_rows(strtoull(argv[2], NULL, 10), argc > 3 ? strtoull(argv[3], NULL, 10) : 1);
    PGconn *connection = PQconnectdb(argv[1]);
    if (PQstatus(connection) != CONNECTION_OK) {
        fail(connection, "connect");
    }
    double began = seconds_of(CLOCK_MONOTONIC), cpu_began = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    for (uint64_t unit = 0; unit < rows.units; unit++) {
        size_t from = unit ? rows.unit_ends[unit - 1] : 0;
        copy_unit(connection, rows.bytes + from, rows.unit_ends[unit] - from);
    }
    printf("%.6f %.6f\n", seconds_of(CLOCK_MONOTONIC) - began, seconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu_began);
    PQfinish(connection);
    free(rows.bytes);
    free(rows.unit_ends);
    return 0;
}
