/* SPDX-License-Identifier: Apache-2.0 */
/* A SQL function is one entry in a table: name, argument types, result type, volatility, code. Operators are entries
 * too, under their symbol. The entries lie in functions/<type>.c; function.c lists the tables and finds the best
 * candidate by Postgres's rules (exact, then implicit casts, unknown literals preferring the other side's type,
 * text for functions of strings).
 *
 * Code runs over columns. It may assume: arguments have the declared types; strict functions (all but those flagged
 * NULLS) never see a null among `rows`; ret is allocated with batch->rows entries of the result type. It visits
 * exactly the rows listed in call->rows. A row that fails is reported with call_fail and left unset. */
#ifndef LEAT_SQL_FUNCTION_H
#define LEAT_SQL_FUNCTION_H

#include "engine/record/batch.h"
#include "engine/record/datetime.h"

enum { FUNCTION_ARGUMENTS_MAX = 8 };

enum volatility { VOLATILITY_IMMUTABLE, VOLATILITY_STABLE, VOLATILITY_VOLATILE };

enum function_flag {
    FUNCTION_NULLS = 1,    /* called with nulls too; decides itself (concat, coalesce-like) */
    FUNCTION_VARIADIC = 2, /* the last argument type repeats, any number of times, zero included */
    FUNCTION_ANY = 4,      /* the arguments declared TYPE_UNKNOWN take any type as it is */
};

/* The first failure of rows that cannot be withdrawn: folding, elements of arrays, aggregates. */
struct call_failure {
    const char *code; /* NULL: none */
    struct slice message;
};

struct call {
    struct batch *batch;            /* for read_at_us, withdrawals */
    struct arena *arena;            /* the batch's */
    const struct timezone *zone;    /* the pipeline's */
    const uint32_t *rows;           /* ascending */
    uint32_t rows_count;
    const struct column *arguments; /* constants may be `constant` columns: read with COLUMN_VALUE */
    uint32_t arguments_count;
    void *prepared;                 /* what prepare returned for constant arguments, or NULL */
    struct column *result;          /* call_fail marks the row null there; NULL = nowhere */
    struct call_failure *failure;   /* of rows that belong to no record; NULL = every row belongs to one */
    bool detached;                  /* the rows are not those of the batch: a failure goes to `failure` */
};

struct function {
    const char *name; /* lower case, or the operator's symbol */
    uint8_t arguments_count, arguments_min; /* min < count: trailing arguments may be left out; 0 = all required */
    enum type_id arguments[FUNCTION_ARGUMENTS_MAX];
    uint32_t array_arguments; /* bit i: argument i is an array of arguments[i] */
    enum type_id result;
    bool result_array;
    enum volatility volatility;
    unsigned flags;
    void (*run)(struct call *call, struct column *ret);
    /* Optional, at bind: arguments that are constant have rows 1, others NULL; compiles a pattern or a format once.
     * Lives in the plan's arena. A returned error (22023, 2201B) refuses the statement. */
    enum status (*prepare)(const struct column *const *constants, struct arena *arena, const struct timezone *zone,
                           void **ret, struct error *error);
};

/* One table for each file in functions/, ended by an entry without name. */
extern const struct function functions_compare[];  /* = <> < <= > >= for every type */
extern const struct function functions_number[];
extern const struct function functions_text[];
extern const struct function functions_pattern[];  /* like, regexp_*, ~ */
extern const struct function functions_datetime[];
extern const struct function functions_json[];
extern const struct function functions_hash[];     /* md5, sha256, encode, decode, gen_random_uuid, ... */
extern const struct function functions_array[];
extern const struct function *const function_tables[]; /* all of them, NULL-terminated */

/* Withdraws the row's record with an SQLSTATE and a message in Postgres's words. code is static. */
void call_fail(struct call *call, uint32_t row, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The same with a message that lies in the arena or is static. */
void call_fail_slice(struct call *call, uint32_t row, const char *code, struct slice message);
void call_null(struct call *call, struct column *ret, uint32_t row);

#endif
