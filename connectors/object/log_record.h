/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON of log records and plan chunks, a public, versioned format (README.md): built for appending, folded into a
 * state when read. Unknown versions and records that contradict the log are refused by name, never skipped. */
#ifndef LEAT_CONNECTORS_OBJECT_LOG_RECORD_H
#define LEAT_CONNECTORS_OBJECT_LOG_RECORD_H

#include <jansson.h>

#include "connectors/object/log_state.h"
#include "engine/base/slice.h"

/* {"v":1,"kind":kind,"id":id,"owner":owner}. */
json_t *log_record_new(const char *kind, const char *id, const char *owner);
/* Any bytes as a JSON string: what is not UTF-8 becomes '?'. */
json_t *log_json_text(const char *text);
json_t *log_json_counts(const struct counts *counts);
/* NULL and an error `log-unreadable` naming what. */
json_t *log_json_parse(struct slice text, const char *what, struct error *error);
/* malloc'ed; the caller frees. */
char *log_json_print(const json_t *json);

/* Member of an object, with the type checked; false = missing or of another type. */
bool log_json_read_text(const json_t *json, const char *key, const char **ret);
bool log_json_read_u64(const json_t *json, const char *key, uint64_t *ret);
void log_json_read_counts(const json_t *json, const char *key, struct counts *ret);

/* A plan chunk and back; the list lies in the arena, its texts belong to json. */
json_t *plan_chunk_build(const struct part_list *parts);
enum status plan_chunk_read(const json_t *json, struct arena *arena, struct part_list *ret, struct error *error);

/* Folds any record but `plan` and `checkpoint`, whose chunks must be loaded: log.c. */
enum status log_record_fold(struct log_state *state, uint64_t seq, const json_t *record, struct error *error);
/* Remembers the objects of `json` (owner, parts, objects) as not yet published; those of no objects are not. */
enum status log_pending_read(struct log_state *state, uint64_t seq, const json_t *json, struct error *error);
enum status log_record_bad(struct error *error, uint64_t seq, const char *what);

/* The folded state as a record, and back into an empty state whose chunks (log_checkpoint_chunks) are loaded. */
json_t *log_checkpoint_build(const struct log_state *state, const char *id);
enum status log_checkpoint_read(struct log_state *state, uint64_t seq, const json_t *record, struct error *error);

#endif
