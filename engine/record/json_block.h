/* SPDX-License-Identifier: Apache-2.0 */
/* Sixteen bytes at a time: the few questions that JSON text is asked in its hot loops. Each has one
 * answer in SSE2, NEON and plain C; the tests hold the twins against each other (JSON_BLOCK_SCALAR
 * forces plain C). Every function reads exactly JSON_BLOCK bytes: the caller has checked that they
 * are there. */
#ifndef LEAT_RECORD_JSON_BLOCK_H
#define LEAT_RECORD_JSON_BLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { JSON_BLOCK = 16 };

#if defined(__SSE2__) && !defined(JSON_BLOCK_SCALAR)
#include "engine/record/json_block_sse2.h"
#elif defined(__aarch64__) && !defined(JSON_BLOCK_SCALAR)
#include "engine/record/json_block_neon.h"
#else
#include "engine/record/json_block_scalar.h"
#endif

#endif
