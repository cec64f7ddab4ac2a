/* SPDX-License-Identifier: Apache-2.0 */
/* Small files that people name: read whole, refused by size before they are read, wiped when they
 * go. */
#ifndef LEAT_CONFIG_FILE_H
#define LEAT_CONFIG_FILE_H

#include <stdbool.h>
#include <stddef.h>

#define CONFIG_FILE_TOO_LARGE "larger than 1 MiB: this is no pipeline file"

struct config_file {
    char *data;         /* malloc, NULL after a failure */
    size_t len;
    const char *code;   /* after a failure: `config-no-file`, `config-too-large` */
    const char *reason; /* static, or strerror's */
};

/* `-` is standard input. False when the file cannot be read or holds more than bytes_max. */
bool config_file_read(const char *path, size_t bytes_max, struct config_file *ret);
void config_file_free(struct config_file *file); /* wipes: the file may hold secrets */

#endif
