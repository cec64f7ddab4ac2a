/* SPDX-License-Identifier: Apache-2.0 */
/* The types of values: Postgres's, with Postgres's meaning, limits and names. How a value of each lies in a
 * column is said here once; everything that reads or writes columns relies on it.
 *
 *   bool         uint8_t, 0 or 1
 *   int2/4/8     int16_t, int32_t, int64_t
 *   float4/8     float, double
 *   numeric      struct slice: canonical decimal text, as Postgres prints it: [-]digits[.digits], no
 *                exponent, no plus, no leading zero but the one before the point, the display scale kept
 *                (`1.50`); or NaN, Infinity, -Infinity
 *   text         struct slice: valid UTF-8 without NUL
 *   bytea        struct slice: raw bytes
 *   uuid         struct uuid: 16 bytes in printing order
 *   date         int32_t, days since 2000-01-01; INT32_MIN = -infinity, INT32_MAX = infinity
 *   time         int64_t, microseconds since midnight, 0 .. 86400000000
 *   timestamp    int64_t, microseconds since 2000-01-01 00:00; INT64_MIN = -infinity, INT64_MAX = infinity
 *   timestamptz  the same, in UTC
 *   interval     struct interval
 *   json         struct slice: the text as it came
 *   jsonb        struct slice: raw JSON text, valid by RFC 8259 and acceptable to Postgres's jsonb (no \u0000,
 *                no lone surrogate). Not normalised: whoever makes its text visible calls jsonb_normalise
 *   T[]          struct array *: one dimension; its elements lie as in a column of T
 */
#ifndef LEAT_RECORD_TYPE_H
#define LEAT_RECORD_TYPE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/slice.h"

enum type_id {
    TYPE_UNKNOWN, /* a bare literal or NULL whose type the context gives; never in a column that leaves SQL */
    TYPE_BOOL,
    TYPE_INT2,
    TYPE_INT4,
    TYPE_INT8,
    TYPE_FLOAT4,
    TYPE_FLOAT8,
    TYPE_NUMERIC,
    TYPE_TEXT,
    TYPE_BYTEA,
    TYPE_UUID,
    TYPE_DATE,
    TYPE_TIME,
    TYPE_TIMESTAMP,
    TYPE_TIMESTAMPTZ,
    TYPE_INTERVAL,
    TYPE_JSON,
    TYPE_JSONB,
    TYPE_ID_COUNT
};

/* modifier: numeric: precision << 16 | scale (scale as uint16); text: n of varchar(n) or char(n); time and
 * timestamps: fractional digits; -1 = none. blank_padded marks char(n). */
struct type {
    enum type_id id;
    bool array;
    bool blank_padded;
    int32_t modifier;
};

#define TYPE(name) ((struct type){.id = TYPE_##name, .modifier = -1})

struct uuid {
    uint8_t bytes[16];
};

struct interval {
    int64_t us;
    int32_t days, months;
};

struct array {
    enum type_id element;
    uint32_t count;
    const uint64_t *nulls; /* bit set = null; NULL = none */
    const void *values;    /* type_width(element) each */
};

/* Bytes of one value in a column. */
uint32_t type_width(struct type type);
/* "numeric(12,2)", "text[]", "timestamp with time zone" is "timestamptz". Cut to size. */
void type_print(struct type type, char *ret_text, size_t size);
bool type_equal(struct type a, struct type b); /* modifiers count */

/* Reads a type as written in CREATE TABLE: every alias that Postgres knows (`integer`, `bigint`, `decimal`,
 * `varchar(20)`, `character varying`, `timestamp with time zone`, `double precision`, `real`, `text[]`).
 * *text is moved past it. The error says what was found and names the types that exist. */
enum status type_parse(struct slice *text, struct type *ret, struct error *error) MUST_CHECK;

struct field {
    const char *name;
    struct type type;
    bool not_null;
};

struct schema {
    const struct field *fields;
    uint32_t count;
};

/* -1 if there is none of that name. */
int schema_find(const struct schema *schema, struct slice name);
/* Reads a `columns:` text: as in CREATE TABLE, names may be quoted, names folded to lower case when not.
 * Everything lives in the arena. Error: where = "line:column" inside the text. */
enum status schema_parse(struct slice text, struct arena *arena, struct schema *ret, struct error *error) MUST_CHECK;

#endif
